//! Calls: functions written in hxp, built-in ones, and gates with arguments.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::expr::{Builtin, Expr};
use hxp_policy::model::Role;
use hxp_policy::value::Ref;
use hxp_policy::{Dimension, Kind, Millis, Type, Value};
use hxp_syntax::ast::{self, Arg, Body, Param};
use smol_str::SmolStr;

use super::place::Place;
use super::{Elaborator, FrameKey, Mode, Scope, Typed, Var, Want};
use crate::fold;
use crate::program::{DeclId, with_article};
use crate::types::{describe, join, resolve};

/// The built-in functions with their parameters, for messages and documentation.
pub const BUILTINS: &[(&str, &str, &str)] = &[
    ("count", "count(list)", "how many elements a list has"),
    ("sum", "sum(list)", "the sum of a list of numbers or quantities"),
    ("min", "min(a, b), min(range), min(list)", "the least of them"),
    ("max", "max(a, b), max(range), max(list)", "the greatest of them"),
    ("bump", "bump(from, to)", "which part of a version rose: same, patch, minor or major"),
    ("support_line", "support_line(version, versions)", "latest, previous_minor or older"),
    ("lower", "lower(text)", "the text in lower case"),
    ("keys", "keys(record)", "the names of a record's fields"),
    ("baseline", "baseline(metric, duration)", "the metric's value before the current deployment"),
];

impl<'a> Elaborator<'a> {
    /// A call of a bare name.
    pub(super) fn call_name(
        &mut self,
        name: &SmolStr,
        span: Span,
        args: &'a [Arg],
        whole: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Typed> {
        if scope.var(name).is_none()
            && let Some((id, import)) = self.program.lookup(scope.module, Kind::Let, name)
        {
            self.refer(id, import, span);
            return self.call_let(id, span, args, whole, scope);
        }
        if BUILTINS.iter().any(|(n, _, _)| n == name) {
            return self.call_builtin(name, span, args, whole, scope);
        }
        if let Some((id, import)) = self.program.lookup(scope.module, Kind::Gate, name) {
            self.refer(id, import, span);
            return self.call_gate(id, args, whole.span, scope);
        }
        self.cannot_call(name, span, scope);
        None
    }

    fn cannot_call(&mut self, name: &SmolStr, span: Span, scope: &Scope) {
        if let Some((id, _)) = self.program.candidates(scope.module, name).first() {
            let decl = self.program.get(*id);
            let message = format!("`{name}` is {} and takes no arguments", with_article(decl.kind.word()));
            let found = Diagnostic::new(codes::NOT_CALLABLE, span, message).related(decl.name_span, "declared here");
            self.report(found);
            return;
        }
        if scope.var(name).is_some() {
            let message = format!("`{name}` is a value and takes no arguments");
            self.report(Diagnostic::new(codes::NOT_CALLABLE, span, message));
            return;
        }
        if self.role == Role::Requires {
            let found = self.program.unknown(scope.module, Kind::Gate, name, span);
            return self.report(found);
        }
        let mut valid: Vec<&str> = BUILTINS.iter().map(|(n, _, _)| *n).collect();
        let lets = self.program.valid(scope.module, Kind::Let);
        let gates = self.program.valid(scope.module, Kind::Gate);
        valid.extend(lets.iter().chain(&gates));
        let found = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("there is no function `{name}`"));
        match crate::stdlib::home_of(None, name) {
            Some(home) => self.report(crate::program::import_from(found, &home, name)),
            None => {
                let near = hxp_diagnostics::nearest(name, valid.iter().copied().chain(self.program.prelude_names()));
                let found = match near {
                    Some(best) => {
                        found.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), span, best)
                    }
                    None => found,
                };
                self.report(found.help(format!("valid here: {}", hxp_diagnostics::list_names(&valid))));
            }
        }
    }

    /// A call of something reached by steps: `gate.coverage(70%)`, `gates.coverage(70%)`.
    pub(super) fn call_place(
        &mut self,
        place: &Place<'a>,
        args: &'a [Arg],
        base: &'a ast::Expr,
        whole: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Typed> {
        if let Place::Decl(id) = *place {
            let kind = self.program.get(id).kind;
            match kind {
                Kind::Gate => return self.call_gate(id, args, whole.span, scope),
                Kind::Let => return self.call_let(id, base.span, args, whole, scope),
                _ => {}
            }
        }
        let message = format!("`{}` cannot be called", self.text(base.span));
        self.report(
            Diagnostic::new(codes::NOT_CALLABLE, base.span, message).help("functions and gates take arguments"),
        );
        None
    }

    /// The value of a constant.
    pub fn let_value(&mut self, id: DeclId, span: Span, scope: &mut Scope) -> Option<Typed> {
        let program = self.program;
        let decl = program.get(id);
        if decl.decl.params.is_some() {
            let message = format!("`{}` is a function: it needs its arguments", decl.name);
            let params = decl.decl.params.iter().flatten().map(|p| p.name.text.as_str()).collect::<Vec<_>>().join(", ");
            let found = Diagnostic::new(codes::MISSING_ARGUMENT, span, message)
                .related(decl.name_span, "declared here")
                .help(format!("write `{}({params})`", decl.name));
            self.report(found);
            return None;
        }
        let mode = match scope.mode {
            Mode::Constant => Mode::Facts,
            other => other,
        };
        let key = (id, mode);
        let known = self.lets.get(&key).cloned();
        let typed = match known {
            Some(typed) => typed,
            None => {
                let result =
                    self.framed(FrameKey::Let(id), decl.name.clone(), span, |cx| cx.let_body(id, mode)).flatten();
                self.lets.insert(key, result.clone());
                result
            }
        }?;
        if scope.mode == Mode::Constant && typed.value().is_none() && self.symbolic == 0 {
            let message = format!("`{}` depends on the facts of a request and cannot be used here", decl.name);
            let body = body_span(decl.decl).unwrap_or(decl.name_span);
            self.report(
                Diagnostic::new(codes::NOT_CONSTANT, span, message)
                    .label("known only when a release is judged")
                    .related(body, "this reads the request"),
            );
            return None;
        }
        Some(typed)
    }

    /// Evaluates the body of a constant on behalf of the constant.
    fn let_body(&mut self, id: DeclId, mode: Mode) -> Option<Typed> {
        let program = self.program;
        let decl = program.get(id);
        let before =
            std::mem::replace(&mut self.from, hxp_policy::model::Node { kind: Kind::Let, name: decl.model.clone() });
        let mut scope = Scope::new(decl.module).reading(mode);
        let result = self.body_of(id, &mut scope);
        self.from = before;
        result
    }

    /// The body of a constant or function in a scope.
    pub fn body_of(&mut self, id: DeclId, scope: &mut Scope) -> Option<Typed> {
        let decl = self.program.get(id);
        let ty = match decl.decl.ty.as_ref().map(resolve) {
            Some(Err(found)) => {
                self.report(*found);
                return None;
            }
            Some(Ok(ty)) => Some(ty),
            None => None,
        };
        let want = Want {
            ty: ty.as_ref(),
            name: Some(&decl.name),
            declared: decl.decl.ty.as_ref().map(|t| t.span),
            data: false,
        };
        match &decl.decl.body {
            Body::Expr(expr) => self.elaborate(expr, want, scope),
            Body::Block(block) => self.record_literal(block, want, scope),
            Body::None => None,
        }
    }

    fn call_let(
        &mut self,
        id: DeclId,
        span: Span,
        args: &'a [Arg],
        whole: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Typed> {
        let program = self.program;
        let decl = program.get(id);
        let Some(params) = &decl.decl.params else {
            let message = format!("`{}` is a constant and takes no arguments", decl.name);
            let found = Diagnostic::new(codes::NOT_CALLABLE, span, message)
                .related(decl.name_span, "declared here")
                .fix(format!("write `{}`", decl.name), whole.span, decl.name.as_str());
            self.report(found);
            return None;
        };
        let bound = self.arguments(decl.name.as_str(), params, args, whole.span, decl.module, scope)?;
        let mut inner = Scope::new(decl.module).reading(scope.mode).at(scope.environment);
        inner.vars = bound.into_iter().map(|(name, typed)| Var { name, typed }).collect();
        self.framed(FrameKey::Let(id), decl.name.clone(), whole.span, |cx| cx.body_of(id, &mut inner)).flatten()
    }

    /// The body of a function with parameters bound, to check it.
    pub fn function_body(&mut self, id: DeclId, span: Span, scope: &mut Scope) -> Option<Typed> {
        let name = self.program.get(id).name.clone();
        self.framed(FrameKey::Let(id), name, span, |cx| cx.body_of(id, scope)).flatten()
    }

    /// A gate with its arguments.
    fn call_gate(&mut self, id: DeclId, args: &'a [Arg], span: Span, scope: &mut Scope) -> Option<Typed> {
        let bound = self.gate_arguments(id, args, span, scope)?;
        let reference = Ref { args: bound, ..self.reference(id) };
        Some(Typed::known(Value::Ref(reference), Type::Decl(Kind::Gate)))
    }

    /// The arguments of a gate in the order of its parameters, defaults filled in.
    pub fn gate_arguments(
        &mut self,
        id: DeclId,
        args: &'a [Arg],
        span: Span,
        scope: &mut Scope,
    ) -> Option<Vec<(SmolStr, Value)>> {
        let program = self.program;
        let decl = program.get(id);
        let (params, set) = crate::lower::gate::parameters(self, id);
        let params: Vec<&'a Param> = params.into_iter().map(|(p, _)| p).collect();
        let mut bound = Vec::new();
        let found = self.match_arguments(decl.name.as_str(), &params, &set, args, span, scope)?;
        for (param, arg) in found {
            let ty = resolve(&param.ty).ok()?;
            let name = param.name.text.clone();
            let typed = match arg {
                Some(expr) => {
                    let want = Want { declared: Some(param.span), ..Want::named(&ty, &name) };
                    self.constant(expr, want, scope)?
                }
                None => {
                    let (expr, module) = crate::lower::gate::default_of(self.program, id, param, &set)?;
                    let want = Want { declared: Some(param.span), ..Want::named(&ty, &name) };
                    self.constant(expr, want, &mut Scope::new(module))?
                }
            };
            bound.push((name, typed.value()?.clone()));
        }
        Some(bound)
    }

    /// The arguments of a function, checked and bound.
    fn arguments(
        &mut self,
        callee: &str,
        params: &'a [Param],
        args: &'a [Arg],
        span: Span,
        home: crate::program::ModuleId,
        scope: &mut Scope,
    ) -> Option<Vec<(SmolStr, Typed)>> {
        if let Some(of) = self.takes_rest(params, args, scope) {
            return self.rest_arguments(params, &of, args, scope);
        }
        let params: Vec<&'a Param> = params.iter().collect();
        let set: Vec<(SmolStr, &'a ast::Expr, crate::program::ModuleId)> = Vec::new();
        let matched = self.match_arguments(callee, &params, &set, args, span, scope);
        let mut bound = Vec::new();
        let mut whole = true;
        for (param, arg) in matched? {
            let ty = match resolve(&param.ty) {
                Ok(ty) => ty,
                Err(found) => {
                    self.report(*found);
                    return None;
                }
            };
            let want = Want { declared: Some(param.span), ..Want::named(&ty, &param.name.text) };
            let typed = match (arg, &param.default) {
                (Some(expr), _) => self.elaborate(expr, want, scope),
                (None, Some(default)) => self.elaborate(default, want, &mut Scope::new(home)),
                (None, None) => None,
            };
            match typed {
                Some(typed) => bound.push((param.name.text.clone(), typed)),
                None => whole = false,
            }
        }
        whole.then_some(bound)
    }

    /// Whether the arguments are the elements of a function's only parameter, a list: `make("setup", "dev")`.
    fn takes_rest(&mut self, params: &'a [Param], args: &'a [Arg], scope: &Scope) -> Option<Type> {
        let [param] = params else { return None };
        let Ok(Type::List(of)) = resolve(&param.ty) else { return None };
        if args.iter().any(|a| a.name.is_some()) || args.is_empty() {
            return None;
        }
        if let [only] = args {
            let is_list = self.quietly(|cx| {
                cx.elaborate(&only.value, Want::ANY, &mut scope.clone()).is_some_and(|t| matches!(t.ty, Type::List(_)))
            });
            if is_list {
                return None;
            }
        }
        Some(*of)
    }

    fn rest_arguments(
        &mut self,
        params: &'a [Param],
        of: &Type,
        args: &'a [Arg],
        scope: &mut Scope,
    ) -> Option<Vec<(SmolStr, Typed)>> {
        let param = params.first()?;
        let want = Want { declared: Some(param.span), ..Want::named(of, &param.name.text) };
        let mut elements = Vec::new();
        for arg in args {
            elements.push(self.elaborate(&arg.value, want, scope)?.expr);
        }
        let list = Typed { expr: super::operators::list_of(elements), ty: Type::List(Box::new(of.clone())) };
        Some(vec![(param.name.text.clone(), list)])
    }

    /// `coverage(99,5%)`: an argument too many that is the end of the number before it. Tells it.
    fn is_decimal_comma(&mut self, before: Option<&Arg>, arg: &Arg) -> bool {
        let (Some(before), None) = (before, &arg.name) else { return false };
        let whole = before.value.span.to(arg.value.span);
        let is_int = matches!(before.value.kind, ast::ExprKind::Literal(ast::Literal::Int(_)));
        let is_number =
            matches!(arg.value.kind, ast::ExprKind::Literal(ast::Literal::Int(_) | ast::Literal::Quantity(_)));
        let text = self.text(whole);
        if !is_int || !is_number || text.contains(char::is_whitespace) {
            return false;
        }
        let right = text.replace(',', ".");
        self.report(Diagnostic::new(codes::BAD_LITERAL, whole, "a number has no comma").fix(
            format!("write `{right}`"),
            whole,
            right,
        ));
        true
    }

    /// Which argument belongs to which parameter. `set` are parameters that the declaration itself has set.
    fn match_arguments(
        &mut self,
        callee: &str,
        params: &[&'a Param],
        set: &[(SmolStr, &'a ast::Expr, crate::program::ModuleId)],
        args: &'a [Arg],
        span: Span,
        _scope: &Scope,
    ) -> Option<Vec<(&'a Param, Option<&'a ast::Expr>)>> {
        let mut found: Vec<(&'a Param, Option<&'a ast::Expr>)> = params.iter().map(|p| (*p, None)).collect();
        let (mut whole, mut missing) = (true, false);
        let mut next = 0;
        for (number, arg) in args.iter().enumerate() {
            let before = number.checked_sub(1).and_then(|n| args.get(n));
            let slot = match &arg.name {
                None if before.is_some_and(|b| b.name.is_some()) && self.is_decimal_comma(before, arg) => {
                    whole = false;
                    continue;
                }
                None => {
                    let slot = found.get_mut(next);
                    next += 1;
                    slot
                }
                Some(name) => {
                    let slot = found.iter_mut().find(|(p, _)| p.name.text == name.text);
                    if slot.is_none() {
                        let message = format!("`{callee}` has no parameter `{}`", name.text);
                        let problem = Diagnostic::new(codes::UNKNOWN_ARGUMENT, name.span, message);
                        self.report(problem.suggest(&name.text, params.iter().map(|p| p.name.text.as_str())));
                        whole = false;
                        continue;
                    }
                    slot
                }
            };
            match slot {
                None if self.is_decimal_comma(before, arg) => whole = false,
                None => {
                    let message = match params.len() {
                        0 => format!("`{callee}` takes no arguments"),
                        1 => format!("`{callee}` takes one argument"),
                        n => format!("`{callee}` takes {n} arguments"),
                    };
                    self.report(
                        Diagnostic::new(codes::UNKNOWN_ARGUMENT, arg.value.span, message).label("one too many"),
                    );
                    whole = false;
                }
                Some((param, Some(first))) => {
                    let message = format!("`{}` is given twice", param.name.text);
                    let first = first.span;
                    self.report(
                        Diagnostic::new(codes::UNKNOWN_ARGUMENT, arg.value.span, message)
                            .related(first, "first given here"),
                    );
                    whole = false;
                }
                Some((_, slot)) => *slot = Some(&arg.value),
            }
        }
        // A name that no parameter has was probably meant for the one that is missing.
        for (param, arg) in found.iter().filter(|_| whole) {
            let has_default = param.default.is_some() || set.iter().any(|(n, _, _)| *n == param.name.text);
            if arg.is_none() && !has_default {
                let ty = resolve(&param.ty).map_or_else(|_| "a value".to_owned(), |t| describe(&t));
                missing = true;
                let message = format!("`{callee}` needs `{}`: {ty}", param.name.text);
                self.report(
                    Diagnostic::new(codes::MISSING_ARGUMENT, span, message)
                        .label(format!("`{}` is missing", param.name.text))
                        .related(param.span, "declared here"),
                );
            }
        }
        (whole && !missing).then_some(found)
    }

    fn call_builtin(
        &mut self,
        name: &str,
        span: Span,
        args: &'a [Arg],
        whole: &'a ast::Expr,
        scope: &mut Scope,
    ) -> Option<Typed> {
        let wanted: &[usize] = match name {
            "min" | "max" => &[1, 2],
            "bump" | "support_line" | "baseline" => &[2],
            _ => &[1],
        };
        let form = BUILTINS.iter().find(|(n, _, _)| *n == name).map_or("", |(_, f, _)| f);
        if let Some(named) = args.iter().find_map(|a| a.name.as_ref()) {
            let message = format!("the arguments of `{name}` have no names");
            self.report(Diagnostic::new(codes::UNKNOWN_ARGUMENT, named.span, message).help(format!("write `{form}`")));
            return None;
        }
        if !wanted.contains(&args.len()) {
            let few = args.len() < wanted.first().copied().unwrap_or(1);
            let code = if few { codes::MISSING_ARGUMENT } else { codes::UNKNOWN_ARGUMENT };
            let message = format!("`{name}` is called as `{form}`");
            self.report(Diagnostic::new(code, whole.span, message));
            return None;
        }
        if name == "baseline" {
            return self.baseline(span, args, scope);
        }
        let version = Type::Semver;
        let versions = Type::List(Box::new(Type::Semver));
        let mut values: Vec<(Typed, &'a ast::Expr)> = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            let want = match (name, index) {
                ("bump", _) | ("support_line", 0) => Want::ty(&version),
                ("support_line", _) => Want::ty(&versions),
                ("lower", _) => Want::ty(&Type::String),
                _ => Want::ANY,
            };
            let typed = self.elaborate(&arg.value, want, scope)?;
            values.push((self.need_plain(typed, &arg.value, scope)?, &arg.value));
        }
        match name {
            "count" => self.count(values),
            "sum" => self.sum(values, whole.span),
            "min" | "max" => self.extreme(name == "min", &values, whole.span),
            "keys" => self.keys_call(values),
            "lower" => {
                let (text, _) = values.pop()?;
                if let Some(Value::Str(text)) = text.value() {
                    return Some(Typed::known(Value::Str(text.to_lowercase().into()), Type::String));
                }
                Some(Typed { expr: Expr::Call(Builtin::Lower, vec![text.expr]), ty: Type::String })
            }
            "bump" => {
                let exprs = values.into_iter().map(|(t, _)| t.expr).collect();
                Some(Typed { expr: bump(exprs), ty: Type::Enum(&hxp_policy::facts::BUMP) })
            }
            _ => {
                let exprs = values.into_iter().map(|(t, _)| t.expr).collect();
                let ty = Type::Enum(&hxp_policy::facts::SUPPORT_LINE);
                Some(Typed { expr: Expr::Call(Builtin::SupportLine, exprs), ty })
            }
        }
    }

    fn wrong_argument(&mut self, typed: &Typed, expr: &ast::Expr, wanted: &str) -> Option<Typed> {
        let message = format!("{wanted} is expected here, but `{}` is {}", self.text(expr.span), describe(&typed.ty));
        self.report(Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message));
        None
    }

    fn count(&mut self, mut values: Vec<(Typed, &'a ast::Expr)>) -> Option<Typed> {
        let (list, expr) = values.pop()?;
        if let Some(Value::List(items)) = list.value() {
            let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
            return Some(Typed::known(Value::Int(count), Type::Int));
        }
        match &list.ty {
            Type::List(_) | Type::Set(_) | Type::Any => {
                Some(Typed { expr: Expr::Call(Builtin::Count, vec![list.expr]), ty: Type::Int })
            }
            _ => self.wrong_argument(&list, expr, "a list"),
        }
    }

    fn sum(&mut self, mut values: Vec<(Typed, &'a ast::Expr)>, span: Span) -> Option<Typed> {
        let (list, expr) = values.pop()?;
        let of = match &list.ty {
            Type::List(of) | Type::Set(of) => (**of).clone(),
            Type::Any => Type::Any,
            _ => return self.wrong_argument(&list, expr, "a list of numbers or quantities"),
        };
        if !matches!(of, Type::Int | Type::Decimal | Type::Quantity(_) | Type::Any) {
            return self.wrong_argument(&list, expr, "a list of numbers or quantities");
        }
        let Some(Value::List(items)) = list.value() else {
            return Some(Typed { expr: Expr::Call(Builtin::Sum, vec![list.expr]), ty: of });
        };
        let mut items = items.iter();
        let mut total = match items.next() {
            Some(first) => first.clone(),
            None => Value::Int(0),
        };
        for item in items {
            match fold::arith(hxp_policy::expr::ArithOp::Add, &total, item) {
                Ok(value) => total = value,
                Err(_) => {
                    self.report(Diagnostic::new(codes::OUT_OF_RANGE, span, "these cannot be summed"));
                    return None;
                }
            }
        }
        let ty = if of == Type::Any { crate::types::of_value(&total) } else { of };
        Some(Typed::known(total, ty))
    }

    fn extreme(&mut self, least: bool, values: &[(Typed, &'a ast::Expr)], span: Span) -> Option<Typed> {
        let builtin = if least { Builtin::Min } else { Builtin::Max };
        if let [(only, expr)] = values {
            let of = match &only.ty {
                Type::Range(of) | Type::List(of) => (**of).clone(),
                Type::Any => Type::Any,
                _ => return self.wrong_argument(only, expr, "a range or a list"),
            };
            let known = match only.value() {
                Some(Value::Range(from, to)) => Some((**if least { from } else { to }).clone()),
                Some(Value::List(items)) => {
                    let pick = |a: &Value, b: &Value| {
                        let order = fold::order(a, b, None).unwrap_or(std::cmp::Ordering::Equal);
                        if least { order } else { order.reverse() }
                    };
                    match items.iter().min_by(|a, b| pick(a, b)) {
                        Some(value) => Some(value.clone()),
                        None => {
                            self.report(Diagnostic::new(
                                codes::OUT_OF_RANGE,
                                expr.span,
                                "an empty list has no such element",
                            ));
                            return None;
                        }
                    }
                }
                _ => None,
            };
            return Some(match known {
                Some(value) => Typed::known(value, of),
                None => Typed { expr: Expr::Call(builtin, vec![only.expr.clone()]), ty: of },
            });
        }
        let [(a, left), (b, right)] = values else { return None };
        let numeric = |t: &Type| matches!(t, Type::Int | Type::Decimal | Type::Quantity(_) | Type::Any);
        let Some(ty) = join(&a.ty, &b.ty).filter(numeric) else {
            let found = self.two_sides("they cannot be compared", span, (a, left), (b, right), span);
            self.report(found);
            return None;
        };
        if let (Some(x), Some(y)) = (a.value(), b.value()) {
            let first = fold::order(x, y, None).is_some_and(|o| if least { o.is_le() } else { o.is_ge() });
            return Some(Typed::known(if first { x.clone() } else { y.clone() }, ty));
        }
        Some(Typed { expr: Expr::Call(builtin, vec![a.expr.clone(), b.expr.clone()]), ty })
    }

    fn keys_call(&mut self, mut values: Vec<(Typed, &'a ast::Expr)>) -> Option<Typed> {
        let (of, expr) = values.pop()?;
        let ty = Type::List(Box::new(Type::String));
        if let Some(Value::Record(values)) = of.value() {
            let names = values.fields.iter().map(|f| Value::Str(f.name.clone())).collect();
            return Some(Typed::known(Value::List(names), ty));
        }
        match &of.ty {
            Type::Any | Type::Record(_) => Some(Typed { expr: Expr::Call(Builtin::Keys, vec![of.expr]), ty }),
            _ => self.wrong_argument(&of, expr, "a record"),
        }
    }

    fn baseline(&mut self, span: Span, args: &'a [Arg], scope: &mut Scope) -> Option<Typed> {
        if scope.mode != Mode::Metrics && self.symbolic == 0 {
            let message = "`baseline` may only be asked in a trigger or an objective";
            self.report(Diagnostic::new(codes::NOT_CALLABLE, span, message));
            return None;
        }
        let [metric, window] = args else { return None };
        let kind = Type::Decl(Kind::Metric);
        let mut named = scope.clone().reading(Mode::Constant);
        let metric = self.constant(&metric.value, Want::ty(&kind), &mut named)?;
        let duration = Type::Quantity(Dimension::Duration);
        let window = self.constant(&window.value, Want::ty(&duration), &mut named)?;
        let Some(Value::Ref(metric)) = metric.value() else { return None };
        let window = window.value()?.as_millis().unwrap_or(Millis(0));
        let id = self.program.by_model(Kind::Metric, &metric.name)?;
        let decl = self.program.get(id);
        let ty = decl.decl.ty.as_ref().and_then(|t| resolve(t).ok()).unwrap_or(Type::Decimal);
        Some(Typed { expr: Expr::Baseline { metric: metric.name.clone(), window }, ty })
    }
}

/// `bump` of known versions.
fn bump(exprs: Vec<Expr>) -> Expr {
    if let [Expr::Const(Value::Semver(from)), Expr::Const(Value::Semver(to))] = exprs.as_slice() {
        let part = if to.major != from.major {
            "major"
        } else if to.minor != from.minor {
            "minor"
        } else if to.patch != from.patch {
            "patch"
        } else {
            "same"
        };
        return Expr::Const(Value::Enum(part.into()));
    }
    Expr::Call(Builtin::Bump, exprs)
}

fn body_span(decl: &ast::Decl) -> Option<Span> {
    match &decl.body {
        Body::Expr(expr) => Some(expr.span),
        Body::Block(block) => Some(block.span),
        Body::None => None,
    }
}
