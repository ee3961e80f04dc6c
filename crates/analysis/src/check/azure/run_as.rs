//! `AZURE_RUN_AS`: code that runs as an identity.

use super::directory::Directory;
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_RUN_AS",
    title: "Code that runs as an identity",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1651", "T1078.004"],
    about: "Whoever runs commands on machines, adds extensions, deploys functions or runbooks, or puts a managed identity on something of its own has what that identity has.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "Microsoft.Compute/virtualMachines/runCommand/action"
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
    "Microsoft.Compute/virtualMachines/read"
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
    references: &["https://learn.microsoft.com/en-us/azure/virtual-machines/run-command-overview"],
    rule: Rule::Azure(rule),
};

/// Each of these will do.
const OPERATIONS: &[&str] = &[
    "Microsoft.Compute/virtualMachines/runCommand/action",
    "Microsoft.Compute/virtualMachines/runCommands/write",
    "Microsoft.Compute/virtualMachines/extensions/write",
    "Microsoft.Compute/virtualMachineScaleSets/extensions/write",
    "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action",
    "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommands/write",
    "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/extensions/write",
    "Microsoft.HybridCompute/machines/extensions/write",
    "Microsoft.HybridCompute/machines/runCommands/write",
    "Microsoft.ContainerInstance/containerGroups/containers/exec/action",
    "Microsoft.App/containerApps/write",
    "Microsoft.App/jobs/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
    "Microsoft.Automation/automationAccounts/jobs/write",
    "Microsoft.Automation/automationAccounts/runbooks/write",
    "Microsoft.Automation/automationAccounts/runbooks/draft/write",
    "Microsoft.Automation/automationAccounts/webhooks/write",
    "Microsoft.Web/sites/host/listkeys/action",
    "Microsoft.Web/sites/hostruntime/host/_master/read",
    "Microsoft.Web/sites/functions/write",
    "Microsoft.Web/sites/publish/Action",
    "Microsoft.Web/sites/extensions/write",
    "Microsoft.ContainerService/managedClusters/runcommand/action",
    "Microsoft.Logic/workflows/write",
    "Microsoft.Resources/deploymentScripts/write",
];

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    reaches(
        directory,
        OPERATIONS,
        "runs code as the identity of something else",
        "limit it to the resource group of the workload",
        finds,
    );
}
