//! The generated workflows, scripts and settings, judged by what will read and run them.

#[cfg(test)]
mod duties;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod ugly;
#[cfg(test)]
mod workflows;
#[cfg(test)]
mod world;
