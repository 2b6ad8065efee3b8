//! The keys of a request: one table, which the reader checks against and the published JSON schema is made of.

use std::sync::LazyLock;

use crate::form::Form;

/// The form of a request.
pub static REQUEST: LazyLock<Form> = LazyLock::new(|| Form::new("request", KEYS, &OBLIGATORY));

/// What a key of a request may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An object with the keys of the table.
    Record,
    /// An object whose keys are the requester's own.
    Map,
    /// A list.
    List,
    /// Text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// RFC 3339 with an offset, of the years 1980 to 2199 (what follows from them, 64 bits of nanoseconds can hold).
    Instant,
    /// A semantic version, perhaps with `v` before it.
    Version,
    /// One of some words.
    Word(&'static str, &'static [&'static str]),
    /// Anything: results and parameters, typed by the gate.
    Any,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Dotted path; `[]` is an element of a list, `*` a free key.
    pub path: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether `null` is allowed: known to be none.
    pub nullable: bool,
    /// What it is, for the documentation.
    pub doc: &'static str,
}

const ACTION: Shape = Shape::Word("action", &["config", "deploy", "rollback"]);
const STATE: Shape = Shape::Word("state", &["error", "failed", "passed", "running", "skipped"]);
const VOTE: Shape = Shape::Word("vote", &["approve", "reject", "withdraw"]);
const OUTCOME: Shape = Shape::Word("outcome", &["failed", "healthy", "rolled_back", "running"]);
const READING: Shape = Shape::Word("reading", &["firing", "no_data", "quiet"]);
const INCIDENT: Shape = Shape::Word("incident state", &["open", "resolved"]);

const fn key(path: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { path, shape, nullable: false, doc }
}

const fn or_none(path: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { path, shape, nullable: true, doc }
}

/// Keys without which there is no decision.
pub const OBLIGATORY: [&str; 6] = ["hxp", "at", "environment", "action", "actor.id", "release.commit"];

use Shape::{Any, Boolean, Instant, Integer, List, Map, Record, Text, Version};

/// All keys of a request.
pub const KEYS: &[Key] = &[
    key("", Record, "A release attempt. A missing key is unknown, null is known to be none, [] is known to be empty."),
    key("hxp", Integer, "Version of this format: 1."),
    key("at", Instant, "The instant at which the decision is asked for; the only clock."),
    key("environment", Text, "The environment the release shall go to."),
    key("action", ACTION, "What is attempted: a deploy, a change of configuration, a rollback."),
    key("actor", Record, "Who asks."),
    key("actor.id", Text, "Canonical id of the person or machine."),
    key("actor.bot", Boolean, "Whether it is a machine."),
    key("event", Record, "What set the attempt off."),
    key("event.kind", Text, "push, release, manual or schedule."),
    or_none("event.published", Boolean, "Whether the release is published."),
    or_none("event.tag", Text, "The tag that was pushed or released."),
    or_none("event.branch", Text, "The branch that was pushed."),
    key("release", Record, "What shall go there."),
    key("release.commit", Text, "The commit it was built from."),
    key("release.images", Map, "Digest of each image; with the chart's digest, the identity of the release."),
    key("release.images.*", Text, "A digest."),
    or_none("release.chart", Record, "The chart that installs it; null: none."),
    key("release.chart.name", Text, "Its name."),
    key("release.chart.version", Version, "Its version."),
    key("release.chart.digest", Text, "Its digest."),
    key("release.values_digest", Text, "Digest of the configuration."),
    key("release.version", Version, "The release's version; a label, not part of its identity."),
    key("release.prerelease", Boolean, "Whether it is a pre-release."),
    or_none("release.branch", Text, "The branch it comes from."),
    key("release.ancestors", List, "Commits it contains, or those of them that the policy asks about."),
    key("release.ancestors.[]", Text, "A commit."),
    or_none("release.publisher", Text, "Who published it."),
    key("release.authors", List, "Authors of all commits since the previous release."),
    key("release.authors.[]", Text, "A person."),
    or_none("previous", Record, "What is live in the environment; null: nothing was ever deployed."),
    or_none("previous.commit", Text, "Its commit."),
    or_none("previous.version", Version, "Its version."),
    or_none("previous.images", Map, "Its images."),
    key("previous.images.*", Text, "A digest."),
    or_none("previous.chart", Record, "Its chart."),
    key("previous.chart.name", Text, "Its name."),
    key("previous.chart.version", Version, "Its version."),
    key("previous.chart.digest", Text, "Its digest."),
    or_none("previous.values_digest", Text, "Digest of its configuration."),
    key("published_versions", List, "All published versions."),
    key("published_versions.[]", Version, "A version."),
    key("change", Record, "What lies between the previous release and this one."),
    key("change.files", List, "Paths of changed files; left out when the list is cut short."),
    key("change.files.[]", Text, "A path."),
    key("change.commits", List, "The commits."),
    key("change.commits.[]", Record, "A commit."),
    key("change.commits.[].id", Text, "Its hash."),
    key("change.commits.[].message", Text, "Its message."),
    key("change.commits.[].author", Text, "Its author."),
    or_none("change.commits.[].pull_request", Integer, "The pull request that brought it; null: pushed directly."),
    key("change.pull_requests", List, "The pull requests."),
    key("change.pull_requests.[]", Record, "A pull request."),
    key("change.pull_requests.[].id", Integer, "Its number."),
    key("change.pull_requests.[].author", Text, "Its author."),
    key("change.pull_requests.[].labels", List, "Its labels."),
    key("change.pull_requests.[].labels.[]", Text, "A label."),
    key("change.pull_requests.[].approved_by", List, "Who approved it."),
    key("change.pull_requests.[].approved_by.[]", Text, "A person."),
    or_none("change.pull_requests.[].merged_at", Instant, "When it was merged."),
    key("evidence", List, "What gates have shown."),
    key("evidence.[]", Record, "One piece of evidence."),
    key("evidence.[].gate", Text, "The gate's name."),
    key("evidence.[].params", Map, "Arguments, where they take part in making the evidence."),
    key("evidence.[].params.*", Any, "An argument."),
    key("evidence.[].subject", Record, "What it is about; one of the keys below."),
    key("evidence.[].subject.commit", Text, "A commit."),
    key("evidence.[].subject.release", Record, "A release, by its identity."),
    key("evidence.[].subject.release.images", Map, "Its images."),
    key("evidence.[].subject.release.images.*", Text, "A digest."),
    or_none("evidence.[].subject.release.chart", Record, "Its chart."),
    key("evidence.[].subject.release.chart.name", Text, "Its name."),
    key("evidence.[].subject.release.chart.version", Version, "Its version."),
    key("evidence.[].subject.release.chart.digest", Text, "Its digest."),
    key("evidence.[].subject.deployment", Text, "Id of a deployment."),
    key("evidence.[].subject.environment", Text, "Name of an environment."),
    key("evidence.[].subject.incident", Text, "Id of an incident."),
    key("evidence.[].subject.policy", Text, "Name of the policy."),
    key("evidence.[].state", STATE, "How it came out."),
    key("evidence.[].results", Map, "What the gate yields."),
    key("evidence.[].results.*", Any, "A result."),
    or_none("evidence.[].issuer", Text, "The machine that gave it."),
    or_none("evidence.[].by", Text, "The person who signed it."),
    key("evidence.[].at", Instant, "When."),
    or_none("evidence.[].url", Text, "Where it can be looked at."),
    key("approvals", List, "Votes of people."),
    key("approvals.[]", Record, "A vote."),
    key("approvals.[].person", Text, "Whose."),
    key("approvals.[].vote", VOTE, "Which."),
    key("approvals.[].environment", Text, "For which environment."),
    key("approvals.[].commit", Text, "On which commit."),
    key("approvals.[].images", Map, "On which images."),
    key("approvals.[].images.*", Text, "A digest."),
    key("approvals.[].at", Instant, "When."),
    key("members", Map, "Members of the teams that the policy names, as of `at`."),
    key("members.*", List, "Members of a team."),
    key("members.*.[]", Text, "A person."),
    key("deployments", List, "What was deployed, here and in the environments that this one follows."),
    key("deployments.[]", Record, "A deployment."),
    key("deployments.[].id", Text, "Its id."),
    key("deployments.[].environment", Text, "Where."),
    key("deployments.[].images", Map, "Its images."),
    key("deployments.[].images.*", Text, "A digest."),
    or_none("deployments.[].chart", Record, "Its chart."),
    key("deployments.[].chart.name", Text, "Its name."),
    key("deployments.[].chart.version", Version, "Its version."),
    key("deployments.[].chart.digest", Text, "Its digest."),
    key("deployments.[].action", ACTION, "What it was."),
    or_none("deployments.[].revision", Integer, "Helm's revision."),
    key("deployments.[].from", Instant, "Since when it is or was live."),
    or_none("deployments.[].to", Instant, "Until when; null: it still is."),
    key("deployments.[].outcome", OUTCOME, "How it came out."),
    key("deployments.[].healthy", List, "When it was healthy."),
    key("deployments.[].healthy.[]", Record, "A stretch of time."),
    key("deployments.[].healthy.[].from", Instant, "Its beginning."),
    or_none("deployments.[].healthy.[].to", Instant, "Its end; null: it lasts."),
    key("triggers", List, "What the monitoring says."),
    key("triggers.[]", Record, "A trigger."),
    key("triggers.[].trigger", Text, "Its name."),
    key("triggers.[].environment", Text, "Where."),
    key("triggers.[].state", READING, "How it stands."),
    key("triggers.[].since", Instant, "Since when."),
    or_none("incident", Record, "The incident that is at hand; null: none."),
    or_none("incident.id", Text, "Its id."),
    or_none("incident.state", INCIDENT, "How it stands."),
    key("incident.environments", List, "The environments it covers."),
    key("incident.environments.[]", Text, "An environment."),
    or_none("incident.declared_at", Instant, "When it was declared."),
    or_none("incident.resolved_at", Instant, "When it was resolved."),
    or_none("override", Record, "The override that the requester names; null: none."),
    or_none("override.name", Text, "Its name."),
    or_none("override.reason", Text, "Why."),
    or_none("override.ticket", Text, "The ticket that argues it."),
    key("duties", List, "What is owed, from the ledger."),
    key("duties.[]", Record, "A duty."),
    key("duties.[].id", Text, "Its id."),
    or_none("duties.[].due_at", Instant, "Until when."),
    or_none("duties.[].done_at", Instant, "When it was done; null: not yet."),
];
