//! How a window changed, in words: by hours of the week, then by dates.

use hxp_policy::describe::weekday;
use hxp_policy::time::{Windows, days_after, zone};
use hxp_policy::{Calendar, Millis, Origin, Policy, Slot, TimeSet};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use smol_str::SmolStr;

/// A sentence, and where both policies say it.
type Said = (String, Option<Origin>, Option<Origin>);

/// A span of time, its end excluded.
type Span = (Timestamp, Timestamp);

/// What is different about a window; nothing when it is open at the same instants for all that is seen here.
pub(super) fn differences(old: &Policy, new: &Policy, before: &SmolStr, after: &SmolStr) -> Vec<Said> {
    let (Some(a), Some(b)) = (old.windows.get(before), new.windows.get(after)) else { return Vec::new() };
    let mut said = Vec::new();
    if let (TimeSet::Calendar(x), TimeSet::Calendar(y)) = (&a.set, &b.set) {
        if x.zone != y.zone {
            said.push((format!("{after}: zone {} → {}", x.zone, y.zone), Some(a.origin), Some(b.origin)));
            return said;
        }
        dates(after, "closed", &x.closed, &y.closed, &mut said);
        dates(after, "open", &x.open, &y.open, &mut said);
    }
    let mut week = hours_of_week(old, new, before, after);
    for text in week.drain(..).rev() {
        said.insert(0, (text, Some(a.origin), Some(b.origin)));
    }
    for said in &mut said {
        said.1 = said.1.or(Some(a.origin));
        said.2 = said.2.or(Some(b.origin));
    }
    if said.is_empty() && a.set != b.set && meaning(&a.set) != meaning(&b.set) {
        said.push((format!("{after} is made of other windows"), Some(a.origin), Some(b.origin)));
    }
    said
}

/// A set without reasons and places.
fn meaning(set: &TimeSet) -> String {
    match set {
        TimeSet::Calendar(Calendar { zone, open, closed }) => {
            let slots = |slots: &[Slot]| {
                slots.iter().map(|s| format!("{:?}{:?}{:?}", s.weekdays, s.dates, s.times)).collect::<Vec<_>>()
            };
            format!("{zone} {:?} {:?}", slots(open), slots(closed))
        }
        TimeSet::Window(name) => name.to_string(),
        TimeSet::And(sets) => format!("and{:?}", sets.iter().map(meaning).collect::<Vec<_>>()),
        TimeSet::Or(sets) => format!("or{:?}", sets.iter().map(meaning).collect::<Vec<_>>()),
        TimeSet::Not(set) => format!("not {}", meaning(set)),
    }
}

/// Slots with dates that only one of the two has.
fn dates(name: &SmolStr, word: &str, a: &[Slot], b: &[Slot], said: &mut Vec<Said>) {
    let dated = |slots: &[Slot]| -> Vec<(String, Origin)> {
        let dated = slots.iter().filter(|s| !s.dates.is_empty());
        dated.flat_map(|s| s.dates.iter().map(|d| (slot(s, *d), s.origin)).collect::<Vec<_>>()).collect()
    };
    let (a, b) = (dated(a), dated(b));
    let gone: Vec<_> = a.iter().filter(|(text, _)| !b.iter().any(|(other, _)| other == text)).collect();
    let added: Vec<_> = b.iter().filter(|(text, _)| !a.iter().any(|(other, _)| other == text)).collect();
    if let ([(x, old)], [(y, new)]) = (gone.as_slice(), added.as_slice()) {
        said.push((format!("{name}: {word} {x} → {y}"), Some(*old), Some(*new)));
        return;
    }
    said.extend(gone.into_iter().map(|(text, at)| (format!("{name} no longer {word} {text}"), Some(*at), None)));
    said.extend(added.into_iter().map(|(text, at)| (format!("{name} {word} {text} now"), None, Some(*at))));
}

fn slot(slot: &Slot, (from, to): (Date, Date)) -> String {
    let days = if from == to { from.to_string() } else { format!("{from}..{to}") };
    let clock = |s: u32| format!("{:02}:{:02}", s / 3600, s / 60 % 60);
    let times: Vec<String> = slot.times.iter().map(|(a, b)| format!("{}..{}", clock(*a), clock(*b))).collect();
    let weekdays: Vec<&str> = slot.weekdays.iter().map(|d| weekday(*d)).collect();
    [days, weekdays.join(", "), times.join(", ")].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `release_hours grows by 3 h on Fridays`, in a week that no date touches.
fn hours_of_week(old: &Policy, new: &Policy, before: &SmolStr, after: &SmolStr) -> Vec<String> {
    let home = new.zone_of(after).and_then(|name| zone(&name)).unwrap_or(TimeZone::UTC);
    let sets = [(old, before), (new, after)];
    let mut last = Date::constant(2024, 1, 1);
    for (policy, window) in sets {
        let set = TimeSet::Window(window.clone());
        for (_, calendar) in Windows::new(&policy.windows).calendars(&set) {
            let slots = calendar.open.iter().chain(&calendar.closed);
            last = slots.flat_map(|s| &s.dates).map(|d| d.1).fold(last, Date::max);
        }
    }
    let Some((from, to)) = plain_week(&home, last) else { return Vec::new() };
    let [Some(a), Some(b)] = sets.map(|(policy, window)| {
        let set = TimeSet::Window(window.clone());
        let open = Windows::new(&policy.windows).intervals(&set, from, to).ok()?;
        Some(open.iter().map(|i| (i.start, i.end)).collect::<Vec<Span>>())
    }) else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for (word, spans) in [("grows", without(&b, &a)), ("shrinks", without(&a, &b))] {
        told.extend(
            by_length(&spans, &home)
                .into_iter()
                .map(|(length, days)| format!("{after} {word} by {} {}", hours(length), days_in_words(&days))),
        );
    }
    told
}

/// The first week from Monday to Monday behind a date in which the zone's clock runs evenly.
fn plain_week(zone: &TimeZone, after: Date) -> Option<Span> {
    let mut monday = after.checked_add(jiff::Span::new().days(14)).ok()?;
    while monday.weekday() != Weekday::Monday {
        monday = monday.tomorrow().ok()?;
    }
    for _ in 0..60 {
        let next = monday.checked_add(jiff::Span::new().days(7)).ok()?;
        let start = monday.to_zoned(zone.clone()).ok()?.timestamp();
        let end = next.to_zoned(zone.clone()).ok()?.timestamp();
        if days_after(start, 7) == end {
            return Some((start, end));
        }
        monday = next;
    }
    None
}

/// What of `a` is not in `b`; both in order and disjoint.
fn without(a: &[Span], b: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for (start, end) in a {
        let mut from = *start;
        for (cut, until) in b.iter().filter(|(cut, until)| until > start && cut < end) {
            if *cut > from {
                left.push((from, *cut));
            }
            from = from.max(*until);
        }
        if from < *end {
            left.push((from, *end));
        }
    }
    left
}

/// Milliseconds on each day of the week, days of equal length together, in the order of the week.
fn by_length(spans: &[Span], zone: &TimeZone) -> Vec<(i64, Vec<Weekday>)> {
    let mut days = [0_i64; 7];
    for (start, end) in spans {
        let mut from = *start;
        while from < *end {
            let local = from.to_zoned(zone.clone());
            let next = local.tomorrow().and_then(|z| z.start_of_day()).map_or(*end, |z| z.timestamp().min(*end));
            let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
            if let Some(sum) = days.get_mut(day) {
                *sum += next.as_millisecond() - from.as_millisecond();
            }
            if next <= from {
                break;
            }
            from = next;
        }
    }
    let mut grouped: Vec<(i64, Vec<Weekday>)> = Vec::new();
    for (day, length) in (0_i8..).zip(days) {
        let Ok(day) = Weekday::from_monday_zero_offset(day) else { continue };
        if length == 0 {
            continue;
        }
        match grouped.iter_mut().find(|(other, _)| *other == length) {
            Some((_, days)) => days.push(day),
            None => grouped.push((length, vec![day])),
        }
    }
    grouped
}

/// `3 h`, `1 h 30 m`, `15 m`.
fn hours(milliseconds: i64) -> String {
    let minutes = milliseconds / 60_000;
    match (minutes / 60, minutes % 60, milliseconds % 60_000) {
        (0, 0, _) | (_, _, 1..) => Millis(milliseconds).to_string(),
        (hours, 0, _) => format!("{hours} h"),
        (0, minutes, _) => format!("{minutes} m"),
        (hours, minutes, _) => format!("{hours} h {minutes} m"),
    }
}

/// `on Fridays`, `on Tuesdays to Thursdays`, `on Mondays and Fridays`, `every day`.
fn days_in_words(days: &[Weekday]) -> String {
    let names: Vec<String> = days.iter().map(|d| format!("{}s", weekday(*d))).collect();
    let number = |d: &Weekday| d.to_monday_zero_offset();
    let in_a_row = days.windows(2).all(|pair| matches!(pair, [a, b] if number(a) + 1 == number(b)));
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("on {one}"),
        all if all.len() == 7 => "every day".to_owned(),
        [first, .., last] if in_a_row && names.len() > 2 => format!("on {first} to {last}"),
        [most @ .., last] => format!("on {} and {last}", most.join(", ")),
    }
}
