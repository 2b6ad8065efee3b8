//! How many policy tests a core runs in a second: 10,000 tests of the example's policy, its own and those that its coverage
//! proposes, each at another minute.

use std::collections::HashSet;
use std::time::Instant;

use hxp_decide::Engine;
use hxp_decide::testing::{Suite, coverage};
use hxp_policy::{Policy, TestCase};
use jiff::ToSpan as _;

const TESTS: usize = 10_000;
const ROUNDS: usize = 5;

/// How many a second.
pub fn a_second(policy: &Policy) -> Result<f64, String> {
    let mut policy = policy.clone();
    policy.tests = many(&policy)?;
    let engine = Engine::new(&policy);
    let suite = Suite::new(&engine);
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        let held = policy.tests.iter().filter(|case| suite.run(case, &mut |_| ()).found.is_some()).count();
        assert_eq!(held, TESTS, "each test gets a decision");
        began.elapsed().as_secs_f64()
    });
    Ok(TESTS as f64 / times.fold(f64::INFINITY, f64::min))
}

fn many(policy: &Policy) -> Result<Vec<TestCase>, String> {
    let engine = Engine::new(policy);
    let from = "2026-11-27T00:00:00Z".parse().map_err(|e: jiff::Error| e.to_string())?;
    let proposed = coverage::coverage(&Suite::new(&engine), &HashSet::new(), from).proposals;
    let kinds: Vec<TestCase> = policy.tests.iter().cloned().chain(proposed).collect();
    let all = kinds.iter().cycle().take(TESTS).zip(0_i64..);
    all.map(|(case, n)| {
        let at = case.at.checked_add((n % 60).minutes()).map_err(|e| e.to_string())?;
        Ok(TestCase { at, until: None, ..case.clone() })
    })
    .collect()
}
