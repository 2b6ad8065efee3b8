//! Symbols, folds, selections, colours, links, hints, signatures, lenses, formatting.

use hxp_diagnostics::Span;
use hxp_ide::{folding, format, inlay, lens, links, selection, signature, symbols, tokens};

use crate::{edited, project};

#[test]
fn the_outline_has_declarations_with_what_they_say() {
    let (snapshot, place) =
        project("environment prod {\n  url = \"https://x.y\"\n  require unit\n}\ntest \"a title\" {}");
    let found = symbols::document(&snapshot, place.file);
    let names: Vec<&str> = found.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["prod", "a title"]);
    let children: Vec<&str> = found[0].children.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(children, ["url", "require unit"]);
}

#[test]
fn symbols_are_found_by_their_letters_the_best_first() {
    let (snapshot, _) = project("gate coverage_of_branches { run = \"x\" }");
    let found = symbols::workspace(&snapshot, "cov");
    let names: Vec<&str> = found.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["coverage", "coverage_of_branches"]);
    assert!(symbols::workspace(&snapshot, "zzz").is_empty());
}

#[test]
fn what_spans_lines_folds() {
    let (snapshot, place) =
        project("use std.gates.{trivy}\nuse std.notify.{slack}\n// a\n// b\nteam t {\n  github = \"x\"\n}");
    let folds: Vec<(&str, folding::Fold)> =
        folding::folding(&snapshot, place.file).into_iter().map(|(s, f)| (snapshot.slice(s), f)).collect();
    assert_eq!(folds.len(), 3, "{folds:?}");
    assert!(folds.iter().any(|(s, f)| s.starts_with("use") && *f == folding::Fold::Imports));
    assert!(folds.iter().any(|(s, f)| *s == "// a\n// b" && *f == folding::Fold::Comment));
    assert!(folds.iter().any(|(s, f)| s.starts_with('{') && *f == folding::Fold::Region));
}

#[test]
fn a_selection_grows_from_the_word_to_the_file() {
    let (snapshot, place) = project("team t { github = \"x\" }\nlet a = 1 + tw$0o * 3\nlet two = 2");
    let grown: Vec<&str> = selection::selection(&snapshot, place).into_iter().map(|s| snapshot.slice(s)).collect();
    assert_eq!(grown.first(), Some(&"two"));
    assert!(grown.contains(&"two * 3") && grown.contains(&"1 + two * 3"), "{grown:?}");
    assert!(grown.windows(2).all(|w| w[0].len() < w[1].len()));
    assert_eq!(*grown.last().unwrap(), snapshot.text(place.file));
}

#[test]
fn colours_follow_the_meaning() {
    let (snapshot, place) = project("environment prod { require coverage(min = 80%)  url = \"x\" }");
    let of = |word: &str| {
        let found = tokens::tokens(&snapshot, place.file);
        found.into_iter().find(|t| snapshot.slice(t.span) == word).map(|t| t.class)
    };
    for (word, class) in [
        ("environment", tokens::Class::Keyword),
        ("prod", tokens::Class::Namespace),
        ("require", tokens::Class::Keyword),
        ("coverage", tokens::Class::Function),
        ("min", tokens::Class::Parameter),
        ("80%", tokens::Class::Number),
        ("url", tokens::Class::Property),
        ("\"x\"", tokens::Class::String),
    ] {
        assert_eq!(of(word), Some(class), "{word}");
    }
    let all = tokens::tokens(&snapshot, place.file);
    assert!(all.windows(2).all(|w| w[0].span.end <= w[1].span.start));
}

#[test]
fn the_legend_names_every_class() {
    assert_eq!(tokens::CLASSES.len(), tokens::Class::Decorator as usize + 1);
    assert_eq!(tokens::CLASSES[tokens::Class::Keyword as usize], "keyword");
}

#[test]
fn links_lead_to_addresses_files_and_modules() {
    let text = "use std.gates.{trivy}\ntrigger t when deployment.healthy == false for 1m { runbook = \"docs/a.md\" }\nenvironment p { url = \"https://example.com\" }\nenvironment q { url = \"https://*.example.com\" }";
    let (snapshot, place) = project(text);
    let found: Vec<(&str, links::Target)> =
        links::links(&snapshot, place.file).into_iter().map(|(s, t)| (snapshot.slice(s), t)).collect();
    let texts: Vec<&str> = found.iter().map(|(s, _)| *s).collect();
    assert_eq!(texts, ["std.gates", "docs/a.md", "https://example.com"], "{found:?}");
}

#[test]
fn what_is_known_is_hinted() {
    let (snapshot, place) = project("let half = 50% * 10\nenvironment p { require coverage(80%) }\nlet plain = 5");
    let whole = Span::new(place.file, 0, u32::try_from(snapshot.text(place.file).len()).unwrap());
    let hints: Vec<String> = inlay::hints(&snapshot, whole).into_iter().map(|h| h.text).collect();
    assert!(hints.contains(&"min: ".to_owned()), "{hints:?}");
    assert!(hints.iter().any(|h| h.starts_with(": ")), "{hints:?}");
}

#[test]
fn a_call_shows_its_parameters() {
    for (text, label, active) in [
        ("environment p { require coverage($0) }", "coverage(min: percent = 70%)", Some(0)),
        ("let f(a: int, b: int) = a\nlet x = f(1, $0)", "f(a: int, b: int)", Some(1)),
        ("let f(a: int, b: int) = a\nlet x = f(b = $0)", "f(a: int, b: int)", Some(1)),
        ("let x = bump(1.0.0, $0)", "bump(from, to)", Some(1)),
    ] {
        let (snapshot, place) = project(text);
        let found = signature::signature(&snapshot, place).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((found.label.as_str(), found.active), (label, active), "{text}");
    }
}

#[test]
fn lenses_stand_above_what_can_be_shown() {
    let (snapshot, place) = project(
        "environment p { deploy with command(\"x\") on manual }\ntest \"t\" { given p at 2027-03-02T10:00[Europe/Berlin]  expect allow }",
    );
    let found: Vec<(String, lens::Does)> =
        lens::lenses(&snapshot, place.file).into_iter().map(|l| (l.name, l.does)).collect();
    let expected = [("p", lens::Does::Preview), ("p", lens::Does::Calendar), ("t", lens::Does::RunTest)];
    assert_eq!(found, expected.map(|(n, d)| (n.to_owned(), d)));
}

#[test]
fn formatting_changes_only_the_lines_that_need_it() {
    let (snapshot, place) = project("team   t { github = \"x\" }\nteam u { github = \"y\" }\n");
    let edits = format::document(&snapshot, place.file).unwrap();
    assert_eq!(edits.len(), 1);
    let text = edited(&snapshot, place.file, &edits);
    assert_eq!(text, "team t { github = \"x\" }\nteam u { github = \"y\" }\n");
    let second = Span::new(place.file, 30, 40);
    assert_eq!(format::range(&snapshot, second).unwrap(), []);
    let (broken, place) = project("team t {");
    assert_eq!(format::document(&broken, place.file), None);
}

#[test]
fn typing_formats_what_is_finished() {
    for (typed, text, expected) in [
        ('}', "team t {\n      github = \"x\"\n}$0\n", "team t {\n  github = \"x\"\n}\n"),
        ('}', "team   t{github=\"x\"}$0\nteam   u {}\n", "team t { github = \"x\" }\nteam   u {}\n"),
        ('\n', "team t {\n  github   =   \"x\"\n  $0\n}\n", "team t {\n  github = \"x\"\n  \n}\n"),
    ] {
        let (snapshot, place) = project(text);
        let edits = format::on_type(&snapshot, place.file, place.offset, typed).unwrap();
        assert_eq!(edited(&snapshot, place.file, &edits), expected, "{typed:?}");
    }
}
