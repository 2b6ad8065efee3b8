//! What is written is what is read, by readers of YAML 1.1 and 1.2 that are not ours.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hxp_emit::yaml::{Item, Map, Node, document};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Strings that some writer or reader of YAML has got wrong.
#[rustfmt::skip]
const AWKWARD: &[&str] = &[
    "", " ", "a ", " a", "on", "On", "yes", "no", "NO", "off", "y", "n", "~", "null", "Null", "true", "True", "1",
    "-1", "+1", "0", "0123", "0o7", "0x1F", "0b1", "1_000", "1e3", "1E5", ".5", "5.", "1.10", "1.2.3", ".inf",
    "-.inf", ".nan", "NaN", "12:30", "12:30:00", "2024-01-01", "2024-01-01T00:00:00Z", "=", "<<", "-", "--", "---",
    "...", "- a", "?", "? a", ":", "a:", ":a", "a: b", "a:b", "a #b", "a#b", "#", "&a", "*a", "!a", "!!str", "|", ">",
    "%", "@", "`", "'", "''", "'a'", "\"", "\"a\"", "\\", "\\n", "{", "}", "{a}", "[", "]", "[a]", ",", "a,b", "a, b",
    "{{ x }}", "${{ github.ref }}", "$(x)", "a\nb", "a\nb\n", "a\n\nb", "\n", "\n\n", "a\n", "\na", " a\nb",
    "a\n b\n", "a\n \nb", "a\r\nb", "a\tb", "\ta", "a\t", "\u{0}", "\u{1b}", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}",
    "\u{feff}", "é", "日本", "😀", "go \u{1F680}\n", "\u{20000}", "\u{10FFFF}", "\u{202e}", "0 4 * * 0", "10m", "500m",
    "1Gi", "7d", "50%", "1.5Gi", "1e3m", "nginx.ingress.kubernetes.io/x", "--atomic", "a&&b", "a | b", "x > y", "!x",
    "!=", "key: 'value'", "http://a.b/c#d", "C:\\x", "#!/bin/sh\nset -e\n", "YES", "Y", "N", "OFF", "TRUE", "FALSE", "NULL",
    "+.inf", ".Inf", ".NAN", "-0", "0.", "1.", "+1.5", "1e-3", "e9", "E+12", "0o17", "0b_1", "1__0", "0x_F", "190:20:30", "1:2:3.4",
    "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43", "2001-1-1", "a \nb", "a\nb \n", "a\t\nb", "a\u{3000}\nb",
    "__proto__", "constructor", "%YAML 1.1", "--- a", "... a", "- ", ": ", "a:\n  b", "\u{fffd}", "e\u{301}",
];

/// A document and what it says.
#[derive(Clone, Debug)]
struct Sample {
    node: Node,
    means: Value,
}

fn text_sample(text: String) -> Sample {
    Sample { means: json!(text), node: Node::from(text) }
}

fn list_sample(samples: Vec<Sample>, flow: bool, comment: &str) -> Sample {
    let means = samples.iter().map(|s| s.means.clone()).collect();
    let nodes = samples.into_iter().map(|s| s.node);
    let node = if flow {
        Node::Flow(nodes.collect())
    } else {
        Node::Seq(nodes.map(|value| Item { value, comments: vec![comment.to_owned().into()] }).collect())
    };
    Sample { node, means: Value::Array(means) }
}

fn map_sample(samples: Vec<(String, Sample)>, comment: &str) -> Sample {
    let mut map = Map::new();
    let mut means = serde_json::Map::new();
    for (index, (key, sample)) in samples.into_iter().enumerate() {
        if means.contains_key(&key) {
            continue;
        }
        means.insert(key.clone(), sample.means);
        let entry = map.push(key, sample.node);
        match index % 4 {
            0 => entry.comment(comment.to_owned()),
            1 => entry.trail(comment.to_owned()),
            2 => entry.space(),
            _ => entry,
        };
    }
    Sample { node: Node::Map(map), means: Value::Object(means) }
}

/// Any text, awkward text, and text made of the characters that mean something to YAML.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        proptest::sample::select(AWKWARD).prop_map(str::to_owned),
        "[ -~\n]{0,8}",
        "[0-9._:eExXoTZ+-]{1,8}",
        "[-:#?&*!|>'\"%@`{}\\[\\], a\n]{0,6}",
        "(a\n|  b\n|\n|\tc\n| ){0,5}",
    ]
}

fn any_sample() -> impl Strategy<Value = Sample> {
    // Integers beyond 2^53 do not survive readers that go through JSON.
    let leaf = prop_oneof![
        Just(Sample { node: Node::Null, means: Value::Null }),
        any::<bool>().prop_map(|b| Sample { node: b.into(), means: json!(b) }),
        (-(1_i64 << 53)..(1_i64 << 53)).prop_map(|i| Sample { node: i.into(), means: json!(i) }),
        (-100_000_i64..100_000, 0_u8..100).prop_map(|(whole, part)| {
            let text = format!("{whole}.{part:02}");
            Sample { means: json!(text.parse::<f64>().unwrap()), node: Node::Number(text.into()) }
        }),
        any_text().prop_map(text_sample),
        any_text().prop_map(text_sample),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..5);
        let map = proptest::collection::vec((any_text(), inner), 0..5);
        prop_oneof![
            (list, any::<bool>(), any_text()).prop_map(|(items, flow, comment)| list_sample(items, flow, &comment)),
            (map, any_text()).prop_map(|(entries, comment)| map_sample(entries, &comment)),
        ]
    })
}

/// One document of all awkward strings, as values, as keys and in one line, and of many arbitrary trees.
fn everything() -> (String, Value) {
    let strings = || AWKWARD.iter().map(|s| (*s).to_owned());
    let mut runner = TestRunner::deterministic();
    let arbitrary = std::iter::repeat_with(|| any_sample().new_tree(&mut runner).unwrap().current()).take(400);
    let all = map_sample(
        vec![
            ("list".to_owned(), list_sample(strings().map(text_sample).collect(), false, "a list")),
            ("flow".to_owned(), list_sample(strings().map(text_sample).collect(), true, "")),
            ("keys".to_owned(), map_sample(strings().map(|s| (s, text_sample("x".to_owned()))).collect(), "keys")),
            ("long".to_owned(), map_sample(vec![("\u{1}".repeat(5000), text_sample("x y ".repeat(5000)))], "")),
            ("trees".to_owned(), list_sample(arbitrary.collect(), false, "a tree")),
        ],
        "a part",
    );
    let Node::Map(root) = &all.node else { unreachable!("it was made a mapping") };
    (document(&["Written by a test.".into()], root), all.means)
}

fn assert_same(found: &Value, wanted: &Value, path: &str) {
    match (found, wanted) {
        (Value::Object(f), Value::Object(w)) => {
            assert_eq!(f.keys().collect::<Vec<_>>(), w.keys().collect::<Vec<_>>(), "keys of {path}");
            w.iter().for_each(|(key, w)| assert_same(&f[key], w, &format!("{path}.{key:?}")));
        }
        (Value::Array(f), Value::Array(w)) => {
            assert_eq!(f.len(), w.len(), "length of {path}");
            f.iter().zip(w).enumerate().for_each(|(i, (f, w))| assert_same(f, w, &format!("{path}[{i}]")));
        }
        // A reader may take `2.00` for the whole number that it is.
        (Value::Number(f), Value::Number(w)) => assert_eq!(f.as_f64(), w.as_f64(), "{path}"),
        _ => assert_eq!(found, wanted, "{path}"),
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().map(|(k, v)| (k, sorted(v))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// Says loudly that a reader is not there; where it has to be, that is a failure.
fn missing(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what} is missing: run `cargo xtask tools`");
    eprintln!("SKIPPED: {what} is missing, so nothing here was read by it; `cargo xtask tools` installs it");
}

fn pyyaml(text: &str) -> Option<Value> {
    let script = "import sys, json, yaml; json.dump(yaml.safe_load(sys.stdin.buffer.read().decode()), sys.stdout)";
    let python = ["python3-yaml", "python3"].into_iter().find(|p| {
        Command::new(p).args(["-c", "import yaml"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    });
    let Some(python) = python else {
        missing("PyYAML");
        return None;
    };
    let mut child =
        Command::new(python).args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "PyYAML refused:\n{text}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// JavaScript's YAML, by the one or the other version.
fn javascript(text: &str, version: &str) -> Option<Value> {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.tools/npm/node_modules/yaml");
    if !package.is_dir() {
        missing("JavaScript's yaml");
        return None;
    }
    // Maps, because an object puts keys that look like numbers first, and takes `__proto__` for its own.
    let script = "const { parse } = require(process.argv[1]);
        const plain = (v) => Array.isArray(v) ? v.map(plain)
          : v instanceof Map ? { map: [...v].map(([key, value]) => [key, plain(value)]) } : { is: v };
        const text = require('fs').readFileSync(0, 'utf8');
        const read = parse(text, { version: process.argv[2], mapAsMap: true, strict: true, maxAliasCount: 0 });
        process.stdout.write(JSON.stringify(plain(read)));";
    let mut node = Command::new("node");
    node.args(["-e", script]).arg(package).arg(version).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = node.spawn() else {
        missing("node");
        return None;
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "YAML {version} of JavaScript refused:\n{text}");
    Some(unwrapped(serde_json::from_slice(&output.stdout).unwrap()))
}

/// What the script above says, with mappings as mappings.
fn unwrapped(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(unwrapped).collect()),
        Value::Object(mut fields) => match fields.remove("map") {
            Some(Value::Array(entries)) => {
                let entry = |entry: Value| {
                    let [key, value] = <[Value; 2]>::try_from(entry.as_array().unwrap().clone()).unwrap();
                    (key.as_str().unwrap_or_else(|| panic!("{key} is no text")).to_owned(), unwrapped(value))
                };
                Value::Object(entries.into_iter().map(entry).collect())
            }
            _ => fields.remove("is").unwrap(),
        },
        other => other,
    }
}

/// Go's YAML, as Helm reads a values file.
fn helm(text: &str) -> Option<Value> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::var_os("HXP_HELM").map(PathBuf::from);
    let found = named.or_else(|| std::env::split_paths(&path).map(|p| p.join("helm")).find(|p| p.is_file()));
    let Some(program) = found else {
        missing("helm");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    // Helm reads what its templates say as YAML again, which must not get to see the text itself.
    let template = "apiVersion: v1\nkind: ConfigMap\nvalues: {{ .Values | toJson | b64enc }}\n";
    std::fs::create_dir(folder.path().join("templates")).unwrap();
    for (name, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: echo\nversion: 1.0.0\n"),
        ("templates/echo.yaml", template),
        ("given.yaml", text),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let arguments = ["template", "echo", ".", "--values", "given.yaml"];
    let output = Command::new(program).args(arguments).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "helm refused:\n{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let encoded = printed.lines().find_map(|l| l.strip_prefix("values: ")).unwrap();
    Some(serde_json::from_slice(&base64(encoded)).unwrap())
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for c in text.chars().filter(|c| *c != '=') {
        bits = (bits << 6) | u32::try_from(DIGITS.find(c).unwrap()).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(((bits >> held) & 0xFF).try_into().unwrap());
        }
    }
    bytes
}

#[test]
fn yaml_1_2_reads_what_was_written() {
    let (text, wanted) = everything();
    assert_same(&serde_saphyr::from_str(&text).unwrap(), &wanted, "");
}

#[test]
fn yaml_1_1_reads_what_was_written() {
    let (text, wanted) = everything();
    if let Some(read) = pyyaml(&text) {
        assert_same(&read, &wanted, "");
    }
}

#[test]
fn javascript_reads_what_was_written_by_either_version() {
    let (text, wanted) = everything();
    for version in ["1.1", "1.2"] {
        if let Some(read) = javascript(&text, version) {
            assert_same(&sorted(read), &sorted(wanted.clone()), version);
        }
    }
}

#[test]
fn helm_reads_what_was_written() {
    let (text, wanted) = everything();
    if let Some(read) = helm(&text) {
        assert_same(&sorted(read), &sorted(wanted), "");
    }
}

proptest! {
    #[test]
    fn any_tree_survives(sample in any_sample()) {
        let text = document(&[], &Map::new().with("k", sample.node));
        let read: Value = serde_saphyr::from_str(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        assert_same(&read["k"], &sample.means, "k");
    }
}
