//! `cargo xtask conformance`: every judge over everything that every example and every policy of `tests/corpus` compiles
//! to, and a table of what they found.

mod bench;
mod cases;
mod formats;
mod github;
mod helm;
mod opa;
mod prometheus;
mod table;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::Problems;
use bench::Bench;

/// Lets every judge judge the policies whose names contain one of the words, all if there is none. A judge that is missing
/// is a problem if `strict`, and said aloud otherwise.
pub fn run(root: &Path, strict: bool, words: &[&str]) -> Result<(), Problems> {
    let start = Instant::now();
    let bench = Bench::new(root, hxpc(root)?);
    let cases = cases::all(&bench, words)?;
    let mut jobs = Vec::new();
    for case in &cases {
        opa::judges(&bench, case, &mut jobs);
        github::judges(&bench, case, &mut jobs);
        helm::judges(&bench, case, &mut jobs);
        prometheus::judges(&bench, case, &mut jobs);
    }
    formats::judges(&bench, &cases, &mut jobs);
    let verdicts = bench::all(jobs);
    println!("{}", table::render(&verdicts));
    println!("{} judgements of {} policies in {} s", verdicts.len(), cases.len(), start.elapsed().as_secs());
    let problems = table::problems(&verdicts, strict);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Builds the compiler; it lies beside this program.
fn hxpc(root: &Path) -> Result<std::path::PathBuf, Problems> {
    let status = Command::new("cargo").args(["build", "--quiet", "--package", "hxpc"]).current_dir(root).status();
    match status {
        Ok(status) if status.success() => {
            std::env::current_exe().map(|here| here.with_file_name("hxpc")).map_err(|e| vec![e.to_string()])
        }
        Ok(status) => Err(vec![format!("cargo build --package hxpc: {status}")]),
        Err(e) => Err(vec![format!("cargo: {e}")]),
    }
}
