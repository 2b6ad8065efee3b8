//! The pipeline from text to output.

pub mod coverage;
pub mod lock;
pub mod manifest;
pub mod outputs;
pub mod project;
mod read;
pub mod system;
