//! Which layers have a say in a request, and how much of one.

use super::decide::Case;
use super::facts;
use super::say::{Said, Voice};
use super::{Layer, OrganizationPath, ResourceSide};

/// What the policy of the resource can say to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResourceSays {
    AllowOrDeny,
    Deny,
    Nothing,
}

impl<'a> Case<'a> {
    /// "SCPs affect only IAM users and roles", "including the root user", not those of the management account and "not
    /// […] any service-linked role":
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>.
    pub(super) fn service_control(&self) -> Option<&'a OrganizationPath> {
        let account = self.caller.account();
        let exempt = |path: &&OrganizationPath| {
            let manages = account.is_some() && path.management_account.as_deref() == account;
            manages || self.caller.is_service_linked() || self.caller.is_outside_iam()
        };
        self.set.service_control.as_ref().filter(|path| !exempt(path))
    }

    /// "RCPs apply to resources for a subset of AWS services", not to those of the management account, and "RCPs do not
    /// apply to calls made by service-linked roles":
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>.
    pub(super) fn resource_control(&self) -> Option<&'a OrganizationPath> {
        // Without the side of the resource it is in the principal's own account.
        let owner = match &self.set.resource {
            Some(side) => Some(side.account.as_str()),
            None => self.caller.account(),
        };
        // "RCPs also do not impact AWS services' ability to assume a service-linked role."
        let is_lent = || self.caller.is_service() && self.question.is_of_service_linked_role();
        let exempt = |path: &&OrganizationPath| {
            let manages = owner.is_some() && path.management_account.as_deref() == owner;
            manages || self.caller.is_service_linked() || is_lent()
        };
        let path = self.set.resource_control.as_ref().filter(|path| !exempt(path));
        path.filter(|_| facts::is_under_resource_control(&self.question.action))
    }

    /// A federated user to whose session no policy was passed is limited by none, and so is allowed nothing but by
    /// resource policies: "the enforcement code checks whether the principal is a role session. […] Otherwise, the
    /// request is implicitly denied".
    pub(super) fn session(&self) -> Option<Voice<'a>> {
        let none_passed = self.caller.federated_user().map(|_| &[][..]);
        self.set.session.as_deref().or(none_passed).map(|documents| Voice::new(Layer::Session, documents))
    }

    pub(super) fn resource_says(&self) -> ResourceSays {
        let action = &*self.question.action;
        // Of a resource that is in nobody's account the policy alone decides.
        let owner = self.set.resource.as_ref().map(|side| &*side.account).filter(|owner| !owner.is_empty());
        if owner.is_some() && facts::is_left_to_grants(action) {
            return ResourceSays::Nothing;
        }
        let crosses = || self.caller.account() != owner && !self.caller.is_outside_iam();
        let in_vain = owner.is_some()
            && (self.crosses_partitions()
                || !facts::is_granted_by_resources(action)
                || !facts::crosses_accounts(action) && crosses());
        match in_vain || self.caller.is_anonymous() && !facts::takes_anonymous(action) {
            true => ResourceSays::Deny,
            false => ResourceSays::AllowOrDeny,
        }
    }

    /// "The root principal in a bucket owner's AWS account can perform the `GetBucketPolicy`, `PutBucketPolicy`, and
    /// `DeleteBucketPolicy` API actions, even if their bucket policy explicitly denies the root principal's access":
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>.
    pub(super) fn is_spared(&self, layer: Layer) -> bool {
        layer == Layer::Resource
            && facts::is_left_to_root(&self.question.action)
            && self.caller.is_root_user()
            && self.set.resource.as_ref().is_some_and(|side| self.is_own(side))
    }

    /// What the identity policies of a caller say who has none: "by default, all requests are implicitly denied with the
    /// exception of the AWS account root user, which has full access".
    pub(super) fn without_identity_policies<S: Said>(&self, layer: Layer) -> Option<S> {
        if layer != Layer::Identity || !(self.caller.is_root() || self.caller.is_anonymous()) {
            return None;
        }
        Some(if self.caller.is_root() { S::free() } else { S::silent(Layer::Identity) })
    }

    /// Whether the resource is in the caller's account.
    pub(super) fn is_own(&self, side: &ResourceSide) -> bool {
        self.caller.account() == Some(&side.account) && !self.crosses_partitions()
    }

    /// "IAM roles and resource-based policies delegate access across accounts only within a single partition":
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html>.
    fn crosses_partitions(&self) -> bool {
        let of_resource = self.question.partition();
        of_resource.is_some() && self.caller.partition().is_some_and(|own| Some(own) != of_resource)
    }

    /// `RestrictPublicBuckets` "restricts access to an access point or bucket with a public policy to only AWS service
    /// principals and authorized users within the bucket owner's account":
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>.
    pub(super) fn is_kept_out(&self) -> bool {
        let Some(side) = &self.set.resource else { return false };
        side.public_access.restrict_public_buckets
            && facts::is_of_buckets(&self.question.action)
            && !self.caller.is_service()
            && self.caller.account() != Some(&side.account)
            && side.policies.iter().any(|document| document.policy.is_public())
    }

    /// "You can also feel confident about using KMS keys in a different AWS account if a grant or IAM policy in your
    /// account allows you to use the KMS key",
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>; "principals specified in the grant
    /// can retire a grant without the `kms:RetireGrant` permission",
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html>.
    pub(super) fn is_trusted(&self, layer: Layer, issuer: Option<&str>) -> bool {
        layer == Layer::Grant
            && (issuer == self.caller.account() || facts::is_left_to_grants(&self.question.action))
    }
}
