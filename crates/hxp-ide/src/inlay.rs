//! What is not written but known: types of constants, values of expressions, names of arguments.

use hxp_analysis::show_value;
use hxp_diagnostics::Span;
use hxp_policy::{Type, Value};
use hxp_syntax::ast::{Body, EntryKind, Expr, ExprKind};

use crate::Snapshot;
use crate::names::Names;
use crate::node::{self, Node};

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The byte before which it is shown.
    pub offset: u32,
    /// What it says.
    pub text: String,
    /// What it is.
    pub what: What,
}

/// What a hint tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A type.
    Type,
    /// A value.
    Value,
    /// The name of a parameter.
    Parameter,
}

/// A longer value is no hint.
const LONGEST: usize = 40;

/// The hints in a span.
pub fn hints(snapshot: &Snapshot, span: Span) -> Vec<Hint> {
    let Some(tree) = snapshot.tree(span.file) else { return Vec::new() };
    let names = Names::of(snapshot);
    let near = tree.items().filter(|i| i.span.start <= span.end && span.start <= i.span.end).map(Node::Item);
    let mut hints = Vec::new();
    let near: Vec<Node<'_>> = near.collect();
    for node in node::below(near.into_iter()) {
        match node {
            Node::Decl(decl) if decl.ty.is_none() && decl.params.is_none() => {
                if let (Body::Expr(expr), [name]) = (&decl.body, decl.names.as_slice()) {
                    hints.extend(type_of(snapshot, expr, name.span.end));
                }
            }
            Node::Entry(entry) => match &entry.kind {
                EntryKind::Property(property) => hints.extend(value_of(snapshot, &property.value)),
                EntryKind::Statement(_) | EntryKind::Spread(_) => {}
            },
            Node::Expr(expr) => arguments(&names, expr, &mut hints),
            _ => {}
        }
    }
    hints.retain(|h| span.start <= h.offset && h.offset <= span.end);
    hints.sort_by_key(|h| h.offset);
    hints
}

fn type_of(snapshot: &Snapshot, expr: &Expr, offset: u32) -> Option<Hint> {
    let seen = snapshot.types.as_ref()?.at(expr.span)?;
    let obvious = matches!(seen.ty, Type::Any | Type::Record(_)) || matches!(expr.kind, ExprKind::Literal(_));
    (!obvious).then(|| Hint { offset, text: format!(": {}", seen.ty), what: What::Type })
}

/// The value of what is computed.
fn value_of(snapshot: &Snapshot, expr: &Expr) -> Option<Hint> {
    let computed = matches!(
        expr.kind,
        ExprKind::Binary(..) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::If(..) | ExprKind::Unary(..)
    );
    let names_value = matches!(expr.kind, ExprKind::Name(_));
    if !computed && !names_value {
        return None;
    }
    let seen = snapshot.types.as_ref()?.at(expr.span)?;
    let value = seen.value.as_ref()?;
    if matches!(value, Value::Ref(_) | Value::Enum(_) | Value::Range(..) | Value::Weekday(_)) {
        return None;
    }
    let text = show_value(value);
    let fits = text.chars().count() <= LONGEST && text != snapshot.slice(expr.span);
    fits.then(|| Hint { offset: expr.span.end, text: format!(" = {text}"), what: What::Value })
}

/// The parameters of arguments that have no name.
fn arguments(names: &Names<'_>, expr: &Expr, hints: &mut Vec<Hint>) {
    let ExprKind::Call(callee, args) = &expr.kind else { return };
    let name = match &callee.kind {
        ExprKind::Name(name) => name,
        ExprKind::Field(_, name) => &name.text,
        _ => return,
    };
    let Some(params) = names.get(name).iter().find_map(|d| d.decl.params.as_ref()) else { return };
    for (arg, param) in args.iter().zip(params) {
        if arg.name.is_none() {
            let text = format!("{}: ", param.name.text);
            hints.push(Hint { offset: arg.value.span.start, text, what: What::Parameter });
        }
    }
}
