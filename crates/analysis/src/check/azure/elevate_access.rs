//! `AZURE_ELEVATE_ACCESS`: access to everything can be taken.

use super::directory::Directory;
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_ELEVATE_ACCESS",
    title: "Access to everything can be taken",
    class: Class::Dangerous,
    severity: Severity::Critical,
    mitre: &["T1098.003"],
    about: "`elevateAccess` makes whoever is a global administrator of the directory User Access Administrator of every subscription.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "Microsoft.Authorization/elevateAccess/action"
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
    "Microsoft.Authorization/roleAssignments/read"
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
        "https://learn.microsoft.com/en-us/azure/role-based-access-control/elevate-access-global-admin",
    ],
    rule: Rule::Azure(rule),
};

/// Each of these will do.
const OPERATIONS: &[&str] = &["Microsoft.Authorization/elevateAccess/action"];

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    reaches(
        directory,
        OPERATIONS.iter().copied(),
        "takes access to every subscription",
        "leave it out: only people need it, and seldom",
        finds,
    );
}
