//! A policy in which everything that time can change does change.

use hxp_decide::Engine;
use hxp_decide::simulate::{Attempt, Simulation, simulate};
use hxp_driver::system::Memory;
use hxp_policy::Policy;
use jiff::{Timestamp, Zoned};
use serde_json::{Value as Json, json};

pub const SHOP: &str = r#"
policy shop { edition = 2026 }

team devops { members = ["eve", "kim"] }

gate scan { run = "true", valid = 14d }
gate pen_test { by = devops, subject = environment, valid = 92d }
gate load {
  run = "true"
  yields p95: duration
  require age < 36h or p95 < 2s
}

window hours {
  zone = "Europe/Berlin"
  open mon..thu 09:00..16:00
  open fri 09:00..12:00
  closed 2026-12-24..2027-01-01 because "holidays"
  closed 2026-12-10 10:00..11:00
}
window nights { zone = "Europe/Berlin", open sun 22:00..04:00 }
window releases = hours or nights
window lunch { zone = "America/New_York", open 12:00..13:00 }

rule settled { require at >= 2026-11-30T12:00[Europe/Berlin] because "nothing before the audit" }
rule quiet { deny when lunch and change has big because "big changes wait for after lunch" }
rule paid { require all d in duties: d.done_at != none or at <= d.due_at because "something is overdue" }

label big { files = ["core/**"] }

environment staging { deploy with make("staging") on push(branch == "main") }

environment production {
  title = "Production"
  approvals { valid = 7d }
  deploy with make("production") on release(published)
  within releases
  after staging soaked 48h
  require scan, pen_test, load
  approve 1 of devops
  rollback on manual { keep = 3 }
}

override slow for production {
  waive gate.pen_test because "the testers are late"
  owner = devops, ticket = "T-1", expires = 2026-12-03
}

override fire for production when incident.open {
  expires = 12h
  waive window, after.staging.soaked
  approve 1 of devops
}
"#;

pub fn policy(text: &str) -> Policy {
    let system = Memory::with([("shop/policy.hxp", text)]);
    let request = hxp_driver::Request { start: "shop".into(), ..hxp_driver::Request::default() };
    let compilation = hxp_driver::compile(&system, &request);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    compilation.policy
}

/// A release that lacks nothing but time.
pub fn request() -> Json {
    let passed = |gate: &str, subject: Json, results: Json, by: Json, at: &str| {
        json!({ "gate": gate, "params": {}, "subject": subject, "state": "passed", "results": results,
                "issuer": "ci", "by": by, "at": at, "url": null })
    };
    let images = json!({ "api": "sha256:aa" });
    json!({
        "hxp": 1, "at": "2026-11-27T11:00:00+01:00", "environment": "production", "action": "deploy",
        "actor": { "id": "ada", "bot": false },
        "event": { "kind": "release", "published": true, "tag": "v1.2.3", "branch": null },
        "release": { "commit": "9f3c", "images": images, "chart": null, "version": "1.2.3", "publisher": "ada",
                     "authors": ["ada"] },
        "previous": null,
        "change": { "files": ["core/main.rs"], "commits": [], "pull_requests": [] },
        "evidence": [
            passed("scan", json!({ "commit": "9f3c" }), json!({}), Json::Null, "2026-11-27T08:00:00Z"),
            passed("load", json!({ "commit": "9f3c" }), json!({ "p95": "3s" }), Json::Null, "2026-11-29T20:00:00Z"),
        ],
        "approvals": [{ "person": "kim", "vote": "approve", "environment": "production", "commit": "9f3c",
                        "images": images, "at": "2026-11-30T07:30:00Z" }],
        "members": { "devops": ["eve", "kim"] },
        "deployments": [{ "id": "d1", "environment": "staging", "images": images, "chart": null, "action": "deploy",
                          "revision": 1, "from": "2026-11-28T09:00:00Z", "to": null, "outcome": "healthy",
                          "healthy": [{ "from": "2026-11-28T10:00:00Z", "to": null }] }],
        "triggers": [], "incident": null, "override": null, "duties": []
    })
}

pub fn at(text: &str) -> Timestamp {
    text.parse::<Timestamp>().or_else(|_| text.parse::<Zoned>().map(|z| z.timestamp())).unwrap()
}

pub fn run(policy: &Policy, request: &Json, from: &str, to: &str) -> Simulation {
    let engine = Engine::new(policy);
    simulate(&engine, "production", at(from), at(to), Attempt::Request(request)).unwrap()
}
