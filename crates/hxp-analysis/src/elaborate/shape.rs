//! Expressions where a schema says what is expected.

use std::rc::Rc;

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::{Type, Value};
use hxp_syntax::ast::{self, ExprKind, Literal};
use smol_str::SmolStr;

use super::{Elaborator, Scope, Typed, Want};
use crate::schema::Shape;
use crate::types::describe;

impl<'a> Elaborator<'a> {
    /// The known value of an expression in a place of that shape and name.
    pub fn shaped(
        &mut self,
        expr: &'a ast::Expr,
        shape: &'static Shape,
        name: &str,
        scope: &mut Scope,
    ) -> Option<Typed> {
        if let Some(ty) = shape.ty() {
            let typed = self.constant(expr, Want::named(&ty, name), scope)?;
            return Some(typed);
        }
        match shape {
            Shape::Word => self.word(expr, name),
            Shape::Id => self.id(expr),
            Shape::List(of) => self.shaped_list(expr, of, name, scope),
            Shape::Either(shapes) => self.either(expr, shapes, shape, name, scope),
            Shape::Data => self.data(expr, name, scope),
            Shape::Record(_) | Shape::Map(_) => self.shaped_record(expr, shape, name, scope),
            Shape::Range(of) => self.shaped(expr, of, name, scope),
            _ => {
                let want = Want { name: Some(name), ..Want::ANY };
                self.constant(expr, want, scope)
            }
        }
    }

    fn word(&mut self, expr: &'a ast::Expr, name: &str) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Name(word) => Some(Typed::known(Value::Enum(word.clone()), Type::Any)),
            ExprKind::Literal(Literal::Str(text)) => Some(Typed::known(Value::Str(text.value.clone()), Type::String)),
            ExprKind::Literal(Literal::Bool(b)) => Some(Typed::bool(*b)),
            ExprKind::Paren(inner) => self.word(inner, name),
            _ => {
                let message = format!("`{name}` is a word, but `{}` is not", self.text(expr.span));
                self.report(Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message).label("a word is expected"));
                None
            }
        }
    }

    /// The id of a requirement or of a declaration, as text; whether it exists is checked when all ids are known.
    fn id(&mut self, expr: &'a ast::Expr) -> Option<Typed> {
        let text = crate::lower::ids::id_text(self, expr)?;
        Some(Typed::known(Value::Str(text), Type::String))
    }

    fn shaped_list(&mut self, expr: &'a ast::Expr, of: &'static Shape, name: &str, scope: &mut Scope) -> Option<Typed> {
        match &expr.kind {
            ExprKind::List(items) => {
                let mut values = Vec::new();
                let mut whole = true;
                for item in items {
                    let typed = match &item.kind {
                        ExprKind::Record(block) => self.block_in_shape(block, &Rc::new(scope.clone()), of, name),
                        _ => self.shaped(item, of, name, scope),
                    };
                    match typed.and_then(|t| t.value().cloned()) {
                        Some(value) => values.push(value),
                        None => whole = false,
                    }
                }
                whole.then(|| Typed::known(Value::List(values), Type::List(Box::new(Type::Any))))
            }
            ExprKind::Paren(inner) => self.shaped_list(inner, of, name, scope),
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Call(..) | ExprKind::Binary(..) | ExprKind::If(..) => {
                let typed = self.constant(expr, Want::ANY, scope)?;
                if matches!(typed.value(), Some(Value::List(_))) {
                    return Some(typed);
                }
                self.not_a_list(expr, of, name)
            }
            _ => self.not_a_list(expr, of, name),
        }
    }

    fn not_a_list(&mut self, expr: &ast::Expr, of: &Shape, name: &str) -> Option<Typed> {
        let message =
            format!("`{name}` is a list of which each is {}, but `{}` is no list", of.describe(), self.text(expr.span));
        self.report(
            Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message)
                .label("a list is expected")
                .help("write a list: `[…]`"),
        );
        None
    }

    /// The first shape that fits.
    fn either(
        &mut self,
        expr: &'a ast::Expr,
        shapes: &'static [Shape],
        all: &Shape,
        name: &str,
        scope: &mut Scope,
    ) -> Option<Typed> {
        for shape in shapes {
            let fitting = self.quietly(|cx| cx.shaped(expr, shape, name, &mut scope.clone()).is_some());
            if fitting {
                return self.shaped(expr, shape, name, scope);
            }
        }
        // A quantity in the wrong unit is told so by the quantity that is expected.
        let number = matches!(&expr.kind, ExprKind::Literal(Literal::Quantity(_) | Literal::Int(_)));
        if let (true, Some(quantity)) = (number, shapes.iter().find(|s| matches!(s, Shape::Quantity(_)))) {
            return self.shaped(expr, quantity, name, scope);
        }
        let before = self.diagnostics.len();
        let typed = self.constant(expr, Want { name: Some(name), ..Want::ANY }, scope);
        if let (Some(typed), true) = (typed, self.diagnostics.len() == before) {
            let message =
                format!("`{name}` is {}, but `{}` is {}", all.describe(), self.text(expr.span), describe(&typed.ty));
            self.report(Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message));
        }
        None
    }

    fn shaped_record(
        &mut self,
        expr: &'a ast::Expr,
        shape: &'static Shape,
        name: &str,
        scope: &mut Scope,
    ) -> Option<Typed> {
        if let ExprKind::Record(block) = &expr.kind {
            return self.block_value(block, &Rc::new(scope.clone()), shape);
        }
        let typed = self.constant(expr, Want { name: Some(name), ..Want::ANY }, scope)?;
        let Some(Value::Record(values)) = typed.value() else {
            let message = format!("`{name}` is a record, but `{}` is {}", self.text(expr.span), describe(&typed.ty));
            self.report(
                Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message)
                    .label("a record is expected")
                    .help(format!("write `{name} {{ … }}`")),
            );
            return None;
        };
        let keys: Vec<SmolStr> = values.fields.iter().map(|f| f.name.clone()).collect();
        for key in keys {
            self.property_shape(shape, &key, expr.span)?;
        }
        Some(typed)
    }

    /// Configuration: quantities are kept as written, and nothing but plain data may stand in it.
    fn data(&mut self, expr: &'a ast::Expr, name: &str, scope: &mut Scope) -> Option<Typed> {
        if let ExprKind::Literal(Literal::Quantity(q)) = &expr.kind
            && q.unit == ast::Dimension::Duration
            && matches!(name, "cpu" | "memory")
        {
            let ty = if name == "cpu" { hxp_policy::Dimension::Cpu } else { hxp_policy::Dimension::Bytes };
            return self.constant(expr, Want::named(&Type::Quantity(ty), name), scope);
        }
        let typed = self.constant(expr, Want { name: Some(name), ..Want::DATA }, scope)?;
        if let Some(Value::Ref(reference)) = typed.value() {
            let message = format!(
                "`{name}` is configuration, but `{}` is {}",
                self.text(expr.span),
                crate::program::with_article(reference.kind.word())
            );
            let text = self.text(expr.span);
            self.report(
                Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message)
                    .help(format!("text stands in quotes; the name of the {} is `{text}.name`", reference.kind.word()))
                    .fix(format!("write `{text}.name`"), expr.span, format!("{text}.name"))
                    .fix(format!("write `\"{text}\"`"), expr.span, format!("\"{text}\"")),
            );
            return None;
        }
        Some(typed)
    }
}
