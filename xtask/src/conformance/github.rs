//! Workflows, judged by GitHub's own parser and by those who look for mistakes and holes.

use super::bench::{Bench, Job, content, silent};
use super::cases::{Case, is};

/// Asks every judge of workflows and their scripts.
pub fn judges<'a>(bench: &'a Bench, case: &'a Case, jobs: &mut Vec<Job<'a>>) {
    let workflows = case.some(|path| path.starts_with(".github/workflows/"));
    if workflows.is_empty() {
        return;
    }
    let about = (case.name.as_str(), workflows.len());
    for (tool, judge) in [("GitHub's parser", "parser"), ("GitHub's language service", "service")] {
        let workflows = workflows.clone();
        jobs.push(bench.ask(("github", tool, "node"), about, move |node| {
            let mut command = bench.command(&node, &case.out);
            command.arg(bench.file("workflows.mjs")).arg(judge).arg(bench.tools("npm/node_modules")).arg(".");
            silent(command.args(workflows))
        }));
    }
    let mut quiet = |tool: &'static str, args: Vec<String>, files: &[&'a str]| {
        let files = files.to_vec();
        jobs.push(bench.ask(("github", tool, tool), (&case.name, files.len()), move |program| {
            content(bench.command(&program, &case.out).args(args).args(files)).map(drop)
        }));
    };
    quiet("actionlint", vec!["-config-file".into(), bench.file("actionlint.yaml").display().to_string()], &workflows);
    quiet("zizmor", ["--offline", "--pedantic", "--no-ignores"].map(String::from).to_vec(), &workflows);
    quiet(
        "yamllint",
        vec!["--strict".into(), "-c".into(), bench.file("yamllint.yaml").display().to_string()],
        &workflows,
    );
    let schema = ["--builtin-schema", "vendor.github-workflows"].map(String::from).to_vec();
    quiet("check-jsonschema", schema, &workflows);
    quiet("shellcheck", Vec::new(), &case.some(|path| is(path, "sh")));
}
