//! `cargo xtask tools`: the real programs that judge our outputs, pinned in `xtask/tools.toml`, installed into
//! `.tools/` by the clients of Go, Rust and Python.

use std::path::Path;
use std::process::Command;

use crate::Problems;

/// Installs what is missing.
pub fn run(root: &Path) -> Result<(), Problems> {
    let lock =
        std::fs::read_to_string(root.join("xtask/tools.toml")).map_err(|e| vec![format!("xtask/tools.toml: {e}")])?;
    let lock: toml::Table = lock.parse().map_err(|e| vec![format!("xtask/tools.toml: {e}")])?;
    let mut problems = Vec::new();
    go(root, &lock, &mut problems);
    cargo(root, &lock, &mut problems);
    python(root, &lock, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn section<'a>(lock: &'a toml::Table, name: &str) -> Vec<(&'a str, &'a str)> {
    let table = lock.get(name).and_then(toml::Value::as_table);
    table.into_iter().flatten().filter_map(|(k, v)| Some((k.as_str(), v.as_str()?))).collect()
}

fn run_command(what: &str, command: &mut Command, problems: &mut Problems) -> bool {
    match command.status() {
        Ok(status) if status.success() => true,
        Ok(status) => {
            problems.push(format!("{what}: {status}"));
            false
        }
        Err(e) => {
            problems.push(format!("{what}: {e}"));
            false
        }
    }
}

/// Go programs: `name = "package@version"`. A marker file says which version is there.
fn go(root: &Path, lock: &toml::Table, problems: &mut Problems) {
    let bin = root.join(".tools/bin");
    if let Err(e) = std::fs::create_dir_all(&bin) {
        problems.push(format!("{}: {e}", bin.display()));
        return;
    }
    for (name, package) in section(lock, "go") {
        let marker = root.join(".tools").join(format!("{name}.installed"));
        let there = std::fs::read_to_string(&marker).is_ok_and(|m| m == package) && bin.join(name).is_file();
        if there {
            println!("{name}: {package} is there");
            continue;
        }
        println!("{name}: building {package}");
        let mut command = Command::new("go");
        command.args(["install", package]).env("GOBIN", &bin).env("CGO_ENABLED", "0");
        if run_command(name, &mut command, problems)
            && let Err(e) = std::fs::write(&marker, package)
        {
            problems.push(format!("{}: {e}", marker.display()));
        }
    }
}

/// Rust programs: `name = "version"`.
fn cargo(root: &Path, lock: &toml::Table, problems: &mut Problems) {
    for (name, version) in section(lock, "cargo") {
        let marker = root.join(".tools").join(format!("{name}.installed"));
        if std::fs::read_to_string(&marker).is_ok_and(|m| m == version) {
            println!("{name}: {version} is there");
            continue;
        }
        println!("{name}: building {version}");
        let mut command = Command::new("cargo");
        command.args(["install", "--quiet", "--locked", name, "--version", version, "--root"]).arg(root.join(".tools"));
        if run_command(name, &mut command, problems)
            && let Err(e) = std::fs::write(&marker, version)
        {
            problems.push(format!("{}: {e}", marker.display()));
        }
    }
}

/// Python packages into one virtual environment, their programs linked beside the others.
fn python(root: &Path, lock: &toml::Table, problems: &mut Problems) {
    let venv = root.join(".tools/venv");
    let wanted: Vec<String> = section(lock, "python").iter().map(|(n, v)| format!("{n}=={v}")).collect();
    let marker = root.join(".tools/python.installed");
    if std::fs::read_to_string(&marker).is_ok_and(|m| m == wanted.join(" ")) {
        println!("python: {} are there", wanted.join(" "));
        return;
    }
    let created = run_command("python3 -m venv", Command::new("python3").args(["-m", "venv"]).arg(&venv), problems);
    let mut install = Command::new(venv.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check"]).args(&wanted);
    if !created || !run_command("pip install", &mut install, problems) {
        return;
    }
    for (program, link) in [("zizmor", "zizmor"), ("shellcheck", "shellcheck"), ("python3", "python3-yaml")] {
        let script = format!("#!/bin/sh\nexec \"{}\" \"$@\"\n", venv.join("bin").join(program).display());
        if let Err(e) = write_program(&root.join(".tools/bin").join(link), &script) {
            problems.push(format!("{link}: {e}"));
        }
    }
    if let Err(e) = std::fs::write(&marker, wanted.join(" ")) {
        problems.push(format!("{}: {e}", marker.display()));
    }
}

fn write_program(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}
