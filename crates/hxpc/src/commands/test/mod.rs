//! `hxpc test`

mod human;
mod json;
mod junit;
mod run;
mod watch;

use hxp_driver::Compilation;
use hxp_driver::system::Disk;

use super::Exit;
use crate::args::{At, Format, Test as Args, TestFormat};
use crate::screen::Screen;
use run::{Report, Wanted};

pub fn run(args: &Args) -> Exit {
    if args.threshold.is_some_and(|percent| percent > 100) {
        Screen::new(args.style).warn("error: --threshold is a percentage, 0 to 100");
        return Exit::Usage;
    }
    if args.watch { watch::run(args) } else { once(args).0 }
}

/// One run, with what it has read.
fn once(args: &Args) -> (Exit, Option<Compilation>) {
    let screen = Screen::new(args.style);
    let request = match super::request(&args.project.project, &At { date: args.at.date.clone() }) {
        Ok(request) => request,
        Err(exit) => return (exit, None),
    };
    let mut compilation = hxp_driver::compile(&Disk, &request);
    compilation.diagnostics.retain(hxp_diagnostics::Diagnostic::is_error);
    if compilation.has_errors() {
        screen.remark(&super::findings(&compilation), Format::Human);
        return (super::exit(&compilation), Some(compilation));
    }
    let wanted = Wanted {
        filter: args.filter.as_deref(),
        engine: args.engine,
        coverage: args.coverage || args.threshold.is_some(),
        today: request.today.unwrap_or_default(),
    };
    let exit = match run::run(&compilation.policy, &wanted) {
        Ok(report) => {
            screen.out(&match args.format {
                TestFormat::Human => human::report(&report, args.style.quiet, screen),
                TestFormat::Junit => junit::report(&report),
                TestFormat::Json => json::report(&report),
            });
            judged(&report, args, screen)
        }
        Err(why) => {
            screen.warn(&format!("error: {why}"));
            Exit::Usage
        }
    };
    (exit, Some(compilation))
}

fn judged(report: &Report<'_>, args: &Args, screen: Screen) -> Exit {
    let mut exit = if report.failed() == 0 { Exit::Fine } else { Exit::Errors };
    let percent = report.coverage.as_ref().map(hxp_decide::testing::coverage::Coverage::percent);
    if let (Some(percent), Some(threshold)) = (percent, args.threshold)
        && percent < usize::from(threshold)
    {
        screen.warn(&format!("error: {percent}% is covered, less than the {threshold}% of --threshold"));
        exit = Exit::Errors;
    }
    exit
}
