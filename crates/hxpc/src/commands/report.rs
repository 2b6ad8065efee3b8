//! `hxpc report`

use hxp_driver::report::{Entry, Section, State};
use hxp_driver::system::Disk;

use super::Exit;
use crate::args::{Format, Report, TableFormat};
use crate::screen::Screen;

pub fn run(args: &Report) -> Exit {
    let screen = Screen::new(args.style);
    let request = match super::request(&args.project.project, &args.at) {
        Ok(request) => request,
        Err(exit) => return exit,
    };
    let mut compilation = hxp_driver::compile(&Disk, &request);
    let entries = compilation.report(request.today);
    screen.out(&match args.format {
        // That nothing is waived is not known of a policy that cannot be read.
        TableFormat::Human if entries.is_empty() && compilation.has_errors() => String::new(),
        TableFormat::Human => human(&entries),
        TableFormat::Markdown => markdown(&entries),
        TableFormat::Json => {
            let day = request.today.map(|d| d.to_string());
            let document = serde_json::json!({ "hxp": 1, "at": day, "entries": entries });
            serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
        }
    });
    compilation.diagnostics.retain(hxp_diagnostics::Diagnostic::is_error);
    screen.remark(&super::findings(&compilation), Format::Human);
    super::exit(&compilation)
}

/// Sections that have entries, with them.
fn sections(entries: &[Entry]) -> impl Iterator<Item = (Section, Vec<&Entry>)> {
    Section::ALL.into_iter().filter_map(|section| {
        let mine: Vec<&Entry> = entries.iter().filter(|e| e.section == section).collect();
        (!mine.is_empty()).then_some((section, mine))
    })
}

fn state(entry: &Entry) -> &'static str {
    match entry.state {
        State::InForce => "",
        State::EndsSoon => " (ends soon)",
        State::Ended => " (ended)",
    }
}

fn until(entry: &Entry) -> Option<String> {
    entry.until.as_ref().map(|until| format!("{until}{}", state(entry)))
}

fn environments(entry: &Entry) -> String {
    let names: Vec<&str> = entry.environments.iter().map(hxp_driver::Name::as_str).collect();
    if names.is_empty() { "all environments".to_owned() } else { names.join(", ") }
}

fn human(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "Nothing is waived, advisory, owed or deprecated.\n".to_owned();
    }
    let mut text = String::new();
    for (section, mine) in sections(entries) {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &format!("{} ({})\n", section.title(), mine.len());
        for entry in mine {
            text += &format!("  {}  {}\n", entry.name, entry.source);
            let who = entry.who.as_ref().map(ToString::to_string);
            let ticket = entry.ticket.as_ref().map(ToString::to_string);
            let lifts = (!entry.what.is_empty()).then(|| entry.what.join(", "));
            let place = matches!(section, Section::Waiver | Section::Override).then(|| environments(entry));
            let rows = [
                ("what", lifts),
                ("where", place),
                ("who", who),
                ("why", entry.why.clone()),
                ("until", until(entry)),
                ("ticket", ticket),
            ];
            for (label, value) in rows {
                if let Some(value) = value {
                    text += &format!("    {label:<7} {}\n", value.replace('\n', " "));
                }
            }
        }
    }
    text
}

fn markdown(entries: &[Entry]) -> String {
    let mut text = String::new();
    for (section, mine) in sections(entries) {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &format!(
            "## {}\n\n| name | what | where | who | why | until | source |\n|---|---|---|---|---|---|---|\n",
            section.title()
        );
        for entry in mine {
            let cells = [
                format!("`{}`", entry.name),
                entry.what.join(", "),
                environments(entry),
                entry.who.as_ref().map(ToString::to_string).unwrap_or_default(),
                entry.why.clone().unwrap_or_default(),
                until(entry).unwrap_or_default(),
                entry.source.clone(),
            ];
            let safe: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|").replace('\n', " ")).collect();
            text += &format!("| {} |\n", safe.join(" | "));
        }
    }
    text
}
