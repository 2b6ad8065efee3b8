//! The elaborator: one walk over an expression that resolves names, checks types and evaluates what is known.
//!
//! What is known when compiling becomes [`Expr::Const`]; what remains is a total predicate over the facts of a request.
//! A place that must be known when compiling simply asks for a constant.

pub mod call;
mod compare;
mod literal;
mod merge;
pub mod operators;
pub mod place;
pub mod quantifier;
mod regex;
mod shape;
mod unknown;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::model::{Node as GraphNode, Reference, Role};
use hxp_policy::{Dimension, Expr, Kind, Type, Value};
use hxp_syntax::ast::{self, ExprKind};
use indexmap::IndexSet;
use smol_str::SmolStr;

use crate::index;
use crate::program::{DeclId, ModuleId, Program, with_article};
use crate::types::{describe, fits};

pub use merge::Node;
pub use place::path_text;

/// How deep expressions may nest through one another.
const MOST_DEEP: u32 = 1_500;
/// How many expressions the evaluation of one declaration may visit. What a name stands for is copied to where it is
/// named, so each part of it is a step too: lists of lists of lists grow faster than their text.
const MOST_STEPS: u64 = 1_000_000;
/// How many parts of values all declarations of a policy together may copy.
const MOST_COPIED: u64 = 16_000_000;

/// What an expression turned into, and its type.
#[derive(Clone, Debug)]
pub struct Typed {
    pub expr: Expr,
    pub ty: Type,
}

impl Typed {
    /// A known value.
    pub fn known(value: Value, ty: Type) -> Self {
        Self { expr: Expr::Const(value), ty }
    }

    /// A known truth value.
    pub fn bool(value: bool) -> Self {
        Self::known(Value::Bool(value), Type::Bool)
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&Value> {
        match &self.expr {
            Expr::Const(value) => Some(value),
            _ => None,
        }
    }
}

/// What a place expects.
#[derive(Clone, Copy, Default)]
pub struct Want<'t> {
    /// The type.
    pub ty: Option<&'t Type>,
    /// What the place is called in messages: a property, a parameter.
    pub name: Option<&'t str>,
    /// Where that is declared.
    pub declared: Option<Span>,
    /// Whether it is untyped configuration.
    pub data: bool,
}

impl<'t> Want<'t> {
    /// Anything.
    pub const ANY: Want<'static> = Want { ty: None, name: None, declared: None, data: false };

    /// Configuration.
    pub const DATA: Want<'static> = Want { ty: None, name: None, declared: None, data: true };

    /// That type.
    pub fn ty(ty: &'t Type) -> Self {
        Self { ty: Some(ty), ..Want::ANY }
    }

    /// That type in a place of that name.
    pub fn named(ty: &'t Type, name: &'t str) -> Self {
        Self { ty: Some(ty), name: Some(name), ..Want::ANY }
    }
}

/// What an expression may read beside constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Nothing: it is settled when compiling.
    Constant,
    /// The facts of a request.
    Facts,
    /// The facts of a request and the age of the evidence.
    Gate,
    /// Metrics and the deployment.
    Metrics,
    /// The fields of a Kubernetes object.
    Object,
}

/// A bound name.
#[derive(Clone, Debug)]
pub struct Var {
    pub name: SmolStr,
    pub typed: Typed,
}

/// What names mean at a place.
#[derive(Clone, Debug)]
pub struct Scope {
    pub module: ModuleId,
    pub mode: Mode,
    /// The environment at hand.
    pub environment: Option<DeclId>,
    pub vars: Vec<Var>,
    /// Optional places that a guard has shown to be there.
    pub known: Vec<SmolStr>,
    /// Where a guard can be put in front.
    pub clause: Option<Span>,
}

impl Scope {
    /// Names of a module, settled when compiling.
    pub fn new(module: ModuleId) -> Self {
        Self { module, mode: Mode::Constant, environment: None, vars: Vec::new(), known: Vec::new(), clause: None }
    }

    /// The same with another mode.
    #[must_use]
    pub fn reading(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The same with an environment at hand.
    #[must_use]
    pub fn at(mut self, environment: Option<DeclId>) -> Self {
        self.environment = environment;
        self
    }

    fn var(&self, name: &str) -> Option<&Var> {
        self.vars.iter().rev().find(|v| v.name == name)
    }
}

/// A value that a static rule read, for its message.
#[derive(Clone, Debug)]
pub struct Trace {
    pub text: String,
    pub value: Value,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FrameKey {
    Let(DeclId),
    Slot(DeclId, SmolStr),
    Record(DeclId, SmolStr),
}

#[derive(Clone, Debug)]
struct Frame {
    key: FrameKey,
    name: SmolStr,
    span: Span,
}

/// The walk's state: what it found, what it remembers, where it is.
pub struct Elaborator<'a> {
    pub program: &'a Program<'a>,
    pub diagnostics: Vec<Diagnostic>,
    /// Which declaration is being read, for the dependency graph.
    pub from: GraphNode,
    /// In which role it names others.
    pub role: Role,
    pub references: IndexSet<(GraphNode, GraphNode, Role, Span)>,
    pub uses: BTreeSet<index::Use>,
    pub used_imports: BTreeSet<usize>,
    /// Declarations that are named somewhere.
    pub needed: BTreeSet<DeclId>,
    /// Environments of which a statement could not be read: their ids are not all known.
    pub broken: BTreeSet<SmolStr>,
    pub trace: Option<Vec<Trace>>,
    /// What makes an environment read the metric at hand.
    pub needed_by: Option<Span>,
    /// Which declaration was told to miss which property of which other one.
    missed: BTreeSet<(GraphNode, Span, SmolStr)>,
    /// What the expressions of the watched file turned into.
    pub types: index::Types,
    nodes: HashMap<DeclId, Rc<Node<'a>>>,
    lets: HashMap<(DeclId, Mode), Option<Typed>>,
    slots: HashMap<(DeclId, SmolStr), Option<Rc<Typed>>>,
    /// Blocks of literals alone that were read before; by their place in the tree, which outlives this.
    plain_blocks: HashMap<*const ast::Block, Option<Rc<Typed>>>,
    stack: Vec<Frame>,
    depth: u32,
    steps: u64,
    copied: u64,
    muted: u32,
    symbolic: u32,
    limit_reported: bool,
}

impl<'a> Elaborator<'a> {
    /// A fresh one.
    pub fn new(program: &'a Program<'a>) -> Self {
        Self {
            program,
            diagnostics: Vec::new(),
            from: GraphNode { kind: Kind::Policy, name: SmolStr::default() },
            role: Role::Uses,
            references: IndexSet::new(),
            uses: BTreeSet::new(),
            used_imports: BTreeSet::new(),
            needed: BTreeSet::new(),
            broken: BTreeSet::new(),
            trace: None,
            needed_by: None,
            missed: BTreeSet::new(),
            types: index::Types::default(),
            nodes: HashMap::new(),
            lets: HashMap::new(),
            slots: HashMap::new(),
            plain_blocks: HashMap::new(),
            stack: Vec::new(),
            depth: 0,
            steps: 0,
            copied: 0,
            muted: 0,
            symbolic: 0,
            limit_reported: false,
        }
    }

    /// Says that something is wrong, unless it is being tried out.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.muted == 0 {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether it is new that the declaration at hand misses a property of the one that is named at `of`.
    fn misses(&mut self, of: Span, property: &SmolStr) -> bool {
        self.muted == 0 && self.missed.insert((self.from.clone(), of, property.clone()))
    }

    /// Runs without saying what is wrong.
    pub fn quietly<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.muted += 1;
        let result = run(self);
        self.muted -= 1;
        result
    }

    /// Runs with parameters that are not known yet: only types are checked.
    pub fn symbolically<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.symbolic += 1;
        let result = run(self);
        self.symbolic -= 1;
        result
    }

    /// Runs in another role of the dependency graph.
    pub fn in_role<T>(&mut self, role: Role, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.role, role);
        let result = run(self);
        self.role = before;
        result
    }

    /// Reads on behalf of a declaration.
    pub fn reading_decl(&mut self, id: DeclId) {
        let decl = self.program.get(id);
        self.from = GraphNode { kind: decl.kind, name: decl.model.clone() };
        self.role = Role::Uses;
        // Once a limit was hit, nothing more is evaluated: the policy is refused anyway.
        if !self.limit_reported {
            self.steps = 0;
        }
    }

    /// Records that a name refers to a declaration.
    pub fn refer(&mut self, id: DeclId, import: Option<usize>, span: Span) {
        let target = self.program.get(id);
        if let Some(import) = import {
            self.used_imports.insert(import);
        }
        self.needed.insert(id);
        self.uses.insert(index::Use { span, definition: id.0 });
        let to = GraphNode { kind: target.kind, name: target.model.clone() };
        if to != self.from {
            self.references.insert((self.from.clone(), to, self.role, span));
        }
        if let Some(deprecation) = &target.deprecated {
            let since = deprecation.since.as_ref().map(|v| format!(" since {v}")).unwrap_or_default();
            let message = format!("the {} `{}` is deprecated{since}", target.kind.word(), target.name);
            let mut found =
                Diagnostic::new(codes::DEPRECATED, span, message).related(target.name_span, "declared here");
            if let Some(instead) = &deprecation.instead {
                found = found.help(format!("use `{instead}` instead")).fix(
                    format!("write `{instead}`"),
                    span,
                    instead.as_str(),
                );
            }
            self.report(found);
        }
    }

    /// Records an edge of the dependency graph alone.
    pub fn link(&mut self, id: DeclId, role: Role, span: Span) {
        let target = self.program.get(id);
        let to = GraphNode { kind: target.kind, name: target.model.clone() };
        self.needed.insert(id);
        if to != self.from {
            self.references.insert((self.from.clone(), to, role, span));
        }
    }

    /// The references as the policy records them.
    pub fn take_references(&mut self) -> Vec<Reference> {
        let program = self.program;
        std::mem::take(&mut self.references)
            .into_iter()
            .map(|(from, to, role, span)| Reference { from, to, role, origin: program.origin(span) })
            .collect()
    }

    /// The source text of an expression, shortened.
    pub fn text(&self, span: Span) -> String {
        let text = self.program.sources.slice(span);
        let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.chars().count() > 60 {
            words = words.chars().take(57).collect::<String>() + "…";
        }
        words
    }

    /// The expression as what the place wants. `None`: something is wrong and has been said.
    pub fn elaborate(&mut self, expr: &'a ast::Expr, want: Want<'_>, scope: &mut Scope) -> Option<Typed> {
        self.steps += 1;
        if self.depth >= MOST_DEEP || self.steps > MOST_STEPS {
            return self.limit(expr.span);
        }
        self.depth += 1;
        let typed = self.dispatch(expr, want, scope);
        self.depth -= 1;
        let typed = self.coerce(typed?, want, expr, scope)?;
        if self.program.watch == Some(expr.span.file) {
            self.types.note(expr.span, &typed.ty, typed.value());
        }
        Some(typed)
    }

    /// Counts what a name stands for as steps.
    fn copy(&mut self, typed: Typed, span: Span) -> Option<Typed> {
        let parts = typed.expr.parts();
        self.steps = self.steps.saturating_add(parts);
        self.copied = self.copied.saturating_add(parts);
        if self.steps > MOST_STEPS || self.copied > MOST_COPIED {
            return self.limit(span);
        }
        Some(typed)
    }

    fn limit(&mut self, span: Span) -> Option<Typed> {
        if !self.limit_reported && self.muted == 0 {
            self.limit_reported = true;
            let what = if self.depth >= MOST_DEEP { "nests too deeply" } else { "takes too many steps" };
            self.report(
                Diagnostic::new(codes::LIMIT, span, format!("evaluating this {what}"))
                    .help("simplify it: a policy is evaluated completely when it is compiled"),
            );
        }
        None
    }

    fn dispatch(&mut self, expr: &'a ast::Expr, want: Want<'_>, scope: &mut Scope) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, expr.span, want),
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..) => {
                let typed = self.place_value(expr, want, scope)?;
                self.copy(typed, expr.span)
            }
            ExprKind::Call(..) => self.place_value(expr, want, scope),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, expr, want, scope),
            ExprKind::Binary(op, op_span, left, right) => self.binary(*op, *op_span, left, right, expr, want, scope),
            ExprKind::Quantifier(quantifier) => self.quantifier(quantifier, expr.span, scope),
            ExprKind::If(condition, then, otherwise) => self.conditional(condition, then, otherwise, want, scope),
            ExprKind::List(items) => self.list(items, want, scope),
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension, want, scope),
            ExprKind::Record(block) => self.record_literal(block, want, scope),
            ExprKind::Paren(inner) => self.elaborate(inner, want, scope),
            ExprKind::Error => None,
        }
    }

    /// The value of an expression that must be known when compiling.
    pub fn constant(&mut self, expr: &'a ast::Expr, want: Want<'_>, scope: &mut Scope) -> Option<Typed> {
        let typed = self.elaborate(expr, want, scope)?;
        self.need_known(&typed, expr.span, want.name)?;
        Some(typed)
    }

    /// Refuses what is not known when compiling.
    pub fn need_known(&mut self, typed: &Typed, span: Span, name: Option<&str>) -> Option<()> {
        if typed.value().is_some() {
            return Some(());
        }
        if self.symbolic == 0 {
            let place = name.map_or_else(|| "this".to_owned(), |n| format!("`{n}`"));
            let message = format!("{place} must be known when compiling, `{}` is not", self.text(span));
            self.report(
                Diagnostic::new(codes::NOT_CONSTANT, span, message)
                    .label("known only when a release is judged")
                    .help("facts of a request may be read in `rule`, in `when` and in a gate's `require`"),
            );
        }
        None
    }

    /// Makes a typed expression fit its place, or says why it does not.
    pub fn coerce(&mut self, typed: Typed, want: Want<'_>, expr: &'a ast::Expr, scope: &Scope) -> Option<Typed> {
        let Some(to) = want.ty else { return Some(typed) };
        if *to == Type::Bool
            && let (Type::Decl(Kind::Window), Some(Value::Ref(window))) = (&typed.ty, typed.value())
        {
            return Some(Typed { expr: Expr::WindowOpen(window.name.clone()), ty: Type::Bool });
        }
        if fits(&typed.ty, to) {
            return Some(convert(typed, to));
        }
        if let (Type::Optional(inner), true) = (&typed.ty, !matches!(to, Type::Optional(_)))
            && fits(inner, to)
        {
            self.unguarded(&typed, expr, scope);
            return None;
        }
        let found = self.mismatch(&typed, to, want, expr, scope);
        self.report(found);
        None
    }

    fn mismatch(&self, typed: &Typed, to: &Type, want: Want<'_>, expr: &ast::Expr, scope: &Scope) -> Diagnostic {
        let text = self.text(expr.span);
        let plain = |ty: &Type| match ty {
            Type::Optional(inner) => (**inner).clone(),
            other => other.clone(),
        };
        let (from, to) = (plain(&typed.ty), plain(to));
        let place = want.name.map(|n| format!("`{n}`"));
        let found = match (&from, &to) {
            (Type::Quantity(_), Type::Quantity(_) | Type::Int | Type::Decimal) => {
                Diagnostic::new(codes::UNIT_MISMATCH, expr.span, unit_message(&text, &from, &to, place, expr))
            }
            (Type::Int | Type::Decimal, Type::Quantity(_)) => {
                let place = place.unwrap_or_else(|| "this".into());
                let message = format!("{place} is {}, but `{text}` has no unit", describe(&to));
                Diagnostic::new(codes::NEEDS_UNIT, expr.span, message).label("a unit is missing")
            }
            (Type::Decl(a), Type::Decl(b)) => {
                let message = format!("`{text}` is {}, not {}", with_article(a.word()), with_article(b.word()));
                Diagnostic::new(codes::WRONG_KIND, expr.span, message)
                    .label(format!("{} is expected here", with_article(b.word())))
            }
            _ => {
                let message = match place {
                    Some(place) => format!("{place} is {}, but `{text}` is {}", describe(&to), describe(&from)),
                    None => format!("{} is expected here, but `{text}` is {}", describe(&to), describe(&from)),
                };
                Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message)
                    .label(format!("{} is expected", describe(&to)))
            }
        };
        let found = match want.declared {
            Some(span) => found.related(span, format!("declared as {} here", describe(&to))),
            None => found,
        };
        match (&expr.kind, &to) {
            (ExprKind::Literal(ast::Literal::Str(text)), Type::Decl(kind)) => {
                self.suggest_name(found, *kind, &text.value, scope.module)
            }
            (_, Type::Enum(words)) => {
                let members = || words.members.iter().map(|(m, _)| *m);
                match &expr.kind {
                    ExprKind::Literal(ast::Literal::Str(text)) => found.suggest_word(&text.value, members()),
                    _ => found.suggest("", members()),
                }
            }
            _ => suggest_literal(found, expr, &from, &to),
        }
    }

    /// A text where a declaration is named.
    fn suggest_name(&self, found: Diagnostic, kind: Kind, text: &str, module: ModuleId) -> Diagnostic {
        let valid = self.program.valid(module, kind);
        let known = self.program.lookup(module, kind, text).map(|_| text);
        let span = found.primary.span;
        let help = format!("{} is named without quotes", with_article(kind.word()));
        match known.or_else(|| hxp_diagnostics::nearest(text, valid.iter().copied())) {
            Some(name) => {
                found.help(format!("{help}: write `{name}`")).fix(format!("write `{name}`"), span, name.to_owned())
            }
            None if valid.is_empty() => found.help(help),
            None => found.help(format!("{help}; there are {}", hxp_diagnostics::list_names(&valid))),
        }
    }

    /// An optional value where a plain one is needed.
    fn unguarded(&mut self, typed: &Typed, expr: &'a ast::Expr, scope: &Scope) {
        let text = self.text(expr.span);
        let inner = match &typed.ty {
            Type::Optional(inner) => describe(inner),
            other => describe(other),
        };
        let path = path_text(expr);
        let guard = path.as_ref().map(|p| format!("{p} != none"));
        let mut found = Diagnostic::new(
            codes::UNGUARDED_OPTIONAL,
            expr.span,
            format!("`{text}` may be none; {inner} is needed here"),
        )
        .label("may be none");
        if let Some(guard) = guard {
            found = found.help(format!("guard it: `{guard} and …`, or `… when {guard}`"));
            if let Some(clause) = scope.clause {
                found = found.fix(format!("guard it with `{guard} and`"), clause.before(), format!("{guard} and "));
            }
        }
        self.report(found);
    }

    /// A plain type, or `None` with a diagnostic when it is optional.
    fn need_plain(&mut self, typed: Typed, expr: &'a ast::Expr, scope: &Scope) -> Option<Typed> {
        match typed.ty {
            Type::Optional(_) => {
                self.unguarded(&typed, expr, scope);
                None
            }
            Type::None if self.symbolic == 0 => {
                let message = format!("`{}` is none here", self.text(expr.span));
                self.report(Diagnostic::new(codes::UNGUARDED_OPTIONAL, expr.span, message).label("none"));
                None
            }
            _ => Some(typed),
        }
    }

    /// A condition.
    pub fn condition(&mut self, expr: &'a ast::Expr, scope: &mut Scope) -> Option<Expr> {
        let before = scope.clause.replace(expr.span);
        let typed = self.elaborate(expr, Want::ty(&Type::Bool), scope);
        scope.clause = before;
        Some(typed?.expr)
    }
}

/// A quantity where another unit is expected.
fn unit_message(text: &str, from: &Type, to: &Type, place: Option<String>, expr: &ast::Expr) -> String {
    let is = match &expr.kind {
        ExprKind::Literal(ast::Literal::Quantity(q)) => crate::types::describe_quantity(q),
        _ => describe(from),
    };
    match place {
        Some(place) => format!("{place} is {}, but `{text}` is {is}", describe(to)),
        None => format!("{} is expected here, but `{text}` is {is}", describe(to)),
    }
}

/// Adapts a known value to the type it fits: text becomes a glob, a whole number a decimal.
fn convert(typed: Typed, to: &Type) -> Typed {
    let plain = match to {
        Type::Optional(inner) => inner,
        other => other,
    };
    let Typed { expr, ty } = typed;
    let expr = match expr {
        Expr::Const(value) => Expr::Const(convert_value(value, plain)),
        other => other,
    };
    let ty = match (&ty, plain) {
        (Type::Optional(_) | Type::None, _) | (_, Type::Any) => ty,
        (Type::Record(_), _) => ty,
        _ => plain.clone(),
    };
    Typed { expr, ty }
}

fn convert_value(value: Value, to: &Type) -> Value {
    match (value, to) {
        (Value::Str(s), Type::Pattern) => Value::Pattern(hxp_policy::Pattern::Glob(s)),
        (Value::Int(i), Type::Decimal) => Value::Decimal(i.into()),
        (Value::List(items), Type::List(of) | Type::Set(of)) => {
            Value::List(items.into_iter().map(|v| convert_value(v, of)).collect())
        }
        (Value::Range(a, b), Type::Range(of)) => {
            Value::Range(Box::new(convert_value(*a, of)), Box::new(convert_value(*b, of)))
        }
        (value, _) => value,
    }
}

/// Offers the literal that was probably meant.
fn suggest_literal(found: Diagnostic, expr: &ast::Expr, from: &Type, to: &Type) -> Diagnostic {
    let span = expr.span;
    let offer = |found: Diagnostic, texts: &[String]| {
        let mut found = found;
        let quoted: Vec<String> = texts.iter().map(|t| format!("`{t}`")).collect();
        found = found.help(format!("write {}", quoted.join(" or ")));
        for text in texts {
            found = found.fix(format!("write `{text}`"), span, text.as_str());
        }
        found
    };
    match (&expr.kind, to) {
        (ExprKind::Literal(ast::Literal::Quantity(q)), Type::Quantity(d)) => match q.parts.as_slice() {
            [(number, unit)] => offer(found, &[reunit(number, unit, *d)]),
            _ => found,
        },
        (ExprKind::Literal(ast::Literal::Quantity(q)), Type::Int | Type::Decimal) => match q.parts.as_slice() {
            [(number, _)] => offer(found, &[number.to_string()]),
            _ => found,
        },
        (ExprKind::Literal(ast::Literal::Int(n)), Type::Quantity(d)) => {
            let units: &[&str] = match d {
                Dimension::Percent => &["%"],
                Dimension::Duration => &["m", "h", "d"],
                Dimension::Bytes => &["Mi", "Gi"],
                Dimension::Cpu => &["cpu", "mcpu"],
            };
            offer(found, &units.iter().map(|u| format!("{n}{u}")).collect::<Vec<_>>())
        }
        (ExprKind::Literal(ast::Literal::Decimal(n)), Type::Quantity(d)) => {
            let unit = match d {
                Dimension::Percent => "%",
                Dimension::Duration => "h",
                Dimension::Bytes => "Gi",
                Dimension::Cpu => "cpu",
            };
            offer(found, &[format!("{n}{unit}")])
        }
        (ExprKind::Literal(literal), Type::Semver) => match meant_version(literal) {
            Some(version) => offer(found, &[version]),
            None => found.help("a version has three numbers, as in `1.2.3`"),
        },
        (ExprKind::Literal(ast::Literal::Semver(text)), _) => match hxp_syntax::dates_meant(text) {
            dates if dates.is_empty() => found,
            dates => offer(found, &dates),
        },
        (ExprKind::Literal(ast::Literal::Str(s)), Type::Int | Type::Decimal | Type::Bool | Type::Quantity(_))
            if is_number(&s.value) || (*to == Type::Bool && matches!(s.value.as_str(), "true" | "false")) =>
        {
            offer(found, &[s.value.to_string()])
        }
        (ExprKind::Literal(ast::Literal::Str(s)), Type::Quantity(Dimension::Duration)) => {
            match s.value.split_once(' ').filter(|(n, _)| n.parse::<u32>().is_ok()) {
                Some((number, unit)) if hxp_syntax::is_unit(unit) => {
                    offer(found, &[format!("{number}{}", hxp_syntax::usual_unit(unit))])
                }
                _ => found,
            }
        }
        (ExprKind::Literal(ast::Literal::Str(s)), Type::PromQl) => offer(found, &[format!("promql\"{}\"", s.value)]),
        (ExprKind::Literal(ast::Literal::Int(_) | ast::Literal::Decimal(_)), Type::String) => match from {
            Type::Int | Type::Decimal => found.help("text stands in quotes"),
            _ => found,
        },
        (_, Type::List(of)) if fits(from, of) => found.help("write a list: `[…]`").fix_all(
            "put it into a list",
            vec![
                hxp_diagnostics::Edit { span: span.before(), text: "[".into() },
                hxp_diagnostics::Edit { span: span.after(), text: "]".into() },
            ],
            false,
        ),
        _ => found,
    }
}

/// The version that `2`, `2.1`, `"2.1.0"` or `"v2.1.0"` means.
fn meant_version(literal: &ast::Literal) -> Option<String> {
    let text = match literal {
        ast::Literal::Int(n) => n.to_string(),
        ast::Literal::Decimal(n) => n.to_string(),
        ast::Literal::Str(s) => s.value.strip_prefix(['v', 'V']).unwrap_or(&s.value).to_owned(),
        _ => return None,
    };
    let missing = 2_usize.checked_sub(text.matches('.').count())?;
    let version = text + &".0".repeat(missing);
    semver::Version::parse(&version).is_ok().then_some(version)
}

/// Whether a text is a number, perhaps with its unit.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '%' | '.'))
}

/// The same number with the unit that was probably meant.
fn reunit(number: &str, unit: &str, to: Dimension) -> String {
    let new = match (to, unit) {
        (Dimension::Percent, _) => "%",
        (Dimension::Duration, _) => "m",
        (Dimension::Bytes, "m" | "mcpu") => "Mi",
        (Dimension::Bytes, _) => "Gi",
        (Dimension::Cpu, "m" | "ms") => "mcpu",
        (Dimension::Cpu, _) => "cpu",
    };
    format!("{number}{new}")
}
