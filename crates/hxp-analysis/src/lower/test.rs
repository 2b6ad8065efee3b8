//! Tests of the policy.

use std::rc::Rc;

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::model::{Outcome, Policy, TestCase};
use hxp_policy::{Kind, Record, Type, Value};
use hxp_syntax::ast::{Body, Entry, EntryKind, ExprKind, Ident, Literal, Statement, StatementKind, SuffixKind};
use smol_str::SmolStr;

use super::ids::{id_text, unknown_id};
use crate::elaborate::{Elaborator, Scope, Want};
use crate::program::{DeclId, ModuleId};
use crate::schema;

/// `test "…" { given … expect … }`: one pair, or several, which are the rows of a table.
pub fn test(cx: &mut Elaborator<'_>, id: DeclId, policy: &Policy) -> Vec<TestCase> {
    cx.reading_decl(id);
    let decl = cx.program.get(id);
    let Body::Block(block) = &decl.decl.body else { return Vec::new() };
    let statements = block.entries.iter().filter_map(|e: &Entry| match &e.kind {
        EntryKind::Statement(statement) => Some(&**statement),
        _ => None,
    });
    let mut pairs: Vec<(&Statement, &Statement)> = Vec::new();
    let mut given: Option<&Statement> = None;
    let mut expects = false;
    for statement in statements {
        match &statement.kind {
            StatementKind::Given { .. } => {
                if let Some(first) = given.replace(statement) {
                    no_expectation(cx, first.head);
                }
            }
            StatementKind::Expect(_) => {
                expects = true;
                match given.take() {
                    Some(given) => pairs.push((given, statement)),
                    // The first one: the whole test gives nothing.
                    None if pairs.is_empty() => nothing_given(cx, decl.name_span),
                    None => nothing_given(cx, statement.head),
                }
            }
            _ => {}
        }
    }
    match (given, pairs.is_empty()) {
        (Some(given), _) => no_expectation(cx, given.head),
        (None, true) if !expects => {
            nothing_given(cx, decl.name_span);
            no_expectation(cx, decl.name_span);
        }
        _ => {}
    }
    let several = pairs.len() > 1;
    let rows = pairs.into_iter().zip(1..).filter_map(|((given, expected), row)| {
        case(cx, id, policy, given, expected).map(|case| TestCase { row: several.then_some(row), ..case })
    });
    rows.collect()
}

fn nothing_given(cx: &mut Elaborator<'_>, at: Span) {
    let found = Diagnostic::new(codes::MISSING_PROPERTY, at, "the test does not say what is given".to_owned());
    cx.report(found.help("write `given production at 2026-11-27T15:30[America/Los_Angeles]` before `expect`"));
}

fn no_expectation(cx: &mut Elaborator<'_>, at: Span) {
    let found = Diagnostic::new(codes::MISSING_PROPERTY, at, "the test does not say what is expected".to_owned());
    cx.report(found.help("write `expect allow` behind `given …`"));
}

/// One `given` with its `expect`.
fn case<'a>(
    cx: &mut Elaborator<'a>,
    id: DeclId,
    policy: &Policy,
    given: &'a Statement,
    expected: &'a Statement,
) -> Option<TestCase> {
    let decl = cx.program.get(id);
    let StatementKind::Given { environment, at, with } = &given.kind else { return None };
    let StatementKind::Expect(outcome) = &expected.kind else { return None };
    let environment = given_environment(cx, environment, decl.module);
    let at = instant(cx, at, decl.module, "at");
    let values = match with {
        Some(block) => {
            let scope = Rc::new(Scope::new(decl.module));
            let node = Elaborator::block_node(&[(block, scope)], schema::given_shape());
            match cx.node_value(&node)?.value() {
                Some(Value::Record(values)) => values.clone(),
                _ => Record::default(),
            }
        }
        None => Record::default(),
    };
    check_names(cx, &values, decl.module);
    let expect = outcome_of(cx, outcome);
    let environment = environment?;
    let mut because = Vec::new();
    let mut until = None;
    for suffix in &expected.suffixes {
        match &suffix.kind {
            SuffixKind::Because(ids) => {
                for expr in ids {
                    let Some(text) = id_text(cx, expr) else { continue };
                    check_id(cx, &text, expr.span, &environment, policy);
                    because.push(text);
                }
            }
            SuffixKind::Until(expr) => until = instant(cx, expr, decl.module, "until"),
            _ => {}
        }
    }
    Some(TestCase {
        title: decl.name.clone(),
        row: None,
        environment,
        at: at?,
        with: values,
        expect: expect?,
        because,
        until,
        origin: cx.program.origin(given.head),
    })
}

fn given_environment(cx: &mut Elaborator<'_>, name: &Ident, module: ModuleId) -> Option<SmolStr> {
    match cx.program.lookup(module, Kind::Environment, &name.text) {
        Some((id, import)) => {
            cx.refer(id, import, name.span);
            if cx.is_abstract(id) {
                let message = format!("`{}` is abstract: nothing is deployed there", name.text);
                cx.report(Diagnostic::new(codes::WRONG_KIND, name.span, message));
                return None;
            }
            Some(cx.program.get(id).model.clone())
        }
        // That none is named was told.
        None if name.text.is_empty() => None,
        None => {
            let found = cx.program.unknown(module, Kind::Environment, &name.text, name.span);
            cx.report(found);
            None
        }
    }
}

fn instant<'a>(
    cx: &mut Elaborator<'a>,
    expr: &'a hxp_syntax::ast::Expr,
    module: ModuleId,
    name: &str,
) -> Option<jiff::Zoned> {
    if let ExprKind::Literal(Literal::Date { .. }) = &expr.kind {
        let text = cx.text(expr.span);
        cx.report(
            Diagnostic::new(codes::TYPE_MISMATCH, expr.span, format!("`{name}` is an instant, but `{text}` is a date"))
                .help(format!("write the time and the zone too: `{text}T10:00[Europe/Berlin]`")),
        );
        return None;
    }
    let mut scope = Scope::new(module);
    match cx.constant(expr, Want::named(&Type::Instant, name), &mut scope)?.value()? {
        Value::Instant(at) => Some((**at).clone()),
        _ => None,
    }
}

fn outcome_of(cx: &mut Elaborator<'_>, word: &Ident) -> Option<Outcome> {
    let all = [Outcome::Allow, Outcome::Pending, Outcome::Deny];
    let found = all.into_iter().find(|o| o.word() == word.text);
    if found.is_none() {
        let message = format!("`{}` is no outcome of a decision", word.text);
        let problem = Diagnostic::new(codes::UNKNOWN_MEMBER, word.span, message);
        cx.report(problem.suggest(&word.text, all.iter().map(|o| o.word())));
    }
    found
}

/// Keys that name declarations.
fn check_names(cx: &mut Elaborator<'_>, values: &Record, module: ModuleId) {
    for (key, kind) in schema::GIVEN_NAMES.iter().copied() {
        let Some(Value::Record(record)) = values.get(key) else { continue };
        for field in &record.fields {
            match cx.program.lookup(module, kind, &field.name) {
                Some((id, _)) => cx.link(id, hxp_policy::model::Role::Uses, field.origin.span),
                None => {
                    let length = u32::try_from(field.name.len()).unwrap_or(0);
                    let span = Span { end: field.origin.span.start + length, ..field.origin.span };
                    let found = cx.program.unknown(module, kind, &field.name, span);
                    cx.report(found);
                }
            }
        }
    }
}

fn check_id(cx: &mut Elaborator<'_>, id: &SmolStr, span: Span, environment: &SmolStr, policy: &Policy) {
    let Some(of) = policy.environments.get(environment) else { return };
    let waive =
        hxp_policy::model::Waive { id: id.clone(), because: None, origin: hxp_policy::model::Origin::default() };
    let mut valid: Vec<SmolStr> = of.requirements.iter().map(|r| SmolStr::from(r.local_id())).collect();
    let added = policy.overrides.values().flat_map(|o| &o.requirements);
    let rollback = of.rollback.iter().flat_map(|r| &r.requirements);
    valid.extend(added.chain(rollback).map(|r| SmolStr::from(r.local_id())));
    let all_known = !cx.broken.contains(environment);
    if all_known && !id.starts_with("engine") && !valid.iter().any(|v| waive.covers(v)) {
        valid.sort_unstable();
        valid.dedup();
        let found = unknown_id(id, span, &valid, &format!("`{environment}`"));
        cx.report(found);
    }
}
