//! A policy's text on the way in, Helm on the way out.

use std::path::{Path, PathBuf};
use std::process::Command;

use hxp_analysis::{Input, Lints, Module, analyse, load_std};
use hxp_diagnostics::Sources;
use hxp_policy::Policy;
use hxp_targets::helm::HelmValues;
use hxp_targets::{Context, Emission, Target as _};
use indexmap::IndexMap;
use serde_json::{Map, Value};
use smol_str::SmolStr;

/// The policy of the tests.
pub const POLICY: &str = include_str!("policy.hxp");

/// The policy that a text says.
pub fn policy(text: &str) -> Policy {
    let mut sources = Sources::default();
    let file = sources.add("policy.hxp", text);
    let parsed = hxp_syntax::parse(file, text);
    let std = load_std(&mut sources, [&parsed.tree]);
    let input = Input {
        sources: &sources,
        project: vec![(file, &parsed.tree)],
        modules: std.iter().map(|l| Module { path: l.path.clone(), file: l.file, tree: &l.parsed.tree }).collect(),
        today: None,
        lints: Lints::default(),
        watch: None,
    };
    let analysis = analyse(&input);
    let errors: Vec<_> = analysis.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    analysis.policy.expect("a policy")
}

/// What is known of a chart.
#[derive(Default)]
pub struct Known {
    pub schema: Option<Value>,
    pub values: Option<Value>,
}

/// Runs the target over all environments.
pub fn emit(policy: &Policy, chart: &Known, options: &Value) -> Emission {
    let environments: Vec<SmolStr> = policy.environments.keys().cloned().collect();
    let of = |known: &Option<Value>| -> IndexMap<SmolStr, Value> {
        let value = known.clone();
        policy.charts.keys().take(1).filter_map(|name| Some((name.clone(), value.clone()?))).collect()
    };
    let options: Map<String, Value> = options.as_object().cloned().unwrap_or_default();
    let context = Context {
        policy,
        environments: &environments,
        chart_schemas: &of(&chart.schema),
        chart_values: &of(&chart.values),
        options: &options,
        actions: &IndexMap::new(),
    };
    let mut emission = HelmValues.emit(&context);
    emission.diagnostics.splice(0..0, HelmValues.check(&context));
    emission
}

/// The text of a file that was made.
pub fn file<'e>(emission: &'e Emission, path: &str) -> &'e str {
    &emission.files.get(path).unwrap_or_else(|| panic!("no {path}, but {:?}", emission.files.keys())).text
}

/// Helm's program: `HXP_HELM`, or on the path. In CI it must be there.
pub fn helm() -> Option<PathBuf> {
    let named = std::env::var_os("HXP_HELM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.or_else(|| std::env::split_paths(&path).map(|p| p.join("helm")).find(|p| p.is_file()));
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "helm is neither in HXP_HELM nor on the path");
        eprintln!("SKIPPED: helm is neither in HXP_HELM nor on the path, so nothing here was judged by it");
    }
    found
}

/// A chart on disk that shows its values, with the schema given.
pub struct Chart {
    helm: PathBuf,
    folder: tempfile::TempDir,
}

impl Chart {
    pub fn new(helm: &Path, schema: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("templates")).unwrap();
        for (name, text) in [
            ("Chart.yaml", include_str!("chart/Chart.yaml")),
            ("values.yaml", include_str!("chart/values.yaml")),
            ("templates/values.yaml", include_str!("chart/templates/values.yaml")),
            ("values.schema.json", schema),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { helm: helm.to_owned(), folder }
    }

    fn run(&self, verb: &str, values: &str, more: &[&str]) -> Result<String, String> {
        std::fs::write(self.folder.path().join("given.yaml"), values).unwrap();
        let output = Command::new(&self.helm)
            .args([verb, ".", "--values", "given.yaml"])
            .args(more)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stdout) + &text(&output.stderr))
        }
    }

    /// `helm lint`.
    pub fn lint(&self, values: &str) -> Result<String, String> {
        self.run("lint", values, &["--strict"])
    }

    /// `helm template`: the values as the chart sees them.
    pub fn values(&self, values: &str, more: &[&str]) -> Result<Value, String> {
        let printed = self.run("template", values, more)?;
        let manifest: Value = serde_saphyr::from_str(printed.trim_start_matches("---\n")).unwrap();
        Ok(serde_json::from_str(manifest["data"]["values"].as_str().unwrap()).unwrap())
    }
}
