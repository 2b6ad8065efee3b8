//! The pages of the diagnostics and the projects that they show.
//!
//! A block ```` ```project wrong ```` or `right` holds a command (`$ hxpc check` unless it says another) and files, each
//! behind a line `== path ==`. Behind the path may stand `-> target` for a symbolic link, `, N times` for a text that is
//! repeated, and `, with escapes` for a text in which `\x..` is a byte and `\u{…}` a character.

use std::path::{Path, PathBuf};

use super::Project;

/// Where the pages are.
pub fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")
}

/// The fenced blocks of a page: line, info string, text.
pub fn blocks(page: &str) -> Vec<(usize, String, String)> {
    let mut all = Vec::new();
    let mut open: Option<(usize, String, String)> = None;
    for (number, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((number + 1, info.to_owned(), String::new())),
            (Some(_), Some(_)) => all.extend(open.take()),
            (Some((.., text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    all
}

/// The bytes of a text in which `\x..` and `\u{…}` stand for what cannot be shown.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        bytes.extend(before.as_bytes());
        rest = if let Some(hex) = escape.strip_prefix("\\x") {
            let (digits, rest) = hex.split_at(2);
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest
        } else if let Some((digits, rest)) = escape.strip_prefix("\\u{").and_then(|e| e.split_once('}')) {
            let character = char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap();
            bytes.extend(character.to_string().as_bytes());
            rest
        } else {
            panic!("`{escape}` is no escape")
        };
    }
    bytes.extend(rest.as_bytes());
    bytes
}

/// Writes the files of a block and gives its command.
pub fn lay_out(project: &Project, block: &str) -> Vec<String> {
    let mut command = "hxpc check".to_owned();
    let mut files: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        if let Some(header) = line.strip_prefix("== ").and_then(|l| l.strip_suffix(" ==")) {
            files.push((header.to_owned(), String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
            text.push('\n');
        } else if let Some(said) = line.strip_prefix("$ ") {
            said.clone_into(&mut command);
        } else {
            assert!(line.is_empty(), "`{line}` stands before the first file");
        }
    }
    for (header, text) in files {
        if let Some((path, target)) = header.split_once(" -> ") {
            link(&project.root().join(path), target);
        } else if let Some(path) = header.strip_suffix(", with escapes") {
            project.write(path, unescaped(&text));
        } else if let Some((path, times)) = header.strip_suffix(" times").and_then(|h| h.split_once(", ")) {
            project.write(path, text.repeat(times.parse().unwrap()));
        } else {
            project.write(&header, text);
        }
    }
    command.split_whitespace().skip(1).map(str::to_owned).collect()
}

#[cfg(unix)]
fn link(path: &Path, target: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[cfg(not(unix))]
fn link(_: &Path, _: &str) {}
