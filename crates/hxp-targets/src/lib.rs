//! The backends: from a policy to files, settings and preconditions.
//!
//! A backend first says what it can enforce ([`Target::support`]), then builds a typed document of its target and
//! prints it ([`Target::emit`]). Shared code never asks a backend who it is. Backends read the policy alone: they know
//! neither the syntax nor the analysis.
#![warn(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use hxp_diagnostics::Diagnostic;
use hxp_policy::Policy;
use indexmap::IndexMap;
use smol_str::SmolStr;

/// How strongly a target enforces something, from weakest to strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Not at all.
    None,
    /// A notice.
    Advisory,
    /// A step of a pipeline.
    Soft,
    /// An API or the cluster refuses.
    Hard,
}

/// What a target does about one requirement, duty, notice, rule or setting.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Enforcement {
    /// Its id in the policy: `production.window.release_hours`, `production.duty.post_mortem`, `rule.ingress_has_tls`.
    pub id: SmolStr,
    /// How strongly.
    pub strength: Strength,
    /// Where: the file that carries it, relative to the output folder.
    pub file: SmolStr,
    /// What it does not cover, when it covers only a part.
    pub partly: Option<String>,
}

/// A generated file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputFile {
    /// Its text; ends with a newline.
    pub text: String,
    /// Whether it is a program.
    pub executable: bool,
}

/// Generated files by path: relative to the output folder, with `/`.
pub type OutputTree = BTreeMap<SmolStr, OutputFile>;

/// What a backend reads.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Names of the environments to produce, in the order of the policy.
    pub environments: &'a [SmolStr],
    /// `values.schema.json` of declared charts that have one, by the chart's name.
    pub chart_schemas: &'a IndexMap<SmolStr, serde_json::Value>,
    /// `values.yaml` of declared charts that have one, by the chart's name.
    pub chart_values: &'a IndexMap<SmolStr, serde_json::Value>,
    /// What the manifest says under `[targets.<name>]`.
    pub options: &'a serde_json::Map<String, serde_json::Value>,
    /// Commit hashes of the actions a workflow uses: `owner/name` to (commit, version). Read from the project's
    /// `hxp.lock` over the built-in ones.
    pub actions: &'a IndexMap<SmolStr, (SmolStr, SmolStr)>,
}

/// What a backend produced.
#[derive(Clone, Debug, Default)]
pub struct Emission {
    /// Its files.
    pub files: OutputTree,
    /// What came up only when the files were made.
    pub diagnostics: Vec<Diagnostic>,
}

/// A backend.
pub trait Target: Sync {
    /// Its name on the command line and in the manifest.
    fn name(&self) -> &'static str;
    /// One sentence for `--help` and the book.
    fn about(&self) -> &'static str;
    /// The keys it understands under `[targets.<name>]` of the manifest; any other key is an error there.
    fn options(&self) -> &'static [&'static str] {
        &[]
    }
    /// What it does about everything the policy asks.
    fn support(&self, context: &Context<'_>) -> Vec<Enforcement>;
    /// What the user should know before any file is made: names the target's consumer refuses, values that contradict a
    /// chart. An editor shows it as it shows what the types say.
    fn check(&self, context: &Context<'_>) -> Vec<Diagnostic>;
    /// Its files.
    fn emit(&self, context: &Context<'_>) -> Emission;
}

pub mod github;
pub mod helm;
mod images;
pub mod opa;

/// All backends, in the order of the book.
pub static TARGETS: &[&dyn Target] = &[&github::Github, &helm::HelmValues, &opa::Opa];

/// The backend of that name.
pub fn find(name: &str) -> Option<&'static dyn Target> {
    TARGETS.iter().copied().find(|t| t.name() == name)
}
