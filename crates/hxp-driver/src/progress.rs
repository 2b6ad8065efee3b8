//! How far the work is, for whoever watches.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counters that the work moves and a watcher reads.
#[derive(Debug, Default)]
pub struct Progress {
    stage: AtomicUsize,
    done: AtomicUsize,
    total: AtomicUsize,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Finding the files.
    Reading,
    /// Parsing them.
    Parsing,
    /// Checking what they say.
    Checking,
    /// Making the outputs.
    Making,
    /// Writing them.
    Writing,
}

impl Stage {
    const ALL: [Self; 5] = [Self::Reading, Self::Parsing, Self::Checking, Self::Making, Self::Writing];

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Parsing => "parsing",
            Self::Checking => "checking",
            Self::Making => "making",
            Self::Writing => "writing",
        }
    }
}

impl Progress {
    /// A stage of so many steps begins; zero: it is not known how many.
    pub fn begin(&self, stage: Stage, total: usize) {
        self.stage.store(stage as usize, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
    }

    /// A step is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// The stage, its finished steps and all of them.
    pub fn now(&self) -> (Stage, usize, usize) {
        let stage = Stage::ALL.get(self.stage.load(Ordering::Relaxed)).copied().unwrap_or(Stage::Reading);
        (stage, self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
}
