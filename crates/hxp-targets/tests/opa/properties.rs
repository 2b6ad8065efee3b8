//! What holds of every request.

use serde_json::Value;

use crate::{engines, fixture};

/// A generator of numbers that is the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// Pointers to everything inside a value.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.replace('/', "~1"), v)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{here}/{key}");
        pointers(child, &pointer, found);
        if value.is_object() {
            found.push(pointer);
        }
    }
}

fn remove(request: &mut Value, pointer: &str) {
    if let Some((parent, key)) = pointer.rsplit_once('/')
        && let Some(Value::Object(map)) = request.pointer_mut(parent)
    {
        map.remove(&key.replace("~1", "/"));
    }
}

/// Requests that are not allowed, each for another reason.
fn refused() -> Vec<Value> {
    let mut requests = Vec::new();
    for (pointer, value) in [
        ("/evidence/0/state", "failed"),
        ("/evidence/1/results/line", "12%"),
        ("/release/branch", "wild"),
        ("/approvals/0/vote", "reject"),
        ("/at", "2026-12-04T11:00:00-08:00"),
        ("/deployments/0/outcome", "failed"),
        ("/change/files/0", "src/auth/x.go"),
        ("/change/commits/0/message", "feat!: new"),
    ] {
        let mut request = fixture::request();
        *request.pointer_mut(pointer).unwrap() = Value::from(value);
        requests.push(request);
    }
    let mut rejected = fixture::request();
    rejected["approvals"][1]["person"] = "mallory".into();
    requests.push(rejected);
    requests
}

/// A missing key is an unknown fact, and learning nothing more can never be a reason to allow. Lists are left alone: an
/// element less is another list, not an unknown one. Evidence and approvals that lose the key which made them worse are
/// other evidence and approvals, which is what `at` and the like are kept for.
#[test]
fn leaving_keys_out_never_allows_what_was_refused() {
    let mut engine = engines::regorus(&engines::emit(&fixture::policy()));
    let mut dice = Dice(7);
    for request in refused() {
        assert_ne!(engines::decide(&mut engine, "production", &request)["outcome"], "allow");
        for _ in 0..12 {
            let mut less = request.clone();
            let mut gone = Vec::new();
            for _ in 0..=dice.below(3) {
                let mut all = Vec::new();
                pointers(&less, "", &mut all);
                let pointer = all.swap_remove(dice.below(all.len()));
                remove(&mut less, &pointer);
                gone.push(pointer);
            }
            let decision = engines::decide(&mut engine, "production", &less);
            assert_ne!(decision["outcome"], "allow", "without {gone:?}: {less:#}");
        }
    }
}

#[test]
fn a_missing_key_of_the_satisfied_request_never_leaves_it_without_a_decision() {
    let mut engine = engines::regorus(&engines::emit(&fixture::policy()));
    let mut all = Vec::new();
    pointers(&fixture::request(), "", &mut all);
    for pointer in all {
        let mut less = fixture::request();
        remove(&mut less, &pointer);
        let decision = engines::decide(&mut engine, "production", &less);
        let outcome = decision["outcome"].as_str();
        assert!(matches!(outcome, Some("allow" | "pending" | "deny")), "without {pointer}: {decision:#}");
        assert!(decision["reasons"].as_array().is_some_and(|r| !r.is_empty()), "without {pointer}: {decision:#}");
    }
}

#[test]
fn what_is_no_request_is_denied() {
    let mut engine = engines::regorus(&engines::emit(&fixture::policy()));
    for request in [Value::Null, Value::from(1), Value::from("x"), serde_json::json!([]), serde_json::json!({})] {
        let decision = engines::decide(&mut engine, "production", &request);
        assert_eq!(decision["outcome"], "deny", "{request}");
        assert_eq!(decision["reasons"][0]["id"], "engine.request", "{request}");
    }
}
