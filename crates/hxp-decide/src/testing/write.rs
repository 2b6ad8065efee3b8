//! A test in the language's own words.

use hxp_policy::{Record, TestCase, Value};

/// The test as it is written in a policy.
pub fn test(case: &TestCase) -> String {
    let mut text = format!("test {} {{\n", quoted(&case.title));
    text += &format!("  given {} at {}", case.environment, instant(&case.at));
    if !case.with.is_empty() {
        text += " with {\n";
        for field in &case.with.fields {
            text += &format!("    {}\n", entry(&field.name, &field.value));
        }
        text += "  }";
    }
    text += &format!("\n  expect {}", case.expect.word());
    if !case.because.is_empty() {
        text += &format!(" because {}", case.because.join(", "));
    }
    if let Some(until) = &case.until {
        text += &format!(" until {}", instant(until));
    }
    text + "\n}\n"
}

fn entry(name: &str, value: &Value) -> String {
    let key = key(name);
    match value {
        Value::Record(record) if !record.is_empty() => format!("{key} {}", block(record)),
        other => format!("{key} = {}", literal(other)),
    }
}

fn block(record: &Record) -> String {
    let fields: Vec<String> = record.fields.iter().map(|f| entry(&f.name, &f.value)).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn literal(value: &Value) -> String {
    match value {
        Value::None => "none".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Decimal(d) => d.to_string(),
        Value::Str(text) | Value::PromQl(text) => quoted(text),
        Value::Quantity(quantity) => quantity.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Instant(at) => instant(at),
        Value::Semver(version) => version.to_string(),
        Value::Enum(word) => word.to_string(),
        Value::Ref(reference) => reference.name.to_string(),
        Value::List(values) => format!("[{}]", values.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Record(record) if record.is_empty() => "{}".to_owned(),
        Value::Record(record) => block(record),
        Value::Range(from, to) => format!("{}..{}", literal(from), literal(to)),
        Value::Time(seconds) => format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60),
        Value::Weekday(_) | Value::Pattern(_) => "none".to_owned(),
    }
}

/// `2026-11-27T15:30[America/Los_Angeles]`, with the offset where the hour comes twice.
fn instant(at: &jiff::Zoned) -> String {
    let seconds = if at.second() == 0 { "" } else { ":%S" };
    let twice = at.time_zone().to_ambiguous_timestamp(at.datetime()).is_ambiguous();
    let offset = if twice { "%:z" } else { "" };
    at.strftime(&format!("%Y-%m-%dT%H:%M{seconds}{offset}[%Q]")).to_string()
}

fn key(name: &str) -> String {
    const RESERVED: [&str; 25] = [
        "all", "and", "any", "because", "distinct", "due", "else", "extends", "false", "for", "has", "if", "in", "not",
        "none", "of", "on", "or", "soaked", "then", "true", "until", "when", "where", "with",
    ];
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !RESERVED.contains(&name) { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
