//! From a policy to its outputs: what the targets enforce, and what they write.

use std::collections::BTreeMap;

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
    chart_schemas: IndexMap<SmolStr, Value>,
    chart_values: IndexMap<SmolStr, Value>,
    actions: &'a Actions,
    options: BTreeMap<&'static str, serde_json::Map<String, Value>>,
    all: Vec<SmolStr>,
}

/// For fewer environments the work is done before other threads have woken.
const WORTH_THREADS: usize = 64;

static NO_OPTIONS: std::sync::LazyLock<serde_json::Map<String, Value>> = std::sync::LazyLock::new(Default::default);

/// What the manifest says to each target. An option that several of them understand, such as where the values files
/// lie, is said to one and holds for all that do not say otherwise.
fn options(project: &Project) -> BTreeMap<&'static str, serde_json::Map<String, Value>> {
    let said = &project.manifest.options;
    let of = |target: &&'static dyn Target| {
        let mut own = said.get(target.name()).cloned().unwrap_or_default();
        for (name, value) in said.values().flatten() {
            if target.options().contains(&name.as_str()) && !own.contains_key(name) {
                own.insert(name.clone(), value.clone());
            }
        }
        (target.name(), own)
    };
    hxp_targets::TARGETS.iter().map(of).collect()
}

impl<'a> Backend<'a> {
    /// `schemas` and `values` are by the chart's path.
    pub fn new(
        policy: &'a Policy,
        project: &Project,
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
            chart_schemas,
            chart_values,
            actions,
            options: options(project),
            all: policy.environments.keys().cloned().collect(),
        }
    }

    fn context<'c>(&'c self, target: &dyn Target, environments: &'c [SmolStr]) -> Context<'c> {
        Context {
            policy: self.policy,
            environments,
            chart_schemas: &self.chart_schemas,
            chart_values: &self.chart_values,
            options: self.options.get(target.name()).unwrap_or(&NO_OPTIONS),
            actions: self.actions,
        }
    }

    /// Lays what the policy demands beside what the targets enforce, and tells of what nothing holds and of what a target
    /// cannot take.
    pub fn enforcement(&self, targets: &[&'static dyn Target], found: &mut Vec<Diagnostic>) -> Matrix {
        let one = |target: &&'static dyn Target| (*target, target.support(&self.context(*target, &self.all)));
        let support: Vec<_> = if self.all.len() < WORTH_THREADS {
            targets.iter().map(one).collect()
        } else {
            targets.par_iter().map(one).collect()
        };
        for target in targets {
            found.extend(target.check(&self.context(*target, &self.all)));
        }
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
