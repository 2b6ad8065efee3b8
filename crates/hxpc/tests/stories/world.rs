//! A platform on its best day, what a story changes about it, and what came of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// The commit of the release.
pub const COMMIT: &str = "9f3c000000000000000000000000000000000000";
/// The commit of what was live before.
pub const LIVE: &str = "1111000000000000000000000000000000000000";

pub fn repository() -> PathBuf {
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

/// An example's outputs in a repository of their own, with its sources and with what a gate runs there.
pub fn tree(example: &str) -> TempDir {
    let tree = tempfile::tempdir().expect("a folder");
    let source = repository().join("examples").join(example);
    let copied = Command::new("cp").arg("-r").arg(source.join(".")).arg(tree.path()).status();
    assert!(copied.expect("cp runs").success());
    let compiled = Command::new(env!("CARGO_BIN_EXE_hxpc"))
        .arg("compile")
        .arg(source)
        .args(["--quiet", "--out"])
        .arg(tree.path())
        .current_dir(repository())
        .output();
    assert!(compiled.expect("hxpc runs").status.success(), "the example compiles");
    // Every gate of the examples is a make target, or a program that the story stands in for.
    write(&tree.path().join("Makefile"), ".DEFAULT:\n\t@bash gate.sh\n");
    write(
        &tree.path().join("gate.sh"),
        "cat \"$STORY/results/$HXP_GATE.json\" >\"$HXP_RESULTS\" 2>/dev/null || rm -f \"$HXP_RESULTS\"\n\
         exit \"$(cat \"$STORY/results/$HXP_GATE.exit\" 2>/dev/null || echo 0)\"\n",
    );
    tree
}

pub fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// One story: a world in which everything is as it should be, until it is changed.
pub struct Story {
    folder: TempDir,
    tree: &'static Path,
    told: Value,
}

impl Story {
    /// A story that is told in a repository, whose files are those of the tree.
    pub fn new(tree: &'static Path, told: Value) -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), tree, told }
    }

    /// A file of the story's folder.
    pub fn file(&self, path: &str, text: &str) {
        write(&self.folder.path().join(path), text);
    }

    /// A copy of a file, in the story's folder.
    pub fn copy(&self, from: &Path, path: &str) {
        self.file(path, "");
        std::fs::copy(from, self.folder.path().join(path)).expect("copied");
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
        let environment = self.told["environment"].as_str().expect("a name").to_owned();
        self.with(&format!("/reviews/{environment}-approve-{team}"), json!({ "by": by, "vote": vote, "at": at }))
    }

    /// Several of a team approve, one after the other.
    pub fn reviews(self, team: &str, people: &[&str], at: &str) -> Self {
        let environment = self.told["environment"].as_str().expect("a name").to_owned();
        let votes: Vec<Value> = people.iter().map(|by| json!({ "by": by, "vote": "approved", "at": at })).collect();
        self.with(&format!("/reviews/{environment}-approve-{team}"), json!(votes))
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
        std::os::unix::fs::symlink(self.tree, self.folder.path().join("tree")).expect("linked");
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

/// As the cluster lists what runs: deployments of three replicas each, of which so many are ready.
pub fn workloads(names: &[&str], ready: u32) -> String {
    let one = |name: &&str| {
        json!({ "kind": "Deployment", "metadata": { "name": name, "generation": 2 }, "spec": { "replicas": 3 },
            "status": { "readyReplicas": ready, "observedGeneration": 2 } })
    };
    json!({ "items": names.iter().map(one).collect::<Vec<_>>() }).to_string()
}

/// A digest as images and charts have it.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, b| format!("{text}{b:02x}"))
}

/// A deployment on record: when it was begun, when it was healthy, and what it brought.
pub fn record(environment: &str, commit: &str, (begun, healthy): (&str, &str), images: &Value, chart: &Value) -> Value {
    json!({ "id": 0, "task": "hxp", "environment": environment, "created_at": begun,
        "creator": { "login": "github-actions[bot]" },
        "payload": { "hxp": 1, "action": "deploy", "commit": commit, "tag": "v1.3.9", "version": "1.3.9", "deploys": [0],
            "images": images, "chart": chart },
        "statuses": [{ "state": "success", "created_at": healthy, "description": "revision 1",
            "creator": { "login": "github-actions[bot]" } }] })
}

/// The records, numbered from 1 as they were begun.
pub fn numbered(mut records: Vec<Value>) -> Value {
    for (id, record) in (1..).zip(&mut records) {
        record["id"] = json!(id);
    }
    Value::Array(records)
}

/// A run of *Sign a gate*: who said of which release that a gate passed.
pub fn signed(repository: &str, gate: &str, release: &str, by: &str, at: &str) -> Value {
    json!({ "run_attempt": 1, "actor": { "login": by }, "triggering_actor": { "login": by },
        "display_title": format!("passed: {gate} of {release}"), "run_started_at": at,
        "html_url": format!("https://github.com/{repository}/actions/runs/3"), "repository": { "full_name": repository } })
}

/// Secrets by name; addresses of channels lead to the loopback.
pub fn secrets(names: &[(&str, &str)]) -> Map<String, Value> {
    names.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}
