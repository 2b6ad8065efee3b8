//! What of a policy belongs to one environment: asked by every engine and target, so answered in one place.

use indexmap::IndexMap;
use smol_str::SmolStr;

use crate::{Check, Duty, Environment, Override, Policy, Requirement, TimeSet};

/// How many healthy releases one can go back to when the policy does not say.
const KEEP: u32 = 10;

/// Windows may be nested so deeply, as everything else in the language.
const MAX_DEPTH: usize = 200;

impl Policy {
    /// The overrides that are for an environment.
    pub fn overrides_of<'p>(&'p self, environment: &'p Environment) -> impl Iterator<Item = &'p Override> {
        self.overrides.values().filter(|o| o.environments.is_empty() || o.environments.contains(&environment.name))
    }

    /// The zone in which an environment's instants are written: that of its first window, otherwise UTC.
    pub fn home_zone(&self, environment: &Environment) -> SmolStr {
        let window = environment.requirements.iter().find_map(|r| match &r.check {
            Check::Within(window) => Some(window),
            _ => None,
        });
        window.and_then(|name| self.zone_of(name)).unwrap_or(SmolStr::new_static("UTC"))
    }

    /// The zone of the first calendar that a window is made of.
    pub fn zone_of(&self, window: &str) -> Option<SmolStr> {
        self.first_zone(&self.windows.get(window)?.set, 0)
    }

    fn first_zone(&self, set: &TimeSet, depth: usize) -> Option<SmolStr> {
        if depth > MAX_DEPTH {
            return None;
        }
        match set {
            TimeSet::Calendar(calendar) => Some(calendar.zone.clone()),
            TimeSet::Window(name) => self.first_zone(&self.windows.get(name)?.set, depth + 1),
            TimeSet::And(sets) | TimeSet::Or(sets) => sets.iter().find_map(|s| self.first_zone(s, depth + 1)),
            TimeSet::Not(set) => self.first_zone(set, depth + 1),
        }
    }
}

impl Environment {
    /// Whether an id is one of this environment's.
    pub fn owns(&self, id: &str) -> bool {
        id.strip_prefix(self.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
    }

    /// How many healthy releases one can go back to; none without a `rollback` block.
    pub fn keep(&self) -> u32 {
        self.rollback.as_ref().map_or(0, |r| r.keep.unwrap_or(KEEP))
    }

    /// What a rollback needs.
    pub fn rollback_requirements(&self) -> &[Requirement] {
        self.rollback.as_ref().map_or(&[], |r| &r.requirements)
    }
}

impl Override {
    /// What it adds to an environment.
    pub fn requirements_of<'p>(&'p self, environment: &'p Environment) -> impl Iterator<Item = &'p Requirement> {
        self.requirements.iter().filter(|r| environment.owns(&r.id))
    }

    /// What is owed after it in an environment.
    pub fn duties_of<'p>(&'p self, environment: &'p Environment) -> impl Iterator<Item = &'p Duty> {
        self.duties.iter().filter(|d| environment.owns(&d.id))
    }
}

/// Seats by team of the `approve` statement whose places different people must take (see [`crate::Seats::distinct`]),
/// among the requirements that it was lowered to.
pub fn distinct_seats<'p>(group: u32, siblings: impl IntoIterator<Item = &'p Requirement>) -> IndexMap<SmolStr, u32> {
    let mut among: IndexMap<SmolStr, u32> = IndexMap::new();
    for sibling in siblings {
        if let Check::Approve { team, seats } = &sibling.check {
            let count: u32 = seats.iter().filter(|s| s.distinct == Some(group)).map(|s| s.count).sum();
            if count > 0 {
                *among.entry(team.clone()).or_default() += count;
            }
        }
    }
    among
}
