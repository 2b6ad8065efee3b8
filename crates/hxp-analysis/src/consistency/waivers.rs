//! Overrides: that they have not ended, that they lift something, and nothing that another one added.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Duty, Environment, Override, Policy, Requirement, RuleSubject, StaticResult, Waive};
use jiff::tz::TimeZone;

use super::{Context, Found, end_of};

/// How long before its end a waiver is worth a word.
const NOTICE_DAYS: i64 = 14;

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    for over in policy.overrides.values().filter(|o| !context.is_library(o.origin)) {
        ends(context, over, found);
        for waive in &over.waives {
            if let Some(diagnostic) = waives_an_override(policy, over, waive) {
                found.push(diagnostic);
            } else {
                found.extend(dead(policy, context, over, waive));
            }
        }
    }
}

fn ends(context: &Context<'_>, over: &Override, found: &mut Found) {
    let (Some(now), Some(end)) = (context.now(), end_of(over)) else { return };
    let day = end.to_zoned(TimeZone::UTC).date();
    let (kind, name) = (if over.when.is_some() { "override" } else { "waiver" }, &over.name);
    let mut diagnostic = if now >= end {
        let expired =
            Diagnostic::new(codes::WAIVER_EXPIRED, over.origin.span, format!("{kind} `{name}` expired on {day}"))
                .label("lifts nothing any more")
                .help("meet what it lifted and remove it, or argue for a new end");
        context.mend(expired, "remove it", false, |m| m.remove_declaration(over.origin.span))
    } else {
        let left = (end.as_second() - now.as_second()).div_euclid(86_400);
        if left > NOTICE_DAYS {
            return;
        }
        let days = match left {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            n => format!("in {n} days"),
        };
        Diagnostic::new(
            codes::WAIVER_EXPIRES_SOON,
            over.origin.span,
            format!("{kind} `{name}` expires {days}, on {day}"),
        )
        .help("meet what it lifts by then, or argue for a new end")
    };
    for waive in &over.waives {
        let text = waive
            .because
            .as_ref()
            .map_or_else(|| format!("lifts `{}`", waive.id), |b| format!("lifts `{}`: {b}", waive.id));
        diagnostic = diagnostic.related(waive.origin.span, text);
    }
    if let Some(ticket) = &over.ticket {
        diagnostic = diagnostic.help(format!("it is argued in {ticket}"));
    }
    found.push(diagnostic);
}

fn environments<'a>(policy: &'a Policy, over: &'a Override) -> impl Iterator<Item = &'a Environment> {
    let concerned = |e: &&Environment| over.environments.is_empty() || over.environments.contains(&e.name);
    policy.environments.values().filter(concerned)
}

/// Everything of an environment that can be lifted, by its local id.
fn liftable(environment: &Environment) -> impl Iterator<Item = &str> {
    let rollback = environment.rollback.iter().flat_map(|r| &r.requirements);
    let duty = |d: &'_ Duty| d.id.split_once('.').map_or(0, |(e, _)| e.len() + 1);
    environment
        .requirements
        .iter()
        .chain(rollback)
        .map(Requirement::local_id)
        .chain(environment.duties.iter().map(move |d| d.id.get(duty(d)..).unwrap_or(&d.id)))
}

/// Results of rules over the policy that a waiver covers; their ids name no environment.
fn static_results<'a>(policy: &'a Policy, waive: &'a Waive) -> impl Iterator<Item = &'a StaticResult> {
    let results = policy.rules.values().flat_map(|r| match &r.subject {
        RuleSubject::Policy(results) => results.as_slice(),
        _ => &[],
    });
    results.filter(|r| waive.covers(&r.id))
}

fn waives_an_override(policy: &Policy, over: &Override, waive: &Waive) -> Option<Diagnostic> {
    if environments(policy, over).any(|e| liftable(e).any(|id| waive.covers(id))) {
        return None;
    }
    let covered =
        |o: &Override| o.requirements.iter().find(|r| waive.covers(r.local_id())).map(|r| (o.name.clone(), r.origin));
    let (other, added) = policy.overrides.values().filter(|o| o.name != over.name).find_map(covered)?;
    let message = format!("`{}` would lift what only override `{other}` adds", over.name);
    Some(
        Diagnostic::new(codes::WAIVES_AN_OVERRIDE, waive.origin.span, message)
            .label(format!("`{}` cannot be waived", waive.id))
            .related(added.span, format!("added by `{other}` in place of what it lifts"))
            .help(format!("otherwise two overrides together would lift everything; ask for less in `{other}` itself")),
    )
}

/// What is lifted decides nothing as it is: a rule over the policy that holds, or what is only advice.
fn dead(policy: &Policy, context: &Context<'_>, over: &Override, waive: &Waive) -> Option<Diagnostic> {
    let results: Vec<_> = static_results(policy, waive).collect();
    let lifted: Vec<_> = environments(policy, over)
        .flat_map(|e| e.requirements.iter().chain(e.rollback.iter().flat_map(|r| &r.requirements)))
        .filter(|r| waive.covers(r.local_id()))
        .collect();
    let (place, why) = match (results.first(), lifted.first()) {
        (Some(result), None) if results.iter().all(|r| r.holds) => (result.origin, "which holds anyway"),
        (None, Some(requirement)) if lifted.iter().all(|r| r.advisory) => {
            (requirement.origin, "which is only advice and decides nothing")
        }
        _ => return None,
    };
    let message = format!("`{}` waives `{}`, {why}", over.name, waive.id);
    let span = waive.origin.span;
    let found = Diagnostic::new(codes::DEAD_WAIVER, span, message)
        .label("nothing to lift")
        .related(place.span, "said here")
        .help("remove it, so that nobody takes it for an exception that is needed");
    Some(context.mend(found, "remove it", true, |m| {
        if m.is_only_statement(span) { m.remove_around(span) } else { m.remove_stated(span) }
    }))
}
