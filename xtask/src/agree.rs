//! `cargo xtask agree`: the reference engine against the generated Rego, over random policies and random requests, on all
//! cores, for as long as it takes.

use std::path::Path;
use std::process::Command;

use crate::{Problems, test};

/// Runs so many pairs of a policy and a request, from a seed: `--pairs N --seed S`.
pub fn run(root: &Path, options: &[&str]) -> Result<(), Problems> {
    let mut pairs = "1000000";
    let mut seed = "1";
    for option in options.chunks(2) {
        match option {
            ["--pairs", n] if n.parse::<u64>().is_ok() => pairs = n,
            ["--seed", n] if n.parse::<u64>().is_ok() => seed = n,
            other => return Err(vec![format!("agree takes --pairs N and --seed S, not `{}`", other.join(" "))]),
        }
    }
    let args = [
        "test",
        "--release",
        "-p",
        "hxp-targets",
        "--test",
        "agreement",
        "a_million_pairs",
        "--",
        "--ignored",
        "--nocapture",
    ];
    let status = Command::new("cargo")
        .args(args)
        .current_dir(root)
        .env("PATH", test::path_with_tools(root))
        .env("HXP_AGREE_PAIRS", pairs)
        .env("HXP_AGREE_SEED", seed)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => {
            Err(vec!["the engines do not agree: each case above belongs into crates/hxp-targets/tests/opa".into()])
        }
        Err(e) => Err(vec![format!("cargo cannot be run: {e}")]),
    }
}
