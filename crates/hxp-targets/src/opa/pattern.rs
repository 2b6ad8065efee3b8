//! Patterns as regular expressions that both Go and Rust read.

use hxp_policy::Pattern;

/// A release tag: optional `v`, a semantic version without pre-release.
const SEMVER_TAG: &str =
    r"^v?(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$";

/// The regular expression of a pattern, anchored at both ends.
pub(crate) fn anchored(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Glob(glob) => self::glob(glob),
        Pattern::Regex(regex) => format!("^(?:{regex})$"),
        Pattern::SemverTag => SEMVER_TAG.to_owned(),
    }
}

/// The regular expression of what a text begins with.
pub(super) fn leading(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Regex(regex) => format!("^(?:{regex})"),
        other => anchored(other),
    }
}

/// The regular expression of a glob: `*` and `?` stop at `/`, `**` does not, `**/` is any number of folders.
pub(super) fn glob(glob: &str) -> String {
    let mut regex = String::from("(?s)^");
    let mut rest = glob;
    let mut folder_begins = true;
    let mut alternatives = 0_usize;
    loop {
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { break };
        let after = chars.as_str();
        rest = after;
        match c {
            '*' => {
                if let Some(after) = after.strip_prefix("*/").filter(|_| folder_begins) {
                    regex.push_str("(?:.*/)?");
                    rest = after;
                    continue;
                }
                if let Some(after) = after.strip_prefix('*') {
                    regex.push_str(".*");
                    rest = after;
                } else {
                    regex.push_str("[^/]*");
                }
            }
            '?' => regex.push_str("[^/]"),
            '[' => match class(after) {
                Some((class, after)) => {
                    regex.push_str(&class);
                    rest = after;
                }
                None => regex.push_str("\\["),
            },
            '{' if after.contains('}') => {
                alternatives += 1;
                regex.push_str("(?:");
            }
            '}' if alternatives > 0 => {
                alternatives -= 1;
                regex.push(')');
            }
            ',' if alternatives > 0 => regex.push('|'),
            '\\' => {
                regex.push_str(&literal(chars.next().unwrap_or('\\')));
                rest = chars.as_str();
            }
            c => regex.push_str(&literal(c)),
        }
        folder_begins = c == '/';
    }
    regex.push_str(&")".repeat(alternatives));
    regex.push('$');
    regex
}

/// `a-z]` or `!a-z]` behind an opening bracket as a class, with what follows it.
fn class(inner: &str) -> Option<(String, &str)> {
    let (open, inner) = inner.strip_prefix(['!', '^']).map_or(("[", inner), |inner| ("[^/", inner));
    let end = inner.char_indices().skip(1).find(|(_, c)| *c == ']').map(|(i, _)| i)?;
    let (members, after) = inner.split_at_checked(end)?;
    let mut regex = String::from(open);
    for c in members.chars() {
        if matches!(c, '\\' | '[' | ']' | '^' | '&' | '~') {
            regex.push('\\');
        }
        regex.push(c);
    }
    regex.push(']');
    Some((regex, after.strip_prefix(']')?))
}

fn literal(c: char) -> String {
    if c.is_ascii_punctuation()
        && !matches!(c, '/' | '_' | '"' | '\'' | '`' | ',' | ':' | ';' | '<' | '>' | '=' | '@' | '%' | '!')
    {
        format!("\\{c}")
    } else {
        c.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_the_language_says() {
        let cases = [
            ("**/migrations/**", "db/migrations/7.sql", true),
            ("**/migrations/**", "migrations/7.sql", true),
            ("**/migrations/**", "migrations", false),
            ("**/auth/**", "a/oauth/x", false),
            ("deployments/**", "deployments/a/b.yaml", true),
            ("deployments/**", "x/deployments/a", false),
            ("hotfix/*", "hotfix/oom", true),
            ("hotfix/*", "hotfix/a/b", false),
            ("api/internal/**/hotpath/**", "api/internal/hotpath/x.go", true),
            ("api/internal/**/hotpath/**", "api/internal/a/b/hotpath/x.go", true),
            ("*.{yml,yaml}", "a.yaml", true),
            ("*.{yml,yaml}", "a.yml.txt", false),
            ("v[0-9].?", "v1.2", true),
            ("v[!0-9]", "v1", false),
            ("SECURITY.md", "SECURITYxmd", false),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            ("a+b(c)", "a+b(c)", true),
        ];
        for (pattern, text, matches) in cases {
            let regex = regex::Regex::new(&glob(pattern)).unwrap();
            assert_eq!(regex.is_match(text), matches, "{pattern} over {text}: {}", regex.as_str());
        }
    }

    #[test]
    fn a_tag_is_a_release_without_pre_release() {
        let regex = regex::Regex::new(&anchored(&Pattern::SemverTag)).unwrap();
        for (tag, matches) in [
            ("v1.2.3", true),
            ("1.2.3", true),
            ("v1.2.3-rc.1", false),
            ("v1.2", false),
            ("v01.2.3", false),
            ("1.2.3+b", true),
        ] {
            assert_eq!(regex.is_match(tag), matches, "{tag}");
        }
    }
}
