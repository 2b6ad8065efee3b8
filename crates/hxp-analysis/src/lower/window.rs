//! Windows.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::model::{Calendar, Slot, TimeSet, Window};
use hxp_policy::{Kind, Type, Value};
use hxp_syntax::ast::{self, BinaryOp, Body, EntryKind, ExprKind, StatementKind, UnaryOp};
use jiff::civil::{Date, Weekday};

use super::records::take_text;
use crate::elaborate::{Elaborator, Scope, Want};
use crate::form;
use crate::program::{DeclId, extends_header};

/// `window name { … }`, `window name = a and not b`
pub fn window(cx: &mut Elaborator<'_>, id: DeclId) -> Window {
    cx.reading_decl(id);
    let program = cx.program;
    let decl = program.get(id);
    if let (Some(parent), Some((path, _))) = (program.parent(id), extends_header(decl.decl)) {
        super::refer_parent(cx, id, parent, path.span);
    }
    let set = match &decl.decl.body {
        Body::Expr(expr) => {
            let mut path = vec![id];
            let set = set(cx, expr, id, &mut path);
            set.unwrap_or_else(|| TimeSet::Calendar(Calendar::default()))
        }
        _ => TimeSet::Calendar(calendar(cx, id)),
    };
    Window { name: decl.model.clone(), doc: program.doc(id), origin: program.origin(decl.name_span), set }
}

/// A combination of windows.
fn set<'a>(cx: &mut Elaborator<'a>, expr: &'a ast::Expr, of: DeclId, path: &mut Vec<DeclId>) -> Option<TimeSet> {
    match &expr.kind {
        ExprKind::Paren(inner) => set(cx, inner, of, path),
        ExprKind::Binary(BinaryOp::And, _, a, b) => {
            let (a, b) = (set(cx, a, of, path), set(cx, b, of, path));
            Some(TimeSet::And(vec![a?, b?]))
        }
        ExprKind::Binary(BinaryOp::Or, _, a, b) => {
            let (a, b) = (set(cx, a, of, path), set(cx, b, of, path));
            Some(TimeSet::Or(vec![a?, b?]))
        }
        ExprKind::Unary(UnaryOp::Not, inner) => Some(TimeSet::Not(Box::new(set(cx, inner, of, path)?))),
        _ => {
            let module = cx.program.get(of).module;
            let kind = Type::Decl(Kind::Window);
            let typed = cx.constant(expr, Want::ty(&kind), &mut Scope::new(module))?;
            let Some(Value::Ref(reference)) = typed.value() else { return None };
            let target = cx.program.by_model(Kind::Window, &reference.name)?;
            check_cycle(cx, target, expr.span, path)?;
            Some(TimeSet::Window(reference.name.clone()))
        }
    }
}

/// A window must not be made of itself.
fn check_cycle(cx: &mut Elaborator<'_>, target: DeclId, span: Span, path: &mut Vec<DeclId>) -> Option<()> {
    if let Some(begin) = path.iter().position(|d| *d == target) {
        let circle = path.get(begin..).unwrap_or_default();
        // Every window of a circle finds it; the first of them says so.
        if begin > 0 || circle.iter().any(|d| d < &target) {
            return None;
        }
        let mut names: Vec<&str> = circle.iter().map(|d| cx.program.get(*d).name.as_str()).collect();
        names.push(&cx.program.get(target).name);
        let message = format!("the window depends on itself: {}", names.join(" → "));
        let mut found = Diagnostic::new(codes::VALUE_CYCLE, span, message);
        for other in circle.iter().skip(1) {
            found = found.related(cx.program.get(*other).name_span, "through this one");
        }
        cx.report(found);
        return None;
    }
    let Body::Expr(body) = &cx.program.get(target).decl.body else { return Some(()) };
    path.push(target);
    let mut named = Vec::new();
    names(body, &mut named);
    let module = cx.program.get(target).module;
    let mut whole = Some(());
    for name in named {
        if let Some((next, _)) = cx.program.lookup(module, Kind::Window, name) {
            whole = whole.and(check_cycle(cx, next, span, path));
        }
    }
    path.pop();
    whole
}

fn names<'e>(expr: &'e ast::Expr, found: &mut Vec<&'e str>) {
    match &expr.kind {
        ExprKind::Name(name) => found.push(name),
        ExprKind::Field(_, field) => found.push(&field.text),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => names(inner, found),
        ExprKind::Binary(_, _, a, b) => {
            names(a, found);
            names(b, found);
        }
        _ => {}
    }
}

/// Slots on the wall clock of a zone, those of what it extends included.
fn calendar(cx: &mut Elaborator<'_>, id: DeclId) -> Calendar {
    let program = cx.program;
    let mut values = cx.properties(id);
    let node = cx.node(id);
    let place = cx.child(&node, "zone").and_then(|n| n.place());
    let zone = take_text(&mut values, "zone").unwrap_or_else(|| "Etc/UTC".into());
    if let Some(place) = place {
        let value = super::text_in(cx, place);
        cx.check_zone(&zone, value);
    }
    let mut calendar = Calendar { zone, open: Vec::new(), closed: Vec::new() };
    for ancestor in program.chain(id) {
        let said = program.get(ancestor);
        let Body::Block(block) = &said.decl.body else { continue };
        for entry in &block.entries {
            let EntryKind::Statement(statement) = &entry.kind else { continue };
            let StatementKind::Slot(written) = &statement.kind else { continue };
            let lowered = slot(cx, written, statement, &mut Scope::new(said.module));
            if written.open { calendar.open.push(lowered) } else { calendar.closed.push(lowered) }
        }
    }
    calendar
}

fn slot<'a>(cx: &mut Elaborator<'a>, written: &'a ast::Slot, statement: &ast::Statement, scope: &mut Scope) -> Slot {
    let mut slot =
        Slot { origin: cx.program.origin(statement.span), because: form::because(statement), ..Slot::default() };
    for (first, last) in &written.days {
        if let (Some(first), Some(last)) = (weekday(&first.text), weekday(&last.text)) {
            let mut day = first;
            loop {
                if !slot.weekdays.contains(&day) {
                    slot.weekdays.push(day);
                }
                if day == last {
                    break;
                }
                day = day.next();
            }
        }
    }
    for (first, last) in &written.dates {
        if let (Some(from), Some(to)) = (date(cx, first, scope), date(cx, last, scope)) {
            if from > to {
                let span = first.span.to(last.span);
                let swapped = format!("{}..{}", cx.text(last.span), cx.text(first.span));
                let message = format!("`{}` ends before it begins", cx.text(span));
                let found = Diagnostic::new(codes::EMPTY_RANGE, span, message);
                cx.report(found.fix(format!("write `{swapped}`"), span, swapped));
            }
            slot.dates.push((from, to));
        }
    }
    for (first, last) in &written.times {
        if let (Some(from), Some(to)) = (time(cx, first, scope), time(cx, last, scope)) {
            if from == to {
                let span = first.span.to(last.span);
                let message = format!("`{}` is empty: the end of a time range is not included", cx.text(span));
                cx.report(
                    Diagnostic::new(codes::EMPTY_RANGE, span, message)
                        .help("leave the times out to mean the whole day"),
                );
            } else if from == 86_400 {
                let message = "`24:00` can only end a range: a day begins at `00:00`";
                cx.report(Diagnostic::new(codes::EMPTY_RANGE, first.span, message).fix(
                    "write `00:00`",
                    first.span,
                    "00:00",
                ));
            }
            slot.times.push((from, to));
        }
    }
    slot
}

fn date<'a>(cx: &mut Elaborator<'a>, expr: &'a ast::Expr, scope: &mut Scope) -> Option<Date> {
    match cx.constant(expr, Want::ty(&Type::Date), scope)?.value()? {
        Value::Date(date) => Some(*date),
        _ => None,
    }
}

fn time<'a>(cx: &mut Elaborator<'a>, expr: &'a ast::Expr, scope: &mut Scope) -> Option<u32> {
    match cx.constant(expr, Want::ty(&Type::Time), scope)?.value()? {
        Value::Time(seconds) => Some(*seconds),
        _ => None,
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}
