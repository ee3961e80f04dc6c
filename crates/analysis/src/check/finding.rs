//! What a check says of one place.

use std::fmt;
use std::sync::Arc;

use super::Class;
use crate::source::{Place, is_marked, shown};

/// Something that a check found.
///
/// Findings sort by file, place and code, so that output is the same each time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// Where it stands in the file.
    pub at: Place,
    /// The check's code.
    pub code: &'static str,
    /// The JSON pointer within the document.
    pub pointer: String,
    /// The document or principal that it is about.
    pub subject: String,
    /// What is the matter: lower case, no full stop.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
    /// The kind of finding.
    pub class: Class,
    /// What shows it: the statements that allow it, a request, what almost stopped it.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be put right some time.
    Low,
    /// Should be put right.
    Medium,
    /// Should not be deployed.
    High,
    /// Must not be deployed.
    Critical,
}

impl Finding {
    /// The same with texts for people: a part of a name or ARN that is not known yet reads `${aws_iam_role.a.name}`, and
    /// alternatives of a document are called the same.
    #[must_use]
    pub fn for_people(mut self) -> Finding {
        for text in [&mut self.subject, &mut self.message, &mut self.pointer] {
            if is_marked(text) {
                *text = shown(text);
            }
        }
        for text in self.evidence.iter_mut().chain(&mut self.fix) {
            if is_marked(text) {
                *text = shown(text);
            }
        }
        self
    }
}

impl Severity {
    /// From the least to the worst.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// `info`, `low`, `medium`, `high` or `critical`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
