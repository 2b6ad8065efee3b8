//! Types.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::Dimension;

/// The kind of a declaration; one namespace each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the kind word of the language")]
pub enum Kind {
    Policy,
    Team,
    Channel,
    Label,
    Chart,
    Service,
    Image,
    Window,
    Gate,
    Metric,
    Trigger,
    Environment,
    Override,
    Rule,
    Objective,
    Control,
    Test,
    Let,
}

impl Kind {
    /// All kinds, in the order a reader meets them.
    pub const ALL: [Self; 18] = [
        Self::Policy,
        Self::Let,
        Self::Team,
        Self::Channel,
        Self::Label,
        Self::Chart,
        Self::Service,
        Self::Image,
        Self::Window,
        Self::Gate,
        Self::Metric,
        Self::Trigger,
        Self::Environment,
        Self::Override,
        Self::Rule,
        Self::Objective,
        Self::Control,
        Self::Test,
    ];

    /// The kind word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Team => "team",
            Self::Channel => "channel",
            Self::Label => "label",
            Self::Chart => "chart",
            Self::Service => "service",
            Self::Image => "image",
            Self::Window => "window",
            Self::Gate => "gate",
            Self::Metric => "metric",
            Self::Trigger => "trigger",
            Self::Environment => "environment",
            Self::Override => "override",
            Self::Rule => "rule",
            Self::Objective => "objective",
            Self::Control => "control",
            Self::Test => "test",
            Self::Let => "let",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `decimal`
    Decimal,
    /// `string`
    String,
    /// `percent`, `duration`, `bytes`, `cpu`
    Quantity(Dimension),
    /// `time`
    Time,
    /// `date`
    Date,
    /// `instant`
    Instant,
    /// `weekday`
    Weekday,
    /// `semver`
    Semver,
    /// What `~` matches against.
    Pattern,
    /// A PromQL query.
    PromQl,
    /// `list<T>`
    List(Box<Type>),
    /// `set<T>`: a list whose order and repetitions mean nothing.
    Set(Box<Type>),
    /// `range<T>`
    Range(Box<Type>),
    /// A record with known fields.
    Record(Arc<RecordType>),
    /// One of a closed list of words.
    Enum(&'static EnumType),
    /// A declaration of that kind.
    Decl(Kind),
    /// `T?`
    Optional(Box<Type>),
    /// The type of `none` alone.
    None,
    /// Untyped data: configuration values, Kubernetes objects.
    Any,
}

/// A closed enumeration. The compiler owns them; users declare names, not types.
#[derive(Debug, PartialEq, Eq)]
pub struct EnumType {
    /// Its name in messages: `audience`.
    pub name: &'static str,
    /// Its members with what they mean.
    pub members: &'static [(&'static str, &'static str)],
    /// Whether the order of the members is an order (`patch < minor < major`).
    pub ordered: bool,
}

impl EnumType {
    /// The place of a member in the list.
    pub fn position(&self, member: &str) -> Option<usize> {
        self.members.iter().position(|(m, _)| *m == member)
    }
}

/// A record type.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordType {
    /// Its name in messages: `pull request`.
    pub name: SmolStr,
    /// Its fields with their types.
    pub fields: Vec<(SmolStr, Type)>,
}

impl RecordType {
    /// The type of that field.
    pub fn field(&self, name: &str) -> Option<&Type> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, t)| t)
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Decimal => f.write_str("decimal"),
            Self::String => f.write_str("string"),
            Self::Quantity(Dimension::Percent) => f.write_str("percent"),
            Self::Quantity(Dimension::Duration) => f.write_str("duration"),
            Self::Quantity(Dimension::Bytes) => f.write_str("bytes"),
            Self::Quantity(Dimension::Cpu) => f.write_str("cpu"),
            Self::Time => f.write_str("time"),
            Self::Date => f.write_str("date"),
            Self::Instant => f.write_str("instant"),
            Self::Weekday => f.write_str("weekday"),
            Self::Semver => f.write_str("semver"),
            Self::Pattern => f.write_str("pattern"),
            Self::PromQl => f.write_str("promql"),
            Self::List(t) => write!(f, "list<{t}>"),
            Self::Set(t) => write!(f, "set<{t}>"),
            Self::Range(t) => write!(f, "range<{t}>"),
            Self::Record(r) => f.write_str(&r.name),
            Self::Enum(e) => f.write_str(e.name),
            Self::Decl(k) => f.write_str(k.word()),
            Self::Optional(t) => write!(f, "{t}?"),
            Self::None => f.write_str("none"),
            Self::Any => f.write_str("any"),
        }
    }
}
