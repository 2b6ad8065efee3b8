//! The hxp parser: [`parse`] gives a [`Tree`](ast::Tree) *and* all the diagnostics, always both.
//!
//! `grammar/hxp.pest` is the written definition of the language; the production parser here is held to it by a
//! differential test.

pub mod ast;
