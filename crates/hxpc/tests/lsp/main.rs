//! Conversations with the server over its real standard input and output, and over TCP.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where it fails")]
#![expect(clippy::needless_pass_by_value, reason = "`json!` makes values, and each is said once")]

mod agreement;
#[path = "../common/mod.rs"]
mod common;
mod editor;
mod tokens;
mod workspace;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use agreement::{dice, large};
use editor::{Editor, PATIENCE, listen};

const POLICY: &str = "policy p { edition = 2026, version = 1.0.0 }\nteam ops { github = \"o/ops\" }\n";
const PROD: &str = "environment prod {\n  deploy with command(\"x\") on manual\n  approve 1 of ops\n}\n";

fn project() -> Editor {
    Editor::with(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", PROD)])
}

fn range(line: u32, from: u32, to: u32) -> Value {
    json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
}

#[test]
fn a_session_from_hello_to_good_bye() {
    let mut editor = project();
    editor.open("prod.hxp", PROD);
    assert_eq!(editor.diagnostics("prod.hxp", Some(1)), Vec::<Value>::new());
    editor.change("prod.hxp", 2, json!([{ "range": range(2, 15, 18), "text": "nobody" }]));
    let found = editor.diagnostics("prod.hxp", Some(2));
    assert_eq!(found[0]["code"], "HXP0201");
    assert_eq!(found[0]["range"], range(2, 15, 21));
    assert_eq!(found[0]["codeDescription"]["href"], "hxp:///errors/HXP0201.md");
    editor.change("prod.hxp", 3, json!([{ "range": range(2, 15, 21), "text": "ops" }]));
    assert_eq!(editor.diagnostics("prod.hxp", Some(3)), Vec::<Value>::new());
    assert_eq!(editor.leave(), 0);
}

#[test]
fn a_client_that_goes_without_a_word_is_noticed() {
    let mut editor = project();
    editor.to = None;
    assert_eq!(editor.server.wait().unwrap().code(), Some(1));
}

#[test]
fn nothing_is_answered_before_the_greeting_and_after_the_farewell() {
    let mut editor = Editor::silent(&[]);
    let early = editor.ask("textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], -32002);
    editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    let twice = editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
    assert_eq!(twice["error"]["code"], -32600);
    editor.ask("shutdown", Value::Null);
    let late = editor.ask("textDocument/hover", json!({}));
    assert_eq!(late["error"]["code"], -32600);
}

#[test]
fn bytes_that_are_no_message_are_passed_over() {
    let mut editor = project();
    for noise in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"Content-Length: 5\r\n\r\n{\"a\":",
        b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 15\r\n\r\n{\"jsonrpc\":\"1\"}",
    ] {
        editor.raw(noise);
    }
    let deep = "[".repeat(100_000);
    editor.raw(format!("Content-Length: {}\r\n\r\n{deep}", deep.len()).as_bytes());
    let answer = editor.ask("workspace/symbol", json!({ "query": "prod" }));
    assert_eq!(answer["result"][0]["name"], "prod");
}

#[test]
fn a_request_sees_every_edit_before_it() {
    let mut editor = project();
    editor.open("prod.hxp", PROD);
    let mut asked = Vec::new();
    for version in 2..60 {
        // Each edit puts another declaration in front; the outline right behind it must show it.
        editor.change(
            "prod.hxp",
            version,
            json!([{ "range": range(0, 0, 0), "text": format!("team t{version} {{}}\n") }]),
        );
        let document = json!({ "textDocument": { "uri": editor.uri("prod.hxp") } });
        asked.push((version, editor.begin("textDocument/documentSymbol", document)));
    }
    for (version, id) in asked {
        let answer = editor.answer(id);
        match answer["error"]["code"].as_i64() {
            // A later edit came before the answer could be made.
            Some(code) => assert_eq!(code, -32801, "{answer}"),
            None => {
                assert!(answer["result"].as_array().unwrap().len() >= usize::try_from(version).unwrap(), "{answer}");
            }
        }
    }
}

#[test]
fn columns_are_counted_as_was_agreed() {
    for (encodings, agreed, column) in [(json!(null), "utf-16", 23), (json!(["utf-8", "utf-16"]), "utf-8", 25)] {
        let text = "/// 😀\nteam t { title = \"😀\", x = 5 }\n";
        let mut editor = Editor::silent(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("t.hxp", text)]);
        let capabilities = json!({ "general": { "positionEncodings": encodings } });
        let root = editor.uri("");
        let answer =
            editor.ask("initialize", json!({ "processId": null, "rootUri": root, "capabilities": capabilities }));
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], agreed);
        editor.tell("initialized", json!({}));
        editor.open("t.hxp", text);
        let found = editor.diagnostics("t.hxp", Some(1));
        let unknown = found.iter().find(|d| d["code"] == "HXP0401").unwrap();
        assert_eq!(unknown["range"]["start"], json!({ "line": 1, "character": column }), "{agreed}");
    }
}

#[test]
fn ranges_outside_of_the_text_and_strange_orders_do_no_harm() {
    let mut editor = project();
    editor.change("prod.hxp", 7, json!([{ "text": "never opened" }]));
    editor.open("prod.hxp", PROD);
    editor.open("prod.hxp", PROD);
    editor.change("prod.hxp", 2, json!([{ "range": range(900, 4, 2), "text": "// at the end\n" }]));
    editor.change("prod.hxp", 3, json!([{ "range": { "start": { "line": 4, "character": 99 }, "end": { "line": 0, "character": 0 } }, "text": PROD }]));
    assert_eq!(editor.diagnostics("prod.hxp", Some(3)), Vec::<Value>::new());
    let strange = editor.at("prod.hxp", 4_000_000, 4_000_000);
    assert!(editor.ask("textDocument/hover", strange).get("result").is_some());
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": editor.uri("elsewhere.hxp") } }));
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": editor.uri("prod.hxp") } }));
    editor.tell("textDocument/unheardOf", json!({}));
    assert_eq!(editor.ask("textDocument/unheardOf", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.leave(), 0);
}

#[test]
fn a_file_that_is_not_open_is_read_from_the_disk_and_watched() {
    let mut editor = project();
    editor.open("prod.hxp", PROD);
    assert_eq!(editor.diagnostics("prod.hxp", Some(1)), Vec::<Value>::new());
    let changed = POLICY.replace("team ops", "team oops");
    std::fs::write(editor.folder.path().join("policy.hxp"), changed).unwrap();
    let uri = editor.uri("policy.hxp");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 2 }] }));
    let found = editor.diagnostics("prod.hxp", Some(1));
    assert_eq!(found[0]["code"], "HXP0201");
}

#[test]
fn diagnostics_can_be_asked_for_and_are_told_once() {
    let able =
        json!({ "textDocument": { "diagnostic": {} }, "workspace": { "diagnostics": { "refreshSupport": true } } });
    let wrong = PROD.replace("ops", "nobody");
    let mut editor = Editor::able(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", &wrong)], able);
    let document = json!({ "uri": editor.uri("prod.hxp") });
    let first = editor.ask("textDocument/diagnostic", json!({ "textDocument": document }));
    assert_eq!(first["result"]["kind"], "full");
    assert_eq!(first["result"]["items"][0]["code"], "HXP0201");
    let id = first["result"]["resultId"].clone();
    let again = editor.ask("textDocument/diagnostic", json!({ "textDocument": document, "previousResultId": id }));
    assert_eq!(again["result"]["kind"], "unchanged");
    let all = editor.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
    assert_eq!(all["result"]["items"].as_array().unwrap().len(), 2);
    assert!(!editor.heard.iter().any(|m| m["method"] == "textDocument/publishDiagnostics"));
}

#[test]
fn features_answer_in_the_terms_of_the_protocol() {
    let snippets = json!({ "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } } });
    let mut editor = Editor::able(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", PROD)], snippets);
    editor.open("prod.hxp", PROD);
    let place = editor.at("prod.hxp", 2, 16);
    let definition = editor.ask("textDocument/definition", place.clone());
    assert_eq!(definition["result"][0]["targetUri"], editor.uri("policy.hxp"));
    let hover = editor.ask("textDocument/hover", place.clone());
    assert!(hover["result"]["contents"]["value"].as_str().unwrap().contains("team ops"));
    let mut renaming = place.clone();
    renaming["newName"] = "people".into();
    let rename = editor.ask("textDocument/rename", renaming);
    assert_eq!(rename["result"]["documentChanges"].as_array().unwrap().len(), 2);
    let completion = editor.ask("textDocument/completion", place);
    let ops = completion["result"]["items"].as_array().unwrap().iter().find(|i| i["label"] == "ops").unwrap().clone();
    let resolved = editor.ask("completionItem/resolve", ops);
    assert!(resolved["result"]["documentation"]["value"].as_str().unwrap().contains("team ops"));
    let document = json!({ "textDocument": { "uri": editor.uri("prod.hxp") } });
    let tokens = editor.ask("textDocument/semanticTokens/full", document.clone());
    let id = tokens["result"]["resultId"].clone();
    let mut delta = document.clone();
    delta["previousResultId"] = id;
    let delta = editor.ask("textDocument/semanticTokens/full/delta", delta);
    assert_eq!(delta["result"]["edits"], json!([]));
    for method in ["foldingRange", "documentLink", "codeLens", "documentSymbol"] {
        let answer = editor.ask(&format!("textDocument/{method}"), document.clone());
        assert!(answer["result"].is_array(), "{method}: {answer}");
    }
    assert_eq!(editor.leave(), 0);
}

#[test]
fn our_own_requests_decide_preview_and_draw() {
    let test = "test \"t\" {\n  given prod at 2027-03-02T10:00[Europe/Berlin]\n  expect allow\n}\n";
    let mut editor = Editor::with(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", PROD), ("t.hxp", test)]);
    let uri = editor.uri("prod.hxp");
    let preview = editor.ask("hxp/preview", json!({ "uri": uri }));
    let files = preview["result"]["files"].as_array().unwrap();
    let mapped = files.iter().flat_map(|f| f["map"].as_array().unwrap()).find(|m| m["uri"] == uri.as_str());
    assert!(mapped.is_some(), "{}", files.len());
    let graph = editor.ask("hxp/graph", json!({ "uri": uri }));
    assert!(graph["result"]["svg"].as_str().unwrap().contains("<svg"));
    let page = editor.ask("hxp/text", json!({ "uri": "hxp:///errors/HXP0201.md" }));
    assert!(page["result"]["text"].as_str().unwrap().contains("HXP0201"));
    let refused = editor.ask("hxp/decision", json!({ "uri": uri, "request": {} }));
    assert_eq!(refused["error"]["code"], -32602);
    let run = json!({ "command": "hxp.runTest", "arguments": [{ "uri": uri, "name": "t" }] });
    let ran = editor.ask("workspace/executeCommand", run);
    assert_eq!(ran["result"], json!([{ "title": "t", "holds": true, "wrong": [] }]));
}

#[test]
fn a_request_can_be_taken_back() {
    let mut editor = project();
    editor.open("prod.hxp", PROD);
    let id = editor.begin("hxp/preview", json!({ "uri": editor.uri("prod.hxp") }));
    editor.tell("$/cancelRequest", json!({ "id": id }));
    let answer = editor.answer(id);
    // Either it was taken back in time or it was done already.
    assert!(answer["error"]["code"] == -32800 || answer.get("result").is_some(), "{answer}");
    assert_eq!(editor.leave(), 0);
}

#[test]
fn editors_connect_over_tcp_and_other_protocols_are_hung_up_on() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_hxpc"))
        .args(["lsp", "--tcp", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let mut browser = std::net::TcpStream::connect(&address).unwrap();
    browser.write_all(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    browser.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(browser.read(&mut [0; 1]).unwrap(), 0);
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let hear = listen(stream.try_clone().unwrap());
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "processId": null, "rootUri": null, "capabilities": {} } });
    let hello = hello.to_string();
    stream.write_all(format!("Content-Length: {}\r\n\r\n{hello}", hello.len()).as_bytes()).unwrap();
    let answer = hear.recv_timeout(PATIENCE).unwrap();
    assert_eq!(answer["result"]["serverInfo"]["name"], "hxpc");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_mistake_in_a_large_project_is_told_before_and_after_the_whole_is_checked() {
    let mut editor = large();
    let wrong = PROD.replace("ops", "nobody");
    std::fs::write(editor.folder.path().join("prod.hxp"), &wrong).unwrap();
    editor.open("prod.hxp", &wrong);
    let first = editor.diagnostics("prod.hxp", Some(1));
    assert_eq!((&first[0]["code"], &first[0]["message"]), (&"HXP0201".into(), &"there is no team `nobody`".into()));
    let document = json!({ "textDocument": { "uri": editor.uri("prod.hxp") } });
    let settled = editor.ask("textDocument/diagnostic", document)["result"]["items"].clone();
    // Which names there are is known when all was read.
    assert_eq!(settled[0]["message"], "there is no team `nobody`\nhelp: valid here: `ops`");
    assert_eq!((&settled[0]["range"], settled.as_array().unwrap().len()), (&first[0]["range"], first.len()));
}

/// What the server holds in memory, in kB.
#[cfg(target_os = "linux")]
fn held(editor: &Editor) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", editor.server.id())).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_edits_leave_nothing_behind() {
    const EDITS: i64 = 10_000;
    let mut editor = project();
    editor.open("prod.hxp", PROD);
    let document = json!({ "textDocument": { "uri": editor.uri("prod.hxp") } });
    let mut early = 0;
    for version in 2..EDITS + 2 {
        // The text gets longer by a line and shorter again, with words that were never there before.
        let change = match version % 2 {
            0 => {
                json!([{ "range": range(0, 0, 0), "text": format!("team t{version} {{ github = \"o/t{version}\" }}\n") }])
            }
            _ => {
                json!([{ "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } }, "text": "" }])
            }
        };
        editor.change("prod.hxp", version, change);
        if version % 50 == 1 {
            let tokens = editor.ask("textDocument/semanticTokens/full", document.clone());
            assert!(tokens["result"]["data"].is_array(), "{tokens}");
            let found = editor.ask("textDocument/diagnostic", document.clone());
            assert_eq!(found["result"]["items"], json!([]));
            editor.heard.clear();
        }
        if version == 2001 {
            early = held(&editor);
        }
    }
    let late = held(&editor);
    assert!(late < early + early / 4 + 8192, "{early} kB after 2,000 edits, {late} kB after {EDITS}");
}

#[test]
fn messages_in_any_order_are_answered_or_refused() {
    const METHODS: &[&str] = &[
        "textDocument/hover",
        "textDocument/completion",
        "textDocument/rename",
        "textDocument/codeAction",
        "textDocument/semanticTokens/range",
        "textDocument/semanticTokens/full/delta",
        "textDocument/onTypeFormatting",
        "callHierarchy/incomingCalls",
        "completionItem/resolve",
        "workspace/executeCommand",
        "workspace/willRenameFiles",
        "workspace/diagnostic",
        "hxp/decision",
        "hxp/preview",
        "hxp/graph",
        "hxp/text",
        "nobody/knows",
    ];
    let mut editor = project();
    let uri = editor.uri("prod.hxp");
    let elsewhere = json!({ "uri": "untitled:x", "position": { "line": -1 } });
    let params = [Value::Null, json!([]), json!({}), json!(7), json!({ "textDocument": { "uri": uri } }), elsewhere];
    let mut seed = 11;
    for _ in 0..300 {
        let method = METHODS[dice(&mut seed) % METHODS.len()];
        let params = params[dice(&mut seed) % params.len()].clone();
        match dice(&mut seed) % 4 {
            0 => editor.tell("textDocument/didChange", params),
            1 => editor.tell("textDocument/didOpen", params),
            2 => editor.tell("$/cancelRequest", json!({ "id": dice(&mut seed) })),
            _ => {
                let answer = editor.ask(method, params);
                let message = answer["error"]["message"].as_str();
                let refused = message.is_some_and(|message| !message.is_empty());
                assert!(answer.get("result").is_some() || refused, "{method}: {answer}");
            }
        }
    }
    editor.open("prod.hxp", PROD);
    assert_eq!(editor.diagnostics("prod.hxp", Some(1)), Vec::<Value>::new());
    assert_eq!(editor.leave(), 0);
}

/// A Python that has pygls, a client that is not ours.
fn python_with_pygls() -> Option<&'static str> {
    let has = |python: &&str| {
        let run = Command::new(python).args(["-c", "import pygls.lsp.client"]).stderr(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    };
    [concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/venv/bin/python3"), "python3"].into_iter().find(has)
}

#[test]
fn a_client_that_is_not_ours_understands_every_answer() {
    let Some(python) = python_with_pygls() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", PROD)] {
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/pygls_client.py");
    let run = Command::new(python).arg(script).arg(env!("CARGO_BIN_EXE_hxpc")).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
