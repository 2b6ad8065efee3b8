//! Mistakes of names and modules, each with its mended twin.

#![expect(clippy::expect_used, reason = "helpers of tests may fail like tests")]

mod common;

use common::{Case, check, check_cases, project};

#[test]
fn names() {
    check_cases(&[
        Case {
            wrong: "environment e { namespace = nmae }\nlet name = \"x\"",
            said: &[("HXP0201", "nmae", "there is no `nmae`")],
            right: "environment e { namespace = name }\nlet name = \"x\"",
        },
        Case {
            wrong: "team ops {}\nenvironment e { approve 1 of opps }",
            said: &[("HXP0201", "opps", "there is no team `opps`")],
            right: "team ops {}\nenvironment e { approve 1 of ops }",
        },
        Case {
            wrong: "gate g { run = \"x\" }\nenvironment e { require h }",
            said: &[("HXP0201", "h", "there is no gate `h`")],
            right: "gate g { run = \"x\" }\nenvironment e { require g }",
        },
        Case {
            wrong: "label risky { pr = \"risky\" }\nteam t {}\nenvironment e { approve 1 of t when change has riksy }",
            said: &[("HXP0201", "riksy", "there is no label `riksy`")],
            right: "label risky { pr = \"risky\" }\nteam t {}\nenvironment e { approve 1 of t when change has risky }",
        },
        Case {
            wrong: "team a {}\nteam a {}",
            said: &[("HXP0202", "a", "the team `a` is declared twice")],
            right: "team a {}\nlabel a { pr = \"a\" }",
        },
        Case {
            wrong: "gate g(a: int, a: int) { run = \"x\"  require a > 1 }",
            said: &[("HXP0202", "a", "the parameter `a` is declared twice")],
            right: "gate g(a: int, b: int) { run = \"x\"  require a > b }",
        },
        Case {
            wrong: "use std.gate.{trivy}",
            said: &[("HXP0203", "std.gate", "there is no module `std.gate`")],
            right: "use std.gates.{trivy}\nenvironment e { require trivy }",
        },
        Case {
            wrong: "use std.gates.{trivvy}",
            said: &[("HXP0204", "trivvy", "`std.gates` declares no `trivvy`")],
            right: "use std.gates.trivy\nenvironment e { require trivy }",
        },
        Case {
            wrong: "let change = 3",
            said: &[("HXP0206", "change", "`change` would hide a fact of every request")],
            right: "let changes = 3",
        },
        Case {
            wrong: "let f(release: int) = release + 1",
            said: &[("HXP0206", "release", "`release` would hide a fact")],
            right: "let f(number: int) = number + 1",
        },
        Case {
            wrong: "rule r { require all event in [1, 2]: event > 0 }",
            said: &[("HXP0206", "event", "`event` would hide a fact")],
            right: "rule r { require any author in release.authors: author ~ \"a*\" }",
        },
        Case {
            wrong: "window w { open mon }\nenvironment e { require w }",
            said: &[("HXP0207", "w", "`w` is a window, not a gate")],
            right: "window w { open mon }\nenvironment e { within w }",
        },
        Case {
            wrong: "gate g { run = \"x\" }\nenvironment e { rollback on failed, g }",
            said: &[("HXP0207", "g", "`g` is a gate, not an event")],
            right: "trigger g { raised_by = t }\nteam t {}\nenvironment e { rollback on failed, g }",
        },
        Case {
            wrong: "environment e { within 15m }",
            said: &[("HXP0207", "15m", "`within` takes the name of a window, not `15m`")],
            right: "window w { open mon }\nenvironment e { within w }",
        },
        Case {
            wrong: "window a { open mon }\nwindow b { open tue }\nenvironment e { within a or b }",
            said: &[("HXP0207", "a or b", "`within` takes the name of a window")],
            right: "window a { open mon }\nwindow b { open tue }\nwindow c = a or b\nenvironment e { within c }",
        },
        Case {
            wrong: "team x {}\nlabel x { pr = \"x\" }\nlet l = [x]",
            said: &[("HXP0207", "x", "`x` is several things here: team, label")],
            right: "team x {}\nlabel x { pr = \"x\" }\nlet l = [team.x, team.x]",
        },
        Case {
            wrong: "let a = b\nlet b = a",
            said: &[("HXP0208", "a", "`a` depends on itself: a → b → a")],
            right: "let a = b\nlet b = 1",
        },
        Case {
            wrong: "let f(n: int) = f(n - 1)",
            said: &[("HXP0208", "f(n - 1)", "`f` depends on itself")],
            right: "let f(n: int) = n - 1",
        },
        Case {
            wrong: "environment a { values { x = b.values.x } }\nenvironment b { values { x = a.values.x } }",
            said: &[("HXP0208", "b.values.x", "b.values.x → a.values.x → b.values.x")],
            right: "environment a { values { x = b.values.x, y = 2 } }\nenvironment b { values { x = 1, y = a.values.y } }",
        },
        Case {
            wrong: "window a = not b\nwindow b = not a",
            said: &[("HXP0208", "b", "the window depends on itself: a → b → a")],
            right: "window a = not b\nwindow b { open mon }",
        },
        Case {
            wrong: "environment a extends b {}\nenvironment b extends a {}",
            said: &[("HXP0209", "a", "environments extend each other in a circle: b → a → b")],
            right: "environment a extends b {}\nenvironment b {}",
        },
        Case {
            wrong: "use std.notifi.{slack}\nchannel c { to = slack(\"#a\"), audience = internal }",
            said: &[("HXP0203", "std.notifi", "there is no module `std.notifi`")],
            right: "use std.notify.{slack}\nchannel c { to = slack(\"#a\"), audience = internal }",
        },
        Case {
            wrong: "environment e { deploy with helm(\"c\", wait = yes) on manual }",
            said: &[("HXP0201", "yes", "there is no `yes`")],
            right: "environment e { deploy with helm(\"c\", wait = true) on manual }",
        },
        Case {
            wrong: "use std.gates.{trivy}",
            said: &[("HXP0210", "trivy", "`trivy` is imported and never used")],
            right: "use std.gates.{trivy}\nenvironment e { require trivy }",
        },
        Case {
            wrong: "@deprecated(since = 1.2.0, use = fresh)\ngate old { run = \"x\" }\ngate fresh { run = \"x\" }\nenvironment e { require old }",
            said: &[("HXP0211", "old", "the gate `old` is deprecated since 1.2.0")],
            right: "@deprecated(since = 1.2.0, use = fresh)\ngate old { run = \"x\" }\ngate fresh { run = \"x\" }\nenvironment e { require fresh }",
        },
        Case {
            wrong: "policy p { edition = 2026 }\npolicy q { edition = 2026 }",
            said: &[("HXP0212", "q", "a project has one policy")],
            right: "policy p { edition = 2026 }",
        },
        Case {
            wrong: "window w { zone = \"America/Los Angeles\"  open mon }",
            said: &[("HXP0213", "\"America/Los Angeles\"", "there is no time zone `America/Los Angeles`")],
            right: "window w { zone = \"America/Los_Angeles\"  open mon }",
        },
        Case {
            wrong: "environment e { rollback on failure }",
            said: &[("HXP0214", "failure", "there is no event `failure`")],
            right: "environment e { rollback on failed }",
        },
        Case {
            wrong: "environment e { deploy with make(\"x\") on deployed }",
            said: &[("HXP0214", "deployed", "`deployed` cannot ask for a deployment")],
            right: "environment e { deploy with make(\"x\") on manual }",
        },
        Case {
            wrong: "gate perf { run = \"x\" }\nenvironment e { require perf }\n\
                    override o for e when incident.open { expires = 24h  waive gate.prf }",
            said: &[("HXP0215", "gate.prf", "`e` has no requirement `gate.prf`")],
            right: "gate perf { run = \"x\" }\nenvironment e { require perf }\n\
                    override o for e when incident.open { expires = 24h  waive gate.perf }",
        },
        Case {
            wrong: "gate perf { run = \"x\" }\nenvironment b { abstract = true  require perf }\n\
                    environment e extends b { waive perf because \"x\" }",
            said: &[("HXP0215", "perf", "what `e` inherits has no requirement `perf`")],
            right: "gate perf { run = \"x\" }\nenvironment b { abstract = true  require perf }\n\
                    environment e extends b { waive gate.perf because \"x\" }",
        },
        Case {
            wrong: "environment e {}\ntest \"t\" { given e at 2026-01-05T10:00[UTC]  expect pending because window.x }",
            said: &[("HXP0215", "window.x", "`e` has no requirement `window.x`")],
            right: "window x { open tue }\nenvironment e { within x }\n\
                    test \"t\" { given e at 2026-01-05T10:00[UTC]  expect pending because window.x }",
        },
        // Renamed where it is declared: each use says so, and nothing else does.
        Case {
            wrong: "environment prod { approve 1 of t }\nteam t { github = \"a/b\" }\n\
                    rule three on policy { require all s in [\"a\"]: production.values.a >= 3 }\n\
                    override o for production { waive rule.three[a] because \"x\"  expires = 2099-01-01 }\n\
                    override everywhere { waive rule.three[a] because \"x\"  expires = 2099-01-01 }\n\
                    control c { evidence = [production.approve] }",
            said: &[
                ("HXP0201", "production", "there is no `production`"),
                ("HXP0201", "production", "there is no environment `production`"),
                ("HXP0201", "production", "there is no environment `production`"),
            ],
            right: "environment production { approve 1 of t  values { a = 2 } }\nteam t { github = \"a/b\" }\n\
                    rule three on policy { require all s in [\"a\"]: production.values.a >= 3 }\n\
                    override o for production { waive rule.three[a] because \"x\"  expires = 2099-01-01 }\n\
                    control c { evidence = [production.approve] }",
        },
    ]);
}

#[test]
fn all_files_of_a_project_are_one_scope() {
    let found = project(&["environment e { approve 1 of ops }\npolicy p {}", "team ops {}"], &[], None);
    assert_eq!(found.lines(), Vec::<String>::new());
}

#[test]
fn libraries_are_imported_and_cycles_are_shown() {
    let library = "team ops { github = \"x/ops\" }";
    let found = project(
        &["use shared.people.{ops}\nenvironment e { approve 1 of ops }\npolicy p {}"],
        &[("shared.people", library)],
        None,
    );
    assert_eq!(found.lines(), Vec::<String>::new());
    assert!(found.policy().teams.contains_key("ops"), "what is used of a library is in the policy");

    let found = project(
        &["use a.x.{t}\nenvironment e { approve 1 of t }\npolicy p {}"],
        &[("a.x", "use a.y.{u}\nteam t {}\nlet v = u"), ("a.y", "use a.x.{v}\nteam u {}\nlet w = v")],
        None,
    );
    assert!(
        found.lines().iter().any(|l| l.contains("HXP0205") && l.contains("a.x → a.y → a.x")),
        "{:#?}",
        found.lines()
    );
}

#[test]
fn a_module_can_be_named_by_its_last_word() {
    let found =
        check("use std.dora\nenvironment e {}\nobjective o for e { over = 28d  require dora.frequency >= 1 / 1d }");
    assert_eq!(found, Vec::<String>::new());
    let found =
        check("use std.dora\nenvironment e {}\nobjective o for e { over = 28d  require dora.frequncy >= 1 / 1d }");
    assert!(
        found.len() == 1 && found[0].starts_with("HXP0201") && found[0].contains("`std.dora` declares no `frequncy`"),
        "{found:#?}"
    );
}

/// What a `use` names in vain is told there, and not again wherever it is used.
#[test]
fn a_failed_import_is_told_once() {
    let found = check(
        "use std.windows.{business_hour}\nenvironment e { within business_hour  within business_hour }\nenvironment f { within business_hour }",
    );
    assert!(found.len() == 1 && found[0].starts_with("HXP0204"), "{found:#?}");
}

#[test]
fn a_whole_path_is_no_name() {
    let found = common::run("channel c { to = std.notify.slack(\"#x\") }\nenvironment e { notify c on deployed }");
    let [only] = found.analysis.diagnostics.as_slice() else { panic!("{:#?}", found.analysis.diagnostics) };
    assert_eq!(only.id(), "HXP0201");
    assert!(only.fixes.is_empty() && only.help[0].contains("imported"), "{only:#?}");
}

#[test]
fn suggestions_come_with_a_fix() {
    let found = common::run("policy p { edition = 2025 }");
    assert_eq!(found.analysis.diagnostics[0].fixes[0].edits[0].text, "edition = 2026");
    let found = common::run("team platform {}\nenvironment e { approve 1 of platfrom }");
    let fix = &found.analysis.diagnostics[0].fixes[0];
    assert_eq!((fix.title.as_str(), fix.edits[0].text.as_str()), ("write `platform`", "platform"));
}

#[test]
fn the_index_knows_definitions_and_uses() {
    let text = "/// Who runs it.\nteam ops {}\nenvironment e { approve 1 of ops }\npolicy p { owner = ops }";
    let found = common::run(text);
    let index = &found.analysis.index;
    let at = u32::try_from(text.find("of ops").unwrap() + 3).unwrap();
    let definition = index.at(hxp_diagnostics::FileId(0), at).unwrap();
    assert_eq!((definition.name.as_str(), definition.doc.as_deref()), ("ops", Some("Who runs it.")));
    let number = index.definitions.iter().position(|d| d.name == "ops").unwrap();
    assert_eq!(index.uses_of(u32::try_from(number).unwrap()).count(), 2);
}

#[test]
fn a_name_of_the_standard_library_says_how_to_import_it() {
    for (text, item) in [
        ("environment e { require trivy }", "use std.gates.{trivy}"),
        ("channel c { to = slack(\"#c\") }", "use std.notify.{slack}"),
        ("let tests = [unit_tests]", "use std.gates.{unit_tests}"),
        ("control c extends soc2 {}", "use std.compliance.{soc2}"),
    ] {
        let found = common::run(text);
        let first = &found.analysis.diagnostics[0];
        assert_eq!(first.fixes[0].title, format!("add `{item}`"), "{text}: {first:#?}");
    }
}

#[test]
fn a_mistake_in_a_requirement_makes_no_echo_where_its_id_is_named() {
    let lines = check(
        "gate g(min: percent) { run = \"x\"  yields line: percent  require line >= min }\n\
         environment e { require g(min = 70m) }\n\
         override o for e when incident.open { expires = 1h  waive gate.g }\n\
         test \"t\" { given e at 2026-01-05T10:00[UTC]  expect pending because gate.g }\n\
         control c { evidence = [e.gate.g] }",
    );
    assert!(lines.len() == 1 && lines[0].starts_with("HXP0302"), "{lines:#?}");
}

#[test]
fn a_parameter_read_in_a_property_is_told_where_it_may_be_read() {
    let lines = check("gate g(limit: duration) { run = \"x\", timeout = limit }");
    assert!(lines.len() == 1 && lines[0].starts_with("HXP0307 1:48 \"limit\" the parameter `limit`"), "{lines:#?}");
}

/// A property that is misspelt is the one mistake: it is not missing as well, in heirs and in what reads it neither.
#[test]
fn a_misspelt_property_is_not_missed() {
    let cases = [
        ("channel c { too = slack(\"#x\"), audience = internal }\nuse std.notify.{slack}", "too"),
        ("gate g { rnu = \"make test\" }", "rnu"),
        ("gate g, h { rnu = \"make test\" }", "rnu"),
        ("environment e {}\noverride o for e when incident.open { expire = 3h }", "expire"),
        ("metric m: percent { unit = ratio, querry = promql\"sum(x)\" }", "querry"),
        ("label l { file = [\"a\"] }", "file"),
        ("chart k { pth = \"deploy/k\" }\nenvironment e { deploy with helm(k.path) on manual }", "pth"),
        (
            "use std.metrics.{istio_error_rate}\nenvironment base { abstract = true, namespase = \"shop\" }\n\
             environment e extends base { rollback on t }\n\
             trigger t when istio_error_rate > 5% for 2m { runbook = \"x\", min_samples = 10 }",
            "namespase",
        ),
        (
            "environment e { recovery { rppo = 1h } }\n\
             rule r on policy { require e.recovery.rpo <= 2h }",
            "rppo",
        ),
    ];
    for (text, under) in cases {
        let found = common::run(text);
        let [only] = found.analysis.diagnostics.as_slice() else { panic!("{text}\n{:#?}", found.lines()) };
        let said = (only.id(), found.sources.slice(only.primary.span));
        assert_eq!((said.0.as_str(), said.1), ("HXP0401", under), "{:#?}", found.lines());
    }
    // What is missing beside a slip that means something else is still said.
    assert_eq!(check("gate g { colour = \"x\" }").len(), 2);
}

#[test]
fn what_everybody_has_is_suggested_and_declarations_lose_their_quotes() {
    let fix = |text: &str| {
        let found = common::run(text);
        let [only] = found.analysis.diagnostics.as_slice() else { panic!("{text}\n{:#?}", found.lines()) };
        only.fixes.first().map_or_else(|| only.help.join("; "), |f| f.edits[0].text.clone())
    };
    let cases = [
        ("environment e { deploy with make(\"x\") on release(published, tag ~ semver) }", "semver_tag"),
        ("environment e { deploy with make(\"x\") on release(published, tag ~ semvertag) }", "semver_tag"),
        ("team platform {}\nchart c { path = \"p\" }\nservice s { chart = c, owner = \"platform\" }", "platform"),
        ("team platform {}\nservice s { owner = \"Platform\" }", "platform"),
        ("team platform {}\nservice s { owner = \"x\" }", "a team is named without quotes; there are `platform`"),
    ];
    for (text, expected) in cases {
        assert_eq!(fix(text), expected, "{text}");
    }
}
