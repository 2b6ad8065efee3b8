//! Windows by hand.

use hxp_policy::{Calendar, Slot, Table, TimeSet, Window};
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, Zoned};

use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};

pub const WEEK: [Weekday; 7] = [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday];
pub const LA: &str = "America/Los_Angeles";
pub const BERLIN: &str = "Europe/Berlin";

pub fn hm(text: &str) -> u32 {
    let (h, m) = text.split_once(':').unwrap();
    h.parse::<u32>().unwrap() * 3600 + m.parse::<u32>().unwrap() * 60
}

/// `10:00..15:00 22:00..06:00`
pub fn times(text: &str) -> Vec<(u32, u32)> {
    text.split_whitespace().map(|t| t.split_once("..").unwrap()).map(|(a, b)| (hm(a), hm(b))).collect()
}

pub fn weekly(days: &[Weekday], text: &str) -> Slot {
    Slot { weekdays: days.to_vec(), times: times(text), ..Slot::default() }
}

pub fn dated(from: &str, to: &str, text: &str) -> Slot {
    let day = |t: &str| t.parse::<Date>().unwrap();
    Slot { dates: vec![(day(from), day(to))], times: times(text), ..Slot::default() }
}

pub fn calendar(zone: &str, open: Vec<Slot>, closed: Vec<Slot>) -> TimeSet {
    TimeSet::Calendar(Calendar { zone: zone.into(), open, closed })
}

pub fn release_hours() -> TimeSet {
    calendar(LA, vec![weekly(&[Tuesday, Wednesday, Thursday], "10:00..15:00")], vec![])
}

pub fn at(text: &str) -> Timestamp {
    text.parse::<Zoned>().unwrap().timestamp()
}

pub fn none() -> Table<Window> {
    Table::new()
}
