//! What the generated workflows do, told as stories: a release, what happens to it, and what must come of it.
//!
//! The harness in `tests/stories` runs the workflows of two examples, a platform and a bank, with GitHub's own parser and
//! evaluator, bash, OPA and Helm; only the edge is stood in for.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may")]

mod bank;
mod hexabase;
mod world;

use hexabase::green_release;
use serde_json::json;
use world::{COMMIT, Run, Story};

const SLACK: &str = "hooks.slack.com/deployments";

/// Nothing reached the cluster, and no deployment was put on record.
fn not_deployed(run: &Run) {
    assert_eq!(run.changes_of_the_cluster(), Vec::<String>::new(), "{}", run.log());
    assert_eq!(run.recorded(), Vec::<String>::new(), "{}", run.log());
    assert!(!run.told(SLACK).iter().any(|t| t.contains(" deployed ")), "{:?}", run.told(SLACK));
}

/// A story that must end without a deployment, and why the last decision says so.
fn refused(story: Option<Story>, outcome: &str, because: &str) {
    let Some(story) = story else { return };
    let run = story.run();
    not_deployed(&run);
    let (said, why) = run.last_decision();
    assert_eq!(said, outcome, "{}", run.log());
    assert!(why.contains(because), "{why}\n{}", run.log());
}

#[test]
fn everything_green_is_deployed_and_announced() {
    let Some(story) = green_release() else { return };
    let run = story.run();
    assert_eq!(run.job("deploy"), "success", "{}", run.log());
    assert_eq!(run.changes_of_the_cluster(), ["upgrade --install hexabase-kaas"]);
    assert_eq!(run.recorded(), ["deploy in_progress", "deploy success"]);
    assert!(run.told(SLACK).iter().any(|t| t.contains("deployed v1.4.0 by ada")), "{:?}", run.told(SLACK));
    assert_eq!(run.job("rollback"), "skipped");
    let audit = run.audit();
    assert_eq!(audit["actor"]["id"], "ada");
    assert_eq!(audit["release"]["images"]["api"], "sha256:aa");
    let change = audit["config_diff"].as_str().expect("a text");
    assert!(change.contains("-  domain: old.example") && change.contains("+  domain: hexabase.ai"), "{change}");
    let people: Vec<&str> =
        audit["approvals"].as_array().expect("a list").iter().filter_map(|a| a["person"].as_str()).collect();
    assert_eq!(people, ["mia", "kim"]);
    let decisions =
        audit["decisions"].as_array().expect("a list").iter().map(|d| d["outcome"].as_str().unwrap_or_default());
    assert_eq!(decisions.collect::<Vec<_>>(), ["pending", "allow"]);
    assert_eq!(run.unanswered(), Vec::<String>::new());
}

#[test]
fn the_cluster_is_given_the_digests_that_staging_proved() {
    let Some(story) = green_release() else { return };
    let run = story.run();
    let rendered = run.text("helm/rendered.yaml");
    for digest in ["sha256:aa", "sha256:bb"] {
        assert!(rendered.contains(digest), "{rendered}");
    }
}

#[test]
fn coverage_below_the_threshold_is_not() {
    let story = green_release().map(|s| s.gate("coverage", 0, r#"{"line": "69.9%"}"#));
    refused(story, "deny", "coverage");
}

#[test]
fn coverage_exactly_at_the_threshold_is_deployed() {
    let Some(story) = green_release() else { return };
    let run = story.gate("coverage", 0, r#"{"line": "70%"}"#).run();
    assert_eq!(run.job("deploy"), "success", "{}", run.log());
}

#[test]
fn a_gate_that_crashes_has_not_passed() {
    let story = green_release().map(|s| s.gate("waf", 137, "{}"));
    let Some(story) = story else { return };
    let run = story.run();
    assert_eq!(run.job("gate_waf"), "failure");
    not_deployed(&run);
}

#[test]
fn on_friday_afternoon_it_waits_for_the_window() {
    // Friday, 16:00 in Los Angeles.
    let friday = "2026-12-05T00:00:00Z";
    let story = green_release().map(|s| s.with("/at", json!(friday))).map(|s| {
        s.review("engineering_managers", "mia", "approved", friday).review("devops", "kim", "approved", friday)
    });
    refused(story, "pending", "release_hours");
}

#[test]
fn an_approval_that_comes_after_the_window_closed_is_too_late() {
    // The window closes at 15:00 in Los Angeles.
    let story = green_release().map(|s| s.review("devops", "kim", "approved", "2026-12-01T23:00:01Z"));
    refused(story, "pending", "release_hours");
}

#[test]
fn one_team_of_two_is_not_enough() {
    let Some(story) = green_release() else { return };
    let run = story.with("/reviews/production-approve-devops", json!({ "vote": "none" })).run();
    assert_eq!(run.job("approve_engineering_managers"), "success");
    assert_eq!(run.job("approve_devops"), "waiting");
    assert_eq!(run.job("deploy"), "waiting");
    not_deployed(&run);
}

#[test]
fn a_rejection_ends_it() {
    let Some(story) = green_release() else { return };
    let run = story.review("devops", "kim", "rejected", "2026-12-01T19:30:00Z").run();
    assert_eq!(run.job("deploy"), "skipped");
    not_deployed(&run);
}

#[test]
fn the_author_cannot_approve() {
    // Bob wrote the commit and is in the team; GitHub lets him press the button.
    let story = green_release()
        .map(|s| s.with("/world/teams/hexabase~1devops-team", json!(["eve", "kim", "bob"])))
        .map(|s| s.review("devops", "bob", "approved", "2026-12-01T19:30:00Z"));
    refused(story, "pending", "devops");
}

#[test]
fn whoever_published_cannot_approve() {
    let story = green_release().map(|s| s.review("devops", "ada", "approved", "2026-12-01T19:30:00Z"));
    refused(story, "pending", "devops");
}

#[test]
fn what_staging_runs_must_be_the_same_images() {
    let story = green_release().map(|s| s.with("/world/deployments/1/payload/images/api", json!("sha256:other")));
    refused(story, "pending", "staging");
}

#[test]
fn an_hour_in_staging_is_an_hour() {
    // The approvals come 59 minutes after it became healthy.
    let story = green_release()
        .map(|s| s.with("/world/deployments/1/created_at", json!("2026-12-01T18:25:00Z")))
        .map(|s| s.with("/world/deployments/1/statuses/0/created_at", json!("2026-12-01T18:31:00Z")));
    refused(story, "pending", "staging");
}

#[test]
fn in_an_incident_one_senior_engineer_is_enough_and_a_post_mortem_is_owed() {
    let Some(story) = green_release() else { return };
    // Saturday night; nobody of the usual approvers is there, and staging had it for a minute only.
    let night = "2026-12-06T09:00:00Z";
    let run = story
        .with("/at", json!(night))
        .with("/github/event_name", json!("workflow_dispatch"))
        .with("/github/actor", json!("olga"))
        .with("/inputs", json!({ "action": "deploy", "release": "v1.4.0", "override": "hotfix", "reason": "checkout is down",
            "ticket": "INC-7", "incident": "77", "trigger": "none" }))
        .with("/event", json!({ "sender": { "login": "olga", "type": "User" }, "inputs": { "action": "deploy", "release": "v1.4.0",
            "override": "hotfix", "reason": "checkout is down", "ticket": "INC-7", "incident": "77", "trigger": "none" } }))
        .with("/world/releases/0/target_commitish", json!("hotfix/checkout"))
        .with("/world/issues", json!([{ "number": 77, "state": "open", "created_at": "2026-12-06T08:30:00Z", "closed_at": null,
            "labels": [{ "name": "incident" }], "user": { "login": "olga" } }]))
        .with("/world/deployments/1/created_at", json!("2026-12-06T08:50:00Z"))
        .with("/world/deployments/1/statuses/0/created_at", json!("2026-12-06T08:59:00Z"))
        .with("/reviews", json!({ "production-approve-senior_engineers": { "by": "sue", "vote": "approved", "at": "2026-12-06T09:05:00Z" } }))
        .run();
    assert_eq!(run.job("deploy"), "success", "{}", run.log());
    assert_eq!(run.changes_of_the_cluster(), ["upgrade --install hexabase-kaas"]);
    let audit = run.audit();
    assert_eq!(audit["override"], json!({ "name": "hotfix", "reason": "checkout is down", "ticket": "INC-7" }));
    assert_eq!(audit["approvals"][0]["person"], "sue");
    let owed: Vec<&str> = audit["duties"].as_array().expect("a list").iter().filter_map(|d| d["id"].as_str()).collect();
    assert!(owed.iter().any(|id| id.ends_with("gate.post_mortem")), "{owed:?}");
}

#[test]
fn without_an_incident_the_hotfix_waives_nothing() {
    let night = "2026-12-06T09:00:00Z";
    let story = green_release()
        .map(|s| s.with("/at", json!(night)))
        .map(|s| s.with("/github/event_name", json!("workflow_dispatch")))
        .map(|s| {
            s.with(
                "/inputs",
                json!({ "action": "deploy", "release": "v1.4.0", "override": "hotfix", "trigger": "none" }),
            )
        })
        .map(|s| {
            s.with(
                "/event",
                json!({ "sender": { "login": "ada", "type": "User" },
                "inputs": { "action": "deploy", "release": "v1.4.0", "override": "hotfix", "trigger": "none" } }),
            )
        })
        .map(|s| s.review("engineering_managers", "mia", "approved", night).review("devops", "kim", "approved", night));
    refused(story, "pending", "release_hours");
}

#[test]
fn too_many_errors_after_the_deployment_roll_it_back_in_time() {
    let Some(story) = green_release() else { return };
    // Three minutes into the watch, six percent of the requests fail.
    let run = story
        .with("/world/metrics/-", json!({ "query": "code=~", "value": 0.06, "from": "2026-12-01T19:33:00Z" }))
        .run();
    assert_eq!(run.job("deploy"), "failure", "{}", run.log());
    assert_eq!(run.output("deploy", "fired"), "high_error_rate");
    assert_eq!(run.job("rollback"), "success", "{}", run.log());
    assert_eq!(run.changes_of_the_cluster(), ["upgrade --install hexabase-kaas", "rollback hexabase-kaas 1"]);
    assert_eq!(run.recorded(), ["deploy in_progress", "deploy failure", "rollback in_progress", "rollback success"]);
    let ((_, fired), (_, back)) = (run.time("deploy"), run.time("rollback"));
    assert!((back - fired).total(jiff::Unit::Minute).expect("minutes") <= 15.0, "{fired} to {back}");
    assert!(run.told(SLACK).iter().any(|t| t.contains("rolled_back")), "{:?}", run.told(SLACK));
    assert!(run.told("events.pagerduty.com").iter().any(|t| t.contains("high_error_rate")), "the pager is silent");
    let events: Vec<&str> = run.output("audit", "events").split(' ').collect();
    assert_eq!(events, ["failed", "high_error_rate", "rolled_back"]);
}

#[test]
fn errors_for_less_than_two_minutes_are_no_reason() {
    let Some(story) = green_release() else { return };
    let run = story
        .with("/world/metrics/-", json!({ "query": "code=~", "value": 0.06, "from": "2026-12-01T19:33:00Z" }))
        .with("/world/metrics/-", json!({ "query": "code=~", "value": 0.001, "from": "2026-12-01T19:34:30Z" }))
        .with("/env/HXP_WATCH_INTERVAL", json!("30"))
        .run();
    assert_eq!(run.job("deploy"), "success", "{}", run.log());
    assert_eq!(run.job("rollback"), "skipped");
}

#[test]
fn an_upgrade_that_fails_is_put_on_record_and_told() {
    let Some(story) = green_release() else { return };
    story.file("helm/upgrade-fails", "");
    let run = story.run();
    assert_eq!(run.job("deploy"), "failure");
    assert_eq!(run.recorded(), ["deploy in_progress", "deploy failure"]);
    // The upgrade is atomic: Helm itself went back.
    assert_eq!(run.job("rollback"), "skipped");
    assert!(run.told(SLACK).iter().any(|t| t.contains("failed v1.4.0")), "{:?}", run.told(SLACK));
}

#[test]
fn when_github_does_not_answer_nothing_is_taken_for_granted() {
    let Some(story) = green_release() else { return };
    let run = story.with("/world/github_is_down", json!(true)).run();
    not_deployed(&run);
    assert_ne!(run.job("deploy"), "success");
}

#[test]
fn a_channel_that_cannot_be_reached_holds_up_nothing() {
    let Some(story) = green_release() else { return };
    let run = story.with("/world/unreachable", json!(["hooks.slack.com"])).run();
    assert_eq!(run.job("deploy"), "success", "{}", run.log());
}

#[test]
fn words_that_are_shell_commands_stay_words() {
    let Some(story) = green_release() else { return };
    let bait = "$(touch${IFS}$STORY/canary)`touch${IFS}$STORY/canary`;touch $STORY/canary\n::set-output name=go::true";
    let run = story
        .with("/event/release/target_commitish", json!(bait))
        .with("/world/commits/0/message", json!(format!("feat: {bait}")))
        .with("/world/commits/0/associatedPullRequests/nodes/0/labels/nodes/0/name", json!(bait))
        .with(&format!("/world/compare/1111{}...{COMMIT}/files/0/filename", "0".repeat(36)), json!(bait))
        .with("/github/actor", json!(bait))
        .with("/github/triggering_actor", json!(bait))
        .run();
    assert!(!run.exists("canary"), "{}", run.log());
    assert_eq!(run.job("deploy"), "success", "{}", run.log());
}

#[test]
fn a_branch_that_is_a_shell_command_deploys_nothing() {
    let Some(story) = green_release() else { return };
    let branch = "$(touch${IFS}$STORY/canary)";
    let run = story
        .with("/github/event_name", json!("workflow_dispatch"))
        .with("/github/ref", json!(format!("refs/heads/{branch}")))
        .with("/github/ref_name", json!(branch))
        .with("/github/ref_type", json!("branch"))
        .with("/inputs", json!({ "action": "deploy", "release": "", "override": "none", "trigger": "none" }))
        .with("/event", json!({ "sender": { "login": "ada", "type": "User" }, "inputs": { "action": "deploy" } }))
        .run();
    assert!(!run.exists("canary"), "{}", run.log());
    assert_eq!(run.output("request", "go"), "false", "{}", run.log());
    not_deployed(&run);
}
