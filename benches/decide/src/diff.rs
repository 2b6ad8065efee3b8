//! How long it takes to compare the example's policy with a changed copy: words, witnesses and replays included.

use std::path::{Path, PathBuf};
use std::time::Instant;

use hxp_driver::system::{Disk, Overlay};
use hxp_driver::{Request, compile};

const TURNS: usize = 50;

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

/// The best and the median time of a comparison, in milliseconds.
pub fn milliseconds(project: &Path) -> Result<[f64; 2], String> {
    let request = Request { start: project.to_path_buf(), ..Request::default() };
    let old = compile(&Disk, &request);
    let new = compile(&Overlay::new(&Disk, edited(project)?), &request);
    if old.has_errors() || new.has_errors() {
        return Err("one of the policies to compare has errors".to_owned());
    }
    let around = "2026-11-23T00:00:00Z".parse().map_err(|e: jiff::Error| e.to_string())?;
    let mut times: Vec<f64> = (0..TURNS)
        .map(|_| {
            let start = Instant::now();
            let comparison = hxp_decide::diff::compare(&old.policy, &new.policy, around);
            let time = start.elapsed().as_secs_f64() * 1e3;
            assert_eq!(comparison.verdict, hxp_decide::diff::Verdict::Incomparable, "the edits go both ways");
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    Ok([times[0], times[TURNS / 2]])
}

/// The files that differ, with their text.
fn edited(project: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for (file, from, to) in EDITS {
        let path = project.join(file);
        let known = files.iter().position(|(other, _)| *other == path);
        let text = match known {
            Some(at) => files.swap_remove(at).1,
            None => std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?,
        };
        if !text.contains(from) {
            return Err(format!("{file} does not say {from}"));
        }
        files.push((path, text.replace(from, to)));
    }
    Ok(files)
}
