//! Expressions in a line of the language, as a reader of the policy knows them.

use crate::expr::ArithOp;
use crate::{Builtin, CompareOp, Expr, Pattern, Value};

/// Longer texts are cut.
const LONGEST: usize = 160;

/// The expression as a reader of the policy knows it.
pub fn describe(expr: &Expr) -> String {
    let text = words(expr);
    if text.chars().count() <= LONGEST {
        return text;
    }
    let mut cut: String = text.chars().take(LONGEST - 1).collect();
    cut.push('…');
    cut
}

fn words(expr: &Expr) -> String {
    match expr {
        Expr::Const(value) => constant(value),
        Expr::Fact { path, .. } => path.join("."),
        Expr::Result { name, .. } | Expr::Var { name, .. } => name.to_string(),
        Expr::Age => "age".to_owned(),
        Expr::Metric(name) => name.to_string(),
        Expr::Baseline { metric, window } => format!("baseline({metric}, {window})"),
        Expr::HasLabel(label) => format!("change has {label}"),
        Expr::WindowOpen(window) => window.to_string(),
        Expr::Field { base, name, .. } => format!("{}.{name}", inner(base)),
        Expr::Index(base, key) => format!("{}[{}]", inner(base), words(key)),
        Expr::Not(e) => format!("not {}", inner(e)),
        Expr::And(es) => joined(es, " and "),
        Expr::Or(es) => joined(es, " or "),
        Expr::Compare { op, left, right, .. } => format!("{} {} {}", inner(left), sign(*op), inner(right)),
        Expr::In(element, list) => format!("{} in {}", inner(element), inner(list)),
        Expr::Has(list, element) => format!("{} has {}", inner(list), inner(element)),
        Expr::Match(text, pattern) => format!("{} ~ {}", inner(text), self::pattern(pattern)),
        Expr::Arith { op, left, right, .. } => {
            let sign = match op {
                ArithOp::Add => "+",
                ArithOp::Sub => "-",
                ArithOp::Mul => "*",
                ArithOp::Div => "/",
            };
            format!("{} {sign} {}", inner(left), inner(right))
        }
        Expr::If(c, a, b) => format!("if {} then {} else {}", words(c), words(a), words(b)),
        Expr::Quantifier { all, var, over, filter, body } => {
            let word = if *all { "all" } else { "any" };
            let such = filter.as_ref().map(|f| format!(" where {}", words(f))).unwrap_or_default();
            format!("{word} {var} in {}{such}: {}", words(over), words(body))
        }
        Expr::Map { var, over, filter, body } => {
            let such = filter.as_ref().map(|f| format!(" where {}", words(f))).unwrap_or_default();
            format!("[{} for {var} in {}{such}]", words(body), words(over))
        }
        Expr::List(es) => format!("[{}]", list(es)),
        Expr::Call(builtin, arguments) => format!("{}({})", function(*builtin), list(arguments)),
    }
}

/// As [`words`], in parentheses when it is made of several.
fn inner(expr: &Expr) -> String {
    let text = words(expr);
    match expr {
        Expr::And(_)
        | Expr::Or(_)
        | Expr::Not(_)
        | Expr::Compare { .. }
        | Expr::In(..)
        | Expr::Has(..)
        | Expr::Match(..)
        | Expr::Arith { .. }
        | Expr::If(..)
        | Expr::Quantifier { .. }
        | Expr::HasLabel(_) => format!("({text})"),
        _ => text,
    }
}

fn joined(exprs: &[Expr], word: &str) -> String {
    let part = |e: &Expr| match e {
        Expr::And(_) | Expr::Or(_) | Expr::If(..) | Expr::Quantifier { .. } => inner(e),
        _ => words(e),
    };
    exprs.iter().map(part).collect::<Vec<_>>().join(word)
}

fn list(exprs: &[Expr]) -> String {
    exprs.iter().map(words).collect::<Vec<_>>().join(", ")
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

fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Glob(glob) => format!("\"{glob}\""),
        Pattern::Regex(regex) => format!("re\"{regex}\""),
        Pattern::SemverTag => "semver_tag".to_owned(),
    }
}

fn constant(value: &Value) -> String {
    match value {
        Value::None => "none".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Decimal(d) => d.normalize().to_string(),
        Value::Str(s) => format!("\"{s}\""),
        Value::Enum(word) => word.to_string(),
        Value::Quantity(q) => q.to_string(),
        Value::Date(d) => d.to_string(),
        Value::Time(t) => format!("{:02}:{:02}", t / 3600, t / 60 % 60),
        Value::Instant(at) => at.to_string(),
        Value::Weekday(day) => weekday(*day).to_owned(),
        Value::Semver(v) => v.to_string(),
        Value::Pattern(p) => pattern(p),
        Value::PromQl(query) => format!("promql\"{query}\""),
        Value::List(values) => format!("[{}]", values.iter().map(constant).collect::<Vec<_>>().join(", ")),
        Value::Range(from, to) => format!("{}..{}", constant(from), constant(to)),
        Value::Record(_) => "{ … }".to_owned(),
        Value::Ref(r) => r.name.to_string(),
    }
}

/// The English name of a day of the week.
pub fn weekday(day: jiff::civil::Weekday) -> &'static str {
    use jiff::civil::Weekday;
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}
