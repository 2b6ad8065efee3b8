//! How long it takes to compare the example's policy with a changed copy: words, witnesses and replays included. The bar is
//! 50 ms.
//!
//! ```text
//! cargo run --release --manifest-path benches/decide/Cargo.toml --example diff
//! ```

use std::path::{Path, PathBuf};
use std::time::Instant;

use hxp_driver::system::{Disk, Overlay};
use hxp_driver::{Request, compile};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Edits of the example: its file, what stands there, what shall stand there.
const EDITS: [(&str, &str, &str); 7] = [
    ("environments/production.hxp", "1 of devops", "2 of devops"),
    ("environments/production.hxp", "10:00..15:00", "10:00..17:00"),
    ("environments/production.hxp", "soaked 1h", "soaked 30m"),
    ("environments/production.hxp", "keep = 5", "keep = 4"),
    ("emergency.hxp", "waive window, gate.perf", "waive window, gate.perf, gate.scan"),
    ("gates.hxp", "min = 70%", "min = 60%"),
    ("gates.hxp", "reviewed(min = 2)", "reviewed(min = 1)"),
];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hexabase");
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for (file, from, to) in EDITS {
        let path = root.join(file);
        if !files.iter().any(|(other, _)| *other == path) {
            let text = std::fs::read_to_string(&path).expect("the example is there");
            files.push((path.clone(), text));
        }
        let (_, text) = files.iter_mut().find(|(other, _)| *other == path).expect("it was read");
        assert!(text.contains(from), "{file} says {from}");
        *text = text.replace(from, to);
    }
    let request = Request { start: root, ..Request::default() };
    let old = compile(&Disk, &request);
    let new = compile(&Overlay::new(&Disk, files), &request);
    assert!(!old.has_errors() && !new.has_errors(), "both are policies");
    let around = "2026-11-23T00:00:00Z".parse().expect("an instant");
    let mut times: Vec<f64> = (0..20)
        .map(|_| {
            let start = Instant::now();
            let comparison = hxp_decide::diff::compare(&old.policy, &new.policy, around);
            let time = start.elapsed().as_secs_f64() * 1e3;
            assert_eq!(comparison.verdict, hxp_decide::diff::Verdict::Incomparable);
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "diff of the example against a changed copy: median {:.1} ms, best {:.1} ms (bar: 50 ms)",
        times[10], times[0]
    );
}
