//! npm packages: the judges in one `node_modules`, under `.tools/npm`; an editor and a browser in another, `.tools/vscode`.

use std::fs;
use std::process::Command;

use super::{Place, execute, read, remove};
use crate::Problems;

/// Programs that judges call by name: the name and the program inside `node_modules`.
const PROGRAMS: &[(&str, &str)] = &[
    ("gitlab-ci-local", ".bin/gitlab-ci-local"),
    ("sarif-multitool", "@microsoft/sarif-multitool-linux/Sarif.Multitool"),
];

/// Installs the packages of the lock files, without running scripts of theirs.
pub fn install(place: &Place, problems: &mut Problems) {
    for (name, programs) in [("npm", PROGRAMS), ("vscode", &[])] {
        match read(&place.locks.join(name).join("package-lock.json")) {
            Ok(lock) => place.once(name, &lock, problems, |_| packages(place, name, programs)),
            Err(e) => problems.push(e),
        }
    }
}

fn packages(place: &Place, name: &str, programs: &[(&str, &str)]) -> Result<(), String> {
    let there = place.tools.join(name);
    let (new, old) = (place.tools.join(format!(".{name}.new")), place.tools.join(format!(".{name}.old")));
    remove(&new)?;
    remove(&old)?;
    fs::create_dir_all(&new).map_err(|e| e.to_string())?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(place.locks.join(name).join(file), new.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    execute(Command::new("npm").args(["ci", "--ignore-scripts"]).current_dir(&new))?;
    if there.exists() {
        fs::rename(&there, &old).map_err(|e| e.to_string())?;
    }
    fs::rename(&new, &there).map_err(|e| e.to_string())?;
    remove(&old)?;
    for (name, program) in programs {
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
