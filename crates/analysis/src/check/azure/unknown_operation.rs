//! `AZURE_UNKNOWN_OPERATION`: operation that Azure does not have.

use std::collections::HashSet;

use leastwise_catalog::azure::{Azure, Plane};

use super::directory::Directory;
use crate::check::{Check, Class, Example, Finds, Rule, Severity, Thing};
use crate::source::{Node, has_hole};

pub(super) static CHECK: Check = Check {
    code: "AZURE_UNKNOWN_OPERATION",
    title: "Operation that Azure does not have",
    class: Class::Error,
    severity: Severity::Medium,
    mitre: &[],
    about: "The role names an operation that we do not know, so it probably allows nothing. Patterns, and operations of providers that we do not know at all, are not judged.",
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
                // Which operations there are is not all known, so a pattern of which none is known is not judged.
                let Some(name) = node.text().filter(|text| !has_hole(text) && !text.contains('*')) else {
                    continue;
                };
                if !Azure::embedded().has(plane, name.trim()) && known(name, &mut providers) {
                    tell(&role.thing, node, name, plane, finds);
                }
            }
        }
    }
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

fn tell(thing: &Thing, node: &Node, name: &str, plane: Plane, finds: &mut Finds<'_>) {
    let azure = Azure::embedded();
    let (other, is, list) = match plane {
        Plane::Control => (Plane::Data, "an operation on data", "dataActions"),
        Plane::Data => (Plane::Control, "no operation on data", "actions"),
    };
    if azure.has(other, name) {
        finds.at(thing, node, format!("`{name}` is {is}")).fix(format!("put it into `{list}`"));
        return;
    }
    let added = finds.at(thing, node, format!("there is no operation `{name}`"));
    if let Some(near) = azure.suggest(name).first() {
        added.fix(format!("did you mean `{near}`?"));
    }
}
