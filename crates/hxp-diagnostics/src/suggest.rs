//! "Did you mean …?"

/// The name of `valid` nearest to `name`, if one is near enough to be a slip of the finger.
pub fn nearest<'a>(name: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1) + 1;
    // `semver` for `semver_tag`: a name cut short at a word is nearer than any other name with a slip in it.
    let cut = |v: &str| name.len() > 2 && v.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    let valid: Vec<&str> = valid.into_iter().collect();
    if let [only] = valid.iter().filter(|v| cut(v)).collect::<Vec<_>>().as_slice() {
        return Some(only);
    }
    valid
        .into_iter()
        .filter(|v| *v != name)
        .map(|v| (distance(&name.to_lowercase(), &v.to_lowercase()), v))
        .filter(|(d, v)| *d <= limit && *d < v.chars().count())
        .min_by_key(|(d, _)| *d)
        .map(|(_, v)| v)
}

/// The valid name that `name` misses by one slip of the pen: where a name of one's own is allowed, anything further away is
/// taken for one.
pub fn slip<'a>(name: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    valid.into_iter().find(|v| name.chars().count() > 2 && distance(name, v) == 1)
}

/// A readable enumeration, cut after twelve: `` `a`, `b` and `c` ``.
pub fn list_names(names: &[&str]) -> String {
    const MOST: usize = 12;
    let quoted: Vec<String> = names.iter().take(MOST).map(|n| format!("`{n}`")).collect();
    if names.len() > MOST {
        return format!("{} and {} more", quoted.join(", "), names.len() - MOST);
    }
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// Edits (insert, delete, replace, swap of neighbours) from `a` to `b`: the optimal string alignment distance.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let get = |r: &[usize], k: usize| r.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut best = (get(&above, j) + usize::from(ca != cb)).min(get(&above, j + 1) + 1).min(get(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca);
            if swapped {
                best = best.min(get(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_a_slip_not_a_guess() {
        let valid = ["production", "staging", "local"];
        assert_eq!(nearest("prodution", valid), Some("production"));
        assert_eq!(nearest("stagign", valid), Some("staging"));
        assert_eq!(nearest("Local", valid), Some("local"));
        assert_eq!(nearest("europe", valid), None);
        assert_eq!(nearest("x", ["a"]), None);
        assert_eq!(nearest("semver", ["server", "semver_tag"]), Some("semver_tag"));
        assert_eq!(nearest("unit", ["units", "unit_tests", "unit_lint"]), Some("units"));
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(list_names(&["a"]), "`a`");
        assert_eq!(list_names(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
