//! A policy document with its place, as it was written and as far as it can be understood.

use std::cell::OnceCell;
use std::sync::Arc;

use leastwise_policy::aws::{DocumentKind, Policy, Version};
use leastwise_policy::json::{self, Kind, Member};

use super::known_part::{about_the_resource, known_part};
use super::right::Note;
use super::{Facts, StatementView};
use crate::granted::policy_of;
use crate::source::{Node, Value};

/// A policy document in a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The JSON pointer of the document in its file; empty when it is the file.
    pub pointer: String,
    /// How people call it: the file, the policy's name, the role and `trust policy`.
    pub name: String,
    /// Where it is used.
    pub kind: DocumentKind,
    /// What it is attached to, as CloudFormation calls the type, when that is known: `AWS::S3::Bucket`.
    pub resource_type: Option<String>,
    /// What was written.
    pub root: Node,
    /// Those of its statements that can be understood, in order.
    pub policy: Policy,
    /// For each statement of `policy`, its number in the document.
    pub understood: Vec<usize>,
    /// Its characters in the longest way in which it can be, where it holds statements that exclude each other.
    pub(super) longest: Option<usize>,
    /// Whether a statement may allow more than is known before it is deployed.
    is_partial: bool,
    /// Whether something stands in its policy for what is not known before it is deployed.
    has_stand_ins: bool,
}

/// A document with views of its statements: what rules look at.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The document.
    pub document: &'a Document,
    /// Its statements, whether they can be understood or not.
    pub statements: Vec<StatementView<'a>>,
    /// `Version` as it was written.
    pub version: Option<&'a Node>,
    /// What the families of checks noted about it, once it was asked for.
    pub(super) notes: OnceCell<Vec<Note<'a>>>,
}

impl Document {
    /// Takes a tree for a document; statements that IAM would not read are left out of [`Document::policy`].
    pub fn new(file: Arc<str>, name: impl Into<String>, kind: DocumentKind, root: Node) -> Document {
        let mut document = Document {
            file,
            pointer: String::new(),
            name: name.into(),
            kind,
            resource_type: None,
            root,
            policy: Policy::default(),
            understood: Vec::new(),
            longest: None,
            is_partial: false,
            has_stand_ins: false,
        };
        document.understand();
        document
    }

    /// The same document at this place of its file.
    #[must_use]
    pub fn under(mut self, pointer: impl Into<String>) -> Document {
        self.pointer = pointer.into();
        self
    }

    /// The same document on a resource of this type.
    #[must_use]
    pub fn on(mut self, resource_type: impl Into<String>) -> Document {
        self.resource_type = Some(resource_type.into());
        self
    }

    /// The same document, which really has so many characters at most.
    #[must_use]
    pub(super) fn at_most(mut self, longest: Option<usize>) -> Document {
        self.longest = longest;
        self
    }

    fn understand(&mut self) {
        let widely = |_| policy_of(&self.root.to_value(), self.kind);
        if let Ok(policy) = Policy::of_json(&self.root, self.kind).or_else(widely) {
            self.understood = (0..policy.statements.len()).collect();
            self.policy = policy;
            return;
        }
        let is_new = self.root.get("Version").and_then(Node::text) == Some("2012-10-17");
        self.policy.version = if is_new { Version::V2012_10_17 } else { Version::V2008_10_17 };
        for (index, statement) in statements(&self.root).iter().enumerate() {
            if let Ok(policy) = self.alone(statement) {
                self.policy.statements.extend(policy.statements);
                self.understood.push(index);
                continue;
            }
            let Some(known) = known_part(statement) else { continue };
            let Ok(mut policy) = self.alone(&known.statement) else { continue };
            about_the_resource(&mut policy, self.kind);
            self.policy.statements.extend(policy.statements);
            self.understood.push(index);
            self.is_partial |= known.is_partial;
            self.has_stand_ins = true;
        }
    }

    /// A statement as if it were the only one.
    fn alone(&self, statement: &Node) -> Result<Policy, String> {
        let member = |key: &str, value| Member { at: 0, key: key.to_owned(), value };
        let version = Kind::String(self.policy.version.as_str().to_owned());
        let members = vec![
            member("Version", json::Value { at: 0, kind: version }),
            member("Statement", statement.to_value()),
        ];
        policy_of(&json::Value { at: 0, kind: Kind::Object(members) }, self.kind)
    }

    /// The statements that cannot be understood, with the reasons.
    pub(super) fn refused(&self) -> impl Iterator<Item = (&Node, String)> {
        let all = statements(&self.root).iter().enumerate();
        let left = all.filter(|(index, _)| self.understood.binary_search(index).is_err());
        left.filter_map(|(_, statement)| Some((statement, self.alone(statement).err()?)))
    }

    /// Whether it is a managed policy of AWS, which nobody else can change.
    pub fn is_of_aws(&self) -> bool {
        self.name.split(':').nth(4) == Some("aws")
    }

    /// Whether it means what stands in it, with nothing in the place of what is not known.
    pub(super) fn is_as_written(&self) -> bool {
        self.is_whole() && !self.has_stand_ins
    }

    /// Whether every statement could be understood.
    pub fn is_whole(&self) -> bool {
        self.understood.len() == statements(&self.root).len() && !self.is_partial
    }
}

/// How API Gateway takes the ARN of its own API in short.
pub(super) const SHORT_API: &str = "execute-api:/";

/// The statements of a document: a list, or one alone.
fn statements(root: &Node) -> &[Node] {
    match root.get("Statement") {
        Some(node) if !matches!(node.value, Value::Unknown(_)) => node.one_or_many(),
        _ => &[],
    }
}

impl<'a> Subject<'a> {
    /// Looks at a document.
    pub fn new<'f: 'a>(document: &'a Document, facts: &Facts<'f>) -> Subject<'a> {
        let mut views: Vec<StatementView<'a>> = statements(&document.root)
            .iter()
            .enumerate()
            .map(|(index, node)| StatementView::new(index, node, facts))
            .collect();
        for (statement, index) in document.policy.statements.iter().zip(&document.understood) {
            if let Some(view) = views.get_mut(*index) {
                view.typed = Some(statement);
            }
        }
        Subject { document, statements: views, version: document.root.get("Version"), notes: OnceCell::new() }
    }

    /// Whether policy variables mean something in it.
    pub fn has_variables(&self) -> bool {
        self.document.policy.version == Version::V2012_10_17
    }

    /// The statements that can be understood, with their views.
    pub fn understood(
        &self,
    ) -> impl Iterator<Item = (&StatementView<'a>, &'a leastwise_policy::aws::Statement)> {
        self.statements.iter().filter_map(|view| Some((view, view.typed?)))
    }
}
