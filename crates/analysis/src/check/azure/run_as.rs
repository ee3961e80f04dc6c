//! `AZURE_RUN_AS`: code that runs as an identity.

use super::directory::Directory;
use leastwise_catalog::azure::Plane;

use super::{reaches, reaches_in, table};
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_RUN_AS",
    title: "Code that runs as an identity",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1651", "T1078.004"],
    about: "Whoever runs commands on machines, adds extensions, signs in to them, deploys functions or runbooks, or puts a managed identity on something of its own has what that identity has.",
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

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    let (says, fix) =
        ("runs code as the identity of something else", "limit it to the resource group of the workload");
    reaches(directory, table::operations("run"), says, fix, finds);
    reaches_in(Plane::Data, directory, table::operations("run-data"), says, fix, finds);
}
