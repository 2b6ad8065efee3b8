//! Names and what follows them: `production.values[s.key].replicas`.
//!
//! A place is resolved step by step and evaluated at its end, so that only what is asked for is evaluated.

use std::rc::Rc;
use std::sync::Arc;

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::expr::Expr;
use hxp_policy::facts::{DEPLOYMENT, FACTS};
use hxp_policy::value::Ref;
use hxp_policy::{Dimension, Field, Kind, Record, Type, Value};
use hxp_syntax::ast::{self, Arg, ExprKind, Ident};
use smol_str::{SmolStr, format_smolstr};

use super::merge::Node;
use super::{Elaborator, FrameKey, Mode, Scope, Trace, Typed, Want};
use crate::program::{DeclId, ModuleId};
use crate::schema::{self, Shape};
use crate::types::{describe, of_value, record};

/// Where a name has led so far.
#[derive(Clone)]
pub enum Place<'a> {
    /// A kind word: `gate` in `gate.perf`.
    Kind(Kind),
    /// An imported module: `dora` in `dora.frequency`.
    Module(ModuleId, usize),
    /// A declaration.
    Decl(DeclId),
    /// Something inside a declaration, not evaluated yet.
    Slot(Slot<'a>),
    /// A property that nobody has given.
    Missing(Missing),
    /// A value.
    Value(Typed),
}

/// A place inside a declaration.
#[derive(Clone)]
pub struct Slot<'a> {
    pub decl: DeclId,
    /// Keys from the declaration down.
    pub path: SmolStr,
    pub node: Rc<Node<'a>>,
}

/// A property that is not there.
#[derive(Clone)]
pub struct Missing {
    pub(super) owner: String,
    pub(super) field: SmolStr,
    pub(super) valid: Vec<SmolStr>,
    pub(super) known: bool,
    pub(super) span: Span,
    pub(super) declared: Span,
}

/// Whether a name is a fact.
enum FoundFact {
    /// It is, and may be read here.
    Yes(Typed),
    /// It is, and may not; that has been said.
    Forbidden,
    /// It is none.
    No,
}

/// One step behind a name.
enum Step<'a> {
    Field(&'a Ident),
    Index(&'a ast::Expr),
    Call(&'a [Arg]),
}

/// The words under which lists of all declarations of a kind are known.
pub fn plural(name: &str) -> Option<Kind> {
    let kind = match name {
        "policies" => return None,
        "rules" | "gates" | "teams" | "channels" | "labels" | "charts" | "services" | "images" | "windows"
        | "metrics" | "triggers" | "environments" | "overrides" | "objectives" | "controls" => {
            name.strip_suffix('s')?
        }
        _ => return None,
    };
    Kind::from_word(kind)
}

/// The fields that Kubernetes objects have at their top.
pub(super) const OBJECT_FIELDS: &[&str] = &[
    "apiVersion",
    "automountServiceAccountToken",
    "binaryData",
    "data",
    "globalDefault",
    "imagePullSecrets",
    "immutable",
    "kind",
    "metadata",
    "mountOptions",
    "parameters",
    "preemptionPolicy",
    "provisioner",
    "reclaimPolicy",
    "roleRef",
    "rules",
    "secrets",
    "spec",
    "status",
    "stringData",
    "subjects",
    "type",
    "value",
    "volumeBindingMode",
    "webhooks",
];

impl<'a> Elaborator<'a> {
    /// The value at a place.
    pub(super) fn place_value(&mut self, expr: &'a ast::Expr, want: Want<'_>, scope: &mut Scope) -> Option<Typed> {
        let place = self.place(expr, want, scope)?;
        let typed = self.force(place, expr.span, false, scope)?;
        Some(narrow(typed, expr, scope))
    }

    /// The value at a place that may be missing: then it is none.
    pub(super) fn place_or_none(&mut self, expr: &'a ast::Expr, scope: &mut Scope) -> Option<Typed> {
        let mut inner = expr;
        while let ExprKind::Paren(e) = &inner.kind {
            inner = e;
        }
        match inner.kind {
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..) => {
                let place = self.place(inner, Want::ANY, scope)?;
                self.force(place, inner.span, true, scope)
            }
            _ => self.elaborate(expr, Want::ANY, scope),
        }
    }

    /// Follows a name and the steps behind it.
    pub fn place(&mut self, expr: &'a ast::Expr, want: Want<'_>, scope: &mut Scope) -> Option<Place<'a>> {
        let mut steps = Vec::new();
        let mut at = expr;
        let name = loop {
            match &at.kind {
                ExprKind::Field(base, field) => {
                    steps.push((Step::Field(field), at));
                    at = base;
                }
                ExprKind::Index(base, index) => {
                    steps.push((Step::Index(index), at));
                    at = base;
                }
                ExprKind::Call(base, args) => {
                    steps.push((Step::Call(args), at));
                    at = base;
                }
                ExprKind::Name(name) => break Some(name),
                _ => break None,
            }
        };
        steps.reverse();
        let mut rest = steps.into_iter().peekable();
        let mut place = match (name, rest.peek()) {
            (Some(name), Some((Step::Call(args), whole))) => {
                let (args, whole) = (*args, *whole);
                rest.next();
                Place::Value(self.call_name(name, at.span, args, whole, scope)?)
            }
            (Some(name), next) => {
                let next = match next {
                    Some((Step::Field(field), _)) => Some(*field),
                    _ => None,
                };
                let chained = rest.peek().is_some();
                self.name(name, at.span, next, if chained { Want::ANY } else { want }, scope)?
            }
            (None, _) => Place::Value(self.elaborate(at, Want::ANY, scope)?),
        };
        let mut before = at;
        for (step, whole) in rest {
            place = match step {
                Step::Field(field) => self.field(place, field, before, scope)?,
                Step::Index(index) => self.index(place, index, before, scope)?,
                Step::Call(args) => Place::Value(self.call_place(&place, args, before, whole, scope)?),
            };
            before = whole;
        }
        Some(place)
    }

    /// What a bare name means here.
    fn name(
        &mut self,
        name: &SmolStr,
        span: Span,
        next: Option<&Ident>,
        want: Want<'_>,
        scope: &mut Scope,
    ) -> Option<Place<'a>> {
        if let Some(var) = scope.var(name) {
            return Some(Place::Value(var.typed.clone()));
        }
        if let Some(member) = member(name, want.ty) {
            return Some(Place::Value(member));
        }
        if let Some(kind) = wanted_kind(want.ty)
            && let Some((id, import)) = self.program.lookup(scope.module, kind, name)
        {
            self.refer(id, import, span);
            return Some(Place::Decl(id));
        }
        match self.fact(name, span, next, scope) {
            FoundFact::Yes(fact) => return Some(Place::Value(fact)),
            FoundFact::Forbidden => return None,
            FoundFact::No => {}
        }
        if name == "environment" && (next.is_none() || self.is_at_hand(next, scope)) {
            return self.at_hand(span, scope);
        }
        if let Some(next) = next
            && let Some(kind) = Kind::from_word(name)
            && (kind == Kind::Policy || self.program.lookup(scope.module, kind, &next.text).is_some())
        {
            return Some(self.kind_word(kind));
        }
        if let Some((id, import)) = self.program.lookup(scope.module, Kind::Let, name) {
            self.refer(id, import, span);
            return self.let_value(id, span, scope).map(Place::Value);
        }
        self.global_name(name, span, next, want, scope)
    }

    /// Environments, lists of all declarations, and declarations of any other kind.
    fn global_name(
        &mut self,
        name: &SmolStr,
        span: Span,
        next: Option<&Ident>,
        want: Want<'_>,
        scope: &mut Scope,
    ) -> Option<Place<'a>> {
        let preferred = [Kind::Environment, Kind::Metric];
        let wanted =
            if scope.mode == Mode::Metrics { preferred.as_slice() } else { preferred.get(..1).unwrap_or_default() };
        for kind in wanted {
            if let Some((id, import)) = self.program.lookup(scope.module, *kind, name) {
                self.refer(id, import, span);
                return Some(Place::Decl(id));
            }
        }
        let candidates = self.program.candidates(scope.module, name);
        match candidates.as_slice() {
            [(id, import)] => {
                self.refer(*id, *import, span);
                return Some(Place::Decl(*id));
            }
            [] => {}
            several => return self.ambiguous(name, span, several),
        }
        if let Some(kind) = plural(name) {
            return Some(Place::Value(self.all_of(kind)));
        }
        if let Some((module, import)) = self.program.imported_module(scope.module, name) {
            return Some(Place::Module(module, import));
        }
        if next.is_some()
            && let Some(kind) = Kind::from_word(name)
        {
            return Some(self.kind_word(kind));
        }
        self.unknown_name(name, span, want, scope);
        None
    }

    fn kind_word(&self, kind: Kind) -> Place<'a> {
        match self.program.all(Kind::Policy).first() {
            Some(id) if kind == Kind::Policy => Place::Decl(*id),
            _ => Place::Kind(kind),
        }
    }

    /// A fact of the request or of what is judged.
    fn fact(&mut self, name: &SmolStr, span: Span, next: Option<&Ident>, scope: &Scope) -> FoundFact {
        match scope.mode {
            Mode::Object => {
                let known = OBJECT_FIELDS.contains(&name.as_str());
                let object = || fact(vec!["object".into(), name.clone()], Type::Any);
                return if known { FoundFact::Yes(object()) } else { FoundFact::No };
            }
            Mode::Gate if name == "age" => {
                return FoundFact::Yes(Typed { expr: Expr::Age, ty: Type::Quantity(Dimension::Duration) });
            }
            Mode::Metrics if name == "deployment" => {
                return FoundFact::Yes(fact(vec![name.clone()], Type::Record(Arc::new((*DEPLOYMENT).clone()))));
            }
            _ => {}
        }
        let Some(ty) = FACTS.field(name) else { return FoundFact::No };
        // `override.hotfix` is a declaration, `override.ticket` the request's.
        if name == "override"
            && let Some(next) = next
            && !matches!(ty, Type::Record(r) if r.field(&next.text).is_some())
        {
            return FoundFact::No;
        }
        match scope.mode {
            Mode::Facts | Mode::Gate => FoundFact::Yes(fact(vec![name.clone()], ty.clone())),
            Mode::Constant | Mode::Metrics | Mode::Object => {
                let why = match scope.mode {
                    Mode::Metrics => "a trigger or objective watches metrics; it has no request",
                    _ => "known only when a release is judged",
                };
                let message = format!("`{name}` is a fact of a request and cannot be read here");
                self.report(
                    Diagnostic::new(codes::NOT_CONSTANT, span, message)
                        .label(why)
                        .help("facts may be read in a `rule` over a release, in `when` and in a gate's `require`"),
                );
                FoundFact::Forbidden
            }
        }
    }

    fn is_at_hand(&self, next: Option<&Ident>, scope: &Scope) -> bool {
        let Some(next) = next else { return true };
        let known = schema::of(Kind::Environment).property(&next.text).is_some() || next.text == "name";
        known || self.program.lookup(scope.module, Kind::Environment, &next.text).is_none()
    }

    fn at_hand(&mut self, span: Span, scope: &Scope) -> Option<Place<'a>> {
        match scope.environment {
            Some(id) => Some(Place::Decl(id)),
            None if self.symbolic > 0 => None,
            None => {
                let message = "there is no environment at hand here";
                self.report(Diagnostic::new(codes::NOT_CONSTANT, span, message).help(
                    "`environment` may be read in environments, gates, metrics, triggers, and in rules `for` environments",
                ));
                None
            }
        }
    }

    /// All declarations of a kind in the project, the abstract ones left out.
    fn all_of(&mut self, kind: Kind) -> Typed {
        let ids: Vec<DeclId> = self.program.all(kind).to_vec();
        let mut refs = Vec::new();
        for id in ids {
            if !self.is_abstract(id) {
                self.needed.insert(id);
                refs.push(Value::Ref(self.reference(id)));
            }
        }
        Typed::known(Value::List(refs), Type::List(Box::new(Type::Decl(kind))))
    }

    /// Whether a declaration is only there to be extended.
    pub fn is_abstract(&self, id: DeclId) -> bool {
        let ast::Body::Block(block) = &self.program.get(id).decl.body else { return false };
        block.entries.iter().any(|entry| match &entry.kind {
            ast::EntryKind::Property(p) => {
                matches!(&*p.keys, [key] if key.text == "abstract")
                    && matches!(p.value.kind, ExprKind::Literal(ast::Literal::Bool(true)))
            }
            _ => false,
        })
    }

    /// A reference to a declaration as a value.
    pub fn reference(&self, id: DeclId) -> Ref {
        let decl = self.program.get(id);
        Ref { kind: decl.kind, name: decl.model.clone(), args: Vec::new() }
    }

    fn field(
        &mut self,
        place: Place<'a>,
        field: &'a Ident,
        base: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Place<'a>> {
        match place {
            Place::Kind(kind) => self.named(scope.module, kind, field),
            Place::Module(module, import) => self.member(module, import, field),
            Place::Decl(id) => self.decl_field(id, field),
            // A property that names a declaration stands for it: `environment.service.port`.
            Place::Slot(slot) if names_a_declaration(slot.node.shape) => {
                let typed = self.force(Place::Slot(slot), base.span, false, scope)?;
                self.value_field(narrow(typed, base, scope), field, base, scope)
            }
            Place::Slot(slot) => self.slot_field(&slot, &field.text, field.span),
            Place::Missing(missing) => Some(Place::Missing(missing)),
            Place::Value(typed) => self.value_field(narrow(typed, base, scope), field, base, scope),
        }
    }

    fn named(&mut self, module: ModuleId, kind: Kind, name: &Ident) -> Option<Place<'a>> {
        match self.program.lookup(module, kind, &name.text) {
            Some((id, import)) => {
                self.refer(id, import, name.span);
                Some(Place::Decl(id))
            }
            None => {
                let found = self.program.unknown(module, kind, &name.text, name.span);
                self.report(found);
                None
            }
        }
    }

    fn member(&mut self, module: ModuleId, import: usize, name: &Ident) -> Option<Place<'a>> {
        self.used_imports.insert(import);
        match self.program.member(module, &name.text, None) {
            Some(id) => {
                self.refer(id, Some(import), name.span);
                if self.program.get(id).kind == Kind::Let {
                    let mut inner = Scope::new(module);
                    return self.let_value(id, name.span, &mut inner).map(Place::Value);
                }
                Some(Place::Decl(id))
            }
            None => {
                let path = &self.program.module(module).path;
                let message = format!("`{path}` declares no `{}`", name.text);
                let found = Diagnostic::new(codes::UNKNOWN_NAME, name.span, message);
                self.report(found.suggest(&name.text, self.program.members(module)));
                None
            }
        }
    }

    fn decl_field(&mut self, id: DeclId, field: &'a Ident) -> Option<Place<'a>> {
        let decl = self.program.get(id);
        if field.text == "name" {
            return Some(Place::Value(Typed::known(Value::Str(decl.model.clone()), Type::String)));
        }
        if decl.kind == Kind::Environment && field.text == "notices" {
            return Some(Place::Value(self.notices(id)));
        }
        if decl.kind == Kind::Service && field.text == "key" && !self.says(id, "key") {
            return Some(Place::Value(Typed::known(Value::Str(decl.name.clone()), Type::String)));
        }
        let node = self.node(id);
        let slot = Slot { decl: id, path: SmolStr::default(), node };
        self.slot_field(&slot, &field.text, field.span)
    }

    /// What an environment announces, its parents' notices included: a list of channels and events.
    fn notices(&mut self, id: DeclId) -> Typed {
        let mut list = Vec::new();
        let program = self.program;
        for ancestor in program.chain(id) {
            let said = program.get(ancestor);
            let ast::Body::Block(block) = &said.decl.body else { continue };
            for entry in &block.entries {
                let ast::EntryKind::Statement(statement) = &entry.kind else { continue };
                let ast::StatementKind::Notify(channels) = &statement.kind else { continue };
                let on = statement.suffixes.iter().find_map(|s| match &s.kind {
                    ast::SuffixKind::On(events) => Some(events),
                    _ => None,
                });
                let on: Vec<Value> =
                    on.into_iter().flatten().filter_map(path_text).map(|t| Value::Str(t.into())).collect();
                let kind = Type::Decl(Kind::Channel);
                let mut scope = Scope::new(said.module);
                for channel in channels {
                    let typed = self.quietly(|cx| cx.constant(channel, Want::ty(&kind), &mut scope));
                    let Some(Value::Ref(reference)) = typed.as_ref().and_then(Typed::value) else { continue };
                    let origin = program.origin(channel.span);
                    let field =
                        |name: &'static str, value: Value| Field { name: name.into(), value, origin, doc: None };
                    let fields =
                        vec![field("channel", Value::Ref(reference.clone())), field("on", Value::List(on.clone()))];
                    list.push(Value::Record(Record { fields: fields.into() }));
                }
            }
        }
        Typed::known(Value::List(list), Type::List(Box::new(notice_type())))
    }

    fn slot_field(&mut self, slot: &Slot<'a>, field: &SmolStr, span: Span) -> Option<Place<'a>> {
        if let Some(node) = self.child(&slot.node, field) {
            let path = if slot.path.is_empty() { field.clone() } else { format_smolstr!("{}.{field}", slot.path) };
            return Some(Place::Slot(Slot { decl: slot.decl, path, node }));
        }
        if let Some(typed) = default_of(slot.node.shape, field) {
            return Some(Place::Value(typed));
        }
        let decl = self.program.get(slot.decl);
        let owner = if slot.path.is_empty() { decl.name.to_string() } else { format!("{}.{}", decl.name, slot.path) };
        let known = match slot.node.shape {
            Shape::Record(properties) => properties.iter().any(|p| p.name == field),
            Shape::Data | Shape::Free | Shape::Map(_) => false,
            _ => false,
        };
        let mut valid = self.keys(&slot.node);
        if let Shape::Record(properties) = slot.node.shape
            && !known
        {
            valid = properties.iter().map(|p| SmolStr::new_static(p.name)).collect();
        }
        let missing = Missing { owner, field: field.clone(), valid, known, span, declared: decl.name_span };
        if !known && matches!(slot.node.shape, Shape::Record(_)) {
            self.report_missing(&missing);
            return None;
        }
        Some(Place::Missing(missing))
    }

    fn value_field(
        &mut self,
        typed: Typed,
        field: &'a Ident,
        base: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Place<'a>> {
        if let Some(Value::Ref(reference)) = typed.value()
            && let Some(id) = self.program.by_model(reference.kind, &reference.name)
        {
            return self.decl_field(id, field);
        }
        let typed = self.need_plain(typed, base, scope)?;
        let name = &field.text;
        match (&typed.expr, &typed.ty) {
            (Expr::Const(Value::Record(values)), ty) => {
                if let Some(value) = values.get(name) {
                    let ty = match ty {
                        Type::Record(r) => r.field(name).cloned().unwrap_or_else(|| of_value(value)),
                        _ => of_value(value),
                    };
                    return Some(Place::Value(Typed::known(value.clone(), ty)));
                }
                let valid: Vec<SmolStr> = values.fields.iter().map(|f| f.name.clone()).collect();
                let owner = self.text(base.span);
                let missing =
                    Missing { owner, field: name.clone(), valid, known: false, span: field.span, declared: base.span };
                Some(Place::Missing(missing))
            }
            (Expr::Const(Value::Semver(version)), _) => {
                let part = match name.as_str() {
                    "major" => version.major,
                    "minor" => version.minor,
                    "patch" => version.patch,
                    _ => return self.no_field(&typed.ty, &["major", "minor", "patch"], field),
                };
                let part = i64::try_from(part).unwrap_or(i64::MAX);
                Some(Place::Value(Typed::known(Value::Int(part), Type::Int)))
            }
            (_, Type::Semver) => {
                if !["major", "minor", "patch"].contains(&name.as_str()) {
                    return self.no_field(&typed.ty, &["major", "minor", "patch"], field);
                }
                Some(Place::Value(field_of(typed.expr, name.clone(), Type::Int)))
            }
            (_, Type::Record(fields)) => match fields.field(name) {
                Some(ty) => {
                    let ty = ty.clone();
                    Some(Place::Value(field_of(typed.expr, name.clone(), ty)))
                }
                None => {
                    let fields = fields.clone();
                    let valid: Vec<&str> = fields.fields.iter().map(|(n, _)| n.as_str()).collect();
                    self.no_field(&typed.ty, &valid, field)
                }
            },
            (Expr::Const(_), _) => self.not_a_record(&typed.ty, field, base),
            (_, Type::Any) => Some(Place::Value(field_of(typed.expr, name.clone(), Type::Any))),
            _ => self.not_a_record(&typed.ty, field, base),
        }
    }

    fn index(
        &mut self,
        place: Place<'a>,
        index: &'a ast::Expr,
        base: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Place<'a>> {
        if let Place::Missing(missing) = place {
            return Some(Place::Missing(missing));
        }
        // What only chooses a key is no value that a rule is about.
        let trace = self.trace.take();
        let key = self.elaborate(index, Want::ANY, scope);
        self.trace = trace;
        let key = self.need_plain(key?, index, scope)?;
        let text = match key.value() {
            Some(Value::Str(text)) => Some(text.clone()),
            Some(Value::Ref(reference)) => Some(reference.name.clone()),
            _ => None,
        };
        match (place, text) {
            (Place::Slot(slot), Some(text)) => self.slot_field(&slot, &text, index.span),
            (Place::Decl(id), Some(text)) => {
                let node = self.node(id);
                self.slot_field(&Slot { decl: id, path: SmolStr::default(), node }, &text, index.span)
            }
            (place, _) => {
                let typed = self.force(place, base.span, false, scope)?;
                let typed = self.need_plain(narrow(typed, base, scope), base, scope)?;
                self.index_value(typed, key, index, base)
            }
        }
    }

    fn index_value(
        &mut self,
        typed: Typed,
        key: Typed,
        index: &'a ast::Expr,
        base: &'a ast::Expr,
    ) -> Option<Place<'a>> {
        let element = match &typed.ty {
            Type::List(of) | Type::Set(of) => (**of).clone(),
            Type::Any | Type::Record(_) => Type::Any,
            other => {
                let message = format!("`{}` is {} and has no elements", self.text(base.span), describe(other));
                self.report(Diagnostic::new(codes::NOT_A_RECORD, base.span, message));
                return None;
            }
        };
        match (typed.value(), key.value()) {
            (Some(Value::List(items)), Some(Value::Int(at))) => {
                let found = usize::try_from(*at).ok().and_then(|i| items.get(i));
                let Some(found) = found else {
                    let message = format!("the list has {} elements, there is no number {at}", items.len());
                    self.report(
                        Diagnostic::new(codes::OUT_OF_RANGE, index.span, message).help("the first has number 0"),
                    );
                    return None;
                };
                let ty = if element == Type::Any { of_value(found) } else { element };
                Some(Place::Value(Typed::known(found.clone(), ty)))
            }
            (Some(Value::Record(values)), Some(Value::Str(name))) => {
                if let Some(value) = values.get(name) {
                    return Some(Place::Value(Typed::known(value.clone(), of_value(value))));
                }
                let valid: Vec<SmolStr> = values.fields.iter().map(|f| f.name.clone()).collect();
                let owner = self.text(base.span);
                let (field, declared) = (name.clone(), base.span);
                Some(Place::Missing(Missing { owner, field, valid, known: false, span: index.span, declared }))
            }
            (Some(Value::List(_) | Value::Record(_)), Some(_)) => {
                let message = format!(
                    "`{}` is {}; a list wants a number, a record text",
                    self.text(index.span),
                    describe(&key.ty)
                );
                self.report(Diagnostic::new(codes::TYPE_MISMATCH, index.span, message));
                None
            }
            _ => {
                let expr = Expr::Index(Box::new(typed.expr), Box::new(key.expr));
                Some(Place::Value(Typed { expr, ty: element }))
            }
        }
    }

    /// Evaluates a place.
    pub(super) fn force(&mut self, place: Place<'a>, span: Span, or_none: bool, scope: &Scope) -> Option<Typed> {
        match place {
            Place::Value(typed) => Some(typed),
            Place::Missing(missing) if or_none => {
                if let Some(trace) = &mut self.trace {
                    let text = format!("{}.{}", missing.owner, missing.field);
                    trace.push(Trace { text, value: Value::None, span: missing.declared });
                }
                Some(Typed::known(Value::None, Type::None))
            }
            Place::Missing(missing) => {
                self.report_missing(&missing);
                None
            }
            Place::Slot(slot) => self.slot_value(&slot, span),
            Place::Decl(id) => Some(self.decl_value(id, scope)),
            Place::Kind(kind) => {
                let message = format!("`{}` is a kind of declaration, not a value", kind.word());
                let found = Diagnostic::new(codes::WRONG_KIND, span, message);
                self.report(found.help(format!("name one: `{}.…`", kind.word())));
                None
            }
            Place::Module(module, _) => {
                let message = format!("`{}` is a module, not a value", self.program.module(module).path);
                self.report(Diagnostic::new(codes::WRONG_KIND, span, message).help("name something it declares"));
                None
            }
        }
    }

    fn decl_value(&self, id: DeclId, scope: &Scope) -> Typed {
        let decl = self.program.get(id);
        if decl.kind == Kind::Metric && scope.mode == Mode::Metrics {
            let ty = decl.decl.ty.as_ref().and_then(|t| crate::types::resolve(t).ok()).unwrap_or(Type::Decimal);
            return Typed { expr: Expr::Metric(decl.model.clone()), ty };
        }
        Typed::known(Value::Ref(self.reference(id)), Type::Decl(decl.kind))
    }

    /// The value of a place inside a declaration, remembered; a circle is shown as a path through the source.
    fn slot_value(&mut self, slot: &Slot<'a>, span: Span) -> Option<Typed> {
        let key = (slot.decl, slot.path.clone());
        let name = format_smolstr!("{}.{}", self.program.get(slot.decl).name, slot.path);
        let value = match self.slots.get(&key) {
            Some(value) => value.clone(),
            None => {
                let node = slot.node.clone();
                let frame = FrameKey::Slot(slot.decl, slot.path.clone());
                let result = self.framed(frame, name.clone(), span, |cx| cx.node_value(&node));
                let value = result.flatten().map(Rc::new);
                self.slots.insert(key, value.clone());
                value
            }
        }?;
        if let (Some(trace), Some(read)) = (&mut self.trace, value.value()) {
            let at = slot.node.place();
            if !trace.iter().any(|t| t.text == name.as_str()) {
                trace.push(Trace { text: name.to_string(), value: read.clone(), span: at.unwrap_or(span) });
            }
        }
        Some((*value).clone())
    }

    /// Evaluates something that must not depend on itself.
    pub fn framed<T>(
        &mut self,
        key: FrameKey,
        name: SmolStr,
        span: Span,
        run: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if let Some(begin) = self.stack.iter().position(|f| f.key == key) {
            self.report_cycle(begin, &name, span);
            return None;
        }
        self.stack.push(super::Frame { key, name, span });
        let result = run(self);
        self.stack.pop();
        Some(result)
    }

    fn report_cycle(&mut self, begin: usize, name: &SmolStr, span: Span) {
        let circle: Vec<super::Frame> = self.stack.get(begin..).unwrap_or_default().to_vec();
        let mut names: Vec<&str> = circle.iter().map(|f| f.name.as_str()).collect();
        names.push(name);
        let message = format!("`{name}` depends on itself: {}", names.join(" → "));
        let mut found = Diagnostic::new(codes::VALUE_CYCLE, span, message).label(format!("needs `{name}` again"));
        for frame in circle.iter().skip(1) {
            found = found.related(frame.span, format!("needs `{}`", frame.name));
        }
        self.report(found);
    }
}

/// The dotted text of a chain of names, by which guards know it.
pub fn path_text(expr: &ast::Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Field(base, field) => Some(format!("{}.{}", path_text(base)?, field.text)),
        ExprKind::Paren(inner) => path_text(inner),
        _ => None,
    }
}

/// An optional value that a guard has shown to be there is a plain one.
fn narrow(typed: Typed, expr: &ast::Expr, scope: &Scope) -> Typed {
    if let Type::Optional(inner) = &typed.ty
        && path_text(expr).is_some_and(|path| scope.known.iter().any(|k| *k == path))
    {
        let ty = (**inner).clone();
        return Typed { expr: typed.expr, ty };
    }
    typed
}

fn fact(path: Vec<SmolStr>, ty: Type) -> Typed {
    Typed { expr: Expr::Fact { path, ty: ty.clone() }, ty }
}

/// A field of what is not known yet: a longer path of a fact, or a field of a bound variable.
fn field_of(base: Expr, name: SmolStr, ty: Type) -> Typed {
    let expr = match base {
        Expr::Fact { mut path, ty: Type::Record(_) | Type::Any | Type::Optional(_) } => {
            path.push(name);
            Expr::Fact { path, ty: ty.clone() }
        }
        base => Expr::Field { base: Box::new(base), name, ty: ty.clone() },
    };
    Typed { expr, ty }
}

/// The type without its `?`.
pub fn plain(ty: Option<&Type>) -> Option<&Type> {
    match ty {
        Some(Type::Optional(inner)) => Some(inner),
        other => other,
    }
}

fn names_a_declaration(shape: &Shape) -> bool {
    match shape {
        Shape::Decl(_) => true,
        Shape::Either(shapes) => shapes.iter().any(names_a_declaration),
        _ => false,
    }
}

/// The kind of declaration that a place expects.
pub(super) fn wanted_kind(ty: Option<&Type>) -> Option<Kind> {
    match plain(ty) {
        Some(Type::Decl(kind)) => Some(*kind),
        _ => None,
    }
}

/// A member of the enumeration that the place expects.
fn member(name: &str, ty: Option<&Type>) -> Option<Typed> {
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    match plain(ty)? {
        Type::Enum(words) => words.position(name).map(|_| Typed::known(Value::Enum(name.into()), Type::Enum(words))),
        Type::Weekday => {
            let day = match name {
                "mon" => Monday,
                "tue" => Tuesday,
                "wed" => Wednesday,
                "thu" => Thursday,
                "fri" => Friday,
                "sat" => Saturday,
                "sun" => Sunday,
                _ => return None,
            };
            Some(Typed::known(Value::Weekday(day), Type::Weekday))
        }
        _ => None,
    }
}

/// A record type for what a static rule reads of an environment's notices.
pub fn notice_type() -> Type {
    record(vec![("channel".into(), Type::Decl(Kind::Channel)), ("on".into(), Type::List(Box::new(Type::String)))])
}

/// What a property is when nobody says it, if the schema has a value for that.
fn default_of(shape: &Shape, field: &str) -> Option<Typed> {
    let Shape::Record(properties) = shape else { return None };
    let property = properties.iter().find(|p| p.name == field)?;
    match &property.shape {
        Shape::Enum(words) => words
            .position(property.default)
            .map(|_| Typed::known(Value::Enum(property.default.into()), Type::Enum(words))),
        Shape::Bool => property.default.parse().ok().map(Typed::bool),
        Shape::Int => property.default.parse().ok().map(|i| Typed::known(Value::Int(i), Type::Int)),
        _ => None,
    }
}
