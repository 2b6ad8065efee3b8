//! `README.md` beside the scripts: what must be set up once, how a deployment goes, and what GitHub cannot do.

use std::collections::BTreeMap;

use hxp_emit::markdown::{code, table};
use hxp_policy::{Environment, Policy, Value};

use super::options::Options;
use super::{data, gates, stamp};

/// How a deployment goes, whatever the policy.
const HOW: &str = "\
## How a deployment goes

1. **Request**: the event is read, the release is resolved to its digests. What the policy does not deploy on ends here.
2. **Gates** run side by side. A gate that the policy asks for without conditions fails its job; of the others the decision
   weighs the evidence.
3. **Decision**: the compiled policy is asked. A denial stops the run; so does waiting for anything but approvals or a window.
4. **Approvals**: a job for each seat, in an environment of the team, because GitHub is content with one reviewer. That the
   seats are taken by different members, none of them an author, the publisher or who asks, is counted by the decision.
5. **Decision again**, right before the deployment, with the time and the approvals of that moment.
6. **Deployment**, then a watch over the policy's triggers. What fails, or what a trigger condemns, is rolled back to the
   last healthy release, by its recorded revision.
7. **Audit record**: an artifact of the run, attested where the plan has attestations, however the run ended.

**Duties** are what the policy wants done after an event. Nobody keeps their ledger, it is read: what a deployment owes
stands in its record, which only the workflow's own identity writes; what an incident owes, the policy says; what was done
are the workflow's statuses of those records, the signatures, and the runs that told of an incident. *Look after duties*
opens an issue for each that is overdue and closes it once it is done.

**Roll back** by starting the workflow by hand with the action `rollback`. **Sign** what people must sign with *Sign a gate*:
the run is the signature. An **incident** is an issue with the incident label; labels `environment: NAME`, set before it, narrow it. An
**override** is named when the workflow is started by hand. A run that has to wait fails with code 3, and *Resume pending
deployments* starts it again at the instant that the decision named; a signature starts it again at once.

## What this cannot do

- Whoever may change workflows or settings may get around them. Keep the credentials of an environment in the GitHub
  environment, let the cloud trust only its OIDC subject, and compare the settings with `settings-compare.sh`.
- A gate believes what the release's own commands say of it; reviews are what keeps these honest.
- A tag can be put on any commit, and a workflow comes from there: let only those create tags who may release.
- GitHub does not say when a review was given; the start of the job that it let go counts.
- A comparison of 300 files or more is cut short by GitHub; then the changed files stay unknown, and what depends on them waits.
- The first deployment has nothing to compare with: set the variable `HXP_FIRST_COMMIT` to the commit from which on changes count.
- Triggers are watched for a while after each deployment, not all the time.
- Duties of deployments are those of an environment's last fifty. Whoever may triage issues can declare, narrow and resolve
  incidents, and whoever may write deployments can delete a record: GitHub's audit log tells, the ledger does not.
- A schedule of GitHub may be late or, under load, left out.
- A concurrency group keeps one deployment waiting: a third one in the queue cancels the second.
";

/// Its text.
pub fn document(policy: &Policy, environments: &[&Environment], options: &Options) -> String {
    let mut text = format!("<!-- {} -->\n\n# Deployments by policy\n\n", stamp(policy).replace("--", "- -"));
    text.push_str(
        "The workflows `deploy-*.yml` and `hxp-*.yml` run the scripts of this folder. `settings.json` is what must be set up \
         behind GitHub's API:\n`settings-apply.sh` does it, `settings-compare.sh` says what differs.\n\n## To set up once\n\n",
    );
    text.push_str(&table(&["Secret", "Where", "What for"], &rows(&secrets(policy, environments, options))));
    text.push('\n');
    text.push_str(&table(&["Variable", "Where", "What for"], &rows(&variables(policy, environments))));
    text.push('\n');
    text.push_str(HOW);
    text
}

/// What for, by name and place.
type Needs = BTreeMap<(String, String), String>;

fn rows(needs: &Needs) -> Vec<Vec<String>> {
    needs.iter().map(|((name, place), why)| vec![code(name), place.clone(), why.clone()]).collect()
}

fn need(needs: &mut Needs, name: &str, place: &str, why: &str) {
    needs.insert((name.to_owned(), place.to_owned()), why.to_owned());
}

fn secrets(policy: &Policy, environments: &[&Environment], options: &Options) -> Needs {
    let mut all = Needs::new();
    for environment in environments {
        let place = format!("environment {}", code(&environment.name));
        if options.login.is_none() {
            need(&mut all, "HXP_KUBECONFIG", &place, "reaches the cluster");
        }
        if reads_metrics(environment) {
            need(&mut all, "HXP_PROMETHEUS_TOKEN", &place, "reads the metrics, if Prometheus wants a token");
        }
        for channel in data::channels(policy, environment) {
            let kind = channel.to.get("kind").and_then(Value::as_str).unwrap_or_default();
            let why = match kind {
                "slack" => "address of the incoming webhook of the Slack channel",
                "pagerduty" => "routing key of the service's Events API v2 integration",
                "status_page" => "API key of the status page",
                "webhook" => "key that signs the messages",
                _ => "address that takes the message as JSON and passes it on",
            };
            need(&mut all, &data::secret(channel), "repository", why);
        }
    }
    if needs_teams(policy, environments) {
        need(
            &mut all,
            "HXP_APP_PRIVATE_KEY",
            "repository",
            "key of a GitHub App of the organisation that may read members",
        );
    }
    if !policy.images.is_empty() {
        need(
            &mut all,
            "HXP_REGISTRY_PASSWORD",
            "repository",
            "reads the images' digests, if the registry wants a login",
        );
    }
    all
}

fn variables(policy: &Policy, environments: &[&Environment]) -> Needs {
    let mut all = Needs::new();
    for environment in environments.iter().filter(|e| reads_metrics(e)) {
        let place = format!("environment {}", code(&environment.name));
        need(&mut all, "HXP_PROMETHEUS_URL", &place, "answers the queries of the triggers");
    }
    if needs_teams(policy, environments) {
        need(
            &mut all,
            "HXP_APP_CLIENT_ID",
            "repository",
            "client id of that GitHub App; without it approvals cannot count",
        );
    }
    if !policy.images.is_empty() {
        need(
            &mut all,
            "HXP_REGISTRY_USERNAME",
            "repository",
            "reads the images' digests, if the registry wants a login",
        );
    }
    let charts = policy.charts.values().any(|c| c.repo.is_some() && c.properties.get("url").is_none());
    if charts {
        need(&mut all, "HXP_HELM_REPOSITORY", "repository", "address of the chart repository");
    }
    need(
        &mut all,
        "HXP_FIRST_COMMIT",
        "repository",
        "before the first deployment: the commit from which on changes count",
    );
    all
}

fn reads_metrics(environment: &Environment) -> bool {
    data::watched(environment).iter().any(|w| !w.condition.metrics.is_empty())
}

/// Whether some team is one whose members only GitHub knows.
fn needs_teams(policy: &Policy, environments: &[&Environment]) -> bool {
    let unlisted = |name: &smol_str::SmolStr| policy.teams.get(name).is_none_or(|t| t.members.is_none());
    environments.iter().any(|e| {
        data::teams_of(policy, e).iter().any(unlisted) || gates::signed(policy, e).iter().any(|(_, t)| unlisted(t))
    })
}
