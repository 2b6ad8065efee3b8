//! The standard library: modules written in hxp, embedded in the binary.

use hxp_diagnostics::{FileId, Sources};
use hxp_syntax::ast::{ItemKind, Path, Tree};
use include_dir::{Dir, include_dir};
use smol_str::{SmolStr, format_smolstr};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../stdlib");

/// The module that is imported everywhere.
pub const PRELUDE: &str = "std.prelude";

/// The text of a module, by its name in `use` (`std.gates`).
pub fn module(name: &str) -> Option<&'static str> {
    let stem = name.strip_prefix("std.")?;
    FILES.get_file(format!("{}.hxp", stem.replace('.', "/")))?.contents_utf8()
}

/// The names of all modules, sorted.
pub fn names() -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = FILES
        .files()
        .filter_map(|f| f.path().to_str()?.strip_suffix(".hxp"))
        .map(|stem| format_smolstr!("std.{}", stem.replace('/', ".")))
        .collect();
    names.sort_unstable();
    names
}

/// The module of the standard library that declares a name, found in its text: modules nobody uses are not parsed.
pub(crate) fn home_of(kind: Option<hxp_policy::Kind>, name: &str) -> Option<SmolStr> {
    let declares = |line: &str| {
        let Some((word, rest)) = line.split_once(' ') else { return false };
        let fits = match kind {
            Some(kind) => word == kind.word(),
            None => hxp_policy::Kind::from_word(word).is_some(),
        };
        let head = rest.split(['{', '(', ':', '=']).next().unwrap_or_default();
        fits && head.split(" extends ").next().unwrap_or_default().split(',').any(|n| n.trim() == name)
    };
    names().into_iter().filter(|m| m != PRELUDE).find(|m| module(m).is_some_and(|text| text.lines().any(declares)))
}

/// The dotted text of a path.
pub(crate) fn dotted(path: &Path) -> SmolStr {
    let words: Vec<&str> = path.segments.iter().map(|s| s.text.as_str()).collect();
    words.join(".").into()
}

/// The module that a `use` names, given which modules exist: `std.gates` for `use std.gates.{trivy}` and for
/// `use std.gates.trivy`.
pub(crate) fn module_of(item: &hxp_syntax::ast::Use, exists: &dyn Fn(&str) -> bool) -> Option<SmolStr> {
    let whole = dotted(&item.path);
    if exists(&whole) {
        return Some(whole);
    }
    let (module, _) = whole.rsplit_once('.')?;
    (item.names.is_none() && exists(module)).then(|| module.into())
}

/// The modules that a tree imports, among those that exist, in order and each once.
pub fn modules_used(tree: &Tree, exists: &dyn Fn(&str) -> bool) -> Vec<SmolStr> {
    let mut used = Vec::new();
    for item in tree.items() {
        if let ItemKind::Use(item) = &item.kind
            && let Some(module) = module_of(item, exists)
            && !used.contains(&module)
        {
            used.push(module);
        }
    }
    used
}

/// A module of the standard library, read and parsed.
#[derive(Debug)]
pub struct Loaded {
    /// Its name: `std.gates`.
    pub path: SmolStr,
    /// Its file in the sources; its path there is `<std>/gates.hxp`.
    pub file: FileId,
    /// Its tree (and diagnostics, of which there are none).
    pub parsed: hxp_syntax::Parsed,
}

/// Reads and parses the modules of the standard library that the trees use, directly or through one another, and the
/// prelude. The sources grow by their files.
pub fn load<'t>(sources: &mut Sources, trees: impl IntoIterator<Item = &'t Tree>) -> Vec<Loaded> {
    let exists = |name: &str| module(name).is_some();
    let mut wanted = vec![SmolStr::new_static(PRELUDE)];
    for tree in trees {
        wanted.extend(modules_used(tree, &exists));
    }
    let mut loaded: Vec<Loaded> = Vec::new();
    let mut next = 0;
    while let Some(path) = wanted.get(next).cloned() {
        next += 1;
        let Some(text) = module(&path).filter(|_| loaded.iter().all(|l| l.path != path)) else { continue };
        let stem = path.trim_start_matches("std.").replace('.', "/");
        let file = sources.add(format!("<std>/{stem}.hxp"), text);
        let parsed = hxp_syntax::parse(file, text);
        wanted.extend(modules_used(&parsed.tree, &exists));
        loaded.push(Loaded { path, file, parsed });
    }
    loaded
}
