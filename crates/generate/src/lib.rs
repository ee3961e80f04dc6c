//! Looks forward: policies in the formats that a repository holds.
//!
//! Everything here takes values and returns text; files are written by the caller.

pub mod render;
