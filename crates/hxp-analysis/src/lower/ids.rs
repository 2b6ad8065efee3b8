//! Ids of requirements, as policies write them.

use hxp_diagnostics::{Diagnostic, Span, codes};
use hxp_policy::Kind;
use hxp_syntax::ast::{Expr, ExprKind, Literal};
use smol_str::{SmolStr, format_smolstr};

use crate::elaborate::{Elaborator, Scope};
use crate::program::PROJECT;
use crate::show;

/// The text of an id: `window`, `gate.perf`, `rule.three_replicas[ui]`, `gate.coverage(min = 70%)`.
pub fn id_text<'a>(cx: &mut Elaborator<'a>, expr: &'a Expr) -> Option<SmolStr> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field(base, field) => Some(format_smolstr!("{}.{}", id_text(cx, base)?, field.text)),
        ExprKind::Paren(inner) => id_text(cx, inner),
        ExprKind::Index(base, index) => {
            let base = id_text(cx, base)?;
            let element = match &index.kind {
                ExprKind::Literal(Literal::Str(text)) => text.value.clone(),
                ExprKind::Literal(_) | ExprKind::Unary(..) => cx.text(index.span).into(),
                _ => id_text(cx, index)?,
            };
            Some(format_smolstr!("{base}[{element}]"))
        }
        ExprKind::Call(base, args) => {
            let text = id_text(cx, base)?;
            let name = text.rsplit('.').next()?;
            let (gate, _) = cx.program.lookup(PROJECT, Kind::Gate, name)?;
            let bound = cx.gate_arguments(gate, args, expr.span, &mut Scope::new(PROJECT))?;
            Some(format_smolstr!("{text}{}", show::arguments(&bound)))
        }
        _ => {
            let message = format!("`{}` is no id", cx.text(expr.span));
            cx.report(
                Diagnostic::new(codes::UNKNOWN_ID, expr.span, message)
                    .help("ids are written `gate.coverage`, `approve.devops`, `window`, `rule.name[element]`"),
            );
            None
        }
    }
}

/// An id as `waive` takes it: the name of an element that is neither a word nor a literal stands in quotes.
pub fn written(id: &str) -> String {
    let Some((base, element)) = id.split_once('[').and_then(|(b, e)| Some((b, e.strip_suffix(']')?))) else {
        return id.to_owned();
    };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '%' | '.');
    let one = hxp_syntax::words::is_reserved(element) || element.is_empty() || !element.chars().all(word);
    if one { format!("{base}[\"{}\"]", element.escape_debug()) } else { id.to_owned() }
}

/// An id that covers nothing, with what there is.
pub fn unknown_id(id: &str, span: Span, valid: &[SmolStr], whose: &str) -> Diagnostic {
    let message = format!("{whose} has no requirement `{id}`");
    let found = Diagnostic::new(codes::UNKNOWN_ID, span, message);
    let mut all: Vec<&str> = valid.iter().map(SmolStr::as_str).collect();
    let mut near = all.clone();
    for id in &all.clone() {
        if let Some((_, name)) = id.split_once('.') {
            near.push(name);
        }
        if let Some((kind, _)) = id.split_once('.') {
            near.push(kind);
        }
    }
    near.sort_unstable();
    near.dedup();
    all.sort_unstable();
    let best = hxp_diagnostics::nearest(id, near.iter().copied()).map(str::to_owned).or_else(|| {
        // A bare name that is right but for its kind: `perf` for `gate.perf`.
        all.iter().find(|v| v.split_once('.').is_some_and(|(_, name)| name == id)).map(|v| (*v).to_owned())
    });
    let full = best.map(|b| {
        all.iter().find(|v| v.split_once('.').is_some_and(|(_, name)| name == b)).map_or(b.clone(), |v| (*v).to_owned())
    });
    let found = match full {
        Some(best) => found.help(format!("did you mean `{best}`?")).fix(format!("write `{best}`"), span, best),
        None => found,
    };
    if all.is_empty() {
        found.help("there is nothing to name here")
    } else {
        found.help(format!("there are {}", hxp_diagnostics::list_names(&all)))
    }
}
