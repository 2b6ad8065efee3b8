//! The tests of the examples hold, and an ordinary release is allowed wherever the clock permits it.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use hxp_decide::baseline::baseline;
use hxp_decide::testing::{Suite, coverage, write_test};
use hxp_decide::{Engine, Request};
use hxp_driver::Policy;
use hxp_driver::system::{Disk, FileKind, Memory, System as _};

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

/// The example with more of the language beside it.
fn with_more(name: &str, more: &str) -> Policy {
    let memory = Memory::with([]);
    let root = folder(name);
    let mut folders = vec![root.clone()];
    while let Some(here) = folders.pop() {
        for (entry, kind) in Disk.list(&here).unwrap() {
            let path = here.join(entry);
            match kind {
                FileKind::Folder => folders.push(path),
                FileKind::File => {
                    let bytes = Disk.read(&path, 1 << 20).unwrap();
                    memory.put(Path::new("/p").join(path.strip_prefix(&root).unwrap()), bytes);
                }
                _ => {}
            }
        }
    }
    memory.put("/p/proposed.hxp", more);
    let today = Some(jiff::civil::date(2026, 11, 23));
    let request = hxp_driver::Request { start: PathBuf::from("/p"), today, ..hxp_driver::Request::default() };
    let compilation = hxp_driver::compile(&memory, &request);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{more}");
    compilation.policy
}

fn covered(policy: &Policy) -> coverage::Coverage {
    let engine = Engine::new(policy);
    let suite = Suite::new(&engine);
    let mut seen = HashSet::new();
    for case in &policy.tests {
        let ran = suite.run(case, &mut |judgement| seen.extend(coverage::seen(case, judgement)));
        assert!(ran.holds(), "{}: {:?}", case.title, ran.mismatches);
    }
    coverage::coverage(&suite, &seen, "2027-02-03T00:00:00Z".parse().unwrap())
}

#[test]
fn proposed_tests_are_hxp_and_see_everything_that_no_test_has_seen() {
    for name in EXAMPLES {
        let before = covered(&compiled(name).policy);
        assert!(before.percent() < 100, "{name}: there is nothing to propose");
        let text: Vec<String> = before.proposals.iter().map(write_test).collect();
        let after = covered(&with_more(name, &text.join("\n")));
        assert_eq!(after.unseen, [], "{name}");
        assert_eq!((after.percent(), after.total), (100, before.total), "{name}");
    }
}
