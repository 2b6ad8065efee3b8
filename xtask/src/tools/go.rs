//! Go programs: a module for each, with the one `tool` line that names its package, and perhaps comments with what its
//! makers have the linker say (`// ldflags: …`) and with the tags of the build (`// tags: …`).

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Place, execute, read};
use crate::Problems;

/// Builds what is missing, one after the other; each build takes all cores, and shares what is common through Go's cache.
pub fn install(place: &Place, problems: &mut Problems) {
    for name in modules(&place.locks) {
        let folder = place.locks.join(&name);
        let (module, sums) = match (read(&folder.join("go.mod")), read(&folder.join("go.sum"))) {
            (Ok(module), Ok(sums)) => (module, sums),
            (Err(e), _) | (_, Err(e)) => {
                problems.push(e);
                continue;
            }
        };
        place.once(&name, &format!("{module}{sums}"), problems, |_| build(place, &folder, &module, &name));
    }
}

fn modules(locks: &Path) -> Vec<String> {
    let entries = fs::read_dir(locks).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|e| e.path().join("go.mod").is_file())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn build(place: &Place, folder: &Path, module: &str, name: &str) -> Result<(), String> {
    let package = module.lines().find_map(|l| l.strip_prefix("tool ")).ok_or("go.mod names no tool")?;
    let said = |what: &str| module.lines().find_map(|l| l.strip_prefix(what)).unwrap_or_default();
    let flags = said("// ldflags: ");
    let new = place.tools.join(format!(".{name}.new"));
    let mut command = Command::new("go");
    command
        .args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false"])
        .args([&format!("-ldflags=-s -w {flags}"), &format!("-tags={}", said("// tags: ")), "-o"])
        .arg(&new)
        .arg(package.trim())
        .current_dir(folder)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off");
    execute(&mut command)?;
    fs::rename(&new, place.bin(name)).map_err(|e| e.to_string())
}
