//! Going from a word to what it means: definition, declaration, type, implementations, references, highlights.

use hxp_analysis::index::Definition;
use hxp_diagnostics::Span;
use hxp_policy::Type;
use hxp_syntax::ast::{Body, EntryKind, ExprKind, HeaderKind, ItemKind, StatementKind};

use crate::names::Names;
use crate::node::{self, Node};
use crate::{Place, Snapshot, hover};

/// Where something is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// What was pointed at.
    pub from: Span,
    /// The name of what it means.
    pub name: Span,
    /// All of it.
    pub whole: Span,
}

/// What a place names: a declaration, or something that is known in one declaration alone.
#[derive(Clone, Copy, Debug)]
pub enum Named<'s> {
    /// A declaration, by its number in the index.
    Declared(u32, &'s Definition),
    /// A parameter or a bound name: where it is declared, and the declaration in which it is known.
    Local {
        /// Its name where it is declared.
        name: Span,
        /// Where it is known.
        within: Span,
    },
}

/// What is named at a place, and the word that names it.
pub fn named(snapshot: &Snapshot, place: Place) -> Option<(Span, Named<'_>)> {
    if let Some(found) = local(snapshot, place) {
        return Some(found);
    }
    let (span, definition) = hover::named(snapshot, place)?;
    let number = snapshot.project.index.definitions.iter().position(|d| d.name_span == definition.name_span)?;
    Some((span, Named::Declared(u32::try_from(number).ok()?, definition)))
}

/// A parameter, a result of a gate, or the variable of a quantifier.
fn local(snapshot: &Snapshot, place: Place) -> Option<(Span, Named<'_>)> {
    let path = node::path(snapshot.tree(place.file)?, place.offset);
    let word = word(&path)?;
    let text = snapshot.slice(word);
    let mut found = None;
    for node in &path {
        let (names, within): (Vec<Span>, Span) = match node {
            Node::Decl(decl) => {
                let params = decl.params.iter().flatten();
                let yields = match &decl.body {
                    Body::Block(block) => block.entries.as_slice(),
                    _ => &[],
                };
                let yields = yields.iter().filter_map(|e| match &e.kind {
                    EntryKind::Statement(s) => match &s.kind {
                        StatementKind::Yields(params) => Some(params),
                        _ => None,
                    },
                    _ => None,
                });
                (params.chain(yields.flatten()).map(|p| p.name.span).collect(), decl.span)
            }
            Node::Expr(expr) => match &expr.kind {
                ExprKind::Quantifier(q) => (vec![q.var.span], expr.span),
                ExprKind::Comprehension(c) => (vec![c.var.span], expr.span),
                _ => continue,
            },
            _ => continue,
        };
        if let Some(name) = names.into_iter().find(|n| snapshot.slice(*n) == text) {
            found = Some((word, Named::Local { name, within }));
        }
    }
    found
}

/// The word at an offset that may be a name: not a key, not a field behind a dot.
fn word(path: &[Node<'_>]) -> Option<Span> {
    match path {
        [.., Node::Expr(expr)] if matches!(expr.kind, ExprKind::Name(_)) => Some(expr.span),
        [.., Node::Param(param), Node::Ident(name)] if param.name.span == name.span => Some(name.span),
        [.., Node::Expr(expr), Node::Ident(name)] => match &expr.kind {
            ExprKind::Quantifier(_) | ExprKind::Comprehension(_) => Some(name.span),
            _ => None,
        },
        _ => None,
    }
}

/// Where what is named at a place is declared.
pub fn definition(snapshot: &Snapshot, place: Place) -> Option<Target> {
    let (from, named) = named(snapshot, place)?;
    Some(declared_at(from, named))
}

fn declared_at(from: Span, named: Named<'_>) -> Target {
    match named {
        Named::Declared(_, definition) => Target { from, name: definition.name_span, whole: definition.span },
        Named::Local { name, .. } => Target { from, name, whole: name },
    }
}

/// Where it was first said: for an imported name the `use`, for a declaration that extends another the root of it.
pub fn declaration(snapshot: &Snapshot, place: Place) -> Option<Target> {
    let (from, named) = named(snapshot, place)?;
    let Named::Declared(_, definition) = named else { return Some(declared_at(from, named)) };
    if definition.module.is_empty() {
        return Some(Target { from, name: definition.name_span, whole: definition.span });
    }
    let import = snapshot.project.files.iter().flat_map(|f| f.parsed.tree.items()).find_map(|item| match &item.kind {
        ItemKind::Use(import) => {
            let mut names = import.names.iter().flatten().chain(import.path.segments.last());
            names.find(|n| n.text == definition.name && n.span != from).map(|n| (n.span, item.span))
        }
        ItemKind::Decl(_) => None,
    });
    match import {
        Some((name, whole)) => Some(Target { from, name, whole }),
        None => Some(Target { from, name: definition.name_span, whole: definition.span }),
    }
}

/// The declaration that says what the thing at a place is: what it extends, or the declaration that its type names.
pub fn type_definition(snapshot: &Snapshot, place: Place) -> Option<Target> {
    let (from, named) = named(snapshot, place)?;
    let Named::Declared(_, definition) = named else { return None };
    let decl = snapshot.decl(definition)?;
    let parent = decl.headers.iter().find_map(|h| match &h.kind {
        HeaderKind::Extends { parent, .. } => parent.segments.last().map(|s| s.span),
        _ => None,
    });
    if let Some(parent) = parent {
        let (_, of) = hover::named(snapshot, Place { file: parent.file, offset: parent.start })?;
        return Some(Target { from, name: of.name_span, whole: of.span });
    }
    let value = snapshot.types.as_ref()?.at(snapshot.body(definition)?)?;
    match (&value.ty, &value.value) {
        (Type::Decl(kind), Some(hxp_policy::Value::Ref(r))) => {
            let of = snapshot.project.index.definitions.iter().find(|d| d.kind == *kind && d.name == r.name)?;
            Some(Target { from, name: of.name_span, whole: of.span })
        }
        _ => None,
    }
}

/// What extends the declaration named at a place, directly or through one another.
pub fn implementations(snapshot: &Snapshot, place: Place) -> Vec<Target> {
    let Some((from, Named::Declared(_, root))) = named(snapshot, place) else { return Vec::new() };
    let index = &snapshot.project.index;
    let names = Names::of(snapshot);
    let parent_of = |definition: &Definition| {
        let decl = snapshot.decl(definition)?;
        let parent = decl.headers.iter().find_map(|h| match &h.kind {
            HeaderKind::Extends { parent, .. } => parent.segments.last(),
            _ => None,
        })?;
        names.find(definition.kind, &parent.text).map(|d| d.span)
    };
    let candidates: Vec<(&Definition, Option<Span>)> =
        index.definitions.iter().filter(|d| d.kind == root.kind).map(|d| (d, parent_of(d))).collect();
    let mut heirs = vec![root.name_span];
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(of) = heirs.get(next).copied() {
        next += 1;
        for (definition, parent) in &candidates {
            if *parent == Some(of) && !heirs.contains(&definition.name_span) {
                heirs.push(definition.name_span);
                found.push(Target { from, name: definition.name_span, whole: definition.span });
            }
        }
    }
    found
}

/// Every place that names what is named at a place, in the order of the files.
pub fn references(snapshot: &Snapshot, place: Place, with_declaration: bool) -> Vec<Span> {
    let Some((_, named)) = named(snapshot, place) else { return Vec::new() };
    occurrences(snapshot, named, with_declaration)
}

/// Every place that names a thing.
pub(crate) fn occurrences(snapshot: &Snapshot, named: Named<'_>, with_declaration: bool) -> Vec<Span> {
    let mut spans: Vec<Span> = match named {
        Named::Declared(number, definition) => {
            let index = &snapshot.project.index;
            let uses = index.uses_of(number).filter_map(|span| name_in(snapshot, span, definition));
            let mut spans: Vec<Span> = uses.collect();
            spans.extend(imports(snapshot, definition));
            spans.push(definition.name_span);
            spans
        }
        Named::Local { name, within } => locals(snapshot, name, within),
    };
    spans.sort_unstable();
    spans.dedup();
    let declared = match named {
        Named::Declared(_, definition) => definition.name_span,
        Named::Local { name, .. } => name,
    };
    spans.retain(|s| with_declaration || *s != declared);
    spans
}

/// The name itself in a reference, which may be `gate.coverage` or `coverage(70%)`.
fn name_in(snapshot: &Snapshot, span: Span, definition: &Definition) -> Option<Span> {
    let text = snapshot.slice(span);
    if text == definition.name {
        return Some(span);
    }
    let at = hxp_syntax::lex(span.file, text)
        .into_iter()
        .rev()
        .find(|t| text.get(t.start as usize..t.end as usize) == Some(definition.name.as_str()))?;
    Some(Span { start: span.start + at.start, end: span.start + at.end, ..span })
}

/// Where a declaration of a module is imported.
fn imports(snapshot: &Snapshot, definition: &Definition) -> Vec<Span> {
    if definition.module.is_empty() {
        return Vec::new();
    }
    let mut spans = Vec::new();
    for item in snapshot.project.files.iter().flat_map(|f| f.parsed.tree.items()) {
        let ItemKind::Use(import) = &item.kind else { continue };
        let path: Vec<&str> = import.path.segments.iter().map(|s| s.text.as_str()).collect();
        let module = path.join(".");
        match (&import.names, import.path.segments.last()) {
            (Some(names), _) if module == definition.module => {
                spans.extend(names.iter().filter(|n| n.text == definition.name).map(|n| n.span));
            }
            (None, Some(last)) if module == format!("{}.{}", definition.module, definition.name) => {
                spans.push(last.span);
            }
            _ => {}
        }
    }
    spans
}

/// The uses of a local name where it is known, those of another one of the same name left out.
fn locals(snapshot: &Snapshot, name: Span, within: Span) -> Vec<Span> {
    let text = snapshot.slice(name).to_owned();
    let Some(tree) = snapshot.tree(name.file) else { return Vec::new() };
    let mut spans = vec![name];
    for node in node::all(tree) {
        let Node::Expr(expr) = node else { continue };
        let ExprKind::Name(word) = &expr.kind else { continue };
        if *word == text && crate::covers(within, expr.span) {
            let same = local(snapshot, Place { file: name.file, offset: expr.span.start });
            if matches!(same, Some((_, Named::Local { name: declared, .. })) if declared == name) {
                spans.push(expr.span);
            }
        }
    }
    spans
}

/// How a word is used where it is highlighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is declared.
    Write,
    /// It is read.
    Read,
}

/// The places in one file that name the same thing.
pub fn highlights(snapshot: &Snapshot, place: Place) -> Vec<(Span, Use)> {
    let Some((_, named)) = named(snapshot, place) else { return Vec::new() };
    let declared = match named {
        Named::Declared(_, definition) => definition.name_span,
        Named::Local { name, .. } => name,
    };
    let all = occurrences(snapshot, named, true);
    let here = all.into_iter().filter(|s| s.file == place.file);
    here.map(|s| (s, if s == declared { Use::Write } else { Use::Read })).collect()
}
