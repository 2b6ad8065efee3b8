//! From answers to a request: what a test must say so that the questions are answered so, tried in both policies before it
//! is shown to anyone.

use std::collections::{BTreeSet, HashMap};

use hxp_policy::{Environment, Field, Origin, Outcome, Policy, Record, TestCase, Value};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde_json::Value as Json;
use smol_str::SmolStr;

use super::atoms::{EvidenceKey, Side, Trust};
use super::calendar::Cell;
use super::compare::{Demands, Gap};
use super::encode::Encoder;
use super::formula::{Formulas, Node, Pair, Shape, Var};
use super::patch::Patch;
use super::{Verdict, Witness};
use crate::baseline::{Baseline, Draft};
use crate::engine::{Engine, Judgement};
use crate::request::{Action, Request};
use crate::testing;

/// How often a request is mended where the allowing policy still finds something missing.
const ROUNDS: usize = 4;

/// A policy that can be asked about one environment.
pub(super) struct Asked<'p> {
    pub engine: &'p Engine<'p>,
    pub environment: Option<(&'p Environment, Baseline<'p>)>,
}

impl<'p> Asked<'p> {
    pub fn new(engine: &'p Engine<'p>, name: &str, around: Timestamp) -> Self {
        let environment = engine.policy().environments.get(name);
        Self { engine, environment: environment.map(|e| (e, Baseline::new(engine, e, around))) }
    }

    pub fn policy(&self) -> &'p Policy {
        self.engine.policy()
    }

    /// The satisfied attempt at an instant.
    pub fn draft(&self, at: Timestamp) -> Option<Draft<'p>> {
        let (environment, baseline) = self.environment.as_ref()?;
        Some(if baseline.timeless() {
            baseline.draft(at)
        } else {
            Baseline::new(self.engine, environment, at).draft(at)
        })
    }
}

/// What is needed to find witnesses for one environment.
pub(super) struct Finder<'a, 'p> {
    pub encoder: &'a Encoder<'p>,
    pub cells: &'a [Cell],
    pub labels: &'a [(SmolStr, Side, Pair)],
    pub old: &'a Asked<'p>,
    pub new: &'a Asked<'p>,
    pub before: &'a Demands,
    pub after: &'a Demands,
    pub name: &'a str,
    pub around: Timestamp,
}

/// What a policy says to a request.
struct Said {
    outcome: Outcome,
    /// Requirements that are in the way.
    unmet: Vec<SmolStr>,
}

impl<'p> Finder<'_, 'p> {
    /// A request that shows the gap, and what both policies say to it; if it can be, one that shows none of the others.
    pub fn find(
        &self,
        gap: &Gap,
        action: Action,
        answers: &HashMap<Var, bool>,
        (text, others): (&str, &[SmolStr]),
    ) -> Option<Witness> {
        let at = self.instant(answers)?;
        let asks = |side: Side, wanted: &dyn Fn(&SmolStr) -> bool| -> Relevant {
            let demands = self.demands(side).for_action(action).iter().filter(|d| wanted(&d.id));
            self.encoder.formulas.asks(demands.flat_map(|d| [d.met, d.failed]))
        };
        let mut relevant = asks(Side::Old, &|id| *id == gap.id);
        relevant.extend(asks(Side::New, &|id| *id == gap.id));
        let tried = self.try_out(gap, action, answers, at, &relevant, (text, others));
        match tried {
            Some((witness, false)) => {
                relevant.extend(asks(gap.way.refuses(), &|id| others.contains(id)));
                let alone = self.try_out(gap, action, answers, at, &relevant, (text, others));
                Some(alone.filter(|(_, alone)| *alone).map_or(witness, |(witness, _)| witness))
            }
            tried => tried.map(|(witness, _)| witness),
        }
    }

    /// Tries what the relevant answers make a test say, and mends it where the allowing policy still finds something
    /// missing. With the witness: whether it shows none of the other gaps.
    fn try_out(
        &self,
        gap: &Gap,
        action: Action,
        answers: &HashMap<Var, bool>,
        at: Timestamp,
        first: &Relevant,
        (text, others): (&str, &[SmolStr]),
    ) -> Option<(Witness, bool)> {
        for by_label in [true, false] {
            for variant in 0..super::patch::VARIANTS {
                let mut relevant = first.clone();
                for _ in 0..ROUNDS {
                    let patch = Patch::new(self, answers, &relevant, action, at, (by_label, variant));
                    let Some(with) = patch.record() else { break };
                    let Some(request) = self.request(at, &with, gap) else { break };
                    let Ok(read) = Request::from_json(&request) else { break };
                    let (old, new) = (judge(self.old, &read), judge(self.new, &read));
                    let (lax, strict) = if gap.way.allows() == Side::Old { (&old, &new) } else { (&new, &old) };
                    if confirms(gap, lax, strict) {
                        let alone = !strict.unmet.iter().any(|id| others.contains(id));
                        return Some((self.witness(gap, at, with, request, (old.outcome, new.outcome), text), alone));
                    }
                    let demands = self.demands(gap.way.allows()).for_action(action).iter();
                    let missing = demands.filter(|d| lax.unmet.contains(&d.id)).map(|d| d.met);
                    let size = relevant.len();
                    relevant.extend(self.encoder.formulas.asks(missing));
                    if relevant.len() == size {
                        break;
                    }
                }
            }
        }
        None
    }

    fn demands(&self, side: Side) -> &Demands {
        match side {
            Side::Old => self.before,
            Side::New => self.after,
        }
    }

    /// The policy whose satisfied baseline is changed: the new one, where it has the environment.
    pub fn base(&self) -> &Asked<'p> {
        if self.new.environment.is_some() { self.new } else { self.old }
    }

    /// An instant at which the clock answers so.
    fn instant(&self, answers: &HashMap<Var, bool>) -> Option<Timestamp> {
        let wanted = super::compare::clock(self.encoder, answers);
        let fits = |cell: &&Cell| wanted.iter().all(|(moment, holds)| cell.answers.get(*moment) == Some(holds));
        let spans = || self.cells.iter().filter(fits).flat_map(|c| &c.spans);
        let behind = spans().filter(|(from, _)| *from >= self.around).min();
        let around = spans().find(|(from, to)| *from <= self.around && self.around < *to).map(|_| self.around);
        around.or_else(|| behind.or_else(|| spans().max()).map(|(from, _)| *from))
    }

    /// The baseline with what differs; what the old policy needs on top of it, when it is the one that allows.
    fn request(&self, at: Timestamp, with: &Record, gap: &Gap) -> Option<Json> {
        let mut draft = self.base().draft(at)?;
        if !testing::patch::apply(&mut draft, with).is_empty() {
            return None;
        }
        let mut request = draft.request();
        if gap.way.allows() == Side::Old
            && self.new.environment.is_some()
            && let Some(old) = self.old.draft(at)
        {
            self.add(&mut request, &old.request());
        }
        Some(request)
    }

    /// Adds to a request for the new policy what only the old one asks for.
    fn add(&self, request: &mut Json, old: &Json) {
        let list = |json: &Json, key: &str| json.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
        let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).map(ToOwned::to_owned);
        let members = |json: &Json| json.get("members").and_then(Json::as_object).cloned().unwrap_or_default();
        let (ours, theirs) = (members(request), members(old));
        let mut all = ours.clone();
        all.extend(theirs.clone().into_iter().filter(|(team, _)| !ours.contains_key(team)));
        let policy = self.new.policy();
        let mut evidence = list(request, "evidence");
        for piece in list(old, "evidence") {
            let gate = text(&piece, "gate").unwrap_or_default();
            if !policy
                .gates
                .get(gate.as_str())
                .is_some_and(|g| self.old.policy().gates.get(gate.as_str()).is_some_and(|o| same_evidence(o, g)))
                || !evidence.iter().any(|e| text(e, "gate").as_deref() == Some(&gate)) && !self.asked_for(&gate)
            {
                evidence.push(piece);
            }
        }
        let mut approvals = list(request, "approvals");
        for vote in list(old, "approvals") {
            let person = text(&vote, "person");
            let foreign = theirs.iter().any(|(team, people)| {
                !ours.contains_key(team)
                    && people.as_array().is_some_and(|p| p.iter().any(|p| p.as_str().map(ToOwned::to_owned) == person))
            });
            if foreign && !approvals.iter().any(|a| text(a, "person") == person) {
                approvals.push(vote);
            }
        }
        let mut deployments = list(request, "deployments");
        for stay in list(old, "deployments") {
            let environment = text(&stay, "environment");
            if !deployments.iter().any(|d| text(d, "environment") == environment)
                && !self.follows(environment.as_deref())
            {
                deployments.push(stay);
            }
        }
        if let Some(request) = request.as_object_mut() {
            request.insert("members".into(), Json::Object(all));
            request.insert("evidence".into(), Json::Array(evidence));
            request.insert("approvals".into(), Json::Array(approvals));
            request.insert("deployments".into(), Json::Array(deployments));
        }
    }

    /// Whether the new environment asks for a gate.
    fn asked_for(&self, gate: &str) -> bool {
        let Some((environment, _)) = &self.new.environment else { return false };
        crate::baseline::all_requirements(self.new.policy(), environment)
            .any(|r| matches!(&r.check, hxp_policy::Check::Gate(used) if used.gate == gate))
    }

    /// Whether the new environment follows another.
    fn follows(&self, other: Option<&str>) -> bool {
        let Some((environment, _)) = &self.new.environment else { return false };
        environment.requirements.iter().any(
            |r| matches!(&r.check, hxp_policy::Check::After { environment, .. } if Some(environment.as_str()) == other),
        )
    }

    fn witness(
        &self,
        gap: &Gap,
        at: Timestamp,
        with: Record,
        request: Json,
        (old, new): (Outcome, Outcome),
        text: &str,
    ) -> Witness {
        let title = format!("{}: {text}", self.name);
        let shows = if gap.way.allows() == Side::New { Verdict::Looser } else { Verdict::Stricter };
        let test = self.test(gap, at, with, new, &title);
        Witness { shows, title, request, old, new, test }
    }

    /// The test that says so, when the new policy passes it as it stands.
    fn test(&self, gap: &Gap, at: Timestamp, with: Record, expect: Outcome, title: &str) -> Option<String> {
        let (environment, _) = self.new.environment.as_ref()?;
        let zone = self.new.policy().home_zone(environment);
        let zone = hxp_policy::time::zone(&zone).unwrap_or(TimeZone::UTC);
        let mut draft = self.new.draft(at)?;
        if !testing::patch::apply(&mut draft, &with).is_empty() {
            return None;
        }
        let said = judge(self.new, &Request::from_json(&draft.request()).ok()?);
        if said.outcome != expect {
            return None;
        }
        let local = gap.id.split_once('.').map(|(_, rest)| SmolStr::from(rest));
        let because = local.filter(|_| expect != Outcome::Allow && said.unmet.contains(&gap.id));
        let case = TestCase {
            title: title.into(),
            row: None,
            environment: environment.name.clone(),
            at: at.to_zoned(zone),
            with,
            expect,
            because: because.into_iter().collect(),
            until: None,
            origin: Origin::default(),
        };
        Some(testing::write_test(&case))
    }
}

/// Whether evidence for a gate in one policy is evidence for it in the other.
fn same_evidence(a: &hxp_policy::Gate, b: &hxp_policy::Gate) -> bool {
    let kind = |g: &hxp_policy::Gate| match &g.proof {
        hxp_policy::Proof::Machine { .. } => None,
        proof => Some(proof.clone()),
    };
    a.subject == b.subject && kind(a) == kind(b) && a.key_params == b.key_params
}

/// Whether evidence with this key is what a policy's gate of that name asks for.
pub(super) fn is_of(key: &EvidenceKey, policy: &Policy) -> bool {
    let Some(gate) = policy.gates.get(&key.gate) else { return false };
    let trust = match (&gate.proof, &key.trust) {
        (hxp_policy::Proof::People(team), Trust::People(other)) => *team == other.name,
        (hxp_policy::Proof::People(_), _) | (_, Trust::People(_)) => false,
        (_, Trust::Machine(issuer)) => gate.properties.get("issuer").and_then(Value::as_str) == issuer.as_deref(),
    };
    trust && gate.subject == key.subject
}

fn judge(asked: &Asked<'_>, request: &Request) -> Said {
    let Some(judgement) = asked.engine.judge(request) else {
        return Said { outcome: Outcome::Deny, unmet: vec!["engine.environment".into()] };
    };
    Said { outcome: judgement.outcome(), unmet: unmet(&judgement) }
}

fn unmet(judgement: &Judgement<'_>) -> Vec<SmolStr> {
    let in_the_way = judgement.judged.iter().filter(|j| j.decides() && j.verdict() != crate::decision::Verdict::Met);
    in_the_way.map(|j| j.requirement.id.clone()).collect()
}

/// Whether what both policies say shows the gap, and by the demand that it is about.
fn confirms(gap: &Gap, lax: &Said, strict: &Said) -> bool {
    if !strict.unmet.contains(&gap.id) {
        return false;
    }
    if gap.refusal {
        strict.outcome == Outcome::Deny && lax.outcome != Outcome::Deny
    } else {
        lax.outcome == Outcome::Allow && strict.outcome != Outcome::Allow
    }
}

/// Whether a formula holds under some answers.
pub(super) fn holds(formulas: &Formulas, node: Node, answers: &HashMap<Var, bool>) -> bool {
    match formulas.shape(node) {
        Shape::True => true,
        Shape::False => false,
        Shape::Var(var) => answers.get(var).copied().unwrap_or(false),
        Shape::Not(inner) => !holds(formulas, *inner, answers),
        Shape::And(parts) => parts.iter().all(|p| holds(formulas, *p, answers)),
        Shape::Or(parts) => parts.iter().any(|p| holds(formulas, *p, answers)),
    }
}

/// A value of a test.
pub(super) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => n.as_i64().map_or(Value::None, Value::Int),
        Json::String(text) => Value::Str(text.as_str().into()),
        Json::Array(list) => Value::List(list.iter().map(value).collect()),
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, v)| field(name, value(v)));
            Value::Record(Record { fields: fields.collect() })
        }
    }
}

/// A field that nobody wrote.
pub(super) fn field(name: &str, value: Value) -> Field {
    Field { name: name.into(), value, origin: Origin::default(), doc: None }
}

/// An instant as a test writes it.
pub(super) fn ago(at: Timestamp, milliseconds: i64, zone: TimeZone) -> Zoned {
    at.checked_sub(SignedDuration::from_millis(milliseconds)).unwrap_or(at).to_zoned(zone)
}

/// The relevant questions.
pub(super) type Relevant = BTreeSet<Var>;
