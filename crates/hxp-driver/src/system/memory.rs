//! A file system in memory: for tests, and for callers that hold their texts themselves.

use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{FileKind, Metadata, System};

/// A file system in memory. Folders exist as soon as something lies in them.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<PathBuf, Node>,
    /// Writing steps that still succeed; `None`: all.
    steps_left: Option<usize>,
    reversed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    File { bytes: Vec<u8>, executable: bool },
    Link(PathBuf),
    Folder,
}

/// More links than this in one path lead in a circle.
const MOST_LINKS: usize = 40;

impl Memory {
    /// A file system with these files.
    pub fn with<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let memory = Self::default();
        for (path, text) in files {
            memory.put(path, text);
        }
        memory
    }

    /// Puts a file, in place of whatever lies there.
    pub fn put(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let node = Node::File { bytes: bytes.as_ref().to_vec(), executable: false };
        self.state().insert(path.as_ref(), node);
    }

    /// Puts a symbolic link.
    pub fn link(&self, path: impl AsRef<Path>, to: impl Into<PathBuf>) {
        self.state().insert(path.as_ref(), Node::Link(to.into()));
    }

    /// Every writing step after the next `steps` fails, as if the process had been killed.
    pub fn die_after(&self, steps: usize) {
        self.state().steps_left = Some(steps);
    }

    /// Writing succeeds again.
    pub fn revive(&self) {
        self.state().steps_left = None;
    }

    /// Lists folders in the opposite order from now on.
    pub fn reverse_lists(&self) {
        let mut state = self.state();
        state.reversed = !state.reversed;
    }

    /// Every file with its text, in the order of the paths.
    pub fn files(&self) -> BTreeMap<PathBuf, String> {
        let text = |node: &Node| match node {
            Node::File { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
            Node::Link(_) | Node::Folder => None,
        };
        self.state().nodes.iter().filter_map(|(p, n)| Some((p.clone(), text(n)?))).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, path: &Path, node: Node) {
        for folder in path.ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()) {
            self.nodes.entry(folder.to_path_buf()).or_insert(Node::Folder);
        }
        self.nodes.insert(path.to_path_buf(), node);
    }

    fn step(&mut self) -> io::Result<()> {
        match &mut self.steps_left {
            Some(0) => Err(io::Error::other("the process was killed")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The path without links, `.` and `..`; the last part may be missing. With `last`, a link at the end is followed.
    fn resolve(&self, path: &Path, last: bool) -> io::Result<PathBuf> {
        let mut wanted: Vec<PathBuf> = path.components().rev().map(|c| PathBuf::from(c.as_os_str())).collect();
        let mut done = PathBuf::new();
        let mut links = 0;
        while let Some(part) = wanted.pop() {
            match part.components().next() {
                Some(Component::CurDir) | None => {}
                Some(Component::ParentDir) => {
                    done.pop();
                }
                Some(_) => {
                    done.push(&part);
                    let Some(Node::Link(target)) = self.nodes.get(&done) else { continue };
                    if wanted.is_empty() && !last {
                        continue;
                    }
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(io::Error::from_raw_os_error(40));
                    }
                    done.pop();
                    wanted.extend(target.components().rev().map(|c| PathBuf::from(c.as_os_str())));
                }
            }
        }
        Ok(done)
    }

    fn node(&self, path: &Path, last: bool) -> io::Result<(PathBuf, &Node)> {
        let path = self.resolve(path, last)?;
        match self.nodes.get(&path) {
            Some(node) => Ok((path, node)),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn has_children(&self, folder: &Path) -> bool {
        self.nodes.keys().any(|p| p.parent() == Some(folder))
    }
}

fn describe(node: &Node) -> Metadata {
    match node {
        Node::File { bytes, executable } => {
            Metadata { kind: FileKind::File, len: bytes.len() as u64, executable: *executable }
        }
        Node::Link(_) => Metadata { kind: FileKind::Link, len: 0, executable: false },
        Node::Folder => Metadata { kind: FileKind::Folder, len: 0, executable: false },
    }
}

impl System for Memory {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        match self.state().node(path, true)?.1 {
            Node::File { bytes, .. } if bytes.len() as u64 > limit => Err(io::ErrorKind::FileTooLarge.into()),
            Node::File { bytes, .. } => Ok(bytes.clone()),
            Node::Link(_) | Node::Folder => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.state().node(path, true).map(|(_, n)| describe(n))
    }

    fn link_metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.state().node(path, false).map(|(_, n)| describe(n))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let state = self.state();
        let (folder, node) = state.node(folder, true)?;
        if *node != Node::Folder {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let mut found: Vec<(String, FileKind)> = state
            .nodes
            .iter()
            .filter(|(p, _)| p.parent() == Some(folder.as_path()))
            .filter_map(|(p, n)| Some((p.file_name()?.to_str()?.to_owned(), describe(n).kind)))
            .collect();
        if state.reversed {
            found.reverse();
        }
        Ok(found)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.state().node(path, true).map(|(p, _)| p)
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let folder = state.resolve(folder, true)?;
        if !matches!(state.nodes.get(&folder), None | Some(Node::Folder)) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.insert(&folder, Node::Folder);
        Ok(())
    }

    fn write(&self, path: &Path, bytes: &[u8], executable: bool) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let path = state.resolve(path, false)?;
        if state.nodes.contains_key(&path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.insert(&path, Node::File { bytes: bytes.to_vec(), executable });
        Ok(())
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let (path, node) = state.node(path, true)?;
        let executable = describe(node).executable;
        state.insert(&path, Node::File { bytes: bytes.to_vec(), executable });
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let (from, node) = state.node(from, false).map(|(p, n)| (p, n.clone()))?;
        let to = state.resolve(to, false)?;
        if state.has_children(&to) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        let below = |path: &PathBuf| path.strip_prefix(&from).ok().map(|rest| (path.clone(), to.join(rest)));
        let moves: Vec<(PathBuf, PathBuf)> = state.nodes.keys().filter_map(below).filter(|(f, _)| *f != from).collect();
        state.nodes.remove(&from);
        state.insert(&to, node);
        for (from, to) in moves {
            if let Some(node) = state.nodes.remove(&from) {
                state.nodes.insert(to, node);
            }
        }
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let (path, _) = state.node(path, false)?;
        state.nodes.remove(&path);
        Ok(())
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let (folder, _) = state.node(folder, false)?;
        if state.has_children(&folder) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        state.nodes.remove(&folder);
        Ok(())
    }

    fn remove_tree(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let (folder, _) = state.node(folder, false)?;
        state.nodes.retain(|p, _| !p.starts_with(&folder));
        Ok(())
    }

    fn lock(&self, folder: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        let mut state = self.state();
        state.step()?;
        state.node(folder, true)?;
        Ok(Box::new(()))
    }
}
