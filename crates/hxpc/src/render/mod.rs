//! One diagnostic, a file a format.

use std::path::Path;

use hxp_diagnostics::{Diagnostic, Severity, Sources};

mod excerpt;
mod human;
mod json;
mod sarif;
mod short;
pub mod tree;

pub use crate::args::Format;

/// What is shown: what was found in which texts.
pub struct Findings<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// What was found, in the order of the texts.
    pub diagnostics: &'a [Diagnostic],
    /// The project's folder, as the current folder names it.
    pub root: &'a Path,
    /// How many files were looked at.
    pub files: usize,
    /// Whether `hxpc lint --fix` is worth mentioning.
    pub fixing: bool,
}

impl Findings<'_> {
    /// The path that a person in the current folder can open.
    pub fn path(&self, path: &str) -> String {
        if path.starts_with('<') {
            return path.to_owned();
        }
        hxp_driver::shown(&self.root.join(path))
    }

    /// How many findings of each severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == severity).count()
    }

    /// Whether anything is an error.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}

/// The findings in a format.
pub fn render(findings: &Findings<'_>, format: Format, color: bool) -> String {
    match format {
        Format::Human => human::render(findings, color),
        Format::Short => short::render(findings, color),
        Format::Json => json::render(findings),
        Format::Sarif => sarif::render(findings),
    }
}

/// `3 errors, 1 warning in 9 files`
pub fn summary(findings: &Findings<'_>) -> String {
    let counts: Vec<String> =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Advice, "piece of advice")]
            .into_iter()
            .map(|(severity, word)| (findings.count(severity), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| match (count, word) {
                (1, _) => format!("1 {word}"),
                (_, "piece of advice") => format!("{count} pieces of advice"),
                _ => format!("{count} {word}s"),
            })
            .collect();
    let files = if findings.files == 1 { "1 file".to_owned() } else { format!("{} files", findings.files) };
    if counts.is_empty() { format!("no problems in {files}") } else { format!("{} in {files}", counts.join(", ")) }
}

#[cfg(test)]
mod tests;
