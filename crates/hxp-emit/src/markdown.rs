//! Markdown as GitHub reads it.

/// Text inside a paragraph or a cell: nothing in it means anything.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A code span; its fence is longer than any run of backticks inside.
pub fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest > 0 { format!("{fence} {text} {fence}") } else { format!("{fence}{text}{fence}") }
}

/// A table: cells are already Markdown. Columns are padded, so that the source reads well too.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
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
    for row in rows {
        out.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_means_anything() {
        assert_eq!(text("a|b *c*\n`d`"), "a\\|b \\*c\\* \\`d\\`");
        assert_eq!(code("a`b"), "`` a`b ``");
    }

    #[test]
    fn tables_are_padded() {
        let rows = vec![vec!["`x`".to_owned(), "long cell".to_owned()]];
        assert_eq!(table(&["id", "what"], &rows), "| id  | what      |\n| --- | --------- |\n| `x` | long cell |\n");
    }
}
