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
