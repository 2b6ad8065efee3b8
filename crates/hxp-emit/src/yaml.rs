//! YAML that every reader reads alike: YAML 1.1 and 1.2, Go's, Python's, JavaScript's and Ruby's.
//!
//! A scalar is written plainly only when it lies inside an allowlist on which all of them agree; everything else is
//! quoted. So `on`, `1.10`, `12:30:00`, `1e3` and `~` come back as the strings they are. The same holds for keys: a
//! workflow's `on` is written `"on"`, which is the key `on` to every reader, whereas the bare word is the key `true` to
//! readers of YAML 1.1.
//!
//! Layout: two spaces a level, sequences indented below their key, two spaces before a comment behind a value, long
//! strings never folded. `yamllint` as it comes has nothing to say but on the length of lines and the missing `---`.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;

/// Text that is often known when compiling.
pub type Text = Cow<'static, str>;

/// A node of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number as it is to be written: `0.5`. The caller answers for its form.
    Number(Text),
    /// Text; several lines come out as a literal block where that says exactly the same.
    Str(Text),
    /// A sequence, an element a line.
    Seq(Vec<Item>),
    /// A sequence on one line, whatever it holds: `[main, develop]`.
    Flow(Vec<Node>),
    /// A mapping.
    Map(Map),
}

/// An element of a sequence with the comments above it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The element.
    pub value: Node,
    /// Lines above it, without `#`.
    pub comments: Vec<Text>,
}

/// A mapping; keys in the order given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// An entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its key.
    pub key: Text,
    /// Its value.
    pub value: Node,
    /// Lines above it, without `#`.
    pub comments: Vec<Text>,
    /// A comment on the line of the key, behind the value if that stands there too.
    pub trailing: Option<Text>,
    /// Whether an empty line stands before it.
    pub spaced: bool,
}

impl Map {
    /// An empty mapping.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    pub fn push(&mut self, key: impl Into<Text>, value: impl Into<Node>) -> &mut Entry {
        let index = self.entries.len();
        self.entries.push(Entry {
            key: key.into(),
            value: value.into(),
            comments: Vec::new(),
            trailing: None,
            spaced: false,
        });
        // The entry that was just pushed is there.
        #[expect(clippy::indexing_slicing, reason = "the index of the element just pushed")]
        &mut self.entries[index]
    }

    /// Adds an entry and returns the mapping, for building in one expression.
    #[must_use]
    pub fn with(mut self, key: impl Into<Text>, value: impl Into<Node>) -> Self {
        self.push(key, value);
        self
    }

    /// Adds an entry if there is a value.
    #[must_use]
    pub fn maybe(self, key: impl Into<Text>, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The value of that key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Entry {
    /// Adds a line above the entry.
    pub fn comment(&mut self, text: impl Into<Text>) -> &mut Self {
        self.comments.push(text.into());
        self
    }

    /// Puts an empty line before the entry.
    pub fn space(&mut self) -> &mut Self {
        self.spaced = true;
        self
    }

    /// Puts a comment on the line of the key.
    pub fn trail(&mut self, text: impl Into<Text>) -> &mut Self {
        self.trailing = Some(text.into());
        self
    }
}

impl Node {
    /// Text.
    pub fn str(text: impl Into<Text>) -> Self {
        Self::Str(text.into())
    }

    /// A sequence without comments.
    pub fn seq(items: impl IntoIterator<Item = Node>) -> Self {
        Self::Seq(items.into_iter().map(|value| Item { value, comments: Vec::new() }).collect())
    }

    /// A one-line sequence of strings.
    pub fn words<T: Into<Text>>(words: impl IntoIterator<Item = T>) -> Self {
        Self::Flow(words.into_iter().map(|w| Self::Str(w.into())).collect())
    }
}

impl From<&'static str> for Node {
    fn from(text: &'static str) -> Self {
        Self::Str(Cow::Borrowed(text))
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Str(Cow::Owned(text))
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Map> for Node {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<Vec<Node>> for Node {
    fn from(items: Vec<Node>) -> Self {
        Self::seq(items)
    }
}

/// Writes a document: the header as comments, then the mapping, then a newline.
pub fn document(header: &[Text], root: &Map) -> String {
    // Thousands of documents are printed one after another and all kept: each thread prints into the same buffer, and
    // a document takes the room it needs and no more.
    thread_local! {
        static BUFFER: Cell<String> = const { Cell::new(String::new()) };
    }
    let mut printer = Printer { out: BUFFER.take() };
    printer.comments(header, 0);
    if !header.is_empty() && !root.is_empty() {
        printer.out.push('\n');
    }
    if root.is_empty() {
        printer.out.push_str("{}\n");
    } else {
        printer.map(root, 0, false);
    }
    let text = printer.out.clone();
    printer.out.clear();
    BUFFER.set(printer.out);
    text
}

struct Printer {
    out: String,
}

impl Printer {
    fn indent(&mut self, depth: usize) {
        const SPACES: &str = "                                                                ";
        let mut left = depth * 2;
        while left > 0 {
            let n = left.min(SPACES.len());
            self.out.push_str(SPACES.get(..n).unwrap_or_default());
            left -= n;
        }
    }

    fn comments(&mut self, comments: &[Text], depth: usize) {
        for line in comments.iter().flat_map(|c| c.split(['\n', '\r'])) {
            self.indent(depth);
            self.out.push('#');
            self.comment_text(line);
            self.out.push('\n');
        }
    }

    /// A comment cannot hold what YAML forbids in a text, nor end the line early.
    fn comment_text(&mut self, line: &str) {
        let line = line.trim_end();
        if !line.is_empty() {
            self.out.push(' ');
        }
        // Nearly every comment is plain ASCII, copied as it is.
        if line.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~')) {
            self.out.push_str(line);
        } else {
            self.out.extend(line.chars().map(|c| if needs_escape(c) && c != '\t' { '\u{FFFD}' } else { c }));
        }
    }

    /// `inline`: the first entry continues the line of a `- `.
    fn map(&mut self, map: &Map, depth: usize, inline: bool) {
        for (index, entry) in map.entries.iter().enumerate() {
            let continues = inline && index == 0;
            if !continues {
                if entry.spaced && index > 0 {
                    self.out.push('\n');
                }
                self.comments(&entry.comments, depth);
                self.indent(depth);
            }
            self.key(&entry.key, depth);
            self.value(&entry.value, depth, entry.trailing.as_deref());
        }
    }

    fn key(&mut self, key: &str, depth: usize) {
        // An implicit key ends within 1024 characters (YAML 1.2.2, section 7.4); a longer one is explicit. An escape
        // takes up to ten.
        let long = key.len() > 100;
        if long {
            self.out.push_str("? ");
        }
        self.scalar(key, false);
        if long {
            self.out.push('\n');
            self.indent(depth);
        }
        self.out.push(':');
    }

    /// What stands behind `key:`.
    fn value(&mut self, value: &Node, depth: usize, trailing: Option<&str>) {
        match value {
            Node::Map(map) if !map.is_empty() => {
                self.trailing(trailing);
                self.out.push('\n');
                self.map(map, depth + 1, false);
            }
            Node::Seq(items) if !items.is_empty() => {
                self.trailing(trailing);
                self.out.push('\n');
                self.seq(items, depth + 1, false);
            }
            _ => {
                self.out.push(' ');
                self.leaf(value, depth, trailing);
            }
        }
    }

    /// `inline`: the first item continues the line of a `- `.
    fn seq(&mut self, items: &[Item], depth: usize, inline: bool) {
        for (index, item) in items.iter().enumerate() {
            if !(inline && index == 0) {
                self.above(item, depth);
                self.indent(depth);
            }
            self.out.push_str("- ");
            match &item.value {
                Node::Map(map) if !map.is_empty() => self.map(map, depth + 1, true),
                Node::Seq(inner) if !inner.is_empty() => self.seq(inner, depth + 1, true),
                leaf => self.leaf(leaf, depth, None),
            }
        }
    }

    /// The comments of an item and of whatever shares its line: they stand above the line, outermost first.
    fn above(&mut self, item: &Item, depth: usize) {
        self.comments(&item.comments, depth);
        match &item.value {
            Node::Map(map) => map.entries.first().into_iter().for_each(|e| self.comments(&e.comments, depth)),
            Node::Seq(items) => items.first().into_iter().for_each(|i| self.above(i, depth)),
            _ => {}
        }
    }

    /// What fits behind a key or a dash, to the end of the line; a literal block goes on below.
    fn leaf(&mut self, value: &Node, depth: usize, trailing: Option<&str>) {
        if let Node::Str(text) = value
            && let Some(header) = block_header(text)
        {
            self.out.push_str(header);
            self.trailing(trailing);
            self.out.push('\n');
            self.block(text, depth + 1);
            return;
        }
        match value {
            Node::Str(text) => self.scalar(text, false),
            other => self.flow(other),
        }
        self.trailing(trailing);
        self.out.push('\n');
    }

    fn trailing(&mut self, comment: Option<&str>) {
        if let Some(text) = comment {
            self.out.push_str("  #");
            if text.contains(['\n', '\r']) {
                self.comment_text(&text.replace(['\n', '\r'], " "));
            } else {
                self.comment_text(text);
            }
        }
    }

    /// Anything in one line.
    fn flow(&mut self, value: &Node) {
        match value {
            Node::Null => self.out.push_str("null"),
            Node::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Node::Int(i) => {
                let _ = write!(self.out, "{i}");
            }
            Node::Number(n) => self.out.push_str(n),
            Node::Str(text) => self.scalar(text, true),
            Node::Flow(items) => self.flow_list(items.iter()),
            Node::Seq(items) => self.flow_list(items.iter().map(|item| &item.value)),
            Node::Map(map) => {
                self.out.push('{');
                for (index, entry) in map.entries.iter().enumerate() {
                    self.out.push_str(if index == 0 { "" } else { ", " });
                    self.scalar(&entry.key, true);
                    self.out.push_str(": ");
                    self.flow(&entry.value);
                }
                self.out.push('}');
            }
        }
    }

    fn flow_list<'n>(&mut self, items: impl Iterator<Item = &'n Node>) {
        self.out.push('[');
        for (index, item) in items.enumerate() {
            self.out.push_str(if index == 0 { "" } else { ", " });
            self.flow(item);
        }
        self.out.push(']');
    }

    fn block(&mut self, text: &str, depth: usize) {
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.indent(depth);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn scalar(&mut self, text: &str, flow: bool) {
        // Inside brackets, readers of YAML 1.1 let a question mark or a colon end a bare word.
        if is_plain(text) && !(flow && text.contains([',', '[', ']', '{', '}', '?', ':'])) {
            self.out.push_str(text);
        } else {
            self.quoted(text);
        }
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if needs_escape(c) => {
                    let code = u32::from(c);
                    let _ = match code {
                        0..=0xFF => write!(self.out, "\\x{code:02X}"),
                        0x100..=0xFFFF => write!(self.out, "\\u{code:04X}"),
                        _ => write!(self.out, "\\U{code:08X}"),
                    };
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

/// Characters that some reader refuses, folds or hides when they stand for themselves. Of the planes above the first,
/// only those with emoji and other symbols are written as they are.
fn needs_escape(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || (c > '\u{FFFF}' && !matches!(c, '\u{1F000}'..='\u{1FAFF}'))
        || matches!(c, '\u{85}' | '\u{A0}' | '\u{AD}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
}

/// The header of a literal block that says exactly `text`, if there is one.
fn block_header(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n');
    let lines = body.unwrap_or(text);
    let fits = text.contains('\n')
        && !lines.is_empty()
        && !lines.starts_with([' ', '\t', '\n'])
        && !lines.ends_with('\n')
        && !text.chars().any(|c| c != '\n' && c != '\t' && needs_escape(c))
        // White space at the end of a line is trimmed by editors, and where it is the whole line, changed by some readers.
        && !lines.split('\n').any(|l| l.trim_end() != l);
    fits.then_some(if body.is_some() { "|" } else { "|-" })
}

/// Words that some reader takes for something other than a string.
const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"];

/// Units behind a number with which no reader takes it for a number.
const UNITS: &[&str] = &["%", "m", "s", "h", "d", "w", "ms", "Ki", "Mi", "Gi", "Ti", "Pi", "kB", "MB", "GB", "TB"];

/// Whether all readers take the bare text for the string that it is (in a block, not inside `[…]`).
fn is_plain(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    if first.is_ascii_digit() {
        return is_number_with_unit(text);
    }
    if !(first.is_ascii_alphabetic() || matches!(first, b'_' | b'/' | b'$') || text.starts_with("./")) {
        return false;
    }
    let safe = text.bytes().all(|b| (0x20..0x7F).contains(&b) && b != b'#' && b != b'`')
        && !text.contains(": ")
        && !text.ends_with([':', ' ']);
    safe && !WORDS.iter().any(|w| text.eq_ignore_ascii_case(w)) && !is_exponent(text)
}

/// `e9`, as the hash of a commit may begin: a number without digits before the exponent to JavaScript's reader of YAML 1.1.
fn is_exponent(text: &str) -> bool {
    let digits = text.strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['-', '+']).unwrap_or(rest));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// `500m`, `1Gi`, `50%`, `7d`, `1h30m`.
fn is_number_with_unit(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = rest.strip_suffix(unit).unwrap_or_default();
        let next = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let Some((unit, behind)) = unit.split_at_checked(next) else { return false };
        let whole = number.bytes().all(|b| b.is_ascii_digit());
        let decimal = number.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains('.'));
        if number.is_empty() || !(whole || decimal) || !UNITS.contains(&unit) {
            return false;
        }
        rest = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(node: impl Into<Node>) -> String {
        document(&[], &Map::new().with("k", node))
    }

    #[test]
    fn strings_that_some_reader_misreads_are_quoted() {
        for text in [
            "",
            " ",
            "on",
            "Yes",
            "NO",
            "y",
            "~",
            "null",
            "1e3",
            "e1234567",
            "E-9",
            "0123",
            "12:30:00",
            "2024-01-01",
            "1.10",
            "=",
            "-",
            "- a",
            "*a",
            "&a",
            "!a",
            "@a",
            "a:",
            "a: b",
            "a #b",
            "#a",
            "0x10",
            "1_000",
            ".5",
            ".inf",
            "<<",
            "{a}",
            "[a]",
            "'a",
            "\"a",
            "%a",
            "|",
            ">",
            "`a`",
            "é",
            "a\tb",
            "true",
            "42",
            "-1",
            "+1",
            "a ",
            "1.2.3",
            "?",
            "0o7",
            "1e3m",
            "1.m",
            ".5m",
            "1..5m",
            "1h30",
            "1h30m2",
            "1m:30m",
        ] {
            assert!(value(text.to_owned()).starts_with("k: \""), "{text:?} came out as {}", value(text.to_owned()));
        }
    }

    #[test]
    fn ordinary_strings_are_plain() {
        for text in [
            "hexabase/api",
            "500m",
            "1Gi",
            "7d",
            "50%",
            "a:b",
            "https://x.example:8080/a?b=c",
            "${{ github.sha }}",
            "kubernetes.io/hostname",
            "/",
            "./charts/x",
            "client-id",
            "a && b",
            "1.5Gi",
            "1h30m",
        ] {
            assert_eq!(value(text.to_owned()), format!("k: {text}\n"));
        }
    }

    #[test]
    fn layout() {
        let step = Map::new().with("name", "Test").with("run", "set -e\nmake test\n");
        let mut root = Map::new();
        root.push("name", "Deploy").trail("policy.hxp:3");
        root.push("branches", Node::words(["main", "a,b"])).comment("Which branches.").space();
        root.push("steps", vec![Node::from(step), Node::str("x")]).trail("policy.hxp:5");
        root.push("script", "a\nb\n").trail("not part of it");
        root.push("empty", Map::new());
        root.push("none", Node::Seq(Vec::new())).trail("of them");
        root.push("nested", vec![Node::seq([Node::Int(1), Node::Int(2)]), Node::seq([Node::Null])]);
        let inline = Map::new().with("a", 1).with("b: c", Node::seq([Node::str("x, y"), Map::new().into()]));
        root.push("inline", Node::Flow(vec![inline.into(), Node::Flow(Vec::new())]));
        assert_eq!(
            document(&["Generated.".into()], &root),
            "\
# Generated.

name: Deploy  # policy.hxp:3

# Which branches.
branches: [main, \"a,b\"]
steps:  # policy.hxp:5
  - name: Test
    run: |
      set -e
      make test
  - x
script: |  # not part of it
  a
  b
empty: {}
none: []  # of them
nested:
  - - 1
    - 2
  - - null
inline: [{a: 1, \"b: c\": [\"x, y\", {}]}, []]
"
        );
    }

    #[test]
    fn comments_stand_above_the_line_they_are_about() {
        let mut entry = Map::new();
        entry.push("name", "x").comment("of the name");
        entry.push("on", "y").comment("of on\nin two lines").trail("two\nlines");
        let item = Item { value: entry.into(), comments: vec!["of the item".into()] };
        let outer = Item { value: Node::Seq(vec![item]), comments: vec!["of the outer".into()] };
        let root = Map::new().with("list", Node::Seq(vec![outer]));
        assert_eq!(
            document(&[], &root),
            "\
list:
  # of the outer
  # of the item
  # of the name
  - - name: x
      # of on
      # in two lines
      \"on\": \"y\"  # two lines
"
        );
    }

    #[test]
    fn text_of_several_lines_is_a_block_only_where_it_is_exact() {
        assert_eq!(value("a\nb\n"), "k: |\n  a\n  b\n");
        assert_eq!(value("a\n\nb"), "k: |-\n  a\n\n  b\n");
        for text in [" a\nb\n", "a\n\n", "\na", "a\r\nb", "a\n \nb\n", "a \nb\n", "a\nb\t\n", "\n"] {
            assert!(value(text.to_owned()).starts_with("k: \""), "{text:?}");
        }
    }
}
