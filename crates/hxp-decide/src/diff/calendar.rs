//! Questions to the clock, and which of their answers can come together.
//!
//! Every set of instants here is a wall clock's week, but for the dates that it names and the instants at which it
//! begins or ends. So between two such edges the answers repeat each week, and all that can ever be answered is answered
//! within a week on either side of each edge, and in one week away from all. Where sets follow the clocks of several
//! zones, every change of an offset is an edge too; the rules of zones depend on what day a year begins and whether it is
//! a leap year, and twenty-eight years in a row have all such years.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hxp_policy::time::{Windows, days_after, zone};
use hxp_policy::{Policy, Slot, TimeSet};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use super::atoms::Side;

/// A week, and a day for zones and slots past midnight.
const AROUND: i64 = 9;

/// Years in a row that have every kind of year.
const ALL_YEARS: i64 = 28 * 366 + 366;

/// A longer text of a set of instants is not compared with others.
const LONGEST: usize = 1 << 16;

/// More edges than this are not looked at: the sets are then taken for unrelated.
const MOST_EDGES: usize = 20_000;

/// A question to the clock.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Moment {
    /// Whether a window is open; known by a text of what it means.
    Open { text: String, side: Side, window: SmolStr },
    /// Whether it is that instant or later.
    Since(Timestamp),
}

/// All questions to the clock.
#[derive(Debug)]
pub(super) struct Calendar {
    pub moments: Vec<Moment>,
    around: Timestamp,
}

/// Answers that can come together, and stretches of time in which they do.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub answers: Vec<bool>,
    pub spans: Vec<(Timestamp, Timestamp)>,
}

impl Calendar {
    pub fn new(around: Timestamp) -> Self {
        Self { moments: Vec::new(), around }
    }

    /// The number of a question.
    pub fn moment(&mut self, moment: Moment) -> usize {
        let same = |m: &Moment| match (m, &moment) {
            (Moment::Open { text: a, .. }, Moment::Open { text: b, .. }) => a == b,
            (a, b) => a == b,
        };
        if let Some(at) = self.moments.iter().position(same) {
            return at;
        }
        self.moments.push(moment);
        self.moments.len() - 1
    }

    /// A text of what a window means: equal for equal sets, names and reasons left out.
    #[expect(clippy::unused_self, reason = "read beside the other questions")]
    pub fn text(&self, policy: &Policy, side: Side, window: &str) -> String {
        let mut text = String::new();
        if write_set(policy, &TimeSet::Window(window.into()), 0, &mut text).is_none() {
            text = format!("{side:?} {window}");
        }
        text
    }

    /// All answers that can come together; `None` when that cannot be told.
    pub fn cells(&self, old: &Policy, new: &Policy) -> Option<Vec<Cell>> {
        let stretches = self.stretches(old, new)?;
        let mut cells: BTreeMap<Vec<bool>, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
        for (from, to) in stretches {
            let mut edges = vec![from, to];
            let mut sets: Vec<Vec<(Timestamp, Timestamp)>> = Vec::with_capacity(self.moments.len());
            for moment in &self.moments {
                let set = match moment {
                    Moment::Since(at) => vec![((*at).clamp(from, to), to)],
                    Moment::Open { side, window, .. } => {
                        let policy = if *side == Side::Old { old } else { new };
                        let windows = Windows::new(&policy.windows);
                        let open = windows.intervals(&TimeSet::Window(window.clone()), from, to).ok()?;
                        open.iter().map(|i| (i.start, i.end)).collect()
                    }
                };
                edges.extend(set.iter().flat_map(|(a, b)| [*a, *b]));
                sets.push(set);
            }
            edges.sort_unstable();
            edges.dedup();
            let mut next = vec![0_usize; sets.len()];
            for pair in edges.windows(2) {
                let [start, end] = pair else { continue };
                let answers = sets.iter().zip(&mut next).map(|(set, next)| {
                    while set.get(*next).is_some_and(|(_, to)| to <= start) {
                        *next += 1;
                    }
                    set.get(*next).is_some_and(|(from, _)| from <= start)
                });
                cells.entry(answers.collect()).or_default().push((*start, *end));
            }
        }
        Some(cells.into_iter().map(|(answers, spans)| Cell { answers, spans }).collect())
    }

    /// The stretches of time to look at, in order.
    fn stretches(&self, old: &Policy, new: &Policy) -> Option<Vec<(Timestamp, Timestamp)>> {
        let mut edges = vec![self.around, days_after(self.around, 2 * AROUND)];
        let mut zones: Vec<SmolStr> = Vec::new();
        for moment in &self.moments {
            match moment {
                Moment::Since(at) => edges.push(*at),
                Moment::Open { side, window, .. } => {
                    let policy = if *side == Side::Old { old } else { new };
                    let set = TimeSet::Window(window.clone());
                    for (_, calendar) in Windows::new(&policy.windows).calendars(&set) {
                        edges.extend(calendar.open.iter().chain(&calendar.closed).flat_map(dates).map(midnight));
                        if !zones.contains(&calendar.zone) {
                            zones.push(calendar.zone.clone());
                        }
                    }
                }
            }
        }
        if zones.len() > 1 {
            let first = edges.iter().min().copied().unwrap_or(self.around);
            let last = edges.iter().max().copied().unwrap_or(self.around);
            let (first, last) = (days_after(first, -366), days_after(last, ALL_YEARS));
            for name in &zones {
                let changes = zone(name)?
                    .following(first)
                    .map(|change| change.timestamp())
                    .take_while(|at| *at < last)
                    .take(MOST_EDGES)
                    .collect::<Vec<_>>();
                edges.extend(changes);
            }
        }
        if edges.len() > MOST_EDGES {
            return None;
        }
        edges.sort_unstable();
        let mut stretches: Vec<(Timestamp, Timestamp)> = Vec::new();
        for edge in edges {
            let (from, to) = (days_after(edge, -AROUND), days_after(edge, AROUND));
            match stretches.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => stretches.push((from, to)),
            }
        }
        Some(stretches)
    }
}

/// The edges of the dates that a slot names.
fn dates(slot: &Slot) -> Vec<Date> {
    slot.dates.iter().flat_map(|(from, to)| [*from, to.tomorrow().unwrap_or(*to)]).collect()
}

fn midnight(date: Date) -> Timestamp {
    date.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |z| z.timestamp())
}

fn write_set(policy: &Policy, set: &TimeSet, depth: usize, text: &mut String) -> Option<()> {
    if text.len() > LONGEST || depth > 400 {
        return None;
    }
    match set {
        TimeSet::Window(name) => write_set(policy, &policy.windows.get(name)?.set, depth + 1, text)?,
        TimeSet::Calendar(calendar) => {
            write!(text, "{} open", calendar.zone).ok()?;
            write_slots(&calendar.open, text)?;
            text.push_str(" closed");
            write_slots(&calendar.closed, text)?;
        }
        TimeSet::And(sets) | TimeSet::Or(sets) => {
            text.push_str(if matches!(set, TimeSet::And(_)) { "and(" } else { "or(" });
            for set in sets {
                write_set(policy, set, depth + 1, text)?;
                text.push(';');
            }
            text.push(')');
        }
        TimeSet::Not(set) => {
            text.push_str("not(");
            write_set(policy, set, depth + 1, text)?;
            text.push(')');
        }
    }
    Some(())
}

fn write_slots(slots: &[Slot], text: &mut String) -> Option<()> {
    for slot in slots {
        write!(text, " {:?} {:?} {:?}", slot.weekdays, slot.dates, slot.times).ok()?;
    }
    Some(())
}
