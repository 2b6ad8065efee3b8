//! Each format, on the same findings.
