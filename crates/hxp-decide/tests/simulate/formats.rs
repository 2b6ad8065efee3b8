//! What programs and people read, read back.

use hxp_decide::Engine;
use hxp_decide::simulate::{Attempt, MOST_WEEKS, Simulation, simulate};
use hxp_policy::Outcome;
use icalendar::parser::{read_calendar, unfold};
use icalendar::{Calendar, CalendarComponent, CalendarDateTime, Component as _, DatePerhapsTime};
use jiff::{Timestamp, ToSpan as _};

use crate::fixture::{SHOP, at, policy, request, run};

fn sample() -> Simulation {
    run(&policy(SHOP), &request(), "2026-11-27T00:00:00Z", "2026-12-13T00:00:00Z")
}

fn satisfied(from: &str, to: &str) -> Simulation {
    let policy = policy(SHOP);
    simulate(&Engine::new(&policy), "production", at(from), at(to), Attempt::Satisfied).unwrap()
}

fn instant(when: Option<DatePerhapsTime>) -> Timestamp {
    match when {
        Some(DatePerhapsTime::DateTime(CalendarDateTime::Utc(t))) => Timestamp::from_second(t.timestamp()).unwrap(),
        other => panic!("{other:?} is not in UTC"),
    }
}

/// A second parser reads events from it that are the stretches.
#[test]
fn the_calendar_file_is_read_back() {
    let mut found = sample();
    // Text with everything that must be escaped or folded.
    found.title = "Prod; uction, \\ with „Anführung“ and a very long title that needs more than one line — éèê".into();
    let text = found.to_ics();
    assert_eq!(text, found.to_ics(), "the same each time");
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    for line in text.split_terminator("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.contains(['\r', '\n']));
    }
    assert!(text.matches("\r\n ").count() > 5, "long lines are folded");
    let unfolded = unfold(&text);
    let calendar = Calendar::from(read_calendar(&unfolded).unwrap());
    let events: Vec<_> = calendar
        .components
        .iter()
        .map(|c| match c {
            CalendarComponent::Event(event) => event,
            other => panic!("{other:?}"),
        })
        .collect();
    let stretches: Vec<_> = found.stretches.iter().filter(|s| s.outcome != Outcome::Pending).collect();
    assert_eq!(events.len(), stretches.len());
    let mut ids: Vec<&str> = Vec::new();
    for (event, stretch) in events.iter().zip(stretches) {
        let up = |t: Timestamp| {
            if t.subsec_nanosecond() == 0 { t } else { Timestamp::from_second(t.as_second() + 1).unwrap() }
        };
        assert_eq!(instant(event.get_start()).as_second(), stretch.from.as_second());
        assert_eq!(instant(event.get_end()), up(stretch.to));
        assert_eq!(event.property_value("DTSTAMP"), Some("20261127T000000Z"));
        let categories = event.multi_properties()["CATEGORIES"].iter().map(icalendar::Property::value);
        assert!(categories.eq([stretch.outcome.word()]));
        let title = format!("{}: {}", found.title, stretch.outcome.word());
        assert_eq!(event.get_summary(), Some(title.as_str()));
        ids.push(event.get_uid().unwrap());
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "every event has an id of its own");
}

#[test]
fn events_keep_their_ids_when_the_span_moves() {
    let ids = |from: &str| {
        let text = satisfied(from, "2026-12-24T00:00:00Z").to_ics();
        text.lines().filter(|l| l.starts_with("UID:")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (early, late) = (ids("2026-12-01T00:00:00Z"), ids("2026-12-08T00:00:00Z"));
    assert!(!late.is_empty() && late.iter().all(|id| early.contains(id)), "{early:?} {late:?}");
}

/// The picture is XML, its blocks lie in their columns and do not overlap, and each says in words what it shows.
#[test]
fn the_picture_is_sound() {
    let mut found = satisfied("2027-10-18T00:00:00Z", "2027-11-08T00:00:00Z");
    found.title = "<Production> & \"more\"".into();
    let svg = found.to_svg().unwrap();
    assert_eq!(svg, found.to_svg().unwrap());
    let document = roxmltree::Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let title = root.children().find(|n| n.has_tag_name("title")).unwrap();
    assert!(title.text().unwrap().starts_with("<Production> & \"more\""));
    let (width, height): (f64, f64) =
        (root.attribute("width").unwrap().parse().unwrap(), root.attribute("height").unwrap().parse().unwrap());
    let number = |n: &roxmltree::Node<'_, '_>, name: &str| n.attribute(name).unwrap().parse::<f64>().unwrap();
    let blocks: Vec<_> = document
        .descendants()
        .filter(|n| n.has_tag_name("rect"))
        .filter(|n| ["allow", "pending", "deny", "skipped"].contains(&n.attribute("class").unwrap_or_default()))
        .collect();
    assert!(blocks.len() > 40);
    let boxes: Vec<_> =
        blocks.iter().map(|b| (number(b, "x"), number(b, "y"), number(b, "width"), number(b, "height"))).collect();
    for (n, (x, y, w, h)) in boxes.iter().enumerate() {
        assert!(*x >= 0.0 && *y >= 0.0 && x + w <= width && y + h <= height);
        for (other_x, other_y, other_w, other_h) in &boxes[n + 1..] {
            // Numbers are rounded to a tenth.
            let across = x + w > other_x + 0.11 && other_x + other_w > x + 0.11;
            let down = y + h > other_y + 0.11 && other_y + other_h > y + 0.11;
            assert!(!(across && down), "blocks overlap");
        }
    }
    for block in blocks {
        assert!(block.children().any(|n| n.has_tag_name("title") && n.text().is_some_and(|t| !t.is_empty())));
    }
    // Europe/Berlin put its clocks back on 31 October: the hour is there twice.
    assert!(svg.contains("class=\"again\""));
    assert!(!svg.contains("class=\"skipped\""));
    let spring = satisfied("2027-03-22T00:00:00Z", "2027-04-01T00:00:00Z").to_svg().unwrap();
    assert!(spring.contains("class=\"skipped\""));
}

#[test]
fn a_picture_of_too_many_weeks_is_none() {
    let from = at("2026-01-05T00:00[Europe/Berlin]");
    let weeks = i64::try_from(MOST_WEEKS).unwrap();
    let mut found = satisfied("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z");
    let mut of = |weeks: i64| {
        found.from = from;
        found.to = from + (weeks * 168).hours();
        found.stretches.truncate(1);
        found.stretches[0].from = found.from;
        found.stretches[0].to = found.to;
        found.to_svg().is_some()
    };
    assert!(of(weeks));
    assert!(!of(weeks + 1));
}

#[test]
fn a_table_and_a_small_calendar() {
    insta::assert_snapshot!(sample().to_text());
    // The night of the clock change: the hour that is skipped, the half-hour that is cut, the hour that comes twice.
    let mut night = satisfied("2027-03-27T12:00:00Z", "2027-03-28T12:00:00Z");
    insta::assert_snapshot!("spring", night.to_text());
    night = satisfied("2027-10-30T12:00:00Z", "2027-10-31T12:00:00Z");
    insta::assert_snapshot!("autumn", night.to_text());
    night.zone = "Asia/Kathmandu".into();
    insta::assert_snapshot!("nepal", night.to_text());
}

#[test]
fn json_says_everything() {
    let found = run(&policy(SHOP), &request(), "2026-11-30T10:30:00Z", "2026-11-30T16:00:00Z");
    insta::assert_json_snapshot!(found.to_json());
}
