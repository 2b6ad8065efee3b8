//! The algebra of time: windows as exact sets of instants.
//!
//! Membership is pointwise on the wall clock: an instant belongs to a calendar when its local weekday, date and time lie
//! in an open slot and in no closed one. Between two changes of a zone's offset the wall clock runs evenly, so a
//! calendar is computed one such stretch at a time: an hour that daylight saving skips is never open, and one that it
//! repeats is open twice. The zones are those of the bundled database, so that every machine gives the same answer.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan, civil};
use smol_str::SmolStr;

use crate::{Calendar, Millis, Slot, Table, TimeSet, Window};

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

/// A stretch of time, its end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// The first instant in it.
    pub start: Timestamp,
    /// The first instant behind it.
    pub end: Timestamp,
}

impl Interval {
    /// How long it lasts.
    pub fn length(self) -> Millis {
        Millis(self.end.as_millisecond().saturating_sub(self.start.as_millisecond()))
    }
}

/// The zone of that IANA name in the bundled database.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
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
        Ok(!self.evaluate(set, Stretch { start: second, end: second + 1 })?.is_empty())
    }

    /// The stretches in which `set` is open between `from` and `to`, in order, disjoint and not touching.
    pub fn intervals(self, set: &TimeSet, from: Timestamp, to: Timestamp) -> Result<Vec<Interval>, TimeError> {
        let range = Stretch { start: floor_second(from), end: ceil_second(to) };
        let open = self.evaluate(set, range)?;
        Ok(open
            .into_iter()
            .map(|s| Interval { start: timestamp(s.start).max(from), end: timestamp(s.end).min(to) })
            .filter(|i| i.start < i.end)
            .collect())
    }

    /// Every instant in `(from, to)` at which `set` opens (`true`) or closes (`false`).
    pub fn changes(self, set: &TimeSet, from: Timestamp, to: Timestamp) -> Result<Vec<(Timestamp, bool)>, TimeError> {
        let open = self.intervals(set, from, to)?;
        let edges = open.into_iter().flat_map(|i| [(i.start, true), (i.end, false)]);
        Ok(edges.filter(|(at, _)| from < *at && *at < to).collect())
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
        let open = self.intervals(set, from, to)?;
        let starts = std::iter::once(from).chain(open.iter().map(|i| i.end));
        let ends = open.iter().map(|i| i.start).chain(std::iter::once(to));
        let shut = starts.zip(ends).map(|(start, end)| Interval { start, end }).filter(|i| i.start < i.end);
        Ok(shut.max_by_key(|i| (i.length(), std::cmp::Reverse(i.start))))
    }

    /// The first stretch between `from` and `to` in which both sets are open.
    pub fn overlap(
        self,
        a: &TimeSet,
        b: &TimeSet,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Option<Interval>, TimeError> {
        let both = TimeSet::And(vec![a.clone(), b.clone()]);
        Ok(self.intervals(&both, from, to)?.first().copied())
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

    fn evaluate(self, set: &TimeSet, range: Stretch) -> Result<Vec<Stretch>, TimeError> {
        Evaluation { windows: self, range, known: BTreeMap::new(), open: Vec::new() }.set(set, 0)
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

/// Whole seconds, the end excluded; of the time line or of a wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    start: i64,
    end: i64,
}

/// One computation: each window is computed once, however often it is named.
struct Evaluation<'a> {
    windows: Windows<'a>,
    range: Stretch,
    known: BTreeMap<SmolStr, Vec<Stretch>>,
    open: Vec<SmolStr>,
}

impl Evaluation<'_> {
    fn set(&mut self, set: &TimeSet, depth: usize) -> Result<Vec<Stretch>, TimeError> {
        if depth > MAX_DEPTH {
            return Err(TimeError::TooDeep);
        }
        match set {
            TimeSet::Calendar(calendar) => in_calendar(calendar, self.range),
            TimeSet::Window(name) => self.window(name, depth),
            TimeSet::And(sets) => {
                let mut all = vec![self.range];
                for set in sets {
                    all = intersect(&all, &self.set(set, depth + 1)?);
                }
                Ok(all)
            }
            TimeSet::Or(sets) => {
                let mut any = Vec::new();
                for set in sets {
                    any.extend(self.set(set, depth + 1)?);
                }
                Ok(normalise(any))
            }
            TimeSet::Not(set) => Ok(complement(&self.set(set, depth + 1)?, self.range)),
        }
    }

    fn window(&mut self, name: &SmolStr, depth: usize) -> Result<Vec<Stretch>, TimeError> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        if self.open.contains(name) {
            return Err(TimeError::Cycle(name.clone()));
        }
        let table = self.windows.table;
        let window = table.get(name).ok_or_else(|| TimeError::UnknownWindow(name.clone()))?;
        self.open.push(name.clone());
        let open = self.set(&window.set, depth + 1)?;
        self.open.pop();
        self.known.insert(name.clone(), open.clone());
        Ok(open)
    }
}

/// When a calendar is open within `range` of the time line.
fn in_calendar(calendar: &Calendar, range: Stretch) -> Result<Vec<Stretch>, TimeError> {
    let zone = zone(&calendar.zone).ok_or_else(|| TimeError::UnknownZone(calendar.zone.clone()))?;
    let mut open = Vec::new();
    for (stretch, offset) in even_stretches(&zone, range) {
        let local = Stretch { start: stretch.start + offset, end: stretch.end + offset };
        let back = |s: Stretch| Stretch { start: s.start - offset, end: s.end - offset };
        open.extend(on_the_wall(calendar, local).into_iter().map(back));
    }
    Ok(normalise(open))
}

/// `range` cut where the zone's offset changes, each part with its offset in seconds.
fn even_stretches(zone: &TimeZone, range: Stretch) -> Vec<(Stretch, i64)> {
    let mut parts = Vec::new();
    let mut start = range.start;
    let mut offset = i64::from(zone.to_offset(timestamp(start)).seconds());
    for change in zone.following(timestamp(start)) {
        let at = change.timestamp().as_second();
        if at >= range.end {
            break;
        }
        if at > start {
            parts.push((Stretch { start, end: at }, offset));
        }
        start = at;
        offset = i64::from(change.offset().seconds());
    }
    if start < range.end {
        parts.push((Stretch { start, end: range.end }, offset));
    }
    parts
}

/// When a calendar is open within `range` of its own wall clock.
fn on_the_wall(calendar: &Calendar, range: Stretch) -> Vec<Stretch> {
    let slots = |slots: &[Slot]| normalise(slots.iter().flat_map(|s| in_slot(s, range)).collect());
    let open = if calendar.open.is_empty() { vec![range] } else { slots(&calendar.open) };
    intersect(&open, &complement(&slots(&calendar.closed), range))
}

/// When a slot holds within `range` of the wall clock. A slot past midnight belongs to the day on which it begins, so
/// the day before the range counts too.
fn in_slot(slot: &Slot, range: Stretch) -> Vec<Stretch> {
    let first = range.start.div_euclid(DAY) - 1;
    let last = (range.end - 1).div_euclid(DAY);
    let mut found = Vec::new();
    for days in days_of(slot, first, last) {
        if slot.times.is_empty() {
            found.push(Stretch { start: days.start * DAY, end: days.end * DAY });
            continue;
        }
        for day in days.start..days.end {
            found.extend(slot.times.iter().map(|(from, to)| on_day(day, *from, *to)));
        }
    }
    let inside = |s: Stretch| Stretch { start: s.start.max(range.start), end: s.end.min(range.end) };
    found.into_iter().map(inside).filter(|s| s.start < s.end).collect()
}

/// `from..to` of the wall clock on that day, perhaps past midnight.
fn on_day(day: i64, from: u32, to: u32) -> Stretch {
    let overnight = if to < from { DAY } else { 0 };
    Stretch { start: day * DAY + i64::from(from), end: day * DAY + i64::from(to) + overnight }
}

/// The days between `first` and `last` (both included, counted from 1970) on which a slot begins.
fn days_of(slot: &Slot, first: i64, last: i64) -> Vec<Stretch> {
    let within = |from: i64, to: i64| Stretch { start: from.max(first), end: to.min(last) + 1 };
    let dated: Vec<Stretch> = if slot.dates.is_empty() {
        vec![within(first, last)]
    } else {
        slot.dates.iter().map(|(from, to)| within(day_number(*from), day_number(*to))).collect()
    };
    let dated = dated.into_iter().filter(|s| s.start < s.end);
    if slot.weekdays.is_empty() {
        return normalise(dated.collect());
    }
    let matching = |day: &i64| slot.weekdays.contains(&weekday(*day));
    normalise(dated.flat_map(|s| (s.start..s.end).filter(matching)).map(|d| Stretch { start: d, end: d + 1 }).collect())
}

/// Days since 1 January 1970.
fn day_number(date: civil::Date) -> i64 {
    date.duration_since(civil::date(1970, 1, 1)).as_hours() / 24
}

/// 1 January 1970 was a Thursday.
fn weekday(day: i64) -> Weekday {
    match (day + 3).rem_euclid(7) {
        0 => Weekday::Monday,
        1 => Weekday::Tuesday,
        2 => Weekday::Wednesday,
        3 => Weekday::Thursday,
        4 => Weekday::Friday,
        5 => Weekday::Saturday,
        _ => Weekday::Sunday,
    }
}

/// Sorted, without empty ones, what overlaps or touches joined.
fn normalise(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.retain(|s| s.start < s.end);
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for next in stretches {
        match joined.last_mut() {
            Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
            _ => joined.push(next),
        }
    }
    joined
}

/// What is in both; both normalised.
fn intersect(a: &[Stretch], b: &[Stretch]) -> Vec<Stretch> {
    let mut both = Vec::new();
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        let common = Stretch { start: x.start.max(y.start), end: x.end.min(y.end) };
        if common.start < common.end {
            both.push(common);
        }
        if x.end <= y.end {
            a.next();
        } else {
            b.next();
        }
    }
    both
}

/// What of `range` is not in `stretches` (normalised).
fn complement(stretches: &[Stretch], range: Stretch) -> Vec<Stretch> {
    let mut rest = Vec::with_capacity(stretches.len() + 1);
    let mut start = range.start;
    for stretch in stretches {
        rest.push(Stretch { start, end: stretch.start.min(range.end) });
        start = start.max(stretch.end);
    }
    rest.push(Stretch { start, end: range.end });
    rest.retain(|s| s.start < s.end);
    rest
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
