//! Any text parses without a panic, every diagnostic lies in the text, and what formats once formats the same again.
#![no_main]

use hxp_diagnostics::FileId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parsed = hxp_syntax::parse(FileId(0), text);
    for diagnostic in &parsed.diagnostics {
        let span = diagnostic.primary.span;
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{diagnostic:?}");
    }
    if let Ok(once) = hxp_fmt::format(FileId(0), text) {
        assert_eq!(hxp_fmt::format(FileId(0), &once).as_ref(), Ok(&once));
    }
});
