//! Boolean, arithmetic and other operators.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::expr::{ArithOp, Expr};
use hxp_policy::{Dimension, Kind, Pattern, Type, Value};
use hxp_syntax::ast::{self, BinaryOp, ExprKind, Literal, UnaryOp};
use smol_str::SmolStr;

use super::place::{path_text, plain};
use super::{Elaborator, Scope, Typed, Want, suggest_literal};
use crate::fold::{self, ArithError};
use crate::types::{common, describe, fits, join};

impl<'a> Elaborator<'a> {
    pub(super) fn unary(
        &mut self,
        op: UnaryOp,
        operand: &'a ast::Expr,
        whole: &'a ast::Expr,
        want: Want<'_>,
        scope: &mut Scope,
    ) -> Option<Typed> {
        match op {
            UnaryOp::Not => {
                let clause = scope.clause.take();
                let typed = self.elaborate(operand, Want::ty(&Type::Bool), scope);
                scope.clause = clause;
                Some(Typed { expr: not(typed?.expr), ty: Type::Bool })
            }
            UnaryOp::Neg => {
                let typed = self.elaborate(operand, want, scope)?;
                let typed = self.need_plain(typed, operand, scope)?;
                match &typed.ty {
                    Type::Int | Type::Decimal | Type::Quantity(_) | Type::Any => {}
                    other => {
                        let message =
                            format!("`{}` is {} and has no negative", self.text(operand.span), describe(other));
                        self.report(Diagnostic::new(codes::TYPE_MISMATCH, operand.span, message));
                        return None;
                    }
                }
                let minus = Typed::known(Value::Int(-1), Type::Int);
                self.arithmetic(ArithOp::Mul, minus, typed, whole.span)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a binary expression as the tree has them")]
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        whole: &'a ast::Expr,
        want: Want<'_>,
        scope: &mut Scope,
    ) -> Option<Typed> {
        if matches!(op, BinaryOp::Sub | BinaryOp::Div)
            && let Some(found) = self.glued(whole, scope)
        {
            self.report(found);
            return None;
        }
        match op {
            BinaryOp::And | BinaryOp::Or => self.boolean(op == BinaryOp::And, left, right, scope),
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                self.comparison(op, op_span, left, right, whole, scope)
            }
            BinaryOp::Match => self.matches(left, right, scope),
            BinaryOp::In => self.is_in(left, right, scope),
            BinaryOp::Has => self.has(left, right, scope),
            BinaryOp::Range => self.range(left, right, whole.span, want, scope),
            BinaryOp::Add => self.arith(ArithOp::Add, op_span, left, right, whole, scope),
            BinaryOp::Sub => self.arith(ArithOp::Sub, op_span, left, right, whole, scope),
            BinaryOp::Mul => self.arith(ArithOp::Mul, op_span, left, right, whole, scope),
            BinaryOp::Div => self.arith(ArithOp::Div, op_span, left, right, whole, scope),
        }
    }

    fn operand(&mut self, operand: &'a ast::Expr, scope: &mut Scope) -> Option<Typed> {
        let clause = scope.clause;
        if clause.is_some() {
            scope.clause = Some(operand.span);
        }
        let typed = self.elaborate(operand, Want::ty(&Type::Bool), scope);
        scope.clause = clause;
        typed
    }

    /// `and` and `or`: what the left side shows guards the right one.
    fn boolean(&mut self, and: bool, left: &'a ast::Expr, right: &'a ast::Expr, scope: &mut Scope) -> Option<Typed> {
        let first = self.operand(left, scope);
        let known = scope.known.len();
        guards(left, and, &mut scope.known);
        let settled = first.as_ref().and_then(|t| t.expr.as_bool()) == Some(!and);
        let second = if settled { self.quietly(|cx| cx.operand(right, scope)) } else { self.operand(right, scope) };
        scope.known.truncate(known);
        let first = first?;
        if settled {
            return Some(Typed::bool(!and));
        }
        let expr = if and { all_of(vec![first.expr, second?.expr]) } else { any_of(vec![first.expr, second?.expr]) };
        Some(Typed { expr, ty: Type::Bool })
    }

    pub(super) fn conditional(
        &mut self,
        condition: &'a ast::Expr,
        then: &'a ast::Expr,
        otherwise: &'a ast::Expr,
        want: Want<'_>,
        scope: &mut Scope,
    ) -> Option<Typed> {
        let clause = scope.clause.take();
        let tested = self.elaborate(condition, Want::ty(&Type::Bool), scope);
        scope.clause = clause;
        let settled = tested.as_ref().and_then(|t| t.expr.as_bool());
        let known = scope.known.len();
        guards(condition, true, &mut scope.known);
        let yes = self.branch(then, want, scope, settled == Some(false));
        scope.known.truncate(known);
        guards(condition, false, &mut scope.known);
        let no = self.branch(otherwise, want, scope, settled == Some(true));
        scope.known.truncate(known);
        let tested = tested?;
        match settled {
            Some(true) => yes,
            Some(false) => no,
            None => {
                let (yes, no) = (yes?, no?);
                let Some(ty) = join(&yes.ty, &no.ty) else {
                    let message = format!(
                        "the branches of `if` differ: `{}` is {}, `{}` is {}",
                        self.text(then.span),
                        describe(&yes.ty),
                        self.text(otherwise.span),
                        describe(&no.ty)
                    );
                    self.report(
                        Diagnostic::new(codes::TYPE_MISMATCH, otherwise.span, message)
                            .related(then.span, "the other branch"),
                    );
                    return None;
                };
                if yes.expr == no.expr {
                    return Some(Typed { expr: yes.expr, ty });
                }
                let expr = Expr::If(Box::new(tested.expr), Box::new(yes.expr), Box::new(no.expr));
                Some(Typed { expr, ty })
            }
        }
    }

    fn branch(&mut self, expr: &'a ast::Expr, want: Want<'_>, scope: &mut Scope, dead: bool) -> Option<Typed> {
        if dead { self.quietly(|cx| cx.elaborate(expr, want, scope)) } else { self.elaborate(expr, want, scope) }
    }

    fn arith(
        &mut self,
        op: ArithOp,
        op_span: Span,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        whole: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Typed> {
        let a = self.elaborate(left, Want::ANY, scope);
        let b = self.elaborate(right, Want::ANY, scope);
        let a = self.need_plain(a?, left, scope);
        let b = self.need_plain(b?, right, scope);
        let (a, b) = (a?, b?);
        if arith_type(op, &a.ty, &b.ty).is_none() {
            let found = self.cannot_reckon(op, op_span, (&a, left), (&b, right), whole);
            self.report(found);
            return None;
        }
        self.arithmetic(op, a, b, whole.span)
    }

    /// Reckons with what is known.
    fn arithmetic(&mut self, op: ArithOp, a: Typed, b: Typed, span: Span) -> Option<Typed> {
        let ty = arith_type(op, &a.ty, &b.ty)?;
        let (Some(x), Some(y)) = (a.value(), b.value()) else {
            if matches!(ty, Type::List(_) | Type::String | Type::Record(_)) {
                let whole = Typed { expr: a.expr, ty };
                self.need_known(&whole, span, None)?;
                return None;
            }
            if op == ArithOp::Div && b.value().and_then(fold::number).is_some_and(|n| n.is_zero()) {
                self.report(Diagnostic::new(codes::DIVISION_BY_ZERO, span, "this divides by zero"));
                return None;
            }
            let expr = Expr::Arith { op, left: Box::new(a.expr), right: Box::new(b.expr), ty: ty.clone() };
            return Some(Typed { expr, ty });
        };
        match fold::arith(op, x, y) {
            Ok(value) => {
                let ty = if ty == Type::Any { crate::types::of_value(&value) } else { ty };
                Some(Typed::known(value, ty))
            }
            Err(ArithError::DivisionByZero) => {
                self.report(Diagnostic::new(codes::DIVISION_BY_ZERO, span, "this divides by zero"));
                None
            }
            Err(ArithError::Overflow) => {
                self.report(Diagnostic::new(
                    codes::OUT_OF_RANGE,
                    span,
                    "the result is larger than a policy can reckon with",
                ));
                None
            }
            Err(ArithError::Types) => {
                let message = "these values cannot be reckoned with: every field of the record must be a quantity";
                self.report(Diagnostic::new(codes::TYPE_MISMATCH, span, message));
                None
            }
        }
    }

    fn cannot_reckon(
        &self,
        op: ArithOp,
        op_span: Span,
        (a, left): (&Typed, &ast::Expr),
        (b, right): (&Typed, &ast::Expr),
        whole: &ast::Expr,
    ) -> Diagnostic {
        let verb = match op {
            ArithOp::Add => "added",
            ArithOp::Sub => "subtracted",
            ArithOp::Mul => "multiplied",
            ArithOp::Div => "divided",
        };
        self.two_sides(&format!("they cannot be {verb}"), op_span, (a, left), (b, right), whole.span)
    }

    /// Two operands that do not go together, each named with what it is.
    pub(super) fn two_sides(
        &self,
        why: &str,
        op_span: Span,
        (a, left): (&Typed, &ast::Expr),
        (b, right): (&Typed, &ast::Expr),
        whole: Span,
    ) -> Diagnostic {
        let is = |typed: &Typed, expr: &ast::Expr| match (&expr.kind, &typed.ty) {
            (ExprKind::Literal(Literal::Quantity(q)), _) => crate::types::describe_quantity(q),
            (ExprKind::Literal(_), Type::Int | Type::Decimal) => "a number without a unit".into(),
            (_, ty) => describe(ty),
        };
        let message = format!(
            "`{}` is {}, `{}` is {}: {why}",
            self.text(left.span),
            is(a, left),
            self.text(right.span),
            is(b, right)
        );
        let quantity = |t: &Typed| matches!(t.ty, Type::Quantity(_));
        let number = |t: &Typed| matches!(t.ty, Type::Int | Type::Decimal);
        let code = match (quantity(a), quantity(b)) {
            (true, true) => codes::UNIT_MISMATCH,
            (true, false) if number(b) => codes::NEEDS_UNIT,
            (false, true) if number(a) => codes::NEEDS_UNIT,
            _ => codes::TYPE_MISMATCH,
        };
        let found = Diagnostic::new(code, whole, message)
            .label(describe_pair(&a.ty, &b.ty))
            .related(op_span, "cannot meet here");
        if quantity(a) && (quantity(b) || number(b)) && matches!(right.kind, ExprKind::Literal(_)) {
            return suggest_literal(found, right, &b.ty, &a.ty);
        }
        if quantity(b) && number(a) && matches!(left.kind, ExprKind::Literal(_)) {
            return suggest_literal(found, left, &a.ty, &b.ty);
        }
        match (&a.expr, &b.ty) {
            (Expr::Metric(name), Type::Quantity(_)) if number(a) => self.suggest_unit(found, name, &b.ty),
            _ => found,
        }
    }

    /// A metric is a number until it says of what.
    fn suggest_unit(&self, found: Diagnostic, metric: &SmolStr, ty: &Type) -> Diagnostic {
        let Some(decl) = self.program.by_model(Kind::Metric, metric).map(|id| self.program.get(id)) else {
            return found;
        };
        let word = match ty {
            Type::Quantity(Dimension::Percent) => "percent",
            Type::Quantity(Dimension::Duration) => "duration",
            Type::Quantity(Dimension::Bytes) => "bytes",
            _ => return found,
        };
        found
            .related(decl.name_span, "counts, as long as it says nothing else")
            .help(format!("say what it measures: `metric {metric}: {word} {{ … }}`"))
    }

    fn range(
        &mut self,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        span: Span,
        want: Want<'_>,
        scope: &mut Scope,
    ) -> Option<Typed> {
        let inner = match plain(want.ty) {
            Some(Type::Range(of)) => Some((**of).clone()),
            _ => None,
        };
        let want = Want { ty: inner.as_ref(), ..want };
        let a = self.constant(left, want, scope);
        let b = self.constant(right, want, scope);
        let (a, b) = (a?, b?);
        let Some(ty) = join(&a.ty, &b.ty).filter(|t| *t != Type::Any) else {
            let found = self.two_sides("they cannot be the ends of one range", span, (&a, left), (&b, right), span);
            self.report(found);
            return None;
        };
        let (from, to) = (a.value()?.clone(), b.value()?.clone());
        let words = match &ty {
            Type::Enum(words) => Some(*words),
            _ => None,
        };
        let Some(order) = fold::order(&from, &to, words) else {
            let message = format!("{} has no order, so there is no range of it", describe(&ty));
            self.report(Diagnostic::new(codes::TYPE_MISMATCH, span, message));
            return None;
        };
        let wraps = matches!(ty, Type::Time | Type::Weekday);
        if order.is_gt() && !wraps {
            let swapped = format!("{}..{}", self.text(right.span), self.text(left.span));
            let message = format!("`{}` ends before it begins", self.text(span));
            self.report(Diagnostic::new(codes::EMPTY_RANGE, span, message).fix(
                format!("write `{swapped}`"),
                span,
                swapped,
            ));
            return None;
        }
        if order.is_eq() && ty == Type::Time {
            let message = format!("`{}` is empty: the end of a time range is not included", self.text(span));
            self.report(Diagnostic::new(codes::EMPTY_RANGE, span, message));
            return None;
        }
        Some(Typed::known(Value::Range(Box::new(from), Box::new(to)), Type::Range(Box::new(ty))))
    }

    fn matches(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, scope: &mut Scope) -> Option<Typed> {
        let text = self.elaborate(left, Want::ty(&Type::String), scope);
        let pattern = self.constant(right, Want::ty(&Type::Pattern), scope);
        let (text, pattern) = (text?, pattern?);
        let Some(Value::Pattern(pattern)) = pattern.value() else { return None };
        if let Some(Value::Str(text)) = text.value() {
            return Some(Typed::bool(matches_pattern(text, pattern)));
        }
        Some(Typed { expr: Expr::Match(Box::new(text.expr), pattern.clone()), ty: Type::Bool })
    }

    fn is_in(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, scope: &mut Scope) -> Option<Typed> {
        let element = self.elaborate(left, Want::ANY, scope);
        let element = element.and_then(|t| self.need_plain(t, left, scope));
        let by_type = element.as_ref().map(|t| t.ty.clone()).filter(by_expected_type);
        let wanted = by_type.map(|t| Type::List(Box::new(t)));
        let want = Want { ty: wanted.as_ref().filter(|_| matches!(right.kind, ExprKind::List(_))), ..Want::ANY };
        let among = self.elaborate(right, want, scope);
        let among = among.and_then(|t| self.need_plain(t, right, scope));
        let (element, among) = (element?, among?);
        let of = match &among.ty {
            Type::List(of) | Type::Set(of) | Type::Range(of) => (**of).clone(),
            Type::Any => Type::Any,
            other => {
                let message =
                    format!("`in` asks of a list or a range; `{}` is {}", self.text(right.span), describe(other));
                self.report(Diagnostic::new(codes::TYPE_MISMATCH, right.span, message));
                return None;
            }
        };
        self.same_type(&element, &of, left, right)?;
        if let (Some(x), Some(among)) = (element.value(), among.value()) {
            return Some(Typed::bool(contains(among, x)));
        }
        Some(Typed { expr: Expr::In(Box::new(element.expr), Box::new(among.expr)), ty: Type::Bool })
    }

    fn same_type(&mut self, element: &Typed, of: &Type, left: &ast::Expr, right: &ast::Expr) -> Option<()> {
        if join(&element.ty, of).is_some() || fits(&element.ty, of) {
            return Some(());
        }
        let message = format!(
            "`{}` is {}, but each of `{}` is {}",
            self.text(left.span),
            describe(&element.ty),
            self.text(right.span),
            describe(of)
        );
        let quantities = matches!((&element.ty, of), (Type::Quantity(_), Type::Quantity(_)));
        let code = if quantities { codes::UNIT_MISMATCH } else { codes::TYPE_MISMATCH };
        self.report(Diagnostic::new(code, left.span.to(right.span), message));
        None
    }

    fn has(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, scope: &mut Scope) -> Option<Typed> {
        let owner = self.elaborate(left, Want::ANY, scope)?;
        if matches!(&owner.expr, Expr::Fact { path, .. } if path.len() == 1 && path.first().is_some_and(|p| p == "change"))
        {
            let label = self.constant(right, Want::ty(&Type::Decl(Kind::Label)), scope)?;
            let Some(Value::Ref(label)) = label.value() else { return None };
            return Some(Typed { expr: Expr::HasLabel(label.name.clone()), ty: Type::Bool });
        }
        let owner = self.need_plain(owner, left, scope)?;
        let of = match &owner.ty {
            Type::List(of) | Type::Set(of) | Type::Range(of) => (**of).clone(),
            Type::Any => Type::Any,
            other => {
                let message = format!("`has` asks a list; `{}` is {}", self.text(left.span), describe(other));
                self.report(
                    Diagnostic::new(codes::TYPE_MISMATCH, left.span, message)
                        .help("`change has LABEL` asks for a kind of change, `LIST has ELEMENT` for an element"),
                );
                return None;
            }
        };
        let want = Want { ty: Some(&of).filter(|t| by_expected_type(t)), ..Want::ANY };
        let element = self.elaborate(right, want, scope)?;
        let element = self.need_plain(element, right, scope)?;
        self.same_type(&element, &of, right, left)?;
        if let (Some(among), Some(x)) = (owner.value(), element.value()) {
            return Some(Typed::bool(contains(among, x)));
        }
        Some(Typed { expr: Expr::Has(Box::new(owner.expr), Box::new(element.expr)), ty: Type::Bool })
    }

    pub(super) fn list(&mut self, items: &'a [ast::Expr], want: Want<'_>, scope: &mut Scope) -> Option<Typed> {
        let of = match plain(want.ty) {
            Some(Type::List(of) | Type::Set(of)) => Some((**of).clone()),
            _ => None,
        };
        let each = Want { ty: of.as_ref(), name: want.name, declared: want.declared, data: want.data };
        let mut elements = Vec::new();
        let mut whole = true;
        for item in items {
            match self.elaborate(item, each, scope) {
                Some(typed) => elements.push(typed),
                None => whole = false,
            }
        }
        if !whole {
            return None;
        }
        let ty = Type::List(Box::new(of.unwrap_or_else(|| common(elements.iter().map(|t| t.ty.clone())))));
        Some(Typed { expr: list_of(elements.into_iter().map(|t| t.expr).collect()), ty })
    }
}

/// Types whose names are found by the expected type alone.
pub fn by_expected_type(ty: &Type) -> bool {
    match ty {
        Type::Enum(_) | Type::Decl(_) | Type::Weekday => true,
        Type::Optional(inner) => by_expected_type(inner),
        _ => false,
    }
}

/// What a condition shows when it is true (or false): places that are not none.
pub fn guards(condition: &ast::Expr, holds: bool, known: &mut Vec<SmolStr>) {
    match &condition.kind {
        ExprKind::Paren(inner) => guards(inner, holds, known),
        ExprKind::Unary(UnaryOp::Not, inner) => guards(inner, !holds, known),
        ExprKind::Binary(BinaryOp::And, _, a, b) if holds => {
            guards(a, true, known);
            guards(b, true, known);
        }
        ExprKind::Binary(BinaryOp::Or, _, a, b) if !holds => {
            guards(a, false, known);
            guards(b, false, known);
        }
        ExprKind::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), _, a, b) if (*op == BinaryOp::Ne) == holds => {
            let none = |e: &ast::Expr| matches!(e.kind, ExprKind::Literal(Literal::None));
            let path = if none(b) {
                path_text(a)
            } else if none(a) {
                path_text(b)
            } else {
                None
            };
            known.extend(path.map(SmolStr::from));
        }
        _ => {}
    }
}

/// `not e`, folded.
pub fn not(expr: Expr) -> Expr {
    match expr {
        Expr::Const(Value::Bool(b)) => Expr::Const(Value::Bool(!b)),
        Expr::Not(inner) => *inner,
        other => Expr::Not(Box::new(other)),
    }
}

/// All of them, folded and flattened.
pub fn all_of(exprs: Vec<Expr>) -> Expr {
    let mut parts = Vec::new();
    for expr in exprs {
        match expr {
            Expr::Const(Value::Bool(true)) => {}
            Expr::Const(Value::Bool(false)) => return Expr::Const(Value::Bool(false)),
            Expr::And(inner) => parts.extend(inner),
            other => parts.push(other),
        }
    }
    match parts.len() {
        0 => Expr::Const(Value::Bool(true)),
        1 => parts.remove(0),
        _ => Expr::And(parts),
    }
}

/// Any of them, folded and flattened.
pub fn any_of(exprs: Vec<Expr>) -> Expr {
    let mut parts = Vec::new();
    for expr in exprs {
        match expr {
            Expr::Const(Value::Bool(false)) => {}
            Expr::Const(Value::Bool(true)) => return Expr::Const(Value::Bool(true)),
            Expr::Or(inner) => parts.extend(inner),
            other => parts.push(other),
        }
    }
    match parts.len() {
        0 => Expr::Const(Value::Bool(false)),
        1 => parts.remove(0),
        _ => Expr::Or(parts),
    }
}

/// A list, known if all of its elements are.
pub fn list_of(exprs: Vec<Expr>) -> Expr {
    if exprs.iter().all(|e| matches!(e, Expr::Const(_))) {
        let values = exprs.into_iter().filter_map(|e| match e {
            Expr::Const(value) => Some(value),
            _ => None,
        });
        return Expr::Const(Value::List(values.collect()));
    }
    Expr::List(exprs)
}

/// Whether a known list or range contains a known value.
fn contains(among: &Value, x: &Value) -> bool {
    match among {
        Value::List(items) => items.iter().any(|item| fold::same(item, x)),
        Value::Range(from, to) => {
            let continuous = matches!(**from, Value::Time(_) | Value::Instant(_));
            let after_start = fold::order(x, from, None).is_some_and(std::cmp::Ordering::is_ge);
            let before_end = fold::order(x, to, None).is_some_and(|o| if continuous { o.is_lt() } else { o.is_le() });
            let wraps = fold::order(from, to, None).is_some_and(std::cmp::Ordering::is_gt);
            if wraps { after_start || before_end } else { after_start && before_end }
        }
        _ => false,
    }
}

/// Whether known text matches a pattern.
fn matches_pattern(text: &str, pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Glob(glob) => regex::Regex::new(&hxp_policy::glob::regex(glob)).is_ok_and(|r| r.is_match(text)),
        Pattern::Regex(re) => regex::Regex::new(&format!("^(?:{re})$")).is_ok_and(|r| r.is_match(text)),
        Pattern::SemverTag => {
            semver::Version::parse(text.strip_prefix('v').unwrap_or(text)).is_ok_and(|v| v.pre.is_empty())
        }
    }
}

fn describe_pair(a: &Type, b: &Type) -> String {
    format!("{} and {}", describe(a), describe(b))
}

/// The type of a computation, if there is such a one.
fn arith_type(op: ArithOp, a: &Type, b: &Type) -> Option<Type> {
    use ArithOp::{Add, Div, Mul, Sub};
    use Type::{Any, Decimal, Instant, Int, List, Quantity, String};
    let number = |t: &Type| matches!(t, Int | Decimal);
    Some(match (op, a, b) {
        (_, Any, _) | (_, _, Any) => Any,
        (Div, Int, Int) => Decimal,
        (_, Int, Int) => Int,
        (_, a, b) if number(a) && number(b) => Decimal,
        (Mul, Quantity(Dimension::Percent), b) if number(b) => Decimal,
        // `50% * 10` is half of ten, `2 * 5%` is twice five percent.
        (Mul, Quantity(Dimension::Percent), Quantity(d)) | (Mul, Quantity(d), Quantity(Dimension::Percent)) => {
            Quantity(*d)
        }
        (Mul, Quantity(Dimension::Percent), Type::Record(_)) => b.clone(),
        (Mul, Type::Record(_), Quantity(Dimension::Percent)) => a.clone(),
        (Mul | Div, Quantity(d), b) if number(b) => Quantity(*d),
        (Mul, a, Quantity(d)) if number(a) => Quantity(*d),
        (Div, Quantity(x), Quantity(y)) if x == y => Decimal,
        (Div, a, Quantity(Dimension::Duration)) if number(a) => Decimal,
        (Add | Sub, Quantity(x), Quantity(y)) if x == y => Quantity(*x),
        (Add | Sub, Instant, Quantity(Dimension::Duration)) => Instant,
        (Sub, Instant, Instant) => Quantity(Dimension::Duration),
        (Add, String, String) => String,
        (Add, List(x), List(y)) => List(Box::new(common([(**x).clone(), (**y).clone()]))),
        _ => return None,
    })
}
