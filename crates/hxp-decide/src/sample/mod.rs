//! Requests to try a policy with: random, but near the edges at which its answers change.
//!
//! A [`Sampler`] knows what the policy of one environment asks about ([`hints`]): its constants and patterns, the people
//! of its teams, the edges of its windows, every span after which something grows stale. It builds a request from those
//! ([`parts`]), then takes keys away and puts wrong things in ([`erosion`]). Equal seeds give equal requests.

pub mod dice;
mod erosion;
mod hints;
mod minimal;
mod parts;
mod text;
mod values;

use hxp_policy::{Environment, Policy};
use serde_json::Value as Json;

pub use dice::Dice;
pub use minimal::minimal;
pub(crate) use text::matching;

use hints::Hints;

/// Makes requests for one environment of a policy.
#[derive(Debug)]
pub struct Sampler<'p> {
    policy: &'p Policy,
    environment: &'p Environment,
    hints: Hints<'p>,
}

impl<'p> Sampler<'p> {
    /// Finds what the policy asks about in an environment.
    pub fn new(policy: &'p Policy, environment: &'p Environment) -> Self {
        Self { policy, environment, hints: Hints::new(policy, environment) }
    }

    /// A request, not always well formed.
    pub fn request(&self, dice: &mut Dice) -> Json {
        let mut request = parts::request(self.policy, self.environment, &self.hints, dice);
        erosion::erode(&mut request, &self.hints, dice);
        request
    }

    /// A well-formed request from which nothing was taken away.
    pub fn whole(&self, dice: &mut Dice) -> Json {
        parts::request(self.policy, self.environment, &self.hints, dice)
    }
}
