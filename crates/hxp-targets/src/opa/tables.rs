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
    let labels = policy.labels.values().map(|label| {
        let files: Vec<String> = label.files.iter().map(|glob| pattern::glob(glob)).collect();
        let commits = label.commits.as_ref().map(pattern::leading);
        (label.name.clone(), json!({ "pr": label.pr, "files": files, "commits": commits }))
    });
    tables.insert("labels".into(), Value::Object(named(labels.collect())));
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

/// What is to be known of gates: how each one stands while there is no evidence, what it must be about and who may
/// give it, how long it counts, and whether no data is a failure.
fn gates(policy: &Policy) -> [(String, Value); 5] {
    let gates = || policy.gates.values();
    let name = |gate: &Gate| gate.name.to_string();
    let named = |pairs: Map<String, Value>| Value::Object(pairs);
    let none = gates()
        .map(|g| {
            (name(g), json!({ "gate": g.name, "verdict": "waiting", "text": format!("{} has no evidence", g.name) }))
        })
        .collect();
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
        ("gates".into(), named(none)),
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
    let own: Vec<&Requirement> = environment.requirements.iter().collect();
    let rollback: Vec<&Requirement> = environment.rollback_requirements().iter().collect();
    let additions: Map<String, Value> = overrides
        .iter()
        .map(|o| {
            let added: Vec<&Requirement> = o.requirements_of(environment).collect();
            // What an override adds, no other one lifts.
            (o.name.to_string(), requirements(policy, &added, &[]))
        })
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

/// What each requirement is called and where it stands; which of them are advisory, and which of them an override lifts.
fn requirements(policy: &Policy, requirements: &[&Requirement], overrides: &[&Override]) -> Value {
    let keys = keys(requirements);
    let keyed = || requirements.iter().zip(&keys);
    let reason = |requirement: &Requirement| {
        json!({
            "id": requirement.id,
            "source": source(policy, requirement.origin),
        })
    };
    let reasons: Map<String, Value> = keyed().map(|(r, key)| (key.clone(), reason(r))).collect();
    let advisory: Vec<&String> = keyed().filter(|(r, _)| r.advisory).map(|(_, key)| key).collect();
    let lifted = |o: &Override| {
        let lifts = |r: &Requirement| o.waives.iter().any(|w| w.covers(r.local_id()));
        keyed().filter(|(r, _)| lifts(r)).map(|(_, key)| key.clone().into()).collect::<Vec<Value>>()
    };
    let lifted: Map<String, Value> = overrides
        .iter()
        .map(|o| (o.name.to_string(), lifted(o)))
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(name, keys)| (name, keys.into()))
        .collect();
    json!({ "reasons": reasons, "advisory": advisory, "lifted": lifted })
}

/// A key for each requirement: its id (as far as it is printable), with a number behind it when two have the same.
pub(super) fn keys(requirements: &[&Requirement]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for requirement in requirements {
        let id: String = requirement.id.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let numbered = |n: usize| if n == 1 { id.clone() } else { format!("{id} #{n}") };
        let key = (1..=keys.len() + 1).map(numbered).find(|key| !keys.contains(key));
        keys.push(key.unwrap_or(id));
    }
    keys
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

fn slot(slot: &Slot) -> Value {
    let weekdays: Vec<&str> = slot.weekdays.iter().map(|day| weekday(*day)).collect();
    let dates: Vec<[[i16; 3]; 2]> = slot.dates.iter().map(|(from, to)| [date(*from), date(*to)]).collect();
    let times: Vec<[u32; 2]> = slot.times.iter().map(|(from, to)| [*from, *to]).collect();
    json!({ "weekdays": weekdays, "dates": dates, "times": times })
}

fn date(date: Date) -> [i16; 3] {
    [date.year(), i16::from(date.month()), i16::from(date.day())]
}
