//! `helm`: the values each environment runs with, a file an environment, and a schema when the chart has none.

mod schema;
mod values;

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Environment, Method, Policy};
use smol_str::{SmolStr, format_smolstr};

use crate::{Context, Emission, Enforcement, OutputFile, Strength, Target};

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

    fn emit(&self, context: &Context<'_>) -> Emission {
        let mut emission = Emission::default();
        for environment in configured(context) {
            let text = values::document(context.policy, environment);
            emission.files.insert(values_path(context, &environment.name), OutputFile { text, executable: false });
            for (_, known) in chart_schemas(context, environment) {
                schema::check(environment, known, &mut emission.diagnostics);
            }
        }
        let all: Vec<&Environment> = with_values(context.policy).collect();
        let unchecked: Vec<&Environment> =
            all.iter().copied().filter(|e| chart_schemas(context, e).is_empty()).collect();
        if !unchecked.is_empty() {
            // The schema describes what all environments have in common, so it never depends on a selection of them.
            let document = schema::infer(context.policy, &unchecked);
            let text = hxp_emit::json::document(&document);
            emission.files.insert(schema_path(context), OutputFile { text, executable: false });
            charts_without_schema(context, &unchecked, &mut emission.diagnostics);
        }
        emission
    }
}

/// Where the values file of an environment lies, relative to the output folder.
pub fn values_path(context: &Context<'_>, environment: &str) -> SmolStr {
    let pattern = context.options.get("values").and_then(serde_json::Value::as_str).unwrap_or(VALUES);
    pattern.replace("{env}", environment).into()
}

fn schema_path(context: &Context<'_>) -> SmolStr {
    context.options.get("schema").and_then(serde_json::Value::as_str).unwrap_or(SCHEMA).into()
}

fn with_values(policy: &Policy) -> impl Iterator<Item = &Environment> {
    policy.environments.values().filter(|e| !e.values.is_empty())
}

/// The selected environments that have values.
fn configured<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Environment> {
    let (policy, selected) = (context.policy, context.environments);
    selected.iter().filter_map(|name| policy.environments.get(name)).filter(|e| !e.values.is_empty())
}

/// The declared charts that an environment deploys.
fn charts(environment: &Environment) -> impl Iterator<Item = &SmolStr> {
    environment.deploys.iter().filter_map(|d| match &d.method {
        Method::Helm(helm) => helm.declared.as_ref(),
        _ => None,
    })
}

/// The schemas of an environment's charts, each once.
fn chart_schemas<'a>(context: &Context<'a>, environment: &Environment) -> Vec<(SmolStr, &'a serde_json::Value)> {
    let mut found: Vec<(SmolStr, &serde_json::Value)> = Vec::new();
    for chart in charts(environment) {
        if let Some(schema) = context.chart_schemas.get(chart)
            && !found.iter().any(|(name, _)| name == chart)
        {
            found.push((chart.clone(), schema));
        }
    }
    found
}

fn charts_without_schema(context: &Context<'_>, environments: &[&Environment], diagnostics: &mut Vec<Diagnostic>) {
    let used: Vec<&SmolStr> = environments.iter().flat_map(|e| charts(e)).collect();
    for chart in context.policy.charts.values().filter(|c| used.contains(&&c.name)) {
        let message = format!("the values of chart `{}` are not checked: it has no `values.schema.json`", chart.name);
        diagnostics.push(
            Diagnostic::new(codes::NO_CHART_SCHEMA, chart.origin.span, message)
                .label("this chart")
                .help(format!("a schema of the values as they are now is generated as `{}`", schema_path(context)))
                .help("put a `values.schema.json` beside the chart's `values.yaml` to have every value checked"),
        );
    }
}
