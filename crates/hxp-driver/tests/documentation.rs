//! Every block of the documentation is compiled: a wrong example gives its code, a right one gives nothing.
//!
//! A block without a `policy` declaration stands in one.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};

use hxp_diagnostics::{Severity, codes};
use hxp_driver::system::Memory;
use hxp_driver::{Request, compile};
use jiff::civil::date;

/// A fenced block: where it stands, what its info string says behind `hxp`, its text.
struct Block {
    place: String,
    info: String,
    text: String,
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn blocks(path: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let place = format!("{}:{}", path.file_name().unwrap().to_string_lossy(), number + 1);
                open = Some(Block { place, info: info.to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    found.retain(|b| b.info.split_whitespace().next() == Some("hxp"));
    for block in &mut found {
        block.info = block.info.strip_prefix("hxp").unwrap().trim().to_owned();
    }
    found
}

/// The codes of what is found in a policy, each with its message.
fn found(text: &str, at_least: Severity) -> Vec<(String, String)> {
    let alone = text.lines().any(|l| l.starts_with("policy "));
    let whole = if alone { text.to_owned() } else { format!("policy example {{ edition = 2026 }}\n{text}") };
    let system = Memory::with([("example/policy.hxp", whole.as_str())]);
    let request = Request { start: "example".into(), today: Some(date(2026, 11, 23)), ..Request::default() };
    let found = compile(&system, &request).diagnostics;
    let counted = found.iter().filter(|d| d.severity <= at_least);
    counted.map(|d| (d.code.id().to_owned(), format!("{}: {}", d.code, d.message))).collect()
}

fn markdown(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "md"));
    paths.sort();
    paths
}

#[test]
fn error_pages_show_what_they_say() {
    let mut shown = 0;
    let mut problems = Vec::new();
    for page in markdown(&docs().join("errors")) {
        let id = page.file_stem().unwrap().to_string_lossy().into_owned();
        let blocks = blocks(&page);
        // `hxpc check` reports a missing policy only of a project, so that page shows whole projects.
        for block in &blocks {
            let text = if id == codes::NO_POLICY.id() { format!("\n{}", block.text) } else { block.text.clone() };
            let found = if id == codes::NO_POLICY.id() { found_alone(&text) } else { found(&text, Severity::Advice) };
            let codes: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
            match block.info.as_str() {
                "wrong" if !codes.contains(&id.as_str()) => problems.push(format!("{} gives {found:?}", block.place)),
                "wrong" => shown += 1,
                _ if !found.is_empty() => problems.push(format!("{} gives {found:?}", block.place)),
                _ => {}
            }
        }
        let (wrong, right): (Vec<_>, Vec<_>) = blocks.iter().partition(|b| b.info == "wrong");
        assert_eq!(wrong.len(), right.len(), "{id}: each wrong example has its right twin");
    }
    assert!(problems.is_empty(), "{}\n{} problems", problems.join("\n"), problems.len());
    assert!(shown >= 60, "only {shown} pages have examples");
}

/// As [`found`], without a policy around the text.
fn found_alone(text: &str) -> Vec<(String, String)> {
    let system = Memory::with([("example/policy.hxp", text)]);
    let request = Request { start: "example".into(), today: Some(date(2026, 11, 23)), ..Request::default() };
    let found = compile(&system, &request).diagnostics;
    found.iter().map(|d| (d.code.id().to_owned(), format!("{}: {}", d.code, d.message))).collect()
}

#[test]
fn the_book_and_the_readme_compile() {
    let mut pages = markdown(&docs().join("book"));
    pages.push(docs().join("../README.md"));
    let mut problems = Vec::new();
    let mut compiled = 0;
    for block in pages.iter().flat_map(|p| blocks(p)) {
        compiled += 1;
        let found = found(&block.text, Severity::Error);
        match block.info.strip_prefix("error=") {
            Some(code) if found.iter().any(|(c, _)| c == code) => {}
            None if found.is_empty() => {}
            _ => problems.push(format!("{} gives {found:?}", block.place)),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(compiled >= 15, "only {compiled} blocks");
}
