//! The generated Rego, judged by the engines that will run it.

mod build;
mod decisions;
mod engines;
mod fixture;
mod style;
