//! The lines of a window: `open tue..thu 10:00..15:00`, `closed 2026-12-18..2027-01-04`.

use hxp_diagnostics::{Diagnostic, codes};

use super::Parser;
use super::expr::{Behind, error};
use crate::ast::{Expr, ExprKind, Ident, Literal, Slot};
use crate::lexer::TokenKind;
use crate::literal;
use crate::words::{WEEKDAYS, is_head, is_reserved};

impl Parser<'_> {
    pub(super) fn slot(&mut self, open: bool) -> Slot {
        let mut slot = Slot { open, days: Vec::new(), dates: Vec::new(), times: Vec::new() };
        if self.is_day() {
            slot.days = self.days();
        } else if self.is_date() {
            slot.dates = self.dates();
        }
        if self.is_time() {
            slot.times = self.times();
        } else if self.peek() == TokenKind::Int && !self.begins_line(self.pos) {
            self.bare_hours();
        }
        slot
    }

    /// `10..12` for `10:00..12:00`.
    fn bare_hours(&mut self) {
        let first = self.bump();
        let last = if self.peek() == TokenKind::DotDot && self.peek2() == TokenKind::Int {
            self.pos += 1;
            Some(self.bump())
        } else {
            None
        };
        let span = self.since(first.start);
        let hours = |t: crate::lexer::Token| format!("{:0>2}:00", t.text(self.text));
        let found = Diagnostic::new(codes::UNEXPECTED, span, "a time has hours and minutes");
        let found = match last {
            Some(last) => {
                let times = format!("{}..{}", hours(first), hours(last));
                found.fix(format!("write `{times}`"), span, times)
            }
            None => found.help("a slot has a beginning and an end, as in `10:00..12:00`"),
        };
        self.report(found);
    }

    /// Whether a weekday stands here, or a word that cannot be anything else.
    fn is_day(&self) -> bool {
        let Some(word) = self.word() else { return false };
        let other_entry = matches!(self.peek2(), TokenKind::Assign | TokenKind::OpenBrace | TokenKind::Dot);
        WEEKDAYS.contains(&word)
            || (!is_reserved(word) && !is_head(word) && !other_entry && !self.begins_line(self.pos))
    }

    fn is_date(&self) -> bool {
        match self.peek() {
            TokenKind::Date => true,
            TokenKind::BadLiteral => !self.text_at(self.pos).contains(':'),
            _ => false,
        }
    }

    fn is_time(&self) -> bool {
        match self.peek() {
            TokenKind::Time => true,
            // Behind the days only times can stand.
            TokenKind::BadLiteral => self.text_at(self.pos).contains(':') || !self.begins_line(self.pos),
            // `10am` has been told.
            TokenKind::Quantity => {
                let text = self.text_at(self.pos).to_ascii_lowercase();
                (text.ends_with("am") || text.ends_with("pm")) && !self.begins_line(self.pos)
            }
            _ => false,
        }
    }

    fn days(&mut self) -> Vec<(Ident, Ident)> {
        let mut days = Vec::new();
        while let Some(first) = self.day() {
            let last = if self.eat_range() { self.day() } else { Some(first.clone()) };
            days.extend(last.map(|l| (first, l)));
            if self.peek() == TokenKind::Comma && self.begins_entry(self.pos + 1, Behind::Words) {
                self.trailing_comma();
                break;
            }
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        days
    }

    /// `..`, or `-` between days in its place.
    fn eat_range(&mut self) -> bool {
        if self.peek() == TokenKind::Minus && WEEKDAYS.contains(&self.text_at(self.pos + 1)) {
            let span = self.here();
            self.report(Diagnostic::new(codes::UNEXPECTED, span, "a range is written with `..`").fix(
                "write `..`",
                span,
                "..",
            ));
            self.pos += 1;
            return true;
        }
        let joins = self.word().is_some_and(|w| matches!(w, "to" | "through"));
        if joins && self.kind_at(self.pos + 1) == TokenKind::Word && !self.begins_line(self.pos + 1) {
            let span = self.here();
            let gap = |at: usize| self.token_at(at);
            let before = self.previous().map_or(span.start, |b| b.end);
            let whole = hxp_diagnostics::Span { start: before, end: gap(self.pos + 1).start, ..span };
            self.report(Diagnostic::new(codes::UNEXPECTED, span, "a range is written with `..`").fix(
                "write `..`",
                whole,
                "..",
            ));
            self.pos += 1;
            return true;
        }
        self.eat(TokenKind::DotDot).is_some()
    }

    fn day(&mut self) -> Option<Ident> {
        match self.word() {
            Some(word) if WEEKDAYS.contains(&word) => {
                let token = self.bump();
                Some(self.ident(token))
            }
            Some(word) => {
                let short = word.get(..3).map(str::to_ascii_lowercase).unwrap_or_default();
                let span = self.here();
                let mut found = Diagnostic::new(codes::UNEXPECTED, span, format!("there is no weekday `{word}`"));
                let day = WEEKDAYS.iter().copied().find(|d| *d == short);
                let several = match word.to_ascii_lowercase().as_str() {
                    "weekday" | "weekdays" | "workdays" => Some("mon..fri"),
                    "weekend" | "weekends" => Some("sat..sun"),
                    "daily" | "everyday" | "always" => Some("mon..sun"),
                    _ => None,
                };
                let near = || hxp_diagnostics::nearest(word, WEEKDAYS.iter().copied());
                if let Some(day) = several.or(day).or_else(near) {
                    found = found.help(format!("did you mean `{day}`?")).fix(format!("write `{day}`"), span, day);
                }
                self.report(found.help("weekdays are `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`"));
                let token = self.bump();
                Some(self.ident(token))
            }
            None => {
                self.expected("a weekday");
                None
            }
        }
    }

    fn dates(&mut self) -> Vec<(Expr, Expr)> {
        let mut dates = Vec::new();
        loop {
            let first = self.edge();
            let last = if self.eat(TokenKind::DotDot).is_some() {
                if !self.is_date() {
                    self.expected("a date");
                    break;
                }
                self.edge()
            } else {
                first.clone()
            };
            dates.push((first, last));
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
            if !self.is_date() {
                self.expected("a date");
                break;
            }
        }
        dates
    }

    fn times(&mut self) -> Vec<(Expr, Expr)> {
        let mut times = Vec::new();
        loop {
            let whole = self.peek() == TokenKind::BadLiteral;
            let first = self.edge();
            self.no_end_of_day(&first);
            if self.eat(TokenKind::DotDot).is_some() {
                if !self.is_time() {
                    self.expected("a time");
                    break;
                }
                times.push((first, self.edge()));
            } else if !whole {
                self.expected("`..` and the time at which it ends");
                break;
            }
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
            if !self.is_time() {
                self.expected("a time");
                break;
            }
        }
        times
    }

    /// A date or time literal.
    fn edge(&mut self) -> Expr {
        let token = self.bump();
        let span = self.span(token);
        match literal::value(token.kind, self.source(span)).filter(|_| token.kind != TokenKind::Quantity) {
            Some(value) => Expr { kind: ExprKind::Literal(value), span },
            None => error(span),
        }
    }

    /// A slot cannot begin when the day is over.
    fn no_end_of_day(&mut self, first: &Expr) {
        if first.kind == ExprKind::Literal(Literal::Time(86_400)) {
            self.report(
                Diagnostic::new(codes::NO_SUCH_TIME, first.span, "24:00 only ends a day")
                    .help("a slot that begins at midnight begins at 00:00")
                    .fix("write `00:00`", first.span, "00:00"),
            );
        }
    }
}
