//! Files that are not written yet, over those that are.

use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{FileKind, Metadata, System};

/// A file system to read from, with some files more. Nothing can be written through it.
pub struct Overlay<'a> {
    base: &'a dyn System,
    files: BTreeMap<PathBuf, String>,
}

impl<'a> Overlay<'a> {
    /// Lays `files` over `base`.
    pub fn new(base: &'a dyn System, files: impl IntoIterator<Item = (PathBuf, String)>) -> Self {
        Self { base, files: files.into_iter().collect() }
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.files.keys().any(|f| f != path && f.starts_with(path))
    }

    fn describe(&self, path: &Path) -> Option<Metadata> {
        let file = |text: &String| Metadata { kind: FileKind::File, len: text.len() as u64, executable: false };
        let folder = || Metadata { kind: FileKind::Folder, len: 0, executable: false };
        self.files.get(path).map(file).or_else(|| self.is_folder(path).then(folder))
    }
}

fn read_only<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl System for Overlay<'_> {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.base.read(path, limit),
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.describe(path).map_or_else(|| self.base.metadata(path), Ok)
    }

    fn link_metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.describe(path).map_or_else(|| self.base.link_metadata(path), Ok)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let mut entries: BTreeMap<String, FileKind> = match self.base.list(folder) {
            Ok(entries) => entries.into_iter().collect(),
            Err(_) if self.is_folder(folder) => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        for file in self.files.keys() {
            let Ok(below) = file.strip_prefix(folder) else { continue };
            let mut parts = below.components();
            if let Some(name) = parts.next().and_then(|p| p.as_os_str().to_str()) {
                let kind = if parts.next().is_some() { FileKind::Folder } else { FileKind::File };
                entries.insert(name.to_owned(), kind);
            }
        }
        Ok(entries.into_iter().collect())
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.base.canonical(path).or_else(|error| match self.describe(path) {
            Some(_) => Ok(path.to_path_buf()),
            None => Err(error),
        })
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
