//! Gates: asked for at a time when they can be met, and asked for once.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Check, Environment, Policy, Requirement, Seats, Subject};

use super::{Context, Found, logic};

pub(super) fn check(policy: &Policy, _: &Context<'_>, found: &mut Found) {
    for environment in policy.environments.values() {
        before_its_subject(policy, &environment.name, &environment.requirements, found);
        stated_twice(policy, environment, found);
    }
    for over in policy.overrides.values() {
        let environment = over.environments.first().map_or("every environment", |e| e.as_str());
        before_its_subject(policy, environment, &over.requirements, found);
    }
}

fn before_its_subject(policy: &Policy, environment: &str, requirements: &[Requirement], found: &mut Found) {
    for requirement in requirements.iter().filter(|r| !r.advisory) {
        let Check::Gate(used) = &requirement.check else { continue };
        let Some(gate) = policy.gates.get(&used.gate).filter(|g| g.subject == Subject::Deployment) else { continue };
        let message = format!(
            "`{}` is evidence about a deployment, but is required before there is one to `{environment}`",
            gate.name
        );
        found.push(
            Diagnostic::new(codes::GATE_BEFORE_ITS_SUBJECT, requirement.origin.span, message)
                .label("can never be met: the deployment waits for it, and it for the deployment")
                .related(gate.origin.span, "`subject = deployment`")
                .help(format!("owe it after the deployment: `require {} on deployed due 30m`", gate.name))
                .help("or give the gate another subject, if it can be shown of the commit or the release"),
        );
    }
}

/// Statements that another environment has as well come from a parent: the heir did not say them twice.
fn is_inherited(policy: &Policy, environment: &Environment, requirement: &Requirement) -> bool {
    let elsewhere = policy.environments.values().filter(|e| e.name != environment.name);
    elsewhere.flat_map(|e| &e.requirements).any(|r| r.origin == requirement.origin)
}

fn stated_twice(policy: &Policy, environment: &Environment, found: &mut Found) {
    let own: Vec<_> = environment
        .requirements
        .iter()
        .filter(|r| !r.advisory && r.when.is_none() && !is_inherited(policy, environment, r))
        .collect();
    for (n, later) in own.iter().enumerate() {
        for earlier in own.iter().take(n).filter(|e| e.origin != later.origin) {
            found.extend(twice(environment, earlier, later));
        }
    }
    for requirement in &environment.requirements {
        seats_twice(policy, environment, requirement, found);
    }
}

fn twice(environment: &Environment, earlier: &Requirement, later: &Requirement) -> Option<Diagnostic> {
    let name = &environment.name;
    let (weaker, stronger, message) = match (&earlier.check, &later.check) {
        (Check::Gate(a), Check::Gate(b)) if a.gate == b.gate => {
            if a.args == b.args {
                (later, earlier, format!("`{name}` requires `{}` twice", a.gate))
            } else {
                let (x, y) = (a.predicate.as_ref()?, b.predicate.as_ref()?);
                let (weaker, stronger) = match (logic::implies(x, y), logic::implies(y, x)) {
                    (true, _) => (later, earlier),
                    (false, true) => (earlier, later),
                    (false, false) => return None,
                };
                let (weak, strong) = (weaker.local_id(), stronger.local_id());
                (weaker, stronger, format!("`{weak}` is met wherever `{strong}` is, which `{name}` requires too"))
            }
        }
        (Check::Within(a), Check::Within(b)) if a == b => (later, earlier, format!("`{name}` is held to `{a}` twice")),
        (Check::After { environment: a, soaked: x }, Check::After { environment: b, soaked: y })
            if a == b && later.id == earlier.id =>
        {
            let (weaker, stronger) = if x >= y { (later, earlier) } else { (earlier, later) };
            (weaker, stronger, format!("`{name}` comes after `{a}` twice"))
        }
        _ => return None,
    };
    Some(
        Diagnostic::new(codes::STRICTER_TWICE, weaker.origin.span, message)
            .label("asks for nothing more")
            .related(stronger.origin.span, "said here already")
            .help("keep one of them, so that they cannot drift apart"),
    )
}

fn seats_of(requirement: &Requirement) -> &[Seats] {
    match &requirement.check {
        Check::Approve { seats, .. } => seats,
        _ => &[],
    }
}

/// Of one team the largest number of seats counts.
fn seats_twice(policy: &Policy, environment: &Environment, requirement: &Requirement, found: &mut Found) {
    let Check::Approve { team, seats } = &requirement.check else { return };
    let elsewhere =
        || policy.environments.values().filter(|e| e.name != environment.name).flat_map(|e| &e.requirements);
    let inherited = |s: &Seats| elsewhere().flat_map(seats_of).any(|other| other.origin == s.origin);
    let free: Vec<_> = seats.iter().filter(|s| s.when.is_none() && s.distinct.is_none() && !inherited(s)).collect();
    for (n, later) in free.iter().enumerate() {
        let Some(earlier) = free.iter().take(n).find(|e| e.origin != later.origin) else { continue };
        let (weaker, stronger) = if later.count <= earlier.count { (*later, *earlier) } else { (*earlier, *later) };
        let message = format!(
            "`{}` asks `{team}` for {} here and for {} elsewhere; the larger number counts, they do not add up",
            environment.name, weaker.count, stronger.count
        );
        found.push(
            Diagnostic::new(codes::STRICTER_TWICE, weaker.origin.span, message)
                .label("asks for nothing more")
                .related(stronger.origin.span, format!("{} of `{team}`", stronger.count))
                .help(format!(
                    "for {} people write `approve {} of {team}` once",
                    weaker.count + stronger.count,
                    weaker.count + stronger.count
                )),
        );
    }
}
