//! Analysis of everything that is open, beside the reader, over texts that do not change under it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hxp_diagnostics::FileId;
use hxp_driver::manifest;
use hxp_driver::system::{Disk, FileKind, Kept, Overlay, System};
use hxp_driver::{Compilation, Memo, Request};
use jiff::civil::Date;

use crate::state::State;

/// Folders in which nobody keeps a policy.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// So many folders are looked through for projects.
const MOST_FOLDERS: usize = 20_000;

/// What is known at one revision.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Of which texts.
    pub revision: u64,
    /// Whether everything was checked, and not only what the last edits touched.
    pub settled: bool,
    /// The projects, by where `hxpc check` would be started.
    pub projects: BTreeMap<PathBuf, Arc<Project>>,
}

/// A project and what is known of it.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its texts and trees and what was found; its policy too, unless it is large.
    pub compilation: Arc<Compilation>,
    /// Whether the policy is there.
    pub is_whole: bool,
    /// The texts of the open documents that it was made of.
    texts: Arc<Texts>,
    generation: u64,
    today: Date,
}

/// The open documents' texts.
pub type Texts = BTreeMap<PathBuf, Arc<str>>;

/// The trees of the projects' last checks.
pub type Memos = BTreeMap<PathBuf, Memo>;

impl World {
    /// The project to which a file belongs, and its number there.
    pub fn find(&self, path: &Path) -> Option<(&Arc<Project>, FileId)> {
        let inside = |p: &&Arc<Project>| path.starts_with(&p.compilation.project.root);
        let mut candidates: Vec<&Arc<Project>> = self.projects.values().filter(inside).collect();
        candidates.sort_by_key(|p| std::cmp::Reverse(p.compilation.project.root.as_os_str().len()));
        candidates.into_iter().find_map(|p| Some((p, p.file(path)?)))
    }
}

impl World {
    /// Whether a check of now would find the same: no text has changed, and every open policy is one that it knows.
    pub fn is_true_of(&self, now: &Moment) -> bool {
        let known = |path: &PathBuf| path.extension().is_none_or(|e| e != "hxp") || self.find(path).is_some();
        self.settled && self.projects.values().all(|p| p.is_fresh(now)) && now.texts.keys().all(known)
    }

    /// The project in whose folder a path lies, and where it starts.
    pub fn around(&self, path: &Path) -> Option<(&Path, &Arc<Project>)> {
        let project = self.find(path).map(|(project, _)| project)?;
        self.projects.iter().find(|(_, p)| Arc::ptr_eq(p, project)).map(|(start, p)| (start.as_path(), p))
    }
}

impl Project {
    /// The number of a file.
    pub fn file(&self, path: &Path) -> Option<FileId> {
        let relative = path.strip_prefix(&self.compilation.project.root).ok()?.to_str()?.replace('\\', "/");
        self.compilation.sources.iter().find(|(_, f)| f.path() == relative.as_str()).map(|(id, _)| id)
    }

    /// Whether nothing that it was made of has changed. A document that was opened as it lies on the disk is no change.
    fn is_fresh(&self, now: &Moment) -> bool {
        let same = |(path, text): (&PathBuf, &Arc<str>)| !self.is_mine(path) || self.has(path, text);
        self.is_comparable(now) && now.texts.iter().all(same)
    }

    /// Whether the disk is the same, and no document was closed, of which only the disk knows the text.
    fn is_comparable(&self, now: &Moment) -> bool {
        let closed = |path: &PathBuf| self.is_mine(path) && !now.texts.contains_key(path);
        self.generation == now.generation && self.today == now.today && !self.texts.keys().any(closed)
    }

    fn is_mine(&self, path: &Path) -> bool {
        // Libraries lie anywhere.
        let anywhere = !self.compilation.project.manifest.modules.is_empty();
        anywhere || path.starts_with(&self.compilation.project.root)
    }

    /// Whether it was made of that text.
    fn has(&self, path: &Path, text: &Arc<str>) -> bool {
        let source = self.file(path).and_then(|file| self.compilation.sources.get(file));
        source.map_or_else(|| self.texts.get(path) == Some(text), |f| *f.text() == *text)
    }

    /// The project after edits of its open documents, with what can be said of them at once.
    fn edited(&self, now: &Moment) -> Option<Self> {
        if !self.is_comparable(now) {
            return None;
        }
        let mut compilation: Option<Compilation> = None;
        for (path, text) in now.texts.iter() {
            if !self.is_mine(path) || self.has(path, text) {
                continue;
            }
            let file = self.file(path)?;
            let before = compilation.as_ref().unwrap_or(&self.compilation);
            compilation = Some(before.edited(file, text, Some(now.today))?);
        }
        let compilation = compilation.map_or_else(|| self.compilation.clone(), Arc::new);
        Some(Self { compilation, is_whole: false, texts: now.texts.clone(), ..self.clone() })
    }
}

/// What a check is about.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Of which texts.
    pub revision: u64,
    texts: Arc<Texts>,
    /// The client's folders.
    pub folders: Vec<PathBuf>,
    generation: u64,
    today: Date,
}

impl Moment {
    /// The state of the client; `generation` grows whenever the disk may have changed.
    pub fn new(state: &State, generation: u64, today: Date) -> Self {
        let texts = state.documents.iter().map(|(path, d)| (path.clone(), d.text.clone())).collect();
        Self { revision: state.revision, texts: Arc::new(texts), folders: state.folders.clone(), generation, today }
    }
}

/// What can be said at once after an edit in a large project; `None` when everything is to be checked again.
pub fn quick(before: &World, now: &Moment) -> Option<World> {
    let large = |p: &Arc<Project>| p.compilation.is_large();
    if before.projects.is_empty() || !before.projects.values().any(large) {
        return None;
    }
    let mut projects = BTreeMap::new();
    for (start, project) in &before.projects {
        let next = if project.is_fresh(now) {
            project.clone()
        } else if large(project) {
            Arc::new(project.edited(now)?)
        } else {
            return None;
        };
        projects.insert(start.clone(), next);
    }
    Some(World { revision: now.revision, settled: false, projects })
}

/// What can be said of the open documents before anything was checked; `None` when there are none in a large project.
pub fn opened(system: &Kept<Disk>, memos: &mut Memos, now: &Moment) -> Option<World> {
    if now.texts.is_empty() {
        return None;
    }
    let open = now.texts.iter().map(|(path, text)| (path.clone(), text.to_string()));
    let system = Overlay::new(system, open);
    let mut world = World { revision: now.revision, settled: false, projects: BTreeMap::new() };
    for start in starts(&system, now) {
        let request = Request { start: start.clone(), today: Some(now.today), ..Request::default() };
        let is_open = |path: &str| now.texts.keys().any(|open| open.ends_with(path));
        let memo = memos.entry(start.clone()).or_default();
        let compilation = Arc::new(hxp_driver::opened(&system, &request, memo, &is_open)?);
        let (generation, today, texts) = (now.generation, now.today, now.texts.clone());
        world.projects.insert(start, Arc::new(Project { compilation, is_whole: false, texts, generation, today }));
    }
    (!world.projects.is_empty()).then_some(world)
}

/// Checks everything of which something may have changed.
pub fn full(system: &Kept<Disk>, memos: &mut Memos, before: &World, now: &Moment) -> World {
    let open = now.texts.iter().map(|(path, text)| (path.clone(), text.to_string()));
    let system = Overlay::new(system, open);
    let starts = starts(&system, now);
    memos.retain(|start, _| starts.contains(start));
    let mut world = World { revision: now.revision, settled: true, projects: BTreeMap::new() };
    for start in starts {
        let known = before.projects.get(&start).filter(|p| before.settled && p.is_fresh(now));
        let project = match known {
            Some(known) => known.clone(),
            None => {
                let memo = memos.entry(start.clone()).or_default();
                if let Some(project) = before.projects.get(&start) {
                    memo.learn(&project.compilation);
                }
                Arc::new(compile(&system, &start, now, memo))
            }
        };
        world.projects.insert(start, project);
    }
    world
}

fn compile(system: &dyn System, start: &Path, now: &Moment, memo: &mut Memo) -> Project {
    let request = Request { start: start.to_path_buf(), today: Some(now.today), ..Request::default() };
    let mut compilation = hxp_driver::compile_again(system, &request, memo);
    let is_whole = !compilation.is_large();
    if !is_whole {
        // The policy of a large project takes more memory than an editor should; what is asked of a place is answered
        // from a slice.
        let texts = compilation.texts();
        compilation = Compilation { index: compilation.index, diagnostics: compilation.diagnostics, ..texts };
    }
    let (generation, today) = (now.generation, now.today);
    Project { compilation: Arc::new(compilation), is_whole, texts: now.texts.clone(), generation, today }
}

/// The whole project, checked anew.
pub fn whole(system: &Kept<Disk>, start: &Path, now: &Moment) -> Compilation {
    let open = now.texts.iter().map(|(path, text)| (path.clone(), text.to_string()));
    let system = Overlay::new(system, open);
    let request = Request { start: start.to_path_buf(), today: Some(now.today), ..Request::default() };
    hxp_driver::compile(&system, &request)
}

/// The whole project with its outputs, made anew.
pub fn emit(system: &Kept<Disk>, start: &Path, now: &Moment, environments: Vec<String>) -> Compilation {
    let open = now.texts.iter().map(|(path, text)| (path.clone(), text.to_string()));
    let system = Overlay::new(system, open);
    let request =
        Request { start: start.to_path_buf(), today: Some(now.today), emit: true, environments, ..Request::default() };
    hxp_driver::compile(&system, &request)
}

/// Where `hxpc check` would be started: at each manifest, at a folder that has policies outside of all projects, and at
/// open documents that belong to none of these.
fn starts(system: &dyn System, now: &Moment) -> BTreeSet<PathBuf> {
    let mut starts = BTreeSet::new();
    for folder in &now.folders {
        starts.extend(manifest_above(system, folder));
        projects_below(system, folder, &mut starts);
    }
    for path in now.texts.keys().filter(|p| p.extension().is_some_and(|e| e == "hxp")) {
        starts.insert(start_of(system, path, &now.folders));
    }
    starts
}

fn has_manifest(system: &dyn System, folder: &Path) -> bool {
    system.metadata(&folder.join(manifest::FILE)).is_ok_and(|m| m.kind == FileKind::File)
}

fn manifest_above(system: &dyn System, folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|f| has_manifest(system, f)).map(Path::to_path_buf)
}

/// The project of a document: the nearest manifest upwards, else the client's folder in which it lies, else itself.
fn start_of(system: &dyn System, path: &Path, folders: &[PathBuf]) -> PathBuf {
    let above = path.parent().and_then(|folder| manifest_above(system, folder));
    let within = || folders.iter().filter(|f| path.starts_with(f)).max_by_key(|f| f.as_os_str().len()).cloned();
    above.or_else(within).unwrap_or_else(|| path.to_path_buf())
}

fn projects_below(system: &dyn System, folder: &Path, starts: &mut BTreeSet<PathBuf>) {
    let mut waiting = vec![(folder.to_path_buf(), has_manifest(system, folder))];
    let inside = manifest_above(system, folder).is_some();
    let mut looked = 0;
    while let Some((at, owned)) = waiting.pop() {
        looked += 1;
        if looked > MOST_FOLDERS {
            return;
        }
        for (name, kind) in system.list(&at).unwrap_or_default() {
            match kind {
                FileKind::Folder if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) => {
                    let below = at.join(&name);
                    let is_project = has_manifest(system, &below);
                    if is_project {
                        starts.insert(below.clone());
                    }
                    waiting.push((below, owned || is_project));
                }
                FileKind::File if !owned && !inside && Path::new(&name).extension().is_some_and(|e| e == "hxp") => {
                    starts.insert(folder.to_path_buf());
                }
                _ => {}
            }
        }
    }
}
