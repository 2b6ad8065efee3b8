//! From trees to a policy: modules, names, types and units, evaluation, and lowering to the model.
//!
//! [`analyse`] takes the trees of a project and of the modules it uses and gives a [`Policy`], what is wrong, and an
//! [`Index`] of names. It reads no file and no clock.
#![warn(clippy::disallowed_methods)]

pub mod consistency;
mod elaborate;
mod fold;
mod form;
pub mod index;
mod lower;
pub mod mend;
mod program;
pub mod schema;
mod show;
pub mod stdlib;
mod types;
mod unused;

use hxp_diagnostics::{Diagnostic, FileId, Severity, Sources, Span, codes, sort_and_dedup};
use hxp_policy::{Kind, Policy};
use hxp_syntax::ast::Tree;
use jiff::civil::Date;
use smol_str::{SmolStr, format_smolstr};

pub use elaborate::call::BUILTINS;
pub use elaborate::place::plural;
pub use index::{Index, Seen, Types};
pub use lower::event::event_fields;
pub use show::value as show_value;

use program::Program;

/// A module beside the project.
#[derive(Clone, Debug)]
pub struct Module<'a> {
    /// Its name in `use`: `std.gates`, `shared.checks`.
    pub path: SmolStr,
    /// Its file.
    pub file: FileId,
    /// What it says.
    pub tree: &'a Tree,
}

/// What the lints are told by the manifest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lints {
    /// How bad a name in an unusual style is; `None`: not looked at.
    pub naming: Option<Severity>,
}

/// What is analysed.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The texts, for messages and origins.
    pub sources: &'a Sources,
    /// The files of the project: one scope.
    pub project: Vec<(FileId, &'a Tree)>,
    /// The modules it uses, directly or through one another; `std.prelude` among them.
    pub modules: Vec<Module<'a>>,
    /// The day on which waivers are looked at; `None`: none has ended.
    pub today: Option<Date>,
    /// The lints.
    pub lints: Lints,
    /// The file of which every expression's type is wanted.
    pub watch: Option<FileId>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// The policy; a best effort when there are errors.
    pub policy: Option<Policy>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Names.
    pub index: Index,
    /// The types of the expressions of the file that is watched.
    pub types: Types,
}

/// Turns trees into a policy.
///
/// Runs on a thread of its own with room for expressions that nest as deeply as the language allows.
pub fn analyse(input: &Input<'_>) -> Analysis {
    const STACK: usize = 64 << 20;
    let run = || analyse_here(input);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        thread.ok().and_then(|t| t.join().ok())
    })
    .unwrap_or_else(|| analyse_here(input))
}

fn analyse_here(input: &Input<'_>) -> Analysis {
    let mut found = lower::Found::default();
    let program = Program::new(input, &mut found.diagnostics);
    form::check(&program, input.lints.naming, &mut found.diagnostics);
    if program.all(Kind::Policy).is_empty() {
        let file = input.project.first().map(|(f, _)| *f).unwrap_or_default();
        found.diagnostics.push(
            Diagnostic::new(codes::NO_POLICY, Span::new(file, 0, 0), "the project declares no policy")
                .help("begin with `policy name { edition = 2026, version = 1.0.0 }`"),
        );
    }
    let (policy, mut found) = lower::policy(&program, input, found);
    unused::check(&program, policy.as_ref(), mend::Mends::new(input.sources, &input.project), &mut found);
    drop_echoes_of_modules(input, &mut found.diagnostics);
    drop_echoes_of_imports(&program, &mut found.diagnostics);
    drop_echoes_of_properties(&program, &mut found.diagnostics);
    // A lint of the standard library is no business of who uses it.
    found.diagnostics.retain(|d| d.is_error() || !is_std(input.sources, d.primary.span.file));
    sort_and_dedup(&mut found.diagnostics);
    name_parents(&program, &mut found);
    let index = index_of(&program, &found);
    Analysis { policy, diagnostics: found.diagnostics, index, types: found.types }
}

/// What a `use` of an unknown module names is unknown because of that: the module is the one mistake.
fn drop_echoes_of_modules(input: &Input<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let lost: Vec<Span> =
        diagnostics.iter().filter(|d| d.code == codes::UNKNOWN_MODULE).map(|d| d.primary.span).collect();
    // What a declaration of an unknown kind declares is unknown because of that.
    let unkind = |item: &&hxp_syntax::ast::Item| matches!(&item.kind, hxp_syntax::ast::ItemKind::Decl(d) if Kind::from_word(&d.kind.text).is_none());
    let declared: std::collections::BTreeSet<&str> = input
        .project
        .iter()
        .flat_map(|(_, tree)| tree.items().filter(unkind))
        .filter_map(|item| match &item.kind {
            hxp_syntax::ast::ItemKind::Decl(decl) => Some(decl),
            hxp_syntax::ast::ItemKind::Use(_) => None,
        })
        .flat_map(|decl| decl.names.iter().map(|n| n.text.as_str()))
        .collect();
    if lost.is_empty() && declared.is_empty() {
        return;
    }
    let trees = input.project.iter().map(|(_, tree)| *tree).chain(input.modules.iter().map(|m| m.tree));
    let names: std::collections::BTreeSet<&str> = trees
        .flat_map(Tree::items)
        .filter_map(|item| match &item.kind {
            hxp_syntax::ast::ItemKind::Use(item) if lost.contains(&item.path.span) => item.names.as_ref(),
            _ => None,
        })
        .flatten()
        .map(|name| name.text.as_str())
        .collect();
    let echo = |text: &str| names.contains(text) || declared.contains(text);
    diagnostics.retain(|d| d.code != codes::UNKNOWN_NAME || !echo(input.sources.slice(d.primary.span)));
}

/// A name that a module does not declare is unknown wherever it is used: the `use` is the one mistake.
fn drop_echoes_of_imports(program: &Program<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let lost: std::collections::BTreeSet<&str> = diagnostics
        .iter()
        .filter(|d| d.code == codes::UNKNOWN_IMPORT)
        .map(|d| program.sources.slice(d.primary.span))
        .collect();
    if !lost.is_empty() {
        diagnostics.retain(|d| d.code != codes::UNKNOWN_NAME || !lost.contains(program.sources.slice(d.primary.span)));
    }
}

/// Whether `all` over facts lets anything through when there are none, two look at: the elaborator sees where it stands,
/// and [`consistency`] what is demanded. In a rule the second decides and the first says where; in the condition of a
/// statement an empty list asks for more, not for less.
pub fn join_all_over_facts(project: &[(FileId, &Tree)], places: &mut Vec<Diagnostic>, judged: &mut Vec<Diagnostic>) {
    let covers =
        |whole: Span, part: Span| whole.file == part.file && whole.start <= part.start && part.end <= whole.end;
    let is_empty_all = |d: &&Diagnostic| d.code == codes::ALL_OVER_FACTS;
    let kind_around = |span: Span| {
        let items = project.iter().flat_map(|(_, tree)| tree.items());
        items.filter(|item| covers(item.span, span)).find_map(|item| match &item.kind {
            hxp_syntax::ast::ItemKind::Decl(decl) => Kind::from_word(&decl.kind.text),
            hxp_syntax::ast::ItemKind::Use(_) => None,
        })
    };
    places.retain(|d| match is_empty_all(&d).then(|| kind_around(d.primary.span)).flatten() {
        Some(Kind::Rule) => judged.iter().filter(is_empty_all).any(|j| covers(j.primary.span, d.primary.span)),
        Some(Kind::Environment) => false,
        _ => true,
    });
    judged.retain(|j| {
        !is_empty_all(&j) || !places.iter().filter(is_empty_all).any(|d| covers(j.primary.span, d.primary.span))
    });
}

/// A property that is misspelt is missing because of that, in its declaration and in what extends it.
fn drop_echoes_of_properties(program: &Program<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let misspelt: Vec<(Span, String)> = diagnostics
        .iter()
        .filter(|d| d.code == codes::UNKNOWN_PROPERTY)
        .filter_map(|d| Some((d.primary.span, d.fixes.first()?.edits.first()?.text.clone())))
        .collect();
    if misspelt.is_empty() {
        return;
    }
    let covers =
        |whole: Span, part: Span| whole.file == part.file && whole.start <= part.start && part.end <= whole.end;
    let says = |decl: &program::Declaration<'_>, property: Option<&str>| {
        misspelt.iter().any(|(span, meant)| covers(decl.item.span, *span) && property.is_none_or(|p| p == meant))
    };
    let mut wrong: std::collections::BTreeSet<Span> = std::collections::BTreeSet::new();
    let mut lacking: std::collections::BTreeSet<(Span, &str)> = std::collections::BTreeSet::new();
    for (index, decl) in program.decls.iter().enumerate() {
        let chain = program
            .chain(program::DeclId(u32::try_from(index).unwrap_or(u32::MAX)))
            .into_iter()
            .map(|id| program.get(id))
            .collect::<Vec<_>>();
        if chain.iter().any(|d| says(d, None)) {
            wrong.insert(decl.name_span);
            let meant = misspelt.iter().filter(|(_, m)| chain.iter().any(|d| says(d, Some(m))));
            lacking.extend(meant.map(|(_, m)| (decl.name_span, m.as_str())));
        }
    }
    let within = |block: Span| misspelt.iter().any(|(span, _)| covers(block, *span));
    diagnostics.retain(|d| {
        if d.code == codes::MISSING_PROPERTY || d.code == codes::OVERRIDE_WITHOUT_END {
            return !wrong.contains(&d.primary.span) && !within(d.primary.span);
        }
        // What is read stands there, or in the metric that reads it.
        let places = || d.related.iter().map(|l| l.span);
        let lacks = |field: Span| places().any(|at| lacking.contains(&(at, program.sources.slice(field))));
        d.code != codes::UNGUARDED_OPTIONAL || !std::iter::once(d.primary.span).chain(places()).any(lacks)
    });
}

fn is_std(sources: &Sources, file: FileId) -> bool {
    sources.get(file).is_some_and(|f| f.path().starts_with("<std>/"))
}

/// What is extended is named there, also where what extends it is itself only there to be extended and never read.
fn name_parents(program: &Program<'_>, found: &mut lower::Found) {
    for (decl, parent) in program.decls.iter().zip(&program.parents) {
        if let (Some(parent), Some((path, _))) = (parent, program::extends_header(decl.decl)) {
            found.uses.insert(index::Use { span: path.span, definition: parent.0 });
        }
    }
}

fn index_of(program: &Program<'_>, found: &lower::Found) -> Index {
    let definitions = program.decls.iter().map(|d| index::Definition {
        kind: d.kind,
        name: d.name.clone(),
        module: program.module(d.module).path.clone(),
        name_span: d.name_span,
        span: d.item.span,
        doc: program::doc_text(&d.item.docs),
        detail: detail(program, d),
    });
    Index { definitions: definitions.collect(), references: found.uses.iter().copied().collect() }
}

/// The head of a declaration.
fn detail(program: &Program<'_>, of: &program::Declaration<'_>) -> SmolStr {
    let params = of.decl.params.as_ref().map(|params| {
        let params: Vec<&str> = params.iter().map(|p| program.sources.slice(p.span)).collect();
        format!("({})", params.join(", "))
    });
    let ty = of.decl.ty.as_ref().map(|t| format!(": {}", program.sources.slice(t.span)));
    let word = of.kind.word();
    format_smolstr!("{word} {}{}{}", of.name, params.unwrap_or_default(), ty.unwrap_or_default())
}

/// The modules of the standard library that the trees use, and the prelude, read and parsed.
pub use stdlib::load as load_std;
