//! The request in which everything is satisfied: an ordinary release to which an environment says *allow*, unless the clock
//! speaks against it.
//!
//! A policy test says what differs from it. Every gate has passed, those people approve whom an ordinary release needs, the
//! release was healthy for long enough where it must have been, and the facts are such that the rules hold. There is no
//! incident, no override and no label that the rules do not ask for. What cannot be satisfied is left as it is.

mod candidates;
mod draft;
mod facts;
mod gates;
mod search;
mod text;

use hxp_policy::{Check, Environment, Expr, Policy, Requirement, distinct_seats};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::engine::{Engine, expressions};
use crate::request::Request;

pub(crate) use candidates::json as value_json;
pub use draft::{Draft, Evidence, Voters};
pub(crate) use facts::{give_label, variations};

/// The request in which everything in an environment is satisfied at an instant.
pub fn baseline(policy: &Policy, environment: &Environment, at: Timestamp) -> Json {
    let engine = Engine::new(policy);
    Baseline::new(&engine, environment, at).draft(at).request()
}

/// What satisfies an environment, found once.
#[derive(Clone, Debug)]
pub struct Baseline<'p> {
    draft: Draft<'p>,
    /// Whether it satisfies at any instant as at this one.
    timeless: bool,
}

impl<'p> Baseline<'p> {
    /// Finds what satisfies an environment at an instant.
    pub fn new(engine: &Engine<'p>, environment: &'p Environment, at: Timestamp) -> Self {
        let mut draft = Draft::ordinary(engine.policy, environment, at);
        draft.stays = stays(environment);
        facts::satisfy(engine, &mut draft);
        draft.approvals = approvals(engine, &draft);
        gates::satisfy(engine, &mut draft);
        Self { timeless: timeless(engine.policy, environment), draft }
    }

    /// Whether it satisfies at any instant, as far as it satisfies at all.
    pub fn timeless(&self) -> bool {
        self.timeless
    }

    /// The attempt at an instant, open to changes.
    pub fn draft(&self, at: Timestamp) -> Draft<'p> {
        Draft { at, ..self.draft.clone() }
    }
}

/// Every requirement that can come up in an environment.
pub(crate) fn all_requirements<'p>(
    policy: &'p Policy,
    environment: &'p Environment,
) -> impl Iterator<Item = &'p Requirement> {
    let own = environment.requirements.iter().chain(environment.rollback_requirements());
    own.chain(policy.overrides_of(environment).flat_map(move |o| o.requirements_of(environment)))
}

fn stays(environment: &Environment) -> IndexMap<SmolStr, i64> {
    const HOUR: i64 = 3_600_000;
    let mut stays: IndexMap<SmolStr, i64> = IndexMap::new();
    for requirement in &environment.requirements {
        if let Check::After { environment, soaked } = &requirement.check {
            let long_enough = soaked.map_or(HOUR, |d| d.0.saturating_mul(2).max(HOUR));
            let stay = stays.entry(environment.clone()).or_default();
            *stay = long_enough.max(*stay);
        }
    }
    stays
}

/// How many people of which teams an ordinary release needs.
fn approvals(engine: &Engine<'_>, draft: &Draft<'_>) -> IndexMap<SmolStr, Voters> {
    let mut needed: IndexMap<SmolStr, Voters> = IndexMap::new();
    let Ok(request) = Request::from_json(&draft.request()) else { return needed };
    let facts = engine.facts(&request);
    let binds = |when: &Option<Expr>| when.as_ref().is_none_or(|when| facts.truth(when, None) != Some(false));
    let siblings = &draft.environment.requirements;
    for requirement in siblings.iter().filter(|r| binds(&r.when)) {
        let Check::Approve { team, seats } = &requirement.check else { continue };
        let counts = seats.iter().filter(|seat| binds(&seat.when)).map(|seat| match seat.distinct {
            Some(group) => distinct_seats(group, siblings).get(team).copied().unwrap_or(seat.count),
            None => seat.count,
        });
        let count = counts.max().map_or(0, |n| usize::try_from(n).unwrap_or(usize::MAX));
        if count > 0 {
            needed.insert(team.clone(), Voters::Count(count));
        }
    }
    needed
}

/// Whether no condition asks for the time.
fn timeless(policy: &Policy, environment: &Environment) -> bool {
    let mut asks = false;
    for requirement in all_requirements(policy, environment) {
        expressions(requirement, &mut |e| {
            e.walk(&mut |e| match e {
                Expr::WindowOpen(_) => asks = true,
                Expr::Fact { path, .. } if path.first().is_some_and(|root| root == "at") => asks = true,
                _ => {}
            });
        });
    }
    !asks
}
