//! The values against the chart's own schema, the way Helm checks them: merged over the chart's `values.yaml`.

use hxp_diagnostics::{Diagnostic, Span, codes, list_names, nearest};
use hxp_policy::{Environment, Field, Image, Pattern, Policy, Record, Value};
use indexmap::IndexMap;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use super::chart::Chart;
use super::values::{record_json, text};
use super::words::{described, either, expectation};
use crate::images;

/// Values that have no form in a values file.
pub fn unwritable(environment: &Environment, diagnostics: &mut Vec<Diagnostic>) {
    unwritable_in(&environment.values, &mut vec![&environment.name, "values"], diagnostics);
}

fn unwritable_in<'p>(record: &'p Record, path: &mut Vec<&'p str>, diagnostics: &mut Vec<Diagnostic>) {
    for field in &record.fields {
        path.push(&field.name);
        let mut inner = vec![&field.value];
        while let Some(value) = inner.pop() {
            match value {
                Value::Record(record) => unwritable_in(record, path, diagnostics),
                Value::List(items) => inner.extend(items),
                Value::Range(..) => diagnostics.push(a_range(record, field, value, &path.join("."))),
                Value::Pattern(Pattern::SemverTag) => {
                    let message = format!("`{}` is a pattern, which no chart can read", path.join("."));
                    diagnostics.push(diagnostic(field.origin.span, message));
                }
                _ => {}
            }
        }
        path.pop();
    }
}

fn a_range(record: &Record, field: &Field, value: &Value, path: &str) -> Diagnostic {
    let range = text(value);
    let message = format!("`{path}` is the range `{range}`, which no chart can read");
    let found = diagnostic(field.origin.span, message)
        .label("a range")
        .help(format!("`...scaled({range})` gives `replicas` and `autoscaling`, in the keys that most charts know"));
    let whole = field.name == "replicas" && field.value == *value && is_said_alone(record, field);
    if whole { found.fix("scale between these", field.origin.span, format!("...scaled({range})")) } else { found }
}

/// Whether the field was written where its origin is, rather than made by a call there with others.
fn is_said_alone(record: &Record, field: &Field) -> bool {
    record.fields.iter().filter(|f| f.origin == field.origin).count() == 1
}

/// The schemas of charts, each made ready once, by the chart's name; or what is wrong with one.
pub type Validators = IndexMap<SmolStr, Result<Validator, String>>;

/// Makes the schemas ready.
pub fn validators(schemas: &IndexMap<SmolStr, Json>) -> Validators {
    let ready = |schema| jsonschema::validator_for(schema).map_err(|error| error.to_string());
    schemas.iter().map(|(name, schema)| (name.clone(), ready(schema))).collect()
}

impl Chart<'_> {
    /// Checks an environment's values; each finding points at the deepest field that is wrong.
    pub fn check(
        &self,
        validators: &Validators,
        policy: &Policy,
        environment: &Environment,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some(schema) = self.schema else { return };
        let Some(validator) = validators.get(&self.name) else { return };
        let validator = match validator {
            Ok(validator) => validator,
            Err(error) => {
                let name = &self.name;
                let message = format!("the values of chart `{name}` are not checked: its schema cannot be used");
                diagnostics.push(
                    Diagnostic::new(codes::NO_CHART_SCHEMA, self.span, message)
                        .label("this chart")
                        .help(format!("`values.schema.json`: {error}")),
                );
                return;
            }
        };
        let mut merged = self.defaults.cloned().unwrap_or_else(|| Json::Object(Map::new()));
        merge(&mut merged, record_json(&environment.values));
        for error in validator.iter_errors(&merged) {
            for mismatch in mismatches(&error) {
                let finding = Finding { chart: self, schema, environment, at: locate(environment, &mismatch.path) };
                diagnostics.extend(finding.tell(&mismatch));
            }
        }
        if validator.is_valid(&merged) {
            self.check_digests(validator, &merged, policy, environment, diagnostics);
        }
    }

    /// A deployment says the digests of its images beside the values; the chart must take them where they are said.
    fn check_digests(
        &self,
        validator: &Validator,
        merged: &Json,
        policy: &Policy,
        environment: &Environment,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for image in images::of(policy, environment) {
            for path in images::digest_paths(policy, environment, image) {
                let mut with = merged.clone();
                merge(&mut with, said_at(&path, json!(format!("sha256:{}", "0".repeat(64)))));
                if !validator.is_valid(&with) {
                    diagnostics.push(self.takes_no_digest(image, environment, &path.join(".")));
                }
            }
        }
    }

    fn takes_no_digest(&self, image: &Image, environment: &Environment, place: &str) -> Diagnostic {
        let (chart, name) = (&self.name, &image.name);
        diagnostic(image.origin.span, format!("the chart `{chart}` takes no digest of the image `{name}` at `{place}`"))
            .label(format!("deployed to `{}`", environment.name))
            .help("a deployment says there which digest was judged")
            .help(format!(
                "say in `values` where the chart takes the image: a record with `repository = image.{name}.repository`"
            ))
    }
}

/// A value at a path, in the mappings that lead there.
fn said_at(path: &[SmolStr], value: Json) -> Json {
    path.iter().rev().fold(value, |inner, key| json!({ key.as_str(): inner }))
}

/// Lays values over a chart's defaults as Helm does: mappings are merged, `null` removes a default, all else replaces.
fn merge(under: &mut Json, over: Json) {
    match (under, over) {
        (Json::Object(under), Json::Object(over)) => {
            for (key, value) in over {
                match under.get_mut(&key) {
                    Some(_) if value.is_null() => {
                        under.shift_remove(&key);
                    }
                    Some(default) => merge(default, value),
                    None => {
                        under.insert(key, value);
                    }
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// One way in which the values do not fit.
struct Mismatch<'e> {
    /// Where in the values.
    path: Vec<String>,
    /// Where in the schema: the place of the keyword.
    schema_path: String,
    what: What<'e>,
}

enum What<'e> {
    /// Keys that the chart does not know.
    Unknown(&'e [String]),
    /// A key that has to be there.
    Missing(&'e str),
    /// A value that the chart does not take; what it takes instead.
    Wants(String, &'e Json),
}

/// What an error says; of several alternatives that all fail, what the nearest one says.
fn mismatches<'e>(error: &'e ValidationError<'_>) -> Vec<Mismatch<'e>> {
    let path = segments(error.instance_path().as_str());
    let one = |what| vec![Mismatch { path: path.clone(), schema_path: error.schema_path().as_str().to_owned(), what }];
    let wants = |words: String| one(What::Wants(words, error.instance().as_ref()));
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => one(What::Unknown(unexpected)),
        ValidationErrorKind::Required { property } => one(What::Missing(property.as_str().unwrap_or_default())),
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            let alternatives: Vec<Vec<Mismatch<'_>>> =
                context.iter().map(|errors| errors.iter().flat_map(mismatches).collect()).collect();
            // Whether an alternative is of the wrong kind altogether, rather than wrong somewhere inside.
            let excluded =
                |a: &[Mismatch<'_>]| a.iter().any(|m| m.path.len() == path.len() && matches!(m.what, What::Wants(..)));
            if alternatives.iter().all(|a| excluded(a)) {
                let words = alternatives.iter().flatten().filter_map(|m| match &m.what {
                    What::Wants(words, _) if m.path.len() == path.len() => Some(words.clone()),
                    _ => None,
                });
                return wants(either(words));
            }
            let nearest = alternatives.into_iter().filter(|a| !excluded(a)).min_by_key(Vec::len);
            nearest.unwrap_or_default()
        }
        kind => wants(expectation(kind).unwrap_or_else(|| format!("something else: {error}"))),
    }
}

/// The parts of a JSON pointer (RFC 6901).
fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~")).collect()
}

/// What the policy says at a path, as far as it says anything.
struct Located<'p> {
    /// The deepest field on the way.
    field: Option<&'p Field>,
    /// The record that holds it.
    holder: &'p Record,
    /// The value at the very path.
    value: Option<&'p Value>,
    /// Whether the policy says anything at the very path.
    found: bool,
}

fn locate<'p>(environment: &'p Environment, path: &[String]) -> Located<'p> {
    let mut at = Located { field: None, holder: &environment.values, value: None, found: true };
    for name in path {
        let record = match at.value {
            None => Some(&environment.values),
            Some(Value::Record(record)) => Some(record),
            Some(Value::List(items)) => {
                let item = name.parse::<usize>().ok().and_then(|index| items.get(index));
                at.found = item.is_some();
                at.value = item.or(at.value);
                None
            }
            Some(_) => {
                at.found = false;
                None
            }
        };
        if let Some(record) = record {
            let Some(field) = record.field(name) else {
                at.found = false;
                return at;
            };
            (at.holder, at.field, at.value) = (record, Some(field), Some(&field.value));
        }
        if !at.found {
            return at;
        }
    }
    at
}

fn diagnostic(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(codes::CHART_VALUE, span, message)
}

/// A mismatch on the way to a diagnostic.
struct Finding<'a> {
    chart: &'a Chart<'a>,
    schema: &'a Json,
    environment: &'a Environment,
    at: Located<'a>,
}

impl Finding<'_> {
    fn tell(&self, mismatch: &Mismatch<'_>) -> Vec<Diagnostic> {
        match &mismatch.what {
            What::Unknown(names) => names.iter().map(|name| self.unknown(mismatch, name)).collect(),
            // A deployment gives the digests of its images itself.
            What::Missing("digest") if mismatch.path.last().is_some_and(|p| p == "image") => Vec::new(),
            What::Missing(name) => vec![self.missing(mismatch, name)],
            What::Wants(words, instance) => vec![self.unwanted(mismatch, words, instance)],
        }
    }

    /// Where to point at: the field, or what comes nearest to it.
    fn span(&self) -> Span {
        self.at.field.map_or(self.environment.origin.span, |field| field.origin.span)
    }

    /// The key of the record that lacks something.
    fn record_span(&self) -> Span {
        self.at.field.and_then(|field| key_span(self.at.holder, field)).unwrap_or_else(|| self.span())
    }

    fn unwanted(&self, mismatch: &Mismatch<'_>, words: &str, instance: &Json) -> Diagnostic {
        let value = described(self.at.value.filter(|_| self.at.found), instance);
        let message = format!("{} is {value}, but the chart takes {words}", self.subject(&mismatch.path));
        let found = diagnostic(self.span(), message).label(format!("the chart takes {words}"));
        match self.description(mismatch) {
            Some(text) => found.help(format!("the chart says of it: {text}")),
            None => found,
        }
    }

    fn missing(&self, mismatch: &Mismatch<'_>, name: &str) -> Diagnostic {
        let path = dotted(&mismatch.path, name);
        let whose = if self.chart.defaults.is_some() {
            "neither the policy nor its `values.yaml` says it"
        } else {
            "nothing says it"
        };
        let found = diagnostic(self.record_span(), format!("the chart needs the value `{path}`, and {whose}"));
        let labelled = if self.at.field.is_some() {
            format!("`{name}` is missing here")
        } else {
            format!("`{name}` is missing in its values")
        };
        found.label(labelled)
    }

    fn unknown(&self, mismatch: &Mismatch<'_>, name: &str) -> Diagnostic {
        let message = format!("the chart knows no value `{}`", dotted(&mismatch.path, name));
        let known = self.known_keys(mismatch);
        let inner: Vec<String> = mismatch.path.iter().cloned().chain([name.to_owned()]).collect();
        let at = locate(self.environment, &inner);
        let Some(field) = at.field.filter(|_| at.found) else {
            return diagnostic(self.span(), message).help("the chart's own `values.yaml` says it");
        };
        let key = key_span(at.holder, field);
        let mut found = diagnostic(key.unwrap_or(field.origin.span), message).label("unknown to the chart");
        if let Some(best) = nearest(name, known.iter().copied()) {
            found = found.help(format!("did you mean `{best}`?"));
            if let Some(span) = key {
                let written = if is_word(best) { best.to_owned() } else { format!("\"{best}\"") };
                found = found.fix(format!("write `{best}`"), span, written);
            }
        }
        if known.is_empty() { found } else { found.help(format!("valid here: {}", list_names(&known))) }
    }

    /// The value a finding is about, as people name it.
    fn subject(&self, path: &[String]) -> String {
        let environment = &self.environment.name;
        match (path, self.at.found) {
            ([], _) => format!("`{environment}.values`"),
            (path, true) => format!("`{environment}.values.{}`", path.join(".")),
            (path, false) => format!("`{}` of the chart's own `values.yaml`", path.join(".")),
        }
    }

    /// The subschema that holds the keyword.
    fn subschema(&self, mismatch: &Mismatch<'_>) -> Option<&Json> {
        let (holder, _) = mismatch.schema_path.rsplit_once('/')?;
        self.schema.pointer(holder)
    }

    fn known_keys(&self, mismatch: &Mismatch<'_>) -> Vec<&str> {
        let properties = self.subschema(mismatch).and_then(|s| s.get("properties")).and_then(Json::as_object);
        properties.into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }

    /// The first line of what the chart itself says about the value.
    fn description(&self, mismatch: &Mismatch<'_>) -> Option<&str> {
        let text = self.subschema(mismatch)?.get("description")?.as_str()?;
        text.lines().map(str::trim).find(|line| !line.is_empty())
    }
}

fn dotted(path: &[String], name: &str) -> String {
    path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
}

fn is_word(text: &str) -> bool {
    let head = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(head) && text.chars().all(|c| head(c) || c.is_ascii_digit())
}

/// Where the key alone stands: a field's origin begins with it, but one that a call made has none. A key that is no
/// word stands in quotes, and one that is a word is taken to stand without.
fn key_span(holder: &Record, field: &Field) -> Option<Span> {
    let (span, length) = (field.origin.span, u32::try_from(field.name.len()).ok()?);
    let length = if is_word(&field.name) { length } else { length + 2 };
    let fits = span.end.checked_sub(span.start).is_some_and(|written| written >= length);
    (fits && is_said_alone(holder, field)).then(|| Span::new(span.file, span.start, span.start + length))
}
