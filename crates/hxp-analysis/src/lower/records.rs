//! Plain records: policy, team, channel, label, chart, service, image, control.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::model::{Channel, Chart, Control, Image, Label, Policy, Service, Team};
use hxp_policy::{Record, Value};
use smol_str::SmolStr;

use crate::elaborate::Elaborator;
use crate::program::DeclId;

/// The editions of the language that this compiler knows.
const EDITIONS: &[i64] = &[2026];

/// Takes a field out of a record.
pub fn take(values: &mut Record, name: &str) -> Option<Value> {
    let index = values.fields.iter().position(|f| f.name == name)?;
    Some(values.fields.remove(index).value)
}

/// Takes text out of a record.
pub fn take_text(values: &mut Record, name: &str) -> Option<SmolStr> {
    match take(values, name)? {
        Value::Str(text) | Value::Enum(text) => Some(text),
        Value::Ref(reference) => Some(reference.name),
        _ => None,
    }
}

/// Takes a list of texts out of a record.
pub fn take_texts(values: &mut Record, name: &str) -> Option<Vec<SmolStr>> {
    match take(values, name)? {
        Value::List(items) => Some(items.iter().filter_map(|v| v.as_str().map(SmolStr::from)).collect()),
        _ => None,
    }
}

/// Takes a truth value out of a record.
pub fn take_bool(values: &mut Record, name: &str) -> Option<bool> {
    take(values, name)?.as_bool()
}

/// `policy name { … }`
pub fn policy(cx: &mut Elaborator<'_>, id: DeclId, policy: &mut Policy) {
    cx.reading_decl(id);
    let decl = cx.program.get(id);
    let mut values = cx.properties(id);
    policy.name = decl.name.clone();
    policy.doc = cx.program.doc(id);
    policy.origin = cx.program.origin(decl.name_span);
    policy.owner = take_text(&mut values, "owner");
    policy.version = match take(&mut values, "version") {
        Some(Value::Semver(version)) => Some(version),
        _ => None,
    };
    policy.edition = 2026;
    if let Some(field) = values.field("edition")
        && let Value::Int(edition) = field.value
        && !EDITIONS.contains(&edition)
    {
        let span = cx.node(id);
        let span = cx.child(&span, "edition").and_then(|n| n.place()).unwrap_or(field.origin.span);
        let message = format!("there is no edition {edition} of the language");
        let mut found =
            Diagnostic::new(codes::UNKNOWN_EDITION, span, message).help("this version knows the edition 2026");
        if cx.program.sources.slice(span).starts_with("edition") {
            found = found.fix("write `edition = 2026`", span, "edition = 2026");
        }
        cx.report(found);
    }
    take(&mut values, "edition");
    policy.properties = values;
}

/// `team name { … }`
pub fn team(cx: &mut Elaborator<'_>, id: DeclId) -> Team {
    cx.reading_decl(id);
    let mut values = cx.properties(id);
    Team {
        name: cx.program.get(id).model.clone(),
        doc: cx.program.doc(id),
        origin: cx.program.origin(cx.program.get(id).name_span),
        github: take_text(&mut values, "github"),
        gitlab: take_text(&mut values, "gitlab"),
        members: take_texts(&mut values, "members"),
    }
}

/// `channel name { … }`
pub fn channel(cx: &mut Elaborator<'_>, id: DeclId) -> Channel {
    const KINDS: &[&str] = &["slack", "pagerduty", "status_page", "email", "in_app", "webhook", "teams"];
    cx.reading_decl(id);
    let mut values = cx.properties(id);
    let to = values.field("to").cloned();
    take(&mut values, "to");
    let destination = match to {
        Some(field) => match field.value {
            Value::Record(record) => {
                let kind = record.get("kind").and_then(Value::as_str).unwrap_or_default();
                if !KINDS.contains(&kind) {
                    let message = "a channel leads to a destination of `std.notify`";
                    cx.report(
                        Diagnostic::new(codes::TYPE_MISMATCH, field.origin.span, message)
                            .help("`use std.notify.{slack}` and write `to = slack(\"#name\")`"),
                    );
                }
                record
            }
            _ => {
                let message = "a channel leads to a destination, not to a bare value";
                cx.report(
                    Diagnostic::new(codes::TYPE_MISMATCH, field.origin.span, message)
                        .help("`use std.notify.{slack}` and write `to = slack(\"#name\")`"),
                );
                Record::default()
            }
        },
        None => Record::default(),
    };
    Channel {
        name: cx.program.get(id).model.clone(),
        doc: cx.program.doc(id),
        origin: cx.program.origin(cx.program.get(id).name_span),
        to: destination,
        audience: take_text(&mut values, "audience").unwrap_or_else(|| "internal".into()),
        properties: values,
    }
}

/// `label name { … }`
pub fn label(cx: &mut Elaborator<'_>, id: DeclId) -> Label {
    cx.reading_decl(id);
    let mut values = cx.properties(id);
    let name_span = cx.program.get(id).name_span;
    let globs = values.field("files").map(|f| f.origin.span);
    let files = take_texts(&mut values, "files").unwrap_or_default();
    for glob in &files {
        cx.check_glob(glob, globs.unwrap_or(name_span));
    }
    let commits = match take(&mut values, "commits") {
        Some(Value::Pattern(pattern)) => Some(pattern),
        _ => None,
    };
    let pr = take_text(&mut values, "pr");
    if !["pr", "files", "commits"].into_iter().any(|source| cx.says(id, source)) {
        let name = &cx.program.get(id).name;
        let message = format!("the label `{name}` has no source, so no change ever has it");
        cx.report(
            Diagnostic::new(codes::MISSING_PROPERTY, name_span, message)
                .help("say `pr = \"label\"`, `files = [\"glob\"]` or `commits = re\"…\"`"),
        );
    }
    Label {
        name: cx.program.get(id).model.clone(),
        doc: cx.program.doc(id),
        origin: cx.program.origin(name_span),
        pr,
        files,
        commits,
    }
}

/// `chart name { … }`
pub fn chart(cx: &mut Elaborator<'_>, id: DeclId) -> Chart {
    cx.reading_decl(id);
    let mut values = cx.properties(id);
    Chart {
        name: cx.program.get(id).model.clone(),
        doc: cx.program.doc(id),
        origin: cx.program.origin(cx.program.get(id).name_span),
        release: take_text(&mut values, "release"),
        path: take_text(&mut values, "path"),
        repo: take_text(&mut values, "repo"),
        properties: values,
    }
}

/// `service name { … }`
pub fn service(cx: &mut Elaborator<'_>, id: DeclId) -> Service {
    cx.reading_decl(id);
    let mut values = cx.properties(id);
    let name = cx.program.get(id).model.clone();
    Service {
        doc: cx.program.doc(id),
        origin: cx.program.origin(cx.program.get(id).name_span),
        chart: take_text(&mut values, "chart"),
        key: take_text(&mut values, "key").unwrap_or_else(|| name.clone()),
        properties: values,
        name,
    }
}

/// `image name { … }`
pub fn image(cx: &mut Elaborator<'_>, id: DeclId) -> Image {
    cx.reading_decl(id);
    let mut values = cx.properties(id);
    Image {
        name: cx.program.get(id).model.clone(),
        doc: cx.program.doc(id),
        origin: cx.program.origin(cx.program.get(id).name_span),
        repository: take_text(&mut values, "repository").unwrap_or_default(),
        properties: values,
    }
}

/// `control name extends standard { … }`; evidence is checked when all ids are known.
pub fn control(cx: &mut Elaborator<'_>, id: DeclId) -> Control {
    cx.reading_decl(id);
    let mut values = cx.properties(id);
    let parents = super::parents(cx.program, id);
    if let (Some(parent), Some((path, _))) =
        (cx.program.parent(id), crate::program::extends_header(cx.program.get(id).decl))
    {
        super::refer_parent(cx, id, parent, path.span);
    }
    take(&mut values, "abstract");
    Control {
        name: cx.program.get(id).model.clone(),
        doc: cx.program.doc(id),
        origin: cx.program.origin(cx.program.get(id).name_span),
        parents,
        applies: take_bool(&mut values, "applies").unwrap_or(true),
        evidence: take_texts(&mut values, "evidence").unwrap_or_default(),
        properties: values,
    }
}
