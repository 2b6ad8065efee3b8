//! What hxpc says for programs, held to the schemas: findings as JSON and as SARIF, and decisions.

use std::fs;
use std::path::PathBuf;

use super::bench::{Bench, Job, content};
use super::cases::Case;
use crate::files;

const SARIF: &str = "npm/node_modules/@microsoft/sarif-multitool-linux/sarif-2.1.0.json";

/// Asks every judge of forms.
pub fn judges<'a>(bench: &'a Bench, cases: &[Case], jobs: &mut Vec<Job<'a>>) {
    let mut sources: Vec<(String, PathBuf)> = cases.iter().map(|c| (c.slug(), c.source.clone())).collect();
    // Policies with mistakes, since those of the cases have none: a finding of each kind that the corpora know.
    for room in ["tests/contradictions", "tests/mistakes"] {
        for file in files(&bench.root.join(room), ".hxp") {
            sources.push((format!("wrong-{}", file.file_stem().unwrap_or_default().display()), file));
        }
    }
    let own = bench.root.join("docs/schemas/diagnostics.schema.json");
    let about = sources.len();
    jobs.push(bench.ask(("json", "check-jsonschema", "check-jsonschema"), ("docs/schemas", about), {
        let sources = sources.clone();
        move |judge| {
            let found = findings(bench, &sources, "json")?;
            content(bench.command(&judge, &bench.out).arg("--schemafile").arg(own).args(found)).map(drop)
        }
    }));
    let schemas = files(&bench.root.join("docs/schemas"), ".json");
    jobs.push(bench.ask(
        ("json", "check-jsonschema metaschema", "check-jsonschema"),
        ("docs/schemas", schemas.len()),
        |judge| content(bench.command(&judge, &bench.out).arg("--check-metaschema").args(schemas)).map(drop),
    ));
    jobs.push(bench.ask(("sarif", "check-jsonschema", "check-jsonschema"), ("sarif", about), {
        let sources = sources.clone();
        move |judge| {
            let found = findings(bench, &sources, "sarif")?;
            let schema = bench.tools(SARIF);
            content(bench.command(&judge, &bench.out).arg("--schemafile").arg(schema).args(found)).map(drop)
        }
    }));
    jobs.push(bench.ask(("sarif", "sarif-multitool", "sarif-multitool"), ("sarif", about), move |judge| {
        let found = findings(bench, &sources, "multitool.sarif")?;
        content(bench.command(&judge, &bench.out).arg("validate").args(found)).map(drop)
    }));
}

/// Each finding of each policy in a form, as files; a policy with mistakes is what most of them are.
fn findings(bench: &Bench, sources: &[(String, PathBuf)], suffix: &str) -> Result<Vec<PathBuf>, String> {
    let form = suffix.rsplit('.').next().unwrap_or(suffix);
    let folder = bench.out.join("findings");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let mut written = Vec::new();
    for (name, source) in sources {
        let mut command = bench.command(&bench.hxpc, &bench.root);
        let source = source.strip_prefix(&bench.root).unwrap_or(source);
        let output = command.args(["check", "--format", form]).arg(source).output().map_err(|e| e.to_string())?;
        let file = folder.join(format!("{name}.{suffix}"));
        fs::write(&file, output.stdout).map_err(|e| e.to_string())?;
        written.push(file);
    }
    Ok(written)
}
