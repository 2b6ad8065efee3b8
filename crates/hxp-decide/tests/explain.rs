//! Explanations: what differs from a satisfied request, beside the tree that says why a requirement stands as it does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use hxp_decide::{Engine, Request};
use hxp_driver::system::Memory;
use hxp_driver::{Request as Order, compile};
use hxp_policy::Policy;
use serde_json::{Value as Json, json};

const POLICY: &str = r#"
policy shop { edition = 2026, owner = ops }
team ops { github = "shop/ops" }
team dba { github = "shop/dba" }
label migration { pr = "migration", files = ["db/**"], commits = re"migrate" }
window office { zone = "Europe/Paris"  open mon..thu 09:00..17:00, 20:00..21:00  closed 2026-12-24..2027-01-03 because "holidays" }
window freeze { zone = "Europe/Paris"  closed 2026-12-01..2026-12-05 }
window both = office and freeze
gate coverage(min: percent) { run = "make coverage"  yields line: percent  require line >= min }
gate perf(tolerance: percent) { run = "make perf $HXP_TOLERANCE"  yields slower: percent  require slower <= tolerance }
gate scan { run = "make scan", valid = 24h }
gate plan { by = ops, subject = release, valid = 30d }
gate reviewed { require all p in change.pull_requests where p.id > 1: count(p.approved_by) >= 1 and p.author != actor.id }
environment staging { deploy with make("deploy") on push(branch == "main") }
environment production {
  deploy with make("deploy") on release(published), manual
  after staging soaked 2h
  within office
  require coverage(70%), perf(20%), scan, plan, reviewed
  approve 1 of dba when change has migration
  approve 1 of ops, 1 of dba distinct
  rollback on failed, manual { keep = 3 }
  approvals.valid = 7d
}
environment closed { deploy with make("deploy") on manual  within both }
rule steps for production {
  deny when previous.version != none and release.version.major > previous.version.major + 1 because "one step at a time"
  require release.branch != none and release.branch in ["main", "release"] when not release.prerelease
}
override hotfix for production when incident.open { expires = 4h  waive window }
override legacy for production { expires = 2027-06-01  waive gate.perf because "until the new engine" }
"#;

fn policy() -> Policy {
    let system = Memory::with([("shop/policy.hxp", POLICY)]);
    let today = Some(jiff::civil::date(2026, 11, 23));
    let compilation = compile(&system, &Order { start: "shop".into(), today, ..Order::default() });
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut policy = compilation.policy;
    // What the targets write for a gate whose evidence only one machine may give.
    policy.gates.get_mut("scan").unwrap().properties.fields.push(hxp_policy::Field {
        name: "issuer".into(),
        value: hxp_policy::Value::Str("ci".into()),
        origin: hxp_policy::Origin::default(),
        doc: None,
    });
    policy
}

fn request() -> Json {
    let images = json!({ "api": "sha256:0123456789abcdef" });
    let commit = json!({ "commit": "9f3c" });
    json!({
        "hxp": 1, "at": "2026-12-02T10:00:00Z", "environment": "production", "action": "deploy",
        "actor": { "id": "ada" },
        "release": { "commit": "9f3c", "images": images, "chart": null, "version": "2.1.0", "prerelease": false,
            "branch": "main", "publisher": null, "authors": ["bob"] },
        "previous": { "version": "2.0.0" },
        "change": { "files": ["src/main.rs"], "commits": [{ "id": "c1", "message": "fix: it", "pull_request": 2 }],
            "pull_requests": [{ "id": 2, "author": "bob", "labels": [], "approved_by": ["eve"] }] },
        "evidence": [
            { "gate": "coverage", "subject": commit, "state": "passed", "results": { "line": "83.1%" }, "at": "2026-12-02T09:00:00Z" },
            { "gate": "perf", "params": { "tolerance": "20%" }, "subject": commit, "state": "passed", "results": { "slower": "3%" }, "at": "2026-12-02T09:00:00Z" },
            { "gate": "scan", "subject": commit, "state": "passed", "issuer": "ci", "at": "2026-12-02T09:00:00Z" },
            { "gate": "plan", "subject": { "release": { "images": images, "chart": null } }, "state": "passed", "by": "eve", "at": "2026-12-02T09:00:00Z" },
        ],
        "approvals": [
            { "person": "eve", "vote": "approve", "environment": "production", "commit": "9f3c", "images": images, "at": "2026-12-02T09:30:00Z" },
            { "person": "dan", "vote": "approve", "environment": "production", "commit": "9f3c", "images": images, "at": "2026-12-02T09:31:00Z" },
        ],
        "members": { "ops": ["eve", "ada", "bob"], "dba": ["dan"] },
        "deployments": [{ "id": "d1", "environment": "staging", "images": images, "chart": null, "outcome": "healthy",
            "from": "2026-12-01T00:00:00Z", "to": null, "healthy": [{ "from": "2026-12-01T00:00:00Z", "to": null }] }],
        "triggers": [], "incident": null, "override": null, "duties": [],
    })
}

/// What differs, and the requirement whose tree is shown.
type Case = (&'static str, Vec<(&'static str, Option<Json>)>, &'static str);

fn cases() -> Vec<Case> {
    let set = |pointer, value| (pointer, Some(value));
    let without = |pointer| (pointer, None);
    let at = |at: &str| set("/at", json!(at));
    vec![
        ("a result is too small", vec![set("/evidence/0/results/line", json!("61%"))], "gate.coverage"),
        ("a result is missing", vec![without("/evidence/0/results/line")], "gate.coverage"),
        ("a result has the wrong dimension", vec![set("/evidence/0/results/line", json!("61s"))], "gate.coverage"),
        ("a gate failed", vec![set("/evidence/0/state", json!("failed"))], "gate.coverage"),
        ("evidence of another commit", vec![set("/evidence/0/subject", json!({ "commit": "abc" }))], "gate.coverage"),
        ("evidence of the future", vec![set("/evidence/0/at", json!("2026-12-02T11:00:00Z"))], "gate.coverage"),
        ("a gate misspelt", vec![set("/evidence/0/gate", json!("covrage"))], "gate.coverage"),
        ("other arguments", vec![set("/evidence/1/params/tolerance", json!("50%"))], "gate.perf"),
        ("evidence too old", vec![set("/evidence/2/at", json!("2026-11-30T09:00:00Z"))], "gate.scan"),
        ("another issuer", vec![set("/evidence/2/issuer", json!("laptop"))], "gate.scan"),
        ("an issuer unknown", vec![without("/evidence/2/issuer")], "gate.scan"),
        ("signed by someone else", vec![set("/evidence/3/by", json!("mallory"))], "gate.plan"),
        (
            "evidence of another release",
            vec![set("/evidence/3/subject/release/images", json!({ "api": "sha256:ff" }))],
            "gate.plan",
        ),
        ("signers unknown", vec![without("/members/ops")], "gate.plan"),
        (
            "nobody approved the pull request",
            vec![set("/change/pull_requests/0/approved_by", json!([]))],
            "gate.reviewed",
        ),
        ("pull requests unknown", vec![without("/change/pull_requests")], "gate.reviewed"),
        ("all is well with the review", vec![], "gate.reviewed"),
        ("nobody of ops", vec![set("/approvals/0/person", json!("zoe"))], "approve.ops"),
        ("an author approves", vec![set("/approvals/0/person", json!("bob"))], "approve.ops"),
        ("the actor approves", vec![set("/approvals/0/person", json!("ada"))], "approve.ops"),
        ("an approval of other images", vec![set("/approvals/0/images", json!({ "api": "sha256:ff" }))], "approve.ops"),
        ("an approval of another commit", vec![set("/approvals/0/commit", json!("abc"))], "approve.ops"),
        ("an approval of another environment", vec![set("/approvals/0/environment", json!("staging"))], "approve.ops"),
        ("an approval too old", vec![set("/approvals/0/at", json!("2026-11-01T09:00:00Z"))], "approve.ops"),
        ("a rejection", vec![set("/approvals/0/vote", json!("reject"))], "approve.ops"),
        ("a vote taken back", vec![set("/approvals/0/vote", json!("withdraw"))], "approve.ops"),
        ("no votes", vec![set("/approvals", json!([]))], "approve.ops"),
        ("authors unknown", vec![without("/release/authors")], "approve.ops"),
        ("a migration by its files", vec![set("/change/files", json!(["db/1.sql"]))], "approve.dba"),
        ("files unknown", vec![without("/change/files")], "approve.dba"),
        ("in the night", vec![at("2026-12-02T23:00:00Z")], "window.office"),
        ("on a holiday", vec![at("2026-12-24T10:00:00Z")], "window.office"),
        ("in the evening slot", vec![at("2026-12-02T19:15:00Z")], "window.office"),
        ("a window of windows", vec![set("/environment", json!("closed"))], "window.both"),
        (
            "healthy for too short a time",
            vec![set("/deployments/0/healthy/0/from", json!("2026-12-02T09:00:00Z"))],
            "after.staging.soaked",
        ),
        (
            "a stay that ended in failure",
            vec![
                set("/deployments/0/outcome", json!("failed")),
                set("/deployments/0/healthy/0/to", json!("2026-12-02T01:00:00Z")),
            ],
            "after.staging.soaked",
        ),
        (
            "a trigger fires there",
            vec![set(
                "/triggers",
                json!([{ "trigger": "x", "environment": "staging", "state": "firing", "since": "2026-12-02T02:00:00Z" }]),
            )],
            "after.staging.soaked",
        ),
        (
            "another release was there",
            vec![set("/deployments/0/images", json!({ "api": "sha256:fedcba9876543210" }))],
            "after.staging",
        ),
        ("nothing was there", vec![set("/deployments", json!([]))], "after.staging"),
        ("which release is unknown", vec![without("/release/images")], "after.staging"),
        ("two steps at once", vec![set("/release/version", json!("4.0.0"))], "rule.steps"),
        ("the branch is unknown", vec![without("/release/branch")], "rule.steps"),
        ("the branch is none of them", vec![set("/release/branch", json!("wip"))], "rule.steps"),
        (
            "a pre-release of any branch",
            vec![set("/release/branch", json!("wip")), set("/release/prerelease", json!(true))],
            "rule.steps",
        ),
        ("waived", vec![set("/evidence/1/results/slower", json!("90%"))], "gate.perf"),
        ("an override that there is not", vec![set("/override", json!({ "name": "hotfx" }))], "override.hotfx"),
        ("an override without an incident", vec![set("/override", json!({ "name": "hotfix" }))], "override.hotfix"),
        (
            "an override that has expired",
            vec![
                set("/override", json!({ "name": "hotfix" })),
                set(
                    "/incident",
                    json!({ "id": "INC-1", "state": "open", "environments": ["staging"], "declared_at": "2026-12-02T04:00:00Z", "resolved_at": null }),
                ),
            ],
            "override.hotfix",
        ),
        ("a rollback to nowhere", vec![set("/action", json!("rollback"))], "action"),
    ]
}

fn edit(request: &mut Json, pointer: &str, value: Option<Json>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (request.pointer_mut(parent).unwrap(), value) {
        (Json::Object(fields), Some(value)) => drop(fields.insert(name.to_owned(), value)),
        (Json::Object(fields), None) => drop(fields.remove(name).unwrap()),
        (other, _) => panic!("{other}"),
    }
}

#[test]
fn a_satisfied_request_is_allowed() {
    let policy = policy();
    let explained = Engine::new(&policy).explain(&Request::from_json(&request()).unwrap());
    assert_eq!(explained.decision.outcome, hxp_policy::Outcome::Allow, "{:#?}", explained.decision.reasons);
}

#[test]
fn trees() {
    let policy = policy();
    let engine = Engine::new(&policy);
    let mut all = String::new();
    for (what, edits, id) in cases() {
        let mut request = request();
        for (pointer, value) in edits {
            edit(&mut request, pointer, value);
        }
        let request = Request::from_json(&request).unwrap_or_else(|wrong| panic!("{what}: {wrong:?}"));
        let explained = engine.explain(&request);
        let mine = |because: &&hxp_decide::explain::Because| {
            let (_, local) = because.id.split_once('.').unwrap();
            local == id || local.strip_prefix(id).is_some_and(|rest| rest.starts_with('('))
        };
        let because = explained.explanation.iter().find(mine).unwrap_or_else(|| panic!("{what}: no {id}"));
        all += &format!("## {what}\n{}: {}\n", explained.decision.outcome.word(), because.id);
        all += &because.tree.to_text();
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}
