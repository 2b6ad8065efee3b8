//! `all`, `any` and lists built from lists.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::expr::Expr;
use hxp_policy::{Type, Value};
use hxp_syntax::ast::{self, Comprehension, Quantifier};
use smol_str::SmolStr;

use super::operators::{all_of, any_of, guards, list_of, not};
use super::{Elaborator, Scope, Typed, Var, Want};
use crate::program::shadowing;
use crate::types::{common, describe, of_value};

/// What a name ranges over.
pub enum Elements {
    /// Elements that can be taken one by one.
    Known(Vec<Typed>),
    /// A list that only a request knows.
    Facts(Typed, Type),
}

impl<'a> Elaborator<'a> {
    pub(super) fn quantifier(&mut self, quantifier: &'a Quantifier, span: Span, scope: &mut Scope) -> Option<Typed> {
        let elements = self.elements(&quantifier.over, &quantifier.var, scope)?;
        match elements {
            Elements::Known(elements) => {
                let mut parts = Vec::new();
                let mut whole = true;
                for element in elements {
                    let part = self.one(quantifier, element, scope);
                    match part {
                        Some(part) => parts.push(part),
                        None => whole = false,
                    }
                }
                let expr = if quantifier.all { all_of(parts) } else { any_of(parts) };
                whole.then_some(Typed { expr, ty: Type::Bool })
            }
            Elements::Facts(over, of) => {
                if quantifier.all {
                    self.warn_of_empty(&quantifier.over, span);
                }
                let var = quantifier.var.text.clone();
                let bound = Typed { expr: Expr::Var { name: var.clone(), ty: of.clone() }, ty: of };
                let (filter, body) = self.bound(&quantifier.var, bound, scope, |cx, scope| {
                    cx.filter_and_body(quantifier.filter.as_ref(), &quantifier.body, Want::ty(&Type::Bool), scope)
                })?;
                let expr = Expr::Quantifier {
                    all: quantifier.all,
                    var,
                    over: Box::new(over.expr),
                    filter: filter.map(Box::new),
                    body: Box::new(body.expr),
                };
                Some(Typed { expr, ty: Type::Bool })
            }
        }
    }

    /// The body for one element: `not filter or body` for `all`, `filter and body` for `any`.
    pub fn one(&mut self, quantifier: &'a Quantifier, element: Typed, scope: &mut Scope) -> Option<Expr> {
        self.bound(&quantifier.var, element, scope, |cx, scope| {
            let known = scope.known.len();
            let filter = match &quantifier.filter {
                Some(filter) => {
                    let tested = cx.elaborate(filter, Want::ty(&Type::Bool), scope)?.expr;
                    guards(filter, true, &mut scope.known);
                    Some(tested)
                }
                None => None,
            };
            let out = filter.as_ref().and_then(Expr::as_bool) == Some(false);
            let body = if out { None } else { Some(cx.elaborate(&quantifier.body, Want::ty(&Type::Bool), scope)) };
            scope.known.truncate(known);
            match body {
                None => Some(Expr::Const(Value::Bool(quantifier.all))),
                Some(body) => Some(match (filter, quantifier.all) {
                    (None, _) => body?.expr,
                    (Some(filter), true) => any_of(vec![not(filter), body?.expr]),
                    (Some(filter), false) => all_of(vec![filter, body?.expr]),
                }),
            }
        })
    }

    fn bound<T>(
        &mut self,
        var: &ast::Ident,
        typed: Typed,
        scope: &mut Scope,
        run: impl FnOnce(&mut Self, &mut Scope) -> Option<T>,
    ) -> Option<T> {
        scope.vars.push(Var { name: var.text.clone(), typed });
        let clause = scope.clause.take();
        let result = run(self, scope);
        scope.clause = clause;
        scope.vars.pop();
        result
    }

    fn filter_and_body(
        &mut self,
        filter: Option<&'a ast::Expr>,
        body: &'a ast::Expr,
        want: Want<'_>,
        scope: &mut Scope,
    ) -> Option<(Option<Expr>, Typed)> {
        let known = scope.known.len();
        let tested = match filter {
            Some(filter) => {
                let tested = self.elaborate(filter, Want::ty(&Type::Bool), scope)?;
                guards(filter, true, &mut scope.known);
                Some(tested.expr)
            }
            None => None,
        };
        let body = self.elaborate(body, want, scope);
        scope.known.truncate(known);
        Some((tested, body?))
    }

    pub(super) fn comprehension(
        &mut self,
        comprehension: &'a Comprehension,
        want: Want<'_>,
        scope: &mut Scope,
    ) -> Option<Typed> {
        let of = match want.ty {
            Some(Type::List(of) | Type::Set(of)) => Some((**of).clone()),
            _ => None,
        };
        let each = Want { ty: of.as_ref(), data: want.data, ..Want::ANY };
        match self.elements(&comprehension.over, &comprehension.var, scope)? {
            Elements::Known(elements) => {
                let mut built = Vec::new();
                for element in elements {
                    let one = self.bound(&comprehension.var, element, scope, |cx, scope| {
                        let (filter, body) =
                            cx.filter_and_body(comprehension.filter.as_ref(), &comprehension.body, each, scope)?;
                        match filter.as_ref().map(Expr::as_bool) {
                            None | Some(Some(true)) => Some(Some(body)),
                            Some(Some(false)) => Some(None),
                            Some(None) => {
                                let whole = Typed { expr: filter?, ty: Type::Bool };
                                let span = comprehension.filter.as_ref().map_or(comprehension.body.span, |f| f.span);
                                cx.need_known(&whole, span, Some("where"))?;
                                None
                            }
                        }
                    })?;
                    built.extend(one);
                }
                let ty = of.unwrap_or_else(|| common(built.iter().map(|t| t.ty.clone())));
                Some(Typed { expr: list_of(built.into_iter().map(|t| t.expr).collect()), ty: Type::List(Box::new(ty)) })
            }
            Elements::Facts(over, element) => {
                let var = comprehension.var.text.clone();
                let bound = Typed { expr: Expr::Var { name: var.clone(), ty: element.clone() }, ty: element };
                let (filter, body) = self.bound(&comprehension.var, bound, scope, |cx, scope| {
                    cx.filter_and_body(comprehension.filter.as_ref(), &comprehension.body, each, scope)
                })?;
                let expr = Expr::Map {
                    var,
                    over: Box::new(over.expr),
                    filter: filter.map(Box::new),
                    body: Box::new(body.expr),
                };
                Some(Typed { expr, ty: Type::List(Box::new(body.ty)) })
            }
        }
    }

    /// What a name ranges over: a finite list, always.
    pub fn elements(&mut self, over: &'a ast::Expr, var: &ast::Ident, scope: &mut Scope) -> Option<Elements> {
        const MOST: i64 = 10_000;
        let mut found = Vec::new();
        shadowing(&var.text, var.span, &mut found);
        for problem in found {
            self.report(problem);
        }
        let typed = self.elaborate(over, Want::ANY, scope)?;
        let typed = self.need_plain(typed, over, scope)?;
        let of = match &typed.ty {
            Type::List(of) | Type::Set(of) => (**of).clone(),
            Type::Any => Type::Any,
            Type::Range(of) if **of == Type::Int => Type::Int,
            other => {
                let message = format!("`{}` is {}, not a list", self.text(over.span), describe(other));
                let mut found =
                    Diagnostic::new(codes::NOT_ITERABLE, over.span, message).label("a finite list is expected");
                if let Type::Record(_) = other {
                    let text = self.text(over.span);
                    found = found.help(format!("`keys({text})` lists the names of its fields"));
                }
                self.report(found);
                return None;
            }
        };
        match typed.expr {
            Expr::Const(Value::List(items)) => {
                let each = |value: Value| {
                    let ty = if of == Type::Any { of_value(&value) } else { of.clone() };
                    Typed::known(value, ty)
                };
                Some(Elements::Known(items.into_iter().map(each).collect()))
            }
            Expr::Const(Value::Range(from, to)) => match (*from, *to) {
                (Value::Int(from), Value::Int(to)) if to.saturating_sub(from) < MOST => {
                    Some(Elements::Known((from..=to).map(|i| Typed::known(Value::Int(i), Type::Int)).collect()))
                }
                _ => {
                    let message = format!("the range has more than {MOST} elements");
                    self.report(Diagnostic::new(codes::LIMIT, over.span, message));
                    None
                }
            },
            Expr::Const(_) => {
                let message = format!("`{}` is no list", self.text(over.span));
                self.report(Diagnostic::new(codes::NOT_ITERABLE, over.span, message));
                None
            }
            Expr::List(items) => {
                Some(Elements::Known(items.into_iter().map(|expr| Typed { expr, ty: of.clone() }).collect()))
            }
            expr => Some(Elements::Facts(Typed { expr, ty: typed.ty }, of)),
        }
    }

    fn warn_of_empty(&mut self, over: &ast::Expr, span: Span) {
        if self.symbolic > 0 {
            return;
        }
        let text = self.text(over.span);
        let message = format!("`all` over `{text}` is true when the list is empty");
        let mut found = Diagnostic::new(codes::ALL_OVER_FACTS, over.span, message)
            .label("may be empty")
            .help(format!("if an empty list must not pass, say `count({text}) > 0 and all …`"))
            .fix(format!("ask for `count({text}) > 0` as well"), span.before(), format!("count({text}) > 0 and "));
        if text.ends_with("pull_requests") {
            found = found.help("for reviews, the gate `reviewed` of `std.gates` looks at every commit");
        }
        self.report(found);
    }
}

/// The name of an element in an id: `rule.three_replicas[ui]`. It must outlast changes to the rest of the policy, so a
/// record is known by what it says of itself, its `name` or `key`, or by the declaration it is about; `None`: by nothing.
pub fn element_name(value: &Value) -> Option<SmolStr> {
    match value {
        Value::Record(record) => {
            let own = ["name", "key"].iter().find_map(|field| record.get(field).and_then(plain_name));
            own.or_else(|| {
                record.fields.iter().find_map(|f| match &f.value {
                    Value::Ref(reference) => Some(reference.name.clone()),
                    _ => None,
                })
            })
        }
        Value::List(_) | Value::None => None,
        other => Some(plain_name(other).unwrap_or_else(|| crate::show::value(other).into())),
    }
}

fn plain_name(value: &Value) -> Option<SmolStr> {
    match value {
        Value::Ref(reference) => Some(reference.name.clone()),
        Value::Str(text) | Value::Enum(text) => Some(text.clone()),
        _ => None,
    }
}
