//! Rego, judged by OPA itself, by regal and by conftest, and held to the native engine.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::bench::{Bench, Job, content, silent};
use super::cases::{Case, is};

/// Asks every judge of Rego.
pub fn judges<'a>(bench: &'a Bench, case: &'a Case, jobs: &mut Vec<Job<'a>>) {
    let policies = case.some(|path| is(path, "rego"));
    if policies.is_empty() {
        return;
    }
    let about = (case.name.as_str(), policies.len());
    let mut quiet = |tool: &'static str, args: &'static [&'static str]| {
        jobs.push(bench.ask(("opa", tool, "opa"), about, move |opa| {
            silent(bench.command(&opa, &case.out).args(args).args(tests(case)))
        }));
    };
    quiet("opa check --strict", &["check", "--strict", "policy"]);
    quiet("opa fmt --diff", &["fmt", "--diff", "policy"]);
    jobs.push(bench.ask(("opa", "regal lint", "regal"), about, move |regal| {
        let config = bench.file("regal.yaml");
        let mut command = bench.command(&regal, &case.out);
        content(command.args(["lint", "--config-file"]).arg(config).args(["policy"]).args(tests(case))).map(drop)
    }));
    if tests(case).is_some() {
        jobs.push(bench.ask(("opa", "opa test", "opa"), about, move |opa| {
            content(bench.command(&opa, &case.out).args(["test", "policy"]).args(tests(case))).map(drop)
        }));
    }
    jobs.push(bench.ask(("opa", "opa build, eval", "opa"), about, move |opa| bundle(bench, case, &opa)));
    jobs.push(bench.ask(("opa", "conftest test", "conftest"), about, move |conftest| sample(bench, case, &conftest)));
    jobs.push(bench.ask(("opa", "opa eval = hxpc decide", "opa"), about, move |opa| agreement(bench, case, &opa)));
}

/// The folder of the policy's own tests, if it has any.
fn tests(case: &Case) -> Option<&'static str> {
    case.outputs.iter().any(|path| path.starts_with("policy_test/")).then_some("policy_test")
}

/// A request that says as little as a request may.
fn request(environment: &str) -> Value {
    json!({
        "hxp": 1,
        "at": "2026-11-24T12:00:00Z",
        "environment": environment,
        "action": "deploy",
        "actor": { "id": "sue" },
        "release": { "commit": "1b4b7e54ad0e9d4d1f5c1b4b7e54ad0e9d4d1f5c" },
    })
}

fn written(bench: &Bench, case: &Case, environment: &str) -> Result<PathBuf, String> {
    let folder = bench.out.join("requests").join(case.slug());
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let path = folder.join(format!("{environment}.json"));
    fs::write(&path, request(environment).to_string()).map_err(|e| e.to_string())?;
    Ok(path)
}

/// What hxpc decides itself.
fn outcome(bench: &Bench, case: &Case, request: &Path) -> Result<String, String> {
    let mut command = bench.command(&bench.hxpc, &bench.root);
    command.arg("decide").arg(&case.source).args(["--format", "json", "--request"]).arg(request);
    // The exit code says the outcome as well.
    let output = command.output().map_err(|e| e.to_string())?;
    let decision: Value = serde_json::from_slice(&output.stdout).map_err(|e| format!("hxpc decide: {e}"))?;
    decision.get("outcome").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| "hxpc decides nothing".to_owned())
}

/// OPA makes a bundle of its own of the folder and decides with it.
fn bundle(bench: &Bench, case: &Case, opa: &Path) -> Result<(), String> {
    let folder = bench.out.join("bundles");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let file = folder.join(format!("{}.tar.gz", case.slug()));
    silent(bench.command(opa, &case.out).args(["build", "--bundle", "policy", "--output"]).arg(&file))?;
    for environment in case.environments() {
        let request = written(bench, case, environment)?;
        let mut command = bench.command(opa, &case.out);
        command.arg("eval").arg("--bundle").arg(&file).arg("--input").arg(&request).args(["--format", "raw", "--fail"]);
        let output = content(command.arg(format!("data.hxp[\"{environment}\"].decision.outcome")))?;
        let (theirs, ours) = (String::from_utf8_lossy(&output.stdout), outcome(bench, case, &request)?);
        if theirs.trim() != ours {
            return Err(format!("{environment}: the bundle decides {}, hxpc {ours}", theirs.trim()));
        }
    }
    Ok(())
}

/// conftest refuses exactly what hxpc does not allow.
fn sample(bench: &Bench, case: &Case, conftest: &Path) -> Result<(), String> {
    for environment in case.environments() {
        let request = written(bench, case, environment)?;
        let namespace = format!("hxp.{environment}");
        let mut command = bench.command(conftest, &case.out);
        command.arg("test").arg(&request).args(["--policy", "policy", "--data", "policy", "--output", "json"]);
        let output = command.args(["--namespace", &namespace]).output().map_err(|e| e.to_string())?;
        let answer: Value =
            serde_json::from_slice(&output.stdout).map_err(|e| format!("{e}: {}", super::bench::said(&output)))?;
        let refused = answer.pointer("/0/failures").and_then(Value::as_array).is_some_and(|f| !f.is_empty());
        let ours = outcome(bench, case, &request)?;
        if refused == (ours == "allow") {
            return Err(format!("{environment}: hxpc decides {ours}, conftest says {answer}"));
        }
    }
    Ok(())
}

/// Random requests at the edges of the policy, through both engines.
fn agreement(bench: &Bench, case: &Case, opa: &Path) -> Result<(), String> {
    let mut command = bench.command(&bench.hxpc, &bench.root);
    content(command.arg("verify").arg(&case.source).args(["--pairs", "50", "--opa"]).arg(opa)).map(drop)
}
