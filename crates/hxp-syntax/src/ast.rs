//! The tree of a file: what was written, where, with comments kept beside it.
//!
//! The tree is uniform on purpose: a declaration is a kind word, names, headers and a block of entries, whatever its
//! kind. Which properties and statements a kind knows is the business of `hxp-analysis`.

use std::ops::Deref;
use std::sync::Arc;

use hxp_diagnostics::Span;
use smol_str::SmolStr;

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    /// The word.
    pub text: SmolStr,
    /// Where it stands.
    pub span: Span,
}

/// A dotted name: `std.gates`, `production.values`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Its words; at least one.
    pub segments: Vec<Ident>,
    /// All of it.
    pub span: Span,
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// Its items, in order; broken ones are left out or partial, with a diagnostic.
    pub items: Vec<Arc<Item>>,
}

impl Tree {
    /// Its items, in order.
    pub fn items(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.items.iter().map(|item| &**item)
    }
}

/// A `use` or a declaration with its docs and attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The text of the `///` lines, without the slashes and one leading space.
    pub docs: Vec<Doc>,
    /// `@advisory`, …
    pub attrs: Vec<Attr>,
    /// What it is.
    pub kind: ItemKind,
    /// All of it, docs included.
    pub span: Span,
}

/// One line of a doc comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// Its text.
    pub text: SmolStr,
    /// The whole line comment.
    pub span: Span,
}

/// `@word` or `@word(args)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attr {
    /// The word behind `@`.
    pub name: Ident,
    /// Its arguments.
    pub args: Vec<Arg>,
    /// All of it.
    pub span: Span,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `use path` or `use path.{names}`.
    Use(Use),
    /// A declaration.
    Decl(Box<Decl>),
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The module (with braces), or the module and the name (`use std.dora`).
    pub path: Path,
    /// The names in braces.
    pub names: Option<Vec<Ident>>,
    /// All of it.
    pub span: Span,
}

/// `kind name, name(params): type header* body`.
#[derive(Clone, Debug, PartialEq)]
pub struct Decl {
    /// The kind word: `gate`, `environment`, `let`, …
    pub kind: Ident,
    /// Its names. Several share a body (`gate a, b { … }`). Empty for a titled declaration.
    pub names: Vec<Ident>,
    /// The title of a `test "…"`.
    pub title: Option<StrLit>,
    /// `(min: percent = 70%)`; `None` when there are no parentheses.
    pub params: Option<Vec<Param>>,
    /// `: percent`.
    pub ty: Option<TypeExpr>,
    /// `extends p`, `for …`, `when …`, `on …`, in the order written.
    pub headers: Vec<Header>,
    /// What it says.
    pub body: Body,
    /// From the kind word to the end.
    pub span: Span,
}

/// A declaration's body.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// `= expr`
    Expr(Expr),
    /// `{ … }`
    Block(Block),
    /// Nothing.
    None,
}

/// A parameter or a `yields` field.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// `= expr`.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// `percent`, `list<gate>`, `duration?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeExpr {
    /// Its name.
    pub name: Path,
    /// `<…>`.
    pub args: Vec<TypeExpr>,
    /// Whether a `?` follows.
    pub optional: bool,
    /// All of it.
    pub span: Span,
}

/// One header of a declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Which.
    pub kind: HeaderKind,
    /// All of it, its word included.
    pub span: Span,
}

/// What a header says.
#[derive(Clone, Debug, PartialEq)]
pub enum HeaderKind {
    /// `extends parent` or `extends parent(args)`.
    Extends {
        /// The parent.
        parent: Path,
        /// Its arguments.
        args: Option<Vec<Arg>>,
    },
    /// `for production, staging` or `for 2m`.
    For(Vec<Expr>),
    /// `when condition`.
    When(Expr),
    /// `on policy`, `on release`.
    On(Path),
    /// `on networking.k8s.io/v1.Ingress`.
    OnKind(Gvk),
}

/// A Kubernetes kind: group, version, kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gvk {
    /// `networking.k8s.io`; empty for the core group.
    pub group: SmolStr,
    /// `v1`.
    pub version: SmolStr,
    /// `Ingress`.
    pub kind: SmolStr,
    /// All of it.
    pub span: Span,
}

/// `{ entries }`
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Block {
    /// In order.
    pub entries: Vec<Entry>,
    /// Braces included.
    pub span: Span,
}

/// One entry of a block with its docs and attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its doc comment and its attributes, if it has any.
    pub notes: Option<Box<Notes>>,
    /// What it is.
    pub kind: EntryKind,
    /// All of it, docs included, separator excluded.
    pub span: Span,
}

impl Entry {
    /// Its doc comment.
    pub fn docs(&self) -> &[Doc] {
        self.notes.as_ref().map_or(&[], |notes| &notes.docs)
    }

    /// Its attributes.
    pub fn attrs(&self) -> &[Attr] {
        self.notes.as_ref().map_or(&[], |notes| &notes.attrs)
    }
}

/// What stands before an entry. Most entries have nothing there, and a large policy is mostly entries: they are kept
/// small.
#[derive(Clone, Debug, PartialEq)]
pub struct Notes {
    /// The doc comment.
    pub docs: Vec<Doc>,
    /// The attributes.
    pub attrs: Vec<Attr>,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryKind {
    /// `...expr`
    Spread(Expr),
    /// `a.b = expr` or `a.b { … }`
    Property(Property),
    /// `require …`
    Statement(Box<Statement>),
}

/// `a.b = expr` or `a.b { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its keys; at least one. A quoted key is a key whose text may be anything.
    pub keys: Keys,
    /// Its value; a block is an [`ExprKind::Record`].
    pub value: Expr,
}

/// The keys of a property: hardly ever more than one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// `a`
    One(Ident),
    /// `a.b`
    Path(Box<[Ident]>),
}

impl Deref for Keys {
    type Target = [Ident];

    fn deref(&self) -> &[Ident] {
        match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Path(keys) => keys,
        }
    }
}

/// `head … suffix*`.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// The head word alone.
    pub head: Span,
    /// `when`, `on`, `due`, `until`, `because`, in the order written.
    pub suffixes: Vec<Suffix>,
    /// All of it.
    pub span: Span,
}

/// What a statement says.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `require a, b`
    Require(Vec<Expr>),
    /// `approve 1 of x, 2 of y distinct`
    Approve {
        /// The seats; at least one.
        seats: Vec<Seat>,
        /// Where `distinct` stands.
        distinct: Option<Span>,
    },
    /// `after staging soaked 1h`
    After {
        /// The environment before.
        environment: Ident,
        /// How long it must have been healthy there.
        soaked: Option<Expr>,
    },
    /// `within release_hours`
    Within(Expr),
    /// `deploy with helm(…)`
    Deploy {
        /// The method.
        with: Option<Expr>,
    },
    /// `rollback … { … }`
    Rollback {
        /// Properties and statements that bind the rollback.
        block: Option<Block>,
    },
    /// `notify a, b`
    Notify(Vec<Expr>),
    /// `waive window, gate.perf`
    Waive(Vec<Expr>),
    /// `deny when …`
    Deny,
    /// `yields line: percent`
    Yields(Vec<Param>),
    /// `open tue..thu 10:00..15:00` or `closed …`
    Slot(Slot),
    /// `given production at … with { … }`
    Given {
        /// The environment.
        environment: Ident,
        /// The instant.
        at: Expr,
        /// What differs from the satisfied baseline.
        with: Option<Block>,
    },
    /// `expect pending because … until …`
    Expect(Ident),
}

/// `1 of devops`
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    /// How many.
    pub count: Expr,
    /// Of which team.
    pub team: Path,
    /// All of it.
    pub span: Span,
}

/// A line of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// `true` for `open`, `false` for `closed`.
    pub open: bool,
    /// `tue..thu, sat`: pairs of first and last day.
    pub days: Vec<(Ident, Ident)>,
    /// `2026-12-18..2027-01-04`: pairs of literals, both included.
    pub dates: Vec<(Expr, Expr)>,
    /// `10:00..15:00`: pairs of literals, the second excluded.
    pub times: Vec<(Expr, Expr)>,
}

/// One suffix of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Suffix {
    /// Which.
    pub kind: SuffixKind,
    /// The word alone.
    pub head: Span,
    /// All of it.
    pub span: Span,
}

/// What a suffix says.
#[derive(Clone, Debug, PartialEq)]
pub enum SuffixKind {
    /// `when condition`
    When(Expr),
    /// `on event, event`
    On(Vec<Expr>),
    /// `due 48h`
    Due(Expr),
    /// `until instant`
    Until(Expr),
    /// `because "…"` or, in `expect`, ids.
    Because(Vec<Expr>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// A name.
    Name(SmolStr),
    /// `base.field`; the field's word may be any, reserved ones included.
    Field(Box<Expr>, Box<Ident>),
    /// `base[index]`
    Index(Box<Expr>, Box<Expr>),
    /// `callee(args)`
    Call(Box<Expr>, Vec<Arg>),
    /// `-x`, `not x`
    Unary(UnaryOp, Box<Expr>),
    /// `a op b`
    Binary(BinaryOp, Span, Box<Expr>, Box<Expr>),
    /// `all x in xs where c: e`, `any …`
    Quantifier(Box<Quantifier>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `[e for x in xs where c]`
    Comprehension(Box<Comprehension>),
    /// `{ … }`
    Record(Block),
    /// `(e)`
    Paren(Box<Expr>),
    /// Something that could not be read; a diagnostic says what.
    Error,
}

/// `all`/`any`.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantifier {
    /// `true` for `all`.
    pub all: bool,
    /// The bound name.
    pub var: Ident,
    /// What it ranges over.
    pub over: Expr,
    /// `where condition`.
    pub filter: Option<Expr>,
    /// What must hold.
    pub body: Expr,
}

/// A list built from another.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    /// Each element.
    pub body: Expr,
    /// The bound name.
    pub var: Ident,
    /// What it ranges over.
    pub over: Expr,
    /// `where condition`.
    pub filter: Option<Expr>,
}

/// An argument, perhaps named.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `name =`.
    pub name: Option<Ident>,
    /// Its value.
    pub value: Expr,
}

/// A prefix operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Neg,
}

/// An infix operator. From loosest to tightest: `or`, `and`, (`not`), comparisons (none associates), `..` (neither),
/// `+ -`, `* /`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `~`: matches a pattern
    Match,
    /// `in`
    In,
    /// `has`
    Has,
    /// `..`
    Range,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

impl BinaryOp {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Match => "~",
            Self::In => "in",
            Self::Has => "has",
            Self::Range => "..",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StrLit {
    /// `promql`, `re`, … before the quote: then `value` is raw.
    pub tag: Option<Box<SmolStr>>,
    /// What it says, escapes resolved (unless tagged).
    pub value: SmolStr,
    /// Quotes and tag included.
    pub span: Span,
}

/// A literal. Forms are checked by the parser (a date exists, a unit exists); the text of numbers and times is kept as
/// written, because a literal prints as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// `none`
    None,
    /// `"…"`, `re"…"`
    Str(StrLit),
    /// `42`
    Int(i64),
    /// `1.5`, as written
    Decimal(SmolStr),
    /// `70%`, `15m`, `1h30m`, `2Gi`, `500mcpu`
    Quantity(Box<Quantity>),
    /// `1.2.3-rc.1`, as written
    Semver(SmolStr),
    /// `2026-12-18`
    Date {
        /// Year.
        year: i16,
        /// Month, 1 to 12.
        month: i8,
        /// Day, 1 to 31.
        day: i8,
    },
    /// `10:00`, `24:00`: seconds since midnight, 0 to 86 400
    Time(u32),
    /// `2026-11-27T15:30[America/Los_Angeles]`, as written (RFC 9557)
    Instant(SmolStr),
}

/// A number with its unit or units.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// As written: `1h30m`.
    pub text: SmolStr,
    /// Its dimension.
    pub unit: Dimension,
    /// Its parts in order: number as written, unit as written. Several only for durations.
    pub parts: Vec<(SmolStr, SmolStr)>,
}

/// What a quantity measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// `%`
    Percent,
    /// `ms s m h d w`
    Duration,
    /// `B Ki Mi Gi Ti Pi` and `kB MB GB TB`
    Bytes,
    /// `mcpu cpu`
    Cpu,
}
