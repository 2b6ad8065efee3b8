//! The decision: every requirement of an environment judged on the facts of a request, and the worst of them.

use std::cell::OnceCell;
use std::collections::HashMap;

use hxp_policy::time::Prepared;
use hxp_policy::{
    Check, Clause, Environment, Expiry, Expr, Gate, GateUse, Outcome, Override, Policy, Proof, Requirement, Seats,
    distinct_seats,
};
use jiff::Timestamp;
use smol_str::SmolStr;

use crate::approvals::{self, Among, Electorate, Team, Vote, Wanted};
use crate::decision::Verdict;
use crate::eval::{Facts, Matchers, all, any};
use crate::evidence::{self, Found, Issuer};
use crate::promotion::{self, Stay};
use crate::request::{Action, Request};

/// A policy made ready to decide: what patterns match is known, each window has its zone.
#[derive(Debug)]
pub struct Engine<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) matchers: Matchers<'p>,
    pub(crate) windows: Prepared,
    dockets: HashMap<&'p str, Docket<'p>>,
    /// The digest by which decisions name the policy.
    pub(crate) digest: Option<SmolStr>,
}

/// What may have to be judged in an environment, with all that can be looked up before there is a request.
#[derive(Debug)]
struct Docket<'p> {
    environment: &'p Environment,
    deployment: Vec<Point<'p>>,
    rollback: Vec<Point<'p>>,
    overrides: Vec<Grant<'p>>,
}

/// A requirement and what belongs to it.
#[derive(Debug)]
struct Point<'p> {
    requirement: &'p Requirement,
    /// The gate that it asks for, and who may give its evidence.
    gate: Option<(&'p Gate, Issuer<'p>)>,
    /// The team that it asks for.
    team: Option<Team<'p>>,
    /// The overrides that lift it while they are in force, by name.
    waivers: Vec<&'p Override>,
}

/// An override, and the requirements that it adds.
#[derive(Debug)]
struct Grant<'p> {
    granted: &'p Override,
    /// When it ends, if that does not depend on an incident.
    end: Option<Timestamp>,
    added: Vec<Point<'p>>,
}

impl<'p> Docket<'p> {
    fn new(policy: &'p Policy, environment: &'p Environment) -> Self {
        let mut lifting: Vec<&Override> = policy.overrides_of(environment).collect();
        lifting.sort_by_key(|o| &o.name);
        let point = |requirement: &'p Requirement, lifting: &[&'p Override]| {
            let lifts = |o: &&&Override| o.waives.iter().any(|w| w.covers(requirement.local_id()));
            let (gate, team) = match &requirement.check {
                Check::Gate(used) => (policy.gates.get(&used.gate), None),
                Check::Approve { team, .. } => (None, Some(Team::of(policy, team))),
                _ => (None, None),
            };
            let gate = gate.map(|gate| (gate, Issuer::of(policy, gate)));
            Point { requirement, gate, team, waivers: lifting.iter().filter(lifts).copied().collect() }
        };
        let grant = |granted: &'p Override| {
            // What an override adds, no other one lifts.
            let added = granted.requirements_of(environment).map(|r| point(r, &[])).collect();
            Grant { granted, end: fixed(&granted.expires), added }
        };
        Self {
            environment,
            deployment: environment.requirements.iter().map(|r| point(r, &lifting)).collect(),
            rollback: environment.rollback_requirements().iter().map(|r| point(r, &lifting)).collect(),
            overrides: policy.overrides_of(environment).map(grant).collect(),
        }
    }

    /// What an action must meet.
    fn points(&self, action: Action) -> &[Point<'p>] {
        if action == Action::Rollback { &self.rollback } else { &self.deployment }
    }
}

/// How one requirement stands, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged<'e> {
    /// The requirement.
    pub requirement: &'e Requirement,
    /// How it stands, were it not for overrides and `@advisory`.
    pub finding: Finding<'e>,
    /// The override in force that lifts it.
    pub waived_by: Option<&'e Override>,
}

/// Why a requirement stands as it does.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding<'e> {
    /// Its condition does not hold, so it does not bind.
    NotApplicable,
    /// Whether its condition holds is unknown; it would stand so.
    Unsure(Box<Finding<'e>>),
    /// A gate by evidence: which is the newest, and whether it satisfies the gate's condition.
    Gate(&'e GateUse, Found<'e>, Option<bool>),
    /// A gate by facts.
    Fact(&'e GateUse, Option<bool>),
    /// A rule: how each of its clauses came out.
    Rule(&'e SmolStr, Vec<(&'e Clause, Option<bool>)>),
    /// A window: whether it is open.
    Within(&'e SmolStr, bool),
    /// Promotion: the stays of this release in the other environment.
    After(&'e SmolStr, i64, Vec<Stay>),
    /// People.
    Approve(&'e SmolStr, Vote),
}

impl<'e> Finding<'e> {
    /// The gate and its evidence, if this is a gate that counts. While it is unknown whether it binds, only evidence that
    /// settles it counts.
    pub fn evidence(&self) -> Option<(&'e GateUse, &Found<'e>)> {
        match self {
            Self::Gate(used, found, _) => Some((used, found)),
            Self::Unsure(inner) if inner.verdict() == Verdict::Met => inner.evidence(),
            _ => None,
        }
    }

    /// Met, waiting or failed.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::NotApplicable => Verdict::Met,
            Self::Unsure(inner) => match inner.verdict() {
                Verdict::Met => Verdict::Met,
                _ => Verdict::Waiting,
            },
            Self::Gate(_, found, holds) => found.verdict(*holds),
            Self::Fact(_, holds) => three(*holds),
            Self::Rule(_, clauses) => three(all(clauses.iter().map(|(_, holds)| *holds))),
            Self::Within(_, open) => {
                if *open {
                    Verdict::Met
                } else {
                    Verdict::Waiting
                }
            }
            Self::After(_, soak, stays) => promotion::verdict(stays, *soak),
            Self::Approve(_, vote) => vote.verdict(),
        }
    }
}

fn three(holds: Option<bool>) -> Verdict {
    match holds {
        Some(true) => Verdict::Met,
        Some(false) => Verdict::Failed,
        None => Verdict::Waiting,
    }
}

impl Judged<'_> {
    /// How it stands in the decision.
    pub fn verdict(&self) -> Verdict {
        match self.finding.verdict() {
            _ if self.waived_by.is_some() => Verdict::Waived,
            Verdict::Met => Verdict::Met,
            _ if self.requirement.advisory => Verdict::Advice,
            verdict => verdict,
        }
    }

    /// Whether it has a say in the outcome.
    pub fn decides(&self) -> bool {
        decides(self.requirement, self.waived_by)
    }

    /// What it says to the outcome.
    fn say(&self) -> Option<Verdict> {
        self.decides().then(|| self.finding.verdict())
    }
}

/// All requirements of an environment, judged.
#[derive(Debug)]
pub struct Judgement<'e> {
    /// Where.
    pub environment: &'e Environment,
    /// The action as it is judged.
    pub action: Action,
    /// The requirements that bind it.
    pub judged: Vec<Judged<'e>>,
    /// The overrides in force.
    pub in_force: Vec<&'e Override>,
    pub(crate) engine: &'e Engine<'e>,
    pub(crate) request: &'e Request,
}

impl Judgement<'_> {
    /// The worst of what decides: failed denies, waiting leaves it pending.
    pub fn outcome(&self) -> Outcome {
        worst(self.judged.iter().filter_map(Judged::say).min())
    }
}

fn worst(verdict: Option<Verdict>) -> Outcome {
    match verdict {
        Some(Verdict::Failed) => Outcome::Deny,
        Some(Verdict::Waiting) => Outcome::Pending,
        _ => Outcome::Allow,
    }
}

impl<'p> Engine<'p> {
    /// Makes a policy ready.
    pub fn new(policy: &'p Policy) -> Self {
        let mut matchers = Matchers::default();
        for label in policy.labels.values() {
            matchers.learn_label(label);
        }
        let of_environments =
            policy.environments.values().flat_map(|e| e.requirements.iter().chain(e.rollback_requirements()));
        let of_overrides = policy.overrides.values().flat_map(|o| &o.requirements);
        for requirement in of_environments.chain(of_overrides) {
            expressions(requirement, &mut |e| matchers.learn(e));
        }
        let conditions = policy.overrides.values().filter_map(|o| o.when.as_ref());
        let duties = policy.environments.values().flat_map(|e| &e.duties);
        let duties = duties.chain(policy.overrides.values().flat_map(|o| &o.duties));
        let notices = policy.environments.values().flat_map(|e| &e.notices);
        let notices = notices.chain(policy.overrides.values().flat_map(|o| &o.notices));
        let whens = duties.filter_map(|d| d.when.as_ref()).chain(notices.filter_map(|n| n.when.as_ref()));
        for expr in conditions.chain(whens) {
            matchers.learn(expr);
        }
        let docket = |(name, environment)| (SmolStr::as_str(name), Docket::new(policy, environment));
        let dockets = policy.environments.iter().map(docket).collect();
        Self { policy, matchers, windows: Prepared::new(&policy.windows), dockets, digest: None }
    }

    /// Lets decisions name the policy by a digest: that of its Rego, where there is one, so that all engines say the same.
    #[must_use]
    pub fn known_as(self, digest: Option<SmolStr>) -> Self {
        Self { digest, ..self }
    }

    /// The policy.
    pub fn policy(&self) -> &'p Policy {
        self.policy
    }

    /// Judges everything that the request's action must meet in its environment; `None` when the policy has no such
    /// environment.
    pub fn judge<'e>(&'e self, request: &'e Request) -> Option<Judgement<'e>> {
        let docket = self.dockets.get(request.environment.as_str())?;
        let court = Court::new(self, docket, request);
        let action = court.action();
        let judged = court.matters(action).map(|matter| court.hear(&matter)).collect();
        let in_force = court.in_force.iter().map(|grant| grant.granted).collect();
        Some(Judgement { environment: docket.environment, action, judged, in_force, engine: self, request })
    }

    /// The outcome alone, without the reasons; deny for an environment that the policy does not have.
    pub fn outcome(&self, request: &Request) -> Outcome {
        let Some(docket) = self.dockets.get(request.environment.as_str()) else { return Outcome::Deny };
        let court = Court::new(self, docket, request);
        let mut verdict = Verdict::Met;
        for matter in court.matters(court.action()).filter(Matter::decides) {
            verdict = verdict.min(court.finding(&matter).verdict());
            if verdict == Verdict::Failed {
                break;
            }
        }
        worst(Some(verdict))
    }

    pub(crate) fn facts<'e>(&'e self, request: &'e Request) -> Facts<'e> {
        Facts { policy: self.policy, matchers: &self.matchers, windows: &self.windows, request, evidence: None }
    }
}

/// Calls `visit` on the expressions of a requirement.
pub(crate) fn expressions<'p>(requirement: &'p Requirement, visit: &mut impl FnMut(&'p Expr)) {
    requirement.when.iter().for_each(&mut *visit);
    match &requirement.check {
        Check::Gate(gate) => gate.predicate.iter().for_each(visit),
        Check::Approve { seats, .. } => seats.iter().filter_map(|s| s.when.as_ref()).for_each(visit),
        Check::Rule { clauses, .. } => {
            for clause in clauses {
                visit(&clause.condition);
                clause.when.iter().for_each(&mut *visit);
            }
        }
        Check::After { .. } | Check::Within(_) => {}
    }
}

/// When an override ends; `None` while it is unknown when the incident was declared.
pub(crate) fn expiry(o: &Override, request: &Request) -> Option<Timestamp> {
    match &o.expires {
        Expiry::After(length) => {
            let declared = request.incident.declared_at.flatten()?;
            declared.checked_add(jiff::SignedDuration::from_millis(length.0)).ok()
        }
        fixed => self::fixed(fixed),
    }
}

/// When an override ends that does not depend on an incident.
fn fixed(expiry: &Expiry) -> Option<Timestamp> {
    match expiry {
        Expiry::After(_) => None,
        Expiry::On(date) => date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp()),
        Expiry::At(at) => Some(at.timestamp()),
    }
}

/// A requirement that a request is to meet.
struct Matter<'e> {
    point: &'e Point<'e>,
    /// All requirements that are stated beside it.
    siblings: &'e [Point<'e>],
    /// Whether an override adds it.
    added: bool,
    waived_by: Option<&'e Override>,
}

impl Matter<'_> {
    /// Whether it has a say in the outcome.
    fn decides(&self) -> bool {
        decides(self.point.requirement, self.waived_by)
    }
}

/// Whether a requirement has a say in the outcome.
fn decides(requirement: &Requirement, waived_by: Option<&Override>) -> bool {
    waived_by.is_none() && !requirement.advisory
}

/// One hearing: a request before the requirements of its environment.
struct Court<'e> {
    engine: &'e Engine<'e>,
    docket: &'e Docket<'e>,
    request: &'e Request,
    facts: Facts<'e>,
    in_force: Vec<&'e Grant<'e>>,
    electorate: OnceCell<Electorate<'e>>,
}

impl<'e> Court<'e> {
    fn new(engine: &'e Engine<'e>, docket: &'e Docket<'e>, request: &'e Request) -> Self {
        let facts = engine.facts(request);
        let mut court = Self { engine, docket, request, facts, in_force: Vec::new(), electorate: OnceCell::new() };
        court.in_force = docket.overrides.iter().filter(|grant| court.acts(grant)).collect();
        court
    }

    /// Everything that the action must meet, one after the other.
    fn matters(&self, action: Action) -> impl Iterator<Item = Matter<'e>> {
        let points = self.docket.points(action);
        let own = points.iter().map(move |point| {
            let waived_by = self.waived_by(point);
            Matter { point, siblings: points, added: false, waived_by }
        });
        let added = self.in_force.iter().flat_map(|grant| {
            let points = &grant.added;
            points.iter().map(|point| Matter { point, siblings: points, added: true, waived_by: None })
        });
        own.chain(added)
    }

    fn hear(&self, matter: &Matter<'e>) -> Judged<'e> {
        Judged { requirement: matter.point.requirement, finding: self.finding(matter), waived_by: matter.waived_by }
    }

    /// A waiver until it expires. Break-glass only if the request names it, its condition holds, and an open incident
    /// covers the environment.
    fn acts(&self, grant: &Grant<'_>) -> bool {
        let o = grant.granted;
        let in_time = || grant.end.or_else(|| expiry(o, self.request)).is_some_and(|end| self.request.at < end);
        let Some(when) = &o.when else { return in_time() };
        let incident = &self.request.incident;
        self.request.invoked.as_ref().is_some_and(|named| named.as_ref() == Some(&o.name))
            && in_time()
            && incident.open == Some(true)
            && incident.environments.as_ref().is_some_and(|all| all.contains(&self.docket.environment.name))
            && self.facts.truth(when, None) == Some(true)
    }

    /// A rollback goes back to one of the last healthy releases; any other is judged as a deployment.
    fn action(&self) -> Action {
        let request = self.request;
        if request.action != Action::Rollback {
            return request.action;
        }
        let environment = self.docket.environment;
        let keep = usize::try_from(environment.keep()).unwrap_or(usize::MAX);
        let recent = promotion::healthy_releases(request, &environment.name);
        let known = recent.iter().rev().take(keep).any(|release| Some(*release) == request.release.identity.as_deref());
        if known { Action::Rollback } else { Action::Deploy }
    }

    fn waived_by(&self, point: &Point<'e>) -> Option<&'e Override> {
        let acts = |waiver: &&Override| self.in_force.iter().any(|grant| std::ptr::eq(grant.granted, *waiver));
        point.waivers.iter().copied().find(acts)
    }

    fn finding(&self, matter: &Matter<'e>) -> Finding<'e> {
        let when = matter.point.requirement.when.as_ref();
        match when.map_or(Some(true), |when| self.facts.truth(when, None)) {
            Some(true) => self.check(matter),
            Some(false) => Finding::NotApplicable,
            None => Finding::Unsure(Box::new(self.check(matter))),
        }
    }

    fn check(&self, matter: &Matter<'e>) -> Finding<'e> {
        let point = matter.point;
        match &point.requirement.check {
            Check::Within(window) => Finding::Within(window, self.engine.windows.is_open(window, self.request.at)),
            Check::After { environment, soaked } => {
                let soak = soaked.map_or(0, |d| d.0);
                Finding::After(environment, soak, promotion::stays(self.request, environment))
            }
            Check::Gate(gate) => self.gate(gate, point.gate),
            Check::Rule { rule, clauses } => {
                Finding::Rule(rule, clauses.iter().map(|clause| (clause, self.clause(clause))).collect())
            }
            Check::Approve { team, seats } => {
                let seats: Vec<Wanted> = seats.iter().map(|seat| self.seat(seat, matter)).collect();
                let electorate = || {
                    self.electorate
                        .get_or_init(|| Electorate::new(self.engine.policy, self.docket.environment, self.request))
                };
                let asked = point.team.unwrap_or_else(|| Team::of(self.engine.policy, team));
                Finding::Approve(team, approvals::vote(electorate, asked, &seats))
            }
        }
    }

    fn gate(&self, gate: &'e GateUse, declared: Option<(&'e Gate, Issuer<'e>)>) -> Finding<'e> {
        if let (Some(Proof::Facts), Some(predicate)) = (declared.map(|(g, _)| &g.proof), &gate.predicate) {
            return Finding::Fact(gate, self.facts.truth(predicate, None));
        }
        let found = evidence::newest(self.engine.policy, self.docket.environment, self.request, gate, declared);
        let holds = match (&gate.predicate, found.evidence) {
            (None, _) => Some(true),
            (Some(predicate), evidence) => Facts { evidence, ..self.facts }.truth(predicate, None),
        };
        Finding::Gate(gate, found, holds)
    }

    fn clause(&self, clause: &Clause) -> Option<bool> {
        let holds = self.facts.truth(&clause.condition, None);
        let holds = if clause.deny { holds.map(|b| !b) } else { holds };
        match &clause.when {
            None => holds,
            Some(when) => any([self.facts.truth(when, None).map(|b| !b), holds].into_iter()),
        }
    }

    /// Whether a seat binds, and how many people of which teams must be there. A waived team leaves the statement whose
    /// places different people must take; what an override adds cannot be waived.
    fn seat(&self, seat: &Seats, matter: &Matter<'_>) -> Wanted {
        let applies = seat.when.as_ref().map_or(Some(true), |when| self.facts.truth(when, None));
        let Some(group) = seat.distinct.filter(|_| applies != Some(false)) else {
            return Wanted { applies, among: Among::One(seat.count) };
        };
        let mut among = distinct_seats(group, matter.siblings.iter().map(|point| point.requirement));
        if among.len() > 1 && !matter.added {
            among.retain(|team, _| {
                let id = format!("approve.{team}");
                !self.in_force.iter().any(|grant| grant.granted.waives.iter().any(|w| w.covers(&id)))
            });
        }
        Wanted { applies, among: Among::Many(among) }
    }
}
