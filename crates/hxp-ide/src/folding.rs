//! What can be folded away: blocks, lists, runs of comments and of imports.

use hxp_diagnostics::{FileId, Span};
use hxp_syntax::ast::{ExprKind, ItemKind};

use crate::Snapshot;
use crate::node::{self, Node};

/// What a fold hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fold {
    /// A block or a list.
    Region,
    /// Comments.
    Comment,
    /// Imports.
    Imports,
}

/// The folds of a file, each over several lines, in the order of the text.
pub fn folding(snapshot: &Snapshot, file: FileId) -> Vec<(Span, Fold)> {
    let Some(parsed) = snapshot.parsed(file) else { return Vec::new() };
    let Some(source) = snapshot.source(file) else { return Vec::new() };
    let line = |offset: u32| source.lines().line(offset);
    let mut folds = Vec::new();
    for node in node::all(&parsed.tree) {
        match node {
            Node::Block(block) => folds.push((block.span, Fold::Region)),
            Node::Expr(expr) if matches!(expr.kind, ExprKind::List(_) | ExprKind::Call(..)) => {
                folds.push((expr.span, Fold::Region));
            }
            Node::Item(item) => {
                if let (Some(first), Some(last)) = (item.docs.first(), item.docs.last()) {
                    folds.push((first.span.to(last.span), Fold::Comment));
                }
            }
            _ => {}
        }
    }
    let imports = parsed.tree.items().filter(|i| matches!(i.kind, ItemKind::Use(_))).map(|i| i.span);
    folds.extend(runs(imports, &line).into_iter().map(|s| (s, Fold::Imports)));
    folds.extend(runs(parsed.comments.iter().copied(), &line).into_iter().map(|s| (s, Fold::Comment)));
    folds.retain(|(span, _)| line(span.start) < line(span.end));
    folds.sort_unstable();
    folds.dedup_by_key(|(span, fold)| (line(span.start), *fold));
    folds
}

/// Spans on neighbouring lines as one.
fn runs(spans: impl Iterator<Item = Span>, line: &impl Fn(u32) -> u32) -> Vec<Span> {
    let mut runs: Vec<Span> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some(run) if line(span.start) <= line(run.end) + 1 => *run = run.to(span),
            _ => runs.push(span),
        }
    }
    runs
}
