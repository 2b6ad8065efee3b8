//! Windows: the slots around the instant of the request, and when it opens or closes.

use hxp_policy::time::Windows;
use hxp_policy::{Calendar, Slot, TimeSet};
use jiff::civil::{Date, Weekday};

use super::{Explanation, Standing, Teller};
use crate::words::Clock;

/// Windows of windows are told so far.
const MOST_NESTED: usize = 12;

impl Teller<'_> {
    pub(super) fn window(&self, name: &str, depth: usize) -> Explanation {
        let policy = self.facts.policy;
        let Some(window) = policy.windows.get(name) else { return Explanation::new(name, Standing::Unknown) };
        let node = self.set(&window.set, name.to_owned(), depth.min(MOST_NESTED), MOST_NESTED * 2);
        let node = node.source(self.place(window.origin));
        let zone = policy.zone_of(name).unwrap_or_default();
        let clock = Clock::new(&zone);
        let at = self.judgement.request.at;
        let named = TimeSet::Window(name.into());
        let windows = Windows::new(&policy.windows);
        let (word, next) = match node.standing {
            Standing::True => ("closes", windows.shut_from(&named, at)),
            _ => ("opens", windows.open_from(&named, at)),
        };
        let next = next.ok().flatten();
        let next = next.map_or_else(|| "not within ten years".to_owned(), |t| clock.dated(t));
        let mut node = node;
        node.children.push(Explanation::new(word, Standing::Value).value(next));
        node
    }

    fn set(&self, set: &TimeSet, text: String, depth: usize, most: usize) -> Explanation {
        let windows = Windows::new(&self.facts.policy.windows);
        let open = windows.is_open(set, self.judgement.request.at).ok();
        let node = Explanation::new(text, open).value(if open == Some(true) { "open" } else { "closed" });
        if depth >= most || !self.may_tell(depth) {
            return node;
        }
        let below = |set: &TimeSet, text: String| self.set(set, text, depth + 1, most);
        match set {
            TimeSet::Calendar(calendar) => node.because(self.calendar(calendar)),
            TimeSet::Window(name) => match self.facts.policy.windows.get(name) {
                Some(window) => below(&window.set, name.to_string()).source(self.place(window.origin)),
                None => node,
            },
            TimeSet::And(sets) | TimeSet::Or(sets) => {
                node.because(self.some_of(sets.iter().collect(), |set| below(set, phrase(set))))
            }
            TimeSet::Not(set) => node.because(vec![below(set, phrase(set))]),
        }
    }

    fn calendar(&self, calendar: &Calendar) -> Vec<Explanation> {
        let at = self.judgement.request.at;
        let local = Clock::new(&calendar.zone).dated(at);
        let now = Explanation::new(format!("the clock in {}", calendar.zone), Standing::Value).value(local);
        let covers = |slot: &Slot| {
            let alone = Calendar { zone: calendar.zone.clone(), open: vec![slot.clone()], closed: Vec::new() };
            let windows = Windows::new(&self.facts.policy.windows);
            windows.is_open(&TimeSet::Calendar(alone), at).unwrap_or(false)
        };
        let mut children = vec![now];
        let open: Vec<&Slot> = calendar.open.iter().collect();
        let inside = open.iter().any(|slot| covers(slot));
        let telling: Vec<&Slot> = open.into_iter().filter(|slot| !inside || covers(slot)).collect();
        children.extend(self.some_of(telling, |slot| {
            let node = Explanation::new(format!("open {}", written(slot)), covers(slot));
            node.source(self.place(slot.origin))
        }));
        let closures: Vec<&Slot> = calendar.closed.iter().filter(|slot| covers(slot)).collect();
        children.extend(self.some_of(closures, |slot| {
            let node = Explanation::new(format!("closed {}", written(slot)), false).source(self.place(slot.origin));
            node.value(slot.because.as_ref().map_or("covers this instant", |because| because.as_str()))
        }));
        children
    }
}

fn phrase(set: &TimeSet) -> String {
    match set {
        TimeSet::Window(name) => name.to_string(),
        TimeSet::Calendar(calendar) => format!("the calendar in {}", calendar.zone),
        TimeSet::And(_) => "all of".to_owned(),
        TimeSet::Or(_) => "any of".to_owned(),
        TimeSet::Not(inner) => match inner.as_ref() {
            TimeSet::Window(name) => format!("not {name}"),
            _ => "not".to_owned(),
        },
    }
}

/// A slot as the language writes it.
fn written(slot: &Slot) -> String {
    let mut words = Vec::new();
    if !slot.weekdays.is_empty() {
        words.push(weekdays(&slot.weekdays));
    }
    let date = |(from, to): &(Date, Date)| if from == to { from.to_string() } else { format!("{from}..{to}") };
    if !slot.dates.is_empty() {
        words.push(slot.dates.iter().map(date).collect::<Vec<_>>().join(", "));
    }
    let time = |seconds: u32| format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    let times: Vec<String> = slot.times.iter().map(|(from, to)| format!("{}..{}", time(*from), time(*to))).collect();
    if !times.is_empty() {
        words.push(times.join(", "));
    }
    if words.is_empty() { "always".to_owned() } else { words.join(" ") }
}

/// `tue..thu, sat`
fn weekdays(days: &[Weekday]) -> String {
    let mut days: Vec<i8> = days.iter().map(|d| d.to_monday_one_offset()).collect();
    days.sort_unstable();
    days.dedup();
    let mut runs: Vec<(i8, i8)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == day => *last = day,
            _ => runs.push((day, day)),
        }
    }
    let word = |day: i8| ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].get(usize::try_from(day - 1).unwrap_or(0));
    let word = |day: i8| word(day).copied().unwrap_or_default();
    let written = |(from, to): &(i8, i8)| match to - from {
        0 => word(*from).to_owned(),
        1 => format!("{}, {}", word(*from), word(*to)),
        _ => format!("{}..{}", word(*from), word(*to)),
    };
    runs.iter().map(written).collect::<Vec<_>>().join(", ")
}
