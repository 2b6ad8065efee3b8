//! Windows against the calendar: tables of known nights, and a brute-force walk over every quarter of an hour.
#![expect(clippy::unwrap_used, reason = "a test may")]

use hxp_policy::time::{TimeError, Windows, zone};
use hxp_policy::{Calendar, Origin, Slot, Table, TimeSet, Window};
use jiff::civil::{Date, Weekday, date};
use jiff::{Timestamp, ToSpan, Zoned};
use proptest::prelude::*;

use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};

const WEEK: [Weekday; 7] = [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday];
const LA: &str = "America/Los_Angeles";
const BERLIN: &str = "Europe/Berlin";

fn hm(text: &str) -> u32 {
    let (h, m) = text.split_once(':').unwrap();
    h.parse::<u32>().unwrap() * 3600 + m.parse::<u32>().unwrap() * 60
}

/// `10:00..15:00 22:00..06:00`
fn times(text: &str) -> Vec<(u32, u32)> {
    text.split_whitespace().map(|t| t.split_once("..").unwrap()).map(|(a, b)| (hm(a), hm(b))).collect()
}

fn weekly(days: &[Weekday], text: &str) -> Slot {
    Slot { weekdays: days.to_vec(), times: times(text), ..Slot::default() }
}

fn dated(from: &str, to: &str, text: &str) -> Slot {
    let day = |t: &str| t.parse::<Date>().unwrap();
    Slot { dates: vec![(day(from), day(to))], times: times(text), ..Slot::default() }
}

fn calendar(zone: &str, open: Vec<Slot>, closed: Vec<Slot>) -> TimeSet {
    TimeSet::Calendar(Calendar { zone: zone.into(), open, closed })
}

fn release_hours() -> TimeSet {
    calendar(LA, vec![weekly(&[Tuesday, Wednesday, Thursday], "10:00..15:00")], vec![])
}

fn at(text: &str) -> Timestamp {
    text.parse::<Zoned>().unwrap().timestamp()
}

fn none() -> Table<Window> {
    Table::new()
}

#[test]
fn membership_is_pointwise_on_the_wall_clock() {
    let freeze = calendar(
        LA,
        vec![weekly(&[Tuesday, Wednesday, Thursday], "10:00..15:00")],
        vec![dated("2026-12-18", "2027-01-04", "")],
    );
    let night = calendar(BERLIN, vec![weekly(&[Friday], "22:00..06:00")], vec![]);
    let afternoon_freeze = calendar(BERLIN, vec![], vec![dated("2026-12-24", "2026-12-24", "12:00..24:00")]);
    let to_midnight = calendar(BERLIN, vec![weekly(&[Monday], "18:00..24:00")], vec![]);
    let late_freeze = calendar(BERLIN, vec![], vec![dated("2026-12-31", "2026-12-31", "20:00..04:00")]);
    let leap = calendar("UTC", vec![dated("2028-02-28", "2028-03-01", "09:00..10:00")], vec![]);
    for (set, instant, open) in [
        (&freeze, "2026-11-24T10:00[America/Los_Angeles]", true),
        (&freeze, "2026-11-24T09:59:59.999[America/Los_Angeles]", false),
        (&freeze, "2026-11-24T14:59:59.999[America/Los_Angeles]", true),
        (&freeze, "2026-11-24T15:00[America/Los_Angeles]", false),
        (&freeze, "2026-11-27T11:00[America/Los_Angeles]", false),
        // Closed wins, on the first day and on the last one.
        (&freeze, "2026-12-22T11:00[America/Los_Angeles]", false),
        (&freeze, "2026-12-17T14:00[America/Los_Angeles]", true),
        (&freeze, "2027-01-05T10:00[America/Los_Angeles]", true),
        // After midnight the slot of the day before counts.
        (&night, "2026-11-27T23:00[Europe/Berlin]", true),
        (&night, "2026-11-28T05:59[Europe/Berlin]", true),
        (&night, "2026-11-28T06:00[Europe/Berlin]", false),
        (&night, "2026-11-27T03:00[Europe/Berlin]", false),
        (&night, "2026-11-28T23:00[Europe/Berlin]", false),
        (&afternoon_freeze, "2026-12-24T11:59[Europe/Berlin]", true),
        (&afternoon_freeze, "2026-12-24T12:00[Europe/Berlin]", false),
        (&afternoon_freeze, "2026-12-25T00:00[Europe/Berlin]", true),
        (&to_midnight, "2026-11-23T23:59:59[Europe/Berlin]", true),
        (&to_midnight, "2026-11-24T00:00[Europe/Berlin]", false),
        // A dated closure past midnight reaches into the day behind its last one.
        (&late_freeze, "2027-01-01T03:59[Europe/Berlin]", false),
        (&late_freeze, "2027-01-01T04:00[Europe/Berlin]", true),
        (&late_freeze, "2026-12-31T03:00[Europe/Berlin]", true),
        (&leap, "2028-02-29T09:30[UTC]", true),
        (&leap, "2028-03-02T09:30[UTC]", false),
        // Before 1970 and between two seconds.
        (&night, "1969-12-26T23:59:59.5[Europe/Berlin]", true),
        (&night, "1969-12-27T05:59:59.5[Europe/Berlin]", true),
        (&night, "1969-12-26T21:59:59.5[Europe/Berlin]", false),
    ] {
        assert_eq!(Windows::new(&none()).is_open(set, at(instant)), Ok(open), "{instant} in {set:?}");
    }
}

#[test]
fn the_next_opening_and_closing() {
    let always = calendar(BERLIN, vec![], vec![]);
    let never = TimeSet::Not(Box::new(always.clone()));
    let night = calendar(BERLIN, vec![weekly(&WEEK, "22:00..06:00")], vec![]);
    let far = calendar("UTC", vec![dated("2030-06-01", "2030-06-01", "")], vec![]);
    for (set, now, opening, closing) in [
        (
            release_hours(),
            "2026-11-27T15:30[America/Los_Angeles]",
            Some("2026-12-01T10:00[America/Los_Angeles]"),
            Some("2026-12-01T15:00[America/Los_Angeles]"),
        ),
        // Open now: the next opening is tomorrow's.
        (
            release_hours(),
            "2026-12-01T10:00[America/Los_Angeles]",
            Some("2026-12-02T10:00[America/Los_Angeles]"),
            Some("2026-12-01T15:00[America/Los_Angeles]"),
        ),
        // Across the spring change the wall clock keeps its hours.
        (
            release_hours(),
            "2027-03-12T12:00[America/Los_Angeles]",
            Some("2027-03-16T10:00-07:00[America/Los_Angeles]"),
            Some("2027-03-16T15:00-07:00[America/Los_Angeles]"),
        ),
        (
            night,
            "2026-11-27T23:00[Europe/Berlin]",
            Some("2026-11-28T22:00[Europe/Berlin]"),
            Some("2026-11-28T06:00[Europe/Berlin]"),
        ),
        (always, "2026-11-27T23:00[Europe/Berlin]", None, None),
        (never, "2026-11-27T23:00[Europe/Berlin]", None, None),
        (far, "2026-11-27T23:00[UTC]", Some("2030-06-01T00:00[UTC]"), Some("2030-06-02T00:00[UTC]")),
    ] {
        let table = none();
        let windows = Windows::new(&table);
        assert_eq!(windows.next_opening(&set, at(now)).unwrap(), opening.map(at), "opening behind {now}");
        assert_eq!(windows.next_closing(&set, at(now)).unwrap(), closing.map(at), "closing behind {now}");
    }
}

/// Nights on which the clock is changed, as the stretches during which a window is open.
#[test]
fn nights_of_the_clock_change() {
    let slot = |zone: &str, text: &str| calendar(zone, vec![weekly(&WEEK, text)], vec![]);
    let lord_howe = "Australia/Lord_Howe";
    for (set, night, expected) in [
        // Los Angeles, 8 March 2026: 02:00 to 03:00 does not exist.
        (slot(LA, "02:00..03:00"), "2026-03-08T00:00[America/Los_Angeles]", vec![]),
        (
            slot(LA, "01:30..03:30"),
            "2026-03-08T00:00[America/Los_Angeles]",
            vec![("2026-03-08T09:30:00Z", "2026-03-08T10:30:00Z")],
        ),
        // 1 November 2026: 01:00 to 02:00 comes twice, and so does what lies in it.
        (
            slot(LA, "01:15..01:30"),
            "2026-11-01T00:00[America/Los_Angeles]",
            vec![("2026-11-01T08:15:00Z", "2026-11-01T08:30:00Z"), ("2026-11-01T09:15:00Z", "2026-11-01T09:30:00Z")],
        ),
        (
            slot(LA, "00:30..02:30"),
            "2026-11-01T00:00[America/Los_Angeles]",
            vec![("2026-11-01T07:30:00Z", "2026-11-01T10:30:00Z")],
        ),
        // Lord Howe moves by half an hour: 4 October 2026 has no 02:00 to 02:30.
        (
            slot(lord_howe, "02:00..03:00"),
            "2026-10-04T00:00[Australia/Lord_Howe]",
            vec![("2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z")],
        ),
        (
            slot(lord_howe, "01:30..02:00"),
            "2026-04-05T00:00[Australia/Lord_Howe]",
            vec![("2026-04-04T14:30:00Z", "2026-04-04T15:30:00Z")],
        ),
        // Kathmandu is 5:45 ahead.
        (
            slot("Asia/Kathmandu", "06:00..07:00"),
            "2026-06-01T00:00[UTC]",
            vec![("2026-06-01T00:15:00Z", "2026-06-01T01:15:00Z")],
        ),
        // Apia had no 30 December 2011.
        (
            calendar("Pacific/Apia", vec![dated("2011-12-30", "2011-12-30", "")], vec![]),
            "2011-12-30T04:00[UTC]",
            vec![],
        ),
    ] {
        let table = none();
        let end = at(night) + 12.hours();
        let open = Windows::new(&table).intervals(&set, at(night), end).unwrap();
        let open: Vec<_> = open.iter().map(|i| (i.start.to_string(), i.end.to_string())).collect();
        let open: Vec<_> = open.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(open, expected, "{set:?}");
    }
}

#[test]
fn windows_made_of_windows() {
    let mut table = none();
    let mut declare = |name: &str, set: TimeSet| {
        table.insert(name.into(), Window { name: name.into(), doc: None, origin: Origin::default(), set });
    };
    let named = |name: &str| TimeSet::Window(name.into());
    declare("hours", release_hours());
    declare("party", calendar(BERLIN, vec![weekly(&[Tuesday], "19:00..21:00")], vec![]));
    declare("sober", TimeSet::And(vec![named("hours"), TimeSet::Not(Box::new(named("party")))]));
    declare("either", TimeSet::Or(vec![named("hours"), named("party")]));
    declare("nothing", TimeSet::And(vec![named("hours"), TimeSet::Not(Box::new(named("hours")))]));
    declare("loop", TimeSet::Not(Box::new(named("pool"))));
    declare("pool", TimeSet::And(vec![named("hours"), named("loop")]));
    declare("layer0", release_hours());
    for depth in 0..40 {
        let below = format!("layer{depth}");
        declare(&format!("layer{}", depth + 1), TimeSet::And(vec![named(&below), named(&below)]));
    }
    let windows = Windows::new(&table);
    // Tuesday 10:00 in Los Angeles is 19:00 in Berlin.
    let (from, to) = (at("2026-12-01T00:00[America/Los_Angeles]"), at("2026-12-02T00:00[America/Los_Angeles]"));
    let hours = |name: &str| {
        let open = windows.intervals(&named(name), from, to).unwrap();
        open.iter().map(|i| i.length().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(hours("sober"), ["3h"]);
    assert_eq!(hours("either"), ["5h"]);
    assert_eq!(hours("layer40"), ["5h"], "each window is computed once, or this takes for ever");
    let everything = windows.whole_calendar(&named("nothing"));
    assert_eq!(windows.intervals(&named("nothing"), everything.start, everything.end).unwrap(), []);
    assert_eq!(windows.is_open(&named("loop"), from), Err(TimeError::Cycle("loop".into())));
    assert_eq!(windows.is_open(&named("absent"), from), Err(TimeError::UnknownWindow("absent".into())));
    let mars = calendar("Mars/Olympus", vec![], vec![]);
    assert_eq!(windows.is_open(&mars, from), Err(TimeError::UnknownZone("Mars/Olympus".into())));
    let overlap = windows.overlap(&named("hours"), &named("party"), from, to).unwrap().unwrap();
    assert_eq!(overlap.length().to_string(), "2h");
}

#[test]
fn shortest_and_longest() {
    let table = none();
    let windows = Windows::new(&table);
    let set = calendar(
        BERLIN,
        vec![weekly(&[Tuesday, Thursday], "10:00..15:00"), weekly(&[Wednesday], "10:00..10:45")],
        vec![dated("2026-12-18", "2027-01-04", "")],
    );
    let (from, to) = (at("2026-11-01T00:00[UTC]"), at("2027-11-01T00:00[UTC]"));
    assert_eq!(windows.shortest_slot(&set, from, to).unwrap().unwrap().length().to_string(), "45m");
    let closed = windows.longest_closed(&set, from, to).unwrap().unwrap();
    assert_eq!(closed.start, at("2026-12-17T15:00[Europe/Berlin]"));
    assert_eq!(closed.end, at("2027-01-05T10:00[Europe/Berlin]"));
    let always = calendar(BERLIN, vec![], vec![]);
    assert_eq!(windows.shortest_slot(&always, from, to), Ok(None));
    assert_eq!(windows.longest_closed(&always, from, to), Ok(None));
}

/// The definition, said the slow way: what the clock on the wall shows, and nothing else.
fn open_by_definition(calendar: &Calendar, at: Timestamp) -> bool {
    let wall = at.to_zoned(zone(&calendar.zone).unwrap()).datetime();
    let second = u32::try_from(wall.time().duration_since(jiff::civil::Time::MIN).as_secs()).unwrap();
    let on = |slot: &Slot, day: Date| {
        (slot.weekdays.is_empty() || slot.weekdays.contains(&day.weekday()))
            && (slot.dates.is_empty() || slot.dates.iter().any(|(a, b)| *a <= day && day <= *b))
    };
    let yesterday = wall.date() - 1.day();
    let holds = |slot: &Slot| {
        if slot.times.is_empty() {
            return on(slot, wall.date());
        }
        slot.times.iter().any(|(from, to)| {
            if from <= to {
                on(slot, wall.date()) && *from <= second && second < *to
            } else {
                (on(slot, wall.date()) && *from <= second) || (on(slot, yesterday) && second < *to)
            }
        })
    };
    (calendar.open.is_empty() || calendar.open.iter().any(holds)) && !calendar.closed.iter().any(holds)
}

fn any_slot() -> impl Strategy<Value = Slot> {
    let time = (0u32..=96).prop_map(|q| q * 900);
    let pair = (time.clone(), time).prop_filter("a slot has two ends", |(a, b)| a != b && *a < 86_400);
    let days = prop::collection::vec(prop::sample::select(&WEEK[..]), 0..4);
    let dates = prop::collection::vec((0i64..40, 0i64..6), 0..3);
    (days, dates, prop::collection::vec(pair, 0..3), any::<bool>()).prop_map(|(weekdays, dates, times, dated)| {
        let day = |n: i64| date(2026, 3, 1) + n.days();
        Slot {
            weekdays: if dated { vec![] } else { weekdays },
            dates: if dated { dates.into_iter().map(|(a, n)| (day(a), day(a + n))).collect() } else { vec![] },
            times,
            ..Slot::default()
        }
    })
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    let zones =
        prop::sample::select(vec![LA, BERLIN, "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "UTC"]);
    (zones, prop::collection::vec(any_slot(), 0..3), prop::collection::vec(any_slot(), 0..3))
        .prop_map(|(zone, open, closed)| Calendar { zone: zone.into(), open, closed })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn agrees_with_the_definition_at_every_quarter(a in any_calendar(), b in any_calendar(), shape in 0..4) {
        let (x, y) = (TimeSet::Calendar(a.clone()), TimeSet::Calendar(b.clone()));
        let set = match shape {
            0 => TimeSet::And(vec![x, y]),
            1 => TimeSet::Or(vec![x, y]),
            2 => TimeSet::And(vec![x, TimeSet::Not(Box::new(y))]),
            _ => TimeSet::Not(Box::new(x)),
        };
        let expected = |t: Timestamp| {
            let (a, b) = (open_by_definition(&a, t), open_by_definition(&b, t));
            match shape { 0 => a && b, 1 => a || b, 2 => a && !b, _ => !a }
        };
        let table = none();
        let windows = Windows::new(&table);
        // Six weeks in which every one of the zones that ever does changes its clock.
        let (from, to) = (at("2026-03-01T00:00[UTC]"), at("2026-04-12T00:00[UTC]"));
        let open = windows.intervals(&set, from, to).unwrap();
        let mut t = from;
        while t < to {
            let inside = open.iter().any(|i| i.start <= t && t < i.end);
            prop_assert_eq!(inside, expected(t), "{}", t);
            t += 15.minutes();
        }
        for pair in open.windows(2) {
            prop_assert!(pair[0].end < pair[1].start);
        }
        for (change, opens) in windows.changes(&set, from, to).unwrap() {
            prop_assert_eq!(expected(change), opens);
            prop_assert_eq!(expected(change - 1.second()), !opens);
            prop_assert_eq!(windows.is_open(&set, change), Ok(opens));
        }
        let middle = at("2026-03-20T07:07[UTC]");
        let first_open = windows.open_from(&set, middle).unwrap().filter(|t| *t < to);
        let by_list = open.iter().find(|i| i.end > middle).map(|i| i.start.max(middle));
        prop_assert_eq!(first_open, by_list);
    }
}
