//! The production parser against the one that pest derives from `grammar/hxp.pest`, on the same text.

use std::path::Path;
use std::time::{Duration, Instant};

use hxp_diagnostics::FileId;
use pest::Parser as _;

/// The written definition of the language as a parser.
#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/hxp.pest"]
struct Grammar;

/// Parses all files of the examples with both.
pub fn run(repository: &Path) -> Result<(), String> {
    let mut text = String::new();
    collect(&repository.join("examples"), &mut text);
    let ours = shortest(|| {
        std::hint::black_box(hxp_syntax::parse(FileId(0), &text));
    });
    let theirs = shortest(|| {
        std::hint::black_box(Grammar::parse(Rule::file, &text).is_ok());
    });
    let speed = |time: Duration| text.len() as f64 / 1e6 / time.as_secs_f64();
    println!("| pest, parse only, {} KB | {:.1} MB/s | 1 |", text.len() / 1000, speed(theirs));
    println!("| hxp_syntax::parse, with its tree | {:.1} MB/s | {:.1} |", speed(ours), speed(ours) / speed(theirs));
    Ok(())
}

fn collect(dir: &Path, text: &mut String) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, text);
        } else if path.extension().is_some_and(|e| e == "hxp") {
            text.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
            text.push('\n');
        }
    }
}

fn shortest(mut work: impl FnMut()) -> Duration {
    (0..20)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}
