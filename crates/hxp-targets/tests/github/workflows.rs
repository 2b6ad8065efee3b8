//! What the workflows say, read back by a YAML reader that is not the printer.

use serde_json::Value;

use crate::world::{FIXTURE, emit, emit_with, policy, text, yaml};

const STAGING: &str = ".github/workflows/deploy-staging.yml";
const PRODUCTION: &str = ".github/workflows/deploy-production.yml";

fn job<'w>(workflow: &'w Value, id: &str) -> &'w Value {
    workflow["jobs"].get(id).unwrap_or_else(|| panic!("no job {id} in {:#?}", ids(workflow)))
}

fn ids(workflow: &Value) -> Vec<&String> {
    workflow["jobs"].as_object().expect("jobs").keys().collect()
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().expect("steps").iter()
}

fn condition(job: &Value) -> String {
    job["if"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The scripts of a job's steps, in order.
fn scripts(job: &Value) -> Vec<&str> {
    steps(job).filter_map(|s| s["run"].as_str()).collect()
}

/// Every text below a value, with its path.
fn texts(value: &Value, path: &str, all: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => all.push((path.to_owned(), text.clone())),
        Value::Array(list) => list.iter().enumerate().for_each(|(n, v)| texts(v, &format!("{path}[{n}]"), all)),
        Value::Object(map) => map.iter().for_each(|(key, v)| texts(v, &format!("{path}.{key}"), all)),
        _ => {}
    }
}

#[test]
fn the_workflow_of_a_branch_is_this() {
    insta::assert_snapshot!("deploy_staging", text(&emit(&policy(FIXTURE)), STAGING));
}

#[test]
fn the_workflow_of_releases_is_this() {
    insta::assert_snapshot!("deploy_production", text(&emit(&policy(FIXTURE)), PRODUCTION));
}

#[test]
fn the_shared_workflows_are_these() {
    let emission = emit(&policy(FIXTURE));
    for name in ["hxp-sign", "hxp-resume", "hxp-duties", "hxp-incident"] {
        insta::assert_snapshot!(name, text(&emission, &format!(".github/workflows/{name}.yml")));
    }
    insta::assert_snapshot!("CODEOWNERS", text(&emission, ".github/CODEOWNERS"));
    insta::assert_snapshot!("production.json", text(&emission, ".github/hxp/production.json"));
}

#[test]
fn the_events_of_the_policy_start_it() {
    let emission = emit(&policy(FIXTURE));
    let staging = yaml(&emission, STAGING);
    assert_eq!(staging["on"]["push"]["branches"], serde_json::json!(["develop"]));
    let production = yaml(&emission, PRODUCTION);
    assert_eq!(production["on"]["release"]["types"], serde_json::json!(["published"]));
    assert!(production["on"].get("push").is_none());
    let actions = |w: &Value| w["on"]["workflow_dispatch"]["inputs"]["action"]["options"].clone();
    assert_eq!(actions(&staging), serde_json::json!(["deploy", "config", "rollback"]));
    assert_eq!(actions(&production), serde_json::json!(["deploy", "rollback"]));
    let overrides = &production["on"]["workflow_dispatch"]["inputs"]["override"]["options"];
    assert_eq!(*overrides, serde_json::json!(["none", "hotfix"]));
}

#[test]
fn each_machine_gate_has_a_job_and_the_deployment_needs_its_success() {
    let production = yaml(&emit(&policy(FIXTURE)), PRODUCTION);
    let deploy = job(&production, "deploy");
    let needs: Vec<&str> = deploy["needs"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let gates = ["unit_tests", "coverage", "perf", "scan", "waf", "migration_rollback", "smoke"];
    for gate in gates {
        let id = format!("gate_{gate}");
        let job = job(&production, &id);
        assert!(scripts(job).contains(&"bash .github/hxp/gate.sh"), "{id}");
        assert!(needs.contains(&id.as_str()), "{id}");
        assert!(condition(deploy).contains(&format!("needs.{id}.result == 'success'")), "{id}");
    }
    assert_eq!(ids(&production).iter().filter(|id| id.starts_with("gate_")).count(), gates.len());
    // Gates that people sign, or facts prove, have none.
    assert!(!ids(&production).iter().any(|id| id.contains("rollback_plan") || id.contains("two_reviews")));
}

#[test]
fn what_lifts_a_gate_decides_how_strict_its_job_is() {
    let production = yaml(&emit(&policy(FIXTURE)), PRODUCTION);
    let required = |id: &str| {
        let gate = steps(job(&production, id)).find(|s| s["env"]["HXP_GATE"].is_string()).expect("the gate's step");
        gate["env"]["HXP_REQUIRED"].as_str().map(str::to_owned)
    };
    for (id, expected) in [
        ("gate_unit_tests", None),
        ("gate_perf", Some("${{ needs.request.outputs.override != 'hotfix' }}")),
        ("gate_migration_rollback", Some("false")),
    ] {
        assert_eq!(required(id).as_deref(), expected, "{id}");
    }
    let smoke = condition(job(&production, "gate_smoke"));
    assert!(smoke.contains("needs.request.outputs.override == 'hotfix'"), "{smoke}");
    let deploy = condition(job(&production, "deploy"));
    let optional = "(needs.gate_smoke.result == 'success' || needs.request.outputs.override != 'hotfix')";
    assert!(deploy.contains(optional), "{deploy}");
}

#[test]
fn the_policy_decides_before_the_approvals_and_right_before_the_deployment() {
    let production = yaml(&emit(&policy(FIXTURE)), PRODUCTION);
    let first = scripts(job(&production, "decide"));
    let at = |all: &[&str], script: &str| {
        all.iter().position(|s| s.ends_with(script)).unwrap_or_else(|| panic!("{script} in {all:?}"))
    };
    assert_eq!(at(&first, "decide.sh before"), at(&first, "request.sh") + 1);
    let deploy = scripts(job(&production, "deploy"));
    let second = at(&deploy, "decide.sh deploy");
    assert_eq!(second, at(&deploy, "request.sh") + 1);
    assert_eq!(at(&deploy, "record.sh begin"), second + 1);
    assert_eq!(at(&deploy, "deploy.sh"), second + 2);
    let rollback = scripts(job(&production, "rollback"));
    assert!(at(&rollback, "decide.sh rollback") < at(&rollback, "rollback.sh run"));
}

#[test]
fn each_seat_waits_in_an_environment_of_its_team() {
    let production = yaml(&emit(&policy(FIXTURE)), PRODUCTION);
    for (id, environment, asked) in [
        ("approve_managers", "production-approve-managers", "ask_managers"),
        ("approve_devops", "production-approve-devops", "ask_devops"),
        ("approve_devops_2", "production-approve-devops", "ask_devops_2"),
        ("approve_dba", "production-approve-dba", "ask_dba"),
        ("approve_senior_engineers", "production-approve-senior_engineers", "ask_senior_engineers"),
    ] {
        let seat = job(&production, id);
        assert_eq!(seat["environment"]["name"], environment);
        assert_eq!(seat["permissions"], serde_json::json!({}));
        assert!(condition(seat).contains(&format!("needs.decide.outputs.{asked} == 'true'")));
        let deploy = condition(job(&production, "deploy"));
        let passed = format!("(needs.{id}.result == 'success' || needs.decide.outputs.{asked} == 'false')");
        assert!(deploy.contains(&passed), "{deploy}");
        assert!(job(&production, "decide")["outputs"].get(asked).is_some());
    }
    let second = job(&production, "approve_devops_2");
    assert!(condition(second).contains("needs.approve_devops.result == 'success'"), "one click would take both seats");
}

#[test]
fn a_rollback_has_its_limit_and_starts_by_itself() {
    let production = yaml(&emit(&policy(FIXTURE)), PRODUCTION);
    let rollback = job(&production, "rollback");
    assert_eq!(rollback["timeout-minutes"], 15);
    let condition = condition(rollback);
    assert!(condition.starts_with("always() && needs.request.outputs.go == 'true'"), "{condition}");
    assert!(condition.contains("needs.deploy.outputs.started == 'true' && needs.deploy.result != 'success'"));
    assert!(condition.contains("needs.request.outputs.action == 'rollback'"));
}

#[test]
fn every_job_is_limited_and_every_action_is_pinned() {
    let emission = emit(&policy(FIXTURE));
    let workflows: Vec<_> = emission.files.keys().filter(|p| p.starts_with(".github/workflows/")).collect();
    assert_eq!(workflows.len(), 6);
    for path in workflows {
        let workflow = yaml(&emission, path);
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{path}");
        assert!(workflow["on"].get("pull_request_target").is_none());
        for id in ids(&workflow) {
            let job = job(&workflow, id);
            assert!(job["timeout-minutes"].as_i64().is_some_and(|m| m > 0), "{path} {id}");
            assert!(job["permissions"].is_object(), "{path} {id}");
            let group = job["concurrency"]["group"].as_str();
            assert_eq!(group.is_some(), id == "deploy", "{path} {id}: only the deployment queues");
            for step in steps(job) {
                if let Some(uses) = step["uses"].as_str() {
                    let (_, commit) = uses.split_once('@').expect("pinned");
                    assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{uses}");
                }
                assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{path} {id}");
            }
        }
    }
}

#[test]
fn no_condition_is_a_text_with_an_expression_in_it() {
    let emission = emit(&policy(FIXTURE));
    for path in [STAGING, PRODUCTION] {
        let mut all = Vec::new();
        texts(&yaml(&emission, path), "", &mut all);
        for (place, text) in all.iter().filter(|(place, _)| place.rsplit('.').next() == Some("if")) {
            assert!(!text.contains("${{"), "{path}{place}: {text}");
        }
    }
}

#[test]
fn secrets_reach_only_the_steps_that_need_them() {
    let production = yaml(&emit(&policy(FIXTURE)), PRODUCTION);
    for id in ids(&production) {
        let mut all = Vec::new();
        texts(job(&production, id), "", &mut all);
        let kubeconfig = all.iter().any(|(_, text)| text.contains("secrets.HXP_KUBECONFIG"));
        assert_eq!(kubeconfig, ["deploy", "rollback", "duty_health"].contains(&id.as_str()), "{id}");
        let channel = all.iter().any(|(_, text)| text.contains("secrets.HXP_PAGER_KEY"));
        assert_eq!(channel, ["announce", "notify"].contains(&id.as_str()), "{id}");
    }
    let gate = job(&production, "gate_unit_tests");
    assert!(!gate.to_string().contains("github.token"), "a gate runs the release's own code");
}

#[test]
fn an_environment_of_a_persons_own_machine_has_no_workflow() {
    let emission = emit(&policy(FIXTURE));
    assert!(!emission.files.keys().any(|path| path.contains("local")));
}

#[test]
fn an_action_that_nothing_pins_is_an_error() {
    let text = FIXTURE.replace(
        "gate smoke { run = \"make smoke\" }",
        "gate smoke { run = \"make smoke\", uses = \"acme/setup-smoke\" }",
    );
    let emission = emit(&policy(&text));
    let told: Vec<_> = emission.diagnostics.iter().map(|d| (d.id().to_string(), d.message.clone())).collect();
    assert_eq!(told, [("HXP0606".to_owned(), "the action `acme/setup-smoke` has no pinned commit".to_owned())]);
}

#[test]
fn the_manifest_can_say_where_things_are() {
    let options = serde_json::json!({
        "values": "charts/{env}.yaml", "policy": "build/policy", "attest": false, "login": "aws eks update-kubeconfig --name x",
    });
    let emission = emit_with(&policy(FIXTURE), &options);
    let production = yaml(&emission, PRODUCTION);
    assert_eq!(yaml(&emission, ".github/hxp/production.json")["values"], "charts/production.yaml");
    let deploy = job(&production, "deploy");
    assert_eq!(deploy["permissions"]["id-token"], "write");
    assert!(scripts(deploy).contains(&"bash .github/hxp/login.sh"));
    assert!(job(&production, "audit")["permissions"].get("attestations").is_none());
    let decide = steps(job(&production, "decide")).find(|s| s["id"] == "decide").expect("it decides");
    assert_eq!(decide["env"]["HXP_POLICY"], "build/policy");
}

#[test]
fn a_project_in_a_folder_of_its_repository_is_found_there() {
    let text = FIXTURE.replace(
        "gate smoke { run = \"make smoke\" }",
        "gate smoke { run = \"make smoke\", working_directory = \"../tools\", report = \"out/smoke.xml\" }",
    );
    let emission = emit_with(&policy(&text), &serde_json::json!({ "root": "services/shop" }));
    let production = yaml(&emission, PRODUCTION);
    let env = |id: &str| steps(job(&production, id)).find_map(|s| s["env"]["HXP_FOLDER"].as_str().map(str::to_owned));
    assert_eq!(env("gate_unit_tests").as_deref(), Some("services/shop"));
    assert_eq!(env("gate_smoke").as_deref(), Some("services/tools"));
    let report = steps(job(&production, "gate_smoke")).find(|s| s["name"] == "Keep the report").expect("a report");
    assert_eq!(report["with"]["path"], "release/services/shop/out/smoke.xml");
    let data = yaml(&emission, ".github/hxp/production.json");
    assert_eq!(
        (&data["deploys"][0]["path"], &data["root"]),
        (&"services/shop/deploy/shop".into(), &"services/shop".into())
    );
    let owners = text_of_owners(&emission);
    for line in [
        "/services/shop/policy.hxp @acme/platform",
        "/services/shop/hxp.toml @acme/platform",
        "/.github/ @acme/platform",
    ] {
        assert!(owners.contains(line), "{line} in {owners}");
    }
    assert!(text_of(&emission, PRODUCTION).contains("# Environment production: services/shop/policy.hxp:"));
}

fn text_of_owners(emission: &hxp_targets::Emission) -> String {
    text_of(emission, ".github/CODEOWNERS")
}

fn text_of(emission: &hxp_targets::Emission, path: &str) -> String {
    text(emission, path).to_owned()
}

#[test]
fn what_github_cannot_say_of_a_branch_is_told() {
    let told = |on: &str| -> Vec<(String, String)> {
        let text =
            format!("policy p {{ edition = 2026 }} environment e {{ deploy with command(\"make ship\") on {on} }}");
        let emission = emit(&policy(&text));
        emission.diagnostics.iter().map(|d| (format!("{:?} {}", d.severity, d.id()), d.message.clone())).collect()
    };
    for on in ["push", "push(branch == \"main\")", "push(branch ~ \"{release,hotfix}/**\")", "push(tag ~ semver_tag)"] {
        assert_eq!(told(on), [], "{on}");
    }
    let wider = told("push(branch ~ \"fix-?\")");
    assert_eq!(wider.len(), 1);
    assert_eq!(wider[0].0, "Warning HXP0608");
    assert!(wider[0].1.starts_with("GitHub cannot say \"fix-?\": its filters let more branches"), "{}", wider[0].1);
    let regex = told("push(branch ~ re\"fix-[0-9]+\")");
    assert!(regex[0].1.contains("may be entered from any branch or tag"), "{regex:?}");
    let never = told("push(branch == \"release/*\")");
    assert_eq!(never[0].0, "Error HXP0608");
    assert!(never[0].1.contains("no branch can be called `release/*`"), "{never:?}");
}

#[test]
fn a_push_without_conditions_starts_on_every_branch() {
    let text = "policy p { edition = 2026 } environment e { deploy with command(\"make ship\") on push(branch == \"main\"), push }";
    let workflow = yaml(&emit(&policy(text)), ".github/workflows/deploy-e.yml");
    assert_eq!(workflow["on"]["push"]["branches"], serde_json::json!(["**"]));
}

#[test]
fn a_gate_runs_the_policys_scripts_on_the_releases_tree() {
    let text = FIXTURE.replace(
        "gate smoke { run = \"make smoke\" }",
        "gate smoke { run = \"make smoke\", uses = \"actions/checkout\" }",
    );
    let emission = emit(&policy(&text));
    let production = yaml(&emission, PRODUCTION);
    let layout = |id: &str| -> Vec<(Option<String>, Option<String>)> {
        let checkouts = steps(job(&production, id)).filter(|s| s["with"].get("persist-credentials").is_some());
        let text = |v: &Value| v.as_str().map(str::to_owned);
        checkouts.map(|s| (text(&s["with"]["ref"]), text(&s["with"]["path"]))).collect()
    };
    let (release, at) = (Some("${{ needs.request.outputs.commit }}".to_owned()), |path: &str| Some(path.to_owned()));
    assert_eq!(layout("gate_unit_tests"), [(None, None), (release.clone(), at("release"))]);
    // An action works on what lies at the top.
    assert_eq!(layout("gate_smoke"), [(release, None), (None, at(".hxp-policy"))]);
    assert!(scripts(job(&production, "gate_smoke")).contains(&"bash .hxp-policy/.github/hxp/gate.sh"));
    // A probe of what runs is the policy's own: a release must not get at the cluster before it is judged.
    assert_eq!(layout("gate_waf"), [(None, None)]);
}

#[test]
fn what_the_release_runs_sees_no_token() {
    let production = yaml(&emit(&policy(FIXTURE)), PRODUCTION);
    for (id, script) in [("deploy", "deploy.sh"), ("deploy", "watch.sh"), ("rollback", "rollback.sh run")] {
        let run = format!("bash .github/hxp/{script}");
        let step = steps(job(&production, id)).find(|s| s["run"] == run.as_str()).unwrap_or_else(|| panic!("no {run}"));
        assert!(step["env"].get("GH_TOKEN").is_none(), "{step}");
    }
}

#[test]
fn a_probe_that_asks_the_cluster_can() {
    let options = serde_json::json!({ "login": "aws eks update-kubeconfig --name x" });
    let production = yaml(&emit_with(&policy(FIXTURE), &options), PRODUCTION);
    let health = job(&production, "duty_health");
    assert_eq!(health["permissions"]["id-token"], "write");
    assert!(scripts(health).contains(&"bash .github/hxp/login.sh"));
    assert!(job(&production, "gate_unit_tests")["permissions"].get("id-token").is_none());
}

#[test]
fn the_policys_owner_has_the_last_word_among_code_owners() {
    let owners = text(&emit(&policy(FIXTURE)), ".github/CODEOWNERS").to_owned();
    let last = owners.lines().rfind(|line| !line.is_empty()).expect("a line");
    assert!(last.ends_with("@acme/platform"), "{owners}");
    assert!(owners.contains("/helm/values-production.yaml @acme/platform"), "{owners}");
}

#[test]
fn of_incidents_only_those_are_told_who_asked() {
    let workflow = yaml(&emit(&policy(FIXTURE)), ".github/workflows/hxp-incident.yml");
    let mut all = Vec::new();
    texts(job(&workflow, "tell_production"), "", &mut all);
    let secrets: Vec<&str> = all.iter().filter_map(|(_, text)| text.split("secrets.").nth(1)).collect();
    assert_eq!(secrets, ["HXP_STATUS_TOKEN }}"]);
    assert!(condition(job(&workflow, "tell_production")).contains("'environment: production'"));
}

#[test]
fn a_digest_goes_where_the_values_have_the_image() {
    let one = "image a { repository = \"r.example/a\" }";
    let run = "image a { repository = \"r.example/a\" } service s { image = a, key = \"key\" }";
    let two = "image a { repository = \"r.example/a\" } image b { repository = \"r.example/b\" }";
    let cases = [
        (one, "values { image { repository = image.a.repository } }", "image.digest"),
        (one, "values { core { main { repository = \"r.example/a\" } } }", "core.main.digest"),
        (one, "values { image { registry = \"r.example\", repository = \"a\" } }", "image.digest"),
        (one, "values { \"my.app\" { image { repository = \"r.example/a\" } } }", "my\\.app.image.digest"),
        (one, "values { image { repository = \"r.example/other\" }, x = 1 }", "image.digest"),
        (run, "values { x = 1 }", "key.image.digest"),
        (run, "service = s values { x = 1 }", "image.digest"),
        (run, "service = s values { key { x = 1 } }", "key.image.digest"),
        (two, "values { x = 1 }", "a.image.digest"),
    ];
    for (declared, said, expected) in cases {
        let written = format!(
            "policy p {{ edition = 2026 }} {declared}\n\
             environment e {{ deploy with helm(\"charts/p\") on push(branch == \"main\") {said} }}"
        );
        let emission = emit(&policy(&written));
        let table: Value = serde_json::from_str(text(&emission, ".github/hxp/e.json")).expect("JSON");
        assert_eq!(table["digests"]["a"], serde_json::json!([expected]), "{said}");
    }
}
