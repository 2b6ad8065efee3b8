//! Hovers.

use hxp_ide::hover::hover;

use crate::project;

#[test]
fn each_word_says_what_it_means() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, parts) in [
        (
            "environment prod { within off$0ice  deploy with command(\"x\") on manual }",
            &[
                "window office",
                "Weekdays in Berlin.",
                "**closed** now",
                "next opening: Mon 2027-03-01 09:00 Europe/Berlin",
                "17:00 Asia/Tokyo",
            ][..],
        ),
        (
            "environment pr$0od { approve 2 of ops, 1 of devs  within office  require unit  deploy with command(\"x\") on manual }",
            &["- approved by 2 of **ops**\n- approved by 1 of **devs**", "within **office**", "requires `unit`"],
        ),
        ("let share = 50%\nlet ha$0lf = 10 * 2", &["let half", "`int` = `20`"]),
        ("environment prod { na$0mespace = \"x\" }", &["**namespace**", "text"]),
        ("environment prod { req$0uire unit }", &["**require**"]),
        (
            "ru$0le r for prod { deny when action == deploy because \"x\" }\nenvironment prod {}",
            &["**rule**", "condition"],
        ),
        (
            "rule r { deny when release.pre$0release because \"no\" }",
            &["release.prerelease: bool", "a fact of the request"],
        ),
        ("channel c { to = { kind = \"email\" }, audience = pub$0lic }", &["**public**", "everyone"]),
        (
            "environment prod { require cov$0erage }",
            &["gate coverage(min: percent = 70%)", "evidence made by `make cover`", "yields `line: percent`"],
        ),
        (
            "chart web { path = \"charts/web\", release = \"web\" }\nenvironment prod { deploy with helm(web) on manual\n  values { log$0Level = \"info\" } }",
            &["**logLevel**: string: how much is written", "by the chart's schema", "here: `\"info\"`"],
        ),
        (
            "rule r$0 for prod { deny when release.prerelease because \"no\" }\nenvironment prod { deploy with command(\"x\") on manual }",
            &["rule r", "`prod.rule.r`", "opa: **soft**"],
        ),
    ] {
        let (snapshot, place) = project(text);
        let found = hover(&snapshot, place).map(|h| h.markdown).unwrap_or_default();
        let lacks = parts.iter().filter(|part| !found.contains(**part));
        wrong.extend(lacks.map(|part| format!("{text}\nwants {part}\nsays {found}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn where_nothing_is_meant_nothing_is_said() {
    for text in ["environment prod { $0 }", "$0", "// a $0 comment\nteam t {}"] {
        let (snapshot, place) = project(text);
        assert_eq!(hover(&snapshot, place), None, "{text}");
    }
}
