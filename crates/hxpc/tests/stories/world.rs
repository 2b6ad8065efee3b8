//! A platform on its best day, what a story changes about it, and what came of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// A Tuesday morning at 11 in Los Angeles.
pub const TUESDAY: &str = "2026-12-01T19:00:00Z";
pub const COMMIT: &str = "9f3c000000000000000000000000000000000000";
const LIVE: &str = "1111000000000000000000000000000000000000";
const API: &str = "sha256:aa";
const UI: &str = "sha256:bb";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the story needs beside hxpc: node, jq, opa, helm and GitHub's packages. In CI all of it must be there.
pub fn tools() -> Option<PathBuf> {
    let tools = repository().join(".tools");
    let wanted =
        ["bin/opa", "bin/helm", "npm/node_modules/@actions/expressions", "npm/node_modules/@actions/workflow-parser"];
    let missing: Vec<&str> = wanted.into_iter().filter(|w| !tools.join(w).exists()).collect();
    if missing.is_empty() {
        return Some(tools);
    }
    let told = format!("no story was told: .tools/ lacks {}; `cargo xtask tools` brings it", missing.join(", "));
    assert!(std::env::var_os("CI").is_none(), "{told}");
    eprintln!("{told}");
    None
}

/// The example's outputs in a repository of their own, with what a gate runs there.
static TREE: LazyLock<TempDir> = LazyLock::new(|| {
    let tree = tempfile::tempdir().expect("a folder");
    let compiled = Command::new(env!("CARGO_BIN_EXE_hxpc"))
        .args(["compile", "examples/hexabase", "--quiet", "--out"])
        .arg(tree.path())
        .current_dir(repository())
        .output();
    assert!(compiled.expect("hxpc runs").status.success(), "the example compiles");
    // Every gate of the example is a make target, or trivy.
    write(&tree.path().join("Makefile"), ".DEFAULT:\n\t@bash gate.sh\n");
    write(
        &tree.path().join("gate.sh"),
        "cat \"$STORY/results/$HXP_GATE.json\" >\"$HXP_RESULTS\" 2>/dev/null || rm -f \"$HXP_RESULTS\"\n\
         exit \"$(cat \"$STORY/results/$HXP_GATE.exit\" 2>/dev/null || echo 0)\"\n",
    );
    tree
});

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

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// One story: a world in which everything is as it should be, until it is changed.
pub struct Story {
    folder: TempDir,
    told: Value,
}

impl Story {
    /// Release v1.4.0 of the example is published; everything about it is green, and everybody who is asked approves.
    pub fn of_a_green_release() -> Option<Self> {
        let tools = tools()?;
        let folder = tempfile::tempdir().expect("a folder");
        let package = CHART.path().join("hexabase-kaas-2.1.0.tgz");
        let bytes = std::fs::read(&package).expect("packed");
        let digest = Sha256::digest(&bytes).iter().fold("sha256:".to_owned(), |text, b| format!("{text}{b:02x}"));
        write(&folder.path().join("chart/.keep"), "");
        std::fs::copy(&package, folder.path().join("chart/hexabase-kaas-2.1.0.tgz")).expect("copied");
        let story = Self { told: green(&digest, &tools), folder };
        story
            .file("registry", &format!("hexabase/hexabase-ai-api:v1.4.0 {API}\nhexabase/hexabase-ai-ui:v1.4.0 {UI}\n"));
        story.file("trivy.json", "{\"Results\": []}");
        story.file("workloads.json", &workloads(3).to_string());
        story.file("helm/history.json", "[{\"revision\": 1, \"status\": \"deployed\", \"description\": \"upgrade\"}]");
        story.file("helm/manifest-1", "# what ran before\n");
        for gate in ["unit_tests", "integration_tests"] {
            story.file(&format!("results/{gate}.json"), "{\"passed\": 120, \"total\": 120}");
        }
        story.file("results/coverage.json", "{\"line\": \"81.4%\"}");
        story.file("results/perf.json", "{\"regression\": \"0%\"}");
        Some(story)
    }

    /// A file of the story's folder.
    pub fn file(&self, path: &str, text: &str) {
        write(&self.folder.path().join(path), text);
    }

    /// Changes something that is told; the pointer must lead somewhere.
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = self.told.pointer_mut(parent).unwrap_or_else(|| panic!("the story tells of no {parent}"));
        match parent {
            Value::Array(list) if key == "-" => list.push(value),
            Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
            other => other[key] = value,
        }
        self
    }

    /// Who answers for a team, how and when; `none`: nobody does.
    pub fn review(self, team: &str, by: &str, vote: &str, at: &str) -> Self {
        self.with(&format!("/reviews/production-approve-{team}"), json!({ "by": by, "vote": vote, "at": at }))
    }

    /// What a gate's command yields, and how it exits.
    pub fn gate(self, gate: &str, exit: u8, results: &str) -> Self {
        self.file(&format!("results/{gate}.json"), results);
        self.file(&format!("results/{gate}.exit"), &exit.to_string());
        self
    }

    /// Runs the workflow to its end.
    pub fn run(self) -> Run {
        self.file("story.json", &self.told.to_string());
        std::os::unix::fs::symlink(TREE.path(), self.folder.path().join("tree")).expect("linked");
        let output =
            Command::new("node").arg(harness().join("run.mjs")).arg(self.folder.path()).output().expect("node runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(self.folder.path().join("result.json")).expect("a result");
        Run { folder: self.folder, result: serde_json::from_str(&text).expect("a result in JSON") }
    }
}

/// The harness beside the packages it imports: Node looks for them above the importing file.
fn harness() -> PathBuf {
    static HARNESS: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
    static READY: LazyLock<()> = LazyLock::new(|| {
        let packages = repository().join(".tools/npm/node_modules").canonicalize().expect("GitHub's packages");
        std::os::unix::fs::symlink(packages, HARNESS.path().join("node_modules")).expect("linked");
        let source = repository().join("tests/stories");
        let copied = Command::new("cp").arg("-r").arg(source).arg(HARNESS.path().join("stories")).status();
        assert!(copied.expect("cp runs").success());
    });
    LazyLock::force(&READY);
    HARNESS.path().join("stories")
}

/// How a run ended.
pub struct Run {
    folder: TempDir,
    result: Value,
}

impl Run {
    /// The result of a job: success, failure, skipped, or waiting for a person.
    pub fn job(&self, id: &str) -> &str {
        self.result["jobs"][id]["result"].as_str().unwrap_or_else(|| panic!("there is no job {id}"))
    }

    pub fn output(&self, job: &str, name: &str) -> &str {
        self.result["jobs"][job]["outputs"][name].as_str().unwrap_or_default()
    }

    /// The outcome of the last decision, and the ids of what is not met.
    pub fn last_decision(&self) -> (String, String) {
        let decisions = self.audit()["decisions"].as_array().cloned().unwrap_or_default();
        let Some(last) = decisions.last() else { return Default::default() };
        let reasons = last["reasons"].as_array().cloned().unwrap_or_default();
        let open = reasons.iter().filter(|r| r["verdict"] == "failed" || r["verdict"] == "waiting");
        let ids: Vec<&str> = open.filter_map(|r| r["id"].as_str()).collect();
        (last["outcome"].as_str().unwrap_or_default().to_owned(), ids.join(" "))
    }

    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap_or_default()
    }

    /// Everything that the jobs printed, for a failing assertion.
    pub fn log(&self) -> String {
        let jobs = self.result["jobs"].as_object().expect("jobs");
        let shown = |(id, job): (&String, &Value)| {
            let result = job["result"].as_str().unwrap_or_default();
            if result == "skipped" {
                String::new()
            } else {
                format!("══ {id}: {result}\n{}", job["log"].as_str().unwrap_or_default())
            }
        };
        jobs.iter().map(shown).collect()
    }

    /// What Helm was asked that changes the cluster.
    pub fn changes_of_the_cluster(&self) -> Vec<String> {
        let asked = std::fs::read_to_string(self.folder.path().join("helm/asked")).unwrap_or_default();
        let words = |line: &str| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        asked.lines().filter(|l| l.starts_with("upgrade") || l.starts_with("rollback")).map(words).collect()
    }

    /// The texts that a channel was sent: `slack`, `pagerduty` …, by a part of the address.
    pub fn told(&self, address: &str) -> Vec<String> {
        let asked = self.result["asked"].as_array().expect("a list");
        let there =
            asked.iter().filter(|a| a["method"] == "POST" && a["path"].as_str().is_some_and(|p| p.contains(address)));
        there.map(|a| a["body"]["text"].as_str().map_or_else(|| a["body"].to_string(), str::to_owned)).collect()
    }

    /// The record that was attested.
    pub fn audit(&self) -> &Value {
        &self.result["attested"][0]
    }

    /// States that this run put on the records of deployments, oldest first.
    pub fn recorded(&self) -> Vec<String> {
        let records = self.result["deployments"].as_array().expect("a list");
        let ours = records.iter().filter(|r| r["id"].as_i64().is_some_and(|id| id >= 1000));
        let states = |r: &Value| {
            let list = r["statuses"].as_array().cloned().unwrap_or_default();
            let action = r["payload"]["action"].as_str().unwrap_or_default().to_owned();
            let of = move |s: &Value| format!("{action} {}", s["state"].as_str().unwrap_or_default());
            list.iter()
                .rev()
                .filter(|s| !s["description"].as_str().unwrap_or_default().starts_with("duty"))
                .map(of)
                .collect::<Vec<_>>()
        };
        ours.flat_map(states).collect()
    }

    /// Questions that the story's GitHub had no answer to.
    pub fn unanswered(&self) -> Vec<String> {
        let asked = self.result["asked"].as_array().expect("a list");
        asked.iter().filter(|a| a["status"] == 404).map(|a| format!("{} {}", a["method"], a["path"])).collect()
    }

    /// When a job began and ended, by the story's clock.
    pub fn time(&self, job: &str) -> (jiff::Timestamp, jiff::Timestamp) {
        let at = |which: &str| self.result["jobs"][job][which].as_str().expect("it ran").parse().expect("an instant");
        (at("from"), at("to"))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.folder.path().join(path).exists()
    }
}

fn workloads(ready: u32) -> Value {
    let one = |name: &str| {
        json!({ "kind": "Deployment", "metadata": { "name": name, "generation": 2 }, "spec": { "replicas": 3 },
            "status": { "readyReplicas": ready, "observedGeneration": 2 } })
    };
    json!({ "items": [one("api"), one("ui")] })
}

/// The world of a green release.
fn green(chart: &str, tools: &Path) -> Value {
    let record = |id: u32, environment: &str, commit: &str, at: &str, healthy: &str, images: (&str, &str)| {
        json!({ "id": id, "task": "hxp", "environment": environment, "created_at": at,
            "creator": { "login": "github-actions[bot]" },
            "payload": { "hxp": 1, "action": "deploy", "commit": commit, "tag": "v1.3.9", "version": "1.3.9", "deploys": [0],
                "images": { "api": images.0, "ui": images.1 },
                "chart": { "name": "hexabase-kaas", "version": "2.1.0", "digest": chart } },
            "statuses": [{ "state": "success", "created_at": healthy, "description": "revision 1",
                "creator": { "login": "github-actions[bot]" } }] })
    };
    let sign = |gate: &str| {
        json!({ "run_attempt": 1, "actor": { "login": "pia" }, "triggering_actor": { "login": "pia" },
            "display_title": format!("passed: {gate} of v1.4.0"), "run_started_at": "2026-12-01T12:00:00Z",
            "html_url": "https://github.com/hexabase/kaas/actions/runs/3", "repository": { "full_name": "hexabase/kaas" } })
    };
    let release = json!({ "tag_name": "v1.4.0", "draft": false, "prerelease": false, "target_commitish": "main",
        "author": { "login": "ada" } });
    let channels = [
        ("HXP_PRODUCTION_DEPLOYMENTS_WEBHOOK", "http://loopback/external/hooks.slack.com/deployments"),
        ("HXP_STATUS_TOKEN", "status-token"),
        ("HXP_CUSTOMERS_MAIL_WEBHOOK", "http://loopback/external/mail/customers"),
        ("HXP_CUSTOMERS_APP_WEBHOOK", "http://loopback/external/app/customers"),
        ("HXP_PAGER_KEY", "pager-key"),
        ("HXP_AUDIT_LOG_WEBHOOK", "http://loopback/external/hooks.slack.com/audit"),
        ("HXP_KUBECONFIG", "apiVersion: v1"),
        ("HXP_APP_PRIVATE_KEY", "key"),
    ];
    let secrets: serde_json::Map<String, Value> = channels.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
    let teams =
        ["engineering_managers", "devops", "security", "dba", "cab", "architects", "performance", "senior_engineers"];
    let protected: Vec<String> = teams.iter().map(|t| format!("production-approve-{t}")).collect();
    json!({
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
            "deployments": [
                record(1, "production", LIVE, "2026-11-24T19:00:00Z", "2026-11-24T19:10:00Z", ("sha256:00", "sha256:01")),
                record(2, "staging", COMMIT, "2026-12-01T16:30:00Z", "2026-12-01T16:40:00Z", (API, UI)),
            ],
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
