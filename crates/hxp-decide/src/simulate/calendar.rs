//! A simulation on the wall clock of a zone: days, and what comes out in which hours.

use std::collections::BTreeMap;

use hxp_policy::time::{self, Interval};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{Simulation, Stretch};

/// Seconds of a day of the wall clock.
pub(super) const DAY: i64 = 86_400;

/// One day of the wall clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Day<'s> {
    /// What comes out, in the order of time.
    pub parts: Vec<Part<'s>>,
    /// Hours that the wall clock does not show, because it is put forward.
    pub skipped: Vec<(i64, i64)>,
}

/// Hours of a day with one outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part<'s> {
    /// Seconds since midnight on the wall clock.
    pub start: i64,
    /// The first second behind it.
    pub end: i64,
    /// Which stretch it belongs to.
    pub stretch: &'s Stretch,
    /// Which showing of hours that the wall clock shows twice.
    pub pass: Pass,
}

/// Whether the wall clock shows an hour once, or which of two times this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    Only,
    First,
    Second,
}

/// Days by date, all of those that the span touches.
pub(super) type Days<'s> = BTreeMap<Date, Day<'s>>;

/// The zone of a simulation; UTC when there is none of that name.
pub(super) fn zone(simulation: &Simulation) -> TimeZone {
    time::zone(&simulation.zone).unwrap_or(TimeZone::UTC)
}

/// A simulation by days of its zone.
pub(super) fn days(simulation: &Simulation) -> Days<'_> {
    let mut days = Days::new();
    let even = time::offsets(&zone(simulation), simulation.from, simulation.to);
    let twice = repeated(&even);
    for (stretch_of_zone, offset) in &even {
        for stretch in &simulation.stretches {
            let start = stretch.from.max(stretch_of_zone.start);
            let end = stretch.to.min(stretch_of_zone.end);
            if start >= end {
                continue;
            }
            let local = (floor(start) + offset, floor(end) + offset);
            for (from, to, pass) in passes(local, floor(start), &twice) {
                by_day(from, to, &mut |date, start, end| {
                    days.entry(date).or_default().parts.push(Part { start, end, stretch, pass });
                });
            }
        }
    }
    for pair in even.windows(2) {
        if let [(_, before), (next, after)] = pair
            && before < after
        {
            let change = floor(next.start);
            by_day(change + before, change + after, &mut |date, start, end| {
                days.entry(date).or_default().skipped.push((start, end));
            });
        }
    }
    days
}

/// Hours that the wall clock shows twice: from and to on it, and the instant at which they come again.
type Twice = (i64, i64, i64);

fn repeated(even: &[(Interval, i64)]) -> Vec<Twice> {
    let twice = even.windows(2).filter_map(|pair| match pair {
        [(_, before), (next, after)] if after < before => {
            let change = floor(next.start);
            Some((change + after, change + before, change))
        }
        _ => None,
    });
    twice.collect()
}

/// Cuts hours of the wall clock, which begin at the instant `since`, where they are shown twice.
fn passes(local: (i64, i64), since: i64, twice: &[Twice]) -> Vec<(i64, i64, Pass)> {
    let mut cut = vec![(local.0, local.1, Pass::Only)];
    for (from, to, again) in twice {
        let pass = if since < *again { Pass::First } else { Pass::Second };
        cut = cut
            .into_iter()
            .flat_map(|(a, b, old)| {
                let inside = (a.max(*from), b.min(*to));
                if inside.0 >= inside.1 {
                    return vec![(a, b, old)];
                }
                let all = [(a, inside.0, old), (inside.0, inside.1, pass), (inside.1, b, old)];
                all.into_iter().filter(|(a, b, _)| a < b).collect()
            })
            .collect();
    }
    cut
}

/// Calls `visit` with each day's share of hours of the wall clock, which are counted from 1970.
fn by_day(from: i64, to: i64, visit: &mut impl FnMut(Date, i64, i64)) {
    let mut start = from;
    while start < to {
        let day = start.div_euclid(DAY);
        let end = to.min((day + 1) * DAY);
        if let Some(date) = date(day) {
            visit(date, start - day * DAY, end - day * DAY);
        }
        start = end;
    }
}

fn date(day: i64) -> Option<Date> {
    jiff::civil::date(1970, 1, 1).checked_add(day.days()).ok()
}

/// The whole second in which an instant lies.
pub(super) fn floor(at: Timestamp) -> i64 {
    at.as_second() - i64::from(at.subsec_nanosecond() < 0)
}

/// The Monday of a day's week.
pub(super) fn monday(date: Date) -> Date {
    let back = i64::from(date.weekday().since(Weekday::Monday));
    date.checked_sub(back.days()).unwrap_or(date)
}

/// Every Monday whose week the days touch, those between included.
pub(super) fn mondays(days: &Days<'_>) -> Vec<Date> {
    let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value()) else {
        return Vec::new();
    };
    let (first, last) = (monday(*first), monday(*last));
    let mut all = Vec::new();
    let mut next = Some(first);
    while let Some(day) = next.filter(|day| *day <= last) {
        all.push(day);
        next = day.checked_add(7.days()).ok();
    }
    all
}

/// `10:00`, `24:00`, `09:30:15`
pub(super) fn clock(second: i64) -> String {
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

/// How long something lasts: `2d 5h`, `45m`, `less than a second`.
pub(super) fn lasting(from: Timestamp, to: Timestamp) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut rest = to.as_second() - from.as_second();
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() { "less than 1s".to_owned() } else { parts.join(" ") }
}

/// `Tue 24 Nov 2026 10:00 PST`
pub(super) fn spelled(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let form = if local.second() == 0 { "%a %-d %b %Y %H:%M %Z" } else { "%a %-d %b %Y %H:%M:%S %Z" };
    local.strftime(form).to_string()
}

/// RFC 3339 with the zone's offset, to the nanosecond where one matters.
pub(super) fn written(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let end = if local.offset().seconds() == 0 { "Z".to_owned() } else { local.strftime("%:z").to_string() };
    format!("{}{end}", local.datetime())
}
