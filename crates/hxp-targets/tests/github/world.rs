//! Policies from text, what the target makes of them, and a folder to hold it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use hxp_analysis::{Input, Lints, Module, analyse, load_std};
use hxp_diagnostics::Sources;
use hxp_policy::Policy;
use hxp_targets::github::Github;
use hxp_targets::{Context, Emission, Enforcement, Target};
use indexmap::IndexMap;
use serde_json::{Map, Value};
use smol_str::SmolStr;

pub const FIXTURE: &str = include_str!("fixture.hxp");

static FIXTURE_POLICY: LazyLock<Policy> = LazyLock::new(|| analysed(FIXTURE));

/// The policy that a text says; the text must be right.
pub fn policy(text: &str) -> Policy {
    if text == FIXTURE { FIXTURE_POLICY.clone() } else { analysed(text) }
}

fn analysed(text: &str) -> Policy {
    let mut sources = Sources::default();
    let file = sources.add("policy.hxp", text);
    let parsed = hxp_syntax::parse(file, text);
    assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
    let std = load_std(&mut sources, [&parsed.tree]);
    let input = Input {
        sources: &sources,
        project: vec![(file, &parsed.tree)],
        modules: std.iter().map(|m| Module { path: m.path.clone(), file: m.file, tree: &m.parsed.tree }).collect(),
        today: None,
        lints: Lints::default(),
        watch: None,
    };
    let analysis = analyse(&input);
    let errors: Vec<_> = analysis.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    analysis.policy.expect("a policy without errors")
}

/// Runs `use_it` with the context of that policy and those options.
fn with_context<T>(policy: &Policy, options: &Value, use_it: impl FnOnce(&Context<'_>) -> T) -> T {
    let names: Vec<SmolStr> = policy.environments.keys().cloned().collect();
    let options: Map<String, Value> = options.as_object().cloned().unwrap_or_default();
    use_it(&Context {
        policy,
        environments: &names,
        chart_schemas: &IndexMap::new(),
        chart_values: &IndexMap::new(),
        options: &options,
        actions: &IndexMap::new(),
    })
}

pub fn emit_with(policy: &Policy, options: &Value) -> Emission {
    with_context(policy, options, |context| told_of(&Github, context))
}

/// The files, and everything that the user is told of them.
fn told_of(target: &dyn Target, context: &Context<'_>) -> Emission {
    let mut emission = target.emit(context);
    emission.diagnostics.splice(0..0, target.check(context));
    emission
}

pub fn emit(policy: &Policy) -> Emission {
    emit_with(policy, &Value::Null)
}

/// The compiled policy itself.
pub fn emit_opa(policy: &Policy) -> Emission {
    with_context(policy, &Value::Null, |context| hxp_targets::opa::Opa.emit(context))
}

pub fn support(policy: &Policy) -> Vec<Enforcement> {
    with_context(policy, &Value::Null, |context| Github.support(context))
}

/// The text of a file that was produced.
pub fn text<'e>(emission: &'e Emission, path: &str) -> &'e str {
    let known: Vec<&str> = emission.files.keys().map(SmolStr::as_str).collect();
    &emission.files.get(path).unwrap_or_else(|| panic!("{path} is not among {known:#?}")).text
}

/// A file that was produced, read as YAML (or JSON) by a reader of its own.
pub fn yaml(emission: &Emission, path: &str) -> Value {
    serde_saphyr::from_str(text(emission, path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A Git repository that holds what was produced, gone when dropped.
pub struct Repository {
    pub folder: tempfile::TempDir,
}

impl Repository {
    pub fn new(emission: &Emission) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, file) in &emission.files {
            let path = folder.path().join(path.as_str());
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, &file.text).expect("written");
            if file.executable {
                use std::os::unix::fs::PermissionsExt as _;
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("made executable");
            }
        }
        let git = Command::new("git").args(["init", "--quiet"]).arg(folder.path()).status();
        assert!(git.is_ok_and(|s| s.success()), "git init");
        Self { folder }
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// Writes what is produced below a folder, for people to read: `HXP_DUMP=folder cargo test`.
#[test]
fn dump() {
    let Some(folder) = std::env::var_os("HXP_DUMP").map(PathBuf::from) else { return };
    for (path, file) in &emit(&policy(FIXTURE)).files {
        let path = folder.join(path.as_str());
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, &file.text).expect("written");
    }
}
