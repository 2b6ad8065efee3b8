//! A judgement in words: the decision that every engine gives.

use std::collections::{BTreeMap, BTreeSet};

use hxp_policy::time::{self, PATIENCE_DAYS, Windows, days_after};
use hxp_policy::{Clause, Duty, EventRef, Notice, Outcome, Policy, TimeSet, describe};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use crate::approvals::{Unknown, Vote};
use crate::decision::{Decision, Needs, Obligation, Place, PolicyIdentity, Reason, Told, Verdict};
use crate::engine::{Engine, Finding, Judged, Judgement, expiry};
use crate::evidence::{Found, Standing};
use crate::promotion::Stay;
use crate::request::{Request, State};

/// The year 2261, in seconds: instants from here on are not said.
const HORIZON: i64 = 9_183_110_400;

/// What time alone will change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The first instant at which everything that waits for the clock is met; `None` if something waits for people or
    /// machines.
    pub not_before: Option<Timestamp>,
    /// The next instant at which the outcome changes though nobody does anything.
    pub valid_until: Option<Timestamp>,
}

impl Engine<'_> {
    /// The decision on a request. An environment that the policy does not have is denied.
    pub fn decide(&self, request: &Request) -> Decision {
        self.judge(request).map_or_else(|| self.unknown_environment(request), |judgement| judgement.decision())
    }

    fn unknown_environment(&self, request: &Request) -> Decision {
        let known: Vec<&str> = self.policy.environments.keys().map(SmolStr::as_str).collect();
        let text = format!(
            "the policy has no environment `{}` that anything is deployed to; it has {}",
            request.environment,
            hxp_diagnostics::list_names(&known)
        );
        let reason = Reason {
            id: "engine.environment".into(),
            verdict: Verdict::Failed,
            text,
            until: None,
            needs: None,
            waived_by: None,
            evidence: Vec::new(),
            source: place(self.policy, self.policy.origin),
        };
        Decision {
            hxp: 1,
            policy: self.identity(),
            request: Some(request.digest.clone()),
            at: Some(request.at_text.clone()),
            environment: Some(request.environment.clone()),
            action: Some(request.action.word().into()),
            outcome: Outcome::Deny,
            not_before: None,
            valid_until: None,
            reasons: vec![reason],
            obligations: Vec::new(),
            notify: Vec::new(),
        }
    }

    fn identity(&self) -> PolicyIdentity {
        let version = self.policy.version.as_ref().map(ToString::to_string);
        PolicyIdentity { name: self.policy.name.clone(), version, digest: self.digest.clone() }
    }
}

pub(crate) fn place(policy: &Policy, origin: hxp_policy::Origin) -> Place {
    let location = policy.location(origin);
    Place { file: location.path, line: location.line, column: location.column }
}

impl Judgement<'_> {
    /// The judgement in words.
    pub fn decision(&self) -> Decision {
        let clock = Clock::new(&self.engine.policy.home_zone(self.environment));
        let timing = self.timing();
        let mut reasons: Vec<Reason> = self.judged.iter().map(|j| self.reason(j, &clock)).collect();
        reasons.extend(self.remarks());
        reasons.sort_by(|a, b| (a.verdict, &a.id, &a.text).cmp(&(b.verdict, &b.id, &b.text)));
        Decision {
            hxp: 1,
            policy: self.engine.identity(),
            request: Some(self.request.digest.clone()),
            at: Some(self.request.at_text.clone()),
            environment: Some(self.environment.name.clone()),
            action: Some(self.action.word().into()),
            outcome: self.outcome(),
            not_before: timing.not_before.and_then(|t| clock.said(t)),
            valid_until: timing.valid_until.and_then(|t| clock.said(t)),
            reasons,
            obligations: self.obligations(&clock),
            notify: self.told(),
        }
    }

    fn windows(&self) -> Windows<'_> {
        Windows::new(&self.engine.policy.windows)
    }

    /// The first instant from the request's on at which all windows are open; `None` if there is none in 400 days.
    fn opening(&self, windows: &BTreeSet<&SmolStr>, from: Timestamp) -> Option<Timestamp> {
        if from.as_second() >= HORIZON {
            return None;
        }
        let all = TimeSet::And(windows.iter().map(|name| TimeSet::Window((*name).clone())).collect());
        let opening = self.windows().open_from(&all, from).ok().flatten()?;
        (opening <= days_after(from, PATIENCE_DAYS)).then_some(opening)
    }

    /// The first instant after the request's at which a window is shut.
    fn closing(&self, window: &SmolStr) -> Option<Timestamp> {
        let closing = self.windows().shut_from(&TimeSet::Window(window.clone()), self.request.at).ok().flatten()?;
        (closing <= days_after(self.request.at, PATIENCE_DAYS)).then_some(closing)
    }

    /// When time alone will have met a requirement that waits.
    pub fn until(&self, finding: &Finding<'_>) -> Option<Timestamp> {
        match finding {
            Finding::Within(window, false) => self.opening(&BTreeSet::from([*window]), self.request.at),
            Finding::After(_, soak, stays) if finding.verdict() == Verdict::Waiting => soaked_at(stays, *soak),
            _ => None,
        }
    }

    /// Until when a requirement that is met stays met, if nobody does anything.
    pub fn valid_until(&self, finding: &Finding<'_>) -> Option<Timestamp> {
        match finding {
            Finding::Within(window, true) => self.closing(window),
            Finding::Gate(_, found, _) if finding.verdict() == Verdict::Met => found.valid_until(),
            Finding::Approve(_, Vote::Approved(end)) => *end,
            Finding::Unsure(inner) if inner.verdict() == Verdict::Met => self.valid_until(inner),
            _ => None,
        }
    }

    /// What time alone will change.
    pub fn timing(&self) -> Timing {
        let deciding = || self.judged.iter().filter(|j| j.decides());
        match self.outcome() {
            Outcome::Allow => {
                let ends = deciding().filter_map(|j| self.valid_until(&j.finding));
                let waived = self.judged.iter().filter(|j| !j.requirement.advisory);
                let waived = waived.filter(|j| j.finding.verdict() != Verdict::Met);
                let waivers = waived.filter_map(|j| expiry(j.waived_by?, self.request));
                Timing { not_before: Some(self.request.at), valid_until: ends.chain(waivers).min() }
            }
            Outcome::Pending => {
                let opening = self.settled_by_time();
                Timing { not_before: opening, valid_until: opening }
            }
            Outcome::Deny => Timing { not_before: None, valid_until: None },
        }
    }

    fn settled_by_time(&self) -> Option<Timestamp> {
        let mut windows = BTreeSet::new();
        let mut from = self.request.at;
        for judged in self.judged.iter().filter(|j| j.decides()) {
            let finding = match &judged.finding {
                Finding::Unsure(inner) if inner.verdict() == Verdict::Met => inner,
                finding => finding,
            };
            match finding {
                Finding::Within(window, open) => {
                    windows.insert(*window);
                    if !open {
                        self.until(finding)?;
                    }
                }
                finding if finding.verdict() == Verdict::Waiting => from = from.max(self.until(finding)?),
                _ => {}
            }
        }
        if windows.is_empty() { Some(from) } else { self.opening(&windows, from) }
    }

    fn reason(&self, judged: &Judged<'_>, clock: &Clock) -> Reason {
        let finding = &judged.finding;
        let spoken = self.sentence(finding);
        let by = judged.waived_by.map(|o| o.name.clone());
        let text = match &by {
            Some(by) => format!("waived by {by}: {spoken}"),
            None => spoken,
        };
        let evidence = finding.evidence().map(|(_, found)| urls(found)).unwrap_or_default();
        Reason {
            id: judged.requirement.id.clone(),
            verdict: judged.verdict(),
            text,
            until: if by.is_some() { None } else { self.until(finding).and_then(|t| clock.said(t)) },
            needs: match finding {
                Finding::Approve(team, Vote::Lacking(needed, _)) => {
                    Some(Needs { approvals: BTreeMap::from([((*team).clone(), *needed)]) })
                }
                _ => None,
            },
            waived_by: by,
            evidence,
            source: place(self.engine.policy, judged.requirement.origin),
        }
    }

    /// Why a requirement stands as it does, in a sentence.
    pub fn sentence(&self, finding: &Finding<'_>) -> String {
        match finding {
            Finding::NotApplicable => "does not apply to this change".to_owned(),
            Finding::Unsure(inner) if inner.verdict() == Verdict::Met => self.sentence(inner),
            Finding::Unsure(inner) => format!("{}; whether it applies is unknown", self.sentence(inner)),
            Finding::Gate(used, found, holds) => gate(&used.gate, found, *holds),
            Finding::Fact(used, holds) => fact(&used.gate, *holds),
            Finding::Rule(rule, clauses) => {
                let broken: Vec<String> =
                    clauses.iter().filter(|(_, holds)| *holds == Some(false)).map(|(c, _)| because(c)).collect();
                match finding.verdict() {
                    Verdict::Failed => broken.join("; "),
                    Verdict::Met => fact(rule, Some(true)),
                    _ => fact(rule, None),
                }
            }
            Finding::Within(window, true) => format!("{window} is open"),
            Finding::Within(window, false) => match self.until(finding) {
                Some(opening) => {
                    let zone = self.engine.policy.zone_of(window).unwrap_or(SmolStr::new_static("UTC"));
                    format!("{window} opens {}", Clock::new(&zone).spelled(opening))
                }
                None => format!("{window} does not open within {PATIENCE_DAYS} days"),
            },
            Finding::After(environment, soak, stays) => self.after(environment, *soak, stays, finding.verdict()),
            Finding::Approve(team, vote) => match vote {
                Vote::Rejected(who) => format!("{} of {team} rejects", who.join(", ")),
                Vote::NotApplicable => "does not apply to this change".to_owned(),
                Vote::Approved(_) => format!("approved by {team}"),
                Vote::Lacking(needed, unknown) => {
                    let unsure = match unknown {
                        Unknown::Nothing => "",
                        Unknown::Members => "; its members are unknown",
                        Unknown::Authors => "; the authors are unknown",
                    };
                    format!("needs the approval of {needed} of {team}{unsure}")
                }
            },
        }
    }

    fn after(&self, environment: &SmolStr, soak: i64, stays: &[Stay], verdict: Verdict) -> String {
        let length = hxp_policy::Millis(soak);
        match verdict {
            Verdict::Met if soak == 0 => format!("was healthy in {environment}"),
            Verdict::Met => format!("was healthy in {environment} for {length}"),
            Verdict::Failed => format!("failed in {environment}"),
            _ if stays.is_empty() => format!("has not been healthy in {environment}"),
            _ => match stays.iter().filter(|s| s.ongoing).map(|s| s.from).min() {
                Some(since) => {
                    let there = self.engine.policy.environments.get(environment);
                    let zone = there.map(|e| self.engine.policy.home_zone(e)).unwrap_or_default();
                    let since = Clock::new(&zone).spelled(since);
                    format!("healthy in {environment} since {since}, not yet for {length}")
                }
                None => format!("healthy in {environment}, but not for {length}"),
            },
        }
    }

    /// What is said beside the requirements: evidence that was ignored for its issuer, and an override that was named
    /// but does not act.
    fn remarks(&self) -> Vec<Reason> {
        let remark = |id: String, text: String, source: Place| Reason {
            id: id.into(),
            verdict: Verdict::Advice,
            text,
            until: None,
            needs: None,
            waived_by: None,
            evidence: Vec::new(),
            source,
        };
        let mut remarks = Vec::new();
        for judged in &self.judged {
            let Some((used, found)) = judged.finding.evidence() else { continue };
            for who in &found.ignored {
                let text = format!("evidence of {} by {who} is ignored: it is not its issuer", used.gate);
                let source = place(self.engine.policy, judged.requirement.origin);
                remarks.push(remark(format!("{}.issuer", judged.requirement.id), text, source));
            }
        }
        if let Some(Some(name)) = &self.request.invoked
            && !self.in_force.iter().any(|o| o.name == *name)
        {
            let text = format!("the request names the override {name}, which is not in force");
            let source = place(self.engine.policy, self.environment.origin);
            remarks.push(remark(format!("{}.override.{name}", self.environment.name), text, source));
        }
        remarks
    }

    /// The duties that will arise, those whose condition is unknown included.
    fn obligations(&self, clock: &Clock) -> Vec<Obligation> {
        let facts = self.engine.facts(self.request);
        let added = self.in_force.iter().flat_map(|o| o.duties_of(self.environment));
        let arising = |d: &&Duty| d.when.as_ref().is_none_or(|when| facts.truth(when, None) != Some(false));
        let duties = self.environment.duties.iter().chain(added).filter(arising);
        let each = duties.flat_map(|duty| {
            duty.on.iter().map(|event| {
                let event = event_word(event);
                let occurred = match event.as_str() {
                    "incident.declared" => self.request.incident.declared_at.flatten(),
                    "incident.resolved" => self.request.incident.resolved_at.flatten(),
                    _ => None,
                };
                let due = jiff::SignedDuration::from_millis(duty.due.0);
                Obligation {
                    id: duty.id.clone(),
                    on: event,
                    due: duty.due.to_string(),
                    due_at: occurred.and_then(|t| t.checked_add(due).ok()).and_then(|t| clock.said(t)),
                    owner: duty.owner.clone(),
                }
            })
        });
        each.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn told(&self) -> Vec<Told> {
        let facts = self.engine.facts(self.request);
        let added = self.in_force.iter().flat_map(|o| &o.notices);
        let told = |n: &&Notice| n.when.as_ref().is_none_or(|when| facts.truth(when, None) != Some(false));
        let notices = self.environment.notices.iter().chain(added).filter(told);
        let each = notices.flat_map(|notice| {
            notice.on.iter().map(|event| Told {
                channel: notice.channel.clone(),
                on: event_word(event),
                due: notice.due.map(|d| d.to_string()),
            })
        });
        each.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

pub(crate) fn event_word(event: &EventRef) -> SmolStr {
    match event {
        EventRef::Event(event) => event.word().into(),
        EventRef::Trigger(name) => name.clone(),
    }
}

/// When the stay that lasts will have lasted long enough.
fn soaked_at(stays: &[Stay], soak: i64) -> Option<Timestamp> {
    let since = stays.iter().filter(|s| s.ongoing).map(|s| s.from).min()?;
    since.checked_add(jiff::SignedDuration::from_millis(soak)).ok()
}

fn urls(found: &Found<'_>) -> Vec<SmolStr> {
    found.evidence.and_then(|e| e.url.clone().flatten()).into_iter().collect()
}

fn gate(name: &str, found: &Found<'_>, holds: Option<bool>) -> String {
    let state = match (found.standing, holds) {
        (Standing::Found(State::Passed), Some(true)) => "passed",
        (Standing::Found(State::Passed), Some(false)) => "does not satisfy its condition",
        (Standing::Found(State::Passed), None) => "passed, but lacks what its condition asks for",
        (Standing::Found(State::Failed), _) => "failed",
        (Standing::Found(State::Running), _) => "is still running",
        (Standing::Found(State::Skipped), _) => "was skipped",
        (Standing::Found(State::Error), _) => "could not be run",
        (Standing::Stale, _) => "has only evidence that is too old",
        (Standing::Missing, _) => "has no evidence",
        (Standing::Unknown, _) => "has evidence, but who may sign it is unknown",
    };
    format!("{name} {state}")
}

fn fact(name: &str, holds: Option<bool>) -> String {
    let state = match holds {
        Some(true) => "holds",
        Some(false) => "does not hold",
        None => "needs facts that the request lacks",
    };
    format!("{name} {state}")
}

/// What a clause says when it is broken.
fn because(clause: &Clause) -> String {
    let words = || describe(&clause.condition);
    match &clause.because {
        Some(because) => because.to_string(),
        None if clause.deny => format!("denied: {}", words()),
        None => format!("does not hold: {}", words()),
    }
}

/// Writes instants in a zone.
pub(crate) struct Clock {
    zone: TimeZone,
}

impl Clock {
    pub fn new(zone: &str) -> Self {
        Self { zone: time::zone(zone).unwrap_or(TimeZone::UTC) }
    }

    /// As a request writes it: RFC 3339, whole seconds.
    pub fn written(&self, at: Timestamp) -> SmolStr {
        let local = at.to_zoned(self.zone.clone());
        let form = if local.offset().seconds() == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%:z" };
        SmolStr::from(local.strftime(form).to_string())
    }

    /// As people say it, with the year and the zone's letters.
    pub fn dated(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%A %-d %B %Y %H:%M %Z").to_string()
    }

    /// As a request writes it; nobody waits for what lies behind the horizon, and not every engine can say it.
    pub fn said(&self, at: Timestamp) -> Option<SmolStr> {
        (at.as_second() < HORIZON).then(|| self.written(at))
    }

    /// As people say it.
    pub fn spelled(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%A %-d %B %H:%M").to_string()
    }
}
