//! What is generated is up to date, and the samples have the trees that stand beside them.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use hxp_syntax::words;
use support::{files_below, parse};
use tree_sitter_generate::{OptLevel, generate_parser_for_grammar};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// That `grammar.json` is what `grammar.js` gives is checked where Node.js is: `cargo xtask editors --test`.
#[test]
fn the_parser_is_generated_from_the_grammar() {
    let version = Some((0, 1, 0));
    let generated =
        generate_parser_for_grammar(&read("src/grammar.json"), version, OptLevel::default(), &mut Vec::new());
    let (name, parser) = generated.expect("the grammar has no conflicts");
    assert_eq!(name, "hxp");
    assert!(parser == read("src/parser.c"), "src/parser.c is stale: run `cargo xtask editors`");
}

#[test]
fn the_keywords_are_the_words_of_the_compiler() {
    let language: tree_sitter::Language = tree_sitter_hxp::LANGUAGE.into();
    let count = u16::try_from(language.node_kind_count()).expect("it fits into the tables");
    let unnamed = (0..count).filter(|id| !language.node_kind_is_named(*id));
    let is_word = |kind: &&str| kind.chars().all(|c| c.is_ascii_lowercase());
    let keywords: BTreeSet<&str> = unnamed.filter_map(|id| language.node_kind_for_id(id)).filter(is_word).collect();
    let ours = [words::RESERVED, words::KINDS, words::HEADS, words::WEEKDAYS, &["at"]];
    // `none` is a node of its own, and the end of the text has a name of letters.
    let ours: BTreeSet<&str> = ours.into_iter().flatten().copied().filter(|w| *w != "none").chain(["end"]).collect();
    assert_eq!(keywords, ours);
}

/// A sample of `test/corpus`, in the format of `tree-sitter test`.
struct Sample {
    title: String,
    text: String,
    tree: String,
}

fn samples(content: &str) -> Vec<Sample> {
    let rule = "==================";
    let mut found = Vec::new();
    let mut rest = content;
    while let Some((_, behind)) = rest.split_once(&format!("{rule}\n")) {
        let (title, behind) = behind.split_once(&format!("\n{rule}\n")).expect("a title has a rule above and below");
        let (body, next) = match behind.find(&format!("\n{rule}\n")) {
            Some(at) => behind.split_at(at + 1),
            None => (behind, ""),
        };
        let (text, tree) = body.split_once("\n---\n").expect("a text has its tree");
        let words: Vec<&str> = tree.split_whitespace().collect();
        let tree = words.join(" ");
        found.push(Sample { title: title.to_owned(), text: format!("{}\n", text.trim_matches('\n')), tree });
        rest = next;
    }
    found
}

#[test]
fn samples_have_their_trees() {
    let mut count = 0;
    for file in files_below(&folder().join("test/corpus"), ".txt") {
        for sample in samples(&std::fs::read_to_string(&file).expect("it was listed")) {
            assert_eq!(parse(&sample.text).root_node().to_sexp(), sample.tree, "{}", sample.title);
            count += 1;
        }
    }
    assert!(count > 8, "{count} samples");
}

/// The snippets of the extension, with what they offer taken as it is, are texts without errors.
#[test]
fn snippets_are_right() {
    let snippets =
        std::fs::read_to_string(folder().join("../vscode/snippets/hxp.json")).expect("the extension has them");
    let snippets: serde_json::Value = serde_json::from_str(&snippets).expect("they are JSON");
    let snippets = snippets.as_object().expect("a snippet has a name");
    assert!(snippets.len() > 5, "{snippets:?}");
    for (name, snippet) in snippets {
        let lines: Vec<&str> = snippet["body"].as_array().into_iter().flatten().filter_map(|l| l.as_str()).collect();
        let text = filled(&lines.join("\n"));
        let found = hxp_syntax::parse(hxp_diagnostics::FileId(0), &text);
        assert!(!found.has_errors(), "{name}: {:?}\n{text}", found.diagnostics);
        assert!(!parse(&text).root_node().has_error(), "{name}\n{text}");
    }
}

/// A snippet with its places filled: `${1:text}` by the text, `${1|a,b|}` by the first choice, `$0` by nothing.
fn filled(body: &str) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some((before, behind)) = rest.split_once('$') {
        out += before;
        let Some(place) = behind.strip_prefix('{') else {
            rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
            continue;
        };
        // A text may hold braces of its own.
        let mut depth = 1;
        let end = place.find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0
        });
        let (inside, behind) = place.split_at(end.expect("a place is closed"));
        let shown = inside.trim_start_matches(|c: char| c.is_ascii_digit());
        out += shown.strip_prefix(':').unwrap_or_else(|| shown.trim_matches('|').split(',').next().unwrap_or_default());
        rest = &behind[1..];
    }
    out + rest
}
