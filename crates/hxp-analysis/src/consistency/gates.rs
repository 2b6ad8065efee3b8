//! Gates: asked for at a time when they can be met, and asked for once.

use std::collections::{BTreeMap, BTreeSet};

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::{Check, Environment, Kind, Origin, Policy, Reference, Requirement, Role, Seats, Subject};

use super::{Context, Found, logic};

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    let inherited = Inherited::of(policy);
    let mut referring: BTreeMap<&str, Vec<&Reference>> = BTreeMap::new();
    for reference in policy.references.iter().filter(|r| r.from.kind == Kind::Environment) {
        referring.entry(&reference.from.name).or_default().push(reference);
    }
    super::each_environment(policy, found, |environment, found| {
        before_its_subject(policy, context, &environment.name, &environment.requirements, found);
        stated_twice(context, &inherited, environment, found);
        let own = referring.get(environment.name.as_str()).map_or(&[][..], Vec::as_slice);
        laid_over(context, own, &inherited, environment, found);
    });
    for over in policy.overrides.values() {
        let environment = over.environments.first().map_or("every environment", |e| e.as_str());
        before_its_subject(policy, context, environment, &over.requirements, found);
    }
}

fn before_its_subject(
    policy: &Policy,
    context: &Context<'_>,
    environment: &str,
    requirements: &[Requirement],
    found: &mut Found,
) {
    for requirement in requirements.iter().filter(|r| !r.advisory) {
        let Check::Gate(used) = &requirement.check else { continue };
        let Some(gate) = policy.gates.get(&used.gate).filter(|g| g.subject == Subject::Deployment) else { continue };
        let message = format!(
            "`{}` is evidence about a deployment, but is required before there is one to `{environment}`",
            gate.name
        );
        let diagnostic = Diagnostic::new(codes::GATE_BEFORE_ITS_SUBJECT, requirement.origin.span, message)
            .label("can never be met: the deployment waits for it, and it for the deployment")
            .related(gate.origin.span, "`subject = deployment`")
            .help(format!("owe it after the deployment: `require {} on deployed due 30m`", gate.name))
            .help("or give the gate another subject, if it can be shown of the commit or the release");
        let place = requirement.origin.span;
        found.push(
            context
                .mend(diagnostic, "add `on deployed due 30m`", false, |m| m.add_suffix(place, "on deployed due 30m")),
        );
    }
}

/// Where several environments say something by one mouth: they inherit it.
struct Inherited(BTreeSet<Origin>);

impl Inherited {
    fn of(policy: &Policy) -> Self {
        let mut first: BTreeMap<Origin, &str> = BTreeMap::new();
        let mut several = BTreeSet::new();
        let referred = policy.references.iter().filter(|r| r.from.kind == Kind::Environment);
        let required = policy.environments.values().flat_map(|e| e.requirements.iter().map(move |r| (e, r)));
        let stated = required.flat_map(|(e, r)| {
            let origins = std::iter::once(r.origin).chain(seats_of(r).iter().map(|s| s.origin));
            origins.map(move |origin| (origin, e.name.as_str()))
        });
        for (origin, name) in referred.map(|r| (r.origin, r.from.name.as_str())).chain(stated) {
            if *first.entry(origin).or_insert(name) != name {
                several.insert(origin);
            }
        }
        Self(several)
    }

    /// Whether something is said by the environment itself. What it inherits stands elsewhere: in another file, before
    /// the environment begins, or in the mouth of another heir as well.
    fn leaves(&self, environment: &Environment, origin: Origin) -> bool {
        let (span, name) = (origin.span, environment.origin.span);
        span.file == name.file && name.start < span.start && !self.0.contains(&origin)
    }
}

/// What is asked for again is laid over what was asked for before, and only the reference to it is left.
fn laid_over(
    context: &Context<'_>,
    references: &[&Reference],
    inherited: &Inherited,
    environment: &Environment,
    found: &mut Found,
) {
    let rollback = environment.rollback.iter().flat_map(|r| &r.requirements);
    let asked = || environment.requirements.iter().chain(rollback.clone());
    let mut known: Vec<Origin> = asked().map(|r| r.origin).collect();
    known.extend(asked().flat_map(seats_of).map(|s| s.origin));
    known.extend(environment.duties.iter().map(|d| d.origin));
    let covers =
        |o: &Origin, span: Span| o.span.file == span.file && o.span.start <= span.start && span.end <= o.span.end;
    for reference in references {
        if known.iter().any(|o| covers(o, reference.origin.span)) {
            continue;
        }
        let (to, role) = (&reference.to, reference.role);
        let same = |r: &&Requirement| match &r.check {
            Check::Gate(gate) => role == Role::Requires && to.kind == Kind::Gate && gate.gate == to.name,
            Check::Approve { team, .. } => role == Role::Approves && to.kind == Kind::Team && *team == to.name,
            Check::Within(window) => role == Role::Within && to.kind == Kind::Window && *window == to.name,
            Check::After { .. } | Check::Rule { .. } => false,
        };
        // Under a condition, each statement may add to it.
        let free = |r: &&Requirement| r.when.is_none() && seats_of(r).iter().all(|s| s.when.is_none());
        let Some(earlier) = environment.requirements.iter().find(same).filter(free) else { continue };
        if inherited.leaves(environment, reference.origin) && inherited.leaves(environment, earlier.origin) {
            let message = format!("`{}` asks for {} `{}` twice", environment.name, to.kind.word(), to.name);
            found.push(again(context, reference.origin, earlier.origin, message));
        }
    }
}

fn again(context: &Context<'_>, weaker: Origin, stronger: Origin, message: String) -> Diagnostic {
    let found = Diagnostic::new(codes::STRICTER_TWICE, weaker.span, message)
        .label("asks for nothing more")
        .related(stronger.span, "said here already")
        .help("keep one of them, so that they cannot drift apart");
    context.mend(found, "remove this one", true, |m| m.remove_stated(weaker.span))
}

fn stated_twice(context: &Context<'_>, inherited: &Inherited, environment: &Environment, found: &mut Found) {
    let own: Vec<_> = environment
        .requirements
        .iter()
        .filter(|r| !r.advisory && r.when.is_none() && inherited.leaves(environment, r.origin))
        .collect();
    for (n, later) in own.iter().enumerate() {
        for earlier in own.iter().take(n).filter(|e| e.origin != later.origin) {
            found.extend(twice(context, environment, earlier, later));
        }
    }
    for requirement in &environment.requirements {
        seats_twice(context, inherited, environment, requirement, found);
    }
}

fn twice(
    context: &Context<'_>,
    environment: &Environment,
    earlier: &Requirement,
    later: &Requirement,
) -> Option<Diagnostic> {
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
    Some(again(context, weaker.origin, stronger.origin, message))
}

fn seats_of(requirement: &Requirement) -> &[Seats] {
    match &requirement.check {
        Check::Approve { seats, .. } => seats,
        _ => &[],
    }
}

/// Of one team the largest number of seats counts.
fn seats_twice(
    context: &Context<'_>,
    inherited: &Inherited,
    environment: &Environment,
    requirement: &Requirement,
    found: &mut Found,
) {
    let Check::Approve { team, seats } = &requirement.check else { return };
    let free: Vec<_> = seats
        .iter()
        .filter(|s| s.when.is_none() && s.distinct.is_none() && inherited.leaves(environment, s.origin))
        .collect();
    for (n, later) in free.iter().enumerate() {
        let Some(earlier) = free.iter().take(n).find(|e| e.origin != later.origin) else { continue };
        let (weaker, stronger) = if later.count <= earlier.count { (*later, *earlier) } else { (*earlier, *later) };
        let message = format!(
            "`{}` asks `{team}` for {} here and for {} elsewhere; the larger number counts, they do not add up",
            environment.name, weaker.count, stronger.count
        );
        let diagnostic = Diagnostic::new(codes::STRICTER_TWICE, weaker.origin.span, message)
            .label("asks for nothing more")
            .related(stronger.origin.span, format!("{} of `{team}`", stronger.count))
            .help(format!(
                "for {} people write `approve {} of {team}` once",
                weaker.count + stronger.count,
                weaker.count + stronger.count
            ));
        found.push(context.mend(diagnostic, "remove this one", true, |m| m.remove_stated(weaker.origin.span)));
    }
}
