//! Prints what each token of the corpus is, as the compiler reads it, for tests of grammars that are not written in
//! Rust: one line of JSON a text, `{"place", "text", "tokens": [[first, end, class], …]}`, counted in UTF-16.

#[path = "../tests/support/mod.rs"]
mod support;

use serde_json::json;
use support::classes::{Classed, classes};

fn main() {
    for text in support::corpus() {
        let Some(tokens) = classes(&text.text) else { continue };
        let mut at = (0, 0);
        let mut utf16 = |byte: usize| {
            let between = text.text.get(at.0..byte).unwrap_or_default();
            at = (byte, at.1 + between.encode_utf16().count());
            at.1
        };
        let tokens: Vec<_> =
            tokens.into_iter().map(|Classed { start, end, class }| json!([utf16(start), utf16(end), class])).collect();
        println!("{}", json!({ "place": text.place, "text": text.text, "tokens": tokens }));
    }
}
