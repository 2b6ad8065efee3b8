//! The report for people: what fails comes first, with what was expected, what came out, and why.

use hxp_decide::testing::coverage::Coverage;
use hxp_decide::testing::{Mismatch, write_test};
use hxp_driver::{Outcome, Policy, TestCase};
use jiff::Timestamp;

use super::run::{Report, Row};
use crate::screen::Screen;

/// Tests that hold are listed up to this number.
const MOST_LINES: usize = 200;

pub fn report(report: &Report<'_>, quiet: bool, screen: Screen) -> String {
    let paint = Paint(screen.colored());
    let mut text = String::new();
    let (failing, holding): (Vec<&Row<'_>>, Vec<&Row<'_>>) =
        report.rows.iter().partition(|row| !row.mismatches.is_empty());
    for row in failing {
        text += &failure(report.policy, row, paint);
    }
    if !quiet && holding.len() <= MOST_LINES {
        for row in &holding {
            text += &format!("{} {}\n", paint.good("ok  "), row.title());
        }
    }
    if let Some(coverage) = &report.coverage {
        text += &covered(report.policy, coverage);
    }
    text + &summary(report) + "\n"
}

fn failure(policy: &Policy, row: &Row<'_>, paint: Paint) -> String {
    let case = row.case;
    let mut text = format!("{} {}\n", paint.bad("FAIL"), row.title());
    text += &format!("     {}\n", policy.location(case.origin));
    text += &format!("     given    {} at {}\n", case.environment, case.at.strftime("%Y-%m-%dT%H:%M:%S[%Q]"));
    text += &format!("     expected {}\n", expected(case));
    for (i, mismatch) in row.mismatches.iter().enumerate() {
        let head = if i == 0 { "found   " } else { "        " };
        text += &format!("     {head} {}\n", found(case, mismatch));
    }
    for line in row.why.iter().flat_map(super::run::Why::lines) {
        text += &format!("       {line}\n");
    }
    text + "\n"
}

/// What a test expects, as it says so.
pub fn expected(case: &TestCase) -> String {
    let mut text = case.expect.word().to_owned();
    if !case.because.is_empty() {
        text += &format!(" because {}", case.because.join(", "));
    }
    if let Some(until) = &case.until {
        text += &format!(" until {}", until.strftime("%Y-%m-%dT%H:%M:%S[%Q]"));
    }
    text
}

/// What came out instead.
pub fn found(case: &TestCase, mismatch: &Mismatch) -> String {
    match mismatch {
        Mismatch::Outcome { found, .. } => found.word().to_owned(),
        Mismatch::Because { id, stands, decides } => {
            let stands = match stands.as_slice() {
                [] => format!("{id} does not come up"),
                all => {
                    let all: Vec<String> =
                        all.iter().map(|(id, verdict)| format!("{id} is {}", verdict.word())).collect();
                    all.join(", ")
                }
            };
            let outcome = case.expect.word();
            if decides.is_empty() || case.expect == Outcome::Allow {
                format!("{outcome}, but {stands}")
            } else {
                format!("{outcome} because {}; {stands}", decides.join(", "))
            }
        }
        Mismatch::Until { found: None, .. } => format!("{}, and time alone will not change that", case.expect.word()),
        Mismatch::Until { found: Some(found), .. } => format!("{} until {}", case.expect.word(), local(case, *found)),
        Mismatch::Given { path, message } if path.is_empty() || message.contains(path.as_str()) => message.clone(),
        Mismatch::Given { path, message } => format!("`{path}`: {message}"),
        Mismatch::Engines { difference } => format!("two engines that differ: {difference}"),
    }
}

/// An instant on the clock on which the test is written.
fn local(case: &TestCase, at: Timestamp) -> String {
    let zone = case.until.as_ref().unwrap_or(&case.at).time_zone().clone();
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S[%Q]").to_string()
}

fn covered(policy: &Policy, coverage: &Coverage) -> String {
    let mut text = String::new();
    if !coverage.unseen.is_empty() {
        text += "\nNo test has seen:\n";
    }
    for unseen in &coverage.unseen {
        let proposal =
            unseen.proposal.map_or_else(|| " (no test for it was found)".to_owned(), |n| format!(" [{}]", n + 1));
        let place = policy.location(unseen.origin);
        text += &format!("  {} {}{proposal}\n      {place}\n", unseen.item.id, unseen.item.sight.word());
    }
    if !coverage.proposals.is_empty() {
        text += "\nTests that would see it:\n";
    }
    for (i, case) in coverage.proposals.iter().enumerate() {
        text += &format!("\n// [{}]\n{}", i + 1, write_test(case));
    }
    let seen = coverage.total - coverage.unseen.len();
    text + &format!("\nCovered: {}% ({seen} of {})\n", coverage.percent(), coverage.total)
}

fn summary(report: &Report<'_>) -> String {
    let tests = |n: usize| if n == 1 { "1 test".to_owned() } else { format!("{n} tests") };
    let left_out = match report.left_out {
        0 => String::new(),
        n => format!("; {n} left out by the filter"),
    };
    match (report.rows.len(), report.failed()) {
        (0, _) => format!("No tests{left_out}"),
        (all, 0) => format!("{}: all hold{left_out}", tests(all)),
        (all, 1) => format!("{}: 1 fails{left_out}", tests(all)),
        (all, failed) => format!("{}: {failed} fail{left_out}", tests(all)),
    }
}

/// Colours, where they are wanted.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
