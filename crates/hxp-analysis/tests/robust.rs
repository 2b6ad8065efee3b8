//! Broken texts: whatever is written, there are diagnostics and no panic.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may, and reads the examples where they lie"
)]

mod common;

use std::path::Path;

use common::run;

fn examples() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut folders = vec![root];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "hxp") {
                texts.push(std::fs::read_to_string(path).expect("a text"));
            }
        }
    }
    texts
}

/// A small generator of numbers that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

/// The words and symbols of a text, spaces and all.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut word = false;
    for (at, c) in text.char_indices() {
        let now = c.is_alphanumeric() || c == '_';
        if at > start && !(word && now) {
            pieces.push(&text[start..at]);
            start = at;
        }
        word = now;
    }
    pieces.push(&text[start..]);
    pieces
}

#[test]
fn no_mutation_of_an_example_breaks_the_compiler() {
    let texts = examples();
    assert!(texts.len() > 5, "there are examples to mutate");
    let rounds = std::env::var("HXP_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let seed = std::env::var("HXP_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(7_u64);
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15 ^ seed);
    for _ in 0..rounds {
        let text = &texts[numbers.below(texts.len())];
        let mut parts: Vec<&str> = pieces(text);
        for _ in 0..=numbers.below(6) {
            let (a, b) = (numbers.below(parts.len()), numbers.below(parts.len()));
            match numbers.below(4) {
                0 => {
                    parts.remove(a);
                }
                1 => parts.swap(a, b),
                2 => parts[a] = parts[b],
                _ => parts
                    .insert(a, ["none", "{", "}", "3", "5%", "all", "\"x\"", "environment", "..."][numbers.below(9)]),
            }
        }
        let mutated: String = parts.concat();
        let found = run(&mutated);
        assert!(found.analysis.policy.is_some(), "{mutated}");
    }
}

#[test]
fn a_policy_alone_and_nothing_at_all_are_understood() {
    assert_eq!(common::check("policy p {}"), Vec::<String>::new());
    let nothing = common::project(&["policy "], &[], None);
    assert!(!nothing.lines().is_empty());
}
