//! Every stretch and every moment against the engine, asked about one instant after the other.

use hxp_decide::sample::{Dice, Sampler};
use hxp_decide::simulate::{Attempt, Simulation, simulate};
use hxp_decide::{Engine, Request, Verdict};
use hxp_policy::{Outcome, Policy};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

use crate::fixture::{SHOP, at, policy, request, run};

/// How everything stands, read anew.
fn asked(engine: &Engine<'_>, request: &Json, at: Timestamp) -> (Outcome, Vec<(SmolStr, Verdict, Option<SmolStr>)>) {
    let mut request = request.clone();
    request["at"] = json!(at.to_string());
    let request = Request::from_json(&request).unwrap();
    let judgement = engine.judge(&request).unwrap();
    let by = |j: &hxp_decide::Judged<'_>| j.waived_by.map(|o| o.name.clone());
    let stances = judgement.judged.iter().map(|j| (j.requirement.id.clone(), j.verdict(), by(j)));
    (judgement.outcome(), stances.collect())
}

fn stretches_are_the_span(found: &Simulation) {
    assert_eq!(found.stretches.first().unwrap().from, found.from);
    assert_eq!(found.stretches.last().unwrap().to, found.to);
    for stretch in &found.stretches {
        assert!(stretch.from < stretch.to);
    }
    for pair in found.stretches.windows(2) {
        assert_eq!(pair[0].to, pair[1].from);
        assert_ne!(pair[0].outcome, pair[1].outcome);
        assert!(!pair[1].changed.is_empty(), "nothing flips without a reason");
    }
    let flips: Vec<Timestamp> = found.moments.iter().filter(|m| m.flips).map(|m| m.at).collect();
    let begins: Vec<Timestamp> = found.stretches.iter().skip(1).map(|s| s.from).collect();
    assert_eq!(flips, begins);
    assert!(found.moments.is_sorted_by(|a, b| a.at < b.at));
}

/// At every one of `instants`, and on both sides of every moment, the engine says what the simulation says.
fn agrees(policy: &Policy, request: &Json, found: &Simulation, instants: impl Iterator<Item = Timestamp>) {
    stretches_are_the_span(found);
    let engine = Engine::new(policy);
    let beside = |m: Timestamp| [m - 1.nanosecond(), m, m + 1.nanosecond()];
    let mut all: Vec<Timestamp> = instants.chain(found.moments.iter().flat_map(|m| beside(m.at))).collect();
    all.retain(|at| found.from <= *at && *at < found.to);
    all.sort();
    all.dedup();
    let mut last: Option<(Timestamp, _)> = None;
    for at in all {
        let now = asked(&engine, request, at);
        let stretch = found.stretches.iter().find(|s| s.from <= at && at < s.to).unwrap();
        assert_eq!(stretch.outcome, now.0, "at {at} of\n{request:#}");
        if let Some((before, was)) = last {
            let moved = found.moments.iter().any(|m| before < m.at && m.at <= at);
            if moved {
                let beside = at.as_nanosecond() - before.as_nanosecond() == 1;
                assert!(!beside || was != now, "nothing changes at {at} of\n{request:#}");
            } else {
                assert_eq!(was, now, "something changes between {before} and {at} of\n{request:#}");
            }
        }
        last = Some((at, now));
    }
}

fn every(step: SignedDuration, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Timestamp> {
    std::iter::successors(Some(from), move |at| at.checked_add(step).ok()).take_while(move |at| *at < to)
}

#[test]
fn every_twenty_minutes_of_two_weeks() {
    let policy = policy(SHOP);
    for incident in [false, true] {
        let mut request = request();
        if incident {
            request["incident"] = json!({ "id": "INC-1", "state": "open", "environments": ["production"],
                                          "declared_at": "2026-12-05T20:00:30Z", "resolved_at": null });
            request["override"] = json!({ "name": "fire", "reason": "smoke", "ticket": "T-2" });
            request["duties"] = json!([{ "id": "x", "due_at": "2026-12-08T10:30:00Z", "done_at": null }]);
        }
        let found = run(&policy, &request, "2026-11-27T00:00:00Z", "2026-12-13T00:00:00Z");
        agrees(&policy, &request, &found, every(SignedDuration::from_mins(20), found.from, found.to));
    }
}

#[test]
fn random_requests() {
    let policy = policy(SHOP);
    let environment = &policy.environments["production"];
    let engine = Engine::new(&policy);
    let sampler = Sampler::new(&engine, environment);
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let request = sampler.request(&mut dice);
        let Ok(read) = Request::from_json(&request) else { continue };
        let from = read.at - SignedDuration::from_hours(dice.between(0, 200));
        let to = from + SignedDuration::from_hours(dice.between(1, 240));
        let Ok(found) = simulate(&engine, "production", from, to, Attempt::Request(&request)) else { continue };
        agrees(&policy, &request, &found, every(SignedDuration::from_secs(dice.between(1_800, 9_000)), from, to));
    }
}

/// Ways to reckon with time that no list foresees are found by halving.
#[test]
fn time_in_sums() {
    let text = |rule: &str| {
        format!(
            "policy p {{ edition = 2026 }}
             rule r {{ require {rule} }}
             environment production {{ deploy with make(\"x\") on manual }}"
        )
    };
    let declared = json!({ "id": "I", "state": "open", "environments": [], "declared_at": "2026-11-01T00:00:00Z",
                           "resolved_at": null });
    for (rule, flip) in [
        ("at + 36h < 2026-12-01T00:00[UTC]", "2026-11-29T12:00:00Z"),
        ("at + 36h <= 2026-12-01T00:00[UTC]", "2026-11-29T12:00:00.000000001Z"),
        ("(at - 2026-11-01T00:00[UTC]) * 2 < 57d", "2026-11-29T12:00:00Z"),
        // Quotients are held to six digits, here of a millisecond: a third of a nanosecond less is not less.
        ("(at - 2026-11-01T00:00[UTC]) / 3 < 228h", "2026-11-29T11:59:59.999999999Z"),
        ("count([d for d in duties where d.due_at + 12h <= at]) < 1", "2026-11-29T12:00:00Z"),
        ("at in 2026-11-01T00:00[UTC]..2026-11-29T12:00[UTC]", "2026-11-29T12:00:00Z"),
    ] {
        let policy = policy(&text(rule));
        let mut request = request();
        request["incident"] = declared.clone();
        request["duties"] = json!([{ "id": "x", "due_at": "2026-11-29T00:00:00Z", "done_at": null }]);
        let found = run(&policy, &request, "2026-11-20T00:00:00Z", "2026-12-10T00:00:00Z");
        let flips: Vec<Timestamp> = found.stretches.iter().skip(1).map(|s| s.from).collect();
        assert_eq!(flips, [at(flip)], "{rule}");
        agrees(&policy, &request, &found, every(SignedDuration::from_hours(7), found.from, found.to));
    }
}
