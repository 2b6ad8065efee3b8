//! Conversations with the server over its real standard input and output, and over TCP.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where it fails")]
#![expect(clippy::needless_pass_by_value, reason = "`json!` makes values, and each is said once")]

use std::io::{BufRead as _, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Nothing takes so long, not even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor.
struct Editor {
    server: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    next: u64,
    folder: tempfile::TempDir,
    /// What was said without being waited for.
    heard: Vec<Value>,
}

fn listen(stream: impl Read + Send + 'static) -> Receiver<Value> {
    let (say, hear) = channel();
    std::thread::spawn(move || {
        let mut input = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if input.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            input.read_exact(&mut body).unwrap();
            if say.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    hear
}

impl Editor {
    /// A server that has not been greeted yet, over a project of these files.
    fn silent(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut server = Command::new(env!("CARGO_BIN_EXE_hxpc"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let from = listen(server.stdout.take().unwrap());
        let to = server.stdin.take();
        Self { server, to, from, next: 0, folder, heard: Vec::new() }
    }

    fn with(files: &[(&str, &str)]) -> Self {
        Self::able(files, json!({}))
    }

    fn able(files: &[(&str, &str)], capabilities: Value) -> Self {
        let mut editor = Self::silent(files);
        let root = editor.uri("");
        let answer =
            editor.ask("initialize", json!({ "processId": null, "rootUri": root, "capabilities": capabilities }));
        assert_eq!(answer["result"]["serverInfo"]["name"], "hxpc");
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, path: &str) -> String {
        format!("file://{}/{path}", self.folder.path().display()).trim_end_matches('/').to_owned()
    }

    fn raw(&mut self, bytes: &[u8]) {
        let to = self.to.as_mut().unwrap();
        to.write_all(bytes).unwrap();
        to.flush().unwrap();
    }

    fn say(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.next += 1;
        self.say(&json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }));
        self.next
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id)
    }

    fn answer(&mut self, id: u64) -> Value {
        self.hear(|m| m["id"] == id && m.get("method").is_none())
    }

    fn hear(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.heard.iter().position(&wanted) {
            return self.heard.remove(at);
        }
        loop {
            let message = self.from.recv_timeout(PATIENCE).expect("the server says nothing more");
            if wanted(&message) {
                return message;
            }
            self.heard.push(message);
        }
    }

    /// What is said of a version of a file.
    fn diagnostics(&mut self, path: &str, version: Option<i64>) -> Vec<Value> {
        let uri = self.uri(path);
        let said = self.hear(|m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == uri.as_str()
                && version.is_none_or(|v| m["params"]["version"] == v)
        });
        said["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn open(&mut self, path: &str, text: &str) {
        let uri = self.uri(path);
        let document = json!({ "uri": uri, "languageId": "hxp", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, path: &str, version: i64, changes: Value) {
        let document = json!({ "uri": self.uri(path), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    fn at(&self, path: &str, line: u32, character: u32) -> Value {
        json!({ "textDocument": { "uri": self.uri(path) }, "position": { "line": line, "character": character } })
    }

    fn leave(mut self) -> i32 {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.server.wait().unwrap().code().unwrap()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

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
fn the_editor_hears_what_check_says() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for name in ["small-service", "bank", "hexabase", "monorepo"] {
        let root = examples.join(name).canonicalize().unwrap();
        let check =
            Command::new(env!("CARGO_BIN_EXE_hxpc")).args(["check", "--format", "json"]).arg(&root).output().unwrap();
        let check: Value = serde_json::from_slice(&check.stdout).unwrap();
        let mut editor = Editor::silent(&[]);
        let uri = format!("file://{}", root.display());
        editor.ask("initialize", json!({ "processId": null, "rootUri": uri, "capabilities": {} }));
        editor.tell("initialized", json!({}));
        let all = editor.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
        let reports = all["result"]["items"].as_array().unwrap();
        let told: usize = reports.iter().map(|r| r["items"].as_array().unwrap().len()).sum();
        assert_eq!(told, check["diagnostics"].as_array().unwrap().len(), "{name}");
        assert!(!reports.is_empty());
    }
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

/// Numbers that look random and are the same every time.
fn dice(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

#[test]
fn after_any_edits_the_server_says_what_a_fresh_check_says() {
    after_any_edits(project(), 162);
}

/// Enough text that edits are answered in two steps: what they touch at once, and the whole when typing rests.
fn large() -> Editor {
    let padding = "// Nothing but text.\n".repeat(8000);
    Editor::with(&[("hxp.toml", ""), ("policy.hxp", POLICY), ("prod.hxp", PROD), ("padding.hxp", &padding)])
}

#[test]
fn after_any_edits_of_a_large_project_the_server_says_what_a_fresh_check_says() {
    after_any_edits(large(), 102);
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

fn after_any_edits(mut editor: Editor, versions: i64) {
    const PIECES: &[&str] =
        &["{", "}", "\n", "\"", "é😀", "team x {}", "require unit", "approve 1 of ops", "= 5", "//", ""];
    editor.open("prod.hxp", PROD);
    let mut text = PROD.to_owned();
    let mut seed = 7;
    for version in 2..versions {
        let mut start = dice(&mut seed) % (text.len() + 1);
        let mut end = (start + dice(&mut seed) % 6).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let at = |offset: usize| {
            let before = &text[..offset];
            let line = before.matches('\n').count();
            let column = before.rsplit('\n').next().unwrap().encode_utf16().count();
            json!({ "line": line, "character": column })
        };
        let piece = PIECES[dice(&mut seed) % PIECES.len()];
        let change = json!([{ "range": { "start": at(start), "end": at(end) }, "text": piece }]);
        editor.change("prod.hxp", version, change);
        text.replace_range(start..end, piece);
        if version % 20 == 0 {
            let document = json!({ "uri": editor.uri("prod.hxp") });
            let told = editor.ask("textDocument/diagnostic", json!({ "textDocument": document }));
            let one = |code: &Value, line: u64| format!("{line} {code}");
            let told = told["result"]["items"].as_array().unwrap().iter();
            let mut told: Vec<String> =
                told.map(|d| one(&d["code"], d["range"]["start"]["line"].as_u64().unwrap() + 1)).collect();
            told.sort();
            std::fs::write(editor.folder.path().join("prod.hxp"), &text).unwrap();
            let check = Command::new(env!("CARGO_BIN_EXE_hxpc"))
                .args(["check", "--format", "json"])
                .arg(editor.folder.path())
                .output()
                .unwrap();
            let check: Value = serde_json::from_slice(&check.stdout).unwrap();
            let found = check["diagnostics"].as_array().unwrap().iter();
            let mut found: Vec<String> = found
                .filter(|d| d["file"].as_str().unwrap().ends_with("prod.hxp"))
                .map(|d| one(&d["code"], d["range"]["start"]["line"].as_u64().unwrap()))
                .collect();
            found.sort();
            assert_eq!(told, found, "{text}");
        }
    }
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
