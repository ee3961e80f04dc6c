//! Where rules put what they find.

use super::{Check, Document, Finding, Severity};
use crate::source::{Node, Place, shown};

/// The findings of one check in one document.
#[derive(Debug)]
pub struct Report<'a> {
    check: &'static Check,
    document: &'a Document,
    findings: &'a mut Vec<Finding>,
}

/// A finding that can still be added to.
#[derive(Debug)]
pub struct Added<'a>(&'a mut Finding);

impl<'a> Report<'a> {
    pub(super) fn new(
        check: &'static Check,
        document: &'a Document,
        findings: &'a mut Vec<Finding>,
    ) -> Report<'a> {
        Report { check, document, findings }
    }

    /// The code of the check that reports.
    pub(super) fn code(&self) -> &'static str {
        self.check.code
    }

    /// A finding at `node`, which belongs to the document. The message is lower case, without a full stop, the user's
    /// own text in backticks.
    pub fn at(&mut self, node: &Node, message: impl Into<String>) -> Added<'_> {
        self.add(node.at, self.document.root.pointer_of(node), message.into())
    }

    /// A finding at the key of an entry, or anywhere else that is no value; `node` is what the pointer names.
    pub fn at_place(&mut self, at: Place, node: &Node, message: impl Into<String>) -> Added<'_> {
        self.add(at, self.document.root.pointer_of(node), message.into())
    }

    fn add(&mut self, at: Place, pointer: Option<String>, message: String) -> Added<'_> {
        let pointer = format!("{}{}", self.document.pointer, pointer.unwrap_or_default());
        self.findings.push(Finding {
            file: self.document.file.clone(),
            at,
            code: self.check.code,
            pointer,
            subject: self.document.name.clone(),
            message: shown(&message),
            severity: self.check.severity,
            class: self.check.class,
            evidence: Vec::new(),
            fix: None,
        });
        Added(self.findings.last_mut().expect("one was just pushed"))
    }
}

impl<'a> Added<'a> {
    pub(super) fn to(finding: &'a mut Finding) -> Added<'a> {
        Added(finding)
    }

    /// What to do about it.
    pub fn fix(self, text: impl Into<String>) -> Self {
        self.0.fix = Some(shown(&text.into()));
        self
    }

    /// What shows it.
    pub fn evidence(self, text: impl Into<String>) -> Self {
        self.0.evidence.push(shown(&text.into()));
        self
    }

    /// How bad this one is, when it differs from the check's own.
    pub fn severity(self, severity: Severity) -> Self {
        self.0.severity = severity;
        self
    }
}
