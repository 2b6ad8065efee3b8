//! What is said at once after an edit is what the whole check says of it.

use hxp_diagnostics::{Severity, codes};
use hxp_driver::system::Memory;
use hxp_driver::{Compilation, Request, compile};
use hxp_ide::diagnostics::{Tag, diagnostics, tag};

use crate::project;

#[test]
fn a_broken_file_hides_no_other() {
    let memory = Memory::with([
        ("/p/hxp.toml", ""),
        ("/p/base.hxp", crate::BASE),
        ("/p/broken.hxp", "environment {{{ = "),
        ("/p/wrong.hxp", "environment prod { within nowhere }"),
    ]);
    let found = compile(&memory, &Request { start: "/p".into(), ..Request::default() });
    let of =
        |path: &str| found.diagnostics.iter().any(|d| found.sources.get(d.primary.span.file).unwrap().path() == path);
    assert!(of("broken.hxp") && of("wrong.hxp"));
}

#[test]
fn what_is_superfluous_or_old_is_tagged() {
    for (code, expected) in [
        (codes::UNUSED, Some(Tag::Unnecessary)),
        (codes::UNUSED_IMPORT, Some(Tag::Unnecessary)),
        (codes::DEPRECATED, Some(Tag::Deprecated)),
        (codes::UNKNOWN_NAME, None),
    ] {
        assert_eq!(tag(code), expected);
    }
    let (snapshot, _) = project("let nobody = 5\nenvironment p { deploy with command(\"x\") on manual }");
    assert!(diagnostics(&snapshot).all(|d| d.severity != Severity::Advice));
}

fn check(text: &str) -> Compilation {
    let memory = Memory::with([("/p/base.hxp", crate::BASE), ("/p/main.hxp", text), ("/p/hxp.toml", "")]);
    compile(&memory, &Request { start: "/p".into(), ..Request::default() })
}

/// What a part of a project can tell of it.
fn local(of: &Compilation) -> Vec<String> {
    let mut found: Vec<String> = of
        .diagnostics
        .iter()
        .filter(|d| matches!(d.code.id().get(3..5), Some("01" | "02" | "03" | "04")) && d.code != codes::UNUSED_IMPORT)
        .map(|d| format!("{:?} {} {}", d.primary.span, d.code, d.message))
        .collect();
    found.sort();
    found
}

#[test]
fn an_edit_is_judged_at_once_as_the_whole_is() {
    const TEXT: &str = "environment base { abstract = true  require unit }\n\
        environment dev extends base { namespace = \"d\"  deploy with command(\"x\") on manual }\n\
        environment prod extends base { after dev soaked 1h  within office  approve 1 of ops }\n\
        let share = 50%\n";
    let before = check(TEXT);
    let file = before.sources.iter().find(|(_, f)| f.path() == "main.hxp").unwrap().0;
    for (from, to) in [
        ("office", "offcie"),
        ("soaked 1h", "soaked 1"),
        ("approve 1 of ops", "approve 1 of nobody, 1 of office"),
        ("extends base { after", "extends bse { after"),
        ("namespace = \"d\"", "namespace = 5  namspace = \"x\""),
        ("50%", "50% + 3m"),
        ("require unit", "require unit,"),
        ("require unit", "require unit, trivy"),
        ("{ after dev", "{ after dev\n\n// a comment\n\n"),
        ("let share = 50%", ""),
        ("within office", "within office {{{"),
        ("environment dev", "environment dve"),
    ] {
        let text = TEXT.replacen(from, to, 1);
        let quick = before.edited(file, &text, None).unwrap();
        let whole = check(&text);
        // What others say of a name that has changed shows when everything is checked again.
        let known = local(&whole);
        let said = local(&quick);
        assert!(said.iter().all(|s| known.contains(s)), "{from} → {to}\n{said:#?}\n{known:#?}");
        if from != "environment dev" {
            assert_eq!(said, known, "{from} → {to}");
        }
    }
}
