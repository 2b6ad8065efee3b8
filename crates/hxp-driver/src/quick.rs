//! What can be said of an edit at once: everything about the declarations that it touched, and of the others what was
//! said before.
//!
//! In a large project the whole check takes longer than an eye blinks. Syntax, names, types and values of what is being
//! written are known in a fraction of that ([`crate::slice`]); what only the whole tells (what is unused, inconsistent or
//! not enforced) stays as it was until the whole is checked again.

use std::collections::BTreeSet;

use hxp_diagnostics::{Code, Diagnostic, FileId, Sources, Span, codes};
use hxp_syntax::ast::Item;
use jiff::civil::Date;

use crate::slice::{At, items_of, slice};
use crate::system::System;
use crate::{Compilation, Memo, Request, back, front, project};

/// An edit that touches more declarations is not small.
const MOST_TOUCHED: usize = 64;

/// Projects with more text than this are checked in two steps.
const LARGE: usize = 128 << 10;

/// Where the old and the new text differ: the length of what is common before and behind.
#[derive(Clone, Copy)]
struct Change {
    file: FileId,
    head: u32,
    /// Where the common rest begins in the old text.
    tail: u32,
    /// By how much it has moved.
    shift: i64,
}

impl Change {
    fn new(file: FileId, old: &str, new: &str) -> Self {
        let (head, rest) = hxp_syntax::common(old, new);
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let length = |text: &str| i64::try_from(text.len()).unwrap_or(0);
        Self { file, head: at(head), tail: at(old.len() - rest), shift: length(new) - length(old) }
    }

    /// Where a span of the old text lies in the new one; `None` when the change is in it.
    fn moved(self, span: Span) -> Option<Span> {
        if span.file != self.file || span.end < self.head || (span.end == self.head && span.start < span.end) {
            return Some(span);
        }
        if span.start < self.tail {
            return None;
        }
        let to = |at: u32| u32::try_from(i64::from(at) + self.shift).ok();
        Some(Span { start: to(span.start)?, end: to(span.end)?, ..span })
    }

    fn diagnostic(self, mut found: Diagnostic) -> Option<Diagnostic> {
        found.primary.span = self.moved(found.primary.span)?;
        found.related.retain_mut(|label| self.moved(label.span).map(|s| label.span = s).is_some());
        found
            .fixes
            .retain_mut(|fix| fix.edits.iter_mut().all(|edit| self.moved(edit.span).map(|s| edit.span = s).is_some()));
        Some(found)
    }
}

/// The two digits behind `HXP`: what a code is about.
fn band(code: Code) -> &'static str {
    code.id().get(3..5).unwrap_or_default()
}

/// What a part of the project cannot tell.
fn needs_the_whole(code: Code) -> bool {
    matches!(band(code), "00" | "05" | "06")
        || [codes::UNUSED, codes::UNUSED_IMPORT, codes::MISSING_DOC, codes::NO_POLICY].contains(&code)
}

/// What is unknown in a part is unknown in the whole, but which names are valid in its place only the whole knows.
fn of_a_part(mut found: Diagnostic) -> Diagnostic {
    if band(found.code) == "02" {
        found.help.clear();
        found.fixes.clear();
    }
    found
}

/// What can be said of some files of a large project before the whole was checked for the first time: what is wrong with
/// their declarations, and in the text of any file. `None`: the project is small, and checking all of it takes no longer.
pub fn opened(
    system: &dyn System,
    request: &Request,
    memo: &mut Memo,
    is_open: &dyn Fn(&str) -> bool,
) -> Option<Compilation> {
    let mut sources = Sources::default();
    let mut found = Vec::new();
    let project = project::discover(system, &request.start, &mut sources, &mut found);
    let files = front::parse(system, &project, &request.progress, memo, &mut sources, &mut found);
    let mut next = Compilation { project, sources, files, ..Compilation::default() };
    if !next.is_large() {
        return None;
    }
    next.modules = front::modules(system, &next.project, &next.files, &mut next.sources, &mut found);
    let open = |file: &FileId| next.sources.get(*file).is_some_and(|f| is_open(f.path()));
    let open: BTreeSet<FileId> = next.files.iter().map(|f| f.id).filter(open).collect();
    let roots: BTreeSet<At> = open.iter().flat_map(|file| items_of(&next, *file)).map(|(at, _)| at).collect();
    let part = slice(&next, &roots, None, request.today).compilation;
    let mine = |d: &Diagnostic| open.contains(&d.primary.span.file) && !needs_the_whole(d.code);
    found.extend(part.diagnostics.into_iter().filter(mine).map(of_a_part));
    back::settle(&next.project, &mut found);
    next.diagnostics = found;
    Some(next)
}

impl Compilation {
    /// Whether checking all of it again at every keystroke would be felt.
    pub fn is_large(&self) -> bool {
        let length = |file: &crate::File| self.sources.get(file.id).map_or(0, |f| f.text().len());
        self.files.iter().map(length).sum::<usize>() > LARGE
    }

    /// The project after an edit of one file, with what can be said at once; its policy and names are left empty. `None`:
    /// the edit is too large for that, or the file is none of the project's.
    #[must_use]
    pub fn edited(&self, file: FileId, text: &str, today: Option<Date>) -> Option<Self> {
        let old_text = self.sources.get(file)?.text().clone();
        let mut next = self.with_text(file, text)?;
        let change = Change::new(file, &old_text, text);
        let touched = touched(self, &next, change)?;
        let found = slice(&next, &touched, None, today).compilation.diagnostics;
        let spans: Vec<Span> =
            items_of(&next, file).filter(|(at, _)| touched.contains(at)).map(|(_, i)| i.span).collect();
        let inside =
            |span: Span| spans.iter().any(|s| s.file == span.file && s.start <= span.start && span.end <= s.end);

        let kept = self.diagnostics.iter().filter(|d| d.primary.span.file != file || band(d.code) != "01").cloned();
        let kept = kept.filter_map(|d| change.diagnostic(d));
        let mut all: Vec<Diagnostic> = kept.filter(|d| needs_the_whole(d.code) || !inside(d.primary.span)).collect();
        all.extend(next.files.iter().filter(|f| f.id == file).flat_map(|f| f.parsed.diagnostics.iter().cloned()));
        all.extend(found.into_iter().filter(|d| inside(d.primary.span) && !needs_the_whole(d.code)).map(of_a_part));
        if all.iter().any(Diagnostic::is_error) {
            // As in the whole: of a policy with errors, neither consistency nor enforcement is asked.
            all.retain(|d| !matches!(band(d.code), "05" | "06") && d.code != codes::UNUSED_IMPORT);
        }
        back::settle(&next.project, &mut all);
        next.diagnostics = all;
        Some(next)
    }
}

/// The items of the new text that are not the same, word for word, in the old one.
fn touched(old: &Compilation, new: &Compilation, change: Change) -> Option<BTreeSet<At>> {
    let items = |of: &Compilation| -> Vec<(At, Span)> {
        items_of(of, change.file).map(|(at, item): (At, &Item)| (at, item.span)).collect()
    };
    let known: BTreeSet<Span> = items(old).into_iter().filter_map(|(_, span)| change.moved(span)).collect();
    let touched: BTreeSet<At> =
        items(new).into_iter().filter(|(_, span)| !known.contains(span)).map(|(at, _)| at).collect();
    (touched.len() <= MOST_TOUCHED).then_some(touched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_move_with_the_text_behind_a_change() {
        let file = FileId(0);
        let change = Change::new(file, "one two three", "one 2222 three");
        let span = |start, end| Span::new(file, start, end);
        for (old, new) in [
            (span(0, 3), Some(span(0, 3))),
            (span(4, 7), None),
            (span(8, 13), Some(span(9, 14))),
            (span(0, 13), None),
            (Span::new(FileId(1), 4, 7), Some(Span::new(FileId(1), 4, 7))),
        ] {
            assert_eq!(change.moved(old), new, "{old:?}");
        }
    }
}
