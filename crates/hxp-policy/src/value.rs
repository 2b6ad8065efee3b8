//! Values: what an expression is once it is known.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use jiff::civil::{Date, Weekday};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::{Kind, model::Origin};

/// A known value. Equality is of meaning: `60s == 1m`, whatever was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Known to be none.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// Text.
    Str(SmolStr),
    /// A percentage, duration, number of bytes or of processors.
    Quantity(Quantity),
    /// A day of the calendar.
    Date(Date),
    /// A wall-clock time: seconds since midnight, 0 to 86 400.
    Time(u32),
    /// An instant in a zone.
    Instant(Box<jiff::Zoned>),
    /// A day of the week.
    Weekday(Weekday),
    /// A semantic version.
    Semver(semver::Version),
    /// A member of a closed enumeration.
    Enum(SmolStr),
    /// Something text can be matched against.
    Pattern(Pattern),
    /// A PromQL query.
    PromQl(SmolStr),
    /// A list.
    List(Vec<Value>),
    /// A range; see `R7` of the language reference for which ends it includes.
    Range(Box<Value>, Box<Value>),
    /// Named fields, in order.
    Record(Record),
    /// A reference to a declaration.
    Ref(Ref),
}

/// A reference to a declaration, perhaps with arguments: `gate.coverage(min = 70%)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ref {
    /// Which namespace.
    pub kind: Kind,
    /// Which declaration.
    pub name: SmolStr,
    /// Arguments by parameter, in the order of the parameters.
    pub args: Vec<(SmolStr, Value)>,
}

/// What text is matched against by `~`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// A glob: `*` stops at `/`, `**` does not.
    Glob(SmolStr),
    /// A regular expression, anchored at both ends.
    Regex(SmolStr),
    /// A release tag: optional `v`, a semantic version without pre-release.
    SemverTag,
}

/// A quantity's dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Percent; the amount is in percent.
    Percent,
    /// Elapsed time; the amount is in milliseconds.
    Duration,
    /// Memory or storage; the amount is in bytes.
    Bytes,
    /// Processors; the amount is in thousandths.
    Cpu,
}

/// A number with a dimension.
#[derive(Clone, Debug)]
pub struct Quantity {
    /// What it measures.
    pub dimension: Dimension,
    /// How much, in the dimension's base unit.
    pub amount: Decimal,
    /// As the source wrote it; `None` for a computed quantity.
    pub written: Option<SmolStr>,
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.dimension == other.dimension && self.amount == other.amount
    }
}

/// An exact span of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub i64);

impl Millis {
    /// Whole seconds, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// In the largest exact unit: `90m`, `36h`, `5d`. Weeks are written as days.
impl std::fmt::Display for Millis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
        match UNITS.iter().find(|(size, _)| self.0 != 0 && self.0 % size == 0) {
            Some((size, unit)) => write!(f, "{}{unit}", self.0 / size),
            None if self.0 == 0 => f.write_str("0s"),
            None => write!(f, "{}ms", self.0),
        }
    }
}

/// As the language (and, but for `cpu`, a configuration file) writes it: as written, else in the largest exact unit.
impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(written) = &self.written {
            return f.write_str(written);
        }
        match self.dimension {
            Dimension::Percent => write!(f, "{}%", self.amount.normalize()),
            Dimension::Duration => match i64::try_from(self.amount.normalize()) {
                Ok(ms) => Millis(ms).fmt(f),
                Err(_) => write!(f, "{}ms", self.amount.normalize()),
            },
            Dimension::Cpu => match i64::try_from(self.amount.normalize()) {
                Ok(m) if m % 1000 == 0 => write!(f, "{}cpu", m / 1000),
                _ => write!(f, "{}mcpu", self.amount.normalize()),
            },
            Dimension::Bytes => {
                const UNITS: [(i64, &str); 5] =
                    [(1 << 50, "Pi"), (1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
                let bytes = i64::try_from(self.amount.normalize()).ok();
                let unit = bytes.and_then(|b| UNITS.iter().find(|(size, _)| b != 0 && b % size == 0).map(|u| (b, u)));
                match unit {
                    Some((bytes, (size, unit))) => write!(f, "{}{unit}", bytes / size),
                    None => write!(f, "{}B", self.amount.normalize()),
                }
            }
        }
    }
}

impl Quantity {
    /// A duration's milliseconds, rounded towards zero; `None` for another dimension.
    pub fn millis(&self) -> Option<Millis> {
        (self.dimension == Dimension::Duration).then(|| i64::try_from(self.amount.trunc()).ok().map(Millis)).flatten()
    }
}

/// Fields in the order written, each name once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The fields.
    pub fields: Fields,
}

/// The fields of a record. Copies share them until one is changed: of a thousand environments, each says mostly what it
/// inherits.
#[derive(Clone, Debug, Default)]
pub struct Fields(Arc<Vec<Field>>);

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Deref for Fields {
    type Target = Vec<Field>;

    fn deref(&self) -> &Vec<Field> {
        &self.0
    }
}

impl DerefMut for Fields {
    fn deref_mut(&mut self) -> &mut Vec<Field> {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Vec<Field>> for Fields {
    fn from(fields: Vec<Field>) -> Self {
        Self(Arc::new(fields))
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        Vec::from_iter(fields).into()
    }
}

impl IntoIterator for Fields {
    type Item = Field;
    type IntoIter = std::vec::IntoIter<Field>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a mut Fields {
    type Item = &'a mut Field;
    type IntoIter = std::slice::IterMut<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

/// One field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name; any text.
    pub name: SmolStr,
    /// Its value.
    pub value: Value,
    /// Where it was said.
    pub origin: Origin,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value == other.value
    }
}

impl Record {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The value of that field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.field(name).map(|f| &f.value)
    }

    /// The value at a dotted path of plain names.
    pub fn at(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.get(parts.next()?)?;
        parts.try_fold(first, |value, name| match value {
            Value::Record(record) => record.get(name),
            _ => None,
        })
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl Value {
    /// Of how many parts it consists: elements, fields, and pieces of long texts.
    pub fn parts(&self) -> u64 {
        const PIECE: usize = 64;
        1 + match self {
            Self::Str(text) => u64::try_from(text.len() / PIECE).unwrap_or(u64::MAX),
            Self::List(items) => items.iter().map(Self::parts).sum(),
            Self::Record(record) => record.fields.iter().map(|f| f.value.parts()).sum(),
            _ => 0,
        }
    }

    /// The text of a string or enumeration member.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(s) | Self::Enum(s) => Some(s),
            _ => None,
        }
    }

    /// The truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The duration.
    pub fn as_millis(&self) -> Option<Millis> {
        match self {
            Self::Quantity(q) => q.millis(),
            _ => None,
        }
    }

    /// The record.
    pub fn as_record(&self) -> Option<&Record> {
        match self {
            Self::Record(r) => Some(r),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computed_quantities_print_in_the_largest_exact_unit() {
        let cases = [
            (Dimension::Duration, 900_000, "15m"),
            (Dimension::Duration, 86_400_000, "1d"),
            (Dimension::Duration, 1500, "1500ms"),
            (Dimension::Bytes, 512 << 20, "512Mi"),
            (Dimension::Bytes, 1000, "1000B"),
            (Dimension::Cpu, 500, "500mcpu"),
            (Dimension::Cpu, 2000, "2cpu"),
            (Dimension::Percent, 70, "70%"),
        ];
        for (dimension, amount, text) in cases {
            assert_eq!(Quantity { dimension, amount: Decimal::from(amount), written: None }.to_string(), text);
        }
    }
}
