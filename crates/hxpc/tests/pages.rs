//! The pages of the diagnostics show whole projects where one file does not do: each is written to a folder, and the
//! real program runs on it. A wrong project gives the page's code and a right one gives nothing.
//!
//! A block ```` ```project wrong ```` or `right` holds a command (`$ hxpc check` unless it says another) and files, each
//! behind a line `== path ==`. Behind the path may stand `-> target` for a symbolic link, `, N times` for a text that is
//! repeated, and `, with escapes` for a text in which `\x..` is a byte and `\u{…}` a character.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::Project;
use hxp_diagnostics::codes;

/// Codes that no text can show, each with its reason.
const UNSHOWN: &[(&str, &str)] = &[];

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")
}

/// The fenced blocks of a page: line, info string, text.
fn blocks(page: &str) -> Vec<(usize, String, String)> {
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
fn lay_out(project: &Project, block: &str) -> Vec<String> {
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

/// The codes that the command of a block reports.
fn codes_of(block: &str) -> Vec<String> {
    let project = Project::new([]);
    let mut args = lay_out(&project, block);
    if args.first().is_some_and(|verb| verb != "coverage") {
        args.extend(["--format", "short", "--at", "2026-11-23"].map(str::to_owned));
    }
    let run = project.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!run.err.contains("Usage: "), "{run:?}");
    let is_code = |text: &&str| text.len() == 4 && text.chars().all(|c| c.is_ascii_digit());
    let lines = run.out.lines().chain(run.err.lines()).filter(|line| !line.contains("hxpc explain"));
    let mut found = Vec::new();
    for line in lines {
        if line.split("HXP").skip(1).any(|rest| rest.get(..4).as_ref().is_some_and(is_code)) {
            found.push(line.to_owned());
        }
    }
    found
}

#[test]
fn projects_of_the_pages_show_what_they_say() {
    let mut problems = Vec::new();
    for code in codes::ALL {
        let page = std::fs::read_to_string(pages().join(format!("{}.md", code.id()))).unwrap();
        for (line, info, text) in blocks(&page) {
            let Some(kind) = info.strip_prefix("project ") else { continue };
            if cfg!(not(unix)) && text.contains(" -> ") {
                continue;
            }
            let found = codes_of(&text);
            let fits = match kind {
                "wrong" => !found.is_empty() && found.iter().all(|f| f.contains(code.id())),
                "right" => found.is_empty(),
                other => panic!("{code}:{line}: `{other}` is neither wrong nor right"),
            };
            if !fits {
                problems.push(format!("{code}:{line} ({kind}) gives {found:#?}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_page_has_a_wrong_and_a_right_example() {
    let unshown: BTreeSet<&str> = UNSHOWN.iter().map(|(id, _)| *id).collect();
    for code in codes::ALL {
        let page = std::fs::read_to_string(pages().join(format!("{}.md", code.id()))).unwrap();
        let count = |kind: &str| {
            let is =
                |info: &str| info.split_once(' ').is_some_and(|(of, k)| ["hxp", "project"].contains(&of) && k == kind);
            blocks(&page).iter().filter(|(_, info, _)| is(info)).count()
        };
        let (wrong, right) = (count("wrong"), count("right"));
        assert_eq!(wrong, right, "{code}: each wrong example has its right twin");
        assert_eq!(wrong > 0, !unshown.contains(code.id()), "{code}: an example, or a reason why there is none");
    }
}
