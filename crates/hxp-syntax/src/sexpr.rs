//! The tree as text without positions: to compare trees in tests and to look at them.

use std::fmt::Write;

use smol_str::SmolStr;

use crate::ast::{
    Arg, Attr, Block, Body, Decl, Doc, Entry, EntryKind, Expr, ExprKind, Header, HeaderKind, Ident, ItemKind, Literal,
    Param, Path, Property, Slot, Statement, StatementKind, StrLit, Suffix, SuffixKind, Tree, TypeExpr, UnaryOp,
};

/// The whole tree, an item a line. Two trees are equal but for their spans when their texts are equal.
pub fn tree(tree: &Tree) -> String {
    let mut out = String::new();
    for item in tree.items() {
        let mut parts = docs(&item.docs);
        parts.extend(item.attrs.iter().map(attr));
        parts.push(match &item.kind {
            ItemKind::Use(u) => {
                let names = u.names.as_ref().map(|n| node("names", n.iter().map(ident)));
                node("use", std::iter::once(path(&u.path)).chain(names))
            }
            ItemKind::Decl(d) => decl(d),
        });
        let _ = writeln!(out, "{}", node("item", parts));
    }
    out
}

/// `(name part part)`
fn node(name: &str, parts: impl IntoIterator<Item = String>) -> String {
    let mut out = format!("({name}");
    for part in parts {
        out.push(' ');
        out.push_str(&part);
    }
    out.push(')');
    out
}

fn docs(docs: &[Doc]) -> Vec<String> {
    docs.iter().map(|d| node("doc", [format!("{:?}", d.text.as_str())])).collect()
}

fn ident(ident: &Ident) -> String {
    word(&ident.text)
}

/// A word as it is, anything else in quotes.
fn word(text: &SmolStr) -> String {
    if !text.is_empty() && text.bytes().all(crate::lexer::is_word_byte) {
        return text.to_string();
    }
    format!("{:?}", text.as_str())
}

fn path(path: &Path) -> String {
    path.segments.iter().map(ident).collect::<Vec<_>>().join(".")
}

fn attr(attr: &Attr) -> String {
    node(&format!("@{}", attr.name.text), attr.args.iter().map(arg))
}

fn arg(arg: &Arg) -> String {
    match &arg.name {
        Some(name) => node("=", [ident(name), expr(&arg.value)]),
        None => expr(&arg.value),
    }
}

fn decl(decl: &Decl) -> String {
    let mut parts: Vec<String> = decl.title.iter().map(string).collect();
    parts.extend(decl.names.iter().map(ident));
    parts.extend(decl.params.iter().map(|p| node("params", p.iter().map(param))));
    parts.extend(decl.ty.iter().map(|t| node(":", [type_expr(t)])));
    parts.extend(decl.headers.iter().map(header));
    parts.extend(match &decl.body {
        Body::Expr(e) => Some(node("=", [expr(e)])),
        Body::Block(b) => Some(block(b)),
        Body::None => None,
    });
    node(&decl.kind.text, parts)
}

fn param(param: &Param) -> String {
    let default = param.default.as_ref().map(expr);
    node("param", [ident(&param.name), type_expr(&param.ty)].into_iter().chain(default))
}

fn type_expr(ty: &TypeExpr) -> String {
    let mut out = path(&ty.name);
    if !ty.args.is_empty() {
        let _ = write!(out, "<{}>", ty.args.iter().map(type_expr).collect::<Vec<_>>().join(","));
    }
    if ty.optional {
        out.push('?');
    }
    out
}

fn header(header: &Header) -> String {
    match &header.kind {
        HeaderKind::Extends { parent, args } => {
            let args = args.as_ref().map(|a| node("args", a.iter().map(arg)));
            node("extends", std::iter::once(path(parent)).chain(args))
        }
        HeaderKind::For(list) => node("for", list.iter().map(expr)),
        HeaderKind::When(e) => node("when", [expr(e)]),
        HeaderKind::On(p) => node("on", [path(p)]),
        HeaderKind::OnKind(g) => node("on-kind", [&g.group, &g.version, &g.kind].map(|t| format!("{:?}", t.as_str()))),
    }
}

fn block(block: &Block) -> String {
    node("block", block.entries.iter().map(entry))
}

fn entry(entry: &Entry) -> String {
    let inner = match &entry.kind {
        EntryKind::Spread(e) => node("...", [expr(e)]),
        EntryKind::Property(p) => property(p),
        EntryKind::Statement(s) => statement(s),
    };
    if entry.notes.is_none() {
        return inner;
    }
    let mut parts = docs(entry.docs());
    parts.extend(entry.attrs().iter().map(attr));
    parts.push(inner);
    node("entry", parts)
}

fn property(property: &Property) -> String {
    let keys = property.keys.iter().map(ident).collect::<Vec<_>>().join(".");
    node("=", [keys, expr(&property.value)])
}

fn statement(s: &Statement) -> String {
    let (head, mut parts): (&str, Vec<String>) = match &s.kind {
        StatementKind::Require(list) => ("require", list.iter().map(expr).collect()),
        StatementKind::Approve { seats, distinct } => {
            let mut parts: Vec<String> = seats.iter().map(|s| node("seat", [expr(&s.count), path(&s.team)])).collect();
            parts.extend(distinct.map(|_| "distinct".to_owned()));
            ("approve", parts)
        }
        StatementKind::After { environment, soaked } => {
            let soaked = soaked.as_ref().map(|e| node("soaked", [expr(e)]));
            ("after", std::iter::once(ident(environment)).chain(soaked).collect())
        }
        StatementKind::Within(e) => ("within", vec![expr(e)]),
        StatementKind::Deploy { with } => ("deploy", with.iter().map(|e| node("with", [expr(e)])).collect()),
        StatementKind::Rollback { .. } => ("rollback", Vec::new()),
        StatementKind::Notify(list) => ("notify", list.iter().map(expr).collect()),
        StatementKind::Waive(list) => ("waive", list.iter().map(expr).collect()),
        StatementKind::Deny => ("deny", Vec::new()),
        StatementKind::Yields(fields) => ("yields", fields.iter().map(param).collect()),
        StatementKind::Slot(s) => (if s.open { "open" } else { "closed" }, slot(s)),
        StatementKind::Given { environment, at, with } => {
            let with = with.as_ref().map(block);
            ("given", [ident(environment), expr(at)].into_iter().chain(with).collect())
        }
        StatementKind::Expect(outcome) => ("expect", vec![ident(outcome)]),
    };
    parts.extend(s.suffixes.iter().map(suffix));
    if let StatementKind::Rollback { block: Some(b) } = &s.kind {
        parts.push(block(b));
    }
    node(head, parts)
}

fn slot(slot: &Slot) -> Vec<String> {
    let days = slot.days.iter().map(|(a, b)| node("days", [ident(a), ident(b)]));
    let dates = slot.dates.iter().map(|(a, b)| node("dates", [expr(a), expr(b)]));
    let times = slot.times.iter().map(|(a, b)| node("times", [expr(a), expr(b)]));
    days.chain(dates).chain(times).collect()
}

fn suffix(suffix: &Suffix) -> String {
    match &suffix.kind {
        SuffixKind::When(e) => node("when", [expr(e)]),
        SuffixKind::On(list) => node("on", list.iter().map(expr)),
        SuffixKind::Due(e) => node("due", [expr(e)]),
        SuffixKind::Until(e) => node("until", [expr(e)]),
        SuffixKind::Because(list) => node("because", list.iter().map(expr)),
    }
}

/// An expression.
pub fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Literal(l) => literal(l),
        ExprKind::Name(n) => n.to_string(),
        ExprKind::Field(base, field) => node(".", [expr(base), ident(field)]),
        ExprKind::Index(base, index) => node("index", [expr(base), expr(index)]),
        ExprKind::Call(callee, args) => node("call", std::iter::once(expr(callee)).chain(args.iter().map(arg))),
        ExprKind::Unary(UnaryOp::Not, x) => node("not", [expr(x)]),
        ExprKind::Unary(UnaryOp::Neg, x) => node("neg", [expr(x)]),
        ExprKind::Binary(op, _, a, b) => node(op.symbol(), [expr(a), expr(b)]),
        ExprKind::Quantifier(q) => {
            let head = if q.all { "all" } else { "any" };
            node(head, binding(&q.var, &q.over, q.filter.as_ref()).chain([expr(&q.body)]))
        }
        ExprKind::If(c, a, b) => node("if", [expr(c), expr(a), expr(b)]),
        ExprKind::List(list) => node("list", list.iter().map(expr)),
        ExprKind::Comprehension(c) => node("each", binding(&c.var, &c.over, c.filter.as_ref()).chain([expr(&c.body)])),
        ExprKind::Record(b) => block(b),
        ExprKind::Paren(x) => node("paren", [expr(x)]),
        ExprKind::Error => "<error>".to_owned(),
    }
}

fn binding(var: &Ident, over: &Expr, filter: Option<&Expr>) -> impl Iterator<Item = String> {
    let filter = filter.map(|f| node("where", [expr(f)]));
    [ident(var), expr(over)].into_iter().chain(filter)
}

fn string(s: &StrLit) -> String {
    format!("{}{:?}", s.tag.as_ref().map_or("", |tag| tag), s.value.as_str())
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Bool(b) => b.to_string(),
        Literal::None => "none".to_owned(),
        Literal::Str(s) => string(s),
        Literal::Int(n) => n.to_string(),
        Literal::Decimal(t) | Literal::Semver(t) | Literal::Instant(t) => t.to_string(),
        Literal::Quantity(q) => q.text.to_string(),
        Literal::Date { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
        Literal::Time(s) => format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60),
    }
}
