//! A bar on the terminal, when the work takes long.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use hxp_driver::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// How often the bar moves.
const PACE: Duration = Duration::from_millis(80);

/// Watches the work until it is dropped.
pub struct Watch(Option<(Sender<()>, JoinHandle<()>)>);

/// Watches the work, if somebody looks at a terminal.
pub fn watch(progress: &Arc<Progress>, quiet: bool) -> Watch {
    if quiet || !std::io::stderr().is_terminal() {
        return Watch(None);
    }
    let (stop, stopped) = mpsc::channel::<()>();
    let progress = Arc::clone(progress);
    let thread = std::thread::spawn(move || {
        if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{msg:>9} [{bar:30}] {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        while stopped.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
            let (stage, done, total) = progress.now();
            bar.set_message(stage.word());
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
        bar.finish_and_clear();
    });
    Watch(Some((stop, thread)))
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // The bar must be gone before anything else is printed.
            drop(thread.join());
        }
    }
}
