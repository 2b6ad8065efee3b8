//! The files as files: how they read, and that Helm reads them.

use hxp_targets::Target as _;
use serde_json::{Value, json};

use crate::world::{Chart, Known, POLICY, emit, file, helm, policy};

fn made() -> hxp_targets::Emission {
    emit(&policy(POLICY), &Known::default(), &json!({}))
}

#[test]
fn production_reads_well() {
    insta::assert_snapshot!(file(&made(), "helm/values-production.yaml"));
}

#[test]
fn staging_reads_well() {
    insta::assert_snapshot!(file(&made(), "helm/values-staging.yaml"));
}

#[test]
fn the_schema_reads_well() {
    insta::assert_snapshot!(file(&made(), "helm/values.schema.json"));
}

#[test]
fn helm_reads_what_the_policy_says() {
    let Some(helm) = helm() else { return };
    let chart = Chart::new(&helm, "{}");
    let seen = chart.values(file(&made(), "helm/values-production.yaml"), &[]).unwrap();
    assert_eq!(
        seen,
        json!({
            "api": {
                // The chart's own, beside the policy's.
                "livenessProbe": { "path": "/healthz" },
                "image": { "repository": "shop/api", "pullPolicy": "IfNotPresent", "tag": "1.0" },
                "replicas": 3,
                "autoscaling": { "enabled": true, "minReplicas": 3, "maxReplicas": 10 },
                "resources": {
                    "requests": { "cpu": "1", "memory": "1Gi" },
                    "limits": { "cpu": "1", "memory": "1Gi" },
                },
                "timeout": "90s",
                "affinity": { "podAntiAffinity": { "preferred": [{
                    "weight": 100,
                    "term": { "topologyKey": "kubernetes.io/hostname", "values": ["shop-api"] },
                }] } },
            },
            // `none` took the chart's default away.
            "ingress": { "enabled": true, "className": "nginx", "tls": {} },
            "backup": { "enabled": true, "schedule": "0 4 * * 0", "retention": { "daily": 30, "weekly": 8 } },
            "monitoring": {
                "retention": "90d",
                "sampling": "12.5%",
                "threshold": 0.5,
                "version": "1.10.0",
                "since": "2026-01-02",
                "at": "04:00",
            },
            "motd": "Open:\n  all day\n",
            "extraEnv": [{ "name": "DEBUG", "value": "false" }],
            "nodeSelector": { "on": "yes" },
            "tolerations": [],
        })
    );
}

#[test]
fn a_made_schema_takes_the_values_it_was_made_of_and_no_slip() {
    let emission = made();
    let schema = file(&emission, "helm/values.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let helm = helm();
    for environment in ["staging", "production"] {
        let text = file(&emission, &format!("helm/values-{environment}.yaml"));
        let values: Value = serde_saphyr::from_str(text).unwrap();
        assert!(validator.is_valid(&values), "{environment}: {:?}", validator.validate(&values));
        let Some(helm) = &helm else { continue };
        let chart = Chart::new(helm, schema);
        chart.lint(text).unwrap();
        // A deployment says the digests of its images, and Helm checks them too.
        chart.values(text, &["--set-string", "api.image.digest=sha256:0"]).unwrap();
        for slip in [
            text.replace("replicas: ", "replicas: none of "),
            text.replace("schedule: ", "scedule: "),
            text.replace("- name: DEBUG", "- nmae: DEBUG"),
            text.replace("tolerations: []", "tolerations: {}"),
        ] {
            assert_ne!(slip, text);
            assert!(chart.lint(&slip).is_err(), "Helm takes\n{slip}");
        }
    }
}

#[test]
fn files_lie_where_the_manifest_says() {
    let options = json!({ "values": "deploy/{env}.yaml", "schema": "deploy/schema.json" });
    let emission = emit(&policy(POLICY), &Known::default(), &options);
    let paths: Vec<&str> = emission.files.keys().map(smol_str::SmolStr::as_str).collect();
    assert_eq!(paths, ["deploy/production.yaml", "deploy/schema.json", "deploy/staging.yaml"]);
}

#[test]
fn two_environments_are_never_one_file() {
    let emission = emit(&policy(POLICY), &Known::default(), &json!({ "values": "values.yaml" }));
    let found: Vec<_> = emission.diagnostics.iter().map(|d| (d.id().to_string(), d.message.as_str())).collect();
    assert_eq!(
        found.first().unwrap(),
        &("HXP0018".to_owned(), "the values of `production` and of another environment would both be `values.yaml`")
    );
}

#[test]
fn each_chart_has_a_schema_of_its_own() {
    let two = "policy p { edition = 2026 }
        chart api { path = \"charts/api\" }
        environment a { deploy with helm(api.path) on manual  values { x = 1 } }
        environment b { deploy with helm(\"charts/ui\") on manual  values { y = 1 } }
        environment c { deploy with make(\"x\") on manual  values { z = 1 } }";
    let emission = emit(&policy(two), &Known::default(), &json!({}));
    let paths: Vec<&str> =
        emission.files.keys().map(smol_str::SmolStr::as_str).filter(|p| p.ends_with("json")).collect();
    assert_eq!(paths, ["helm/api.values.schema.json", "helm/ui.values.schema.json", "helm/values.schema.json"]);
    let found: Vec<_> = emission.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        found,
        [
            "the values of chart `api` are not checked: it has no `values.schema.json`",
            "the values of chart `charts/ui` are not checked: the policy does not declare it",
        ]
    );
}

#[test]
fn values_are_enforced_where_they_are_said() {
    let policy = policy(POLICY);
    let environments: Vec<_> = policy.environments.keys().cloned().collect();
    let support = hxp_targets::helm::HelmValues.support(&hxp_targets::Context {
        policy: &policy,
        environments: &environments,
        chart_schemas: &indexmap::IndexMap::new(),
        chart_values: &indexmap::IndexMap::new(),
        options: &serde_json::Map::new(),
        actions: &indexmap::IndexMap::new(),
    });
    let told: Vec<_> = support.iter().map(|e| (e.id.as_str(), e.strength, e.file.as_str())).collect();
    assert_eq!(
        told,
        [
            ("staging.values", hxp_targets::Strength::Soft, "helm/values-staging.yaml"),
            ("production.values", hxp_targets::Strength::Soft, "helm/values-production.yaml"),
        ]
    );
}
