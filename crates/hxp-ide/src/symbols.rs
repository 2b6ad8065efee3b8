//! The outline of a file, and finding a declaration by a part of its name.

use hxp_diagnostics::{FileId, Span};
use hxp_policy::Kind;
use hxp_syntax::ast::{Block, Body, Decl, Entry, EntryKind, ExprKind, ItemKind, StatementKind};
use smol_str::SmolStr;

use crate::Snapshot;

/// A line of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub what: What,
    /// More about it.
    pub detail: String,
    /// All of it.
    pub whole: Span,
    /// Its name.
    pub span: Span,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    /// What lies in it.
    pub children: Vec<Symbol>,
}

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A declaration.
    Declaration(Kind),
    /// A function: a `let` with parameters.
    Function,
    /// A property.
    Property,
    /// A statement.
    Statement,
}

/// The outline of a file.
pub fn document(snapshot: &Snapshot, file: FileId) -> Vec<Symbol> {
    let Some(tree) = snapshot.tree(file) else { return Vec::new() };
    let mut symbols = Vec::new();
    for item in tree.items() {
        let ItemKind::Decl(decl) = &item.kind else { continue };
        let deprecated = item.attrs.iter().any(|a| a.name.text == "deprecated");
        symbols.extend(declaration(snapshot, decl, item.span, deprecated));
    }
    symbols
}

fn declaration(snapshot: &Snapshot, decl: &Decl, whole: Span, deprecated: bool) -> Vec<Symbol> {
    let Some(kind) = Kind::from_word(&decl.kind.text) else { return Vec::new() };
    let what = if kind == Kind::Let && decl.params.is_some() { What::Function } else { What::Declaration(kind) };
    let children = match &decl.body {
        Body::Block(block) => entries(snapshot, block, 0),
        _ => Vec::new(),
    };
    let titled = decl.title.iter().map(|t| (t.value.clone(), t.span));
    let named = decl.names.iter().map(|n| (n.text.clone(), n.span));
    let one = |(name, span): (SmolStr, Span)| Symbol {
        name: name.to_string(),
        what,
        detail: head(snapshot, decl, span),
        whole,
        span,
        deprecated,
        children: children.clone(),
    };
    titled.chain(named).map(one).collect()
}

/// What stands between the name and the body.
fn head(snapshot: &Snapshot, decl: &Decl, name: Span) -> String {
    let last_name = decl.names.last().map_or(name, |n| n.span);
    let end = match &decl.body {
        Body::Block(block) => block.span.start,
        Body::Expr(expr) => expr.span.start,
        Body::None => decl.span.end,
    };
    let text = snapshot.slice(Span { start: last_name.end, end, ..name });
    let head = text.trim().trim_end_matches('=').split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{} {head}", decl.kind.text).trim_end().to_owned()
}

/// Properties and statements; records in records down to a depth that is still an outline.
fn entries(snapshot: &Snapshot, block: &Block, depth: usize) -> Vec<Symbol> {
    const DEEPEST: usize = 4;
    if depth > DEEPEST {
        return Vec::new();
    }
    block.entries.iter().filter_map(|entry| one_entry(snapshot, entry, depth)).collect()
}

fn one_entry(snapshot: &Snapshot, entry: &Entry, depth: usize) -> Option<Symbol> {
    let symbol = |name: String, what, span, children| Symbol {
        name,
        what,
        detail: String::new(),
        whole: entry.span,
        span,
        deprecated: false,
        children,
    };
    match &entry.kind {
        EntryKind::Spread(_) => None,
        EntryKind::Property(property) => {
            let first = property.keys.first()?;
            let last = property.keys.last()?;
            let name: Vec<&str> = property.keys.iter().map(|k| k.text.as_str()).collect();
            let children = match &property.value.kind {
                ExprKind::Record(block) => entries(snapshot, block, depth + 1),
                _ => Vec::new(),
            };
            Some(symbol(name.join("."), What::Property, first.span.to(last.span), children))
        }
        EntryKind::Statement(statement) => {
            let text = snapshot.slice(statement.span);
            let line = text.split(['{', '\n']).next().unwrap_or_default().trim();
            let children = match &statement.kind {
                StatementKind::Rollback { block: Some(block) } | StatementKind::Given { with: Some(block), .. } => {
                    entries(snapshot, block, depth + 1)
                }
                _ => Vec::new(),
            };
            Some(symbol(line.to_owned(), What::Statement, statement.head, children))
        }
    }
}

/// A declaration somewhere in the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: SmolStr,
    /// Its kind.
    pub kind: Kind,
    /// Its name where it is declared.
    pub span: Span,
}

/// The project's declarations of which the name has the letters of the query in their order; the best first.
pub fn workspace(snapshot: &Snapshot, query: &str) -> Vec<Found> {
    let mut found: Vec<(usize, Found)> = Vec::new();
    for file in &snapshot.project.files {
        for item in file.parsed.tree.items() {
            let ItemKind::Decl(decl) = &item.kind else { continue };
            let Some(kind) = Kind::from_word(&decl.kind.text) else { continue };
            let titled = decl.title.iter().map(|t| (t.value.clone(), t.span));
            for (name, span) in titled.chain(decl.names.iter().map(|n| (n.text.clone(), n.span))) {
                if let Some(badness) = badness(&name, query) {
                    found.push((badness, Found { name, kind, span }));
                }
            }
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.name, a.1.span).cmp(&(b.0, &b.1.name, b.1.span)));
    found.into_iter().map(|(_, f)| f).collect()
}

/// How badly a name fits a query: the letters skipped; `None` when a letter is missing.
fn badness(name: &str, query: &str) -> Option<usize> {
    let mut rest = name.char_indices();
    let mut skipped = 0;
    for wanted in query.chars().filter(|c| !c.is_whitespace()) {
        loop {
            let (_, c) = rest.next()?;
            if c.eq_ignore_ascii_case(&wanted) {
                break;
            }
            skipped += 1;
        }
    }
    Some(skipped)
}
