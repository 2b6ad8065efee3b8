//! `helm`: Helm values, a file an environment.

use crate::{Context, Emission, Enforcement, Target};

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

    fn support(&self, _context: &Context<'_>) -> Vec<Enforcement> {
        Vec::new()
    }

    fn emit(&self, _context: &Context<'_>) -> Emission {
        Emission::default()
    }
}
