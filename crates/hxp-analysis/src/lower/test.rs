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

/// `test "…" { given … expect … }`
pub fn test(cx: &mut Elaborator<'_>, id: DeclId, policy: &Policy) -> Option<TestCase> {
    cx.reading_decl(id);
    let decl = cx.program.get(id);
    let Body::Block(block) = &decl.decl.body else { return None };
    let statements = block.entries.iter().filter_map(|e: &Entry| match &e.kind {
        EntryKind::Statement(statement) => Some(&**statement),
        _ => None,
    });
    let mut given = None;
    let mut expected = None;
    for statement in statements {
        match &statement.kind {
            StatementKind::Given { .. } => once(cx, &mut given, statement, "given"),
            StatementKind::Expect(_) => once(cx, &mut expected, statement, "expect"),
            _ => {}
        }
    }
    let missing = |cx: &mut Elaborator<'_>, what: &str, example: &str| {
        let message = format!("the test does not say what is {what}");
        cx.report(Diagnostic::new(codes::MISSING_PROPERTY, decl.name_span, message).help(format!("write `{example}`")));
    };
    if given.is_none() {
        missing(cx, "given", "given production at 2026-11-27T15:30[America/Los_Angeles]");
    }
    if expected.is_none() {
        missing(cx, "expected", "expect allow");
    }
    let (given, expected): (&Statement, &Statement) = (given?, expected?);
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
        environment,
        at: at?,
        with: values,
        expect: expect?,
        because,
        until,
        origin: cx.program.origin(decl.name_span),
    })
}

fn once<'s>(cx: &mut Elaborator<'_>, slot: &mut Option<&'s Statement>, statement: &'s Statement, word: &str) {
    match slot {
        Some(first) => {
            let found = Diagnostic::new(codes::DUPLICATE_PROPERTY, statement.head, format!("`{word}` is given twice"));
            cx.report(found.related(first.head, "first given here").help("write a second test"));
        }
        None => *slot = Some(statement),
    }
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
    let kinds = [
        ("approvals", Kind::Team),
        ("rejections", Kind::Team),
        ("members", Kind::Team),
        ("gates", Kind::Gate),
        ("evidence", Kind::Gate),
        ("triggers", Kind::Trigger),
        ("stays", Kind::Environment),
    ];
    for (key, kind) in kinds {
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
