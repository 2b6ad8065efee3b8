//! A project in a folder of its own, and the real program run in it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]
#![allow(dead_code, reason = "no test file uses all of it")]

pub mod pages;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Run {
    /// Both outputs.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// A folder that goes with the test.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A folder with these files.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let full = self.root().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(&full, bytes).unwrap();
        full
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Every file below the folder, with its text.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut waiting = vec![self.root().to_path_buf()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_symlink() {
                    continue;
                }
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                    files.insert(path.strip_prefix(self.root()).unwrap().display().to_string(), text);
                }
            }
        }
        files
    }

    /// The program, in this folder, in a plain environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hxpc"));
        command.current_dir(self.root()).env_remove("NO_COLOR").env("TERM", "xterm").stdin(Stdio::null());
        command
    }

    /// Runs the program.
    pub fn run(&self, args: &[&str]) -> Run {
        finish(self.command().args(args))
    }

    /// Runs the program with some standard input.
    pub fn run_with(&self, args: &[&str], input: &[u8]) -> Run {
        use std::io::Write as _;
        let mut command = self.command();
        let mut child =
            command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        of(child.wait_with_output().unwrap())
    }
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Run {
    of(command.output().unwrap())
}

fn of(output: std::process::Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A policy without a mistake.
pub const POLICY: &str = r#"policy shop { edition = 2026, owner = platform }

team platform { github = "shop/platform" }
team devops { github = "shop/devops" }

gate unit_tests { run = "make test" }

environment staging {
  namespace = "shop-staging"
  deploy with helm("charts/shop", wait = true) on push(branch == "main"), manual
  require unit_tests
  values { replicas = 1, logLevel = "debug" }
}

environment production {
  namespace = "shop"
  deploy with helm("charts/shop", wait = true, timeout = 10m) on release(published)
  after staging soaked 1h
  require unit_tests
  approve 1 of devops
  values { replicas = 3, logLevel = "info" }
}
"#;

/// A policy with one mistake that the parser sees: line 2, column 31.
pub const BROKEN: &str = "policy shop { edition = 2026 }\ngate unit_tests { run = \"make\" valid = 10mm }\n";
