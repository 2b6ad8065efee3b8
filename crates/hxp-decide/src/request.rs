//! A release attempt: what is asked, and every fact that is known about it.
//!
//! The form is JSON, its keys are those of [`crate::schema`]. A missing key is *unknown* (here [`None`]), `null` is known
//! to be none, `[]` is known to be empty. A key that the table does not have is an error, lest a slip of the pen read as
//! unknown.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;
use hxp_policy::facts::FACTS;
use hxp_policy::model::Origin;
use hxp_policy::{Field, Record, RecordType, Type, Value};
use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

use crate::document::{Document, Spot};
use crate::schema;

/// A request longer than this many bytes is refused.
pub const LONGEST: usize = 32 << 20;

/// A known value that may be none: `None` is unknown, `Some(None)` is none.
pub type Maybe<T> = Option<Option<T>>;

/// Something about a request that makes it no request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Malformed {
    /// Dotted path of the place: `evidence.0.state`; empty for the whole.
    pub path: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<&'static str>,
    /// Where the text has it: its key, or for something missing what it is missing in.
    pub spot: Option<Spot>,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.suggestion.map_or(Ok(()), |other| write!(f, "; did you mean `{other}`?"))
    }
}

/// A deployment, a change of configuration, or a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "see `facts::ACTION`")]
pub enum Action {
    Deploy,
    Config,
    Rollback,
}

impl Action {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Config => "config",
            Self::Rollback => "rollback",
        }
    }
}

/// Members by team.
pub type Members = IndexMap<SmolStr, Vec<SmolStr>, RandomState>;

/// What makes two releases the same: the digests of the images and of the chart. The version is only a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Digest by image, in the order of the names.
    pub images: Images,
    /// Digest of the chart; `None` when there is none.
    pub chart: Option<SmolStr>,
}

/// Digest by image, in the order of the names.
pub type Images = std::collections::BTreeMap<SmolStr, SmolStr>;

/// What shall be deployed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Release {
    /// The commit it was built from.
    pub commit: SmolStr,
    /// Digest of each image.
    pub images: Option<Images>,
    /// Its identity, when both parts are known.
    pub identity: Option<Arc<Identity>>,
    /// Who published it.
    pub publisher: Maybe<SmolStr>,
    /// Authors of all commits since the previous release.
    pub authors: Option<Vec<SmolStr>>,
}

/// How a gate came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "from the best to the worst")]
pub enum State {
    Passed,
    Running,
    Skipped,
    Error,
    Failed,
}

/// What evidence is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// A commit.
    pub commit: Option<SmolStr>,
    /// A release.
    pub release: Option<Arc<Identity>>,
    /// A deployment.
    pub deployment: Option<SmolStr>,
    /// An environment.
    pub environment: Option<SmolStr>,
    /// An incident.
    pub incident: Option<SmolStr>,
    /// A policy.
    pub policy: Option<SmolStr>,
}

/// A few values by name, in the order of the names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Named(Vec<(SmolStr, Json)>);

impl Named {
    pub(crate) fn of(map: &Map<String, Json>) -> Self {
        let mut named: Vec<_> = map.iter().map(|(name, value)| (SmolStr::from(name), value.clone())).collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        Self(named)
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        let place = self.0.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }
}

/// What a gate has shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The gate.
    pub gate: Option<SmolStr>,
    /// Arguments that took part in making it.
    pub params: Named,
    /// What it is about.
    pub subject: About,
    /// How it came out.
    pub state: Option<State>,
    /// What the gate yields.
    pub results: Named,
    /// The machine that gave it.
    pub issuer: Maybe<SmolStr>,
    /// The person who signed it.
    pub by: Maybe<SmolStr>,
    /// When.
    pub at: Option<Timestamp>,
    /// Where it can be looked at.
    pub url: Maybe<SmolStr>,
}

/// Which way someone votes; of two votes at one instant the later in this list counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the word of the request")]
pub enum Ballot {
    Approve,
    Withdraw,
    Reject,
}

/// A vote on the release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Approval {
    /// Whose.
    pub person: Option<SmolStr>,
    /// Which.
    pub vote: Option<Ballot>,
    /// For which environment.
    pub environment: Option<SmolStr>,
    /// On which commit.
    pub commit: Option<SmolStr>,
    /// On which images.
    pub images: Option<Images>,
    /// When.
    pub at: Option<Timestamp>,
}

/// How a deployment came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the word of the request")]
pub enum Ending {
    Running,
    Healthy,
    Failed,
    RolledBack,
}

/// A deployment, past or present.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    /// Its id.
    pub id: Option<SmolStr>,
    /// Where.
    pub environment: Option<SmolStr>,
    /// Of which release.
    pub identity: Option<Arc<Identity>>,
    /// Since when it is or was live.
    pub from: Option<Timestamp>,
    /// Until when.
    pub to: Maybe<Timestamp>,
    /// How it came out.
    pub outcome: Option<Ending>,
    /// When it was healthy: from and to.
    pub healthy: Vec<(Option<Timestamp>, Maybe<Timestamp>)>,
}

/// A trigger that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// Where.
    pub environment: SmolStr,
    /// Since when.
    pub since: Timestamp,
}

/// The incident at hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incident {
    /// Whether it is open.
    pub open: Option<bool>,
    /// Its id.
    pub id: Maybe<SmolStr>,
    /// The environments it covers.
    pub environments: Option<Vec<SmolStr>>,
    /// When it was declared.
    pub declared_at: Maybe<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Maybe<Timestamp>,
}

/// A pull request, as far as labels ask.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels(pub Option<Vec<SmolStr>>);

/// What changed, as far as labels ask.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Paths of changed files.
    pub files: Option<Vec<SmolStr>>,
    /// The commits' messages.
    pub messages: Option<Vec<Option<SmolStr>>>,
    /// The pull requests' labels.
    pub pull_requests: Option<Vec<Labels>>,
}

/// A release attempt, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The instant.
    pub at: Timestamp,
    /// The instant as it was written.
    pub at_text: SmolStr,
    /// The environment.
    pub environment: SmolStr,
    /// The action.
    pub action: Action,
    /// Who asks.
    pub actor: SmolStr,
    /// What shall be deployed.
    pub release: Release,
    /// What gates have shown.
    pub evidence: Vec<Evidence>,
    /// Which pieces of evidence are of which gate.
    filed: HashMap<SmolStr, Vec<usize>, RandomState>,
    /// Votes.
    pub approvals: Vec<Approval>,
    /// Members by team.
    pub members: Members,
    /// Deployments.
    pub deployments: Vec<Deployment>,
    /// Triggers that fire.
    pub firing: Vec<Firing>,
    /// The incident.
    pub incident: Incident,
    /// The name of the override that the requester invokes.
    pub invoked: Maybe<SmolStr>,
    /// What changed.
    pub change: Change,
    /// The facts that expressions name, by the types of [`FACTS`]; what is unknown is not there.
    pub facts: Record,
    /// Digest of the request: `sha256:` and the hexadecimal digest of its JSON without white space, keys sorted.
    pub digest: SmolStr,
}

impl Request {
    /// The evidence of a gate, with its place among all evidence.
    pub(crate) fn evidence_of(&self, gate: &str) -> impl Iterator<Item = (usize, &Evidence)> {
        let filed = self.filed.get(gate).into_iter().flatten();
        filed.filter_map(|i| Some((*i, self.evidence.get(*i)?)))
    }

    /// Reads a request from its text.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn from_slice(text: &[u8]) -> Result<Self, Vec<Malformed>> {
        let document = Document::parse(text, "the request")?;
        Self::from_json(&document.json).map_err(|wrong| document.locate(wrong))
    }

    /// Reads a request that is JSON already.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn from_json(json: &Json) -> Result<Self, Vec<Malformed>> {
        let wrong = schema::REQUEST.check(json);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let unreadable = || Malformed { message: "the request cannot be read".to_owned(), ..Malformed::default() };
        Self::of_facts(json, Action::Deploy).ok_or_else(|| vec![unreadable()])
    }

    /// Reads facts in the form of a request, which may lack what only an attempt must have; `action` is that of facts
    /// that name none.
    pub(crate) fn of_facts(json: &Json, action: Action) -> Option<Self> {
        let request = Self::undigested(json, action)?;
        Some(Self { digest: digest(json), ..request })
    }

    /// The same without the digest, which takes longer than all else.
    pub(crate) fn undigested(json: &Json, action: Action) -> Option<Self> {
        let root = object(json)?;
        let at = root.get("at").and_then(instant)?;
        let action = match text(root, "action").as_deref() {
            Some("deploy") => Action::Deploy,
            Some("config") => Action::Config,
            Some("rollback") => Action::Rollback,
            _ => action,
        };
        let none = Map::new();
        let part = |name: &str| root.get(name).and_then(object).unwrap_or(&none);
        let incident = incident(root.get("incident"), at);
        let mut known = Identities::default();
        let release = release(part("release"), &mut known);
        let evidence = each(root, "evidence", |of| evidence(of, &mut known));
        Some(Self {
            at,
            at_text: text(root, "at").unwrap_or_default(),
            environment: text(root, "environment").unwrap_or_default(),
            action,
            actor: text(part("actor"), "id").unwrap_or_default(),
            release,
            filed: file(&evidence),
            evidence,
            approvals: each(root, "approvals", approval),
            members: part("members").iter().map(|(team, people)| (team.into(), texts(people))).collect(),
            deployments: each(root, "deployments", |of| deployment(of, &mut known)),
            firing: each(root, "triggers", firing).into_iter().flatten().collect(),
            invoked: match root.get("override") {
                None => None,
                Some(Json::Null) => Some(None),
                Some(named) => named.as_object().and_then(|o| maybe_text(o, "name")),
            },
            change: change(part("change")),
            facts: facts(root, &incident, at),
            incident,
            digest: SmolStr::default(),
        })
    }
}

impl Request {
    /// The same attempt at another instant. `json` is what this request was read from; the digest stays that of it.
    pub(crate) fn move_to(&mut self, json: &Json, at: Timestamp) {
        let Some(root) = json.as_object() else { return };
        self.at = at;
        self.at_text = SmolStr::from(at.to_string());
        self.incident = incident(root.get("incident"), at);
        for fact in &mut self.facts.fields {
            let ty = FACTS.field(&fact.name);
            match (fact.name.as_str(), root.get(fact.name.as_str()), ty) {
                ("at", _, _) => fact.value = Value::Instant(Box::new(at.to_zoned(TimeZone::UTC))),
                ("incident", Some(given), Some(ty)) => fact.value = incident_facts(given, &self.incident, ty, at),
                _ => {}
            }
        }
    }
}

// ------------------------------------------------------------------------------------------------------ reading the keys

fn object(value: &Json) -> Option<&Map<String, Json>> {
    value.as_object()
}

fn text(of: &Map<String, Json>, key: &str) -> Option<SmolStr> {
    of.get(key).and_then(Json::as_str).map(SmolStr::from)
}

fn maybe_text(of: &Map<String, Json>, key: &str) -> Maybe<SmolStr> {
    of.get(key).map(|value| value.as_str().map(SmolStr::from))
}

fn maybe_instant(of: &Map<String, Json>, key: &str) -> Maybe<Timestamp> {
    of.get(key).map(instant)
}

fn texts(list: &Json) -> Vec<SmolStr> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str).map(SmolStr::from).collect()
}

fn each<T>(root: &Map<String, Json>, key: &str, read: impl FnMut(&Map<String, Json>) -> T) -> Vec<T> {
    let list = root.get(key).and_then(Json::as_array);
    list.into_iter().flatten().filter_map(object).map(read).collect()
}

/// An instant of the years 1980 to 2199, RFC 3339 with an offset.
pub(crate) fn instant(value: &Json) -> Option<Timestamp> {
    static FORM: LazyLock<Option<regex::Regex>> = LazyLock::new(|| {
        regex::Regex::new(
            r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$",
        )
        .ok()
    });
    let text = value.as_str()?;
    FORM.as_ref()?.is_match(text).then_some(())?;
    let year: u16 = text.get(..4)?.parse().ok()?;
    (1980..=2199).contains(&year).then_some(())?;
    text.parse().ok()
}

/// A day of the years of an [`instant`]: `2026-01-31`.
pub(crate) fn date(text: &str) -> Option<jiff::civil::Date> {
    instant(&format!("{text}T00:00:00Z").into())?;
    text.parse().ok()
}

/// A time of day, `15:30` or `15:30:59`, as seconds since midnight.
pub(crate) fn clock(text: &str) -> Option<u32> {
    let full = if text.len() == "15:30".len() { format!("{text}:00") } else { text.to_owned() };
    let at = (full.len() == "15:30:59".len()).then(|| instant(&format!("2000-01-01T{full}Z").into())).flatten()?;
    u32::try_from(at.as_second().rem_euclid(86_400)).ok()
}

/// Most digits of a number in a version: so many can every engine hold.
const MOST_DIGITS: usize = 15;

/// A semantic version, perhaps with `v` before it.
pub(crate) fn version(text: &str) -> Option<semver::Version> {
    let version = semver::Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()?;
    let most = 10_u64.pow(15);
    let small = [version.major, version.minor, version.patch].iter().all(|n| *n < most)
        && version.pre.split('.').all(|p| p.len() <= MOST_DIGITS || p.bytes().any(|b| !b.is_ascii_digit()));
    small.then_some(version)
}

fn images(value: Option<&Json>) -> Option<Images> {
    let images = value?.as_object()?;
    Some(images.iter().filter_map(|(name, digest)| Some((name.into(), digest.as_str()?.into()))).collect())
}

/// The identities that a request names, each held once: those that are the same are found to be by where they lie.
#[derive(Default)]
struct Identities(HashSet<Arc<Identity>, RandomState>);

impl Identities {
    fn read(&mut self, of: &Map<String, Json>) -> Option<Arc<Identity>> {
        let chart = match of.get("chart")? {
            Json::Null => None,
            chart => Some(text(chart.as_object()?, "digest")?),
        };
        let identity = Identity { images: images(of.get("images"))?, chart };
        if let Some(known) = self.0.get(&identity) {
            return Some(Arc::clone(known));
        }
        let identity = Arc::new(identity);
        self.0.insert(Arc::clone(&identity));
        Some(identity)
    }
}

fn release(of: &Map<String, Json>, known: &mut Identities) -> Release {
    Release {
        commit: text(of, "commit").unwrap_or_default(),
        images: images(of.get("images")),
        identity: known.read(of),
        publisher: maybe_text(of, "publisher"),
        authors: of.get("authors").map(texts),
    }
}

fn evidence(of: &Map<String, Json>, known: &mut Identities) -> Evidence {
    let none = Map::new();
    let about = of.get("subject").and_then(object).unwrap_or(&none);
    let map = |key: &str| of.get(key).and_then(object).map(Named::of).unwrap_or_default();
    Evidence {
        gate: text(of, "gate"),
        params: map("params"),
        subject: About {
            commit: text(about, "commit"),
            release: about.get("release").and_then(object).and_then(|of| known.read(of)),
            deployment: text(about, "deployment"),
            environment: text(about, "environment"),
            incident: text(about, "incident"),
            policy: text(about, "policy"),
        },
        state: text(of, "state").and_then(|word| match word.as_str() {
            "passed" => Some(State::Passed),
            "running" => Some(State::Running),
            "skipped" => Some(State::Skipped),
            "error" => Some(State::Error),
            "failed" => Some(State::Failed),
            _ => None,
        }),
        results: map("results"),
        issuer: maybe_text(of, "issuer"),
        by: maybe_text(of, "by"),
        at: of.get("at").and_then(instant),
        url: maybe_text(of, "url"),
    }
}

fn file(evidence: &[Evidence]) -> HashMap<SmolStr, Vec<usize>, RandomState> {
    let mut filed: HashMap<SmolStr, Vec<usize>, RandomState> = HashMap::default();
    for (i, piece) in evidence.iter().enumerate() {
        if let Some(gate) = &piece.gate {
            filed.entry(gate.clone()).or_default().push(i);
        }
    }
    filed
}

fn approval(of: &Map<String, Json>) -> Approval {
    Approval {
        person: text(of, "person"),
        vote: text(of, "vote").and_then(|word| match word.as_str() {
            "approve" => Some(Ballot::Approve),
            "withdraw" => Some(Ballot::Withdraw),
            "reject" => Some(Ballot::Reject),
            _ => None,
        }),
        environment: text(of, "environment"),
        commit: text(of, "commit"),
        images: images(of.get("images")),
        at: of.get("at").and_then(instant),
    }
}

fn deployment(of: &Map<String, Json>, known: &mut Identities) -> Deployment {
    let stretch = |s: &Map<String, Json>| (s.get("from").and_then(instant), maybe_instant(s, "to"));
    Deployment {
        id: text(of, "id"),
        environment: text(of, "environment"),
        identity: known.read(of),
        from: of.get("from").and_then(instant),
        to: maybe_instant(of, "to"),
        outcome: text(of, "outcome").and_then(|word| match word.as_str() {
            "running" => Some(Ending::Running),
            "healthy" => Some(Ending::Healthy),
            "failed" => Some(Ending::Failed),
            "rolled_back" => Some(Ending::RolledBack),
            _ => None,
        }),
        healthy: each(of, "healthy", stretch),
    }
}

fn firing(of: &Map<String, Json>) -> Option<Firing> {
    let fires = of.get("state").and_then(Json::as_str) == Some("firing");
    let since = of.get("since").and_then(instant)?;
    text(of, "environment").filter(|_| fires).map(|environment| Firing { environment, since })
}

/// An incident that is declared only later does not exist yet.
fn incident(value: Option<&Json>, at: Timestamp) -> Incident {
    let nothing = Incident {
        open: Some(false),
        id: Some(None),
        environments: Some(Vec::new()),
        declared_at: Some(None),
        resolved_at: Some(None),
    };
    let of = match value {
        None => return Incident::default(),
        Some(Json::Object(of)) => of,
        Some(_) => return nothing,
    };
    let declared_at = maybe_instant(of, "declared_at");
    if declared_at.flatten().is_some_and(|declared| declared > at) {
        return nothing;
    }
    Incident {
        open: of.get("state").map(|state| state.as_str() == Some("open")),
        id: maybe_text(of, "id"),
        environments: of.get("environments").map(texts),
        declared_at,
        resolved_at: maybe_instant(of, "resolved_at"),
    }
}

fn change(of: &Map<String, Json>) -> Change {
    let list = |key: &str| of.get(key).and_then(Json::as_array);
    let field = |value: &Json, key: &str| value.get(key).cloned();
    Change {
        files: of.get("files").map(texts),
        messages: list("commits")
            .map(|commits| commits.iter().map(|c| field(c, "message")?.as_str().map(SmolStr::from)).collect()),
        pull_requests: list("pull_requests")
            .map(|requests| requests.iter().map(|r| Labels(field(r, "labels").as_ref().map(texts))).collect()),
    }
}

// ------------------------------------------------------------------------------------------------- facts for expressions

fn field(name: &str, value: Value) -> Field {
    Field { name: name.into(), value, origin: Origin::default(), doc: None }
}

fn facts(root: &Map<String, Json>, incident: &Incident, at: Timestamp) -> Record {
    let mut facts = Record::default();
    for (name, ty) in &FACTS.fields {
        let value = match (name.as_str(), root.get(name.as_str())) {
            (_, None) => None,
            ("incident", Some(given)) => Some(incident_facts(given, incident, ty, at)),
            ("previous" | "override", Some(Json::Null)) => match ty {
                Type::Record(ty) => Some(Value::Record(all_none(ty))),
                _ => None,
            },
            (_, Some(given)) => typed(given, ty),
        };
        facts.fields.extend(value.map(|value| field(name, value)));
    }
    facts
}

fn all_none(ty: &RecordType) -> Record {
    let fields = ty.fields.iter().filter(|(_, ty)| matches!(ty, Type::Optional(_)));
    Record { fields: fields.map(|(name, _)| field(name, Value::None)).collect() }
}

fn incident_facts(given: &Json, incident: &Incident, ty: &Type, at: Timestamp) -> Value {
    let later = incident.open == Some(false) && given.get("declared_at").and_then(instant).is_some_and(|d| d > at);
    let mut fields = match typed(given, ty) {
        Some(Value::Record(record)) if !later => record.fields,
        _ => match ty {
            Type::Record(ty) => {
                let mut none = all_none(ty).fields;
                none.push(field("environments", Value::List(Vec::new())));
                none
            }
            _ => hxp_policy::Fields::default(),
        },
    };
    fields.retain(|f| f.name != "open");
    fields.extend(incident.open.map(|open| field("open", Value::Bool(open))));
    Value::Record(Record { fields })
}

/// A JSON value as a value of a type; `None` when it is none of that type, and so is not known.
pub(crate) fn typed(json: &Json, ty: &Type) -> Option<Value> {
    match (ty, json) {
        (Type::Optional(_) | Type::Any, Json::Null) => Some(Value::None),
        (Type::Optional(inner), json) => typed(json, inner),
        (Type::Bool, Json::Bool(b)) => Some(Value::Bool(*b)),
        (Type::Int, Json::Number(_)) => whole(json),
        (Type::Decimal, Json::Number(_)) => number(json).map(Value::Decimal),
        (Type::String, Json::String(text)) => Some(Value::Str(text.into())),
        (Type::Enum(_), Json::String(text)) => Some(Value::Enum(text.into())),
        (Type::Semver, Json::String(text)) => version(text).map(Value::Semver),
        (Type::Instant, json) => instant(json).map(|at| Value::Instant(Box::new(at.to_zoned(TimeZone::UTC)))),
        (Type::Date, Json::String(text)) => date(text).map(Value::Date),
        (Type::Time, Json::String(text)) => clock(text).map(Value::Time),
        (Type::Quantity(dimension), Json::String(text)) => crate::quantity::read(text, *dimension).map(Value::Quantity),
        (Type::List(of) | Type::Set(of), Json::Array(elements)) => {
            elements.iter().map(|e| typed(e, of)).collect::<Option<Vec<_>>>().map(Value::List)
        }
        (Type::Record(ty), Json::Object(object)) => {
            let known = ty.fields.iter().filter_map(|(name, ty)| {
                let value = typed(object.get(name.as_str())?, ty)?;
                Some(field(name, value))
            });
            Some(Value::Record(Record { fields: known.collect() }))
        }
        (Type::Any, json) => Some(untyped(json)),
        _ => None,
    }
}

fn untyped(json: &Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(_) => whole(json).unwrap_or(Value::None),
        Json::String(text) => Value::Str(text.into()),
        Json::Array(elements) => Value::List(elements.iter().map(untyped).collect()),
        Json::Object(object) => {
            let fields = object.iter().map(|(name, value)| field(name, untyped(value))).collect();
            Value::Record(Record { fields })
        }
    }
}

/// A number, as a whole one if it is one.
fn whole(json: &Json) -> Option<Value> {
    if let Some(small) = small(json) {
        return Some(Value::Int(small.into()));
    }
    number(json).map(|n| match i64::try_from(n) {
        Ok(i) if n.fract().is_zero() => Value::Int(i),
        _ => Value::Decimal(n),
    })
}

/// A whole number of few digits, as most are.
fn small(json: &Json) -> Option<i32> {
    json.as_i64().and_then(|n| i32::try_from(n).ok())
}

/// The greatest number that every engine can hold as it is written, to six digits behind the point.
pub(crate) const GREATEST: f64 = 1e15;

/// A number as a decimal, to six digits behind the point; `None` for one that not every engine can hold.
pub(crate) fn number(json: &Json) -> Option<Decimal> {
    let number = json.as_number()?;
    if let Some(small) = small(json) {
        return Some(small.into());
    }
    if number.as_f64()?.abs() > GREATEST {
        return None;
    }
    let text = number.to_string();
    // One that has more digits than a decimal can hold is next to nothing.
    let exact = text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok()).unwrap_or(Decimal::ZERO);
    Some(exact.round_dp_with_strategy(crate::eval::DIGITS, RoundingStrategy::MidpointAwayFromZero))
}

// --------------------------------------------------------------------------------------------------------------- digests

/// `sha256:` and the digest of the JSON without white space, keys sorted.
pub(crate) fn digest(json: &Json) -> SmolStr {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let mut sorted = json.clone();
    sorted.sort_all_objects();
    let digest = sha2::Sha256::digest(sorted.to_string().as_bytes());
    let mut text = String::from("sha256:");
    for byte in digest {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_of_day_are_read_strictly() {
        for (text, day) in [
            ("2026-01-31", Some(jiff::civil::date(2026, 1, 31))),
            ("2024-02-29", Some(jiff::civil::date(2024, 2, 29))),
            ("2026-02-29", None),
            ("2026-1-31", None),
            ("1979-12-31", None),
            ("20260131", None),
            ("2026-01-31T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(date(text), day, "{text}");
        }
        for (text, seconds) in [
            ("00:00", Some(0)),
            ("15:30", Some(55_800)),
            ("23:59:59", Some(86_399)),
            ("24:00", None),
            ("15:30:00.5", None),
            ("5:30", None),
            ("15:60", None),
            ("ab:cd", None),
            ("日本", None),
            ("", None),
        ] {
            assert_eq!(clock(text), seconds, "{text}");
        }
    }
}
