//! What a repository says about its deployments already.

use std::path::Path;

use serde_json::{Number, Value};

use super::values::Values;
use crate::system::{FileKind, System};
use crate::yaml::{Comments, ValuesRead};

/// Files larger than this are no configuration.
const MOST: u64 = 4 << 20;

/// So many files are looked at.
const MOST_FILES: usize = 50_000;

/// Folders that hold what others wrote.
const SKIPPED: [&str; 6] = ["node_modules", "target", "vendor", "dist", "build", "testdata"];

/// Names by which teams call their environments, in the order in which a release passes them.
const KNOWN: [&str; 18] = [
    "local",
    "dev",
    "development",
    "sandbox",
    "preview",
    "ci",
    "test",
    "testing",
    "qa",
    "integration",
    "uat",
    "stage",
    "staging",
    "preprod",
    "pre-production",
    "canary",
    "prod",
    "production",
];

/// Targets of a makefile that judge a commit.
const GATES: [&str; 24] = [
    "test",
    "tests",
    "unit-test",
    "unit-tests",
    "unit_tests",
    "test-unit",
    "integration-test",
    "integration-tests",
    "integration_tests",
    "test-integration",
    "e2e",
    "test-e2e",
    "e2e-tests",
    "lint",
    "vet",
    "typecheck",
    "coverage",
    "bench",
    "benchmark",
    "security",
    "scan",
    "audit",
    "license-check",
    "licenses",
];

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Folders with a `Chart.yaml`, and the chart's name.
    pub charts: Vec<Chart>,
    /// Values of environments.
    pub values: Vec<ValuesFile>,
    /// Environments that workflows deploy to.
    pub deploys: Vec<Deploy>,
    /// Targets of the makefile that judge a commit.
    pub gates: Vec<String>,
    /// Targets of the makefile that deploy.
    pub deploy_targets: Vec<String>,
    /// `organisation/team`, as code owners name them.
    pub teams: Vec<String>,
    /// Files that could not be used, and why.
    pub notes: Vec<String>,
}

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its folder.
    pub path: String,
    /// Its name.
    pub name: String,
}

/// The values of an environment.
#[derive(Clone, Debug, PartialEq)]
pub struct ValuesFile {
    /// The file.
    pub path: String,
    /// The environment that its name tells.
    pub environment: String,
    /// What it says.
    pub values: Values,
    /// What its comments say of its keys.
    pub comments: Comments,
}

/// A job of a workflow that deploys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deploy {
    /// The environment.
    pub environment: String,
    /// Where it is found afterwards.
    pub url: Option<String>,
    /// What it runs on, in the language: `push(branch == "main")`.
    pub events: Vec<String>,
    /// The environments whose jobs it needs.
    pub after: Vec<String>,
    /// What its `helm upgrade` says.
    pub helm: Option<HelmCall>,
    /// Targets that it makes.
    pub make: Vec<String>,
}

/// What a `helm upgrade` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelmCall {
    /// The release.
    pub release: Option<String>,
    /// The chart.
    pub chart: Option<String>,
    /// `--namespace`
    pub namespace: Option<String>,
    /// `--wait`
    pub wait: bool,
    /// `--atomic`
    pub atomic: bool,
    /// `--timeout`
    pub timeout: Option<String>,
    /// `--values`
    pub values: Vec<String>,
}

/// Looks through a repository.
pub fn find(system: &dyn System, root: &Path) -> Found {
    let mut found = Found::default();
    let files = walk(system, root);
    for path in files.iter().filter(|p| name(p) == "Chart.yaml") {
        let folder = path.strip_suffix("Chart.yaml").unwrap_or_default().trim_end_matches('/').to_owned();
        // The charts that a chart brings along are its own business.
        if found.charts.iter().any(|c| folder.starts_with(&format!("{}/charts/", c.path))) {
            continue;
        }
        let chart_name = yaml(system, root, path, &mut found.notes)
            .and_then(|y| y.get("name")?.as_str().map(str::to_owned))
            .unwrap_or_else(|| name(&folder).to_owned());
        found.charts.push(Chart { path: folder, name: chart_name });
    }
    for path in &files {
        let Some(environment) = environment_of(path) else { continue };
        let Some(read) = values(system, root, path, &mut found.notes) else { continue };
        for key in &read.twice {
            let key = key.join(".");
            found.notes.push(format!("{path} says `{key}` twice as Helm reads its keys; the last one is taken"));
        }
        let comments = read.comments;
        match Some(read.value) {
            Some(Value::Object(values)) => {
                if let Some(large) = values.iter().find_map(|(key, value)| too_large(value, key.clone())) {
                    found.notes.push(format!("{path} is left out: {}", told(&large, system, root, path)));
                    continue;
                }
                found.values.push(ValuesFile { path: path.clone(), environment, values, comments });
            }
            Some(Value::Null) => {
                found.values.push(ValuesFile { path: path.clone(), environment, values: Values::new(), comments });
            }
            Some(_) | None => {}
        }
    }
    for path in files.iter().filter(|p| is_workflow(p)) {
        if let Some(workflow) = yaml(system, root, path, &mut found.notes) {
            found.deploys.extend(deploys(path, &workflow));
        }
    }
    makefile(system, root, &mut found);
    owners(system, root, &mut found);
    found
}

/// Beyond it a policy has no decimals: they have 96 bits.
const LARGEST: f64 = 7.9e28;

/// The first number among the data that the language has no room for, and where it stands.
fn too_large(value: &Value, at: String) -> Option<(String, Number)> {
    let is_large = |number: &Number| {
        if number.is_f64() { number.as_f64().is_none_or(|n| n.abs() >= LARGEST) } else { number.as_i64().is_none() }
    };
    match value {
        Value::Number(number) => is_large(number).then(|| (at, number.clone())),
        Value::Array(items) => items.iter().enumerate().find_map(|(n, item)| too_large(item, format!("{at}[{n}]"))),
        Value::Object(entries) => entries.iter().find_map(|(key, value)| too_large(value, format!("{at}.{key}"))),
        _ => None,
    }
}

/// Says which number is too large as the file writes it, and on which line, where it can be found there.
fn told((key, number): &(String, Number), system: &dyn System, root: &Path, path: &str) -> String {
    let text = text(system, root, path).unwrap_or_default();
    let is_it = |word: &&str| word.replace('_', "").parse::<f64>().ok() == number.as_f64();
    let words =
        |line: &str| line.split(|c: char| c.is_whitespace() || "[]{},:".contains(c)).find(is_it).map(str::to_owned);
    let written = text.lines().zip(1..).find_map(|(line, n)| words(line).map(|word| (n, word)));
    let (place, number) = match written {
        Some((line, word)) => (format!("line {line}: "), word),
        None => (String::new(), number.to_string()),
    };
    format!("{place}`{key}` is {number}, a number that is too large for a policy")
}

/// The last part of a path.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// All files below the root, in byte order; of hidden folders only `.github`.
fn walk(system: &dyn System, root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut waiting = vec![String::new()];
    while let Some(folder) = waiting.pop() {
        let Ok(mut entries) = system.list(&root.join(&folder)) else { continue };
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, kind) in entries {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let hidden = name.starts_with('.') && path != ".github";
            match kind {
                FileKind::File if files.len() < MOST_FILES => files.push(path),
                FileKind::Folder if !hidden && !SKIPPED.contains(&name.as_str()) => waiting.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

fn text(system: &dyn System, root: &Path, path: &str) -> Option<String> {
    String::from_utf8(system.read(&root.join(path), MOST).ok()?).ok()
}

fn yaml(system: &dyn System, root: &Path, path: &str, notes: &mut Vec<String>) -> Option<Value> {
    understood(crate::yaml::read(&text(system, root, path)?), path, notes)
}

fn values(system: &dyn System, root: &Path, path: &str, notes: &mut Vec<String>) -> Option<ValuesRead> {
    understood(crate::yaml::read_values(&text(system, root, path)?), path, notes)
}

fn understood<T>(read: Result<T, serde_saphyr::Error>, path: &str, notes: &mut Vec<String>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(error) => {
            let why = error.to_string();
            notes.push(format!("{path} is left out: {}", in_plain_words(&why)));
            None
        }
    }
}

/// What the reader of YAML says, without its own settings, which nobody can turn here.
fn in_plain_words(why: &str) -> String {
    let line = why.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let line = line.split_once(", set ").map_or(line, |(said, _)| said);
    if line.contains("multiple YAML documents") {
        return "it holds several YAML documents, of which Helm would read only the first".to_owned();
    }
    line.replace("rejected by the configured policy", "is nothing that a policy can say")
}

fn is_yaml(path: &str) -> Option<&str> {
    name(path).strip_suffix(".yaml").or_else(|| name(path).strip_suffix(".yml"))
}

/// The environment whose values a file holds, as its name or its folder tells.
fn environment_of(path: &str) -> Option<String> {
    if path.starts_with(".github/") || path.contains("/templates/") {
        return None;
    }
    let stem = is_yaml(path)?;
    let folders: Vec<&str> = path.split('/').rev().skip(1).collect();
    let parent = folders.first().copied().unwrap_or_default();
    for prefix in ["values-", "values.", "values_"] {
        if let Some(rest) = stem.strip_prefix(prefix).filter(|r| !r.is_empty() && *r != "schema") {
            return Some(rest.to_owned());
        }
    }
    for suffix in ["-values", ".values", "_values"] {
        if let Some(rest) = stem.strip_suffix(suffix).filter(|r| KNOWN.contains(r)) {
            return Some(rest.to_owned());
        }
    }
    if parent == "values" && KNOWN.contains(&stem) {
        return Some(stem.to_owned());
    }
    (stem == "values" && KNOWN.contains(&parent)).then(|| parent.to_owned())
}

/// Where a name stands among the environments that a release passes.
pub fn rank(environment: &str) -> usize {
    let known = |name: &str| environment == name || environment.ends_with(&format!("_{name}"));
    KNOWN.iter().position(|name| known(name)).unwrap_or(KNOWN.len() / 2)
}

fn is_workflow(path: &str) -> bool {
    path.starts_with(".github/workflows/") && is_yaml(path).is_some()
}

/// The jobs of a workflow that deploy somewhere.
fn deploys(path: &str, workflow: &Value) -> Vec<Deploy> {
    let Some(jobs) = workflow.get("jobs").and_then(Value::as_object) else { return Vec::new() };
    let events = workflow.get("on").map(events).unwrap_or_default();
    let environment = |job: &Value| environment_of_job(job).or_else(|| implied_environment(path, job));
    let mut found = Vec::new();
    for job in jobs.values() {
        let Some(name) = environment(job) else { continue };
        let needs = match job.get("needs") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let after = needs.iter().filter_map(|n| environment(jobs.get(*n)?)).filter(|n| *n != name).collect();
        let url = job.get("environment").and_then(|e| e.get("url")?.as_str()).filter(|u| !u.contains("${{"));
        let scripts = scripts(job);
        found.push(Deploy {
            environment: name,
            url: url.map(str::to_owned),
            events: events.clone(),
            after,
            helm: scripts.iter().find_map(|s| helm_call(s)),
            make: scripts.iter().flat_map(|s| make_calls(s)).filter(|t| t.contains("deploy")).collect(),
        });
    }
    found
}

/// The environment that a job names.
fn environment_of_job(job: &Value) -> Option<String> {
    let environment = job.get("environment")?;
    let name = environment.as_str().or_else(|| environment.get("name")?.as_str())?;
    (!name.contains("${{")).then(|| name.to_owned())
}

/// The environment that a job deploys to without naming it: its values tell, or the name of its workflow.
fn implied_environment(path: &str, job: &Value) -> Option<String> {
    let call = scripts(job).iter().find_map(|s| helm_call(s))?;
    let named = || {
        let stem = is_yaml(path)?;
        KNOWN.iter().find(|k| stem.strip_suffix(*k).is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_'])))
    };
    call.values.iter().find_map(|v| environment_of(v)).or_else(|| named().map(|k| (*k).to_owned()))
}

/// The scripts of a job's steps.
fn scripts(job: &Value) -> Vec<&str> {
    let steps = job.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    steps.iter().filter_map(|s| s.get("run")?.as_str()).collect()
}

/// What a workflow runs on, in the language.
fn events(on: &Value) -> Vec<String> {
    let names: Vec<(&str, Option<&Value>)> = match on {
        Value::String(one) => vec![(one.as_str(), None)],
        Value::Array(many) => many.iter().filter_map(|v| Some((v.as_str()?, None))).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.as_str(), Some(v))).collect(),
        _ => Vec::new(),
    };
    let mut events = Vec::new();
    for (name, details) in names {
        match name {
            "push" => events.extend(pushes(details)),
            "release" => events.push("release(published)".to_owned()),
            "workflow_dispatch" => events.push("manual".to_owned()),
            _ => {}
        }
    }
    events
}

fn pushes(details: Option<&Value>) -> Vec<String> {
    let branches = details.and_then(|d| d.get("branches")?.as_array()).map(Vec::as_slice).unwrap_or_default();
    let branches: Vec<&str> = branches.iter().filter_map(Value::as_str).filter(|b| !b.starts_with('!')).collect();
    let tags = details.and_then(|d| d.get("tags")).is_some();
    match (branches.as_slice(), tags) {
        ([], true) => vec!["release(published)".to_owned()],
        ([], false) => vec!["push".to_owned()],
        (names, _) => names
            .iter()
            .map(|branch| {
                let compare = if branch.contains(['*', '?', '[']) { "~" } else { "==" };
                format!("push(branch {compare} {})", super::values::quote(branch))
            })
            .collect(),
    }
}

/// The words of a script's lines, continued lines joined.
fn commands(script: &str) -> Vec<Vec<String>> {
    let joined = script.replace("\\\n", " ");
    let word = |w: &str| w.trim_matches(['"', '\'']).to_owned();
    joined
        .lines()
        .flat_map(|line| line.split("&&"))
        .map(|command| command.split_whitespace().map(word).collect::<Vec<_>>())
        .filter(|words| !words.is_empty())
        .collect()
}

fn helm_call(script: &str) -> Option<HelmCall> {
    let words = commands(script).into_iter().find(
        |w| matches!(w.as_slice(), [helm, verb, ..] if helm == "helm" && (verb == "upgrade" || verb == "install")),
    )?;
    let mut call = HelmCall::default();
    let mut places = Vec::new();
    let mut rest = words.into_iter().skip(2);
    while let Some(word) = rest.next() {
        let (flag, glued) = match word.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        let is_plain = |value: &String| !value.contains('$') && !value.is_empty();
        match flag.as_str() {
            "--wait" => call.wait = true,
            "--atomic" => call.atomic = true,
            "--install"
            | "-i"
            | "--create-namespace"
            | "--debug"
            | "--force"
            | "--cleanup-on-fail"
            | "--dry-run"
            | "--reset-values"
            | "--reuse-values"
            | "--dependency-update"
            | "--wait-for-jobs" => {}
            "-n" | "--namespace" => call.namespace = glued.or_else(|| rest.next()).filter(is_plain),
            "-f" | "--values" => call.values.extend(glued.or_else(|| rest.next()).filter(is_plain)),
            "--timeout" => call.timeout = glued.or_else(|| rest.next()).filter(is_plain),
            _ if flag.starts_with('-') => {
                if glued.is_none() {
                    rest.next();
                }
            }
            _ => places.push(flag),
        }
    }
    let is_plain = |value: &String| !value.contains('$');
    let mut places = places.into_iter();
    call.release = places.next().filter(is_plain);
    call.chart = places.next().filter(is_plain).map(|c| c.trim_start_matches("./").trim_end_matches('/').to_owned());
    Some(call)
}

fn make_calls(script: &str) -> Vec<String> {
    let targets = |words: Vec<String>| -> Vec<String> {
        match words.split_first() {
            Some((make, rest)) if make == "make" => {
                rest.iter().filter(|w| !w.starts_with('-') && !w.contains(['=', '$'])).cloned().collect()
            }
            _ => Vec::new(),
        }
    };
    commands(script).into_iter().flat_map(targets).collect()
}

/// The targets of the makefile that judge or deploy.
fn makefile(system: &dyn System, root: &Path, found: &mut Found) {
    let Some(text) = ["Makefile", "makefile", "GNUmakefile"].iter().find_map(|f| text(system, root, f)) else { return };
    for line in text.lines() {
        let Some((names, rest)) = line.split_once(':') else { continue };
        if line.starts_with(['\t', ' ', '#', '.']) || rest.starts_with('=') || names.contains(['=', '$', '%']) {
            continue;
        }
        for name in names.split_whitespace() {
            let list = if GATES.contains(&name) {
                &mut found.gates
            } else if name == "deploy" || name.starts_with("deploy-") || name.starts_with("deploy_") {
                &mut found.deploy_targets
            } else {
                continue;
            };
            if !list.iter().any(|n| n == name) {
                list.push(name.to_owned());
            }
        }
    }
}

/// The teams that code owners name.
fn owners(system: &dyn System, root: &Path, found: &mut Found) {
    let places = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
    let Some(text) = places.iter().find_map(|f| text(system, root, f)) else { return };
    for line in text.lines().filter(|l| !l.trim_start().starts_with('#')) {
        for word in line.split_whitespace().skip(1).take_while(|w| !w.starts_with('#')) {
            let team = word.strip_prefix('@').filter(|t| t.split('/').filter(|p| !p.is_empty()).count() == 2);
            if let Some(team) = team.filter(|t| !found.teams.iter().any(|f| f == t)) {
                found.teams.push(team.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_files_tell_their_environment() {
        for (path, expected) in [
            ("helm/values-staging.yaml", Some("staging")),
            ("helm/values.prod.yml", Some("prod")),
            ("values/production.yaml", Some("production")),
            ("environments/staging/values.yaml", Some("staging")),
            ("charts/shop/production-values.yaml", Some("production")),
            ("charts/shop/values.yaml", None),
            ("values.yaml", None),
            ("charts/shop/values.schema.yaml", None),
            ("charts/shop/templates/values-x.yaml", None),
            ("config/production.yaml", None),
        ] {
            assert_eq!(environment_of(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn scripts_tell_how_they_deploy() {
        let call = helm_call(
            "set -e\nhelm upgrade --install shop ./charts/shop \\\n  -n shop-prod --set a=b -f values.yaml --atomic --timeout=10m\n",
        );
        let expected = HelmCall {
            release: Some("shop".into()),
            chart: Some("charts/shop".into()),
            namespace: Some("shop-prod".into()),
            wait: false,
            atomic: true,
            timeout: Some("10m".into()),
            values: vec!["values.yaml".into()],
        };
        assert_eq!(call, Some(expected));
        assert_eq!(helm_call("helm lint charts/shop"), None);
        assert_eq!(make_calls("make -j2 deploy-staging ENV=x && make $TARGET"), ["deploy-staging"]);
    }

    #[test]
    fn workflows_tell_what_they_run_on() {
        let on = |text: &str| events(&crate::yaml::read(text).unwrap());
        for (text, expected) in [
            ("push", vec!["push"]),
            ("[push, workflow_dispatch]", vec!["push", "manual"]),
            ("{push: {branches: [main, 'rel/*']}}", vec!["push(branch == \"main\")", "push(branch ~ \"rel/*\")"]),
            ("{push: {tags: ['v*']}}", vec!["release(published)"]),
            ("{release: {types: [published]}}", vec!["release(published)"]),
            ("{pull_request: }", vec![]),
        ] {
            assert_eq!(on(text), expected, "{text}");
        }
    }
}
