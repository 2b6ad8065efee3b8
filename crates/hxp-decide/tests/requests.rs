//! `tests/requests` is what the engine decides on a few requests to every policy of the examples and the corpus: what
//! satisfies an environment, the same as a rollback, the same with evidence that failed, and a request that says nothing.
//! `cargo xtask conformance` has OPA and conftest decide on them.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hxp_decide::baseline::Baseline;
use hxp_decide::{Engine, Request};
use hxp_driver::system::Disk;
use hxp_policy::Environment;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

/// Of policies with many environments the first ones are enough: the others are made of the same.
const ENVIRONMENTS: usize = 6;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every policy with its name: `examples/bank`, `tests/corpus/words`.
fn policies() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for room in ["examples", "tests/corpus"] {
        for path in std::fs::read_dir(root().join(room)).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() || path.extension().is_some_and(|e| e == "hxp") {
                found.push((format!("{room}/{}", path.file_stem().unwrap().display()), path));
            }
        }
    }
    found.sort();
    found
}

/// The first hour of two weeks in which what satisfies the environment is allowed, or the first of all. What has to be
/// satisfied anew at each is looked at less often.
fn good_hour(engine: &Engine<'_>, environment: &Environment, satisfied: &Baseline<'_>) -> Timestamp {
    let first: Timestamp = "2027-02-01T00:30:00Z".parse().unwrap();
    let step = if satisfied.timeless() { 1 } else { 7 };
    let mut hours = (0..24 * 14).step_by(step).map(|hour| first + SignedDuration::from_hours(hour));
    let allowed = |at: &Timestamp| {
        let at = *at;
        let own = (!satisfied.timeless()).then(|| Baseline::new(engine, environment, at));
        let request = own.as_ref().unwrap_or(satisfied).draft(at).request();
        Request::from_json(&request).is_ok_and(|r| engine.outcome(&r) == hxp_policy::Outcome::Allow)
    };
    hours.find(allowed).unwrap_or(first)
}

fn requests(engine: &Engine<'_>, environment: &Environment) -> [Json; 4] {
    let start = "2027-02-01T00:30:00Z".parse().unwrap();
    let at = good_hour(engine, environment, &Baseline::new(engine, environment, start));
    let satisfied = Baseline::new(engine, environment, at).draft(at).request();
    let mut rollback = satisfied.clone();
    rollback["action"] = "rollback".into();
    let mut failed = satisfied.clone();
    for evidence in failed["evidence"].as_array_mut().into_iter().flatten() {
        evidence["state"] = "failed".into();
    }
    let silent = json!({
        "hxp": 1, "at": at.to_string(), "environment": environment.name, "action": "deploy",
        "actor": { "id": "sue" }, "release": { "commit": "1b4b7e54ad0e9d4d1f5c1b4b7e54ad0e9d4d1f5c" },
    });
    [satisfied, rollback, failed, silent]
}

/// What satisfies the environments and what does not, anew.
fn made(engine: &Engine<'_>) -> Vec<Json> {
    let environments = engine.policy().environments.values().take(ENVIRONMENTS);
    environments.flat_map(|environment| requests(engine, environment)).collect()
}

/// A line a request, with the outcome, and every requirement with its verdict.
fn lines(engine: &Engine<'_>, requests: &[Json]) -> String {
    let mut lines = String::new();
    for request in requests {
        let read = Request::from_json(request).unwrap_or_else(|e| panic!("{e:?}\n{request:#}"));
        let decision = serde_json::to_value(engine.decide(&read)).unwrap();
        let reasons = decision["reasons"].as_array().unwrap().iter().map(|r| json!([r["id"], r["verdict"]]));
        let decision = json!({ "outcome": decision["outcome"], "reasons": reasons.collect::<Vec<_>>() });
        writeln!(lines, "{}", json!({ "request": request, "decision": decision })).unwrap();
    }
    lines
}

/// `HXP_BLESS=1 cargo test -p hxp-decide --test requests` makes the requests anew and writes the files.
#[test]
fn the_decisions_on_record_are_those_of_the_engine() {
    let folder = root().join("tests/requests");
    let policies = policies();
    for (name, start) in &policies {
        let file = folder.join(format!("{}.jsonl", name.replace('/', "-")));
        let start = start.clone();
        let policy = hxp_driver::compile(&Disk, &hxp_driver::Request { start, ..Default::default() }).policy;
        let engine = Engine::new(&policy);
        if std::env::var_os("HXP_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, lines(&engine, &made(&engine))).unwrap();
        }
        let recorded = std::fs::read_to_string(&file).unwrap_or_default();
        let request = |line: &str| serde_json::from_str::<Json>(line).unwrap()["request"].clone();
        let decided = lines(&engine, &recorded.lines().map(request).collect::<Vec<_>>());
        for (now, then) in decided.lines().zip(recorded.lines()) {
            assert_eq!(now, then, "{name}; if that is meant: HXP_BLESS=1 cargo test -p hxp-decide --test requests");
        }
        assert!(
            recorded.contains(r#""outcome":"allow""#),
            "{name} has no request that is allowed: HXP_BLESS=1 cargo test -p hxp-decide --test requests"
        );
    }
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, policies.len(), "a file that belongs to no policy lies in tests/requests");
}
