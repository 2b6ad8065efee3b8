//! Recovery: backups against the recovery point, rollbacks against their limit.

use hxp_diagnostics::{Diagnostic, Severity, codes};
use hxp_policy::{
    Check, Deploy, Environment, Event, EventRef, Field, Method, Millis, Policy, Proof, Record, Rollback, Value,
};

use super::{Context, Found, binding, stretch};
use crate::show;

/// How long Helm waits when nobody says.
pub(super) const HELM_DEFAULT: Millis = Millis(300_000);

/// From the trigger's firing until Helm begins: a job starts, asks for its decision, reads the last healthy revision.
const START: Millis = Millis(60_000);

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    for environment in policy.environments.values() {
        recovery_point(policy, context, environment, found);
        if let Some(rollback) = &environment.rollback {
            for deploy in &environment.deploys {
                too_slow(policy, context, environment, rollback, deploy, found);
                twice(context, environment, rollback, deploy, found);
            }
        }
    }
}

fn duration(record: &Record, name: &str) -> Option<(Millis, Field)> {
    let field = record.field(name)?;
    Some((field.value.as_millis()?, field.clone()))
}

fn recovery_point(policy: &Policy, context: &Context<'_>, environment: &Environment, found: &mut Found) {
    let Some(Value::Record(recovery)) = environment.properties.get("recovery") else { return };
    let (Some((rpo, point)), Some((every, backup))) = (duration(recovery, "rpo"), duration(recovery, "backup_every"))
    else {
        return;
    };
    if every <= rpo {
        return;
    }
    let name = &environment.name;
    let (rpo, every) = (show::value(&point.value), show::value(&backup.value));
    if recovery.get("point_in_time").and_then(Value::as_bool) != Some(true) {
        let message = format!("`{name}` may lose at most {rpo} of data, but is backed up only every {every}");
        let diagnostic = Diagnostic::new(codes::RPO_AGAINST_BACKUPS, backup.origin.span, message)
            .label(format!("up to {every} are lost"))
            .related(point.origin.span, format!("at most {rpo} may be lost"))
            .help(format!(
                "back up every {rpo} or more often, promise less, or set `point_in_time = true` if the database can be restored to any instant"
            ));
        found.push(
            context.mend(diagnostic, format!("back up every {rpo}"), false, |m| m.set_value(backup.origin.span, &rpo)),
        );
        return;
    }
    if proves_restoring(policy, context, environment) {
        return;
    }
    let message =
        format!("only point-in-time recovery keeps the recovery point of `{name}`, and nothing checks that it works");
    let mut diagnostic = Diagnostic::new(codes::RPO_AGAINST_BACKUPS, point.origin.span, message)
        .label(format!("at most {rpo}"))
        .related(backup.origin.span, format!("backups alone would lose up to {every}"))
        .help("require a gate with `subject = environment` and `valid`, such as `point_in_time_recovery`, that restores and looks");
    diagnostic.severity = Severity::Advice;
    found.push(diagnostic);
}

/// Whether the environment asks for evidence, which grows stale, that restoring works.
fn proves_restoring(policy: &Policy, context: &Context<'_>, environment: &Environment) -> bool {
    const WORDS: [&str; 5] = ["point_in_time", "pitr", "recover", "restore", "backup"];
    binding(policy, context, environment).into_iter().any(|r| match &r.check {
        Check::Gate(gate) => policy.gates.get(&gate.gate).is_some_and(|g| {
            let proof = matches!(g.proof, Proof::Machine { .. } | Proof::People(_));
            proof && g.valid.is_some() && WORDS.iter().any(|w| g.name.contains(w))
        }),
        _ => false,
    })
}

fn too_slow(
    policy: &Policy,
    context: &Context<'_>,
    environment: &Environment,
    rollback: &Rollback,
    deploy: &Deploy,
    found: &mut Found,
) {
    let (Some(limit), Method::Helm(helm)) = (rollback.limit, &deploy.method) else { return };
    let timeout = helm.timeout.unwrap_or(HELM_DEFAULT);
    let needed = Millis(timeout.0.saturating_add(START.0));
    if needed <= limit {
        return;
    }
    let waits = if helm.timeout.is_some() { "may wait" } else { "waits, unless told otherwise, up to" };
    let message = format!(
        "a rollback of `{}` may take {}, but must be done within {limit}: Helm {waits} {timeout}, and it takes about {START} to begin",
        environment.name,
        stretch(needed)
    );
    let mut diagnostic = Diagnostic::new(codes::ROLLBACK_TOO_SLOW, rollback.origin.span, message)
        .label(format!("the limit is {limit}, counted from the moment a trigger fires"))
        .related(deploy.origin.span, format!("Helm {waits} {timeout}, and a rollback waits as long as a deployment"));
    for event in &rollback.on {
        let EventRef::Trigger(name) = event else { continue };
        if let Some(trigger) = policy.triggers.get(name).filter(|t| t.hold > Millis(0)) {
            diagnostic = diagnostic.related(
                trigger.origin.span,
                format!("`{name}` fires {} after it began, which is not counted", trigger.hold),
            );
        }
    }
    let most = Millis(limit.0 - START.0);
    let longer = ceil_minutes(needed);
    diagnostic = if most > Millis(0) {
        let shorter = format!("timeout = {most}");
        let found = diagnostic.help(format!("write `{shorter}` at most, or `limit = {longer}` at least"));
        context.mend(found, format!("write `{shorter}`"), false, |m| {
            m.set_argument(deploy.origin.span, "timeout", &shorter)
        })
    } else {
        diagnostic.help(format!("write `limit = {longer}` at least"))
    };
    found.push(context.mend(diagnostic, format!("write `limit = {longer}`"), false, |m| {
        m.set_property(rollback.origin.span, "limit", &longer.to_string())
    }));
}

fn ceil_minutes(time: Millis) -> Millis {
    Millis(time.0.saturating_add(59_999) / 60_000 * 60_000)
}

fn twice(context: &Context<'_>, environment: &Environment, rollback: &Rollback, deploy: &Deploy, found: &mut Found) {
    let Method::Helm(helm) = &deploy.method else { return };
    if !helm.atomic || !rollback.on.contains(&EventRef::Event(Event::Failed)) {
        return;
    }
    let message = format!("a failed deployment to `{}` is rolled back twice", environment.name);
    let place = deploy.origin.span;
    let diagnostic = Diagnostic::new(codes::ATOMIC_AND_ROLLBACK, place, message)
        .label("`atomic` lets Helm go back one revision, whatever state that one was in")
        .related(rollback.origin.span, "`rollback on failed` goes back to the last healthy release")
        .help("write `wait = true` in place of `atomic = true` and leave the rollback to the policy")
        .help("or remove `failed` there and leave failed deployments to Helm");
    let diagnostic = context.mend(diagnostic, "write `wait = true` in place of `atomic = true`", false, |m| {
        m.replace_argument(place, "atomic", "wait = true")
    });
    found.push(context.mend(diagnostic, "remove `failed` from the rollback", false, |m| {
        m.remove_event(rollback.origin.span, "failed")
    }));
}
