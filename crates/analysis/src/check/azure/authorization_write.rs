//! `AZURE_AUTHORIZATION_WRITE`: roles can be given.

use super::directory::Directory;
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_AUTHORIZATION_WRITE",
    title: "Roles can be given",
    class: Class::Dangerous,
    severity: Severity::Critical,
    mitre: &["T1098.003"],
    about: "Whoever writes role assignments can be Owner; whoever changes role definitions changes what everybody with the role may do; the policies of role management say who may activate a role, and how.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "Microsoft.Authorization/roleAssignments/write"
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
        "https://learn.microsoft.com/en-us/azure/role-based-access-control/delegate-role-assignments-overview",
    ],
    rule: Rule::Azure(rule),
};

/// Each of these will do.
const OPERATIONS: &[&str] = &[
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleDefinitions/write",
    "Microsoft.Authorization/roleEligibilityScheduleRequests/write",
    "Microsoft.Authorization/roleAssignmentScheduleRequests/write",
    "Microsoft.Authorization/roleManagementPolicies/write",
];

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    reaches(
        directory,
        OPERATIONS.iter().copied(),
        "gives roles to anybody",
        "take `Microsoft.Authorization/*/Write` away, or limit what may be given by a condition",
        finds,
    );
}
