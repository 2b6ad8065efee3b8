//! `hxpc diff`, by running the real program: on folders, on files, on revisions of a real git repository.
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod common;

use std::process::Command;

use common::{BROKEN, POLICY, Project};

fn looser() -> String {
    POLICY.replace("  approve 1 of devops\n", "").replace("logLevel = \"info\"", "logLevel = \"warn\"")
}

#[test]
fn folders_and_files() {
    let project = Project::new([("old/policy.hxp", POLICY), ("new/policy.hxp", &looser()), ("broken/p.hxp", BROKEN)]);
    let at = ["--at", "2026-11-23"];
    for (args, code, expected) in [
        (&["diff", "old", "old"][..], 0, "Both policies allow the same."),
        (&["diff", "old", "new"], 0, "    looser: approvals: devops 1 → none\n      policy.hxp:20:11 → -\n"),
        (&["diff", "old", "new"], 0, "    values.logLevel: \"info\" → \"warn\"  (policy.hxp:21:26 → policy.hxp:20:26)"),
        (
            &["diff", "old", "new"],
            0,
            "the old policy says pending, the new one allow, for example:\n        test \"production: ",
        ),
        (&["diff", "new", "old"], 0, "The new policy is stricter: it allows nothing that the old one does not."),
        (&["diff", "new", "old"], 0, "          expect pending because approve.devops\n"),
        (&["diff", "old/policy.hxp", "new/policy.hxp", "--deny-looser"], 1, "The new policy is looser"),
        (&["diff", "new", "old", "--deny-looser"], 0, "production: stricter"),
        (&["diff", "old", "broken"], 1, "the new policy has errors:"),
        (&["diff", "old", "--project", "new"], 0, "production: looser"),
        (&["diff", "main", "new"], 2, "`main` is no path, and `.` lies in no git repository"),
        (&["diff"], 2, "Usage: hxpc diff"),
    ] {
        let run = project.run(&[args, &at[..if args.len() > 1 { 2 } else { 0 }]].concat());
        assert_eq!(run.code, code, "{args:?}: {run:?}");
        assert!(run.all().contains(expected), "{args:?}:\n{}", run.all());
    }
}

#[test]
fn for_programs() {
    let project = Project::new([("old/policy.hxp", POLICY), ("new/policy.hxp", &looser())]);
    let run = project.run(&["diff", "old", "new", "--format", "json", "--at", "2026-11-23"]);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&json["hxp"], &json["verdict"]), (&1.into(), &"looser".into()));
    let production = json["environments"].as_array().unwrap().iter().find(|e| e["name"] == "production").unwrap();
    let case = &production["cases"][0];
    assert_eq!(case["actions"], serde_json::json!(["deploy", "config"]));
    let difference = &case["differences"][0];
    assert_eq!(difference["ids"], serde_json::json!(["production.approve.devops"]));
    assert_eq!(difference["old"]["line"], 20);
    let witness = &difference["witnesses"][0];
    assert_eq!(
        (&witness["shows"], &witness["old"], &witness["new"]),
        (&"looser".into(), &"pending".into(), &"allow".into())
    );
    assert_eq!(witness["request"]["environment"], "production");
}

#[test]
fn witnesses_are_tests_of_the_new_policy() {
    let project = Project::new([("old/policy.hxp", POLICY), ("new/policy.hxp", &looser())]);
    for (old, new) in [("old", "new"), ("new", "old")] {
        let run = project.run(&["diff", old, new, "--witness", &format!("{new}/witnesses")]);
        assert_eq!(run.code, 0, "{run:?}");
        let written = project.files().keys().filter(|p| p.starts_with(&format!("{new}/witnesses/"))).count();
        assert_eq!(written, 2, "a test and a request");
        let run = project.run(&["test", new]);
        assert_eq!(run.code, 0, "{}", run.all());
    }
}

#[test]
fn revisions() {
    let project = Project::new([("deploy/policy.hxp", POLICY), ("deploy/hxp.toml", "[project]\n")]);
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];
        command.current_dir(project.root()).args(who).args(args);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    git(&["tag", "first"]);
    project.write("deploy/policy.hxp", looser());
    git(&["commit", "-q", "-a", "-m", "second"]);
    project.write("deploy/policy.hxp", looser().replace("soaked 1h", "soaked 2h"));
    for (args, code, expected) in [
        (&["diff", "first", "main", "--project", "deploy"][..], 0, "The new policy is looser"),
        (&["diff", "HEAD~1", "HEAD", "--project", "deploy/policy.hxp"], 0, "The new policy is looser"),
        (&["diff", "main", "first", "--project", "deploy"], 0, "The new policy is stricter"),
        (&["diff", "first:deploy", "main:deploy"], 0, "The new policy is looser"),
        (&["diff", "HEAD", "--project", "deploy"], 0, "stricter: soak in staging: 1h → 2h"),
        (&["diff", "first", "deploy", "--project", "deploy"], 0, "Neither policy contains the other."),
        (&["diff", "nowhere", "--project", "deploy"], 2, "`nowhere` is neither a path nor a revision"),
        (&["diff", "--", "--output=x"], 2, "is neither a path nor a revision"),
        (&["diff", "first:nowhere"], 2, "there is no policy at `"),
    ] {
        let run = project.run(args);
        assert_eq!(run.code, code, "{args:?}: {run:?}");
        assert!(run.all().contains(expected), "{args:?}:\n{}", run.all());
    }
}

/// The first block of that language in a page.
fn block<'p>(page: &'p str, info: &str) -> &'p str {
    page.split_once(&format!("```{info}\n")).unwrap().1.split_once("```").unwrap().0
}

#[test]
fn the_book_shows_what_is_printed() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/book/comparing.md")).unwrap();
    let old = format!("policy example {{ edition = 2026 }}\n{}", block(&page, "hxp"));
    let new = old.replace("min = 70%", "min = 60%").replace("approve 2", "approve 1");
    let project = Project::new([("old/policy.hxp", old.as_str()), ("new/policy.hxp", &new)]);
    let run = project.run(&["diff", "old", "new", "--at", "2026-11-23"]);
    assert!(run.out.starts_with(block(&page, "text")), "{}", run.out);
}
