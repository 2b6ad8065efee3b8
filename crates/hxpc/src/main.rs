//! The hxp compiler's command line.
#![warn(clippy::disallowed_methods)]

mod args;
mod commands;
mod git;
mod opa;
mod pages;
mod progress;
mod render;
mod screen;

use std::process::ExitCode;

use clap::Parser as _;

/// A compiler allocates many small things on every core and ends before they would be reused: half of the time of a large
/// `check` went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(report_a_bug));
    match args::Cli::try_parse() {
        Ok(cli) => match commands::run(cli.verb) {
            commands::Exit::Fine if screen::is_lost() => ExitCode::from(commands::Exit::Errors.code()),
            exit => ExitCode::from(exit.code()),
        },
        Err(error) => {
            // Help and the version are asked for; anything else is a mistake on the command line. Nobody is left to
            // tell when even this cannot be printed.
            drop(error.print());
            ExitCode::from(if error.use_stderr() { commands::Exit::Usage.code() } else { 0 })
        }
    }
}

/// No input should ever lead here. If one does, its author should not have to guess whose mistake it is.
fn report_a_bug(panic: &std::panic::PanicHookInfo<'_>) {
    eprintln!(
        "hxpc has a mistake of its own: this should never happen, whatever the policy says.\n\
         Please report it with the policy that shows it, and these lines:\n\n  \
         hxpc {} on {}\n  {panic}\n\nNo output was changed.",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
    );
    #[expect(clippy::disallowed_methods, reason = "the last thing that main would do")]
    std::process::exit(101);
}
