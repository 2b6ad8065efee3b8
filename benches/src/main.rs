//! `hxp-bench`: how fast `hxpc` is, as ratios against peers and against itself in one run.
//!
//! ```text
//! hxp-bench generate SERVICES [PARTS] DIR   writes a workspace of that size, with the same values in Jsonnet beside it
//! hxp-bench equal                   compares the values that hxpc and jrsonnet make of such a workspace
//! hxp-bench run                     measures everything that docs/performance.md states
//! ```

mod equal;
mod floor;
mod generate;
mod measure;
mod parsers;
mod phases;
mod tools;

use std::path::Path;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["generate", services, dir] => generate(services, "0", dir),
        ["generate", services, parts, dir] => generate(services, parts, dir),
        ["equal"] => equal::run(),
        ["run"] => measure::run(),
        _ => Err("usage: hxp-bench generate SERVICES [PARTS] DIR | hxp-bench equal | hxp-bench run".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn generate(services: &str, parts: &str, dir: &str) -> Result<(), String> {
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("`{text}` is no number"));
    generate::write(number(services)?, number(parts)?, Path::new(dir)).map_err(|e| e.to_string())
}
