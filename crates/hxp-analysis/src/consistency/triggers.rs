//! Triggers: what they take few samples and silence for.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Expr, Policy, Trigger};

use super::logic::{self, Judgement};
use super::{Context, Found};

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    for trigger in policy.triggers.values().filter(|t| !context.is_library(t.origin)) {
        without_samples(policy, context, trigger, found);
        quiet(context, trigger, found);
        constant(policy, trigger, found);
    }
}

/// The trigger's condition as each environment reads it.
fn conditions<'a>(policy: &'a Policy, trigger: &'a Trigger) -> impl Iterator<Item = (&'a str, &'a Expr)> {
    policy.environments.values().filter_map(|e| {
        let condition = e.triggers.get(&trigger.name)?.condition.as_ref()?;
        Some((e.name.as_str(), condition))
    })
}

/// Metrics that one odd request can move: shares of few requests and their quantiles.
fn is_touchy(policy: &Policy, metric: &str) -> bool {
    let ratio = policy.metrics.get(metric).is_some_and(|m| matches!(m.unit.as_str(), "ratio" | "percent"));
    let query = policy
        .environments
        .values()
        .filter_map(|e| e.metrics.get(metric))
        .any(|m| m.query.contains("histogram_quantile"));
    ratio || query
}

fn without_samples(policy: &Policy, context: &Context<'_>, trigger: &Trigger, found: &mut Found) {
    if trigger.min_samples.is_some() {
        return;
    }
    let mut metric = None;
    for (_, condition) in conditions(policy, trigger) {
        condition.walk(&mut |e| {
            if let Expr::Metric(name) = e
                && metric.is_none()
                && is_touchy(policy, name)
            {
                metric = Some(name.clone());
            }
        });
    }
    let Some(metric) = metric else { return };
    let message =
        format!("`{}` may fire because of a single request: nothing says how many `{metric}` takes", trigger.name);
    let mut diagnostic = Diagnostic::new(codes::TRIGGER_WITHOUT_SAMPLES, trigger.origin.span, message)
        .label("no `min_samples`")
        .help("write `min_samples = 100`, or as many as make the number mean something");
    diagnostic = context
        .mend(diagnostic, "add `min_samples = 100`", false, |m| m.add_entry(trigger.origin.span, "min_samples = 100"));
    if let Some(metric) = policy.metrics.get(&metric) {
        diagnostic = diagnostic.related(metric.origin.span, "one failure among two requests at night is half of them");
    }
    found.push(diagnostic);
}

fn quiet(context: &Context<'_>, trigger: &Trigger, found: &mut Found) {
    if trigger.on_no_data != "quiet" {
        return;
    }
    let message = format!("`{}` takes silence for health: a service that is down sends no errors", trigger.name);
    let mut diagnostic = Diagnostic::new(codes::QUIET_ON_NO_DATA, trigger.origin.span, message)
        .label("`on_no_data = quiet`")
        .help("`hold` keeps the state it had and is the default; `fire` takes silence for failure");
    for word in ["hold", "fire"] {
        diagnostic = context.mend(diagnostic, format!("write `on_no_data = {word}`"), false, |m| {
            m.set_property(trigger.origin.span, "on_no_data", word)
        });
    }
    found.push(diagnostic);
}

fn constant(policy: &Policy, trigger: &Trigger, found: &mut Found) {
    for (environment, condition) in conditions(policy, trigger) {
        let (word, conflict) = match logic::judge(condition) {
            Judgement::Always(conflict) => ("always fires", conflict),
            Judgement::Never(conflict) => ("can never fire", conflict),
            Judgement::Depends => continue,
        };
        let why = conflict.pair().map(|(a, b)| format!(": `{a}` and `{b}` exclude each other")).unwrap_or_default();
        let message = format!("`{}` {word} in `{environment}`{why}", trigger.name);
        found.push(
            Diagnostic::new(codes::CONSTANT_CONDITION, trigger.origin.span, message)
                .label("the same whatever is measured")
                .help("say what was meant; the thresholds of the environment are part of the condition"),
        );
    }
}
