//! For programs. The form is described in `docs/book/formats.md`; a key is only ever added to it.

use hxp_diagnostics::{Diagnostic, Edit, Fix, Label, Severity, SourceFile, Span};
use serde::Serialize;

use super::Findings;

#[derive(Serialize)]
struct Document<'a> {
    hxp: u32,
    diagnostics: Vec<Finding<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    advice: usize,
    files: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    name: String,
    severity: Severity,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    related: Vec<Place<'a>>,
    help: &'a [String],
    fixes: Vec<Mend<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: String,
    range: Range,
    label: &'a str,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

/// A position: the byte from 0, the line from 1, the column in characters from 1.
#[derive(Serialize, Default)]
struct Position {
    byte: u32,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Mend<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    file: String,
    range: Range,
    text: &'a str,
}

pub fn render(findings: &Findings<'_>) -> String {
    let document = Document {
        hxp: 1,
        diagnostics: findings.diagnostics.iter().map(|d| finding(findings, d)).collect(),
        summary: Summary {
            errors: findings.count(Severity::Error),
            warnings: findings.count(Severity::Warning),
            advice: findings.count(Severity::Advice),
            files: findings.files,
        },
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn finding<'a>(findings: &Findings<'_>, diagnostic: &'a Diagnostic) -> Finding<'a> {
    Finding {
        code: diagnostic.code.id(),
        name: diagnostic.code.name(),
        severity: diagnostic.severity,
        message: &diagnostic.message,
        place: place(findings, &diagnostic.primary),
        related: diagnostic.related.iter().map(|l| place(findings, l)).collect(),
        help: &diagnostic.help,
        fixes: diagnostic.fixes.iter().map(|f| mend(findings, f)).collect(),
    }
}

fn mend<'a>(findings: &Findings<'_>, fix: &'a Fix) -> Mend<'a> {
    let edit = |edit: &'a Edit| {
        let (file, range) = range(findings, edit.span);
        Change { file, range, text: &edit.text }
    };
    Mend { title: &fix.title, safe: fix.safe, edits: fix.edits.iter().map(edit).collect() }
}

fn place<'a>(findings: &Findings<'_>, label: &'a Label) -> Place<'a> {
    let (file, range) = range(findings, label.span);
    Place { file, range, label: &label.text }
}

fn range(findings: &Findings<'_>, span: Span) -> (String, Range) {
    let file = findings.sources.get(span.file);
    let at = |byte: u32| file.map(|f| position(f, byte)).unwrap_or_default();
    (file.map(|f| findings.path(f.path())).unwrap_or_default(), Range { start: at(span.start), end: at(span.end) })
}

fn position(file: &SourceFile, byte: u32) -> Position {
    let (line, column) = file.chars(byte);
    Position { byte, line: line + 1, column: column + 1 }
}
