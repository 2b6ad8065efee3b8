//! `opa`: OPA policies in Rego, a package an environment.

use crate::{Context, Emission, Enforcement, Target};

/// OPA policies in Rego, a package an environment.
#[derive(Clone, Copy, Debug)]
pub struct Opa;

impl Target for Opa {
    fn name(&self) -> &'static str {
        "opa"
    }

    fn about(&self) -> &'static str {
        "OPA policies in Rego, a package an environment"
    }

    fn support(&self, _context: &Context<'_>) -> Vec<Enforcement> {
        Vec::new()
    }

    fn emit(&self, _context: &Context<'_>) -> Emission {
        Emission::default()
    }
}
