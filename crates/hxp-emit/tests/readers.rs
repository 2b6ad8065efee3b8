//! What is written is what is read, by readers of YAML 1.1 and 1.2 that are not ours.

use std::io::Write as _;
use std::process::{Command, Stdio};

use hxp_emit::yaml::{Map, Node, document};
use proptest::prelude::*;

/// Strings that some writer or reader of YAML has got wrong.
const AWKWARD: &[&str] = &[
    "", " ", "a ", " a", "on", "On", "yes", "no", "NO", "off", "y", "n", "~", "null", "Null", "true", "True", "1", "-1",
    "+1", "0", "0123", "0o7", "0x1F", "0b1", "1_000", "1e3", "1E5", ".5", "5.", "1.10", "1.2.3", ".inf", "-.inf",
    ".nan", "NaN", "12:30", "12:30:00", "2024-01-01", "2024-01-01T00:00:00Z", "=", "<<", "-", "--", "---", "...", "- a",
    "?", "? a", ":", "a:", ":a", "a: b", "a:b", "a #b", "a#b", "#", "&a", "*a", "!a", "!!str", "|", ">", "%", "@", "`",
    "'", "''", "'a'", "\"", "\"a\"", "\\", "\\n", "{", "}", "{a}", "[", "]", "[a]", ",", "a,b", "a, b", "{{ x }}",
    "${{ github.ref }}", "$(x)", "a\nb", "a\nb\n", "a\n\nb", "\n", "\n\n", "a\n", "\na", " a\nb", "a\n b\n", "a\n \nb",
    "a\r\nb", "a\tb", "\ta", "a\t", "\u{0}", "\u{1b}", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}", "é", "日本",
    "😀", "\u{202e}", "0 4 * * 0", "10m", "500m", "1Gi", "7d", "50%", "1.5Gi", "1e3m", "nginx.ingress.kubernetes.io/x",
    "--atomic", "a&&b", "a | b", "x > y", "!x", "!=", "key: 'value'", "http://a.b/c#d", "C:\\x", "#!/bin/sh\nset -e\n",
];

fn map_of(strings: &[String]) -> Map {
    let mut map = Map::new();
    map.push("values", strings.iter().cloned().map(Node::from).collect::<Vec<_>>());
    map.push("flow", Node::words(strings.to_vec()));
    let mut keys = Map::new();
    for (index, text) in strings.iter().enumerate() {
        // Keys must differ; the number makes them so without making them harmless.
        keys.push(format!("{text}{index}"), Node::Int(1));
    }
    map.push("keys", keys);
    map
}

fn expected(strings: &[String]) -> serde_json::Value {
    let keys: serde_json::Map<_, _> =
        strings.iter().enumerate().map(|(i, t)| (format!("{t}{i}"), serde_json::json!(1))).collect();
    serde_json::json!({ "values": strings, "flow": strings, "keys": keys })
}

fn pyyaml(text: &str) -> Option<serde_json::Value> {
    let script = "import sys, json, yaml; json.dump(yaml.safe_load(sys.stdin.buffer.read().decode()), sys.stdout)";
    let python = ["python3-yaml", "python3"].into_iter().find(|p| {
        Command::new(p).args(["-c", "import yaml"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    });
    let Some(python) = python else {
        assert!(std::env::var_os("CI").is_none(), "PyYAML is missing: run `cargo xtask tools`");
        eprintln!("SKIPPED: PyYAML is missing; `cargo xtask tools` installs it");
        return None;
    };
    let mut child =
        Command::new(python).args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "PyYAML refused:\n{text}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn awkward_strings_survive_both_versions_of_yaml() {
    let strings: Vec<String> = AWKWARD.iter().map(|s| (*s).to_owned()).collect();
    let text = document(&["Written by a test.".into()], &map_of(&strings));
    let wanted = expected(&strings);
    assert_eq!(serde_saphyr::from_str::<serde_json::Value>(&text).unwrap(), wanted, "YAML 1.2");
    if let Some(read) = pyyaml(&text) {
        assert_eq!(read, wanted, "YAML 1.1");
    }
}

proptest! {
    #[test]
    fn any_string_survives(strings in proptest::collection::vec(any::<String>(), 0..6)) {
        let text = document(&[], &map_of(&strings));
        prop_assert_eq!(serde_saphyr::from_str::<serde_json::Value>(&text).unwrap(), expected(&strings), "{}", text);
    }

    #[test]
    fn any_short_ascii_string_survives(strings in proptest::collection::vec("[ -~\n]{0,6}", 0..20)) {
        let text = document(&[], &map_of(&strings));
        prop_assert_eq!(serde_saphyr::from_str::<serde_json::Value>(&text).unwrap(), expected(&strings), "{}", text);
    }
}
