//! What an environment demands, as formulas: when each demand is met, and when it has failed.

use std::collections::BTreeSet;

use hxp_policy::{
    Check, Clause, Environment, Expiry, Expr, GateUse, Override, Policy, Proof, Requirement, Seats, Subject, Type,
    Value, distinct_seats,
};
use indexmap::IndexMap;
use jiff::Timestamp;
use smol_str::SmolStr;

use super::atoms::{Aspect, EvidenceKey, Matter, Questions, Side, Team, Trust};
use super::calendar::{Calendar, Moment};
use super::exprs::Place;
use super::formula::{FALSE, Formulas, Node, Pair, TRUE};

/// A statement of `approve … distinct` over more teams is compared by its text.
const MOST_TEAMS: usize = 5;

/// The two policies as formulas over the same questions.
#[derive(Debug)]
pub(super) struct Encoder<'p> {
    pub old: &'p Policy,
    pub new: &'p Policy,
    pub formulas: Formulas,
    pub questions: Questions,
    pub calendar: Calendar,
}

/// One demand.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Demand {
    /// Of which requirement.
    pub id: SmolStr,
    /// When it is met, or lifted.
    pub met: Node,
    /// When it has failed.
    pub failed: Node,
}

/// An override in one environment.
struct Lifting<'p> {
    policy_override: &'p Override,
    in_force: Node,
}

impl<'p> Encoder<'p> {
    pub fn new(old: &'p Policy, new: &'p Policy, around: Timestamp) -> Self {
        Self {
            old,
            new,
            formulas: Formulas::default(),
            questions: Questions::default(),
            calendar: Calendar::new(around),
        }
    }

    /// What a deployment and what a rollback needs in an environment, and when a rollback is judged as one: what is no rollback to one of the last healthy
    /// releases is judged as a deployment.
    pub fn environment(&mut self, side: Side, environment: &'p Environment) -> (Vec<Demand>, Vec<Demand>, Node) {
        let deploy = self.demands(side, environment, &environment.requirements);
        let keep = environment.keep();
        let recent = if keep == 0 {
            FALSE
        } else {
            let matter = self.questions.matter(Matter::Healthy);
            self.ask(matter, Aspect::Recent(keep))
        };
        let judged = self.demands(side, environment, environment.rollback_requirements());
        let other = self.formulas.not(recent);
        let mut rollback = Vec::new();
        for (case, demands) in [(recent, &judged), (other, &deploy)] {
            for demand in demands {
                rollback.push(Demand {
                    id: demand.id.clone(),
                    met: self.formulas.implies(case, demand.met),
                    failed: self.formulas.and([case, demand.failed]),
                });
            }
        }
        (deploy, rollback, recent)
    }

    fn demands(&mut self, side: Side, environment: &'p Environment, bound: &'p [Requirement]) -> Vec<Demand> {
        let overrides: Vec<&Override> = self.policy(side).overrides_of(environment).collect();
        let liftings: Vec<Lifting<'p>> = overrides
            .into_iter()
            .map(|o| Lifting { policy_override: o, in_force: self.in_force(side, environment, o) })
            .collect();
        let siblings: Vec<&Requirement> = bound.iter().collect();
        let mut demands = Vec::new();
        for requirement in bound.iter().filter(|r| !r.advisory) {
            let judged = self.requirement(side, environment, requirement, &siblings, &liftings);
            let local = requirement.local_id();
            let lifting = liftings.iter().filter(|l| l.policy_override.waives.iter().any(|w| w.covers(local)));
            let waived = self.formulas.or(lifting.map(|l| l.in_force));
            let binding = self.formulas.not(waived);
            demands.push(Demand {
                id: requirement.id.clone(),
                met: self.formulas.or([judged.yes, waived]),
                failed: self.formulas.and([judged.no, binding]),
            });
        }
        for lifting in &liftings {
            let added: Vec<&Requirement> = lifting.policy_override.requirements_of(environment).collect();
            for requirement in added.iter().filter(|r| !r.advisory) {
                let judged = self.requirement(side, environment, requirement, &added, &[]);
                demands.push(Demand {
                    id: requirement.id.clone(),
                    met: self.formulas.implies(lifting.in_force, judged.yes),
                    failed: self.formulas.and([lifting.in_force, judged.no]),
                });
            }
        }
        demands
    }

    /// When an override acts, as [`crate::engine`] has it.
    fn in_force(&mut self, side: Side, environment: &Environment, o: &Override) -> Node {
        let in_time = match &o.expires {
            Expiry::After(length) => {
                let matter = self.questions.matter(Matter::Incident);
                self.ask(matter, Aspect::Before(length.0))
            }
            Expiry::On(date) => match date.to_zoned(jiff::tz::TimeZone::UTC) {
                Ok(end) => self.before(end.timestamp()),
                Err(_) => FALSE,
            },
            Expiry::At(end) => self.before(end.timestamp()),
        };
        let Some(when) = &o.when else { return in_time };
        let place = Place { side, of: None };
        let fact = |root: &str, field: &str, ty: Type| Expr::Fact { path: vec![root.into(), field.into()], ty };
        let constant = |text: &SmolStr| Box::new(Expr::Const(Value::Str(text.clone())));
        let optional = Type::Optional(Box::new(Type::String));
        let named = Expr::Compare {
            op: hxp_policy::CompareOp::Eq,
            left: Box::new(fact("override", "name", optional.clone())),
            right: constant(&o.name),
            ty: optional,
        };
        let environments = fact("incident", "environments", Type::List(Box::new(Type::String)));
        let covers = Expr::Has(Box::new(environments), constant(&environment.name));
        let open = fact("incident", "open", Type::Bool);
        let acts = [&named, &open, &covers, when].map(|e| self.truth(e, place).yes);
        let acts = self.formulas.and(acts);
        self.formulas.and([in_time, acts])
    }

    fn before(&mut self, end: Timestamp) -> Node {
        let since = self.since(end);
        self.formulas.not(since)
    }

    /// Whether it is that instant or later.
    pub fn since(&mut self, at: Timestamp) -> Node {
        let moment = self.calendar.moment(Moment::Since(at));
        self.time(moment)
    }

    /// Whether a window is open.
    pub fn open(&mut self, window: &SmolStr, side: Side) -> Node {
        let policy = self.policy(side);
        if !policy.windows.contains_key(window) {
            return FALSE;
        }
        let text = self.calendar.text(policy, side, window);
        let moment = self.calendar.moment(Moment::Open { text, side, window: window.clone() });
        self.time(moment)
    }

    fn time(&mut self, moment: usize) -> Node {
        let matter = self.questions.matter(Matter::Time);
        self.ask(matter, Aspect::In(moment))
    }

    /// When a requirement is met, and when it has failed.
    fn requirement(
        &mut self,
        side: Side,
        environment: &Environment,
        requirement: &Requirement,
        siblings: &[&Requirement],
        liftings: &[Lifting<'p>],
    ) -> Pair {
        let judged = self.check(side, environment, requirement, siblings, liftings);
        let Some(when) = &requirement.when else { return judged };
        let applies = self.truth(when, Place { side, of: None });
        Pair { yes: self.formulas.or([applies.no, judged.yes]), no: self.formulas.and([applies.yes, judged.no]) }
    }

    fn check(
        &mut self,
        side: Side,
        environment: &Environment,
        requirement: &Requirement,
        siblings: &[&Requirement],
        liftings: &[Lifting<'p>],
    ) -> Pair {
        match &requirement.check {
            Check::Within(window) => Pair { yes: self.open(window, side), no: FALSE },
            Check::After { environment, soaked } => {
                let matter = self.questions.matter(Matter::Stays(environment.clone()));
                Pair {
                    yes: self.ask(matter, Aspect::Soaked(soaked.map_or(0, |d| d.0))),
                    no: self.ask(matter, Aspect::Spoilt),
                }
            }
            Check::Gate(gate) => self.gate(side, gate),
            Check::Rule { clauses, .. } => {
                let clauses: Vec<Pair> = clauses.iter().map(|c| self.clause(side, c)).collect();
                self.formulas.all(&clauses)
            }
            Check::Approve { team, seats } => {
                let valid = environment.properties.at("approvals.valid").and_then(Value::as_millis).map(|d| d.0);
                self.approve(side, valid, (team, seats), siblings, liftings)
            }
        }
    }

    fn clause(&mut self, side: Side, clause: &Clause) -> Pair {
        let place = Place { side, of: None };
        let condition = self.truth(&clause.condition, place);
        let holds = if clause.deny { condition.not() } else { condition };
        match &clause.when {
            None => holds,
            Some(when) => {
                let not_when = self.truth(when, place).not();
                self.formulas.any(&[not_when, holds])
            }
        }
    }

    fn gate(&mut self, side: Side, used: &GateUse) -> Pair {
        let policy = self.policy(side);
        let Some(gate) = policy.gates.get(&used.gate) else { return Pair::UNKNOWN };
        if let (Proof::Facts, Some(predicate)) = (&gate.proof, &used.predicate) {
            return self.truth(predicate, Place { side, of: None });
        }
        let trust = match &gate.proof {
            Proof::People(team) => Trust::People(self.team(side, team)),
            _ => Trust::Machine(gate.properties.get("issuer").and_then(Value::as_str).map(SmolStr::from)),
        };
        let params = used.args.iter().filter(|(name, _)| gate.key_params.contains(name)).cloned().collect();
        let about_policy = (gate.subject == Subject::Policy).then(|| policy.name.clone());
        let key = EvidenceKey { gate: used.gate.clone(), subject: gate.subject, policy: about_policy, trust, params };
        let matter = self.questions.matter(Matter::Evidence(key));
        let passed = self.ask(matter, Aspect::Passed);
        let bad = self.ask(matter, Aspect::Failed);
        let place = Place { side, of: Some(matter) };
        let fresh = match gate.valid {
            None => TRUE,
            Some(valid) => {
                let age = Expr::Compare {
                    op: hxp_policy::CompareOp::Le,
                    left: Box::new(Expr::Age),
                    right: Box::new(Expr::Const(Value::Quantity(hxp_policy::Quantity {
                        dimension: hxp_policy::Dimension::Duration,
                        amount: valid.0.into(),
                        written: None,
                    }))),
                    ty: Type::Quantity(hxp_policy::Dimension::Duration),
                };
                self.truth(&age, place).yes
            }
        };
        let holds = used.predicate.as_ref().map_or(Pair::known(true), |p| self.truth(p, place));
        let yes = self.formulas.and([passed, fresh, holds.yes]);
        let fails = self.formulas.and([passed, holds.no]);
        let no_data = if gate.fails_on_no_data { self.ask(matter, Aspect::NoData) } else { FALSE };
        let fails = self.formulas.or([fails, bad, no_data]);
        Pair { yes, no: self.formulas.and([fresh, fails]) }
    }

    fn team(&self, side: Side, name: &SmolStr) -> Team {
        let listed = self.policy(side).teams.get(name).and_then(|t| t.members.clone());
        let listed = listed.map(|mut people| {
            people.sort();
            people.dedup();
            people
        });
        Team { name: name.clone(), listed }
    }

    /// Votes of a team: a standing rejection fails, otherwise every seat that binds must be taken.
    fn approve(
        &mut self,
        side: Side,
        valid: Option<i64>,
        (team, seats): (&SmolStr, &[Seats]),
        siblings: &[&Requirement],
        liftings: &[Lifting<'p>],
    ) -> Pair {
        let people = self.questions.matter(Matter::People);
        let rejects = Aspect::Rejects(self.team(side, team));
        let rejects = self.ask(people, rejects);
        let mut taken = Vec::new();
        let mut binding = Vec::new();
        for seat in seats {
            let place = Place { side, of: None };
            let applies = seat.when.as_ref().map_or(Pair::known(true), |when| self.truth(when, place));
            let among = match seat.distinct {
                Some(group) => distinct_seats(group, siblings.iter().copied()),
                None => IndexMap::from([(team.clone(), seat.count)]),
            };
            let enough = self.seat(side, valid, team, &among, liftings);
            taken.push(self.formulas.or([applies.no, enough]));
            binding.push(applies.yes);
        }
        let binds = self.formulas.or(binding);
        let no = self.formulas.and([rejects, binds]);
        let accepted = self.formulas.not(no);
        taken.push(accepted);
        Pair { yes: self.formulas.and(taken), no }
    }

    /// Whether a team lacks nobody in a statement; teams that an override lifts leave it.
    fn seat(
        &mut self,
        side: Side,
        valid: Option<i64>,
        team: &SmolStr,
        among: &IndexMap<SmolStr, u32>,
        liftings: &[Lifting<'p>],
    ) -> Node {
        if among.len() < 2 {
            return self.nobody_lacks(side, valid, team, among);
        }
        let liftable: Vec<(SmolStr, Node)> = among
            .keys()
            .map(|team| {
                let id = format!("approve.{team}");
                let lifts = liftings.iter().filter(|l| l.policy_override.waives.iter().any(|w| w.covers(&id)));
                (team.clone(), self.formulas.or(lifts.map(|l| l.in_force)))
            })
            .filter(|(_, lifted)| *lifted != FALSE)
            .collect();
        if liftable.len() > MOST_TEAMS {
            let people = self.questions.matter(Matter::People);
            return self.ask(people, Aspect::Whole(format!("{side:?} {team} among {among:?}")));
        }
        let mut cases = Vec::new();
        for lifted in 0..1_u32 << liftable.len() {
            let mut left = among.clone();
            let mut case = Vec::new();
            for (i, (team, node)) in liftable.iter().enumerate() {
                if lifted & (1 << i) == 0 {
                    case.push(self.formulas.not(*node));
                } else {
                    case.push(*node);
                    left.shift_remove(team);
                }
            }
            case.push(self.nobody_lacks(side, valid, team, &left));
            cases.push(self.formulas.and(case));
        }
        self.formulas.or(cases)
    }

    /// Hall's theorem, as [`crate::approvals`] counts: a team lacks people if it is part of a smallest group of teams
    /// that together have fewer people than places.
    fn nobody_lacks(&mut self, side: Side, valid: Option<i64>, team: &SmolStr, among: &IndexMap<SmolStr, u32>) -> Node {
        let people = self.questions.matter(Matter::People);
        let teams: Vec<(Team, u32)> = among.iter().map(|(name, count)| (self.team(side, name), *count)).collect();
        if teams.len() > MOST_TEAMS {
            let mut listed: Vec<String> = teams.iter().map(|(team, count)| format!("{count} {team:?}")).collect();
            listed.sort();
            return self.ask(people, Aspect::Whole(format!("{team} among {valid:?} {listed:?}")));
        }
        let crowds: Vec<(u32, Node)> = (1..1_u32 << teams.len())
            .map(|crowd| {
                let inside: Vec<&(Team, u32)> =
                    teams.iter().enumerate().filter(|(i, _)| crowd & (1 << i) != 0).map(|(_, t)| t).collect();
                let places = inside.iter().map(|(_, count)| *count).fold(0_u32, u32::saturating_add);
                let names: BTreeSet<Team> = inside.iter().map(|(team, _)| team.clone()).collect();
                let enough = self.ask(people, Aspect::Enough { valid, teams: names, people: places });
                (crowd, enough)
            })
            .collect();
        let mut all = Vec::new();
        for (member, _) in &teams {
            all.push(self.ask(people, Aspect::Electorate(member.clone())));
        }
        let of_team = teams.iter().position(|(t, _)| t.name == *team).map_or(0, |i| 1_u32 << i);
        for (crowd, enough) in crowds.iter().filter(|(crowd, _)| crowd & of_team != 0) {
            let within = crowds.iter().filter(|(other, _)| other != crowd && other & crowd == *other);
            let mut fine = vec![*enough];
            for (_, other) in within {
                fine.push(self.formulas.not(*other));
            }
            all.push(self.formulas.or(fine));
        }
        self.formulas.and(all)
    }
}
