//! What is declared, by name: read from the trees alone, so that it is there while the policy is being written.

use std::collections::HashMap;

use hxp_analysis::stdlib;
use hxp_diagnostics::Span;
use hxp_policy::Kind;
use hxp_syntax::ast::{Decl, Item, ItemKind, Tree};
use smol_str::SmolStr;

use crate::Snapshot;

/// A declaration by one of its names.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'s> {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: &'s SmolStr,
    /// The name where it is declared.
    pub span: Span,
    /// What is declared.
    pub decl: &'s Decl,
    /// The whole item.
    pub item: &'s Item,
    /// The module; empty for the project.
    pub module: &'s str,
}

/// All declarations that can be named.
#[derive(Debug, Default)]
pub struct Names<'s> {
    by_name: HashMap<&'s str, Vec<Declared<'s>>>,
}

impl<'s> Names<'s> {
    /// The declarations of the project and of the modules that it uses.
    pub fn of(snapshot: &'s Snapshot) -> Self {
        let mut names = Self::default();
        for file in &snapshot.project.files {
            names.add(&file.parsed.tree, "");
        }
        for module in &snapshot.project.modules {
            names.add(&module.parsed.tree, &module.path);
        }
        names
    }

    fn add(&mut self, tree: &'s Tree, module: &'s str) {
        for declared in declared(tree, module) {
            self.by_name.entry(declared.name).or_default().push(declared);
        }
    }

    /// What has that name, the project's first.
    pub fn get(&self, name: &str) -> &[Declared<'s>] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// What of that kind has that name.
    pub fn find(&self, kind: Kind, name: &str) -> Option<Declared<'s>> {
        self.get(name).iter().copied().find(|d| d.kind == kind)
    }

    /// Every declaration, by name, then by place.
    pub fn all(&self) -> Vec<Declared<'s>> {
        let mut all: Vec<Declared<'s>> = self.by_name.values().flatten().copied().collect();
        all.sort_by(|a, b| (a.name, a.span).cmp(&(b.name, b.span)));
        all
    }

    /// Whether a declaration can be named without importing it: the project's own, the prelude's, what is imported.
    pub fn in_scope(snapshot: &Snapshot, declared: &Declared<'_>) -> bool {
        declared.module.is_empty() || declared.module == stdlib::PRELUDE || is_imported(snapshot, declared)
    }
}

fn is_imported(snapshot: &Snapshot, declared: &Declared<'_>) -> bool {
    snapshot.project.files.iter().flat_map(|f| f.parsed.tree.items()).any(|item| match &item.kind {
        ItemKind::Use(import) => {
            let path: Vec<&str> = import.path.segments.iter().map(|s| s.text.as_str()).collect();
            match &import.names {
                Some(names) => path.join(".") == declared.module && names.iter().any(|n| n.text == *declared.name),
                None => path.join(".") == format!("{}.{}", declared.module, declared.name),
            }
        }
        ItemKind::Decl(_) => false,
    })
}

/// The declarations of a tree.
pub fn declared<'s>(tree: &'s Tree, module: &'s str) -> impl Iterator<Item = Declared<'s>> {
    tree.items()
        .filter_map(|item| match &item.kind {
            ItemKind::Decl(decl) => Some((item, &**decl, Kind::from_word(&decl.kind.text)?)),
            ItemKind::Use(_) => None,
        })
        .flat_map(move |(item, decl, kind)| {
            decl.names.iter().map(move |name| Declared { kind, name: &name.text, span: name.span, decl, item, module })
        })
}
