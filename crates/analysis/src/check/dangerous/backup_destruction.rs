//! `BACKUP_DESTRUCTION`: removing the copies from which things could be brought back.

use super::uses::everywhere;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "BACKUP_DESTRUCTION",
    "Removes backups",
    "Backups, snapshots and old versions are what is left when everything else was deleted. Whoever can delete data and its backups can make a loss final, which is what ransomware does first. Keep the two apart: a vault lock, another account, or a role that no workload holds.",
    &["https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html"],
)
.mitre(&["T1490"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["rds:DeleteDBSnapshot", "rds:DescribeDBSnapshots"], "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["rds:CreateDBSnapshot", "rds:DescribeDBSnapshots"], "Resource": "*"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    everywhere(
        holder,
        hits,
        &[Use::Backups],
        |_| true,
        "can remove backups, or what keeps them",
        "take it out, or name the backups that may be removed",
    );
}
