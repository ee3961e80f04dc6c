//! What lies in a file and is no policy document of AWS: a role of a cluster, a binding, a role definition.

use std::sync::Arc;

use super::report::Added;
use super::{Check, Finding, Severity};
use crate::source::{Node, shown};

/// Something with its place.
#[derive(Debug, Clone)]
pub struct Thing {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The JSON pointer of it in the file.
    pub pointer: String,
    /// How people call it: `ClusterRole reader`.
    pub name: String,
    /// What was written.
    pub root: Node,
}

/// The findings of one check.
#[derive(Debug)]
pub struct Finds<'a> {
    check: &'static Check,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Finds<'a> {
    pub(super) fn new(check: &'static Check, findings: &'a mut Vec<Finding>) -> Finds<'a> {
        Finds { check, findings }
    }

    /// How bad the check's findings are, unless one says otherwise.
    pub fn severity(&self) -> Severity {
        self.check.severity
    }

    /// A finding at `node`, which belongs to the thing. The message is lower case, without a full stop, the user's own
    /// text in backticks.
    pub fn at(&mut self, thing: &Thing, node: &Node, message: impl Into<String>) -> Added<'_> {
        let pointer = thing.root.pointer_of(node).unwrap_or_default();
        self.findings.push(Finding {
            file: thing.file.clone(),
            at: node.at,
            code: self.check.code,
            pointer: format!("{}{pointer}", thing.pointer),
            subject: thing.name.clone(),
            message: shown(&message.into()),
            severity: self.check.severity,
            class: self.check.class,
            evidence: Vec::new(),
            fix: None,
        });
        Added::to(self.findings.last_mut().expect("one was just pushed"))
    }
}
