//! The scripts at work, with stand-ins for GitHub, Prometheus, Helm and the clock.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::tools::tool;
use crate::world::{FIXTURE, Repository, emit, emit_opa, policy};

pub const API: &str = "repos_acme_shop";
pub const COMMIT: &str = "9f3c000000000000000000000000000000000000";
pub const LIVE: &str = "1111000000000000000000000000000000000000";

/// A checked-out repository on a runner.
pub struct Runner {
    pub repository: Repository,
    environment: BTreeMap<String, String>,
}

/// How a script ended.
pub struct Run {
    pub code: i32,
    pub outputs: BTreeMap<String, String>,
    /// Standard output alone.
    pub printed: String,
    pub said: String,
}

impl Runner {
    pub fn new() -> Self {
        Self::of(&policy(FIXTURE))
    }

    /// With what is generated from that policy.
    pub fn of(policy: &hxp_policy::Policy) -> Self {
        let mut emission = emit(policy);
        emission.files.extend(emit_opa(policy).files);
        let repository = Repository::new(&emission);
        for folder in ["stubs", "work"] {
            std::fs::create_dir(repository.path(folder)).expect("made");
        }
        let stubs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/github/stubs");
        let opa = tool("opa").and_then(|p| p.parent().map(PathBuf::from)).unwrap_or_default();
        let path = format!("{}:{}:{}", stubs.display(), std::env::var("PATH").unwrap_or_default(), opa.display());
        let mut environment = BTreeMap::new();
        for (name, value) in [
            ("PATH", path.as_str()),
            ("STUBS", &repository.path("stubs").to_string_lossy()),
            ("STUB_NOW", "2026-12-01T19:00:00Z"),
            ("HXP_WORK", &repository.path("work").to_string_lossy()),
            ("HXP_ENVIRONMENT", "production"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_SHA", COMMIT),
            ("GITHUB_ACTOR", "ada"),
            ("GITHUB_OUTPUT", &repository.path("work/output").to_string_lossy()),
            ("GITHUB_STEP_SUMMARY", &repository.path("work/summary").to_string_lossy()),
            ("GITHUB_EVENT_PATH", &repository.path("work/payload.json").to_string_lossy()),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        let mut runner = Self { repository, environment };
        runner.answers_of_github();
        runner
    }

    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What GitHub answers to that path of the repository.
    pub fn answer(&self, path: &str, value: &Value) {
        let name: String =
            path.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect();
        self.file(&format!("stubs/{name}"), &value.to_string());
    }

    pub fn file(&self, path: &str, text: &str) {
        let path = self.repository.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.repository.path(path)).unwrap_or_default()
    }

    pub fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap_or_else(|e| panic!("{path}: {e}\n{}", self.text(path)))
    }

    pub fn run(&self, script: &str, args: &[&str]) -> Run {
        let _ = std::fs::remove_file(self.repository.path("work/output"));
        let output = Command::new("bash")
            .arg(format!(".github/hxp/{script}"))
            .args(args)
            .current_dir(self.repository.root())
            .env_clear()
            .envs(&self.environment)
            .output()
            .expect("bash runs");
        let outputs = self.text("work/output");
        Run {
            code: output.status.code().unwrap_or(-1),
            outputs: outputs
                .lines()
                .filter_map(|l| l.split_once('='))
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect(),
            printed: String::from_utf8_lossy(&output.stdout).into_owned(),
            said: format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// A repository in which v1.2.2 is live in production, and v1.2.3, which was in staging for two hours, is asked for.
    fn answers_of_github(&mut self) {
        let record = |id: u32, commit: &str, at: &str, environment: &str, action: &str, image: &str| {
            json!({ "id": id, "created_at": at, "environment": environment, "creator": { "login": "github-actions[bot]" },
                "payload": { "hxp": 1, "action": action, "commit": commit, "version": "1.2.2", "tag": "v1.2.2", "deploys": [0],
                    "images": { "api": image }, "chart": { "name": "shop", "version": "1.0.0", "digest": "sha256:cc" } } })
        };
        let statuses = |states: &[(&str, &str)]| -> Value {
            states
                .iter()
                .map(|(state, at)| json!({ "state": state, "created_at": at, "description": "revision 41", "creator": { "login": "github-actions[bot]" } }))
                .collect()
        };
        let forged =
            json!({ "id": 9, "created_at": "2026-11-30T00:00:00Z", "creator": { "login": "mallory" }, "payload": {} });
        let production = json!([forged, record(2, LIVE, "2026-11-24T19:00:00Z", "production", "deploy", "sha256:bb")]);
        self.answer(&format!("{API}/deployments?environment=production&task=hxp"), &production);
        self.answer(&format!("{API}/deployments/2/statuses"), &statuses(&[("success", "2026-11-24T19:10:00Z")]));
        let staging = json!([record(1, COMMIT, "2026-12-01T16:50:00Z", "staging", "deploy", "sha256:aa")]);
        self.answer(&format!("{API}/deployments?environment=staging&task=hxp"), &staging);
        self.answer(&format!("{API}/deployments/1/statuses"), &statuses(&[("success", "2026-12-01T17:00:00Z")]));
        self.answer(
            &format!("{API}/compare/{LIVE}...{COMMIT}"),
            &json!({ "status": "ahead", "total_commits": 1, "commits": [{ "sha": COMMIT }],
                "files": [{ "filename": "src/a.rs" }, { "filename": "new", "previous_filename": "db/migrations/7.sql" }] }),
        );
        self.answer(
            "graphql",
            &json!({ "data": { "repository": { "c9f3c": {
                "oid": COMMIT, "message": "feat: more", "authors": { "totalCount": 1, "nodes": [{ "user": { "login": "bob" } }] },
                "associatedPullRequests": { "nodes": [{ "number": 812, "mergedAt": "2026-11-30T10:00:00Z",
                    "author": { "login": "bob" }, "labels": { "nodes": [{ "name": "feature" }] },
                    "latestOpinionatedReviews": { "nodes": [
                        { "state": "APPROVED", "author": { "login": "eve" } },
                        { "state": "APPROVED", "author": { "login": "kim" } },
                        { "state": "CHANGES_REQUESTED", "author": { "login": "joe" } }] } }] } } } } }),
        );
        self.answer(
            &format!("{API}/releases"),
            &json!([{ "tag_name": "v1.2.2", "draft": false, "prerelease": false },
                { "tag_name": "v1.3.0-rc.1", "draft": false, "prerelease": true }]),
        );
        for (team, people) in [
            ("managers", json!([{ "login": "mia" }])),
            ("devops", json!([{ "login": "eve" }, { "login": "kim" }])),
            ("dba", json!([{ "login": "dan" }])),
            ("senior-engineers", json!([{ "login": "sue" }])),
            ("platform", json!([{ "login": "pia" }])),
        ] {
            self.answer(&format!("orgs_acme_teams_{team}_members"), &people);
        }
        self.set("HXP_TEAMS_TOKEN", "t");
        self.answer(&format!("{API}/actions/runs/7/jobs?filter=all"), &json!({ "jobs": [] }));
        self.answer(&format!("{API}/actions/runs/7/approvals"), &json!([]));
        self.answer(&format!("{API}/issues?labels=incident&state=open&sort=created"), &json!([]));
        self.answer(&format!("{API}/issues?labels=incident&state=all"), &json!([]));
        self.answer(
            &format!("{API}/actions/workflows/hxp-incident.yml/runs?event=issues&status=success"),
            &json!({ "workflow_runs": [] }),
        );
        let sign = |person: &str, again: &str, title: &str| {
            json!({ "run_attempt": 1, "actor": { "login": person }, "triggering_actor": { "login": again }, "display_title": title,
                "run_started_at": "2026-12-01T12:00:00Z", "html_url": "https://x", "repository": { "full_name": "acme/shop" } })
        };
        self.answer(
            &format!("{API}/actions/workflows/hxp-sign.yml/runs?event=workflow_dispatch&status=success"),
            &json!({ "workflow_runs": [
                sign("pia", "pia", "passed: rollback_plan of v1.2.3"),
                sign("pia", "mallory", "failed: rollback_plan of v1.2.3"),
                sign("pia", "pia", "passed: waf of production"),
                sign("pia", "pia", "passed: rollback_plan of v9.9.9")] }),
        );
    }

    /// The plan of a release, as plan.sh writes it.
    pub fn planned(&self) {
        self.file(
            "work/plan.json",
            &json!({
                "action": "deploy", "asked": null, "actor": { "id": "ada", "bot": false }, "trigger": null, "incident": null,
                "override": null, "commit": COMMIT, "deploys": [0],
                "event": { "kind": "release", "tag": "v1.2.3", "published": true, "branch": null },
                "release": { "commit": COMMIT, "prerelease": false, "publisher": "ada", "branch": "main",
                    "images": { "api": "sha256:aa" }, "version": "1.2.3",
                    "chart": { "name": "shop", "version": "1.0.0", "digest": "sha256:cc" } }
            })
            .to_string(),
        );
    }

    /// Evidence of the machine gates, all of it good.
    fn proved(&self) {
        let now = "2026-12-01T18:30:00Z";
        for (gate, subject, results) in [
            ("unit_tests", json!({ "commit": COMMIT }), json!({ "passed": 10, "total": 10 })),
            ("coverage", json!({ "commit": COMMIT }), json!({ "line": "83.1%" })),
            ("perf", json!({ "commit": COMMIT }), json!({ "regression": "3%" })),
            (
                "scan",
                json!({ "commit": COMMIT }),
                json!({ "criticals": 0, "highs": 0, "mediums": 0, "lows": 0, "unknowns": 0 }),
            ),
            ("waf", json!({ "environment": "production" }), json!({})),
            ("migration_rollback", json!({ "commit": COMMIT }), json!({})),
        ] {
            let evidence = json!({ "gate": gate, "subject": subject, "state": "passed", "results": results,
                "issuer": "x", "by": null, "at": now, "url": "https://x" });
            self.file(&format!("work/evidence/evidence-gate_{gate}-1/evidence.json"), &evidence.to_string());
        }
    }

    fn reviewed(&self, reviews: &[(&str, &str, &str)]) {
        let all: Vec<Value> = reviews
            .iter()
            .map(|(person, state, environment)| {
                json!({ "user": { "login": person }, "state": state, "environments": [{ "name": environment }] })
            })
            .collect();
        self.answer(&format!("{API}/actions/runs/7/approvals"), &Value::Array(all));
    }
}

#[test]
fn a_request_holds_what_can_be_known() {
    let runner = Runner::new();
    runner.planned();
    runner.proved();
    runner.reviewed(&[
        ("mia", "approved", "production-approve-managers"),
        ("eve", "rejected", "production-approve-devops"),
    ]);
    let run = runner.run("request.sh", &[]);
    assert_eq!(run.code, 0, "{}", run.said);
    let request = runner.json("work/request.json");
    assert_eq!(request["at"], "2026-12-01T19:00:00Z");
    assert_eq!(request["previous"]["commit"], LIVE);
    assert_eq!(request["release"]["authors"], json!(["bob"]));
    assert_eq!(request["release"]["ancestors"], json!([LIVE]));
    assert_eq!(request["published_versions"], json!(["1.2.2"]));
    assert_eq!(request["change"]["files"], json!(["src/a.rs", "new", "db/migrations/7.sql"]));
    assert_eq!(request["change"]["pull_requests"][0]["approved_by"], json!(["eve", "kim"]));
    assert_eq!(request["members"]["devops"], json!(["eve", "kim"]));
    assert_eq!(request["members"]["support"], json!(["sam", "uma"]), "listed by the policy");
    assert_eq!(request["incident"], Value::Null);
    assert_eq!(request["approvals"][0]["person"], "mia");
    assert_eq!(request["approvals"][1]["vote"], "reject");
    // The forged record counts for nothing, nor do signatures that somebody else started again or that are of others.
    assert_eq!(request["deployments"].as_array().map(Vec::len), Some(2));
    let signed: Vec<&Value> =
        request["evidence"].as_array().expect("a list").iter().filter(|e| !e["by"].is_null()).collect();
    assert_eq!(signed.len(), 1, "{signed:#?}");
    assert_eq!(signed[0]["by"], "pia");
    assert_eq!(signed[0]["subject"]["release"]["images"], json!({ "api": "sha256:aa" }));
}

#[test]
fn what_cannot_be_read_stays_unknown() {
    let mut runner = Runner::new();
    runner.planned();
    runner.set("HXP_TEAMS_TOKEN", "");
    for path in ["issues?labels=incident&state=open&sort=created", "releases", "actions/runs/7/approvals"] {
        let name: String = format!("{API}/{path}").replace(['/', '?', '&', '='], "_");
        std::fs::remove_file(runner.repository.path(&format!("stubs/{name}"))).expect("there was an answer");
    }
    // GitHub names three hundred files at the most: the list may be cut short.
    let files: Vec<Value> = (0..300).map(|n| json!({ "filename": format!("f{n}") })).collect();
    let compare = json!({ "status": "ahead", "total_commits": 1, "commits": [{ "sha": COMMIT }], "files": files });
    runner.answer(&format!("{API}/compare/{LIVE}...{COMMIT}"), &compare);
    let run = runner.run("request.sh", &[]);
    assert_eq!(run.code, 0, "{}", run.said);
    let request = runner.json("work/request.json");
    for unknown in ["incident", "published_versions", "approvals"] {
        assert!(request.get(unknown).is_none(), "{unknown}");
    }
    assert_eq!(request["members"], json!({ "support": ["sam", "uma"] }));
    assert!(request["change"].get("files").is_none());
    assert!(request["change"].get("commits").is_some());
}

#[test]
fn an_author_without_an_account_leaves_the_authors_unknown() {
    let runner = Runner::new();
    runner.planned();
    runner.answer(
        "graphql",
        &json!({ "data": { "repository": { "c": { "oid": COMMIT, "message": "x",
            "authors": { "totalCount": 2, "nodes": [{ "user": { "login": "bob" } }, { "user": null }] },
            "associatedPullRequests": { "nodes": [] } } } } }),
    );
    assert_eq!(runner.run("request.sh", &[]).code, 0);
    let request = runner.json("work/request.json");
    assert!(request["release"].get("authors").is_none());
    assert_eq!(request["change"]["commits"][0]["pull_request"], Value::Null);
}

#[test]
fn the_compiled_policy_takes_the_request_and_asks_for_what_is_missing() {
    if tool("opa").is_none() {
        return;
    }
    let runner = Runner::new();
    runner.planned();
    runner.proved();
    assert_eq!(runner.run("request.sh", &[]).code, 0);
    let run = runner.run("decide.sh", &["before"]);
    let decision = runner.json("work/decision.json");
    let reasons = decision["reasons"].as_array().expect("reasons");
    assert!(!reasons.iter().any(|r| r["id"].as_str().is_some_and(|id| id.starts_with("engine."))), "{reasons:#?}");
    assert_eq!(decision["outcome"], "pending", "{reasons:#?}");
    assert_eq!(run.code, 0, "only approvals are missing, so it goes on to them: {}", run.said);
    let asked = |name: &str| run.outputs[name].as_str();
    assert_eq!(asked("ask_managers"), "true");
    assert_eq!((asked("ask_devops"), asked("ask_devops_2")), ("true", "true"));
    assert_eq!(asked("ask_dba"), "true", "a file of migrations was renamed");
    assert_eq!(asked("ask_senior_engineers"), "false", "nobody invoked the override");
    assert!(runner.text("work/summary").contains("| waiting | production.approve.devops |"));

    // Two of three have approved: not yet.
    let reviews = [
        ("mia", "approved", "production-approve-managers"),
        ("eve", "approved", "production-approve-devops"),
        ("eve", "approved", "production-approve-devops"),
        ("dan", "approved", "production-approve-dba"),
    ];
    runner.reviewed(&reviews);
    assert_eq!(runner.run("request.sh", &[]).code, 0);
    let run = runner.run("decide.sh", &["deploy"]);
    assert_eq!(run.code, 3, "one person cannot take two seats: {}", run.said);
    assert_eq!(runner.json("work/pending.json")["not_before"], Value::Null);

    let reviews: Vec<_> = reviews.into_iter().chain([("kim", "approved", "production-approve-devops")]).collect();
    runner.reviewed(&reviews);
    assert_eq!(runner.run("request.sh", &[]).code, 0);
    let run = runner.run("decide.sh", &["deploy"]);
    assert_eq!(run.code, 0, "{}", run.said);
    assert_eq!(run.outputs["outcome"], "allow");

    // The same, after the window.
    let mut runner = runner;
    runner.set("STUB_NOW", "2026-12-01T23:30:00Z");
    let _ = std::fs::remove_file(runner.repository.path("work/records-staging.json"));
    assert_eq!(runner.run("request.sh", &[]).code, 0);
    let run = runner.run("decide.sh", &["deploy"]);
    assert_eq!(run.code, 3, "an approval can outlive its window: {}", run.said);
    assert_eq!(runner.json("work/pending.json")["not_before"], "2026-12-02T10:00:00-08:00");
}

#[test]
fn a_gate_that_failed_denies() {
    if tool("opa").is_none() {
        return;
    }
    let runner = Runner::new();
    runner.planned();
    runner.proved();
    let path = "work/evidence/evidence-gate_coverage-1/evidence.json";
    runner.file(path, &runner.text(path).replace("83.1%", "63.1%"));
    assert_eq!(runner.run("request.sh", &[]).code, 0);
    let run = runner.run("decide.sh", &["before"]);
    assert_eq!(run.code, 5, "{}", run.said);
    assert_eq!(run.outputs["outcome"], "deny");
    assert_eq!(run.outputs["events"], "requested denied");
}

#[test]
fn evidence_says_how_the_gate_ended() {
    let mut runner = Runner::new();
    runner.set("HXP_COMMIT", COMMIT).set("HXP_GATE", "coverage");
    for (command, collect, required, code, state, results) in [
        ("true", "", "true", 0, "passed", json!({})),
        ("exit 1", "", "true", 1, "failed", json!({})),
        ("exit 1", "", "false", 0, "failed", json!({})),
        ("no-such-command", "", "true", 1, "error", json!({})),
        ("kill -9 $$", "", "true", 1, "error", json!({})),
        ("echo '{\"line\": \"83%\"}' >\"$HXP_RESULTS\"", "", "true", 0, "passed", json!({ "line": "83%" })),
        ("true", "echo '{\"line\": \"70%\"}'", "true", 0, "passed", json!({ "line": "70%" })),
        ("true", "exit 3", "true", 1, "error", json!({})),
    ] {
        runner.set("HXP_RUN", command).set("HXP_COLLECT", collect).set("HXP_REQUIRED", required);
        runner.set("HXP_YIELDS", if collect.is_empty() { "false" } else { "true" });
        let run = runner.run("gate.sh", &[]);
        let evidence = runner.json("work/evidence.json");
        assert_eq!((run.code, evidence["state"].as_str()), (code, Some(state)), "{command}: {}", run.said);
        assert_eq!(evidence["results"], results, "{command}");
        assert_eq!(evidence["subject"], json!({ "commit": COMMIT }));
    }
}

#[test]
fn a_gate_that_asks_the_cluster_is_told_where_it_is() {
    let mut runner = Runner::new();
    runner.set("HXP_COMMIT", COMMIT).set("HXP_GATE", "health").set("HXP_KUBECONFIG", "apiVersion: v1");
    runner.set("HXP_RUN", "grep -q 'apiVersion: v1' \"$KUBECONFIG\"");
    let run = runner.run("gate.sh", &[]);
    assert_eq!(run.code, 0, "{}", run.said);
}

fn payload(runner: &Runner, payload: &Value) {
    runner.file("work/payload.json", &payload.to_string());
    let tree = json!({ "tree": [{ "mode": "100644", "sha": "1", "path": "deploy/shop/Chart.yaml" }] });
    for commit in [COMMIT, LIVE] {
        runner.answer(&format!("{API}/git/trees/{commit}?recursive=1"), &tree);
        let chart = format!("stubs/{API}_contents_deploy_shop_Chart.yaml_ref_{commit}");
        runner.file(&chart, "name: shop\nversion: 1.0.0\n");
    }
}

#[test]
fn a_release_that_the_policy_deploys_on_is_planned() {
    let mut runner = Runner::new();
    runner.set("GITHUB_EVENT_NAME", "release").set("GITHUB_REF_TYPE", "tag").set("STUB_IMAGE_TAG", COMMIT);
    for (tag, go) in [("v1.2.3", "true"), ("v1.2.3-rc.1", "false"), ("nightly; touch x", "false")] {
        runner.set("GITHUB_REF_NAME", tag);
        let release = json!({ "tag_name": tag, "draft": false, "prerelease": false, "target_commitish": "main", "author": { "login": "ada" } });
        payload(&runner, &json!({ "action": "published", "release": release, "sender": { "type": "User" } }));
        let run = runner.run("plan.sh", &[]);
        assert_eq!((run.code, run.outputs.get("go").map(String::as_str)), (0, Some(go)), "{tag}: {}", run.said);
        if go == "true" {
            let plan = runner.json("work/plan.json");
            assert_eq!(plan["release"]["version"], "1.2.3");
            assert_eq!(plan["release"]["images"], json!({ "api": "sha256:aa" }));
            assert_eq!(plan["release"]["chart"]["version"], "1.0.0");
            assert_eq!(plan["release"]["branch"], "main");
        }
    }
}

#[test]
fn a_rollback_by_hand_goes_to_the_last_healthy_release_before() {
    let mut runner = Runner::new();
    runner
        .set("GITHUB_EVENT_NAME", "workflow_dispatch")
        .set("GITHUB_REF_TYPE", "branch")
        .set("GITHUB_REF_NAME", "main");
    let record = |id: u32, commit: &str, at: &str| {
        json!({ "id": id, "created_at": at, "creator": { "login": "github-actions[bot]" },
            "payload": json!({ "hxp": 1, "action": "deploy", "commit": commit, "images": { "api": commit }, "chart": null, "deploys": [0] }).to_string() })
    };
    runner.answer(
        &format!("{API}/deployments?environment=production&task=hxp"),
        &json!([
            record(3, COMMIT, "2026-11-26T00:00:00Z"),
            record(2, "bad", "2026-11-25T00:00:00Z"),
            record(1, LIVE, "2026-11-24T00:00:00Z")
        ]),
    );
    for (id, state) in [(1, "success"), (2, "failure"), (3, "success")] {
        let at = format!("2026-11-2{}T01:00:00Z", 3 + id);
        let status = json!([{ "state": state, "created_at": at, "description": format!("revision 4{id}"),
            "creator": { "login": "github-actions[bot]" } }]);
        runner.answer(&format!("{API}/deployments/{id}/statuses"), &status);
    }
    payload(&runner, &json!({ "inputs": { "action": "rollback", "release": "", "trigger": "none" } }));
    let run = runner.run("plan.sh", &[]);
    assert_eq!(run.code, 0, "{}", run.said);
    let plan = runner.json("work/plan.json");
    assert_eq!((plan["commit"].as_str(), plan["undoes"].as_str()), (Some(LIVE), Some(COMMIT)));
    assert_eq!(plan["target"]["revision"], 41);

    // Only a member of the team raises a trigger.
    payload(&runner, &json!({ "inputs": { "action": "rollback", "trigger": "customer_bug" } }));
    assert_eq!(runner.run("plan.sh", &[]).code, 1, "ada is not in support");
    runner.set("GITHUB_ACTOR", "uma");
    assert_eq!(runner.run("plan.sh", &[]).code, 0);
    payload(&runner, &json!({ "inputs": { "action": "drop-tables" } }));
    assert_eq!(runner.run("plan.sh", &[]).code, 1);
}

#[test]
fn an_automatic_rollback_goes_to_what_was_healthy_and_does_nothing_when_that_runs() {
    let runner = Runner::new();
    runner.planned();
    let run = runner.run("rollback.sh", &["target"]);
    assert_eq!((run.code, run.outputs["commit"].as_str()), (0, LIVE), "{}", run.said);
    assert_eq!(runner.json("work/plan.json")["action"], "rollback");
    // Revision 42 failed, and Helm's own atomic rollback made 43 of 41.
    runner.file("stubs/history", r#"[{"revision": 43, "status": "deployed"}]"#);
    runner.file("stubs/manifest-41", "a: 1\n");
    runner.file("stubs/manifest-43", "a: 1\n");
    let run = runner.run("rollback.sh", &["run"]);
    assert_eq!(run.code, 0, "{}", run.said);
    assert!(!runner.text("stubs/helm.log").contains("rollback"), "{}", runner.text("stubs/helm.log"));
    runner.file("stubs/manifest-43", "a: 2\n");
    let run = runner.run("rollback.sh", &["run"]);
    assert_eq!(run.code, 0, "{}", run.said);
    let log = runner.text("stubs/helm.log");
    assert!(log.contains("rollback shop 41 --namespace shop --wait --timeout 10m"), "{log}");
}

#[test]
fn a_deployment_brings_the_judged_digests() {
    let runner = Runner::new();
    runner.planned();
    runner.file("stubs/history", r#"[{"revision": 44, "status": "deployed"}]"#);
    let run = runner.run("deploy.sh", &[]);
    assert_eq!(run.code, 0, "{}", run.said);
    let log = runner.text("stubs/helm.log");
    let upgrade = log.lines().find(|l| l.starts_with("upgrade")).expect("an upgrade");
    assert_eq!(
        upgrade,
        "upgrade --install shop release/deploy/shop --namespace shop --create-namespace --values helm/values-production.yaml \
         --set-string api.image.digest=sha256:aa --atomic --timeout 10m --history-max 15"
    );
    assert_eq!(runner.text("work/revision").trim(), "44");
}

#[test]
fn records_say_what_happened() {
    let mut runner = Runner::new();
    runner.planned();
    runner.set("HXP_ACTION", "deploy");
    let run = runner.run("record.sh", &["begin"]);
    assert_eq!(
        (run.code, run.outputs["started"].as_str(), run.outputs["record"].as_str()),
        (0, "true", "99"),
        "{}",
        run.said
    );
    runner.file("work/revision", "44\n");
    assert_eq!(runner.run("record.sh", &["success"]).code, 0);
    let sent = runner.text("stubs/sent");
    let lines: Vec<&str> = sent.lines().collect();
    assert!(lines[0].starts_with("POST repos/acme/shop/deployments {\"ref\":\"9f3c"), "{sent}");
    assert!(lines[0].contains("\"images\":{\"api\":\"sha256:aa\"}"), "{sent}");
    assert!(lines[1].contains("\"state\":\"in_progress\""), "{sent}");
    assert!(
        lines[2].contains("\"state\":\"success\"") && lines[2].contains("\"description\":\"revision 44\""),
        "{sent}"
    );
}

#[test]
fn a_trigger_fires_after_its_time_and_not_on_silence() {
    for (errors, samples, latency, code, fired) in [
        ("0.06", "500", "0.2", 1, "high_error_rate"),
        ("0.04", "500", "0.2", 0, ""),
        ("0.06", "50", "0.2", 0, ""),
        ("", "", "", 0, ""),
        ("NaN", "500", "0.2", 0, ""),
        ("0.01", "500", "0.41", 1, "slow_responses"),
        ("0.01", "500", "0.39", 0, ""),
    ] {
        let mut runner = Runner::new();
        runner.set("HXP_PROMETHEUS_URL", "https://prometheus");
        runner.file("stubs/errors", errors);
        runner.file("stubs/samples", samples);
        runner.file("stubs/latency", latency);
        runner.file("stubs/baseline", "0.2");
        let workloads = json!({ "items": [{ "kind": "Deployment", "metadata": { "generation": 1 }, "spec": { "replicas": 2 },
            "status": { "readyReplicas": 2, "observedGeneration": 1 } }] });
        runner.file("stubs/workloads", &workloads.to_string());
        let run = runner.run("watch.sh", &[]);
        assert_eq!(
            (run.code, run.outputs["fired"].as_str()),
            (code, fired),
            "{errors} {samples} {latency}: {}",
            run.said
        );
        if errors.is_empty() {
            assert!(run.said.contains("had no data all the while"), "{}", run.said);
        }
    }
}

#[test]
fn the_thresholds_of_an_override_count_while_it_is_in_force() {
    let acts = json!({ "outcome": "allow", "reasons": [] });
    let does_not =
        json!({ "outcome": "allow", "reasons": [{ "id": "production.override.hotfix", "verdict": "advice" }] });
    for (named, decision, errors, fired) in [
        (Some("hotfix"), &acts, "0.02", "high_error_rate"),
        (Some("hotfix"), &acts, "0.009", ""),
        (Some("hotfix"), &does_not, "0.02", ""),
        (Some("other"), &acts, "0.02", ""),
        (None, &acts, "0.02", ""),
        (None, &acts, "0.06", "high_error_rate"),
    ] {
        let mut runner = Runner::new();
        runner.set("HXP_PROMETHEUS_URL", "https://prometheus");
        for (reading, value) in [("errors", errors), ("samples", "500"), ("latency", "0.1"), ("baseline", "0.2")] {
            runner.file(&format!("stubs/{reading}"), value);
        }
        let name = named.map_or(Value::Null, |name| json!({ "name": name, "reason": "fire" }));
        runner.file("work/request.json", &json!({ "override": name }).to_string());
        runner.file("work/decision.json", &decision.to_string());
        let run = runner.run("watch.sh", &[]);
        assert_eq!(run.outputs["fired"], fired, "{named:?} {decision} {errors}: {}", run.said);
        assert_eq!(run.code, i32::from(!fired.is_empty()));
    }
}

#[test]
fn channels_are_told_what_the_decision_says() {
    let mut runner = Runner::new();
    runner.planned();
    let notify = json!([{ "channel": "deployments", "on": "deployed", "due": null }, { "channel": "hook", "on": "deployed", "due": null },
        { "channel": "pager", "on": "high_error_rate", "due": null }, { "channel": "deployments", "on": "failed", "due": null }]);
    runner.file(
        "work/decisions/decision-deploy-1/decision-deploy.json",
        &json!({ "at": "2026-12-01T19:00:00Z", "notify": notify }).to_string(),
    );
    runner
        .set("HXP_EVENTS", "deployed high_error_rate")
        .set("HXP_DEPLOYMENTS_WEBHOOK", "https://slack")
        .set("HXP_HOOK_SECRET", "s");
    let run = runner.run("notify.sh", &[]);
    assert_eq!(run.code, 0, "{}", run.said);
    let posted = runner.text("stubs/posted");
    assert_eq!(posted.lines().count(), 2, "{posted}");
    assert!(posted.contains("Production: deployed v1.2.3 by ada"), "{posted}");
    assert!(posted.contains("X-Hub-Signature-256: sha256="), "{posted}");
    assert!(run.said.contains("HXP_PAGER_KEY is not set"), "{}", run.said);
}

#[test]
fn the_record_of_a_run_that_failed_is_whole() {
    let mut runner = Runner::new();
    runner.planned();
    let decision = json!({ "at": "2026-12-01T19:00:00Z", "action": "deploy", "outcome": "allow", "reasons": [],
        "obligations": [{ "id": "production.gate.health", "on": "deployed", "due": "30m", "owner": "platform" }] });
    runner.file("work/decisions/d/decision-deploy.json", &decision.to_string());
    let request = json!({ "previous": { "commit": LIVE }, "approvals": [{ "person": "eve", "vote": "approve" }] });
    runner.file("work/decisions/d/request-deploy.json", &request.to_string());
    runner.file("helm/values-production.yaml", "api:\n  replicas: 3\n");
    runner.file(&format!("stubs/{API}_contents_helm_values-production.yaml_ref_{LIVE}"), "api:\n  replicas: 2\n");
    let needs = json!({ "decide": { "result": "success", "outputs": { "outcome": "pending" } },
        "deploy": { "result": "failure", "outputs": { "started": "true", "fired": "high_error_rate" } },
        "rollback": { "result": "success", "outputs": {} } });
    runner.set("HXP_NEEDS", &needs.to_string());
    let run = runner.run("audit.sh", &[]);
    assert_eq!(run.code, 0, "{}", run.said);
    assert_eq!(run.outputs["events"], "failed high_error_rate rolled_back");
    let audit = runner.json("work/audit.json");
    assert_eq!(audit["actor"]["id"], "ada");
    assert_eq!(audit["approvals"][0]["person"], "eve");
    assert_eq!(audit["jobs"]["deploy"], "failure");
    assert_eq!(audit["duties"][0]["id"], "production.gate.health");
    assert!(audit["config_diff"].as_str().is_some_and(|d| d.contains("-  replicas: 2\n+  replicas: 3")), "{audit:#}");
    assert!(runner.text("work/summary").contains("| Approvals | eve (approve) |"));
}

#[test]
fn only_what_is_due_is_asked_again() {
    if Command::new("unzip").arg("-v").output().is_err() {
        eprintln!("SKIPPED: there is no unzip");
        return;
    }
    let mut runner = Runner::new();
    let zip = |runner: &Runner, not_before: &str| {
        runner
            .file("work/z/pending.json", &format!("{{\"environment\": \"production\", \"not_before\": {not_before}}}"));
        let python =
            "import zipfile,sys; z=zipfile.ZipFile(sys.argv[1],'w'); z.write(sys.argv[2],'pending.json'); z.close()";
        let status = Command::new("python3")
            .args(["-c", python])
            .arg(runner.repository.path(&format!("stubs/{API}_actions_artifacts_5_zip")))
            .arg(runner.repository.path("work/z/pending.json"))
            .status();
        assert!(status.is_ok_and(|s| s.success()));
    };
    let artifact = json!({ "artifacts": [{ "id": 5, "expired": false, "created_at": "2026-11-30T10:00:00Z", "workflow_run": { "id": 70 } }] });
    runner.answer(&format!("{API}/actions/artifacts?name=pending-production"), &artifact);
    runner.answer(&format!("{API}/actions/artifacts?name=pending-staging"), &json!({ "artifacts": [] }));
    let of_run = |conclusion: &str| json!({ "id": 70, "status": "completed", "conclusion": conclusion, "created_at": "2026-11-30T09:00:00Z", "run_started_at": "2026-11-30T09:30:00Z" });
    for (not_before, conclusion, ask, again) in [
        ("\"2026-12-01T10:00:00-08:00\"", "failure", "due", true),
        ("\"2026-12-01T12:00:00-08:00\"", "failure", "due", false),
        ("null", "failure", "due", false),
        ("null", "failure", "all", true),
        ("\"2026-12-01T10:00:00-08:00\"", "success", "due", false),
    ] {
        let _ = std::fs::remove_file(runner.repository.path("stubs/sent"));
        zip(&runner, not_before);
        runner.answer(&format!("{API}/actions/runs/70"), &of_run(conclusion));
        runner.set("HXP_ASK", ask);
        // Every look at the clock takes a minute; begin at the instant itself.
        let _ = std::fs::remove_file(runner.repository.path("stubs/ticks"));
        let run = runner.run("resume.sh", &[]);
        assert_eq!(run.code, 0, "{}", run.said);
        let sent = runner.text("stubs/sent").contains("actions/runs/70/rerun-failed-jobs");
        assert_eq!(sent, again, "{not_before} {conclusion} {ask}: {}", run.said);
    }
}

#[test]
fn only_the_team_signs() {
    let mut runner = Runner::new();
    runner.set("HXP_VERDICT", "passed").set("HXP_OF", "v1.2.3");
    runner.answer("orgs_acme_teams_platform_memberships_pia", &json!({ "state": "active" }));
    for (gate, person, code) in
        [("rollback_plan", "pia", 0), ("rollback_plan", "ada", 1), ("unit_tests", "pia", 1), ("x'; touch y", "pia", 1)]
    {
        runner.set("HXP_GATE", gate).set("GITHUB_ACTOR", person);
        let run = runner.run("sign.sh", &[]);
        assert_eq!(run.code, code, "{gate} by {person}: {}", run.said);
    }
}

#[test]
fn a_reviewer_removed_by_hand_is_seen() {
    let runner = Runner::new();
    let settings = runner.json(".github/hxp/settings.json");
    let live = |reviewers: &dyn Fn(&str) -> Vec<String>| {
        for environment in settings["environments"].as_array().expect("a list") {
            let name = environment["name"].as_str().expect("a name");
            let teams: Vec<Value> = reviewers(name)
                .iter()
                .map(|slug| json!({ "type": "Team", "reviewer": { "slug": slug.split_once('/').expect("a slug").1 } }))
                .collect();
            let rules = if teams.is_empty() {
                json!([])
            } else {
                json!([{ "type": "required_reviewers", "prevent_self_review": true, "reviewers": teams }])
            };
            let answer = json!({ "name": name, "protection_rules": rules,
                "deployment_branch_policy": { "custom_branch_policies": true } });
            runner.answer(&format!("{API}/environments/{name}"), &answer);
            let refs = json!({ "branch_policies": environment["refs"] });
            runner.answer(&format!("{API}/environments/{name}/deployment-branch-policies"), &refs);
        }
    };
    let rulesets = settings["rulesets"].as_array().expect("a list");
    let list: Vec<Value> = rulesets.iter().enumerate().map(|(n, r)| json!({ "id": n, "name": r["name"] })).collect();
    runner.answer(&format!("{API}/rulesets"), &Value::Array(list));
    for (n, ruleset) in rulesets.iter().enumerate() {
        runner.answer(&format!("{API}/rulesets/{n}"), ruleset);
    }
    let wanted = |name: &str| -> Vec<String> {
        let all = settings["environments"].as_array().expect("a list");
        let one = all.iter().find(|e| e["name"] == name).expect("it is there");
        one["reviewers"].as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    live(&wanted);
    let run = runner.run("settings-compare.sh", &[]);
    assert_eq!(run.code, 0, "{}", run.said);
    live(&|name| if name == "production-approve-devops" { Vec::new() } else { wanted(name) });
    let run = runner.run("settings-compare.sh", &[]);
    assert_eq!(run.code, 1, "{}", run.said);
    assert!(run.said.contains("-        \"acme/devops\""), "{}", run.said);
}

#[test]
fn settings_are_put_into_force() {
    let runner = Runner::new();
    for (team, id) in [("managers", 1), ("devops", 2), ("dba", 3), ("senior-engineers", 4)] {
        runner.answer(&format!("orgs_acme_teams_{team}"), &json!({ "id": id }));
    }
    let settings = runner.json(".github/hxp/settings.json");
    for environment in settings["environments"].as_array().expect("a list") {
        let name = environment["name"].as_str().expect("a name");
        let stale = json!({ "branch_policies": [{ "id": 8, "name": "*", "type": "branch" }] });
        runner.answer(&format!("{API}/environments/{name}/deployment-branch-policies"), &stale);
    }
    runner.answer(&format!("{API}/rulesets"), &json!([{ "id": 6, "name": "hxp: tags that are deployed" }]));
    let run = runner.run("settings-apply.sh", &["--yes"]);
    assert_eq!(run.code, 0, "{}", run.said);
    let sent = runner.text("stubs/sent");
    let devops = sent
        .lines()
        .find(|l| l.starts_with("PUT repos/acme/shop/environments/production-approve-devops "))
        .expect("put");
    assert!(
        devops.contains("\"reviewers\":[{\"type\":\"Team\",\"id\":2}]")
            && devops.contains("\"prevent_self_review\":true")
    );
    assert!(sent.contains("DELETE repos/acme/shop/environments/production/deployment-branch-policies/8"));
    assert!(sent.contains("PUT repos/acme/shop/rulesets/6 ") && sent.contains("POST repos/acme/shop/rulesets "));
}
