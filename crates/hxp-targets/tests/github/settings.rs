//! The plan of settings.

use serde_json::{Value, json};

use crate::world::{FIXTURE, emit, emit_with, policy, yaml};

fn settings() -> Value {
    yaml(&emit(&policy(FIXTURE)), ".github/hxp/settings.json")
}

#[test]
fn environments_have_their_refs_and_teams() {
    let settings = settings();
    let named = |name: &str| {
        let all = settings["environments"].as_array().expect("a list");
        all.iter().find(|e| e["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let release_refs = json!([
        { "name": "main", "type": "branch" },
        { "name": "[0-9]*.*", "type": "tag" },
        { "name": "v[0-9]*.*", "type": "tag" },
    ]);
    assert_eq!(
        named("production"),
        json!({ "name": "production", "wait_timer": 0, "prevent_self_review": false, "reviewers": [], "refs": release_refs })
    );
    assert_eq!(
        named("production-approve-devops"),
        json!({ "name": "production-approve-devops", "wait_timer": 0, "prevent_self_review": true,
            "reviewers": ["acme/devops"], "refs": release_refs })
    );
    let branches = json!([{ "name": "develop", "type": "branch" }, { "name": "main", "type": "branch" }]);
    assert_eq!(named("staging")["refs"], branches);
}

#[test]
fn the_gate_over_reviews_is_a_ruleset() {
    let settings = settings();
    let branches = &settings["rulesets"][0];
    assert_eq!(branches["conditions"]["ref_name"]["include"], json!(["~DEFAULT_BRANCH", "refs/heads/develop"]));
    let rules = branches["rules"].as_array().expect("a list");
    let reviews = rules.iter().find(|r| r["type"] == "pull_request").expect("reviews");
    assert_eq!(reviews["parameters"]["required_approving_review_count"], 2);
    assert!(!rules.iter().any(|r| r["type"] == "required_status_checks"));
    assert_eq!(settings["rulesets"][1]["target"], "tag");
}

#[test]
fn checks_come_from_the_manifest() {
    let emission = emit_with(&policy(FIXTURE), &json!({ "required_checks": ["test", "lint"] }));
    let settings = yaml(&emission, ".github/hxp/settings.json");
    let rules = settings["rulesets"][0]["rules"].as_array().expect("a list");
    let checks = rules.iter().find(|r| r["type"] == "required_status_checks").expect("checks");
    assert_eq!(checks["parameters"]["required_status_checks"], json!([{ "context": "test" }, { "context": "lint" }]));
}
