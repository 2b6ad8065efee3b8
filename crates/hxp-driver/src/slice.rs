//! The part of a project that some declarations are about.
//!
//! A declaration can only reach another one by a word of its text. So the declarations whose names occur in some text,
//! and those whose names occur in theirs, are all that matter for it; analysing them alone gives the same types, values
//! and mistakes, in a time that does not depend on the size of the project. An editor asks for this at every keystroke.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use hxp_analysis::{Input, Lints, Types};
use hxp_diagnostics::FileId;
use hxp_policy::Kind;
use hxp_syntax::TokenKind;
use hxp_syntax::ast::{HeaderKind, Item, ItemKind, Tree};
use jiff::civil::Date;

use crate::Compilation;
use crate::front::{self, File};

/// An item of a project: its file's place among the project's files, and its own place in the file.
pub type At = (usize, usize);

/// A project of which only a part was analysed.
#[derive(Clone, Debug)]
pub struct Slice {
    /// All texts and trees, with the policy, the names and the mistakes of the part.
    pub compilation: Compilation,
    /// The types of the watched file's expressions.
    pub types: Types,
}

/// Analyses what the `roots` are about, and nothing else. `watch`: the file of which every expression's type is wanted.
///
/// What is said of declarations that are never used, and whatever else only the whole project tells, means nothing here.
pub fn slice(whole: &Compilation, roots: &BTreeSet<At>, watch: Option<FileId>, today: Option<Date>) -> Slice {
    let chosen = closure(whole, roots);
    let mut trees: BTreeMap<usize, Tree> = BTreeMap::new();
    for (file, item) in &chosen {
        let Some(found) = whole.files.get(*file).and_then(|f| f.parsed.tree.items.get(*item)) else { continue };
        trees.entry(*file).or_default().items.push(found.clone());
    }
    let project = trees.iter().filter_map(|(file, tree)| Some((whole.files.get(*file)?.id, tree))).collect();
    let mut analysis = hxp_analysis::analyse(&Input {
        sources: &whole.sources,
        project,
        modules: front::modules_of(&whole.modules),
        today,
        lints: Lints { naming: front::naming(&whole.project) },
        watch,
    });
    front::drop_echoes_of_text(&whole.files, &mut analysis.diagnostics);
    let mut policy = analysis.policy.unwrap_or_default();
    front::default_issuer(&mut policy, &whole.project);
    let mut compilation = whole.texts();
    compilation.policy = policy;
    compilation.index = analysis.index;
    compilation.diagnostics = analysis.diagnostics;
    Slice { compilation, types: analysis.types }
}

/// The items of a file.
pub fn items_of(whole: &Compilation, file: FileId) -> impl Iterator<Item = (At, &Item)> {
    let at = whole.files.iter().position(|f| f.id == file);
    let items = at.and_then(|at| whole.files.get(at)).map(|f| f.parsed.tree.items.as_slice()).unwrap_or_default();
    items.iter().enumerate().map(move |(number, item)| ((at.unwrap_or_default(), number), &**item))
}

/// The roots, what their words name, and what decides about them: the policy, the imports, and for an environment its
/// rules and overrides.
fn closure(whole: &Compilation, roots: &BTreeSet<At>) -> BTreeSet<At> {
    let names = names(&whole.files);
    let mut chosen = roots.clone();
    for (file, found) in whole.files.iter().enumerate() {
        for (number, item) in found.parsed.tree.items.iter().enumerate() {
            let always = match &item.kind {
                ItemKind::Use(_) => true,
                ItemKind::Decl(decl) => decl.kind.text == Kind::Policy.word(),
            };
            if always {
                chosen.insert((file, number));
            }
        }
    }
    chosen.extend(deciders(whole, roots));
    let mut waiting: Vec<At> = chosen.iter().copied().collect();
    let mut seen: HashSet<&str> = HashSet::new();
    while let Some((file, number)) = waiting.pop() {
        let Some(item) = whole.files.get(file).and_then(|f| f.parsed.tree.items.get(number)) else { continue };
        for word in words(whole, item) {
            if !seen.insert(word) {
                continue;
            }
            for at in names.get(word).into_iter().flatten() {
                if chosen.insert(*at) {
                    waiting.push(*at);
                }
            }
        }
    }
    chosen
}

/// Rules, objectives and overrides of the environments among the roots.
fn deciders(whole: &Compilation, roots: &BTreeSet<At>) -> Vec<At> {
    let items = |at: &At| whole.files.get(at.0).and_then(|f| f.parsed.tree.items.get(at.1));
    let environments: HashSet<&str> = roots
        .iter()
        .filter_map(items)
        .filter_map(|item| match &item.kind {
            ItemKind::Decl(decl) if decl.kind.text == Kind::Environment.word() => Some(decl),
            _ => None,
        })
        .flat_map(|decl| decl.names.iter().map(|n| n.text.as_str()))
        .collect();
    if environments.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (file, of) in whole.files.iter().enumerate() {
        for (number, item) in of.parsed.tree.items.iter().enumerate() {
            let ItemKind::Decl(decl) = &item.kind else { continue };
            let kind = Kind::from_word(&decl.kind.text);
            if !matches!(kind, Some(Kind::Rule | Kind::Objective | Kind::Override)) {
                continue;
            }
            let for_all = !decl.headers.iter().any(|h| matches!(h.kind, HeaderKind::For(_)));
            if for_all || words(whole, item).any(|w| environments.contains(w)) {
                found.push((file, number));
            }
        }
    }
    found
}

/// Where each name is declared.
fn names(files: &[File]) -> HashMap<&str, Vec<At>> {
    let mut names: HashMap<&str, Vec<At>> = HashMap::new();
    for (file, found) in files.iter().enumerate() {
        for (number, item) in found.parsed.tree.items.iter().enumerate() {
            let ItemKind::Decl(decl) = &item.kind else { continue };
            for name in &decl.names {
                names.entry(&name.text).or_default().push((file, number));
            }
        }
    }
    names
}

/// The words of an item's text.
fn words<'a>(whole: &'a Compilation, item: &Item) -> impl Iterator<Item = &'a str> {
    let text = whole.sources.slice(item.span);
    let tokens = hxp_syntax::lex(item.span.file, text).into_iter();
    tokens.filter(|t| t.kind == TokenKind::Word).filter_map(move |t| text.get(t.start as usize..t.end as usize))
}

impl Compilation {
    /// The texts and trees alone: what the policy and the targets' part in it take up is left behind.
    #[must_use]
    pub fn texts(&self) -> Self {
        Self {
            project: self.project.clone(),
            sources: self.sources.clone(),
            files: self.files.clone(),
            modules: self.modules.clone(),
            chart_schemas: self.chart_schemas.clone(),
            ..Self::default()
        }
    }

    /// The texts and trees after an edit of one of its files. `None`: the file is none of the project's.
    pub fn with_text(&self, file: FileId, text: &str) -> Option<Self> {
        let at = self.files.iter().position(|f| f.id == file)?;
        let mut next = self.texts();
        let before = self.sources.get(file)?.text();
        let known = &self.files.get(at)?.parsed;
        let parsed = Arc::new(hxp_syntax::parse_again(file, text, before, known));
        next.sources.replace(file, text);
        *next.files.get_mut(at)? = File { id: file, parsed };
        Some(next)
    }
}
