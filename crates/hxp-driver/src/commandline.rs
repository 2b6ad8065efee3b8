//! What the command line selects, with diagnostics that point into it.

use hxp_diagnostics::{Code, Diagnostic, Sources, Span, codes};
use hxp_policy::Policy;
use hxp_targets::{TARGETS, Target};
use smol_str::SmolStr;

use crate::Request;
use crate::project::Project;

/// How diagnostics name the command line.
pub const NAME: &str = "<command line>";

/// The targets of the project, and those of them that were asked for.
pub struct Selected {
    /// Those of the project: what they enforce is what holds.
    pub project: Vec<&'static dyn Target>,
    /// Those to be written.
    pub asked: Vec<&'static dyn Target>,
    /// The names of the latter, when they are only a part.
    pub scope: Option<Vec<&'static str>>,
}

/// The targets, in the order of the book.
pub fn targets(project: &Project, request: &Request, sources: &mut Sources, found: &mut Vec<Diagnostic>) -> Selected {
    let of_project: Vec<&'static dyn Target> = match &project.manifest.targets {
        None => TARGETS.to_vec(),
        Some(names) => TARGETS.iter().copied().filter(|t| names.iter().any(|n| n.node == t.name())).collect(),
    };
    if request.targets.is_empty() {
        return Selected { asked: of_project.clone(), project: of_project, scope: None };
    }
    let names: Vec<&str> = of_project.iter().map(|t| t.name()).collect();
    for name in request.targets.iter().filter(|name| !names.contains(&name.as_str())) {
        let message = match hxp_targets::find(name) {
            Some(_) => format!("the project does not select the target `{name}`"),
            None => format!("there is no target `{name}`"),
        };
        found.push(unknown(codes::UNKNOWN_TARGET, "--target", name, message, &names, sources));
    }
    let asked: Vec<&'static dyn Target> =
        of_project.iter().copied().filter(|t| request.targets.iter().any(|n| n == t.name())).collect();
    let scope = Some(asked.iter().map(|t| t.name()).collect());
    Selected { project: of_project, asked, scope }
}

/// The environments that were asked for, in the order of the policy; `None`: all.
pub fn environments(
    policy: &Policy,
    request: &Request,
    sources: &mut Sources,
    found: &mut Vec<Diagnostic>,
) -> Option<Vec<SmolStr>> {
    if request.environments.is_empty() {
        return None;
    }
    let names: Vec<&str> = policy.environments.keys().map(SmolStr::as_str).collect();
    // A policy that could not be understood has lost environments, and says so already.
    if !found.iter().any(Diagnostic::is_error) {
        for name in request.environments.iter().filter(|name| !names.contains(&name.as_str())) {
            let message = format!("there is no environment `{name}`");
            found.push(unknown(codes::UNKNOWN_ENVIRONMENT, "--env", name, message, &names, sources));
        }
    }
    let asked = |name: &&SmolStr| request.environments.iter().any(|e| e == name.as_str());
    Some(policy.environments.keys().filter(asked).cloned().collect())
}

fn unknown(code: Code, option: &str, name: &str, message: String, valid: &[&str], sources: &mut Sources) -> Diagnostic {
    let text = format!("{option} {name}");
    let start = u32::try_from(option.len() + 1).unwrap_or_default();
    let end = u32::try_from(text.len()).unwrap_or_default();
    let file = sources.add(NAME, text);
    let mut found = Diagnostic::new(code, Span::new(file, start, end), message).suggest(name, valid.iter().copied());
    // The command line is no file in which something could be mended.
    found.fixes.clear();
    found
}
