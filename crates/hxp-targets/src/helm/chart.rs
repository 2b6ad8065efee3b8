//! The charts that environments deploy, with what is known of them.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::{Environment, Method};
use serde_json::Value as Json;
use smol_str::SmolStr;

use crate::Context;

/// A chart as an environment deploys it.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// The declared chart's name, else the last part of its path.
    pub name: SmolStr,
    /// Where it is declared, else where it is deployed.
    pub span: Span,
    /// Whether `chart NAME { … }` declares it.
    pub declared: bool,
    /// The path or repository, as the deployment names it.
    pub source: &'a str,
    /// Its `values.schema.json`.
    pub schema: Option<&'a Json>,
    /// Its `values.yaml`.
    pub defaults: Option<&'a Json>,
}

/// The charts an environment deploys, each once.
pub fn of<'a>(context: &Context<'a>, environment: &'a Environment) -> Vec<Chart<'a>> {
    let mut charts: Vec<Chart<'a>> = Vec::new();
    for deploy in &environment.deploys {
        let Method::Helm(helm) = &deploy.method else { continue };
        let declared = helm.declared.as_ref().and_then(|name| context.policy.charts.get(name));
        let chart = Chart {
            name: declared.map_or_else(|| last_part(&helm.chart), |c| c.name.clone()),
            span: declared.map_or(deploy.origin.span, |c| c.origin.span),
            declared: declared.is_some(),
            source: &helm.chart,
            schema: declared.and_then(|c| context.chart_schemas.get(&c.name)),
            defaults: declared.and_then(|c| context.chart_values.get(&c.name)),
        };
        if charts.iter().all(|c| c.name != chart.name) {
            charts.push(chart);
        }
    }
    charts
}

/// A file's name is made of it, so only letters, digits and a few signs are left.
fn last_part(path: &str) -> SmolStr {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

impl Chart<'_> {
    /// Tells that nothing is checked, and what would change that.
    pub fn without_schema(&self, generated: &str) -> Diagnostic {
        let name = &self.name;
        let found = if self.declared {
            let message = format!("the values of chart `{name}` are not checked: it has no `values.schema.json`");
            Diagnostic::new(codes::NO_CHART_SCHEMA, self.span, message).label("this chart")
        } else {
            let source = self.source;
            let message = format!("the values of chart `{source}` are not checked: the policy does not declare it");
            Diagnostic::new(codes::NO_CHART_SCHEMA, self.span, message).label("deployed here").help(format!(
                "declare it, and its `values.schema.json` is read: `chart {name} {{ path = \"{source}\" }}`"
            ))
        };
        let found = found.help(format!("a schema of the values as they are now is generated as `{generated}`"));
        if self.declared {
            found.help("put a `values.schema.json` beside the chart's `values.yaml` to have every value checked")
        } else {
            found
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_a_name() {
        for (path, name) in [("deploy/helm/kaas", "kaas"), ("./x/", "x"), ("bitnami/redis", "redis"), ("../..", "")] {
            assert_eq!(last_part(path), name);
        }
    }
}
