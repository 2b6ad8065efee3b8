//! What a schema expects and what a value is, in words.

use hxp_policy::Value;
use jsonschema::JsonType;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value as Json;

use super::values::text;

/// What the chart takes, to follow "the chart takes"; `None` when a schema says it in a way that has no short words.
pub fn expectation(kind: &ValidationErrorKind) -> Option<String> {
    use ValidationErrorKind as Kind;
    Some(match kind {
        Kind::Type { kind: TypeKind::Single(one) } => type_word(*one).to_owned(),
        Kind::Type { kind: TypeKind::Multiple(several) } => either(several.iter().map(|t| type_word(t).to_owned())),
        Kind::Enum { options } => either(options.as_array().into_iter().flatten().map(literal)),
        Kind::Constant { expected_value } => format!("only {}", literal(expected_value)),
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("a text of at least {}", count(*limit, "character", "characters")),
        Kind::MaxLength { limit } => format!("a text of at most {}", count(*limit, "character", "characters")),
        Kind::Pattern { pattern } => format!("a text that matches `{pattern}`"),
        Kind::Format { format } => format!("a text that is {}", format_word(format)),
        Kind::MinItems { limit } => format!("at least {}", count(*limit, "element", "elements")),
        Kind::MaxItems { limit } => format!("at most {}", count(*limit, "element", "elements")),
        Kind::AdditionalItems { limit } => format!("at most {}", count(*limit as u64, "element", "elements")),
        Kind::UniqueItems => "elements that differ from each other".to_owned(),
        Kind::MinProperties { limit } => format!("at least {}", count(*limit, "key", "keys")),
        Kind::MaxProperties { limit } => format!("at most {}", count(*limit, "key", "keys")),
        Kind::FalseSchema => "nothing here".to_owned(),
        _ => return None,
    })
}

fn type_word(name: JsonType) -> &'static str {
    match name {
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a text",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Array => "a list",
        JsonType::Object => "a record",
        JsonType::Null => "`none`",
    }
}

fn format_word(format: &str) -> String {
    match format {
        "date" => "a date, such as `2026-11-27`".to_owned(),
        "date-time" => "an instant, such as `2026-11-27T15:30:00Z`".to_owned(),
        "duration" => "an ISO 8601 duration, such as `PT5M`".to_owned(),
        "email" => "an e-mail address".to_owned(),
        "hostname" => "a host's name".to_owned(),
        "ipv4" => "an IPv4 address".to_owned(),
        "ipv6" => "an IPv6 address".to_owned(),
        "uri" => "a URI".to_owned(),
        "uuid" => "a UUID".to_owned(),
        "regex" => "a regular expression".to_owned(),
        other => format!("in the format `{other}`"),
    }
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A value of a schema as the language writes it.
fn literal(value: &Json) -> String {
    match value {
        Json::Null => "`none`".to_owned(),
        Json::Array(_) => "a certain list".to_owned(),
        Json::Object(_) => "a certain record".to_owned(),
        other => format!("`{other}`"),
    }
}

/// Alternatives: `a, b or c`.
pub fn either(words: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 12;
    let mut distinct: Vec<String> = Vec::new();
    for word in words {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    if distinct.len() > MOST {
        let more = distinct.len() - MOST;
        distinct.truncate(MOST);
        return format!("{} or one of {more} more", distinct.join(", "));
    }
    match distinct.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// What a value is: as the policy says it, and what comes of it in the values file when that looks different.
pub fn described(said: Option<&Value>, json: &Json) -> String {
    match (said, json) {
        (Some(Value::Quantity(quantity)), Json::String(written)) => {
            let said = quantity.to_string();
            if said == *written { format!("the text `{said}`") } else { format!("`{said}`, the text `\"{written}\"`") }
        }
        (Some(value @ (Value::Date(_) | Value::Time(_) | Value::Semver(_) | Value::Instant(_))), Json::String(_)) => {
            format!("the text `\"{}\"`", text(value))
        }
        (_, Json::Null) => "`none`".to_owned(),
        (_, Json::String(s)) if s.chars().count() > 60 => "a long text".to_owned(),
        (_, Json::String(_)) => format!("the text `{json}`"),
        (_, Json::Bool(_) | Json::Number(_)) => format!("`{json}`"),
        (_, Json::Array(items)) if items.is_empty() => "an empty list".to_owned(),
        (_, Json::Array(items)) => format!("a list of {}", count(items.len() as u64, "element", "elements")),
        (_, Json::Object(_)) => "a record".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives() {
        for (words, text) in [
            (&[][..], "nothing"),
            (&["a"], "a"),
            (&["a", "b", "a"], "a or b"),
            (&["a", "b", "c"], "a, b or c"),
            (
                &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"],
                "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 or one of 2 more",
            ),
        ] {
            assert_eq!(either(words.iter().map(|w| (*w).to_owned())), text);
        }
    }
}
