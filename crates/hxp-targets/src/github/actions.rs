//! The actions that generated workflows use, with the commits that stand for their versions.

use hxp_diagnostics::{Diagnostic, Span, codes};
use indexmap::IndexMap;
use smol_str::SmolStr;

/// An action's name, the commit of a version, and the version. `hxp.lock` may say otherwise.
pub const DEFAULTS: &[(&str, &str, &str)] = &[
    ("actions/attest", "1e69f48acb82d1966a394da916b4c1698aa569d6", "v4.2.2"),
    ("actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    ("actions/create-github-app-token", "1b10c78c7865c340bc4f6099eb2f838309f1e8c3", "v3.1.1"),
    ("actions/download-artifact", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    ("actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    ("azure/setup-helm", "9bc31f4ebc9c6b171d7bfbaa5d006ae7abdb4310", "v5.0.1"),
    ("open-policy-agent/setup-opa", "b2b258e089860efaadaaf71bf6e3aecb4a3eeff1", "v2.4.0"),
];

/// A pinned action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// `owner/name@commit`
    pub reference: String,
    /// The version, for people.
    pub version: String,
}

/// The pins of a project: its own over the built-in ones.
#[derive(Debug)]
pub struct Pins<'a> {
    locked: &'a IndexMap<SmolStr, (SmolStr, SmolStr)>,
    /// Actions that nothing pins.
    missing: Vec<String>,
}

impl<'a> Pins<'a> {
    /// With what the lock file says.
    pub fn new(locked: &'a IndexMap<SmolStr, (SmolStr, SmolStr)>) -> Self {
        Self { locked, missing: Vec::new() }
    }

    /// The pin of an action; one that nothing pins is remembered as missing.
    pub fn pin(&mut self, action: &str) -> Pin {
        let built_in =
            || DEFAULTS.iter().find(|(name, ..)| *name == action).map(|(_, commit, version)| (*commit, *version));
        let locked = self.locked.get(action).map(|(commit, version)| (commit.as_str(), version.as_str()));
        if let Some((commit, version)) = locked.or_else(built_in) {
            return Pin { reference: format!("{action}@{commit}"), version: version.to_owned() };
        }
        if !self.missing.iter().any(|m| m == action) {
            self.missing.push(action.to_owned());
        }
        Pin { reference: format!("{action}@{}", "0".repeat(40)), version: "not pinned".to_owned() }
    }

    /// Takes over what others found missing.
    pub fn add(&mut self, other: Self) {
        for action in other.missing {
            if !self.missing.contains(&action) {
                self.missing.push(action);
            }
        }
    }

    /// One diagnostic for each action that nothing pins.
    pub fn diagnostics(&self, span: Span) -> Vec<Diagnostic> {
        let told = |action: &String| {
            Diagnostic::new(codes::ACTION_NOT_LOCKED, span, format!("the action `{action}` has no pinned commit"))
                .label("a generated workflow uses it")
                .help(format!(
                    "pin it in `hxp.lock`: `[actions.\"{action}\"]` with `commit` (all 40 digits) and `version`"
                ))
        };
        self.missing.iter().map(told).collect()
    }
}
