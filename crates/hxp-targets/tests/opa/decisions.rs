//! Requests beside what must come out: under regorus, and under OPA with equal decisions.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::{engines, fixture};

/// One request: what differs from the satisfied one, and what must come out.
struct Case {
    what: &'static str,
    edits: Vec<(&'static str, Option<Value>)>,
    outcome: &'static str,
    /// Ids without `production.`, with their verdicts; of those that decide, all of them.
    reasons: Vec<(&'static str, &'static str)>,
    /// Pointers into the decision and what is there.
    also: Vec<(&'static str, Value)>,
}

fn case(what: &'static str) -> Case {
    Case { what, edits: Vec::new(), outcome: "allow", reasons: Vec::new(), also: Vec::new() }
}

impl Case {
    /// A JSON pointer takes a value.
    fn set(mut self, pointer: &'static str, value: Value) -> Self {
        self.edits.push((pointer, Some(value)));
        self
    }

    /// A JSON pointer's key is left out.
    fn without(mut self, pointer: &'static str) -> Self {
        self.edits.push((pointer, None));
        self
    }

    fn at(self, instant: &'static str) -> Self {
        self.set("/at", json!(instant))
    }

    fn pending<const N: usize>(mut self, ids: [&'static str; N]) -> Self {
        self.outcome = "pending";
        self.reasons.extend(ids.map(|id| (id, "waiting")));
        self
    }

    fn deny<const N: usize>(mut self, ids: [&'static str; N]) -> Self {
        self.outcome = "deny";
        self.reasons.extend(ids.map(|id| (id, "failed")));
        self
    }

    fn and(mut self, id: &'static str, verdict: &'static str) -> Self {
        self.reasons.push((id, verdict));
        self
    }

    fn has(mut self, pointer: &'static str, value: Value) -> Self {
        self.also.push((pointer, value));
        self
    }

    fn request(&self) -> Value {
        let mut request = fixture::request();
        for (pointer, value) in &self.edits {
            edit(&mut request, pointer, value.clone());
        }
        request
    }

    fn judge(&self, decision: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        if decision["outcome"] != self.outcome {
            wrong.push(format!("outcome {} instead of {}", decision["outcome"], self.outcome));
        }
        let mut deciding: Vec<(&str, &str)> = Vec::new();
        for reason in decision["reasons"].as_array().into_iter().flatten() {
            let id = reason["id"].as_str().unwrap_or_default();
            let verdict = reason["verdict"].as_str().unwrap_or_default();
            let local = id.strip_prefix("production.").unwrap_or(id);
            if matches!(verdict, "failed" | "waiting") {
                deciding.push((local, verdict));
            }
            if let Some((_, asked)) = self.reasons.iter().find(|(asked, _)| *asked == local)
                && *asked != verdict
            {
                wrong.push(format!("{local} is {verdict} instead of {asked}: {}", reason["text"]));
            }
        }
        for (id, verdict) in &deciding {
            if !self.reasons.contains(&(id, verdict)) {
                let reason = decision["reasons"]
                    .as_array()
                    .and_then(|r| r.iter().find(|r| r["id"].as_str().is_some_and(|i| i.ends_with(id))));
                wrong.push(format!("{id} is {verdict}, unexpectedly: {}", reason.map_or(&Value::Null, |r| &r["text"])));
            }
        }
        for (id, verdict) in &self.reasons {
            let there = decision["reasons"].as_array().into_iter().flatten().any(|r| {
                r["verdict"] == *verdict
                    && r["id"].as_str().is_some_and(|i| i.strip_prefix("production.").unwrap_or(i) == *id)
            });
            if !there {
                wrong.push(format!("no reason {id} {verdict}"));
            }
        }
        for (pointer, value) in &self.also {
            let found = decision.pointer(pointer);
            if found != Some(value) {
                wrong.push(format!("{pointer} is {found:?} instead of {value}"));
            }
        }
        wrong
    }
}

/// Sets or removes what a pointer names; `-` appends to a list.
pub fn edit(request: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = request.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
    match (parent, value) {
        (Value::Object(map), Some(value)) => {
            map.insert(key.replace("~1", "/"), value);
        }
        (Value::Object(map), None) => {
            map.remove(key).unwrap_or_else(|| panic!("nothing at {pointer}"));
        }
        (Value::Array(list), Some(value)) if key == "-" => list.push(value),
        (Value::Array(list), Some(value)) => list[key.parse::<usize>().expect("an index")] = value,
        (Value::Array(list), None) => {
            list.remove(key.parse::<usize>().expect("an index"));
        }
        (other, _) => panic!("{other} has no {key}"),
    }
}

fn approval(person: &str, vote: &str, at: &str) -> Value {
    json!({ "person": person, "vote": vote, "environment": "production", "commit": "9f3c",
            "images": { "api": "sha256:aa", "ui": "sha256:bb" }, "at": at })
}

fn label_commit(message: &str) -> Value {
    json!([{ "id": "9f3c", "message": message, "author": "bob", "pull_request": 812 }])
}

fn deployment(
    environment: &str,
    outcome: &str,
    from: &str,
    to: Option<&str>,
    healthy: &[(&str, Option<&str>)],
) -> Value {
    let healthy: Vec<Value> = healthy.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
    json!({ "id": format!("{environment}-{from}"), "environment": environment, "action": "deploy", "revision": 1,
            "images": { "api": "sha256:aa", "ui": "sha256:bb" },
            "chart": { "name": "kaas", "version": "1.4.0", "digest": "sha256:cc" },
            "from": from, "to": to, "outcome": outcome, "healthy": healthy })
}

fn other_release(mut deployment: Value, digest: &str) -> Value {
    deployment["images"] = json!({ "api": digest });
    deployment
}

fn incident(declared_at: &str) -> Value {
    json!({ "id": "INC-7", "state": "open", "environments": ["production"], "declared_at": declared_at, "resolved_at": null })
}

fn hotfix(what: &'static str) -> Case {
    case(what)
        .at("2026-12-05T02:00:00-08:00")
        .set("/override", json!({ "name": "hotfix", "reason": "fire", "ticket": "T-1" }))
        .set("/incident", incident("2026-12-05T01:00:00-08:00"))
        .set(
            "/approvals",
            json!([
                approval("eve", "approve", "2026-12-05T09:30:00Z"),
                approval("sue", "approve", "2026-12-05T09:30:00Z")
            ]),
        )
        .set("/evidence/3/at", json!("2026-12-05T09:30:00Z"))
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    vec![
        case("everything is satisfied")
            .has("/not_before", json!("2026-12-01T11:00:00-08:00"))
            .has("/valid_until", json!("2026-12-01T15:00:00-08:00"))
            .has("/policy/name", json!("hexabase_kaas")).has("/policy/version", json!("1.0.0"))
            .has("/action", json!("deploy"))
            .has("/obligations", json!([{ "id": "production.gate.health", "on": "deployed", "due": "30m", "due_at": null, "owner": "platform" }]))
            .has("/notify", json!([{ "channel": "deployments", "on": "deployed", "due": null }, { "channel": "status", "on": "incident.declared", "due": "5m" }]))
            .and("gate.waf", "waived").and("gate.uat", "advice"),
        case("a change of configuration is bound like a deployment").set("/action", json!("config")).without("/evidence/1")
            .pending(["gate.coverage(min = 70%)"]).has("/action", json!("config")),

        // R20: the worst wins.
        case("failed outweighs waiting").set("/evidence/1/state", json!("failed")).without("/evidence/0")
            .deny(["gate.coverage(min = 70%)"]).and("gate.unit_tests", "waiting"),

        // R33: malformed, or about another environment.
        case("no version of the schema").without("/hxp").deny(["engine.request"]),
        case("another version of the schema").set("/hxp", json!(2)).deny(["engine.request"]),
        case("no clock").without("/at").deny(["engine.request"]),
        case("a clock that is none").at("yesterday").deny(["engine.request"]),
        case("a day the calendar lacks").at("2026-02-30T11:00:00Z").deny(["engine.request"]),
        case("no action").without("/action").deny(["engine.request"]),
        case("an action there is not").set("/action", json!("yolo")).deny(["engine.request"]),
        case("no commit").without("/release/commit").deny(["engine.request"]),
        case("an actor that is a name").set("/actor", json!("ada")).deny(["engine.request"]),
        case("nobody asks").without("/actor").deny(["engine.request"]),
        case("a slip of the pen").set("/aprovals", json!([])).deny(["engine.request"]),
        case("a slip of the pen deep inside").set("/evidence/0/isuer", json!("x")).deny(["engine.request"]),
        case("a key with a dot is not a path").set("/release.commit", json!("x")).deny(["engine.request"]),
        case("a list where an object belongs").set("/release", json!([])).deny(["engine.request"]),
        case("null where none cannot be").set("/evidence", json!(null)).deny(["engine.request"]),
        case("a number for text").set("/release/commit", json!(9)).deny(["engine.request"]),
        case("a state there is not").set("/evidence/0/state", json!("ok")).deny(["engine.request"]),
        case("an incident in a state there is not").set("/incident", json!({ "state": "smouldering" })).deny(["engine.request"]),
        case("no version").set("/release/version", json!("1.2")).deny(["engine.request"]),
        case("another environment").set("/environment", json!("staging")).deny(["engine.environment"]),

        // R21: missing is unknown, null is none, [] is empty.
        case("no evidence is known").without("/evidence").pending([
            "gate.unit_tests", "gate.coverage(min = 70%)", "gate.perf", "gate.scan", "gate.rollback_plan", "gate.signed_build"]),
        case("there is no evidence").set("/evidence", json!([])).pending([
            "gate.unit_tests", "gate.coverage(min = 70%)", "gate.perf", "gate.scan", "gate.rollback_plan", "gate.signed_build"]),
        case("no change is known").without("/change")
            .pending(["gate.reviewed", "gate.eol_notice", "approve.security", "approve.dba", "rule.version_matches_change"]),
        case("the change is empty").set("/change", json!({ "files": [], "commits": [], "pull_requests": [] })),
        case("the list of files was truncated, so it is left out").without("/change/files")
            .pending(["approve.security", "approve.dba"]),
        case("labels of a pull request are unknown").without("/change/pull_requests/0/labels")
            .pending(["approve.security", "approve.dba", "rule.version_matches_change"]).and("gate.eol_notice", "waiting"),
        case("the first release").set("/previous", json!(null)),
        case("whether it is the first release is unknown").without("/previous").pending(["rule.version_matches_change"]),
        case("the release has no branch").set("/release/branch", json!(null)),
        case("the branch is unknown").without("/release/branch").pending(["rule.from_main"]),
        case("whether it is a pre-release is unknown").without("/release/prerelease").pending(["rule.from_main"]),

        // R22: when.
        case("a label asks for an approval").set("/change/files", json!(["api/auth/login.go"])).pending(["approve.security"])
            .has("/reasons/0/needs", json!({ "approvals": { "security": 1 } })),
        case("two labels, one approval").set("/change/pull_requests/0/labels", json!(["sensitive"]))
            .pending(["approve.security", "gate.eol_notice"]),
        case("an unknown condition of what is met anyway").without("/change/files")
            .set("/approvals/-", approval("sam", "approve", "2026-12-01T15:00:00Z"))
            .set("/approvals/-", approval("dan", "approve", "2026-12-01T15:00:00Z")),
        case("the first line of a message is a label").set("/change/commits", label_commit("feat!: all new"))
            .deny(["rule.version_matches_change"]).and("approve.dba", "waiting"),
        case("a label of a label").set("/change/files", json!(["db/migrations/7.sql"])).pending(["approve.dba"])
            .has("/reasons/0/needs", json!({ "approvals": { "dba": 1 } })),

        // R25, R26, R28, R29: evidence.
        case("evidence of another commit").set("/evidence/0/subject/commit", json!("beef")).pending(["gate.unit_tests"]),
        case("evidence of another release").set("/evidence/4/subject/release/images/api", json!("sha256:dd")).pending(["gate.rollback_plan"]),
        case("the last run wins").set("/evidence/-", json!({ "gate": "perf", "params": { "tolerance": "20%" }, "subject": { "commit": "9f3c" }, "state": "failed", "at": "2026-12-01T07:00:00Z" }))
            .deny(["gate.perf"]),
        case("an older failure is over").set("/evidence/-", json!({ "gate": "perf", "params": { "tolerance": "20%" }, "subject": { "commit": "9f3c" }, "state": "failed", "at": "2026-12-01T05:00:00Z" })),
        case("at a tie failed wins").set("/evidence/-", json!({ "gate": "perf", "params": { "tolerance": "20%" }, "subject": { "commit": "9f3c" }, "state": "failed", "at": "2026-12-01T06:00:00Z" }))
            .deny(["gate.perf"]),
        case("evidence of the future does not exist").set("/evidence/-", json!({ "gate": "perf", "params": { "tolerance": "20%" }, "subject": { "commit": "9f3c" }, "state": "failed", "at": "2026-12-01T19:00:01Z" })),
        case("evidence of now exists").set("/evidence/-", json!({ "gate": "perf", "params": { "tolerance": "20%" }, "subject": { "commit": "9f3c" }, "state": "failed", "at": "2026-12-01T19:00:00Z" }))
            .deny(["gate.perf"]),
        case("a run with other parameters").set("/evidence/2/params/tolerance", json!("10%")).pending(["gate.perf"]),
        case("a parameter written otherwise").set("/evidence/2/params/tolerance", json!("20.0%")),
        case("a run without its parameter").without("/evidence/2/params").pending(["gate.perf"]),
        case("passed, but below the threshold").set("/evidence/1/results/line", json!("69.999%")).deny(["gate.coverage(min = 70%)"]),
        case("passed, at the threshold").set("/evidence/1/results/line", json!("70.0%")),
        case("passed, without the result").without("/evidence/1/results").pending(["gate.coverage(min = 70%)"]),
        case("a ratio is not a percentage").set("/evidence/2/results/regression", json!(0.35)).pending(["gate.perf"]),
        case("text is not a number").set("/evidence/0/results", json!({ "passed": "10", "total": "10" })).pending(["gate.unit_tests"]),
        case("a suite that ran nothing").set("/evidence/0/results", json!({ "passed": 0, "total": 0 })).deny(["gate.unit_tests"]),
        case("some tests failed").set("/evidence/0/results", json!({ "passed": 9, "total": 10 })).deny(["gate.unit_tests"]),
        case("running").set("/evidence/0/state", json!("running")).pending(["gate.unit_tests"]),
        case("skipped").set("/evidence/0/state", json!("skipped")).pending(["gate.unit_tests"]),
        case("skipped, where that fails").set("/evidence/3/state", json!("skipped")).deny(["gate.scan"]),
        case("an error, where that fails").set("/evidence/3/state", json!("error")).deny(["gate.scan"]),
        case("exactly as old as it may be").set("/evidence/3/at", json!("2026-11-30T19:00:00Z")).has("/valid_until", json!("2026-12-01T11:00:00-08:00")),
        case("a second too old").set("/evidence/3/at", json!("2026-11-30T18:59:59Z")).pending(["gate.scan"]),
        case("a stale failure is no failure").set("/evidence/3/at", json!("2026-11-29T00:00:00Z")).set("/evidence/3/state", json!("failed")).pending(["gate.scan"]),
        case("another issuer").set("/evidence/6/issuer", json!("repo:evil/fork")).pending(["gate.signed_build"]).and("gate.signed_build.issuer", "advice"),
        case("an unknown issuer").without("/evidence/6/issuer").pending(["gate.signed_build"]),
        case("signed by a stranger").set("/evidence/4/by", json!("mallory")).pending(["gate.rollback_plan"]).and("gate.rollback_plan.issuer", "advice"),
        case("signed, the signers unknown").without("/members/platform").pending(["gate.rollback_plan"]),
        case("a chart that is none is an identity too").set("/release/chart", json!(null)).pending(["after.staging", "after.staging.soaked", "gate.rollback_plan"]),
        case("facts prove a gate").set("/change/pull_requests/0/approved_by", json!([])).deny(["gate.reviewed"]),
        case("a direct push").set("/change/commits/0/pull_request", json!(null)).deny(["gate.reviewed"]),
        case("who approved a pull request is unknown").without("/change/pull_requests/0/approved_by").pending(["gate.reviewed"]),
        case("the age of evidence").set("/change/pull_requests/0/labels", json!(["sensitive"]))
            .set("/approvals/-", approval("sam", "approve", "2026-12-01T15:00:00Z"))
            .set("/evidence/-", json!({ "gate": "eol_notice", "subject": { "release": { "images": { "api": "sha256:aa", "ui": "sha256:bb" }, "chart": { "digest": "sha256:cc" } } }, "state": "passed", "at": "2026-06-01T19:00:00Z" })),
        case("the age of younger evidence").set("/change/pull_requests/0/labels", json!(["sensitive"]))
            .set("/approvals/-", approval("sam", "approve", "2026-12-01T15:00:00Z"))
            .set("/evidence/-", json!({ "gate": "eol_notice", "subject": { "release": { "images": { "api": "sha256:aa", "ui": "sha256:bb" }, "chart": { "digest": "sha256:cc" } } }, "state": "passed", "at": "2026-06-01T19:00:01Z" }))
            .deny(["gate.eol_notice"]),

        // R34: approvals.
        case("no approvals are known").without("/approvals").pending(["approve.devops", "approve.managers"]),
        case("nobody approved").set("/approvals", json!([])).pending(["approve.devops", "approve.managers"]),
        case("one person in both teams takes one seat").without("/approvals/1").pending(["approve.devops", "approve.managers"]),
        case("greedy would be wrong: eve must sit for devops").set("/members/managers", json!(["eve", "joe"])).set("/members/devops", json!(["eve"])),
        case("an approval of another environment").set("/approvals/0/environment", json!("staging")).pending(["approve.devops"]),
        case("an approval of another commit").set("/approvals/0/commit", json!("beef")).pending(["approve.devops"]),
        case("an approval of other images").set("/approvals/0/images/api", json!("sha256:dd")).pending(["approve.devops"]),
        case("an approval that names no images").without("/approvals/0/images").pending(["approve.devops"]),
        case("an approval of the future").set("/approvals/0/at", json!("2026-12-01T19:00:01Z")).pending(["approve.devops"]),
        case("an author cannot approve").set("/release/authors", json!(["ada", "eve"])).pending(["approve.devops"]),
        case("the publisher cannot approve").set("/release/publisher", json!("eve")).pending(["approve.devops"]),
        case("the actor cannot approve").set("/actor/id", json!("eve")).pending(["approve.devops"]),
        case("a bot cannot approve").set("/approvals/0/person", json!("eve[bot]")).set("/members/devops", json!(["eve[bot]"])).pending(["approve.devops"]),
        case("nobody published").set("/release/publisher", json!(null)),
        case("the publisher is unknown").without("/release/publisher").pending(["approve.devops", "approve.managers"]),
        case("the authors are unknown").without("/release/authors").pending(["approve.devops", "approve.managers"]),
        case("the members are unknown").without("/members/devops").pending(["approve.devops", "approve.managers"]),
        case("nobody's members are known").without("/members").pending(["approve.devops", "approve.managers", "gate.rollback_plan"]),
        case("left the team since").set("/members/devops", json!(["kim"])).pending(["approve.devops"]),
        case("a rejection stands").set("/approvals/-", approval("kim", "reject", "2026-12-01T16:00:00Z")).deny(["approve.devops"]),
        case("a rejection is withdrawn").set("/approvals/-", approval("kim", "reject", "2026-12-01T16:00:00Z"))
            .set("/approvals/-", approval("kim", "withdraw", "2026-12-01T17:00:00Z")),
        case("a change of mind").set("/approvals/-", approval("eve", "reject", "2026-12-01T16:00:00Z")).deny(["approve.devops", "approve.managers"]),
        case("approval and rejection at one instant").set("/approvals/-", approval("eve", "reject", "2026-12-01T15:00:00Z")).deny(["approve.devops", "approve.managers"]),
        case("a withdrawn approval").set("/approvals/-", approval("eve", "withdraw", "2026-12-01T16:00:00Z")).pending(["approve.devops"]),
        case("a rejection by a stranger").set("/approvals/-", approval("mallory", "reject", "2026-12-01T16:00:00Z")),
        case("a rejection by a team that is not asked").set("/approvals/-", approval("sam", "reject", "2026-12-01T16:00:00Z")),
        case("of two statements the larger counts").set("/change/commits", label_commit("fix!: x")).set("/release/version", json!("2.0.0"))
            .set("/approvals/-", approval("dan", "approve", "2026-12-01T15:00:00Z")).pending(["approve.dba"]).has("/reasons/0/needs", json!({ "approvals": { "dba": 1 } })),

        // R35, R36: promotion.
        case("deployments are unknown").without("/deployments").pending(["after.staging", "after.staging.soaked"]),
        case("never was in staging").set("/deployments", json!([])).pending(["after.staging", "after.staging.soaked"]),
        case("another release was in staging").set("/deployments/0/images/api", json!("sha256:dd")).pending(["after.staging", "after.staging.soaked"]),
        case("another chart was in staging").set("/deployments/0/chart/digest", json!("sha256:dd")).pending(["after.staging", "after.staging.soaked"]),
        case("another version of the same release").set("/deployments/0/chart/version", json!("9.9.9")),
        case("soaked exactly as long as asked").set("/deployments/0/healthy/0/from", json!("2026-12-01T18:00:00Z")),
        case("soaked a second less").set("/deployments/0/healthy/0/from", json!("2026-12-01T18:00:01Z"))
            .pending(["after.staging.soaked"]).has("/not_before", json!("2026-12-01T11:00:01-08:00")),
        case("the stay is over and was long enough").set("/deployments", json!([deployment("staging", "healthy", "2026-11-30T09:00:00Z", Some("2026-11-30T10:00:00Z"), &[("2026-11-30T09:00:00Z", Some("2026-11-30T10:00:00Z"))])])),
        case("the stay is over and was too short").set("/deployments", json!([deployment("staging", "healthy", "2026-11-30T09:00:00Z", Some("2026-11-30T09:59:59Z"), &[("2026-11-30T09:00:00Z", Some("2026-11-30T09:59:59Z"))])]))
            .pending(["after.staging.soaked"]).has("/not_before", json!(null)),
        case("the stay ended in a rollback").set("/deployments", json!([deployment("staging", "rolled_back", "2026-11-30T09:00:00Z", Some("2026-11-30T12:00:00Z"), &[("2026-11-30T09:00:00Z", Some("2026-11-30T12:00:00Z"))])]))
            .deny(["after.staging", "after.staging.soaked"]),
        case("a failed stay and a good one").set("/deployments/-", deployment("staging", "rolled_back", "2026-11-30T09:00:00Z", Some("2026-11-30T12:00:00Z"), &[("2026-11-30T09:00:00Z", Some("2026-11-30T12:00:00Z"))])),
        case("still live, no longer healthy").set("/deployments/0/healthy/0/to", json!("2026-12-01T12:00:00Z")).deny(["after.staging", "after.staging.soaked"]),
        case("two deployments of one release are one stay").set("/deployments", json!([
                deployment("staging", "healthy", "2026-12-01T18:00:00Z", Some("2026-12-01T18:30:00Z"), &[("2026-12-01T18:00:00Z", Some("2026-12-01T18:30:00Z"))]),
                deployment("staging", "healthy", "2026-12-01T18:30:00Z", None, &[("2026-12-01T18:30:00Z", None)])])),
        case("two deployments with a gap are two stays").set("/deployments", json!([
                deployment("staging", "healthy", "2026-12-01T18:00:00Z", Some("2026-12-01T18:30:00Z"), &[("2026-12-01T18:00:00Z", Some("2026-12-01T18:30:00Z"))]),
                deployment("staging", "healthy", "2026-12-01T18:30:01Z", None, &[("2026-12-01T18:30:01Z", None)])]))
            .pending(["after.staging.soaked"]).has("/not_before", json!("2026-12-01T11:30:01-08:00")),
        case("a stay of the future").set("/deployments/0/healthy/0/from", json!("2026-12-01T19:00:01Z")).pending(["after.staging", "after.staging.soaked"]),
        case("the end of a stay in the future").set("/deployments/0/healthy/0/to", json!("2026-12-01T20:00:00Z")),
        case("how long the stay lasted is unknown").without("/deployments/0/healthy/0/to").pending(["after.staging", "after.staging.soaked"]),
        case("live, but the rollout failed").set("/deployments/0/outcome", json!("failed")).deny(["after.staging", "after.staging.soaked"]),
        case("how the rollout came out is unknown").without("/deployments/0/outcome").pending(["after.staging", "after.staging.soaked"]),
        case("a trigger of staging is firing").set("/triggers", json!([{ "trigger": "errors", "environment": "staging", "state": "firing", "since": "2026-12-01T12:00:00Z" }]))
            .deny(["after.staging", "after.staging.soaked"]),
        case("a trigger of another environment is firing").set("/triggers", json!([{ "trigger": "errors", "environment": "production", "state": "firing", "since": "2026-12-01T12:00:00Z" }])),

        // Windows: a minute before and after the edges, the zone's wall clock, closed days.
        case("a minute before it opens").at("2026-12-01T09:59:00-08:00").pending(["window.release_hours"])
            .has("/not_before", json!("2026-12-01T10:00:00-08:00")).has("/valid_until", json!("2026-12-01T10:00:00-08:00"))
            .has("/reasons/0/until", json!("2026-12-01T10:00:00-08:00"))
            .has("/reasons/0/text", json!("release_hours opens Tuesday 1 December 10:00")),
        case("when it opens").at("2026-12-01T10:00:00-08:00"),
        case("a minute before it closes").at("2026-12-01T14:59:00-08:00"),
        case("when it closes").at("2026-12-01T15:00:00-08:00").pending(["window.release_hours"]).has("/not_before", json!("2026-12-02T10:00:00-08:00")),
        case("written in another offset").at("2026-12-01T19:00:00Z"),
        case("friday afternoon waits for tuesday").at("2026-12-04T15:30:00-08:00").set("/evidence/3/at", json!("2026-12-04T12:00:00Z"))
            .pending(["window.release_hours"]).has("/not_before", json!("2026-12-08T10:00:00-08:00")),
        case("the freeze").at("2026-12-17T15:00:00-08:00").set("/evidence/3/at", json!("2026-12-17T12:00:00Z"))
            .set("/evidence/5/at", json!("2026-12-17T12:00:00Z"))
            .pending(["window.release_hours"]).has("/not_before", json!("2027-01-05T10:00:00-08:00")),
        case("summer time").at("2026-07-14T16:59:59Z").set("/evidence", json!([])).pending([
            "window.release_hours", "gate.unit_tests", "gate.coverage(min = 70%)", "gate.perf", "gate.scan", "gate.rollback_plan", "gate.signed_build",
            "approve.devops", "approve.managers", "after.staging", "after.staging.soaked"])
            .has("/not_before", json!(null)),
        case("time alone will not do").at("2026-12-01T09:59:00-08:00").without("/evidence/0").pending(["window.release_hours", "gate.unit_tests"]).has("/not_before", json!(null)),

        // Overrides: R40 to R43.
        hotfix("a hotfix at night").and("window.release_hours", "waived").and("approve.managers", "waived").and("approve.senior_engineers", "met")
            .has("/obligations/1/id", json!("production.gate.post_mortem")).and("gate.waf", "waived"),
        hotfix("what an override adds cannot be waived").without("/approvals/1").pending(["approve.senior_engineers"]),
        hotfix("an override adds a gate over facts").set("/release/branch", json!("hotfix/oom")).set("/release/ancestors", json!(["0000"])).deny(["gate.based_on_production"]),
        hotfix("ancestors unknown").set("/release/branch", json!("hotfix/oom")).without("/release/ancestors").pending(["gate.based_on_production"]),
        hotfix("not named").set("/override", json!(null)).set("/approvals/1", approval("joe", "approve", "2026-12-05T09:30:00Z")).pending(["window.release_hours"]),
        hotfix("whether one is named is unknown").without("/override").set("/approvals/1", approval("joe", "approve", "2026-12-05T09:30:00Z")).pending(["window.release_hours"]),
        hotfix("another is named").set("/override/name", json!("coldfix")).set("/approvals/1", approval("joe", "approve", "2026-12-05T09:30:00Z"))
            .pending(["window.release_hours"]).and("override.coldfix", "advice"),
        hotfix("no incident").set("/incident", json!(null)).pending(["window.release_hours", "approve.devops", "approve.managers"]).and("override.hotfix", "advice"),
        hotfix("incident unknown").without("/incident").pending(["window.release_hours", "approve.devops", "approve.managers"]).and("override.hotfix", "advice"),
        hotfix("incident over").set("/incident/state", json!("resolved")).pending(["window.release_hours", "approve.devops", "approve.managers"]).and("override.hotfix", "advice"),
        hotfix("incident elsewhere").set("/incident/environments", json!(["staging"])).pending(["window.release_hours", "approve.devops", "approve.managers"]).and("override.hotfix", "advice"),
        hotfix("incident of the future").set("/incident/declared_at", json!("2026-12-05T02:00:01-08:00")).pending(["window.release_hours", "approve.devops", "approve.managers"]).and("override.hotfix", "advice"),
        hotfix("a second before it expires").set("/incident/declared_at", json!("2026-12-04T02:00:01-08:00")).has("/valid_until", json!("2026-12-05T02:00:01-08:00")),
        hotfix("when it expires").set("/incident/declared_at", json!("2026-12-04T02:00:00-08:00")).pending(["window.release_hours", "approve.devops", "approve.managers"]).and("override.hotfix", "advice"),
        case("a waiver, a second before it ends").at("2026-12-09T15:59:59-08:00").set("/evidence/3/at", json!("2026-12-09T12:00:00Z")).pending(["window.release_hours"]).and("gate.waf", "waived"),
        case("a waiver, when it ends").at("2026-12-09T16:00:00-08:00").set("/evidence/3/at", json!("2026-12-09T12:00:00Z")).pending(["window.release_hours", "gate.waf"]),
        case("when what is waived is not met, the end of the waiver is the end of the decision").at("2026-12-09T11:00:00-08:00").set("/evidence/3/at", json!("2026-12-09T12:00:00Z"))
            .and("gate.waf", "waived").has("/valid_until", json!("2026-12-09T15:00:00-08:00")),

        // Rules.
        case("a feature in a patch release").set("/change/commits", label_commit("feat: new")).deny(["rule.version_matches_change"])
            .has("/reasons/0/text", json!("a breaking change needs a major version, a feature a minor one")),
        case("a feature in a minor release").set("/change/commits", label_commit("feat: new")).set("/release/version", json!("1.3.0")),
        case("a version with a v").set("/release/version", json!("v1.2.3")).set("/previous/version", json!("v1.2.2")),
        case("from a wild branch").set("/release/branch", json!("wild")).deny(["rule.from_main"])
            .has("/reasons/0/text", json!("releases come from main or a hotfix branch")),
        case("from a hotfix branch").set("/release/branch", json!("hotfix/oom")),
        case("from below a hotfix branch").set("/release/branch", json!("hotfix/a/b")).deny(["rule.from_main"]),
        case("a pre-release").set("/release/prerelease", json!(true)).deny(["rule.from_main"]),

        // Duties and notices.
        case("a duty and a notice with a condition").set("/change/pull_requests/0/labels", json!(["security", "breaking"])).set("/release/version", json!("2.0.0"))
            .set("/approvals/-", approval("sam", "approve", "2026-12-01T15:00:00Z"))
            .pending(["approve.dba"])
            .has("/obligations/1/id", json!("production.gate.scan")).has("/notify/0/channel", json!("customers")),
        case("a duty whose condition is unknown is listed").without("/change/files").pending(["approve.security", "approve.dba"])
            .has("/obligations/1/id", json!("production.gate.scan")),
        hotfix("a duty whose event is known is due at an instant").set("/incident/resolved_at", json!("2026-12-05T01:30:00-08:00"))
            .has("/obligations/1/due_at", json!("2026-12-07T01:30:00-08:00")),

        // Rollback: R44, R45.
        case("back to a release that was healthy here").at("2026-12-05T02:00:00-08:00").set("/action", json!("rollback")).set("/evidence", json!([])).set("/approvals", json!([]))
            .set("/deployments", json!([deployment("production", "healthy", "2026-11-20T00:00:00Z", Some("2026-11-25T00:00:00Z"), &[])]))
            .has("/action", json!("rollback")),
        case("a rollback has requirements of its own").set("/action", json!("rollback")).set("/change/files", json!(["migrations/1.sql"]))
            .set("/deployments", json!([deployment("production", "healthy", "2026-11-20T00:00:00Z", Some("2026-11-25T00:00:00Z"), &[])]))
            .pending(["gate.migration_rollback"]),
        case("calling the bad deployment a rollback").set("/action", json!("rollback")).without("/evidence/0").pending(["gate.unit_tests"]).has("/action", json!("deploy")),
        case("back to what failed").set("/action", json!("rollback")).without("/evidence/0")
            .set("/deployments/-", deployment("production", "failed", "2026-11-20T00:00:00Z", Some("2026-11-25T00:00:00Z"), &[]))
            .pending(["gate.unit_tests"]).has("/action", json!("deploy")),
        case("back further than is kept").set("/action", json!("rollback")).without("/evidence/0")
            .set("/deployments/-", deployment("production", "healthy", "2026-11-20T00:00:00Z", None, &[]))
            .set("/deployments/-", other_release(deployment("production", "healthy", "2026-11-21T00:00:00Z", None, &[]), "sha256:01"))
            .set("/deployments/-", other_release(deployment("production", "healthy", "2026-11-22T00:00:00Z", None, &[]), "sha256:02"))
            .pending(["gate.unit_tests"]).has("/action", json!("deploy")),
        case("as far back as is kept").set("/action", json!("rollback")).without("/evidence/0")
            .set("/deployments/-", deployment("production", "healthy", "2026-11-20T00:00:00Z", None, &[]))
            .set("/deployments/-", other_release(deployment("production", "healthy", "2026-11-21T00:00:00Z", None, &[]), "sha256:01"))
            .set("/deployments/-", other_release(deployment("production", "healthy", "2026-11-22T00:00:00Z", None, &[]), "sha256:01"))
            .has("/action", json!("rollback")),
        case("a rollback while deployments are unknown").set("/action", json!("rollback")).without("/deployments").pending(["after.staging", "after.staging.soaked"]).has("/action", json!("deploy")),
    ]
}

/// Every case's decision under regorus, made once.
static DECISIONS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut engine = engines::regorus(&engines::emit(&fixture::policy()));
    cases().iter().map(|case| engines::decide(&mut engine, "production", &case.request())).collect()
});

#[test]
fn regorus_decides_as_the_rules_say() {
    let judged = cases().into_iter().zip(DECISIONS.iter());
    let wrong: Vec<String> = judged
        .flat_map(|(case, decision)| case.judge(decision).into_iter().map(move |w| format!("{}: {w}", case.what)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reference_engine_gives_the_same_decisions() {
    let policy = fixture::policy();
    let engine = hxp_decide::Engine::new(&policy);
    let judged = cases().into_iter().zip(DECISIONS.iter());
    let wrong: Vec<String> = judged
        .filter_map(|(case, theirs)| {
            let ours = engines::reference(&engine, &case.request());
            engines::difference(ours.as_ref(), theirs).map(|d| format!("{}: {d}", case.what))
        })
        .collect();
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn opa_and_regorus_give_the_same_decisions() {
    let Some(opa) = engines::opa() else { return };
    let files = engines::emit(&fixture::policy());
    let requests: Vec<Value> = cases().iter().map(Case::request).collect();
    let decisions = engines::decide_all(&opa, &files, "production", &requests);
    assert_eq!(decisions.len(), requests.len());
    for ((case, ours), theirs) in cases().iter().zip(DECISIONS.iter()).zip(&decisions) {
        assert_eq!(ours, theirs, "{}", case.what);
    }
}

#[test]
fn requests_and_decisions_have_the_published_form() {
    use hxp_decide::json_schema;
    let validator = |schema: &Value| jsonschema::validator_for(schema).expect("a schema");
    let (requests, decisions) = (validator(&json_schema::request()), validator(&json_schema::decision()));
    let policy = fixture::policy();
    let engine = hxp_decide::Engine::new(&policy);
    let assert_valid = |what: &str, validator: &jsonschema::Validator, json: &Value| {
        let wrong: Vec<String> = validator.iter_errors(json).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{json:#}");
    };
    for (case, theirs) in cases().iter().zip(DECISIONS.iter()) {
        let Ok(request) = hxp_decide::Request::from_json(&case.request()) else { continue };
        assert_valid(case.what, &requests, &case.request());
        assert_valid(case.what, &decisions, theirs);
        let explained = engine.explain(&request);
        assert_valid(case.what, &decisions, &serde_json::to_value(&explained).expect("json"));
        for (reason, because) in explained.decision.reasons.iter().zip(&explained.explanation) {
            assert_eq!(reason.id, because.id, "{}", case.what);
            let says = because.tree.text == reason.text || reason.text.ends_with(&because.tree.text);
            assert!(says, "{}: {} is not {}", case.what, because.tree.text, reason.text);
        }
    }
}
