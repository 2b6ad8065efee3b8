//! The lines around a place, for miette: found by the line index, and clipped where a line is too long to be read.

use std::sync::Arc;

use hxp_diagnostics::SourceFile;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// A longer line is a program's work and is shown only around the place.
const LONG: usize = 400;

/// So much is shown on either side then.
const AROUND: usize = 60;

/// A file of which excerpts are shown.
pub struct Excerpt {
    name: String,
    file: SourceFile,
}

impl Excerpt {
    /// `name` is how people call the file.
    pub fn new(name: String, file: &SourceFile) -> Self {
        Self { name, file: file.clone() }
    }

    /// A label does not reach further than what is shown of its line.
    pub fn reach(&self, start: u32, len: u32) -> usize {
        let (first, last) = (self.file.lines().line(start), self.file.lines().line(start.saturating_add(len)));
        let len = len as usize;
        if first == last && self.line(first).len() > LONG { len.min(AROUND) } else { len }
    }

    fn text(&self) -> &Arc<str> {
        self.file.text()
    }

    /// The bytes of a line, its end included.
    fn line(&self, line: u32) -> std::ops::Range<usize> {
        let end = self.text().len();
        let start_of = |line: u32| self.file.lines().start(line).map_or(end, |s| s as usize);
        start_of(line)..start_of(line.saturating_add(1))
    }

    /// The nearest boundary of characters at or before `at`.
    fn boundary(&self, at: usize) -> usize {
        (0..=at.min(self.text().len())).rev().find(|i| self.text().is_char_boundary(*i)).unwrap_or(0)
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset().saturating_add(span.len()));
        if end > self.text().len() {
            return Err(MietteError::OutOfBounds);
        }
        let first = self.file.lines().line(narrow(start));
        if before == 0 && after == 0 {
            // The heading wants to know the line and the column, not the text.
            let column = self.file.chars(narrow(start)).1 as usize;
            return Ok(Box::new(self.contents(start..end, first, column)));
        }
        let last = self.file.lines().line(narrow(end.max(start + 1) - 1));
        let from = first.saturating_sub(narrow(before));
        let to = last.saturating_add(narrow(after)).min(narrow(self.file.lines().lines() - 1));
        if (from..=to).all(|line| self.line(line).len() <= LONG) {
            return Ok(Box::new(self.contents(self.line(from).start..self.line(to).end, from, 0)));
        }
        let clipped_start = self.boundary(start.saturating_sub(AROUND)).max(self.line(first).start);
        let clipped_end = self.boundary(end.saturating_add(AROUND)).min(self.line(last).end);
        Ok(Box::new(self.contents(clipped_start..clipped_end, first, 0)))
    }
}

impl Excerpt {
    fn contents(&self, shown: std::ops::Range<usize>, line: u32, column: usize) -> MietteSpanContents<'_> {
        let data = self.text().as_bytes().get(shown.clone()).unwrap_or_default();
        let count = self.file.lines().line(narrow(shown.end)).saturating_sub(line) as usize;
        let span = SourceSpan::new(shown.start.into(), data.len());
        MietteSpanContents::new_named(self.name.clone(), data, span, line as usize, column, count)
    }
}
