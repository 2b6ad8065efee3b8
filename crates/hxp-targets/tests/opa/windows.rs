//! Windows in Rego against the algebra of time, at many instants, nights on which the clocks change included.

use std::fmt::Write as _;

use hxp_policy::time::Windows;
use hxp_policy::{Policy, Table, TimeSet, Window};
use jiff::Timestamp;
use jiff::civil::Weekday;
use serde_json::Value;

use crate::build::{calendar, slot, window};
use crate::{engines, fixture};

fn windows() -> Table<Window> {
    let weekend = [Weekday::Saturday, Weekday::Sunday];
    let named = |name: &str| TimeSet::Window(name.into());
    [
        window(
            "office",
            calendar("Europe/Berlin", vec![slot(&[], &[], &[(540, 720), (780, 1020)])], vec![slot(&weekend, &[], &[])]),
        ),
        window("night", calendar("Europe/Berlin", vec![slot(&weekend, &[], &[(1350, 210)])], vec![])),
        window("small_hours", calendar("America/New_York", vec![slot(&[], &[], &[(90, 150)])], vec![])),
        window(
            "always_but",
            calendar("Australia/Lord_Howe", vec![], vec![slot(&[], &[("2026-10-03", "2026-10-05")], &[(115, 125)])]),
        ),
        window("one_day", calendar("UTC", vec![slot(&[], &[("2027-03-28", "2027-03-28")], &[(0, 1440)])], vec![])),
        window("both", TimeSet::And(vec![named("office"), TimeSet::Not(Box::new(named("one_day")))])),
        window("either", TimeSet::Or(vec![named("night"), TimeSet::And(vec![named("office"), named("always_but")])])),
        window("neither", TimeSet::Not(Box::new(TimeSet::Or(vec![named("night"), named("office")])))),
        window("never", TimeSet::And(vec![named("night"), TimeSet::Not(Box::new(named("night")))])),
    ]
    .into_iter()
    .collect()
}

/// Around every change of a clock in half a year, and a few ordinary days.
fn instants() -> Vec<Timestamp> {
    let around = [
        "2026-10-03T15:30:00Z",
        "2026-10-25T01:00:00Z",
        "2026-11-01T06:00:00Z",
        "2027-03-14T07:00:00Z",
        "2027-03-28T01:00:00Z",
        "2026-12-04T23:30:00Z",
    ];
    let steps = [-90_061, -1, 0, 1_799, 7_201];
    let instant = |text: &str, step: i64| text.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(step);
    around.iter().flat_map(|text| steps.iter().map(move |step| instant(text, *step))).collect()
}

fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().map(|ns| ns / 1_000_000_000)
}

#[test]
fn windows_open_and_close_when_the_algebra_says() {
    let table = windows();
    let policy = Policy { windows: table.clone(), ..fixture::policy() };
    let policy = Policy {
        environments: [policy.environments.get_index(0).unwrap()]
            .into_iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        ..policy
    };
    let mut engine = engines::regorus(&engines::emit(&policy));
    let asked = "package asked\nimport data.hxp.lib\nanswers[name] := {\"open\": lib.open(name, input.t), \"opening\": lib.next_opening({name}, input.t), \"closing\": lib.next_closing({name}, input.t)} if some name, _ in data.hxp.tables.windows";
    engine.add_policy("asked.rego".into(), asked.into()).unwrap();
    let algebra = Windows::new(&table);
    let mut wrong = String::new();
    for at in instants() {
        let input = serde_json::json!({ "t": i64::try_from(at.as_nanosecond()).unwrap() });
        engine.set_input(regorus::Value::from_json_str(&input.to_string()).unwrap());
        let answers: Value =
            serde_json::from_str(&engine.eval_rule("data.asked.answers".into()).unwrap().to_json_str().unwrap())
                .unwrap();
        for window in table.values() {
            let answer = &answers[window.name.as_str()];
            let open = algebra.is_open(&window.set, at).unwrap();
            if answer["open"] != open {
                let _ = writeln!(wrong, "{} at {at}: open {}", window.name, answer["open"]);
            }
            let near = |t: Option<Timestamp>| {
                t.filter(|t| t.as_second() - at.as_second() <= 400 * 86_400).map(Timestamp::as_second)
            };
            let opening = near(algebra.open_from(&window.set, at).unwrap());
            if seconds(&answer["opening"]) != opening {
                let _ = writeln!(
                    wrong,
                    "{} at {at}: opens {:?} instead of {opening:?}",
                    window.name,
                    seconds(&answer["opening"])
                );
            }
            if open {
                let closing = near(algebra.shut_from(&window.set, at).unwrap());
                if seconds(&answer["closing"]) != closing {
                    let _ = writeln!(
                        wrong,
                        "{} at {at}: closes {:?} instead of {closing:?}",
                        window.name,
                        seconds(&answer["closing"])
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
