//! A policy that asks for one of everything, and a request that satisfies it.

use hxp_policy::{
    Check, CompareOp, Dimension, Duty, Environment, Event, EventRef, Expiry, Expr, GateUse, Millis, Notice, Override,
    Owed, Pattern, Policy, Proof, Rollback, Subject, Type, Waive, facts,
};
use jiff::civil::{Weekday, date};
use serde_json::{Value, json};

use super::build::*;

fn bump(from: Expr, to: Expr) -> Expr {
    Expr::Call(hxp_policy::Builtin::Bump, vec![from, to])
}

pub fn policy() -> Policy {
    let mut policy = Policy {
        name: "hexabase_kaas".into(),
        version: Some(semver::Version::new(1, 0, 0)),
        edition: 2026,
        files: vec!["policy.hxp".into()],
        ..Policy::default()
    };
    policy.teams = ["devops", "managers", "security", "dba", "senior_engineers", "platform"]
        .into_iter()
        .map(|name| team(name, None))
        .chain([team("owners", Some(&["sue", "olaf"]))])
        .collect();
    policy.labels = [
        labelled("security", Some("security"), &["**/auth/**"], None),
        labelled("sensitive", Some("sensitive"), &[], None),
        labelled("breaking", Some("breaking"), &[], Some(r"[a-z]+(\(.+\))?!:")),
        labelled("feature", Some("feature"), &[], Some("feat")),
        labelled("fix", None, &[], Some("fix")),
        labelled("migration", None, &["**/migrations/**"], None),
    ]
    .into_iter()
    .collect();
    let mid_week = [Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday];
    policy.windows = [window(
        "release_hours",
        calendar(
            "America/Los_Angeles",
            vec![slot(&mid_week, &[], &[(600, 900)])],
            vec![slot(&[], &[("2026-12-18", "2027-01-04")], &[])],
        ),
    )]
    .into_iter()
    .collect();
    policy.gates = [
        gate("unit_tests", machine(), Subject::Commit),
        gate("coverage", machine(), Subject::Commit),
        gate("perf", machine(), Subject::Commit),
        gate("scan", machine(), Subject::Commit),
        gate("rollback_plan", Proof::People("platform".into()), Subject::Release),
        gate("waf", machine(), Subject::Environment),
        gate("reviewed", Proof::Facts, Subject::Commit),
        gate("signed_build", machine(), Subject::Commit),
        gate("uat", machine(), Subject::Release),
        gate("eol_notice", machine(), Subject::Release),
        gate("migration_rollback", machine(), Subject::Commit),
        gate("based_on_production", Proof::Facts, Subject::Commit),
        gate("post_mortem", Proof::People("platform".into()), Subject::Incident),
        gate("health", machine(), Subject::Deployment),
    ]
    .into_iter()
    .collect();
    policy.gates["perf"].key_params = vec!["tolerance".into()];
    policy.gates["scan"].valid = millis(24 * HOUR);
    policy.gates["scan"].fails_on_no_data = true;
    policy.gates["waf"].valid = millis(24 * HOUR);
    policy.gates["signed_build"].properties.fields.push(hxp_policy::Field {
        name: "issuer".into(),
        value: hxp_policy::Value::Str("repo:hexabase/kaas".into()),
        origin: at(0),
        doc: None,
    });
    policy.environments = [staging(), production()].into_iter().map(|e| (e.name.clone(), e)).collect();
    policy.overrides = [hotfix(), without_waf()].into_iter().map(|o| (o.name.clone(), o)).collect();
    policy
}

fn staging() -> Environment {
    Environment {
        name: "staging".into(),
        origin: at(30),
        requirements: vec![requirement("staging.gate.unit_tests", 31, uses("unit_tests", None))],
        ..Environment::default()
    }
}

fn production() -> Environment {
    let int_result = |name| result(name, Type::Int);
    let tests = and([
        compare(CompareOp::Eq, int_result("passed"), int_result("total"), Type::Int),
        compare(CompareOp::Gt, int_result("total"), int(0), Type::Int),
    ]);
    let quantity = |d| Type::Quantity(d);
    let line = result("line", quantity(Dimension::Percent));
    let regression = result("regression", quantity(Dimension::Percent));
    let covered = compare(CompareOp::Ge, line, Expr::Const(percent(70)), quantity(Dimension::Percent));
    let fast = compare(CompareOp::Le, regression, Expr::Const(percent(20)), quantity(Dimension::Percent));
    let old = compare(CompareOp::Ge, Expr::Age, Expr::Const(days(183)), quantity(Dimension::Duration));
    // Every commit belongs to a pull request that somebody approved.
    let reviewed = quantifier(true, "c", fact("change.commits"), None, &|c| {
        quantifier(
            false,
            "p",
            fact("change.pull_requests"),
            Some(&|p| eq(field(p, "id"), field(c.clone(), "pull_request"))),
            &|p| {
                let approvals = Expr::Call(hxp_policy::Builtin::Count, vec![field(p, "approved_by")]);
                compare(CompareOp::Ge, approvals, int(1), Type::Int)
            },
        )
    });
    let least_bump = choose(
        label("breaking"),
        word("major"),
        choose(label("feature"), word("minor"), choose(label("fix"), word("patch"), word("same"))),
    );
    let too_small = compare(
        CompareOp::Lt,
        bump(fact("previous.version"), fact("release.version")),
        least_bump,
        Type::Enum(&facts::BUMP),
    );
    let mismatch = and([ne(fact("previous.version"), none()), too_small]);
    let mut requirements = vec![
        requirement("production.after.staging", 60, Check::After { environment: "staging".into(), soaked: None }),
        requirement(
            "production.after.staging.soaked",
            60,
            Check::After { environment: "staging".into(), soaked: millis(HOUR) },
        ),
        requirement("production.window.release_hours", 61, Check::Within("release_hours".into())),
        requirement("production.gate.unit_tests", 62, uses("unit_tests", Some(tests))),
        requirement(
            "production.gate.coverage(min = 70%)",
            62,
            Check::Gate(GateUse {
                gate: "coverage".into(),
                args: vec![("min".into(), percent(70))],
                predicate: Some(covered),
            }),
        ),
        requirement(
            "production.gate.perf",
            62,
            Check::Gate(GateUse {
                gate: "perf".into(),
                args: vec![("tolerance".into(), percent(20))],
                predicate: Some(fast),
            }),
        ),
        requirement("production.gate.scan", 63, uses("scan", None)),
        requirement("production.gate.rollback_plan", 63, uses("rollback_plan", None)),
        requirement("production.gate.waf", 63, uses("waf", None)),
        requirement("production.gate.reviewed", 64, uses("reviewed", Some(reviewed))),
        requirement("production.gate.signed_build", 64, uses("signed_build", None)),
        requirement("production.gate.uat", 65, uses("uat", None)),
        requirement("production.gate.eol_notice", 66, uses("eol_notice", Some(old))),
        requirement("production.approve.devops", 67, approve("devops", vec![seat(1, None, Some(1))])),
        requirement("production.approve.managers", 67, approve("managers", vec![seat(1, None, Some(1))])),
        requirement(
            "production.approve.security",
            68,
            approve("security", vec![seat(1, Some(or([label("security"), label("sensitive")])), None)]),
        ),
        requirement(
            "production.approve.dba",
            69,
            approve("dba", vec![seat(1, Some(label("migration")), None), seat(2, Some(label("breaking")), None)]),
        ),
        requirement(
            "production.rule.version_matches_change",
            80,
            Check::Rule {
                rule: "version_matches_change".into(),
                clauses: vec![deny(mismatch, "a breaking change needs a major version, a feature a minor one")],
            },
        ),
        requirement(
            "production.rule.from_main",
            81,
            Check::Rule {
                rule: "from_main".into(),
                clauses: vec![
                    demand(
                        or([
                            eq(fact("release.branch"), text("main")),
                            Expr::Match(Box::new(fact("release.branch")), Pattern::Glob("hotfix/*".into())),
                        ]),
                        Some(ne(fact("release.branch"), none())),
                        "releases come from main or a hotfix branch",
                    ),
                    deny(fact("release.prerelease"), "a pre-release stays out"),
                ],
            },
        ),
    ];
    for (id, when) in [("production.gate.uat", None), ("production.gate.eol_notice", Some(label("sensitive")))] {
        let found = requirements.iter_mut().find(|r| r.id == id).expect("declared above");
        found.advisory = when.is_none();
        found.when = when;
    }
    requirements[2].doc = Some("Wall clock of the Pacific coast: whatever \"PST\" means.".into());
    let mut migration = requirement("production.gate.migration_rollback", 90, uses("migration_rollback", None));
    migration.when = Some(label("migration"));
    Environment {
        name: "production".into(),
        title: Some("Production".into()),
        doc: Some("Where customers are.".into()),
        origin: at(50),
        requirements,
        rollback: Some(Rollback { keep: Some(2), requirements: vec![migration], ..Rollback::default() }),
        duties: vec![
            duty("production.gate.health", Event::Deployed, 30 * MINUTE, None),
            duty("production.gate.scan", Event::Deployed, 24 * HOUR, Some(label("security"))),
        ],
        notices: vec![
            notice("deployments", Event::Deployed, None, None),
            notice("customers", Event::Deployed, Some(label("breaking")), None),
            notice("status", Event::IncidentDeclared, None, millis(5 * MINUTE)),
        ],
        ..Environment::default()
    }
}

fn duty(id: &str, on: Event, due: i64, when: Option<Expr>) -> Duty {
    let gate = id.rsplit('.').next().expect("a word");
    let what = Owed::Gate(GateUse { gate: gate.into(), args: Vec::new(), predicate: None });
    Duty {
        id: id.into(),
        what,
        on: vec![EventRef::Event(on)],
        due: Millis(due),
        when,
        owner: Some("platform".into()),
        advisory: false,
        origin: at(95),
    }
}

fn notice(channel: &str, on: Event, when: Option<Expr>, due: Option<Millis>) -> Notice {
    Notice { channel: channel.into(), on: vec![EventRef::Event(on)], when, due, origin: at(96) }
}

fn waive(id: &str) -> Waive {
    Waive { id: id.into(), because: Some("it is argued in the ticket".into()), origin: at(100) }
}

fn hotfix() -> Override {
    let on_hotfix_branch = Expr::Match(Box::new(fact("release.branch")), Pattern::Glob("hotfix/*".into()));
    let based = and([
        ne(fact("previous.commit"), none()),
        Expr::Has(Box::new(fact("release.ancestors")), Box::new(fact("previous.commit"))),
    ]);
    let based = or([based, not(on_hotfix_branch)]);
    Override {
        name: "hotfix".into(),
        doc: Some("Something is on fire.".into()),
        origin: at(100),
        environments: vec!["production".into()],
        when: Some(fact("incident.open")),
        expires: Expiry::After(Millis(24 * HOUR)),
        waives: ["window", "gate.perf", "approve.managers", "approve.senior_engineers"].map(waive).to_vec(),
        requirements: vec![
            requirement(
                "production.approve.senior_engineers",
                101,
                approve("senior_engineers", vec![seat(1, None, None)]),
            ),
            requirement("production.gate.based_on_production", 102, uses("based_on_production", Some(based))),
        ],
        duties: vec![duty("production.gate.post_mortem", Event::IncidentResolved, 48 * HOUR, None)],
        notices: Vec::new(),
        owner: Some("platform".into()),
        ticket: None,
        properties: hxp_policy::Record::default(),
    }
}

fn without_waf() -> Override {
    Override {
        name: "without_waf".into(),
        doc: None,
        origin: at(110),
        environments: Vec::new(),
        when: None,
        expires: Expiry::On(date(2026, 12, 10)),
        waives: vec![waive("gate.waf")],
        requirements: Vec::new(),
        duties: Vec::new(),
        notices: Vec::new(),
        owner: Some("platform".into()),
        ticket: Some("KAAS-12".into()),
        properties: hxp_policy::Record::default(),
    }
}

/// A Tuesday, an hour after the window opens; everything is as it should be.
pub fn request() -> Value {
    let images = json!({ "api": "sha256:aa", "ui": "sha256:bb" });
    let chart = json!({ "name": "kaas", "version": "1.4.0", "digest": "sha256:cc" });
    let passed = |gate: &str, subject: Value| {
        json!({ "gate": gate, "subject": subject, "state": "passed", "issuer": "repo:hexabase/kaas",
                "at": "2026-12-01T06:00:00Z", "url": format!("https://ci.example/{gate}") })
    };
    let commit = json!({ "commit": "9f3c" });
    let release = json!({ "release": { "images": images, "chart": chart } });
    let mut evidence = vec![
        passed("unit_tests", commit.clone()),
        passed("coverage", commit.clone()),
        passed("perf", commit.clone()),
        passed("scan", commit.clone()),
        passed("rollback_plan", release),
        passed("waf", json!({ "environment": "production" })),
        passed("signed_build", commit),
    ];
    evidence[0]["results"] = json!({ "passed": 10, "total": 10 });
    evidence[1]["results"] = json!({ "line": "83.1%" });
    evidence[2]["results"] = json!({ "regression": "3.5%" });
    evidence[2]["params"] = json!({ "tolerance": "20%" });
    evidence[4]["by"] = json!("kim");
    let approval = |person: &str| {
        json!({ "person": person, "vote": "approve", "environment": "production", "commit": "9f3c",
                "images": images, "at": "2026-12-01T15:00:00Z" })
    };
    json!({
        "hxp": 1,
        "at": "2026-12-01T11:00:00-08:00",
        "environment": "production",
        "action": "deploy",
        "actor": { "id": "ada", "bot": false },
        "event": { "kind": "release", "published": true, "tag": "v1.2.3", "branch": null },
        "release": {
            "commit": "9f3c", "images": images, "chart": chart, "values_digest": "sha256:vv", "version": "1.2.3",
            "prerelease": false, "branch": "main", "ancestors": ["0001", "0000"], "publisher": "ada",
            "authors": ["ada", "bob"] },
        "previous": {
            "commit": "0001", "version": "1.2.2", "images": { "api": "sha256:00" }, "chart": chart,
            "values_digest": "sha256:v0" },
        "published_versions": ["1.2.2", "1.1.9"],
        "change": {
            "files": ["src/main.go"],
            "commits": [{ "id": "9f3c", "message": "fix: a leak\n\nfeat!: not the first line", "author": "bob", "pull_request": 812 }],
            "pull_requests": [{ "id": 812, "author": "bob", "labels": [], "approved_by": ["eve"], "merged_at": "2026-11-30T10:00:00Z" }] },
        "evidence": evidence,
        "approvals": [approval("eve"), approval("joe")],
        "members": { "devops": ["eve", "kim"], "managers": ["joe", "eve"], "security": ["sam"], "dba": ["dan", "dot"],
                     "senior_engineers": ["sue"], "platform": ["kim"] },
        "deployments": [{
            "id": "d91", "environment": "staging", "images": images, "chart": chart, "action": "deploy", "revision": 41,
            "from": "2026-12-01T09:00:00Z", "to": null, "outcome": "healthy",
            "healthy": [{ "from": "2026-12-01T09:05:00Z", "to": null }] }],
        "triggers": [],
        "incident": null,
        "override": null,
        "duties": []
    })
}
