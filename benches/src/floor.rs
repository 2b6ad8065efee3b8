//! What the file system alone costs: the same files with the same bytes in the same folders, made on all cores by a
//! program that does nothing else. No compiler that writes them can be faster.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Files that were written before, in memory.
pub struct Files {
    folders: BTreeSet<PathBuf>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Files {
    /// Those below `root` that `wanted` accepts, by their paths below it.
    pub fn read(root: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Self, String> {
        let mut found = Self { folders: BTreeSet::new(), files: Vec::new() };
        let mut left = vec![PathBuf::new()];
        while let Some(folder) = left.pop() {
            let entries = std::fs::read_dir(root.join(&folder)).map_err(|e| format!("{}: {e}", root.display()))?;
            for entry in entries.flatten() {
                let path = folder.join(entry.file_name());
                if entry.path().is_dir() {
                    left.push(path);
                } else if wanted(&path) {
                    let bytes = std::fs::read(entry.path()).map_err(|e| format!("{}: {e}", path.display()))?;
                    found.folders.insert(folder.clone());
                    found.files.push((path, bytes));
                }
            }
        }
        found.files.sort();
        Ok(found)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Makes them below `root`, a share a core. With `empty`, without their bytes.
    pub fn write(&self, root: &Path, empty: bool) -> Result<(), String> {
        let make = |share: &[(PathBuf, Vec<u8>)]| {
            share.iter().try_for_each(|(path, bytes)| {
                let mut file = std::fs::File::create_new(root.join(path))?;
                io::Write::write_all(&mut file, if empty { &[] } else { bytes })
            })
        };
        let all = || -> io::Result<()> {
            for folder in &self.folders {
                std::fs::create_dir_all(root.join(folder))?;
            }
            let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            let share = self.files.len().div_ceil(cores).max(1);
            std::thread::scope(|scope| {
                let threads: Vec<_> = self.files.chunks(share).map(|share| scope.spawn(move || make(share))).collect();
                threads.into_iter().try_for_each(|t| t.join().map_err(|_| io::ErrorKind::Other)?)
            })
        };
        all().map_err(|e| format!("{}: {e}", root.display()))
    }
}
