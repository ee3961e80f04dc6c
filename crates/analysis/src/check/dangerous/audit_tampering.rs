//! `AUDIT_TAMPERING`: stopping or thinning out the record of what happened.

use super::uses::everywhere;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "AUDIT_TAMPERING",
    "Stops the record of what happened",
    "The trail, the configuration recorder, the detectors and the logs are what shows a break-in or a mistake afterwards. Whoever can switch them off, delete or shorten them can act unseen. A workload needs none of it; keep it with a role that people take on for that purpose, and deny it to everybody else in a service control policy.",
    &["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html"],
)
.mitre(&["T1562.008", "T1070"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["cloudtrail:StopLogging", "cloudtrail:DescribeTrails"], "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "cloudtrail:DescribeTrails", "Resource": "*"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    everywhere(
        holder,
        hits,
        &[Use::Audit],
        |_| true,
        "can stop, delete or thin out the record of what happened",
        "take it out; deny it in a service control policy",
    );
}
