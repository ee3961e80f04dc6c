//! `AZURE_ALL_DATA`: all data.

use super::directory::Directory;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_ALL_DATA",
    title: "All data",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1530"],
    about: "`*` for data actions reads, changes and deletes what lies in every storage account, vault and queue of the scope.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [],
  "NotActions": [],
  "DataActions": [
    "*"
  ],
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
  "Actions": [],
  "NotActions": [],
  "DataActions": [
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
  ],
  "NotDataActions": [],
  "AssignableScopes": [
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop"
  ]
}
"#,
    ),
    references: &[
        "https://learn.microsoft.com/en-us/azure/role-based-access-control/role-definitions#control-and-data-actions",
    ],
    rule: Rule::Azure(rule),
};

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    for role in directory.roles.iter().filter(|role| !role.is_built_in) {
        for part in role.parts() {
            if let Some(node) = part.data_actions.iter().find(|node| node.text() == Some("*")) {
                let message = format!("{} reads, changes and deletes all data", role.thing.name);
                finds.at(&role.thing, node, message).fix("list the operations on data that are used");
            }
        }
    }
}
