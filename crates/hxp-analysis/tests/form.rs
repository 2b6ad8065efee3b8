//! Mistakes of form, each with its mended twin.

#![expect(clippy::expect_used, reason = "helpers of tests may fail like tests")]

mod common;

use common::{Case, check, check_cases};

#[test]
fn form() {
    check_cases(&[
        Case {
            wrong: "environment e { namspace = \"x\" }",
            said: &[("HXP0401", "namspace", "an environment has no property `namspace`")],
            right: "environment e { namespace = \"x\" }",
        },
        Case {
            wrong: "environment e {}\nrule r for e { deny when release.prerelease because unfinished }",
            said: &[("HXP0301", "unfinished", "a reason is text in quotes")],
            right: "environment e {}\nrule r for e { deny when release.prerelease because \"unfinished\" }",
        },
        Case {
            wrong: "environment e {}\nrule r for e { deny when release.prerelease because \"unfinished\", \"untested\" }",
            said: &[("HXP0406", "\"untested\"", "there is room for one reason")],
            right: "environment e {}\nrule r for e { deny when release.prerelease because \"unfinished, untested\" }",
        },
        Case {
            wrong: "window w { zone = \"UTC\"  open mon  closed 2027-12-24 because 5 }",
            said: &[("HXP0301", "5", "a reason is text in quotes")],
            right: "window w { zone = \"UTC\"  open mon  closed 2027-12-24 because \"5\" }",
        },
        Case {
            wrong: "service s { prot = 80, tier = \"a\", host = \"b\" }",
            said: &[("HXP0809", "prot", "`prot` means nothing to a service: `port` does")],
            right: "service s { port = 80, tier = \"a\", host = \"b\" }",
        },
        Case {
            wrong: "environment e { data { class = live, form = e } }",
            said: &[("HXP0401", "form", "there is no property `form` here")],
            right: "environment e { data { class = live, from = e } }",
        },
        Case {
            wrong: "environment e { rollback on failed { kepp = 3 } }",
            said: &[("HXP0401", "kepp", "there is no property `kepp` here")],
            right: "environment e { rollback on failed { keep = 3 } }",
        },
        Case {
            wrong: "channel c { audience = internal }",
            said: &[("HXP0402", "c", "the channel `c` needs `to`")],
            right: "channel c { to = { kind = \"slack\", channel = \"#c\" }, audience = internal }",
        },
        Case {
            wrong: "environment e { data { retention = 3d } }",
            said: &[("HXP0402", "{ retention = 3d }", "`class` is missing here")],
            right: "environment e { data { class = test, retention = 3d } }",
        },
        Case {
            wrong: "gate g { runner = \"x\" }",
            said: &[("HXP0402", "g", "the gate `g` does not say how its evidence is made")],
            right: "gate g { run = \"x\", runner = \"x\" }",
        },
        Case {
            wrong: "label l { title = \"x\" }",
            said: &[("HXP0402", "l", "the label `l` has no source")],
            right: "label l { title = \"x\", pr = \"x\" }",
        },
        Case {
            wrong: "trigger t { runbook = \"x\" }",
            said: &[("HXP0402", "t", "the trigger `t` has no condition, and nobody raises it")],
            right: "team a {}\ntrigger t { runbook = \"x\", raised_by = a }",
        },
        Case {
            wrong: "test \"t\" { expect allow }\nenvironment e {}",
            said: &[("HXP0402", "\"t\"", "the test does not say what is given")],
            right: "test \"t\" { given e at 2026-01-05T10:00[UTC]  expect allow }\nenvironment e {}",
        },
        Case {
            wrong: "team t { github = \"a\", github = \"b\" }",
            said: &[("HXP0403", "github", "`github` is given twice")],
            right: "team t { github = \"a\", gitlab = \"b\" }",
        },
        Case {
            wrong: "environment e { values { a = 1, a.b = 2 } }",
            said: &[("HXP0403", "a", "`a` is given twice")],
            right: "environment e { values { a.c = 1, a.b = 2 } }",
        },
        Case {
            wrong: "team t {}\ngate g { run = \"x\", by = t }",
            said: &[("HXP0403", "by", "the gate `g` is both run by a machine and signed by people")],
            right: "team t {}\ngate g { by = t }",
        },
        Case {
            wrong: "environment e { deny when release.prerelease }",
            said: &[("HXP0404", "deny", "`deny` has no meaning in an environment")],
            right: "environment e {}\nrule r for e { deny when release.prerelease }",
        },
        Case {
            wrong: "team t { require x }",
            said: &[("HXP0404", "require", "`require` has no meaning in a team")],
            right: "team t { github = \"x\" }",
        },
        Case {
            wrong: "environment e { values { a { open mon } } }",
            said: &[("HXP0404", "open", "`open` has no meaning in a record")],
            right: "environment e { values { a { open = \"mon\" } } }",
        },
        Case {
            wrong: "@advisry rule r { require release.prerelease }",
            said: &[("HXP0405", "advisry", "there is no attribute `@advisry`")],
            right: "@advisory rule r { require release.prerelease }",
        },
        Case {
            wrong: "@advisory team t {}",
            said: &[("HXP0405", "@advisory", "`@advisory` has no meaning on a team")],
            right: "@deprecated team t {}",
        },
        Case {
            wrong: "gate g { run = \"x\" }\nenvironment e { require g due 3h }",
            said: &[("HXP0406", "due 3h", "`due` needs to know after what")],
            right: "gate g { run = \"x\" }\nenvironment e { require g on deployed due 3h }",
        },
        Case {
            wrong: "gate g { run = \"x\" }\nenvironment e { require g on deployed }",
            said: &[("HXP0406", "on deployed", "what is required after an event needs its time")],
            right: "gate g { run = \"x\" }\nenvironment e { require g on deployed due 30m }",
        },
        Case {
            wrong: "window w { open mon }\nenvironment e { within w on deployed }",
            said: &[("HXP0406", "on deployed", "`on` has no meaning behind `within` here")],
            right: "window w { open mon }\nenvironment e { within w when change has l }\nlabel l { pr = \"l\" }",
        },
        Case {
            wrong: "team t for e {}\nenvironment e {}",
            said: &[("HXP0407", "for e", "`for` has no meaning on a team")],
            right: "team t {}\nenvironment e {}",
        },
        Case {
            wrong: "environment e extends a extends a {}\nenvironment a {}",
            said: &[("HXP0407", "extends a", "`extends` is given twice")],
            right: "environment e extends a {}\nenvironment a {}",
        },
        Case {
            wrong: "team t(a: int) {}",
            said: &[("HXP0408", "a: int", "a team takes no parameters")],
            right: "team t {}",
        },
        Case {
            wrong: "gate perf { run = \"x\" }\nenvironment b { abstract = true  require perf }\n\
                    environment e extends b { waive gate.perf }",
            said: &[("HXP0409", "gate.perf", "`waive gate.perf` loosens the policy and must say why")],
            right: "gate perf { run = \"x\" }\nenvironment b { abstract = true  require perf }\n\
                    environment e extends b { waive gate.perf because \"too slow here\" }",
        },
        Case {
            wrong: "team t = 3",
            said: &[("HXP0410", "3", "a team has a body in braces, not a value")],
            right: "team t {}",
        },
        Case { wrong: "let x", said: &[("HXP0410", "x", "a let needs a value")], right: "let x = 3" },
        Case {
            wrong: "gate g { run = \"x\" }\nenvironment e { require g }\noverride o for e { waive gate.g because \"x\" }",
            said: &[("HXP0411", "o", "the override `o` has no end")],
            right: "gate g { run = \"x\" }\nenvironment e { require g }\n\
                    override o for e { waive gate.g because \"x\"  expires = 2027-01-01 }",
        },
        Case {
            wrong: "policy p { edition = 2030 }",
            said: &[("HXP0012", "edition = 2030", "there is no edition 2030")],
            right: "policy p { edition = 2026 }",
        },
    ]);
}

#[test]
fn twenty_mistakes_are_twenty_diagnostics() {
    let text = "\
team a { github = 1 }
team b { githb = \"x\" }
team c { github = \"x\", github = \"y\" }
channel d { audience = internal }
channel e { to = { kind = \"slack\" }, audience = intern }
label f {}
window g { zone = \"Mars/Base\"  open mon }
window h { open mon 10:00..10:00 }
gate i { runner = \"x\" }
gate j(min: percnt) { run = \"x\" }
gate k { run = \"x\", valid = 3 }
gate l { run = \"x\", valid = 3% }
let m = 1 / 0
let n = n
let o = 5% > 3m
trigger q { runbook = \"x\" }
environment r { approve 1 of nobody }
environment s { require k due 3h }
rule t { require release.branch == \"x\" }
rule u { require change has nothing }
";
    let found = check(text);
    assert_eq!(found.len(), 20, "{found:#?}");
    for (index, line) in found.iter().enumerate() {
        let at = format!(" {}:", index + 1);
        assert!(line.contains(&at), "line {}: {line}", index + 1);
    }
}
