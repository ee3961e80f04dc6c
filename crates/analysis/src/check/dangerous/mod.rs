//! What a policy really allows that is dangerous. Everything here looks at what is effective (see
//! [`holder`](super::holder)): what a `Deny`, a boundary or a service control policy surely takes away is not found.

mod admin_access;
mod allow_not_action;
mod audit_tampering;
mod backup_destruction;
mod credential_exposure;
mod data_exfiltration;
mod destructive_anywhere;
mod infrastructure_change;
mod permissions_management;
mod resource_exposure;
mod service_admin;
mod uses;
mod wildcard_reach;

use super::Check;
pub(super) use admin_access::{admin_powers, is_told};
pub(super) use uses::listed;

/// The checks of this room.
pub(super) static CHECKS: &[&Check] = &[
    &admin_access::CHECK,
    &allow_not_action::CHECK,
    &audit_tampering::CHECK,
    &backup_destruction::CHECK,
    &credential_exposure::CHECK,
    &data_exfiltration::CHECK,
    &destructive_anywhere::CHECK,
    &infrastructure_change::CHECK,
    &permissions_management::CHECK,
    &resource_exposure::CHECK,
    &service_admin::CHECK,
    &wildcard_reach::DESTRUCTIVE,
    &wildcard_reach::PERMISSIONS,
];
