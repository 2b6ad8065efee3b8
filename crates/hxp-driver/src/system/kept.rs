//! A file system whose answers are kept until someone says that they are old.

use std::any::Any;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{FileKind, Metadata, System};

/// Answers of a file system, asked for once each. An editor asks for the same thousand files at every keystroke, and is
/// told when one of them changes. Nothing can be written through it.
pub struct Kept<S> {
    base: S,
    answers: Mutex<Answers>,
}

/// An error's kind: all that can be kept of an error, and all that is ever looked at.
type Answer<T> = Result<T, io::ErrorKind>;

#[derive(Default)]
struct Answers {
    texts: HashMap<PathBuf, Answer<Vec<u8>>>,
    metadata: HashMap<PathBuf, Answer<Metadata>>,
    links: HashMap<PathBuf, Answer<Metadata>>,
    lists: HashMap<PathBuf, Answer<Vec<(String, FileKind)>>>,
    canonical: HashMap<PathBuf, Answer<PathBuf>>,
}

impl<S: System> Kept<S> {
    /// Keeps what `base` answers.
    pub fn new(base: S) -> Self {
        Self { base, answers: Mutex::default() }
    }

    /// What is known of a path, of what lies below it and of its folder's contents is old.
    pub fn forget(&self, path: &Path) {
        let mut answers = self.answers();
        let old = |known: &PathBuf| known.starts_with(path) || path.parent().is_some_and(|folder| known == folder);
        let Answers { texts, metadata, links, lists, canonical } = &mut *answers;
        texts.retain(|p, _| !old(p));
        metadata.retain(|p, _| !old(p));
        links.retain(|p, _| !old(p));
        lists.retain(|p, _| !old(p));
        canonical.retain(|p, _| !old(p));
    }

    /// All that is known is old.
    pub fn forget_all(&self) {
        *self.answers() = Answers::default();
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T: Clone>(
        &self,
        path: &Path,
        of: impl Fn(&mut Answers) -> &mut HashMap<PathBuf, Answer<T>>,
        ask: impl FnOnce(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        if let Some(known) = of(&mut self.answers()).get(path) {
            return known.clone().map_err(io::Error::from);
        }
        // The lock is not held while the disk is asked: several files are read at once.
        let found = ask(&self.base).map_err(|e| e.kind());
        of(&mut self.answers()).insert(path.to_path_buf(), found.clone());
        found.map_err(io::Error::from)
    }
}

fn read_only<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl<S: System> System for Kept<S> {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.ask(path, |a| &mut a.texts, |base| base.read(path, limit))
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.ask(path, |a| &mut a.metadata, |base| base.metadata(path))
    }

    fn link_metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.ask(path, |a| &mut a.links, |base| base.link_metadata(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, FileKind)>> {
        self.ask(folder, |a| &mut a.lists, |base| base.list(folder))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.ask(path, |a| &mut a.canonical, |base| base.canonical(path))
    }

    fn create_folder(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn write(&self, _: &Path, _: &[u8], _: bool) -> io::Result<()> {
        read_only()
    }

    fn replace(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        read_only()
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn remove_file(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn remove_folder(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn remove_tree(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn lock(&self, _: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        read_only()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Memory;

    #[test]
    fn answers_are_kept_until_they_are_forgotten() {
        let kept = Kept::new(Memory::with([("/p/a", "one")]));
        let read = || kept.read(Path::new("/p/a"), 99).map(|b| String::from_utf8(b).unwrap()).ok();
        let names = || kept.list(Path::new("/p")).unwrap().len();
        assert_eq!((read(), names()), (Some("one".into()), 1));
        kept.base.put("/p/a", "two");
        kept.base.put("/p/b", "");
        assert_eq!((read(), names()), (Some("one".into()), 1));
        kept.forget(Path::new("/p/b"));
        assert_eq!((read(), names()), (Some("one".into()), 2));
        kept.forget(Path::new("/p"));
        assert_eq!(read(), Some("two".into()));
        kept.base.put("/p/a", "three");
        kept.forget_all();
        assert_eq!(read(), Some("three".into()));
    }
}
