//! The schemas under `docs/schemas` are those of the tables that the readers check against, and accept what they accept.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use hxp_decide::baseline::baseline;
use hxp_decide::ledger::Ledger;
use hxp_decide::{Engine, Request, json_schema};
use hxp_driver::system::Disk;
use serde_json::{Value as Json, json};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas").join(format!("{name}.schema.json"))
}

/// `HXP_BLESS=1 cargo test -p hxp-decide --test schemas` writes the files.
#[test]
fn the_published_schemas_are_those_of_the_tables() {
    for (name, schema) in
        [("request", json_schema::request()), ("decision", json_schema::decision()), ("ledger", json_schema::ledger())]
    {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("HXP_BLESS").is_some() {
            std::fs::create_dir_all(file(name).parent().unwrap()).unwrap();
            std::fs::write(file(name), &text).unwrap();
        }
        let published = std::fs::read_to_string(file(name)).unwrap_or_default();
        assert!(
            published == text,
            "docs/schemas/{name}.schema.json is stale: HXP_BLESS=1 cargo test -p hxp-decide --test schemas"
        );
        jsonschema::meta::validate(&schema).unwrap();
    }
}

fn validator(schema: &Json) -> jsonschema::Validator {
    jsonschema::validator_for(schema).unwrap()
}

fn assert_valid(validator: &jsonschema::Validator, json: &Json) {
    let wrong: Vec<String> = validator.iter_errors(json).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{json:#}");
}

#[test]
fn requests_and_decisions_of_the_examples_have_the_published_form() {
    let (requests, decisions) = (validator(&json_schema::request()), validator(&json_schema::decision()));
    for name in ["bank", "hexabase", "monorepo", "small-service"] {
        let start = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
        let policy = hxp_driver::compile(&Disk, &hxp_driver::Request { start, ..Default::default() }).policy;
        let engine = Engine::new(&policy);
        for environment in policy.environments.values() {
            let satisfied = baseline(&policy, environment, "2026-12-05T09:00:00Z".parse().unwrap());
            let bare = json!({
                "hxp": 1, "at": "2026-12-24T09:00:00Z", "environment": environment.name, "action": "rollback",
                "actor": { "id": "ada" }, "release": { "commit": "9f3c" }, "override": { "name": "none_such" },
            });
            for request in [satisfied, bare] {
                assert_valid(&requests, &request);
                let explained = engine.explain(&Request::from_json(&request).unwrap());
                assert_valid(&decisions, &serde_json::to_value(&explained).unwrap());
                assert_valid(&decisions, &serde_json::to_value(&explained.decision).unwrap());
            }
        }
    }
}

/// Every key that a decision can have is in the table, and the other way round.
#[test]
fn the_table_of_a_decision_is_that_of_its_types() {
    use hxp_decide::decision::{Decision, Needs, Obligation, Place, PolicyIdentity, Reason, Told, Verdict};
    let text = || Some("x".into());
    let source = Place { file: "policy.hxp".into(), line: 1, column: 1 };
    let needs = Needs { approvals: [("devops".into(), 1)].into_iter().collect() };
    let decision = Decision {
        hxp: 1,
        policy: PolicyIdentity { name: "shop".into(), version: Some("1.0.0".into()), digest: text() },
        request: text(),
        at: text(),
        environment: text(),
        action: text(),
        outcome: hxp_policy::Outcome::Allow,
        not_before: text(),
        valid_until: text(),
        reasons: vec![Reason {
            id: "x".into(),
            verdict: Verdict::Met,
            text: "x".into(),
            until: text(),
            needs: Some(needs),
            waived_by: text(),
            evidence: vec!["x".into()],
            source,
        }],
        obligations: vec![Obligation {
            id: "x".into(),
            on: "x".into(),
            due: "x".into(),
            due_at: text(),
            owner: text(),
        }],
        notify: vec![Told { channel: "x".into(), on: "x".into(), due: Some("x".into()) }],
    };
    let mut has = BTreeSet::new();
    let json = serde_json::to_value(decision).unwrap();
    let mut todo = vec![(String::new(), &json)];
    while let Some((path, value)) = todo.pop() {
        let below = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
        match value {
            Json::Array(elements) => todo.extend(elements.iter().map(|e| (below("[]"), e))),
            Json::Object(fields) => {
                let free = path.ends_with(".approvals");
                todo.extend(fields.iter().map(|(name, v)| (below(if free { "*" } else { name }), v)));
            }
            _ => {}
        }
        has.insert(path);
    }
    let table: BTreeSet<String> = json_schema::DECISION
        .iter()
        .map(|key| key.path.to_owned())
        .filter(|path| !path.starts_with("explanation"))
        .collect();
    assert_eq!(has, table);
}

/// What the readers refuse for its form, the schemas refuse; what the readers take, the schemas take.
#[test]
fn the_schemas_and_the_readers_agree() {
    let requests = validator(&json_schema::request());
    let base = json!({
        "hxp": 1, "at": "2026-12-01T10:00:00-08:00", "environment": "production", "action": "deploy",
        "actor": { "id": "ada" }, "release": { "commit": "9f3c" },
    });
    for (pointer, value, good) in [
        ("/hxp", json!(1), true),
        ("/hxp", json!(1.0), true),
        ("/hxp", json!(2), false),
        ("/hxp", json!("1"), false),
        ("/at", json!("2026-12-01T10:00:00Z"), true),
        ("/at", json!("2026-12-01T10:00:00.123456789+05:30"), true),
        ("/at", json!("1980-01-01T00:00:00Z"), true),
        ("/at", json!("2199-12-31T23:59:59Z"), true),
        ("/at", json!("1979-12-31T23:59:59Z"), false),
        ("/at", json!("2200-01-01T00:00:00Z"), false),
        ("/at", json!("9999-12-31T23:59:59Z"), false),
        ("/at", json!("2026-12-01T10:00:00"), false),
        ("/at", json!("2026-12-01T10:00Z"), false),
        ("/at", json!("2026-12-01T10:00:00[Europe/Berlin]"), false),
        ("/at", json!("2026-12-01 10:00:00Z"), false),
        ("/at", json!(1_764_583_200), false),
        ("/at", json!(null), false),
        ("/action", json!("promote"), false),
        ("/actor", json!({}), false),
        ("/actor/bot", json!("no"), false),
        ("/release/version", json!("v1.2.3-rc.1+5"), true),
        ("/release/version", json!("1.2"), false),
        ("/release/version", json!(null), false),
        ("/release/publisher", json!(null), true),
        ("/release/images", json!({ "api": "sha256:1" }), true),
        ("/release/images", json!({ "api": 1 }), false),
        ("/release/imagse", json!({}), false),
        ("/previous", json!(null), true),
        ("/previous", json!([]), false),
        ("/evidence", json!([{ "gate": "scan", "results": { "any": [1, { "thing": null }] } }]), true),
        ("/evidence", json!([{ "state": "green" }]), false),
        ("/evidence", json!([null]), false),
        ("/members", json!({ "devops": ["eve"] }), true),
        ("/members", json!({ "devops": "eve" }), false),
        ("/duties", json!([{ "id": "x", "due_at": null, "done_at": null }]), true),
    ] {
        let mut request = base.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        request.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
        assert_eq!(Request::from_json(&request).is_ok(), good, "the reader: {request:#}");
        assert_eq!(requests.is_valid(&request), good, "the schema: {request:#}");
    }
    let ledgers = validator(&json_schema::ledger());
    let event = json!({ "id": "d1", "event": "deployed", "environment": "production", "at": "2026-12-01T10:00:00Z" });
    let with = |name: &str, value: Json| {
        let mut event = event.clone();
        event.as_object_mut().unwrap().insert(name.to_owned(), value);
        json!({ "hxp": 1, "events": [event] })
    };
    for (ledger, good) in [
        (json!({ "hxp": 1, "events": [] }), true),
        (json!({ "hxp": 1 }), false),
        (json!({ "hxp": 1, "events": [{}] }), false),
        (with("facts", json!({ "release": { "commit": "9f3c", "version": "1.2.3" } })), true),
        (with("facts", json!({ "release": { "comit": "9f3c" } })), false),
        (with("facts", json!({ "evidence": [{ "gate": 1 }] })), false),
        (with("when", json!("now")), false),
        (json!({ "hxp": 1, "events": [], "evidence": [{ "gate": "scan" }], "members": { "qa": ["ada"] } }), true),
        (json!({ "hxp": 1, "events": [], "evidence": [{ "gaet": "scan" }] }), false),
        (json!({ "hxp": 1, "events": [], "members": { "qa": [1] } }), false),
        (json!({ "hxp": 1, "events": [], "messages": [{ "channel": "status" }] }), false),
    ] {
        assert_eq!(Ledger::from_json(&ledger).is_ok(), good, "the reader: {ledger:#}");
        assert_eq!(ledgers.is_valid(&ledger), good, "the schema: {ledger:#}");
    }
}
