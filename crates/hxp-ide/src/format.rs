//! Formatting: what the formatter would change, as small edits.

use hxp_diagnostics::{Edit, FileId, Span};

use crate::Snapshot;

/// The edits that format a file; `None` when its errors keep it from being formatted.
pub fn document(snapshot: &Snapshot, file: FileId) -> Option<Vec<Edit>> {
    let before = snapshot.text(file);
    let after = hxp_fmt::format(file, before).ok()?;
    Some(line_edits(file, before, &after))
}

/// The edits that format the lines that a span touches.
pub fn range(snapshot: &Snapshot, span: Span) -> Option<Vec<Edit>> {
    let edits = document(snapshot, span.file)?;
    Some(edits.into_iter().filter(|e| e.span.start <= span.end && span.start <= e.span.end).collect())
}

/// The edits that format what a typed character finishes: the line before the cursor, or the block that `}` closes.
pub fn on_type(snapshot: &Snapshot, file: FileId, offset: u32, typed: char) -> Option<Vec<Edit>> {
    let text = snapshot.text(file);
    let before = text.get(..offset as usize)?;
    let line = |at: usize| before.get(..at).and_then(|b| b.rfind('\n')).map_or(0, |n| n + 1);
    if typed != '}' {
        return line_before(file, text, line(before.len()));
    }
    let start = snapshot
        .tree(file)?
        .items
        .iter()
        .find(|item| item.span.touches(offset))
        .map_or(line(before.len()), |item| item.span.start as usize);
    let span = Span::new(file, u32::try_from(start).ok()?, offset);
    let edits = range(snapshot, span)?;
    Some(edits.into_iter().filter(|e| e.span.end <= span.end).collect())
}

/// The edits that format the line before the one at `start`, which is still being written and so is left out: a formatter
/// would take an empty one away.
fn line_before(file: FileId, text: &str, start: usize) -> Option<Vec<Edit>> {
    let rest = text.get(start..)?;
    let own = rest.find('\n').map_or(rest.len(), |end| end + 1);
    let without = format!("{}{}", text.get(..start)?, rest.get(own..)?);
    let after = hxp_fmt::format(file, &without).ok()?;
    let end = start.checked_sub(1)?;
    let begin = text.get(..end)?.rfind('\n').map_or(0, |n| n + 1);
    let inside = |e: &Edit| begin <= e.span.start as usize && e.span.end as usize <= end;
    Some(line_edits(file, &without, &after).into_iter().filter(inside).collect())
}

/// Edits of single lines, when only white space within lines differs; otherwise one edit of what lies between the common
/// beginning and end. The formatter keeps line breaks nearly always.
fn line_edits(file: FileId, before: &str, after: &str) -> Vec<Edit> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut edits = Vec::new();
    let mut at = 0;
    let edit = |start: usize, end: usize, text: &str| {
        let span = Span::new(file, u32::try_from(start).unwrap_or(0), u32::try_from(end).unwrap_or(0));
        Edit { span, text: text.to_owned() }
    };
    if old.len() == new.len() {
        for (old, new) in old.iter().zip(&new) {
            if old != new {
                // The end of a line stays, so that an edit of one line touches no other.
                let (said, text) = (old.trim_end_matches('\n'), new.trim_end_matches('\n'));
                edits.push(if old.len() - said.len() == new.len() - text.len() {
                    edit(at, at + said.len(), text)
                } else {
                    edit(at, at + old.len(), new)
                });
            }
            at += old.len();
        }
        return edits;
    }
    let same_head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - same_head;
    let same_tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let length = |lines: &[&str]| lines.iter().map(|l| l.len()).sum::<usize>();
    let start = length(old.get(..same_head).unwrap_or_default());
    let end = before.len() - length(old.get(old.len() - same_tail..).unwrap_or_default());
    let text: String = new.get(same_head..new.len() - same_tail).unwrap_or_default().concat();
    edits.push(edit(start, end, &text));
    edits
}
