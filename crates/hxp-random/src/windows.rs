//! Windows: slots of several zones, past midnight, dated, joined.

use hxp_decide::sample::Dice;
use hxp_policy::{Calendar, Origin, Slot, Table, TimeSet, Window};
use jiff::civil::{Date, Weekday, date};
use smol_str::{SmolStr, format_smolstr};

/// Zones with odd offsets and odd nights. Morocco is left out: its rules change with every release of the time zone
/// database, of which each engine brings its own.
const ZONES: [&str; 11] = [
    "UTC",
    "America/Los_Angeles",
    "America/New_York",
    "Europe/Berlin",
    "Europe/Dublin",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
    "America/Sao_Paulo",
];

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Some windows by name, each perhaps made of those before it.
pub(crate) fn table(dice: &mut Dice) -> Table<Window> {
    let mut table = Table::new();
    for i in 0..=dice.below(3) {
        let name = format_smolstr!("window_{i}");
        let known: Vec<SmolStr> = table.keys().cloned().collect();
        let set = set(dice, &known, 2);
        table.insert(name.clone(), Window { name, doc: None, origin: Origin::default(), set });
    }
    table
}

fn set(dice: &mut Dice, known: &[SmolStr], depth: usize) -> TimeSet {
    let several = |dice: &mut Dice| {
        let count = 2 + dice.below(2);
        (0..count).map(|_| set(dice, known, depth.saturating_sub(1))).collect::<Vec<_>>()
    };
    match dice.below(10) {
        0 if depth > 0 => TimeSet::And(several(dice)),
        1 if depth > 0 => TimeSet::Or(several(dice)),
        2 if depth > 0 => TimeSet::Not(Box::new(set(dice, known, depth - 1))),
        3 | 4 if !known.is_empty() => TimeSet::Window(dice.pick(known).cloned().unwrap_or_default()),
        _ => TimeSet::Calendar(calendar(dice)),
    }
}

fn calendar(dice: &mut Dice) -> Calendar {
    let mut slots = |most: usize, least: usize| (0..least + dice.below(most)).map(|_| slot(dice)).collect();
    let open = slots(3, 1);
    let closed = slots(3, 0);
    let open = if dice.percent(20) { Vec::new() } else { open };
    Calendar { zone: dice.word(&ZONES).into(), open, closed }
}

fn slot(dice: &mut Dice) -> Slot {
    let mut slot = Slot::default();
    match dice.below(6) {
        0..3 => {
            let mut days = WEEK.to_vec();
            dice.shuffle(&mut days);
            days.truncate(1 + dice.below(5));
            slot.weekdays = days;
        }
        3 => slot.dates = (0..=dice.below(2)).map(|_| dates(dice)).collect(),
        _ => {}
    }
    slot.times = (0..dice.below(3)).map(|_| times(dice)).collect();
    slot
}

fn dates(dice: &mut Dice) -> (Date, Date) {
    let starts = [
        date(2026, 12, 18),
        date(2026, 11, 1),
        date(2027, 3, 14),
        date(2028, 2, 29),
        date(2026, 10, 25),
        date(2026, 12, 31),
        date(2026, 10, 4),
    ];
    let start = dice.pick(&starts).copied().unwrap_or_default();
    let days = dice.pick(&[0, 0, 1, 3, 17]).copied().unwrap_or(0);
    (start, start.checked_add(jiff::Span::new().days(days)).unwrap_or(start))
}

/// A span of the day; one that ends before it begins goes past midnight.
fn times(dice: &mut Dice) -> (u32, u32) {
    let minutes: [u32; 14] = [0, 60, 90, 119, 120, 150, 180, 540, 720, 1020, 1350, 1380, 1439, 1440];
    let mut one = || dice.pick(&minutes).copied().unwrap_or(0) * 60;
    let (from, to) = (one(), one());
    match (from, to) {
        (86_400, to) => (0, to.max(3600)),
        (from, to) if from == to => (from, 86_400),
        (from, 0) => (from, 86_400),
        both => both,
    }
}
