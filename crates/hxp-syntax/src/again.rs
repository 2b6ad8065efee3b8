//! Reading a text again after an edit: only the declarations around the edit.
//!
//! What lies before and behind is taken from the tree that is known. That gives what reading all of it gives, because
//! three things hold of the part that is read again: it begins and ends with a declaration at the start of a line, where
//! the mending of brackets begins anew; its first and its last declaration are untouched and come out as they were; and
//! nothing was wrong outside of it. Where they do not hold, all is read.

use std::sync::Arc;

use hxp_diagnostics::{Diagnostic, FileId, Span, codes};

use crate::ast::{Item, ItemKind};
use crate::brackets::{line_start, same_line};
use crate::lexer::{Token, TokenKind};
use crate::shift::Shift as _;
use crate::{MAX_DIAGNOSTICS, MAX_TEXT, Parsed, Tree, read};

/// So many bytes are compared at once.
const PIECE: usize = 256;

/// Reads a text of which an earlier state is known: the same as [`crate::parse`], in less time.
pub fn parse_again(file: FileId, text: &str, before: &str, known: &Parsed) -> Parsed {
    part(file, text, before, known).unwrap_or_else(|| crate::parse(file, text))
}

/// What two texts have in common at their beginning and at their end, in bytes; these do not overlap.
pub fn common(a: &str, b: &str) -> (usize, usize) {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let most = a.len().min(b.len());
    let heads = a.chunks(PIECE).zip(b.chunks(PIECE));
    let whole = heads.take_while(|(a, b)| a == b && a.len() == PIECE).count() * PIECE;
    let head = whole + zip_while(a.iter().skip(whole), b.iter().skip(whole));
    let left = most - head;
    let tails = a.rchunks(PIECE).zip(b.rchunks(PIECE)).take(left / PIECE);
    let whole = tails.take_while(|(a, b)| a == b).count() * PIECE;
    let tail = whole + zip_while(a.iter().rev().skip(whole), b.iter().rev().skip(whole));
    (head, tail.min(left))
}

fn zip_while<'a>(a: impl Iterator<Item = &'a u8>, b: impl Iterator<Item = &'a u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// The whole from the part that an edit is about, if that can be.
fn part(file: FileId, text: &str, before: &str, known: &Parsed) -> Option<Parsed> {
    // These are told once a file.
    let once = [codes::NUL_BYTE, codes::TOO_DEEP, codes::FILE_TOO_LARGE];
    if text.len() > MAX_TEXT || known.diagnostics.iter().any(|d| once.contains(&d.code)) {
        return None;
    }
    let (head, tail) = common(before, text);
    let edit = (offset(head)?, offset(before.len() - tail)?);
    let shift = i64::try_from(text.len()).ok()? - i64::try_from(before.len()).ok()?;
    let items = &known.tree.items;

    // An untouched declaration before the edit and one behind it, and on from there to where a region begins.
    let mut first = items.partition_point(|item| item.span.end < edit.0).checked_sub(1)?;
    while first > 0 && !begins_region(before, items.get(first)?) {
        first -= 1;
    }
    let last = items.partition_point(|item| item.span.start <= edit.1);
    let mut behind = last + 1;
    while items.get(behind).is_some_and(|item| !begins_region(before, item)) {
        behind += 1;
    }
    let guard = items.get(behind - 1)?;
    let from = if first == 0 { 0 } else { items.get(first)?.span.start };
    let to = items.get(behind).map_or(offset(before.len())?, |item| item.span.start);
    if !known.diagnostics.iter().all(|d| lies_in(d, from, to)) {
        return None;
    }

    let moved = |span: Span| {
        let mut span = span;
        span.shift(shift);
        span
    };
    let end = moved(Span::new(file, to, to)).end;
    let read = read(file, text, from as usize..end as usize)?;
    let same_first = read.tree.items.first()?.span == items.get(first)?.span;
    let guard = moved(guard.span);
    let same_last = read.tree.items.last()?.span == guard;
    let is_calm = read.diagnostics.iter().all(|d| d.primary.span.end < guard.start);
    if !same_first || !same_last || !is_calm || read.diagnostics.len() >= MAX_DIAGNOSTICS {
        return None;
    }

    let mut whole = items.get(..first)?.to_vec();
    whole.extend(read.tree.items);
    whole.extend(items.get(behind..)?.iter().map(|item| moved_item(item, shift)));
    let mut comments: Vec<Span> = known.comments.iter().copied().take_while(|c| c.start < from).collect();
    comments.extend(read.comments);
    comments.extend(known.comments.iter().copied().filter(|c| c.start >= to).map(moved));
    Some(Parsed { tree: Tree { items: whole }, comments, diagnostics: read.diagnostics })
}

fn moved_item(item: &Arc<Item>, shift: i64) -> Arc<Item> {
    if shift == 0 {
        return item.clone();
    }
    let mut moved = Item::clone(item);
    moved.shift(shift);
    Arc::new(moved)
}

/// Whether brackets are mended anew from this item on: a kind word at the very start of a line with a name behind it.
fn begins_region(text: &str, item: &Item) -> bool {
    let ItemKind::Decl(decl) = &item.kind else { return false };
    let name = decl.names.first().map(|n| n.span).or_else(|| decl.title.as_ref().map(|t| t.span));
    let token = |span: Span| Token { kind: TokenKind::Word, start: span.start, end: span.end };
    let kind = token(decl.kind.span);
    item.attrs.is_empty()
        && crate::words::is_kind(&decl.kind.text)
        && line_start(text, kind) == Some(0)
        && name.is_some_and(|name| same_line(text, kind, token(name)))
}

/// Whether all that a diagnostic points at lies there.
fn lies_in(found: &Diagnostic, from: u32, to: u32) -> bool {
    let inside = |span: &Span| from <= span.start && span.end < to;
    let edits = found.fixes.iter().flat_map(|fix| fix.edits.iter().map(|edit| &edit.span));
    inside(&found.primary.span) && found.related.iter().map(|label| &label.span).chain(edits).all(inside)
}

fn offset(at: usize) -> Option<u32> {
    u32::try_from(at).ok()
}
