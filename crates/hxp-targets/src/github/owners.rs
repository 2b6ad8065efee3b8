//! `CODEOWNERS`: who must look at a change of the policy, of what it generates, and of the paths its labels name.

use std::fmt::Write as _;

use hxp_policy::{Check, Environment, Expr, Policy, Seats};
use smol_str::SmolStr;

use super::options::Options;

/// Its text; `None` if no path has an owner at GitHub.
pub fn document(policy: &Policy, environments: &[&Environment], options: &Options) -> Option<String> {
    let mut body = String::new();
    for (label, teams) in labels(policy, environments) {
        let handles: Vec<String> = teams.iter().filter_map(|team| handle(policy, team)).collect();
        let globs: Vec<String> =
            policy.labels.get(&label).into_iter().flat_map(|l| &l.files).filter_map(|g| pattern(g)).collect();
        if handles.is_empty() || globs.is_empty() {
            continue;
        }
        let _ = writeln!(body, "\n# Label {label}: {} approves its deployment.", teams.join(", "));
        for glob in globs {
            let _ = writeln!(body, "{glob} {}", handles.join(" "));
        }
    }
    // The last pattern that matches decides, so that no label takes the policy away from its owner.
    if let Some(owner) = policy.owner.as_ref().and_then(|team| handle(policy, team)) {
        body.push_str("\n# The policy and what is generated from it.\n");
        for path in policy_paths(policy, environments, options) {
            let _ = writeln!(body, "{path} {owner}");
        }
    }
    (!body.is_empty()).then(|| format!("# {}\n{body}", super::stamp(policy)))
}

fn handle(policy: &Policy, team: &SmolStr) -> Option<String> {
    let slug = policy.teams.get(team)?.github.as_ref()?;
    let plain = slug.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'));
    plain.then(|| format!("@{slug}"))
}

/// The sources that lie in the repository, and what is made of them. The policy's own folders are relative to the project,
/// what GitHub and OPA read to the repository.
fn policy_paths(policy: &Policy, environments: &[&Environment], options: &Options) -> Vec<String> {
    let own = policy.files.iter().filter(|f| !f.starts_with(['/', '<'])).map(|f| options.at_root(f));
    let own = own.chain(["hxp.toml", "hxp.lock"].map(|f| options.at_root(f))).filter(|f| !f.contains(".."));
    let made = [".github/".to_owned(), format!("{}/", options.policy.trim_matches('/'))];
    let values = environments.iter().filter(|e| !e.values.is_empty()).map(|e| options.values_file(&e.name));
    let mut seen = std::collections::BTreeSet::new();
    own.chain(made).chain(values).filter_map(|path| pattern(&path)).filter(|path| seen.insert(path.clone())).collect()
}

/// A glob of the policy as a pattern of CODEOWNERS, which matches whole paths when it begins with `/` and has neither
/// classes nor alternatives.
fn pattern(glob: &str) -> Option<String> {
    if glob.contains(['[', ']', '{', '}', '!', '\n', '\r', '\t']) {
        return None;
    }
    let escaped = glob.replace('\\', "\\\\").replace(' ', "\\ ").replace('#', "\\#");
    Some(if escaped.starts_with("**/") || escaped.starts_with('/') { escaped } else { format!("/{escaped}") })
}

/// Labels whose changes some team must approve, with those teams.
fn labels(policy: &Policy, environments: &[&Environment]) -> Vec<(SmolStr, Vec<SmolStr>)> {
    let mut all: Vec<(SmolStr, Vec<SmolStr>)> = policy.labels.keys().map(|name| (name.clone(), Vec::new())).collect();
    for requirement in environments.iter().flat_map(|e| &e.requirements) {
        let Check::Approve { team, seats } = &requirement.check else { continue };
        for label in asked_for(seats, requirement.when.as_ref()) {
            if let Some((_, teams)) = all.iter_mut().find(|(name, _)| *name == label)
                && !teams.contains(team)
            {
                teams.push(team.clone());
            }
        }
    }
    all.retain(|(_, teams)| !teams.is_empty());
    all
}

fn asked_for(seats: &[Seats], when: Option<&Expr>) -> Vec<SmolStr> {
    let mut labels = Vec::new();
    for condition in seats.iter().filter_map(|s| s.when.as_ref()).chain(when) {
        condition.walk(&mut |e| {
            if let Expr::HasLabel(name) = e {
                labels.push(name.clone());
            }
        });
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_become_patterns_of_whole_paths() {
        for (glob, expected) in [
            ("**/auth/**", Some("**/auth/**")),
            ("SECURITY.md", Some("/SECURITY.md")),
            ("a b/#x", Some("/a\\ b/\\#x")),
            ("src/[ab]", None),
            ("x\n* @evil", None),
        ] {
            assert_eq!(pattern(glob).as_deref(), expected, "{glob:?}");
        }
    }
}
