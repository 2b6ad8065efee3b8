//! Growing a selection: from the word to the expression, the entry, the block, the declaration, the file.

use hxp_diagnostics::Span;

use crate::node;
use crate::{Place, Snapshot};

/// The spans around a place, the smallest first, each within the next.
pub fn selection(snapshot: &Snapshot, place: Place) -> Vec<Span> {
    let text = snapshot.text(place.file);
    let whole = Span::new(place.file, 0, u32::try_from(text.len()).unwrap_or(u32::MAX));
    let mut spans = vec![whole];
    if let Some(tree) = snapshot.tree(place.file) {
        spans.extend(node::path(tree, place.offset).into_iter().map(node::Node::span));
    }
    spans.extend(word(text, place));
    let mut grown: Vec<Span> = Vec::new();
    for span in spans {
        // Nodes are found from outside inwards; what does not lie in the one before cannot grow into it.
        if grown.last().is_none_or(|last| *last != span && crate::covers(*last, span)) {
            grown.push(span);
        }
    }
    grown.reverse();
    grown
}

/// The word at a place.
fn word(text: &str, place: Place) -> Option<Span> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (before, after) = text.split_at_checked(place.offset as usize)?;
    let start = before.char_indices().rev().take_while(|(_, c)| is_word(*c)).last().map_or(before.len(), |(at, _)| at);
    let end = after.char_indices().find(|(_, c)| !is_word(*c)).map_or(after.len(), |(at, _)| at) + before.len();
    (start < end).then(|| Span::new(place.file, u32::try_from(start).unwrap_or(0), u32::try_from(end).unwrap_or(0)))
}
