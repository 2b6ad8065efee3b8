//! What our check of a chart's schema finds is what Helm refuses, and nothing else.

use hxp_diagnostics::Diagnostic;
use serde_json::{Value, json};

use crate::world::{Chart, Known, emit, file, helm, policy};

const SCHEMA: &str = include_str!("chart.schema.json");

fn text(values: &str) -> String {
    format!(
        "policy p {{ edition = 2026 }}\nchart shop {{ path = \"chart\" }}\nenvironment e {{\n  deploy with helm(shop.path) on manual\n  \
         values {{ {values} }}\n}}\n"
    )
}

fn known(schema: Value) -> Known {
    let values = serde_saphyr::from_str(include_str!("chart/values.yaml")).unwrap();
    Known { schema: Some(schema), values: Some(values) }
}

/// What is found, and the values file.
fn found(values: &str) -> (Vec<Diagnostic>, String) {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let emission = emit(&policy(&text(values)), &known(schema), &json!({}));
    let file = file(&emission, "helm/values-e.yaml").to_owned();
    (emission.diagnostics, file)
}

/// The text at a diagnostic.
fn shown(values: &str, diagnostic: &Diagnostic) -> String {
    let span = diagnostic.primary.span;
    text(values)[span.start as usize..span.end as usize].to_owned()
}

/// Values, with the text that is pointed at and the message for each finding.
const CASES: &[(&str, &[(&str, &str)])] = &[
    (r#"api { image { repository = "a" } }"#, &[]),
    (
        r#"api { replicas = 10, image { repository = "a" }, port = "http", probe = true, grace = 15, mode = "cluster" }"#,
        &[],
    ),
    (
        r#"api { replicas = 11, image { repository = "a" } }"#,
        &[("replicas = 11", "`e.values.api.replicas` is `11`, but the chart takes at most 10")],
    ),
    (
        r#"api { replicas = "3", image { repository = "a" } }"#,
        &[(r#"replicas = "3""#, "`e.values.api.replicas` is the text `\"3\"`, but the chart takes a whole number")],
    ),
    (
        r#"api { replicas = 3m, image { repository = "a" } }"#,
        &[("replicas = 3m", "`e.values.api.replicas` is the text `3m`, but the chart takes a whole number")],
    ),
    (r#"api { replica = 3, image { repository = "a" } }"#, &[("replica", "the chart knows no value `api.replica`")]),
    (r#"api { image { repository = "a", tga = "1" } }"#, &[("tga", "the chart knows no value `api.image.tga`")]),
    (
        "api { replicas = 3 }",
        &[(
            "api",
            "the chart needs the value `api.image.repository`, and neither the policy nor its `values.yaml` says it",
        )],
    ),
    (
        r#"api { image { repository = "a", tag = none } }"#,
        &[("image", "the chart needs the value `api.image.tag`, and neither the policy nor its `values.yaml` says it")],
    ),
    (
        r#"api { image { repository = "a" }, resources { limits { cpu = 1cpu }, requests { cpu = 0.5cpu } } }"#,
        &[(
            "cpu = 0.5cpu",
            "`e.values.api.resources.requests.cpu` is `0.5cpu`, the text `\"0.5\"`, but the chart takes a text that matches `^[0-9]+m?$`",
        )],
    ),
    (
        r#"api { image { repository = "a" }, strategy = "Rolling" }"#,
        &[(
            r#"strategy = "Rolling""#,
            "`e.values.api.strategy` is the text `\"Rolling\"`, but the chart takes `\"Recreate\"` or `\"RollingUpdate\"`",
        )],
    ),
    (
        r#"api { image { repository = "a" }, port = 65536 }"#,
        &[("port = 65536", "`e.values.api.port` is `65536`, but the chart takes less than 65536 or a text")],
    ),
    (
        r#"api { image { repository = "a" }, probe { http = "" } }"#,
        &[(
            r#"http = """#,
            "`e.values.api.probe.http` is the text `\"\"`, but the chart takes a text of at least 1 character",
        )],
    ),
    (
        r#"api { image { repository = "a" }, probe = 3 }"#,
        &[("probe = 3", "`e.values.api.probe` is `3`, but the chart takes a record or `true` or `false`")],
    ),
    (
        r#"api { image { repository = "a" }, hosts = [{ host = "a" }, { hots = "b" }] }"#,
        &[("hots", "the chart knows no value `api.hosts.1.hots`")],
    ),
    (
        r#"api { image { repository = "a" }, hosts = [] }"#,
        &[("hosts = []", "`e.values.api.hosts` is an empty list, but the chart takes at least 1 element")],
    ),
    (
        r#"api { image { repository = "a" }, grace = 7, mode = "single" }"#,
        &[
            ("grace = 7", "`e.values.api.grace` is `7`, but the chart takes a multiple of 5"),
            (
                r#"mode = "single""#,
                "`e.values.api.mode` is the text `\"single\"`, but the chart takes only `\"cluster\"`",
            ),
        ],
    ),
    (
        r#"api { image { repository = "a" } }, ingress { tls { secretName = none } }"#,
        &[(
            "tls",
            "the chart needs the value `ingress.tls.secretName`, and neither the policy nor its `values.yaml` says it",
        )],
    ),
    (
        r#"api { image { repository = "a" }, ...scaled(3..10) }"#,
        &[("scaled(3..10)", "the chart knows no value `api.autoscaling`")],
    ),
];

#[test]
fn findings_point_at_the_deepest_field() {
    for (values, wanted) in CASES {
        let (diagnostics, _) = found(values);
        let told: Vec<_> = diagnostics.iter().map(|d| (shown(values, d), d.message.clone())).collect();
        let wanted: Vec<_> = wanted.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned())).collect();
        assert_eq!(told, wanted, "{values}");
    }
}

#[test]
fn helm_refuses_what_is_found_and_takes_the_rest() {
    let Some(helm) = helm() else { return };
    let chart = Chart::new(&helm, SCHEMA);
    for (values, wanted) in CASES {
        let (_, file) = found(values);
        let verdict = chart.values(&file, &[]);
        assert_eq!(verdict.is_ok(), wanted.is_empty(), "{values}: {verdict:?}");
    }
}

#[test]
fn a_misspelt_key_is_mended() {
    for (values, mended) in [
        (r#"api { replica = 3, image { repository = "a" } }"#, r#"api { replicas = 3, image { repository = "a" } }"#),
        (r#"api { imgae { repository = "a" } }"#, r#"api { image { repository = "a" } }"#),
        (r#"api { image { repository = "a" } }, apis {}"#, r#"api { image { repository = "a" } }, api {}"#),
    ] {
        let (diagnostics, _) = found(values);
        let unknown = diagnostics.iter().find(|d| d.message.contains("knows no value")).expect(values);
        let mut text = text(values);
        for edit in unknown.fixes.first().into_iter().flat_map(|f| f.edits.iter().rev()) {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        assert!(text.contains(mended), "{text}");
    }
}

#[test]
fn the_charts_own_words_are_shown() {
    let (diagnostics, _) = found(r#"api { replicas = 0, image { repository = "a" } }"#);
    let told: Vec<_> = diagnostics.iter().flat_map(|d| d.help.iter().map(String::as_str)).collect();
    assert_eq!(told, ["the chart says of it: Pods of the API."]);
}

#[test]
fn a_schema_that_cannot_be_used_is_told_of() {
    for schema in [json!({ "type": "nonsense" }), json!({ "$ref": "https://example.com/schema.json" })] {
        let emission = emit(&policy(&text("x = 1")), &known(schema), &json!({}));
        let found: Vec<_> = emission.diagnostics.iter().map(|d| (d.id().to_string(), d.message.as_str())).collect();
        let message = "the values of chart `shop` are not checked: its schema cannot be used";
        assert_eq!(found, [("HXP0524".to_owned(), message)]);
    }
}

#[test]
fn a_chart_that_takes_no_digest_where_it_would_be_said_is_told_at_the_image() {
    let schema = || known(serde_json::from_str(SCHEMA).unwrap());
    let with = |values: &str| format!("{}image server {{ repository = \"r.example/server\" }}\n", text(values));
    let wrong = with(r#"api { image { repository = "other" } }"#);
    let emission = emit(&policy(&wrong), &schema(), &json!({}));
    let told: Vec<_> = emission.diagnostics.iter().map(|d| (d.id().to_string(), d.message.as_str())).collect();
    let message = "the chart `shop` takes no digest of the image `server` at `image.digest`";
    assert_eq!(told, [("HXP0525".to_owned(), message)]);
    let span = emission.diagnostics[0].primary.span;
    assert!(wrong[span.start as usize..].starts_with("server"), "the image is pointed at");
    let mended = with("api { image { repository = image.server.repository } }");
    assert_eq!(emit(&policy(&mended), &schema(), &json!({})).diagnostics, []);
}

#[test]
fn a_range_is_nothing_that_a_chart_reads() {
    let values = "api { replicas = 3..10 }, x = [{ y = 1..2 }]";
    let emission = emit(&policy(&text(values)), &known(json!({})), &json!({}));
    let told: Vec<_> = emission.diagnostics.iter().map(|d| (shown(values, d), d.message.as_str())).collect();
    assert_eq!(
        told,
        [
            ("replicas = 3..10".to_owned(), "`e.values.api.replicas` is the range `3..10`, which no chart can read"),
            ("y = 1..2".to_owned(), "`e.values.x.y` is the range `1..2`, which no chart can read"),
        ]
    );
    let fixes: Vec<_> =
        emission.diagnostics.iter().flat_map(|d| &d.fixes).flat_map(|f| &f.edits).map(|e| &e.text).collect();
    assert_eq!(fixes, ["...scaled(3..10)"]);
}
