//! What lives behind GitHub's API: environments with their reviewers and refs, and rulesets, as a plan that
//! `settings-apply.sh` puts into force and `settings-compare.sh` compares with what is there.

use hxp_policy::{Check, CompareOp, Environment, Event, EventField, Expr, GateUse, Policy, Proof, Value};
use serde_json::{Value as Json, json};

use super::options::Options;
use super::{events, filters, gates, names};

/// The plan.
pub fn document(policy: &Policy, environments: &[&Environment], options: &Options) -> Json {
    let all: Vec<Json> = environments.iter().flat_map(|e| of_environment(policy, e, options)).collect();
    json!({
        "//": super::stamp(policy),
        "environments": all,
        "rulesets": rulesets(policy, environments, options),
    })
}

/// The environment itself, and one a team that approves: GitHub is content with one reviewer of an environment.
fn of_environment(policy: &Policy, environment: &Environment, options: &Options) -> Vec<Json> {
    let refs = refs(environment, options);
    let mut all = vec![settings(&environment.name, &[], &refs)];
    for gates::Approver { team, .. } in gates::approvers(policy, environment) {
        let slug = policy.teams.get(&team).and_then(|t| t.github.clone());
        let reviewers: Vec<String> = slug.iter().map(ToString::to_string).collect();
        all.push(settings(&names::approval_environment(&environment.name, &team), &reviewers, &refs));
    }
    all
}

fn settings(name: &str, reviewers: &[String], refs: &[Json]) -> Json {
    json!({
        "name": name,
        "wait_timer": 0,
        "prevent_self_review": !reviewers.is_empty(),
        "reviewers": reviewers,
        "refs": refs,
    })
}

/// Branches and tags from which the environment may be entered: those it deploys on, and the default branch, from which
/// people start the workflow. Empty when a pattern cannot be said to GitHub: then any ref may.
pub fn refs(environment: &Environment, options: &Options) -> Vec<Json> {
    let mut branches = vec![options.default_branch.clone()];
    let mut tags = Vec::new();
    for event in environment.deploys.iter().flat_map(|d| &d.events) {
        let one = std::iter::once(event);
        match event.event {
            Event::Push => {
                let [of_branch, of_tag] = ["branch", "tag"].map(|field| filters::of_settings(one.clone(), field));
                if !(of_branch.wider.is_empty() && of_tag.wider.is_empty())
                    || (of_branch.patterns.is_empty() && of_tag.patterns.is_empty())
                {
                    return Vec::new();
                }
                branches.extend(of_branch.patterns);
                tags.extend(of_tag.patterns);
            }
            Event::Release => {
                let of_tag = filters::of_settings(one, "tag");
                if !of_tag.wider.is_empty() {
                    return Vec::new();
                }
                if of_tag.patterns.is_empty() {
                    tags.push("**/*".to_owned());
                }
                tags.extend(of_tag.patterns);
            }
            _ => {}
        }
    }
    let of = |kind: &'static str, mut patterns: Vec<String>| {
        patterns.sort();
        patterns.dedup();
        patterns.into_iter().map(move |name| json!({ "name": name, "type": kind }))
    };
    of("branch", branches).chain(of("tag", tags)).collect()
}

fn rulesets(policy: &Policy, environments: &[&Environment], options: &Options) -> Vec<Json> {
    let mut rules = vec![json!({ "type": "deletion" }), json!({ "type": "non_fast_forward" })];
    if let Some(reviews) = required_reviews(policy, environments) {
        rules.push(json!({ "type": "pull_request", "parameters": {
            "required_approving_review_count": reviews,
            "dismiss_stale_reviews_on_push": true,
            "require_code_owner_review": true,
            "require_last_push_approval": true,
            "required_review_thread_resolution": false,
        }}));
    }
    if !options.required_checks.is_empty() {
        let checks: Vec<Json> = options.required_checks.iter().map(|c| json!({ "context": c })).collect();
        rules.push(json!({ "type": "required_status_checks", "parameters": {
            "strict_required_status_checks_policy": true,
            "required_status_checks": checks,
        }}));
    }
    let branches: Vec<String> = std::iter::once("~DEFAULT_BRANCH".to_owned())
        .chain(protected(environments, Event::Push, "branch").map(|b| format!("refs/heads/{b}")))
        .collect();
    let mut all = vec![ruleset("hxp: branches that are deployed", "branch", &branches, &rules)];
    let tags: Vec<String> = protected(environments, Event::Release, "tag").map(|t| format!("refs/tags/{t}")).collect();
    if !tags.is_empty() {
        // A tag that moves would make another release of the same name.
        let rules = [json!({ "type": "deletion" }), json!({ "type": "update" })];
        all.push(ruleset("hxp: tags that are deployed", "tag", &tags, &rules));
    }
    all
}

fn ruleset(name: &str, target: &str, include: &[String], rules: &[Json]) -> Json {
    json!({
        "name": name,
        "target": target,
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": { "ref_name": { "include": include, "exclude": [] } },
        "rules": rules,
    })
}

/// Patterns of refs that some environment deploys on, each once.
fn protected(environments: &[&Environment], event: Event, field: &'static str) -> impl Iterator<Item = String> {
    let matching = environments.iter().flat_map(|e| &e.deploys).flat_map(|d| &d.events).filter(|e| e.event == event);
    let named = matching.filter(|e| e.fields.iter().any(|f: &EventField| events::field_name(f) == field));
    // A pattern that cannot be said protects nothing; the target's advice says which.
    let mut all = filters::of_settings(named, field);
    all.patterns.retain(|pattern| all.wider.is_empty() || pattern != "**/*");
    all.patterns.into_iter()
}

/// How many people must review a pull request: the most that any gate over the change's reviews asks for.
pub fn required_reviews(policy: &Policy, environments: &[&Environment]) -> Option<i64> {
    let requirements = environments.iter().flat_map(|e| &e.requirements).filter(|r| !r.advisory);
    let used = requirements.filter_map(|r| match &r.check {
        Check::Gate(used) => reviews(policy, used),
        _ => None,
    });
    used.max()
}

/// How many reviews of each pull request a gate asks for, if that is what it is about.
pub fn reviews(policy: &Policy, used: &GateUse) -> Option<i64> {
    let gate = policy.gates.get(&used.gate).filter(|g| g.proof == Proof::Facts)?;
    let mut least = None;
    let mut about_reviews = false;
    used.predicate.as_ref()?.walk(&mut |e| match e {
        Expr::Field { name, .. } if name == "approved_by" => about_reviews = true,
        Expr::Compare { op: CompareOp::Ge, left, right, .. } => {
            if let (Expr::Call(hxp_policy::Builtin::Count, _), Expr::Const(Value::Int(n))) = (&**left, &**right) {
                least = Some(*n);
            }
        }
        _ => {}
    });
    let given = used.args.iter().find(|(name, _)| name == "min").map(|(_, value)| value);
    let min = match given.or_else(|| gate.properties.get("min")) {
        Some(Value::Int(n)) => Some(*n),
        _ => least,
    };
    // GitHub asks for ten at the most.
    about_reviews.then_some(min?.clamp(0, 10))
}
