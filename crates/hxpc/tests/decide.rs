//! `hxpc decide` and `hxpc duties`, by running the real program: the chapter's own example, exit codes, formats, mistakes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod common;

use std::path::Path;

use common::Project;
use serde_json::{Value as Json, json};

/// The fenced blocks of the chapter on decisions: what they are, and their text.
fn chapter() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/decisions.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (open.take(), line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some((kind.to_owned(), String::new())),
            (Some(block), Some(_)) => blocks.push(block),
            (Some((kind, text)), None) => open = Some((kind, text + line + "\n")),
            (None, None) => {}
        }
    }
    blocks
}

fn block(kind: &str, number: usize) -> String {
    let mut of_kind = chapter().into_iter().filter(|(other, _)| other == kind).map(|(_, text)| text);
    of_kind.nth(number).unwrap_or_else(|| panic!("no {kind} block {number}"))
}

fn project() -> Project {
    let (policy, request, ledger) = (block("hxp", 0), block("json", 0), block("json", 1));
    Project::new([("policy.hxp", policy.as_str()), ("request.json", &request), ("ledger.json", &ledger)])
}

fn request() -> Json {
    serde_json::from_str(&block("json", 0)).unwrap()
}

#[test]
fn the_chapter_shows_what_the_program_prints() {
    let project = project();
    let run = project.run(&["decide", "--request", "request.json"]);
    assert_eq!((run.code, run.err.as_str()), (5, ""));
    assert_eq!(run.out, block("text", 0));
    assert!(run.out.lines().all(|line| line.chars().count() <= 100));
    let run = project.run(&["duties", "--ledger", "ledger.json"]);
    assert_eq!((run.code, run.err.as_str()), (5, ""));
    assert_eq!(run.out, block("text", 1));
}

#[test]
fn the_policy_has_the_digest_of_its_rego() {
    let project = project();
    assert_eq!(project.run(&["compile", "--target", "opa"]).code, 0);
    let manifest: Json = serde_json::from_str(&project.read("policy/.manifest")).unwrap();
    let run = project.run(&["decide", "--request", "request.json", "--format", "json"]);
    let decision: Json = serde_json::from_str(&run.out).unwrap();
    assert!(manifest["revision"].is_string());
    assert_eq!(decision["policy"]["digest"], manifest["revision"]);
}

#[test]
fn the_exit_code_is_the_outcome() {
    let project = project();
    let mut satisfied = request();
    satisfied["evidence"][0]["results"]["line"] = json!("83.1%");
    satisfied["approvals"][0]["person"] = json!("eve");
    satisfied["at"] = json!("2026-12-07T10:00:00+01:00");
    let edit = |pointer: &str, value: Json| {
        let mut request = satisfied.clone();
        *request.pointer_mut(pointer).unwrap() = value;
        request
    };
    for (request, code, says) in [
        (satisfied.clone(), 0, "allow: deployment to production, Monday 7 December 2026 10:00 Europe/Paris"),
        (edit("/at", json!("2026-12-07T20:00:00+01:00")), 3, "not before Tuesday 8 December 2026 09:00 Europe/Paris"),
        (edit("/approvals", json!([])), 3, "time alone will not do"),
        (edit("/evidence/0/state", json!("failed")), 5, "deny: deployment to production"),
        (edit("/environment", json!("prodction")), 5, "engine.environment"),
        (edit("/at", json!("today")), 2, "request.json:"),
    ] {
        project.write("request.json", serde_json::to_string_pretty(&request).unwrap());
        let run = project.run(&["decide", "--request", "request.json"]);
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.all().contains(says), "{says}: {}", run.all());
    }
}

#[test]
fn the_command_line_fills_in_and_must_agree() {
    let project = project();
    let mut bare = request();
    bare.as_object_mut().unwrap().remove("environment");
    bare.as_object_mut().unwrap().remove("at");
    let bare = bare.to_string();
    let decide = |args: &[&str]| {
        let args: Vec<&str> = ["decide", "--request", "-", "--format", "json"].iter().chain(args).copied().collect();
        let run = project.run_with(&args, bare.as_bytes());
        (run.code, serde_json::from_str::<Json>(&run.out).unwrap_or_default(), run.err)
    };
    let (code, answer, _) = decide(&[]);
    assert_eq!(code, 2);
    assert_eq!(answer["malformed"][0]["message"], "`at` is missing");
    assert_eq!(answer["malformed"][1]["message"], "`environment` is missing");
    let (code, answer, _) = decide(&["--env", "production", "--at", "2026-12-07T10:00"]);
    assert_eq!((code, &answer["at"]), (5, &json!("2026-12-07T10:00:00+01:00")));
    let (code, answer, _) = decide(&["--env", "production", "--at", "2026-12-07T10:00[America/New_York]"]);
    assert_eq!((code, &answer["at"]), (5, &json!("2026-12-07T10:00:00-05:00")));
    for (args, says) in [
        (&["--env", "prodution", "--at", "2026-12-07T10:00Z"][..], "did you mean `production`?"),
        (&["--env", "production", "--at", "noon"], "--at `noon` is no instant"),
        (&["--env", "production", "--at", "2026-12-07T10:00[Mars/Olympus]"], "time zone"),
        (&["--env", "production", "--at", "2026-02-30T10:00"], "day"),
    ] {
        let (code, _, err) = decide(args);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(says), "{err}");
    }
    let run = project.run(&["decide", "--env", "staging", "--request", "request.json"]);
    assert_eq!(run.code, 2);
    let run = project.run(&["decide", "--request", "nowhere.json"]);
    assert_eq!((run.code, run.err.contains("cannot be read: it does not exist")), (2, true), "{}", run.err);
}

#[test]
fn the_json_is_the_decision_with_its_explanation() {
    let project = project();
    let run = project.run(&["decide", "--request", "request.json", "--format", "json"]);
    assert_eq!(run.code, 5);
    let answer: Json = serde_json::from_str(&run.out).unwrap();
    let schema =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/decision.schema.json"));
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema.unwrap()).unwrap()).unwrap();
    assert!(validator.is_valid(&answer), "{answer:#}");
    assert_eq!(answer["outcome"], "deny");
    assert_eq!(answer["reasons"][0]["id"], answer["explanation"][0]["id"]);
    assert_eq!(answer["explanation"][0]["children"][1]["children"][0]["value"], "61%");
}

#[test]
fn every_mistake_is_shown_where_it_stands() {
    let project = project();
    project.write(
        "request.json",
        "{\n  \"hxp\": 1,\n  \"at\": \"2026-12-07T10:00:00Z\",\n  \"enviroment\": \"production\",\n  \
         \"action\": \"deploy\", \"actor\": { \"id\": \"ada\" },\n  \"release\": { \"commit\": \"9f3c\" }\n}\n",
    );
    let run = project.run(&["decide", "--request", "request.json"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    let expected = "\
error: request.json is no request; 2 things are wrong with it

request.json:1:1: `environment` is missing
  1 │ {
    │ ^

request.json:4:3: `enviroment` is not a key of a request; did you mean `environment`?
  4 │   \"enviroment\": \"production\",
    │   ^^^^^^^^^^^^
";
    assert_eq!(run.err, expected);
    let run = project.run(&["duties", "--ledger", "request.json"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("`action` is not a key of a ledger"), "{}", run.err);
}

#[test]
fn requests_of_any_shape_end_with_two() {
    let project = project();
    let deep = "[".repeat(100_000);
    let line = format!("{{\"hxp\": 1, \"x\": \"{}\"}}", "ü".repeat(100_000));
    for text in [
        &b""[..],
        b"{",
        b"\xff\xfe{}",
        b"{\"a\": \"\xff\"}",
        b"{\"hxp\": 1, \"hxp\": 1}",
        b"\x00",
        b"\x1b[31m",
        b"1e999",
        deep.as_bytes(),
        line.as_bytes(),
    ] {
        project.write("request.json", text);
        for args in [&["decide", "--request", "request.json"][..], &["duties", "--ledger", "request.json"]] {
            let run = project.run(args);
            assert_eq!(run.code, 2, "{args:?}: {run:?}");
            assert!(run.err.starts_with("error: request.json is no ") && run.err.len() < 2_000, "{}", run.err);
            assert!(!run.err.contains('\u{1b}'), "{}", run.err);
        }
    }
    project.write("request.json", vec![b' '; 100 << 20]);
    let run = project.run(&["decide", "--request", "request.json"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(run.err, "error: the request request.json is too large: it has 100 MiB, of at most 32 MiB\n");
}

#[test]
fn colours_are_for_terminals() {
    let project = project();
    let plain = project.run(&["decide", "--request", "request.json"]);
    assert!(!plain.all().contains('\u{1b}'));
    let colored = project.run(&["decide", "--request", "request.json", "--color", "always"]);
    assert!(colored.out.contains("\u{1b}[31mdeny\u{1b}[0m"), "{}", colored.out);
    let quiet = project.run(&["decide", "--request", "request.json", "--quiet"]);
    assert_eq!(quiet.out.lines().count(), 1, "{}", quiet.out);
}

#[test]
fn duties_for_programs_are_what_a_request_takes() {
    let project = project();
    let run = project.run(&["duties", "--ledger", "ledger.json", "--format", "json"]);
    assert_eq!(run.code, 5);
    let answer: Json = serde_json::from_str(&run.out).unwrap();
    let states: Vec<_> = answer["owed"].as_array().unwrap().iter().map(|d| d["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["overdue", "met"]);
    project.write("with.json", {
        let mut request = request();
        request["duties"] = answer["duties"].clone();
        request.to_string()
    });
    assert_eq!(project.run(&["decide", "--request", "with.json"]).code, 5);
}
