//! Metrics, triggers, objectives.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::model::{Metric, MetricUse, Node, Objective, Role, Table, Trigger, TriggerUse};
use hxp_policy::{Dimension, Expr, Kind, Millis, Type, Value};
use hxp_syntax::ast::{Body, EntryKind, HeaderKind, StatementKind};
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{self, Expr as Query};
use smol_str::SmolStr;

use super::records::{take, take_text};
use crate::elaborate::{Elaborator, Mode, Scope, Want};
use crate::program::{DeclId, extends_header};
use crate::types::{describe, resolve};

/// `metric name: type { … }`
pub fn metric(cx: &mut Elaborator<'_>, id: DeclId) -> Metric {
    cx.reading_decl(id);
    let program = cx.program;
    let decl = program.get(id);
    if let (Some(parent), Some((path, _))) = (program.parent(id), extends_header(decl.decl)) {
        super::refer_parent(cx, id, parent, path.span);
    }
    let ty = match super::inherited_type(program, id).map(resolve) {
        Some(Ok(ty)) => ty,
        Some(Err(found)) => {
            cx.report(*found);
            Type::Decimal
        }
        None => Type::Decimal,
    };
    // The scope reads the environment at hand: it is evaluated for each environment that uses the metric.
    let mut values = cx.symbolically(|cx| cx.properties(id));
    let unit = take_text(&mut values, "unit").unwrap_or_else(|| default_unit(&ty).into());
    if !unit_fits(&unit, &ty) {
        let node = cx.node(id);
        let span = cx.child(&node, "unit").and_then(|n| n.place()).unwrap_or(decl.name_span);
        let message = format!("the metric `{}` is {}, but its unit is `{unit}`", decl.name, describe(&ty));
        let units: Vec<&str> =
            crate::schema::enums::UNIT.members.iter().map(|(u, _)| *u).filter(|u| unit_fits(u, &ty)).collect();
        let mut found = Diagnostic::new(codes::UNIT_MISMATCH, span, message);
        if let Some(ty) = &decl.decl.ty {
            found = found.related(ty.span, "its type");
        }
        cx.report(found.help(format!("units of {}: {}", describe(&ty), hxp_diagnostics::list_names(&units))));
    }
    if let Some(Value::PromQl(query)) = values.get("query") {
        check_one_number(cx, id, query);
    }
    Metric {
        name: decl.model.clone(),
        doc: program.doc(id),
        origin: program.origin(decl.name_span),
        ty,
        unit,
        properties: values,
    }
}

fn default_unit(ty: &Type) -> &'static str {
    match ty {
        Type::Quantity(Dimension::Percent) => "ratio",
        Type::Quantity(Dimension::Duration) => "seconds",
        Type::Quantity(Dimension::Bytes) => "bytes",
        Type::Quantity(Dimension::Cpu) => "cores",
        _ => "count",
    }
}

fn unit_fits(unit: &str, ty: &Type) -> bool {
    match ty {
        Type::Quantity(Dimension::Percent) => matches!(unit, "ratio" | "percent"),
        Type::Quantity(Dimension::Duration) => matches!(unit, "seconds" | "milliseconds"),
        Type::Quantity(Dimension::Bytes) => unit == "bytes",
        Type::Quantity(Dimension::Cpu) => unit == "cores",
        _ => matches!(unit, "count" | "per_day" | "ratio"),
    }
}

/// A query must reduce to one number: an aggregation without labels, or a scalar.
fn check_one_number(cx: &mut Elaborator<'_>, id: DeclId, query: &str) {
    let Ok(parsed) = parser::parse(query) else { return };
    if !matches!(parsed.value_type(), parser::value::ValueType::Matrix | parser::value::ValueType::String) {
        return;
    }
    let node = cx.node(id);
    let span = cx.child(&node, "query").and_then(|n| n.place()).unwrap_or(cx.program.get(id).name_span);
    cx.report(
        Diagnostic::new(codes::BAD_PROMQL, span, "the query must give one number, not a range of them or text")
            .help("aggregate it, as in `sum(rate(…[5m]))`"),
    );
}

/// A metric as one environment reads it.
pub fn metric_use(cx: &mut Elaborator<'_>, id: DeclId, environment: DeclId) -> Option<MetricUse> {
    let reader = needed_by(cx, id, environment);
    let before = cx.needed_by.replace(reader);
    let read = read_metric(cx, id, environment);
    cx.needed_by = before;
    read
}

/// The name of the trigger or objective that makes an environment read a metric.
fn needed_by(cx: &Elaborator<'_>, id: DeclId, environment: DeclId) -> Span {
    let node = |id| super::graph_node(cx.program, id);
    let (metric, environment_node) = (node(id), node(environment));
    let reads = |reader: &Node| cx.references.iter().any(|(from, to, ..)| from == reader && *to == metric);
    let trigger = cx.references.iter().find(|(from, to, ..)| *from == environment_node && reads(to));
    let objective = || cx.references.iter().find(|(from, to, ..)| from.kind == Kind::Objective && *to == metric);
    trigger.or_else(objective).map_or(cx.program.get(environment).name_span, |(.., span)| *span)
}

fn read_metric(cx: &mut Elaborator<'_>, id: DeclId, environment: DeclId) -> Option<MetricUse> {
    let program = cx.program;
    let decl = program.get(id);
    let mut scope_values = Vec::new();
    let node = cx.node_at(id, Some(environment));
    if let Some(scope) = cx.child(&node, "scope")
        && let Some(typed) = cx.node_value(&scope)
        && let Some(record) = typed.value().and_then(Value::as_record)
    {
        for field in &record.fields {
            if let Value::Str(text) = &field.value {
                scope_values.push((field.name.clone(), text.clone()));
            }
        }
    }
    let mut text = |name: &str| -> Option<SmolStr> {
        let said = cx.child(&node, name)?;
        match cx.node_value(&said)?.value() {
            Some(Value::PromQl(query)) => Some(query.clone()),
            _ => None,
        }
    };
    let query = text("query")?;
    let samples = text("samples");
    Some(MetricUse {
        metric: decl.model.clone(),
        query: scoped(&query, &scope_values),
        samples: samples.map(|s| scoped(&s, &scope_values)),
        scope: scope_values,
    })
}

/// The query with the scope in every selector.
fn scoped(query: &str, scope: &[(SmolStr, SmolStr)]) -> SmolStr {
    if scope.is_empty() {
        return query.into();
    }
    match parser::parse(query) {
        Ok(mut parsed) => {
            put_scope(&mut parsed, scope);
            parsed.to_string().into()
        }
        Err(_) => query.into(),
    }
}

fn put_scope(query: &mut Query, scope: &[(SmolStr, SmolStr)]) {
    let into = |matchers: &mut parser::VectorSelector| {
        for (name, value) in scope {
            let matcher = Matcher::new(MatchOp::Equal, name, value);
            if matchers.matchers.or_matchers.is_empty() {
                matchers.matchers.matchers.retain(|m| m.name != name.as_str());
                matchers.matchers.matchers.push(matcher);
            } else {
                for group in &mut matchers.matchers.or_matchers {
                    group.retain(|m| m.name != name.as_str());
                    group.push(matcher.clone());
                }
            }
        }
    };
    match query {
        Query::Aggregate(e) => {
            put_scope(&mut e.expr, scope);
            if let Some(param) = &mut e.param {
                put_scope(param, scope);
            }
        }
        Query::Unary(e) => put_scope(&mut e.expr, scope),
        Query::Binary(e) => {
            put_scope(&mut e.lhs, scope);
            put_scope(&mut e.rhs, scope);
        }
        Query::Paren(e) => put_scope(&mut e.expr, scope),
        Query::Subquery(e) => put_scope(&mut e.expr, scope),
        Query::VectorSelector(selector) => into(selector),
        Query::MatrixSelector(selector) => into(&mut selector.vs),
        Query::Call(call) => call.args.args.iter_mut().for_each(|a| put_scope(a, scope)),
        Query::NumberLiteral(_) | Query::StringLiteral(_) | Query::Extension(_) => {}
    }
}

/// `trigger name when C for D { … }`
pub fn trigger(cx: &mut Elaborator<'_>, id: DeclId) -> Trigger {
    cx.reading_decl(id);
    let program = cx.program;
    let decl = program.get(id);
    let mut hold = Millis(0);
    let mut has_condition = false;
    for header in &decl.decl.headers {
        match &header.kind {
            HeaderKind::When(_) => has_condition = true,
            HeaderKind::For(exprs) => {
                let duration = Type::Quantity(Dimension::Duration);
                let mut scope = Scope::new(decl.module);
                if let Some(expr) = exprs.first()
                    && let Some(typed) = cx.constant(expr, Want::named(&duration, "for"), &mut scope)
                {
                    hold = typed.value().and_then(Value::as_millis).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    cx.symbolically(|cx| trigger_condition(cx, id, None));
    let mut values = cx.properties(id);
    let raised_by = take_text(&mut values, "raised_by");
    if !has_condition && !cx.says(id, "raised_by") {
        let message = format!("the trigger `{}` has no condition, and nobody raises it", decl.name);
        cx.report(
            Diagnostic::new(codes::MISSING_PROPERTY, decl.name_span, message)
                .help("write `trigger name when CONDITION for 2m { … }`, or say `raised_by = team`"),
        );
    }
    let min_samples = match take(&mut values, "min_samples") {
        Some(Value::Int(n)) => Some(n),
        _ => None,
    };
    Trigger {
        name: decl.model.clone(),
        doc: program.doc(id),
        origin: program.origin(decl.name_span),
        hold,
        raised_by,
        runbook: take_text(&mut values, "runbook"),
        on_no_data: take_text(&mut values, "on_no_data").unwrap_or_else(|| "hold".into()),
        min_samples,
        properties: values,
    }
}

fn trigger_condition(cx: &mut Elaborator<'_>, id: DeclId, environment: Option<DeclId>) -> Option<Expr> {
    let decl = cx.program.get(id);
    let condition = decl.decl.headers.iter().find_map(|h| match &h.kind {
        HeaderKind::When(expr) => Some(expr),
        _ => None,
    })?;
    let mut scope = Scope::new(decl.module).reading(Mode::Metrics).at(environment);
    cx.condition(condition, &mut scope)
}

/// A trigger as one environment watches it.
pub fn trigger_use(cx: &mut Elaborator<'_>, id: DeclId, environment: DeclId) -> TriggerUse {
    let before = std::mem::replace(&mut cx.from, super::graph_node(cx.program, id));
    let condition = trigger_condition(cx, id, Some(environment));
    cx.from = before;
    TriggerUse { trigger: cx.program.get(id).model.clone(), condition, meanwhile: Table::default() }
}

/// The condition of a trigger in one environment while an override is in force that has thresholds of its own.
pub fn condition_meanwhile(
    cx: &mut Elaborator<'_>,
    trigger: DeclId,
    environment: DeclId,
    override_: DeclId,
) -> Option<Expr> {
    let before = std::mem::replace(&mut cx.from, super::graph_node(cx.program, override_));
    let condition = cx.overlaid(environment, override_, |cx| trigger_condition(cx, trigger, Some(environment)));
    cx.from = before;
    condition
}

/// The metrics that a condition reads.
pub fn metrics_in(expr: &Expr, found: &mut Vec<SmolStr>) {
    expr.walk(&mut |e| {
        if let Expr::Metric(name) | Expr::Baseline { metric: name, .. } = e
            && !found.contains(name)
        {
            found.push(name.clone());
        }
    });
}

/// The conditions of an objective, for one environment.
pub fn objective_conditions(cx: &mut Elaborator<'_>, id: DeclId, environment: Option<DeclId>) -> Vec<Expr> {
    let decl = cx.program.get(id);
    let mut conditions = Vec::new();
    let Body::Block(block) = &decl.decl.body else { return conditions };
    for entry in &block.entries {
        if let EntryKind::Statement(statement) = &entry.kind
            && let StatementKind::Require(exprs) = &statement.kind
        {
            for expr in exprs {
                let mut scope = Scope::new(decl.module).reading(Mode::Metrics).at(environment);
                conditions.extend(cx.condition(expr, &mut scope));
            }
        }
    }
    conditions
}

/// Whether an objective has a condition, right or wrong.
fn asks(program: &crate::program::Program<'_>, id: DeclId) -> bool {
    let Body::Block(block) = &program.get(id).decl.body else { return false };
    block.entries.iter().any(|e| matches!(&e.kind, EntryKind::Statement(_)))
}

/// `objective name for ENV { … }`
pub fn objective(cx: &mut Elaborator<'_>, id: DeclId) -> Objective {
    cx.reading_decl(id);
    let program = cx.program;
    let decl = program.get(id);
    let environments = cx.in_role(Role::Uses, |cx| super::for_environments(cx, id));
    let first = environments.first().and_then(|n| program.by_model(Kind::Environment, n));
    let first = first.or_else(|| super::concrete_environments(program, cx).first().copied());
    let conditions = objective_conditions(cx, id, first);
    let mut values = cx.properties(id);
    if !asks(program, id) && !cx.says(id, "record") {
        let message = format!("the objective `{}` asks for nothing", decl.name);
        cx.report(
            Diagnostic::new(codes::MISSING_PROPERTY, decl.name_span, message)
                .help("say `require CONDITION`, or `record = METRIC` to only record it"),
        );
    }
    Objective {
        name: decl.model.clone(),
        doc: program.doc(id),
        origin: program.origin(decl.name_span),
        environments,
        over: take(&mut values, "over").and_then(|v| v.as_millis()),
        conditions,
        properties: values,
    }
}
