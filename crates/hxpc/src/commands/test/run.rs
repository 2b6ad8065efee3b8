//! Runs the tests, each by itself, on all cores.

use std::collections::HashSet;

use hxp_decide::testing::coverage::{self, Coverage, Item};
use hxp_decide::testing::{Found, Mismatch, Ran, Reason, Suite, mismatches};
use hxp_decide::{Decision, Engine, Explanation, Request, Verdict, agreement};
use hxp_driver::rego::Rego;
use hxp_driver::{Outcome, Policy, TestCase};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;
use serde_json::Value as Json;

use crate::args::TestEngine;

/// What is asked for.
pub struct Wanted<'a> {
    /// Only tests whose title contains this.
    pub filter: Option<&'a str>,
    /// Who decides.
    pub engine: TestEngine,
    /// Whether to tell what no test has seen.
    pub coverage: bool,
    /// The day near which proposed tests lie.
    pub today: Date,
}

/// How all tests came out.
pub struct Report<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// The tests, those that fail first, otherwise as the policy has them.
    pub rows: Vec<Row<'p>>,
    /// How many tests the filter left out.
    pub left_out: usize,
    /// What no test has seen.
    pub coverage: Option<Coverage>,
}

impl Report<'_> {
    /// How many tests fail.
    pub fn failed(&self) -> usize {
        self.rows.iter().filter(|row| !row.mismatches.is_empty()).count()
    }
}

/// How one test came out.
pub struct Row<'p> {
    /// The test.
    pub case: &'p TestCase,
    /// What is not as expected.
    pub mismatches: Vec<Mismatch>,
    /// The outcome, if there was a decision.
    pub outcome: Option<Outcome>,
    /// Of a test that fails: the decision, and why each requirement stands as it does.
    pub why: Option<Why>,
}

impl Row<'_> {
    /// The title, with the number of the row in a test that has several.
    pub fn title(&self) -> String {
        self.case.row.map_or_else(|| self.case.title.to_string(), |row| format!("{} ({row})", self.case.title))
    }
}

/// Why a decision is as it is.
pub struct Why {
    /// The decision.
    pub decision: Decision,
    /// The requirements that are not met, worst first, each with its id, as trees.
    pub trees: Vec<(Verdict, String, Explanation)>,
}

/// More trees than this nobody reads.
const MOST_TREES: usize = 20;

/// Runs the tests.
pub fn run<'p>(policy: &'p Policy, wanted: &Wanted<'_>) -> Result<Report<'p>, String> {
    let chosen = |case: &&TestCase| wanted.filter.is_none_or(|text| case.title.contains(text));
    let cases: Vec<&'p TestCase> = policy.tests.iter().filter(chosen).collect();
    let rego = match wanted.engine {
        TestEngine::Native => None,
        TestEngine::Rego | TestEngine::Both => {
            Some(Rego::new(policy).map_err(|why| format!("there is no Rego of this policy: {why}"))?)
        }
    };
    let engine = Engine::new(policy).known_as(rego.as_ref().and_then(Rego::digest));
    let suite = Suite::new(&engine);
    let one = |rego: &mut Option<Rego>, case: &&'p TestCase| one(&suite, &engine, rego.as_mut(), case, wanted);
    let ran: Vec<(Row<'p>, Vec<Item>)> = cases.par_iter().map_init(|| rego.clone(), one).collect();
    let (mut rows, seen): (Vec<Row<'p>>, Vec<Vec<Item>>) = ran.into_iter().unzip();
    rows.sort_by_key(|row| row.mismatches.is_empty());
    name_policy(policy, &mut rows);
    let coverage = wanted.coverage.then(|| {
        let seen: HashSet<Item> = seen.into_iter().flatten().collect();
        let last = policy.tests.iter().map(|case| case.at.timestamp()).max();
        let today = wanted.today.to_zoned(jiff::tz::TimeZone::UTC).map(|z| z.timestamp());
        coverage::coverage(&suite, &seen, last.or(today.ok()).unwrap_or(Timestamp::UNIX_EPOCH))
    });
    Ok(Report { policy, left_out: policy.tests.len() - rows.len(), rows, coverage })
}

/// The decisions that are told name the policy by its digest, which takes its Rego and so is only reckoned where one is.
fn name_policy(policy: &Policy, rows: &mut [Row<'_>]) {
    let mut told = rows.iter_mut().filter_map(|row| row.why.as_mut()).peekable();
    if told.peek().is_none() {
        return;
    }
    let digest = hxp_driver::rego::digest(policy);
    for why in told {
        why.decision.policy.digest.clone_from(&digest);
    }
}

fn one<'p>(
    suite: &Suite<'_, 'p>,
    engine: &Engine<'p>,
    rego: Option<&mut Rego>,
    case: &'p TestCase,
    wanted: &Wanted<'_>,
) -> (Row<'p>, Vec<Item>) {
    let mut seen = Vec::new();
    let mut ran = suite.run(case, &mut |judgement| {
        if wanted.coverage {
            seen = coverage::seen(case, judgement);
        }
    });
    if let Some(rego) = rego {
        by_rego(suite, engine, rego, case, wanted.engine, &mut ran);
    }
    let why = if ran.holds() { None } else { why(suite, engine, case) };
    let outcome = ran.found.as_ref().map(|found| found.outcome);
    (Row { case, mismatches: ran.mismatches, outcome, why }, seen)
}

/// Lets the Rego decide instead, or as well.
fn by_rego(
    suite: &Suite<'_, '_>,
    engine: &Engine<'_>,
    rego: &mut Rego,
    case: &TestCase,
    which: TestEngine,
    ran: &mut Ran,
) {
    let Ok(request) = suite.request(case) else { return };
    let decision = match rego.decide(&case.environment, &request) {
        Ok(decision) => decision,
        Err(why) => {
            ran.mismatches.push(Mismatch::Engines { difference: format!("the Rego cannot be run: {why}") });
            return;
        }
    };
    if which == TestEngine::Rego {
        let found = said(&decision);
        ran.mismatches = found.as_ref().map_or_else(
            || vec![Mismatch::Engines { difference: "the Rego gives no decision".to_owned() }],
            |found| mismatches(case, found),
        );
        ran.found = found;
        return;
    }
    let ours = agreement::reference(engine, &request);
    let different = agreement::differences(ours.as_ref(), &decision);
    ran.mismatches.extend(different.iter().map(|d| Mismatch::Engines { difference: d.to_string() }));
}

/// What a decision says, as far as tests ask.
fn said(decision: &Json) -> Option<Found> {
    let instant = |value: Option<&Json>| value.and_then(Json::as_str).and_then(|text| text.parse::<Timestamp>().ok());
    let outcome = match decision.get("outcome")?.as_str()? {
        "allow" => Outcome::Allow,
        "pending" => Outcome::Pending,
        "deny" => Outcome::Deny,
        _ => return None,
    };
    let reason = |reason: &Json| {
        let id = reason.get("id")?.as_str()?;
        let word = reason.get("verdict")?.as_str()?;
        let all = [Verdict::Failed, Verdict::Waiting, Verdict::Waived, Verdict::Advice, Verdict::Met];
        let verdict = all.into_iter().find(|v| v.word() == word)?;
        let id = id.split_once('.').map_or(id, |(_, local)| local);
        Some(Reason { id: id.into(), verdict, until: instant(reason.get("until")) })
    };
    let reasons = decision.get("reasons")?.as_array()?.iter().filter_map(reason).collect();
    let (not_before, valid_until) = (instant(decision.get("not_before")), instant(decision.get("valid_until")));
    Some(Found { outcome, reasons, not_before, valid_until })
}

/// Why the decision is as it is, down to the facts.
fn why(suite: &Suite<'_, '_>, engine: &Engine<'_>, case: &TestCase) -> Option<Why> {
    let request = Request::from_json(&suite.request(case).ok()?).ok()?;
    let judgement = engine.judge(&request)?;
    let mut trees: Vec<(Verdict, String, Explanation)> = judgement
        .judged
        .iter()
        .filter(|judged| {
            matches!(judged.verdict(), Verdict::Failed | Verdict::Waiting) || named(case, judged.requirement.local_id())
        })
        .map(|judged| (judged.verdict(), judged.requirement.id.to_string(), judgement.explain(judged)))
        .collect();
    trees.sort_by_key(|(verdict, ..)| *verdict);
    trees.truncate(MOST_TREES);
    Some(Why { decision: judgement.decision(), trees })
}

fn named(case: &TestCase, local: &str) -> bool {
    case.because.iter().any(|id| hxp_decide::testing::covers(id, local))
}

impl Why {
    /// The trees in lines, each below the id of its requirement and its place.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (verdict, id, tree) in &self.trees {
            let place =
                tree.source.as_ref().map_or_else(String::new, |p| format!(" ({}:{}:{})", p.file, p.line, p.column));
            lines.push(format!("{} {id}{place}", verdict.word()));
            lines.extend(tree.to_text().lines().map(|line| format!("  {line}")));
        }
        lines
    }
}
