//! Any text goes through the whole chain without a panic, and a policy with errors gives no output.
#![no_main]

use hxp_driver::system::Memory;
use hxp_driver::{Request, compile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let system = Memory::with([("project/policy.hxp", text)]);
    let request = Request { start: "project".into(), emit: true, ..Request::default() };
    let compilation = compile(&system, &request);
    assert!(!compilation.has_errors() || compilation.outputs.files.is_empty());
});
