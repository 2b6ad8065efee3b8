//! Renaming.

use hxp_ide::rename::{linked, prepare, rename};

use crate::{edited, project};

#[test]
fn every_place_changes() {
    for (text, new, expected) in [
        (
            "environment prod { require ow$0n }\ngate own { run = \"x\" }",
            "mine",
            "environment prod { require mine }\ngate mine { run = \"x\" }",
        ),
        (
            "environment pr$0od {}\ntest \"t\" { given prod at 2027-03-02T10:00[Europe/Berlin]  expect allow }\nenvironment late { after prod }",
            "live",
            "environment live {}\ntest \"t\" { given live at 2027-03-02T10:00[Europe/Berlin]  expect allow }\nenvironment late { after live }",
        ),
        (
            "environment a$0 { abstract = true }\nenvironment b extends a { abstract = true }\nenvironment c extends b {}",
            "root",
            "environment root { abstract = true }\nenvironment b extends root { abstract = true }\nenvironment c extends b {}",
        ),
        // A word that begins declarations is a name everywhere else.
        (
            "environment prod { require ow$0n }\ngate own { run = \"x\" }",
            "team",
            "environment prod { require team }\ngate team { run = \"x\" }",
        ),
        ("let f(x: int) = $0x + 1", "y", "let f(y: int) = y + 1"),
        ("let f(x$0: int) = x + 1\nlet three = f(x = 2)", "y", "let f(y: int) = y + 1\nlet three = f(y = 2)"),
        (
            "gate base(least: percent) { run = \"x\"  yields sha$0re: percent  require share >= least }\ngate own extends base { require share < 90% }\ntest \"t\" { given prod at 2027-03-02T10:00[UTC] with { gates { base { share = 5% } } }  expect allow }",
            "part",
            "gate base(least: percent) { run = \"x\"  yields part: percent  require part >= least }\ngate own extends base { require part < 90% }\ntest \"t\" { given prod at 2027-03-02T10:00[UTC] with { gates { base { part = 5% } } }  expect allow }",
        ),
        (
            "window w$0 { open mon }\nenvironment prod { within w }\noverride o for prod when incident.open { expires = 1h  waive window.w because \"x\" }",
            "week",
            "window week { open mon }\nenvironment prod { within week }\noverride o for prod when incident.open { expires = 1h  waive window.week because \"x\" }",
        ),
        (
            "team lea$0ds { github = \"o/l\" }\nenvironment prod { approve 1 of leads }\noverride o for prod when incident.open { expires = 1h  waive approve.leads because \"x\" }",
            "heads",
            "team heads { github = \"o/l\" }\nenvironment prod { approve 1 of heads }\noverride o for prod when incident.open { expires = 1h  waive approve.heads because \"x\" }",
        ),
    ] {
        let (snapshot, place) = project(text);
        let edits = rename(&snapshot, place, new).unwrap();
        assert_eq!(edited(&snapshot, place.file, &edits[&place.file]), expected);
    }
}

#[test]
fn what_cannot_be_renamed_says_why() {
    for (text, new, why) in [
        ("environment prod { require un$0it }", "when", "word of the language"),
        ("environment prod { require un$0it }", "1x", "is no name"),
        ("environment prod { require un$0it }", "coverage", "is there already"),
        ("use std.gates.{trivy}\nenvironment prod { require tri$0vy }", "x", "not this project's"),
        ("environment prod { $0 }", "x", "no name here"),
        ("gate cover(m$0in: percent) extends coverage {}", "x", "`coverage` has the parameter `min` too"),
        ("use std.gates.{trivy}\ngate scan extends trivy(wor$0st = high) {}", "x", "not this project's"),
        ("environment prod { name$0space = \"x\" }", "x", "a key is not renamed"),
        ("use std.ga$0tes.{trivy}", "x", "a module has its file's name"),
    ] {
        let (snapshot, place) = project(text);
        let refused = rename(&snapshot, place, new).unwrap_err();
        assert!(refused.contains(why), "{text}: {refused}");
    }
}

#[test]
fn preparing_shows_the_word() {
    let (snapshot, place) = project("environment prod { require gate.co$0verage(80%) }");
    assert_eq!(snapshot.slice(prepare(&snapshot, place).unwrap()), "coverage");
}

#[test]
fn local_names_are_edited_together() {
    let (snapshot, place) = project("let f(x$0: int) = x + x");
    assert_eq!(linked(&snapshot, place).len(), 3);
}
