//! `cargo xtask coverage [--check]`: docs/reference-coverage.md, from the markers `//# id` of the example and the table
//! of its statements.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::{Problems, files};

const EXAMPLE: &str = "examples/hexabase";
const DOCUMENT: &str = "docs/reference-coverage.md";

/// A statement of the written policy, in our words.
struct Statement {
    id: String,
    text: String,
    strength: String,
    places: Vec<Place>,
}

/// Where a statement is enforced.
#[derive(Debug, PartialEq)]
struct Place {
    /// `github`, `helm`, `opa`, `check` or `waits`.
    kind: String,
    /// A generated file, a diagnostic code, or the name of a target to come.
    what: String,
    /// Words that must stand in that file, or in the example for a check.
    words: Option<String>,
}

/// Where the example says something: file relative to the example, line.
type Markers = BTreeMap<String, Vec<(String, usize)>>;

/// Writes the document, or with `check` says whether it is up to date; either way finds statements that nothing says.
pub fn run(root: &Path, check: bool) -> Result<(), Problems> {
    let mut problems = Vec::new();
    let statements = statements(root, &mut problems);
    let markers = markers(root, &statements, &mut problems);
    for statement in &statements {
        if !markers.contains_key(&statement.id) {
            let Statement { id, text, .. } = statement;
            problems.push(format!("{EXAMPLE}: no line says `{text}` (mark it with `//# {id}`)"));
        }
        places_exist(root, statement, &mut problems);
    }
    let text = document(&statements, &markers);
    let path = root.join(DOCUMENT);
    if !check {
        std::fs::write(&path, text).map_err(|e| vec![format!("{DOCUMENT}: {e}")])?;
    } else if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
        problems.push(format!("{DOCUMENT} is not up to date: run `cargo xtask coverage`"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn statements(root: &Path, problems: &mut Problems) -> Vec<Statement> {
    let path = format!("{EXAMPLE}/statements.tsv");
    let text = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [id, text, strength, places] = cells.as_slice() else {
            problems.push(format!("{path}:{}: four cells are expected", number + 1));
            continue;
        };
        if !STRENGTHS.iter().any(|(s, _)| s == strength) {
            problems.push(format!("{path}:{}: there is no strength `{strength}`", number + 1));
        }
        let places: Vec<Place> = places.split(" ; ").filter_map(read_place).collect();
        if places.is_empty() {
            problems.push(format!("{path}:{}: `{id}` is enforced nowhere and waits for nothing", number + 1));
        }
        found.push(Statement { id: (*id).into(), text: (*text).into(), strength: (*strength).into(), places });
    }
    found
}

/// `opa:policy/production.rego = id: "production.approve.dba"`
fn read_place(text: &str) -> Option<Place> {
    let (kind, rest) = text.split_once(':')?;
    let (what, words) = match rest.split_once(" = ") {
        Some((what, words)) => (what, Some(words.to_owned())),
        None => (rest, None),
    };
    Some(Place { kind: kind.to_owned(), what: what.to_owned(), words })
}

/// What can be seen without compiling: pages of checks, and the words of the example that a check is about. That the
/// generated files say what they should is for a test, which compiles the example.
fn places_exist(root: &Path, statement: &Statement, problems: &mut Problems) {
    for place in &statement.places {
        match place.kind.as_str() {
            "github" | "helm" | "opa" | "waits" => {}
            "check" => {
                let page = format!("docs/errors/{}.md", place.what);
                if !root.join(&page).is_file() {
                    problems.push(format!("`{}` points to {page}, which is not there", statement.id));
                }
                if let Some(words) = &place.words
                    && !files(&root.join(EXAMPLE), ".hxp")
                        .iter()
                        .any(|f| std::fs::read_to_string(f).is_ok_and(|t| t.contains(words)))
                {
                    problems.push(format!("`{}`: {EXAMPLE} does not say `{words}`", statement.id));
                }
            }
            other => problems.push(format!("`{}`: there is no kind of place `{other}`", statement.id)),
        }
    }
}

fn markers(root: &Path, statements: &[Statement], problems: &mut Problems) -> Markers {
    let mut found = Markers::new();
    let example = root.join(EXAMPLE);
    for file in files(&example, ".hxp") {
        let name = file.strip_prefix(&example).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(ids) = line.trim_start().strip_prefix("//# ") else { continue };
            let Some(said) = said_below(&lines, number) else {
                problems.push(format!("{EXAMPLE}/{name}:{}: the marker marks nothing", number + 1));
                continue;
            };
            for id in ids.split(',').flat_map(|part| expand(part.trim())) {
                if !statements.iter().any(|s| s.id == id) {
                    problems.push(format!("{EXAMPLE}/{name}:{}: there is no statement `{id}`", number + 1));
                }
                found.entry(id).or_default().push((name.clone(), said));
            }
        }
    }
    found
}

/// The number of the line that a marker is about: the next that is no comment.
fn said_below(lines: &[&str], marker: usize) -> Option<usize> {
    let below = lines.iter().enumerate().skip(marker + 1);
    let is_code = |line: &str| !line.is_empty() && !line.starts_with("//");
    below.map(|(number, line)| (number, line.trim())).find(|(_, line)| is_code(line)).map(|(number, _)| number + 1)
}

/// `a/b/3..5` is three ids.
fn expand(part: &str) -> Vec<String> {
    let range = part.rsplit_once('/').and_then(|(stem, ends)| {
        let (first, last) = ends.split_once("..")?;
        Some((stem, first.parse::<u32>().ok()?, last.parse::<u32>().ok()?))
    });
    match range {
        Some((stem, first, last)) => (first..=last).map(|n| format!("{stem}/{n}")).collect(),
        None => vec![part.to_owned()],
    }
}

const STRENGTHS: [(&str, &str); 6] = [
    ("static", "settled when the policy compiles, by a check or by what a generated file says"),
    ("soft", "a step of the pipeline stops"),
    ("hard", "an API or the cluster refuses, once the generated settings are applied"),
    ("duty", "owed after the event; the decision lists it, and an issue is opened when it is overdue"),
    ("advisory", "evaluated or recorded, never decides: it measures, or no machine can prove it"),
    ("prose", "background for people"),
];

/// Kinds of places and what they are called.
const KINDS: [(&str, &str, &str); 4] = [
    ("check", "static check", "the compiler itself"),
    ("github", "GitHub", "workflows, their scripts and tables, and the settings of the repository"),
    ("opa", "decision", "the compiled policy that the workflows ask"),
    ("helm", "values", "what the environments run with"),
];

fn document(statements: &[Statement], markers: &Markers) -> String {
    let mut out = String::from(
        "# The whole reference, statement by statement\n\n\
         `examples/hexabase` says in hxp what a platform's written deployment policy says in prose. That document has 228\n\
         statements; each has a row here: the lines of the example that say it, how strongly it is enforced, and where.\n\
         `cargo xtask coverage` generates the table from the markers in the example and from its `statements.tsv`. A test\n\
         fails when a statement has no row, when a row points nowhere, or when a generated file does not say the words\n\
         that a row finds in it.\n\n",
    );
    summary(statements, &mut out);
    out.push_str(
        "## All statements\n\n| statement | in our words | said in | strength | where |\n|---|---|---|---|---|\n",
    );
    for statement in statements {
        let said: Vec<String> =
            markers.get(&statement.id).into_iter().flatten().map(|(file, line)| link(file, *line)).collect();
        let mut places: Vec<String> = Vec::new();
        for place in statement.places.iter().map(shown) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            statement.id,
            statement.text,
            said.join(", "),
            statement.strength,
            places.join("<br>")
        );
    }
    out
}

fn link(file: &str, line: usize) -> String {
    format!("[{file}:{line}](../{EXAMPLE}/{file}#L{line})")
}

/// A place as the table shows it.
fn shown(place: &Place) -> String {
    let Place { kind, what, words } = place;
    match kind.as_str() {
        "check" => match words {
            Some(words) => format!("static check [{what}](errors/{what}.md) of `{}`", words.trim()),
            None => format!("static check [{what}](errors/{what}.md)"),
        },
        "waits" => format!("waits for the target `{what}`"),
        _ => {
            let name = KINDS.iter().find(|(k, ..)| k == kind).map_or(kind.as_str(), |(_, name, _)| name);
            match words {
                // A bar would end the cell.
                Some(words) => format!("{name} `{what}`: `{}`", words.trim().replace('|', "\\|")),
                None => format!("{name} `{what}`"),
            }
        }
    }
}

fn summary(statements: &[Statement], out: &mut String) {
    out.push_str("| strength | statements | meaning |\n|---|---:|---|\n");
    for (strength, meaning) in STRENGTHS {
        let count = statements.iter().filter(|s| s.strength == strength).count();
        let _ = writeln!(out, "| {strength} | {count} | {meaning} |");
    }
    let waits_wholly = |s: &&Statement| s.places.iter().all(|p| p.kind == "waits");
    let _ = writeln!(
        out,
        "\n{} statements are carried now, by what this version generates or by a static check (a statement counts for each \
         that carries it):\n",
        statements.iter().filter(|s| !waits_wholly(s)).count(),
    );
    out.push_str("| carried by | statements | |\n|---|---:|---|\n");
    for (kind, name, about) in KINDS {
        let count = statements.iter().filter(|s| s.places.iter().any(|p| p.kind == kind)).count();
        let _ = writeln!(out, "| {name} | {count} | {about} |");
    }
    let _ = writeln!(
        out,
        "\n{} wait wholly for a target that does not exist yet; until then the example says them, and `hxpc check` reads them:\n",
        statements.iter().filter(waits_wholly).count()
    );
    let mut targets: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for statement in statements {
        for place in statement.places.iter().filter(|p| p.kind == "waits") {
            let counts = targets.entry(&place.what).or_default();
            if waits_wholly(&statement) {
                counts.0 += 1;
            } else {
                counts.1 += 1;
            }
        }
    }
    out.push_str("| target | wait for it wholly | would be stronger with it |\n|---|---:|---:|\n");
    for (target, (wholly, also)) in targets {
        let _ = writeln!(out, "| `{target}` | {wholly} | {also} |");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_is_said_and_the_document_is_up_to_date() {
        assert_eq!(run(&crate::root(), true), Ok(()));
    }

    #[test]
    fn generated_files_say_what_the_table_finds_in_them() {
        let root = crate::root();
        let request = hxp_driver::Request { start: root.join(EXAMPLE), emit: true, ..hxp_driver::Request::default() };
        let compiled = hxp_driver::compile(&hxp_driver::system::Disk, &request);
        assert!(!compiled.has_errors(), "{:#?}", compiled.diagnostics);
        let mut wrong = Vec::new();
        for statement in statements(&root, &mut wrong) {
            for Place { kind, what, words } in statement.places {
                if kind == "check" || kind == "waits" {
                    continue;
                }
                match compiled.outputs.files.get(what.as_str()) {
                    None => wrong.push(format!("{}: {what} is not generated", statement.id)),
                    Some(output) if words.as_ref().is_some_and(|w| !output.file.text.contains(w.as_str())) => {
                        wrong.push(format!("{}: {what} does not say {words:?}", statement.id));
                    }
                    Some(_) => {}
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn the_statements_are_those_of_the_reference_where_it_is_at_hand() {
        let ours = statements(&crate::root(), &mut Vec::new());
        assert_eq!(ours.len(), 228);
        let Ok(reference) = std::fs::read_to_string(crate::root().join("../shared/reference/statements.tsv")) else {
            eprintln!("skipped: the reference is not at hand");
            return;
        };
        let ids: Vec<&str> = reference.lines().skip(1).filter_map(|l| l.split('\t').next()).collect();
        assert_eq!(ours.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ids);
    }

    #[test]
    fn ranges_of_ids() {
        assert_eq!(expand("a/b/3..5"), ["a/b/3", "a/b/4", "a/b/5"]);
        assert_eq!(expand("a/b/3"), ["a/b/3"]);
    }

    #[test]
    fn a_marker_is_about_the_next_line_that_says_something() {
        let lines = ["//# a/1", "//# a/2", "", "/// Why.", "gate x { }", "//# a/3"];
        assert_eq!(said_below(&lines, 0), Some(5));
        assert_eq!(said_below(&lines, 5), None);
    }

    #[test]
    fn places_with_and_without_words() {
        let place = |kind: &str, what: &str, words: Option<&str>| {
            Some(Place { kind: kind.into(), what: what.into(), words: words.map(str::to_owned) })
        };
        assert_eq!(read_place("opa:policy/a.rego = id: \"a.b\""), place("opa", "policy/a.rego", Some("id: \"a.b\"")));
        assert_eq!(read_place("waits:docs"), place("waits", "docs", None));
    }
}
