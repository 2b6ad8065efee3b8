//! Inputs without measure: deep, long and broken ones end in time, without exhausting the stack.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::time::{Duration, Instant};

use hxp_diagnostics::{FileId, codes};
use hxp_syntax::{MAX_TEXT, Parsed, parse};

/// Parses on a small stack, copies, compares and drops the tree; gives the number of diagnostics by code.
fn survive(text: String) -> Parsed {
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || {
            let parsed = parse(FileId(0), &text);
            let copy = parsed.clone();
            assert!(copy == parsed);
            assert!(!hxp_syntax::sexpr::tree(&parsed.tree).is_empty() || parsed.tree.items.is_empty());
            copy
        })
        .unwrap()
        .join()
        .unwrap()
}

fn told(parsed: &Parsed) -> Vec<&'static str> {
    parsed.diagnostics.iter().map(|d| d.code.id()).collect()
}

#[test]
fn two_hundred_levels_are_fine() {
    for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("{ a = ", " }"), ("{ a ", " }"), ("-(", ")")] {
        let inner = if open == "{ a " { "{ }" } else { "1" };
        let (open, close) = (open.repeat(199), close.repeat(199));
        let parsed = survive(format!("let x = {open}{inner}{close}"));
        assert_eq!(told(&parsed), [""; 0], "{open}");
    }
    let ifs = "if a then b else ".repeat(199);
    assert_eq!(told(&survive(format!("let x = {ifs} c"))), [""; 0]);
    let long = "a or ".repeat(400);
    assert_eq!(told(&survive(format!("let x = {long} c"))), [""; 0]);
}

#[test]
fn every_level_may_use_every_operator() {
    let open = "(a or b and not c == d .. e + f * - ".repeat(50);
    let close = ")".repeat(50);
    assert_eq!(told(&survive(format!("let x = {open}g{close}"))), [""; 0]);
}

#[test]
fn deeper_is_told_once() {
    let too_deep = codes::TOO_DEEP.id();
    for n in [201, 10_000] {
        for (open, inner, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("f(", "1", ")"),
            ("a[", "1", "]"),
            ("{ a = ", "1", " }"),
            ("{ a ", "{ }", " }"),
            ("{ a.b.c ", "{ }", " }"),
            ("{ rollback on b ", "{ }", " }"),
            ("not (", "1", ")"),
            ("all a in b: ", "c", ""),
            ("all a in ", "b", ": c"),
            ("if a then b else ", "c", ""),
            ("if ", "c", " then a else b"),
            ("[", "a", " for a in b]"),
        ] {
            let (open, close) = (open.repeat(n), close.repeat(n));
            let parsed = survive(format!("let x = {open}{inner}{close}\nlet y = 1"));
            assert_eq!(told(&parsed), [too_deep], "{n} {}", &open[..10]);
            assert_eq!(parsed.tree.items.len(), 2);
        }
    }
    for chain in ["- ", "not ", "a + ", "a or ", "a.", "a().", "a < b and ", "a..b and "] {
        let parsed = survive(format!("let x = {}b\nlet y = 1", chain.repeat(100_000)));
        assert_eq!(told(&parsed), [too_deep], "{chain}");
        assert_eq!(parsed.tree.items.len(), 2, "{chain}");
    }
    let types = "list<".repeat(10_000);
    assert_eq!(told(&survive(format!("gate g(a: {types}) {{ }}"))), [too_deep]);
}

#[test]
fn long_lists_are_no_depth() {
    let n = 50_000;
    let many = format!(
        "let x = [{}] team a {{ {} }} environment e {{ require {} a }} use a.{{{}}}",
        "1, ".repeat(n),
        "b = 1 ".repeat(n),
        "a, ".repeat(n),
        "a, ".repeat(n)
    );
    assert_eq!(told(&survive(many)), [""; 0]);
}

#[test]
fn broken_brackets_cost_linear_time() {
    let n = 1 << 20;
    for piece in [
        "[",
        "]",
        "{",
        "}",
        "(",
        "{[(",
        ")]}",
        "[}",
        "{)",
        "(\n",
        "{\n",
        "\n}",
        "a = f(\n b = 1 }\n",
        "x {\n",
        "{ } }\n",
    ] {
        let begin = Instant::now();
        let parsed = survive(piece.repeat(n / piece.len()));
        assert!(!parsed.diagnostics.is_empty());
        assert!(begin.elapsed() < Duration::from_secs(60), "{piece:?} took {:?}", begin.elapsed());
    }
}

#[test]
fn a_hundred_megabytes_of_brackets_are_refused() {
    for piece in ["[", "{", "(", "[]", "\"", "\\", "é", "\0"] {
        let parsed = survive(piece.repeat(100 << 20 >> (piece.len() - 1)));
        assert_eq!(told(&parsed), [codes::FILE_TOO_LARGE.id()]);
    }
    let parsed = survive("[".repeat(MAX_TEXT));
    assert!(!parsed.diagnostics.is_empty() && parsed.diagnostics.len() < 3, "{:?}", parsed.diagnostics);
}

#[test]
fn diagnostics_have_a_limit() {
    for piece in ["$", "5-3 ", "\"\\q\" ", "\u{200b}", "'", "a ", "] ", "{ \n", "/// a\n1 "] {
        let parsed = survive(piece.repeat(100_000));
        assert!((1..=hxp_syntax::MAX_DIAGNOSTICS).contains(&parsed.diagnostics.len()), "{piece}");
    }
}
