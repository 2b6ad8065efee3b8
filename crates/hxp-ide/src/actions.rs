//! What can be done about a place: mends of what is wrong, and rearrangements.

use std::collections::{BTreeMap, BTreeSet};

use hxp_diagnostics::{Diagnostic, Edit, FileId, Span, codes};
use hxp_driver::{Compilation, apply, manifest};
use hxp_policy::Kind;
use hxp_syntax::ast::{Body, Decl, ExprKind, Item, ItemKind, StatementKind, Use};

use crate::names::Names;
use crate::node::{self, Node};
use crate::resolve::{self, Named};
use crate::shape::{self, Where};
use crate::{Place, Snapshot, diagnostics, navigate};

/// Something that can be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// In the imperative.
    pub title: String,
    /// What sort of thing it is.
    pub what: What,
    /// The edits, by file.
    pub edits: BTreeMap<FileId, Vec<Edit>>,
    /// The diagnostic that it mends, by its place among those of the project.
    pub mends: Option<usize>,
    /// A text for a file that is not there yet or no source: its path relative to the project.
    pub beside: Option<(String, String)>,
}

/// What sort of thing an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It mends one mistake; the best of the mends for it, or not.
    QuickFix {
        /// Whether it is the best.
        preferred: bool,
    },
    /// It mends everything that can safely be mended in the file.
    FixAll,
    /// It sorts and joins imports and removes those that are not used.
    OrganizeImports,
    /// It gives a part a name.
    Extract,
    /// It puts what a name stands for in its place.
    Inline,
}

/// Everything that can be done about a span.
pub fn actions(snapshot: &Snapshot, span: Span) -> Vec<Action> {
    let mut found = quick_fixes(snapshot, span);
    found.extend(silence(snapshot, span));
    found.extend(fix_all(snapshot, span.file));
    found.extend(organize_imports(snapshot, span.file));
    let extracted = [extract_let(snapshot, span), extract_gate(snapshot, span), extract_window(snapshot, span)];
    found.extend(extracted.into_iter().flatten().filter(|action| stays_right(snapshot, action)));
    found.extend(inline_let(snapshot, span));
    found.extend(add_because(snapshot, span));
    found
}

fn action(title: impl Into<String>, what: What, edits: Vec<Edit>) -> Action {
    let mut by_file: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(edit.span.file).or_default().push(edit);
    }
    Action { title: title.into(), what, edits: by_file, mends: None, beside: None }
}

fn touch(a: Span, b: Span) -> bool {
    a.file == b.file && a.start <= b.end && b.start <= a.end
}

/// The diagnostics at a span, with their numbers.
fn at(snapshot: &Snapshot, span: Span) -> impl Iterator<Item = (usize, &Diagnostic)> {
    diagnostics::diagnostics(snapshot).enumerate().filter(move |(_, d)| touch(d.primary.span, span))
}

fn quick_fixes(snapshot: &Snapshot, span: Span) -> Vec<Action> {
    let mut found = Vec::new();
    for (number, diagnostic) in at(snapshot, span) {
        for (index, fix) in diagnostic.fixes.iter().enumerate() {
            let own = fix.edits.iter().all(|e| snapshot.is_own(e.span.file));
            if own && !fix.edits.is_empty() {
                let mut one = action(&fix.title, What::QuickFix { preferred: index == 0 }, fix.edits.clone());
                one.mends = Some(number);
                found.push(one);
            }
        }
    }
    found
}

/// Turns a lint off in the manifest, with a place for the reason.
fn silence(snapshot: &Snapshot, span: Span) -> Vec<Action> {
    let project = &snapshot.project.project;
    let mut found = Vec::new();
    for (number, diagnostic) in at(snapshot, span) {
        let is_lint = !diagnostic.is_error() && diagnostic.code.id().starts_with("HXP08");
        if !is_lint {
            continue;
        }
        let name = diagnostic.code.name();
        let title = format!("silence `{name}` in {}", manifest::FILE);
        let quick = What::QuickFix { preferred: false };
        let text = project.manifest.file.map(|file| snapshot.text(file)).unwrap_or_default();
        let Some((place, line)) = manifest::silence(text, &name) else { continue };
        let mut one = match project.manifest.file {
            Some(file) => {
                let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
                let span = Span::new(file, at(place.start), at(place.end));
                action(title, quick, vec![Edit { span, text: line }])
            }
            None => Action {
                title,
                what: quick,
                edits: BTreeMap::new(),
                mends: None,
                beside: Some((manifest::FILE.to_owned(), line)),
            },
        };
        one.mends = Some(number);
        found.push(one);
    }
    found
}

/// Every safe fix of a file that does not touch another one.
pub fn fix_all(snapshot: &Snapshot, file: FileId) -> Option<Action> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut fixes = 0;
    for diagnostic in diagnostics::diagnostics(snapshot).filter(|d| d.primary.span.file == file) {
        let Some(fix) = diagnostic.fixes.iter().find(|f| f.safe && !f.edits.is_empty()) else { continue };
        let free = |e: &Edit| e.span.file == file && !edits.iter().any(|o| touch(o.span, e.span));
        if fix.edits.iter().all(free) {
            edits.extend(fix.edits.iter().cloned());
            fixes += 1;
        }
    }
    (fixes > 0).then(|| action(format!("apply all {fixes} safe fixes"), What::FixAll, edits))
}

/// The imports of a file sorted, those of one module joined, the unused ones left out.
pub fn organize_imports(snapshot: &Snapshot, file: FileId) -> Option<Action> {
    let tree = snapshot.tree(file)?;
    let imports: Vec<(&Item, &Use)> = tree
        .items()
        .filter_map(|item| match &item.kind {
            ItemKind::Use(import) => Some((item, import)),
            ItemKind::Decl(_) => None,
        })
        .collect();
    let (first, last) = (imports.first()?.0.span, imports.last()?.0.span);
    let between: Vec<&Item> = tree.items().filter(|i| first.start <= i.span.start && i.span.end <= last.end).collect();
    let documented = imports.iter().any(|(item, _)| !item.docs.is_empty());
    let inside = |span: &Span| first.start <= span.start && span.end <= last.end;
    let has_comments = snapshot.parsed(file)?.comments.iter().any(inside);
    if between.len() != imports.len() || documented || has_comments {
        // What stands between the imports would lose its place.
        return None;
    }
    let unused: Vec<Span> =
        diagnostics::diagnostics(snapshot).filter(|d| d.code == codes::UNUSED_IMPORT).map(|d| d.primary.span).collect();
    let mut modules: BTreeMap<String, Option<BTreeSet<&str>>> = BTreeMap::new();
    for (_, import) in &imports {
        let path: Vec<&str> = import.path.segments.iter().map(|s| s.text.as_str()).collect();
        match &import.names {
            None if import.path.segments.last().is_some_and(|s| unused.contains(&s.span)) => {}
            None => {
                modules.entry(path.join(".")).or_insert(None);
            }
            Some(names) => {
                let kept = names.iter().filter(|n| !unused.contains(&n.span)).map(|n| n.text.as_str());
                let kept: BTreeSet<&str> = kept.collect();
                if !kept.is_empty() {
                    modules.entry(path.join(".")).or_default().get_or_insert_default().extend(kept);
                }
            }
        }
    }
    let lines: Vec<String> = modules
        .iter()
        .map(|(module, names)| match names {
            Some(names) => {
                format!("use {module}.{{{}}}", names.iter().copied().collect::<Vec<_>>().join(", "))
            }
            None => format!("use {module}"),
        })
        .collect();
    let text = lines.join("\n");
    let span = Span { end: last.end, ..first };
    (snapshot.slice(span) != text).then(|| action("organise imports", What::OrganizeImports, vec![Edit { span, text }]))
}

/// A name that nothing has yet.
fn fresh(snapshot: &Snapshot, base: &str) -> String {
    let names = Names::of(snapshot);
    let numbered = (2..).map(|n| format!("{base}_{n}"));
    std::iter::once(base.to_owned()).chain(numbered).find(|n| names.get(n).is_empty()).unwrap_or_default()
}

/// The item around a span.
fn item_around(snapshot: &Snapshot, span: Span) -> Option<(&Item, &Decl)> {
    let item = snapshot.tree(span.file)?.items().find(|i| crate::covers(i.span, span))?;
    match &item.kind {
        ItemKind::Decl(decl) => Some((item, decl)),
        ItemKind::Use(_) => None,
    }
}

/// A declaration in front of an item.
fn in_front(item: &Item, text: &str) -> Edit {
    Edit { span: item.span.before(), text: format!("{text}\n\n") }
}

/// Whether what an action touches in one file has no more mistakes than before. A word, a day or an id means something
/// in its place alone, and only the analysis knows where.
fn stays_right(snapshot: &Snapshot, action: &Action) -> bool {
    let Some((file, edits)) = action.edits.first_key_value() else { return false };
    let text = apply(snapshot.text(*file), edits.iter().collect());
    let mistakes = |of: &Compilation| of.diagnostics.iter().filter(|d| d.is_error()).count();
    let after = snapshot.project.edited(*file, &text, None);
    after.is_some_and(|after| mistakes(&after) <= mistakes(&snapshot.project))
}

/// Gives the selected expression a name, when it reads nothing that is known only where it stands.
fn extract_let(snapshot: &Snapshot, span: Span) -> Option<Action> {
    let (item, decl) = item_around(snapshot, span)?;
    if span.is_empty() || decl.kind.text == Kind::Let.word() {
        return None;
    }
    let path = node::path(snapshot.tree(span.file)?, span.start);
    let expr = path.iter().find_map(|n| match n {
        Node::Expr(e) if e.span == span => Some(*e),
        _ => None,
    })?;
    if resolve::is_in_id(&path, span.start) || shape::holds_ids(Where::of(&path, span.start)) {
        // An id is no value.
        return None;
    }
    let reads_local = node::below(std::iter::once(Node::Expr(expr))).into_iter().any(|n| match n {
        Node::Expr(e) => match &e.kind {
            ExprKind::Name(name) => {
                name == "environment"
                    || matches!(
                        resolve::named(snapshot, Place { file: span.file, offset: e.span.start }),
                        Some((_, Named::Local { .. }))
                    )
            }
            _ => false,
        },
        _ => false,
    });
    if reads_local {
        return None;
    }
    let name = fresh(snapshot, "extracted");
    let text = format!("let {name} = {}", snapshot.slice(span));
    // A record stands behind its key without a sign between them.
    let is_bare = path.windows(2).any(|pair| match pair {
        [Node::Property(p), Node::Expr(e)] => {
            e.span == span
                && p.keys.last().is_some_and(|key| {
                    !snapshot.slice(Span { start: key.span.end, end: span.start, ..span }).contains('=')
                })
        }
        _ => false,
    });
    let named = if is_bare { format!("= {name}") } else { name };
    Some(action("extract into a `let`", What::Extract, vec![in_front(item, &text), Edit { span, text: named }]))
}

/// Gives a gate with arguments a name of its own.
fn extract_gate(snapshot: &Snapshot, span: Span) -> Option<Action> {
    let (item, _) = item_around(snapshot, span)?;
    let path = node::path(snapshot.tree(span.file)?, span.start);
    let (expr, callee, args) = path.iter().rev().find_map(|n| match n {
        Node::Expr(e) => match &e.kind {
            ExprKind::Call(callee, args) => Some((*e, callee, args)),
            _ => None,
        },
        _ => None,
    })?;
    let ExprKind::Name(gate) = &callee.kind else { return None };
    Names::of(snapshot).find(Kind::Gate, gate)?;
    if args.is_empty() {
        return None;
    }
    let inner = snapshot.slice(Span { start: callee.span.end, ..expr.span });
    let name = fresh(snapshot, &format!("own_{gate}"));
    let text = format!("gate {name} extends {gate}{inner} {{}}");
    let edits = vec![in_front(item, &text), Edit { span: expr.span, text: name }];
    Some(action(format!("extract into a gate that extends `{gate}`"), What::Extract, edits))
}

/// Gives a part of a window's combination a name.
fn extract_window(snapshot: &Snapshot, span: Span) -> Option<Action> {
    let (item, decl) = item_around(snapshot, span)?;
    if decl.kind.text != Kind::Window.word() || !matches!(decl.body, Body::Expr(_)) || span.is_empty() {
        return None;
    }
    let path = node::path(snapshot.tree(span.file)?, span.start);
    path.iter().find(|n| matches!(n, Node::Expr(e) if e.span == span && !matches!(e.kind, ExprKind::Name(_))))?;
    let name = fresh(snapshot, "part");
    let text = format!("window {name} = {}", snapshot.slice(span));
    Some(action("extract into a window", What::Extract, vec![in_front(item, &text), Edit { span, text: name }]))
}

/// Puts the value of a constant wherever it is named, and takes the constant away.
fn inline_let(snapshot: &Snapshot, span: Span) -> Option<Action> {
    let place = Place { file: span.file, offset: span.start };
    let (_, named) = resolve::named(snapshot, place)?;
    let Named::Declared(_, definition) = named else { return None };
    if definition.kind != Kind::Let || !snapshot.is_own(definition.name_span.file) {
        return None;
    }
    let decl = snapshot.decl(definition)?;
    let (Body::Expr(body), None, [_]) = (&decl.body, &decl.params, decl.names.as_slice()) else { return None };
    let text = snapshot.slice(body.span);
    let simple = matches!(body.kind, ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::List(_) | ExprKind::Call(..));
    let text = if simple { text.to_owned() } else { format!("({text})") };
    let uses = navigate::occurrences(snapshot, named, false);
    let mut edits: Vec<Edit> = uses.into_iter().map(|span| Edit { span, text: text.clone() }).collect();
    let after = snapshot.text(definition.span.file).get(definition.span.end as usize..).unwrap_or_default();
    let blank = after.len() - after.trim_start_matches(['\n', '\r']).len();
    let end = definition.span.end + u32::try_from(blank).unwrap_or(0);
    edits.push(Edit { span: Span { end, ..definition.span }, text: String::new() });
    Some(action(format!("inline `{}`", definition.name), What::Inline, edits))
}

/// A place for the reason of a statement that should have one.
fn add_because(snapshot: &Snapshot, span: Span) -> Option<Action> {
    let path = node::path(snapshot.tree(span.file)?, span.start);
    let statement = path.iter().find_map(|n| match n {
        Node::Statement(s) => Some(*s),
        _ => None,
    })?;
    let wants = match &statement.kind {
        StatementKind::Deny | StatementKind::Waive(_) => true,
        StatementKind::Slot(slot) => !slot.open,
        _ => false,
    };
    let has = statement.suffixes.iter().any(|s| snapshot.slice(s.head) == "because");
    (wants && !has).then(|| {
        let edit = Edit { span: statement.span.after(), text: " because \"\"".to_owned() };
        action("say why", What::QuickFix { preferred: false }, vec![edit])
    })
}

/// Makes a test expect what comes out.
pub fn fill_test(snapshot: &Snapshot, span: Span) -> Option<Action> {
    let (title, edit) = crate::testing::fill(snapshot, span)?;
    Some(action(format!("expect what comes out of \"{title}\""), What::QuickFix { preferred: false }, vec![edit]))
}

/// The edits that keep imports right when a library's module gets another name.
pub fn renamed_module(snapshot: &Snapshot, from: &str, to: &str) -> BTreeMap<FileId, Vec<Edit>> {
    let mut edits: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for file in &snapshot.project.files {
        for item in file.parsed.tree.items() {
            let ItemKind::Use(import) = &item.kind else { continue };
            let words: Vec<&str> = import.path.segments.iter().map(|s| s.text.as_str()).collect();
            let count = from.split('.').count();
            if words.get(..count).map(|w| w.join(".")).as_deref() == Some(from)
                && let Some(last) = import.path.segments.get(count - 1)
            {
                let span = import.path.span.file;
                let start = import.path.segments.first().map_or(last.span.start, |s| s.span.start);
                let span = Span::new(span, start, last.span.end);
                edits.entry(span.file).or_default().push(Edit { span, text: to.to_owned() });
            }
        }
    }
    edits
}

/// The module that lies at a path, if it belongs to one of its libraries.
pub fn module_of(snapshot: &Snapshot, path: &std::path::Path) -> Option<String> {
    let root = &snapshot.project.project.root;
    let libraries = &snapshot.project.project.manifest.modules;
    let stem = path.file_stem()?.to_str()?;
    let folder = path.parent()?;
    let same = |at: &str| hxp_driver::shown(&root.join(at)) == hxp_driver::shown(folder);
    let library = libraries.iter().find(|l| same(&l.folder.node))?;
    Some(format!("{}.{stem}", library.name.node))
}
