//! Reading again after an edit: the same as reading all of it, without reading all of it.

use std::sync::Arc;

use hxp_diagnostics::FileId;
use hxp_syntax::{common, parse, parse_again};
use proptest::prelude::*;

const POLICY: &str = r#"/// Docs.
policy shop { edition = 2026, version = 1.0.0, owner = platform }
use std.gates.{benchmark, trivy}
team platform { github = "shop/platform" } // comment
@advisory
team devops {
  github = "shop/devops" // {
}
let limit = 5
let names = [s.name for s in services where if s.public then true else s.version == 1.2.3-rc.1]

/// Errors.
metric errors: percent { query = promql"sum(rate(x{code=~'5..'}[5m]))" }
environment dev extends base {
  deploy with helm(chart.path, atomic = true) on manual
  values { ...scaled(3..10), api { cpu = 500mcpu, "on" = [1, -2.5, none] } }
} environment qa extends dev { within office }
environment production extends base {
  approve 1 of platform, 2 of security distinct when change has security
  /// Back.
  rollback on failed, hot { keep = 5 }
}
rule three on networking.k8s.io/v1.Ingress { deny when true }
test "friday" { given dev at 2026-11-27T15:30[Europe/Rome] with { incident.open = true } expect allow }
"#;

const PIECES: [&str; 28] = [
    "",
    "",
    "{",
    "}",
    "(",
    ")",
    "]",
    "\n",
    "\n\n",
    "\"",
    "\"\"\"",
    ",",
    ".",
    "é😀",
    "\0",
    "\u{feff}",
    "team x {}\n",
    "environment e {\n",
    "\nlet y = 1\n",
    "let ",
    "use std.x\n",
    "@advisory ",
    "/// doc\n",
    "// comment",
    "= 5",
    "12",
    "on networking.k8s.io/v1.X",
    " ",
];

/// The nearest place before, or at, where a character begins.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn after_any_edits_the_tree_is_that_of_the_text(
        edits in prop::collection::vec((0.0..1.0_f64, 0_usize..24, 0..PIECES.len()), 1..12),
    ) {
        let file = FileId(3);
        let mut text = POLICY.to_owned();
        let mut known = parse(file, &text);
        for (place, gone, piece) in edits {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a text")]
            let start = boundary(&text, (place * text.len() as f64) as usize);
            let end = boundary(&text, start + gone).max(start);
            let before = text.clone();
            text.replace_range(start..end, PIECES.get(piece).copied().unwrap_or_default());
            let again = parse_again(file, &text, &before, &known);
            prop_assert_eq!(&again, &parse(file, &text), "{}", text);
            known = again;
        }
    }

    #[test]
    fn what_is_common_is_equal_and_does_not_overlap(head in "[ab]{0,600}", a in "[abc]{0,3}", b in "[abc]{0,3}", tail in "[ab]{0,600}") {
        let (a, b) = (format!("{head}{a}{tail}"), format!("{head}{b}{tail}"));
        let (first, last) = common(&a, &b);
        prop_assert!(first + last <= a.len().min(b.len()));
        prop_assert_eq!(a.get(..first), b.get(..first));
        prop_assert_eq!(a.get(a.len() - last..), b.get(b.len() - last..));
        let (a, b) = (a.as_bytes(), b.as_bytes());
        let left = a.len().min(b.len()) - first - last;
        prop_assert!(left == 0 || a.get(first) != b.get(first));
        prop_assert!(left == 0 || a.get(a.len() - 1 - last) != b.get(b.len() - 1 - last));
    }
}

/// How many declarations the tree after an edit shares with the one before.
fn shared(from: &str, to: &str) -> usize {
    let file = FileId(0);
    let known = parse(file, POLICY);
    let again = parse_again(file, &POLICY.replacen(from, to, 1), POLICY, &known);
    let same = |item: &&Arc<_>| known.tree.items.iter().any(|other| Arc::ptr_eq(other, item));
    again.tree.items.iter().filter(same).count()
}

#[test]
fn declarations_far_from_an_edit_are_not_read_again() {
    assert!(shared("= 5", "= 6") >= 8);
    assert_eq!(shared("limit = 5", "limit = 5 {"), shared("limit = 5", "limit = 5 6"), "mistakes are read again alone");
    assert!(shared("limit = 5", "limit = ") >= 2, "what lies before, since all behind has moved");
}
