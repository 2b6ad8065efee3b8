//! The file system of the machine.
#![expect(clippy::disallowed_methods, reason = "this module is the fence that the lint protects")]

use std::any::Any;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{FileKind, Metadata, System};

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

fn kind(of: fs::FileType) -> FileKind {
    if of.is_symlink() {
        FileKind::Link
    } else if of.is_dir() {
        FileKind::Folder
    } else if of.is_file() {
        FileKind::File
    } else {
        FileKind::Other
    }
}

fn describe(metadata: &fs::Metadata) -> Metadata {
    Metadata { kind: kind(metadata.file_type()), len: metadata.len(), executable: is_executable(metadata) }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_metadata: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn set_executable(file: &File, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if !executable {
        return Ok(());
    }
    // Whoever may read it may run it: the user's umask has the last word.
    let mode = file.metadata()?.permissions().mode();
    file.set_permissions(fs::Permissions::from_mode(mode | ((mode & 0o444) >> 2)))
}

#[cfg(not(unix))]
fn set_executable(_file: &File, _executable: bool) -> io::Result<()> {
    Ok(())
}

impl System for Disk {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let size = file.metadata().map_or(0, |m| m.len().min(limit));
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        // One byte more than allowed, so that a device without end shows itself.
        io::Read::take(&mut file, limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }

    /// Piece by piece: nearly all files of a large output folder are as they should be, and are not kept.
    fn holds(&self, path: &Path, bytes: &[u8]) -> io::Result<bool> {
        let mut file = File::open(path)?;
        let mut piece = [0; 16 << 10];
        let mut rest = bytes;
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(rest.is_empty()),
                Ok(count) => match piece.get(..count).and_then(|found| rest.strip_prefix(found)) {
                    Some(behind) => rest = behind,
                    None => return Ok(false),
                },
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::metadata(path).map(|m| describe(&m))
    }

    fn link_metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::symlink_metadata(path).map(|m| describe(&m))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_name().into_string() {
                Ok(name) => found.push((name, kind(entry.file_type()?))),
                // No part of the policy is passed over in silence: reading it fails, and that is told.
                Err(name) if Path::new(&name).extension().is_some_and(|e| e == "hxp") => {
                    found.push((name.to_string_lossy().into_owned(), kind(entry.file_type()?)));
                }
                Err(_) => {}
            }
        }
        Ok(found)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)
    }

    fn write(&self, path: &Path, bytes: &[u8], executable: bool) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let done = file.write_all(bytes).and_then(|()| set_executable(&file, executable));
        if done.is_err() {
            // Half a file is worse than none; what matters is the first error.
            drop(fs::remove_file(path));
        }
        done
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // A link stays a link: what it leads to is replaced.
        let path = fs::canonicalize(path)?;
        let permissions = fs::metadata(&path)?.permissions();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        let done = file
            .write_all(bytes)
            .and_then(|()| file.set_permissions(permissions))
            .and_then(|()| fs::rename(&beside, &path));
        if done.is_err() {
            // What matters is the first error; a file left behind is hidden and harmless.
            drop(fs::remove_file(&beside));
        }
        done
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        fs::remove_dir(folder)
    }

    fn remove_tree(&self, folder: &Path) -> io::Result<()> {
        fs::remove_dir_all(folder)
    }

    fn lock(&self, folder: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        let file = open_for_lock(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Where a folder can be locked itself, no file is left behind.
#[cfg(unix)]
fn open_for_lock(folder: &Path) -> io::Result<File> {
    File::open(folder)
}

#[cfg(not(unix))]
fn open_for_lock(folder: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_its_bytes_and_no_others() {
        let path = std::env::temp_dir().join(format!("hxp-disk-holds-{}", std::process::id()));
        let written: Vec<u8> = (0..40_000_u32).flat_map(u32::to_le_bytes).collect();
        fs::write(&path, &written).unwrap();
        let changed = |at: usize| {
            let mut bytes = written.clone();
            bytes[at] ^= 1;
            bytes
        };
        for (bytes, expected) in [
            (written.clone(), true),
            (written[1..].to_vec(), false),
            (written[..written.len() - 1].to_vec(), false),
            ([written.as_slice(), b"x"].concat(), false),
            (changed(0), false),
            (changed(100_000), false),
            (changed(written.len() - 1), false),
            (Vec::new(), false),
        ] {
            assert_eq!(Disk.holds(&path, &bytes).unwrap(), expected, "{} bytes", bytes.len());
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(Disk.holds(&path, b"x").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
