//! The generated Rego, judged by the engines that will run it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::disallowed_methods,
    reason = "helpers of tests may panic, and read better with owned parts"
)]

mod build;
mod bundle;
mod decisions;
mod engines;
mod examples;
mod fixture;
mod properties;
mod regressions;
mod style;
mod windows;
