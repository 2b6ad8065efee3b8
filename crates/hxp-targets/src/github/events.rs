//! What a deployment answers to: the events of the policy as triggers of a workflow and as conditions for `plan.sh`.

use hxp_policy::{Environment, Event, EventField, EventMatch, Pattern, Value};
use serde_json::json;

/// Whether an environment gets a workflow. One that is only ever deployed by hand, by no named machine and under no
/// requirement, is deployed from a person's own machine: a workflow would have nothing to run on.
pub fn has_workflow(environment: &Environment) -> bool {
    let by_hand = |e: &EventMatch| e.event == Event::Manual;
    environment.runner.is_some()
        || !environment.requirements.is_empty()
        || environment.deploys.iter().flat_map(|d| &d.events).any(|e| !by_hand(e))
}

/// Whether the environment answers to that event.
pub fn answers_to(environment: &Environment, event: Event) -> bool {
    environment.deploys.iter().flat_map(|d| &d.events).any(|e| e.event == event)
}

/// One event with its conditions, as `plan.sh` reads it.
pub fn to_json(event: &EventMatch) -> serde_json::Value {
    let fields: Vec<serde_json::Value> = event
        .fields
        .iter()
        .filter(|f| field_name(f) != "cron")
        .map(|field| match field {
            EventField::Is(name, value) => json!({ "field": name, "is": plain(value) }),
            EventField::Matches(name, pattern) => json!({ "field": name, "matches": regex(pattern) }),
        })
        .collect();
    json!({ "event": event.event.word(), "fields": fields })
}

/// The field that a condition is about.
pub fn field_name(field: &EventField) -> &str {
    match field {
        EventField::Is(name, _) | EventField::Matches(name, _) => name,
    }
}

fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(b) => json!(b),
        Value::Int(n) => json!(n),
        Value::Str(s) | Value::Enum(s) => json!(s),
        other => json!(super::data::spell(other)),
    }
}

/// A pattern as a regular expression that is anchored at both ends: the one that the policy decides by.
pub fn regex(pattern: &Pattern) -> String {
    crate::opa::anchored(pattern)
}

/// The cron lines of an environment's schedules; without one of its own a schedule is daily, at an hour and minute that
/// few others use.
pub fn crons(environment: &Environment) -> Vec<String> {
    let schedules = environment.deploys.iter().flat_map(|d| &d.events).filter(|e| e.event == Event::Schedule);
    let mut all: Vec<String> = schedules
        .map(|event| {
            let cron = event.fields.iter().find_map(|f| match f {
                EventField::Is(name, Value::Str(line)) if name == "cron" => Some(line.to_string()),
                _ => None,
            });
            cron.unwrap_or_else(|| "17 4 * * *".to_owned())
        })
        .collect();
    all.dedup();
    all
}
