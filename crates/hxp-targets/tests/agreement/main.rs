//! The reference engine and the generated Rego, over random policies and random requests: they must say the same.
//!
//! `HXP_AGREE_SEED` is the seed, `HXP_AGREE_PAIRS` how many pairs of a policy and a request are tried; `cargo xtask agree`
//! sets both and runs on all cores.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "helpers of tests may panic, and ask for what a run is told"
)]

mod engines;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use engines::{Pair, Rego};
use hxp_decide::sample::{Dice, Sampler};

/// Requests for each policy.
const REQUESTS: u64 = 50;
/// Every so many policies, OPA itself decides too.
const OPA_EVERY: u64 = 40;
/// Pairs in an ordinary run, which must not take long.
const PAIRS: u64 = 2_500;

fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).unwrap_or_default();
    if text.is_empty() { default } else { text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")) }
}

/// What was done, what was found.
#[derive(Default)]
struct Tally {
    pairs: AtomicU64,
    malformed: AtomicU64,
    outcomes: [AtomicU64; 3],
    opa: AtomicU64,
}

impl Tally {
    fn count(&self, ours: Option<&serde_json::Value>) {
        self.pairs.fetch_add(1, Ordering::Relaxed);
        match ours.and_then(|d| d["outcome"].as_str()) {
            None => &self.malformed,
            Some("allow") => &self.outcomes[0],
            Some("pending") => &self.outcomes[1],
            Some(_) => &self.outcomes[2],
        }
        .fetch_add(1, Ordering::Relaxed);
    }

    fn text(&self) -> String {
        let n = |of: &AtomicU64| of.load(Ordering::Relaxed);
        format!(
            "{} pairs agree: {} allow, {} pending, {} deny, {} malformed; {} of them decided by OPA too",
            n(&self.pairs),
            n(&self.outcomes[0]),
            n(&self.outcomes[1]),
            n(&self.outcomes[2]),
            n(&self.malformed),
            n(&self.opa)
        )
    }
}

/// Tries one policy with many requests; the first that the engines judge differently.
fn try_policy(seed: u64, number: u64, rego: &Rego, opa: Option<&std::path::Path>, tally: &Tally) -> Option<Pair> {
    let policy = hxp_random::policy(seed.wrapping_add(number));
    let files = engines::emit(&policy)?;
    let mut theirs = rego.of(&files);
    let engine = hxp_decide::Engine::new(&policy);
    let sampler = Sampler::new(&engine, &policy.environments[hxp_random::ENVIRONMENT]);
    let mut dice = Dice::of(seed, number);
    let mut decided = Vec::new();
    for _ in 0..REQUESTS {
        let request = sampler.request(&mut dice);
        let ours = hxp_decide::agreement::reference(&engine, &request);
        let found = engines::difference(ours.as_ref(), &theirs.decide(&request));
        tally.count(ours.as_ref());
        if let Some(difference) = found {
            return Some(Pair { policy, request, difference });
        }
        decided.push((request, ours));
    }
    let opa = opa?;
    let requests: Vec<_> = decided.iter().map(|(request, _)| request.clone()).collect();
    for ((request, ours), theirs) in decided.into_iter().zip(engines::opa_decides(opa, &files, &requests)) {
        tally.opa.fetch_add(1, Ordering::Relaxed);
        if let Some(difference) = engines::difference(ours.as_ref(), &theirs) {
            return Some(Pair { policy, request, difference: format!("OPA: {difference}") });
        }
    }
    None
}

#[test]
fn random_policies_are_decided_alike() {
    let seed = setting("HXP_AGREE_SEED", 1);
    let pairs = setting("HXP_AGREE_PAIRS", PAIRS);
    println!("seed {seed}");
    let tally = Tally::default();
    let rego = Rego::new();
    let opa = engines::opa();
    for number in 0..pairs.div_ceil(REQUESTS) {
        let opa = opa.as_deref().filter(|_| number % OPA_EVERY == 0);
        if let Some(pair) = try_policy(seed, number, &rego, opa, &tally) {
            panic!("seed {seed}, policy {number}:\n{}", pair.smallest(&rego));
        }
    }
    println!("{}", tally.text());
}

/// All night long, on all cores: `cargo xtask agree`.
#[test]
#[ignore = "runs as long as it is told to: `cargo xtask agree`"]
fn a_million_pairs() {
    let seed = setting("HXP_AGREE_SEED", 1);
    let pairs = setting("HXP_AGREE_PAIRS", 1_000_000);
    let most = usize::try_from(setting("HXP_AGREE_FINDINGS", 10)).unwrap();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cores = usize::try_from(setting("HXP_AGREE_CORES", cores as u64)).unwrap();
    let (tally, next) = (Tally::default(), AtomicU64::new(0));
    let found: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let opa = engines::opa();
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let rego = Rego::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number * REQUESTS >= pairs || found.lock().unwrap().len() >= most {
                        break;
                    }
                    let opa = opa.as_deref().filter(|_| number % OPA_EVERY == 0);
                    if let Some(pair) = try_policy(seed, number, &rego, opa, &tally) {
                        let text = format!("policy {number}:\n{}", pair.smallest(&rego));
                        println!("{text}");
                        found.lock().unwrap().push(text);
                    }
                    if number % 200 == 199 {
                        eprintln!("{} ({} s)", tally.text(), begin.elapsed().as_secs());
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    println!("seed {seed}: {} in {} s", tally.text(), begin.elapsed().as_secs());
    assert!(found.is_empty(), "{} policies are decided differently", found.len());
}
