//! All declarations of a project and of the modules it uses, by module, kind and name.

use std::collections::{BTreeMap, HashMap};

use hxp_diagnostics::{Diagnostic, Sources, Span, codes};
use hxp_policy::Kind;
use hxp_policy::facts::{EVENT, FACTS};
use hxp_policy::model::Origin;
use hxp_syntax::ast::{self, Decl, HeaderKind, Item, ItemKind, Path, Tree, Use};
use smol_str::{SmolStr, format_smolstr};

use crate::{Input, form, stdlib};

/// A declaration's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeclId(pub u32);

/// A module's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// The project itself: one scope, whatever its files.
pub const PROJECT: ModuleId = ModuleId(0);

/// One name of a declaration.
pub struct Declaration<'a> {
    pub kind: Kind,
    /// Its name, or a test's title.
    pub name: SmolStr,
    pub name_span: Span,
    pub decl: &'a Decl,
    pub item: &'a Item,
    pub module: ModuleId,
    pub advisory: bool,
    /// What to use instead, when it is deprecated.
    pub deprecated: Option<Deprecation>,
    /// Its name in the policy; differs when a library's name is taken by the project.
    pub model: SmolStr,
}

/// What `@deprecated` says.
#[derive(Clone, Debug, Default)]
pub struct Deprecation {
    pub since: Option<SmolStr>,
    pub instead: Option<SmolStr>,
}

/// One `use`d name.
pub struct Import {
    pub span: Span,
    pub name: SmolStr,
    pub target: ImportTarget,
    pub module: ModuleId,
}

pub enum ImportTarget {
    Names(Vec<DeclId>),
    Module(ModuleId),
}

/// A scope of names.
#[derive(Default)]
pub struct ModuleScope {
    pub path: SmolStr,
    names: HashMap<SmolStr, Vec<DeclId>>,
    imports: HashMap<SmolStr, Vec<usize>>,
}

/// Everything that is declared.
pub struct Program<'a> {
    pub sources: &'a Sources,
    pub decls: Vec<Declaration<'a>>,
    pub modules: Vec<ModuleScope>,
    pub imports: Vec<Import>,
    pub parents: Vec<Option<DeclId>>,
    /// Declarations of the project by kind, in the order of the source.
    pub by_kind: BTreeMap<Kind, Vec<DeclId>>,
    by_model: HashMap<(Kind, SmolStr), DeclId>,
    prelude: Option<ModuleId>,
    /// The file of which every expression's type is wanted.
    pub watch: Option<hxp_diagnostics::FileId>,
}

/// A found name and the import that brought it.
pub type Found = (DeclId, Option<usize>);

impl<'a> Program<'a> {
    /// Collects all declarations.
    pub fn new(input: &Input<'a>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut program = Self {
            sources: input.sources,
            decls: Vec::new(),
            modules: vec![ModuleScope::default()],
            imports: Vec::new(),
            parents: Vec::new(),
            by_kind: BTreeMap::new(),
            by_model: HashMap::new(),
            prelude: None,
            watch: input.watch,
        };
        for (_, tree) in &input.project {
            program.collect(PROJECT, tree, diagnostics);
        }
        for module in &input.modules {
            let id = ModuleId(u32::try_from(program.modules.len()).unwrap_or(u32::MAX));
            program.modules.push(ModuleScope { path: module.path.clone(), ..ModuleScope::default() });
            if module.path == stdlib::PRELUDE {
                program.prelude = Some(id);
            }
            program.collect(id, module.tree, diagnostics);
        }
        program.name_for_the_model();
        program.import_all(input, diagnostics);
        program.find_import_cycles(diagnostics);
        program.find_parents(diagnostics);
        program
    }

    fn collect(&mut self, module: ModuleId, tree: &'a Tree, diagnostics: &mut Vec<Diagnostic>) {
        for item in tree.items() {
            let ItemKind::Decl(decl) = &item.kind else { continue };
            let Some(kind) = Kind::from_word(&decl.kind.text) else { continue };
            let attributes = form::item_attributes(item, kind, diagnostics);
            let titled = decl.title.iter().map(|t| (t.value.clone(), t.span));
            let named = decl.names.iter().map(|n| (n.text.clone(), n.span));
            for (name, name_span) in titled.chain(named) {
                let id = DeclId(u32::try_from(self.decls.len()).unwrap_or(u32::MAX));
                self.declare(module, kind, &name, name_span, id, diagnostics);
                self.decls.push(Declaration {
                    kind,
                    name: name.clone(),
                    name_span,
                    decl,
                    item,
                    module,
                    advisory: attributes.advisory,
                    deprecated: attributes.deprecated.clone(),
                    model: name,
                });
                if module == PROJECT {
                    self.by_kind.entry(kind).or_default().push(id);
                }
            }
        }
    }

    fn declare(
        &mut self,
        module: ModuleId,
        kind: Kind,
        name: &SmolStr,
        span: Span,
        id: DeclId,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if matches!(kind, Kind::Let | Kind::Environment | Kind::Metric) {
            shadowing(name, span, diagnostics);
        }
        let Some(scope) = self.modules.get_mut(module.0 as usize) else { return };
        let same = scope.names.entry(name.clone()).or_default();
        let first = same.iter().find_map(|d| self.decls.get(d.0 as usize).filter(|d| d.kind == kind));
        if let Some(first) = first {
            let message = if kind == Kind::Test {
                format!("two tests have the title \"{name}\"")
            } else {
                format!("the {} `{name}` is declared twice", kind.word())
            };
            diagnostics.push(
                Diagnostic::new(codes::DUPLICATE_DECLARATION, span, message)
                    .label("declared again here")
                    .related(first.name_span, "first declared here"),
            );
        } else {
            same.push(id);
        }
    }

    /// Declarations of libraries keep their name in the policy unless the project has taken it.
    fn name_for_the_model(&mut self) {
        let mut taken: HashMap<(Kind, SmolStr), DeclId> = HashMap::new();
        for index in 0..self.decls.len() {
            let id = DeclId(u32::try_from(index).unwrap_or(u32::MAX));
            let Some(decl) = self.decls.get(index) else { continue };
            let mut model = decl.name.clone();
            if decl.module != PROJECT && taken.contains_key(&(decl.kind, model.clone())) {
                let path = self.module(decl.module).path.clone();
                let last = path.rsplit('.').next().unwrap_or_default();
                model = format_smolstr!("{last}_{model}");
            }
            taken.entry((decl.kind, model.clone())).or_insert(id);
            if let Some(decl) = self.decls.get_mut(index) {
                decl.model = model;
            }
        }
        self.by_model = taken;
    }

    fn import_all(&mut self, input: &Input<'a>, diagnostics: &mut Vec<Diagnostic>) {
        for (_, tree) in &input.project {
            self.import_tree(PROJECT, tree, diagnostics);
        }
        for (index, module) in input.modules.iter().enumerate() {
            let id = ModuleId(u32::try_from(index + 1).unwrap_or(u32::MAX));
            self.import_tree(id, module.tree, diagnostics);
        }
    }

    fn import_tree(&mut self, module: ModuleId, tree: &'a Tree, diagnostics: &mut Vec<Diagnostic>) {
        for item in tree.items() {
            if let ItemKind::Use(item) = &item.kind {
                self.import(module, item, diagnostics);
            }
        }
    }

    fn module_named(&self, path: &str) -> Option<ModuleId> {
        let index = self.modules.iter().skip(1).position(|m| m.path == path)?;
        Some(ModuleId(u32::try_from(index + 1).unwrap_or(u32::MAX)))
    }

    fn import(&mut self, module: ModuleId, item: &Use, diagnostics: &mut Vec<Diagnostic>) {
        let whole = stdlib::dotted(&item.path);
        let Some(last) = item.path.segments.last() else { return };
        if let Some(names) = &item.names {
            match self.module_named(&whole) {
                Some(from) => {
                    for name in names {
                        self.import_name(module, from, &name.text, name.span, diagnostics);
                    }
                }
                None => diagnostics.push(self.unknown_module(&whole, item.path.span)),
            }
        } else if let Some(target) = self.module_named(&whole) {
            self.add_import(module, last.text.clone(), last.span, ImportTarget::Module(target));
        } else {
            match whole.rsplit_once('.').and_then(|(from, _)| self.module_named(from)) {
                Some(from) => self.import_name(module, from, &last.text, last.span, diagnostics),
                None => diagnostics.push(self.unknown_module(&whole, item.path.span)),
            }
        }
    }

    fn import_name(
        &mut self,
        module: ModuleId,
        from: ModuleId,
        name: &SmolStr,
        span: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let found = self.module(from).names.get(name).cloned().unwrap_or_default();
        if found.is_empty() {
            let scope = self.module(from);
            let mut valid: Vec<&str> = scope.names.keys().map(SmolStr::as_str).collect();
            valid.sort_unstable();
            let message = format!("`{}` declares no `{name}`", scope.path);
            diagnostics.push(Diagnostic::new(codes::UNKNOWN_IMPORT, span, message).suggest(name, valid));
            return;
        }
        let own = self.module(module).names.get(name).cloned().unwrap_or_default();
        for target in &found {
            let clash = own.iter().find(|o| self.get(**o).kind == self.get(*target).kind);
            if let Some(clash) = clash {
                let clash = self.get(*clash);
                let message = format!("the {} `{name}` is declared and imported", clash.kind.word());
                diagnostics.push(
                    Diagnostic::new(codes::DUPLICATE_DECLARATION, clash.name_span, message)
                        .label("declared here")
                        .related(span, "imported here")
                        .help(format!(
                            "to change what `{}` says, give yours another name and write `extends {name}`",
                            self.module(from).path
                        )),
                );
            }
        }
        self.add_import(module, name.clone(), span, ImportTarget::Names(found));
    }

    fn add_import(&mut self, module: ModuleId, name: SmolStr, span: Span, target: ImportTarget) {
        let index = self.imports.len();
        self.imports.push(Import { span, name: name.clone(), target, module });
        if let Some(scope) = self.modules.get_mut(module.0 as usize) {
            scope.imports.entry(name).or_default().push(index);
        }
    }

    fn unknown_module(&self, path: &str, span: Span) -> Diagnostic {
        let mut valid: Vec<SmolStr> = stdlib::names();
        valid.retain(|m| m != stdlib::PRELUDE);
        for module in self.modules.iter().skip(1) {
            if !valid.contains(&module.path) && module.path != stdlib::PRELUDE {
                valid.push(module.path.clone());
            }
        }
        Diagnostic::new(codes::UNKNOWN_MODULE, span, format!("there is no module `{path}`"))
            .suggest(path, valid.iter().map(SmolStr::as_str))
            .help("files of one project see each other without `use`; a library is named under `[modules]` in hxp.toml")
    }

    /// Modules that import each other: shown as a path.
    fn find_import_cycles(&self, diagnostics: &mut Vec<Diagnostic>) {
        let mut edges: BTreeMap<ModuleId, Vec<(ModuleId, Span)>> = BTreeMap::new();
        for import in &self.imports {
            let target = match &import.target {
                ImportTarget::Module(module) => Some(*module),
                ImportTarget::Names(names) => names.first().map(|n| self.get(*n).module),
            };
            if let Some(target) = target {
                edges.entry(import.module).or_default().push((target, import.span));
            }
        }
        let mut done: Vec<ModuleId> = Vec::new();
        for start in edges.keys() {
            let mut path: Vec<(ModuleId, Span)> = Vec::new();
            self.walk_imports(*start, &edges, &mut path, &mut done, diagnostics);
        }
    }

    fn walk_imports(
        &self,
        at: ModuleId,
        edges: &BTreeMap<ModuleId, Vec<(ModuleId, Span)>>,
        path: &mut Vec<(ModuleId, Span)>,
        done: &mut Vec<ModuleId>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if done.contains(&at) {
            return;
        }
        for (target, span) in edges.get(&at).into_iter().flatten() {
            path.push((at, *span));
            if let Some(begin) = path.iter().position(|(m, _)| m == target) {
                let circle = path.get(begin..).unwrap_or_default();
                let mut names: Vec<&str> = circle.iter().map(|(m, _)| self.module(*m).path.as_str()).collect();
                names.push(&self.module(*target).path);
                let text = format!("modules import each other in a circle: {}", names.join(" → "));
                let mut found = Diagnostic::new(codes::IMPORT_CYCLE, *span, text);
                for (module, span) in circle.iter().take(circle.len().saturating_sub(1)) {
                    found = found.related(*span, format!("`{}` imports the next here", self.module(*module).path));
                }
                diagnostics.push(found);
            } else {
                self.walk_imports(*target, edges, path, done, diagnostics);
            }
            path.pop();
        }
        done.push(at);
    }

    fn find_parents(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        self.parents = vec![None; self.decls.len()];
        let mut found = Vec::new();
        for index in 0..self.decls.len() {
            let parent = self.decls.get(index).and_then(|d| self.parent_of(d, diagnostics));
            found.push(parent);
        }
        for index in 0..found.len() {
            let Some(Some(parent)) = found.get(index).copied() else { continue };
            let me = DeclId(u32::try_from(index).unwrap_or(u32::MAX));
            if let Some(circle) = self.circle_from(me, parent) {
                diagnostics.push(self.extends_cycle(me, &circle));
            } else if let Some(slot) = self.parents.get_mut(index) {
                *slot = Some(parent);
            }
        }
    }

    /// The path back to `me` from `parent` over the parents accepted so far.
    fn circle_from(&self, me: DeclId, parent: DeclId) -> Option<Vec<DeclId>> {
        let mut path = vec![parent];
        let mut at = parent;
        while at != me {
            at = self.parent(at)?;
            path.push(at);
        }
        Some(path)
    }

    fn extends_cycle(&self, me: DeclId, circle: &[DeclId]) -> Diagnostic {
        let decl = self.get(me);
        let mut names = vec![decl.name.as_str()];
        names.extend(circle.iter().map(|d| self.get(*d).name.as_str()));
        let span = extends_header(decl.decl).map_or(decl.name_span, |(path, _)| path.span);
        let mut found = Diagnostic::new(
            codes::EXTENDS_CYCLE,
            span,
            format!("{}s extend each other in a circle: {}", decl.kind.word(), names.join(" → ")),
        );
        for other in circle.iter().filter(|d| **d != me) {
            let other = self.get(*other);
            let span = extends_header(other.decl).map_or(other.name_span, |(path, _)| path.span);
            found = found.related(span, format!("`{}` extends the next here", other.name));
        }
        found
    }

    fn parent_of(&self, decl: &Declaration<'a>, diagnostics: &mut Vec<Diagnostic>) -> Option<DeclId> {
        let (path, _) = extends_header(decl.decl)?;
        match self.resolve_path(decl.module, decl.kind, path) {
            Some((id, _)) => Some(id),
            None => {
                diagnostics.push(self.unknown(decl.module, decl.kind, &stdlib::dotted(path), path.span));
                None
            }
        }
    }

    /// A path that names a declaration of one kind: `benchmark`, `gate.benchmark`, `gates.benchmark`.
    pub fn resolve_path(&self, module: ModuleId, kind: Kind, path: &Path) -> Option<Found> {
        match path.segments.as_slice() {
            [name] => self.lookup(module, kind, &name.text),
            [first, name] if first.text == kind.word() => self.lookup(module, kind, &name.text),
            [first, name] => {
                let (imported, import) = self.imported_module(module, &first.text)?;
                self.member(imported, &name.text, Some(kind)).map(|id| (id, Some(import)))
            }
            _ => None,
        }
    }

    /// The declaration of that number.
    #[expect(clippy::indexing_slicing, reason = "ids are only made by `collect`, which pushes the declaration")]
    pub fn get(&self, id: DeclId) -> &Declaration<'a> {
        &self.decls[id.0 as usize]
    }

    /// The module of that number.
    #[expect(clippy::indexing_slicing, reason = "ids are only made where the module is pushed")]
    pub fn module(&self, id: ModuleId) -> &ModuleScope {
        &self.modules[id.0 as usize]
    }

    /// What it extends.
    pub fn parent(&self, id: DeclId) -> Option<DeclId> {
        self.parents.get(id.0 as usize).copied().flatten()
    }

    /// Itself and what it extends, the root first.
    pub fn chain(&self, id: DeclId) -> Vec<DeclId> {
        let mut chain = vec![id];
        let mut at = id;
        while let Some(parent) = self.parent(at) {
            chain.push(parent);
            at = parent;
        }
        chain.reverse();
        chain
    }

    /// The declaration of that kind that a name means in a module.
    pub fn lookup(&self, module: ModuleId, kind: Kind, name: &str) -> Option<Found> {
        let of_kind = |ids: &[DeclId]| ids.iter().copied().find(|d| self.get(*d).kind == kind);
        let scope = self.module(module);
        if let Some(id) = scope.names.get(name).and_then(|ids| of_kind(ids)) {
            return Some((id, None));
        }
        for import in scope.imports.get(name).into_iter().flatten() {
            if let Some(Import { target: ImportTarget::Names(ids), .. }) = self.imports.get(*import)
                && let Some(id) = of_kind(ids)
            {
                return Some((id, Some(*import)));
            }
        }
        let prelude = self.prelude.filter(|p| *p != module)?;
        self.module(prelude).names.get(name).and_then(|ids| of_kind(ids)).map(|id| (id, None))
    }

    /// Every declaration that a name may mean in a module, whatever its kind.
    pub fn candidates(&self, module: ModuleId, name: &str) -> Vec<Found> {
        Kind::ALL
            .into_iter()
            .filter(|k| !matches!(k, Kind::Policy | Kind::Test))
            .filter_map(|kind| self.lookup(module, kind, name))
            .collect()
    }

    /// A module imported under that word.
    pub fn imported_module(&self, module: ModuleId, name: &str) -> Option<(ModuleId, usize)> {
        self.module(module).imports.get(name)?.iter().find_map(|index| match self.imports.get(*index) {
            Some(Import { target: ImportTarget::Module(target), .. }) => Some((*target, *index)),
            _ => None,
        })
    }

    /// What a module declares under a name.
    pub fn member(&self, module: ModuleId, name: &str, kind: Option<Kind>) -> Option<DeclId> {
        let ids = self.module(module).names.get(name)?;
        ids.iter().copied().find(|d| kind.is_none_or(|k| self.get(*d).kind == k))
    }

    /// The names that a module declares.
    pub fn members(&self, module: ModuleId) -> Vec<&str> {
        let mut names: Vec<&str> = self.module(module).names.keys().map(SmolStr::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The declaration that the policy knows under that name.
    pub fn by_model(&self, kind: Kind, name: &SmolStr) -> Option<DeclId> {
        self.by_model.get(&(kind, name.clone())).copied()
    }

    /// The project's declarations of a kind.
    pub fn all(&self, kind: Kind) -> &[DeclId] {
        self.by_kind.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The names of a kind that can be written in a module, sorted.
    pub fn valid(&self, module: ModuleId, kind: Kind) -> Vec<&str> {
        let scope = self.module(module);
        let own = scope.names.values().flatten().copied();
        let imported = scope.imports.values().flatten().filter_map(|i| self.imports.get(*i));
        let imported = imported.flat_map(|i| match &i.target {
            ImportTarget::Names(ids) => ids.clone(),
            ImportTarget::Module(_) => Vec::new(),
        });
        let mut names: Vec<&str> =
            own.chain(imported).map(|d| self.get(d)).filter(|d| d.kind == kind).map(|d| d.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The names that need no import anywhere.
    pub fn prelude_names(&self) -> Vec<&str> {
        self.prelude.map(|module| self.members(module)).unwrap_or_default()
    }

    /// A name that should be of a kind and is not there, or is of another.
    pub fn unknown(&self, module: ModuleId, kind: Kind, name: &str, span: Span) -> Diagnostic {
        let word = kind.word();
        let others: Vec<Found> = self.candidates(module, name);
        if let Some((other, _)) = others.first() {
            let other = self.get(*other);
            let message = format!("`{name}` is {}, not {}", with_article(other.kind.word()), with_article(word));
            return Diagnostic::new(codes::WRONG_KIND, span, message)
                .label(format!("{} is expected here", with_article(word)))
                .related(other.name_span, "declared here")
                .list_valid(word, &self.valid(module, kind));
        }
        let valid = self.valid(module, kind);
        let found = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("there is no {word} `{name}`"));
        if let Some(home) = stdlib::home_of(Some(kind), name) {
            return import_from(found, &home, name);
        }
        if valid.is_empty() { found.help(format!("no {word} is declared")) } else { found.suggest(name, valid) }
    }

    /// Where a span begins, as the policy records it.
    pub fn origin(&self, span: Span) -> Origin {
        let (line, column) = self.sources.get(span.file).map_or((0, 0), |f| f.chars(span.start));
        Origin { span, line: line + 1, column: column + 1 }
    }

    /// The doc comment of an item.
    pub fn doc(&self, id: DeclId) -> Option<SmolStr> {
        doc_text(&self.get(id).item.docs)
    }
}

/// Suggests to import a name of the standard library.
pub fn import_from(found: Diagnostic, home: &str, name: &str) -> Diagnostic {
    let item = format!("use {home}.{{{name}}}");
    let top = Span::new(found.primary.span.file, 0, 0);
    found.help(format!("`{home}` declares it: `{item}`")).fix(format!("add `{item}`"), top, format!("{item}\n"))
}

/// Lists what is valid without suggesting.
pub trait ListValid {
    /// Adds the list as a help.
    #[must_use]
    fn list_valid(self, what: &str, valid: &[&str]) -> Self;
}

impl ListValid for Diagnostic {
    fn list_valid(self, what: &str, valid: &[&str]) -> Self {
        if valid.is_empty() {
            return self.help(format!("no {what} is declared"));
        }
        self.help(format!("valid here: {}", hxp_diagnostics::list_names(valid)))
    }
}

/// `a gate`, `an environment`.
pub fn with_article(word: &str) -> String {
    let an = word.starts_with(['a', 'e', 'i', 'o', 'u']) && !word.starts_with("unit");
    format!("{} {word}", if an { "an" } else { "a" })
}

/// The lines of a doc comment as one text.
pub fn doc_text(docs: &[ast::Doc]) -> Option<SmolStr> {
    if docs.is_empty() {
        return None;
    }
    let lines: Vec<&str> = docs.iter().map(|d| d.text.as_str()).collect();
    Some(lines.join("\n").into())
}

/// The `extends` header of a declaration.
pub fn extends_header(decl: &Decl) -> Option<(&Path, &[ast::Arg])> {
    decl.headers.iter().find_map(|h| match &h.kind {
        HeaderKind::Extends { parent, args } => Some((parent, args.as_deref().unwrap_or_default())),
        _ => None,
    })
}

/// Refuses names that expressions already know as facts.
pub fn shadowing(name: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    let fact = FACTS.field(name).is_some() || name == "environment";
    if fact {
        let what = if name == "environment" { "the environment at hand" } else { "a fact of every request" };
        diagnostics.push(
            Diagnostic::new(codes::SHADOWS_FACT, span, format!("`{name}` would hide {what}"))
                .label("choose another name")
                .help(format!("expressions read `{name}` as {what}, so nothing else can have this name")),
        );
    }
}

/// The words of all events, for suggestions.
pub fn event_words() -> Vec<&'static str> {
    EVENT.members.iter().map(|(word, _)| *word).collect()
}
