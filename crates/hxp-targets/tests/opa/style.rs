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
