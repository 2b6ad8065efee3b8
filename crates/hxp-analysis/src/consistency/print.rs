//! Expressions as a person would write them, for messages.

use hxp_policy::expr::{ArithOp, Builtin, CompareOp};
use hxp_policy::{Expr, Pattern, Value};

use crate::show;

/// An expression in hxp; long ones are cut in the middle of a thought rather than fill the screen.
pub(super) fn expression(expr: &Expr) -> String {
    const MOST: usize = 90;
    let text = any(expr, false);
    if text.chars().count() <= MOST {
        return text;
    }
    text.chars().take(MOST).chain(['…']).collect()
}

pub(super) fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn function(builtin: Builtin) -> &'static str {
    match builtin {
        Builtin::Count => "count",
        Builtin::Sum => "sum",
        Builtin::Min => "min",
        Builtin::Max => "max",
        Builtin::Bump => "bump",
        Builtin::SupportLine => "support_line",
        Builtin::Lower => "lower",
        Builtin::Keys => "keys",
    }
}

/// `inner`: as an operand, so what has operators needs parentheses.
fn any(expr: &Expr, inner: bool) -> String {
    let wrap = |text: String| if inner { format!("({text})") } else { text };
    match expr {
        Expr::Const(value) => show::value(value),
        Expr::Fact { path, .. } => path.join("."),
        Expr::Result { name, .. } | Expr::Metric(name) | Expr::Var { name, .. } => name.to_string(),
        Expr::Age => "age".to_owned(),
        Expr::Baseline { metric, window } => format!("baseline({metric}, {window})"),
        Expr::HasLabel(label) => wrap(format!("change has {label}")),
        Expr::WindowOpen(window) => window.to_string(),
        Expr::Field { base, name, .. } => format!("{}.{name}", any(base, true)),
        Expr::Index(base, index) => format!("{}[{}]", any(base, true), any(index, false)),
        Expr::Not(e) => wrap(format!("not {}", any(e, true))),
        Expr::And(es) => wrap(joined(es, " and ")),
        Expr::Or(es) => wrap(joined(es, " or ")),
        Expr::Compare { op, left, right, .. } => {
            wrap(format!("{} {} {}", any(left, true), operator(*op), any(right, true)))
        }
        Expr::In(a, b) => wrap(format!("{} in {}", any(a, true), any(b, true))),
        Expr::Has(a, b) => wrap(format!("{} has {}", any(a, true), any(b, true))),
        Expr::Match(e, pattern) => wrap(format!("{} ~ {}", any(e, true), pattern_text(pattern))),
        Expr::Arith { op, left, right, .. } => {
            let op = match op {
                ArithOp::Add => "+",
                ArithOp::Sub => "-",
                ArithOp::Mul => "*",
                ArithOp::Div => "/",
            };
            wrap(format!("{} {op} {}", any(left, true), any(right, true)))
        }
        Expr::If(c, a, b) => wrap(format!("if {} then {} else {}", any(c, false), any(a, false), any(b, false))),
        Expr::Quantifier { all, var, over, filter, body } => {
            let word = if *all { "all" } else { "any" };
            let filter = filter.as_ref().map(|f| format!(" where {}", any(f, false))).unwrap_or_default();
            wrap(format!("{word} {var} in {}{filter}: {}", any(over, true), any(body, false)))
        }
        Expr::Map { var, over, filter, body } => {
            let filter = filter.as_ref().map(|f| format!(" where {}", any(f, false))).unwrap_or_default();
            format!("[{} for {var} in {}{filter}]", any(body, false), any(over, true))
        }
        Expr::List(es) => format!("[{}]", joined(es, ", ")),
        Expr::Call(builtin, es) => {
            let arguments: Vec<_> = es.iter().map(|e| any(e, false)).collect();
            format!("{}({})", function(*builtin), arguments.join(", "))
        }
    }
}

fn joined(es: &[Expr], with: &str) -> String {
    es.iter().map(|e| any(e, true)).collect::<Vec<_>>().join(with)
}

fn pattern_text(pattern: &Pattern) -> String {
    show::value(&Value::Pattern(pattern.clone()))
}
