//! SARIF 2.1.0, as GitHub's code scanning takes it.

use std::collections::BTreeMap;

use hxp_diagnostics::{Code, Diagnostic, Edit, Fix, Severity, Span};
use serde_json::{Value, json};

use super::Findings;

pub fn render(findings: &Findings<'_>) -> String {
    let rules = rules(findings.diagnostics);
    let index: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(at, code)| (code.id(), at)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results: Vec<Value> = findings
        .diagnostics
        .iter()
        .map(|d| result(findings, d, index.get(d.code.id()).copied().unwrap_or_default(), &mut seen))
        .collect();
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hxpc",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|c| rule(*c)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// The codes that occur, in the order of their ids.
fn rules(diagnostics: &[Diagnostic]) -> Vec<Code> {
    let codes: BTreeMap<&str, Code> = diagnostics.iter().map(|d| (d.code.id(), d.code)).collect();
    codes.into_values().collect()
}

fn rule(code: Code) -> Value {
    let page = crate::pages::page(code);
    json!({
        "id": code.id(),
        "name": pascal(&code.name()),
        "shortDescription": { "text": code.title() },
        "fullDescription": { "text": code.title() },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level(code.severity()) },
        "properties": { "tags": ["hxp"], "problem.severity": problem(code.severity()) },
    })
}

fn pascal(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|c| c.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('-').map(capital).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "recommendation",
    }
}

fn result(findings: &Findings<'_>, diagnostic: &Diagnostic, rule: usize, seen: &mut BTreeMap<String, usize>) -> Value {
    let mut text = diagnostic.message.clone();
    for line in &diagnostic.help {
        text += "\n";
        text += line;
    }
    let mut result = json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": rule,
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical(findings, diagnostic.primary.span) }],
        "partialFingerprints": { "hxp/v1": fingerprint(findings, diagnostic, seen) },
    });
    let related: Vec<Value> = diagnostic
        .related
        .iter()
        .zip(1..)
        .map(|(label, id)| {
            json!({
                "id": id,
                "physicalLocation": physical(findings, label.span),
                "message": { "text": label.text },
            })
        })
        .collect();
    let fixes: Vec<Value> = diagnostic.fixes.iter().map(|f| fix(findings, f)).collect();
    if let Value::Object(fields) = &mut result {
        for (name, list) in [("relatedLocations", related), ("fixes", fixes)] {
            if !list.is_empty() {
                fields.insert(name.to_owned(), Value::Array(list));
            }
        }
    }
    result
}

fn fix(findings: &Findings<'_>, fix: &Fix) -> Value {
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for Edit { span, text } in &fix.edits {
        let replacement = json!({ "deletedRegion": region(findings, *span), "insertedContent": { "text": text } });
        files.entry(uri(findings, *span)).or_default().push(replacement);
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(uri, replacements)| json!({ "artifactLocation": { "uri": uri }, "replacements": replacements }))
        .collect();
    json!({ "description": { "text": fix.title }, "artifactChanges": changes })
}

fn physical(findings: &Findings<'_>, span: Span) -> Value {
    json!({ "artifactLocation": { "uri": uri(findings, span) }, "region": region(findings, span) })
}

fn region(findings: &Findings<'_>, span: Span) -> Value {
    let Some(file) = findings.sources.get(span.file) else {
        return json!({ "startLine": 1 });
    };
    let (start, end) = (file.chars(span.start), file.chars(span.end));
    json!({
        "startLine": start.0 + 1,
        "startColumn": start.1 + 1,
        "endLine": end.0 + 1,
        "endColumn": end.1 + 1,
    })
}

/// The path as a relative reference: what is no plain character of one is percent-encoded.
fn uri(findings: &Findings<'_>, span: Span) -> String {
    let path = findings.sources.get(span.file).map(|f| findings.path(f.path())).unwrap_or_default();
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

/// A longer line is not part of a fingerprint.
const MOST: u32 = 500;

/// The same finding in the same line keeps its fingerprint when lines above it come or go.
fn fingerprint(findings: &Findings<'_>, diagnostic: &Diagnostic, seen: &mut BTreeMap<String, usize>) -> String {
    let span = diagnostic.primary.span;
    let (path, line) = findings.sources.get(span.file).map_or_else(Default::default, |file| {
        let line = file.lines().line(span.start);
        let start = file.lines().start(line).unwrap_or_default();
        let end = file.lines().start(line + 1).unwrap_or(u32::MAX).min(u32::try_from(file.text().len()).unwrap_or(0));
        // Of a line that no person wrote, the text around the place says enough.
        let near: String = file.slice(span.start, end).chars().take(MOST as usize).collect();
        let line = if end - start > MOST { near } else { file.slice(start, end).trim().to_owned() };
        (file.path().to_string(), line)
    });
    let what = format!("{}\n{path}\n{line}\n{}", diagnostic.code, diagnostic.message);
    let digest = hxp_driver::digest(what.as_bytes());
    let short = digest.get(..16).unwrap_or_default().to_owned();
    let count = seen.entry(short.clone()).or_default();
    *count += 1;
    format!("{short}:{count}")
}
