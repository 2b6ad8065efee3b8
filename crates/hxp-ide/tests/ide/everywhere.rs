//! What must hold wherever somebody asks, over the examples and the corpus.

use hxp_ide::Place;
use hxp_ide::hover::hover;
use hxp_syntax::TokenKind;

use crate::real_files;

#[test]
fn every_word_of_real_policies_says_something() {
    let mut silent: Vec<String> = Vec::new();
    for (snapshot, file) in real_files() {
        let text = snapshot.text(file);
        for token in hxp_syntax::lex(file, text).into_iter().filter(|t| t.kind == TokenKind::Word) {
            if hover(&snapshot, Place { file, offset: token.start }).is_none() {
                let word = text.get(token.start as usize..token.end as usize).unwrap();
                let before = text.get(..token.start as usize).unwrap();
                let line = before.matches('\n').count() + 1;
                silent.push(format!("{}:{line}: {word}", snapshot.source(file).unwrap().path()));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
