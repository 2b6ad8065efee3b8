//! Controls: that what applies names what satisfies it.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Policy, Value};

use super::{Context, Found};

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    for control in policy.controls.values() {
        let abstract_ = control.properties.get("abstract").and_then(Value::as_bool) == Some(true);
        if !control.applies || abstract_ || !control.evidence.is_empty() || context.is_library(control.origin) {
            continue;
        }
        let of = control.parents.first().map(|p| format!(" of `{p}`")).unwrap_or_default();
        let message = format!("control `{}`{of} applies, but names nothing that satisfies it", control.name);
        found.push(
            Diagnostic::new(codes::CONTROL_WITHOUT_EVIDENCE, control.origin.span, message)
                .label("no `evidence`")
                .help("name what satisfies it: `evidence = [production.approve, gate.two_reviews]`")
                .help("or say that it does not apply, and why: `applies = false, reason = \"…\"`"),
        );
    }
}
