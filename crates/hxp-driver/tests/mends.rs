//! Findings carry the edit that they advise: applied, it gives the text that is expected, and the finding is gone.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use hxp_diagnostics::Diagnostic;
use hxp_driver::system::Memory;
use hxp_driver::{Compilation, Request, compile};
use jiff::civil::date;

fn checked(text: &str) -> Compilation {
    let whole = format!("policy example {{ edition = 2026 }}\n{text}");
    let system = Memory::with([("example/policy.hxp", whole.as_str())]);
    let request = Request { start: "example".into(), today: Some(date(2026, 11, 23)), ..Request::default() };
    compile(&system, &request)
}

/// The text with the mend of that number applied, and whether it may be applied without asking.
fn mended(compilation: &Compilation, found: &Diagnostic, number: usize) -> Option<(String, bool)> {
    let fix = found.fixes.get(number)?;
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    let mut text = compilation.sources.get(found.primary.span.file).unwrap().text().to_string();
    for edit in edits {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    let rest = text.split_once('\n').unwrap().1;
    Some((rest.to_owned(), fix.safe))
}

/// `!` before a code: the mend is offered, not applied unasked; `+`: it is the second one.
const MENDS: &[(&str, &str, &str)] = &[
    // ── imports
    (
        "HXP0210",
        "use std.gates.{trivy, benchmark}\nenvironment e { require trivy  DEPLOY }\n",
        "use std.gates.{trivy}\nenvironment e { require trivy  DEPLOY }\n",
    ),
    (
        "HXP0210",
        "use std.gates.{benchmark, trivy}\nenvironment e { require trivy  DEPLOY }\n",
        "use std.gates.{trivy}\nenvironment e { require trivy  DEPLOY }\n",
    ),
    (
        "HXP0210",
        "use std.dora\nuse std.gates.{trivy}\n\nenvironment e { require trivy  DEPLOY }\n",
        "use std.gates.{trivy}\n\nenvironment e { require trivy  DEPLOY }\n",
    ),
    ("HXP0210", "use std.gates.{benchmark, trivy}\nenvironment e { DEPLOY }\n", "environment e { DEPLOY }\n"),
    // ── numbers and patterns
    (
        "!HXP0507",
        "environment e { deploy with helm(\"c\", timeout = 20m) on manual  rollback on failed { keep = 5, limit = 15m } }\n",
        "environment e { deploy with helm(\"c\", timeout = 14m) on manual  rollback on failed { keep = 5, limit = 15m } }\n",
    ),
    (
        "+HXP0507",
        "environment e { deploy with helm(\"c\", timeout = 20m) on manual  rollback on failed { keep = 5, limit = 15m } }\n",
        "environment e { deploy with helm(\"c\", timeout = 20m) on manual  rollback on failed { keep = 5, limit = 21m } }\n",
    ),
    (
        "!HXP0507",
        "environment e { deploy with helm(\"c\") on manual  rollback on failed { limit = 4m } }\n",
        "environment e { deploy with helm(\"c\", timeout = 3m) on manual  rollback on failed { limit = 4m } }\n",
    ),
    (
        "!HXP0526",
        "environment e { deploy with make(\"x\") on manual, release(published, tag ~ \"[0-9]*.[0-9]*.[0-9]*\") }\n",
        "environment e { deploy with make(\"x\") on manual, release(published, tag ~ semver_tag) }\n",
    ),
    (
        "!HXP0506",
        "environment e { DEPLOY  recovery { rto = 4h, rpo = 1h, backup_every = 24h } }\n",
        "environment e { DEPLOY  recovery { rto = 4h, rpo = 1h, backup_every = 1h } }\n",
    ),
    (
        "!HXP0805",
        "trigger t when m > 5% for 2m { on_no_data = quiet, min_samples = 9 }\nmetric m: percent { unit = ratio, query = promql\"sum(x)\" }\nenvironment e { DEPLOY  rollback on t }\n",
        "trigger t when m > 5% for 2m { on_no_data = hold, min_samples = 9 }\nmetric m: percent { unit = ratio, query = promql\"sum(x)\" }\nenvironment e { DEPLOY  rollback on t }\n",
    ),
    // ── facts
    (
        "!HXP0801",
        "rule r for e { require all f in change.files: f ~ \"docs/**\" }\nenvironment e { DEPLOY }\n",
        "rule r for e { require count(change.files) > 0 and all f in change.files: f ~ \"docs/**\" }\nenvironment e { DEPLOY }\n",
    ),
    // ── declarations
    ("HXP0803", "let most = 5\nenvironment e { DEPLOY }\n", "environment e { DEPLOY }\n"),
    (
        "HXP0803",
        "label a, b, c { pr = \"x\" }\nteam t { github = \"a/t\" }\nenvironment e { approve 1 of t when change has a or change has c  DEPLOY }\n",
        "label a, c { pr = \"x\" }\nteam t { github = \"a/t\" }\nenvironment e { approve 1 of t when change has a or change has c  DEPLOY }\n",
    ),
    (
        "HXP0803",
        "environment e { DEPLOY }\n\n/// What is\n/// left over.\nlabel odd { pr = \"odd\" }\n\n// Of rules.\nwindow w { open mon }\nenvironment f { within w  DEPLOY }\n",
        "environment e { DEPLOY }\n\n// Of rules.\nwindow w { open mon }\nenvironment f { within w  DEPLOY }\n",
    ),
    (
        "!HXP0803",
        "gate a, b { run = \"x\" }\nenvironment e { require b  DEPLOY }\n",
        "gate b { run = \"x\" }\nenvironment e { require b  DEPLOY }\n",
    ),
    ("!HXP0803", "team t { github = \"a/b\" }\nenvironment e { DEPLOY }\n", "environment e { DEPLOY }\n"),
    ("!HXP0803", "service s { key = \"a\" }\nenvironment e { DEPLOY }\n", "environment e { DEPLOY }\n"),
    (
        "!HXP0803",
        "image i { repository = \"r/i\" }\nservice s { image = \"r/s\" }\nenvironment e { service = s  DEPLOY }\n",
        "service s { image = \"r/s\" }\nenvironment e { service = s  DEPLOY }\n",
    ),
    // ── stated twice
    (
        "HXP0528",
        "gate a, b { run = \"x\" }\nenvironment e { require a, b, a  DEPLOY }\n",
        "gate a, b { run = \"x\" }\nenvironment e { require a, b  DEPLOY }\n",
    ),
    (
        "HXP0528",
        "gate a, b { run = \"x\" }\nenvironment e {\n  require a, b\n  require a\n  DEPLOY\n}\n",
        "gate a, b { run = \"x\" }\nenvironment e {\n  require a, b\n  DEPLOY\n}\n",
    ),
    (
        "HXP0528",
        "gate c(min: percent) { run = \"x\"  yields l: percent  require l >= min }\nenvironment e {\n  require c(70%), c(80%)\n  DEPLOY\n}\n",
        "gate c(min: percent) { run = \"x\"  yields l: percent  require l >= min }\nenvironment e {\n  require c(80%)\n  DEPLOY\n}\n",
    ),
    (
        "HXP0528",
        "team t { github = \"a/b\" }\nenvironment e {\n  approve 1 of t\n  approve 2 of t\n  DEPLOY\n}\n",
        "team t { github = \"a/b\" }\nenvironment e {\n  approve 2 of t\n  DEPLOY\n}\n",
    ),
    (
        "HXP0528",
        "window w { open mon }\nenvironment e {\n  within w\n  within w // again\n  DEPLOY\n}\n",
        "window w { open mon }\nenvironment e {\n  within w\n   // again\n  DEPLOY\n}\n",
    ),
    // ── waivers
    (
        "HXP0519",
        "rule r on policy { require 1 < 2 }\ngate g { run = \"x\" }\nenvironment e { require g  DEPLOY }\noverride o for e {\n  waive rule.r, gate.g because \"b\"\n  expires = 2030-01-01\n}\n",
        "rule r on policy { require 1 < 2 }\ngate g { run = \"x\" }\nenvironment e { require g  DEPLOY }\noverride o for e {\n  waive gate.g because \"b\"\n  expires = 2030-01-01\n}\n",
    ),
    (
        "HXP0519",
        "rule r on policy { require 1 < 2 }\nenvironment e { DEPLOY }\n\noverride o for e {\n  waive rule.r because \"b\"\n  expires = 2030-01-01\n}\n",
        "rule r on policy { require 1 < 2 }\nenvironment e { DEPLOY }\n",
    ),
    (
        "!HXP0514",
        "gate g { run = \"x\" }\nenvironment e { require g  DEPLOY }\noverride o for e { waive gate.g because \"b\"  expires = 2026-01-01 }\n",
        "gate g { run = \"x\" }\nenvironment e { require g  DEPLOY }\n",
    ),
    // ── windows, triggers, rollbacks
    (
        "HXP0520",
        "window w {\n  open mon\n  closed 2026-01-01..2026-01-04 because \"over\"\n}\nenvironment e { within w  DEPLOY }\n",
        "window w {\n  open mon\n}\nenvironment e { within w  DEPLOY }\n",
    ),
    (
        "!HXP0527",
        "METRIC\ntrigger t when m > 5% for 2m {\n  runbook = \"x\"\n}\nenvironment e { DEPLOY  rollback on t }\n",
        "METRIC\ntrigger t when m > 5% for 2m {\n  runbook = \"x\"\n  min_samples = 100\n}\nenvironment e { DEPLOY  rollback on t }\n",
    ),
    (
        "!HXP0527",
        "METRIC\ntrigger t when m > 5% for 2m { runbook = \"x\" }\nenvironment e { DEPLOY  rollback on t }\n",
        "METRIC\ntrigger t when m > 5% for 2m { runbook = \"x\", min_samples = 100 }\nenvironment e { DEPLOY  rollback on t }\n",
    ),
    (
        "!HXP0522",
        "chart c { path = \"c\" }\nenvironment e { deploy with helm(c.path, atomic = true) on manual  rollback on failed, manual }\n",
        "chart c { path = \"c\" }\nenvironment e { deploy with helm(c.path, wait = true) on manual  rollback on failed, manual }\n",
    ),
    (
        "!HXP0522",
        "chart c { path = \"c\" }\nenvironment e { deploy with helm(c.path, atomic = true, wait = true) on manual  rollback on failed }\n",
        "chart c { path = \"c\" }\nenvironment e { deploy with helm(c.path, wait = true) on manual  rollback on failed }\n",
    ),
    (
        "+HXP0522",
        "chart c { path = \"c\" }\nenvironment e { deploy with helm(c.path, atomic = true) on manual  rollback on failed, manual }\n",
        "chart c { path = \"c\" }\nenvironment e { deploy with helm(c.path, atomic = true) on manual  rollback on manual }\n",
    ),
    // ── environments
    (
        "!HXP0509",
        "gate smoke { run = \"x\", subject = deployment }\nenvironment e { require smoke  DEPLOY }\n",
        "gate smoke { run = \"x\", subject = deployment }\nenvironment e { require smoke on deployed due 30m  DEPLOY }\n",
    ),
    (
        "!HXP0510",
        "environment a { secrets { store = vault, scope = \"s\" }  DEPLOY }\nenvironment b { secrets { store = vault, scope = \"s\" }  DEPLOY }\n",
        "environment a { secrets { store = vault, scope = \"s\" }  DEPLOY }\nenvironment b { secrets { store = vault, scope = \"b\" }  DEPLOY }\n",
    ),
    (
        "!HXP0512",
        "environment a { DEPLOY }\nenvironment b {\n  after a\n  DEPLOY\n  values {\n    image { repository = \"r\", tag = \"latest\" }\n  }\n}\n",
        "environment a { DEPLOY }\nenvironment b {\n  after a\n  DEPLOY\n  values {\n    image { repository = \"r\" }\n  }\n}\n",
    ),
    (
        "!HXP0512",
        "environment a { DEPLOY }\nenvironment b { after a  DEPLOY  values { image { repository = \"r\", pullPolicy = \"Always\" } } }\n",
        "environment a { DEPLOY }\nenvironment b { after a  DEPLOY  values { image { repository = \"r\", pullPolicy = \"IfNotPresent\" } } }\n",
    ),
    (
        "!HXP0511",
        "gate anon { run = \"x\", subject = environment, valid = 24h }\nenvironment p { data { class = live }  DEPLOY }\nenvironment s {\n  data { class = anonymized, from = p, through = gate.anon }\n  DEPLOY\n}\n",
        "gate anon { run = \"x\", subject = environment, valid = 24h }\nenvironment p { data { class = live }  DEPLOY }\nenvironment s {\n  data { class = anonymized, from = p, through = gate.anon }\n  DEPLOY\n  require anon\n}\n",
    ),
];

const METRIC: &str = "metric m: percent { unit = ratio, query = promql\"sum(rate(a[5m])) / sum(rate(b[5m]))\" }";

#[test]
fn findings_carry_their_mend() {
    let mut failures = Vec::new();
    for (code, wrong, right) in MENDS {
        let whole =
            |text: &str| text.replace("DEPLOY", "deploy with make(\"ship\") on manual").replace("METRIC", METRIC);
        let (wrong, right) = (whole(wrong), whole(right));
        let compilation = checked(&wrong);
        let id = code.trim_start_matches(['!', '+']);
        let Some(found) = compilation.diagnostics.iter().find(|d| d.code.id() == id) else {
            failures.push(format!("{code} is not found in\n{wrong}{:#?}", compilation.diagnostics));
            continue;
        };
        let number = usize::from(code.starts_with('+'));
        let Some((text, safe)) = mended(&compilation, found, number) else {
            failures.push(format!("{code} has no mend in\n{wrong}{found:#?}"));
            continue;
        };
        if text != right || safe != code.starts_with("HXP") {
            failures.push(format!("{code} (safe: {safe}) makes of\n{wrong}--- this\n{text}--- instead of\n{right}"));
        }
        let left = checked(&text).diagnostics;
        let errors: Vec<_> = left.iter().filter(|d| d.is_error()).collect();
        let same = left.iter().find(|d| d.code.id() == id && *d.message == found.message);
        if same.is_some() || !errors.is_empty() {
            failures.push(format!("{code} leaves {same:?} {errors:?} in\n{text}"));
        }
    }
    assert!(failures.is_empty(), "{} of {} fail\n{}", failures.len(), MENDS.len(), failures.join("\n\n"));
}

/// Where an empty list lets something through, it is told once; where it does not, not at all.
#[test]
fn an_empty_list_is_told_where_it_matters() {
    let all = "all f in change.files: f ~ \"docs/**\"";
    for (text, times) in [
        (format!("rule r for e {{ require {all} }}"), 1),
        (format!("rule r for e {{ require count(change.files) > 0 and {all} }}"), 0),
        (format!("rule r for e {{ deny when {all} }}"), 0),
        (format!("gate g {{ require {all} }}\nenvironment f {{ require g  DEPLOY }}"), 1),
        (format!("gate g {{ run = \"x\" }}\nenvironment f {{ require g when {all}  DEPLOY }}"), 0),
    ] {
        let whole =
            format!("{text}\nenvironment e {{ DEPLOY }}\n").replace("DEPLOY", "deploy with make(\"ship\") on manual");
        let compilation = checked(&whole);
        let told = compilation.diagnostics.iter().filter(|d| d.code.id() == "HXP0801").count();
        assert_eq!(told, times, "{text}\n{:#?}", compilation.diagnostics);
    }
}

/// What a parameter that nothing reads is told, and which are read where only a command sees it.
#[test]
fn parameters_are_used() {
    let cases: &[(&str, Option<&str>)] = &[
        ("let f(a: int, b: int) = a\nenvironment e { DEPLOY  values { n = f(1, 2) } }", Some("b")),
        ("let f(a: int, b: int) = a + b\nenvironment e { DEPLOY  values { n = f(1, 2) } }", None),
        ("gate g(n: int) { require count(change.files) < 5 }\nenvironment e { require g(1)  DEPLOY }", Some("n")),
        ("gate g(n: int) { require count(change.files) < n }\nenvironment e { require g(1)  DEPLOY }", None),
        ("gate g(n: int) { run = \"make $HXP_GATE\" }\nenvironment e { require g(1)  DEPLOY }", None),
    ];
    for (text, expected) in cases {
        let compilation = checked(&text.replace("DEPLOY", "deploy with make(\"ship\") on manual"));
        let said: Vec<_> =
            compilation.diagnostics.iter().map(|d| (d.code.id(), compilation.sources.slice(d.primary.span))).collect();
        match expected {
            Some(name) => assert_eq!(said, [("HXP0803", *name)], "{text}"),
            None => assert!(said.is_empty(), "{text}\n{:#?}", compilation.diagnostics),
        }
    }
}
