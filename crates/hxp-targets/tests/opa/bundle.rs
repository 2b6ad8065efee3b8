//! Bundles, loaded and verified by OPA itself.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use hxp_targets::opa::bundle::{Signer, bundle};
use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};

use crate::{engines, fixture};

/// A pair of keys that is made for this test and of no use elsewhere.
fn keys(seed: u8) -> (String, String) {
    let private = p256::SecretKey::from_slice(&[seed; 32]).expect("a key");
    let public = private.public_key().to_public_key_pem(LineEnding::LF).expect("PEM");
    (private.to_pkcs8_pem(LineEnding::LF).expect("PEM").to_string(), public)
}

/// Whether `opa run` loads the bundle, and what it then answers to a query.
fn opa_runs(opa: &Path, bytes: &[u8], arguments: &[&str]) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bundle.tar.gz");
    std::fs::write(&path, bytes).expect("written");
    let mut run = Command::new(opa)
        .args(["run", "--bundle"])
        .args(arguments)
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("opa runs");
    run.stdin.take().expect("standard input").write_all(b"data.hxp.tables.policy.name\n").expect("asked");
    let output = run.wait_with_output().expect("opa ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[test]
fn opa_verifies_what_was_signed() {
    let Some(opa) = engines::opa() else { return };
    let files = engines::emit(&fixture::policy());
    let (private, public) = keys(7);
    let (_, other) = keys(8);
    let folder = tempfile::tempdir().expect("a folder");
    let on_disk = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_string_lossy().into_owned()
    };
    let (public, other) = (on_disk("public.pem", &public), on_disk("other.pem", &other));
    let signed = |algorithm: &str, key: &str, scope: Option<&str>| {
        let signer = Signer::new(algorithm, key.as_bytes(), "default", scope).expect("a signer");
        bundle(&files, Some(&signer)).expect("a bundle")
    };
    let es = signed("ES256", &private, None);
    let verified = |bytes: &[u8], key: &str, algorithm: &str| {
        opa_runs(&opa, bytes, &["--verification-key", key, "--signing-alg", algorithm])
    };
    assert_eq!(verified(&es, &public, "ES256").map(|said| said.contains("hexabase")), Ok(true));
    let hs = signed("HS256", "not a secret\n", None);
    assert_eq!(verified(&hs, "not a secret", "HS256").map(|said| said.contains("hexabase")), Ok(true));
    let scoped = signed("HS256", "not a secret", Some("write"));
    let asked = ["--verification-key", "not a secret", "--signing-alg", "HS256", "--scope", "write"];
    assert!(opa_runs(&opa, &scoped, &asked).is_ok());

    // What must not be accepted: another key, another scope, no signature, a file that was changed afterwards.
    let unsigned = bundle(&files, None).expect("a bundle");
    let mut edited = files.clone();
    edited.get_mut("policy/lib.rego").expect("the library").text.push_str("\nallow := true\n");
    let signer = Signer::new("ES256", private.as_bytes(), "default", None).expect("a signer");
    let spliced = splice(&bundle(&edited, Some(&signer)).expect("a bundle"), &es);
    for (what, refused) in [
        ("another key", verified(&es, &other, "ES256")),
        ("another scope", verified(&scoped, "not a secret", "HS256")),
        ("no signature", verified(&unsigned, &public, "ES256")),
        ("a changed file", verified(&spliced, &public, "ES256")),
    ] {
        assert!(refused.is_err(), "{what}: {refused:?}");
    }
    // Without a signature it is a bundle like any other.
    assert!(opa_runs(&opa, &unsigned, &[]).is_ok());
}

/// The files of one bundle with the signature of another.
fn splice(files: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (from, wanted) in [(files, false), (signature, true)] {
        let mut read = tar::Archive::new(flate2::read::GzDecoder::new(from));
        for entry in read.entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let path = entry.path().expect("a path").into_owned();
            if (path == Path::new(".signatures.json")) == wanted {
                let mut header = entry.header().clone();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).expect("read");
                archive.append_data(&mut header, path, bytes.as_slice()).expect("added");
            }
        }
    }
    archive.into_inner().expect("tar").finish().expect("gzip")
}

#[test]
fn equal_policies_give_equal_bundles() {
    let (private, _) = keys(7);
    let make = || {
        let signer = Signer::new("ES256", private.as_bytes(), "default", None).expect("a signer");
        bundle(&engines::emit(&fixture::policy()), Some(&signer)).expect("a bundle")
    };
    assert_eq!(make(), make());
}

/// Each decision is an entry point that OPA compiles for programs which embed it.
#[test]
fn decisions_are_entry_points() {
    let Some(opa) = engines::opa() else { return };
    let folder = engines::on_disk(&engines::emit(&fixture::policy()));
    let wasm = ["build", "--target", "wasm", "--bundle", "policy"];
    for entry in ["hxp/production/decision", "hxp/production/outcome", "hxp/production/allow"] {
        engines::run(&opa, folder.path(), &[&wasm[..], &["--entrypoint", entry]].concat());
    }
    let inspected = engines::run(&opa, folder.path(), &["inspect", "--annotations", "--format", "json", "policy"]);
    let inspected: serde_json::Value = serde_json::from_str(&inspected).expect("json");
    let entries: Vec<&str> = inspected["annotations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|a| a["annotations"]["entrypoint"] == true)
        .filter_map(|a| a["path"].as_array()?.get(2)?["value"].as_str())
        .collect();
    assert_eq!(entries, [["production"; 3], ["staging"; 3]].concat());
}

/// What waits refuses too, and so does a policy that could not be evaluated.
#[test]
fn conftest_finds_its_entry_points() {
    let files = engines::emit(&fixture::policy());
    let mut engine = engines::regorus(&files);
    let mut ask = |request: &serde_json::Value, rule: &str| -> Vec<String> {
        engine.set_input(regorus::Value::from_json_str(&request.to_string()).expect("json"));
        let said = engine.eval_rule(format!("data.hxp.production.{rule}")).expect("evaluated");
        serde_json::from_str(&said.to_json_str().expect("json")).expect("texts")
    };
    let satisfied = fixture::request();
    assert_eq!(ask(&satisfied, "deny"), Vec::<String>::new());
    assert!(ask(&satisfied, "warn").iter().any(|w| w.starts_with("production.gate.waf: waived by without_waf")));
    let mut evening = fixture::request();
    evening["at"] = "2026-12-01T20:00:00-08:00".into();
    let refused = ask(&evening, "deny");
    assert!(refused.iter().any(|d| d.starts_with("production.window.release_hours: ")), "{refused:?}");
    assert_eq!(ask(&serde_json::json!({}), "deny").len(), 1);
}
