//! A file a verb.

mod bundle;
mod check;
mod compile;
mod coverage;
mod decide;
mod diff;
mod duties;
mod explain;
mod fmt;
mod graph;
mod init;
mod lint;
mod lsp;
mod report;
mod simulate;
mod test;
mod verify;

use std::path::Path;

use clap::CommandFactory as _;
use hxp_driver::{Compilation, Request};
use jiff::civil::Date;

use crate::args::{At, Cli, Verb};
use crate::render::Findings;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine,
    /// The policy has errors.
    Errors,
    /// The command line cannot be understood.
    Usage,
    /// The decision is pending.
    Pending,
    /// Outputs are stale, or a file is not formatted.
    Stale,
    /// The decision is deny, or a duty is overdue.
    Deny,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Errors => 1,
            Self::Usage => 2,
            Self::Pending => 3,
            Self::Stale => 4,
            Self::Deny => 5,
        }
    }
}

/// Does what is asked for.
pub fn run(verb: Verb) -> Exit {
    match verb {
        Verb::Init(args) => init::run(&args),
        Verb::Check(args) => check::run(&args),
        Verb::Compile(args) => compile::run(args),
        Verb::Fmt(args) => fmt::run(&args),
        Verb::Lint(args) => lint::run(&args),
        Verb::Graph(args) => graph::run(&args),
        Verb::Diff(args) => diff::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Decide(args) => decide::run(&args),
        Verb::Duties(args) => duties::run(&args),
        Verb::Coverage(args) => coverage::run(&args),
        Verb::Explain(args) => explain::run(&args),
        Verb::Report(args) => report::run(&args),
        Verb::Bundle(args) => bundle::run(&args),
        Verb::Simulate(args) => simulate::run(&args),
        Verb::Verify(args) => verify::run(&args),
        Verb::Lsp(args) => lsp::run(&args),
        Verb::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "hxpc", &mut script);
            crate::screen::print(&String::from_utf8_lossy(&script));
            Exit::Fine
        }
    }
}

/// The only place that reads the clock.
fn now() -> jiff::Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    jiff::Timestamp::now()
}

/// The day that expiries are compared with: the one asked for, or today.
fn day(at: &At) -> Result<Date, Exit> {
    let Some(text) = &at.date else {
        return Ok(now().to_zoned(jiff::tz::TimeZone::UTC).date());
    };
    text.parse::<Date>().map_err(|_| {
        eprintln!("error: `{text}` is no date; write a day as in --at 2026-12-31");
        Exit::Usage
    })
}

/// A request for the policy alone.
fn request(project: &Path, at: &At) -> Result<Request, Exit> {
    Ok(Request { start: project.to_path_buf(), today: Some(day(at)?), ..Request::default() })
}

/// What a compilation found.
fn findings(compilation: &Compilation) -> Findings<'_> {
    Findings {
        sources: &compilation.sources,
        diagnostics: &compilation.diagnostics,
        root: &compilation.project.root,
        files: compilation.project.files.len(),
        fixing: true,
    }
}

/// Errors of the command line end with [`Exit::Usage`], those of the policy with [`Exit::Errors`].
fn exit(compilation: &Compilation) -> Exit {
    let errors = || compilation.diagnostics.iter().filter(|d| d.is_error());
    let is_usage = |d: &hxp_diagnostics::Diagnostic| {
        compilation.sources.get(d.primary.span.file).is_some_and(|f| f.path() == hxp_driver::COMMAND_LINE)
    };
    if errors().next().is_none() {
        Exit::Fine
    } else if errors().all(is_usage) {
        Exit::Usage
    } else {
        Exit::Errors
    }
}
