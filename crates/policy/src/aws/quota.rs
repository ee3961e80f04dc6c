//! How long policies may be, and how many of them.
//!
//! IAM counts characters without white space:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.

use super::Policy;

/// A place a policy can live in, with the number of characters it may have there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quota {
    /// A customer managed policy.
    ManagedPolicy,
    /// All inline policies of a role together.
    InlineRole,
    /// All inline policies of a user together.
    InlineUser,
    /// All inline policies of a group together.
    InlineGroup,
    /// A role's trust policy (the default; it can be raised to 4,096).
    TrustPolicy,
    /// A service control policy.
    ServiceControlPolicy,
    /// A resource control policy.
    ResourceControlPolicy,
    /// A session policy in plain text.
    SessionPolicy,
}

/// Managed policies that may be attached to one role (the default; it can be raised).
pub const MANAGED_PER_ROLE: usize = 10;
/// Managed policies that may be attached to one user (the default; it can be raised to 20).
pub const MANAGED_PER_USER: usize = 10;
/// Managed policies that may be attached to one group.
pub const MANAGED_PER_GROUP: usize = 10;

impl Quota {
    /// Characters allowed, white space not counted.
    pub const fn characters(self) -> usize {
        match self {
            Quota::ManagedPolicy => 6_144,
            Quota::InlineRole => 10_240,
            Quota::InlineUser | Quota::TrustPolicy | Quota::SessionPolicy => 2_048,
            Quota::InlineGroup | Quota::ResourceControlPolicy => 5_120,
            Quota::ServiceControlPolicy => 10_240,
        }
    }

    /// Whether these policies fit, each for itself or together as the place counts.
    pub fn holds(self, policies: &[Policy]) -> bool {
        let mut lengths = policies.iter().map(Policy::quota_len);
        match self {
            Quota::InlineRole | Quota::InlineUser | Quota::InlineGroup => {
                lengths.sum::<usize>() <= self.characters()
            }
            _ => lengths.all(|length| length <= self.characters()),
        }
    }
}
