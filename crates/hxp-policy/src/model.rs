//! The policy: declarations with names resolved, inheritance merged, constants evaluated.

use hxp_diagnostics::{Location, Span};
use indexmap::IndexMap;
use jiff::civil::{Date, Weekday};
use smol_str::SmolStr;

use crate::{Expr, Millis, Pattern, Record, Type, Value};

/// Where something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Origin {
    /// The text that says it.
    pub span: Span,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Declarations of one kind by name, in the order of the source.
pub type Table<T> = IndexMap<SmolStr, T>;

/// A whole policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// Its own version.
    pub version: Option<semver::Version>,
    /// The edition of the language it is written in.
    pub edition: u32,
    /// The team that owns it.
    pub owner: Option<SmolStr>,
    /// Everything else that `policy { … }` says: `stack`, `enforce`, `support`, …
    pub properties: Record,
    /// Paths of the source files, by the number in [`Origin::span`].
    pub files: Vec<SmolStr>,
    /// `team`
    pub teams: Table<Team>,
    /// `channel`
    pub channels: Table<Channel>,
    /// `label`
    pub labels: Table<Label>,
    /// `chart`
    pub charts: Table<Chart>,
    /// `service`
    pub services: Table<Service>,
    /// `image`
    pub images: Table<Image>,
    /// `window`
    pub windows: Table<Window>,
    /// `gate`
    pub gates: Table<Gate>,
    /// `metric`
    pub metrics: Table<Metric>,
    /// `trigger`
    pub triggers: Table<Trigger>,
    /// `environment`, the abstract ones left out
    pub environments: Table<Environment>,
    /// `override`
    pub overrides: Table<Override>,
    /// `rule`
    pub rules: Table<Rule>,
    /// `objective`
    pub objectives: Table<Objective>,
    /// `control`
    pub controls: Table<Control>,
    /// `test`
    pub tests: Vec<TestCase>,
    /// What refers to what, for the dependency graph: every reference the analysis resolved.
    pub references: Vec<Reference>,
}

impl Policy {
    /// A place as people name it.
    pub fn location(&self, origin: Origin) -> Location {
        Location {
            path: self.files.get(origin.span.file.0 as usize).cloned().unwrap_or_default(),
            line: origin.line,
            column: origin.column,
        }
    }
}

/// One declaration refers to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Who refers: `environment.production`.
    pub from: Node,
    /// To whom: `gate.trivy`.
    pub to: Node,
    /// In which role.
    pub role: Role,
    /// Where.
    pub origin: Origin,
}

/// A declaration as a node of the dependency graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Its kind.
    pub kind: crate::Kind,
    /// Its name.
    pub name: SmolStr,
}

/// How one declaration depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// `extends`
    Extends,
    /// `after`: promotion.
    Promotes,
    /// `require`
    Requires,
    /// `approve`, `by`
    Approves,
    /// `within`
    Within,
    /// `notify`
    Notifies,
    /// `rollback on`
    RollsBackOn,
    /// `waive`, `for`
    Overrides,
    /// Any other mention.
    Uses,
}

/// A group of people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Team {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// `organisation/team` at GitHub.
    pub github: Option<SmolStr>,
    /// Group path at GitLab.
    pub gitlab: Option<SmolStr>,
    /// Its members by canonical id, when the policy itself lists them.
    pub members: Option<Vec<SmolStr>>,
}

/// Where messages go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Channel {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// The destination: a record whose `kind` is `slack`, `pagerduty`, `status_page`, `email`, `in_app` or `webhook`,
    /// with that kind's own fields (see `stdlib/notify.hxp`).
    pub to: Record,
    /// `internal`, `customers` or `public`.
    pub audience: SmolStr,
    /// Everything else: `cover`, `escalate`, `record`, …
    pub properties: Record,
}

/// A kind of change, computed from the change itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Label {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// A label of one of the change's pull requests.
    pub pr: Option<SmolStr>,
    /// A changed file matches one of these globs.
    pub files: Vec<SmolStr>,
    /// A commit message begins like this (regular expression on the first line).
    pub commits: Option<Pattern>,
}

/// A Helm chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// The Helm release's name.
    pub release: Option<SmolStr>,
    /// Path in the repository.
    pub path: Option<SmolStr>,
    /// `repository/chart`.
    pub repo: Option<SmolStr>,
    /// Everything else.
    pub properties: Record,
}

/// A thing that runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// Its chart.
    pub chart: Option<SmolStr>,
    /// Its key in the chart's values.
    pub key: SmolStr,
    /// Everything else.
    pub properties: Record,
}

/// A container image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// `registry/repository`.
    pub repository: SmolStr,
    /// Everything else.
    pub properties: Record,
}

/// When something may happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// The instants at which it is open.
    pub set: TimeSet,
}

/// A set of instants.
#[derive(Clone, Debug, PartialEq)]
pub enum TimeSet {
    /// Slots on the wall clock of a zone.
    Calendar(Calendar),
    /// A declared window.
    Window(SmolStr),
    /// Open in all of them.
    And(Vec<TimeSet>),
    /// Open in any of them.
    Or(Vec<TimeSet>),
    /// Open when it is not.
    Not(Box<TimeSet>),
}

/// Slots on the wall clock of a zone. Open at an instant when its local weekday and time lie in an open slot (no open
/// slot: always) and in no closed one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar {
    /// IANA name.
    pub zone: SmolStr,
    /// `open …`
    pub open: Vec<Slot>,
    /// `closed …`
    pub closed: Vec<Slot>,
}

/// Days and times of day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slot {
    /// Days of the week; with no dates either: every day.
    pub weekdays: Vec<Weekday>,
    /// First and last date, both included.
    pub dates: Vec<(Date, Date)>,
    /// Seconds since local midnight, the second excluded; empty: the whole day. A slot that ends before it begins goes
    /// past midnight and belongs to the day on which it begins.
    pub times: Vec<(u32, u32)>,
    /// Why.
    pub because: Option<SmolStr>,
    /// Where.
    pub origin: Origin,
}

/// What kind of evidence a gate asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A machine runs this shell command.
    Machine {
        /// The command.
        run: SmolStr,
        /// Turns the command's report into the yielded results, when the command itself does not write them.
        collect: Option<SmolStr>,
    },
    /// A member of the team signs.
    People(SmolStr),
    /// The facts of the request are enough.
    Facts,
}

/// What a gate's evidence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the language's word")]
pub enum Subject {
    Commit,
    Release,
    Deployment,
    Environment,
    Incident,
    Policy,
}

/// Evidence that can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// Its parameters.
    pub params: Vec<(SmolStr, Type)>,
    /// Parameters that occur in the command, and so in the evidence's key.
    pub key_params: Vec<SmolStr>,
    /// How the evidence is made.
    pub proof: Proof,
    /// What it is about.
    pub subject: Subject,
    /// How long it counts; `None`: for ever.
    pub valid: Option<Millis>,
    /// What it yields.
    pub yields: Vec<(SmolStr, Type)>,
    /// Whether `error` and `skipped` fail the gate instead of leaving it waiting.
    pub fails_on_no_data: bool,
    /// Everything else: `runner`, `timeout`, `tools`, …
    pub properties: Record,
}

/// A gate with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct GateUse {
    /// Which gate.
    pub gate: SmolStr,
    /// Arguments in the order of the parameters, defaults filled in.
    pub args: Vec<(SmolStr, Value)>,
    /// What must hold of the evidence's results (and of the facts), arguments substituted; `None`: passing is enough.
    pub predicate: Option<Expr>,
}

/// A measured quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// Its type.
    pub ty: Type,
    /// What the raw number of the query is: `ratio`, `percent`, `seconds`, `milliseconds`, `bytes`, `count`.
    pub unit: SmolStr,
    /// Everything else.
    pub properties: Record,
}

/// A metric as one environment reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricUse {
    /// Which metric.
    pub metric: SmolStr,
    /// The query with the environment's scope in every selector.
    pub query: SmolStr,
    /// How many samples stand behind the query, likewise.
    pub samples: Option<SmolStr>,
    /// The scope: label and value.
    pub scope: Vec<(SmolStr, SmolStr)>,
}

/// What starts a rollback or an alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// How long its condition must hold.
    pub hold: Millis,
    /// The team whose members raise it by hand, for a trigger without a condition.
    pub raised_by: Option<SmolStr>,
    /// Path or address of the runbook.
    pub runbook: Option<SmolStr>,
    /// `hold`, `fire` or `quiet`.
    pub on_no_data: SmolStr,
    /// Fewer samples than this say nothing.
    pub min_samples: Option<i64>,
    /// Everything else.
    pub properties: Record,
}

/// A trigger as one environment watches it.
#[derive(Clone, Debug, PartialEq)]
pub struct TriggerUse {
    /// Which trigger.
    pub trigger: SmolStr,
    /// Its condition, thresholds of the environment substituted; `None` when people raise it.
    pub condition: Option<Expr>,
    /// Its condition while an override is in force that changes the thresholds, by the override's name; those in which
    /// nothing changes are left out.
    pub meanwhile: Table<Expr>,
}

/// Somewhere that releases run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// Its name.
    pub name: SmolStr,
    /// Its title for people.
    pub title: Option<SmolStr>,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// Names of what it extends, nearest first.
    pub parents: Vec<SmolStr>,
    /// `https://*.example.com`
    pub url: Option<SmolStr>,
    /// Kubernetes namespace.
    pub namespace: Option<SmolStr>,
    /// The label of the machine that runs its jobs.
    pub runner: Option<SmolStr>,
    /// The service it deploys, in a repository of several.
    pub service: Option<SmolStr>,
    /// Every other property: `data`, `secrets`, `thresholds`, `recovery`, `access`, `cluster`, `purpose`, …
    pub properties: Record,
    /// The configuration it runs with, complete.
    pub values: Record,
    /// `deploy`
    pub deploys: Vec<Deploy>,
    /// What a deployment or a configuration change needs.
    pub requirements: Vec<Requirement>,
    /// `rollback`
    pub rollback: Option<Rollback>,
    /// What is owed after an event.
    pub duties: Vec<Duty>,
    /// Who is told of what.
    pub notices: Vec<Notice>,
    /// What it waives of what it inherits, for good.
    pub waives: Vec<Waive>,
    /// Triggers it watches.
    pub triggers: Table<TriggerUse>,
    /// Metrics its triggers and objectives read.
    pub metrics: Table<MetricUse>,
}

/// How and on what a release gets there.
#[derive(Clone, Debug, PartialEq)]
pub struct Deploy {
    /// How.
    pub method: Method,
    /// On what; any of them.
    pub events: Vec<EventMatch>,
    /// Where.
    pub origin: Origin,
}

/// How a release is deployed.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// `helm upgrade --install`
    Helm(Helm),
    /// `make target …`, one after another.
    Make(Vec<SmolStr>),
    /// A shell command.
    Command(SmolStr),
}

/// A Helm deployment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Helm {
    /// Path of the chart in the repository, or `repository/chart`.
    pub chart: SmolStr,
    /// The declared chart, when it is one.
    pub declared: Option<SmolStr>,
    /// The Helm release's name.
    pub release: SmolStr,
    /// `--wait`
    pub wait: bool,
    /// `--atomic`
    pub atomic: bool,
    /// `--timeout`
    pub timeout: Option<Millis>,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "see `facts::EVENT`, which says what each is")]
pub enum Event {
    Requested,
    Pending,
    Denied,
    Overridden,
    Deployed,
    Failed,
    RolledBack,
    IncidentDeclared,
    IncidentResolved,
    Push,
    Release,
    Manual,
    Schedule,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 13] = [
        Self::Requested,
        Self::Pending,
        Self::Denied,
        Self::Overridden,
        Self::Deployed,
        Self::Failed,
        Self::RolledBack,
        Self::IncidentDeclared,
        Self::IncidentResolved,
        Self::Push,
        Self::Release,
        Self::Manual,
        Self::Schedule,
    ];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Pending => "pending",
            Self::Denied => "denied",
            Self::Overridden => "overridden",
            Self::Deployed => "deployed",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
            Self::IncidentDeclared => "incident.declared",
            Self::IncidentResolved => "incident.resolved",
            Self::Push => "push",
            Self::Release => "release",
            Self::Manual => "manual",
            Self::Schedule => "schedule",
        }
    }

    /// The event of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.word() == word)
    }
}

/// An event, perhaps with conditions on its fields, all of which must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct EventMatch {
    /// Which.
    pub event: Event,
    /// `branch == "develop"`, `tag ~ semver_tag`, `published`.
    pub fields: Vec<EventField>,
    /// Where.
    pub origin: Origin,
}

/// A condition on a field of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum EventField {
    /// The field has this value.
    Is(SmolStr, Value),
    /// The field matches this pattern.
    Matches(SmolStr, Pattern),
}

/// An event of the closed list, or a declared trigger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EventRef {
    /// An event.
    Event(Event),
    /// A trigger fires.
    Trigger(SmolStr),
}

/// One named thing that must be so before an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// Stable: `production.window.release_hours`, `production.gate.coverage`, `production.approve.devops`,
    /// `production.after.staging`, `production.after.staging.soaked`, `production.rule.old_lines`. Two instances of one
    /// gate carry their arguments: `production.gate.coverage(min = 70%)`.
    pub id: SmolStr,
    /// It binds only when this holds; unknown and not met is waiting.
    pub when: Option<Expr>,
    /// What must be so.
    pub check: Check,
    /// Evaluated and reported, never decides.
    pub advisory: bool,
    /// Its doc comment, or that of what it names.
    pub doc: Option<SmolStr>,
    /// Why, in the policy's words.
    pub because: Option<SmolStr>,
    /// Where.
    pub origin: Origin,
}

impl Requirement {
    /// The id without the environment: `window.release_hours`.
    pub fn local_id(&self) -> &str {
        self.id.split_once('.').map_or(self.id.as_str(), |(_, rest)| rest)
    }
}

/// What must be so.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The gate's evidence is there and good.
    Gate(GateUse),
    /// Enough people of a team approve. Several seats of one team come from several statements; each must be met.
    Approve {
        /// Which team.
        team: SmolStr,
        /// How many, when.
        seats: Vec<Seats>,
    },
    /// The release was healthy in another environment.
    After {
        /// Which.
        environment: SmolStr,
        /// For at least so long; `None`: a stay of any length.
        soaked: Option<Millis>,
    },
    /// The window is open.
    Within(SmolStr),
    /// The rule's clauses hold.
    Rule {
        /// Which rule.
        rule: SmolStr,
        /// Its clauses.
        clauses: Vec<Clause>,
    },
}

/// Seats of one team in one `approve` statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Seats {
    /// How many.
    pub count: u32,
    /// Only when this holds.
    pub when: Option<Expr>,
    /// Seats of one statement with `distinct` share a number: they must be taken by different people.
    pub distinct: Option<u32>,
    /// Where.
    pub origin: Origin,
}

/// One clause of a rule. `require C when W`: holds iff `not W or C`. `deny when C`: fails iff `C`.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// `deny`, not `require`.
    pub deny: bool,
    /// The condition.
    pub condition: Expr,
    /// `when` of a `require`.
    pub when: Option<Expr>,
    /// Why, in the policy's words.
    pub because: Option<SmolStr>,
    /// Where.
    pub origin: Origin,
}

/// What happens when a deployment is bad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollback {
    /// What starts it.
    pub on: Vec<EventRef>,
    /// What a rollback itself needs.
    pub requirements: Vec<Requirement>,
    /// How many healthy releases one can go back to.
    pub keep: Option<u32>,
    /// From the trigger's firing to healthy again.
    pub limit: Option<Millis>,
    /// Everything else: `strategy`, …
    pub properties: Record,
    /// Where.
    pub origin: Origin,
}

/// Something owed after an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty {
    /// `production.gate.post_mortem`, `production.notify.status`
    pub id: SmolStr,
    /// What is owed.
    pub what: Owed,
    /// After what; each occurrence starts one.
    pub on: Vec<EventRef>,
    /// Within what time.
    pub due: Millis,
    /// Only when this holds.
    pub when: Option<Expr>,
    /// Who owes it.
    pub owner: Option<SmolStr>,
    /// Evaluated and reported, never decides.
    pub advisory: bool,
    /// Where.
    pub origin: Origin,
}

/// What is owed.
#[derive(Clone, Debug, PartialEq)]
pub enum Owed {
    /// Evidence.
    Gate(GateUse),
    /// A message.
    Notify(SmolStr),
}

/// Who is told of what.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The channel.
    pub channel: SmolStr,
    /// Of what.
    pub on: Vec<EventRef>,
    /// Only when this holds.
    pub when: Option<Expr>,
    /// Within what time; then it is a duty too.
    pub due: Option<Millis>,
    /// Where.
    pub origin: Origin,
}

/// Something lifted.
#[derive(Clone, Debug, PartialEq)]
pub struct Waive {
    /// An id without its environment, or a prefix of ids: `window`, `gate.perf`, `rule.three_replicas[ui]`.
    pub id: SmolStr,
    /// Why.
    pub because: Option<SmolStr>,
    /// Where.
    pub origin: Origin,
}

impl Waive {
    /// Whether it covers the requirement of that local id (`gate.perf` covers `gate.perf` and `gate.perf(10%)`).
    pub fn covers(&self, local_id: &str) -> bool {
        local_id.strip_prefix(self.id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(', '[']))
    }
}

/// When an override ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Expiry {
    /// So long after the incident was declared.
    After(Millis),
    /// At the beginning of that day, UTC.
    On(Date),
    /// At that instant.
    At(Box<jiff::Zoned>),
}

/// Break-glass (with `when`) or a waiver (without).
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// The environments it is for; empty: all.
    pub environments: Vec<SmolStr>,
    /// It acts only if the request names it and this holds; `None`: a waiver, always in force until it expires.
    pub when: Option<Expr>,
    /// When it ends.
    pub expires: Expiry,
    /// What it lifts.
    pub waives: Vec<Waive>,
    /// What it adds, by environment.
    pub requirements: Vec<Requirement>,
    /// What is owed after it, by environment.
    pub duties: Vec<Duty>,
    /// Who is told.
    pub notices: Vec<Notice>,
    /// The team that answers for it.
    pub owner: Option<SmolStr>,
    /// The ticket that argues it.
    pub ticket: Option<SmolStr>,
    /// Everything else, such as `thresholds` in force meanwhile.
    pub properties: Record,
}

/// A Kubernetes kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupVersionKind {
    /// `networking.k8s.io`; empty for the core group.
    pub group: SmolStr,
    /// `v1`
    pub version: SmolStr,
    /// `Ingress`
    pub kind: SmolStr,
}

/// What a rule is about.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleSubject {
    /// A release: its clauses are requirements of its environments.
    Release,
    /// The policy itself: settled when compiling.
    Policy(Vec<StaticResult>),
    /// Objects of a Kubernetes kind: admission.
    Kind(GroupVersionKind),
}

/// How a rule over the policy came out, for one element when it is quantified.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticResult {
    /// `rule.three_replicas[ui]`
    pub id: SmolStr,
    /// Whether it holds.
    pub holds: bool,
    /// The override that waives it.
    pub waived_by: Option<SmolStr>,
    /// Where.
    pub origin: Origin,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// What it is about.
    pub subject: RuleSubject,
    /// The environments it binds; empty: all.
    pub environments: Vec<SmolStr>,
    /// Its clauses (over the object's fields as facts, for a Kubernetes kind).
    pub clauses: Vec<Clause>,
    /// Evaluated and reported, never decides.
    pub advisory: bool,
}

/// Something reported and alerted on that never decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// The environments it is for; empty: all.
    pub environments: Vec<SmolStr>,
    /// Over what time.
    pub over: Option<Millis>,
    /// What should hold.
    pub conditions: Vec<Expr>,
    /// Everything else: `notify_on`, `record`, …
    pub properties: Record,
}

/// A demand of a standard, with what satisfies it.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Its name.
    pub name: SmolStr,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// Where it is declared.
    pub origin: Origin,
    /// Names of what it extends, nearest first: the standard.
    pub parents: Vec<SmolStr>,
    /// Whether it applies.
    pub applies: bool,
    /// What satisfies it, as written: `production.approve`, `gate.two_reviews`.
    pub evidence: Vec<SmolStr>,
    /// Everything else: `reason`, `title`, `reference`, …
    pub properties: Record,
}

/// What a decision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Go ahead.
    Allow,
    /// Not yet.
    Pending,
    /// No.
    Deny,
}

impl Outcome {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Pending => "pending",
            Self::Deny => "deny",
        }
    }
}

/// A test of the policy.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// Its title.
    pub title: SmolStr,
    /// Its number among the rows of a test that has several, from 1.
    pub row: Option<u32>,
    /// The environment.
    pub environment: SmolStr,
    /// The instant.
    pub at: jiff::Zoned,
    /// What differs from the satisfied baseline.
    pub with: Record,
    /// What must come out.
    pub expect: Outcome,
    /// Ids (without the environment) or prefixes that must be among the deciding reasons.
    pub because: Vec<SmolStr>,
    /// When it would be met by time alone.
    pub until: Option<jiff::Zoned>,
    /// Where.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_covers_its_id_and_what_lies_below() {
        let waive = |id: &str| Waive { id: id.into(), because: None, origin: Origin::default() };
        for (id, of, covered) in [
            ("window", "window.release_hours", true),
            ("gate.perf", "gate.perf", true),
            ("gate.perf", "gate.perf(10%)", true),
            ("gate.perf", "gate.performance", false),
            ("rule.three_replicas[ui]", "rule.three_replicas[ui]", true),
            ("rule.three_replicas[ui]", "rule.three_replicas[api]", false),
            ("after.staging.soaked", "after.staging", false),
        ] {
            assert_eq!(waive(id).covers(of), covered, "{id} over {of}");
        }
    }
}
