//! Roles and grants of Google Cloud and Azure in Terraform.

use crate::check::read::Gathered;
use crate::check::{Assignment, CustomRole, Definition, Grant, Thing};
use crate::source::Node;
use crate::source::hcl::{Resource, Sources};

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
            let thing = thing(sources, resource, &resource.body, "assignment");
            gathered.estate.azure.assignments.push(Assignment { thing, deployed_to: None });
        }
        _ => {
            if let Some(on) = on {
                let thing = thing(sources, resource, &resource.body, "grant");
                gathered.estate.gcp.grants.push(Grant { thing, on: on.replace('_', " ") });
            }
        }
    }
}

fn thing(sources: &Sources<'_>, resource: &Resource, node: &Node, what: &str) -> Thing {
    let (file, root) = sources.settled(node);
    Thing { file, pointer: String::new(), name: format!("{what} `{}`", resource.address), root }
}
