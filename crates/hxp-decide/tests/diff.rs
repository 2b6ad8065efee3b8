//! Comparison of two policies: edits of a small policy beside what is said of them.
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use hxp_decide::baseline::baseline;
use hxp_decide::diff::{self, Comparison, Difference, Verdict};
use hxp_decide::sample::{Dice, Sampler};
use hxp_decide::testing::Suite;
use hxp_decide::{Engine, Request};
use hxp_driver::compile;
use hxp_driver::system::Memory;
use hxp_policy::{Outcome, Policy};
use jiff::Timestamp;
use serde_json::Value as Json;

const POLICY: &str = r#"
policy shop { edition = 2026, version = 1.0.0, owner = platform }
team platform { github = "shop/platform" }
team devops { github = "shop/devops" }
team security { github = "shop/security" }
label security { pr = "security", files = ["**/auth/**"] }
label migration { files = ["**/migrations/**"] }
window release_hours {
  zone = "Europe/Berlin"
  open mon..thu 10:00..15:00
  closed 2026-12-18..2027-01-04 because "year end"
}
gate coverage(min: percent) { run = "make coverage"  yields line: percent  require line >= min }
gate scan { run = "make scan", valid = 24h }
gate plan { by = platform, subject = release }
gate reviewed_by(min: int) { require all c in change.commits: c.pull_request != none  require all p in change.pull_requests: count(p.approved_by) >= min }
environment staging {
  url = "https://staging.example.com", namespace = "staging"
  deploy with make("deploy") on push(branch == "main"), manual
  require scan
}
environment production {
  url = "https://example.com", namespace = "production"
  deploy with make("deploy") on release(published, tag ~ semver_tag)
  after staging soaked 1h
  within release_hours
  require scan, coverage(min = 70%), plan, reviewed_by(min = 2)
  approve 2 of devops
  approve 1 of security when change has security
  rollback on failed, manual { keep = 5 }
}
override hotfix for production when incident.open {
  expires = 24h
  waive window
  approve 1 of platform
}
rule big_steps for production {
  deny when previous.version != none and release.version.major > previous.version.major and change has migration
    because "no migration with a major version"
}
"#;

fn policy(text: &str) -> Policy {
    let system = Memory::with([("shop/policy.hxp", text)]);
    let request = hxp_driver::Request { start: "shop".into(), ..hxp_driver::Request::default() };
    let compilation = compile(&system, &request);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    compilation.policy
}

fn around() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

/// The policy with an edit; every `from` is there.
fn edited(from: &str, to: &str) -> String {
    assert!(POLICY.contains(from), "{from}");
    POLICY.replacen(from, to, 1)
}

fn compare(old: &str, new: &str) -> Comparison {
    diff::compare(&policy(old), &policy(new), around())
}

/// What is said of production's deployments, and otherwise of whatever differs.
fn said(comparison: &Comparison) -> Vec<(String, Verdict, String)> {
    let mut said = Vec::new();
    for environment in &comparison.environments {
        for case in &environment.cases {
            for difference in &case.differences {
                let place = format!("{} {}", environment.name, case.actions.join(" "));
                said.push((place, difference.verdict, difference.text.clone()));
            }
        }
    }
    said
}

fn differences(comparison: &Comparison) -> impl Iterator<Item = &Difference> {
    comparison.environments.iter().flat_map(|e| &e.cases).flat_map(|c| &c.differences)
}

use Verdict::{Equivalent, Incomparable, Looser, Stricter};

/// An edit, what comes of it, and a sentence that is said of it (empty: none).
const EDITS: &[(&str, &str, Verdict, &str)] = &[
    ("version = 1.0.0", "version = 1.1.0", Equivalent, ""),
    // approvals
    ("approve 2 of devops", "approve 1 of devops", Looser, "approvals: devops 2 → 1"),
    ("approve 2 of devops", "approve 3 of devops", Stricter, "approvals: devops 2 → 3"),
    ("  approve 2 of devops\n", "", Looser, "approvals: devops 2 → none"),
    ("approve 2 of devops", "approve 2 of devops, 1 of platform", Stricter, "approvals: platform none → 1"),
    ("approve 2 of devops", "approve 1 of devops, 1 of platform", Incomparable, "approvals: devops 2 → 1"),
    (
        "approve 2 of devops",
        "approve 2 of devops, 1 of platform distinct",
        Stricter,
        "approvals: different people must give 2 of devops, 1 of platform now",
    ),
    ("when change has security", "", Stricter, "approvals: 1 of security when change has security → always"),
    ("when change has security", "when change has migration", Incomparable, "approvals: 1 of security"),
    (
        "when change has security",
        "when change has security or change has migration",
        Stricter,
        "approvals: 1 of security",
    ),
    (
        "  approve 1 of security when change has security\n",
        "",
        Looser,
        "approvals: security 1 when change has security → none",
    ),
    ("  after staging", "  approvals { valid = 7d }\n  after staging", Stricter, "approvals count for ever → 7d"),
    // gates
    ("coverage(min = 70%)", "coverage(min = 60%)", Looser, "coverage: min 70% → 60%"),
    ("coverage(min = 70%)", "coverage(min = 80%)", Stricter, "coverage: min 70% → 80%"),
    ("require line >= min", "require line > min", Stricter, "coverage: requires line >= 70% → line > 70%"),
    ("require line >= min", "require not (line < min)", Equivalent, ""),
    ("require scan, coverage", "require coverage", Looser, "gate scan no longer required"),
    ("  require scan\n", "  require scan, plan\n", Stricter, "gate plan required now"),
    (
        "require scan, coverage",
        "require scan when change has security\n  require coverage",
        Looser,
        "gate scan binds always → when change has security",
    ),
    ("valid = 24h", "valid = 48h", Looser, "scan: evidence counts for 1d → 2d"),
    ("valid = 24h", "valid = 12h", Stricter, "scan: evidence counts for 1d → 12h"),
    ("by = platform, subject", "by = devops, subject", Incomparable, "plan: signed by platform → devops"),
    ("subject = release", "subject = commit", Incomparable, "plan: evidence about the release → commit"),
    (
        "make scan\", valid = 24h",
        "make scan\", valid = 24h, on_no_data = fail",
        Stricter,
        "scan: an error or a skipped run denies now, where it waited",
    ),
    ("make scan", "make better-scan", Equivalent, ""),
    ("reviewed_by(min = 2)", "reviewed_by(min = 1)", Looser, "reviewed_by: min 2 → 1"),
    ("reviewed_by(min = 2)", "reviewed_by(min = 3)", Stricter, "reviewed_by: min 2 → 3"),
    ("c.pull_request != none", "c.message != \"x\"", Incomparable, "reviewed_by: requires"),
    // promotion
    ("soaked 1h", "soaked 30m", Looser, "soak in staging: 1h → 30m"),
    ("soaked 1h", "soaked 2h", Stricter, "soak in staging: 1h → 2h"),
    ("staging soaked 1h", "staging", Looser, "soak in staging: 1h → none"),
    // windows
    ("10:00..15:00", "10:00..18:00", Looser, "release_hours grows by 3 h on Mondays to Thursdays"),
    ("mon..thu 10:00", "mon..fri 10:00", Looser, "release_hours grows by 5 h on Fridays"),
    ("10:00..15:00", "11:00..14:30", Stricter, "release_hours shrinks by 1 h 30 m on Mondays to Thursdays"),
    ("mon..thu 10:00..15:00", "tue..fri 10:00..15:00", Incomparable, "release_hours grows by 5 h on Fridays"),
    (
        "2026-12-18..2027-01-04",
        "2026-12-18..2027-01-05",
        Stricter,
        "release_hours: closed 2026-12-18..2027-01-04 → 2026-12-18..2027-01-05",
    ),
    // Saturday and Sunday: closed anyway.
    ("2026-12-18..2027-01-04", "2026-12-19..2027-01-04", Equivalent, ""),
    ("Europe/Berlin", "Europe/Paris", Equivalent, ""),
    ("Europe/Berlin", "Europe/London", Incomparable, "release_hours: zone Europe/Berlin → Europe/London"),
    ("  require scan\n", "  require scan\n  within release_hours\n", Stricter, "release_hours binds now"),
    // overrides
    ("waive window\n", "waive window, gate.scan\n", Looser, "override hotfix now also waives gate.scan"),
    ("waive window\n", "waive after.staging.soaked\n", Incomparable, "override hotfix no longer waives window"),
    (
        "expires = 24h",
        "expires = 48h",
        Incomparable,
        "override hotfix ends 1d after the incident was declared → 2d after the incident was declared",
    ),
    (
        "when incident.open",
        "when incident.open and change has security",
        Incomparable,
        "override hotfix acts when incident.open → when",
    ),
    ("approve 1 of platform\n}", "approve 2 of platform\n}", Stricter, "override hotfix: approvals: platform 1 → 2"),
    // rules and labels
    (" and change has migration", "", Stricter, "rule big_steps: deny when"),
    ("previous.version.major and", "previous.version.major + 1 and", Incomparable, "rule big_steps: deny when"),
    ("\"**/auth/**\"", "\"**/auth/**\", \"**/login/**\"", Stricter, "label security: files gain **/login/**"),
    // rollback, and what does not decide
    ("keep = 5", "keep = 6", Looser, "rollback: the last 5 → 6 healthy releases can be gone back to"),
    ("keep = 5 }", "keep = 5, limit = 20m }", Equivalent, ""),
    ("https://example.com", "https://www.example.com", Equivalent, ""),
    // environments
    (
        "environment staging {",
        "environment early { url = \"https://early.example.com\", namespace = \"early\"\n deploy with make(\"deploy\") on manual }\nenvironment staging {",
        Looser,
        "environment early is new: nothing could be deployed there before",
    ),
];

#[test]
fn edits_are_told_for_what_they_are() {
    let mut problems = Vec::new();
    for (from, to, verdict, sentence) in EDITS {
        let comparison = compare(POLICY, &edited(from, to));
        let said = said(&comparison);
        let told = said.iter().any(|(_, _, text)| text.starts_with(sentence));
        if comparison.verdict != *verdict || sentence.is_empty() != said.is_empty() || !sentence.is_empty() && !told {
            problems.push(format!("{from:?} -> {to:?}: {:?} instead of {verdict:?}: {said:#?}", comparison.verdict));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_policy_is_equivalent_to_itself() {
    for text in std::iter::once(POLICY.to_owned()).chain(EDITS.iter().map(|(from, to, ..)| edited(from, to))) {
        let comparison = compare(&text, &text);
        assert_eq!(comparison.verdict, Equivalent);
        assert!(comparison.not_part_of_the_decision.is_empty(), "{:?}", comparison.not_part_of_the_decision);
        for environment in &comparison.environments {
            assert!(environment.without_effect.is_empty() && environment.not_part_of_the_decision.is_empty());
        }
    }
}

#[test]
fn the_other_way_round_stricter_is_looser() {
    for (from, to, verdict, _) in EDITS {
        let turned = match verdict {
            Looser => Stricter,
            Stricter => Looser,
            same => *same,
        };
        assert_eq!(compare(&edited(from, to), POLICY).verdict, turned, "{from:?} -> {to:?}");
    }
}

fn outcome(policy: &Policy, request: &Json) -> Option<Outcome> {
    Some(Engine::new(policy).outcome(&Request::from_json(request).ok()?))
}

/// Edits whose difference cannot be shown by a request that a test can describe.
const UNSHOWN: [&str; 3] = ["reviewed_by: requires", "rule big_steps: deny when", "plan: "];

#[test]
fn witnesses_show_what_they_say_and_are_tests() {
    let (mut shown, mut tests, mut missing) = (0, 0, Vec::new());
    for (from, to, ..) in EDITS {
        for (before, after) in [(POLICY.to_owned(), edited(from, to)), (edited(from, to), POLICY.to_owned())] {
            let (old, new) = (policy(&before), policy(&after));
            for difference in differences(&diff::compare(&old, &new, around())) {
                if difference.unconfirmed && !UNSHOWN.iter().any(|text| difference.text.starts_with(text)) {
                    missing.push(format!("{from:?} -> {to:?}: {}", difference.text));
                }
                for witness in &difference.witnesses {
                    shown += 1;
                    let found = (outcome(&old, &witness.request), outcome(&new, &witness.request));
                    assert_eq!(found, (Some(witness.old), Some(witness.new)), "{}", difference.text);
                    let allow = |o: Outcome| o == Outcome::Allow;
                    match witness.shows {
                        _ if difference.refusal => assert_ne!(witness.old, witness.new),
                        Looser => assert!(allow(witness.new) && !allow(witness.old), "{}", difference.text),
                        _ => assert!(allow(witness.old) && !allow(witness.new), "{}", difference.text),
                    }
                    let Some(test) = &witness.test else { continue };
                    tests += 1;
                    let with_test = policy(&format!("{after}\n{test}"));
                    let engine = Engine::new(&with_test);
                    let ran = Suite::new(&engine).run(&with_test.tests[0], &mut |_| {});
                    assert!(ran.holds(), "{:?}\n{test}", ran.mismatches);
                }
            }
        }
    }
    assert!(missing.is_empty(), "no witness for\n{}", missing.join("\n"));
    assert!(shown > 80 && tests > 80, "{shown} shown, {tests} tests");
}

/// A shorter and a longer time for approvals, who must approve, and how old the votes of a witness are.
const AGES: &[(&str, &str, &str, &str)] = &[
    ("7d", "8d", "2 of devops", "voted { devops = 10081m }"),
    ("60s", "61s", "2 of devops", "voted { devops = 60500ms }"),
    ("7d", "8d", "1 of devops, 1 of platform", "voted { devops = 10081m }"),
    ("7d", "8d", "2 of devops, 1 of platform distinct", "voted { devops = 10081m, platform = 10081m }"),
];

#[test]
fn a_witness_of_how_long_approvals_count_has_old_ones() {
    for (short, long, people, voted) in AGES {
        let with = |valid: &str| {
            let text = edited("  after staging", &format!("  approvals {{ valid = {valid} }}\n  after staging"));
            text.replacen("approve 2 of devops", &format!("approve {people}"), 1)
        };
        for (from, to, verdict) in [(short, long, Looser), (long, short, Stricter)] {
            let comparison = compare(&with(from), &with(to));
            assert_eq!(comparison.verdict, verdict, "{from} -> {to} {people}");
            let mut tests = differences(&comparison).flat_map(|d| &d.witnesses).filter_map(|w| w.test.as_ref());
            let shown = tests.next().unwrap_or_else(|| panic!("no test shows {from} -> {to} {people}"));
            let said = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains(voted), "{voted}:\n{shown}");
        }
    }
}

/// Random requests, and the baseline of either policy with things taken away, never contradict a verdict.
#[test]
fn no_request_contradicts_a_verdict() {
    let mut allowed = 0;
    for (number, (from, to, ..)) in (0_u64..).zip(EDITS) {
        let (old, new) = (policy(POLICY), policy(&edited(from, to)));
        let (engines, comparison) = ((Engine::new(&old), Engine::new(&new)), diff::compare(&old, &new, around()));
        for environment in &comparison.environments {
            let mut requests = Vec::new();
            for policy in [&old, &new] {
                let Some(of) = policy.environments.get(&environment.name) else { continue };
                let engine = Engine::new(policy);
                let sampler = Sampler::new(&engine, of);
                let satisfied = baseline(policy, of, "2026-11-24T11:00:00Z".parse().unwrap());
                for seed in 0..40 {
                    let mut dice = Dice::of(seed, number);
                    requests.push(sampler.whole(&mut dice));
                    let mut base = satisfied.clone();
                    let other = sampler.whole(&mut dice);
                    for (key, value) in other.as_object().unwrap() {
                        if key != "environment" && dice.percent(12) {
                            base[key] = value.clone();
                        }
                    }
                    requests.push(base);
                }
            }
            for json in requests {
                let Ok(request) = Request::from_json(&json) else { continue };
                let (a, b) = (engines.0.outcome(&request), engines.1.outcome(&request));
                allowed += usize::from(a == Outcome::Allow || b == Outcome::Allow);
                let ways = match environment.verdict {
                    Equivalent => a == b,
                    Stricter => b != Outcome::Allow || a == Outcome::Allow,
                    Looser => a != Outcome::Allow || b == Outcome::Allow,
                    Incomparable => true,
                };
                assert!(ways, "{from:?} -> {to:?} {:?}: {a:?} {b:?}\n{json:#}", environment.verdict);
            }
        }
    }
    assert!(allowed > 300, "only {allowed} were allowed at all");
}

#[test]
fn kinds_of_change_are_told_apart() {
    let comparison = compare(POLICY, &edited("when change has security", ""));
    let case = &comparison.environments.iter().find(|e| e.name == "production").unwrap().cases[0];
    let kind = |verdict| {
        let kind = case.kinds.iter().find(|k| k.verdict == verdict).unwrap();
        kind.labels.iter().map(|l| l.as_deref().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kind(Equivalent), ["security"]);
    assert_eq!(kind(Stricter), ["-", "migration"]);
}

#[test]
fn what_cannot_be_compared_exactly_is_named() {
    let comparison = compare(POLICY, &edited("c.pull_request != none", "c.message != \"x\""));
    let case = &comparison.environments.iter().find(|e| e.name == "production").unwrap().cases[0];
    assert_eq!(case.verdict, Incomparable);
    assert!(case.inexact.iter().any(|e| e.contains("all c in change.commits")), "{:?}", case.inexact);
}

/// What is measured, and an override that lowers the limit while it is in force.
const WATCHED: &str = r#"
policy shop { edition = 2026, owner = ops }
team ops { github = "shop/ops" }
metric error_rate: percent { unit = ratio  query = promql"sum(rate(http_requests_total[5m]))" }
trigger errors when error_rate > environment.thresholds.error_rate for 2m { on_no_data = hold }
environment production {
  namespace = "production"
  thresholds { error_rate = 5% }
  deploy with make("deploy") on manual
  rollback on errors
}
override hotfix for production when incident.open { expires = 24h  thresholds { error_rate = 1% } }
"#;

#[test]
fn limits_in_force_under_an_override_are_shown() {
    let (old, new) = (policy(WATCHED), policy(&WATCHED.replace("error_rate = 1%", "error_rate = 2%")));
    let comparison = diff::compare(&old, &new, around());
    let all = comparison.environments.iter().flat_map(|e| &e.not_part_of_the_decision);
    let all: Vec<&str> = all.map(|d| d.text.as_str()).collect();
    let says = |limit: &str| format!("errors when error_rate > 5%; under override hotfix: when error_rate > {limit}");
    assert_eq!(all, [format!("trigger gone: {}", says("1%")), format!("trigger new: {}", says("2%"))]);
    assert_eq!(comparison.verdict, Equivalent);
}

#[test]
fn what_does_not_decide_is_listed_apart() {
    for (from, to, text) in [
        ("keep = 5 }", "keep = 5, limit = 20m }", "rollback limit: none → 20m"),
        ("https://example.com", "https://www.example.com", "url: https://example.com → https://www.example.com"),
        ("make scan", "make better-scan", "gate scan runs: `make scan` → `make better-scan`"),
        ("version = 1.0.0", "version = 1.1.0", "policy version: 1.0.0 → 1.1.0"),
        ("on failed, manual {", "on manual {", "rollback on: failed, manual → manual"),
    ] {
        let comparison = compare(POLICY, &edited(from, to));
        let all = comparison.environments.iter().flat_map(|e| &e.not_part_of_the_decision);
        let all: Vec<&str> = all.chain(&comparison.not_part_of_the_decision).map(|d| d.text.as_str()).collect();
        assert_eq!(all, [text]);
        assert_eq!(comparison.verdict, Equivalent);
    }
}
