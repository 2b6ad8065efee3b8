//! Environments: inheritance merged, statements accumulated.

use std::rc::Rc;

use hxp_diagnostics::{Diagnostic, Edit, codes};
use hxp_policy::model::{Check, Deploy, Environment, EventRef, Helm, Method, Requirement, Rollback, Table};
use hxp_policy::{Kind, Record, Value};
use hxp_syntax::ast::{Block, Body, Entry, EntryKind, Statement, StatementKind, SuffixKind};
use smol_str::{SmolStr, format_smolstr};

use super::event::event_match;
use super::records::{take, take_text};
use super::statement::{Place, Raw, RawCheck, Said, clauses, events};
use super::{Shared, ids, metric};
use crate::elaborate::{Elaborator, Scope, Want};
use crate::program::{DeclId, ModuleId, extends_header};
use crate::schema::{self, Shape};

/// A statement, the entry that holds it, and the module in which it stands.
type Stated<'a> = (&'a Statement, &'a Entry, ModuleId);

fn stated(block: &Block, module: ModuleId) -> impl Iterator<Item = Stated<'_>> {
    block.entries.iter().filter_map(move |entry| match &entry.kind {
        EntryKind::Statement(statement) => Some((&**statement, entry, module)),
        _ => None,
    })
}

/// `environment name extends parent { … }`
pub fn environment<'a>(cx: &mut Elaborator<'a>, id: DeclId, shared: &Shared) -> Environment {
    cx.reading_decl(id);
    let program = cx.program;
    let decl = program.get(id);
    if let (Some(parent), Some((path, _))) = (program.parent(id), extends_header(decl.decl)) {
        super::refer_parent(cx, id, parent, path.span);
    }
    let name = decl.model.clone();
    let mut values = cx.properties(id);
    check_url(cx, id, &values);
    let mut environment = Environment {
        title: take_text(&mut values, "title"),
        doc: program.doc(id),
        origin: program.origin(decl.name_span),
        parents: super::parents(program, id),
        url: take_text(&mut values, "url"),
        namespace: take_text(&mut values, "namespace"),
        runner: take_text(&mut values, "runner"),
        service: take_text(&mut values, "service"),
        values: match take(&mut values, "values") {
            Some(Value::Record(values)) => values,
            _ => Record::default(),
        },
        name: name.clone(),
        ..Environment::default()
    };
    take(&mut values, "abstract");
    environment.properties = values;

    let mut said = Said::default();
    let mut rules = rules(cx, id, shared);
    let mut deploys: Vec<Stated<'a>> = Vec::new();
    let mut rollbacks: Vec<Stated<'a>> = Vec::new();
    for ancestor in program.chain(id) {
        let owner = program.get(ancestor);
        let Body::Block(block) = &owner.decl.body else { continue };
        let statements: Vec<Stated<'a>> = stated(block, owner.module).collect();
        let place = Place { environment: id, name: name.clone(), module: owner.module };
        for (statement, entry, _) in statements.iter().filter(|(s, _, _)| matches!(s.kind, StatementKind::Waive(_))) {
            said.read(cx, statement, entry, &place);
        }
        environment.waives.extend(apply_waives(cx, &mut said, &mut rules, &name, program.parent(ancestor).is_some()));
        let own: Vec<Stated<'a>> =
            statements.iter().copied().filter(|(s, _, _)| matches!(s.kind, StatementKind::Deploy { .. })).collect();
        if !own.is_empty() {
            deploys = own;
        }
        for (statement, entry, module) in statements {
            match &statement.kind {
                StatementKind::Deploy { .. } | StatementKind::Waive(_) => {}
                StatementKind::Rollback { .. } => rollbacks.push((statement, entry, module)),
                _ => said.read(cx, statement, entry, &place),
            }
        }
    }
    said.raws.extend(rules);
    environment.requirements = said.requirements(cx, &name);
    environment.deploys = deploys.into_iter().filter_map(|(s, _, m)| deploy(cx, s, m, id)).collect();
    environment.rollback = rollback(cx, &rollbacks, id, &name);
    environment.duties = said.duties;
    environment.notices = said.notices;
    watch(cx, &mut environment, id, shared);
    environment
}

fn check_url(cx: &mut Elaborator<'_>, id: DeclId, values: &Record) {
    let Some(url) = values.get("url").and_then(Value::as_str) else { return };
    if url.contains("://") {
        return;
    }
    let node = cx.node(id);
    let Some(place) = cx.child(&node, "url").and_then(|n| n.place()) else { return };
    let span = super::text_in(cx, place);
    let message = format!("`{url}` is no address: it does not say how to get there");
    cx.report(Diagnostic::new(codes::TYPE_MISMATCH, span, message).help(format!("write `\"https://{url}\"`")));
}

/// Applies the waivers of one level to what it inherits.
fn apply_waives(
    cx: &mut Elaborator<'_>,
    said: &mut Said,
    rules: &mut Vec<Raw>,
    name: &str,
    inherits: bool,
) -> Vec<hxp_policy::model::Waive> {
    let mut applied = Vec::new();
    for (waive, span) in std::mem::take(&mut said.waives) {
        let valid: Vec<SmolStr> =
            said.raws.iter().map(|r| said.local_id(r)).chain(rules.iter().map(|r| r.base.clone())).collect();
        let before = rules.len();
        rules.retain(|r| !waive.covers(&r.base));
        let dropped = said.drop_waived(&waive) | (rules.len() < before);
        if waive.because.is_none() {
            let message = format!("`waive {}` loosens the policy and must say why", waive.id);
            cx.report(
                Diagnostic::new(codes::NEEDS_BECAUSE, span, message)
                    .help("write `waive … because \"reason\"`")
                    .fix_all("add a reason", vec![Edit { span: span.after(), text: " because \"\"".into() }], false),
            );
        }
        if !dropped && !cx.broken.contains(name) {
            let whose = if inherits { format!("what `{name}` inherits") } else { format!("`{name}`") };
            let mut found = ids::unknown_id(&waive.id, span, &valid, &whose);
            if !inherits {
                found = found.help("an environment waives what it inherits: it `extends` nothing");
            }
            cx.report(found);
        }
        applied.push(waive);
    }
    applied
}

/// Rules over a release that bind this environment.
fn rules<'a>(cx: &mut Elaborator<'a>, id: DeclId, shared: &Shared) -> Vec<Raw> {
    let program = cx.program;
    let mut raws = Vec::new();
    for rule in shared.rules_for(id) {
        let decl = program.get(rule);
        let Body::Block(block) = &decl.decl.body else { continue };
        let statements: Vec<&'a Statement> = stated(block, decl.module).map(|(s, _, _)| s).collect();
        let scope = super::rule::scope(program, rule, Some(id));
        let before = std::mem::replace(&mut cx.from, super::graph_node(program, rule));
        let clauses = clauses(cx, &statements, &scope);
        cx.from = before;
        if clauses.is_empty() {
            continue;
        }
        let because = clauses.iter().find_map(|c| c.because.clone());
        let all_advisory = decl.advisory;
        raws.push(Raw {
            base: format_smolstr!("rule.{}", decl.model),
            what: RawCheck::Other(Check::Rule { rule: decl.model.clone(), clauses }),
            when: None,
            advisory: all_advisory,
            doc: program.doc(rule),
            because,
            span: decl.name_span,
        });
    }
    raws
}

fn deploy<'a>(cx: &mut Elaborator<'a>, statement: &'a Statement, module: ModuleId, id: DeclId) -> Option<Deploy> {
    let StatementKind::Deploy { with } = &statement.kind else { return None };
    let mut scope = Scope::new(module).at(Some(id));
    let mut matches = Vec::new();
    for suffix in &statement.suffixes {
        if let SuffixKind::On(exprs) = &suffix.kind {
            matches.extend(exprs.iter().filter_map(|e| event_match(cx, e, &mut scope)));
        }
    }
    let Some(with) = with else {
        cx.report(
            Diagnostic::new(codes::MISSING_PROPERTY, statement.head, "`deploy` does not say how")
                .help("write `deploy with helm(chart) on …`, `deploy with make(\"target\") on …` or `deploy with command(\"…\") on …`"),
        );
        return None;
    };
    let typed = cx.constant(with, Want::ANY, &mut scope)?;
    let method = typed.value().and_then(Value::as_record).and_then(|record| method(cx, record));
    let Some(method) = method else {
        let message = format!("`{}` is no way to deploy", cx.text(with.span));
        cx.report(
            Diagnostic::new(codes::TYPE_MISMATCH, with.span, message)
                .help("ways to deploy are `helm(chart)`, `make(\"target\")` and `command(\"…\")`"),
        );
        return None;
    };
    Some(Deploy { method, events: matches, origin: cx.program.origin(statement.span) })
}

fn method(cx: &mut Elaborator<'_>, record: &Record) -> Option<Method> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).map(SmolStr::from);
    match record.get("method")?.as_str()? {
        "make" => match record.get("targets")? {
            Value::List(items) => {
                Some(Method::Make(items.iter().filter_map(|v| v.as_str().map(SmolStr::from)).collect()))
            }
            _ => None,
        },
        "command" => Some(Method::Command(text("run")?)),
        "helm" => {
            let flag = |name: &str| record.get(name).and_then(Value::as_bool).unwrap_or(false);
            let (chart, declared) = match record.get("chart")? {
                Value::Ref(reference) if reference.kind == Kind::Chart => {
                    let id = cx.program.by_model(Kind::Chart, &reference.name)?;
                    let path = chart_property(cx, id, "path").or_else(|| chart_property(cx, id, "repo"));
                    (path.unwrap_or_else(|| reference.name.clone()), Some(id))
                }
                Value::Str(text) => (text.clone(), declared_chart(cx, text)),
                _ => return None,
            };
            let release = text("release")
                .or_else(|| declared.and_then(|id| chart_property(cx, id, "release")))
                .unwrap_or_else(|| chart.rsplit('/').next().unwrap_or(&chart).into());
            Some(Method::Helm(Helm {
                chart,
                declared: declared.map(|id| cx.program.get(id).model.clone()),
                release,
                wait: flag("wait"),
                atomic: flag("atomic"),
                timeout: record.get("timeout").and_then(Value::as_millis),
            }))
        }
        _ => None,
    }
}

fn chart_property(cx: &mut Elaborator<'_>, id: DeclId, name: &str) -> Option<SmolStr> {
    let node = cx.node(id);
    let child = cx.child(&node, name)?;
    match cx.quietly(|cx| cx.node_value(&child))?.value() {
        Some(Value::Str(text)) => Some(text.clone()),
        _ => None,
    }
}

/// The declared chart that has this path or repository.
fn declared_chart(cx: &mut Elaborator<'_>, text: &SmolStr) -> Option<DeclId> {
    let charts: Vec<DeclId> = cx.program.all(Kind::Chart).to_vec();
    charts
        .into_iter()
        .find(|id| ["path", "repo"].into_iter().any(|name| chart_property(cx, *id, name).as_ref() == Some(text)))
}

/// `rollback on … { … }`, all statements put together.
fn rollback<'a>(cx: &mut Elaborator<'a>, statements: &[Stated<'a>], id: DeclId, name: &SmolStr) -> Option<Rollback> {
    static SHAPE: Shape = Shape::Record(schema::ROLLBACK);
    let (last, _, _) = statements.last()?;
    let mut rollback = Rollback { origin: cx.program.origin(last.span), ..Rollback::default() };
    let mut blocks: Vec<(&'a Block, Rc<Scope>)> = Vec::new();
    let mut said = Said::default();
    for (statement, _, module) in statements {
        let place = Place { environment: id, name: name.clone(), module: *module };
        for suffix in &statement.suffixes {
            if let SuffixKind::On(exprs) = &suffix.kind {
                let found = cx.in_role(hxp_policy::model::Role::RollsBackOn, |cx| events(cx, exprs, &place));
                rollback.on.extend(found);
            }
        }
        let StatementKind::Rollback { block: Some(block) } = &statement.kind else { continue };
        blocks.push((block, Rc::new(Scope::new(*module).at(Some(id)))));
        for (inner, entry, _) in stated(block, *module) {
            said.read(cx, inner, entry, &place);
        }
    }
    let mut seen: Vec<EventRef> = Vec::new();
    rollback.on.retain(|e| {
        !seen.contains(e) && {
            seen.push(e.clone());
            true
        }
    });
    rollback.requirements = said.requirements(cx, &format_smolstr!("{name}"));
    if !blocks.is_empty() {
        let node = Elaborator::block_node(&blocks, &SHAPE);
        if let Some(typed) = cx.node_value(&node)
            && let Some(Value::Record(values)) = typed.value()
        {
            let mut values = values.clone();
            if let Some(Value::Int(keep)) = take(&mut values, "keep") {
                rollback.keep = u32::try_from(keep).ok().filter(|k| *k > 0);
                if rollback.keep.is_none() {
                    let message = format!("{keep} releases cannot be kept");
                    let span = cx.child(&node, "keep").and_then(|n| n.place()).unwrap_or(last.span);
                    cx.report(Diagnostic::new(codes::OUT_OF_RANGE, span, message).help("keep at least one"));
                }
            }
            rollback.limit = take(&mut values, "limit").and_then(|v| v.as_millis());
            rollback.properties = values;
        }
    }
    Some(rollback)
}

/// The triggers that an environment watches and the metrics that these and its objectives read.
fn watch(cx: &mut Elaborator<'_>, environment: &mut Environment, id: DeclId, shared: &Shared) {
    let mut names: Vec<SmolStr> = Vec::new();
    let rollback = environment.rollback.iter().flat_map(|r| r.on.iter());
    let notices = environment.notices.iter().flat_map(|n| n.on.iter());
    let duties = environment.duties.iter().flat_map(|d| d.on.iter());
    for event in rollback.chain(notices).chain(duties) {
        if let EventRef::Trigger(name) = event
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    let mut metrics: Vec<SmolStr> = Vec::new();
    let mut watched: Table<hxp_policy::model::TriggerUse> = Table::default();
    for name in names {
        let Some(trigger) = cx.program.by_model(Kind::Trigger, &name) else { continue };
        let used = metric::trigger_use(cx, trigger, id);
        if let Some(condition) = &used.condition {
            metric::metrics_in(condition, &mut metrics);
        }
        watched.insert(name, used);
    }
    for objective in shared.objectives_for(id) {
        for condition in cx.quietly(|cx| metric::objective_conditions(cx, objective, Some(id))) {
            metric::metrics_in(&condition, &mut metrics);
        }
        metrics.extend(super::recorded_metric(cx, objective).filter(|m| !metrics.contains(m)));
    }
    environment.triggers = watched;
    for name in metrics {
        if let Some(metric) = cx.program.by_model(Kind::Metric, &name)
            && let Some(used) = metric::metric_use(cx, metric, id)
        {
            environment.metrics.insert(name, used);
        }
    }
}

/// Statements of an override, for one environment.
pub fn override_statements<'a>(
    cx: &mut Elaborator<'a>,
    block: &'a Block,
    module: ModuleId,
    environment: DeclId,
) -> (Said, Vec<Requirement>) {
    let name = cx.program.get(environment).model.clone();
    let place = Place { environment, name: name.clone(), module };
    let mut said = Said::default();
    for (statement, entry, _) in stated(block, module) {
        if matches!(statement.kind, StatementKind::Rollback { .. }) {
            continue;
        }
        said.read(cx, statement, entry, &place);
    }
    let requirements = said.requirements(cx, &name);
    (said, requirements)
}
