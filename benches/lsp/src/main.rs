//! From a keystroke to the diagnostics, and to the completions, in a file of 10,000 lines in a workspace of 1,000 files.
//!
//! `cargo run --release --manifest-path benches/lsp/Cargo.toml -- HXPC [NLS]`: the server to measure and, where Nickel's is
//! installed, that of Nickel on one file of as many lines. Read the ratios.

#[path = "../../src/generate.rs"]
mod generate;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const FILES: usize = 1000;
const LINES: usize = 10_000;
const KEYSTROKES: usize = 200;

struct Client {
    server: Child,
    to: ChildStdin,
    from: Receiver<(Instant, Value)>,
    id: u64,
}

impl Client {
    fn new(server: &str, args: &[&str]) -> Self {
        let mut server =
            Command::new(server).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a server");
        let to = server.stdin.take().expect("its input");
        let mut input = BufReader::new(server.stdout.take().expect("its output"));
        let (say, from) = channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if input.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    if let Some(value) = line.strip_prefix("Content-Length: ") {
                        length = value.trim().parse().unwrap_or(0);
                    }
                    if line == "\r\n" {
                        break;
                    }
                }
                let mut body = vec![0; length];
                if input.read_exact(&mut body).is_err() {
                    return;
                }
                let came = Instant::now();
                let message = serde_json::from_slice(&body).unwrap_or_default();
                if say.send((came, message)).is_err() {
                    return;
                }
            }
        });
        Self { server, to, from, id: 0 }
    }

    fn say(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("a server that listens");
        self.to.flush().expect("a server that listens");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn ask(&mut self, method: &str, params: Value) -> (Instant, Value) {
        self.id += 1;
        let id = self.id;
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.hear(|m| m["id"] == id && m.get("method").is_none())
    }

    fn hear(&mut self, wanted: impl Fn(&Value) -> bool) -> (Instant, Value) {
        loop {
            let (came, message) = self.from.recv_timeout(Duration::from_secs(120)).expect("an answer");
            if message.get("method").is_some() && message.get("id").is_some() {
                self.say(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
            }
            if wanted(&message) {
                return (came, message);
            }
        }
    }

    fn told_of(&mut self, uri: &str, version: Option<usize>) -> Instant {
        self.hear(|m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == uri
                && version.is_none_or(|v| m["params"]["version"] == v)
        })
        .0
    }

    /// The highest amount of memory so far, in MB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A server over a file: where keys are struck, and whether its diagnostics carry versions.
struct Case<'a> {
    name: &'a str,
    server: &'a str,
    args: &'a [&'a str],
    root: &'a Path,
    file: PathBuf,
    needle: &'a str,
    versions: bool,
}

fn measure(case: &Case<'_>) {
    let text = std::fs::read_to_string(&case.file).expect("the generated file");
    let uri = format!("file://{}", case.file.display());
    let half = text.len() / 2;
    let at = half + text[half..].find(case.needle).expect("a place for keystrokes") + case.needle.len();
    let line = text[..at].matches('\n').count();
    let column = at - text[..at].rfind('\n').map_or(0, |n| n + 1);
    let began = Instant::now();
    let mut client = Client::new(case.server, case.args);
    let root = format!("file://{}", case.root.display());
    let (_, offered) = client.ask("initialize", json!({ "processId": null, "rootUri": root, "capabilities": {} }));
    let sync = &offered["result"]["capabilities"]["textDocumentSync"];
    // TextDocumentSyncKind.Incremental of the Language Server Protocol; any other server wants the whole text each time.
    let incremental = sync == 2 || sync["change"] == 2;
    client.tell("initialized", json!({}));
    let document = json!({ "uri": uri, "languageId": case.name, "version": 1, "text": text });
    client.tell("textDocument/didOpen", json!({ "textDocument": document }));
    let first = client.told_of(&uri, None) - began;
    std::thread::sleep(Duration::from_secs(2));
    let (mut typed, mut completed) = (Vec::new(), Vec::new());
    for stroke in 0..KEYSTROKES {
        let version = stroke + 2;
        let end = column + usize::from(stroke > 0);
        let range =
            json!({ "start": { "line": line, "character": column }, "end": { "line": line, "character": end } });
        let key = char::from(b'a' + u8::try_from(stroke % 26).unwrap_or(0)).to_string();
        let document = json!({ "uri": uri, "version": version });
        let whole = || format!("{}{key}{}", &text[..at], &text[at..]);
        let change = if incremental { json!([{ "range": range, "text": key }]) } else { json!([{ "text": whole() }]) };
        let struck = Instant::now();
        client.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": change }));
        typed.push(client.told_of(&uri, case.versions.then_some(version)) - struck);
        let asked = Instant::now();
        let place = json!({ "textDocument": { "uri": uri }, "position": { "line": line + 1, "character": 2 } });
        completed.push(client.ask("textDocument/completion", place).0 - asked);
        std::thread::sleep(Duration::from_millis(20));
    }
    let ms = |d: Duration| d.as_secs_f64() * 1000.0;
    let p = |times: &mut Vec<Duration>, part: usize| {
        times.sort();
        ms(times[(times.len() * part / 100).min(times.len() - 1)])
    };
    println!(
        "{}: first diagnostics {:.0} ms; keystroke to diagnostics p50 {:.1} p99 {:.1} ms; completion p50 {:.1} p99 {:.1} ms; memory {} MB",
        case.name,
        ms(first),
        p(&mut typed, 50),
        p(&mut typed, 99),
        p(&mut completed, 50),
        p(&mut completed, 99),
        client.memory(),
    );
}

/// A workspace of a thousand files, one of which has ten thousand lines.
fn workspace(root: &Path) {
    let extra = 140;
    generate::write(FILES + extra, 0, root).expect("a folder to write to");
    let mut big = String::new();
    for number in FILES - 2..FILES + extra {
        let path = root.join("services").join(format!("svc{number:04}.hxp"));
        if big.lines().count() < LINES {
            big += &std::fs::read_to_string(&path).expect("a generated service");
        }
        std::fs::remove_file(path).expect("a generated service");
    }
    std::fs::write(root.join("services/big.hxp"), big).expect("a folder to write to");
}

fn nickel(path: &Path) {
    let mut text = String::from("{\n");
    for number in 0..LINES / 5 {
        let _ = write!(
            text,
            "  svc{number} = {{\n    url = \"https://{number}.example.com\",\n    replicas = {number},\n    tags = [\"a\", \"b\"],\n  }},\n"
        );
    }
    text += "}\n";
    std::fs::write(path, text).expect("a folder to write to");
}

fn main() {
    let mut args = std::env::args().skip(1);
    let hxpc = args.next().unwrap_or_else(|| "target/release/hxpc".to_owned());
    let root = std::env::temp_dir().join("hxp-bench-lsp");
    let _ = std::fs::remove_dir_all(&root);
    workspace(&root);
    let file = root.join("services/big.hxp");
    measure(&Case {
        name: "hxp",
        server: &hxpc,
        args: &["lsp"],
        root: &root,
        file,
        needle: "https://",
        versions: true,
    });
    if let Some(nls) = args.next() {
        let folder = root.join("nickel");
        std::fs::create_dir_all(&folder).expect("a folder to write to");
        let file = folder.join("big.ncl");
        nickel(&file);
        measure(&Case {
            name: "nickel",
            server: &nls,
            args: &[],
            root: &folder,
            file,
            needle: "https://",
            versions: false,
        });
    }
    let _ = std::fs::remove_dir_all(&root);
}
