//! Going from a word to what it means: definition, declaration, type, implementations, references, highlights.

use hxp_analysis::index::Definition;
use hxp_diagnostics::{FileId, Span};
use hxp_policy::Type;
use hxp_syntax::TokenKind;
use hxp_syntax::ast::{HeaderKind, ItemKind};

use crate::names::Names;
use crate::resolve::{self, Named, named};
use crate::{Place, Snapshot};

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

/// Where what is named at a place is declared.
pub fn definition(snapshot: &Snapshot, place: Place) -> Option<Target> {
    let (from, named) = named(snapshot, place)?;
    Some(declared_at(from, named))
}

fn declared_at(from: Span, named: Named<'_>) -> Target {
    let whole = match named {
        Named::Declared(_, definition) => definition.span,
        _ => named.name(),
    };
    Target { from, name: named.name(), whole }
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
        let (_, _, of) = resolve::declared(snapshot, Place { file: parent.file, offset: parent.start })?;
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

/// Every place that names a thing: each word of its name that means it.
pub(crate) fn occurrences(snapshot: &Snapshot, named: Named<'_>, with_declaration: bool) -> Vec<Span> {
    let project = snapshot.project.files.iter().map(|f| f.id);
    let files = project.chain(snapshot.project.modules.iter().map(|m| m.id));
    let mut spans: Vec<Span> = files.flat_map(|file| occurrences_in(snapshot, named, file)).collect();
    spans.sort_unstable();
    spans.retain(|s| with_declaration || *s != named.name());
    spans
}

/// The places in one file that name a thing.
fn occurrences_in(snapshot: &Snapshot, thing: Named<'_>, file: FileId) -> Vec<Span> {
    let declared = thing.name();
    let text = snapshot.text(file);
    let name = match thing {
        Named::Declared(_, definition) => definition.name.as_str(),
        // A module has several words.
        Named::Module(_) => return Vec::new(),
        _ => snapshot.slice(declared),
    };
    if name.is_empty() || !text.contains(name) {
        return Vec::new();
    }
    let words = hxp_syntax::lex(file, text).into_iter().filter(|token| {
        let said = text.get(token.start as usize..token.end as usize);
        token.kind == TokenKind::Word && said == Some(name)
    });
    let words = words.map(|token| Span::new(file, token.start, token.end));
    let means = |span: &Span| {
        let found = named(snapshot, Place { file, offset: span.start });
        found.is_some_and(|(_, found)| found.name() == declared)
    };
    let mut spans: Vec<Span> = words.filter(means).collect();
    // A title is no word.
    if declared.file == file && !spans.contains(&declared) {
        spans.push(declared);
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
    let here = occurrences_in(snapshot, named, place.file).into_iter();
    here.map(|s| (s, if s == named.name() { Use::Write } else { Use::Read })).collect()
}
