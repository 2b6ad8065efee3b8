//! A decision with why each of its reasons stands as it does.

use serde::Serialize;
use smol_str::SmolStr;

use super::{Explanation, Standing};
use crate::decision::{Decision, Reason, Verdict};
use crate::engine::{Engine, Judged, Judgement};
use crate::request::Request;

/// A decision and its explanation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// The decision.
    #[serde(flatten)]
    pub decision: Decision,
    /// A tree for each reason, in the same order; then one for the action, where it is judged as another.
    pub explanation: Vec<Because>,
}

/// Why one reason stands as it does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Because {
    /// The id of the reason.
    pub id: SmolStr,
    /// The tree.
    #[serde(flatten)]
    pub tree: Explanation,
}

impl Engine<'_> {
    /// The decision on a request, explained.
    pub fn explain(&self, request: &Request) -> Explained {
        let Some(judgement) = self.judge(request) else {
            let decision = self.decide(request);
            let explanation = decision.reasons.iter().map(|reason| Because::new(reason, plain(reason))).collect();
            return Explained { decision, explanation };
        };
        judgement.explained()
    }
}

impl Judgement<'_> {
    /// The judgement in words, explained.
    pub fn explained(&self) -> Explained {
        let decision = self.decision();
        let mut rest: Vec<&Judged<'_>> = self.judged.iter().collect();
        let mut explanation: Vec<Because> = Vec::with_capacity(decision.reasons.len());
        for reason in &decision.reasons {
            let mine = |j: &&Judged<'_>| j.requirement.id == reason.id && j.verdict() == reason.verdict;
            let tree = match rest.iter().position(mine) {
                Some(at) => self.explain(rest.remove(at)),
                None if self.is_of_override(reason) => self.explain_override().unwrap_or_else(|| plain(reason)),
                None => plain(reason),
            };
            explanation.push(Because::new(reason, tree));
        }
        if let Some(tree) = self.explain_action() {
            explanation.push(Because { id: format!("{}.action", self.environment.name).into(), tree });
        }
        Explained { decision, explanation }
    }

    fn is_of_override(&self, reason: &Reason) -> bool {
        let local = reason.id.strip_prefix(self.environment.name.as_str());
        local.is_some_and(|local| local.starts_with(".override."))
    }
}

impl Because {
    fn new(reason: &Reason, tree: Explanation) -> Self {
        Self { id: reason.id.clone(), tree }
    }
}

/// A reason that nothing lies behind.
fn plain(reason: &Reason) -> Explanation {
    let standing = match reason.verdict {
        Verdict::Failed => Standing::Failed,
        Verdict::Waiting => Standing::Waiting,
        Verdict::Met => Standing::Met,
        Verdict::Waived | Verdict::Advice => Standing::Value,
    };
    Explanation::new(reason.text.as_str(), standing).source(reason.source.clone())
}
