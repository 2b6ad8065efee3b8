//! From a policy to its outputs: what the targets enforce, and what they write.

use hxp_diagnostics::{Diagnostic, sort_and_dedup};
use hxp_policy::Policy;
use hxp_targets::{Context, Emission, Target};
use indexmap::IndexMap;
use rayon::prelude::*;
use serde_json::Value;
use smol_str::SmolStr;

use crate::coverage::{self, Matrix};
use crate::lock::Actions;
use crate::outputs::Outputs;
use crate::project::Project;

/// What every target reads.
pub struct Backend<'a> {
    policy: &'a Policy,
    project: &'a Project,
    chart_schemas: IndexMap<SmolStr, Value>,
    chart_values: IndexMap<SmolStr, Value>,
    actions: &'a Actions,
    all: Vec<SmolStr>,
}

static NO_OPTIONS: std::sync::LazyLock<serde_json::Map<String, Value>> = std::sync::LazyLock::new(Default::default);

impl<'a> Backend<'a> {
    /// `schemas` and `values` are by the chart's path.
    pub fn new(
        policy: &'a Policy,
        project: &'a Project,
        schemas: &IndexMap<SmolStr, Value>,
        values: &IndexMap<SmolStr, Value>,
        actions: &'a Actions,
    ) -> Self {
        let by_name = |by_path: &IndexMap<SmolStr, Value>| {
            let of = |path: &Option<SmolStr>| path.as_ref().and_then(|p| by_path.get(p)).cloned();
            policy.charts.iter().filter_map(|(name, chart)| Some((name.clone(), of(&chart.path)?))).collect()
        };
        let (chart_schemas, chart_values) = (by_name(schemas), by_name(values));
        Self {
            policy,
            project,
            chart_schemas,
            chart_values,
            actions,
            all: policy.environments.keys().cloned().collect(),
        }
    }

    fn context<'c>(&'c self, target: &dyn Target, environments: &'c [SmolStr]) -> Context<'c> {
        Context {
            policy: self.policy,
            environments,
            chart_schemas: &self.chart_schemas,
            chart_values: &self.chart_values,
            options: self.project.manifest.options.get(target.name()).unwrap_or(&NO_OPTIONS),
            actions: self.actions,
        }
    }

    /// Lays what the policy demands beside what the targets enforce, and tells of what nothing holds.
    pub fn enforcement(&self, targets: &[&'static dyn Target], found: &mut Vec<Diagnostic>) -> Matrix {
        let support: Vec<_> =
            targets.par_iter().map(|target| (*target, target.support(&self.context(*target, &self.all)))).collect();
        let matrix = coverage::matrix(self.policy, &support);
        found.extend(coverage::check_demanded(self.policy, targets));
        found.extend(matrix.check(self.policy));
        matrix
    }

    /// Makes the outputs of `targets`. With `some`, only the files that these environments have a part in, each with
    /// the text that it has when everything is made: a shared file never loses the other environments.
    pub fn emit(
        &self,
        targets: &[&'static dyn Target],
        some: Option<&[SmolStr]>,
        found: &mut Vec<Diagnostic>,
    ) -> Outputs {
        let one = |target: &&'static dyn Target| -> Emission {
            let mut whole = target.emit(&self.context(*target, &self.all));
            if let Some(some) = some {
                let part = target.emit(&self.context(*target, some));
                whole.files.retain(|path, _| part.files.contains_key(path));
            }
            whole
        };
        let at = self.policy.origin.span;
        let emissions: Vec<Emission> = targets.par_iter().map(one).collect();
        let mut outputs = Outputs::default();
        for (target, emission) in targets.iter().zip(emissions) {
            found.extend(emission.diagnostics);
            outputs.add(target.name(), emission.files, at, found);
        }
        outputs.check(at, found);
        outputs
    }
}

/// Gives each diagnostic the severity that the manifest wants, and all of them the order of the texts.
pub fn settle(project: &Project, found: &mut Vec<Diagnostic>) {
    found.retain_mut(|diagnostic| {
        let wanted = project.manifest.lints.iter().find(|(code, _)| *code == diagnostic.code);
        match wanted {
            None => true,
            Some((_, None)) => false,
            Some((_, Some(severity))) => {
                diagnostic.severity = *severity;
                true
            }
        }
    });
    sort_and_dedup(found);
}
