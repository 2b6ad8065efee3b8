//! Time of one call: the best of several batches, each long enough to be measured.

use std::time::{Duration, Instant};

/// A batch lasts at least so long: short enough that some batches are not interrupted, whatever else the machine does.
const BATCH: Duration = Duration::from_millis(1);

const BATCHES: usize = 400;

/// Nanoseconds of one call of `work`, which says whether it came out as it should.
pub fn nanoseconds(mut work: impl FnMut() -> bool) -> f64 {
    let mut calls = 1_u32;
    loop {
        let time = batch(calls, &mut work);
        if time >= BATCH || calls > 1 << 28 {
            break;
        }
        calls *= 2;
    }
    let best = (0..BATCHES).map(|_| batch(calls, &mut work)).min().unwrap_or_default();
    best.as_secs_f64() * 1e9 / f64::from(calls)
}

fn batch(calls: u32, work: &mut impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        assert!(work(), "what is measured must do what it should");
    }
    start.elapsed()
}
