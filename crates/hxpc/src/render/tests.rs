//! Each format, on the same findings.

use std::path::Path;

use hxp_diagnostics::{Diagnostic, FileId, Sources, Span, codes};

use super::*;

/// An error with everything, across two files, and a warning.
fn findings() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let policy = "environment production {\n  // ☂ höher\n  limits { cpu = 500m }\n  approve 1 of devpos\n}\n";
    let (one, two) =
        (sources.add("policy.hxp", policy), sources.add("teams.hxp", "team devops { github = \"a/b\" }\n"));
    let span = |file: FileId, text: &str, needle: &str| {
        let start = text.find(needle).unwrap();
        Span::new(file, start.try_into().unwrap(), (start + needle.len()).try_into().unwrap())
    };
    let name = span(one, policy, "devpos");
    let diagnostics = vec![
        Diagnostic::new(
            codes::TYPE_MISMATCH,
            span(one, policy, "500m"),
            "`500m` is a duration, but `cpu` takes processors",
        )
        .label("500 minutes")
        .help("write `500mcpu`")
        .fix("write `500mcpu`", span(one, policy, "500m"), "500mcpu"),
        Diagnostic::new(codes::UNKNOWN_NAME, name, "there is no team `devpos`")
            .label("not a team")
            .related(span(two, "team devops", "devops"), "this team is declared")
            .help("did you mean `devops`?")
            .fix("write `devops`", name, "devops"),
        Diagnostic::new(codes::UNUSED, span(one, policy, "production"), "`production` is never used"),
    ];
    (sources, diagnostics)
}

fn shown(format: Format) -> String {
    let (sources, diagnostics) = findings();
    let root = Path::new("./examples/shop");
    render(&Findings { sources: &sources, diagnostics: &diagnostics, root, files: 2, fixing: true }, format, false)
}

#[test]
fn human() {
    insta::assert_snapshot!(shown(Format::Human));
}

#[test]
fn short() {
    insta::assert_snapshot!(shown(Format::Short), @r"
    examples/shop/policy.hxp:3:18: error[HXP0301]: `500m` is a duration, but `cpu` takes processors
    examples/shop/policy.hxp:4:16: error[HXP0201]: there is no team `devpos`
    examples/shop/policy.hxp:1:13: warning[HXP0803]: `production` is never used
    ");
}

#[test]
fn json() {
    insta::assert_snapshot!(shown(Format::Json));
}

#[test]
fn json_is_as_its_schema_says() {
    let document: serde_json::Value = serde_json::from_str(&shown(Format::Json)).unwrap();
    let schema = include_str!("../../../../docs/schemas/diagnostics.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    for (pointer, value) in [("/diagnostics/0/severity", "fatal"), ("/diagnostics/0/more", "x"), ("/hxp", "1")] {
        let mut other = document.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        other.pointer_mut(parent).unwrap()[name] = value.into();
        assert!(!validator.is_valid(&other), "{pointer} may not be {value}");
    }
}

#[test]
fn sarif_is_as_its_schema_says() {
    let document: serde_json::Value = serde_json::from_str(&shown(Format::Sarif)).unwrap();
    let schema: serde_json::Value = serde_json::from_str(include_str!("sarif.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    insta::assert_snapshot!(serde_json::to_string_pretty(&document["runs"][0]["results"]).unwrap());
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in document["runs"][0]["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

#[test]
fn fingerprints_outlive_lines_above() {
    let print = |text: &str| {
        let mut sources = Sources::default();
        let file = sources.add("a.hxp", text);
        let start = u32::try_from(text.find("bad").unwrap()).unwrap();
        let found = vec![Diagnostic::new(codes::UNUSED, Span::new(file, start, start + 3), "m")];
        let root = Path::new("");
        let text = render(
            &Findings { sources: &sources, diagnostics: &found, root, files: 1, fixing: false },
            Format::Sarif,
            false,
        );
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        document["runs"][0]["results"][0]["partialFingerprints"]["hxp/v1"].as_str().unwrap().to_owned()
    };
    assert_eq!(print("let bad = 1\n"), print("// more\n\nlet bad = 1\n"));
    assert_ne!(print("let bad = 1\n"), print("let bad = 2\n"));
}

#[test]
fn summaries_count() {
    let (sources, diagnostics) = findings();
    let mut findings =
        Findings { sources: &sources, diagnostics: &diagnostics, root: Path::new(""), files: 9, fixing: false };
    assert_eq!(summary(&findings), "2 errors, 1 warning in 9 files");
    findings.diagnostics = &[];
    findings.files = 1;
    assert_eq!(summary(&findings), "no problems in 1 file");
}

#[test]
fn paths_are_plain() {
    for (root, path, expected) in [
        (".", "a.hxp", "a.hxp"),
        ("", "a.hxp", "a.hxp"),
        ("x/", "../y/a.hxp", "y/a.hxp"),
        ("/p", "a.hxp", "/p/a.hxp"),
        ("..", "a", "../a"),
    ] {
        let findings =
            Findings { sources: &Sources::default(), diagnostics: &[], root: Path::new(root), files: 0, fixing: false };
        assert_eq!(findings.path(path), expected);
        assert_eq!(findings.path("<std>/gates.hxp"), "<std>/gates.hxp");
    }
}

#[test]
fn long_lines_are_clipped_around_each_place() {
    let mut sources = Sources::default();
    let text = format!("ok\n{}here{}there{}\nend\n", "é".repeat(3000), "x".repeat(3000), "y".repeat(3000));
    let file = sources.add("a.hxp", text.as_str());
    let at = |needle: &str| u32::try_from(text.find(needle).unwrap()).unwrap();
    let span = |start: u32, len: u32| Span::new(file, start, start + len);
    let found = vec![
        Diagnostic::new(codes::UNUSED, span(at("here"), 4), "near").label("this"),
        Diagnostic::new(codes::UNUSED, span(at("here"), 4), "far").related(span(at("there"), 5), "that"),
        Diagnostic::new(codes::UNUSED, span(at("here"), 6000), "wide").related(span(at("end"), 3), "after"),
        Diagnostic::new(codes::UNUSED, span(0, u32::try_from(text.len()).unwrap()), "all of it"),
        Diagnostic::new(codes::UNUSED, span(u32::try_from(text.len()).unwrap(), 0), "behind the end"),
    ];
    let findings = Findings { sources: &sources, diagnostics: &found, root: Path::new(""), files: 1, fixing: false };
    let shown = render(&findings, Format::Human, false);
    assert!(shown.contains("[a.hxp:2:3001]"), "{shown}");
    for message in ["near", "far", "wide", "all of it", "behind the end", "this", "that"] {
        assert!(shown.contains(message), "{message} in {shown}");
    }
    let near = shown.split("HXP0803").nth(1).unwrap();
    assert!(near.lines().all(|l| l.chars().count() < 200), "{near}");
}
