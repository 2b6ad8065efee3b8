//! The parameters of what is being called.

use hxp_analysis::BUILTINS;
use hxp_syntax::ast::Param;

use crate::names::Names;
use crate::{Place, Snapshot, context};

/// A signature, and the parameter that the cursor stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `coverage(min: percent)`
    pub label: String,
    /// Where each parameter stands in the label, in bytes.
    pub params: Vec<std::ops::Range<usize>>,
    /// The parameter at hand.
    pub active: Option<usize>,
    /// What it does.
    pub doc: Option<String>,
}

/// The signature of the call around a place.
pub fn signature(snapshot: &Snapshot, place: Place) -> Option<Signature> {
    let call = context::call(snapshot.text(place.file), place.offset)?;
    let name = call.callee.last()?;
    let names = Names::of(snapshot);
    let declared = names.get(name).iter().find(|d| d.decl.params.is_some());
    if let Some(found) = declared {
        let params = found.decl.params.as_deref().unwrap_or_default();
        let doc: Vec<&str> = found.item.docs.iter().map(|d| d.text.as_str()).collect();
        let texts: Vec<&str> = params.iter().map(|p| snapshot.slice(p.span)).collect();
        let active = active(params, &call);
        return Some(written(name, &texts, active, (!doc.is_empty()).then(|| doc.join("\n"))));
    }
    let (_, label, doc) = BUILTINS.iter().find(|(n, _, _)| n == name)?;
    let inner = label.split_once('(')?.1.split(')').next()?;
    let texts: Vec<&str> = inner.split(", ").collect();
    let active = Some(call.arguments.len().saturating_sub(1)).filter(|a| *a < texts.len());
    Some(written(name, &texts, active, Some((*doc).to_owned())))
}

fn written(name: &str, params: &[&str], active: Option<usize>, doc: Option<String>) -> Signature {
    let mut label = format!("{name}(");
    let mut ranges = Vec::new();
    for (index, param) in params.iter().enumerate() {
        if index > 0 {
            label += ", ";
        }
        ranges.push(label.len()..label.len() + param.len());
        label += param;
    }
    label += ")";
    Signature { label, params: ranges, active, doc }
}

/// By name, or by place among the arguments without a name.
fn active(params: &[Param], call: &context::Call<'_>) -> Option<usize> {
    match call.arguments.last().copied().flatten() {
        Some(name) => params.iter().position(|p| p.name.text == name),
        None => Some(call.arguments.len().saturating_sub(1)).filter(|at| *at < params.len()),
    }
}
