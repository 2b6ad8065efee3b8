//! `hxpc simulate`: what it prints, and what it says to a command line or a request that is none.
mod common;

use common::Project;

const POLICY: &str = r#"policy shop { edition = 2026 }

window weekends { zone = "Europe/Berlin", open fri..mon 20:00..24:00 }

environment production {
  deploy with make("production") on release(published)
  within weekends
}
"#;

const REQUEST: &str = r#"{ "hxp": 1, "at": "2026-11-27T15:30:00Z", "environment": "production", "action": "deploy",
  "actor": { "id": "ada" }, "release": { "commit": "9f3c" } }"#;

fn project() -> Project {
    Project::new([("policy.hxp", POLICY), ("r.json", REQUEST)])
}

const WEEK: [&str; 7] = ["simulate", "--env", "production", "--from", "2026-11-23", "--to", "2026-11-29"];

#[test]
fn a_week_in_every_form() {
    let project = project();
    let run = |more: &[&str]| {
        let run = project.run(&[&WEEK[..], more].concat());
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{more:?}");
        run.out
    };
    let text = run(&[]);
    assert!(text.contains("Fri 27 Nov 2026 20:00 CET  Sat 28 Nov 2026 00:00 CET  4h      allow"), "{text}");
    assert_eq!(text, run(&["--format", "text", "--zone", "Europe/Berlin"]));
    assert_eq!(text.matches("weekends opens").count(), 4, "Friday to Monday: {text}");
    let json: serde_json::Value =
        serde_json::from_str(&run(&["--format", "json", "--zone", "Asia/Kathmandu"])).unwrap();
    assert_eq!(json["stretches"].as_array().unwrap().len(), 9);
    assert_eq!(json["from"], "2026-11-23T00:00:00+05:45", "a day is a day of the zone that is asked for");
    assert_eq!(json["to"], "2026-11-30T00:00:00+05:45", "and the last one belongs to the span");
    assert!(run(&["--format", "ics"]).starts_with("BEGIN:VCALENDAR\r\n"));
    assert!(run(&["--format", "svg"]).starts_with("<svg "));
    // A request in a file, or from standard input, lacks nothing here.
    assert_eq!(
        run(&["--request", "r.json"]).replace("a deploy as requested", "X"),
        text.replace("a release that has everything the policy asks for", "X")
    );
    let piped = project.run_with(&[&WEEK[..], &["--request", "-"]].concat(), REQUEST.as_bytes());
    assert_eq!((piped.code, piped.out), (0, run(&["--request", "r.json"])));
}

#[test]
fn instants_are_written_in_four_ways() {
    let project = project();
    let first = |from: &str, more: &[&str]| {
        let args = ["simulate", "--env", "production", "--from", from, "--to", "2026-12-31", "--format", "json"];
        let run = project.run(&[&args[..], more].concat());
        let json: serde_json::Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {run:?}"));
        json["from"].as_str().unwrap().to_owned()
    };
    for from in [
        "2026-11-27T15:30",
        "2026-11-27T15:30:00+01:00",
        "2026-11-27T14:30Z",
        "2026-11-27T06:30[America/Los_Angeles]",
        "2026-11-27T06:30-08:00[America/Los_Angeles]",
    ] {
        assert_eq!(first(from, &[]), "2026-11-27T15:30:00+01:00", "{from}");
    }
    assert_eq!(first("2026-11-27T15:30", &["--zone", "UTC"]), "2026-11-27T15:30:00Z");
}

#[test]
fn what_is_no_question_is_told() {
    let project = project();
    project.write("wrong.json", REQUEST.replace("commit", "comit"));
    project.write("twice.json", REQUEST.replace("\"actor\"", "\"hxp\": 1, \"actor\""));
    project.write("staging.json", REQUEST.replace("\"production\"", "\"staging\""));
    project.write("deep.json", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    project.write("list.json", "[]");
    project.write("empty.json", "");
    project.write("huge.json", vec![b' '; 33 << 20]);
    let ask = |env: &str, from: &str, to: &str, more: &[&str]| {
        project.run(&[&["simulate", "--env", env, "--from", from, "--to", to], more].concat())
    };
    let file = |name| ask("production", "2026-11-23", "2026-11-29", &["--request", name]);
    for (run, told) in [
        (ask("prodution", "2026-11-23", "2026-11-29", &[]), "did you mean `production`?"),
        (ask("", "2026-11-23", "2026-11-29", &[]), "valid here: `production`"),
        (ask("production", "2026-11-29", "2026-11-23", &[]), "the span must end after it begins"),
        (ask("production", "2026-11-29T10:00", "2026-11-29T10:00", &[]), "the span must end after it begins"),
        (ask("production", "1900-01-01", "2200-01-01", &[]), "3660 days (ten years) are the most"),
        (ask("production", "0001-01-01", "9999-12-31", &[]), "3660 days (ten years) are the most"),
        (ask("production", "1500-01-01", "1500-02-01", &[]), "the years 1980 to 2199"),
        (ask("production", "tomorrow", "2026-11-23", &[]), "--from `tomorrow` is no day and no instant"),
        (ask("production", "2026-02-30", "2026-11-23", &[]), "--from `2026-02-30` is no day and no instant"),
        (ask("production", "2026-11-23", "99999-01-01", &[]), "--to `99999-01-01` is no day and no instant"),
        (ask("production", "2026-11-23", "2026-11-29T10:00[Mars/Olympus]", &[]), "no time zone `Mars/Olympus`"),
        (ask("production", "2026-11-23", "2026-11-29", &["--zone", "Berlin"]), "did you mean `Europe/Berlin`?"),
        (ask("production", "2026-11-23", "2026-11-29", &["--zone", ""]), "there is no time zone ``"),
        (ask("production", "2026-11-23", "2026-11-29", &["--format", "png"]), "invalid value 'png'"),
        (ask("production", "2020-01-01", "2026-11-29", &["--format", "svg"]), "more than 106 weeks"),
        (file("absent.json"), "absent.json cannot be read"),
        (file("wrong.json"), "wrong.json:2:42: "),
        (file("wrong.json"), "did you mean `commit`?"),
        (file("twice.json"), "twice.json:2:"),
        (file("staging.json"), "is about `staging`"),
        (file("deep.json"), "is no request"),
        (file("list.json"), "not an object but a list"),
        (file("empty.json"), "is no request"),
        (file("huge.json"), "huge.json is too large: it has 33 MiB, of at most 32 MiB"),
        (project.run(&["simulate", "--env", "production"]), "--from <WHEN>"),
    ] {
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{told}: {run:?}");
        assert!(run.err.contains(told), "{told}: {run:?}");
    }
}

#[test]
fn a_policy_with_errors_is_not_simulated() {
    let project = Project::new([("policy.hxp", POLICY.replace("within weekends", "within weekendz").as_str())]);
    let run = project.run(&WEEK);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("weekends"), "{run:?}");
}

/// The picture in the book is what the program draws; `HXP_BLESS=1` draws it anew.
#[test]
fn the_picture_of_the_book() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let span = ["--env", "production", "--from", "2026-10-26", "--to", "2026-11-22", "--format", "svg"];
    let run = common::finish(
        Project::new([]).command().current_dir(&root).arg("simulate").arg("examples/hexabase").args(span),
    );
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let picture = root.join("docs/images/production-calendar.svg");
    if std::env::var_os("HXP_BLESS").is_some() {
        std::fs::write(&picture, &run.out).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&picture).unwrap(), run.out);
}
