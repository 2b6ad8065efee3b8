//! What is wrong with a document, with the lines that it is wrong in.

use hxp_decide::Malformed;
use hxp_decide::document::Spot;
use serde_json::json;

use crate::args::AnswerFormat;
use crate::render::tree::{Ink, Paint, WIDTH, wrap};
use crate::screen::Screen;

/// A longer line is shown around its place only.
const LONG: usize = 92;

/// Tells all that is wrong: for people on standard error, for programs on standard output.
pub fn tell(what: &str, file: &str, text: &[u8], wrong: &[Malformed], format: AnswerFormat, screen: Screen) {
    match format {
        AnswerFormat::Json => {
            let all: Vec<_> = wrong.iter().map(json).collect();
            let answer = json!({ "hxp": 1, "malformed": all });
            screen.out(&(serde_json::to_string_pretty(&answer).unwrap_or_default() + "\n"));
        }
        AnswerFormat::Human => screen.warn(human(what, file, text, wrong, Paint(screen.colored_remarks())).trim_end()),
    }
}

fn json(wrong: &Malformed) -> serde_json::Value {
    json!({
        "path": wrong.path,
        "message": wrong.message,
        "suggestion": wrong.suggestion,
        "line": wrong.spot.map(|s| s.line),
        "column": wrong.spot.map(|s| s.column),
    })
}

fn human(what: &str, file: &str, text: &[u8], wrong: &[Malformed], paint: Paint) -> String {
    let count = match wrong.len() {
        1 => String::new(),
        n => format!("; {n} things are wrong with it"),
    };
    let mut out = format!("{} {file} is no {what}{count}\n", paint.ink(Ink::Red, "error:"));
    for finding in wrong {
        let place = finding.spot.map(|s| format!("{file}:{}:{}: ", s.line, s.column)).unwrap_or_default();
        let mut lines = wrap(&format!("{place}{finding}"), WIDTH - 2).into_iter();
        let first = lines.next().unwrap_or_default();
        let (place, rest) = first.split_at_checked(place.len()).unwrap_or((&first, ""));
        out += &format!("\n{}{rest}\n", paint.ink(Ink::Dim, place));
        for line in lines {
            out += &format!("  {line}\n");
        }
        if let Some(spot) = finding.spot {
            out += &excerpt(text, spot, paint);
        }
    }
    out
}

/// The line of a place, with the place underlined.
fn excerpt(text: &[u8], spot: Spot, paint: Paint) -> String {
    let start = text.get(..spot.start).and_then(|t| t.iter().rposition(|b| *b == b'\n')).map_or(0, |i| i + 1);
    let length = text.get(start..).and_then(|t| t.iter().position(|b| *b == b'\n'));
    let end = length.map_or(text.len(), |length| start + length);
    let line = String::from_utf8_lossy(text.get(start..end).unwrap_or_default()).replace(['\r', '\t'], " ");
    if line.trim().is_empty() {
        return String::new();
    }
    let column = (spot.column as usize).saturating_sub(1);
    let marked = text.get(spot.start..spot.end.min(end)).unwrap_or_default();
    let width = String::from_utf8_lossy(marked).chars().count().clamp(1, LONG / 2);
    let from = if line.chars().count() > LONG { column.saturating_sub(LONG / 3) } else { 0 };
    let shown: String = line.chars().skip(from).take(LONG).map(|c| if c.is_control() { '\u{b7}' } else { c }).collect();
    let number = spot.line.to_string();
    let gutter = " ".repeat(number.len());
    format!(
        "  {} {shown}\n  {} {}{}\n",
        paint.ink(Ink::Dim, &format!("{number} │")),
        paint.ink(Ink::Dim, &format!("{gutter} │")),
        " ".repeat(column - from),
        paint.ink(Ink::Red, &"^".repeat(width)),
    )
}
