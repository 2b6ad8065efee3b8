//! The production policy of the example in Cedar: one `permit` whose conditions are those of the environment.
//!
//! Cedar has no windows, no promotion, no counting of votes, no patterns over lists. What it cannot say is worked out
//! beforehand and handed to it as plain facts, which makes its part smaller than ours.

use std::fmt::Write as _;
use std::str::FromStr as _;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use hxp_policy::{Check, Environment, Policy};
use serde_json::{Map, Value, json};

/// A policy and a request that satisfies it.
pub struct Peer {
    policies: PolicySet,
    request: Request,
    entities: Entities,
    authorizer: Authorizer,
}

impl Peer {
    pub fn new(policy: &Policy, environment: &Environment) -> Result<Self, String> {
        let (text, facts) = translate(policy, environment);
        let policies = PolicySet::from_str(&text).map_err(|e| format!("{e}\n{text}"))?;
        let context = Context::from_json_value(facts, None).map_err(|e| e.to_string())?;
        let uid = |text: &str| EntityUid::from_str(text).map_err(|e| e.to_string());
        let request = Request::new(
            uid(r#"User::"ada""#)?,
            uid(r#"Action::"deploy""#)?,
            uid(r#"Environment::"production""#)?,
            context,
            None,
        )
        .map_err(|e| e.to_string())?;
        let peer = Self { policies, request, entities: Entities::empty(), authorizer: Authorizer::new() };
        if peer.decide() { Ok(peer) } else { Err(format!("Cedar does not allow the satisfied request\n{text}")) }
    }

    /// Whether Cedar allows it.
    pub fn decide(&self) -> bool {
        let response = self.authorizer.is_authorized(&self.request, &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }
}

/// The `permit` and the context that satisfies it.
fn translate(policy: &Policy, environment: &Environment) -> (String, Value) {
    let mut conditions: Vec<String> = Vec::new();
    let mut evidence = Map::new();
    let mut approvals = Map::new();
    let mut facts = Map::new();
    let mut applies = Map::new();
    for (number, requirement) in environment.requirements.iter().filter(|r| !r.advisory).enumerate() {
        let mut condition = match &requirement.check {
            Check::Gate(gate) => {
                let name = gate.gate.as_str();
                let mut known = json!({ "state": "passed", "age": 1000 });
                let mut text = format!("context.evidence.{name}.state == \"passed\"");
                if let Some(valid) = policy.gates.get(&gate.gate).and_then(|g| g.valid) {
                    let _ = write!(text, " && context.evidence.{name}.age <= {}", valid.0);
                }
                for (result, _) in policy.gates.get(&gate.gate).into_iter().flat_map(|g| &g.yields) {
                    known[result.as_str()] = json!(100);
                    let _ = write!(text, " && context.evidence.{name}.{result} >= 70");
                }
                evidence.insert(name.to_owned(), known);
                text
            }
            Check::Approve { team, seats } => {
                approvals.insert(team.to_string(), json!(2));
                let seats = seats.iter().map(|seat| format!("context.approvals.{team} >= {}", seat.count));
                seats.collect::<Vec<_>>().join(" && ")
            }
            Check::Within(window) => {
                facts.insert(window.to_string(), json!({ "weekday": 2, "minute": 660, "frozen": false }));
                format!(
                    "context.facts.{window}.weekday >= 2 && context.facts.{window}.weekday <= 4 && \
                     context.facts.{window}.minute >= 600 && context.facts.{window}.minute < 900 && !context.facts.{window}.frozen"
                )
            }
            Check::After { environment, soaked } => {
                facts.insert(environment.to_string(), json!({ "healthy": 7_200_000 }));
                format!("context.facts.{environment}.healthy >= {}", soaked.map_or(0, |d| d.0))
            }
            Check::Rule { rule, clauses } => {
                let clauses = clauses.iter().enumerate().map(|(i, _)| {
                    facts.insert(format!("{rule}{i}"), json!(true));
                    format!("context.facts.{rule}{i}")
                });
                clauses.collect::<Vec<_>>().join(" && ")
            }
        };
        if requirement.when.is_some() {
            applies.insert(format!("r{number}"), json!(false));
            condition = format!("(!context.applies.r{number} || {condition})");
        }
        conditions.push(condition);
    }
    let text = format!(
        "permit(principal, action == Action::\"deploy\", resource == Environment::\"production\") when {{\n  {}\n}};\n",
        conditions.join(" &&\n  ")
    );
    let context = json!({ "evidence": evidence, "approvals": approvals, "facts": facts, "applies": applies });
    (text, context)
}
