//! Each check of consistency: a mistake, what is said of it, and its mended twin of which nothing is said.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod common;

use common::Run;
use hxp_analysis::consistency::{Context, check};
use hxp_diagnostics::{Diagnostic, Severity};
use jiff::civil::date;

/// What is inconsistent in a text on 23 November 2026; that it is otherwise a policy is taken for granted.
fn found(text: &str) -> (Run, Vec<Diagnostic>) {
    let run = common::run(text);
    let errors: Vec<_> = run.syntax.iter().chain(&run.analysis.diagnostics).filter(|d| d.is_error()).collect();
    let foreign: Vec<_> =
        errors.iter().filter(|d| !d.id().starts_with("HXP05")).map(|d| (d.id(), &d.message)).collect();
    assert!(foreign.is_empty(), "{text}\n{foreign:#?}");
    let library: Vec<_> = run.sources.iter().filter(|(_, f)| f.path().starts_with("<std>")).map(|(id, _)| id).collect();
    let context = Context { today: Some(date(2026, 11, 23)), library: &library, docs: false };
    let found = check(run.policy(), &context);
    (run, found)
}

fn say(run: &Run, all: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let mut text = format!("{} {:?} \"{}\" {}", d.id(), d.severity, run.sources.slice(d.primary.span), d.message);
        text.push_str(&format!("\n    ^ {}", d.primary.text));
        for label in &d.related {
            text.push_str(&format!("\n    - \"{}\" {}", run.sources.slice(label.span), label.text));
        }
        for help in &d.help {
            text.push_str(&format!("\n    ? {help}"));
        }
        text
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The examples of the pages say what the checks say.
#[test]
fn pages_of_the_checks() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors/");
    let mut failures = Vec::new();
    let ids = (501..=523).chain([526, 527, 528, 801, 803, 805, 806, 807, 808]);
    for id in ids.map(|n| format!("HXP{n:04}")) {
        let page = std::fs::read_to_string(format!("{root}{id}.md")).unwrap();
        let example = |kind: &str| {
            let (_, rest) = page.split_once(&format!("```hxp {kind}\n"))?;
            rest.split_once("```").map(|(text, _)| text.to_owned())
        };
        let (Some(wrong), Some(right)) = (example("wrong"), example("right")) else { continue };
        if id != "HXP0518" {
            let (run, all) = found(&wrong);
            let others: Vec<_> = all.iter().filter(|d| d.id() != id).collect();
            if others.len() == all.len() || !others.is_empty() {
                failures.push(format!("{id} WRONG\n{}", say(&run, &all)));
            }
            println!("{}", say(&run, &all));
        }
        let (run, all) = found(&right);
        if !all.is_empty() {
            failures.push(format!("{id} RIGHT\n{}", say(&run, &all)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn zz_debug() {
    let text = std::fs::read_to_string("/work/shared/design/hexabase-draft.hxp").unwrap();
    let run = common::run(&text);
    println!("{:#?}", run.lines());
    let library: Vec<_> = run.sources.iter().filter(|(_, f)| f.path().starts_with("<std>")).map(|(id, _)| id).collect();
    let context = Context { today: Some(date(2026, 11, 23)), library: &library, docs: false };
    let found = check(run.policy(), &context);
    println!("{}", say(&run, &found));
    let g = hxp_policy::graph::Graph::of(run.policy());
    std::fs::write("/tmp/hexa.svg", g.view(&Default::default()).unwrap().to_svg("hexabase_kaas")).unwrap();
    std::fs::write("/tmp/hexap.svg", g.view(&hxp_policy::graph::View::promotion()).unwrap().to_svg("hexabase_kaas"))
        .unwrap();
    std::fs::write("/tmp/hexa.dot", g.to_dot()).unwrap();
}
