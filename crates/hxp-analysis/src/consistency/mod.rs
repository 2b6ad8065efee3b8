//! What a policy says against itself.
//!
//! Every check is a small function over the lowered policy with a code of its own; a family of checks is a file. The
//! checks know no syntax: a policy built in any other way is checked alike.

mod controls;
mod deadlines;
mod gates;
mod isolation;
mod logic;
mod people;
mod print;
mod promotion;
mod recovery;
mod rules;
mod triggers;
mod unused;
mod waivers;
mod windows;

use hxp_diagnostics::{Diagnostic, FileId, sort_and_dedup};
use hxp_policy::time::{Interval, Windows, days_after};
use hxp_policy::{Check, Environment, Expiry, Expr, Origin, Override, Policy, Requirement, TimeSet};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rayon::prelude::*;

use crate::mend::{Mend, Mends};

/// What the checks need to know beside the policy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The day on which the policy is read; without it nothing is over and nothing has expired.
    pub today: Option<Date>,
    /// Files of libraries: what they declare need not be used.
    pub library: &'a [FileId],
    /// Whether a declaration without a doc comment is worth a word.
    pub docs: bool,
    /// What can be edited; without it the findings carry no mends.
    pub mends: Option<Mends<'a>>,
}

impl Context<'_> {
    fn is_library(&self, origin: Origin) -> bool {
        self.library.contains(&origin.span.file)
    }

    /// Adds a mend to what was found, if the text can be edited like that.
    fn mend(
        &self,
        found: Diagnostic,
        title: impl Into<String>,
        safe: bool,
        edits: impl FnOnce(&Mends<'_>) -> Mend,
    ) -> Diagnostic {
        match self.mends.as_ref().and_then(edits) {
            Some(edits) => found.fix_all(title, edits, safe),
            None => found,
        }
    }

    /// The first instant of today, UTC, as everywhere that a day alone stands for an instant.
    fn now(&self) -> Option<Timestamp> {
        self.today.and_then(midnight)
    }
}

fn midnight(date: Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|z: Zoned| z.timestamp())
}

/// Everything that is inconsistent in a policy, in the order of its text.
///
/// A policy with errors is incomplete, so that what is left of it may seem unused or unreachable: ask only of a policy
/// that has none.
pub fn check(policy: &Policy, context: &Context<'_>) -> Vec<Diagnostic> {
    type Family = fn(&Policy, &Context<'_>, &mut Found);
    const FAMILIES: [Family; 12] = [
        windows::check,
        rules::check,
        people::check,
        recovery::check,
        gates::check,
        isolation::check,
        controls::check,
        waivers::check,
        promotion::check,
        triggers::check,
        deadlines::check,
        unused::check,
    ];
    let one = |family: &Family| {
        let mut found = Vec::new();
        family(policy, context, &mut found);
        found
    };
    let mut found: Found = if policy.environments.len() < WORTH_THREADS {
        FAMILIES.iter().flat_map(one).collect()
    } else {
        FAMILIES.par_iter().with_max_len(1).flat_map_iter(one).collect()
    };
    sort_and_dedup(&mut found);
    found
}

type Found = Vec<Diagnostic>;

/// Below so many environments the work is done before another thread has woken.
const WORTH_THREADS: usize = 32;

/// Looks at each environment by itself, on all cores when there are many.
fn each_environment(policy: &Policy, found: &mut Found, look: impl Fn(&Environment, &mut Found) + Sync) {
    if policy.environments.len() < WORTH_THREADS {
        for environment in policy.environments.values() {
            look(environment, found);
        }
        return;
    }
    let environments: Vec<&Environment> = policy.environments.values().collect();
    let one = |environments: &[&Environment]| {
        let mut found = Found::new();
        for environment in environments {
            look(environment, &mut found);
        }
        found
    };
    found.extend(environments.par_chunks(64).flat_map_iter(one).collect::<Found>());
}

/// The first instant at which an override is over; `None` when that depends on an incident.
fn end_of(over: &Override) -> Option<Timestamp> {
    match &over.expires {
        Expiry::After(_) => None,
        Expiry::On(date) => midnight(*date),
        Expiry::At(zoned) => Some(zoned.timestamp()),
    }
}

/// Whether a waiver lifts that requirement of the environment, today and without anybody's asking.
fn is_lifted(policy: &Policy, context: &Context<'_>, environment: &Environment, requirement: &Requirement) -> bool {
    let local = requirement.local_id();
    let in_force = |o: &&Override| {
        let over = context.now().zip(end_of(o)).is_some_and(|(now, end)| now >= end);
        o.when.is_none() && !over && (o.environments.is_empty() || o.environments.contains(&environment.name))
    };
    let waivers = policy.overrides.values().filter(in_force).flat_map(|o| &o.waives);
    environment.waives.iter().chain(waivers).any(|w| w.covers(local))
}

/// What a deployment to the environment always needs: advice, what is lifted and what only some changes need left out.
fn binding<'a>(policy: &Policy, context: &Context<'_>, environment: &'a Environment) -> Vec<&'a Requirement> {
    let binds = |r: &&Requirement| {
        !r.advisory && r.when.as_ref().is_none_or(always) && !is_lifted(policy, context, environment, r)
    };
    environment.requirements.iter().filter(binds).collect()
}

fn always(condition: &Expr) -> bool {
    condition.as_bool() == Some(true)
}

/// The windows that must be open for a deployment, with what demands them.
fn windows_of<'a>(
    policy: &Policy,
    context: &Context<'_>,
    environment: &'a Environment,
) -> Vec<(&'a str, &'a Requirement)> {
    let window = |r: &'a Requirement| match &r.check {
        Check::Within(name) => Some((name.as_str(), r)),
        _ => None,
    };
    binding(policy, context, environment).into_iter().filter_map(window).collect()
}

fn all_of(names: &[(&str, &Requirement)]) -> TimeSet {
    TimeSet::And(names.iter().map(|(n, _)| TimeSet::Window((*n).into())).collect())
}

/// The stretch of time in which a set is looked at: from today on, or all that it could mean.
fn horizon(policy: &Policy, context: &Context<'_>, set: &TimeSet) -> Interval {
    match context.now() {
        Some(now) => Interval { start: now, end: days_after(now, hxp_policy::time::PATIENCE_DAYS) },
        None => Windows::new(&policy.windows).whole_calendar(set),
    }
}

/// `a, b and c`, each between backticks.
fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A stretch of time as people say it: `4d 19h`, `45m`.
fn stretch(time: hxp_policy::Millis) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut rest = time.seconds();
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}
