//! `AZURE_WIDE_SCOPE`: assignable everywhere.

use super::directory::Directory;
use super::scope_of;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};
use crate::source::Node;

pub(super) static CHECK: Check = Check {
    code: "AZURE_WIDE_SCOPE",
    title: "Assignable everywhere",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &[],
    about: "A custom role that changes things can be assigned in a management group or a whole subscription. Whoever assigns roles there can hand it out for everything below. Name the resource groups.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "Microsoft.Compute/virtualMachines/write"
  ],
  "NotActions": [],
  "DataActions": [],
  "NotDataActions": [],
  "AssignableScopes": [
    "/subscriptions/00000000-0000-0000-0000-000000000000"
  ]
}
"#,
    ),
    good: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "Microsoft.Compute/virtualMachines/write"
  ],
  "NotActions": [],
  "DataActions": [],
  "NotDataActions": [],
  "AssignableScopes": [
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop"
  ]
}
"#,
    ),
    references: &[
        "https://learn.microsoft.com/en-us/azure/role-based-access-control/custom-roles#custom-role-limits",
    ],
    rule: Rule::Azure(rule),
};

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    for role in directory.roles.iter().filter(|role| !role.is_built_in) {
        let parts = role.parts();
        let mut operations = parts.iter().flat_map(|part| part.actions.iter().chain(part.data_actions));
        let changes = operations.any(|node: &Node| node.text().is_some_and(|one| !one.ends_with("/read")));
        if !changes {
            continue;
        }
        for (node, scope) in role.scopes().iter().filter_map(|node| Some((node, node.text()?))) {
            let Some((severity, what)) = scope_of(scope) else { continue };
            finds
                .at(&role.thing, node, format!("{} can be assigned on {what}", role.thing.name))
                .severity(severity)
                .fix("name the resource groups");
        }
    }
}
