//! What a word means: the text that appears beside the cursor.

mod details;
mod word;

use hxp_analysis::schema::enums::ENUMS;
use hxp_analysis::schema::{Property as Known, Shape};
use hxp_analysis::show_value;
use hxp_diagnostics::{FileId, Span};
use hxp_policy::facts::FACTS;
use hxp_policy::{EnumType, Type};
use hxp_syntax::ast::{Decl, EntryKind, Expr, ExprKind, Ident, Param};

use crate::context::context;
use crate::node::{self, Node};
use crate::resolve::{self, Local, Named};
use crate::shape::{self, Where};
use crate::{Place, Snapshot, chart, names};

/// A text in Markdown about a part of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// What it is about.
    pub span: Span,
    /// The text.
    pub markdown: String,
}

/// What stands at a place.
pub fn hover(snapshot: &Snapshot, place: Place) -> Option<Hover> {
    let path = node::path(snapshot.tree(place.file)?, place.offset);
    match resolve::named(snapshot, place) {
        Some((span, Named::Declared(_, of))) => Some(Hover { span, markdown: details::definition(snapshot, of) }),
        Some((span, Named::Local { what, .. })) => Some(Hover { span, markdown: local(snapshot, what) }),
        Some((span, Named::Module(file))) => Some(Hover { span, markdown: module(snapshot, file)? }),
        Some((_, Named::Key(_))) | None => word::hover(snapshot, &path, place)
            .or_else(|| key(snapshot, &path, place))
            .or_else(|| member(snapshot, &path, place))
            .or_else(|| field(snapshot, &path, place))
            .or_else(|| literal(snapshot, &path)),
    }
}

/// A parameter, a result, or what a bound name stands for.
fn local(snapshot: &Snapshot, what: Local<'_>) -> String {
    let said = |param: &Param, what: &str, decl: &Decl| {
        let name = decl.names.first().map_or("", |n| n.text.as_str());
        let kind = if decl.kind.text == "let" { "function" } else { decl.kind.text.as_str() };
        format!("```hxp\n{}\n```\n\na {what} of the {kind} `{name}`", snapshot.slice(param.span))
    };
    match what {
        Local::Parameter(param, decl) => said(param, "parameter", decl),
        Local::Result(param, decl) => said(param, "result", decl),
        Local::Element(over) => {
            let of = resolve::type_of(snapshot, over).and_then(resolve::element);
            let of = of.map(|ty| format!("`{ty}`: ")).unwrap_or_default();
            format!("{of}each of `{}`", one_line(snapshot.slice(over.span)))
        }
    }
}

/// The beginning of a text, as much as fits beside a word.
fn one_line(text: &str) -> String {
    const MOST: usize = 80;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A module with what it declares.
fn module(snapshot: &Snapshot, file: FileId) -> Option<String> {
    let module = snapshot.project.modules.iter().find(|m| m.id == file)?;
    let declared = names::declared(&module.parsed.tree, &module.path);
    let names: Vec<String> = declared.map(|d| format!("`{}`", d.name)).collect();
    Some(format!("**{}**: a module that declares {}", module.path, names.join(", ")))
}

/// A property's key: what it means, what it may hold, what it is when nothing is said.
fn key(snapshot: &Snapshot, path: &[Node<'_>], place: Place) -> Option<Hover> {
    let (key, known): (&Ident, &Known) = match Where::of(path, place.offset) {
        Where::Key { key, of: Some(property), .. } => (key, property),
        Where::Key { key, of: None, shape } => {
            return chart_key(snapshot, path, key).or_else(|| Some(free_key(snapshot, path, key, shape)));
        }
        _ => return None,
    };
    let mut text = format!("**{}**: {}\n\n*{}*", known.name, known.shape.describe(), known.doc);
    if !known.default.is_empty() {
        text += &format!("  \nwhen not given: `{}`", known.default);
    }
    if let Some(value) = resolved(snapshot, path, key) {
        text += &format!("\n\nhere: `{value}`");
    }
    Some(Hover { span: key.span, markdown: text })
}

/// A key of `values`, by what the schema of the chart says of it.
fn chart_key(snapshot: &Snapshot, path: &[Node<'_>], key: &Ident) -> Option<Hover> {
    let property = path.iter().rev().find_map(|n| match n {
        Node::Property(p) if p.keys.iter().any(|k| k == key) => Some(*p),
        _ => None,
    })?;
    let context = context(snapshot.text(key.span.file), property.keys.first()?.span.start);
    let (first, rest) = context.path.split_first()?;
    let before = property.keys.iter().take_while(|k| *k != key).map(|k| k.text.as_str());
    let above: Vec<&str> = rest.iter().copied().chain(before).collect();
    let known = (*first == "values").then(|| chart::keys(snapshot, context.name, &above))?;
    let (name, about) = known.into_iter().find(|(name, _)| *name == key.text)?;
    let mut text = format!("**{name}**: {about}\n\nby the chart's schema");
    if let Some(value) = resolved(snapshot, path, key) {
        text += &format!("\n\nhere: `{value}`");
    }
    Some(Hover { span: key.span, markdown: text })
}

/// A key that the policy chose: what it may hold and what it has.
fn free_key(snapshot: &Snapshot, path: &[Node<'_>], key: &Ident, shape: Option<&'static Shape>) -> Hover {
    let what = shape.map_or_else(|| "a value".to_owned(), Shape::describe);
    let mut markdown = format!("**{}**: {what}, under a name of the policy's own", key.text);
    if let Some(value) = resolved(snapshot, path, key) {
        markdown += &format!("\n\nhere: `{value}`");
    }
    Hover { span: key.span, markdown }
}

/// The value that a property has in the end.
fn resolved(snapshot: &Snapshot, path: &[Node<'_>], key: &Ident) -> Option<String> {
    let property = path.iter().rev().find_map(|n| match n {
        Node::Entry(entry) => match &entry.kind {
            EntryKind::Property(p) if p.keys.last() == Some(key) => Some(p),
            _ => None,
        },
        _ => None,
    })?;
    snapshot.types.as_ref()?.at(property.value.span)?.value.as_ref().map(show_value)
}

/// A fact, a field of one, or a property that is read: what it is, and its value when that is known.
fn field(snapshot: &Snapshot, path: &[Node<'_>], place: Place) -> Option<Hover> {
    let (expr, word) = match path {
        [.., Node::Expr(expr), Node::Ident(word)] if matches!(expr.kind, ExprKind::Field(..)) => (*expr, word.span),
        [.., Node::Expr(expr)] if matches!(expr.kind, ExprKind::Name(_)) => (*expr, expr.span),
        _ => return None,
    };
    let text = one_line(snapshot.slice(expr.span));
    let ty = resolve::type_of(snapshot, expr);
    let typed = || ty.as_ref().map_or_else(|| text.clone(), |ty| format!("{text}: {ty}"));
    if let Some(about) = from_outside(snapshot, path, expr) {
        return Some(Hover { span: expr.span, markdown: format!("```hxp\n{}\n```\n\n{about}", typed()) });
    }
    let ExprKind::Field(base, name) = &expr.kind else { return None };
    let property = resolve::owner(snapshot, base, place).and_then(|owner| owner.property(&name.text));
    let value = snapshot.types.as_ref().and_then(|t| t.at(expr.span)).and_then(|seen| seen.value.as_ref());
    let mut parts: Vec<String> = match property {
        Some(known) => vec![format!("**{}**: {}\n\n*{}*", known.name, known.shape.describe(), known.doc)],
        None => vec![format!("```hxp\n{}\n```", typed())],
    };
    parts.extend(value.map(|value| format!("here: `{}`", show_value(value))));
    Some(Hover { span: word, markdown: parts.join("\n\n") })
}

/// What an expression is about that no declaration says.
fn from_outside(snapshot: &Snapshot, path: &[Node<'_>], expr: &Expr) -> Option<String> {
    let mut root = expr;
    while let ExprKind::Field(base, _) | ExprKind::Index(base, _) = &root.kind {
        root = base;
    }
    let ExprKind::Name(name) = &root.kind else { return None };
    if resolve::named(snapshot, Place { file: root.span.file, offset: root.span.start }).is_some() {
        return None;
    }
    let alone = root.span == expr.span;
    let object = shape::decl_around(path).and_then(|decl| word::object(decl));
    Some(match name.as_str() {
        _ if object.is_some() => format!("a field of the {} that is judged", object?.kind),
        "environment" if alone => "the environment at hand".to_owned(),
        "environment" => return None,
        "deployment" => "of the deployment that is watched".to_owned(),
        "age" if alone => "how old the evidence is".to_owned(),
        name if FACTS.field(name).is_some() => "a fact of the request".to_owned(),
        name if alone && hxp_analysis::plural(name).is_some() => {
            "all that are declared, the abstract ones left out".to_owned()
        }
        _ => return None,
    })
}

/// A literal's or an expression's type and value, when they say more than the text.
fn literal(snapshot: &Snapshot, path: &[Node<'_>]) -> Option<Hover> {
    let expr = path.iter().rev().find_map(|n| match n {
        Node::Expr(e) => Some(*e),
        _ => None,
    })?;
    if !matches!(path.last(), Some(Node::Expr(_) | Node::Ident(_))) {
        return None;
    }
    let typed = snapshot.types.as_ref()?.at(expr.span)?;
    if let Type::Enum(list) = &typed.ty
        && let Some(said) = one_of(list, expr, snapshot)
    {
        return Some(said);
    }
    let value = typed.value.as_ref().map(show_value).filter(|v| v != snapshot.slice(expr.span));
    let text = match value {
        Some(value) => format!("`{}` = `{value}`", typed.ty),
        None => format!("`{}`", typed.ty),
    };
    Some(Hover { span: expr.span, markdown: text })
}

/// A word of a closed list, or one that stands for itself.
fn member(snapshot: &Snapshot, path: &[Node<'_>], place: Place) -> Option<Hover> {
    if let [.., holder, Node::Arg(arg), Node::Expr(expr)] = path {
        let Named::Local { what: Local::Parameter(param, _), .. } =
            resolve::parameter_of(snapshot, holder, arg.name.as_ref()?)?
        else {
            return None;
        };
        let ty = snapshot.slice(param.ty.name.span);
        return ENUMS.iter().filter(|list| list.name == ty).find_map(|list| one_of(list, expr, snapshot));
    }
    let Where::Value { shape: Some(shape), expr: Some(expr), .. } = Where::of(path, place.offset) else { return None };
    if is_word(shape) && matches!(expr.kind, ExprKind::Name(_)) {
        let markdown = format!("**{}**: a word that stands for itself", snapshot.slice(expr.span));
        return Some(Hover { span: expr.span, markdown });
    }
    shape::members(shape).into_iter().find_map(|list| one_of(list, expr, snapshot))
}

fn one_of(list: &EnumType, expr: &Expr, snapshot: &Snapshot) -> Option<Hover> {
    let text = snapshot.slice(expr.span);
    let about = list.members.iter().find(|(word, _)| *word == text)?.1;
    Some(Hover { span: expr.span, markdown: format!("**{text}** ({}): {about}", list.name) })
}

/// Whether a place takes words that stand for themselves.
fn is_word(shape: &Shape) -> bool {
    match shape {
        Shape::Word => true,
        Shape::List(of) => is_word(of),
        Shape::Either(shapes) => shapes.iter().any(is_word),
        _ => false,
    }
}
