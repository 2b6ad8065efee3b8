//! The two engines that must agree: regorus, always, and OPA where it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use hxp_policy::Policy;
use hxp_targets::opa::Opa;
use hxp_targets::{Context, OutputTree, Target};
use indexmap::IndexMap;
use serde_json::{Map, Value};
use smol_str::SmolStr;

/// The generated files of all environments.
pub fn emit(policy: &Policy) -> OutputTree {
    let emission = with_context(policy, |context| Opa.emit(context));
    assert!(emission.diagnostics.is_empty(), "{:?}", emission.diagnostics);
    emission.files
}

pub fn with_context<T>(policy: &Policy, run: impl FnOnce(&Context<'_>) -> T) -> T {
    let environments: Vec<SmolStr> = policy.environments.keys().cloned().collect();
    run(&Context {
        policy,
        environments: &environments,
        chart_schemas: &IndexMap::new(),
        chart_values: &IndexMap::new(),
        options: &Map::new(),
        actions: &IndexMap::new(),
    })
}

/// regorus with the generated files.
pub fn regorus(files: &OutputTree) -> regorus::Engine {
    let mut engine = regorus::Engine::new();
    for (path, file) in files {
        if path.ends_with(".rego") {
            engine
                .add_policy(path.to_string(), file.text.clone())
                .unwrap_or_else(|e| panic!("{path}: {e}\n{}", file.text));
        } else if path.ends_with("data.json") {
            engine.add_data(regorus::Value::from_json_str(&file.text).expect("json")).expect("data");
        }
    }
    engine
}

/// The decision of one engine on one request.
pub fn decide(engine: &mut regorus::Engine, environment: &str, request: &Value) -> Value {
    engine.set_input(regorus::Value::from_json_str(&request.to_string()).expect("json"));
    let decision = engine.eval_rule(format!("data.hxp.{environment}.decision"));
    let decision = decision.unwrap_or_else(|e| panic!("{e}\n{request:#}"));
    serde_json::from_str(&decision.to_json_str().expect("json")).expect("json")
}

/// The decision of the reference engine, in the form in which it can be compared: Rego does not digest its request, and
/// what is no request has no decision there, but a refusal here.
pub fn reference(engine: &hxp_decide::Engine<'_>, request: &Value) -> Option<Value> {
    let request = hxp_decide::Request::from_json(request).ok()?;
    let mut decision = serde_json::to_value(engine.decide(&request)).expect("json");
    decision["request"] = Value::Null;
    Some(decision)
}

/// What the engines say differently of a request, if they do.
pub fn difference(ours: Option<&Value>, theirs: &Value) -> Option<String> {
    let refused = |by: &str| theirs["reasons"][0]["id"] == by;
    match ours {
        None if refused("engine.request") => None,
        // A package is of one environment, the engine of all.
        Some(_) if refused("engine.environment") => None,
        None => Some(format!("the reference engine finds it malformed, Rego decides {theirs:#}")),
        Some(ours) => {
            let mut places = Vec::new();
            apart("", ours, theirs, &mut places);
            // Of the compiled policy: only what was compiled has one.
            places.retain(|place| !place.starts_with("  /policy/digest:"));
            (!places.is_empty()).then(|| places.join("\n"))
        }
    }
}

/// Places at which two values differ, with what is there.
fn apart(here: &str, ours: &Value, theirs: &Value, places: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k)));
            for key in keys {
                apart(&format!("{here}/{key}"), &ours[key], &theirs[key], places);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                apart(&format!("{here}/{i}"), a, b, places);
            }
        }
        (a, b) if a == b => {}
        (a, b) => places.push(format!("  {here}: reference {a}, Rego {b}")),
    }
}

/// OPA's program: `HXP_OPA`, or on the path. In CI it must be there.
pub fn opa() -> Option<PathBuf> {
    let named = std::env::var_os("HXP_OPA").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.or_else(|| std::env::split_paths(&path).map(|folder| folder.join("opa")).find(|p| p.is_file()));
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "opa is neither in HXP_OPA nor on the path");
        eprintln!("SKIPPED: opa is neither in HXP_OPA nor on the path, so nothing here was judged by it");
    }
    found
}

/// Writes the files into a new folder.
pub fn on_disk(files: &OutputTree) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, file) in files {
        let path = folder.path().join(path.as_str());
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, &file.text).expect("written");
    }
    folder
}

/// Runs OPA in a folder; its output, or a panic with what it complains about.
pub fn run(opa: &Path, folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(opa).args(arguments).current_dir(folder).output().expect("opa runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "opa {arguments:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The decisions of OPA on many requests, in one run.
pub fn decide_all(opa: &Path, files: &OutputTree, environment: &str, requests: &[Value]) -> Vec<Value> {
    let folder = on_disk(files);
    let cases = serde_json::json!({ "cases": requests });
    std::fs::write(folder.path().join("cases.json"), cases.to_string()).expect("written");
    let query = format!("[d | some request in data.cases; d := data.hxp.{environment}.decision with input as request]");
    let output =
        run(opa, folder.path(), &["eval", "--data", "policy", "--data", "cases.json", "--format", "raw", &query]);
    serde_json::from_str(&output).unwrap_or_else(|e| panic!("{e}: {output}"))
}
