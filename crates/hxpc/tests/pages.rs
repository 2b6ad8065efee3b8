//! The pages of the diagnostics show whole projects where one file does not do: each is written to a folder, and the
//! real program runs on it. A wrong project gives the page's code and a right one gives nothing.

mod common;

use std::collections::BTreeSet;

use common::Project;
use common::pages::{blocks, lay_out, pages};
use hxp_diagnostics::codes;

/// Codes that no text can show, each with its reason.
const UNSHOWN: &[(&str, &str)] = &[];

/// The codes that the command of a block reports.
fn codes_of(block: &str) -> Vec<String> {
    let project = Project::new([]);
    let mut args = lay_out(&project, block);
    if args.first().is_some_and(|verb| verb != "coverage") {
        args.extend(["--format", "short", "--at", "2026-11-23"].map(str::to_owned));
    }
    let run = project.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!run.err.contains("Usage: "), "{run:?}");
    let is_code = |text: &&str| text.len() == 4 && text.chars().all(|c| c.is_ascii_digit());
    let lines = run.out.lines().chain(run.err.lines()).filter(|line| !line.contains("hxpc explain"));
    let mut found = Vec::new();
    for line in lines {
        if line.split("HXP").skip(1).any(|rest| rest.get(..4).as_ref().is_some_and(is_code)) {
            found.push(line.to_owned());
        }
    }
    found
}

#[test]
fn projects_of_the_pages_show_what_they_say() {
    let mut problems = Vec::new();
    for code in codes::ALL {
        let page = std::fs::read_to_string(pages().join(format!("{}.md", code.id()))).unwrap();
        for (line, info, text) in blocks(&page) {
            let Some(kind) = info.strip_prefix("project ") else { continue };
            if cfg!(not(unix)) && text.contains(" -> ") {
                continue;
            }
            let found = codes_of(&text);
            let fits = match kind {
                "wrong" => !found.is_empty() && found.iter().all(|f| f.contains(code.id())),
                "right" => found.is_empty(),
                other => panic!("{code}:{line}: `{other}` is neither wrong nor right"),
            };
            if !fits {
                problems.push(format!("{code}:{line} ({kind}) gives {found:#?}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_page_has_a_wrong_and_a_right_example() {
    let unshown: BTreeSet<&str> = UNSHOWN.iter().map(|(id, _)| *id).collect();
    for code in codes::ALL {
        let page = std::fs::read_to_string(pages().join(format!("{}.md", code.id()))).unwrap();
        let count = |kind: &str| {
            let is =
                |info: &str| info.split_once(' ').is_some_and(|(of, k)| ["hxp", "project"].contains(&of) && k == kind);
            blocks(&page).iter().filter(|(_, info, _)| is(info)).count()
        };
        let (wrong, right) = (count("wrong"), count("right"));
        assert_eq!(wrong, right, "{code}: each wrong example has its right twin");
        assert_eq!(wrong > 0, !unshown.contains(code.id()), "{code}: an example, or a reason why there is none");
    }
}
