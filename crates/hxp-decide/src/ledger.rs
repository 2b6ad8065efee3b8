//! The ledger: what happened, what gates have shown since, and which messages were sent.
//!
//! The form is JSON, its keys are those of [`LEDGER`]; evidence and members have the form that they have in a request,
//! and so have the facts of an event.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use crate::document::Document;
use crate::form::Form;
use crate::request::{self, Action, Evidence, Malformed, Members, Request};
use crate::schema::Shape::{Instant, Integer, List, Map as Free, Record, Text};
use crate::schema::{Key, Shape};

const fn key(path: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { path, shape, nullable: false, doc }
}

/// All keys of a ledger but for those it borrows from a request.
pub const KEYS: &[Key] = &[
    key("", Record, "What happened, what gates have shown since, and which messages were sent."),
    key("hxp", Integer, "Version of this format: 1."),
    key("at", Instant, "The instant at which it is asked what is owed."),
    key("events", List, "What happened, in any order."),
    key("events.[]", Record, "Something that happened."),
    key("events.[].id", Text, "What it happened to: of an incident its id, otherwise that of the deployment or run."),
    key(
        "events.[].event",
        Text,
        "What: an event of the language, such as deployed or incident.resolved, or a trigger.",
    ),
    key("events.[].environment", Text, "Where."),
    key("events.[].at", Instant, "When."),
    key("events.[].facts", Record, "Facts as of then, in the form of a request: what conditions of duties ask for."),
    key("evidence", List, "What gates have shown, in the form of a request's evidence."),
    key("members", Free, "Members of the teams that sign evidence, in the form of a request's members."),
    key("messages", List, "Messages that were sent."),
    key("messages.[]", Record, "A message."),
    key("messages.[].channel", Text, "Through which channel."),
    key("messages.[].event", Text, "The id of the event it told of."),
    key("messages.[].on", Text, "What happened to it, when a channel tells of several events of one id."),
    key("messages.[].environment", Text, "Where it happened."),
    key("messages.[].at", Instant, "When it was sent."),
];

/// Keys without which a ledger says nothing.
pub const OBLIGATORY: [&str; 9] = [
    "hxp",
    "events",
    "events.[].id",
    "events.[].event",
    "events.[].environment",
    "events.[].at",
    "messages.[].channel",
    "messages.[].event",
    "messages.[].at",
];

/// The form of a ledger.
pub static LEDGER: LazyLock<Form> = LazyLock::new(|| {
    let borrowed = &[("events.[].facts", ""), ("evidence", "evidence"), ("members", "members")];
    Form::new("ledger", KEYS, &OBLIGATORY).borrowing(borrowed)
});

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// What it happened to.
    pub id: SmolStr,
    /// What: the word of an event, or the name of a trigger.
    pub event: SmolStr,
    /// Where.
    pub environment: SmolStr,
    /// When.
    pub at: Timestamp,
    /// The facts as of then, with the ledger's evidence and members.
    pub facts: Request,
    /// Where the ledger has it, for remarks: `events.3`.
    pub path: String,
}

/// A message that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Through which channel.
    pub channel: SmolStr,
    /// The id of the event.
    pub event: SmolStr,
    /// What happened to it.
    pub on: Option<SmolStr>,
    /// Where.
    pub environment: Option<SmolStr>,
    /// When it was sent.
    pub at: Timestamp,
    /// Where the ledger has it, for remarks: `messages.3`.
    pub path: String,
}

/// What happened, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// The instant at which it is asked what is owed, if the ledger says so.
    pub at: Option<Timestamp>,
    /// What happened.
    pub events: Vec<Happened>,
    /// What gates have shown.
    pub evidence: Vec<Evidence>,
    /// Members by team.
    pub members: Members,
    /// What was sent.
    pub messages: Vec<Message>,
}

impl Ledger {
    /// Reads a ledger from its text.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn from_slice(text: &[u8]) -> Result<Self, Vec<Malformed>> {
        let document = Document::parse(text, "the ledger")?;
        Self::from_json(&document.json).map_err(|wrong| document.locate(wrong))
    }

    /// Reads a ledger that is JSON already.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn from_json(json: &Json) -> Result<Self, Vec<Malformed>> {
        let mut wrong = LEDGER.check(json);
        let events = list(json, "events");
        wrong.extend(events.iter().enumerate().filter_map(|(i, event)| twice(events, i, event)));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let shared = Shared::of(json);
        let happened = events.iter().enumerate().filter_map(|(i, event)| happened(i, event, &shared));
        let messages = list(json, "messages").iter().enumerate().filter_map(|(i, message)| self::message(i, message));
        Ok(Self {
            at: json.get("at").and_then(request::instant),
            events: happened.collect(),
            messages: messages.collect(),
            evidence: shared.evidence,
            members: shared.members,
        })
    }
}

/// What every event is judged with.
struct Shared {
    evidence: Vec<Evidence>,
    members: Members,
}

impl Shared {
    fn of(json: &Json) -> Self {
        // A request's reader reads what has a request's form.
        let part = |name: &str| json.get(name).cloned();
        let mut facts = Map::new();
        facts.insert("at".to_owned(), "2000-01-01T00:00:00Z".into());
        for name in ["evidence", "members"] {
            facts.extend(part(name).map(|value| (name.to_owned(), value)));
        }
        let read = Request::of_facts(&Json::Object(facts), Action::Deploy);
        read.map_or_else(
            || Self { evidence: Vec::new(), members: Members::default() },
            |r| Self { evidence: r.evidence, members: r.members },
        )
    }
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    json.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn text(json: &Json, key: &str) -> Option<SmolStr> {
    json.get(key).and_then(Json::as_str).map(SmolStr::from)
}

/// The same thing cannot happen twice to the same: one of both is a copy, or has a wrong id.
fn twice(events: &[Json], i: usize, event: &Json) -> Option<Malformed> {
    let same = |other: &&Json| ["id", "event", "environment"].iter().all(|k| other.get(k) == event.get(k));
    let first = events.iter().position(|other| same(&other))?;
    let (id, what) = (text(event, "id")?, text(event, "event")?);
    (first < i).then(|| Malformed {
        path: format!("events.{i}.id"),
        message: format!("`events.{i}` says once more that {what} happened to {id}, as `events.{first}` does"),
        ..Malformed::default()
    })
}

fn happened(i: usize, json: &Json, shared: &Shared) -> Option<Happened> {
    let (id, event, environment) = (text(json, "id")?, text(json, "event")?, text(json, "environment")?);
    let at = json.get("at").and_then(request::instant)?;
    let mut facts = json.get("facts").and_then(Json::as_object).cloned().unwrap_or_default();
    facts.insert("at".to_owned(), json.get("at")?.clone());
    facts.insert("environment".to_owned(), environment.as_str().into());
    if event.starts_with("incident.") && !facts.contains_key("incident") {
        facts.insert("incident".to_owned(), incident(&id, &event, &environment, json.get("at")?));
    }
    if !facts.contains_key("deployments") {
        // What happened to a deployment happened while it was live.
        facts.insert("deployments".to_owned(), json!([{ "id": id, "environment": environment, "to": null }]));
    }
    let mut facts = Request::of_facts(&Json::Object(facts), Action::Deploy)?;
    facts.evidence.clone_from(&shared.evidence);
    facts.members.clone_from(&shared.members);
    Some(Happened { id, event, environment, at, facts, path: format!("events.{i}") })
}

/// What an event of an incident says of it.
fn incident(id: &str, event: &str, environment: &str, at: &Json) -> Json {
    if event == "incident.declared" {
        json!({ "id": id, "state": "open", "environments": [environment], "declared_at": at, "resolved_at": null })
    } else {
        json!({ "id": id, "state": "resolved", "environments": [environment], "resolved_at": at })
    }
}

fn message(i: usize, json: &Json) -> Option<Message> {
    Some(Message {
        channel: text(json, "channel")?,
        event: text(json, "event")?,
        on: text(json, "on"),
        environment: text(json, "environment"),
        at: json.get("at").and_then(request::instant)?,
        path: format!("messages.{i}"),
    })
}
