//! Expressions: operands by descent, operators by a stack (so that long chains cost no recursion).

use hxp_diagnostics::{Diagnostic, Edit, Span, codes};

use super::{Parser, VALUE};
use crate::MAX_HEIGHT;
use crate::ast::{Arg, BinaryOp, Comprehension, Expr, ExprKind, Ident, Literal, Quantifier, UnaryOp};
use crate::lexer::{Token, TokenKind};
use crate::literal;
use crate::words::{is_head, is_kind, is_reserved};

/// How tight an operator binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Range,
    Sum,
    Product,
    Negate,
}

impl Level {
    /// Whether `a op b op c` has a meaning.
    fn associates(self) -> bool {
        !matches!(self, Self::Compare | Self::Range)
    }
}

fn level(op: BinaryOp) -> Level {
    match op {
        BinaryOp::Or => Level::Or,
        BinaryOp::And => Level::And,
        BinaryOp::Range => Level::Range,
        BinaryOp::Add | BinaryOp::Sub => Level::Sum,
        BinaryOp::Mul | BinaryOp::Div => Level::Product,
        _ => Level::Compare,
    }
}

/// An operator that waits for its right side.
#[derive(Clone, Copy)]
enum Waiting {
    Prefix(UnaryOp, u32),
    Infix(BinaryOp, Span),
}

impl Waiting {
    fn level(self) -> Level {
        match self {
            Self::Prefix(UnaryOp::Not, _) => Level::Not,
            Self::Prefix(UnaryOp::Neg, _) => Level::Negate,
            Self::Infix(op, _) => level(op),
        }
    }
}

/// What may stand behind the list of a statement or header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// A block: `rollback on failed, manual { … }`.
    Block,
    /// `on` and events: `notify a, b on deployed`.
    Events,
    /// Nothing but words that join.
    Words,
}

/// An expression and its height.
type Tall = (Expr, u32);

/// Operands and operators that are not joined yet.
#[derive(Default)]
struct Stacks {
    operands: Vec<Tall>,
    waiting: Vec<Waiting>,
    /// A chain is told once.
    told_chain: bool,
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> Expr {
        self.expr_of(VALUE)
    }

    /// An expression, called `noun` where it is missing.
    pub(super) fn expr_of(&mut self, noun: &'static str) -> Expr {
        self.noun = noun;
        let outer = std::mem::take(&mut self.tallest);
        let (expr, height) = self.operators();
        self.tallest = outer.max(height);
        expr
    }

    /// An expression that does not begin with a block: behind it a body may follow.
    pub(super) fn expr_before_block(&mut self, noun: &'static str) -> Expr {
        if self.peek() != TokenKind::OpenBrace {
            return self.expr_of(noun);
        }
        let span = self.here();
        let before = self.previous().map_or("", |t| t.text(self.text));
        self.report(
            Diagnostic::new(codes::UNEXPECTED, span, format!("expected {noun} after `{before}`")).label("found `{`"),
        );
        error(span.before())
    }

    /// `expr, expr` in a statement or header, where a comma may be followed only by a further expression.
    pub(super) fn exprs(&mut self, noun: &'static str, behind: Behind) -> Vec<Expr> {
        let mut list = vec![self.expr_before_block(noun)];
        loop {
            if self.peek() == TokenKind::Comma {
                if behind == Behind::Block && self.is_bare_option(self.pos + 1) {
                    break;
                }
                if self.begins_entry(self.pos + 1, behind) || self.kind_at(self.pos + 1) == TokenKind::End {
                    self.trailing_comma();
                    break;
                }
                self.pos += 1;
            } else if self.event_in_words() {
                continue;
            } else if behind == Behind::Block && self.is_bare_option(self.pos) {
                break;
            } else if self.is_next_element() && (behind != Behind::Events || self.leads_to("on")) {
                self.lacks_comma();
            } else {
                break;
            }
            list.push(self.expr_before_block(noun));
        }
        list
    }

    /// Whether names and commas from here on end at that word.
    pub(super) fn leads_to(&self, word: &str) -> bool {
        let mut at = self.pos;
        loop {
            match self.kind_at(at) {
                TokenKind::Word if is_reserved(self.text_at(at)) => return self.text_at(at) == word,
                TokenKind::Word | TokenKind::Dot | TokenKind::Comma | TokenKind::OpenParen => at = self.behind(at),
                _ => return false,
            }
        }
    }

    /// Whether a name stands here that can only be a further element with its comma missing.
    pub(super) fn is_next_element(&self) -> bool {
        let Some(word) = self.word() else { return false };
        self.depth > 0
            && !is_reserved(word)
            && !is_head(word)
            && !is_kind(word)
            && !self.is_property(self.pos)
            && self.peek2() != TokenKind::Colon
            && !self.begins_line(self.pos)
    }

    /// `require a b`, or `waive gate perf`.
    fn lacks_comma(&mut self) {
        let Some(before) = self.previous() else { return };
        let (word, kind) = (self.text_at(self.pos), before.text(self.text));
        let span = self.here();
        if !is_kind(kind) {
            return self.missing_comma("the elements of a list");
        }
        let gap = Span { start: before.end, ..span.before() };
        self.report(
            Diagnostic::new(
                codes::UNEXPECTED,
                self.span(before).to(span),
                format!("a {kind} is named `{kind}.{word}`"),
            )
            .fix(format!("write `{kind}.{word}`"), gap, "."),
        );
    }

    /// A statement's list ends without a comma.
    pub(super) fn trailing_comma(&mut self) {
        let comma = self.bump();
        let span = self.span(comma);
        let mut found = Diagnostic::new(codes::UNEXPECTED, span, "a statement ends without a comma")
            .label("the list goes on behind a comma");
        if self.peek() != TokenKind::End {
            found = found.related(self.here(), "but this begins an entry of its own");
        }
        self.report(found.fix("remove the comma", span, ""));
    }

    fn operators(&mut self) -> Tall {
        let first = if self.begins_prefix() { None } else { Some(self.postfix()) };
        if first.is_some() && self.infix().is_none() {
            return first.unwrap_or_else(|| (error(self.here()), 0));
        }
        let mut stacks = Stacks::default();
        match first {
            Some(operand) => stacks.operands.push(operand),
            None => self.prefixed(&mut stacks),
        }
        while let Some(op) = self.infix() {
            self.push_infix(&mut stacks, op);
            self.noun = VALUE;
            self.prefixed(&mut stacks);
        }
        while let Some(top) = stacks.waiting.pop() {
            self.join(&mut stacks, top);
        }
        stacks.operands.pop().unwrap_or_else(|| (error(self.here()), 0))
    }

    fn begins_prefix(&self) -> bool {
        match self.peek() {
            TokenKind::Minus => true,
            TokenKind::Word => self.at_word("not"),
            TokenKind::Stray => self.text_at(self.pos) == "!",
            _ => false,
        }
    }

    /// Prefix operators and an operand.
    fn prefixed(&mut self, stacks: &mut Stacks) {
        let mut needs_parentheses: Option<u32> = None;
        while self.begins_prefix() {
            let token = self.current();
            let op =
                match token.kind {
                    TokenKind::Minus => UnaryOp::Neg,
                    TokenKind::Stray => {
                        let span = self.span(token);
                        self.report(
                            Diagnostic::new(codes::STRAY_CHARACTER, span, "`!` is no operator")
                                .help("write `not`")
                                .fix("write `not`", span, "not "),
                        );
                        UnaryOp::Not
                    }
                    _ => UnaryOp::Not,
                };
            self.pos += 1;
            let under = stacks.waiting.last().map(|w| w.level());
            if op == UnaryOp::Not && under.is_some_and(|l| l > Level::Not) {
                needs_parentheses = needs_parentheses.or(Some(token.start));
            }
            stacks.waiting.push(Waiting::Prefix(op, token.start));
        }
        let operand = self.postfix();
        if let Some(start) = needs_parentheses {
            self.needs_parentheses(start, operand.0.span);
        }
        stacks.operands.push(operand);
    }

    fn needs_parentheses(&mut self, start: u32, operand: Span) {
        let word = Span::new(self.file, start, start + 3);
        let edits =
            vec![Edit { span: word.before(), text: "(".into() }, Edit { span: operand.after(), text: ")".into() }];
        self.report(
            Diagnostic::new(codes::NEEDS_PARENTHESES, word, "`not` binds looser than the operator before it")
                .help(format!("write `(not {})`", self.source(operand)))
                .fix_all("put parentheses", edits, false),
        );
    }

    /// The infix operator that is next, as it is or as it was probably meant.
    fn infix(&self) -> Option<BinaryOp> {
        if let Some(op) = self.foreign_pair() {
            return Some(op);
        }
        Some(match self.peek() {
            TokenKind::Word => {
                let op = match self.text_at(self.pos) {
                    "or" => BinaryOp::Or,
                    "and" => BinaryOp::And,
                    "in" => BinaryOp::In,
                    "has" => BinaryOp::Has,
                    word => self.foreign_operator(word)?,
                };
                // A key that needs quotes; it is told where the entry begins.
                if self.peek2() == TokenKind::Assign {
                    return None;
                }
                op
            }
            TokenKind::EqEq | TokenKind::Assign => BinaryOp::Eq,
            TokenKind::NotEq => BinaryOp::Ne,
            TokenKind::Less => BinaryOp::Lt,
            TokenKind::LessEq => BinaryOp::Le,
            TokenKind::Greater => BinaryOp::Gt,
            TokenKind::GreaterEq => BinaryOp::Ge,
            TokenKind::Tilde => BinaryOp::Match,
            TokenKind::DotDot => BinaryOp::Range,
            TokenKind::Plus => BinaryOp::Add,
            TokenKind::Minus => BinaryOp::Sub,
            TokenKind::Star => BinaryOp::Mul,
            TokenKind::Slash => BinaryOp::Div,
            TokenKind::Stray => match self.text_at(self.pos) {
                "&&" => BinaryOp::And,
                "||" => BinaryOp::Or,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The operator that a word of other languages stands for, where it cannot be a key.
    fn foreign_operator(&self, word: &str) -> Option<BinaryOp> {
        let op = match word {
            "AND" => BinaryOp::And,
            "OR" => BinaryOp::Or,
            "IN" => BinaryOp::In,
            "is" | "equals" => BinaryOp::Eq,
            "contains" | "includes" => BinaryOp::Has,
            "matches" => BinaryOp::Match,
            _ => return None,
        };
        (self.peek2() != TokenKind::OpenBrace && self.begins_operand(self.pos + 1)).then_some(op)
    }

    /// An operator of two tokens that is written otherwise: `=>`, `=<`, `<>`, `===`.
    fn foreign_pair(&self) -> Option<BinaryOp> {
        let (first, second) = (self.current(), self.token_at(self.pos + 1));
        if first.end != second.start {
            return None;
        }
        match (self.peek(), self.peek2()) {
            (TokenKind::Assign, TokenKind::Greater) => Some(BinaryOp::Ge),
            (TokenKind::Assign, TokenKind::Less) => Some(BinaryOp::Le),
            (TokenKind::Less, TokenKind::Greater) => Some(BinaryOp::Ne),
            (TokenKind::EqEq, TokenKind::Assign) => Some(BinaryOp::Eq),
            (TokenKind::NotEq, TokenKind::Assign) => Some(BinaryOp::Ne),
            _ => None,
        }
    }

    fn push_infix(&mut self, stacks: &mut Stacks, op: BinaryOp) {
        let token = self.current();
        let span = self.span(token);
        let new = level(op);
        while let Some(top) = stacks.waiting.last().copied()
            && (top.level() > new || (top.level() == new && new.associates()))
        {
            stacks.waiting.pop();
            self.join(stacks, top);
        }
        if let Some(Waiting::Infix(before, at)) = stacks.waiting.last().copied()
            && level(before) == new
        {
            self.chained(stacks, (before, at), (op, span));
            stacks.waiting.pop();
            self.join(stacks, Waiting::Infix(before, at));
        }
        if self.foreign_pair().is_some() {
            let pair = span.to(self.span(self.token_at(self.pos + 1)));
            self.written(pair, op);
            self.pos += 1;
        } else {
            self.misspelt(token, op, stacks.operands.last());
        }
        self.pos += 1;
        stacks.waiting.push(Waiting::Infix(op, span));
    }

    /// An operator that is written otherwise.
    fn misspelt(&mut self, token: Token, op: BinaryOp, left: Option<&Tall>) {
        let span = self.span(token);
        let symbol = op.symbol();
        let found = match token.kind {
            TokenKind::Assign => {
                let left = left.map_or("", |(e, _)| self.source(e.span));
                Diagnostic::new(codes::ASSIGN_FOR_EQUALS, span, "`=` gives a value, `==` compares")
                    .help(format!("to compare {}, write `==`", super::quote(left)))
            }
            TokenKind::Stray => {
                Diagnostic::new(codes::STRAY_CHARACTER, span, format!("`{}` is no operator", self.source(span)))
                    .help(format!("write `{symbol}`"))
            }
            TokenKind::Word if self.source(span) != symbol => return self.written(span, op),
            _ => return,
        };
        self.report(found.fix(format!("write `{symbol}`"), span, symbol));
    }

    fn written(&mut self, span: Span, op: BinaryOp) {
        let symbol = op.symbol();
        let message = format!("the operator `{}` is written `{symbol}`", self.source(span));
        self.report(Diagnostic::new(codes::UNEXPECTED, span, message).fix(format!("write `{symbol}`"), span, symbol));
    }

    /// `a < b < c` and `1..2..3` have no meaning.
    fn chained(&mut self, stacks: &mut Stacks, first: (BinaryOp, Span), second: (BinaryOp, Span)) {
        if std::mem::replace(&mut stacks.told_chain, true) {
            return;
        }
        if second.0 == BinaryOp::Range {
            return self.report(
                Diagnostic::new(codes::NEEDS_PARENTHESES, second.1, "a range has two ends")
                    .related(first.1, "the range is already complete here"),
            );
        }
        let found = Diagnostic::new(codes::CHAINED_COMPARISON, second.1, "comparisons cannot be chained")
            .related(first.1, "the first comparison");
        let ordered = |op| matches!(op, BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::Eq);
        let middle = stacks.operands.last().map(|(e, _)| e.span);
        let Some(middle) = middle.filter(|_| ordered(first.0) && ordered(second.0)) else {
            return self.report(found.help("put parentheses around the part that is compared first"));
        };
        let text = self.source(middle);
        let (a, b) = (first.0.symbol(), second.0.symbol());
        let edit = format!(" and {text}");
        self.report(found.help(format!("compare twice: `… {a} {text} and {text} {b} …`")).fix(
            "compare twice",
            middle.after(),
            edit,
        ));
    }

    /// Puts an operator and its operands together.
    fn join(&mut self, stacks: &mut Stacks, op: Waiting) {
        let Some((right, height)) = stacks.operands.pop() else { return };
        let (expr, height) = match op {
            Waiting::Prefix(op, start) => {
                let span = Span::new(self.file, start, right.span.end.max(start));
                (Expr { kind: ExprKind::Unary(op, Box::new(right)), span }, height + 1)
            }
            Waiting::Infix(op, at) => {
                let Some((left, other)) = stacks.operands.pop() else { return };
                let span = left.span.to(right.span);
                (Expr { kind: ExprKind::Binary(op, at, Box::new(left), Box::new(right)), span }, height.max(other) + 1)
            }
        };
        stacks.operands.push(self.bounded(expr, height));
    }

    /// Lets no tree grow beyond the height that recursion over it can bear.
    fn bounded(&mut self, expr: Expr, height: u32) -> Tall {
        if height <= MAX_HEIGHT {
            return (expr, height);
        }
        self.too_deep(
            Diagnostic::new(codes::TOO_DEEP, expr.span, format!("an expression has more than {MAX_HEIGHT} steps"))
                .help("name a part of it with `let` and use the name"),
        );
        self.lost = true;
        (error(expr.span), 1)
    }

    /// An operand with its fields, indices and calls.
    fn postfix(&mut self) -> Tall {
        self.tallest = 0;
        let mut expr = self.primary();
        let mut height = self.tallest + 1;
        loop {
            let start = expr.span.start;
            self.tallest = 0;
            let kind = match self.peek() {
                TokenKind::Dot => {
                    self.pos += 1;
                    if self.peek() != TokenKind::Word {
                        self.expected("the name of a field");
                        return (expr, height);
                    }
                    let token = self.bump();
                    ExprKind::Field(Box::new(expr), Box::new(self.ident(token)))
                }
                TokenKind::OpenBracket => {
                    let index = self.bracket(Self::expr).unwrap_or_else(|| error(self.here()));
                    ExprKind::Index(Box::new(expr), Box::new(index))
                }
                TokenKind::OpenParen => ExprKind::Call(Box::new(expr), self.args()),
                _ => return (expr, height),
            };
            let span = self.since(start);
            (expr, height) = self.bounded(Expr { kind, span }, height.max(self.tallest) + 1);
        }
    }

    /// `(a, name = b)`
    pub(super) fn args(&mut self) -> Vec<Arg> {
        self.bracket(|p| p.elements("arguments", |p| Some(p.arg()))).unwrap_or_default()
    }

    fn arg(&mut self) -> Arg {
        let name = if self.peek() == TokenKind::Word && self.peek2() == TokenKind::Assign {
            let name = self.name("the name of an argument");
            self.pos += 1;
            name
        } else if self.peek() == TokenKind::Word && self.peek2() == TokenKind::Colon {
            let name = self.name("the name of an argument");
            let colon = self.bump();
            let span = self.span(colon);
            let glued = name.as_ref().is_some_and(|n| n.span.end == span.start);
            self.report(
                Diagnostic::new(codes::UNEXPECTED, span, "an argument is given its value with `=`")
                    .label("found `:`")
                    .fix_all("write `=`", vec![Edit { span, text: if glued { " =" } else { "=" }.to_owned() }], true),
            );
            name
        } else {
            None
        };
        Arg { name, value: self.expr_of("an argument") }
    }

    fn primary(&mut self) -> Expr {
        let token = self.current();
        let span = self.span(token);
        match self.peek() {
            TokenKind::Word => {
                let bare = self.bare_address().or_else(|| self.bare_pattern());
                bare.unwrap_or_else(|| self.word_operand(token))
            }
            TokenKind::Str => {
                self.pos += 1;
                Expr { kind: ExprKind::Literal(Literal::Str(self.string(token))), span }
            }
            TokenKind::OpenParen => {
                let inner = self.bracket(Self::expr);
                let span = self.since(token.start);
                inner.map_or_else(|| error(span), |e| Expr { kind: ExprKind::Paren(Box::new(e)), span })
            }
            TokenKind::OpenBracket => {
                let kind = self.bracket(Self::list).unwrap_or(ExprKind::Error);
                Expr { kind, span: self.since(token.start) }
            }
            TokenKind::OpenBrace => {
                let block = self.block();
                Expr { span: block.span, kind: ExprKind::Record(block) }
            }
            kind if kind.is_number() => {
                self.pos += 1;
                self.number(token)
            }
            _ => self.bare_pattern().unwrap_or_else(|| {
                self.missing_operand();
                error(span.before())
            }),
        }
    }

    fn missing_operand(&mut self) {
        let noun = self.noun;
        if self.peek() == TokenKind::Dot && self.kind_at(self.pos + 1) == TokenKind::Int {
            let span = self.here().to(self.span(self.token_at(self.pos + 1)));
            let text = self.source(span);
            return self.fail(
                Diagnostic::new(codes::BAD_LITERAL, span, format!("`{text}` is not a number of the language")).fix(
                    format!("write `0{text}`"),
                    span,
                    format!("0{text}"),
                ),
            );
        }
        self.expected(noun);
    }

    fn number(&mut self, token: Token) -> Expr {
        let span = self.span(token);
        if token.kind == TokenKind::Int
            && let Some(expr) = self.foreign_number(token)
        {
            return expr;
        }
        let value = literal::value(token.kind, self.source(span));
        if matches!(token.kind, TokenKind::Int | TokenKind::Decimal | TokenKind::Quantity)
            && let Some(unit) = self.spaced_unit()
        {
            let spaced = span.to(self.span(unit));
            let glued = format!("{}{}", self.source(span), literal::usual_unit(unit.text(self.text)));
            self.report(
                Diagnostic::new(codes::SPACED_UNIT, spaced, "a unit is glued to its number")
                    .help(format!("write `{glued}`"))
                    .fix(format!("write `{glued}`"), spaced, glued.clone()),
            );
            self.pos += 1;
            // Whether it fits is not asked: what is counted (`5 cores`) reads like a quantity, too.
            return error(spaced);
        }
        if token.kind == TokenKind::Date && self.peek() == TokenKind::Time {
            return self.split_instant(token);
        }
        if value.is_none() && self.begins_operand(self.pos) && !self.begins_line(self.pos) {
            // Whatever was meant, what follows belongs to it.
            self.lost = true;
        }
        Expr { kind: value.map_or(ExprKind::Error, ExprKind::Literal), span }
    }

    /// `2026-11-27 15:30 in "America/Los_Angeles"`
    fn split_instant(&mut self, date: Token) -> Expr {
        let time = self.bump();
        let zone = if self.at_word("in") && self.peek2() == TokenKind::Str {
            self.pos += 1;
            let token = self.bump();
            self.string(token).value
        } else {
            "America/Los_Angeles".into()
        };
        let span = self.since(date.start);
        let instant = format!("{}T{}[{zone}]", date.text(self.text), time.text(self.text));
        self.report(
            Diagnostic::new(codes::BAD_LITERAL, span, "an instant is one word, with its zone")
                .help(format!("write `{instant}`"))
                .fix(format!("write `{instant}`"), span, instant),
        );
        error(span)
    }

    /// A unit that stands apart from its number, and begins no entry of its own.
    fn spaced_unit(&self) -> Option<Token> {
        let next = self.current();
        let text = next.text(self.text);
        let is_unit = match self.peek() {
            TokenKind::Stray => text == "%",
            TokenKind::Word => literal::is_unit(text) && !self.begins_line(self.pos),
            _ => false,
        };
        let is_key = match self.peek2() {
            TokenKind::Assign | TokenKind::Dot | TokenKind::Colon => true,
            TokenKind::OpenBrace => self.depth > 0,
            _ => false,
        };
        (is_unit && !is_key).then_some(next)
    }

    fn word_operand(&mut self, token: Token) -> Expr {
        let word = token.text(self.text);
        let span = self.span(token);
        let literal = match word {
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "none" => Literal::None,
            "all" | "any" => return self.quantifier(word == "all"),
            "if" => return self.condition(),
            _ if is_reserved(word) || self.is_next_entry() => {
                self.missing_operand();
                return error(span.before());
            }
            _ => {
                if let Some(version) = self.marked_version(token) {
                    return version;
                }
                self.pos += 1;
                return Expr { kind: ExprKind::Name(word.into()), span };
            }
        };
        self.pos += 1;
        Expr { kind: ExprKind::Literal(literal), span }
    }

    /// Whether the word here is not an operand but begins the next entry: the operand is missing.
    fn is_next_entry(&self) -> bool {
        if self.depth == 0 && is_kind(self.text_at(self.pos)) {
            let named = matches!(self.peek2(), TokenKind::Word | TokenKind::Str);
            let name = self.text_at(self.pos + 1);
            return named && !is_kind(name) && !is_reserved(name) && self.begins_line(self.pos);
        }
        let after_assign = || self.previous().is_some_and(|t| t.kind == TokenKind::Assign);
        let looks = match self.peek2() {
            TokenKind::Assign => true,
            TokenKind::OpenBrace => after_assign(),
            TokenKind::End => false,
            _ => self.is_statement(self.pos),
        };
        looks && self.begins_line(self.pos)
    }

    /// `all x in xs where c: e`
    fn quantifier(&mut self, all: bool) -> Expr {
        let start = self.bump().start;
        let body = self.deeper(|p| {
            let (var, over, filter) = p.binding()?;
            if p.eat(TokenKind::Colon).is_none() {
                p.expected("`:` and what must hold");
            }
            let body = p.expr_of("a condition");
            Some(Box::new(Quantifier { all, var, over, filter, body }))
        });
        let kind = body.flatten().map_or(ExprKind::Error, ExprKind::Quantifier);
        Expr { kind, span: self.since(start) }
    }

    /// `x in xs where c`
    fn binding(&mut self) -> Option<(Ident, Expr, Option<Expr>)> {
        let var = self.name("a name for each element")?;
        if self.eat_word("in").is_none() {
            self.expected("`in`");
            return None;
        }
        let over = self.expr_of("a list");
        let filter = self.eat_word("where").map(|_| self.expr_of("a condition"));
        Some((var, over, filter))
    }

    /// `if c then a else b`
    fn condition(&mut self) -> Expr {
        let start = self.bump().start;
        let kind = self.deeper(|p| {
            let condition = p.expr_of("a condition");
            if p.eat_word("then").is_none() {
                p.expected("`then`");
            }
            let yes = p.expr();
            if p.eat_word("else").is_none() {
                p.expected("`else`");
            }
            let no = p.expr();
            ExprKind::If(Box::new(condition), Box::new(yes), Box::new(no))
        });
        Expr { kind: kind.unwrap_or(ExprKind::Error), span: self.since(start) }
    }

    /// What stands in `[…]`.
    fn list(&mut self) -> ExprKind {
        let mut first = true;
        let mut comprehension = None;
        let mut list = self.elements("elements", |p| {
            let expr = p.expr_of("an element");
            if std::mem::take(&mut first) && p.eat_word("for").is_some() {
                comprehension = p.deeper(Self::binding).flatten();
            }
            Some(expr)
        });
        match comprehension {
            Some((var, over, filter)) if list.len() == 1 => {
                let body = list.pop().unwrap_or_else(|| error(self.here()));
                ExprKind::Comprehension(Box::new(Comprehension { body, var, over, filter }))
            }
            Some(_) => {
                let span = self.span(self.token_at(self.pos.saturating_sub(1)));
                self.report(
                    Diagnostic::new(codes::UNEXPECTED, span, "a comprehension has one element")
                        .help("`[e for x in xs where c]` stands alone in its brackets"),
                );
                ExprKind::List(list)
            }
            None => ExprKind::List(list),
        }
    }
}

/// What could not be read.
pub(super) fn error(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, span }
}
