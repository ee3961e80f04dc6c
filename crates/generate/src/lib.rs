//! Looks forward: from what somebody means to policies in the formats that a repository holds.
//!
//! Everything here takes values and returns values or text; files are read and written by the caller.

pub mod denied;
pub mod intent;
pub mod lower;
pub mod model;
pub mod render;
pub mod words;
