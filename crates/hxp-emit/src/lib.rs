//! Printers that know nothing of hxp: YAML (safe for YAML 1.1 readers), JSON and Markdown.
//!
//! A backend builds a typed document of its target and prints it here.
#![warn(clippy::disallowed_methods)]

pub mod json;
pub mod markdown;
pub mod yaml;
