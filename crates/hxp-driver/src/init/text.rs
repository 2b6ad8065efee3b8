//! The files of a policy that was begun.

use super::plan::{Environment, Plan};
use super::values::{Style, Values, print, quote};
use crate::yaml::Comments;

/// `hxp.toml`
pub fn manifest(out: &str, folder: &str, root: &str) -> String {
    let github = if root.is_empty() {
        String::new()
    } else {
        format!("\n[targets.github]\n# The folder of this file in the repository.\nroot = {}\n", quote(root))
    };
    format!(
        "[project]\n\
         sources = [\"{folder}/*.hxp\"]\n\
         out     = \"{out}\"\n\
         targets = [\"github\", \"helm\", \"opa\"]\n{github}"
    )
}

/// The policy's files: one for what is common, and one an environment.
pub fn policy(plan: &Plan, style: Style) -> Vec<(String, String)> {
    let mut files = vec![("policy.hxp".to_owned(), head(plan))];
    for (name, values, comments) in &plan.shared {
        let mut text = "/// What the environments have in common.\n".to_owned();
        text += &format!("environment {name} {{\n  abstract = true\n");
        text += &values_block(values, comments, style);
        text += "}\n";
        files.push((format!("{name}.hxp"), text));
    }
    for environment in &plan.environments {
        files.push((format!("{}.hxp", environment.name), environment_text(plan, environment, style)));
    }
    files
}

fn head(plan: &Plan) -> String {
    let mut text = format!("/// How {} is deployed.\n", one_line(&plan.title));
    text += &format!("policy {} {{\n  edition = 2026\n  version = 0.1.0\n", plan.name);
    if let Some((owner, _)) = plan.teams.first() {
        text += &format!("  owner = {owner}\n");
    }
    text += "}\n";
    let mut section = |lines: Vec<String>| {
        if !lines.is_empty() {
            text.push('\n');
            text += &lines.concat();
        }
    };
    section(
        plan.teams.iter().map(|(name, github)| format!("team {name} {{ github = {} }}\n", quote(github))).collect(),
    );
    section(
        plan.charts
            .iter()
            .map(|(name, path, release)| {
                format!("chart {name} {{ path = {}, release = {} }}\n", quote(path), quote(release))
            })
            .collect(),
    );
    section(plan.gates.iter().map(|(name, run)| format!("gate {name} {{ run = {} }}\n", quote(run))).collect());
    if !plan.gates.is_empty() {
        let names: Vec<&str> = plan.gates.iter().map(|(name, _)| name.as_str()).collect();
        section(vec![format!("/// What every release must pass.\nlet {} = [{}]\n", plan.checks, names.join(", "))]);
    }
    text
}

fn environment_text(plan: &Plan, environment: &Environment, style: Style) -> String {
    let extends = environment.extends.as_ref().map(|e| format!(" extends {e}")).unwrap_or_default();
    let mut text = format!("environment {}{extends} {{\n", environment.name);
    for (key, value) in [("url", &environment.url), ("namespace", &environment.namespace)] {
        if let Some(value) = value {
            text += &format!("  {key} = {}\n", quote(value));
        }
    }
    text += &format!("  deploy with {} on {}\n", environment.method, environment.events.join(", "));
    for before in &environment.after {
        text += &format!("  after {before}\n");
    }
    if !plan.gates.is_empty() {
        text += &format!("  require {}\n", plan.checks);
    }
    text += &values_block(&environment.own, &environment.comments, style);
    text += "}\n";
    text
}

fn values_block(values: &Values, comments: &Comments, style: Style) -> String {
    if values.is_empty() {
        return String::new();
    }
    let mut text = "\n  values {\n".to_owned();
    print(values, style, 2, comments, &mut text);
    text += "  }\n";
    text
}

/// A name that somebody else chose stays on the line of its comment.
fn one_line(text: &str) -> String {
    text.split(char::is_whitespace).collect::<Vec<_>>().join(" ")
}
