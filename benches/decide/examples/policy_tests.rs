//! How many policy tests a core runs in a second: 10,000 tests of the example's policy, its own and those that its coverage
//! proposes, each at another minute.
//!
//! ```text
//! cargo run --release --manifest-path benches/decide/Cargo.toml --example policy_tests
//! ```

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use hxp_decide::Engine;
use hxp_decide::testing::{Suite, coverage};
use hxp_driver::system::Disk;
use hxp_policy::TestCase;
use jiff::ToSpan as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TESTS: usize = 10_000;
const ROUNDS: usize = 5;

fn main() {
    let start = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hexabase");
    let request = hxp_driver::Request { start, ..hxp_driver::Request::default() };
    let mut policy = hxp_driver::compile(&Disk, &request).policy;
    let proposed = {
        let engine = Engine::new(&policy);
        let from = "2026-11-27T00:00:00Z".parse().expect("an instant");
        coverage::coverage(&Suite::new(&engine), &HashSet::new(), from).proposals
    };
    let kinds: Vec<TestCase> = policy.tests.iter().cloned().chain(proposed).collect();
    let all = kinds.iter().cycle().take(TESTS).zip(0_i64..);
    policy.tests = all
        .map(|(case, n)| {
            let at = case.at.checked_add((n % 60).minutes()).expect("an instant");
            TestCase { at, until: None, ..case.clone() }
        })
        .collect();
    let engine = Engine::new(&policy);
    let began = Instant::now();
    let suite = Suite::new(&engine);
    println!("{} kinds of tests; baselines: {:.1} ms", kinds.len(), began.elapsed().as_secs_f64() * 1e3);
    let best = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let held = policy.tests.iter().filter(|case| suite.run(case, &mut |_| ()).found.is_some()).count();
            assert_eq!(held, TESTS, "each test gets a decision");
            began.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    println!("{TESTS} tests on one core: {:.0} ms, {:.0} a second", best * 1e3, TESTS as f64 / best);
}
