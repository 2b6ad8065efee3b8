//! Evidence: which piece counts for a gate, and what it shows.

use hxp_policy::{Environment, Gate, GateUse, Policy, Proof, Subject, Value};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::approvals::Team;
use crate::decision::Verdict;
use crate::quantity;
use crate::request::{Evidence, Request, State};

/// The newest evidence of a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'e> {
    /// How it stands.
    pub standing: Standing,
    /// The evidence, when there is one that counts.
    pub evidence: Option<&'e Evidence>,
    /// Since when and for how long it counts; `None`: for ever.
    valid: Option<(Timestamp, SignedDuration)>,
    /// Who gave evidence that is ignored, because it is not for them to give.
    pub ignored: Vec<SmolStr>,
    fails_on_no_data: bool,
}

/// How a gate's evidence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is some that counts.
    Found(State),
    /// The newest is too old.
    Stale,
    /// There is some, but who may sign it is unknown.
    Unknown,
    /// There is none.
    Missing,
}

impl Found<'_> {
    /// Until when it counts; `None`: for ever.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.valid.and_then(|(at, valid)| at.saturating_add(valid).ok())
    }

    /// What it amounts to when the gate's own condition came out so.
    pub fn verdict(&self, holds: Option<bool>) -> Verdict {
        match (self.standing, holds) {
            (Standing::Found(State::Passed), Some(true)) => Verdict::Met,
            (Standing::Found(State::Passed), Some(false)) | (Standing::Found(State::Failed), _) => Verdict::Failed,
            (Standing::Found(State::Error | State::Skipped), _) if self.fails_on_no_data => Verdict::Failed,
            _ => Verdict::Waiting,
        }
    }
}

/// The newest evidence of a gate that is no fact of the future and comes from who may give it. At a tie the worse state
/// wins.
pub(crate) fn newest<'e>(
    policy: &'e Policy,
    environment: &Environment,
    request: &'e Request,
    used: &GateUse,
    gate: Option<(&Gate, Issuer<'_>)>,
) -> Found<'e> {
    let mut found = Found {
        standing: Standing::Missing,
        evidence: None,
        valid: None,
        ignored: Vec::new(),
        fails_on_no_data: gate.is_some_and(|(gate, _)| gate.fails_on_no_data),
    };
    let Some((gate, issuer)) = gate else { return found };
    let mut best: Option<(Timestamp, State, usize)> = None;
    let mut perhaps = false;
    for (i, evidence) in request.evidence_of(&used.gate) {
        let Some(at) = evidence.at.filter(|at| *at <= request.at) else { continue };
        if !same_params(gate, used, evidence) || !about(policy, gate.subject, environment, request, evidence) {
            continue;
        }
        match issuer.gave(request, evidence) {
            Some(false) => found.ignored.push(signer(evidence)),
            None => perhaps = true,
            Some(true) => {
                perhaps = true;
                let Some(state) = evidence.state else { continue };
                if best.is_none_or(|b| b < (at, state, i)) {
                    best = Some((at, state, i));
                }
            }
        }
    }
    if let Some((at, state, i)) = best {
        found.valid = gate.valid.map(|valid| (at, SignedDuration::from_millis(valid.0)));
        if found.valid.is_some_and(|(at, valid)| request.at.duration_since(at) > valid) {
            found.standing = Standing::Stale;
        } else {
            found.standing = Standing::Found(state);
            found.evidence = request.evidence.get(i);
        }
    } else if perhaps {
        found.standing = Standing::Unknown;
    }
    found
}

/// Whether the parameters that take part in making the evidence are those that are asked for.
pub(crate) fn same_params(gate: &Gate, used: &GateUse, evidence: &Evidence) -> bool {
    let in_key = used.args.iter().filter(|(name, _)| gate.key_params.contains(name));
    in_key.into_iter().all(|(name, value)| evidence.params.get(name.as_str()).is_some_and(|given| same(given, value)))
}

/// A value whatever unit it is written in.
fn same(given: &Json, value: &Value) -> bool {
    match (given, value) {
        (Json::String(text), Value::Quantity(q)) => quantity::any(text).is_some_and(|other| other == *q),
        (Json::String(text), Value::Str(s) | Value::Enum(s)) => match (quantity::any(text), quantity::any(s)) {
            (Some(a), Some(b)) => a == b,
            _ => text == s.as_str(),
        },
        (Json::String(text), Value::Semver(v)) => *text == v.to_string(),
        (Json::String(text), Value::Date(d)) => *text == d.to_string(),
        (Json::String(text), Value::Instant(at)) => *text == at.timestamp().to_string(),
        (Json::String(text), Value::Ref(r)) => *text == r.name,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::Number(_), Value::Int(i)) => crate::request::number(given) == Some((*i).into()),
        (Json::Number(_), Value::Decimal(d)) => crate::request::number(given) == Some(*d),
        (Json::Array(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Null, Value::None) => true,
        _ => false,
    }
}

/// Whether evidence is about what is being decided.
pub(crate) fn about(
    policy: &Policy,
    subject: Subject,
    environment: &Environment,
    request: &Request,
    evidence: &Evidence,
) -> bool {
    let given = &evidence.subject;
    match subject {
        Subject::Commit => given.commit.as_ref() == Some(&request.release.commit),
        Subject::Release => given.release.is_some() && given.release == request.release.identity,
        Subject::Environment => given.environment.as_ref() == Some(&environment.name),
        Subject::Incident => given.incident.is_some() && Some(&given.incident) == request.incident.id.as_ref(),
        Subject::Policy => given.policy.as_ref() == Some(&policy.name),
        Subject::Deployment => {
            given.deployment.is_some()
                && request.deployments.iter().any(|d| {
                    d.environment.as_ref() == Some(&environment.name) && d.to == Some(None) && d.id == given.deployment
                })
        }
    }
}

/// Who may give the evidence of a gate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Issuer<'p> {
    Member(Team<'p>),
    Machine(&'p str),
    Anyone,
}

impl<'p> Issuer<'p> {
    pub fn of(policy: &'p Policy, gate: &'p Gate) -> Self {
        match &gate.proof {
            Proof::People(team) => Self::Member(Team::of(policy, team)),
            _ => gate.properties.get("issuer").and_then(Value::as_str).map_or(Self::Anyone, Self::Machine),
        }
    }

    /// Whether it gave the evidence; unknown while the members of the team that signs are.
    fn gave(self, request: &Request, evidence: &Evidence) -> Option<bool> {
        match self {
            Self::Anyone => Some(true),
            Self::Machine(issuer) => evidence.issuer.as_ref().map(|given| given.as_deref() == Some(issuer)),
            Self::Member(team) => {
                let signers = team.members(request)?;
                let by = evidence.by.as_ref()?;
                Some(by.as_ref().is_some_and(|by| signers.contains(by)))
            }
        }
    }
}

/// Whether evidence comes from who may give it; unknown while the members of the team that signs are.
pub(crate) fn trusted(policy: &Policy, gate: &Gate, request: &Request, evidence: &Evidence) -> Option<bool> {
    Issuer::of(policy, gate).gave(request, evidence)
}

fn signer(evidence: &Evidence) -> SmolStr {
    let named = |who: &Option<Option<SmolStr>>| who.clone().flatten();
    named(&evidence.by).or_else(|| named(&evidence.issuer)).unwrap_or(SmolStr::new_static("nobody"))
}
