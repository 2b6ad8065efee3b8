//! `init`: one step from a repository to a policy that compiles.

mod common;

use common::Project;

const CHART: (&str, &str) = ("charts/shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
const STAGING: &str = "replicas: 2\nimage: {repository: shop/api, tag: staging}\nresources:\n  requests: {cpu: 500m, memory: 1Gi}\n\
    on: yes\nannotations:\n  nginx.ingress.kubernetes.io/proxy-body-size: \"10m\"\nextraEnv:\n  - {name: A, value: \"true\"}\n\
    nodeSelector: {}\ntolerations: []\nschedule: \"0 4 * * 0\"\nsize: 1.5\nnothing: ~\nretention: 7d\nmode: \"0755\"\n";
const PRODUCTION: &str = "replicas: 3\nimage: {repository: shop/api, tag: v1}\nresources:\n  requests: {cpu: 1000m, memory: 1Gi}\n\
    on: yes\nannotations: {}\nextraEnv: []\nnodeSelector: {}\ntolerations: []\nschedule: \"0 4 * * 0\"\nsize: 2.0\nnothing: 1\n";
const WORKFLOW: &str = "on:\n  push: {branches: [develop]}\n  workflow_dispatch:\njobs:\n  staging:\n    runs-on: ubuntu-latest\n    \
    environment: staging\n    steps:\n      - run: helm upgrade --install shop charts/shop -n shop-staging --wait\n";

/// Runs `init`, then `check` and `compile`.
fn begin(project: &Project) {
    for args in [&["init"][..], &["check"], &["fmt", "--check"], &["compile"]] {
        let run = project.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}\n{:#?}", project.files());
    }
}

#[test]
fn values_come_out_as_they_went_in() {
    let project = Project::new([
        CHART,
        ("charts/shop/values-staging.yaml", STAGING),
        ("charts/shop/values-production.yaml", PRODUCTION),
        (".github/workflows/deploy.yml", WORKFLOW),
        ("Makefile", "test:\n\tgo test ./...\nlint:\n\tgolint\n"),
        (".github/CODEOWNERS", "* @shop/platform\n"),
    ]);
    begin(&project);
    let files = project.files();
    let out = if files.contains_key("helm/values-staging.yaml") { "" } else { "generated/" };
    for (environment, text) in [("staging", STAGING), ("production", PRODUCTION)] {
        let made = &files[&format!("{out}helm/values-{environment}.yaml")];
        let (made, wanted): (serde_json::Value, serde_json::Value) =
            (serde_saphyr::from_str(made).unwrap(), serde_saphyr::from_str(text).unwrap());
        assert_eq!(made, wanted, "{environment}");
    }
    let staging = &files["hxp/staging.hxp"];
    for part in
        ["on push(branch == \"develop\"), manual", "namespace = \"shop-staging\"", "cpu = 500mcpu", "require checks"]
    {
        assert!(staging.contains(part), "{part} in {staging}");
    }
    assert_eq!(files["Makefile"], "test:\n\tgo test ./...\nlint:\n\tgolint\n");
}

#[test]
fn an_empty_repository_begins_too() {
    begin(&Project::new([("README.md", "x")]));
}

#[test]
fn files_in_the_way_of_outputs_are_left_alone() {
    let project = Project::new([CHART, ("helm/values-staging.yaml", "a: 1\nb: 2\n")]);
    begin(&project);
    assert_eq!(project.read("helm/values-staging.yaml"), "a: 1\nb: 2\n");
    assert!(project.read("hxp.toml").contains("generated"));
}

#[test]
fn init_never_changes_what_is_there() {
    let project = Project::new([("hxp.toml", "")]);
    let before = project.files();
    let run = project.run(&["init"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("`hxp.toml` exists already"), "{run:?}");
    assert_eq!(project.files(), before);
    let dry = Project::new([CHART]);
    assert!(dry.run(&["init", "--dry-run"]).out.contains("chart shop"));
    assert_eq!(dry.files().len(), 1);
    assert_eq!(project.run(&["init", "nowhere"]).code, 2);
}
