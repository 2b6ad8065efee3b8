//! Renaming: every place that names a thing, ids in which its name is a part among them.

use std::collections::BTreeMap;

use hxp_analysis::index::Definition;
use hxp_diagnostics::{Edit, FileId, Span};
use hxp_policy::Kind;
use hxp_syntax::ast::ExprKind;
use hxp_syntax::words::{is_kind, is_reserved};

use crate::names::Names;
use crate::navigate::{self, Named};
use crate::node::{self, Node};
use crate::{Place, Snapshot};

/// The word that a renaming at a place would replace, if anything there can be renamed.
pub fn prepare(snapshot: &Snapshot, place: Place) -> Result<Span, String> {
    let (span, named) = navigate::named(snapshot, place).ok_or("there is no name here")?;
    match named {
        Named::Declared(_, definition) if !snapshot.is_own(definition.name_span.file) => {
            Err(format!("`{}` is declared in `{}`, which is not this project's", definition.name, definition.module))
        }
        Named::Declared(_, definition) if definition.kind == Kind::Test => Err("a test has a title, not a name".into()),
        Named::Declared(_, definition) => Ok(last_word(snapshot, span, &definition.name)),
        Named::Local { .. } => Ok(span),
    }
}

/// Where the name itself stands in a reference such as `gate.coverage(70%)`.
fn last_word(snapshot: &Snapshot, span: Span, name: &str) -> Span {
    let text = snapshot.slice(span);
    text.find(name).map_or(span, |at| {
        let start = span.start + u32::try_from(at).unwrap_or(0);
        Span { start, end: start + u32::try_from(name.len()).unwrap_or(0), ..span }
    })
}

/// The edits that give what is named at a place another name, by file.
pub fn rename(snapshot: &Snapshot, place: Place, new: &str) -> Result<BTreeMap<FileId, Vec<Edit>>, String> {
    prepare(snapshot, place)?;
    let (_, named) = navigate::named(snapshot, place).ok_or("there is no name here")?;
    check(snapshot, &named, new)?;
    let mut spans = navigate::occurrences(snapshot, named, true);
    if let Named::Declared(_, definition) = named {
        spans.extend(ids(snapshot, definition));
    }
    spans.sort_unstable();
    spans.dedup();
    let mut edits: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for span in spans.into_iter().filter(|s| snapshot.is_own(s.file)) {
        edits.entry(span.file).or_default().push(Edit { span, text: new.to_owned() });
    }
    Ok(edits)
}

fn check(snapshot: &Snapshot, named: &Named<'_>, new: &str) -> Result<(), String> {
    let mut letters = new.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !first || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{new}` is no name: a name has letters, digits and `_`, and begins with no digit"));
    }
    if is_reserved(new) || is_kind(new) {
        return Err(format!("`{new}` is a word of the language"));
    }
    if let Named::Declared(_, definition) = named
        && let Some(other) = Names::of(snapshot).find(definition.kind, new)
        && other.module.is_empty()
        && definition.name != new
    {
        return Err(format!("the {} `{new}` is there already", definition.kind.word()));
    }
    Ok(())
}

/// The words before a name in an id, and the kind that it then is of.
fn kind_behind(word: &str) -> Option<Kind> {
    match word {
        "approve" => Some(Kind::Team),
        "after" => Some(Kind::Environment),
        "notify" => Some(Kind::Channel),
        other => Kind::from_word(other),
    }
}

/// Ids that hold the name of a declaration: `window.release_hours`, `production.approve.devops`.
fn ids(snapshot: &Snapshot, of: &Definition) -> Vec<Span> {
    let mut spans = Vec::new();
    for file in &snapshot.project.files {
        for node in node::all(&file.parsed.tree) {
            let Node::Expr(expr) = node else { continue };
            let ExprKind::Field(base, name) = &expr.kind else { continue };
            let before = match &base.kind {
                ExprKind::Name(word) => word,
                ExprKind::Field(_, word) => &word.text,
                _ => continue,
            };
            if name.text == of.name && kind_behind(before) == Some(of.kind) {
                spans.push(name.span);
            }
            // An id of a requirement may begin with its environment.
            if of.kind == Kind::Environment
                && let ExprKind::Name(word) = &base.kind
                && *word == of.name
            {
                spans.push(base.span);
            }
        }
    }
    spans
}

/// The places of a name that is known in one declaration alone, which can be edited at once.
pub fn linked(snapshot: &Snapshot, place: Place) -> Vec<Span> {
    match navigate::named(snapshot, place) {
        Some((_, named @ Named::Local { .. })) => navigate::occurrences(snapshot, named, true),
        _ => Vec::new(),
    }
}
