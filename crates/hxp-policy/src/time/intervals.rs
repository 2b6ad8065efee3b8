//! Sets of half-open intervals of any line: the algebra that windows are computed in.

use jiff::Timestamp;

use crate::Millis;

/// A stretch of time, its end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval<T = Timestamp> {
    /// The first instant in it.
    pub start: T,
    /// The first instant behind it.
    pub end: T,
}

impl<T: Copy + Ord> Interval<T> {
    /// Whether an instant lies in it.
    pub fn contains(self, at: T) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether nothing lies in it.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// What lies in both.
    fn common(self, other: Self) -> Self {
        Self { start: self.start.max(other.start), end: self.end.min(other.end) }
    }
}

impl Interval {
    /// How long it lasts.
    pub fn length(self) -> Millis {
        Millis(self.end.as_millisecond().saturating_sub(self.start.as_millisecond()))
    }
}

/// A set of instants as the intervals it consists of: in order, none empty, no two overlapping or touching. Two sets
/// have the same instants if and only if they are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Intervals<T = Timestamp> {
    parts: Vec<Interval<T>>,
}

impl<T> Default for Intervals<T> {
    fn default() -> Self {
        Self { parts: Vec::new() }
    }
}

impl<T: Copy + Ord> FromIterator<Interval<T>> for Intervals<T> {
    /// Whatever lies in any of them, in whatever order they come.
    fn from_iter<I: IntoIterator<Item = Interval<T>>>(parts: I) -> Self {
        let mut parts: Vec<Interval<T>> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.sort_unstable();
        let mut joined: Vec<Interval<T>> = Vec::with_capacity(parts.len());
        for next in parts {
            match joined.last_mut() {
                Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
                _ => joined.push(next),
            }
        }
        Self { parts: joined }
    }
}

impl<T> IntoIterator for Intervals<T> {
    type Item = Interval<T>;
    type IntoIter = std::vec::IntoIter<Interval<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.parts.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Intervals<T> {
    type Item = &'a Interval<T>;
    type IntoIter = std::slice::Iter<'a, Interval<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.parts.iter()
    }
}

impl<T: Copy + Ord> Intervals<T> {
    /// One interval; nothing when it is empty.
    pub fn of(interval: Interval<T>) -> Self {
        [interval].into_iter().collect()
    }

    /// The intervals, in order.
    pub fn as_slice(&self) -> &[Interval<T>] {
        &self.parts
    }

    /// The intervals, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Interval<T>> {
        self.parts.iter()
    }

    /// Whether nothing lies in it.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The interval in which an instant lies.
    pub fn around(&self, at: T) -> Option<Interval<T>> {
        let behind = self.parts.partition_point(|part| part.end <= at);
        self.parts.get(behind).copied().filter(|part| part.contains(at))
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, at: T) -> bool {
        self.around(at).is_some()
    }

    /// What lies in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.parts.iter().chain(&other.parts).copied().collect()
    }

    /// What lies in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { parts: self.common_parts(other).collect() }
    }

    /// What lies in this one but not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut rest = Vec::with_capacity(self.parts.len());
        let mut taken = other.parts.as_slice();
        for part in &self.parts {
            let passed = taken.partition_point(|t| t.end <= part.start);
            taken = taken.get(passed..).unwrap_or_default();
            let mut start = part.start;
            for t in taken.iter().take_while(|t| t.start < part.end) {
                rest.push(Interval { start, end: t.start });
                start = t.end;
            }
            rest.push(Interval { start, end: part.end });
        }
        rest.retain(|part| !part.is_empty());
        Self { parts: rest }
    }

    /// What of a range does not lie in it.
    #[must_use]
    pub fn complement(&self, within: Interval<T>) -> Self {
        Self::of(within).difference(self)
    }

    /// The first stretch that lies in both.
    pub fn overlap(&self, other: &Self) -> Option<Interval<T>> {
        self.common_parts(other).next()
    }

    /// Whether all of it lies in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.parts.iter().all(|part| other.around(part.start).is_some_and(|around| part.end <= around.end))
    }

    /// The first instant behind `at` with which one of its intervals begins.
    pub fn next_opening(&self, at: T) -> Option<T> {
        self.parts.get(self.parts.partition_point(|part| part.start <= at)).map(|part| part.start)
    }

    /// The first instant behind `at` with which one of its intervals ends.
    pub fn next_closing(&self, at: T) -> Option<T> {
        self.parts.get(self.parts.partition_point(|part| part.end <= at)).map(|part| part.end)
    }

    /// Every instant at which it begins (`true`) or ends (`false`), in order.
    pub fn edges(&self) -> impl Iterator<Item = (T, bool)> + '_ {
        self.parts.iter().flat_map(|part| [(part.start, true), (part.end, false)])
    }

    fn common_parts<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Interval<T>> + 'a {
        let (mut a, mut b) = (self.parts.iter().peekable(), other.parts.iter().peekable());
        std::iter::from_fn(move || {
            loop {
                let (x, y) = (**a.peek()?, **b.peek()?);
                if x.end <= y.end {
                    a.next()
                } else {
                    b.next()
                };
                let common = x.common(y);
                if !common.is_empty() {
                    return Some(common);
                }
            }
        })
    }
}
