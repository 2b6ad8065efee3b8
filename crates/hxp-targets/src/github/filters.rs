//! Patterns over names of branches and tags in the words of GitHub: those of a workflow's `on:`, and those of its
//! settings, which are Ruby's.
//!
//! In `on:` a `?` makes what stands before it optional, `+` repeats it, and brackets hold letters and digits alone; what
//! cannot be said there becomes wider, and the exact condition is checked by `plan.sh`.

use hxp_policy::{EventField, EventMatch, Pattern};

use super::events::field_name;

/// More patterns than this for one of the policy's are not worth it: everything starts the workflow then.
const MOST: usize = 32;

/// A pattern in GitHub's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Any of them.
    pub patterns: Vec<String>,
    /// Patterns of the policy that GitHub cannot say, as written.
    pub wider: Vec<String>,
}

/// What lets through at least what the conditions on `field` let through, for `on:`. No patterns: there is no condition.
pub fn of_workflow<'a>(events: impl Iterator<Item = &'a EventMatch>, field: &str) -> Filters {
    collect(events, field, in_workflow, "**")
}

/// The same for environments and rulesets, in the words of `File.fnmatch`.
pub fn of_settings<'a>(events: impl Iterator<Item = &'a EventMatch>, field: &str) -> Filters {
    collect(events, field, in_settings, "**/*")
}

/// The pattern in GitHub's words, and whether these are exact.
type Say = fn(&Pattern) -> Option<(Vec<String>, bool)>;

fn collect<'a>(events: impl Iterator<Item = &'a EventMatch>, field: &str, say: Say, all: &str) -> Filters {
    let mut found = Filters::default();
    for condition in events.flat_map(|e| &e.fields).filter(|f| field_name(f) == field) {
        let (patterns, exact) = match condition {
            EventField::Is(_, value) => (value.as_str().map(|name| vec![literal(name)]), true),
            EventField::Matches(_, pattern) => match say(pattern) {
                Some((patterns, exact)) => (Some(patterns), exact),
                None => (None, false),
            },
        };
        found.patterns.extend(patterns.unwrap_or_else(|| vec![all.to_owned()]));
        if let (EventField::Matches(_, pattern), false) = (condition, exact) {
            found.wider.push(written(pattern));
        }
    }
    found.patterns.sort();
    found.patterns.dedup();
    found
}

fn written(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Glob(glob) => format!("\"{glob}\""),
        Pattern::Regex(regex) => format!("re\"{regex}\""),
        Pattern::SemverTag => "semver_tag".to_owned(),
    }
}

/// A name as a pattern that matches only itself.
fn literal(name: &str) -> String {
    name.chars().fold(String::new(), |mut text, c| {
        push_literal(&mut text, c);
        text
    })
}

fn push_literal(text: &mut String, c: char) {
    if matches!(c, '*' | '?' | '+' | '[' | ']' | '!' | '\\' | '{' | '}') {
        text.push('\\');
    }
    text.push(c);
}

fn in_workflow(pattern: &Pattern) -> Option<(Vec<String>, bool)> {
    match pattern {
        // Numbers with a leading zero are let through as well; nobody tags a release so.
        Pattern::SemverTag => {
            let number = "[0-9]+.[0-9]+.[0-9]+";
            let all = ["", "v"].into_iter().flat_map(|v| [format!("{v}{number}"), format!("{v}{number}\\+*")]);
            Some((all.collect(), true))
        }
        Pattern::Regex(_) => None,
        Pattern::Glob(glob) => {
            let mut found = Vec::new();
            let mut exact = true;
            for one in alternatives(glob)? {
                let (patterns, is_exact) = glob_in_workflow(&one)?;
                found.extend(patterns);
                exact &= is_exact;
            }
            (found.len() <= MOST).then_some((found, exact))
        }
    }
}

fn in_settings(pattern: &Pattern) -> Option<(Vec<String>, bool)> {
    match pattern {
        Pattern::SemverTag => Some((vec!["[0-9]*.*".to_owned(), "v[0-9]*.*".to_owned()], true)),
        Pattern::Regex(_) => None,
        Pattern::Glob(glob) => {
            let all: Option<Vec<String>> = alternatives(glob)?.iter().map(|one| glob_in_settings(one)).collect();
            Some((all?, true))
        }
    }
}

/// One piece of a glob without braces.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// `**/` where a folder begins: any number of folders, none too.
    Folders,
    /// `**`
    Anything,
    /// `*`
    Name,
    /// `?`
    One,
    /// `[a-z]`: whether it is negated, and what stands in it.
    Class(bool, String),
    /// A character.
    Literal(char),
}

fn pieces(glob: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut rest = glob;
    let mut folder_begins = true;
    while let Some(c) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("**/").filter(|_| folder_begins) {
            all.push(Piece::Folders);
            rest = behind;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        folder_begins = c == '/';
        let piece = match c {
            '*' => match rest.strip_prefix('*') {
                Some(behind) => {
                    rest = behind;
                    Piece::Anything
                }
                None => Piece::Name,
            },
            '?' => Piece::One,
            '[' => match class(rest) {
                Some((piece, behind)) => {
                    rest = behind;
                    piece
                }
                None => Piece::Literal('['),
            },
            '\\' => {
                let escaped = rest.chars().next().unwrap_or('\\');
                rest = rest.get(escaped.len_utf8()..).unwrap_or_default();
                Piece::Literal(escaped)
            }
            c => Piece::Literal(c),
        };
        all.push(piece);
    }
    all
}

/// What stands behind an opening bracket, and what follows it.
fn class(inner: &str) -> Option<(Piece, &str)> {
    let (negated, inner) = inner.strip_prefix(['!', '^']).map_or((false, inner), |inner| (true, inner));
    let end = inner.char_indices().skip(1).find(|(_, c)| *c == ']').map(|(at, _)| at)?;
    let (members, behind) = inner.split_at_checked(end)?;
    Some((Piece::Class(negated, members.to_owned()), behind.strip_prefix(']')?))
}

/// The globs that a glob with braces stands for.
fn alternatives(glob: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut waiting = vec![glob.to_owned()];
    while let Some(one) = waiting.pop() {
        if done.len() + waiting.len() > MOST {
            return None;
        }
        match innermost(&one) {
            None => done.push(one),
            Some((before, inner, behind)) => {
                waiting.extend(inner.split(',').rev().map(|part| format!("{before}{part}{behind}")));
            }
        }
    }
    Some(done)
}

/// The first pair of braces that holds no other, with what stands around it.
fn innermost(glob: &str) -> Option<(&str, &str, &str)> {
    let mut open = None;
    let mut escaped = false;
    for (at, c) in glob.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => open = Some(at),
            '}' => {
                if let Some(open) = open {
                    return Some((glob.get(..open)?, glob.get(open + 1..at)?, glob.get(at + 1..)?));
                }
            }
            _ => {}
        }
    }
    None
}

/// Letters, digits and ranges of them, which is all that brackets hold in `on:`.
fn is_plain(members: &str) -> bool {
    let chars: Vec<char> = members.chars().collect();
    let mut rest = chars.as_slice();
    while let [first, behind @ ..] = rest {
        rest = match behind {
            ['-', last, behind @ ..] => {
                let range = |of: fn(&char) -> bool| of(first) && of(last);
                let known =
                    range(char::is_ascii_digit) || range(char::is_ascii_lowercase) || range(char::is_ascii_uppercase);
                if !known || first > last {
                    return false;
                }
                behind
            }
            _ if first.is_ascii_alphanumeric() => behind,
            _ => return false,
        };
    }
    true
}

fn glob_in_workflow(glob: &str) -> Option<(Vec<String>, bool)> {
    let mut all = vec![String::new()];
    let mut exact = true;
    for piece in pieces(glob) {
        let text = match piece {
            // With a folder and without.
            Piece::Folders => {
                let with: Vec<String> = all.iter().map(|pattern| format!("{pattern}**/")).collect();
                all.extend(with);
                if all.len() > MOST {
                    return None;
                }
                continue;
            }
            Piece::Anything => "**".to_owned(),
            Piece::Name => "*".to_owned(),
            Piece::Class(false, members) if is_plain(&members) => format!("[{members}]"),
            Piece::One | Piece::Class(..) => {
                exact = false;
                "*".to_owned()
            }
            Piece::Literal(c) => {
                let mut text = String::new();
                push_literal(&mut text, c);
                text
            }
        };
        for pattern in &mut all {
            // Two stars in a row would be another word.
            let joins = text == "*" && pattern.ends_with('*') && !pattern.ends_with("\\*");
            if !joins {
                pattern.push_str(&text);
            }
        }
    }
    Some((all, exact))
}

fn glob_in_settings(glob: &str) -> Option<String> {
    let mut text = String::new();
    let all = pieces(glob);
    for (at, piece) in all.iter().enumerate() {
        match piece {
            Piece::Folders => text.push_str("**/"),
            // At the end of a folder it is any number of folders and a name; elsewhere there is no word for it.
            Piece::Anything if at + 1 == all.len() && (at == 0 || text.ends_with('/')) => text.push_str("**/*"),
            Piece::Anything => return None,
            Piece::Name => text.push('*'),
            Piece::One => text.push('?'),
            Piece::Class(negated, members) => {
                let members = members.replace('\\', "\\\\");
                text.push_str(&format!("[{}{members}]", if *negated { "^" } else { "" }));
            }
            Piece::Literal(c) => push_literal(&mut text, *c),
        }
    }
    Some(text)
}

/// Whether Git lets a branch or tag be called so, as far as characters go.
pub fn is_ref(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    !name.is_empty()
        && !name.contains(forbidden)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with(['/', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What GitHub's filters match, by the table in its manual.
    fn as_github(pattern: &str) -> regex::Regex {
        let mut regex = String::from("(?s)^");
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '*' if rest.starts_with('*') => {
                    rest = &rest[1..];
                    regex.push_str(".*");
                }
                '*' => regex.push_str("[^/]*"),
                '?' | '+' => regex.push(c),
                '[' => {
                    let end = rest.find(']').expect("closed");
                    regex.push_str(&format!("[{}]", &rest[..end]));
                    rest = &rest[end + 1..];
                }
                '\\' => {
                    let escaped = rest.chars().next().expect("escapes something");
                    rest = &rest[escaped.len_utf8()..];
                    regex.push_str(&regex::escape(&escaped.to_string()));
                }
                c => regex.push_str(&regex::escape(&c.to_string())),
            }
        }
        regex::Regex::new(&(regex + "$")).expect("a regular expression")
    }

    const NAMES: &[&str] = &[
        "main",
        "release/1",
        "release/a/b",
        "release/",
        "v1.2",
        "v1.2.3",
        "v1.2.3-rc.1",
        "1.2.3+b4",
        "a+b",
        "a",
        "ab",
        "abb",
        "x/main",
        "x/y/main",
        "feat!x",
        "hot[fix]",
        "fix-7",
        "fix-a",
        "fix-77",
        "dev",
        "develop",
        "a/b/c/d",
        "{x}",
        "ä",
        "öa",
        "README",
        "rel-9x",
    ];

    #[test]
    fn filters_let_through_what_the_policy_lets_through() {
        for (glob, exact) in [
            ("main", true),
            ("release/*", true),
            ("release/**", true),
            ("**", true),
            ("**/main", true),
            ("*/main", true),
            ("v1.2", true),
            ("a+b", true),
            ("a?", false),
            ("fix-[0-9]", true),
            ("fix-[!0-9]", false),
            ("fix-[0-9a]", true),
            ("{dev,develop,a{b,bb}}", true),
            ("feat!*", true),
            ("hot\\[fix\\]", true),
            ("a**b", true),
            ("a/**/d", true),
            ("\\{x\\}", true),
            ("?", false),
            ("[ä-ö]*", false),
            ("rel-[0-9]*", true),
            ("*?", false),
        ] {
            let (patterns, is_exact) = in_workflow(&Pattern::Glob(glob.into())).expect("said");
            assert_eq!(is_exact, exact, "{glob}: {patterns:?}");
            let wanted =
                globset::GlobBuilder::new(glob).literal_separator(true).build().expect("a glob").compile_matcher();
            for name in NAMES {
                let through = patterns.iter().any(|p| as_github(p).is_match(name));
                if exact {
                    assert_eq!(through, wanted.is_match(name), "{glob} over {name}: {patterns:?}");
                } else {
                    assert!(through || !wanted.is_match(name), "{glob} over {name}: {patterns:?}");
                }
            }
        }
    }

    #[test]
    fn tags_of_releases() {
        let (patterns, _) = in_workflow(&Pattern::SemverTag).expect("said");
        for (tag, through) in [
            ("v1.2.3", true),
            ("1.22.333", true),
            ("v1.2.3+b.4", true),
            ("v1.2", false),
            ("v1.2.3-rc.1", false),
            ("w1.2.3", false),
        ] {
            assert_eq!(patterns.iter().any(|p| as_github(p).is_match(tag)), through, "{tag}");
        }
    }

    #[test]
    fn settings_are_in_the_words_of_ruby() {
        for (glob, said) in [
            ("main", Some(vec!["main"])),
            ("release/*", Some(vec!["release/*"])),
            ("release/**", Some(vec!["release/**/*"])),
            ("**", Some(vec!["**/*"])),
            ("**/main", Some(vec!["**/main"])),
            ("a?[!0-9]", Some(vec!["a?[^0-9]"])),
            ("{a,b}/*", Some(vec!["a/*", "b/*"])),
            ("a**b", None),
            ("a+b!", Some(vec!["a\\+b\\!"])),
        ] {
            let found = in_settings(&Pattern::Glob(glob.into())).map(|(patterns, _)| patterns);
            let said = said.map(|all| all.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(found, said, "{glob}");
        }
    }

    #[test]
    fn names_that_git_refuses() {
        for (name, is) in [
            ("main", true),
            ("release/1.x", true),
            ("a+b!", true),
            ("release/*", false),
            ("a b", false),
            ("a..b", false),
            ("", false),
        ] {
            assert_eq!(is_ref(name), is, "{name}");
        }
    }
}
