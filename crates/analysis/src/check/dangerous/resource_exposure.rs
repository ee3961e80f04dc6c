//! `RESOURCE_EXPOSURE`: opening resources to others.

use leastwise_catalog::Action;

use super::permissions_management::IDENTITIES;
use super::uses::everywhere;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "RESOURCE_EXPOSURE",
    "Opens resources to others",
    "These actions change the policies, access lists or shares of resources, on every one of them: a bucket, a queue, a key or a snapshot can be handed to another account, or to everybody, without a look at this account's identities.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html"],
)
.mitre(&["T1537"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:PutBucketPolicy", "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::reports"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    everywhere(
        holder,
        hits,
        &[Use::Permissions, Use::Share],
        is_about_resources,
        "can open resources to others",
        "name the resources whose policies may be changed",
    );
}

fn is_about_resources(action: &Action<'_>) -> bool {
    !IDENTITIES.contains(&&*action.service.prefix)
}
