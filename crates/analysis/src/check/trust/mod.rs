//! Who may use a role or a resource: trust policies and resource policies.

mod cross_account;
mod oidc;
mod public;
mod saml_audience;
mod whole_account;

use super::Check;

/// The checks of this room.
pub(super) static CHECKS: &[&Check] = &[
    &cross_account::EXTERNAL_ACCESS,
    &cross_account::WITHOUT_EXTERNAL_ID,
    &oidc::AUDIENCE,
    &oidc::SUBJECT_MISSING,
    &oidc::SUBJECT_TOO_WIDE,
    &public::PUBLIC_ACCESS,
    &public::TRUST_ANYONE,
    &saml_audience::CHECK,
    &whole_account::CHECK,
];
