//! What a policy lets go, promises or merely reports: who, why, until when.

use hxp_diagnostics::Sources;
use hxp_policy::{Check, EventRef, Expiry, Origin, Override, Policy};
use hxp_syntax::ast::ItemKind;
use jiff::civil::Date;
use smol_str::SmolStr;

use crate::front::File;

/// So many days before its end a waiver is about to end.
const SOON: i64 = 14;

/// What kind of entry it is, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// Lifted for a time, whatever happens.
    Waiver,
    /// Lifted by name in an emergency.
    Override,
    /// Lifted for good of what is inherited.
    Waives,
    /// Reported, never deciding.
    Advisory,
    /// Owed after an event.
    Duty,
    /// To be replaced.
    Deprecated,
}

impl Section {
    /// All sections.
    pub const ALL: [Self; 6] =
        [Self::Waiver, Self::Override, Self::Waives, Self::Advisory, Self::Duty, Self::Deprecated];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Waiver => "Waivers",
            Self::Override => "Overrides",
            Self::Waives => "Waived by an environment for good",
            Self::Advisory => "Advisory: reported, never deciding",
            Self::Duty => "Duties",
            Self::Deprecated => "Deprecated",
        }
    }
}

/// Whether it is in force on the day of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    InForce,
    /// It ends within two weeks.
    EndsSoon,
    /// It has ended.
    Ended,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// Its section.
    pub section: Section,
    /// What it is called.
    pub name: String,
    /// What it lifts, demands or replaces.
    pub what: Vec<String>,
    /// The environments it is for; empty: all.
    pub environments: Vec<SmolStr>,
    /// Who answers for it.
    pub who: Option<SmolStr>,
    /// Why.
    pub why: Option<String>,
    /// Until when, or within what time.
    pub until: Option<String>,
    /// Whether it is in force.
    pub state: State,
    /// The ticket that argues it.
    pub ticket: Option<SmolStr>,
    /// Where it is said: `policy.hxp:88:3`.
    pub source: String,
}

/// Everything to report, by section and in the order of the policy.
pub fn report(policy: &Policy, files: &[File], sources: &Sources, today: Option<Date>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = policy.overrides.values().map(|o| of_override(policy, o, today)).collect();
    for environment in policy.environments.values() {
        for waive in &environment.waives {
            let name = format!("{}.{}", environment.name, waive.id);
            let why = waive.because.as_ref().map(ToString::to_string);
            entries.push(Entry {
                environments: vec![environment.name.clone()],
                why,
                ..plain(policy, Section::Waives, name, waive.origin)
            });
        }
        let rollback = environment.rollback.iter().flat_map(|r| &r.requirements);
        for requirement in environment.requirements.iter().chain(rollback).filter(|r| r.advisory) {
            let why = requirement.because.as_ref().or(requirement.doc.as_ref()).map(ToString::to_string);
            let name = requirement.id.to_string();
            entries.push(Entry {
                environments: vec![environment.name.clone()],
                why,
                ..plain(policy, Section::Advisory, name, requirement.origin)
            });
        }
        for duty in &environment.duties {
            entries.push(of_duty(policy, duty, vec![environment.name.clone()]));
        }
    }
    for one in policy.overrides.values() {
        entries.extend(one.duties.iter().map(|d| of_duty(policy, d, one.environments.clone())));
    }
    for rule in policy.rules.values().filter(|r| r.advisory) {
        let name = format!("rule.{}", rule.name);
        let why = rule.doc.as_ref().map(ToString::to_string);
        entries.push(Entry {
            environments: rule.environments.clone(),
            why,
            ..plain(policy, Section::Advisory, name, rule.origin)
        });
    }
    entries.extend(deprecated(files, sources));
    entries.sort_by_key(|e| e.section);
    entries.dedup();
    entries
}

fn plain(policy: &Policy, section: Section, name: String, origin: Origin) -> Entry {
    Entry {
        section,
        name,
        what: Vec::new(),
        environments: Vec::new(),
        who: None,
        why: None,
        until: None,
        state: State::InForce,
        ticket: None,
        source: policy.location(origin).to_string(),
    }
}

fn of_override(policy: &Policy, one: &Override, today: Option<Date>) -> Entry {
    let section = if one.when.is_some() { Section::Override } else { Section::Waiver };
    let reasons: Vec<&str> = one.waives.iter().filter_map(|w| w.because.as_deref()).collect();
    let why = if reasons.is_empty() { one.doc.as_ref().map(ToString::to_string) } else { Some(reasons.join("; ")) };
    Entry {
        what: one.waives.iter().map(|w| w.id.to_string()).collect(),
        environments: one.environments.clone(),
        who: who(one),
        why,
        until: Some(until(&one.expires)),
        state: state(&one.expires, today),
        ticket: one.ticket.clone(),
        ..plain(policy, section, one.name.to_string(), one.origin)
    }
}

/// Who answers for an override: its owner; without one, the teams whose approval it asks for, or else whoever invokes it.
fn who(one: &Override) -> Option<SmolStr> {
    let mut teams: Vec<&str> = Vec::new();
    for requirement in &one.requirements {
        if let Check::Approve { team, .. } = &requirement.check
            && !teams.contains(&team.as_str())
        {
            teams.push(team);
        }
    }
    let asked = || match teams.as_slice() {
        [] if one.when.is_some() => Some("whoever invokes it".into()),
        [] => None,
        teams => Some(teams.join(", ").into()),
    };
    one.owner.clone().or_else(asked)
}

fn until(expiry: &Expiry) -> String {
    match expiry {
        Expiry::After(time) => format!("{time} after the incident was declared"),
        Expiry::On(date) => date.to_string(),
        Expiry::At(instant) => instant.to_string(),
    }
}

fn state(expiry: &Expiry, today: Option<Date>) -> State {
    let end = match expiry {
        Expiry::After(_) => None,
        Expiry::On(date) => Some(*date),
        Expiry::At(instant) => Some(instant.date()),
    };
    let (Some(end), Some(today)) = (end, today) else { return State::InForce };
    let soon = today.checked_add(jiff::Span::new().days(SOON)).unwrap_or(Date::MAX);
    if end <= today {
        State::Ended
    } else if end <= soon {
        State::EndsSoon
    } else {
        State::InForce
    }
}

fn of_duty(policy: &Policy, duty: &hxp_policy::Duty, environments: Vec<SmolStr>) -> Entry {
    let events: Vec<&str> = duty
        .on
        .iter()
        .map(|event| match event {
            EventRef::Event(event) => event.word(),
            EventRef::Trigger(name) => name.as_str(),
        })
        .collect();
    Entry {
        environments,
        who: duty.owner.clone(),
        until: Some(format!("within {} of {}", duty.due, events.join(" or "))),
        ..plain(policy, Section::Duty, duty.id.to_string(), duty.origin)
    }
}

/// Declarations of the project that are marked `@deprecated`.
fn deprecated(files: &[File], sources: &Sources) -> Vec<Entry> {
    let mut entries = Vec::new();
    for item in files.iter().flat_map(|f| f.parsed.tree.items()) {
        let Some(attribute) = item.attrs.iter().find(|a| a.name.text == "deprecated") else { continue };
        let ItemKind::Decl(decl) = &item.kind else { continue };
        let argument = |name: &str| {
            let found = attribute.args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == name))?;
            Some(sources.slice(found.value.span).trim_matches('"').to_owned())
        };
        for name in &decl.names {
            entries.push(Entry {
                section: Section::Deprecated,
                name: format!("{}.{}", decl.kind.text, name.text),
                what: argument("use").map(|instead| format!("use {instead}")).into_iter().collect(),
                environments: Vec::new(),
                who: None,
                why: None,
                until: argument("since").map(|since| format!("since {since}")),
                state: State::InForce,
                ticket: None,
                source: sources.location(attribute.span).to_string(),
            });
        }
    }
    entries
}
