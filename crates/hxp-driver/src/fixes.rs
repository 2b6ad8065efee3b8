//! Applying fixes to texts.

use std::collections::BTreeMap;

use hxp_diagnostics::{Diagnostic, Edit, FileId, Sources};

/// What applying fixes made of the texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The texts that changed.
    pub texts: BTreeMap<FileId, String>,
    /// How many fixes were applied.
    pub applied: usize,
}

/// Applies the best safe fix of each diagnostic, as far as the fixes do not touch the same text. What is left over is
/// for the next round: the texts have changed.
pub fn fix(sources: &Sources, diagnostics: &[Diagnostic], may_edit: impl Fn(FileId) -> bool) -> Fixed {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut applied = 0;
    for diagnostic in diagnostics {
        let Some(fix) = diagnostic.fixes.iter().find(|f| f.safe && !f.edits.is_empty()) else { continue };
        let free = |edit: &Edit| may_edit(edit.span.file) && !edits.iter().any(|e| overlap(e, edit));
        if fix.edits.iter().all(free) {
            edits.extend(&fix.edits);
            applied += 1;
        }
    }
    let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(edit.span.file).or_default().push(edit);
    }
    let texts =
        by_file.into_iter().filter_map(|(file, edits)| Some((file, apply(sources.get(file)?.text(), edits)))).collect();
    Fixed { texts, applied }
}

fn overlap(a: &Edit, b: &Edit) -> bool {
    a.span.file == b.span.file && a.span.start <= b.span.end && b.span.start <= a.span.end
}

/// A text after edits that do not overlap.
pub fn apply(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    let mut new = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        new += text.get(done..start).unwrap_or_default();
        new += &edit.text;
        done = end;
    }
    new += text.get(done..).unwrap_or_default();
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use hxp_diagnostics::{Span, codes};

    #[test]
    fn safe_fixes_that_do_not_touch_are_applied() {
        let mut sources = Sources::default();
        let file = sources.add("a", "one two three");
        let span = |start, end| Span::new(file, start, end);
        let found = |start, end, text: &str, safe| {
            Diagnostic::new(codes::UNEXPECTED, span(start, end), "m").fix_all(
                "t",
                vec![Edit { span: span(start, end), text: text.into() }],
                safe,
            )
        };
        for (diagnostics, expected, applied) in [
            (vec![found(0, 3, "1", true), found(8, 13, "3", true)], Some("1 two 3"), 2),
            (vec![found(0, 3, "1", false)], None, 0),
            (vec![found(0, 5, "1", true), found(4, 7, "2", true)], Some("1wo three"), 1),
            (vec![found(3, 3, "!", true)], Some("one! two three"), 1),
        ] {
            let fixed = fix(&sources, &diagnostics, |_| true);
            assert_eq!(fixed.texts.get(&file).map(String::as_str), expected);
            assert_eq!(fixed.applied, applied);
        }
        assert_eq!(fix(&sources, &[found(0, 3, "1", true)], |_| false), Fixed::default());
    }
}
