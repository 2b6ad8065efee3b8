//! The report for programs.

use hxp_decide::testing::coverage::Coverage;
use hxp_decide::testing::write_test;
use hxp_driver::Policy;
use serde_json::{Value as Json, json};

use super::human;
use super::run::{Report, Row};

pub fn report(report: &Report<'_>) -> String {
    let tests: Vec<Json> = report.rows.iter().map(|row| test(report.policy, row)).collect();
    let document = json!({
        "hxp": 1,
        "policy": report.policy.name.as_str(),
        "total": report.rows.len(),
        "failed": report.failed(),
        "tests": tests,
        "coverage": report.coverage.as_ref().map(|c| coverage(report.policy, c)),
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn test(policy: &Policy, row: &Row<'_>) -> Json {
    let case = row.case;
    let place = policy.location(case.origin);
    let found: Vec<String> = row.mismatches.iter().map(|m| human::found(case, m)).collect();
    json!({
        "title": case.title.as_str(),
        "row": case.row,
        "file": place.path.as_str(), "line": place.line, "column": place.column,
        "environment": case.environment.as_str(),
        "at": case.at.timestamp().to_string(),
        "holds": row.mismatches.is_empty(),
        "expected": {
            "outcome": case.expect.word(),
            "because": case.because.iter().map(hxp_driver::Name::as_str).collect::<Vec<_>>(),
            "until": case.until.as_ref().map(|until| until.timestamp().to_string()),
        },
        "outcome": row.outcome.map(hxp_driver::Outcome::word),
        "problems": found,
        "decision": row.why.as_ref().map(|why| &why.decision),
    })
}

fn coverage(policy: &Policy, coverage: &Coverage) -> Json {
    let unseen = coverage.unseen.iter().map(|unseen| {
        let place = policy.location(unseen.origin);
        json!({
            "id": unseen.item.id.as_str(), "environment": unseen.item.environment.as_str(),
            "unseen": unseen.item.sight.word(), "file": place.path.as_str(), "line": place.line,
            "column": place.column, "proposal": unseen.proposal })
    });
    json!({
        "total": coverage.total,
        "seen": coverage.total - coverage.unseen.len(),
        "percent": coverage.percent(),
        "unseen": unseen.collect::<Vec<_>>(),
        "proposals": coverage.proposals.iter().map(write_test).collect::<Vec<_>>(),
    })
}
