//! JSON for people: indented by two, keys in the order given.

use serde_json::Value;

/// Writes a document, with a newline at the end.
pub fn document(value: &Value) -> String {
    // A value always prints: its keys are strings and its numbers finite.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
