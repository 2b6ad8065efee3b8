//! Analysis of everything that is open, beside the reader, over texts that do not change under it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hxp_diagnostics::FileId;
use hxp_driver::manifest;
use hxp_driver::system::{Disk, FileKind, Kept, Overlay, System};
use hxp_driver::{Compilation, Memo, Request};
use jiff::civil::Date;

use crate::state::{Document, State};

/// Folders in which nobody keeps a policy.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// So many folders are looked through for projects.
const MOST_FOLDERS: usize = 20_000;

/// What is known at one revision.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Of which texts.
    pub revision: u64,
    /// The projects.
    pub projects: Vec<Arc<Project>>,
}

/// A project and what is known of it.
#[derive(Clone, Debug)]
pub struct Project {
    /// Everything.
    pub compilation: Arc<Compilation>,
}

impl World {
    /// The project to which a file belongs, and its number there.
    pub fn find(&self, path: &Path) -> Option<(&Arc<Project>, FileId)> {
        let inside = |p: &&Arc<Project>| path.starts_with(&p.compilation.project.root);
        let mut candidates: Vec<&Arc<Project>> = self.projects.iter().filter(inside).collect();
        candidates.sort_by_key(|p| std::cmp::Reverse(p.compilation.project.root.as_os_str().len()));
        candidates.into_iter().find_map(|p| Some((p, p.file(path)?)))
    }
}

impl Project {
    /// The number of a file.
    pub fn file(&self, path: &Path) -> Option<FileId> {
        let relative = path.strip_prefix(&self.compilation.project.root).ok()?.to_str()?.replace('\\', "/");
        self.compilation.sources.iter().find(|(_, f)| f.path() == relative.as_str()).map(|(id, _)| id)
    }
}

/// What goes from one revision to the next.
pub struct Builder {
    system: Arc<Kept<Disk>>,
    known: BTreeMap<PathBuf, Known>,
}

struct Known {
    memo: Memo,
    /// The texts of the open documents that it was made of.
    texts: BTreeMap<PathBuf, Arc<str>>,
    generation: u64,
    today: Date,
    project: Arc<Project>,
}

impl Builder {
    /// Over the disk.
    pub fn new(system: Arc<Kept<Disk>>) -> Self {
        Self { system, known: BTreeMap::new() }
    }

    /// What is known of the texts of a state. `generation` grows whenever the disk may have changed.
    pub fn build(&mut self, state: &State, generation: u64, today: Date) -> World {
        let texts: BTreeMap<PathBuf, Arc<str>> =
            state.documents.iter().map(|(path, d)| (path.clone(), d.text.clone())).collect();
        let open = texts.iter().map(|(path, text)| (path.clone(), text.to_string()));
        let system = Overlay::new(&*self.system, open);
        let starts = starts(&system, state);
        self.known.retain(|start, _| starts.contains(start));
        let mut world = World { revision: state.revision, projects: Vec::new() };
        for start in starts {
            let known = self.known.remove(&start);
            let known = match known {
                Some(known) if known.is_fresh(&texts, generation, today) => known,
                known => compile(&system, &start, &texts, generation, today, known.map(|k| k.memo)),
            };
            world.projects.push(known.project.clone());
            self.known.insert(start, known);
        }
        world
    }
}

impl Known {
    fn is_fresh(&self, texts: &BTreeMap<PathBuf, Arc<str>>, generation: u64, today: Date) -> bool {
        let root = &self.project.compilation.project.root;
        // Libraries lie anywhere.
        let anywhere = !self.project.compilation.project.manifest.modules.is_empty();
        let mine = |(path, _): &(&PathBuf, &Arc<str>)| anywhere || path.starts_with(root);
        self.generation == generation
            && self.today == today
            && self.texts.iter().filter(mine).eq(texts.iter().filter(mine))
    }
}

fn compile(
    system: &dyn System,
    start: &Path,
    texts: &BTreeMap<PathBuf, Arc<str>>,
    generation: u64,
    today: Date,
    memo: Option<Memo>,
) -> Known {
    let mut memo = memo.unwrap_or_default();
    let request = Request { start: start.to_path_buf(), today: Some(today), ..Request::default() };
    let compilation = hxp_driver::compile_again(system, &request, &mut memo);
    let project = Arc::new(Project { compilation: Arc::new(compilation) });
    Known { memo, texts: texts.clone(), generation, today, project }
}

/// Where `hxpc check` would be started: at each manifest, at a folder that has policies outside of all projects, and at
/// open documents that belong to none of these.
fn starts(system: &dyn System, state: &State) -> BTreeSet<PathBuf> {
    let mut starts = BTreeSet::new();
    for folder in &state.folders {
        starts.extend(manifest_above(system, folder));
        projects_below(system, folder, &mut starts);
    }
    for (path, document) in state.documents.iter() {
        if is_policy(path, document) {
            starts.insert(start_of(system, path, &state.folders));
        }
    }
    starts
}

fn is_policy(path: &Path, _document: &Document) -> bool {
    path.extension().is_some_and(|e| e == "hxp")
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
