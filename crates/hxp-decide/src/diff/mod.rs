//! Two policies beside each other: what the new one lets through that the old one does not, and the other way round.
//!
//! The comparison is exact, not sampled. A decision depends on a request through a finite number of yes-or-no questions
//! (`atoms`); both policies become formulas over the same questions (`encode`, `exprs`), what holds of every request
//! becomes a formula too, and binary decision diagrams tell whether anything is left of "allowed by one and not by the
//! other" (`compare`).

mod atoms;
mod beside;
mod calendar;
mod compare;
mod diagram;
mod encode;
mod exprs;
mod formula;
mod likely;
mod patch;
mod windows;
mod witness;
mod words;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use biodivine_lib_bdd::Bdd;
use hxp_policy::{Origin, Outcome, Policy};
use jiff::Timestamp;
use serde::Serialize;
use smol_str::SmolStr;

use crate::decision::Place;
use crate::engine::Engine;
use crate::request::Action;
use atoms::Side;
use compare::{Compared, Demands, Gap, Way};
use diagram::Diagrams;
use encode::Encoder;
use likely::Likely;
use witness::{Asked, Finder};
use words::{Change, Touches};

/// How the new policy stands to the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Both allow the same.
    Equivalent,
    /// The new one allows less, and nothing that the old one does not.
    Stricter,
    /// The new one allows more, and everything that the old one does.
    Looser,
    /// Each allows something that the other does not, or they could not be compared.
    Incomparable,
}

impl Verdict {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equivalent => "equivalent",
            Self::Stricter => "stricter",
            Self::Looser => "looser",
            Self::Incomparable => "incomparable",
        }
    }

    /// Of both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Equivalent, same) | (same, Self::Equivalent) => same,
            (a, b) if a == b => a,
            _ => Self::Incomparable,
        }
    }

    fn of(ways: &BTreeSet<Way>) -> Self {
        match (ways.contains(&Way::Looser), ways.contains(&Way::Stricter)) {
            (false, false) => Self::Equivalent,
            (true, false) => Self::Looser,
            (false, true) => Self::Stricter,
            (true, true) => Self::Incomparable,
        }
    }
}

/// Two policies beside each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Version of this format: 1.
    pub hxp: u32,
    /// Of all environments together.
    pub verdict: Verdict,
    /// Environments of both, as the new policy orders them; those that are gone come last.
    pub environments: Vec<EnvironmentDiff>,
    /// Differences that do not decide and belong to no environment.
    pub not_part_of_the_decision: Vec<Difference>,
}

/// One environment of both policies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnvironmentDiff {
    /// Its name.
    pub name: SmolStr,
    /// Of all actions together.
    pub verdict: Verdict,
    /// By action; actions that compare alike are one case.
    pub cases: Vec<Case>,
    /// Changes of demands that change nothing about what is decided.
    pub without_effect: Vec<Difference>,
    /// Differences that do not decide.
    pub not_part_of_the_decision: Vec<Difference>,
}

/// How some actions compare in an environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// Which: `deploy`, `config`, `rollback`.
    pub actions: Vec<&'static str>,
    /// How they compare.
    pub verdict: Verdict,
    /// By kind of change, where it matters; kinds that compare alike are together.
    pub kinds: Vec<Kind>,
    /// What is different.
    pub differences: Vec<Difference>,
    /// What could not be compared exactly; then the verdict is `incomparable`.
    pub inexact: Vec<String>,
}

/// Kinds of change that compare alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kind {
    /// By label; `null` is a change without any.
    pub labels: Vec<Option<SmolStr>>,
    /// How they compare.
    pub verdict: Verdict,
}

/// Something that is different.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// In a sentence.
    pub text: String,
    /// What it does to the demands it touches.
    pub verdict: Verdict,
    /// Ids of these demands.
    pub ids: Vec<SmolStr>,
    /// It moves requests between pending and deny only; what is allowed stays.
    pub refusal: bool,
    /// Where the old policy says it.
    pub old: Option<Place>,
    /// Where the new policy says it.
    pub new: Option<Place>,
    /// Requests that show it, each replayed in both policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<Witness>,
    /// For one way in which it differs no such request was found.
    pub unconfirmed: bool,
}

/// A request that one policy allows and the other does not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Witness {
    /// `looser`: the new policy allows it; `stricter`: the old one does.
    pub shows: Verdict,
    /// What it shows, in a line.
    pub title: String,
    /// The request.
    pub request: serde_json::Value,
    /// What the old policy says.
    #[serde(serialize_with = "outcome")]
    pub old: Outcome,
    /// What the new policy says.
    #[serde(serialize_with = "outcome")]
    pub new: Outcome,
    /// A `test` of the language that the new policy passes and the old one fails; `None` when its words do not reach there.
    pub test: Option<String>,
}

impl Witness {
    /// `old: pending, new: allow`
    pub fn sentence(&self) -> String {
        format!("the old policy says {}, the new one {}", self.old.word(), self.new.word())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn outcome<S: serde::Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.word())
}

/// Compares two policies; `around` is an instant near which examples are welcome.
pub fn compare(old: &Policy, new: &Policy, around: Timestamp) -> Comparison {
    let mut names: Vec<SmolStr> = new.environments.keys().cloned().collect();
    names.extend(old.environments.keys().filter(|n| !new.environments.contains_key(*n)).cloned());
    let pair = Pair { old, new, around };
    let environments: Vec<EnvironmentDiff> = names.iter().map(|name| pair.environment(name)).collect();
    let verdict = environments.iter().fold(Verdict::Equivalent, |v, e| v.with(e.verdict));
    let asides = beside::policy(old, new).into_iter().map(|a| pair.aside(a)).collect();
    Comparison { hxp: 1, verdict, environments, not_part_of_the_decision: asides }
}

/// The two policies.
#[derive(Clone, Copy)]
struct Pair<'p> {
    old: &'p Policy,
    new: &'p Policy,
    around: Timestamp,
}

impl Pair<'_> {
    fn environment(self, name: &SmolStr) -> EnvironmentDiff {
        let (before, after) = (self.old.environments.get(name), self.new.environments.get(name));
        let changes = words::changes(self.old, self.new, name);
        let cases = self.cases(name, &changes);
        let seen = |c: &Change| cases.iter().flat_map(|case| &case.differences).any(|d| d.text == c.text);
        let quiet = changes.iter().filter(|c| !seen(c));
        let without_effect = quiet.map(|c| self.difference(c, &[])).collect();
        let asides = match (before, after) {
            (Some(a), Some(b)) => beside::environment(a, b),
            _ => Vec::new(),
        };
        EnvironmentDiff {
            name: name.clone(),
            verdict: cases.iter().fold(Verdict::Equivalent, |v, c| v.with(c.verdict)),
            cases,
            without_effect,
            not_part_of_the_decision: asides.into_iter().map(|a| self.aside(a)).collect(),
        }
    }

    fn cases(self, name: &str, changes: &[Change]) -> Vec<Case> {
        let mut encoder = Encoder::new(self.old, self.new, self.around);
        let before = Demands::of(&mut encoder, Side::Old, self.old.environments.get(name));
        let after = Demands::of(&mut encoder, Side::New, self.new.environments.get(name));
        let actions = [Action::Deploy, Action::Config, Action::Rollback];
        if before == after {
            return vec![equivalent(&actions)];
        }
        let labels = compare::labels(&mut encoder);
        let kinds = compare::kinds(&labels);
        let cells = encoder.calendar.cells(self.old, self.new);
        let care = compare::care(&mut encoder, cells.as_deref());
        let facts = actions.map(|action| compare::circumstances(&mut encoder, action, &before, &after));
        let asked: Vec<_> =
            actions.iter().flat_map(|a| [&after, &before].map(|d| d.for_action(*a))).flatten().collect();
        let asked: Vec<_> = asked.into_iter().map(|d| d.met).collect();
        let Some(mut diagrams) = Diagrams::new(&encoder.formulas, &encoder.questions, &asked) else {
            return vec![too_large(&actions)];
        };
        let mut cases: Vec<(Case, Compared)> = Vec::new();
        let of_deploy = facts.first().cloned();
        for (action, facts) in actions.into_iter().zip(facts) {
            // A change of configuration needs what a deployment needs, unless something asks for the action.
            if action == Action::Config
                && Some(&facts) == of_deploy.as_ref()
                && let Some((deploy, _)) = cases.first_mut()
            {
                deploy.actions.push(action.word());
                continue;
            }
            let demands = (before.for_action(action), after.for_action(action));
            let compared = match diagrams.all(&diagrams.always(), care.iter().copied().chain(facts)) {
                Some(care) => compare::compare(&encoder, &mut diagrams, &care, action, demands, &kinds),
                None => Compared { action, gaps: Vec::new(), kinds: Vec::new(), too_large: true },
            };
            let case = self.case(&compared, changes);
            match cases.iter_mut().find(|(other, _)| other.alike(&case)) {
                Some((other, _)) => other.actions.push(action.word()),
                None => cases.push((case, compared)),
            }
        }
        let engines = (Engine::new(self.old), Engine::new(self.new));
        let asked = OnceCell::new();
        for (case, compared) in &mut cases {
            if compared.gaps.is_empty() {
                continue;
            }
            let (old, new) = asked
                .get_or_init(|| (Asked::new(&engines.0, name, self.around), Asked::new(&engines.1, name, self.around)));
            let finder = Finder {
                encoder: &encoder,
                cells: cells.as_deref().unwrap_or_default(),
                labels: &labels,
                old,
                new,
                before: &before,
                after: &after,
                name,
                around: self.around,
            };
            witnesses(&finder, &diagrams, case, compared);
        }
        cases.into_iter().map(|(case, _)| case).collect()
    }

    fn case(self, compared: &Compared, changes: &[Change]) -> Case {
        if compared.too_large {
            return too_large(&[compared.action]);
        }
        let ways: BTreeSet<Way> = compared.gaps.iter().map(|g| g.way).collect();
        let mut differences = Vec::new();
        let mut told: BTreeSet<&SmolStr> = BTreeSet::new();
        // When other releases can be gone back to, every demand binds other rollbacks: that is one difference.
        let rollback = compared.action == Action::Rollback;
        let keep = changes.iter().find(|c| rollback && c.touches == Touches::Rollbacks);
        for change in changes.iter().filter(|c| keep.is_none() || c.text.starts_with("rollback: ")) {
            let touched: Vec<&Gap> = compared.gaps.iter().filter(|g| change.touches(&g.id)).collect();
            if !touched.is_empty() {
                told.extend(touched.iter().map(|g| &g.id));
                differences.push(self.difference(change, &touched));
            }
        }
        let rest: Vec<&Gap> = compared.gaps.iter().filter(|g| !told.contains(&g.id)).collect();
        if let (Some(keep), false) = (keep, rest.is_empty()) {
            differences.push(self.difference(keep, &rest));
        } else {
            differences.extend(rest.into_iter().map(|gap| self.plain(gap)));
        }
        let verdict = Verdict::of(&ways);
        let mut kinds: Vec<Kind> = Vec::new();
        for (label, ways) in &compared.kinds {
            let verdict = Verdict::of(ways);
            match kinds.iter_mut().find(|k| k.verdict == verdict) {
                Some(kind) => kind.labels.push(label.clone()),
                None => kinds.push(Kind { labels: vec![label.clone()], verdict }),
            }
        }
        if kinds.iter().all(|k| k.verdict == verdict) {
            kinds.clear();
        }
        Case { actions: vec![compared.action.word()], verdict, kinds, differences, inexact: Vec::new() }
    }

    fn difference(self, change: &Change, gaps: &[&Gap]) -> Difference {
        let ways: BTreeSet<Way> = gaps.iter().map(|g| g.way).collect();
        let mut ids: Vec<SmolStr> = gaps.iter().map(|g| g.id.clone()).collect();
        ids.sort();
        ids.dedup();
        Difference {
            text: change.text.clone(),
            verdict: Verdict::of(&ways),
            ids,
            refusal: !gaps.is_empty() && gaps.iter().all(|g| g.refusal),
            old: place(self.old, change.old),
            new: place(self.new, change.new),
            witnesses: Vec::new(),
            unconfirmed: false,
        }
    }

    /// A gap that no change of the text is known for.
    fn plain(self, gap: &Gap) -> Difference {
        let text = match gap.way {
            Way::Looser => format!("{} lets through what it did not", gap.id),
            Way::Stricter => format!("{} no longer lets through what it did", gap.id),
        };
        let at = |policy: &Policy| {
            let all = policy.environments.values().flat_map(|e| e.requirements.iter().chain(e.rollback_requirements()));
            let all = all.chain(policy.overrides.values().flat_map(|o| &o.requirements));
            let origin = all.into_iter().find(|r| r.id == gap.id).map(|r| r.origin);
            place(policy, origin)
        };
        Difference {
            text,
            verdict: Verdict::of(&BTreeSet::from([gap.way])),
            ids: vec![gap.id.clone()],
            refusal: gap.refusal,
            old: at(self.old),
            new: at(self.new),
            witnesses: Vec::new(),
            unconfirmed: false,
        }
    }

    fn aside(self, aside: beside::Aside) -> Difference {
        Difference {
            text: aside.text,
            verdict: Verdict::Equivalent,
            ids: Vec::new(),
            refusal: false,
            old: place(self.old, aside.old),
            new: place(self.new, aside.new),
            witnesses: Vec::new(),
            unconfirmed: false,
        }
    }
}

impl Case {
    /// Whether it is the same but for the actions.
    fn alike(&self, other: &Self) -> bool {
        self.verdict == other.verdict
            && self.kinds == other.kinds
            && self.differences == other.differences
            && self.inexact == other.inexact
    }
}

/// Finds a request for each way in which each difference goes; what is neither shown so nor looked into is told.
fn witnesses(finder: &Finder<'_, '_>, diagrams: &Diagrams<'_>, case: &mut Case, compared: &Compared) {
    let likely = Likely::new(finder);
    let mut inexact: BTreeSet<String> = BTreeSet::new();
    let mut confirmed: BTreeSet<Way> = BTreeSet::new();
    for difference in &mut case.differences {
        for way in [Way::Looser, Way::Stricter] {
            let gaps = || compared.gaps.iter().filter(|g| g.way == way && difference.ids.contains(&g.id));
            if gaps().next().is_none() {
                continue;
            }
            let others = compared.gaps.iter().filter(|g| g.way == way && !difference.ids.contains(&g.id));
            let others: Vec<&Gap> = others.collect();
            let ids: Vec<SmolStr> = others.iter().map(|g| g.id.clone()).collect();
            let found = gaps().find_map(|gap| {
                // Best is a request that shows this difference and no other.
                let alone = |requests: Bdd, other: &&Gap| {
                    let left = diagram::and_not(&requests, &other.requests).filter(|left| !left.is_false());
                    left.unwrap_or(requests)
                };
                let requests = others.iter().fold(gap.requests.clone(), alone);
                let answers = diagrams.nearest(&requests, |var| likely.answer(var))?;
                finder.find(gap, compared.action, &answers, (&difference.text, &ids))
            });
            if let Some(witness) = found {
                difference.witnesses.push(witness);
                confirmed.insert(way);
            } else {
                difference.unconfirmed = true;
                inexact.extend(gaps().flat_map(|g| g.opaque.iter().cloned()));
            }
        }
    }
    // What one policy allows and the other does not is certain where it was shown; that nothing is, always.
    if case.verdict == Verdict::Incomparable && confirmed.len() < 2 {
        case.inexact = inexact.into_iter().collect();
    }
}

fn place(policy: &Policy, origin: Option<Origin>) -> Option<Place> {
    let location = policy.location(origin?);
    Some(Place { file: location.path, line: location.line, column: location.column })
}

fn equivalent(actions: &[Action]) -> Case {
    let actions = actions.iter().map(|a| a.word()).collect();
    Case { actions, verdict: Verdict::Equivalent, kinds: Vec::new(), differences: Vec::new(), inexact: Vec::new() }
}

fn too_large(actions: &[Action]) -> Case {
    let why = "the demands are too many to be compared exactly".to_owned();
    Case { verdict: Verdict::Incomparable, inexact: vec![why], ..equivalent(actions) }
}
