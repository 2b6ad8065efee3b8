//! The hxp parser: [`parse`] gives a [`Tree`] *and* all the diagnostics, always both.
//!
//! `grammar/hxp.pest` is the written definition of the language; the production parser here is held to it by a
//! differential test. The parser is written by hand for speed and for the words of its diagnostics: a lexer
//! ([`lex`]), a pass that matches the brackets and mends them by the layout, and recursive descent over tokens in
//! which every bracket has its partner, so that a mistake stays inside its bracket.
#![warn(clippy::disallowed_methods)]

mod again;
pub mod ast;
mod brackets;
mod lexer;
mod literal;
mod parser;
pub mod sexpr;
mod shift;
pub mod words;

use std::ops::Range;

use hxp_diagnostics::{Diagnostic, FileId, Span, codes, sort_and_dedup};

pub use again::{common, parse_again};
pub use ast::Tree;
use lexer::Lexed;
pub use lexer::{Token, TokenKind, lex};
pub use literal::{dates_meant, is_unit, usual_unit};
pub use words::{HEADS, KINDS, RESERVED};

/// How deep brackets may nest.
pub const MAX_NESTING: usize = 200;

/// How high an expression tree may be: consumers may recurse over it.
pub const MAX_HEIGHT: u32 = 500;

/// The longest text that is read, in bytes.
pub const MAX_TEXT: usize = 16 << 20;

/// How many diagnostics of one file are reported.
pub const MAX_DIAGNOSTICS: usize = 1000;

/// What a text says, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The tree; where something could not be read, it is left out or an [`ast::ExprKind::Error`].
    pub tree: Tree,
    /// The comments, in order; doc comments are in the tree.
    pub comments: Vec<Span>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether the text is no policy.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads a text. Never fails and never panics: there is always a tree of what could be read.
pub fn parse(file: FileId, text: &str) -> Parsed {
    if text.len() > MAX_TEXT {
        let found = Diagnostic::new(codes::FILE_TOO_LARGE, Span::new(file, 0, 0), "the file is too large for a policy")
            .help(format!("a file may have up to {} MiB; split the policy into modules", MAX_TEXT >> 20));
        return Parsed { diagnostics: vec![found], ..Parsed::default() };
    }
    read(file, text, 0..text.len()).unwrap_or_default()
}

/// Reads what lies at `place` in a text; `None` when a token there goes on behind it.
fn read(file: FileId, text: &str, place: Range<usize>) -> Option<Parsed> {
    let end = place.end;
    let Lexed { mut tokens, mut diagnostics, hopeless } = lexer::lex_all(file, text, place);
    let comments = tokens.iter().filter(|t| t.kind == TokenKind::Comment).map(|t| t.span(file)).collect();
    if let Some(bracket) = hopeless {
        diagnostics.push(too_deep(bracket.span(file)));
        return Some(Parsed { tree: Tree::default(), comments, diagnostics });
    }
    if tokens.last().is_some_and(|t| t.end as usize > end) {
        return None;
    }
    let docs: Vec<Token> = tokens.iter().copied().filter(|t| t.kind == TokenKind::Doc).collect();
    tokens.retain(|t| !t.kind.is_comment());
    let balanced = brackets::balance(file, text, tokens, &mut diagnostics);
    let tree = parser::Parser::new(file, text, balanced, docs, &mut diagnostics).file();
    sort_and_dedup(&mut diagnostics);
    Some(Parsed { tree, comments, diagnostics })
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(codes::TOO_DEEP, span, format!("brackets are nested deeper than {MAX_NESTING} levels"))
        .help("name a part of it with `let` and use the name")
}
