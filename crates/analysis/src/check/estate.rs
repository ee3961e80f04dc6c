//! Everything that was read: documents, and what could not be read.

#[cfg(test)]
use super::Example;
use super::{Document, Finding};
#[cfg(test)]
use crate::source::Node;

/// Everything that checks look at.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// The policy documents, in the order of the files.
    pub documents: Vec<Document>,
    /// What could not be read.
    pub unreadable: Vec<Finding>,
}

#[cfg(test)]
impl Estate {
    pub(super) fn of_example(example: &Example) -> Estate {
        let root = Node::json(example.text).expect("an example");
        let kind = example.kind.expect("an example of a policy");
        let mut document = Document::new(example.file.into(), example.file, kind, root);
        document.resource_type = example.resource_type.map(str::to_owned);
        Estate { documents: vec![document], unreadable: Vec::new() }
    }
}
