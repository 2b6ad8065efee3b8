//! `hxpc fmt`

use std::io::Read as _;
use std::path::Path;

use hxp_diagnostics::{Diagnostic, Sources, Span, codes};
use hxp_driver::system::{Disk, System as _};
use hxp_driver::{Formatted, format_project, format_text, outputs};

use super::Exit;
use crate::args::{Fmt, Format};
use crate::render::Findings;
use crate::screen::Screen;

pub fn run(args: &Fmt) -> Exit {
    let screen = Screen::new(args.style);
    if args.project == Path::new("-") {
        return standard_input(screen, args);
    }
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let (project, formatted) = format_project(&Disk, &args.project, &mut sources, &mut diagnostics);
    let changed: Vec<&Formatted> = formatted.iter().filter(|f| f.changes()).collect();
    let looking = args.check || args.diff;
    for file in &changed {
        let path = project.root.join(&file.path);
        if args.diff {
            screen.out(&diff(file));
        }
        if !looking && let Err(error) = Disk.replace(&path, file.after.as_deref().unwrap_or_default().as_bytes()) {
            let message = format!("`{}` could not be written: {}", file.path, hxp_driver::reason(&error));
            diagnostics.push(Diagnostic::new(codes::WRITE_FAILED, Span::new(file.file, 0, 0), message));
        }
        screen.say(&format!("{} {}", if looking { "would format" } else { "formatted" }, path.display()));
    }
    let findings = Findings {
        sources: &sources,
        diagnostics: &diagnostics,
        root: &project.root,
        files: formatted.len(),
        fixing: false,
    };
    screen.remark(&findings, Format::Human);
    if findings.has_errors() {
        Exit::Errors
    } else if args.check && !changed.is_empty() {
        Exit::Stale
    } else {
        Exit::Fine
    }
}

/// Formats standard input to standard output.
fn standard_input(screen: Screen, args: &Fmt) -> Exit {
    let mut bytes = Vec::new();
    if let Err(error) = std::io::stdin().lock().read_to_end(&mut bytes) {
        screen.warn(&format!("error: standard input cannot be read: {error}"));
        return Exit::Usage;
    }
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let after = match hxp_driver::decode(&mut sources, "<standard input>", bytes, &mut diagnostics) {
        (file, Some(before)) => format_text(file, &before, &mut diagnostics).map(|after| (before, after)),
        (_, None) => None,
    };
    let Some((before, after)) = after else {
        let root = Path::new("");
        let findings = Findings { sources: &sources, diagnostics: &diagnostics, root, files: 1, fixing: false };
        screen.remark(&findings, Format::Human);
        return Exit::Errors;
    };
    let changes = before != after;
    if args.diff {
        screen.out(&outputs::unified_texts("<standard input>", &before, &after));
    } else if !args.check {
        screen.out(&after);
    }
    if args.check && changes { Exit::Stale } else { Exit::Fine }
}

fn diff(file: &Formatted) -> String {
    outputs::unified_texts(&file.path, &file.before, file.after.as_deref().unwrap_or_default())
}
