//! `hxp-bench-decide`: how fast a decision is, as ratios against peers in one run.
//!
//! ```text
//! cargo run --release --manifest-path benches/decide/Cargo.toml
//! ```

mod cedar;
mod clock;
mod diff;
mod policy_tests;
mod rego;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hxp_decide::{Engine, Request};
use hxp_driver::system::Disk;
use hxp_policy::{Outcome, Policy};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A Tuesday morning in the example's release hours.
const AT: &str = "2026-12-01T19:00:00Z";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let root = repository();
    let compiled = compile(&root.join("examples/hexabase"))?;
    let policy = &compiled.policy;
    let production = policy.environments.get("production").ok_or("no production")?;
    let json = satisfied(policy, production)?;
    let request = Request::from_json(&json).map_err(|e| format!("{e:?}"))?;
    let engine = Engine::new(policy);
    if engine.outcome(&request) != Outcome::Allow {
        let decision = serde_json::to_string_pretty(&engine.decide(&request)).map_err(|e| e.to_string())?;
        return Err(format!("the satisfied request is not allowed: {decision}"));
    }
    let peer = cedar::Peer::new(policy, production)?;

    let ours = clock::nanoseconds(|| black_box(engine.outcome(black_box(&request)) == Outcome::Allow));
    let words = clock::nanoseconds(|| black_box(engine.decide(black_box(&request))).reasons.len() > 1);
    let theirs = clock::nanoseconds(|| black_box(peer.decide()));
    let read = clock::nanoseconds(|| black_box(Request::from_json(black_box(&json))).is_ok());
    println!("{} requirements of production, all met\n", production.requirements.len());
    println!("| | µs | ratio to cedar-policy |\n|---|--:|--:|");
    let row = |what: &str, time: f64| println!("| {what} | {:.2} | {:.3} |", time / 1000.0, time / theirs);
    row("`is_authorized` of cedar-policy, an equivalent `permit`", theirs);
    row("the outcome of a request", ours);
    row("the decision in words, with every reason", words);
    row("reading a request from JSON", read);
    rego::run(&root, &compiled, &json, words)?;
    let [best, median] = diff::milliseconds(&root.join("examples/hexabase"))?;
    println!("\ndiff of the example against a changed copy: best {best:.1} ms, median {median:.1} ms");
    println!("policy tests on one core: {:.0} a second", policy_tests::a_second(policy)?);
    Ok(())
}

/// The request in which everything is satisfied.
fn satisfied(policy: &Policy, environment: &hxp_policy::Environment) -> Result<serde_json::Value, String> {
    let at = AT.parse().map_err(|e: jiff::Error| e.to_string())?;
    Ok(hxp_decide::baseline::baseline(policy, environment, at))
}

fn compile(project: &Path) -> Result<hxp_driver::Compilation, String> {
    let request = hxp_driver::Request { start: project.to_path_buf(), emit: true, ..hxp_driver::Request::default() };
    let compilation = hxp_driver::compile(&Disk, &request);
    if compilation.has_errors() { Err(format!("{} has errors", project.display())) } else { Ok(compilation) }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
