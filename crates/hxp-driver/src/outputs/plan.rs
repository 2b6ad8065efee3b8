//! What a compilation would change on disk, and whether it may.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use hxp_diagnostics::{Diagnostic, Sources, Span, codes};
use rayon::prelude::*;
use smol_str::SmolStr;

use super::record::{self, Entry, Record};
use super::{Folder, Output, Outputs, Scope, about_file, digest, outside};
use crate::system::{FileKind, System};

/// Files larger than this are nothing hxpc wrote.
const MOST: u64 = 256 << 20;

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Create,
    /// It changes.
    Update,
    /// It goes.
    Remove,
}

/// One file that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path in the output folder.
    pub path: SmolStr,
    /// What lies there now.
    pub before: Option<Vec<u8>>,
    /// Whether that is a program.
    pub was_executable: bool,
    /// What shall lie there.
    pub after: Option<Arc<hxp_targets::OutputFile>>,
    /// The digest of that.
    pub(super) digest: Option<String>,
}

impl Change {
    /// What happens to the file.
    pub fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            (None, _) => ChangeKind::Create,
            (Some(_), Some(_)) => ChangeKind::Update,
            (Some(_), None) => ChangeKind::Remove,
        }
    }
}

/// What a compilation would change.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The files, in the order of their paths.
    pub changes: Vec<Change>,
    /// How many files stay as they are.
    pub unchanged: usize,
    /// Folders that are not there yet, the outermost ones; whatever lies below them is new.
    pub(super) new_folders: Vec<SmolStr>,
    /// The record to write, when it changes.
    pub(super) record: Option<String>,
    /// The record that is there.
    pub(super) record_before: Option<String>,
}

impl Plan {
    /// Whether the folder is already as the policy says.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.record.is_none()
    }

    /// The record as it is afterwards.
    pub(super) fn record_after(&self) -> Option<&String> {
        self.record.as_ref().or(self.record_before.as_ref())
    }
}

/// What lies at a path of the output folder.
enum Found {
    Nothing,
    /// A file that holds what it should.
    Same {
        executable: bool,
    },
    File {
        bytes: Vec<u8>,
        executable: bool,
    },
    Other(&'static str),
    Unreadable(io::Error),
}

/// What to do about one output.
enum Step {
    Keep,
    Change(Change),
    Refuse(Refusal),
}

/// Why a file is left alone.
struct Refusal {
    path: SmolStr,
    text: String,
    message: String,
    help: &'static str,
    unreadable: bool,
}

const TAKE_OVER: &str = "move it away, or pass `--force` to let hxpc overwrite it and own it from now on";
const KEEP_EDIT: &str = "say the change in the policy instead, or pass `--force` to discard it";

/// Compares what the policy makes with what lies in the folder. `at` is where the policy is declared.
pub fn plan(
    system: &dyn System,
    folder: &Folder,
    outputs: &Outputs,
    scope: &Scope,
    at: Span,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Plan {
    let new_folders = look_at_folders(system, folder, outputs, at, diagnostics);
    let (old, record_before) = record::read(system, folder, sources, diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Plan::default();
    }
    let looker = Looker { system, folder, scope, old: &old, new_folders: &new_folders };
    let made: Vec<(&SmolStr, &Output)> = outputs.files.iter().collect();
    let steps: Vec<(Step, Entry)> = made.par_iter().map(|(path, output)| looker.output(path, output)).collect();
    let stale: Vec<(&SmolStr, &Entry)> = old
        .files
        .iter()
        .filter(|(path, entry)| !outputs.files.contains_key(*path) && scope.removes(&entry.target))
        .collect();
    let removals: Vec<Step> = stale.par_iter().map(|(path, entry)| looker.stale(path, entry)).collect();

    let mut files: BTreeMap<SmolStr, Entry> = old.files.clone();
    for (path, _) in &stale {
        files.remove(*path);
    }
    let mut plan = Plan { record_before, new_folders: outermost(&new_folders), ..Plan::default() };
    let mut all: Vec<Step> = Vec::new();
    for ((path, _), (step, entry)) in made.iter().zip(steps) {
        files.insert((*path).clone(), entry);
        all.push(step);
    }
    for step in all.into_iter().chain(removals) {
        match step {
            Step::Keep => plan.unchanged += 1,
            Step::Change(change) => plan.changes.push(change),
            Step::Refuse(refusal) => diagnostics.push(refusal.diagnostic(sources)),
        }
    }
    plan.changes.sort_by(|a, b| a.path.cmp(&b.path));
    let printed = record::print(&Record { hxp: 1, files });
    plan.record = (plan.record_before.as_ref() != Some(&printed)).then_some(printed);
    plan
}

impl Refusal {
    fn diagnostic(self, sources: &mut Sources) -> Diagnostic {
        let code = if self.unreadable { codes::UNREADABLE_FILE } else { codes::NOT_OURS };
        about_file(code, sources, &self.path, &self.text, self.message).help(self.help)
    }
}

struct Looker<'a> {
    system: &'a dyn System,
    folder: &'a Folder,
    scope: &'a Scope,
    old: &'a Record,
    new_folders: &'a BTreeSet<SmolStr>,
}

impl Looker<'_> {
    fn look(&self, path: &str, wanted: Option<&[u8]>) -> Found {
        if path.rsplit_once('/').is_some_and(|(parent, _)| self.new_folders.contains(parent)) {
            return Found::Nothing;
        }
        let full = self.folder.at(path);
        let metadata = match self.system.link_metadata(&full) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Found::Nothing;
            }
            Err(error) => return Found::Unreadable(error),
        };
        let executable = metadata.executable;
        let is_same = |wanted: &[u8]| {
            metadata.len == wanted.len() as u64 && self.system.holds(&full, wanted).is_ok_and(|same| same)
        };
        match metadata.kind {
            FileKind::File if wanted.is_some_and(is_same) => Found::Same { executable },
            FileKind::File => match self.system.read(&full, MOST) {
                Ok(bytes) => Found::File { bytes, executable },
                Err(error) => Found::Unreadable(error),
            },
            FileKind::Folder => Found::Other("a folder"),
            FileKind::Link => Found::Other("a symbolic link"),
            FileKind::Other => Found::Other("no regular file"),
        }
    }

    fn output(&self, path: &SmolStr, output: &Output) -> (Step, Entry) {
        let wanted = output.file.text.as_bytes();
        let entry = Entry { sha256: digest(wanted), target: output.target.into() };
        (self.output_step(path, output, wanted, &entry.sha256), entry)
    }

    fn output_step(&self, path: &SmolStr, output: &Output, wanted: &[u8], sha256: &str) -> Step {
        let change = |before: Option<Vec<u8>>, was_executable: bool| {
            Step::Change(Change {
                path: path.clone(),
                before,
                was_executable,
                after: Some(Arc::clone(&output.file)),
                digest: Some(sha256.to_owned()),
            })
        };
        let (bytes, executable) = match self.look(path, Some(wanted)) {
            Found::Nothing => return change(None, false),
            Found::Same { executable } if executable == output.file.executable || cfg!(not(unix)) => return Step::Keep,
            Found::Same { executable } => return change(Some(wanted.to_vec()), executable),
            Found::Other(what) => {
                let message = format!("`{path}` is {what}; a generated file should lie there");
                return refuse(path, String::new(), message, "move it away");
            }
            Found::Unreadable(error) => return unreadable(path, &error),
            Found::File { bytes, executable } => (bytes, executable),
        };
        match self.old.files.get(path) {
            Some(entry) if entry.sha256 == digest(&bytes) => change(Some(bytes), executable),
            _ if self.scope.force => change(Some(bytes), executable),
            Some(_) => {
                let message = format!("`{path}` was generated, but has been edited since");
                refuse(path, text(&bytes), message, KEEP_EDIT)
            }
            None => {
                let message = format!("`{path}` exists and was not generated by hxpc");
                refuse(path, text(&bytes), message, TAKE_OVER)
            }
        }
    }

    fn stale(&self, path: &SmolStr, entry: &Entry) -> Step {
        match self.look(path, None) {
            Found::Nothing | Found::Same { .. } => Step::Keep,
            Found::Other(what) => {
                refuse(path, String::new(), format!("`{path}` was generated, but is {what} now"), "move it away")
            }
            Found::Unreadable(error) => unreadable(path, &error),
            Found::File { bytes, executable } if self.scope.force || digest(&bytes) == entry.sha256 => {
                Step::Change(Change {
                    path: path.clone(),
                    before: Some(bytes),
                    was_executable: executable,
                    after: None,
                    digest: None,
                })
            }
            Found::File { bytes, .. } => {
                let message = format!("`{path}` is no longer generated, but has been edited since it was");
                let help = "move it away to keep it, or pass `--force` to remove it";
                refuse(path, text(&bytes), message, help)
            }
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn refuse(path: &SmolStr, text: String, message: String, help: &'static str) -> Step {
    Step::Refuse(Refusal { path: path.clone(), text, message, help, unreadable: false })
}

fn unreadable(path: &SmolStr, error: &io::Error) -> Step {
    let message = format!("`{path}` cannot be read: {}", crate::read::reason(error));
    let help = "hxpc compares a file before it replaces it";
    Step::Refuse(Refusal { path: path.clone(), text: String::new(), message, help, unreadable: true })
}

/// Finds the folders on the way to an output that are not there yet, and tells of those that are links or no folders:
/// writing through them could lead anywhere.
fn look_at_folders(
    system: &dyn System,
    folder: &Folder,
    outputs: &Outputs,
    at: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeSet<SmolStr> {
    let mut folders: BTreeSet<&str> = BTreeSet::from([super::OWN_FOLDER]);
    for path in outputs.files.keys() {
        folders.extend(path.match_indices('/').filter_map(|(end, _)| path.get(..end)));
    }
    let mut missing = BTreeSet::new();
    for inner in folders {
        let why = match system.link_metadata(&folder.at(inner)).map(|m| m.kind) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                missing.insert(SmolStr::from(inner));
                continue;
            }
            Ok(FileKind::Folder) | Err(_) => continue,
            Ok(FileKind::Link) => "is a symbolic link, which could lead outside the output folder",
            Ok(FileKind::File | FileKind::Other) => "is no folder",
        };
        diagnostics.push(outside(at, inner, why));
    }
    missing
}

/// Those that lie in none of the others.
fn outermost(folders: &BTreeSet<SmolStr>) -> Vec<SmolStr> {
    let is_inner =
        |f: &&SmolStr| f.match_indices('/').any(|(end, _)| f.get(..end).is_some_and(|p| folders.contains(p)));
    let own = |f: &&SmolStr| f.as_str() == super::OWN_FOLDER;
    folders.iter().filter(|f| !is_inner(f) && !own(f)).cloned().collect()
}
