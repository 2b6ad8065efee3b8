//! Whether another engine decides as this one does: the decisions compared as JSON, byte for byte but for what cannot be
//! the same.

use serde_json::Value as Json;

use crate::engine::Engine;
use crate::request::Request;

/// The decision on a request, in the form in which it can be compared; `None` when it is malformed, and so there is no
/// decision. Rego does not digest its request.
pub fn reference(engine: &Engine<'_>, request: &Json) -> Option<Json> {
    let request = Request::from_json(request).ok()?;
    let mut decision = serde_json::to_value(engine.decide(&request)).ok()?;
    if let Some(digest) = decision.get_mut("request") {
        *digest = Json::Null;
    }
    Some(decision)
}

/// A place at which two decisions differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// JSON pointer; empty for the whole.
    pub place: String,
    /// What the reference engine says there; null when it says nothing.
    pub ours: Json,
    /// What the other says there.
    pub theirs: Json,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.place.is_empty() { "the decision" } else { self.place.as_str() };
        write!(f, "{place}: the reference engine says {}, the other {}", self.ours, self.theirs)
    }
}

/// What the generated Rego says differently of a request. It refuses what is malformed, of which the reference has no
/// decision; a package of it is about one environment, the reference about all; and an engine that was told no digest of
/// its policy says none.
pub fn differences(ours: Option<&Json>, theirs: &Json) -> Vec<Difference> {
    let first = theirs.pointer("/reasons/0/id").and_then(Json::as_str);
    match (ours, first) {
        (None, Some("engine.request")) | (Some(_), Some("engine.environment")) => Vec::new(),
        (None, _) => vec![Difference { place: String::new(), ours: Json::Null, theirs: theirs.clone() }],
        (Some(ours), _) => {
            let mut found = Vec::new();
            apart("", ours, theirs, &mut found);
            found.retain(|d| d.place != "/policy/digest" || !d.ours.is_null());
            found
        }
    }
}

fn apart(here: &str, ours: &Json, theirs: &Json, found: &mut Vec<Difference>) {
    match (ours, theirs) {
        (Json::Object(a), Json::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k)));
            for key in keys {
                let part = |of: &serde_json::Map<String, Json>| of.get(key).cloned().unwrap_or_default();
                if a.contains_key(key) != b.contains_key(key) {
                    found.push(Difference { place: format!("{here}/{key}"), ours: part(a), theirs: part(b) });
                } else if let (Some(a), Some(b)) = (a.get(key), b.get(key)) {
                    apart(&format!("{here}/{key}"), a, b, found);
                }
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                apart(&format!("{here}/{i}"), a, b, found);
            }
        }
        // Lists of other lengths: what is in one only.
        (Json::Array(a), Json::Array(b)) => {
            let only = |these: &[Json], those: &[Json]| these.iter().filter(|x| !those.contains(x)).cloned().collect();
            found.push(Difference { place: here.to_owned(), ours: only(a, b), theirs: only(b, a) });
        }
        (a, b) if a == b => {}
        (a, b) => found.push(Difference { place: here.to_owned(), ours: a.clone(), theirs: b.clone() }),
    }
}
