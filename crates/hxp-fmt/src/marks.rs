//! What the formatter needs to know of the tree, by position in the text.

use std::collections::{BTreeMap, BTreeSet};

use hxp_diagnostics::Span;
use hxp_syntax::ast::{
    Arg, Attr, BinaryOp, Block, Body, Entry, EntryKind, Expr, ExprKind, Header, HeaderKind, ItemKind, Param, Statement,
    StatementKind, SuffixKind, Tree, TypeExpr, UnaryOp,
};

/// Positions that are treated in their own way.
#[derive(Default)]
pub(crate) struct Marks {
    /// Where items, entries, elements and arguments begin: a line that begins elsewhere goes on with the one before.
    pub starts: BTreeSet<u32>,
    /// Where statements begin: their head is no function that is called.
    pub heads: BTreeSet<u32>,
    /// Where a sign stands.
    pub signs: BTreeSet<u32>,
    /// Ranges between calculations, which have space around their dots.
    pub wide_ranges: BTreeSet<u32>,
    /// Types and Kubernetes kinds, from where to where.
    pub types: BTreeMap<u32, u32>,
    /// Kubernetes kinds, from where to where.
    pub kinds: BTreeMap<u32, u32>,
}

impl Marks {
    pub fn of(tree: &Tree) -> Self {
        let mut marks = Self::default();
        for item in tree.items() {
            marks.starts.insert(item.span.start);
            marks.starts.extend(item.docs.iter().map(|d| d.span.start));
            marks.attrs(&item.attrs);
            match &item.kind {
                ItemKind::Use(import) => {
                    marks.starts.insert(import.span.start);
                    for name in import.names.iter().flatten() {
                        marks.starts.insert(name.span.start);
                    }
                }
                ItemKind::Decl(decl) => {
                    marks.starts.insert(decl.span.start);
                    decl.params.iter().flatten().for_each(|p| marks.param(p));
                    decl.ty.iter().for_each(|t| marks.type_expr(t));
                    decl.headers.iter().for_each(|h| marks.header(h));
                    match &decl.body {
                        Body::Expr(e) => marks.expr(e),
                        Body::Block(b) => marks.block(b),
                        Body::None => {}
                    }
                }
            }
        }
        marks
    }

    fn attrs(&mut self, attrs: &[Attr]) {
        for attr in attrs {
            self.starts.insert(attr.span.start);
            self.args(&attr.args);
        }
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            let start = arg.name.as_ref().map_or(arg.value.span, |n| n.span).start;
            self.starts.insert(start);
            self.expr(&arg.value);
        }
    }

    fn param(&mut self, param: &Param) {
        self.starts.insert(param.span.start);
        self.type_expr(&param.ty);
        param.default.iter().for_each(|d| self.expr(d));
    }

    fn type_expr(&mut self, ty: &TypeExpr) {
        self.types.insert(ty.span.start, ty.span.end);
    }

    fn header(&mut self, header: &Header) {
        match &header.kind {
            HeaderKind::Extends { args, .. } => self.args(args.as_deref().unwrap_or_default()),
            HeaderKind::For(list) => self.exprs(list),
            HeaderKind::When(e) => self.expr(e),
            HeaderKind::On(_) => {}
            HeaderKind::OnKind(kind) => {
                self.kinds.insert(kind.span.start, kind.span.end);
            }
        }
    }

    fn block(&mut self, block: &Block) {
        block.entries.iter().for_each(|e| self.entry(e));
    }

    fn entry(&mut self, entry: &Entry) {
        self.starts.insert(entry.span.start);
        self.starts.extend(entry.docs().iter().map(|d| d.span.start));
        self.attrs(entry.attrs());
        match &entry.kind {
            EntryKind::Spread(e) => {
                self.start_behind_attrs(entry, e.span);
                self.expr(e);
            }
            EntryKind::Property(p) => {
                p.keys.iter().take(1).for_each(|k| {
                    self.starts.insert(k.span.start);
                });
                self.expr(&p.value);
            }
            EntryKind::Statement(s) => self.statement(s),
        }
    }

    /// A spread has no position of its own behind attributes; what is spread marks it well enough.
    fn start_behind_attrs(&mut self, entry: &Entry, span: Span) {
        if entry.notes.is_some() {
            self.starts.insert(span.start.saturating_sub(3));
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.starts.insert(statement.span.start);
        self.heads.insert(statement.head.start);
        let mut blocks = Vec::new();
        match &statement.kind {
            StatementKind::Require(list) | StatementKind::Notify(list) | StatementKind::Waive(list) => self.exprs(list),
            StatementKind::Approve { seats, .. } => seats.iter().for_each(|s| self.expr(&s.count)),
            StatementKind::After { soaked: Some(e), .. } | StatementKind::Within(e) => self.expr(e),
            StatementKind::Deploy { with: Some(e) } => self.expr(e),
            StatementKind::Rollback { block } => blocks.extend(block),
            StatementKind::Yields(fields) => {
                for field in fields {
                    self.type_expr(&field.ty);
                    field.default.iter().for_each(|d| self.expr(d));
                }
            }
            StatementKind::Given { at, with, .. } => {
                self.expr(at);
                blocks.extend(with);
            }
            StatementKind::After { .. }
            | StatementKind::Deploy { .. }
            | StatementKind::Deny
            | StatementKind::Slot(_)
            | StatementKind::Expect(_) => {}
        }
        for suffix in &statement.suffixes {
            match &suffix.kind {
                SuffixKind::When(e) | SuffixKind::Due(e) | SuffixKind::Until(e) => self.expr(e),
                SuffixKind::On(list) | SuffixKind::Because(list) => self.exprs(list),
            }
        }
        for block in blocks {
            self.block(block);
        }
    }

    fn exprs(&mut self, list: &[Expr]) {
        for expr in list {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Error => {}
            ExprKind::Field(base, _) => self.expr(base),
            ExprKind::Index(base, index) => {
                self.expr(base);
                self.element(index);
            }
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.args(args);
            }
            ExprKind::Unary(op, inner) => {
                if *op == UnaryOp::Neg {
                    self.signs.insert(expr.span.start);
                }
                self.expr(inner);
            }
            ExprKind::Binary(op, at, left, right) => {
                let wide = |e: &Expr| matches!(e.kind, ExprKind::Binary(..));
                if *op == BinaryOp::Range && (wide(left) || wide(right)) {
                    self.wide_ranges.insert(at.start);
                }
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Quantifier(q) => {
                self.expr(&q.over);
                q.filter.iter().for_each(|f| self.expr(f));
                self.expr(&q.body);
            }
            ExprKind::If(c, a, b) => [c, a, b].into_iter().for_each(|e| self.expr(e)),
            ExprKind::List(list) => list.iter().for_each(|e| self.element(e)),
            ExprKind::Comprehension(c) => {
                self.element(&c.body);
                self.expr(&c.over);
                c.filter.iter().for_each(|f| self.expr(f));
            }
            ExprKind::Record(block) => self.block(block),
            ExprKind::Paren(inner) => self.element(inner),
        }
    }

    fn element(&mut self, expr: &Expr) {
        self.starts.insert(expr.span.start);
        self.expr(expr);
    }
}
