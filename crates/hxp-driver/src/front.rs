//! From a project's files to its trees: reading, parsing, and the modules it uses.

use std::io;
use std::path::Path;
use std::sync::Arc;

use hxp_analysis::Index;
use hxp_diagnostics::{Diagnostic, FileId, Sources, codes};
use hxp_policy::Kind;
use hxp_syntax::Parsed;
use hxp_syntax::ast::{Body, EntryKind, Expr, ExprKind, ItemKind, Literal};
use indexmap::IndexMap;
use rayon::prelude::*;
use smol_str::{SmolStr, format_smolstr};

use crate::memo::Memo;
use crate::progress::{Progress, Stage};
use crate::project::Project;
use crate::read::{self, MAX_FILE};
use crate::system::{FileKind, System};
use crate::{lock, manifest};

/// Below so many bytes the work is done before other threads have woken.
const WORTH_THREADS: usize = 128 << 10;

/// A text and what it says.
#[derive(Clone, Debug)]
pub struct File {
    /// Its number in the sources.
    pub id: FileId,
    /// Its tree, comments and diagnostics.
    pub parsed: Arc<Parsed>,
}

/// A module that a project uses.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name in `use`: `std.gates`, `shared.audit`.
    pub path: SmolStr,
    /// Its file in the sources.
    pub id: FileId,
    /// What it says.
    pub parsed: Arc<Parsed>,
}

/// Reads and parses the project's own files.
pub fn parse(
    system: &dyn System,
    project: &Project,
    progress: &Progress,
    memo: &mut Memo,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<File> {
    progress.begin(Stage::Parsing, project.files.len());
    let read = |path: &String| system.read(&project.root.join(path), MAX_FILE);
    let bytes: Vec<io::Result<Vec<u8>>> = if project.files.len() < 16 {
        project.files.iter().map(read).collect()
    } else {
        project.files.par_iter().map(read).collect()
    };
    // What is to be parsed, and what was parsed before from the same text.
    let mut texts: Vec<(FileId, String, Option<Arc<Parsed>>)> = Vec::with_capacity(bytes.len());
    for (path, bytes) in project.files.iter().zip(bytes) {
        if let Some((file, parsed)) = memo.recall(sources, path, &bytes) {
            texts.push((file, String::new(), Some(parsed)));
        } else if let (file, Some(text)) = read::decode(sources, path, bytes, diagnostics) {
            texts.push((file, text, None));
        }
    }
    let one = |(id, text, known): &(FileId, String, Option<Arc<Parsed>>)| {
        let parsed = known.clone().unwrap_or_else(|| Arc::new(hxp_syntax::parse(*id, text)));
        progress.step();
        File { id: *id, parsed }
    };
    let size: usize = texts.iter().map(|(_, t, _)| t.len()).sum();
    let files: Vec<File> = if texts.len() < 2 || size < WORTH_THREADS {
        texts.iter().map(one).collect()
    } else {
        texts.par_iter().map(one).collect()
    };
    memo.keep(sources, &files);
    diagnostics.extend(files.iter().flat_map(|f| f.parsed.diagnostics.iter().cloned()));
    files
}

/// Reads and parses the modules that the files use, directly or through one another: those of the libraries that the
/// manifest names, then those of the standard library.
pub fn modules(
    system: &dyn System,
    project: &Project,
    files: &[File],
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Module> {
    let offered = libraries(system, project, diagnostics);
    let exists = |name: &str| offered.contains_key(name);
    let mut wanted: Vec<SmolStr> =
        files.iter().flat_map(|f| hxp_analysis::stdlib::modules_used(&f.parsed.tree, &exists)).collect();
    let mut modules: Vec<Module> = Vec::new();
    let mut next = 0;
    while let Some(path) = wanted.get(next).cloned() {
        next += 1;
        let Some(file) = offered.get(&path).filter(|_| modules.iter().all(|m| m.path != path)) else { continue };
        let bytes = system.read(&project.root.join(file), MAX_FILE);
        let (id, text) = read::decode(sources, file, bytes, diagnostics);
        let parsed = Arc::new(hxp_syntax::parse(id, &text.unwrap_or_default()));
        diagnostics.extend(parsed.diagnostics.iter().cloned());
        wanted.extend(hxp_analysis::stdlib::modules_used(&parsed.tree, &exists));
        modules.push(Module { path, id, parsed });
    }
    let trees = files.iter().map(|f| &f.parsed.tree).chain(modules.iter().map(|m| &m.parsed.tree));
    let standard = hxp_analysis::stdlib::load(sources, trees);
    modules.extend(standard.into_iter().map(|m| Module { path: m.path, id: m.file, parsed: Arc::new(m.parsed) }));
    modules
}

/// The modules of the manifest's libraries: name in `use` and path relative to the project.
fn libraries(system: &dyn System, project: &Project, diagnostics: &mut Vec<Diagnostic>) -> IndexMap<SmolStr, String> {
    let mut offered = IndexMap::new();
    for library in &project.manifest.modules {
        let folder = library.folder.node.trim_end_matches('/');
        let mut entries = match system.list(&project.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("the library `{}` cannot be read: {}", library.name.node, read::reason(&error));
                let found = Diagnostic::new(codes::UNREADABLE_FILE, library.folder.span, message);
                diagnostics.push(found.help("a library is a folder of .hxp files, named relative to hxp.toml"));
                continue;
            }
        };
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, kind) in entries {
            if let Some(stem) = name.strip_suffix(".hxp").filter(|_| kind != FileKind::Folder) {
                offered.insert(format_smolstr!("{}.{stem}", library.name.node), format!("{folder}/{name}"));
            }
        }
    }
    offered
}

/// The schemas of the charts that the files declare, by the chart's path.
pub fn chart_schemas(
    system: &dyn System,
    project: &Project,
    files: &[File],
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<SmolStr, serde_json::Value> {
    let mut schemas = IndexMap::new();
    for path in chart_paths(files) {
        let file = format!("{}/values.schema.json", path.trim_end_matches('/'));
        if schemas.contains_key(&path) || !is_inside(project, &path) {
            continue;
        }
        let Some(bytes) = places(project).find_map(|place| existing(system, &place.join(&file))) else { continue };
        let (id, text) = read::decode(sources, &file, bytes, diagnostics);
        let Some(text) = text else { continue };
        match serde_json::from_str(&text) {
            Ok(schema) => {
                schemas.insert(path, schema);
            }
            Err(error) => {
                let span = hxp_diagnostics::Span::new(id, 0, 0);
                let message = format!("the chart's schema `{file}` is not valid JSON: {error}");
                diagnostics.push(Diagnostic::new(codes::UNREADABLE_FILE, span, message));
            }
        }
    }
    schemas
}

/// The `values.yaml` of the charts that the files declare, by the chart's path. One that cannot be read is Helm's to
/// complain of.
pub fn chart_values(system: &dyn System, project: &Project, files: &[File]) -> IndexMap<SmolStr, serde_json::Value> {
    let mut values = IndexMap::new();
    for path in chart_paths(files).into_iter().filter(|path| is_inside(project, path)) {
        let file = format!("{}/values.yaml", path.trim_end_matches('/'));
        let bytes = places(project).find_map(|place| existing(system, &place.join(&file)));
        let text = bytes.and_then(Result::ok).and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(found) =
            text.and_then(|text| Some(crate::yaml::read_values(&text).ok()?.value)).filter(serde_json::Value::is_object)
        {
            values.insert(path, found);
        }
    }
    values
}

/// Machines that give evidence of gates which name none: the workflows of the repository that the manifest names. Without
/// it nobody knows when compiling, and every issuer counts.
pub fn default_issuer(policy: &mut hxp_policy::Policy, project: &Project) {
    let Some(repository) = &project.manifest.repository else { return };
    for gate in policy.gates.values_mut() {
        if matches!(gate.proof, hxp_policy::Proof::Machine { .. }) && gate.properties.get("issuer").is_none() {
            gate.properties.fields.push(hxp_policy::Field {
                name: "issuer".into(),
                value: hxp_policy::Value::Str(format_smolstr!("repo:{}", repository.node)),
                origin: gate.origin,
                doc: None,
            });
        }
    }
}

/// Where a chart's path may start: the project's folder, and the output folder, which is the repository's unless the
/// manifest says where the project lies in it.
fn places(project: &Project) -> impl Iterator<Item = std::path::PathBuf> {
    let out = project.manifest.out.as_ref().filter(|_| project.manifest.root.is_none());
    [Some(project.root.clone()), out.map(|out| project.root.join(&out.node))].into_iter().flatten()
}

/// The folder in which the project lies is the one that the manifest names; and workflows go where GitHub looks for them.
pub fn check_layout(system: &dyn System, project: &Project, diagnostics: &mut Vec<Diagnostic>) {
    let Some(root) = &project.manifest.root else { return };
    let Ok(whole) = system.canonical(&project.root) else { return };
    let named: std::path::PathBuf =
        Path::new(&root.node).components().filter(|c| matches!(c, std::path::Component::Normal(_))).collect();
    if !whole.ends_with(&named) {
        let name = whole.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let message = format!("the project lies in a folder `{name}`, not in `{}`", root.node);
        let found = Diagnostic::new(codes::BAD_MANIFEST, root.span, message);
        diagnostics.push(found.help("name its folder as seen from the repository's root"));
        return;
    }
    let depth = named.components().count();
    let climbs = project.manifest.out.as_ref().and_then(|out| manifest::lexical(&out.node)).unwrap_or((0, 0));
    if depth > 0 && climbs == (0, 0) {
        let up = vec![".."; depth].join("/");
        let message = "GitHub looks for workflows at the repository's root, and the outputs go to the project's folder";
        let found = Diagnostic::new(codes::BAD_MANIFEST, root.span, message);
        let found = Diagnostic { severity: hxp_diagnostics::Severity::Warning, ..found };
        diagnostics.push(found.help(format!("say `out = \"{up}\"` under `[project]`")));
    }
}

fn existing(system: &dyn System, path: &Path) -> Option<io::Result<Vec<u8>>> {
    match system.read(path, MAX_FILE) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
        result => Some(result),
    }
}

/// A chart's path does not lead out of the repository.
fn is_inside(project: &Project, path: &str) -> bool {
    let depth = project.manifest.root.as_ref().and_then(|root| manifest::lexical(&root.node)).map_or(0, |d| d.1);
    manifest::lexical(path).is_some_and(|(climbs, _)| climbs <= depth)
}

/// `path = "…"` of every `chart`; the text may be a constant's.
fn chart_paths(files: &[File]) -> Vec<SmolStr> {
    let decls = || {
        files.iter().flat_map(|file| file.parsed.tree.items()).filter_map(|item| match &item.kind {
            ItemKind::Decl(decl) => Some((Kind::from_word(&decl.kind.text)?, decl)),
            ItemKind::Use(_) => None,
        })
    };
    let constant = |name: &SmolStr| {
        decls().find_map(|(kind, decl)| match &decl.body {
            Body::Expr(body) if kind == Kind::Let && decl.names.iter().any(|n| n.text == *name) => text_of(body),
            _ => None,
        })
    };
    let mut paths = Vec::new();
    for (_, decl) in decls().filter(|(kind, _)| *kind == Kind::Chart) {
        let Body::Block(block) = &decl.body else { continue };
        for entry in &block.entries {
            if let EntryKind::Property(property) = &entry.kind
                && matches!(&*property.keys, [key] if key.text == "path")
            {
                paths.extend(match &property.value.kind {
                    ExprKind::Name(name) => constant(name),
                    _ => text_of(&property.value),
                });
            }
        }
    }
    paths
}

fn text_of(expr: &Expr) -> Option<SmolStr> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text.value.clone()),
        _ => None,
    }
}

/// The pinned actions: those of `hxp.lock` over the built-in ones.
pub fn actions(
    system: &dyn System,
    project: &Project,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> lock::Actions {
    let mut actions = lock::Actions::new();
    let has_manifest =
        project.manifest.file.is_some() || existing(system, &project.root.join(manifest::FILE)).is_some();
    let found = has_manifest.then(|| existing(system, &project.root.join(lock::FILE))).flatten();
    if let Some(bytes) = found
        && let (file, Some(text)) = read::decode(sources, lock::FILE, bytes, diagnostics)
    {
        lock::read(file, &text, &mut actions, diagnostics);
    }
    actions
}

/// Names, types, values, consistency: the policy, as far as it can be understood.
pub fn analyse(
    project: &Project,
    sources: &Sources,
    files: &[File],
    modules: &[Module],
    today: Option<jiff::civil::Date>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (hxp_policy::Policy, Index) {
    let naming = naming(project);
    let input = hxp_analysis::Input {
        sources,
        project: files.iter().map(|f| (f.id, &f.parsed.tree)).collect(),
        modules: modules_of(modules),
        today,
        lints: hxp_analysis::Lints { naming },
        watch: None,
    };
    let mut analysis = hxp_analysis::analyse(&input);
    if diagnostics.iter().any(Diagnostic::is_error) {
        // The policy may be declared in what could not be read.
        analysis.diagnostics.retain(|d| d.code != codes::NO_POLICY);
    }
    drop_echoes_of_text(files, &mut analysis.diagnostics);
    diagnostics.extend(analysis.diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        // A misspelt name leaves its import unused: that is no second mistake.
        diagnostics.retain(|d| d.code != codes::UNUSED_IMPORT);
    }
    let policy = analysis.policy.unwrap_or_default();
    // What is left of a policy with errors may seem unused or unreachable.
    if !diagnostics.iter().any(Diagnostic::is_error) {
        let library: Vec<FileId> = modules.iter().map(|m| m.id).collect();
        let docs = project.manifest.lints.iter().any(|(code, level)| *code == codes::MISSING_DOC && level.is_some());
        let mends = hxp_analysis::mend::Mends::new(sources, &input.project);
        let context = hxp_analysis::consistency::Context { today, library: &library, docs, mends: Some(mends) };
        let mut judged = hxp_analysis::consistency::check(&policy, &context);
        hxp_analysis::join_all_over_facts(&input.project, diagnostics, &mut judged);
        diagnostics.extend(judged);
    }
    (policy, analysis.index)
}

/// What could not be read is missing because of that: in its declaration, and in an environment for who names a requirement
/// of it.
pub fn drop_echoes_of_text(files: &[File], found: &mut Vec<Diagnostic>) {
    let covers = |whole: hxp_diagnostics::Span, part: hxp_diagnostics::Span| {
        whole.file == part.file && whole.start <= part.start && part.end <= whole.end
    };
    // Where there is a mend, what was meant was read.
    let unread = files.iter().flat_map(|f| &f.parsed.diagnostics).filter(|d| d.is_error() && d.fixes.is_empty());
    let lost: Vec<_> = unread.map(|d| d.primary.span).collect();
    if lost.is_empty() {
        return;
    }
    let items = files.iter().flat_map(|f| &f.parsed.tree.items);
    let torn: Vec<_> = items.filter(|i| lost.iter().any(|s| covers(i.span, *s))).collect();
    let in_torn = |span| torn.iter().any(|i| covers(i.span, span));
    let environment =
        torn.iter().any(|i| matches!(&i.kind, ItemKind::Decl(d) if matches!(&*d.kind.text, "environment" | "rule")));
    let echo = |d: &Diagnostic| {
        (d.code == codes::MISSING_PROPERTY && in_torn(d.primary.span))
            || (d.code == codes::UNGUARDED_OPTIONAL && d.related.iter().any(|l| in_torn(l.span)))
            || (d.code == codes::UNKNOWN_ID && environment)
    };
    found.retain(|d| !echo(d));
}

/// How bad the project finds names in an unusual style.
pub fn naming(project: &Project) -> Option<hxp_diagnostics::Severity> {
    let set = project.manifest.lints.iter().find(|(code, _)| *code == codes::NAMING);
    set.map_or(Some(codes::NAMING.severity()), |(_, level)| *level)
}

/// Modules as the analysis takes them.
pub fn modules_of(modules: &[Module]) -> Vec<hxp_analysis::Module<'_>> {
    modules.iter().map(|m| hxp_analysis::Module { path: m.path.clone(), file: m.id, tree: &m.parsed.tree }).collect()
}
