//! A change, as `diff -u` shows it.

use similar::TextDiff;

use super::Change;

/// The unified diff of a change.
pub fn unified(change: &Change) -> String {
    let before = change.before.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let after = change.after.as_ref().map_or("", |f| f.text.as_str());
    let name = |prefix: &str, exists: bool| {
        if exists { format!("{prefix}/{}", change.path) } else { "/dev/null".to_owned() }
    };
    let mut text = String::new();
    if change.before.is_some() && before == after {
        let mode = |executable: bool| if executable { "executable" } else { "not executable" };
        let now = change.after.as_ref().is_some_and(|f| f.executable);
        text = format!("{}: {} -> {}\n", change.path, mode(change.was_executable), mode(now));
    }
    let diff = TextDiff::from_lines(before.as_ref(), after);
    text += &diff
        .unified_diff()
        .context_radius(3)
        .header(&name("a", change.before.is_some()), &name("b", change.after.is_some()))
        .to_string();
    text
}

/// The unified diff of two texts of one file; empty when they are equal.
pub fn unified_texts(path: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hxp_targets::OutputFile;

    #[test]
    fn reads_like_diff() {
        let file = |text: &str| Some(OutputFile { text: text.into(), executable: false }.into());
        let change = |before: Option<&str>, after| Change {
            path: "x.yml".into(),
            before: before.map(|b| b.as_bytes().to_vec()),
            was_executable: false,
            after,
            digest: None,
        };
        for (change, expected) in [
            (change(Some("a\nb\n"), file("a\nc\n")), "--- a/x.yml\n+++ b/x.yml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"),
            (change(None, file("a\n")), "--- /dev/null\n+++ b/x.yml\n@@ -0,0 +1 @@\n+a\n"),
            (change(Some("a\n"), None), "--- a/x.yml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"),
        ] {
            assert_eq!(unified(&change), expected);
        }
    }
}
