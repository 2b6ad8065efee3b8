//! Zones that change their clocks, and zones that changed their minds. What is expected is written in UTC, from the
//! announcements, not computed.

use hxp_policy::time::{Prepared, Windows};
use hxp_policy::{Origin, Slot, TimeSet, Window};
use jiff::civil::Weekday::{self, Friday, Saturday, Sunday, Thursday};
use jiff::{Timestamp, ToSpan as _};

use crate::build::{LA, WEEK, at, calendar, dated, none, weekly};

struct Case {
    name: &'static str,
    zone: &'static str,
    slot: Slot,
    /// From this instant for so many hours.
    from: &'static str,
    hours: i64,
    /// Open in these, in UTC.
    open: &'static [(&'static str, &'static str)],
}

fn on(days: &[Weekday], times: &str) -> Slot {
    weekly(days, times)
}

fn case(
    name: &'static str,
    zone: &'static str,
    slot: Slot,
    span: (&'static str, i64),
    open: &'static [(&'static str, &'static str)],
) -> Case {
    Case { name, zone, slot, from: span.0, hours: span.1, open }
}

fn check(cases: &[Case]) {
    for case in cases {
        let set = calendar(case.zone, vec![case.slot.clone()], vec![]);
        let table = none();
        let from: Timestamp = case.from.parse().unwrap();
        let to = from + case.hours.hours();
        let open = Windows::new(&table).intervals(&set, from, to).unwrap();
        let open: Vec<_> = open.iter().map(|i| (i.start.to_string(), i.end.to_string())).collect();
        let open: Vec<_> = open.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(open, case.open, "{}", case.name);
        // The reader of the wall clock says the same on both sides of every edge.
        let window = Window { name: "w".into(), doc: None, origin: Origin::default(), set };
        let prepared = Prepared::new(&[("w".into(), window)].into_iter().collect());
        for (start, end) in case.open {
            for (at, inside) in [(start, true), (end, false)] {
                let at: Timestamp = at.parse().unwrap();
                assert_eq!(prepared.is_open("w", at), inside, "{} at {at}", case.name);
                assert_eq!(prepared.is_open("w", at - 1.nanosecond()), !inside, "{} just before {at}", case.name);
            }
        }
    }
}

#[test]
fn summer_begins_and_ends_in_both_hemispheres() {
    let sydney = "Australia/Sydney";
    check(&[
        case("the skipped hour", LA, on(&WEEK, "02:00..03:00"), ("2026-03-08T08:00:00Z", 12), &[]),
        case(
            "it begins in the skipped hour",
            LA,
            on(&WEEK, "02:30..05:00"),
            ("2026-03-08T08:00:00Z", 12),
            &[("2026-03-08T10:00:00Z", "2026-03-08T12:00:00Z")],
        ),
        case(
            "it ends in the skipped hour",
            LA,
            on(&WEEK, "01:00..02:30"),
            ("2026-03-08T08:00:00Z", 12),
            &[("2026-03-08T09:00:00Z", "2026-03-08T10:00:00Z")],
        ),
        case(
            "the repeated hour",
            LA,
            on(&WEEK, "01:00..02:00"),
            ("2026-11-01T07:00:00Z", 12),
            &[("2026-11-01T08:00:00Z", "2026-11-01T10:00:00Z")],
        ),
        case(
            "half of the repeated hour comes twice",
            LA,
            on(&WEEK, "01:30..02:00"),
            ("2026-11-01T07:00:00Z", 12),
            &[("2026-11-01T08:30:00Z", "2026-11-01T09:00:00Z"), ("2026-11-01T09:30:00Z", "2026-11-01T10:00:00Z")],
        ),
        case("the skipped hour of October", sydney, on(&WEEK, "02:00..03:00"), ("2026-10-03T14:00:00Z", 12), &[]),
        case(
            "the repeated hour of April",
            sydney,
            on(&WEEK, "02:00..03:00"),
            ("2026-04-04T13:00:00Z", 12),
            &[("2026-04-04T15:00:00Z", "2026-04-04T17:00:00Z")],
        ),
    ]);
}

#[test]
fn past_midnight_on_nights_of_the_clock_change() {
    let night = || on(&[Saturday], "22:00..06:00");
    check(&[
        case(
            "a night of nine hours",
            LA,
            on(&[Saturday], "22:00..06:00"),
            ("2026-10-31T12:00:00Z", 48),
            &[("2026-11-01T05:00:00Z", "2026-11-01T14:00:00Z")],
        ),
        case(
            "a night of seven hours",
            LA,
            night(),
            ("2026-03-07T12:00:00Z", 48),
            &[("2026-03-08T06:00:00Z", "2026-03-08T13:00:00Z")],
        ),
        case(
            "an end that comes twice",
            LA,
            on(&[Saturday], "22:00..01:30"),
            ("2026-10-31T12:00:00Z", 48),
            &[("2026-11-01T05:00:00Z", "2026-11-01T08:30:00Z"), ("2026-11-01T09:00:00Z", "2026-11-01T09:30:00Z")],
        ),
        case(
            "an end that never comes",
            LA,
            on(&[Saturday], "22:00..02:30"),
            ("2026-03-07T12:00:00Z", 48),
            &[("2026-03-08T06:00:00Z", "2026-03-08T10:00:00Z")],
        ),
        // Cuba changes its clocks at midnight.
        case(
            "a day that begins at one",
            "America/Havana",
            dated("2025-03-09", "2025-03-09", ""),
            ("2025-03-08T12:00:00Z", 72),
            &[("2025-03-09T05:00:00Z", "2025-03-10T04:00:00Z")],
        ),
        case(
            "a midnight that comes twice",
            "America/Havana",
            on(&[Sunday], "00:00..01:00"),
            ("2025-11-01T12:00:00Z", 48),
            &[("2025-11-02T04:00:00Z", "2025-11-02T06:00:00Z")],
        ),
    ]);
}

#[test]
fn zones_with_odd_offsets() {
    check(&[
        case(
            "Nepal, 5:45",
            "Asia/Kathmandu",
            on(&WEEK, "09:00..10:00"),
            ("2026-06-01T00:00:00Z", 24),
            &[("2026-06-01T03:15:00Z", "2026-06-01T04:15:00Z")],
        ),
        case(
            "Chatham in winter, 12:45",
            "Pacific/Chatham",
            on(&WEEK, "09:00..10:00"),
            ("2026-06-01T00:00:00Z", 24),
            &[("2026-06-01T20:15:00Z", "2026-06-01T21:15:00Z")],
        ),
        case(
            "Chatham in summer, 13:45",
            "Pacific/Chatham",
            on(&WEEK, "09:00..10:00"),
            ("2026-12-01T00:00:00Z", 24),
            &[("2026-12-01T19:15:00Z", "2026-12-01T20:15:00Z")],
        ),
        case(
            "Chatham's repeated hour",
            "Pacific/Chatham",
            on(&WEEK, "02:45..03:45"),
            ("2026-04-04T06:00:00Z", 24),
            &[("2026-04-04T13:00:00Z", "2026-04-04T15:00:00Z")],
        ),
        case("Chatham's skipped hour", "Pacific/Chatham", on(&WEEK, "02:45..03:45"), ("2026-09-26T06:00:00Z", 24), &[]),
        case(
            "Lord Howe's repeated half-hour",
            "Australia/Lord_Howe",
            on(&WEEK, "01:30..02:00"),
            ("2026-04-04T06:00:00Z", 24),
            &[("2026-04-04T14:30:00Z", "2026-04-04T15:30:00Z")],
        ),
        case(
            "Lord Howe's skipped half-hour",
            "Australia/Lord_Howe",
            on(&WEEK, "02:00..03:00"),
            ("2026-10-03T06:00:00Z", 24),
            &[("2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z")],
        ),
        case(
            "Kiritimati is a day ahead of Niue",
            "Pacific/Kiritimati",
            dated("2027-01-01", "2027-01-01", ""),
            ("2026-12-30T00:00:00Z", 96),
            &[("2026-12-31T10:00:00Z", "2027-01-01T10:00:00Z")],
        ),
        case(
            "Niue is the last",
            "Pacific/Niue",
            dated("2027-01-01", "2027-01-01", ""),
            ("2026-12-30T00:00:00Z", 96),
            &[("2027-01-01T11:00:00Z", "2027-01-02T11:00:00Z")],
        ),
    ]);
}

#[test]
fn zones_that_changed_their_rules() {
    let apia = "Pacific/Apia";
    let rabat = "Africa/Casablanca";
    check(&[
        // Samoa went from Thursday the 29th to Saturday the 31st.
        case(
            "no 30 December in Samoa",
            apia,
            dated("2011-12-30", "2011-12-30", ""),
            ("2011-12-28T00:00:00Z", 120),
            &[],
        ),
        case("nor that Friday", apia, on(&[Friday], "00:00..24:00"), ("2011-12-25T00:00:00Z", 168), &[]),
        case(
            "every other morning, a day apart",
            apia,
            on(&WEEK, "09:00..10:00"),
            ("2011-12-29T12:00:00Z", 48),
            &[("2011-12-29T19:00:00Z", "2011-12-29T20:00:00Z"), ("2011-12-30T19:00:00Z", "2011-12-30T20:00:00Z")],
        ),
        case(
            "Thursday's night ends with Thursday",
            apia,
            on(&[Thursday], "22:00..06:00"),
            ("2011-12-29T12:00:00Z", 72),
            &[("2011-12-30T08:00:00Z", "2011-12-30T10:00:00Z")],
        ),
        case(
            "Saturday morning belongs to the Friday before it, though there was none",
            apia,
            on(&[Friday], "22:00..06:00"),
            ("2011-12-29T12:00:00Z", 72),
            &[("2011-12-30T10:00:00Z", "2011-12-30T16:00:00Z")],
        ),
        case(
            "North Korea put its clocks back by half an hour in 2015",
            "Asia/Pyongyang",
            on(&WEEK, "23:30..24:00"),
            ("2015-08-14T06:00:00Z", 24),
            &[("2015-08-14T14:30:00Z", "2015-08-14T15:30:00Z")],
        ),
        case("and forward in 2018", "Asia/Pyongyang", on(&WEEK, "23:30..24:00"), ("2018-05-04T06:00:00Z", 24), &[]),
        case(
            "Morocco in Ramadan",
            rabat,
            on(&WEEK, "12:00..13:00"),
            ("2026-02-20T00:00:00Z", 24),
            &[("2026-02-20T12:00:00Z", "2026-02-20T13:00:00Z")],
        ),
        case(
            "Morocco otherwise",
            rabat,
            on(&WEEK, "12:00..13:00"),
            ("2026-04-01T00:00:00Z", 24),
            &[("2026-04-01T11:00:00Z", "2026-04-01T12:00:00Z")],
        ),
        case(
            "Turkey in the winter of 2014",
            "Europe/Istanbul",
            on(&WEEK, "09:00..10:00"),
            ("2014-11-10T00:00:00Z", 24),
            &[("2014-11-10T07:00:00Z", "2014-11-10T08:00:00Z")],
        ),
        case(
            "Turkey stays on summer time from 2016 on",
            "Europe/Istanbul",
            on(&WEEK, "09:00..10:00"),
            ("2016-11-10T00:00:00Z", 24),
            &[("2016-11-10T06:00:00Z", "2016-11-10T07:00:00Z")],
        ),
        case(
            "Venezuela at 4:30 behind",
            "America/Caracas",
            on(&WEEK, "12:00..13:00"),
            ("2016-04-30T00:00:00Z", 24),
            &[("2016-04-30T16:30:00Z", "2016-04-30T17:30:00Z")],
        ),
        case(
            "Venezuela's skipped half-hour",
            "America/Caracas",
            on(&WEEK, "02:30..03:00"),
            ("2016-05-01T00:00:00Z", 24),
            &[],
        ),
        case(
            "Venezuela at 4 behind",
            "America/Caracas",
            on(&WEEK, "12:00..13:00"),
            ("2016-05-02T00:00:00Z", 24),
            &[("2016-05-02T16:00:00Z", "2016-05-02T17:00:00Z")],
        ),
    ]);
}

#[test]
fn far_past_and_far_future() {
    check(&[
        case(
            "Paris kept its own noon",
            "Europe/Paris",
            on(&WEEK, "12:00..13:00"),
            ("1800-01-01T00:00:00Z", 24),
            &[("1800-01-01T11:50:39Z", "1800-01-01T12:50:39Z")],
        ),
        case(
            "a summer of 2200, by the rules of today",
            LA,
            on(&WEEK, "12:00..13:00"),
            ("2200-07-01T08:00:00Z", 20),
            &[("2200-07-01T19:00:00Z", "2200-07-01T20:00:00Z")],
        ),
        case(
            "before 1970",
            "UTC",
            on(&[Thursday], "00:00..00:01"),
            ("1969-12-31T12:00:00Z", 24),
            &[("1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z")],
        ),
    ]);
}

#[test]
fn leap_days_and_the_ends_of_years() {
    let berlin = "Europe/Berlin";
    check(&[
        case(
            "29 February",
            "UTC",
            dated("2028-02-29", "2028-02-29", ""),
            ("2028-02-27T00:00:00Z", 120),
            &[("2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z")],
        ),
        case(
            "1900 had none, and 2100 has none",
            "UTC",
            dated("2100-02-28", "2100-03-01", "12:00..13:00"),
            ("2100-02-27T00:00:00Z", 120),
            &[("2100-02-28T12:00:00Z", "2100-02-28T13:00:00Z"), ("2100-03-01T12:00:00Z", "2100-03-01T13:00:00Z")],
        ),
        case(
            "a night into the new year",
            berlin,
            dated("2026-12-31", "2026-12-31", "20:00..04:00"),
            ("2026-12-30T00:00:00Z", 96),
            &[("2026-12-31T19:00:00Z", "2027-01-01T03:00:00Z")],
        ),
        case(
            "dates across it",
            berlin,
            dated("2026-12-31", "2027-01-01", "09:00..24:00"),
            ("2026-12-30T00:00:00Z", 96),
            &[("2026-12-31T08:00:00Z", "2026-12-31T23:00:00Z"), ("2027-01-01T08:00:00Z", "2027-01-01T23:00:00Z")],
        ),
        case(
            "`24:00` meets `00:00`",
            berlin,
            on(&WEEK, "20:00..24:00 00:00..02:00"),
            ("2026-12-31T12:00:00Z", 24),
            &[("2026-12-31T19:00:00Z", "2027-01-01T01:00:00Z")],
        ),
    ]);
}

/// At the ends of all time nothing is known to be open, and nothing breaks.
#[test]
fn the_ends_of_all_time() {
    let sets = [
        calendar("Pacific/Kiritimati", vec![on(&WEEK, "22:00..06:00")], vec![]),
        calendar("Pacific/Niue", vec![], vec![dated("9999-12-31", "9999-12-31", "22:00..06:00")]),
        TimeSet::Not(Box::new(calendar(LA, vec![dated("-009999-01-01", "9999-12-31", "")], vec![]))),
    ];
    for set in sets {
        let window = Window { name: "w".into(), doc: None, origin: Origin::default(), set: set.clone() };
        let table = [("w".into(), window)].into_iter().collect();
        let (windows, prepared) = (Windows::new(&table), Prepared::new(&table));
        let ends = [Timestamp::MIN, Timestamp::MIN + 1.nanosecond(), Timestamp::MAX - 1.nanosecond(), Timestamp::MAX];
        for at in ends {
            assert_eq!(windows.is_open(&set, at).unwrap(), prepared.is_open("w", at), "{at}");
            windows.next_opening(&set, at).unwrap();
            windows.next_closing(&set, at).unwrap();
        }
        let last = Timestamp::MAX - 100.hours();
        windows.intervals(&set, last, Timestamp::MAX).unwrap();
        windows.intervals(&set, Timestamp::MIN, Timestamp::MIN + 100.hours()).unwrap();
        assert_eq!(windows.intervals(&set, last, last), Ok(vec![]));
    }
    assert!(at("2026-01-01T00:00[UTC]") < Timestamp::MAX);
}
