//! `AZURE_KEYS`: keys that get around roles.

use super::directory::Directory;
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_KEYS",
    title: "Keys that get around roles",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1552.001"],
    about: "Account keys and connection strings open all of an account, whatever roles say, and whoever has read them keeps them. Use identities and data roles instead.",
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

/// Each of these will do.
const OPERATIONS: &[&str] = &[
    "Microsoft.Storage/storageAccounts/listKeys/action",
    "Microsoft.Storage/storageAccounts/regenerateKey/action",
    "Microsoft.Storage/storageAccounts/listAccountSas/action",
    "Microsoft.DocumentDB/databaseAccounts/listKeys/action",
    "Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action",
    "Microsoft.EventHub/namespaces/authorizationRules/listkeys/action",
    "Microsoft.Cache/redis/listKeys/action",
    "Microsoft.CognitiveServices/accounts/listKeys/action",
    "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
    "Microsoft.Web/sites/config/list/action",
    "Microsoft.Web/sites/publishxml/action",
    "Microsoft.ContainerRegistry/registries/listCredentials/action",
    "Microsoft.Automation/automationAccounts/listKeys/action",
    "Microsoft.KeyVault/vaults/accessPolicies/write",
];

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    reaches(
        directory,
        OPERATIONS,
        "reads keys that open everything",
        "use data actions and managed identities",
        finds,
    );
}
