//! Why a text could not be read, and where.

use std::fmt;

use super::Place;

/// Why a text, or a part of it, could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where.
    pub at: Place,
    /// Why: lower case, no full stop.
    pub reason: String,
}

impl Refusal {
    /// At this place, for this reason.
    pub fn new(at: Place, reason: impl Into<String>) -> Refusal {
        Refusal { at, reason: reason.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.at.line, self.at.column, self.reason)
    }
}

impl std::error::Error for Refusal {}
