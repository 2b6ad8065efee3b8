//! From a repository to a policy.

use std::path::Path;

use super::*;
use crate::system::Memory;

fn text_of<'a>(files: &'a [(String, String)], path: &str) -> &'a str {
    files.iter().find(|(p, _)| p == path).map(|(_, t)| t.as_str()).unwrap_or_default()
}

fn plan_files(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let memory = Memory::with(files.iter().copied());
    let found = find::find(&memory, Path::new("/r"));
    super::files(&Plan::new(&found, "shop"), Style::Typed, &Place { folder: String::new(), up: ".".to_owned() }, ".")
}

#[test]
fn a_repository_with_everything() {
    let files = plan_files(&[
        ("/r/charts/shop/Chart.yaml", "name: shop\n"),
        ("/r/charts/shop/values.yaml", "a: 1\n"),
        ("/r/charts/shop/values-staging.yaml", "a: 1\nb: {c: 500m, d: x}\ne: [1]\nf: true\ng: ~\nreplicas: 1\n"),
        ("/r/charts/shop/values-prod.yaml", "a: 1\nb: {c: 500m, d: z}\ne: [1]\nf: true\ng: ~\nreplicas: 3\n"),
        ("/r/Makefile", "test: build\n\tgo test\nlint:\n\tx\nbuild:\n\ty\n"),
        ("/r/CODEOWNERS", "* @acme/platform\n/docs @acme/writers @ada\n"),
        (
            "/r/.github/workflows/deploy.yml",
            "on: {push: {branches: [main]}}\njobs:\n  st:\n    environment: staging\n    steps: [{run: 'helm upgrade -i shop-st charts/shop --wait -n st'}]\n  pr:\n    needs: st\n    environment: {name: production, url: 'https://shop.example'}\n    steps: [{run: 'helm upgrade -i shop-st charts/shop --atomic --timeout 10m'}]\n",
        ),
    ]);
    let paths: Vec<&str> = files.iter().map(|(p, _)| p.as_str()).collect();
    assert_eq!(paths, ["hxp.toml", "hxp/policy.hxp", "hxp/common.hxp", "hxp/staging.hxp", "hxp/production.hxp"]);
    let policy = text_of(&files, "hxp/policy.hxp");
    for line in [
        "policy shop_policy {",
        "owner = platform",
        "team writers { github = \"acme/writers\" }",
        "chart shop { path = \"charts/shop\", release = \"shop-st\" }",
        "gate test { run = \"make test\" }",
        "let checks = [test, lint]",
    ] {
        assert!(policy.contains(line), "{line} in\n{policy}");
    }
    let production = text_of(&files, "hxp/production.hxp");
    for line in [
        "environment production extends common {",
        "url = \"https://shop.example\"",
        "deploy with helm(shop, atomic = true, timeout = 10m) on push(branch == \"main\"), manual",
        "after staging",
        "require checks",
        "b { d = \"z\" }",
        "replicas = 3",
    ] {
        assert!(production.contains(line), "{line} in\n{production}");
    }
    assert!(text_of(&files, "hxp/common.hxp").contains("g = none"));
    assert!(text_of(&files, "hxp/staging.hxp").contains("namespace = \"st\""));
}

#[test]
fn what_comments_say_of_keys_is_kept() {
    let values = |replicas: u32, own: &str| {
        format!(
            "# How many.\nreplicas: {replicas}\nimage:\n  # Where from.\n  name: shop\n  tag: {own}  # Of {own}.\na: 1\nb: 2\nc: 3\n"
        )
    };
    let files = plan_files(&[
        ("/r/chart/Chart.yaml", "name: shop\n"),
        ("/r/chart/values-staging.yaml", &values(1, "x")),
        ("/r/chart/values-prod.yaml", &values(3, "z")),
    ]);
    let common = text_of(&files, "hxp/common.hxp");
    assert!(common.contains("    image {\n      /// Where from.\n      name = \"shop\"\n"), "{files:#?}");
    let production = text_of(&files, "hxp/prod.hxp");
    assert!(production.contains("    /// How many.\n    replicas = 3\n"), "{production}");
    assert!(production.contains("      /// Of z.\n      tag = \"z\"\n"), "{production}");
    assert!(!production.contains("Where from"), "it is said once: {production}");
}

#[test]
fn a_bare_repository_still_gives_a_policy() {
    let files = plan_files(&[("/r/README.md", "x")]);
    assert!(
        text_of(&files, "hxp/production.hxp").contains("deploy with command(\"./deploy.sh production\") on manual")
    );
}

#[test]
fn what_is_there_is_never_overwritten() {
    let memory = Memory::with([("/r/hxp.toml", "")]);
    assert!(matches!(scaffold(&memory, Path::new("/r"), "r", None), Err(Refused::Exists(path)) if path == "hxp.toml"));
}

#[test]
fn a_workflow_that_names_no_environment() {
    let job = |file: &str| {
        format!(
            "on: {{push: {{branches: [develop]}}, workflow_dispatch: }}\njobs:\n  deploy:\n    steps:\n      - run: |\n          helm upgrade --install shop \\\n            acme/shop-chart \\\n            --namespace shop-x --values {file} --wait\n"
        )
    };
    for (workflow, values) in [
        ("/r/.github/workflows/ship.yml", "helm/values-staging.yaml"),
        ("/r/.github/workflows/deploy-staging.yml", "other.yaml"),
    ] {
        let files = plan_files(&[("/r/helm/values-staging.yaml", "a: 1\n"), (workflow, &job(values))]);
        let staging = text_of(&files, "hxp/staging.hxp");
        for line in [
            "namespace = \"shop-x\"",
            "deploy with helm(\"acme/shop-chart\", name = \"shop\", wait = true) on push(branch == \"develop\"), manual",
        ] {
            assert!(staging.contains(line), "{line} in\n{staging}");
        }
    }
}

#[test]
fn what_a_file_says_twice_or_in_vain_is_told() {
    let memory = Memory::with([
        ("/r/values-dev.yaml", "a: {on: 1, \"true\": 2}\n"),
        ("/r/values-prod.yaml", "a: .inf\n"),
        ("/r/values-qa.yaml", "a: [123456789012345678901234567890]\n"),
        ("/r/values-staging.yaml", "a: 1\na: 2\n"),
    ]);
    let found = find::find(&memory, Path::new("/r"));
    assert_eq!(
        found.notes,
        [
            "values-dev.yaml says `a.true` twice as Helm reads its keys; the last one is taken",
            "values-prod.yaml is left out: line 1 column 4: non-finite float `.inf` is nothing that a policy can say",
            "values-qa.yaml is left out: line 1: `a[0]` is 123456789012345678901234567890, a number that is too large for a \
             policy",
            "values-staging.yaml is left out: line 2 column 1: duplicate mapping key: a",
        ]
    );
}

#[test]
fn what_does_not_come_out_as_it_went_in_is_named() {
    let object = |text: &str| -> Value { serde_json::from_str(text).unwrap_or_default() };
    for (wanted, made, keys) in [
        (r#"{"a":{"b":1,"c":2},"d":3}"#, r#"{"a":{"b":1,"c":2.5},"d":3}"#, vec!["a.c"]),
        (r#"{"a":null}"#, "{}", vec!["a"]),
        (r#"{"a":{"b":1}}"#, r#"{"e":1}"#, vec!["a", "e"]),
        (r#"{"a":[1]}"#, r#"{"a":[1]}"#, vec![]),
    ] {
        let mut found = Vec::new();
        differing(&object(wanted), &object(made), &mut Vec::new(), &mut found);
        assert_eq!(found, keys, "{wanted} {made}");
    }
}

#[test]
fn a_number_without_room_leaves_its_file_out() {
    let memory = Memory::with([
        ("/r/values-prod.yaml", "a: # 1234567890\n- b: 12345678901234567890\n"),
        ("/r/values-dev.yaml", "a: 1\n"),
    ]);
    let found = find::find(&memory, Path::new("/r"));
    assert_eq!(found.values.len(), 1);
    assert_eq!(
        found.notes,
        [
            "values-prod.yaml is left out: line 2: `a[0].b` is 12345678901234567890, a number that is too large for a policy"
        ]
    );
}

#[test]
fn a_project_in_a_folder_of_a_repository_says_where() {
    let memory = Memory::with([
        ("/w/.git/HEAD", ""),
        ("/w/services/shop/Makefile", "test:\n\tx\n"),
        ("/w/services/shop/chart/Chart.yaml", "name: shop\n"),
        ("/w/services/shop/chart/values-prod.yaml", "a: 1\n"),
    ]);
    let begun = scaffold(&memory, Path::new("/w/services/shop"), "shop", None).expect("a policy");
    let manifest = text_of(&begun.files, "hxp.toml");
    assert!(manifest.contains("out     = \"../..\""), "{manifest}");
    assert!(manifest.contains("root = \"services/shop\""), "{manifest}");
    // In the root of a repository, and without one, there is nothing to say.
    let memory = Memory::with([("/w/.git/HEAD", ""), ("/w/Makefile", "test:\n\tx\n")]);
    let begun = scaffold(&memory, Path::new("/w"), "shop", None).expect("a policy");
    assert!(!text_of(&begun.files, "hxp.toml").contains("root"));
    // What lies at the repository's root is not overwritten either.
    let memory = Memory::with([
        ("/w/.git/HEAD", ""),
        ("/w/.github/CODEOWNERS", "* @a/b\n"),
        ("/w/.github/hxp/lib.sh", ""),
        ("/w/p/Makefile", "test:\n\tx\n"),
    ]);
    let begun = scaffold(&memory, Path::new("/w/p"), "shop", None).expect("a policy");
    let manifest = text_of(&begun.files, "hxp.toml");
    assert!(manifest.contains("out     = \"generated\"") && manifest.contains("root = \"p\""), "{manifest}");
    assert!(begun.notes.iter().any(|n| n.contains("`out = \"..\"`")), "{:?}", begun.notes);
}

#[test]
fn values_that_the_chart_refuses_are_left_out() {
    let memory = Memory::with([
        ("/r/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
        ("/r/values.schema.json", "{\"properties\": {\"replicas\": {\"type\": \"integer\"}}}"),
        ("/r/values-prod.yaml", "replicas: \"3\"\n"),
        ("/r/values-staging.yaml", "replicas: 1\n"),
    ]);
    let begun = scaffold(&memory, Path::new("/r"), "shop", None).expect("begun");
    assert_eq!(begun.made_of, ["chart shop (.)", "environment staging (values-staging.yaml)"]);
    let told =
        "values-prod.yaml is left out: `prod.values.replicas` is the text `\"3\"`, but the chart takes a whole number";
    assert_eq!(begun.notes, [told]);
}
