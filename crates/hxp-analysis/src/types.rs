//! Types: how they are written, what fits where, and how people call them.

use std::sync::Arc;

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::{Dimension, Kind, RecordType, Type, Value};
use hxp_syntax::ast::{self, TypeExpr};
use smol_str::SmolStr;

use crate::program::with_article;
use crate::schema::enums::ENUMS;
use crate::stdlib::dotted;

const PLAIN: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("decimal", Type::Decimal),
    ("string", Type::String),
    ("percent", Type::Quantity(Dimension::Percent)),
    ("duration", Type::Quantity(Dimension::Duration)),
    ("bytes", Type::Quantity(Dimension::Bytes)),
    ("cpu", Type::Quantity(Dimension::Cpu)),
    ("time", Type::Time),
    ("date", Type::Date),
    ("instant", Type::Instant),
    ("weekday", Type::Weekday),
    ("semver", Type::Semver),
    ("pattern", Type::Pattern),
    ("promql", Type::PromQl),
    ("record", Type::Any),
    ("value", Type::Any),
];

/// The type that is written, or what is wrong with it.
pub fn resolve(written: &TypeExpr) -> Result<Type, Box<Diagnostic>> {
    let name = dotted(&written.name);
    let args = |wanted: usize| -> Result<(), Box<Diagnostic>> {
        if written.args.len() == wanted {
            return Ok(());
        }
        let message = match wanted {
            0 => format!("the type `{name}` takes no other type"),
            _ => format!("the type `{name}` needs to know of what: `{name}<int>`"),
        };
        Err(Box::new(Diagnostic::new(codes::UNKNOWN_TYPE, written.span, message)))
    };
    let inner = || written.args.first().map_or(Ok(Type::Any), resolve).map(Box::new);
    let ty = match name.as_str() {
        "list" => args(1).and_then(|()| inner()).map(Type::List)?,
        "set" => args(1).and_then(|()| inner()).map(Type::Set)?,
        "range" => args(1).and_then(|()| inner()).map(Type::Range)?,
        other => {
            let plain = PLAIN.iter().find(|(n, _)| *n == other).map(|(_, t)| t.clone());
            let kind = || Kind::from_word(other).map(Type::Decl);
            let word = || ENUMS.iter().find(|e| e.name == other).map(|e| Type::Enum(e));
            let found = plain.or_else(kind).or_else(word).ok_or_else(|| Box::new(unknown(&name, written.name.span)))?;
            args(0)?;
            found
        }
    };
    Ok(if written.optional { Type::Optional(Box::new(ty)) } else { ty })
}

/// Types by the names that other languages have for them.
const FOREIGN: &[(&str, &str)] = &[
    ("any", "value"),
    ("array", "list"),
    ("boolean", "bool"),
    ("dict", "record"),
    ("double", "decimal"),
    ("float", "decimal"),
    ("integer", "int"),
    ("long", "int"),
    ("map", "record"),
    ("number", "decimal"),
    ("object", "record"),
    ("str", "string"),
    ("text", "string"),
    ("timestamp", "instant"),
    ("version", "semver"),
];

fn unknown(name: &str, span: Span) -> Diagnostic {
    let mut valid: Vec<&str> = PLAIN.iter().map(|(n, _)| *n).collect();
    valid.extend(["list", "set", "range"]);
    let mut near = valid.clone();
    near.extend(Kind::ALL.iter().map(|k| k.word()));
    near.extend(ENUMS.iter().map(|e| e.name).filter(|n| !n.contains(' ')));
    let mut found = Diagnostic::new(codes::UNKNOWN_TYPE, span, format!("there is no type `{name}`"));
    let foreign = FOREIGN.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(name)).map(|(_, ours)| *ours);
    if let Some(best) = foreign.or_else(|| hxp_diagnostics::nearest(name, near.iter().copied())) {
        found = found.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), span, best);
    }
    found.help(format!("types are {}, and every kind of declaration", valid.join(", ")))
}

/// In words, with an article: `a percentage`.
pub fn describe(ty: &Type) -> String {
    match ty {
        Type::Bool => "a truth value".into(),
        Type::Int => "a whole number".into(),
        Type::Decimal => "a number".into(),
        Type::String => "text".into(),
        Type::Quantity(d) => dimension(*d).into(),
        Type::Time => "a time of day".into(),
        Type::Date => "a date".into(),
        Type::Instant => "an instant".into(),
        Type::Weekday => "a day of the week".into(),
        Type::Semver => "a version".into(),
        Type::Pattern => "a pattern".into(),
        Type::PromQl => "a PromQL query".into(),
        Type::List(t) => format!("a list of which each is {}", describe(t)),
        Type::Set(t) => format!("a set of which each is {}", describe(t)),
        Type::Range(t) => format!("a range of which each end is {}", describe(t)),
        Type::Record(r) if r.name.is_empty() => "a record".into(),
        Type::Record(r) => with_article(&r.name),
        Type::Enum(e) => with_article(&e.name.replace('_', " ")),
        Type::Decl(k) => with_article(k.word()),
        Type::Optional(t) => format!("{}, or none", describe(t)),
        Type::None => "none".into(),
        Type::Any => "a value".into(),
    }
}

/// In words, with an article.
pub fn dimension(d: Dimension) -> &'static str {
    match d {
        Dimension::Percent => "a percentage",
        Dimension::Duration => "a duration",
        Dimension::Bytes => "an amount of memory",
        Dimension::Cpu => "a number of processors",
    }
}

/// The type of a known value; elements of lists must agree, or it is a list of anything.
pub fn of_value(value: &Value) -> Type {
    match value {
        Value::None => Type::None,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Decimal(_) => Type::Decimal,
        Value::Str(_) => Type::String,
        Value::Quantity(q) => Type::Quantity(q.dimension),
        Value::Date(_) => Type::Date,
        Value::Time(_) => Type::Time,
        Value::Instant(_) => Type::Instant,
        Value::Weekday(_) => Type::Weekday,
        Value::Semver(_) => Type::Semver,
        Value::Enum(_) => Type::Any,
        Value::Pattern(_) => Type::Pattern,
        Value::PromQl(_) => Type::PromQl,
        Value::List(items) => Type::List(Box::new(common(items.iter().map(of_value)))),
        Value::Range(a, _) => Type::Range(Box::new(of_value(a))),
        Value::Record(_) => Type::Any,
        Value::Ref(r) => Type::Decl(r.kind),
    }
}

/// What all of them are: `int` beside `decimal` is `decimal`; otherwise anything.
pub fn common(types: impl IntoIterator<Item = Type>) -> Type {
    let mut types = types.into_iter();
    let Some(mut all) = types.next() else { return Type::Any };
    for ty in types {
        all = match join(&all, &ty) {
            Some(ty) => ty,
            None => return Type::Any,
        };
    }
    all
}

/// The narrowest type that both fit, if there is one.
pub fn join(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (Type::Int, Type::Decimal) | (Type::Decimal, Type::Int) => Some(Type::Decimal),
        (Type::None, Type::Optional(_)) => Some(b.clone()),
        (Type::Optional(_), Type::None) => Some(a.clone()),
        (Type::None, other) | (other, Type::None) => Some(Type::Optional(Box::new(other.clone()))),
        (Type::Optional(x), Type::Optional(y)) => join(x, y).map(|t| Type::Optional(Box::new(t))),
        (Type::Optional(x), y) | (y, Type::Optional(x)) => join(x, y).map(|t| Type::Optional(Box::new(t))),
        (Type::List(x), Type::List(y)) => {
            if **x == Type::Any || **y == Type::Any {
                return Some(Type::List(Box::new(if **x == Type::Any { (**y).clone() } else { (**x).clone() })));
            }
            join(x, y).map(|t| Type::List(Box::new(t)))
        }
        (Type::Any, _) | (_, Type::Any) => Some(Type::Any),
        (Type::Record(_), Type::Record(_)) => Some(Type::Any),
        _ => None,
    }
}

/// Whether a value of `from` may stand where `to` is expected.
pub fn fits(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (a, b) if a == b => true,
        (_, Type::Any) | (Type::Any, _) => true,
        (Type::Int, Type::Decimal) => true,
        (Type::String, Type::Pattern) => true,
        (Type::None, Type::Optional(_)) => true,
        (Type::Optional(a), Type::Optional(b)) => fits(a, b),
        (a, Type::Optional(b)) => fits(a, b),
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) | (Type::Range(a), Type::Range(b)) => fits(a, b),
        (Type::Record(a), Type::Record(b)) => {
            b.fields.iter().all(|(name, ty)| a.field(name).is_some_and(|have| fits(have, ty)))
        }
        _ => false,
    }
}

/// A record type without a name.
pub fn record(fields: Vec<(SmolStr, Type)>) -> Type {
    Type::Record(Arc::new(RecordType { name: SmolStr::default(), fields }))
}

/// A quantity as people say it: `70 minutes`.
pub fn spell(quantity: &ast::Quantity) -> String {
    let words = |unit: &str, one: bool| -> String {
        let word = match unit {
            "ms" => "millisecond",
            "s" => "second",
            "m" => "minute",
            "h" => "hour",
            "d" => "day",
            "w" => "week",
            "cpu" => "processor",
            "mcpu" => return "thousandths of a processor".into(),
            "%" => return "percent".into(),
            other => return other.into(),
        };
        if one { word.into() } else { format!("{word}s") }
    };
    let parts: Vec<String> = quantity.parts.iter().map(|(n, unit)| format!("{n} {}", words(unit, n == "1"))).collect();
    parts.join(" ")
}

/// A quantity literal in words, with an article: `a duration of 70 minutes`.
pub fn describe_quantity(quantity: &ast::Quantity) -> String {
    match quantity.unit {
        ast::Dimension::Percent => "a percentage".into(),
        ast::Dimension::Duration => format!("a duration of {}", spell(quantity)),
        ast::Dimension::Bytes => format!("an amount of memory ({})", spell(quantity)),
        ast::Dimension::Cpu => format!("a number of processors ({})", spell(quantity)),
    }
}

/// The dimension of the model.
pub fn of_dimension(d: ast::Dimension) -> Dimension {
    match d {
        ast::Dimension::Percent => Dimension::Percent,
        ast::Dimension::Duration => Dimension::Duration,
        ast::Dimension::Bytes => Dimension::Bytes,
        ast::Dimension::Cpu => Dimension::Cpu,
    }
}
