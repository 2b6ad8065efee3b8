//! What the editor hears is what `hxpc check` says: code, severity, range and words of every diagnostic.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::common::Project;
use crate::common::pages::{blocks, lay_out};
use crate::editor::Editor;
use crate::{POLICY, PROD, project};

/// What is said of each file, in one order.
type Said = BTreeMap<PathBuf, Vec<String>>;

/// A diagnostic as one line.
fn line(code: &Value, severity: &str, range: &Value, message: &str) -> String {
    format!("{range} {severity} {code}: {message}")
}

/// The protocol's position of a byte.
fn position(text: &str, byte: &Value) -> Value {
    // What is said of a folder, or of what is no text, has no place in it.
    let at = byte.as_u64().map_or(0, |byte| usize::try_from(byte).unwrap());
    let before = text[..at.min(text.len())].replace("\r\n", "\n").replace('\r', "\n");
    let column = before.rsplit('\n').next().unwrap().encode_utf16().count();
    json!({ "line": before.matches('\n').count(), "character": column })
}

/// What `hxpc check` says of a project.
fn checked(root: &Path) -> Said {
    let run = Command::new(env!("CARGO_BIN_EXE_hxpc")).args(["check", "--format", "json"]).arg(root).output().unwrap();
    let found: Value = serde_json::from_slice(&run.stdout).unwrap();
    let mut said = Said::new();
    for of in found["diagnostics"].as_array().unwrap() {
        let path = root.join(of["file"].as_str().unwrap());
        let bytes = std::fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let [start, end] = ["start", "end"].map(|side| position(&text, &of["range"][side]["byte"]));
        let mut message = of["message"].as_str().unwrap().to_owned();
        if let Some(label) = of["label"].as_str().filter(|l| !l.is_empty()) {
            message += &format!("\n{label}");
        }
        for help in of["help"].as_array().unwrap() {
            message += &format!("\nhelp: {}", help.as_str().unwrap());
        }
        // What is said of a folder is shown where its settings are.
        let path = if path.is_dir() { path.join("hxp.toml") } else { path };
        let range = json!({ "start": start, "end": end });
        let one = line(&of["code"], of["severity"].as_str().unwrap(), &range, &message);
        said.entry(path).or_default().push(one);
    }
    for lines in said.values_mut() {
        lines.sort();
    }
    said
}

/// What the server says of a file.
fn told(items: &Value) -> Vec<String> {
    let one = |of: &Value| {
        let severity = ["error", "warning", "advice"][usize::try_from(of["severity"].as_u64().unwrap()).unwrap() - 1];
        line(&of["code"], severity, &of["range"], of["message"].as_str().unwrap())
    };
    let mut lines: Vec<String> = items.as_array().unwrap().iter().map(one).collect();
    lines.sort();
    lines
}

/// What the server says of projects that it is started in, by file.
fn heard(roots: &[PathBuf]) -> Said {
    let mut editor = Editor::silent(&[]);
    let folders: Vec<Value> =
        roots.iter().map(|r| json!({ "uri": format!("file://{}", r.display()), "name": "x" })).collect();
    let hello = json!({ "processId": null, "rootUri": null, "workspaceFolders": folders, "capabilities": {} });
    editor.ask("initialize", hello);
    editor.tell("initialized", json!({}));
    let all = editor.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let reports = all["result"]["items"].as_array().unwrap();
    let path = |report: &Value| PathBuf::from(report["uri"].as_str().unwrap().strip_prefix("file://").unwrap());
    let said = reports.iter().map(|r| (path(r), told(&r["items"])));
    said.filter(|(_, lines)| !lines.is_empty()).collect()
}

/// Both say the same of every project.
fn agree(roots: &[PathBuf]) {
    let heard = heard(roots);
    let checked: Said = roots.iter().flat_map(|root| checked(root)).collect();
    let paths: std::collections::BTreeSet<&PathBuf> = heard.keys().chain(checked.keys()).collect();
    let differing = paths.into_iter().filter(|path| heard.get(*path) != checked.get(*path));
    let differing: Vec<String> = differing
        .map(|path| format!("{}\nheard {:#?}\nchecked {:#?}", path.display(), heard.get(path), checked.get(path)))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn within(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(repository().join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn the_editor_hears_what_check_says() {
    let roots: Vec<PathBuf> = within("examples").into_iter().filter(|p| p.join("hxp.toml").exists()).collect();
    assert!(roots.len() >= 4);
    agree(&roots);
}

#[test]
fn the_editor_hears_what_check_says_of_the_corpus() {
    let folder = tempfile::tempdir().unwrap();
    let mut roots = vec![repository().join("tests/corpus/values")];
    // A policy of its own each: together they would be one project.
    for path in within("tests/corpus").into_iter().filter(|p| p.extension().is_some_and(|e| e == "hxp")) {
        let root = folder.path().join(path.file_stem().unwrap());
        std::fs::create_dir(&root).unwrap();
        std::fs::copy(&path, root.join("policy.hxp")).unwrap();
        roots.push(root);
    }
    agree(&roots);
}

#[test]
fn the_editor_hears_what_check_says_of_every_mistake() {
    let mut projects: Vec<Project> = Vec::new();
    for path in within("docs/errors").into_iter().filter(|p| p.extension().is_some_and(|e| e == "md")) {
        for (_, info, text) in blocks(&std::fs::read_to_string(&path).unwrap()) {
            let project = Project::new([]);
            if info.starts_with("hxp ") {
                let alone = text.lines().any(|line| line.starts_with("policy "));
                let frame = if alone { "" } else { "policy example { edition = 2026 }\n" };
                project.write("policy.hxp", format!("{frame}{text}"));
            } else if !info.starts_with("project ") || text.contains(" -> ") || lay_out(&project, &text) != ["check"] {
                continue;
            }
            projects.push(project);
        }
    }
    assert!(projects.len() >= 220, "{}", projects.len());
    let roots: Vec<PathBuf> = projects.iter().map(|p| p.root().to_path_buf()).collect();
    agree(&roots);
}

/// Numbers that look random and are the same every time.
pub fn dice(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

#[test]
fn after_any_edits_the_server_says_what_a_fresh_check_says() {
    after_any_edits(project(), 162);
}

/// Enough text that edits are answered in two steps: what they touch at once, and the whole when typing rests.
pub fn large() -> Editor {
    let padding = "// Nothing but text.\n".repeat(8000);
    Editor::with(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", PROD), ("padding.hxp", &padding)])
}

#[test]
fn after_any_edits_of_a_large_project_the_server_says_what_a_fresh_check_says() {
    after_any_edits(large(), 102);
}

fn after_any_edits(mut editor: Editor, versions: i64) {
    const PIECES: &[&str] =
        &["{", "}", "\n", "\r\n", "\r", "\"", "é😀", "team x {}", "require unit", "approve 1 of ops", "= 5", "//", ""];
    editor.open("prod.hxp", PROD);
    let mut text = PROD.to_owned();
    let mut seed = 7;
    for version in 2..versions {
        let mut start = dice(&mut seed) % (text.len() + 1);
        let mut end = (start + dice(&mut seed) % 6).min(text.len());
        // No position is within a character, nor between the two that end a line.
        let is_place = |at: usize| text.is_char_boundary(at) && !(at > 0 && text[..].get(at - 1..=at) == Some("\r\n"));
        while !is_place(start) {
            start -= 1;
        }
        while !is_place(end) {
            end += 1;
        }
        let at = |offset: usize| position(&text, &json!(offset));
        let piece = PIECES[dice(&mut seed) % PIECES.len()];
        let change = json!([{ "range": { "start": at(start), "end": at(end) }, "text": piece }]);
        editor.change("prod.hxp", version, change);
        text.replace_range(start..end, piece);
        if version % 20 == 0 {
            let document = json!({ "textDocument": { "uri": editor.uri("prod.hxp") } });
            let told = told(&editor.ask("textDocument/diagnostic", document)["result"]["items"]);
            let path = editor.folder.path().join("prod.hxp");
            std::fs::write(&path, &text).unwrap();
            let found = checked(editor.folder.path()).remove(&path).unwrap_or_default();
            assert_eq!(told, found, "{text}");
        }
    }
}
