//! For people: the text with its labels, drawn by miette.

use std::fmt;

use hxp_diagnostics::{Diagnostic, FileId, Label, Severity};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceSpan, ThemeCharacters, ThemeStyles};

use super::excerpt::Excerpt;
use super::{Findings, summary};

/// Text is wrapped here.
const WIDTH: usize = 100;

pub fn render(findings: &Findings<'_>, color: bool) -> String {
    let styles = if color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_links(false).with_show_related_as_nested(true);
    let mut text = String::new();
    for diagnostic in findings.diagnostics {
        // Writing to a string cannot fail.
        let _ = handler.render_report(&mut text, &View::new(findings, diagnostic));
        text.push('\n');
    }
    if !findings.diagnostics.is_empty() {
        text += &summary(findings);
        text.push('\n');
        text += &hint(findings);
    }
    text
}

/// Where to read on.
fn hint(findings: &Findings<'_>) -> String {
    let worst = findings.diagnostics.iter().min_by_key(|d| d.severity);
    let explain = worst.map(|d| format!("`hxpc explain {}` tells more", d.code)).unwrap_or_default();
    let safe = findings.diagnostics.iter().filter(|d| d.fixes.iter().any(|f| f.safe)).count();
    match (findings.fixing, safe) {
        (true, 1) => format!("{explain}; `hxpc lint --fix` mends one of them\n"),
        (true, 2..) => format!("{explain}; `hxpc lint --fix` mends {safe} of them\n"),
        _ => format!("{explain}\n"),
    }
}

/// A diagnostic as miette sees it: the labels of one file; those of other files are diagnostics related to it.
struct View {
    severity: Severity,
    code: Option<String>,
    message: String,
    help: Option<String>,
    source: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<View>,
}

impl View {
    fn new(findings: &Findings<'_>, diagnostic: &Diagnostic) -> Self {
        let file = diagnostic.primary.span.file;
        let (here, there): (Vec<&Label>, Vec<&Label>) = diagnostic.related.iter().partition(|l| l.span.file == file);
        let source = source(findings, file);
        let labels = source.as_ref().map(|source| {
            let others = here.into_iter().map(|l| label(source, l, false));
            std::iter::once(label(source, &diagnostic.primary, true)).chain(others).collect()
        });
        Self {
            severity: diagnostic.severity,
            code: Some(diagnostic.code.id().to_owned()),
            message: diagnostic.message.clone(),
            help: help(diagnostic),
            labels: labels.unwrap_or_default(),
            source,
            elsewhere: elsewhere(findings, &there),
        }
    }
}

/// One view a file, in the order in which the files are mentioned.
fn elsewhere(findings: &Findings<'_>, labels: &[&Label]) -> Vec<View> {
    let mut files: Vec<FileId> = Vec::new();
    for label in labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
        .into_iter()
        .map(|file| {
            let source = source(findings, file);
            let mine = labels.iter().filter(|l| l.span.file == file);
            View {
                severity: Severity::Advice,
                code: None,
                message: "see also".to_owned(),
                help: None,
                labels: source.iter().flat_map(|s| mine.clone().map(|l| label(s, l, false))).collect(),
                source,
                elsewhere: Vec::new(),
            }
        })
        .collect()
}

/// The text of a file, unless there is none to show.
fn source(findings: &Findings<'_>, file: FileId) -> Option<Excerpt> {
    let file = findings.sources.get(file).filter(|f| !f.text().is_empty())?;
    Some(Excerpt::new(findings.path(file.path()), file))
}

fn label(source: &Excerpt, label: &Label, primary: bool) -> LabeledSpan {
    let span = SourceSpan::new((label.span.start as usize).into(), source.reach(label.span.start, label.span.len()));
    let text = (!label.text.is_empty()).then(|| label.text.clone());
    if primary { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
}

/// What helps, and the fixes that are not said by it already.
fn help(diagnostic: &Diagnostic) -> Option<String> {
    let mut lines = diagnostic.help.clone();
    for fix in &diagnostic.fixes {
        let says = |text: &str| !text.is_empty() && lines.iter().any(|l| l.contains(text));
        let said = |e: &hxp_diagnostics::Edit| says(e.text.trim_matches([',', ';', ' ', '\n']));
        if !says(&fix.title) && !fix.edits.iter().any(said) {
            lines.push(fix.title.clone());
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for View {}

impl miette::Diagnostic for View {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|c| Box::new(c) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|s| s as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = _>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        (!self.elsewhere.is_empty()).then(|| {
            Box::new(self.elsewhere.iter().map(|v| v as &dyn miette::Diagnostic)) as Box<dyn Iterator<Item = _>>
        })
    }
}
