//! Every feature on small policies: `$0` marks the cursor, and what is asked for stands beside the answer.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod actions;
mod completion;
mod diagnostics;
mod everywhere;
mod hover;
mod navigate;
mod outline;
mod rename;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hxp_diagnostics::{Edit, FileId, Span};
use hxp_driver::system::{Disk, Memory};
use hxp_driver::{Compilation, Request, compile, slice};
use hxp_ide::{Place, Snapshot};

/// A policy that every fixture can lean on, so that the text of a case is what the case is about.
pub const BASE: &str = r#"policy p { edition = 2026, version = 1.0.0, owner = ops }
team ops { github = "o/ops" }
team devs { github = "o/devs" }
channel chat { to = { kind = "slack", channel = "chat" } }
/// Weekdays in Berlin.
window office { zone = "Europe/Berlin"  open mon..fri 09:00..17:00 }
/// The share of lines that tests reach.
gate coverage(min: percent = 70%) { run = "make cover"  yields line: percent  require line >= min }
gate unit { run = "make test" }
"#;

/// What the chart `charts/web` takes; read when a fixture declares it.
const SCHEMA: &str = r#"{ "properties": { "logLevel": {
  "type": "string", "description": "how much is written", "enum": ["debug", "info"]
} } }"#;

/// The project of a fixture: the text with its marker taken out, as `main.hxp`, beside `base.hxp`.
pub fn project(text: &str) -> (Snapshot, Place) {
    let offset = text.find("$0").unwrap_or(0);
    let plain = text.replacen("$0", "", 1);
    let memory = Memory::with([("/p/base.hxp", BASE), ("/p/main.hxp", plain.as_str()), ("/p/hxp.toml", "")]);
    memory.put("/p/charts/web/values.schema.json", SCHEMA);
    let request = Request { start: "/p".into(), today: Some(TODAY), ..Request::default() };
    let compilation = compile(&memory, &request);
    let snapshot = Snapshot { project: Arc::new(compilation), types: None, now: now() };
    let file = snapshot.file(Path::new("/p/main.hxp")).unwrap();
    (looked_at(&snapshot.project, file), Place { file, offset: u32::try_from(offset).unwrap() })
}

/// The day on which everything is read.
pub const TODAY: jiff::civil::Date = jiff::civil::date(2027, 3, 1);

/// A Monday morning in Berlin, asked about from Tokyo.
pub fn now() -> jiff::Zoned {
    "2027-03-01T10:00+09:00[Asia/Tokyo]".parse().unwrap()
}

/// A project with the types of one of its files.
pub fn looked_at(project: &Arc<Compilation>, file: FileId) -> Snapshot {
    let roots: BTreeSet<_> = slice::items_of(project, file).map(|(at, _)| at).collect();
    let types = slice::slice(project, &roots, Some(file), Some(TODAY)).types;
    Snapshot { project: project.clone(), types: Some(Arc::new(types)), now: now() }
}

/// The examples and the policies of the corpus.
pub fn real_projects() -> Vec<Arc<Compilation>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let within = |folder: &str| std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path());
    let mut starts: Vec<PathBuf> = within("examples").filter(|p| p.join("hxp.toml").exists()).collect();
    starts.extend(within("tests/corpus").filter(|p| p.extension().is_some_and(|e| e == "hxp")));
    starts.sort();
    let read = |start| compile(&Disk, &Request { start, today: Some(TODAY), ..Request::default() });
    starts.into_iter().map(|start| Arc::new(read(start))).collect()
}

/// Every file of the examples and the corpus, as one who works on it sees it.
pub fn real_files() -> impl Iterator<Item = (Snapshot, FileId)> {
    let files = |project: Arc<Compilation>| {
        let ids: Vec<FileId> = project.files.iter().map(|f| f.id).collect();
        ids.into_iter().map(move |file| (looked_at(&project, file), file))
    };
    real_projects().into_iter().flat_map(files)
}

/// The text of `main.hxp` between the cursor and the end of what `until` says.
pub fn span(snapshot: &Snapshot, file: FileId, text: &str) -> Span {
    let at = snapshot.text(file).find(text).unwrap_or_else(|| panic!("no `{text}`"));
    Span::new(file, u32::try_from(at).unwrap(), u32::try_from(at + text.len()).unwrap())
}

/// A file after some edits.
pub fn edited(snapshot: &Snapshot, file: FileId, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    let mut text = snapshot.text(file).to_owned();
    for edit in edits.into_iter().rev() {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    text
}
