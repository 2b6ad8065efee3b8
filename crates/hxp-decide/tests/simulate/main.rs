//! Simulation against the engine itself, asked about one instant after the other.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

mod fixture;
mod flips;
mod formats;
mod instants;
