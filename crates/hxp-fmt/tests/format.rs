//! What the formatter does, and what it never does.

#[path = "../../hxp-syntax/tests/grammar/generate.rs"]
mod generate;

use std::path::{Path, PathBuf};

use hxp_diagnostics::FileId;
use hxp_fmt::format;
use proptest::prelude::*;

use generate::{entry, expr};

/// Text and how it is written usually; `|` begins each line.
const CASES: &[(&str, &str)] = &[
    ("", ""),
    ("\n\n", ""),
    ("// a", "// a\n"),
    ("\u{feff}team  a{github=\"x\"}", "team a { github = \"x\" }\n"),
    ("team a{ }\r\n\r\n\r\n\r\nteam b {}", "team a {}\n\nteam b {}\n"),
    ("team a {\n\n\n  x = 1\n\n}", "team a {\n  x = 1\n}\n"),
    ("team a {\nx = 1 // b   \n    // c\n}", "team a {\n  x = 1  // b\n  // c\n}\n"),
    ("use std.gates . { a,b }\nuse std.dora", "use std.gates.{a, b}\nuse std.dora\n"),
    ("let x=[ 1,2 , - 3 ]", "let x = [1, 2, -3]\n"),
    ("let x = a -b - - c", "let x = a - b - -c\n"),
    ("let x = 1 .. 2 let y = 2 / 1w..5 / 1w", "let x = 1..2 let y = 2 / 1w .. 5 / 1w\n"),
    ("let x = f ( a=1 , b ) [ 0 ] . c", "let x = f(a = 1, b)[0].c\n"),
    ("let x = all s in [a,b] where ( s ) : s.on [1]", "let x = all s in [a, b] where (s): s.on[1]\n"),
    ("let x = {a=1,b{c=2}}", "let x = { a = 1, b { c = 2 } }\n"),
    ("let x = { }", "let x = {}\n"),
    ("let x = a<b and c >= d", "let x = a < b and c >= d\n"),
    (
        "gate g ( a : list < int ? > = [ ] , b:int=3 ) : set<int>{ }",
        "gate g(a: list<int?> = [], b: int = 3): set<int> {}\n",
    ),
    ("gate g(a: list<int>= []) {}", "gate g(a: list<int> = []) {}\n"),
    (
        "rule r on networking.k8s.io/v1.Ingress  for p{ require(a) }",
        "rule r on networking.k8s.io/v1.Ingress for p { require (a) }\n",
    ),
    ("window w { open tue .. thu , sun 10:00 .. 12:00 }", "window w { open tue..thu, sun 10:00..12:00 }\n"),
    ("let x = [ {\na = 1\n}, {\n b = 2\n} ]", "let x = [{\n  a = 1\n}, {\n  b = 2\n}]\n"),
    ("let x = [\n1,\n2 +\n3,\n]", "let x = [\n  1,\n  2 +\n    3,\n]\n"),
    (
        "rule r {\ndeny when a\nand b < (\nif c then d else e)\nbecause \"f\"\nrequire g,\nh\n}",
        "rule r {\n  deny when a\n    and b < (\n      if c then d else e)\n    because \"f\"\n  require g,\n    h\n}\n",
    ),
    (
        "/// Doc.\n@x  gate a {\n/// Inner.\n@advisory\nrequire b\n   ... c\n}",
        "/// Doc.\n@x gate a {\n  /// Inner.\n  @advisory\n  require b\n  ...c\n}\n",
    ),
    (
        "environment e {\nrollback on a , b {keep=5}; @advisory require c;\n}",
        "environment e {\n  rollback on a, b { keep = 5 }; @advisory require c;\n}\n",
    ),
];

#[test]
fn cases() {
    for (text, usual) in CASES {
        match format(FileId(0), text) {
            Ok(formatted) => assert_eq!(formatted, *usual, "of\n{text}"),
            Err(found) => panic!("{text}\n{found:#?}"),
        }
        keeps(text).expect("kept");
    }
}

#[test]
fn a_text_with_errors_is_refused() {
    let found = format(FileId(0), "team a { x = }").expect_err("errors");
    assert_eq!(found.len(), 1);
}

/// The comments of a text, but for space at their ends.
fn comments(text: &str) -> Vec<String> {
    let parsed = hxp_syntax::parse(FileId(0), text);
    parsed
        .comments
        .iter()
        .filter_map(|c| text.get(c.start as usize..c.end as usize))
        .map(|c| c.trim_end().to_owned())
        .collect()
}

fn tree(text: &str) -> String {
    hxp_syntax::sexpr::tree(&hxp_syntax::parse(FileId(0), text).tree)
}

/// Formatting keeps the tree and the comments, and formatting again changes nothing.
fn keeps(text: &str) -> Result<(), TestCaseError> {
    let Ok(once) = format(FileId(0), text) else { return Ok(()) };
    prop_assert_eq!(tree(text), tree(&once), "{}\nbecame\n{}", text, once);
    prop_assert_eq!(comments(text), comments(&once));
    let twice = match format(FileId(0), &once) {
        Ok(twice) => twice,
        Err(found) => return Err(TestCaseError::fail(format!("{once}\n{found:#?}"))),
    };
    prop_assert_eq!(&once, &twice);
    prop_assert!(!once.lines().any(|l| l.ends_with(' ')) && !once.contains("\n\n\n"));
    Ok(())
}

/// Every `.hxp` file below `folder`.
fn policies(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            policies(&path, found);
        } else if path.extension().is_some_and(|e| e == "hxp") {
            found.push(path);
        }
    }
}

#[test]
fn every_policy_of_the_repository() {
    let mut found = Vec::new();
    policies(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), &mut found);
    for path in found {
        if let Ok(text) = std::fs::read_to_string(&path)
            && let Err(difference) = keeps(&text)
        {
            panic!("{}: {difference}", path.display());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions(text in expr()) {
        keeps(&format!("let x = {text}"))?;
    }

    #[test]
    fn entries(entries in proptest::collection::vec(entry(), 1..4)) {
        keeps(&format!("environment e {{{}}}", entries.concat()))?;
    }
}
