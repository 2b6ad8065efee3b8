//! The generated workflows, scripts and settings, judged by what will read and run them.

mod scripts;
mod settings;
mod support;
mod tools;
mod ugly;
mod workflows;
mod world;
