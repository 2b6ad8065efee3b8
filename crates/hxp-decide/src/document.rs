//! JSON text that somebody wrote: read strictly, and with the places of its keys.
//!
//! The same key twice is an error and not the last of both, lest a reader and an engine see different requests. Places
//! are only looked for when something is wrong.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::de::{Deserialize as _, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use crate::request::{LONGEST, Malformed};

/// Most findings that are worth telling.
pub(crate) const MOST_FINDINGS: usize = 100;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Byte at which it begins.
    pub start: usize,
    /// Byte behind it.
    pub end: usize,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// JSON with the text that it was read from.
#[derive(Clone, Debug)]
pub struct Document<'t> {
    text: &'t [u8],
    /// What the text says; it may be edited before it is read as a request.
    pub json: Json,
}

impl<'t> Document<'t> {
    /// Reads a text. `what` it should be is named in the message: `the request`.
    ///
    /// # Errors
    /// Why it is no JSON, or every key that it says twice.
    pub fn parse(text: &'t [u8], what: &str) -> Result<Self, Vec<Malformed>> {
        if text.len() > LONGEST {
            return Err(whole(format!("{what} has more than {} MiB", LONGEST >> 20)));
        }
        if let Some(encoding) = encoding(text) {
            return Err(whole(format!("{what} begins with the mark of {encoding}; write it as UTF-8 without a mark")));
        }
        let repeated = Cell::new(false);
        let mut reader = serde_json::Deserializer::from_slice(text);
        let json = Strict(&repeated).deserialize(&mut reader).and_then(|json| reader.end().map(|()| json));
        let json = json.map_err(|error| vec![no_json(text, what, &error)])?;
        if repeated.get() {
            return Err(repetitions(text));
        }
        Ok(Self { text, json })
    }

    /// Adds to each finding its place in the text, and puts them in the order of the text.
    pub fn locate(&self, mut wrong: Vec<Malformed>) -> Vec<Malformed> {
        let mut places: BTreeMap<&str, Option<Spot>> = BTreeMap::new();
        for path in wrong.iter().map(|w| w.path.as_str()) {
            places.extend(prefixes(path).map(|prefix| (prefix, None)));
        }
        scan(self.text, &mut |path, start, end, _| {
            if let Some(place @ None) = places.get_mut(path) {
                *place = Some(spot(self.text, start, end));
            }
        });
        // What is missing is said of what it is missing in.
        let found: Vec<Option<Spot>> =
            wrong.iter().map(|w| prefixes(&w.path).find_map(|prefix| places.get(prefix).copied().flatten())).collect();
        for (finding, place) in wrong.iter_mut().zip(found) {
            finding.spot = place;
        }
        wrong.sort_by_key(|w| w.spot.map(|s| s.start));
        wrong
    }
}

/// `a.b.c`, `a.b`, `a` and the whole.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| match path.rsplit_once('.') {
        Some((parent, _)) => Some(parent),
        None => (!path.is_empty()).then_some(""),
    })
}

fn whole(message: String) -> Vec<Malformed> {
    vec![Malformed { message, ..Malformed::default() }]
}

fn encoding(text: &[u8]) -> Option<&'static str> {
    match text {
        [0xEF, 0xBB, 0xBF, ..] => Some("UTF-8"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        _ => None,
    }
}

fn no_json(text: &[u8], what: &str, error: &serde_json::Error) -> Malformed {
    let said = error.to_string();
    // The place is told beside the message.
    let (said, _) = said.split_once(" at line ").unwrap_or((&said, ""));
    let place = offset(text, error.line(), error.column());
    if matches!(said, "unexpected end of hex escape" | "lone leading surrogate in hex escape")
        && let Some(half) = place.and_then(|place| half_of_pair(text, place))
    {
        return half;
    }
    let message = match said {
        "recursion limit exceeded" => format!("{what} is nested more than 127 levels deep"),
        "EOF while parsing a value" if text.iter().all(u8::is_ascii_whitespace) => format!("{what} is empty"),
        "invalid escape" => format!("{what} is not JSON: `\\` begins no escape; as a character it is written twice"),
        "expected ident" => format!("{what} is not JSON: a bare word that is none of true, false and null"),
        said if said.starts_with("EOF") => format!("{what} is not JSON: it ends too early"),
        said => format!("{what} is not JSON: {said}"),
    };
    let spot = place.map(|start| spot(text, start, start + 1));
    Malformed { message, spot, ..Malformed::default() }
}

/// `\ud800` by itself, the last one before `place`: half of a character that takes two escapes.
fn half_of_pair(text: &[u8], place: usize) -> Option<Malformed> {
    let before = text.get(..place)?;
    let is_half =
        |at: &usize| matches!(text.get(at + 2..at + 4), Some([b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F']));
    let mut escapes = before.windows(2).enumerate().filter(|(_, w)| *w == b"\\u").map(|(at, _)| at);
    let at = escapes.by_ref().filter(is_half).last()?;
    let escape = String::from_utf8_lossy(text.get(at..at + 6)?).into_owned();
    let message = format!(
        "`{escape}` is half of a character and stands alone; write the character itself, or both halves, as in \
         `\\ud83d\\ude00`"
    );
    Some(Malformed { message, spot: Some(spot(text, at, at + 6)), ..Malformed::default() })
}

/// The byte at a line and column as serde counts them: from 1, in bytes.
fn offset(text: &[u8], line: usize, column: usize) -> Option<usize> {
    let mut ends = text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1);
    let start = if line <= 1 { 0 } else { ends.nth(line - 2)? };
    // Column 0 is the end of the line before.
    Some((start + column).saturating_sub(1).min(text.len()))
}

fn spot(text: &[u8], start: usize, end: usize) -> Spot {
    let before = text.get(..start).unwrap_or(text);
    let line = before.split(|b| *b == b'\n').count();
    let begin = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    // Bytes that continue a character are no characters of their own.
    let column = before.get(begin..).unwrap_or_default().iter().filter(|b| **b & 0xC0 != 0x80).count() + 1;
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Spot { start, end: end.min(text.len()), line: narrow(line), column: narrow(column) }
}

fn repetitions(text: &[u8]) -> Vec<Malformed> {
    let mut wrong: Vec<Malformed> = Vec::new();
    scan(text, &mut |path, start, end, repeated| {
        if repeated && wrong.len() < MOST_FINDINGS {
            let message = format!("`{path}` is there twice; which of both is meant?");
            let spot = Some(spot(text, start, end));
            wrong.push(Malformed { path: path.to_owned(), message, spot, suggestion: None });
        }
    });
    wrong
}

// ------------------------------------------------------------------------------------------------------- reading strictly

/// Any JSON; notes whether an object has a key twice.
#[derive(Clone, Copy)]
struct Strict<'r>(&'r Cell<bool>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Json, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            list.push(element);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            let value = entries.next_value_seed(self)?;
            if object.insert(key, value).is_some() {
                self.0.set(true);
            }
        }
        Ok(Json::Object(object))
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<String, D::Error> {
        String::deserialize(from)
    }
}

// -------------------------------------------------------------------------------------------------------- finding places

/// An object or a list that is not closed yet.
enum Open {
    /// The keys that it has had.
    Object(HashSet<String>),
    /// The number of the next element.
    List(usize),
}

/// Calls `visit` with the path of every key and element, the bytes of the key (of an element: of its beginning), and
/// whether the object has had that key already. The text is JSON.
fn scan(text: &[u8], visit: &mut impl FnMut(&str, usize, usize, bool)) {
    let mut path = String::new();
    // What is open, and how long its path is.
    let mut open: Vec<(Open, usize)> = Vec::new();
    let mut at = 0;
    visit("", first(text), first(text) + 1, false);
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' => open.push((Open::Object(HashSet::new()), path.len())),
            b'[' => {
                open.push((Open::List(0), path.len()));
                element(text, at + 1, &mut open, &mut path, visit);
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => element(text, at + 1, &mut open, &mut path, visit),
            b'"' => {
                let end = behind_string(text, at);
                if let Some((Open::Object(keys), base)) = open.last_mut()
                    && is_key(text, end)
                {
                    let key: String =
                        text.get(at..end).and_then(|k| serde_json::from_slice(k).ok()).unwrap_or_default();
                    path.truncate(*base);
                    step(&mut path, &key);
                    let repeated = !keys.insert(key);
                    visit(&path, at, end, repeated);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// The next element of a list begins, if what is open is one.
fn element(
    text: &[u8],
    from: usize,
    open: &mut [(Open, usize)],
    path: &mut String,
    visit: &mut impl FnMut(&str, usize, usize, bool),
) {
    if let Some((Open::List(next), base)) = open.last_mut() {
        path.truncate(*base);
        step(path, &next.to_string());
        *next += 1;
        let start = from + first(text.get(from..).unwrap_or_default());
        let end = if text.get(start) == Some(&b'"') { behind_string(text, start) } else { behind_word(text, start) };
        visit(path, start, end, false);
    }
}

fn step(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// How much white space comes first.
fn first(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_whitespace()).count()
}

fn behind_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match text.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

/// Behind a number, `true`, `false`, `null` or one bracket.
fn behind_word(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count().max(1)
}

fn is_key(text: &[u8], end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    rest.get(first(rest)) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<String> {
        let found = Document::parse(text.as_bytes(), "the request").err().unwrap_or_default();
        found
            .iter()
            .map(|w| w.spot.map_or_else(|| w.message.clone(), |s| format!("{}:{}: {}", s.line, s.column, w.message)))
            .collect()
    }

    #[test]
    fn text_that_is_no_json_is_told_with_its_place() {
        let deep = "[".repeat(100_000);
        for (text, expected) in [
            ("", "1:1: the request is empty"),
            (" \n ", "2:1: the request is empty"),
            ("{", "1:1: the request is not JSON: it ends too early"),
            ("{\n  \"ü\": tru\n}", "2:11: the request is not JSON: a bare word that is none of true, false and null"),
            ("{} {}", "1:4: the request is not JSON: trailing characters"),
            ("{\"a\": 1e999}", "1:11: the request is not JSON: number out of range"),
            ("\u{feff}{}", "the request begins with the mark of UTF-8; write it as UTF-8 without a mark"),
            (&deep, "1:128: the request is nested more than 127 levels deep"),
        ] {
            assert_eq!(wrong(text), [expected], "{}", text.chars().take(40).collect::<String>());
        }
        let bytes = Document::parse(b"{\"a\": \"\xFF\"}", "the request").err().unwrap_or_default();
        assert_eq!(bytes[0].message, "the request is not JSON: invalid unicode code point");
    }

    #[test]
    fn a_key_that_is_there_twice_is_told_with_its_place() {
        for (text, expected) in [
            (r#"{"a": 1, "b": {"a": 2}}"#, vec![]),
            (r#"{"a": 1, "a": 1}"#, vec!["1:10: `a` is there twice; which of both is meant?"]),
            (r#"{"a": [{"b": 1, "\u0062": "}{"}]}"#, vec!["1:17: `a.0.b` is there twice; which of both is meant?"]),
            (
                "{\"ä\": {\"x\": 1}, \"ä\":\n{\"y\": 1, \"y\": 2}}",
                vec![
                    "1:17: `ä` is there twice; which of both is meant?",
                    "2:10: `ä.y` is there twice; which of both is meant?",
                ],
            ),
        ] {
            assert_eq!(wrong(text), expected, "{text}");
        }
    }

    #[test]
    fn places_are_those_of_keys_and_of_elements() {
        let text = r#"{"a": [1, [true], {"b\"c": "x,y", "d": []}, "e:\"f"], "g": {"h": null}}"#;
        let mut found = Vec::new();
        scan(text.as_bytes(), &mut |path, start, end, _| found.push((path.to_owned(), &text[start..end])));
        let found: Vec<(&str, &str)> = found.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let expected = [
            ("", "{"),
            ("a", "\"a\""),
            ("a.0", "1"),
            ("a.1", "["),
            ("a.1.0", "true"),
            ("a.2", "{"),
            ("a.2.b\"c", r#""b\"c""#),
            ("a.2.d", "\"d\""),
            ("a.2.d.0", "]"),
            ("a.3", r#""e:\"f""#),
            ("g", "\"g\""),
            ("g.h", "\"h\""),
        ];
        assert_eq!(found, expected);
    }
}
