//! The table.

use hxp_policy::{Dimension, Kind};

use super::enums::{
    AUDIENCE, AUTHENTICATION, CERTIFICATES, COVER, DATA_CLASS, EXTERNALS, GATE_NO_DATA, LIFETIME, RECORDED,
    SECRET_STORE, STRATEGY, SUBJECT, TRIGGER_NO_DATA, UNIT,
};
use super::{BodyForm, KindSchema, Property, Shape};

const DURATION: Shape = Shape::Quantity(Dimension::Duration);
const BYTES: Shape = Shape::Quantity(Dimension::Bytes);
const CPU: Shape = Shape::Quantity(Dimension::Cpu);

const fn property(name: &'static str, shape: Shape, doc: &'static str) -> Property {
    Property { name, shape, doc, required: false, default: "" }
}

const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Property {
    Property { name, shape, doc, required: true, default: "" }
}

const fn defaulted(name: &'static str, shape: Shape, default: &'static str, doc: &'static str) -> Property {
    Property { name, shape, doc, required: false, default }
}

/// A kind that is a plain record.
const fn record(kind: Kind, doc: &'static str, properties: &'static [Property]) -> KindSchema {
    KindSchema {
        kind,
        doc,
        properties,
        others: None,
        statements: &[],
        headers: &[],
        parameters: false,
        typed: false,
        several: true,
        body: BodyForm::Block,
        attributes: &[],
    }
}

static POLICY: KindSchema = KindSchema {
    several: false,
    body: BodyForm::OptionalBlock,
    ..record(
        Kind::Policy,
        "The policy as a whole: who owns it, which edition of the language it is written in.",
        &[
            defaulted("edition", Shape::Int, "2026", "Edition of the language."),
            property("version", Shape::Semver, "The policy's own version."),
            property("owner", Shape::Decl(Kind::Team), "The team that answers for it."),
            property("title", Shape::String, "Its name for people."),
            property("url", Shape::String, "Where it is published."),
            property(
                "stack",
                Shape::Map(&Shape::List(&Shape::Word)),
                "Tools in use, by purpose; carried into documents.",
            ),
            property("enforce", Shape::List(&Shape::Word), "Targets that the project must select."),
            property(
                "support",
                Shape::Map(&Shape::Word),
                "How long which versions are supported; carried into documents.",
            ),
            property("contact", Shape::String, "Whom to ask."),
            property("notes", Shape::Free, "Anything else worth carrying into documents."),
        ],
    )
};

static TEAM: KindSchema = KindSchema {
    body: BodyForm::OptionalBlock,
    ..record(
        Kind::Team,
        "A group of people who can approve, sign or answer.",
        &[
            property("github", Shape::String, "`organisation/team` at GitHub."),
            property("gitlab", Shape::String, "Group path at GitLab."),
            property("title", Shape::String, "Its name for people."),
            property(
                "members",
                Shape::List(&Shape::String),
                "Its members by canonical id, when the policy lists them.",
            ),
            property("email", Shape::String, "How to reach it."),
        ],
    )
};

static CHANNEL: KindSchema = record(
    Kind::Channel,
    "Where messages go.",
    &[
        required("to", Shape::Free, "The destination: `slack(\"#name\")` and others of `std.notify`."),
        defaulted("audience", Shape::Enum(&AUDIENCE), "internal", "Who reads it."),
        property("cover", Shape::Enum(&COVER), "When someone answers."),
        property(
            "escalate",
            Shape::List(&Shape::Record(&[
                required("after", DURATION, "Unanswered for so long."),
                required(
                    "to",
                    Shape::Either(&[Shape::Decl(Kind::Team), Shape::Decl(Kind::Channel)]),
                    "Then who is told.",
                ),
            ])),
            "Who is told when nobody answers.",
        ),
        property("record", Shape::List(&Shape::Enum(&RECORDED)), "What an audit record holds."),
        property("title", Shape::String, "Its name for people."),
        property("retention", DURATION, "How long messages are kept."),
    ],
);

static LABEL: KindSchema = record(
    Kind::Label,
    "A kind of change, computed from the change itself; any of its sources is enough.",
    &[
        property("pr", Shape::String, "A label of one of the change's pull requests."),
        property("files", Shape::List(&Shape::String), "A changed file matches one of these globs."),
        property("commits", Shape::Pattern, "A commit message begins like this."),
        property("title", Shape::String, "Its name for people."),
    ],
);

static CHART: KindSchema = record(
    Kind::Chart,
    "A Helm chart. Its `values.schema.json` types every `values`.",
    &[
        property("release", Shape::String, "The Helm release's name."),
        property("path", Shape::String, "Path in the repository."),
        property("repo", Shape::String, "`repository/chart`."),
        property("url", Shape::String, "Address of the chart repository."),
        property("version", Shape::Semver, "Version of the chart."),
    ],
);

static SERVICE: KindSchema = KindSchema {
    others: Some(&Shape::Free),
    ..record(
        Kind::Service,
        "A thing that runs.",
        &[
            property("chart", Shape::Decl(Kind::Chart), "Its chart."),
            defaulted("key", Shape::String, "its name", "Its key in the chart's values."),
            property("path", Shape::String, "Its folder in the repository."),
            property("image", Shape::Either(&[Shape::Decl(Kind::Image), Shape::String]), "Its image."),
            property("owner", Shape::Decl(Kind::Team), "The team that answers for it."),
            property("port", Shape::Int, "Where it listens."),
            property("title", Shape::String, "Its name for people."),
        ],
    )
};

static IMAGE: KindSchema = KindSchema {
    others: Some(&Shape::Free),
    ..record(
        Kind::Image,
        "A container image.",
        &[
            required("repository", Shape::String, "`registry/repository`."),
            property("path", Shape::String, "The folder it is built from."),
            property("key", Shape::String, "Its key among the release's images."),
            property("platforms", Shape::List(&Shape::String), "Platforms it is built for."),
        ],
    )
};

static WINDOW: KindSchema = KindSchema {
    statements: &["open", "closed"],
    headers: &["extends"],
    body: BodyForm::Either,
    ..record(
        Kind::Window,
        "When something may happen, on the wall clock of a zone.",
        &[defaulted("zone", Shape::String, "Etc/UTC", "IANA name of the time zone: `Europe/Berlin`.")],
    )
};

static GATE: KindSchema = KindSchema {
    statements: &["yields", "require"],
    headers: &["extends"],
    parameters: true,
    ..record(
        Kind::Gate,
        "Evidence that can be asked for: made by a machine (`run`), signed by people (`by`), or computed from the facts.",
        &[
            property(
                "run",
                Shape::String,
                "Shell command that makes the evidence; parameters reach it as `$HXP_NAME`.",
            ),
            property(
                "collect",
                Shape::String,
                "Shell command that prints the yielded results as JSON from the command's report.",
            ),
            property("by", Shape::Decl(Kind::Team), "The team of which a member signs."),
            property(
                "issuer",
                Shape::String,
                "The machine whose evidence counts: `repo:owner/name` is a repository's workflows.",
            ),
            defaulted("subject", Shape::Enum(&SUBJECT), "commit", "What the evidence is about."),
            defaulted("valid", DURATION, "for ever", "How long it counts."),
            defaulted("on_no_data", Shape::Enum(&GATE_NO_DATA), "wait", "What a run that breaks or is skipped means."),
            property("runner", Shape::String, "Label of the machine that runs it."),
            property("timeout", DURATION, "It may take so long."),
            property("tools", Shape::Free, "Tools the command needs, with their versions."),
            property("uses", Shape::String, "Action that makes the evidence, in place of a command."),
            property("image", Shape::String, "Container image in which the command runs."),
            property("env", Shape::Map(&Shape::String), "Environment variables of the command."),
            property("report", Shape::String, "File that the command writes, kept as an artifact."),
            property("title", Shape::String, "Its name for people."),
            property("runbook", Shape::String, "What to do when it fails."),
            property("working_directory", Shape::String, "Folder in which the command runs."),
        ],
    )
};

static METRIC: KindSchema = KindSchema {
    typed: true,
    headers: &["extends"],
    ..record(
        Kind::Metric,
        "A measured quantity.",
        &[
            required("query", Shape::PromQl, "Its query; must reduce to one number."),
            defaulted("unit", Shape::Enum(&UNIT), "count", "What the raw number is."),
            property(
                "scope",
                Shape::Map(&Shape::String),
                "Labels put into every selector, so that environments do not mix.",
            ),
            property("samples", Shape::PromQl, "How many samples stand behind the query."),
            property("title", Shape::String, "Its name for people."),
        ],
    )
};

static TRIGGER: KindSchema = KindSchema {
    headers: &["when", "for"],
    body: BodyForm::OptionalBlock,
    ..record(
        Kind::Trigger,
        "What starts a rollback or an alarm: a condition over metrics, or a person.",
        &[
            property("raised_by", Shape::Decl(Kind::Team), "The team whose members raise it by hand."),
            property("runbook", Shape::String, "Path or address of the runbook."),
            defaulted("on_no_data", Shape::Enum(&TRIGGER_NO_DATA), "hold", "What silence means."),
            property("min_samples", Shape::Int, "Fewer samples than this say nothing."),
            property("severity", Shape::Enum(&super::enums::SEVERITY), "How bad it is."),
            property("title", Shape::String, "Its name for people."),
        ],
    )
};

static ENVIRONMENT: KindSchema = KindSchema {
    statements: &["deploy", "after", "within", "require", "approve", "rollback", "notify", "waive"],
    headers: &["extends"],
    ..record(Kind::Environment, "Somewhere that releases run.", ENVIRONMENT_PROPERTIES)
};

/// What an environment may say; rules may read all of it.
static ENVIRONMENT_PROPERTIES: &[Property] = &[
    property("title", Shape::String, "Its name for people."),
    property("purpose", Shape::Either(&[Shape::List(&Shape::String), Shape::String]), "What it is for."),
    property("url", Shape::String, "Where it answers."),
    property("namespace", Shape::String, "Kubernetes namespace."),
    defaulted("abstract", Shape::Bool, "false", "Whether it is only there to be extended."),
    property("runner", Shape::String, "Label of the machine that runs its jobs."),
    property("service", Shape::Decl(Kind::Service), "The service it deploys, in a repository of several."),
    property("region", Shape::String, "Where it runs."),
    property(
        "cluster",
        Shape::Record(&[
            property("name", Shape::String, "Name of the cluster."),
            property("kinds", Shape::List(&Shape::Word), "Kinds of cluster that will do."),
            property("memory", Shape::Either(&[BYTES, Shape::Range(&BYTES)]), "Memory it needs."),
            property("cpu", Shape::Either(&[CPU, Shape::Range(&CPU)]), "Processors it needs."),
            property("dedicated", Shape::Bool, "Whether it shares with nobody."),
            property("high_availability", Shape::Bool, "Whether it survives the loss of a machine."),
            property("zones", Shape::Int, "Over how many availability zones it stretches."),
            property("nodes", Shape::Either(&[Shape::Int, Shape::Range(&Shape::Int)]), "How many machines."),
            property("version", Shape::String, "Version of Kubernetes."),
            property("region", Shape::String, "Where it runs."),
        ]),
        "The cluster under it.",
    ),
    property(
        "data",
        Shape::Record(&[
            required("class", Shape::Enum(&DATA_CLASS), "How precious its data is."),
            property("from", Shape::Decl(Kind::Environment), "Where the data comes from."),
            property("through", Shape::Decl(Kind::Gate), "The gate that shows it was anonymized."),
            property("refresh", DURATION, "How often it is renewed."),
            property("retention", DURATION, "How long it is kept."),
            property("residency", Shape::List(&Shape::String), "Where it may be stored."),
        ]),
        "Its data: how precious, from where, through which anonymizer.",
    ),
    property(
        "secrets",
        Shape::Record(&[
            required("store", Shape::Enum(&SECRET_STORE), "Where they are kept."),
            property("scope", Shape::String, "Which of the store's secrets; two environments share none."),
            property("rotate", DURATION, "How often they are changed."),
        ]),
        "Its secrets.",
    ),
    property("lifetime", Shape::Enum(&LIFETIME), "How long it lives."),
    property("externals", Shape::Enum(&EXTERNALS), "Whether other systems may be faked."),
    property(
        "access",
        Shape::Record(&[
            property("auth", Shape::Enum(&AUTHENTICATION), "How people log in."),
            property("certificates", Shape::Enum(&CERTIFICATES), "Who signs its certificates."),
            property("teams", Shape::List(&Shape::Decl(Kind::Team)), "Who may log in."),
            property("networks", Shape::List(&Shape::String), "From where."),
            property("vpn", Shape::Bool, "Whether only through the VPN."),
        ]),
        "Who gets in.",
    ),
    property("thresholds", Shape::Free, "Limits that its triggers read: `environment.thresholds.error_rate`."),
    property(
        "recovery",
        Shape::Record(&[
            property("rto", DURATION, "Back after so long."),
            property("rpo", DURATION, "At most so much is lost."),
            property("backup_every", DURATION, "How often it is backed up."),
            property("point_in_time", Shape::Bool, "Whether it can be restored to any instant."),
            property("keep_daily", DURATION, "How long daily backups are kept."),
            property("keep_monthly", DURATION, "How long monthly backups are kept."),
            property("keep_yearly", DURATION, "How long yearly backups are kept."),
            property("cross_region", Shape::Bool, "Whether backups lie in another region too."),
        ]),
        "What a disaster may cost.",
    ),
    property(
        "monitoring",
        Shape::Record(&[
            property("retention", DURATION, "How long measurements are kept."),
            property("high_resolution", Shape::Bool, "Whether they are taken at short intervals."),
            property("cover", Shape::Enum(&COVER), "When someone looks."),
        ]),
        "How it is watched.",
    ),
    property("budget", Shape::Free, "What it may cost, and how much of its objectives may be used up."),
    property(
        "approvals",
        Shape::Record(&[property("valid", DURATION, "How long an approval counts.")]),
        "How approvals age.",
    ),
    property("concurrency", Shape::Word, "`queue` or `cancel`: what a second deployment does."),
    property("tags", Shape::Map(&Shape::String), "Labels for other tools."),
    property("values", Shape::Data, "The configuration it runs with."),
];

static OVERRIDE: KindSchema = KindSchema {
    statements: &["waive", "approve", "require", "within", "after", "notify", "rollback"],
    headers: &["for", "when"],
    several: false,
    ..record(
        Kind::Override,
        "Break-glass (with `when`, acts only if the request names it) or a waiver (without `when`).",
        &[
            property(
                "expires",
                Shape::Either(&[DURATION, Shape::Date, Shape::Instant]),
                "When it ends: a duration after the incident was declared, a day, or an instant.",
            ),
            property("owner", Shape::Decl(Kind::Team), "The team that answers for it."),
            property("ticket", Shape::String, "Where it is argued."),
            property("reason", Shape::String, "Why it is there."),
            property("review", Shape::Date, "When it is looked at again."),
            property("thresholds", Shape::Free, "Limits in force meanwhile."),
            property("runner", Shape::String, "Machine in use meanwhile."),
        ],
    )
};

static RULE: KindSchema = KindSchema {
    statements: &["require", "deny"],
    headers: &["on", "for"],
    several: false,
    attributes: &["advisory"],
    ..record(
        Kind::Rule,
        "A condition over a release (by default), over the policy itself, or over a Kubernetes kind.",
        &[
            property("title", Shape::String, "Its name for people."),
            property("reference", Shape::String, "The demand it answers."),
            property("severity", Shape::Enum(&super::enums::SEVERITY), "How bad a breach is."),
        ],
    )
};

static OBJECTIVE: KindSchema = KindSchema {
    statements: &["require"],
    headers: &["for"],
    several: false,
    ..record(
        Kind::Objective,
        "Reported and alerted on; never decides.",
        &[
            property("over", DURATION, "Over what time."),
            property("notify_on", Shape::Decl(Kind::Channel), "Who is told when it is missed."),
            property("record", Shape::Decl(Kind::Metric), "A metric that is only recorded."),
            property("budget", Shape::Quantity(Dimension::Percent), "How much may be used up before anyone is told."),
            property("title", Shape::String, "Its name for people."),
        ],
    )
};

static CONTROL: KindSchema = KindSchema {
    headers: &["extends"],
    body: BodyForm::OptionalBlock,
    ..record(
        Kind::Control,
        "A demand of a standard, with what satisfies it.",
        &[
            defaulted("applies", Shape::Bool, "true", "Whether it applies here."),
            property("reason", Shape::String, "Why it does, or does not."),
            property("evidence", Shape::List(&Shape::Id), "What satisfies it."),
            property("title", Shape::String, "Its name for people."),
            property("standard", Shape::String, "The standard."),
            property("reference", Shape::String, "The clause of the standard."),
            property("url", Shape::String, "Where the clause can be read."),
            property("demands", Shape::Either(&[Shape::List(&Shape::String), Shape::String]), "What it asks for."),
            property("owner", Shape::Decl(Kind::Team), "The team that answers for it."),
            property("review", DURATION, "How often it is looked at."),
            defaulted("abstract", Shape::Bool, "false", "Whether it is only there to be extended."),
        ],
    )
};

static TEST: KindSchema = KindSchema {
    statements: &["given", "expect"],
    several: false,
    ..record(Kind::Test, "What a decision must be on given facts.", &[])
};

/// Constants and functions.
pub static LET: KindSchema = KindSchema {
    parameters: true,
    typed: true,
    several: false,
    body: BodyForm::Either,
    ..record(Kind::Let, "A constant, or a pure function.", &[])
};

/// The schemas of all kinds.
pub static SCHEMAS: &[&KindSchema] = &[
    &POLICY,
    &LET,
    &TEAM,
    &CHANNEL,
    &LABEL,
    &CHART,
    &SERVICE,
    &IMAGE,
    &WINDOW,
    &GATE,
    &METRIC,
    &TRIGGER,
    &ENVIRONMENT,
    &OVERRIDE,
    &RULE,
    &OBJECTIVE,
    &CONTROL,
    &TEST,
];

/// What a `rollback` block may say.
pub static ROLLBACK: &[Property] = &[
    defaulted("strategy", Shape::Enum(&STRATEGY), "rolling", "How the old release takes over again."),
    defaulted("keep", Shape::Int, "10", "How many healthy releases one can go back to."),
    property("limit", DURATION, "From the trigger's firing to healthy again."),
];

/// The facts that a test may give beside those of the request.
pub static GIVEN: &[Property] = &[
    property("override", Shape::Either(&[Shape::Decl(Kind::Override), Shape::Free]), "The override that is named."),
    property("approvals", Shape::Map(&Shape::Either(&[Shape::Int, Shape::List(&Shape::String)])), "Approvals by team."),
    property(
        "rejections",
        Shape::Map(&Shape::Either(&[Shape::Int, Shape::List(&Shape::String)])),
        "Rejections by team.",
    ),
    property(
        "gates",
        Shape::Map(&Shape::Either(&[Shape::Enum(&super::enums::EVIDENCE_STATE), Shape::Free])),
        "What became of gates.",
    ),
    property(
        "evidence",
        Shape::Map(&Shape::Either(&[Shape::Enum(&super::enums::EVIDENCE_STATE), Shape::Free])),
        "What became of gates.",
    ),
    property("labels", Shape::List(&Shape::Decl(Kind::Label)), "Labels of the change."),
    property("stays", Shape::Map(&DURATION), "How long the release was healthy, by environment."),
    property("voted", Shape::Map(&DURATION), "How long ago members voted, by team."),
    property("deployments", Shape::Free, "Deployments so far."),
    property("triggers", Shape::Map(&Shape::Word), "State of triggers."),
    property("members", Shape::Map(&Shape::List(&Shape::String)), "Members by team."),
    property("duties", Shape::Free, "Duties and when they were done."),
];

/// Facts of a test of which the keys name declarations of that kind.
pub const GIVEN_NAMES: &[(&str, Kind)] = &[
    ("approvals", Kind::Team),
    ("rejections", Kind::Team),
    ("members", Kind::Team),
    ("voted", Kind::Team),
    ("gates", Kind::Gate),
    ("evidence", Kind::Gate),
    ("triggers", Kind::Trigger),
    ("stays", Kind::Environment),
];
