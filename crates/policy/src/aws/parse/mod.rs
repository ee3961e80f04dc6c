//! From text to [`Policy`], refusing what IAM refuses, with the place and the reason.
//!
//! The rules are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html> and of
//! the pages of the elements. Where the service is known to be more lenient than its grammar (`Id` in an identity
//! policy, incomplete ARNs), so is this. It judges form only: whether an action exists is the catalogue's business.

mod element;
mod grants;
mod public_access;
mod statement;

use super::{Policy, Statement, Version};
use crate::json::{self, Keyed, Shape, Tree};
use element::{string, version};

/// Where a document is used, which decides what must and must not be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// Attached to a user, group or role.
    Identity,
    /// Attached to a resource: a bucket, a queue, a key.
    Resource,
    /// Says who may assume a role.
    Trust,
    /// An identity policy used as permissions boundary.
    Boundary,
    /// Service control policy of an organisation.
    ServiceControl,
    /// Resource control policy of an organisation.
    ResourceControl,
    /// Passed to STS when a session is made.
    Session,
}

/// Why a text is not a policy, or not what stands beside one, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}{}: {reason}", shown(.pointer))]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// JSON pointer of the element: `/Statement/0/Effect`; empty for the document.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

fn shown(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" ({pointer})") }
}

impl Policy {
    /// Reads an identity policy.
    pub fn parse(text: &str) -> Result<Policy, ParseError> {
        Policy::parse_kind(text, DocumentKind::Identity)
    }

    /// Reads a policy of this kind from JSON that has been read already; the reason when it is none.
    pub fn of_json<T: Tree>(value: &T, kind: DocumentKind) -> Result<Policy, String> {
        Parser { kind }.policy(value).map_err(|refusal| refusal.reason)
    }

    /// Reads a policy of this kind.
    pub fn parse_kind(text: &str, kind: DocumentKind) -> Result<Policy, ParseError> {
        placed(
            text,
            json::parse(text).map_err(Refusal::from).and_then(|value| Parser { kind }.policy(&value)),
        )
    }
}

/// A refusal with the place in the text for people.
fn placed<T>(text: &str, parsed: Parsed<T>) -> Result<T, ParseError> {
    parsed.map_err(|refusal| {
        let (line, column) = json::place(text, refusal.at);
        ParseError { line, column, pointer: refusal.pointer, reason: refusal.reason }
    })
}

/// A refusal on its way up: each level puts its step before the pointer.
struct Refusal {
    at: usize,
    pointer: String,
    reason: String,
}

type Parsed<T> = Result<T, Refusal>;

impl From<json::Refusal> for Refusal {
    fn from(refusal: json::Refusal) -> Refusal {
        Refusal { at: refusal.at, pointer: refusal.pointer, reason: refusal.reason }
    }
}

impl Refusal {
    fn new(at: usize, reason: impl Into<String>) -> Refusal {
        Refusal { at, pointer: String::new(), reason: reason.into() }
    }

    fn under(mut self, step: &str) -> Refusal {
        let mut pointer = String::new();
        json::push_step(&mut pointer, step);
        pointer.push_str(&self.pointer);
        self.pointer = pointer;
        self
    }
}

fn refuse<T>(at: usize, reason: impl Into<String>) -> Parsed<T> {
    Err(Refusal::new(at, reason))
}

/// Reads the value of `member`, putting its key into the pointer of a refusal.
fn of<'a, M: Keyed<V>, V: 'a, T>(member: &'a M, read: impl FnOnce(&'a V) -> Parsed<T>) -> Parsed<T> {
    read(member.value()).map_err(|refusal| refusal.under(member.key()))
}

struct Parser {
    kind: DocumentKind,
}

impl DocumentKind {
    /// Whether a statement names whom it is about: must (`Some(true)`), must not, or may.
    const fn has_principal(self) -> bool {
        matches!(self, DocumentKind::Resource | DocumentKind::Trust | DocumentKind::ResourceControl)
    }

    /// Whether `Sid` is limited to letters and digits.
    const fn has_plain_sids(self) -> bool {
        !matches!(self, DocumentKind::Resource)
    }

    const fn as_str(self) -> &'static str {
        match self {
            DocumentKind::Identity => "an identity policy",
            DocumentKind::Resource => "a resource policy",
            DocumentKind::Trust => "a trust policy",
            DocumentKind::Boundary => "a permissions boundary",
            DocumentKind::ServiceControl => "a service control policy",
            DocumentKind::ResourceControl => "a resource control policy",
            DocumentKind::Session => "a session policy",
        }
    }
}

impl Parser {
    fn policy<T: Tree>(&self, document: &T) -> Parsed<Policy> {
        let Shape::Object(members) = document.shape() else {
            let found = document.shape().describe();
            return refuse(document.at(), format!("a policy is an object, this is {found}"));
        };
        let mut policy = Policy { version: Version::V2008_10_17, id: None, statements: Vec::new() };
        let mut has_statement = false;
        for member in members {
            match member.key() {
                "Version" => policy.version = of(member, version::<T>)?,
                "Id" => policy.id = Some(of(member, |value: &T| Ok(string(value)?.into_owned()))?),
                "Statement" => {
                    policy.statements = of(member, |value: &T| self.statements(value))?;
                    has_statement = true;
                }
                key => return Err(unknown_key::<T>(member, key, &["Version", "Id", "Statement"])),
            }
        }
        if !has_statement {
            return refuse(document.at(), "`Statement` is missing");
        }
        Ok(policy)
    }

    fn statements<T: Tree>(&self, value: &T) -> Parsed<Vec<Statement>> {
        let list = match value.shape() {
            Shape::Object(_) => return Ok(vec![self.statement(value)?]),
            Shape::Array(list) => list,
            other => {
                return refuse(
                    value.at(),
                    format!("expected a statement or a list of them, found {}", other.describe()),
                );
            }
        };
        if list.is_empty() {
            return refuse(value.at(), "a policy needs at least one statement");
        }
        let mut statements: Vec<Statement> = Vec::with_capacity(list.len());
        let mut sids = std::collections::HashSet::new();
        for (index, value) in list.iter().enumerate() {
            let under = |refusal: Refusal| refusal.under(&index.to_string());
            let statement = self.statement(value).map_err(under)?;
            let is_same = |other: &Statement| other.sid == statement.sid;
            if let Some(sid) = statement.sid.clone().filter(|sid| !sid.is_empty())
                && (if list.len() <= FEW {
                    statements.iter().any(is_same)
                } else {
                    !sids.insert(sid.clone())
                })
            {
                let refusal =
                    Refusal::new(value.at(), format!("the Sid `{sid}` stands twice; each must be unique"));
                return Err(under(refusal.under("Sid")));
            }
            statements.push(statement);
        }
        Ok(statements)
    }
}

/// So many statements are compared with each other; of more the ids are kept in a set.
const FEW: usize = 16;

fn unknown_key<T: Tree>(member: &T::Member, key: &str, known: &[&str]) -> Refusal {
    let close = known.iter().find(|known| known.eq_ignore_ascii_case(key));
    let hint = match close {
        Some(close) => format!("; did you mean `{close}`?"),
        None => format!("; known are {}", known.join(", ")),
    };
    Refusal::new(member.at(), format!("unknown element `{key}`{hint}")).under(key)
}
