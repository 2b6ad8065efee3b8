//! The pipeline from text to output. Read [`compile`] first.
#![warn(clippy::disallowed_methods)]

mod back;
mod commandline;
pub mod coverage;
mod fixes;
mod front;
pub mod init;
pub mod lock;
pub mod manifest;
mod memo;
pub mod outputs;
mod progress;
pub mod project;
mod quick;
mod read;
pub mod rego;
pub mod report;
pub mod slice;
mod sources_format;
pub mod system;
mod yaml;

use std::path::PathBuf;
use std::sync::Arc;

use hxp_diagnostics::{Diagnostic, Sources};
use indexmap::IndexMap;
use jiff::civil::Date;

pub use commandline::NAME as COMMAND_LINE;
pub use fixes::{Fixed, apply, fix};
pub use front::{File, Module};
pub use hxp_analysis::{Index, Types};
pub use hxp_policy::graph;
pub use hxp_policy::{Outcome, Policy, TestCase};
pub use hxp_targets::opa::bundle;
pub use hxp_targets::{OutputTree, Strength};
pub use memo::Memo;
pub use outputs::digest;
pub use progress::{Progress, Stage};
pub use project::shown;
pub use quick::opened;
pub use read::reason;
/// A name of the policy.
pub use smol_str::SmolStr as Name;
pub use sources_format::{Formatted, format_project, format_text};

use back::Backend;
use coverage::Matrix;
use outputs::{Folder, Outputs, Scope};
use project::Project;
use system::System;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A folder or a file; see [`project::discover`].
    pub start: PathBuf,
    /// The day that expiries are compared with; `None`: they are not.
    pub today: Option<Date>,
    /// Whether the outputs are made too.
    pub emit: bool,
    /// The output folder, when it is not the manifest's.
    pub out: Option<PathBuf>,
    /// Only these targets; empty: those of the project.
    pub targets: Vec<String>,
    /// Only these environments; empty: all.
    pub environments: Vec<String>,
    /// Whether files may be overwritten that are not as hxpc wrote them.
    pub force: bool,
    /// How far the work is.
    pub progress: Arc<Progress>,
}

/// Everything that is known of a project.
#[derive(Clone, Debug, Default)]
pub struct Compilation {
    /// The project.
    pub project: Project,
    /// All texts.
    pub sources: Sources,
    /// The project's own files.
    pub files: Vec<File>,
    /// The modules it uses.
    pub modules: Vec<Module>,
    /// The schemas of its charts' values, by the chart's path.
    pub chart_schemas: IndexMap<Name, serde_json::Value>,
    /// Where names are declared and used.
    pub index: Index,
    /// The policy, as far as it could be understood.
    pub policy: Policy,
    /// Who enforces what; empty when the policy has errors.
    pub coverage: Matrix,
    /// What the targets made; empty when the policy has errors, or when nothing was to be made.
    pub outputs: Outputs,
    /// Which part of all outputs that is.
    pub scope: Scope,
    /// What was found, in the order of the texts.
    pub diagnostics: Vec<Diagnostic>,
}

/// The whole chain: text → tree → policy → outputs. Each stage gives what it could make *and* what it found; only a
/// policy without errors goes on to the targets. Nothing is written here: see [`outputs`].
pub fn compile(system: &dyn System, request: &Request) -> Compilation {
    compile_again(system, request, &mut Memo::default())
}

/// The same for a project that was compiled before: files that have not changed are not parsed again.
pub fn compile_again(system: &dyn System, request: &Request, memo: &mut Memo) -> Compilation {
    let mut sources = Sources::default();
    let mut found = Vec::new();

    // Text: which files there are.
    let project = project::discover(system, &request.start, &mut sources, &mut found);
    front::check_layout(system, &project, &mut found);
    let targets = commandline::targets(&project, request, &mut sources, &mut found);
    let actions = front::actions(system, &project, &mut sources, &mut found);

    // Tree: one a file, on all cores.
    let files = front::parse(system, &project, &request.progress, memo, &mut sources, &mut found);
    let modules = front::modules(system, &project, &files, &mut sources, &mut found);
    let schemas = front::chart_schemas(system, &project, &files, &mut sources, &mut found);
    let chart_values = front::chart_values(system, &project, &files);

    // Policy: names, types, values, consistency.
    request.progress.begin(Stage::Checking, 0);
    let (mut policy, index) = front::analyse(&project, &sources, &files, &modules, request.today, &mut found);
    front::default_issuer(&mut policy, &project);
    let environments = commandline::environments(&policy, request, &mut sources, &mut found);

    // Outputs: what the targets enforce, then what they write.
    let backend = Backend::new(&policy, &project, &schemas, &chart_values, &actions);
    let (mut coverage, mut outputs) = (Matrix::default(), Outputs::default());
    if !has_errors(&found) {
        coverage = backend.enforcement(&targets.project, &mut found);
    }
    if request.emit && !has_errors(&found) {
        request.progress.begin(Stage::Making, 0);
        outputs = backend.emit(&targets.asked, environments.as_deref(), &mut found);
    }

    back::settle(&project, &mut found);
    let scope = Scope { targets: targets.scope, part: environments.is_some(), force: request.force };
    Compilation {
        project,
        sources,
        files,
        modules,
        chart_schemas: schemas,
        index,
        policy,
        coverage,
        outputs,
        scope,
        diagnostics: found,
    }
}

/// Adds bytes to the sources; without a text when they are none.
pub fn decode(
    sources: &mut Sources,
    path: &str,
    bytes: Vec<u8>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (hxp_diagnostics::FileId, Option<String>) {
    read::decode(sources, path, Ok(bytes), diagnostics)
}

fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(Diagnostic::is_error)
}

impl Compilation {
    /// Whether the policy is not accepted.
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }

    /// Where the outputs go: what was asked for, or what the manifest says, or the project's folder.
    pub fn folder(&self, request: &Request) -> Folder {
        let root = match (&request.out, &self.project.manifest.out) {
            (Some(out), _) => out.clone(),
            (None, Some(out)) => self.project.root.join(&out.node),
            (None, None) => self.project.root.clone(),
        };
        let shown = shown(&root);
        Folder { root, shown }
    }

    /// What the policy lets go, promises or merely reports.
    pub fn report(&self, today: Option<Date>) -> Vec<report::Entry> {
        report::report(&self.policy, &self.files, &self.sources, today)
    }

    /// What writing the outputs would change. Files that may not be overwritten are added to the diagnostics.
    pub fn plan(&mut self, system: &dyn System, folder: &Folder) -> outputs::Plan {
        let at = self.policy.origin.span;
        outputs::plan(system, folder, &self.outputs, &self.scope, at, &mut self.sources, &mut self.diagnostics)
    }
}
