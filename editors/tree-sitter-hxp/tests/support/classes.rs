//! What each token of a text is, as the compiler reads it: the lexer for what it looks like, the tree for words.

use std::collections::BTreeMap;

use hxp_diagnostics::FileId;
use hxp_syntax::ast::{
    Arg, Attr, Block, Body, Entry, EntryKind, Expr, ExprKind, Header, HeaderKind, ItemKind, Param, Statement,
    StatementKind, SuffixKind,
};
use hxp_syntax::words::is_reserved;
use hxp_syntax::{Token, TokenKind};

/// A token and its class.
#[derive(Debug, PartialEq)]
pub struct Classed {
    pub start: usize,
    pub end: usize,
    pub class: &'static str,
}

/// The classes of all tokens but symbols; none for a text with errors.
pub fn classes(text: &str) -> Option<Vec<Classed>> {
    let parsed = hxp_syntax::parse(FileId(0), text);
    if parsed.has_errors() {
        return None;
    }
    let tokens = hxp_syntax::lex(FileId(0), text);
    let mut words = Words { text, tokens: &tokens, found: BTreeMap::new() };
    for item in parsed.tree.items() {
        words.attrs(&item.attrs);
        match &item.kind {
            // The documentation and the attributes stand before the word.
            ItemKind::Use(import) => words.mark(import.span.start, "keyword"),
            ItemKind::Decl(decl) => {
                words.mark(decl.kind.span.start, "keyword");
                words.params(decl.params.as_deref().unwrap_or_default());
                for header in &decl.headers {
                    words.header(header);
                }
                match &decl.body {
                    Body::Expr(expr) => words.expr(expr),
                    Body::Block(block) => words.block(block),
                    Body::None => {}
                }
            }
        }
    }
    let found = words.found;
    Some(
        tokens
            .iter()
            .filter_map(|token| {
                let class = class(*token, text, &found)?;
                Some(Classed { start: token.start as usize, end: token.end as usize, class })
            })
            .collect(),
    )
}

fn class(token: Token, text: &str, words: &BTreeMap<u32, &'static str>) -> Option<&'static str> {
    Some(match token.kind {
        TokenKind::Comment => "comment",
        TokenKind::Doc => "doc",
        TokenKind::Str => "string",
        TokenKind::Int | TokenKind::Decimal | TokenKind::Quantity => "number",
        TokenKind::Semver | TokenKind::Date | TokenKind::Time | TokenKind::Instant => "literal",
        TokenKind::Word => match (words.get(&token.start), token.text(text)) {
            (Some(class), _) => class,
            (None, "true" | "false" | "none") => "constant",
            (None, word) if is_reserved(word) => "keyword",
            _ => "name",
        },
        _ => return None,
    })
}

/// Words that are no names, by where they begin.
struct Words<'a> {
    text: &'a str,
    tokens: &'a [Token],
    found: BTreeMap<u32, &'static str>,
}

impl Words<'_> {
    fn mark(&mut self, start: u32, class: &'static str) {
        self.found.insert(start, class);
    }

    fn attrs(&mut self, attrs: &[Attr]) {
        for attr in attrs {
            // Behind `@` a reserved word is a name too.
            self.mark(attr.name.span.start, "name");
            self.args(&attr.args);
        }
    }

    fn args(&mut self, args: &[Arg]) {
        self.exprs(args.iter().map(|a| &a.value));
    }

    fn params(&mut self, params: &[Param]) {
        self.exprs(params.iter().filter_map(|p| p.default.as_ref()));
    }

    fn header(&mut self, header: &Header) {
        match &header.kind {
            HeaderKind::Extends { args, .. } => self.args(args.as_deref().unwrap_or_default()),
            HeaderKind::For(exprs) => self.exprs(exprs),
            HeaderKind::When(expr) => self.expr(expr),
            HeaderKind::On(_) => {}
            // A kind of Kubernetes is one name, whatever the lexer makes of `networking.k8s.io/v1.Ingress`.
            HeaderKind::OnKind(kind) => {
                for token in self.tokens {
                    if (kind.span.start..kind.span.end).contains(&token.start) {
                        self.found.insert(token.start, "name");
                    }
                }
            }
        }
    }

    fn block(&mut self, block: &Block) {
        for entry in &block.entries {
            self.entry(entry);
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.attrs(entry.attrs());
        match &entry.kind {
            EntryKind::Spread(expr) => self.expr(expr),
            EntryKind::Property(property) => self.expr(&property.value),
            EntryKind::Statement(statement) => self.statement(statement),
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.mark(statement.head.start, "keyword");
        match &statement.kind {
            StatementKind::Require(exprs) | StatementKind::Notify(exprs) | StatementKind::Waive(exprs) => {
                self.exprs(exprs);
            }
            StatementKind::Approve { seats, .. } => self.exprs(seats.iter().map(|s| &s.count)),
            StatementKind::After { soaked, .. } => self.exprs(soaked),
            StatementKind::Within(expr) => self.expr(expr),
            StatementKind::Deploy { with } => self.exprs(with),
            StatementKind::Rollback { block: Some(block) } => self.block(block),
            StatementKind::Yields(params) => self.params(params),
            StatementKind::Slot(slot) => {
                for (first, last) in &slot.days {
                    self.mark(first.span.start, "constant");
                    self.mark(last.span.start, "constant");
                }
            }
            StatementKind::Given { at, with, .. } => {
                let before = self.tokens.iter().take_while(|t| t.start < at.span.start);
                if let Some(word) = before.filter(|t| t.text(self.text) == "at").last() {
                    self.mark(word.start, "keyword");
                }
                self.expr(at);
                if let Some(block) = with {
                    self.block(block);
                }
            }
            StatementKind::Rollback { block: None } | StatementKind::Deny | StatementKind::Expect(_) => {}
        }
        for suffix in &statement.suffixes {
            match &suffix.kind {
                SuffixKind::When(e) | SuffixKind::Due(e) | SuffixKind::Until(e) => self.expr(e),
                SuffixKind::On(exprs) | SuffixKind::Because(exprs) => self.exprs(exprs),
            }
        }
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Error => {}
            ExprKind::Field(of, field) => {
                // Behind a dot a reserved word is a name.
                self.mark(field.span.start, "name");
                self.expr(of);
            }
            ExprKind::Unary(_, of) | ExprKind::Paren(of) => self.expr(of),
            ExprKind::Index(of, index) => self.exprs([of, index].map(AsRef::as_ref)),
            ExprKind::Call(of, args) => {
                self.expr(of);
                self.args(args);
            }
            ExprKind::Binary(_, _, left, right) => self.exprs([left, right].map(AsRef::as_ref)),
            ExprKind::Quantifier(q) => {
                self.exprs([Some(&q.over), q.filter.as_ref(), Some(&q.body)].into_iter().flatten());
            }
            ExprKind::Comprehension(c) => {
                self.exprs([Some(&c.body), Some(&c.over), c.filter.as_ref()].into_iter().flatten());
            }
            ExprKind::If(condition, yes, no) => self.exprs([condition, yes, no].map(AsRef::as_ref)),
            ExprKind::List(elements) => self.exprs(elements),
            ExprKind::Record(block) => self.block(block),
        }
    }
}
