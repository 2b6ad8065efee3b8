//! Source files, byte spans, and the **one** [`Diagnostic`] type that every stage speaks and every renderer reads.
//!
//! Nothing here knows the language. A stage creates diagnostics with a [`Code`] of the [`codes`] registry; only `hxpc`
//! and the language server turn them into text for a reader.

pub mod codes;
mod diagnostic;
mod source;
mod suggest;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity, sort_and_dedup};
pub use source::{FileId, LineIndex, Location, SourceFile, Sources, Span, Spanned};
pub use suggest::{list_names, nearest, slip};
