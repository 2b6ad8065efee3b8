//! Patterns as regular expressions that both Go and Rust read.

use hxp_policy::Pattern;
pub(super) use hxp_policy::glob::regex as glob;

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
