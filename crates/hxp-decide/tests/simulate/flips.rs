//! What is expected, said by hand.

use hxp_decide::Engine;
use hxp_decide::simulate::{Attempt, MOST_DAYS, SimulateError, Simulation, simulate};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value as Json, json};

use crate::fixture::{SHOP, at, policy, request, run};

/// `from outcome: what changed`
fn told(simulation: &Simulation) -> Vec<String> {
    let each = simulation.stretches.iter().map(|s| {
        let changed: Vec<&str> = s.changed.iter().map(|c| c.text.as_str()).collect();
        format!("{} {}: {}", s.from, s.outcome.word(), changed.join("; "))
    });
    each.collect()
}

#[test]
fn a_release_through_three_weeks() {
    let found = run(&policy(SHOP), &request(), "2026-11-27T00:00:00Z", "2026-12-18T00:00:00Z");
    assert_eq!(
        told(&found),
        [
            "2026-11-27T00:00:00Z deny: ",
            "2026-11-30T11:00:00Z allow: settled holds",
            "2026-11-30T15:00:00Z pending: releases closes",
            // Noon in New York.
            "2026-11-30T17:00:00Z deny: big changes wait for after lunch",
            "2026-11-30T18:00:00Z pending: quiet holds",
            // 36 hours after the load test.
            "2026-12-01T08:00:00Z deny: releases opens; load does not satisfy its condition",
        ]
        .map(str::to_owned)
    );
    // The override that excuses the missing test ends, though nothing but the reasons is otherwise.
    let end = found.moments.iter().find(|m| m.at == at("2026-12-03T00:00:00Z")).unwrap();
    assert!(!end.flips);
    assert_eq!(end.changes.len(), 1);
    assert_eq!(end.changes[0].id, "production.gate.pen_test");
    assert_eq!(end.changes[0].text, "slow ends: pen_test has no evidence");
}

/// The requirement, what the case is about, what it changes of the request, and the instants that are expected.
type Case = (&'static str, &'static str, fn(&mut Json), &'static [&'static str]);

/// Each case changes the request; what is told is the instant at which the requirement begins to stand otherwise.
#[test]
fn each_kind_of_change_to_the_nanosecond() {
    let policy = policy(SHOP);
    let cases: [Case; 7] = [
        // Evidence counts from its instant on, and as long as it is valid, that instant included.
        (
            "production.gate.scan",
            "evidence",
            |r| r["evidence"][0]["at"] = json!("2026-11-28T12:34:56.789Z"),
            &["2026-11-28T12:34:56.789Z", "2026-12-12T12:34:56.789000001Z"],
        ),
        ("production.approve.devops", "approval", |_| {}, &["2026-11-30T07:30:00Z", "2026-12-07T07:30:00.000000001Z"]),
        // Soaked as soon as it has lasted long enough.
        ("production.after.staging.soaked", "soak", |_| {}, &["2026-11-30T10:00:00Z"]),
        (
            "production.after.staging.soaked",
            "a stay that ends just too early",
            |r| {
                r["deployments"][0]["to"] = json!("2026-11-30T09:59:59Z");
                r["deployments"][0]["healthy"][0]["to"] = json!("2026-11-30T09:59:59Z");
            },
            &[],
        ),
        // A trigger that begins to fire ends the stay, which counts no more: it ended badly.
        (
            "production.after.staging",
            "trigger",
            |r| {
                r["triggers"] = json!([{ "trigger": "t", "environment": "staging", "state": "firing",
                                         "since": "2026-12-01T06:00:00Z" }]);
            },
            &["2026-11-28T10:00:00Z", "2026-12-01T06:00:00Z"],
        ),
        ("production.gate.pen_test", "waiver", |_| {}, &["2026-12-03T00:00:00Z"]),
        (
            "production.rule.paid",
            "duty",
            |r| r["duties"] = json!([{ "id": "d", "due_at": "2026-12-04T10:00:00Z", "done_at": null }]),
            &["2026-12-04T10:00:00.000000001Z"],
        ),
    ];
    for (id, name, change, expected) in cases {
        let mut request = request();
        change(&mut request);
        let found = run(&policy, &request, "2026-11-27T00:00:00Z", "2026-12-20T00:00:00Z");
        let moments = found.moments.iter().filter(|m| m.changes.iter().any(|c| c.id == id));
        let moments: Vec<Timestamp> = moments.map(|m| m.at).collect();
        let expected: Vec<Timestamp> = expected.iter().map(|t| at(t)).collect();
        assert_eq!(moments, expected, "{name}");
    }
}

/// Break-glass begins with its incident and ends with its time.
#[test]
fn an_incident_opens_the_window_for_half_a_day() {
    let mut request = request();
    request["evidence"][1]["results"]["p95"] = json!("1s");
    request["change"]["files"] = json!([]);
    request["incident"] = json!({ "id": "INC-1", "state": "open", "environments": ["production"],
                                  "declared_at": "2026-12-01T20:00:00Z", "resolved_at": null });
    request["override"] = json!({ "name": "fire", "reason": "smoke", "ticket": "T-2" });
    let found = run(&policy(SHOP), &request, "2026-12-01T16:00:00Z", "2026-12-02T10:00:00Z");
    assert_eq!(
        told(&found),
        [
            "2026-12-01T16:00:00Z pending: ",
            "2026-12-01T20:00:00Z allow: waived by fire: releases is shut; waived by fire: was \
             healthy in staging for 2d; is asked for from now on: approved by devops",
        ]
        .map(str::to_owned)
    );
}

#[test]
fn what_cannot_be_simulated() {
    let policy = policy(SHOP);
    let engine = Engine::new(&policy);
    let now = at("2026-11-27T00:00:00Z");
    let later = now + 24.hours();
    let request = request();
    let ask = |environment: &str, from: Timestamp, to: Timestamp, request: &Json| {
        simulate(&engine, environment, from, to, Attempt::Request(request)).map(|_| ())
    };
    let known = vec!["staging".into(), "production".into()];
    assert_eq!(ask("prod", now, later, &request), Err(SimulateError::Environment(known)));
    assert_eq!(ask("staging", now, later, &request), Err(SimulateError::OtherEnvironment("production".into())));
    assert_eq!(ask("production", later, now, &request), Err(SimulateError::Backwards));
    assert_eq!(ask("production", now, now, &request), Err(SimulateError::Backwards));
    let longest = now + (MOST_DAYS * 24).hours();
    assert_eq!(ask("production", now, longest + 1.nanosecond(), &request), Err(SimulateError::TooLong));
    assert_eq!(ask("production", Timestamp::MIN, Timestamp::MAX, &request), Err(SimulateError::TooLong));
    assert_eq!(
        ask("production", Timestamp::MIN, Timestamp::MIN + 24.hours(), &request),
        Err(SimulateError::OutOfRange)
    );
    let mut wrong = request.clone();
    wrong["relaese"] = json!({});
    assert!(matches!(ask("production", now, later, &wrong), Err(SimulateError::Malformed(_))));
    assert!(matches!(ask("production", now, later, &json!([])), Err(SimulateError::Malformed(_))));
    // A request may mention more instants than can be looked at.
    let instants: Vec<Json> = (0..20_000)
        .map(|n| json!({ "id": "x", "due_at": (now + jiff::SignedDuration::from_millis(n * 500 + 1)).to_string() }))
        .collect();
    let mut many = request.clone();
    many["duties"] = json!(instants);
    assert_eq!(ask("production", now, now + 500.hours(), &many), Err(SimulateError::TooMuch));
}
