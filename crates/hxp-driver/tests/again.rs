//! Compiling again after edits finds what compiling afresh finds.

use hxp_driver::system::Memory;
use hxp_driver::{Compilation, Memo, Request, compile, compile_again, opened};
use proptest::prelude::*;

const BASE: &str = "policy p { edition = 2026, version = 1.0.0 }\nteam ops { github = \"o/ops\" }\n\
    window office { zone = \"Europe/Berlin\"  open mon..fri 09:00..17:00 }\ngate unit { run = \"make test\" }\n";
const MAIN: &str = "environment base { abstract = true  require unit }\n\
    environment dev extends base { deploy with command(\"x\") on manual }\n\
    environment prod extends base { after dev soaked 1h  within office  approve 1 of ops  deploy with command(\"x\") on manual }\n\
    let share = 50%\n";

/// What people type, whole and in halves.
const PIECES: &[&str] = &[
    "",
    "{",
    "}",
    "\n",
    "\"",
    " ",
    ",",
    "é😀",
    "team x {}",
    "require unit",
    "environment",
    "office",
    "1h",
    "= 5",
    "//",
    "use std.gates.{trivy}\n",
    "within office",
    "extends base",
];

fn lines(of: &Compilation) -> Vec<String> {
    let one = |d: &hxp_diagnostics::Diagnostic| {
        format!("{} {} {:?} {}", of.sources.location(d.primary.span), d.code, d.severity, d.message)
    };
    of.diagnostics.iter().map(one).collect()
}

fn request() -> Request {
    Request { start: "/p".into(), ..Request::default() }
}

/// The nearest place at or before `at` where a character begins.
fn boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn edit(text: &mut String, from: usize, length: usize, piece: usize) {
    let start = boundary(text, from % (text.len() + 1));
    let end = boundary(text, start + length).max(start);
    text.replace_range(start..end, PIECES.get(piece % PIECES.len()).copied().unwrap_or_default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn an_edit_leaves_nothing_behind(edits in prop::collection::vec((any::<bool>(), any::<usize>(), 0..12_usize, any::<usize>()), 1..12)) {
        let (mut base, mut main) = (BASE.to_owned(), MAIN.to_owned());
        let mut memo = Memo::default();
        for (first, from, length, piece) in edits {
            edit(if first { &mut base } else { &mut main }, from, length, piece);
            let files = [("/p/hxp.toml", ""), ("/p/a.hxp", base.as_str()), ("/p/b.hxp", main.as_str())];
            let memory = Memory::with(files);
            let again = compile_again(&memory, &request(), &mut memo);
            let fresh = compile(&memory, &request());
            prop_assert_eq!(lines(&again), lines(&fresh));
        }
    }

    /// What is said of an open file before the whole was checked is what the whole says of it.
    #[test]
    fn what_is_said_first_of_an_open_file_is_true(from in any::<usize>(), length in 0..12_usize, piece in any::<usize>()) {
        let mut text = MAIN.to_owned();
        edit(&mut text, from, length, piece);
        let padding = "// Nothing but text.\n".repeat(8000);
        let files = [("/p/hxp.toml", ""), ("/p/a.hxp", BASE), ("/p/b.hxp", &text), ("/p/c.hxp", &padding)];
        let memory = Memory::with(files);
        let first = opened(&memory, &request(), &mut Memo::default(), &|path| path == "b.hxp").unwrap();
        let whole = compile(&memory, &request());
        let whole = lines(&whole);
        for found in lines(&first) {
            prop_assert!(whole.contains(&found), "{found}\n{text}\n{whole:#?}");
        }
    }

    /// What is said at once has the places of the new text and invents no mistake.
    #[test]
    fn what_is_said_at_once_is_true_of_the_new_text(from in any::<usize>(), length in 0..12_usize, piece in any::<usize>()) {
        let memory = Memory::with([("/p/hxp.toml", ""), ("/p/a.hxp", BASE), ("/p/b.hxp", MAIN)]);
        let before = compile(&memory, &request());
        let file = before.sources.iter().find(|(_, f)| f.path() == "b.hxp").unwrap().0;
        let mut text = MAIN.to_owned();
        edit(&mut text, from, length, piece);
        let Some(quick) = before.edited(file, &text, None) else { return Ok(()) };
        prop_assert_eq!(quick.sources.get(file).unwrap().text().as_ref(), text.as_str());
        memory.put("/p/b.hxp", &text);
        let whole = lines(&compile(&memory, &request()));
        for found in lines(&quick).iter().filter(|l| l.contains(" HXP01") || l.contains(" HXP03")) {
            prop_assert!(whole.contains(found), "{found}\n{text}\n{whole:#?}");
        }
    }
}
