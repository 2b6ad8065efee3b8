//! The words that editors highlight are the words of the compiler: the `TextMate` grammar of editors/vscode.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::path::Path;

use hxp_syntax::words;

/// The alternatives of the group that follows `before` in the pattern of a rule of the `TextMate` grammar.
fn alternatives(grammar: &serde_json::Value, rule: &str, before: &str) -> BTreeSet<String> {
    let pattern = grammar["repository"][rule]["match"].as_str().unwrap();
    let group = pattern.split_once(before).unwrap().1.split_once(')').unwrap().0;
    group.split('|').map(str::to_owned).collect()
}

fn set(lists: &[&[&str]]) -> BTreeSet<String> {
    lists.iter().copied().flatten().map(|w| (*w).to_owned()).collect()
}

#[test]
fn the_textmate_grammar_has_the_words_of_the_compiler() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../editors/vscode/syntaxes/hxp.tmLanguage.json");
    let grammar: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let constants = ["true", "false", "none"];
    let mut operators = set(&[words::RESERVED]);
    operators.retain(|w| !constants.contains(&w.as_str()));
    assert_eq!(alternatives(&grammar, "declaration", "("), set(&[words::KINDS]));
    assert_eq!(alternatives(&grammar, "head", "\\s*("), set(&[words::HEADS]));
    assert_eq!(alternatives(&grammar, "word", "(?:"), operators);
    assert_eq!(alternatives(&grammar, "constant", "(?:"), set(&[&constants, words::WEEKDAYS]));
}
