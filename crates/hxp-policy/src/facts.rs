//! The facts of a request: one table, read by the type checker, the engines and the documentation.
//!
//! In the request a missing key is *unknown*, `null` is known to be none, `[]` is known to be empty. `previous`,
//! `incident` and `override` may be `null` as a whole: then each of their optional fields is none, a list in them is
//! empty, and the derived fact `incident.open` (its `state` is `open`) is false.

use std::sync::{Arc, LazyLock};

use crate::{Dimension, EnumType, RecordType, Type};

/// What is attempted.
pub static ACTION: EnumType = EnumType {
    name: "action",
    members: &[
        ("deploy", "put a release into an environment"),
        ("config", "same digests, other values"),
        ("rollback", "back to a release that was healthy there"),
    ],
    ordered: false,
};

/// What may ask for a deployment, or be told of one.
pub static EVENT: EnumType = EnumType {
    name: "event",
    members: &[
        ("requested", "a deployment is asked for"),
        ("pending", "a decision was: not yet"),
        ("denied", "a decision was: no"),
        ("overridden", "an override took effect"),
        ("deployed", "a deployment is healthy"),
        ("failed", "a deployment failed"),
        ("rolled_back", "a rollback is done"),
        ("incident.declared", "an incident was declared"),
        ("incident.resolved", "an incident was resolved"),
        ("push", "commits were pushed"),
        ("release", "a release was published"),
        ("manual", "a person asked"),
        ("schedule", "the clock asked"),
    ],
    ordered: false,
};

/// State of an incident.
pub static INCIDENT_STATE: EnumType =
    EnumType { name: "incident state", members: &[("open", "not resolved yet"), ("resolved", "over")], ordered: false };

/// Which part of a version rose.
pub static BUMP: EnumType = EnumType {
    name: "bump",
    members: &[
        ("same", "none"),
        ("patch", "the third number"),
        ("minor", "the second number"),
        ("major", "the first number"),
    ],
    ordered: true,
};

/// How a version stands among the published ones.
pub static SUPPORT_LINE: EnumType = EnumType {
    name: "support line",
    members: &[
        ("latest", "the newest minor version"),
        ("previous_minor", "the minor version before it"),
        ("older", "any other"),
    ],
    ordered: false,
};

fn record(name: &str, fields: &[(&str, Type)]) -> Type {
    Type::Record(Arc::new(RecordType {
        name: name.into(),
        fields: fields.iter().map(|(n, t)| ((*n).into(), t.clone())).collect(),
    }))
}

fn list(of: Type) -> Type {
    Type::List(Box::new(of))
}

fn optional(of: Type) -> Type {
    Type::Optional(Box::new(of))
}

/// The record of all facts that a policy's expressions may name.
pub static FACTS: LazyLock<RecordType> = LazyLock::new(|| {
    use Type::{Bool, Instant, Int, Semver, String};
    let chart = record("chart release", &[("name", String), ("version", Semver), ("digest", String)]);
    let commit =
        record("commit", &[("id", String), ("message", String), ("author", String), ("pull_request", optional(Int))]);
    let pull_request = record(
        "pull request",
        &[
            ("id", Int),
            ("author", String),
            ("labels", list(String)),
            ("approved_by", list(String)),
            ("merged_at", optional(Instant)),
        ],
    );
    let fields = [
        ("at", Instant),
        ("action", Type::Enum(&ACTION)),
        ("actor", record("actor", &[("id", String), ("bot", Bool)])),
        (
            "event",
            record(
                "event",
                &[
                    ("kind", String),
                    ("branch", optional(String)),
                    ("tag", optional(String)),
                    ("published", optional(Bool)),
                ],
            ),
        ),
        (
            "release",
            record(
                "release",
                &[
                    ("commit", String),
                    ("chart", chart.clone()),
                    ("values_digest", String),
                    ("version", Semver),
                    ("prerelease", Bool),
                    ("branch", optional(String)),
                    ("ancestors", list(String)),
                    ("publisher", optional(String)),
                    ("authors", list(String)),
                ],
            ),
        ),
        (
            "previous",
            record(
                "previous release",
                &[
                    ("commit", optional(String)),
                    ("version", optional(Semver)),
                    ("chart", optional(chart)),
                    ("values_digest", optional(String)),
                ],
            ),
        ),
        ("published_versions", list(Semver)),
        (
            "change",
            record(
                "change",
                &[("files", list(String)), ("commits", list(commit)), ("pull_requests", list(pull_request))],
            ),
        ),
        (
            "incident",
            record(
                "incident",
                &[
                    ("open", Bool),
                    ("id", optional(String)),
                    ("state", optional(Type::Enum(&INCIDENT_STATE))),
                    ("environments", list(String)),
                    ("declared_at", optional(Instant)),
                    ("resolved_at", optional(Instant)),
                ],
            ),
        ),
        ("duties", list(record("duty", &[("id", String), ("due_at", Instant), ("done_at", optional(Instant))]))),
        (
            "override",
            record(
                "override",
                &[("name", optional(String)), ("reason", optional(String)), ("ticket", optional(String))],
            ),
        ),
    ];
    RecordType { name: "request".into(), fields: fields.into_iter().map(|(n, t)| (n.into(), t)).collect() }
});

/// Facts about the deployment that triggers and rollbacks may name: `deployment.healthy`.
pub static DEPLOYMENT: LazyLock<RecordType> = LazyLock::new(|| RecordType {
    name: "deployment".into(),
    fields: vec![("healthy".into(), Type::Bool), ("age".into(), Type::Quantity(Dimension::Duration))],
});
