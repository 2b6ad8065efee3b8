//! Texts that a pattern matches, the most ordinary first.

use hxp_policy::Pattern;

use crate::eval::Matcher;
use crate::sample::{self, Dice};

/// How many texts are made of a pattern to find some that it matches.
const TRIES: u64 = 64;

/// How many examples are worth having.
const MOST: usize = 4;

/// Texts that the pattern matches as a whole.
pub(super) fn examples(pattern: &Pattern) -> Vec<String> {
    match pattern {
        Pattern::SemverTag => vec!["v1.1.0".to_owned()],
        pattern => chosen(&Matcher::new(pattern), |dice| sample::matching(pattern, dice)),
    }
}

/// Texts with which a message may begin, so that the pattern of a label matches it.
pub(super) fn beginnings(pattern: &Pattern) -> Vec<String> {
    chosen(&Matcher::leading(pattern), |dice| sample::matching(pattern, dice))
}

/// Paths that a glob matches.
pub(super) fn paths(glob: &str) -> Vec<String> {
    let pattern = Pattern::Glob(glob.into());
    chosen(&Matcher::new(&pattern), |dice| sample::matching(&pattern, dice))
}

fn chosen(matcher: &Matcher, make: impl Fn(&mut Dice) -> String) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for seed in 0..TRIES {
        let text = make(&mut Dice::new(seed));
        if matcher.matches(&text) == Some(true) && !found.contains(&text) {
            found.push(text);
        }
    }
    // The plainest are those of few and ordinary characters.
    found.sort_by_cached_key(|text| {
        let odd = text.chars().filter(|c| !c.is_ascii_alphanumeric() && !"/ ".contains(*c)).count();
        (odd, text.ends_with('/') || text.is_empty(), text.len(), text.clone())
    });
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_match() {
        for (pattern, first) in [
            (Pattern::Glob("hotfix/*".into()), "hotfix/x"),
            (Pattern::Glob("**/migrations/**".into()), "migrations/a"),
            (Pattern::SemverTag, "v1.1.0"),
            (Pattern::Regex("release-[0-9]+".into()), "release-0"),
        ] {
            assert_eq!(examples(&pattern).first().map(String::as_str), Some(first), "{pattern:?}");
        }
        assert_eq!(examples(&Pattern::Regex("[^\\s\\S]".into())), Vec::<String>::new(), "nothing matches");
    }
}
