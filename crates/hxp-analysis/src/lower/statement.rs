//! Statements: what environments, rollbacks and overrides require, owe, announce and waive.

use hxp_diagnostics::{Diagnostic, Edit, Span, codes};
use hxp_policy::model::{Check, Duty, EventRef, GateUse, Notice, Owed, Requirement, Role, Seats, Waive};
use hxp_policy::value::Ref;
use hxp_policy::{Dimension, Expr, Kind, Millis, Type, Value};
use hxp_syntax::ast::{self, Entry, ExprKind, Statement, StatementKind, SuffixKind};
use smol_str::{SmolStr, format_smolstr};

use super::event::event_ref;
use super::gate::{gate_use, same_args};
use super::ids::id_text;
use crate::elaborate::operators::{any_of, guards};
use crate::elaborate::{Elaborator, Mode, Scope, Want};
use crate::form;
use crate::program::{DeclId, ModuleId, doc_text};
use crate::show;

/// What was required, before statements about one thing are put together.
#[derive(Clone, Debug)]
pub struct Raw {
    /// `gate.coverage`
    pub base: SmolStr,
    pub what: RawCheck,
    pub when: Option<Expr>,
    pub advisory: bool,
    pub doc: Option<SmolStr>,
    pub because: Option<SmolStr>,
    pub span: Span,
}

/// What must be so.
#[derive(Clone, Debug)]
pub enum RawCheck {
    Gate(GateUse),
    Seat { team: SmolStr, count: u32, distinct: Option<u32> },
    After { environment: SmolStr, soaked: Option<Millis> },
    Within(SmolStr),
    Other(Check),
}

/// Everything that statements say.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub raws: Vec<Raw>,
    pub duties: Vec<Duty>,
    pub notices: Vec<Notice>,
    pub waives: Vec<(Waive, Span)>,
    groups: u32,
}

/// For whom statements are read.
#[derive(Clone)]
pub struct Place {
    /// The environment whose ids they get.
    pub environment: DeclId,
    /// Its name.
    pub name: SmolStr,
    /// The scope of the block.
    pub module: ModuleId,
}

impl Place {
    /// A scope for conditions over the facts of a request.
    pub fn scope(&self) -> Scope {
        Scope::new(self.module).reading(Mode::Facts).at(Some(self.environment))
    }
}

/// The parts that follow a statement.
struct Suffixes<'a> {
    when: Option<&'a ast::Expr>,
    on: Option<&'a [ast::Expr]>,
    due: Option<&'a ast::Expr>,
}

fn suffixes(statement: &Statement) -> Suffixes<'_> {
    let mut found = Suffixes { when: None, on: None, due: None };
    for suffix in &statement.suffixes {
        match &suffix.kind {
            SuffixKind::When(expr) => found.when = Some(expr),
            SuffixKind::On(exprs) => found.on = Some(exprs),
            SuffixKind::Due(expr) => found.due = Some(expr),
            SuffixKind::Until(_) | SuffixKind::Because(_) => {}
        }
    }
    found
}

impl Said {
    /// Reads one statement; others than those that require, owe, announce or waive are left to the caller.
    pub fn read<'a>(&mut self, cx: &mut Elaborator<'a>, statement: &'a Statement, entry: &'a Entry, place: &Place) {
        let errors = cx.diagnostics.len();
        match &statement.kind {
            StatementKind::Require(exprs) => self.require(cx, exprs, statement, entry, place),
            StatementKind::Approve { seats, distinct } => {
                self.approve(cx, seats, distinct.is_some(), statement, entry, place);
            }
            StatementKind::After { environment, soaked } => {
                self.after(cx, environment, soaked.as_ref(), statement, entry, place);
            }
            StatementKind::Within(expr) => self.within(cx, expr, statement, entry, place),
            StatementKind::Notify(exprs) => self.notify(cx, exprs, statement, place),
            StatementKind::Waive(exprs) => self.waive(cx, exprs, statement),
            _ => {}
        }
        if cx.diagnostics.iter().skip(errors).any(Diagnostic::is_error) {
            cx.broken.insert(place.name.clone());
        }
    }

    fn push(
        &mut self,
        base: SmolStr,
        what: RawCheck,
        when: Option<Expr>,
        statement: &Statement,
        entry: &Entry,
        span: Span,
    ) {
        self.raws.push(Raw {
            base,
            what,
            when,
            advisory: form::is_advisory(entry),
            doc: doc_text(entry.docs()),
            because: form::because(statement),
            span,
        });
    }

    /// The gates that an expression names, each with the place where it is named.
    fn gates<'a>(cx: &mut Elaborator<'a>, expr: &'a ast::Expr, place: &Place) -> Vec<(Ref, Span)> {
        let mut scope = Scope::new(place.module).at(Some(place.environment));
        if let ExprKind::List(items) = &expr.kind {
            return items.iter().flat_map(|item| Self::gates(cx, item, place)).collect();
        }
        let gate = Type::Decl(Kind::Gate);
        // A bare name means a gate; a constant may be a gate or a list of gates.
        let want = match &expr.kind {
            ExprKind::Name(name) if cx.program.lookup(place.module, Kind::Gate, name).is_none() => {
                let known = cx.program.lookup(place.module, Kind::Let, name).is_some();
                if known { Want::ANY } else { Want::ty(&gate) }
            }
            ExprKind::Name(_) => Want::ty(&gate),
            _ => Want::ANY,
        };
        if let Some(found) = cx.glued(expr, &scope) {
            cx.report(found);
            return Vec::new();
        }
        if Self::is_condition(expr) {
            if let Some(found) = joined_gates(cx, expr, place.module) {
                cx.report(found);
                return Vec::new();
            }
            let message = format!("`require` takes gates here; `{}` is a condition", cx.text(expr.span));
            cx.report(
                Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message)
                    .label("a gate is expected")
                    .help(format!("give the condition a name: `rule name for {} {{ require … }}`", place.name)),
            );
            return Vec::new();
        }
        let Some(typed) = cx.constant(expr, want, &mut scope) else { return Vec::new() };
        let mut found = Vec::new();
        let Some(value) = typed.value() else { return found };
        if !collect_gates(value, expr.span, &mut found) {
            let message =
                format!("`require` takes gates; `{}` is {}", cx.text(expr.span), crate::types::describe(&typed.ty));
            let code = if matches!(value, Value::Ref(_)) { codes::WRONG_KIND } else { codes::TYPE_MISMATCH };
            let mut problem = Diagnostic::new(code, expr.span, message).label("a gate is expected");
            if let Value::Str(text) = value
                && cx.program.lookup(place.module, Kind::Gate, text).is_some()
            {
                problem = problem.help("a gate is named without quotes").fix(
                    format!("write `{text}`"),
                    expr.span,
                    text.as_str(),
                );
            }
            if let Value::Ref(Ref { kind: Kind::Window, name, .. }) = value {
                problem = problem.help(format!("windows stand behind `within`: `within {name}`"));
            }
            if let Value::Ref(Ref { kind: Kind::Team, name, .. }) = value {
                problem = problem.help(format!("teams approve: `approve 1 of {name}`"));
            }
            cx.report(problem);
        }
        found
    }

    fn is_condition(expr: &ast::Expr) -> bool {
        match &expr.kind {
            ExprKind::Binary(op, ..) => !matches!(op, ast::BinaryOp::Add),
            ExprKind::Unary(..) | ExprKind::Quantifier(_) => true,
            ExprKind::Paren(inner) => Self::is_condition(inner),
            _ => false,
        }
    }

    fn require<'a>(
        &mut self,
        cx: &mut Elaborator<'a>,
        exprs: &'a [ast::Expr],
        statement: &'a Statement,
        entry: &'a Entry,
        place: &Place,
    ) {
        let parts = suffixes(statement);
        let when = parts.when.and_then(|w| cx.condition(w, &mut place.scope()));
        for expr in exprs {
            let gates = cx.in_role(Role::Requires, |cx| Self::gates(cx, expr, place));
            for (reference, span) in gates {
                if let Some(gate) = cx.program.by_model(Kind::Gate, &reference.name) {
                    cx.link(gate, Role::Requires, span);
                }
                let Some(used) = gate_use(cx, &reference, span, Some(place.environment)) else { continue };
                let base = format_smolstr!("gate.{}", used.gate);
                if let (Some(on), Some(due)) = (parts.on, parts.due) {
                    self.owe_gate(cx, used, on, due, when.clone(), span, entry, place);
                } else {
                    self.push(base, RawCheck::Gate(used), when.clone(), statement, entry, span);
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a duty")]
    fn owe_gate<'a>(
        &mut self,
        cx: &mut Elaborator<'a>,
        used: GateUse,
        on: &'a [ast::Expr],
        due: &'a ast::Expr,
        when: Option<Expr>,
        span: Span,
        entry: &Entry,
        place: &Place,
    ) {
        let events = events(cx, on, place);
        let Some(due) = duration(cx, due, "due", place) else { return };
        let owner = owner_of(cx, &used.gate);
        let id = format_smolstr!("{}.gate.{}", place.name, used.gate);
        let origin = cx.program.origin(span);
        let advisory = form::is_advisory(entry);
        self.duties.push(Duty { id, what: Owed::Gate(used), on: events, due, when, owner, advisory, origin });
    }

    fn approve<'a>(
        &mut self,
        cx: &mut Elaborator<'a>,
        seats: &'a [ast::Seat],
        distinct: bool,
        statement: &'a Statement,
        entry: &'a Entry,
        place: &Place,
    ) {
        let parts = suffixes(statement);
        let when = parts.when.and_then(|w| cx.condition(w, &mut place.scope()));
        self.groups += 1;
        let group = distinct.then_some(self.groups);
        for seat in seats {
            let team =
                cx.in_role(Role::Approves, |cx| match cx.program.resolve_path(place.module, Kind::Team, &seat.team) {
                    Some((id, import)) => {
                        let span = seat.team.segments.last().map_or(seat.team.span, |s| s.span);
                        cx.refer(id, import, span);
                        Some(cx.program.get(id).model.clone())
                    }
                    None => {
                        let text = crate::stdlib::dotted(&seat.team);
                        let found = cx.program.unknown(place.module, Kind::Team, &text, seat.team.span);
                        cx.report(found);
                        None
                    }
                });
            let mut scope = Scope::new(place.module).at(Some(place.environment));
            let count = cx.constant(&seat.count, Want::named(&Type::Int, "the number of approvals"), &mut scope);
            let count = match count.as_ref().and_then(|c| c.value()) {
                Some(Value::Int(n)) if (1..=1000).contains(n) => u32::try_from(*n).unwrap_or(1),
                Some(Value::Int(n)) => {
                    let message = format!("{n} approvals cannot be asked for");
                    cx.report(Diagnostic::new(codes::OUT_OF_RANGE, seat.count.span, message).help(
                        "ask for at least one; what should not be asked for is left out, or waived with `because`",
                    ));
                    continue;
                }
                _ => continue,
            };
            let Some(team) = team else { continue };
            let base = format_smolstr!("approve.{team}");
            self.push(base, RawCheck::Seat { team, count, distinct: group }, when.clone(), statement, entry, seat.span);
        }
    }

    fn after<'a>(
        &mut self,
        cx: &mut Elaborator<'a>,
        environment: &'a ast::Ident,
        soaked: Option<&'a ast::Expr>,
        statement: &'a Statement,
        entry: &'a Entry,
        place: &Place,
    ) {
        let when = suffixes(statement).when.and_then(|w| cx.condition(w, &mut place.scope()));
        let found = cx.program.lookup(place.module, Kind::Environment, &environment.text);
        let Some((id, import)) = found else {
            // That none is named was told.
            if !environment.text.is_empty() {
                let problem = cx.program.unknown(place.module, Kind::Environment, &environment.text, environment.span);
                cx.report(problem);
            }
            return;
        };
        cx.in_role(Role::Promotes, |cx| cx.refer(id, import, environment.span));
        let name = cx.program.get(id).model.clone();
        if cx.is_abstract(id) {
            let message = format!("`{name}` is abstract: nothing is ever deployed there");
            let found = Diagnostic::new(codes::WRONG_KIND, environment.span, message);
            cx.report(found.related(cx.program.get(id).name_span, "declared here"));
            return;
        }
        let soaked = match soaked {
            Some(expr) => match duration(cx, expr, "soaked", place) {
                Some(d) => Some(d),
                None => return,
            },
            None => None,
        };
        let span = statement.span;
        let base = format_smolstr!("after.{name}");
        let what = RawCheck::After { environment: name.clone(), soaked: None };
        self.push(base.clone(), what, when.clone(), statement, entry, span);
        if soaked.is_some() {
            let base = format_smolstr!("{base}.soaked");
            self.push(base, RawCheck::After { environment: name, soaked }, when, statement, entry, span);
        }
    }

    fn within<'a>(
        &mut self,
        cx: &mut Elaborator<'a>,
        expr: &'a ast::Expr,
        statement: &'a Statement,
        entry: &'a Entry,
        place: &Place,
    ) {
        let when = suffixes(statement).when.and_then(|w| cx.condition(w, &mut place.scope()));
        let mut plain = expr;
        while let ExprKind::Paren(inner) = &plain.kind {
            plain = inner;
        }
        let named = matches!(plain.kind, ExprKind::Name(_) | ExprKind::Field(..));
        if !named {
            // What is wrong with a literal has been told.
            if has_error(plain) {
                return;
            }
            if let Some(found) = cx.glued(plain, &place.scope()) {
                cx.report(found);
                return;
            }
            let text = cx.text(expr.span);
            let mut found = Diagnostic::new(
                codes::WRONG_KIND,
                expr.span,
                format!("`within` takes the name of a window, not `{text}`"),
            );
            found = match &plain.kind {
                ExprKind::Literal(ast::Literal::Quantity(_)) => {
                    found.help("a time limit is said by `limit = …` in `rollback`, and by `due …` after an event")
                }
                ExprKind::Binary(ast::BinaryOp::Range, ..) | ExprKind::Literal(_) => found
                    .help(format!("declare it: `window name {{ zone = \"Europe/Berlin\", open {text} }}`"))
                    .help("then write `within name`"),
                _ => found.help(format!("give it a name: `window name = {text}`, then `within name`")),
            };
            cx.report(found);
            return;
        }
        let kind = Type::Decl(Kind::Window);
        let mut scope = Scope::new(place.module).at(Some(place.environment));
        let typed = cx.in_role(Role::Within, |cx| cx.constant(plain, Want::ty(&kind), &mut scope));
        let Some(Value::Ref(window)) = typed.as_ref().and_then(|t| t.value()) else { return };
        let name = window.name.clone();
        self.push(format_smolstr!("window.{name}"), RawCheck::Within(name), when, statement, entry, statement.span);
    }

    fn notify<'a>(&mut self, cx: &mut Elaborator<'a>, exprs: &'a [ast::Expr], statement: &'a Statement, place: &Place) {
        let parts = suffixes(statement);
        let when = parts.when.and_then(|w| cx.condition(w, &mut place.scope()));
        let on = events(cx, parts.on.unwrap_or_default(), place);
        let due = parts.due.and_then(|d| duration(cx, d, "due", place));
        let kind = Type::Decl(Kind::Channel);
        let list = Type::List(Box::new(kind.clone()));
        for expr in exprs {
            let mut scope = Scope::new(place.module).at(Some(place.environment));
            let is_list = matches!(&expr.kind, ExprKind::List(_))
                || matches!(&expr.kind, ExprKind::Name(n)
                    if cx.program.lookup(place.module, Kind::Channel, n).is_none()
                        && cx.program.lookup(place.module, Kind::Let, n).is_some());
            let want = if matches!(&expr.kind, ExprKind::List(_)) {
                Want::ty(&list)
            } else if is_list {
                Want::ANY
            } else {
                Want::ty(&kind)
            };
            let typed = cx.in_role(Role::Notifies, |cx| cx.constant(expr, want, &mut scope));
            let channels: Vec<SmolStr> = match typed.as_ref().and_then(|t| t.value()) {
                Some(Value::Ref(r)) if r.kind == Kind::Channel => vec![r.name.clone()],
                Some(Value::List(items)) => items
                    .iter()
                    .filter_map(|v| match v {
                        Value::Ref(r) if r.kind == Kind::Channel => Some(r.name.clone()),
                        _ => None,
                    })
                    .collect(),
                Some(_) => {
                    let message = format!("`notify` takes channels; `{}` is none", cx.text(expr.span));
                    cx.report(Diagnostic::new(codes::WRONG_KIND, expr.span, message));
                    continue;
                }
                None => continue,
            };
            for channel in channels {
                let origin = cx.program.origin(expr.span);
                self.notices.push(Notice { channel: channel.clone(), on: on.clone(), when: when.clone(), due, origin });
                if let Some(due) = due {
                    let id = format_smolstr!("{}.notify.{channel}", place.name);
                    let what = Owed::Notify(channel);
                    let duty = Duty {
                        id,
                        what,
                        on: on.clone(),
                        due,
                        when: when.clone(),
                        owner: None,
                        advisory: false,
                        origin,
                    };
                    self.duties.push(duty);
                }
            }
        }
    }

    fn waive<'a>(&mut self, cx: &mut Elaborator<'a>, exprs: &'a [ast::Expr], statement: &'a Statement) {
        for expr in exprs {
            if let Some(id) = id_text(cx, expr) {
                let waive = Waive { id, because: form::because(statement), origin: cx.program.origin(expr.span) };
                self.waives.push((waive, expr.span));
            }
        }
    }

    /// Puts together what is said about one thing.
    pub fn requirements(&self, cx: &Elaborator<'_>, environment: &str) -> Vec<Requirement> {
        let mut all: Vec<Requirement> = Vec::new();
        let mut places: std::collections::HashMap<SmolStr, usize> = std::collections::HashMap::new();
        for raw in &self.raws {
            let local = self.local_id(raw);
            if let Some(existing) = places.get(&local).and_then(|i| all.get_mut(*i)) {
                merge(existing, raw, cx);
                continue;
            }
            places.insert(local.clone(), all.len());
            all.push(Requirement {
                id: format_smolstr!("{environment}.{local}"),
                when: if matches!(raw.what, RawCheck::Seat { .. }) { None } else { raw.when.clone() },
                check: check_of(raw, cx),
                advisory: raw.advisory,
                doc: raw.doc.clone().or_else(|| doc_of(cx, &raw.what)),
                because: raw.because.clone(),
                origin: cx.program.origin(raw.span),
            });
        }
        all
    }

    /// The id without its environment: two instances of one gate carry their arguments.
    pub fn local_id(&self, raw: &Raw) -> SmolStr {
        let RawCheck::Gate(used) = &raw.what else { return raw.base.clone() };
        if used.args.is_empty() {
            return raw.base.clone();
        }
        let several = self.raws.iter().any(|other| match &other.what {
            RawCheck::Gate(o) => o.gate == used.gate && !same_args(&o.args, &used.args),
            _ => false,
        });
        if several { format_smolstr!("{}{}", raw.base, show::arguments(&used.args)) } else { raw.base.clone() }
    }

    /// Drops what a waiver covers; says whether there was any.
    pub fn drop_waived(&mut self, waive: &Waive) -> bool {
        let ids: Vec<SmolStr> = self.raws.iter().map(|r| self.local_id(r)).collect();
        let before = self.raws.len();
        let mut ids = ids.iter();
        self.raws.retain(|_| ids.next().is_none_or(|id| !waive.covers(id)));
        self.raws.len() < before
    }
}

fn collect_gates(value: &Value, span: Span, found: &mut Vec<(Ref, Span)>) -> bool {
    match value {
        Value::Ref(reference) if reference.kind == Kind::Gate => {
            found.push((reference.clone(), span));
            true
        }
        Value::List(items) => items.iter().all(|item| collect_gates(item, span, found)),
        _ => false,
    }
}

fn check_of(raw: &Raw, cx: &Elaborator<'_>) -> Check {
    match &raw.what {
        RawCheck::Gate(used) => Check::Gate(used.clone()),
        RawCheck::Seat { team, .. } => Check::Approve { team: team.clone(), seats: vec![seats(raw, cx)] },
        RawCheck::After { environment, soaked } => Check::After { environment: environment.clone(), soaked: *soaked },
        RawCheck::Within(window) => Check::Within(window.clone()),
        RawCheck::Other(check) => check.clone(),
    }
}

fn seats(raw: &Raw, cx: &Elaborator<'_>) -> Seats {
    let (count, distinct) = match raw.what {
        RawCheck::Seat { count, distinct, .. } => (count, distinct),
        _ => (0, None),
    };
    Seats { count, when: raw.when.clone(), distinct, origin: cx.program.origin(raw.span) }
}

/// Lays a second statement about the same thing over the first.
fn merge(existing: &mut Requirement, raw: &Raw, cx: &Elaborator<'_>) {
    existing.advisory &= raw.advisory;
    existing.because = existing.because.take().or_else(|| raw.because.clone());
    existing.doc = existing.doc.take().or_else(|| raw.doc.clone());
    match (&mut existing.check, &raw.what) {
        (Check::Approve { seats: all, .. }, RawCheck::Seat { .. }) => {
            let new = seats(raw, cx);
            if !all.iter().any(|s| s.count == new.count && s.when == new.when && s.distinct == new.distinct) {
                all.push(new);
            }
            return;
        }
        (Check::After { soaked, .. }, RawCheck::After { soaked: other, .. }) => *soaked = (*soaked).max(*other),
        _ => {}
    }
    existing.when = match (existing.when.take(), &raw.when) {
        (Some(a), Some(b)) if a == *b => Some(a),
        (Some(a), Some(b)) => Some(any_of(vec![a, b.clone()])),
        _ => None,
    };
}

fn doc_of(cx: &Elaborator<'_>, what: &RawCheck) -> Option<SmolStr> {
    let (kind, name) = match what {
        RawCheck::Gate(used) => (Kind::Gate, &used.gate),
        RawCheck::Within(window) => (Kind::Window, window),
        RawCheck::Other(Check::Rule { rule, .. }) => (Kind::Rule, rule),
        _ => return None,
    };
    cx.program.by_model(kind, name).and_then(|id| cx.program.doc(id))
}

/// Events and triggers.
pub fn events<'a>(cx: &mut Elaborator<'a>, exprs: &'a [ast::Expr], place: &Place) -> Vec<EventRef> {
    let mut scope = Scope::new(place.module);
    let mut found: Vec<EventRef> = Vec::new();
    for expr in exprs {
        if let Some(event) = event_ref(cx, expr, &mut scope)
            && !found.contains(&event)
        {
            found.push(event);
        }
    }
    found
}

fn duration<'a>(cx: &mut Elaborator<'a>, expr: &'a ast::Expr, name: &str, place: &Place) -> Option<Millis> {
    let ty = Type::Quantity(Dimension::Duration);
    let mut scope = Scope::new(place.module).at(Some(place.environment));
    cx.constant(expr, Want::named(&ty, name), &mut scope)?.value()?.as_millis()
}

/// Who signs a gate, and so owes it.
fn owner_of(cx: &mut Elaborator<'_>, gate: &SmolStr) -> Option<SmolStr> {
    let id = cx.program.by_model(Kind::Gate, gate)?;
    let node = cx.node(id);
    let by = cx.child(&node, "by")?;
    match cx.quietly(|cx| cx.node_value(&by))?.value() {
        Some(Value::Ref(team)) => Some(team.name.clone()),
        _ => None,
    }
}

/// Clauses of a rule.
pub fn clauses<'a>(
    cx: &mut Elaborator<'a>,
    statements: &[&'a Statement],
    scope: &Scope,
) -> Vec<hxp_policy::model::Clause> {
    let mut clauses = Vec::new();
    for statement in statements {
        let parts = suffixes(statement);
        let because = form::because(statement);
        let mut inner = scope.clone();
        match &statement.kind {
            StatementKind::Require(exprs) => {
                let when = match parts.when {
                    Some(when) => {
                        let tested = cx.condition(when, &mut inner);
                        guards(when, true, &mut inner.known);
                        Some(tested)
                    }
                    None => None,
                };
                for expr in exprs {
                    let condition = cx.condition(expr, &mut inner);
                    if let (Some(condition), true) = (condition, !matches!(when, Some(None))) {
                        clauses.push(hxp_policy::model::Clause {
                            deny: false,
                            condition,
                            when: when.clone().flatten(),
                            because: because.clone(),
                            origin: cx.program.origin(statement.span),
                        });
                    }
                }
            }
            StatementKind::Deny => {
                if let Some(condition) = parts.when.and_then(|w| cx.condition(w, &mut inner)) {
                    clauses.push(hxp_policy::model::Clause {
                        deny: true,
                        condition,
                        when: None,
                        because: because.clone(),
                        origin: cx.program.origin(statement.span),
                    });
                }
            }
            _ => {}
        }
    }
    clauses
}

/// Whether a part of an expression could not be read.
fn has_error(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Error => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => has_error(inner),
        ExprKind::Binary(_, _, a, b) => has_error(a) || has_error(b),
        _ => false,
    }
}

/// `require a and b` where both are gates: each is required by itself.
fn joined_gates(cx: &Elaborator<'_>, expr: &ast::Expr, module: ModuleId) -> Option<Diagnostic> {
    fn gates(cx: &Elaborator<'_>, expr: &ast::Expr, module: ModuleId, gaps: &mut Vec<Edit>) -> bool {
        match &expr.kind {
            ExprKind::Name(name) => cx.program.lookup(module, Kind::Gate, name).is_some(),
            ExprKind::Call(base, _) => gates(cx, base, module, gaps),
            ExprKind::Binary(ast::BinaryOp::And, _, a, b) => {
                let both = gates(cx, a, module, gaps) && gates(cx, b, module, gaps);
                let span = Span { start: a.span.end, end: b.span.start, ..a.span };
                gaps.push(Edit { span, text: ", ".to_owned() });
                both
            }
            _ => false,
        }
    }
    let mut gaps = Vec::new();
    if !gates(cx, expr, module, &mut gaps) || gaps.is_empty() {
        return None;
    }
    gaps.sort_by_key(|e| e.span.start);
    let message = "gates that are required together are separated by commas";
    Some(Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message).fix_all("write commas", gaps, true))
}
