//! For logs: one line a finding, by codespan-reporting.

use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic as Line, Label, LabelStyle, Severity as Level};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, Config, DisplayStyle, termcolor};
use hxp_diagnostics::{Diagnostic, FileId, Severity};

use super::Findings;

pub fn render(findings: &Findings<'_>, color: bool) -> String {
    let config = Config { display_style: DisplayStyle::Short, ..Config::default() };
    let mut out = if color { termcolor::Buffer::ansi() } else { termcolor::Buffer::no_color() };
    for diagnostic in findings.diagnostics {
        // Writing to memory cannot fail, and every span lies in a file of the sources.
        drop(term::emit_to_write_style(&mut out, &config, findings, &line(diagnostic)));
    }
    String::from_utf8_lossy(out.as_slice()).into_owned()
}

fn line(diagnostic: &Diagnostic) -> Line<FileId> {
    let level = match diagnostic.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Advice => Level::Help,
    };
    let span = diagnostic.primary.span;
    let label = Label::new(LabelStyle::Primary, span.file, span.start as usize..span.end as usize);
    // A message is one line here, whatever it quotes.
    let message = diagnostic.message.split_whitespace().collect::<Vec<_>>().join(" ");
    Line::new(level).with_code(diagnostic.code.id()).with_message(message).with_labels(vec![label])
}

impl<'a> Files<'a> for Findings<'_> {
    type FileId = FileId;
    type Name = String;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<String, Error> {
        self.sources.get(id).map(|f| self.path(f.path())).ok_or(Error::FileMissing)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.sources.get(id).map(|f| f.text().as_ref()).ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        let file = self.sources.get(id).ok_or(Error::FileMissing)?;
        Ok(file.lines().line(u32::try_from(byte).unwrap_or(u32::MAX)) as usize)
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        let file = self.sources.get(id).ok_or(Error::FileMissing)?;
        let start_of = |line: usize| u32::try_from(line).ok().and_then(|l| file.lines().start(l)).map(|s| s as usize);
        let start = start_of(line).ok_or(Error::LineTooLarge { given: line, max: file.lines().lines() - 1 })?;
        Ok(start..start_of(line + 1).unwrap_or(file.text().len()))
    }
}
