//! `cargo xtask tidy`: the boundaries of docs/ARCHITECTURE.md hold by this check, not by memory.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Problems, files};

/// A room and the rooms it may use. Dependencies for tests alone are free.
const ROOMS: &[(&str, &[&str])] = &[
    ("hxp-diagnostics", &[]),
    ("hxp-syntax", &["hxp-diagnostics"]),
    ("hxp-fmt", &["hxp-diagnostics", "hxp-syntax"]),
    ("hxp-policy", &["hxp-diagnostics"]),
    ("hxp-analysis", &["hxp-diagnostics", "hxp-syntax", "hxp-policy"]),
    ("hxp-decide", &["hxp-diagnostics", "hxp-policy"]),
    // For tests alone: nobody may use it.
    ("hxp-random", &["hxp-policy", "hxp-decide"]),
    ("hxp-emit", &[]),
    ("hxp-targets", &["hxp-diagnostics", "hxp-policy", "hxp-decide", "hxp-emit"]),
    (
        "hxp-driver",
        &["hxp-diagnostics", "hxp-syntax", "hxp-fmt", "hxp-policy", "hxp-analysis", "hxp-emit", "hxp-targets"],
    ),
    (
        "hxp-ide",
        &["hxp-diagnostics", "hxp-syntax", "hxp-fmt", "hxp-policy", "hxp-analysis", "hxp-decide", "hxp-driver"],
    ),
    ("hxp-lsp", &["hxp-diagnostics", "hxp-driver", "hxp-ide"]),
    ("hxpc", &["hxp-diagnostics", "hxp-driver", "hxp-decide", "hxp-lsp"]),
];

/// Words that belong to one room: the word, the rooms that may say it, and why.
const WORDS: &[(&str, &[&str], &str)] = &[
    ("miette", &["hxpc"], "only hxpc renders"),
    ("codespan_reporting", &["hxpc"], "only hxpc renders"),
    ("pest::", &["hxp-syntax"], "the grammar is the business of hxp-syntax"),
    ("petgraph", &["hxp-policy"], "the graph is the business of hxp-policy"),
    ("ls_types", &["hxp-lsp"], "only hxp-lsp knows the protocol"),
    ("tokio", &["hxp-lsp"], "only hxp-lsp waits for anybody"),
    ("std::fs", &["hxpc", "hxp-driver"], "files are reached through the driver's System"),
    // The user's own git, asked for the sources of a revision (crates/hxpc/src/git.rs), and his own opa, asked for decisions
    // (crates/hxpc/src/opa.rs).
    ("std::process::Command", &["hxpc"], "no other program is run"),
    ("SystemTime", &["hxpc"], "the instant is an input; only hxpc reads the clock"),
    ("Zoned::now", &["hxpc"], "the instant is an input; only hxpc reads the clock"),
    ("std::env::", &["hxpc", "hxp-driver"], "the environment is an input"),
];

/// A file longer than this needs a reason in [`LONG_FILES`].
const LONG: usize = 1000;

/// Files that are long by nature.
const LONG_FILES: &[(&str, &str)] = &[];

/// Checks everything and says what is wrong.
pub fn run(root: &Path) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for (room, may_use) in ROOMS {
        dependencies(root, room, may_use, &mut problems);
        words(root, room, &mut problems);
    }
    every_crate_is_a_room(root, &mut problems);
    lengths(root, &mut problems);
    unfinished(root, &mut problems);
    error_pages(root, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The path as the repository names it.
fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn dependencies(root: &Path, room: &str, may_use: &[&str], problems: &mut Problems) {
    let manifest = read(&root.join("crates").join(room).join("Cargo.toml"));
    let Ok(table) = manifest.parse::<toml::Table>() else {
        problems.push(format!("crates/{room}/Cargo.toml cannot be read"));
        return;
    };
    let used = table.get("dependencies").and_then(toml::Value::as_table);
    for name in used.into_iter().flat_map(toml::Table::keys).filter(|n| n.starts_with("hxp")) {
        if !may_use.contains(&name.as_str()) {
            problems.push(format!("crates/{room} must not use {name}: data flows one way (docs/ARCHITECTURE.md)"));
        }
    }
}

fn words(root: &Path, room: &str, problems: &mut Problems) {
    for file in files(&root.join("crates").join(room).join("src"), ".rs") {
        let text = read(&file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (word, rooms, why) in WORDS {
            if !rooms.contains(&room) && code.lines().any(|l| !l.trim_start().starts_with("//") && l.contains(word)) {
                problems.push(format!("{} says `{word}`: {why}", relative(root, &file)));
            }
        }
    }
}

fn every_crate_is_a_room(root: &Path, problems: &mut Problems) {
    let Ok(entries) = std::fs::read_dir(root.join("crates")) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !ROOMS.iter().any(|(room, _)| *room == name) {
            problems.push(format!("crates/{name} is no room of docs/ARCHITECTURE.md"));
        }
    }
}

fn lengths(root: &Path, problems: &mut Problems) {
    let reasons: BTreeMap<&str, &str> = LONG_FILES.iter().copied().collect();
    for file in files(root, ".rs") {
        let lines = read(&file).lines().count();
        let path = relative(root, &file);
        if lines > LONG && !reasons.contains_key(path.as_str()) {
            problems.push(format!("{path} has {lines} lines; split it, or give the reason in xtask/src/tidy.rs"));
        }
    }
}

fn unfinished(root: &Path, problems: &mut Problems) {
    // Spelt apart, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("unimplemented", "!(")];
    for suffix in [".rs", ".hxp", ".pest", ".rego"] {
        for file in files(root, suffix) {
            let text = read(&file);
            for mark in marks.iter().filter(|m| text.contains(**m)) {
                problems.push(format!("{} says {mark}", relative(root, &file)));
            }
        }
    }
}

/// Every registered code has its page, and every page a registered code.
fn error_pages(root: &Path, problems: &mut Problems) {
    let registry = read(&root.join("crates/hxp-diagnostics/src/codes.rs"));
    let registered: Vec<&str> = registry
        .lines()
        .filter_map(|l| l.trim().strip_prefix('"')?.split_once('"').map(|(id, _)| id))
        .filter(|id| id.starts_with("HXP") && id.len() == 7)
        .collect();
    for id in &registered {
        if !root.join("docs/errors").join(format!("{id}.md")).is_file() {
            problems.push(format!("docs/errors/{id}.md is missing"));
        }
    }
    for page in files(&root.join("docs/errors"), ".md") {
        let name = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("HXP") && !registered.contains(&name.as_str()) {
            problems.push(format!("docs/errors/{name}.md documents no registered code"));
        }
    }
}
