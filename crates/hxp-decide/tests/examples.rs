//! The tests of the examples hold, and an ordinary release is allowed wherever the clock permits it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use hxp_decide::baseline::baseline;
use hxp_decide::testing::{Suite, coverage, write_test};
use hxp_decide::{Engine, Request};
use hxp_driver::system::Disk;

const EXAMPLES: [&str; 4] = ["bank", "hexabase", "monorepo", "small-service"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

fn compiled(name: &str) -> hxp_driver::Compilation {
    let today = Some(jiff::civil::date(2026, 11, 23));
    hxp_driver::compile(&Disk, &hxp_driver::Request { start: folder(name), today, ..hxp_driver::Request::default() })
}

#[test]
fn an_ordinary_release_is_allowed_when_the_windows_are_open() {
    for name in EXAMPLES {
        let policy = compiled(name).policy;
        let engine = Engine::new(&policy);
        for environment in policy.environments.values() {
            // A Wednesday morning in Europe, and its evening, when it is morning in California.
            let decided = ["2027-02-03T09:00:00Z", "2027-02-03T19:00:00Z"].map(|at| {
                let request = baseline(&policy, environment, at.parse().unwrap());
                let request = Request::from_json(&request).unwrap_or_else(|e| panic!("{e:?}\n{request:#}"));
                serde_json::to_value(engine.decide(&request)).unwrap()
            });
            let allowed = decided.iter().any(|d| d["outcome"] == "allow");
            assert!(allowed, "{name} {}: {:#}", environment.name, decided[0]);
        }
    }
}

#[test]
fn the_tests_of_the_examples_hold() {
    for name in EXAMPLES {
        let policy = compiled(name).policy;
        let engine = Engine::new(&policy);
        let suite = Suite::new(&engine);
        assert!(!policy.tests.is_empty(), "{name} has no tests");
        for case in &policy.tests {
            let mut reasons = String::new();
            let ran = suite.run(case, &mut |judgement| {
                reasons = format!("{:#}", serde_json::to_value(judgement.decision()).unwrap()["reasons"]);
            });
            assert!(ran.holds(), "{name}: {}: {:?}\n{reasons}", case.title, ran.mismatches);
        }
    }
}

#[test]
fn what_is_proposed_sees_what_it_is_for() {
    for name in EXAMPLES {
        let policy = compiled(name).policy;
        let engine = Engine::new(&policy);
        let suite = Suite::new(&engine);
        let mut seen = HashSet::new();
        for case in &policy.tests {
            suite.run(case, &mut |judgement| seen.extend(coverage::seen(case, judgement)));
        }
        let found = coverage::coverage(&suite, &seen, "2027-02-03T00:00:00Z".parse().unwrap());
        let text: Vec<String> = found.proposals.iter().map(write_test).collect();
        println!("{name}: {}% of {}\n{}", found.percent(), found.total, text.join("\n"));
        let without: Vec<String> = found
            .unseen
            .iter()
            .filter(|u| u.proposal.is_none())
            .map(|u| format!("{} {} {}", u.item.environment, u.item.id, u.item.sight.word()))
            .collect();
        println!("no test found: {without:#?}");
    }
}
