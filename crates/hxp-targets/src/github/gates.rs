//! Which machine gates an environment's workflow runs, and how much hangs on each.

use std::collections::BTreeSet;

use hxp_policy::{
    Check, Duty, Environment, Event, EventRef, Gate, GateUse, Origin, Override, Owed, Policy, Proof, Requirement,
    Subject, Value,
};
use smol_str::SmolStr;

use super::names::JobIds;

/// Whether the job of a gate fails when the gate does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Always: nothing lifts it.
    Always,
    /// Unless the run names one of these overrides, each of which waives it.
    UnlessOverridden(Vec<SmolStr>),
    /// Never: it binds on a condition, is waived or only advisory; the decision weighs its evidence.
    Weighed,
}

/// One run of one gate.
#[derive(Clone, Debug)]
pub struct GateRun<'a> {
    /// The id of its job.
    pub job: String,
    /// The gate.
    pub gate: &'a Gate,
    /// Arguments that the command gets.
    pub args: Vec<(SmolStr, Value)>,
    /// Ids of what asks for it.
    pub asked_by: Vec<Asked>,
    /// Whether its job fails with it.
    pub strictness: Strictness,
    /// It runs only for these overrides; `None`: always.
    pub only_for: Option<BTreeSet<SmolStr>>,
    /// Only advisory statements ask for it: its job never holds anything up.
    pub advisory: bool,
}

impl GateRun<'_> {
    /// The arguments that belong to the evidence's key.
    pub fn key(&self) -> Vec<(SmolStr, Value)> {
        self.args.iter().filter(|(name, _)| self.gate.key_params.contains(name)).cloned().collect()
    }
}

/// The shell commands of a gate that a machine proves.
pub fn commands(gate: &Gate) -> Option<(&str, Option<&str>)> {
    match &gate.proof {
        Proof::Machine { run, collect } => Some((run, collect.as_deref())),
        Proof::People(_) | Proof::Facts => None,
    }
}

/// Overrides that can act on an environment.
pub fn overrides_of<'a>(policy: &'a Policy, environment: &Environment) -> Vec<&'a Override> {
    let covers = |o: &&Override| o.environments.is_empty() || o.environments.contains(&environment.name);
    policy.overrides.values().filter(covers).collect()
}

/// Overrides that a run can name.
pub fn nameable<'a>(policy: &'a Policy, environment: &Environment) -> Vec<&'a Override> {
    overrides_of(policy, environment).into_iter().filter(|o| o.when.is_some()).collect()
}

/// What an override adds in an environment.
pub fn additions<'a>(grant: &'a Override, environment: &'a Environment) -> impl Iterator<Item = &'a Requirement> {
    grant.requirements.iter().filter(|r| is_of(&r.id, environment))
}

/// Whether an id is one of the environment's.
pub fn is_of(id: &str, environment: &Environment) -> bool {
    id.strip_prefix(environment.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
}

/// The gates that run before a deployment, one run a gate and key.
pub fn before<'a>(policy: &'a Policy, environment: &'a Environment, ids: &mut JobIds) -> Vec<GateRun<'a>> {
    let mut runs = Runs { policy, ids, prefix: "gate", all: Vec::new() };
    for requirement in &environment.requirements {
        let strictness = strictness(policy, environment, requirement);
        runs.requirement(requirement, strictness, None);
    }
    for grant in overrides_of(policy, environment) {
        let only = grant.when.is_some().then(|| BTreeSet::from([grant.name.clone()]));
        for requirement in additions(grant, environment) {
            let weighed = requirement.advisory || requirement.when.is_some();
            let strictness = if weighed { Strictness::Weighed } else { Strictness::Always };
            runs.requirement(requirement, strictness, only.clone());
        }
    }
    runs.all
}

/// The gates that a rollback itself asks for.
pub fn of_rollback<'a>(policy: &'a Policy, environment: &'a Environment, ids: &mut JobIds) -> Vec<GateRun<'a>> {
    let mut runs = Runs { policy, ids, prefix: "gate", all: Vec::new() };
    for requirement in environment.rollback.iter().flat_map(|r| &r.requirements) {
        runs.requirement(requirement, Strictness::Weighed, None);
    }
    runs.all
}

/// The gates that are owed once a deployment is done.
pub fn owed_after<'a>(policy: &'a Policy, environment: &'a Environment, ids: &mut JobIds) -> Vec<GateRun<'a>> {
    let mut runs = Runs { policy, ids, prefix: "duty", all: Vec::new() };
    for duty in &environment.duties {
        if let (Owed::Gate(used), true) = (&duty.what, is_after_deployment(duty)) {
            runs.add(used, &duty.id, duty.origin, duty.advisory, Strictness::Weighed, None);
        }
    }
    runs.all
}

/// Whether a duty begins with a deployment.
pub fn is_after_deployment(duty: &Duty) -> bool {
    duty.on.contains(&EventRef::Event(Event::Deployed))
}

fn strictness(policy: &Policy, environment: &Environment, requirement: &Requirement) -> Strictness {
    let local = requirement.local_id();
    let waived_for_good = environment.waives.iter().any(|w| w.covers(local));
    let (named, standing): (Vec<&Override>, Vec<&Override>) = overrides_of(policy, environment)
        .into_iter()
        .filter(|o| o.waives.iter().any(|w| w.covers(local)))
        .partition(|o| o.when.is_some());
    if requirement.advisory || requirement.when.is_some() || waived_for_good || !standing.is_empty() {
        Strictness::Weighed
    } else if named.is_empty() {
        Strictness::Always
    } else {
        Strictness::UnlessOverridden(named.into_iter().map(|o| o.name.clone()).collect())
    }
}

struct Runs<'a, 'i> {
    policy: &'a Policy,
    ids: &'i mut JobIds,
    prefix: &'static str,
    all: Vec<GateRun<'a>>,
}

impl<'a> Runs<'a, '_> {
    fn requirement(&mut self, requirement: &'a Requirement, strictness: Strictness, only: Option<BTreeSet<SmolStr>>) {
        if let Check::Gate(used) = &requirement.check {
            self.add(used, &requirement.id, requirement.origin, requirement.advisory, strictness, only);
        }
    }

    fn add(
        &mut self,
        used: &'a GateUse,
        id: &SmolStr,
        origin: Origin,
        advisory: bool,
        strictness: Strictness,
        only: Option<BTreeSet<SmolStr>>,
    ) {
        let Some(gate) = self.policy.gates.get(&used.gate).filter(|g| commands(g).is_some()) else { return };
        let key = |args: &[(SmolStr, Value)]| -> Vec<(SmolStr, Value)> {
            args.iter().filter(|(name, _)| gate.key_params.contains(name)).cloned().collect()
        };
        let same = |run: &&mut GateRun<'_>| run.gate.name == gate.name && run.key() == key(&used.args);
        if let Some(run) = self.all.iter_mut().find(same) {
            // Uses that differ only in what the predicate compares with share a run; the command gets what they agree on.
            run.args.retain(|arg| used.args.contains(arg));
            run.asked_by.push((id.clone(), origin));
            run.advisory &= advisory;
            run.strictness = stricter(&run.strictness, &strictness);
            run.only_for = match (run.only_for.take(), only) {
                (Some(a), Some(b)) => Some(a.union(&b).cloned().collect()),
                _ => None,
            };
            return;
        }
        let job = self.ids.fresh(&format!("{}_{}", self.prefix, gate.name));
        let args = used.args.clone();
        let asked_by = vec![(id.clone(), origin)];
        self.all.push(GateRun { job, gate, args, asked_by, strictness, only_for: only, advisory });
    }
}

fn stricter(a: &Strictness, b: &Strictness) -> Strictness {
    match (a, b) {
        (Strictness::Always, _) | (_, Strictness::Always) => Strictness::Always,
        (Strictness::UnlessOverridden(a), Strictness::UnlessOverridden(b)) => {
            Strictness::UnlessOverridden(a.iter().filter(|o| b.contains(o)).cloned().collect())
        }
        (Strictness::Weighed, other) | (other, Strictness::Weighed) => other.clone(),
    }
}

/// The subject's kind, as evidence names it.
pub fn subject_word(subject: Subject) -> &'static str {
    match subject {
        Subject::Commit => "commit",
        Subject::Release => "release",
        Subject::Deployment => "deployment",
        Subject::Environment => "environment",
        Subject::Incident => "incident",
        Subject::Policy => "policy",
    }
}

/// Gates that people sign, of everything an environment asks for, each once.
pub fn signed<'a>(policy: &'a Policy, environment: &'a Environment) -> Vec<(&'a Gate, &'a SmolStr)> {
    let grants = overrides_of(policy, environment);
    let requirements = environment
        .requirements
        .iter()
        .chain(environment.rollback.iter().flat_map(|r| &r.requirements))
        .chain(grants.iter().flat_map(|o| additions(o, environment)))
        .filter_map(|r| match &r.check {
            Check::Gate(used) => Some(used),
            _ => None,
        });
    let duties = environment
        .duties
        .iter()
        .chain(grants.iter().flat_map(|o| o.duties.iter().filter(|d| is_of(&d.id, environment))))
        .filter_map(|d| match &d.what {
            Owed::Gate(used) => Some(used),
            Owed::Notify(_) => None,
        });
    let mut all: Vec<(&Gate, &SmolStr)> = Vec::new();
    for used in requirements.chain(duties) {
        if let Some(gate) = policy.gates.get(&used.gate)
            && let Proof::People(team) = &gate.proof
            && !all.iter().any(|(g, _)| g.name == gate.name)
        {
            all.push((gate, team));
        }
    }
    all
}

/// What asks for something, by its id, and where.
pub type Asked = (SmolStr, Origin);

/// A team whose approval an environment can ask for.
#[derive(Clone, Debug)]
pub struct Approver {
    /// The team.
    pub team: SmolStr,
    /// The most seats that any statement asks for.
    pub seats: u32,
    /// Who asks.
    pub asked_by: Vec<Asked>,
}

/// Teams whose approval an environment can ask for, each once.
pub fn approvers(policy: &Policy, environment: &Environment) -> Vec<Approver> {
    let grants = overrides_of(policy, environment);
    let requirements = environment
        .requirements
        .iter()
        .chain(environment.rollback.iter().flat_map(|r| &r.requirements))
        .chain(grants.iter().flat_map(|o| additions(o, environment)));
    let mut all: Vec<Approver> = Vec::new();
    for requirement in requirements {
        let Check::Approve { team, seats } = &requirement.check else { continue };
        let most = seats.iter().map(|s| s.count).max().unwrap_or(1).max(1);
        let place = (requirement.id.clone(), requirement.origin);
        match all.iter_mut().find(|approver| approver.team == *team) {
            Some(approver) => {
                approver.seats = approver.seats.max(most);
                approver.asked_by.push(place);
            }
            None => all.push(Approver { team: team.clone(), seats: most, asked_by: vec![place] }),
        }
    }
    all
}
