//! Trees that say why, for people: a line a node, wrapped, with a mark that tells at a glance how it stands.

use hxp_decide::Explanation;
use hxp_decide::explain::Standing;

/// Text is wrapped here.
pub const WIDTH: usize = 100;

/// A colour, where colours are shown.
#[derive(Clone, Copy, Debug)]
pub enum Ink {
    /// Good.
    Green,
    /// Bad.
    Red,
    /// Open.
    Yellow,
    /// Beside the point.
    Dim,
    /// To the point.
    Bold,
}

/// Colours text, or does not.
#[derive(Clone, Copy, Debug)]
pub struct Paint(pub bool);

impl Paint {
    /// The text in a colour.
    pub fn ink(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Green => "32",
            Ink::Red => "31",
            Ink::Yellow => "33",
            Ink::Dim => "2",
            Ink::Bold => "1",
        };
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The mark of a standing, and its colour.
fn mark(standing: Standing) -> (&'static str, Ink) {
    match standing {
        Standing::Met | Standing::True => ("✓", Ink::Green),
        Standing::Failed | Standing::False => ("✗", Ink::Red),
        Standing::Waiting => ("◌", Ink::Yellow),
        Standing::Unknown => ("?", Ink::Yellow),
        Standing::Value => ("·", Ink::Dim),
    }
}

/// The children of a node, each below the other, with lines to show what belongs together.
pub fn children(node: &Explanation, indent: &str, path: &dyn Fn(&str) -> String, paint: Paint) -> String {
    let mut text = String::new();
    // (the node, what stands before its line, what stands before the lines below it)
    let mut todo: Vec<(&Explanation, String, String)> = Vec::new();
    push(&mut todo, node, indent);
    while let Some((node, before, below)) = todo.pop() {
        text += &line(node, &before, &below, path, paint);
        push(&mut todo, node, &below);
    }
    text
}

fn push<'e>(todo: &mut Vec<(&'e Explanation, String, String)>, node: &'e Explanation, indent: &str) {
    let last = node.children.len().saturating_sub(1);
    let each = node.children.iter().enumerate().rev().map(|(i, child)| {
        let (branch, below) = if i == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        (child, format!("{indent}{branch}"), format!("{indent}{below}"))
    });
    todo.extend(each);
}

fn line(node: &Explanation, before: &str, below: &str, path: &dyn Fn(&str) -> String, paint: Paint) -> String {
    let (mark, ink) = mark(node.standing);
    let said = match &node.value {
        Some(value) => format!("{}: {value}", node.text),
        None => node.text.clone(),
    };
    let room = WIDTH.saturating_sub(before.chars().count() + 2).max(30);
    let mut lines = wrap(&said, room);
    if let (Some(place), Some(last)) = (&node.source, lines.last_mut()) {
        let place = format!("  {}:{}:{}", path(&place.file), place.line, place.column);
        if last.chars().count() + place.chars().count() <= room {
            last.push_str(&paint.ink(Ink::Dim, &place));
        }
    }
    let mut text = String::new();
    for (i, part) in lines.iter().enumerate() {
        if i == 0 {
            text += &format!("{}{} {part}\n", paint.ink(Ink::Dim, before), paint.ink(ink, mark));
        } else {
            let rail = if node.children.is_empty() { "  " } else { "│ " };
            text += &format!("{}{part}\n", paint.ink(Ink::Dim, &format!("{below}{rail}")));
        }
    }
    text
}

/// Lines of at most so many characters, broken between words where that is possible.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word;
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        while word.chars().count() > room {
            let cut = word.char_indices().nth(room).map_or(word.len(), |(i, _)| i);
            let (head, tail) = word.split_at_checked(cut).unwrap_or((word, ""));
            lines.push(std::mem::take(&mut line) + head);
            word = tail;
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words() {
        for (text, room, expected) in [
            ("", 5, vec![""]),
            ("one two three", 7, vec!["one two", "three"]),
            ("one two three", 8, vec!["one two", "three"]),
            ("abcdefgh ij", 3, vec!["abc", "def", "gh", "ij"]),
            ("a äöüß", 3, vec!["a", "äöü", "ß"]),
        ] {
            assert_eq!(wrap(text, room), expected, "{text:?}");
        }
    }
}
