//! The `Principal` and `NotPrincipal` elements of resource and trust policies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

/// Whom a statement of a resource or trust policy is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PrincipalBlock {
    /// These.
    Principal(PrincipalSet),
    /// Everybody but these.
    NotPrincipal(PrincipalSet),
}

/// A set of principals as a policy spells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PrincipalSet {
    /// `"*"`: everybody, also without credentials.
    Everyone,
    /// By kind, in the order of the document.
    ByKind(Vec<(PrincipalKind, Vec<String>)>),
}

/// The key under which a principal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// Accounts, users, roles and sessions; `*` for everybody.
    Aws,
    /// SAML and OpenID Connect providers.
    Federated,
    /// AWS services: `lambda.amazonaws.com`.
    Service,
    /// Canonical user ids, in S3 bucket policies.
    CanonicalUser,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: [PrincipalKind; 4] =
        [PrincipalKind::Aws, PrincipalKind::Federated, PrincipalKind::Service, PrincipalKind::CanonicalUser];

    /// The key as IAM spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            PrincipalKind::Aws => "AWS",
            PrincipalKind::Federated => "Federated",
            PrincipalKind::Service => "Service",
            PrincipalKind::CanonicalUser => "CanonicalUser",
        }
    }
}
