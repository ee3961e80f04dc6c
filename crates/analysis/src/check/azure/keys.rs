//! `AZURE_KEYS`: keys that get around roles.

use super::directory::Directory;
use super::{reaches, table};
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_KEYS",
    title: "Keys that get around roles",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1552.001"],
    about: "Account keys, connection strings, publishing profiles and the like open all of something, whatever roles say, and whoever has read them keeps them; so does who may write itself into the administrators of a database or the access policies of a vault. Use identities and data roles instead.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "Microsoft.Storage/storageAccounts/listKeys/action"
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
    references: &["https://learn.microsoft.com/en-us/azure/storage/common/storage-account-keys-manage"],
    rule: Rule::Azure(rule),
};

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    let fix = "use data actions and managed identities";
    reaches(directory, table::operations("keys"), "reads keys that open everything", fix, finds);
    let fix = "leave it to whoever hands out the access";
    reaches(directory, table::operations("entry"), "lets itself in where roles do not", fix, finds);
}
