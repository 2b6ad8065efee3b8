//! The pages of the diagnostics, embedded.

use hxp_diagnostics::Code;
use include_dir::{Dir, include_dir};

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../docs/errors");

/// The page of a code, in Markdown.
pub fn page(code: Code) -> String {
    let embedded = PAGES.get_file(format!("{}.md", code.id())).and_then(|f| f.contents_utf8());
    embedded.map_or_else(|| format!("# {}: {}\n", code.id(), code.title()), str::to_owned)
}
