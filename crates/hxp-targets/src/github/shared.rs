//! Workflows that all environments share: signatures of people, pending deployments asked again, incidents told.

use std::collections::BTreeSet;

use hxp_policy::{Channel, Environment, Event, EventRef, Policy};

use super::actions::Pins;
use super::options::Options;
use super::workflow::{Condition, Input, Job, On, Step, Value, Workflow, may};
use super::{data, gates};

/// A token that may read the members of the organisation's teams; needs a GitHub App of the organisation.
pub fn teams_token(pins: &mut Pins<'_>) -> Step {
    Step::uses("Get a token that reads teams", pins.pin("actions/create-github-app-token"))
        .id("teams")
        .when("vars.HXP_APP_CLIENT_ID != ''")
        .with("client-id", Value::expression("vars.HXP_APP_CLIENT_ID"))
        .with("private-key", Value::expression("secrets.HXP_APP_PRIVATE_KEY"))
        .with("owner", Value::expression("github.repository_owner"))
        .with("permission-members", "read")
}

/// The policy and the scripts.
pub fn checkout(pins: &mut Pins<'_>) -> Step {
    Step::uses("Check out the policy", pins.pin("actions/checkout")).with("persist-credentials", false)
}

fn group(name: &str, by: &str) -> Value {
    Value::joined([format!("{name}-").into(), Value::expression(by)])
}

/// `hxp-sign.yml`: a person signs a gate. The run is the signature: GitHub says who started it, its title what it says.
pub fn sign(policy: &Policy, environments: &[&Environment], pins: &mut Pins<'_>) -> Option<Workflow> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut unlisted = false;
    for environment in environments {
        for (gate, team) in gates::signed(policy, environment) {
            names.insert(gate.name.to_string());
            unlisted |= policy.teams.get(team).is_none_or(|t| t.members.is_none());
        }
    }
    if names.is_empty() {
        return None;
    }
    let choice = |name, description: &str, options: Vec<String>| Input {
        name,
        description: description.to_owned(),
        options: Some(options),
        default: None,
        required: true,
    };
    let subject = Input {
        name: "subject",
        description: "Of what: a commit, tag or version; an environment; the number of an incident; the policy's name"
            .to_owned(),
        options: None,
        default: None,
        required: true,
    };
    let mut steps = vec![checkout(pins)];
    if unlisted {
        steps.push(teams_token(pins));
    }
    let mut check = Step::run("Check who signs what", "bash .github/hxp/sign.sh")
        .env("GH_TOKEN", Value::expression("github.token"))
        .env("HXP_GATE", Value::expression("inputs.gate"))
        .env("HXP_OF", Value::expression("inputs.subject"))
        .env("HXP_VERDICT", Value::expression("inputs.verdict"));
    if unlisted {
        check = check.env("HXP_TEAMS_TOKEN", Value::expression("steps.teams.outputs.token"));
    }
    steps.push(check);
    let job = Job {
        id: "sign".to_owned(),
        name: "Signature".to_owned(),
        comments: vec![
            "Who may sign is checked here for the signer's sake, and again whenever the signature counts.".to_owned(),
        ],
        runner: "ubuntu-latest".to_owned(),
        minutes: 5,
        permissions: vec![may("read", "contents", "check out the policy and the scripts")],
        steps,
        ..Job::default()
    };
    let resume = Job {
        id: "resume".to_owned(),
        name: "Ask again".to_owned(),
        comments: vec!["A deployment may have waited for this signature.".to_owned()],
        needs: vec!["sign".to_owned()],
        runner: "ubuntu-latest".to_owned(),
        minutes: 10,
        permissions: vec![
            may("write", "actions", "start the pending runs again"),
            may("read", "contents", "check out the policy and the scripts"),
            may("read", "deployments", "whether something newer was deployed"),
        ],
        steps: vec![
            checkout(pins),
            Step::run("Ask again", "bash .github/hxp/resume.sh")
                .env("GH_TOKEN", Value::expression("github.token"))
                .env("HXP_ASK", "all"),
        ],
        ..Job::default()
    };
    Some(Workflow {
        header: super::header(policy, None),
        name: "Sign a gate".to_owned(),
        run_name: Some(Value::joined([
            Value::expression("inputs.verdict"),
            ": ".into(),
            Value::expression("inputs.gate"),
            " of ".into(),
            Value::expression("inputs.subject"),
        ])),
        env: Vec::new(),
        on: vec![On::Dispatch(vec![
            choice("gate", "What is signed", names.into_iter().collect()),
            subject,
            choice("verdict", "What you say of it", vec!["passed".to_owned(), "failed".to_owned()]),
        ])],
        group: Some(group("sign", "github.run_id")),
        jobs: vec![job, resume],
    })
}

/// `hxp-resume.yml`: asks again for what is pending, once its time has come.
pub fn resume(policy: &Policy, options: &Options, pins: &mut Pins<'_>) -> Workflow {
    let ask = Input {
        name: "ask",
        description: "Whom to ask again: those whose time has come, or all that wait".to_owned(),
        options: Some(vec!["due".to_owned(), "all".to_owned()]),
        default: Some("due".to_owned()),
        required: false,
    };
    let job = Job {
        id: "resume".to_owned(),
        name: "Ask again".to_owned(),
        runner: "ubuntu-latest".to_owned(),
        minutes: 10,
        permissions: vec![
            may("write", "actions", "start the pending runs again"),
            may("read", "contents", "check out the policy and the scripts"),
            may("read", "deployments", "whether something newer was deployed"),
        ],
        steps: vec![
            checkout(pins),
            Step::run("Ask again for what is pending", "bash .github/hxp/resume.sh")
                .env("GH_TOKEN", Value::expression("github.token"))
                .env("HXP_ASK", Value::expression("inputs.ask || 'due'")),
        ],
        ..Job::default()
    };
    Workflow {
        header: super::header(policy, None),
        name: "Resume pending deployments".to_owned(),
        run_name: None,
        env: Vec::new(),
        on: vec![On::Schedule(vec![options.resume.clone()]), On::Dispatch(vec![ask])],
        group: Some(Value::text("hxp-resume")),
        jobs: vec![job],
    }
}

/// What happened to the issue, as an event of the policy.
const INCIDENT_EVENT: &str = "github.event.action == 'closed' && 'incident.resolved' || 'incident.declared'";

/// Whether anybody is told of incidents in that environment.
pub fn tells_of_incidents(policy: &Policy, environment: &Environment) -> bool {
    data::notices(policy, environment).iter().any(|n| n.on.iter().any(is_incident))
}

fn is_incident(event: &EventRef) -> bool {
    matches!(event, EventRef::Event(Event::IncidentDeclared | Event::IncidentResolved))
}

/// `hxp-incident.yml`: tells the channels that an incident was declared or resolved.
pub fn incident(
    policy: &Policy,
    environments: &[&Environment],
    options: &Options,
    pins: &mut Pins<'_>,
) -> Option<Workflow> {
    let told: Vec<&&Environment> = environments.iter().filter(|e| tells_of_incidents(policy, e)).collect();
    if told.is_empty() {
        return None;
    }
    let mut ids = super::names::JobIds::default();
    let jobs = told.iter().map(|environment| incident_job(policy, environment, options, pins, &mut ids)).collect();
    Some(Workflow {
        header: super::header(policy, None),
        name: "Tell of incidents".to_owned(),
        // The ledger of duties reads from the title of which incident the channels were told.
        run_name: Some(Value::joined([
            Value::expression(INCIDENT_EVENT),
            " #".into(),
            Value::expression("github.event.issue.number"),
        ])),
        env: Vec::new(),
        on: vec![On::Issues(vec!["labeled", "closed"])],
        group: Some(group("incident", "github.run_id")),
        jobs,
    })
}

fn incident_job(
    policy: &Policy,
    environment: &Environment,
    options: &Options,
    pins: &mut Pins<'_>,
    ids: &mut super::names::JobIds,
) -> Job {
    // Secrets of those alone who are told of incidents.
    let told: Vec<_> =
        data::notices(policy, environment).into_iter().filter(|n| n.on.iter().any(is_incident)).collect();
    let is_told = |channel: &&Channel| told.iter().any(|n| n.channel == channel.name);
    let channels: Vec<&Channel> = data::channels(policy, environment).into_iter().filter(is_told).collect();
    let step = Step::run("Tell the channels", "bash .github/hxp/notify.sh")
        .env("GH_TOKEN", Value::expression("github.token"))
        .env("HXP_ENVIRONMENT", environment.name.as_str())
        .env("HXP_EVENTS", Value::expression(INCIDENT_EVENT))
        .env("HXP_ABOUT", Value::expression("github.event.issue.title"));
    let step = channels.iter().fold(step, |step, channel| {
        let secret = data::secret(channel);
        let value = Value::expression(format!("secrets.{secret}"));
        step.env(secret, value)
    });
    let label = super::workflow::quoted(&options.incident_label);
    Job {
        id: ids.fresh(&format!("tell_{}", environment.name)),
        name: format!("Incident: {}", environment.name),
        comments: vec![
            "A label can be set by whoever may triage issues; it declares the incident, nothing more.".to_owned(),
        ],
        condition: Some(Condition::all([
            format!(
                "((github.event.action == 'labeled' && github.event.label.name == {label}) || \
                 (github.event.action == 'closed' && contains(github.event.issue.labels.*.name, {label})))"
            ),
            // Labels may narrow an incident to some environments.
            format!(
                "(!contains(join(github.event.issue.labels.*.name, ' '), 'environment:') || \
                 contains(github.event.issue.labels.*.name, {}) || contains(github.event.issue.labels.*.name, {}))",
                super::workflow::quoted(&format!("environment: {}", environment.name)),
                super::workflow::quoted(&format!("environment:{}", environment.name)),
            ),
        ])),
        runner: environment.runner.as_deref().unwrap_or("ubuntu-latest").to_owned(),
        minutes: 10,
        permissions: vec![may("read", "contents", "check out the policy and the scripts")],
        steps: vec![checkout(pins), step],
        ..Job::default()
    }
}
