//! Two sets of demands beside each other: what one of them lets through that the other does not.

use std::collections::BTreeSet;

use biodivine_lib_bdd::Bdd;
use hxp_policy::{Environment, Expr, Policy, Value, describe};
use smol_str::SmolStr;

use super::atoms::{Aspect, Matter, Side};
use super::diagram::{Diagrams, and, and_not, or};
use super::encode::{Demand, Encoder};
use super::exprs::same_label;
use super::formula::{FALSE, Node, Pair, Var};
use crate::request::Action;

/// Which way a difference goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Way {
    /// The new policy lets something through that the old one does not.
    Looser,
    /// The old policy lets something through that the new one does not.
    Stricter,
}

impl Way {
    /// Which policy lets more through.
    pub fn allows(self) -> Side {
        match self {
            Self::Looser => Side::New,
            Self::Stricter => Side::Old,
        }
    }

    /// The other policy.
    pub fn refuses(self) -> Side {
        match self {
            Self::Looser => Side::Old,
            Self::Stricter => Side::New,
        }
    }
}

/// What is let through although a demand of the other policy does not.
pub(super) struct Gap {
    pub way: Way,
    /// The demand that is not met.
    pub id: SmolStr,
    /// Only the refusal differs: what one policy denies, the other leaves pending.
    pub refusal: bool,
    /// The requests.
    pub requests: Bdd,
    /// Expressions in the demand that were not looked into.
    pub opaque: Vec<String>,
}

/// How one action compares in one environment.
pub(super) struct Compared {
    pub action: Action,
    pub gaps: Vec<Gap>,
    /// Kinds of change, by label (`None`: without labels), with the ways in which they differ.
    pub kinds: Vec<(Option<SmolStr>, BTreeSet<Way>)>,
    /// The diagrams grew too large.
    pub too_large: bool,
}

/// The demands of an environment for each action.
#[derive(PartialEq)]
pub(super) struct Demands {
    pub deploy: Vec<Demand>,
    pub rollback: Vec<Demand>,
    /// When a rollback is judged as one.
    recent: Node,
}

impl Demands {
    pub fn of<'p>(encoder: &mut Encoder<'p>, side: Side, environment: Option<&'p Environment>) -> Self {
        let Some(environment) = environment else {
            let unknown = Demand { id: "engine.environment".into(), met: FALSE, failed: super::formula::TRUE };
            return Self { deploy: vec![unknown.clone()], rollback: vec![unknown], recent: FALSE };
        };
        let (deploy, rollback, recent) = encoder.environment(side, environment);
        Self { deploy, rollback, recent }
    }

    pub fn for_action(&self, action: Action) -> &[Demand] {
        if action == Action::Rollback { &self.rollback } else { &self.deploy }
    }
}

/// What holds of every request for an action; `None` when the answers of the clock cannot be told.
pub(super) fn care(encoder: &mut Encoder<'_>, cells: Option<&[super::calendar::Cell]>) -> Vec<Node> {
    let mut care = encoder.questions.axioms(&mut encoder.formulas);
    let Some(cells) = cells else { return care };
    let Some(time) = encoder.questions.matters.iter().position(|m| *m == Matter::Time) else { return care };
    let asked: Vec<(Var, usize)> = encoder
        .questions
        .of(time)
        .filter_map(|(var, a)| if let Aspect::In(moment) = a { Some((var, *moment)) } else { None })
        .collect();
    let mut any = Vec::new();
    for cell in cells {
        let mut all = Vec::new();
        for (var, moment) in &asked {
            let node = encoder.formulas.var(*var);
            let holds = cell.answers.get(*moment).copied().unwrap_or(false);
            all.push(if holds { node } else { encoder.formulas.not(node) });
        }
        any.push(encoder.formulas.and(all));
    }
    care.push(encoder.formulas.or(any));
    care
}

/// What the clock is asked, and how it answers.
pub(super) fn clock(encoder: &Encoder<'_>, answers: &std::collections::HashMap<Var, bool>) -> Vec<(usize, bool)> {
    let Some(time) = encoder.questions.matters.iter().position(|m| *m == Matter::Time) else { return Vec::new() };
    let asked = encoder.questions.of(time).filter_map(|(var, a)| match a {
        Aspect::In(moment) => Some((*moment, answers.get(&var).copied().unwrap_or(false))),
        _ => None,
    });
    asked.collect()
}

/// What is so when an action is judged. A rollback that both policies judge as a deployment is none of its own.
pub(super) fn circumstances(encoder: &mut Encoder<'_>, action: Action, before: &Demands, after: &Demands) -> Vec<Node> {
    let mut nodes = action_is(encoder, action);
    if action == Action::Rollback {
        nodes.push(encoder.formulas.or([before.recent, after.recent]));
    }
    nodes
}

/// What the fact `action` is.
fn action_is(encoder: &mut Encoder<'_>, action: Action) -> Vec<Node> {
    let is_action = |m: &Matter| {
        matches!(m, Matter::Term { expr: Expr::Fact { path, .. }, .. }
            if matches!(path.as_slice(), [only] if only == "action"))
    };
    let Some(matter) = encoder.questions.matters.iter().position(is_action) else { return Vec::new() };
    let answers: Vec<(Var, bool)> = encoder
        .questions
        .of(matter)
        .map(|(var, aspect)| match aspect {
            Aspect::Known => (var, true),
            Aspect::Is(Value::Str(word)) => (var, *word == action.word()),
            _ => (var, false),
        })
        .collect();
    let formulas = &mut encoder.formulas;
    answers
        .into_iter()
        .map(|(var, holds)| {
            let node = formulas.var(var);
            if holds { node } else { formulas.not(node) }
        })
        .collect()
}

/// Every label of both policies, as each sees it.
pub(super) fn labels(encoder: &mut Encoder<'_>) -> Vec<(SmolStr, Side, Pair)> {
    let mut names: Vec<SmolStr> = encoder.new.labels.keys().cloned().collect();
    names.extend(encoder.old.labels.keys().filter(|n| !encoder.new.labels.contains_key(*n)).cloned());
    let mut labels = Vec::new();
    for name in names {
        for side in [Side::Old, Side::New] {
            if encoder.policy(side).labels.contains_key(&name) {
                labels.push((name.clone(), side, encoder.label(&name, side)));
            }
        }
    }
    labels
}

/// The kinds of change: without any label, and with each of them alone. A label that the policies define differently
/// counts where both see it.
pub(super) fn kinds(labels: &[(SmolStr, Side, Pair)]) -> Vec<(Option<SmolStr>, Vec<Node>)> {
    let mut names: Vec<&SmolStr> = labels.iter().map(|(name, ..)| name).collect();
    names.dedup();
    let kind = |label: Option<&SmolStr>| {
        labels.iter().map(|(name, _, pair)| if Some(name) == label { pair.yes } else { pair.no }).collect()
    };
    let mut kinds = vec![(None, kind(None))];
    kinds.extend(names.into_iter().map(|name| (Some(name.clone()), kind(Some(name)))));
    kinds
}

/// Compares the demands of one action.
pub(super) fn compare(
    encoder: &Encoder<'_>,
    diagrams: &mut Diagrams<'_>,
    care: &Bdd,
    action: Action,
    (old, new): (&[Demand], &[Demand]),
    kinds: &[(Option<SmolStr>, Vec<Node>)],
) -> Compared {
    let mut compared = Compared { action, gaps: Vec::new(), kinds: Vec::new(), too_large: false };
    for (way, strict, lax) in [(Way::Looser, old, new), (Way::Stricter, new, old)] {
        match gaps(encoder, diagrams, care, way, strict, lax) {
            Some(found) => compared.gaps.extend(found),
            None => compared.too_large = true,
        }
    }
    if compared.gaps.is_empty() && !compared.too_large {
        for (way, strict, lax) in [(Way::Looser, old, new), (Way::Stricter, new, old)] {
            match refusals(encoder, diagrams, care, way, strict, lax) {
                Some(found) => compared.gaps.extend(found),
                None => compared.too_large = true,
            }
        }
    }
    if !compared.gaps.is_empty() {
        compared.kinds = by_kind(diagrams, &compared.gaps, care, kinds);
    }
    compared
}

/// For each demand of the strict side that the lax side does not make: what passes the lax side without meeting it.
fn gaps(
    encoder: &Encoder<'_>,
    diagrams: &mut Diagrams<'_>,
    care: &Bdd,
    way: Way,
    strict: &[Demand],
    lax: &[Demand],
) -> Option<Vec<Gap>> {
    let made: BTreeSet<Node> = lax.iter().map(|d| d.met).collect();
    let left: Vec<&Demand> = strict.iter().filter(|d| !made.contains(&d.met)).collect();
    if left.is_empty() {
        return Some(Vec::new());
    }
    let allowed = diagrams.all(care, lax.iter().map(|d| d.met))?;
    let mut gaps = Vec::new();
    for (id, demands) in by_id(&left) {
        let mut requests = diagrams.never();
        for demand in &demands {
            let met = diagrams.of(demand.met)?;
            requests = or(&requests, &and_not(&allowed, &met)?)?;
        }
        if !requests.is_false() {
            let opaque = opaque(encoder, demands.iter().map(|d| d.met));
            gaps.push(Gap { way, id, refusal: false, requests, opaque });
        }
    }
    Some(gaps)
}

/// What the strict side denies by a demand, and the lax side leaves pending.
fn refusals(
    encoder: &Encoder<'_>,
    diagrams: &mut Diagrams<'_>,
    care: &Bdd,
    way: Way,
    strict: &[Demand],
    lax: &[Demand],
) -> Option<Vec<Gap>> {
    let made: BTreeSet<Node> = lax.iter().map(|d| d.failed).collect();
    let left: Vec<&Demand> = strict.iter().filter(|d| !made.contains(&d.failed)).collect();
    if left.is_empty() {
        return Some(Vec::new());
    }
    let mut denied = diagrams.never();
    for demand in lax {
        denied = or(&denied, &diagrams.of(demand.failed)?)?;
    }
    let mut gaps = Vec::new();
    for (id, demands) in by_id(&left) {
        let mut requests = diagrams.never();
        for demand in &demands {
            let failed = and(care, &diagrams.of(demand.failed)?)?;
            requests = or(&requests, &and_not(&failed, &denied)?)?;
        }
        if !requests.is_false() {
            let opaque = opaque(encoder, demands.iter().map(|d| d.failed));
            gaps.push(Gap { way, id, refusal: true, requests, opaque });
        }
    }
    Some(gaps)
}

fn by_id<'d>(demands: &[&'d Demand]) -> Vec<(SmolStr, Vec<&'d Demand>)> {
    let mut grouped: Vec<(SmolStr, Vec<&Demand>)> = Vec::new();
    for demand in demands {
        match grouped.iter_mut().find(|(id, _)| *id == demand.id) {
            Some((_, list)) => list.push(demand),
            None => grouped.push((demand.id.clone(), vec![demand])),
        }
    }
    grouped
}

/// Expressions in formulas that are compared by their text alone.
fn opaque(encoder: &Encoder<'_>, nodes: impl Iterator<Item = Node>) -> Vec<String> {
    let mut texts = BTreeSet::new();
    for var in encoder.formulas.asks(nodes) {
        match encoder.questions.matter_of(var) {
            Some(Matter::Truth { expr, .. }) if !plain(expr) => {
                texts.insert(describe(expr));
            }
            Some(Matter::People) => {
                if let Some(Aspect::Whole(text)) = encoder.questions.question(var).map(|q| &q.aspect) {
                    texts.insert(text.clone());
                }
            }
            _ => {}
        }
    }
    texts.into_iter().collect()
}

/// Whether an expression is a fact, or asks whether one is in a list: nothing that differs hides in there.
fn plain(expr: &Expr) -> bool {
    match expr {
        Expr::Fact { .. } | Expr::Result { .. } => true,
        Expr::Has(list, element) => plain(list) && matches!(element.as_ref(), Expr::Const(_)),
        _ => false,
    }
}

fn by_kind(
    diagrams: &mut Diagrams<'_>,
    gaps: &[Gap],
    care: &Bdd,
    kinds: &[(Option<SmolStr>, Vec<Node>)],
) -> Vec<(Option<SmolStr>, BTreeSet<Way>)> {
    let mut told = Vec::new();
    for (label, nodes) in kinds {
        let Some(kind) = diagrams.all(&diagrams.always(), nodes.iter().copied()) else { continue };
        // A label that another one always comes with is no kind of its own.
        if and(care, &kind).is_none_or(|both| both.is_false()) {
            continue;
        }
        let touches = |gap: &&Gap| and(&gap.requests, &kind).is_none_or(|both| !both.is_false());
        told.push((label.clone(), gaps.iter().filter(touches).map(|g| g.way).collect()));
    }
    told
}

/// Labels that both policies have and define differently, with those that only one has.
pub(super) fn changed_labels(old: &Policy, new: &Policy) -> Vec<SmolStr> {
    let mut changed: Vec<SmolStr> = Vec::new();
    for (name, label) in &new.labels {
        if old.labels.get(name).is_none_or(|other| !same_label(label, other)) {
            changed.push(name.clone());
        }
    }
    changed.extend(old.labels.keys().filter(|n| !new.labels.contains_key(*n)).cloned());
    changed
}
