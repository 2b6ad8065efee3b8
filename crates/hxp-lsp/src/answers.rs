//! Answers of single features in the protocol's terms.

use hxp_diagnostics::{Edit, FileId, Span};
use hxp_ide::actions::{self, Action};
use hxp_ide::completion::{About, Completion, What};
use hxp_ide::folding::Fold;
use hxp_ide::lens::Lens;
use hxp_ide::{Kind, hierarchy, inlay, links, signature, tokens};
use serde_json::{Value, json};
use tower_lsp_server::ls_types::{
    CallHierarchyItem, CodeAction, CodeActionKind, CodeLens, Command, CompletionItem, CompletionItemKind,
    CompletionTextEdit, CreateFile, DocumentChangeOperation, DocumentChanges, Documentation, FoldingRange,
    FoldingRangeKind, InlayHint, InlayHintKind, InlayHintLabel, InsertTextFormat, OneOf,
    OptionalVersionedTextDocumentIdentifier, ParameterInformation, ParameterLabel, Position, Range, ResourceOp,
    SemanticToken, SemanticTokensEdit, SignatureHelp, SignatureInformation, SymbolKind, TextDocumentEdit, TextEdit,
    Uri, WorkspaceEdit,
};

use crate::convert::View;
use crate::uris;

/// A fold.
pub fn fold(range: Range, fold: Fold) -> FoldingRange {
    FoldingRange {
        start_line: range.start.line,
        start_character: Some(range.start.character),
        end_line: range.end.line,
        end_character: Some(range.end.character),
        kind: Some(match fold {
            Fold::Region => FoldingRangeKind::Region,
            Fold::Comment => FoldingRangeKind::Comment,
            Fold::Imports => FoldingRangeKind::Imports,
        }),
        collapsed_text: None,
    }
}

/// The tokens of a file or of a span, each relative to the one before it.
pub fn tokens(view: &View, file: FileId, within: Option<Span>) -> Vec<SemanticToken> {
    let range = view.ranges(file);
    let text = view.snapshot.text(file);
    let mut data = Vec::new();
    let mut last = Position::default();
    for token in tokens::tokens(&view.snapshot, file) {
        let span = token.span;
        if within.is_some_and(|w| span.end < w.start || w.end < span.start) {
            continue;
        }
        // A token of several lines is told line by line: few clients can take it whole.
        let said = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let mut start = span.start;
        for line in said.split_inclusive('\n') {
            let length = u32::try_from(line.len()).unwrap_or(0);
            let shown = u32::try_from(line.trim_end_matches(['\r', '\n']).len()).unwrap_or(0);
            let piece = range(Span { start, end: start + shown, ..span });
            start += length;
            if shown == 0 || piece.start.line != piece.end.line {
                continue;
            }
            let same_line = piece.start.line == last.line;
            let before = if same_line { last.character } else { 0 };
            data.push(SemanticToken {
                delta_line: piece.start.line - last.line,
                delta_start: piece.start.character - before,
                length: piece.end.character - piece.start.character,
                token_type: token.class as u32,
                token_modifiers_bitset: token.modifiers,
            });
            last = piece.start;
        }
    }
    data
}

/// The one edit that turns some tokens into others.
pub fn token_edits(before: &[SemanticToken], after: &[SemanticToken]) -> Vec<SemanticTokensEdit> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let most = before.len().min(after.len()) - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let gone = before.len() - head - tail;
    let new = after.get(head..after.len() - tail).unwrap_or_default();
    if gone == 0 && new.is_empty() {
        return Vec::new();
    }
    // A token is five numbers.
    let five = |n: usize| u32::try_from(n * 5).unwrap_or(u32::MAX);
    vec![SemanticTokensEdit { start: five(head), delete_count: five(gone), data: Some(new.to_vec()) }]
}

/// A signature; parameters are told by their text, which every client understands.
pub fn signature(found: signature::Signature) -> SignatureHelp {
    let active = found.active.and_then(|a| u32::try_from(a).ok());
    let params = found.params.iter().map(|range| ParameterInformation {
        label: ParameterLabel::Simple(found.label.get(range.clone()).unwrap_or_default().to_owned()),
        documentation: None,
    });
    let params = params.collect();
    let information = SignatureInformation {
        label: found.label,
        documentation: found.doc.map(Documentation::String),
        parameters: Some(params),
        active_parameter: active,
    };
    SignatureHelp { signatures: vec![information], active_signature: Some(0), active_parameter: active }
}

/// A hint.
pub fn hint(position: Position, hint: inlay::Hint) -> InlayHint {
    let kind = match hint.what {
        inlay::What::Type => Some(InlayHintKind::TYPE),
        inlay::What::Parameter => Some(InlayHintKind::PARAMETER),
        inlay::What::Value => None,
    };
    InlayHint {
        position,
        label: InlayHintLabel::String(hint.text),
        kind,
        text_edits: None,
        tooltip: None,
        padding_left: None,
        padding_right: None,
        data: None,
    }
}

impl View {
    /// An environment on the way of a release.
    pub fn stop(&self, stop: &hierarchy::Stop) -> Option<CallHierarchyItem> {
        Some(CallHierarchyItem {
            name: stop.name.to_string(),
            kind: SymbolKind::NAMESPACE,
            tags: None,
            detail: Some("environment".to_owned()),
            uri: self.uri(stop.span.file)?,
            range: self.range(stop.whole),
            selection_range: self.range(stop.span),
            data: None,
        })
    }

    /// Where a link leads.
    pub fn target(&self, target: &links::Target) -> Option<Uri> {
        match target {
            links::Target::Url(url) => url.parse().ok(),
            links::Target::Path(path) => uris::uri(&self.snapshot.project.project.root.join(path)),
            links::Target::Module(file) => self.uri(*file),
        }
    }

    /// Edits of several files; those of an open one are about the version that was seen.
    pub fn workspace_edit(&self, edits: &std::collections::BTreeMap<FileId, Vec<Edit>>) -> WorkspaceEdit {
        let changes = DocumentChanges::Edits(self.document_edits(edits));
        WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
    }

    /// An action with its edits.
    pub fn action(&self, action: &Action) -> CodeAction {
        let (kind, preferred) = match action.what {
            actions::What::QuickFix { preferred } => (CodeActionKind::QUICKFIX, preferred),
            actions::What::FixAll => (CodeActionKind::SOURCE_FIX_ALL, false),
            actions::What::OrganizeImports => (CodeActionKind::SOURCE_ORGANIZE_IMPORTS, false),
            actions::What::Extract => (CodeActionKind::REFACTOR_EXTRACT, false),
            actions::What::Inline => (CodeActionKind::REFACTOR_INLINE, false),
        };
        let mended = action.mends.and_then(|number| hxp_ide::diagnostics::diagnostics(&self.snapshot).nth(number));
        let mended = mended.map(|d| vec![self.diagnostic(d, &self.ranges(d.primary.span.file))]);
        let edit = match &action.beside {
            None => Some(self.workspace_edit(&action.edits)),
            Some((path, text)) => self.new_file(path, text),
        };
        CodeAction {
            title: action.title.clone(),
            kind: Some(kind),
            diagnostics: mended,
            edit,
            is_preferred: preferred.then_some(true),
            ..CodeAction::default()
        }
    }

    fn new_file(&self, path: &str, text: &str) -> Option<WorkspaceEdit> {
        let uri = uris::uri(&self.snapshot.project.project.root.join(path))?;
        let create = CreateFile { uri: uri.clone(), options: None, annotation_id: None };
        let text = TextEdit { range: Range::default(), new_text: text.to_owned() };
        let edit = TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version: None },
            edits: vec![OneOf::Left(text)],
        };
        let steps = vec![DocumentChangeOperation::Op(ResourceOp::Create(create)), DocumentChangeOperation::Edit(edit)];
        let changes = DocumentChanges::Operations(steps);
        Some(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
    }

    /// Edits, document by document.
    pub fn document_edits(&self, edits: &std::collections::BTreeMap<FileId, Vec<Edit>>) -> Vec<TextDocumentEdit> {
        let of = |(file, edits): (&FileId, &Vec<Edit>)| {
            let uri = self.uri(*file)?;
            let open = self.snapshot.path(*file).and_then(|p| self.documents.get(&p));
            let edits = self.edits(*file, edits).into_iter().map(OneOf::Left).collect();
            let text_document =
                OptionalVersionedTextDocumentIdentifier { uri, version: open.map(|document| document.version) };
            Some(TextDocumentEdit { text_document, edits })
        };
        edits.iter().filter_map(of).collect()
    }
}

/// What completions of one request share.
pub struct Completing<'v> {
    /// The project.
    pub view: &'v View,
    /// The file.
    pub file: FileId,
    /// As the client names it.
    pub uri: &'v Uri,
    /// What is replaced.
    pub range: Range,
    /// Whether the client can fill in snippets.
    pub snippets: bool,
}

impl Completing<'_> {
    /// A completion.
    pub fn item(&self, found: Completion) -> CompletionItem {
        let snippet = found.insert.as_ref().filter(|i| i.contains('$') && self.snippets);
        let plain = found.insert.as_ref().filter(|i| !i.contains('$'));
        let new_text = snippet.or(plain).unwrap_or(&found.label).clone();
        CompletionItem {
            kind: Some(kind(found.what)),
            detail: (!found.detail.is_empty()).then_some(found.detail),
            sort_text: Some(format!("{}{}", found.rank, found.label)),
            filter_text: None,
            insert_text_format: Some(match snippet {
                Some(_) => InsertTextFormat::SNIPPET,
                None => InsertTextFormat::PLAIN_TEXT,
            }),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range: self.range, new_text })),
            additional_text_edits: found.import.map(|edit| self.view.edits(self.file, &[edit])),
            data: said(self.uri, &found.about),
            label: found.label,
            ..CompletionItem::default()
        }
    }
}

/// What is needed to say more of a completion later.
fn said(uri: &Uri, about: &About) -> Option<Value> {
    match about {
        About::Nothing => None,
        About::Text(text) => (!text.is_empty()).then(|| json!({ "uri": uri.as_str(), "text": text })),
        About::Declaration(kind, name) => Some(json!({ "uri": uri.as_str(), "kind": kind.word(), "name": name })),
    }
}

/// The same, read back: the document, and a text or a declaration.
pub fn about(data: &Value) -> Option<(Uri, Result<String, About>)> {
    let text = |key: &str| data.get(key).and_then(Value::as_str);
    let uri = text("uri")?.parse().ok()?;
    if let Some(text) = text("text") {
        return Some((uri, Ok(text.to_owned())));
    }
    Some((uri, Err(About::Declaration(Kind::from_word(text("kind")?)?, text("name")?.to_owned()))))
}

fn kind(what: What) -> CompletionItemKind {
    match what {
        What::Keyword => CompletionItemKind::KEYWORD,
        What::Property => CompletionItemKind::PROPERTY,
        What::Member => CompletionItemKind::ENUM_MEMBER,
        What::Function => CompletionItemKind::FUNCTION,
        What::Unit => CompletionItemKind::UNIT,
        What::Module => CompletionItemKind::MODULE,
        What::Value => CompletionItemKind::VALUE,
        What::Declaration(kind) => match kind {
            Kind::Environment => CompletionItemKind::MODULE,
            Kind::Gate => CompletionItemKind::INTERFACE,
            Kind::Window | Kind::Trigger => CompletionItemKind::EVENT,
            Kind::Let => CompletionItemKind::CONSTANT,
            Kind::Rule | Kind::Override => CompletionItemKind::CLASS,
            _ => CompletionItemKind::REFERENCE,
        },
    }
}

/// A lens.
pub fn lens(uri: &Uri, range: Range, lens: &Lens) -> CodeLens {
    let said = json!({ "uri": uri.as_str(), "name": lens.name });
    let (title, command) = (lens.does.title().to_owned(), lens.does.command().to_owned());
    CodeLens { range, command: Some(Command { title, command, arguments: Some(vec![said]) }), data: None }
}

/// Whether a kind of action is the one that is asked for, or one of those below it.
pub fn is_kind(kind: &CodeActionKind, asked: &CodeActionKind) -> bool {
    let rest = kind.as_str().strip_prefix(asked.as_str());
    asked.as_str().is_empty() || rest.is_some_and(|r| r.is_empty() || r.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(length: u32) -> SemanticToken {
        SemanticToken { delta_line: 0, delta_start: 1, length, token_type: 0, token_modifiers_bitset: 0 }
    }

    #[test]
    fn the_edit_of_tokens_is_what_lies_between_what_stays() {
        let of = |lengths: &[u32]| lengths.iter().map(|l| token(*l)).collect::<Vec<_>>();
        for (before, after, expected) in [
            (of(&[1, 2, 3]), of(&[1, 2, 3]), None),
            (of(&[1, 2, 3]), of(&[1, 9, 3]), Some((5, 5, 1))),
            (of(&[1, 1]), of(&[1, 1, 1]), Some((10, 0, 1))),
            (of(&[1, 2]), of(&[]), Some((0, 10, 0))),
        ] {
            let edits = token_edits(&before, &after);
            let found = edits.first().map(|e| (e.start, e.delete_count, e.data.as_ref().map_or(0, Vec::len)));
            assert_eq!(found, expected);
        }
    }
}
