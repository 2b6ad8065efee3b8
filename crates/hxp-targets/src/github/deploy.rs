//! The workflow of one environment: what is asked, the gates, the decision, the approvals, the deployment with a second
//! decision right before it, the rollback, the duties, the record and the messages.

use hxp_policy::{Channel, Environment, Event, EventMatch, EventRef, Method, Policy, Subject, Value as PolicyValue};

use super::FOLDER;
use super::actions::Pins;
use super::gates::{self, Approver, Asked, GateRun, Strictness};
use super::names::{self, JobIds};
use super::options::Options;
use super::workflow::{Condition, Input, Job, On, Permission, Step, Value, Workflow, may, quoted};
use super::{data, duties, events, filters};

const READ_CONTENTS: Permission = may("read", "contents", "check out the policy and the scripts");
const READ_RUNS: Permission = may("read", "actions", "this run's artifacts and reviews, and people's signatures");
const READ_DEPLOYMENTS: Permission = may("read", "deployments", "what is live, and how long it was healthy");
const WRITE_DEPLOYMENTS: Permission = may("write", "deployments", "read and keep the record of deployments");
const READ_ISSUES: Permission = may("read", "issues", "incidents");
const READ_PULLS: Permission = may("read", "pull-requests", "the change: its pull requests and their reviews");

/// Where the scripts lie beside a release that an action works on.
const SCRIPTS: &str = ".hxp-policy";

/// Whether the request goes on at all.
const GO: &str = "needs.request.outputs.go == 'true'";

/// Builds the workflow of an environment.
pub struct Builder<'a, 'p> {
    /// The policy.
    pub policy: &'a Policy,
    /// The environment.
    pub environment: &'a Environment,
    /// The manifest's options.
    pub options: &'a Options,
    /// Pinned actions.
    pub pins: &'p mut Pins<'a>,
}

/// A person asks to go back.
const GO_BACK: &str = "needs.request.outputs.action == 'rollback'";

/// A seat for which a job waits.
struct Seat {
    job: String,
    team: String,
    number: u32,
    output: String,
    asked_by: Vec<Asked>,
}

impl Builder<'_, '_> {
    /// The workflow.
    pub fn build(mut self) -> Workflow {
        let mut ids = JobIds::default();
        for fixed in ["request", "decide", "deploy", "rollback", "audit", "announce", "notify"] {
            ids.fresh(fixed);
        }
        let before = gates::before(self.policy, self.environment, &mut ids);
        let owed = gates::owed_after(self.policy, self.environment, &mut ids);
        let on_rollback = gates::of_rollback(self.policy, self.environment, &mut JobIds::default());
        let seats = self.seats(&mut ids);
        let channels = data::channels(self.policy, self.environment);

        let mut jobs = vec![self.request()];
        jobs.extend(before.iter().map(|run| self.gate(run)));
        jobs.push(self.decide(&before, &seats));
        jobs.extend(seats.iter().map(|seat| self.approval(seat, &seats)));
        if !channels.is_empty() {
            jobs.push(self.announce(&channels));
        }
        jobs.push(self.deploy(&before, &seats));
        if self.environment.rollback.is_some() {
            jobs.push(self.rollback(&on_rollback, &seats));
        }
        jobs.extend(owed.iter().map(|run| self.duty(run)));
        let everything: Vec<String> = jobs.iter().map(|j| j.id.clone()).filter(|id| id != "announce").collect();
        jobs.push(self.audit(everything));
        if !channels.is_empty() {
            jobs.push(self.notify(&channels));
        }
        Workflow {
            header: super::header(self.policy, Some((self.environment, self.options))),
            name: format!("Deploy to {}", self.title()),
            run_name: Some(self.run_name()),
            on: self.triggers(),
            env: self.variables(),
            // A run that waits for people must hold up nobody, so each is a group of its own; the deployment queues.
            group: Some(Value::joined([
                format!("{}-", self.environment.name).into(),
                Value::expression("github.run_id"),
            ])),
            jobs,
        }
    }

    fn title(&self) -> &str {
        self.environment.title.as_ref().unwrap_or(&self.environment.name)
    }

    fn run_name(&self) -> Value {
        Value::joined([
            Value::text(format!("{}: ", self.environment.name)),
            Value::expression("inputs.action || 'deploy'"),
            " ".into(),
            Value::expression("inputs.release || github.ref_name"),
        ])
    }

    /// What every script and gate may read.
    fn variables(&self) -> Vec<(String, Value)> {
        let environment = self.environment;
        let name = ("HXP_ENVIRONMENT".to_owned(), environment.name.as_str().into());
        let namespace = environment.namespace.iter().map(|n| ("HXP_NAMESPACE".to_owned(), n.as_str().into()));
        let url = environment.url.iter().map(|u| ("HXP_URL".to_owned(), u.as_str().into()));
        std::iter::once(name).chain(namespace).chain(url).collect()
    }

    // ── what starts it

    fn triggers(&self) -> Vec<On> {
        let of = |event: Event| {
            let all = self.environment.deploys.iter().flat_map(|d| &d.events);
            all.filter(move |e| e.event == event)
        };
        let mut on = Vec::new();
        if of(Event::Push).next().is_some() {
            on.push(push(&of(Event::Push).collect::<Vec<_>>()));
        }
        if of(Event::Release).next().is_some() {
            on.push(On::Release);
        }
        if of(Event::Schedule).next().is_some() {
            on.push(On::Schedule(events::crons(self.environment)));
        }
        on.push(On::Dispatch(self.inputs()));
        on
    }

    fn inputs(&self) -> Vec<Input> {
        let text = |name, description: &str| Input {
            name,
            description: description.to_owned(),
            options: None,
            default: None,
            required: false,
        };
        let choice = |name, description: &str, options: Vec<String>| Input {
            name,
            description: description.to_owned(),
            default: options.first().cloned(),
            options: Some(options),
            required: false,
        };
        let actions = data::actions(self.policy, self.environment);
        let none = || std::iter::once("none".to_owned());
        let mut all = vec![
            choice("action", "What to do", actions.iter().map(|a| (*a).to_owned()).collect()),
            text(
                "release",
                if actions.contains(&"rollback") {
                    "Which release: a tag, branch or commit (empty: this ref; to roll back: the last healthy one before)"
                } else {
                    "Which release: a tag, branch or commit (empty: this ref)"
                },
            ),
        ];
        let overrides = gates::nameable(self.policy, self.environment);
        if !overrides.is_empty() {
            let names = none().chain(overrides.iter().map(|o| o.name.to_string())).collect();
            all.push(choice("override", "Invoke an override; it acts only while the policy lets it", names));
            all.push(text("reason", "Why the override is needed"));
            all.push(text("ticket", "Where that is argued"));
        }
        if self.is_about_incidents() {
            all.push(text("incident", "Number of the incident's issue (empty: the newest open one)"));
        }
        let raised = data::raised_triggers(self.policy, self.environment);
        if !raised.is_empty() {
            let names = none().chain(raised.iter().map(|(name, _)| name.to_string())).collect();
            all.push(choice("trigger", "Raise a trigger that calls for a rollback", names));
        }
        all
    }

    /// Whether it matters which incident a run is about.
    fn is_about_incidents(&self) -> bool {
        let (policy, environment) = (self.policy, self.environment);
        !gates::nameable(policy, environment).is_empty()
            || gates::signed(policy, environment).iter().any(|(gate, _)| gate.subject == Subject::Incident)
    }

    // ── parts of jobs

    fn job(&self, id: &str, name: impl Into<String>, minutes: u32) -> Job {
        Job { id: id.to_owned(), name: name.into(), runner: self.runner().to_owned(), minutes, ..Job::default() }
    }

    fn runner(&self) -> &str {
        self.environment.runner.as_deref().unwrap_or("ubuntu-latest")
    }

    fn checkout(&mut self) -> Step {
        let pin = self.pins.pin("actions/checkout");
        Step::uses("Check out the policy", pin).with("persist-credentials", false)
    }

    /// The release itself, beside the policy that judges it.
    fn checkout_release(&mut self, commit: &str) -> Step {
        let pin = self.pins.pin("actions/checkout");
        Step::uses("Check out the release", pin)
            .with("ref", Value::expression(commit))
            .with("path", "release")
            .with("persist-credentials", false)
    }

    /// Artifacts of this run, of earlier attempts too: what passed need not run again when a job is asked again.
    fn download(&mut self, name: &str, key: &'static str, pattern: impl Into<Value>, folder: &str) -> Step {
        let pin = self.pins.pin("actions/download-artifact");
        Step::uses(name, pin)
            .with(key, pattern)
            .with("path", work(folder))
            .with("run-id", Value::expression("github.run_id"))
            .with("github-token", Value::expression("github.token"))
    }

    fn download_plan(&mut self) -> Step {
        self.download("Get what is asked", "name", Value::expression("needs.request.outputs.plan"), "")
    }

    fn upload(&mut self, name: &str, artifact: Value, files: &[&str], missing: &str) -> Step {
        let pin = self.pins.pin("actions/upload-artifact");
        let paths: Vec<Value> = files
            .iter()
            .enumerate()
            .flat_map(|(index, file)| [Value::text(if index == 0 { "" } else { "\n" }), work(file)])
            .collect();
        Step::uses(name, pin)
            .with("name", artifact)
            .with("path", Value::joined(paths))
            .with("if-no-files-found", missing)
            .with("overwrite", true)
    }

    fn opa(&mut self) -> Step {
        let pin = self.pins.pin("open-policy-agent/setup-opa");
        Step::uses("Set up OPA", pin).with("version", self.options.opa_version.clone()).with("static", true)
    }

    fn helm(&mut self) -> Step {
        let pin = self.pins.pin("azure/setup-helm");
        Step::uses("Set up Helm", pin).with("version", self.options.helm_version.clone())
    }

    fn uses_helm(&self) -> bool {
        self.environment.deploys.iter().any(|d| matches!(d.method, Method::Helm(_)))
    }

    /// A chart that is not in the repository must be had to know its digest.
    fn pulls_chart(&self) -> bool {
        let elsewhere = |method: &Method| matches!(method, Method::Helm(helm) if !data::is_path(self.policy, helm));
        self.environment.deploys.iter().any(|d| elsewhere(&d.method))
    }

    fn script(name: &str, script: &'static str) -> Step {
        Step::run(name, script).env("GH_TOKEN", Value::expression("github.token"))
    }

    /// Who is in a team is the organisation's to say, and the workflow's own token may not ask.
    fn teams_token(&mut self) -> Option<Step> {
        let teams = data::teams_of(self.policy, self.environment);
        let unlisted = |name: &smol_str::SmolStr| self.policy.teams.get(name).is_none_or(|t| t.members.is_none());
        teams.iter().any(unlisted).then(|| super::shared::teams_token(self.pins))
    }

    fn asks_teams(step: Step, token: bool) -> Step {
        if token { step.env("HXP_TEAMS_TOKEN", Value::expression("steps.teams.outputs.token")) } else { step }
    }

    /// Puts the request together and asks the policy.
    fn decision(&mut self, phase: &'static str) -> Vec<Step> {
        let token = self.teams_token();
        let has_token = token.is_some();
        let (title, run) = match phase {
            "before" => ("Decide", "bash .github/hxp/decide.sh before"),
            "deploy" => ("Decide again, right before deploying", "bash .github/hxp/decide.sh deploy"),
            _ => ("Decide, right before rolling back", "bash .github/hxp/decide.sh rollback"),
        };
        let request = Self::script("Put the request together", "bash .github/hxp/request.sh");
        let request =
            Self::asks_teams(request, has_token).env("HXP_FIRST_COMMIT", Value::expression("vars.HXP_FIRST_COMMIT"));
        let decide = Step::run(title, run).env("HXP_POLICY", self.options.policy.clone()).id("decide");
        token.into_iter().chain([request, decide]).collect()
    }

    fn decision_upload(&mut self, phase: &str) -> Vec<Step> {
        let attempt = Value::joined([format!("decision-{phase}-").into(), Value::expression("github.run_attempt")]);
        let decision = format!("decision-{phase}.json");
        let request = format!("request-{phase}.json");
        let pending = format!("pending-{}", self.environment.name);
        vec![
            self.upload("Keep the decision", attempt, &[&decision, &request], "ignore").when("!cancelled()"),
            self.upload("Say until when it is pending", pending.into(), &["pending.json"], "ignore")
                .when("!cancelled()"),
        ]
    }

    fn policy_lines<'s>(&self, asked: impl IntoIterator<Item = &'s Asked>) -> Vec<String> {
        let line = |(id, origin): &Asked| {
            let place = self.policy.location(*origin);
            if place.path.is_empty() {
                return id.to_string();
            }
            format!("{id} ({}:{})", self.options.at_root(&place.path), place.line)
        };
        asked.into_iter().map(line).collect()
    }

    // ── the jobs

    fn request(&mut self) -> Job {
        let token = self.teams_token().filter(|_| !data::raised_triggers(self.policy, self.environment).is_empty());
        let has_token = token.is_some();
        let mut steps = vec![self.checkout()];
        if self.pulls_chart() {
            steps.push(self.helm());
        }
        steps.extend(token);
        let mut plan = Self::script("Read the event and the release", "bash .github/hxp/plan.sh").id("plan");
        plan = Self::asks_teams(plan, has_token);
        if self.pulls_chart() {
            plan = plan.env("HXP_HELM_REPOSITORY", Value::expression("vars.HXP_HELM_REPOSITORY"));
        }
        if !crate::images::of(self.policy, self.environment).is_empty() {
            plan = plan
                .env("HXP_REGISTRY_USERNAME", Value::expression("vars.HXP_REGISTRY_USERNAME"))
                .env("HXP_REGISTRY_PASSWORD", Value::expression("secrets.HXP_REGISTRY_PASSWORD"));
        }
        steps.push(plan);
        let name = Value::joined(["plan-".into(), Value::expression("github.run_attempt")]);
        steps.push(self.upload("Keep what is asked", name.clone(), &["plan.json", "chart"], "error"));
        Job {
            comments: vec!["What is asked: the release with its digests, the action, and whether the policy deploys on this event.".to_owned()],
            permissions: vec![READ_CONTENTS, READ_DEPLOYMENTS],
            outputs: ["go", "action", "commit", "override"]
                .into_iter()
                .map(|o| (o.to_owned(), Value::expression(format!("steps.plan.outputs.{o}"))))
                .chain([("plan".to_owned(), name)])
                .collect(),
            steps,
            ..self.job("request", "Request", 15)
        }
    }

    fn gate(&mut self, run: &GateRun<'_>) -> Job {
        let mut condition = Condition::all([GO, "needs.request.outputs.action != 'rollback'"]);
        if let Some(only) = &run.only_for {
            condition = condition.and(any_override("==", " || ", only.iter().map(smol_str::SmolStr::as_str)));
        }
        let commit = "needs.request.outputs.commit";
        let mut steps = self.gate_checkouts(run, commit);
        steps.extend(self.gate_action(run));
        steps.extend(self.login().filter(|_| needs_cluster(run)));
        steps.push(self.gate_step(run, "Run the gate", commit));
        steps.extend(self.gate_uploads(run));
        Job {
            comments: self.gate_comments(run),
            needs: vec!["request".to_owned()],
            condition: Some(condition),
            permissions: self.gate_permissions(run),
            runner: self.gate_runner(run),
            container: text(run, "image"),
            environment: needs_cluster(run).then(|| (self.environment.name.to_string(), None)),
            steps,
            ..self.job(&run.job, gate_title(run), gate_minutes(run))
        }
    }

    fn gate_permissions(&self, run: &GateRun<'_>) -> Vec<Permission> {
        let mut all = vec![may("read", "contents", "check out the scripts and the release")];
        if needs_cluster(run) && self.options.login.is_some() {
            all.push(may("write", "id-token", "log in to the cluster by OIDC"));
        }
        all
    }

    fn gate_comments(&self, run: &GateRun<'_>) -> Vec<String> {
        let mut lines = self.policy_lines(&run.asked_by);
        lines.extend(run.gate.doc.iter().flat_map(|doc| doc.lines()).map(str::to_owned));
        if let Some(PolicyValue::List(tools)) = run.gate.properties.get("tools")
            && !tools.is_empty()
        {
            lines.push(format!("The runner needs: {}.", tools.iter().map(data::spell).collect::<Vec<_>>().join(", ")));
        }
        lines
    }

    /// The scripts are the policy's, never those of the release that is judged: it may be older than they are, or mean to
    /// judge itself. A probe of what runs already is the policy's own.
    fn gate_checkouts(&mut self, run: &GateRun<'_>, commit: &str) -> Vec<Step> {
        let Some(folder) = source(run) else { return vec![self.checkout()] };
        let pin = self.pins.pin("actions/checkout");
        let release = Step::uses("Check out the release", pin)
            .with("ref", Value::expression(commit))
            .with("persist-credentials", false);
        let scripts = self.checkout().with("sparse-checkout", FOLDER);
        match folder {
            // An action works on what lies at the top.
            "." => vec![release, scripts.with("path", SCRIPTS)],
            folder => vec![scripts, release.with("path", folder)],
        }
    }

    /// An action that makes the evidence, or prepares it.
    fn gate_action(&mut self, run: &GateRun<'_>) -> Option<Step> {
        let action = text(run, "uses")?;
        let name = action.split('@').next().unwrap_or(&action);
        let pin = self.pins.pin(name);
        Some(Step::uses(format!("Use {name}"), pin))
    }

    fn gate_step(&self, run: &GateRun<'_>, name: &str, commit: &str) -> Step {
        let options = self.options;
        let (command, collect) = gates::commands(run.gate).unwrap_or_default();
        let script = match source(run) {
            Some(".") => "bash .hxp-policy/.github/hxp/gate.sh",
            _ => "bash .github/hxp/gate.sh",
        };
        let mut step = Step::run(name, script)
            .env("HXP_GATE", run.gate.name.as_str())
            .env("HXP_RUN", command)
            .env("HXP_COMMIT", Value::expression(commit));
        if let Some(collect) = collect {
            step = step.env("HXP_COLLECT", collect);
        }
        if let Some(source) = source(run).filter(|source| *source != ".") {
            step = step.env("HXP_SOURCE", source);
        }
        let folder = options.at_root(&text(run, "working_directory").unwrap_or_default());
        if folder != "." {
            step = step.env("HXP_FOLDER", folder);
        }
        match &run.strictness {
            Strictness::Always => {}
            Strictness::Weighed => step = step.env("HXP_REQUIRED", "false"),
            Strictness::UnlessOverridden(names) => {
                let unnamed = any_override("!=", " && ", names.iter().map(smol_str::SmolStr::as_str));
                step = step.env("HXP_REQUIRED", Value::expression(unnamed));
            }
        }
        if run.gate.subject != Subject::Commit {
            step = step.env("HXP_SUBJECT", gates::subject_word(run.gate.subject));
        }
        if run.gate.subject == Subject::Deployment {
            step = step.env("HXP_RECORD", Value::expression("needs.deploy.outputs.record"));
        }
        if !run.gate.yields.is_empty() {
            step = step.env("HXP_YIELDS", "true");
        }
        let key: serde_json::Map<_, _> =
            run.key().iter().map(|(name, value)| (name.to_string(), data::to_json(value))).collect();
        if !key.is_empty() {
            step = step.env("HXP_KEY", serde_json::Value::Object(key).to_string());
        }
        if needs_cluster(run) {
            step = step.env("HXP_KUBECONFIG", Value::expression("secrets.HXP_KUBECONFIG"));
        }
        step.envs(Self::gate_variables(run))
    }

    fn gate_variables(run: &GateRun<'_>) -> Vec<(String, Value)> {
        let params = run.args.iter().map(|(name, value)| (names::variable(&[name]), data::spell(value).into()));
        let mut all: Vec<(String, Value)> = params.collect();
        if let Some(PolicyValue::Record(own)) = run.gate.properties.get("env") {
            all.extend(own.fields.iter().map(|f| (names::identifier(&f.name), data::spell(&f.value).into())));
        }
        all
    }

    fn gate_uploads(&mut self, run: &GateRun<'_>) -> Vec<Step> {
        let name = |what: &str| {
            Value::joined([format!("{what}-{}-", run.job).into(), Value::expression("github.run_attempt")])
        };
        let mut steps =
            vec![self.upload("Keep the evidence", name("evidence"), &["evidence.json"], "error").when("!cancelled()")];
        if let Some(report) = text(run, "report") {
            let pin = self.pins.pin("actions/upload-artifact");
            let step = Step::uses("Keep the report", pin)
                .with("name", name("report"))
                .with(
                    "path",
                    format!(
                        "{}{}",
                        source(run).filter(|s| *s != ".").map(|s| format!("{s}/")).unwrap_or_default(),
                        self.options.at_root(&report)
                    ),
                )
                .with("if-no-files-found", "warn");
            steps.push(step.when("!cancelled()"));
        }
        steps
    }

    fn gate_runner(&self, run: &GateRun<'_>) -> String {
        text(run, "runner").unwrap_or_else(|| self.runner().to_owned())
    }

    fn decide(&mut self, before: &[GateRun<'_>], seats: &[Seat]) -> Job {
        let mut steps = vec![self.checkout(), self.opa(), self.download_plan()];
        steps.push(self.download("Get the evidence", "pattern", "evidence-*", "evidence"));
        steps.extend(self.decision("before"));
        steps.extend(self.decision_upload("before"));
        let outcome =
            ["outcome", "events"].map(|o| (o.to_owned(), Value::expression(format!("steps.decide.outputs.{o}"))));
        let asks =
            seats.iter().map(|s| (s.output.clone(), Value::expression(format!("steps.decide.outputs.{}", s.output))));
        Job {
            comments: vec![
                "The first decision: says what is missing, and stops what approvals alone could not mend.".to_owned(),
            ],
            needs: std::iter::once("request".to_owned()).chain(before.iter().map(|r| r.job.clone())).collect(),
            condition: Some(Condition::all(["!cancelled()", "needs.request.result == 'success'", GO])),
            permissions: vec![READ_RUNS, READ_CONTENTS, READ_DEPLOYMENTS, READ_ISSUES, READ_PULLS],
            outputs: outcome.into_iter().chain(asks).collect(),
            steps,
            ..self.job("decide", "Decision", 15)
        }
    }

    fn seats(&self, ids: &mut JobIds) -> Vec<Seat> {
        let mut all = Vec::new();
        for Approver { team, seats, asked_by } in gates::approvers(self.policy, self.environment) {
            for number in 1..=seats {
                let suffix = if number == 1 { String::new() } else { format!("_{number}") };
                all.push(Seat {
                    job: ids.fresh(&format!("approve_{team}{suffix}")),
                    team: team.to_string(),
                    number,
                    output: format!("ask_{}{suffix}", names::identifier(&team)),
                    asked_by: asked_by.clone(),
                });
            }
        }
        all
    }

    /// One job a seat: GitHub lets a job go on when *one* of its environment's reviewers agrees. That the seats are taken
    /// by different people, none of them an author, is for the decision to count.
    fn approval(&self, seat: &Seat, seats: &[Seat]) -> Job {
        let earlier = seats.iter().find(|s| s.team == seat.team && s.number + 1 == seat.number);
        let mut needs = vec!["request".to_owned(), "decide".to_owned()];
        let mut condition = Condition::all([
            "!cancelled()".to_owned(),
            "needs.decide.result == 'success'".to_owned(),
            format!("needs.decide.outputs.{} == 'true'", seat.output),
        ]);
        if let Some(earlier) = earlier {
            needs.push(earlier.job.clone());
            condition = condition.and(format!("needs.{}.result == 'success'", earlier.job));
        }
        let step = Step::run("Approved", "echo \"$TEAM approves; the second decision checks who it was.\"");
        Job {
            comments: self.policy_lines(&seat.asked_by),
            needs,
            condition: Some(condition),
            environment: Some((names::approval_environment(&self.environment.name, &seat.team), None)),
            steps: vec![step.env("TEAM", seat.team.as_str())],
            ..self.job(&seat.job, data::approval_job(&seat.team, seat.number), 5)
        }
    }

    fn approved(seats: &[Seat]) -> impl Iterator<Item = String> {
        seats
            .iter()
            .map(|s| format!("(needs.{}.result == 'success' || needs.decide.outputs.{} == 'false')", s.job, s.output))
    }

    fn deploy(&mut self, before: &[GateRun<'_>], seats: &[Seat]) -> Job {
        let mut condition = Condition::all([
            "!cancelled()",
            GO,
            "needs.request.outputs.action != 'rollback'",
            "needs.decide.result == 'success'",
        ]);
        for run in before.iter().filter(|r| !r.advisory) {
            condition = condition.and(gate_passed(run));
        }
        for clause in Self::approved(seats) {
            condition = condition.and(clause);
        }
        let needs = ["request", "decide"].into_iter().map(str::to_owned);
        let needs = needs.chain(before.iter().map(|r| r.job.clone())).chain(seats.iter().map(|s| s.job.clone()));
        Job {
            comments: vec![
                "The second decision stands right before the deployment: an approval can outlive its window."
                    .to_owned(),
            ],
            needs: needs.collect(),
            condition: Some(condition),
            permissions: self.acting_permissions(),
            environment: Some((self.environment.name.to_string(), self.plain_url())),
            concurrency: Some(format!("deploy-{}", self.environment.name)),
            outputs: [
                ("outcome", "decide", "outcome"),
                ("started", "begin", "started"),
                ("record", "begin", "record"),
                ("fired", "watch", "fired"),
            ]
            .into_iter()
            .filter(|(_, step, _)| *step != "watch" || self.watches())
            .map(|(name, step, output)| (name.to_owned(), Value::expression(format!("steps.{step}.outputs.{output}"))))
            .collect(),
            steps: self.deploy_steps(),
            ..self.job("deploy", format!("Deployment to {}", self.title()), self.deploy_minutes())
        }
    }

    fn deploy_steps(&mut self) -> Vec<Step> {
        let mut steps = vec![self.checkout(), self.checkout_release("needs.request.outputs.commit"), self.opa()];
        if self.uses_helm() {
            steps.push(self.helm());
        }
        steps.push(self.download_plan());
        steps.push(self.download("Get the evidence", "pattern", "evidence-*", "evidence"));
        steps.extend(self.login());
        steps.extend(self.decision("deploy"));
        steps.push(
            Self::script("Begin the record", "bash .github/hxp/record.sh begin")
                .id("begin")
                .env("HXP_ACTION", Value::expression("needs.request.outputs.action")),
        );
        steps.push(
            Step::run("Deploy", "bash .github/hxp/deploy.sh")
                .env("HXP_KUBECONFIG", Value::expression("secrets.HXP_KUBECONFIG")),
        );
        if self.watches() {
            steps.push(
                Step::run("Watch the deployment", "bash .github/hxp/watch.sh")
                    .id("watch")
                    .env("HXP_KUBECONFIG", Value::expression("secrets.HXP_KUBECONFIG"))
                    .env("HXP_PROMETHEUS_URL", Value::expression("vars.HXP_PROMETHEUS_URL"))
                    .env("HXP_PROMETHEUS_TOKEN", Value::expression("secrets.HXP_PROMETHEUS_TOKEN")),
            );
        }
        steps.push(Self::script("Record that it is healthy", "bash .github/hxp/record.sh success"));
        steps.push(
            Self::script("Record that it failed", "bash .github/hxp/record.sh failure")
                .when("!success()")
                .when("steps.begin.outputs.started == 'true'"),
        );
        steps.extend(self.decision_upload("deploy"));
        steps
    }

    /// Whether there is anything to watch.
    fn watches(&self) -> bool {
        !data::watched(self.environment).is_empty()
            && data::watch_seconds(self.policy, self.environment, self.options) > 0
    }

    fn login(&self) -> Option<Step> {
        let command = self.options.login.as_ref()?;
        Some(Step::run("Log in to the cluster", "bash .github/hxp/login.sh").env("HXP_LOGIN", command.as_str()))
    }

    fn acting_permissions(&self) -> Vec<Permission> {
        let mut all = vec![READ_RUNS, READ_CONTENTS, WRITE_DEPLOYMENTS];
        if self.options.login.is_some() {
            all.push(may("write", "id-token", "log in to the cluster by OIDC"));
        }
        all.extend([READ_ISSUES, READ_PULLS]);
        all
    }

    /// An address with a wildcard cannot be shown as a link.
    fn plain_url(&self) -> Option<String> {
        self.environment.url.as_ref().filter(|u| !u.contains('*')).map(ToString::to_string)
    }

    /// What the deployment itself may take, the watch, and ten minutes for the rest.
    fn deploy_minutes(&self) -> u32 {
        let timeout = |method: &Method| match method {
            Method::Helm(helm) => helm.timeout.map_or(300, hxp_policy::Millis::seconds),
            Method::Make(_) | Method::Command(_) => 1800,
        };
        let deploys: i64 = self.environment.deploys.iter().map(|d| timeout(&d.method)).sum();
        let watch = data::watch_seconds(self.policy, self.environment, self.options);
        minutes(deploys.saturating_add(watch)).saturating_add(10)
    }

    fn rollback(&mut self, on_rollback: &[GateRun<'_>], seats: &[Seat]) -> Job {
        let Some(rollback) = &self.environment.rollback else { return Job::default() };
        let failed = "needs.deploy.outputs.started == 'true' && needs.deploy.result != 'success'";
        let on_failure = rollback.on.contains(&EventRef::Event(Event::Failed));
        let by_itself = match (on_failure, self.watches()) {
            (true, _) => failed.to_owned(),
            (false, true) => format!("{failed} && needs.deploy.outputs.fired != ''"),
            (false, false) => String::new(),
        };
        let by_hand = [GO_BACK, "needs.decide.result == 'success'"].into_iter().map(str::to_owned);
        let by_hand: Vec<String> = by_hand.chain(Self::approved(seats)).map(|clause| format!("    {clause}")).collect();
        let by_hand = format!("(\n{}\n  )", by_hand.join(" &&\n"));
        let knows_hand = data::actions(self.policy, self.environment).contains(&"rollback");
        let either = match (by_itself.is_empty(), knows_hand) {
            (false, true) => format!("(\n  ({by_itself}) || {by_hand}\n)"),
            (true, true) => by_hand,
            (false, false) => by_itself,
            (true, false) => "false".to_owned(),
        };
        let condition = Condition::all(["always()", GO, &either]);
        let limit = rollback.limit.map_or(30, |l| minutes(l.seconds()));
        let origin = [("rollback".into(), rollback.origin)];
        let mut comments = self.policy_lines(&origin);
        comments.push(
            "Back to the last healthy release by its recorded revision; nothing is done when that is what runs."
                .to_owned(),
        );
        Job {
            comments,
            needs: ["request", "decide", "deploy"]
                .into_iter()
                .map(str::to_owned)
                .chain(seats.iter().map(|s| s.job.clone()))
                .collect(),
            condition: Some(condition),
            permissions: self.acting_permissions(),
            environment: Some((self.environment.name.to_string(), self.plain_url())),
            outputs: vec![("outcome".to_owned(), Value::expression("steps.decide.outputs.outcome"))],
            steps: self.rollback_steps(on_rollback),
            ..self.job("rollback", "Rollback", limit.max(1))
        }
    }

    fn rollback_steps(&mut self, on_rollback: &[GateRun<'_>]) -> Vec<Step> {
        let mut steps = vec![self.checkout(), self.opa()];
        if self.uses_helm() {
            steps.push(self.helm());
        }
        steps.push(self.download_plan());
        steps.push(Self::script("Find the last healthy release", "bash .github/hxp/rollback.sh target").id("target"));
        steps.push(self.checkout_release("steps.target.outputs.commit"));
        for run in on_rollback {
            let name = format!("Gate {}", gate_title(run));
            let step = self.gate_step(run, &name, "steps.target.outputs.commit").continues();
            let evidence = work(&format!("evidence/{}.json", names::identifier(&run.gate.name)));
            steps.push(step.env("HXP_EVIDENCE", evidence));
        }
        steps.extend(self.login());
        steps.extend(self.decision("rollback"));
        steps.push(
            Self::script("Begin the record", "bash .github/hxp/record.sh begin")
                .id("begin")
                .env("HXP_ACTION", "rollback"),
        );
        steps.push(
            Step::run("Roll back", "bash .github/hxp/rollback.sh run")
                .env("HXP_KUBECONFIG", Value::expression("secrets.HXP_KUBECONFIG")),
        );
        steps.push(Self::script("Record that it is healthy", "bash .github/hxp/record.sh success"));
        steps.push(
            Self::script("Record that it failed", "bash .github/hxp/record.sh failure")
                .when("!success()")
                .when("steps.begin.outputs.started == 'true'"),
        );
        steps.extend(self.decision_upload("rollback"));
        steps
    }

    fn duty(&mut self, run: &GateRun<'_>) -> Job {
        let commit = "needs.request.outputs.commit";
        let mut steps = self.gate_checkouts(run, commit);
        steps.extend(self.gate_action(run));
        steps.extend(self.login().filter(|_| needs_cluster(run)));
        steps.push(self.gate_step(run, "Run the gate", commit));
        steps.extend(self.gate_uploads(run));
        Job {
            comments: self.gate_comments(run),
            needs: vec!["request".to_owned(), "deploy".to_owned()],
            condition: Some(Condition::all(["!cancelled()", "needs.deploy.result == 'success'"])),
            permissions: self.gate_permissions(run),
            runner: self.gate_runner(run),
            container: text(run, "image"),
            environment: needs_cluster(run).then(|| (self.environment.name.to_string(), None)),
            steps,
            ..self.job(&run.job, format!("Owed: {}", gate_title(run)), gate_minutes(run))
        }
    }

    fn audit(&mut self, needs: Vec<String>) -> Job {
        let mut permissions = vec![READ_RUNS, READ_CONTENTS];
        let mut steps = vec![self.checkout(), self.download_plan()];
        steps.push(self.download("Get the decisions", "pattern", "decision-*", "decisions"));
        let settles = duties::settles_gates(self.policy, self.environment);
        if settles {
            permissions.push(may("write", "deployments", "record which duties of the deployment were done"));
            steps.push(self.download("Get the evidence of duties", "pattern", "evidence-duty_*", "evidence"));
        }
        steps.push(
            Self::script("Write the record", "bash .github/hxp/audit.sh")
                .id("audit")
                .env("HXP_NEEDS", Value::expression("toJSON(needs)")),
        );
        let name = Value::joined([
            format!("audit-{}-", self.environment.name).into(),
            Value::expression("github.run_attempt"),
        ]);
        steps.push(self.upload("Keep the record", name, &["audit.json"], "error").with("retention-days", 90));
        if self.options.attest {
            permissions.push(may("write", "attestations", "attest the record"));
            permissions.push(may("write", "id-token", "sign the attestation"));
            let pin = self.pins.pin("actions/attest");
            steps.push(
                Step::uses("Attest the record", pin)
                    .with("subject-path", work("audit.json"))
                    .with("predicate-type", "urn:hxp:audit-record:1")
                    .with("predicate-path", work("audit.json"))
                    .continues()
                    .comment("Not every plan has attestations; the record stands without."),
            );
        }
        Job {
            comments: vec![
                "Who asked for what and when, who approved, what changed, what was decided; however the run ended."
                    .to_owned(),
            ],
            needs,
            condition: Some(Condition::all(["always()", GO])),
            permissions,
            outputs: ["events", "record"]
                .into_iter()
                .filter(|output| *output == "events" || duties::settles_notices(self.policy, self.environment))
                .map(|output| (output.to_owned(), Value::expression(format!("steps.audit.outputs.{output}"))))
                .collect(),
            steps,
            ..self.job("audit", "Audit record", 10)
        }
    }

    fn tell(&mut self, channels: &[&Channel], step: Step) -> Vec<Step> {
        let step = channels.iter().fold(step, |step, channel| {
            let secret = data::secret(channel);
            let value = Value::expression(format!("secrets.{secret}"));
            step.env(secret, value)
        });
        let decisions = self.download("Get the decisions", "pattern", "decision-*", "decisions");
        vec![self.checkout(), self.download_plan(), decisions, step]
    }

    fn announce(&mut self, channels: &[&Channel]) -> Job {
        let events = Value::expression("needs.decide.outputs.events || 'requested'");
        let step = Self::script("Tell the channels", "bash .github/hxp/notify.sh").env("HXP_EVENTS", events);
        Job {
            comments: vec!["What the first decision said, while there is time to act on it.".to_owned()],
            needs: vec!["request".to_owned(), "decide".to_owned()],
            condition: Some(Condition::all(["!cancelled()", GO])),
            permissions: vec![may("read", "actions", "this run's artifacts"), READ_CONTENTS],
            steps: self.tell(channels, step),
            ..self.job("announce", "Announcement", 10)
        }
    }

    fn notify(&mut self, channels: &[&Channel]) -> Job {
        let step = Self::script("Tell the channels", "bash .github/hxp/notify.sh")
            .env("HXP_EVENTS", Value::expression("needs.audit.outputs.events"));
        let mut permissions = vec![may("read", "actions", "this run's artifacts"), READ_CONTENTS];
        let step = if duties::settles_notices(self.policy, self.environment) {
            permissions.push(may("write", "deployments", "record that the channels were told as is owed"));
            step.env("HXP_RECORD", Value::expression("needs.audit.outputs.record"))
        } else {
            step
        };
        Job {
            comments: vec!["What came of it.".to_owned()],
            needs: vec!["request".to_owned(), "audit".to_owned()],
            condition: Some(Condition::all(["always()", GO, "needs.audit.outputs.events != ''"])),
            permissions,
            steps: self.tell(channels, step),
            ..self.job("notify", "Notification", 10)
        }
    }
}

/// A file in the folder where the scripts keep their state.
fn work(file: &str) -> Value {
    let tail = if file.is_empty() { "/hxp".to_owned() } else { format!("/hxp/{file}") };
    Value::joined([Value::expression("runner.temp"), tail.into()])
}

/// The filters of a push. An event without conditions lets every branch through, whatever the others say.
fn push(events: &[&EventMatch]) -> On {
    let branches = filters::of_workflow(events.iter().copied(), "branch").patterns;
    let tags = filters::of_workflow(events.iter().copied(), "tag").patterns;
    let any = events.iter().any(|e| !e.fields.iter().any(|f| matches!(events::field_name(f), "branch" | "tag")));
    if any || (branches.is_empty() && tags.is_empty()) {
        return On::Push { branches: vec!["**".to_owned()], tags };
    }
    On::Push { branches, tags }
}

/// Whether the run names one of the overrides (`==` with `||`), or none of them (`!=` with `&&`).
fn any_override<'s>(op: &str, join: &str, names: impl Iterator<Item = &'s str>) -> String {
    let all: Vec<String> = names.map(|n| format!("needs.request.outputs.override {op} {}", quoted(n))).collect();
    if all.len() == 1 { all.join(join) } else { format!("({})", all.join(join)) }
}

/// A skipped gate is no success; one that belongs to an override counts when the override is named.
fn gate_passed(run: &GateRun<'_>) -> String {
    let passed = format!("needs.{}.result == 'success'", run.job);
    match &run.only_for {
        None => passed,
        Some(only) => {
            format!("({passed} || {})", any_override("!=", " && ", only.iter().map(smol_str::SmolStr::as_str)))
        }
    }
}

fn gate_title(run: &GateRun<'_>) -> String {
    let key = run.key();
    if key.is_empty() {
        return run.gate.name.to_string();
    }
    let args: Vec<String> = key.iter().map(|(name, value)| format!("{name} = {}", data::spell(value))).collect();
    format!("{} ({})", run.gate.name, args.join(", "))
}

fn text(run: &GateRun<'_>, property: &str) -> Option<String> {
    run.gate.properties.get(property).and_then(PolicyValue::as_str).map(str::to_owned)
}

fn gate_minutes(run: &GateRun<'_>) -> u32 {
    let timeout = run.gate.properties.get("timeout").and_then(PolicyValue::as_millis);
    timeout.map_or(30, |t| minutes(t.seconds())).max(1)
}

/// Whole minutes, rounded up.
fn minutes(seconds: i64) -> u32 {
    u32::try_from(seconds.saturating_add(59).div_euclid(60)).unwrap_or(360).min(7200)
}

/// Where a gate finds the release: at the top when an action prepares it, otherwise in a folder of its own; `None` if it is
/// about something that runs already.
fn source(run: &GateRun<'_>) -> Option<&'static str> {
    match run.gate.subject {
        Subject::Environment | Subject::Incident | Subject::Policy => None,
        Subject::Commit | Subject::Release | Subject::Deployment if run.gate.properties.get("uses").is_some() => {
            Some(".")
        }
        Subject::Commit | Subject::Release | Subject::Deployment => Some("release"),
    }
}

/// Gates about a running system that ask it through its own tools.
fn needs_cluster(run: &GateRun<'_>) -> bool {
    let tools = match run.gate.properties.get("tools") {
        Some(PolicyValue::List(tools)) => tools.iter().filter_map(PolicyValue::as_str).collect(),
        _ => Vec::new(),
    };
    matches!(run.gate.subject, Subject::Environment | Subject::Deployment)
        && tools.iter().any(|t| matches!(*t, "kubectl" | "helm"))
}
