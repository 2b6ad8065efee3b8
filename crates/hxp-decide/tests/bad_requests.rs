//! Requests and ledgers of any shape: a clear error, or a decision whose explanation fits it; never a panic.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::PathBuf;
use std::sync::LazyLock;

use hxp_decide::baseline::baseline;
use hxp_decide::explain::{Explanation, Standing};
use hxp_decide::ledger::Ledger;
use hxp_decide::{Engine, Malformed, Request, Verdict};
use hxp_driver::system::Disk;
use hxp_policy::Policy;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let start = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/hexabase");
    hxp_driver::compile(&Disk, &hxp_driver::Request { start, ..Default::default() }).policy
});

static ENGINE: LazyLock<Engine<'static>> = LazyLock::new(|| Engine::new(&POLICY));

static SATISFIED: LazyLock<Json> = LazyLock::new(|| {
    let production = POLICY.environments.get("production").unwrap();
    baseline(&POLICY, production, "2026-12-01T19:00:00Z".parse().unwrap())
});

fn told(wrong: &[Malformed]) -> Vec<String> {
    wrong.iter().map(|w| w.spot.map_or_else(|| w.to_string(), |s| format!("{}:{}: {w}", s.line, s.column))).collect()
}

#[test]
fn what_is_no_request_is_told() {
    let with = |text: &str| {
        format!(
            "{{\n  \"hxp\": 1, \"at\": \"2026-12-01T10:00:00Z\", \"environment\": \"production\",\n  \
             \"action\": \"deploy\", \"actor\": {{ \"id\": \"ada\" }}, \"release\": {{ \"commit\": \"9f3c\" }},\n  {text}\n}}"
        )
    };
    let instant = "but takes an instant with its offset, such as \"2026-11-27T15:30:00-08:00\"";
    for (text, expected) in [
        ("null".to_owned(), vec!["1:1: the request is not an object but null".to_owned()]),
        ("[]".to_owned(), vec!["1:1: the request is not an object but a list".to_owned()]),
        (
            "{}".to_owned(),
            ["hxp", "at", "environment", "action", "actor.id", "release.commit"]
                .map(|key| format!("1:1: `{key}` is missing"))
                .to_vec(),
        ),
        (with(r#""evidnce": []"#), vec!["4:3: `evidnce` is not a key of a request; did you mean `evidence`?".to_owned()]),
        (
            with(r#""evidence": [{ "stat": "passed" }]"#),
            vec!["4:18: `evidence.0.stat` is not a key of `evidence`; did you mean `state`?".to_owned()],
        ),
        (
            with(r#""evidence": [{ "state": "pased" }]"#),
            vec![
                "4:18: `evidence.0.state` is \"pased\", but takes \"error\" or \"failed\" or \"passed\" or \"running\" or \
                 \"skipped\"; did you mean `passed`?"
                    .to_owned(),
            ],
        ),
        (with(r#""evidence": null"#), vec!["4:3: `evidence` is null, but takes a list".to_owned()]),
        (with(r#""approvals": [7]"#), vec!["4:17: `approvals.0` is 7, but takes an object".to_owned()]),
        (
            with(r#""previous": { "version": "1.2" }"#),
            vec![
                "4:17: `previous.version` is \"1.2\", but takes a semantic version, such as \"1.2.3\" or null".to_owned(),
            ],
        ),
        (
            with(r#""members": { "devops": "eve" }, "incident": { "state": 1 }"#),
            vec![
                "4:16: `members.devops` is \"eve\", but takes a list".to_owned(),
                "4:49: `incident.state` is 1, but takes \"open\" or \"resolved\" or null".to_owned(),
            ],
        ),
        (
            with(r#""approvals": [{ "at": "2026-12-01T10:00:00[Mars/Olympus]" }]"#),
            vec![format!(
                "4:19: `approvals.0.at` is \"2026-12-01T10:00:00[Mars/Olympus]\", {instant}; leave the name of the zone \
                 out and keep the offset"
            )],
        ),
        (
            with(r#""approvals": [{ "at": "2026-02-30T10:00:00Z" }]"#),
            vec![format!(
                "4:19: `approvals.0.at` is \"2026-02-30T10:00:00Z\", {instant}; there is no such day or time"
            )],
        ),
        (
            with(r#""approvals": [{ "at": "2026-12-01T10:00" }]"#),
            vec![format!(
                "4:19: `approvals.0.at` is \"2026-12-01T10:00\", {instant}; it says not in which zone: write `Z` or an \
                 offset behind it"
            )],
        ),
        (
            with(r#""approvals": [{ "at": "9999-12-31T23:59:59Z" }]"#),
            vec![format!(
                "4:19: `approvals.0.at` is \"9999-12-31T23:59:59Z\", {instant}; its year must be one of 1980 to 2199"
            )],
        ),
        (
            with(r#""previous": { "id": "ü", "branch": "a\u0020\ud800x" }"#),
            vec![
                "4:46: `\\ud800` is half of a character and stands alone; write the character itself, or both halves, as \
                 in `\\ud83d\\ude00`"
                    .to_owned(),
            ],
        ),
        (
            with(r#""branch": "\udc00""#),
            vec![
                "4:14: `\\udc00` is half of a character and stands alone; write the character itself, or both halves, as \
                 in `\\ud83d\\ude00`"
                    .to_owned(),
            ],
        ),
        (
            with(r#""branch": "a\d""#),
            vec!["4:16: the request is not JSON: `\\` begins no escape; as a character it is written twice".to_owned()],
        ),
        (
            with(r#""action": "rollback", "actor": { "id": "eve", "id": "ada" }"#),
            vec![
                "4:3: `action` is there twice; which of both is meant?".to_owned(),
                "4:25: `actor` is there twice; which of both is meant?".to_owned(),
                "4:49: `actor.id` is there twice; which of both is meant?".to_owned(),
            ],
        ),
    ] {
        let wrong = Request::from_slice(text.as_bytes()).unwrap_err();
        assert_eq!(told(&wrong), expected, "{text}");
    }
}

#[test]
fn what_is_huge_or_deep_is_refused_at_once() {
    let began = std::time::Instant::now();
    let long = vec![b' '; 100 << 20];
    let deep = "{\"actor\":".repeat(100_000);
    let many = format!("{{{}}}", vec!["\"x\": 1"; 500_000].join(","));
    let strays = format!("{{{}}}", (0..200_000).map(|i| format!("\"x{i}\": 1")).collect::<Vec<_>>().join(","));
    for (text, expected) in [
        (long.as_slice(), "the request has more than 32 MiB"),
        (deep.as_bytes(), "1:1144: the request is nested more than 127 levels deep"),
        (many.as_bytes(), "1:9: `x` is there twice; which of both is meant?"),
    ] {
        let wrong = Request::from_slice(text).unwrap_err();
        assert_eq!(told(&wrong)[0], expected);
        assert!(wrong.len() <= 100);
    }
    let wrong = Request::from_slice(strays.as_bytes()).unwrap_err();
    assert!(wrong.len() <= 110, "{}", wrong.len());
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

/// A tree is bounded, says something at every node, and its root stands as the reason does.
fn assert_fits(tree: &Explanation, verdict: Verdict) {
    let mut nodes = 0;
    let mut todo = vec![(tree, 0)];
    while let Some((node, depth)) = todo.pop() {
        nodes += 1;
        assert!(!node.text.is_empty() && depth < 140);
        todo.extend(node.children.iter().map(|child| (child, depth + 1)));
    }
    assert!(nodes < 2_000, "{nodes}");
    let fits = match verdict {
        Verdict::Failed => tree.standing == Standing::Failed,
        Verdict::Waiting => tree.standing == Standing::Waiting,
        Verdict::Met => tree.standing == Standing::Met,
        Verdict::Waived | Verdict::Advice => true,
    };
    assert!(fits, "{verdict:?}: {tree:?}");
}

fn judge(text: &[u8]) {
    match Request::from_slice(text) {
        Err(wrong) => assert!(!wrong.is_empty() && wrong.iter().all(|w| !w.message.is_empty())),
        Ok(request) => {
            let explained = ENGINE.explain(&request);
            assert_eq!(explained.decision, ENGINE.decide(&request));
            assert!(explained.explanation.len() >= explained.decision.reasons.len());
            for (reason, because) in explained.decision.reasons.iter().zip(&explained.explanation) {
                assert_fits(&because.tree, reason.verdict);
            }
        }
    }
}

/// JSON of any shape, with words that requests know.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        prop::sample::select(vec![
            "",
            "passed",
            "failed",
            "production",
            "2026-12-01T19:00:00Z",
            "2199-12-31T23:59:59.999999999-23:59",
            "1980-01-01T00:00:00Z",
            "1.2.3",
            "0.0.0-0",
            "83.1%",
            "99999999999999999999999999999w",
            "open",
            "\u{0}",
        ])
        .prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let key = prop::sample::select(vec![
            "id", "at", "state", "results", "subject", "commit", "images", "chart", "digest", "version", "line",
            "from", "to",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|fields| Json::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

/// Every place of a document, as a pointer.
fn places(json: &Json) -> Vec<String> {
    let mut places = Vec::new();
    let mut todo = vec![(String::new(), json)];
    while let Some((path, value)) = todo.pop() {
        match value {
            Json::Array(list) => todo.extend(list.iter().enumerate().map(|(i, v)| (format!("{path}/{i}"), v))),
            Json::Object(fields) => todo.extend(fields.iter().map(|(k, v)| {
                let key = k.replace('~', "~0").replace('/', "~1");
                (format!("{path}/{key}"), v)
            })),
            _ => {}
        }
        places.push(path);
    }
    places
}

fn mutated(base: &Json, edits: &[(prop::sample::Index, Option<Json>)]) -> Json {
    let mut json = base.clone();
    for (at, value) in edits {
        let places = places(&json);
        let pointer = at.get(&places);
        match value {
            Some(value) => *json.pointer_mut(pointer).unwrap() = value.clone(),
            None => {
                let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
                let name = name.replace("~1", "/").replace("~0", "~");
                match json.pointer_mut(parent).unwrap() {
                    Json::Object(fields) => drop(fields.remove(&name)),
                    Json::Array(list) => drop(list.remove(name.parse().unwrap())),
                    _ => {}
                }
            }
        }
    }
    json
}

fn ledger() -> Json {
    json!({
        "hxp": 1, "at": "2026-12-10T12:00:00Z",
        "events": [
            { "id": "d91", "event": "deployed", "environment": "production", "at": "2026-12-08T18:30:00Z",
              "facts": { "release": { "commit": "9f3c" }, "override": { "name": "hotfix" } } },
            { "id": "INC-5", "event": "incident.resolved", "environment": "production", "at": "2026-12-03T04:00:00Z" },
        ],
        "members": { "engineering": ["eve"] },
        "evidence": [{ "gate": "scan", "subject": { "commit": "9f3c" }, "state": "passed",
            "results": { "critical": 0 }, "at": "2026-12-08T20:00:00Z" }],
        "messages": [{ "channel": "status", "event": "INC-5", "at": "2026-12-03T05:00:00Z" }],
    })
}

proptest! {
    #[test]
    fn requests_of_any_shape(edits in prop::collection::vec((any::<prop::sample::Index>(), prop::option::weighted(0.7, any_json())), 1..5)) {
        judge(mutated(&SATISFIED, &edits).to_string().as_bytes());
    }

    #[test]
    fn requests_of_any_bytes(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4)) {
        let mut text = SATISFIED.to_string().into_bytes();
        for (at, byte, how) in edits {
            let at = at.index(text.len());
            match how {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => drop(text.remove(at)),
            }
        }
        judge(&text);
    }

    #[test]
    fn ledgers_of_any_shape(edits in prop::collection::vec((any::<prop::sample::Index>(), prop::option::weighted(0.7, any_json())), 1..5)) {
        let text = mutated(&ledger(), &edits).to_string();
        match Ledger::from_slice(text.as_bytes()) {
            Err(wrong) => prop_assert!(!wrong.is_empty()),
            Ok(ledger) => drop(ENGINE.owed(&ledger, "2026-12-10T12:00:00Z".parse().unwrap(), None)),
        }
    }
}
