//! What an editor needs: where names are declared and where they are used.

use std::collections::BTreeMap;

use hxp_diagnostics::Span;
use hxp_policy::{Kind, Type, Value};
use smol_str::SmolStr;

/// All declarations and all references to them.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Declarations of the project and of the modules it uses.
    pub definitions: Vec<Definition>,
    /// Where they are named, sorted by place.
    pub references: Vec<Use>,
}

/// A declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its kind.
    pub kind: Kind,
    /// Its name, or a test's title.
    pub name: SmolStr,
    /// The module that declares it: empty for the project.
    pub module: SmolStr,
    /// The name where it is declared.
    pub name_span: Span,
    /// The whole declaration.
    pub span: Span,
    /// Its doc comment.
    pub doc: Option<SmolStr>,
    /// The head of the declaration for people: `gate coverage(min: percent)`.
    pub detail: SmolStr,
}

/// A name that refers to a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Where.
    pub span: Span,
    /// Which of [`Index::definitions`].
    pub definition: u32,
}

impl Index {
    /// The declaration that is named or declared at a place.
    pub fn at(&self, file: hxp_diagnostics::FileId, offset: u32) -> Option<&Definition> {
        let hit = |span: Span| span.file == file && span.touches(offset);
        self.references
            .iter()
            .find(|r| hit(r.span))
            .and_then(|r| self.definitions.get(r.definition as usize))
            .or_else(|| self.definitions.iter().find(|d| hit(d.name_span)))
    }

    /// Where a declaration is named.
    pub fn uses_of(&self, definition: u32) -> impl Iterator<Item = Span> {
        self.references.iter().filter(move |r| r.definition == definition).map(|r| r.span)
    }
}

/// What expressions turned into, by where they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Types {
    /// Each expression that was read.
    pub seen: BTreeMap<Span, Seen>,
}

/// What an expression turned into.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its type.
    pub ty: Type,
    /// Its value, when it is known and the same wherever it is read.
    pub value: Option<Value>,
}

impl Types {
    /// Takes down what an expression turned into; what is read for several environments may differ between them.
    pub(crate) fn note(&mut self, span: Span, ty: &Type, value: Option<&Value>) {
        match self.seen.get_mut(&span) {
            None => {
                self.seen.insert(span, Seen { ty: ty.clone(), value: value.cloned() });
            }
            Some(seen) if seen.value.as_ref() != value => seen.value = None,
            Some(_) => {}
        }
    }

    /// Adds what another walk has seen.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (span, seen) in other.seen {
            self.note(span, &seen.ty, seen.value.as_ref());
        }
    }

    /// What the expression at a place turned into.
    pub fn at(&self, span: Span) -> Option<&Seen> {
        self.seen.get(&span)
    }
}
