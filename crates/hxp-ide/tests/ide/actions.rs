//! Code actions.

use hxp_diagnostics::Span;
use hxp_ide::actions::{What, actions, fill_test};

use crate::{edited, project, span};

/// The text after the action of that title; the selection is the text between the two bars.
fn after(text: &str, selected: &str, title: &str) -> String {
    let (snapshot, place) = project(text);
    let at = if selected.is_empty() {
        Span::new(place.file, place.offset, place.offset)
    } else {
        span(&snapshot, place.file, selected)
    };
    let found = actions(&snapshot, at);
    let titles: Vec<&str> = found.iter().map(|a| a.title.as_str()).collect();
    let action = found.iter().find(|a| a.title.contains(title)).unwrap_or_else(|| panic!("no {title} in {titles:?}"));
    edited(&snapshot, place.file, &action.edits[&place.file])
}

#[test]
fn each_action_does_what_it_says() {
    for (text, selected, title, expected) in [
        ("gate g { valid = 5$0 }", "", "write `5h`", "gate g { valid = 5h }"),
        ("let a = 5\nlet b = $0a * 2", "", "inline `a`", "let b = 5 * 2"),
        ("let a = 1 + 1\nlet b = $0a * 2", "", "inline `a`", "let b = (1 + 1) * 2"),
        (
            "environment prod { require coverage(min = 80%) }",
            "coverage(min = 80%)",
            "extract into a gate",
            "gate own_coverage extends coverage(min = 80%) {}\n\nenvironment prod { require own_coverage }",
        ),
        (
            "environment prod { recovery { rto = 2 * 2h } }",
            "2 * 2h",
            "extract into a `let`",
            "let extracted = 2 * 2h\n\nenvironment prod { recovery { rto = extracted } }",
        ),
        (
            "window w = office and not office",
            "not office",
            "extract into a window",
            "window part = not office\n\nwindow w = office and part",
        ),
        ("window w { closed 2027-12-24$0 }", "", "say why", "window w { closed 2027-12-24 because \"\" }"),
        (
            "use std.gates.{trivy, secrets}\nuse std.gates.{licences}$0\nenvironment prod { require trivy, secrets, licences }",
            "",
            "organise",
            "use std.gates.{licences, secrets, trivy}\nenvironment prod { require trivy, secrets, licences }",
        ),
    ] {
        assert_eq!(after(text, selected, title), expected, "{title}");
    }
}

#[test]
fn what_is_known_only_in_its_place_is_not_extracted() {
    let (snapshot, place) = project("rule r { deny when any f in change.files: f ~ \"x\" because \"y\" }");
    let found = actions(&snapshot, span(&snapshot, place.file, "f ~ \"x\""));
    assert!(found.iter().all(|a| a.what != What::Extract), "{found:?}");
}

#[test]
fn every_fix_of_a_diagnostic_is_offered() {
    let (snapshot, place) = project("environment prod { require unti, coverage(min = 5) }");
    let whole = Span::new(place.file, 0, u32::try_from(snapshot.text(place.file).len()).unwrap());
    let fixes = hxp_ide::diagnostics::diagnostics(&snapshot).map(|d| d.fixes.len()).sum::<usize>();
    let found = actions(&snapshot, whole);
    let offered = found.iter().filter(|a| matches!(a.what, What::QuickFix { .. }) && a.mends.is_some()).count();
    assert!(fixes > 0);
    assert_eq!(offered, fixes);
}

/// In the manifest of the fixtures, which is empty.
#[test]
fn a_lint_is_silenced_with_a_place_for_the_reason() {
    let (snapshot, place) = project("let unu$0sed_one = 5");
    let found = actions(&snapshot, Span::new(place.file, place.offset, place.offset));
    let silence = found.iter().find(|a| a.title == "silence `unused` in hxp.toml").expect("an action");
    let edits: Vec<&str> = silence.edits.values().flatten().map(|e| e.text.as_str()).collect();
    assert_eq!(edits, ["[lints]\nunused = \"off\" # because: \n"]);
    let (file, _) = silence.edits.first_key_value().unwrap();
    assert_eq!(edited(&snapshot, *file, &silence.edits[file]), "[lints]\nunused = \"off\" # because: \n");
}

#[test]
fn a_failing_test_is_filled_with_what_comes_out() {
    let text = "environment prod { within office  deploy with command(\"x\") on manual }\n\
        test \"at night\" {\n  given prod at 2027-03-02T22:00[Europe/Berlin]\n  expect allow$0\n}";
    let (snapshot, place) = project(text);
    let at = Span::new(place.file, place.offset, place.offset);
    let action = fill_test(&snapshot, at).unwrap();
    let filled = edited(&snapshot, place.file, &action.edits[&place.file]);
    assert!(filled.contains("expect pending because window.office\n"), "{filled}");
}
