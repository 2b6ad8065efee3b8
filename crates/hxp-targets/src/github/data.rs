//! What the policy says of one environment, for the scripts: `.github/hxp/<environment>.json`.

use hxp_policy::{Channel, Check, Environment, EventRef, Expiry, Helm, Image, Method, Metric, Policy, Type, Value};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use super::condition::{Condition, baseline_key, compile, factor};
use super::options::Options;
use super::{events, gates, names};
use crate::images;

/// A value as the language writes it, for commands and messages.
pub fn spell(value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Decimal(d) => d.to_string(),
        Value::Str(s) | Value::Enum(s) | Value::PromQl(s) => s.to_string(),
        Value::Quantity(q) => q.to_string(),
        Value::Date(d) => d.to_string(),
        Value::Time(s) => format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60),
        Value::Instant(z) => z.to_string(),
        Value::Weekday(d) => format!("{d:?}").to_lowercase(),
        Value::Semver(v) => v.to_string(),
        Value::Pattern(p) => events::regex(p),
        Value::List(all) => all.iter().map(spell).collect::<Vec<_>>().join(","),
        Value::Range(a, b) => format!("{}..{}", spell(a), spell(b)),
        Value::Record(_) => to_json(value).to_string(),
        Value::Ref(r) => r.name.to_string(),
    }
}

/// A value as JSON: numbers and truth values as such, quantities as the language writes them.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Int(n) => json!(n),
        Value::List(all) => all.iter().map(to_json).collect(),
        Value::Record(record) => {
            Json::Object(record.fields.iter().map(|f| (f.name.to_string(), to_json(&f.value))).collect())
        }
        other => json!(spell(other)),
    }
}

/// The name of the secret that a channel needs.
pub fn secret(channel: &Channel) -> String {
    let suffix = match channel.to.get("kind").and_then(Value::as_str) {
        Some("pagerduty") => "key",
        Some("status_page") => "token",
        Some("webhook") => "secret",
        _ => "webhook",
    };
    names::variable(&[&channel.name, suffix])
}

/// Channels that an environment tells of something, in the order of the policy.
pub fn channels<'a>(policy: &'a Policy, environment: &Environment) -> Vec<&'a Channel> {
    let used = |channel: &&Channel| notices(policy, environment).iter().any(|n| n.channel == channel.name);
    policy.channels.values().filter(used).collect()
}

/// Notices of an environment, those of overrides included.
pub fn notices(policy: &Policy, environment: &Environment) -> Vec<hxp_policy::Notice> {
    let grants = gates::overrides_of(policy, environment);
    environment.notices.iter().chain(grants.iter().flat_map(|o| &o.notices)).cloned().collect()
}

/// Everything the scripts need.
pub fn document(policy: &Policy, environment: &Environment, options: &Options) -> Json {
    let mut root = Map::new();
    root.insert("//".to_owned(), json!(super::stamp(policy)));
    root.insert("policy".to_owned(), json!(policy.name));
    root.insert("environment".to_owned(), json!(environment.name));
    root.insert("title".to_owned(), json!(environment.title.as_ref().unwrap_or(&environment.name)));
    root.insert("url".to_owned(), json!(environment.url));
    root.insert("namespace".to_owned(), json!(environment.namespace));
    root.insert("actions".to_owned(), json!(actions(policy, environment)));
    root.insert(
        "values".to_owned(),
        json!((!environment.values.is_empty()).then(|| options.values_file(&environment.name))),
    );
    if !options.root.is_empty() {
        root.insert("root".to_owned(), json!(options.root));
    }
    root.insert("deploys".to_owned(), deploys(policy, environment, options));
    root.insert("images".to_owned(), image_list(policy, environment));
    root.insert("digests".to_owned(), digests(policy, environment));
    root.insert("after".to_owned(), json!(promoted_from(environment)));
    root.insert("incident_label".to_owned(), json!(options.incident_label));
    root.insert("teams".to_owned(), teams(policy, environment));
    root.insert("approvals".to_owned(), approvals(policy, environment));
    root.insert("signatures".to_owned(), signatures(policy, environment));
    root.insert(
        "overrides".to_owned(),
        json!(gates::nameable(policy, environment).iter().map(|o| &o.name).collect::<Vec<_>>()),
    );
    root.insert("raised".to_owned(), raised(policy, environment));
    root.insert("rollback".to_owned(), rollback(environment));
    root.insert("channels".to_owned(), channel_list(policy, environment));
    root.insert("notices".to_owned(), notice_list(policy, environment));
    root.insert("duties".to_owned(), super::duties::table(policy, environment));
    if let Some(since) = &options.duties_since {
        root.insert("duties_since".to_owned(), json!(since));
    }
    root.insert("watch".to_owned(), watch(policy, environment, options));
    Json::Object(root)
}

/// The names of all environments, in a file of their own: repeated for each of a thousand services, they would be most of
/// what is written.
pub fn all(policy: &Policy) -> Json {
    json!({ "//": super::stamp(policy), "environments": policy.environments.keys().collect::<Vec<_>>() })
}

/// What people may ask for by hand.
pub fn actions(policy: &Policy, environment: &Environment) -> Vec<&'static str> {
    let mut all = vec!["deploy"];
    if events::answers_to(environment, hxp_policy::Event::Manual) {
        all.push("config");
    }
    if rolls_back_by_hand(environment) || !raised_triggers(policy, environment).is_empty() {
        all.push("rollback");
    }
    all
}

/// Whether `rollback on manual`.
pub fn rolls_back_by_hand(environment: &Environment) -> bool {
    let manual = EventRef::Event(hxp_policy::Event::Manual);
    environment.rollback.as_ref().is_some_and(|r| r.on.contains(&manual))
}

/// Triggers of the rollback that people raise, with their teams.
pub fn raised_triggers<'a>(policy: &'a Policy, environment: &'a Environment) -> Vec<(&'a SmolStr, &'a SmolStr)> {
    let on = environment.rollback.iter().flat_map(|r| &r.on);
    let triggers = on.filter_map(|e| match e {
        EventRef::Trigger(name) => policy.triggers.get(name),
        EventRef::Event(_) => None,
    });
    triggers.filter_map(|t| t.raised_by.as_ref().map(|team| (&t.name, team))).collect()
}

fn raised(policy: &Policy, environment: &Environment) -> Json {
    Json::Object(
        raised_triggers(policy, environment).into_iter().map(|(name, team)| (name.to_string(), json!(team))).collect(),
    )
}

fn deploys(policy: &Policy, environment: &Environment, options: &Options) -> Json {
    let keep = environment.rollback.as_ref().and_then(|r| r.keep).unwrap_or(10);
    environment
        .deploys
        .iter()
        .map(|deploy| {
            let events: Vec<Json> = deploy.events.iter().map(events::to_json).collect();
            let mut method = match &deploy.method {
                Method::Helm(helm) => helm_json(policy, helm, keep, options),
                Method::Make(targets) => json!({ "method": "make", "targets": targets }),
                Method::Command(command) => json!({ "method": "command", "command": command }),
            };
            if let Some(map) = method.as_object_mut() {
                map.insert("events".to_owned(), json!(events));
            }
            method
        })
        .collect()
}

/// Failed deployments take up revisions as well, so Helm keeps three for each release that one can go back to.
fn helm_json(policy: &Policy, helm: &Helm, keep: u32, options: &Options) -> Json {
    let declared = helm.declared.as_ref().and_then(|name| policy.charts.get(name));
    let property = |key: &str| declared.and_then(|c| c.properties.get(key)).map(spell);
    let path = is_path(policy, helm).then(|| options.at_root(&helm.chart));
    json!({
        "method": "helm",
        "release": helm.release,
        "chart": helm.chart,
        "path": path,
        "url": property("url"),
        "version": property("version"),
        "wait": helm.wait,
        "atomic": helm.atomic,
        "timeout": go_duration(helm.timeout.map_or(300, hxp_policy::Millis::seconds)),
        "history": keep.saturating_mul(3).max(10),
    })
}

/// Whether the chart lies in the repository that is deployed, not in a repository of charts.
pub fn is_path(policy: &Policy, helm: &Helm) -> bool {
    match helm.declared.as_ref().and_then(|name| policy.charts.get(name)) {
        Some(chart) if chart.path.as_ref() == Some(&helm.chart) => true,
        Some(chart) if chart.repo.as_ref() == Some(&helm.chart) => false,
        _ => helm.chart.starts_with('.') || helm.chart.split('/').count() != 2,
    }
}

/// Go knows hours, minutes and seconds.
fn go_duration(seconds: i64) -> String {
    match seconds {
        s if s % 3600 == 0 => format!("{}h", s / 3600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

fn image_list(policy: &Policy, environment: &Environment) -> Json {
    let all = images::of(policy, environment);
    Json::Object(all.into_iter().map(|i| (images::key(i).to_owned(), json!(i.repository))).collect())
}

/// Where the chart's values take the digest of each image, in the words of `helm --set`.
fn digests(policy: &Policy, environment: &Environment) -> Json {
    let places = |image: &Image| -> Json {
        images::digest_paths(policy, environment, image).iter().map(|path| json!(set_key(path))).collect()
    };
    let all = images::of(policy, environment);
    Json::Object(all.into_iter().map(|i| (images::key(i).to_owned(), places(i))).collect())
}

/// A path as `helm --set` takes it: what means something there is escaped.
fn set_key(path: &[SmolStr]) -> String {
    let escaped = |key: &SmolStr| {
        key.chars().fold(String::new(), |mut text, c| {
            if matches!(c, '.' | ',' | '[' | ']' | '=' | '{' | '}' | '\\') {
                text.push('\\');
            }
            text.push(c);
            text
        })
    };
    path.iter().map(escaped).collect::<Vec<_>>().join(".")
}

/// Environments that a release must have been healthy in.
pub fn promoted_from(environment: &Environment) -> Vec<SmolStr> {
    let mut all: Vec<SmolStr> = Vec::new();
    for requirement in &environment.requirements {
        if let Check::After { environment, .. } = &requirement.check
            && !all.contains(environment)
        {
            all.push(environment.clone());
        }
    }
    all
}

/// Teams whose members matter to the decision.
pub fn teams_of(policy: &Policy, environment: &Environment) -> Vec<SmolStr> {
    let approvers = gates::approvers(policy, environment).into_iter().map(|a| a.team);
    let signers = gates::signed(policy, environment).into_iter().map(|(_, team)| team.clone());
    let raisers = raised_triggers(policy, environment).into_iter().map(|(_, team)| team.clone());
    let mut all: Vec<SmolStr> = Vec::new();
    for team in approvers.chain(signers).chain(raisers) {
        if !all.contains(&team) {
            all.push(team);
        }
    }
    all
}

fn teams(policy: &Policy, environment: &Environment) -> Json {
    let team = |name: &SmolStr| {
        let team = policy.teams.get(name);
        json!({ "github": team.and_then(|t| t.github.clone()), "members": team.and_then(|t| t.members.clone()) })
    };
    Json::Object(teams_of(policy, environment).iter().map(|name| (name.to_string(), team(name))).collect())
}

/// The name of the job that waits for a seat of a team.
pub fn approval_job(team: &str, seat: u32) -> String {
    if seat == 1 { format!("Approval of {team}") } else { format!("Approval of {team} ({seat})") }
}

fn approvals(policy: &Policy, environment: &Environment) -> Json {
    let approval = |approver: &gates::Approver| {
        let jobs: Vec<String> = (1..=approver.seats).map(|seat| approval_job(&approver.team, seat)).collect();
        let name = names::approval_environment(&environment.name, &approver.team);
        (name, json!({ "team": approver.team, "seats": approver.seats, "jobs": jobs }))
    };
    Json::Object(gates::approvers(policy, environment).iter().map(approval).collect())
}

fn signatures(policy: &Policy, environment: &Environment) -> Json {
    let signature = |(gate, team): &(&hxp_policy::Gate, &SmolStr)| {
        let declared = policy.teams.get(*team);
        let value = json!({
            "team": team,
            "github": declared.and_then(|t| t.github.clone()),
            "members": declared.and_then(|t| t.members.clone()),
            "subject": gates::subject_word(gate.subject),
        });
        (gate.name.to_string(), value)
    };
    Json::Object(gates::signed(policy, environment).iter().map(signature).collect())
}

fn rollback(environment: &Environment) -> Json {
    match &environment.rollback {
        None => Json::Null,
        Some(rollback) => json!({ "manual": rolls_back_by_hand(environment), "keep": rollback.keep }),
    }
}

fn channel_list(policy: &Policy, environment: &Environment) -> Json {
    let destination = |channel: &Channel| {
        let mut to = to_json(&Value::Record(channel.to.clone()));
        if let Some(map) = to.as_object_mut() {
            map.insert("secret".to_owned(), json!(secret(channel)));
        }
        to
    };
    Json::Object(channels(policy, environment).iter().map(|c| (c.name.to_string(), destination(c))).collect())
}

/// Notices without a condition: whom to tell when there is no decision to ask.
fn notice_list(policy: &Policy, environment: &Environment) -> Json {
    notices(policy, environment)
        .iter()
        .filter(|n| n.when.is_none())
        .flat_map(|n| n.on.iter().map(|on| json!({ "channel": n.channel, "on": event_word(on) })))
        .collect()
}

/// An event or trigger by name.
pub fn event_word(event: &EventRef) -> &str {
    match event {
        EventRef::Event(event) => event.word(),
        EventRef::Trigger(name) => name,
    }
}

/// A trigger that a job can watch.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its name.
    pub name: SmolStr,
    /// Its condition.
    pub condition: Condition,
    /// Its condition while an override is in force, by the override's name.
    pub meanwhile: Vec<(SmolStr, Condition)>,
}

impl Watched {
    /// All its conditions: they say what must be asked of Prometheus.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        std::iter::once(&self.condition).chain(self.meanwhile.iter().map(|(_, condition)| condition))
    }
}

/// The triggers with conditions that the environment's jobs can watch.
pub fn watched(environment: &Environment) -> Vec<Watched> {
    let triggers = environment.triggers.iter();
    triggers
        .filter_map(|(name, used)| {
            let condition = compile(used.condition.as_ref()?)?;
            let meanwhile = used.meanwhile.iter().filter_map(|(name, c)| Some((name.clone(), compile(c)?))).collect();
            Some(Watched { name: name.clone(), condition, meanwhile })
        })
        .collect()
}

/// How long a fresh deployment is watched, in seconds: long enough for every trigger to fire, and five minutes.
pub fn watch_seconds(policy: &Policy, environment: &Environment, options: &Options) -> i64 {
    if let Some(minutes) = options.watch_minutes {
        return minutes.saturating_mul(60);
    }
    let triggers = watched(environment);
    let holds = triggers.iter().filter_map(|w| policy.triggers.get(&w.name)).map(|t| t.hold.seconds());
    holds.max().map_or(0, |longest| longest.saturating_add(300))
}

fn watch(policy: &Policy, environment: &Environment, options: &Options) -> Json {
    let watched = watched(environment);
    let mut metrics = Map::new();
    let mut baselines = Map::new();
    for condition in watched.iter().flat_map(Watched::conditions) {
        for name in &condition.metrics {
            if let Some((used, metric)) = environment.metrics.get(name).zip(policy.metrics.get(name)) {
                let reading = json!({ "factor": metric_factor(metric), "query": used.query, "samples": used.samples });
                metrics.insert(name.to_string(), reading);
            }
        }
        for (name, seconds) in &condition.baselines {
            if let Some((used, metric)) = environment.metrics.get(name).zip(policy.metrics.get(name)) {
                let baseline = json!({ "seconds": seconds, "factor": metric_factor(metric), "query": used.query });
                baselines.insert(baseline_key(name, *seconds), baseline);
            }
        }
    }
    let rolls_back = |name: &SmolStr| {
        let trigger = EventRef::Trigger(name.clone());
        environment.rollback.as_ref().is_some_and(|r| r.on.contains(&trigger))
    };
    let triggers: Vec<Json> = watched
        .iter()
        .filter_map(|w| policy.triggers.get(&w.name).map(|t| (w, t)))
        .map(|(watch, trigger)| {
            let mut of = Map::new();
            of.insert("name".to_owned(), json!(watch.name));
            of.insert("condition".to_owned(), json!(watch.condition.jq));
            if !watch.meanwhile.is_empty() {
                let meanwhile = watch.meanwhile.iter().map(|(name, c)| (name.to_string(), json!(c.jq)));
                of.insert("meanwhile".to_owned(), Json::Object(meanwhile.collect()));
            }
            of.insert("hold".to_owned(), json!(trigger.hold.seconds()));
            of.insert("min_samples".to_owned(), json!(trigger.min_samples));
            of.insert("on_no_data".to_owned(), json!(trigger.on_no_data));
            of.insert("runbook".to_owned(), json!(trigger.runbook));
            of.insert("rolls_back".to_owned(), json!(rolls_back(&watch.name)));
            Json::Object(of)
        })
        .collect();
    let seconds = watch_seconds(policy, environment, options);
    json!({
        "seconds": seconds,
        "triggers": triggers,
        "metrics": metrics,
        "baselines": baselines,
        "standing": standing(policy, environment),
    })
}

/// Waivers that change what is watched: nobody names them, they are in force until that instant.
fn standing(policy: &Policy, environment: &Environment) -> Json {
    let changes = |o: &&hxp_policy::Override| {
        o.when.is_none() && environment.triggers.values().any(|t| t.meanwhile.contains_key(&o.name))
    };
    let until = |o: &hxp_policy::Override| match &o.expires {
        Expiry::On(date) => format!("{date}T00:00:00Z"),
        Expiry::At(at) => at.timestamp().to_string(),
        Expiry::After(_) => String::new(),
    };
    let waivers = gates::overrides_of(policy, environment).into_iter().filter(changes);
    Json::Object(waivers.map(|o| (o.name.to_string(), json!(until(o)))).filter(|(_, at)| at != "").collect())
}

fn metric_factor(metric: &Metric) -> Json {
    let dimension = match &metric.ty {
        Type::Quantity(dimension) => Some(*dimension),
        _ => None,
    };
    // Factors are whole numbers.
    json!(i64::try_from(factor(&metric.unit, dimension)).unwrap_or(1))
}
