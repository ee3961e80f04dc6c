//! Everything that has a say in a request: the layers of AWS's evaluation logic with their documents.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>.
//! A layer that does not exist has no say; one that exists and has no documents allows nothing.

use crate::aws::{IssuedGrants, Named, Policy, PublicAccessBlock};

/// Everything that has a say in a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicySet {
    /// The principal's identity policies: attached, inline, through groups.
    pub identity: Vec<Named<Policy>>,
    /// The permissions boundary, when the principal has one. An empty one allows nothing.
    pub boundary: Option<Vec<Named<Policy>>>,
    /// The policies passed when the session was made, inline and managed together. None when none was passed.
    pub session: Option<Vec<Named<Policy>>>,
    /// The service control policies over the *principal's* account. None when its organisation has none.
    pub service_control: Option<OrganizationPath>,
    /// The resource control policies over the *resource's* account. None when its organisation has none.
    pub resource_control: Option<OrganizationPath>,
    /// The resource with the policies on it. None when it is in the principal's own account and has no policy.
    pub resource: Option<ResourceSide>,
    /// The policy of the VPC endpoint through which the request comes, when it comes through one.
    pub endpoint: Option<Vec<Named<Policy>>>,
}

/// Where an account stands in its organisation, with the policies of one type on the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationPath {
    /// The 12 digits of the organisation's management account, on which its policies have no effect.
    pub management_account: Option<String>,
    /// The root, each organisational unit and the account itself. Each must allow; a path without levels is not
    /// known, and nothing is allowed.
    pub levels: Vec<OrganizationLevel>,
}

/// The root, an organisational unit or an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationLevel {
    /// Its name or identifier: `r-examplerootid111`, `ou-examplerootid111-exampleouid111`, `111122223333`.
    pub name: String,
    /// The policies attached to it.
    pub policies: Vec<Named<Policy>>,
}

/// The side of the resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceSide {
    /// The 12 digits of the account that owns the resource; an ARN does not always tell.
    pub account: String,
    /// The resource-based policies on it: bucket policy, key policy, the trust policy of a role. None when it has
    /// none.
    pub policies: Vec<Named<Policy>>,
    /// Of a KMS key: its grants, by the accounts that issued them.
    pub grants: Vec<IssuedGrants>,
    /// Of an S3 bucket: the settings of its public access block together with those of its account.
    pub public_access: PublicAccessBlock,
}

/// Which say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// The principal's identity policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The session policies.
    Session,
    /// The service control policies of one level of the organisation.
    ServiceControl,
    /// The resource control policies of one level of the organisation.
    ResourceControl,
    /// The resource-based policies.
    Resource,
    /// The policy of the VPC endpoint.
    Endpoint,
    /// The grants of a KMS key that one account issued.
    Grant,
    /// The public access block of an S3 bucket, where it keeps the caller out.
    PublicAccess,
}

impl PolicySet {
    /// The documents of every layer, whether it has a say or not.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Named<Policy>> {
        let levels = self.service_control.iter().chain(&self.resource_control).flat_map(|path| &path.levels);
        let limits = self.boundary.iter().chain(&self.session).chain(&self.endpoint).flatten();
        let resource = self.resource.iter().flat_map(|side| &side.policies);
        let grants = self.resource.iter().flat_map(|side| &side.grants).flat_map(|issued| &issued.grants);
        let organization = levels.flat_map(|level| &level.policies);
        self.identity.iter().chain(limits).chain(resource).chain(grants).chain(organization)
    }

    /// Identity policies and nothing else.
    pub fn of_identity(identity: Vec<Named<Policy>>) -> PolicySet {
        PolicySet { identity, ..PolicySet::default() }
    }
}

impl ResourceSide {
    /// A resource of this account with these policies on it.
    pub fn new(account: impl Into<String>, policies: Vec<Named<Policy>>) -> ResourceSide {
        ResourceSide { account: account.into(), policies, ..ResourceSide::default() }
    }
}

impl OrganizationLevel {
    /// The level `name` with these policies attached.
    pub fn new(name: impl Into<String>, policies: Vec<Named<Policy>>) -> OrganizationLevel {
        OrganizationLevel { name: name.into(), policies }
    }
}

impl Layer {
    /// How people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Layer::Identity => "identity policies",
            Layer::Boundary => "permissions boundary",
            Layer::Session => "session policies",
            Layer::ServiceControl => "service control policies",
            Layer::ResourceControl => "resource control policies",
            Layer::Resource => "resource-based policy",
            Layer::Endpoint => "VPC endpoint policy",
            Layer::Grant => "KMS grants",
            Layer::PublicAccess => "S3 block public access",
        }
    }
}
