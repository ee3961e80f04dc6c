//! Roles and grants of Google Cloud and Azure in Terraform.

use crate::check::read::Gathered;
use crate::check::{Assignment, CustomRole, Definition, Grant, Thing};
use crate::source::hcl::{Resource, Sources};
use crate::source::{Entry, Node, Value};

/// Adds what the resource is, if it is one of these clouds'.
pub(super) fn add(sources: &Sources<'_>, resource: &Resource, gathered: &mut Gathered) {
    let kind = resource.kind.as_str();
    let google = kind.strip_prefix("google_");
    let on = google
        .and_then(|rest| rest.strip_suffix("_iam_member").or_else(|| rest.strip_suffix("_iam_binding")));
    match kind {
        "google_project_iam_custom_role" | "google_organization_iam_custom_role" => {
            let thing = thing(sources, resource, &resource.body, "role");
            gathered.estate.gcp.roles.push(CustomRole { thing });
        }
        "google_iam_policy" if resource.is_data => {
            for binding in resource.body.get("binding").map(Node::one_or_many).unwrap_or_default() {
                let thing = thing(sources, resource, binding, "binding");
                gathered.estate.gcp.grants.push(Grant { thing, on: String::new() });
            }
        }
        "azurerm_role_definition" if !resource.is_data => {
            let thing = thing(sources, resource, &resource.body, "role");
            gathered.estate.azure.roles.push(Definition { thing, is_built_in: false });
        }
        "azurerm_role_assignment" => {
            tell_unknown(
                sources,
                resource,
                &["scope", "role_definition_name", "role_definition_id"],
                gathered,
            );
            for body in each(&resource.body, &["role_definition_name", "role_definition_id"]) {
                let thing = thing(sources, resource, &body, "assignment");
                gathered.estate.azure.assignments.push(Assignment { thing, deployed_to: None });
            }
        }
        _ => {
            let Some(on) = on else { return };
            tell_unknown(sources, resource, &["role", "member", "members"], gathered);
            for body in each(&resource.body, &["role"]) {
                let thing = thing(sources, resource, &body, "grant");
                gathered.estate.gcp.grants.push(Grant { thing, on: on.replace('_', " ") });
            }
        }
    }
}

/// The body with each of the values that an attribute may have.
fn each(body: &Node, keys: &[&str]) -> Vec<Node> {
    let several = |entry: &&Entry| keys.contains(&&*entry.key) && matches!(entry.value.value, Value::List(_));
    let Some(found) = body.entries().iter().find(several) else { return vec![body.clone()] };
    let of = |value: &Node| {
        let entries = body.entries().iter().map(|entry| match entry.key == found.key {
            true => Entry { value: value.clone(), ..entry.clone() },
            false => entry.clone(),
        });
        Node::new(body.at, Value::Map(entries.collect()))
    };
    found.value.items().iter().map(of).collect()
}

/// Tells what somebody has to give: what is assigned to whom on what is not known then. What another resource will have
/// for its id is that resource.
fn tell_unknown(sources: &Sources<'_>, resource: &Resource, keys: &[&str], gathered: &mut Gathered) {
    for node in keys.iter().filter_map(|key| resource.body.get(key)).flat_map(Node::one_or_many) {
        if let Value::Unknown(what) = &node.value
            && ["var.", "local.", "each.", "module."].iter().any(|given| what.starts_with(given))
        {
            let (file, at) = sources.place(node.at);
            gathered.unresolved(&file, at, &resource.address, what);
        }
    }
}

fn thing(sources: &Sources<'_>, resource: &Resource, node: &Node, what: &str) -> Thing {
    let (file, root) = sources.settled(node);
    Thing { file, pointer: String::new(), name: format!("{what} `{}`", resource.address), root }
}
