//! Whether a document is right: what IAM Access Analyzer's policy validation reports, judged by today's rules and our
//! catalogue.
//!
//! One file for each family of checks, one row for each code. The page that has them all, read 2026-11-21:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>. Texts that are not
//! known before they are deployed are never taken for malformed.

mod actions;
mod addresses;
mod arns;
mod documents;
mod elements;
mod empty;
mod idents;
mod key_actions;
mod keys;
mod known;
mod notes;
mod oidc;
mod operators;
mod organization;
mod principals;
mod redundant;
mod regions;
mod resource_policies;
mod roles;
mod service_principals;
mod sids;
mod trust;
mod union;
mod unsupported;
mod values;
mod variables;
mod wildcards;

use super::{Check, Facts, Subject};
pub(super) use documents::{LEAST_QUOTA, length};
pub(super) use key_actions::is_never_met;
pub(super) use known::Lookup;
pub(super) use notes::{Note, tell};
pub(super) use roles::passing;

/// The checks of this room, family by family.
static FAMILIES: &[&[Check]] = &[
    actions::CHECKS,
    addresses::CHECKS,
    arns::CHECKS,
    documents::CHECKS,
    elements::CHECKS,
    empty::CHECKS,
    idents::CHECKS,
    key_actions::CHECKS,
    keys::CHECKS,
    oidc::CHECKS,
    operators::CHECKS,
    organization::CHECKS,
    principals::CHECKS,
    redundant::CHECKS,
    regions::CHECKS,
    resource_policies::CHECKS,
    roles::CHECKS,
    service_principals::CHECKS,
    sids::CHECKS,
    trust::CHECKS,
    unsupported::CHECKS,
    values::CHECKS,
    variables::CHECKS,
    wildcards::CHECKS,
];

/// What families note, each for all its codes.
static NOTED: &[for<'a> fn(&Subject<'a>, &Facts<'_>, &mut notes::Notes<'a>)] = &[
    addresses::note,
    arns::note,
    idents::note,
    key_actions::note,
    keys::note,
    oidc::note,
    operators::note,
    organization::note,
    principals::note,
    redundant::note,
    resource_policies::note,
    roles::note,
    service_principals::note,
    trust::note,
    unsupported::note,
    values::note,
    variables::note,
    wildcards::note,
];

/// The checks of this room.
pub(super) fn checks() -> impl Iterator<Item = &'static Check> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

#[cfg(test)]
mod quiet;
