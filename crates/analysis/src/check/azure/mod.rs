//! Azure: what role definitions let do that leads further than it says, and where powerful roles are assigned.
//!
//! Roles that Microsoft made are not judged for what they allow: nobody here can change them.

mod all_actions;
mod all_data;
mod authorization_write;
mod data_secrets;
mod directory;
mod elevate_access;
mod keys;
mod privileged_assignment;
mod run_as;
mod table;
mod unknown_operation;
mod wide_scope;

pub use directory::{Assignment, Definition, Directory, Part};

pub(crate) use directory::properties;

use leastwise_catalog::azure::Plane;

use super::{Check, Finds, Severity};
use crate::source::Node;

/// The checks of this room, by code.
pub(super) static CHECKS: &[&Check] = &[
    &all_actions::CHECK,
    &all_data::CHECK,
    &authorization_write::CHECK,
    &data_secrets::CHECK,
    &elevate_access::CHECK,
    &keys::CHECK,
    &privileged_assignment::CHECK,
    &run_as::CHECK,
    &unknown_operation::CHECK,
    &wide_scope::CHECK,
];

/// Roles that allow one of these operations by something less than `*`, which has a check of its own.
fn reaches<'o>(
    directory: &Directory,
    operations: impl IntoIterator<Item = &'o str>,
    says: &str,
    fix: &str,
    finds: &mut Finds<'_>,
) {
    reaches_in(Plane::Control, directory, operations, says, fix, finds);
}

/// The same of operations of one plane.
fn reaches_in<'o>(
    plane: Plane,
    directory: &Directory,
    operations: impl IntoIterator<Item = &'o str>,
    says: &str,
    fix: &str,
    finds: &mut Finds<'_>,
) {
    let operations: Vec<&str> = operations.into_iter().collect();
    for role in directory.roles.iter().filter(|role| !role.is_built_in) {
        let mut told: Vec<&Node> = Vec::new();
        for part in role.parts() {
            for operation in &operations {
                let found = match plane {
                    Plane::Control => part.allows(operation),
                    Plane::Data => part.allows_data(operation),
                };
                let Some(node) = found else { continue };
                if node.text() == Some("*") || told.iter().any(|earlier| std::ptr::eq(*earlier, node)) {
                    continue;
                }
                told.push(node);
                let pattern = node.text().unwrap_or_default();
                let added =
                    finds.at(&role.thing, node, format!("{} {says}: `{pattern}`", role.thing.name)).fix(fix);
                if pattern.contains('*') {
                    added.evidence(format!("it allows `{operation}`"));
                }
            }
        }
    }
}

/// How bad it is that something holds on a scope, and what that scope is; none for a resource group or less.
fn scope_of(scope: &str) -> Option<(Severity, String)> {
    let steps: Vec<&str> = scope.split('/').filter(|step| !step.is_empty()).collect();
    let is = |step: &str, wanted: &str| step.eq_ignore_ascii_case(wanted);
    match &steps[..] {
        [] if scope == "/" => Some((Severity::High, "everything (`/`)".to_owned())),
        [subscriptions, _] if is(subscriptions, "subscriptions") => {
            Some((Severity::Medium, format!("the subscription `{scope}`")))
        }
        [providers, provider, groups, name]
            if is(providers, "providers")
                && is(provider, "Microsoft.Management")
                && is(groups, "managementGroups") =>
        {
            Some((Severity::High, format!("the management group `{name}`")))
        }
        _ => None,
    }
}

#[cfg(test)]
fn found(file: &str, text: &str) -> Vec<String> {
    use crate::check::{Facts, SourceFile, read, run};
    let estate = read(&[SourceFile::named(file, text)]);
    let findings = run(&estate, &Facts::new(leastwise_catalog::Catalog::embedded()));
    findings.iter().map(|finding| format!("{} {}", finding.severity, finding.code)).collect()
}
