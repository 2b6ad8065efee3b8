//! Values as a request writes them: near the constants that the policy compares them with.

use hxp_policy::{Dimension, Type, Value};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Number, Value as Json, json};

use super::dice::Dice;
use super::hints::Hints;
use super::text;

const SECOND: i64 = 1_000_000_000;

/// Names that try what a reader of text may trip over.
const ODD: [&str; 12] = ["", " ", "é", "e\u{301}", "日本", "a\nb", "\"", "a b", "A", "[bot]", "null", "ſ"];

/// Makes values.
pub(super) struct Maker<'a, 'p> {
    pub hints: &'a Hints<'p>,
    pub dice: &'a mut Dice,
    /// The instant of the request.
    pub at: Timestamp,
}

impl Maker<'_, '_> {
    /// A value of a type, most of the time.
    pub fn typed(&mut self, ty: &Type) -> Json {
        if self.dice.percent(3) {
            return self.anything(2);
        }
        match ty {
            Type::Optional(_) if self.dice.percent(25) => Json::Null,
            Type::Optional(inner) => self.typed(inner),
            Type::Bool => self.dice.percent(50).into(),
            Type::Int => self.integer(),
            Type::Decimal => self.decimal(),
            Type::Quantity(dimension) => self.quantity(*dimension).into(),
            Type::Semver => self.version().into(),
            Type::Instant => self.instant().into(),
            Type::Enum(words) => {
                let members: Vec<&str> = words.members.iter().map(|(word, _)| *word).collect();
                self.dice.word(&members).into()
            }
            Type::List(of) | Type::Set(of) => {
                let count = self.dice.below(4);
                (0..count).map(|_| self.typed(of)).collect()
            }
            Type::Record(record) => {
                let mut fields = Map::new();
                for (name, ty) in &record.fields {
                    if !self.dice.percent(8) {
                        fields.insert(name.to_string(), self.typed(ty));
                    }
                }
                Json::Object(fields)
            }
            Type::Any => self.anything(3),
            _ => self.text().into(),
        }
    }

    /// Any JSON.
    pub fn anything(&mut self, depth: usize) -> Json {
        match self.dice.below(if depth == 0 { 9 } else { 12 }) {
            0 => Json::Null,
            1 => self.dice.percent(50).into(),
            2 => self.integer(),
            3 => self.decimal(),
            4 => self.text().into(),
            5 => self.version().into(),
            6 => self.instant().into(),
            7 => {
                let dimension = self.dimension();
                self.quantity(dimension).into()
            }
            8 => json!([]),
            9 => (0..self.dice.below(4)).map(|_| self.anything(depth - 1)).collect(),
            10 => json!({}),
            _ => {
                let count = self.dice.below(4);
                let fields: Map<String, Json> = (0..count).map(|_| (self.text(), self.anything(depth - 1))).collect();
                Json::Object(fields)
            }
        }
    }

    fn dimension(&mut self) -> Dimension {
        let all = [Dimension::Percent, Dimension::Duration, Dimension::Bytes, Dimension::Cpu];
        self.dice.pick(&all).copied().unwrap_or(Dimension::Percent)
    }

    /// Text that the policy asks about, or other text.
    pub fn text(&mut self) -> String {
        match self.dice.below(10) {
            0..4 => self.dice.pick(&self.hints.texts).map_or_else(|| "main".to_owned(), ToString::to_string),
            4..6 => match self.dice.pick(&self.hints.patterns) {
                Some(pattern) => text::matching(pattern, self.dice),
                None => "x".to_owned(),
            },
            6 => {
                let text = self.dice.pick(&self.hints.texts).map(|t| t.to_uppercase()).unwrap_or_default();
                format!("{text}{}", self.dice.word(&["", " ", "x"]))
            }
            7 => self.dice.pick(&self.hints.words).map_or_else(String::new, ToString::to_string),
            8 => self.dice.word(&ODD).to_owned(),
            _ => self.dice.word(&["a", "b", "ada", "main", "release/1.2", "x/y"]).to_owned(),
        }
    }

    pub fn integer(&mut self) -> Json {
        let near = self.dice.pick(&self.hints.numbers).and_then(|n| n.trunc().to_i64()).unwrap_or(0);
        let step = self.dice.between(-1, 1);
        match self.dice.below(20) {
            0 => json!(i64::MAX),
            1 => json!(i64::MIN),
            2 => json!(u64::MAX),
            3 => json!((1_i64 << 53) + self.dice.between(-1, 1)),
            4 => json!(self.dice.pick(&[-1.0, 0.0, 1.0, 2.0, 3.0])),
            5 => json!(1.5),
            6 => json!(1e300),
            7..10 => json!(self.dice.between(0, 5)),
            _ => json!(near.saturating_add(step)),
        }
    }

    fn decimal(&mut self) -> Json {
        let near = self.dice.pick(&self.hints.numbers).copied().unwrap_or_default();
        let step = self.dice.pick(&[0, 0, 0, 1, -1, 5, 10]).copied().unwrap_or(0);
        let near = near.checked_add(Decimal::new(step, 1)).unwrap_or(near);
        match self.dice.below(10) {
            0 => json!(0.1),
            1 => json!(0.3),
            2 => json!(-2.5),
            3 => self.integer(),
            _ => near.to_f64().and_then(Number::from_f64).map_or(json!(0), Json::Number),
        }
    }

    /// A quantity in one of its units.
    pub fn quantity(&mut self, dimension: Dimension) -> String {
        let known: Vec<Decimal> =
            self.hints.quantities.iter().filter(|q| q.dimension == dimension).map(|q| q.amount).collect();
        let near = self.dice.pick(&known).copied().unwrap_or_else(|| self.dice.between(0, 100).into());
        let step = self.dice.pick(&[0, 0, 0, 1, -1]).copied().unwrap_or(0);
        let step = Decimal::new(step, self.dice.pick(&[0, 1, 3]).copied().unwrap_or(0));
        let amount = near.checked_add(step).unwrap_or(near);
        if self.dice.percent(6) {
            return self
                .dice
                .word(&[
                    "", "%", "5", "1h30", "-5m", "1.h", ".5h", "1 h", "5M", "01%", "1e3%", "٣%", "1h1h", "0s", "00.50%",
                ])
                .to_owned();
        }
        let units: &[(&str, i64)] = match dimension {
            Dimension::Percent => &[("%", 1)],
            Dimension::Duration => {
                &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)]
            }
            Dimension::Bytes => &[("B", 1), ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Pi", 1 << 50)],
            Dimension::Cpu => &[("mcpu", 1), ("cpu", 1000)],
        };
        let (unit, size) = self.dice.pick(units).copied().unwrap_or(("%", 1));
        let number = amount.checked_div(size.into()).unwrap_or(amount);
        if number.scale() > 6 {
            // It cannot be said in that unit.
            return format!("{}{}", amount.normalize(), units.first().map_or("", |(unit, _)| *unit));
        }
        let zeros = if self.dice.percent(10) { ".00" } else { "" };
        let number = number.normalize().to_string();
        let zeros = if number.contains('.') { "" } else { zeros };
        format!("{number}{zeros}{unit}")
    }

    /// A version near one of the policy's.
    pub fn version(&mut self) -> String {
        let known = self.dice.pick(&self.hints.versions).cloned().unwrap_or_else(|| semver::Version::new(1, 2, 3));
        let mut version = if self.dice.percent(70) { known } else { semver::Version::new(1, 2, 2) };
        match self.dice.below(12) {
            0 => version.major = version.major.saturating_add(1),
            1 => version.minor = version.minor.saturating_add(1),
            2 => version.patch = version.patch.saturating_add(1),
            3 => version.minor = version.minor.saturating_sub(1),
            4 => version.patch = version.patch.saturating_sub(1),
            5 => version.major = version.major.saturating_sub(1),
            _ => {}
        }
        let v = self.dice.word(&["", "", "", "v", "v"]);
        let pre = self.dice.word(&["", "", "", "", "", "-rc.1", "-rc.2", "-rc.10", "-alpha", "-1", "-a.b-c", "-rc"]);
        let build = self.dice.word(&["", "", "", "", "+b.7", "+001", "+a.b-c"]);
        match self.dice.below(250) {
            0 => self
                .dice
                .word(&[
                    "1.2",
                    "v",
                    "vv1.2.3",
                    "01.2.3",
                    "1.2.3.4",
                    "99999999999999999999.0.0",
                    "V1.2.3",
                    "1.2.3-",
                    "1.2.3-01",
                    "1.2.3+",
                    "1.2.3-99999999999999999999",
                    "1000000000000000.0.0",
                    "999999999999999.0.0",
                ])
                .to_owned(),
            1 => "18446744073709551615.0.0".to_owned(),
            _ => format!("{v}{version}{pre}{build}"),
        }
    }

    /// An instant at which something changes, or beside it, or some span away from it.
    pub fn instant(&mut self) -> String {
        let at = self.moment();
        self.written(at)
    }

    pub fn moment(&mut self) -> Timestamp {
        let base = if self.dice.percent(80) {
            self.at
        } else {
            self.dice.pick(&self.hints.instants).copied().unwrap_or(self.at)
        };
        let span = match self.dice.below(10) {
            0..6 => self.dice.pick(&self.hints.spans).copied().unwrap_or(3_600_000),
            6 => 0,
            7 => 3_600_000,
            8 => 86_400_000,
            _ => self.dice.between(0, 90 * 86_400_000),
        };
        let signed = if self.dice.percent(85) { span.saturating_neg() } else { span };
        let moved = base.checked_add(SignedDuration::from_millis(signed)).unwrap_or(base);
        let step = self.step();
        Hints::beside(moved, step)
    }

    /// Nothing, a second, or less, to either side; in nanoseconds.
    pub fn step(&mut self) -> i64 {
        match self.dice.below(12) {
            0..6 => 0,
            6 | 7 => -SECOND,
            8 | 9 => SECOND,
            10 => self.dice.pick(&[-1, 1, 1_000_000, -1_000_000, 500_000_000]).copied().unwrap_or(0),
            _ => self.dice.between(-7200, 7200) * SECOND,
        }
    }

    /// An instant as one of many ways to write it.
    pub fn written(&mut self, at: Timestamp) -> String {
        let minutes = match self.dice.below(8) {
            0 => -480,
            1 => 330,
            2 => 60,
            3 => self.dice.between(-1439, 1439),
            _ => 0,
        };
        let offset = Offset::from_seconds(i32::try_from(minutes * 60).unwrap_or(0)).unwrap_or(Offset::UTC);
        let local = at.to_zoned(TimeZone::fixed(offset));
        let end =
            if minutes == 0 && self.dice.percent(80) { "Z".to_owned() } else { local.strftime("%:z").to_string() };
        let fraction = match at.subsec_nanosecond() {
            0 => self.dice.word(&["", "", "", "", ".0", ".000000000"]).to_owned(),
            _ => local.strftime("%.9f").to_string(),
        };
        format!("{}{fraction}{end}", local.strftime("%Y-%m-%dT%H:%M:%S"))
    }

    /// A value of the policy as a request writes it, in one of several ways.
    pub fn literal(&mut self, value: &Value) -> Json {
        match value {
            Value::Bool(b) => (*b).into(),
            Value::Int(i) => (*i).into(),
            Value::Decimal(d) => d.to_f64().and_then(Number::from_f64).map_or(Json::Null, Json::Number),
            Value::Str(s) | Value::Enum(s) => s.as_str().into(),
            Value::Quantity(q) if self.dice.percent(60) => q.to_string().into(),
            Value::Quantity(q) => self.quantity(q.dimension).into(),
            Value::Date(d) => d.to_string().into(),
            Value::Time(seconds) if seconds % 60 == 0 && self.dice.percent(50) => {
                format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60).into()
            }
            Value::Time(seconds) => {
                format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60).into()
            }
            Value::Semver(v) => v.to_string().into(),
            Value::Instant(at) if self.dice.percent(60) => at.timestamp().to_string().into(),
            Value::Instant(at) => self.written(at.timestamp()).into(),
            Value::List(values) => values.iter().map(|v| self.literal(v)).collect(),
            Value::Ref(r) => r.name.as_str().into(),
            _ => Json::Null,
        }
    }
}
