//! Values in the form of other languages, or of people: read as what they are, so that one mistake is told once.

use hxp_diagnostics::{Diagnostic, Span, codes};

use super::Parser;
use super::expr::error;
use crate::ast::{Expr, ExprKind};
use crate::lexer::{Token, TokenKind};
use crate::literal;

impl Parser<'_> {
    /// Whether the token `at` stands right behind the one before it.
    pub(super) fn is_glued(&self, at: usize) -> bool {
        at > 0 && self.kind_at(at) != TokenKind::End && self.token_at(at - 1).end == self.token_at(at).start
    }

    /// The last token of what hangs together from the token here on, as a path or a pattern does.
    fn last_glued(&self) -> usize {
        let mut last = self.pos;
        loop {
            let kind = self.kind_at(last + 1);
            let goes_on = match kind {
                TokenKind::Word
                | TokenKind::Star
                | TokenKind::Slash
                | TokenKind::Dot
                | TokenKind::DotDot
                | TokenKind::Question
                | TokenKind::Minus => true,
                // `*.{ts,tsx}`
                TokenKind::OpenBrace => matches!(self.kind_at(last), TokenKind::Dot | TokenKind::Star),
                kind => kind.is_number(),
            };
            if !goes_on || !self.is_glued(last + 1) {
                return last;
            }
            last = self.behind(last + 1) - 1;
        }
    }

    /// `src/**`, `*.sql`: a pattern of files without its quotes.
    pub(super) fn bare_pattern(&mut self) -> Option<Expr> {
        let begins = match self.peek() {
            TokenKind::Star | TokenKind::Dot | TokenKind::Slash => true,
            TokenKind::Word => {
                matches!(self.peek2(), TokenKind::Slash | TokenKind::Star | TokenKind::Dot | TokenKind::Minus)
            }
            _ => false,
        };
        if !begins {
            return None;
        }
        let last = self.last_glued();
        let span = self.here().to(self.span(self.token_at(last)));
        let text = self.source(span);
        let ends = matches!(self.kind_at(last + 1), TokenKind::Comma | TokenKind::Semicolon | TokenKind::End)
            || self.begins_line(last + 1);
        let is_pattern =
            text.contains("**") || text.contains("/*") || text.starts_with("*.") || (text.ends_with('*') && ends);
        if !is_pattern {
            return None;
        }
        self.report(Diagnostic::new(codes::UNEXPECTED, span, "a pattern stands in quotes").fix(
            format!("write `\"{text}\"`"),
            span,
            format!("\"{text}\""),
        ));
        self.pos = last + 1;
        Some(error(span))
    }

    /// `https://example.org`, which reads like a name, a colon and a comment.
    pub(super) fn bare_address(&mut self) -> Option<Expr> {
        if self.peek2() != TokenKind::Colon {
            return None;
        }
        let (start, colon) = (self.current(), self.token_at(self.pos + 1));
        let rest = self.text.get(colon.end as usize..).filter(|r| r.starts_with("//") && start.end == colon.start)?;
        let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let end = colon.end + u32::try_from(len).ok()?;
        let span = Span { end, ..self.span(start) };
        let text = self.source(span);
        let mut found = Diagnostic::new(codes::UNEXPECTED, span, "a web address stands in quotes");
        if !text.ends_with(['}', ']', ')', ',', '"']) {
            found = found.fix(format!("write `\"{text}\"`"), span, format!("\"{text}\""));
        }
        self.report(found);
        self.pos += 2;
        Some(error(span))
    }

    /// `v2.1.0`
    pub(super) fn marked_version(&mut self, token: Token) -> Option<Expr> {
        let word = token.text(self.text);
        let digits = word.strip_prefix(['v', 'V']).filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
        digits?;
        let dotted = self.peek2() == TokenKind::Dot && self.kind_at(self.pos + 2).is_number();
        if !dotted || !self.is_glued(self.pos + 1) || !self.is_glued(self.pos + 2) {
            return None;
        }
        let scanned = literal::scan(self.text.as_bytes(), token.start as usize + 1);
        let end = u32::try_from(scanned.end).ok()?;
        let span = Span { end, ..self.span(token) };
        let mut version = self.source(Span { start: token.start + 1, ..span }).to_owned();
        match scanned.kind {
            TokenKind::Semver => {}
            TokenKind::Decimal => version.push_str(".0"),
            _ => return None,
        }
        while self.pos < self.limit && self.current().start < end {
            self.pos += 1;
        }
        self.report(Diagnostic::new(codes::BAD_LITERAL, span, "a version is written without `v`").fix(
            format!("write `{version}`"),
            span,
            version.clone(),
        ));
        let value = literal::value(TokenKind::Semver, &version);
        Some(Expr { kind: value.map_or(ExprKind::Error, ExprKind::Literal), span })
    }

    /// `99,5%`: numbers glued together by commas, where no list can be. The first has been read.
    pub(super) fn comma_in_number(&mut self, first: Token) -> Option<Expr> {
        let in_list = matches!(self.token_at(self.limit).kind, TokenKind::CloseParen | TokenKind::CloseBracket);
        let number = |p: &Self, at| {
            let kind = p.kind_at(at);
            let fits = matches!(kind, TokenKind::Int | TokenKind::Decimal | TokenKind::Quantity);
            p.kind_at(at - 1) == TokenKind::Comma && fits && p.is_glued(at - 1) && p.is_glued(at)
        };
        let mixed = self.peek2() == TokenKind::Quantity && self.token_at(self.limit).kind == TokenKind::CloseBracket;
        if (in_list && !mixed) || !number(self, self.pos + 1) {
            return None;
        }
        let mut parts = 1;
        while number(self, self.pos + 1) {
            self.pos += 2;
            parts += 1;
        }
        let span = self.since(first.start);
        let text = self.source(span);
        let leading_zero = text.split(',').any(|part| part.len() > 1 && part.starts_with('0'));
        let list = format!("[{}]", text.replace(',', ", "));
        let (decimal, whole) = (text.replace(',', "."), text.replace(',', ""));
        let thousands = text.split(',').skip(1).all(|part| part.bytes().take_while(u8::is_ascii_digit).count() == 3);
        let mut found = Diagnostic::new(codes::BAD_LITERAL, span, "a number has no comma");
        let mut write = |right: String| {
            found = found.clone().fix(format!("write `{right}`"), span, right);
        };
        if parts == 2 && !thousands {
            write(decimal);
        } else if thousands {
            write(whole);
        }
        if !leading_zero && self.previous().is_some_and(|t| t.kind == TokenKind::Int) {
            write(list);
        }
        self.report(found);
        Some(error(span))
    }

    /// Of how many tokens a date is that is not written as one, and what it may mean.
    fn foreign_date(&self) -> Option<(usize, Vec<String>)> {
        let text = |last: usize| self.source(self.here().to(self.span(self.token_at(last))));
        let all_glued = || (1..5).all(|n| self.is_glued(self.pos + n));
        let slashes = || self.peek2() == TokenKind::Slash && self.kind_at(self.pos + 3) == TokenKind::Slash;
        let (count, meant) = match self.peek() {
            TokenKind::Semver | TokenKind::BadLiteral => (1, literal::dates_meant(text(self.pos))),
            TokenKind::Int if slashes() && all_glued() => (5, literal::dates_meant(text(self.pos + 4))),
            TokenKind::Int | TokenKind::Word => self.date_in_words()?,
            _ => return None,
        };
        (!meant.is_empty()).then_some((count, meant))
    }

    /// `20 December 2098`, `Dec 20, 2098`
    fn date_in_words(&self) -> Option<(usize, Vec<String>)> {
        let at = |n: usize| self.pos + n;
        let number = |n: usize| {
            let is_int = self.kind_at(at(n)) == TokenKind::Int && !self.begins_line(at(n));
            is_int.then(|| self.text_at(at(n)))
        };
        let month = |n: usize| {
            let is_word = self.kind_at(at(n)) == TokenKind::Word;
            if is_word { literal::month(self.text_at(at(n))) } else { None }
        };
        let day_first = self.peek() == TokenKind::Int;
        let month = month(usize::from(day_first))?;
        let day = if day_first { Some(self.text_at(self.pos)) } else { number(1) }.filter(|d| d.len() <= 2)?;
        let comma = usize::from(self.kind_at(at(2)) == TokenKind::Comma);
        match number(2 + comma).filter(|y| y.len() == 4) {
            Some(year) => Some((3 + comma, vec![format!("{year}-{month:02}-{day:0>2}")])),
            None => Some((2, vec![format!("YYYY-{month:02}-{day:0>2}")])),
        }
    }

    /// What a whole number goes on as, if not by itself: `20/12/2098`, `99,5%`, `1 month`. It has been read.
    pub(super) fn foreign_number(&mut self, first: Token) -> Option<Expr> {
        if self.peek() == TokenKind::Slash && self.is_glued(self.pos) {
            self.pos -= 1;
            let date = self.read_foreign_date();
            self.pos += usize::from(date.is_none());
            return date;
        }
        if self.peek() == TokenKind::Comma {
            return self.comma_in_number(first);
        }
        let word = self.word().filter(|_| !self.begins_line(self.pos) && self.peek2() != TokenKind::Assign)?;
        let span = self.span(first).to(self.here());
        let found = literal::calendar_unit(first.text(self.text), word, span)?;
        self.report(found);
        self.pos += 1;
        Some(error(span))
    }

    /// Whether a date stands here in another form.
    pub(super) fn is_foreign_date(&self) -> bool {
        self.peek() != TokenKind::BadLiteral && self.foreign_date().is_some()
    }

    /// Reads a date in another form and tells how it is written.
    pub(super) fn read_foreign_date(&mut self) -> Option<Expr> {
        let (count, mut meant) = self.foreign_date()?;
        let start = self.current().start;
        self.pos = (self.pos + count).min(self.limit);
        // Both ends of a range are told at once.
        if self.peek() == TokenKind::DotDot {
            self.pos += 1;
            match self.foreign_date().filter(|_| self.peek() != TokenKind::BadLiteral) {
                Some((count, last)) if last.len() == meant.len() => {
                    self.pos = (self.pos + count).min(self.limit);
                    meant = meant.iter().zip(last).map(|(a, b)| format!("{a}..{b}")).collect();
                }
                _ => self.pos -= 1,
            }
        }
        let span = self.since(start);
        self.report(literal::not_a_date(self.source(span), span, meant));
        Some(error(span))
    }
}
