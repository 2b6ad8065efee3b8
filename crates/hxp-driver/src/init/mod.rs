//! A policy that compiles, from what a repository has: charts and their values, workflows that deploy, targets of the
//! makefile, code owners. What is not known is left out rather than invented.

use std::path::Path;

use hxp_diagnostics::FileId;
use jiff::civil::Date;
use serde_json::Value;

use crate::system::{Overlay, System};
use crate::{Compilation, Request, manifest};

mod find;
mod plan;
mod text;
mod values;

use find::Found;
use plan::Plan;
use values::Style;

/// The folder of the policy's files.
const FOLDER: &str = "hxp";

/// A policy that was begun.
#[derive(Clone, Debug, Default)]
pub struct Scaffold {
    /// Its files: path relative to the repository, and text.
    pub files: Vec<(String, String)>,
    /// What it was made of, a line each.
    pub made_of: Vec<String>,
    /// What the user should know, a line each.
    pub notes: Vec<String>,
}

/// Why no policy was begun.
#[derive(Debug)]
pub enum Refused {
    /// There is one.
    Exists(String),
    /// What was begun has errors, which is a mistake of the compiler's.
    Errors(Box<Compilation>),
}

/// Begins a policy for the repository at `root`, called `name`. Nothing is written.
pub fn scaffold(system: &dyn System, root: &Path, name: &str, today: Option<Date>) -> Result<Scaffold, Refused> {
    for taken in [manifest::FILE, FOLDER] {
        if system.link_metadata(&root.join(taken)).is_ok() {
            return Err(Refused::Exists(taken.to_owned()));
        }
    }
    let mut found = find::find(system, root);
    let place = Place::of(system, root);
    loop {
        let plan = Plan::new(&found, name);
        let mut last = None;
        for style in [Style::Typed, Style::Plain] {
            let files = files(&plan, style, &place, &place.up);
            let compilation = try_out(system, root, &files, today);
            let wrong: Vec<String> = plan.environments.iter().filter_map(|e| differs(&compilation, e)).collect();
            if !compilation.has_errors() && (wrong.is_empty() || style == Style::Plain) {
                let begun = Begun { found: &found, plan: &plan, place: &place, style };
                return Ok(finish(system, root, &begun, &compilation, wrong));
            }
            last = Some(compilation);
        }
        let compilation = last.unwrap_or_default();
        if !leave_out(&mut found, &plan, &compilation) {
            return Err(Refused::Errors(Box::new(compilation)));
        }
    }
}

/// Leaves out the values that cannot be what the chart takes, and says so. Whether there were any.
fn leave_out(found: &mut Found, plan: &Plan, compilation: &Compilation) -> bool {
    let before = found.values.len();
    for diagnostic in compilation.diagnostics.iter().filter(|d| d.is_error()) {
        let Some(file) = compilation.sources.get(diagnostic.primary.span.file) else { continue };
        let stem = file.path().strip_prefix(FOLDER).and_then(|p| p.strip_prefix('/')?.strip_suffix(".hxp"));
        let of = |e: &&plan::Environment| stem.is_some_and(|s| e.name == s || e.extends.as_deref() == Some(s));
        for (path, _) in plan.environments.iter().filter(of).filter_map(|e| e.values.as_ref()) {
            let all = found.values.len();
            found.values.retain(|values| values.path != *path);
            if found.values.len() < all {
                found.notes.push(format!("{path} is left out: {}", diagnostic.message));
            }
        }
    }
    found.values.len() < before
}

/// The files, written by the formatter.
fn files(plan: &Plan, style: Style, place: &Place, out: &str) -> Vec<(String, String)> {
    let mut files = vec![(manifest::FILE.to_owned(), text::manifest(out, FOLDER, &place.folder))];
    for (name, text) in text::policy(plan, style) {
        let formatted = hxp_fmt::format(FileId::default(), &text).unwrap_or(text);
        files.push((format!("{FOLDER}/{name}"), formatted));
    }
    files
}

/// Compiles the files as if they were there.
fn try_out(system: &dyn System, root: &Path, files: &[(String, String)], today: Option<Date>) -> Compilation {
    let overlay = Overlay::new(system, files.iter().map(|(path, text)| (root.join(path), text.clone())));
    crate::compile(&overlay, &Request { start: root.to_path_buf(), today, emit: true, ..Request::default() })
}

/// Says when the values that come out are not those that went in.
fn differs(compilation: &Compilation, environment: &plan::Environment) -> Option<String> {
    let (source, wanted) = environment.values.as_ref()?;
    let path = format!("helm/values-{}.yaml", environment.name);
    let made = compilation.outputs.files.get(path.as_str())?;
    let made: Value = crate::yaml::read(&made.file.text).ok()?;
    let mut keys = Vec::new();
    differing(&Value::Object(wanted.clone()), &made, &mut Vec::new(), &mut keys);
    if keys.is_empty() {
        return None;
    }
    let keys = hxp_diagnostics::list_names(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    Some(format!("{path} is not equal to {source} in {keys}; compare them"))
}

/// The keys at which two values differ.
fn differing(wanted: &Value, made: &Value, path: &mut Vec<String>, keys: &mut Vec<String>) {
    match (wanted, made) {
        (Value::Object(wanted), Value::Object(made)) => {
            let all: std::collections::BTreeSet<&String> = wanted.keys().chain(made.keys()).collect();
            for key in all {
                path.push(key.clone());
                differing(wanted.get(key).unwrap_or(&Value::Null), made.get(key).unwrap_or(&Value::Null), path, keys);
                if wanted.contains_key(key) != made.contains_key(key) && keys.last() != Some(&path.join(".")) {
                    keys.push(path.join("."));
                }
                path.pop();
            }
        }
        (wanted, made) if wanted != made => keys.push(path.join(".")),
        _ => {}
    }
}

/// What a policy is begun from.
struct Begun<'a> {
    found: &'a Found,
    plan: &'a Plan,
    place: &'a Place,
    style: Style,
}

/// Where the project lies in its repository.
struct Place {
    /// Its folder as seen from the repository's root; empty: it is the root.
    folder: String,
    /// The way to the root: `.`, `..`, `../..`.
    up: String,
}

impl Place {
    /// The nearest folder upwards with a `.git` is the repository's root.
    fn of(system: &dyn System, root: &Path) -> Self {
        let whole = system.canonical(root).unwrap_or_else(|_| root.to_path_buf());
        let is_repository = |folder: &&Path| system.link_metadata(&folder.join(".git")).is_ok();
        let folder = whole.ancestors().find(is_repository).and_then(|top| whole.strip_prefix(top).ok());
        let parts: Option<Vec<&str>> = folder.map(|f| f.iter().map(|part| part.to_str()).collect()).unwrap_or_default();
        let parts = parts.unwrap_or_default();
        let up = if parts.is_empty() { ".".to_owned() } else { vec![".."; parts.len()].join("/") };
        Self { folder: parts.join("/"), up }
    }
}

fn finish(
    system: &dyn System,
    root: &Path,
    begun: &Begun<'_>,
    compilation: &Compilation,
    wrong: Vec<String>,
) -> Scaffold {
    let Begun { found, plan, place, style } = *begun;
    let mut notes = found.notes.clone();
    notes.extend(wrong);
    let taken: Vec<&str> = compilation
        .outputs
        .files
        .keys()
        .map(AsRef::as_ref)
        .filter(|path| system.link_metadata(&root.join(&place.up).join(*path)).is_ok())
        .collect();
    let out = if taken.is_empty() { place.up.as_str() } else { "generated" };
    if !taken.is_empty() {
        notes.push(format!(
            "the outputs go to `generated`, because {} of yours would be in their place; \
             when you are content with them, set `out = \"{}\"` in hxp.toml and run `hxpc compile --force`",
            hxp_diagnostics::list_names(&taken),
            place.up
        ));
    }
    Scaffold { files: files(plan, style, place, out), made_of: made_of(plan), notes }
}

fn made_of(plan: &Plan) -> Vec<String> {
    let mut lines: Vec<String> = plan.charts.iter().map(|(name, path, _)| format!("chart {name} ({path})")).collect();
    for environment in &plan.environments {
        lines.push(match &environment.values {
            Some((source, _)) => format!("environment {} ({source})", environment.name),
            None => format!("environment {}", environment.name),
        });
    }
    lines.extend(plan.gates.iter().map(|(name, command)| format!("gate {name} ({command})")));
    lines.extend(plan.teams.iter().map(|(name, github)| format!("team {name} (@{github})")));
    lines
}

#[cfg(test)]
mod tests;
