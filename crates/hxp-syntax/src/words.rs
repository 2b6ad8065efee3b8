//! The words of the language, for the parser, the formatter and editors.

/// Words that join (`when on for of …`) and words of expressions. They are never names and never begin an entry; as a
/// key they stand in quotes.
pub const RESERVED: &[&str] = &[
    "all", "and", "any", "because", "distinct", "due", "else", "extends", "false", "for", "has", "if", "in", "none",
    "not", "of", "on", "or", "soaked", "then", "true", "until", "when", "where", "with",
];

/// Kinds of declaration, `use` among them.
pub const KINDS: &[&str] = &[
    "channel",
    "chart",
    "control",
    "environment",
    "gate",
    "image",
    "label",
    "let",
    "metric",
    "objective",
    "override",
    "policy",
    "rule",
    "service",
    "team",
    "test",
    "trigger",
    "use",
    "window",
];

/// Words that begin a statement. Elsewhere they are plain names.
pub const HEADS: &[&str] = &[
    "after", "approve", "closed", "deny", "deploy", "expect", "given", "notify", "open", "require", "rollback",
    "waive", "within", "yields",
];

/// Words that begin a suffix of a statement.
pub const SUFFIXES: &[&str] = &["because", "due", "on", "until", "when"];

/// Days of the week, as windows write them.
pub const WEEKDAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Units of durations, long to short.
pub const DURATION_UNITS: &[&str] = &["w", "d", "h", "m", "s", "ms"];

/// Units of amounts of memory and storage.
pub const BYTE_UNITS: &[&str] = &["B", "Ki", "Mi", "Gi", "Ti", "Pi", "kB", "MB", "GB", "TB"];

/// Units of processor time.
pub const CPU_UNITS: &[&str] = &["cpu", "mcpu"];

/// Whether `word` is reserved.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

/// Whether `word` is a kind of declaration (or `use`).
pub fn is_kind(word: &str) -> bool {
    KINDS.binary_search(&word).is_ok()
}

/// Whether `word` begins a statement.
pub fn is_head(word: &str) -> bool {
    HEADS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_disjoint() {
        for list in [RESERVED, KINDS, HEADS, SUFFIXES] {
            assert!(list.is_sorted(), "{list:?}");
        }
        assert!(!HEADS.iter().chain(KINDS).any(|w| is_reserved(w)));
        assert!(SUFFIXES.iter().all(|w| is_reserved(w)));
        assert!(!HEADS.iter().any(|w| is_kind(w)));
    }
}
