//! What is owed: ledgers beside the duties that arise from them.

use hxp_decide::Engine;
use hxp_decide::ledger::Ledger;
use hxp_driver::system::Memory;
use hxp_driver::{Request as Order, compile};
use hxp_policy::Policy;
use serde_json::{Value as Json, json};

const POLICY: &str = r#"
policy shop { edition = 2026, owner = ops }
use std.notify.{slack}
team ops { github = "shop/ops" }
channel chat { to = slack("shop"), audience = internal }
label migration { files = ["db/**"] }
gate health { run = "make health", subject = deployment }
gate audit { run = "make audit"  yields findings: int  require findings == 0 }
gate post_mortem { by = ops, subject = incident }
environment production {
  deploy with make("deploy") on manual
  require health on deployed due 1h
  require audit on deployed due 2h when change has migration
  require post_mortem on incident.resolved due 48h
  notify chat on incident.declared due 10m
}
override hotfix for production when incident.open {
  expires = 4h
  require audit on overridden due 24h
}
"#;

fn policy() -> Policy {
    let system = Memory::with([("shop/policy.hxp", POLICY)]);
    let today = Some(jiff::civil::date(2026, 11, 23));
    let compilation = compile(&system, &Order { start: "shop".into(), today, ..Order::default() });
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    compilation.policy
}

fn event(id: &str, event: &str, facts: &Json) -> Json {
    json!({ "id": id, "event": event, "environment": "production", "at": "2026-12-01T10:00:00Z", "facts": facts })
}

fn health(id: &str, state: &str, at: &str) -> Json {
    json!({ "gate": "health", "subject": { "deployment": id }, "state": state, "at": at })
}

#[test]
fn duties_arise_and_are_done() {
    let policy = policy();
    let engine = Engine::new(&policy);
    let quiet = json!({ "change": { "files": ["a.rs"] }, "override": null });
    let deployed = || event("d1", "deployed", &quiet);
    let audited = |findings: i64, at: &str| json!({ "gate": "audit", "subject": { "commit": "c1" }, "state": "passed", "results": { "findings": findings }, "at": at });
    let migration = json!({ "change": { "files": ["db/1.sql"] }, "release": { "commit": "c1" } });
    let signed = |by: &str, about: &str| json!({ "gate": "post_mortem", "subject": { "incident": about }, "state": "passed", "by": by, "at": "2026-12-02T10:00:00Z" });
    let resolved = || event("INC-1", "incident.resolved", &json!({}));
    let declared = || event("INC-1", "incident.declared", &json!({}));
    let message = |of: &str, at: &str| json!({ "channel": "chat", "event": of, "at": at });
    let none: [&str; 0] = [];
    let noon = "2026-12-01T12:00:00Z";
    for (what, events, evidence, messages, at, expected) in [
        ("nothing happened", vec![], vec![], vec![], noon, none.to_vec()),
        ("the event is yet to come", vec![deployed()], vec![], vec![], "2026-12-01T09:59:59Z", vec![]),
        ("at the event", vec![deployed()], vec![], vec![], "2026-12-01T10:00:00Z", vec!["gate.health@d1 open"]),
        ("at the last instant", vec![deployed()], vec![], vec![], "2026-12-01T11:00:00Z", vec!["gate.health@d1 open"]),
        (
            "an instant later",
            vec![deployed()],
            vec![],
            vec![],
            "2026-12-01T11:00:00.000000001Z",
            vec!["gate.health@d1 overdue"],
        ),
        (
            "done at the last instant",
            vec![deployed()],
            vec![health("d1", "passed", "2026-12-01T11:00:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 met"],
        ),
        (
            "done an instant late",
            vec![deployed()],
            vec![health("d1", "passed", "2026-12-01T11:00:01Z")],
            vec![],
            noon,
            vec!["gate.health@d1 late"],
        ),
        (
            "evidence of the event's own instant",
            vec![deployed()],
            vec![health("d1", "passed", "2026-12-01T10:00:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue"],
        ),
        (
            "evidence before the event",
            vec![deployed()],
            vec![health("d1", "passed", "2026-12-01T09:00:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue"],
        ),
        (
            "evidence of the future",
            vec![deployed()],
            vec![health("d1", "passed", "2026-12-01T12:00:01Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue"],
        ),
        (
            "evidence of another deployment",
            vec![deployed()],
            vec![health("d2", "passed", "2026-12-01T10:30:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue"],
        ),
        (
            "evidence that failed",
            vec![deployed()],
            vec![health("d1", "failed", "2026-12-01T10:30:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue"],
        ),
        (
            "of one instant the worse counts",
            vec![deployed()],
            vec![health("d1", "passed", "2026-12-01T10:30:00Z"), health("d1", "failed", "2026-12-01T10:30:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue"],
        ),
        (
            "failed at first",
            vec![deployed()],
            vec![health("d1", "failed", "2026-12-01T10:30:00Z"), health("d1", "passed", "2026-12-01T10:40:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 met"],
        ),
        (
            "a condition that holds",
            vec![event("d1", "deployed", &migration)],
            vec![],
            vec![],
            noon,
            vec!["gate.health@d1 overdue", "gate.audit@d1 open"],
        ),
        (
            "a condition that is unknown",
            vec![event("d1", "deployed", &json!({}))],
            vec![],
            vec![],
            noon,
            vec!["gate.health@d1 overdue", "gate.audit@d1 open unsure"],
        ),
        (
            "results that satisfy",
            vec![event("d1", "deployed", &migration)],
            vec![audited(0, "2026-12-01T10:05:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue", "gate.audit@d1 met"],
        ),
        (
            "results that do not",
            vec![event("d1", "deployed", &migration)],
            vec![audited(3, "2026-12-01T10:05:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue", "gate.audit@d1 open"],
        ),
        (
            "signed by a member",
            vec![resolved()],
            vec![signed("eve", "INC-1")],
            vec![],
            "2026-12-10T00:00:00Z",
            vec!["gate.post_mortem@INC-1 met"],
        ),
        (
            "signed by someone else",
            vec![resolved()],
            vec![signed("mallory", "INC-1")],
            vec![],
            "2026-12-10T00:00:00Z",
            vec!["gate.post_mortem@INC-1 overdue"],
        ),
        (
            "of another incident",
            vec![resolved()],
            vec![signed("eve", "INC-2")],
            vec![],
            "2026-12-10T00:00:00Z",
            vec!["gate.post_mortem@INC-1 overdue"],
        ),
        (
            "told",
            vec![declared()],
            vec![],
            vec![message("INC-1", "2026-12-01T10:10:00Z")],
            noon,
            vec!["notify.chat@INC-1 met"],
        ),
        (
            "told late",
            vec![declared()],
            vec![],
            vec![message("INC-1", "2026-12-01T10:10:01Z")],
            noon,
            vec!["notify.chat@INC-1 late"],
        ),
        (
            "told of something else",
            vec![declared()],
            vec![],
            vec![message("INC-2", "2026-12-01T10:05:00Z")],
            noon,
            vec!["notify.chat@INC-1 overdue"],
        ),
        (
            "an override that acted",
            vec![event("r1", "overridden", &json!({ "override": { "name": "hotfix" } }))],
            vec![],
            vec![],
            noon,
            vec!["gate.audit@r1 open"],
        ),
        (
            "an override that did not",
            vec![event("r1", "overridden", &json!({ "override": null }))],
            vec![],
            vec![],
            noon,
            vec![],
        ),
        (
            "two deployments, each its own",
            vec![deployed(), event("d2", "deployed", &quiet)],
            vec![health("d2", "passed", "2026-12-01T10:30:00Z")],
            vec![],
            noon,
            vec!["gate.health@d1 overdue", "gate.health@d2 met"],
        ),
    ] {
        let ledger = json!({
            "hxp": 1, "events": events, "evidence": evidence, "messages": messages, "members": { "ops": ["eve"] },
        });
        let ledger = Ledger::from_json(&ledger).unwrap_or_else(|wrong| panic!("{what}: {wrong:?}"));
        let account = engine.owed(&ledger, at.parse().unwrap(), None);
        let stands: Vec<String> = account
            .owed
            .iter()
            .map(|d| {
                let id = d.id.strip_prefix("production.").unwrap();
                format!("{id} {}{}", d.state.word(), if d.unsure { " unsure" } else { "" })
            })
            .collect();
        assert_eq!(stands, expected, "{what}");
    }
}

#[test]
fn names_that_the_policy_does_not_have_are_remarked() {
    let policy = policy();
    let ledger = json!({
        "hxp": 1,
        "events": [{ "id": "d1", "event": "deployd", "environment": "prod", "at": "2026-12-01T10:00:00Z" }],
        "evidence": [{ "gate": "helth" }],
        "messages": [{ "channel": "chatt", "event": "d2", "at": "2026-12-01T10:00:00Z" }],
    });
    let account =
        Engine::new(&policy).owed(&Ledger::from_json(&ledger).unwrap(), "2026-12-02T00:00:00Z".parse().unwrap(), None);
    let told: Vec<String> = account.remarks.iter().map(|r| format!("{}: {r}", r.path)).collect();
    assert_eq!(
        told,
        [
            "events.0.event: the policy has no event `deployd`; did you mean `deployed`?",
            "events.0.environment: the policy has no environment `prod`",
            "messages.0.channel: the policy has no channel `chatt`; did you mean `chat`?",
            "evidence.0.gate: the policy has no gate `helth`; did you mean `health`?",
            "messages.0.event: no event of the ledger has the id `d2`; did you mean `d1`?",
        ]
    );
}

#[test]
fn a_ledger_is_checked_as_a_request_is() {
    let deployed = r#"{ "id": "d1", "event": "deployed", "environment": "production", "at": "2026-12-01T10:00:00Z" }"#;
    for (text, expected) in [
        ("{}".to_owned(), vec!["1:1: `hxp` is missing", "1:1: `events` is missing"]),
        (
            r#"{"hxp": 1, "evnts": []}"#.to_owned(),
            vec!["1:1: `events` is missing", "1:12: `evnts` is not a key of a ledger; did you mean `events`?"],
        ),
        (
            format!(r#"{{"hxp": 1, "events": [{deployed}, {deployed}]}}"#),
            vec!["1:121: `events.1` says once more that deployed happened to d1, as `events.0` does"],
        ),
        (
            r#"{"hxp": 1, "events": [{"id": "d1", "evnt": "deployed", "environment": "production", "at": "2026-12-01T10:00:00Z"}]}"#.to_owned(),
            vec!["1:23: `events.0` has no `event`", "1:36: `events.0.evnt` is not a key of `events`; did you mean `event`?"],
        ),
        (
            r#"{"hxp": 1, "events": [], "evidence": [{"gaet": "x"}], "messages": [{"channel": 1}]}"#.to_owned(),
            vec![
                "1:40: `evidence.0.gaet` is not a key of `evidence`; did you mean `gate`?",
                "1:68: `messages.0` has no `event`",
                "1:68: `messages.0` has no `at`",
                "1:69: `messages.0.channel` is 1, but takes text",
            ],
        ),
    ] {
        let wrong = Ledger::from_slice(text.as_bytes()).unwrap_err();
        let told: Vec<String> = wrong.iter().map(|w| w.spot.map_or_else(|| w.to_string(), |s| format!("{}:{}: {w}", s.line, s.column))).collect();
        assert_eq!(told, expected, "{text}");
    }
}
