//! What declarations become in the policy.

#![expect(clippy::panic, clippy::expect_used, reason = "helpers of tests may fail like tests")]

mod common;

use common::{Run, check, project, run};
use hxp_analysis::show_value;
use hxp_policy::model::{Check, EventField, EventRef, Method, Outcome, Owed, Proof, RuleSubject, Subject, TimeSet};
use hxp_policy::{Environment, Expr, Millis, Policy, Record, Value};

fn clean(text: &str) -> Run {
    let found = run(text);
    assert_eq!(found.lines(), Vec::<String>::new(), "{text}");
    found
}

fn environment<'a>(policy: &'a Policy, name: &str) -> &'a Environment {
    policy.environments.get(name).unwrap_or_else(|| panic!("{name} in {:?}", policy.environments.keys()))
}

fn ids(environment: &Environment) -> Vec<&str> {
    environment.requirements.iter().map(|r| r.id.as_str()).collect()
}

fn show(values: &Record) -> String {
    show_value(&Value::Record(values.clone()))
}

#[test]
fn properties_replace_and_records_merge_deeply() {
    let found = clean(
        "environment base { abstract = true, namespace = \"a\", thresholds { x = 1%, y = 2% }\n\
           values { api { replicas = 1, image { tag = \"a\", pull = \"b\" } }, list = [1, 2] } }\n\
         environment e extends base { namespace = \"b\", thresholds { y = 3% }\n\
           values { api { image.tag = \"c\" }, list = [3] } }",
    );
    let e = environment(found.policy(), "e");
    assert_eq!(e.namespace.as_deref(), Some("b"));
    assert_eq!(e.parents, ["base"]);
    assert_eq!(show(&e.values), "{ api = { replicas = 1, image = { tag = \"c\", pull = \"b\" } }, list = [3] }");
    assert_eq!(show(e.properties.get("thresholds").unwrap().as_record().unwrap()), "{ x = 1%, y = 3% }");
    assert!(!found.policy().environments.contains_key("base"), "abstract ones are left out");
}

#[test]
fn a_spread_lies_where_it_stands() {
    let found = clean(
        "let common = { a = 1, b { c = 2 } }\n\
         environment e { values { x { a = 9, ...common, b { d = 3 } }, y { ...scaled(3..10), replicas = 4 } } }",
    );
    assert_eq!(
        show(&environment(found.policy(), "e").values),
        "{ x = { a = 1, b = { c = 2, d = 3 } }, \
         y = { replicas = 4, autoscaling = { enabled = true, minReplicas = 3, maxReplicas = 10 } } }"
    );
}

#[test]
fn values_depend_on_each_other_field_by_field() {
    let found = clean(
        "environment staging { values { api { cpu = 50% * production.values.api.cpu, half = 50% * production.values.api.limits } } }\n\
         environment production { values { api { cpu = 1cpu, limits { cpu = 1cpu, memory = 1Gi } }, echo = staging.values.api.cpu } }",
    );
    assert_eq!(
        show(&environment(found.policy(), "staging").values),
        "{ api = { cpu = 500mcpu, half = { cpu = 500mcpu, memory = 512Mi } } }"
    );
    assert_eq!(
        show(&environment(found.policy(), "production").values),
        "{ api = { cpu = 1cpu, limits = { cpu = 1cpu, memory = 1Gi } }, echo = 500mcpu }"
    );
}

#[test]
fn the_environment_at_hand_is_the_heir() {
    let found = clean(
        "environment base { abstract = true, namespace = \"base\", values { host = environment.namespace + \".example.com\" } }\n\
         environment e extends base { namespace = \"e\" }",
    );
    assert_eq!(show(&environment(found.policy(), "e").values), "{ host = \"e.example.com\" }");
}

#[test]
fn a_property_that_names_a_declaration_is_followed() {
    let found = clean(
        "image a { repository = \"x/a\" }\nservice s { image = a, port = 80 }\n\
         environment base { abstract = true, values { \
           repo = environment.service.image.repository, port = environment.service.port } }\n\
         environment e extends base { service = s }\n\
         rule r on policy { require all e in environments: e.service.port == 80 }",
    );
    assert_eq!(show(&environment(found.policy(), "e").values), "{ repo = \"x/a\", port = 80 }");
}

#[test]
fn statements_accumulate_and_deploy_replaces() {
    let found = clean(
        "team a {}\ngate g { run = \"x\" }\ngate h { run = \"x\" }\nwindow w { open mon }\n\
         environment base { abstract = true  deploy with make(\"a\") on manual  require g  approve 1 of a  notify c on failed }\n\
         environment e extends base { deploy with make(\"b\", \"c\") on push(branch == \"main\")  require h, g  approve 2 of a  within w }\n\
         channel c { to = { kind = \"slack\" } }",
    );
    let e = environment(found.policy(), "e");
    assert_eq!(ids(e), ["e.gate.g", "e.approve.a", "e.gate.h", "e.window.w"]);
    let Check::Approve { seats, .. } = &e.requirements[1].check else { panic!() };
    assert_eq!(seats.iter().map(|s| s.count).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(e.deploys.len(), 1);
    assert_eq!(e.deploys[0].method, Method::Make(vec!["b".into(), "c".into()]));
    assert_eq!(e.notices.len(), 1);
}

#[test]
fn two_instances_of_a_gate_carry_their_arguments() {
    let found = clean(
        "gate g(min: percent) { run = \"x\"  yields line: percent  require line >= min }\n\
         environment one { require g(70%), g(min = 70%) }\n\
         environment two { require g(70%), g(80%) }",
    );
    assert_eq!(ids(environment(found.policy(), "one")), ["one.gate.g"]);
    assert_eq!(ids(environment(found.policy(), "two")), ["two.gate.g(min = 70%)", "two.gate.g(min = 80%)"]);
}

#[test]
fn gates_extend_with_parameters() {
    let found = clean(
        "use std.gates.{benchmark}\n\
         gate scan(worst: severity = critical) { run = \"scan --worst $HXP_WORST\", valid = 1d, tools { x = \"1\" }\n\
           yields found: severity  require found < worst }\n\
         gate strict extends scan { worst = high, valid = 1h }\n\
         gate perf(tolerance: percent) extends benchmark { run = \"make bench\"  yields regression: percent  require regression <= tolerance }\n\
         environment e { require strict, perf(20%) }",
    );
    let policy = found.policy();
    let strict = &policy.gates["strict"];
    assert_eq!(strict.valid, Some(Millis(3_600_000)));
    assert_eq!(strict.key_params, ["worst"]);
    assert_eq!(strict.proof, Proof::Machine { run: "scan --worst $HXP_WORST".into(), collect: None });
    let Check::Gate(used) = &environment(policy, "e").requirements[0].check else { panic!() };
    assert_eq!(used.args, [("worst".into(), Value::Enum("high".into()))]);
    assert!(matches!(&used.predicate, Some(Expr::Compare { .. })), "{:?}", used.predicate);
    assert!(policy.gates["perf"].key_params.is_empty(), "a parameter of the condition alone is no part of the key");
}

#[test]
fn gates_share_a_body_and_have_subjects() {
    let found = clean(
        "team t {}\ngate a, b { by = t, subject = release, valid = 3d, on_no_data = fail }\ngate c { require release.version.major > 0 }",
    );
    let gates = &found.policy().gates;
    assert_eq!(gates["a"].proof, Proof::People("t".into()));
    assert_eq!((gates["b"].subject, gates["b"].fails_on_no_data), (Subject::Release, true));
    assert_eq!(gates["c"].proof, Proof::Facts);
}

#[test]
fn after_has_a_soaked_twin() {
    let found = clean("environment a {}\nenvironment b { after a soaked 1h }\nenvironment c { after a }");
    assert_eq!(ids(environment(found.policy(), "b")), ["b.after.a", "b.after.a.soaked"]);
    assert_eq!(ids(environment(found.policy(), "c")), ["c.after.a"]);
}

#[test]
fn waived_in_a_child_is_gone_and_recorded() {
    let found = clean(
        "gate g { run = \"x\" }\ngate h { run = \"x\" }\nteam t {}\n\
         environment base { abstract = true  require g, h  approve 1 of t }\n\
         environment e extends base { waive gate.g, approve because \"a playground\" }",
    );
    let e = environment(found.policy(), "e");
    assert_eq!(ids(e), ["e.gate.h"]);
    assert_eq!(e.waives.iter().map(|w| w.id.as_str()).collect::<Vec<_>>(), ["gate.g", "approve"]);
}

#[test]
fn duties_and_notices() {
    let found = clean(
        "team t {}\nlabel big { pr = \"big\" }\ngate g { by = t, subject = incident }\nchannel c { to = { kind = \"slack\" } }\n\
         environment e { require g on incident.resolved due 48h  notify c on incident.declared due 5m  notify c on deployed when change has big }",
    );
    let e = environment(found.policy(), "e");
    assert!(e.requirements.is_empty());
    let duties: Vec<(&str, i64, Option<&str>)> =
        e.duties.iter().map(|d| (d.id.as_str(), d.due.seconds(), d.owner.as_deref())).collect();
    assert_eq!(duties, [("e.gate.g", 172_800, Some("t")), ("e.notify.c", 300, None)]);
    assert!(matches!(&e.duties[1].what, Owed::Notify(c) if c == "c"));
    assert_eq!(e.notices[1].when, Some(Expr::HasLabel("big".into())));
}

#[test]
fn deployments_and_events() {
    let found = clean(
        "chart web { path = \"charts/web\", repo = \"acme/web\", release = \"www\" }\n\
         environment a { deploy with helm(web.path, wait = true, timeout = 10m) on release(published and not prerelease, tag ~ semver_tag) }\n\
         environment b { deploy with helm(web) on schedule(cron == \"0 4 * * *\"), manual }\n\
         environment c { deploy with helm(\"other/chart\", name = \"x\") on push(branch == \"develop\", branch ~ \"d*\") }\n\
         environment d { deploy with command(\"./deploy.sh\") on manual }",
    );
    let policy = found.policy();
    let Method::Helm(helm) = &environment(policy, "a").deploys[0].method else { panic!() };
    assert_eq!(
        (helm.chart.as_str(), helm.declared.as_deref(), helm.release.as_str(), helm.wait, helm.timeout),
        ("charts/web", Some("web"), "www", true, Some(Millis(600_000)))
    );
    let fields = &environment(policy, "a").deploys[0].events[0].fields;
    assert!(matches!(&fields[0], EventField::Is(n, Value::Bool(true)) if n == "published"));
    assert!(matches!(&fields[1], EventField::Is(n, Value::Bool(false)) if n == "prerelease"));
    assert!(matches!(&fields[2], EventField::Matches(n, hxp_policy::Pattern::SemverTag) if n == "tag"));
    let Method::Helm(helm) = &environment(policy, "c").deploys[0].method else { panic!() };
    assert_eq!((helm.chart.as_str(), helm.release.as_str(), helm.declared.as_deref()), ("other/chart", "x", None));
    assert_eq!(environment(policy, "d").deploys[0].method, Method::Command("./deploy.sh".into()));
}

#[test]
fn rollbacks_unite() {
    let found = clean(
        "trigger slow when not deployment.healthy for 1m {}\ngate g { run = \"x\" }\n\
         environment base { abstract = true  rollback on failed, slow { keep = 3, limit = 15m  require g } }\n\
         environment e extends base { rollback on manual, slow { keep = 5, strategy = blue_green } }",
    );
    let e = environment(found.policy(), "e");
    let rollback = e.rollback.as_ref().unwrap();
    assert_eq!(rollback.on.len(), 3);
    assert_eq!((rollback.keep, rollback.limit), (Some(5), Some(Millis(900_000))));
    assert_eq!(rollback.requirements[0].id, "e.gate.g");
    assert!(rollback.on.contains(&EventRef::Trigger("slow".into())));
    assert!(e.triggers["slow"].condition.is_some());
}

#[test]
fn triggers_and_metrics_are_made_concrete_for_each_environment() {
    let found = clean(
        "metric errors: percent { unit = ratio, scope { namespace = environment.namespace }\n\
           query = promql\"sum(rate(http_requests_total{code=~'5..'}[5m])) / sum(rate(http_requests_total[5m]))\" }\n\
         trigger failing when errors > environment.thresholds.errors or errors > 2 * baseline(errors, 1d) for 2m { runbook = \"x\" }\n\
         environment e { namespace = \"shop\", thresholds { errors = 2% }  rollback on failing }",
    );
    let e = environment(found.policy(), "e");
    assert_eq!(
        e.metrics["errors"].query,
        "sum(rate(http_requests_total{code=~\"5..\",namespace=\"shop\"}[5m])) / sum(rate(http_requests_total{namespace=\"shop\"}[5m]))"
    );
    let Some(Expr::Or(parts)) = &e.triggers["failing"].condition else { panic!() };
    let Expr::Compare { right, .. } = &parts[0] else { panic!() };
    assert!(matches!(&**right, Expr::Const(Value::Quantity(q)) if q.to_string() == "2%"));
    assert_eq!(found.policy().triggers["failing"].hold, Millis(120_000));
}

#[test]
fn the_thresholds_of_an_override_reach_the_triggers() {
    let found = clean(
        "metric errors: percent { unit = ratio, query = promql\"sum(x) / sum(y)\" }\n\
         metric latency: duration { unit = seconds, query = promql\"avg(z)\" }\n\
         trigger failing when errors > environment.thresholds.errors or latency > environment.thresholds.latency for 2m { runbook = \"x\" }\n\
         trigger slow when latency > environment.thresholds.latency for 2m { runbook = \"x\" }\n\
         let loose = { errors = 5%, latency = 1s }\n\
         environment base { abstract = true, thresholds { ...loose } }\n\
         environment e extends base { rollback on failing, slow }\n\
         environment f extends base { rollback on failing }\n\
         override hotfix for e when incident.open { expires = 24h  thresholds { errors = 1% } }",
    );
    let said = |of: &Expr| hxp_policy::describe::describe(of);
    let failing = &environment(found.policy(), "e").triggers["failing"];
    assert_eq!(said(failing.condition.as_ref().expect("one")), "errors > 5% or latency > 1s");
    assert_eq!(said(&failing.meanwhile["hotfix"]), "errors > 1% or latency > 1s");
    let slow = &environment(found.policy(), "e").triggers["slow"];
    assert!(slow.meanwhile.is_empty(), "it reads nothing that the override changes");
    let elsewhere = &environment(found.policy(), "f").triggers["failing"];
    assert!(elsewhere.meanwhile.is_empty(), "the override is for another environment");
}

#[test]
fn a_threshold_of_an_override_has_the_type_of_what_it_replaces() {
    let found = run("metric errors: percent { unit = ratio, query = promql\"sum(x) / sum(y)\" }\n\
         trigger failing when errors > environment.thresholds.errors for 2m { runbook = \"x\" }\n\
         environment e { thresholds { errors = 5% }  rollback on failing }\n\
         override hotfix for e when incident.open { expires = 24h  thresholds { errors = 1s } }");
    let lines = found.lines();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with("HXP03"), "{lines:#?}");
}

#[test]
fn windows_combine_and_extend() {
    let found = clean(
        "window base { zone = \"Europe/Berlin\"  open mon..fri 09:00..17:00 }\n\
         window late extends base { open sat, sun 10:00..12:00  closed 2026-12-24..2026-12-26 because \"holidays\" }\n\
         window both = base and not late",
    );
    let windows = &found.policy().windows;
    let TimeSet::Calendar(late) = &windows["late"].set else { panic!() };
    assert_eq!((late.zone.as_str(), late.open.len(), late.closed.len()), ("Europe/Berlin", 2, 1));
    assert_eq!(late.closed[0].because.as_deref(), Some("holidays"));
    assert!(matches!(&windows["both"].set, TimeSet::And(parts) if parts.len() == 2));
}

#[test]
fn rules_bind_the_environments_they_name() {
    let found = clean(
        "label big { pr = \"big\" }\n\
         /// Big changes are versions.\n\
         rule r for a { deny when change has big and release.prerelease because \"no big previews\" }\n\
         @advisory rule s { require count(release.authors) > 1 when change has big }\n\
         rule ingress on networking.k8s.io/v1.Ingress for a { require count(spec.tls) > 0 }\n\
         environment a {}\nenvironment b {}",
    );
    let policy = found.policy();
    assert_eq!(ids(environment(policy, "a")), ["a.rule.r", "a.rule.s"]);
    assert_eq!(ids(environment(policy, "b")), ["b.rule.s"]);
    let r = &environment(policy, "a").requirements[0];
    assert_eq!((r.because.as_deref(), r.doc.as_deref()), (Some("no big previews"), Some("Big changes are versions.")));
    assert!(environment(policy, "b").requirements[0].advisory);
    let RuleSubject::Kind(kind) = &policy.rules["ingress"].subject else { panic!() };
    assert_eq!(
        (kind.group.as_str(), kind.version.as_str(), kind.kind.as_str()),
        ("networking.k8s.io", "v1", "Ingress")
    );
    let mut facts = Vec::new();
    policy.rules["ingress"].clauses[0].condition.walk(&mut |e| {
        if let Expr::Fact { path, .. } = e {
            facts.push(path.join("."));
        }
    });
    assert_eq!(facts, ["object.spec.tls"]);
}

#[test]
fn overrides_add_and_waive() {
    let found = clean(
        "team seniors {}\ngate g { run = \"x\" }\nwindow w { open mon }\n\
         environment a { within w  require g }\nenvironment b { within w }\n\
         override hotfix for a, b when incident.open { expires = 24h  waive window  approve 1 of seniors  require g on incident.resolved due 2d }",
    );
    let hotfix = &found.policy().overrides["hotfix"];
    assert_eq!(hotfix.environments, ["a", "b"]);
    assert_eq!(
        hotfix.requirements.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(),
        ["a.approve.seniors", "b.approve.seniors"]
    );
    assert_eq!(hotfix.waives.len(), 1);
    assert_eq!(hotfix.duties.len(), 2);
    assert!(matches!(&hotfix.when, Some(Expr::Fact { path, .. }) if path.join(".") == "incident.open"));
}

#[test]
fn tests_are_lowered() {
    let found = clean(
        "window w { open mon }\nteam t {}\nenvironment e { within w  approve 1 of t }\n\
         override o for e when incident.open { expires = 1h  waive window }\n\
         test \"it waits\" { given e at 2026-11-27T15:30[America/Los_Angeles] with {\n\
             override = o, incident { open = true, declared_at = 2026-11-27T15:00[America/Los_Angeles] }\n\
             release.branch = \"hotfix/x\", approvals { t = 1 }, change.files = [\"a\"], previous = none }\n\
           expect pending because window until 2026-11-30T00:00[America/Los_Angeles] }",
    );
    let test = &found.policy().tests[0];
    assert_eq!(
        (test.title.as_str(), test.expect, test.because.as_slice()),
        ("it waits", Outcome::Pending, &["window".into()][..])
    );
    assert_eq!(test.with.at("release.branch"), Some(&Value::Str("hotfix/x".into())));
    assert_eq!(test.with.at("incident.open"), Some(&Value::Bool(true)));
    assert_eq!(test.with.get("previous"), Some(&Value::None));
    assert!(test.until.is_some());
    let wrong = check(
        "environment e {}\ntest \"x\" { given e at 2026-01-05T10:00[UTC] with { change.fils = [\"a\"] } expect allow }",
    );
    assert!(wrong.len() == 1 && wrong[0].starts_with("HXP0401"), "{wrong:#?}");
    let wrong = check(
        "environment e {}\ntest \"x\" { given e at 2026-01-05T10:00[UTC] with { approvals { opps = 1 } } expect allow }\nteam ops {}",
    );
    assert!(wrong.len() == 1 && wrong[0].starts_with("HXP0201 2:64 \"opps\""), "{wrong:#?}");
}

#[test]
fn the_broken_rule_shows_both_places_and_the_waiver_mends_it() {
    let policy = "service api {}\nservice ui {}\n\
        environment production { values { api { ...scaled(3..10) }, ui { ...scaled(2..5) } } }\n\
        rule three_replicas on policy { require all s in [api, ui]: production.values[s.key].autoscaling.minReplicas >= 3 }\n\
        policy p {}\n";
    let found = project(&[policy], &[], None);
    let said = &found.analysis.diagnostics;
    assert_eq!(said.len(), 1, "{:#?}", found.lines());
    assert_eq!(
        found.lines()[0],
        "HXP0518 4:61 \"production.values[s.key].autoscaling.minReplicas >= 3\" \
         `production.values.ui.autoscaling.minReplicas` is 2, the rule `three_replicas` needs at least 3"
    );
    assert_eq!(found.sources.slice(said[0].related[0].span), "scaled(2..5)");
    let RuleSubject::Policy(results) = &found.policy().rules["three_replicas"].subject else { panic!() };
    let results: Vec<(&str, bool)> = results.iter().map(|r| (r.id.as_str(), r.holds)).collect();
    assert_eq!(results, [("rule.three_replicas[api]", true), ("rule.three_replicas[ui]", false)]);

    let waiver =
        "override two for production { waive rule.three_replicas[ui] because \"stateless\"\n expires = 2027-06-30 }\n";
    let mended = project(&[policy, waiver], &[], Some(jiff::civil::date(2026, 11, 23)));
    assert_eq!(mended.lines(), Vec::<String>::new());
    let RuleSubject::Policy(results) = &mended.policy().rules["three_replicas"].subject else { panic!() };
    assert_eq!(results[1].waived_by.as_deref(), Some("two"));
    let late = project(&[policy, waiver], &[], Some(jiff::civil::date(2027, 6, 30)));
    assert_eq!(late.lines().len(), 1, "a waiver that has ended does not count");
}

/// The elements of a rule over the policy have ids that outlast changes elsewhere, and a waiver takes each of them as
/// the message writes it.
#[test]
fn elements_of_a_rule_are_known_by_what_they_say_of_themselves() {
    let cases = [
        ("all n in e.notices: n.channel.audience == internal", "rule.r[status]"),
        ("all p in [{ name = \"a\", n = 1 }, { name = \"b\", n = 2 }]: p.n < 2", "rule.r[b]"),
        ("all p in [{ n = 1, key = \"a b\" }]: p.n > 1", "rule.r[\"a b\"]"),
        ("all p in [{ name = \"all\", n = 1 }]: p.n > 1", "rule.r[\"all\"]"),
        ("all p in [{ n = 1 }, { n = 2 }]: p.n < 2", "rule.r[1]"),
        ("all p in [1, 7]: p < 5", "rule.r[7]"),
        ("all p in [1%, 70%]: p < 5%", "rule.r[70%]"),
        ("all p in [\"x\", \"y\"]: p != \"y\"", "rule.r[y]"),
        ("all p in environments: p.url != none", "rule.r[e]"),
    ];
    for (condition, id) in cases {
        let text = format!(
            "use std.notify.{{slack}}\nchannel status {{ to = slack(\"#x\"), audience = customers }}\nenvironment e {{ notify status on deployed }}\n\
             rule r on policy {{ require {condition} }}\n"
        );
        let found = run(&text);
        let [only] = found.analysis.diagnostics.as_slice() else { panic!("{condition}\n{:#?}", found.lines()) };
        assert!(only.help.iter().any(|h| h.contains(&format!("waive {id} because"))), "{condition}\n{only:#?}");
        let waived = format!("{text}override o {{ waive {id} because \"b\"  expires = 2030-01-01 }}\n");
        assert_eq!(check(&waived), Vec::<String>::new(), "{condition}");
    }
}

#[test]
fn broken_rules_say_what_they_read() {
    let cases = [
        (
            "require a.thresholds.x < b.thresholds.x",
            "`a.thresholds.x` is 5%, `b.thresholds.x` is 5%: the rule `r` needs `a.thresholds.x < b.thresholds.x`",
        ),
        (
            "require a.thresholds.x <= 50% * b.thresholds.x",
            "`a.thresholds.x` is 5%, `50% * b.thresholds.x` is 2.5%: \
             the rule `r` needs `a.thresholds.x <= 50% * b.thresholds.x`",
        ),
        (
            "require 2 * a.thresholds.x + 1% <= b.thresholds.x",
            "`2 * a.thresholds.x + 1%` is 11%, `b.thresholds.x` is 5%: the rule",
        ),
        ("require 2 * a.thresholds.x <= 5%", "`2 * a.thresholds.x` is 10%, the rule `r` needs at most 5%"),
        ("require 6% <= a.thresholds.x", "`a.thresholds.x` is 5%, the rule `r` needs at least 6%"),
        ("require a.thresholds.x < least", "`a.thresholds.x` is 5%, the rule `r` needs less than `least`, which is 4%"),
        (
            "require a.values.limits == 50% * b.values.limits",
            "`a.values.limits` has cpu = 1cpu, `50% * b.values.limits` has cpu = 500mcpu: \
             the rule `r` needs `a.values.limits == 50% * b.values.limits`",
        ),
        (
            "require a.thresholds.x < 5% and b.thresholds.x < 9%",
            "`a.thresholds.x` is 5%, the rule `r` needs less than 5%",
        ),
        ("require a.thresholds.x in [1%, 2%]", "`a.thresholds.x` is 5%, the rule `r` needs one of [1%, 2%]"),
        (
            "require a.thresholds.x < 1% or b.values.m.enabled",
            "`a.thresholds.x` is 5%, `b.values.m.enabled` is false: \
             the rule `r` needs `a.thresholds.x < 1% or b.values.m.enabled`",
        ),
        ("require b.values.m.enabled", "`b.values.m.enabled` is false: the rule `r` needs `b.values.m.enabled`"),
        ("require all t in triggers: t.runbook != none", "`t.runbook` is none, and the rule `r` needs it"),
        (
            "require all s in services: b.values[s.key].enabled == a.values.on_too",
            "`b.values.m.enabled` is false, `a.values.on_too` is true: \
             the rule `r` needs `b.values.m.enabled == a.values.on_too`",
        ),
        (
            "deny when a.thresholds.x >= b.thresholds.x",
            "`a.thresholds.x` is 5%, `b.thresholds.x` is 5%: the rule `r` denies `a.thresholds.x >= b.thresholds.x`",
        ),
        (
            "deny when a.thresholds.x > 7% or b.thresholds.x > 4%",
            "`b.thresholds.x` is 5%: the rule `r` denies `b.thresholds.x > 4%`",
        ),
        (
            "require all x in environments: all y in environments where x != y: x.secrets.scope != y.secrets.scope",
            "`a.secrets.scope` is \"s\", `b.secrets.scope` is \"s\": \
             the rule `r` needs `a.secrets.scope != b.secrets.scope`",
        ),
        (
            "require all e in environments: any n in e.notices: n.channel.audience == internal",
            "the rule `r` needs `any n in e.notices: n.channel.audience == internal`, which does not hold",
        ),
    ];
    for (rule, message) in cases {
        let text = format!(
            "environment a {{ thresholds {{ x = 5% }}, secrets {{ store = vault, scope = \"s\" }}, \
             values {{ on_too = true, limits {{ cpu = 1cpu, memory = 1Gi }} }} }}\n\
             environment b {{ thresholds {{ x = 5% }}, \
             values {{ m.enabled = false, limits {{ cpu = 1cpu, memory = 2Gi }} }}, secrets {{ store = vault, scope = \"s\" }} }}\n\
             team q {{}}\ntrigger t {{ raised_by = q }}\nlet least = 4%\nservice m {{ key = \"m\" }}\nrule r on policy {{ {rule} }}"
        );
        let lines = check(&text);
        assert!(lines.iter().any(|l| l.starts_with("HXP0518") && l.contains(message)), "{rule}\n{lines:#?}");
    }
}

#[test]
fn controls_name_their_evidence() {
    let text = |evidence: &str| {
        format!(
            "use std.compliance.{{soc2}}\ngate g {{ run = \"x\" }}\nteam t {{}}\nenvironment e {{ require g  approve 1 of t, data {{ class = live }} }}\n\
             control c extends soc2 {{ evidence = [{evidence}] }}"
        )
    };
    let found = clean(&text("e.approve, gate.g, e.data, e.gate.g").replace("of t, data", "of t  data"));
    assert_eq!(found.policy().controls["c"].evidence, ["e.approve", "gate.g", "e.data", "e.gate.g"]);
    assert_eq!(found.policy().controls["c"].parents[0], "soc2");
    let lines = check(&text("e.aprove").replace("of t, data", "of t  data"));
    assert!(lines[0].starts_with("HXP0215 5:") && lines[0].contains("\"e.aprove\""), "{lines:#?}");
}

#[test]
fn references_make_a_graph() {
    let found = clean(
        "gate g { run = \"x\" }\nlet tests = [g]\nteam t {}\nenvironment a {}\nenvironment b extends a { after a  require tests  approve 1 of t }",
    );
    let edges: Vec<String> = found
        .policy()
        .references
        .iter()
        .map(|r| format!("{}.{} {:?} {}.{}", r.from.kind.word(), r.from.name, r.role, r.to.kind.word(), r.to.name))
        .collect();
    for wanted in [
        "environment.b Extends environment.a",
        "environment.b Promotes environment.a",
        "environment.b Requires let.tests",
        "environment.b Requires gate.g",
        "environment.b Approves team.t",
    ] {
        assert!(edges.iter().any(|e| e == wanted), "{wanted} in {edges:#?}");
    }
}

#[test]
fn docs_and_origins_reach_the_model() {
    let found = clean(
        "gate g { run = \"x\" }\nenvironment e {\n  /// Because we were bitten.\n  require g\n  values {\n    /// How many.\n    replicas = 2\n  }\n}",
    );
    let e = environment(found.policy(), "e");
    assert_eq!(e.requirements[0].doc.as_deref(), Some("Because we were bitten."));
    assert_eq!((e.requirements[0].origin.line, e.requirements[0].origin.column), (4, 11));
    let field = e.values.field("replicas").unwrap();
    assert_eq!((field.doc.as_deref(), field.origin.line, field.origin.column), (Some("How many."), 7, 5));
}

#[test]
fn deep_and_long_policies_do_not_break_the_stack() {
    let deep = format!("let x = {}1{}", "(".repeat(190), ")".repeat(190));
    assert_eq!(check(&deep), Vec::<String>::new());
    let chain: Vec<String> = (1..400).map(|i| format!("let f{i}(n: int) = f{}(n) + 1", i - 1)).collect();
    let chain = chain.join("\n");
    let lines = check(&format!("let f0(n: int) = n\n{chain}\nlet x = f399(1)"));
    assert_eq!(lines, Vec::<String>::new());
    let lines = check("let x = count([i for i in 1..9000 where count([j for j in 1..9000 where j > i]) > 3])");
    assert!(lines.len() == 1 && lines[0].starts_with("HXP0319"), "{lines:#?}");
}
