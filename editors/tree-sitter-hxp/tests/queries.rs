//! The queries: each is valid, and together they colour every token of the corpus as the compiler reads it.

mod support;

use std::collections::BTreeMap;

use support::classes::classes;
use support::{corpus, files_below, parse, root};
use tree_sitter::{Query, QueryCursor, StreamingIterator as _};

fn query(text: &str) -> Query {
    match Query::new(&tree_sitter_hxp::LANGUAGE.into(), text) {
        Ok(query) => query,
        Err(e) => panic!("{e}"),
    }
}

/// The captures of a query in a text: name, first byte, end.
fn captures(query: &Query, text: &str) -> Vec<(String, usize, usize)> {
    let tree = parse(text);
    let mut cursor = QueryCursor::new();
    let mut matches = cursor.matches(query, tree.root_node(), text.as_bytes());
    let mut found = Vec::new();
    while let Some(one) = matches.next() {
        for capture in one.captures() {
            let name = query.capture_names()[capture.index as usize].to_owned();
            found.push((name, capture.node.start_byte(), capture.node.end_byte()));
        }
    }
    // Those that only conditions ask for colour nothing.
    found.retain(|(name, ..)| !name.starts_with('_'));
    found.sort_by(|a, b| (a.1, a.2, &a.0).cmp(&(b.1, b.2, &b.0)));
    found
}

#[test]
fn every_query_of_every_editor_is_valid() {
    let files = files_below(&root().join("editors"), ".scm");
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("it was listed");
        if let Err(e) = Query::new(&tree_sitter_hxp::LANGUAGE.into(), &text) {
            panic!("{}: {e}", file.display());
        }
    }
}

/// What a capture shows, in the terms of the classes.
fn shown(capture: &str) -> &'static str {
    match capture {
        "comment" => "comment",
        "comment.documentation" => "doc",
        "number" => "number",
        "constant" => "literal",
        "boolean" | "constant.builtin" => "constant",
        c if c.starts_with("string") => "string",
        c if c.starts_with("keyword") => "keyword",
        _ => "name",
    }
}

#[test]
fn tokens_are_coloured_as_the_compiler_reads_them() {
    let query = query(tree_sitter_hxp::HIGHLIGHTS_QUERY);
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for text in corpus() {
        let Some(tokens) = classes(&text.text) else { continue };
        let captures = captures(&query, &text.text);
        for token in tokens {
            *seen.entry(token.class).or_default() += 1;
            let at = |(_, start, end): &&(String, usize, usize)| (*start..*end).contains(&token.start);
            // The innermost capture is shown; a name may have none.
            let capture = captures.iter().filter(at).min_by_key(|(_, start, end)| end - start);
            let name = capture.map_or("name", |(name, ..)| name);
            let word = &text.text[token.start..token.end];
            let tag = token.class == "string" && !word.starts_with('"') && name == "string.special";
            if shown(name) != token.class && !tag && !(name == "constant" && token.class == "name") {
                wrong.push(format!("{}: `{word}` is {}, shown as {name}", text.place, token.class));
            }
        }
    }
    assert!(wrong.is_empty(), "{} tokens:\n{}", wrong.len(), wrong.join("\n"));
    for class in ["comment", "doc", "string", "number", "literal", "keyword", "constant", "name"] {
        assert!(seen.get(class).is_some_and(|n| *n > 20), "the corpus has too little of {class}: {seen:?}");
    }
}

#[test]
fn no_node_is_captured_twice() {
    let query = query(tree_sitter_hxp::HIGHLIGHTS_QUERY);
    for text in corpus() {
        for pair in captures(&query, &text.text).windows(2) {
            let same = pair[0].1 == pair[1].1 && pair[0].2 == pair[1].2;
            assert!(!same, "{}: {:?} and {:?}", text.place, pair[0], pair[1]);
        }
    }
}

#[test]
fn other_languages_are_found_in_strings() {
    let text = r#"
gate a { run = "make all", collect = "cat \"$HXP_REPORT\"", runner = "linux" }
metric b: percent { query = promql"sum(rate(x[5m]))", name = re"a+", note = other"text" }
environment c { deploy with command("kubectl apply") on manual }
"#;
    let found: Vec<String> = captures(&query(tree_sitter_hxp::INJECTIONS_QUERY), text)
        .into_iter()
        .filter(|(name, ..)| name == "injection.content")
        .map(|(_, start, end)| text[start..end].to_owned())
        .collect();
    assert_eq!(
        found,
        ["make all", "cat ", "$HXP_REPORT", "sum(rate(x[5m]))", "a+", "kubectl apply"],
        "escapes divide the text of a command"
    );
}

#[test]
fn names_have_their_definitions() {
    let text = "let f(x: int) = all y in x: y\nteam a, b { }\nuse std.{c}\n";
    let found: Vec<(String, &str)> = captures(&query(tree_sitter_hxp::LOCALS_QUERY), text)
        .into_iter()
        .filter(|(name, ..)| name.starts_with("local.definition"))
        .map(|(name, start, end)| (name.trim_start_matches("local.definition.").to_owned(), &text[start..end]))
        .collect();
    let expected = [("type", "f"), ("parameter", "x"), ("var", "y"), ("type", "a"), ("type", "b"), ("import", "c")];
    assert_eq!(found, expected.map(|(kind, name)| (kind.to_owned(), name)));
}

#[test]
fn blocks_fold_and_stand_deeper() {
    let text = "gate a {\n  b = [\n    1,\n  ]\n}\n";
    let folds = captures(&query(tree_sitter_hxp::FOLDS_QUERY), text);
    assert_eq!(folds.iter().map(|f| &text[f.1..f.2]).collect::<Vec<_>>(), [text[7..].trim_end(), "[\n    1,\n  ]"]);
    let indents = captures(&query(tree_sitter_hxp::INDENTS_QUERY), text);
    let names: Vec<&str> = indents.iter().map(|i| i.0.as_str()).collect();
    assert_eq!(names, ["indent.begin", "indent.begin", "indent.branch", "indent.end", "indent.branch", "indent.end"]);
}
