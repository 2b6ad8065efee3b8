//! For programs. The form is described in `docs/book/formats.md`, and its schema is made of the types here; a key is only
//! ever added to it.

use hxp_diagnostics::{Diagnostic, Edit, Fix, Label, Severity, SourceFile, Span};
use serde::Serialize;

use super::Findings;

/// Findings of `hxpc check`, `lint` and `compile`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct Document<'a> {
    /// Version of this form: 1.
    #[cfg_attr(test, schemars(extend("const" = 1)))]
    hxp: u32,
    /// What was found, in the order of the texts.
    diagnostics: Vec<Finding<'a>>,
    /// How much was found.
    summary: Summary,
}

/// How much was found.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct Summary {
    /// Findings that keep the policy from being accepted.
    errors: usize,
    /// Findings that are probably not what is meant.
    warnings: usize,
    /// Findings that are worth knowing.
    advice: usize,
    /// Files that were looked at.
    files: usize,
}

/// A finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct Finding<'a> {
    /// Its code, as in `hxpc explain HXP0201`.
    #[cfg_attr(test, schemars(regex(pattern = "^HXP[0-9]{4}$")))]
    code: &'static str,
    /// The code's name, as `[lints]` of the manifest has it.
    name: String,
    /// How bad it is.
    #[cfg_attr(test, schemars(with = "String", extend("enum" = ["error", "warning", "advice"])))]
    severity: Severity,
    /// What was found, in a sentence.
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    /// Other places that matter.
    related: Vec<Place<'a>>,
    /// How to mend it, or what is valid; a sentence each.
    help: &'a [String],
    /// Mends that a tool can apply, best first.
    fixes: Vec<Mend<'a>>,
}

/// A place with something to say about it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct Place<'a> {
    /// Path of the file, from the current folder.
    file: String,
    /// The text that is meant.
    range: Range,
    /// What it says there; may be empty.
    label: &'a str,
}

/// A half-open range of text.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct Range {
    /// Where it starts.
    start: Position,
    /// Where it ends: this is not part of it.
    end: Position,
}

/// A position in a file.
#[derive(Serialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct Position {
    /// The byte, from 0.
    byte: u32,
    /// The line, from 1.
    #[cfg_attr(test, schemars(range(min = 1)))]
    line: u32,
    /// The column in characters, from 1.
    #[cfg_attr(test, schemars(range(min = 1)))]
    column: u32,
}

/// A mend.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct Mend<'a> {
    /// What it does, in the imperative.
    title: &'a str,
    /// Whether it keeps the meaning, or is certainly what was meant.
    safe: bool,
    /// All of them together make the mend; they do not overlap.
    edits: Vec<Change<'a>>,
}

/// A replacement.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
struct Change<'a> {
    /// Path of the file, from the current folder.
    file: String,
    /// What is replaced; empty to insert.
    range: Range,
    /// What it is replaced with.
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// `HXP_BLESS=1 cargo test -p hxpc render::json` writes the file.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test that reads and writes the published file")]
    fn the_published_schema_is_that_of_the_types() {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<super::Document<'static>>();
        schema.insert("title".to_owned(), "Findings of hxpc".into());
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/diagnostics.schema.json");
        if std::env::var_os("HXP_BLESS").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        let published = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            published == text,
            "docs/schemas/diagnostics.schema.json is stale: HXP_BLESS=1 cargo test -p hxpc render::json"
        );
    }
}
