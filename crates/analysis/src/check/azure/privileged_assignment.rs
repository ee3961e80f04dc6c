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
    about: "Owner, Contributor, User Access Administrator or Role Based Access Control Administrator is assigned on a subscription or above. Whoever holds it is a step away from everything below; assign a narrower role, on a resource group. There, those of them that give roles to others are told as well, as less bad. An assignment of a template without a scope holds where the template is deployed to, which its schema says.",
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
        let id = id_in(written).unwrap_or(last);
        let name = Azure::embedded().role(id).map_or(last, |role| role.name.as_str());
        if !ROLES.contains(&name) {
            continue;
        }
        let scope = assignment.scope().map(|(_, scope)| scope).or(assignment.deployed_to.as_deref());
        let scope = scope.unwrap_or_default();
        let wide = scope_of(scope).map(|(_, what)| what);
        let (severity, what) = match (wide, name) {
            (Some(what), "Contributor") => (Severity::High, what),
            (Some(what), _) => (Severity::Critical, what),
            // Who gives roles in a resource group gives them to itself and others.
            (None, "Contributor") => continue,
            (None, _) if is_group(scope) => (Severity::Medium, "a resource group".to_owned()),
            (None, _) => continue,
        };
        finds
            .at(&assignment.thing, node, format!("`{name}` is assigned on {what}"))
            .severity(severity)
            .fix("assign a narrower role, on a resource group");
    }
}

/// The id of a role within what names it: the end of a path, or an argument of a template's function.
fn id_in(written: &str) -> Option<&str> {
    let is_id = |word: &&str| {
        let lengths = word.split('-').map(str::len);
        lengths.eq([8, 4, 4, 4, 12]) && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    };
    written.split(['/', '\'', '"', '(', ')', ',', ' ', '[', ']']).rfind(is_id)
}

/// Whether a scope is a resource group.
fn is_group(scope: &str) -> bool {
    let steps: Vec<&str> = scope.split('/').filter(|step| !step.is_empty()).collect();
    matches!(&steps[..], [_, _, groups, _] if groups.eq_ignore_ascii_case("resourceGroups"))
}

#[cfg(test)]
mod tests {
    use crate::check::azure::found;

    fn template(schema: &str, scope: &str) -> String {
        format!(
            r#"{{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/{schema}#","contentVersion":"1.0.0.0","resources":[{{"type":"Microsoft.Authorization/roleAssignments","apiVersion":"2022-04-01","name":"x","properties":{{"roleDefinitionId":"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')]","principalId":"p"{scope}}}}}]}}"#
        )
    }

    #[test]
    fn a_template_assigns_where_it_is_deployed_to() {
        let check = |schema: &str| found("t.json", &template(schema, ""));
        assert_eq!(check("deploymentTemplate.json"), ["medium AZURE_PRIVILEGED_ASSIGNMENT"]);
        assert_eq!(check("subscriptionDeploymentTemplate.json"), ["critical AZURE_PRIVILEGED_ASSIGNMENT"]);
        assert_eq!(check("managementGroupDeploymentTemplate.json"), ["critical AZURE_PRIVILEGED_ASSIGNMENT"]);
        assert_eq!(check("tenantDeploymentTemplate.json"), ["critical AZURE_PRIVILEGED_ASSIGNMENT"]);
    }
}
