//! The dependency graph: what it holds, its circles, and that every drawing of it can be read by its reader.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may, and leaves its drawings for a look"
)]

use std::collections::BTreeSet;

use hxp_policy::graph::{FocusError, Graph, View};
use hxp_policy::{
    Channel, Chart, Check, Control, Deploy, Environment, Event, EventMatch, EventRef, Expr, Gate, GateUse, Helm, Kind,
    Label, Method, Metric, Millis, Node, Notice, Objective, Origin, Policy, Proof, Reference, Requirement, Role,
    Rollback, Rule, RuleSubject, Seats, Subject, Team, TimeSet, Trigger, TriggerUse, Type, Window,
};

fn team(policy: &mut Policy, name: &str) {
    policy.teams.insert(name.into(), Team { name: name.into(), ..Team::default() });
}

fn gate(policy: &mut Policy, name: &str, by: Option<&str>) {
    let proof = by.map_or(Proof::Facts, |team| Proof::People(team.into()));
    let gate = Gate {
        name: name.into(),
        doc: None,
        origin: Origin::default(),
        params: vec![],
        key_params: vec![],
        proof,
        subject: Subject::Commit,
        valid: None,
        yields: vec![],
        fails_on_no_data: false,
        properties: hxp_policy::Record::default(),
    };
    policy.gates.insert(name.into(), gate);
}

fn requirement(check: Check, when: Option<Expr>) -> Requirement {
    Requirement { id: "x".into(), when, check, advisory: false, doc: None, because: None, origin: Origin::default() }
}

fn needs_gate(name: &str) -> Requirement {
    requirement(Check::Gate(GateUse { gate: name.into(), args: vec![], predicate: None }), None)
}

fn approve(team: &str, label: Option<&str>) -> Requirement {
    let seats = vec![Seats { count: 1, when: None, distinct: None, origin: Origin::default() }];
    requirement(Check::Approve { team: team.into(), seats }, label.map(|l| Expr::HasLabel(l.into())))
}

fn after(environment: &str, soaked: Option<i64>) -> Requirement {
    requirement(Check::After { environment: environment.into(), soaked: soaked.map(Millis) }, None)
}

fn deploy(events: &[Event]) -> Deploy {
    let event = |e: &Event| EventMatch { event: *e, fields: vec![], origin: Origin::default() };
    let helm = Helm { declared: Some("kaas".into()), ..Helm::default() };
    Deploy { method: Method::Helm(helm), events: events.iter().map(event).collect(), origin: Origin::default() }
}

fn notice(channel: &str, label: Option<&str>) -> Notice {
    Notice {
        channel: channel.into(),
        on: vec![EventRef::Event(Event::Deployed)],
        when: label.map(|l| Expr::HasLabel(l.into())),
        due: None,
        origin: Origin::default(),
    }
}

fn environment(policy: &mut Policy, name: &str, requirements: Vec<Requirement>, channels: &[&str], triggers: &[&str]) {
    let rollback = Rollback {
        on: triggers.iter().map(|t| EventRef::Trigger((*t).into())).collect(),
        limit: Some(Millis(900_000)),
        ..Rollback::default()
    };
    let uses = |t: &&str| {
        let metric = Expr::Metric(if t.contains("slow") { "latency_p95" } else { "error_rate" }.into());
        (
            (*t).into(),
            TriggerUse { trigger: (*t).into(), condition: Some(metric), meanwhile: hxp_policy::Table::default() },
        )
    };
    let environment = Environment {
        name: name.into(),
        requirements,
        deploys: vec![deploy(&[Event::Push, Event::Manual])],
        rollback: (!triggers.is_empty()).then_some(rollback),
        notices: channels.iter().map(|c| notice(c, None)).collect(),
        triggers: triggers.iter().map(uses).collect(),
        ..Environment::default()
    };
    policy.environments.insert(name.into(), environment);
}

/// A policy about as large as a real one.
fn large() -> Policy {
    let mut policy = Policy { name: "hexabase_kaas".into(), ..Policy::default() };
    for name in
        ["platform", "engineering", "qa", "engineering_managers", "devops", "security", "dba", "cab", "architects"]
    {
        team(&mut policy, name);
    }
    for name in ["security", "sensitive", "breaking", "feature", "database_migration", "infrastructure", "major_change"]
    {
        policy.labels.insert(name.into(), Label { name: name.into(), ..Label::default() });
    }
    for name in ["staging_deployments", "staging_alerts", "production_deployments", "status", "customers_mail", "pager"]
    {
        policy.channels.insert(name.into(), Channel { name: name.into(), ..Channel::default() });
    }
    policy.charts.insert("kaas".into(), Chart { name: "kaas".into(), ..Chart::default() });
    let tests = ["unit_tests", "integration_tests", "e2e_tests", "coverage", "perf", "scan"];
    let probes = ["tls_1_2", "encrypted_at_rest", "waf", "multi_az", "point_in_time_recovery", "backup_taken"];
    for name in tests.iter().chain(&probes).chain(&["two_reviews", "changelog", "vpn_only"]) {
        gate(&mut policy, name, None);
    }
    for (name, by) in [
        ("release_notes", "engineering"),
        ("rollback_plan", "engineering"),
        ("dashboards_ready", "engineering"),
        ("uat", "qa"),
        ("pen_test", "security"),
        ("post_mortem", "engineering"),
    ] {
        gate(&mut policy, name, Some(by));
    }
    let window = |name: &str| Window {
        name: name.into(),
        doc: None,
        origin: Origin::default(),
        set: TimeSet::Calendar(hxp_policy::Calendar::default()),
    };
    policy.windows.insert("release_hours".into(), window("release_hours"));
    for name in ["error_rate", "latency_p95", "availability"] {
        let metric = Metric {
            name: name.into(),
            doc: None,
            origin: Origin::default(),
            ty: Type::Decimal,
            unit: "ratio".into(),
            properties: hxp_policy::Record::default(),
        };
        policy.metrics.insert(name.into(), metric);
    }
    for (name, by) in [
        ("high_error_rate", None),
        ("slow_responses", None),
        ("unhealthy", None),
        ("vulnerability_found", Some("security")),
    ] {
        let trigger = Trigger {
            name: name.into(),
            doc: None,
            origin: Origin::default(),
            hold: Millis(120_000),
            raised_by: by.map(Into::into),
            runbook: None,
            on_no_data: "hold".into(),
            min_samples: None,
            properties: hxp_policy::Record::default(),
        };
        policy.triggers.insert(name.into(), trigger);
    }
    environment(&mut policy, "local", vec![], &[], &[]);
    let mut staging: Vec<_> = tests.iter().map(|g| needs_gate(g)).collect();
    staging.push(needs_gate("vpn_only"));
    environment(
        &mut policy,
        "staging",
        staging,
        &["staging_deployments", "staging_alerts"],
        &["high_error_rate", "unhealthy"],
    );
    let mut production: Vec<_> = tests.iter().chain(&probes).map(|g| needs_gate(g)).collect();
    for name in ["two_reviews", "changelog", "release_notes", "rollback_plan", "dashboards_ready", "uat", "pen_test"] {
        production.push(needs_gate(name));
    }
    production.extend([
        after("staging", Some(3_600_000)),
        requirement(Check::Within("release_hours".into()), None),
        approve("engineering_managers", None),
        approve("devops", None),
        approve("security", Some("security")),
        approve("dba", Some("database_migration")),
        approve("cab", Some("infrastructure")),
        approve("architects", Some("major_change")),
    ]);
    environment(
        &mut policy,
        "production",
        production,
        &["production_deployments", "status", "customers_mail", "pager"],
        &["high_error_rate", "slow_responses", "unhealthy", "vulnerability_found"],
    );
    for name in ["three_replicas", "version_matches_change", "staging_is_silent", "ingress_has_tls"] {
        let rule = Rule {
            name: name.into(),
            doc: None,
            origin: Origin::default(),
            subject: RuleSubject::Release,
            environments: if name == "staging_is_silent" { vec![] } else { vec!["production".into()] },
            clauses: vec![],
            advisory: false,
        };
        policy.rules.insert(name.into(), rule);
    }
    for (name, metric) in [("uptime", "availability"), ("stability", "error_rate")] {
        let objective = Objective {
            name: name.into(),
            doc: None,
            origin: Origin::default(),
            environments: vec!["production".into()],
            over: None,
            conditions: vec![Expr::Metric(metric.into())],
            properties: hxp_policy::Record::default(),
        };
        policy.objectives.insert(name.into(), objective);
    }
    let control = Control {
        name: "change_management".into(),
        doc: None,
        origin: Origin::default(),
        parents: vec!["soc2".into()],
        applies: true,
        evidence: vec!["production.approve".into(), "gate.two_reviews".into(), "rule.version_matches_change".into()],
        properties: hxp_policy::Record::default(),
    };
    policy.controls.insert("change_management".into(), control);
    policy
}

/// Three environments one behind the other, with names that every format must quote.
fn small() -> Policy {
    let mut policy = Policy { name: "shop".into(), ..Policy::default() };
    team(&mut policy, "ops");
    environment(&mut policy, "dev", vec![], &[], &[]);
    environment(&mut policy, "test", vec![after("dev", None)], &[], &[]);
    environment(&mut policy, "live", vec![after("test", Some(3_600_000)), approve("ops", None)], &[], &[]);
    let title = r#"a "quoted" <b>name</b> & \ #35; [x]{y}|z `code` %% 日本語"#;
    let from = Node { kind: Kind::Rule, name: title.into() };
    let to = Node { kind: Kind::Environment, name: "live".into() };
    policy.references.push(Reference { from, to, role: Role::Uses, origin: Origin::default() });
    policy
}

fn shown(policy: &Policy, view: &View) -> Graph {
    Graph::of(policy).view(view).unwrap()
}

#[test]
fn the_small_policy_in_every_format() {
    let policy = small();
    let graph = shown(&policy, &View::default());
    insta::assert_snapshot!("small_dot", graph.to_dot());
    insta::assert_snapshot!("small_mermaid", graph.to_mermaid());
    insta::assert_snapshot!("small_json", serde_json::to_string_pretty(&graph.to_json(&policy)).unwrap());
}

#[test]
fn drawings_are_written_for_a_look() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, policy, view) in [
        ("large", large(), View::default()),
        ("promotion", large(), View::promotion()),
        ("focus", large(), View { focus: Some("staging".into()), ..View::default() }),
        ("small", small(), View::default()),
        ("chain", small(), View::promotion()),
        ("empty", Policy::default(), View::default()),
    ] {
        let graph = shown(&policy, &view);
        let svg = graph.to_svg(&format!("{} <{name}>", policy.name));
        assert_eq!(svg, shown(&policy, &view).to_svg(&format!("{} <{name}>", policy.name)), "drawn alike twice");
        well_formed(&svg);
        boxes_lie_apart(&svg);
        std::fs::write(folder.join(format!("{name}.svg")), &svg).unwrap();
        std::fs::write(folder.join(format!("{name}.dot")), graph.to_dot()).unwrap();
        std::fs::write(folder.join(format!("{name}.mmd")), graph.to_mermaid()).unwrap();
    }
}

/// However the services of a monorepo are declared, each way to production goes straight down.
#[test]
fn ways_of_several_services_do_not_cross() {
    let mut policy = small();
    for name in ["a", "b", "c"] {
        environment(&mut policy, &format!("{name}_test"), vec![], &[], &[]);
    }
    for name in ["c", "a", "b"] {
        let early = format!("{name}_test");
        environment(&mut policy, &format!("{name}_live"), vec![after(&early, None)], &[], &[]);
    }
    let svg = shown(&policy, &View::default()).to_svg("shop");
    let ways: Vec<&str> = svg.lines().filter(|l| l.contains("line promotes") && l.contains("<title>")).collect();
    assert_eq!(ways.len(), 5, "{svg}");
    let path = |line: &&str| line.split_once(" d=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    assert!(ways.iter().map(path).all(|path| !path.contains('C')), "{ways:#?}");
}

/// Every element that opens closes, and no text holds a bare `<` or `&`.
fn well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        for (n, _) in text.match_indices('&') {
            assert!(["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"].iter().any(|e| text[n..].starts_with(e)), "{text}");
        }
        let end = tag.find('>').expect("a tag ends");
        let inner = &tag[1..end];
        if let Some(name) = inner.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !inner.ends_with('/') {
            open.push(inner.split_whitespace().next().unwrap());
        }
        rest = &tag[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
}

fn boxes_lie_apart(svg: &str) {
    let number = |line: &str, name: &str| {
        let value = line.split_once(&format!(" {name}=\"")).unwrap().1;
        value.split_once('"').unwrap().0.parse::<f64>().unwrap()
    };
    let boxes: Vec<[f64; 4]> = svg
        .lines()
        .filter(|l| l.starts_with("<g><title>"))
        .filter_map(|l| l.split_once("<rect class=\"back\"").map(|(_, rest)| rest))
        .map(|l| ["x", "y", "width", "height"].map(|n| number(l, n)))
        .collect();
    for (n, a) in boxes.iter().enumerate() {
        for b in &boxes[n + 1..] {
            let apart = a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1];
            assert!(apart, "{a:?} covers {b:?}");
        }
    }
}

#[test]
fn views_show_what_they_say() {
    let policy = large();
    let names = |graph: &Graph| graph.declarations().map(|d| d.node.to_string()).collect::<BTreeSet<_>>();
    let promotion = shown(&policy, &View::promotion());
    let expected = ["environment.local", "environment.production", "environment.staging"];
    assert_eq!(names(&promotion), expected.map(str::to_owned).into());
    let focus = |name: &str| Graph::of(&policy).view(&View { focus: Some(name.into()), ..View::default() });
    let dba = focus("dba").unwrap();
    let expected = ["control.change_management", "environment.production", "objective.stability", "objective.uptime"];
    assert!(expected.iter().all(|n| names(&dba).contains(*n)), "{:?}", names(&dba));
    assert!(!names(&dba).contains("gate.unit_tests"), "production's gates are neither above nor below its approvers");
    match focus("security") {
        Err(FocusError::Ambiguous(names)) => assert_eq!(names, ["team.security", "label.security"]),
        other => panic!("{other:?}"),
    }
    assert!(names(&focus("team.security").unwrap()).contains("gate.pen_test"));
    assert!(matches!(focus("nobody"), Err(FocusError::Unknown(names)) if names.contains(&"team.dba".into())));
}

#[test]
fn use_and_disuse() {
    let graph = Graph::of(&large());
    let used = |kind: Kind, name: &str| graph.is_used(&Node { kind, name: name.into() });
    assert!(used(Kind::Team, "qa"), "by the gate that it signs");
    assert!(used(Kind::Label, "infrastructure"), "by a condition");
    assert!(!used(Kind::Team, "platform"));
    assert!(!used(Kind::Gate, "post_mortem"));
}

#[test]
fn circles_are_shown_as_a_way() {
    let mut policy = Policy::default();
    environment(&mut policy, "a", vec![after("b", None)], &[], &[]);
    environment(&mut policy, "b", vec![after("c", None), after("d", None)], &[], &[]);
    environment(&mut policy, "c", vec![after("a", None)], &[], &[]);
    environment(&mut policy, "d", vec![after("c", None)], &[], &[]);
    environment(&mut policy, "alone", vec![after("alone", None)], &[], &[]);
    environment(&mut policy, "fine", vec![after("a", None)], &[], &[]);
    let cycles = Graph::of(&policy).cycles(|d| d.role == Role::Promotes);
    let ways: Vec<Vec<_>> = cycles.iter().map(|c| c.iter().map(|s| s.node.name.as_str()).collect()).collect();
    assert_eq!(ways, [vec!["a", "b", "c"], vec!["alone"]]);
    assert!(Graph::of(&large()).cycles(|d| d.role == Role::Promotes).is_empty());
    well_formed(&shown(&policy, &View::promotion()).to_svg("circles"));
    boxes_lie_apart(&shown(&policy, &View::promotion()).to_svg("circles"));
}
