//! Whole policies, from their text to what OPA says of them.

use std::path::{Path, PathBuf};

use hxp_analysis::{Input, Lints, Module, analyse, load_std};
use hxp_diagnostics::Sources;
use hxp_policy::Policy;
use serde_json::json;

use crate::engines;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "hxp") {
            found.push(path);
        }
    }
}

/// The policy that the texts of a project say.
pub fn policy(texts: &[(String, String)]) -> Policy {
    let mut sources = Sources::default();
    let mut parsed = Vec::new();
    for (name, text) in texts {
        let file = sources.add(name.as_str(), text.as_str());
        parsed.push((file, hxp_syntax::parse(file, text)));
    }
    let std = load_std(&mut sources, parsed.iter().map(|(_, p)| &p.tree));
    let input = Input {
        sources: &sources,
        project: parsed.iter().map(|(file, p)| (*file, &p.tree)).collect(),
        modules: std.iter().map(|l| Module { path: l.path.clone(), file: l.file, tree: &l.parsed.tree }).collect(),
        today: None,
        lints: Lints::default(),
        watch: None,
    };
    let analysis = analyse(&input);
    let errors: Vec<_> = analysis.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    analysis.policy.unwrap_or_else(|| panic!("no policy: {errors:?}"))
}

fn examples() -> Vec<(String, Policy)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut projects: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    projects.retain(|p| p.join("hxp.toml").is_file());
    projects.sort();
    assert!(!projects.is_empty());
    let project = |path: &PathBuf| {
        let mut found = Vec::new();
        files(path, &mut found);
        let text = |p: &PathBuf| std::fs::read_to_string(p).unwrap();
        let name = |p: &PathBuf| p.strip_prefix(path).unwrap().to_string_lossy().into_owned();
        let texts: Vec<(String, String)> = found.iter().map(|p| (name(p), text(p))).collect();
        (path.file_name().unwrap().to_string_lossy().into_owned(), policy(&texts))
    };
    projects.iter().map(project).collect()
}

#[test]
fn every_example_is_clean_rego() {
    let opa = engines::opa();
    for (name, policy) in examples() {
        let files = engines::emit(&policy);
        engines::regorus(&files);
        let Some(opa) = &opa else { continue };
        let folder = engines::on_disk(&files);
        engines::run(opa, folder.path(), &["check", "--strict", "--bundle", "policy"]);
        assert_eq!(engines::run(opa, folder.path(), &["fmt", "--diff", "policy"]), "", "{name}");
    }
}

/// The tests that a policy carries hold in OPA too, and one that expects something else does not.
#[test]
fn opa_runs_the_tests_of_every_example() {
    let Some(opa) = engines::opa() else { return };
    for (name, mut policy) in examples() {
        let folder = engines::on_disk(&engines::emit(&policy));
        engines::run(&opa, folder.path(), &["check", "--strict", "policy", "policy_test"]);
        assert_eq!(engines::run(&opa, folder.path(), &["fmt", "--diff", "policy_test"]), "", "{name}");
        let said = engines::run(&opa, folder.path(), &["test", "--format", "json", "policy", "policy_test"]);
        let ran: Vec<serde_json::Value> = serde_json::from_str(&said).unwrap();
        assert_eq!(ran.len(), policy.tests.len(), "{name}");
        for case in &mut policy.tests {
            case.expect = match case.expect {
                hxp_policy::Outcome::Allow => hxp_policy::Outcome::Deny,
                _ => hxp_policy::Outcome::Allow,
            };
        }
        let folder = engines::on_disk(&engines::emit(&policy));
        let output = std::process::Command::new(&opa)
            .args(["test", "--format", "json", "policy", "policy_test"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let ran: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert!(ran.iter().all(|r| r["fail"] == true), "{name}: {ran:#?}");
    }
}

/// A request that says almost nothing is pending wherever anything is asked for, with the same reasons in both engines.
#[test]
fn engines_agree_on_an_empty_request_to_every_environment() {
    let opa = engines::opa();
    for (name, policy) in examples() {
        let files = engines::emit(&policy);
        let mut engine = engines::regorus(&files);
        for environment in policy.environments.values() {
            let request = json!({
                "hxp": 1, "at": "2026-12-01T11:00:00-08:00", "environment": environment.name, "action": "deploy",
                "actor": { "id": "ada" }, "release": { "commit": "9f3c" } });
            let ours = engines::decide(&mut engine, &environment.name, &request);
            let binding = environment.requirements.iter().any(|r| !r.advisory);
            assert!(!binding || ours["outcome"] != "allow", "{name}: {ours:#}");
            assert!(
                ours["reasons"].as_array().is_some_and(|r| r.len() >= environment.requirements.len()),
                "{name}: {ours:#}"
            );
            if let Some(opa) = &opa {
                let theirs = engines::decide_all(opa, &files, &environment.name, &[request]);
                assert_eq!(vec![ours], theirs, "{name}");
            }
        }
    }
}
