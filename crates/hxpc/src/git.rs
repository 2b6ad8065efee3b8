//! Sources as a git revision has them.
//!
//! This is the one place where the compiler runs a program: the user's own `git`, which knows his repository in all its
//! forms (worktrees, alternates, partial clones, SHA-256), where a library would bring a hundred crates for two reads. It
//! is only asked to list a tree and to print blobs: neither runs a hook, a filter or a monitor.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hxp_driver::system::Memory;

/// Files that a compilation reads, by their names' ends.
const WANTED: [&str; 5] = [".hxp", "hxp.toml", "hxp.lock", "values.schema.json", "values.yaml"];

/// A blob larger than this is no source.
const LARGEST: u64 = 64 << 20;

/// The sources of a repository at a revision, under the same paths as in the working tree.
pub struct Tree {
    /// The files.
    pub system: Memory,
    /// Where the project lies in them.
    pub project: PathBuf,
}

/// Reads the sources at `revision`, which may carry a path within the repository behind a colon as in `main:deploy`;
/// otherwise the project lies where `project` lies now.
pub fn read(revision: &str, project: &Path) -> Result<Tree, String> {
    let folder = nearest_folder(project);
    let top = text(&folder, &["rev-parse", "--show-toplevel"])
        .map_err(|_| format!("`{revision}` is no path, and `{}` lies in no git repository", folder.display()))?;
    let top = PathBuf::from(top);
    let (name, inside) = match revision.split_once(':') {
        Some((name, path)) => (name, Some(path)),
        None => (revision, None),
    };
    let commit =
        text(&folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])
            .map_err(|_| {
                format!("`{name}` is neither a path nor a revision of the git repository `{}`", top.display())
            })?;
    let project = match inside {
        Some(path) => top.join(path),
        None => {
            let prefix = text(&folder, &["rev-parse", "--show-prefix"])?;
            let file = project.file_name().filter(|_| folder != project);
            let folder = top.join(prefix);
            file.map_or(folder.clone(), |name| folder.join(name))
        }
    };
    let system = Memory::default();
    let listed = run(&folder, &["ls-tree", "-r", "-z", "--full-tree", &commit], &[])?;
    let entries: Vec<(bool, String, String)> = listed.split(|b| *b == 0).filter_map(entry).collect();
    let wanted: Vec<_> =
        entries.into_iter().filter(|(_, _, path)| WANTED.iter().any(|end| path.ends_with(end))).collect();
    let ids = wanted.iter().fold(String::new(), |ids, (_, id, _)| ids + id + "\n");
    let blobs = run(&folder, &["cat-file", "--batch"], ids.as_bytes())?;
    let mut rest = blobs.as_slice();
    for (link, _, path) in &wanted {
        let bytes = blob(&mut rest).ok_or_else(|| format!("git does not show `{path}` at `{name}`"))?;
        let place = top.join(path);
        if *link {
            system.link(place, PathBuf::from(String::from_utf8_lossy(bytes).into_owned()));
        } else {
            system.put(place, bytes);
        }
    }
    Ok(Tree { system, project })
}

/// The folder to run git in.
fn nearest_folder(project: &Path) -> PathBuf {
    let folder = if project.is_file() { project.parent().map(Path::to_path_buf) } else { Some(project.to_path_buf()) };
    folder.filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from("."))
}

/// `<mode> blob <id>\t<path>`: whether it is a link, its id and its path.
fn entry(line: &[u8]) -> Option<(bool, String, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (about, path) = line.split_once('\t')?;
    let mut about = about.split(' ');
    let (mode, kind, id) = (about.next()?, about.next()?, about.next()?);
    (kind == "blob").then(|| (mode == "120000", id.to_owned(), path.to_owned()))
}

/// The next of `<id> blob <size>\n<bytes>\n`.
fn blob<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let end = rest.iter().position(|b| *b == b'\n')?;
    let (head, behind) = rest.split_at_checked(end)?;
    let size: u64 = std::str::from_utf8(head).ok()?.rsplit_once(' ')?.1.parse().ok().filter(|n| *n <= LARGEST)?;
    let (bytes, behind) = behind.get(1..)?.split_at_checked(usize::try_from(size).ok()?)?;
    *rest = behind.get(1..)?;
    Some(bytes)
}

fn text(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let bytes = run(folder, arguments, &[])?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned())
}

/// What git prints, given something to read.
fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    #[expect(clippy::disallowed_methods, reason = "this module is the fence that the lint protects")]
    let mut command = Command::new("git");
    command.current_dir(folder).args(["--no-optional-locks", "-c", "core.fsmonitor=false"]).args(arguments);
    command.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |error: std::io::Error| format!("git cannot be run: {error}");
    let mut child = command.spawn().map_err(failed)?;
    let (mut give, mut take, mut complain) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // Whoever writes all before it reads waits for ever once both pipes are full.
    let (output, complaint) = std::thread::scope(|scope| {
        scope.spawn(move || give.as_mut().map(|pipe| pipe.write_all(input)));
        let complaint = scope.spawn(move || {
            let mut text = String::new();
            drop(complain.as_mut().map(|pipe| pipe.read_to_string(&mut text)));
            text
        });
        let mut output = Vec::new();
        drop(take.as_mut().map(|pipe| pipe.read_to_end(&mut output)));
        (output, complaint.join().unwrap_or_default())
    });
    let status = child.wait().map_err(failed)?;
    if status.success() { Ok(output) } else { Err(format!("git failed: {}", complaint.trim())) }
}
