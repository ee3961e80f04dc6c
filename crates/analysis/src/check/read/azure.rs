//! Azure: role definitions and assignments as the command line, PowerShell and the REST interface print them, alone, in
//! a list or below `value`, and those of ARM templates.

use super::Gathered;
use super::shape::{Row, Takes, wrong};
use super::text::Text;
use crate::check::{Assignment, Definition, Thing, azure_properties};
use crate::source::Node;

/// What the keys of roles and assignments take, in each spelling.
const OBJECT: &[Row] = &[
    ("actions", Takes::Texts),
    ("Actions", Takes::Texts),
    ("notActions", Takes::Texts),
    ("NotActions", Takes::Texts),
    ("dataActions", Takes::Texts),
    ("DataActions", Takes::Texts),
    ("notDataActions", Takes::Texts),
    ("NotDataActions", Takes::Texts),
    ("assignableScopes", Takes::Texts),
    ("AssignableScopes", Takes::Texts),
    ("roleDefinitionName", Takes::Text),
    ("RoleDefinitionName", Takes::Text),
    ("roleDefinitionId", Takes::Text),
    ("RoleDefinitionId", Takes::Text),
    ("principalId", Takes::Text),
    ("PrincipalId", Takes::Text),
    ("scope", Takes::Text),
    ("Scope", Takes::Text),
];

pub(super) fn takes(text: &Text<'_>) -> bool {
    text.as_yaml()
        .iter()
        .any(|root| objects(root).iter().any(|(node, _)| is_role(node) || is_assignment(node)))
}

/// The objects of a file with their pointers.
fn objects(root: &Node) -> Vec<(&Node, String)> {
    let each = |list: &'_ [Node], begin: &str| -> Vec<String> {
        (0..list.len()).map(|index| format!("{begin}/{index}")).collect()
    };
    for (key, begin) in [("value", "/value"), ("resources", "/resources")] {
        if let Some(list) = root.get(key).map(Node::items).filter(|list| !list.is_empty()) {
            return list.iter().zip(each(list, begin)).collect();
        }
    }
    match root.items() {
        [] => vec![(root, String::new())],
        list => list.iter().zip(each(list, "")).collect(),
    }
}

/// The scope that an ARM template is deployed to:
/// <https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/syntax#template-format>.
fn deployed_to(roots: &[Node]) -> Option<String> {
    const SCOPES: [(&str, &str); 4] = [
        ("/deploymentTemplate.json", "/subscriptions/0/resourceGroups/0"),
        ("/subscriptionDeploymentTemplate.json", "/subscriptions/0"),
        ("/managementGroupDeploymentTemplate.json", "/providers/Microsoft.Management/managementGroups/0"),
        ("/tenantDeploymentTemplate.json", "/"),
    ];
    let schema = roots.iter().find_map(|root| root.get("$schema")?.text())?.trim_end_matches('#');
    let found = SCOPES.iter().find(|(name, _)| schema.ends_with(name));
    found.map(|(_, scope)| (*scope).to_owned())
}

fn is_role(node: &Node) -> bool {
    let properties = azure_properties(node);
    let has = |node: &Node, keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
    let scoped = has(properties, &["assignableScopes", "AssignableScopes"]);
    let parts = properties.get("permissions").map(Node::items).unwrap_or_default();
    let acts = |node: &Node| has(node, &["actions", "Actions", "dataActions", "DataActions"]);
    scoped && (acts(properties) || parts.iter().any(acts))
}

fn is_assignment(node: &Node) -> bool {
    let properties = azure_properties(node);
    let has = |keys: &[&str]| keys.iter().any(|key| properties.get(key).is_some());
    has(&["roleDefinitionId", "RoleDefinitionId", "roleDefinitionName", "RoleDefinitionName"])
        && has(&["principalId", "ObjectId", "PrincipalId"])
}

pub(super) fn read(texts: &[&Text<'_>], gathered: &mut Gathered) {
    for text in texts {
        gathered.refused(text);
        for (node, pointer) in text.as_yaml().iter().flat_map(objects) {
            let properties = azure_properties(node);
            let named = |keys: &[&str]| {
                keys.iter().find_map(|key| properties.get(key).or_else(|| node.get(key)).and_then(Node::text))
            };
            let thing = |name: String| Thing {
                file: text.file.name.clone(),
                pointer: pointer.clone(),
                name,
                root: node.clone(),
            };
            let parts = properties.get("permissions").map(Node::items).unwrap_or_default();
            let wrong =
                wrong(properties, OBJECT).or_else(|| parts.iter().find_map(|part| wrong(part, OBJECT)));
            if let Some((wrong, reason)) = wrong.filter(|_| is_role(node) || is_assignment(node)) {
                let within = node.pointer_of(wrong).unwrap_or_default();
                gathered.unreadable(&text.file.name, wrong.at, format!("{pointer}{within}"), reason);
            }
            if is_role(node) {
                let name = named(&["roleName", "Name", "name"]).unwrap_or(&text.file.name);
                let kind = named(&["roleType", "type"]).unwrap_or_default();
                let thing = thing(format!("role `{name}`"));
                let is_built_in = kind == "BuiltInRole";
                gathered.estate.azure.roles.push(Definition { thing, is_built_in });
            } else if is_assignment(node) {
                let name =
                    named(&["principalName", "principalId", "ObjectId", "PrincipalId"]).unwrap_or_default();
                let thing = thing(format!("assignment to `{name}`"));
                let deployed_to = deployed_to(text.as_yaml());
                gathered.estate.azure.assignments.push(Assignment { thing, deployed_to });
            }
        }
    }
}
