//! Hand-written Helm values and the policy that produces them are equal as data.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads files where they lie"
)]

use std::path::{Path, PathBuf};

use hxp_driver::system::Disk;
use hxp_driver::{Request, compile};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// The values that a project gives an environment, read back.
fn made(project: &str, file: &str) -> Value {
    let compiled = compile(&Disk, &Request { start: root().join(project), emit: true, ..Request::default() });
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{project}: {errors:#?}");
    read(&compiled.outputs.files[file].file.text)
}

#[test]
fn what_a_careless_printer_gets_wrong() {
    let text = std::fs::read_to_string(root().join("tests/values/awkward.yaml")).unwrap();
    assert_eq!(made("tests/values/awkward.hxp", "helm/values-everywhere.yaml"), read(&text));
}

#[test]
fn the_platforms_own_values_where_they_are_at_hand() {
    for environment in ["local", "staging"] {
        let Ok(text) = std::fs::read_to_string(root().join(format!("../shared/reference/values-{environment}.yaml")))
        else {
            eprintln!("skipped: the platform's values are not at hand");
            continue;
        };
        let made = made("examples/hexabase", &format!("deployments/helm/values-{environment}.yaml"));
        assert_eq!(made, read(&text), "{environment}");
    }
}
