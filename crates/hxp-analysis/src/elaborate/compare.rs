//! Comparisons.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::expr::{CompareOp, Expr};
use hxp_policy::{Kind, Type, Value};
use hxp_syntax::ast::{self, BinaryOp, ExprKind, Literal};

use super::operators::by_expected_type;
use super::{Elaborator, Mode, Scope, Typed, Want};
use crate::fold;
use crate::types::{describe, join};

impl<'a> Elaborator<'a> {
    pub(super) fn comparison(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        whole: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Typed> {
        let op = compare_op(op);
        let none = |e: &ast::Expr| matches!(e.kind, ExprKind::Literal(Literal::None));
        if none(left) || none(right) {
            return self.against_none(op, if none(right) { left } else { right }, whole, scope);
        }
        let (a, b) = if self.is_bare_member(left, scope) {
            let b = self.elaborate(right, Want::ANY, scope)?;
            let want = Want { ty: Some(&b.ty).filter(|t| by_expected_type(t)), ..Want::ANY };
            (self.elaborate(left, want, scope)?, b)
        } else {
            let a = self.elaborate(left, Want::ANY, scope);
            // A word on the right means nothing when the left side has no type: it is no second mistake.
            if a.is_none() && self.is_bare_member(right, scope) {
                return None;
            }
            if matches!(a.as_ref().map(|t| &t.ty), Some(Type::Decl(Kind::Metric))) {
                self.not_measured_here(left);
                return None;
            }
            let wanted = a.as_ref().map(|t| t.ty.clone()).filter(by_expected_type);
            let b = self.elaborate(right, Want { ty: wanted.as_ref(), ..Want::ANY }, scope);
            (a?, b?)
        };
        let a = self.need_plain(a, left, scope);
        let b = self.need_plain(b, right, scope);
        let (a, b) = (a?, b?);
        let Some(ty) = join(&a.ty, &b.ty) else {
            let found = self.two_sides("they cannot be compared", op_span, (&a, left), (&b, right), whole.span);
            self.report(found);
            return None;
        };
        let ordered = !matches!(op, CompareOp::Eq | CompareOp::Ne);
        if ordered && !has_order(&ty) {
            let message = format!("`{}` is {}, which has no order", self.text(left.span), describe(&a.ty));
            self.report(Diagnostic::new(codes::TYPE_MISMATCH, whole.span, message).help("`==` and `!=` compare it"));
            return None;
        }
        let words = match &ty {
            Type::Enum(words) => Some(*words),
            _ => None,
        };
        if let (Some(x), Some(y)) = (a.value(), b.value()) {
            return match fold::compare(op, x, y, words) {
                Some(result) => Some(Typed::bool(result)),
                None => {
                    let found = self.two_sides("they cannot be compared", op_span, (&a, left), (&b, right), whole.span);
                    self.report(found);
                    None
                }
            };
        }
        let ty = if ty == Type::Any { if a.ty == Type::Any { b.ty.clone() } else { a.ty.clone() } } else { ty };
        let expr = Expr::Compare { op, left: Box::new(a.expr), right: Box::new(b.expr), ty };
        Some(Typed { expr, ty: Type::Bool })
    }

    /// A metric is compared where nothing is measured.
    fn not_measured_here(&mut self, metric: &ast::Expr) {
        let name = self.text(metric.span);
        let message = format!("`{name}` is measured over time, and not known here");
        self.report(Diagnostic::new(codes::WRONG_KIND, metric.span, message).label("a metric").help(
            "a metric is watched by a trigger, as in `trigger NAME when METRIC > 2% for 5m`, or by an `objective`",
        ));
    }

    /// `x == none`: the only way to ask whether an optional place is there.
    fn against_none(
        &mut self,
        op: CompareOp,
        operand: &'a ast::Expr,
        whole: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Typed> {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let message = "`none` has no order: it can only be compared with `==` and `!=`";
            self.report(Diagnostic::new(codes::TYPE_MISMATCH, whole.span, message));
            return None;
        }
        let typed = self.place_or_none(operand, scope)?;
        match (&typed.ty, typed.value()) {
            (_, Some(value)) => Some(Typed::bool((*value == Value::None) == (op == CompareOp::Eq))),
            (Type::Optional(_) | Type::Any, None) => {
                let none = Box::new(Expr::Const(Value::None));
                let expr = Expr::Compare { op, left: Box::new(typed.expr), right: none, ty: typed.ty };
                Some(Typed { expr, ty: Type::Bool })
            }
            (ty, None) => {
                let text = self.text(operand.span);
                let mut found = Diagnostic::new(
                    codes::CONSTANT_CONDITION,
                    whole.span,
                    format!("`{text}` is {} and never none", describe(ty)),
                )
                .label("always the same");
                if let Type::Record(fields) = ty {
                    let optional: Vec<String> = fields
                        .fields
                        .iter()
                        .filter(|(_, t)| matches!(t, Type::Optional(_)))
                        .map(|(n, _)| format!("{text}.{n}"))
                        .collect();
                    let optional: Vec<&str> = optional.iter().map(String::as_str).collect();
                    if !optional.is_empty() {
                        found =
                            found.help(format!("its fields may be none: {}", hxp_diagnostics::list_names(&optional)));
                    }
                }
                self.report(found);
                Some(Typed::bool(op == CompareOp::Ne))
            }
        }
    }

    /// Whether an operand is a word that means nothing by itself, so that the other side must say of which type it is.
    fn is_bare_member(&self, expr: &ast::Expr, scope: &Scope) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return false };
        let fact = match scope.mode {
            Mode::Object => true,
            _ => hxp_policy::facts::FACTS.field(name).is_some(),
        };
        let special = fact || name == "environment" || name == "age" || super::place::plural(name).is_some();
        let declared = self.program.lookup(scope.module, Kind::Let, name).is_some();
        !(special || declared || scope.var(name).is_some() || !self.program.candidates(scope.module, name).is_empty())
    }
}

fn compare_op(op: BinaryOp) -> CompareOp {
    match op {
        BinaryOp::Ne => CompareOp::Ne,
        BinaryOp::Lt => CompareOp::Lt,
        BinaryOp::Le => CompareOp::Le,
        BinaryOp::Gt => CompareOp::Gt,
        BinaryOp::Ge => CompareOp::Ge,
        _ => CompareOp::Eq,
    }
}

fn has_order(ty: &Type) -> bool {
    match ty {
        Type::Int
        | Type::Decimal
        | Type::String
        | Type::Quantity(_)
        | Type::Time
        | Type::Date
        | Type::Instant
        | Type::Weekday
        | Type::Semver
        | Type::Any => true,
        Type::Enum(words) => words.ordered,
        _ => false,
    }
}
