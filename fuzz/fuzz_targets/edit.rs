//! Any edits of a project: compiling again after each finds what compiling afresh finds, and what can be said at once is
//! about the new text. Three bytes are an edit: where, how much goes, and which piece comes.
#![no_main]

use hxp_driver::system::Memory;
use hxp_driver::{Compilation, Memo, Request, compile, compile_again};
use libfuzzer_sys::fuzz_target;

const POLICY: &str = "policy p { edition = 2026, version = 1.0.0 }\nteam ops { github = \"o/ops\" }\n\
    window office { zone = \"Europe/Berlin\"  open mon..fri 09:00..17:00 }\ngate unit { run = \"make test\" }\n\
    environment dev { require unit  deploy with command(\"x\") on manual }\n\
    environment prod extends dev { after dev soaked 1h  within office  approve 1 of ops }\n";

const PIECES: [&str; 16] = [
    "", "{", "}", "\n", "\"", ",", "é😀", "team x {}", "require unit", "environment", "office", "1h", "= 5", "//",
    "use std.gates.{trivy}\n", "extends dev",
];

/// More edits of one text tell nothing new and take long.
const MOST_EDITS: usize = 16;

fn lines(of: &Compilation) -> Vec<String> {
    of.diagnostics.iter().map(|d| format!("{:?} {} {}", d.primary.span, d.code, d.message)).collect()
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fuzz_target!(|bytes: &[u8]| {
    let request = Request { start: "/p".into(), ..Request::default() };
    let memory = Memory::with([("/p/hxp.toml", ""), ("/p/a.hxp", POLICY)]);
    let (mut memo, mut text) = (Memo::default(), POLICY.to_owned());
    let mut known = compile_again(&memory, &request, &mut memo);
    for edit in bytes.chunks_exact(3).take(MOST_EDITS) {
        let start = boundary(&text, usize::from(edit[0]) * text.len() / 255);
        let end = boundary(&text, (start + usize::from(edit[1] % 16)).min(text.len())).max(start);
        text.replace_range(start..end, PIECES[usize::from(edit[2]) % PIECES.len()]);
        let file = known.sources.iter().find(|(_, f)| f.path() == "a.hxp").map(|(id, _)| id);
        if let Some(quick) = file.and_then(|file| known.edited(file, &text, None)) {
            assert!(file.and_then(|f| quick.sources.get(f)).is_some_and(|f| **f.text() == *text));
        }
        memory.put("/p/a.hxp", &text);
        known = compile_again(&memory, &request, &mut memo);
        assert_eq!(lines(&known), lines(&compile(&memory, &request)));
    }
});
