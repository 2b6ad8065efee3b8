//! The report in the XML of `JUnit`, which every CI reads: a suite an environment, a case a test.

use std::collections::BTreeMap;

use super::human;
use super::run::{Report, Row};

pub fn report(report: &Report<'_>) -> String {
    let mut suites: BTreeMap<&str, Vec<&Row<'_>>> = BTreeMap::new();
    for row in &report.rows {
        suites.entry(row.case.environment.as_str()).or_default().push(row);
    }
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (name, total, failed) = (escaped(&report.policy.name), report.rows.len(), report.failed());
    xml += &format!("<testsuites name=\"{name}\" tests=\"{total}\" failures=\"{failed}\" errors=\"0\">\n");
    for (environment, rows) in suites {
        let failed = rows.iter().filter(|row| !row.mismatches.is_empty()).count();
        let (name, total) = (escaped(environment), rows.len());
        xml += &format!(
            "  <testsuite name=\"{name}\" tests=\"{total}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">\n"
        );
        for row in rows {
            xml += &case(report, row);
        }
        xml += "  </testsuite>\n";
    }
    xml + "</testsuites>\n"
}

fn case(report: &Report<'_>, row: &Row<'_>) -> String {
    let place = report.policy.location(row.case.origin);
    let head = format!(
        "    <testcase name=\"{}\" classname=\"{}.{}\" file=\"{}\" line=\"{}\"",
        escaped(&row.title()),
        escaped(&report.policy.name),
        escaped(&row.case.environment),
        escaped(&place.path),
        place.line,
    );
    if row.mismatches.is_empty() {
        return head + "/>\n";
    }
    let found: Vec<String> = row.mismatches.iter().map(|m| human::found(row.case, m)).collect();
    let message = format!("expected {}, found {}", human::expected(row.case), found.join("; "));
    let mut detail = format!("{place}\n");
    for line in row.why.iter().flat_map(super::run::Why::lines) {
        detail += &line;
        detail.push('\n');
    }
    format!(
        "{head}>\n      <failure type=\"expectation\" message=\"{}\">{}</failure>\n    </testcase>\n",
        escaped(&message),
        escaped(&detail),
    )
}

/// Text as it stands in XML: marks escaped, characters that XML does not have replaced. Line ends and tabs of attributes
/// would become blanks, so they are escaped too.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_the_document() {
        assert_eq!(
            escaped("a < b & \"c\" > d\n\u{1}\u{fffe}é"),
            "a &lt; b &amp; &quot;c&quot; &gt; d&#10;\u{fffd}\u{fffd}é"
        );
    }
}
