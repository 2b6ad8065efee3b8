//! The published JSON schemas of requests, decisions and ledgers, made of the tables that the readers check against.

use serde_json::{Map, Value as Json, json};

use crate::form::Form;
use crate::ledger::LEDGER;
use crate::schema::Shape::{Any, Boolean, Instant, Integer, List, Map as Free, Record, Text, Version, Word};
use crate::schema::{Key, REQUEST, Shape};

/// RFC 3339 with an offset, of the years that every engine can reckon with.
const INSTANT: &str = "^(19[89][0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\
                       (\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";

/// A semantic version, perhaps with `v` before it.
const VERSION: &str = "^v?(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$";

/// The form of a request.
pub fn request() -> Json {
    document(&REQUEST, "A request: a release attempt and every fact that is known about it")
}

/// The form of a ledger.
pub fn ledger() -> Json {
    document(&LEDGER, "A ledger: what happened, and what was done since")
}

/// The form of a decision.
pub fn decision() -> Json {
    let form = Form::new("decision", DECISION, DECISION_HAS);
    let mut schema = document(&form, "A decision, and with `hxpc decide` its explanation");
    if let Some(root) = schema.as_object_mut() {
        root.insert("$defs".to_owned(), json!({ "explanation": explanation() }));
    }
    if let Some(items) = schema.pointer_mut("/properties/explanation/items") {
        *items = json!({
            "$ref": "#/$defs/explanation",
            "properties": { "id": { "type": "string", "description": "The id of the reason." } },
            "required": ["id"],
        });
    }
    schema
}

const fn key(path: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { path, shape, nullable: false, doc }
}

const fn or_none(path: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { path, shape, nullable: true, doc }
}

const OUTCOME: Shape = Word("outcome", &["allow", "pending", "deny"]);
const VERDICT: Shape = Word("verdict", &["failed", "waiting", "waived", "advice", "met"]);
const STANDING: [&str; 7] = ["met", "waiting", "failed", "true", "false", "unknown", "value"];

/// All keys of a decision.
pub const DECISION: &[Key] = &[
    key("", Record, "Whether a release may go ahead, and why."),
    key("hxp", Integer, "Version of this format: 1."),
    key("policy", Record, "Which policy decided."),
    key("policy.name", Text, "Its name."),
    or_none("policy.version", Text, "Its version."),
    or_none("policy.digest", Text, "Digest of it."),
    or_none("request", Text, "Digest of the request: of its JSON without white space, keys sorted."),
    or_none("at", Instant, "The instant of the request, as it was written."),
    or_none("environment", Text, "Where."),
    or_none("action", Text, "The action as it was judged: a rollback to no known healthy release is a deploy."),
    key("outcome", OUTCOME, "Go ahead, not yet, or no."),
    or_none("not_before", Instant, "When all that waits for the clock is met; null: time alone will not do."),
    or_none("valid_until", Instant, "The next instant at which time alone changes the outcome."),
    key("reasons", List, "Every requirement with its verdict; sorted by verdict, then id."),
    key("reasons.[]", Record, "A requirement."),
    key("reasons.[].id", Text, "Its lasting id."),
    key("reasons.[].verdict", VERDICT, "How it stands."),
    key("reasons.[].text", Text, "Why, in a sentence."),
    or_none("reasons.[].until", Instant, "When time alone will have met it."),
    key("reasons.[].needs", Record, "What would help."),
    key("reasons.[].needs.approvals", Free, "So many approvals, by team."),
    key("reasons.[].needs.approvals.*", Integer, "How many."),
    or_none("reasons.[].waived_by", Text, "The override that lifts it."),
    key("reasons.[].evidence", List, "Where its evidence can be looked at."),
    key("reasons.[].evidence.[]", Text, "An address."),
    key("reasons.[].source", Record, "Where the policy says it."),
    key("reasons.[].source.file", Text, "Path of the file."),
    key("reasons.[].source.line", Integer, "Line, from 1."),
    key("reasons.[].source.column", Integer, "Column in characters, from 1."),
    key("obligations", List, "What will be owed if this goes ahead."),
    key("obligations.[]", Record, "A duty."),
    key("obligations.[].id", Text, "Its lasting id."),
    key("obligations.[].on", Text, "After which event."),
    key("obligations.[].due", Text, "Within what time of the event."),
    or_none("obligations.[].due_at", Instant, "Until when, if the event is past."),
    or_none("obligations.[].owner", Text, "Which team owes it."),
    key("notify", List, "Who will be told if this goes ahead."),
    key("notify.[]", Record, "A channel and an event."),
    key("notify.[].channel", Text, "Through which channel."),
    key("notify.[].on", Text, "Of which event."),
    or_none("notify.[].due", Text, "Within what time of the event."),
    key("explanation", List, "A tree for each reason, in the same order; of `hxpc decide` only."),
    key("explanation.[]", Record, "Why a requirement stands as it does."),
];

/// What every decision has.
const DECISION_HAS: &[&str] = &[
    "hxp",
    "policy.name",
    "policy.version",
    "policy.digest",
    "request",
    "at",
    "environment",
    "action",
    "outcome",
    "not_before",
    "valid_until",
    "reasons",
    "reasons.[].id",
    "reasons.[].verdict",
    "reasons.[].text",
    "reasons.[].until",
    "reasons.[].waived_by",
    "reasons.[].evidence",
    "reasons.[].source.file",
    "reasons.[].source.line",
    "reasons.[].source.column",
    "obligations",
    "obligations.[].id",
    "obligations.[].on",
    "obligations.[].due",
    "obligations.[].due_at",
    "obligations.[].owner",
    "notify",
    "notify.[].channel",
    "notify.[].on",
    "notify.[].due",
];

/// A node of an explanation, which has nodes for children.
fn explanation() -> Json {
    json!({
        "type": "object",
        "description": "Something that was looked at, with what it came to.",
        "properties": {
            "text": { "type": "string", "description": "What is looked at: a sentence, or an expression of the policy." },
            "standing": { "enum": STANDING, "description": "What it came to." },
            "value": { "type": ["string", "null"], "description": "Its value, or the reason for its standing." },
            "source": {
                "type": ["object", "null"],
                "description": "Where the policy says it.",
                "properties": { "file": { "type": "string" }, "line": { "type": "integer" }, "column": { "type": "integer" } },
                "required": ["file", "line", "column"],
                "additionalProperties": false,
            },
            "children": {
                "type": "array",
                "description": "What made it so.",
                "items": { "$ref": "#/$defs/explanation" },
            },
        },
        "required": ["text", "standing", "value", "source", "children"],
    })
}

fn document(form: &Form, title: &str) -> Json {
    let keys = form.all_keys();
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".to_owned(), title.into());
    if let Some((path, root)) = keys.first() {
        schema.extend(one(form, &keys, path, root));
    }
    Json::Object(schema)
}

/// The schema of a key and of what lies below it.
fn one(form: &Form, keys: &[(String, &Key)], path: &str, key: &Key) -> Map<String, Json> {
    let below: Vec<(&str, Json)> = keys
        .iter()
        .filter_map(|(other, key)| Some((step(path, other)?, Json::Object(one(form, keys, other, key)))))
        .collect();
    let (kind, mut rest) = match key.shape {
        Record => (Some("object"), record(form, path, below)),
        Free => (Some("object"), element("additionalProperties", below)),
        List => (Some("array"), element("items", below)),
        Text => (Some("string"), Map::new()),
        Instant => (Some("string"), object(json!({ "format": "date-time", "pattern": INSTANT }))),
        Version => (Some("string"), object(json!({ "pattern": VERSION }))),
        Boolean => (Some("boolean"), Map::new()),
        Integer if path == "hxp" => (None, object(json!({ "const": 1 }))),
        Integer => (Some("integer"), Map::new()),
        Word(_, words) => {
            let words = words.iter().map(|w| json!(w)).chain(key.nullable.then_some(Json::Null));
            (None, object(json!({ "enum": words.collect::<Vec<_>>() })))
        }
        Any => (None, Map::new()),
    };
    let mut schema = Map::new();
    if let Some(kind) = kind {
        schema.insert("type".to_owned(), if key.nullable { json!([kind, "null"]) } else { json!(kind) });
    }
    schema.insert("description".to_owned(), key.doc.into());
    schema.append(&mut rest);
    schema
}

/// The name of a key that lies directly below a path.
fn step<'o>(path: &str, other: &'o str) -> Option<&'o str> {
    let rest = other.strip_prefix(path)?;
    let name = if path.is_empty() { rest } else { rest.strip_prefix('.')? };
    (!name.is_empty() && !name.contains('.')).then_some(name)
}

fn record(form: &Form, path: &str, below: Vec<(&str, Json)>) -> Map<String, Json> {
    let needed = |name: &str| {
        let whole = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        form.obligatory.iter().any(|o| {
            o.strip_prefix(whole.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && !rest.contains("[]"))
        })
    };
    let required: Vec<&str> = below.iter().map(|(name, _)| *name).filter(|name| needed(name)).collect();
    let mut schema = Map::new();
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    let properties: Map<String, Json> = below.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    schema.insert("properties".to_owned(), Json::Object(properties));
    schema.insert("additionalProperties".to_owned(), false.into());
    schema
}

fn element(word: &str, below: Vec<(&str, Json)>) -> Map<String, Json> {
    below.into_iter().take(1).map(|(_, schema)| (word.to_owned(), schema)).collect()
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}
