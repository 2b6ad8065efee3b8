//! `data.json`: the tables that the packages of all environments read.

use hxp_policy::describe::weekday;
use hxp_policy::{
    Calendar, Environment, Gate, Origin, Override, Policy, Proof, Requirement, Slot, Subject, TimeSet, Window,
};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::pattern;
use super::text::nanoseconds;

/// More alternatives than this in one window are refused: nobody could read them.
const MOST_ALTERNATIVES: usize = 256;

/// Windows may be nested so deeply, as everything else in the language.
const MAX_DEPTH: usize = 200;

/// The tables, and the windows that are too intricate to be one.
pub(super) fn tables(policy: &Policy, environments: &[&Environment]) -> (Map<String, Value>, Vec<SmolStr>) {
    let mut calendars = Calendars { policy, table: Vec::new() };
    let mut windows = Map::new();
    let mut intricate = Vec::new();
    for window in policy.windows.values() {
        match calendars.window(window) {
            Some(parts) => {
                windows.insert(window.name.to_string(), parts);
            }
            None => intricate.push(window.name.clone()),
        }
    }
    let named =
        |pairs: Vec<(SmolStr, Value)>| pairs.into_iter().map(|(k, v)| (k.to_string(), v)).collect::<Map<_, _>>();
    let mut tables = Map::new();
    tables.insert("policy".into(), identity(policy));
    tables.insert("windows".into(), Value::Object(windows));
    tables.insert("calendars".into(), Value::Object(calendars.finish()));
    tables.extend(labels(policy));
    let teams = policy.teams.values().filter_map(|team| Some((team.name.clone(), json!(team.members.as_ref()?))));
    tables.insert("members".into(), Value::Object(named(teams.collect())));
    tables.extend(gates(policy));
    let environments = environments.iter().map(|e| (e.name.clone(), environment(policy, e)));
    tables.insert("environments".into(), Value::Object(named(environments.collect())));
    (tables, intricate)
}

fn identity(policy: &Policy) -> Value {
    let version = policy.version.as_ref().map(ToString::to_string);
    json!({ "name": policy.name, "version": version, "digest": null })
}

/// What gives a change its labels: those of pull requests, patterns of paths, patterns of messages.
fn labels(policy: &Policy) -> [(String, Value); 4] {
    let (mut requests, mut files, mut messages) = (Map::new(), Map::new(), Map::new());
    for label in policy.labels.values() {
        if let Some(pr) = &label.pr {
            let named = requests.entry(pr.to_string()).or_insert_with(|| json!([]));
            named.as_array_mut().into_iter().for_each(|names| names.push(json!(label.name)));
        }
        if !label.files.is_empty() {
            let patterns: Vec<String> = label.files.iter().map(|glob| pattern::glob(glob)).collect();
            files.insert(label.name.to_string(), json!(patterns));
        }
        if let Some(commits) = &label.commits {
            messages.insert(label.name.to_string(), json!(pattern::leading(commits)));
        }
    }
    let names: Map<String, Value> = policy.labels.keys().map(|name| (name.to_string(), json!(false))).collect();
    [
        ("no_labels", names),
        ("labels_of_requests", requests),
        ("labels_of_files", files),
        ("labels_of_messages", messages),
    ]
    .map(|(name, table)| (name.to_owned(), Value::Object(table)))
}

/// What is to be known of gates: how each one stands while there is no evidence and once it passed, what it must be about
/// and who may give it, how long it counts, and whether no data is a failure.
fn gates(policy: &Policy) -> [(String, Value); 6] {
    let gates = || policy.gates.values();
    let name = |gate: &Gate| gate.name.to_string();
    let named = |pairs: Map<String, Value>| Value::Object(pairs);
    let says = |verdict: &str, text: String| json!({ "reason": { "verdict": verdict, "text": text } });
    let missing = |g: &Gate| says("waiting", format!("{} has no evidence", g.name));
    let passed = |g: &Gate| says("met", format!("{} passed", g.name));
    let valid = gates().filter_map(|g| Some((name(g), number(nanoseconds(g.valid?))))).collect();
    let strict: Vec<String> = gates().filter(|g| g.fails_on_no_data).map(name).collect();
    let subjects = gates().map(|g| (name(g), subject(g.subject).into())).collect();
    let signers = gates().filter_map(|gate| {
        let issuer = gate.properties.get("issuer").and_then(|v| v.as_str());
        let signer = match (&gate.proof, issuer) {
            (Proof::People(team), _) => json!({ "team": team }),
            (_, issuer) => json!({ "issuer": issuer? }),
        };
        Some((name(gate), signer))
    });
    [
        ("missing".into(), named(gates().map(|g| (name(g), missing(g))).collect())),
        ("passed".into(), named(gates().map(|g| (name(g), passed(g))).collect())),
        ("subjects".into(), named(subjects)),
        ("signers".into(), named(signers.collect())),
        ("valid".into(), named(valid)),
        ("fail_on_no_data".into(), json!(strict)),
    ]
}

/// A number of nanoseconds. More than 64 bits hold is longer than anything that can be asked about.
fn number(nanoseconds: i128) -> Value {
    i64::try_from(nanoseconds).unwrap_or(i64::MAX).into()
}

fn subject(subject: Subject) -> &'static str {
    match subject {
        Subject::Commit => "commit",
        Subject::Release => "release",
        Subject::Deployment => "deployment",
        Subject::Environment => "environment",
        Subject::Incident => "incident",
        Subject::Policy => "policy",
    }
}

fn environment(policy: &Policy, environment: &Environment) -> Value {
    let overrides: Vec<&Override> = policy.overrides_of(environment).collect();
    let Keyed { own, rollback, additions } = keyed(policy, environment);
    // What an override adds, no other one lifts.
    let additions: Map<String, Value> = overrides
        .iter()
        .zip(&additions)
        .map(|(o, added)| (o.name.to_string(), requirements(policy, added, &[])))
        .collect();
    let valid = environment.properties.at("approvals.valid").and_then(hxp_policy::Value::as_millis);
    json!({
        "source": source(policy, environment.origin),
        "zone": policy.home_zone(environment),
        "approvals_valid": valid.map(|valid| number(nanoseconds(valid))),
        "requirements": requirements(policy, &own, &overrides),
        "rollback": requirements(policy, &rollback, &overrides),
        "additions": additions,
    })
}

/// What is said of each requirement while nothing is found out about it; which of them are advisory, and which of them an
/// override lifts.
fn requirements(policy: &Policy, requirements: &[(String, &Requirement)], overrides: &[&Override]) -> Value {
    let entry = |requirement: &Requirement| {
        json!({ "reason": {
            "id": requirement.id,
            "verdict": "waiting",
            "text": "cannot be judged from this request",
            "until": null,
            "waived_by": null,
            "evidence": [],
            "source": source(policy, requirement.origin),
        }})
    };
    let entries: Map<String, Value> = requirements.iter().map(|(key, r)| (key.clone(), entry(r))).collect();
    let advisory: Vec<&String> = requirements.iter().filter(|(_, r)| r.advisory).map(|(key, _)| key).collect();
    let lifted = |o: &Override| {
        let lifts = |r: &Requirement| o.waives.iter().any(|w| w.covers(r.local_id()));
        requirements.iter().filter(|(_, r)| lifts(r)).map(|(key, _)| key.clone().into()).collect::<Vec<Value>>()
    };
    let lifted: Map<String, Value> = overrides
        .iter()
        .map(|o| (o.name.to_string(), lifted(o)))
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(name, keys)| (name, keys.into()))
        .collect();
    json!({ "entries": entries, "advisory": advisory, "lifted": lifted })
}

/// The requirements of an environment, each with the key by which it is known.
pub(super) struct Keyed<'p> {
    /// Of deployments.
    pub own: Vec<(String, &'p Requirement)>,
    /// Of rollbacks.
    pub rollback: Vec<(String, &'p Requirement)>,
    /// Of each override, in their order; they join either of the others.
    pub additions: Vec<Vec<(String, &'p Requirement)>>,
}

pub(super) fn keyed<'p>(policy: &'p Policy, environment: &'p Environment) -> Keyed<'p> {
    let own = with_keys(environment.requirements.iter(), &[]);
    let rollback = with_keys(environment.rollback_requirements().iter(), &[]);
    let mut taken: Vec<String> = own.iter().chain(&rollback).map(|(key, _)| key.clone()).collect();
    let mut additions = Vec::new();
    for o in policy.overrides_of(environment) {
        let added = with_keys(o.requirements_of(environment), &taken);
        taken.extend(added.iter().map(|(key, _)| key.clone()));
        additions.push(added);
    }
    Keyed { own, rollback, additions }
}

/// A key for each requirement: its id (as far as it is printable), with a number behind it when that is taken.
fn with_keys<'p>(
    requirements: impl Iterator<Item = &'p Requirement>,
    taken: &[String],
) -> Vec<(String, &'p Requirement)> {
    let mut keyed: Vec<(String, &Requirement)> = Vec::new();
    for requirement in requirements {
        let id: String = requirement.id.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let numbered = |n: usize| if n == 1 { id.clone() } else { format!("{id} #{n}") };
        let is_taken = |key: &String| taken.contains(key) || keyed.iter().any(|(other, _)| other == key);
        let key = (1..=taken.len() + keyed.len() + 1).map(numbered).find(|key| !is_taken(key));
        keyed.push((key.unwrap_or(id), requirement));
    }
    keyed
}

fn source(policy: &Policy, origin: Origin) -> Value {
    let place = policy.location(origin);
    json!({ "file": place.path, "line": place.line, "column": place.column })
}

/// A calendar that must be open, or must not.
#[derive(Clone, PartialEq)]
struct Part {
    calendar: String,
    open: bool,
}

/// The calendars that windows are made of, each once.
struct Calendars<'p> {
    policy: &'p Policy,
    table: Vec<(String, Calendar)>,
}

impl Calendars<'_> {
    /// A window as any of several, each all of several calendars.
    fn window(&mut self, window: &Window) -> Option<Value> {
        let any = self.alternatives(&window.set, true, &window.name, 0)?;
        let part = |p: &Part| json!({ "calendar": p.calendar, "open": p.open });
        Some(any.iter().map(|all| all.iter().map(part).collect::<Vec<_>>()).collect())
    }

    fn alternatives(&mut self, set: &TimeSet, open: bool, name: &SmolStr, depth: usize) -> Option<Vec<Vec<Part>>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match set {
            TimeSet::Calendar(calendar) => Some(vec![vec![Part { calendar: self.enter(calendar, name), open }]]),
            TimeSet::Window(other) => {
                let window = self.policy.windows.get(other)?;
                self.alternatives(&window.set, open, other, depth + 1)
            }
            TimeSet::Not(set) => self.alternatives(set, !open, name, depth + 1),
            TimeSet::And(sets) if open => self.all(sets, open, name, depth),
            TimeSet::Or(sets) if !open => self.all(sets, open, name, depth),
            TimeSet::And(sets) | TimeSet::Or(sets) => {
                let mut any = Vec::new();
                for set in sets {
                    any.extend(self.alternatives(set, open, name, depth + 1)?);
                }
                (any.len() <= MOST_ALTERNATIVES).then_some(any)
            }
        }
    }

    fn all(&mut self, sets: &[TimeSet], open: bool, name: &SmolStr, depth: usize) -> Option<Vec<Vec<Part>>> {
        let mut done = vec![Vec::new()];
        for set in sets {
            let more = self.alternatives(set, open, name, depth + 1)?;
            if done.len() * more.len() > MOST_ALTERNATIVES {
                return None;
            }
            done = done.iter().flat_map(|d| more.iter().map(|m| joined(d, m))).collect();
        }
        Some(done)
    }

    /// The name under which a calendar is in the table.
    fn enter(&mut self, calendar: &Calendar, window: &SmolStr) -> String {
        if let Some((name, _)) = self.table.iter().find(|(_, known)| same(known, calendar)) {
            return name.clone();
        }
        let taken = |name: &String| self.table.iter().any(|(known, _)| known == name);
        let numbered = |n: usize| if n == 1 { window.to_string() } else { format!("{window}.{n}") };
        let name = (1..=self.table.len() + 1).map(numbered).find(|name| !taken(name)).unwrap_or_default();
        self.table.push((name.clone(), calendar.clone()));
        name
    }

    fn finish(self) -> Map<String, Value> {
        self.table.iter().map(|(name, calendar)| (name.clone(), self::calendar(calendar))).collect()
    }
}

fn joined(some: &[Part], more: &[Part]) -> Vec<Part> {
    let mut parts = some.to_vec();
    for part in more {
        if !parts.contains(part) {
            parts.push(part.clone());
        }
    }
    parts
}

/// Whether two calendars are open at the same instants because they say the same, wherever they say it.
fn same(a: &Calendar, b: &Calendar) -> bool {
    calendar(a) == calendar(b)
}

fn calendar(calendar: &Calendar) -> Value {
    let slots = |slots: &[Slot]| slots.iter().map(slot).collect::<Vec<_>>();
    let mut edges: Vec<u32> = calendar
        .open
        .iter()
        .chain(&calendar.closed)
        .flat_map(|s| &s.times)
        .flat_map(|(from, to)| [*from, *to])
        .chain([0])
        .collect();
    edges.sort_unstable();
    edges.dedup();
    json!({
        "zone": calendar.zone,
        "open": slots(&calendar.open),
        "closed": slots(&calendar.closed),
        "edges": edges,
        "days": days(calendar),
    })
}

/// The only days, counted from 1970, on which the calendar can open or close, and some around them; null if any day will
/// do. So a freeze in December costs nothing in June.
fn days(calendar: &Calendar) -> Option<Vec<[i64; 2]>> {
    /// A wall clock is up to a day from UTC's, a slot may go past midnight, and clocks may change meanwhile.
    const AROUND: i64 = 4;
    let number =
        |date: Date| date.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |day| day.timestamp().as_second() / 86_400);
    let mut days = Vec::new();
    for slot in calendar.open.iter().chain(&calendar.closed) {
        if slot.dates.is_empty() {
            return None;
        }
        days.extend(slot.dates.iter().map(|(first, last)| [number(*first) - AROUND, number(*last) + AROUND]));
    }
    days.sort_unstable();
    days.dedup();
    Some(days)
}

/// A slot: its days, its hours within a day (in seconds since midnight), and until when those that go past midnight last.
fn slot(slot: &Slot) -> Value {
    const DAY: u32 = 86_400;
    let weekdays: Vec<&str> = slot.weekdays.iter().map(|day| weekday(*day)).collect();
    let dates: Vec<[[i16; 3]; 2]> = slot.dates.iter().map(|(from, to)| [date(*from), date(*to)]).collect();
    let hours = |(from, to): &(u32, u32)| [*from, if from > to { DAY } else { *to }];
    let hours: Vec<[u32; 2]> =
        if slot.times.is_empty() { vec![[0, DAY]] } else { slot.times.iter().map(hours).collect() };
    let mornings: Vec<u32> = slot.times.iter().filter(|(from, to)| from > to).map(|(_, to)| *to).collect();
    json!({ "weekdays": weekdays, "dates": dates, "hours": hours, "mornings": mornings })
}

fn date(date: Date) -> [i16; 3] {
    [date.year(), i16::from(date.month()), i16::from(date.day())]
}
