//! `hxpc lint`

use hxp_diagnostics::{FileId, Severity};
use hxp_driver::system::{Disk, System as _};
use hxp_driver::{Compilation, Request};

use super::Exit;
use crate::args::{Deny, Lint};
use crate::progress::watch;
use crate::screen::Screen;

/// A fix may make room for another one; more rounds than this mean that two of them undo each other.
const ROUNDS: usize = 10;

pub fn run(args: &Lint) -> Exit {
    let screen = Screen::new(args.show.style);
    let request = match super::request(&args.project.project, &args.at) {
        Ok(request) => request,
        Err(exit) => return exit,
    };
    let watching = watch(&request.progress, args.show.style.quiet);
    let mut compilation = hxp_driver::compile(&Disk, &request);
    let mut fixed = 0;
    if args.fix {
        for _ in 0..ROUNDS {
            let Some(applied) = fix(screen, &compilation) else { return Exit::Errors };
            if applied == 0 {
                break;
            }
            fixed += applied;
            compilation = hxp_driver::compile(&Disk, &request);
        }
    }
    drop(watching);
    add_parts(&mut compilation, &request);
    screen.answer(&super::findings(&compilation), args.show.format);
    if fixed > 0 {
        screen.say(&format!("applied {fixed} {}", if fixed == 1 { "fix" } else { "fixes" }));
    }
    let denied = |severity: Severity| match args.deny {
        None => false,
        Some(Deny::Warnings) => severity == Severity::Warning,
        Some(Deny::Advice) => severity != Severity::Error,
    };
    match super::exit(&compilation) {
        Exit::Fine if compilation.diagnostics.iter().any(|d| denied(d.severity)) => Exit::Errors,
        exit => exit,
    }
}

/// Advice on what targets enforce only in part.
fn add_parts(compilation: &mut Compilation, _request: &Request) {
    compilation.diagnostics.extend(compilation.coverage.parts());
    hxp_diagnostics::sort_and_dedup(&mut compilation.diagnostics);
}

/// Applies one round of fixes to the project's own files; `None` when a file could not be written.
fn fix(screen: Screen, compilation: &Compilation) -> Option<usize> {
    let own = |file: FileId| compilation.files.iter().any(|f| f.id == file);
    let fixed = hxp_driver::fix(&compilation.sources, &compilation.diagnostics, own);
    for (file, text) in &fixed.texts {
        let Some(file) = compilation.sources.get(*file) else { continue };
        let path = compilation.project.root.join(file.path());
        if let Err(error) = Disk.replace(&path, text.as_bytes()) {
            screen.warn(&format!("error: {} could not be written: {}", path.display(), hxp_driver::reason(&error)));
            return None;
        }
    }
    Some(fixed.applied)
}
