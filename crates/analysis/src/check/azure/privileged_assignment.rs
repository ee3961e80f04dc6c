//! `AZURE_PRIVILEGED_ASSIGNMENT`: powerful role on a wide scope.

use leastwise_catalog::azure::Azure;

use super::directory::Directory;
use super::scope_of;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "AZURE_PRIVILEGED_ASSIGNMENT",
    title: "Powerful role on a wide scope",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1098.003"],
    about: "Owner, Contributor, User Access Administrator or Role Based Access Control Administrator is assigned on a subscription or above. Whoever holds it is a step away from everything below; assign a narrower role, on a resource group.",
    bad: Example::file(
        "assignments.json",
        r#"[
  {
    "principalId": "11111111-1111-1111-1111-111111111111",
    "principalType": "ServicePrincipal",
    "roleDefinitionName": "Owner",
    "scope": "/subscriptions/00000000-0000-0000-0000-000000000000"
  }
]
"#,
    ),
    good: Example::file(
        "assignments.json",
        r#"[
  {
    "principalId": "11111111-1111-1111-1111-111111111111",
    "principalType": "ServicePrincipal",
    "roleDefinitionName": "Reader",
    "scope": "/subscriptions/00000000-0000-0000-0000-000000000000"
  }
]
"#,
    ),
    references: &["https://learn.microsoft.com/en-us/azure/role-based-access-control/best-practices"],
    rule: Rule::Azure(rule),
};

const ROLES: [&str; 4] =
    ["Owner", "Contributor", "User Access Administrator", "Role Based Access Control Administrator"];

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    for assignment in &directory.assignments {
        let Some((node, written)) = assignment.role() else { continue };
        let last = written.rsplit('/').next().unwrap_or(written);
        let name = Azure::embedded().role(last).map_or(last, |role| role.name.as_str());
        if !ROLES.contains(&name) {
            continue;
        }
        let scope = assignment.scope().map(|(_, scope)| scope).unwrap_or_default();
        let Some((_, what)) = scope_of(scope) else { continue };
        let severity = if name == "Contributor" { Severity::High } else { Severity::Critical };
        finds
            .at(&assignment.thing, node, format!("`{name}` is assigned on {what}"))
            .severity(severity)
            .fix("assign a narrower role, on a resource group");
    }
}
