//! Lowering: from declarations to the policy.

pub mod blame;
pub mod environment;
pub mod event;
pub mod gate;
pub mod ids;
pub mod metric;
pub mod override_;
pub mod records;
pub mod rule;
pub mod statement;
pub mod test;
pub mod window;

use std::collections::{BTreeSet, HashMap};

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::model::{Environment, Node, Override, Policy, Reference, Role, RuleSubject, Table, Waive};
use hxp_policy::{Kind, Type, Value};
use hxp_syntax::ast::{HeaderKind, TypeExpr};
use rayon::prelude::*;
use smol_str::SmolStr;

use crate::Input;
use crate::elaborate::{Elaborator, Scope, Typed, Var, Want};
use crate::index::Use;
use crate::program::{DeclId, PROJECT, Program};

/// From this much text on, environments are read on all cores; below, starting threads costs more than it saves.
const PARALLEL_FROM: usize = 200_000;

/// So many environments are read with one memory of what was evaluated; it is let go of then.
const MOST_AT_ONCE: usize = 128;

/// What is known of all environments before any is read.
#[derive(Default)]
pub struct Shared {
    rules: HashMap<DeclId, Vec<DeclId>>,
    general_rules: Vec<DeclId>,
    objectives: HashMap<DeclId, Vec<DeclId>>,
    general_objectives: Vec<DeclId>,
}

impl Shared {
    /// The rules over a release that bind an environment.
    pub fn rules_for(&self, environment: DeclId) -> Vec<DeclId> {
        let mut all = self.general_rules.clone();
        all.extend(self.rules.get(&environment).into_iter().flatten());
        all.sort_unstable();
        all
    }

    /// The objectives of an environment.
    pub fn objectives_for(&self, environment: DeclId) -> Vec<DeclId> {
        let mut all = self.general_objectives.clone();
        all.extend(self.objectives.get(&environment).into_iter().flatten());
        all.sort_unstable();
        all
    }
}

/// What lowering found beside the policy.
#[derive(Default)]
pub struct Found {
    pub diagnostics: Vec<Diagnostic>,
    pub uses: BTreeSet<Use>,
    pub used_imports: BTreeSet<usize>,
    pub needed: BTreeSet<DeclId>,
    pub references: Vec<Reference>,
    pub broken: BTreeSet<SmolStr>,
    pub types: crate::index::Types,
}

impl Found {
    fn absorb(&mut self, mut cx: Elaborator<'_>) {
        self.references.extend(cx.take_references());
        self.diagnostics.append(&mut cx.diagnostics);
        self.uses.append(&mut cx.uses);
        self.used_imports.append(&mut cx.used_imports);
        self.needed.append(&mut cx.needed);
        self.broken.append(&mut cx.broken);
        self.types.absorb(std::mem::take(&mut cx.types));
    }
}

/// The declaration as a node of the dependency graph.
pub fn graph_node(program: &Program<'_>, id: DeclId) -> Node {
    let decl = program.get(id);
    Node { kind: decl.kind, name: decl.model.clone() }
}

/// What a declaration extends, the nearest first.
pub fn parents(program: &Program<'_>, id: DeclId) -> Vec<SmolStr> {
    let mut names = Vec::new();
    let mut at = program.parent(id);
    while let Some(parent) = at {
        names.push(program.get(parent).model.clone());
        at = program.parent(parent);
    }
    names
}

/// Records that a declaration extends another.
pub fn refer_parent(cx: &mut Elaborator<'_>, id: DeclId, parent: DeclId, span: Span) {
    let decl = cx.program.get(id);
    let import = crate::program::extends_header(decl.decl)
        .and_then(|(path, _)| cx.program.resolve_path(decl.module, decl.kind, path))
        .and_then(|(_, import)| import);
    cx.in_role(Role::Extends, |cx| cx.refer(parent, import, span));
}

/// The type of a metric, its own or inherited.
pub fn inherited_type<'a>(program: &Program<'a>, id: DeclId) -> Option<&'a TypeExpr> {
    let mut at = Some(id);
    while let Some(decl) = at {
        if let Some(ty) = &program.get(decl).decl.ty {
            return Some(ty);
        }
        at = program.parent(decl);
    }
    None
}

/// All environments but the abstract ones.
pub fn concrete_environments(program: &Program<'_>, cx: &Elaborator<'_>) -> Vec<DeclId> {
    program.all(Kind::Environment).iter().copied().filter(|id| !cx.is_abstract(*id)).collect()
}

/// The environments of a `for` header; empty: all.
pub fn for_environments(cx: &mut Elaborator<'_>, id: DeclId) -> Vec<SmolStr> {
    let decl = cx.program.get(id);
    let mut names: Vec<SmolStr> = Vec::new();
    let kind = Type::Decl(Kind::Environment);
    for header in &decl.decl.headers {
        let HeaderKind::For(exprs) = &header.kind else { continue };
        for expr in exprs {
            let mut scope = Scope::new(decl.module);
            let typed = match &expr.kind {
                hxp_syntax::ast::ExprKind::Name(name)
                    if cx.program.lookup(decl.module, Kind::Environment, name).is_none()
                        && cx.program.lookup(decl.module, Kind::Let, name).is_some() =>
                {
                    cx.constant(expr, Want::ANY, &mut scope)
                }
                _ => cx.constant(expr, Want::ty(&kind), &mut scope),
            };
            match typed.as_ref().and_then(Typed::value) {
                Some(Value::Ref(r)) => add_environment(cx, &r.name.clone(), expr.span, &mut names),
                Some(Value::List(items)) => {
                    for item in items {
                        if let Value::Ref(r) = item {
                            add_environment(cx, &r.name, expr.span, &mut names);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    names
}

/// An abstract environment stands for those that extend it.
fn add_environment(cx: &mut Elaborator<'_>, name: &SmolStr, _span: Span, names: &mut Vec<SmolStr>) {
    let Some(id) = cx.program.by_model(Kind::Environment, name) else { return };
    let add = |names: &mut Vec<SmolStr>, name: &SmolStr| {
        if !names.contains(name) {
            names.push(name.clone());
        }
    };
    if !cx.is_abstract(id) {
        add(names, name);
        return;
    }
    for heir in cx.program.all(Kind::Environment).to_vec() {
        if !cx.is_abstract(heir) && cx.program.chain(heir).contains(&id) {
            add(names, &cx.program.get(heir).model.clone());
        }
    }
}

/// The metric that an objective only records.
pub fn recorded_metric(cx: &mut Elaborator<'_>, objective: DeclId) -> Option<SmolStr> {
    let node = cx.node(objective);
    let record = cx.child(&node, "record")?;
    match cx.quietly(|cx| cx.node_value(&record))?.value() {
        Some(Value::Ref(metric)) => Some(metric.name.clone()),
        _ => None,
    }
}

/// The policy, and everything else that was found on the way.
pub fn policy(program: &Program<'_>, input: &Input<'_>, mut found: Found) -> (Option<Policy>, Found) {
    let mut cx = Elaborator::new(program);
    let mut policy =
        Policy { files: input.sources.iter().map(|(_, f)| f.path().clone()).collect(), ..Policy::default() };
    if let Some(id) = program.all(Kind::Policy).first() {
        records::policy(&mut cx, *id, &mut policy);
    }
    let shared = shared(&mut cx);
    records_of(&mut cx, &mut policy);
    check_lets(&mut cx);
    let environments = environments(program, input, &shared, &mut found);
    policy.environments = environments;
    cx.broken.append(&mut found.broken);
    let waives = overrides(&mut cx, &mut policy);
    rules(&mut cx, &mut policy, input, &waives);
    for id in program.all(Kind::Objective) {
        let objective = metric::objective(&mut cx, *id);
        policy.objectives.insert(objective.name.clone(), objective);
    }
    for id in program.all(Kind::Test) {
        policy.tests.extend(test::test(&mut cx, *id, &policy));
    }
    check_abstract(&mut cx, &shared);
    found.needed.append(&mut cx.needed);
    library(&mut cx, &mut policy, &mut found);
    controls(&mut cx, &mut policy);
    found.absorb(cx);
    policy.references = std::mem::take(&mut found.references);
    policy.references.sort_by(|a, b| (a.origin, &a.from, &a.to, a.role).cmp(&(b.origin, &b.from, &b.to, b.role)));
    policy.references.dedup();
    (Some(policy), found)
}

fn shared(cx: &mut Elaborator<'_>) -> Shared {
    let mut shared = Shared::default();
    let program = cx.program;
    for id in program.all(Kind::Rule) {
        if !matches!(rule::subject(program, *id), Ok(rule::Subject::Release)) {
            continue;
        }
        let names = cx.quietly(|cx| for_environments(cx, *id));
        if !has_for(program, *id) {
            shared.general_rules.push(*id);
        }
        for environment in names.iter().filter_map(|n| program.by_model(Kind::Environment, n)) {
            shared.rules.entry(environment).or_default().push(*id);
        }
    }
    for id in program.all(Kind::Objective) {
        let names = cx.quietly(|cx| for_environments(cx, *id));
        if !has_for(program, *id) {
            shared.general_objectives.push(*id);
        }
        for environment in names.iter().filter_map(|n| program.by_model(Kind::Environment, n)) {
            shared.objectives.entry(environment).or_default().push(*id);
        }
    }
    shared
}

fn has_for(program: &Program<'_>, id: DeclId) -> bool {
    program.get(id).decl.headers.iter().any(|h| matches!(h.kind, HeaderKind::For(_)))
}

fn records_of(cx: &mut Elaborator<'_>, policy: &mut Policy) {
    let program = cx.program;
    for id in program.by_kind.values().flatten() {
        lower_record(cx, *id, policy);
    }
}

/// Lowers one declaration of a kind that does not depend on the environments.
fn lower_record(cx: &mut Elaborator<'_>, id: DeclId, policy: &mut Policy) {
    let name = cx.program.get(id).model.clone();
    match cx.program.get(id).kind {
        Kind::Team => {
            let team = records::team(cx, id);
            policy.teams.entry(name).or_insert(team);
        }
        Kind::Channel => {
            let channel = records::channel(cx, id);
            policy.channels.entry(name).or_insert(channel);
        }
        Kind::Label => {
            let label = records::label(cx, id);
            policy.labels.entry(name).or_insert(label);
        }
        Kind::Chart => {
            let chart = records::chart(cx, id);
            policy.charts.entry(name).or_insert(chart);
        }
        Kind::Service => {
            let service = records::service(cx, id);
            policy.services.entry(name).or_insert(service);
        }
        Kind::Image => {
            let image = records::image(cx, id);
            policy.images.entry(name).or_insert(image);
        }
        Kind::Window => {
            let window = window::window(cx, id);
            policy.windows.entry(name).or_insert(window);
        }
        Kind::Gate => {
            let gate = gate::gate(cx, id);
            policy.gates.entry(name).or_insert(gate);
        }
        Kind::Metric => {
            let metric = metric::metric(cx, id);
            policy.metrics.entry(name).or_insert(metric);
        }
        Kind::Trigger => {
            let trigger = metric::trigger(cx, id);
            policy.triggers.entry(name).or_insert(trigger);
        }
        _ => {}
    }
}

/// Checks constants and functions by themselves, so that mistakes show though nobody uses them.
fn check_lets(cx: &mut Elaborator<'_>) {
    let program = cx.program;
    for (index, decl) in program.decls.iter().enumerate() {
        if decl.kind != Kind::Let {
            continue;
        }
        let id = DeclId(u32::try_from(index).unwrap_or(u32::MAX));
        cx.reading_decl(id);
        let mut scope = Scope::new(decl.module).reading(crate::elaborate::Mode::Facts);
        match &decl.decl.params {
            None => {
                cx.let_value(id, decl.name_span, &mut scope);
            }
            Some(params) => {
                for param in params {
                    let ty = crate::types::resolve(&param.ty).unwrap_or(Type::Any);
                    if let Some(default) = &param.default {
                        let want = Want { declared: Some(param.span), ..Want::named(&ty, &param.name.text) };
                        cx.constant(default, want, &mut Scope::new(decl.module));
                    }
                    let name = param.name.text.clone();
                    let expr = hxp_policy::Expr::Var { name: name.clone(), ty: ty.clone() };
                    scope.vars.push(Var { name, typed: Typed { expr, ty } });
                }
                cx.symbolically(|cx| cx.function_body(id, decl.name_span, &mut scope));
            }
        }
    }
}

/// Reads the environments, on all cores when there is much to read.
fn environments(program: &Program<'_>, input: &Input<'_>, shared: &Shared, found: &mut Found) -> Table<Environment> {
    let probe = Elaborator::new(program);
    let ids = concrete_environments(program, &probe);
    let text: usize = input.project.iter().filter_map(|(f, _)| input.sources.get(*f)).map(|f| f.text().len()).sum();
    let read = |ids: &[DeclId]| {
        let mut cx = Elaborator::new(program);
        let mut one = |id: &DeclId| {
            let environment = environment::environment(&mut cx, *id, shared);
            cx.forget(*id);
            environment
        };
        let lowered: Vec<Environment> = ids.iter().map(&mut one).collect();
        let mut found = Found::default();
        found.absorb(cx);
        (lowered, found)
    };
    let parts: Vec<(Vec<Environment>, Found)> = if text < PARALLEL_FROM || ids.len() < 2 {
        vec![read(&ids)]
    } else {
        let share = ids.len().div_ceil(rayon::current_num_threads().max(1) * 2).clamp(1, MOST_AT_ONCE);
        ids.par_chunks(share).map(read).collect()
    };
    let mut table = Table::with_capacity(ids.len());
    found.references.reserve(parts.iter().map(|(_, part)| part.references.len()).sum());
    for (lowered, part) in parts {
        for environment in lowered {
            table.insert(environment.name.clone(), environment);
        }
        found.diagnostics.extend(part.diagnostics);
        found.uses.extend(part.uses);
        found.used_imports.extend(part.used_imports);
        found.needed.extend(part.needed);
        found.references.extend(part.references);
        found.broken.extend(part.broken);
        found.types.absorb(part.types);
    }
    table
}

/// Abstract environments nobody extends are read once, so that their mistakes show.
fn check_abstract(cx: &mut Elaborator<'_>, shared: &Shared) {
    let program = cx.program;
    for id in program.all(Kind::Environment) {
        let extended = program.parents.contains(&Some(*id));
        if cx.is_abstract(*id) && !extended {
            environment::environment(cx, *id, shared);
        }
    }
}

fn overrides(cx: &mut Elaborator<'_>, policy: &mut Policy) -> Vec<(SmolStr, Vec<(Waive, Span)>)> {
    let program = cx.program;
    let mut places = Vec::new();
    for id in program.all(Kind::Override) {
        let (lowered, waives) = override_::override_(cx, *id);
        places.push((lowered.name.clone(), waives));
        watch_for_overrides(cx, policy, &lowered);
        if lowered.properties.get("thresholds").is_some() {
            change_thresholds(cx, policy, *id, &lowered);
        }
        policy.overrides.insert(lowered.name.clone(), lowered);
    }
    places
}

/// Triggers read the thresholds of an override while it is in force.
fn change_thresholds(cx: &mut Elaborator<'_>, policy: &mut Policy, id: DeclId, of: &Override) {
    for environment in policy.environments.values_mut() {
        let bound = of.environments.is_empty() || of.environments.contains(&environment.name);
        let Some(at) = cx.program.by_model(Kind::Environment, &environment.name).filter(|_| bound) else { continue };
        let mut metrics = Vec::new();
        for (name, used) in &mut environment.triggers {
            let (Some(usual), Some(trigger)) = (&used.condition, cx.program.by_model(Kind::Trigger, name)) else {
                continue;
            };
            let condition = metric::condition_meanwhile(cx, trigger, at, id);
            if let Some(condition) = condition.filter(|c| c != usual) {
                metric::metrics_in(&condition, &mut metrics);
                used.meanwhile.insert(of.name.clone(), condition);
            }
        }
        metrics.retain(|name| !environment.metrics.contains_key(name));
        for name in metrics {
            let Some(metric) = cx.program.by_model(Kind::Metric, &name) else { continue };
            if let Some(used) = metric::metric_use(cx, metric, at) {
                environment.metrics.insert(name, used);
            }
        }
        cx.forget(at);
    }
}

/// Triggers that only an override's notices name are watched where the override acts.
fn watch_for_overrides(cx: &mut Elaborator<'_>, policy: &mut Policy, of: &Override) {
    for notice in &of.notices {
        for event in &notice.on {
            let hxp_policy::model::EventRef::Trigger(name) = event else { continue };
            let Some(trigger) = cx.program.by_model(Kind::Trigger, name) else { continue };
            for environment in policy.environments.values_mut() {
                let bound = of.environments.is_empty() || of.environments.contains(&environment.name);
                let id = cx.program.by_model(Kind::Environment, &environment.name);
                if let (true, Some(id), false) = (bound, id, environment.triggers.contains_key(name)) {
                    let used = metric::trigger_use(cx, trigger, id);
                    environment.triggers.insert(name.clone(), used);
                }
            }
        }
    }
}

fn rules(cx: &mut Elaborator<'_>, policy: &mut Policy, input: &Input<'_>, waives: &[(SmolStr, Vec<(Waive, Span)>)]) {
    let program = cx.program;
    let (mut settled, mut unsettled) = (Vec::new(), Vec::new());
    for id in program.all(Kind::Rule) {
        let told = cx.diagnostics.len();
        let rule = rule::rule(cx, *id);
        if matches!(rule.subject, RuleSubject::Policy(_)) {
            settled.push((rule.name.clone(), rule::settle(cx, *id)));
        }
        if cx.diagnostics.iter().skip(told).any(Diagnostic::is_error) {
            unsettled.push(SmolStr::from(format!("rule.{}", rule.name)));
        }
        policy.rules.insert(rule.name.clone(), rule);
    }
    let mut ids: Vec<SmolStr> =
        settled.iter().flat_map(|(_, outcomes)| outcomes.iter().map(|o| o.result.id.clone())).collect();
    ids.extend(policy.rules.values().map(|r| SmolStr::from(format!("rule.{}", r.name))));
    for (name, waives) in waives {
        if let Some(of) = policy.overrides.get(name) {
            override_::check_waives(cx, of, waives, &policy.environments, &policy.overrides, &ids, &unsettled);
        }
    }
    let overrides: Vec<&Override> = policy.overrides.values().collect();
    for (name, outcomes) in settled {
        let advisory = policy.rules.get(&name).is_some_and(|r| r.advisory);
        let results = rule::judge(cx, outcomes, &overrides, input.today, advisory);
        if let Some(rule) = policy.rules.get_mut(&name) {
            rule.subject = RuleSubject::Policy(results);
        }
    }
}

/// Declarations of libraries that the policy names, directly or through one another.
fn library(cx: &mut Elaborator<'_>, policy: &mut Policy, found: &mut Found) {
    let program = cx.program;
    let mut done: BTreeSet<DeclId> = BTreeSet::new();
    loop {
        let next: Vec<DeclId> =
            found.needed.iter().copied().filter(|d| program.get(*d).module != PROJECT && !done.contains(d)).collect();
        if next.is_empty() {
            break;
        }
        for id in next {
            done.insert(id);
            lower_record(cx, id, policy);
        }
        found.needed.append(&mut cx.needed);
    }
}

fn controls(cx: &mut Elaborator<'_>, policy: &mut Policy) {
    let program = cx.program;
    for id in program.all(Kind::Control) {
        if cx.is_abstract(*id) {
            continue;
        }
        let control = records::control(cx, *id);
        let node = cx.node(*id);
        let span = cx.child(&node, "evidence").and_then(|n| n.place()).unwrap_or(program.get(*id).name_span);
        for evidence in &control.evidence {
            check_evidence(cx, policy, evidence, span);
        }
        policy.controls.insert(control.name.clone(), control);
    }
}

/// Evidence of a control: something of an environment, or a declaration.
fn check_evidence(cx: &mut Elaborator<'_>, policy: &Policy, evidence: &SmolStr, span: Span) {
    let (first, rest) = evidence.split_once('.').unwrap_or((evidence, ""));
    let at = place_in(cx, evidence, span);
    if let Some(kind) = Kind::from_word(first) {
        let name = rest.split(['.', '[', '(']).next().unwrap_or(rest);
        match cx.program.lookup(PROJECT, kind, name) {
            Some((id, import)) => {
                if let Some(import) = import {
                    cx.used_imports.insert(import);
                }
                cx.link(id, Role::Uses, at);
            }
            None => {
                let found = cx.program.unknown(PROJECT, kind, name, at);
                cx.report(found);
            }
        }
        return;
    }
    let Some(environment) = policy.environments.get(first) else {
        if !rest.is_empty() && cx.program.lookup(PROJECT, Kind::Environment, first).is_none() {
            let name = Span { end: at.start + u32::try_from(first.len()).unwrap_or(0), ..at };
            let name = if cx.program.sources.slice(name) == first { name } else { at };
            let found = cx.program.unknown(PROJECT, Kind::Environment, first, name);
            cx.report(found.help(
                "evidence is a requirement of an environment, or a `gate.…`, `rule.…`, `channel.…`, `window.…`, `control.…`",
            ));
            return;
        }
        let mut valid: Vec<&str> = policy.environments.keys().map(SmolStr::as_str).collect();
        valid.extend(["gate", "rule", "channel", "window", "control"]);
        let message = format!("`{evidence}` is nothing that could be shown as evidence");
        let found = Diagnostic::new(codes::UNKNOWN_ID, at, message);
        cx.report(found.help(format!("evidence begins with one of {}", hxp_diagnostics::list_names(&valid))));
        return;
    };
    let property = rest.split('.').next().unwrap_or(rest);
    let waive = Waive { id: rest.into(), because: None, origin: hxp_policy::model::Origin::default() };
    let ids: Vec<SmolStr> = environment
        .requirements
        .iter()
        .chain(environment.rollback.iter().flat_map(|r| &r.requirements))
        .map(|r| SmolStr::from(r.local_id()))
        .chain(environment.duties.iter().filter_map(|d| d.id.split_once('.').map(|(_, id)| SmolStr::from(id))))
        .chain(environment.notices.iter().map(|n| SmolStr::from(format!("notify.{}", n.channel))))
        .collect();
    let known = rest.is_empty()
        || environment.properties.get(property).is_some()
        || matches!(property, "values" | "rollback" | "deploy" | "url" | "namespace")
        || ids.iter().any(|id| waive.covers(id));
    if !known && !cx.broken.contains(first) {
        let found = ids::unknown_id(rest, at, &ids, &format!("`{first}`"));
        cx.report(found);
    }
}

/// Where an id is written inside a property.
fn place_in(cx: &Elaborator<'_>, id: &str, property: Span) -> Span {
    let text = cx.program.sources.slice(property);
    let Some(at) = text.find(id) else { return property };
    let start = property.start + u32::try_from(at).unwrap_or(0);
    Span { start, end: start + u32::try_from(id.len()).unwrap_or(0), ..property }
}

/// The quoted text in a property, so that a diagnostic underlines it alone.
pub fn text_in(cx: &Elaborator<'_>, property: Span) -> Span {
    let text = cx.program.sources.slice(property);
    match text.find('"') {
        Some(at) => Span { start: property.start + u32::try_from(at).unwrap_or(0), ..property },
        None => property,
    }
}
