//! Whatever the text is: the parser ends, points into the text, and its fixes can be applied.

#![expect(clippy::indexing_slicing, reason = "a test may fail loudly")]

use hxp_diagnostics::{FileId, Span};
use hxp_syntax::{TokenKind, lex, parse};
use proptest::prelude::*;

const POLICY: &str = r#"/// Docs.
policy shop { edition = 2026, version = 1.0.0, owner = platform }
use std.gates.{benchmark, trivy}
team platform { github = "shop/platform" } // comment
gate coverage(min: percent = 70%) extends benchmark { run = "make"  yields line: percent  require line >= min }
window office { zone = "Europe/Rome"  open mon..fri 09:00..17:00  closed 2026-12-24..2027-01-06 because "year-end" }
metric errors: percent { query = promql"sum(rate(x{code=~'5..'}[5m]))" }
trigger hot when errors > 2 * baseline(errors, 1d) for 5m { runbook = "docs/hot.md" }
environment production extends base {
  deploy with helm(chart.path, atomic = true) on release(published, tag ~ semver_tag), manual
  after staging soaked 1h30m
  within office and not freeze
  approve 1 of platform, 2 of security distinct when change has security
  rollback on failed, hot { keep = 5 }
  @advisory require health on deployed due 30m
  values { ...scaled(3..10), api { cpu = 500mcpu, memory = 1Gi, "on" = [1, -2.5, none] } }
}
rule three on policy { require all s in [api, ui] where s.on: production.values[s.key].replicas >= 3 }
let names = [s.name for s in services where if s.public then true else s.version == 1.2.3-rc.1]
test "friday" {
  given production at 2026-11-27T15:30[America/Los_Angeles] with { incident.open = true }
  expect pending because window.office until 2026-11-30T09:00[Europe/Rome]
}
"#;

fn check(text: &str) -> Result<(), TestCaseError> {
    let parsed = parse(FileId(3), text);
    let inside = |span: Span| {
        let (start, end) = (span.start as usize, span.end as usize);
        start <= end && text.is_char_boundary(start) && text.is_char_boundary(end)
    };
    for d in &parsed.diagnostics {
        prop_assert!(inside(d.primary.span), "{:?}", d);
        prop_assert!(d.related.iter().all(|l| inside(l.span)), "{:?}", d);
        for fix in &d.fixes {
            prop_assert!(fix.edits.iter().all(|e| inside(e.span)), "{:?}", d);
        }
    }
    prop_assert!(parsed.comments.iter().all(|c| inside(*c)));
    let tokens = lex(FileId(3), text);
    for pair in tokens.windows(2) {
        prop_assert!(pair[0].end <= pair[1].start);
    }
    prop_assert!(tokens.iter().all(|t| t.start < t.end && t.kind != TokenKind::End));
    prop_assert!(parsed.has_errors() || !hxp_syntax::sexpr::tree(&parsed.tree).contains("<error>"));
    Ok(())
}

#[test]
fn the_policy_is_good() {
    let parsed = parse(FileId(0), POLICY);
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    assert_eq!(parsed.comments.len(), 1);
}

#[test]
fn line_ends_and_byte_order_mark_do_not_matter() {
    let plain = hxp_syntax::sexpr::tree(&parse(FileId(0), POLICY).tree);
    let windows = format!("\u{feff}{}", POLICY.replace('\n', "\r\n"));
    let parsed = parse(FileId(0), &windows);
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    assert_eq!(hxp_syntax::sexpr::tree(&parsed.tree), plain);
}

/// Every cut of the policy, as while it is typed.
#[test]
fn every_beginning_and_every_gap() {
    for at in 0..POLICY.len() {
        check(&POLICY[..at]).unwrap();
        check(&POLICY[at..]).unwrap();
        let without = format!("{}{}", &POLICY[..at], &POLICY[at + 1..]);
        check(&without).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn plain_text(text in "[ -~\n\r\té“\u{200b}]{0,60}") {
        check(&text)?;
    }

    #[test]
    fn a_policy_with_a_splinter(at in 0..POLICY.len(), cut in 0..40_usize, text in "[ -~\n]{0,8}") {
        let end = (at + cut).min(POLICY.len());
        check(&format!("{}{text}{}", &POLICY[..at], &POLICY[end..]))?;
    }

    #[test]
    fn a_policy_in_another_order(cuts in proptest::collection::vec((0..POLICY.len(), 0..60_usize), 0..12)) {
        let text: String = cuts.iter().map(|(at, n)| &POLICY[*at..(at + n).min(POLICY.len())]).collect();
        check(&text)?;
    }
}
