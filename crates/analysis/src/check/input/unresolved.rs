//! `UNRESOLVED`: what only the deployment knows, or what stands in files that are not there.

use crate::check::{Check, Class, Example, Rule, Severity};

pub(in crate::check) static CHECK: Check = Check {
    code: "UNRESOLVED",
    title: "Value that is not known before deployment",
    class: Class::Unreadable,
    severity: Severity::Info,
    mitre: &[],
    about: "A whole list, statement or document hangs on a variable without a default, on data that is looked up while \
            deploying, or on a function that cannot be worked out from the text; or a module is called that was not \
            installed (`terraform init`); or the file is a template that is not filled in, such as Helm's; or a \
            role gets a policy, a boundary or a group that is not declared in what was read. Nothing is checked of it, and nothing found there says nothing. Check the plan \
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
    rule: Rule::Elsewhere,
};
