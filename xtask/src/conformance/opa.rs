//! Rego, judged by OPA itself, by regal and by conftest, and held to the native engine.

use std::fs;
use std::path::Path;

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

/// The environment of a request on record.
fn environment(recorded: &Value) -> &str {
    recorded.pointer("/request/environment").and_then(Value::as_str).unwrap_or_default()
}

/// The requests on record for a policy, each with what the engine of hxpc decides, which a test of its own holds it to.
fn recorded(bench: &Bench, case: &Case) -> Result<Vec<Value>, String> {
    let file = bench.root.join(format!("tests/requests/{}.jsonl", case.slug()));
    let text = fs::read_to_string(&file).map_err(|e| {
        format!("{}: {e}; HXP_BLESS=1 cargo test -p hxp-decide --test requests writes it", file.display())
    })?;
    text.lines().map(|line| serde_json::from_str(line).map_err(|e| format!("{}: {e}", file.display()))).collect()
}

/// OPA makes a bundle of its own of the folder and decides with it on the requests on record.
fn bundle(bench: &Bench, case: &Case, opa: &Path) -> Result<(), String> {
    let folder = bench.out.join("bundles");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let file = folder.join(format!("{}.tar.gz", case.slug()));
    silent(bench.command(opa, &case.out).args(["build", "--bundle", "policy", "--output"]).arg(&file))?;
    let recorded = recorded(bench, case)?;
    let cases = folder.join(format!("{}.json", case.slug()));
    fs::write(&cases, json!({ "cases": recorded }).to_string()).map_err(|e| e.to_string())?;
    let mut command = bench.command(opa, &case.out);
    command.arg("eval").arg("--bundle").arg(&file).arg("--data").arg(&cases).args(["--format", "raw", "--fail"]);
    // OPA takes a whole variable for the input, not a part of one.
    let query = "[d | some c in data.cases; request := c.request; x := data.hxp[request.environment].decision with input \
                 as request; d := {\"outcome\": x.outcome, \"reasons\": [[r.id, r.verdict] | some r in x.reasons]}]";
    let output = content(command.arg(query))?;
    let decided: Vec<Value> = serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())?;
    if decided.len() != recorded.len() {
        return Err(format!("OPA decides {} of {} requests", decided.len(), recorded.len()));
    }
    for (recorded, theirs) in recorded.iter().zip(&decided) {
        let (ours, request) = (&recorded["decision"], &recorded["request"]);
        if ours != theirs {
            return Err(format!("OPA decides {theirs}\nhxpc {ours}\non {request}"));
        }
    }
    Ok(())
}

/// conftest refuses exactly what hxpc does not allow.
fn sample(bench: &Bench, case: &Case, conftest: &Path) -> Result<(), String> {
    let recorded = recorded(bench, case)?;
    let folder = bench.out.join("requests").join(case.slug());
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    for environment in case.environments() {
        let of_it = recorded.iter().filter(|r| self::environment(r) == environment).enumerate();
        let mut files = Vec::new();
        for (number, recorded) in of_it {
            let file = folder.join(format!("{environment}-{number}.json"));
            fs::write(&file, recorded["request"].to_string()).map_err(|e| e.to_string())?;
            files.push((file, recorded.pointer("/decision/outcome").is_some_and(|o| o == "allow")));
        }
        if files.is_empty() {
            continue;
        }
        let mut command = bench.command(conftest, &case.out);
        command.arg("test").args(files.iter().map(|(file, _)| file)).args(["--policy", "policy", "--data", "policy"]);
        command.args(["--output", "json", "--namespace", &format!("hxp.{environment}")]);
        let output = command.output().map_err(|e| e.to_string())?;
        let answers: Vec<Value> =
            serde_json::from_slice(&output.stdout).map_err(|e| format!("{e}: {}", super::bench::said(&output)))?;
        for (file, allowed) in &files {
            let of_file = |a: &&Value| a["filename"].as_str().is_some_and(|name| Path::new(name) == file);
            let answer = answers.iter().find(of_file).ok_or_else(|| format!("nothing of {}", file.display()))?;
            let refused = answer["failures"].as_array().is_some_and(|failures| !failures.is_empty());
            if refused == *allowed {
                return Err(format!("{}: hxpc allows it: {allowed}, conftest says {answer}", file.display()));
            }
        }
    }
    Ok(())
}

/// Random requests at the edges of the policy, through both engines: so many in all, for each environment at least some.
fn agreement(bench: &Bench, case: &Case, opa: &Path) -> Result<(), String> {
    const PAIRS: usize = 150;
    const AT_LEAST: usize = 5;
    let pairs = (PAIRS / case.environments().len().max(1)).max(AT_LEAST).to_string();
    let mut command = bench.command(&bench.hxpc, &bench.root);
    content(command.arg("verify").arg(&case.source).args(["--pairs", &pairs, "--opa"]).arg(opa)).map(drop)
}
