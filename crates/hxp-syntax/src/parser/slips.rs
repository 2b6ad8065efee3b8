//! Slips that show what was meant, read as such: told once, and nothing behind them is lost.

use hxp_diagnostics::{Diagnostic, Edit, Span, codes};

use super::Parser;
use crate::ast::{
    Body, Entry, EntryKind, Expr, ExprKind, Ident, Keys, Literal, Param, Path, Property, Seat, StrLit, Suffix,
    SuffixKind, TypeExpr,
};
use crate::lexer::TokenKind;
use crate::words::{WEEKDAYS, is_head, is_kind, is_reserved};

impl Parser<'_> {
    /// From the end of what was read to the next token.
    pub(super) fn gap(&self) -> Span {
        let next = self.here().before();
        self.previous().map_or(next, |b| Span { start: b.end, ..next })
    }

    /// `after: staging`, `open = mon..fri 10:00..16:00`: a statement that is written like a property, in the block of a
    /// declaration. Deeper, the words of statements are keys like any other.
    pub(super) fn is_assigned_statement(&self) -> bool {
        if self.depth != 1 || self.peek() != TokenKind::Word || !is_head(self.text_at(self.pos)) {
            return false;
        }
        match self.peek2() {
            TokenKind::Colon => true,
            TokenKind::Assign => {
                let mut line = (self.pos + 2..self.limit).take_while(|at| !self.begins_line(*at));
                line.any(|at| match self.kind_at(at) {
                    TokenKind::Word => matches!(
                        self.text_at(at),
                        "because" | "distinct" | "due" | "of" | "on" | "soaked" | "until" | "when" | "with"
                    ),
                    TokenKind::Time => self.kind_at(at + 1) == TokenKind::DotDot,
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// Tells it, and leaves the statement as if the sign were not there.
    pub(super) fn assigned_statement(&mut self) {
        let (head, sign) = (self.text_at(self.pos), self.token_at(self.pos + 1));
        let (span, mark) = (self.span(sign), sign.text(self.text));
        let gap = Span { start: self.here().end, ..span };
        self.report(
            Diagnostic::new(
                codes::UNEXPECTED,
                span,
                format!("`{head}` is a statement: it is written without `{mark}`"),
            )
            .fix(format!("remove `{mark}`"), gap, ""),
        );
        if let Some(token) = self.tokens.get_mut(self.pos + 1) {
            // Read as a part of the head.
            token.kind = TokenKind::End;
        }
    }

    /// Goes behind the sign of a statement that was told to be written without.
    pub(super) fn skip_sign(&mut self) {
        let sign = self.current();
        if self.pos < self.limit && sign.kind == TokenKind::End && sign.start < sign.end {
            self.pos += 1;
        }
    }

    /// `push branch main`, `push to main`, `release published`: which events are meant stands behind them in words.
    pub(super) fn event_in_words(&mut self) -> bool {
        let in_words = matches!(self.peek(), TokenKind::Word | TokenKind::Str) && !self.begins_line(self.pos);
        let Some(event) = self.previous().filter(|_| in_words) else { return false };
        let (name, from) = (event.text(self.text), self.here());
        let condition = match name {
            "push" => self.branch_in_words(),
            "release" if matches!(self.peek2(), TokenKind::Tilde | TokenKind::EqEq) => {
                self.pos += 2;
                Some(self.source(from.to(self.here())).to_owned())
            }
            "release" if matches!(self.text_at(self.pos), "published" | "created") => {
                Some(self.text_at(self.pos).into())
            }
            _ => None,
        };
        let Some(condition) = condition else { return false };
        self.pos += 1;
        let whole = Span { start: event.end, ..self.since(from.start) };
        let call = format!("({condition})");
        self.report(
            Diagnostic::new(codes::UNEXPECTED, from, format!("which {name} is said in parentheses"))
                .help(format!("write `{name}{call}`"))
                .fix(format!("write `{name}{call}`"), whole, call),
        );
        true
    }

    /// The condition that is meant by what stands behind `push`; its last token is next then.
    fn branch_in_words(&mut self) -> Option<String> {
        let mut at = self.pos;
        for words in [["to", "into", "on"], ["branch", "the", "branches"]] {
            at += usize::from(self.kind_at(at) == TokenKind::Word && words.contains(&self.text_at(at)));
        }
        at += usize::from(at > self.pos && matches!(self.kind_at(at), TokenKind::EqEq | TokenKind::Assign));
        let name = self.text_at(at);
        let is_name = match self.kind_at(at) {
            TokenKind::Str => self.kind_at(at + 1) != TokenKind::OpenBrace,
            TokenKind::Word if at > self.pos => !is_reserved(name),
            TokenKind::Word => !is_reserved(name) && !is_head(name) && !is_kind(name) && !is_event(name),
            _ => false,
        };
        if !is_name || self.begins_line(at) || self.kind_at(at + 1) == TokenKind::Assign {
            return None;
        }
        self.pos = at;
        Some(format!("branch == \"{}\"", name.trim_matches('"')))
    }

    /// `after staging, preview`: one statement each.
    pub(super) fn after_each(&mut self) {
        while self.peek() == TokenKind::Comma
            && self.kind_at(self.pos + 1) == TokenKind::Word
            && !self.begins_line(self.pos + 1)
            && !is_head(self.text_at(self.pos + 1))
            && !self.begins_entry(self.pos + 1, super::expr::Behind::Words)
            && self.kind_at(self.pos + 2) != TokenKind::Colon
        {
            let comma = self.here();
            self.pos += 1;
            let gap = Span { end: self.here().start, ..comma };
            self.report(
                Diagnostic::new(
                    codes::UNEXPECTED,
                    comma,
                    "each environment that comes before has an `after` of its own",
                )
                .fix("begin another `after`", gap, "\n  after "),
            );
            self.after();
        }
    }

    /// `rollback when failed`: events that are joined by another word; gives that word.
    pub(super) fn events_joined_otherwise(&self, is_notify: bool) -> Option<Span> {
        self.word().filter(|w| matches!(*w, "when" | "if"))?;
        let first = self.text_at(self.pos + 1);
        let event = first == "incident" && matches!(self.text_at(self.pos + 3), "declared" | "resolved");
        let fact = self.kind_at(self.pos + 2) == TokenKind::Dot && !event;
        let mut at = self.pos + 1;
        while self.kind_at(at) != TokenKind::End && !self.begins_line(at) {
            match self.kind_at(at) {
                TokenKind::Word if !is_reserved(self.text_at(at)) => {}
                TokenKind::Dot | TokenKind::Comma | TokenKind::OpenParen => {}
                TokenKind::OpenBrace if !is_notify => break,
                _ => return None,
            }
            at = self.behind(at);
        }
        (at > self.pos + 1 && !(is_notify && fact)).then(|| self.here())
    }

    /// `keep 10`, `limit = 15m`: what goes with a rollback, without its braces.
    pub(super) fn is_bare_option(&self, at: usize) -> bool {
        let key = self.kind_at(at) == TokenKind::Word && matches!(self.text_at(at), "keep" | "limit");
        let value = self.kind_at(at + 1);
        key && !self.begins_line(at) && (matches!(value, TokenKind::Assign | TokenKind::Colon) || value.is_number())
    }

    /// Tells that those stand in braces.
    pub(super) fn bare_options(&mut self) {
        let joined = usize::from(self.peek() == TokenKind::Comma || self.at_word("with"));
        if !self.is_bare_option(self.pos + joined) {
            return;
        }
        let gap = self.gap().start;
        self.pos += joined;
        let (first, key) = (self.here(), self.text_at(self.pos));
        let mut options = Vec::new();
        while self.is_bare_option(self.pos) {
            let name = self.text_at(self.pos);
            self.pos += 1;
            self.pos += usize::from(!self.peek().is_number());
            let value = self.expr_before_block("a value");
            options.push(format!("{name} = {}", self.source(value.span)));
            let goes_on = usize::from(self.peek() == TokenKind::Comma || self.at_word("and"));
            self.pos += if self.is_bare_option(self.pos + goes_on) { goes_on } else { 0 };
        }
        let whole = self.since(first.start);
        let block = format!("{{ {} }}", options.join(", "));
        self.report(
            Diagnostic::new(codes::UNEXPECTED, whole, format!("`{key}` stands in braces behind the events")).fix(
                format!("write `{block}`"),
                Span { start: gap, ..whole },
                format!(" {block}"),
            ),
        );
    }

    /// `approve 2 of a distinct, 1 of b`: gives the word that does not stand last.
    pub(super) fn early_distinct(&mut self) -> Option<Span> {
        let comma = self.at_word("distinct") && self.peek2() == TokenKind::Comma;
        let seat = self.kind_at(self.pos + 2) == TokenKind::Int && self.text_at(self.pos + 3) == "of";
        (comma && seat).then(|| {
            let span = Span { start: self.gap().start, ..self.here() };
            self.pos += 1;
            span
        })
    }

    /// Tells it, now that the last seat is known.
    pub(super) fn distinct_goes_last(&mut self, early: Span, seats: &[Seat]) {
        let Some(last) = seats.last() else { return };
        let word = Span { start: early.end - 8, ..early };
        let edits = vec![
            Edit { span: early, text: String::new() },
            Edit { span: last.span.after(), text: " distinct".to_owned() },
        ];
        self.report(
            Diagnostic::new(codes::UNEXPECTED, word, "`distinct` stands behind the last seat")
                .help("it asks for different people in all seats of the approval")
                .fix_all("write it behind the last seat", edits, true),
        );
    }

    /// `approve 1 of a when …, 1 of b`: a condition is of the whole statement, so the rest is one of its own.
    pub(super) fn seats_behind_suffix(&mut self) -> bool {
        let seat = self.kind_at(self.pos + 1) == TokenKind::Int && self.text_at(self.pos + 2) == "of";
        if self.peek() != TokenKind::Comma || !seat {
            return false;
        }
        let comma = self.here();
        self.pos += 1;
        let gap = Span { end: self.here().start, ..comma };
        self.report(
            Diagnostic::new(codes::UNEXPECTED, comma, "what stands behind the seats is said of all of them")
                .help("seats with a condition of their own are an `approve` of their own")
                .fix("begin another `approve`", gap, "\n  approve "),
        );
        true
    }

    /// `expect pending, because …`: a comma inside a statement.
    pub(super) fn comma_before(&mut self, words: &[&str]) {
        let word = self.text_at(self.pos + 1);
        let joins = self.kind_at(self.pos + 1) == TokenKind::Word && words.contains(&word);
        let key = matches!(self.kind_at(self.pos + 2), TokenKind::Assign | TokenKind::OpenBrace | TokenKind::Colon);
        if self.peek() != TokenKind::Comma || !joins || key {
            return;
        }
        let span = self.here();
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, format!("a statement goes on with `{word}` without a comma")).fix(
                "remove the comma",
                span,
                "",
            ),
        );
        self.pos += 1;
    }

    /// `soaked for 3d`: a word too many.
    pub(super) fn needless(&mut self, words: &[&str]) {
        let Some(word) = self.word().filter(|w| words.contains(w) && self.kind_at(self.pos + 1).is_number()) else {
            return;
        };
        let span = self.here();
        let gap = Span { start: self.gap().start, ..span };
        self.report(Diagnostic::new(codes::UNEXPECTED, span, format!("`{word}` is one word too many")).fix(
            format!("remove `{word}`"),
            gap,
            "",
        ));
        self.pos += 1;
    }

    /// Another word where `right` joins.
    pub(super) fn other_word(&mut self, words: &[&str], right: &str) -> bool {
        let goes_on = matches!(self.peek2(), TokenKind::Word | TokenKind::Str) && !self.begins_line(self.pos + 1);
        let Some(word) = self.word().filter(|w| words.contains(w) && goes_on) else { return false };
        let span = self.here();
        self.report(
            Diagnostic::new(
                codes::UNEXPECTED,
                span,
                format!("what follows is joined with `{right}`, not with `{word}`"),
            )
            .fix_all(format!("write `{right}`"), vec![Edit { span, text: right.to_owned() }], true),
        );
        self.pos += 1;
        true
    }

    /// `because no capacity`: a reason without its quotes.
    pub(super) fn unquoted_reason(&mut self) -> Option<Expr> {
        let goes_on = self.peek() == TokenKind::Word
            && self.peek2() == TokenKind::Word
            && !self.begins_line(self.pos + 1)
            && !is_reserved(self.text_at(self.pos + 1));
        goes_on.then(|| {
            let span = self.rest_of_line("a reason stands in quotes").span;
            // It is a reason nevertheless, and not missing.
            let text = StrLit { tag: None, value: self.source(span).into(), span };
            Expr { kind: ExprKind::Literal(Literal::Str(text)), span }
        })
    }

    /// Reads the rest of the line as a text without its quotes.
    pub(super) fn rest_of_line(&mut self, message: &str) -> Expr {
        let mut span = self.here();
        while !matches!(self.peek(), TokenKind::Comma | TokenKind::Semicolon | TokenKind::End)
            && !self.peek().is_close()
            && (span == self.here() || !(self.begins_line(self.pos) || self.is_property(self.pos)))
        {
            span = span.to(self.here());
            self.pos = self.behind(self.pos);
        }
        let text = self.source(span);
        let mut found = Diagnostic::new(codes::UNEXPECTED, span, message);
        if !text.contains(['"', '\\', '\n']) {
            found = found.fix("write the quotes", span, format!("\"{text}\""));
        }
        self.report(found);
        Expr { span, kind: ExprKind::Error }
    }

    /// `closed 2026-12-24 "holiday"`: a reason without `because`.
    pub(super) fn reason_without_because(&mut self) -> Option<Suffix> {
        let key = matches!(self.peek2(), TokenKind::Assign | TokenKind::OpenBrace | TokenKind::Dot | TokenKind::Colon);
        if self.peek() != TokenKind::Str || key || self.begins_line(self.pos) {
            return None;
        }
        let span = self.here();
        self.report(Diagnostic::new(codes::UNEXPECTED, span, "a reason is joined with `because`").fix_all(
            "write `because`",
            vec![Edit { span: span.before(), text: "because ".to_owned() }],
            true,
        ));
        let reason = self.expr();
        Some(Suffix { kind: SuffixKind::Because(vec![reason]), head: span.before(), span })
    }

    /// `dropped percent`, `int players`, `players`: a parameter or result whose type is not said, or not like that.
    pub(super) fn mistyped(&mut self, name: Ident) -> Option<Param> {
        let start = name.span.start;
        let named = name.text.clone();
        let any = |span: Span| {
            let path = Path { segments: vec![Ident { text: "value".into(), span }], span };
            TypeExpr { name: path, args: Vec::new(), optional: false, span }
        };
        if self.peek() == TokenKind::Word && !self.begins_line(self.pos) && !is_reserved(self.text_at(self.pos)) {
            let (span, word) = (self.here(), self.text_at(self.pos));
            let swapped = super::item::is_type(&named) && !super::item::is_type(word);
            let right = if swapped { format!("{word}: {named}") } else { format!("{named}: {word}") };
            let whole = name.span.to(span);
            self.report(
                Diagnostic::new(codes::UNEXPECTED, whole, "a type stands behind the name, joined with `:`").fix(
                    format!("write `{right}`"),
                    whole,
                    right,
                ),
            );
            if swapped {
                let token = self.bump();
                return Some(Param { name: self.ident(token), ty: any(span), default: None, span: self.since(start) });
            }
            let ty = self.type_expr()?;
            return Some(Param { name, ty, default: None, span: self.since(start) });
        }
        if matches!(self.peek(), TokenKind::Comma | TokenKind::End) || self.begins_line(self.pos) {
            self.report(
                Diagnostic::new(codes::UNEXPECTED, name.span, format!("the type of `{named}` is missing"))
                    .help(format!("write it behind the name, as in `{named}: percent`")),
            );
            let ty = any(name.span);
            return Some(Param { name, ty, default: None, span: self.since(start) });
        }
        self.expected(&format!("`: type`, as in `{named}: percent`,"));
        None
    }

    /// `yields { line: percent }`
    pub(super) fn is_braced_yields(&self) -> bool {
        self.at_word("yields")
            && self.peek2() == TokenKind::OpenBrace
            && self.kind_at(self.pos + 2) == TokenKind::Word
            && self.kind_at(self.pos + 3) == TokenKind::Colon
    }

    /// What stands between those braces.
    pub(super) fn braced_yields(&mut self) -> Vec<Param> {
        let (open, close) = (self.here(), self.token_at(self.closing(self.pos)));
        let close = self.span(close);
        let edits = vec![Edit { span: open, text: String::new() }, Edit { span: close, text: String::new() }];
        self.report(
            Diagnostic::new(codes::UNEXPECTED, open, "`yields` has no braces")
                .help("results are separated by commas, as in `yields line: percent, tests: int`")
                .fix_all("remove the braces", edits, true),
        );
        self.bracket(|p| p.elements("results", Self::param)).unwrap_or_default()
    }

    /// `soak-test` as the name of a declaration, read as `soak_test`.
    pub(super) fn dashed_name(&mut self, name: Ident) -> Ident {
        let glued = |p: &Self| p.previous().is_some_and(|b| b.end == p.current().start);
        let mut span = name.span;
        while self.peek() == TokenKind::Minus && glued(self) {
            let next = self.token_at(self.pos + 1);
            if !matches!(next.kind, TokenKind::Word | TokenKind::Int) || next.start != self.current().end {
                break;
            }
            self.pos += 2;
            span = span.to(self.span(next));
        }
        if span == name.span {
            return name;
        }
        let text = self.source(span).replace('-', "_");
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, "a name has no `-`")
                .help("the words of a name are joined by `_`")
                .fix(format!("write `{text}`"), span, text.clone()),
        );
        Ident { text: text.into(), span }
    }

    /// `trigger complaints raised_by support`: a property that stands before the braces.
    pub(super) fn property_in_head(&mut self) -> Option<Entry> {
        let word = self.word().filter(|_| !self.begins_line(self.pos))?;
        let value = self.token_at(self.pos + 1);
        let is_value =
            (value.kind == TokenKind::Word && !is_reserved(value.text(self.text))) || value.kind == TokenKind::Str;
        let ends = self.kind_at(self.pos + 2) == TokenKind::OpenBrace || self.begins_line(self.pos + 2);
        if is_kind(word) || is_reserved(word) || !is_value || !ends || self.begins_line(self.pos + 1) {
            return None;
        }
        if hxp_diagnostics::nearest(word, ["extends", "for", "when"]).is_some() || !word.contains('_') {
            return None;
        }
        let key = self.bump();
        let key = self.ident(key);
        let value = self.expr_before_block("a value");
        let span = key.span.to(value.span);
        let text = format!("{} = {}", key.text, self.source(value.span));
        let found = Diagnostic::new(codes::UNEXPECTED, span, format!("the property `{}` stands in braces", key.text))
            .help(format!("write `{{ {text} }}`"));
        self.report(if self.peek() == TokenKind::OpenBrace {
            found
        } else {
            found.fix(format!("write `{{ {text} }}`"), span, format!("{{ {text} }}"))
        });
        let kind = EntryKind::Property(Property { keys: Keys::One(key), value });
        Some(Entry { notes: None, kind, span })
    }

    /// `by security,`: a property of one word without its `=`.
    pub(super) fn is_word_for_word(&self) -> bool {
        let (word, value) = (self.text_at(self.pos), self.text_at(self.pos + 1));
        let words = self.peek() == TokenKind::Word && self.peek2() == TokenKind::Word;
        let ends = matches!(self.kind_at(self.pos + 2), TokenKind::Comma | TokenKind::Semicolon | TokenKind::End)
            || self.begins_line(self.pos + 2);
        let plain = |w: &str| !is_reserved(w) && !is_kind(w) && !is_head(w) && !WEEKDAYS.contains(&w);
        words && ends && plain(word) && plain(value) && !self.begins_line(self.pos + 1)
    }
}

/// Whether an event begins with that word.
fn is_event(word: &str) -> bool {
    matches!(word, "push" | "release" | "manual" | "schedule")
}

/// Puts a property that stood before the braces between them.
pub(super) fn with_entry(body: Body, entry: Option<Entry>) -> Body {
    let Some(entry) = entry else { return body };
    match body {
        Body::Block(mut block) => {
            block.entries.insert(0, entry);
            Body::Block(block)
        }
        Body::None => {
            let span = entry.span;
            Body::Block(crate::ast::Block { entries: vec![entry], span })
        }
        expr @ Body::Expr(_) => expr,
    }
}
