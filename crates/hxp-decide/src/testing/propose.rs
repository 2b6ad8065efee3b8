//! Tests that would see what none has seen yet. Each is tried before it is proposed.

use std::collections::{HashMap, HashSet};

use hxp_policy::model::Expiry;
use hxp_policy::time::Windows;
use hxp_policy::value::Ref;
use hxp_policy::{
    Check, Environment, Expr, Field, Kind, Outcome, Proof, Record, Requirement, TestCase, TimeSet, Value,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;

use super::Suite;
use super::coverage::{Item, Sight, bare, seen};
use crate::baseline::{all_requirements, variations};
use crate::decision::Verdict;
use crate::engine::expressions;

/// Makes tests for things to be seen.
pub(super) struct Proposer<'s, 'p> {
    suite: &'s Suite<'s, 'p>,
    from: Timestamp,
    /// By environment: an instant at which all its windows are open.
    open: HashMap<SmolStr, Timestamp>,
}

impl<'s, 'p> Proposer<'s, 'p> {
    pub fn new(suite: &'s Suite<'s, 'p>, from: Timestamp) -> Self {
        Self { suite, from, open: HashMap::new() }
    }

    /// A test that sees the item, with all that it sees.
    pub fn propose(&mut self, item: &Item) -> Option<(TestCase, HashSet<Item>)> {
        let environment = self.suite.policy().environments.get(&item.environment)?;
        let mut second = None;
        for (at, with) in self.candidates(environment, item) {
            let Some((case, sees, clean)) = self.attempt(environment, item, at, with) else { continue };
            if clean {
                return Some((case, sees));
            }
            second = second.or(Some((case, sees)));
        }
        second
    }

    /// Tries a test. It is clean when the item alone decides: what is good lets through, what is bad is the reason.
    fn attempt(
        &self,
        environment: &Environment,
        item: &Item,
        at: Timestamp,
        with: Record,
    ) -> Option<(TestCase, HashSet<Item>, bool)> {
        let zone = hxp_policy::time::zone(&self.suite.policy().home_zone(environment)).unwrap_or(TimeZone::UTC);
        let mut case = bare(&environment.name, at.to_zoned(zone), with);
        let mut sees = Vec::new();
        let mut because = Vec::new();
        let ran = self.suite.run(&case, &mut |judgement| {
            sees = seen(&case, judgement);
            let worst = worst(judgement.outcome());
            let decides = judgement.judged.iter().filter(|j| j.decides() && Some(j.verdict()) == worst);
            because = decides.map(|j| j.requirement.id.clone()).collect();
        });
        let outcome = ran.found.filter(|_| sees.contains(item))?.outcome;
        let clean = match outcome {
            Outcome::Allow => true,
            _ => because.iter().all(|id| *id == item.id),
        };
        let named = because.iter().find(|id| **id == item.id).or(because.first());
        case.because.extend(named.and_then(|id| id.split_once('.')).map(|(_, local)| SmolStr::from(local)));
        case.expect = outcome;
        case.title = title(item);
        Some((case, sees.into_iter().collect(), clean))
    }

    /// An instant at which all windows of an environment are open.
    fn open(&mut self, environment: &Environment) -> Timestamp {
        if let Some(at) = self.open.get(&environment.name) {
            return *at;
        }
        let windows = environment.requirements.iter().filter_map(|r| match &r.check {
            Check::Within(window) => Some(TimeSet::Window(window.clone())),
            _ => None,
        });
        let all = TimeSet::And(windows.collect());
        let opening = Windows::new(&self.suite.policy().windows).open_from(&all, self.from).ok().flatten();
        let at = opening.unwrap_or(self.from);
        self.open.insert(environment.name.clone(), at);
        at
    }

    /// Instants and differences that may show an item, the plainest first.
    fn candidates(&mut self, environment: &'p Environment, item: &Item) -> Vec<(Timestamp, Record)> {
        let at = self.open(environment);
        let policy = self.suite.policy();
        let none = Record::default();
        if let Some(name) = item.id.split(".override.").nth(1) {
            let Some(o) = policy.overrides.get(name) else { return Vec::new() };
            let after = match &o.expires {
                Expiry::On(date) => date.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp()),
                Expiry::At(end) => Some(end.timestamp()),
                Expiry::After(_) => None,
            };
            let mut candidates = vec![(at, none.clone()), (at, invoke(name))];
            candidates.extend(after.map(|end| (end, none)));
            return candidates;
        }
        if item.id.contains(".trigger.") {
            let trigger = item.id.rsplit('.').next().unwrap_or_default();
            let fires = nested("triggers", trigger, Value::Enum("firing".into()));
            return vec![(at, none), (at, record(vec![fires]))];
        }
        let requirements: Vec<&Requirement> =
            all_requirements(policy, environment).filter(|r| r.id == item.id).collect();
        let mut candidates = Vec::new();
        for requirement in requirements {
            if let Check::Within(window) = &requirement.check {
                candidates.extend(self.edge(window, item.sight).map(|at| (at, none.clone())));
                continue;
            }
            let changes = self.changes(environment, requirement, item.sight);
            for context in self.contexts(environment, requirement) {
                candidates.extend(changes.iter().map(|change| (at, merged(&context, change))));
            }
        }
        candidates
    }

    /// What brings a requirement up at all.
    fn contexts(&self, environment: &Environment, requirement: &Requirement) -> Vec<Record> {
        let policy = self.suite.policy();
        let mut contexts = vec![Record::default()];
        let mut labels: Vec<SmolStr> = Vec::new();
        expressions(requirement, &mut |e| {
            e.walk(&mut |e| match e {
                Expr::HasLabel(label) if !labels.contains(label) => labels.push(label.clone()),
                _ => {}
            });
        });
        let label = |name: &SmolStr| Value::Ref(Ref { kind: Kind::Label, name: name.clone(), args: Vec::new() });
        let with = |labels: Vec<Value>| record(vec![field("labels", Value::List(labels))]);
        contexts.extend(labels.iter().map(|l| with(vec![label(l)])));
        if labels.len() > 1 {
            contexts.push(with(labels.iter().map(label).collect()));
        }
        let of_rollback = environment.rollback_requirements().iter().any(|r| std::ptr::eq(r, requirement));
        if of_rollback {
            let rollback = record(vec![field("action", Value::Enum("rollback".into()))]);
            contexts = contexts.iter().map(|c| merged(&rollback, c)).collect();
        }
        let adds = policy.overrides.values().find(|o| o.requirements.iter().any(|r| std::ptr::eq(r, requirement)));
        if let Some(o) = adds {
            contexts = contexts.iter().map(|c| merged(&invoke(&o.name), c)).collect();
        }
        contexts
    }

    /// What makes a requirement come out as it shall be seen.
    fn changes(&self, environment: &'p Environment, requirement: &'p Requirement, sight: Sight) -> Vec<Record> {
        let mut changes = vec![Record::default()];
        match (&requirement.check, sight) {
            (Check::Gate(used), Sight::Shut) if !self.by_facts(&used.gate) => {
                changes.push(record(vec![nested("gates", &used.gate, Value::Enum("failed".into()))]));
            }
            (Check::Approve { team, .. }, Sight::Missing) => {
                changes.push(record(vec![nested("approvals", team, Value::Int(0))]));
            }
            (Check::Approve { team, seats }, Sight::Met) => {
                let most = seats.iter().map(|s| i64::from(s.count)).max().unwrap_or(1);
                changes.push(record(vec![nested("approvals", team, Value::Int(most))]));
            }
            (Check::After { environment, soaked }, Sight::Waiting) => {
                if let Some(soaked) = soaked.filter(|d| d.0 > 0) {
                    let short = if soaked.0 > 60_000 { soaked.0 - 60_000 } else { 0 };
                    changes.push(record(vec![nested("stays", environment, duration(short))]));
                }
                changes.push(record(vec![field("deployments", Value::List(Vec::new()))]));
            }
            _ => {}
        }
        if matches!(sight, Sight::Broken | Sight::Holds)
            || matches!(&requirement.check, Check::Gate(used) if self.by_facts(&used.gate))
        {
            changes.extend(variations(self.suite.policy(), environment, requirement));
        }
        changes
    }

    fn by_facts(&self, gate: &SmolStr) -> bool {
        self.suite.policy().gates.get(gate).is_some_and(|g| g.proof == Proof::Facts)
    }

    /// An instant within a minute of an edge of a window.
    fn edge(&self, window: &SmolStr, sight: Sight) -> Option<Timestamp> {
        let windows = Windows::new(&self.suite.policy().windows);
        let set = TimeSet::Window(window.clone());
        let minute = SignedDuration::from_mins(1);
        let shut = windows.shut_from(&set, self.from).ok().flatten()?;
        let opening = windows.open_from(&set, shut).ok().flatten()?;
        let closing = || windows.shut_from(&set, opening).ok().flatten();
        match sight {
            Sight::BeforeOpening => opening.checked_sub(minute).ok(),
            Sight::AfterOpening => Some(opening),
            Sight::BeforeClosing => closing()?.checked_sub(minute).ok(),
            _ => closing(),
        }
    }
}

/// The verdict of what decides an outcome.
fn worst(outcome: Outcome) -> Option<Verdict> {
    match outcome {
        Outcome::Deny => Some(Verdict::Failed),
        Outcome::Pending => Some(Verdict::Waiting),
        Outcome::Allow => None,
    }
}

fn title(item: &Item) -> SmolStr {
    let (environment, rest) = item.id.split_once('.').unwrap_or(("", item.id.as_str()));
    let what = rest.replace(['_', '.'], " ");
    format!("{environment}: {what} is {}", item.sight.word()).into()
}

fn field(name: &str, value: Value) -> Field {
    Field { name: name.into(), value, origin: hxp_policy::Origin::default(), doc: None }
}

fn record(fields: Vec<Field>) -> Record {
    Record { fields: fields.into() }
}

fn nested(outer: &str, inner: &str, value: Value) -> Field {
    field(outer, Value::Record(record(vec![field(inner, value)])))
}

fn duration(milliseconds: i64) -> Value {
    Value::Quantity(hxp_policy::Quantity {
        dimension: hxp_policy::Dimension::Duration,
        amount: milliseconds.into(),
        written: None,
    })
}

/// Break-glass is named, in an open incident.
fn invoke(name: &str) -> Record {
    let o = Value::Ref(Ref { kind: Kind::Override, name: name.into(), args: Vec::new() });
    record(vec![field("override", o), nested("incident", "state", Value::Enum("open".into()))])
}

/// Both; where both say something, records are merged and the second wins.
fn merged(first: &Record, second: &Record) -> Record {
    let mut fields = first.fields.to_vec();
    for other in &second.fields {
        match fields.iter_mut().find(|f| f.name == other.name) {
            Some(field) => {
                field.value = match (&field.value, &other.value) {
                    (Value::Record(a), Value::Record(b)) => Value::Record(merged(a, b)),
                    (_, value) => value.clone(),
                };
            }
            None => fields.push(other.clone()),
        }
    }
    record(fields)
}
