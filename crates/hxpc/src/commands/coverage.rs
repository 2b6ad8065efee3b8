//! `hxpc coverage`

use hxp_driver::coverage::{Cell, Matrix, Row};
use hxp_driver::system::Disk;

use super::Exit;
use crate::args::{At, Coverage, Format, Strength, TableFormat};
use crate::screen::Screen;

pub fn run(args: &Coverage) -> Exit {
    let screen = Screen::new(args.style);
    let request = match super::request(&args.project.project, &At { date: None }) {
        Ok(request) => request,
        Err(exit) => return exit,
    };
    let mut compilation = hxp_driver::compile(&Disk, &request);
    if !compilation.coverage.targets.is_empty() {
        let matrix = &compilation.coverage;
        screen.out(&match args.format {
            TableFormat::Human => human(matrix),
            TableFormat::Markdown => markdown(matrix),
            TableFormat::Json => serde_json::to_string_pretty(matrix).unwrap_or_default() + "\n",
        });
    }
    if let Some(minimum) = args.min {
        compilation.diagnostics.extend(compilation.coverage.below(strength(minimum)));
    }
    compilation.diagnostics.retain(hxp_diagnostics::Diagnostic::is_error);
    screen.remark(&super::findings(&compilation), Format::Human);
    super::exit(&compilation)
}

fn strength(wanted: Strength) -> hxp_driver::Strength {
    match wanted {
        Strength::Advisory => hxp_driver::Strength::Advisory,
        Strength::Soft => hxp_driver::Strength::Soft,
        Strength::Hard => hxp_driver::Strength::Hard,
    }
}

fn word(strength: hxp_driver::Strength) -> &'static str {
    match strength {
        hxp_driver::Strength::None => "none",
        hxp_driver::Strength::Advisory => "advisory",
        hxp_driver::Strength::Soft => "soft",
        hxp_driver::Strength::Hard => "hard",
    }
}

/// `soft`, `soft*` in part, `-` not at all.
fn cell(cell: Option<&Cell>) -> String {
    match cell {
        None => "-".to_owned(),
        Some(cell) => format!("{}{}", word(cell.strength), if cell.partly.is_some() { "*" } else { "" }),
    }
}

/// What the compiler itself settles, and what is never meant to decide, need no target.
fn overall(row: &Row) -> &'static str {
    match (row.advisory, row.demand) {
        (true, _) => "advisory",
        (false, hxp_driver::coverage::Demand::Static) => "static",
        (false, _) => word(row.strength),
    }
}

fn human(matrix: &Matrix) -> String {
    let mut rows: Vec<Vec<String>> = vec![header(matrix)];
    rows.extend(matrix.rows.iter().map(|row| line(matrix, row)));
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(c, w)| format!("{c:<w$}")).collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    let notes = notes(matrix);
    if !notes.is_empty() {
        text += "\n* in part:\n";
        text += &notes;
        text.push('\n');
    }
    text += &totals(matrix);
    text
}

fn header(matrix: &Matrix) -> Vec<String> {
    let ends = ["id".to_owned(), "overall".to_owned()];
    let [first, last] = ends;
    std::iter::once(first).chain(matrix.targets.iter().map(|t| (*t).to_owned())).chain([last]).collect()
}

fn line(matrix: &Matrix, row: &Row) -> Vec<String> {
    let cells = (0..matrix.targets.len()).map(|at| cell(row.targets.get(at).and_then(Option::as_ref)));
    std::iter::once(row.id.to_string()).chain(cells).chain([overall(row).to_owned()]).collect()
}

/// What each target leaves out, said once for all the demands it leaves out of.
fn notes(matrix: &Matrix) -> String {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for row in &matrix.rows {
        for (target, cell) in matrix.targets.iter().zip(&row.targets) {
            if let Some(why) = cell.as_ref().and_then(|c| c.partly.as_deref())
                && !seen.contains(&(*target, why))
            {
                seen.push((target, why));
            }
        }
    }
    seen.iter().map(|(target, why)| format!("  {target}: {why}")).collect::<Vec<_>>().join("\n")
}

fn totals(matrix: &Matrix) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for word in ["hard", "soft", "static", "advisory", "none"] {
        let count = matrix.rows.iter().filter(|r| overall(r) == word).count();
        if count > 0 {
            counts.push((word, count));
        }
    }
    let listed: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    format!("\n{} demands: {}\n", matrix.rows.len(), listed.join(", "))
}

fn markdown(matrix: &Matrix) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head = header(matrix);
    let mut text = row(&head);
    text += &row(&vec!["---".to_owned(); head.len()]);
    for demand in &matrix.rows {
        let mut cells = line(matrix, demand);
        if let Some(id) = cells.first_mut() {
            *id = format!("`{}`", id.replace('|', "\\|"));
        }
        text += &row(&cells);
    }
    text
}
