//! What goes missing or wrong in a request.

use serde_json::{Value as Json, json};

use super::dice::Dice;
use super::hints::Hints;
use super::values::Maker;
use crate::schema::{KEYS, OBLIGATORY};

/// Takes keys away, makes others null, and now and then spoils the form.
pub(super) fn erode(request: &mut Json, hints: &Hints<'_>, dice: &mut Dice) {
    let percent = dice.pick(&[0, 0, 1, 4, 15]).copied().unwrap_or(0);
    if percent > 0 {
        below(request, "", percent, dice);
    }
    if dice.percent(25) {
        for _ in 0..=dice.below(2) {
            twist(request, hints, dice);
        }
    }
    if dice.percent(4) {
        spoil(request, hints, dice);
    }
}

/// Each key that may be missing is, so many times in a hundred; or null, where that may be.
fn below(value: &mut Json, path: &str, percent: usize, dice: &mut Dice) {
    match value {
        Json::Object(map) => {
            let free = KEYS.iter().any(|k| k.path.strip_suffix(".*").is_some_and(|p| p == path));
            let names: Vec<String> = map.keys().cloned().collect();
            for name in names {
                let step = if free { "*" } else { name.as_str() };
                let here = if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
                let kept = OBLIGATORY.iter().any(|o| *o == here || o.split('.').next() == Some(&here));
                if !kept && dice.percent(percent) {
                    let nullable = KEYS.iter().any(|k| k.path == here && k.nullable);
                    if nullable && dice.percent(40) {
                        map.insert(name, Json::Null);
                    } else {
                        map.shift_remove(&name);
                    }
                } else if let Some(value) = map.get_mut(&name) {
                    below(value, &here, percent, dice);
                }
            }
        }
        Json::Array(list) => {
            let here = format!("{path}.[]");
            if dice.percent(percent) {
                list.clear();
            }
            for element in list {
                below(element, &here, percent, dice);
            }
        }
        _ => {}
    }
}

/// Something well formed but strange: elements twice, in another order, or with another's time.
fn twist(request: &mut Json, hints: &Hints<'_>, dice: &mut Dice) {
    let at = request.get("at").and_then(crate::request::instant).unwrap_or_default();
    let key = dice.word(&["evidence", "approvals", "deployments", "triggers"]);
    let Some(list) = request.get_mut(key).and_then(Json::as_array_mut) else { return };
    if list.is_empty() {
        return;
    }
    let (a, b) = (dice.below(list.len()), dice.below(list.len()));
    match dice.below(4) {
        0 => {
            let twin = list.get(a).cloned();
            list.extend(twin);
        }
        1 => {
            // At a tie the worse wins.
            let mut twin = list.get(a).cloned().unwrap_or_default();
            let words: &[&str] = match key {
                "evidence" => &["failed", "running", "skipped", "error", "passed"],
                "approvals" => &["approve", "reject", "withdraw"],
                "deployments" => &["running", "healthy", "failed", "rolled_back"],
                _ => &["firing", "quiet"],
            };
            let name = match key {
                "evidence" | "triggers" => "state",
                "approvals" => "vote",
                _ => "outcome",
            };
            if let Some(twin) = twin.as_object_mut() {
                twin.insert(name.into(), dice.word(words).into());
            }
            list.push(twin);
        }
        2 => list.swap(a, b),
        _ => {
            let mut maker = Maker { hints, dice, at };
            let when = maker.instant();
            let name = if key == "triggers" { "since" } else { "at" };
            if let Some(element) = list.get_mut(a).and_then(Json::as_object_mut)
                && element.contains_key(name)
            {
                element.insert(name.into(), when.into());
            }
        }
    }
}

/// Puts anything anywhere.
fn spoil(request: &mut Json, hints: &Hints<'_>, dice: &mut Dice) {
    let mut pointers = Vec::new();
    all(request, String::new(), &mut pointers);
    let Some(pointer) = dice.pick(&pointers).cloned() else { return };
    let mut maker = Maker { hints, dice, at: jiff::Timestamp::UNIX_EPOCH };
    let new = match maker.dice.below(4) {
        0 => Json::Null,
        1 => json!(maker.dice.word(&[
            "2026-02-30T00:00:00Z",
            "2026-12-01T24:00:00Z",
            "2026-12-01T10:00:60Z",
            "2026-12-01T10:00:00",
            "1979-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
            "2026-12-01t10:00:00z",
            "2026-12-01 10:00:00Z",
            "2026-12-01T10:00:00.1234567890Z",
            "1980-01-01T00:00:00+23:59",
            "2199-12-31T23:59:59.999999999-23:59",
            "2100-02-29T00:00:00Z",
        ])),
        _ => maker.anything(2),
    };
    let key = maker.dice.word(&["relaese", "a.b", "*", "[]", "?", "", "at", "id"]);
    match request.pointer_mut(&pointer) {
        Some(Json::Object(map)) if maker.dice.percent(30) => {
            map.insert(key.to_owned(), new);
        }
        Some(place) => *place = new,
        None => {}
    }
}

fn all(value: &Json, here: String, found: &mut Vec<String>) {
    match value {
        Json::Object(map) => {
            for (name, value) in map {
                all(value, format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Json::Array(list) => {
            for (i, value) in list.iter().enumerate() {
                all(value, format!("{here}/{i}"), found);
            }
        }
        _ => {}
    }
    found.push(here);
}
