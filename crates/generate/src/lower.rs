//! From an intent to what a platform enforces: one compiler for each target.
//!
//! A compiler takes an [`Intent`](crate::intent::Intent) and the catalogue and gives documents, with a reason for
//! every action in them; or everything that is wrong, each with its place. It never guesses and never widens.

pub mod aws;
