//! `AZURE_DATA_SECRETS`: secrets and keys of every vault.

use super::directory::Directory;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_DATA_SECRETS",
    title: "Secrets and keys of every vault",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &["T1555.006"],
    about: "The role reads secrets, or decrypts, unwraps or signs with keys, in every vault of the scope on which it is assigned, those of other teams and of tomorrow included. Assign it on the one vault or secret.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [],
  "NotActions": [],
  "DataActions": [
    "Microsoft.KeyVault/vaults/secrets/*"
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
    "Microsoft.KeyVault/vaults/secrets/readMetadata/action"
  ],
  "NotDataActions": [],
  "AssignableScopes": [
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop"
  ]
}
"#,
    ),
    references: &["https://learn.microsoft.com/en-us/azure/key-vault/general/rbac-guide"],
    rule: Rule::Azure(rule),
};

/// Each of these will do.
const OPERATIONS: &[&str] = &[
    "Microsoft.KeyVault/vaults/secrets/getSecret/action",
    "Microsoft.KeyVault/vaults/keys/decrypt/action",
    "Microsoft.KeyVault/vaults/keys/unwrap/action",
    "Microsoft.KeyVault/vaults/keys/sign/action",
    "Microsoft.KeyVault/managedHsm/keys/decrypt/action",
];

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    for role in directory.roles.iter().filter(|role| !role.is_built_in) {
        for part in role.parts() {
            let found =
                OPERATIONS.iter().find_map(|operation| Some((operation, part.allows_data(operation)?)));
            // What allows all data has a check of its own.
            let Some((operation, node)) = found.filter(|(_, node)| node.text() != Some("*")) else {
                continue;
            };
            let pattern = node.text().unwrap_or_default();
            let message =
                format!("{} reads secrets or uses keys of every vault: `{pattern}`", role.thing.name);
            let added =
                finds.at(&role.thing, node, message).fix("assign it on the vault or secret that is needed");
            if pattern.contains('*') {
                added.evidence(format!("it allows `{operation}`"));
            }
        }
    }
}
