//! What gates must have shown: evidence for each that satisfies every condition put to it.

use hxp_policy::{Check, Dimension, Expr, Proof, Type};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

use super::all_requirements;
use super::candidates::{Constants, json, leaves};
use super::draft::{Draft, Evidence};
use super::search::search;
use crate::engine::Engine;
use crate::eval::Facts;
use crate::request::{self, Request, State};

/// How old evidence is, where nothing asks for more or less.
const FRESH: i64 = 60_000;

/// The arguments that take part in making evidence, and every condition put to it.
type Conditions<'p> = (Map<String, Json>, Vec<&'p Expr>);

/// Lets every gate pass.
pub(super) fn satisfy<'p>(engine: &Engine<'p>, draft: &mut Draft<'p>) {
    let Ok(request) = Request::from_json(&draft.request()) else { return };
    let mut asked: IndexMap<(SmolStr, String), Conditions<'p>> = IndexMap::new();
    for requirement in all_requirements(draft.policy, draft.environment) {
        let Check::Gate(used) = &requirement.check else { continue };
        let Some(gate) = draft.policy.gates.get(&used.gate) else { continue };
        if gate.proof == Proof::Facts {
            continue;
        }
        let params: Map<String, Json> = used
            .args
            .iter()
            .filter(|(name, _)| gate.key_params.contains(name))
            .map(|(name, value)| (name.to_string(), json(value)))
            .collect();
        let key = (used.gate.clone(), Json::Object(params.clone()).to_string());
        let (_, predicates) = asked.entry(key).or_insert_with(|| (params, Vec::new()));
        predicates.extend(&used.predicate);
    }
    for ((gate, _), (params, predicates)) in asked {
        let valid = draft.policy.gates.get(&gate).and_then(|g| g.valid).map(|d| d.0);
        let (results, age) = results(engine, &request, valid, &predicates);
        let state = Some(SmolStr::new_static("passed"));
        draft.gates.push(Evidence { gate, params, state, results, age, by: None, issuer: None });
    }
}

/// What is asked of a gate's evidence, and the values each of it may take.
enum Asked<'p> {
    Result(&'p SmolStr, Vec<Json>),
    Age(Vec<i64>),
}

impl Asked<'_> {
    fn choices(&self) -> usize {
        match self {
            Self::Result(_, values) => values.len(),
            Self::Age(ages) => ages.len(),
        }
    }
}

fn results(
    engine: &Engine<'_>,
    request: &Request,
    valid: Option<i64>,
    predicates: &[&Expr],
) -> (Map<String, Json>, i64) {
    let constants = Constants::of(predicates.iter().copied());
    let mut named: IndexMap<&SmolStr, &Type> = IndexMap::new();
    let mut ages = false;
    for predicate in predicates {
        predicate.walk(&mut |e| match e {
            Expr::Result { name, ty } => {
                named.insert(name, ty);
            }
            Expr::Age => ages = true,
            _ => {}
        });
    }
    let mut asked: Vec<Asked<'_>> =
        named.into_iter().map(|(name, ty)| Asked::Result(name, constants.values(ty))).collect();
    if ages {
        let old = constants.amounts(Dimension::Duration).into_iter().filter_map(|n| i64::try_from(n.trunc()).ok());
        let old = old.filter(|age| valid.is_none_or(|valid| *age <= valid));
        asked.push(Asked::Age(std::iter::once(FRESH).chain(old).collect()));
    }
    let mut wanted = Vec::new();
    for predicate in predicates {
        leaves(predicate, true, &mut wanted);
    }
    let choices: Vec<usize> = asked.iter().map(Asked::choices).collect();
    let facts = engine.facts(request);
    let chosen = search(&choices, &mut |choice| {
        let (results, age) = taken(&asked, choice);
        let at = request.at.checked_sub(jiff::SignedDuration::from_millis(age)).ok();
        let results = request::Named::of(&results);
        let evidence = request::Evidence { results, at, state: Some(State::Passed), ..request::Evidence::default() };
        let facts = Facts { evidence: Some(&evidence), ..facts };
        wanted.iter().filter(|(leaf, want)| facts.truth(leaf, None) != Some(*want)).count()
    });
    taken(&asked, &chosen)
}

fn taken(asked: &[Asked<'_>], choice: &[usize]) -> (Map<String, Json>, i64) {
    let mut results = Map::new();
    let mut age = FRESH;
    for (what, choice) in asked.iter().zip(choice) {
        match what {
            Asked::Result(name, values) => {
                if let Some(value) = values.get(*choice) {
                    results.insert(name.to_string(), value.clone());
                }
            }
            Asked::Age(ages) => age = ages.get(*choice).copied().unwrap_or(FRESH),
        }
    }
    (results, age)
}
