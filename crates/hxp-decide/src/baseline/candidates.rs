//! Values to try: near the constants that a condition names, on both sides of each.

use hxp_policy::{CompareOp, Dimension, Expr, Pattern, Quantity, Type, Value};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value as Json, json};
use smol_str::SmolStr;

use super::text;

/// The constants and patterns of some conditions.
#[derive(Debug, Default)]
pub(super) struct Constants {
    numbers: Vec<Decimal>,
    quantities: Vec<(Dimension, Decimal)>,
    texts: Vec<SmolStr>,
    versions: Vec<semver::Version>,
    instants: Vec<jiff::Timestamp>,
    patterns: Vec<Pattern>,
}

impl Constants {
    pub fn of<'e>(all: impl IntoIterator<Item = &'e Expr>) -> Self {
        let mut constants = Self::default();
        for expr in all {
            expr.walk(&mut |e| match e {
                Expr::Const(value) => constants.value(value),
                Expr::Match(_, pattern) => constants.patterns.push(pattern.clone()),
                _ => {}
            });
        }
        constants
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Int(i) => self.numbers.push((*i).into()),
            Value::Decimal(d) => self.numbers.push(*d),
            Value::Str(text) | Value::Enum(text) => self.texts.push(text.clone()),
            Value::Quantity(q) => self.quantities.push((q.dimension, q.amount)),
            Value::Semver(version) => self.versions.push(version.clone()),
            Value::Instant(at) => self.instants.push(at.timestamp()),
            Value::List(values) => values.iter().for_each(|v| self.value(v)),
            Value::Range(from, to) => [from, to].into_iter().for_each(|v| self.value(v)),
            Value::Record(record) => record.fields.iter().for_each(|f| self.value(&f.value)),
            _ => {}
        }
    }

    /// Values of a type, the most ordinary first.
    pub fn values(&self, ty: &Type) -> Vec<Json> {
        let mut values: Vec<Json> = match ty {
            Type::Optional(inner) => {
                let mut values = self.values(inner);
                values.push(Json::Null);
                values
            }
            Type::Bool => vec![true.into(), false.into()],
            Type::Int => {
                let near = self.numbers.iter().flat_map(|n| {
                    let margin = (*n / Decimal::TEN).abs().ceil().max(Decimal::ONE);
                    [*n + margin, *n - margin, *n]
                });
                let whole = near.filter_map(|n| i64::try_from(n.trunc()).ok()).map(Json::from);
                [0, 10, 1].into_iter().map(Json::from).chain(whole).collect()
            }
            Type::Decimal => {
                let near = self.numbers.iter().flat_map(|n| beside(*n, None));
                [json!(0), json!(1)].into_iter().chain(near.filter_map(decimal)).collect()
            }
            Type::Quantity(dimension) => {
                self.amounts(*dimension).into_iter().map(|n| quantity(*dimension, n)).collect()
            }
            Type::Enum(words) => words.members.iter().map(|(word, _)| Json::from(*word)).collect(),
            Type::Semver => self.versions(),
            Type::Instant => {
                let day = jiff::SignedDuration::from_hours(24);
                let near = self.instants.iter().flat_map(|at| {
                    [Some(*at), at.checked_add(day).ok(), at.checked_sub(day).ok()].into_iter().flatten()
                });
                near.map(|at| Json::from(at.to_string())).collect()
            }
            Type::Date => ["2026-11-23", "2190-01-01", "1990-01-01"].map(Json::from).into(),
            Type::Time => ["12:00", "00:00", "23:59:59", "06:00", "18:00"].map(Json::from).into(),
            Type::List(of) | Type::Set(of) => {
                let one = self.values(of).into_iter().map(|v| json!([v]));
                [json!([])].into_iter().chain(one).collect()
            }
            Type::Record(record) => {
                let fields: Map<String, Json> = record
                    .fields
                    .iter()
                    .filter_map(|(name, ty)| Some((name.to_string(), self.values(ty).into_iter().next()?)))
                    .collect();
                vec![Json::Object(fields)]
            }
            _ => self.texts(),
        };
        let mut seen: Vec<Json> = Vec::new();
        values.retain(|value| {
            let new = !seen.contains(value);
            if new {
                seen.push(value.clone());
            }
            new
        });
        values
    }

    /// Amounts of a dimension: none, and on both sides of each constant at a safe distance.
    pub fn amounts(&self, dimension: Dimension) -> Vec<Decimal> {
        let known = self.quantities.iter().filter(|(d, _)| *d == dimension).map(|(_, n)| *n);
        let most = (dimension == Dimension::Percent).then_some(Decimal::ONE_HUNDRED);
        let near = known.flat_map(|n| beside(n, most));
        let ordinary = match dimension {
            Dimension::Percent => Decimal::ONE_HUNDRED,
            Dimension::Duration => 60_000.into(),
            Dimension::Bytes => (1 << 20).into(),
            Dimension::Cpu => 100.into(),
        };
        [Decimal::ZERO].into_iter().chain(near).chain([ordinary]).filter(|n| !n.is_sign_negative()).collect()
    }

    fn versions(&self) -> Vec<Json> {
        let near = self.versions.iter().flat_map(|v| {
            let next = |major: u64, minor: u64, patch: u64| {
                let of = |n: u64, by: u64| n.saturating_add(by);
                semver::Version::new(of(v.major, major), of(v.minor, minor), of(v.patch, patch))
            };
            let before = semver::Version::new(v.major, v.minor.saturating_sub(1), v.patch);
            [v.clone(), next(0, 0, 1), next(0, 1, 0), next(1, 0, 0), before]
        });
        let ordinary = ["1.1.0", "2.0.0", "1.0.1", "1.0.0"].into_iter().map(str::to_owned);
        ordinary.chain(near.map(|v| v.to_string())).map(Json::from).collect()
    }

    fn texts(&self) -> Vec<Json> {
        let matching = self.patterns.iter().flat_map(text::examples);
        let constant = self.texts.iter().map(ToString::to_string);
        constant.chain(matching).chain(["other".to_owned()]).map(Json::from).collect()
    }
}

/// On both sides of a number at a safe distance, and the number itself.
fn beside(n: Decimal, most: Option<Decimal>) -> Vec<Decimal> {
    let tenth = (n / Decimal::TEN).abs().normalize();
    let margin = if tenth.is_zero() { Decimal::ONE } else { tenth };
    let above = n.checked_add(margin).filter(|n| most.is_none_or(|most| *n <= most));
    [above, n.checked_sub(margin), Some(n)].into_iter().flatten().collect()
}

fn decimal(n: Decimal) -> Option<Json> {
    n.normalize().to_string().parse::<Number>().ok().map(Json::Number)
}

fn quantity(dimension: Dimension, amount: Decimal) -> Json {
    Quantity { dimension, amount, written: None }.to_string().into()
}

/// What must be so for a condition to come out so, as far apart as it can be taken.
pub(super) fn leaves<'e>(expr: &'e Expr, want: bool, found: &mut Vec<(&'e Expr, bool)>) {
    match expr {
        Expr::Not(e) => leaves(e, !want, found),
        Expr::And(es) if want => es.iter().for_each(|e| leaves(e, want, found)),
        Expr::Or(es) if !want => es.iter().for_each(|e| leaves(e, want, found)),
        Expr::Compare { op: CompareOp::Eq, left, right, .. } => match (left.as_bool(), right.as_bool()) {
            (Some(b), None) => leaves(right, want == b, found),
            (None, Some(b)) => leaves(left, want == b, found),
            _ => found.push((expr, want)),
        },
        _ => found.push((expr, want)),
    }
}

/// A value of the policy as a request writes it.
pub(crate) fn json(value: &Value) -> Json {
    match value {
        Value::Bool(b) => (*b).into(),
        Value::Int(i) => (*i).into(),
        Value::Decimal(d) => decimal(*d).unwrap_or(Json::Null),
        Value::Str(s) | Value::Enum(s) | Value::PromQl(s) => s.as_str().into(),
        Value::Quantity(q) => q.to_string().into(),
        Value::Date(date) => date.to_string().into(),
        Value::Semver(version) => version.to_string().into(),
        Value::Instant(at) => at.timestamp().to_string().into(),
        Value::List(values) => values.iter().map(json).collect(),
        Value::Record(record) => record.fields.iter().map(|f| (f.name.to_string(), json(&f.value))).collect(),
        Value::Ref(reference) => reference.name.as_str().into(),
        Value::Time(seconds) => format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60).into(),
        Value::None | Value::Weekday(_) | Value::Pattern(_) | Value::Range(..) => Json::Null,
    }
}
