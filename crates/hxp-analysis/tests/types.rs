//! Mistakes of types, units and evaluation, each with its mended twin.

#![expect(clippy::expect_used, reason = "helpers of tests may fail like tests")]

mod common;

use common::{Case, check_cases, run};

#[test]
fn units() {
    check_cases(&[
        Case {
            wrong: "gate coverage(min: percent) { run = \"x\"  yields line: percent  require line >= min }\n\
                    environment e { require coverage(min = 70m) }",
            said: &[("HXP0302", "70m", "`min` is a percentage, but `70m` is a duration of 70 minutes")],
            right: "gate coverage(min: percent) { run = \"x\"  yields line: percent  require line >= min }\n\
                    environment e { require coverage(min = 70%) }",
        },
        Case {
            wrong: "let x = 5% > 3m",
            said: &[(
                "HXP0302",
                "5% > 3m",
                "`5%` is a percentage, `3m` is a duration of 3 minutes: they cannot be compared",
            )],
            right: "let x = 5% > 3%",
        },
        Case {
            wrong: "let x = 1Gi + 2cpu",
            said: &[("HXP0302", "1Gi + 2cpu", "they cannot be added")],
            right: "let x = 1Gi + 2Mi",
        },
        Case {
            wrong: "gate g { run = \"x\", valid = 24 }",
            said: &[("HXP0303", "24", "`valid` is a duration, but `24` has no unit")],
            right: "gate g { run = \"x\", valid = 24h }",
        },
        Case {
            wrong: "environment e { cluster { cpu = 500m } }",
            said: &[("HXP0302", "500m", "`cpu` is a number of processors, but `500m` is a duration of 500 minutes")],
            right: "environment e { cluster { cpu = 500mcpu } }",
        },
        Case {
            wrong: "let f(c: cpu) = c\nlet x = f(500m)",
            said: &[("HXP0302", "500m", "`c` is a number of processors, but `500m` is a duration of 500 minutes")],
            right: "let f(c: cpu) = c\nlet x = f(500mcpu)",
        },
        Case {
            wrong: "environment e { values { api { resources { requests { cpu = 500m } } } } }",
            said: &[("HXP0302", "500m", "`cpu` is a number of processors, but `500m` is a duration of 500 minutes")],
            right: "environment e { values { api { resources { requests { cpu = 500mcpu } } } } }",
        },
        Case {
            wrong: "let x = 5% + 3",
            said: &[("HXP0303", "5% + 3", "`5%` is a percentage, `3` is a number without a unit")],
            right: "let x = 5% + 3%",
        },
        Case {
            wrong: "metric m: percent { unit = seconds, query = promql\"sum(up)\" }",
            said: &[("HXP0302", "unit = seconds", "the metric `m` is a percentage, but its unit is `seconds`")],
            right: "metric m: percent { unit = ratio, query = promql\"sum(up)\" }",
        },
        Case {
            wrong: "metric m { query = promql\"sum(up)\" }\ntrigger t when m > 5% for 5m",
            said: &[("HXP0303", "m > 5%", "`m` is a number, `5%` is a percentage")],
            right: "metric m: percent { query = promql\"sum(up)\" }\ntrigger t when m > 5% for 5m",
        },
        Case {
            wrong: "let x = 3 in 1%..5%",
            said: &[("HXP0301", "3 in 1%..5%", "`3` is a whole number, but each of `1%..5%` is a percentage")],
            right: "let x = 3% in 1%..5%",
        },
    ]);
}

#[test]
fn types() {
    check_cases(&[
        Case {
            wrong: "team t { github = 3 }",
            said: &[("HXP0301", "3", "`github` is text, but `3` is a whole number")],
            right: "team t { github = \"o/t\" }",
        },
        Case {
            wrong: "let x: int = \"3\"",
            said: &[("HXP0301", "\"3\"", "`x` is a whole number, but `\"3\"` is text")],
            right: "let x: int = 3",
        },
        Case {
            wrong: "rule r { require release.version }",
            said: &[(
                "HXP0301",
                "release.version",
                "a truth value is expected here, but `release.version` is a version",
            )],
            right: "rule r { require not release.prerelease }",
        },
        Case {
            wrong: "let x = if true then 1 else \"a\"\nlet y = if 1 then 2 else 3",
            said: &[("HXP0301", "1", "a truth value is expected")],
            right: "let x = if true then 1 else 2",
        },
        Case {
            wrong: "environment e { require 1 == 1 }",
            said: &[("HXP0301", "1 == 1", "`require` takes gates here; `1 == 1` is a condition")],
            right: "rule r for e { require release.prerelease }\nenvironment e {}",
        },
        Case {
            wrong: "rule r { require release.branch ~ \"main\" }",
            said: &[("HXP0304", "release.branch", "`release.branch` may be none")],
            right: "rule r { require release.branch != none and release.branch ~ \"main\" }",
        },
        Case {
            wrong: "rule r { deny when previous.version.major == 1 }",
            said: &[("HXP0304", "previous.version", "`previous.version` may be none")],
            right: "rule r { deny when previous.version != none and previous.version.major == 1 }",
        },
        Case {
            wrong: "rule r { require previous.version == none and previous.version.major == 1 }",
            said: &[("HXP0304", "previous.version", "may be none")],
            right: "rule r { require previous.version == none or previous.version.major == 1 }",
        },
        Case {
            wrong: "rule r { require release.branch == \"main\" }",
            said: &[("HXP0304", "release.branch", "may be none")],
            right: "rule r { require release.branch == \"main\" when release.branch != none }",
        },
        Case {
            wrong: "rule r { require bump(previous.version, release.version) == major }",
            said: &[("HXP0304", "previous.version", "may be none; a version is needed here")],
            right: "rule r { require if previous.version != none then bump(previous.version, release.version) == major else true }",
        },
        Case {
            wrong: "environment e {}\nrule r on policy { require e.recovery.rpo > 1h }",
            said: &[("HXP0304", "recovery", "`e` does not say its `recovery`")],
            right: "environment e { recovery { rpo = 2h } }\nrule r on policy { require e.recovery.rpo > 1h }",
        },
        Case {
            wrong: "environment e { values { a = 1 } }\nrule r on policy { require e.values.b == 1 }",
            said: &[("HXP0305", "b", "`e.values` has no `b`")],
            right: "environment e { values { a = 1 } }\nrule r on policy { require e.values.a == 1 and e.values.b == none }",
        },
        Case {
            wrong: "rule r { require change.fils has \"a\" }",
            said: &[("HXP0305", "fils", "a change has no `fils`")],
            right: "rule r { require change.files has \"a\" }",
        },
        Case {
            wrong: "let x = { a = 1 }\nlet y = x.b",
            said: &[("HXP0305", "b", "`x` has no `b`")],
            right: "let x = { a = 1 }\nlet y = x.a",
        },
        Case {
            wrong: "channel c { to = { kind = \"slack\" }, audience = intern }",
            said: &[("HXP0306", "intern", "`intern` is no audience")],
            right: "channel c { to = { kind = \"slack\" }, audience = internal }",
        },
        Case {
            wrong: "rule r { deny when previous.version != none and bump(previous.version, release.version) == huge }",
            said: &[("HXP0306", "huge", "`huge` is no bump")],
            right: "rule r { deny when previous.version != none and major == bump(previous.version, release.version) }",
        },
        Case {
            wrong: "environment e { namespace = release.commit }",
            said: &[("HXP0307", "release", "`release` is a fact of a request and cannot be read here")],
            right: "environment e { namespace = \"x\" }",
        },
        Case {
            wrong: "let risky = change has big\nlabel big { pr = \"big\" }\nrule r on policy { require risky }",
            said: &[("HXP0307", "risky", "`risky` depends on the facts of a request")],
            right: "let risky = change has big\nlabel big { pr = \"big\" }\nrule r { require risky }",
        },
        Case {
            wrong: "gate g(a: int, b: int) { run = \"x\"  require a > b }\nenvironment e { require g(1) }",
            said: &[("HXP0308", "g(1)", "`g` needs `b`: a whole number")],
            right: "gate g(a: int, b: int = 3) { run = \"x\"  require a > b }\nenvironment e { require g(1) }",
        },
        Case {
            wrong: "gate g(a: int) { run = \"x\"  require a > 1 }\nenvironment e { require g }",
            said: &[("HXP0308", "g", "`g` needs `a`: a whole number")],
            right: "gate g(a: int) { run = \"x\"  require a > 1 }\nenvironment e { require g(2) }",
        },
        Case {
            wrong: "let f(a: int) = a\nlet x = f",
            said: &[("HXP0308", "f", "`f` is a function: it needs its arguments")],
            right: "let f(a: int) = a\nlet x = f(1)",
        },
        Case {
            wrong: "environment e { deploy with helm(\"c\", wiat = true) on manual }",
            said: &[("HXP0309", "wiat", "`helm` has no parameter `wiat`")],
            right: "environment e { deploy with helm(\"c\", wait = true) on manual }",
        },
        Case {
            wrong: "let f(a: int) = a\nlet x = f(1, 2)",
            said: &[("HXP0309", "2", "`f` takes one argument")],
            right: "let f(a: int) = a\nlet x = f(1)",
        },
        Case {
            wrong: "let a = 1\nlet x = a(2)",
            said: &[("HXP0310", "a", "`a` is a constant and takes no arguments")],
            right: "let a = 1\nlet x = a",
        },
        Case {
            wrong: "team t {}\nlet x = t(1)",
            said: &[("HXP0310", "t", "`t` is a team and takes no arguments")],
            right: "team t {}\nlet x = t",
        },
        Case {
            wrong: "label l { commits = re\"(\" }",
            said: &[("HXP0311", "(", "the regular expression cannot be understood")],
            right: "label l { commits = re\"()\" }",
        },
        Case {
            wrong: "label l { files = [\"a{b\"] }",
            said: &[("HXP0311", "files = [\"a{b\"]", "the pattern `a{b` cannot be understood")],
            right: "label l { files = [\"a{b,c}\"] }",
        },
        Case {
            wrong: "metric m: decimal { query = promql\"sum(\" }",
            said: &[("HXP0312", "promql\"sum(\"", "the query cannot be understood")],
            right: "metric m: decimal { query = promql\"sum(up)\" }",
        },
        Case {
            wrong: "metric m: decimal { query = promql\"sum(up{a=\\\"b\\\"})\" }",
            said: &[("HXP0312", "promql\"sum(up{a=\\\"b\\\"})\"", "the query cannot be understood")],
            right: "metric m: decimal { query = promql\"sum(up{a='b'})\" }",
        },
        Case {
            wrong: "metric m: decimal { query = promql\"up[5m]\" }",
            said: &[("HXP0312", "query = promql\"up[5m]\"", "the query must give one number")],
            right: "metric m: decimal { query = promql\"sum(rate(up[5m]))\" }",
        },
        Case {
            wrong: "let x = all a in \"abc\": a == \"a\"",
            said: &[("HXP0313", "\"abc\"", "`\"abc\"` is text, not a list")],
            right: "let x = all a in [\"abc\"]: a == \"a\"",
        },
        Case {
            wrong: "let r = { a = 1 }\nlet x = all a in r: a == \"a\"",
            said: &[("HXP0313", "r", "not a list")],
            right: "let r = { a = 1 }\nlet x = all a in keys(r): a == \"a\"",
        },
        Case {
            wrong: "let x = 9223372036854775807 + 1",
            said: &[("HXP0314", "9223372036854775807 + 1", "larger than a policy can reckon with")],
            right: "let x = 9223372036854775806 + 1",
        },
        Case {
            wrong: "team t {}\nenvironment e { approve 0 of t }",
            said: &[("HXP0314", "0", "0 approvals cannot be asked for")],
            right: "team t {}\nenvironment e { approve 1 of t }",
        },
        Case {
            wrong: "let x = [1, 2][2]",
            said: &[("HXP0314", "2", "the list has 2 elements, there is no number 2")],
            right: "let x = [1, 2][1]",
        },
        Case { wrong: "let x = 1 / 0", said: &[("HXP0315", "1 / 0", "this divides by zero")], right: "let x = 1 / 2" },
        Case {
            wrong: "let x = 5..3",
            said: &[("HXP0316", "5..3", "`5..3` ends before it begins")],
            right: "let x = 3..5",
        },
        Case {
            wrong: "window w { open tue 10:00..10:00 }",
            said: &[("HXP0316", "10:00..10:00", "`10:00..10:00` is empty")],
            right: "window w { open fri..mon 22:00..02:00 }",
        },
        Case {
            wrong: "window w { closed 2027-01-04..2026-12-18 }",
            said: &[("HXP0316", "2027-01-04..2026-12-18", "ends before it begins")],
            right: "window w { closed 2026-12-18..2027-01-04 }",
        },
        Case {
            wrong: "gate g(a: percnt) { run = \"x\" }",
            said: &[("HXP0317", "percnt", "there is no type `percnt`")],
            right: "gate g(a: percent) { run = \"x\" }",
        },
        Case {
            wrong: "let x: list = [1]",
            said: &[("HXP0317", "list", "the type `list` needs to know of what")],
            right: "let x: list<int> = [1]",
        },
        Case {
            wrong: "let x = 3\nlet y = x.y",
            said: &[("HXP0318", "x", "`x` is a whole number and has no fields")],
            right: "let x = { y = 3 }\nlet y = x.y",
        },
        Case {
            wrong: "let x = 3\nenvironment e { values { ...x } }",
            said: &[("HXP0318", "x", "only a record can be spread; `x` is a whole number")],
            right: "let x = { a = 3 }\nenvironment e { values { ...x } }",
        },
        Case {
            wrong: "let x = count([i for i in 1..20000])",
            said: &[("HXP0319", "1..20000", "the range has more than 10000 elements")],
            right: "let x = count([i for i in 1..200])",
        },
        Case {
            wrong: "rule r { require all f in change.files: f ~ \"docs/**\" }",
            said: &[("HXP0801", "change.files", "is true when the list is empty")],
            right: "rule r { require any f in change.files: f ~ \"docs/**\" }",
        },
        Case {
            wrong: "rule r { require release.version != none }",
            said: &[("HXP0806", "release.version != none", "`release.version` is a version and never none")],
            right: "rule r { require previous.version != none }",
        },
    ]);
}

#[test]
fn the_fix_of_a_wrong_unit_is_the_right_one() {
    let cases = [
        ("gate g(min: percent) { run = \"x\" }\nenvironment e { require g(min = 70m) }", "70%"),
        ("let f(c: cpu) = c\nlet x = f(500m)", "500mcpu"),
        ("let f(b: bytes) = b\nlet x = f(512m)", "512Mi"),
        ("let f(d: duration) = d\nlet x = f(5%)", "5m"),
        ("gate g { run = \"x\", valid = 24 }", "24m"),
        ("let f(n: int) = n\nlet x = f(5%)", "5"),
    ];
    for (text, fix) in cases {
        let found = run(text);
        let first = &found.analysis.diagnostics[0];
        assert_eq!(first.fixes[0].edits[0].text, fix, "{text}: {first:#?}");
    }
}

#[test]
fn what_is_guarded_by_a_filter_or_a_branch_is_there() {
    let right = [
        "rule r { require any c in change.commits where c.pull_request != none: c.pull_request > 3 }",
        "rule r { require if release.branch != none then release.branch ~ \"a\" else true }",
        "rule r { require not (release.branch == none) and release.branch ~ \"a\" }",
        "rule r { deny when release.branch != none and (release.branch ~ \"a\" or release.branch ~ \"b\") }",
    ];
    for text in right {
        assert_eq!(common::check(text), Vec::<String>::new(), "{text}");
    }
}
