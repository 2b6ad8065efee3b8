//! The one door to files. Everything else in the compiler sees text and trees.

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};

mod disk;
mod kept;
mod memory;
mod overlay;

pub use disk::Disk;
pub use kept::Kept;
pub use memory::Memory;
pub use overlay::Overlay;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A pipe, a device, a socket.
    Other,
}

/// What is known of a path without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What lies there.
    pub kind: FileKind,
    /// Its size in bytes.
    pub len: u64,
    /// Whether it is a program.
    pub executable: bool,
}

/// Files and folders, read and written. Every method takes absolute paths, or paths relative to the process.
///
/// No method is used to look at anything but the project, its modules and its output folder.
pub trait System: Sync {
    /// The file's bytes, but an error when there are more than `limit`.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Whether the file holds exactly these bytes.
    fn holds(&self, path: &Path, bytes: &[u8]) -> io::Result<bool> {
        match self.read(path, bytes.len() as u64) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(false),
            found => found.map(|found| found == bytes),
        }
    }

    /// What lies at the path; a link is followed.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// What lies at the path; a link is not followed.
    fn link_metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// Names and kinds in a folder, in any order. Names that are no Unicode are left out.
    fn list(&self, folder: &Path) -> io::Result<Vec<(String, FileKind)>>;

    /// The absolute path without links.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// Makes a folder and those above it.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// Writes a new file; it is an error when something lies there.
    fn write(&self, path: &Path, bytes: &[u8], executable: bool) -> io::Result<()>;

    /// Gives a file other bytes in one step: a reader sees the old ones or the new ones. Its mode stays.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Moves a file over another one in one step, or a folder with everything in it to where there is nothing, as
    /// `rename(2)` does.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a folder and everything in it, following no link.
    fn remove_tree(&self, folder: &Path) -> io::Result<()>;

    /// Holds an exclusive lock on the folder until the result is dropped or the process ends, however it ends. Fails with
    /// [`io::ErrorKind::WouldBlock`] while another holds it.
    fn lock(&self, folder: &Path) -> io::Result<Box<dyn Any + Send + Sync>>;
}
