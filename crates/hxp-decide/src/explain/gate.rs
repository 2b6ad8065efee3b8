//! Gates: which evidence was looked at, why it does or does not count, and what its condition came to.

use hxp_policy::{Gate, GateUse, Proof, Subject, Value};

use super::{Explanation, Standing, Teller, people};
use crate::approvals::members;
use crate::eval::Facts;
use crate::evidence::{self, Found, Standing as Stands};
use crate::request::{Evidence, State};

impl Teller<'_> {
    pub(super) fn gate(&self, used: &GateUse, found: &Found<'_>) -> Vec<Explanation> {
        let mut children = self.all_evidence(used, found);
        if let Some(predicate) = &used.predicate
            && found.standing == Stands::Found(State::Passed)
        {
            let facts = Facts { evidence: found.evidence, ..self.facts };
            children.push(self.expr(predicate, &facts, None, 0));
        }
        children
    }

    /// Each piece of evidence of the gate, the one that counts first.
    fn all_evidence(&self, used: &GateUse, found: &Found<'_>) -> Vec<Explanation> {
        let request = self.judgement.request;
        let Some(gate) = self.facts.policy.gates.get(&used.gate) else { return Vec::new() };
        let mut of_gate: Vec<&Evidence> =
            request.evidence.iter().filter(|e| e.gate.as_ref() == Some(&used.gate)).collect();
        if of_gate.is_empty() {
            return vec![self.no_evidence(used)];
        }
        of_gate.sort_by_key(|e| (!is(found, e), std::cmp::Reverse(e.at)));
        self.some_of(of_gate, |evidence| self.evidence(gate, used, found, evidence))
    }

    /// Perhaps the gate's name is misspelt in the request.
    fn no_evidence(&self, used: &GateUse) -> Explanation {
        let policy = self.facts.policy;
        let strays = self.judgement.request.evidence.iter().filter_map(|e| e.gate.as_deref());
        let strays: Vec<&str> = strays.filter(|name| !policy.gates.contains_key(*name)).collect();
        let node = Explanation::new(format!("evidence of {}", used.gate), Standing::Unknown);
        match hxp_diagnostics::nearest(&used.gate, strays) {
            Some(stray) => node
                .value(format!("there is none; the request has evidence of `{stray}`, which is no gate of the policy")),
            None => node.value("there is none in the request"),
        }
    }

    fn evidence(&self, gate: &Gate, used: &GateUse, found: &Found<'_>, evidence: &Evidence) -> Explanation {
        let when = evidence.at.map_or_else(|| "undated".to_owned(), |at| format!("of {}", self.clock.written(at)));
        let who = [&evidence.by, &evidence.issuer].into_iter().find_map(|who| who.clone().flatten());
        let who = who.map(|who| format!(" by {who}")).unwrap_or_default();
        let text = format!("evidence {when}{who}");
        if is(found, evidence) {
            let state = evidence.state.map(word).unwrap_or_default();
            let standing = match evidence.state {
                Some(State::Passed) => Standing::True,
                Some(State::Failed) => Standing::False,
                _ => Standing::Unknown,
            };
            return Explanation::new(text, standing).value(format!("counts: {state}"));
        }
        let (standing, why) = self.why_not(gate, used, found, evidence);
        Explanation::new(text, standing).value(why)
    }

    /// Why a piece of evidence does not count, the first reason in the order in which the engine asks.
    fn why_not(&self, gate: &Gate, used: &GateUse, found: &Found<'_>, evidence: &Evidence) -> (Standing, String) {
        let judgement = self.judgement;
        let (policy, request, environment) = (self.facts.policy, judgement.request, judgement.environment);
        let no = |why: String| (Standing::False, why);
        let Some(at) = evidence.at else { return no("does not count: it says not when it was made".to_owned()) };
        if at > request.at {
            return no(format!("does not count: dated after {}", self.clock.written(request.at)));
        }
        if !evidence::same_params(gate, used, evidence) {
            return no(format!("does not count: made with other arguments than {}", arguments(gate, used)));
        }
        if !evidence::about(policy, gate.subject, environment, request, evidence) {
            return no(format!("does not count: {}", self.about_other(gate.subject, evidence)));
        }
        match evidence::trusted(policy, gate, request, evidence) {
            Some(false) => return no(format!("does not count: {}", self.distrusted(gate))),
            None => return (Standing::Unknown, self.trust_unknown(gate)),
            Some(true) => {}
        }
        if evidence.state.is_none() {
            return no("does not count: it has no state".to_owned());
        }
        match (found.standing, found.valid_until()) {
            (Stands::Stale, Some(end)) => {
                no(format!("does not count: too old, it was valid until {}", self.clock.written(end)))
            }
            _ => no("does not count: there is newer evidence, or worse of the same instant".to_owned()),
        }
    }

    /// That evidence is about something else than what is being decided.
    fn about_other(&self, subject: Subject, evidence: &Evidence) -> String {
        let request = self.judgement.request;
        let given = &evidence.subject;
        let other = |what: &str, given: Option<&str>, wanted: Option<&str>| match (given, wanted) {
            (None, _) => format!("its subject names no {what}"),
            (Some(given), Some(wanted)) => format!("it is about the {what} {given}, not {wanted}"),
            (Some(given), None) => format!("it is about the {what} {given}, and the request has none"),
        };
        match subject {
            Subject::Commit => other("commit", given.commit.as_deref(), Some(&request.release.commit)),
            Subject::Environment => {
                other("environment", given.environment.as_deref(), Some(&self.judgement.environment.name))
            }
            Subject::Incident => {
                let id = request.incident.id.clone().flatten();
                other("incident", given.incident.as_deref(), id.as_deref())
            }
            Subject::Policy => other("policy", given.policy.as_deref(), Some(&self.facts.policy.name)),
            Subject::Deployment => match &given.deployment {
                None => "its subject names no deployment".to_owned(),
                Some(id) => format!("the deployment {id} is not live in {}", self.judgement.environment.name),
            },
            Subject::Release => match (&given.release, &request.release.identity) {
                (None, _) => "its subject names no release by its images and chart".to_owned(),
                (_, None) => "the images or the chart of the release are not in the request".to_owned(),
                _ => "it is about other images or another chart".to_owned(),
            },
        }
    }

    fn distrusted(&self, gate: &Gate) -> String {
        match &gate.proof {
            Proof::People(team) => {
                let signers = members(self.facts.policy, self.judgement.request, team).unwrap_or_default();
                format!("a member of {team} must sign it: {}", people(signers))
            }
            _ => {
                let issuer = gate.properties.get("issuer").and_then(Value::as_str).unwrap_or_default();
                format!("its issuer must be {issuer}")
            }
        }
    }

    fn trust_unknown(&self, gate: &Gate) -> String {
        match &gate.proof {
            Proof::People(team) if members(self.facts.policy, self.judgement.request, team).is_none() => {
                super::lacks(&format!("members.{team}"))
            }
            Proof::People(_) => "it says not who signed it (`by`)".to_owned(),
            _ => "it says not who issued it (`issuer`)".to_owned(),
        }
    }
}

fn is(found: &Found<'_>, evidence: &Evidence) -> bool {
    found.evidence.is_some_and(|counts| std::ptr::eq(counts, evidence))
}

fn arguments(gate: &Gate, used: &GateUse) -> String {
    let in_key = used.args.iter().filter(|(name, _)| gate.key_params.contains(name));
    let named: Vec<String> = in_key.map(|(name, value)| format!("{name} = {}", super::expr::shown(value))).collect();
    named.join(", ")
}

fn word(state: State) -> &'static str {
    match state {
        State::Passed => "passed",
        State::Running => "running",
        State::Skipped => "skipped",
        State::Error => "error",
        State::Failed => "failed",
    }
}
