//! Chores of the repository: `cargo xtask <chore>`.

mod agree;
mod conformance;
mod coverage;
mod editors;
mod test;
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <chore>

  test                 everything that must hold: formatting, lints, boundaries, tests, real tools, licences
  tidy                 check the boundaries between the rooms and the repository's habits
  coverage [--check]   docs/reference-coverage.md from the markers of the example
  agree [--pairs N] [--seed S]
                       random policies and requests: the reference engine against the generated Rego, on all cores
  editors [--check | --test]
                       the lists of words and the queries that editors read, and the parser of tree-sitter; --test runs
                       the grammars, the extension and the plugins in the real editors
  conformance [WORD]…  the real consumers over what every example and every policy of tests/corpus compiles to, or those
                       whose names contain a word
  tools                install the pinned real consumers (opa, helm, actionlint, …) into .tools/
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["agree", options @ ..] => agree::run(&root(), options),
        ["test"] => test::run(&root()),
        ["tidy"] => tidy::run(&root()),
        ["coverage"] => coverage::run(&root(), false),
        ["coverage", "--check"] => coverage::run(&root(), true),
        ["editors"] => editors::generate(&root()),
        ["editors", "--check"] => editors::words_and_queries(&root(), true),
        ["editors", "--test"] => editors::test::run(&root()),
        ["conformance", words @ ..] => tools::run(&root()).and_then(|()| conformance::run(&root(), is_ci(), words)),
        ["tools"] => tools::run(&root()),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in &problems {
                eprintln!("error: {problem}");
            }
            eprintln!("{} problems", problems.len());
            ExitCode::FAILURE
        }
    }
}

/// Whether this is the run that decides, in which nothing may be left out.
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|v| v == "true")
}

/// What a chore found wrong; empty is never an error.
type Problems = Vec<String>;

/// The repository's top folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// All files below `dir` whose name ends with `suffix`, sorted, hidden and build folders left out.
fn files(dir: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let skipped = name == "target" || name == "node_modules" || (name.starts_with('.') && name != ".github");
            if path.is_dir() && !skipped {
                folders.push(path);
            } else if path.is_file() && name.ends_with(suffix) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
