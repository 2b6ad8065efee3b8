//! Files, imports and declarations.

use std::sync::Arc;

use hxp_diagnostics::{Diagnostic, Edit, Span, codes};

use super::expr::Behind;
use super::{Parser, describe};
use crate::ast::{
    Body, Decl, ExprKind, Gvk, Header, HeaderKind, Ident, Item, ItemKind, Literal, Param, Path, Tree, TypeExpr, Use,
};
use crate::lexer::TokenKind;
use crate::words::{KINDS, is_head, is_kind, is_reserved};

impl Parser<'_> {
    /// The whole file.
    pub(crate) fn file(mut self) -> Tree {
        let mut items = Vec::new();
        while self.pos < self.limit {
            let before = self.pos;
            items.extend(self.item().map(Arc::new));
            if self.lost {
                let next = self.next_item(before + 1);
                self.recover(next);
            }
            if self.pos == before {
                self.pos += 1;
            }
        }
        self.refuse_docs();
        Tree { items }
    }

    fn item(&mut self) -> Option<Item> {
        let docs = self.take_docs();
        let start = docs.first().map_or(self.current().start, |d| d.span.start);
        let attrs = self.attrs();
        let kind = match self.word() {
            Some("use") => ItemKind::Use(self.import()?),
            Some(word) if is_kind(word) || self.is_unknown_kind() => ItemKind::Decl(Box::new(self.declaration())),
            _ => {
                self.not_an_item();
                return None;
            }
        };
        Some(Item { docs, attrs, kind, span: self.since(start) })
    }

    /// Whether an item of a kind that does not exist begins here.
    fn is_unknown_kind(&self) -> bool {
        let Some(word) = self.word().filter(|w| !is_reserved(w) && !is_head(w)) else { return false };
        match self.peek2() {
            TokenKind::Str => true,
            TokenKind::Word => {
                let nearly = hxp_diagnostics::nearest(word, KINDS.iter().copied()).is_some();
                let next = self.kind_at(self.pos + 2);
                let body = matches!(next, TokenKind::OpenBrace | TokenKind::Assign | TokenKind::OpenParen);
                body || nearly && !is_reserved(self.text_at(self.pos + 1))
            }
            _ => false,
        }
    }

    fn not_an_item(&mut self) {
        let token = self.current();
        let span = self.span(token);
        let kinds = "declarations begin with one of: ".to_owned() + &KINDS.join(", ");
        let found = match (self.peek(), self.peek2()) {
            (TokenKind::Word, _) if is_head(self.text_at(self.pos)) => {
                let head = self.text_at(self.pos);
                Diagnostic::new(codes::UNEXPECTED, span, format!("`{head}` stands only inside a declaration"))
                    .help("put it between the braces of an environment, an override, a rule, a gate or a window")
            }
            (TokenKind::Word, TokenKind::Assign | TokenKind::Dot) => {
                let name = self.text_at(self.pos);
                Diagnostic::new(
                    codes::UNEXPECTED,
                    span,
                    format!("`{name}` is given a value outside of any declaration"),
                )
                .help(format!("a constant is declared with `let {name} = …`"))
                .fix(format!("write `let {name}`"), span.before(), "let ")
            }
            (TokenKind::Word, _) => {
                let word = self.text_at(self.pos);
                if is_reserved(word) {
                    Diagnostic::new(codes::UNEXPECTED, span, format!("the word `{word}` begins no declaration"))
                        .help(kinds)
                } else {
                    self.fail(
                        Diagnostic::new(codes::UNKNOWN_DECLARATION, span, format!("there is no declaration `{word}`"))
                            .suggest_kind(word),
                    );
                    return;
                }
            }
            (TokenKind::Stray | TokenKind::BadLiteral | TokenKind::End, _) => return self.expected("a declaration"),
            _ => {
                let what = describe(token, self.text);
                Diagnostic::new(codes::UNEXPECTED, span, format!("expected a declaration, found {what}")).help(kinds)
            }
        };
        self.fail(found);
    }

    /// The next token from `from` on that surely begins an item.
    fn next_item(&self, from: usize) -> usize {
        let mut at = self.pos.max(from);
        while at < self.limit {
            if self.surely_item(at) {
                return at;
            }
            at = self.behind(at);
        }
        self.limit
    }

    fn surely_item(&self, at: usize) -> bool {
        let token = self.token_at(at);
        if token.kind == TokenKind::At {
            let attribute = self.token_at(at + 1).kind == TokenKind::Word;
            let behind = if self.token_at(at + 2).kind == TokenKind::OpenParen { self.behind(at + 2) } else { at + 2 };
            return attribute && self.begins_line(at) && is_kind(self.text_at(behind));
        }
        let next = self.token_at(at + 1).kind;
        if token.kind != TokenKind::Word || !matches!(next, TokenKind::Word | TokenKind::Str) || !self.begins_line(at) {
            return false;
        }
        let word = self.text_at(at);
        let opens = matches!(self.token_at(at + 2).kind, TokenKind::OpenBrace | TokenKind::OpenParen);
        is_kind(word) || (opens && !is_reserved(word) && !is_head(word) && !is_reserved(self.text_at(at + 1)))
    }

    /// `use path` or `use path.{a, b}`
    fn import(&mut self) -> Option<Use> {
        let start = self.bump().start;
        let path = self.path("a module");
        if self.lost && self.token_at(self.pos).kind == TokenKind::Star {
            let found = self.diagnostics.last_mut().filter(|d| d.code == codes::UNEXPECTED);
            if let Some(found) = found {
                found.help.push("name what is imported, as in `use std.gates.{trivy, benchmark}`".to_owned());
            }
        }
        let path = path?;
        let names = if self.peek() == TokenKind::Dot {
            self.pos += 1;
            self.bracket(|p| p.elements("names", |p| p.name("a name to import")))
        } else {
            None
        };
        if names.as_ref().is_some_and(Vec::is_empty) {
            let span = self.since(start);
            self.report(
                Diagnostic::new(codes::UNEXPECTED, span, "expected a name to import between the braces")
                    .help(format!("write `use {}` to import the module itself", self.source(path.span))),
            );
        }
        Some(Use { path, names, span: self.since(start) })
    }

    fn declaration(&mut self) -> Decl {
        let token = self.bump();
        let kind = self.ident(token);
        if !is_kind(&kind.text) {
            self.report(
                Diagnostic::new(
                    codes::UNKNOWN_DECLARATION,
                    kind.span,
                    format!("there is no declaration `{}`", kind.text),
                )
                .suggest_kind(&kind.text),
            );
        }
        let title = self.eat(TokenKind::Str).map(|t| self.string(t));
        let names = if title.is_some() { Vec::new() } else { self.names(&kind) };
        let params = (self.peek() == TokenKind::OpenParen)
            .then(|| self.bracket(|p| p.elements("parameters", Self::param)).unwrap_or_default());
        let ty = if self.eat(TokenKind::Colon).is_some() { self.type_expr() } else { None };
        let mut headers = Vec::new();
        while let Some(header) = self.header() {
            headers.push(header);
        }
        let loose = self.property_in_head();
        self.loose_word();
        self.find_body();
        let body = match self.peek() {
            TokenKind::Assign => {
                self.pos += 1;
                Body::Expr(self.expr())
            }
            TokenKind::OpenBrace => Body::Block(self.block()),
            _ => Body::None,
        };
        let body = super::slips::with_entry(body, loose);
        if matches!(self.peek(), TokenKind::Comma | TokenKind::Semicolon) {
            let span = self.here();
            self.report(
                Diagnostic::new(codes::UNEXPECTED, span, "declarations stand one after the other, without a separator")
                    .fix("remove it", span, ""),
            );
            self.pos += 1;
        }
        Decl { kind, names, title, params, ty, headers, body, span: self.since(token.start) }
    }

    /// The names of a declaration: `gate a, b`.
    fn names(&mut self, kind: &Ident) -> Vec<Ident> {
        let mut names = Vec::new();
        if matches!(self.peek(), TokenKind::OpenBrace | TokenKind::Assign) {
            let what = if kind.text == "test" { "a title in quotes" } else { "a name" };
            self.expected(what);
            self.lost = false;
            return names;
        }
        let first = self.name("a name");
        names.extend(first.map(|n| self.dashed_name(n)));
        while self.eat(TokenKind::Comma).is_some() {
            let further = self.name("a further name");
            names.extend(further.map(|n| self.dashed_name(n)));
        }
        names
    }

    /// A word in the head of a declaration that is no header.
    fn loose_word(&mut self) {
        let Some(word) = self.word().filter(|_| !self.begins_line(self.pos)) else { return };
        if is_kind(word) && matches!(self.peek2(), TokenKind::Word | TokenKind::Str) {
            return;
        }
        let span = self.here();
        let mut found =
            Diagnostic::new(codes::UNEXPECTED, span, format!("`{word}` begins nothing that a declaration has"));
        if let Some(best) = hxp_diagnostics::nearest(word, ["extends", "for", "when"]) {
            found = found.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), span, best);
        }
        let found = found.help(
            "a type stands behind `:`, a parent behind `extends`, environments behind `for`, a condition behind `when`",
        );
        self.fail(found);
    }

    /// After a mistake in the head of a declaration, its body can still be read.
    fn find_body(&mut self) {
        if !self.lost {
            return;
        }
        let mut at = self.pos;
        while at < self.limit && !self.surely_item(at) {
            if self.token_at(at).kind == TokenKind::OpenBrace {
                return self.recover(at);
            }
            at = self.behind(at);
        }
    }

    /// `name: type = default`
    pub(super) fn param(&mut self) -> Option<Param> {
        let name = self.name("a name")?;
        let start = name.span.start;
        if self.eat(TokenKind::Colon).is_none() {
            if self.peek() == TokenKind::Assign {
                return self.untyped(name);
            }
            return self.mistyped(name);
        }
        let ty = self.type_expr()?;
        let default = self.eat(TokenKind::Assign).map(|_| self.expr());
        Some(Param { name, ty, default, span: self.since(start) })
    }

    /// `min = 70%` for `min: percent = 70%`, and `line = percent` for `line: percent`.
    fn untyped(&mut self, name: Ident) -> Option<Param> {
        let start = name.span.start;
        let assign = self.bump();
        let place = self.span(assign);
        let found = |text: &str| {
            Diagnostic::new(codes::UNEXPECTED, place, format!("the type of `{}` is missing", name.text))
                .help(format!("write `{}`", text.trim()))
        };
        if self.peek() == TokenKind::Word && is_type(self.text_at(self.pos)) {
            let ty = self.text_at(self.pos);
            let gap = Span { start: name.span.end, ..place };
            self.report(found(&format!("{}: {ty}", name.text)).fix("write `:`", gap, ":"));
            let ty = self.type_expr()?;
            return Some(Param { name, ty, default: None, span: self.since(start) });
        }
        let default = self.expr();
        let ty = match &default.kind {
            ExprKind::Literal(Literal::Str(_)) => "string",
            ExprKind::Literal(Literal::Bool(_)) => "bool",
            ExprKind::Literal(Literal::Int(_)) => "int",
            ExprKind::Literal(Literal::Decimal(_)) => "decimal",
            ExprKind::Literal(Literal::Quantity(_)) => match self.source(default.span) {
                text if text.ends_with('%') => "percent",
                text if text.ends_with("cpu") => "cpu",
                text if text.ends_with(['i', 'B']) => "bytes",
                _ => "duration",
            },
            _ => "value",
        };
        let whole = format!("{}: {ty} = {}", name.text, self.source(default.span));
        let edit = Edit { span: name.span.after(), text: format!(": {ty}") };
        self.report(found(&whole).fix_all(format!("write `{whole}`"), vec![edit], false));
        let path = Path { segments: vec![Ident { text: ty.into(), span: place }], span: place };
        let ty = TypeExpr { name: path, args: Vec::new(), optional: false, span: place };
        Some(Param { name, ty, default: Some(default), span: self.since(start) })
    }

    /// `list<gate>?`
    pub(super) fn type_expr(&mut self) -> Option<TypeExpr> {
        let name = self.path("a type")?;
        let start = name.span.start;
        let mut args = Vec::new();
        let mut angle = start;
        if self.eat(TokenKind::Less).is_some() {
            loop {
                args.extend(self.deeper(Self::type_expr).flatten());
                if self.eat(TokenKind::Comma).is_none() {
                    break;
                }
            }
            angle = self.close_angle();
        }
        let optional = self.eat(TokenKind::Question).is_some();
        let mut span = self.since(start);
        span.end = span.end.max(angle);
        Some(TypeExpr { name, args, optional, span })
    }

    /// `>`, also as the first half of `>=`; gives where it ends.
    fn close_angle(&mut self) -> u32 {
        let end = self.current().start + 1;
        match self.peek() {
            TokenKind::Greater => self.pos += 1,
            TokenKind::GreaterEq => {
                if let Some(token) = self.tokens.get_mut(self.pos) {
                    token.kind = TokenKind::Assign;
                    token.start = end;
                }
            }
            _ => self.expected("`>`"),
        }
        if self.lost { 0 } else { end }
    }

    fn header(&mut self) -> Option<Header> {
        let word = self.word().filter(|w| matches!(*w, "extends" | "for" | "when" | "on"))?;
        let start = self.bump().start;
        let kind = match word {
            "extends" => {
                let parent = self.path("what is extended")?;
                let args = (self.peek() == TokenKind::OpenParen).then(|| self.args());
                HeaderKind::Extends { parent, args }
            }
            "for" => HeaderKind::For(self.exprs("an environment or a duration", Behind::Block)),
            "when" => HeaderKind::When(self.expr_before_block("a condition")),
            _ => self.subject()?,
        };
        Some(Header { kind, span: self.since(start) })
    }

    /// What a rule is about: a path or a Kubernetes kind.
    fn subject(&mut self) -> Option<HeaderKind> {
        let Some(gvk) = self.gvk() else {
            return self.path("what the rule is about").map(HeaderKind::On);
        };
        Some(HeaderKind::OnKind(gvk))
    }

    fn gvk(&mut self) -> Option<Gvk> {
        let start = self.current().start;
        let rest = self.text.get(start as usize..)?;
        let (len, group, version, kind) = scan_gvk(rest)?;
        let end = start + u32::try_from(len).ok()?;
        let mut behind = self.pos;
        while behind < self.limit && self.token_at(behind).end <= end {
            behind += 1;
        }
        if self.token_at(behind.checked_sub(1)?).end != end {
            return None;
        }
        self.pos = behind;
        let span = self.since(start);
        // A label of the group may begin with a digit, which the lexer took for a literal.
        self.diagnostics.retain(|d| d.primary.span.start < span.start || d.primary.span.end > span.end);
        Some(Gvk { group: group.into(), version: version.into(), kind: kind.into(), span })
    }
}

/// `group/v1beta1.Kind` at the beginning of `text`: its length, group, version and kind.
fn scan_gvk(text: &str) -> Option<(usize, &str, &str, &str)> {
    let bytes = text.as_bytes();
    let run = |from: usize, accept: fn(&u8) -> bool| bytes.iter().skip(from).take_while(|b| accept(b)).count();
    let group_len = run(0, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    let (group, from) = if group_len > 0 && bytes.get(group_len) == Some(&b'/') {
        (text.get(..group_len)?, group_len + 1)
    } else {
        ("", 0)
    };
    let number = |from: usize| Some(run(from, u8::is_ascii_digit)).filter(|n| *n > 0);
    (bytes.get(from) == Some(&b'v')).then_some(())?;
    let mut at = from + 1 + number(from + 1)?;
    for stage in ["alpha", "beta"] {
        if text.get(at..)?.starts_with(stage) {
            at += stage.len() + number(at + stage.len())?;
        }
    }
    (bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_uppercase)).then_some(())?;
    let end = at + 1 + run(at + 1, |b| crate::lexer::is_word_byte(*b));
    Some((end, group, text.get(from..at)?, text.get(at + 1..end)?))
}

/// Suggests a kind of declaration.
trait SuggestKind {
    /// The nearest kind, or the one that the word abbreviates.
    #[must_use]
    fn suggest_kind(self, word: &str) -> Self;
}

impl SuggestKind for Diagnostic {
    fn suggest_kind(self, word: &str) -> Self {
        let long: Vec<&str> = KINDS.iter().copied().filter(|k| word.len() > 2 && k.starts_with(word)).collect();
        let span = self.primary.span;
        match long.as_slice() {
            [only] => self
                .help(format!("did you mean `{only}`?"))
                .help(format!("valid here: {}", hxp_diagnostics::list_names(KINDS)))
                .fix(format!("write `{only}`"), span, *only),
            _ => self.suggest(word, KINDS.iter().copied()),
        }
    }
}

/// Whether a word names a type.
pub(super) fn is_type(word: &str) -> bool {
    const TYPES: [&str; 18] = [
        "bool", "bytes", "cpu", "date", "decimal", "duration", "instant", "int", "list", "pattern", "percent",
        "promql", "record", "semver", "set", "string", "time", "weekday",
    ];
    TYPES.contains(&word)
}
