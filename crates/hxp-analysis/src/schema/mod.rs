//! What each kind of declaration may say: one table, read by the checks, by completion and by the reference.

pub mod enums;
mod kinds;

use hxp_policy::{Dimension, EnumType, Kind, Type};

pub use kinds::{GIVEN_NAMES, ROLLBACK, SCHEMAS};

/// What a property holds.
#[derive(Debug)]
pub enum Shape {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Decimal,
    /// Text.
    String,
    /// A quantity of that dimension.
    Quantity(Dimension),
    /// A version.
    Semver,
    /// A day.
    Date,
    /// An instant.
    Instant,
    /// A glob or a regular expression.
    Pattern,
    /// A PromQL query.
    PromQl,
    /// One of a closed list of words.
    Enum(&'static EnumType),
    /// The name of a declaration.
    Decl(Kind),
    /// The name of a declaration of any kind, or a reference to a requirement.
    Id,
    /// A list.
    List(&'static Shape),
    /// A first and a last.
    Range(&'static Shape),
    /// Named fields.
    Record(&'static [Property]),
    /// Fields of any name, each of that shape.
    Map(&'static Shape),
    /// A word that stands for itself.
    Word,
    /// Typed expressions and records of them, under any names.
    Free,
    /// Configuration: written as it is, typed by the chart if at all.
    Data,
    /// Any of these, the first that fits.
    Either(&'static [Shape]),
    /// `none`.
    None,
}

/// A property that a kind of declaration knows.
#[derive(Debug)]
pub struct Property {
    /// Its key.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// What it means.
    pub doc: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it is when it is not said, in words.
    pub default: &'static str,
}

/// What may stand behind the `=` of a declaration or between its braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// `{ … }`
    Block,
    /// `{ … }`, or nothing
    OptionalBlock,
    /// `= expression`
    Expression,
    /// `{ … }` or `= expression`
    Either,
}

/// What a kind of declaration may say.
#[derive(Debug)]
pub struct KindSchema {
    /// The kind.
    pub kind: Kind,
    /// What it is for.
    pub doc: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
    /// Whether it may have properties of other names, and of which shape.
    pub others: Option<&'static Shape>,
    /// The statements in its block.
    pub statements: &'static [&'static str],
    /// The headers behind its name.
    pub headers: &'static [&'static str],
    /// Whether it may have parameters.
    pub parameters: bool,
    /// Whether a type may follow its name.
    pub typed: bool,
    /// Whether several names may share a body.
    pub several: bool,
    /// Its body.
    pub body: BodyForm,
    /// Attributes it may carry beside `@deprecated`.
    pub attributes: &'static [&'static str],
}

impl KindSchema {
    /// The property of that name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|p| p.name == name)
    }
}

/// The schema of a kind.
pub fn of(kind: Kind) -> &'static KindSchema {
    SCHEMAS.iter().copied().find(|s| s.kind == kind).unwrap_or(&kinds::LET)
}

impl Shape {
    /// The type of its values, when one type says it.
    pub fn ty(&self) -> Option<Type> {
        Some(match self {
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Decimal => Type::Decimal,
            Self::String => Type::String,
            Self::Quantity(d) => Type::Quantity(*d),
            Self::Semver => Type::Semver,
            Self::Date => Type::Date,
            Self::Instant => Type::Instant,
            Self::Pattern => Type::Pattern,
            Self::PromQl => Type::PromQl,
            Self::Enum(e) => Type::Enum(e),
            Self::Decl(k) => Type::Decl(*k),
            Self::List(s) => Type::List(Box::new(s.ty()?)),
            Self::Range(s) => Type::Range(Box::new(s.ty()?)),
            Self::None => Type::None,
            Self::Id | Self::Record(_) | Self::Map(_) | Self::Word | Self::Free | Self::Data | Self::Either(_) => {
                return None;
            }
        })
    }

    /// The shape that a record has in this place, if one may stand there.
    pub fn as_record(&self) -> Option<&Self> {
        match self {
            Self::Record(_) | Self::Map(_) | Self::Free | Self::Data => Some(self),
            Self::Either(shapes) => shapes.iter().find_map(Self::as_record),
            _ => None,
        }
    }

    /// In words, with an article.
    pub fn describe(&self) -> String {
        match self {
            Self::Id => "the id of a requirement or a declaration".into(),
            Self::Record(_) | Self::Map(_) => "a record".into(),
            Self::Word => "a word".into(),
            Self::Free | Self::Data => "a value".into(),
            Self::List(s) => format!("a list of which each is {}", s.describe()),
            Self::Range(s) => format!("a range of which each end is {}", s.describe()),
            Self::Either(shapes) => shapes.iter().map(Self::describe).collect::<Vec<_>>().join(", or "),
            other => other.ty().map_or_else(|| "a value".into(), |t| crate::types::describe(&t)),
        }
    }
}

/// The shape of a whole declaration of a kind.
pub fn root_shape(kind: Kind) -> &'static Shape {
    static ROOTS: std::sync::LazyLock<Vec<(Kind, Shape)>> =
        std::sync::LazyLock::new(|| SCHEMAS.iter().map(|s| (s.kind, Shape::Record(s.properties))).collect());
    ROOTS.iter().find(|(k, _)| *k == kind).map_or(&Shape::Free, |(_, shape)| shape)
}

/// The shape of facts in a test's `given … with`.
pub fn given_shape() -> &'static Shape {
    static GIVEN: std::sync::LazyLock<Shape> = std::sync::LazyLock::new(|| {
        let facts = &hxp_policy::facts::FACTS;
        let mut properties: Vec<Property> = Vec::new();
        for property in kinds::GIVEN {
            let shape = property.shape.shallow();
            properties.push(Property { shape, ..*property });
        }
        for (name, ty) in &facts.fields {
            if kinds::GIVEN.iter().all(|p| p.name != name) {
                properties.push(fact_property(name, ty, true));
            }
        }
        Shape::Record(Vec::leak(properties))
    });
    &GIVEN
}

fn fact_property(name: &str, ty: &Type, top: bool) -> Property {
    let mut shape = of_type(ty);
    if top && matches!(ty, Type::Record(_)) {
        shape = Shape::Either(Vec::leak(vec![shape, Shape::None]));
    }
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    Property { name, shape, doc: "A fact of the request.", required: false, default: "" }
}

/// The shape of values of a fact's type. Made once, when the first test is read.
fn of_type(ty: &Type) -> Shape {
    match ty {
        Type::Bool => Shape::Bool,
        Type::Int => Shape::Int,
        Type::Decimal => Shape::Decimal,
        Type::String => Shape::String,
        Type::Quantity(d) => Shape::Quantity(*d),
        Type::Semver => Shape::Semver,
        Type::Date => Shape::Date,
        Type::Instant => Shape::Instant,
        Type::Enum(e) => Shape::Enum(e),
        Type::Decl(k) => Shape::Decl(*k),
        Type::List(of) | Type::Set(of) => Shape::List(Box::leak(Box::new(of_type(of)))),
        Type::Optional(of) => Shape::Either(Vec::leak(vec![of_type(of), Shape::None])),
        Type::Record(record) => {
            Shape::Record(Vec::leak(record.fields.iter().map(|(n, t)| fact_property(n, t, false)).collect()))
        }
        _ => Shape::Free,
    }
}

impl Shape {
    /// The same shape again; what it contains is shared.
    fn shallow(&'static self) -> Self {
        match self {
            Self::Either(shapes) => Self::Either(shapes),
            Self::Map(of) => Self::Map(of),
            Self::List(of) => Self::List(of),
            Self::Record(properties) => Self::Record(properties),
            Self::Decl(kind) => Self::Decl(*kind),
            _ => Self::Free,
        }
    }
}
