//! From text to tokens. Never fails: what has no meaning becomes a token of its own, with a diagnostic.

use std::ops::Range;

use hxp_diagnostics::{Diagnostic, Edit, FileId, Span, codes};

use crate::MAX_DIAGNOSTICS;
use crate::literal;
use crate::words::is_reserved;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// `// …`, without the line end
    Comment,
    /// `/// …`, without the line end
    Doc,
    /// A word, reserved or not.
    Word,
    /// `"…"` or `tag"…"`
    Str,
    /// `42`
    Int,
    /// `1.5`
    Decimal,
    /// `70%`, `1h30m`, `500mcpu`
    Quantity,
    /// `1.2.3-rc.1`
    Semver,
    /// `2026-12-18`
    Date,
    /// `10:00`
    Time,
    /// `2026-11-27T15:30[America/Los_Angeles]`
    Instant,
    /// Begins with a digit and has no form.
    BadLiteral,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `:`
    Colon,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `...`
    Ellipsis,
    /// `=`
    Assign,
    /// `==`
    EqEq,
    /// `!=`
    NotEq,
    /// `<`
    Less,
    /// `<=`
    LessEq,
    /// `>`
    Greater,
    /// `>=`
    GreaterEq,
    /// `~`
    Tilde,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `@`
    At,
    /// `?`
    Question,
    /// Characters without a meaning.
    Stray,
    /// Nothing more; never in the list that [`lex`] returns.
    End,
}

impl TokenKind {
    /// Whether it opens a bracket.
    pub fn is_open(self) -> bool {
        matches!(self, Self::OpenBrace | Self::OpenParen | Self::OpenBracket)
    }

    /// Whether it closes a bracket.
    pub fn is_close(self) -> bool {
        matches!(self, Self::CloseBrace | Self::CloseParen | Self::CloseBracket)
    }

    /// The bracket that closes this one.
    pub(crate) fn closer(self) -> Self {
        match self {
            Self::OpenBrace => Self::CloseBrace,
            Self::OpenParen => Self::CloseParen,
            _ => Self::CloseBracket,
        }
    }

    /// Whether it is a literal that begins with a digit.
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::Int
                | Self::Decimal
                | Self::Quantity
                | Self::Semver
                | Self::Date
                | Self::Time
                | Self::Instant
                | Self::BadLiteral
        )
    }

    /// Whether it is a comment or a doc comment.
    pub fn is_comment(self) -> bool {
        matches!(self, Self::Comment | Self::Doc)
    }
}

/// A token: what it is and the bytes it stands on. White space is what lies between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Token {
    /// Where it stands.
    pub fn span(self, file: FileId) -> Span {
        Span::new(file, self.start, self.end)
    }

    /// Its text.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// The tokens of `text`, comments and doc comments included.
pub fn lex(file: FileId, text: &str) -> Vec<Token> {
    lex_all(file, text, 0..text.len()).tokens
}

/// Tokens and what is wrong with them one by one.
pub(crate) struct Lexed {
    pub tokens: Vec<Token>,
    pub diagnostics: Vec<Diagnostic>,
    /// The bracket at which brackets are nested beyond all measure; reading ended there.
    pub hopeless: Option<Token>,
}

/// A text that nests this deep is no policy with a mistake, so nothing of it is worth reading.
const HOPELESS: usize = 20_000;

/// Reads the tokens that begin at `place`.
pub(crate) fn lex_all(file: FileId, text: &str, place: Range<usize>) -> Lexed {
    let mut lexer = Lexer {
        file,
        text,
        bytes: text.as_bytes(),
        at: place.start,
        end: place.end,
        tokens: Vec::with_capacity(place.len() / 5),
        diagnostics: Vec::new(),
        open_on_line: 0,
        depth: 0,
        line: (0, 0),
        nul_reported: false,
    };
    lexer.run();
    let hopeless = lexer.tokens.last().copied().filter(|_| lexer.depth > HOPELESS);
    Lexed { tokens: lexer.tokens, diagnostics: lexer.diagnostics, hopeless }
}

/// Whether `b` continues a word.
pub(crate) fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Characters that are not seen or that turn the direction of what is seen.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{61C}'
        | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Where no further token is read.
    end: usize,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
    /// Brackets opened on this line and not closed: tells where an unclosed string should have ended.
    open_on_line: usize,
    depth: usize,
    /// A position and the end of its line, so that a long line is searched for its end but once.
    line: (usize, usize),
    nul_reported: bool,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        if self.at == 0 && self.text.starts_with('\u{FEFF}') {
            self.at = '\u{FEFF}'.len_utf8();
        }
        while let Some(&b) = self.bytes.get(self.at)
            && self.at < self.end
            && self.depth <= HOPELESS
        {
            match b {
                b'\n' => {
                    self.open_on_line = 0;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'/' if self.peek(1) == Some(b'/') => self.comment(),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
                b'0'..=b'9' => self.number(),
                b'"' => self.string(self.at, self.at),
                _ => self.symbol(b),
            }
        }
    }

    fn report(&mut self, found: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(found);
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, offset(start), offset(end))
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    /// Adds the token `start..end` and goes behind it.
    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.tokens.push(Token { kind, start: offset(start), end: offset(end) });
        self.at = end;
    }

    /// The end of the line that holds `from`, without its line break.
    fn line_end(&mut self, from: usize) -> usize {
        if !(self.line.0..=self.line.1).contains(&from) || self.line.1 == 0 {
            let rest = self.bytes.get(from..).unwrap_or(&[]);
            let len = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            self.line = (from, from + len);
        }
        let end = self.line.1;
        let has_return = self.bytes.get(end) == Some(&b'\n') && end > from && self.bytes.get(end - 1) == Some(&b'\r');
        if has_return { end - 1 } else { end }
    }

    fn comment(&mut self) {
        let start = self.at;
        let end = self.line_end(start);
        let is_doc = self.peek(2) == Some(b'/') && self.peek(3) != Some(b'/');
        self.hidden(start, end);
        self.push(if is_doc { TokenKind::Doc } else { TokenKind::Comment }, start, end);
    }

    fn word(&mut self) {
        let start = self.at;
        let end = start + self.run_of(start, is_word_byte);
        let word = self.slice(start, end);
        match self.bytes.get(end) {
            Some(b'"') if !is_reserved(word) => self.string(start, end),
            Some(b) if !b.is_ascii() && self.next_char(end).is_some_and(char::is_alphanumeric) => {
                self.foreign_word(start);
            }
            _ => self.push(TokenKind::Word, start, end),
        }
    }

    fn run_of(&self, from: usize, accept: impl Fn(u8) -> bool) -> usize {
        self.bytes.get(from..).unwrap_or(&[]).iter().take_while(|b| accept(**b)).count()
    }

    fn next_char(&self, from: usize) -> Option<char> {
        self.text.get(from..).and_then(|t| t.chars().next())
    }

    /// A word with letters that words cannot have.
    fn foreign_word(&mut self, start: usize) {
        let word: &str = self.text.get(start..).unwrap_or("");
        let len: usize = word.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
        let span = self.span(start, start + len);
        self.report(
            Diagnostic::new(
                codes::STRAY_CHARACTER,
                span,
                format!("`{}` has letters that a name cannot have", self.slice(start, start + len)),
            )
            .help(
                "names are made of the letters a to z, digits and `_`; any text may stand in a quoted key or a string",
            ),
        );
        self.push(TokenKind::Word, start, start + len);
    }

    fn number(&mut self) {
        let start = self.at;
        let scanned = literal::scan(self.bytes, start);
        let span = self.span(start, scanned.end);
        if let Some(problem) = literal::check(scanned.kind, self.slice(start, scanned.end), span) {
            self.report(problem);
        }
        self.push(scanned.kind, start, scanned.end);
    }

    /// A string that begins at `start` with a tag or a quote; the quote stands at `quote`.
    fn string(&mut self, start: usize, quote: usize) {
        let tagged = quote > start;
        if !tagged && self.tripled(start) {
            return;
        }
        let mut at = quote + 1;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.hidden(start, at + 1);
                    self.push(TokenKind::Str, start, at + 1);
                    return;
                }
                Some(b'\\') if self.line_end(at) > at + 1 => {
                    let len = self.next_char(at + 1).map_or(1, char::len_utf8);
                    at = if tagged { at + 1 + len } else { self.escape(at, len) };
                }
                Some(b'\n') | None => break,
                Some(_) => at += 1,
            }
        }
        self.unclosed_string(start, quote);
    }

    /// Text between `"""`, as other languages have it: one mistake, whatever stands inside.
    fn tripled(&mut self, start: usize) -> bool {
        const QUOTES: &str = "\"\"\"";
        let rest = self.slice(start, self.bytes.len());
        let Some(len) = rest.strip_prefix(QUOTES).and_then(|body| body.find(QUOTES)) else { return false };
        let from = start + QUOTES.len();
        let text = undented(self.slice(from, from + len));
        let span = self.span(start, from + len + QUOTES.len());
        self.report(
            Diagnostic::new(codes::UNCLOSED_STRING, span, "there are no strings in `\"\"\"`")
                .label("a string stands between single `\"`, on one line")
                .help("a line break inside is written `\\n`")
                .fix("write the text on one line", span, quoted(&text)),
        );
        self.push(TokenKind::Str, start, from + len + QUOTES.len());
        true
    }

    /// The escape at `at`, whose second character has `len` bytes; gives where it ends.
    fn escape(&mut self, at: usize, len: usize) -> usize {
        let end = at + 1 + len;
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'n' | b't' | b'r') => end,
            Some(b'u') => {
                let digits = self.run_of(at + 3, |b| b.is_ascii_hexdigit());
                let value = u32::from_str_radix(self.slice(at + 3, at + 3 + digits), 16).ok();
                let closed = self.bytes.get(at + 2) == Some(&b'{') && self.bytes.get(at + 3 + digits) == Some(&b'}');
                if closed && digits <= 6 && value.and_then(char::from_u32).is_some() {
                    return at + 4 + digits;
                }
                let to = if closed { at + 4 + digits } else { end };
                self.report(
                    Diagnostic::new(codes::BAD_ESCAPE, self.span(at, to), "`\\u` names no character")
                        .label("expected the number of a character in braces")
                        .help("write the hexadecimal number of the character, as in `\\u{e9}` for é"),
                );
                to
            }
            _ => {
                let text = self.slice(at, end);
                self.report(
                    Diagnostic::new(codes::BAD_ESCAPE, self.span(at, end), format!("there is no escape `{text}`"))
                        .help("escapes are `\\\"`, `\\\\`, `\\n`, `\\t`, `\\r` and `\\u{…}`; patterns are raw as `re\"…\"`")
                        .fix("write a backslash that stands for itself", self.span(at, at + 1), "\\\\"),
                );
                end
            }
        }
    }

    /// A string without its closing quote ends with its line, but for brackets that close what the line opened.
    fn unclosed_string(&mut self, start: usize, quote: usize) {
        let line_end = self.line_end(quote);
        let body = self.slice(quote + 1, line_end);
        let mut end = quote + 1 + body.trim_end().len();
        let opened = body.bytes().filter(|b| b"{[(".contains(b)).count();
        let closed = body.bytes().filter(|b| b"}])".contains(b)).count();
        let mut surplus = closed.saturating_sub(opened).min(self.open_on_line);
        while surplus > 0 && end > quote + 1 && self.bytes.get(end - 1).is_some_and(|b| b"}])".contains(b)) {
            surplus -= 1;
            end = quote + 1 + self.slice(quote + 1, end - 1).trim_end().len();
        }
        self.hidden(start, end);
        self.report(
            Diagnostic::new(codes::UNCLOSED_STRING, self.span(start, end), "this string is never closed")
                .label("expected a `\"` before the end of the line")
                .help("a string ends on the line where it begins; a line break inside is written `\\n`")
                .fix("close the string", self.span(end, end), "\""),
        );
        self.push(TokenKind::Str, start, end);
    }

    /// Warns of hidden characters in a comment or string.
    fn hidden(&mut self, start: usize, end: usize) {
        let slice = self.slice(start, end);
        if slice.bytes().all(|b| (b' '..0x7f).contains(&b) || b == b'\t') {
            return;
        }
        for (i, c) in slice.char_indices() {
            if is_hidden(c) || c == '\r' {
                self.hidden_char(start + i, c, false);
            }
        }
    }

    /// Reports one hidden character; as code it is an error.
    fn hidden_char(&mut self, at: usize, c: char, as_code: bool) {
        let span = self.span(at, at + c.len_utf8());
        if c == '\0' {
            if !self.nul_reported {
                self.nul_reported = true;
                self.report(
                    Diagnostic::new(codes::NUL_BYTE, span, "the file contains a NUL byte")
                        .help("it is probably not a text file, or was saved as UTF-16; save it as UTF-8"),
                );
            }
            return;
        }
        let mut found = Diagnostic::new(
            codes::HIDDEN_TEXT,
            span,
            format!("the character U+{:04X} is not seen, so the text may not say what it seems to say", u32::from(c)),
        )
        .help(if as_code {
            "remove it".to_owned()
        } else {
            format!("remove it, or write `\\u{{{:x}}}` in a string that needs it", u32::from(c))
        })
        .fix("remove the character", span, "");
        if as_code {
            found.severity = hxp_diagnostics::Severity::Error;
        }
        self.report(found);
    }

    fn symbol(&mut self, first: u8) {
        use TokenKind as T;
        let second = self.peek(1);
        let (kind, len) = match (first, second) {
            (b'.', Some(b'.')) => {
                if self.peek(2) == Some(b'.') {
                    (T::Ellipsis, 3)
                } else {
                    (T::DotDot, 2)
                }
            }
            (b'=', Some(b'=')) => (T::EqEq, 2),
            (b'!', Some(b'=')) => (T::NotEq, 2),
            (b'<', Some(b'=')) => (T::LessEq, 2),
            (b'>', Some(b'=')) => (T::GreaterEq, 2),
            (b'{', _) => (T::OpenBrace, 1),
            (b'}', _) => (T::CloseBrace, 1),
            (b'(', _) => (T::OpenParen, 1),
            (b')', _) => (T::CloseParen, 1),
            (b'[', _) => (T::OpenBracket, 1),
            (b']', _) => (T::CloseBracket, 1),
            (b',', _) => (T::Comma, 1),
            (b';', _) => (T::Semicolon, 1),
            (b':', _) => (T::Colon, 1),
            (b'.', _) => (T::Dot, 1),
            (b'=', _) => (T::Assign, 1),
            (b'<', _) => (T::Less, 1),
            (b'>', _) => (T::Greater, 1),
            (b'~', _) => (T::Tilde, 1),
            (b'+', _) => (T::Plus, 1),
            (b'-', _) => (T::Minus, 1),
            (b'*', _) => (T::Star, 1),
            (b'/', Some(b'*')) if !self.is_pattern() => return self.block_comment(),
            (b'/', _) => (T::Slash, 1),
            (b'@', _) => (T::At, 1),
            (b'?', _) => (T::Question, 1),
            (b'&', Some(b'&')) | (b'|', Some(b'|')) => (T::Stray, 2),
            (b'!' | b'%' | b'&' | b'|', _) => (T::Stray, 1),
            (b'#', _) => return self.hash_comment(),
            (b'\'', _) => return self.quoted('\'', '\''),
            _ => return self.other(),
        };
        if kind.is_open() {
            self.open_on_line += 1;
            self.depth += 1;
        } else if kind.is_close() {
            self.open_on_line = self.open_on_line.saturating_sub(1);
            self.depth = self.depth.saturating_sub(1);
        }
        self.push(kind, self.at, self.at + len);
    }

    /// Whether `/*` is a part of a pattern of files that lacks its quotes: `src/**`.
    fn is_pattern(&mut self) -> bool {
        let before = self.at.checked_sub(1).and_then(|b| self.bytes.get(b));
        let glued = before.is_some_and(|b| is_word_byte(*b) || matches!(b, b'*' | b'.' | b'-'));
        let end = self.line_end(self.at);
        glued && !self.slice(self.at, end).contains(" */")
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let end = self.text.get(start..).and_then(|t| t.find("*/")).map_or(self.line_end(start), |n| start + n + 2);
        self.report(
            Diagnostic::new(codes::STRAY_CHARACTER, self.span(start, start + 2), "`/*` does not begin a comment")
                .help("a comment begins with `//` and ends with its line"),
        );
        self.push(TokenKind::Comment, start, end);
    }

    /// `notify #chat`: the name of a channel as a chat shows it.
    fn marked_channel(&mut self) -> bool {
        let before = self.slice(0, self.at).trim_end_matches(' ');
        let named = self.peek(1).is_some_and(|b| b.is_ascii_alphabetic());
        if !named || !before.ends_with("notify") || self.text.get(self.at..).is_none() {
            return false;
        }
        let span = self.span(self.at, self.at + 1);
        self.report(
            Diagnostic::new(codes::STRAY_CHARACTER, span, "a channel is named without `#`")
                .help("where it leads is said by its declaration: `channel NAME { to = slack(\"#…\") }`")
                .fix("remove `#`", span, ""),
        );
        self.at += 1;
        true
    }

    fn hash_comment(&mut self) {
        if self.marked_channel() {
            return;
        }
        let start = self.at;
        let end = self.line_end(start);
        let span = self.span(start, start + 1);
        self.report(
            Diagnostic::new(codes::STRAY_CHARACTER, span, "`#` does not begin a comment")
                .help("a comment begins with `//`")
                .fix("write `//`", span, "//"),
        );
        self.push(TokenKind::Comment, start, end);
    }

    /// A string in quotes of another kind.
    fn quoted(&mut self, open: char, close: char) {
        let start = self.at;
        let body = start + open.len_utf8();
        let line_end = self.line_end(start);
        let Some(n) = self.text.get(body..line_end).and_then(|t| t.find(close)) else {
            let span = self.span(start, body);
            self.report(
                Diagnostic::new(codes::STRAY_CHARACTER, span, format!("`{open}` has no meaning here"))
                    .help("strings stand in `\"`"),
            );
            self.at = body;
            return;
        };
        let end = body + n + close.len_utf8();
        self.report(Diagnostic::new(codes::STRAY_CHARACTER, self.span(start, end), "strings stand in `\"`").fix_all(
            "write `\"`",
            vec![
                Edit { span: self.span(start, body), text: "\"".to_owned() },
                Edit { span: self.span(body + n, end), text: "\"".to_owned() },
            ],
            false,
        ));
        self.push(TokenKind::Str, start, end);
    }

    fn other(&mut self) {
        let Some(c) = self.next_char(self.at) else {
            self.at += 1;
            return;
        };
        let (start, end) = (self.at, self.at + c.len_utf8());
        if matches!(c, '“' | '”' | '„') {
            let close =
                if self.text.get(end..self.line_end(end)).is_some_and(|t| t.contains('”')) { '”' } else { '“' };
            return self.quoted(c, close);
        }
        if c.is_alphabetic() {
            return self.foreign_word(start);
        }
        self.at = end;
        if is_hidden(c) {
            return self.hidden_char(start, c, true);
        }
        let span = self.span(start, end);
        if c.is_whitespace() {
            self.report(
                Diagnostic::new(
                    codes::STRAY_CHARACTER,
                    span,
                    format!("the space U+{:04X} is not a plain one", u32::from(c)),
                )
                .fix("write a plain space", span, " "),
            );
            return;
        }
        let (kind, better) = meant_by(c);
        let found = Diagnostic::new(codes::STRAY_CHARACTER, span, format!("`{c}` has no meaning here"));
        self.report(match better {
            Some(better) => found.help(format!("write `{better}`")).fix(format!("write `{better}`"), span, better),
            None => found,
        });
        self.push(kind, start, end);
    }
}

/// The token that a look-alike stands for, and how that is written.
fn meant_by(c: char) -> (TokenKind, Option<&'static str>) {
    match c {
        '≤' => (TokenKind::LessEq, Some("<=")),
        '≥' => (TokenKind::GreaterEq, Some(">=")),
        '≠' => (TokenKind::NotEq, Some("!=")),
        '…' => (TokenKind::DotDot, Some("..")),
        '–' | '−' | '—' => (TokenKind::Minus, Some("-")),
        '×' => (TokenKind::Star, Some("*")),
        '÷' => (TokenKind::Slash, Some("/")),
        _ => (TokenKind::Stray, None),
    }
}

/// Text of several lines without the break that begins it and the indentation that all lines share.
fn undented(text: &str) -> String {
    let body = text.strip_prefix('\n').unwrap_or(text);
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let filled = |line: &&str| !line.trim().is_empty();
    let shared = body.lines().filter(filled).map(depth).min().unwrap_or_default();
    let lines: Vec<&str> = body.split('\n').map(|line| line.get(shared..).unwrap_or_default()).collect();
    lines.join("\n")
}

/// A string as it is written.
fn quoted(text: &str) -> String {
    let escaped =
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r");
    format!("\"{escaped}\"")
}

fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
