//! Any bytes are refused as a request, or decided and explained; likewise as a ledger. Nothing panics, and what is
//! refused has a reason.
#![no_main]

use std::sync::LazyLock;

use hxp_decide::Engine;
use hxp_decide::ledger::Ledger;
use hxp_policy::Policy;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let start = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/hexabase").into();
    let request = hxp_driver::Request { start, ..Default::default() };
    hxp_driver::compile(&hxp_driver::system::Disk, &request).policy
});

static ENGINE: LazyLock<Engine<'static>> = LazyLock::new(|| Engine::new(&POLICY));

fuzz_target!(|bytes: &[u8]| {
    match hxp_decide::Request::from_slice(bytes) {
        Ok(request) => drop(ENGINE.explain(&request)),
        Err(wrong) => assert!(!wrong.is_empty()),
    }
    match Ledger::from_slice(bytes) {
        Ok(ledger) => {
            let at = ledger.at.unwrap_or_default();
            drop(ENGINE.owed(&ledger, at, None));
        }
        Err(wrong) => assert!(!wrong.is_empty()),
    }
    // What only lacks the obligatory keys is decided too.
    if let Ok(Value::Object(given)) = serde_json::from_slice::<Value>(bytes)
        && let Ok(request) = hxp_decide::Request::from_json(&completed(given))
    {
        drop(ENGINE.explain(&request));
    }
});

fn completed(mut given: Map<String, Value>) -> Value {
    for (key, value) in [
        ("hxp", json!(1)),
        ("at", json!("2026-12-01T19:00:00Z")),
        ("environment", json!("production")),
        ("action", json!("deploy")),
        ("actor", json!({ "id": "ada" })),
        ("release", json!({ "commit": "9f3c" })),
    ] {
        given.entry(key).or_insert(value);
    }
    Value::Object(given)
}
