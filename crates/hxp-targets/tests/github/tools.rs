//! actionlint, shellcheck and zizmor have nothing to say about what is produced.

use std::path::PathBuf;
use std::process::Command;

use crate::world::{FIXTURE, Repository, emit, policy};

/// A tool named by a variable or on the path. In CI it must be there.
pub fn tool(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(format!("HXP_{}", name.to_uppercase())).map(PathBuf::from);
    let found = named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    });
    if found.is_none() {
        let message = format!("SKIPPED: {name} is not on the path, and HXP_{} does not name it", name.to_uppercase());
        assert!(std::env::var("CI").is_ok_and(|v| v != "true") || std::env::var("CI").is_err(), "{message}");
        eprintln!("{message}");
    }
    found
}

/// Policies of very different shapes.
const SHAPES: &[&str] = &[
    FIXTURE,
    // Nothing but a branch and a command.
    "policy p { edition = 2026 } environment e { deploy with command(\"make ship\") on push }",
    // The clock, no triggers, a rollback by hand only, patterns that GitHub's filters cannot say.
    "policy p { edition = 2026 }
     gate probe { run = \"make probe\", image = \"ghcr.io/acme/probe@sha256:0000000000000000000000000000000000000000000000000000000000000000\" }
     environment e {
       runner = \"ubuntu-latest\"
       deploy with make(\"ship\") on push(branch ~ re\"release-[0-9]+\"), schedule
       require probe
       rollback on manual { require probe }
     }",
    // Tags that are pushed, a rollback on failure only, a team whose members the policy lists.
    "policy p { edition = 2026 }
     team owners { members = [\"sue\", \"olaf\", \"ida\"] }
     gate plan { by = owners, subject = release }
     environment e {
       deploy with helm(\"./chart\") on push(tag ~ \"v*\")
       require plan
       approve 2 of owners
       rollback on failed
     }",
];

fn silent(command: &mut Command) {
    let output = command.output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{said}");
}

#[test]
fn actionlint_finds_nothing() {
    let Some(actionlint) = tool("actionlint") else { return };
    for text in SHAPES {
        let repository = Repository::new(&emit(&policy(text)));
        let known = "self-hosted-runner:\n  labels: [big-runner]\n";
        std::fs::write(repository.path(".github/actionlint.yaml"), known).expect("written");
        silent(Command::new(&actionlint).current_dir(repository.root()));
    }
}

#[test]
fn zizmor_finds_nothing_even_when_it_is_pedantic() {
    let Some(zizmor) = tool("zizmor") else { return };
    for text in SHAPES {
        let repository = Repository::new(&emit(&policy(text)));
        let strictly = ["--offline", "--pedantic", "--no-ignores", "."];
        silent(Command::new(&zizmor).args(strictly).current_dir(repository.root()));
    }
}

#[test]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = tool("shellcheck") else { return };
    let emission = emit(&policy(FIXTURE));
    let repository = Repository::new(&emission);
    let scripts: Vec<_> = emission.files.keys().filter(|p| p.ends_with(".sh")).map(|p| repository.path(p)).collect();
    assert!(scripts.len() > 10);
    silent(Command::new(shellcheck).args(scripts));
}
