//! Rules: over a release, over the policy itself, over a Kubernetes kind.

use hxp_diagnostics::{Diagnostic, Severity, Span, codes};
use hxp_policy::model::{GroupVersionKind, Override, Rule, RuleSubject, StaticResult};
use hxp_policy::{Expr, Type};
use hxp_syntax::ast::{self, Body, EntryKind, ExprKind, HeaderKind, Statement, StatementKind, SuffixKind};
use smol_str::{SmolStr, format_smolstr};

use super::blame::{Broken, blame};
use super::statement::clauses;
use crate::elaborate::quantifier::{Elements, element_name};
use crate::elaborate::{Elaborator, Mode, Scope, Typed, Var, Want};
use crate::program::{DeclId, Program};

/// What a rule is about, as written.
pub enum Subject {
    Release,
    Policy,
    Kind(GroupVersionKind),
}

/// What a rule is about.
pub fn subject(program: &Program<'_>, id: DeclId) -> Result<Subject, Box<Diagnostic>> {
    for header in &program.get(id).decl.headers {
        match &header.kind {
            HeaderKind::OnKind(gvk) => {
                return Ok(Subject::Kind(GroupVersionKind {
                    group: gvk.group.clone(),
                    version: gvk.version.clone(),
                    kind: gvk.kind.clone(),
                }));
            }
            HeaderKind::On(path) => {
                return match crate::stdlib::dotted(path).as_str() {
                    "release" => Ok(Subject::Release),
                    "policy" => Ok(Subject::Policy),
                    other => {
                        let message = format!("a rule cannot be about `{other}`");
                        Err(Box::new(
                            Diagnostic::new(codes::UNKNOWN_NAME, path.span, message)
                                .suggest(other, ["release", "policy"])
                                .help("or about a Kubernetes kind: `on networking.k8s.io/v1.Ingress`"),
                        ))
                    }
                };
            }
            _ => {}
        }
    }
    Ok(Subject::Release)
}

/// The names that the conditions of a rule may use.
pub fn scope(program: &Program<'_>, id: DeclId, environment: Option<DeclId>) -> Scope {
    let mode = match subject(program, id) {
        Ok(Subject::Policy) => Mode::Constant,
        Ok(Subject::Kind(_)) => Mode::Object,
        Ok(Subject::Release) | Err(_) => Mode::Facts,
    };
    Scope::new(program.get(id).module).reading(mode).at(environment)
}

fn statements<'a>(program: &Program<'a>, id: DeclId) -> Vec<&'a Statement> {
    let Body::Block(block) = &program.get(id).decl.body else { return Vec::new() };
    block
        .entries
        .iter()
        .filter_map(|e| match &e.kind {
            EntryKind::Statement(statement) => Some(&**statement),
            _ => None,
        })
        .collect()
}

/// `rule name on SUBJECT for ENVS { … }`; results over the policy are settled later.
pub fn rule(cx: &mut Elaborator<'_>, id: DeclId) -> Rule {
    cx.reading_decl(id);
    let program = cx.program;
    let decl = program.get(id);
    let environments = super::for_environments(cx, id);
    cx.properties(id);
    let statements = statements(program, id);
    if statements.is_empty() {
        let message = format!("the rule `{}` has no condition", decl.name);
        cx.report(
            Diagnostic::new(codes::MISSING_PROPERTY, decl.name_span, message)
                .help("say `require CONDITION` or `deny when CONDITION`"),
        );
    }
    let (subject, clauses) = match subject(program, id) {
        Err(found) => {
            cx.report(*found);
            (RuleSubject::Release, Vec::new())
        }
        Ok(Subject::Policy) => (RuleSubject::Policy(Vec::new()), Vec::new()),
        Ok(Subject::Kind(gvk)) => (RuleSubject::Kind(gvk), clauses(cx, &statements, &scope(program, id, None))),
        Ok(Subject::Release) => {
            let first = environments.first().and_then(|n| program.by_model(hxp_policy::Kind::Environment, n));
            let first = first.or_else(|| super::concrete_environments(program, cx).first().copied());
            (RuleSubject::Release, clauses(cx, &statements, &scope(program, id, first)))
        }
    };
    Rule {
        name: decl.model.clone(),
        doc: program.doc(id),
        origin: program.origin(decl.name_span),
        subject,
        environments,
        clauses,
        advisory: decl.advisory,
    }
}

/// How one element of a rule over the policy came out.
pub struct Outcome {
    pub result: StaticResult,
    /// What to say unless it is waived.
    pub broken: Option<Diagnostic>,
}

/// Settles a rule over the policy.
pub fn settle(cx: &mut Elaborator<'_>, id: DeclId) -> Vec<Outcome> {
    cx.reading_decl(id);
    let program = cx.program;
    let environments = cx.quietly(|cx| super::for_environments(cx, id));
    let base = format_smolstr!("rule.{}", program.get(id).model);
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut places: Vec<(SmolStr, Option<DeclId>)> = Vec::new();
    if environments.is_empty() {
        places.push((base, None));
    } else {
        for name in environments {
            let environment = program.by_model(hxp_policy::Kind::Environment, &name);
            places.push((format_smolstr!("{base}[{name}]"), environment));
        }
    }
    for (base, environment) in places {
        let scope = scope(program, id, environment);
        for statement in statements(program, id) {
            settle_statement(cx, id, statement, &base, &scope, &mut outcomes);
        }
    }
    outcomes
}

fn settle_statement<'a>(
    cx: &mut Elaborator<'a>,
    rule: DeclId,
    statement: &'a Statement,
    base: &SmolStr,
    scope: &Scope,
    outcomes: &mut Vec<Outcome>,
) {
    let when = statement.suffixes.iter().find_map(|s| match &s.kind {
        SuffixKind::When(expr) => Some(expr),
        _ => None,
    });
    match &statement.kind {
        StatementKind::Require(exprs) => {
            let mut inner = scope.clone();
            if let Some(when) = when {
                match truth(cx, when, &mut inner) {
                    Some(true) => crate::elaborate::operators::guards(when, true, &mut inner.known),
                    Some(false) => return add(cx, outcomes, base.clone(), true, statement.span, None),
                    None => return,
                }
            }
            for expr in exprs {
                settle_condition(cx, rule, expr, base, &inner, outcomes);
            }
        }
        StatementKind::Deny => {
            let Some(when) = when else { return };
            let mut inner = scope.clone();
            if let Some(denied) = truth(cx, when, &mut inner) {
                let of = Broken { rule, id: base, denied: true };
                let broken = denied.then(|| blame(cx, when, of, &mut inner));
                add(cx, outcomes, base.clone(), !denied, when.span, broken);
            }
        }
        _ => {}
    }
}

fn settle_condition<'a>(
    cx: &mut Elaborator<'a>,
    rule: DeclId,
    expr: &'a ast::Expr,
    base: &SmolStr,
    scope: &Scope,
    outcomes: &mut Vec<Outcome>,
) {
    let mut condition = expr;
    while let ExprKind::Paren(inner) = &condition.kind {
        condition = inner;
    }
    let mut scope = scope.clone();
    if let ExprKind::Quantifier(quantifier) = &condition.kind
        && quantifier.all
    {
        let Some(elements) = cx.elements(&quantifier.over, &quantifier.var, &mut scope) else { return };
        let Elements::Known(elements) = elements else {
            let whole = Typed { expr: Expr::List(Vec::new()), ty: Type::Bool };
            cx.need_known(&whole, quantifier.over.span, None);
            return;
        };
        for (index, element) in elements.into_iter().enumerate() {
            let name = element.value().and_then(element_name).unwrap_or_else(|| format_smolstr!("{index}"));
            let id = format_smolstr!("{base}[{name}]");
            let Some(result) = cx.one(quantifier, element.clone(), &mut scope) else { continue };
            let Some(holds) = result.as_bool() else { continue };
            let of = Broken { rule, id: &id, denied: false };
            let broken = (!holds).then(|| {
                with_var(&mut scope, &quantifier.var, element, |scope| blame(cx, &quantifier.body, of, scope))
            });
            add(cx, outcomes, id, holds, condition.span, broken);
        }
        return;
    }
    let Some(holds) = truth(cx, condition, &mut scope) else { return };
    let broken = (!holds).then(|| blame(cx, condition, Broken { rule, id: base, denied: false }, &mut scope));
    add(cx, outcomes, base.clone(), holds, condition.span, broken);
}

/// Runs with a name bound.
pub fn with_var<T>(scope: &mut Scope, var: &ast::Ident, typed: Typed, run: impl FnOnce(&mut Scope) -> T) -> T {
    scope.vars.push(Var { name: var.text.clone(), typed });
    let result = run(scope);
    scope.vars.pop();
    result
}

/// Whether a condition over the policy holds.
pub fn truth<'a>(cx: &mut Elaborator<'a>, expr: &'a ast::Expr, scope: &mut Scope) -> Option<bool> {
    cx.constant(expr, Want::ty(&Type::Bool), scope)?.expr.as_bool()
}

/// One id has one result: a rule of several clauses holds when all of them do.
fn add(
    cx: &Elaborator<'_>,
    outcomes: &mut Vec<Outcome>,
    id: SmolStr,
    holds: bool,
    span: Span,
    broken: Option<Diagnostic>,
) {
    match outcomes.iter_mut().find(|o| o.result.id == id) {
        Some(outcome) => {
            outcome.result.holds &= holds;
            if outcome.broken.is_none() {
                outcome.broken = broken;
            }
        }
        None => {
            let origin = cx.program.origin(span);
            outcomes.push(Outcome { result: StaticResult { id, holds, waived_by: None, origin }, broken });
        }
    }
}

/// Marks what is waived, and says what is broken and not waived.
pub fn judge(
    cx: &mut Elaborator<'_>,
    outcomes: Vec<Outcome>,
    overrides: &[&Override],
    today: Option<jiff::civil::Date>,
    advisory: bool,
) -> Vec<StaticResult> {
    let mut results = Vec::new();
    for outcome in outcomes {
        let Outcome { mut result, broken } = outcome;
        let covering: Vec<&&Override> =
            overrides.iter().filter(|o| o.when.is_none() && o.waives.iter().any(|w| w.covers(&result.id))).collect();
        let in_force = covering.iter().find(|o| !super::override_::has_ended(o, today));
        result.waived_by = in_force.map(|o| o.name.clone());
        if let (Some(mut broken), None) = (broken, in_force) {
            if advisory {
                broken.severity = Severity::Warning;
            }
            if let Some(ended) = covering.first() {
                broken = broken.related(ended.origin.span, format!("`{}` waived it, and has ended", ended.name));
            }
            cx.report(broken);
        }
        results.push(result);
    }
    results
}
