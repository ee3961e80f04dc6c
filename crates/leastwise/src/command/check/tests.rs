//! What the tests of the outputs have in common.

use leastwise_analysis::check::{Class, Finding, Severity};
use leastwise_analysis::source::Place;
use leastwise_catalog::Catalog;

use super::outcome::{Judged, Outcome};

/// A finding.
pub fn finding() -> Finding {
    Finding {
        file: "policies/agent.json".into(),
        at: Place { line: 3, column: 5 },
        code: "INVALID_ACTION",
        pointer: "/Statement/0/Action/0".to_owned(),
        subject: "arn:aws:iam::111122223333:policy/agent".to_owned(),
        message: "the service `s3` has no action `GetObjekt`".to_owned(),
        severity: Severity::High,
        class: Class::Error,
        evidence: vec!["a request".to_owned()],
        fix: Some("did you mean `s3:GetObject`?".to_owned()),
    }
}

/// A run that found these, and fails at high.
pub fn outcome(mut findings: Vec<Finding>) -> Outcome<'static> {
    findings.sort();
    let mut files: Vec<_> = findings.iter().map(|finding| finding.file.clone()).collect();
    files.dedup();
    Outcome {
        judged: Judged::all(findings),
        documents: files.len(),
        files,
        left_alone: 0,
        principals: 0,
        stale: Vec::new(),
        has_baseline: false,
        against: None,
        fail_on: Some(Severity::High),
        allow_unreadable: false,
        catalog: Catalog::embedded(),
    }
}

#[test]
fn what_cannot_be_read_beats_what_was_found() {
    let mut unread = finding();
    unread.class = Class::Unreadable;
    let mut outcome = outcome(vec![finding(), unread]);
    assert_eq!(outcome.exit_code(), 3);
    outcome.allow_unreadable = true;
    assert_eq!(outcome.exit_code(), 1);
    outcome.fail_on = None;
    assert_eq!(outcome.exit_code(), 0);
}
