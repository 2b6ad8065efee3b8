//! Expressions that remain when everything known at compile time is evaluated: small total predicates over facts.
//!
//! The meaning is Kleene three-valued: a fact that the request lacks is *unknown*, and so is whatever depends on it.

use smol_str::SmolStr;

use crate::{Type, Value};

/// An expression over the facts of a request (see [`crate::facts`]).
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Known.
    Const(Value),
    /// A fact of the request: `["release", "version"]`. Derived facts (`incident.open`) are facts like others.
    Fact {
        /// Path in the request.
        path: Vec<SmolStr>,
        /// Its type; optional when the request may say `null`.
        ty: Type,
    },
    /// A result that the gate's evidence yields (only in a gate's predicate).
    Result {
        /// The field of `yields`.
        name: SmolStr,
        /// Its type.
        ty: Type,
    },
    /// `age`: how old the gate's evidence is at the instant of the request (only in a gate's predicate).
    Age,
    /// The current value of a metric of the environment (only in triggers and objectives).
    Metric(SmolStr),
    /// `baseline(metric, d)`: its value over the `d` before the current deployment began.
    Baseline {
        /// The metric.
        metric: SmolStr,
        /// How far back, in milliseconds.
        window: crate::Millis,
    },
    /// `change has label`: the three-valued *or* of the label's sources.
    HasLabel(SmolStr),
    /// Whether a window is open at the instant of the request; never unknown.
    WindowOpen(SmolStr),
    /// A bound variable.
    Var {
        /// Its name.
        name: SmolStr,
        /// Its type.
        ty: Type,
    },
    /// A field of a record-typed expression.
    Field {
        /// The record.
        base: Box<Expr>,
        /// The field.
        name: SmolStr,
        /// Its type.
        ty: Type,
    },
    /// An element of a list or a field by computed name; unknown when there is none.
    Index(Box<Expr>, Box<Expr>),
    /// `not e`
    Not(Box<Expr>),
    /// All of them; true when empty.
    And(Vec<Expr>),
    /// Any of them; false when empty.
    Or(Vec<Expr>),
    /// A comparison of two expressions of one type (`Int` beside `Decimal` allowed).
    Compare {
        /// Which.
        op: CompareOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
        /// The common type of the sides.
        ty: Type,
    },
    /// `e in list` or `e in range`
    In(Box<Expr>, Box<Expr>),
    /// `list has e`
    Has(Box<Expr>, Box<Expr>),
    /// `text ~ pattern`
    Match(Box<Expr>, crate::Pattern),
    /// `+ - * /` on numbers or quantities of one dimension (or quantity and number).
    Arith {
        /// Which.
        op: ArithOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
        /// The type of the result.
        ty: Type,
    },
    /// `if c then a else b`; with an unknown condition the common value of the branches, else unknown.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `all x in xs where c: e` and `any`.
    Quantifier {
        /// `true` for `all`.
        all: bool,
        /// The bound name.
        var: SmolStr,
        /// What it ranges over.
        over: Box<Expr>,
        /// `where`; elements of which it is unknown count as perhaps there.
        filter: Option<Box<Expr>>,
        /// What must hold.
        body: Box<Expr>,
    },
    /// `[e for x in xs where c]`
    Map {
        /// The bound name.
        var: SmolStr,
        /// What it ranges over.
        over: Box<Expr>,
        /// `where`.
        filter: Option<Box<Expr>>,
        /// Each element.
        body: Box<Expr>,
    },
    /// A list of expressions not all known.
    List(Vec<Expr>),
    /// A built-in function.
    Call(Builtin, Vec<Expr>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the usual six")]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the usual four")]
pub enum ArithOp {
    Add,
    Sub,
    Mul,
    Div,
}

/// Functions that cannot be written in the language itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `count(list) -> int`
    Count,
    /// `sum(list<T>) -> T`
    Sum,
    /// `min(a, b)`, of numbers or quantities; `min(range)` is its first end.
    Min,
    /// `max(a, b)`; `max(range)` is its last end.
    Max,
    /// `bump(semver, semver) -> same | patch | minor | major`: which part rose.
    Bump,
    /// `support_line(semver, list<semver>) -> latest | previous_minor | older`
    SupportLine,
    /// `lower(string) -> string`
    Lower,
    /// `keys(record) -> list<string>`
    Keys,
}

impl Expr {
    /// The constant truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Const(Value::Bool(b)) => Some(*b),
            _ => None,
        }
    }

    /// Of how many parts it consists, those of its values counted.
    pub fn parts(&self) -> u64 {
        let mut parts = 0_u64;
        self.walk(&mut |e| {
            parts = parts.saturating_add(match e {
                Self::Const(value) => value.parts(),
                _ => 1,
            });
        });
        parts
    }

    /// Calls `visit` on this expression and on every one inside it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        visit(self);
        match self {
            Self::Const(_)
            | Self::Fact { .. }
            | Self::Result { .. }
            | Self::Age
            | Self::Metric(_)
            | Self::Baseline { .. }
            | Self::HasLabel(_)
            | Self::WindowOpen(_)
            | Self::Var { .. } => {}
            Self::Field { base: e, .. } | Self::Not(e) | Self::Match(e, _) => e.walk(visit),
            Self::Index(a, b) | Self::In(a, b) | Self::Has(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Self::Compare { left, right, .. } | Self::Arith { left, right, .. } => {
                left.walk(visit);
                right.walk(visit);
            }
            Self::And(es) | Self::Or(es) | Self::List(es) | Self::Call(_, es) => {
                for e in es {
                    e.walk(visit);
                }
            }
            Self::If(a, b, c) => {
                a.walk(visit);
                b.walk(visit);
                c.walk(visit);
            }
            Self::Quantifier { over, filter, body, .. } | Self::Map { over, filter, body, .. } => {
                over.walk(visit);
                if let Some(filter) = filter {
                    filter.walk(visit);
                }
                body.walk(visit);
            }
        }
    }
}
