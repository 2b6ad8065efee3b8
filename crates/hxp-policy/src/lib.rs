//! The typed, target-neutral policy: what every stage behind the analysis reads.
//!
//! A [`Policy`] is a list of named three-valued [`Requirement`]s an environment, plus configuration, plus what is owed
//! afterwards. Names are resolved, types are checked, inheritance is merged, constants are evaluated; every node knows
//! where in the source it comes from. Nothing here parses, prints or decides.
#![warn(clippy::disallowed_methods)]

pub mod describe;
pub mod expr;
pub mod facts;
pub mod glob;
pub mod graph;
pub mod model;
mod select;
pub mod time;
pub mod ty;
pub mod value;

pub use describe::describe;
pub use expr::{Builtin, CompareOp, Expr};
pub use model::*;
pub use select::distinct_seats;
pub use ty::{EnumType, Kind, RecordType, Type};
pub use value::{Dimension, Field, Fields, Millis, Pattern, Quantity, Record, Value};
