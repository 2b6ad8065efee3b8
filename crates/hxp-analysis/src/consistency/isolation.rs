//! What environments must not share or leak: secrets, live data, tags that move.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use hxp_diagnostics::{Diagnostic, Severity, codes};
use hxp_policy::{Check, Environment, Field, Owed, Policy, Record, Role, Value, graph::Graph};

use super::{Context, Found};

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    shared_secrets(policy, context, found);
    let order = Order { policy, next: OnceLock::new() };
    super::each_environment(policy, found, |environment, found| {
        live_data(policy, context, &order, environment, found);
        if environment.requirements.iter().any(|r| matches!(r.check, Check::After { .. })) {
            mutable_tags(context, environment, found);
        }
        plain_secrets(environment, found);
    });
}

fn property<'a>(environment: &'a Environment, record: &str, name: &str) -> Option<&'a Field> {
    environment.properties.get(record)?.as_record()?.field(name)
}

fn word<'a>(environment: &'a Environment, record: &str, name: &str) -> Option<&'a str> {
    property(environment, record, name)?.value.as_str()
}

fn shared_secrets(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    let scoped: Vec<_> =
        policy.environments.values().filter_map(|e| property(e, "secrets", "scope").map(|f| (e, f))).collect();
    for (n, (later, scope)) in scoped.iter().enumerate() {
        let same = |(earlier, other): &&(&Environment, &Field)| {
            let store = word(earlier, "secrets", "store") == word(later, "secrets", "store");
            // Services of one repository inherit from one place, where sharing is meant.
            let siblings = other.origin == scope.origin && earlier.service != later.service;
            other.value == scope.value && store && !siblings
        };
        let Some((earlier, other)) = scoped.iter().take(n).find(same) else { continue };
        let text = scope.value.as_str().unwrap_or_default();
        let message = format!(
            "`{}` and `{}` share the secrets `{text}`: who reads those of one reads those of the other",
            earlier.name, later.name
        );
        let mut diagnostic = Diagnostic::new(codes::SHARED_SECRETS, scope.origin.span, message);
        diagnostic = if other.origin == scope.origin {
            diagnostic
                .label("inherited by both")
                .related(earlier.origin.span, "one heir")
                .related(later.origin.span, "another heir")
        } else {
            diagnostic
                .label(format!("secrets of `{}`", later.name))
                .related(other.origin.span, format!("secrets of `{}`", earlier.name))
        };
        let value = format!("\"{}\"", later.name);
        let diagnostic = diagnostic.help(format!("give each its own: `secrets {{ scope = {value} }}`"));
        let own = other.origin != scope.origin;
        found.push(context.mend(diagnostic, format!("write `scope = {value}`"), false, |m| {
            m.set_value(scope.origin.span, &value).filter(|_| own)
        }));
    }
}

/// Which environments a release reaches before others.
struct Order<'a> {
    policy: &'a Policy,
    /// Where a release goes next; most policies never ask.
    next: OnceLock<BTreeMap<String, Vec<String>>>,
}

impl Order<'_> {
    fn next(&self) -> &BTreeMap<String, Vec<String>> {
        self.next.get_or_init(|| {
            let mut next: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let graph = Graph::of(self.policy);
            for (late, early, _) in graph.dependencies().filter(|(_, _, d)| d.role == Role::Promotes) {
                next.entry(early.name.to_string()).or_default().push(late.name.to_string());
            }
            next
        })
    }

    /// Whether a release reaches `early` before `late`.
    fn precedes(&self, early: &str, late: &str) -> bool {
        let mut reached = BTreeSet::from([early]);
        let mut waiting = vec![early];
        while let Some(at) = waiting.pop() {
            let further = self.next().get(at).into_iter().flatten().map(String::as_str);
            waiting.extend(further.filter(|to| reached.insert(to)));
        }
        early != late && reached.contains(late)
    }
}

/// The environment that a value names.
fn named(value: &Value) -> Option<&str> {
    match value {
        Value::Ref(reference) => Some(&reference.name),
        other => other.as_str(),
    }
}

fn live_data(policy: &Policy, context: &Context<'_>, order: &Order<'_>, environment: &Environment, found: &mut Found) {
    let Some(from) = property(environment, "data", "from") else { return };
    let Some(source) = named(&from.value).and_then(|n| policy.environments.get(n)) else { return };
    let class = word(environment, "data", "class").unwrap_or("test");
    let lesser = class != "live" || order.precedes(&environment.name, &source.name);
    if word(source, "data", "class") != Some("live") || !lesser || source.name == environment.name {
        return;
    }
    let name = &environment.name;
    let Some(through) = property(environment, "data", "through") else {
        let message =
            format!("live data of `{}` flows into `{name}` and nothing shows that it was anonymized", source.name);
        let mut diagnostic = Diagnostic::new(codes::LIVE_DATA_FLOWS_DOWN, from.origin.span, message)
            .label(format!("`{}` holds data of real people", source.name));
        for (environment, text) in [(environment, "what is said of it here"), (source, "where it comes from")] {
            if let Some(field) = property(environment, "data", "class") {
                let class = word(environment, "data", "class").unwrap_or("?");
                diagnostic = diagnostic.related(field.origin.span, format!("`{}`: {class}, {text}", environment.name));
            }
        }
        found.push(
            diagnostic
                .help("name the gate that shows it: `data { …, through = gate.pii_scrubbed }`, and require that gate")
                .help("or let the data come from an environment that holds none of real people"),
        );
        return;
    };
    let Some(gate) = named(&through.value) else { return };
    let required =
        environment.requirements.iter().any(|r| !r.advisory && matches!(&r.check, Check::Gate(g) if g.gate == gate))
            || environment.duties.iter().any(|d| matches!(&d.what, Owed::Gate(g) if g.gate == gate));
    if !required {
        let message =
            format!("live data of `{}` flows into `{name}` through `{gate}`, which nothing requires", source.name);
        let mut diagnostic = Diagnostic::new(codes::LIVE_DATA_FLOWS_DOWN, through.origin.span, message)
            .label("named, but never asked for")
            .help(format!("add `require {gate}` to `{name}`"));
        diagnostic.severity = Severity::Warning;
        found.push(context.mend(diagnostic, format!("add `require {gate}`"), false, |m| {
            m.add_entry(environment.origin.span, &format!("require {gate}"))
        }));
    }
}

/// Every field of a record and of the records and lists in it, with the record that holds it and the path to that.
fn fields<'a>(record: &'a Record, visit: &mut impl FnMut(&[&'a str], &'a Record, &'a Field)) {
    fn inside<'a>(
        path: &mut Vec<&'a str>,
        value: &'a Value,
        visit: &mut impl FnMut(&[&'a str], &'a Record, &'a Field),
    ) {
        match value {
            Value::Record(record) => each(path, record, visit),
            Value::List(values) => {
                for value in values {
                    inside(path, value, visit);
                }
            }
            _ => {}
        }
    }
    fn each<'a>(
        path: &mut Vec<&'a str>,
        record: &'a Record,
        visit: &mut impl FnMut(&[&'a str], &'a Record, &'a Field),
    ) {
        for field in &record.fields {
            visit(path, record, field);
            path.push(&field.name);
            inside(path, &field.value, visit);
            path.pop();
        }
    }
    each(&mut Vec::new(), record, visit);
}

/// A tag that names whatever was pushed last, not one image: a word, without a number that would make it a version.
fn is_mutable(tag: &str) -> bool {
    !tag.is_empty()
        && !tag.chars().any(|c| c.is_ascii_digit())
        && tag.chars().all(|c| c.is_ascii_alphabetic() || "-_.".contains(c))
}

fn mutable_tags(context: &Context<'_>, environment: &Environment, found: &mut Found) {
    let after = environment.requirements.iter().find(|r| matches!(r.check, Check::After { .. }));
    let name = &environment.name;
    let tagged = |field: &Field, tag: &str, where_: &str| {
        let message =
            format!("`{where_}` of `{name}` names a tag that moves, `{tag}`, where tested digests are promoted");
        let mut diagnostic = Diagnostic::new(codes::MUTABLE_TAG, field.origin.span, message)
            .label(format!("`{tag}` may be another image than the one that was tested"))
            .help("leave the tag out: the deployment puts in the digest that was tested");
        if let Some(after) = after {
            diagnostic = diagnostic.related(after.origin.span, format!("`{name}` takes over what was healthy here"));
        }
        if field.name == "image" {
            return diagnostic;
        }
        context.mend(diagnostic, "leave the tag out", false, |m| m.remove_property(field.origin.span))
    };
    fields(&environment.values, &mut |path, holder, field| {
        let Some(text) = field.value.as_str() else { return };
        let is = |key: &str| field.name.eq_ignore_ascii_case(key);
        let image_like = || {
            path.last().is_some_and(|p| p.to_ascii_lowercase().contains("image"))
                || ["repository", "registry", "pullPolicy"].iter().any(|k| holder.field(k).is_some())
        };
        let full = || [path, &[field.name.as_str()]].concat().join(".");
        if (is("tag") && image_like()) || is("imagetag") {
            if is_mutable(text) {
                found.push(tagged(field, text, &full()));
            }
        } else if is("image") {
            let last = text.rsplit('/').next().unwrap_or(text);
            if let Some((_, tag)) = last.split_once(':').filter(|(_, tag)| is_mutable(tag)) {
                found.push(tagged(field, tag, &full()));
            }
        } else if (is("pullpolicy") || is("imagepullpolicy")) && text == "Always" {
            let mutable = holder.get("tag").and_then(Value::as_str).is_some_and(is_mutable);
            if !mutable {
                let message = format!(
                    "`{}` of `{name}` pulls the image anew at every start, where tested digests are promoted",
                    full()
                );
                let mut diagnostic = Diagnostic::new(codes::MUTABLE_TAG, field.origin.span, message)
                    .label("with a digest there is nothing new to pull")
                    .help("write `IfNotPresent`, or leave it out");
                diagnostic.severity = Severity::Warning;
                found.push(context.mend(diagnostic, "write `IfNotPresent`", false, |m| {
                    m.set_value(field.origin.span, "\"IfNotPresent\"")
                }));
            }
        }
    });
}

fn plain_secrets(environment: &Environment, found: &mut Found) {
    let word = |name| word(environment, "secrets", name);
    // Secrets of a throw-away environment are none, and the policy says so.
    let throw_away = word("store") == Some("inline");
    fields(&environment.values, &mut |path, holder, field| {
        let Some(text) = field.value.as_str() else { return };
        // `{ name = "DB_PASSWORD", value = "…" }`, as containers take their variables.
        let key = match (field.name.as_str(), holder.get("name").and_then(Value::as_str)) {
            ("value", Some(name)) => name,
            (key, _) => key,
        };
        let what = match known_shape(text) {
            Some(what) => what,
            None if !throw_away && names_a_secret(key, text) && is_clear_text(text) => "what its name calls a secret",
            None => return,
        };
        let full = [path, &[field.name.as_str()]].concat().join(".");
        let message = format!("`{full}` of `{}` holds {what} in clear text", environment.name);
        found.push(
            Diagnostic::new(codes::PLAIN_SECRET, field.origin.span, message)
                .label("everybody who reads the repository reads it")
                .help("keep it in the secret store and name it here: `existingSecret = \"…\"`")
                .help("if it was ever used, change it: it stays in the history of the repository"),
        );
    });
}

/// What a text looks like by its shape alone.
fn known_shape(text: &str) -> Option<&'static str> {
    const PREFIXES: [(&str, usize, &str); 14] = [
        ("sk_live_", 16, "a Stripe key"),
        ("rk_live_", 16, "a Stripe key"),
        ("ghp_", 30, "a GitHub token"),
        ("gho_", 30, "a GitHub token"),
        ("ghs_", 30, "a GitHub token"),
        ("github_pat_", 30, "a GitHub token"),
        ("glpat-", 20, "a GitLab token"),
        ("xoxb-", 20, "a Slack token"),
        ("xoxp-", 20, "a Slack token"),
        ("hvs.", 20, "a Vault token"),
        ("npm_", 30, "a package registry token"),
        ("AIza", 35, "a Google key"),
        ("SG.", 40, "a SendGrid key"),
        ("AKIA", 20, "an AWS access key"),
    ];
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let hit = |(start, length, _): &&(&str, usize, &str)| {
        text.starts_with(start) && text.len() >= *length && text.chars().all(token)
    };
    if let Some((_, _, what)) = PREFIXES.iter().find(hit) {
        return Some(what);
    }
    let url_password =
        text.split_once("://").and_then(|(_, rest)| rest.split_once('@')).and_then(|(user, _)| user.split_once(':'));
    match url_password {
        Some((_, password)) if is_clear_text(password) && !password.contains('/') => {
            Some("an address with its password")
        }
        _ => None,
    }
}

/// Whether a key says that its value is secret itself, not where to find it: `apiKey`, but neither `existingSecret`, the
/// name of one, nor `clientSecretKey`, a key in it.
fn names_a_secret(key: &str, value: &str) -> bool {
    const ENDINGS: [&str; 9] =
        ["password", "passwd", "passphrase", "token", "apikey", "privatekey", "accesskey", "credentials", "secret"];
    // Annotations name objects of the cluster.
    if key.contains('/') {
        return false;
    }
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let named = plain.starts_with("existing") || plain.starts_with("use");
    // What is called a secret is as often the name of one, which is all small letters and dashes.
    let name = plain.ends_with("secret") && value.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '.');
    plain == "secretkey" || (ENDINGS.iter().any(|w| plain.ends_with(w)) && !named && !name)
}

/// Whether a text would be the secret, and not a reference to it or a placeholder.
fn is_clear_text(text: &str) -> bool {
    const PLACEHOLDERS: [&str; 12] = [
        "changeme",
        "change-me",
        "password",
        "secret",
        "example",
        "dummy",
        "test",
        "todo",
        "none",
        "null",
        "placeholder",
        "redacted",
    ];
    let lower = text.to_ascii_lowercase();
    let reference = text.starts_with(['$', '/', '<', '*'])
        || text.contains("{{")
        || text.contains("${")
        || lower.starts_with("vault:")
        || lower.starts_with("ref+")
        || lower.starts_with("secret:")
        || lower.starts_with("arn:");
    text.len() >= 6 && !reference && !text.contains(char::is_whitespace) && !PLACEHOLDERS.contains(&lower.as_str())
}
