//! A simulation for people: a table, and a small calendar.

use hxp_policy::Outcome;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::calendar::{self, Day, Days};
use super::{Simulation, Stretch, subject};

/// A calendar of more weeks than these is no small one.
const MOST_WEEKS: usize = 10;

/// How many reasons of one stretch are told.
const MOST_REASONS: usize = 3;

/// A cell of the calendar, in seconds.
const CELL: i64 = 1_800;

impl Simulation {
    /// A table of all stretches, and a calendar when the span is not too long for one.
    pub fn to_text(&self) -> String {
        let mut text = self.heading();
        text += &self.table();
        let days = calendar::days(self);
        let mondays = calendar::mondays(&days);
        if mondays.len() <= MOST_WEEKS {
            text.push('\n');
            text += &weeks(&mondays, &days, self);
        }
        text
    }

    fn heading(&self) -> String {
        format!("{}: {}, on the clock of {}\n\n", self.environment, subject(self), self.zone)
    }

    fn table(&self) -> String {
        let zone = calendar::zone(self);
        let mut rows = vec![["from", "to", "lasts", "outcome", "why"].map(str::to_owned)];
        for stretch in &self.stretches {
            rows.push([
                calendar::spelled(stretch.from, &zone),
                calendar::spelled(stretch.to, &zone),
                calendar::lasting(stretch.from, stretch.to),
                stretch.outcome.word().to_owned(),
                reasons(stretch),
            ]);
            for (at, told) in self.meanwhile(stretch) {
                let at = format!("  {}", calendar::spelled(at, &zone));
                rows.push([at, String::new(), String::new(), String::new(), told]);
            }
        }
        let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max();
        let widths: Vec<usize> = (0..5).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            text += cells.join("  ").trim_end();
            text.push('\n');
        }
        text
    }
}

impl Simulation {
    /// What changes within a stretch without changing the outcome: each once, when it does so first.
    fn meanwhile(&self, stretch: &Stretch) -> Vec<(Timestamp, String)> {
        let mut told: Vec<(Timestamp, &str, usize)> = Vec::new();
        let within = self.moments.iter().filter(|m| stretch.from < m.at && m.at < stretch.to);
        for (at, change) in within.flat_map(|m| m.changes.iter().map(|c| (m.at, c))) {
            match told.iter_mut().find(|(_, text, _)| *text == change.text.as_str()) {
                Some((.., times)) => *times += 1,
                None => told.push((at, &change.text, 1)),
            }
        }
        let counted = |(at, text, times): (Timestamp, &str, usize)| match times {
            1 => (at, text.to_owned()),
            _ => (at, format!("{text} (the first of {times} times)")),
        };
        told.into_iter().map(counted).collect()
    }
}

/// Why a stretch is what it is: what changed at its beginning; of the first, what stands against more.
pub(super) fn reasons(stretch: &Stretch) -> String {
    let changed: Vec<&str> = stretch.changed.iter().filter(|c| c.matters()).map(|c| c.text.as_str()).collect();
    let against: Vec<&str> = stretch.why.iter().map(|s| s.text.as_str()).collect();
    let told = if changed.is_empty() { against } else { changed };
    if told.is_empty() {
        return "everything is met".to_owned();
    }
    let (first, rest) = told.split_at(told.len().min(MOST_REASONS));
    let more = if rest.is_empty() { String::new() } else { format!("; and {} more", rest.len()) };
    format!("{}{more}", first.join("; "))
}

/// The sign of an outcome in the calendar.
fn sign(outcome: Outcome) -> char {
    match outcome {
        Outcome::Allow => '█',
        Outcome::Pending => '·',
        Outcome::Deny => 'x',
    }
}

fn weeks(mondays: &[Date], days: &Days<'_>, simulation: &Simulation) -> String {
    let hours: Vec<String> = (0..=24).step_by(3).map(|hour| format!("{hour:02}")).collect();
    let mut text = format!("{:<12} {}\n", "", hours.join("    "));
    for monday in mondays {
        let mut shown = false;
        for offset in 0..7 {
            let Ok(date) = monday.checked_add(offset.days()) else { continue };
            if let Some(day) = days.get(&date) {
                shown = true;
                let cells: String = (0..48).map(|cell| in_cell(day, cell * CELL)).collect();
                text += format!("{:<12} {cells}", date.strftime("%a %d %b").to_string()).trim_end();
                text.push('\n');
            }
        }
        if shown {
            text.push('\n');
        }
    }
    text + &legend(days, simulation)
}

fn legend(days: &Days<'_>, simulation: &Simulation) -> String {
    let outcomes = [Outcome::Allow, Outcome::Pending, Outcome::Deny];
    let met = outcomes.into_iter().filter(|outcome| simulation.stretches_of(*outcome).next().is_some());
    let mut signs: Vec<String> = met.map(|outcome| format!("{} {}", sign(outcome), outcome.word())).collect();
    let any = |wanted: char| days.values().any(|day| (0..48).any(|cell| in_cell(day, cell * CELL) == wanted));
    if any('+') {
        signs.push("+ both in this half-hour".to_owned());
    }
    if any('-') {
        signs.push("- not on the clock".to_owned());
    }
    format!("{}\n", signs.join("   "))
}

/// What a half-hour shows.
fn in_cell(day: &Day<'_>, from: i64) -> char {
    let to = from + CELL;
    let mut outcomes = day.parts.iter().filter(|p| p.start < to && from < p.end).map(|p| p.stretch.outcome);
    match outcomes.next() {
        Some(first) if outcomes.all(|other| other == first) => sign(first),
        Some(_) => '+',
        None if day.skipped.iter().any(|(a, b)| *a < to && from < *b) => '-',
        None => ' ',
    }
}
