//! Operators on known values.

use std::cmp::Ordering;

use hxp_policy::expr::{ArithOp, CompareOp};
use hxp_policy::{Dimension, EnumType, Quantity, Record, Value};
use rust_decimal::Decimal;

/// Why a computation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithError {
    /// A division by zero.
    DivisionByZero,
    /// The result is too large.
    Overflow,
    /// The operator does not take such values.
    Types,
}

/// A number as an exact decimal.
pub fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int(i) => Some(Decimal::from(*i)),
        Value::Decimal(d) => Some(*d),
        _ => None,
    }
}

/// The order of two values, if they have one.
pub fn order(a: &Value, b: &Value, words: Option<&EnumType>) -> Option<Ordering> {
    match (a, b) {
        (Value::Quantity(x), Value::Quantity(y)) if x.dimension == y.dimension => Some(x.amount.cmp(&y.amount)),
        (Value::Str(x), Value::Str(y)) => Some(x.cmp(y)),
        (Value::Date(x), Value::Date(y)) => Some(x.cmp(y)),
        (Value::Time(x), Value::Time(y)) => Some(x.cmp(y)),
        (Value::Instant(x), Value::Instant(y)) => Some(x.timestamp().cmp(&y.timestamp())),
        (Value::Semver(x), Value::Semver(y)) => Some(x.cmp_precedence(y)),
        (Value::Weekday(x), Value::Weekday(y)) => Some(x.to_monday_zero_offset().cmp(&y.to_monday_zero_offset())),
        (Value::Enum(x), Value::Enum(y)) => {
            let words = words?;
            Some(words.position(x)?.cmp(&words.position(y)?))
        }
        _ => Some(number(a)?.cmp(&number(b)?)),
    }
}

/// Whether two values mean the same.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Instant(x), Value::Instant(y)) => x.timestamp() == y.timestamp(),
        (Value::Semver(x), Value::Semver(y)) => x.cmp_precedence(y) == Ordering::Equal,
        (Value::List(x), Value::List(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Record(x), Value::Record(y)) => {
            x.fields.len() == y.fields.len()
                && x.fields.iter().all(|f| y.get(&f.name).is_some_and(|other| same(&f.value, other)))
        }
        _ => match (number(a), number(b)) {
            (Some(x), Some(y)) => x == y,
            _ => a == b,
        },
    }
}

/// A comparison of known values; `None` when they cannot be ordered.
pub fn compare(op: CompareOp, a: &Value, b: &Value, words: Option<&EnumType>) -> Option<bool> {
    Some(match op {
        CompareOp::Eq => same(a, b),
        CompareOp::Ne => !same(a, b),
        CompareOp::Lt => order(a, b, words)? == Ordering::Less,
        CompareOp::Le => order(a, b, words)? != Ordering::Greater,
        CompareOp::Gt => order(a, b, words)? == Ordering::Greater,
        CompareOp::Ge => order(a, b, words)? != Ordering::Less,
    })
}

/// Arithmetic on known values.
pub fn arith(op: ArithOp, a: &Value, b: &Value) -> Result<Value, ArithError> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) if op != ArithOp::Div => int(op, *x, *y),
        (Value::Quantity(x), Value::Record(r)) if op == ArithOp::Mul && x.dimension == Dimension::Percent => {
            scale_record(a, r)
        }
        (Value::Record(r), Value::Quantity(x)) if op == ArithOp::Mul && x.dimension == Dimension::Percent => {
            scale_record(b, r)
        }
        (Value::Quantity(x), Value::Quantity(y)) => quantities(op, x, y),
        (Value::Quantity(x), other) => {
            let n = number(other).ok_or(ArithError::Types)?;
            match (op, x.dimension) {
                (ArithOp::Mul, Dimension::Percent) => percent_of(x.amount, n).map(Value::Decimal),
                (ArithOp::Mul, _) => quantity(x.dimension, x.amount.checked_mul(n)),
                (ArithOp::Div, _) => quantity(x.dimension, divide(x.amount, n)?),
                _ => Err(ArithError::Types),
            }
        }
        (other, Value::Quantity(y)) => {
            let n = number(other).ok_or(ArithError::Types)?;
            match (op, y.dimension) {
                (ArithOp::Mul, _) => quantity(y.dimension, y.amount.checked_mul(n)),
                (ArithOp::Div, Dimension::Duration) => {
                    let days = divide(y.amount, Decimal::from(86_400_000))?.ok_or(ArithError::Overflow)?;
                    divide(n, days)?.map(Value::Decimal).ok_or(ArithError::Overflow)
                }
                _ => Err(ArithError::Types),
            }
        }
        (Value::List(x), Value::List(y)) if op == ArithOp::Add => Ok(Value::List(x.iter().chain(y).cloned().collect())),
        (Value::Str(x), Value::Str(y)) if op == ArithOp::Add => Ok(Value::Str(format!("{x}{y}").into())),
        _ => {
            let (x, y) = number(a).zip(number(b)).ok_or(ArithError::Types)?;
            let result = match op {
                ArithOp::Add => x.checked_add(y),
                ArithOp::Sub => x.checked_sub(y),
                ArithOp::Mul => x.checked_mul(y),
                ArithOp::Div => divide(x, y)?,
            };
            result.map(|d| Value::Decimal(d.normalize())).ok_or(ArithError::Overflow)
        }
    }
}

fn int(op: ArithOp, x: i64, y: i64) -> Result<Value, ArithError> {
    let result = match op {
        ArithOp::Add => x.checked_add(y),
        ArithOp::Sub => x.checked_sub(y),
        _ => x.checked_mul(y),
    };
    result.map(Value::Int).ok_or(ArithError::Overflow)
}

fn divide(x: Decimal, y: Decimal) -> Result<Option<Decimal>, ArithError> {
    if y.is_zero() { Err(ArithError::DivisionByZero) } else { Ok(x.checked_div(y)) }
}

fn quantity(dimension: Dimension, amount: Option<Decimal>) -> Result<Value, ArithError> {
    let amount = amount.ok_or(ArithError::Overflow)?.normalize();
    Ok(Value::Quantity(Quantity { dimension, amount, written: None }))
}

fn percent_of(percent: Decimal, of: Decimal) -> Result<Decimal, ArithError> {
    let product = percent.checked_mul(of).ok_or(ArithError::Overflow)?;
    product.checked_div(Decimal::ONE_HUNDRED).map(|d| d.normalize()).ok_or(ArithError::Overflow)
}

fn quantities(op: ArithOp, x: &Quantity, y: &Quantity) -> Result<Value, ArithError> {
    match op {
        ArithOp::Add | ArithOp::Sub if x.dimension == y.dimension => {
            let amount =
                if op == ArithOp::Add { x.amount.checked_add(y.amount) } else { x.amount.checked_sub(y.amount) };
            quantity(x.dimension, amount)
        }
        ArithOp::Div if x.dimension == y.dimension => {
            divide(x.amount, y.amount)?.map(|d| Value::Decimal(d.normalize())).ok_or(ArithError::Overflow)
        }
        ArithOp::Mul if x.dimension == Dimension::Percent => {
            quantity(y.dimension, Some(percent_of(x.amount, y.amount)?))
        }
        ArithOp::Mul if y.dimension == Dimension::Percent => {
            quantity(x.dimension, Some(percent_of(y.amount, x.amount)?))
        }
        _ => Err(ArithError::Types),
    }
}

/// A percentage of every quantity in a record.
fn scale_record(percent: &Value, record: &Record) -> Result<Value, ArithError> {
    let mut scaled = record.clone();
    for field in &mut scaled.fields {
        field.value = arith(ArithOp::Mul, percent, &field.value)?;
    }
    Ok(Value::Record(scaled))
}
