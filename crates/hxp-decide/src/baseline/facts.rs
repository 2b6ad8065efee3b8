//! Facts such that the rules hold.

use hxp_policy::facts::FACTS;
use hxp_policy::{Check, Environment, Expr, Field, Label, Origin, Policy, Proof, Record, Requirement, Type, Value};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

use super::candidates::{Constants, leaves};
use super::draft::Draft;
use super::search::search;
use super::text;
use crate::engine::Engine;
use crate::request::{Request, typed};

/// What an ordinary release has none of, whatever the rules say.
const FIXED: [&str; 4] = ["at", "action", "incident", "override"];

/// Changes facts until rules and gates of facts are satisfied, as far as they can be.
pub(super) fn satisfy<'p>(engine: &Engine<'p>, draft: &mut Draft<'p>) {
    unlabelled(engine, draft);
    let goals = Goals::new(draft);
    if goals.wanted.is_empty() {
        return;
    }
    let things = goals.things(draft.policy);
    let choices: Vec<usize> = things.iter().map(|t| t.choices.len() + 1).collect();
    let chosen = search(&choices, &mut |choice| {
        let mut facts = draft.facts.clone();
        take(&things, choice, draft.policy, &mut facts);
        goals.unmet(engine, &Draft { facts, ..draft.clone() })
    });
    take(&things, &chosen, draft.policy, &mut draft.facts);
}

/// What the rules want of the facts.
struct Goals<'p> {
    /// A part of a condition, how it must come out, and when that matters.
    wanted: Vec<(&'p Expr, bool, Vec<&'p Expr>)>,
}

impl<'p> Goals<'p> {
    fn new(draft: &Draft<'p>) -> Self {
        let mut wanted = Vec::new();
        let mut want = |expr: &'p Expr, holds: bool, whens: Vec<&'p Expr>| {
            let mut parts = Vec::new();
            leaves(expr, holds, &mut parts);
            wanted.extend(parts.into_iter().map(|(leaf, holds)| (leaf, holds, whens.clone())));
        };
        for requirement in &draft.environment.requirements {
            let when: Vec<&Expr> = requirement.when.iter().collect();
            match &requirement.check {
                Check::Rule { clauses, .. } => {
                    for clause in clauses {
                        let whens = when.iter().copied().chain(&clause.when).collect();
                        want(&clause.condition, !clause.deny, whens);
                    }
                }
                Check::Gate(used) => {
                    let facts = draft.policy.gates.get(&used.gate).is_some_and(|g| g.proof == Proof::Facts);
                    if let (true, Some(predicate)) = (facts, &used.predicate) {
                        want(predicate, true, when);
                    }
                }
                _ => {}
            }
        }
        Self { wanted }
    }

    fn expressions(&self) -> impl Iterator<Item = &'p Expr> {
        self.wanted.iter().flat_map(|(leaf, _, whens)| std::iter::once(*leaf).chain(whens.iter().copied()))
    }

    fn unmet(&self, engine: &Engine<'_>, draft: &Draft<'_>) -> usize {
        let Ok(request) = Request::from_json(&draft.request()) else { return usize::MAX };
        let facts = engine.facts(&request);
        let met = |(leaf, holds, whens): &&(&Expr, bool, Vec<&Expr>)| {
            facts.truth(leaf, None) == Some(*holds) || whens.iter().any(|when| facts.truth(when, None) == Some(false))
        };
        self.wanted.iter().filter(|goal| !met(goal)).count()
    }

    /// The facts that the rules name, with values to try.
    fn things(&self, policy: &Policy) -> Vec<Thing> {
        let constants = Constants::of(self.expressions());
        let mut paths: IndexMap<&[SmolStr], &Type> = IndexMap::new();
        let mut labels: Vec<&SmolStr> = Vec::new();
        for expr in self.expressions() {
            expr.walk(&mut |e| match e {
                Expr::Fact { path, ty } if path.first().is_some_and(|root| !FIXED.contains(&root.as_str())) => {
                    paths.insert(path, ty);
                }
                Expr::HasLabel(label) if !labels.contains(&label) => labels.push(label),
                _ => {}
            });
        }
        let facts = paths
            .into_iter()
            .map(|(path, ty)| Thing { what: What::Fact(path.to_vec()), choices: constants.values(ty) });
        let labels = labels.into_iter().filter(|l| policy.labels.contains_key(*l));
        facts
            .chain(labels.map(|label| Thing { what: What::Label(label.clone()), choices: vec![Json::Bool(true)] }))
            .collect()
    }
}

/// Something that may be changed; its first choice is to leave it as it is.
struct Thing {
    what: What,
    choices: Vec<Json>,
}

enum What {
    Fact(Vec<SmolStr>),
    Label(SmolStr),
}

fn take(things: &[Thing], choice: &[usize], policy: &Policy, facts: &mut Map<String, Json>) {
    for (thing, choice) in things.iter().zip(choice) {
        let Some(value) = choice.checked_sub(1).and_then(|i| thing.choices.get(i)) else { continue };
        match &thing.what {
            What::Fact(path) => put(facts, path, value),
            What::Label(label) => {
                if let Some(label) = policy.labels.get(label) {
                    give_label(facts, label);
                }
            }
        }
    }
}

fn put(facts: &mut Map<String, Json>, path: &[SmolStr], value: &Json) {
    let Some((last, before)) = path.split_last() else { return };
    let mut here = facts;
    for step in before {
        let below = here.entry(step.as_str()).or_insert_with(|| Json::Object(Map::new()));
        if !below.is_object() {
            *below = Json::Object(Map::new());
        }
        let Json::Object(below) = below else { return };
        here = below;
    }
    here.insert(last.to_string(), value.clone());
}

/// Facts that a requirement reads, each changed to one of the values that are worth trying, as a test says them.
pub(crate) fn variations(policy: &Policy, environment: &Environment, requirement: &Requirement) -> Vec<Record> {
    let mut expressions = Vec::new();
    crate::engine::expressions(requirement, &mut |e| expressions.push(e));
    let goals = Goals { wanted: expressions.into_iter().map(|e| (e, true, Vec::new())).collect() };
    let ordinary = Draft::ordinary(policy, environment, jiff::Timestamp::UNIX_EPOCH).facts;
    let mut singles: Vec<Record> = Vec::new();
    for thing in goals.things(policy) {
        let What::Fact(path) = &thing.what else { continue };
        let Some(ty) = type_of(path) else { continue };
        for choice in &thing.choices {
            let now =
                path.iter().skip(1).try_fold(path.first().and_then(|root| ordinary.get(root.as_str())), |v, step| {
                    Some(v?.get(step.as_str()))
                });
            if now.flatten() == Some(choice) {
                continue;
            }
            singles.extend(typed(choice, &ty).map(|value| nest(path, value)));
        }
    }
    let mut all = singles.clone();
    for (i, first) in singles.iter().enumerate() {
        for second in singles.iter().skip(i + 1).take(MOST_PAIRS) {
            let roots = |r: &Record| r.fields.first().map(|f| f.name.clone());
            if roots(first) != roots(second) && all.len() < MOST_VARIATIONS {
                all.push(Record { fields: first.fields.iter().chain(&second.fields).cloned().collect() });
            }
        }
    }
    all
}

/// Most pairs with one fact, and most in all.
const MOST_PAIRS: usize = 30;
const MOST_VARIATIONS: usize = 400;

fn type_of(path: &[SmolStr]) -> Option<Type> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(FACTS.field(first)?, |ty, step| match ty {
            Type::Record(record) => record.field(step),
            _ => None,
        })
        .cloned()
}

fn nest(path: &[SmolStr], value: Value) -> Record {
    let field = |name: &SmolStr, value| Field { name: name.clone(), value, origin: Origin::default(), doc: None };
    let mut fields = path.iter().rev();
    let innermost = fields.next().map(|name| Record { fields: vec![field(name, value)].into() }).unwrap_or_default();
    fields.fold(innermost, |inner, name| Record { fields: vec![field(name, Value::Record(inner))].into() })
}

/// Makes the change such that it has a label: by a label of its pull request, a file or a message.
pub(crate) fn give_label(facts: &mut Map<String, Json>, label: &Label) {
    let Some(change) = facts.get_mut("change").and_then(Json::as_object_mut) else { return };
    if let Some(name) = &label.pr {
        let first = change.get_mut("pull_requests").and_then(|all| all.get_mut(0));
        if let Some(labels) = first.and_then(|r| r.get_mut("labels")).and_then(Json::as_array_mut) {
            labels.push(name.as_str().into());
            return;
        }
    }
    if let (Some(glob), Some(files)) = (label.files.first(), change.get_mut("files").and_then(Json::as_array_mut)) {
        files.extend(text::paths(glob).into_iter().next().map(Json::from));
        return;
    }
    if let Some(pattern) = &label.commits {
        let first = change.get_mut("commits").and_then(|all| all.get_mut(0)).and_then(Json::as_object_mut);
        if let (Some(commit), Some(message)) = (first, text::beginnings(pattern).into_iter().next()) {
            commit.insert("message".into(), message.into());
        }
    }
}

/// Chooses a file and a message to which no label speaks, as far as there are such.
fn unlabelled(engine: &Engine<'_>, draft: &mut Draft<'_>) {
    const FILES: [&str; 6] = ["src/main", "README.md", "a/b.txt", "main.go", "x", "docs/index.html"];
    const MESSAGES: [&str; 5] = ["Say it better", "refactor: say it better", "x", "1", "Merge"];
    let choices = [FILES.len(), MESSAGES.len()];
    let with = |draft: &Draft<'_>, choice: &[usize]| {
        let mut facts = draft.facts.clone();
        let at = |i: usize| choice.get(i).copied().unwrap_or(0);
        if let (Some(change), Some(file)) = (facts.get_mut("change").and_then(Json::as_object_mut), FILES.get(at(0))) {
            change.insert("files".into(), serde_json::json!([file]));
        }
        let commit = facts.get_mut("change").and_then(|c| c.get_mut("commits")).and_then(|c| c.get_mut(0));
        if let (Some(commit), Some(message)) = (commit.and_then(Json::as_object_mut), MESSAGES.get(at(1))) {
            commit.insert("message".into(), (*message).into());
        }
        facts
    };
    let chosen = search(&choices, &mut |choice| {
        let attempt = Draft { facts: with(draft, choice), ..draft.clone() };
        let Ok(request) = Request::from_json(&attempt.request()) else { return usize::MAX };
        let facts = engine.facts(&request);
        draft.policy.labels.keys().filter(|label| facts.has_label(label) != Some(false)).count()
    });
    draft.facts = with(draft, &chosen);
    draft.unlabelled = draft.facts.get("change").cloned().unwrap_or_default();
}
