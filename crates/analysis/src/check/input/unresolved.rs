//! `UNRESOLVED`: what only the deployment knows, or what stands in files that are not there.

use super::unreadable::grants_nothing;
use crate::check::known_part::holds_unknown;
use crate::check::{Check, Class, Example, Facts, Report, Rule, Severity, Subject};
use crate::source::has_hole;

pub(in crate::check) static CHECK: Check = Check {
    code: "UNRESOLVED",
    title: "Value that is not known before deployment",
    class: Class::Unreadable,
    severity: Severity::Info,
    mitre: &[],
    about: "A whole list, statement or document hangs on a variable without a default, on data that is looked up while \
            deploying, or on a function that cannot be worked out from the text; or a module is called that was not \
            installed (`terraform init`); or the file is a template that is not filled in, such as Helm's; or a \
            role gets a policy, a boundary or a group that is not declared in what was read; or a snapshot was taken without its \
            roles. Nothing is checked of it, and nothing found there says nothing. Check the plan \
            (`terraform show -json`) or the account's snapshot, which know the values. It does not fail a run.",
    bad: Example::file(
        "main.tf",
        r#"variable "actions" {
  type = list(string)
}

data "aws_iam_policy_document" "agent" {
  statement {
    actions   = var.actions
    resources = ["arn:aws:s3:::reports/*"]
  }
}"#,
    ),
    good: Example::file(
        "main.tf",
        r#"variable "actions" {
  type    = list(string)
  default = ["s3:GetObject"]
}

data "aws_iam_policy_document" "agent" {
  statement {
    actions   = var.actions
    resources = ["arn:aws:s3:::reports/*"]
  }
}"#,
    ),
    references: &["https://developer.hashicorp.com/terraform/internals/json-format"],
    // What is not known as a whole is told where it is read.
    rule: Rule::Document(rule),
};

/// Actions of which a part is not known, and statements that cannot be understood for such a part.
fn rule(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.is_as_written() {
        return;
    }
    for (statement, reason) in subject.document.refused() {
        if has_hole(&reason) && !holds_unknown(statement) && !grants_nothing(statement) {
            report.at(
                statement,
                format!("{reason}; that is not known before it is deployed, so nothing is checked of it"),
            );
        }
    }
    for (view, _) in subject.understood() {
        for action in view.actions.iter().filter(|action| has_hole(action.text)) {
            let what = action.text;
            report.at(
                action.node,
                format!("`{what}` is not known before it is deployed, so nothing is checked of it"),
            );
        }
    }
}
