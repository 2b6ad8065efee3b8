//! Tests of the policy: what differs from the satisfied baseline, what must come out, and whether it does.

pub mod coverage;
pub(crate) mod patch;
mod propose;
mod write;

use std::collections::HashMap;

use hxp_policy::{Outcome, Policy, TestCase, Waive};
use jiff::Timestamp;
use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::baseline::{Baseline, Draft};
use crate::decision::Verdict;
use crate::engine::{Engine, Judgement};
use crate::request::{Action, Request};

pub use write::test as write_test;

/// The tests of a policy with everything that they share.
#[derive(Debug)]
pub struct Suite<'e, 'p> {
    engine: &'e Engine<'p>,
    baselines: HashMap<SmolStr, Baseline<'p>>,
}

/// How a test came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// What is not as it was expected; nothing when the test holds.
    pub mismatches: Vec<Mismatch>,
    /// What was found, if anything could be decided.
    pub found: Option<Found>,
}

impl Ran {
    /// Whether all is as expected.
    pub fn holds(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// Something that is not as it was expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Mismatch {
    /// Another outcome.
    Outcome {
        /// What was expected.
        expected: Outcome,
        /// What came out.
        found: Outcome,
    },
    /// A reason that was named is none of those that decide.
    Because {
        /// The id that was named.
        id: SmolStr,
        /// How the requirements of that id stand.
        stands: Vec<(SmolStr, Verdict)>,
        /// The ids that do decide.
        decides: Vec<SmolStr>,
    },
    /// Another instant.
    Until {
        /// What was expected.
        expected: Timestamp,
        /// What came out; `None`: time alone will not do.
        found: Option<Timestamp>,
    },
    /// The test says something that makes no request.
    Given {
        /// Where: `change.files`.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// Two engines decide differently.
    Engines {
        /// What they say differently.
        difference: String,
    },
}

/// What an engine says, as far as tests ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Allow, pending or deny.
    pub outcome: Outcome,
    /// How each requirement stands.
    pub reasons: Vec<Reason>,
    /// The first instant at which time alone will have settled what waits.
    pub not_before: Option<Timestamp>,
    /// The next instant at which time alone changes the outcome.
    pub valid_until: Option<Timestamp>,
}

/// How one requirement stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Its id without the environment.
    pub id: SmolStr,
    /// How it stands.
    pub verdict: Verdict,
    /// When time alone will have met it.
    pub until: Option<Timestamp>,
}

impl<'e, 'p> Suite<'e, 'p> {
    /// Finds what satisfies the environments that are tested.
    pub fn new(engine: &'e Engine<'p>) -> Self {
        let policy = engine.policy();
        let mut baselines = HashMap::new();
        for case in &policy.tests {
            let Some(environment) = policy.environments.get(&case.environment) else { continue };
            baselines
                .entry(case.environment.clone())
                .or_insert_with(|| Baseline::new(engine, environment, case.at.timestamp()));
        }
        Self { engine, baselines }
    }

    /// The policy.
    pub fn policy(&self) -> &'p Policy {
        self.engine.policy()
    }

    /// The attempt that a test describes.
    fn draft(&self, case: &TestCase) -> Result<Draft<'p>, Mismatch> {
        let at = case.at.timestamp();
        let draft = match self.baselines.get(&case.environment) {
            Some(baseline) if baseline.timeless() => baseline.draft(at),
            _ => {
                let environment = self.policy().environments.get(&case.environment);
                let environment = environment.ok_or_else(|| Mismatch::Given {
                    path: String::new(),
                    message: format!("the policy has no environment `{}`", case.environment),
                })?;
                Baseline::new(self.engine, environment, at).draft(at)
            }
        };
        Ok(draft)
    }

    /// The request that a test describes.
    ///
    /// # Errors
    /// What the test says that makes no request.
    pub fn request(&self, case: &TestCase) -> Result<Json, Vec<Mismatch>> {
        let mut draft = self.draft(case).map_err(|m| vec![m])?;
        let wrong = patch::apply(&mut draft, &case.with);
        if wrong.is_empty() { Ok(draft.request()) } else { Err(wrong) }
    }

    /// Runs a test; `seen` is told how everything was judged.
    pub fn run(&self, case: &TestCase, seen: &mut impl FnMut(&Judgement<'_>)) -> Ran {
        let request = self.request(case).and_then(|json| read(&json, patch::free(&case.with)));
        let request = match request {
            Ok(request) => request,
            Err(mismatches) => return Ran { mismatches, found: None },
        };
        let Some(judgement) = self.engine.judge(&request) else { return Ran { mismatches: Vec::new(), found: None } };
        seen(&judgement);
        let found = found(&judgement, case.until.is_some());
        Ran { mismatches: mismatches(case, &found), found: Some(found) }
    }
}

/// Reads a request. The baseline is well formed, and so is what the compiler has typed: only what a test says freely is
/// checked.
fn read(json: &Json, free: bool) -> Result<Request, Vec<Mismatch>> {
    if !free && let Some(request) = Request::undigested(json, Action::Deploy) {
        return Ok(request);
    }
    let given = |wrong: crate::Malformed| Mismatch::Given { message: wrong.to_string(), path: wrong.path };
    Request::from_json(json).map_err(|wrong| wrong.into_iter().map(given).collect())
}

/// What the engine says; instants only where a test asks for one, for they take longer than all else.
fn found(judgement: &Judgement<'_>, instants: bool) -> Found {
    let reasons = judgement.judged.iter().map(|judged| Reason {
        id: judged.requirement.local_id().into(),
        verdict: judged.verdict(),
        until: instants.then(|| judgement.until(&judged.finding)).flatten(),
    });
    let timing = instants.then(|| judgement.timing());
    Found {
        outcome: judgement.outcome(),
        reasons: reasons.collect(),
        not_before: timing.and_then(|t| t.not_before),
        valid_until: timing.and_then(|t| t.valid_until),
    }
}

/// What is not as a test expects it.
pub fn mismatches(case: &TestCase, found: &Found) -> Vec<Mismatch> {
    if case.expect != found.outcome {
        return vec![Mismatch::Outcome { expected: case.expect, found: found.outcome }];
    }
    let decides = |reason: &&Reason| match found.outcome {
        Outcome::Deny => reason.verdict == Verdict::Failed,
        Outcome::Pending => reason.verdict == Verdict::Waiting,
        Outcome::Allow => matches!(reason.verdict, Verdict::Met | Verdict::Waived),
    };
    let mut wrong = Vec::new();
    for id in &case.because {
        if !found.reasons.iter().filter(decides).any(|r| covers(id, &r.id)) {
            let stands = found.reasons.iter().filter(|r| covers(id, &r.id)).map(|r| (r.id.clone(), r.verdict));
            let decides = found.reasons.iter().filter(|r| decides(r) && found.outcome != Outcome::Allow);
            let (stands, decides) = (stands.collect(), decides.map(|r| r.id.clone()).collect());
            wrong.push(Mismatch::Because { id: id.clone(), stands, decides });
        }
    }
    if let Some(expected) = &case.until {
        let expected = expected.timestamp();
        let named = || found.reasons.iter().filter(decides).filter(|r| case.because.iter().any(|id| covers(id, &r.id)));
        let candidates: Vec<Option<Timestamp>> = match found.outcome {
            Outcome::Allow => vec![found.valid_until],
            _ if named().next().is_some() => named().map(|r| r.until).collect(),
            _ => vec![found.not_before],
        };
        if !candidates.contains(&Some(expected)) {
            let found = candidates.into_iter().flatten().next();
            wrong.push(Mismatch::Until { expected, found });
        }
    }
    wrong
}

/// Whether an id is that, or the beginning of it.
pub fn covers(id: &str, local: &str) -> bool {
    Waive { id: id.into(), because: None, origin: hxp_policy::Origin::default() }.covers(local)
}
