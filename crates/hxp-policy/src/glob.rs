//! Globs as regular expressions that both Go and Rust read, so that every engine matches the same.

/// The regular expression of a glob: `*` and `?` stop at `/`, `**` does not, `**/` is any number of folders.
pub fn regex(glob: &str) -> String {
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
