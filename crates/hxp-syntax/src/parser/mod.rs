//! Recursive descent over matched tokens.
//!
//! After a mistake the parser is *lost*: it sees no further token and says nothing more, so every open function comes
//! to its end by itself. The nearest place that can go on (the end of a bracket, the next element, entry or item) finds
//! itself again with [`Parser::recover`].

mod entry;
mod expr;
mod foreign;
mod item;
mod slips;
mod slot;

use hxp_diagnostics::{Diagnostic, FileId, Span, codes};

use crate::ast::{Attr, Doc, Ident, Path, StrLit};
use crate::brackets::{Balanced, line_start, same_line};
use crate::lexer::{Token, TokenKind};
use crate::words::is_reserved;
use crate::{MAX_DIAGNOSTICS, MAX_NESTING};

pub(crate) struct Parser<'a> {
    file: FileId,
    text: &'a str,
    tokens: Vec<Token>,
    close: Vec<u32>,
    docs: std::iter::Peekable<std::vec::IntoIter<Token>>,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The token that is next.
    pos: usize,
    /// Where the innermost bracket ends; nothing is read from there on.
    limit: usize,
    /// Whether a mistake was met and no place to go on was found yet.
    lost: bool,
    /// Mistakes are not told inside a parenthesis or list whose end had to be guessed.
    mute: usize,
    /// How many brackets, quantifiers and conditions are open.
    depth: usize,
    /// The greatest height of the expressions read since it was last set to zero.
    tallest: u32,
    /// Too great a depth or height is told once.
    told_too_deep: bool,
    /// What is expected where the next operand begins.
    noun: &'static str,
    /// Whether the facts of a test are read.
    in_given: bool,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(
        file: FileId,
        text: &'a str,
        balanced: Balanced,
        docs: Vec<Token>,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let limit = balanced.tokens.len();
        Self {
            file,
            text,
            tokens: balanced.tokens,
            close: balanced.close,
            docs: docs.into_iter().peekable(),
            diagnostics,
            pos: 0,
            limit,
            lost: false,
            mute: 0,
            depth: 0,
            tallest: 0,
            told_too_deep: false,
            noun: VALUE,
            in_given: false,
        }
    }

    // ── reading

    /// The kind of the next token.
    fn peek(&self) -> TokenKind {
        self.kind_at(self.pos)
    }

    /// The kind of the token after the next.
    fn peek2(&self) -> TokenKind {
        self.kind_at(self.pos + 1)
    }

    fn kind_at(&self, at: usize) -> TokenKind {
        if self.lost || at >= self.limit {
            return TokenKind::End;
        }
        self.tokens.get(at).map_or(TokenKind::End, |t| t.kind)
    }

    /// The token `at`, in whatever bracket; behind the last one an empty token at the end.
    fn token_at(&self, at: usize) -> Token {
        self.tokens.get(at).copied().unwrap_or_else(|| {
            let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
            Token { kind: TokenKind::End, start: end, end }
        })
    }

    fn current(&self) -> Token {
        self.token_at(self.pos)
    }

    /// The token before the next one.
    fn previous(&self) -> Option<Token> {
        self.pos.checked_sub(1).map(|p| self.token_at(p))
    }

    fn text_at(&self, at: usize) -> &'a str {
        self.token_at(at).text(self.text)
    }

    /// The next token's text if it is a word.
    fn word(&self) -> Option<&'a str> {
        (self.peek() == TokenKind::Word).then(|| self.text_at(self.pos))
    }

    fn at_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    fn bump(&mut self) -> Token {
        let token = self.current();
        self.pos += 1;
        token
    }

    fn eat(&mut self, kind: TokenKind) -> Option<Token> {
        (self.peek() == kind).then(|| self.bump())
    }

    fn eat_word(&mut self, word: &str) -> Option<Token> {
        self.at_word(word).then(|| self.bump())
    }

    fn span(&self, token: Token) -> Span {
        token.span(self.file)
    }

    fn here(&self) -> Span {
        self.span(self.current())
    }

    /// From `start` to the end of what was read.
    fn since(&self, start: u32) -> Span {
        let end = self.previous().map_or(start, |t| t.end);
        Span::new(self.file, start, end.max(start))
    }

    fn source(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Whether the token `at` is the first of its line.
    fn begins_line(&self, at: usize) -> bool {
        line_start(self.text, self.token_at(at)).is_some()
    }

    /// The index behind the token `at`, or behind its closing bracket.
    fn behind(&self, at: usize) -> usize {
        if self.token_at(at).kind.is_open() { self.closing(at) + 1 } else { at + 1 }
    }

    /// The index of the bracket that closes the one `at`.
    fn closing(&self, at: usize) -> usize {
        self.close.get(at).map_or(0, |c| *c as usize).max(at)
    }

    // ── telling

    /// Tells a mistake after which reading goes on.
    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.lost && self.mute == 0 && self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Tells a mistake after which the parser is lost.
    fn fail(&mut self, diagnostic: Diagnostic) {
        self.report(diagnostic);
        self.lost = true;
    }

    /// Goes on from `pos` after a mistake.
    fn recover(&mut self, pos: usize) {
        if self.lost {
            self.lost = false;
            self.pos = pos.min(self.limit);
            self.forget_docs();
        }
    }

    /// Something else was expected here. After it the parser is lost.
    fn expected(&mut self, what: &str) {
        let message = match self.previous().filter(|t| t.kind != TokenKind::End && t.start < t.end) {
            Some(before) => format!("expected {what} after {}", quote(before.text(self.text))),
            None => format!("expected {what}"),
        };
        self.unexpected(message);
    }

    /// Fails with `message` at the next token, or where it is missing.
    fn unexpected(&mut self, message: impl Into<String>) {
        if self.lost {
            return;
        }
        if self.pos < self.limit {
            match self.current().kind {
                TokenKind::Stray => return self.stray(),
                // What is wrong with the literal has been told.
                TokenKind::BadLiteral => {
                    self.lost = true;
                    return;
                }
                _ => {}
            }
        }
        let (span, found) = self.place();
        self.fail(Diagnostic::new(codes::UNEXPECTED, span, message).label(found));
    }

    /// Where the unexpected thing stands, and what it is.
    fn place(&self) -> (Span, String) {
        let next = self.current();
        let before = self.previous();
        let near = before.is_none_or(|b| same_line(self.text, b, next));
        if self.pos >= self.tokens.len() {
            return (before.map_or(self.span(next), |b| self.span(b).after()), "the file ends here".to_owned());
        }
        if next.start == next.end || !near {
            return (before.map_or(self.span(next), |b| self.span(b).after()), "missing here".to_owned());
        }
        (self.span(next), format!("found {}", describe(next, self.text)))
    }

    /// Characters without a meaning; most have been told by the lexer.
    fn stray(&mut self) {
        let span = self.here();
        let text = self.source(span);
        let (message, help) = match text {
            "&&" | "&" => (format!("`{text}` is no operator"), "write `and`"),
            "||" | "|" => (format!("`{text}` is no operator"), "write `or`"),
            "!" => ("`!` is no operator".to_owned(), "write `not`"),
            "%" => ("`%` stands only behind a number, as a unit".to_owned(), "there is no remainder operator"),
            _ => {
                self.lost = true;
                return;
            }
        };
        self.fail(Diagnostic::new(codes::STRAY_CHARACTER, span, message).help(help));
    }

    fn too_deep(&mut self, found: Diagnostic) {
        if !self.told_too_deep {
            self.report(found);
        }
        self.told_too_deep = true;
    }

    // ── brackets

    /// Reads the bracket that opens here with `inner`, which sees nothing behind it. Whatever goes wrong inside stays
    /// inside. `None` when it is nested too deep; then it is skipped.
    fn bracket<R>(&mut self, inner: impl FnOnce(&mut Self) -> R) -> Option<R> {
        let open = self.current();
        let close = self.closing(self.pos).min(self.limit);
        if self.depth >= MAX_NESTING {
            self.too_deep(crate::too_deep(self.span(open)));
            self.pos = (close + 1).min(self.limit);
            self.forget_docs();
            return None;
        }
        let guessed = open.kind != TokenKind::OpenBrace && {
            let end = self.token_at(close);
            end.start == end.end
        };
        let outer = std::mem::replace(&mut self.limit, close);
        self.depth += 1;
        self.mute += usize::from(guessed);
        self.pos += 1;
        let result = inner(self);
        if !self.lost && self.pos < close {
            let closer = match open.kind {
                TokenKind::OpenBrace => "`}`",
                TokenKind::OpenParen => "`)`",
                _ => "`]`",
            };
            self.expected(closer);
        }
        self.recover(close);
        self.mute -= usize::from(guessed);
        self.depth -= 1;
        self.limit = outer;
        self.pos = (close + 1).min(self.limit);
        Some(result)
    }

    /// Goes one level deeper without a bracket.
    fn deeper<R>(&mut self, inner: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.depth >= MAX_NESTING {
            self.too_deep(crate::too_deep(self.here()));
            self.lost = true;
            return None;
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        Some(result)
    }

    /// Elements with commas between them up to the end of the bracket. A broken element costs only itself.
    fn elements<T>(&mut self, what: &str, mut each: impl FnMut(&mut Self) -> Option<T>) -> Vec<T> {
        let mut list = Vec::new();
        while self.peek() != TokenKind::End {
            let before = self.pos;
            list.extend(each(self));
            if !self.lost && self.peek() != TokenKind::End && self.peek() != TokenKind::Comma {
                if self.pos > before && self.begins_operand(self.pos) {
                    self.missing_comma(what);
                    continue;
                }
                self.expected("`,`");
            }
            self.recover(self.next_comma(before));
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        list.shrink_to_fit();
        list
    }

    pub(super) fn missing_comma(&mut self, what: &str) {
        let Some(before) = self.previous() else { return };
        let span = self.here();
        let place = self.span(before).after();
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, format!("expected `,` between {what}"))
                .label("a comma is missing before this")
                .fix("put a comma", place, ","),
        );
    }

    /// The next comma of this bracket, or its end.
    fn next_comma(&self, least: usize) -> usize {
        let mut at = self.pos.max(least);
        while at < self.limit && self.token_at(at).kind != TokenKind::Comma {
            at = self.behind(at);
        }
        at.min(self.limit)
    }

    /// Whether an operand can begin with the token `at`.
    fn begins_operand(&self, at: usize) -> bool {
        match self.kind_at(at) {
            TokenKind::Word => {
                let word = self.text_at(at);
                !is_reserved(word) || matches!(word, "all" | "any" | "if" | "not" | "true" | "false" | "none")
            }
            TokenKind::Str | TokenKind::OpenBrace | TokenKind::OpenBracket | TokenKind::OpenParen => true,
            kind => kind.is_number(),
        }
    }

    // ── names and strings

    fn ident(&self, token: Token) -> Ident {
        Ident { text: token.text(self.text).into(), span: self.span(token) }
    }

    /// A name of what `what` says.
    fn name(&mut self, what: &str) -> Option<Ident> {
        match self.word() {
            Some(word) if is_reserved(word) => {
                let token = self.current();
                let usable = matches!(
                    self.peek2(),
                    TokenKind::OpenBrace
                        | TokenKind::OpenParen
                        | TokenKind::Colon
                        | TokenKind::Assign
                        | TokenKind::Comma
                        | TokenKind::Dot
                        | TokenKind::CloseBrace
                        | TokenKind::End
                );
                if !usable {
                    self.expected(what);
                    return None;
                }
                let span = self.span(token);
                self.report(
                    Diagnostic::new(codes::RESERVED_NAME, span, format!("`{word}` is a reserved word, no name"))
                        .help(format!("take another name, such as `{word}_`"))
                        .fix(format!("rename to `{word}_`"), span, format!("{word}_")),
                );
                self.pos += 1;
                Some(self.ident(token))
            }
            Some(_) => {
                let token = self.bump();
                Some(self.ident(token))
            }
            None => {
                self.expected(what);
                None
            }
        }
    }

    /// `name.word.word`
    fn path(&mut self, what: &str) -> Option<Path> {
        let first = self.name(what)?;
        let start = first.span.start;
        let mut segments = vec![first];
        while self.peek() == TokenKind::Dot && self.peek2() == TokenKind::Word {
            self.pos += 1;
            let token = self.bump();
            segments.push(self.ident(token));
        }
        if self.peek() == TokenKind::Dot && self.peek2() != TokenKind::OpenBrace {
            self.pos += 1;
            self.expected("a name");
        }
        Some(Path { segments, span: self.since(start) })
    }

    /// The string in `token`.
    fn string(&self, token: Token) -> StrLit {
        let text = token.text(self.text);
        let (tag, rest) = match text.find('"') {
            Some(n) => text.split_at_checked(n).unwrap_or(("", text)),
            None => ("", text),
        };
        // Quotes of another kind have been told; they are read as if they were right.
        let quotes = ['"', '\'', '“', '”', '„'];
        let body = rest.strip_prefix(quotes).unwrap_or(rest);
        let body = body.strip_suffix(quotes).unwrap_or(body);
        let is_tag = !tag.is_empty() && tag.bytes().all(crate::lexer::is_word_byte);
        let value = if is_tag || !body.contains('\\') { body.into() } else { unescape(body).into() };
        StrLit { tag: is_tag.then(|| Box::new(tag.into())), value, span: self.span(token) }
    }

    // ── docs and attributes

    /// The doc comments right before the next token.
    fn take_docs(&mut self) -> Vec<Doc> {
        let before = self.previous();
        let from = before.map_or(0, |t| t.end);
        let to = self.current().start;
        let mut docs: Vec<Doc> = Vec::new();
        while let Some(token) = self.docs.next_if(|d| d.start < to) {
            if token.start < from {
                self.dangling(token);
                continue;
            }
            if let Some(before) = before.filter(|b| docs.is_empty() && same_line(self.text, *b, token)) {
                self.doc_behind_code(before, token);
            }
            let text = token.text(self.text).trim_start_matches("///");
            let text = text.strip_prefix(' ').unwrap_or(text).trim_end();
            docs.push(Doc { text: text.into(), span: self.span(token) });
        }
        docs
    }

    /// The doc comments before the end of a block or file document nothing.
    fn refuse_docs(&mut self) {
        let to = self.token_at(self.limit).start;
        let mut told = false;
        while let Some(token) = self.docs.next_if(|d| d.start < to) {
            if !told {
                self.dangling(token);
            }
            told = true;
        }
    }

    fn dangling(&mut self, token: Token) {
        let span = self.span(token);
        let slashes = Span { end: span.start + 3, ..span };
        self.report(
            Diagnostic::new(codes::DANGLING_DOC, span, "this doc comment documents nothing")
                .help(
                    "it stands right before a declaration, a property or a statement; a plain comment begins with `//`",
                )
                .fix("make it a plain comment", slashes, "//"),
        );
    }

    fn doc_behind_code(&mut self, before: Token, token: Token) {
        let span = self.span(token);
        let slashes = Span { end: span.start + 3, ..span };
        let mut found = Diagnostic::new(codes::DANGLING_DOC, span, "this doc comment documents what follows it")
            .related(self.span(before), "not what stands before it")
            .help("put it on a line of its own, or make it a plain comment with `//`")
            .fix("make it a plain comment", slashes, "//");
        found.severity = hxp_diagnostics::Severity::Warning;
        self.report(found);
    }

    /// Drops the doc comments of what was skipped.
    fn forget_docs(&mut self) {
        let to = self.previous().map_or(0, |t| t.end);
        while self.docs.next_if(|d| d.start < to).is_some() {}
    }

    fn attrs(&mut self) -> Vec<Attr> {
        let mut attrs = Vec::new();
        while let Some(at) = self.eat(TokenKind::At) {
            if self.peek() != TokenKind::Word {
                self.expected("the name of an attribute");
                break;
            }
            let word = self.bump();
            let name = self.ident(word);
            let args = if self.peek() == TokenKind::OpenParen { self.args() } else { Vec::new() };
            attrs.push(Attr { name, args, span: self.since(at.start) });
        }
        attrs
    }
}

const VALUE: &str = "a value";

/// The text of a token for a message, in backquotes and not too long.
fn quote(text: &str) -> String {
    const MOST: usize = 24;
    if text.chars().count() <= MOST {
        return format!("`{text}`");
    }
    let short: String = text.chars().take(MOST).collect();
    format!("`{short}…`")
}

/// What a token is, for a message.
fn describe(token: Token, source: &str) -> String {
    let text = token.text(source);
    match token.kind {
        TokenKind::Word if is_reserved(text) => format!("the reserved word `{text}`"),
        TokenKind::Str => format!("the string {}", quote(text)),
        _ => quote(text),
    }
}

/// Resolves the escapes of a string; wrong ones, told by the lexer, stay as they are.
fn unescape(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((plain, behind)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut chars = behind.chars();
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let number = behind.strip_prefix("u{").and_then(|b| b.split_once('}'));
                let value = number.and_then(|(n, tail)| Some((u32::from_str_radix(n, 16).ok()?, tail)));
                match value.and_then(|(n, tail)| Some((char::from_u32(n)?, tail))) {
                    Some((c, tail)) => {
                        out.push(c);
                        rest = tail;
                        continue;
                    }
                    None => out.push('u'),
                }
            }
            Some(c) => out.push(c),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}
