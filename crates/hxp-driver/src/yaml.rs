//! YAML as the readers of charts read it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

/// The data of a document, as most readers make it: `yes`, `no`, `on` and `off` are truth values, `y` and `n` are words,
/// and keys are texts. Files of values are read by [`read_values`].
pub fn read(text: &str) -> Result<Value, serde_saphyr::Error> {
    let mut options = serde_saphyr::Options::default();
    options.legacy_octal_numbers = true;
    let loose: Value = serde_saphyr::from_str_with_options(text, options.clone())?;
    options.strict_booleans = true;
    let strict: Value = serde_saphyr::from_str_with_options(text, options)?;
    Ok(reconcile(loose, strict))
}

fn reconcile(loose: Value, strict: Value) -> Value {
    match (loose, strict) {
        (Value::Bool(_), Value::String(word)) if is_word(&word) => Value::String(word),
        (Value::Array(loose), Value::Array(strict)) => {
            loose.into_iter().zip(strict).map(|(l, s)| reconcile(l, s)).collect()
        }
        (Value::Object(loose), Value::Object(strict)) => {
            Value::Object(loose.into_iter().zip(strict).map(|((k, l), (_, s))| (k, reconcile(l, s))).collect())
        }
        (loose, _) => loose,
    }
}

/// `y` and `n`, which only YAML 1.1 itself takes for truth values.
fn is_word(word: &str) -> bool {
    word.eq_ignore_ascii_case("y") || word.eq_ignore_ascii_case("n")
}

/// The truth value that Helm's reader takes a word for: all small, all capitals, or with a capital in front.
fn truth(word: &str) -> Option<bool> {
    match word {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// What the comments of a document say of its keys: by the keys on the way to each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments(BTreeMap<Vec<String>, String>);

impl Comments {
    /// What is said of the key at that path.
    pub fn at(&self, path: &[String]) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether anything is said of keys below that path.
    pub fn any_below(&self, path: &[String]) -> bool {
        self.0.keys().any(|key| key.len() > path.len() && key.starts_with(path))
    }

    /// Keeps what is said of keys that are there.
    pub fn retain(&mut self, values: &Map<String, Value>) {
        let is_there = |path: &[String]| {
            let (first, rest) = path.split_first()?;
            rest.iter().try_fold(values.get(first)?, |value, key| value.get(key))
        };
        self.0.retain(|path, _| is_there(path).is_some());
    }

    /// Leaves out what is said elsewhere.
    pub fn remove(&mut self, others: &Self) {
        self.0.retain(|path, text| others.0.get(path) != Some(text));
    }

    /// What others say of keys of which nothing is said here.
    pub fn join(&mut self, others: &Self) {
        for (path, text) in &others.0 {
            self.0.entry(path.clone()).or_insert_with(|| text.clone());
        }
    }
}

/// What a file of values holds.
#[derive(Clone, Debug)]
pub struct ValuesRead {
    /// The data.
    pub value: Value,
    /// What is said of its keys.
    pub comments: Comments,
    /// Keys that are there twice, such as `on` beside `"true"`: by the keys on the way to each. The last counts.
    pub twice: Vec<Vec<String>>,
}

/// The data of a file of values as Helm reads it, and what its comments say of the keys: those directly above a key, or
/// behind it on its line. To Helm `y` and `n` are truth values too, and keys are what they would be as values: `on:` is
/// the key `"true"`, `010:` is `"8"`.
pub fn read_values(text: &str) -> Result<ValuesRead, serde_saphyr::Error> {
    let mut options = serde_saphyr::Options::default();
    options.legacy_octal_numbers = true;
    let loose: Node = serde_saphyr::from_str_with_options(text, options.clone())?;
    options.strict_booleans = true;
    let strict: Node = serde_saphyr::from_str_with_options(text, options)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut reader = Reader { lines, comments: Comments::default(), path: Vec::new(), twice: Vec::new() };
    let value = reader.value(loose, strict, true);
    Ok(ValuesRead { value, comments: reader.comments, twice: reader.twice })
}

/// A document whose keys are not texts yet.
enum Node {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Spanned<Key>, Node)>),
}

/// A key as YAML reads it.
#[derive(Clone, Debug)]
enum Key {
    Bool(bool),
    Text(String),
}

/// Float keys are rounded as Helm's reader rounds them: to single precision, in the shortest form.
#[expect(clippy::cast_possible_truncation, reason = "Helm's reader does the same")]
fn float_key(number: f64) -> String {
    let single = number as f32;
    if single.is_nan() {
        return ".nan".to_owned();
    }
    if single.is_infinite() {
        return if single > 0.0 { ".inf".to_owned() } else { "-.inf".to_owned() };
    }
    let text = format!("{single:e}");
    match text.split_once('e').map(|(digits, power)| (digits, power.parse::<i32>())) {
        // Go's shortest form has an exponent when the number is small or has more than six digits before the point.
        Some((digits, Ok(power))) if !(-4..6).contains(&power) => go_exponent(digits, power),
        _ => format!("{single}"),
    }
}

fn go_exponent(digits: &str, power: i32) -> String {
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Key, E> {
                Ok(Key::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Key, E> {
                Ok(Key::Text(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Key, E> {
                Ok(Key::Text(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Key, E> {
                Ok(Key::Text(float_key(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Key, E> {
                Ok(Key::Text(value.to_owned()))
            }

            fn visit_unit<E>(self) -> Result<Key, E> {
                Ok(Key::Text("null".to_owned()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Bool(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Scalar(Number::from_f64(value).map_or(Value::Null, Value::Number)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }

            fn visit_none<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = seq.next_element()? {
                    all.push(item);
                }
                Ok(Node::List(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut all = Vec::new();
                while let Some(key) = map.next_key::<Spanned<Key>>()? {
                    all.push((key, map.next_value()?));
                }
                Ok(Node::Map(all))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Puts the two readings of a document together and collects the comments.
struct Reader<'t> {
    lines: Vec<&'t str>,
    comments: Comments,
    path: Vec<String>,
    twice: Vec<Vec<String>>,
}

impl Reader<'_> {
    /// Comments are collected where a path of keys alone leads.
    fn value(&mut self, loose: Node, strict: Node, comments: bool) -> Value {
        match (loose, strict) {
            (Node::Scalar(Value::Bool(_)), Node::Scalar(Value::String(word))) => {
                truth(&word).map_or(Value::String(word), Value::Bool)
            }
            (Node::Scalar(loose), _) => loose,
            (Node::List(loose), strict) => {
                let strict = if let Node::List(strict) = strict { strict } else { Vec::new() };
                loose.into_iter().zip(strict).map(|(l, s)| self.value(l, s, false)).collect()
            }
            (Node::Map(loose), strict) => {
                let strict = if let Node::Map(strict) = strict { strict } else { Vec::new() };
                let mut all = Map::new();
                for ((key, l), (strict_key, s)) in loose.into_iter().zip(strict) {
                    let name = match (key.value, strict_key.value) {
                        (Key::Bool(_), Key::Text(word)) => truth(&word).map_or(word, |value| value.to_string()),
                        (Key::Bool(value), Key::Bool(_)) => value.to_string(),
                        (Key::Text(text), _) => text,
                    };
                    self.path.push(name.clone());
                    if comments && let Some(said) = self.said_of(&key.defined) {
                        self.comments.0.insert(self.path.clone(), said);
                    }
                    if all.contains_key(&name) {
                        self.twice.push(self.path.clone());
                    }
                    all.insert(name, self.value(l, s, comments));
                    self.path.pop();
                }
                Value::Object(all)
            }
        }
    }

    /// The comment directly above the key, and the one behind it.
    fn said_of(&self, at: &serde_saphyr::Location) -> Option<String> {
        let row = usize::try_from(at.line()).ok()?.checked_sub(1)?;
        let column = usize::try_from(at.column()).ok()?.checked_sub(1)?;
        let line = self.lines.get(row)?;
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        // Of several keys on one line a comment says which it means to nobody.
        if indent(line) != column {
            return None;
        }
        // What is indented more deeply is part of a text.
        let is_comment = |line: &&&str| indent(line) == column && line.trim_start().starts_with('#');
        let above = self.lines.get(..row)?.iter().rev().take_while(is_comment).map(|l| words(l.trim_start()));
        let mut said: Vec<String> = above.collect();
        said.reverse();
        said.extend(behind(line).map(words));
        said.retain(|line| !line.is_empty());
        (!said.is_empty()).then(|| said.join("\n"))
    }
}

/// A comment behind what else stands on a line: a `#` behind a space, outside of quotes.
fn behind(line: &str) -> Option<&str> {
    let mut quote = None;
    let mut before = ' ';
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && matches!(before, ' ' | '[' | '{' | ',') => quote = Some(c),
            // Two of them inside a text are one.
            None if c == '\'' && before == '\'' => quote = Some(c),
            None if c == '#' && before == ' ' => return line.get(at..),
            None => {}
        }
        before = if c == '\t' { ' ' } else { c };
    }
    None
}

/// The words of a comment without its signs; what is not visible would change what a reader sees of the rest.
fn words(comment: &str) -> String {
    let plain = comment.trim_start_matches('#').trim();
    let plain = plain.strip_prefix("-- ").unwrap_or(plain);
    let visible = plain.chars().map(|c| if c.is_control() { ' ' } else { c });
    visible.filter(|c| !is_invisible(*c)).collect()
}

/// Characters that change what a reader sees of the text around them.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn as_most_readers_read_it() {
        let text = "a: yes\nb: y\nc: 0123\nd: off\ne: 1.10\nf: ~\ng: 2024-01-01\nh: 500m\non: {n: N}\n";
        let expected = json!({
            "a": true, "b": "y", "c": 83, "d": false, "e": 1.1, "f": null, "g": "2024-01-01", "h": "500m",
            "on": {"n": "N"},
        });
        assert_eq!(read(text).unwrap(), expected);
    }

    /// What `helm template` of Helm 3 makes of each key.
    #[test]
    fn keys_are_those_that_helm_makes() {
        for (key, helm) in [
            ("on", "true"),
            ("no", "false"),
            ("Yes", "true"),
            ("OFF", "false"),
            ("True", "true"),
            ("y", "true"),
            ("N", "false"),
            ("yEs", "yEs"),
            ("\"on\"", "on"),
            ("'off'", "off"),
            ("010", "8"),
            ("0x10", "16"),
            ("0o17", "15"),
            ("1_000", "1000"),
            ("+5", "5"),
            ("1", "1"),
            ("1.5", "1.5"),
            ("1.10", "1.1"),
            ("1.0", "1"),
            ("1e3", "1000"),
            ("1e20", "1e+20"),
            ("1234567.5", "1.2345675e+06"),
            ("5e-7", "5e-07"),
            ("2024-01-01", "2024-01-01"),
            ("1:30", "1:30"),
            ("=", "="),
            ("null_", "null_"),
        ] {
            let read = read_values(&format!("{key}: [{{{key}: yes}}]\n")).unwrap();
            assert_eq!(read.value, json!({ helm: [{ helm: true }] }), "{key}");
        }
        assert_eq!(read_values("").unwrap().value, Value::Null);
        let text = "a: y\nb: [on, n, oFF, 'y', 017, 0o17, 0b11, 1_000, 1:30, 2024-01-01, ~]\n";
        let read = json!({ "a": true, "b": [true, false, "oFF", "y", 15, 15, 3, 1000, "1:30", "2024-01-01", null] });
        assert_eq!(read_values(text).unwrap().value, read);
    }

    #[test]
    fn keys_that_are_one_to_helm_are_noticed() {
        for (text, twice, value) in [
            ("on: 1\n\"true\": 2\n", vec![vec!["true"]], json!({ "true": 2 })),
            ("a: {1: x, \"1\": z}\n", vec![vec!["a", "1"]], json!({ "a": { "1": "z" } })),
        ] {
            let read = read_values(text).unwrap();
            assert_eq!(
                (read.twice, read.value),
                (
                    twice.iter().map(|p| p.iter().map(|k| (*k).to_owned()).collect()).collect::<Vec<Vec<String>>>(),
                    value
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn comments_belong_to_the_key_below_or_before_them() {
        let text = "\
# Of the file.

# Of a, first line.
#   second line.
a: 1  # behind a
b:
  # -- Of c.
  c: \"x # no\"  # yes
  d: 'it''s # no'

  # Far from e.

  e: {f: 1, g: 2} # of e
script: |
  # no comment
  run
next: 1
#commented: out
last: [1] #none
# of none
";
        let comments = read_values(text).unwrap().comments;
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        for (key, said) in [
            ("a", Some("Of a, first line.\nsecond line.\nbehind a")),
            ("b", None),
            ("b.c", Some("Of c.\nyes")),
            ("b.d", None),
            ("b.e", Some("of e")),
            ("b.e.f", None),
            ("script", None),
            ("next", None),
            ("last", Some("commented: out\nnone")),
        ] {
            assert_eq!(comments.at(&path(key)), said, "{key}");
        }
        assert!(comments.any_below(&path("b")) && !comments.any_below(&path("a")));
    }
}
