//! `cargo xtask tools`: the real programs that judge our outputs, pinned with checksums by the lock files under
//! `xtask/tools/`, installed into `.tools/` by the clients of Go, Rust, Python and npm.
//!
//! `.tools/` may be shared by several working copies: one installs at a time, and what is installed appears at once.

mod cargo;
mod go;
mod kubernetes;
mod npm;
mod python;
mod system;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use crate::Problems;

pub use kubernetes::VERSION as KUBERNETES;

/// Installs what is missing.
pub fn run(root: &Path) -> Result<(), Problems> {
    let place = Place::open(root).map_err(|e| vec![format!(".tools: {e}")])?;
    let mut problems = Vec::new();
    python::install(&place, &mut problems);
    kubernetes::install(&place, &mut problems);
    npm::install(&place, &mut problems);
    go::install(&place, &mut problems);
    cargo::install(&place, &mut problems);
    system::install(&mut problems);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Where the lock files are and where the programs go.
struct Place {
    /// `xtask/tools`
    locks: PathBuf,
    /// `.tools`
    tools: PathBuf,
    /// Held while anything is installed.
    _lock: File,
}

impl Place {
    fn open(root: &Path) -> std::io::Result<Self> {
        let tools = root.join(".tools");
        fs::create_dir_all(tools.join("bin"))?;
        // Links of other places would end up in scripts otherwise.
        let tools = tools.canonicalize()?;
        let lock = File::create(tools.join(".lock"))?;
        lock.lock()?;
        Ok(Self { locks: root.join("xtask/tools"), tools, _lock: lock })
    }

    fn bin(&self, name: &str) -> PathBuf {
        self.tools.join("bin").join(name)
    }

    /// Runs `make` unless the marker says that the very same was made already.
    fn once(&self, name: &str, lock: &str, problems: &mut Problems, make: impl FnOnce(&str) -> Result<(), String>) {
        let wanted = digest(lock);
        let marker = self.tools.join(format!("{name}.installed"));
        if fs::read_to_string(&marker).is_ok_and(|m| m == wanted) {
            return;
        }
        println!("{name}: installing");
        let start = Instant::now();
        let made = make(&wanted).and_then(|()| fs::write(&marker, &wanted).map_err(|e| e.to_string()));
        match made {
            Ok(()) => println!("{name}: installed in {} s", start.elapsed().as_secs()),
            Err(e) => problems.push(format!("{name}: {e}")),
        }
    }

    /// A program in `bin` that calls another one.
    fn wrapper(&self, name: &str, program: &Path) -> Result<(), String> {
        let script = format!("#!/bin/sh\nexec \"{}\" \"$@\"\n", program.display());
        let new = self.tools.join(format!(".{name}.new"));
        let write = || -> std::io::Result<()> {
            use std::os::unix::fs::PermissionsExt as _;
            fs::write(&new, script)?;
            fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
            fs::rename(&new, self.bin(name))
        };
        write().map_err(|e| e.to_string())
    }
}

/// Twelve hexadecimal digits that stand for a lock file.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(6).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Runs a command whose output is of interest only if it fails.
fn execute(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(format!("{name}: {}\n{said}", output.status))
        }
        Err(e) => Err(format!("{name}: {e}")),
    }
}

/// Takes a folder out of the way; that it was not there is fine.
fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {e}", folder.display())),
        _ => Ok(()),
    }
}
