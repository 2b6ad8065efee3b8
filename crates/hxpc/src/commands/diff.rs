//! `hxpc diff`

use std::path::{Path, PathBuf};

use hxp_decide::diff::{self, Case, Comparison, Difference, EnvironmentDiff, Kind, Verdict, Witness};
use hxp_driver::system::{Disk, System};
use hxp_driver::{Compilation, Request};
use jiff::tz::TimeZone;

use super::Exit;
use crate::args::{Diff as Args, DiffFormat, Format};
use crate::git;
use crate::screen::Screen;

pub fn run(args: &Args) -> Exit {
    let screen = Screen::new(args.style);
    let day = match super::day(&args.at) {
        Ok(day) => day,
        Err(exit) => return exit,
    };
    let new = args.new.as_deref();
    let (old, new) =
        match (load(&args.old, &args.project), new.map_or_else(|| now(&args.project), |n| load(n, &args.project))) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(why), _) | (_, Err(why)) => {
                screen.warn(&format!("error: {why}"));
                return Exit::Usage;
            }
        };
    for (name, compilation) in [("old", &old), ("new", &new)] {
        if compilation.has_errors() {
            screen.warn(&format!("the {name} policy has errors:"));
            let mut found = super::findings(compilation);
            let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
            found.diagnostics = &errors;
            screen.remark(&found, Format::Human);
            return Exit::Errors;
        }
    }
    let around = day.to_zoned(TimeZone::UTC).map_or(jiff::Timestamp::UNIX_EPOCH, |z| z.timestamp());
    let comparison = diff::compare(&old.policy, &new.policy, around);
    if let Some(folder) = &args.witness
        && let Err(why) = write_tests(&comparison, folder)
    {
        screen.warn(&format!("error: {why}"));
        return Exit::Usage;
    }
    screen.out(&match args.format {
        DiffFormat::Human => human(&comparison),
        DiffFormat::Json => serde_json::to_string_pretty(&comparison).unwrap_or_default() + "\n",
    });
    let refused = matches!(comparison.verdict, Verdict::Looser | Verdict::Incomparable);
    if args.deny_looser && refused { Exit::Errors } else { Exit::Fine }
}

/// A path as it is, anything else as a git revision.
fn load(what: &str, project: &Path) -> Result<Compilation, String> {
    let path = PathBuf::from(what);
    if Disk.metadata(&path).is_ok() {
        return Ok(compile(&Disk, path));
    }
    let tree = git::read(what, project)?;
    if tree.system.metadata(&tree.project).is_err() {
        return Err(format!("there is no policy at `{}` in `{what}`", tree.project.display()));
    }
    Ok(compile(&tree.system, tree.project))
}

/// The working tree.
#[expect(clippy::unnecessary_wraps, reason = "the other side may be missing")]
fn now(project: &Path) -> Result<Compilation, String> {
    Ok(compile(&Disk, project.to_path_buf()))
}

/// Without a day: what an old policy meant does not depend on what has expired since.
fn compile(system: &dyn System, start: PathBuf) -> Compilation {
    hxp_driver::compile(system, &Request { start, ..Request::default() })
}

// ------------------------------------------------------------------------------------------------------------- witnesses

/// One file a test.
fn write_tests(comparison: &Comparison, folder: &Path) -> Result<(), String> {
    let failed = |path: &Path, e: std::io::Error| format!("`{}` cannot be written: {e}", path.display());
    Disk.create_folder(folder).map_err(|e| failed(folder, e))?;
    let mut names: Vec<String> = Vec::new();
    for witness in witnesses(comparison) {
        let Some(test) = &witness.test else { continue };
        let plain: String = witness.title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let mut name = plain.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
        name.truncate(80);
        while names.contains(&name) {
            name.push('_');
        }
        for (ending, text) in [("hxp", test.clone()), ("json", format!("{:#}\n", witness.request))] {
            let path = folder.join(format!("{name}.{ending}"));
            let written = match Disk.link_metadata(&path) {
                Ok(_) => Disk.replace(&path, text.as_bytes()),
                Err(_) => Disk.write(&path, text.as_bytes(), false),
            };
            written.map_err(|e| failed(&path, e))?;
        }
        names.push(name);
    }
    Ok(())
}

fn witnesses(comparison: &Comparison) -> impl Iterator<Item = &Witness> {
    let cases = comparison.environments.iter().flat_map(|e| &e.cases);
    cases.flat_map(|c| &c.differences).flat_map(|d| &d.witnesses)
}

// ------------------------------------------------------------------------------------------------------------ for people

fn human(comparison: &Comparison) -> String {
    let mut text = String::new();
    for environment in &comparison.environments {
        one_environment(environment, &mut text);
    }
    if !comparison.not_part_of_the_decision.is_empty() {
        text += "the policy as a whole\n";
        aside("not part of the decision", &comparison.not_part_of_the_decision, &mut text);
        text.push('\n');
    }
    text += &format!("{}\n", summary(comparison));
    text
}

fn summary(comparison: &Comparison) -> &'static str {
    match comparison.verdict {
        Verdict::Equivalent => "Both policies allow the same.",
        Verdict::Stricter => "The new policy is stricter: it allows nothing that the old one does not.",
        Verdict::Looser => "The new policy is looser: it allows what the old one does not.",
        Verdict::Incomparable => "Neither policy contains the other.",
    }
}

fn one_environment(environment: &EnvironmentDiff, text: &mut String) {
    *text += &format!("{}: {}\n", environment.name, environment.verdict.word());
    for case in environment.cases.iter().filter(|c| c.verdict != Verdict::Equivalent) {
        one_case(case, text);
    }
    aside("without effect on what is decided", &environment.without_effect, text);
    aside("not part of the decision", &environment.not_part_of_the_decision, text);
    text.push('\n');
}

fn one_case(case: &Case, text: &mut String) {
    *text += &format!("  {}: {}\n", case.actions.join(", "), case.verdict.word());
    for kind in &case.kinds {
        *text += &format!("    {}: {}\n", kinds(kind), kind.verdict.word());
    }
    for expression in &case.inexact {
        *text += &format!("    could not be compared exactly: {expression}\n");
    }
    for difference in &case.differences {
        one_difference(difference, text);
    }
}

/// `a change without labels`, `a change with security or migration`.
fn kinds(kind: &Kind) -> String {
    let named: Vec<&str> = kind.labels.iter().flatten().map(hxp_driver::Name::as_str).collect();
    let plain = kind.labels.iter().any(Option::is_none);
    match (plain, named.is_empty()) {
        (true, true) => "a change without labels".to_owned(),
        (true, false) => format!("a change without labels, or with {}", named.join(" or ")),
        (false, _) => format!("a change with {}", named.join(" or ")),
    }
}

fn one_difference(difference: &Difference, text: &mut String) {
    let refusal = if difference.refusal { " (it allows the same, but denies other requests for good)" } else { "" };
    *text += &format!("    {}: {}{refusal}\n", difference.verdict.word(), difference.text);
    *text += &format!("      {}\n", places(difference));
    for witness in &difference.witnesses {
        *text += &format!("      {}, for example:\n", witness.sentence());
        match &witness.test {
            Some(test) => {
                for line in test.lines() {
                    *text += format!("        {line}").trim_end();
                    text.push('\n');
                }
            }
            None => {
                for line in format!("{:#}", witness.request).lines() {
                    *text += &format!("        {line}\n");
                }
            }
        }
    }
    if difference.unconfirmed {
        *text += "      no witness found: no request was found that shows it\n";
    }
}

fn places(difference: &Difference) -> String {
    let place = |p: &Option<hxp_decide::decision::Place>| {
        p.as_ref().map_or("-".to_owned(), |p| format!("{}:{}:{}", p.file, p.line, p.column))
    };
    format!("{} → {}", place(&difference.old), place(&difference.new))
}

fn aside(title: &str, differences: &[Difference], text: &mut String) {
    if differences.is_empty() {
        return;
    }
    *text += &format!("  {title}:\n");
    for difference in differences {
        *text += &format!("    {}  ({})\n", difference.text, places(difference));
    }
}
