//! What can be done with a declaration, shown above it.

use hxp_diagnostics::{FileId, Span};
use hxp_policy::Kind;
use hxp_syntax::ast::ItemKind;

use crate::Snapshot;

/// Something to do, above a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// The name.
    pub span: Span,
    /// What to do.
    pub does: Does,
    /// With which declaration: its name, or a test's title.
    pub name: String,
}

/// What a lens does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Runs the test.
    RunTest,
    /// Shows what the targets make of the environment.
    Preview,
    /// Shows when a release can be deployed to the environment.
    Calendar,
    /// Shows what the policy is made of.
    Graph,
}

impl Does {
    /// What is shown.
    pub fn title(self) -> &'static str {
        match self {
            Self::RunTest => "run test",
            Self::Preview => "preview output",
            Self::Calendar => "show calendar",
            Self::Graph => "show graph",
        }
    }

    /// The command that does it.
    pub fn command(self) -> &'static str {
        match self {
            Self::RunTest => "hxp.runTest",
            Self::Preview => "hxp.preview",
            Self::Calendar => "hxp.calendar",
            Self::Graph => "hxp.graph",
        }
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::RunTest, Self::Preview, Self::Calendar, Self::Graph];
}

/// The lenses of a file.
pub fn lenses(snapshot: &Snapshot, file: FileId) -> Vec<Lens> {
    let Some(tree) = snapshot.tree(file) else { return Vec::new() };
    let mut lenses = Vec::new();
    for item in tree.items() {
        let ItemKind::Decl(decl) = &item.kind else { continue };
        let lens = |span: Span, does, name: &str| Lens { span, does, name: name.to_owned() };
        match Kind::from_word(&decl.kind.text) {
            Some(Kind::Test) => lenses.extend(decl.title.iter().map(|t| lens(t.span, Does::RunTest, &t.value))),
            Some(Kind::Environment) => {
                // What is only there to be extended is never deployed to.
                for name in decl.names.iter().filter(|n| snapshot.project.policy.environments.contains_key(&n.text)) {
                    lenses.push(lens(name.span, Does::Preview, &name.text));
                    lenses.push(lens(name.span, Does::Calendar, &name.text));
                }
            }
            Some(Kind::Policy) => {
                lenses.extend(decl.names.iter().map(|n| lens(n.span, Does::Graph, &n.text)));
            }
            _ => {}
        }
    }
    lenses
}
