//! `NEW_ACCESS`: a document, or a principal, that allows what it did not allow before.

use crate::check::{Check, Class, Example, Rule, Severity};

/// The check.
pub static CHECK: Check = Check {
    code: "NEW_ACCESS",
    title: "Access that was not there before",
    class: Class::NewAccess,
    severity: Severity::High,
    mitre: &["T1098"],
    about: "With `--new-access-against`, both states are compared over every request that there is, and the new one \
            allows one that the old one did not. The finding shows such a request and stands at the statement that \
            allows it. A document that is new counts from nothing; one that was only moved or renamed is not new. That \
            something is new does not say that it is wrong: somebody should look at it before it is merged.\n\nOf \
            Kubernetes, Google Cloud and Azure, what roles allow and who is given them are compared in the same way.\n\nWhere \
            the comparison was given up, the finding says so and why: whether there is new access is then not known.",
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:DeleteObject"],
    "Resource": "arn:aws:s3:::reports/*"
  }
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/2026/*"}
}"#,
    ),
    references: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html",
        "https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html",
    ],
    rule: Rule::Elsewhere,
};
