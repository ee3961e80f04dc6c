//! What a document is compared as, and how the evaluator is asked about it.

use crate::aws::evaluate::{OrganizationLevel, OrganizationPath, PolicySet, ResourceSide};
use crate::aws::{DocumentKind, Effect, Named, Policy, PrincipalBlock, PrincipalSet, Statement};

/// What the documents are that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Identity policies, boundaries, session policies: what they allow their principal.
    Identity,
    /// Resource policies: what they allow to whom, were it for them alone.
    Resource,
    /// Trust policies of roles: who may assume the role.
    Trust,
    /// Service control policies: what they leave to be allowed.
    ServiceControl,
    /// Resource control policies: what they leave to be allowed, next to `RCPFullAWSAccess`.
    ResourceControl,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 5] =
        [Kind::Identity, Kind::Resource, Kind::Trust, Kind::ServiceControl, Kind::ResourceControl];

    /// How such a document is read.
    pub const fn document(self) -> DocumentKind {
        match self {
            Kind::Identity => DocumentKind::Identity,
            Kind::Resource => DocumentKind::Resource,
            Kind::Trust => DocumentKind::Trust,
            Kind::ServiceControl => DocumentKind::ServiceControl,
            Kind::ResourceControl => DocumentKind::ResourceControl,
        }
    }

    /// Whether a statement without `Resource` is about the resource that the document hangs on.
    pub(super) const fn is_on_resource(self) -> bool {
        matches!(self, Kind::Resource | Kind::Trust | Kind::ResourceControl)
    }

    /// Whether its statements say whom they are about.
    pub(super) const fn names_principals(self) -> bool {
        matches!(self, Kind::Resource | Kind::Trust | Kind::ResourceControl)
    }

    /// The layers in which only these documents have something to forbid.
    pub(super) fn set(self, policies: &[&Policy]) -> PolicySet {
        let named = policies
            .iter()
            .enumerate()
            .map(|(number, policy)| Named::new(number.to_string(), (*policy).clone()));
        let mut documents: Vec<Named<Policy>> = named.collect();
        let free = PolicySet::of_identity(vec![Named::new("everything", everything())]);
        let path = |documents| {
            Some(OrganizationPath {
                management_account: None,
                levels: vec![OrganizationLevel::new("", documents)],
            })
        };
        match self {
            Kind::Identity => PolicySet::of_identity(documents),
            Kind::ServiceControl => PolicySet { service_control: path(documents), ..free },
            Kind::ResourceControl => {
                documents.push(Named::new("RCPFullAWSAccess", everything_to_everybody()));
                PolicySet { resource_control: path(documents), ..free }
            }
            // The resource is in nobody's account: then the policy must allow, and it alone decides.
            Kind::Resource | Kind::Trust => {
                PolicySet { resource: Some(ResourceSide::new(String::new(), documents)), ..free }
            }
        }
    }

    /// The same under a boundary. Its documents have no number, so that no witness takes them for those compared.
    pub(super) fn set_under(self, policies: &[&Policy], boundary: &[&Policy]) -> PolicySet {
        let named = |policy: &&Policy| Named::new("boundary", (*policy).clone());
        PolicySet { boundary: Some(boundary.iter().map(named).collect()), ..self.set(policies) }
    }

    /// What there is besides the documents that are compared.
    pub(super) fn given(self) -> Option<Policy> {
        (self == Kind::ResourceControl).then(everything_to_everybody)
    }
}

pub(super) fn everything() -> Policy {
    Policy::new(vec![Statement::allow(["*"], ["*"])])
}

fn everything_to_everybody() -> Policy {
    let mut statement = Statement::new(Effect::Allow, ["*"], ["*"]);
    statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
    Policy::new(vec![statement])
}
