//! Python packages: one virtual environment, in a folder named by the lock file, because its scripts hold its path.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Place, execute, read, remove};
use crate::Problems;

/// Programs that judges call by name: the name and the program inside the environment.
const PROGRAMS: &[(&str, &str)] = &[
    ("zizmor", "zizmor"),
    ("shellcheck", "shellcheck"),
    ("yamllint", "yamllint"),
    ("check-jsonschema", "check-jsonschema"),
    ("python3-yaml", "python3"),
];

/// Installs the packages of the lock file, wheels only, each held to its checksum.
pub fn install(place: &Place, problems: &mut Problems) {
    match read(&place.locks.join("python/requirements.txt")) {
        Ok(lock) => place.once("python", &lock, problems, |digest| packages(place, digest)),
        Err(e) => problems.push(e),
    }
}

/// The virtual environment that a lock file makes.
pub fn environment(place: &Place, digest: &str) -> PathBuf {
    place.tools.join(format!("python-{digest}"))
}

fn packages(place: &Place, digest: &str) -> Result<(), String> {
    let folder = environment(place, digest);
    remove(&folder)?;
    execute(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let mut pip = Command::new(folder.join("bin/python3"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"])
        .args(["--require-hashes", "-r"])
        .arg(place.locks.join("python/requirements.txt"));
    execute(&mut pip)?;
    for (name, program) in PROGRAMS {
        place.wrapper(name, &folder.join("bin").join(program))?;
    }
    forget_others(place, digest);
    Ok(())
}

/// Environments of earlier lock files are of no use once the wrappers point here.
fn forget_others(place: &Place, digest: &str) {
    for entry in fs::read_dir(&place.tools).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("python-") && name != format!("python-{digest}") {
            // What cannot be removed costs room, nothing else.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
