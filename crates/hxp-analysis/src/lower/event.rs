//! Events: what may ask for a deployment, and what duties, notices and rollbacks follow.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::model::{Event, EventField, EventMatch, EventRef};
use hxp_policy::{Kind, Type, Value};
use hxp_syntax::ast::{Arg, BinaryOp, Expr, ExprKind, UnaryOp};
use smol_str::SmolStr;

use crate::elaborate::{Elaborator, Scope, Want, path_text};
use crate::program::{event_words, with_article};

/// A field of an event: its name, what it holds, what it is.
type EventFieldOf = (&'static str, FieldType, &'static str);

/// The fields of the events that may ask for a deployment.
const FIELDS: &[(Event, &[EventFieldOf])] = &[
    (
        Event::Push,
        &[
            ("branch", FieldType::Text, "the branch that was pushed to"),
            ("tag", FieldType::Text, "the tag that was pushed"),
        ],
    ),
    (
        Event::Release,
        &[
            ("published", FieldType::Truth, "whether it is published, not a draft"),
            ("prerelease", FieldType::Truth, "whether it is marked as a pre-release"),
            ("tag", FieldType::Text, "the tag that it was made of"),
            ("branch", FieldType::Text, "the branch that it was made from"),
        ],
    ),
    (Event::Manual, &[]),
    (Event::Schedule, &[("cron", FieldType::Text, "when, as five fields of cron")]),
];

#[derive(Clone, Copy, PartialEq)]
enum FieldType {
    Text,
    Truth,
}

/// The fields of an event that may ask for a deployment, each with its type and what it is.
pub fn event_fields(word: &str) -> impl Iterator<Item = (&'static str, Type, &'static str)> {
    let fields = Event::from_word(word).and_then(|event| FIELDS.iter().find(|(known, _)| *known == event));
    fields.into_iter().flat_map(|(_, fields)| fields.iter()).map(|(name, ty, about)| match ty {
        FieldType::Text => (*name, Type::String, *about),
        FieldType::Truth => (*name, Type::Bool, *about),
    })
}

/// An event or a declared trigger.
pub fn event_ref<'a>(cx: &mut Elaborator<'a>, expr: &'a Expr, scope: &mut Scope) -> Option<EventRef> {
    let text = path_text(expr).unwrap_or_default();
    if let Some(event) = Event::from_word(&text) {
        return Some(EventRef::Event(event));
    }
    let name = text.strip_prefix("trigger.").unwrap_or(&text);
    if let Some((id, import)) = cx.program.lookup(scope.module, Kind::Trigger, name) {
        let span = last_span(expr);
        cx.refer(id, import, span);
        return Some(EventRef::Trigger(cx.program.get(id).model.clone()));
    }
    if let ExprKind::Name(name) = &expr.kind
        && let Some((id, _)) = cx.program.candidates(scope.module, name).first()
    {
        let decl = cx.program.get(*id);
        let message = format!("`{name}` is {}, not an event", with_article(decl.kind.word()));
        let found = Diagnostic::new(codes::WRONG_KIND, expr.span, message)
            .label("an event or a trigger is expected here")
            .related(decl.name_span, "declared here");
        cx.report(found);
        return None;
    }
    if matches!(expr.kind, ExprKind::Error) {
        return None;
    }
    let shown = cx.text(expr.span);
    if let Some(found) = several(expr, &shown) {
        cx.report(found);
        return None;
    }
    let mut valid = event_words();
    let triggers = cx.program.valid(scope.module, Kind::Trigger);
    valid.extend(triggers);
    let found = Diagnostic::new(codes::UNKNOWN_EVENT, expr.span, format!("there is no event `{shown}`"));
    cx.report(found.suggest(&text, valid));
    None
}

/// `[push, manual]`, `push or manual`: events that are joined otherwise than by commas.
fn several(expr: &Expr, shown: &str) -> Option<Diagnostic> {
    let (message, right) = match &expr.kind {
        ExprKind::List(_) => {
            ("events stand one after the other, without brackets", shown.trim_matches(['[', ']']).to_owned())
        }
        ExprKind::Binary(BinaryOp::Or, ..) => ("events are separated by commas", shown.replace(" or ", ", ")),
        ExprKind::Binary(BinaryOp::And, ..) => ("events are separated by commas", shown.replace(" and ", ", ")),
        _ => return None,
    };
    let help = "any one of the events is enough";
    Some(Diagnostic::new(codes::UNKNOWN_EVENT, expr.span, message).help(help).fix(
        format!("write `{right}`"),
        expr.span,
        right,
    ))
}

fn last_span(expr: &Expr) -> Span {
    match &expr.kind {
        ExprKind::Field(_, field) => field.span,
        _ => expr.span,
    }
}

/// An event with conditions on its fields: `release(published, tag ~ semver_tag)`.
pub fn event_match<'a>(cx: &mut Elaborator<'a>, expr: &'a Expr, scope: &mut Scope) -> Option<EventMatch> {
    let (name, args): (&Expr, &'a [Arg]) = match &expr.kind {
        ExprKind::Call(callee, args) => (callee, args),
        _ => (expr, &[]),
    };
    if matches!(name.kind, ExprKind::Error) {
        return None;
    }
    if let Some(found) = several(expr, &cx.text(expr.span)) {
        cx.report(found);
        return None;
    }
    let word = path_text(name).unwrap_or_default();
    let known = Event::from_word(&word);
    let Some((event, fields)) = known.and_then(|e| FIELDS.iter().find(|(k, _)| *k == e)) else {
        let valid: Vec<&str> = FIELDS.iter().map(|(e, _)| e.word()).collect();
        let message = match known {
            Some(_) => format!("`{word}` cannot ask for a deployment"),
            None => format!("there is no event `{word}`"),
        };
        cx.report(Diagnostic::new(codes::UNKNOWN_EVENT, name.span, message).suggest(&word, valid));
        return None;
    };
    let mut conditions = Vec::new();
    for arg in args {
        match &arg.name {
            Some(name) => assigned(cx, name, &arg.value),
            None => {
                field_conditions(cx, &arg.value, *event, fields, scope, &mut conditions);
            }
        }
    }
    Some(EventMatch { event: *event, fields: conditions, origin: cx.program.origin(expr.span) })
}

/// `push(branch = "main")`: in an event's parentheses stand conditions, not arguments.
fn assigned(cx: &mut Elaborator<'_>, name: &hxp_syntax::ast::Ident, value: &Expr) {
    let between = Span::new(name.span.file, name.span.end, value.span.start);
    let before = cx.program.sources.slice(between).find('=').and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let start = between.start + before;
    let sign = Span::new(name.span.file, start, start + 1);
    let message = format!("`=` gives a value; to ask for the event's `{}`, compare with `==`", name.text);
    cx.report(Diagnostic::new(codes::ASSIGN_FOR_EQUALS, sign, message).label("compares nothing").fix(
        "write `==`",
        between,
        " == ",
    ));
}

fn field_conditions<'a>(
    cx: &mut Elaborator<'a>,
    expr: &'a Expr,
    event: Event,
    fields: &[EventFieldOf],
    scope: &mut Scope,
    found: &mut Vec<EventField>,
) -> Option<()> {
    match &expr.kind {
        ExprKind::Paren(inner) => field_conditions(cx, inner, event, fields, scope, found),
        ExprKind::Binary(BinaryOp::And, _, a, b) => {
            field_conditions(cx, a, event, fields, scope, found);
            field_conditions(cx, b, event, fields, scope, found)
        }
        ExprKind::Name(name) => {
            truth(cx, name, expr.span, event, fields)?;
            found.push(EventField::Is(name.clone(), Value::Bool(true)));
            Some(())
        }
        ExprKind::Unary(UnaryOp::Not, inner) if matches!(inner.kind, ExprKind::Name(_)) => {
            let ExprKind::Name(name) = &inner.kind else { return None };
            truth(cx, name, inner.span, event, fields)?;
            found.push(EventField::Is(name.clone(), Value::Bool(false)));
            Some(())
        }
        ExprKind::Binary(op @ (BinaryOp::Eq | BinaryOp::Match), _, left, right) => {
            let ExprKind::Name(name) = &left.kind else { return not_a_condition(cx, expr, event) };
            let of = field(cx, name, left.span, event, fields)?;
            if *op == BinaryOp::Match {
                let typed = cx.constant(right, Want::ty(&Type::Pattern), scope)?;
                let Some(Value::Pattern(pattern)) = typed.value() else { return None };
                found.push(EventField::Matches(name.clone(), pattern.clone()));
            } else {
                let ty = if of == FieldType::Text { Type::String } else { Type::Bool };
                let typed = cx.constant(right, Want::named(&ty, name), scope)?;
                found.push(EventField::Is(name.clone(), typed.value()?.clone()));
            }
            Some(())
        }
        _ => not_a_condition(cx, expr, event),
    }
}

fn not_a_condition(cx: &mut Elaborator<'_>, expr: &Expr, event: Event) -> Option<()> {
    let message = format!("`{}` is no condition on a field of `{}`", cx.text(expr.span), event.word());
    cx.report(
        Diagnostic::new(codes::TYPE_MISMATCH, expr.span, message)
            .help("conditions are `field`, `not field`, `field == value` and `field ~ pattern`, joined by `and`"),
    );
    None
}

fn field(
    cx: &mut Elaborator<'_>,
    name: &SmolStr,
    span: Span,
    event: Event,
    fields: &[EventFieldOf],
) -> Option<FieldType> {
    match fields.iter().find(|(n, _, _)| n == name) {
        Some((_, ty, _)) => Some(*ty),
        None => {
            let message = format!("the event `{}` has no field `{name}`", event.word());
            let found = Diagnostic::new(codes::UNKNOWN_FIELD, span, message);
            cx.report(if fields.is_empty() {
                found.help(format!("`{}` has no fields", event.word()))
            } else {
                found.suggest(name, fields.iter().map(|(n, _, _)| *n))
            });
            None
        }
    }
}

fn truth(cx: &mut Elaborator<'_>, name: &SmolStr, span: Span, event: Event, fields: &[EventFieldOf]) -> Option<()> {
    if field(cx, name, span, event, fields)? == FieldType::Truth {
        return Some(());
    }
    let message = format!("`{name}` is text: say what it must be");
    cx.report(
        Diagnostic::new(codes::TYPE_MISMATCH, span, message)
            .help(format!("write `{name} == \"…\"` or `{name} ~ \"…*\"`")),
    );
    None
}
