//! npm packages: all in one `node_modules`, under `.tools/npm`.

use std::fs;
use std::process::Command;

use super::{Place, execute, read, remove};
use crate::Problems;

/// Programs that judges call by name: the name and the program inside `node_modules`.
const PROGRAMS: &[(&str, &str)] = &[
    ("gitlab-ci-local", ".bin/gitlab-ci-local"),
    ("sarif-multitool", "@microsoft/sarif-multitool-linux/Sarif.Multitool"),
];

/// Installs the packages of the lock file, without running scripts of theirs.
pub fn install(place: &Place, problems: &mut Problems) {
    let folder = place.locks.join("npm");
    match read(&folder.join("package-lock.json")) {
        Ok(lock) => place.once("npm", &lock, problems, |_| packages(place)),
        Err(e) => problems.push(e),
    }
}

fn packages(place: &Place) -> Result<(), String> {
    let (new, old, there) = (place.tools.join(".npm.new"), place.tools.join(".npm.old"), place.tools.join("npm"));
    remove(&new)?;
    remove(&old)?;
    fs::create_dir_all(&new).map_err(|e| e.to_string())?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(place.locks.join("npm").join(file), new.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    execute(Command::new("npm").args(["ci", "--ignore-scripts"]).current_dir(&new))?;
    if there.exists() {
        fs::rename(&there, &old).map_err(|e| e.to_string())?;
    }
    fs::rename(&new, &there).map_err(|e| e.to_string())?;
    remove(&old)?;
    for (name, program) in PROGRAMS {
        let program = there.join("node_modules").join(program);
        executable(&program)?;
        place.wrapper(name, &program)?;
    }
    Ok(())
}

/// What a package's own install script would have done.
fn executable(program: &std::path::Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).map_err(|e| format!("{}: {e}", program.display()))
}
