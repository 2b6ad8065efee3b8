//! Calendars on the wall clock, and from there to the line of time.

use jiff::civil::{self, Weekday};
use jiff::tz::TimeZone;

use super::intervals::{Interval, Intervals};
use super::{DAY, TimeError, timestamp, zone};
use crate::{Calendar, Slot};

/// Whole seconds, the end excluded; of the line of time or of a wall clock.
pub(super) type Seconds = Interval<i64>;

/// When a calendar is open within `range` of the line of time.
pub(super) fn in_calendar(calendar: &Calendar, range: Seconds) -> Result<Intervals<i64>, TimeError> {
    let zone = zone(&calendar.zone).ok_or_else(|| TimeError::UnknownZone(calendar.zone.clone()))?;
    let mut open = Vec::new();
    for (stretch, offset) in even_stretches(&zone, range) {
        let local = Seconds { start: stretch.start + offset, end: stretch.end + offset };
        let back = |s: Seconds| Seconds { start: s.start - offset, end: s.end - offset };
        open.extend(on_the_wall(calendar, local).into_iter().map(back));
    }
    Ok(open.into_iter().collect())
}

/// `range` cut where the zone's offset changes, each part with its offset in seconds.
pub(super) fn even_stretches(zone: &TimeZone, range: Seconds) -> Vec<(Seconds, i64)> {
    let mut parts = Vec::new();
    let mut start = range.start;
    let mut offset = i64::from(zone.to_offset(timestamp(start)).seconds());
    for change in zone.following(timestamp(start)) {
        let at = change.timestamp().as_second();
        if at >= range.end {
            break;
        }
        if at > start {
            parts.push((Seconds { start, end: at }, offset));
        }
        start = at;
        offset = i64::from(change.offset().seconds());
    }
    if start < range.end {
        parts.push((Seconds { start, end: range.end }, offset));
    }
    parts
}

/// When a calendar is open within `range` of its own wall clock.
fn on_the_wall(calendar: &Calendar, range: Seconds) -> Intervals<i64> {
    let slots = |slots: &[Slot]| slots.iter().flat_map(|s| in_slot(s, range)).collect::<Intervals<i64>>();
    let open = if calendar.open.is_empty() { Intervals::of(range) } else { slots(&calendar.open) };
    open.difference(&slots(&calendar.closed))
}

/// When a slot holds within `range` of the wall clock. A slot past midnight belongs to the day on which it begins, so
/// the day before the range counts too.
fn in_slot(slot: &Slot, range: Seconds) -> Vec<Seconds> {
    let first = range.start.div_euclid(DAY) - 1;
    let last = (range.end - 1).div_euclid(DAY);
    let mut found = Vec::new();
    for days in &days_of(slot, first, last) {
        if slot.times.is_empty() {
            found.push(Seconds { start: days.start * DAY, end: days.end * DAY });
            continue;
        }
        for day in days.start..days.end {
            found.extend(slot.times.iter().map(|(from, to)| on_day(day, *from, *to)));
        }
    }
    let inside = |s: Seconds| Seconds { start: s.start.max(range.start), end: s.end.min(range.end) };
    found.into_iter().map(inside).filter(|s| !s.is_empty()).collect()
}

/// `from..to` of the wall clock on that day, perhaps past midnight.
fn on_day(day: i64, from: u32, to: u32) -> Seconds {
    let overnight = if to < from { DAY } else { 0 };
    Seconds { start: day * DAY + i64::from(from), end: day * DAY + i64::from(to) + overnight }
}

/// The days between `first` and `last` (both included, counted from 1970) on which a slot begins.
fn days_of(slot: &Slot, first: i64, last: i64) -> Intervals<i64> {
    let within = |from: i64, to: i64| Seconds { start: from.max(first), end: to.min(last) + 1 };
    let dated: Intervals<i64> = if slot.dates.is_empty() {
        Intervals::of(within(first, last))
    } else {
        slot.dates.iter().map(|(from, to)| within(day_number(*from), day_number(*to))).collect()
    };
    if slot.weekdays.is_empty() {
        return dated;
    }
    let matching = |day: &i64| slot.weekdays.contains(&weekday(*day));
    let days = dated.into_iter().flat_map(|s| s.start..s.end).filter(matching);
    days.map(|d| Seconds { start: d, end: d + 1 }).collect()
}

/// Days since 1 January 1970.
pub(super) fn day_number(date: civil::Date) -> i64 {
    date.duration_since(civil::date(1970, 1, 1)).as_hours() / 24
}

/// 1 January 1970 was a Thursday.
pub(super) fn weekday(day: i64) -> Weekday {
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
