//! The hxp compiler.
fn main() {}
