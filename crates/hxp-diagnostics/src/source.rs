//! Files, positions in them, and the translation between bytes, lines and UTF-16.

use std::sync::Arc;

use smol_str::SmolStr;

/// A source file's number in its [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    /// The span of `start..end` in `file`.
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// The smallest span that covers both (which must be of one file; otherwise `self`).
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span right behind this one: where something is missing.
    #[must_use]
    pub fn after(self) -> Self {
        Self { start: self.end, ..self }
    }

    /// The empty span right before this one.
    #[must_use]
    pub fn before(self) -> Self {
        Self { end: self.start, ..self }
    }

    /// Length in bytes.
    pub fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether `offset` lies in it (its end included, as a cursor stands between bytes).
    pub fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }
}

/// A thing and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The thing.
    pub node: T,
    /// Where it stands.
    pub span: Span,
}

/// A place as people and tools name it: 1-based line, 1-based column in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Path relative to the project, with `/`.
    pub path: SmolStr,
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode characters, from 1.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// Where each line of a text begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {
    // Shared, because an editor keeps every file over many runs.
    starts: Arc<[u32]>,
}

impl LineIndex {
    /// Indexes `text`. Lines end at `\n`; a `\r` before it belongs to the line.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, b)| *b == b'\n')
                .map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX)),
        );
        Self { starts: starts.into() }
    }

    /// The 0-based line that holds byte `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        let n = self.starts.partition_point(|s| *s <= offset);
        u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The byte at which the 0-based `line` begins, if there is such a line.
    pub fn start(&self, line: u32) -> Option<u32> {
        self.starts.get(line as usize).copied()
    }

    /// How many lines there are (at least one).
    pub fn lines(&self) -> usize {
        self.starts.len()
    }
}

/// One file: its path, its text, and its lines.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: SmolStr,
    text: Arc<str>,
    lines: LineIndex,
}

impl SourceFile {
    /// Path relative to the project, with `/`; `<std>/…` for the standard library.
    pub fn path(&self) -> &SmolStr {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Its lines.
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    /// The text under `start..end`, empty when that is no slice of the file.
    pub fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// 0-based line and 0-based column of `offset`, the column counted by `width` of each character.
    fn line_column(&self, offset: u32, width: impl Fn(char) -> u32) -> (u32, u32) {
        let line = self.lines.line(offset);
        let start = self.lines.start(line).unwrap_or(0);
        let column = self.slice(start, offset).chars().map(width).sum();
        (line, column)
    }

    /// 0-based line and UTF-16 column of `offset`, as the Language Server Protocol counts by default.
    pub fn utf16(&self, offset: u32) -> (u32, u32) {
        self.line_column(offset, |c| if c > '\u{FFFF}' { 2 } else { 1 })
    }

    /// 0-based line and column in characters of `offset`.
    pub fn chars(&self, offset: u32) -> (u32, u32) {
        self.line_column(offset, |_| 1)
    }
}

/// All files of one run; files are only ever added.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and says which number it got.
    pub fn add(&mut self, path: impl Into<SmolStr>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let lines = LineIndex::new(&text);
        self.files.push(SourceFile { path: path.into(), text, lines });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds a file that an earlier run has read.
    pub fn add_again(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Which number the next file gets.
    pub fn next(&self) -> FileId {
        FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX))
    }

    /// Gives a file another text.
    pub fn replace(&mut self, id: FileId, text: impl Into<Arc<str>>) {
        if let Some(file) = self.files.get_mut(id.0 as usize) {
            let text = text.into();
            *file = SourceFile { path: file.path.clone(), lines: LineIndex::new(&text), text };
        }
    }

    /// The file of that number.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files with their numbers, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(u32::try_from(i).unwrap_or(u32::MAX)), f))
    }

    /// The text under a span.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).map_or("", |f| f.slice(span.start, span.end))
    }

    /// Where a span begins, for people.
    pub fn location(&self, span: Span) -> Location {
        let Some(file) = self.get(span.file) else {
            return Location { path: SmolStr::default(), line: 1, column: 1 };
        };
        let (line, column) = file.chars(span.start);
        Location { path: file.path.clone(), line: line + 1, column: column + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_count_lines_and_characters() {
        let mut sources = Sources::default();
        let file = sources.add("a.hxp", "é = 1\n😀x = 2\n");
        let at = |needle: &str| {
            let start = sources.get(file).unwrap().text().find(needle).unwrap();
            Span::new(file, start.try_into().unwrap(), (start + needle.len()).try_into().unwrap())
        };
        assert_eq!(sources.location(at("= 1")).to_string(), "a.hxp:1:3");
        assert_eq!(sources.location(at("x = 2")).to_string(), "a.hxp:2:2");
        assert_eq!(sources.get(file).unwrap().utf16(at("x = 2").start), (1, 2));
        assert_eq!(sources.slice(at("x = 2")), "x = 2");
    }
}
