//! What an editor asks of a policy, in byte offsets and strings.
//!
//! Every feature is a function from a [`Snapshot`] to an answer, in a file of its own. Nothing here knows a protocol,
//! touches a file or asks for the time.
#![warn(clippy::disallowed_methods)]

pub mod actions;
mod chart;
pub mod completion;
pub mod context;
pub mod diagnostics;
pub mod folding;
pub mod format;
pub mod hierarchy;
pub mod hover;
pub mod inlay;
mod kubernetes;
pub mod lens;
pub mod links;
pub mod names;
pub mod navigate;
pub mod node;
pub mod preview;
pub mod rename;
pub mod resolve;
pub mod selection;
pub mod shape;
pub mod signature;
pub mod symbols;
pub mod testing;
pub mod tokens;
pub mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hxp_diagnostics::{FileId, SourceFile, Span};
use hxp_driver::{Compilation, Types};
use hxp_syntax::Parsed;
use hxp_syntax::ast::Tree;
use jiff::Zoned;

pub use hxp_policy::Kind;

/// A project as it was at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Everything that is known of the project.
    pub project: Arc<Compilation>,
    /// The types and values of the expressions of the file that is asked about.
    pub types: Option<Arc<Types>>,
    /// The moment, in the zone of who asks.
    pub now: Zoned,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The byte before which the cursor stands.
    pub offset: u32,
}

impl Snapshot {
    /// The file at an absolute path.
    pub fn file(&self, path: &Path) -> Option<FileId> {
        let relative = path.strip_prefix(&self.project.project.root).ok()?;
        let relative = relative.to_str()?.replace('\\', "/");
        self.project.sources.iter().find(|(_, f)| f.path() == relative.as_str()).map(|(id, _)| id)
    }

    /// Where a file lies; `None` for what lies nowhere, such as the standard library.
    pub fn path(&self, file: FileId) -> Option<PathBuf> {
        let path = self.project.sources.get(file)?.path();
        (!path.starts_with('<')).then(|| self.project.project.root.join(path.as_str()))
    }

    /// A file's path and text.
    pub fn source(&self, file: FileId) -> Option<&SourceFile> {
        self.project.sources.get(file)
    }

    /// A file's text.
    pub fn text(&self, file: FileId) -> &str {
        self.source(file).map_or("", |f| f.text())
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.project.sources.slice(span)
    }

    /// What was read of a file of the project or of a module.
    pub fn parsed(&self, file: FileId) -> Option<&Parsed> {
        let own = self.project.files.iter().find(|f| f.id == file).map(|f| &*f.parsed);
        own.or_else(|| self.project.modules.iter().find(|m| m.id == file).map(|m| &*m.parsed))
    }

    /// A file's tree.
    pub fn tree(&self, file: FileId) -> Option<&Tree> {
        self.parsed(file).map(|p| &p.tree)
    }

    /// Whether a file is one of the project's own.
    pub fn is_own(&self, file: FileId) -> bool {
        self.project.files.iter().any(|f| f.id == file)
    }
}

/// The text of a module of the standard library: `gates`.
pub fn module_text(name: &str) -> Option<&'static str> {
    hxp_analysis::stdlib::module(&format!("std.{}", name.replace('/', ".")))
}

/// A span that covers another.
pub(crate) fn covers(whole: Span, part: Span) -> bool {
    whole.file == part.file && whole.start <= part.start && part.end <= whole.end
}

impl Snapshot {
    /// The expression behind the `=` of a declaration.
    pub(crate) fn body(&self, of: &hxp_analysis::index::Definition) -> Option<Span> {
        match &self.decl(of)?.body {
            hxp_syntax::ast::Body::Expr(expr) => Some(expr.span),
            _ => None,
        }
    }

    /// The tree of a declaration.
    pub(crate) fn decl(&self, of: &hxp_analysis::index::Definition) -> Option<&hxp_syntax::ast::Decl> {
        let items = &self.tree(of.span.file)?.items;
        items.iter().find(|i| i.span == of.span).and_then(|item| match &item.kind {
            hxp_syntax::ast::ItemKind::Decl(decl) => Some(&**decl),
            hxp_syntax::ast::ItemKind::Use(_) => None,
        })
    }
}
