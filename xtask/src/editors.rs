//! `cargo xtask editors`: what editors need is generated from one place. The words are those of the compiler; the queries
//! for tree-sitter are written once and copied to each editor in its own terms.

pub mod test;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use hxp_syntax::words;

use crate::Problems;

/// Writes everything that is generated, the parser of tree-sitter too (which needs Node.js).
pub fn generate(root: &Path) -> Result<(), Problems> {
    words_and_queries(root, false)?;
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--package", "tree-sitter-hxp", "--example", "generate"])
        .current_dir(root)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(vec![format!("the parser of tree-sitter could not be generated: {status}")]),
        Err(e) => Err(vec![format!("cargo: {e}")]),
    }
}

/// The lists of words and the copies of the queries: writes them, or with `check` says which are stale.
pub fn words_and_queries(root: &Path, check: bool) -> Result<(), Problems> {
    let mut problems = Vec::new();
    let mut put = |path: &str, text: Result<String, String>| match text {
        Err(problem) => problems.push(problem),
        Ok(text) if !check => {
            problems.extend(write(&root.join(path), &text).err().map(|e| format!("{path}: {e}")));
        }
        Ok(text) => {
            if std::fs::read_to_string(root.join(path)).ok().as_deref() != Some(&text) {
                problems.push(format!("{path} is stale: run `cargo xtask editors`"));
            }
        }
    };
    for (path, list) in LISTS {
        put(path, read(root, path).and_then(|text| between_marks(path, &text, &list())));
    }
    let template = "editors/vscode/syntaxes/hxp.tmLanguage.template.json";
    put("editors/vscode/syntaxes/hxp.tmLanguage.json", read(root, template).and_then(|t| textmate(&t)));
    let queries = "editors/tree-sitter-hxp/queries";
    // What was written above is read here, so that one run is enough.
    for copy in COPIES {
        let text = read(root, &format!("{queries}/{}.scm", copy.query)).map(|text| in_terms_of(&text, copy.terms));
        put(&format!("{}/{}.scm", copy.folder, copy.query), text);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    std::fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// Reserved words that are operators of expressions.
const OPERATORS: [&str; 5] = ["and", "has", "in", "not", "or"];
/// Reserved words that are values.
const VALUES: [&str; 3] = ["false", "none", "true"];
/// Reserved words that choose.
const CONDITIONALS: [&str; 3] = ["else", "if", "then"];

/// The reserved words that join parts of statements and expressions.
fn joining() -> Vec<&'static str> {
    let other = |word: &&str| !OPERATORS.contains(word) && !VALUES.contains(word) && !CONDITIONALS.contains(word);
    words::RESERVED.iter().copied().filter(other).collect()
}

/// A file and what its list of words says.
type List = (&'static str, fn() -> String);

/// Files with a list of words between two marks.
const LISTS: &[List] = &[
    ("editors/tree-sitter-hxp/grammar.js", javascript),
    ("editors/tree-sitter-hxp/queries/highlights.scm", highlights),
    ("editors/neovim/syntax/hxp.vim", vim),
    ("editors/emacs/hxp-mode.el", emacs),
];

/// Puts a list between the line that says `<words>` and the line that says `</words>`.
fn between_marks(path: &str, text: &str, list: &str) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let find = |mark: &str| lines.iter().position(|l| l.contains(mark));
    let (Some(first), Some(last)) = (find("<words>"), find("</words>")) else {
        return Err(format!("{path} has no place for the words"));
    };
    let before = lines.get(..=first).unwrap_or_default().join("\n");
    let behind = lines.get(last..).unwrap_or_default().join("\n");
    Ok(format!("{before}\n{list}{behind}\n"))
}

/// Words in quotes, folded into lines.
fn quoted(words: &[&str], quote: char, separator: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut line = String::from(indent);
    for word in words {
        let next = format!("{quote}{word}{quote}{separator}");
        if line.len() + next.len() > 110 {
            let _ = writeln!(out, "{}", line.trim_end());
            line = String::from(indent);
        }
        let _ = write!(line, "{next} ");
    }
    let _ = writeln!(out, "{}", line.trim_end());
    out
}

fn javascript() -> String {
    let lists: [(&str, &[&str]); 7] = [
        ("KINDS", words::KINDS),
        ("HEADS", words::HEADS),
        ("RESERVED", words::RESERVED),
        ("WEEKDAYS", words::WEEKDAYS),
        ("DURATION_UNITS", words::DURATION_UNITS),
        ("BYTE_UNITS", words::BYTE_UNITS),
        ("CPU_UNITS", words::CPU_UNITS),
    ];
    let list = |(name, list): &(&str, &[&str])| format!("const {name} = [\n{}];\n", quoted(list, '\'', ",", "  "));
    lists.iter().map(list).collect::<Vec<_>>().concat()
}

fn highlights() -> String {
    let lists: [(&[&str], &str); 5] = [
        (words::KINDS, "keyword"),
        (words::HEADS, "keyword"),
        (&joining(), "keyword"),
        (&CONDITIONALS, "keyword.conditional"),
        (&OPERATORS, "keyword.operator"),
    ];
    let mut out = String::new();
    for (list, capture) in lists {
        let _ = writeln!(out, "[\n{}] @{capture}", quoted(list, '"', "", "  "));
    }
    out.push_str("(given \"at\" @keyword)\n");
    out
}

fn vim() -> String {
    let lists: [(&str, &[&str]); 6] = [
        ("hxpKind", words::KINDS),
        ("hxpHead", words::HEADS),
        ("hxpKeyword", &joining()),
        ("hxpKeyword", &CONDITIONALS),
        ("hxpOperatorWord", &OPERATORS),
        ("hxpConstant", &VALUES),
    ];
    let mut out = String::new();
    for (group, list) in lists {
        // Words that begin declarations and statements are names elsewhere.
        let command = match group {
            "hxpKind" => format!("syntax match hxpKind /\\v<({})>\\ze\\s+[\"A-Za-z_]/", list.join("|")),
            "hxpHead" => format!("syntax match hxpHead /\\v(^|[{{;])\\s*\\zs<({})>\\ze(\\s*[.={{])@!/", list.join("|")),
            _ => format!("syntax keyword {group} {}", list.join(" ")),
        };
        let _ = writeln!(out, "{command}");
    }
    out
}

fn emacs() -> String {
    let lists: [(&str, &str, &[&str]); 5] = [
        ("hxp-kinds", "Words that begin declarations.", words::KINDS),
        ("hxp-heads", "Words that begin statements.", words::HEADS),
        ("hxp-reserved", "Words that join; they are never names.", words::RESERVED),
        ("hxp-constants", "Words that are values.", &VALUES),
        ("hxp-weekdays", "Days of the week, as windows write them.", words::WEEKDAYS),
    ];
    let mut out = String::new();
    for (name, about, list) in lists {
        let _ = writeln!(out, "(defconst {name}\n  '(\n{}    )\n  \"{about}\")", quoted(list, '"', "", "    "));
    }
    out
}

/// The `TextMate` grammar: its template with the words in place of their names.
fn textmate(template: &str) -> Result<String, String> {
    let by_length = |list: &[&str]| {
        let mut list = list.to_vec();
        list.sort_by_key(|w| std::cmp::Reverse(w.len()));
        list.join("|")
    };
    let mut keywords = joining();
    keywords.extend(CONDITIONALS);
    let units: Vec<&str> = words::BYTE_UNITS.iter().chain(words::CPU_UNITS).copied().collect();
    let text = template
        .replace("<KINDS>", &by_length(words::KINDS))
        .replace("<HEADS>", &by_length(words::HEADS))
        .replace("<RESERVED>", &by_length(words::RESERVED))
        .replace("<KEYWORDS>", &by_length(&keywords))
        .replace("<OPERATORS>", &by_length(&OPERATORS))
        .replace("<VALUES>", &by_length(&VALUES))
        .replace("<WEEKDAYS>", &by_length(words::WEEKDAYS))
        .replace("<DURATION_UNITS>", &by_length(words::DURATION_UNITS))
        .replace("<OTHER_UNITS>", &by_length(&units));
    let grammar: serde_json::Value = serde_json::from_str(&text).map_err(|e| format!("the TextMate grammar: {e}"))?;
    serde_json::to_string_pretty(&grammar).map(|t| t + "\n").map_err(|e| e.to_string())
}

/// A query of the grammar and an editor's copy of it.
struct Copy {
    query: &'static str,
    folder: &'static str,
    terms: &'static [(&'static str, &'static str)],
}

const NEOVIM: &str = "editors/neovim/queries/hxp";
const HELIX: &str = "editors/helix/queries/hxp";
const ZED: &str = "editors/zed/languages/hxp";

/// How Helix calls what the captures mean; the rest has the same name.
const HELIX_TERMS: &[(&str, &str)] = &[
    ("@comment.documentation", "@comment.line.documentation"),
    ("@boolean", "@constant.builtin.boolean"),
    ("@number", "@constant.numeric"),
    ("@string.escape", "@constant.character.escape"),
    ("@keyword.conditional", "@keyword.control.conditional"),
    ("@property", "@variable.other.member"),
    ("@function.call", "@function"),
    ("@module", "@namespace"),
];

/// How Zed calls them.
const ZED_TERMS: &[(&str, &str)] = &[
    ("@comment.documentation", "@comment.doc"),
    ("@function.call", "@function"),
    ("@string.regexp", "@string.regex"),
    ("@module", "@namespace"),
];

const COPIES: &[Copy] = &[
    Copy { query: "highlights", folder: NEOVIM, terms: &[] },
    Copy { query: "injections", folder: NEOVIM, terms: &[] },
    Copy { query: "locals", folder: NEOVIM, terms: &[] },
    Copy { query: "folds", folder: NEOVIM, terms: &[] },
    Copy { query: "indents", folder: NEOVIM, terms: &[] },
    Copy { query: "highlights", folder: HELIX, terms: HELIX_TERMS },
    Copy { query: "injections", folder: HELIX, terms: &[] },
    Copy { query: "locals", folder: HELIX, terms: &[] },
    Copy { query: "highlights", folder: ZED, terms: ZED_TERMS },
    Copy { query: "injections", folder: ZED, terms: &[] },
];

/// A query with an editor's names for its captures.
fn in_terms_of(query: &str, terms: &[(&str, &str)]) -> String {
    let head = "; Written by `cargo xtask editors` from editors/tree-sitter-hxp/queries.\n\n";
    // The comment at the top of the original speaks of the original, and its marks are not for the copy.
    let body = query.lines().skip_while(|l| l.starts_with(';') || l.is_empty()).filter(|l| !l.contains("words>"));
    let text =
        terms.iter().fold(body.collect::<Vec<_>>().join("\n"), |text, (ours, theirs)| text.replace(ours, theirs));
    format!("{head}{}\n", text.trim_start_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_for_editors_is_up_to_date() {
        assert_eq!(words_and_queries(&crate::root(), true), Ok(()));
    }

    #[test]
    fn a_list_stands_between_its_marks() {
        let text = "a\n; <words>\nold\n; </words>\nb\n";
        assert_eq!(between_marks("x", text, "new\n"), Ok("a\n; <words>\nnew\n; </words>\nb\n".to_owned()));
        assert_eq!(between_marks("x", "a\n", "new\n"), Err("x has no place for the words".to_owned()));
    }
}
