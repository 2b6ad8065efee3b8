//! What else is different: owed, told, configured, measured. None of it decides.

use hxp_policy::{
    Duty, Environment, Event, EventField, EventMatch, EventRef, Field, Method, Notice, Origin, Owed, Policy, Proof,
    Record, Table, Value, describe,
};
use smol_str::SmolStr;

use super::words::shown;

/// A difference that does not decide.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aside {
    pub text: String,
    pub old: Option<Origin>,
    pub new: Option<Origin>,
}

/// How deep records are looked into.
const DEEPEST: usize = 200;

/// All of them for one environment that both policies have.
pub(super) fn environment(old: &Environment, new: &Environment) -> Vec<Aside> {
    let mut found = Found { at: (Some(old.origin), Some(new.origin)), asides: Vec::new() };
    let text = |s: &Option<SmolStr>| s.clone().unwrap_or_else(|| "none".into()).to_string();
    for (name, a, b) in [
        ("title", &old.title, &new.title),
        ("url", &old.url, &new.url),
        ("namespace", &old.namespace, &new.namespace),
        ("runner", &old.runner, &new.runner),
        ("service", &old.service, &new.service),
    ] {
        found.moved(name, &text(a), &text(b));
    }
    let deploys = |e: &Environment| -> Vec<String> {
        let one = |d: &hxp_policy::Deploy| format!("{} on {}", method(&d.method), events(&d.events));
        e.deploys.iter().map(one).collect()
    };
    found.lists("deploy", &deploys(old), &deploys(new));
    rollback(old, new, &mut found);
    found.lists(
        "duty",
        &old.duties.iter().map(duty).collect::<Vec<_>>(),
        &new.duties.iter().map(duty).collect::<Vec<_>>(),
    );
    let notices = |e: &Environment| e.notices.iter().map(notice).collect::<Vec<_>>();
    found.lists("notice", &notices(old), &notices(new));
    let triggers = |e: &Environment| -> Vec<String> {
        let one = |t: &hxp_policy::TriggerUse| {
            let when = t.condition.as_ref().map(|c| format!(" when {}", describe(c))).unwrap_or_default();
            let meanwhile = t.meanwhile.iter().map(|(o, c)| format!("; under override {o}: when {}", describe(c)));
            format!("{}{when}{}", t.trigger, meanwhile.collect::<String>())
        };
        e.triggers.values().map(one).collect()
    };
    found.lists("trigger", &triggers(old), &triggers(new));
    found.records("", &without(&old.properties, "approvals"), &without(&new.properties, "approvals"), 0);
    found.records("values", &old.values, &new.values, 0);
    found.asides
}

fn without(record: &Record, name: &str) -> Record {
    Record { fields: record.fields.iter().filter(|f| f.name != name).cloned().collect() }
}

fn rollback(old: &Environment, new: &Environment, found: &mut Found) {
    let (Some(a), Some(b)) = (&old.rollback, &new.rollback) else {
        match (&old.rollback, &new.rollback) {
            (None, Some(b)) => found.asides.push(Aside {
                text: format!("rollback on {} now", event_refs(&b.on)),
                old: Some(old.origin),
                new: Some(b.origin),
            }),
            (Some(a), None) => found.asides.push(Aside {
                text: format!("no rollback on {} any more", event_refs(&a.on)),
                old: Some(a.origin),
                new: Some(new.origin),
            }),
            _ => {}
        }
        return;
    };
    let mut within = Found { at: (Some(a.origin), Some(b.origin)), asides: Vec::new() };
    within.moved("rollback on", &event_refs(&a.on), &event_refs(&b.on));
    let limit = |l: Option<hxp_policy::Millis>| l.map_or("none".to_owned(), |d| d.to_string());
    within.moved("rollback limit", &limit(a.limit), &limit(b.limit));
    within.records("rollback", &a.properties, &b.properties, 0);
    found.asides.append(&mut within.asides);
}

/// All of them for the policies as a whole.
pub(super) fn policy(old: &Policy, new: &Policy) -> Vec<Aside> {
    let mut found = Found { at: (Some(old.origin), Some(new.origin)), asides: Vec::new() };
    found.moved("policy", &old.name, &new.name);
    let version = |p: &Policy| p.version.as_ref().map_or("none".to_owned(), ToString::to_string);
    found.moved("policy version", &version(old), &version(new));
    let owner = |p: &Policy| p.owner.clone().unwrap_or_else(|| "none".into());
    found.moved("policy owner", &owner(old), &owner(new));
    found.records("policy", &old.properties, &new.properties, 0);
    gates(old, new, &mut found);
    found.tables(
        "trigger",
        &old.triggers,
        &new.triggers,
        |t| t.origin,
        |a, b, found| {
            found.moved(&format!("trigger {} holds for", b.name), &a.hold.to_string(), &b.hold.to_string());
            found.moved(&format!("trigger {} on no data", b.name), &a.on_no_data, &b.on_no_data);
            let text = |s: &Option<SmolStr>| s.clone().unwrap_or_else(|| "none".into());
            found.moved(&format!("trigger {} raised by", b.name), &text(&a.raised_by), &text(&b.raised_by));
            found.moved(&format!("trigger {} runbook", b.name), &text(&a.runbook), &text(&b.runbook));
            let least = |n: Option<i64>| n.map_or("none".to_owned(), |n| n.to_string());
            found.moved(&format!("trigger {} least samples", b.name), &least(a.min_samples), &least(b.min_samples));
            found.records(&format!("trigger {}", b.name), &a.properties, &b.properties, 0);
        },
    );
    found.tables(
        "metric",
        &old.metrics,
        &new.metrics,
        |m| m.origin,
        |a, b, found| {
            found.moved(&format!("metric {} unit", b.name), &a.unit, &b.unit);
            found.records(&format!("metric {}", b.name), &a.properties, &b.properties, 0);
        },
    );
    found.tables(
        "channel",
        &old.channels,
        &new.channels,
        |c| c.origin,
        |a, b, found| {
            found.records(&format!("channel {}", b.name), &a.to, &b.to, 0);
            found.moved(&format!("channel {} audience", b.name), &a.audience, &b.audience);
            found.records(&format!("channel {}", b.name), &a.properties, &b.properties, 0);
        },
    );
    found.tables(
        "objective",
        &old.objectives,
        &new.objectives,
        |o| o.origin,
        |a, b, found| {
            let says = |o: &hxp_policy::Objective| {
                let over = o.over.map(|d| format!(" over {d}")).unwrap_or_default();
                format!("{}{over}", o.conditions.iter().map(describe).collect::<Vec<_>>().join(" and "))
            };
            found.moved(&format!("objective {}", b.name), &says(a), &says(b));
        },
    );
    found.tables(
        "control",
        &old.controls,
        &new.controls,
        |c| c.origin,
        |a, b, found| {
            found.moved(&format!("control {} evidence", b.name), &a.evidence.join(", "), &b.evidence.join(", "));
        },
    );
    found.tables("chart", &old.charts, &new.charts, |c| c.origin, |_, _, _| {});
    found.tables(
        "service",
        &old.services,
        &new.services,
        |s| s.origin,
        |a, b, found| {
            found.records(&format!("service {}", b.name), &a.properties, &b.properties, 0);
        },
    );
    found.tables(
        "image",
        &old.images,
        &new.images,
        |i| i.origin,
        |a, b, found| {
            found.moved(&format!("image {} repository", b.name), &a.repository, &b.repository);
        },
    );
    overrides(old, new, &mut found);
    rules(old, new, &mut found);
    found.asides
}

fn gates(old: &Policy, new: &Policy, found: &mut Found) {
    for (name, b) in &new.gates {
        let Some(a) = old.gates.get(name) else { continue };
        found.at = (Some(a.origin), Some(b.origin));
        if let (Proof::Machine { run: x, collect: c }, Proof::Machine { run: y, collect: d }) = (&a.proof, &b.proof) {
            found.moved(&format!("gate {name} runs"), &format!("`{x}`"), &format!("`{y}`"));
            let text = |s: &Option<SmolStr>| s.clone().unwrap_or_else(|| "none".into());
            found.moved(&format!("gate {name} collects with"), &text(c), &text(d));
        }
        found.records(&format!("gate {name}"), &without(&a.properties, "issuer"), &without(&b.properties, "issuer"), 0);
    }
}

fn overrides(old: &Policy, new: &Policy, found: &mut Found) {
    for (name, b) in &new.overrides {
        let Some(a) = old.overrides.get(name) else { continue };
        found.at = (Some(a.origin), Some(b.origin));
        let duties = |o: &hxp_policy::Override| o.duties.iter().map(duty).collect::<Vec<_>>();
        found.lists(&format!("override {name}: duty"), &duties(a), &duties(b));
        let notices = |o: &hxp_policy::Override| o.notices.iter().map(notice).collect::<Vec<_>>();
        found.lists(&format!("override {name}: notice"), &notices(a), &notices(b));
        let text = |s: &Option<SmolStr>| s.clone().unwrap_or_else(|| "none".into());
        found.moved(&format!("override {name} owner"), &text(&a.owner), &text(&b.owner));
        found.moved(&format!("override {name} ticket"), &text(&a.ticket), &text(&b.ticket));
        found.records(&format!("override {name}"), &a.properties, &b.properties, 0);
    }
}

/// Rules over the policy and over objects of the cluster; those over releases decide.
fn rules(old: &Policy, new: &Policy, found: &mut Found) {
    let said = |p: &Policy| -> Vec<(String, Origin)> {
        let beside = p.rules.values().filter(|r| !matches!(r.subject, hxp_policy::RuleSubject::Release));
        let says = |r: &hxp_policy::Rule| {
            let clause = |c: &hxp_policy::Clause| {
                format!("{} {}", if c.deny { "deny" } else { "require" }, describe(&c.condition))
            };
            let clauses: Vec<String> = r.clauses.iter().map(clause).collect();
            format!("rule {} ({})", r.name, clauses.join("; "))
        };
        beside.map(|r| (says(r), r.origin)).collect()
    };
    let (a, b) = (said(old), said(new));
    for (text, at) in a.iter().filter(|(t, _)| !b.iter().any(|(u, _)| u == t)) {
        found.asides.push(Aside { text: format!("{text} is gone"), old: Some(*at), new: None });
    }
    for (text, at) in b.iter().filter(|(t, _)| !a.iter().any(|(u, _)| u == t)) {
        found.asides.push(Aside { text: format!("{text} is new"), old: None, new: Some(*at) });
    }
}

struct Found {
    /// Where what is compared was said.
    at: (Option<Origin>, Option<Origin>),
    asides: Vec<Aside>,
}

impl Found {
    fn moved(&mut self, name: &str, a: &str, b: &str) {
        if a != b {
            self.asides.push(Aside { text: format!("{name}: {a} → {b}"), old: self.at.0, new: self.at.1 });
        }
    }

    /// Descriptions that only one of the two has.
    fn lists(&mut self, what: &str, a: &[String], b: &[String]) {
        for text in a.iter().filter(|t| !b.contains(t)) {
            self.asides.push(Aside { text: format!("{what} gone: {text}"), old: self.at.0, new: self.at.1 });
        }
        for text in b.iter().filter(|t| !a.contains(t)) {
            self.asides.push(Aside { text: format!("{what} new: {text}"), old: self.at.0, new: self.at.1 });
        }
    }

    /// Declarations of one kind that only one policy has, and how the others differ.
    fn tables<T>(
        &mut self,
        kind: &str,
        old: &Table<T>,
        new: &Table<T>,
        origin: impl Fn(&T) -> Origin,
        compare: impl Fn(&T, &T, &mut Self),
    ) {
        for (name, a) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
            self.asides.push(Aside { text: format!("{kind} {name} is gone"), old: Some(origin(a)), new: None });
        }
        for (name, b) in new {
            match old.get(name) {
                None => {
                    self.asides.push(Aside { text: format!("{kind} {name} is new"), old: None, new: Some(origin(b)) });
                }
                Some(a) => {
                    self.at = (Some(origin(a)), Some(origin(b)));
                    compare(a, b, self);
                }
            }
        }
    }

    /// Fields of records, each with its path.
    fn records(&mut self, path: &str, a: &Record, b: &Record, depth: usize) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for x in a.fields.iter().filter(|x| b.field(&x.name).is_none()) {
            let text = format!("{}: {} → none", below(&x.name), shown(&x.value));
            self.asides.push(Aside { text, old: Some(x.origin), new: self.at.1 });
        }
        for y in &b.fields {
            match a.field(&y.name) {
                None => {
                    let text = format!("{}: none → {}", below(&y.name), shown(&y.value));
                    self.asides.push(Aside { text, old: self.at.0, new: Some(y.origin) });
                }
                Some(x) => self.fields(&below(&y.name), x, y, depth),
            }
        }
    }

    fn fields(&mut self, path: &str, x: &Field, y: &Field, depth: usize) {
        match (&x.value, &y.value) {
            (a, b) if a == b => {}
            (Value::Record(a), Value::Record(b)) if depth < DEEPEST => self.records(path, a, b, depth + 1),
            (a, b) => {
                let text = format!("{path}: {} → {}", shown(a), shown(b));
                self.asides.push(Aside { text, old: Some(x.origin), new: Some(y.origin) });
            }
        }
    }
}

fn method(method: &Method) -> String {
    match method {
        Method::Helm(helm) => {
            let flag = |on: bool, word: &str| if on { format!(", {word}") } else { String::new() };
            let timeout = helm.timeout.map(|t| format!(", timeout {t}")).unwrap_or_default();
            format!("helm({}{}{}{timeout})", helm.chart, flag(helm.wait, "wait"), flag(helm.atomic, "atomic"))
        }
        Method::Make(targets) => format!("make({})", targets.join(", ")),
        Method::Command(command) => format!("`{command}`"),
    }
}

fn events(events: &[EventMatch]) -> String {
    let one = |e: &EventMatch| {
        let fields: Vec<String> = e
            .fields
            .iter()
            .map(|f| match f {
                EventField::Is(name, value) => format!("{name} == {}", shown(value)),
                EventField::Matches(name, pattern) => format!("{name} ~ {}", shown(&Value::Pattern(pattern.clone()))),
            })
            .collect();
        if fields.is_empty() { e.event.word().to_owned() } else { format!("{}({})", e.event.word(), fields.join(", ")) }
    };
    events.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn event_refs(refs: &[EventRef]) -> String {
    let one = |e: &EventRef| match e {
        EventRef::Event(event) => Event::word(*event).to_owned(),
        EventRef::Trigger(name) => name.to_string(),
    };
    refs.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn duty(duty: &Duty) -> String {
    let what = match &duty.what {
        Owed::Gate(used) => used.gate.to_string(),
        Owed::Notify(channel) => format!("notify {channel}"),
    };
    let when = duty.when.as_ref().map(|e| format!(" when {}", describe(e))).unwrap_or_default();
    format!("{what} on {} due {}{when}", event_refs(&duty.on), duty.due)
}

fn notice(notice: &Notice) -> String {
    let when = notice.when.as_ref().map(|e| format!(" when {}", describe(e))).unwrap_or_default();
    let due = notice.due.map(|d| format!(" due {d}")).unwrap_or_default();
    format!("{} on {}{due}{when}", notice.channel, event_refs(&notice.on))
}
