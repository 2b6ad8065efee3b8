//! Places that lead elsewhere: addresses, files, modules.

use hxp_diagnostics::{FileId, Span};
use hxp_syntax::TokenKind;
use hxp_syntax::ast::{EntryKind, ExprKind, Literal};

use crate::Snapshot;
use crate::node::{self, Node};

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An address.
    Url(String),
    /// A file of the repository, relative to the project's folder.
    Path(String),
    /// A module's file in the sources.
    Module(FileId),
}

/// Properties that hold the path of a file.
const FILES: &[&str] = &["runbook", "report"];

/// The links of a file.
pub fn links(snapshot: &Snapshot, file: FileId) -> Vec<(Span, Target)> {
    let Some(parsed) = snapshot.parsed(file) else { return Vec::new() };
    let mut links = Vec::new();
    for node in node::all(&parsed.tree) {
        match node {
            Node::Use(import) => {
                let words: Vec<&str> = import.path.segments.iter().map(|s| s.text.as_str()).collect();
                let whole = words.join(".");
                let found =
                    snapshot.project.modules.iter().find(|m| {
                        m.path == whole || whole.rsplit_once('.').is_some_and(|(module, _)| m.path == module)
                    });
                links.extend(found.map(|m| (import.path.span, Target::Module(m.id))));
            }
            Node::Entry(entry) => {
                let EntryKind::Property(property) = &entry.kind else { continue };
                let key = property.keys.last().map(|k| k.text.as_str()).unwrap_or_default();
                if let ExprKind::Literal(Literal::Str(text)) = &property.value.kind
                    && FILES.contains(&key)
                    && !text.value.contains("://")
                {
                    links.push((inside(text.span), Target::Path(text.value.to_string())));
                }
            }
            _ => {}
        }
    }
    let text = snapshot.text(file);
    for token in hxp_syntax::lex(file, text) {
        if token.kind == TokenKind::Str || token.kind.is_comment() {
            let said = text.get(token.start as usize..token.end as usize).unwrap_or_default();
            links.extend(addresses(said).into_iter().map(|(start, end)| {
                let span = Span::new(file, token.start + start, token.start + end);
                (span, Target::Url(snapshot.slice(span).to_owned()))
            }));
        }
    }
    links.sort_by_key(|(span, _)| *span);
    links
}

/// A text without its quotes.
fn inside(span: Span) -> Span {
    Span { start: span.start + 1, end: span.end.saturating_sub(1).max(span.start + 1), ..span }
}

/// Web addresses in a text; one with a `*` is a pattern and leads nowhere.
fn addresses(text: &str) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    for scheme in ["https://", "http://"] {
        for (at, _) in text.match_indices(scheme) {
            let rest = text.get(at..).unwrap_or_default();
            let end = rest.find(|c: char| c.is_whitespace() || "\"<>`)]".contains(c)).unwrap_or(rest.len());
            let address = rest.get(..end).unwrap_or_default().trim_end_matches(['.', ',', ';']);
            if !address.contains('*') && address.len() > scheme.len() {
                let end = at + address.len();
                found.push((u32::try_from(at).unwrap_or(0), u32::try_from(end).unwrap_or(0)));
            }
        }
    }
    found
}
