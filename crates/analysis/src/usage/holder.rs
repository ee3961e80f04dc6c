//! Who is seen in logs and has no identity policy that anybody could write: what such a principal may do is said elsewhere.

use leastwise_policy::glob::matches;

/// Why there is no identity policy to write for a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPolicy {
    /// What it is, with its article.
    pub is: &'static str,
    /// Who may change what it is allowed, and where.
    pub way_out: &'static str,
    /// The names of such principals in rows of usage.
    names: &'static str,
}

/// Where the policy of a role has to be changed that IAM lets nobody change itself, in a sentence.
pub fn changed_elsewhere(principal: &str) -> Option<&'static str> {
    // https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
    matches("arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*", principal).then_some(
        "IAM Identity Center makes this role from a permission set, in every account that the set is assigned in, and IAM lets nobody else change it: put the policy into the permission set, once it fits all that these roles are used for",
    )
}

/// Whether the principal of a row of usage has no identity policy of its own in the account of the log.
pub fn no_policy(principal: &str) -> Option<&'static NoPolicy> {
    NO_POLICY.iter().find(|row| matches(row.names, principal))
}

const NO_POLICY: [NoPolicy; 5] = [
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
    NoPolicy {
        is: "a service-linked role",
        way_out: "AWS makes and keeps its policy; nobody else can change it",
        names: "arn:*:role/aws-service-role/*",
    },
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
    NoPolicy {
        is: "the root user, who can have no identity policy",
        way_out: "only policies of the organisation limit it; give its work to roles, and use it for nothing",
        names: "arn:*:iam::*:root",
    },
    // Its session has at most what the user has who called GetFederationToken
    // (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html).
    NoPolicy {
        is: "a federated user, who has no identity policy of its own",
        way_out: "right-size the IAM user that calls sts:GetFederationToken, and the policies that it gives along",
        names: "arn:*:sts::*:federated-user/*",
    },
    // https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
    NoPolicy {
        is: "a user of IAM Identity Center, who has no identity policy in an account",
        way_out: "its permission sets are roles in the accounts (AWSReservedSSO_…): right-size those",
        names: "arn:*:identitystore:::user/*",
    },
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    NoPolicy {
        is: "a caller from another account, whose identity policy is there",
        way_out: "right-size it with the logs and the snapshot of its own account; here, policies on resources let it in",
        names: "account/*",
    },
];
