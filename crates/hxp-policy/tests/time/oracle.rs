//! The definition, said the slow way: what the clock on the wall shows, and nothing else. Walked minute by minute.

use hxp_policy::time::{Interval, Prepared, Windows, zone};
use hxp_policy::{Calendar, Origin, Slot, Table, TimeSet, Window};
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use proptest::prelude::*;

use crate::build::{WEEK, at};

/// Zones with daylight saving in either hemisphere, with odd offsets, with clock changes at midnight, and with rules that
/// were changed.
const ZONES: [&str; 16] = [
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/Havana",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Pyongyang",
    "Africa/Casablanca",
    "Europe/Istanbul",
    "America/Caracas",
    "America/Sao_Paulo",
    "Asia/Tehran",
    "UTC",
];

/// Whether a calendar is open when its wall clock shows this.
fn shows(calendar: &Calendar, wall: jiff::civil::DateTime) -> bool {
    let time = wall.time();
    let second =
        u32::try_from(i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second()));
    let second = second.unwrap();
    let today = wall.date();
    let begins = |slot: &Slot, day: jiff::civil::Date| {
        (slot.weekdays.is_empty() || slot.weekdays.contains(&day.weekday()))
            && (slot.dates.is_empty() || slot.dates.iter().any(|(a, b)| *a <= day && day <= *b))
    };
    let holds = |slot: &Slot| {
        if slot.times.is_empty() {
            return begins(slot, today);
        }
        slot.times.iter().any(|(from, to)| {
            if from <= to {
                *from <= second && second < *to && begins(slot, today)
            } else {
                (*from <= second && begins(slot, today)) || (second < *to && begins(slot, today.yesterday().unwrap()))
            }
        })
    };
    (calendar.open.is_empty() || calendar.open.iter().any(holds)) && !calendar.closed.iter().any(holds)
}

/// A set whose zones are looked up already; otherwise the definition again.
enum Slow {
    Calendar(TimeZone, Calendar),
    And(Vec<Slow>),
    Or(Vec<Slow>),
    Not(Box<Slow>),
}

impl Slow {
    fn new(set: &TimeSet, table: &Table<Window>) -> Self {
        let each = |sets: &[TimeSet]| sets.iter().map(|s| Self::new(s, table)).collect();
        match set {
            TimeSet::Calendar(calendar) => Self::Calendar(zone(&calendar.zone).unwrap(), calendar.clone()),
            TimeSet::Window(name) => Self::new(&table[name].set, table),
            TimeSet::And(sets) => Self::And(each(sets)),
            TimeSet::Or(sets) => Self::Or(each(sets)),
            TimeSet::Not(set) => Self::Not(Box::new(Self::new(set, table))),
        }
    }

    fn open(&self, at: Timestamp) -> bool {
        match self {
            Self::Calendar(zone, calendar) => shows(calendar, zone.to_datetime(at)),
            Self::And(sets) => sets.iter().all(|s| s.open(at)),
            Self::Or(sets) => sets.iter().any(|s| s.open(at)),
            Self::Not(set) => !set.open(at),
        }
    }
}

fn any_slot(year: i16) -> impl Strategy<Value = Slot> {
    // To the quarter, to the minute, and the end of the day.
    let time =
        prop_oneof![6 => (0u32..96).prop_map(|q| q * 900), 3 => (0u32..1440).prop_map(|m| m * 60), 1 => Just(86_400)];
    let pair = (time.clone(), time).prop_filter("a slot has two ends", |(a, b)| a != b && *a < 86_400);
    let days = prop::collection::vec(prop::sample::select(&WEEK[..]), 0..5);
    let dates = prop::collection::vec((0i64..366, prop_oneof![Just(0i64), 0i64..6, 0i64..400]), 1..4);
    (days, prop::option::of(dates), prop::collection::vec(pair, 0..3)).prop_map(move |(weekdays, dates, times)| {
        let day = |n: i64| date(year, 1, 1) + n.days();
        let dates = dates.unwrap_or_default().into_iter().map(|(a, n)| (day(a), day(a + n))).collect();
        Slot { weekdays, dates, times, ..Slot::default() }
    })
}

fn calendar_of(year: i16) -> impl Strategy<Value = Calendar> {
    let slots = || prop::collection::vec(any_slot(year), 0..3);
    (prop::sample::select(&ZONES[..]), slots(), slots()).prop_map(|(zone, open, closed)| Calendar {
        zone: zone.into(),
        open,
        closed,
    })
}

pub fn any_calendar() -> impl Strategy<Value = Calendar> {
    calendar_of(2026)
}

/// Combinations of calendars and of named windows, which are calendars too.
fn any_set(year: i16) -> impl Strategy<Value = TimeSet> {
    let leaf = prop_oneof![
        4 => calendar_of(year).prop_map(TimeSet::Calendar),
        1 => prop::sample::select(vec!["a", "b", "both"]).prop_map(|name| TimeSet::Window(name.into())),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(TimeSet::And),
            prop::collection::vec(inner.clone(), 0..3).prop_map(TimeSet::Or),
            inner.prop_map(|set| TimeSet::Not(Box::new(set))),
        ]
    })
}

fn table(a: Calendar, b: Calendar, set: TimeSet) -> Table<Window> {
    let named = |name: &str| TimeSet::Window(name.into());
    let both = TimeSet::And(vec![named("a"), TimeSet::Not(Box::new(named("b")))]);
    [("a", TimeSet::Calendar(a)), ("b", TimeSet::Calendar(b)), ("both", both), ("set", set)]
        .into_iter()
        .map(|(name, set)| (name.into(), Window { name: name.into(), doc: None, origin: Origin::default(), set }))
        .collect()
}

/// Walks over every minute of a span: the intervals, the prepared windows and the definition agree, and every edge of an
/// interval is where the definition changes, to the nanosecond.
fn walk(table: &Table<Window>, from: Timestamp, to: Timestamp) -> Result<(), TestCaseError> {
    let set = TimeSet::Window("set".into());
    let (windows, prepared) = (Windows::new(table), Prepared::new(table));
    let slow = Slow::new(&set, table);
    let open = windows.open_in(&set, from, to).unwrap();
    let mut parts = open.iter().copied().peekable();
    let mut minute = from;
    while minute < to {
        while parts.peek().is_some_and(|part| part.end <= minute) {
            parts.next();
        }
        let inside = parts.peek().is_some_and(|part: &Interval| part.start <= minute);
        let expected = slow.open(minute);
        prop_assert_eq!(inside, expected, "intervals at {}", minute);
        prop_assert_eq!(prepared.is_open("set", minute), expected, "prepared at {}", minute);
        minute += 1.minute();
    }
    for (edge, opens) in open.edges().filter(|(edge, _)| from < *edge && *edge < to) {
        for (at, expected) in [(edge, opens), (edge - 1.nanosecond(), !opens)] {
            prop_assert_eq!(slow.open(at), expected, "{}", at);
            prop_assert_eq!(prepared.is_open("set", at), expected, "prepared at {}", at);
        }
        prop_assert_eq!(windows.is_open(&set, edge), Ok(opens));
    }
    let middle = Timestamp::from_second(i64::midpoint(from.as_second(), to.as_second())).unwrap() + 7.seconds();
    let inside = |t: Option<Timestamp>| t.filter(|t| *t < to);
    prop_assert_eq!(inside(windows.next_opening(&set, middle).unwrap()), inside(open.next_opening(middle)));
    prop_assert_eq!(inside(windows.next_closing(&set, middle).unwrap()), inside(open.next_closing(middle)));
    Ok(())
}

fn any_case() -> impl Strategy<Value = (i16, Table<Window>)> {
    // Years with a change of rules somewhere among the zones, and years to come.
    let years =
        prop_oneof![prop::sample::select(vec![2007i16, 2011, 2015, 2016, 2018, 2026, 2027, 2028]), 1950i16..2100];
    years.prop_flat_map(|year| {
        (Just(year), calendar_of(year), calendar_of(year), any_set(year))
            .prop_map(|(year, a, b, set)| (year, table(a, b, set)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_minute_of_three_weeks((year, table) in any_case(), week in 0i64..52) {
        let from = at(&format!("{year:04}-01-01T00:00[UTC]")) + (week * 168).hours();
        walk(&table, from, from + (3 * 168).hours())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn every_minute_of_a_year((year, table) in any_case()) {
        walk(&table, at(&format!("{year:04}-01-01T00:00[UTC]")), at(&format!("{:04}-01-01T00:00[UTC]", year + 1)))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Four years, with whatever leap day and change of rules they have: `cargo test --release -- --ignored`.
    #[test]
    #[ignore = "takes minutes"]
    fn every_minute_of_four_years((year, table) in any_case()) {
        walk(&table, at(&format!("{year:04}-01-01T00:00[UTC]")), at(&format!("{:04}-01-01T00:00[UTC]", year + 4)))?;
    }
}

/// Windows that share windows are looked at once each, however many ways lead to them, and windows that cannot be computed
/// say why.
#[test]
fn prepared_windows_share_and_fail_like_computed_ones() {
    let named = |name: &str| TimeSet::Window(name.into());
    let open = |zone: &str| TimeSet::Calendar(Calendar { zone: zone.into(), ..Calendar::default() });
    let mut table: Table<Window> = Table::new();
    let mut declare = |name: &str, set: TimeSet| {
        table.insert(name.into(), Window { name: name.into(), doc: None, origin: Origin::default(), set });
    };
    declare("layer0", open("UTC"));
    // So deep that each way by itself would take for ever, and more of them than are remembered on the spot.
    for layer in 1..=60 {
        let below = named(&format!("layer{}", layer - 1));
        declare(
            &format!("layer{layer}"),
            TimeSet::And(vec![below.clone(), TimeSet::Not(Box::new(below.clone())), below]),
        );
    }
    for side in 0..80 {
        declare(&format!("side{side}"), TimeSet::Or(vec![named("layer60"), named("layer0")]));
    }
    let sides = || (0..80).map(|side| named(&format!("side{side}")));
    declare("wide", TimeSet::And(sides().chain(sides()).collect()));
    declare("not_mars", TimeSet::Not(Box::new(open("Mars/Olympus"))));
    declare("uses_mars", TimeSet::Not(Box::new(named("not_mars"))));
    declare("nowhere", named("absent"));
    declare("round", TimeSet::Not(Box::new(named("about"))));
    declare("about", TimeSet::Or(vec![named("layer0"), named("round")]));
    for step in 0..400 {
        let below = if step == 0 { "layer0".to_owned() } else { format!("chain{}", step - 1) };
        declare(&format!("chain{step}"), TimeSet::Not(Box::new(named(&below))));
    }
    let prepared = Prepared::new(&table);
    let now = at("2026-01-01T00:00[UTC]");
    assert_eq!(prepared.try_open("layer60", now), Ok(false));
    assert_eq!(prepared.try_open("wide", now), Ok(true));
    assert_eq!(prepared.try_open("layer0", now), Ok(true));
    for broken in ["not_mars", "uses_mars", "nowhere", "round", "about", "chain399", "unheard_of"] {
        assert!(prepared.try_open(broken, now).is_err(), "{broken}");
        assert!(!prepared.is_open(broken, now), "{broken} counts as shut");
        let computed = Windows::new(&table).is_open(&named(broken), now);
        assert!(computed.is_err(), "{broken}: {computed:?}");
    }
    assert_eq!(prepared.try_open("chain0", now), Ok(false));
    assert_eq!(prepared.try_open("chain9", now), Ok(true));
}
