//! The settings of S3's public access block, and which bucket policies are public.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>, "The meaning of
//! public": a policy is public unless each `Allow` "grants access only to fixed values (values that don't contain a
//! wildcard or a policy variable)" of certain things. In doubt it is public, which speaks against the caller.

use super::{
    Comparison, Condition, Effect, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, SetOperator,
    Statement,
};
use std::net::IpAddr;

/// The four settings, of a bucket or of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PublicAccessBlock {
    /// Calls that set a public access control list fail.
    pub block_public_acls: bool,
    /// Public access control lists have no effect.
    pub ignore_public_acls: bool,
    /// Calls that set a public policy fail.
    pub block_public_policy: bool,
    /// A bucket with a public policy is for AWS services and the account that owns it.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// "Amazon S3 applies the most restrictive combination of the access point, bucket, and account settings."
    #[must_use]
    pub const fn and(self, other: PublicAccessBlock) -> PublicAccessBlock {
        PublicAccessBlock {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }
}

impl Policy {
    /// Whether S3 takes this bucket policy as public.
    pub fn is_public(&self) -> bool {
        self.statements.iter().any(Statement::is_public)
    }
}

impl Statement {
    /// Whether the statement makes the bucket policy that it stands in public.
    pub fn is_public(&self) -> bool {
        let fixed = match &self.principal {
            Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) => {
                let is_fixed = |kind: PrincipalKind, name: &String| {
                    !is_wild(name)
                        && matches!(
                            kind,
                            PrincipalKind::Aws | PrincipalKind::Service | PrincipalKind::CanonicalUser
                        )
                };
                kinds.iter().all(|(kind, names)| names.iter().all(|name| is_fixed(*kind, name)))
            }
            _ => false,
        };
        self.effect == Effect::Allow && !fixed && !self.condition.iter().any(is_limit)
    }
}

/// What access control lists allow is told by a statement with this key, which is none of the policy's.
const OF_ACCESS_CONTROL_LISTS: &str = "leastwise:allowedbyacl";

/// The keys whose values may be fixed; `aws:PrincipalOrgID` stands on the page as an example for "an AWS principal,
/// user, role, or service principal".
const FIXED: [&str; 11] = [
    "aws:principalorgid",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Whether the condition leaves nothing but fixed values; it must not hold without its key.
fn is_limit(condition: &Condition) -> bool {
    let operator = condition.operator;
    if operator.if_exists || operator.set == Some(SetOperator::ForAllValues) {
        return false;
    }
    let key = condition.key.to_ascii_lowercase();
    let mut values = condition.values.iter();
    match operator.base {
        Comparison::IpAddress => key == "aws:sourceip" && values.all(|value| is_narrow(value)),
        Comparison::StringEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringLike
        | Comparison::ArnEquals
        | Comparison::ArnLike => match key.as_str() {
            "s3:dataaccesspointarn" => values.all(|value| is_of_one_account(value)),
            OF_ACCESS_CONTROL_LISTS => true,
            key => FIXED.contains(&key) && values.all(|value| !is_wild(value)),
        },
        _ => false,
    }
}

fn is_wild(value: &str) -> bool {
    value.contains(['*', '?']) || value.contains("${")
}

/// "Values broader than `/8` for IPv4 and `/32` for IPv6" are public.
fn is_narrow(value: &str) -> bool {
    let (address, bits) = match value.trim().split_once('/') {
        Some((address, bits)) => (address, bits.parse().ok()),
        None => (value.trim(), Some(128)),
    };
    match (address.parse(), bits) {
        (Ok(IpAddr::V4(_)), Some(bits)) => bits >= 8_u32,
        (Ok(IpAddr::V6(_)), Some(bits)) => bits >= 32,
        _ => false,
    }
}

/// "This value can contain a wildcard for the access point name without rendering the policy public, as long as the
/// account ID is fixed."
fn is_of_one_account(value: &str) -> bool {
    match value.rsplit_once(":accesspoint/") {
        Some((before, name)) => !is_wild(before) && !name.contains("${"),
        None => !is_wild(value),
    }
}
