//! `policy_test/`: the policy's own tests for `opa test`.
//!
//! Beside `policy/`, not in it, so that a bundle for production carries none of them. The request of a test is the one
//! that the reference engine decides on: what satisfies the environment, with the test's differences.

use std::collections::{BTreeMap, BTreeSet};

use hxp_decide::Engine;
use hxp_decide::testing::Suite;
use hxp_policy::{Environment, Policy, TestCase};
use serde_json::{Map, Value, json};
use smol_str::format_smolstr;

use super::text::{Definition, Rule, array, is_name, name_of, quoted};
use crate::{OutputFile, OutputTree};

/// Folder of all files.
const FOLDER: &str = "policy_test";

/// What the tests of all environments share.
const LIB: &str = include_str!("test_lib.rego");

/// Adds the tests of the environments, if the policy has any.
pub(super) fn add(files: &mut OutputTree, policy: &Policy, environments: &[&Environment]) {
    let selected = |case: &&TestCase| environments.iter().any(|e| e.name == case.environment);
    let cases: Vec<&TestCase> = policy.tests.iter().filter(selected).collect();
    if cases.is_empty() {
        return;
    }
    let engine = Engine::new(policy);
    let suite = Suite::new(&engine);
    let mut requests = Map::new();
    let mut packages: BTreeMap<&str, Vec<Rule>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for case in cases {
        let name = free(&mut names, &format!("test_{}", name_of(&case.title)));
        // A test that makes no request fails here as it does in `hxpc test`.
        requests.insert(name.clone(), suite.request(case).unwrap_or(Value::Null));
        packages.entry(case.environment.as_str()).or_default().push(rule(policy, case, &name));
    }
    for (environment, rules) in packages {
        let mut text = head(policy, environment, &rules);
        for rule in &rules {
            rule.print(&mut text);
        }
        put(files, &format!("{environment}_test.rego"), format!("{}\n", text.trim_end()));
    }
    put(files, "lib.rego", format!("{}{LIB}", super::header(policy)));
    put(files, "data.json", hxp_emit::json::document(&json!({ "hxp_test": { "requests": requests } })));
}

fn put(files: &mut OutputTree, name: &str, text: String) {
    files.insert(format_smolstr!("{FOLDER}/{name}"), OutputFile { text, executable: false });
}

fn free(names: &mut BTreeSet<String>, wanted: &str) -> String {
    let numbered = |n: usize| if n == 1 { wanted.to_owned() } else { format!("{wanted}_{n}") };
    let name = (1..=names.len() + 1).map(numbered).find(|name| !names.contains(name)).unwrap_or_default();
    names.insert(name.clone());
    name
}

fn head(policy: &Policy, environment: &str, rules: &[Rule]) -> String {
    let package = |root: &str| {
        if is_name(environment) { format!("{root}.{environment}") } else { format!("{root}[{}]", quoted(environment)) }
    };
    let statements = || rules.iter().flat_map(|rule| &rule.definitions).flat_map(|definition| &definition.body);
    // OPA refuses an import that nothing uses.
    let library = if statements().any(|s| s.starts_with("lib.")) { "import data.hxp_test.lib\n" } else { "" };
    format!("{}package {}\n\n{library}import data.hxp_test.requests\n\n", super::header(policy), package("hxp_test"))
}

fn rule(policy: &Policy, case: &TestCase, name: &str) -> Rule {
    let environment = case.environment.as_str();
    let decision = if is_name(environment) {
        format!("data.hxp.{environment}.decision")
    } else {
        format!("data.hxp[{}].decision", quoted(environment))
    };
    let mut body = vec![
        format!("decision := {decision} with input as requests.{name}"),
        format!("decision.outcome == {}", quoted(case.expect.word())),
    ];
    body.extend(case.because.iter().map(|id| format!("lib.because(decision, {})", quoted(id))));
    if let Some(until) = &case.until {
        let ids: Vec<String> = case.because.iter().map(|id| quoted(id)).collect();
        let at = quoted(&until.timestamp().to_string());
        body.push(format!("lib.until(decision, {}, {at})", array(&ids)));
    }
    let place = policy.location(case.origin);
    Rule {
        title: case.title.to_string(),
        source: Some(format!("{}:{}", place.path, place.line)),
        definitions: vec![Definition::new(name, (None, body))],
        ..Rule::default()
    }
}
