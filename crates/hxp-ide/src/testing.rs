//! The policy's tests: running them, and filling in what comes out.

use hxp_decide::Engine;
use hxp_decide::testing::{Mismatch, Suite, covers};
use hxp_diagnostics::{Edit, Span};
use hxp_policy::TestCase;
use hxp_syntax::ast::{Body, EntryKind, ItemKind, StatementKind};
use smol_str::SmolStr;

use crate::Snapshot;

/// How a test came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its title.
    pub title: SmolStr,
    /// Where its title stands.
    pub span: Span,
    /// What is not as expected, a sentence each; nothing when the test holds.
    pub wrong: Vec<String>,
}

/// Runs the tests of that title, or all. Nothing runs while the policy has errors.
pub fn run(snapshot: &Snapshot, title: Option<&str>) -> Vec<Report> {
    if snapshot.project.has_errors() {
        return Vec::new();
    }
    let policy = &snapshot.project.policy;
    let engine = Engine::new(policy);
    let suite = Suite::new(&engine);
    let wanted = |case: &&TestCase| title.is_none_or(|t| case.title == t);
    policy
        .tests
        .iter()
        .filter(wanted)
        .map(|case| {
            let ran = suite.run(case, &mut |_| {});
            let wrong = ran.mismatches.iter().map(sentence).collect();
            Report { title: case.title.clone(), span: case.origin.span, wrong }
        })
        .collect()
}

fn sentence(mismatch: &Mismatch) -> String {
    match mismatch {
        Mismatch::Outcome { expected, found } => format!("{} was expected, {} came out", expected.word(), found.word()),
        Mismatch::Because { id, decides, .. } => {
            let decides: Vec<String> = decides.iter().map(|d| format!("`{d}`")).collect();
            format!("`{id}` is none of the reasons that decide: {}", decides.join(", "))
        }
        Mismatch::Until { expected, found } => match found {
            Some(found) => format!("until {expected} was expected, until {found} came out"),
            None => format!("until {expected} was expected, but time alone will not do"),
        },
        Mismatch::Given { path, message } => format!("`{path}`: {message}"),
        Mismatch::Engines { difference } => format!("two engines disagree: {difference}"),
    }
}

/// The edit that makes the test around a span expect what comes out, when it expects something else.
pub fn fill(snapshot: &Snapshot, span: Span) -> Option<(SmolStr, Edit)> {
    if snapshot.project.has_errors() {
        return None;
    }
    let item = snapshot.tree(span.file)?.items().find(|i| crate::covers(i.span, span))?;
    let ItemKind::Decl(decl) = &item.kind else { return None };
    let title = decl.title.as_ref()?;
    let policy = &snapshot.project.policy;
    let mut cases = policy.tests.iter().filter(|c| c.title == title.value);
    let (case, None) = (cases.next()?, cases.next()) else { return None };
    let engine = Engine::new(policy);
    let ran = Suite::new(&engine).run(case, &mut |_| {});
    if ran.holds() {
        return None;
    }
    let found = ran.found?;
    let decides = found.reasons.iter().filter(|r| match found.outcome {
        hxp_policy::Outcome::Deny => r.verdict == hxp_decide::Verdict::Failed,
        hxp_policy::Outcome::Pending => r.verdict == hxp_decide::Verdict::Waiting,
        hxp_policy::Outcome::Allow => false,
    });
    let ids: Vec<&str> = decides.map(|r| r.id.as_str()).collect();
    let mut text = format!("expect {}", found.outcome.word());
    if !ids.is_empty() {
        text += &format!(" because {}", ids.join(", "));
    }
    let Body::Block(block) = &decl.body else { return None };
    let expect = block.entries.iter().find_map(|e| match &e.kind {
        EntryKind::Statement(s) if matches!(s.kind, StatementKind::Expect(_)) => Some(s.span),
        _ => None,
    })?;
    // Reasons that were named and still decide keep their words.
    let same = ids.iter().all(|id| case.because.iter().any(|b| covers(b, id))) && !case.because.is_empty();
    if same && case.expect == found.outcome {
        text = format!("expect {} because {}", found.outcome.word(), case.because.join(", "));
    }
    Some((case.title.clone(), Edit { span: expect, text }))
}
