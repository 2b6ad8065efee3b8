//! `cargo xtask test`: everything that must hold, with its own set-up, as CI runs it.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{Problems, conformance, editors, tidy, tools};

/// Sets up the real tools and runs every check; stops at the first that fails.
pub fn run(root: &Path) -> Result<(), Problems> {
    tools::run(root)?;
    let path = path_with_tools(root);
    step("formatting", || cargo(root, &path, &["fmt", "--all", "--check"]))?;
    step("boundaries", || tidy::run(root))?;
    step("lints", || {
        cargo(root, &path, &["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"])
    })?;
    step("tests", || cargo(root, &path, &["test", "--quiet", "--workspace"]))?;
    step("conformance", || conformance::run(root, true, &[]))?;
    step("editors", || editors::test::run(root))?;
    step("licences", || cargo(root, &path, &["deny", "check", "licenses", "bans", "sources"]))
}

/// A test looks for a real tool on the path, so ours come first there.
pub fn path_with_tools(root: &Path) -> OsString {
    let mut path = OsString::from(root.join(".tools/bin"));
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

fn step(name: &str, check: impl FnOnce() -> Result<(), Problems>) -> Result<(), Problems> {
    println!("── {name}");
    let start = Instant::now();
    check()?;
    println!("── {name}: fine, {} s", start.elapsed().as_secs());
    Ok(())
}

fn cargo(root: &Path, path: &OsString, args: &[&str]) -> Result<(), Problems> {
    // A missing tool is a failure here, never a skip.
    let status = Command::new("cargo").args(args).current_dir(root).env("PATH", path).env("CI", "true").status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(vec![format!("cargo {}: {status}", args.join(" "))]),
        Err(e) => Err(vec![format!("cargo {}: {e}", args.join(" "))]),
    }
}
