//! `AZURE_UNKNOWN_OPERATION`: operation that is not known, and so not judged.

use std::collections::HashSet;

use leastwise_catalog::azure::{Azure, Plane};
use leastwise_policy::glob;

use super::directory::Directory;
use crate::check::{Check, Class, Example, Finds, Rule, Severity, Thing};
use crate::source::{Node, has_hole};

pub(super) static CHECK: Check = Check {
    code: "AZURE_UNKNOWN_OPERATION",
    title: "Azure operation that is not known",
    class: Class::Error,
    severity: Severity::Medium,
    mitre: &[],
    about: "The role names an operation that we do not know: Azure has no such operation, and the role allows nothing by it, or Azure has it and our tables do not; then nothing here says how far it leads. Where the provider is not known either, or a pattern covers nothing that is known, it is told as less.",
    bad: Example::file(
        "role.json",
        r#"{
  "Name": "Worker",
  "IsCustom": true,
  "Actions": [
    "Microsoft.Storage/storageAccount/read"
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
    references: &[
        "https://learn.microsoft.com/en-us/azure/role-based-access-control/resource-provider-operations",
    ],
    rule: Rule::Azure(rule),
};

fn rule(directory: &Directory, finds: &mut Finds<'_>) {
    let mut providers = None;
    for role in directory.roles.iter().filter(|role| !role.is_built_in) {
        for part in role.parts() {
            let planes = [(Plane::Control, part.actions), (Plane::Data, part.data_actions)];
            for (plane, node) in
                planes.iter().flat_map(|(plane, nodes)| nodes.iter().map(|node| (*plane, node)))
            {
                let Some(name) = node.text().map(str::trim).filter(|text| !has_hole(text)) else { continue };
                if !is_known(plane, name) {
                    tell(&role.thing, node, name, (plane, known(name, &mut providers)), finds);
                }
            }
        }
    }
}

/// Whether it is an operation of the plane that is known, or a pattern that covers one.
fn is_known(plane: Plane, name: &str) -> bool {
    let azure = Azure::embedded();
    if !name.contains('*') {
        return azure.has(plane, name);
    }
    let pattern = name.to_ascii_lowercase();
    name == "*" || azure.operations(plane).any(|one| glob::matches(&pattern, &one.to_ascii_lowercase()))
}

/// Whether operations of the provider are known at all.
fn known(name: &str, providers: &mut Option<HashSet<String>>) -> bool {
    let provider = |name: &str| name.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let known = providers.get_or_insert_with(|| {
        let azure = Azure::embedded();
        azure.operations(Plane::Control).chain(azure.operations(Plane::Data)).map(provider).collect()
    });
    known.contains(&provider(name))
}

fn tell(
    thing: &Thing,
    node: &Node,
    name: &str,
    (plane, is_provider_known): (Plane, bool),
    finds: &mut Finds<'_>,
) {
    let azure = Azure::embedded();
    let (other, is, list) = match plane {
        Plane::Control => (Plane::Data, "an operation on data", "dataActions"),
        Plane::Data => (Plane::Control, "no operation on data", "actions"),
    };
    if !name.contains('*') && azure.has(other, name) {
        finds.at(thing, node, format!("`{name}` is {is}")).fix(format!("put it into `{list}`"));
        return;
    }
    if name.contains('*') || !is_provider_known {
        let what = if name.contains('*') { "covers no operation" } else { "is of no provider" };
        let message = format!("`{name}` {what} that is known here, so what it allows is not judged");
        finds.at(thing, node, message).severity(Severity::Low);
        return;
    }
    let message = format!("`{name}` is no operation that is known here, so what it allows is not judged");
    let added = finds.at(thing, node, message);
    if let Some(near) = azure.suggest(name).first() {
        added.fix(format!("did you mean `{near}`?"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::found;

    #[test]
    fn what_is_not_known_is_told_and_nothing_else() {
        let role = |list: &str, operation: &str| {
            format!(
                r#"{{"Name": "Worker", "IsCustom": true, "{list}": ["{operation}"],
                "AssignableScopes": ["/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop"]}}"#
            )
        };
        let unknown = |list: &str, operation: &str| {
            let all = found("role.json", &role(list, operation));
            all.into_iter().filter(|one| one.ends_with("AZURE_UNKNOWN_OPERATION")).collect::<Vec<_>>()
        };
        for (list, operation, severity) in [
            ("Actions", "Microsoft.Storage/storageAccounts/listKeys/action", None),
            ("Actions", "microsoft.web/sites/PUBLISHXML/action", None),
            ("Actions", "Microsoft.Web/sites/*", None),
            ("Actions", "*/read", None),
            ("DataActions", "*", None),
            ("Actions", "Microsoft.Storage/storageAccount/read", Some("medium")),
            ("Actions", "Microsoft.Compute/virtualMachines/login/action", Some("medium")),
            ("Actions", "Contoso.Things/things/listKeys/action", Some("low")),
            ("Actions", "Microsoft.Storage/storageAccount/*", Some("low")),
        ] {
            let wanted: Vec<String> =
                severity.iter().map(|severity| format!("{severity} AZURE_UNKNOWN_OPERATION")).collect();
            assert_eq!(unknown(list, operation), wanted, "{operation}");
        }
    }

    /// What known tools treat as a way to more, and earlier versions of the tables did not have.
    #[test]
    fn operations_that_hand_out_credentials_or_run_code_are_judged() {
        for (operation, code) in [
            ("Microsoft.Web/sites/publishxml/action", "AZURE_KEYS"),
            ("Microsoft.Web/sites/slots/publishxml/action", "AZURE_KEYS"),
            ("Microsoft.Web/staticSites/listSecrets/action", "AZURE_KEYS"),
            ("Microsoft.Compute/restorePointCollections/restorePoints/retrieveSasUris/action", "AZURE_KEYS"),
            ("Microsoft.Search/searchServices/regenerateAdminKey/action", "AZURE_KEYS"),
            ("Microsoft.Sql/servers/administrators/write", "AZURE_KEYS"),
            ("Microsoft.Web/sites/host/listkeys/action", "AZURE_RUN_AS"),
            ("Microsoft.Web/sites/extensions/write", "AZURE_RUN_AS"),
            ("Microsoft.Automation/automationAccounts/runbooks/draft/content/write", "AZURE_RUN_AS"),
            ("Microsoft.HDInsight/clusters/executeScriptActions/action", "AZURE_RUN_AS"),
        ] {
            let text = format!(
                r#"{{"Name": "Worker", "IsCustom": true, "Actions": ["{operation}"],
                "AssignableScopes": ["/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop"]}}"#
            );
            assert_eq!(found("role.json", &text), [format!("high {code}")], "{operation}");
        }
        let text = r#"{"Name": "Worker", "IsCustom": true, "DataActions": ["Microsoft.Compute/virtualMachines/loginAsAdmin/action"],
            "AssignableScopes": ["/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop"]}"#;
        assert_eq!(found("role.json", text), ["high AZURE_RUN_AS"]);
    }
}
