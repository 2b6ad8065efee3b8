//! What a word names: the one place that hovers, definitions, references, highlights and renaming ask.

use hxp_analysis::index::Definition;
use hxp_analysis::schema::{self, Property, Shape};
use hxp_diagnostics::{FileId, Span};
use hxp_policy::facts::{DEPLOYMENT, FACTS};
use hxp_policy::{Kind, Type};
use hxp_syntax::ast::{
    Block, Body, Decl, EntryKind, Expr, ExprKind, HeaderKind, Ident, ItemKind, Param, StatementKind, SuffixKind, Use,
};

use crate::node::{self, Node};
use crate::shape::{self, Where};
use crate::{Place, Snapshot};

/// How many declarations that extend one another are followed.
const MOST_PARENTS: usize = 64;

/// What a word names.
#[derive(Clone, Copy, Debug)]
pub enum Named<'s> {
    /// A declaration, by its number in the index.
    Declared(u32, &'s Definition),
    /// A parameter, a result or a bound name.
    Local {
        /// Its name where it is declared.
        name: Span,
        /// Which of them.
        what: Local<'s>,
    },
    /// A property, by its key in the declaration that says it.
    Key(Span),
    /// A module.
    Module(FileId),
}

/// A name that is known in one declaration, or in what extends it.
#[derive(Clone, Copy, Debug)]
pub enum Local<'s> {
    /// A parameter of a function or a gate.
    Parameter(&'s Param, &'s Decl),
    /// What a gate yields.
    Result(&'s Param, &'s Decl),
    /// Each element of what a quantifier or a list ranges over.
    Element(&'s Expr),
}

impl Named<'_> {
    /// The name where it is declared.
    pub fn name(&self) -> Span {
        match self {
            Self::Declared(_, definition) => definition.name_span,
            Self::Local { name, .. } | Self::Key(name) => *name,
            Self::Module(file) => Span::new(*file, 0, 0),
        }
    }
}

/// What is named at a place, and the word that names it.
pub fn named(snapshot: &Snapshot, place: Place) -> Option<(Span, Named<'_>)> {
    let path = node::path(snapshot.tree(place.file)?, place.offset);
    local(snapshot, &path)
        .or_else(|| argument(snapshot, &path))
        .or_else(|| declared(snapshot, place).map(|(span, number, of)| (span, Named::Declared(number, of))))
        .or_else(|| in_id(snapshot, &path, place))
        .or_else(|| in_given(snapshot, &path, place))
        .or_else(|| module(snapshot, &path, place))
        .or_else(|| key(snapshot, &path, place))
}

/// The innermost word: a name, or a word that the tree holds.
fn word(path: &[Node<'_>]) -> Option<Span> {
    match path.last()? {
        Node::Expr(expr) if matches!(expr.kind, ExprKind::Name(_)) => Some(expr.span),
        Node::Ident(word) => Some(word.span),
        _ => None,
    }
}

/// A parameter, a result of a gate, or the variable of a quantifier.
fn local<'s>(snapshot: &'s Snapshot, path: &[Node<'s>]) -> Option<(Span, Named<'s>)> {
    let free = match path {
        [.., Node::Expr(expr)] => matches!(expr.kind, ExprKind::Name(_)),
        [.., Node::Param(param), Node::Ident(name)] => param.name.span == name.span,
        [.., Node::Expr(expr), Node::Ident(_)] => {
            matches!(expr.kind, ExprKind::Quantifier(_) | ExprKind::Comprehension(_))
        }
        _ => false,
    };
    let word = word(path).filter(|_| free)?;
    let text = snapshot.slice(word);
    let bound = path.iter().rev().find_map(|node| {
        let Node::Expr(expr) = node else { return None };
        let (var, over) = match &expr.kind {
            ExprKind::Quantifier(q) => (&q.var, &q.over),
            ExprKind::Comprehension(c) => (&c.var, &c.over),
            _ => return None,
        };
        (var.text == text).then_some((word, Named::Local { name: var.span, what: Local::Element(over) }))
    });
    bound.or_else(|| {
        let decl = shape::decl_around(path)?;
        parameter(snapshot, decl, text).map(|named| (word, named))
    })
}

/// A parameter or a result of a declaration, its own or one that it has from what it extends.
fn parameter<'s>(snapshot: &'s Snapshot, decl: &'s Decl, text: &str) -> Option<Named<'s>> {
    chain(snapshot, decl).into_iter().find_map(|decl| {
        let own = decl.params.iter().flatten().map(|p| (p, Local::Parameter(p, decl)));
        let mut all = own.chain(results(decl).map(|p| (p, Local::Result(p, decl))));
        all.find(|(p, _)| p.name.text == text).map(|(p, what)| Named::Local { name: p.name.span, what })
    })
}

/// Another declaration that has a parameter of the same name and extends this one, or is extended by it: what the one is
/// given the other gets.
pub(crate) fn same_parameter<'s>(snapshot: &'s Snapshot, param: &Param, decl: &'s Decl) -> Option<&'s str> {
    let has = |d: &Decl| d.span != decl.span && d.params.iter().flatten().any(|p| p.name.text == param.name.text);
    let above = chain(snapshot, decl).into_iter().find(|d| has(d));
    let own = snapshot.project.files.iter().flat_map(|f| f.parsed.tree.items());
    let mut decls = own.filter_map(|item| match &item.kind {
        ItemKind::Decl(decl) => Some(&**decl),
        ItemKind::Use(_) => None,
    });
    let below = || decls.find(|d| has(d) && chain(snapshot, d).iter().any(|above| above.span == decl.span));
    above.or_else(below).and_then(|d| d.names.first()).map(|name| name.text.as_str())
}

/// What a gate yields.
fn results(decl: &Decl) -> impl Iterator<Item = &Param> {
    let entries = match &decl.body {
        Body::Block(block) => block.entries.as_slice(),
        _ => &[],
    };
    let yields = entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Statement(statement) => match &statement.kind {
            StatementKind::Yields(params) => Some(params),
            _ => None,
        },
        _ => None,
    });
    yields.flatten()
}

/// A declaration and what it extends, from itself upwards.
fn chain<'s>(snapshot: &'s Snapshot, decl: &'s Decl) -> Vec<&'s Decl> {
    let mut chain = vec![decl];
    while let Some(parent) = chain.last().and_then(|d| parent(snapshot, d)) {
        if chain.len() == MOST_PARENTS || chain.iter().any(|d| d.span == parent.span) {
            break;
        }
        chain.push(parent);
    }
    chain
}

/// The declaration that a declaration extends.
fn parent<'s>(snapshot: &'s Snapshot, decl: &Decl) -> Option<&'s Decl> {
    let name = decl.headers.iter().find_map(|h| match &h.kind {
        HeaderKind::Extends { parent, .. } => parent.segments.last(),
        _ => None,
    })?;
    let (_, _, of) = declared(snapshot, start(name.span))?;
    snapshot.decl(of)
}

/// The place at which a span begins.
fn start(span: Span) -> Place {
    Place { file: span.file, offset: span.start }
}

/// The name in front of an argument: the parameter of what is called or extended.
fn argument<'s>(snapshot: &'s Snapshot, path: &[Node<'s>]) -> Option<(Span, Named<'s>)> {
    let [.., holder, Node::Arg(_), Node::Ident(name)] = path else { return None };
    Some((name.span, parameter_of(snapshot, holder, name)?))
}

/// The parameter of what a call or a header is about that an argument's name means.
pub(crate) fn parameter_of<'s>(snapshot: &'s Snapshot, holder: &Node<'_>, name: &Ident) -> Option<Named<'s>> {
    let callee = match holder {
        Node::Expr(Expr { kind: ExprKind::Call(callee, _), .. }) => last_word(callee)?,
        Node::Header(header) => match &header.kind {
            HeaderKind::Extends { parent, .. } => parent.segments.last()?.span,
            _ => return None,
        },
        _ => return None,
    };
    let Named::Declared(_, of) = named(snapshot, start(callee))?.1 else { return None };
    parameter(snapshot, snapshot.decl(of)?, &name.text)
}

/// The last word of a dotted name.
fn last_word(expr: &Expr) -> Option<Span> {
    match &expr.kind {
        ExprKind::Name(_) => Some(expr.span),
        ExprKind::Field(_, name) => Some(name.span),
        ExprKind::Paren(inner) => last_word(inner),
        _ => None,
    }
}

/// The declaration that the analysis knows at a place: used, declared or imported there.
pub(crate) fn declared(snapshot: &Snapshot, place: Place) -> Option<(Span, u32, &Definition)> {
    let index = &snapshot.project.index;
    let hit = |span: Span| span.file == place.file && span.touches(place.offset);
    let used = index.references.iter().filter(|r| hit(r.span)).min_by_key(|r| r.span.len());
    if let Some(used) = used {
        return Some((used.span, used.definition, index.definitions.get(used.definition as usize)?));
    }
    let (number, of) = find(snapshot, |d| hit(d.name_span)).or_else(|| imported(snapshot, place))?;
    let import = || snapshot.tree(place.file).and_then(|tree| word(&node::path(tree, place.offset)));
    let span = if hit(of.name_span) { of.name_span } else { import()? };
    Some((span, number, of))
}

/// A declaration of the index with its number.
fn find(snapshot: &Snapshot, wanted: impl Fn(&Definition) -> bool) -> Option<(u32, &Definition)> {
    let found = snapshot.project.index.definitions.iter().enumerate().find(|(_, d)| wanted(d))?;
    Some((u32::try_from(found.0).ok()?, found.1))
}

/// A declaration of a kind by its name, the project's own before those of modules.
fn find_named<'s>(snapshot: &'s Snapshot, kind: Kind, name: &str) -> Option<Named<'s>> {
    let own = find(snapshot, |d| d.kind == kind && d.name == name && d.module.is_empty());
    let (number, of) = own.or_else(|| find(snapshot, |d| d.kind == kind && d.name == name))?;
    Some(Named::Declared(number, of))
}

/// The path of a `use` as one text, without the last word when that is the name.
fn module_path(import: &Use) -> String {
    let words: Vec<&str> = import.path.segments.iter().map(|s| s.text.as_str()).collect();
    words.join(".")
}

/// The declaration that a `use` brings at a place.
fn imported(snapshot: &Snapshot, place: Place) -> Option<(u32, &Definition)> {
    let hit = |span: Span| span.touches(place.offset);
    let import = snapshot.tree(place.file)?.items.iter().find_map(|item| match &item.kind {
        ItemKind::Use(import) if hit(item.span) => Some(import),
        _ => None,
    })?;
    let path = module_path(import);
    let (name, module) = match &import.names {
        Some(names) => (names.iter().find(|n| hit(n.span))?, path.as_str()),
        None => (import.path.segments.last().filter(|n| hit(n.span))?, path.rsplit_once('.')?.0),
    };
    find(snapshot, |d| d.name == name.text && d.module == module)
}

/// The kind of what stands behind a word in an id: `window.releases`, `approve.devops`, `after.staging`.
pub(crate) fn kind_behind(word: &str) -> Option<Kind> {
    match word {
        "approve" => Some(Kind::Team),
        "after" => Some(Kind::Environment),
        "notify" => Some(Kind::Channel),
        other => Kind::from_word(other),
    }
}

/// Whether a place is in the id of a requirement: in `waive`, behind an expectation's `because`, or where the schema
/// says so.
pub(crate) fn is_in_id(path: &[Node<'_>], offset: u32) -> bool {
    let said = path.windows(2).any(|pair| match pair {
        [Node::Statement(statement), Node::Suffix(suffix)] => {
            matches!(statement.kind, StatementKind::Expect(_)) && matches!(suffix.kind, SuffixKind::Because(_))
        }
        [Node::Statement(statement), Node::Expr(_)] => matches!(statement.kind, StatementKind::Waive(_)),
        _ => false,
    });
    said || matches!(Where::of(path, offset), Where::Value { shape: Some(Shape::Id), .. })
}

/// What a word in an id names.
fn in_id<'s>(snapshot: &'s Snapshot, path: &[Node<'s>], place: Place) -> Option<(Span, Named<'s>)> {
    if !is_in_id(path, place.offset) {
        return None;
    }
    let word = word(path)?;
    let text = snapshot.slice(word);
    match path {
        [.., Node::Expr(Expr { kind: ExprKind::Field(base, _), .. }), Node::Ident(_)] => {
            let before = last_word(base)?;
            find_named(snapshot, kind_behind(snapshot.slice(before))?, text)
        }
        // What stands in brackets is an element that a rule over the policy is settled for.
        [.., Node::Expr(Expr { kind: ExprKind::Index(base, _), .. }), Node::Expr(element)]
            if element.span != base.span =>
        {
            // Where several kinds have the name, rules are mostly about what is deployed.
            let kinds = [Kind::Environment, Kind::Service].into_iter().chain(Kind::ALL);
            kinds.into_iter().find_map(|kind| find_named(snapshot, kind, text))
        }
        [.., Node::Expr(Expr { kind: ExprKind::Field(..), .. }), Node::Expr(_)] if kind_behind(text).is_none() => {
            find_named(snapshot, Kind::Environment, text)
        }
        _ => None,
    }
    .map(|named| (word, named))
}

/// A key of a test's `given … with` that names a declaration or a gate's result.
fn in_given<'s>(snapshot: &'s Snapshot, path: &[Node<'s>], place: Place) -> Option<(Span, Named<'s>)> {
    let given = |n: &Node<'_>| matches!(n, Node::Statement(s) if matches!(s.kind, StatementKind::Given { .. }));
    let at = path.iter().position(given)?;
    let [.., Node::Property(_), Node::Ident(word)] = path else { return None };
    let keys = path.get(at..)?.iter().filter_map(|n| match n {
        Node::Property(p) => Some(p.keys.iter()),
        _ => None,
    });
    let keys: Vec<&Ident> = keys.flatten().take_while(|k| k.span.start <= place.offset).collect();
    let (first, rest) = keys.split_first()?;
    let kind = schema::GIVEN_NAMES.iter().find(|(key, _)| first.text == *key)?.1;
    let named = find_named(snapshot, kind, &rest.first()?.text)?;
    let found = match (rest, named) {
        ([_], _) => named,
        ([_, result], Named::Declared(_, of)) => parameter(snapshot, snapshot.decl(of)?, &result.text)?,
        _ => return None,
    };
    Some((word.span, found))
}

/// A module: where it is imported, and in front of what it declares.
fn module<'s>(snapshot: &'s Snapshot, path: &[Node<'s>], place: Place) -> Option<(Span, Named<'s>)> {
    let by_path = |wanted: &str| snapshot.project.modules.iter().find(|m| m.path == wanted);
    let (word, found) = match path {
        [.., Node::Use(import), Node::Path(_), Node::Ident(word)] => {
            let whole = module_path(import);
            let above = whole.rsplit_once('.').map(|(above, _)| above);
            (word.span, by_path(&whole).or_else(|| above.and_then(by_path))?)
        }
        [.., Node::Expr(Expr { kind: ExprKind::Field(..), .. }), Node::Expr(expr)] => {
            let ExprKind::Name(name) = &expr.kind else { return None };
            let uses = snapshot.tree(place.file)?.items().filter_map(|item| match &item.kind {
                ItemKind::Use(import) if import.names.is_none() => Some(import),
                _ => None,
            });
            let mut uses = uses.filter(|u| u.path.segments.last().is_some_and(|s| s.text == *name));
            (expr.span, uses.find_map(|import| by_path(&module_path(import)))?)
        }
        _ => return None,
    };
    Some((word, Named::Module(found.id)))
}

/// A property: its key, or a field that reads it.
fn key<'s>(snapshot: &'s Snapshot, path: &[Node<'s>], place: Place) -> Option<(Span, Named<'s>)> {
    match path {
        [.., Node::Property(_), Node::Ident(key)] => Some((key.span, Named::Key(key.span))),
        [.., Node::Expr(Expr { kind: ExprKind::Field(base, _), .. }), Node::Ident(name)] => {
            let owner = owner(snapshot, base, place)?;
            let mut keys: Vec<&str> = owner.keys.clone();
            keys.push(&name.text);
            let key = chain(snapshot, owner.decl?).into_iter().find_map(|decl| match &decl.body {
                Body::Block(block) => key_in(block, &keys),
                _ => None,
            })?;
            Some((name.span, Named::Key(key)))
        }
        _ => None,
    }
}

/// The key at the end of a way through a block.
fn key_in(block: &Block, way: &[&str]) -> Option<Span> {
    block.entries.iter().find_map(|entry| {
        let EntryKind::Property(property) = &entry.kind else { return None };
        let same = property.keys.iter().zip(way).take_while(|(key, word)| key.text == **word).count();
        if same == way.len() {
            return property.keys.get(same - 1).map(|key| key.span);
        }
        match &property.value.kind {
            ExprKind::Record(inner) if same == property.keys.len() => key_in(inner, way.get(same..)?),
            _ => None,
        }
    })
}

/// What has the fields that stand behind an expression.
#[derive(Clone, Debug)]
pub(crate) struct Owner<'s> {
    /// Its kind.
    kind: Kind,
    /// The declaration, when it is one.
    decl: Option<&'s Decl>,
    /// The keys from the declaration down.
    keys: Vec<&'s str>,
}

impl Owner<'_> {
    /// What the schema says of a field.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        let root = schema::root_shape(self.kind);
        let at = self.keys.iter().try_fold(root, |at, key| shape::inner(at, key))?;
        shape::field(at, name)
    }
}

/// The declaration, or the part of one, that an expression stands for.
pub(crate) fn owner<'s>(snapshot: &'s Snapshot, expr: &'s Expr, place: Place) -> Option<Owner<'s>> {
    match &expr.kind {
        ExprKind::Paren(inner) => owner(snapshot, inner, place),
        ExprKind::Field(base, name) => {
            if let Some((_, Named::Declared(_, of))) = named(snapshot, start(name.span)) {
                return Some(Owner { kind: of.kind, decl: snapshot.decl(of), keys: Vec::new() });
            }
            let mut owner = owner(snapshot, base, place)?;
            owner.keys.push(&name.text);
            Some(owner)
        }
        ExprKind::Index(base, _) => {
            // Which element is not known from the text; what it has is.
            let mut owner = owner(snapshot, base, place)?;
            owner.keys.push("");
            Some(owner)
        }
        ExprKind::Name(name) => match named(snapshot, start(expr.span)) {
            Some((_, Named::Declared(_, of))) => {
                Some(Owner { kind: of.kind, decl: snapshot.decl(of), keys: Vec::new() })
            }
            Some((_, Named::Local { what: Local::Element(_), .. })) => match type_of(snapshot, expr)? {
                Type::Decl(kind) => Some(Owner { kind, decl: None, keys: Vec::new() }),
                _ => None,
            },
            None if name == "environment" => {
                let path = node::path(snapshot.tree(place.file)?, place.offset);
                let around = shape::decl_around(&path);
                let decl = around.filter(|d| d.kind.text == Kind::Environment.word());
                Some(Owner { kind: Kind::Environment, decl, keys: Vec::new() })
            }
            _ => None,
        },
        _ => None,
    }
}

/// The type of an expression, as far as it is known.
pub(crate) fn type_of(snapshot: &Snapshot, expr: &Expr) -> Option<Type> {
    if let Some(seen) = snapshot.types.as_ref().and_then(|t| t.at(expr.span)) {
        return Some(seen.ty.clone());
    }
    match &expr.kind {
        ExprKind::Paren(inner) => type_of(snapshot, inner),
        ExprKind::Name(name) => match named(snapshot, start(expr.span)) {
            Some((_, Named::Local { what: Local::Element(over), .. })) => element(type_of(snapshot, over)?),
            Some((_, Named::Declared(_, of))) if of.kind != Kind::Let => Some(Type::Decl(of.kind)),
            Some(_) => None,
            None if name == "deployment" => Some(Type::Record(std::sync::Arc::new(DEPLOYMENT.clone()))),
            None if name == "environment" => Some(Type::Decl(Kind::Environment)),
            None => FACTS.field(name).cloned().or_else(|| {
                let kind = hxp_analysis::plural(name)?;
                Some(Type::List(Box::new(Type::Decl(kind))))
            }),
        },
        ExprKind::Field(base, name) => match plain(type_of(snapshot, base)?) {
            Type::Record(record) => record.field(&name.text).cloned(),
            Type::Semver => Some(Type::Int),
            _ => None,
        },
        ExprKind::Index(base, _) => element(type_of(snapshot, base)?),
        ExprKind::List(items) => Some(Type::List(Box::new(type_of(snapshot, items.first()?)?))),
        _ => None,
    }
}

/// The type of the elements of a list.
pub(crate) fn element(ty: Type) -> Option<Type> {
    match plain(ty) {
        Type::List(of) | Type::Set(of) => Some(*of),
        _ => None,
    }
}

/// A type without its `?`.
pub(crate) fn plain(ty: Type) -> Type {
    match ty {
        Type::Optional(inner) => *inner,
        other => other,
    }
}
