//! What the policy knows of a declaration beside its head and its comment.

use hxp_analysis::index::Definition;
use hxp_analysis::show_value;
use hxp_driver::Strength;
use hxp_policy::time::{Windows, zone};
use hxp_policy::{Check, Environment, Gate, Kind, Metric, Policy, Proof, Requirement, RuleSubject, Team, Window};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Snapshot;

/// A declaration: its head, where it comes from, its comment, and what the policy knows of it.
pub(super) fn definition(snapshot: &Snapshot, of: &Definition) -> String {
    let mut parts = vec![format!("```hxp\n{}\n```", of.detail)];
    if !of.module.is_empty() {
        parts.push(format!("from `{}`", of.module));
    }
    parts.extend(of.doc.iter().map(ToString::to_string));
    parts.extend(details(snapshot, of));
    parts.join("\n\n")
}

/// What the policy knows of a declaration beside its head and its comment.
fn details(snapshot: &Snapshot, of: &Definition) -> Option<String> {
    let policy = &snapshot.project.policy;
    match of.kind {
        Kind::Window => policy.windows.get(&of.name).map(|w| window(policy, w, snapshot)),
        Kind::Environment => policy.environments.get(&of.name).map(environment),
        Kind::Rule => rule(snapshot, of),
        Kind::Gate => policy.gates.get(&of.name).map(|g| gate(snapshot, g)),
        Kind::Metric => policy.metrics.get(&of.name).map(metric),
        Kind::Trigger => policy.triggers.get(&of.name).map(|t| {
            let samples = t.min_samples.map(|n| format!(", not on fewer than {n} samples")).unwrap_or_default();
            format!("must hold for **{}**{samples}; silence means *{}*", t.hold, t.on_no_data)
        }),
        Kind::Team => policy.teams.get(&of.name).and_then(team),
        Kind::Channel => policy.channels.get(&of.name).map(|c| {
            let to: Vec<String> = c.to.fields.iter().map(|f| format!("{} {}", f.name, show_value(&f.value))).collect();
            format!("read by *{}*: {}", c.audience, to.join(", "))
        }),
        Kind::Let => constant(snapshot, of),
        Kind::Override => policy.overrides.get(&of.name).map(|o| {
            let ends = match &o.expires {
                hxp_policy::Expiry::After(time) => format!("{time} after the incident was declared"),
                hxp_policy::Expiry::On(date) => date.to_string(),
                hxp_policy::Expiry::At(at) => at.to_string(),
            };
            let lifts: Vec<String> = o.waives.iter().map(|w| format!("`{}`", w.id)).collect();
            format!("lifts {}; ends **{ends}**", lifts.join(", "))
        }),
        _ => None,
    }
}

fn team(team: &Team) -> Option<String> {
    let of = |host: &str, name: &Option<smol_str::SmolStr>| name.as_ref().map(|n| format!("`{n}` at {host}"));
    let known: Vec<String> = [of("GitHub", &team.github), of("GitLab", &team.gitlab)].into_iter().flatten().collect();
    let members = team.members.as_ref().map(|m| format!("{} members", m.len()));
    let all: Vec<String> = known.into_iter().chain(members).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn metric(metric: &Metric) -> String {
    format!("a **{}**, measured in *{}*", metric.ty, metric.unit)
}

fn gate(snapshot: &Snapshot, gate: &Gate) -> String {
    let proof = match &gate.proof {
        Proof::Machine { run, .. } if run.is_empty() => "evidence made by an action".to_owned(),
        Proof::Machine { run, .. } => format!("evidence made by `{run}`"),
        Proof::People(team) => format!("signed by a member of **{team}**"),
        Proof::Facts => "computed from the facts of the request".to_owned(),
    };
    let subject = format!("{:?}", gate.subject).to_lowercase();
    let valid = gate.valid.map_or("for ever".to_owned(), |v| format!("for {v}"));
    let mut text = format!("{proof}; about the *{subject}*, counts {valid}");
    if !gate.yields.is_empty() {
        let yields: Vec<String> = gate.yields.iter().map(|(n, t)| format!("`{n}: {t}`")).collect();
        text += &format!("\n\nyields {}", yields.join(", "));
    }
    let uses = snapshot
        .project
        .policy
        .environments
        .values()
        .filter(|e| e.requirements.iter().any(|r| matches!(&r.check, Check::Gate(g) if g.gate == gate.name)));
    let uses: Vec<String> = uses.take(8).map(|e| format!("`{}`", e.name)).collect();
    if !uses.is_empty() {
        text += &format!("\n\nrequired by {}", uses.join(", "));
    }
    text
}

/// The value of a constant, read from the policy's text.
fn constant(snapshot: &Snapshot, of: &Definition) -> Option<String> {
    let body = snapshot.body(of)?;
    let seen = snapshot.types.as_ref()?.at(body)?;
    Some(match &seen.value {
        Some(value) => format!("`{}` = `{}`", seen.ty, show_value(value)),
        None => format!("`{}`", seen.ty),
    })
}

fn window(policy: &Policy, window: &Window, snapshot: &Snapshot) -> String {
    let windows = Windows::new(&policy.windows);
    let at = snapshot.now.timestamp();
    let zones: Vec<TimeZone> =
        windows.calendars(&window.set).iter().filter_map(|(_, calendar)| zone(&calendar.zone)).collect();
    let own = zones.first().cloned().unwrap_or(TimeZone::UTC);
    let here = snapshot.now.time_zone().clone();
    let say = |when: Timestamp| both(when, &own, &here);
    let open = windows.is_open(&window.set, at);
    let opens = windows.next_opening(&window.set, at).ok().flatten();
    let closes = windows.next_closing(&window.set, at).ok().flatten();
    let mut lines = Vec::new();
    match open {
        Ok(true) => lines.push("**open** now".to_owned()),
        Ok(false) => lines.push("**closed** now".to_owned()),
        Err(_) => return "its times cannot be computed".to_owned(),
    }
    let mut events: Vec<(Timestamp, &str)> = Vec::new();
    events.extend(opens.map(|o| (o, "next opening")));
    events.extend(closes.map(|c| (c, "next closing")));
    events.sort();
    lines.extend(events.into_iter().map(|(when, what)| format!("{what}: {}", say(when))));
    lines.join("  \n")
}

/// An instant in the zone it is about, and in the reader's when that is another.
fn both(when: Timestamp, own: &TimeZone, here: &TimeZone) -> String {
    let show = |zone: &TimeZone| {
        let local = when.to_zoned(zone.clone());
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        (local.strftime("%a %Y-%m-%d %H:%M").to_string(), name)
    };
    let (first, own_name) = show(own);
    let (second, here_name) = show(here);
    if first == second { format!("{first} {own_name}") } else { format!("{first} {own_name} ({second} {here_name})") }
}

fn environment(of: &Environment) -> String {
    let mut lines: Vec<String> = Vec::new();
    let approvals: Vec<String> = of.requirements.iter().filter_map(approval).flatten().collect();
    if approvals.is_empty() {
        lines.push("nobody has to approve".to_owned());
    }
    lines.extend(approvals);
    let soaks = |environment: &str| environment_soaks(&of.requirements, environment);
    let mut gates = Vec::new();
    for requirement in &of.requirements {
        match &requirement.check {
            Check::Within(window) => lines.push(format!("within **{window}**")),
            Check::After { environment, soaked } => {
                // Being there is a requirement of its own, and is said with the time.
                if soaked.is_none() && soaks(environment) {
                    continue;
                }
                let soaked = soaked.map(|s| format!(", soaked {s}")).unwrap_or_default();
                lines.push(format!("after **{environment}**{soaked}"));
            }
            Check::Gate(gate) => gates.push(format!("`{}`", local(requirement, &gate.gate))),
            Check::Rule { rule, .. } => gates.push(format!("`rule.{rule}`")),
            Check::Approve { .. } => {}
        }
    }
    if !gates.is_empty() {
        lines.push(format!("requires {}", gates.join(", ")));
    }
    if let Some(rollback) = &of.rollback {
        let limit = rollback.limit.map(|l| format!(" within {l}")).unwrap_or_default();
        lines.push(format!("rolls back{limit}"));
    }
    let waived: Vec<String> = of.waives.iter().map(|w| format!("`{}`", w.id)).collect();
    if !waived.is_empty() {
        lines.push(format!("waives {}", waived.join(", ")));
    }
    lines.extend(of.url.iter().map(|u| format!("at <{u}>")));
    lines.iter().map(|l| format!("- {l}")).collect::<Vec<_>>().join("\n")
}

fn local<'r>(requirement: &'r Requirement, gate: &str) -> &'r str {
    let id = requirement.local_id();
    id.find(gate).and_then(|at| id.get(at..)).unwrap_or(id)
}

/// Whether a requirement asks for time in an environment before.
fn environment_soaks(requirements: &[Requirement], before: &str) -> bool {
    requirements
        .iter()
        .any(|r| matches!(&r.check, Check::After { environment, soaked: Some(_) } if environment.as_str() == before))
}

/// Who must approve, a line for each seat.
fn approval(requirement: &Requirement) -> Option<Vec<String>> {
    let Check::Approve { team, seats } = &requirement.check else { return None };
    let each = seats.iter().map(|s| {
        let when = s.when.as_ref().map(|w| format!(" when {}", hxp_policy::describe(w))).unwrap_or_default();
        format!("approved by {} of **{team}**{when}", s.count)
    });
    Some(each.collect())
}

/// Where a rule is enforced, and how strongly.
fn rule(snapshot: &Snapshot, of: &Definition) -> Option<String> {
    let rule = snapshot.project.policy.rules.get(&of.name)?;
    let mut lines = Vec::new();
    if rule.advisory {
        lines.push("advisory: reported, never decides".to_owned());
    }
    if let RuleSubject::Policy(results) = &rule.subject {
        let held = results.iter().filter(|r| r.holds).count();
        lines.push(format!("settled when compiling: holds {held} of {} times", results.len()));
    }
    let ending = format!("rule.{}", rule.name);
    let matrix = &snapshot.project.coverage;
    for row in matrix.rows.iter().filter(|r| r.id == ending || r.id.ends_with(&format!(".{ending}"))) {
        let cells: Vec<String> = matrix
            .targets
            .iter()
            .zip(&row.targets)
            .filter_map(|(target, cell)| {
                let cell = cell.as_ref()?;
                let partly = cell.partly.as_ref().map(|p| format!(" in part ({p})")).unwrap_or_default();
                Some(format!("{target}: **{}**{partly}", strength(cell.strength)))
            })
            .collect();
        if cells.is_empty() && matches!(rule.subject, RuleSubject::Policy(_)) {
            // Nothing is left for a target: a policy that breaks the rule is not compiled.
            continue;
        }
        let cells = if cells.is_empty() { "enforced by no target".to_owned() } else { cells.join(", ") };
        lines.push(format!("`{}`: {cells}", row.id));
    }
    (!lines.is_empty()).then(|| lines.join("  \n"))
}

fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::None => "not at all",
        Strength::Advisory => "advisory",
        Strength::Soft => "soft",
        Strength::Hard => "hard",
    }
}
