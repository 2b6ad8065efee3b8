//! The algebra of time: windows as exact sets of instants.
//!
//! [`Windows`] computes them within a range, as [`Intervals`], which can be united, intersected, subtracted and
//! complemented. [`Prepared`] answers one question fast: whether a window is open at an instant.
//!
//! Membership is pointwise on the wall clock: an instant belongs to a calendar when its local weekday, date and time lie
//! in an open slot and in no closed one. Between two changes of a zone's offset the wall clock runs evenly, so a
//! calendar is computed one such stretch at a time: an hour that daylight saving skips is never open, and one that it
//! repeats is open twice. The zones are those of the bundled database, so that every machine gives the same answer.

mod evaluation;
mod intervals;
mod prepared;
mod wall;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan, civil};
use smol_str::SmolStr;

use crate::{Calendar, Table, TimeSet, Window};

use evaluation::Evaluation;
use wall::Seconds;

pub use intervals::{Interval, Intervals};
pub use prepared::Prepared;

const DAY: i64 = 86_400;

/// How many days a window may stay shut before it counts as one that never opens.
pub const PATIENCE_DAYS: i64 = 400;

/// How far a search for the next change looks.
const SEARCH_DAYS: i64 = 3_660;

/// How many references between windows may lie on top of each other.
const MAX_DEPTH: usize = 200;

/// Why a set of instants cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// The database has no zone of that name.
    UnknownZone(SmolStr),
    /// No window of that name is declared.
    UnknownWindow(SmolStr),
    /// A window is defined by itself.
    Cycle(SmolStr),
    /// Windows are nested deeper than is supported.
    TooDeep,
}

impl std::fmt::Display for TimeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownZone(zone) => write!(f, "no time zone `{zone}` in the database"),
            Self::UnknownWindow(name) => write!(f, "no window `{name}`"),
            Self::Cycle(name) => write!(f, "window `{name}` is defined by itself"),
            Self::TooDeep => f.write_str("windows are nested too deeply"),
        }
    }
}

impl std::error::Error for TimeError {}

/// The zone of that IANA name in the bundled database.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// `from..to` cut where a zone's clocks are changed, each part with its offset from UTC in seconds.
pub fn offsets(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<(Interval, i64)> {
    let range = Seconds { start: floor_second(from), end: ceil_second(to) };
    let exact = |s: Seconds| Interval { start: timestamp(s.start).max(from), end: timestamp(s.end).min(to) };
    wall::even_stretches(zone, range).into_iter().map(|(part, offset)| (exact(part), offset)).collect()
}

/// `at` moved by so many days of 86 400 seconds, held inside the calendar.
pub fn days_after(at: Timestamp, days: i64) -> Timestamp {
    let by = SignedDuration::from_secs(days.saturating_mul(DAY));
    at.saturating_add(by).unwrap_or(if days < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// Answers questions about windows that may refer to each other by name.
#[derive(Clone, Copy, Debug)]
pub struct Windows<'a> {
    table: &'a Table<Window>,
}

impl<'a> Windows<'a> {
    /// Over the windows of a policy.
    pub fn new(table: &'a Table<Window>) -> Self {
        Self { table }
    }

    /// Whether `set` is open at `at`.
    pub fn is_open(self, set: &TimeSet, at: Timestamp) -> Result<bool, TimeError> {
        let second = floor_second(at);
        Ok(!self.evaluate(set, Seconds { start: second, end: second + 1 })?.is_empty())
    }

    /// The stretches in which `set` is open between `from` and `to`, in order, disjoint and not touching.
    pub fn intervals(self, set: &TimeSet, from: Timestamp, to: Timestamp) -> Result<Vec<Interval>, TimeError> {
        Ok(self.open_in(set, from, to)?.into_iter().collect())
    }

    /// The instants between `from` and `to` at which `set` is open.
    pub fn open_in(self, set: &TimeSet, from: Timestamp, to: Timestamp) -> Result<Intervals, TimeError> {
        let range = Seconds { start: floor_second(from), end: ceil_second(to) };
        let open = self.evaluate(set, range)?;
        let exact = |s: Seconds| Interval { start: timestamp(s.start).max(from), end: timestamp(s.end).min(to) };
        Ok(open.into_iter().map(exact).collect())
    }

    /// Whether `set` is shut throughout `from..to`.
    pub fn is_empty(self, set: &TimeSet, from: Timestamp, to: Timestamp) -> Result<bool, TimeError> {
        Ok(self.open_in(set, from, to)?.is_empty())
    }

    /// Every instant in `(from, to)` at which `set` opens (`true`) or closes (`false`).
    pub fn changes(self, set: &TimeSet, from: Timestamp, to: Timestamp) -> Result<Vec<(Timestamp, bool)>, TimeError> {
        let open = self.open_in(set, from, to)?;
        Ok(open.edges().filter(|(at, _)| from < *at && *at < to).collect())
    }

    /// The first instant at or after `at` at which `set` is open; `None` when there is none within ten years.
    pub fn open_from(self, set: &TimeSet, at: Timestamp) -> Result<Option<Timestamp>, TimeError> {
        search(at, |from, to| Ok(self.intervals(set, from, to)?.first().map(|i| i.start)))
    }

    /// The first instant at or after `at` at which `set` is shut; `None` when there is none within ten years.
    pub fn shut_from(self, set: &TimeSet, at: Timestamp) -> Result<Option<Timestamp>, TimeError> {
        search(at, |from, to| {
            let open = self.intervals(set, from, to)?;
            Ok(match open.first() {
                Some(first) if first.start == from => Some(first.end).filter(|end| *end < to),
                _ => Some(from),
            })
        })
    }

    /// The first instant after `at` at which `set` opens, having been shut before it.
    pub fn next_opening(self, set: &TimeSet, at: Timestamp) -> Result<Option<Timestamp>, TimeError> {
        match self.shut_from(set, at)? {
            Some(shut) => self.open_from(set, shut),
            None => Ok(None),
        }
    }

    /// The first instant after `at` at which `set` closes, having been open before it.
    pub fn next_closing(self, set: &TimeSet, at: Timestamp) -> Result<Option<Timestamp>, TimeError> {
        match self.open_from(set, at)? {
            Some(open) => self.shut_from(set, open),
            None => Ok(None),
        }
    }

    /// The shortest stretch in which `set` is open, among those that both open and close between `from` and `to`.
    pub fn shortest_slot(self, set: &TimeSet, from: Timestamp, to: Timestamp) -> Result<Option<Interval>, TimeError> {
        let open = self.intervals(set, from, to)?;
        let whole = open.into_iter().filter(|i| from < i.start && i.end < to);
        Ok(whole.min_by_key(|i| (i.length(), i.start)))
    }

    /// The longest stretch in which `set` is shut between `from` and `to`; `None` when it is open throughout.
    pub fn longest_closed(self, set: &TimeSet, from: Timestamp, to: Timestamp) -> Result<Option<Interval>, TimeError> {
        let shut = self.open_in(set, from, to)?.complement(Interval { start: from, end: to });
        Ok(shut.into_iter().max_by_key(|i| (i.length(), std::cmp::Reverse(i.start))))
    }

    /// The first stretch between `from` and `to` in which both sets are open.
    pub fn overlap(
        self,
        a: &TimeSet,
        b: &TimeSet,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Option<Interval>, TimeError> {
        Ok(self.open_in(a, from, to)?.overlap(&self.open_in(b, from, to)?))
    }

    /// Every calendar that `set` is made of, each once a mention, with the name of the window that declares it.
    pub fn calendars<'s>(self, set: &'s TimeSet) -> Vec<(Option<&'s SmolStr>, &'s Calendar)>
    where
        'a: 's,
    {
        let mut found = Vec::new();
        let mut seen: Vec<&SmolStr> = Vec::new();
        let mut todo = vec![(None, set)];
        while let Some((name, set)) = todo.pop() {
            match set {
                TimeSet::Calendar(calendar) => found.push((name, calendar)),
                TimeSet::Window(other) if !seen.contains(&other) => {
                    seen.push(other);
                    if let Some(window) = self.table.get(other) {
                        todo.push((Some(other), &window.set));
                    }
                }
                TimeSet::Window(_) => {}
                TimeSet::And(sets) | TimeSet::Or(sets) => todo.extend(sets.iter().rev().map(|s| (name, s))),
                TimeSet::Not(set) => todo.push((name, set)),
            }
        }
        found
    }

    /// The stretch to look at when nothing says which day it is: from the first date that the set mentions to
    /// [`PATIENCE_DAYS`] behind the last one, so that the answer is the same on every day.
    pub fn whole_calendar(self, set: &TimeSet) -> Interval {
        let dates = |c: &Calendar| c.open.iter().chain(&c.closed).flat_map(|s| s.dates.clone()).collect::<Vec<_>>();
        let dates: Vec<_> = self.calendars(set).into_iter().flat_map(|(_, c)| dates(c)).collect();
        let fallback = civil::date(2024, 1, 1);
        let first = dates.iter().map(|d| d.0).min().unwrap_or(fallback);
        let last = dates.iter().map(|d| d.1).max().unwrap_or(fallback);
        let last = last.min(first.saturating_add(20.years()));
        let instant = |date: civil::Date| date.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |z| z.timestamp());
        Interval { start: days_after(instant(first), -8), end: days_after(instant(last), PATIENCE_DAYS) }
    }

    fn evaluate(self, set: &TimeSet, range: Seconds) -> Result<Intervals<i64>, TimeError> {
        Evaluation::new(self.table, range).set(set, 0)
    }
}

/// Looks through longer and longer stretches behind `at`.
fn search(
    at: Timestamp,
    look: impl Fn(Timestamp, Timestamp) -> Result<Option<Timestamp>, TimeError>,
) -> Result<Option<Timestamp>, TimeError> {
    let mut from = at;
    let end = days_after(at, SEARCH_DAYS);
    let mut days = 8;
    while from < end {
        let to = days_after(from, days).min(end);
        if let Some(found) = look(from, to)? {
            return Ok(Some(found));
        }
        from = to;
        days = days.saturating_mul(4);
    }
    Ok(None)
}

fn timestamp(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn floor_second(at: Timestamp) -> i64 {
    at.as_second() - i64::from(at.subsec_nanosecond() < 0)
}

fn ceil_second(at: Timestamp) -> i64 {
    at.as_second() + i64::from(at.subsec_nanosecond() > 0)
}
