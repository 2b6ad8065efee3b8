//! From our answers to the protocol's.

use std::sync::Arc;

use hxp_diagnostics::{Edit, FileId, Severity, Span};
use hxp_ide::Snapshot;
use hxp_ide::diagnostics::Tag;
use hxp_ide::symbols::{Symbol, What};
use tower_lsp_server::ls_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, DocumentSymbol,
    DocumentSymbolResponse, Location, LocationLink, NumberOrString, Range, SymbolInformation, SymbolKind, SymbolTag,
    TextEdit, Uri,
};

use crate::positions::{Encoding, Lines};
use crate::state::Document;
use crate::uris;

/// A snapshot with what is needed to speak of it to the client.
#[derive(Clone)]
pub struct View {
    /// The project.
    pub snapshot: Snapshot,
    /// Whether the snapshot holds the policy and all names.
    pub is_whole: bool,
    /// How the client counts.
    pub encoding: Encoding,
    /// The open documents, whose URIs are the client's own.
    pub documents: Arc<std::collections::BTreeMap<std::path::PathBuf, Document>>,
}

impl View {
    /// The URI of a file.
    pub fn uri(&self, file: FileId) -> Option<Uri> {
        match self.snapshot.path(file) {
            Some(path) => match self.documents.get(&path) {
                Some(document) => Some(document.uri.clone()),
                None => uris::uri(&path),
            },
            None => uris::std_module(self.snapshot.source(file)?.path()),
        }
    }

    /// The lines of a file.
    pub fn lines(&self, file: FileId) -> Arc<Lines> {
        let open = self.snapshot.path(file).and_then(|p| self.documents.get(&p));
        match open {
            Some(document) if *document.text == *self.snapshot.text(file) => document.lines.clone(),
            _ => Arc::new(Lines::new(self.snapshot.text(file))),
        }
    }

    /// A span as a range.
    pub fn range(&self, span: Span) -> Range {
        self.lines(span.file).range(self.snapshot.text(span.file), span.start, span.end, self.encoding)
    }

    /// Spans of one file as ranges, for which the lines are looked up once.
    pub fn ranges(&self, file: FileId) -> impl Fn(Span) -> Range + '_ {
        let lines = self.lines(file);
        move |span| lines.range(self.snapshot.text(file), span.start, span.end, self.encoding)
    }

    /// A range of a file as a span.
    pub fn span(&self, file: FileId, range: Range) -> Span {
        let bytes = self.lines(file).bytes(self.snapshot.text(file), range, self.encoding);
        Span::new(file, bytes.start, bytes.end)
    }

    /// A span as a location.
    pub fn location(&self, span: Span) -> Option<Location> {
        Some(Location { uri: self.uri(span.file)?, range: self.range(span) })
    }

    /// A target as a link.
    pub fn link(&self, target: &hxp_ide::navigate::Target) -> Option<LocationLink> {
        Some(LocationLink {
            origin_selection_range: Some(self.range(target.from)),
            target_uri: self.uri(target.whole.file)?,
            target_range: self.range(target.whole),
            target_selection_range: self.range(target.name),
        })
    }

    /// Edits of one file.
    pub fn edits(&self, file: FileId, edits: &[Edit]) -> Vec<TextEdit> {
        let range = self.ranges(file);
        edits.iter().map(|e| TextEdit { range: range(e.span), new_text: e.text.clone() }).collect()
    }

    /// A diagnostic; `range` is that of its file.
    pub fn diagnostic(&self, diagnostic: &hxp_diagnostics::Diagnostic, range: &impl Fn(Span) -> Range) -> Diagnostic {
        let related = diagnostic.related.iter().filter_map(|label| {
            Some(DiagnosticRelatedInformation { location: self.location(label.span)?, message: label.text.clone() })
        });
        let related: Vec<DiagnosticRelatedInformation> = related.collect();
        let id = diagnostic.code.id();
        Diagnostic {
            range: range(diagnostic.primary.span),
            severity: Some(match diagnostic.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
                Severity::Advice => DiagnosticSeverity::INFORMATION,
            }),
            code: Some(NumberOrString::String(id.to_owned())),
            code_description: uris::page(id).map(|href| CodeDescription { href }),
            source: Some("hxp".to_owned()),
            message: hxp_ide::diagnostics::text(diagnostic),
            related_information: (!related.is_empty()).then_some(related),
            tags: hxp_ide::diagnostics::tag(diagnostic.code).map(|tag| {
                vec![match tag {
                    Tag::Unnecessary => DiagnosticTag::UNNECESSARY,
                    Tag::Deprecated => DiagnosticTag::DEPRECATED,
                }]
            }),
            data: None,
        }
    }

    /// The outline.
    pub fn symbols(&self, symbols: &[Symbol], range: &impl Fn(Span) -> Range) -> Vec<DocumentSymbol> {
        symbols.iter().map(|s| self.symbol(s, range)).collect()
    }

    fn symbol(&self, symbol: &Symbol, range: &impl Fn(Span) -> Range) -> DocumentSymbol {
        let children = self.symbols(&symbol.children, range);
        #[expect(deprecated, reason = "the field must be given")]
        DocumentSymbol {
            name: if symbol.name.is_empty() { "…".to_owned() } else { symbol.name.clone() },
            detail: (!symbol.detail.is_empty()).then(|| symbol.detail.clone()),
            kind: symbol_kind(symbol.what),
            tags: symbol.deprecated.then(|| vec![SymbolTag::DEPRECATED]),
            deprecated: None,
            range: range(symbol.whole),
            selection_range: range(symbol.span),
            children: (!children.is_empty()).then_some(children),
        }
    }
}

/// The protocol's nearest kind of symbol.
pub fn symbol_kind(what: What) -> SymbolKind {
    use hxp_ide::Kind;
    match what {
        What::Function => SymbolKind::FUNCTION,
        What::Property => SymbolKind::PROPERTY,
        What::Statement => SymbolKind::KEY,
        What::Declaration(kind) => match kind {
            Kind::Policy => SymbolKind::PACKAGE,
            Kind::Let => SymbolKind::CONSTANT,
            Kind::Environment => SymbolKind::NAMESPACE,
            Kind::Gate => SymbolKind::INTERFACE,
            Kind::Rule => SymbolKind::CLASS,
            Kind::Trigger | Kind::Window => SymbolKind::EVENT,
            Kind::Test => SymbolKind::METHOD,
            Kind::Metric | Kind::Objective => SymbolKind::NUMBER,
            Kind::Label | Kind::Control => SymbolKind::ENUM_MEMBER,
            _ => SymbolKind::OBJECT,
        },
    }
}

/// The declarations of an outline, for clients that cannot nest.
pub fn flat_symbols(uri: &Uri, symbols: Vec<DocumentSymbol>) -> DocumentSymbolResponse {
    let flat = |symbol: DocumentSymbol| {
        #[expect(deprecated, reason = "the field must be given")]
        SymbolInformation {
            name: symbol.name,
            kind: symbol.kind,
            tags: symbol.tags,
            deprecated: None,
            location: Location { uri: uri.clone(), range: symbol.range },
            container_name: symbol.detail,
        }
    };
    DocumentSymbolResponse::Flat(symbols.into_iter().map(flat).collect())
}
