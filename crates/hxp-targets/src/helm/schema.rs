//! The chart's `values.schema.json`: a policy's values are checked against it, or one is made from them.

use std::collections::BTreeSet;

use hxp_diagnostics::{Diagnostic, codes, list_names};
use hxp_policy::{Environment, Origin, Policy, Record, Value};
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, json};

use super::values::record_json;

/// Checks an environment's values; each finding points at the deepest field that is wrong.
pub fn check(environment: &Environment, schema: &serde_json::Value, diagnostics: &mut Vec<Diagnostic>) {
    let Ok(validator) = jsonschema::validator_for(schema) else {
        let message = "the chart's `values.schema.json` is no JSON schema";
        diagnostics.push(Diagnostic::new(codes::CHART_VALUE, environment.origin.span, message));
        return;
    };
    let instance = record_json(&environment.values);
    for error in validator.iter_errors(&instance) {
        let path = segments(error.instance_path().as_str());
        diagnostics.extend(findings(environment, schema, &path, &error));
    }
}

/// The parts of a JSON pointer (RFC 6901).
fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~")).collect()
}

fn findings(
    environment: &Environment,
    schema: &serde_json::Value,
    path: &[String],
    error: &jsonschema::ValidationError<'_>,
) -> Vec<Diagnostic> {
    let shown = |path: &[String]| format!("{}.values.{}", environment.name, path.join("."));
    let at =
        |path: &[String], message: String| Diagnostic::new(codes::CHART_VALUE, origin(environment, path).span, message);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = properties(schema, path);
            let unknown = |name: &String| {
                let inner: Vec<String> = path.iter().chain([name]).cloned().collect();
                let message = format!("the chart knows no value `{}`", inner.join("."));
                at(&inner, message).label("unknown to the chart").suggest(name, known.iter().map(String::as_str))
            };
            unexpected.iter().map(unknown).collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![at(path, format!("the chart needs the value `{}`", shown(&[path, &[name.to_owned()]].concat())))]
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
            let names: Vec<&str> = options.iter().map(String::as_str).collect();
            vec![
                at(path, format!("`{}` is {}, which the chart does not take", shown(path), plain(error.instance())))
                    .help(format!("the chart takes {}", list_names(&names))),
            ]
        }
        ValidationErrorKind::Type { .. } => {
            let wanted = expected_type(schema, path);
            vec![
                at(
                    path,
                    format!("`{}` is {}, but the chart expects {wanted}", shown(path), described(error.instance())),
                )
                .label(format!("the chart expects {wanted}")),
            ]
        }
        _ => vec![at(path, format!("`{}`: the chart refuses the value: {error}", shown(path)))],
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn described(value: &serde_json::Value) -> String {
    let article = match value {
        serde_json::Value::Null => return "none".to_owned(),
        serde_json::Value::Bool(_) => "the truth value",
        serde_json::Value::Number(_) => "the number",
        serde_json::Value::String(_) => "the text",
        serde_json::Value::Array(_) => return "a list".to_owned(),
        serde_json::Value::Object(_) => return "a record".to_owned(),
    };
    format!("{article} {value}")
}

/// The subschema for a path, as far as `properties` and `items` lead.
fn subschema<'a>(schema: &'a serde_json::Value, path: &[String]) -> Option<&'a serde_json::Value> {
    path.iter().try_fold(schema, |at, name| {
        let at = resolve(schema, at);
        let property = at.get("properties").and_then(|p| p.get(name));
        property.or_else(|| at.get("items").filter(|_| name.parse::<usize>().is_ok()))
    })
}

/// Follows a local reference once.
fn resolve<'a>(root: &'a serde_json::Value, at: &'a serde_json::Value) -> &'a serde_json::Value {
    let target = at.get("$ref").and_then(serde_json::Value::as_str).and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(at)
}

fn properties(schema: &serde_json::Value, path: &[String]) -> Vec<String> {
    let at = subschema(schema, path).map(|s| resolve(schema, s));
    let known = at.and_then(|s| s.get("properties")).and_then(serde_json::Value::as_object);
    known.into_iter().flat_map(Map::keys).cloned().collect()
}

fn expected_type(schema: &serde_json::Value, path: &[String]) -> String {
    let word = |name: &str| match name {
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        "string" => "a text".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a record".to_owned(),
        "null" => "`none`".to_owned(),
        other => other.to_owned(),
    };
    let at = subschema(schema, path).map(|s| resolve(schema, s));
    match at.and_then(|s| s.get("type")) {
        Some(serde_json::Value::String(one)) => word(one),
        Some(serde_json::Value::Array(several)) => {
            several.iter().filter_map(|t| t.as_str()).map(word).collect::<Vec<_>>().join(" or ")
        }
        _ => "another type".to_owned(),
    }
}

/// Where the value at a path was said: the deepest field on the way that exists.
fn origin(environment: &Environment, path: &[String]) -> Origin {
    let mut found = environment.values.fields.first().map_or(environment.origin, |_| environment.origin);
    let mut at = Some(Place::Record(&environment.values));
    for name in path {
        at = match at {
            Some(Place::Record(record)) => record.field(name).and_then(|field| {
                found = field.origin;
                place(&field.value)
            }),
            Some(Place::List(items)) => name.parse::<usize>().ok().and_then(|i| items.get(i)).and_then(place),
            None => None,
        };
    }
    found
}

enum Place<'a> {
    Record(&'a Record),
    List(&'a [Value]),
}

fn place(value: &Value) -> Option<Place<'_>> {
    match value {
        Value::Record(record) => Some(Place::Record(record)),
        Value::List(items) => Some(Place::List(items)),
        _ => None,
    }
}

/// A schema that all the environments' values fit, and a slip of the finger does not.
pub fn infer(policy: &Policy, environments: &[&Environment]) -> serde_json::Value {
    let instances: Vec<serde_json::Value> = environments.iter().map(|e| record_json(&e.values)).collect();
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".into(), json!(format!("Helm values of the policy {}", policy.name)));
    schema.insert("$comment".into(), json!("Generated by hxpc from the values of all environments; do not edit."));
    schema.extend(shape(&instances.iter().collect::<Vec<_>>()));
    serde_json::Value::Object(schema)
}

/// What all of the samples have in common.
fn shape(samples: &[&serde_json::Value]) -> Map<String, serde_json::Value> {
    let mut schema = Map::new();
    let types: BTreeSet<&str> = samples.iter().map(|s| type_of(s)).collect();
    // A whole number among decimals is a number.
    let types: Vec<&str> = types.iter().copied().filter(|t| *t != "integer" || !types.contains("number")).collect();
    let named = match types.as_slice() {
        [one] => json!(one),
        several => json!(several),
    };
    schema.insert("type".into(), named);
    let objects: Vec<_> = samples.iter().filter_map(|s| s.as_object()).collect();
    // An empty record on every side is a place for anything, such as a node selector.
    if objects.iter().any(|o| !o.is_empty()) {
        object_shape(&objects, &mut schema);
    }
    let items: Vec<_> = samples.iter().filter_map(|s| s.as_array()).flatten().collect();
    if !items.is_empty() {
        schema.insert("items".into(), serde_json::Value::Object(shape(&items)));
    }
    schema
}

fn object_shape(objects: &[&Map<String, serde_json::Value>], schema: &mut Map<String, serde_json::Value>) {
    let mut names: Vec<&String> = Vec::new();
    for name in objects.iter().flat_map(|o| o.keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let property = |name: &&String| {
        let samples: Vec<_> = objects.iter().filter_map(|o| o.get(*name)).collect();
        ((*name).clone(), serde_json::Value::Object(shape(&samples)))
    };
    let required: Vec<&String> = names.iter().copied().filter(|n| objects.iter().all(|o| o.contains_key(*n))).collect();
    schema.insert("properties".into(), serde_json::Value::Object(names.iter().map(property).collect()));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema.insert("additionalProperties".into(), json!(false));
}

fn type_of(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use hxp_diagnostics::Span;
    use hxp_policy::Field;

    use super::*;

    fn field(name: &str, value: Value, at: u32) -> Field {
        let span = Span { start: at, end: at + 1, ..Span::default() };
        Field { name: name.into(), value, origin: Origin { span, line: at, column: 1 }, doc: None }
    }

    fn environment(replicas: Value) -> Environment {
        let api = Record { fields: vec![field("replicas", replicas, 2)] };
        let values = Record { fields: vec![field("api", Value::Record(api), 1)] };
        Environment { name: "production".into(), values, ..Environment::default() }
    }

    fn found(environment: &Environment, schema: &serde_json::Value) -> Vec<(u32, String)> {
        let mut diagnostics = Vec::new();
        check(environment, schema, &mut diagnostics);
        diagnostics.into_iter().map(|d| (d.primary.span.start, d.message)).collect()
    }

    #[test]
    fn a_value_the_chart_refuses_is_shown_where_it_was_said() {
        let schema = json!({ "properties": { "api": {
            "type": "object", "properties": { "replicas": { "type": "integer", "maximum": 10 } },
            "additionalProperties": false, "required": ["replicas"],
        } } });
        assert_eq!(found(&environment(Value::Int(3)), &schema), []);
        assert_eq!(
            found(&environment(Value::Str("3".into())), &schema),
            [(
                2,
                "`production.values.api.replicas` is the text \"3\", but the chart expects a whole number".to_owned()
            )]
        );
        let misspelt = json!({ "properties": { "api": {
            "properties": { "replica": { "type": "integer" } }, "additionalProperties": false } } });
        let mut diagnostics = Vec::new();
        check(&environment(Value::Int(3)), &misspelt, &mut diagnostics);
        assert_eq!(diagnostics[0].message, "the chart knows no value `api.replicas`");
        assert_eq!(diagnostics[0].fixes[0].title, "write `replica`");
        assert_eq!(found(&environment(Value::Int(11)), &schema).len(), 1);
    }

    #[test]
    fn an_inferred_schema_takes_its_samples_and_not_their_typos() {
        let a = environment(Value::Int(3));
        let mut b = environment(Value::Int(2));
        b.values.fields.push(field("nodeSelector", Value::Record(Record::default()), 3));
        let schema = infer(&Policy::default(), &[&a, &b]);
        assert_eq!(found(&a, &schema), []);
        assert_eq!(found(&b, &schema), []);
        assert_eq!(schema["required"], json!(["api"]));
        assert_eq!(schema["properties"]["nodeSelector"], json!({ "type": "object" }));
        assert_eq!(found(&environment(Value::Bool(true)), &schema).len(), 1);
    }
}
