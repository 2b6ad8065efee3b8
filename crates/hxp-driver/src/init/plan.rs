//! From what was found to what is declared: names, and what belongs together.

use std::collections::BTreeSet;

use super::find::{Deploy, Found, HelmCall, ValuesFile, rank};
use super::values::{Values, common, leaves};
use crate::yaml::Comments;

/// Fewer common values than this are not worth an environment of their own.
const WORTH_SHARING: usize = 4;

/// What is declared.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The policy's name.
    pub name: String,
    /// What the policy is of, for people.
    pub title: String,
    /// Teams and how GitHub calls them.
    pub teams: Vec<(String, String)>,
    /// Charts: name, path, release.
    pub charts: Vec<(String, String, String)>,
    /// Gates and their commands.
    pub gates: Vec<(String, String)>,
    /// The name of the list of all gates.
    pub checks: String,
    /// Abstract environments: name, values, and what comments say of these.
    pub shared: Vec<(String, Values, Comments)>,
    /// Environments, in the order in which a release passes them.
    pub environments: Vec<Environment>,
}

/// An environment that is declared.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Its name in the repository.
    raw: String,
    /// The number of its chart.
    pub chart: Option<usize>,
    /// The abstract environment that it extends.
    pub extends: Option<String>,
    /// How it is deployed, in the language.
    pub method: String,
    /// On what, in the language.
    pub events: Vec<String>,
    /// The environments that come before.
    pub after: Vec<String>,
    /// Where it is found.
    pub url: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// The file its values come from, and all of them.
    pub values: Option<(String, Values)>,
    /// Its values beyond those of what it extends.
    pub own: Values,
    /// What comments say of its keys.
    pub comments: Comments,
}

/// Names, each given once: no expression is ambiguous then.
struct Names(BTreeSet<String>);

impl Names {
    fn take(&mut self, wanted: &str, suffix: &str) -> String {
        let mut name: String =
            wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        name.truncate(name.trim_end_matches('_').len());
        name.drain(..name.len() - name.trim_start_matches('_').len());
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            name = if name.is_empty() { suffix.to_owned() } else { format!("{suffix}_{name}") };
        }
        let is_free = |name: &str| {
            !self.0.contains(name)
                && !hxp_syntax::words::is_reserved(name)
                && !hxp_syntax::words::is_head(name)
                && hxp_policy::facts::FACTS.field(name).is_none()
        };
        let candidates = std::iter::once(name.clone())
            .chain([format!("{name}_{suffix}")])
            .chain((2..).map(|n| format!("{name}_{suffix}_{n}")));
        let chosen = candidates.into_iter().find(|n| is_free(n)).unwrap_or(name);
        self.0.insert(chosen.clone());
        chosen
    }
}

/// The same environment under its names.
fn same(a: &str, b: &str) -> bool {
    fn canonical(name: &str) -> &str {
        match name {
            "prod" => "production",
            "dev" => "development",
            "stage" => "staging",
            other => other,
        }
    }
    canonical(&a.to_ascii_lowercase()) == canonical(&b.to_ascii_lowercase())
}

impl Plan {
    /// What to declare for what was found in the repository called `name`.
    pub fn new(found: &Found, name: &str) -> Self {
        let mut names = Names(BTreeSet::new());
        let mut plan = Self { title: name.to_owned(), ..Self::default() };
        // Environments first: their names are seen from outside.
        let mut environments = environments(found);
        let several = |e: &Environment, all: &[Environment]| all.iter().filter(|o| same(&o.raw, &e.raw)).count() > 1;
        let wanted: Vec<String> = environments
            .iter()
            .map(|e| match e.chart.and_then(|c| found.charts.get(c)).filter(|_| several(e, &environments)) {
                Some(chart) => format!("{}_{}", chart.name, e.raw),
                None => e.raw.clone(),
            })
            .collect();
        for (environment, wanted) in environments.iter_mut().zip(wanted) {
            environment.name = names.take(&wanted, "environment");
        }
        environments.sort_by_key(|e| rank(&e.name));
        for chart in &found.charts {
            let release = release(found, &chart.path).unwrap_or_else(|| chart.name.clone());
            let path = if chart.path.is_empty() { ".".to_owned() } else { chart.path.clone() };
            plan.charts.push((names.take(&chart.name, "chart"), path, release));
        }
        for team in &found.teams {
            let short = team.rsplit('/').next().unwrap_or(team);
            plan.teams.push((names.take(short, "team"), team.clone()));
        }
        for gate in &found.gates {
            plan.gates.push((names.take(gate, "gate"), format!("make {gate}")));
        }
        plan.checks = names.take("checks", "gates");
        plan.name = names.take(name, "policy");
        complete(&mut environments, found, &plan);
        share(&mut environments, &mut plan, &mut names);
        plan.environments = environments;
        plan
    }
}

/// The release that a workflow deploys a chart as.
fn release(found: &Found, chart: &str) -> Option<String> {
    let calls = found.deploys.iter().filter_map(|d| d.helm.as_ref());
    calls.filter(|c| c.chart.as_deref() == Some(chart)).find_map(|c| c.release.clone())
}

/// The chart that a path or a call is about.
fn chart_of(found: &Found, path: Option<&str>) -> Option<usize> {
    let below =
        |chart: &str| path.is_some_and(|p| chart.is_empty() || p == chart || p.starts_with(&format!("{chart}/")));
    let nearest = found.charts.iter().enumerate().filter(|(_, c)| below(&c.path)).max_by_key(|(_, c)| c.path.len());
    nearest.map(|(at, _)| at).or_else(|| (found.charts.len() == 1).then_some(0))
}

/// One environment for all that has its name and its chart.
fn environments(found: &Found) -> Vec<Environment> {
    let mut environments: Vec<Environment> = Vec::new();
    for ValuesFile { path, environment, values, comments } in &found.values {
        let chart = chart_of(found, Some(path));
        if environments.iter().any(|e| same(&e.raw, environment) && e.chart == chart) {
            continue;
        }
        let values = Some((path.clone(), values.clone()));
        let (raw, comments) = (environment.clone(), comments.clone());
        environments.push(Environment { raw, chart, values, comments, ..Environment::default() });
    }
    for deploy in &found.deploys {
        let chart = chart_of(found, deploy.helm.as_ref().and_then(|h| h.chart.as_deref()));
        let is_same = |e: &&mut Environment| same(&e.raw, &deploy.environment) && (chart.is_none() || e.chart == chart);
        match environments.iter_mut().find(is_same) {
            // Settings live behind the name that GitHub knows.
            Some(environment) => environment.raw.clone_from(&deploy.environment),
            None => environments.push(Environment { raw: deploy.environment.clone(), chart, ..Environment::default() }),
        }
    }
    if environments.is_empty() {
        let chart = chart_of(found, None);
        environments.push(Environment { raw: "production".to_owned(), chart, ..Environment::default() });
    }
    environments
}

/// What the workflows say of each environment.
fn complete(environments: &mut [Environment], found: &Found, plan: &Plan) {
    let by_raw: Vec<(String, String)> = environments.iter().map(|e| (e.raw.clone(), e.name.clone())).collect();
    for environment in environments.iter_mut() {
        let deploys: Vec<&Deploy> = found.deploys.iter().filter(|d| d.environment == environment.raw).collect();
        for deploy in &deploys {
            for event in &deploy.events {
                if !environment.events.contains(event) {
                    environment.events.push(event.clone());
                }
            }
            for (raw, name) in &by_raw {
                let comes_after = deploy.after.contains(raw) && *name != environment.name;
                if comes_after && !environment.after.contains(name) {
                    environment.after.push(name.clone());
                }
            }
        }
        if !environment.events.iter().any(|e| e == "manual") {
            environment.events.push("manual".to_owned());
        }
        environment.url = deploys.iter().find_map(|d| d.url.clone());
        let call = deploys.iter().find_map(|d| d.helm.clone());
        environment.namespace = call.as_ref().and_then(|c| c.namespace.clone());
        let make = deploys.iter().flat_map(|d| &d.make).next().cloned();
        environment.method = method(environment, call, make, found, plan);
    }
}

/// How an environment is deployed, in the language.
fn method(
    environment: &Environment,
    call: Option<HelmCall>,
    make: Option<String>,
    found: &Found,
    plan: &Plan,
) -> String {
    let declared = environment.chart.and_then(|c| plan.charts.get(c)).map(|(name, _, _)| name.clone());
    let named = call.as_ref().and_then(|c| c.chart.as_deref()).map(super::values::quote);
    let by_name = [format!("deploy-{}", environment.raw), format!("deploy_{}", environment.raw), "deploy".to_owned()];
    let target = make.or_else(|| by_name.into_iter().find(|t| found.deploy_targets.contains(t)));
    match (declared.or(named), target) {
        (Some(chart), target) if call.is_some() || target.is_none() => {
            let call = call.unwrap_or(HelmCall { wait: true, ..HelmCall::default() });
            let mut args = vec![chart];
            if environment.chart.is_none() {
                args.extend(call.release.as_deref().map(|r| format!("name = {}", super::values::quote(r))));
            }
            if call.wait {
                args.push("wait = true".to_owned());
            }
            if call.atomic {
                args.push("atomic = true".to_owned());
            }
            args.extend(call.timeout.filter(|t| is_duration(t)).map(|t| format!("timeout = {t}")));
            format!("helm({})", args.join(", "))
        }
        (_, Some(target)) => format!("make({})", super::values::quote(&target)),
        _ => format!("command({})", super::values::quote(&format!("./deploy.sh {}", environment.raw))),
    }
}

fn is_duration(text: &str) -> bool {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    (1..6).contains(&digits) && matches!(text.get(digits..), Some("s" | "m" | "h")) && !text.starts_with('0')
}

/// Moves what the environments of a chart have in common into an abstract one.
fn share(environments: &mut [Environment], plan: &mut Plan, names: &mut Names) {
    for environment in environments.iter_mut() {
        environment.own = environment.values.as_ref().map(|(_, v)| v.clone()).unwrap_or_default();
    }
    let charts: BTreeSet<Option<usize>> = environments.iter().map(|e| e.chart).collect();
    for chart in charts {
        let mut mine: Vec<&mut Environment> =
            environments.iter_mut().filter(|e| e.chart == chart && e.values.is_some()).collect();
        let all: Vec<Values> = mine.iter().map(|e| e.own.clone()).collect();
        let (shared, rests) = common(&all.iter().collect::<Vec<_>>());
        if leaves(&shared) < WORTH_SHARING {
            continue;
        }
        let name = names.take("common", "environment");
        let mut comments = Comments::default();
        for environment in &mine {
            comments.join(&environment.comments);
        }
        comments.retain(&shared);
        for (environment, rest) in mine.iter_mut().zip(rests) {
            environment.own = rest;
            // What is said of a record that is split stands where most of it is.
            environment.comments.remove(&comments);
            environment.extends = Some(name.clone());
        }
        plan.shared.push((name, shared, comments));
    }
}
