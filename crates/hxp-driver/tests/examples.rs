//! The examples: they compile, what they warn of is argued, and the real programs take what comes out.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads files where they lie"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use hxp_driver::system::Disk;
use hxp_driver::{Compilation, Request, compile, format_project};

/// A project, the chart its values are for, and the warnings it has on purpose.
struct Example {
    name: &'static str,
    chart: Option<&'static str>,
    /// HXP0607: its written policy asks for targets that do not exist yet, and says so.
    warnings: &'static [&'static str],
}

const EXAMPLES: &[Example] = &[
    Example { name: "bank", chart: Some("deploy/core"), warnings: &[] },
    Example { name: "hexabase", chart: Some("deployments/helm/hexabase-kaas"), warnings: &["HXP0607"] },
    Example { name: "monorepo", chart: Some("charts/service"), warnings: &[] },
    Example { name: "small-service", chart: Some("chart"), warnings: &[] },
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

fn compiled(name: &str) -> Compilation {
    // A day on which the examples were right; what ends later must not break this test.
    let today = Some(jiff::civil::date(2026, 11, 23));
    compile(&Disk, &Request { start: folder(name), today, emit: true, ..Request::default() })
}

/// A real program: `HXP_HELM`, or `helm` on the path. Missing is a failure where CI sets it up.
fn tool(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(format!("HXP_{}", name.to_uppercase())).map(PathBuf::from);
    let found = named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    });
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{name} is missing: run `cargo xtask tools`");
        eprintln!("skipped: {name} is missing");
    }
    found
}

/// Runs it and says what it said when it is not content.
fn content(command: &mut Command) {
    let output = command.output().unwrap();
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "{command:?}: {said}");
}

/// The outputs on a disk.
fn written(compilation: &Compilation) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, output) in &compilation.outputs.files {
        let file = folder.path().join(path.as_str());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, &output.file.text).unwrap();
    }
    folder
}

#[test]
fn each_folder_is_listed() {
    let mut found: Vec<String> = std::fs::read_dir(folder(""))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, EXAMPLES.iter().map(|e| e.name).collect::<Vec<_>>());
}

#[test]
fn they_compile_and_warn_of_nothing_else() {
    for example in EXAMPLES {
        let compilation = compiled(example.name);
        assert!(!compilation.has_errors(), "{}: {:#?}", example.name, compilation.diagnostics);
        assert!(!compilation.outputs.files.is_empty(), "{} makes nothing", example.name);
        let mut warnings: Vec<&str> = compilation
            .diagnostics
            .iter()
            .filter(|d| d.severity == hxp_diagnostics::Severity::Warning)
            .map(|d| d.code.id())
            .collect();
        warnings.sort_unstable();
        warnings.dedup();
        assert_eq!(warnings, example.warnings, "{}: {:#?}", example.name, compilation.diagnostics);
    }
}

#[test]
fn they_are_formatted() {
    for example in EXAMPLES {
        let (mut sources, mut found) = (hxp_diagnostics::Sources::default(), Vec::new());
        let (_, files) = format_project(&Disk, &folder(example.name), &mut sources, &mut found);
        assert!(!files.is_empty(), "{} has no files", example.name);
        for file in files {
            assert_eq!(file.after.as_ref(), Some(&file.before), "{}/{}: run `hxpc fmt`", example.name, file.path);
        }
    }
}

#[test]
fn helm_takes_the_values() {
    let Some(helm) = tool("helm") else { return };
    for example in EXAMPLES {
        let Some(chart) = example.chart else { continue };
        let compilation = compiled(example.name);
        let written = written(&compilation);
        for path in compilation.outputs.files.keys().filter(|p| p.ends_with(".yaml") && p.contains("values-")) {
            let chart = folder(example.name).join(chart);
            for verb in ["lint", "template"] {
                content(
                    Command::new(&helm).arg(verb).arg(&chart).arg("--values").arg(written.path().join(path.as_str())),
                );
            }
        }
    }
}

#[test]
fn opa_takes_the_policies() {
    let Some(opa) = tool("opa") else { return };
    for example in EXAMPLES {
        let written = written(&compiled(example.name));
        content(Command::new(&opa).args(["check", "--strict", "policy"]).current_dir(written.path()));
    }
}

#[test]
fn actionlint_takes_the_workflows() {
    let Some(actionlint) = tool("actionlint") else { return };
    for example in EXAMPLES {
        let compilation = compiled(example.name);
        let written = written(&compilation);
        let workflows = compilation.outputs.files.keys().filter(|p| p.starts_with(".github/workflows/"));
        content(
            Command::new(&actionlint)
                .args(["-shellcheck=", "-pyflakes="])
                .args(workflows.map(hxp_driver::Name::as_str))
                .current_dir(written.path()),
        );
    }
}
