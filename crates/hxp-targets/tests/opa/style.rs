//! The files as files: OPA's own checks and formatter, digests, awkward text.

use serde_json::Value;

use crate::{engines, fixture};

#[test]
fn opa_finds_nothing_to_say_about_the_files() {
    let Some(opa) = engines::opa() else { return };
    let folder = engines::on_disk(&engines::emit(&fixture::policy()));
    engines::run(&opa, folder.path(), &["check", "--strict", "--bundle", "policy"]);
    assert_eq!(engines::run(&opa, folder.path(), &["fmt", "--diff", "policy"]), "");
    engines::run(&opa, folder.path(), &["build", "--bundle", "policy", "--output", "bundle.tar.gz"]);
}

#[test]
fn the_manifest_carries_the_digest_of_the_decision() {
    let files = engines::emit(&fixture::policy());
    let json = |path: &str| serde_json::from_str::<Value>(&files[path].text).unwrap();
    let manifest = json("policy/.manifest");
    assert_eq!(manifest["roots"], serde_json::json!(["hxp"]));
    assert_eq!(manifest["rego_version"], 1);
    assert_eq!(manifest["revision"], json("policy/data.json")["hxp"]["tables"]["policy"]["digest"]);
}

#[test]
fn the_package_reads_well() {
    let files = engines::emit(&fixture::policy());
    insta::assert_snapshot!(files["policy/production.rego"].text);
}

/// Text that could end a string, a comment or a line, or be taken for something else.
const AWKWARD: &str =
    "say \"hi\" \\ `tick`\n# METADATA\n# title: no\n\"] := true\n${{ secrets.X }} {{ .Values }} %s \u{1} — ü\u{2028}";

#[test]
fn awkward_text_arrives_as_it_was_written() {
    let mut policy = fixture::policy();
    let production = &mut policy.environments["production"];
    production.doc = Some(AWKWARD.into());
    production.title = Some(AWKWARD.into());
    for requirement in &mut production.requirements {
        requirement.doc = Some(AWKWARD.into());
        if let hxp_policy::Check::Rule { clauses, .. } = &mut requirement.check {
            clauses[0].because = Some(AWKWARD.into());
        }
    }
    let rule = production.requirements.iter_mut().find(|r| r.id == "production.rule.from_main").unwrap();
    rule.id = format!("production.rule.{AWKWARD}").into();
    policy.files = vec![AWKWARD.into()];
    policy.labels["feature"].pr = Some(AWKWARD.into());
    policy.overrides["hotfix"].doc = Some(AWKWARD.into());
    let files = engines::emit(&policy);
    let mut request = fixture::request();
    request["release"]["branch"] = "wild".into();
    let ours = engines::decide(&mut engines::regorus(&files), "production", &request);
    assert_eq!(ours["outcome"], "deny");
    assert_eq!(ours["reasons"][0]["text"], AWKWARD);
    assert_eq!(ours["reasons"][0]["id"], format!("production.rule.{AWKWARD}"));
    assert_eq!(ours["reasons"][0]["source"]["file"], AWKWARD);
    let Some(opa) = engines::opa() else { return };
    assert_eq!(engines::decide_all(&opa, &files, "production", &[request]), vec![ours]);
    let folder = engines::on_disk(&files);
    engines::run(&opa, folder.path(), &["check", "--strict", "--bundle", "policy"]);
    assert_eq!(engines::run(&opa, folder.path(), &["fmt", "--diff", "policy"]), "");
    engines::run(&opa, folder.path(), &["inspect", "--annotations", "policy"]);
}

#[test]
fn every_environment_name_makes_a_package() {
    for name in ["default", "package", "import", "windows", "some", "data", "input", "contains"] {
        let mut policy = fixture::policy();
        let staging = policy.environments.shift_remove("staging").unwrap();
        policy.environments.insert(name.into(), hxp_policy::Environment { name: name.into(), ..staging });
        policy.environments.shift_remove("production");
        policy.overrides.clear();
        let files = engines::emit(&policy);
        engines::regorus(&files);
        let Some(opa) = engines::opa() else { continue };
        let folder = engines::on_disk(&files);
        engines::run(&opa, folder.path(), &["check", "--strict", "--bundle", "policy"]);
        assert_eq!(engines::run(&opa, folder.path(), &["fmt", "--diff", "policy"]), "", "{name}");
    }
}

#[test]
fn an_environment_cannot_take_the_name_of_a_generated_package() {
    for name in ["lib", "tables"] {
        let mut policy = fixture::policy();
        let staging = policy.environments.shift_remove("staging").unwrap();
        policy.environments.insert(name.into(), hxp_policy::Environment { name: name.into(), ..staging });
        let found =
            engines::with_context(&policy, |context| hxp_targets::Target::check(&hxp_targets::opa::Opa, context));
        assert_eq!(found.iter().map(hxp_diagnostics::Diagnostic::id).collect::<Vec<_>>(), ["HXP0018"]);
    }
}

#[test]
fn support_names_everything_the_policy_asks() {
    let policy = fixture::policy();
    let support =
        engines::with_context(&policy, |context| hxp_targets::Target::support(&hxp_targets::opa::Opa, context));
    let ids: Vec<&str> = support.iter().map(|e| e.id.as_str()).collect();
    for environment in policy.environments.values() {
        for requirement in &environment.requirements {
            assert!(ids.contains(&requirement.id.as_str()), "{}", requirement.id);
        }
        for duty in &environment.duties {
            assert!(ids.contains(&duty.id.as_str()), "{}", duty.id);
        }
    }
    let advisory = support.iter().find(|e| e.id == "production.gate.uat").unwrap();
    assert_eq!(advisory.strength, hxp_targets::Strength::Advisory);
    let duty = support.iter().find(|e| e.id == "production.gate.health").unwrap();
    assert!(duty.partly.is_some());
}
