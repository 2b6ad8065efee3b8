//! `hxpc compile`

use hxp_diagnostics::{Diagnostic, Severity, codes};
use hxp_driver::outputs::{ChangeKind, Folder, Plan, Writer, is_interrupted, unified};
use hxp_driver::system::Disk;
use hxp_driver::{Compilation, Request};

use super::Exit;
use crate::args::{Compile, Format};
use crate::progress::watch;
use crate::screen::Screen;

pub fn run(args: Compile) -> Exit {
    let screen = Screen::new(args.show.style);
    let today = match super::day(&args.at) {
        Ok(day) => day,
        Err(exit) => return exit,
    };
    let looking = args.check || args.diff;
    let request = Request {
        start: args.project.project,
        today: Some(today),
        emit: true,
        out: args.out,
        targets: args.targets,
        environments: args.environments,
        // Whoever only looks sees edited files as differences.
        force: args.force || looking,
        ..Request::default()
    };
    let watching = watch(&request.progress, args.show.style.quiet);
    let mut compilation = hxp_driver::compile(&Disk, &request);
    compilation.diagnostics.retain(|d| d.severity != Severity::Advice);
    let folder = compilation.folder(&request);
    let plan = if compilation.has_errors() {
        None
    } else if looking {
        Some(compilation.plan(&Disk, &folder))
    } else {
        write(&mut compilation, &folder, &request)
    };
    drop(watching);
    let plan = plan.filter(|_| !compilation.has_errors());
    if let Some(plan) = &plan
        && looking
    {
        return show(screen, &mut compilation, &folder, plan, args.show.format, args.check);
    }
    screen.remark(&super::findings(&compilation), args.show.format);
    if let Some(plan) = &plan {
        screen.say(&done(plan, &folder));
    }
    let exit = super::exit(&compilation);
    // As in `check`: the end of the process frees all of it at once.
    std::mem::forget((compilation, plan));
    exit
}

/// Writes the outputs, all or none; what keeps them from being written is added to the diagnostics.
fn write(compilation: &mut Compilation, folder: &Folder, request: &Request) -> Option<Plan> {
    let at = compilation.policy.origin.span;
    let writer = match Writer::open(&Disk, folder, at) {
        Ok(writer) => writer,
        Err(found) => {
            compilation.diagnostics.push(*found);
            return None;
        }
    };
    let plan = compilation.plan(&Disk, folder);
    if compilation.has_errors() {
        return None;
    }
    match writer.write(&plan, &request.progress) {
        Ok(()) => Some(plan),
        Err(found) => {
            compilation.diagnostics.push(*found);
            None
        }
    }
}

/// Shows what would change. With `check`, changes are errors.
fn show(
    screen: Screen,
    compilation: &mut Compilation,
    folder: &Folder,
    plan: &Plan,
    format: Format,
    check: bool,
) -> Exit {
    let interrupted = is_interrupted(&Disk, folder);
    let stale = check && (interrupted || !plan.changes.is_empty());
    match format {
        Format::Human => {
            for change in &plan.changes {
                screen.out(&unified(change));
            }
        }
        Format::Short | Format::Json | Format::Sarif if check => {
            let at = compilation.policy.origin.span;
            let findings = plan.changes.iter().map(|change| {
                let what = match change.kind() {
                    ChangeKind::Create => "is missing",
                    ChangeKind::Update => "differs from the policy",
                    ChangeKind::Remove => "is no longer made by the policy",
                };
                Diagnostic::new(codes::STALE_OUTPUT, at, format!("the output `{}` {what}", change.path))
                    .help("run `hxpc compile`")
            });
            compilation.diagnostics.extend(findings);
        }
        Format::Short | Format::Json | Format::Sarif => {}
    }
    screen.remark(&super::findings(compilation), format);
    if interrupted {
        screen.say("an earlier compilation was interrupted; `hxpc compile` completes it");
    }
    if stale {
        screen.say(&format!("stale: {}; run `hxpc compile`", changed(plan, &folder.shown)));
        return Exit::Stale;
    }
    screen.say(&if plan.changes.is_empty() {
        format!("{} in {} are up to date", files(plan.unchanged), folder.shown)
    } else {
        format!("would change {}", changed(plan, &folder.shown))
    });
    Exit::Fine
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// `3 files to write, 1 to remove in build`
fn changed(plan: &Plan, folder: &str) -> String {
    let removed = plan.changes.iter().filter(|c| c.kind() == ChangeKind::Remove).count();
    let written = plan.changes.len() - removed;
    match removed {
        0 => format!("{} to write in {folder}", files(written)),
        _ => format!("{} to write, {removed} to remove in {folder}", files(written)),
    }
}

/// `wrote 3 files to build, removed 1; 12 are unchanged`
fn done(plan: &Plan, folder: &Folder) -> String {
    let removed = plan.changes.iter().filter(|c| c.kind() == ChangeKind::Remove).count();
    let written = plan.changes.len() - removed;
    let mut text = match (written, removed) {
        (0, 0) => return format!("{} in {} are up to date", files(plan.unchanged), folder.shown),
        (_, 0) => format!("wrote {} to {}", files(written), folder.shown),
        _ => format!("wrote {} to {}, removed {removed}", files(written), folder.shown),
    };
    if plan.unchanged > 0 {
        text += &format!("; {} unchanged", plan.unchanged);
    }
    text
}
