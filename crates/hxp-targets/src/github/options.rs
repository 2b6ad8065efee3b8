//! What the manifest says under `[targets.github]`.

use serde_json::{Map, Value};

/// The keys.
pub const KEYS: &[&str] = &[
    "attest",
    "default_branch",
    "duties",
    "duties_since",
    "helm_version",
    "incident_label",
    "login",
    "opa_version",
    "policy",
    "repository",
    "required_checks",
    "resume",
    "root",
    "values",
    "watch_minutes",
];

/// Their values, with the defaults filled in.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether audit records are attested.
    pub attest: bool,
    /// The branch from which people start workflows.
    pub default_branch: String,
    /// When the duties are looked through.
    pub duties: String,
    /// Incidents before that day have no duties.
    pub duties_since: Option<String>,
    /// The version of Helm that deploys.
    pub helm_version: String,
    /// Issues with this label are incidents.
    pub incident_label: String,
    /// The command that logs in to where the cluster is.
    pub login: Option<String>,
    /// The version of OPA that decides.
    pub opa_version: String,
    /// The folder of the compiled policy.
    pub policy: String,
    /// Checks that a change must pass before it is merged.
    pub required_checks: Vec<String>,
    /// When pending deployments are asked for again.
    pub resume: String,
    /// The folder of the project in the repository, without slashes around it; empty: it is the repository's root.
    pub root: String,
    /// The values file of an environment; `{env}` is its name.
    pub values: String,
    /// How long a fresh deployment is watched; by default as long as its triggers need.
    pub watch_minutes: Option<i64>,
}

impl Options {
    /// Read from the manifest.
    pub fn read(options: &Map<String, Value>) -> Self {
        let text = |key: &str, default: &str| options.get(key).and_then(Value::as_str).unwrap_or(default).to_owned();
        let checks = options.get("required_checks").and_then(Value::as_array);
        Self {
            attest: options.get("attest").and_then(Value::as_bool).unwrap_or(true),
            default_branch: text("default_branch", "main"),
            duties: text("duties", "23 * * * *"),
            duties_since: options.get("duties_since").and_then(Value::as_str).map(str::to_owned),
            helm_version: text("helm_version", "v3.22.0"),
            incident_label: text("incident_label", "incident"),
            login: options.get("login").and_then(Value::as_str).map(str::to_owned),
            opa_version: text("opa_version", "1.22.2"),
            policy: text("policy", "policy"),
            required_checks: checks
                .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                .unwrap_or_default(),
            resume: text("resume", "*/15 * * * *"),
            root: normal(&text("root", "")).filter(|root| root != ".").unwrap_or_default(),
            values: text("values", "helm/values-{env}.yaml"),
            watch_minutes: options.get("watch_minutes").and_then(Value::as_i64).filter(|m| *m > 0),
        }
    }

    /// The values file of that environment.
    pub fn values_file(&self, environment: &str) -> String {
        self.values.replace("{env}", environment)
    }

    /// A path of the project as a path of the repository.
    pub fn at_root(&self, path: &str) -> String {
        let whole = if self.root.is_empty() { path.to_owned() } else { format!("{}/{path}", self.root) };
        normal(&whole).unwrap_or(whole)
    }
}

/// A path without `.`, `..` and doubled slashes; `None` if it is absolute or leads out.
fn normal(path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_project_become_paths_of_the_repository() {
        for (root, path, expected) in [
            ("", "charts/shop", "charts/shop"),
            ("", "./charts//shop/", "charts/shop"),
            ("policy", "charts/shop", "policy/charts/shop"),
            ("./services/shop/", "../../charts/shop", "charts/shop"),
            ("policy", ".", "policy"),
            ("", ".", "."),
            ("policy", "../../x", "policy/../../x"),
        ] {
            let options = serde_json::json!({ "root": root });
            let options = Options::read(options.as_object().unwrap());
            assert_eq!(options.at_root(path), expected, "{root} {path}");
        }
    }
}
