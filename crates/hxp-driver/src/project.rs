//! Which files belong to a project: its folder, its manifest, its sources.

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use hxp_diagnostics::{Diagnostic, Severity, Sources, Span, codes};

use crate::manifest::{self, Manifest};
use crate::read::{self, MAX_FILE};
use crate::system::{FileKind, System};

/// A project: a folder, what its manifest says, and its source files.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The folder that every path is relative to.
    pub root: PathBuf,
    /// What `hxp.toml` says, or the defaults.
    pub manifest: Manifest,
    /// The policy's files, relative to the root, with `/`, in byte order.
    pub files: Vec<String>,
}

/// Folders that never hold sources.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// A path as it is shown: without `.` parts, with `/`; the current folder is `.`.
pub fn shown(path: &Path) -> String {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(parts.components().next_back(), Some(Component::Normal(_))) => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    if parts.as_os_str().is_empty() {
        return ".".to_owned();
    }
    let text = parts.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

/// Finds the project that `start` means: a folder with `hxp.toml`, a folder below one, a folder without one, or a single
/// file.
pub fn discover(
    system: &dyn System,
    start: &Path,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Project {
    let start_kind = match system.metadata(start) {
        Ok(found) => found.kind,
        Err(error) => {
            let shown = start.display().to_string();
            diagnostics.push(unreadable(sources, &shown, &error).help("name a folder or a .hxp file"));
            return Project { root: PathBuf::from("."), ..Project::default() };
        }
    };
    match start_kind {
        FileKind::Folder => {}
        FileKind::Other => {
            let shown = start.display().to_string();
            diagnostics.push(unreadable(sources, &shown, &no_regular_file()).help("name a folder or a .hxp file"));
            return Project { root: PathBuf::from("."), ..Project::default() };
        }
        FileKind::File | FileKind::Link => return single_file(start),
    }
    let root = root_of(system, start);
    let manifest = read_manifest(system, &root, sources, diagnostics);
    let files = Walk::new(system, &root, &manifest, sources, diagnostics).run();
    if files.is_empty() && !diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.push(no_sources(&manifest, sources));
    }
    Project { root, manifest, files }
}

/// A file by itself is a project of one file.
fn single_file(file: &Path) -> Project {
    let root = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Project { root, manifest: Manifest::default(), files: vec![name] }
}

/// The nearest folder upwards that has a manifest, or the folder itself.
fn root_of(system: &dyn System, start: &Path) -> PathBuf {
    let is_file = |path: &Path| system.metadata(path).is_ok_and(|m| m.kind == FileKind::File);
    if is_file(&start.join(manifest::FILE)) {
        return start.to_path_buf();
    }
    let Ok(whole) = system.canonical(start) else { return start.to_path_buf() };
    let found = whole.ancestors().skip(1).find(|folder| is_file(&folder.join(manifest::FILE)));
    found.map_or_else(|| start.to_path_buf(), Path::to_path_buf)
}

fn read_manifest(
    system: &dyn System,
    root: &Path,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Manifest {
    match system.read(&root.join(manifest::FILE), MAX_FILE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Manifest::default(),
        result => match read::decode(sources, manifest::FILE, result, diagnostics) {
            (file, Some(text)) => manifest::read(file, &text, diagnostics),
            (file, None) => Manifest { file: Some(file), ..Manifest::default() },
        },
    }
}

fn no_sources(manifest: &Manifest, sources: &mut Sources) -> Diagnostic {
    let wanted = match manifest.sources.as_slice() {
        [] => format!("`{}`", manifest::DEFAULT_SOURCES),
        globs => globs.iter().map(|g| format!("`{}`", g.node)).collect::<Vec<_>>().join(", "),
    };
    let span = manifest
        .sources
        .first()
        .map_or_else(|| Span::new(manifest.file.unwrap_or_else(|| sources.add(".", "")), 0, 0), |glob| glob.span);
    Diagnostic::new(codes::NO_SOURCES, span, format!("no file matches {wanted}"))
        .help("write a policy in a file that ends in .hxp, or let `hxpc init` begin one")
}

fn unreadable(sources: &mut Sources, path: &str, error: &io::Error) -> Diagnostic {
    let file = sources.add(path, "");
    let why = read::reason(error);
    Diagnostic::new(codes::UNREADABLE_FILE, Span::new(file, 0, 0), format!("`{path}` cannot be read: {why}"))
}

/// Of a pipe or a device: reading it could wait for ever.
fn no_regular_file() -> io::Error {
    io::Error::other("it is no regular file")
}

/// The walk over a project's folder.
struct Walk<'a> {
    system: &'a dyn System,
    root: &'a Path,
    globs: Globs,
    sources: &'a mut Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The root without links, to tell what lies outside.
    home: PathBuf,
    /// Folders that were walked, without links.
    seen: BTreeSet<PathBuf>,
    found: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(
        system: &'a dyn System,
        root: &'a Path,
        manifest: &Manifest,
        sources: &'a mut Sources,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let home = system.canonical(root).unwrap_or_else(|_| root.to_path_buf());
        let globs = Globs::new(manifest, diagnostics);
        Self { system, root, globs, sources, diagnostics, home, seen: BTreeSet::new(), found: Vec::new() }
    }

    fn run(mut self) -> Vec<String> {
        let home = self.home.clone();
        self.seen.insert(home.clone());
        // Each folder waits with its relative path and the folders it lies in, links resolved.
        let mut waiting = vec![(String::new(), vec![home])];
        while let Some((folder, above)) = waiting.pop() {
            let mut entries = match self.system.list(&self.root.join(&folder)) {
                Ok(entries) => entries,
                Err(error) => {
                    let shown = if folder.is_empty() { "." } else { &folder };
                    let diagnostic = unreadable(self.sources, shown, &error);
                    self.diagnostics.push(diagnostic);
                    continue;
                }
            };
            // The order of a folder's entries is the file system's whim.
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            for (name, kind) in entries {
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                self.entry(&path, &name, kind, &above, &mut waiting);
            }
        }
        self.found.sort();
        self.found
    }

    fn entry(
        &mut self,
        path: &str,
        name: &str,
        kind: FileKind,
        above: &[PathBuf],
        waiting: &mut Vec<(String, Vec<PathBuf>)>,
    ) {
        match kind {
            FileKind::File if self.globs.want(path) => self.found.push(path.to_owned()),
            FileKind::Folder if self.enters(path, name) => {
                let whole = above.last().map(|p| p.join(name)).unwrap_or_default();
                self.seen.insert(whole.clone());
                waiting.push((path.to_owned(), with(above, whole)));
            }
            FileKind::Link => self.link(path, name, above, waiting),
            FileKind::Other if self.globs.want(path) => self.no_file(path),
            FileKind::File | FileKind::Folder | FileKind::Other => {}
        }
    }

    /// A pipe or a device with the name of a source.
    fn no_file(&mut self, path: &str) {
        let diagnostic = unreadable(self.sources, path, &no_regular_file());
        self.diagnostics.push(diagnostic);
    }

    fn link(&mut self, path: &str, name: &str, above: &[PathBuf], waiting: &mut Vec<(String, Vec<PathBuf>)>) {
        let full = self.root.join(path);
        let wanted = self.globs.want(path);
        let (whole, kind) = match self.system.canonical(&full).and_then(|w| Ok((w, self.system.metadata(&full)?.kind)))
        {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !wanted => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let diagnostic = unreadable(self.sources, path, &error);
                return self.diagnostics.push(diagnostic);
            }
            Err(_) => return self.bad_link(path, "leads in a circle", Severity::Error),
        };
        let outside = !whole.starts_with(&self.home);
        match kind {
            FileKind::File if wanted && outside => self.bad_link(path, "leads out of the project", Severity::Error),
            FileKind::File if wanted => self.found.push(path.to_owned()),
            FileKind::Other if wanted => self.no_file(path),
            FileKind::Folder if !self.enters(path, name) => {}
            FileKind::Folder if outside => {
                self.bad_link(path, "leads out of the project and is not followed", Severity::Warning);
            }
            FileKind::Folder if above.contains(&whole) => self.bad_link(path, "leads in a circle", Severity::Error),
            FileKind::Folder if self.seen.insert(whole.clone()) => waiting.push((path.to_owned(), with(above, whole))),
            _ => {}
        }
    }

    fn enters(&self, path: &str, name: &str) -> bool {
        let plain = !name.starts_with('.') && !SKIPPED.contains(&name) && self.globs.may_hold(path);
        // A folder with a manifest of its own is another project.
        plain && self.system.metadata(&self.root.join(path).join(manifest::FILE)).is_err()
    }

    fn bad_link(&mut self, path: &str, what: &str, severity: Severity) {
        let file = self.sources.add(path, "");
        let message = format!("the symbolic link `{path}` {what}");
        let mut found = Diagnostic::new(codes::LINK_LOOP, Span::new(file, 0, 0), message)
            .help("remove the link, or name the other folder as a library under `[modules]` of hxp.toml");
        found.severity = severity;
        self.diagnostics.push(found);
    }
}

fn with(above: &[PathBuf], folder: PathBuf) -> Vec<PathBuf> {
    above.iter().cloned().chain([folder]).collect()
}

/// The globs of `sources`.
struct Globs {
    /// `None`: the default, which needs no machinery.
    set: Option<GlobSet>,
    /// The folders each glob is about, as far as they are plain names, and whether it goes deeper.
    prefixes: Vec<(String, bool)>,
}

impl Globs {
    fn new(manifest: &Manifest, diagnostics: &mut Vec<Diagnostic>) -> Self {
        if manifest.sources.iter().all(|s| s.node == manifest::DEFAULT_SOURCES) {
            return Self { set: None, prefixes: vec![(String::new(), true)] };
        }
        let mut set = GlobSetBuilder::new();
        let mut prefixes = Vec::new();
        for glob in &manifest.sources {
            let leaves = Path::new(&glob.node).components().any(|c| !matches!(c, Component::Normal(_)));
            let built = GlobBuilder::new(&glob.node).literal_separator(true).build();
            let problem = match (&built, leaves) {
                (_, true) => Some("a source must be named from the project's folder downwards".to_owned()),
                (Err(error), _) => Some(format!("`{}` is no glob: {}", glob.node, error.kind())),
                (Ok(_), false) => None,
            };
            match (built, problem) {
                (_, Some(problem)) => diagnostics.push(Diagnostic::new(codes::BAD_MANIFEST, glob.span, problem)),
                (Ok(built), None) => {
                    set.add(built);
                    prefixes.push(plain_prefix(&glob.node));
                }
                (Err(_), None) => {}
            }
        }
        Self { set: Some(set.build().unwrap_or_default()), prefixes }
    }

    fn want(&self, path: &str) -> bool {
        match &self.set {
            None => {
                Path::new(path).extension().is_some_and(|e| e == "hxp")
                    && !path.starts_with('.')
                    && !path.contains("/.")
            }
            Some(set) => set.is_match(path),
        }
    }

    /// Whether a folder can hold something wanted.
    fn may_hold(&self, folder: &str) -> bool {
        let below = |deep: &str, shallow: &str| {
            shallow.is_empty() || deep.strip_prefix(shallow).is_some_and(|r| r.is_empty() || r.starts_with('/'))
        };
        self.prefixes.iter().any(|(plain, deep)| below(plain, folder) || (*deep && below(folder, plain)))
    }
}

/// The folders before the first one with a wildcard, `policy` of `policy/**/*.hxp`, and whether there is such a one.
fn plain_prefix(glob: &str) -> (String, bool) {
    let folders = glob.rsplit_once('/').map_or("", |(folders, _)| folders);
    let plain: Vec<&str> = folders.split('/').take_while(|f| !is_wild(f)).collect();
    // Braces may hold a slash.
    (plain.join("/"), is_wild(folders) || glob.contains('{'))
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?', '[', '{', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Memory;

    /// The files found below `/p` and the diagnostics, a line each.
    fn found(memory: &Memory) -> (Vec<String>, Vec<String>) {
        let mut sources = Sources::default();
        let mut diagnostics = Vec::new();
        let project = discover(memory, Path::new("/p"), &mut sources, &mut diagnostics);
        let lines = diagnostics.iter().map(|d| format!("{:?} {} {}", d.severity, d.code, d.message)).collect();
        (project.files, lines)
    }

    #[test]
    fn finds_sources_in_byte_order_whatever_the_file_system_says() {
        let files = ["/p/b.hxp", "/p/a/z.hxp", "/p/a.hxp", "/p/x.txt", "/p/.git/c.hxp", "/p/node_modules/d.hxp"];
        let memory = Memory::with(files.map(|f| (f, "")));
        memory.put("/p/other/hxp.toml", "");
        memory.put("/p/other/e.hxp", "");
        let first = found(&memory);
        assert_eq!(first.0, ["a.hxp", "a/z.hxp", "b.hxp"]);
        memory.reverse_lists();
        assert_eq!(found(&memory), first);
    }

    #[test]
    fn globs_choose() {
        let files = ["/p/a.hxp", "/p/policy/b.hxp", "/p/policy/deep/c.hxp", "/p/elsewhere/d.hxp"];
        let memory = Memory::with(files.map(|f| (f, "")));
        for (globs, expected) in [
            ("\"*.hxp\"", vec!["a.hxp"]),
            ("\"policy/*.hxp\"", vec!["policy/b.hxp"]),
            ("\"policy/**/*.hxp\"", vec!["policy/b.hxp", "policy/deep/c.hxp"]),
            ("\"{a,policy/b}.hxp\"", vec!["a.hxp", "policy/b.hxp"]),
            ("\"a.hxp\", \"elsewhere/*\"", vec!["a.hxp", "elsewhere/d.hxp"]),
        ] {
            memory.put("/p/hxp.toml", format!("[project]\nsources = [{globs}]\n"));
            assert_eq!(found(&memory).0, expected, "{globs}");
        }
    }

    #[test]
    fn links_are_followed_inside_and_refused_in_circles_and_outside() {
        let memory = Memory::with([("/p/a/x.hxp", ""), ("/other/y.hxp", "")]);
        for (link, to, files, lines) in [
            ("/p/same", "a", vec!["a/x.hxp"], vec![]),
            ("/p/a/up", "..", vec!["a/x.hxp"], vec!["Error HXP0005 the symbolic link `a/up` leads in a circle"]),
            ("/p/self", "self", vec!["a/x.hxp"], vec!["Error HXP0005 the symbolic link `self` leads in a circle"]),
            (
                "/p/out",
                "/other",
                vec!["a/x.hxp"],
                vec!["Warning HXP0005 the symbolic link `out` leads out of the project and is not followed"],
            ),
            (
                "/p/y.hxp",
                "/other/y.hxp",
                vec!["a/x.hxp"],
                vec!["Error HXP0005 the symbolic link `y.hxp` leads out of the project"],
            ),
            ("/p/in.hxp", "a/x.hxp", vec!["a/x.hxp", "in.hxp"], vec![]),
        ] {
            memory.link(link, to);
            let expected =
                (files.into_iter().map(String::from).collect(), lines.into_iter().map(String::from).collect());
            assert_eq!(found(&memory), expected, "{link} -> {to}");
            memory.remove_file(Path::new(link)).unwrap();
        }
    }

    #[test]
    fn a_project_is_found_upwards() {
        let memory = Memory::with([("/p/hxp.toml", ""), ("/p/a.hxp", ""), ("/p/deep/er/x.txt", "")]);
        let mut sources = Sources::default();
        let project = discover(&memory, Path::new("/p/deep/er"), &mut sources, &mut Vec::new());
        assert_eq!((project.root.as_path(), project.files), (Path::new("/p"), vec!["a.hxp".to_owned()]));
    }

    #[test]
    fn nothing_found_is_told() {
        assert_eq!(found(&Memory::with([("/p/x.txt", "")])).1, ["Error HXP0009 no file matches `**/*.hxp`"]);
        assert_eq!(found(&Memory::default()).1, ["Error HXP0001 `/p` cannot be read: it does not exist"]);
    }

    #[test]
    fn sources_stay_inside() {
        let memory = Memory::with([("/p/hxp.toml", "[project]\nsources = [\"../*.hxp\"]\n"), ("/x.hxp", "")]);
        assert_eq!(found(&memory).1, ["Error HXP0007 a source must be named from the project's folder downwards"]);
    }
}
