//! Editors that no ecosystem packs: the system's own packages, which CI installs and nobody else is made to.

use std::process::{Command, Stdio};

use super::execute;
use crate::Problems;

/// A program and the packages of Debian that bring it.
const PROGRAMS: &[(&str, &[&str])] = &[("nvim", &["neovim"]), ("emacs", &["emacs-nox", "elpa-eglot"])];

/// Installs what is missing where that is CI's own machine; elsewhere the tests say by name what they leave out.
pub fn install(problems: &mut Problems) {
    let missing = PROGRAMS.iter().filter(|(program, _)| !answers(program));
    let packages: Vec<&str> = missing.flat_map(|(_, packages)| packages.iter().copied()).collect();
    if packages.is_empty() || !crate::is_ci() || !answers("apt-get") {
        return;
    }
    println!("{}: installing", packages.join(", "));
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends"]).args(&packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    let installed = execute(Command::new("apt-get").arg("update")).and_then(|()| execute(&mut install));
    problems.extend(installed.err());
}

fn answers(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}
