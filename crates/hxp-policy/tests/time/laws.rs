//! The laws of sets: intervals against bits, windows against each other.

use hxp_policy::TimeSet;
use hxp_policy::time::{Interval, Intervals, Windows};
use jiff::{Timestamp, ToSpan as _};
use proptest::prelude::*;

use crate::build::{at, none};
use crate::oracle::any_calendar;

const ALL: Interval<i64> = Interval { start: 0, end: 64 };

fn interval(start: i64, end: i64) -> Interval<i64> {
    Interval { start, end }
}

/// The same set as bits.
fn bits(set: &Intervals<i64>) -> u64 {
    (0..64).filter(|n| set.contains(*n)).map(|n| 1 << n).fold(0, |all, bit: u64| all | bit)
}

fn any_intervals() -> impl Strategy<Value = Intervals<i64>> {
    prop::collection::vec((0i64..64, 0i64..12), 0..8)
        .prop_map(|parts| parts.into_iter().map(|(a, n)| interval(a, (a + n).min(64))).collect())
}

fn normal(set: &Intervals<i64>) -> bool {
    set.iter().all(|i| i.start < i.end) && set.as_slice().is_sorted_by(|a, b| a.end < b.start)
}

#[test]
fn sets_have_one_form() {
    let set = |parts: &[(i64, i64)]| parts.iter().map(|(a, b)| interval(*a, *b)).collect::<Intervals<i64>>();
    for (parts, expected) in [
        (&[][..], &[][..]),
        (&[(3, 3), (5, 4)], &[]),
        (&[(1, 2), (2, 3)], &[(1, 3)]),
        (&[(4, 6), (1, 2), (5, 9)], &[(1, 2), (4, 9)]),
        (&[(0, 9), (2, 3)], &[(0, 9)]),
    ] {
        let expected: Vec<_> = expected.iter().map(|(a, b)| interval(*a, *b)).collect();
        assert_eq!(set(parts).as_slice(), expected, "{parts:?}");
    }
    let holes = set(&[(0, 10)]).difference(&set(&[(0, 1), (3, 4), (9, 12)]));
    assert_eq!(holes, set(&[(1, 3), (4, 9)]));
    assert_eq!(set(&[(2, 4)]).complement(interval(3, 6)), set(&[(4, 6)]));
    assert_eq!(set(&[]).complement(interval(6, 3)), set(&[]));
    assert_eq!(set(&[(2, 4), (6, 8)]).overlap(&set(&[(4, 6), (7, 9)])), Some(interval(7, 8)));
    assert_eq!(set(&[(2, 4)]).overlap(&set(&[(4, 6)])), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn intervals_are_what_bits_are(a in any_intervals(), b in any_intervals(), n in 0i64..64) {
        let (x, y) = (bits(&a), bits(&b));
        for (set, expected) in [
            (a.union(&b), x | y),
            (a.intersection(&b), x & y),
            (a.difference(&b), x & !y),
            (a.complement(ALL), !x),
        ] {
            prop_assert!(normal(&set), "{:?}", set);
            prop_assert_eq!(bits(&set), expected);
        }
        prop_assert_eq!(a.is_empty(), x == 0);
        prop_assert_eq!(a == b, x == y);
        prop_assert_eq!(a.is_within(&b), x & !y == 0);
        prop_assert_eq!(a.overlap(&b).is_some(), x & y != 0);
        prop_assert_eq!(a.overlap(&b), a.intersection(&b).as_slice().first().copied());
        let bit = |n: i64| (0..64).contains(&n) && x >> n & 1 == 1;
        let opening = (n + 1..64).find(|n| bit(*n) && !bit(n - 1));
        let closing = (n + 1..=64).find(|n| !bit(*n) && bit(n - 1));
        prop_assert_eq!(a.next_opening(n), opening);
        prop_assert_eq!(a.next_closing(n), closing);
        prop_assert_eq!(a.edges().count(), 2 * a.as_slice().len());
        prop_assert_eq!(a.around(n).is_some(), bit(n));
    }

    #[test]
    fn the_laws_of_sets(a in any_intervals(), b in any_intervals(), c in any_intervals()) {
        let not = |s: &Intervals<i64>| s.complement(ALL);
        prop_assert_eq!(not(&not(&a)), a.clone());
        prop_assert_eq!(not(&a.union(&b)), not(&a).intersection(&not(&b)));
        prop_assert_eq!(not(&a.intersection(&b)), not(&a).union(&not(&b)));
        prop_assert_eq!(a.intersection(&b.union(&c)), a.intersection(&b).union(&a.intersection(&c)));
        prop_assert_eq!(a.union(&b.intersection(&c)), a.union(&b).intersection(&a.union(&c)));
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.union(&b.union(&c)), a.union(&b).union(&c));
        prop_assert_eq!(a.intersection(&a), a.clone());
        prop_assert_eq!(a.union(&a.intersection(&b)), a.clone());
        prop_assert_eq!(a.difference(&b), a.intersection(&not(&b)));
        prop_assert!(a.intersection(&not(&a)).is_empty());
        prop_assert_eq!(a.union(&not(&a)), Intervals::of(ALL));
        // Monotony: more on one side is never less in the result.
        let more = a.union(&b);
        prop_assert!(a.intersection(&c).is_within(&more.intersection(&c)));
        prop_assert!(a.union(&c).is_within(&more.union(&c)));
        prop_assert!(c.difference(&more).is_within(&c.difference(&a)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_keep_the_laws(a in any_calendar(), b in any_calendar(), c in any_calendar(), day in 0i64..300) {
        let table = none();
        let windows = Windows::new(&table);
        let (from, to) = (at("2026-01-01T00:00[UTC]") + (day * 24).hours(), at("2026-03-01T00:00[UTC]") + (day * 24).hours());
        let span = Interval { start: from, end: to };
        let open = |set: &TimeSet| windows.open_in(set, from, to).unwrap();
        let (a, b, c) = (TimeSet::Calendar(a), TimeSet::Calendar(b), TimeSet::Calendar(c));
        let not = |s: &TimeSet| TimeSet::Not(Box::new(s.clone()));
        let and = |x: &TimeSet, y: &TimeSet| TimeSet::And(vec![x.clone(), y.clone()]);
        let or = |x: &TimeSet, y: &TimeSet| TimeSet::Or(vec![x.clone(), y.clone()]);
        prop_assert_eq!(open(&not(&and(&a, &b))), open(&or(&not(&a), &not(&b))));
        prop_assert_eq!(open(&not(&or(&a, &b))), open(&and(&not(&a), &not(&b))));
        prop_assert_eq!(open(&not(&not(&a))), open(&a));
        prop_assert_eq!(open(&and(&a, &or(&b, &c))), open(&or(&and(&a, &b), &and(&a, &c))));
        prop_assert_eq!(open(&or(&a, &and(&b, &c))), open(&and(&or(&a, &b), &or(&a, &c))));
        prop_assert_eq!(open(&and(&a, &not(&b))), open(&a).difference(&open(&b)));
        prop_assert_eq!(open(&not(&a)), open(&a).complement(span));
        prop_assert!(windows.is_empty(&and(&a, &not(&a)), from, to).unwrap());
        prop_assert_eq!(open(&TimeSet::And(vec![])), Intervals::of(span));
        prop_assert!(open(&TimeSet::Or(vec![])).is_empty());
        prop_assert_eq!(windows.overlap(&a, &b, from, to).unwrap(), open(&and(&a, &b)).as_slice().first().copied());
        // What is computed for the whole is what is computed for its halves.
        let middle = Timestamp::from_second(i64::midpoint(from.as_second(), to.as_second())).unwrap();
        let halves = windows.open_in(&a, from, middle).unwrap().union(&windows.open_in(&a, middle, to).unwrap());
        prop_assert_eq!(halves, open(&a));
    }
}
