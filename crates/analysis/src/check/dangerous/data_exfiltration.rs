//! `DATA_EXFILTRATION`: reading stored data, or handing it out, anywhere.

use super::uses::everywhere;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::Medium,
    "DATA_EXFILTRATION",
    "Reads all stored data",
    "These actions read what is stored, or hand a copy of it to others, without saying of which bucket, table or snapshot. Whoever takes over the workload takes all data with it, and nothing in the log tells its own reading from that.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"],
)
.mitre(&["T1530", "T1537"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    everywhere(
        holder,
        hits,
        &[Use::Data],
        |_| true,
        "reads stored data, or hands it out, wherever it is",
        "name the buckets, tables or secrets that are needed",
    );
}
