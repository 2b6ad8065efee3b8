//! The platform of `examples/hexabase` on its best day.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{
    COMMIT, LIVE, Story, digest, numbered, record, repository, secrets, signed, tools, tree, workloads, write,
};

/// A Tuesday morning at 11 in Los Angeles.
const TUESDAY: &str = "2026-12-01T19:00:00Z";

static TREE: LazyLock<TempDir> = LazyLock::new(|| tree("hexabase"));

/// The chart as its repository serves it, packed once: its digest is part of what a release is.
static CHART: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("hexabase-kaas");
    write(&source.join("Chart.yaml"), "apiVersion: v2\nname: hexabase-kaas\nversion: 2.1.0\n");
    write(
        &source.join("templates/values.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: values\ndata:\n  values.json: {{ toJson .Values | quote }}\n",
    );
    let helm = repository().join(".tools/bin/helm");
    let packed = Command::new(helm).arg("package").arg(&source).arg("--destination").arg(folder.path()).output();
    assert!(packed.expect("helm runs").status.success(), "the chart is packed");
    folder
});

/// Release v1.4.0 is published; everything about it is green, and everybody who is asked approves.
pub fn green_release() -> Option<Story> {
    let tools = tools()?;
    let package = CHART.path().join("hexabase-kaas-2.1.0.tgz");
    let bytes = std::fs::read(&package).expect("packed");
    let story = Story::new(TREE.path(), green(&digest(&bytes), &tools));
    story.copy(&package, "chart/hexabase-kaas-2.1.0.tgz");
    story.file("registry", "hexabase/hexabase-ai-api:v1.4.0 sha256:aa\nhexabase/hexabase-ai-ui:v1.4.0 sha256:bb\n");
    story.file("trivy.json", "{\"Results\": []}");
    story.file("workloads.json", &workloads(&["api", "ui"], 3));
    story.file("helm/history.json", "[{\"revision\": 1, \"status\": \"deployed\", \"description\": \"upgrade\"}]");
    story.file("helm/manifest-1", "# what ran before\n");
    for gate in ["unit_tests", "integration_tests"] {
        story.file(&format!("results/{gate}.json"), "{\"passed\": 120, \"total\": 120}");
    }
    story.file("results/coverage.json", "{\"line\": \"81.4%\"}");
    story.file("results/perf.json", "{\"regression\": \"0%\"}");
    Some(story)
}

/// The world of a green release.
fn green(chart: &str, tools: &Path) -> Value {
    let chart = json!({ "name": "hexabase-kaas", "version": "2.1.0", "digest": chart });
    let sign = |gate: &str| signed("hexabase/kaas", gate, "v1.4.0", "pia", "2026-12-01T12:00:00Z");
    let release = json!({ "tag_name": "v1.4.0", "draft": false, "prerelease": false, "target_commitish": "main",
        "author": { "login": "ada" } });
    let secrets = secrets(&[
        ("HXP_PRODUCTION_DEPLOYMENTS_WEBHOOK", "http://loopback/external/hooks.slack.com/deployments"),
        ("HXP_STATUS_TOKEN", "status-token"),
        ("HXP_CUSTOMERS_MAIL_WEBHOOK", "http://loopback/external/mail/customers"),
        ("HXP_CUSTOMERS_APP_WEBHOOK", "http://loopback/external/app/customers"),
        ("HXP_PAGER_KEY", "pager-key"),
        ("HXP_AUDIT_LOG_WEBHOOK", "http://loopback/external/hooks.slack.com/audit"),
        ("HXP_KUBECONFIG", "apiVersion: v1"),
        ("HXP_APP_PRIVATE_KEY", "key"),
    ]);
    let teams =
        ["engineering_managers", "devops", "security", "dba", "cab", "architects", "performance", "senior_engineers"];
    let protected: Vec<String> = teams.iter().map(|t| format!("production-approve-{t}")).collect();
    json!({
        "environment": "production",
        "workflow": "tree/.github/workflows/deploy-production.yml",
        "at": TUESDAY,
        "tools": tools.join("bin"),
        "trees": { COMMIT: "tree", LIVE: "tree" },
        "github": {
            "event_name": "release", "repository": "hexabase/kaas", "repository_owner": "hexabase", "run_id": 7,
            "run_attempt": 1, "sha": COMMIT, "ref": "refs/tags/v1.4.0", "ref_name": "v1.4.0", "ref_type": "tag",
            "actor": "ada", "token": "the-runs-own-token"
        },
        "event": { "action": "published", "release": release, "sender": { "login": "ada", "type": "User" } },
        // A look a minute is enough where nothing is to be seen.
        "env": { "HXP_WATCH_INTERVAL": "60" },
        "vars": { "HXP_APP_CLIENT_ID": "Iv1", "HXP_PROMETHEUS_URL": "http://loopback/prometheus",
            "HXP_HELM_REPOSITORY": "https://charts.hexabase.example" },
        "secrets": secrets,
        "protected": protected,
        "reviews": {
            "production-approve-engineering_managers": { "by": "mia", "vote": "approved", "at": "2026-12-01T19:20:00Z" },
            "production-approve-devops": { "by": "kim", "vote": "approved", "at": "2026-12-01T19:30:00Z" }
        },
        "world": {
            "deployments": numbered(vec![
                record("production", LIVE, ("2026-11-24T19:00:00Z", "2026-11-24T19:10:00Z"),
                    &json!({ "api": "sha256:00", "ui": "sha256:01" }), &chart),
                record("staging", COMMIT, ("2026-12-01T16:30:00Z", "2026-12-01T16:40:00Z"),
                    &json!({ "api": "sha256:aa", "ui": "sha256:bb" }), &chart),
            ]),
            "compare": { format!("{LIVE}...{COMMIT}"): {
                "status": "ahead", "total_commits": 1, "commits": [{ "sha": COMMIT }], "files": [{ "filename": "api/main.go" }] } },
            "commits": [{ "oid": COMMIT, "message": "feat: more of it",
                "authors": { "totalCount": 1, "nodes": [{ "user": { "login": "bob" } }] },
                "associatedPullRequests": { "nodes": [{ "number": 812, "mergedAt": "2026-11-30T10:00:00Z",
                    "author": { "login": "bob" }, "labels": { "nodes": [{ "name": "feature" }] },
                    "latestOpinionatedReviews": { "nodes": [
                        { "state": "APPROVED", "author": { "login": "eve" } },
                        { "state": "APPROVED", "author": { "login": "lea" } }] } }] } }],
            "refs": { "v1.4.0": COMMIT, "main": COMMIT },
            "releases": [release, { "tag_name": "v1.3.9", "draft": false, "prerelease": false, "author": { "login": "ada" } }],
            "teams": {
                "hexabase/engineering-managers": ["mia"], "hexabase/devops-team": ["eve", "kim", "ada"],
                "hexabase/security-team": ["sam"], "hexabase/dba": ["dan"], "hexabase/change-advisory-board": ["cat"],
                "hexabase/architects": ["al"], "hexabase/performance": ["pat"], "hexabase/senior-engineers": ["sue"],
                "hexabase/engineering": ["pia"], "hexabase/support": ["sol"], "hexabase/qa": ["quin"], "hexabase/platform": ["pia"]
            },
            "issues": [],
            "runs": { "hxp-sign.yml": [sign("release_notes"), sign("rollback_plan"), sign("dashboards_ready")] },
            "tree": { "tree": [] },
            "contents": { "deployments/helm/values-production.yaml": "global:\n  domain: old.example\n" },
            "metrics": [
                { "query": "code=~", "value": 0.001 },
                { "query": "increase(", "value": 5000 },
                { "query": "histogram_quantile", "value": 0.2 },
                { "query": "avg_over_time(", "value": 0.2 }
            ]
        }
    })
}
