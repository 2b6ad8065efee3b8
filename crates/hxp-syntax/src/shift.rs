//! Moving a tree along when the text before it grows or shrinks.

use hxp_diagnostics::Span;
use smol_str::SmolStr;

use crate::ast::{
    Arg, Attr, BinaryOp, Block, Body, Comprehension, Decl, Doc, Entry, EntryKind, Expr, ExprKind, Gvk, Header,
    HeaderKind, Ident, Item, ItemKind, Keys, Literal, Notes, Param, Path, Property, Quantifier, Seat, Slot, Statement,
    StatementKind, StrLit, Suffix, SuffixKind, TypeExpr, UnaryOp, Use,
};

/// Something with spans in it.
pub(crate) trait Shift {
    /// Adds `by` to every position.
    fn shift(&mut self, by: i64);
}

impl Shift for Span {
    fn shift(&mut self, by: i64) {
        let moved = |at: u32| u32::try_from(i64::from(at) + by).unwrap_or(u32::MAX);
        (self.start, self.end) = (moved(self.start), moved(self.end));
    }
}

/// What has no place.
macro_rules! placeless {
    ($($ty:ty)*) => { $(impl Shift for $ty { fn shift(&mut self, _: i64) {} })* };
}

placeless! { SmolStr bool UnaryOp BinaryOp }

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, by: i64) {
        if let Some(inner) = self {
            inner.shift(by);
        }
    }
}

impl<T: Shift + ?Sized> Shift for Box<T> {
    fn shift(&mut self, by: i64) {
        (**self).shift(by);
    }
}

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, by: i64) {
        self.as_mut_slice().shift(by);
    }
}

impl<T: Shift> Shift for [T] {
    fn shift(&mut self, by: i64) {
        for inner in self {
            inner.shift(by);
        }
    }
}

impl<A: Shift, B: Shift> Shift for (A, B) {
    fn shift(&mut self, by: i64) {
        self.0.shift(by);
        self.1.shift(by);
    }
}

/// A structure by all its fields: one that is forgotten does not compile.
macro_rules! fields {
    ($($ty:ident { $($field:ident)* })*) => {
        $(impl Shift for $ty {
            fn shift(&mut self, by: i64) {
                let Self { $($field),* } = self;
                $($field.shift(by);)*
            }
        })*
    };
}

fields! {
    Ident { text span }
    Path { segments span }
    Item { docs attrs kind span }
    Doc { text span }
    Attr { name args span }
    Use { path names span }
    Decl { kind names title params ty headers body span }
    Param { name ty default span }
    TypeExpr { name args optional span }
    Header { kind span }
    Gvk { group version kind span }
    Block { entries span }
    Entry { notes kind span }
    Notes { docs attrs }
    Property { keys value }
    Statement { kind head suffixes span }
    Seat { count team span }
    Slot { open days dates times }
    Suffix { kind head span }
    Expr { kind span }
    Quantifier { all var over filter body }
    Comprehension { body var over filter }
    Arg { name value }
    StrLit { tag value span }
}

/// An enumeration by its variants and what each holds.
macro_rules! variants {
    ($($ty:ident { $($variant:ident $(($($inner:ident)*))? $({ $($field:ident)* })?),* $(,)? })*) => {
        $(impl Shift for $ty {
            fn shift(&mut self, by: i64) {
                match self {
                    $(Self::$variant $(($($inner),*))? $({ $($field),* })? => {
                        $($($inner.shift(by);)*)?
                        $($($field.shift(by);)*)?
                    })*
                }
            }
        })*
    };
}

variants! {
    ItemKind { Use(a), Decl(a) }
    Body { Expr(a), Block(a), None }
    HeaderKind { Extends { parent args }, For(a), When(a), On(a), OnKind(a) }
    EntryKind { Spread(a), Property(a), Statement(a) }
    Keys { One(a), Path(a) }
    StatementKind {
        Require(a), Approve { seats distinct }, After { environment soaked }, Within(a), Deploy { with },
        Rollback { block }, Notify(a), Waive(a), Deny, Yields(a), Slot(a), Given { environment at with }, Expect(a),
    }
    SuffixKind { When(a), On(a), Due(a), Until(a), Because(a) }
    ExprKind {
        Literal(a), Name(a), Field(a b), Index(a b), Call(a b), Unary(a b), Binary(a b c d), Quantifier(a), If(a b c),
        List(a), Comprehension(a), Record(a), Paren(a), Error,
    }
}

impl Shift for Literal {
    fn shift(&mut self, by: i64) {
        if let Self::Str(text) = self {
            text.shift(by);
        }
    }
}
