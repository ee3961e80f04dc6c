//! `INVALID_ACTION`: an action that the service does not have.

use crate::check::{Check, Class, Example, Facts, Report, Rule, Severity, Subject};
use crate::source::has_hole;

pub(super) static CHECK: Check = Check {
    code: "INVALID_ACTION",
    title: "Invalid action",
    class: Class::Error,
    severity: Severity::Medium,
    mitre: &[],
    about: "The statement names an action that the service does not have, so it has no effect: in an `Allow` something \
            that is needed may be missing, in a `Deny` something may be open that was meant to be shut.",
    bad: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::reports/*"}
}"#,
    ),
    good: Example::identity(
        r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
}"#,
    ),
    references: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ],
    rule: Rule::Document(rule),
};

fn rule(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        for action in &statement.actions {
            let (node, action) = (action.node, action.text);
            let Some((prefix, name)) = action.split_once(':') else { continue };
            if has_hole(action) || prefix.contains(['*', '?']) {
                continue;
            }
            let known = facts.catalog.service(prefix).is_none() || !facts.catalog.expand(action).is_empty();
            if known || name == "*" {
                continue;
            }
            let added = report.at(node, format!("the service `{prefix}` has no action `{name}`"));
            if let Some(near) = facts.catalog.suggest(action).first() {
                added.fix(format!("did you mean `{near}`?"));
            }
        }
    }
}
