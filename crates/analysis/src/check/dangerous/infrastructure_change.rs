//! `INFRASTRUCTURE_CHANGE`: changing infrastructure anywhere.

use super::uses::everywhere;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::Low,
    "INFRASTRUCTURE_CHANGE",
    "Changes anything",
    "These actions create or change resources, and the statement does not say which. Limiting them to names, or by tags, keeps a mistake within the workload that made it. Actions that do not know resources at all are not meant.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html"],
)
.mitre(&["T1578"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "lambda:UpdateFunctionConfiguration", "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "lambda:UpdateFunctionConfiguration", "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:orders-*"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    everywhere(
        holder,
        hits,
        &[Use::Write],
        |action| action.facts.has_resource_level() && !action.facts.destructive,
        "changes resources of any name",
        "name the resources, or limit them by tags",
    );
}
