//! From an intent to what a platform enforces: one compiler for each target.
//!
//! A compiler takes an [`Intent`](crate::intent::Intent) and the catalogue and gives documents, with a reason for
//! every action in them; or everything that is wrong, each with its place. It never guesses and never widens, and what
//! the platform cannot say it refuses.

pub mod aws;
pub mod azure;
pub mod cedar;
pub mod cloud;
mod elsewhere;
pub mod gcp;
pub mod github;
pub mod kubernetes;
mod unsaid;

use crate::intent::Place;

/// Something to be known, with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where in the intent.
    pub place: Place,
    /// What.
    pub text: String,
}
