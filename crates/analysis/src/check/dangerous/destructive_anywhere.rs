//! `DESTRUCTIVE_ANYWHERE`: what cannot be undone, anywhere.

use super::uses::everywhere;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "DESTRUCTIVE_ANYWHERE",
    "Removes anything for good",
    "These actions remove or overwrite what their inverse cannot bring back, and the statement does not say of which resources: one wrong call, or one injected instruction, and production is gone. Name the resources that the workload made itself, or ask for approval.",
    &["https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html"],
)
.mitre(&["T1485"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["rds:DeleteDBInstance", "rds:DescribeDBInstances"], "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "rds:DeleteDBInstance", "Resource": "arn:aws:rds:eu-west-1:111122223333:db:scratch-*"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    everywhere(
        holder,
        hits,
        &[Use::Destructive],
        |_| true,
        "can remove for good, wherever it is",
        "name the resources that may be removed, or take it out",
    );
}
