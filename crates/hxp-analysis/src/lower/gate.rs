//! Gates.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::model::{Gate, GateUse, Proof, Role, Subject};
use hxp_policy::value::Ref;
use hxp_policy::{Expr, Kind, Type, Value};
use hxp_syntax::ast::{self, Body, EntryKind, Param, StatementKind, SuffixKind};
use smol_str::SmolStr;

use super::records::{take, take_text};
use crate::elaborate::operators::{all_of, any_of, guards, not};
use crate::elaborate::{Elaborator, Mode, Scope, Typed, Var, Want};
use crate::program::{DeclId, ModuleId, Program, extends_header};
use crate::types::resolve;

/// A parameter that a declaration of the chain sets, and how.
pub type Set<'a> = (SmolStr, &'a ast::Expr, ModuleId);

/// The names of the parameters of what a declaration extends: properties of these names set them.
pub fn parameter_names(program: &Program<'_>, id: DeclId) -> Vec<SmolStr> {
    let mut names = Vec::new();
    if program.get(id).kind != Kind::Gate {
        return names;
    }
    let mut at = program.parent(id);
    while let Some(parent) = at {
        names.extend(program.get(parent).decl.params.iter().flatten().map(|p| p.name.text.clone()));
        at = program.parent(parent);
    }
    names
}

/// The parameters of a gate: its own, then what it inherits; and those that the chain sets, the nearest first.
pub fn parameters<'a>(cx: &Elaborator<'a>, id: DeclId) -> (Vec<(&'a Param, ModuleId)>, Vec<Set<'a>>) {
    let program = cx.program;
    let mut params: Vec<(&'a Param, ModuleId)> = Vec::new();
    let mut set: Vec<Set<'a>> = Vec::new();
    let mut chain = program.chain(id);
    chain.reverse();
    for (index, ancestor) in chain.iter().enumerate() {
        let said = program.get(*ancestor);
        let above: Vec<&'a Param> = chain
            .get(index + 1..)
            .into_iter()
            .flatten()
            .flat_map(|a| program.get(*a).decl.params.iter().flatten())
            .collect();
        if let Some((_, args)) = extends_header(said.decl) {
            let parent = program.parent(*ancestor).map(|p| program.get(p).decl.params.iter().flatten());
            let mut positional = parent.into_iter().flatten();
            for arg in args {
                let name = arg.name.as_ref().map(|n| &n.text).or_else(|| positional.next().map(|p| &p.name.text));
                set.extend(name.map(|n| (n.clone(), &arg.value, said.module)));
            }
        }
        if let Body::Block(block) = &said.decl.body {
            for entry in &block.entries {
                if let EntryKind::Property(property) = &entry.kind
                    && let [key] = &*property.keys
                    && above.iter().any(|p| p.name.text == key.text)
                {
                    set.push((key.text.clone(), &property.value, said.module));
                }
            }
        }
        for param in said.decl.params.iter().flatten() {
            if params.iter().all(|(p, _)| p.name.text != param.name.text) {
                params.push((param, said.module));
            }
        }
    }
    (params, set)
}

/// What a parameter is when no argument is given.
pub fn default_of<'a>(
    program: &Program<'a>,
    id: DeclId,
    param: &'a Param,
    set: &[Set<'a>],
) -> Option<(&'a ast::Expr, ModuleId)> {
    if let Some((_, expr, module)) = set.iter().find(|(n, _, _)| *n == param.name.text) {
        return Some((expr, *module));
    }
    let owner = program
        .chain(id)
        .into_iter()
        .find(|d| program.get(*d).decl.params.iter().flatten().any(|p| p.span == param.span))?;
    Some((param.default.as_ref()?, program.get(owner).module))
}

/// `gate name(params) extends parent { … }`
pub fn gate(cx: &mut Elaborator<'_>, id: DeclId) -> Gate {
    cx.reading_decl(id);
    let program = cx.program;
    let decl = program.get(id);
    if let (Some(parent), Some((path, _))) = (program.parent(id), extends_header(decl.decl)) {
        super::refer_parent(cx, id, parent, path.span);
    }
    check_extends_arguments(cx, id);
    check_defaults(cx, id);
    let mut values = cx.properties(id);
    let (params, _) = parameters(cx, id);
    let params: Vec<(SmolStr, Type)> =
        params.iter().map(|(p, _)| (p.name.text.clone(), resolve(&p.ty).unwrap_or(Type::Any))).collect();
    let yields = yields(cx, id);
    check_predicates(cx, id, &params, &yields);
    let run = take_text(&mut values, "run");
    let collect = take_text(&mut values, "collect");
    let by = cx.in_role(Role::Approves, |_| take_text(&mut values, "by"));
    let has_predicate = has_predicate(program, id);
    let uses = values.get("uses").is_some();
    let proof = match (run, by) {
        (Some(run), None) => Proof::Machine { run, collect },
        (None, Some(team)) => Proof::People(team),
        (Some(_), Some(team)) => {
            both_proofs(cx, id);
            Proof::People(team)
        }
        (None, None) if uses => Proof::Machine { run: SmolStr::default(), collect },
        (None, None) => {
            let said = cx.says(id, "run") || cx.says(id, "by");
            if !said && !has_predicate && !is_parent_only(cx, id) {
                no_proof(cx, id);
            }
            Proof::Facts
        }
    };
    let command = match &proof {
        Proof::Machine { run, collect } => format!("{run} {}", collect.as_deref().unwrap_or_default()),
        _ => String::new(),
    };
    let key_params = params.iter().map(|(n, _)| n.clone()).filter(|n| mentions(&command, n)).collect();
    Gate {
        name: decl.model.clone(),
        doc: program.doc(id).or_else(|| program.parent(id).and_then(|p| program.doc(p))),
        origin: program.origin(decl.name_span),
        params,
        key_params,
        proof,
        subject: subject(take_text(&mut values, "subject").as_deref()),
        valid: take(&mut values, "valid").and_then(|v| v.as_millis()),
        yields,
        fails_on_no_data: take_text(&mut values, "on_no_data").as_deref() == Some("fail"),
        properties: values,
    }
}

/// Whether a gate of a library is only there to be extended: what it lacks, its heirs say.
fn is_parent_only(cx: &Elaborator<'_>, id: DeclId) -> bool {
    cx.program.get(id).module != crate::program::PROJECT || cx.program.parents.contains(&Some(id))
}

fn both_proofs(cx: &mut Elaborator<'_>, id: DeclId) {
    let node = cx.node(id);
    let run = cx.child(&node, "run").and_then(|n| n.key());
    let by = cx.child(&node, "by").and_then(|n| n.key());
    let name = &cx.program.get(id).name;
    let message = format!("the gate `{name}` is both run by a machine and signed by people");
    let span = by.or(run).unwrap_or(cx.program.get(id).name_span);
    let mut found = Diagnostic::new(codes::DUPLICATE_PROPERTY, span, message);
    if let Some(run) = run {
        found = found.related(run, "a machine runs it");
    }
    cx.report(found.help("make two gates of it, and require both"));
}

fn no_proof(cx: &mut Elaborator<'_>, id: DeclId) {
    let decl = cx.program.get(id);
    let message = format!("the gate `{}` does not say how its evidence is made", decl.name);
    cx.report(Diagnostic::new(codes::MISSING_PROPERTY, decl.name_span, message).help(
        "say `run = \"command\"` for a machine, `by = team` for a signature, or `require …` when the facts are enough",
    ));
}

fn check_extends_arguments(cx: &mut Elaborator<'_>, id: DeclId) {
    let program = cx.program;
    let decl = program.get(id);
    let Some((_, args)) = extends_header(decl.decl) else { return };
    let Some(parent) = program.parent(id) else { return };
    let (params, _) = parameters(cx, parent);
    for (index, arg) in args.iter().enumerate() {
        let param = match &arg.name {
            Some(name) => params.iter().find(|(p, _)| p.name.text == name.text),
            None => params.get(index),
        };
        if param.is_none() {
            let span = arg.name.as_ref().map_or(arg.value.span, |n| n.span);
            let message = format!("`{}` has no such parameter", program.get(parent).name);
            let mut found = Diagnostic::new(codes::UNKNOWN_ARGUMENT, span, message);
            if let Some(name) = &arg.name {
                found = found.suggest(&name.text, params.iter().map(|(p, _)| p.name.text.as_str()));
            }
            cx.report(found);
        }
    }
}

fn subject(word: Option<&str>) -> Subject {
    match word {
        Some("release") => Subject::Release,
        Some("deployment") => Subject::Deployment,
        Some("environment") => Subject::Environment,
        Some("incident") => Subject::Incident,
        Some("policy") => Subject::Policy,
        _ => Subject::Commit,
    }
}

/// Whether a command reads a parameter: `$HXP_TOLERANCE`, `${HXP_TOLERANCE}`.
fn mentions(command: &str, param: &str) -> bool {
    let name = format!("HXP_{}", param.to_uppercase());
    command.match_indices(&name).any(|(at, _)| {
        let before = command.get(..at).unwrap_or_default();
        let after = command.get(at + name.len()..).and_then(|s| s.chars().next());
        (before.ends_with('$') || before.ends_with("${"))
            && !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn blocks<'a>(program: &'a Program<'a>, id: DeclId) -> impl Iterator<Item = (ModuleId, &'a ast::Statement)> {
    program.chain(id).into_iter().flat_map(move |ancestor| {
        let said = program.get(ancestor);
        let block = match &said.decl.body {
            Body::Block(block) => block.entries.as_slice(),
            _ => &[],
        };
        block.iter().filter_map(move |e| match &e.kind {
            EntryKind::Statement(statement) => Some((said.module, &**statement)),
            _ => None,
        })
    })
}

/// What the evidence of a gate yields, its parents' first.
fn yields(cx: &mut Elaborator<'_>, id: DeclId) -> Vec<(SmolStr, Type)> {
    let program = cx.program;
    let mut all: Vec<(SmolStr, Type)> = Vec::new();
    let mut mine: Vec<(SmolStr, Span)> = Vec::new();
    for (_, statement) in blocks(program, id) {
        let StatementKind::Yields(params) = &statement.kind else { continue };
        for param in params {
            let ty = match resolve(&param.ty) {
                Ok(ty) => ty,
                Err(found) => {
                    cx.report(*found);
                    Type::Any
                }
            };
            let mut found = Vec::new();
            crate::program::shadowing(&param.name.text, param.name.span, &mut found);
            for problem in found {
                cx.report(problem);
            }
            if let Some((_, first)) = mine.iter().find(|(n, s)| *n == param.name.text && s.file == param.span.file) {
                let message = format!("`{}` is yielded twice", param.name.text);
                let found = Diagnostic::new(codes::DUPLICATE_DECLARATION, param.name.span, message);
                cx.report(found.related(*first, "first declared here"));
            }
            mine.push((param.name.text.clone(), param.name.span));
            match all.iter_mut().find(|(n, _)| *n == param.name.text) {
                Some((_, before)) => *before = ty,
                None => all.push((param.name.text.clone(), ty)),
            }
        }
    }
    all
}

/// Checks the defaults of the gate's own parameters, and that their types exist, though nobody may use them.
fn check_defaults(cx: &mut Elaborator<'_>, id: DeclId) {
    let program = cx.program;
    let decl = program.get(id);
    for param in decl.decl.params.iter().flatten() {
        let (Ok(ty), Some(default)) = (resolve(&param.ty), &param.default) else { continue };
        let want = Want { declared: Some(param.span), ..Want::named(&ty, &param.name.text) };
        cx.constant(default, want, &mut Scope::new(decl.module));
    }
}

fn has_predicate(program: &Program<'_>, id: DeclId) -> bool {
    blocks(program, id).any(|(_, s)| matches!(s.kind, StatementKind::Require(_)))
}

/// Checks the conditions once with parameters unknown, so that mistakes show though nobody asks for the gate.
fn check_predicates(cx: &mut Elaborator<'_>, id: DeclId, params: &[(SmolStr, Type)], yields: &[(SmolStr, Type)]) {
    let vars: Vec<Var> = params
        .iter()
        .map(|(name, ty)| Var {
            name: name.clone(),
            typed: Typed { expr: Expr::Var { name: name.clone(), ty: ty.clone() }, ty: ty.clone() },
        })
        .collect();
    cx.symbolically(|cx| predicate(cx, id, vars, yields, None));
}

/// What must hold of a gate's evidence.
fn predicate<'a>(
    cx: &mut Elaborator<'a>,
    id: DeclId,
    mut vars: Vec<Var>,
    yields: &[(SmolStr, Type)],
    environment: Option<DeclId>,
) -> Option<Expr> {
    let program = cx.program;
    vars.extend(yields.iter().map(|(name, ty)| Var {
        name: name.clone(),
        typed: Typed { expr: Expr::Result { name: name.clone(), ty: ty.clone() }, ty: ty.clone() },
    }));
    let mut parts = Vec::new();
    let statements: Vec<(ModuleId, &'a ast::Statement)> = blocks(program, id).collect();
    for (module, statement) in statements {
        let StatementKind::Require(conditions) = &statement.kind else { continue };
        let mut scope = Scope::new(module).reading(Mode::Gate).at(environment);
        scope.vars.clone_from(&vars);
        let when = statement.suffixes.iter().find_map(|s| match &s.kind {
            SuffixKind::When(expr) => Some(expr),
            _ => None,
        });
        let tested = when.and_then(|w| cx.condition(w, &mut scope));
        if let Some(when) = when {
            guards(when, true, &mut scope.known);
        }
        for condition in conditions {
            if let Some(expr) = cx.condition(condition, &mut scope) {
                parts.push(match &tested {
                    Some(when) => any_of(vec![not(when.clone()), expr]),
                    None => expr,
                });
            }
        }
    }
    (!parts.is_empty()).then(|| all_of(parts))
}

/// A gate with its arguments, its conditions made concrete for an environment.
pub fn gate_use(cx: &mut Elaborator<'_>, reference: &Ref, span: Span, environment: Option<DeclId>) -> Option<GateUse> {
    let id = cx.program.by_model(Kind::Gate, &reference.name)?;
    let args = if reference.args.is_empty() {
        let module = cx.program.get(id).module;
        cx.gate_arguments(id, &[], span, &mut Scope::new(module))?
    } else {
        reference.args.clone()
    };
    let vars = args
        .iter()
        .map(|(name, value)| {
            let (params, _) = parameters(cx, id);
            let ty = params.iter().find(|(p, _)| p.name.text == *name).and_then(|(p, _)| resolve(&p.ty).ok());
            let ty = ty.unwrap_or_else(|| crate::types::of_value(value));
            Var { name: name.clone(), typed: Typed::known(value.clone(), ty) }
        })
        .collect();
    let before = std::mem::replace(&mut cx.from, super::graph_node(cx.program, id));
    let results = cx.quietly(|cx| yields(cx, id));
    let predicate = predicate(cx, id, vars, &results, environment);
    cx.from = before;
    let predicate = predicate.filter(|p| p.as_bool() != Some(true));
    Some(GateUse { gate: reference.name.clone(), args, predicate })
}

/// The arguments of a gate reference, as its evidence key sees them.
pub fn same_args(a: &[(SmolStr, Value)], b: &[(SmolStr, Value)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((n, x), (m, y))| n == m && crate::fold::same(x, y))
}
