//! Declarations that nothing refers to, and those that nothing explains.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::graph::Graph;
use hxp_policy::{Kind, Origin, Policy};

use super::{Context, Found};

/// Kinds that are there only to be referred to. Environments, rules, overrides, objectives, controls and tests act by
/// themselves; services and images are what there is, and rules read all of them at once.
const REFERRED_TO: [Kind; 8] =
    [Kind::Team, Kind::Channel, Kind::Label, Kind::Chart, Kind::Window, Kind::Gate, Kind::Metric, Kind::Trigger];

/// Kinds that only give a name to something: without a use they change nothing outside the policy. A team, a channel, a
/// chart or a gate stands for something that there is, and is rather forgotten than left over.
const ONLY_WORDS: [Kind; 4] = [Kind::Label, Kind::Window, Kind::Metric, Kind::Trigger];

/// Kinds that other people read about.
const EXPLAINED: [Kind; 7] =
    [Kind::Gate, Kind::Window, Kind::Trigger, Kind::Environment, Kind::Override, Kind::Rule, Kind::Metric];

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    let graph = Graph::of(policy);
    for declaration in graph.declarations() {
        let (node, Some(origin)) = (&declaration.node, declaration.origin) else { continue };
        if context.is_library(origin) {
            continue;
        }
        if REFERRED_TO.contains(&node.kind) && !graph.is_used(node) {
            found.push(unused(context, node.kind, &node.name, origin));
        }
        if context.docs && EXPLAINED.contains(&node.kind) && !documented(policy, node.kind, &node.name) {
            let message = format!("{} `{}` has no doc comment", node.kind.word(), node.name);
            found.push(
                Diagnostic::new(codes::MISSING_DOC, origin.span, message)
                    .help("write `///` and a sentence above it; it reaches the outputs and the documentation"),
            );
        }
    }
}

fn unused(context: &Context<'_>, kind: Kind, name: &str, origin: Origin) -> Diagnostic {
    let how = match kind {
        Kind::Team => "let it approve or sign, or remove it",
        Kind::Channel => "tell it something with `notify`, or remove it",
        Kind::Label => "use it in a condition, `when change has …`, or remove it",
        Kind::Window => "hold an environment to it with `within`, or remove it",
        Kind::Gate => "ask for it with `require`, or remove it",
        Kind::Metric => "read it in a trigger or an objective, or remove it",
        Kind::Trigger => "let it roll back, `rollback on …`, or notify, or remove it",
        _ => "use it, or remove it",
    };
    let message = format!("nothing refers to {} `{name}`", kind.word());
    let found = Diagnostic::new(codes::UNUSED, origin.span, message).label("never used").help(how);
    context.mend(found, "remove it", ONLY_WORDS.contains(&kind), |m| m.remove_declaration(origin.span))
}

fn documented(policy: &Policy, kind: Kind, name: &str) -> bool {
    match kind {
        Kind::Gate => policy.gates.get(name).is_some_and(|d| d.doc.is_some()),
        Kind::Window => policy.windows.get(name).is_some_and(|d| d.doc.is_some()),
        Kind::Trigger => policy.triggers.get(name).is_some_and(|d| d.doc.is_some()),
        Kind::Environment => policy.environments.get(name).is_some_and(|d| d.doc.is_some()),
        Kind::Override => policy.overrides.get(name).is_some_and(|d| d.doc.is_some()),
        Kind::Rule => policy.rules.get(name).is_some_and(|d| d.doc.is_some()),
        Kind::Metric => policy.metrics.get(name).is_some_and(|d| d.doc.is_some()),
        _ => true,
    }
}
