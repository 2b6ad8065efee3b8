//! Random well-typed policies, for tests alone: no room of the product uses this one.
//!
//! [`policy`] makes a policy of a seed. It is what the analysis could have made of some text: names are resolved, a place
//! that may be none is asked for only where it is known not to be. Every construct that decides occurs. [`smaller`] gives
//! the policies that are one part smaller, so that a failing case can be made as small as it gets.

mod declarations;
mod exprs;
mod shrink;
mod windows;

use hxp_decide::sample::Dice;
use hxp_policy::Policy;

pub use shrink::smaller;

/// The environment that requests go to.
pub const ENVIRONMENT: &str = "production";

/// The policy of a seed.
pub fn policy(seed: u64) -> Policy {
    declarations::policy(&mut Dice::of(seed, 0))
}
