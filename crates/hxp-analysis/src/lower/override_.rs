//! Overrides: break-glass and waivers.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::model::{Environment, Expiry, Override, Requirement, Role, Table, Waive};
use hxp_policy::{Kind, Value};
use hxp_syntax::ast::{Body, HeaderKind};
use smol_str::SmolStr;

use super::environment::override_statements;
use super::ids::unknown_id;
use super::records::{take, take_text};
use crate::elaborate::{Elaborator, Mode, Scope};
use crate::program::DeclId;

/// `override name for ENVS when C { … }`, with the places of its waivers, to be checked when all ids are known.
pub fn override_(cx: &mut Elaborator<'_>, id: DeclId) -> (Override, Vec<(Waive, Span)>) {
    cx.reading_decl(id);
    let program = cx.program;
    let decl = program.get(id);
    let environments = cx.in_role(Role::Overrides, |cx| super::for_environments(cx, id));
    let condition = decl.decl.headers.iter().find_map(|h| match &h.kind {
        HeaderKind::When(expr) => Some(expr),
        _ => None,
    });
    let when = condition.and_then(|expr| cx.condition(expr, &mut Scope::new(decl.module).reading(Mode::Facts)));
    let node = cx.node(id);
    let expires_at = cx.child(&node, "expires").and_then(|n| n.place());
    let mut values = cx.properties(id);
    let expires = expiry(take(&mut values, "expires"));
    if expires_at.is_none() {
        let (example, what) = match condition {
            Some(_) => ("24h", "a duration after the incident was declared, a day, or an instant"),
            None => ("2027-06-30", "a day or an instant"),
        };
        let message = format!("the override `{}` has no end", decl.name);
        cx.report(
            Diagnostic::new(codes::OVERRIDE_WITHOUT_END, decl.name_span, message)
                .help(format!("say `expires = {example}`: {what}")),
        );
    }
    if let (None, Some(Expiry::After(_)), Some(span)) = (condition, &expires, expires_at) {
        let message = format!("the waiver `{}` ends on a day: a duration counts from an incident", decl.name);
        cx.report(Diagnostic::new(codes::TYPE_MISMATCH, span, message).help("write `expires = 2027-06-30`"));
    }
    let targets: Vec<DeclId> = if environments.is_empty() {
        super::concrete_environments(program, cx)
    } else {
        environments.iter().filter_map(|n| program.by_model(Kind::Environment, n)).collect()
    };
    let mut waives: Vec<(Waive, Span)> = Vec::new();
    let mut requirements: Vec<Requirement> = Vec::new();
    let mut duties = Vec::new();
    let mut notices = Vec::new();
    if let Body::Block(block) = &decl.decl.body {
        for (index, environment) in targets.iter().enumerate() {
            let (said, required) = override_statements(cx, block, decl.module, *environment);
            requirements.extend(required);
            duties.extend(said.duties);
            if index == 0 {
                waives = said.waives;
                notices = said.notices;
            }
        }
    }
    let reason = values.get("reason").is_some();
    for (waive, span) in &waives {
        if condition.is_none() && waive.because.is_none() && !reason {
            let message = format!("`waive {}` loosens the policy and must say why", waive.id);
            cx.report(
                Diagnostic::new(codes::NEEDS_BECAUSE, *span, message).help("write `waive … because \"reason\"`").fix(
                    "add a reason",
                    span.after(),
                    " because \"\"",
                ),
            );
        }
    }
    let lowered = Override {
        name: decl.model.clone(),
        doc: program.doc(id),
        origin: program.origin(decl.name_span),
        environments,
        when: if condition.is_some() {
            Some(when.unwrap_or(hxp_policy::Expr::Const(Value::Bool(false))))
        } else {
            None
        },
        expires: expires.unwrap_or(Expiry::After(hxp_policy::Millis(0))),
        waives: waives.iter().map(|(w, _)| w.clone()).collect(),
        requirements,
        duties,
        notices,
        owner: take_text(&mut values, "owner"),
        ticket: take_text(&mut values, "ticket"),
        properties: values,
    };
    (lowered, waives)
}

fn expiry(value: Option<Value>) -> Option<Expiry> {
    Some(match value? {
        Value::Quantity(q) => Expiry::After(q.millis()?),
        Value::Date(date) => Expiry::On(date),
        Value::Instant(at) => Expiry::At(at),
        _ => return None,
    })
}

/// Whether an override is over at the beginning of that day.
pub fn has_ended(of: &Override, today: Option<jiff::civil::Date>) -> bool {
    let Some(today) = today else { return false };
    match &of.expires {
        Expiry::After(_) => false,
        Expiry::On(date) => *date <= today,
        Expiry::At(at) => at.with_time_zone(jiff::tz::TimeZone::UTC).date() < today,
    }
}

/// Waivers must name something that an environment, a rule over the policy, or another override has. The results of
/// `unsettled` rules are not all known.
pub fn check_waives(
    cx: &mut Elaborator<'_>,
    of: &Override,
    waives: &[(Waive, Span)],
    environments: &Table<Environment>,
    others: &Table<Override>,
    results: &[SmolStr],
    unsettled: &[SmolStr],
) {
    let decl = cx.program.by_model(Kind::Override, &of.name).map(|id| cx.program.get(id).decl);
    let is_bound = decl.is_some_and(|d| d.headers.iter().any(|h| matches!(h.kind, HeaderKind::For(_))));
    if is_bound && of.environments.is_empty() {
        // That what it is for does not exist was told.
        return;
    }
    let bound = |name: &SmolStr| of.environments.is_empty() || of.environments.contains(name);
    let mut valid: Vec<SmolStr> = Vec::new();
    for environment in environments.values().filter(|e| bound(&e.name)) {
        for requirement in &environment.requirements {
            let local = SmolStr::from(requirement.local_id());
            if !valid.contains(&local) {
                valid.push(local);
            }
        }
    }
    valid.extend(results.iter().cloned());
    let added: Vec<&str> = others.values().flat_map(|o| o.requirements.iter().map(Requirement::local_id)).collect();
    for (waive, span) in waives {
        let known = valid.iter().any(|id| waive.covers(id)) || added.iter().any(|id| waive.covers(id));
        let open = unsettled.iter().any(|rule| waive.id.starts_with(rule.as_str()));
        if !known && !open && !environments.keys().any(|e| bound(e) && cx.broken.contains(e)) {
            let whose = match of.environments.as_slice() {
                [] => "no environment".to_owned(),
                names => names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" and "),
            };
            let mut found = unknown_id(&waive.id, *span, &valid, &whose);
            if of.environments.is_empty() {
                found.message = format!("no environment has a requirement `{}`", waive.id);
            }
            cx.report(found);
        }
    }
}
