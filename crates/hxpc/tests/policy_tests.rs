//! `hxpc test`: what it prints, and how it ends.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use common::Project;

const POLICY: &str = r#"policy p { edition = 2026, version = 1.0.0, owner = ops }
team ops { github = "o/ops" }
window office { zone = "Europe/Paris"  open mon..fri 09:00..17:00 }
gate coverage(min: percent) { run = "make coverage"  yields line: percent  require line >= min }
environment staging { deploy with make("d") on push(branch == "main") }
environment production {
  deploy with make("d") on manual
  after staging soaked 1h
  within office
  require coverage(70%)
  approve 1 of ops
}
"#;

const HOLDS: &str = r#"test "a table" {
  given production at 2027-03-02T10:00[Europe/Paris]
  expect allow until 2027-03-02T17:00[Europe/Paris]
  given production at 2027-03-02T10:00[Europe/Paris] with { gates { coverage { line = 69% } } }
  expect deny because gate.coverage
  given production at 2027-03-02T10:00[Europe/Paris] with { gates { coverage = missing } }
  expect pending because gate.coverage
  given production at 2027-03-02T10:00[Europe/Paris] with { rejections { ops = 1 } }
  expect deny because approve.ops
  given production at 2027-03-02T10:00[Europe/Paris] with { stays { staging = 59m } }
  expect pending because after.staging.soaked until 2027-03-02T10:01[Europe/Paris]
}
"#;

const FAILS: &str = r#"test "another outcome" { given production at 2027-03-02T18:00[Europe/Paris] expect allow }
test "another reason" {
  given production at 2027-03-02T10:00[Europe/Paris] with { approvals { ops = 0 } }
  expect pending because gate.coverage
}
test "another instant" {
  given production at 2027-03-02T18:00[Europe/Paris]
  expect pending because window.office until 2027-03-03T10:00[Europe/Paris]
}
test "no such result" {
  given production at 2027-03-02T10:00[Europe/Paris] with { gates { coverage { lines = 69% } } }
  expect deny because gate.coverage
}
"#;

/// What a program says while it runs.
struct Said {
    child: Child,
    lines: Receiver<String>,
}

impl Said {
    fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let errors = send.clone();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|l| send.send(l)));
        thread::spawn(move || BufReader::new(err).lines().map_while(Result::ok).try_for_each(|l| errors.send(l)));
        Self { child, lines }
    }

    /// Waits until all of these lines have been said, in whatever order: two outputs are read.
    fn wait(&self, wanted: &[&str]) {
        let mut missing = wanted.to_vec();
        let mut said = Vec::new();
        while !missing.is_empty() {
            let line = self.lines.recv_timeout(LONG);
            let line = line.unwrap_or_else(|why| panic!("{why} for {missing:?} after\n{}", said.join("\n")));
            missing.retain(|text| !line.contains(text));
            said.push(line);
        }
    }
}

impl Drop for Said {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nothing takes so long, however busy the machine is: then it hangs.
const LONG: Duration = Duration::from_secs(120);

const WAITING: &str = "waiting for a change";

#[test]
fn watched_tests_run_again_when_a_file_changes_comes_or_goes() {
    let project = project(HOLDS);
    let said = Said::of(project.command().args(["test", "--watch"]));
    said.wait(&["5 tests: all hold", WAITING]);
    project.write("tests.hxp", HOLDS.replace("expect deny because approve.ops", "expect allow"));
    said.wait(&["5 tests: 1 fails", WAITING]);
    project.write("tests.hxp", HOLDS);
    said.wait(&["5 tests: all hold", WAITING]);
    project
        .write("more.hxp", "test \"one more\" { given production at 2027-03-02T10:00[Europe/Paris] expect allow }\n");
    said.wait(&["6 tests: all hold", WAITING]);
    // A mistake ends nothing, and mending it is a change too.
    project.write("more.hxp", "test \"one more\" {\n");
    said.wait(&["this `{` is never closed", WAITING]);
    std::fs::remove_file(project.root().join("more.hxp")).unwrap();
    said.wait(&["5 tests: all hold", WAITING]);
}

#[test]
fn the_decision_of_a_failing_test_names_the_policy_as_its_rego_does() {
    let project = project(FAILS);
    let digest = |engine: &str| {
        let run = project.run(&["test", "--engine", engine, "--filter", "another reason", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        report["tests"][0]["decision"]["policy"]["digest"].as_str().map(ToOwned::to_owned)
    };
    assert_eq!(project.run(&["compile", "--target", "opa"]).code, 0);
    let manifest: serde_json::Value = serde_json::from_str(&project.read("policy/.manifest")).unwrap();
    for engine in ["native", "both"] {
        assert_eq!(digest(engine).as_deref(), manifest["revision"].as_str(), "{engine}");
    }
}

fn project(tests: &str) -> Project {
    Project::new([("policy.hxp", POLICY), ("tests.hxp", tests)])
}

#[test]
fn tests_that_hold_in_either_engine() {
    let project = project(HOLDS);
    for engine in ["native", "rego", "both"] {
        let run = project.run(&["test", "--engine", engine]);
        assert_eq!(run.code, 0, "{engine}: {}", run.all());
        assert!(run.out.ends_with("5 tests: all hold\n"), "{}", run.out);
    }
}

#[test]
fn tests_that_fail_come_first_with_what_was_expected_and_what_came_out() {
    let project = project(&format!("{HOLDS}{FAILS}"));
    for engine in ["native", "rego", "both"] {
        let run = project.run(&["test", "--engine", engine]);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(run.out.starts_with("FAIL another outcome\n     tests.hxp:13:26\n"), "{}", run.out);
        for said in [
            "     expected allow\n     found    pending\n",
            "     found    pending because approve.ops; gate.coverage is met\n",
            "     found    pending until 2027-03-03T09:00:00[Europe/Paris]\n",
            "     found    `gates.coverage.lines`: there is no such result",
            "ok   a table (5)\n9 tests: 4 fail\n",
        ] {
            assert!(run.out.contains(said), "{engine}: {said}\n{}", run.out);
        }
    }
}

#[test]
fn the_explanation_goes_down_to_the_facts() {
    let run = project(FAILS).run(&["test", "--filter", "another reason"]);
    assert!(run.out.contains("waiting production.approve.ops (policy.hxp:11:11)"), "{}", run.out);
    assert!(run.out.contains("line: 77%"), "{}", run.out);
    assert!(run.out.ends_with("1 test: 1 fails; 3 left out by the filter\n"), "{}", run.out);
}

#[test]
fn coverage_is_held_to_a_threshold_and_its_tests_can_be_pasted() {
    let project = project(HOLDS);
    let run = project.run(&["test", "--threshold", "100"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(run.err.contains("less than the 100% of --threshold"), "{}", run.err);
    let proposed = run.out.split("Tests that would see it:\n").nth(1).unwrap();
    let proposed = proposed.split("\nCovered: ").next().unwrap();
    project.write("proposed.hxp", proposed);
    let run = project.run(&["test", "--threshold", "100"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.out.contains("Covered: 100% (12 of 12)\n"), "{}", run.out);
}

#[test]
fn machines_read_the_report() {
    let project = project(&format!("{HOLDS}{FAILS}"));
    let run = project.run(&["test", "--format", "json", "--coverage"]);
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&report["total"], &report["failed"]), (&9.into(), &4.into()));
    assert_eq!(report["tests"][0]["decision"]["outcome"], "pending");
    assert!(report["coverage"]["percent"].as_u64().unwrap() < 100);

    let run = project.run(&["test", "--format", "junit"]);
    let document = roxmltree::Document::parse(&run.out).unwrap();
    let failures = document.descendants().filter(|n| n.has_tag_name("failure"));
    assert_eq!(failures.count(), 4, "{}", run.out);
    let suite = document.descendants().find(|n| n.has_tag_name("testsuite")).unwrap();
    assert_eq!((suite.attribute("tests"), suite.attribute("failures")), (Some("9"), Some("4")));
}

#[test]
fn what_is_no_policy_or_no_percentage() {
    let broken = Project::new([("policy.hxp", "environment e { within nowhere }")]);
    assert_eq!(broken.run(&["test"]).code, 1);
    assert_eq!(project(HOLDS).run(&["test", "--threshold", "101"]).code, 2);
    let run = Project::new([("policy.hxp", POLICY)]).run(&["test"]);
    assert_eq!((run.code, run.out.as_str()), (0, "No tests\n"));
}
