//! What is owed after an event: the table that `duties.sh` makes the ledger of, and the workflow that looks after it.

use hxp_policy::{Duty, Environment, Event, EventRef, GateUse, Override, Owed, Policy, Proof};
use serde_json::{Value as Json, json};

use super::actions::Pins;
use super::options::Options;
use super::workflow::{Job, On, Step, Value, Workflow, may};
use super::{data, gates};

/// The duties of an environment, with the override that adds each.
pub fn of<'a>(
    policy: &'a Policy,
    environment: &'a Environment,
) -> impl Iterator<Item = (&'a Duty, Option<&'a Override>)> {
    let own = environment.duties.iter().map(|duty| (duty, None));
    let grants = gates::overrides_of(policy, environment).into_iter();
    own.chain(grants.flat_map(move |o| o.duties_of(environment).map(move |duty| (duty, Some(o)))))
}

/// The duties as `duties.sh` reads them.
pub fn table(policy: &Policy, environment: &Environment) -> Json {
    of(policy, environment)
        .map(|(duty, grant)| {
            let on: Vec<&str> = duty.on.iter().map(data::event_word).collect();
            let slug = duty.owner.as_ref().and_then(|name| policy.teams.get(name)).and_then(|t| t.github.as_ref());
            json!({
                "id": duty.id,
                "on": on,
                "seconds": duty.due.seconds(),
                "owner": duty.owner,
                "mention": slug.map(|slug| format!("@{slug}")),
                "advisory": duty.advisory,
                // A waiver is in force without being named.
                "override": grant.filter(|o| o.when.is_some()).map(|o| &o.name),
                "met": met(policy, &duty.what),
            })
        })
        .collect()
}

/// By what a duty is met.
fn met(policy: &Policy, what: &Owed) -> Json {
    let used = match what {
        Owed::Notify(channel) => return json!({ "channel": channel }),
        Owed::Gate(used) => used,
    };
    let Some(gate) = policy.gates.get(&used.gate) else { return json!({ "gate": used.gate }) };
    if let Proof::People(team) = &gate.proof {
        let declared = policy.teams.get(team);
        return json!({
            "signature": gate.name,
            "subject": gates::subject_word(gate.subject),
            "team": team,
            "github": declared.and_then(|t| t.github.clone()),
            "members": declared.and_then(|t| t.members.clone()),
        });
    }
    let key: serde_json::Map<String, Json> = used
        .args
        .iter()
        .filter(|(name, _)| gate.key_params.contains(name))
        .map(|(name, value)| (name.to_string(), data::to_json(value)))
        .collect();
    json!({ "gate": gate.name, "key": key, "condition": condition(used) })
}

/// What the gate's results must be, as jq; `None` if a script cannot tell.
pub fn condition(used: &GateUse) -> Option<String> {
    match &used.predicate {
        None => Some("true".to_owned()),
        Some(predicate) => super::condition::compile(predicate).map(|c| c.jq),
    }
}

/// Whether a machine of the workflow does it, right after the deployment.
pub fn by_machine(policy: &Policy, duty: &Duty) -> bool {
    let runs = |used: &GateUse| policy.gates.get(&used.gate).is_some_and(|g| gates::commands(g).is_some());
    matches!(&duty.what, Owed::Gate(used) if runs(used)) && gates::is_after_deployment(duty)
}

/// Whether the end of the workflow has duties of gates to record.
pub fn settles_gates(policy: &Policy, environment: &Environment) -> bool {
    environment.duties.iter().any(|duty| by_machine(policy, duty))
}

/// Whether telling the channels of a deployment is a duty.
pub fn settles_notices(policy: &Policy, environment: &Environment) -> bool {
    of(policy, environment).any(|(duty, _)| matches!(duty.what, Owed::Notify(_)) && duty.on.iter().any(is_recorded))
}

/// Whether a record of a deployment tells of that event.
pub fn is_recorded(event: &EventRef) -> bool {
    matches!(event, EventRef::Event(Event::Deployed | Event::Failed | Event::RolledBack | Event::Overridden))
}

/// Whether the ledger knows of that event.
pub fn is_known(event: &EventRef) -> bool {
    is_recorded(event) || matches!(event, EventRef::Event(Event::IncidentDeclared | Event::IncidentResolved))
}

/// `hxp-duties.yml`: looks through the ledgers and opens an issue for what is overdue.
pub fn workflow(
    policy: &Policy,
    environments: &[&Environment],
    options: &Options,
    pins: &mut Pins<'_>,
) -> Option<Workflow> {
    let owing: Vec<&&Environment> = environments.iter().filter(|e| of(policy, e).next().is_some()).collect();
    if owing.is_empty() {
        return None;
    }
    let unlisted = |name: &smol_str::SmolStr| policy.teams.get(name).is_none_or(|t| t.members.is_none());
    let asks_teams = owing.iter().flat_map(|e| of(policy, e)).any(|(duty, _)| match &duty.what {
        Owed::Gate(used) => match policy.gates.get(&used.gate).map(|g| &g.proof) {
            Some(Proof::People(team)) => unlisted(team),
            _ => false,
        },
        Owed::Notify(_) => false,
    });
    let mut steps = vec![super::shared::checkout(pins)];
    let mut tend = Step::run("Look after the duties", "bash .github/hxp/duties.sh tend")
        .env("GH_TOKEN", Value::expression("github.token"));
    if asks_teams {
        steps.push(super::shared::teams_token(pins));
        tend = tend.env("HXP_TEAMS_TOKEN", Value::expression("steps.teams.outputs.token"));
    }
    steps.push(tend);
    let job = Job {
        id: "duties".to_owned(),
        name: "Duties".to_owned(),
        comments: vec![
            "An issue for each duty that is overdue, which mentions who owes it and closes once it is done.".to_owned(),
        ],
        runner: "ubuntu-latest".to_owned(),
        minutes: 15,
        permissions: vec![
            may("read", "actions", "people's signatures, and when channels were told"),
            may("read", "contents", "check out the policy and the scripts"),
            may("read", "deployments", "what was deployed, what is owed for it, and what was done"),
            may("write", "issues", "read incidents; open and close the issues of overdue duties"),
        ],
        steps,
        ..Job::default()
    };
    Some(Workflow {
        header: super::header(policy, None),
        name: "Look after duties".to_owned(),
        run_name: None,
        env: Vec::new(),
        on: vec![On::Schedule(vec![options.duties.clone()]), On::Dispatch(Vec::new())],
        group: Some(Value::text("hxp-duties")),
        jobs: vec![job],
    })
}
