//! Formatting a project's sources.

use std::path::Path;

use hxp_diagnostics::{Diagnostic, FileId, Sources};

use crate::project::{self, Project};
use crate::read::{self, MAX_FILE};
use crate::system::System;

/// A source file and how it should look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The file.
    pub file: FileId,
    /// Its path, relative to the project.
    pub path: String,
    /// As it is.
    pub before: String,
    /// As it should be; `None` when the file has errors that keep it from being formatted.
    pub after: Option<String>,
}

impl Formatted {
    /// Whether formatting changes the file.
    pub fn changes(&self) -> bool {
        self.after.as_ref().is_some_and(|after| *after != self.before)
    }
}

/// Formats every source file of a project; nothing is written.
pub fn format_project(
    system: &dyn System,
    start: &Path,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Project, Vec<Formatted>) {
    let project = project::discover(system, start, sources, diagnostics);
    let mut formatted = Vec::new();
    for path in &project.files {
        let bytes = system.read(&project.root.join(path), MAX_FILE);
        let (file, Some(before)) = read::decode(sources, path, bytes, diagnostics) else { continue };
        let after = format_text(file, &before, diagnostics);
        formatted.push(Formatted { file, path: path.clone(), before, after });
    }
    (project, formatted)
}

/// Formats one text; with errors that keep it from being understood, there is none.
pub fn format_text(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    hxp_fmt::format(file, text).map_err(|found| diagnostics.extend(found)).ok()
}
