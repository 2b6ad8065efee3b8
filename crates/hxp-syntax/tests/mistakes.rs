//! Each mistake of syntax: its code, the text it points at, and its mended twin.

#![expect(clippy::panic, reason = "a test may fail loudly")]

use std::collections::BTreeSet;

use hxp_diagnostics::{Code, Diagnostic, FileId, codes};
use hxp_syntax::parse;

/// How a mistake is mended.
enum Mend {
    /// By the first fix of the diagnostic; this is the result.
    Fix(&'static str),
    /// By hand, to this.
    Hand(&'static str),
}
use Mend::{Fix, Hand};

type Mistake = (Code, &'static str, &'static str, Mend);

/// Code, wrong text, what is underlined, the mended twin.
const MISTAKES: &[Mistake] = &[
    (codes::NUL_BYTE, "team a { } // \0", "\0", Hand("team a { } // ")),
    (codes::HIDDEN_TEXT, "team a { } // \u{202e}", "\u{202e}", Fix("team a { } // ")),
    (codes::HIDDEN_TEXT, "team a { x = \"\u{200b}\" }", "\u{200b}", Fix("team a { x = \"\" }")),
    (codes::HIDDEN_TEXT, "team \u{feff}a { }", "\u{feff}", Fix("team a { }")),
    (codes::HIDDEN_TEXT, "team a { } // b\rteam c { }", "\r", Fix("team a { } // bteam c { }")),
    // ── something else was expected
    (codes::UNEXPECTED, "let x = ", "", Hand("let x = 1")),
    (codes::UNEXPECTED, "team a { x = }", "}", Hand("team a { x = 1 }")),
    (codes::UNEXPECTED, "team a {\n  x =\n  y = 2\n}", "", Hand("team a {\n  x = 1\n  y = 2\n}")),
    (codes::UNEXPECTED, "environment a {\n  x =\n  within w\n}", "", Hand("environment a {\n  x = 1\n  within w\n}")),
    (codes::UNEXPECTED, "team a { x 1 }", "1", Fix("team a { x = 1 }")),
    (codes::UNEXPECTED, "team a { x: 1 }", ":", Fix("team a { x = 1 }")),
    (codes::UNEXPECTED, "team a { x = 1,, y = 2 }", ",", Fix("team a { x = 1, y = 2 }")),
    (codes::UNEXPECTED, "team a { x = 1 y }", "y", Hand("team a { x = 1, y = 2 }")),
    (codes::UNEXPECTED, "team a { x. = 1 }", "=", Hand("team a { x.y = 1 }")),
    (codes::UNEXPECTED, "team a { re\"x\" = 1 }", "re\"x\"", Fix("team a { \"x\" = 1 }")),
    (codes::UNEXPECTED, "let x = [1 2]", "2", Fix("let x = [1, 2]")),
    (codes::UNEXPECTED, "let x = [1,,2]", ",", Hand("let x = [1, 2]")),
    (codes::UNEXPECTED, "let x = f(a, )(b c)", "c", Fix("let x = f(a, )(b, c)")),
    (codes::UNEXPECTED, "let x = a. + 1", "+", Hand("let x = a.b + 1")),
    (codes::UNEXPECTED, "let x = a AND b", "AND", Fix("let x = a and b")),
    (codes::UNEXPECTED, "let x = all s in xs", "", Hand("let x = all s in xs: s")),
    (codes::UNEXPECTED, "let x = all s of xs: s", "of", Hand("let x = all s in xs: s")),
    (codes::UNEXPECTED, "let x = if a then b", "", Hand("let x = if a then b else c")),
    (codes::UNEXPECTED, "let x = [a, b for b in c]", "for", Hand("let x = [b for b in c]")),
    (codes::UNEXPECTED, "team a { }; team b { }", ";", Fix("team a { } team b { }")),
    (codes::UNEXPECTED, "gate { run = \"x\" }", "{", Hand("gate a { run = \"x\" }")),
    (codes::UNEXPECTED, "gate a(b) { }", "b", Hand("gate a(b: int) { }")),
    (codes::UNEXPECTED, "gate a(b: list<int) { }", ")", Hand("gate a(b: list<int>) { }")),
    (codes::UNEXPECTED, "trigger t when { }", "{", Hand("trigger t when a { }")),
    (codes::UNEXPECTED, "use a.{b c}", "c", Fix("use a.{b, c}")),
    (codes::UNEXPECTED, "require tests", "require", Hand("rule r { require tests }")),
    (codes::UNEXPECTED, "x = 1", "x", Fix("let x = 1")),
    (codes::UNEXPECTED, "environment e { gate g { } }", "gate", Hand("environment e { } gate g { }")),
    (codes::UNEXPECTED, "environment e { requre tests }", "requre", Fix("environment e { require tests }")),
    (
        codes::UNEXPECTED,
        "environment e {\n  require a,\n  within w\n}",
        ",",
        Fix("environment e {\n  require a\n  within w\n}"),
    ),
    (codes::UNEXPECTED, "environment e { require a, b = 1 }", ",", Fix("environment e { require a b = 1 }")),
    (codes::UNEXPECTED, "environment e { within w, }", ",", Fix("environment e { within w }")),
    (codes::UNEXPECTED, "environment e { approve 1 devops }", "devops", Fix("environment e { approve 1 of devops }")),
    (codes::UNEXPECTED, "environment e { approve one of a }", "one", Fix("environment e { approve 1 of a }")),
    (
        codes::UNEXPECTED,
        "environment e { approve 1 of a or 1 of b }",
        "or",
        Hand("environment e { approve 1 of a, 1 of b }"),
    ),
    (codes::UNEXPECTED, "environment e { after s for 1h }", "for", Fix("environment e { after s soaked 1h }")),
    (codes::UNEXPECTED, "environment e { after s 1h }", "", Fix("environment e { after s soaked 1h }")),
    (codes::UNEXPECTED, "environment e { requires a, b(1) }", "requires", Fix("environment e { require a, b(1) }")),
    (codes::UNEXPECTED, "gate g { yield line: percent }", "yield", Fix("gate g { yields line: percent }")),
    (codes::UNEXPECTED, "gate g { yields line = percent }", "=", Fix("gate g { yields line: percent }")),
    (codes::UNEXPECTED, "gate g(min = 70%) { }", "=", Fix("gate g(min: percent = 70%) { }")),
    (codes::UNEXPECTED, "let f(n = 1Gi) = n", "=", Fix("let f(n: bytes = 1Gi) = n")),
    (codes::UNEXPECTED, "let x = f(wait: true)", ":", Fix("let x = f(wait = true)")),
    (
        codes::UNEXPECTED,
        "environment e { deploy with m on push to main }",
        "to",
        Fix("environment e { deploy with m on push(branch == \"main\") }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { rollback on a { keep = 5 releases, b = 1 } }",
        "releases",
        Fix("environment e { rollback on a { keep = 5, b = 1 } }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e {\n  values:\n    a: 1\n    b: 2\n  within w\n}",
        ":",
        Hand("environment e {\n  values { a = 1, b = 2 }\n  within w\n}"),
    ),
    (
        codes::UNEXPECTED,
        "window w { open mon to thu 10:00..12:00 }",
        "to",
        Fix("window w { open mon..thu 10:00..12:00 }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { deploy with m on push to \"main\" }",
        "to",
        Fix("environment e { deploy with m on push(branch == \"main\") }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { within a, b because \"c\" }",
        ",",
        Fix("environment e { within a and b because \"c\" }"),
    ),
    (codes::UNEXPECTED, "window w { mon..fri 10:00..12:00 }", "", Fix("window w { open mon..fri 10:00..12:00 }")),
    (codes::UNEXPECTED, "window w { 2026-12-24 10:00..12:00 }", "", Fix("window w { open 2026-12-24 10:00..12:00 }")),
    (
        codes::UNEXPECTED,
        "window w { closed 2026-12-24 10:00..12:00, 2026-12-31 10:00..12:00 because \"a\" }",
        "2026-12-31",
        Fix("window w { closed 2026-12-24 10:00..12:00\n  closed 2026-12-31 10:00..12:00 because \"a\" }"),
    ),
    (
        codes::UNEXPECTED,
        "window w { open mon 10:00..12:00, wed 14:00..16:00 }",
        "wed",
        Fix("window w { open mon 10:00..12:00\n  open wed 14:00..16:00 }"),
    ),
    (
        codes::UNEXPECTED,
        "window w {\n  closed 2026-12-24T18:00..2026-12-25T08:00, 2026-12-31T18:00[UTC] because \"a\"\n  open mon\n}",
        "2026-12-24T18:00..2026-12-25T08:00, 2026-12-31T18:00[UTC]",
        Hand("window w {\n  closed 2026-12-24 18:00..24:00\n  closed 2026-12-25 00:00..08:00\n  open mon\n}"),
    ),
    (codes::UNEXPECTED, "window w { open mon..thr }", "thr", Fix("window w { open mon..thu }")),
    (codes::UNKNOWN_UNIT, "window w { open mon 10am..16:00 }", "10am", Fix("window w { open mon 10:00..16:00 }")),
    (codes::UNKNOWN_DECLARATION, "env e { }", "env", Fix("environment e { }")),
    (
        codes::UNEXPECTED,
        "environment e { given a 2026-01-01 }",
        "2026-01-01",
        Hand("environment e { given a at 2026-01-01 }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { rollback failed, a }",
        "failed",
        Fix("environment e { rollback on failed, a }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { rollback a { keep = 5 } }",
        "a",
        Fix("environment e { rollback on a { keep = 5 } }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { deploy with m push(a) }",
        "push",
        Fix("environment e { deploy with m on push(a) }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { deploy m(b = 1) on a }",
        "m",
        Fix("environment e { deploy with m(b = 1) on a }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { notify c failed, d }",
        "failed",
        Fix("environment e { notify c on failed, d }"),
    ),
    (codes::UNEXPECTED, "environment e { notify c d on failed }", "d", Fix("environment e { notify c, d on failed }")),
    (
        codes::UNEXPECTED,
        "environment e { deploy on a, v { b = 1 } }",
        ",",
        Fix("environment e { deploy on a v { b = 1 } }"),
    ),
    (codes::UNEXPECTED, "environment e { require a, require b }", ",", Fix("environment e { require a require b }")),
    (
        codes::UNEXPECTED,
        "environment e { require a, deploy with b }",
        ",",
        Fix("environment e { require a deploy with b }"),
    ),
    (
        codes::RESERVED_NAME,
        "test \"t\" { given a at b with { soaked { c = 1h } } expect d }",
        "soaked",
        Fix("test \"t\" { given a at b with { stays { c = 1h } } expect d }"),
    ),
    (codes::UNEXPECTED, "environment e { rollback on { } }", "{", Hand("environment e { rollback on a { } }")),
    (codes::UNEXPECTED, "window w { open tues }", "tues", Fix("window w { open tue }")),
    (codes::UNEXPECTED, "window w { open 10:00 }", "}", Hand("window w { open 10:00..12:00 }")),
    (codes::UNEXPECTED, "environment e\n  x = 1\n}\nteam a { }", "", Fix("environment e {\n  x = 1\n}\nteam a { }")),
    (
        codes::UNEXPECTED,
        "environment e {\n  v\n    x = 1\n  }\n}",
        "",
        Fix("environment e {\n  v {\n    x = 1\n  }\n}"),
    ),
    (codes::UNEXPECTED, "environment e { require a b, c }", "b", Fix("environment e { require a, b, c }")),
    (
        codes::UNEXPECTED,
        "environment e { waive gate perf, window }",
        "gate perf",
        Fix("environment e { waive gate.perf, window }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { approve devops when a }",
        "devops",
        Fix("environment e { approve 1 of devops when a }"),
    ),
    (
        codes::UNEXPECTED,
        "environment e { approve 1 of a and 1 of b }",
        "and",
        Fix("environment e { approve 1 of a, 1 of b }"),
    ),
    (codes::UNEXPECTED, "rule r { deny if a }", "if", Fix("rule r { deny when a }")),
    (codes::UNEXPECTED, "let x = a => b", "=>", Fix("let x = a >= b")),
    (codes::UNEXPECTED, "let x = a <> b", "<>", Fix("let x = a != b")),
    (codes::UNEXPECTED, "let x = a === b", "===", Fix("let x = a == b")),
    (codes::UNEXPECTED, "let x = a is b", "is", Fix("let x = a == b")),
    (codes::UNEXPECTED, "let x = a contains b", "contains", Fix("let x = a has b")),
    (codes::UNEXPECTED, "let x = a +\nlet y = 1", "", Hand("let x = a + 1\nlet y = 1")),
    (codes::UNEXPECTED, "metric m percent { unit = ratio }", "percent", Hand("metric m: percent { unit = ratio }")),
    (codes::UNEXPECTED, "use std.gates.*", "*", Hand("use std.gates.{trivy}")),
    (codes::UNEXPECTED, "window w { open tue-thu 10:00..12:00 }", "-", Fix("window w { open tue..thu 10:00..12:00 }")),
    (codes::UNEXPECTED, "window w { open tue..thu 9..12 }", "9..12", Fix("window w { open tue..thu 09:00..12:00 }")),
    (
        codes::UNEXPECTED,
        "window w {\n  closed sat, sun,\n  zone = \"UTC\"\n}",
        ",",
        Fix("window w {\n  closed sat, sun\n  zone = \"UTC\"\n}"),
    ),
    (codes::UNEXPECTED, "team a {\n  url = https://b.c\n}", "https://b.c", Fix("team a {\n  url = \"https://b.c\"\n}")),
    (
        codes::BAD_LITERAL,
        "test \"t\" { given p at 2026-11-27 15:30 in \"UTC\" }",
        "2026-11-27 15:30 in \"UTC\"",
        Fix("test \"t\" { given p at 2026-11-27T15:30[UTC] }"),
    ),
    (
        codes::UNKNOWN_UNIT,
        "trigger t when a > 2x baseline(b) { c = 1 }",
        "2x",
        Hand("trigger t when a > 2 * baseline(b) { c = 1 }"),
    ),
    (codes::UNMATCHED, "team a { x = 1 ]\nteam b { }", "]", Fix("team a { x = 1 }\nteam b { }")),
    (codes::UNMATCHED, "team a { x = f(1] }", "]", Fix("team a { x = f(1) }")),
    (codes::UNEXPECTED, "team a extend b { }", "extend", Fix("team a extends b { }")),
    // ── brackets
    (codes::UNCLOSED, "team a { x = 1", "{", Fix("team a { x = 1 }")),
    (codes::UNCLOSED, "team a {\n  x = 1\n\nteam b { }", "{", Fix("team a {\n  x = 1\n}\n\nteam b { }")),
    (
        codes::UNCLOSED,
        "team a {\n  v {\n    x = 1\n  y = 2\n}\nteam b { }",
        "{",
        Fix("team a {\n  v {\n    x = 1\n}\n  y = 2\n}\nteam b { }"),
    ),
    (codes::UNCLOSED, "team a {\n  x = f(1, g(2)\n  y = 2\n}", "(", Fix("team a {\n  x = f(1, g(2))\n  y = 2\n}")),
    (codes::UNCLOSED, "team a { x = [1, 2 }", "[", Fix("team a { x = [1, 2] }")),
    (codes::UNMATCHED, "team a { } }", "}", Fix("team a { } ")),
    (codes::UNMATCHED, "team a {\n  v { x = 1 } }\n  y = 2\n}", "}", Fix("team a {\n  v { x = 1 } \n  y = 2\n}")),
    (codes::UNMATCHED, "team a { x = f(1)) }", ")", Fix("team a { x = f(1) }")),
    // ── strings and characters
    (codes::UNCLOSED_STRING, "let x = \"a", "\"a", Fix("let x = \"a\"")),
    (
        codes::UNCLOSED_STRING,
        "let x = \"\"\"\n  {{ a }} $b\n    \"c\"\n  \"\"\"\nlet y = 1",
        "\"\"\"\n  {{ a }} $b\n    \"c\"\n  \"\"\"",
        Fix("let x = \"{{ a }} $b\\n  \\\"c\\\"\\n\"\nlet y = 1"),
    ),
    (codes::UNCLOSED_STRING, "team a { x = \"b }\nteam c { }", "\"b", Fix("team a { x = \"b\" }\nteam c { }")),
    (codes::UNCLOSED_STRING, "team a {\n  x = f(\"b)\n}", "\"b", Fix("team a {\n  x = f(\"b\")\n}")),
    (codes::UNCLOSED_STRING, "team a {\n  x = \"b(c)\n}", "\"b(c)", Fix("team a {\n  x = \"b(c)\"\n}")),
    (codes::BAD_ESCAPE, r#"let x = "\d""#, r"\d", Fix(r#"let x = "\\d""#)),
    (codes::BAD_ESCAPE, r#"let x = "\u{110000}""#, r"\u{110000}", Hand(r#"let x = "\u{10ffff}""#)),
    (codes::STRAY_CHARACTER, "let x = 'a'", "'a'", Fix("let x = \"a\"")),
    (codes::STRAY_CHARACTER, "let x = “a”", "“a”", Fix("let x = \"a\"")),
    (codes::STRAY_CHARACTER, "let x = a && b", "&&", Fix("let x = a and b")),
    (codes::STRAY_CHARACTER, "let x = !a", "!", Fix("let x = not a")),
    (codes::STRAY_CHARACTER, "let x = a % 2", "%", Hand("let x = a / 2")),
    (codes::STRAY_CHARACTER, "let x = a ≤ b", "≤", Fix("let x = a <= b")),
    (codes::STRAY_CHARACTER, "let x = $a", "$", Hand("let x = a")),
    (codes::STRAY_CHARACTER, "let größe = 1", "größe", Hand("let groesse = 1")),
    (codes::STRAY_CHARACTER, "let x\u{a0}= 1", "\u{a0}", Fix("let x = 1")),
    (codes::STRAY_CHARACTER, "# a\nlet x = 1", "#", Fix("// a\nlet x = 1")),
    (codes::STRAY_CHARACTER, "/* a */ let x = 1", "/*", Hand("let x = 1")),
    // ── literals
    (codes::BAD_LITERAL, "let x = 5-3", "5-3", Fix("let x = 5 - 3")),
    (codes::BAD_LITERAL, "let x = 2026-1-2", "2026-1-2", Fix("let x = 2026-01-02")),
    (codes::BAD_LITERAL, "let x = 10:5", "10:5", Fix("let x = 10:05")),
    (codes::BAD_LITERAL, "window w { open 10:00-12:00 }", "10:00-12:00", Fix("window w { open 10:00..12:00 }")),
    (codes::BAD_LITERAL, "let x = 1.2.3.4", "1.2.3.4", Hand("let x = 1.2.3")),
    (codes::BAD_LITERAL, "let x = 1_000", "1_000", Fix("let x = 1000")),
    (codes::BAD_LITERAL, "let x = 10m30", "10m30", Hand("let x = 10m30s")),
    (codes::BAD_LITERAL, "let x = .5", ".5", Fix("let x = 0.5")),
    (codes::BAD_LITERAL, "let x = 1h5Gi", "1h5Gi", Hand("let x = 1h5m")),
    (codes::UNKNOWN_UNIT, "let x = 10M", "10M", Fix("let x = 10Mi")),
    (codes::UNKNOWN_UNIT, "let x = 5min", "5min", Fix("let x = 5m")),
    (codes::UNKNOWN_UNIT, "let x = 3months", "3months", Hand("let x = 92d")),
    (codes::UNKNOWN_UNIT, "let x = 2x", "2x", Hand("let x = 2 * y")),
    (codes::UNKNOWN_UNIT, "let x = 1h5sec", "1h5sec", Fix("let x = 1h5s")),
    (codes::SPACED_UNIT, "let x = 500m cpu", "500m cpu", Fix("let x = 500mcpu")),
    (codes::SPACED_UNIT, "let x = 70 % + 5%", "70 %", Fix("let x = 70% + 5%")),
    (codes::SPACED_UNIT, "trigger t when a for 5 minutes { }", "5 minutes", Fix("trigger t when a for 5m { }")),
    (codes::SPACED_UNIT, "gate a { valid = 1h 30m }", "1h 30m", Fix("gate a { valid = 1h30m }")),
    (codes::NO_SUCH_DATE, "let x = 2027-02-29", "2027-02-29", Hand("let x = 2028-02-29")),
    (
        codes::NO_SUCH_DATE,
        "window w { closed 2026-11-30..2026-11-31 }",
        "2026-11-31",
        Hand("window w { closed 2026-11-30..2026-12-01 }"),
    ),
    (codes::NO_SUCH_TIME, "let x = 10:60", "10:60", Hand("let x = 10:59")),
    (codes::NO_SUCH_TIME, "let x = 24:01", "24:01", Hand("let x = 24:00")),
    (codes::NO_SUCH_TIME, "window w { open 24:00..24:00 }", "24:00", Fix("window w { open 00:00..24:00 }")),
    (
        codes::NO_SUCH_TIME,
        "let x = 2026-11-27T24:00[UTC]",
        "2026-11-27T24:00[UTC]",
        Hand("let x = 2026-11-28T00:00[UTC]"),
    ),
    (
        codes::INSTANT_WITHOUT_ZONE,
        "let x = 2026-11-27T15:30",
        "2026-11-27T15:30",
        Hand("let x = 2026-11-27T15:30[UTC]"),
    ),
    (
        codes::INSTANT_WITHOUT_ZONE,
        "let x = 2026-11-27T15:30Z",
        "2026-11-27T15:30Z",
        Fix("let x = 2026-11-27T15:30Z[UTC]"),
    ),
    (codes::OUT_OF_RANGE, "let x = 9223372036854775808", "9223372036854775808", Hand("let x = 9223372036854775807")),
    // ── names and declarations
    (codes::RESERVED_NAME, "let all = 1", "all", Fix("let all_ = 1")),
    (codes::RESERVED_NAME, "team a { on = 1 }", "on", Fix("team a { \"on\" = 1 }")),
    (codes::RESERVED_NAME, "team a { x = b\n in = 1 }", "in", Fix("team a { x = b\n \"in\" = 1 }")),
    (
        codes::RESERVED_NAME,
        "environment e { require x\n on = 1 }",
        "on",
        Fix("environment e { require x\n \"on\" = 1 }"),
    ),
    (codes::RESERVED_NAME, "let x = f(for = 1)", "for", Fix("let x = f(for_ = 1)")),
    (codes::UNKNOWN_DECLARATION, "tem a { }", "tem", Fix("team a { }")),
    (codes::UNKNOWN_DECLARATION, "pipeline a { }", "pipeline", Hand("environment a { }")),
    (codes::UNKNOWN_DECLARATION, "frobnicate", "frobnicate", Hand("")),
    (codes::DANGLING_DOC, "/// a", "/// a", Fix("// a")),
    (codes::DANGLING_DOC, "team a {\n  x = 1\n  /// b\n  /// c\n}", "/// b", Hand("team a {\n  /// b\n  x = 1\n}")),
    (codes::DANGLING_DOC, "let x = [\n  1, /// one\n  2,\n]", "/// one", Fix("let x = [\n  1, // one\n  2,\n]")),
    (codes::DANGLING_DOC, "team a {\n  x = 1 /// b\n  y = 2\n}", "/// b", Fix("team a {\n  x = 1 // b\n  y = 2\n}")),
    // ── operators
    (codes::CHAINED_COMPARISON, "let x = a < b.c <= d", "<=", Fix("let x = a < b.c and b.c <= d")),
    (codes::CHAINED_COMPARISON, "let x = a < b < c < d", "<", Hand("let x = a < b and b < c and c < d")),
    (codes::CHAINED_COMPARISON, "let x = a in b in c", "in", Hand("let x = a in (b in c)")),
    (codes::NEEDS_PARENTHESES, "let x = a == not b.c or d", "not", Fix("let x = a == (not b.c) or d")),
    (codes::NEEDS_PARENTHESES, "let x = -not b", "not", Fix("let x = -(not b)")),
    (codes::NEEDS_PARENTHESES, "let x = 1..2..3", "..", Hand("let x = 1..3")),
    (codes::ASSIGN_FOR_EQUALS, "rule r { deny when a = b }", "=", Fix("rule r { deny when a == b }")),
    (codes::ASSIGN_FOR_EQUALS, "rule r { require a.b = 1 }", "=", Fix("rule r { require a.b == 1 }")),
    (codes::ASSIGN_FOR_EQUALS, "let x = if a = b then c else d", "=", Fix("let x = if a == b then c else d")),
];

fn apply(text: &str, found: &Diagnostic) -> String {
    let fix = found.fixes.first().unwrap_or_else(|| panic!("no fix for\n{text}\n{found:?}"));
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    text
}

#[test]
fn each_mistake_is_told_once_and_can_be_mended() {
    for (code, wrong, underlined, mend) in MISTAKES {
        let found = parse(FileId(0), wrong).diagnostics;
        let [only] = found.as_slice() else { panic!("not one diagnostic for\n{wrong}\n{found:#?}") };
        let span = only.primary.span;
        assert_eq!(only.code, *code, "{wrong}\n{only:?}");
        assert_eq!(&wrong[span.start as usize..span.end as usize], *underlined, "{wrong}\n{only:?}");
        assert!(!only.message.ends_with('.') && !only.message.is_empty(), "{only:?}");
        let mended = match mend {
            Fix(mended) => {
                assert_eq!(apply(wrong, only), *mended, "{only:?}");
                mended
            }
            Hand(mended) => mended,
        };
        let left = parse(FileId(0), mended).diagnostics;
        assert!(left.is_empty(), "{mended}\n{left:#?}");
    }
}

#[test]
fn every_code_of_syntax_has_its_mistake() {
    let told: BTreeSet<&str> = MISTAKES.iter().map(|(code, ..)| code.id()).collect();
    let elsewhere = codes::TOO_DEEP.id();
    for code in codes::ALL.iter().filter(|c| c.id().starts_with("HXP01") && c.id() != elsewhere) {
        assert!(told.contains(code.id()), "no mistake shows {code}");
    }
}

/// Twenty independent mistakes, each marked at the end of its line with its code.
const TWENTY: &str = include_str!("data/twenty-mistakes.txt");

#[test]
fn twenty_mistakes_give_twenty_diagnostics() {
    let expected: Vec<(usize, &str)> =
        TWENTY.lines().enumerate().filter_map(|(n, line)| Some((n + 1, line.split_once("//! ")?.1.trim()))).collect();
    let parsed = parse(FileId(0), TWENTY);
    let found: Vec<(usize, &str)> = parsed
        .diagnostics
        .iter()
        .map(|d| (TWENTY[..d.primary.span.start as usize].matches('\n').count() + 1, d.code.id()))
        .collect();
    assert_eq!(expected.len(), 20);
    assert_eq!(found, expected, "{:#?}", parsed.diagnostics);
}
