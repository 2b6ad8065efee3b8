//! The verbs, their exit codes and their formats, by running the real program.

mod common;

use common::{BROKEN, POLICY, Project};

#[test]
fn the_command_line_itself() {
    let project = Project::new([]);
    for (args, code, expected) in [
        (&["--version"][..], 0, "hxpc 0.1.0"),
        (&["--help"], 0, "Usage: hxpc <COMMAND>"),
        (&["check", "--help"], 0, "Usage: hxpc check"),
        (&[], 2, "Usage: hxpc <COMMAND>"),
        (&["chekc"], 2, "similar subcommand exists: 'check'"),
        (&["check", "--fromat", "json"], 2, "--format"),
        (&["check", "--format", "xml"], 2, "[possible values: human, short, json, sarif]"),
        (&["check", "--at", "2026-02-30"], 2, "`2026-02-30` is no date"),
        (&["compile", "--check", "--diff"], 2, "cannot be used with"),
        (&["check", "nowhere"], 1, "`nowhere` cannot be read: it does not exist"),
        (&["check"], 1, "no file matches `**/*.hxp`"),
    ] {
        let run = project.run(args);
        assert_eq!(run.code, code, "{args:?}: {run:?}");
        assert!(run.all().contains(expected), "{args:?}: {run:?}");
    }
}

#[test]
fn explain() {
    let project = Project::new([]);
    for (args, code, expected) in [
        (&["explain", "HXP0201"][..], 0, "# HXP0201: no such name"),
        (&["explain", "hxp0201"], 0, "# HXP0201: no such name"),
        (&["explain", "unknown-name"], 0, "# HXP0201: no such name"),
        (&["explain", "HXP9999"], 2, "there is no code `HXP9999`"),
        (&["explain", "unknwn-name"], 2, "did you mean `unknown-name`?"),
        (&["explain"], 0, "HXP0201  unknown-name"),
    ] {
        let run = project.run(args);
        assert_eq!(run.code, code, "{args:?}: {run:?}");
        assert!(run.all().contains(expected), "{args:?}: {run:?}");
    }
}

#[test]
fn completions_for_each_shell() {
    let project = Project::new([]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = project.run(&["completions", shell]);
        assert_eq!(run.code, 0);
        assert!(run.out.contains("coverage"), "{shell}");
    }
}

/// A full disk behind standard output is told and is no success; a reader that has seen enough is.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_told() {
    let project = Project::new([("policy.hxp", POLICY)]);
    for args in [&["graph"][..], &["check", "--format", "json"], &["completions", "bash"], &["explain"]] {
        let mut command = project.command();
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let run = command.args(args).stdout(full).output().unwrap();
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(1), "{args:?}: {told}");
        assert_eq!(told, "error: standard output cannot be written: the disk is full\n", "{args:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = command.stdout(writer).output().unwrap();
        assert_eq!((run.status.code(), run.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn findings_in_each_format() {
    let project = Project::new([("policy.hxp", BROKEN)]);
    let human = project.run(&["check"]);
    assert_eq!(human.code, 1);
    for part in ["HXP01", "policy.hxp:2:", "1 error in 1 file", "hxpc explain HXP01"] {
        assert!(human.out.contains(part), "{part} in {human:?}");
    }
    assert!(!human.out.contains('\u{1b}'), "no colour without a terminal");
    let short = project.run(&["check", "--format", "short"]);
    assert_eq!((short.code, short.out.lines().count(), short.err.as_str()), (1, 1, ""));
    assert!(short.out.starts_with("policy.hxp:2:40: error[HXP01"), "{short:?}");
    let json: serde_json::Value = serde_json::from_str(&project.run(&["check", "--format", "json"]).out).unwrap();
    assert_eq!(json["summary"]["errors"], 1);
    assert_eq!(json["diagnostics"][0]["file"], "policy.hxp");
    assert_eq!(json["diagnostics"][0]["range"]["start"]["line"], 2);
    let sarif: serde_json::Value = serde_json::from_str(&project.run(&["check", "--format", "sarif"]).out).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
    let colored = project.run(&["check", "--color", "always"]);
    assert!(colored.out.contains('\u{1b}'));
}

#[test]
fn paths_are_those_of_the_current_folder() {
    let project = Project::new([("deep/er/policy.hxp", BROKEN), ("deep/hxp.toml", ""), ("deep/er/x/y.txt", "")]);
    for (start, expected) in [
        ("deep", "deep/er/policy.hxp:2:"),
        ("./deep", "deep/er/policy.hxp:2:"),
        ("deep/er/policy.hxp", "deep/er/policy.hxp:2:"),
    ] {
        let run = project.run(&["check", start, "--format", "short"]);
        assert!(run.out.starts_with(expected), "{start}: {run:?}");
    }
    let below = project.run(&["check", "deep/er/x", "--format", "short"]);
    assert!(below.out.contains("deep/er/policy.hxp:2:"), "found upwards: {below:?}");
}

#[test]
fn check_accepts() {
    let project = Project::new([("policy.hxp", POLICY)]);
    let run = project.run(&["check"]);
    assert_eq!(run.code, 0, "{run:?}");
    let quiet = project.run(&["check", "--quiet", "--format", "short"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
}

#[test]
fn fmt_writes_checks_and_shows() {
    let ugly = "policy   shop{edition=2026}\n";
    let project = Project::new([("policy.hxp", ugly), ("broken.hxp", BROKEN)]);
    let run = project.run(&["fmt", "policy.hxp", "--check"]);
    assert_eq!((run.code, project.read("policy.hxp").as_str()), (4, ugly), "{run:?}");
    let run = project.run(&["fmt", "policy.hxp", "--diff"]);
    assert_eq!(run.code, 0);
    assert!(run.out.contains("-policy   shop{edition=2026}\n+policy shop"), "{run:?}");
    assert_eq!(project.read("policy.hxp"), ugly);
    assert_eq!(project.run(&["fmt", "policy.hxp"]).code, 0);
    let pretty = project.read("policy.hxp");
    assert_ne!(pretty, ugly);
    assert_eq!(project.run(&["fmt", "policy.hxp", "--check"]).code, 0);
    let broken = project.run(&["fmt"]);
    assert_eq!((broken.code, project.read("broken.hxp").as_str()), (1, BROKEN), "{broken:?}");
    let piped = project.run_with(&["fmt", "-"], ugly.as_bytes());
    assert_eq!((piped.code, piped.out), (0, pretty));
    assert_eq!(project.run_with(&["fmt", "-", "--check"], ugly.as_bytes()).code, 4);
    assert_eq!(project.run_with(&["fmt", "-"], BROKEN.as_bytes()).code, 1);
    assert_eq!(project.run_with(&["fmt", "-"], b"\xFF").code, 1);
}

#[cfg(unix)]
#[test]
fn fmt_keeps_the_mode_and_the_link() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new([("real/policy.hxp", "policy   shop{edition=2026}\n")]);
    let path = project.root().join("real/policy.hxp");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real/policy.hxp", project.root().join("link.hxp")).unwrap();
    assert_eq!(project.run(&["fmt", "link.hxp"]).code, 0);
    assert!(project.root().join("link.hxp").is_symlink());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_ne!(project.read("real/policy.hxp"), "policy   shop{edition=2026}\n");
    assert_eq!(std::fs::read_dir(project.root().join("real")).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn the_manifest_is_checked() {
    let project = Project::new([("policy.hxp", POLICY), ("hxp.toml", "[project]\nsorces = []\n")]);
    let run = project.run(&["check", "--format", "short"]);
    assert_eq!(run.code, 1);
    assert_eq!(run.out, "hxp.toml:2:1: error[HXP0008]: `[project]` has no key `sorces`\n");
    let run = project.run(&["compile", "--target", "halm"]);
    assert!(run.err.contains("did you mean `helm`?"), "{run:?}");
}

#[test]
fn graph_in_each_format() {
    let project = Project::new([("policy.hxp", POLICY)]);
    for (format, expected) in
        [("dot", "digraph"), ("mermaid", "flowchart"), ("json", "\"environment.production\""), ("svg", "<svg")]
    {
        let run = project.run(&["graph", "--format", format]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.out.contains(expected) && run.out.contains("production"), "{format}: {}", run.out);
    }
    let run = project.run(&["graph", "--focus", "prodution"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("did you mean `production`?"), "{run:?}");
    let focused = project.run(&["graph", "--focus", "gate.unit_tests"]);
    assert!(focused.out.contains("unit_tests") && !focused.out.contains("devops"), "{focused:?}");
}

#[test]
fn coverage_shows_and_demands() {
    let project = Project::new([("policy.hxp", POLICY)]);
    let run = project.run(&["coverage"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("production.approve.devops"), "{run:?}");
    let json: serde_json::Value = serde_json::from_str(&project.run(&["coverage", "--format", "json"]).out).unwrap();
    assert_eq!(json["targets"], serde_json::json!(["github", "helm", "opa"]));
    assert!(json["rows"].as_array().unwrap().len() >= 5);
    assert!(project.run(&["coverage", "--format", "markdown"]).out.starts_with("| id |"));
    let hard = project.run(&["coverage", "--min", "hard"]);
    assert_eq!(hard.code, 1);
    assert!(hard.err.contains("HXP0603"), "{hard:?}");
}

#[test]
fn what_nothing_enforces_is_an_error() {
    let project = Project::new([("policy.hxp", POLICY), ("hxp.toml", "[project]\ntargets = [\"helm\"]\n")]);
    let run = project.run(&["check", "--format", "short"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("error[HXP0601]: nothing enforces `production.approve.devops`"), "{run:?}");
}

#[test]
fn report_says_who_why_and_until_when() {
    let policy = format!(
        "{POLICY}\noverride no_soak for production {{\n  waive after.staging.soaked because \"the pilot\"\n  \
         owner = platform, ticket = \"SHOP-1\", expires = 2099-06-30\n}}\n"
    );
    let project = Project::new([("policy.hxp", policy.as_str())]);
    let run = project.run(&["report"]);
    assert_eq!(run.code, 0, "{run:?}");
    for part in [
        "Waivers (1)",
        "no_soak",
        "policy.hxp:",
        "who     platform",
        "why     the pilot",
        "until   2099-06-30",
        "SHOP-1",
    ] {
        assert!(run.out.contains(part), "{part} in {}", run.out);
    }
    let late: serde_json::Value =
        serde_json::from_str(&project.run(&["report", "--format", "json", "--at", "2099-07-01"]).out).unwrap();
    assert_eq!((&late["at"], &late["entries"][0]["state"]), (&"2099-07-01".into(), &"ended".into()));
    assert!(project.run(&["report", "--format", "markdown"]).out.contains("| `no_soak` |"));
    let ended = project.run(&["report", "--at", "2099-07-01"]);
    assert!(ended.code == 1 && ended.out.contains("no_soak"), "{ended:?}");
    assert_eq!(project.run(&["check", "--at", "2099-07-01"]).code, 1, "an expired waiver is an error");
    let soon = project.run(&["check", "--at", "2099-06-25", "--format", "short"]);
    assert!(soon.code == 0 && soon.out.contains("warning[HXP0515]"), "{soon:?}");
    assert_eq!(project.run(&["lint", "--at", "2099-06-25", "--deny", "warnings"]).code, 1);
}

#[test]
fn report_says_nothing_of_a_policy_that_cannot_be_read() {
    let run = Project::new([("policy.hxp", "policy shop {")]).run(&["report"]);
    assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
    assert!(run.err.contains("HXP0102"), "{run:?}");
}

/// What `lint --fix` takes out is said twice or used by nobody: every request is decided as before, and a second run has
/// nothing to do.
#[test]
fn lint_leaves_the_meaning_as_it_was() {
    let extra = "\nuse std.dora\nlet unused = [1, 2]\nlabel one, two { pr = \"x\" }\ngate a, b { run = \"x\" }\n\
                 environment extra {\n  deploy with make(\"x\") on manual\n  require a, b, a\n  require b\n}\n";
    let text = format!("{POLICY}{extra}");
    let project = Project::new([("old/policy.hxp", text.as_str()), ("new/policy.hxp", text.as_str())]);
    let run = project.run(&["lint", "--fix", "new"]);
    assert!(run.code == 0 && run.err.contains("applied "), "{run:?}");
    let mended = project.read("new/policy.hxp");
    let gone = ["std.dora", "unused", "require a, b, a", "require b"].iter().all(|part| !mended.contains(part));
    assert!(gone, "{mended}");
    let diff = project.run(&["diff", "old", "new"]);
    assert!(diff.code == 0 && diff.out.ends_with("Both policies allow the same.\n"), "{diff:?}");
    assert!(!project.run(&["lint", "--fix", "new"]).err.contains("applied"));
    assert_eq!(project.read("new/policy.hxp"), mended);
}

#[test]
fn lint_applies_safe_fixes() {
    let unquoted = POLICY.replace("logLevel = \"info\"", "on = 1, in = 2");
    let project = Project::new([("policy.hxp", unquoted.as_str())]);
    assert_eq!(project.run(&["lint"]).code, 1);
    assert_eq!(project.read("policy.hxp"), unquoted);
    let run = project.run(&["lint", "--fix"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("applied 2 fixes"), "{run:?}");
    assert_eq!(project.read("policy.hxp"), POLICY.replace("logLevel = \"info\"", "\"on\" = 1, \"in\" = 2"));
    assert!(project.run(&["lint", "--fix", "-q"]).err.is_empty());
}
