//! Values, judged by Helm with the chart that takes them, and what is rendered by the schemas of Kubernetes.

use std::fs;
use std::path::Path;

use super::bench::{Bench, Job, content};
use super::cases::{Case, is};
use crate::tools::KUBERNETES;

/// Asks every judge of values.
pub fn judges<'a>(bench: &'a Bench, case: &'a Case, jobs: &mut Vec<Job<'a>>) {
    let values = case.some(|path| is(path, "yaml") && path.contains("values-"));
    if values.is_empty() {
        return;
    }
    let about = (case.name.as_str(), values.len());
    let lint = values.clone();
    jobs.push(bench.ask(("helm", "yamllint", "yamllint"), about, {
        let values = values.clone();
        move |yamllint| {
            let mut command = bench.command(&yamllint, &case.out);
            content(command.arg("--strict").arg("-c").arg(bench.file("yamllint.yaml")).args(values)).map(drop)
        }
    }));
    let Some(chart) = &case.chart else { return };
    jobs.push(bench.ask(("helm", "helm lint --strict", "helm"), about, move |helm| {
        for file in lint {
            let mut command = bench.command(&helm, &case.out);
            content(command.args(["lint", "--strict"]).arg(chart).args(["--values", file]))?;
        }
        Ok(())
    }));
    // kubeconform judges what Helm renders, so this is one question.
    jobs.push(bench.ask(("helm", "helm template, kubeconform", "kubeconform"), about, move |kubeconform| {
        let helm = bench.program("helm").ok_or("helm is missing")?;
        for file in values {
            rendered(bench, case, (&helm, &kubeconform), (chart, file))?;
        }
        Ok(())
    }));
}

fn rendered(
    bench: &Bench,
    case: &Case,
    (helm, kubeconform): (&Path, &Path),
    (chart, values): (&Path, &str),
) -> Result<(), String> {
    let mut command = bench.command(helm, &case.out);
    command.args(["template", "shop"]).arg(chart).args(["--kube-version", KUBERNETES, "--values", values]);
    let manifests = content(&mut command)?.stdout;
    let folder = bench.out.join("manifests");
    let file = folder.join(format!("{}-{}", case.slug(), values.replace('/', "-")));
    fs::create_dir_all(&folder).and_then(|()| fs::write(&file, manifests)).map_err(|e| e.to_string())?;
    let schemas = format!("{}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", bench.tools("kubernetes").display());
    let mut command = bench.command(kubeconform, &case.out);
    command.args(["-strict", "-kubernetes-version", KUBERNETES, "-schema-location", &schemas]).arg(&file);
    content(&mut command).map(drop).map_err(|e| format!("{values}: {e}"))
}
