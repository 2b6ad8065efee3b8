//! `hxpc verify`, run as a user runs it.

#![expect(clippy::expect_used, reason = "a test ends where it fails")]

use std::process::{Command, Output};

use serde_json::Value;

fn hxpc(args: &[&str]) -> Output {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    Command::new(env!("CARGO_BIN_EXE_hxpc")).args(args).current_dir(root).output().expect("hxpc runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_example_is_decided_alike() {
    let output = hxpc(&["verify", "examples/hexabase", "--env", "production", "--pairs", "25", "--format", "json"]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let outcome: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!(outcome["pairs"], 25);
    assert_eq!(outcome["environments"], serde_json::json!(["production"]));
    assert_eq!(outcome["disagreement"], Value::Null);
}

#[test]
fn equal_seeds_say_the_same() {
    let run = |seed: &str| hxpc(&["verify", "examples/small-service", "--pairs", "5", "--seed", seed]);
    assert_eq!(run("7").stdout, run("7").stdout);
}

#[test]
fn an_environment_that_is_not_there_is_a_mistake_of_the_command_line() {
    let output = hxpc(&["verify", "examples/hexabase", "--env", "prodution"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `production`?"), "{}", text(&output.stderr));
}

#[test]
fn a_program_that_is_no_opa_is_told() {
    let output = hxpc(&["verify", "examples/hexabase", "--pairs", "1", "--opa", "no/such/opa"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot be run"), "{}", text(&output.stderr));
}
