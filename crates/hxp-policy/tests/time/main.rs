//! Windows against the calendar: tables of known days and zones, the laws of sets, and a walk over every minute.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod build;
mod laws;
mod oracle;
mod tables;
mod zones;
