//! Rust programs: `name = "version"` in `xtask/tools/cargo.toml`.

use std::fs;
use std::process::Command;

use super::{Place, execute, read, remove};
use crate::Problems;

/// Builds what is missing, each with the lock file that it was published with.
pub fn install(place: &Place, problems: &mut Problems) {
    let table = read(&place.locks.join("cargo.toml"))
        .and_then(|text| text.parse::<toml::Table>().map_err(|e| format!("cargo.toml: {e}")));
    let table = match table {
        Ok(table) => table,
        Err(e) => {
            problems.push(e);
            return;
        }
    };
    for (name, version) in table.iter().filter_map(|(n, v)| Some((n, v.as_str()?))) {
        place.once(name, version, problems, |_| build(place, name, version));
    }
}

fn build(place: &Place, name: &str, version: &str) -> Result<(), String> {
    let new = place.tools.join(format!(".{name}.new"));
    remove(&new)?;
    let mut command = Command::new("cargo");
    // Without optimizations it is built in half the time, and it looks at one dependency graph.
    command.args(["install", "--debug", "--quiet", "--locked", name, "--version", version, "--root"]).arg(&new);
    execute(&mut command)?;
    fs::rename(new.join("bin").join(name), place.bin(name)).map_err(|e| e.to_string())?;
    remove(&new)
}
