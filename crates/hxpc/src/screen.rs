//! Where text goes, and whether in colour.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::args::{Color, Format, Style};
use crate::render::{self, Findings};

/// Whether something that was asked for could not be printed.
static LOST: AtomicBool = AtomicBool::new(false);

/// Whether something that was asked for could not be printed, on a full disk for instance: then nothing went well.
pub fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Prints to standard output.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever closed the pipe does not want to read on.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) => {
            let why = hxp_driver::reason(&error);
            drop(writeln!(io::stderr().lock(), "error: standard output cannot be written: {why}"));
        }
        _ => {}
    }
}

/// Standard output and standard error.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    color: Color,
    quiet: bool,
}

impl Screen {
    /// As the command line wants it.
    pub fn new(style: Style) -> Self {
        Self { color: style.color, quiet: style.quiet }
    }

    /// Prints what was asked for.
    #[expect(clippy::unused_self, reason = "every way to say something is a method")]
    pub fn out(self, text: &str) {
        print(text);
    }

    /// Says what was done, unless silence was asked for.
    pub fn say(self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Says what is wrong.
    #[expect(clippy::unused_self, reason = "every way to say something is a method")]
    pub fn warn(self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    /// Prints findings where they are the answer: on standard output.
    pub fn answer(self, findings: &Findings<'_>, format: Format) {
        let color = self.in_color(io::stdout().is_terminal());
        self.out(&render::render(findings, format, color));
        if format == Format::Human && findings.diagnostics.is_empty() {
            self.say(&render::summary(findings));
        }
    }

    /// Prints findings beside another answer: for people on standard error, for programs on standard output.
    pub fn remark(self, findings: &Findings<'_>, format: Format) {
        match format {
            Format::Json | Format::Sarif => self.out(&render::render(findings, format, false)),
            Format::Human | Format::Short => {
                let color = self.in_color(io::stderr().is_terminal());
                drop(io::stderr().lock().write_all(render::render(findings, format, color).as_bytes()));
            }
        }
    }

    /// Whether what goes to standard output is coloured.
    pub fn colored(self) -> bool {
        self.in_color(io::stdout().is_terminal())
    }

    /// Whether what goes to standard error is coloured.
    pub fn colored_remarks(self) -> bool {
        self.in_color(io::stderr().is_terminal())
    }

    #[expect(clippy::disallowed_methods, reason = "colour is the terminal's business, and its wishes stand there")]
    fn in_color(self, terminal: bool) -> bool {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !refused && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
        }
    }
}
