//! What tests have seen of a policy: each gate open and shut, each approval met and missing, each window a minute before
//! and after its edges. What none has seen is told with a test that would.

use std::collections::HashSet;
use std::hash::BuildHasher;

use hxp_policy::{Check, Environment, Origin, Outcome, Policy, Record, TestCase, Value};
use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;

use super::Suite;
use super::propose;
use crate::approvals::Vote;
use crate::decision::Verdict;
use crate::engine::{Finding, Judgement};

/// A way in which something can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "its word says it")]
pub enum Sight {
    Open,
    Shut,
    Met,
    Missing,
    Holds,
    Broken,
    Reached,
    Waiting,
    BeforeOpening,
    AfterOpening,
    BeforeClosing,
    AfterClosing,
    Fires,
    Quiet,
    InForce,
    NotInForce,
}

impl Sight {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Shut => "shut",
            Self::Met => "met",
            Self::Missing => "missing",
            Self::Holds => "holding",
            Self::Broken => "broken",
            Self::Reached => "met",
            Self::Waiting => "waiting",
            Self::BeforeOpening => "a minute before it opens",
            Self::AfterOpening => "in its first minute",
            Self::BeforeClosing => "in its last minute",
            Self::AfterClosing => "in the minute after it closes",
            Self::Fires => "firing",
            Self::Quiet => "quiet",
            Self::InForce => "in force",
            Self::NotInForce => "not in force",
        }
    }
}

/// Something to be seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// The environment whose decisions show it.
    pub environment: SmolStr,
    /// Its id: `production.gate.coverage`, `production.override.hotfix`.
    pub id: SmolStr,
    /// How.
    pub sight: Sight,
}

/// What was seen, and what was not.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// How many things there are to see.
    pub total: usize,
    /// What no test has seen.
    pub unseen: Vec<Unseen>,
    /// Tests that would see it.
    pub proposals: Vec<TestCase>,
}

/// Something that no test has seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Unseen {
    /// What.
    pub item: Item,
    /// Where the policy says it.
    pub origin: Origin,
    /// The number of the proposed test that would see it; `None` when no such test was found.
    pub proposal: Option<usize>,
}

impl Coverage {
    /// The part that was seen, in percent, rounded down: one thing unseen is less than 100.
    pub fn percent(&self) -> usize {
        let seen = self.total.saturating_sub(self.unseen.len());
        (seen * 100).checked_div(self.total).unwrap_or(100)
    }
}

/// All that there is to see.
pub fn items(policy: &Policy) -> Vec<(Item, Origin)> {
    let mut items: Vec<(Item, Origin)> = Vec::new();
    let mut known = HashSet::new();
    for environment in policy.environments.values() {
        let mut add = |id: SmolStr, sights: &[Sight], origin: Origin| {
            for sight in sights {
                let item = Item { environment: environment.name.clone(), id: id.clone(), sight: *sight };
                if known.insert(item.clone()) {
                    items.push((item, origin));
                }
            }
        };
        for requirement in crate::baseline::all_requirements(policy, environment) {
            add(requirement.id.clone(), sights(&requirement.check), requirement.origin);
        }
        for (id, origin) in watched(policy, environment) {
            add(id, &[Sight::Fires, Sight::Quiet], origin);
        }
        for o in policy.overrides_of(environment) {
            let id = SmolStr::from(format!("{}.override.{}", environment.name, o.name));
            add(id, &[Sight::InForce, Sight::NotInForce], o.origin);
        }
    }
    items
}

fn sights(check: &Check) -> &'static [Sight] {
    match check {
        Check::Gate(_) => &[Sight::Open, Sight::Shut],
        Check::Approve { .. } => &[Sight::Met, Sight::Missing],
        Check::Rule { .. } => &[Sight::Holds, Sight::Broken],
        Check::After { .. } => &[Sight::Reached, Sight::Waiting],
        Check::Within(_) => &[Sight::BeforeOpening, Sight::AfterOpening, Sight::BeforeClosing, Sight::AfterClosing],
    }
}

/// The triggers that can end a stay on which an environment depends.
fn watched(policy: &Policy, environment: &Environment) -> Vec<(SmolStr, Origin)> {
    let mut found = Vec::new();
    for requirement in &environment.requirements {
        let Check::After { environment: other, .. } = &requirement.check else { continue };
        for name in policy.environments.get(other).iter().flat_map(|e| e.triggers.keys()) {
            let origin = policy.triggers.get(name).map_or(requirement.origin, |t| t.origin);
            let id = SmolStr::from(format!("{}.trigger.{other}.{name}", environment.name));
            if !found.contains(&(id.clone(), origin)) {
                found.push((id, origin));
            }
        }
    }
    found
}

/// What one test sees.
pub fn seen(case: &TestCase, judgement: &Judgement<'_>) -> Vec<Item> {
    let environment = judgement.environment;
    let policy = judgement.engine.policy;
    let mut seen: Vec<Item> = Vec::new();
    let mut add = |id: &SmolStr, sight: Sight| {
        seen.push(Item { environment: environment.name.clone(), id: id.clone(), sight });
    };
    for judged in &judgement.judged {
        let id = &judged.requirement.id;
        let met = judged.finding.verdict() == Verdict::Met;
        let either = |yes: Sight, no: Sight| if met { yes } else { no };
        match &judged.finding {
            Finding::Within(window, open) => edges(judgement, window, *open, &mut |sight| add(id, sight)),
            _ if judged.waived_by.is_some() => {}
            Finding::NotApplicable | Finding::Unsure(_) | Finding::Approve(_, Vote::NotApplicable) => {}
            Finding::Gate(..) | Finding::Fact(..) => add(id, either(Sight::Open, Sight::Shut)),
            Finding::Rule(..) => add(id, either(Sight::Holds, Sight::Broken)),
            Finding::After(..) => add(id, either(Sight::Reached, Sight::Waiting)),
            Finding::Approve(..) => add(id, either(Sight::Met, Sight::Missing)),
        }
    }
    let states = case.with.get("triggers").and_then(Value::as_record);
    for (id, _) in watched(policy, environment) {
        let trigger = id.rsplit('.').next().unwrap_or_default();
        let fires = states.and_then(|s| s.get(trigger)).and_then(Value::as_str) == Some("firing");
        add(&id, if fires { Sight::Fires } else { Sight::Quiet });
    }
    for o in policy.overrides_of(environment) {
        let acts = judgement.in_force.iter().any(|other| other.name == o.name);
        let id = SmolStr::from(format!("{}.override.{}", environment.name, o.name));
        add(&id, if acts { Sight::InForce } else { Sight::NotInForce });
    }
    seen
}

/// Whether the instant is within a minute of an edge of a window, and on which side.
fn edges(judgement: &Judgement<'_>, window: &SmolStr, open: bool, add: &mut impl FnMut(Sight)) {
    let minute = SignedDuration::from_mins(1);
    let at = judgement.request.at;
    let beside = |t: Result<Timestamp, jiff::Error>| t.ok().map(|t| judgement.engine.windows.is_open(window, t));
    let before = beside(at.checked_sub(minute));
    let after = beside(at.checked_add(minute));
    match open {
        true if before == Some(false) => add(Sight::AfterOpening),
        false if before == Some(true) => add(Sight::AfterClosing),
        _ => {}
    }
    match open {
        true if after == Some(false) => add(Sight::BeforeClosing),
        false if after == Some(true) => add(Sight::BeforeOpening),
        _ => {}
    }
}

/// What of all that there is no test has seen, with tests that would, each tried.
pub fn coverage<S: BuildHasher>(suite: &Suite<'_, '_>, seen: &HashSet<Item, S>, from: Timestamp) -> Coverage {
    let policy = suite.policy();
    let all = items(policy);
    let total = all.len();
    let mut proposer = propose::Proposer::new(suite, from);
    let mut found: Vec<(TestCase, HashSet<Item>)> = Vec::new();
    let mut unseen = Vec::new();
    for (item, origin) in all.into_iter().filter(|(item, _)| !seen.contains(item)) {
        let known = found.iter().position(|(_, sees)| sees.contains(&item));
        let proposal = known.or_else(|| {
            found.push(proposer.propose(&item)?);
            found.len().checked_sub(1)
        });
        unseen.push(Unseen { item, origin, proposal });
    }
    Coverage { total, unseen, proposals: found.into_iter().map(|(case, _)| case).collect() }
}

/// A test without an expectation.
pub(super) fn bare(environment: &SmolStr, at: jiff::Zoned, with: Record) -> TestCase {
    TestCase {
        title: SmolStr::default(),
        row: None,
        environment: environment.clone(),
        at,
        with,
        expect: Outcome::Allow,
        because: Vec::new(),
        until: None,
        origin: Origin::default(),
    }
}
