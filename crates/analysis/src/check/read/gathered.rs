//! What the formats have read so far, and how it becomes an [`Estate`].

use std::sync::Arc;

use super::SourceFile;
use super::text::BEGIN;
use crate::check::input::{UNREADABLE, UNRESOLVED};
use crate::check::{Class, Document, Estate, Finding, Severity};
use crate::source::{Place, shown};

/// What was read so far.
#[derive(Debug, Default)]
pub(in crate::check) struct Gathered {
    pub(super) estate: Estate,
}

impl Gathered {
    /// A policy document.
    pub(super) fn document(&mut self, document: Document) {
        self.estate.add(document);
    }

    /// Something that cannot be read, at its place.
    pub(super) fn unreadable(
        &mut self,
        file: &Arc<str>,
        at: Place,
        pointer: impl Into<String>,
        reason: impl Into<String>,
    ) {
        self.unreadable_as(UNREADABLE.code, file, at, pointer.into(), reason.into());
    }

    /// A part whose value is not known before it is deployed, so that silence about it is not taken for clean.
    #[expect(dead_code, reason = "the formats that have variables are being written")]
    pub(super) fn unresolved(&mut self, file: &Arc<str>, at: Place, subject: &str, what: &str) {
        let message =
            format!("`{}` is not known before it is deployed, so nothing is checked of it", shown(what));
        self.estate.unreadable.push(Finding {
            file: file.clone(),
            at,
            code: UNRESOLVED.code,
            pointer: String::new(),
            subject: subject.to_owned(),
            message,
            severity: UNRESOLVED.severity,
            class: UNRESOLVED.class,
            evidence: Vec::new(),
            fix: None,
        });
    }

    pub(super) fn not_json(&mut self, file: &SourceFile, at: Place, pointer: &str, reason: &str) {
        // The code is IAM Access Analyzer's.
        let reason = format!("not JSON: {reason}");
        self.unreadable_as("JSON_SYNTAX_ERROR", &file.name, at, pointer.to_owned(), reason);
    }

    pub(super) fn unknown_format(&mut self, file: &SourceFile) {
        let reason = "of no format that is known; `leastwise check --help` lists them";
        self.unreadable(&file.name, BEGIN, "", reason);
    }

    fn unreadable_as(
        &mut self,
        code: &'static str,
        file: &Arc<str>,
        at: Place,
        pointer: String,
        reason: String,
    ) {
        self.estate.unreadable.push(Finding {
            file: file.clone(),
            at,
            code,
            pointer,
            subject: file.to_string(),
            message: shown(&reason),
            severity: Severity::High,
            class: Class::Unreadable,
            evidence: Vec::new(),
            fix: None,
        });
    }

    pub(super) fn finish(self) -> Estate {
        self.estate
    }
}
