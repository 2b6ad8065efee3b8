//! `github`: GitHub Actions workflows, settings and code owners.

use crate::{Context, Emission, Enforcement, Target};

/// GitHub Actions workflows, settings and code owners.
#[derive(Clone, Copy, Debug)]
pub struct Github;

impl Target for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn about(&self) -> &'static str {
        "GitHub Actions workflows, settings and code owners"
    }

    fn support(&self, _context: &Context<'_>) -> Vec<Enforcement> {
        Vec::new()
    }

    fn emit(&self, _context: &Context<'_>) -> Emission {
        Emission::default()
    }
}
