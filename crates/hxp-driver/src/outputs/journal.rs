//! Writing all files or none, also when the process is killed.
//!
//! 1. Stage: new contents go to `.hxp/stage/<n>.new`, what they replace to `.hxp/stage/<n>.old`; a folder that is not
//!    there yet is made whole as `.hxp/stage/<n>.folder`. Killed here: the next run throws the stage away; nothing has
//!    happened.
//! 2. Decide: the journal, which lists every step, is renamed into place. From here on the change has happened.
//! 3. Apply: one rename a new folder and one any other file, the record last. Killed here: the next run applies the rest of the journal. When a step
//!    is refused (a folder without permission, a full disk), the steps taken are undone from the stage.
//! 4. Clean up: the journal goes, then the stage.

use std::any::Any;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use hxp_diagnostics::{Diagnostic, Span, codes};
use rayon::prelude::*;
use smol_str::SmolStr;

use super::{Change, Folder, OWN_FOLDER, Plan, digest, record};
use crate::progress::{Progress, Stage};
use crate::system::System;

/// The steps of a decided change.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    hxp: u32,
    /// In the order of the paths; the record is the last one.
    steps: Vec<JournalStep>,
    /// Folders that are new as a whole, by their number in the stage.
    folders: Vec<SmolStr>,
}

impl Journal {
    /// The new folder that holds a path: its number, and the rest of the path.
    fn new_folder<'p>(&self, path: &'p str) -> Option<(usize, &'p str)> {
        let rest = |folder: &SmolStr| path.strip_prefix(folder.as_str())?.strip_prefix('/');
        self.folders.iter().enumerate().find_map(|(number, folder)| Some((number, rest(folder)?)))
    }
}

/// What happens to one file.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalStep {
    path: SmolStr,
    /// Digest of what lay there.
    before: Option<String>,
    /// Digest of what shall lie there.
    after: Option<String>,
    /// Its number in the stage.
    stage: usize,
}

/// Whether a run was killed in the middle of its change.
pub fn is_interrupted(system: &dyn System, folder: &Folder) -> bool {
    system.link_metadata(&folder.journal()).is_ok()
}

/// The one process that may write to an output folder.
pub struct Writer<'a> {
    system: &'a dyn System,
    folder: &'a Folder,
    at: Span,
    _lock: Box<dyn Any + Send + Sync>,
}

impl<'a> Writer<'a> {
    /// Takes the folder and repairs what an interrupted run left behind. `at` is where the policy is declared.
    pub fn open(system: &'a dyn System, folder: &'a Folder, at: Span) -> Result<Self, Box<Diagnostic>> {
        let failed = |error: io::Error| {
            if error.kind() == io::ErrorKind::WouldBlock {
                let message = format!("another hxpc is writing to `{}`", folder.shown);
                return Box::new(Diagnostic::new(codes::WRITE_FAILED, at, message).help("wait until it is done"));
            }
            write_failed(folder, at, &error)
        };
        if system.link_metadata(&folder.own()).is_ok_and(|m| m.kind != crate::system::FileKind::Folder) {
            return Err(Box::new(super::outside(at, OWN_FOLDER, "is no plain folder")));
        }
        system.create_folder(&folder.own()).map_err(failed)?;
        let lock = system.lock(&folder.own()).map_err(failed)?;
        let writer = Self { system, folder, at, _lock: lock };
        writer.repair().map_err(failed)?;
        Ok(writer)
    }

    /// Makes the planned change, all of it or nothing.
    pub fn write(&self, plan: &Plan, progress: &Progress) -> Result<(), Box<Diagnostic>> {
        if plan.is_empty() {
            return Ok(());
        }
        progress.begin(Stage::Writing, plan.changes.len());
        let journal = journal_of(plan);
        let staged = self.stage(plan, &journal, progress).and_then(|()| self.decide(&journal));
        if let Err(error) = staged {
            // Nothing has happened; what cannot be cleaned up now is cleaned up by the next run.
            drop(self.clean());
            return Err(write_failed(self.folder, self.at, &error));
        }
        self.finish(&journal, false).map_err(|error| write_failed(self.folder, self.at, &error))
    }

    /// Completes or clears what an interrupted run left behind.
    fn repair(&self) -> io::Result<()> {
        match self.system.read(&self.folder.journal(), u64::from(u32::MAX)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.clean(),
            Err(error) => Err(error),
            Ok(bytes) => match serde_json::from_slice::<Journal>(&bytes) {
                Ok(journal) if journal.hxp == 1 && is_inside(&journal) => self.finish(&journal, true),
                _ => Err(io::Error::other(format!(
                    "`{OWN_FOLDER}/journal.json` cannot be understood; delete it to give up the interrupted change"
                ))),
            },
        }
    }

    /// Writes the new and the replaced contents beside each other.
    fn stage(&self, plan: &Plan, journal: &Journal, progress: &Progress) -> io::Result<()> {
        let system = self.system;
        system.create_folder(&self.folder.stage())?;
        self.stage_folders(journal)?;
        if let Some(record) = journal.steps.last() {
            if let Some(text) = plan.record_after() {
                system.write(&self.staged(journal, record), text.as_bytes(), false)?;
            }
            if let Some(old) = &plan.record_before {
                system.write(&self.staged_old(record), old.as_bytes(), false)?;
            }
        }
        plan.changes.par_iter().zip(&journal.steps).try_for_each(|(change, step)| {
            if let Some(file) = &change.after {
                system.write(&self.staged(journal, step), file.text.as_bytes(), file.executable)?;
            }
            if let Some(old) = &change.before {
                system.write(&self.staged_old(step), old, change.was_executable)?;
            }
            progress.step();
            Ok(())
        })
    }

    /// Makes the new folders and those in them.
    fn stage_folders(&self, journal: &Journal) -> io::Result<()> {
        let parent = |step: &JournalStep| {
            journal.new_folder(&step.path).and_then(|_| self.staged(journal, step).parent().map(Path::to_path_buf))
        };
        let folders: BTreeSet<PathBuf> = journal.steps.iter().filter_map(parent).collect();
        folders.iter().try_for_each(|folder| self.system.create_folder(folder))
    }

    /// Puts the journal into place: before, nothing has happened; after, everything has.
    fn decide(&self, journal: &Journal) -> io::Result<()> {
        let text = serde_json::to_vec(journal)?;
        let beside = self.folder.stage().join("journal.json");
        self.system.write(&beside, &text, false)?;
        self.system.rename(&beside, &self.folder.journal())
    }

    /// Applies the journal, or undoes it when that is refused, and cleans up.
    fn finish(&self, journal: &Journal, careful: bool) -> io::Result<()> {
        let applied = self.apply(journal, careful);
        if applied.is_err() {
            self.undo(journal)?;
        }
        self.system.remove_file(&self.folder.journal())?;
        self.clean()?;
        applied
    }

    fn apply(&self, journal: &Journal, careful: bool) -> io::Result<()> {
        let Some((record, files)) = journal.steps.split_last() else { return Ok(()) };
        let moved = self.move_folders(journal)?;
        let is_moved = |step: &JournalStep| journal.new_folder(&step.path).is_some_and(|(n, _)| moved.contains(&n));
        let files: Vec<&JournalStep> = files.iter().filter(|step| !is_moved(step)).collect();
        for step in files.iter().filter(|s| s.before.is_none()) {
            if let Some(parent) = self.folder.at(&step.path).parent()
                && self.system.metadata(parent).is_err()
            {
                self.system.create_folder(parent)?;
            }
        }
        files.par_iter().try_for_each(|step| self.apply_step(journal, step, careful))?;
        for step in files.iter().filter(|s| s.after.is_none()) {
            self.remove_empty_folders(&step.path);
        }
        self.apply_step(journal, record, careful)
    }

    /// Moves the new folders to where they belong; those that somebody made in the meantime are filled file by file
    /// instead. The numbers of the moved ones.
    fn move_folders(&self, journal: &Journal) -> io::Result<BTreeSet<usize>> {
        let mut moved = BTreeSet::new();
        for (number, folder) in journal.folders.iter().enumerate() {
            let to = self.folder.at(folder);
            if let Some(parent) = to.parent() {
                self.system.create_folder(parent)?;
            }
            if self.system.link_metadata(&to).is_err() && self.system.rename(&self.staged_folder(number), &to).is_ok() {
                moved.insert(number);
            }
        }
        Ok(moved)
    }

    fn apply_step(&self, journal: &Journal, step: &JournalStep, careful: bool) -> io::Result<()> {
        let to = self.folder.at(&step.path);
        if careful && self.was_touched(&to, step) {
            // Somebody edited the file between the two runs. It stays, and is reported as edited afterwards.
            return Ok(());
        }
        let done = match step.after {
            Some(_) => self.system.rename(&self.staged(journal, step), &to),
            None => self.system.remove_file(&to),
        };
        match done {
            // Done before the interruption.
            Err(error) if careful && error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// Brings the replaced files back.
    fn undo(&self, journal: &Journal) -> io::Result<()> {
        for step in journal.steps.iter().rev() {
            let to = self.folder.at(&step.path);
            if self.was_touched(&to, step) {
                continue;
            }
            let is_new = self.system.link_metadata(&self.staged(journal, step)).is_err() && step.after.is_some();
            let done = match (&step.before, is_new) {
                // The step was not taken, or was a removal that may have been.
                (Some(_), false) if step.after.is_some() => Ok(()),
                (Some(_), _) => self.system.rename(&self.staged_old(step), &to),
                (None, true) if self.holds(&to, step.after.as_ref()) => {
                    let removed = self.system.remove_file(&to);
                    self.remove_empty_folders(&step.path);
                    removed
                }
                (None, _) => Ok(()),
            };
            match done {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the file is neither what it was nor what it shall be.
    fn was_touched(&self, path: &Path, step: &JournalStep) -> bool {
        let exists = self.system.link_metadata(path).is_ok();
        if !exists {
            return false;
        }
        !self.holds(path, step.before.as_ref()) && !self.holds(path, step.after.as_ref())
    }

    fn holds(&self, path: &Path, wanted: Option<&String>) -> bool {
        let found = self.system.read(path, u64::from(u32::MAX));
        wanted.is_some_and(|w| found.is_ok_and(|bytes| digest(&bytes) == *w))
    }

    /// Removes the folders above a removed file that are empty now.
    fn remove_empty_folders(&self, path: &str) {
        let mut folder = path;
        while let Some((parent, _)) = folder.rsplit_once('/') {
            if self.system.remove_folder(&self.folder.at(parent)).is_err() {
                break;
            }
            folder = parent;
        }
    }

    fn clean(&self) -> io::Result<()> {
        match self.system.remove_tree(&self.folder.stage()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Where the new content of a file waits.
    fn staged(&self, journal: &Journal, step: &JournalStep) -> PathBuf {
        match journal.new_folder(&step.path) {
            Some((number, rest)) => self.staged_folder(number).join(rest),
            None => self.folder.stage().join(format!("{}.new", step.stage)),
        }
    }

    /// Where the content that it replaces is kept.
    fn staged_old(&self, step: &JournalStep) -> PathBuf {
        self.folder.stage().join(format!("{}.old", step.stage))
    }

    fn staged_folder(&self, number: usize) -> PathBuf {
        self.folder.stage().join(format!("{number}.folder"))
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        // A folder in which nothing was ever recorded goes again; any other one is not empty and stays.
        drop(self.system.remove_folder(&self.folder.own()));
    }
}

/// A journal that was tampered with does not lead outside.
fn is_inside(journal: &Journal) -> bool {
    let record = format!("{OWN_FOLDER}/{}", record::FILE);
    let inside = |path: &SmolStr| super::paths::check(path).is_ok();
    journal.folders.iter().all(inside) && journal.steps.iter().all(|s| inside(&s.path) || s.path == record)
}

fn journal_of(plan: &Plan) -> Journal {
    let step = |(stage, change): (usize, &Change)| JournalStep {
        path: change.path.clone(),
        before: change.before.as_deref().map(digest),
        after: change.digest.clone(),
        stage,
    };
    let mut steps: Vec<JournalStep> = plan.changes.par_iter().enumerate().map(step).collect();
    steps.push(JournalStep {
        path: format!("{OWN_FOLDER}/{}", record::FILE).into(),
        before: plan.record_before.as_ref().map(|t| digest(t.as_bytes())),
        after: plan.record_after().map(|t| digest(t.as_bytes())),
        stage: steps.len(),
    });
    Journal { hxp: 1, steps, folders: plan.new_folders.clone() }
}

fn write_failed(folder: &Folder, at: Span, error: &io::Error) -> Box<Diagnostic> {
    let message = format!("the outputs could not be written to `{}`: {}", folder.shown, crate::read::reason(error));
    let found = Diagnostic::new(codes::WRITE_FAILED, at, message);
    Box::new(found.help("mend the cause and run it again: all outputs change, or none does"))
}
