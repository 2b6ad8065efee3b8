//! Regular expressions that every engine reads alike.
//!
//! A policy is decided by Rust, by Go (OPA reads RE2's syntax) and, for events, by Oniguruma (jq). Each knows words that
//! another does not, and some mean different things by the same word. What is left is the language's: anything beyond is
//! refused where it stands, and `\d`, `\w` and `\s`, which are about ASCII here as in RE2, are spelled out.

use std::convert::Infallible;

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassPerl, ClassPerlKind, ClassSetItem, ClassUnicodeKind, FlagsItemKind, GroupKind,
    LiteralKind, RepetitionKind, RepetitionRange, Visitor,
};

/// RE2 refuses more copies than this, nested repetitions multiplied.
const MOST_COPIES: u32 = 1000;

/// As deeply as everything else in the language may be nested.
const MAX_DEPTH: u32 = 200;

/// General categories of Unicode, as all engines abbreviate them.
const CATEGORIES: [&str; 36] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cs",
];

/// What is wrong with a regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in its text, in bytes.
    pub range: std::ops::Range<usize>,
    /// What.
    pub message: String,
    /// What to write instead.
    pub help: Option<&'static str>,
}

/// The same expression in words that all engines read alike.
pub fn portable(text: &str) -> Result<String, Problem> {
    let mut parser = ast::parse::ParserBuilder::new().nest_limit(MAX_DEPTH).build();
    let tree = parser.parse(text).map_err(|error| {
        let span = error.span();
        Problem { range: span.start.offset..span.end.offset, message: error.kind().to_string(), help: None }
    })?;
    let walk = Walk { text, edits: Vec::new(), problem: None, copies: Vec::new() };
    let Ok((edits, problem)) = ast::visit(&tree, walk);
    if let Some(problem) = problem {
        return Err(problem);
    }
    let mut written = text.to_owned();
    for (span, with) in edits.into_iter().rev() {
        written.replace_range(span, &with);
    }
    Ok(written)
}

struct Walk<'t> {
    text: &'t str,
    /// Replacements, in the order of the text.
    edits: Vec<(std::ops::Range<usize>, String)>,
    problem: Option<Problem>,
    /// How often the repetitions around the place copy it.
    copies: Vec<u32>,
}

impl Walk<'_> {
    fn refuse(&mut self, span: &ast::Span, message: impl Into<String>, help: Option<&'static str>) {
        if self.problem.is_none() {
            let range = span.start.offset..span.end.offset;
            self.problem = Some(Problem { range, message: message.into(), help });
        }
    }

    fn written(&self, span: &ast::Span) -> &str {
        self.text.get(span.start.offset..span.end.offset).unwrap_or_default()
    }

    fn edit(&mut self, span: &ast::Span, with: String) {
        self.edits.push((span.start.offset..span.end.offset, with));
    }

    fn literal(&mut self, literal: &ast::Literal) {
        if matches!(
            literal.kind,
            LiteralKind::HexFixed(ast::HexLiteralKind::UnicodeShort | ast::HexLiteralKind::UnicodeLong)
        ) || matches!(&literal.kind, LiteralKind::HexBrace(kind) if *kind != ast::HexLiteralKind::X)
        {
            let message = format!("`{}` is no character for every engine", self.written(&literal.span));
            self.refuse(&literal.span, message, Some("write the character itself, or its number as `\\x{…}`"));
        }
    }

    fn category(&mut self, class: &ast::ClassUnicode) {
        let name = match &class.kind {
            ClassUnicodeKind::OneLetter(letter) => letter.to_string(),
            ClassUnicodeKind::Named(name) => name.clone(),
            ClassUnicodeKind::NamedValue { .. } => String::new(),
        };
        if !CATEGORIES.contains(&name.as_str()) {
            let message = format!("`{}` is no class for every engine", self.written(&class.span));
            self.refuse(&class.span, message, Some("general categories are: `\\p{L}` letters, `\\p{Lu}`, `\\p{N}`, …"));
        }
    }

    fn flags(&mut self, flags: &ast::Flags) {
        for item in &flags.items {
            let known = matches!(
                item.kind,
                FlagsItemKind::Negation
                    | FlagsItemKind::Flag(ast::Flag::CaseInsensitive | ast::Flag::DotMatchesNewLine)
            );
            if !known {
                let message = format!("the flag `{}` is not known to every engine", self.written(&item.span));
                self.refuse(
                    &item.span,
                    message,
                    Some("flags are `i` (upper and lower case alike) and `s` (`.` matches a line break too)"),
                );
            }
        }
    }

    fn repetition(&mut self, repetition: &ast::Repetition) {
        if matches!(*repetition.ast, Ast::Repetition(_)) {
            let help = Some("put the inner one into `(?:…)`");
            self.refuse(&repetition.op.span, "a repetition of a repetition", help);
        }
        let most = match &repetition.op.kind {
            RepetitionKind::Range(RepetitionRange::Exactly(n) | RepetitionRange::AtLeast(n)) => *n,
            RepetitionKind::Range(RepetitionRange::Bounded(_, n)) => *n,
            RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 1,
        };
        let around = self.copies.last().copied().unwrap_or(1);
        let all = around.saturating_mul(most.max(1));
        if all > MOST_COPIES {
            let message = format!("a part is repeated {all} times, and engines take {MOST_COPIES} at the most");
            self.refuse(&repetition.op.span, message, None);
        }
        self.copies.push(all);
    }

    fn assertion(&mut self, assertion: &ast::Assertion) {
        match assertion.kind {
            AssertionKind::StartLine | AssertionKind::EndLine | AssertionKind::StartText | AssertionKind::EndText => {}
            _ => {
                let message = format!("`{}` does not mean the same to every engine", self.written(&assertion.span));
                let help = Some("the expression is anchored at both ends: say what may stand before and behind");
                self.refuse(&assertion.span, message, help);
            }
        }
    }
}

/// `\d`, `\w` and `\s` as they stand inside brackets.
fn members(class: &ClassPerl) -> &'static str {
    match (&class.kind, class.negated) {
        (ClassPerlKind::Digit, false) => "0-9",
        (ClassPerlKind::Digit, true) => "\\x{0}-/:-\\x{10FFFF}",
        (ClassPerlKind::Word, false) => "0-9A-Za-z_",
        (ClassPerlKind::Word, true) => "\\x{0}-/:-@\\[-\\^`\\{-\\x{10FFFF}",
        (ClassPerlKind::Space, false) => "\\t\\n\\f\\r ",
        (ClassPerlKind::Space, true) => "\\x{0}-\\x{8}\\x{B}\\x{E}-\\x{1F}!-\\x{10FFFF}",
    }
}

impl Visitor for Walk<'_> {
    type Output = (Vec<(std::ops::Range<usize>, String)>, Option<Problem>);
    type Err = Infallible;

    fn finish(self) -> Result<Self::Output, Infallible> {
        Ok((self.edits, self.problem))
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Infallible> {
        match ast {
            Ast::Flags(set) => self.flags(&set.flags),
            Ast::Group(group) => {
                if let GroupKind::NonCapturing(flags) = &group.kind {
                    self.flags(flags);
                }
            }
            Ast::Literal(literal) => self.literal(literal),
            Ast::Assertion(assertion) => self.assertion(assertion),
            Ast::ClassUnicode(class) => self.category(class),
            Ast::ClassPerl(class) => self.edit(&class.span, format!("[{}]", members(class))),
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Empty(_) | Ast::Dot(_) | Ast::ClassBracketed(_) | Ast::Alternation(_) | Ast::Concat(_) => {}
        }
        Ok(())
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), Infallible> {
        if matches!(ast, Ast::Repetition(_)) {
            self.copies.pop();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Infallible> {
        match item {
            ClassSetItem::Literal(literal) => self.literal(literal),
            ClassSetItem::Range(range) => {
                self.literal(&range.start);
                self.literal(&range.end);
            }
            ClassSetItem::Unicode(class) => self.category(class),
            ClassSetItem::Perl(class) => self.edit(&class.span, members(class).to_owned()),
            ClassSetItem::Bracketed(class) => {
                let help = Some("put all characters into one pair of brackets; a bracket itself is `\\[`");
                self.refuse(&class.span, "brackets inside brackets do not mean the same to every engine", help);
            }
            ClassSetItem::Empty(_) | ClassSetItem::Ascii(_) | ClassSetItem::Union(_) => {}
        }
        Ok(())
    }

    fn visit_class_set_binary_op_pre(&mut self, op: &ast::ClassSetBinaryOp) -> Result<(), Infallible> {
        let help = Some("write the characters that are left");
        self.refuse(&op.span, "`&&`, `--` and `~~` in brackets do not mean the same to every engine", help);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::portable;

    #[test]
    fn what_all_engines_read_alike_stays() {
        for text in [
            "[a-z]+(\\(.+\\))?!:.*",
            "feat|fix",
            "(?i)release/[0-9]{1,3}",
            "(?:a*)*b+?",
            "(?P<n>a)(?<m>b)",
            "[[:alpha:]_\\]\\-]",
            "\\p{L}\\pN\\x41\\x{1F600}é",
            "^a$",
            "(a{10}){100}",
            "",
        ] {
            assert_eq!(portable(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn classes_of_characters_are_spelled_out() {
        for (text, written) in [
            ("\\d+\\.\\w", "[0-9]+\\.[0-9A-Za-z_]"),
            ("[\\d.-]\\s", "[0-9.-][\\t\\n\\f\\r ]"),
            ("\\D", "[\\x{0}-/:-\\x{10FFFF}]"),
            ("[^\\W]\\S", "[^\\x{0}-/:-@\\[-\\^`\\{-\\x{10FFFF}][\\x{0}-\\x{8}\\x{B}\\x{E}-\\x{1F}!-\\x{10FFFF}]"),
        ] {
            let made = portable(text).unwrap();
            assert_eq!(made, written);
            let (ascii, made) = (format!("^(?-u:{text})$"), format!("^(?:{made})$"));
            let (Ok(ascii), Ok(made)) = (regex::bytes::Regex::new(&ascii), regex::Regex::new(&made)) else {
                // A negated class outside UTF-8 is none of the text's.
                continue;
            };
            // To RE2 the vertical tabulator is no space; to Rust it is.
            for byte in (0_u8..128).filter(|byte| *byte != 0x0B) {
                for sample in [
                    format!("{}", char::from(byte)),
                    format!("1.{}", char::from(byte)),
                    format!("-{}", char::from(byte)),
                ] {
                    assert_eq!(made.is_match(&sample), ascii.is_match(sample.as_bytes()), "{text} over {sample:?}");
                }
            }
        }
        let digits = regex::Regex::new(&format!("^(?:{})$", portable("\\d").unwrap())).unwrap();
        assert!(!digits.is_match("٣"), "digits are those of ASCII");
    }

    #[test]
    fn what_some_engine_does_not_know_is_refused_where_it_stands() {
        for (text, at, message) in [
            ("a(?=b)", "(?=", "look-around, including look-ahead and look-behind, is not supported"),
            ("(a)\\1", "\\1", "backreferences are not supported"),
            ("a)(b", ")", "unopened group"),
            ("a\\bb", "\\b", "`\\b` does not mean the same to every engine"),
            ("[a&&b]", "a&&b", "`&&`, `--` and `~~` in brackets do not mean the same to every engine"),
            ("[a[bc]]", "[bc]", "brackets inside brackets do not mean the same to every engine"),
            ("(?x)a b", "x", "the flag `x` is not known to every engine"),
            ("a(?U:b)", "U", "the flag `U` is not known to every engine"),
            ("\\u0041", "\\u0041", "`\\u0041` is no character for every engine"),
            ("\\p{Greek}", "\\p{Greek}", "`\\p{Greek}` is no class for every engine"),
            ("[\\p{sc=Greek}]", "\\p{sc=Greek}", "`\\p{sc=Greek}` is no class for every engine"),
            ("a{1001}", "{1001}", "a part is repeated 1001 times, and engines take 1000 at the most"),
            ("(a{100}){11}", "{100}", "a part is repeated 1100 times, and engines take 1000 at the most"),
            ("a**", "*", "a repetition of a repetition"),
        ] {
            let problem = portable(text).expect_err(text);
            assert_eq!((text.get(problem.range.clone()), problem.message.as_str()), (Some(at), message), "{text}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
        assert!(portable(&deep).is_err());
    }
}
