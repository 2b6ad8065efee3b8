//! The standard library: its commands read real reports, its modules compile where they are used, and nothing in them is
//! undocumented or untried.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads files where they lie"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use hxp_diagnostics::Sources;
use hxp_driver::system::Disk;
use hxp_driver::{Request, compile};
use hxp_syntax::ast::{Body, Decl, EntryKind, ExprKind, ItemKind, Literal, Tree};
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let mut found: Vec<PathBuf> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "hxp")).collect();
    found.sort();
    assert!(!found.is_empty(), "{folder} has no policies");
    found
}

fn parse(path: &Path) -> Tree {
    let text = std::fs::read_to_string(path).unwrap();
    let mut sources = Sources::default();
    let file = sources.add(path.display().to_string(), text.as_str());
    hxp_syntax::parse(file, &text).tree
}

fn decls(tree: &Tree) -> impl Iterator<Item = &Decl> {
    tree.items().filter_map(|i| match &i.kind {
        ItemKind::Decl(decl) => Some(&**decl),
        ItemKind::Use(_) => None,
    })
}

/// The `collect` of a gate of `std.gates`.
fn collect(gate: &str) -> String {
    let tree = parse(&root().join("stdlib/gates.hxp"));
    let decl =
        decls(&tree).find(|d| d.names.iter().any(|n| n.text == gate)).unwrap_or_else(|| panic!("no gate {gate}"));
    let Body::Block(block) = &decl.body else { panic!("{gate} has no block") };
    let text = block.entries.iter().find_map(|e| match &e.kind {
        EntryKind::Property(p) if p.keys[0].text == "collect" => match &p.value.kind {
            ExprKind::Literal(Literal::Str(text)) => Some(text.value.to_string()),
            _ => None,
        },
        _ => None,
    });
    text.unwrap_or_else(|| panic!("{gate} collects nothing"))
}

/// What `collect` of a gate prints for a report, as the generated pipelines run it; `None` when it fails.
fn results(gate: &str, report: &str, as_file: &str) -> Option<Value> {
    let folder = tempfile::tempdir().unwrap();
    let reports = root().join("tests/stdlib/reports");
    for name in report.split(' ') {
        let to = if as_file.is_empty() { name } else { as_file };
        std::fs::copy(reports.join(name), folder.path().join(to)).unwrap();
    }
    let pattern = if report.contains(' ') { "*.xml" } else { report };
    let output = Command::new("bash")
        .args(["-eo", "pipefail", "-c", &collect(gate)])
        .current_dir(folder.path())
        .env("HXP_REPORT", pattern)
        .output()
        .unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn commands_read_what_the_tools_write() {
    let vulnerabilities = |c: u32, h: u32, m: u32, l: u32, u: u32| {
        Some(json!({"criticals": c, "highs": h, "mediums": m, "lows": l, "unknowns": u}))
    };
    let tests =
        |total: u32, failed: u32, skipped: u32| Some(json!({"total": total, "failed": failed, "skipped": skipped}));
    let lines = |line: &str| Some(json!({"line": line}));
    let both = |line: &str, branch: &str| Some(json!({"line": line, "branch": branch}));
    for (gate, report, as_file, expected) in [
        ("junit", "junit.xml", "", tests(2, 0, 1)),
        ("junit", "junit-failed.xml", "", tests(5, 1, 1)),
        ("junit", "junit-skipped.xml", "", tests(2, 0, 2)),
        ("junit", "junit-surefire.xml", "", tests(2, 0, 0)),
        ("junit", "junit-surefire.xml junit-failed.xml", "", tests(7, 1, 1)),
        // 12 of 17 lines are 70.588…%, and the rate in the report is rounded up.
        ("cobertura", "cobertura.xml", "", both("70.58%", "75.00%")),
        // A share is cut, so that 69.999% never passes for 70%.
        ("cobertura", "cobertura-rates.xml", "", both("69.99%", "100.00%")),
        ("cobertura", "trivy.json", "", None),
        ("lcov", "lcov.info", "", lines("70.58%")),
        ("lcov", "lcov-two-files.info", "", lines("33.33%")),
        ("lcov", "lcov-empty.info", "", None),
        ("jacoco", "jacoco.xml", "", both("33.33%", "75.00%")),
        ("trivy", "trivy.json", "trivy.json", vulnerabilities(0, 2, 1, 1, 1)),
        ("trivy", "trivy-clean.json", "trivy.json", vulnerabilities(0, 0, 0, 0, 0)),
        ("trivy", "trivy-nothing-to-scan.json", "trivy.json", vulnerabilities(0, 0, 0, 0, 0)),
        ("trivy", "lcov.info", "trivy.json", None),
        ("trivy_image", "trivy-image.json", "trivy-image.json", vulnerabilities(1, 0, 0, 0, 0)),
        (
            "licence_scan",
            "licences.json",
            "licences.json",
            Some(json!({"forbidden": 1, "restricted": 1, "unrecognised": 1})),
        ),
        (
            "licence_scan",
            "trivy-clean.json",
            "licences.json",
            Some(json!({"forbidden": 0, "restricted": 0, "unrecognised": 0})),
        ),
        ("secret_scan", "secrets.json", "secrets.json", Some(json!({"secrets": 2}))),
        ("secret_scan", "trivy-clean.json", "secrets.json", Some(json!({"secrets": 0}))),
    ] {
        assert_eq!(results(gate, report, as_file), expected, "{gate} reads {report}");
    }
}

#[test]
fn what_a_command_prints_is_what_the_gate_yields() {
    let tree = parse(&root().join("stdlib/gates.hxp"));
    for (gate, report, as_file) in [
        ("junit", "junit.xml", ""),
        ("cobertura", "cobertura.xml", ""),
        ("lcov", "lcov.info", ""),
        ("jacoco", "jacoco.xml", ""),
        ("trivy", "trivy.json", "trivy.json"),
        ("trivy_image", "trivy-image.json", "trivy-image.json"),
        ("licence_scan", "licences.json", "licences.json"),
        ("secret_scan", "secrets.json", "secrets.json"),
    ] {
        let printed = results(gate, report, as_file).unwrap();
        let decl = decls(&tree).find(|d| d.names.iter().any(|n| n.text == gate)).unwrap();
        let Body::Block(block) = &decl.body else { panic!("{gate} has no block") };
        let yields: Vec<&str> = block
            .entries
            .iter()
            .filter_map(|e| match &e.kind {
                EntryKind::Statement(s) => match &s.kind {
                    hxp_syntax::ast::StatementKind::Yields(params) => Some(params),
                    _ => None,
                },
                _ => None,
            })
            .flatten()
            .map(|p| p.name.text.as_str())
            .collect();
        let keys: Vec<&str> = printed.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, yields, "{gate}");
    }
}

#[test]
fn each_declaration_is_documented_and_tried() {
    let tried: String = files("tests/stdlib").iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for path in files("stdlib") {
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//"), "std.{module} does not begin with what it is for");
        let tree = parse(&path);
        for item in tree.items() {
            let ItemKind::Decl(decl) = &item.kind else { continue };
            for name in &decl.names {
                assert!(!item.docs.is_empty(), "std.{module}: `{}` has no doc comment", name.text);
                let used = tried.match_indices(name.text.as_str()).any(|(at, word)| {
                    !tried[..at].ends_with(is_word) && !tried[at + word.len()..].starts_with(is_word)
                });
                assert!(used, "tests/stdlib never uses `{}` of std.{module}", name.text);
            }
        }
    }
}

#[test]
fn each_module_compiles_where_it_is_used() {
    for path in files("tests/stdlib") {
        let found = compile(&Disk, &Request { start: path.clone(), emit: true, ..Request::default() });
        let errors: Vec<_> = found.diagnostics.iter().filter(|d| d.is_error()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}
