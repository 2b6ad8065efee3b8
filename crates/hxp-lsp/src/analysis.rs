//! The task that follows the newest text, and tells the client what is wrong.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hxp_diagnostics::FileId;
use hxp_driver::manifest;
use hxp_driver::system::{Disk, Kept};
use hxp_ide::Snapshot;
use jiff::tz::TimeZone;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::{
    Diagnostic, FullDocumentDiagnosticReport, NumberOrString, UnchangedDocumentDiagnosticReport, Uri,
    WorkspaceDocumentDiagnosticReport, WorkspaceFullDocumentDiagnosticReport,
    WorkspaceUnchangedDocumentDiagnosticReport,
};

use crate::Options;
use crate::convert::View;
use crate::positions::Encoding;
use crate::state::{Document, State};
use crate::uris;
use crate::world::{self, Memos, Moment, Project, World};

/// What the task needs.
pub struct Analysis {
    /// Whom it tells.
    pub client: Client,
    /// The clock.
    pub options: Arc<Options>,
    /// Grows whenever the disk may have changed.
    pub generation: Arc<AtomicU64>,
    /// The disk.
    pub system: Arc<Kept<Disk>>,
}

/// A check under way.
type Checking = JoinHandle<(Memos, World)>;

/// That it is shown, if it is; dropping this ends it.
type Shown = Option<oneshot::Sender<()>>;

/// What was last said of each file.
type Said = BTreeMap<PathBuf, Vec<Diagnostic>>;

/// An editor that starts opens its first document right away; a check that begins before would be in the way.
const GREETING: Duration = Duration::from_millis(30);

/// A check that takes longer is told of.
const LONG: Duration = Duration::from_millis(300);

/// Before everything of a large project is checked again, typing has stopped for so long.
const IDLE: Duration = Duration::from_millis(120);

impl Analysis {
    /// Follows the newest revision for as long as the server lives. Revisions that came and went meanwhile are skipped.
    ///
    /// Of an edit in a large project, what can be said at once is said at once, and everything when the client rests; so
    /// it is of the documents that are open before anything was checked.
    pub async fn run(
        self,
        mut wanted: watch::Receiver<u64>,
        state: Arc<Mutex<State>>,
        world: watch::Sender<Arc<World>>,
    ) {
        let mut said = Said::new();
        let mut known: Arc<World> = Arc::default();
        let mut memos = Some(Memos::new());
        // With what tells, by being dropped, that it is done.
        let mut checking: Option<(Checking, Shown)> = None;
        let mut due: Option<Instant> = None;
        // Those that the check under way looks at.
        let mut folders: Vec<PathBuf> = Vec::new();
        loop {
            let rest = due.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                changed = wanted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    wanted.mark_unchanged();
                    let (state, now, moment) = self.moment(&state);
                    let before = known.clone();
                    let is_first = before.projects.is_empty();
                    let greeting = is_first && state.documents.is_empty();
                    let (system, mut kept) = (self.system.clone(), if is_first { memos.take() } else { None });
                    let quick = tokio::task::spawn_blocking(move || {
                        let world = if is_first {
                            world::opened(&system, kept.get_or_insert_default(), &moment)
                        } else {
                            world::quick(&before, &moment)
                        };
                        let said = world.map(|world| {
                            let found = findings(&world, &state, &now);
                            (Arc::new(world), found, state)
                        });
                        (kept, said)
                    });
                    let Ok((kept, said_at_once)) = quick.await else { return };
                    memos = memos.or(kept);
                    let rest = match said_at_once {
                        Some((next, found, state)) => {
                            let before = std::mem::replace(&mut known, next);
                            let before = (before, world.send_replace(known.clone()));
                            self.tell(&state, found, &mut said).await;
                            // Letting go of a large tree takes as long as making it: nobody waits for that.
                            tokio::task::spawn_blocking(move || drop(before));
                            if is_first { Duration::ZERO } else { IDLE }
                        }
                        None if greeting => GREETING,
                        None => Duration::ZERO,
                    };
                    due = Some(Instant::now() + rest);
                }
                done = async { (&mut checking.as_mut()?.0).await.ok() }, if checking.is_some() => {
                    checking = None;
                    let Some((kept, checked)) = done else { return };
                    memos = Some(kept);
                    let (state, now, moment) = self.moment(&state);
                    // What is about a text that is gone is dropped; the next check is due already.
                    let same = checked.revision == moment.revision
                        || (folders == moment.folders && checked.is_true_of(&moment));
                    if same {
                        due = None;
                        known = Arc::new(World { revision: moment.revision, ..checked });
                        let built = known.clone();
                        let found = tokio::task::spawn_blocking(move || (findings(&built, &state, &now), state));
                        let Ok((found, state)) = found.await else { return };
                        world.send_replace(known.clone());
                        self.tell(&state, found, &mut said).await;
                    } else {
                        due = due.or_else(|| Some(Instant::now()));
                    }
                }
                () = tokio::time::sleep_until(rest), if due.is_some() && checking.is_none() => {
                    due = None;
                    let (client, _, moment) = self.moment(&state);
                    let shown = client.abilities.progress.then(|| self.show_progress(moment.revision));
                    let (system, before) = (self.system.clone(), known.clone());
                    let mut kept = memos.take().unwrap_or_default();
                    folders.clone_from(&moment.folders);
                    let check = tokio::task::spawn_blocking(move || {
                        let checked = world::full(&system, &mut kept, &before, &moment);
                        (kept, checked)
                    });
                    checking = Some((check, shown));
                }
            }
        }
    }

    /// Shows that a check is under way, if it takes long, until what this gives is dropped.
    fn show_progress(&self, revision: u64) -> oneshot::Sender<()> {
        let (busy, mut done) = oneshot::channel::<()>();
        let client = self.client.clone();
        tokio::spawn(async move {
            if tokio::time::timeout(LONG, &mut done).await.is_ok() {
                return;
            }
            let token = NumberOrString::String(format!("hxp/check/{revision}"));
            if client.create_work_done_progress(token.clone()).await.is_ok() {
                let shown = client.progress(token, "checking the policy").begin().await;
                let _ = done.await;
                shown.finish().await;
            }
        });
        busy
    }

    /// The state of the client now, the time, and what a check of it would be about.
    fn moment(&self, state: &Mutex<State>) -> (State, jiff::Zoned, Moment) {
        let state = state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = (self.options.now)();
        let today = now.with_time_zone(TimeZone::UTC).date();
        let moment = Moment::new(&state, self.generation.load(Ordering::SeqCst), today);
        (state, now, moment)
    }

    /// Tells what is found, or that something is.
    async fn tell(&self, state: &State, found: Said, said: &mut Said) {
        if state.abilities.pulls {
            // The answer comes through the reader; nothing here depends on it.
            let client = self.client.clone();
            tokio::spawn(async move { client.workspace_diagnostic_refresh().await });
        } else {
            self.publish(state, found, said).await;
        }
    }

    /// Tells of each file of which something else is to be said than before.
    async fn publish(&self, state: &State, found: Said, said: &mut Said) {
        for path in said.keys().filter(|path| !found.contains_key(*path)) {
            if let Some(uri) = uri_of(state, path) {
                self.client.publish_diagnostics(uri, Vec::new(), None).await;
            }
        }
        for (path, diagnostics) in &found {
            let document = state.documents.get(path);
            // A client that opens a file wants to hear that nothing is wrong, and about which text.
            if said.get(path) == Some(diagnostics) && document.is_none() {
                continue;
            }
            if let Some(uri) = uri_of(state, path) {
                let version = document.map(|d| d.version);
                self.client.publish_diagnostics(uri, diagnostics.clone(), version).await;
            }
        }
        *said = found;
    }
}

fn uri_of(state: &State, path: &std::path::Path) -> Option<Uri> {
    state.documents.get(path).map(|d| d.uri.clone()).or_else(|| uris::uri(path))
}

/// What is to be said of one file.
pub fn findings_of(
    world: &World,
    documents: &Arc<BTreeMap<PathBuf, Document>>,
    encoding: Encoding,
    now: &jiff::Zoned,
    path: &std::path::Path,
) -> Vec<Diagnostic> {
    let Some((project, _)) = world.find(path) else { return Vec::new() };
    let snapshot = Snapshot { project: project.compilation.clone(), types: None, now: now.clone() };
    let view = View { snapshot, is_whole: project.is_whole, encoding, documents: documents.clone() };
    by_file(&view, project).remove(path).unwrap_or_default()
}

/// What tells two lists of diagnostics apart.
pub fn fingerprint(found: &[Diagnostic]) -> String {
    let text = serde_json::to_vec(found).unwrap_or_default();
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(&text, &mut hasher);
    format!("{:016x}", std::hash::Hasher::finish(&hasher))
}

/// A report on every file of every project; one that the client knows already is not told again.
pub fn workspace_reports(
    world: &World,
    documents: &Arc<BTreeMap<PathBuf, Document>>,
    encoding: Encoding,
    now: &jiff::Zoned,
    known: &BTreeMap<String, String>,
) -> Vec<WorkspaceDocumentDiagnosticReport> {
    let mut reports = Vec::new();
    for project in world.projects.values() {
        let snapshot = Snapshot { project: project.compilation.clone(), types: None, now: now.clone() };
        let view = View { snapshot, is_whole: project.is_whole, encoding, documents: documents.clone() };
        let mut said = by_file(&view, project);
        for path in &project.compilation.project.files {
            said.entry(project.compilation.project.root.join(path)).or_default();
        }
        for (path, items) in said {
            let open = documents.get(&path);
            let Some(uri) = open.map(|d| d.uri.clone()).or_else(|| uris::uri(&path)) else { continue };
            let version = open.map(|d| i64::from(d.version));
            let id = fingerprint(&items);
            reports.push(if known.get(uri.as_str()) == Some(&id) {
                let same = UnchangedDocumentDiagnosticReport { result_id: id };
                WorkspaceDocumentDiagnosticReport::Unchanged(WorkspaceUnchangedDocumentDiagnosticReport {
                    uri,
                    version,
                    unchanged_document_diagnostic_report: same,
                })
            } else {
                let full = FullDocumentDiagnosticReport { result_id: Some(id), items };
                WorkspaceDocumentDiagnosticReport::Full(WorkspaceFullDocumentDiagnosticReport {
                    uri,
                    version,
                    full_document_diagnostic_report: full,
                })
            });
        }
    }
    reports
}

/// What is to be said of each file: of every open one, and of every other of which something is wrong.
fn findings(world: &World, state: &State, now: &jiff::Zoned) -> Said {
    let mut found = Said::new();
    for path in state.documents.keys() {
        if world.find(path).is_some() {
            found.insert(path.clone(), Vec::new());
        }
    }
    for project in world.projects.values() {
        let snapshot = Snapshot { project: project.compilation.clone(), types: None, now: now.clone() };
        let (encoding, documents) = (state.encoding, state.documents.clone());
        let view = View { snapshot, is_whole: project.is_whole, encoding, documents };
        for (file, diagnostics) in by_file(&view, project) {
            found.entry(file).or_default().extend(diagnostics);
        }
    }
    found
}

/// The diagnostics of a project by the path of the file that an editor can show them in.
pub fn by_file(view: &View, project: &Project) -> Said {
    let mut ids: BTreeMap<FileId, Vec<&hxp_diagnostics::Diagnostic>> = BTreeMap::new();
    for diagnostic in hxp_ide::diagnostics::diagnostics(&view.snapshot) {
        ids.entry(diagnostic.primary.span.file).or_default().push(diagnostic);
    }
    let mut said = Said::new();
    for (file, diagnostics) in ids {
        let range = view.ranges(file);
        let converted = diagnostics.iter().map(|d| view.diagnostic(d, &range));
        said.entry(shown_in(view, project, file)).or_default().extend(converted);
    }
    said
}

/// What is wrong with the project as a whole is said of its manifest.
fn shown_in(view: &View, project: &Project, file: FileId) -> PathBuf {
    let root = &project.compilation.project.root;
    let path = view.snapshot.path(file).filter(|p| p != root && p != &root.join("."));
    path.unwrap_or_else(|| root.join(manifest::FILE))
}
