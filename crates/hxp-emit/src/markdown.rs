//! Markdown as GitHub reads it.

use std::fmt::Write as _;

/// Text inside a paragraph or a cell: nothing in it means anything.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '&' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // At the start of a line, `- x`, `+ x` and `1. x` would begin a list, and `===` would underline a heading.
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    if out
        .get(digits..)
        .is_some_and(|rest| rest.starts_with(if digits == 0 { ['-', '+', '='] } else { ['.', ')', ')'] }))
    {
        out.insert(digits, '\\');
    }
    out
}

/// A code span; its fence is longer than any run of backticks inside.
pub fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = longest_fence(&text);
    let fence = "`".repeat(longest + 1);
    if longest > 0 { format!("{fence} {text} {fence}") } else { format!("{fence}{text}{fence}") }
}

/// A block of code in a language, which may be empty.
pub fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_fence(text).max(2) + 1);
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{newline}{fence}\n")
}

fn longest_fence(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A heading, its title already Markdown.
pub fn heading(level: usize, title: &str) -> String {
    format!("{} {title}\n", "#".repeat(level.clamp(1, 6)))
}

/// A list; items are already Markdown, and their further lines are indented to stay inside.
pub fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let mut out = String::new();
    for item in items {
        for (index, line) in item.as_ref().lines().enumerate() {
            let before = if index == 0 { "- " } else { "  " };
            let _ = writeln!(out, "{}", format!("{before}{line}").trim_end());
        }
    }
    out
}

/// A table: cells are already Markdown, but for the bars in them, code spans included. Columns are padded, so that the
/// source reads well too.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| cell.replace('|', "\\|")).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count());
        cells.chain(head.get(column).map(|h| h.chars().count())).max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[&str]| {
        let padded: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(i, w)| {
                let cell = cells.get(i).copied().unwrap_or_default();
                format!("{cell}{}", " ".repeat(w.saturating_sub(cell.chars().count())))
            })
            .collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let mut out = line(head);
    let dashes: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    out.push_str(&line(&dashes.iter().map(String::as_str).collect::<Vec<_>>()));
    for row in &rows {
        out.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_means_anything() {
        for (given, written) in [
            ("a|b *c*\n`d`", "a|b \\*c\\* \\`d\\`"),
            ("- a", "\\- a"),
            ("1. a", "1\\. a"),
            ("12) a", "12\\) a"),
            ("1 a", "1 a"),
            ("<b>&amp;", "\\<b\\>\\&amp;"),
        ] {
            assert_eq!(text(given), written);
        }
    }

    #[test]
    fn code_keeps_its_backticks() {
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a|b"), "`a|b`");
        assert_eq!(block("sh", "echo '```'"), "````sh\necho '```'\n````\n");
        assert_eq!(block("", ""), "```\n```\n");
    }

    #[test]
    fn items_keep_their_lines() {
        assert_eq!(heading(2, "Gates"), "## Gates\n");
        assert_eq!(list(["one", "two\n\nmore of it"]), "- one\n- two\n\n  more of it\n");
    }

    #[test]
    fn tables_are_padded() {
        let rows = vec![vec!["`x`".to_owned(), "long cell".to_owned()], vec!["`a|b`".to_owned()]];
        assert_eq!(
            table(&["id", "what"], &rows),
            "| id     | what      |\n| ------ | --------- |\n| `x`    | long cell |\n| `a\\|b` |           |\n"
        );
    }
}
