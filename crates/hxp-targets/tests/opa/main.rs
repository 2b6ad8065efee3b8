//! The generated Rego, judged by the engines that will run it.

mod build;
mod decisions;
mod engines;
mod examples;
mod fixture;
mod properties;
mod style;
mod windows;
