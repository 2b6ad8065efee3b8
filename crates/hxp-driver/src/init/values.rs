//! Chart values in the language: data becomes `values { … }`.

use serde_json::{Map, Value};

use crate::yaml::{Comments, is_invisible};

/// A record of values.
pub type Values = Map<String, Value>;

/// How strings are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `"500m"` under `cpu` is a quantity and becomes `500mcpu`.
    Typed,
    /// A string is a string.
    Plain,
}

/// A line is not made longer than this.
const WIDTH: usize = 90;

/// What all of several records say, and what each says beyond that.
pub fn common(all: &[&Values]) -> (Values, Vec<Values>) {
    let mut rests: Vec<Values> = all.iter().map(|v| (*v).clone()).collect();
    let Some((first, others)) = all.split_first().filter(|(_, others)| !others.is_empty()) else {
        return (Values::new(), rests);
    };
    let mut shared = Values::new();
    for (key, value) in *first {
        let values: Option<Vec<&Value>> = others.iter().map(|o| o.get(key)).collect();
        let Some(values) = values else { continue };
        let records: Option<Vec<&Values>> = std::iter::once(value).chain(values.iter().copied()).map(record).collect();
        if values.iter().all(|v| *v == value) {
            shared.insert(key.clone(), value.clone());
            for rest in &mut rests {
                rest.shift_remove(key);
            }
        } else if let Some(records) = records {
            let (inner, inner_rests) = common(&records);
            if inner.is_empty() {
                continue;
            }
            shared.insert(key.clone(), Value::Object(inner));
            for (rest, inner) in rests.iter_mut().zip(inner_rests) {
                if inner.is_empty() {
                    rest.shift_remove(key);
                } else {
                    rest.insert(key.clone(), Value::Object(inner));
                }
            }
        }
    }
    (shared, rests)
}

/// A record that is not empty: an empty one merges with nothing and is a value like any other.
fn record(value: &Value) -> Option<&Values> {
    value.as_object().filter(|o| !o.is_empty())
}

/// How many plain values a record holds, at any depth.
pub fn leaves(values: &Values) -> usize {
    values.values().map(|v| record(v).map_or(1, leaves)).sum()
}

/// The entries of a record, a line each, indented by `depth` steps, with what comments said of their keys.
pub fn print(values: &Values, style: Style, depth: usize, comments: &Comments, out: &mut String) {
    let mut printer = Printer { style, comments, path: Vec::new(), out };
    printer.entries(values, depth);
}

struct Printer<'a> {
    style: Style,
    comments: &'a Comments,
    path: Vec<String>,
    out: &'a mut String,
}

impl Printer<'_> {
    fn entries(&mut self, values: &Values, depth: usize) {
        for (key, value) in values {
            self.path.push(key.clone());
            self.entry(key, value, depth);
            self.path.pop();
        }
    }

    fn entry(&mut self, key: &str, value: &Value, depth: usize) {
        let indent = "  ".repeat(depth);
        for line in self.comments.at(&self.path).into_iter().flat_map(str::lines) {
            *self.out += &format!("{indent}/// {line}\n");
        }
        let short = format!("{indent}{}", entry(key, value, self.style));
        let fits = short.chars().count() <= WIDTH && !self.comments.any_below(&self.path);
        match value {
            Value::Object(inner) if !fits && !inner.is_empty() => {
                *self.out += &format!("{indent}{} {{\n", word(key));
                self.entries(inner, depth + 1);
                *self.out += &format!("{indent}}}\n");
            }
            Value::Array(items) if !fits => {
                *self.out += &format!("{indent}{} = [\n", word(key));
                print_items(items, self.style, depth + 1, key, self.out);
                *self.out += &format!("{indent}]\n");
            }
            _ => *self.out += &format!("{short}\n"),
        }
    }
}

fn print_items(items: &[Value], style: Style, depth: usize, key: &str, out: &mut String) {
    for item in items {
        let indent = "  ".repeat(depth);
        let short = format!("{indent}{},\n", expression(item, style, key));
        match item {
            Value::Object(inner) if short.chars().count() > WIDTH => {
                *out += &format!("{indent}{{\n");
                print(inner, style, depth + 1, &Comments::default(), out);
                *out += &format!("{indent}}},\n");
            }
            Value::Array(inner) if short.chars().count() > WIDTH => {
                *out += &format!("{indent}[\n");
                print_items(inner, style, depth + 1, key, out);
                *out += &format!("{indent}],\n");
            }
            _ => out.push_str(&short),
        }
    }
}

/// `key = value`, or `key { … }` of a record, on one line.
fn entry(key: &str, value: &Value, style: Style) -> String {
    match value {
        Value::Object(_) => format!("{} {}", word(key), expression(value, style, key)),
        _ => format!("{} = {}", word(key), expression(value, style, key)),
    }
}

/// A value on one line; `key` is what it belongs to.
fn expression(value: &Value, style: Style, key: &str) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => self::number(number),
        Value::String(text) => match style {
            Style::Typed => quantity(text, key).unwrap_or_else(|| quote(text)),
            Style::Plain => quote(text),
        },
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|i| expression(i, style, key)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(inner) if inner.is_empty() => "{}".to_owned(),
        Value::Object(inner) => {
            let entries: Vec<String> = inner.iter().map(|(k, v)| entry(k, v, style)).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

fn number(number: &serde_json::Number) -> String {
    if number.is_f64() {
        let text = number.as_f64().unwrap_or_default().to_string();
        if text.contains('.') { text } else { format!("{text}.0") }
    } else {
        number.to_string()
    }
}

/// A key: a word, or a string when it is none.
pub fn word(key: &str) -> String {
    let mut letters = key.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let is_word = first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    let free = !hxp_syntax::words::is_reserved(key) && !hxp_syntax::words::is_head(key);
    if is_word && free { key.to_owned() } else { quote(key) }
}

/// A string literal.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            '\r' => quoted += "\\r",
            c if c.is_control() || is_invisible(c) => quoted += &format!("\\u{{{:x}}}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Words in a key that say that its value is a span of time.
const TIMES: [&str; 11] =
    ["timeout", "interval", "period", "retention", "ttl", "age", "duration", "delay", "expir", "wait", "window"];

/// The quantity that a string stands for, judged by its form and by what it belongs to.
fn quantity(text: &str, key: &str) -> Option<String> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    if number.is_empty() || number.len() > 9 || (number.len() > 1 && number.starts_with('0')) {
        return None;
    }
    let key = key.to_ascii_lowercase();
    match unit {
        "m" if key.ends_with("cpu") => Some(format!("{number}mcpu")),
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "%" => Some(text.to_owned()),
        "ms" | "s" | "m" | "h" | "d" if TIMES.iter().any(|t| key.contains(t)) => Some(text.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: &Value) -> &Values {
        value.as_object().unwrap()
    }

    #[test]
    fn values_in_the_language() {
        for (value, expected) in [
            (json!({"a": 1, "b": true, "c": null, "d": "x"}), "a = 1\nb = true\nc = none\nd = \"x\"\n"),
            (json!({"cpu": "500m", "memory": "1Gi"}), "cpu = 500mcpu\nmemory = 1Gi\n"),
            (json!({"resources": {"limits": {"cpu": "1000m"}}}), "resources { limits { cpu = 1000mcpu } }\n"),
            (json!({"interval": "60s", "proxy-body-size": "10m"}), "interval = 60s\n\"proxy-body-size\" = \"10m\"\n"),
            (json!({"on": 1, "require": 2, "gate": 3}), "\"on\" = 1\n\"require\" = 2\ngate = 3\n"),
            (json!({"e": {}, "l": [], "f": 1.5, "g": 2.0, "n": -3}), "e {}\nl = []\nf = 1.5\ng = 2.0\nn = -3\n"),
            (json!({"s": "a\"b\\c\nd\u{202e}"}), "s = \"a\\\"b\\\\c\\nd\\u{202e}\"\n"),
            (json!({"zip": "0123", "version": "1.10"}), "zip = \"0123\"\nversion = \"1.10\"\n"),
            (json!({"list": [{"name": "A", "value": "b"}]}), "list = [{ name = \"A\", value = \"b\" }]\n"),
        ] {
            let mut text = String::new();
            print(object(&value), Style::Typed, 0, &Comments::default(), &mut text);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn what_is_common_is_said_once() {
        let (a, b) =
            (json!({"x": {"p": 1, "q": 2}, "y": 3, "e": {}}), json!({"x": {"p": 1, "q": 5}, "y": 3, "e": {"f": 1}}));
        let (shared, rests) = common(&[object(&a), object(&b)]);
        assert_eq!(Value::Object(shared), json!({"x": {"p": 1}, "y": 3}));
        assert_eq!(Value::Object(rests[0].clone()), json!({"x": {"q": 2}, "e": {}}));
        assert_eq!(Value::Object(rests[1].clone()), json!({"x": {"q": 5}, "e": {"f": 1}}));
    }
}
