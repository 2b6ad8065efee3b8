//! `github`: GitHub Actions workflows, settings and code owners.
//!
//! One workflow an environment ([`deploy`]) and a few that all share ([`shared`]), each built as a typed document
//! ([`workflow`]). What the scripts below `scripts/` need to know of the policy lies beside them as JSON ([`data`]); the
//! scripts are the same for every environment. What lives behind GitHub's API is a plan ([`settings`]).

mod actions;
mod condition;
mod data;
mod deploy;
mod duties;
mod events;
mod filters;
mod gates;
mod names;
mod options;
mod owners;
mod readme;
mod scripts;
mod settings;
mod shared;
mod support;
mod workflow;

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Environment, Event, EventField, Policy};
use rayon::prelude::*;

pub use actions::DEFAULTS as DEFAULT_ACTIONS;

use crate::{Context, Emission, Enforcement, OutputFile, OutputTree, Target};
use actions::Pins;
use options::Options;

/// Where workflows lie.
const WORKFLOWS: &str = ".github/workflows";
/// Where the scripts and what they read lie.
const FOLDER: &str = ".github/hxp";

/// The names of all environments. No environment's own file can have this name: names of environments are words.
const ALL: &str = "all-environments.json";

/// GitHub Actions workflows, settings and code owners.
#[derive(Clone, Copy, Debug)]
pub struct Github;

impl Target for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn about(&self) -> &'static str {
        "GitHub Actions workflows, settings and code owners"
    }

    fn options(&self) -> &'static [&'static str] {
        options::KEYS
    }

    fn support(&self, context: &Context<'_>) -> Vec<Enforcement> {
        support::all(context, &selected(context))
    }

    fn check(&self, context: &Context<'_>) -> Vec<Diagnostic> {
        let deployed = selected(context).into_iter().filter(|e| events::has_workflow(e));
        deployed.flat_map(|environment| limits(context.policy, environment)).collect()
    }

    fn emit(&self, context: &Context<'_>) -> Emission {
        let options = Options::read(context.options);
        let policy = context.policy;
        let environments = selected(context);
        let deployed: Vec<&Environment> = environments.iter().copied().filter(|e| events::has_workflow(e)).collect();
        let mut emission = Emission::default();
        if deployed.is_empty() {
            return emission;
        }
        let mut pins = Pins::new(context.actions);
        let all: Vec<Own<'_>> = deployed.par_iter().map(|e| own_files(context, e, &options)).collect();
        for (environment, own) in deployed.iter().zip(all) {
            pins.add(own.pins);
            file(&mut emission.files, workflow_file(environment), own.workflow);
            file(&mut emission.files, format!("{FOLDER}/{}.json", environment.name), own.data);
        }
        let shared = [
            ("hxp-sign.yml", shared::sign(policy, &deployed, &mut pins)),
            ("hxp-resume.yml", Some(shared::resume(policy, &options, &mut pins))),
            ("hxp-duties.yml", duties::workflow(policy, &deployed, &options, &mut pins)),
            ("hxp-incident.yml", shared::incident(policy, &deployed, &options, &mut pins)),
        ];
        for (name, workflow) in shared {
            if let Some(workflow) = workflow {
                file(&mut emission.files, format!("{WORKFLOWS}/{name}"), workflow.print());
            }
        }
        let plan = settings::document(policy, &deployed, &options);
        file(&mut emission.files, format!("{FOLDER}/settings.json"), hxp_emit::json::document(&plan));
        if let Some(owners) = owners::document(policy, &deployed, &options) {
            file(&mut emission.files, ".github/CODEOWNERS".to_owned(), owners);
        }
        file(&mut emission.files, format!("{FOLDER}/README.md"), readme::document(policy, &deployed, &options));
        file(&mut emission.files, format!("{FOLDER}/{ALL}"), hxp_emit::json::document(&data::all(policy)));
        scripts::emit(policy, &mut emission.files);
        emission.diagnostics.extend(pins.diagnostics(policy.origin.span));
        emission
    }
}

/// What one environment has for its own.
struct Own<'a> {
    pins: Pins<'a>,
    workflow: String,
    data: String,
}

fn own_files<'a>(context: &Context<'a>, environment: &'a Environment, options: &'a Options) -> Own<'a> {
    let policy = context.policy;
    let mut pins = Pins::new(context.actions);
    let builder = deploy::Builder { policy, environment, options, pins: &mut pins };
    let workflow = builder.build().print();
    let data = hxp_emit::json::document(&data::document(policy, environment, options));
    Own { pins, workflow, data }
}

/// The environments to produce.
fn selected<'a>(context: &Context<'a>) -> Vec<&'a Environment> {
    context.environments.iter().filter_map(|name| context.policy.environments.get(name)).collect()
}

fn file(files: &mut OutputTree, path: String, text: String) {
    files.insert(path.into(), OutputFile { text, executable: false });
}

/// The workflow of an environment.
fn workflow_file(environment: &Environment) -> String {
    format!("{WORKFLOWS}/deploy-{}.yml", environment.name)
}

/// One line that says where a file comes from.
fn stamp(policy: &Policy) -> String {
    let name: String = policy.name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("Generated by hxpc from the policy {name}; change the policy and compile it again, not this file.")
}

/// The lines above a workflow.
fn header(policy: &Policy, environment: Option<(&Environment, &Options)>) -> Vec<String> {
    let mut lines = vec![stamp(policy)];
    if let Some((environment, options)) = environment {
        let place = policy.location(environment.origin);
        if !place.path.is_empty() {
            let path = options.at_root(&place.path);
            lines.push(format!("Environment {}: {path}:{}", environment.name, place.line));
        }
        if let Some(doc) = &environment.doc {
            lines.push(String::new());
            lines.extend(doc.lines().map(str::to_owned));
        }
    }
    lines
}

/// Names that GitHub would refuse.
fn limits(policy: &Policy, environment: &Environment) -> Vec<Diagnostic> {
    let too_long = |what: &str, name: &str, limit: usize| {
        (name.chars().count() > limit).then(|| {
            let message = format!("the {what} `{name}` has {} characters, GitHub takes {limit}", name.chars().count());
            Diagnostic::new(codes::NAME_TOO_LONG, environment.origin.span, message).label("declared here")
        })
    };
    let mut all: Vec<Diagnostic> = names_of_refs(environment);
    all.extend(too_wide(environment));
    all.extend(too_long("environment", &environment.name, names::ENVIRONMENT_LIMIT));
    for gates::Approver { team, .. } in gates::approvers(policy, environment) {
        let name = names::approval_environment(&environment.name, &team);
        all.extend(too_long("environment", &name, names::ENVIRONMENT_LIMIT));
    }
    let mut ids = names::JobIds::default();
    for run in gates::before(policy, environment, &mut ids) {
        all.extend(too_long("job", &run.job, names::JOB_LIMIT));
    }
    all
}

/// Names of branches and tags that Git refuses, so that nothing ever matches.
fn names_of_refs(environment: &Environment) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for event in environment.deploys.iter().flat_map(|d| &d.events) {
        for field in &event.fields {
            if let EventField::Is(name, value) = field
                && let ("branch" | "tag", Some(text)) = (name.as_str(), value.as_str())
                && !filters::is_ref(text)
            {
                let message = format!("no {name} can be called `{text}`, so `{}` never happens", event.event.word());
                let found = Diagnostic::new(codes::UNSAYABLE_PATTERN, event.origin.span, message);
                let found = Diagnostic { severity: hxp_diagnostics::Severity::Error, ..found };
                all.push(found.help(format!("`==` compares names; a pattern is asked with `{name} ~ \"{text}\"`")));
            }
        }
    }
    all
}

/// Patterns that GitHub's own filters cannot say.
fn too_wide(environment: &Environment) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for event in environment.deploys.iter().flat_map(|d| &d.events) {
        for field in ["branch", "tag"] {
            let one = std::iter::once(event);
            let started = match event.event {
                Event::Push => filters::of_workflow(one.clone(), field).wider,
                _ => Vec::new(),
            };
            let settings = filters::of_settings(one, field).wider;
            for pattern in started.iter().chain(settings.iter().filter(|p| !started.contains(p))) {
                let mut text = Vec::new();
                if started.contains(pattern) {
                    text.push(format!(
                        "its filters let more {} start the workflow, which ends where the pattern does not match",
                        plural(field)
                    ));
                }
                if settings.contains(pattern) {
                    text.push(format!("the environment `{}` may be entered from any branch or tag", environment.name));
                }
                let message = format!("GitHub cannot say {pattern}: {}", text.join("; "));
                let found = Diagnostic::new(codes::UNSAYABLE_PATTERN, event.origin.span, message);
                all.push(found.help("`*`, `**`, `{a,b}`, and letters and digits in `[…]` can be said exactly"));
            }
        }
    }
    all
}

fn plural(field: &str) -> &str {
    if field == "branch" { "branches" } else { "tags" }
}
