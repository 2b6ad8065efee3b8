//! Brackets first: the parser below reads a list of tokens in which every bracket is matched.
//!
//! A missing bracket is the one mistake that makes everything behind it look wrong. So before the parser starts, the
//! brackets are matched; where they do not match, the layout (lines, indentation, words that begin a declaration at
//! the start of a line) tells where one is missing or too many. A missing bracket is put in as a token of no width,
//! one too many is taken out, each with its diagnostic. The parser never hears of it.

use hxp_diagnostics::{Diagnostic, Edit, FileId, Span, codes};

use crate::lexer::{Token, TokenKind};
use crate::words::is_kind;
use crate::{MAX_DIAGNOSTICS, MAX_NESTING};

/// Tokens without comments in which every bracket is matched.
pub(crate) struct Balanced {
    pub tokens: Vec<Token>,
    /// For an opening bracket the index of its closing one; for others 0.
    pub close: Vec<u32>,
}

/// Matches the brackets of `tokens` (which holds no comments).
pub(crate) fn balance(file: FileId, text: &str, tokens: Vec<Token>, out: &mut Vec<Diagnostic>) -> Balanced {
    if let Some(close) = matches(&tokens)
        && !declares_inside(text, &tokens)
    {
        return Balanced { tokens, close };
    }
    let mender = Mender {
        file,
        text,
        tokens: &tokens,
        mended: Vec::new(),
        stack: Vec::new(),
        indent: 0,
        line: 0,
        balance: [0; 3],
        mends: 0,
        out,
    };
    let tokens = mender.mend();
    let close = matches(&tokens).unwrap_or_default();
    Balanced { tokens, close }
}

/// Each bracket's partner, if all have one.
fn matches(tokens: &[Token]) -> Option<Vec<u32>> {
    let mut close = vec![0; tokens.len()];
    let mut stack: Vec<(usize, TokenKind)> = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        if token.kind.is_open() {
            stack.push((i, token.kind));
        } else if token.kind.is_close() {
            let (open, kind) = stack.pop()?;
            if kind.closer() != token.kind {
                return None;
            }
            *close.get_mut(open)? = u32::try_from(i).ok()?;
        }
    }
    stack.is_empty().then_some(close)
}

/// Whether a declaration begins inside a bracket: then one bracket is missing and another is too many.
fn declares_inside(text: &str, tokens: &[Token]) -> bool {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate() {
        if token.kind.is_open() {
            depth += 1;
        } else if token.kind.is_close() {
            depth = depth.saturating_sub(1);
        } else if depth > 0 && token.kind == TokenKind::Word && begins_declaration(text, tokens, i) {
            return true;
        }
    }
    false
}

/// Whether the token `at` is a kind word at the very start of its line with a name behind it.
fn begins_declaration(text: &str, tokens: &[Token], at: usize) -> bool {
    let (Some(word), Some(next)) = (tokens.get(at), tokens.get(at + 1)) else { return false };
    word.kind == TokenKind::Word
        && matches!(next.kind, TokenKind::Word | TokenKind::Str)
        && line_start(text, *word) == Some(0)
        && is_kind(word.text(text))
        && same_line(text, *word, *next)
}

/// Whether `token` is the first of its line, and its column in bytes.
pub(crate) fn line_start(text: &str, token: Token) -> Option<usize> {
    let before = text.get(..token.start as usize)?;
    let column = before.bytes().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let at = before.len() - column;
    (at == 0 || before.as_bytes().get(at - 1) == Some(&b'\n') || before.get(..at) == Some("\u{FEFF}")).then_some(column)
}

/// Whether tokens `a` and `b` (in this order) stand on one line.
pub(crate) fn same_line(text: &str, a: Token, b: Token) -> bool {
    !text.get(a.end as usize..b.start as usize).unwrap_or("").contains('\n')
}

/// After so many mends in a file, brackets are matched without looking at the layout.
const MAX_MENDS: usize = 100;

/// An opened bracket.
#[derive(Clone, Copy)]
struct Open {
    token: Token,
    /// Where it stands in the mended list.
    at: usize,
    /// The indentation of its line.
    indent: usize,
    /// Its line, counted from the beginning of the region.
    line: usize,
}

struct Mender<'a> {
    file: FileId,
    text: &'a str,
    tokens: &'a [Token],
    mended: Vec<Token>,
    stack: Vec<Open>,
    /// The indentation of the line that is being read.
    indent: usize,
    /// Its number, counted from the beginning of the region.
    line: usize,
    /// Of braces, parentheses and lists in the region, how many more are opened than closed.
    balance: [isize; 3],
    /// How many mends there were: a file of nothing but brackets is not searched for better and better ones.
    mends: usize,
    out: &'a mut Vec<Diagnostic>,
}

impl Mender<'_> {
    /// Mends region by region: a declaration at the start of a line ends whatever is open before it.
    fn mend(mut self) -> Vec<Token> {
        let mut start = 0;
        for end in 1..=self.tokens.len() {
            if end == self.tokens.len() || begins_declaration(self.text, self.tokens, end) {
                self.region(start, self.with_docs(start, end));
                start = self.with_docs(start, end);
            }
        }
        self.region(start, self.tokens.len());
        self.mended
    }

    fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    /// Attributes before a declaration belong to it.
    fn with_docs(&self, start: usize, end: usize) -> usize {
        let mut at = end;
        while at >= start + 2 && at < self.tokens.len() {
            let word = self.token(at - 1).filter(|t| t.kind == TokenKind::Word);
            let sign = self.token(at - 2).filter(|t| t.kind == TokenKind::At);
            if word.is_none() || sign.is_none_or(|s| line_start(self.text, s) != Some(0)) {
                break;
            }
            at -= 2;
        }
        at
    }

    /// Mends one region, which begins with nothing open.
    fn region(&mut self, start: usize, end: usize) {
        let Some(tokens) = self.tokens.get(start..end) else { return };
        if matches(tokens).is_some() {
            self.mended.extend_from_slice(tokens);
            return;
        }
        self.balance = [0; 3];
        for token in tokens {
            if let Some(balance) = kind_number(token.kind).and_then(|n| self.balance.get_mut(n)) {
                *balance += if token.kind.is_open() { 1 } else { -1 };
            }
        }
        let braces = self.balance.first().copied().unwrap_or(0);
        let mut missing = usize::try_from(braces).unwrap_or(0);
        let mut surplus = usize::try_from(-braces).unwrap_or(0);
        (self.indent, self.line) = (0, 0);
        for token in tokens {
            if let Some(column) = line_start(self.text, *token) {
                self.indent = column;
                self.line += 1;
            }
            if missing > 0 && self.balance_of(TokenKind::OpenBrace) > 0 {
                missing -= self.close_by_layout(*token, missing);
            }
            if token.kind.is_open() {
                let (indent, line) = (self.indent, self.line);
                self.stack.push(Open { token: *token, at: self.mended.len(), indent, line });
                self.mended.push(*token);
            } else if token.kind.is_close() {
                if token.kind == TokenKind::CloseBrace && surplus > 0 && self.is_surplus(*token) {
                    surplus -= 1;
                    self.unmatched(*token);
                } else {
                    self.close(*token);
                }
            } else {
                self.mended.push(*token);
            }
        }
        self.close_down_to(0);
    }

    /// Closes blocks that the layout says have ended before `token`; gives how many.
    fn close_by_layout(&mut self, token: Token, most: usize) -> usize {
        let Some(column) = line_start(self.text, token) else { return 0 };
        let is_close = token.kind.is_close();
        let mut keep = self.stack.len();
        let mut braces = 0;
        while let Some(top) = keep.checked_sub(1).and_then(|i| self.stack.get(i))
            && self.stack.len() - keep < MAX_NESTING
        {
            let ended = if is_close { top.indent > column } else { top.indent >= column };
            if !ended || (top.token.kind == TokenKind::OpenBrace && braces == most) {
                break;
            }
            braces += usize::from(top.token.kind == TokenKind::OpenBrace);
            keep -= 1;
        }
        // Only braces close by layout alone; what is open inside them goes along.
        if braces == 0 {
            return 0;
        }
        self.close_down_to(keep);
        braces
    }

    /// Whether the layout says that this closing brace is one too many.
    fn is_surplus(&self, token: Token) -> bool {
        let Some(top) = self.stack.last() else { return true };
        match line_start(self.text, token) {
            Some(column) => column > top.indent,
            None => top.line != self.line,
        }
    }

    /// A closing bracket meets the stack.
    fn close(&mut self, token: Token) {
        let is_partner = |o: &Open| o.token.kind.closer() == token.kind;
        // A stray `)` or `]` closes no block.
        let stops = |o: &Open| o.token.kind == TokenKind::OpenBrace && !is_partner(o);
        let nearest = self.stack.iter().rev().take(MAX_NESTING).take_while(|o| !stops(o)).position(is_partner);
        let Some(above) = nearest else {
            return if self.is_mistaken(token) { self.mistaken(token) } else { self.unmatched(token) };
        };
        self.close_down_to(self.stack.len() - above);
        self.stack.pop();
        self.mended.push(token);
    }

    fn balance_of(&self, kind: TokenKind) -> isize {
        kind_number(kind).and_then(|n| self.balance.get(n)).copied().unwrap_or(0)
    }

    /// Whether a bracket of another kind was meant: one of this kind is too many, and one of that is missing.
    fn is_mistaken(&self, token: Token) -> bool {
        let Some(top) = self.stack.last() else { return false };
        self.balance_of(token.kind) < 0 && self.balance_of(top.token.kind) > 0
    }

    /// Reads a closing bracket as the one that is missing.
    fn mistaken(&mut self, token: Token) {
        let Some(top) = self.stack.pop() else { return };
        let span = token.span(self.file);
        for (kind, change) in [(token.kind, 1), (top.token.kind, -1)] {
            if let Some(balance) = kind_number(kind).and_then(|n| self.balance.get_mut(n)) {
                *balance += change;
            }
        }
        let kind = top.token.kind.closer();
        let closer = match kind {
            TokenKind::CloseBrace => "}",
            TokenKind::CloseParen => ")",
            _ => "]",
        };
        let (open, close) = (top.token.text(self.text), token.text(self.text));
        self.report(
            Diagnostic::new(codes::UNMATCHED, span, format!("`{close}` does not close `{open}`"))
                .related(top.token.span(self.file), "opened here")
                .fix(format!("write `{closer}`"), span, closer),
        );
        self.mended.push(Token { kind, ..token });
    }

    /// Puts in the closing brackets of all that is open above `keep`, with one diagnostic.
    fn close_down_to(&mut self, keep: usize) {
        let unclosed: Vec<Open> = self.stack.drain(keep.min(self.stack.len())..).collect();
        if unclosed.is_empty() {
            return;
        }
        self.mends += 1;
        self.report_unclosed(&unclosed);
        let mut inserts: Vec<(usize, Token)> = Vec::new();
        let mut limit = self.mended.len();
        for open in unclosed.iter().rev() {
            if self.mends < MAX_MENDS && unclosed.len() < MAX_NESTING {
                limit = limit.min(self.end_of(*open));
            }
            inserts.push((limit, self.synthetic(limit, open.token.kind.closer())));
            limit = self.mended.len();
        }
        self.insert(inserts);
    }

    fn report_unclosed(&mut self, unclosed: &[Open]) {
        let Some((first, rest)) = unclosed.split_first() else { return };
        let text = first.token.text(self.text);
        let mut found = unclosed_at(first.token.span(self.file), text);
        if !rest.is_empty() {
            found.message = format!("this `{text}` and {} inside are never closed", rest.len());
            for open in rest.iter().take(3) {
                found = found.related(open.token.span(self.file), "not closed either");
            }
        }
        if let [only] = unclosed {
            let at = self.end_of(*only);
            let place = self.synthetic(at, only.token.kind.closer()).span(self.file);
            let closer = match only.token.kind {
                TokenKind::OpenBrace if same_line_as_end(self.text, only.token, place) => " }",
                TokenKind::OpenBrace => "\n}",
                TokenKind::OpenParen => ")",
                _ => "]",
            };
            found = found.fix_all(
                format!("close it with `{}`", closer.trim()),
                vec![Edit { span: place, text: closer.to_owned() }],
                false,
            );
        }
        self.report(found);
    }

    fn report(&mut self, found: Diagnostic) {
        if self.out.len() < MAX_DIAGNOSTICS {
            self.out.push(found);
        }
    }

    /// Where a bracket probably ended: parentheses and lists before the next line that begins like an entry.
    fn end_of(&self, open: Open) -> usize {
        if open.token.kind == TokenKind::OpenBrace {
            return self.mended.len();
        }
        let mut depth = 0_usize;
        for at in open.at + 1..self.mended.len() {
            let Some(token) = self.mended.get(at) else { break };
            if token.kind.is_open() {
                depth += 1;
            } else if token.kind.is_close() {
                if depth == 0 {
                    return at;
                }
                depth -= 1;
            } else if depth == 0 && at > open.at + 1 && self.begins_entry(at) {
                return at;
            }
        }
        self.mended.len()
    }

    /// Whether the mended token `at` begins a line, and not as an element behind a comma or an operator.
    fn begins_entry(&self, at: usize) -> bool {
        let (Some(token), Some(before)) = (self.mended.get(at), at.checked_sub(1).and_then(|b| self.mended.get(b)))
        else {
            return false;
        };
        let ended = before.kind.is_close()
            || before.kind.is_number()
            || matches!(before.kind, TokenKind::Word | TokenKind::Str);
        ended
            && matches!(token.kind, TokenKind::Word | TokenKind::Str | TokenKind::At | TokenKind::Ellipsis)
            && line_start(self.text, *token).is_some()
    }

    /// A token of no width behind the mended token before `at`.
    fn synthetic(&self, at: usize, kind: TokenKind) -> Token {
        let end = at.checked_sub(1).and_then(|b| self.mended.get(b)).map_or(0, |t| t.end);
        Token { kind, start: end, end }
    }

    /// Puts tokens into the mended list; those for the same place in the order given.
    fn insert(&mut self, mut inserts: Vec<(usize, Token)>) {
        let end = self.mended.len();
        if inserts.iter().all(|(at, _)| *at == end) {
            self.mended.extend(inserts.into_iter().map(|(_, t)| t));
            return;
        }
        inserts.sort_by_key(|(at, _)| *at);
        let mut result = Vec::with_capacity(end + inserts.len());
        let mut inserts = inserts.into_iter().peekable();
        for (at, token) in self.mended.iter().enumerate() {
            while let Some((_, t)) = inserts.next_if(|(place, _)| *place == at) {
                result.push(t);
            }
            result.push(*token);
        }
        result.extend(inserts.map(|(_, t)| t));
        self.mended = result;
    }

    /// A closing bracket too many is left out, unless a line above looks as if its opening one is missing.
    fn unmatched(&mut self, token: Token) {
        let span = token.span(self.file);
        self.mends += 1;
        if let Some(at) = self.missing_open(token) {
            let place = self.synthetic(at, TokenKind::OpenBrace);
            self.report(
                Diagnostic::new(codes::UNEXPECTED, place.span(self.file), "expected `{` at the end of this line")
                    .related(span, "this `}` closes nothing without it")
                    .fix("open the block", place.span(self.file), " {"),
            );
            self.insert(vec![(at, place)]);
            self.mended.push(token);
            return;
        }
        let text = token.text(self.text);
        self.report(
            Diagnostic::new(codes::UNMATCHED, span, format!("this `{text}` closes nothing"))
                .help("remove it, or add what it should close")
                .fix(format!("remove `{text}`"), span, ""),
        );
    }

    /// Where the `{` of a `}` on a line of its own is missing: behind the nearest line above of the same indentation.
    fn missing_open(&self, token: Token) -> Option<usize> {
        if token.kind != TokenKind::CloseBrace || self.mends > MAX_MENDS {
            return None;
        }
        let column = line_start(self.text, token)?;
        let floor = self.stack.last().map_or(0, |o| o.at + 1);
        let first = (floor..self.mended.len())
            .rev()
            .find(|i| self.mended.get(*i).is_some_and(|t| line_start(self.text, *t) == Some(column)))?;
        let head = *self.mended.get(first)?;
        if head.kind != TokenKind::Word {
            return None;
        }
        let behind = (first + 1..self.mended.len())
            .find(|i| self.mended.get(*i).is_some_and(|t| !same_line(self.text, head, *t)))?;
        let below = *self.mended.get(behind)?;
        let last = *self.mended.get(behind - 1)?;
        let opens_block = matches!(last.kind, TokenKind::Word | TokenKind::CloseParen | TokenKind::Quantity)
            || (last.kind == TokenKind::Str && head.text(self.text) == "test");
        (opens_block && line_start(self.text, below).is_some_and(|c| c > column)).then_some(behind)
    }
}

/// Braces, parentheses, lists.
fn kind_number(kind: TokenKind) -> Option<usize> {
    match kind {
        TokenKind::OpenBrace | TokenKind::CloseBrace => Some(0),
        TokenKind::OpenParen | TokenKind::CloseParen => Some(1),
        TokenKind::OpenBracket | TokenKind::CloseBracket => Some(2),
        _ => None,
    }
}

fn unclosed_at(span: Span, text: &str) -> Diagnostic {
    Diagnostic::new(codes::UNCLOSED, span, format!("this `{text}` is never closed"))
}

fn same_line_as_end(text: &str, open: Token, place: Span) -> bool {
    !text.get(open.end as usize..place.start as usize).unwrap_or("").contains('\n')
}
