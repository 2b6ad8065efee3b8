//! The least request that still shows something.

use serde_json::Value as Json;

/// Rounds over all parts; each takes away what can be taken away.
const MOST_ROUNDS: usize = 6;

/// Takes parts of a request away, as long as what it shows is still there.
pub fn minimal(request: &Json, shows: &mut impl FnMut(&Json) -> bool) -> Json {
    let mut least = request.clone();
    for _ in 0..MOST_ROUNDS {
        let mut pointers = Vec::new();
        parts(&least, "", &mut pointers);
        let mut smaller = false;
        // From the end, so that the places of what is left stay as they are.
        for pointer in pointers.iter().rev() {
            let mut less = least.clone();
            if remove(&mut less, pointer) && shows(&less) {
                least = less;
                smaller = true;
            }
        }
        if !smaller {
            break;
        }
    }
    least
}

/// Pointers to every key and element, the whole before its parts.
fn parts(value: &Json, here: &str, found: &mut Vec<String>) {
    match value {
        Json::Object(map) => {
            for (name, value) in map {
                let path = format!("{here}/{}", name.replace('~', "~0").replace('/', "~1"));
                found.push(path.clone());
                parts(value, &path, found);
            }
        }
        Json::Array(list) => {
            for (i, value) in list.iter().enumerate() {
                let path = format!("{here}/{i}");
                found.push(path.clone());
                parts(value, &path, found);
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Json, pointer: &str) -> bool {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return false };
    match value.pointer_mut(parent) {
        Some(Json::Object(map)) => map.shift_remove(&key.replace("~1", "/").replace("~0", "~")).is_some(),
        Some(Json::Array(list)) => match key.parse::<usize>() {
            Ok(i) if i < list.len() => {
                list.remove(i);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_matters_is_left() {
        let request = json!({ "at": 1, "b": [1, 2, { "c": 3, "d/e": [4, 5] }], "f": { "g": null } });
        let least = minimal(&request, &mut |r| r.pointer("/b").is_some_and(|b| b.to_string().contains('5')));
        assert_eq!(least, json!({ "b": [{ "d/e": [5] }] }));
    }
}
