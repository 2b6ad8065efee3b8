//! The hxp formatter.
//!
//! It works on tokens: the line breaks between them are the author's and stay, the space between them and the
//! indentation are the formatter's. Nothing is aligned, so that a change of one line changes one line. The tree says
//! what tokens alone do not: where entries begin, which `<` belongs to a type, which `-` is a sign.
#![warn(clippy::disallowed_methods)]

mod marks;
mod print;

use hxp_diagnostics::{Diagnostic, FileId};

/// The text in the usual form, or what is wrong with it: a text with errors is not touched.
///
/// Formatting what is formatted changes nothing, and neither the meaning nor a comment is ever changed.
pub fn format(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = hxp_syntax::parse(file, text);
    if parsed.has_errors() {
        return Err(parsed.diagnostics);
    }
    let marks = marks::Marks::of(&parsed.tree);
    Ok(print::print(file, text, &marks))
}
