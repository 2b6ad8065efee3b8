//! How releases move: no circles, no source that nothing reaches, no tag pattern that no tag fits.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::graph::{Graph, Step};
use hxp_policy::{Check, Environment, Event, EventField, EventMatch, Origin, Pattern, Policy, Requirement, Role};

use super::{Context, Found};

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    for cycle in Graph::of(policy).cycles(|d| d.role == Role::Promotes) {
        found.extend(circle(policy, &cycle));
    }
    for environment in policy.environments.values() {
        never_deployed(policy, environment, found);
        for event in environment.deploys.iter().flat_map(|d| &d.events) {
            tag_pattern(context, event, found);
        }
    }
}

/// The statement by which one environment waits for another.
fn statement(policy: &Policy, step: &Step, next: &Step) -> Origin {
    let waits =
        |r: &&Requirement| matches!(&r.check, Check::After { environment, .. } if *environment == next.node.name);
    let requirements = policy.environments.get(&step.node.name).into_iter().flat_map(|e| &e.requirements);
    requirements.into_iter().find(waits).map_or(step.origin, |r| r.origin)
}

fn circle(policy: &Policy, cycle: &[Step]) -> Option<Diagnostic> {
    let first = cycle.first()?;
    let next = |n: usize| cycle.get(n + 1).unwrap_or(first);
    let mut way: Vec<String> = cycle.iter().map(|s| format!("`{}`", s.node.name)).collect();
    way.push(format!("`{}`", first.node.name));
    let message = if cycle.len() == 1 {
        format!("`{}` waits for itself, so nothing can ever be deployed to it", first.node.name)
    } else {
        format!("nothing can ever be deployed to any of a circle of environments: {}", way.join(" after "))
    };
    let mut diagnostic = Diagnostic::new(codes::PROMOTION_CYCLE, statement(policy, first, next(0)).span, message)
        .label(format!("`{}` comes after `{}`", first.node.name, next(0).node.name));
    for (n, step) in cycle.iter().enumerate().skip(1) {
        let text = format!("`{}` comes after `{}`", step.node.name, next(n).node.name);
        diagnostic = diagnostic.related(statement(policy, step, next(n)).span, text);
    }
    Some(diagnostic.help("let one of them come first: remove its `after`"))
}

fn never_deployed(policy: &Policy, environment: &Environment, found: &mut Found) {
    for requirement in &environment.requirements {
        let Check::After { environment: source, .. } = &requirement.check else { continue };
        let Some(source) = policy.environments.get(source).filter(|s| s.deploys.is_empty()) else { continue };
        let message = format!(
            "`{}` takes over what was healthy in `{}`, but nothing is ever deployed to `{}`",
            environment.name, source.name, source.name
        );
        found.push(
            Diagnostic::new(codes::NEVER_DEPLOYED, requirement.origin.span, message)
                .label("waits for ever")
                .related(source.origin.span, format!("`{}` has no `deploy`", source.name))
                .help(format!(
                    "say how a release gets to `{}`: `deploy with helm(…) on push(branch == \"main\")`",
                    source.name
                )),
        );
    }
}

/// What a glob or a regular expression says to a text; `None` when it cannot be read, which is reported elsewhere.
fn matches(pattern: &Pattern, text: &str) -> Option<bool> {
    match pattern {
        Pattern::Glob(glob) => {
            let glob = globset::GlobBuilder::new(glob).literal_separator(true).build().ok()?;
            Some(glob.compile_matcher().is_match(text))
        }
        Pattern::Regex(regex) => Some(regex::Regex::new(&format!("^(?:{regex})$")).ok()?.is_match(text)),
        Pattern::SemverTag => None,
    }
}

fn tag_pattern(context: &Context<'_>, event: &EventMatch, found: &mut Found) {
    if !matches!(event.event, Event::Release | Event::Push) {
        return;
    }
    for field in &event.fields {
        let EventField::Matches(name, pattern) = field else { continue };
        let fits = |text: &str| matches(pattern, text) == Some(true);
        if name != "tag" || !["1.2.3", "10.20.30"].iter().any(|t| fits(t)) || fits("v1.2.3") {
            continue;
        }
        let message = "the pattern takes `1.2.3`, but not `v1.2.3`, as release tags are usually written";
        let span = event.origin.span;
        let diagnostic = Diagnostic::new(codes::TAG_NOT_SEMVER, span, message)
            .label("a release tagged `v1.2.3` starts nothing")
            .help("`tag ~ semver_tag` takes a version with or without `v`, and no pre-release");
        found.push(
            context
                .mend(diagnostic, "write `tag ~ semver_tag`", false, |m| m.replace_pattern(span, "tag", "semver_tag")),
        );
    }
}
