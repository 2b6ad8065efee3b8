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
        // To Helm a bare `on:` is the key "true".
        let text = text.replace("on: yes\n", "\"true\": yes\n");
        let (made, wanted): (serde_json::Value, serde_json::Value) =
            (serde_saphyr::from_str(made).unwrap(), serde_saphyr::from_str(&text).unwrap());
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

/// Helm, where a variable or the path says; in CI it must be there.
fn helm() -> Option<std::path::PathBuf> {
    let named = std::env::var_os("HXP_HELM").map(std::path::PathBuf::from);
    let found = named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("helm")).find(|file| file.is_file())
    });
    assert!(found.is_some() || !std::env::var("CI").is_ok_and(|v| v == "true"), "helm is not on the path");
    found
}

/// What Helm makes of our values is what it makes of theirs, whatever the keys are and whatever comments say.
#[test]
fn helm_reads_the_same() {
    let Some(helm) = helm() else { return };
    let values = "# Switched.\non: yes\nno: {off: 1, y: n}\n010: a\n1.50: b\n\"off\": c  # quoted\nlist:\n  - {yes: 1}\n\
                  deep:\n  # Of the key.\n  No: d\n";
    let templates = ("charts/shop/templates/all.yaml", "all: {{ toJson .Values }}\n");
    let project = Project::new([CHART, templates, ("charts/shop/values-staging.yaml", values)]);
    begin(&project);
    let read = |file: &str| {
        let output = std::process::Command::new(&helm)
            .args(["template", "charts/shop", "--values", file])
            .current_dir(project.root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let theirs = read("charts/shop/values-staging.yaml");
    assert!(theirs.contains("\"true\":true"), "{theirs}");
    assert_eq!(read("helm/values-staging.yaml"), theirs);
    assert!(project.files()["helm/values-staging.yaml"].contains("# Of the key."));
}

#[test]
fn a_folder_of_a_repository_begins_too() {
    let project =
        Project::new([(".git/HEAD", ""), ("shop/charts/shop/Chart.yaml", CHART.1), ("shop/Makefile", "test:\n\tx\n")]);
    for args in [&["init", "shop"][..], &["check", "shop"], &["compile", "shop"]] {
        let run = project.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
    }
    let files = project.files();
    let workflow = files.get(".github/workflows/deploy-production.yml").unwrap_or_else(|| panic!("{:?}", files.keys()));
    assert!(files[".github/hxp/production.json"].contains("\"path\": \"shop/charts/shop\""));
    assert!(workflow.contains("HXP_FOLDER: shop"));
    assert!(workflow.contains("(shop/hxp/"));
}
