//! What the client has said: its open documents, its folders, what it can do.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tower_lsp_server::ls_types::{ClientCapabilities, TextDocumentContentChangeEvent, Uri};

use crate::positions::{Encoding, Lines};

/// An open document.
#[derive(Clone, Debug)]
pub struct Document {
    /// As the client names it.
    pub uri: Uri,
    /// The client's number of this text.
    pub version: i32,
    /// Its text.
    pub text: Arc<str>,
    /// The lines of the text.
    pub lines: Arc<Lines>,
}

impl Document {
    /// A document as it was opened.
    pub fn new(uri: Uri, version: i32, text: String) -> Self {
        let lines = Arc::new(Lines::new(&text));
        Self { uri, version, text: text.into(), lines }
    }

    /// The document after some edits, each about the text that those before it left.
    #[must_use]
    pub fn edited(&self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) -> Self {
        let mut text = self.text.to_string();
        let mut lines = (*self.lines).clone();
        for change in changes {
            match change.range {
                None => text = change.text,
                Some(range) => {
                    let bytes = lines.bytes(&text, range, encoding);
                    text.replace_range(bytes.start as usize..bytes.end as usize, &change.text);
                }
            }
            lines = Lines::new(&text);
        }
        Self { uri: self.uri.clone(), version, text: text.into(), lines: Arc::new(lines) }
    }
}

/// What the client can do beyond the least.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an ability of its own")]
pub struct Abilities {
    /// It asks for diagnostics by itself, and again when told; then they are not pushed too, for it would show both.
    pub pulls: bool,
    /// It watches files when asked to.
    pub watches: bool,
    /// It can fill in snippets.
    pub snippets: bool,
    /// It nests document symbols.
    pub nested_symbols: bool,
    /// It shows what is under way.
    pub progress: bool,
}

impl Abilities {
    /// What the client says of itself.
    pub fn of(said: &ClientCapabilities) -> Self {
        let text = said.text_document.as_ref();
        let workspace = said.workspace.as_ref();
        let watches = workspace.and_then(|w| w.did_change_watched_files.as_ref());
        let item = text.and_then(|t| t.completion.as_ref()).and_then(|c| c.completion_item.as_ref());
        let refreshes = workspace.and_then(|w| w.diagnostics.as_ref()).and_then(|d| d.refresh_support);
        let window = said.window.as_ref();
        let symbols = text.and_then(|t| t.document_symbol.as_ref());
        Self {
            pulls: text.is_some_and(|t| t.diagnostic.is_some()) && refreshes == Some(true),
            watches: watches.and_then(|w| w.dynamic_registration) == Some(true),
            snippets: item.and_then(|i| i.snippet_support) == Some(true),
            progress: window.and_then(|w| w.work_done_progress) == Some(true),
            nested_symbols: symbols.and_then(|s| s.hierarchical_document_symbol_support) == Some(true),
        }
    }
}

/// Everything the client has said so far.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Grows with everything that can change an answer.
    pub revision: u64,
    /// How it counts characters.
    pub encoding: Encoding,
    /// What it can do.
    pub abilities: Abilities,
    /// Its folders.
    pub folders: Vec<PathBuf>,
    /// Its open documents by path.
    pub documents: Arc<BTreeMap<PathBuf, Document>>,
}
