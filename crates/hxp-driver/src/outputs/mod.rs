//! From the files that a policy makes to the files of the output folder, all or none.
//!
//! - [`Outputs`]: what the targets made, each path checked to lie inside the folder and to be one file everywhere.
//! - [`plan`]: what would change, and whether it may: only files that the record `.hxp/outputs.json` lists, unchanged
//!   since, are overwritten or removed.
//! - [`write`]: the change itself. Everything is staged in `.hxp/stage` first; a journal is then put in place in one
//!   step, and from that moment on the change is decided. A run that is killed before leaves the old files, one that is
//!   killed after is completed (or, when that is impossible, undone) by the next run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hxp_diagnostics::{Diagnostic, Sources, Span, codes};
use hxp_targets::{OutputFile, OutputTree};
use sha2::{Digest as _, Sha256};
use smol_str::SmolStr;

mod diff;
mod journal;
mod paths;
mod plan;
mod record;

pub use diff::{unified, unified_texts};
pub use journal::{Writer, is_interrupted};
pub use plan::{Change, ChangeKind, Plan, plan};

/// The folder inside the output folder that belongs to hxpc.
pub const OWN_FOLDER: &str = ".hxp";

/// A generated file and the target it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The target's name.
    pub target: &'static str,
    /// Its text and mode; shared, for a thousand services make a hundred megabytes.
    pub file: Arc<OutputFile>,
}

/// Everything that a policy makes, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// The files: relative to the output folder, with `/`.
    pub files: std::collections::BTreeMap<SmolStr, Output>,
}

impl Outputs {
    /// Adds the files of a target. `at` is where the policy is declared.
    pub fn add(&mut self, target: &'static str, tree: OutputTree, at: Span, diagnostics: &mut Vec<Diagnostic>) {
        for (path, file) in tree {
            if let Err(why) = paths::check(&path) {
                diagnostics.push(outside(at, &path, &why));
            } else if let Some(other) = self.files.get(&path) {
                let message = format!("`{path}` would be written by the targets `{}` and `{target}`", other.target);
                diagnostics.push(Diagnostic::new(codes::OUTPUT_COLLISION, at, message));
            } else {
                self.files.insert(path, Output { target, file: Arc::new(file) });
            }
        }
    }

    /// Tells of files that some file systems cannot tell apart.
    pub fn check(&self, at: Span, diagnostics: &mut Vec<Diagnostic>) {
        for (one, other) in paths::collisions(self.files.keys()) {
            let message = format!("`{one}` and `{other}` cannot lie beside each other on every file system");
            let found = Diagnostic::new(codes::OUTPUT_COLLISION, at, message);
            diagnostics.push(found.help("rename one of the environments or services they come from"));
        }
    }
}

/// Which part of the policy is being written, and what may be done for it.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The targets; `None`: all of the project.
    pub targets: Option<Vec<&'static str>>,
    /// Whether only some environments are written: then nothing is removed.
    pub part: bool,
    /// Whether files may be overwritten that are not, or no longer, as hxpc wrote them.
    pub force: bool,
}

impl Scope {
    /// Whether a file of that target, which is no longer made, may go.
    fn removes(&self, target: &str) -> bool {
        !self.part && self.targets.as_ref().is_none_or(|t| t.contains(&target))
    }
}

/// The output folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is.
    pub root: PathBuf,
    /// How diagnostics name it.
    pub shown: String,
}

impl Folder {
    fn own(&self) -> PathBuf {
        self.root.join(OWN_FOLDER)
    }

    fn stage(&self) -> PathBuf {
        self.own().join("stage")
    }

    fn journal(&self) -> PathBuf {
        self.own().join("journal.json")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(Path::new(path))
    }
}

fn outside(at: Span, path: &str, why: &str) -> Diagnostic {
    Diagnostic::new(codes::OUTPUT_OUTSIDE, at, format!("the output `{path}` {why}"))
        .help("outputs are written only to plain folders inside the output folder")
}

/// A diagnostic about a file of the output folder, which is shown with its first line.
fn about_file(
    code: hxp_diagnostics::Code,
    sources: &mut Sources,
    path: &str,
    text: &str,
    message: String,
) -> Diagnostic {
    let first = text.lines().next().unwrap_or_default();
    let end = u32::try_from(first.len()).unwrap_or_default();
    let file = sources.add(path, text);
    Diagnostic::new(code, Span::new(file, 0, end), message)
}

/// The digest of some bytes, as `sha256sum` prints it.
pub fn digest(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
