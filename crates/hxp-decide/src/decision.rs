//! What comes out: a decision as JSON, in the shape that every engine gives it.

use serde::Serialize;
use smol_str::SmolStr;

use hxp_policy::Outcome;

/// How a requirement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is violated: no waiting mends that.
    Failed,
    /// It is not met yet, or it is not known whether it is.
    Waiting,
    /// An override lifts it.
    Waived,
    /// It is not met, but only advises; or a remark.
    Advice,
    /// It is met.
    Met,
}

impl Verdict {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Waived => "waived",
            Self::Advice => "advice",
            Self::Met => "met",
        }
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// Version of this format: 1.
    pub hxp: u32,
    /// By which policy.
    pub policy: PolicyIdentity,
    /// Digest of the request.
    pub request: Option<SmolStr>,
    /// The instant of the request, as it was written.
    pub at: Option<SmolStr>,
    /// Where.
    pub environment: Option<SmolStr>,
    /// The action as it was judged.
    pub action: Option<SmolStr>,
    /// Allow, pending or deny.
    #[serde(serialize_with = "outcome")]
    pub outcome: Outcome,
    /// The first instant at which all that waits for the clock is met; `None`: time alone will not do.
    pub not_before: Option<SmolStr>,
    /// The next instant at which time alone changes the outcome.
    pub valid_until: Option<SmolStr>,
    /// Every requirement with its verdict; sorted by verdict, then id.
    pub reasons: Vec<Reason>,
    /// What will be owed if this goes ahead.
    pub obligations: Vec<Obligation>,
    /// Who will be told if this goes ahead.
    pub notify: Vec<Told>,
}

/// Which policy decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyIdentity {
    /// Its name.
    pub name: SmolStr,
    /// Its version.
    pub version: Option<String>,
    /// Digest of it.
    pub digest: Option<SmolStr>,
}

/// One requirement with its verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// Its stable id.
    pub id: SmolStr,
    /// How it stands.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub text: String,
    /// When time alone will have met it.
    pub until: Option<SmolStr>,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<Needs>,
    /// The override that lifts it.
    pub waived_by: Option<SmolStr>,
    /// Where its evidence can be looked at.
    pub evidence: Vec<SmolStr>,
    /// Where the policy says it.
    pub source: Place,
}

/// What would help.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Needs {
    /// So many approvals, by team.
    pub approvals: std::collections::BTreeMap<SmolStr, usize>,
}

/// A place in the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path of the file.
    pub file: SmolStr,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Something that will be owed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Obligation {
    /// Its stable id.
    pub id: SmolStr,
    /// After which event.
    pub on: SmolStr,
    /// Within what time of the event.
    pub due: String,
    /// Until when, if the event is past.
    pub due_at: Option<SmolStr>,
    /// Which team owes it.
    pub owner: Option<SmolStr>,
}

/// Someone who will be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Told {
    /// Through which channel.
    pub channel: SmolStr,
    /// Of which event.
    pub on: SmolStr,
    /// Within what time of the event.
    pub due: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn outcome<S: serde::Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.word())
}
