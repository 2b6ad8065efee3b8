//! Between the protocol's lines and characters and byte offsets.

use tower_lsp_server::ls_types::{Position, PositionEncodingKind, Range};

/// How the client counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// As every client can.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The best one that the client offers.
    pub fn choose(offered: Option<&[PositionEncodingKind]>) -> Self {
        let offered = offered.unwrap_or_default();
        let best = [Self::Utf8, Self::Utf16, Self::Utf32].into_iter().find(|e| offered.contains(&e.kind()));
        best.unwrap_or_default()
    }

    /// As the protocol names it.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// Where the lines of a text begin; lines end at `\n`, `\r\n` and `\r`, as the protocol has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    /// The lines of a text.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends {
                starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Self { starts }
    }

    fn line<'t>(&self, text: &'t str, line: u32) -> Option<(u32, &'t str)> {
        let start = *self.starts.get(line as usize)?;
        let end = self.starts.get(line as usize + 1).map_or(text.len(), |e| *e as usize);
        Some((start, text.get(start as usize..end)?.trim_end_matches(['\r', '\n'])))
    }

    /// The byte at a position; what lies outside a line or the text is moved to its end.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> u32 {
        let Some((start, line)) = self.line(text, position.line) else {
            return u32::try_from(text.len()).unwrap_or(u32::MAX);
        };
        let mut column = 0;
        let mut at = 0;
        for c in line.chars() {
            if column + encoding.width(c) > position.character as usize {
                break;
            }
            column += encoding.width(c);
            at += c.len_utf8();
        }
        start + u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The position of a byte.
    pub fn position(&self, text: &str, offset: u32, encoding: Encoding) -> Position {
        let line = self.starts.partition_point(|s| *s <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0) as usize;
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(start..end).unwrap_or_default();
        let column: usize = match encoding {
            Encoding::Utf8 => before.len(),
            _ => before.chars().map(|c| encoding.width(c)).sum(),
        };
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), character: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// The range of some bytes.
    pub fn range(&self, text: &str, start: u32, end: u32, encoding: Encoding) -> Range {
        Range { start: self.position(text, start, encoding), end: self.position(text, end, encoding) }
    }

    /// The bytes of a range, its ends in order.
    pub fn bytes(&self, text: &str, range: Range, encoding: Encoding) -> std::ops::Range<u32> {
        let (start, end) = (self.offset(text, range.start, encoding), self.offset(text, range.end, encoding));
        start.min(end)..start.max(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_counted_as_the_client_counts() {
        let text = "é😀x\r\nb\rc";
        let lines = Lines::new(text);
        for (encoding, column) in [(Encoding::Utf8, 6), (Encoding::Utf16, 3), (Encoding::Utf32, 2)] {
            assert_eq!(lines.offset(text, at(0, column), encoding), 6);
            assert_eq!(lines.position(text, 6, encoding), at(0, column));
        }
        assert_eq!(lines.offset(text, at(1, 0), Encoding::Utf16), 9);
        assert_eq!(lines.offset(text, at(2, 1), Encoding::Utf16), 12);
    }

    #[test]
    fn positions_outside_the_text_are_moved_into_it() {
        let text = "ab\n😀";
        let lines = Lines::new(text);
        for (position, offset) in [(at(0, 99), 2), (at(9, 0), 7), (at(1, 1), 3), (at(u32::MAX, u32::MAX), 7)] {
            assert_eq!(lines.offset(text, position, Encoding::Utf16), offset, "{position:?}");
        }
        assert_eq!(lines.position(text, 5, Encoding::Utf16), at(1, 0));
        assert_eq!(lines.position(text, 999, Encoding::Utf16), at(1, 2));
    }

    #[test]
    fn a_range_may_be_said_backwards() {
        let lines = Lines::new("abc");
        assert_eq!(lines.bytes("abc", Range { start: at(0, 2), end: at(0, 1) }, Encoding::Utf16), 1..2);
    }
}
