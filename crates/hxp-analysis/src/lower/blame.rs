//! Why a rule over the policy is broken: the part of its condition that fails, in the words of the policy, with what
//! each side of it comes to.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::Expr;
use hxp_policy::value::{Record, Value};
use hxp_syntax::ast::{self, BinaryOp, ExprKind, Literal};

use super::rule::{truth, with_var};
use crate::elaborate::quantifier::Elements;
use crate::elaborate::{Elaborator, Scope, Trace, Want};
use crate::program::DeclId;
use crate::show;

/// Which rule is broken, and how.
#[derive(Clone, Copy)]
pub struct Broken<'i> {
    pub rule: DeclId,
    /// The id that a waiver would name.
    pub id: &'i str,
    /// Whether the condition holds and is denied, instead of failing.
    pub denied: bool,
}

/// What to say of a condition that breaks a rule.
pub fn blame<'a>(cx: &mut Elaborator<'a>, expr: &'a ast::Expr, of: Broken<'_>, scope: &mut Scope) -> Diagnostic {
    match &expr.kind {
        ExprKind::Paren(inner) => return blame(cx, inner, of, scope),
        ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), _, a, b) if (*op == BinaryOp::Or) == of.denied => {
            let first = cx.quietly(|cx| truth(cx, a, scope));
            return blame(cx, if first == Some(of.denied) { a } else { b }, of, scope);
        }
        ExprKind::Quantifier(quantifier) if quantifier.all && !of.denied => {
            let elements = cx.quietly(|cx| cx.elements(&quantifier.over, &quantifier.var, scope));
            if let Some(Elements::Known(elements)) = elements {
                for element in elements {
                    let result = cx.quietly(|cx| cx.one(quantifier, element.clone(), scope));
                    if result.as_ref().and_then(Expr::as_bool) == Some(false) {
                        return with_var(scope, &quantifier.var, element, |scope| {
                            blame(cx, &quantifier.body, of, scope)
                        });
                    }
                }
            }
        }
        _ => {}
    }
    let (_, reads) = traced(cx, |cx| truth(cx, expr, scope));
    let message = message(cx, expr, of, &reads, scope);
    diagnostic(cx, expr.span, of, message, &reads)
}

/// The result of evaluating something, and what that reads.
fn traced<'a, T>(cx: &mut Elaborator<'a>, run: impl FnOnce(&mut Elaborator<'a>) -> T) -> (T, Vec<Trace>) {
    let before = cx.trace.replace(Vec::new());
    let result = cx.quietly(run);
    (result, std::mem::replace(&mut cx.trace, before).unwrap_or_default())
}

/// One side of a comparison.
struct Side {
    /// In the words of the policy, bound names followed.
    text: String,
    /// What it comes to; `None` for a word that has a meaning only beside the other side.
    value: Option<Value>,
    /// Whether it reads something that the policy says elsewhere.
    reads: bool,
    /// Whether it is written as a value.
    literal: bool,
}

fn side<'a>(cx: &mut Elaborator<'a>, expr: &'a ast::Expr, scope: &mut Scope) -> Side {
    let (typed, reads) = traced(cx, |cx| cx.elaborate(expr, Want::ANY, scope));
    let followed = reads.last().filter(|_| is_place(expr)).map(|read| read.text.clone());
    Side {
        text: followed.unwrap_or_else(|| cx.text(expr.span)),
        value: typed.and_then(|t| t.value().cloned()),
        reads: !reads.is_empty(),
        literal: matches!(expr.kind, ExprKind::Literal(_)),
    }
}

/// Whether an expression is a name and what follows it, without a computation.
fn is_place(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Field(base, _) | ExprKind::Index(base, _) | ExprKind::Paren(base) => is_place(base),
        _ => false,
    }
}

fn message<'a>(
    cx: &mut Elaborator<'a>,
    expr: &'a ast::Expr,
    of: Broken<'_>,
    reads: &[Trace],
    scope: &mut Scope,
) -> String {
    let name = &cx.program.get(of.rule).name;
    if let ExprKind::Binary(op, _, left, right) = &expr.kind
        && let Some(needs) = needs(*op)
    {
        if let Some(absent) = absent(*op, left, right, of, reads) {
            return format!("`{}` is none, and the rule `{name}` needs it", absent.text);
        }
        let (a, b) = (side(cx, left, scope), side(cx, right, scope));
        return compared(name, (*op, needs), &a, &b, of.denied);
    }
    let facts = facts(reads);
    let text = match reads {
        [only] if is_place(expr) => only.text.clone(),
        _ => cx.text(expr.span),
    };
    match (facts.is_empty(), of.denied) {
        (true, true) => format!("the rule `{name}` denies the policy itself: `{text}`"),
        (true, false) => format!("the rule `{name}` needs `{text}`, which does not hold"),
        (false, true) => format!("{facts}: the rule `{name}` denies `{text}`"),
        (false, false) => format!("{facts}: the rule `{name}` needs `{text}`"),
    }
}

fn facts(reads: &[Trace]) -> String {
    let facts: Vec<String> = reads.iter().map(|t| format!("`{}` is {}", t.text, short(&t.value))).collect();
    facts.join(", ")
}

/// What is asked to be there, and is not.
fn absent<'t>(
    op: BinaryOp,
    left: &ast::Expr,
    right: &ast::Expr,
    of: Broken<'_>,
    reads: &'t [Trace],
) -> Option<&'t Trace> {
    let none = |e: &ast::Expr| matches!(e.kind, ExprKind::Literal(Literal::None));
    let asked = op == BinaryOp::Ne && (none(left) || none(right)) && !of.denied;
    reads.last().filter(|read| asked && read.value == Value::None)
}

/// A comparison that fails, or that holds and is denied.
fn compared(rule: &str, (op, needs): (BinaryOp, &str), a: &Side, b: &Side, denied: bool) -> String {
    let whole = format!("`{} {} {}`", a.text, op.symbol(), b.text);
    let said = if denied { format!("denies {whole}") } else { format!("needs {whole}") };
    match (a.reads, b.reads) {
        (true, false) if !denied => format!("{}, the rule `{rule}` needs {needs}{}", is(a), plainly(b)),
        (false, true) if !denied && mirrored(op).is_some() => {
            format!("{}, the rule `{rule}` needs {}{}", is(b), mirrored(op).unwrap_or_default(), plainly(a))
        }
        (true, true) => match two_records(a, b) {
            Some(both) => format!("{both}: the rule `{rule}` {said}"),
            None => format!("{}, {}: the rule `{rule}` {said}", is(a), is(b)),
        },
        (true, false) => format!("{}: the rule `{rule}` {said}", is(a)),
        (false, true) => format!("{}: the rule `{rule}` {said}", is(b)),
        (false, false) => format!("the rule `{rule}` {said}, which reads nothing of the policy"),
    }
}

fn is(side: &Side) -> String {
    match &side.value {
        Some(value) => format!("`{}` is {}", side.text, short(value)),
        None => format!("`{}` is something else", side.text),
    }
}

/// What is compared with, as it is written and, where it is computed or named, with what that comes to.
fn plainly(side: &Side) -> String {
    match &side.value {
        Some(value) if !side.literal && show::value(value) != side.text => {
            format!("`{}`, which is {}", side.text, short(value))
        }
        _ => side.text.clone(),
    }
}

/// Of two records only what differs.
fn two_records(a: &Side, b: &Side) -> Option<String> {
    let (Some(Value::Record(x)), Some(Value::Record(y))) = (&a.value, &b.value) else { return None };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    differences(x, y, "", &mut left, &mut right);
    if left.is_empty() {
        return None;
    }
    Some(format!("`{}` has {}, `{}` has {}", a.text, cut(&left.join(", ")), b.text, cut(&right.join(", "))))
}

fn differences(a: &Record, b: &Record, path: &str, left: &mut Vec<String>, right: &mut Vec<String>) {
    let mut names: Vec<&str> = a.fields.iter().map(|f| f.name.as_str()).collect();
    names.extend(b.fields.iter().map(|f| f.name.as_str()).filter(|n| a.get(n).is_none()));
    for name in names {
        let at = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match (a.get(name), b.get(name)) {
            (Some(Value::Record(x)), Some(Value::Record(y))) => differences(x, y, &at, left, right),
            (x, y) if x == y => {}
            (x, y) => {
                let field = |v: Option<&Value>| match v {
                    Some(value) => format!("{at} = {}", show::value(value)),
                    None => format!("no {at}"),
                };
                left.push(field(x));
                right.push(field(y));
            }
        }
    }
}

fn diagnostic(cx: &Elaborator<'_>, span: Span, of: Broken<'_>, message: String, reads: &[Trace]) -> Diagnostic {
    let id = of.id;
    let mut found = Diagnostic::new(codes::STATIC_RULE_BROKEN, span, message).label(format!("`{id}` is broken"));
    for read in reads {
        found = found.related(read.span, format!("`{}` is {}", read.text, short(&read.value)));
    }
    let owner = reads
        .first()
        .and_then(|t| t.text.split('.').next())
        .filter(|n| cx.program.lookup(crate::program::PROJECT, hxp_policy::Kind::Environment, n).is_some());
    let scope = owner.map(|n| format!(" for {n}")).unwrap_or_default();
    let id = super::ids::written(id);
    found.help("change one of the two, or waive the rule in the open:").help(format!(
        "override NAME{scope} {{ waive {id} because \"…\"  owner = TEAM, ticket = \"…\", expires = YYYY-MM-DD }}"
    ))
}

/// How a comparison with a value is said; `None` for what is no comparison.
fn needs(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Ge => "at least ",
        BinaryOp::Gt => "more than ",
        BinaryOp::Le => "at most ",
        BinaryOp::Lt => "less than ",
        BinaryOp::Eq => "exactly ",
        BinaryOp::Ne => "anything but ",
        BinaryOp::In => "one of ",
        BinaryOp::Match => "something like ",
        _ => return None,
    })
}

/// The same with the sides exchanged.
fn mirrored(op: BinaryOp) -> Option<&'static str> {
    needs(match op {
        BinaryOp::Ge => BinaryOp::Le,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Eq | BinaryOp::Ne => op,
        _ => return None,
    })
}

fn short(value: &Value) -> String {
    cut(&show::value(value))
}

fn cut(text: &str) -> String {
    if text.chars().count() > 60 { text.chars().take(57).collect::<String>() + "…" } else { text.to_owned() }
}
