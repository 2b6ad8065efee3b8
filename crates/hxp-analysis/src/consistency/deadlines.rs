//! One thing that is owed has one deadline.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Duty, Owed, Policy};

use super::{Context, Found};

/// The same thing owed after the same event within two different times.
pub fn check(policy: &Policy, _: &Context<'_>, found: &mut Found) {
    for environment in policy.environments.values() {
        for (index, later) in environment.duties.iter().enumerate() {
            let earlier = environment.duties.iter().take(index).find(|d| same(d, later) && d.due != later.due);
            found.extend(earlier.map(|earlier| two_deadlines(earlier, later)));
        }
    }
}

/// Whether two duties are owed for the same thing after an event that both name.
fn same(a: &Duty, b: &Duty) -> bool {
    a.what == b.what && a.when == b.when && a.on.iter().any(|event| b.on.contains(event))
}

fn two_deadlines(earlier: &Duty, later: &Duty) -> Diagnostic {
    let name = match &later.what {
        Owed::Gate(gate) => &gate.gate,
        Owed::Notify(channel) => channel,
    };
    let message = format!("`{name}` is due within {} here and within {} elsewhere", later.due, earlier.due);
    Diagnostic::new(codes::TWO_DEADLINES, later.origin.span, message)
        .label(format!("due within {}", later.due))
        .related(earlier.origin.span, format!("due within {}", earlier.due))
        .help("keep one of the two; if two things are meant, such as writing and publishing, name them both")
}
