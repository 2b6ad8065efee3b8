//! What the manifest says of the repository.

use std::path::PathBuf;

use hxp_driver::system::Memory;
use hxp_driver::{Compilation, Request};

const POLICY: &str = "policy shop { edition = 2026 }\n\
    team owners { members = [\"ida\"] }\n\
    gate own { run = \"make test\" }\n\
    gate theirs { run = \"make test\", issuer = \"repo:acme/tools\" }\n\
    gate signed { by = owners }\n\
    chart shop { path = \"../../charts/shop\" }\n\
    environment production {\n  require own, theirs, signed\n  deploy with helm(shop) on manual\n  values { a = 1 }\n}\n";

fn compile(manifest: &str) -> Compilation {
    let memory = Memory::with([
        ("/w/services/shop/hxp.toml", manifest),
        ("/w/services/shop/policy.hxp", POLICY),
        ("/w/charts/shop/values.schema.json", "{\"properties\": {\"a\": {\"type\": \"string\"}}}"),
    ]);
    let request = Request { start: PathBuf::from("/w/services/shop"), emit: true, ..Request::default() };
    hxp_driver::compile(&memory, &request)
}

fn codes(compilation: &Compilation) -> Vec<String> {
    compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.id().to_string()).collect()
}

#[test]
fn the_repository_is_the_issuer_of_what_its_workflows_run() {
    for (manifest, own) in [("", None), ("[targets.github]\nrepository = \"acme/shop\"\n", Some("repo:acme/shop"))] {
        let compilation = compile(manifest);
        assert_eq!(codes(&compilation), Vec::<String>::new());
        let data = &compilation.outputs.files.get("policy/data.json").expect("made").file.text;
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        let signers = data.pointer("/hxp/tables/signers").expect("who may give evidence");
        assert_eq!(signers["own"]["issuer"].as_str(), own);
        assert_eq!(signers["theirs"]["issuer"], "repo:acme/tools");
        assert_eq!(signers["signed"], serde_json::json!({ "team": "owners" }), "who signs is asked, not where");
    }
}

#[test]
fn a_project_lies_where_its_manifest_says() {
    for (manifest, expected) in [
        ("[targets.github]\nroot = \"services/shop\"\n[project]\nout = \"../..\"\n", vec!["HXP0525"]),
        ("[targets.github]\nroot = \"shop\"\n[project]\nout = \"..\"\n", vec![]),
        ("[targets.github]\nroot = \"services/store\"\n", vec!["HXP0007"]),
        ("[project]\nout = \"../..\"\n", vec!["HXP0007"]),
    ] {
        assert_eq!(codes(&compile(manifest)), expected, "{manifest}");
    }
}

#[test]
fn outputs_that_github_would_not_find_are_told_of() {
    let compilation = compile("[targets.github]\nroot = \"services/shop\"\n");
    let told: Vec<&str> =
        compilation.diagnostics.iter().filter(|d| d.id() == "HXP0007").map(|d| d.message.as_str()).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("repository's root"), "{told:?}");
    assert_eq!(codes(&compilation), ["HXP0525"], "it is no error");
}
