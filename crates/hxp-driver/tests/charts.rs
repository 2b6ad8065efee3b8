//! A declared chart's schema and values are read from where the policy says it lies.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use hxp_driver::system::Disk;
use hxp_driver::{Compilation, Request, compile};

const SCHEMA: &str = r#"{
  "properties": { "image": { "type": "object", "required": ["repository", "tag"] }, "replicas": { "maximum": 5 } },
  "additionalProperties": false
}"#;

fn compiled(values: &str) -> Compilation {
    compiled_with("", "\"charts/shop\"", values)
}

fn compiled_with(constant: &str, path: &str, values: &str) -> Compilation {
    let folder = tempfile::tempdir().unwrap();
    let policy = format!(
        "policy shop {{ edition = 2026 }}\n{constant}\nchart shop {{ path = {path} }}\nenvironment live {{\n  \
         deploy with helm(shop.path) on manual\n  values {{ {values} }}\n}}\n"
    );
    std::fs::create_dir_all(folder.path().join("charts/shop")).unwrap();
    for (name, text) in [
        ("hxp.toml", "[project]\ntargets = [\"helm\"]\n"),
        ("shop.hxp", &policy),
        ("charts/shop/values.schema.json", SCHEMA),
        ("charts/shop/values.yaml", "image: {tag: stable}\nreplicas: 1\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    compile(&Disk, &Request { start: folder.path().to_owned(), emit: true, ..Request::default() })
}

#[test]
fn values_are_checked_over_the_charts_own() {
    for (values, wanted) in [
        (r#"image { repository = "a" }, replicas = 3"#, &[][..]),
        (
            r#"image { repository = "a" }, replicas = 6"#,
            &["`live.values.replicas` is `6`, but the chart takes at most 5"],
        ),
        (
            r#"image { repository = "a", tag = none }"#,
            &["the chart needs the value `image.tag`, and neither the policy nor its `values.yaml` says it"],
        ),
    ] {
        let found = compiled(values);
        let told: Vec<_> = found.diagnostics.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(told, wanted, "{values}");
        let made: Vec<_> = found.outputs.files.keys().map(smol_str::SmolStr::as_str).collect();
        assert!(!made.contains(&"helm/values.schema.json"), "the chart has a schema of its own");
    }
}

#[test]
fn a_charts_path_may_be_a_constant() {
    let found = compiled_with("let place = \"charts/shop\"", "place", r#"image { repository = "a" }, replicas = 6"#);
    let told: Vec<_> = found.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(told, ["`live.values.replicas` is `6`, but the chart takes at most 5"]);
}
