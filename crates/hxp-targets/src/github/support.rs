//! What this target does about everything that a policy asks, and how strongly.

use hxp_policy::{Check, Duty, Environment, Event, EventRef, Owed, Policy, Proof, Requirement, RuleSubject};

use super::options::Options;
use super::{FOLDER, data, duties, events, gates, settings};
use crate::{Context, Enforcement, Strength};

/// Every requirement, duty, notice and rule of the environments to produce.
pub fn all(context: &Context<'_>, environments: &[&Environment]) -> Vec<Enforcement> {
    let options = Options::read(context.options);
    let mut list = Vec::new();
    for environment in environments {
        let one = Environments { policy: context.policy, environment, options: &options };
        one.collect(&mut list);
    }
    for rule in context.policy.rules.values() {
        if matches!(rule.subject, RuleSubject::Kind(_)) {
            list.push(entry(
                format!("rule.{}", rule.name),
                Strength::None,
                "",
                Some("a workflow sees no object of the cluster"),
            ));
        }
    }
    list
}

/// Of these events no record is kept.
const UNSEEN: &str =
    "the ledger knows of deployments and incidents; of triggers, and of runs that deployed nothing, it does not";

struct Environments<'a> {
    policy: &'a Policy,
    environment: &'a Environment,
    options: &'a Options,
}

fn entry(id: impl AsRef<str>, strength: Strength, file: &str, partly: Option<&str>) -> Enforcement {
    Enforcement { id: id.as_ref().into(), strength, file: file.into(), partly: partly.map(str::to_owned) }
}

impl Environments<'_> {
    fn collect(&self, list: &mut Vec<Enforcement>) {
        let environment = self.environment;
        if !events::has_workflow(environment) {
            let ids = environment.duties.iter().map(|d| &d.id);
            for id in ids {
                list.push(entry(
                    id,
                    Strength::None,
                    "",
                    Some("the environment is deployed from a person's own machine"),
                ));
            }
            return;
        }
        for requirement in &environment.requirements {
            list.push(self.requirement(requirement));
        }
        if let Some(rollback) = &environment.rollback {
            for requirement in &rollback.requirements {
                let mut answer = self.requirement(requirement);
                if matches!(requirement.check, Check::Approve { .. }) {
                    answer.partly =
                        Some("an automatic rollback has no time to wait for it: it stops as pending".to_owned());
                }
                list.push(answer);
            }
            list.push(self.rollback());
        }
        for grant in gates::overrides_of(self.policy, environment) {
            for requirement in gates::additions(grant, environment) {
                list.push(self.requirement(requirement));
            }
            for duty in grant.duties.iter().filter(|d| gates::is_of(&d.id, environment)) {
                list.push(self.duty(duty));
            }
        }
        for duty in &environment.duties {
            list.push(self.duty(duty));
        }
        for notice in data::notices(self.policy, environment) {
            list.push(self.notice(&notice));
        }
    }

    fn workflow(&self) -> String {
        super::workflow_file(self.environment)
    }

    fn requirement(&self, requirement: &Requirement) -> Enforcement {
        let settings_file = format!("{FOLDER}/settings.json");
        let (strength, file, partly) = match &requirement.check {
            _ if requirement.advisory => (Strength::Advisory, self.workflow(), None),
            Check::Approve { team, .. } => match self.policy.teams.get(team).and_then(|t| t.github.as_ref()) {
                Some(_) => (
                    Strength::Hard,
                    settings_file,
                    Some(
                        "GitHub asks for one reviewer of the team before each approval job; that the seats are taken by \
                         different people, none of them an author, is counted by the decision in the workflow; whoever may \
                         change the settings may bypass them",
                    ),
                ),
                None => (
                    Strength::Soft,
                    self.workflow(),
                    Some(
                        "the team has no `github`, so its approval environment has no reviewers: only the decision counts",
                    ),
                ),
            },
            Check::Gate(used) if settings::reviews(self.policy, used).is_some() => {
                let partly = "the ruleset asks for the reviews of what is merged from now on; of what was merged before, the \
                              decision asks";
                (Strength::Hard, settings_file, Some(partly))
            }
            Check::Gate(used) => self.gate(used),
            Check::Within(_) => (
                Strength::Soft,
                self.workflow(),
                Some(
                    "asked right before the deployment starts; one that runs on past the end of the window is not stopped",
                ),
            ),
            Check::After { .. } => {
                let partly = "a stay counts as healthy from the watch after its deployment on; alarms after the watch end it only by a rollback";
                (Strength::Soft, self.workflow(), Some(partly))
            }
            Check::Rule { .. } => (Strength::Soft, self.workflow(), None),
        };
        entry(&requirement.id, strength, &file, partly)
    }

    fn gate(&self, used: &hxp_policy::GateUse) -> (Strength, String, Option<&'static str>) {
        let gate = self.policy.gates.get(&used.gate);
        match gate.map(|g| &g.proof) {
            Some(Proof::Facts) if mentions_duties(used) => (
                Strength::Soft,
                self.workflow(),
                Some("the ledger holds the duties of all incidents and of the environment's last fifty deployments"),
            ),
            _ => (Strength::Soft, self.workflow(), None),
        }
    }

    fn duty(&self, duty: &Duty) -> Enforcement {
        let unseen = !duty.on.iter().all(duties::is_known);
        let (strength, partly) = match &duty.what {
            Owed::Notify(_) => (Strength::Soft, unseen.then_some(UNSEEN)),
            Owed::Gate(used) if duties::by_machine(self.policy, duty) => match duties::condition(used) {
                Some(_) => (Strength::Soft, unseen.then_some(UNSEEN)),
                None => {
                    let partly = "its gate runs right after the deployment; no script can compare what it yields, so that \
                                  the duty stays open in the ledger";
                    (Strength::Soft, Some(partly))
                }
            },
            Owed::Gate(used) if self.signed(used) => (Strength::Advisory, unseen.then_some(UNSEEN)),
            Owed::Gate(_) => {
                (Strength::Advisory, Some("nothing runs its gate then: the duty stays open in the ledger"))
            }
        };
        let strength = if duty.advisory { Strength::Advisory } else { strength };
        let file = match &duty.what {
            Owed::Gate(_) if duties::by_machine(self.policy, duty) => self.workflow(),
            _ => format!("{}/hxp-duties.yml", super::WORKFLOWS),
        };
        entry(&duty.id, strength, &file, partly)
    }

    fn signed(&self, used: &hxp_policy::GateUse) -> bool {
        self.policy.gates.get(&used.gate).is_some_and(|g| matches!(g.proof, Proof::People(_)))
    }

    fn notice(&self, notice: &hxp_policy::Notice) -> Enforcement {
        let id = format!("{}.notify.{}", self.environment.name, notice.channel);
        let watched: Vec<_> = data::watched(self.environment).into_iter().map(|w| w.name).collect();
        let unseen = notice.on.iter().any(|e| matches!(e, EventRef::Trigger(name) if !watched.contains(name)));
        let incident =
            notice.on.iter().any(|e| matches!(e, EventRef::Event(Event::IncidentDeclared | Event::IncidentResolved)));
        let triggers = notice.on.iter().any(|e| matches!(e, EventRef::Trigger(_)));
        let partly = if incident && notice.when.is_some() {
            Some("told of incidents only without a condition: there is no change to ask about")
        } else if unseen {
            Some("some of its triggers are raised by people or need what a workflow cannot ask")
        } else if triggers {
            Some("triggers are watched for a while after each deployment, not all the time")
        } else {
            None
        };
        let file = if incident { format!("{}/hxp-incident.yml", super::WORKFLOWS) } else { self.workflow() };
        entry(id, Strength::Soft, &file, partly)
    }

    fn rollback(&self) -> Enforcement {
        let minutes = data::watch_seconds(self.policy, self.environment, self.options) / 60;
        let partly = format!("triggers are watched for {minutes} minutes after each deployment, not all the time");
        entry(format!("{}.rollback", self.environment.name), Strength::Soft, &self.workflow(), Some(&partly))
    }
}

fn mentions_duties(used: &hxp_policy::GateUse) -> bool {
    let mut found = false;
    if let Some(predicate) = &used.predicate {
        predicate.walk(&mut |e| {
            found |= matches!(e, hxp_policy::Expr::Fact { path, .. } if path.first().is_some_and(|p| p == "duties"));
        });
    }
    found
}
