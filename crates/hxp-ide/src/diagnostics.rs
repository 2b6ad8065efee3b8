//! What is wrong, as `hxpc check` says it.

use hxp_diagnostics::{Code, Diagnostic, Severity, codes};

use crate::Snapshot;

/// How an editor may show a diagnostic beside its severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Nothing would be lost without it.
    Unnecessary,
    /// It should not be used any more.
    Deprecated,
}

/// What `hxpc check` says of the project.
pub fn diagnostics(snapshot: &Snapshot) -> impl Iterator<Item = &Diagnostic> {
    // Advice is what `hxpc lint` is for.
    snapshot.project.diagnostics.iter().filter(|d| d.severity != Severity::Advice)
}

/// How a diagnostic may be shown.
pub fn tag(code: Code) -> Option<Tag> {
    match code {
        c if c == codes::UNUSED || c == codes::UNUSED_IMPORT || c == codes::DEAD_WAIVER => Some(Tag::Unnecessary),
        c if c == codes::DEPRECATED => Some(Tag::Deprecated),
        _ => None,
    }
}

/// The message with what is said at the place and how to mend it, as one text.
pub fn text(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if !diagnostic.primary.text.is_empty() {
        text += &format!("\n{}", diagnostic.primary.text);
    }
    for help in &diagnostic.help {
        text += &format!("\nhelp: {help}");
    }
    text
}
