//! The grammar of hxp for tree-sitter, as editors and other programs load it.
//!
//! `grammar.js` is written by hand; `src/` is generated from it (`cargo run -p tree-sitter-hxp --example generate`).

use tree_sitter_language::LanguageFn;

#[expect(unsafe_code, reason = "the generated parser is C")]
unsafe extern "C" {
    fn tree_sitter_hxp() -> *const ();
}

/// The language, for `tree_sitter::Parser::set_language`.
#[expect(unsafe_code, reason = "the function is the one that tree-sitter generated, of the type that it documents")]
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_hxp) };

/// What to colour how.
pub const HIGHLIGHTS_QUERY: &str = include_str!("../../queries/highlights.scm");
/// Other languages within strings.
pub const INJECTIONS_QUERY: &str = include_str!("../../queries/injections.scm");
/// Names, where they are declared and where they are used.
pub const LOCALS_QUERY: &str = include_str!("../../queries/locals.scm");
/// What can be folded.
pub const FOLDS_QUERY: &str = include_str!("../../queries/folds.scm");
/// What stands deeper.
pub const INDENTS_QUERY: &str = include_str!("../../queries/indents.scm");
/// The kinds of nodes.
pub const NODE_TYPES: &str = include_str!("../../src/node-types.json");
