//! Rego as text, in the style of `opa fmt`.

use std::fmt::Write as _;

use hxp_policy::Millis;

/// Words that Rego keeps for itself, even behind a dot.
const KEYWORDS: [&str; 16] = [
    "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some",
    "true", "with", "_",
];

/// Lines of the longest rule that reads well (regal's `rule-length`).
const LONGEST_RULE: usize = 30;

/// One definition of a rule: `head := value if { body } else := …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    /// Name and arguments.
    pub head: String,
    /// `None`: true.
    pub value: Option<String>,
    /// Statements, all of which must hold.
    pub body: Vec<String>,
    /// What it is otherwise.
    pub otherwise: Vec<Branch>,
}

/// A value (`None`: true) and the statements that must hold for it.
pub(super) type Branch = (Option<String>, Vec<String>);

impl Definition {
    /// An element of a rule that is a set.
    pub(super) fn member(set: &str, element: &str) -> Self {
        Self::new(format!("{set} contains {element}"), (None, Vec::new()))
    }

    /// A rule that has a value whatever the request says.
    pub(super) fn constant(head: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(head, (Some(value.into()), Vec::new()))
    }

    /// A rule of a single branch.
    pub(super) fn new(head: impl Into<String>, (value, body): Branch) -> Self {
        Self { head: head.into(), value, body, otherwise: Vec::new() }
    }

    /// The first branch that holds; `None` if there is no branch.
    pub(super) fn chain(head: impl Into<String>, branches: Vec<Branch>) -> Option<Self> {
        let mut branches = branches.into_iter();
        let mut chain = Self::new(head, branches.next()?);
        for branch in branches {
            // Nothing comes behind what always holds.
            if chain.otherwise.last().map_or(&chain.body, |(_, body)| body).is_empty() {
                break;
            }
            chain.otherwise.push(branch);
        }
        Some(chain)
    }

    /// Branches of which no two that hold differ in their values: one chain, or a definition each where that would be longer
    /// than a reader follows.
    pub(super) fn alternatives(head: &str, branches: Vec<Branch>) -> Vec<Self> {
        let lines = |(_, body): &Branch| 1 + body.iter().map(|statement| statement.lines().count()).sum::<usize>();
        if branches.iter().map(lines).sum::<usize>() < LONGEST_RULE {
            Self::chain(head, branches).into_iter().collect()
        } else {
            branches.into_iter().map(|branch| Self::new(head, branch)).collect()
        }
    }

    fn print(&self, out: &mut String) {
        out.push_str(&self.head);
        print_value(self.value.as_deref(), out);
        match self.body.as_slice() {
            [] if self.value.is_none() && !self.head.contains(" contains ") => out.push_str(" := true"),
            [] => {}
            [only] if !only.contains('\n') && self.otherwise.is_empty() => {
                out.push_str(" if ");
                out.push_str(only);
            }
            statements => print_body(statements, out),
        }
        for (value, body) in &self.otherwise {
            out.push_str(" else");
            print_value(value.as_deref(), out);
            if body.is_empty() && value.is_none() {
                out.push_str(" := true");
            }
            if !body.is_empty() {
                print_body(body, out);
            }
        }
        out.push('\n');
    }
}

fn print_value(value: Option<&str>, out: &mut String) {
    if let Some(value) = value {
        out.push_str(" := ");
        out.push_str(value);
    }
}

fn print_body(statements: &[String], out: &mut String) {
    out.push_str(" if {\n");
    for line in statements.iter().flat_map(|statement| statement.lines()) {
        out.push('\t');
        out.push_str(line);
        out.push('\n');
    }
    out.push('}');
}

/// Definitions of one name, with what a reader should know of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// What it says, in a line.
    pub title: String,
    /// The policy's own words.
    pub description: Option<String>,
    /// The id in the policy.
    pub id: Option<String>,
    /// `file:line`.
    pub source: Option<String>,
    /// Whether it is what a reader asks the package for.
    pub entrypoint: bool,
    /// The value when no definition holds.
    pub default: Option<&'static str>,
    /// Its name, for the default.
    pub name: String,
    /// The definitions.
    pub definitions: Vec<Definition>,
}

impl Rule {
    /// Appends the rule, an empty line after each definition.
    pub(super) fn print(&self, out: &mut String) {
        self.print_annotation(out);
        if let Some(default) = self.default {
            let _ = writeln!(out, "default {} := {default}\n", self.name);
        }
        for definition in &self.definitions {
            definition.print(out);
            out.push('\n');
        }
    }

    /// Whether the annotation is of all definitions. Sets get their elements from several rules, each with its own.
    fn has_many(&self) -> bool {
        let set = self.definitions.iter().any(|d| d.head.contains(" contains "));
        !set && self.definitions.len() + usize::from(self.default.is_some()) > 1
    }

    fn print_annotation(&self, out: &mut String) {
        out.push_str("# METADATA\n");
        let _ = writeln!(out, "# title: {}", scalar(&self.title));
        if let Some(description) = &self.description {
            let _ = writeln!(out, "# description: {}", scalar(description));
        }
        if self.entrypoint {
            out.push_str("# entrypoint: true\n");
        } else if self.has_many() {
            out.push_str("# scope: document\n");
        }
        if self.id.is_none() && self.source.is_none() {
            return;
        }
        out.push_str("# custom:\n");
        for (key, value) in [("id", &self.id), ("source", &self.source)] {
            if let Some(value) = value {
                let _ = writeln!(out, "#   {key}: {}", quoted(value));
            }
        }
    }
}

/// Text as a Rego (and JSON, and YAML) string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_line_break(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Characters beside the control characters that some reader of YAML takes for the end of a line.
fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Text as a YAML scalar: bare when it cannot be read as anything else, otherwise quoted.
pub(super) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-.,()/'".contains(c);
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric() || ".)'".contains(c))
        && text.chars().all(plain)
        && !is_yaml_word(text);
    if bare { text.to_owned() } else { quoted(text) }
}

fn is_yaml_word(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|w| w.eq_ignore_ascii_case(text))
}

/// A regular expression as a Rego string: raw when that is possible.
pub(super) fn pattern(regex: &str) -> String {
    if regex.contains('`') || regex.contains(char::is_control) { quoted(regex) } else { format!("`{regex}`") }
}

/// Whether Rego takes a word for a name of the user's.
pub(super) fn is_name(word: &str) -> bool {
    let head = |c: char| c.is_ascii_alphabetic() || c == '_';
    word.starts_with(head) && word.chars().all(|c| head(c) || c.is_ascii_digit()) && !KEYWORDS.contains(&word)
}

/// A name made of whatever text: `gate.coverage(min = 70%)` gives `gate_coverage_min_70`.
pub(super) fn name_of(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.ends_with('_') && !name.is_empty() {
            name.push('_');
        }
    }
    name.trim_end_matches('_').to_owned()
}

/// Whether `name` stands in Rego text as a word outside strings, and not as the name of a field.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let mut word = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c.is_ascii_alphanumeric() || c == '_' || (c == '.' && word.is_empty()) {
            word.push(c);
            continue;
        }
        if word == name {
            return true;
        }
        word.clear();
        if c == '.' {
            word.push(c);
        }
        match c {
            '"' => skip_string(&mut chars),
            '`' => {
                chars.by_ref().find(|c| *c == '`');
            }
            _ => {}
        }
    }
    word == name
}

fn skip_string(chars: &mut std::str::Chars<'_>) {
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '"' => return,
            _ => {}
        }
    }
}

/// A duration as a number to compute with.
pub(super) fn nanoseconds(millis: Millis) -> i128 {
    i128::from(millis.0) * 1_000_000
}

/// A duration as the library reads it.
pub(super) fn duration(millis: Millis) -> String {
    millis.to_string()
}

/// An object literal over several lines, as `opa fmt` leaves it.
pub(super) fn object(fields: &[(String, String)]) -> String {
    if fields.is_empty() {
        return "{}".to_owned();
    }
    let mut out = String::from("{\n");
    for (key, value) in fields {
        let _ = writeln!(out, "\t{key}: {},", indent(value));
    }
    out.push('}');
    out
}

/// An object literal in one line.
pub(super) fn short_object(fields: &[(String, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", fields.join(", "))
}

/// An array literal: in one line, or one element a line when any of them needs several.
pub(super) fn array(elements: &[String]) -> String {
    let joined = elements.join(", ");
    if elements.len() < 2 || (joined.len() <= 100 && !joined.contains('\n')) {
        return format!("[{joined}]");
    }
    let mut out = String::from("[\n");
    for element in elements {
        let _ = writeln!(out, "\t{},", indent(element));
    }
    out.push(']');
    out
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_quoting() {
        for (text, written) in [
            ("plain", r#""plain""#),
            (r#"say "hi" \o/"#, r#""say \"hi\" \\o/""#),
            ("two\nlines", r#""two\nlines""#),
            ("${{ secrets.X }}", r#""${{ secrets.X }}""#),
            ("\u{7}\u{2028}", r#""\u0007\u2028""#),
        ] {
            assert_eq!(quoted(text), written);
            assert_eq!(serde_json::from_str::<String>(written).unwrap(), text);
        }
    }

    #[test]
    fn a_scalar_is_bare_only_when_it_cannot_be_misread() {
        for (text, written) in [
            ("gate.coverage", "gate.coverage"),
            ("Wall clock, all year.", "Wall clock, all year."),
            ("no", r#""no""#),
            ("a: b", r#""a: b""#),
            ("1.10", r#""1.10""#),
            ("- x", r#""- x""#),
            ("", r#""""#),
        ] {
            assert_eq!(scalar(text), written);
        }
    }

    #[test]
    fn a_word_inside_a_string_is_no_mention() {
        for (text, name, found) in [
            ("p.labels", "p", true),
            (r#""p" in xs"#, "p", false),
            (r#""\"p" in xs"#, "p", false),
            ("matches(`p`, x)", "p", false),
            ("pp", "p", false),
            ("f(p)", "p", true),
            ("lib.p.x", "p", false),
            ("p.p", "p", true),
            ("xs[_].p == p", "p", true),
        ] {
            assert_eq!(mentions(text, name), found, "{name} in {text}");
        }
    }

    #[test]
    fn names_come_from_ids() {
        assert_eq!(name_of("gate.coverage(min = 70%)"), "gate_coverage_min_70");
        assert_eq!(name_of("rule.x[ui]"), "rule_x_ui");
    }
}
