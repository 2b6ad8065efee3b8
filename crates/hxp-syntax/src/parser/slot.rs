//! The lines of a window: `open tue..thu 10:00..15:00`, `closed 2026-12-18..2027-01-04`.

use hxp_diagnostics::{Diagnostic, codes};

use super::Parser;
use super::expr::{Behind, error};
use crate::ast::{Expr, ExprKind, Ident, Literal, Slot, Statement, StatementKind};
use crate::lexer::TokenKind;
use crate::literal;
use crate::words::{WEEKDAYS, is_head, is_reserved};

impl Parser<'_> {
    pub(super) fn slot(&mut self, open: bool) -> Slot {
        let mut slot = Slot { open, days: Vec::new(), dates: Vec::new(), times: Vec::new() };
        self.filler();
        self.quoted_edges();
        if self.is_day() && !self.is_foreign_date() {
            slot.days = self.days();
        } else if self.is_date() || self.is_foreign_date() {
            slot.dates = self.dates();
        }
        self.filler();
        if self.peek() == TokenKind::Instant {
            self.instants(open);
            return slot;
        }
        if self.is_time() {
            let start = self.here();
            slot.times = self.times(open);
            self.days_behind_times(&slot, start);
        } else if self.peek() == TokenKind::Int && !self.begins_line(self.pos) {
            self.bare_hours();
        }
        slot
    }

    /// `closed 2026-12-20T18:00..2027-01-03T08:00`: days and times of theirs are said apart, so that each line is the same
    /// every day it names.
    fn instants(&mut self, open: bool) {
        let start = self.pos;
        while self.pos < self.limit
            && !self.begins_line(self.pos + usize::from(self.pos == start))
            && self.word().is_none()
            && self.peek() != TokenKind::Semicolon
        {
            self.pos += 1;
        }
        let span = self.span(self.token_at(start)).to(self.span(self.token_at(self.pos - 1)));
        // Whether its zone is given does not matter here.
        self.diagnostics.retain(|d| {
            let at = d.primary.span;
            d.code != codes::INSTANT_WITHOUT_ZONE || at.start < span.start || at.end > span.end
        });
        let edges: Vec<(&str, &str)> = (start..self.pos)
            .filter(|at| self.kind_at(*at) == TokenKind::Instant)
            .filter_map(|at| self.text_at(at).split_once('T').map(|(day, time)| (day, time.get(..5).unwrap_or(time))))
            .collect();
        let word = if open { "open" } else { "closed" };
        let help = match edges.as_slice() {
            [(day, from), (last, to), ..] if day == last => format!("write `{word} {day} {from}..{to}`"),
            [(first, from), (last, to), ..] => format!(
                "write a line for each: `{word} {first} {from}..24:00`, `{word} {last} 00:00..{to}`, and one for the days \
                 between"
            ),
            _ => format!("write the day and its times apart, as in `{word} 2026-12-20 18:00..24:00`"),
        };
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, "a slot has days and the times of a day, no instants")
                .help(help)
                .help("times are those of the window's `zone`"),
        );
    }

    /// `mon..fri 09:00..17:00`, read as the `open` slot that it is meant to be.
    pub(super) fn slot_without_head(&mut self) -> Statement {
        let head = self.here().before();
        self.report(Diagnostic::new(codes::UNEXPECTED, head, "a slot begins with `open` or `closed`").fix(
            "write `open`",
            head,
            "open ",
        ));
        let slot = self.slot(true);
        let suffixes = self.suffixes(Behind::Words);
        Statement { kind: StatementKind::Slot(slot), head, suffixes, span: self.since(head.start) }
    }

    /// Whether days or dates with nothing before them begin an entry here.
    pub(super) fn is_slot_without_head(&self) -> bool {
        let is_day = |at| self.kind_at(at) == TokenKind::Word && WEEKDAYS.contains(&self.text_at(at));
        let goes_on = |at| matches!(self.kind_at(at), TokenKind::DotDot | TokenKind::Comma | TokenKind::Time);
        (is_day(self.pos) || self.peek() == TokenKind::Date) && goes_on(self.pos + 1)
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
        let ends = self.begins_line(self.pos) || self.word().is_some_and(is_reserved);
        let ends = ends || matches!(self.peek(), TokenKind::Semicolon | TokenKind::Comma | TokenKind::End);
        // Whatever was meant, the rest of the line belongs to it.
        if ends { self.report(found) } else { self.fail(found) }
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
            let times = matches!(self.kind_at(self.pos + 1), TokenKind::Time | TokenKind::BadLiteral);
            if self.peek() == TokenKind::Comma && times {
                let span = self.here();
                self.report(
                    Diagnostic::new(codes::UNEXPECTED, span, "days and times stand side by side, without a comma").fix(
                        "remove the comma",
                        span,
                        "",
                    ),
                );
                self.pos += 1;
                break;
            }
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        days
    }

    /// `closed "2026-12-24"`: days and times in quotes.
    fn quoted_edges(&mut self) {
        let key = matches!(self.peek2(), TokenKind::Assign | TokenKind::OpenBrace | TokenKind::Dot | TokenKind::Colon);
        let start = self.here();
        while self.peek() == TokenKind::Str && !key && !self.begins_line(self.pos) {
            self.pos += 1;
            self.eat(TokenKind::DotDot);
        }
        let whole = self.since(start.start);
        if whole.start == whole.end {
            return;
        }
        let bare = self.source(whole).replace('"', "");
        self.report(Diagnostic::new(codes::UNEXPECTED, whole, "days and times stand without quotes").fix(
            format!("write `{bare}`"),
            whole,
            bare,
        ));
    }

    /// A word before days, dates or times that a slot has not.
    fn filler(&mut self) {
        let next = self.peek2();
        let joins = self.word().is_some_and(|w| matches!(w, "from" | "at" | "on" | "between" | "every"));
        let number = matches!(next, TokenKind::Date | TokenKind::Time | TokenKind::BadLiteral);
        let day = next == TokenKind::Word && WEEKDAYS.contains(&self.text_at(self.pos + 1));
        if !joins || !(number || day) || self.begins_line(self.pos + 1) {
            return;
        }
        let (span, word) = (self.here(), self.text_at(self.pos));
        let gap = hxp_diagnostics::Span { start: self.gap().start, ..span };
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, format!("a slot has no `{word}`"))
                .help("it has days and times, as in `open mon..fri 09:00..17:00`")
                .fix(format!("remove `{word}`"), gap, ""),
        );
        self.pos += 1;
    }

    /// `open 10:00..16:00 mon..thu`
    fn days_behind_times(&mut self, slot: &Slot, start: hxp_diagnostics::Span) {
        let day = self.word().is_some_and(|w| WEEKDAYS.contains(&w)) && !self.begins_line(self.pos);
        if !day || !slot.days.is_empty() || !slot.dates.is_empty() {
            return;
        }
        let times = hxp_diagnostics::Span { end: self.gap().start, ..start };
        let from = self.here();
        self.days();
        let days = self.since(from.start);
        let right = format!("{} {}", self.source(days), self.source(times));
        let whole = times.to(days);
        self.report(Diagnostic::new(codes::UNEXPECTED, days, "the days of a slot stand before its times").fix(
            format!("write `{right}`"),
            whole,
            right,
        ));
    }

    /// `..`, or what is written in its place: `-`, `to`.
    fn eat_range(&mut self) -> bool {
        let goes_on = match self.kind_at(self.pos + 1) {
            TokenKind::Word => self.peek() == TokenKind::Word || WEEKDAYS.contains(&self.text_at(self.pos + 1)),
            kind => matches!(kind, TokenKind::Date | TokenKind::Time | TokenKind::BadLiteral),
        };
        let joins = self.peek() == TokenKind::Minus
            || self.word().is_some_and(|w| matches!(w, "to" | "through" | "till" | "and"));
        if joins && goes_on && !self.begins_line(self.pos + 1) {
            let span = self.here();
            let before = self.previous().map_or(span.start, |b| b.end);
            let end = self.token_at(self.pos + 1).start;
            let whole = hxp_diagnostics::Span { start: before, end, ..span };
            self.report(Diagnostic::new(codes::UNEXPECTED, span, "a range is written with `..`").fix(
                "write `..`",
                whole,
                "..",
            ));
            self.pos += 1;
            return true;
        }
        if self.peek() == TokenKind::Ellipsis && !self.begins_line(self.pos) {
            let span = self.here();
            let found = Diagnostic::new(codes::UNEXPECTED, span, "a range is written with two dots");
            self.report(found.fix("write `..`", span, ".."));
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
            let last = if self.eat_range() {
                if !self.is_date() && !self.is_foreign_date() {
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
            if !self.is_date() && !self.is_foreign_date() {
                self.expected("a date");
                break;
            }
        }
        dates
    }

    fn times(&mut self, open: bool) -> Vec<(Expr, Expr)> {
        let mut times = Vec::new();
        loop {
            let whole = self.peek() == TokenKind::BadLiteral;
            let first = self.edge();
            self.no_end_of_day(&first);
            if self.eat_range() {
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
            if self.is_date() || self.is_day() {
                self.lines_apart(open);
                break;
            }
            if !self.is_time() {
                self.expected("a time");
                break;
            }
        }
        times
    }

    /// `closed 2026-12-24 12:00..18:00, 2026-12-31 12:00..18:00`: a further day behind the times of the first.
    fn lines_apart(&mut self, open: bool) {
        let Some(comma) = self.previous() else { return };
        let word = if open { "open" } else { "closed" };
        let gap = self.span(comma).to(self.here().before());
        self.report(
            Diagnostic::new(codes::UNEXPECTED, self.here(), "a day with times of its own is a slot of its own")
                .help(format!("write `{word}` before it, on a line of its own"))
                .fix(format!("write `{word}` before it"), gap, format!("\n  {word} ")),
        );
        self.slot(open);
    }

    /// A date or time literal.
    fn edge(&mut self) -> Expr {
        if self.is_foreign_date()
            && let Some(date) = self.read_foreign_date()
        {
            return date;
        }
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
