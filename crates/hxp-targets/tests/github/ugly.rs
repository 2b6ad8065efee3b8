//! Whatever a policy's texts hold, it stays text: no expression, no shell word, no YAML of its own.

use std::process::Command;

use hxp_policy::{Proof, Value};

use crate::tools::tool;
use crate::world::{FIXTURE, Repository, emit, policy, yaml};

const UGLY: &[&str] = &[
    "${{ secrets.GITHUB_TOKEN }}",
    "$(touch /tmp/pwned) `id` \"; rm -rf / #",
    "it's \"quoted\" and\nof two lines: - [x]\n\ttab",
    "on: {push: }\n---\n%YAML 1.1 &a *b !c @d",
    "::set-output name=go::true\r\n% | <b>&amp;</b>",
    "ünïcödé \u{202e}\u{0} \u{2028} end ",
];

#[test]
fn ugly_texts_come_out_as_they_are() {
    for ugly in UGLY {
        let mut policy = policy(FIXTURE);
        policy.doc = Some((*ugly).into());
        policy.gates["unit_tests"].doc = Some((*ugly).into());
        policy.gates["unit_tests"].proof = Proof::Machine { run: (*ugly).into(), collect: Some((*ugly).into()) };
        policy.environments["production"].title = Some((*ugly).into());
        policy.environments["production"].doc = Some((*ugly).into());
        policy.environments["production"].namespace = Some((*ugly).into());
        policy.environments["production"].url = Some((*ugly).into());
        policy.channels["deployments"].to.fields[1].value = Value::Str((*ugly).into());
        policy.triggers["high_error_rate"].runbook = Some((*ugly).into());
        policy.charts["shop"].release = Some((*ugly).into());

        let emission = emit(&policy);
        let workflow = yaml(&emission, ".github/workflows/deploy-production.yml");
        // What GitHub sees after it evaluated the one expression that stands for its own opening.
        let seen = |v: &serde_json::Value| v.as_str().expect("text").replace("${{ '${{' }}", "${{");
        let gate = &workflow["jobs"]["gate_unit_tests"]["steps"][2];
        assert_eq!(seen(&gate["env"]["HXP_RUN"]), *ugly);
        assert_eq!(seen(&gate["env"]["HXP_COLLECT"]), *ugly);
        assert_eq!(seen(&workflow["env"]["HXP_NAMESPACE"]), *ugly);
        assert_eq!(workflow["name"], format!("Deploy to {}", ugly.replace("${{", "$ {{")));
        assert_eq!(gate["run"], "bash .github/hxp/gate.sh");
        let data = yaml(&emission, ".github/hxp/production.json");
        assert_eq!(data["channels"]["deployments"]["channel"], *ugly);
        assert_eq!(data["namespace"], *ugly);

        if let Some(actionlint) = tool("actionlint") {
            let repository = Repository::new(&emission);
            let workflow = repository.path(".github/workflows/deploy-production.yml");
            let output = Command::new(actionlint)
                .args(["-ignore", "label \"big-runner\" is unknown"])
                .arg(workflow)
                .current_dir(repository.root())
                .output()
                .expect("it runs");
            assert!(output.status.success(), "{ugly:?}\n{}", String::from_utf8_lossy(&output.stdout));
        }
    }
}

#[test]
fn a_name_that_github_would_refuse_is_told() {
    let mut policy = policy(FIXTURE);
    let team = "t".repeat(250);
    let mut declared = policy.teams["dba"].clone();
    declared.name = team.as_str().into();
    policy.teams.insert(team.as_str().into(), declared);
    for requirement in &mut policy.environments["production"].requirements {
        if let hxp_policy::Check::Approve { team: name, .. } = &mut requirement.check
            && name == "dba"
        {
            *name = team.as_str().into();
        }
    }
    let told: Vec<String> = emit(&policy).diagnostics.iter().map(|d| d.id().to_string()).collect();
    assert_eq!(told, ["HXP0605"]);
}

#[test]
fn the_same_policy_gives_the_same_bytes() {
    assert_eq!(emit(&policy(FIXTURE)).files, emit(&policy(FIXTURE)).files);
}
