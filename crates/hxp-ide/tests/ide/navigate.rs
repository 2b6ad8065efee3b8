//! Definitions, references, highlights, the way of a release.

use hxp_ide::{hierarchy, navigate};

use crate::project;

#[test]
fn a_word_leads_to_what_it_means() {
    for (text, expected) in [
        ("environment prod { within off$0ice }", "window office"),
        ("environment prod { approve 1 of dev$0s }", "team devs"),
        ("environment prod { require unit, cov$0erage(80%) }", "gate coverage"),
        ("environment base { abstract = true }\nenvironment prod extends ba$0se {}", "environment base"),
        ("let a = 5\nlet b = $0a + 1", "let a"),
        ("use std.gates.{tri$0vy}\nenvironment prod { require trivy }", "gate trivy"),
        ("let double(x: int) = x$0 * 2", "(x"),
        ("rule r { deny when any f in change.files: f$0 ~ \"x\" because \"y\" }", "any f"),
    ] {
        let (snapshot, place) = project(text);
        let target = navigate::definition(&snapshot, place).unwrap_or_else(|| panic!("{text}"));
        let name = snapshot.slice(target.name);
        let before = snapshot.text(target.name.file).get(..target.name.end as usize).unwrap();
        assert!(before.ends_with(expected), "{text}: {name}");
    }
}

#[test]
fn references_are_everywhere_and_highlights_here() {
    let text = "environment prod { require unit }\nenvironment dev { require un$0it }\nlet all_gates = [unit]";
    let (snapshot, place) = project(text);
    let with = navigate::references(&snapshot, place, true);
    let without = navigate::references(&snapshot, place, false);
    assert_eq!((with.len(), without.len()), (4, 3), "{with:?}");
    assert!(with.iter().all(|s| snapshot.slice(*s) == "unit"));
    assert_eq!(navigate::highlights(&snapshot, place).len(), 3);
}

#[test]
fn a_local_name_stays_local() {
    let text = "let f(x: int) = x$0 + x\nlet g(x: int) = x";
    let (snapshot, place) = project(text);
    assert_eq!(navigate::references(&snapshot, place, true).len(), 3);
}

#[test]
fn heirs_are_found_through_one_another() {
    let text =
        "environment a$0 { abstract = true }\nenvironment b extends a { abstract = true }\nenvironment c extends b {}";
    let (snapshot, place) = project(text);
    let heirs: Vec<&str> = navigate::implementations(&snapshot, place).iter().map(|t| snapshot.slice(t.name)).collect();
    assert_eq!(heirs, ["b", "c"]);
}

#[test]
fn a_release_comes_from_before_and_goes_on_after() {
    let text = "environment dev {}\nenvironment stage { after dev }\nenvironment pr$0od { after stage }";
    let (snapshot, place) = project(text);
    assert_eq!(hierarchy::prepare(&snapshot, place).unwrap().name, "prod");
    let names = |stops: Vec<hierarchy::Stop>| stops.iter().map(|s| s.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(hierarchy::incoming(&snapshot, "prod")), ["stage"]);
    assert_eq!(names(hierarchy::outgoing(&snapshot, "dev")), ["stage"]);
    assert_eq!(names(hierarchy::incoming(&snapshot, "dev")), Vec::<String>::new());
}
