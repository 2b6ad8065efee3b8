//! Tables of known days.

use hxp_policy::time::{TimeError, Windows};
use hxp_policy::{Origin, TimeSet, Window};
use jiff::ToSpan as _;
use jiff::civil::Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};

use crate::build::{BERLIN, LA, WEEK, at, calendar, dated, none, release_hours, weekly};

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
