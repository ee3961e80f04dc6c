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
    "Microsoft.Storage/storageAccounts/listServiceSas/action",
    "Microsoft.Storage/storageAccounts/localusers/regeneratePassword/action",
    "Microsoft.Compute/disks/beginGetAccess/action",
    "Microsoft.Compute/snapshots/beginGetAccess/action",
    "Microsoft.DocumentDB/databaseAccounts/listKeys/action",
    "Microsoft.DocumentDB/databaseAccounts/listConnectionStrings/action",
    "Microsoft.DocumentDB/mongoClusters/listConnectionStrings/action",
    "Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action",
    "Microsoft.EventHub/namespaces/authorizationRules/listkeys/action",
    "Microsoft.Relay/namespaces/authorizationRules/listkeys/action",
    "Microsoft.NotificationHubs/Namespaces/authorizationRules/listkeys/action",
    "Microsoft.EventGrid/topics/listKeys/action",
    "Microsoft.SignalRService/SignalR/listkeys/action",
    "Microsoft.SignalRService/WebPubSub/listkeys/action",
    "Microsoft.Devices/iotHubs/listkeys/Action",
    "Microsoft.Batch/batchAccounts/listkeys/action",
    "Microsoft.Search/searchServices/listAdminKeys/action",
    "Microsoft.AppConfiguration/configurationStores/ListKeys/action",
    "Microsoft.MachineLearningServices/workspaces/listKeys/action",
    "Microsoft.App/containerApps/listSecrets/action",
    "Microsoft.ApiManagement/service/subscriptions/listSecrets/action",
    "Microsoft.ApiManagement/service/tenant/listSecrets/action",
    "Microsoft.Cache/redis/listKeys/action",
    "Microsoft.Cache/redisEnterprise/databases/listKeys/action",
    "Microsoft.CognitiveServices/accounts/listKeys/action",
    "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
    "Microsoft.Web/sites/config/list/action",
    "Microsoft.Web/sites/publishxml/action",
    "Microsoft.Web/sites/functions/listkeys/action",
    "Microsoft.ContainerRegistry/registries/listCredentials/action",
    "Microsoft.ContainerRegistry/registries/regenerateCredential/action",
    "Microsoft.ContainerRegistry/registries/generateCredentials/action",
    "Microsoft.Automation/automationAccounts/listKeys/action",
    // Whoever writes the vault or its access policies lets itself at what is in it:
    // https://learn.microsoft.com/en-us/azure/key-vault/general/rbac-access-policy
    "Microsoft.KeyVault/vaults/accessPolicies/write",
    "Microsoft.KeyVault/vaults/write",
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
