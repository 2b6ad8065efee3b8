//! What a policy asks about: the constants, patterns, people and spans of time at which its answers change.

use std::collections::BTreeSet;

use hxp_policy::time::Windows;
use hxp_policy::{
    Check, Dimension, Environment, Expiry, Expr, GateUse, Label, Owed, Pattern, Policy, Proof, Quantity, Requirement,
    TimeSet, Type, Value,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::engine::expressions;

/// Nights on which clocks change, days that are not in every year, and ordinary ones: windows are followed from here.
const DAYS: [&str; 11] = [
    "2026-12-01T19:00:00Z",
    "2026-11-01T06:00:00Z",
    "2026-10-25T01:00:00Z",
    "2026-10-03T15:30:00Z",
    "2027-03-14T07:00:00Z",
    "2027-03-28T01:00:00Z",
    "2028-02-29T12:00:00Z",
    "2026-12-31T23:59:59Z",
    "2027-01-04T08:00:00Z",
    "2026-06-15T10:30:00Z",
    "2026-04-05T15:00:00Z",
];

/// The first and the last second that a request may name.
const ENDS: [&str; 2] = ["1980-01-01T00:00:00Z", "2199-12-31T23:59:59Z"];

/// What a policy asks about in one environment.
#[derive(Debug, Default)]
pub(super) struct Hints<'p> {
    pub texts: Vec<SmolStr>,
    pub patterns: Vec<&'p Pattern>,
    pub globs: Vec<&'p SmolStr>,
    pub words: Vec<SmolStr>,
    pub numbers: Vec<Decimal>,
    pub quantities: Vec<Quantity>,
    pub versions: Vec<semver::Version>,
    /// Instants at which something changes.
    pub instants: Vec<Timestamp>,
    /// Spans, in milliseconds, after which something changes.
    pub spans: Vec<i64>,
    pub gates: Vec<&'p GateUse>,
    pub labels: Vec<&'p Label>,
    pub teams: Vec<SmolStr>,
    pub people: Vec<SmolStr>,
    /// Environments that releases are promoted from.
    pub sources: Vec<SmolStr>,
    pub overrides: Vec<SmolStr>,
    pub triggers: Vec<SmolStr>,
    /// Issuers of evidence.
    pub issuers: Vec<SmolStr>,
}

impl<'p> Hints<'p> {
    pub fn new(policy: &'p Policy, environment: &'p Environment) -> Self {
        let mut hints = Self::default();
        let mut windows = BTreeSet::new();
        let overrides: Vec<_> = policy.overrides_of(environment).collect();
        let own = environment.requirements.iter().chain(environment.rollback_requirements());
        let added = overrides.iter().flat_map(|o| o.requirements_of(environment));
        for requirement in own.chain(added) {
            hints.requirement(requirement, &mut windows);
        }
        for o in &overrides {
            hints.overrides.push(o.name.clone());
            hints.expressions(o.when.iter(), &mut windows);
            match &o.expires {
                Expiry::After(length) => hints.spans.push(length.0),
                Expiry::On(date) => {
                    hints.instants.extend(date.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp()));
                }
                Expiry::At(at) => hints.instants.push(at.timestamp()),
            }
        }
        let duties = environment.duties.iter().chain(overrides.iter().flat_map(|o| o.duties_of(environment)));
        for duty in duties {
            hints.spans.push(duty.due.0);
            hints.expressions(duty.when.iter(), &mut windows);
            if let Owed::Gate(gate) = &duty.what {
                hints.gates.push(gate);
            }
        }
        let notices = environment.notices.iter().chain(overrides.iter().flat_map(|o| &o.notices));
        hints.expressions(notices.filter_map(|n| n.when.as_ref()), &mut windows);
        hints.declared(policy);
        hints.spans.extend(environment.properties.at("approvals.valid").and_then(Value::as_millis).map(|d| d.0));
        hints.triggers = environment.triggers.keys().cloned().collect();
        hints.edges(policy, &windows);
        hints
    }

    fn declared(&mut self, policy: &'p Policy) {
        for used in &self.gates {
            let Some(gate) = policy.gates.get(&used.gate) else { continue };
            self.spans.extend(gate.valid.map(|d| d.0));
            self.issuers.extend(gate.properties.get("issuer").and_then(Value::as_str).map(SmolStr::from));
            if let Proof::People(team) = &gate.proof {
                self.teams.push(team.clone());
            }
        }
        self.labels = policy.labels.values().collect();
        self.globs = policy.labels.values().flat_map(|l| &l.files).collect();
        self.teams.sort();
        self.teams.dedup();
        let listed = self.teams.iter().filter_map(|team| policy.teams.get(team)?.members.as_ref());
        self.people = listed.flatten().cloned().collect();
    }

    fn requirement(&mut self, requirement: &'p Requirement, windows: &mut BTreeSet<&'p str>) {
        let mut found: Vec<&'p Expr> = Vec::new();
        expressions(requirement, &mut |e| found.push(e));
        self.expressions(found.into_iter(), windows);
        match &requirement.check {
            Check::Gate(gate) => self.gates.push(gate),
            Check::Approve { team, .. } => self.teams.push(team.clone()),
            Check::After { environment, soaked } => {
                self.sources.push(environment.clone());
                self.spans.extend(soaked.map(|d| d.0));
            }
            Check::Within(window) => {
                windows.insert(window);
            }
            Check::Rule { .. } => {}
        }
    }

    fn expressions(&mut self, exprs: impl Iterator<Item = &'p Expr>, windows: &mut BTreeSet<&'p str>) {
        for expr in exprs {
            expr.walk(&mut |e| match e {
                Expr::Const(value) => self.value(value),
                Expr::Match(_, pattern) => self.patterns.push(pattern),
                Expr::WindowOpen(window) => {
                    windows.insert(window);
                }
                Expr::Compare { ty: Type::Enum(words), .. } => {
                    self.words.extend(words.members.iter().map(|(word, _)| SmolStr::from(*word)));
                }
                _ => {}
            });
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Int(i) => self.numbers.push((*i).into()),
            Value::Decimal(d) => self.numbers.push(*d),
            Value::Str(text) => self.texts.push(text.clone()),
            Value::Enum(word) => self.words.push(word.clone()),
            Value::Quantity(q) => {
                self.quantities.push(q.clone());
                if q.dimension == Dimension::Duration {
                    self.spans.extend(q.millis().map(|d| d.0));
                }
            }
            Value::Semver(v) => self.versions.push(v.clone()),
            Value::Instant(at) => self.instants.push(at.timestamp()),
            Value::List(values) => values.iter().for_each(|v| self.value(v)),
            Value::Range(from, to) => [from, to].into_iter().for_each(|v| self.value(v)),
            Value::Record(record) => record.fields.iter().for_each(|f| self.value(&f.value)),
            _ => {}
        }
    }

    /// Instants at which the windows open or close.
    fn edges(&mut self, policy: &Policy, names: &BTreeSet<&str>) {
        let windows = Windows::new(&policy.windows);
        let days: Vec<Timestamp> = DAYS.iter().filter_map(|day| day.parse().ok()).collect();
        for name in names {
            let set = TimeSet::Window((*name).into());
            let calendars = windows.calendars(&set);
            let dated = calendars.iter().flat_map(|(_, calendar)| {
                let zone = hxp_policy::time::zone(&calendar.zone).unwrap_or(TimeZone::UTC);
                let slots = calendar.open.iter().chain(&calendar.closed).flat_map(|slot| &slot.dates);
                slots.filter_map(move |(from, _)| Some(from.to_zoned(zone.clone()).ok()?.timestamp()))
            });
            for day in days.iter().copied().chain(dated) {
                let opening = windows.open_from(&set, day).ok().flatten();
                let closing = opening.and_then(|t| windows.shut_from(&set, t).ok().flatten());
                let again = closing.and_then(|t| windows.open_from(&set, t).ok().flatten());
                self.instants.extend([opening, closing, again].into_iter().flatten());
            }
        }
        self.instants.extend(days);
        self.instants.extend(ENDS.iter().filter_map(|end| end.parse::<Timestamp>().ok()));
        // Whatever lies outside of what a request may say is of no use.
        let (first, last) = (self.instants.get(self.instants.len() - 2).copied(), self.instants.last().copied());
        if let (Some(first), Some(last)) = (first, last) {
            self.instants.retain(|t| (first..=last).contains(t));
        }
    }

    /// An instant like any other.
    pub fn ordinary() -> Timestamp {
        DAYS.iter().find_map(|day| day.parse().ok()).unwrap_or_default()
    }

    /// An instant at which something changes, or just beside it.
    pub fn beside(at: Timestamp, step: i64) -> Timestamp {
        at.checked_add(SignedDuration::from_nanos(step)).unwrap_or(at)
    }
}
