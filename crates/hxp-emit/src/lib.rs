//! Printers that know nothing of hxp: YAML (safe for YAML 1.1 readers), JSON, Rego and Markdown.
//!
//! A backend builds a typed document and prints it here; nothing is ever put together from strings of the target.
#![warn(clippy::disallowed_methods)]

pub mod json;
pub mod markdown;
pub mod yaml;
