//! Every instant at which anything that a policy looks at can change by itself.

use std::collections::BTreeSet;

use hxp_policy::time::Windows;
use hxp_policy::{Check, Dimension, Environment, Expiry, Expr, Override, Policy, Requirement, TimeSet, Value};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::engine::expressions;
use crate::request::instant;

/// More instants than these are not looked at.
pub const MOST_INSTANTS: usize = 200_000;

/// What of a policy speaks of time.
#[derive(Debug, Default)]
struct Spoken {
    windows: BTreeSet<SmolStr>,
    instants: BTreeSet<Timestamp>,
    /// Lengths of time: of validity, of soaking, until an expiry, and any that an expression mentions.
    lengths: BTreeSet<SignedDuration>,
}

/// The instants between `from` and `to`, in order; `from` is the first. Between two of them nothing changes, as far as the
/// policy compares instants that it knows, moved by lengths that it mentions. `None` when there are more than
/// [`MOST_INSTANTS`].
pub(super) fn all(
    policy: &Policy,
    environment: &Environment,
    request: &Json,
    from: Timestamp,
    to: Timestamp,
) -> Option<Vec<Timestamp>> {
    let spoken = spoken(policy, environment);
    let mut known = spoken.instants;
    dates(request, &mut known);
    let mut found = BTreeSet::from([from]);
    let inside = |at: &Timestamp| from < *at && *at < to;
    let windows = Windows::new(&policy.windows);
    for window in &spoken.windows {
        let changes = windows.changes(&TimeSet::Window(window.clone()), from, to).unwrap_or_default();
        found.extend(changes.into_iter().map(|(at, _)| at));
        (found.len() <= MOST_INSTANTS).then_some(())?;
    }
    let zero = SignedDuration::ZERO;
    for at in known {
        let lengths = spoken.lengths.iter().flat_map(|length| [*length, -*length]).chain([zero]);
        for length in lengths {
            let Ok(at) = at.checked_add(length) else { continue };
            // `<=` ends one step behind the instant, `<` with it.
            let next = at.checked_add(SignedDuration::from_nanos(1)).ok();
            found.extend([Some(at), next].into_iter().flatten().filter(inside));
        }
        (found.len() <= MOST_INSTANTS).then_some(())?;
    }
    Some(found.into_iter().collect())
}

fn spoken(policy: &Policy, environment: &Environment) -> Spoken {
    let mut spoken = Spoken::default();
    for requirement in environment.requirements.iter().chain(environment.rollback_requirements()) {
        spoken.requirement(requirement);
    }
    for o in policy.overrides_of(environment) {
        spoken.lifted(o);
    }
    let valid = environment.properties.at("approvals.valid").and_then(Value::as_millis);
    spoken.lengths.extend(valid.map(|d| SignedDuration::from_millis(d.0)));
    spoken.lengths.extend(policy.gates.values().filter_map(|g| g.valid).map(|d| SignedDuration::from_millis(d.0)));
    spoken
}

impl Spoken {
    fn requirement(&mut self, requirement: &Requirement) {
        match &requirement.check {
            Check::Within(window) => {
                self.windows.insert(window.clone());
            }
            Check::After { soaked, .. } => {
                self.lengths.extend(soaked.map(|d| SignedDuration::from_millis(d.0)));
            }
            Check::Gate(_) | Check::Approve { .. } | Check::Rule { .. } => {}
        }
        expressions(requirement, &mut |expr| self.expression(expr));
    }

    fn lifted(&mut self, o: &Override) {
        match &o.expires {
            Expiry::After(length) => {
                self.lengths.insert(SignedDuration::from_millis(length.0));
            }
            Expiry::On(date) => {
                self.instants.extend(date.to_zoned(jiff::tz::TimeZone::UTC).map(|z| z.timestamp()).ok());
            }
            Expiry::At(at) => {
                self.instants.insert(at.timestamp());
            }
        }
        o.when.iter().for_each(|when| self.expression(when));
        o.requirements.iter().for_each(|requirement| self.requirement(requirement));
    }

    fn expression(&mut self, expr: &Expr) {
        expr.walk(&mut |part| match part {
            Expr::WindowOpen(window) => {
                self.windows.insert(window.clone());
            }
            Expr::Const(value) => self.value(value),
            _ => {}
        });
    }

    fn value(&mut self, value: &Value) {
        let mut todo = vec![value];
        while let Some(value) = todo.pop() {
            match value {
                Value::Instant(at) => {
                    self.instants.insert(at.timestamp());
                }
                Value::Quantity(q) if q.dimension == Dimension::Duration => {
                    self.lengths.extend(q.millis().map(|d| SignedDuration::from_millis(d.0)));
                }
                Value::List(values) => todo.extend(values),
                Value::Range(first, last) => todo.extend([first.as_ref(), last.as_ref()]),
                Value::Record(record) => todo.extend(record.fields.iter().map(|f| &f.value)),
                _ => {}
            }
        }
    }
}

/// Every instant that a request mentions, wherever it stands.
fn dates(request: &Json, found: &mut BTreeSet<Timestamp>) {
    let mut todo = vec![request];
    while let Some(json) = todo.pop() {
        match json {
            Json::String(_) => found.extend(instant(json)),
            Json::Array(elements) => todo.extend(elements),
            Json::Object(fields) => todo.extend(fields.values()),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}
