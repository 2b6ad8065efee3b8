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

use crate::baseline::Baseline;
use crate::engine::Engine;

use hints::Hints;

/// Makes requests for one environment of a policy.
#[derive(Debug)]
pub struct Sampler<'p> {
    policy: &'p Policy,
    environment: &'p Environment,
    hints: Hints<'p>,
    baseline: Baseline<'p>,
}

/// Keys that mean the same beside those of another request.
const FREE: [&str; 9] =
    ["change", "previous", "triggers", "incident", "override", "duties", "event", "published_versions", "members"];

impl<'p> Sampler<'p> {
    /// Finds what the policy of an engine asks about in an environment.
    pub fn new(engine: &Engine<'p>, environment: &'p Environment) -> Self {
        let policy = engine.policy();
        let hints = Hints::new(policy, environment);
        let baseline = Baseline::new(engine, environment, Hints::ordinary());
        Self { policy, environment, hints, baseline }
    }

    /// A request, not always well formed.
    pub fn request(&self, dice: &mut Dice) -> Json {
        let mut request = self.whole(dice);
        erosion::erode(&mut request, &self.hints, dice);
        request
    }

    /// A well-formed request from which nothing was taken away: one that is near what the policy asks for, or the one in
    /// which everything is satisfied, with some of its parts from such another.
    pub fn whole(&self, dice: &mut Dice) -> Json {
        let request = parts::request(self.policy, self.environment, &self.hints, dice);
        if dice.percent(60) {
            return request;
        }
        let at = request.get("at").and_then(crate::request::instant).unwrap_or_default();
        let mut satisfied = self.baseline.draft(at).request();
        if let Some(satisfied) = satisfied.as_object_mut() {
            for key in FREE {
                if let Some(part) = request.get(key).filter(|_| dice.percent(12)) {
                    satisfied.insert(key.to_owned(), part.clone());
                }
            }
        }
        satisfied
    }
}
