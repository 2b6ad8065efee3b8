//! The generated Rego, run by an engine that is built in: what OPA would decide, without OPA.

use hxp_policy::Policy;
use hxp_targets::opa::{self, Opa};
use hxp_targets::{Context, OutputTree, Target as _};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

/// The Rego of a policy, ready to decide.
#[derive(Clone)]
pub struct Rego {
    engine: regorus::Engine,
    files: OutputTree,
}

impl std::fmt::Debug for Rego {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rego").finish_non_exhaustive()
    }
}

impl Rego {
    /// Generates the Rego of all environments of a policy and reads it.
    ///
    /// # Errors
    /// Why there is none: what the target cannot say, or the engine cannot read.
    pub fn new(policy: &Policy) -> Result<Self, String> {
        Self::of(emit(policy)?)
    }

    fn of(files: OutputTree) -> Result<Self, String> {
        let mut engine = regorus::Engine::new();
        for (path, file) in &files {
            let read = if path.ends_with(".rego") {
                engine.add_policy(path.to_string(), file.text.clone()).map(|_| ())
            } else if path.ends_with("data.json") {
                regorus::Value::from_json_str(&file.text).and_then(|data| engine.add_data(data))
            } else {
                Ok(())
            };
            read.map_err(|error| format!("{path}: {error}"))?;
        }
        Ok(Self { engine, files })
    }

    /// The digest by which its decisions name the policy.
    pub fn digest(&self) -> Option<SmolStr> {
        opa::revision(&self.files)
    }

    /// The generated files, by path.
    pub fn files(&self) -> &OutputTree {
        &self.files
    }

    /// The decision on a request.
    ///
    /// # Errors
    /// What the engine complains about.
    pub fn decide(&mut self, environment: &str, request: &Json) -> Result<Json, String> {
        let input = regorus::Value::from_json_str(&request.to_string()).map_err(|e| e.to_string())?;
        self.engine.set_input(input);
        let decision = self.engine.eval_rule(format!("data.hxp.{environment}.decision")).map_err(|e| e.to_string())?;
        let text = decision.to_json_str().map_err(|e| e.to_string())?;
        serde_json::from_str(&text).map_err(|e| e.to_string())
    }
}

/// The Rego of all environments of a policy.
fn emit(policy: &Policy) -> Result<OutputTree, String> {
    let environments: Vec<SmolStr> = policy.environments.keys().cloned().collect();
    let emission = Opa.emit(&Context {
        policy,
        environments: &environments,
        chart_schemas: &IndexMap::new(),
        chart_values: &IndexMap::new(),
        options: &Map::new(),
        actions: &IndexMap::new(),
    });
    match emission.diagnostics.iter().find(|d| d.is_error()) {
        Some(error) => Err(error.message.clone()),
        None => Ok(emission.files),
    }
}

/// The digest by which the decisions of a policy's Rego name it, and so those of every engine; `None` where there is no
/// Rego of it.
pub fn digest(policy: &Policy) -> Option<SmolStr> {
    opa::revision(&emit(policy).ok()?)
}
