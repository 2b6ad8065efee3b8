//! Colours: what is told in ranges and as differences is what is told as a whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::editor::Editor;
use crate::{dice, range};

/// The numbers of some tokens, five for each.
fn numbers(data: &Value) -> Vec<u64> {
    data.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
}

/// Tokens with their places in the file, instead of their distances from one another.
fn placed(data: &[u64]) -> Vec<[u64; 5]> {
    let (mut line, mut column) = (0, 0);
    let place = |token: &[u64]| {
        column = if token[0] == 0 { column + token[1] } else { token[1] };
        line += token[0];
        [line, column, token[2], token[3], token[4]]
    };
    data.chunks(5).map(place).collect()
}

/// Numbers after the edits that a difference tells.
fn applied(before: &[u64], edits: &Value) -> Vec<u64> {
    let mut after = before.to_vec();
    for edit in edits.as_array().unwrap().iter().rev() {
        let start = usize::try_from(edit["start"].as_u64().unwrap()).unwrap();
        let count = usize::try_from(edit["deleteCount"].as_u64().unwrap()).unwrap();
        after.splice(start..start + count, numbers(&edit["data"]));
    }
    after
}

fn policies(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            policies(&path, found);
        } else if path.extension().is_some_and(|e| e == "hxp") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn tokens_are_the_same_as_a_whole_in_ranges_and_as_differences() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bank").canonicalize().unwrap();
    let mut paths = Vec::new();
    policies(&project, &mut paths);
    let mut editor = Editor::silent(&[]);
    let root = format!("file://{}", project.display());
    editor.ask("initialize", json!({ "processId": null, "rootUri": root, "capabilities": {} }));
    editor.tell("initialized", json!({}));
    let mut seed = 5;
    for path in paths {
        let uri = format!("file://{}", path.display());
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = u32::try_from(text.lines().count()).unwrap();
        let document = json!({ "uri": uri, "languageId": "hxp", "version": 1, "text": text });
        editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
        let of = json!({ "textDocument": { "uri": uri } });
        let mut whole = editor.ask("textDocument/semanticTokens/full", of.clone())["result"].clone();
        for version in 2..5 {
            let data = numbers(&whole["data"]);
            let mut parts: BTreeSet<[u64; 5]> = BTreeSet::new();
            for line in (0..=lines + 10).step_by(7) {
                let mut asked = of.clone();
                asked["range"] =
                    json!({ "start": { "line": line, "character": 0 }, "end": { "line": line + 7, "character": 0 } });
                let part = editor.ask("textDocument/semanticTokens/range", asked);
                parts.extend(placed(&numbers(&part["result"]["data"])));
            }
            assert_eq!(placed(&data), parts.into_iter().collect::<Vec<_>>(), "{uri}");
            let line = u32::try_from(dice(&mut seed)).unwrap_or(0) % (lines + 1);
            let piece =
                ["// more\n", "\n\n", "team a_new_one { github = \"o/x\" }\n", "{", "\"", "\r"][dice(&mut seed) % 6];
            let change = json!([{ "range": range(line, 0, 0), "text": piece }]);
            let document = json!({ "uri": uri, "version": version });
            editor.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": change }));
            let mut asked = of.clone();
            asked["previousResultId"] = whole["resultId"].clone();
            let difference = editor.ask("textDocument/semanticTokens/full/delta", asked);
            whole = editor.ask("textDocument/semanticTokens/full", of.clone())["result"].clone();
            assert_eq!(applied(&data, &difference["result"]["edits"]), numbers(&whole["data"]), "{uri}");
        }
        editor.tell("textDocument/didClose", of);
    }
}
