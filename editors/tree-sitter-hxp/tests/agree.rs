//! The grammar for editors and the definition of the language find errors in the same texts: the corpus, mistakes by
//! name, and the corpus with something changed by chance.
#![expect(missing_docs, reason = "the derived parser of the definition has no words of its own")]

mod support;

use hxp_diagnostics::FileId;
use pest::Parser as _;
use support::{corpus, first_error, parse, parser};

#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/hxp.pest"]
struct Definition;

/// What the definition says against a text.
fn refused(text: &str) -> Option<String> {
    Definition::parse(Rule::file, text).err().map(|e| e.to_string())
}

/// Runs a test with the stack that the derived parser needs for deeply nested brackets.
fn with_large_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(test).expect("a thread can be started");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn disagreement(parser: &mut tree_sitter::Parser, text: &str) -> Option<String> {
    let tree = parser.parse(text, None).expect("parsing is never cancelled");
    match (refused(text), tree.root_node().has_error()) {
        (None, true) => Some(format!("only tree-sitter: {}", first_error(&tree, text).unwrap_or_default())),
        (Some(why), false) => Some(format!("only the definition: {why}")),
        _ => None,
    }
}

#[test]
fn the_corpus_has_the_same_errors() {
    with_large_stack(compare_corpus);
}

fn compare_corpus() {
    let mut parser = parser();
    let texts = corpus();
    let wrong: Vec<String> = texts
        .iter()
        .filter_map(|t| disagreement(&mut parser, &t.text).map(|why| format!("{}: {why}", t.place)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let broken = texts.iter().filter(|t| refused(&t.text).is_some()).count();
    assert!(texts.len() > 200 && broken > 5, "the corpus was not found: {} texts, {broken} broken", texts.len());
}

/// Texts on which the two could differ: words that are names or not, what is glued, what ends a list.
#[test]
fn small_texts_have_the_same_errors() {
    let right = [
        "",
        "\u{FEFF}let x = 1",
        "//",
        "let x = 1 //",
        "////\nlet x = 1 //// four",
        "/// doc\nlet x = 1",
        "let x = y /// doc\nlet z = 1",
        "let policy = team",
        "team a\nteam b, c",
        "use std.{a, b,}\nuse std.all.for",
        "gate a { require = 1, open.closed = 2 deny { } }",
        "window w { open mon..tue, wed 10:00..11:00 when x closed 2026-01-01 because \"y\"; tue = 1 }",
        "environment e { expect deny deny when x require a, open rollback on failed { keep = 1 } }",
        "rule r on v1.Pod for production when a in b { }",
        "rule r on networking.k8s.io/v1beta1.Ingress { }",
        "let x: list<gate>= 3",
        "let x = all a in b in c where d: e or f",
        "let x = not not a and -1 .. - -2",
        "let x = [a for b in c where d,]",
        "let x = 1..2",
        "let x = 1.2.3..2.0.0-rc.1",
        "let x = 5 - 3 + 1h30m * 2",
        "let x = 2026-11-27T15:30[America/Los_Angeles]",
        "gate a { x = re\"//\\\"\" \"k\" = \"// no comment\" }",
        "gate a { ...b ...c.d, e = f }",
    ];
    let wrong = [
        "let all = 1",
        "let x = all.b",
        "let x = (y ///doc\n)",
        "/// nothing follows",
        "test\"glued\" { }",
        "gate a { require\"glued\" }",
        "test \"t\" { given e at\"now\" }",
        "window w { open mon = 1 }",
        "let x = 5-3",
        "let x = 10m30",
        "let x = 1.2.3.4",
        "let x = 2026-1-2",
        "let x = 2026-11-27T15:30",
        "let x = 1 < 2 < 3",
        "let x = 1..2..3",
        "let x = a < not b",
        "rule r when { } == x { }",
        "gate a { require a, b, c = 3 }",
        "gate a { require when { } }",
        "gate a { x = 1,, }",
        "gate a { require a, }",
        "let x = \"unclosed",
        "let x = \"\\q\"",
        "let x = tag\"unclosed",
        "team a;",
        "gate a { when = 1 }",
        "gate a { b. = 1 }",
        "window w { open 10..12 }",
        "let x = \u{e9}",
        "use std.{}",
        "environment e { rollback onfailed { keep = 5 } }",
    ];
    let mut parser = parser();
    for text in right {
        assert_eq!(refused(text), None, "{text}");
        assert_eq!(disagreement(&mut parser, text), None, "{text}");
    }
    for text in wrong {
        assert!(refused(text).is_some(), "the definition takes {text}");
        assert_eq!(disagreement(&mut parser, text), None, "{text}");
    }
}

/// A generator of numbers that are the same in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 12).unwrap_or(0) % n.max(1)
    }
}

#[test]
fn texts_changed_by_chance_have_the_same_errors() {
    with_large_stack(compare_changed);
}

fn compare_changed() {
    const PIECES: [&str; 17] =
        ["\"", "/", "//", "///", ".", "-", "{", "}", "(", "5", "a", " ", "\n", ",", ";", "=", "@"];
    let mut parser = parser();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let texts: Vec<String> = corpus().into_iter().map(|t| t.text).filter(|t| t.len() < 4000).collect();
    let token = |text: &str, chance: &mut Chance| {
        let tokens = hxp_syntax::lex(FileId(0), text);
        tokens.get(chance.below(tokens.len())).map(|t| t.start as usize..t.end as usize)
    };
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..3000 {
        let (text, other) = (&texts[chance.below(texts.len())], &texts[chance.below(texts.len())]);
        let (Some(at), Some(from)) = (token(text, &mut chance), token(other, &mut chance)) else { continue };
        let (before, behind) = (&text[..at.start], &text[at.end..]);
        let changed = match chance.below(5) {
            0 => format!("{before}{behind}"),
            1 => format!("{before}{}{behind}", &other[from]),
            2 => format!("{before}{} {}", &other[from], &text[at.start..]),
            // The character behind the token, often a space, is lost.
            3 => format!("{}{}", &text[..at.end], behind.get(1..).unwrap_or(behind)),
            _ => format!("{before}{}{}", PIECES[chance.below(PIECES.len())], &text[at.start..]),
        };
        let found = disagreement(&mut parser, &changed);
        assert_eq!(found, None, "{changed}");
        if refused(&changed).is_some() { wrong += 1 } else { right += 1 }
    }
    assert!(right > 300 && wrong > 300, "{right} right, {wrong} wrong");
}

#[test]
fn an_edit_gives_the_tree_of_the_new_text() {
    let old = "gate a {\n  run = \"make\"\n}\n";
    let new = "gate a {\n  run = \"make all\"\n}\n";
    let mut tree = parse(old);
    let at = old.find("make").expect("it stands there") + 4;
    let point = |column| tree_sitter::Point { row: 1, column };
    tree.edit(&tree_sitter::InputEdit {
        start_byte: at,
        old_end_byte: at,
        new_end_byte: at + 4,
        start_position: point(13),
        old_end_position: point(13),
        new_end_position: point(17),
    });
    let again = parser().parse(new, Some(&tree)).expect("parsing is never cancelled");
    assert_eq!(again.root_node().to_sexp(), parse(new).root_node().to_sexp());
    assert_eq!(again.changed_ranges(&tree).count(), 0, "an edit within a string changes no structure");
}
