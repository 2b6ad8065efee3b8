//! Windows made of windows, as sets of seconds.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::intervals::Intervals;
use super::wall::{Seconds, in_calendar};
use super::{MAX_DEPTH, TimeError};
use crate::{Table, TimeSet, Window};

/// One computation within a range: each window is computed once, however often it is named.
pub(super) struct Evaluation<'a> {
    table: &'a Table<Window>,
    range: Seconds,
    known: BTreeMap<SmolStr, Intervals<i64>>,
    open: Vec<SmolStr>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(table: &'a Table<Window>, range: Seconds) -> Self {
        Self { table, range, known: BTreeMap::new(), open: Vec::new() }
    }

    pub(super) fn set(&mut self, set: &TimeSet, depth: usize) -> Result<Intervals<i64>, TimeError> {
        if depth > MAX_DEPTH {
            return Err(TimeError::TooDeep);
        }
        match set {
            TimeSet::Calendar(calendar) => in_calendar(calendar, self.range),
            TimeSet::Window(name) => self.window(name, depth),
            TimeSet::And(sets) => {
                let mut all = Intervals::of(self.range);
                for set in sets {
                    all = all.intersection(&self.set(set, depth + 1)?);
                }
                Ok(all)
            }
            TimeSet::Or(sets) => {
                let mut any = Intervals::default();
                for set in sets {
                    any = any.union(&self.set(set, depth + 1)?);
                }
                Ok(any)
            }
            TimeSet::Not(set) => Ok(self.set(set, depth + 1)?.complement(self.range)),
        }
    }

    fn window(&mut self, name: &SmolStr, depth: usize) -> Result<Intervals<i64>, TimeError> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        if self.open.contains(name) {
            return Err(TimeError::Cycle(name.clone()));
        }
        let window = self.table.get(name).ok_or_else(|| TimeError::UnknownWindow(name.clone()))?;
        self.open.push(name.clone());
        let open = self.set(&window.set, depth + 1)?;
        self.open.pop();
        self.known.insert(name.clone(), open.clone());
        Ok(open)
    }
}
