//! Approvals that nobody can give.

use std::collections::{BTreeMap, BTreeSet};

use hxp_diagnostics::{Diagnostic, Severity, codes};
use hxp_policy::{Check, Duty, Origin, Owed, Policy, Proof, Requirement, Seats, Team};

use super::{Context, Found, names};

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    for environment in policy.environments.values() {
        requirements(policy, context, &environment.requirements, found);
        if let Some(rollback) = &environment.rollback {
            requirements(policy, context, &rollback.requirements, found);
        }
        duties(policy, context, &environment.duties, found);
    }
    for over in policy.overrides.values() {
        requirements(policy, context, &over.requirements, found);
        duties(policy, context, &over.duties, found);
    }
}

fn requirements(policy: &Policy, context: &Context<'_>, all: &[Requirement], found: &mut Found) {
    for requirement in all {
        match &requirement.check {
            Check::Approve { team, seats } => {
                let Some(team) = policy.teams.get(team) else { continue };
                for seat in seats {
                    enough(team, seat, found);
                }
                known(context, team, requirement.origin, "approve", found);
            }
            Check::Gate(used) => signers(policy, context, &used.gate, requirement.origin, found),
            Check::After { .. } | Check::Within(_) | Check::Rule { .. } => {}
        }
    }
    distinct(policy, all, found);
}

fn duties(policy: &Policy, context: &Context<'_>, all: &[Duty], found: &mut Found) {
    for duty in all {
        if let Owed::Gate(used) = &duty.what {
            signers(policy, context, &used.gate, duty.origin, found);
        }
    }
}

fn members(team: &Team) -> Option<BTreeSet<&str>> {
    team.members.as_ref().map(|m| m.iter().map(smol_str::SmolStr::as_str).collect())
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn enough(team: &Team, seats: &Seats, found: &mut Found) {
    let name = &team.name;
    if seats.count == 0 {
        found.push(
            Diagnostic::new(
                codes::IMPOSSIBLE_APPROVAL,
                seats.origin.span,
                format!("an approval by nobody of `{name}` is none"),
            )
            .label("0 people")
            .help(format!("ask for somebody, `approve 1 of {name}`, or remove it"))
            .fix(format!("write `1 of {name}`"), seats.origin.span, format!("1 of {name}")),
        );
        return;
    }
    let Some(members) = members(team) else { return };
    let (have, need) = (members.len(), usize::try_from(seats.count).unwrap_or(usize::MAX));
    if have < need {
        let message = if have == 0 {
            format!("`{name}` has no members, so nobody can approve")
        } else {
            format!("{need} of `{name}` must approve, but it has only {}", people(have))
        };
        let help = if have == 0 {
            format!("list the members of `{name}`, or ask another team")
        } else {
            format!("ask for {have} at most, counting that nobody approves a change of their own, or list more members")
        };
        found.push(
            Diagnostic::new(codes::IMPOSSIBLE_APPROVAL, seats.origin.span, message)
                .label(format!("needs {}", people(need)))
                .related(team.origin.span, format!("has {}", if have == 0 { "none".to_owned() } else { people(have) }))
                .help(help),
        );
    } else if have == need && seats.when.is_none() {
        let message =
            format!("whoever of `{name}` writes a change cannot see it approved: all {} must approve", people(have));
        let mut diagnostic = Diagnostic::new(codes::IMPOSSIBLE_APPROVAL, seats.origin.span, message)
            .label("nobody approves a change of their own")
            .related(team.origin.span, format!("has {}", people(have)))
            .help("list more members, or ask for fewer");
        diagnostic.severity = Severity::Advice;
        found.push(diagnostic);
    }
}

/// A team of which nothing says who is in it.
fn known(context: &Context<'_>, team: &Team, asked: Origin, verb: &str, found: &mut Found) {
    let nowhere = team.github.is_none() && team.gitlab.is_none() && team.members.is_none();
    if !nowhere || context.is_library(team.origin) {
        return;
    }
    let name = &team.name;
    let message = format!("`{name}` must {verb}, but nothing says who is in it");
    let mut diagnostic = Diagnostic::new(codes::IMPOSSIBLE_APPROVAL, team.origin.span, message)
        .label("no `github`, no `gitlab`, no `members`")
        .related(asked.span, format!("must {verb}"))
        .help(format!("write `team {name} {{ github = \"organisation/{name}\" }}`, or list its `members`"));
    diagnostic.severity = Severity::Warning;
    found.push(diagnostic);
}

fn signers(policy: &Policy, context: &Context<'_>, gate: &str, asked: Origin, found: &mut Found) {
    let Some(gate) = policy.gates.get(gate) else { return };
    let Proof::People(team) = &gate.proof else { return };
    let Some(team) = policy.teams.get(team) else { return };
    known(context, team, asked, "sign", found);
    if members(team).is_some_and(|m| m.is_empty()) {
        let message = format!("`{}` must be signed by `{}`, which has no members", gate.name, team.name);
        found.push(
            Diagnostic::new(codes::IMPOSSIBLE_APPROVAL, asked.span, message)
                .label("nobody can sign it")
                .related(team.origin.span, "has none")
                .related(gate.origin.span, format!("signed by `{}`", team.name))
                .help("list the members, or let another team sign"),
        );
    }
}

/// Seats of one `distinct` statement need as many different people; each team alone may have enough and all together not.
fn distinct(policy: &Policy, all: &[Requirement], found: &mut Found) {
    let mut statements: BTreeMap<u32, Vec<(&Team, &Seats)>> = BTreeMap::new();
    for requirement in all {
        let Check::Approve { team, seats } = &requirement.check else { continue };
        for seat in seats {
            if let (Some(statement), Some(team)) = (seat.distinct, policy.teams.get(team)) {
                statements.entry(statement).or_default().push((team, seat));
            }
        }
    }
    for statement in statements.into_values() {
        found.extend(too_few(&statement));
    }
}

fn too_few(statement: &[(&Team, &Seats)]) -> Option<Diagnostic> {
    let mut chairs: Vec<BTreeSet<&str>> = Vec::new();
    for (team, seats) in statement {
        let members = members(team)?;
        let need = usize::try_from(seats.count).ok()?;
        // One team that is too small by itself is reported as that.
        if members.len() < need {
            return None;
        }
        chairs.extend(std::iter::repeat_n(members, need));
    }
    let seated = matching(&chairs);
    if seated == chairs.len() {
        return None;
    }
    let everyone: BTreeSet<&str> = chairs.iter().flatten().copied().collect();
    let (_, first) = statement.first()?;
    let teams = names(statement.iter().map(|(t, _)| t.name.as_str()));
    let message = format!(
        "{} different people of {teams} must approve, but at most {seated} of the {} can take a seat each",
        chairs.len(),
        everyone.len()
    );
    let mut diagnostic = Diagnostic::new(codes::IMPOSSIBLE_APPROVAL, first.origin.span, message)
        .label("with `distinct`, nobody takes two seats");
    for (team, _) in statement {
        let list: Vec<&str> = members(team).into_iter().flatten().collect();
        diagnostic = diagnostic.related(team.origin.span, format!("`{}`: {}", team.name, list.join(", ")));
    }
    Some(diagnostic.help("list more members, ask for fewer, or drop `distinct`"))
}

/// How many chairs can be taken at once, each by a person of its own.
fn matching(chairs: &[BTreeSet<&str>]) -> usize {
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    (0..chairs.len()).filter(|chair| seat(*chair, chairs, &mut taken)).count()
}

/// Seats someone on `chair`, moving others along where that helps: a breadth-first search for the chain of moves.
fn seat<'a>(chair: usize, chairs: &[BTreeSet<&'a str>], taken: &mut BTreeMap<&'a str, usize>) -> bool {
    let mut came: BTreeMap<&str, usize> = BTreeMap::new();
    let mut todo = std::collections::VecDeque::from([chair]);
    while let Some(at) = todo.pop_front() {
        for person in chairs.get(at).into_iter().flatten() {
            if came.contains_key(person) {
                continue;
            }
            came.insert(person, at);
            let Some(sits) = taken.get(person) else {
                move_along(person, &came, taken);
                return true;
            };
            todo.push_back(*sits);
        }
    }
    false
}

fn move_along<'a>(last: &'a str, came: &BTreeMap<&'a str, usize>, taken: &mut BTreeMap<&'a str, usize>) {
    let mut person = last;
    while let Some(chair) = came.get(person).copied() {
        let before = taken.iter().find(|(_, c)| **c == chair).map(|(p, _)| *p);
        taken.insert(person, chair);
        match before {
            Some(next) if next != person => person = next,
            _ => break,
        }
    }
}
