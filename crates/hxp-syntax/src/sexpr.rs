//! The tree as text without positions: for tests and for looking at it.
