//! What must hold wherever somebody asks, over the examples and the corpus.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hxp_diagnostics::codes::CHART_VALUE;
use hxp_diagnostics::{Diagnostic, Edit, FileId, Span};
use hxp_driver::system::{Disk, Overlay};
use hxp_driver::{Compilation, Request, compile};
use hxp_ide::actions::{Action, What, actions};
use hxp_ide::completion::completion;
use hxp_ide::diagnostics::diagnostics;
use hxp_ide::hover::hover;
use hxp_ide::node::{self, Node};
use hxp_ide::rename::{prepare, rename};
use hxp_ide::resolve::{Named, named};
use hxp_ide::{Kind, Place, Snapshot};
use hxp_syntax::TokenKind;

use crate::{TODAY, edited, looked_at, now, project, real_files, real_projects};

#[test]
fn every_word_of_real_policies_says_something() {
    let mut silent: Vec<String> = Vec::new();
    for (snapshot, file) in real_files() {
        let text = snapshot.text(file);
        for token in hxp_syntax::lex(file, text).into_iter().filter(|t| t.kind == TokenKind::Word) {
            if hover(&snapshot, Place { file, offset: token.start }).is_none() {
                let word = text.get(token.start as usize..token.end as usize).unwrap();
                let before = text.get(..token.start as usize).unwrap();
                let line = before.matches('\n').count() + 1;
                silent.push(format!("{}:{line}: {word}", snapshot.source(file).unwrap().path()));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// A project over other texts of its files.
fn again(project: &Compilation, texts: &BTreeMap<FileId, String>) -> Arc<Compilation> {
    let root = &project.project.root;
    let texts = texts.iter().map(|(file, text)| {
        let path = project.sources.get(*file).unwrap().path();
        (root.join(path.as_str()), text.clone())
    });
    let system = Overlay::new(&Disk, texts);
    let start = match (&project.project.manifest.file, project.project.files.as_slice()) {
        (None, [alone]) => root.join(alone),
        _ => root.clone(),
    };
    Arc::new(compile(&system, &Request { start, today: Some(TODAY), ..Request::default() }))
}

/// What is wrong with edits of a file: out of bounds, within a character, over one another.
fn misplaced(text: &str, edits: &[Edit]) -> bool {
    let mut spans: Vec<Span> = edits.iter().map(|e| e.span).collect();
    spans.sort_unstable();
    let outside = |s: &Span| text.get(s.start as usize..s.end as usize).is_none();
    spans.iter().any(outside) || spans.windows(2).any(|pair| pair[1].start < pair[0].end)
}

/// The mistakes of form in a text.
fn malformed(text: &str) -> Vec<String> {
    let found = hxp_syntax::parse(FileId(0), text).diagnostics;
    found.into_iter().filter(Diagnostic::is_error).map(|d| d.message).collect()
}

/// What is wrong with the actions that are offered for some spans of a file.
fn bad_actions(snapshot: &Snapshot, spans: impl Iterator<Item = Span>) -> Vec<String> {
    let mut wrong = Vec::new();
    for span in spans {
        for action in actions(snapshot, span) {
            for (file, edits) in &action.edits {
                let text = snapshot.text(*file);
                let what = format!("`{}` at `{}`", action.title, snapshot.slice(span));
                if misplaced(text, edits) {
                    wrong.push(format!("{what} edits {edits:?}"));
                } else if snapshot.is_own(*file) {
                    let after = malformed(&edited(snapshot, *file, edits));
                    if after.len() > malformed(text).len() {
                        wrong.push(format!("{what}: {after:?}"));
                    }
                }
            }
        }
    }
    wrong
}

/// Each expression of a file, as somebody would select it, and each statement, as the cursor would stand in it.
fn selections(snapshot: &Snapshot, file: FileId) -> Vec<Span> {
    let nodes = node::all(snapshot.tree(file).unwrap()).into_iter();
    nodes.filter(|n| matches!(n, Node::Expr(_) | Node::Statement(_))).map(Node::span).collect()
}

#[test]
fn every_action_can_be_applied_and_brings_no_mistake_of_form() {
    let mut wrong = Vec::new();
    for (snapshot, file) in real_files() {
        wrong.extend(bad_actions(&snapshot, selections(&snapshot, file).into_iter().step_by(37)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The examples of the pages of errors, wrong and right.
fn examples() -> Vec<String> {
    let pages = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")).unwrap();
    let mut paths: Vec<PathBuf> = pages.map(|page| page.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "md"));
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let page = std::fs::read_to_string(path).unwrap();
        let blocks = page.split("\n```hxp ").skip(1).filter_map(|rest| rest.split("\n```").next());
        found.extend(blocks.filter_map(|block| Some(block.split_once('\n')?.1.to_owned())));
    }
    found
}

#[test]
fn every_mend_of_the_pages_can_be_applied_and_brings_no_mistake_of_form() {
    let (mut wrong, mut mends) = (Vec::new(), 0);
    for text in examples() {
        let (snapshot, place) = project(&text);
        let told = diagnostics(&snapshot).map(|d| d.primary.span).filter(|s| s.file == place.file);
        let spans: Vec<Span> = told.collect();
        mends += spans.iter().map(|span| actions(&snapshot, *span).len()).sum::<usize>();
        wrong.extend(bad_actions(&snapshot, spans.into_iter()));
    }
    assert!(mends > 100, "{mends}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes of what is wrong with a project, in one order. A name can be a value, too, of which a chart may not take
/// every one.
fn codes(project: &Compilation) -> Vec<&'static str> {
    let own = project.diagnostics.iter().filter(|d| d.code != CHART_VALUE);
    let mut codes: Vec<&str> = own.map(|d| d.code.id()).collect();
    codes.sort_unstable();
    codes
}

/// The texts of a project after edits.
fn after(snapshot: &Snapshot, edits: &BTreeMap<FileId, Vec<Edit>>) -> BTreeMap<FileId, String> {
    edits.iter().map(|(file, edits)| (*file, edited(snapshot, *file, edits))).collect()
}

/// What comes of giving what stands at a place another name, and then its own again.
fn renamed_and_back(project: &Arc<Compilation>, place: Place) -> Result<(), String> {
    const OTHER: &str = "another";
    let snapshot = looked_at(project, place.file);
    let Ok(word) = prepare(&snapshot, place) else { return Ok(()) };
    let is_service = matches!(named(&snapshot, place), Some((_, Named::Declared(_, of))) if of.kind == Kind::Service);
    if is_service {
        // Where it says no other key, the name is the key under which its values are found.
        return Ok(());
    }
    let name = snapshot.slice(word).to_owned();
    let edits = rename(&snapshot, place, OTHER).map_err(|why| format!("`{name}`: {why}"))?;
    if edits.iter().any(|(file, edits)| misplaced(snapshot.text(*file), edits)) {
        return Err(format!("`{name}`: {edits:?}"));
    }
    let texts = after(&snapshot, &edits);
    let there = again(project, &texts);
    if codes(&there) != codes(project) {
        let news: Vec<String> = there.diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
        return Err(format!("`{name}`, renamed: {news:?}"));
    }
    // The word stands where it stood, but for the edits before it.
    let before = edits[&place.file].iter().filter(|e| e.span.start < word.start).count();
    let moved = word.start as usize + before * OTHER.len() - before * name.len();
    let there = looked_at(&there, place.file);
    let back = Place { file: place.file, offset: u32::try_from(moved).unwrap() };
    let edits = rename(&there, back, &name).map_err(|why| format!("`{name}`, back: {why}"))?;
    let differs = after(&there, &edits).iter().any(|(file, text)| snapshot.text(*file) != text);
    if differs || edits.len() != texts.len() { Err(format!("`{name}` does not come back: {edits:?}")) } else { Ok(()) }
}

/// What is wrong after the extractions and inlinings that are offered for a span, and was not before.
fn changed(snapshot: &Snapshot, span: Span) -> Vec<String> {
    let moved = |a: &Action| matches!(a.what, What::Extract | What::Inline);
    let mut wrong = Vec::new();
    for action in actions(snapshot, span).iter().filter(|a| moved(a)) {
        let there = again(&snapshot.project, &after(snapshot, &action.edits));
        if codes(&there) != codes(&snapshot.project) {
            let news: Vec<String> = there.diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
            wrong.push(format!("`{}` at `{}`: {news:?}", action.title, snapshot.slice(span)));
        }
    }
    wrong
}

#[test]
fn what_is_extracted_or_inlined_means_the_same() {
    let mut wrong = Vec::new();
    for (snapshot, file) in real_files() {
        let constants = snapshot.project.index.definitions.iter().filter(|d| d.kind == Kind::Let);
        let own = constants.map(|d| d.name_span).filter(|s| s.file == file);
        let spans: Vec<Span> = own.chain(selections(&snapshot, file).into_iter().step_by(101)).collect();
        wrong.extend(spans.into_iter().flat_map(|span| changed(&snapshot, span)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A place at which each thing that a project names is named: the last one.
fn places(project: &Arc<Compilation>) -> impl Iterator<Item = Place> {
    let snapshot = Snapshot { project: project.clone(), types: None, now: now() };
    let mut things: BTreeMap<Span, Place> = BTreeMap::new();
    for file in project.files.iter().map(|f| f.id) {
        for token in hxp_syntax::lex(file, snapshot.text(file)).into_iter().filter(|t| t.kind == TokenKind::Word) {
            let place = Place { file, offset: token.start };
            things.extend(named(&snapshot, place).map(|(_, thing)| (thing.name(), place)));
        }
    }
    things.into_values()
}

#[test]
fn what_is_renamed_means_the_same_and_comes_back() {
    let mut wrong = Vec::new();
    for project in real_projects() {
        wrong.extend(places(&project).step_by(53).filter_map(|place| renamed_and_back(&project, place).err()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_completion_replaces_the_word_at_the_cursor_and_nothing_else() {
    let mut wrong = Vec::new();
    for (snapshot, file) in real_files() {
        let text = snapshot.text(file);
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)).step_by(113) {
            let (span, found) = completion(&snapshot, Place { file, offset: u32::try_from(at).unwrap() });
            let replaced = text.get(span.start as usize..span.end as usize);
            let around = span.start as usize <= at && at <= span.end as usize;
            if !around || replaced.is_none_or(|text| text.contains(['\n', '\r'])) {
                wrong.push(format!("at {at}: {replaced:?}"));
            }
            let imports = found.iter().filter_map(|c| c.import.as_ref());
            wrong.extend(imports.filter(|e| misplaced(text, &[(*e).clone()])).map(|e| format!("at {at}: {e:?}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
