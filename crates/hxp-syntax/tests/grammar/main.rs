//! The parser is held to the written grammar: both accept the same texts and read the same structure in them.

#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod canonical;
mod generate;

use std::path::{Path, PathBuf};

use hxp_diagnostics::{Code, FileId, Severity, codes};
use proptest::prelude::*;

/// What is wrong with values; the grammar does not speak of it.
const OF_VALUES: &[Code] =
    &[codes::NO_SUCH_DATE, codes::NO_SUCH_TIME, codes::OUT_OF_RANGE, codes::TOO_DEEP, codes::NUL_BYTE];

/// How the two differ over `text`, if they do.
fn difference(text: &str) -> Option<String> {
    let parsed = hxp_syntax::parse(FileId(0), text);
    let errors: Vec<_> = parsed.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    if errors.iter().any(|d| OF_VALUES.contains(&d.code)) {
        return None;
    }
    match (canonical::read(text), errors.first()) {
        (Err(_), Some(_)) => None,
        (Err(grammar), None) => Some(format!("only the parser accepts\n{text}\n{grammar}")),
        (Ok(_), Some(error)) => {
            Some(format!("only the grammar accepts\n{text}\n{}: {} at {:?}", error.code, error.message, error.primary))
        }
        (Ok(grammar), None) => {
            let parser = hxp_syntax::sexpr::tree(&parsed.tree);
            (parser != grammar).then(|| format!("two readings of\n{text}\nparser:\n{parser}\ngrammar:\n{grammar}"))
        }
    }
}

fn assert_same(text: &str) {
    if let Some(difference) = difference(text) {
        panic!("{difference}");
    }
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    policies(&root, &mut found);
    for path in found {
        if let Ok(text) = std::fs::read_to_string(&path)
            && let Some(difference) = difference(&text)
        {
            panic!("{}: {difference}", path.display());
        }
    }
}

/// Texts that both accept.
const GOOD: &[&str] = &[
    "",
    "// only a comment",
    "\u{FEFF}team a { }",
    "use std.dora",
    "use std.gates.{benchmark, trivy,}",
    "policy p { edition = 2026, version = 1.0.0; owner = a }",
    "/// Doc.\n///   indented\n@deprecated(since = 1.2.0, use = b) @x gate a { }",
    "gate a, b(min: percent = 70%, xs: list<set<int>>?,): bool extends c.d(1, k = 2) for e, f when g on policy { }",
    "gate c(m: list<int>= []) { }",
    "let x = 1 + 2 * 3 - 4 / 5",
    "let x = -1..3",
    "let x = a or b and not c == d or not not e",
    "let x = (1..2) == 3..4",
    "let x = - - a.b[1](2).on",
    "let x = all s in xs where s > 1: s.y or any t in ys: t",
    "let x = if a then b else if c then d else e",
    "let x = 1 + if a then b else c + 1",
    "let x = [e.name for e in xs where e.on]",
    "let x = [a, b,] let y = [] let z = [[1], [2]]",
    "let x = { a = 1, b.c { d = 2 } \"e f\".g = 3; ...h }",
    "let x = f()(a = 1, b)[0].c",
    "let x = a in b let y = c has d let z = tag ~ semver_tag",
    "let x = 5 - 3 let y = a-3 let z = 5 -3",
    "let x = 1.2.3-rc.1+b.7 let y = 2026-12-18 let z = 10:00:30 let w = 24:00",
    "let x = 2026-11-27T15:30[America/Los_Angeles] let y = 2026-11-01T01:30-07:00[America/Los_Angeles]",
    "let x = 1h30m let y = 99.9% let z = 500mcpu let w = 2Gi let v = 1ms let u = 10B let t = 1.5cpu",
    "let x = 1.5..2.5 let y = 1.2.3..2.0.0 let z = 10 / 1d",
    r#"let x = "a\"b\\ \n\u{e9}" let y = re"\d+\"" let z = promql"sum(a{b=~'5..'}[5m])""#,
    "let x = true let y = false let z = none",
    "let open = 1 let require = open + within",
    "window w = a and not b",
    "window w { open tue..thu, sun 10:00..12:00, 13:00..15:00 closed 2026-12-18..2027-01-04, 2027-02-01 because \"x\" open closed sat }",
    "metric m: percent { unit = ratio, scope { n = environment.namespace } query = promql\"a\" }",
    "trigger t when a > b.c for 2m { runbook = \"x\" }",
    "trigger t when a for\n production\n{ }",
    "rule r on networking.k8s.io/v1.Ingress for production { require count(spec.tls) > 0 }",
    "rule r on cert-manager.io/v1alpha2.Certificate { deny }",
    "rule r on v1.Pod { } rule s on policy { } rule t on a.on.b { }",
    "override o for production when incident.open { waive window, gate.perf, rule.x[ui] because \"y\" }",
    "environment e extends f { require a, b(1) on deployed, failed due 30m when x until y because \"z\", w }",
    "environment e { approve 1 of a, n + 1 of b.c distinct when d }",
    "environment e { after staging soaked 1h when x after b within c; within d or e }",
    "environment e { deploy with helm(kaas.path, wait = true) on push(branch == \"develop\"), manual deploy deploy on manual }",
    "environment e { rollback on failed, manual { keep = 5 } rollback on a }",
    "environment e { rollback on failed,\n manual {\n keep = 5 } notify a, b on c }",
    "environment e { rollback { } open { } require = 3 within.x = 4 values { environment = 1 } }",
    "environment e { /// Doc.\n @advisory require a /// more\n x = 1 }",
    "gate g { yields a: int, b: percent = 1% require a == b valid = 24h }",
    "test \"t\" { given production at 2026-11-27T15:30[UTC] with { a.b = 1 } expect pending because window.x until y }",
    "test \"t\" { given at at at expect allow }",
    "environment e { a = b AND = 3 }",
    "environment e { require a,\n open\n require b }",
    "environment e { require a, deny when x }",
    "environment e { x =\n open\n require a }",
    "environment e { cpu = 500m\n cpu = 1 }",
    "let x = 10.foo let y = 10m.foo",
];

/// Texts that both refuse.
const BAD: &[&str] = &[
    "gate",
    "gate { }",
    "gat a { }",
    "gate all { }",
    "gate a { ",
    "gate a } ",
    "gate a { x = }",
    "gate a { x = 1,, y = 2 }",
    "gate a { x: 1 }",
    "gate a { x 1 }",
    "gate a { on = 1 }",
    "gate a { in { } }",
    "gate a { re\"x\" = 1 }",
    "gate a { require }",
    "gate a { require { } { } }",
    "gate a { require b, c = 1 }",
    "gate a { require b, }",
    "gate a { require b,\n open tue }",
    "gate a { /// nothing\n }",
    "/// nothing",
    "gate a { x = [ /// nothing\n 1] }",
    "gate a { @x }",
    "@x",
    "team a { }; team b { }",
    "team a { } }",
    "use",
    "use a.{}",
    "use a.{b c}",
    "use a.",
    "let x = ",
    "let x = 1 +",
    "let x = a < b < c",
    "let x = a == b != c",
    "let x = 1..2..3",
    "let x = 1...3",
    "let x = a == not b",
    "let x = - not b",
    "let x = a = b",
    "let x = a && b",
    "let x = !a",
    "let x = a AND b",
    "let x = 'a'",
    "let x = \"a",
    "let x = \"\\q\"",
    "let x = [1 2]",
    "let x = [1,,2]",
    "let x = [,]",
    "let x = f(a b)",
    "let x = f(on = 1)",
    "let x = a.1",
    "let x = .5",
    "let x = all s in xs",
    "let x = all s: a",
    "let x = if a then b",
    "let x = [a for b]",
    "let x = [a, b for b in c]",
    "let x = 5-3",
    "let x = 1.2.3.4",
    "let x = 01.2.3",
    "let x = 1.2.3-01",
    "let x = 2026-1-2",
    "let x = 10:5",
    "let x = 10m30",
    "let x = 10M",
    "let x = 5 m",
    "let x = 500m cpu",
    "let x = 5 %",
    "let x = 5%3",
    "let x = 1h5Gi",
    "let x = 2026-11-27T15:30",
    "let x = 2026-11-27T15:30Z",
    "let x = 0x10",
    "let x = 1_000",
    "let x = 1e9",
    "let x = a ? b",
    "let x = $",
    "let x = größe",
    "let x = a # b",
    "let x = 1 /* a */",
    "let x\u{a0}= 1",
    "let x = a \u{200b}",
    "gate a(b) { }",
    "gate a(b: ) { }",
    "gate a(b: list<c) { }",
    "gate a extends { }",
    "trigger t when { }",
    "trigger t for { }",
    "rule r on { }",
    "environment e { approve 1 a }",
    "environment e { approve of a }",
    "environment e { after }",
    "environment e { deploy with }",
    "environment e { rollback on { } }",
    "environment e { notify }",
    "environment e { rollback }",
    "environment e { expect }",
    "environment e { given a 1 }",
    "environment e { given a at b with }",
    "environment e { yields a }",
    "environment e { open 10:00 }",
    "environment e { open tues }",
    "environment e { closed 2026-12-18.. }",
    "environment e { gate x { } }",
    "environment e { require a, }",
    "environment e { require a when }",
    "environment e { require a due }",
    "environment e { ... }",
    "test { }",
    "require x",
    "x = 1",
];

#[test]
fn small_texts() {
    for text in GOOD {
        assert_same(text);
        assert!(canonical::read(text).is_ok(), "the grammar refuses {text}\n{}", canonical::read(text).unwrap_err());
    }
    for text in BAD {
        assert_same(text);
        assert!(canonical::read(text).is_err(), "the grammar accepts {text}");
    }
}

/// Pieces of the language, good in the right order.
fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "a",
        "b",
        "c.d",
        "gate",
        "let",
        "environment",
        "test",
        "use",
        "require",
        "open",
        "within",
        "approve",
        "deny",
        "rollback",
        "deploy",
        "notify",
        "yields",
        "given",
        "expect",
        "after",
        "when",
        "on",
        "for",
        "due",
        "because",
        "until",
        "with",
        "at",
        "of",
        "in",
        "has",
        "and",
        "or",
        "not",
        "all",
        "any",
        "if",
        "then",
        "else",
        "where",
        "distinct",
        "soaked",
        "extends",
        "true",
        "none",
        "1",
        "5%",
        "15m",
        "2Gi",
        "1.2.3",
        "2026-12-18",
        "10:00",
        "1.5",
        "\"s\"",
        "re\"x\"",
        "tue",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        ":",
        ".",
        "..",
        "...",
        "=",
        "==",
        "<",
        ">=",
        "~",
        "+",
        "-",
        "*",
        "/",
        "@x",
        "?",
        "\n",
        "\n",
        "\n/// d\n",
        "// c\n",
        "m",
        "cpu",
        "policy",
    ])
}

/// Entries of which most are good.
fn entry() -> impl Strategy<Value = String> {
    let expr = || proptest::collection::vec(piece(), 1..5).prop_map(|p| p.join(" "));
    prop_oneof![
        expr().prop_map(|e| format!("x = {e}")),
        expr().prop_map(|e| format!("require {e}")),
        expr().prop_map(|e| format!("rollback on {e} {{ }}")),
        expr().prop_map(|e| format!("approve 1 of {e}")),
        Just("a.b { c = 1 }".to_owned()),
        Just("open tue 10:00..12:00".to_owned()),
        Just("within w".to_owned()),
        Just("deny when a".to_owned()),
    ]
}

fn same(text: &str) -> Result<(), TestCaseError> {
    difference(text).map_or(Ok(()), |d| Err(TestCaseError::fail(d)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn soup(pieces in proptest::collection::vec(piece(), 0..12)) {
        let text = pieces.join(" ");
        same(&text)?;
        same(&pieces.concat())?;
    }

    #[test]
    fn operators(pieces in proptest::collection::vec(piece(), 1..7)) {
        same(&format!("let x = {}", pieces.join(" ")))?;
    }

    #[test]
    fn good_entries(entries in proptest::collection::vec(generate::entry(), 1..4)) {
        same(&format!("environment e {{ {} }}", entries.concat()))?;
    }

    #[test]
    fn blocks(entries in proptest::collection::vec(entry(), 0..4), lines in any::<bool>()) {
        let text = entries.join(if lines { "\n  " } else { " " });
        same(&format!("environment e {{ {text} }}"))?;
    }
}
