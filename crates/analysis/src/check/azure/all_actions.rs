//! `AZURE_ALL_ACTIONS`: every operation.

use super::directory::Directory;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_ALL_ACTIONS",
    title: "Every operation",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1098.003"],
    about: "`*` for actions allows every operation of every service, those of next year included. With nothing taken away it is Owner; with the operations of authorization taken away it is Contributor. List what is used.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "*"
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
    good: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "Microsoft.Storage/storageAccounts/read"
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
    references: &["https://learn.microsoft.com/en-us/azure/role-based-access-control/best-practices"],
    rule: Rule::Azure(rule),
};

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    for role in directory.roles.iter().filter(|role| !role.is_built_in) {
        for part in role.parts() {
            let Some(node) = part.actions.iter().find(|node| node.text() == Some("*")) else { continue };
            let grants = part.allows("Microsoft.Authorization/roleAssignments/write").is_some();
            let (severity, like) = if grants {
                (Severity::Critical, "as good as Owner")
            } else {
                (Severity::High, "as good as Contributor")
            };
            finds
                .at(&role.thing, node, format!("{} allows every operation: {like}", role.thing.name))
                .severity(severity)
                .fix("list the operations that are used");
        }
    }
}
