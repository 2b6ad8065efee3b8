//! Folders and files that come and go, and texts as other systems write them.

use serde_json::{Value, json};

use crate::editor::Editor;
use crate::{POLICY, PROD, project, range};

/// The lines of a file of which something is said, each with its code.
fn said(found: &[Value]) -> Vec<(String, Value)> {
    found.iter().map(|d| (d["code"].as_str().unwrap().to_owned(), d["range"].clone())).collect()
}

#[test]
fn each_folder_is_a_project_of_its_own_and_may_go_and_come() {
    let wrong = PROD.replace("ops", "nobody");
    let files = [
        ("a/hxp.toml", ""),
        ("a/policy.hxp", POLICY),
        ("a/prod.hxp", PROD),
        ("b/hxp.toml", ""),
        ("b/policy.hxp", POLICY),
        ("b/prod.hxp", &wrong),
        ("c/hxp.toml", ""),
        ("c/policy.hxp", "policy p { edition = 2026, colour = 5 }\n"),
    ];
    let mut editor = Editor::silent(&files);
    let folder = |editor: &Editor, name: &str| json!({ "uri": editor.uri(name), "name": name });
    let folders = json!([folder(&editor, "a"), folder(&editor, "b")]);
    let hello = json!({ "processId": null, "rootUri": null, "workspaceFolders": folders, "capabilities": {} });
    let able = editor.ask("initialize", hello);
    assert_eq!(able["result"]["capabilities"]["workspace"]["workspaceFolders"]["supported"], true);
    editor.tell("initialized", json!({}));
    // The same names in both are no doubles.
    assert_eq!(said(&editor.diagnostics("b/prod.hxp", None)), [("HXP0201".to_owned(), range(2, 15, 21))]);
    editor.open("a/prod.hxp", PROD);
    assert_eq!(editor.diagnostics("a/prod.hxp", Some(1)), Vec::<Value>::new());
    let place = editor.at("a/prod.hxp", 2, 16);
    let definition = editor.ask("textDocument/definition", place);
    assert_eq!(definition["result"][0]["targetUri"], editor.uri("a/policy.hxp"));
    let event = json!({ "removed": [folder(&editor, "b")], "added": [folder(&editor, "c")] });
    editor.tell("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    assert_eq!(editor.diagnostics("b/prod.hxp", None), Vec::<Value>::new());
    assert_eq!(editor.diagnostics("c/policy.hxp", None)[0]["code"], "HXP0401");
}

#[test]
fn a_broken_manifest_is_told_in_its_place_and_hides_nothing() {
    let wrong = PROD.replace("ops", "nobody");
    let mut editor = Editor::with(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", &wrong)]);
    editor.open("prod.hxp", &wrong);
    let expected = [("HXP0201".to_owned(), range(2, 15, 21))];
    assert_eq!(said(&editor.diagnostics("prod.hxp", Some(1))), expected);
    // In the editor.
    editor.open("hxp.toml", "[lints\n");
    assert_eq!(editor.diagnostics("hxp.toml", Some(1))[0]["code"], "HXP0007");
    let place = editor.at("prod.hxp", 0, 14);
    assert!(editor.ask("textDocument/hover", place)["result"]["contents"]["value"].as_str().unwrap().contains("prod"));
    let document = json!({ "textDocument": { "uri": editor.uri("prod.hxp") } });
    let found = editor.ask("textDocument/diagnostic", document)["result"]["items"].clone();
    assert_eq!(said(found.as_array().unwrap()), expected);
    editor.change("hxp.toml", 2, json!([{ "text": "[lints]\n" }]));
    assert_eq!(editor.diagnostics("hxp.toml", Some(2)), Vec::<Value>::new());
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": editor.uri("hxp.toml") } }));
    // On the disk.
    let changed = json!({ "changes": [{ "uri": editor.uri("hxp.toml"), "type": 2 }] });
    editor.heard.clear();
    std::fs::write(editor.folder.path().join("hxp.toml"), "colour = 5\n").unwrap();
    editor.tell("workspace/didChangeWatchedFiles", changed.clone());
    assert_eq!(editor.diagnostics("hxp.toml", None)[0]["range"]["start"]["line"], 0);
    std::fs::write(editor.folder.path().join("hxp.toml"), "").unwrap();
    editor.tell("workspace/didChangeWatchedFiles", changed);
    assert_eq!(editor.diagnostics("hxp.toml", None), Vec::<Value>::new());
}

#[test]
fn what_was_said_of_a_file_that_is_gone_is_taken_back() {
    let wrong = PROD.replace("ops", "nobody");
    let mut editor = Editor::with(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", &wrong)]);
    assert_eq!(editor.diagnostics("prod.hxp", None)[0]["code"], "HXP0201");
    let uri = editor.uri("prod.hxp");
    let gone = json!({ "changes": [{ "uri": uri, "type": 3 }] });
    std::fs::remove_file(editor.folder.path().join("prod.hxp")).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", gone.clone());
    assert_eq!(editor.diagnostics("prod.hxp", None), Vec::<Value>::new());
    // One that is open lives on in the editor until it is closed there.
    std::fs::write(editor.folder.path().join("prod.hxp"), &wrong).unwrap();
    editor.open("prod.hxp", &wrong);
    assert_eq!(editor.diagnostics("prod.hxp", Some(1))[0]["code"], "HXP0201");
    std::fs::remove_file(editor.folder.path().join("prod.hxp")).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", gone);
    assert_eq!(editor.diagnostics("prod.hxp", Some(1))[0]["code"], "HXP0201");
    editor.heard.clear();
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(editor.diagnostics("prod.hxp", None), Vec::<Value>::new());
    let symbols = editor.ask("workspace/symbol", json!({ "query": "prod" }));
    assert_eq!(symbols["result"], json!([]));
}

#[test]
fn a_folder_that_is_gone_takes_its_project_with_it() {
    let files = [("x/hxp.toml", ""), ("x/policy.hxp", "policy p { edition = 2026, colour = 5 }\n")];
    let mut editor = Editor::with(&files);
    assert_eq!(editor.diagnostics("x/policy.hxp", None)[0]["code"], "HXP0401");
    let changes = ["x/hxp.toml", "x/policy.hxp"].map(|path| json!({ "uri": editor.uri(path), "type": 3 }));
    std::fs::remove_dir_all(editor.folder.path().join("x")).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    assert_eq!(editor.diagnostics("x/policy.hxp", None), Vec::<Value>::new());
}

/// A policy of which the third line names a team that is not there, in the encodings of other systems.
#[test]
fn places_are_right_whatever_ends_a_line_and_begins_a_file() {
    for (mark, end) in [("", "\n"), ("", "\r\n"), ("", "\r"), ("\u{feff}", "\n"), ("\u{feff}", "\r\n")] {
        let text = |team: &str| format!("{mark}{}", PROD.replace("ops", team).replace('\n', end));
        let what = format!("{mark:?} {end:?}");
        let mut editor = project();
        std::fs::write(editor.folder.path().join("prod.hxp"), text("ops")).unwrap();
        editor.open("prod.hxp", &text("ops"));
        assert_eq!(editor.diagnostics("prod.hxp", Some(1)), Vec::<Value>::new(), "{what}");
        editor.change("prod.hxp", 2, json!([{ "range": range(2, 15, 18), "text": "nobody" }]));
        let found = editor.diagnostics("prod.hxp", Some(2));
        assert_eq!(said(&found), [("HXP0201".to_owned(), range(2, 15, 21))], "{what}");
        // A mark at the beginning is a character of its line.
        let column = u32::try_from(mark.chars().count()).unwrap();
        let place = editor.at("prod.hxp", 0, column + 13);
        let hover = editor.ask("textDocument/hover", place);
        assert_eq!(hover["result"]["range"], range(0, column + 12, column + 16), "{what}");
        let mut renaming = editor.at("prod.hxp", 0, column + 13);
        renaming["newName"] = "live".into();
        let renamed = editor.ask("textDocument/rename", renaming);
        let edits = &renamed["result"]["documentChanges"][0]["edits"];
        assert_eq!(edits[0]["range"], range(0, column + 12, column + 16), "{what}");
        let document = json!({ "textDocument": { "uri": editor.uri("prod.hxp") } });
        let symbols = editor.ask("textDocument/documentSymbol", document.clone());
        assert_eq!(symbols["result"][0]["name"], "prod", "{what}");
        let formatted = editor.ask(
            "textDocument/formatting",
            json!({ "textDocument": { "uri": editor.uri("prod.hxp") }, "options": { "tabSize": 2, "insertSpaces": true } }),
        );
        assert!(formatted["error"].is_null(), "{what}: {formatted}");
    }
}

#[test]
fn a_file_that_gets_another_name_keeps_its_users() {
    let library = "let limit = 5%\n";
    let user = "use teams.limits.{limit}\nlet twice = limit * 2\nrule r { deny when twice > 3% because \"x\" }\n";
    let mut editor = Editor::with(&[
        ("hxp.toml", "[modules]\nteams = \"shared\"\n"),
        ("policy.hxp", POLICY),
        ("prod.hxp", user),
        ("shared/limits.hxp", library),
    ]);
    editor.open("prod.hxp", user);
    editor.diagnostics("prod.hxp", Some(1));
    let moved = |editor: &Editor, to: &str| json!({ "files": [{ "oldUri": editor.uri("shared/limits.hxp"), "newUri": editor.uri(to) }] });
    let params = moved(&editor, "shared/bounds.hxp");
    let answer = editor.ask("workspace/willRenameFiles", params);
    let change = &answer["result"]["documentChanges"][0];
    assert_eq!(change["textDocument"]["uri"], editor.uri("prod.hxp"), "{answer}");
    assert_eq!(change["edits"][0]["newText"], "teams.bounds", "{answer}");
    assert_eq!(change["edits"][0]["range"], range(0, 4, 16), "{answer}");
    // What is no module any more is for the user to say.
    let params = moved(&editor, "elsewhere/limits.hxp");
    assert_eq!(editor.ask("workspace/willRenameFiles", params)["result"], Value::Null);
}
