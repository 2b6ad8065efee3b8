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

/// A pattern as a regular expression that is anchored at both ends.
pub fn regex(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Glob(glob) => glob_regex(glob),
        Pattern::Regex(regex) => format!("^(?:{regex})$"),
        Pattern::SemverTag => "^v?(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(\\+[0-9A-Za-z.-]+)?$".to_owned(),
    }
}

/// `*` stops at `/`, `**` does not.
fn glob_regex(glob: &str) -> String {
    let mut regex = String::from("^");
    let mut rest = glob;
    while let Some(c) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("**/") {
            regex.push_str("(?:.*/)?");
            rest = tail;
            continue;
        }
        if let Some(tail) = rest.strip_prefix("**") {
            regex.push_str(".*");
            rest = tail;
            continue;
        }
        match c {
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            c if c.is_alphanumeric() || matches!(c, '/' | '_' | '-') => regex.push(c),
            c => {
                regex.push('\\');
                regex.push(c);
            }
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    regex.push('$');
    regex
}

/// Globs for GitHub's own filters that let through at least what the conditions on `field` let through; the exact
/// conditions are checked by `plan.sh`. Empty: there is no condition on that field.
pub fn globs<'a>(events: impl Iterator<Item = &'a EventMatch>, field: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for event in events {
        let on_field = event.fields.iter().filter(|f| field_name(f) == field);
        for condition in on_field {
            let glob = match condition {
                EventField::Is(_, value) => value.as_str().map_or_else(|| "**".to_owned(), literal_glob),
                EventField::Matches(_, Pattern::Glob(glob)) if !glob.contains(['[', ']', '+', '!', '\\', '{']) => {
                    glob.to_string()
                }
                EventField::Matches(_, Pattern::SemverTag) => {
                    all.push("[0-9]*.*".to_owned());
                    "v[0-9]*.*".to_owned()
                }
                EventField::Matches(..) => "**".to_owned(),
            };
            all.push(glob);
        }
    }
    all.sort();
    all.dedup();
    all
}

/// A name as a glob that matches only itself.
fn literal_glob(name: &str) -> String {
    let special = |c: char| matches!(c, '*' | '?' | '+' | '[' | ']' | '!' | '\\');
    name.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain(std::iter::once(c))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_become_regular_expressions() {
        for (glob, expected) in [
            ("release/*", "^release/[^/]*$"),
            ("**/migrations/**", "^(?:.*/)?migrations/.*$"),
            ("v1.?", "^v1\\.[^/]$"),
            ("a$(b)", "^a\\$\\(b\\)$"),
        ] {
            assert_eq!(regex(&Pattern::Glob(glob.into())), expected, "{glob}");
        }
    }

    #[test]
    fn a_literal_branch_matches_only_itself() {
        assert_eq!(literal_glob("develop"), "develop");
        assert_eq!(literal_glob("a*b[1]"), "a\\*b\\[1\\]");
    }
}
