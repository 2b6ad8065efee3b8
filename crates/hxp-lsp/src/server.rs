//! The methods of the protocol.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hxp_diagnostics::FileId;
use hxp_driver::slice;
use hxp_driver::system::{Disk, Kept};
use hxp_ide::{
    Place, Snapshot, actions, completion, folding, format, hierarchy, hover, inlay, lens, links, navigate, rename,
    selection, signature, symbols,
};
use serde_json::Value;
use tokio::sync::watch;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp_server::ls_types::request::{
    GotoDeclarationParams, GotoDeclarationResponse, GotoImplementationParams, GotoImplementationResponse,
    GotoTypeDefinitionParams, GotoTypeDefinitionResponse,
};
use tower_lsp_server::ls_types::{
    CallHierarchyIncomingCall, CallHierarchyIncomingCallsParams, CallHierarchyItem, CallHierarchyOutgoingCall,
    CallHierarchyOutgoingCallsParams, CallHierarchyPrepareParams, CodeAction, CodeActionOrCommand, CodeActionParams,
    CodeActionResponse, CodeLens, CodeLensParams, CompletionItem, CompletionList, CompletionParams, CompletionResponse,
    DidChangeConfigurationParams, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    DocumentChanges, DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult,
    DocumentFormattingParams, DocumentHighlight, DocumentHighlightKind, DocumentHighlightParams, DocumentLink,
    DocumentLinkParams, DocumentOnTypeFormattingParams, DocumentRangeFormattingParams, DocumentSymbolParams,
    DocumentSymbolResponse, Documentation, ExecuteCommandParams, FoldingRange, FoldingRangeParams,
    FullDocumentDiagnosticReport, GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents, HoverParams,
    InitializeParams, InitializeResult, InitializedParams, InlayHint, InlayHintParams, LinkedEditingRangeParams,
    LinkedEditingRanges, Location, LocationLink, MarkupContent, MarkupKind, OneOf, Position, PrepareRenameResponse,
    Range, ReferenceParams, RelatedFullDocumentDiagnosticReport, RelatedUnchangedDocumentDiagnosticReport,
    RenameFilesParams, RenameParams, SelectionRange, SelectionRangeParams, SemanticToken, SemanticTokens,
    SemanticTokensDelta, SemanticTokensDeltaParams, SemanticTokensFullDeltaResult, SemanticTokensParams,
    SemanticTokensRangeParams, SemanticTokensRangeResult, SemanticTokensResult, ServerInfo, SignatureHelp,
    SignatureHelpParams, TextDocumentPositionParams, TextEdit, UnchangedDocumentDiagnosticReport, Uri,
    WorkspaceDiagnosticParams, WorkspaceDiagnosticReport, WorkspaceDiagnosticReportResult, WorkspaceEdit,
    WorkspaceSymbol, WorkspaceSymbolParams, WorkspaceSymbolResponse,
};
use tower_lsp_server::{Client, LanguageServer};

use crate::analysis::{self, Analysis};
use crate::convert::{self, View, symbol_kind};
use crate::positions::Encoding;
use crate::requests::{Command, Graph, Preview};
use crate::state::{Abilities, Document, State};
use crate::uris;
use crate::world::World;
use crate::{Options, answers};

/// The server of one client.
pub struct Server {
    client: Client,
    pub(crate) options: Arc<Options>,
    pub(crate) system: Arc<Kept<Disk>>,
    state: Arc<Mutex<State>>,
    /// Grows whenever the disk may have changed.
    pub(crate) generation: Arc<AtomicU64>,
    /// The newest revision, for the analysis.
    wanted: watch::Sender<u64>,
    /// The newest analysis.
    world: watch::Sender<Arc<World>>,
    /// The tokens that the client was last told of each document, with their number.
    told: Mutex<BTreeMap<String, (u64, Vec<SemanticToken>)>>,
}

/// A document at the moment in which a request came.
struct Asked {
    path: PathBuf,
    /// None: it is not open.
    document: Option<Document>,
    revision: u64,
    encoding: Encoding,
    documents: Arc<BTreeMap<PathBuf, Document>>,
}

impl Server {
    /// A server for a client.
    pub fn new(client: Client, options: Arc<Options>) -> Self {
        Self {
            client,
            options,
            system: Arc::new(Kept::new(Disk)),
            state: Arc::default(),
            generation: Arc::default(),
            wanted: watch::Sender::new(0),
            world: watch::Sender::new(Arc::default()),
            told: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of the client; the analysis follows.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let revision = {
            let mut state = self.state();
            change(&mut state);
            state.revision += 1;
            state.revision
        };
        self.wanted.send_replace(revision);
    }

    fn change_documents(&self, change: impl FnOnce(&mut BTreeMap<PathBuf, Document>)) {
        self.change(|state| change(Arc::make_mut(&mut state.documents)));
    }

    /// The disk may have changed at these paths, or anywhere.
    fn disk_changed(&self, paths: Option<&[PathBuf]>) {
        match paths {
            Some(paths) => paths.iter().for_each(|p| self.system.forget(p)),
            None => self.system.forget_all(),
        }
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.change(|_| {});
    }

    fn asked(&self, uri: &Uri) -> Asked {
        let state = self.state();
        let path = uris::path(uri);
        Asked {
            document: state.documents.get(&path).cloned(),
            path,
            revision: state.revision,
            encoding: state.encoding,
            documents: state.documents.clone(),
        }
    }

    /// The analysis of a revision, or of a later one.
    async fn world(&self, revision: u64) -> Result<Arc<World>> {
        let mut worlds = self.world.subscribe();
        let world = worlds.wait_for(|w| w.revision >= revision).await.map_err(|_| Error::internal_error())?;
        Ok(world.clone())
    }

    /// Answers a question about a file's text on a thread that may take its time.
    async fn ask<T: Send + 'static>(
        &self,
        uri: &Uri,
        answer: impl FnOnce(&View, FileId) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let asked = self.asked(uri);
        let world = self.world(asked.revision).await?;
        self.answer(asked, world, answer).await
    }

    /// Answers a question that only the whole project can answer.
    async fn ask_whole<T: Send + 'static>(
        &self,
        at: TextDocumentPositionParams,
        answer: impl FnOnce(&View, Place) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let asked = self.asked(&at.text_document.uri);
        let world = self.settled(asked.revision).await?;
        let answered = self.answer(asked, world, move |view, file| answer(view, place(view, file, at.position)));
        Ok(answered.await?.flatten())
    }

    async fn answer<T: Send + 'static>(
        &self,
        asked: Asked,
        world: Arc<World>,
        answer: impl FnOnce(&View, FileId) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let now = (self.options.now)();
        tokio::task::spawn_blocking(move || {
            let Some((project, file)) = world.find(&asked.path) else { return Ok(None) };
            let snapshot = Snapshot { project: project.compilation.clone(), types: None, now };
            if asked.document.is_some_and(|d| *d.text != *snapshot.text(file)) {
                // The positions of the question are about a text that is gone.
                return Err(Error::new(ErrorCode::ContentModified));
            }
            let (encoding, documents) = (asked.encoding, asked.documents);
            let view = View { snapshot, is_whole: project.is_whole, encoding, documents };
            Ok(Some(answer(&view, file)))
        })
        .await
        .map_err(|_| Error::internal_error())?
    }

    /// Answers a question with the types and values of the expressions in a range.
    async fn ask_typed<T: Send + 'static>(
        &self,
        uri: &Uri,
        range: Range,
        answer: impl FnOnce(&View, FileId) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let today = (self.options.now)().with_time_zone(jiff::tz::TimeZone::UTC).date();
        self.ask(uri, move |view, file| {
            let span = view.span(file, range);
            let whole = &view.snapshot.project;
            let near = |item: hxp_diagnostics::Span| item.start <= span.end && span.start <= item.end;
            let roots = slice::items_of(whole, file).filter(|(_, i)| near(i.span)).map(|(at, _)| at).collect();
            let part = slice::slice(whole, &roots, Some(file), Some(today));
            let mut typed = view.clone();
            typed.snapshot.types = Some(Arc::new(part.types));
            if !view.is_whole {
                typed.snapshot.project = Arc::new(part.compilation);
            }
            answer(&typed, file)
        })
        .await
    }

    /// Answers a question about a file as it is now, though the analysis may still be about a text before it.
    async fn ask_now<T: Send + 'static>(
        &self,
        uri: &Uri,
        answer: impl FnOnce(&View, FileId) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let asked = self.asked(uri);
        let known = self.world.borrow().find(&asked.path).is_some();
        let world = self.world(if known { 0 } else { asked.revision }).await?;
        let now = (self.options.now)();
        tokio::task::spawn_blocking(move || {
            let (project, file) = world.find(&asked.path)?;
            let mut project = project.compilation.clone();
            if let Some(document) = &asked.document
                && project.sources.get(file).is_none_or(|f| *f.text() != document.text)
            {
                project = Arc::new(project.with_text(file, &document.text)?);
            }
            let snapshot = Snapshot { project, types: None, now };
            let (encoding, documents) = (asked.encoding, asked.documents);
            Some(answer(&View { snapshot, is_whole: false, encoding, documents }, file))
        })
        .await
        .map_err(|_| Error::internal_error())
    }

    /// The analysis of all that a revision, or a later one, says.
    pub(crate) async fn settled(&self, revision: u64) -> Result<Arc<World>> {
        let mut worlds = self.world.subscribe();
        let world = worlds.wait_for(|w| w.revision >= revision && w.settled).await;
        Ok(world.map_err(|_| Error::internal_error())?.clone())
    }

    /// Keeps the tokens that a client was told, for the difference to the next ones.
    fn remember(&self, uri: &Uri, data: Vec<SemanticToken>) -> SemanticTokens {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let id = told.get(uri.as_str()).map_or(0, |(id, _)| id + 1);
        told.insert(uri.as_str().to_owned(), (id, data.clone()));
        SemanticTokens { result_id: Some(id.to_string()), data }
    }

    fn remembered(&self, uri: &Uri, id: &str) -> Option<Vec<SemanticToken>> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(uri.as_str()).filter(|(known, _)| known.to_string() == id).map(|(_, data)| data.clone())
    }

    /// Answers a question about a place.
    async fn ask_at<T: Send + 'static>(
        &self,
        at: TextDocumentPositionParams,
        answer: impl FnOnce(&View, Place) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let TextDocumentPositionParams { text_document, position } = at;
        let answered = self.ask(&text_document.uri, move |view, file| answer(view, place(view, file, position)));
        Ok(answered.await?.flatten())
    }

    /// Answers where something is.
    async fn targets(
        &self,
        at: TextDocumentPositionParams,
        find: impl FnOnce(&Snapshot, Place) -> Vec<navigate::Target> + Send + 'static,
    ) -> Result<Option<GotoDefinitionResponse>> {
        let range = Range::new(at.position, at.position);
        let answered = self.ask_typed(&at.text_document.uri, range, move |view, file| {
            let links: Vec<LocationLink> = find(&view.snapshot, place(view, file, at.position))
                .iter()
                .filter_map(|target| view.link(target))
                .collect();
            (!links.is_empty()).then_some(GotoDefinitionResponse::Link(links))
        });
        Ok(answered.await?.flatten())
    }

    /// Starts the analysis beside the reader.
    fn start_analysis(&self) {
        let analysis = Analysis {
            client: self.client.clone(),
            options: self.options.clone(),
            generation: self.generation.clone(),
            system: self.system.clone(),
        };
        let mut wanted = self.wanted.subscribe();
        wanted.mark_changed();
        tokio::spawn(analysis.run(wanted, self.state.clone(), self.world.clone()));
    }
}

fn place(view: &View, file: FileId, position: Position) -> Place {
    let text = view.snapshot.text(file);
    Place { file, offset: view.lines(file).offset(text, position, view.encoding) }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let encoding = {
            let general = params.capabilities.general.as_ref();
            Encoding::choose(general.and_then(|g| g.position_encodings.as_deref()))
        };
        let folders = folders(&params);
        self.change(|state| {
            state.encoding = encoding;
            state.abilities = Abilities::of(&params.capabilities);
            state.folders = folders;
        });
        let info = ServerInfo { name: "hxpc".to_owned(), version: Some(self.options.version.to_owned()) };
        Ok(InitializeResult {
            capabilities: crate::capabilities::capabilities(encoding),
            server_info: Some(info),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        self.start_analysis();
        if self.state().abilities.watches {
            let client = self.client.clone();
            // The answer comes through the reader, which must not wait for it here.
            tokio::spawn(async move {
                let _ = client.register_capability(vec![crate::capabilities::watched()]).await;
            });
        }
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let opened = params.text_document;
        let path = uris::path(&opened.uri);
        let document = Document::new(opened.uri, opened.version, opened.text);
        self.change_documents(|documents| {
            documents.insert(path, document);
        });
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let path = uris::path(&params.text_document.uri);
        let encoding = self.state().encoding;
        self.change_documents(|documents| {
            // An edit of what is not open has no text to be about.
            if let Some(document) = documents.get_mut(&path) {
                *document = document.edited(params.text_document.version, params.content_changes, encoding);
            }
        });
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let path = uris::path(&params.text_document.uri);
        self.system.forget(&path);
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.told.lock().unwrap_or_else(PoisonError::into_inner).remove(params.text_document.uri.as_str());
        self.change_documents(|documents| {
            documents.remove(&path);
        });
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        if self.state().abilities.watches {
            return;
        }
        // Nobody tells of files: whatever else was written meanwhile is looked at now.
        let _ = params;
        self.disk_changed(None);
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let paths: Vec<PathBuf> = params.changes.iter().map(|c| uris::path(&c.uri)).collect();
        self.disk_changed(Some(&paths));
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let path = |folder: &tower_lsp_server::ls_types::WorkspaceFolder| uris::path(&folder.uri);
        let gone: Vec<PathBuf> = params.event.removed.iter().map(path).collect();
        let come: Vec<PathBuf> = params.event.added.iter().map(path).collect();
        self.change(|state| {
            state.folders.retain(|f| !gone.contains(f) && !come.contains(f));
            state.folders.extend(come);
        });
    }

    async fn did_change_configuration(&self, _: DidChangeConfigurationParams) {}

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        let range = Range::new(at.position, at.position);
        self.ask_typed(&at.text_document.uri, range, move |view, file| {
            let place = place(view, file, at.position);
            let found = hover::hover(&view.snapshot, place)?;
            let contents = MarkupContent { kind: MarkupKind::Markdown, value: found.markdown };
            Some(Hover { contents: HoverContents::Markup(contents), range: Some(view.range(found.span)) })
        })
        .await
        .map(Option::flatten)
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let find = |s: &Snapshot, p| navigate::definition(s, p).into_iter().collect();
        self.targets(params.text_document_position_params, find).await
    }

    async fn goto_declaration(&self, params: GotoDeclarationParams) -> Result<Option<GotoDeclarationResponse>> {
        let find = |s: &Snapshot, p| navigate::declaration(s, p).into_iter().collect();
        self.targets(params.text_document_position_params, find).await
    }

    async fn goto_type_definition(
        &self,
        params: GotoTypeDefinitionParams,
    ) -> Result<Option<GotoTypeDefinitionResponse>> {
        let find = |s: &Snapshot, p| navigate::type_definition(s, p).into_iter().collect();
        self.targets(params.text_document_position_params, find).await
    }

    async fn goto_implementation(
        &self,
        params: GotoImplementationParams,
    ) -> Result<Option<GotoImplementationResponse>> {
        self.ask_whole(params.text_document_position_params, |view, place| {
            let found = navigate::implementations(&view.snapshot, place);
            let links: Vec<LocationLink> = found.iter().filter_map(|target| view.link(target)).collect();
            (!links.is_empty()).then_some(GotoDefinitionResponse::Link(links))
        })
        .await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let with_declaration = params.context.include_declaration;
        self.ask_whole(params.text_document_position, move |view, place| {
            let spans = navigate::references(&view.snapshot, place, with_declaration);
            Some(spans.into_iter().filter_map(|s| view.location(s)).collect())
        })
        .await
    }

    async fn document_highlight(&self, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
        self.ask_whole(params.text_document_position_params, |view, place| {
            let range = view.ranges(place.file);
            let found = navigate::highlights(&view.snapshot, place);
            let kind = |used| match used {
                navigate::Use::Write => DocumentHighlightKind::WRITE,
                navigate::Use::Read => DocumentHighlightKind::READ,
            };
            Some(found.into_iter().map(|(s, u)| DocumentHighlight { range: range(s), kind: Some(kind(u)) }).collect())
        })
        .await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let nested = self.state().abilities.nested_symbols;
        let uri = params.text_document.uri.clone();
        self.ask(&params.text_document.uri, move |view, file| {
            let found = symbols::document(&view.snapshot, file);
            let found = view.symbols(&found, &view.ranges(file));
            if nested { DocumentSymbolResponse::Nested(found) } else { convert::flat_symbols(&uri, found) }
        })
        .await
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<WorkspaceSymbolResponse>> {
        let (revision, encoding, documents) = {
            let state = self.state();
            (state.revision, state.encoding, state.documents.clone())
        };
        let world = self.world(revision).await?;
        let now = (self.options.now)();
        let mut found = Vec::new();
        for project in world.projects.values() {
            let snapshot = Snapshot { project: project.compilation.clone(), types: None, now: now.clone() };
            let view = View { snapshot, is_whole: project.is_whole, encoding, documents: documents.clone() };
            for symbol in symbols::workspace(&view.snapshot, &params.query).into_iter().take(MOST_SYMBOLS) {
                let Some(location) = view.location(symbol.span) else { continue };
                found.push(WorkspaceSymbol {
                    name: symbol.name.to_string(),
                    kind: symbol_kind(symbols::What::Declaration(symbol.kind)),
                    tags: None,
                    container_name: Some(symbol.kind.word().to_owned()),
                    location: OneOf::Left(location),
                    data: None,
                });
            }
        }
        Ok(Some(WorkspaceSymbolResponse::Nested(found)))
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.ask(&params.text_document.uri, |view, file| {
            let range = view.ranges(file);
            folding::folding(&view.snapshot, file).into_iter().map(|(s, fold)| answers::fold(range(s), fold)).collect()
        })
        .await
    }

    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        let positions = params.positions;
        self.ask(&params.text_document.uri, move |view, file| {
            let range = view.ranges(file);
            let grow = |position: &Position| {
                let spans = selection::selection(&view.snapshot, place(view, file, *position));
                let nested = spans.into_iter().rev().fold(None, |parent: Option<SelectionRange>, span| {
                    Some(SelectionRange { range: range(span), parent: parent.map(Box::new) })
                });
                nested.unwrap_or(SelectionRange { range: Range::new(*position, *position), parent: None })
            };
            positions.iter().map(grow).collect()
        })
        .await
    }

    async fn semantic_tokens_full(&self, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
        let uri = params.text_document.uri;
        let found = self.ask(&uri, |view, file| answers::tokens(view, file, None)).await?;
        Ok(found.map(|data| SemanticTokensResult::Tokens(self.remember(&uri, data))))
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        let uri = params.text_document.uri;
        let Some(data) = self.ask(&uri, |view, file| answers::tokens(view, file, None)).await? else {
            return Ok(None);
        };
        let before = self.remembered(&uri, &params.previous_result_id);
        let tokens = self.remember(&uri, data);
        Ok(Some(match before {
            Some(before) => SemanticTokensFullDeltaResult::TokensDelta(SemanticTokensDelta {
                result_id: tokens.result_id,
                edits: answers::token_edits(&before, &tokens.data),
            }),
            None => SemanticTokensFullDeltaResult::Tokens(tokens),
        }))
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let range = params.range;
        let found = self.ask(&params.text_document.uri, move |view, file| {
            let span = view.span(file, range);
            SemanticTokens { result_id: None, data: answers::tokens(view, file, Some(span)) }
        });
        Ok(found.await?.map(SemanticTokensRangeResult::Tokens))
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.ask(&params.text_document.uri, |view, file| {
            let range = view.ranges(file);
            let link = |(span, target): (_, links::Target)| DocumentLink {
                range: range(span),
                target: view.target(&target),
                tooltip: None,
                data: None,
            };
            links::links(&view.snapshot, file).into_iter().map(link).collect()
        })
        .await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        self.ask_at(params.text_document_position_params, |view, place| {
            let found = signature::signature(&view.snapshot, place)?;
            Some(answers::signature(found))
        })
        .await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        let range = params.range;
        self.ask_typed(&params.text_document.uri, range, move |view, file| {
            let lines = view.lines(file);
            let text = view.snapshot.text(file);
            let hints = inlay::hints(&view.snapshot, view.span(file, range));
            hints.into_iter().map(|h| answers::hint(lines.position(text, h.offset, view.encoding), h)).collect()
        })
        .await
    }

    async fn prepare_rename(&self, params: TextDocumentPositionParams) -> Result<Option<PrepareRenameResponse>> {
        let answered = self.ask_whole(params, |view, place| {
            Some(rename::prepare(&view.snapshot, place).map(|span| PrepareRenameResponse::Range(view.range(span))))
        });
        answered.await?.transpose().map_err(refused)
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let new = params.new_name;
        let answered = self.ask_whole(params.text_document_position, move |view, place| {
            Some(rename::rename(&view.snapshot, place, &new).map(|edits| view.workspace_edit(&edits)))
        });
        answered.await?.transpose().map_err(refused)
    }

    async fn linked_editing_range(&self, params: LinkedEditingRangeParams) -> Result<Option<LinkedEditingRanges>> {
        self.ask_at(params.text_document_position_params, |view, place| {
            let ranges: Vec<Range> =
                rename::linked(&view.snapshot, place).into_iter().map(|span| view.range(span)).collect();
            (!ranges.is_empty()).then_some(LinkedEditingRanges { ranges, word_pattern: None })
        })
        .await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        self.ask_whole(params.text_document_position_params, |view, place| {
            let stop = hierarchy::prepare(&view.snapshot, place)?;
            Some(vec![view.stop(&stop)?])
        })
        .await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        let name = params.item.name;
        self.ask(&params.item.uri, move |view, _| {
            let call = |stop: &hierarchy::Stop| {
                let from_ranges = stop.places.iter().map(|s| view.range(*s)).collect();
                Some(CallHierarchyIncomingCall { from: view.stop(stop)?, from_ranges })
            };
            hierarchy::incoming(&view.snapshot, &name).iter().filter_map(call).collect()
        })
        .await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        let name = params.item.name;
        self.ask(&params.item.uri, move |view, _| {
            let call = |stop: &hierarchy::Stop| {
                let from_ranges = stop.places.iter().map(|s| view.range(*s)).collect();
                Some(CallHierarchyOutgoingCall { to: view.stop(stop)?, from_ranges })
            };
            hierarchy::outgoing(&view.snapshot, &name).iter().filter_map(call).collect()
        })
        .await
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let snippets = self.state().abilities.snippets;
        let TextDocumentPositionParams { text_document, position } = params.text_document_position;
        let uri = text_document.uri.clone();
        let answered = self.ask_now(&text_document.uri, move |view, file| {
            let (span, found) = completion::completion(&view.snapshot, place(view, file, position));
            let range = view.range(span);
            let to = answers::Completing { view, file, uri: &uri, range, snippets };
            let items = found.into_iter().map(|c| to.item(c)).collect();
            CompletionResponse::List(CompletionList { is_incomplete: false, items })
        });
        answered.await
    }

    async fn completion_resolve(&self, mut item: CompletionItem) -> Result<CompletionItem> {
        let Some((uri, about)) = item.data.as_ref().and_then(answers::about) else { return Ok(item) };
        let text = match about {
            Ok(text) => Some(text),
            Err(about) => self.ask(&uri, move |view, _| completion::resolve(&view.snapshot, &about)).await?.flatten(),
        };
        item.documentation =
            text.map(|value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value }));
        Ok(item)
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let asked = self.asked(&params.text_document.uri);
        let world = self.settled(asked.revision).await?;
        let before = params.previous_result_id;
        let now = (self.options.now)();
        let report = tokio::task::spawn_blocking(move || {
            let found = analysis::findings_of(&world, &asked.documents, asked.encoding, &now, &asked.path);
            let id = analysis::fingerprint(&found);
            if before.as_ref() == Some(&id) {
                let same = UnchangedDocumentDiagnosticReport { result_id: id };
                let same = RelatedUnchangedDocumentDiagnosticReport {
                    related_documents: None,
                    unchanged_document_diagnostic_report: same,
                };
                return DocumentDiagnosticReport::Unchanged(same);
            }
            DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
                related_documents: None,
                full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id: Some(id), items: found },
            })
        });
        let report = report.await.map_err(|_| Error::internal_error())?;
        Ok(DocumentDiagnosticReportResult::Report(report))
    }

    async fn workspace_diagnostic(&self, params: WorkspaceDiagnosticParams) -> Result<WorkspaceDiagnosticReportResult> {
        let (revision, encoding, documents) = {
            let state = self.state();
            (state.revision, state.encoding, state.documents.clone())
        };
        let world = self.settled(revision).await?;
        let now = (self.options.now)();
        let items = tokio::task::spawn_blocking(move || {
            let known: BTreeMap<String, String> =
                params.previous_result_ids.into_iter().map(|p| (p.uri.as_str().to_owned(), p.value)).collect();
            analysis::workspace_reports(&world, &documents, encoding, &now, &known)
        });
        let items = items.await.map_err(|_| Error::internal_error())?;
        Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }))
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let range = params.range;
        let only = params.context.only;
        let asked = self.asked(&params.text_document.uri);
        let world = self.settled(asked.revision).await?;
        self.answer(asked, world, move |view, file| {
            let span = view.span(file, range);
            let mut found = actions::actions(&view.snapshot, span);
            found.extend(actions::fill_test(&view.snapshot, span));
            let found = found.iter().map(|action| view.action(action)).collect::<Vec<_>>();
            let wanted = |a: &CodeAction| match (&only, &a.kind) {
                (Some(only), Some(kind)) => only.iter().any(|o| answers::is_kind(kind, o)),
                _ => true,
            };
            found.into_iter().filter(wanted).map(CodeActionOrCommand::CodeAction).collect()
        })
        .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let uri = params.text_document.uri.clone();
        self.ask(&params.text_document.uri, move |view, file| {
            let range = view.ranges(file);
            let found = lens::lenses(&view.snapshot, file);
            found.iter().map(|l| answers::lens(&uri, range(l.span), l)).collect()
        })
        .await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let said = params.arguments.into_iter().next().unwrap_or_default();
        let mut said: Command = serde_json::from_value(said).map_err(|e| refused(e.to_string()))?;
        let name = said.name.take();
        match lens::Does::ALL.into_iter().find(|does| does.command() == params.command) {
            Some(lens::Does::RunTest) => self.run_tests(said.uri, name).await.map(Some),
            Some(lens::Does::Preview) => {
                self.preview(Preview { uri: said.uri, environment: name, path: None }).await.map(Some)
            }
            Some(lens::Does::Calendar) => self.calendar(said.uri, name.unwrap_or_default()).await.map(Some),
            Some(lens::Does::Graph) => self.graph(Graph { uri: said.uri, focus: None }).await.map(Some),
            None => Err(refused(format!("there is no command `{}`", params.command))),
        }
    }

    async fn will_rename_files(&self, params: RenameFilesParams) -> Result<Option<WorkspaceEdit>> {
        let (revision, encoding, documents) = {
            let state = self.state();
            (state.revision, state.encoding, state.documents.clone())
        };
        let world = self.world(revision).await?;
        let now = (self.options.now)();
        let mut edits = Vec::new();
        for project in world.projects.values() {
            let snapshot = Snapshot { project: project.compilation.clone(), types: None, now: now.clone() };
            let view = View { snapshot, is_whole: project.is_whole, encoding, documents: documents.clone() };
            for file in &params.files {
                let module = |uri: &str| actions::module_of(&view.snapshot, &uris::path(&uri.parse().ok()?));
                if let (Some(from), Some(to)) = (module(&file.old_uri), module(&file.new_uri)) {
                    edits.extend(view.document_edits(&actions::renamed_module(&view.snapshot, &from, &to)));
                }
            }
        }
        let changes = (!edits.is_empty()).then_some(DocumentChanges::Edits(edits));
        Ok(changes.map(|c| WorkspaceEdit { document_changes: Some(c), ..WorkspaceEdit::default() }))
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let answered = self.ask(&params.text_document.uri, |view, file| {
            Some(view.edits(file, &format::document(&view.snapshot, file)?))
        });
        Ok(answered.await?.flatten())
    }

    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let range = params.range;
        let answered = self.ask(&params.text_document.uri, move |view, file| {
            Some(view.edits(file, &format::range(&view.snapshot, view.span(file, range))?))
        });
        Ok(answered.await?.flatten())
    }

    async fn on_type_formatting(&self, params: DocumentOnTypeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let typed = params.ch.chars().next().unwrap_or('\n');
        self.ask_at(params.text_document_position, move |view, place| {
            Some(view.edits(place.file, &format::on_type(&view.snapshot, place.file, place.offset, typed)?))
        })
        .await
    }
}

/// An answer with more symbols helps nobody.
const MOST_SYMBOLS: usize = 2000;

/// The client's folders.
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let named = params.workspace_folders.iter().flatten().map(|f| &f.uri);
    let mut folders: Vec<PathBuf> = named.map(uris::path).collect();
    #[expect(deprecated, reason = "older clients say nothing else")]
    if let (true, Some(root)) = (folders.is_empty(), &params.root_uri) {
        folders.push(uris::path(root));
    }
    folders.retain(|f| !uris::is_nowhere(f));
    folders
}

/// What cannot be done, said to the user.
pub fn refused(why: String) -> Error {
    Error { code: ErrorCode::InvalidParams, message: why.into(), data: None }
}
