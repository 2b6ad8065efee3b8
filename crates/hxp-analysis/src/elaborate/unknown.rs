//! What is said of names and fields that are not there, with what is.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::facts::FACTS;
use hxp_policy::{Kind, Type};
use hxp_syntax::ast::{self, BinaryOp, ExprKind, Ident};
use smol_str::SmolStr;

use super::place::{Missing, OBJECT_FIELDS, Place, plain, wanted_kind};
use super::{Elaborator, Mode, Scope, Want};
use crate::program::Found;
use crate::types::describe;

impl<'a> Elaborator<'a> {
    pub(super) fn ambiguous(&mut self, name: &str, span: Span, several: &[Found]) -> Option<Place<'a>> {
        let words: Vec<&str> = several.iter().map(|(id, _)| self.program.get(*id).kind.word()).collect();
        let forms: Vec<String> = words.iter().map(|w| format!("{w}.{name}")).collect();
        let message = format!("`{name}` is several things here: {}", words.join(", "));
        let mut found = Diagnostic::new(codes::WRONG_KIND, span, message).label("say which");
        for (id, _) in several {
            let decl = self.program.get(*id);
            found = found.related(decl.name_span, format!("the {}", decl.kind.word()));
        }
        let quoted: Vec<&str> = forms.iter().map(String::as_str).collect();
        found = found.help(format!("write {}", hxp_diagnostics::list_names(&quoted).replace(" and ", " or ")));
        for form in &forms {
            found = found.fix(format!("write `{form}`"), span, form.as_str());
        }
        self.report(found);
        None
    }

    pub(super) fn unknown_name(&mut self, name: &SmolStr, span: Span, want: Want<'_>, scope: &Scope) {
        if let Some(Type::Enum(words)) = plain(want.ty) {
            let kind = words.name.replace('_', " ");
            let message = format!("`{name}` is no {kind}");
            let found = Diagnostic::new(codes::UNKNOWN_MEMBER, span, message);
            self.report(found.suggest(name, words.members.iter().map(|(m, _)| *m)));
            return;
        }
        if matches!(plain(want.ty), Some(Type::Weekday)) {
            let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let found = Diagnostic::new(codes::UNKNOWN_MEMBER, span, format!("`{name}` is no day of the week"));
            self.report(found.suggest(name, days));
            return;
        }
        if let Some(kind) = wanted_kind(want.ty) {
            let found = self.program.unknown(scope.module, kind, name, span);
            self.report(found);
            return;
        }
        if self.is_parameter_at_hand(name) {
            let message = format!("the parameter `{name}` has no value here: it gets one where the gate is required");
            let command = format!("$HXP_{}", name.to_uppercase());
            self.report(
                Diagnostic::new(codes::NOT_CONSTANT, span, message)
                    .help(format!("`require` may read it, and the command may, as `{command}`")),
            );
            return;
        }
        let mut valid: Vec<&str> = scope.vars.iter().map(|v| v.name.as_str()).collect();
        match scope.mode {
            Mode::Object => valid.extend(OBJECT_FIELDS),
            Mode::Facts | Mode::Gate => valid.extend(FACTS.fields.iter().map(|(n, _)| n.as_str())),
            Mode::Constant | Mode::Metrics => {}
        }
        for kind in Kind::ALL {
            valid.extend(self.program.valid(scope.module, kind));
        }
        let mut found = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("there is no `{name}`"));
        if name == "std" {
            self.report(found.help(
                "what a module declares is named after it was imported: `use std.gates.{trivy}` above, then `trivy`",
            ));
            return;
        }
        if let (Some(home), false) = (crate::stdlib::home_of(None, name), want.data) {
            self.report(crate::program::import_from(found, &home, name));
            return;
        }
        if matches!(name.as_str(), "null" | "nil" | "None" | "undefined") {
            self.report(found.help("what is not there is `none`").fix("write `none`", span, "none"));
            return;
        }
        let truth = match name.as_str() {
            "yes" | "on" | "True" => Some("true"),
            "no" | "off" | "False" => Some("false"),
            _ => None,
        };
        let truth = truth.filter(|_| matches!(plain(want.ty), Some(Type::Bool)));
        // What everybody has needs no list, but may be what is meant.
        let near =
            truth.or_else(|| hxp_diagnostics::nearest(name, valid.iter().copied().chain(self.program.prelude_names())));
        if let Some(best) = near {
            found = found.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), span, best);
        }
        if want.data || matches!(plain(want.ty), Some(Type::String)) {
            found = found.help("text stands in quotes").fix(format!("write `\"{name}\"`"), span, format!("\"{name}\""));
        } else if near.is_none() {
            let lets = self.program.valid(scope.module, Kind::Let);
            let environments = self.program.valid(scope.module, Kind::Environment);
            if !environments.is_empty() {
                found = found.help(format!("environments: {}", hxp_diagnostics::list_names(&environments)));
            }
            if !lets.is_empty() {
                found = found.help(format!("constants: {}", hxp_diagnostics::list_names(&lets)));
            }
        }
        self.report(found);
    }

    /// Names glued together by `-` or `/` that are no computation: a name as other languages write it, or a text without
    /// its quotes.
    pub fn glued(&self, expr: &ast::Expr, scope: &Scope) -> Option<Diagnostic> {
        let text = self.program.sources.slice(expr.span);
        let mut names = Vec::new();
        let joined = matches!(expr.kind, ExprKind::Binary(..));
        if !joined || text.contains(char::is_whitespace) || !is_glued(expr, &mut names) {
            return None;
        }
        let known = |name: &str| {
            scope.var(name).is_some()
                || FACTS.field(name).is_some()
                || [Kind::Let, Kind::Environment].iter().any(|k| self.program.lookup(scope.module, *k, name).is_some())
                || !self.program.candidates(scope.module, name).is_empty()
        };
        if names.iter().all(|n| known(n)) {
            return None;
        }
        let found = Diagnostic::new(codes::UNKNOWN_NAME, expr.span, format!("there is no `{text}`"));
        let name = text.replace('-', "_");
        Some(if known(&name) {
            found.help(format!("did you mean `{name}`? a name has no `-`")).fix(
                format!("write `{name}`"),
                expr.span,
                name,
            )
        } else {
            let quoted = format!("\"{text}\"");
            found.help("text stands in quotes").fix(format!("write `{quoted}`"), expr.span, quoted)
        })
    }

    /// Whether a name is a parameter of the gate that is being read.
    fn is_parameter_at_hand(&self, name: &SmolStr) -> bool {
        if self.from.kind != Kind::Gate {
            return false;
        }
        let Some(gate) = self.program.by_model(Kind::Gate, &self.from.name) else { return false };
        crate::lower::gate::parameters(self, gate).0.iter().any(|(p, _)| p.name.text == *name)
    }

    pub(super) fn report_missing(&mut self, missing: &Missing) {
        let Missing { owner, field, valid, known, span, declared } = missing;
        if *known && !self.misses(*declared, field) {
            return;
        }
        if let Some(needed_by) = self.needed_by.filter(|_| *known) {
            let found = self.missed_by_metric(missing, needed_by);
            self.report(found);
        } else if *known {
            let message = format!("`{owner}` does not say its `{field}`");
            self.report(
                Diagnostic::new(codes::UNGUARDED_OPTIONAL, *span, message)
                    .label("none")
                    .related(*declared, "declared here")
                    .help(format!("say it there, or guard it: `{owner}.{field} != none and …`")),
            );
        } else {
            let message = format!("`{owner}` has no `{field}`");
            let found = Diagnostic::new(codes::UNKNOWN_FIELD, *span, message);
            self.report(found.suggest(field, valid.iter().map(SmolStr::as_str)));
        }
    }

    /// A metric reads what the environment at hand does not say: told where the environment comes to need it.
    fn missed_by_metric(&self, missing: &Missing, needed_by: Span) -> Diagnostic {
        let Missing { owner, field, span, declared, .. } = missing;
        let name = self.text(needed_by);
        let message = format!("`{name}` needs the `{field}` of `{owner}`, which does not say it");
        Diagnostic::new(codes::UNGUARDED_OPTIONAL, needed_by, message)
            .label("measured by it")
            .related(*declared, "declared here")
            .related(*span, "read here")
            .help(format!("say it there: `{field} = …`"))
    }

    pub(super) fn no_field(&mut self, ty: &Type, valid: &[&str], field: &Ident) -> Option<Place<'a>> {
        let message = format!("{} has no `{}`", describe(ty), field.text);
        let found = Diagnostic::new(codes::UNKNOWN_FIELD, field.span, message);
        let found = if field.text == "has" {
            found.help("`has` stands between the two, as in `change has security`")
        } else {
            found.suggest(&field.text, valid.iter().copied())
        };
        self.report(found);
        None
    }

    pub(super) fn not_a_record(&mut self, ty: &Type, field: &Ident, base: &ast::Expr) -> Option<Place<'a>> {
        let message = format!("`{}` is {} and has no fields", self.text(base.span), describe(ty));
        self.report(
            Diagnostic::new(codes::NOT_A_RECORD, base.span, message)
                .related(field.span, format!("`{}` is asked of it here", field.text)),
        );
        None
    }
}

/// Whether an expression is only names, with what joins them.
fn is_glued<'e>(expr: &'e ast::Expr, names: &mut Vec<&'e str>) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => {
            names.push(name);
            true
        }
        ExprKind::Field(base, _) => is_glued(base, names),
        ExprKind::Binary(BinaryOp::Sub | BinaryOp::Div, _, a, b) => is_glued(a, names) && is_glued(b, names),
        _ => false,
    }
}
