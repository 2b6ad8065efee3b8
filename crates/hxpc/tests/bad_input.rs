//! Input that is no policy: each is told, none makes the program fall.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails")]

mod common;

use common::{POLICY, Project};

/// Runs `check` on one file; its exit code, the codes it reports, and how long it took are all in order.
fn codes(bytes: &[u8]) -> Vec<String> {
    let project = Project::new([]);
    project.write("policy.hxp", bytes);
    let run = project.run(&["check", "--format", "json"]);
    assert!(matches!(run.code, 0 | 1), "{run:?}");
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {run:?}"));
    let codes: Vec<String> =
        json["diagnostics"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap().to_owned()).collect();
    // The other renderers take it as well.
    for format in ["human", "short", "sarif"] {
        assert_eq!(project.run(&["check", "--format", format]).code, run.code, "{format}");
    }
    codes
}

#[test]
fn text_that_is_none() {
    assert_eq!(codes(b"policy \xFF\xFE"), ["HXP0002"]);
    assert_eq!(codes(b"policy p { }\n\0"), ["HXP0003"]);
    assert_eq!(codes(&[0xFF, 0xFE, b'p', 0, b'o', 0]), ["HXP0002"]);
}

#[test]
fn a_byte_order_mark_and_windows_lines_are_fine() {
    let mut marked = vec![0xEF, 0xBB, 0xBF];
    marked.extend(POLICY.as_bytes());
    let plain = codes(POLICY.as_bytes());
    assert_eq!(codes(&marked), plain);
    assert_eq!(codes(POLICY.replace('\n', "\r\n").as_bytes()), plain);
}

#[test]
fn a_hundred_megabytes_of_brackets() {
    assert_eq!(codes(&vec![b'{'; 100 << 20]), ["HXP0004"]);
    assert!(codes(&vec![b'{'; 1 << 20]).iter().any(|c| c == "HXP0102" || c == "HXP0110"));
    assert!(codes(&vec![b'}'; 1 << 20]).iter().any(|c| c == "HXP0112"));
}

#[test]
fn ten_thousand_levels() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{ a = ", "}"), ("not ", ""), ("- ", ""), ("if ", ""), ("1 + ", "")]
    {
        let text = format!("let x = {}1{}\n", open.repeat(10_000), close.repeat(10_000));
        assert_ne!(codes(text.as_bytes()), Vec::<String>::new(), "{open}");
    }
    let blocks = format!("environment e {{ values {{ {} }} }}\n", "a { ".repeat(10_000) + &"}".repeat(10_000));
    assert!(codes(blocks.as_bytes()).contains(&"HXP0110".to_owned()));
}

/// What is short in the text and grows without end when it is evaluated.
#[test]
fn values_that_grow_beyond_their_text() {
    let chain = |first: &str, next: &dyn Fn(String) -> String| {
        let mut text = format!("let x0 = {first}\n");
        for n in 1..40 {
            text += &format!("let x{n} = {}\n", next(format!("x{}", n - 1)));
        }
        text + "environment e { deploy with make(\"x\") on manual  values { a = x39 } }\n"
    };
    for text in [
        chain("[1]", &|x| format!("[{x}, {x}]")),
        chain("[1]", &|x| format!("{x} + {x}")),
        chain("\"long\"", &|x| format!("{x} + {x}")),
        chain("{ a = 1 }", &|x| format!("{{ a = {x}, b = {x} }}")),
        chain("[1]", &|x| format!("[{x} for i in 1..100]")),
        format!("let f(a: list<int>) = a + a\nlet y = {}[1]{}\n", "f(".repeat(40), ")".repeat(40)),
        // Each is modest, but there are many.
        format!(
            "let n = [[i for i in 1..9000] for j in 1..50]\n{}",
            (0..60).map(|n| format!("let x{n} = n")).collect::<Vec<_>>().join("\n")
        ),
    ] {
        let text = format!("policy p {{ edition = 2026 }}\n{text}");
        assert!(codes(text.as_bytes()).contains(&"HXP0319".to_owned()), "{}", &text[..text.len().min(300)]);
    }
}

#[test]
fn impossible_dates_times_and_zones() {
    let window = |line: &str| {
        format!("{POLICY}\nwindow w {{\n  zone = \"Europe/Berlin\"\n  {line}\n}}\n")
            .replace("after staging", "within w\n  after staging")
    };
    for (line, code) in [
        ("closed 2099-02-30..2099-03-01", "HXP0106"),
        ("closed 2099-13-01", "HXP0106"),
        ("open mon 25:00..26:00", "HXP0107"),
        ("open mon 10:61..11:00", "HXP0107"),
    ] {
        assert!(
            codes(window(line).as_bytes()).contains(&code.to_owned()),
            "{line}: {:?}",
            codes(window(line).as_bytes())
        );
    }
    let zone = window("open mon 10:00..11:00").replace("Europe/Berlin", "Europe/Berlln");
    assert_eq!(codes(zone.as_bytes()), ["HXP0213"]);
}

#[test]
fn imports_in_a_circle() {
    let project = Project::new([
        ("p/hxp.toml", "[modules]\nlib = \"../lib\"\n"),
        (
            "p/policy.hxp",
            &format!("use lib.a.{{one}}\n{POLICY}").replace("require unit_tests", "require unit_tests, one"),
        ),
        ("lib/a.hxp", "use lib.b.{two}\ngate one extends two { run = \"make one\" }\n"),
        ("lib/b.hxp", "use lib.a.{one}\ngate two extends one { run = \"make two\" }\n"),
    ]);
    let run = project.run(&["check", "p", "--format", "short"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("HXP0205"), "{run:?}");
    assert!(run.out.contains("lib/"), "the path is shown: {run:?}");
}

#[cfg(unix)]
#[test]
fn links_in_a_circle() {
    let project = Project::new([("p/policy.hxp", POLICY), ("outside.hxp", "x")]);
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, project.root().join(at)).unwrap();
    link("../p", "p/again");
    link("round.hxp", "p/round.hxp");
    link("../outside.hxp", "p/out.hxp");
    let run = project.run(&["check", "p", "--format", "short"]);
    assert_eq!(run.code, 1);
    for path in ["p/again:1:1: error[HXP0005]", "p/round.hxp:1:1: error[HXP0005]", "p/out.hxp:1:1: error[HXP0005]"] {
        assert!(run.out.contains(path), "{path} in {run:?}");
    }
}

#[cfg(unix)]
#[test]
fn files_that_are_no_files() {
    let project = Project::new([("policy.hxp", POLICY)]);
    std::os::unix::fs::symlink("/dev/zero", project.root().join("zero.hxp")).unwrap();
    let run = project.run(&["check", "zero.hxp"]);
    assert_eq!(run.code, 1, "{run:?}");
    // A pipe into which nobody writes would be waited for.
    let status = std::process::Command::new("mkfifo").arg(project.root().join("pipe.hxp")).status().unwrap();
    assert!(status.success());
    for start in [".", "pipe.hxp"] {
        let run = project.run(&["check", start, "--format", "short"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains("`pipe.hxp` cannot be read: it is no regular file"), "{run:?}");
    }
    let folder = Project::new([("x.hxp/y.txt", "")]);
    assert_eq!(folder.run(&["check"]).code, 1);
}

#[test]
fn hostile_text_comes_out_quoted() {
    let hostile = "a'b\\\"c $(id) `id` ${{ secrets.X }} {{ .Values }} \\u{202e} : # - * & ! % @ \\n next";
    let policy = POLICY
        .replace("\"info\"", &format!("\"{hostile}\""))
        .replace("\"make test\"", &format!("\"echo '{hostile}'\""));
    let project = Project::new([("policy.hxp", policy.as_str())]);
    let run = project.run(&["compile"]);
    assert_eq!(run.code, 0, "{run:?}");
    let values = project.read("helm/values-production.yaml");
    let read: serde_json::Value = serde_saphyr::from_str(&values).unwrap();
    assert_eq!(read["logLevel"], "a'b\"c $(id) `id` ${{ secrets.X }} {{ .Values }} \u{202e} : # - * & ! % @ \n next");
    for (path, text) in project.files().iter().filter(|(p, _)| p.starts_with(".github/workflows/")) {
        let _: serde_json::Value = serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

/// What cannot be read or is not there is named once, as the current folder names it.
#[test]
fn places_have_names() {
    let project = Project::new([("empty/notes.txt", ""), ("shop/policy.hxp", POLICY)]);
    let line = |args: &[&str]| {
        let run = project.run(&[args, &["--format", "short"]].concat());
        run.all().lines().next().unwrap_or_default().to_owned()
    };
    let absent = line(&["check", "absent.hxp"]);
    assert!(absent.starts_with("absent.hxp:1:1: error[HXP0001]"), "{absent}");
    let empty = line(&["check", "empty"]);
    assert!(empty.starts_with("empty:1:1: error[HXP0009]"), "{empty}");
    std::fs::remove_dir_all(project.root().join("shop")).unwrap();
    let here = line(&["check"]);
    assert!(here.starts_with(".:1:1: error[HXP0009]"), "{here}");
    project.write("policy.hxp", POLICY);
    for out in ["./.", "build/../."] {
        let run = project.run(&["compile", "--out", out]);
        assert!(run.all().contains(" in . ") || run.all().trim_end().ends_with(" to ."), "{out}: {run:?}");
    }
}

/// A file is part of the policy whatever its name is made of: it is told, not passed over.
#[test]
#[cfg(target_os = "linux")]
fn a_file_name_that_is_no_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let project = Project::new([("policy.hxp", POLICY)]);
    let name = std::ffi::OsStr::from_bytes(b"more\xFF.hxp");
    std::fs::write(project.root().join(name), "let a = 1").unwrap();
    let run = project.run(&["check"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.all().contains("not UTF-8: rename it"), "{run:?}");
}

/// A disk without room, as far as a program can tell: no file may grow beyond half a kilobyte.
#[test]
#[cfg(target_os = "linux")]
fn half_a_bundle_is_none() {
    let project = Project::new([("policy.hxp", POLICY)]);
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" bundle --output bundle.tar.gz";
    let run = || {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_hxpc")]).current_dir(project.root()).output().unwrap()
    };
    let output = run();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(project.files().keys().collect::<Vec<_>>(), ["policy.hxp"]);
    // What was there before stays.
    assert_eq!(project.run(&["bundle", "--output", "bundle.tar.gz"]).code, 0);
    let before = std::fs::read(project.root().join("bundle.tar.gz")).unwrap();
    project.write("policy.hxp", POLICY.replace("replicas = 3", "replicas = 4"));
    assert_eq!(run().status.code(), Some(2));
    assert_eq!(std::fs::read(project.root().join("bundle.tar.gz")).unwrap(), before);
}
