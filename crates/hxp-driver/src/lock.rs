//! `hxp.lock`: the commits that stand for the versions of the actions a workflow uses.

use hxp_diagnostics::{Diagnostic, FileId, Span, codes};
use indexmap::IndexMap;
use smol_str::SmolStr;

/// The lock file's name.
pub const FILE: &str = "hxp.lock";

/// Commit and version by `owner/name`.
pub type Actions = IndexMap<SmolStr, (SmolStr, SmolStr)>;

/// A line of the file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    commit: String,
    version: String,
}

/// The file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    #[serde(default)]
    actions: std::collections::BTreeMap<String, toml::Spanned<Entry>>,
}

/// Lays what the file says over `actions`.
pub fn read(file: FileId, text: &str, actions: &mut Actions, diagnostics: &mut Vec<Diagnostic>) {
    let at = |range: std::ops::Range<usize>| {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(file, offset(range.start), offset(range.end))
    };
    let lock: Lock = match toml::from_str(text) {
        Ok(lock) => lock,
        Err(error) => {
            let message = format!("the lock file cannot be understood: {}", error.message());
            let span = at(error.span().unwrap_or_default());
            diagnostics.push(Diagnostic::new(codes::BAD_MANIFEST, span, message).help(FORM));
            return;
        }
    };
    for (name, entry) in lock.actions {
        let span = at(entry.span());
        let Entry { commit, version } = entry.into_inner();
        if commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()) {
            actions.insert(name.into(), (commit.into(), version.into()));
        } else {
            let message = format!("the action `{name}` is not pinned by a full commit hash of 40 hexadecimal digits");
            diagnostics.push(Diagnostic::new(codes::BAD_MANIFEST, span, message).help(FORM));
        }
    }
}

const FORM: &str =
    "an entry reads `[actions.\"owner/name\"]` with `commit = \"<40 digits>\"` and `version = \"v1.2.3\"`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_lie_over_the_built_in_ones() {
        let mut actions = Actions::new();
        actions.insert("actions/checkout".into(), ("old".into(), "v1".into()));
        let mut diagnostics = Vec::new();
        let commit = "a".repeat(40);
        let text = format!("[actions.\"actions/checkout\"]\ncommit = \"{commit}\"\nversion = \"v5\"\n");
        read(FileId(0), &text, &mut actions, &mut diagnostics);
        assert_eq!(diagnostics, []);
        assert_eq!(actions["actions/checkout"], (commit.into(), "v5".into()));
    }

    #[test]
    fn mistakes_are_told() {
        for text in ["[actions.\"a/b\"]\ncommit = \"abc\"\nversion = \"v1\"\n", "[action]\n", "x"] {
            let mut diagnostics = Vec::new();
            read(FileId(0), text, &mut Actions::new(), &mut diagnostics);
            assert_eq!(diagnostics.len(), 1, "{text}");
        }
    }
}
