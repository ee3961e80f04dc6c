//! Where documents stand in the files of a snapshot, and what makes a principal undecidable.

use std::fmt;

use serde::Serialize;

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// The JSON pointer of the document in it.
    pub pointer: String,
    /// Whether it is a text within the file, URL-encoded or not, with a JSON of its own.
    pub encoded: bool,
    /// Whether its `Statement` is one object and no list.
    pub single: bool,
}

/// Why what a principal was granted cannot be decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The JSON pointer in it.
    pub pointer: String,
    /// The principal, group or policy.
    pub subject: String,
    /// What is the matter.
    pub reason: String,
}

/// A place in a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) pointer: String,
}

impl Problem {
    /// Why nobody can decide when a statement of a document was left out.
    pub(crate) const STATEMENT: &'static str = "a statement cannot be understood";
    /// Why, when a principal or a policy stands in the files more than once, and not the same.
    pub(super) const TWICE: &'static str = "listed twice with different";
    /// Why, when it is longer than AWS takes.
    pub(super) const TOO_LONG: &'static str = "no account can hold it";

    /// Whether the files contradict each other.
    pub(crate) fn is_contradiction(&self) -> bool {
        self.reason.starts_with(Problem::TWICE)
    }

    /// Whether all of it is there, and too long.
    pub(crate) fn is_too_long(&self) -> bool {
        self.reason.ends_with(Problem::TOO_LONG)
    }
}

impl Origin {
    /// The JSON pointer of the statement at this index; of a document that is a text, within that text.
    pub fn statement(&self, index: usize) -> String {
        let document = if self.encoded { format!("{}#", self.pointer) } else { self.pointer.clone() };
        match self.single {
            true => format!("{document}/Statement"),
            false => format!("{document}/Statement/{index}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` {}: {}: {}", self.file, self.pointer, self.subject, self.reason)
    }
}

impl Place {
    /// A place further down.
    pub(super) fn under(&self, steps: impl fmt::Display) -> Place {
        Place { file: self.file.clone(), pointer: format!("{}/{steps}", self.pointer) }
    }

    pub(super) fn problem(&self, subject: &str, reason: impl Into<String>) -> Problem {
        Problem {
            file: self.file.clone(),
            pointer: self.pointer.clone(),
            subject: subject.to_owned(),
            reason: reason.into(),
        }
    }
}
