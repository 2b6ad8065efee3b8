//! Renaming: every place that names a thing, ids in which its name is a part among them.

use std::collections::BTreeMap;

use hxp_diagnostics::{Edit, FileId, Span};
use hxp_policy::Kind;
use hxp_syntax::words::is_reserved;

use crate::names::Names;
use crate::resolve::{self, Local, Named};
use crate::{Place, Snapshot, navigate};

/// The word that a renaming at a place would replace, if anything there can be renamed.
pub fn prepare(snapshot: &Snapshot, place: Place) -> Result<Span, String> {
    let (span, named) = resolve::named(snapshot, place).ok_or("there is no name here")?;
    match named {
        Named::Declared(_, definition) if !snapshot.is_own(definition.name_span.file) => {
            Err(format!("`{}` is declared in `{}`, which is not this project's", definition.name, definition.module))
        }
        Named::Declared(_, definition) if definition.kind == Kind::Test => Err("a test has a title, not a name".into()),
        Named::Declared(_, definition) => Ok(last_word(snapshot, span, &definition.name)),
        Named::Local { name, .. } if !snapshot.is_own(name.file) => {
            Err(format!("`{}` is declared in a library, which is not this project's", snapshot.slice(name)))
        }
        Named::Local { what: Local::Parameter(param, decl), .. } => {
            match resolve::same_parameter(snapshot, param, decl) {
                Some(other) => {
                    Err(format!("`{other}` has the parameter `{}` too, and one extends the other", param.name.text))
                }
                None => Ok(span),
            }
        }
        Named::Local { .. } => Ok(span),
        Named::Key(_) => Err("a key is not renamed: what else says or reads it would mean another one".into()),
        Named::Module(_) => Err("a module has its file's name: rename the file".into()),
    }
}

/// Where the name itself stands in a reference such as `gate.coverage(70%)`.
fn last_word(snapshot: &Snapshot, span: Span, name: &str) -> Span {
    let text = snapshot.slice(span);
    text.find(name).map_or(span, |at| {
        let start = span.start + u32::try_from(at).unwrap_or(0);
        Span { start, end: start + u32::try_from(name.len()).unwrap_or(0), ..span }
    })
}

/// The edits that give what is named at a place another name, by file.
pub fn rename(snapshot: &Snapshot, place: Place, new: &str) -> Result<BTreeMap<FileId, Vec<Edit>>, String> {
    prepare(snapshot, place)?;
    let (_, named) = resolve::named(snapshot, place).ok_or("there is no name here")?;
    check(snapshot, &named, new)?;
    let spans = navigate::occurrences(snapshot, named, true);
    let mut edits: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for span in spans.into_iter().filter(|s| snapshot.is_own(s.file)) {
        edits.entry(span.file).or_default().push(Edit { span, text: new.to_owned() });
    }
    Ok(edits)
}

fn check(snapshot: &Snapshot, named: &Named<'_>, new: &str) -> Result<(), String> {
    let mut letters = new.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !first || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{new}` is no name: a name has letters, digits and `_`, and begins with no digit"));
    }
    if is_reserved(new) {
        return Err(format!("`{new}` is a word of the language"));
    }
    if let Named::Declared(_, definition) = named
        && let Some(other) = Names::of(snapshot).find(definition.kind, new)
        && other.module.is_empty()
        && definition.name != new
    {
        return Err(format!("the {} `{new}` is there already", definition.kind.word()));
    }
    Ok(())
}

/// The places of a name that is known in one declaration alone, which can be edited at once.
pub fn linked(snapshot: &Snapshot, place: Place) -> Vec<Span> {
    match resolve::named(snapshot, place) {
        Some((_, named @ Named::Local { .. })) => {
            let all = navigate::occurrences(snapshot, named, true);
            // Only one file is edited at once.
            if all.iter().all(|s| s.file == place.file) { all } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}
