//! Blocks and what stands in them.

use hxp_diagnostics::{Diagnostic, Edit, codes};

use super::expr::Behind;
use super::{Parser, describe};
use crate::ast::{
    Block, Entry, EntryKind, Expr, ExprKind, Ident, Keys, Notes, Property, Seat, Statement, StatementKind, Suffix,
    SuffixKind,
};
use crate::lexer::TokenKind;
use crate::words::{HEADS, is_head, is_kind, is_reserved};

impl Parser<'_> {
    /// `{ entries }`
    pub(super) fn block(&mut self) -> Block {
        let start = self.current().start;
        let entries = self.bracket(Self::entries).unwrap_or_default();
        Block { entries, span: self.since(start) }
    }

    fn entries(&mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        while self.pos < self.limit {
            let before = self.pos;
            entries.extend(self.entry());
            if !self.lost {
                self.separators();
            }
            if self.lost {
                let next = self.next_entry(before + 1);
                self.recover(next);
            }
            if self.pos == before {
                self.pos += 1;
            }
        }
        self.refuse_docs();
        // A tree is kept for as long as an editor is open, and most blocks are short.
        entries.shrink_to_fit();
        entries
    }

    fn entry(&mut self) -> Option<Entry> {
        let docs = self.take_docs();
        let start = docs.first().map_or(self.current().start, |d| d.span.start);
        let attrs = self.attrs();
        if self.is_assigned_statement() {
            self.assigned_statement();
        }
        let kind = match self.peek() {
            TokenKind::Ellipsis => {
                self.pos += 1;
                EntryKind::Spread(self.expr_of("a record"))
            }
            TokenKind::Word if self.is_braced_yields() => EntryKind::Statement(Box::new(self.statement())),
            TokenKind::Word | TokenKind::Str if self.is_property(self.pos) => EntryKind::Property(self.property()),
            TokenKind::Word if is_head(self.text_at(self.pos)) => EntryKind::Statement(Box::new(self.statement())),
            TokenKind::Word | TokenKind::Str if self.lacks_equals() => EntryKind::Property(self.property()),
            TokenKind::Word | TokenKind::Date if self.is_slot_without_head() => {
                EntryKind::Statement(Box::new(self.slot_without_head()))
            }
            TokenKind::Word if self.is_misspelt_statement() => {
                EntryKind::Statement(Box::new(self.misspelt_statement()))
            }
            _ => {
                self.not_an_entry();
                return None;
            }
        };
        let span = self.since(start);
        let is_statement = matches!(kind, EntryKind::Statement(_));
        self.separator(is_statement);
        let bare = docs.is_empty() && attrs.is_empty();
        Some(Entry { notes: (!bare).then(|| Box::new(Notes { docs, attrs })), kind, span })
    }

    fn separator(&mut self, behind_statement: bool) {
        if self.eat(TokenKind::Semicolon).is_some() {
            return;
        }
        if let Some(comma) = self.eat(TokenKind::Comma)
            && behind_statement
        {
            let span = self.span(comma);
            self.report(Diagnostic::new(codes::UNEXPECTED, span, "a statement ends without a comma").fix(
                "remove the comma",
                span,
                "",
            ));
        }
    }

    /// More than one separator.
    fn separators(&mut self) {
        if !matches!(self.peek(), TokenKind::Comma | TokenKind::Semicolon) {
            return;
        }
        let span = self.here();
        self.report(Diagnostic::new(codes::UNEXPECTED, span, "one separator between entries is enough").fix(
            "remove it",
            span,
            "",
        ));
        while matches!(self.peek(), TokenKind::Comma | TokenKind::Semicolon) {
            self.pos += 1;
        }
    }

    /// Whether a key with `=` or `{` behind it begins at `at`.
    pub(super) fn is_property(&self, at: usize) -> bool {
        matches!(self.kind_at(self.behind_keys(at)), TokenKind::Assign | TokenKind::OpenBrace)
    }

    /// The index behind `key.key`.
    fn behind_keys(&self, at: usize) -> usize {
        let is_key = |i| matches!(self.kind_at(i), TokenKind::Word | TokenKind::Str);
        let mut at = at + 1;
        while self.kind_at(at) == TokenKind::Dot && is_key(at + 1) {
            at += 2;
        }
        at
    }

    /// Whether this is a property in the manner of other languages: `key: value` or `key value`.
    fn lacks_equals(&self) -> bool {
        let behind = self.behind_keys(self.pos);
        match self.kind_at(behind) {
            TokenKind::Colon => true,
            kind if kind.is_number() || kind == TokenKind::OpenBracket || kind == TokenKind::Str => {
                let word = self.text_at(self.pos);
                let unlike_head = self.peek() == TokenKind::Str || nearest_head(word).is_none();
                unlike_head && !is_kind(word) && !is_reserved(word) && !self.begins_line(behind)
            }
            TokenKind::Word => nearest_head(self.text_at(self.pos)).is_none() && self.is_word_for_word(),
            _ => false,
        }
    }

    /// Whether what stands behind the comma of a statement's list is surely an entry: no expression goes on like that.
    pub(super) fn begins_entry(&self, at: usize, behind: Behind) -> bool {
        match self.kind_at(at) {
            TokenKind::Ellipsis | TokenKind::At => true,
            TokenKind::Word | TokenKind::Str => {
                let is_block = |kind| kind == TokenKind::OpenBrace && behind != Behind::Block;
                let kind = self.kind_at(self.behind_keys(at));
                kind == TokenKind::Assign || is_block(kind) || self.is_statement(at)
            }
            _ => false,
        }
    }

    /// Whether the word `at` is a head with something behind it that cannot follow a name.
    pub(super) fn is_statement(&self, at: usize) -> bool {
        if self.kind_at(at) != TokenKind::Word || !is_head(self.text_at(at)) {
            return false;
        }
        let is_key =
            |i| matches!(self.kind_at(i), TokenKind::Assign | TokenKind::OpenBrace | TokenKind::Dot | TokenKind::Str);
        match self.kind_at(at + 1) {
            TokenKind::Word => {
                let (head, word) = (self.text_at(at), self.text_at(at + 1));
                let joins = is_head(word) || is_kind(word) || is_reserved(word) || is_key(at + 2);
                !joins || (head == "deploy" && word == "with")
            }
            TokenKind::Str => !is_key(at + 2),
            kind => kind.is_number(),
        }
    }

    /// The next token from `from` on that surely begins an entry, or the end of the block.
    fn next_entry(&self, from: usize) -> usize {
        let mut at = self.pos.max(from);
        while at < self.limit {
            let token = self.token_at(at);
            let begins = match token.kind {
                TokenKind::At | TokenKind::Ellipsis => self.begins_line(at),
                TokenKind::Word | TokenKind::Str => self.resumes(at),
                _ => false,
            };
            if begins {
                return at;
            }
            at = self.behind(at);
        }
        self.limit
    }

    /// Whether reading may go on with the word or string `at`. (While lost, so it looks at the tokens themselves.)
    fn resumes(&self, at: usize) -> bool {
        let kind = |i: usize| if i < self.limit { self.token_at(i).kind } else { TokenKind::End };
        let mut behind = at + 1;
        while kind(behind) == TokenKind::Dot && matches!(kind(behind + 1), TokenKind::Word | TokenKind::Str) {
            behind += 2;
        }
        let separated = self.begins_line(at)
            || at.checked_sub(1).is_some_and(|b| matches!(kind(b), TokenKind::Comma | TokenKind::Semicolon));
        match kind(behind) {
            TokenKind::Assign => true,
            TokenKind::OpenBrace => separated,
            _ => separated && kind(at) == TokenKind::Word && is_head(self.text_at(at)) && behind == at + 1,
        }
    }

    fn not_an_entry(&mut self) {
        let token = self.current();
        let span = self.span(token);
        let text = token.text(self.text);
        let found = match self.peek() {
            TokenKind::Word if is_kind(text) && matches!(self.peek2(), TokenKind::Word | TokenKind::Str) => {
                Diagnostic::new(
                    codes::UNEXPECTED,
                    span,
                    format!("`{text}` declares at the top of a file, not inside a block"),
                )
                .help("move it out of the braces, and use its name here")
            }
            TokenKind::Word if is_reserved(text) => {
                Diagnostic::new(codes::UNEXPECTED, span, format!("the word `{text}` begins no entry"))
                    .help("it joins parts of a statement; as a key it stands in quotes")
            }
            TokenKind::Word | TokenKind::Str if self.kind_at(self.behind_keys(self.pos)) == TokenKind::Dot => {
                self.pos = self.behind_keys(self.pos) + 1;
                return self.expected("a key");
            }
            TokenKind::Word => {
                let found = Diagnostic::new(
                    codes::UNEXPECTED,
                    span,
                    format!("`{text}` is no statement, and no value is given to it"),
                );
                match nearest_head(text) {
                    Some(_) => found.suggest(text, HEADS.iter().copied()),
                    None if self.is_counted() => {
                        let gap = self.previous().map_or(span, |b| hxp_diagnostics::Span { start: b.end, ..span });
                        self.report(
                            Diagnostic::new(codes::UNEXPECTED, span, format!("a number stands without `{text}`"))
                                .help("units are written right behind the number, as in `15m`; what is counted is not")
                                .fix(format!("remove `{text}`"), gap, ""),
                        );
                        self.pos += 1;
                        self.separator(false);
                        return;
                    }
                    None => found.help(format!("a property is written `{text} = value`, a text stands in quotes")),
                }
            }
            TokenKind::Str => Diagnostic::new(codes::UNEXPECTED, span, "a text stands here by itself")
                .help("a quoted key is followed by `=` or `{`"),
            kind if kind.is_number() && kind != TokenKind::BadLiteral => {
                self.loose_number();
                return;
            }
            TokenKind::Colon => {
                let behind = self.text.get(token.end as usize..).unwrap_or("");
                let help = if behind.starts_with("//") {
                    "a text, such as a web address, stands in quotes"
                } else {
                    "a property is given its value with `=`, and a record stands in braces"
                };
                Diagnostic::new(codes::UNEXPECTED, span, "expected a property or a statement, found `:`").help(help)
            }
            _ => {
                let what = describe(token, self.text);
                return self.unexpected(format!("expected a property or a statement, found {what}"));
            }
        };
        self.fail(found);
    }

    /// `5 releases`: a word behind a number on one line.
    fn is_counted(&self) -> bool {
        self.previous().is_some_and(|b| b.kind == TokenKind::Int) && !self.begins_line(self.pos)
    }

    /// A number that belongs to nothing, perhaps the second half of `1h 30m`.
    fn loose_number(&mut self) {
        let span = self.here();
        let text = self.source(span);
        let found =
            Diagnostic::new(codes::UNEXPECTED, span, format!("expected a property or a statement, found `{text}`"));
        let before = self.previous().filter(|b| b.kind == TokenKind::Quantity && self.peek() == TokenKind::Quantity);
        let Some(before) = before else { return self.fail(found) };
        let both = self.span(before).to(span);
        let glued = format!("{}{text}", before.text(self.text));
        self.report(Diagnostic::new(codes::SPACED_UNIT, both, "the parts of a duration are glued together").fix(
            format!("write `{glued}`"),
            both,
            glued,
        ));
        self.pos += 1;
        self.separator(false);
    }

    /// `a.b = value` or `a.b { … }`
    fn property(&mut self) -> Property {
        let mut keys = Keys::One(self.key());
        if self.peek() == TokenKind::Dot {
            let mut path = keys.to_vec();
            while self.eat(TokenKind::Dot).is_some() {
                path.push(self.key());
            }
            keys = Keys::Path(path.into());
        }
        let inside = keys.len() - 1;
        self.depth += inside;
        let value = match self.peek() {
            TokenKind::OpenBrace => {
                let outer = std::mem::take(&mut self.tallest);
                let block = self.block();
                self.tallest = outer.max(self.tallest + 1);
                Expr { span: block.span, kind: ExprKind::Record(block) }
            }
            TokenKind::Assign => {
                self.pos += 1;
                let value = self.expr();
                self.unquoted(value)
            }
            _ => {
                self.missing_equals(&keys);
                let value = self.expr();
                self.unquoted(value)
            }
        };
        self.depth -= inside;
        Property { keys, value }
    }

    /// `run = make test`: words in a row on one line are a text without its quotes.
    fn unquoted(&mut self, value: Expr) -> Expr {
        let word = self.text_at(self.pos);
        let goes_on = matches!(value.kind, ExprKind::Name(_))
            && self.peek() == TokenKind::Word
            && !self.begins_line(self.pos)
            && !(is_head(word) || is_reserved(word) || nearest_head(word).is_some())
            && !(is_kind(word) && matches!(self.peek2(), TokenKind::Word | TokenKind::Str))
            && !matches!(
                self.kind_at(self.behind_keys(self.pos)),
                TokenKind::Assign | TokenKind::Colon | TokenKind::OpenBrace
            );
        if !goes_on {
            return value;
        }
        self.pos -= 1;
        self.rest_of_line("a text stands in quotes")
    }

    fn missing_equals(&mut self, keys: &[Ident]) {
        let Some(last) = keys.last() else { return };
        if let Some(colon) = self.eat(TokenKind::Colon) {
            let span = self.span(colon);
            if self.begins_line(self.pos) && matches!(self.kind_at(self.behind_keys(self.pos)), TokenKind::Colon) {
                let name = self.source(last.span);
                return self.fail(
                    Diagnostic::new(codes::UNEXPECTED, span, "a record stands in braces, not below its name")
                        .label("found `:`")
                        .help(format!("write `{name} {{ … }}`, and `=` between each key and its value")),
                );
            }
            let (place, text) = if last.span.end == span.start { (span, " =") } else { (span, "=") };
            return self.report(
                Diagnostic::new(codes::UNEXPECTED, span, "a property is given its value with `=`")
                    .label("found `:`")
                    .fix("write `=`", place, text),
            );
        }
        let span = self.here();
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, format!("expected `=` after `{}`", self.source(last.span)))
                .fix_all("write `=`", vec![Edit { span: last.span.after(), text: " =".to_owned() }], false),
        );
    }

    /// A word or a quoted text.
    fn key(&mut self) -> Ident {
        let token = self.bump();
        let span = self.span(token);
        if token.kind == TokenKind::Str {
            return self.quoted_key(token);
        }
        let word = token.text(self.text);
        if self.in_given && word == "soaked" {
            self.report(
                Diagnostic::new(codes::RESERVED_NAME, span, "the reserved word `soaked` is no key by itself")
                    .help("how long a release was healthy is given by `stays`: `stays { staging = 1h }`")
                    .fix_all("write `stays`", vec![Edit { span, text: "stays".to_owned() }], true),
            );
            return Ident { text: "stays".into(), span };
        }
        if is_reserved(word) {
            self.report(
                Diagnostic::new(codes::RESERVED_NAME, span, format!("the reserved word `{word}` is no key by itself"))
                    .help(format!("put it in quotes: `\"{word}\"`"))
                    .fix_all("put it in quotes", vec![Edit { span, text: format!("\"{word}\"") }], true),
            );
        }
        self.ident(token)
    }

    fn quoted_key(&mut self, token: crate::lexer::Token) -> Ident {
        let string = self.string(token);
        if let Some(tag) = string.tag {
            self.report(Diagnostic::new(codes::UNEXPECTED, string.span, "a key has no tag").fix(
                format!("remove `{tag}`"),
                hxp_diagnostics::Span { end: string.span.start + u32::try_from(tag.len()).unwrap_or(0), ..string.span },
                "",
            ));
        }
        Ident { text: string.value, span: string.span }
    }

    /// Whether the word here is a slip of a head: nothing else is followed by a word or a number.
    fn is_misspelt_statement(&self) -> bool {
        let word = self.text_at(self.pos);
        let begins = |at| match self.kind_at(at) {
            TokenKind::Word => !self.begins_line(at),
            TokenKind::OpenParen => nearest_head(word) != meant_head(word),
            kind => kind.is_number() || kind == TokenKind::OpenBracket,
        };
        !is_reserved(word) && !is_kind(word) && meant_head(word).is_some() && begins(self.pos + 1)
    }

    /// `requires tests`, read as what it is a slip of.
    fn misspelt_statement(&mut self) -> Statement {
        let span = self.here();
        let word = self.text_at(self.pos);
        let found =
            Diagnostic::new(codes::UNEXPECTED, span, format!("`{word}` is no statement, and no value is given to it"));
        let meant = meant_head(word).unwrap_or_default();
        self.report(if nearest_head(word) == Some(meant) {
            found.suggest(word, HEADS.iter().copied())
        } else {
            found.help(format!("did you mean `{meant}`?")).fix(format!("write `{meant}`"), span, meant)
        });
        self.statement_of(meant)
    }

    fn statement(&mut self) -> Statement {
        self.statement_of(self.text_at(self.pos))
    }

    fn statement_of(&mut self, name: &str) -> Statement {
        let token = self.bump();
        let head = self.span(token);
        self.skip_sign();
        let kind = match name {
            "require" => StatementKind::Require(self.exprs("a condition or a gate", Behind::Words)),
            "approve" => self.approve(),
            "after" => {
                let first = self.after();
                self.after_each();
                first
            }
            "within" => self.within(),
            "deploy" => self.deploy(),
            "notify" => StatementKind::Notify(self.channels(head)),
            "waive" => StatementKind::Waive(self.exprs("what is waived", Behind::Words)),
            "deny" => StatementKind::Deny,
            "yields" if self.peek() == TokenKind::OpenBrace => StatementKind::Yields(self.braced_yields()),
            "yields" => StatementKind::Yields(self.yields()),
            "open" => StatementKind::Slot(self.slot(true)),
            "closed" => StatementKind::Slot(self.slot(false)),
            "given" => self.given(),
            "expect" => StatementKind::Expect(self.name_or_empty("`allow`, `pending` or `deny`")),
            _ => StatementKind::Rollback { block: None },
        };
        let behind = if matches!(kind, StatementKind::Rollback { .. }) { Behind::Block } else { Behind::Words };
        let mut suffixes = Vec::new();
        suffixes.extend(self.events_without_on(&kind, name));
        suffixes.extend(self.suffixes(behind));
        if matches!(kind, StatementKind::Slot(_) | StatementKind::Waive(_) | StatementKind::Deny) {
            suffixes.extend(self.reason_without_because());
        }
        if matches!(kind, StatementKind::Approve { .. }) && self.seats_behind_suffix() {
            self.approve();
            self.suffixes(behind);
        }
        let kind = match kind {
            StatementKind::Rollback { .. } => {
                if suffixes.is_empty() {
                    self.report(
                        Diagnostic::new(codes::UNEXPECTED, head, "`rollback` needs to know on what")
                            .help("write `rollback on EVENT`, such as `failed`, or a trigger"),
                    );
                }
                self.bare_options();
                StatementKind::Rollback { block: (self.peek() == TokenKind::OpenBrace).then(|| self.block()) }
            }
            kind => kind,
        };
        Statement { kind, head, suffixes, span: self.since(token.start) }
    }

    /// `notify CHANNELS`; `on` right behind is told, and what follows it is still read.
    fn channels(&mut self, head: hxp_diagnostics::Span) -> Vec<Expr> {
        if !self.at_word("on") || self.peek2() == TokenKind::Assign {
            return self.exprs("a channel", Behind::Events);
        }
        self.report(
            Diagnostic::new(codes::UNEXPECTED, head, "`notify` needs to know whom")
                .help("write `notify CHANNEL on EVENT`; a channel is declared with `channel`"),
        );
        vec![super::expr::error(head.after())]
    }

    /// `within WINDOW`; several are one with `and`.
    fn within(&mut self) -> StatementKind {
        let window = self.expr_before_block("a window");
        while self.peek() == TokenKind::Comma
            && self.kind_at(self.pos + 1) == TokenKind::Word
            && !self.begins_line(self.pos + 1)
            && !self.begins_entry(self.pos + 1, Behind::Words)
        {
            let comma = self.bump();
            let span = self.span(comma);
            self.report(
                Diagnostic::new(codes::UNEXPECTED, span, "windows are joined with `and`, not by a comma")
                    .help("`and` is the time that lies in both, `or` in either")
                    .fix("write `and`", span, " and"),
            );
            self.expr_before_block("a window");
        }
        StatementKind::Within(window)
    }

    /// `deploy with METHOD`
    fn deploy(&mut self) -> StatementKind {
        let with = self.eat_word("with").is_some() || self.other_word(&["using", "by", "via"], "with");
        if !with && self.is_next_element() && self.leads_to("on") {
            let span = self.here();
            self.report(Diagnostic::new(codes::UNEXPECTED, span, "how to deploy is joined with `with`").fix_all(
                "write `with`",
                vec![Edit { span: span.before(), text: "with ".to_owned() }],
                true,
            ));
            return StatementKind::Deploy { with: Some(self.expr_before_block("a way to deploy")) };
        }
        StatementKind::Deploy { with: with.then(|| self.expr_before_block("a way to deploy")) }
    }

    /// `rollback failed, errors`: the events of a statement, `on` forgotten.
    fn events_without_on(&mut self, kind: &StatementKind, head: &str) -> Option<Suffix> {
        let behind = match kind {
            StatementKind::Rollback { .. } => Behind::Block,
            StatementKind::Deploy { .. } | StatementKind::Notify(_) => Behind::Words,
            _ => return None,
        };
        let before_block = behind == Behind::Block
            && self.word().is_some_and(|w| !is_reserved(w) && !is_head(w))
            && self.peek2() == TokenKind::OpenBrace
            && !self.begins_line(self.pos);
        let joined = self.events_joined_otherwise(head == "notify");
        if !self.is_next_element() && !before_block && joined.is_none() {
            return None;
        }
        let span = self.here();
        let (place, text) = joined.map_or((span.before(), "on "), |word| (word, "on"));
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, format!("the events of `{head}` are joined with `on`"))
                .help("an event is what happens, such as `manual`, `deployed`, `failed`, or a trigger")
                .fix_all("write `on`", vec![Edit { span: place, text: text.to_owned() }], true),
        );
        self.pos += usize::from(joined.is_some());
        let events = self.exprs("an event", behind);
        Some(Suffix { kind: SuffixKind::On(events), head: span.before(), span: self.since(span.start) })
    }

    /// A name; where it is missing, an empty one, so that the statement is not lost.
    fn name_or_empty(&mut self, what: &str) -> Ident {
        let place = self.here().before();
        self.name(what).unwrap_or(Ident { text: "".into(), span: place })
    }

    fn approve(&mut self) -> StatementKind {
        let mut seats = Vec::new();
        let mut early = None;
        loop {
            seats.extend(self.seat());
            early = early.or(self.early_distinct());
            if self.at_word("and") {
                let span = self.here();
                let gap = self.previous().map_or(span, |b| hxp_diagnostics::Span { start: b.end, ..span });
                self.report(
                    Diagnostic::new(codes::UNEXPECTED, span, "the seats of an approval are separated by commas").fix(
                        "write a comma",
                        gap,
                        ",",
                    ),
                );
                self.pos += 1;
                continue;
            }
            if self.at_word("or") {
                let span = self.here();
                let found = Diagnostic::new(codes::UNEXPECTED, span, "an approval asks for every one of its seats")
                    .help("for somebody of either team declare a team of both; for both write a comma");
                self.fail(found);
            }
            if self.peek() != TokenKind::Comma {
                break;
            }
            if self.begins_entry(self.pos + 1, Behind::Words) || self.kind_at(self.pos + 1) == TokenKind::End {
                let comma = self.bump();
                let span = self.span(comma);
                self.report(Diagnostic::new(codes::UNEXPECTED, span, "a statement ends without a comma").fix(
                    "remove the comma",
                    span,
                    "",
                ));
                break;
            }
            self.pos += 1;
        }
        if let Some(early) = early {
            self.distinct_goes_last(early, &seats);
        }
        let distinct = self.eat_word("distinct").map(|t| self.span(t));
        StatementKind::Approve { seats, distinct }
    }

    /// `1 of team`
    fn seat(&mut self) -> Option<Seat> {
        let start = self.current().start;
        let count = self.count();
        if self.eat_word("of").is_none() && !self.other_word(&["from", "by"], "of") {
            if matches!(count.kind, ExprKind::Literal(_)) && self.is_next_element() {
                let span = self.here();
                self.report(
                    Diagnostic::new(codes::UNEXPECTED, span, "a number of people is joined to their team with `of`")
                        .fix_all("write `of`", vec![Edit { span: span.before(), text: "of ".to_owned() }], true),
                );
                let team = self.path("a team")?;
                return Some(Seat { count, team, span: self.since(start) });
            }
            if matches!(count.kind, ExprKind::Name(_) | ExprKind::Field(..)) {
                let team = self.source(count.span);
                self.fail(
                    Diagnostic::new(codes::UNEXPECTED, count.span, format!("how many of `{team}` approve?"))
                        .help(format!("write `1 of {team}`"))
                        .fix("write `1 of`", count.span.before(), "1 of "),
                );
            }
            self.expected("`of` and a team");
            return None;
        }
        let team = self.path("a team")?;
        if self.peek() == TokenKind::Minus && self.previous().is_some_and(|b| b.end == self.current().start) {
            let found = Diagnostic::new(codes::UNEXPECTED, self.here(), "a name has no `-`");
            self.fail(found.help("the words of a name are joined by `_`"));
            return None;
        }
        Some(Seat { count, team, span: self.since(start) })
    }

    /// How many people approve; a number in words is told.
    fn count(&mut self) -> Expr {
        const NUMBERS: [&str; 6] = ["no", "one", "two", "three", "four", "five"];
        let spelt = self.word().and_then(|w| NUMBERS.iter().position(|n| *n == w));
        let Some(number) = spelt.filter(|_| self.peek2() == TokenKind::Word) else {
            return self.expr_before_block("how many people approve");
        };
        let token = self.bump();
        let span = self.span(token);
        self.report(Diagnostic::new(codes::UNEXPECTED, span, "a number is written in digits").fix_all(
            format!("write `{number}`"),
            vec![Edit { span, text: number.to_string() }],
            true,
        ));
        let number = i64::try_from(number).unwrap_or_default();
        Expr { kind: ExprKind::Literal(crate::ast::Literal::Int(number)), span }
    }

    pub(super) fn after(&mut self) -> StatementKind {
        let environment = self.name_or_empty("an environment");
        self.comma_before(&["soaked"]);
        let soaked = match self.eat_word("soaked") {
            Some(_) => {
                self.needless(&["for"]);
                Some(self.expr_before_block("a duration"))
            }
            None => self.unsoaked(),
        };
        StatementKind::After { environment, soaked }
    }

    /// `after staging for 1h`, `after staging 1h`
    fn unsoaked(&mut self) -> Option<Expr> {
        let joined = self.at_word("for");
        let behind = self.kind_at(self.pos + usize::from(joined));
        if behind != TokenKind::Quantity {
            return None;
        }
        let span = self.here();
        let (span, text) = if joined { (span, "soaked") } else { (span.before(), "soaked ") };
        self.pos += usize::from(joined);
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, "how long a release was healthy is joined with `soaked`").fix_all(
                "write `soaked`",
                vec![Edit { span, text: text.to_owned() }],
                true,
            ),
        );
        Some(self.expr_before_block("a duration"))
    }

    fn yields(&mut self) -> Vec<crate::ast::Param> {
        let mut fields = Vec::new();
        loop {
            fields.extend(self.param());
            let goes_on = self.peek() == TokenKind::Comma
                && self.kind_at(self.pos + 1) == TokenKind::Word
                && (self.kind_at(self.pos + 2) == TokenKind::Colon || super::item::is_type(self.text_at(self.pos + 2)));
            if !goes_on {
                return fields;
            }
            self.pos += 1;
        }
    }

    fn given(&mut self) -> StatementKind {
        let environment = self.name_or_empty("an environment");
        if self.eat_word("at").is_none() {
            self.expected("`at` and an instant");
        }
        let at = self.expr_before_block("an instant");
        let with = self.eat_word("with").and_then(|_| {
            if self.peek() == TokenKind::OpenBrace {
                let outer = std::mem::replace(&mut self.in_given, true);
                let block = self.block();
                self.in_given = outer;
                return Some(block);
            }
            self.expected("`{` and what is different");
            None
        });
        StatementKind::Given { environment, at, with }
    }

    pub(super) fn suffixes(&mut self, behind: Behind) -> Vec<Suffix> {
        let mut suffixes = Vec::new();
        while let Some(suffix) = self.suffix(behind) {
            suffixes.push(suffix);
        }
        suffixes
    }

    fn suffix(&mut self, behind: Behind) -> Option<Suffix> {
        self.comma_before(&["because", "due", "on", "until", "when"]);
        let word = self.word().filter(|w| matches!(*w, "when" | "on" | "due" | "until" | "because" | "if"))?;
        // A key that needs quotes; it is told as the entry it begins.
        if self.peek2() == TokenKind::Assign {
            return None;
        }
        let token = self.bump();
        if word == "if" {
            let span = self.span(token);
            self.report(
                Diagnostic::new(codes::UNEXPECTED, span, "the condition of a statement is joined with `when`").fix(
                    "write `when`",
                    span,
                    "when",
                ),
            );
        }
        let kind = match word {
            "when" | "if" => SuffixKind::When(self.expr_before_block("a condition")),
            "on" => SuffixKind::On(self.exprs("an event", behind)),
            "due" => {
                self.needless(&["in", "after"]);
                SuffixKind::Due(self.expr_before_block("a duration"))
            }
            "until" => SuffixKind::Until(self.expr_before_block("an instant")),
            _ => SuffixKind::Because(match self.unquoted_reason() {
                Some(reason) => vec![reason],
                None => self.exprs("a reason", Behind::Words),
            }),
        };
        Some(Suffix { kind, head: self.span(token), span: self.since(token.start) })
    }
}

/// The head that is meant by a word of other languages, or by a slip.
fn meant_head(word: &str) -> Option<&'static str> {
    match word {
        "assert" | "demand" | "ensure" | "must" | "needs" => Some("require"),
        "alert" | "inform" => Some("notify"),
        "block" | "forbid" | "reject" => Some("deny"),
        _ => nearest_head(word),
    }
}

fn nearest_head(word: &str) -> Option<&'static str> {
    hxp_diagnostics::nearest(word, HEADS.iter().copied())
}
