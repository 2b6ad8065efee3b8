//! The way of a release: from which environments it comes, and to which it goes on.

use hxp_diagnostics::Span;
use hxp_policy::Kind;
use hxp_syntax::ast::{Body, EntryKind, HeaderKind, StatementKind};
use smol_str::SmolStr;

use crate::names::{Declared, Names};
use crate::resolve::{self, Named};
use crate::{Place, Snapshot};

/// An environment on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its name.
    pub name: SmolStr,
    /// Its name where it is declared.
    pub span: Span,
    /// All of it.
    pub whole: Span,
    /// Where one of the two names the other.
    pub places: Vec<Span>,
}

/// The environment at a place.
pub fn prepare(snapshot: &Snapshot, place: Place) -> Option<Stop> {
    let (_, Named::Declared(_, of)) = resolve::named(snapshot, place)? else { return None };
    let here = Stop { name: of.name.clone(), span: of.name_span, whole: of.span, places: Vec::new() };
    (of.kind == Kind::Environment).then_some(here)
}

/// The environments in which a release must have been before this one.
pub fn incoming(snapshot: &Snapshot, name: &str) -> Vec<Stop> {
    let names = Names::of(snapshot);
    let Some(here) = names.find(Kind::Environment, name) else { return Vec::new() };
    let mut stops: Vec<Stop> = Vec::new();
    for (before, span) in after(&names, here) {
        if let Some(found) = names.find(Kind::Environment, &before) {
            add(&mut stops, &found, span);
        }
    }
    stops
}

/// The environments that come after this one.
pub fn outgoing(snapshot: &Snapshot, name: &str) -> Vec<Stop> {
    let names = Names::of(snapshot);
    let mut stops: Vec<Stop> = Vec::new();
    for candidate in names.all().into_iter().filter(|d| d.kind == Kind::Environment) {
        for (before, span) in after(&names, candidate) {
            if before == name {
                add(&mut stops, &candidate, span);
            }
        }
    }
    stops
}

fn add(stops: &mut Vec<Stop>, found: &Declared<'_>, place: Span) {
    match stops.iter_mut().find(|s| s.span == found.span) {
        Some(stop) => stop.places.push(place),
        None => {
            stops.push(Stop {
                name: found.name.clone(),
                span: found.span,
                whole: found.item.span,
                places: vec![place],
            });
        }
    }
}

/// The environments that a declaration and what it extends name behind `after`, and where.
fn after(names: &Names<'_>, of: Declared<'_>) -> Vec<(SmolStr, Span)> {
    let mut found = Vec::new();
    let mut seen: Vec<Span> = Vec::new();
    let mut at = Some(of);
    while let Some(here) = at.filter(|d| !seen.contains(&d.span)) {
        seen.push(here.span);
        if let Body::Block(block) = &here.decl.body {
            for entry in &block.entries {
                if let EntryKind::Statement(s) = &entry.kind
                    && let StatementKind::After { environment, .. } = &s.kind
                {
                    found.push((environment.text.clone(), environment.span));
                }
            }
        }
        at = here.decl.headers.iter().find_map(|h| match &h.kind {
            HeaderKind::Extends { parent, .. } => names.find(Kind::Environment, &parent.segments.last()?.text),
            _ => None,
        });
    }
    found
}
