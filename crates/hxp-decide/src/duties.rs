//! What is owed: the second function of a policy, from a ledger and an instant to its duties.
//!
//! A duty arises from a statement and an event. It is done by evidence, or a message, that is dated after the event; in
//! time when no later than the event and the time it allows. At an instant, what is dated after it does not exist.

use hxp_policy::{Duty, Environment, EventRef, GateUse, Override, Owed as What, Policy, Proof};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

use crate::decision::Place;
use crate::engine::{Engine, expiry};
use crate::eval::Facts;
use crate::evidence;
use crate::ledger::{Happened, Ledger, Message};
use crate::request::{Evidence, Malformed, State};
use crate::words::{Clock, event_word, place};

/// How a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Not done, and its time is over.
    Overdue,
    /// Not done, and there is time.
    Open,
    /// Done after its time.
    Late,
    /// Done in time.
    Met,
}

impl Standing {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Open => "open",
            Self::Late => "late",
            Self::Met => "met",
        }
    }
}

/// A duty that arose from an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owed {
    /// The duty and what it arose from: `production.gate.post_mortem@INC-5`.
    pub id: SmolStr,
    /// How it stands.
    pub state: Standing,
    /// What happened.
    pub on: SmolStr,
    /// To what.
    pub event: SmolStr,
    /// Where.
    pub environment: SmolStr,
    /// When.
    pub since: SmolStr,
    /// Until when it is due.
    pub due_at: SmolStr,
    /// When it was done; `None`: not yet.
    pub done_at: Option<SmolStr>,
    /// Which team owes it.
    pub owner: Option<SmolStr>,
    /// Whether it is only advised.
    pub advisory: bool,
    /// Whether it is unknown that it arose: the ledger lacks a fact that its condition asks for.
    pub unsure: bool,
    /// How it stands, in a sentence.
    pub text: String,
    /// Where the policy says it.
    pub source: Place,
    #[serde(skip)]
    order: Timestamp,
}

/// What is owed, and what of the ledger the policy does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Each duty that arose: overdue ones, open ones, late ones, met ones, each by the instant at which it is due.
    pub owed: Vec<Owed>,
    /// Events, environments, gates and channels that the policy does not have.
    pub remarks: Vec<Malformed>,
}

impl Engine<'_> {
    /// What is owed at an instant; of one environment, or of all.
    pub fn owed(&self, ledger: &Ledger, at: Timestamp, environment: Option<&str>) -> Account {
        let policy = self.policy();
        let mut owed = Vec::new();
        for there in policy.environments.values().filter(|e| environment.is_none_or(|name| e.name == name)) {
            let account = Accountant { engine: self, environment: there, ledger, at };
            for event in ledger.events.iter().filter(|e| e.environment == there.name && e.at <= at) {
                owed.extend(account.arisen(event));
            }
        }
        owed.sort_by(|a, b| (a.state, a.order, &a.id, &a.on).cmp(&(b.state, b.order, &b.id, &b.on)));
        Account { owed, remarks: remarks(policy, ledger) }
    }
}

/// Reckons what one environment owes.
struct Accountant<'a> {
    engine: &'a Engine<'a>,
    environment: &'a Environment,
    ledger: &'a Ledger,
    at: Timestamp,
}

impl Accountant<'_> {
    /// The duties that arose from an event.
    fn arisen(&self, event: &Happened) -> Vec<Owed> {
        let policy = self.engine.policy();
        let own = self.environment.duties.iter().map(|duty| (duty, Some(true)));
        let added = policy.overrides_of(self.environment).flat_map(|o| {
            let acted = acted(o, event);
            o.duties_of(self.environment).map(move |duty| (duty, acted))
        });
        let by_this = |duty: &&Duty| duty.on.iter().any(|on| is(on, event));
        own.chain(added)
            .filter(|(duty, _)| by_this(duty))
            .filter_map(|(duty, acted)| {
                let facts = self.engine.facts(&event.facts);
                let applies = duty.when.as_ref().map_or(Some(true), |when| facts.truth(when, None));
                match crate::eval::all([acted, applies].into_iter()) {
                    Some(false) => None,
                    arises => Some(self.duty(duty, event, arises.is_none())),
                }
            })
            .collect()
    }

    fn duty(&self, duty: &Duty, event: &Happened, unsure: bool) -> Owed {
        let policy = self.engine.policy();
        let due = event.at.checked_add(SignedDuration::from_millis(duty.due.0)).unwrap_or(Timestamp::MAX);
        let done = self.done(duty, event);
        let state = match done {
            Some(done) if done <= due => Standing::Met,
            Some(_) => Standing::Late,
            None if self.at > due => Standing::Overdue,
            None => Standing::Open,
        };
        let clock = Clock::new(&policy.home_zone(self.environment));
        let what = match &duty.what {
            What::Gate(used) => used.gate.clone(),
            What::Notify(channel) => format_smolstr!("a message to {channel}"),
        };
        let standing = match (state, done) {
            (Standing::Met, Some(done)) => format!("was done {}", clock.dated(done)),
            (_, Some(done)) => format!("was due {}, but done {}", clock.dated(due), clock.dated(done)),
            (Standing::Overdue, _) => format!("was due {}{}", clock.dated(due), self.hint(duty, event)),
            _ => format!("is due {}", clock.dated(due)),
        };
        let doubt = if unsure { "; whether it is owed is unknown, for the ledger lacks facts" } else { "" };
        Owed {
            id: format_smolstr!("{}@{}", duty.id, event.id),
            state,
            on: event.event.clone(),
            event: event.id.clone(),
            environment: event.environment.clone(),
            since: clock.written(event.at),
            due_at: clock.written(due),
            done_at: done.map(|done| clock.written(done)),
            owner: duty.owner.clone(),
            advisory: duty.advisory,
            unsure,
            text: format!("{what} {standing}{doubt}"),
            source: place(policy, duty.origin),
            order: due,
        }
    }

    /// When a duty was first done, if it was.
    fn done(&self, duty: &Duty, event: &Happened) -> Option<Timestamp> {
        match &duty.what {
            What::Gate(used) => self.satisfying(used, event),
            What::Notify(channel) => {
                let told = self.ledger.messages.iter().filter(|m| m.channel == *channel && tells_of(m, event));
                told.map(|m| m.at).filter(|at| self.counts(*at, event)).min()
            }
        }
    }

    fn counts(&self, at: Timestamp, event: &Happened) -> bool {
        event.at < at && at <= self.at
    }

    /// The first evidence after an event that satisfies a gate; at one instant, the worse of two counts.
    fn satisfying(&self, used: &GateUse, event: &Happened) -> Option<Timestamp> {
        let policy = self.engine.policy();
        let gate = policy.gates.get(&used.gate)?;
        if gate.proof == Proof::Facts {
            return None;
        }
        let facts = self.engine.facts(&event.facts);
        let of_gate = event.facts.evidence.iter().filter(|e| {
            e.gate.as_ref() == Some(&used.gate)
                && evidence::same_params(gate, used, e)
                && evidence::about(policy, gate.subject, self.environment, &event.facts, e)
                && evidence::trusted(policy, gate, &event.facts, e) == Some(true)
        });
        let mut dated: Vec<(Timestamp, &Evidence)> =
            of_gate.filter_map(|e| Some((e.at.filter(|at| self.counts(*at, event))?, e))).collect();
        dated.sort_by_key(|(at, e)| (*at, std::cmp::Reverse(e.state)));
        let mut seen = None;
        for (at, e) in dated {
            // The worse of one instant comes first.
            if seen == Some(at) {
                continue;
            }
            seen = Some(at);
            let holds = used
                .predicate
                .as_ref()
                .map_or(Some(true), |predicate| Facts { evidence: Some(e), ..facts }.truth(predicate, None));
            if e.state == Some(State::Passed) && holds == Some(true) {
                return Some(at);
            }
        }
        None
    }

    /// What there is instead of what is owed.
    fn hint(&self, duty: &Duty, event: &Happened) -> String {
        let What::Gate(used) = &duty.what else { return String::new() };
        let Some(gate) = self.engine.policy().gates.get(&used.gate) else { return String::new() };
        let policy = self.engine.policy();
        let of_gate: Vec<&Evidence> =
            event.facts.evidence.iter().filter(|e| e.gate.as_ref() == Some(&used.gate)).collect();
        let about: Vec<&&Evidence> = of_gate
            .iter()
            .filter(|e| evidence::about(policy, gate.subject, self.environment, &event.facts, e))
            .collect();
        let trusted = |e: &&&Evidence| evidence::trusted(policy, gate, &event.facts, e) == Some(true);
        let counted = |e: &&&Evidence| e.at.is_some_and(|at| self.counts(at, event));
        match (of_gate.as_slice(), about.as_slice()) {
            ([], _) => "; there is no evidence of it".to_owned(),
            (_, []) => format!("; the ledger's evidence of {} is about something else", used.gate),
            (_, about) if !about.iter().any(counted) => "; its evidence is not dated after the event".to_owned(),
            (_, about) if !about.iter().any(trusted) => "; its evidence does not come from who may give it".to_owned(),
            _ => "; its evidence does not satisfy it".to_owned(),
        }
    }
}

/// Whether an override acted when something happened: a waiver until it expires, break-glass if the facts of the event
/// name it.
fn acted(o: &Override, event: &Happened) -> Option<bool> {
    if o.when.is_none() {
        return Some(expiry(o, &event.facts).is_none_or(|end| event.at < end));
    }
    event.facts.invoked.as_ref().map(|named| named.as_ref() == Some(&o.name))
}

fn is(on: &EventRef, event: &Happened) -> bool {
    event_word(on) == event.event
}

fn tells_of(message: &Message, event: &Happened) -> bool {
    message.event == event.id
        && message.environment.as_ref().is_none_or(|there| *there == event.environment)
        && message.on.as_ref().is_none_or(|on| *on == event.event)
}

/// Names in the ledger that the policy does not have. Nothing is owed for them, so a slip of the pen should not go unseen.
fn remarks(policy: &Policy, ledger: &Ledger) -> Vec<Malformed> {
    let triggers = policy.triggers.keys().map(SmolStr::as_str);
    let events: Vec<&str> = hxp_policy::Event::ALL.iter().map(|e| e.word()).chain(triggers).collect();
    let environments: Vec<&str> = policy.environments.keys().map(SmolStr::as_str).collect();
    let channels: Vec<&str> = policy.channels.keys().map(SmolStr::as_str).collect();
    let gates: Vec<&str> = policy.gates.keys().map(SmolStr::as_str).collect();
    let mut remarks = Vec::new();
    let mut hold = |path: String, what: &str, name: &str, known: &[&str]| {
        if !known.contains(&name) {
            let near = hxp_diagnostics::nearest(name, known.iter().copied());
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let message = format!("the policy has no {what} `{name}`{near}");
            remarks.push(Malformed { path, message, ..Malformed::default() });
        }
    };
    for event in &ledger.events {
        hold(format!("{}.event", event.path), "event", &event.event, &events);
        hold(format!("{}.environment", event.path), "environment", &event.environment, &environments);
    }
    let ids: Vec<&str> = ledger.events.iter().map(|e| e.id.as_str()).collect();
    for message in &ledger.messages {
        hold(format!("{}.channel", message.path), "channel", &message.channel, &channels);
    }
    for (i, evidence) in ledger.evidence.iter().enumerate() {
        if let Some(gate) = &evidence.gate {
            hold(format!("evidence.{i}.gate"), "gate", gate, &gates);
        }
    }
    for message in ledger.messages.iter().filter(|m| !ids.contains(&m.event.as_str())) {
        let near = hxp_diagnostics::nearest(&message.event, ids.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let text = format!("no event of the ledger has the id `{}`{near}", message.event);
        remarks.push(Malformed { path: format!("{}.event", message.path), message: text, ..Malformed::default() });
    }
    remarks
}
