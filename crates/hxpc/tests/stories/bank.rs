//! The bank of `examples/bank`: dual control, two regions, evidence from a Java build, and broken glass. What is asked here
//! cannot be asked of the platform's workflow: people on several chairs, and a chart that lies in the repository.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{COMMIT, LIVE, Story, digest, numbered, record, secrets, signed, tools, tree, workloads};
use crate::{not_deployed, refused};

/// A Tuesday, eight in the morning in Frankfurt, on which payments settle.
const TUESDAY: &str = "2027-02-02T07:00:00Z";
const LATER: &str = "2027-02-02T07:30:00Z";

/// The image that acceptance proved.
const CORE: &str = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

static TREE: LazyLock<TempDir> = LazyLock::new(|| tree("bank"));

/// What a Java build leaves behind.
const SUITE: &str = "<testsuite><testcase name='pays'/><testcase name='refuses'/></testsuite>";
const COVERED: &str = "<report name='core'><counter type='INSTRUCTION' missed='100' covered='900'/>\
    <counter type='BRANCH' missed='10' covered='90'/><counter type='LINE' missed='10' covered='90'/></report>";

/// Release v3.5.0 is published and everything about it is green; payments and operations approve for Frankfurt.
fn green_release() -> Option<Story> {
    let tools = tools()?;
    let story = Story::new(TREE.path(), green(&tools));
    story.file("registry", &format!("registry.bank.example/payments/core:v3.5.0 {CORE}\n"));
    story.file("trivy.json", "{\"Results\": []}");
    story.file("reports/target/surefire-reports/TEST-core.xml", SUITE);
    story.file("reports/target/site/jacoco/jacoco.xml", COVERED);
    story.file("results/settlement_speed.json", "{\"regression\": \"1%\"}");
    story.file("workloads.json", &workloads(&["core"], 3));
    story.file("helm/history.json", "[{\"revision\": 1, \"status\": \"deployed\", \"description\": \"upgrade\"}]");
    story.file("helm/manifest-1", "# what ran before\n");
    Some(story)
}

fn green(tools: &Path) -> Value {
    let file = "deploy/core/Chart.yaml";
    let listed = json!([{ "mode": "100644", "sha": "c0ffee", "path": file, "type": "blob" }]);
    let chart =
        json!({ "name": "core", "version": "1.0.0", "digest": digest(format!("100644 c0ffee {file}\n").as_bytes()) });
    let sign = |gate: &str, by: &str| signed("bank/payments-core", gate, "v3.5.0", by, "2027-02-01T12:00:00Z");
    let release = json!({ "tag_name": "v3.5.0", "draft": false, "prerelease": false, "target_commitish": "main",
        "author": { "login": "rita" } });
    let secrets = secrets(&[
        ("HXP_RELEASES_WEBHOOK", "http://loopback/external/hooks.slack.com/releases"),
        ("HXP_PAGER_KEY", "pager-key"),
        ("HXP_SUPERVISOR_WEBHOOK", "http://loopback/external/mail/supervisor"),
        ("HXP_AUDIT_WEBHOOK", "http://loopback/external/mail/audit"),
        ("HXP_KUBECONFIG", "apiVersion: v1"),
        ("HXP_APP_PRIVATE_KEY", "key"),
    ]);
    let teams = ["payments", "operations", "risk", "security", "incident_managers"];
    let protected: Vec<String> = teams.iter().map(|t| format!("frankfurt-approve-{t}")).collect();
    json!({
        "environment": "frankfurt",
        "workflow": "tree/.github/workflows/deploy-frankfurt.yml",
        "at": TUESDAY,
        "tools": tools.join("bin"),
        "trees": { COMMIT: "tree", LIVE: "tree" },
        "github": {
            "event_name": "release", "repository": "bank/payments-core", "repository_owner": "bank", "run_id": 7,
            "run_attempt": 1, "sha": COMMIT, "ref": "refs/tags/v3.5.0", "ref_name": "v3.5.0", "ref_type": "tag",
            "actor": "rita", "token": "the-runs-own-token"
        },
        "event": { "action": "published", "release": release, "sender": { "login": "rita", "type": "User" } },
        "env": { "HXP_WATCH_INTERVAL": "60" },
        "vars": { "HXP_APP_CLIENT_ID": "Iv1", "HXP_PROMETHEUS_URL": "http://loopback/prometheus" },
        "secrets": secrets,
        "protected": protected,
        "reviews": {
            "frankfurt-approve-payments": { "by": "paul", "vote": "approved", "at": LATER },
            "frankfurt-approve-operations": { "by": "oona", "vote": "approved", "at": LATER }
        },
        "world": {
            "deployments": numbered(vec![
                record("frankfurt", LIVE, ("2027-01-19T07:00:00Z", "2027-01-19T07:10:00Z"),
                    &json!({ "core_server": "sha256:c0" }), &chart),
                record("acceptance", COMMIT, ("2027-02-01T06:00:00Z", "2027-02-01T06:10:00Z"),
                    &json!({ "core_server": CORE }), &chart),
            ]),
            "compare": { format!("{LIVE}...{COMMIT}"): { "status": "ahead", "total_commits": 1,
                "commits": [{ "sha": COMMIT }], "files": [{ "filename": "src/Core.java" }] } },
            "commits": [{ "oid": COMMIT, "message": "feat: faster",
                "authors": { "totalCount": 1, "nodes": [{ "user": { "login": "bob" } }] },
                "associatedPullRequests": { "nodes": [{ "number": 9, "mergedAt": "2027-01-29T10:00:00Z",
                    "author": { "login": "bob" }, "labels": { "nodes": [] },
                    "latestOpinionatedReviews": { "nodes": [
                        { "state": "APPROVED", "author": { "login": "eve" } },
                        { "state": "APPROVED", "author": { "login": "lea" } }] } }] } }],
            "refs": { "v3.5.0": COMMIT, "main": COMMIT },
            "releases": [release],
            "teams": {
                "bank/payments": ["paul", "ada"], "bank/operations": ["oona", "ada"], "bank/release-management": ["rita"],
                "bank/operational-risk": ["rob"], "bank/security": ["sam", "sue"], "bank/incident-managers": ["ina", "ivo"]
            },
            "issues": [],
            "runs": { "hxp-sign.yml": [sign("operations_accepts", "oona"), sign("change_registered", "rita")] },
            "tree": { "tree": listed },
            "contents": { file: "name: core\nversion: 1.0.0\n", "helm/values-frankfurt.yaml": "region: eu-central-1\n" },
            "metrics": [
                { "query": "response_status_code=~", "value": 0.0001 },
                { "query": "increase(", "value": 5000 },
                { "query": "histogram_quantile", "value": 0.1 }
            ]
        }
    })
}

#[test]
fn two_people_on_two_chairs_deploy_it() {
    let Some(story) = green_release() else { return };
    let run = story.run();
    assert_eq!(run.job("deploy"), "success", "{}", run.log());
    assert_eq!(run.changes_of_the_cluster(), ["upgrade --install payments-core"]);
    assert!(run.text("helm/rendered.yaml").contains(CORE), "the digest that acceptance proved is deployed");
    assert_eq!(run.recorded(), ["deploy in_progress", "deploy success"]);
    // The owed reconciliation was done right after.
    assert_eq!(run.job("duty_reconciliation"), "success", "{}", run.log());
    assert_eq!(run.unanswered(), Vec::<String>::new());
}

#[test]
fn one_person_cannot_sit_on_both_chairs() {
    let story = green_release()
        .map(|s| s.review("payments", "ada", "approved", LATER).review("operations", "ada", "approved", LATER));
    refused(story, "pending", "frankfurt.approve");
}

#[test]
fn nobody_signs_for_a_team_that_is_not_theirs() {
    let sign = signed("bank/payments-core", "operations_accepts", "v3.5.0", "paul", "2027-02-01T12:00:00Z");
    let story = green_release().map(|s| s.with("/world/runs/hxp-sign.yml/0", sign));
    refused(story, "pending", "operations_accepts");
}

#[test]
fn a_build_that_ran_no_tests_has_not_passed() {
    let Some(story) = green_release() else { return };
    story.file("reports/target/surefire-reports/TEST-core.xml", "<testsuite/>");
    refused(Some(story), "deny", "gate.tests");
}

#[test]
fn broken_glass_needs_two_incident_managers() {
    let Some(story) = broken_glass() else { return };
    // The second of them is not there.
    let run = story.run();
    assert_eq!(run.job("approve_incident_managers"), "success", "{}", run.log());
    not_deployed(&run);
}

#[test]
fn broken_glass_opens_the_window_and_the_supervisor_is_owed_a_report() {
    let Some(story) = broken_glass() else { return };
    let run = story.reviews("incident_managers", &["ina", "ivo"], NIGHT).run();
    assert_eq!(run.job("deploy"), "success", "{}", run.log());
    let audit = run.audit();
    assert_eq!(audit["override"]["name"], "break_glass");
    let owed: Vec<&str> = audit["duties"].as_array().expect("a list").iter().filter_map(|d| d["id"].as_str()).collect();
    assert!(owed.iter().any(|id| id.ends_with("gate.supervisor_report")), "{owed:?}");
}

#[test]
fn broken_glass_does_not_lift_the_evidence() {
    let Some(story) = broken_glass() else { return };
    let story = story.reviews("incident_managers", &["ina", "ivo"], NIGHT);
    story.file(
        "trivy.json",
        r#"{"Results": [{"Vulnerabilities": [{"Severity": "HIGH"}], "Licenses": [], "Secrets": []}]}"#,
    );
    refused(Some(story), "deny", "no_known_vulnerabilities");
}

/// A Saturday, four in the morning in Frankfurt.
const NIGHT: &str = "2027-02-06T03:00:00Z";

/// At night, in an incident, the override is invoked; the first incident manager approves.
fn broken_glass() -> Option<Story> {
    let inputs = json!({ "action": "deploy", "release": "v3.5.0", "override": "break_glass", "reason": "payments are stuck",
        "ticket": "INC-9", "incident": "77", "trigger": "none" });
    Some(
        green_release()?
            .with("/at", json!(NIGHT))
            .with("/github/event_name", json!("workflow_dispatch"))
            .with("/github/actor", json!("olga"))
            .with("/event", json!({ "sender": { "login": "olga", "type": "User" }, "inputs": inputs }))
            .with("/inputs", inputs)
            .with(
                "/world/issues",
                json!([{ "number": 77, "state": "open", "created_at": "2027-02-06T02:30:00Z", "closed_at": null,
                "labels": [{ "name": "incident" }], "user": { "login": "olga" } }]),
            )
            .with("/reviews", json!({}))
            .reviews("incident_managers", &["ina"], NIGHT),
    )
}
