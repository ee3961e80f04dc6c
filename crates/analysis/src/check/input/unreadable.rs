//! `UNREADABLE`: a file, or a document in it, that cannot be read.

use crate::check::{Check, Class, Example, Rule, Severity};

pub(in crate::check) static CHECK: Check = Check {
    code: "UNREADABLE",
    title: "Input that cannot be read",
    class: Class::Unreadable,
    severity: Severity::High,
    mitre: &[],
    about: "The file, or a document in it, is of no format that is known, or is broken at the place that the finding \
            names; or a snapshot lacks a policy that somebody has, a boundary, a group or a page, or says two things of \
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
    rule: Rule::Elsewhere,
};
