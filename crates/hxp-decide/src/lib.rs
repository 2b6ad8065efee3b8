//! What a policy means: the reference engine.
//!
//! A policy is a function from a release attempt to a decision ([`Engine::decide`]), and from a ledger to what is owed.
//! [`Engine::judge`] finds how each requirement stands, without a word; [`Judgement::decision`] says it.
#![warn(clippy::disallowed_methods)]

pub mod agreement;
pub mod approvals;
pub mod baseline;
pub mod decision;
pub mod diff;
pub mod document;
pub mod duties;
pub mod engine;
mod eval;
pub mod evidence;
pub mod explain;
pub mod form;
pub mod json_schema;
pub mod ledger;
pub mod promotion;
mod quantity;
pub mod request;
pub mod sample;
pub mod schema;
pub mod simulate;
pub mod testing;
mod words;

pub use decision::{Decision, Reason, Verdict};
pub use engine::{Engine, Finding, Judged, Judgement};
pub use explain::Explanation;
pub use request::{Malformed, Request};
pub use words::Timing;
