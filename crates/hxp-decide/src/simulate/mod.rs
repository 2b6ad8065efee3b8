//! What time alone does to a decision: an attempt is held still, the clock moves.
//!
//! Nothing is sampled. [`instants`] gives every instant at which anything can change: the edges of windows, evidence that
//! comes in or grows too old, approvals likewise, stays that have lasted long enough, overrides that end, incidents.
//! Between two of them the decision stands still, so it is enough to judge at the first instant of each stretch. Where a
//! policy reckons with time in ways that the list does not foresee, the two ends of a stretch differ, and the instant is
//! found by halving.

mod calendar;
mod ics;
mod instants;
mod json;
mod svg;
mod text;

use hxp_policy::time::days_after;
use hxp_policy::{Environment, Outcome};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::baseline::Baseline;
use crate::decision::Verdict;
use crate::engine::{Engine, Finding, Judged, Judgement};
use crate::request::{Malformed, Request};

pub use instants::MOST_INSTANTS;
pub use svg::MOST_WEEKS;

/// The longest span that is looked through, in days: ten years.
pub const MOST_DAYS: i64 = 3_660;

/// How often an instant is looked for within one stretch.
const MOST_SEARCHES: usize = 100;

/// What is attempted while the clock moves.
#[derive(Clone, Copy, Debug)]
pub enum Attempt<'a> {
    /// This request, as it stands.
    Request(&'a Json),
    /// A request that has all that the policy asks for, at whatever instant it is asked about.
    Satisfied,
}

/// Why there is nothing to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimulateError {
    /// The policy has no such environment; it has these.
    Environment(Vec<SmolStr>),
    /// The request is about this other environment.
    OtherEnvironment(SmolStr),
    /// The span ends before it begins, or where it begins.
    Backwards,
    /// The span is longer than [`MOST_DAYS`].
    TooLong,
    /// The span leaves the years that a request can be about.
    OutOfRange,
    /// There are more instants than can be looked at: [`MOST_INSTANTS`].
    TooMuch,
    /// The request is none.
    Malformed(Vec<Malformed>),
}

impl std::fmt::Display for SimulateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(known) => {
                let known: Vec<&str> = known.iter().map(SmolStr::as_str).collect();
                write!(f, "no such environment; the policy has {}", hxp_diagnostics::list_names(&known))
            }
            Self::OtherEnvironment(other) => write!(f, "the request is about `{other}`"),
            Self::Backwards => f.write_str("the span is empty: it must end after it begins"),
            Self::TooLong => write!(f, "the span is too long: {MOST_DAYS} days (ten years) are the most"),
            Self::OutOfRange => f.write_str("a request can be about the years 1980 to 2199 only"),
            Self::TooMuch => {
                write!(
                    f,
                    "something may change at more than {MOST_INSTANTS} instants of the span; ask about a shorter one"
                )
            }
            Self::Malformed(wrong) => {
                let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
                f.write_str(&wrong.join("; "))
            }
        }
    }
}

impl std::error::Error for SimulateError {}

/// What becomes of an attempt in a span of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// Name of the policy.
    pub policy: SmolStr,
    /// The environment.
    pub environment: SmolStr,
    /// The environment's title, or its name.
    pub title: SmolStr,
    /// What is attempted: `deploy`, `config` or `rollback`.
    pub action: SmolStr,
    /// Whether a request was given, which stands still; otherwise one that is always satisfied.
    pub given: bool,
    /// The zone that instants are shown in.
    pub zone: SmolStr,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant behind the last.
    pub to: Timestamp,
    /// Longest stretches of one outcome; together they are the span.
    pub stretches: Vec<Stretch>,
    /// Every instant at which any requirement begins to stand otherwise.
    pub moments: Vec<Moment>,
}

/// A longest stretch of one outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant behind it.
    pub to: Timestamp,
    /// What comes out.
    pub outcome: Outcome,
    /// What stands against more, at its beginning; nothing when allowed.
    pub why: Vec<Standing>,
    /// What changed at its beginning; nothing for the first.
    pub changed: Vec<Change>,
}

/// How a requirement stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its stable id.
    pub id: SmolStr,
    /// How it stands.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub text: String,
}

/// A requirement begins to stand otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its stable id.
    pub id: SmolStr,
    /// How it stood; `None` when it did not bind.
    pub before: Option<Verdict>,
    /// How it stands; `None` when it binds no more.
    pub after: Option<Verdict>,
    /// What happened, in a sentence.
    pub text: String,
}

impl Change {
    /// Whether it takes away what stands against the release, or puts something in its way: a requirement that is waived
    /// though it is met changes nothing.
    pub fn matters(&self) -> bool {
        let against = |verdict| matches!(verdict, Some(Verdict::Failed | Verdict::Waiting));
        (against(self.before) || against(self.after)) && self.before != self.after
    }
}

/// An instant at which something changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// The first instant at which it is otherwise.
    pub at: Timestamp,
    /// What comes out from now on.
    pub outcome: Outcome,
    /// Whether the outcome is another one than before.
    pub flips: bool,
    /// What changed.
    pub changes: Vec<Change>,
}

/// How one requirement stands at an instant, in full.
#[derive(Clone, Debug, PartialEq)]
struct Stance {
    id: SmolStr,
    verdict: Verdict,
    decides: bool,
    waived_by: Option<SmolStr>,
    window: Option<(SmolStr, bool)>,
    text: String,
}

/// How everything stands at an instant.
#[derive(Clone, Debug)]
struct Snapshot {
    at: Timestamp,
    action: SmolStr,
    outcome: Outcome,
    stances: Vec<Stance>,
}

impl Snapshot {
    /// Whether the same verdicts come from the same requirements and overrides.
    fn stands_like(&self, other: &Self) -> bool {
        let key = |s: &Stance| (s.id.clone(), s.verdict, s.waived_by.clone());
        self.outcome == other.outcome
            && self.stances.len() == other.stances.len()
            && self.stances.iter().zip(&other.stances).all(|(a, b)| key(a) == key(b))
    }
}

/// Simulates an attempt in an environment from `from` until just before `to`.
pub fn simulate(
    engine: &Engine<'_>,
    environment: &str,
    from: Timestamp,
    to: Timestamp,
    attempt: Attempt<'_>,
) -> Result<Simulation, SimulateError> {
    let policy = engine.policy();
    let Some(place) = policy.environments.get(environment) else {
        return Err(SimulateError::Environment(policy.environments.keys().cloned().collect()));
    };
    check_span(from, to)?;
    if let Attempt::Request(json) = attempt
        && let Some(other) = json.get("environment").and_then(Json::as_str)
        && other != environment
    {
        return Err(SimulateError::OtherEnvironment(other.into()));
    }
    let clockwork = Clockwork::new(engine, place, attempt, from)?;
    let instants = instants::all(policy, place, &clockwork.json, from, to).ok_or(SimulateError::TooMuch)?;
    let snapshots = clockwork.snapshots(from, to, &instants)?;
    let zone = policy.home_zone(place);
    Ok(Simulation {
        policy: policy.name.clone(),
        environment: environment.into(),
        title: place.title.clone().unwrap_or_else(|| environment.into()),
        action: snapshots.first().map(|s| s.action.clone()).unwrap_or_default(),
        given: matches!(attempt, Attempt::Request(_)),
        zone,
        from,
        to,
        stretches: stretches(&snapshots, to),
        moments: moments(&snapshots),
    })
}

fn check_span(from: Timestamp, to: Timestamp) -> Result<(), SimulateError> {
    if from >= to {
        return Err(SimulateError::Backwards);
    }
    if to > days_after(from, MOST_DAYS) {
        return Err(SimulateError::TooLong);
    }
    let instant = |at: Timestamp| crate::request::instant(&Json::String(at.to_string())).is_some();
    if instant(from) && instant(to) { Ok(()) } else { Err(SimulateError::OutOfRange) }
}

/// An engine and what is attempted.
struct Clockwork<'a, 'p> {
    engine: &'a Engine<'p>,
    environment: &'p Environment,
    /// What satisfies the environment; `None` for a request that stands still.
    baseline: Option<Baseline<'p>>,
    /// The request as it is at the beginning.
    json: Json,
    request: Request,
}

impl<'a, 'p> Clockwork<'a, 'p> {
    fn new(
        engine: &'a Engine<'p>,
        environment: &'p Environment,
        attempt: Attempt<'_>,
        from: Timestamp,
    ) -> Result<Self, SimulateError> {
        let (json, baseline) = match attempt {
            Attempt::Request(json) => {
                let mut json = json.clone();
                if let Some(root) = json.as_object_mut() {
                    root.insert("at".to_owned(), Json::String(from.to_string()));
                }
                (json, None)
            }
            Attempt::Satisfied => {
                let baseline = Baseline::new(engine, environment, from);
                (baseline.draft(from).request(), Some(baseline))
            }
        };
        let request = Request::from_json(&json).map_err(SimulateError::Malformed)?;
        Ok(Self { engine, environment, baseline, json, request })
    }

    fn request_at(&self, at: Timestamp) -> Result<Request, SimulateError> {
        let json = match &self.baseline {
            None => {
                let mut request = self.request.clone();
                request.move_to(&self.json, at);
                return Ok(request);
            }
            Some(baseline) if baseline.timeless() => baseline.draft(at).request(),
            // What satisfies a condition that asks for the time depends on it.
            Some(_) => Baseline::new(self.engine, self.environment, at).draft(at).request(),
        };
        Request::from_json(&json).map_err(SimulateError::Malformed)
    }

    /// How everything stands, with what is to be said of it if someone is told.
    fn snapshot(&self, at: Timestamp, told: bool) -> Result<Snapshot, SimulateError> {
        let request = self.request_at(at)?;
        let known = || self.engine.policy().environments.keys().cloned().collect();
        let judgement = self.engine.judge(&request).ok_or_else(|| SimulateError::Environment(known()))?;
        Ok(Snapshot {
            at,
            action: judgement.action.word().into(),
            outcome: judgement.outcome(),
            stances: judgement.judged.iter().map(|judged| stance(&judgement, judged, told)).collect(),
        })
    }

    /// How everything stands at the first instant of every stretch in which nothing changes.
    fn snapshots(
        &self,
        from: Timestamp,
        to: Timestamp,
        instants: &[Timestamp],
    ) -> Result<Vec<Snapshot>, SimulateError> {
        let mut all: Vec<Snapshot> = Vec::new();
        let ends = instants.iter().copied().skip(1).chain([to]);
        debug_assert_eq!(instants.first(), Some(&from), "the span begins with an instant of its own");
        for (start, end) in instants.iter().copied().zip(ends) {
            push(&mut all, self.snapshot(start, true)?);
            let last = before(end);
            let mut begin = start;
            for _ in 0..MOST_SEARCHES {
                if begin >= last {
                    break;
                }
                let behind = self.snapshot(last, false)?;
                if all.last().is_some_and(|now| now.stands_like(&behind)) {
                    break;
                }
                let Some(found) = self.first_otherwise(begin, behind, all.last())? else { break };
                begin = found.at;
                push(&mut all, found);
            }
        }
        Ok(all)
    }

    /// The first instant behind `begin` at which not everything stands as it does now.
    fn first_otherwise(
        &self,
        begin: Timestamp,
        behind: Snapshot,
        now: Option<&Snapshot>,
    ) -> Result<Option<Snapshot>, SimulateError> {
        let Some(now) = now else { return Ok(None) };
        let (mut same, mut other) = (begin, behind);
        while let Some(middle) = halfway(same, other.at) {
            let between = self.snapshot(middle, false)?;
            if now.stands_like(&between) {
                same = middle;
            } else {
                other = between;
            }
        }
        self.snapshot(other.at, true).map(Some)
    }
}

/// Keeps a snapshot unless everything stands as it did.
fn push(all: &mut Vec<Snapshot>, next: Snapshot) {
    if !all.last().is_some_and(|last| last.stands_like(&next)) {
        all.push(next);
    }
}

fn before(at: Timestamp) -> Timestamp {
    at.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(at)
}

fn halfway(a: Timestamp, b: Timestamp) -> Option<Timestamp> {
    let (a, b) = (a.as_nanosecond(), b.as_nanosecond());
    let middle = a.midpoint(b);
    if middle == a || middle == b { None } else { Timestamp::from_nanosecond(middle).ok() }
}

fn stance(judgement: &Judgement<'_>, judged: &Judged<'_>, told: bool) -> Stance {
    Stance {
        id: judged.requirement.id.clone(),
        verdict: judged.verdict(),
        decides: judged.decides(),
        waived_by: judged.waived_by.map(|o| o.name.clone()),
        window: match &judged.finding {
            Finding::Within(window, open) => Some(((*window).clone(), *open)),
            _ => None,
        },
        text: match &judged.finding {
            _ if !told => String::new(),
            // When it opens is told by the next stretch, in the zone that was asked for.
            Finding::Within(window, open) => format!("{window} is {}", if *open { "open" } else { "shut" }),
            finding => judgement.sentence(finding),
        },
    }
}

/// What stands against more: what failed when denied, what waits when pending.
fn against(snapshot: &Snapshot) -> Vec<Standing> {
    let worst = match snapshot.outcome {
        Outcome::Allow => return Vec::new(),
        Outcome::Pending => Verdict::Waiting,
        Outcome::Deny => Verdict::Failed,
    };
    let deciding = snapshot.stances.iter().filter(|s| s.decides && s.verdict == worst);
    deciding.map(|s| Standing { id: s.id.clone(), verdict: s.verdict, text: s.text.clone() }).collect()
}

fn changes(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    // An id may stand twice: an override may add what the environment asks for anyway.
    let mut left: Vec<&Stance> = before.stances.iter().collect();
    let mut changes = Vec::new();
    for now in &after.stances {
        let was = left.iter().position(|was| was.id == now.id).map(|place| left.remove(place));
        let same = was.is_some_and(|was| was.verdict == now.verdict && was.waived_by == now.waived_by);
        if !same {
            changes.push(Change {
                id: now.id.clone(),
                before: was.map(|was| was.verdict),
                after: Some(now.verdict),
                text: happened(was, now),
            });
        }
    }
    changes.extend(left.into_iter().map(|was| Change {
        id: was.id.clone(),
        before: Some(was.verdict),
        after: None,
        text: format!("{} is no longer asked for", was.id),
    }));
    changes
}

/// What happened to a requirement, in a sentence.
fn happened(was: Option<&Stance>, now: &Stance) -> String {
    let Some(was) = was else { return format!("is asked for from now on: {}", now.text) };
    match (&was.waived_by, &now.waived_by) {
        (Some(by), None) => return format!("{by} ends: {}", now.text),
        (_, Some(by)) if was.waived_by != now.waived_by => return format!("waived by {by}: {}", now.text),
        _ => {}
    }
    match &now.window {
        Some((window, true)) => format!("{window} opens"),
        Some((window, false)) => format!("{window} closes"),
        None => now.text.clone(),
    }
}

fn moments(snapshots: &[Snapshot]) -> Vec<Moment> {
    let pairs = snapshots.iter().zip(snapshots.iter().skip(1));
    pairs
        .map(|(before, after)| Moment {
            at: after.at,
            outcome: after.outcome,
            flips: before.outcome != after.outcome,
            changes: changes(before, after),
        })
        .collect()
}

fn stretches(snapshots: &[Snapshot], to: Timestamp) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut last: Option<&Snapshot> = None;
    for now in snapshots {
        if stretches.last().is_none_or(|s| s.outcome != now.outcome) {
            if let Some(open) = stretches.last_mut() {
                open.to = now.at;
            }
            let changed = last.map(|before| changes(before, now)).unwrap_or_default();
            stretches.push(Stretch { from: now.at, to, outcome: now.outcome, why: against(now), changed });
        }
        last = Some(now);
    }
    stretches
}

/// The policy's word for what the attempt is, for people.
pub(crate) fn subject(simulation: &Simulation) -> String {
    if simulation.given {
        format!("a {} as requested", simulation.action)
    } else {
        "a release that has everything the policy asks for".to_owned()
    }
}

impl Simulation {
    /// Stretches of an outcome.
    pub fn stretches_of(&self, outcome: Outcome) -> impl Iterator<Item = &Stretch> {
        self.stretches.iter().filter(move |s| s.outcome == outcome)
    }
}
