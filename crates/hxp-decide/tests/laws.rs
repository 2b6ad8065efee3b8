//! What holds of every policy and every request, tried on random ones.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may panic")]

use std::collections::BTreeMap;

use hxp_decide::sample::{Dice, Sampler};
use hxp_decide::{Engine, Request, Verdict};
use hxp_policy::{Calendar, Check, Millis, Outcome, Policy, Slot, TimeSet};
use hxp_random::ENVIRONMENT;
use serde_json::{Value as Json, json};

/// Policies, and requests for each.
const POLICIES: u64 = 100;
const REQUESTS: u64 = 20;

/// Calls `law` with many policies and well-formed requests.
fn everywhere(law: impl Fn(&Policy, &Json, &mut Dice)) {
    for number in 0..POLICIES {
        let policy = hxp_random::policy(9_000 + number);
        let engine = Engine::new(&policy);
        let sampler = Sampler::new(&engine, &policy.environments[ENVIRONMENT]);
        let mut dice = Dice::of(number, 3);
        for _ in 0..REQUESTS {
            let request = sampler.request(&mut dice);
            if Request::from_json(&request).is_ok() {
                law(&policy, &request, &mut dice);
            }
        }
    }
}

fn read(request: &Json) -> Request {
    Request::from_json(request).expect("a request")
}

fn outcome(policy: &Policy, request: &Json) -> Outcome {
    Engine::new(policy).outcome(&read(request))
}

/// How good an outcome is.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Deny => 0,
        Outcome::Pending => 1,
        Outcome::Allow => 2,
    }
}

/// What is found of each requirement, by id, were there no overrides; the overrides in force; the judged action.
fn findings(policy: &Policy, request: &Json) -> (BTreeMap<String, Verdict>, Vec<String>, String) {
    let (engine, request) = (Engine::new(policy), read(request));
    let judgement = engine.judge(&request);
    let Some(judgement) = judgement else { return (BTreeMap::new(), Vec::new(), String::new()) };
    let found = judgement.judged.iter().map(|j| (j.requirement.id.to_string(), j.finding.verdict())).collect();
    let in_force = judgement.in_force.iter().map(|o| o.name.to_string()).collect();
    (found, in_force, judgement.action.word().to_owned())
}

/// Facts that may be unknown. Evidence, approvals and deployments are lists of what there is: one more is no unknown that
/// is filled in, but something new.
fn unknowns(request: &Json) -> Vec<String> {
    const ROOTS: [&str; 7] = ["release", "previous", "published_versions", "change", "members", "event", "incident"];
    let mut found = Vec::new();
    let mut todo: Vec<(String, &Json)> =
        ROOTS.iter().filter_map(|root| Some((format!("/{root}"), request.get(root)?))).collect();
    while let Some((pointer, value)) = todo.pop() {
        found.push(pointer.clone());
        match value {
            Json::Object(map) => {
                todo.extend(
                    map.iter().filter(|(k, _)| !k.contains(['/', '~'])).map(|(k, v)| (format!("{pointer}/{k}"), v)),
                );
            }
            Json::Array(list) => {
                // The elements of a list are known with it; their keys may be unknown.
                for (i, element) in list.iter().enumerate() {
                    let fields = element.as_object().into_iter().flatten();
                    todo.extend(fields.map(|(k, v)| (format!("{pointer}/{i}/{k}"), v)));
                }
            }
            _ => {}
        }
    }
    // The images of a release are named by whoever asks: one less is another release.
    found.retain(|p| !["/release", "/release/commit"].contains(&p.as_str()) && !p.contains("/images/"));
    found
}

#[test]
fn filling_in_an_unknown_never_flips_a_settled_verdict() {
    everywhere(|policy, request, dice| {
        let all = unknowns(request);
        let mut less = request.clone();
        let mut gone = Vec::new();
        for _ in 0..=dice.below(3) {
            let Some(pointer) = dice.pick(&all) else { return };
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            if let Some(map) = less.pointer_mut(parent).and_then(Json::as_object_mut) {
                map.remove(key);
                gone.push(pointer.clone());
            }
        }
        let (before, force_before, action_before) = findings(policy, &less);
        let (after, force_after, action_after) = findings(policy, request);
        if action_before != action_after || force_before != force_after {
            return;
        }
        for (id, verdict) in &before {
            let settled = matches!(verdict, Verdict::Met | Verdict::Failed);
            assert!(
                !settled || after[id] == *verdict,
                "{id} was {verdict:?} and is {:?} with {gone:?}: {request}",
                after[id]
            );
        }
        let (a, b) = (outcome(policy, &less), outcome(policy, request));
        assert!(a == b || a == Outcome::Pending, "{a:?} became {b:?} with {gone:?}: {request}");
    });
}

#[test]
fn the_bare_answer_is_that_of_the_decision_and_of_its_explanation() {
    everywhere(|policy, request, _| {
        let (engine, read) = (Engine::new(policy), read(request));
        let bare = engine.outcome(&read);
        // An environment that the policy does not have is refused before anything is judged.
        let judged = engine.judge(&read).map_or(Outcome::Deny, |judgement| judgement.outcome());
        assert_eq!(judged, bare, "{request}");
        assert_eq!(engine.decide(&read).outcome, bare, "{request}");
        assert_eq!(engine.explain(&read).decision.outcome, bare, "{request}");
    });
}

#[test]
fn one_more_approving_vote_never_hurts() {
    everywhere(|policy, request, dice| {
        let person = dice.word(&["ada", "bob", "eve", "kim", "joe", "sam", "zoe"]);
        let mut more = request.clone();
        let vote = json!({ "person": person, "vote": "approve", "environment": ENVIRONMENT, "at": request["at"],
            "commit": request["release"]["commit"], "images": request["release"].get("images").cloned().unwrap_or(json!({})) });
        match more.get_mut("approvals").and_then(Json::as_array_mut) {
            Some(votes) => votes.push(vote),
            None => more["approvals"] = json!([vote]),
        }
        let (before, after) = (outcome(policy, request), outcome(policy, &more));
        assert!(rank(after) >= rank(before), "{before:?} became {after:?} with the vote of {person}: {request}");
    });
}

/// The policy with one thing made tighter.
fn tighter(policy: &Policy, dice: &mut Dice) -> Policy {
    let mut tight = policy.clone();
    let weekend = Slot { weekdays: vec![jiff::civil::Weekday::Tuesday], ..Slot::default() };
    let closed = TimeSet::Calendar(Calendar { zone: "UTC".into(), open: Vec::new(), closed: vec![weekend] });
    let kind = dice.below(4);
    let extra = hxp_policy::Requirement {
        id: format!("{ENVIRONMENT}.after.staging.longer").into(),
        when: None,
        check: Check::After { environment: "staging".into(), soaked: Some(Millis(60_000)) },
        advisory: false,
        doc: None,
        because: None,
        origin: hxp_policy::Origin::default(),
    };
    let mut windows = tight.windows.clone();
    let production = tight.environments.get_mut(ENVIRONMENT).expect("it is there");
    for requirement in &mut production.requirements {
        match &mut requirement.check {
            Check::Approve { seats, .. } if kind == 0 => seats.iter_mut().for_each(|seat| seat.count += 1),
            Check::After { soaked, .. } if kind == 1 => {
                *soaked = Some(Millis(soaked.map_or(0, |d| d.0) + 3_600_000));
            }
            Check::Within(name) if kind == 2 => {
                let narrow = hxp_policy::Window {
                    name: format!("{name}_narrow").into(),
                    doc: None,
                    origin: hxp_policy::Origin::default(),
                    set: TimeSet::And(vec![TimeSet::Window(name.clone()), closed.clone()]),
                };
                *name = narrow.name.clone();
                windows.insert(narrow.name.clone(), narrow);
            }
            _ => {}
        }
    }
    if kind == 3 {
        production.requirements.push(extra);
    }
    tight.windows = windows;
    tight
}

#[test]
fn tightening_never_allows_more() {
    everywhere(|policy, request, dice| {
        let tight = tighter(policy, dice);
        let (loose, tight) = (outcome(policy, request), outcome(&tight, request));
        assert!(tight != Outcome::Allow || loose == Outcome::Allow, "{loose:?} became allow: {request}");
    });
}

#[test]
fn the_order_of_declarations_means_nothing() {
    everywhere(|policy, request, dice| {
        let mut other = policy.clone();
        for environment in other.environments.values_mut() {
            dice.shuffle(&mut environment.requirements);
            dice.shuffle(&mut environment.duties);
            dice.shuffle(&mut environment.notices);
        }
        other.overrides.reverse();
        other.labels.reverse();
        other.environments.reverse();
        other.gates.reverse();
        assert_eq!(findings(policy, request), {
            let (found, mut in_force, action) = findings(&other, request);
            in_force.reverse();
            (found, in_force, action)
        });
        assert_eq!(outcome(policy, request), outcome(&other, request), "{request}");
    });
}

#[test]
fn an_override_never_waives_what_it_does_not_name() {
    everywhere(|policy, request, _| {
        let mut without = policy.clone();
        without.overrides.clear();
        let (bare, ..) = findings(&without, request);
        let (engine, read) = (Engine::new(policy), read(request));
        let Some(judgement) = engine.judge(&read) else { return };
        for judged in &judgement.judged {
            let id = judged.requirement.id.to_string();
            let local = id.split_once('.').map_or(id.as_str(), |(_, rest)| rest);
            let names = |waiver: &str| {
                local == waiver || [".", "(", "["].iter().any(|s| local.starts_with(&format!("{waiver}{s}")))
            };
            if let Some(by) = judged.waived_by {
                assert!(by.waives.iter().any(|w| names(&w.id)), "{id} is waived by {}: {request}", by.name);
            }
            let distinct = matches!(&judged.requirement.check, Check::Approve { seats, .. } if seats.iter().any(|s| s.distinct.is_some()));
            // What an override waives of a statement with `distinct` leaves that statement.
            if let Some(verdict) = bare
                .get(&id)
                .filter(|_| !distinct && policy.overrides.values().all(|o| o.requirements.iter().all(|r| r.id != id)))
            {
                assert_eq!(judged.finding.verdict(), *verdict, "{id}: {request}");
            }
        }
    });
}
