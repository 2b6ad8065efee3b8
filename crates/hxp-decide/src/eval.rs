//! What an expression is, given the facts of a request: Kleene's three-valued logic, `None` being unknown.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use hxp_policy::expr::ArithOp;
use hxp_policy::time::Prepared;
use hxp_policy::{Builtin, CompareOp, Dimension, Expr, Label, Pattern, Policy, Quantity, Record, Type, Value};
use jiff::Timestamp;
use memchr::memmem::Finder;
use regex::Regex;
use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};
use smol_str::SmolStr;

use crate::request::{Evidence, Request, typed};

/// What patterns match, made ready once.
#[derive(Debug, Default)]
pub(crate) struct Matchers<'p> {
    patterns: HashMap<&'p Pattern, Matcher, RandomState>,
    labels: HashMap<&'p str, LabelMatcher<'p>, RandomState>,
}

/// What gives a change a label.
#[derive(Debug)]
pub(crate) struct LabelMatcher<'p> {
    /// The label of a pull request.
    pr: Option<&'p SmolStr>,
    /// Paths of changed files, as the globs of the label in their order.
    pub files: Vec<Matcher>,
    /// The beginning of a commit's message.
    pub leading: Option<Matcher>,
}

/// What one pattern matches.
#[derive(Debug)]
pub(crate) enum Matcher {
    Regex(Regex),
    /// With a part that every text has that it matches: most have not, and that is sooner found.
    Holding(Box<Finder<'static>>, Regex),
    SemverTag,
    /// A pattern that cannot be compiled: nothing is known of what it matches.
    Broken,
}

impl Matcher {
    pub fn new(pattern: &Pattern) -> Self {
        match pattern {
            Pattern::Glob(text) => Self::glob(text),
            Pattern::Regex(text) => Self::regex(&format!("^(?:{text})$")),
            Pattern::SemverTag => Self::SemverTag,
        }
    }

    /// Held to the beginning of a text only.
    pub fn leading(pattern: &Pattern) -> Self {
        match pattern {
            Pattern::Regex(text) => Self::regex(&format!("^(?:{text})")),
            other => Self::new(other),
        }
    }

    fn glob(text: &str) -> Self {
        match Self::regex(&hxp_policy::glob::regex(text)) {
            // Between classes, alternatives and escapes, nothing need be there as it is written.
            Self::Regex(regex) if !text.contains(['[', '{', '\\']) => {
                let part = text.split(['*', '?', '/']).max_by_key(|part| part.len()).unwrap_or_default();
                Self::Holding(Box::new(Finder::new(part).into_owned()), regex)
            }
            other => other,
        }
    }

    fn regex(text: &str) -> Self {
        Regex::new(text).map_or(Self::Broken, Self::Regex)
    }

    pub fn matches(&self, text: &str) -> Option<bool> {
        match self {
            Self::Regex(regex) => Some(regex.is_match(text)),
            Self::Holding(part, regex) => Some(part.find(text.as_bytes()).is_some() && regex.is_match(text)),
            Self::SemverTag => {
                let version = semver::Version::parse(text.strip_prefix('v').unwrap_or(text));
                Some(version.is_ok_and(|v| v.pre.is_empty()))
            }
            Self::Broken => None,
        }
    }
}

impl<'p> Matchers<'p> {
    /// The patterns of an expression.
    pub fn learn(&mut self, expr: &'p Expr) {
        expr.walk(&mut |e| {
            if let Expr::Match(_, pattern) = e {
                self.patterns.entry(pattern).or_insert_with(|| Matcher::new(pattern));
            }
        });
    }

    /// The patterns of a label. That of a commit's message is held to its beginning only.
    pub fn learn_label(&mut self, label: &'p Label) {
        let files = label.files.iter().map(|glob| Matcher::glob(glob)).collect();
        let leading = label.commits.as_ref().map(Matcher::leading);
        self.labels.insert(&label.name, LabelMatcher { pr: label.pr.as_ref(), files, leading });
    }

    /// What gives a change the label of that name.
    pub fn label(&self, name: &str) -> Option<&LabelMatcher<'p>> {
        self.labels.get(name)
    }
}

/// A bound variable and those around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound<'v> {
    pub name: &'v str,
    pub value: &'v Value,
    pub outer: Option<&'v Bound<'v>>,
}

/// Bound variables.
pub(crate) type Vars<'v> = Option<&'v Bound<'v>>;

/// What a known value is: borrowed where it lies, or reckoned.
type Known<'v> = Option<Cow<'v, Value>>;

/// The facts to evaluate over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'v> {
    pub policy: &'v Policy,
    pub matchers: &'v Matchers<'v>,
    pub windows: &'v Prepared,
    pub request: &'v Request,
    /// In a gate's predicate: the gate's newest evidence.
    pub evidence: Option<&'v Evidence>,
}

impl Facts<'_> {
    /// A boolean expression.
    pub fn truth(&self, expr: &Expr, vars: Vars<'_>) -> Option<bool> {
        match expr {
            Expr::Const(Value::Bool(b)) => Some(*b),
            Expr::Not(e) => self.truth(e, vars).map(|b| !b),
            Expr::And(es) => all(es.iter().map(|e| self.truth(e, vars))),
            Expr::Or(es) => any(es.iter().map(|e| self.truth(e, vars))),
            Expr::HasLabel(label) => self.has_label(label),
            Expr::WindowOpen(window) => Some(self.windows.is_open(window, self.request.at)),
            Expr::Match(text, pattern) => match self.value(text, vars)?.as_ref() {
                Value::Str(text) | Value::Enum(text) => self.matchers.patterns.get(pattern)?.matches(text),
                _ => None,
            },
            Expr::Compare { op, left, right, ty } => self.compare(*op, left, right, ty, vars),
            Expr::In(element, among) | Expr::Has(among, element) => self.contains(among, element, vars),
            Expr::If(condition, then, otherwise) => match self.truth(condition, vars) {
                Some(true) => self.truth(then, vars),
                Some(false) => self.truth(otherwise, vars),
                None => {
                    let (a, b) = (self.truth(then, vars)?, self.truth(otherwise, vars)?);
                    (a == b).then_some(a)
                }
            },
            Expr::Quantifier { all: every, var, over, filter, body } => {
                let over = self.value(over, vars)?;
                let Value::List(elements) = over.as_ref() else { return None };
                let each = elements.iter().map(|value| {
                    let bound = Bound { name: var, value, outer: vars };
                    let holds = |e: &Expr| self.truth(e, Some(&bound));
                    match filter {
                        None => holds(body),
                        Some(filter) if *every => any([holds(filter).map(|b| !b), holds(body)].into_iter()),
                        Some(filter) => all([holds(filter), holds(body)].into_iter()),
                    }
                });
                if *every { all(each) } else { any(each) }
            }
            _ => self.value(expr, vars)?.as_bool(),
        }
    }

    /// Any other expression.
    pub fn value<'e>(&'e self, expr: &'e Expr, vars: Vars<'e>) -> Known<'e> {
        if let Ok(place) = self.place(expr, vars) {
            return place.map(Cow::Borrowed);
        }
        match expr {
            Expr::Fact { path, .. } => self.fact(path),
            Expr::Result { name, ty } => {
                let given = self.evidence?.results.get(name.as_str())?;
                typed(given, ty).map(Cow::Owned)
            }
            Expr::Age => {
                let age = age(self.request.at, self.evidence?.at?)?;
                Some(Cow::Owned(quantity(Dimension::Duration, age)))
            }
            Expr::Field { base, name, .. } => select(self.value(base, vars)?, name),
            Expr::Index(base, key) => {
                let key = self.value(key, vars)?;
                let base = self.value(base, vars)?;
                match key.as_ref() {
                    Value::Int(i) => {
                        let i = usize::try_from(*i).ok()?;
                        match base {
                            Cow::Borrowed(Value::List(list)) => list.get(i).map(Cow::Borrowed),
                            Cow::Owned(Value::List(list)) => list.into_iter().nth(i).map(Cow::Owned),
                            _ => None,
                        }
                    }
                    key => select(base, key.as_str()?),
                }
            }
            Expr::List(elements) => {
                let elements = elements.iter().map(|e| self.value(e, vars).map(Cow::into_owned));
                elements.collect::<Option<Vec<_>>>().map(|list| Cow::Owned(Value::List(list)))
            }
            Expr::Map { var, over, filter, body } => self.map(var, over, filter.as_deref(), body, vars),
            Expr::Arith { op, left, right, .. } => {
                let (left, right) = (self.value(left, vars)?, self.value(right, vars)?);
                reckon(*op, left.as_ref(), right.as_ref()).map(Cow::Owned)
            }
            Expr::If(condition, then, otherwise) => match self.truth(condition, vars) {
                Some(true) => self.value(then, vars),
                Some(false) => self.value(otherwise, vars),
                None => {
                    let (a, b) = (self.value(then, vars)?, self.value(otherwise, vars)?);
                    (equal(&a, &b) == Some(true)).then_some(a)
                }
            },
            Expr::Call(builtin, arguments) => self.call(*builtin, arguments, vars).map(Cow::Owned),
            Expr::Metric(_) | Expr::Baseline { .. } => None,
            _ => self.truth(expr, vars).map(|b| Cow::Owned(Value::Bool(b))),
        }
    }

    /// What is found where a value lies, if all that is to be done is to look for it there.
    fn place<'e>(&'e self, expr: &'e Expr, vars: Vars<'e>) -> Result<Option<&'e Value>, Reckoned> {
        match expr {
            Expr::Const(value) => Ok(Some(value)),
            Expr::Var { name, .. } => {
                let mut bound = vars;
                while let Some(b) = bound {
                    if b.name == name {
                        return Ok(Some(b.value));
                    }
                    bound = b.outer;
                }
                Ok(None)
            }
            Expr::Fact { path, .. } => {
                let (root, rest) = path.split_first().ok_or(Reckoned)?;
                rest.iter().try_fold(self.request.facts.get(root), |value, name| part(value, name))
            }
            Expr::Field { base, name, .. } => part(self.place(base, vars)?, name),
            _ => Err(Reckoned),
        }
    }

    pub fn fact<'e>(&'e self, path: &[SmolStr]) -> Known<'e> {
        let (root, rest) = path.split_first()?;
        let first = self.request.facts.get(root)?;
        rest.iter().try_fold(Cow::Borrowed(first), |value, name| select(value, name))
    }

    /// One of the label's sources says so. False when all say no; unknown while one that could say so is.
    pub fn has_label(&self, name: &str) -> Option<bool> {
        let label = self.matchers.label(name)?;
        let change = &self.request.change;
        let by_request = label.pr.map(|pr| {
            let requests = change.pull_requests.as_ref()?;
            any(requests.iter().map(|r| r.0.as_ref().map(|labels| labels.contains(pr))))
        });
        let by_file = (!label.files.is_empty()).then(|| {
            let files = change.files.as_ref()?;
            any(files.iter().flat_map(|path| label.files.iter().map(|glob| glob.matches(path))))
        });
        let by_message = label.leading.as_ref().map(|matcher| {
            let messages = change.messages.as_ref()?;
            any(messages.iter().map(|message| matcher.matches(first_line(message.as_ref()?))))
        });
        any([by_request, by_file, by_message].into_iter().flatten())
    }

    fn compare(&self, op: CompareOp, left: &Expr, right: &Expr, ty: &Type, vars: Vars<'_>) -> Option<bool> {
        if matches!(bare(ty), Type::Bool) && ![left, right].iter().any(|e| matches!(e, Expr::Const(Value::None))) {
            let (a, b) = (self.truth(left, vars)?, self.truth(right, vars)?);
            return match op {
                CompareOp::Eq => Some(a == b),
                CompareOp::Ne => Some(a != b),
                _ => None,
            };
        }
        if let (Ok(a), Ok(b)) = (self.place(left, vars), self.place(right, vars)) {
            return compare(op, a?, b?, ty);
        }
        let (a, b) = (self.value(left, vars)?, self.value(right, vars)?);
        compare(op, &a, &b, ty)
    }

    fn contains(&self, among: &Expr, element: &Expr, vars: Vars<'_>) -> Option<bool> {
        if let Expr::Const(Value::Range(from, to)) = among {
            let element = self.value(element, vars)?;
            let after = compare(CompareOp::Ge, &element, from, &Type::Any);
            let end = if discrete(from) { CompareOp::Le } else { CompareOp::Lt };
            return all([after, compare(end, &element, to, &Type::Any)].into_iter());
        }
        let among = self.value(among, vars)?;
        let Value::List(list) = among.as_ref() else { return None };
        if list.is_empty() {
            return Some(false);
        }
        let element = self.value(element, vars)?;
        any(list.iter().map(|other| equal(other, &element)))
    }

    /// The elements that a list is mapped to.
    fn map(&self, var: &str, over: &Expr, filter: Option<&Expr>, body: &Expr, vars: Vars<'_>) -> Known<'static> {
        let mut list = Vec::new();
        self.each(var, over, filter, body, vars, |element| list.push(element.into_owned()))?;
        Some(Cow::Owned(Value::List(list)))
    }

    /// How many elements a list is mapped to.
    fn count(&self, var: &str, over: &Expr, filter: Option<&Expr>, body: &Expr, vars: Vars<'_>) -> Option<Value> {
        let mut count = 0;
        self.each(var, over, filter, body, vars, |_| count += 1)?;
        Some(Value::Int(count))
    }

    /// Visits what a list is mapped to; `None` as soon as an element is unknown, or whether it is there.
    fn each(
        &self,
        var: &str,
        over: &Expr,
        filter: Option<&Expr>,
        body: &Expr,
        vars: Vars<'_>,
        mut visit: impl FnMut(Cow<'_, Value>),
    ) -> Option<()> {
        let over = self.value(over, vars)?;
        let Value::List(elements) = over.as_ref() else { return None };
        for value in elements {
            let bound = Bound { name: var, value, outer: vars };
            if filter.map_or(Some(true), |f| self.truth(f, Some(&bound)))? {
                visit(self.value(body, Some(&bound))?);
            }
        }
        Some(())
    }

    fn call(&self, builtin: Builtin, arguments: &[Expr], vars: Vars<'_>) -> Option<Value> {
        if let (Builtin::Count, [Expr::Map { var, over, filter, body }]) = (builtin, arguments) {
            return self.count(var, over, filter.as_deref(), body, vars);
        }
        let values = arguments.iter().map(|a| self.value(a, vars)).collect::<Option<Vec<_>>>()?;
        let values: Vec<&Value> = values.iter().map(AsRef::as_ref).collect();
        match (builtin, values.as_slice()) {
            (Builtin::Count, [Value::List(list)]) => i64::try_from(list.len()).ok().map(Value::Int),
            (Builtin::Count, [Value::Record(record)]) => i64::try_from(record.fields.len()).ok().map(Value::Int),
            (Builtin::Sum, [Value::List(list)]) => {
                let mut list = list.iter();
                let Some(first) = list.next() else {
                    let dimension = arguments.first().and_then(dimension);
                    return Some(dimension.map_or(Value::Int(0), |d| quantity(d, Decimal::ZERO)));
                };
                list.try_fold(first.clone(), |sum, next| reckon(ArithOp::Add, &sum, next))
            }
            (Builtin::Min | Builtin::Max, values) => {
                let values = if let [Value::List(list)] = values { list.iter().collect() } else { values.to_vec() };
                extreme(&values, if builtin == Builtin::Min { Ordering::Less } else { Ordering::Greater })
            }
            (Builtin::Bump, [Value::Semver(from), Value::Semver(to)]) => Some(Value::Enum(bump(from, to).into())),
            (Builtin::SupportLine, [Value::Semver(release), Value::List(published)]) => {
                let published = published.iter().map(|v| match v {
                    Value::Semver(v) => Some((v.major, v.minor)),
                    _ => None,
                });
                let published = published.collect::<Option<Vec<_>>>()?;
                Some(Value::Enum(support_line((release.major, release.minor), published).into()))
            }
            (Builtin::Lower, [Value::Str(text)]) => Some(Value::Str(text.to_lowercase().into())),
            (Builtin::Keys, [Value::Record(record)]) => {
                let mut names: Vec<SmolStr> = record.fields.iter().map(|f| f.name.clone()).collect();
                names.sort();
                Some(Value::List(names.into_iter().map(Value::Str).collect()))
            }
            _ => None,
        }
    }
}

/// False if any is false, true if all are true.
pub(crate) fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

/// True if any is true, false if all are false.
pub(crate) fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(parts.map(|p| p.map(|b| !b))).map(|b| !b)
}

pub(crate) fn first_line(message: &str) -> &str {
    let line = message.split('\n').next().unwrap_or(message);
    line.trim_end_matches('\r')
}

/// Milliseconds between two instants, with what is left of one as a fraction.
fn age(at: Timestamp, then: Timestamp) -> Option<Decimal> {
    let nanoseconds = at.as_nanosecond().checked_sub(then.as_nanosecond())?;
    Decimal::try_from_i128_with_scale(nanoseconds, 6).ok()
}

fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => bare(inner),
        other => other,
    }
}

fn quantity(dimension: Dimension, amount: Decimal) -> Value {
    Value::Quantity(Quantity { dimension, amount, written: None })
}

/// The dimension of an expression, or of its elements.
fn dimension(expr: &Expr) -> Option<Dimension> {
    let of = |ty: &Type| match ty {
        Type::Quantity(dimension) => Some(*dimension),
        Type::List(inner) | Type::Set(inner) => match inner.as_ref() {
            Type::Quantity(dimension) => Some(*dimension),
            _ => None,
        },
        _ => None,
    };
    match expr {
        Expr::Const(Value::Quantity(q)) => Some(q.dimension),
        Expr::Fact { ty, .. }
        | Expr::Result { ty, .. }
        | Expr::Var { ty, .. }
        | Expr::Field { ty, .. }
        | Expr::Arith { ty, .. } => of(ty),
        Expr::Age => Some(Dimension::Duration),
        Expr::If(_, e, _) | Expr::Map { body: e, .. } | Expr::Index(e, _) => dimension(e),
        Expr::List(es) | Expr::Call(Builtin::Sum | Builtin::Min | Builtin::Max, es) => es.first().and_then(dimension),
        _ => None,
    }
}

fn discrete(end: &Value) -> bool {
    matches!(end, Value::Int(_) | Value::Date(_) | Value::Weekday(_))
}

/// A value that lies nowhere.
struct Reckoned;

/// What is found where a field of a record lies.
fn part<'e>(base: Option<&'e Value>, name: &str) -> Result<Option<&'e Value>, Reckoned> {
    match base {
        None => Ok(None),
        Some(Value::Record(record)) => Ok(record.get(name)),
        Some(_) => Err(Reckoned),
    }
}

/// A field of a record, or a part of a version.
fn select<'e>(base: Cow<'e, Value>, name: &str) -> Known<'e> {
    let part = |v: &semver::Version| {
        let number = match name {
            "major" => v.major,
            "minor" => v.minor,
            "patch" => v.patch,
            _ => return None,
        };
        i64::try_from(number).ok().map(|n| Cow::Owned(Value::Int(n)))
    };
    match base {
        Cow::Borrowed(Value::Record(record)) => record.get(name).map(Cow::Borrowed),
        Cow::Owned(Value::Record(record)) => record_field(record, name).map(Cow::Owned),
        Cow::Borrowed(Value::Semver(version)) => part(version),
        Cow::Owned(Value::Semver(version)) => part(&version),
        _ => None,
    }
}

fn record_field(record: Record, name: &str) -> Option<Value> {
    record.fields.into_iter().find(|f| f.name == name).map(|f| f.value)
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int(i) => Some((*i).into()),
        Value::Decimal(d) => Some(*d),
        _ => None,
    }
}

/// How two values of one type stand to each other; unknown for values that have no order.
pub(crate) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Quantity(a), Value::Quantity(b)) if a.dimension == b.dimension => a.amount.cmp(&b.amount),
        (Value::Semver(a), Value::Semver(b)) => a.cmp_precedence(b),
        (Value::Instant(a), Value::Instant(b)) => a.timestamp().cmp(&b.timestamp()),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Str(a) | Value::Enum(a), Value::Str(b) | Value::Enum(b)) => a.cmp(b),
        (a, b) => decimal(a)?.cmp(&decimal(b)?),
    })
}

/// Whether two values are the same; of different kinds, they are not.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all(a.iter().zip(b).map(|(a, b)| equal(a, b)))
        }
        (a, b) => Some(order(a, b).map_or_else(|| a == b, Ordering::is_eq)),
    }
}

pub(crate) fn compare(op: CompareOp, a: &Value, b: &Value, ty: &Type) -> Option<bool> {
    match op {
        CompareOp::Eq => equal_typed(a, b, ty),
        CompareOp::Ne => equal_typed(a, b, ty).map(|b| !b),
        _ => {
            let order = match bare(ty) {
                Type::Enum(words) if words.ordered => words.position(a.as_str()?)?.cmp(&words.position(b.as_str()?)?),
                _ => order(a, b)?,
            };
            Some(match op {
                CompareOp::Lt => order.is_lt(),
                CompareOp::Le => order.is_le(),
                CompareOp::Gt => order.is_gt(),
                _ => order.is_ge(),
            })
        }
    }
}

/// Numbers, quantities, versions and instants are compared with their like only: what else is there is not known.
fn equal_typed(a: &Value, b: &Value, ty: &Type) -> Option<bool> {
    let compared_with_none = matches!((a, b), (Value::None, _) | (_, Value::None));
    match bare(ty) {
        Type::Int | Type::Decimal | Type::Quantity(_) | Type::Semver | Type::Instant | Type::Date | Type::Time
            if !compared_with_none =>
        {
            order(a, b).map(Ordering::is_eq)
        }
        _ => equal(a, b),
    }
}

fn extreme(values: &[&Value], towards: Ordering) -> Option<Value> {
    let mut values = values.iter().copied();
    let first = values.next()?;
    let best = values.try_fold(first, |best, next| {
        let order = order(next, best)?;
        Some(if order == towards { next } else { best })
    });
    best.cloned()
}

/// Digits behind the point to which fractions are held, so that engines that reckon in binary come to the same.
pub(crate) const DIGITS: u32 = 6;

/// `a op b`, to six digits behind the point; unknown when it divides by zero or has more digits than a decimal can hold.
fn reckon(op: ArithOp, a: &Value, b: &Value) -> Option<Value> {
    let held = |d: Decimal| d.round_dp_with_strategy(DIGITS, RoundingStrategy::MidpointAwayFromZero);
    Some(match exactly(op, a, b)? {
        Value::Decimal(d) => Value::Decimal(held(d)),
        Value::Quantity(q) => quantity(q.dimension, held(q.amount)),
        other => other,
    })
}

fn exactly(op: ArithOp, a: &Value, b: &Value) -> Option<Value> {
    use Value::{Instant, Int, Quantity as Q};
    match (op, a, b) {
        // What does not fit goes on as a decimal, below.
        (ArithOp::Add, Int(a), Int(b)) if a.checked_add(*b).is_some() => a.checked_add(*b).map(Int),
        (ArithOp::Sub, Int(a), Int(b)) if a.checked_sub(*b).is_some() => a.checked_sub(*b).map(Int),
        (ArithOp::Mul, Int(a), Int(b)) if a.checked_mul(*b).is_some() => a.checked_mul(*b).map(Int),
        (ArithOp::Add, Value::Str(a), Value::Str(b)) => Some(Value::Str(format!("{a}{b}").into())),
        (ArithOp::Add, Value::List(a), Value::List(b)) => Some(Value::List([a.as_slice(), b.as_slice()].concat())),
        (ArithOp::Sub, Instant(a), Instant(b)) => {
            age(a.timestamp(), b.timestamp()).map(|d| quantity(Dimension::Duration, d))
        }
        (ArithOp::Add | ArithOp::Sub, Instant(at), Q(by)) if by.dimension == Dimension::Duration => {
            let nanoseconds = by.amount.checked_mul(1_000_000.into())?.trunc().to_i128()?;
            let second = 1_000_000_000;
            let (whole, rest) = (i64::try_from(nanoseconds / second).ok()?, i32::try_from(nanoseconds % second).ok()?);
            let by = jiff::SignedDuration::new(whole, rest);
            let at = at.timestamp();
            let moved = if op == ArithOp::Add { at.checked_add(by) } else { at.checked_sub(by) };
            Some(Instant(Box::new(moved.ok()?.to_zoned(jiff::tz::TimeZone::UTC))))
        }
        (ArithOp::Add, Q(a), Q(b)) if a.dimension == b.dimension => {
            a.amount.checked_add(b.amount).map(|n| quantity(a.dimension, n))
        }
        (ArithOp::Sub, Q(a), Q(b)) if a.dimension == b.dimension => {
            a.amount.checked_sub(b.amount).map(|n| quantity(a.dimension, n))
        }
        (ArithOp::Mul, Q(share), Q(of)) if share.dimension == Dimension::Percent => {
            percent_of(share.amount, of.amount).map(|n| quantity(of.dimension, n))
        }
        (ArithOp::Mul, Q(of), Q(share)) if share.dimension == Dimension::Percent => {
            percent_of(share.amount, of.amount).map(|n| quantity(of.dimension, n))
        }
        (ArithOp::Mul, Q(share), n) if share.dimension == Dimension::Percent => {
            percent_of(share.amount, decimal(n)?).map(Value::Decimal)
        }
        (ArithOp::Mul, Q(q), n) | (ArithOp::Mul, n, Q(q)) => {
            q.amount.checked_mul(decimal(n)?).map(|n| quantity(q.dimension, n))
        }
        (ArithOp::Div, Q(a), Q(b)) if a.dimension == b.dimension => a.amount.checked_div(b.amount).map(Value::Decimal),
        (ArithOp::Div, Q(q), n) => q.amount.checked_div(decimal(n)?).map(|n| quantity(q.dimension, n)),
        // A number by a duration is a rate: so many a day.
        (ArithOp::Div, n, Q(per)) if per.dimension == Dimension::Duration => {
            let a_day = decimal(n)?.checked_mul(86_400_000.into())?;
            a_day.checked_div(per.amount).map(Value::Decimal)
        }
        (op, a, b) => {
            let (a, b) = (decimal(a)?, decimal(b)?);
            let reckoned = match op {
                ArithOp::Add => a.checked_add(b),
                ArithOp::Sub => a.checked_sub(b),
                ArithOp::Mul => a.checked_mul(b),
                ArithOp::Div => a.checked_div(b),
            };
            reckoned.map(Value::Decimal)
        }
    }
}

fn percent_of(share: Decimal, of: Decimal) -> Option<Decimal> {
    share.checked_mul(of)?.checked_div(100.into())
}

fn bump(from: &semver::Version, to: &semver::Version) -> &'static str {
    let parts = [("major", from.major, to.major), ("minor", from.minor, to.minor), ("patch", from.patch, to.patch)];
    let moved = parts.into_iter().find(|(_, from, to)| from != to);
    moved.filter(|(_, from, to)| to > from).map_or("same", |(part, ..)| part)
}

fn support_line(release: (u64, u64), published: Vec<(u64, u64)>) -> &'static str {
    let mut lines = published;
    lines.push(release);
    lines.sort_unstable();
    lines.dedup();
    match lines.iter().rev().position(|line| *line == release) {
        Some(0) => "latest",
        Some(1) => "previous_minor",
        _ => "older",
    }
}
