//! `UNREADABLE`: a file, or a document in it, that cannot be read.

use crate::check::known_part::holds_unknown;
use crate::check::{Check, Class, Example, Facts, Report, Rule, Severity, Subject};
use crate::source::{Node, Value, has_hole};

pub(in crate::check) static CHECK: Check = Check {
    code: "UNREADABLE",
    title: "Input that cannot be read",
    class: Class::Unreadable,
    severity: Severity::High,
    mitre: &[],
    about: "The file, or a document in it, is of no format that is known, or is broken at the place that the finding \
            names; or a statement that perhaps allows is written as IAM's grammar does not have it; or a snapshot lacks a policy that somebody has, a boundary, a group or a page, or says two things of \
            one principal. Nothing of that was checked, so that nothing was found in it says nothing. The other files are \
            checked all the same; the exit code is 3 unless `--allow-unreadable` is given.",
    bad: Example::file("policy.json", r#"{"Version": "2012-10-17", "Statement": 1}"#),
    good: Example::file(
        "policy.json",
        r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
}"#,
    ),
    references: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"],
    // What cannot be read at all is told where it is read.
    rule: Rule::Document(rule),
};

/// A statement that perhaps allows and cannot be understood is in no finding about what is allowed.
fn rule(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.is_whole() {
        return;
    }
    for (statement, reason) in subject.document.refused() {
        // What is not known before it is deployed is told as that.
        if denies(statement) || grants_nothing(statement) || has_hole(&reason) || holds_unknown(statement) {
            continue;
        }
        report
            .at(
                statement,
                format!(
                    "the statement cannot be understood, so nothing that it allows is looked at: {reason}"
                ),
            )
            .fix("write it as IAM's grammar has it; AWS refuses it as it stands");
    }
}

fn denies(statement: &Node) -> bool {
    statement.get("Effect").and_then(Node::text) == Some("Deny")
}

/// IAM takes empty lists; nothing is allowed then.
pub(super) fn grants_nothing(statement: &Node) -> bool {
    let is_empty = |node: &Node| matches!(&node.value, Value::List(items) if items.is_empty());
    ["Action", "Resource", "Principal"].iter().filter_map(|key| statement.get(key)).any(is_empty)
}
