//! `PERMISSIONS_MANAGEMENT`: changing who may do what in the account.

use leastwise_catalog::Action;

use super::uses::everywhere;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::High,
    "PERMISSIONS_MANAGEMENT",
    "Changes who may do what",
    "These actions change users, roles, groups, policies or the organisation, on every one of them. Whoever can do that can give itself the rest: what else the policy says no longer limits it. A workload that must make roles does it under a path of its own, with a permissions boundary that it must attach and cannot remove.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"],
)
.mitre(&["T1098.003"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["iam:AttachRolePolicy", "iam:PutRolePolicy"], "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["iam:GetRole", "iam:ListRoles"], "Resource": "*"}
}"#,
))
.held(rule);

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    everywhere(
        holder,
        hits,
        &[Use::Permissions],
        is_about_identities,
        "changes who may do what in the account",
        "limit it to a path, and ask for a boundary with `iam:PermissionsBoundary`",
    );
}

/// Services whose permissions are those of the account itself.
pub(super) const IDENTITIES: [&str; 7] =
    ["iam", "organizations", "account", "sso", "sso-directory", "identitystore", "rolesanywhere"];

fn is_about_identities(action: &Action<'_>) -> bool {
    IDENTITIES.contains(&&*action.service.prefix)
}
