//! The table at the end: target × tool × files × verdict.

use std::fmt::Write as _;
use std::time::Duration;

use super::bench::Verdict;

/// A line of the table: what one judge said of all policies.
struct Line<'v> {
    target: &'v str,
    tool: &'v str,
    policies: usize,
    files: usize,
    took: Duration,
    missing: bool,
    complaints: usize,
}

/// The table, a line a judge.
pub fn render(verdicts: &[Verdict]) -> String {
    let mut text = format!("{:<10} {:<28} {:>8} {:>6} {:>7}  verdict\n", "target", "judge", "policies", "files", "s");
    for line in lines(verdicts) {
        let verdict = match (line.missing, line.complaints) {
            (true, _) => "MISSING, so nothing was judged".to_owned(),
            (false, 0) => "fine".to_owned(),
            (false, n) => format!("{n} COMPLAIN"),
        };
        let Line { target, tool, policies, files, .. } = line;
        let seconds = line.took.as_secs_f64();
        let _ = writeln!(text, "{target:<10} {tool:<28} {policies:>8} {files:>6} {seconds:>7.1}  {verdict}");
    }
    text
}

fn lines(verdicts: &[Verdict]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for verdict in verdicts {
        let complaint = usize::from(matches!(verdict.answer, Some(Err(_))));
        let missing = verdict.answer.is_none();
        match lines.iter_mut().find(|l| l.target == verdict.target && l.tool == verdict.tool) {
            Some(line) => {
                line.policies += 1;
                line.files += verdict.files;
                line.took += verdict.took;
                line.complaints += complaint;
            }
            None => lines.push(Line {
                target: verdict.target,
                tool: verdict.tool,
                policies: 1,
                files: verdict.files,
                took: verdict.took,
                missing,
                complaints: complaint,
            }),
        }
    }
    lines.sort_by_key(|l| (l.target, l.tool));
    lines
}

/// Complaints, and judges that should be there and are not.
pub fn problems(verdicts: &[Verdict], strict: bool) -> Vec<String> {
    let mut problems = Vec::new();
    for verdict in verdicts {
        if let Some(Err(complaint)) = &verdict.answer {
            problems.push(format!("{} of {}: {}: {complaint}", verdict.target, verdict.case, verdict.tool));
        }
    }
    for line in lines(verdicts).iter().filter(|l| l.missing) {
        let told = format!("{} is missing: run `cargo xtask tools`", line.tool);
        if strict {
            problems.push(told);
        } else {
            println!("SKIPPED: {told}");
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(tool: &'static str, case: &str, answer: Option<Result<(), String>>) -> Verdict {
        Verdict { target: "opa", tool, case: case.into(), files: 2, answer, took: Duration::from_millis(250) }
    }

    #[test]
    fn a_judge_is_a_line_and_a_complaint_is_told() {
        let verdicts = [
            verdict("opa check", "a", Some(Ok(()))),
            verdict("opa check", "b", Some(Err("line 3".into()))),
            verdict("conftest", "a", None),
        ];
        let table = render(&verdicts);
        assert!(
            table.contains("opa        opa check                           2      4     0.5  1 COMPLAIN"),
            "{table}"
        );
        assert!(table.contains("MISSING"), "{table}");
        assert_eq!(problems(&verdicts, false), ["opa of b: opa check: line 3"]);
        assert_eq!(
            problems(&verdicts, true),
            ["opa of b: opa check: line 3", "conftest is missing: run `cargo xtask tools`"]
        );
    }
}
