//! What a chart's `values.schema.json` says of a place in `values`.

use hxp_policy::Method;
use serde_json::Value;

use crate::Snapshot;

/// How many references of a schema are followed.
const MOST_STEPS: usize = 64;

/// The keys of a place, each with what it holds.
pub fn keys(snapshot: &Snapshot, environment: Option<&str>, path: &[&str]) -> Vec<(String, String)> {
    let Some((root, place)) = place(snapshot, environment, path) else { return Vec::new() };
    let properties = place.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, of)| (name.clone(), about(follow(root, of)))).collect()
}

/// The values that a place allows, as the language writes them.
pub fn values(snapshot: &Snapshot, environment: Option<&str>, path: &[&str]) -> Vec<String> {
    let Some((_, place)) = place(snapshot, environment, path) else { return Vec::new() };
    let listed = place.get("enum").and_then(Value::as_array).into_iter().flatten();
    let written = |value: &Value| match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let mut values: Vec<String> = listed.filter_map(written).collect();
    if values.is_empty() {
        if place.get("type").and_then(Value::as_str) == Some("boolean") {
            values.extend(["true".to_owned(), "false".to_owned()]);
        }
        values.extend(place.get("default").and_then(written));
    }
    values
}

/// The schema and the part of it that a path reaches.
fn place<'s>(snapshot: &'s Snapshot, environment: Option<&str>, path: &[&str]) -> Option<(&'s Value, &'s Value)> {
    let root = schema(snapshot, environment)?;
    let mut at = follow(root, root);
    for key in path {
        let next = at.get("properties").and_then(|p| p.get(*key)).or_else(|| at.get("additionalProperties"))?;
        at = follow(root, next);
    }
    Some((root, at))
}

/// The schema of the chart with which an environment is deployed, or the only one.
fn schema<'s>(snapshot: &'s Snapshot, environment: Option<&str>) -> Option<&'s Value> {
    let schemas = &snapshot.project.chart_schemas;
    let deployed = environment.and_then(|name| snapshot.project.policy.environments.get(name)).and_then(|e| {
        e.deploys.iter().find_map(|d| match &d.method {
            Method::Helm(helm) => schemas.get(&helm.chart),
            _ => None,
        })
    });
    deployed.or_else(|| schemas.first().map(|(_, schema)| schema))
}

/// What a reference stands for.
fn follow<'s>(root: &'s Value, mut at: &'s Value) -> &'s Value {
    for _ in 0..MOST_STEPS {
        let target = at.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
        match target.and_then(|pointer| root.pointer(pointer)) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

fn about(schema: &Value) -> String {
    let ty = schema.get("type").and_then(Value::as_str).unwrap_or("value");
    match schema.get("description").and_then(Value::as_str) {
        Some(text) => format!("{ty}: {text}"),
        None => ty.to_owned(),
    }
}
