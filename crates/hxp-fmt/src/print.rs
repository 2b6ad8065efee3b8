//! Tokens with the space that belongs between them.

use hxp_diagnostics::FileId;
use hxp_syntax::words::is_reserved;
use hxp_syntax::{Token, TokenKind as T, lex};

use crate::marks::Marks;

/// Spaces for each level.
const STEP: usize = 2;

/// An open bracket.
#[derive(Clone, Copy)]
struct Open {
    /// How far its line is indented, in levels.
    indent: usize,
    /// Whether it is the brace of an import.
    tight: bool,
}

struct Printer<'a> {
    text: &'a str,
    marks: &'a Marks,
    tokens: Vec<Token>,
    out: String,
    open: Vec<Open>,
    /// How far the current line is indented, in levels.
    indent: usize,
}

pub(crate) fn print(file: FileId, text: &str, marks: &Marks) -> String {
    let tokens = merge(lex(file, text), marks);
    let out = String::with_capacity(text.len() + text.len() / 8);
    Printer { text, marks, tokens, out, open: Vec::new(), indent: 0 }.run()
}

/// A Kubernetes kind becomes one token, and the end of a type is cut off an `=` that is glued to it.
fn merge(tokens: Vec<Token>, marks: &Marks) -> Vec<Token> {
    let mut merged: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut kind_end = 0;
    for token in tokens {
        if token.start < kind_end {
            continue;
        }
        if let Some(end) = marks.kinds.get(&token.start) {
            kind_end = *end;
            merged.push(Token { kind: T::Word, end: kind_end, ..token });
        } else if token.kind == T::GreaterEq && type_end(marks, token.start) == Some(token.start + 1) {
            merged.push(Token { kind: T::Greater, end: token.start + 1, ..token });
            merged.push(Token { kind: T::Assign, start: token.start + 1, ..token });
        } else {
            merged.push(token);
        }
    }
    merged
}

/// Where the type ends that `at` lies in.
fn type_end(marks: &Marks, at: u32) -> Option<u32> {
    marks.types.range(..=at).next_back().map(|(_, end)| *end).filter(|end| at < *end)
}

impl Printer<'_> {
    fn run(mut self) -> String {
        let tokens = std::mem::take(&mut self.tokens);
        let mut before: Option<Token> = None;
        for (i, token) in tokens.iter().enumerate() {
            let breaks = before.map_or(0, |b| self.line_breaks(b, *token));
            let closed = if token.kind.is_close() { self.open.pop() } else { None };
            match before {
                None => {}
                Some(b) if breaks > 0 => {
                    self.indent = match closed {
                        Some(open) => open.indent,
                        None => self.indent_of(tokens.get(i..).unwrap_or(&[])),
                    };
                    let blank = breaks > 1 && !b.kind.is_open() && !token.kind.is_close();
                    self.out.push_str(if blank { "\n\n" } else { "\n" });
                    self.out.extend(std::iter::repeat_n(' ', STEP * self.indent));
                }
                Some(b) => {
                    let earlier = i.checked_sub(2).and_then(|e| tokens.get(e)).copied();
                    self.out.push_str(self.space(earlier, b, *token, closed));
                }
            }
            self.out.push_str(token.text(self.text).trim_end());
            if token.kind.is_open() {
                let tight = before.is_some_and(|b| b.kind == T::Dot);
                self.open.push(Open { indent: self.indent, tight });
            }
            before = Some(*token);
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }

    /// How many line breaks lie between two tokens.
    fn line_breaks(&self, a: Token, b: Token) -> usize {
        let between = self.text.get(a.end as usize..b.start as usize).unwrap_or("");
        between.bytes().filter(|b| *b == b'\n').count()
    }

    /// How far the line is indented that begins with the first of `tokens`.
    fn indent_of(&self, tokens: &[Token]) -> usize {
        let base = self.open.last().map_or(0, |o| o.indent + 1);
        let first = tokens.iter().find(|t| t.kind != T::Comment);
        match first {
            Some(t) if !t.kind.is_close() && t.kind != T::Doc && !self.marks.starts.contains(&t.start) => base + 1,
            _ => base,
        }
    }

    /// What stands between two tokens of one line.
    fn space(&self, earlier: Option<Token>, a: Token, b: Token, closed: Option<Open>) -> &'static str {
        if b.kind.is_comment() {
            return "  ";
        }
        let inside_type = type_end(self.marks, a.start).is_some() && type_end(self.marks, b.start).is_some();
        let tight = match (a.kind, b.kind) {
            (_, T::Comma | T::Semicolon | T::Colon | T::Dot | T::CloseParen | T::CloseBracket | T::Question) => true,
            (T::Dot | T::Ellipsis | T::At | T::OpenParen | T::OpenBracket, _) => true,
            (T::OpenBrace, T::CloseBrace) => true,
            (T::OpenBrace, _) => self.open.last().is_some_and(|o| o.tight),
            (_, T::CloseBrace) => closed.is_some_and(|o| o.tight),
            (T::DotDot, _) => !self.marks.wide_ranges.contains(&a.start),
            (_, T::DotDot) => !self.marks.wide_ranges.contains(&b.start),
            (T::Minus, _) if self.marks.signs.contains(&a.start) => true,
            (T::Word, T::OpenParen | T::OpenBracket) => self.is_called(earlier, a),
            (T::CloseParen | T::CloseBracket | T::CloseBrace | T::Str, T::OpenParen | T::OpenBracket) => true,
            (kind, T::OpenParen | T::OpenBracket) if kind.is_number() => true,
            (T::Less, _) | (_, T::Less | T::Greater) => inside_type,
            _ => false,
        };
        if tight { "" } else { " " }
    }

    /// Whether a bracket behind the word calls it or takes a part of it.
    fn is_called(&self, earlier: Option<Token>, word: Token) -> bool {
        let is_field = earlier.is_some_and(|e| e.kind == T::Dot);
        is_field || !(is_reserved(word.text(self.text)) || self.marks.heads.contains(&word.start))
    }
}
