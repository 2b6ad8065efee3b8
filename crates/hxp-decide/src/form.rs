//! What a document may say: its keys and what they hold, checked against a table of [`Key`]s.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::document::MOST_FINDINGS;
use crate::request::{Malformed, instant, version};
use crate::schema::{self, KEYS, Key, Shape};

/// A table of keys, ready to check with.
#[derive(Debug)]
pub struct Form {
    /// What has this form: `request`.
    pub what: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Keys without which it says nothing; `[]` is each element of a list.
    pub obligatory: &'static [&'static str],
    /// Parts that have the form of a part of a request: where here, and where there.
    pub borrowed: &'static [(&'static str, &'static str)],
    table: HashMap<&'static str, &'static Key>,
}

impl Form {
    /// Of a table.
    pub fn new(what: &'static str, keys: &'static [Key], obligatory: &'static [&'static str]) -> Self {
        Self { what, keys, obligatory, borrowed: &[], table: keys.iter().map(|k| (k.path, k)).collect() }
    }

    /// With parts that have the form of a part of a request.
    #[must_use]
    pub fn borrowing(self, borrowed: &'static [(&'static str, &'static str)]) -> Self {
        Self { borrowed, ..self }
    }

    /// Every key with its path, in the order of the table, borrowed ones behind the key that borrows them.
    pub fn all_keys(&self) -> Vec<(String, &'static Key)> {
        let mut all = Vec::new();
        for key in self.keys {
            all.push((key.path.to_owned(), key));
            if let Some((here, there)) = self.borrowed.iter().find(|(here, _)| *here == key.path) {
                let lent = KEYS.iter().filter_map(|key| Some((rest(key.path, there)?, key)));
                all.extend(
                    lent.filter(|(rest, _)| !rest.is_empty()).map(|(rest, key)| (format!("{here}.{rest}"), key)),
                );
            }
        }
        all
    }

    fn lookup(&self, path: &str) -> Option<&'static Key> {
        let lent = || {
            let (rest, there) = self.borrowed.iter().find_map(|(here, there)| Some((rest(path, here)?, *there)))?;
            let path = if there.is_empty() { rest.to_owned() } else { format!("{there}.{rest}") };
            schema::REQUEST.table.get(path.as_str())
        };
        self.table.get(path).or_else(lent).copied()
    }

    /// All that is wrong with a document of this form.
    pub fn check(&self, json: &Json) -> Vec<Malformed> {
        let mut wrong = Vec::new();
        if !json.is_object() {
            let message = format!("the {} is not an object but {}", self.what, kind(json));
            return vec![Malformed { message, ..Malformed::default() }];
        }
        // (the key's path in the table, its path in the document, what is there)
        let mut todo: Vec<(String, String, &Json)> = vec![(String::new(), String::new(), json)];
        while let Some((path, spot, value)) = todo.pop() {
            if wrong.len() >= MOST_FINDINGS {
                break;
            }
            let Some(key) = self.lookup(&path) else {
                wrong.push(self.unknown(&path, &spot));
                continue;
            };
            if !fits(key, value) {
                wrong.push(misfit(key, spot, value));
                continue;
            }
            self.missing(&path, &spot, value, &mut wrong);
            Self::below(key, &path, &spot, value, &mut todo);
        }
        for path in self.obligatory.iter().filter(|path| !path.contains("[]")) {
            let there = path.split('.').try_fold(json, |value, step| value.get(step)).is_some();
            if !there {
                let message = format!("`{path}` is missing");
                wrong.push(Malformed { path: (*path).to_owned(), message, ..Malformed::default() });
            }
        }
        if json.get("hxp").and_then(Json::as_f64).is_some_and(|version| version.to_string() != "1") {
            let message =
                format!("`hxp` is the version of this form of a {}, and 1 is the only one there is", self.what);
            wrong.push(Malformed { path: "hxp".to_owned(), message, ..Malformed::default() });
        }
        wrong
    }

    /// What an element of a list lacks.
    fn missing(&self, path: &str, spot: &str, value: &Json, wrong: &mut Vec<Malformed>) {
        if !path.ends_with("[]") {
            return;
        }
        for name in self.obligatory.iter().filter_map(|obligatory| rest(obligatory, path)) {
            if value.get(name).is_none() && !name.is_empty() {
                let message = format!("`{spot}` has no `{name}`");
                wrong.push(Malformed { path: spot.to_owned(), message, ..Malformed::default() });
            }
        }
    }

    /// What a value holds, to be looked at next.
    fn below<'j>(key: &Key, path: &str, spot: &str, value: &'j Json, todo: &mut Vec<(String, String, &'j Json)>) {
        let below = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
        let beside = |step: &str| if spot.is_empty() { step.to_owned() } else { format!("{spot}.{step}") };
        match (key.shape, value) {
            (Shape::List, Json::Array(elements)) => {
                let elements = elements.iter().enumerate().rev();
                todo.extend(elements.map(|(i, e)| (below("[]"), beside(&i.to_string()), e)));
            }
            (Shape::Map, Json::Object(fields)) => {
                todo.extend(fields.iter().rev().map(|(name, v)| (below("*"), beside(name), v)));
            }
            (Shape::Record, Json::Object(fields)) => {
                let step = |name: &str| if name.contains(['.', '*', '[']) { below("?") } else { below(name) };
                todo.extend(fields.iter().rev().map(|(name, v)| (step(name), beside(name), v)));
            }
            _ => {}
        }
    }

    fn unknown(&self, path: &str, spot: &str) -> Malformed {
        let (parent, name) = path.rsplit_once('.').map_or(("", path), |(parent, name)| (parent, name));
        let last = |path: &'static str| path.rsplit_once('.').map_or(path, |(_, last)| last);
        let all = self.all_keys();
        let siblings =
            all.iter().filter(|(path, _)| rest(path, parent).is_some_and(|r| !r.is_empty() && !r.contains('.')));
        let siblings: Vec<&'static str> = siblings.map(|(_, key)| last(key.path)).collect();
        let suggestion = hxp_diagnostics::nearest(name, siblings.iter().copied());
        let place =
            if parent.is_empty() { format!("a {}", self.what) } else { format!("`{}`", parent.replace(".[]", "")) };
        let mut message = format!("`{spot}` is not a key of {place}");
        if suggestion.is_none() {
            message.push_str(&format!("; it has {}", hxp_diagnostics::list_names(&siblings)));
        }
        Malformed { path: spot.to_owned(), message, suggestion, spot: None }
    }
}

/// What of a path lies below another; empty for the same.
fn rest<'p>(path: &'p str, above: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(above)?;
    if above.is_empty() || rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

fn misfit(key: &Key, spot: String, value: &Json) -> Malformed {
    let or_null = if key.nullable { " or null" } else { "" };
    let mut message = format!("`{spot}` is {}, but takes {}{or_null}", shown(value), expected(key.shape));
    let mut suggestion = None;
    match (key.shape, value) {
        (Shape::Instant, Json::String(text)) => {
            if let Some(why) = no_instant(text) {
                message.push_str("; ");
                message.push_str(why);
            }
        }
        (Shape::Word(_, words), Json::String(text)) => {
            suggestion = hxp_diagnostics::nearest(text, words.iter().copied());
        }
        _ => {}
    }
    Malformed { path: spot, message, suggestion, spot: None }
}

fn fits(key: &Key, value: &Json) -> bool {
    match (key.shape, value) {
        (_, Json::Null) if key.nullable => true,
        (Shape::Any, _) => true,
        (Shape::Record | Shape::Map, Json::Object(_)) => true,
        (Shape::List, Json::Array(_)) => true,
        (Shape::Text, Json::String(_)) => true,
        (Shape::Boolean, Json::Bool(_)) => true,
        (Shape::Integer, Json::Number(n)) => {
            n.as_f64().is_some_and(|f| f.fract() == 0.0 && f.abs() <= crate::request::GREATEST)
        }
        (Shape::Instant, value) => instant(value).is_some(),
        (Shape::Version, Json::String(text)) => version(text).is_some(),
        (Shape::Word(_, words), Json::String(text)) => words.contains(&text.as_str()),
        _ => false,
    }
}

fn expected(shape: Shape) -> String {
    match shape {
        Shape::Record | Shape::Map => "an object".to_owned(),
        Shape::List => "a list".to_owned(),
        Shape::Text => "text".to_owned(),
        Shape::Boolean => "true or false".to_owned(),
        Shape::Integer => "a whole number".to_owned(),
        Shape::Instant => "an instant with its offset, such as \"2026-11-27T15:30:00-08:00\"".to_owned(),
        Shape::Version => "a semantic version, such as \"1.2.3\"".to_owned(),
        Shape::Word(_, words) => {
            let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
            quoted.join(" or ")
        }
        Shape::Any => "anything".to_owned(),
    }
}

/// What keeps a text that was meant as an instant from being one, if that can be told.
fn no_instant(text: &str) -> Option<&'static str> {
    let year = text.get(..4).and_then(|year| year.parse::<u16>().ok());
    let zoned = text.trim_end().ends_with(['Z', 'z'])
        || text.get(10..).is_some_and(|time| time.contains('+') || time.contains('-'));
    if text.contains('[') {
        Some("leave the name of the zone out and keep the offset")
    } else if year.is_some_and(|year| !(1980..=2199).contains(&year)) {
        Some("its year must be one of 1980 to 2199")
    } else if year.is_some() && !zoned {
        Some("it says not in which zone: write `Z` or an offset behind it")
    } else if year.is_some() && text.parse::<jiff::Timestamp>().is_err() {
        Some("there is no such day or time")
    } else {
        None
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// Short values as they are, others by their kind.
fn shown(value: &Json) -> String {
    match value {
        Json::String(text) if text.chars().count() <= 40 => format!("{text:?}"),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        other => kind(other).to_owned(),
    }
}
