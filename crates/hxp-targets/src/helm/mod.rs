//! `helm`: the values each environment runs with, a file an environment, and a schema when the chart has none.

mod chart;
mod check;
mod infer;
mod values;
mod words;

use std::collections::HashSet;

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Environment, Policy};
use indexmap::IndexMap;
use rayon::prelude::*;
use smol_str::{SmolStr, format_smolstr};

use crate::{Context, Emission, Enforcement, OutputFile, Strength, Target};
use chart::Chart;

/// Where a values file lies unless the manifest says otherwise.
const VALUES: &str = "helm/values-{env}.yaml";

/// Where the generated schema lies.
const SCHEMA: &str = "helm/values.schema.json";

/// Helm values, a file an environment.
#[derive(Clone, Copy, Debug)]
pub struct HelmValues;

impl Target for HelmValues {
    fn name(&self) -> &'static str {
        "helm"
    }

    fn about(&self) -> &'static str {
        "Helm values, a file an environment"
    }

    fn options(&self) -> &'static [&'static str] {
        &["values", "schema"]
    }

    fn support(&self, context: &Context<'_>) -> Vec<Enforcement> {
        configured(context)
            .map(|environment| Enforcement {
                id: format_smolstr!("{}.values", environment.name),
                strength: Strength::Soft,
                file: values_path(context, &environment.name),
                partly: None,
            })
            .collect()
    }

    fn check(&self, context: &Context<'_>) -> Vec<Diagnostic> {
        let environments: Vec<&Environment> = configured(context).collect();
        let validators = check::validators(context.chart_schemas);
        let one = |environment: &&Environment| {
            let mut found = Vec::new();
            check::unwritable(environment, &mut found);
            for chart in chart::of(context, environment) {
                chart.check(&validators, context.policy, environment, &mut found);
            }
            found
        };
        let mut all = one_file_for_two(context);
        all.par_extend(environments.par_iter().flat_map_iter(one));
        for (path, (chart, _)) in without_schema(context) {
            all.extend(chart.iter().map(|chart| chart.without_schema(&path)));
        }
        all
    }

    fn emit(&self, context: &Context<'_>) -> Emission {
        let mut emission = Emission::default();
        let environments: Vec<&Environment> = configured(context).collect();
        let texts: Vec<String> = environments.par_iter().map(|e| values::document(context.policy, e)).collect();
        for (environment, text) in environments.into_iter().zip(texts) {
            let file = OutputFile { text, executable: false };
            emission.files.insert(values_path(context, &environment.name), file);
        }
        for (path, (chart, environments)) in without_schema(context) {
            let name = chart.map(|c| c.name.clone()).unwrap_or_default();
            let document = infer::schema(&context.policy.name, &name, &environments);
            let file = OutputFile { text: hxp_emit::json::document(&document), executable: false };
            emission.files.insert(path, file);
        }
        emission
    }
}

/// Where the values file of an environment lies, relative to the output folder.
pub fn values_path(context: &Context<'_>, environment: &str) -> SmolStr {
    option(context, "values", VALUES).replace("{env}", environment).into()
}

fn option<'a>(context: &Context<'a>, key: &str, default: &'static str) -> &'a str {
    context.options.get(key).and_then(serde_json::Value::as_str).unwrap_or(default)
}

fn with_values(policy: &Policy) -> impl Iterator<Item = &Environment> {
    policy.environments.values().filter(|e| !e.values.is_empty())
}

/// The selected environments that have values.
fn configured<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Environment> {
    let (policy, selected) = (context.policy, context.environments);
    selected.iter().filter_map(|name| policy.environments.get(name)).filter(|e| !e.values.is_empty())
}

/// Environments whose values would lie in the file of another.
fn one_file_for_two(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut taken = HashSet::new();
    let mut all = Vec::new();
    for environment in configured(context) {
        let path = values_path(context, &environment.name);
        if !taken.contains(&path) {
            taken.insert(path);
            continue;
        }
        let message = format!("the values of `{}` and of another environment would both be `{path}`", environment.name);
        all.push(
            Diagnostic::new(codes::OUTPUT_COLLISION, environment.origin.span, message)
                .help("put `{env}`, which stands for the environment's name, into `values` below `[targets.helm]`"),
        );
    }
    all
}

/// The charts that have no schema, with the environments that use them, by the path of the schema that is made for each.
/// It describes what all environments have in common, so it never depends on a selection of them.
fn without_schema<'a>(context: &Context<'a>) -> IndexMap<SmolStr, (Option<Chart<'a>>, Vec<&'a Environment>)> {
    let mut charts: IndexMap<SmolStr, (Option<Chart<'_>>, Vec<&Environment>)> = IndexMap::new();
    for environment in with_values(context.policy) {
        let used = chart::of(context, environment);
        if used.is_empty() {
            charts.entry(SmolStr::default()).or_default().1.push(environment);
        }
        for chart in used.into_iter().filter(|c| c.schema.is_none()) {
            charts.entry(chart.name.clone()).or_insert((Some(chart), Vec::new())).1.push(environment);
        }
    }
    let several = charts.len() > 1;
    let path = |name: &SmolStr| schema_path(option(context, "schema", SCHEMA), several.then_some(name.as_str()));
    charts.into_iter().map(|(name, used)| (path(&name), used)).collect()
}

/// The schema of one chart among several bears the chart's name: `helm/kaas.values.schema.json`.
fn schema_path(pattern: &str, chart: Option<&str>) -> SmolStr {
    let chart = chart.unwrap_or_default();
    if pattern.contains("{chart}") || chart.is_empty() {
        return pattern.replace("{chart}", chart).into();
    }
    let (folder, file) = pattern.rsplit_once('/').map_or(("", pattern), |(folder, file)| (folder, file));
    format_smolstr!("{folder}{}{chart}.{file}", if folder.is_empty() { "" } else { "/" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_charts_have_several_schemas() {
        for (pattern, chart, path) in [
            (SCHEMA, None, SCHEMA),
            (SCHEMA, Some(""), SCHEMA),
            (SCHEMA, Some("kaas"), "helm/kaas.values.schema.json"),
            ("values.schema.json", Some("kaas"), "kaas.values.schema.json"),
            ("charts/{chart}/values.schema.json", Some("kaas"), "charts/kaas/values.schema.json"),
        ] {
            assert_eq!(schema_path(pattern, chart), path);
        }
    }
}
