//! Why a file of the service reference was not taken.

use std::fmt;

/// A file that is not what the format says, with the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    /// The name of the file, as the caller gave it.
    pub file: String,
    /// The JSON pointer (RFC 6901) of the place: `/Actions/3/Name`; empty for the document itself.
    pub pointer: String,
    /// What is wrong there.
    pub problem: ImportProblem,
}

/// What is wrong with a place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportProblem {
    /// The file is no JSON; the line and the parser's words.
    NotJson(String),
    /// Something else than what the format says: `a string`.
    Expected(&'static str),
    /// The member is missing.
    Missing(&'static str),
    /// The text is no name of such a thing.
    BadName(String),
    /// The action names a resource type which the file does not define.
    UnknownResource(String),
    /// The ARN format does not start with `arn:` and have six parts.
    BadArn(String),
    /// Two of these have the same name.
    Twice(String),
    /// Another file of the same import describes the same service.
    ServiceTwice(String),
}

impl ImportError {
    pub(super) fn not_json(file: &str, error: &serde_json::Error) -> ImportError {
        ImportError {
            file: file.to_owned(),
            pointer: String::new(),
            problem: ImportProblem::NotJson(error.to_string()),
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file)?;
        if !self.pointer.is_empty() {
            write!(f, " at `{}`", self.pointer)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportProblem::NotJson(reason) => write!(f, "no JSON: {reason}"),
            ImportProblem::Expected(what) => write!(f, "expected {what}"),
            ImportProblem::Missing(member) => write!(
                f,
                "`{member}` is missing; take files of one service each, such as v1/s3/s3.json of AWS's service reference"
            ),
            ImportProblem::BadName(name) => write!(f, "`{name}` is no name"),
            ImportProblem::UnknownResource(name) => {
                write!(f, "resource type `{name}` is not among the file's `Resources`")
            }
            ImportProblem::BadArn(format) => write!(f, "`{format}` is no ARN format"),
            ImportProblem::Twice(name) => write!(f, "`{name}` is there twice"),
            ImportProblem::ServiceTwice(prefix) => {
                write!(f, "service `{prefix}` is described by another file too; give one of them")
            }
        }
    }
}

impl std::error::Error for ImportError {}
