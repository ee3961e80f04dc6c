//! Google Cloud: what custom roles and the roles that are given let do that leads further than it says, and to whom.

mod basic_role;
mod code_as_account;
mod guardrails;
mod impersonation;
mod keys_and_secrets;
mod project;
mod public_member;
mod set_iam_policy;
mod unknown_permission;
mod unknown_role;
mod wide_member;

use leastwise_catalog::gcp::Gcp;

pub use project::{CustomRole, Grant, Project};

use super::{Check, Finds, Severity};

/// The checks of this room, by code.
pub(super) static CHECKS: &[&Check] = &[
    &basic_role::CHECK,
    &code_as_account::CHECK,
    &guardrails::CHECK,
    &impersonation::CHECK,
    &keys_and_secrets::CHECK,
    &public_member::CHECK,
    &set_iam_policy::CHECK,
    &unknown_permission::CHECK,
    &unknown_role::CHECK,
    &wide_member::CHECK,
];

/// Roles that have a check of their own.
const BASIC: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];

/// Custom roles with one of these permissions, and grants of predefined roles with one.
fn powers(project: &Project, permissions: &[&str], says: &str, fix: &str, finds: &mut Finds<'_>) {
    for role in &project.roles {
        let held: Vec<_> = role.permissions().filter(|(_, one)| permissions.contains(one)).collect();
        let Some((node, first)) = held.first() else { continue };
        let also = held.iter().skip(1).map(|(_, permission)| format!("`{permission}` too"));
        let message = format!("{} {says}: `{first}`", role.thing.name);
        let added = finds.at(&role.thing, node, message).fix(fix);
        also.fold(added, |added, evidence| added.evidence(evidence));
    }
    for grant in &project.grants {
        let Some((node, name)) = grant.role().filter(|(_, name)| !BASIC.contains(name)) else { continue };
        let Some(role) = Gcp::embedded().role(name) else { continue };
        // Service agents are Google's own: it gives them their roles.
        if name.ends_with("erviceAgent") || grant.is_of_no_account() {
            continue;
        }
        let mut held = role.permissions.iter().filter(|one| permissions.contains(&one.as_str()));
        let Some(first) = held.next() else { continue };
        let severity = match (grant.is_wide(), grant.is_conditional()) {
            (true, false) => finds.severity(),
            (true, true) | (false, false) => finds.severity().min(Severity::Medium),
            (false, true) => Severity::Low,
        };
        let message = format!("{} {says} by `{name}`: `{first}`", grant.whom());
        let added = finds.at(&grant.thing, node, message).severity(severity).fix(fix);
        if grant.is_conditional() {
            added.evidence("only under the condition of the binding");
        }
    }
}
