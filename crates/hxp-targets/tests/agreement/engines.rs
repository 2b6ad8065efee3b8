//! The engines that must agree, and the smallest case in which they do not.

use std::path::{Path, PathBuf};

use hxp_decide::sample::minimal;
use hxp_policy::Policy;
use hxp_targets::opa::Opa;
use hxp_targets::{Context, OutputTree, Target};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

/// A policy and a request on which two engines differ.
pub struct Pair {
    pub policy: Policy,
    pub request: Json,
    pub difference: String,
}

/// The generated files of the environment that is asked for; `None` for a policy that Rego cannot say.
pub fn emit(policy: &Policy) -> Option<OutputTree> {
    let environments: Vec<SmolStr> = policy.environments.keys().cloned().collect();
    let context = Context {
        policy,
        environments: &environments,
        chart_schemas: &IndexMap::new(),
        chart_values: &IndexMap::new(),
        options: &Map::new(),
        actions: &IndexMap::new(),
    };
    let emission = Opa.emit(&context);
    emission.diagnostics.is_empty().then_some(emission.files)
}

/// regorus with the library, which is the same for all policies.
pub struct Rego(regorus::Engine);

/// regorus with a policy.
pub struct Decider(regorus::Engine);

fn is_library(path: &str) -> bool {
    path == "policy/lib.rego"
}

impl Rego {
    pub fn new() -> Self {
        let mut engine = regorus::Engine::new();
        let files = emit(&Policy::default()).expect("the library");
        for (path, file) in files.iter().filter(|(path, _)| is_library(path)) {
            engine.add_policy(path.to_string(), file.text.clone()).expect("it is Rego");
        }
        Self(engine)
    }

    pub fn of(&self, files: &OutputTree) -> Decider {
        let mut engine = self.0.clone();
        for (path, file) in files {
            if path.ends_with(".rego") && !is_library(path) {
                let added = engine.add_policy(path.to_string(), file.text.clone());
                added.unwrap_or_else(|e| panic!("{path}: {e}\n{}", file.text));
            } else if path.ends_with("data.json") {
                engine.add_data(regorus::Value::from_json_str(&file.text).expect("json")).expect("data");
            }
        }
        Decider(engine)
    }
}

impl Decider {
    pub fn decide(&mut self, request: &Json) -> Result<Json, String> {
        self.0.set_input(regorus::Value::from_json_str(&request.to_string()).map_err(|e| e.to_string())?);
        let rule = format!("data.hxp.{}.decision", hxp_random::ENVIRONMENT);
        let decision = self.0.eval_rule(rule).map_err(|e| format!("{e:#}"))?;
        serde_json::from_str(&decision.to_json_str().map_err(|e| e.to_string())?).map_err(|e| e.to_string())
    }
}

pub fn difference(ours: Option<&Json>, theirs: &Result<Json, String>) -> Option<String> {
    match theirs {
        Err(problem) => Some(format!("Rego cannot decide: {problem}")),
        Ok(theirs) => {
            let found = hxp_decide::agreement::differences(ours, theirs);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            (!found.is_empty()).then(|| found.join("\n"))
        }
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

/// The decisions of OPA on many requests, in one run.
pub fn opa_decides(opa: &Path, files: &OutputTree, requests: &[Json]) -> Vec<Result<Json, String>> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, file) in files {
        let path = folder.path().join(path.as_str());
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, &file.text).expect("written");
    }
    std::fs::write(folder.path().join("cases.json"), json!({ "cases": requests }).to_string()).expect("written");
    let environment = hxp_random::ENVIRONMENT;
    let query = format!(
        "[d | some request in data.cases; d := object.get(data.hxp, [\"{environment}\", \"decision\"], null) with input as request]"
    );
    let arguments = ["eval", "--data", "policy", "--data", "cases.json", "--format", "raw", &query];
    let output = std::process::Command::new(opa).args(arguments).current_dir(folder.path()).output().expect("opa runs");
    let text = String::from_utf8_lossy(&output.stdout);
    match serde_json::from_str::<Vec<Json>>(&text) {
        Ok(decisions) if decisions.len() == requests.len() => decisions.into_iter().map(Ok).collect(),
        _ => {
            let problem = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
            requests.iter().map(|_| Err(problem.clone())).collect()
        }
    }
}

impl Pair {
    /// The case with everything taken away that it does not need, as a person can read it.
    pub fn smallest(mut self, rego: &Rego) -> String {
        if self.difference.starts_with("OPA") {
            let request = self.request.to_string();
            return format!("{}\n{request}\n{}", self.difference, rego_of(&self.policy));
        }
        for _ in 0..200 {
            let less = hxp_random::smaller(&self.policy).into_iter().find_map(|policy| {
                let difference = differs(&policy, &self.request, rego)?;
                Some((policy, difference))
            });
            let Some((policy, difference)) = less else { break };
            (self.policy, self.difference) = (policy, difference);
        }
        let files = emit(&self.policy).expect("it was made before");
        let mut theirs = rego.of(&files);
        let engine = hxp_decide::Engine::new(&self.policy);
        let mut shows = |request: &Json| {
            let ours = hxp_decide::agreement::reference(&engine, request);
            difference(ours.as_ref(), &theirs.decide(request)).is_some()
        };
        self.request = minimal(&self.request, &mut shows);
        self.difference = differs(&self.policy, &self.request, rego).unwrap_or(self.difference);
        format!("{}\nrequest {}\n{}", self.difference, self.request, rego_of(&self.policy))
    }
}

/// What says the policy best: the package of the environment, without its head.
fn rego_of(policy: &Policy) -> String {
    let files = emit(policy).unwrap_or_default();
    let environment = format!("{}.rego", hxp_random::ENVIRONMENT);
    let text = files.iter().find(|(path, _)| path.ends_with(&environment)).map(|(_, file)| file.text.clone());
    let text = text.unwrap_or_default();
    let from = text.find("# ----").unwrap_or(0);
    let windows = format!("{:?}", policy.windows);
    let gates: Vec<String> = policy.gates.values().map(|g| format!("{g:?}")).collect();
    let rules = text.get(from..).unwrap_or_default();
    let rules: Vec<&str> = rules.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
    let labels =
        if rules.iter().any(|l| l.contains("has_label")) { format!("{:?}", policy.labels) } else { String::new() };
    let windows = if rules.iter().any(|l| l.contains("window")) { windows } else { String::new() };
    format!("{}\n{windows}\n{}\n{labels}", rules.join("\n"), gates.join("\n"))
}

fn differs(policy: &Policy, request: &Json, rego: &Rego) -> Option<String> {
    let files = emit(policy)?;
    let ours = hxp_decide::agreement::reference(&hxp_decide::Engine::new(policy), request);
    difference(ours.as_ref(), &rego.of(&files).decide(request))
}
