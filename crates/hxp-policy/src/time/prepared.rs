//! Windows made ready to be asked many times: every zone is resolved, every slot is a few numbers, and whether a window
//! is open is read off the wall clock without computing an interval.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::intervals::{Interval, Intervals};
use super::wall::{day_number, weekday};
use super::{DAY, MAX_DEPTH, TimeError, floor_second, zone};
use crate::{Calendar, Slot, Table, TimeSet, Window};

/// The windows of a policy, ready to say whether they are open.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    windows: Table<Result<Part, TimeError>>,
    zones: Vec<TimeZone>,
    /// How many windows are mentioned more than once, and so are remembered while one question is answered.
    shared: usize,
}

/// A set of instants.
#[derive(Clone, Debug)]
enum Part {
    Calendar(Ready),
    /// A window, and which of those that are remembered it is.
    Window(usize, Option<usize>),
    And(Vec<Part>),
    Or(Vec<Part>),
    Not(Box<Part>),
}

/// A calendar whose zone is known.
#[derive(Clone, Debug)]
struct Ready {
    zone: usize,
    open: Vec<Days>,
    closed: Vec<Days>,
}

/// A slot in numbers.
#[derive(Clone, Debug)]
struct Days {
    /// A bit a day of the week, Monday's the lowest.
    weekdays: u8,
    /// Days since 1970; `None`: every day.
    dates: Option<Intervals<i64>>,
    /// Seconds since midnight; empty: the whole day.
    times: Vec<(i64, i64)>,
}

impl Days {
    fn new(slot: &Slot) -> Self {
        let bits = slot.weekdays.iter().map(|day| 1 << day.to_monday_zero_offset()).fold(0, |all, bit| all | bit);
        let dates = slot.dates.iter().map(|(a, b)| Interval { start: day_number(*a), end: day_number(*b) + 1 });
        Self {
            weekdays: if slot.weekdays.is_empty() { 0b111_1111 } else { bits },
            dates: (!slot.dates.is_empty()).then(|| dates.collect()),
            times: slot.times.iter().map(|(a, b)| (i64::from(*a), i64::from(*b))).collect(),
        }
    }

    fn begins_on(&self, day: i64) -> bool {
        self.weekdays & (1 << weekday(day).to_monday_zero_offset()) != 0
            && self.dates.as_ref().is_none_or(|dates| dates.contains(day))
    }

    fn holds(&self, day: i64, second: i64) -> bool {
        if self.times.is_empty() {
            return self.begins_on(day);
        }
        self.times.iter().any(|(from, to)| {
            if from <= to {
                *from <= second && second < *to && self.begins_on(day)
            } else {
                (*from <= second && self.begins_on(day)) || (second < *to && self.begins_on(day - 1))
            }
        })
    }
}

impl Ready {
    /// Whether it is open when its wall clock shows so many seconds since 1970.
    fn shows(&self, wall: i64) -> bool {
        let (day, second) = (wall.div_euclid(DAY), wall.rem_euclid(DAY));
        let holds = |slot: &Days| slot.holds(day, second);
        (self.open.is_empty() || self.open.iter().any(holds)) && !self.closed.iter().any(holds)
    }
}

impl Prepared {
    /// Makes all windows ready. One that cannot be computed keeps the reason.
    pub fn new(table: &Table<Window>) -> Self {
        let mut preparation =
            Preparation { table, zones: Table::new(), done: vec![None; table.len()], mentions: vec![0; table.len()] };
        for index in below_first(table) {
            preparation.window(index);
        }
        let Preparation { zones, done, mentions, .. } = preparation;
        let mut shared = 0;
        let mut ranks = vec![None; table.len()];
        for (rank, _) in ranks.iter_mut().zip(mentions).filter(|(_, mentions)| *mentions > 1) {
            *rank = Some(shared);
            shared += 1;
        }
        let windows = table.keys().zip(done).map(|(name, done)| {
            let part = done.unwrap_or_else(|| Err(TimeError::UnknownWindow(name.clone())));
            let part = part.map(|(mut part, _)| {
                part.remember(&ranks);
                part
            });
            (name.clone(), part)
        });
        Self { windows: windows.collect(), zones: zones.into_values().collect(), shared }
    }

    /// Whether a window is open at `at`; shut when it cannot be computed.
    pub fn is_open(&self, window: &str, at: Timestamp) -> bool {
        self.try_open(window, at).unwrap_or(false)
    }

    /// Whether a window is open at `at`.
    pub fn try_open(&self, window: &str, at: Timestamp) -> Result<bool, TimeError> {
        let Some(part) = self.windows.get(window) else { return Err(TimeError::UnknownWindow(window.into())) };
        let part = part.as_ref().map_err(Clone::clone)?;
        let mut question = Question::new(self, at);
        Ok(question.answer(part))
    }
}

impl Part {
    fn remember(&mut self, ranks: &[Option<usize>]) {
        match self {
            Self::Calendar(_) => {}
            Self::Window(index, rank) => *rank = ranks.get(*index).copied().flatten(),
            Self::And(parts) | Self::Or(parts) => parts.iter_mut().for_each(|part| part.remember(ranks)),
            Self::Not(part) => part.remember(ranks),
        }
    }
}

/// The windows, each behind those that it mentions, as far as they do not go in a circle.
fn below_first(table: &Table<Window>) -> Vec<usize> {
    let mentioned: Vec<Vec<usize>> = table.values().map(|window| mentions(table, &window.set)).collect();
    let mut order = Vec::with_capacity(table.len());
    let mut seen = vec![false; table.len()];
    for first in 0..table.len() {
        let mut path = vec![(first, 0)];
        while let Some((index, next)) = path.pop() {
            if next == 0 && seen.get_mut(index).is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            match mentioned.get(index).and_then(|below| below.get(next)) {
                Some(below) => path.extend([(index, next + 1), (*below, 0)]),
                None => order.push(index),
            }
        }
    }
    order
}

fn mentions(table: &Table<Window>, set: &TimeSet) -> Vec<usize> {
    let mut found = Vec::new();
    let mut todo = vec![set];
    while let Some(set) = todo.pop() {
        match set {
            TimeSet::Calendar(_) => {}
            TimeSet::Window(name) => found.extend(table.get_index_of(name)),
            TimeSet::And(sets) | TimeSet::Or(sets) => todo.extend(sets),
            TimeSet::Not(set) => todo.push(set),
        }
    }
    found
}

/// A set of instants and how deep it is nested, the windows that it mentions included.
type Built = Result<(Part, usize), TimeError>;

struct Preparation<'a> {
    table: &'a Table<Window>,
    zones: Table<TimeZone>,
    done: Vec<Option<Built>>,
    mentions: Vec<usize>,
}

impl Preparation<'_> {
    fn window(&mut self, index: usize) {
        let Some((_, window)) = self.table.get_index(index) else { return };
        let part = self.part(&window.set, 0);
        if let Some(spot) = self.done.get_mut(index) {
            *spot = Some(part);
        }
    }

    fn part(&mut self, set: &TimeSet, depth: usize) -> Built {
        if depth > MAX_DEPTH {
            return Err(TimeError::TooDeep);
        }
        let (part, below) = match set {
            TimeSet::Calendar(calendar) => (Part::Calendar(self.calendar(calendar)?), 0),
            TimeSet::Window(name) => {
                let index = self.table.get_index_of(name);
                let index = index.ok_or_else(|| TimeError::UnknownWindow(name.clone()))?;
                if let Some(mentions) = self.mentions.get_mut(index) {
                    *mentions += 1;
                }
                match self.done.get(index) {
                    Some(Some(Ok((_, below)))) => (Part::Window(index, None), *below),
                    Some(Some(Err(error))) => return Err(error.clone()),
                    // What is mentioned comes first, unless it mentions this one.
                    _ => return Err(TimeError::Cycle(name.clone())),
                }
            }
            TimeSet::And(sets) => {
                let (parts, height) = self.parts(sets, depth)?;
                (Part::And(parts), height)
            }
            TimeSet::Or(sets) => {
                let (parts, height) = self.parts(sets, depth)?;
                (Part::Or(parts), height)
            }
            TimeSet::Not(set) => {
                let (part, height) = self.part(set, depth + 1)?;
                (Part::Not(Box::new(part)), height)
            }
        };
        // Answering descends through every window that is mentioned, so what counts is the whole height.
        if below >= MAX_DEPTH { Err(TimeError::TooDeep) } else { Ok((part, below + 1)) }
    }

    fn parts(&mut self, sets: &[TimeSet], depth: usize) -> Result<(Vec<Part>, usize), TimeError> {
        let mut parts = Vec::with_capacity(sets.len());
        let mut height = 0;
        for set in sets {
            let (part, below) = self.part(set, depth + 1)?;
            parts.push(part);
            height = height.max(below);
        }
        Ok((parts, height))
    }

    fn calendar(&mut self, calendar: &Calendar) -> Result<Ready, TimeError> {
        let known = self.zones.get_index_of(&calendar.zone);
        let zone = match known {
            Some(index) => index,
            None => {
                let found = zone(&calendar.zone).ok_or_else(|| TimeError::UnknownZone(calendar.zone.clone()))?;
                self.zones.insert_full(calendar.zone.clone(), found).0
            }
        };
        let days = |slots: &[Slot]| slots.iter().map(Days::new).collect();
        Ok(Ready { zone, open: days(&calendar.open), closed: days(&calendar.closed) })
    }
}

/// How many shared windows are remembered without asking for memory.
const FEW: usize = 64;

/// One question, with what was found out on the way: windows may share windows, and a chain of them that is not
/// remembered would be walked through again and again.
struct Question<'a> {
    prepared: &'a Prepared,
    at: Timestamp,
    second: i64,
    /// The zone that was looked at last, with its offset.
    offset: Option<(usize, i64)>,
    known: u64,
    open: u64,
    many: Vec<Option<bool>>,
}

impl<'a> Question<'a> {
    fn new(prepared: &'a Prepared, at: Timestamp) -> Self {
        let many = if prepared.shared > FEW { vec![None; prepared.shared - FEW] } else { Vec::new() };
        Self { prepared, at, second: floor_second(at), offset: None, known: 0, open: 0, many }
    }

    fn answer(&mut self, part: &Part) -> bool {
        match part {
            Part::Calendar(calendar) => calendar.shows(self.second + self.offset(calendar.zone)),
            Part::Window(index, rank) => self.window(*index, *rank),
            Part::And(parts) => parts.iter().all(|part| self.answer(part)),
            Part::Or(parts) => parts.iter().any(|part| self.answer(part)),
            Part::Not(part) => !self.answer(part),
        }
    }

    fn offset(&mut self, zone: usize) -> i64 {
        if let Some((last, offset)) = self.offset
            && last == zone
        {
            return offset;
        }
        let offset = self.prepared.zones.get(zone).map_or(0, |z| i64::from(z.to_offset(self.at).seconds()));
        self.offset = Some((zone, offset));
        offset
    }

    fn window(&mut self, index: usize, rank: Option<usize>) -> bool {
        if let Some(known) = rank.and_then(|rank| self.recall(rank)) {
            return known;
        }
        let prepared = self.prepared;
        let part = prepared.windows.get_index(index).and_then(|(_, part)| part.as_ref().ok());
        let open = part.is_some_and(|part| self.answer(part));
        if let Some(rank) = rank {
            self.keep(rank, open);
        }
        open
    }

    fn recall(&self, rank: usize) -> Option<bool> {
        if rank < FEW {
            return (self.known >> rank & 1 == 1).then_some(self.open >> rank & 1 == 1);
        }
        self.many.get(rank - FEW).copied().flatten()
    }

    fn keep(&mut self, rank: usize, open: bool) {
        if rank < FEW {
            self.known |= 1 << rank;
            self.open |= u64::from(open) << rank;
        } else if let Some(spot) = self.many.get_mut(rank - FEW) {
            *spot = Some(open);
        }
    }
}
