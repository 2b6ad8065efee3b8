//! The tree as nodes of one type: what covers an offset, and what lies in it.

use hxp_diagnostics::Span;
use hxp_syntax::ast::{
    Arg, Attr, Block, Body, Decl, Doc, Entry, EntryKind, Expr, ExprKind, Header, HeaderKind, Ident, Item, ItemKind,
    Param, Path, Property, Seat, Slot, Statement, StatementKind, StrLit, Suffix, SuffixKind, Tree, TypeExpr, Use,
};

/// A node of the tree.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is the tree's own word")]
pub enum Node<'a> {
    Item(&'a Item),
    Doc(&'a Doc),
    Attr(&'a Attr),
    Use(&'a Use),
    Decl(&'a Decl),
    Title(&'a StrLit),
    Ident(&'a Ident),
    Path(&'a Path),
    Param(&'a Param),
    Type(&'a TypeExpr),
    Header(&'a Header),
    Block(&'a Block),
    Entry(&'a Entry),
    Property(&'a Property),
    Statement(&'a Statement),
    Suffix(&'a Suffix),
    Seat(&'a Seat),
    Slot(&'a Slot),
    Expr(&'a Expr),
    Arg(&'a Arg),
}

impl<'a> Node<'a> {
    /// Where it stands.
    pub fn span(self) -> Span {
        match self {
            Self::Item(n) => n.span,
            Self::Doc(n) => n.span,
            Self::Attr(n) => n.span,
            Self::Use(n) => n.span,
            Self::Decl(n) => n.span,
            Self::Title(n) => n.span,
            Self::Ident(n) => n.span,
            Self::Path(n) => n.span,
            Self::Param(n) => n.span,
            Self::Type(n) => n.span,
            Self::Header(n) => n.span,
            Self::Block(n) => n.span,
            Self::Entry(n) => n.span,
            Self::Property(n) => n.keys.first().map_or(n.value.span, |key| key.span.to(n.value.span)),
            Self::Statement(n) => n.span,
            Self::Suffix(n) => n.span,
            Self::Seat(n) => n.span,
            Self::Slot(n) => slot_span(n),
            Self::Expr(n) => n.span,
            Self::Arg(n) => n.name.as_ref().map_or(n.value.span, |name| name.span.to(n.value.span)),
        }
    }

    /// What lies in it, in the order of the text.
    pub fn children(self) -> Vec<Node<'a>> {
        let mut out = Vec::new();
        match self {
            Self::Item(item) => {
                out.extend(item.docs.iter().map(Self::Doc));
                out.extend(item.attrs.iter().map(Self::Attr));
                out.push(match &item.kind {
                    ItemKind::Use(n) => Self::Use(n),
                    ItemKind::Decl(n) => Self::Decl(n),
                });
            }
            Self::Attr(n) => {
                out.push(Self::Ident(&n.name));
                out.extend(n.args.iter().map(Self::Arg));
            }
            Self::Use(n) => {
                out.push(Self::Path(&n.path));
                out.extend(n.names.iter().flatten().map(Self::Ident));
            }
            Self::Decl(n) => decl(n, &mut out),
            Self::Path(n) => out.extend(n.segments.iter().map(Self::Ident)),
            Self::Param(n) => {
                out.extend([Self::Ident(&n.name), Self::Type(&n.ty)]);
                out.extend(n.default.iter().map(Self::Expr));
            }
            Self::Type(n) => {
                out.push(Self::Path(&n.name));
                out.extend(n.args.iter().map(Self::Type));
            }
            Self::Header(n) => header(n, &mut out),
            Self::Block(n) => out.extend(n.entries.iter().map(Self::Entry)),
            Self::Entry(n) => {
                out.extend(n.docs().iter().map(Self::Doc));
                out.extend(n.attrs().iter().map(Self::Attr));
                out.push(match &n.kind {
                    EntryKind::Spread(e) => Self::Expr(e),
                    EntryKind::Property(p) => Self::Property(p),
                    EntryKind::Statement(s) => Self::Statement(s),
                });
            }
            Self::Property(n) => {
                out.extend(n.keys.iter().map(Self::Ident));
                out.push(Self::Expr(&n.value));
            }
            Self::Statement(n) => statement(n, &mut out),
            Self::Suffix(n) => match &n.kind {
                SuffixKind::When(e) | SuffixKind::Due(e) | SuffixKind::Until(e) => out.push(Self::Expr(e)),
                SuffixKind::On(es) | SuffixKind::Because(es) => out.extend(es.iter().map(Self::Expr)),
            },
            Self::Seat(n) => out.extend([Self::Expr(&n.count), Self::Path(&n.team)]),
            Self::Slot(n) => {
                out.extend(n.days.iter().flat_map(|(a, b)| pair(a, b)).map(Self::Ident));
                out.extend(n.dates.iter().chain(&n.times).flat_map(|(a, b)| pair(a, b)).map(Self::Expr));
            }
            Self::Expr(n) => expr(n, &mut out),
            Self::Arg(n) => {
                out.extend(n.name.iter().map(Self::Ident));
                out.push(Self::Expr(&n.value));
            }
            Self::Doc(_) | Self::Title(_) | Self::Ident(_) => {}
        }
        out
    }
}

/// Both ends of a pair, or the one when both are the same place.
fn pair<'a, T: PartialEq>(a: &'a T, b: &'a T) -> impl Iterator<Item = &'a T> {
    std::iter::once(a).chain((a != b).then_some(b))
}

fn slot_span(slot: &Slot) -> Span {
    let days = slot.days.iter().map(|(a, b)| a.span.to(b.span));
    let rest = slot.dates.iter().chain(&slot.times).map(|(a, b)| a.span.to(b.span));
    days.chain(rest).reduce(Span::to).unwrap_or_default()
}

fn decl<'a>(n: &'a Decl, out: &mut Vec<Node<'a>>) {
    out.push(Node::Ident(&n.kind));
    out.extend(n.names.iter().map(Node::Ident));
    out.extend(n.title.iter().map(Node::Title));
    out.extend(n.params.iter().flatten().map(Node::Param));
    out.extend(n.ty.iter().map(Node::Type));
    out.extend(n.headers.iter().map(Node::Header));
    match &n.body {
        Body::Expr(e) => out.push(Node::Expr(e)),
        Body::Block(b) => out.push(Node::Block(b)),
        Body::None => {}
    }
}

fn header<'a>(n: &'a Header, out: &mut Vec<Node<'a>>) {
    match &n.kind {
        HeaderKind::Extends { parent, args } => {
            out.push(Node::Path(parent));
            out.extend(args.iter().flatten().map(Node::Arg));
        }
        HeaderKind::For(exprs) => out.extend(exprs.iter().map(Node::Expr)),
        HeaderKind::When(e) => out.push(Node::Expr(e)),
        HeaderKind::On(path) => out.push(Node::Path(path)),
        HeaderKind::OnKind(_) => {}
    }
}

fn statement<'a>(n: &'a Statement, out: &mut Vec<Node<'a>>) {
    match &n.kind {
        StatementKind::Require(es) | StatementKind::Notify(es) | StatementKind::Waive(es) => {
            out.extend(es.iter().map(Node::Expr));
        }
        StatementKind::Approve { seats, .. } => out.extend(seats.iter().map(Node::Seat)),
        StatementKind::After { environment, soaked } => {
            out.push(Node::Ident(environment));
            out.extend(soaked.iter().map(Node::Expr));
        }
        StatementKind::Within(e) => out.push(Node::Expr(e)),
        StatementKind::Deploy { with } => out.extend(with.iter().map(Node::Expr)),
        StatementKind::Rollback { .. } => {}
        StatementKind::Deny => {}
        StatementKind::Yields(params) => out.extend(params.iter().map(Node::Param)),
        StatementKind::Slot(slot) => out.push(Node::Slot(slot)),
        StatementKind::Given { environment, at, .. } => {
            out.extend([Node::Ident(environment), Node::Expr(at)]);
        }
        StatementKind::Expect(word) => out.push(Node::Ident(word)),
    }
    out.extend(n.suffixes.iter().map(Node::Suffix));
    match &n.kind {
        StatementKind::Rollback { block: Some(block) } | StatementKind::Given { with: Some(block), .. } => {
            out.push(Node::Block(block));
        }
        _ => {}
    }
    out.sort_by_key(|c| c.span().start);
}

fn expr<'a>(n: &'a Expr, out: &mut Vec<Node<'a>>) {
    match &n.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Error => {}
        ExprKind::Field(base, name) => out.extend([Node::Expr(base), Node::Ident(name.as_ref())]),
        ExprKind::Index(a, b) | ExprKind::Binary(_, _, a, b) => out.extend([Node::Expr(a), Node::Expr(b)]),
        ExprKind::Call(callee, args) => {
            out.push(Node::Expr(callee));
            out.extend(args.iter().map(Node::Arg));
        }
        ExprKind::Unary(_, e) | ExprKind::Paren(e) => out.push(Node::Expr(e)),
        ExprKind::Quantifier(q) => {
            out.extend([Node::Ident(&q.var), Node::Expr(&q.over)]);
            out.extend(q.filter.iter().map(Node::Expr));
            out.push(Node::Expr(&q.body));
        }
        ExprKind::If(c, a, b) => out.extend([Node::Expr(c), Node::Expr(a), Node::Expr(b)]),
        ExprKind::List(es) => out.extend(es.iter().map(Node::Expr)),
        ExprKind::Comprehension(c) => {
            out.extend([Node::Expr(&c.body), Node::Ident(&c.var), Node::Expr(&c.over)]);
            out.extend(c.filter.iter().map(Node::Expr));
        }
        ExprKind::Record(block) => out.push(Node::Block(block)),
    }
}

/// The nodes that an offset touches, from the item inwards.
pub fn path(tree: &Tree, offset: u32) -> Vec<Node<'_>> {
    let mut path: Vec<Node<'_>> = Vec::new();
    let mut next: Vec<Node<'_>> = tree.items().map(Node::Item).collect();
    // Of two neighbours that touch the offset, the one that begins there is meant.
    while let Some(hit) = next.into_iter().rev().find(|n| n.span().touches(offset)) {
        path.push(hit);
        next = hit.children();
    }
    path
}

/// Every node of a tree, a node before what lies in it.
pub fn all(tree: &Tree) -> Vec<Node<'_>> {
    below(tree.items().map(Node::Item))
}

/// Every node of some roots, a node before what lies in it.
pub fn below<'a>(roots: impl DoubleEndedIterator<Item = Node<'a>>) -> Vec<Node<'a>> {
    let mut waiting: Vec<Node<'a>> = roots.rev().collect();
    let mut found = Vec::new();
    while let Some(node) = waiting.pop() {
        found.push(node);
        waiting.extend(node.children().into_iter().rev());
    }
    found
}
