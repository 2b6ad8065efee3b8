//! `data.json`: the tables that the packages of all environments read.

use hxp_policy::describe::weekday;
use hxp_policy::{Calendar, Environment, Gate, Origin, Policy, Proof, Requirement, Slot, Subject, TimeSet, Window};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::{pattern, text};

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
    let teams = policy.teams.values().map(|team| {
        let members = team.members.as_ref().map_or_else(|| json!({}), |members| json!({ "members": members }));
        (team.name.clone(), members)
    });
    tables.insert("teams".into(), Value::Object(named(teams.collect())));
    let gates = policy.gates.values().map(|gate| (gate.name.clone(), self::gate(gate)));
    tables.insert("gates".into(), Value::Object(named(gates.collect())));
    let environments = environments.iter().map(|e| (e.name.clone(), environment(policy, e)));
    tables.insert("environments".into(), Value::Object(named(environments.collect())));
    (tables, intricate)
}

fn identity(policy: &Policy) -> Value {
    let version = policy.version.as_ref().map(ToString::to_string);
    json!({ "name": policy.name, "version": version, "digest": null })
}

fn gate(gate: &Gate) -> Value {
    let by = match &gate.proof {
        Proof::People(team) => Some(team),
        _ => None,
    };
    json!({
        "subject": subject(gate.subject),
        "by": by,
        "issuer": gate.properties.get("issuer").and_then(|v| v.as_str()),
        "valid": gate.valid.map(text::duration),
        "fails_on_no_data": gate.fails_on_no_data,
    })
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
    let rollback = environment.rollback_requirements();
    let overrides: Map<String, Value> = policy
        .overrides_of(environment)
        .map(|o| {
            let added: Vec<&Requirement> = o.requirements_of(environment).collect();
            (o.name.to_string(), requirements(policy, &added))
        })
        .collect();
    json!({
        "source": source(policy, environment.origin),
        "zone": policy.home_zone(environment),
        "approvals_valid": environment.properties.at("approvals.valid").and_then(hxp_policy::Value::as_millis).map(text::duration),
        "requirements": requirements(policy, &environment.requirements.iter().collect::<Vec<_>>()),
        "rollback": requirements(policy, &rollback.iter().collect::<Vec<_>>()),
        "overrides": overrides,
    })
}

fn requirements(policy: &Policy, requirements: &[&Requirement]) -> Value {
    let keys = keys(requirements);
    let rows = requirements.iter().zip(keys).map(|(requirement, key)| {
        let row = json!({
            "id": requirement.id,
            "advisory": requirement.advisory,
            "source": source(policy, requirement.origin),
        });
        (key, row)
    });
    Value::Object(rows.collect())
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
    json!({ "zone": calendar.zone, "open": slots(&calendar.open), "closed": slots(&calendar.closed) })
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
