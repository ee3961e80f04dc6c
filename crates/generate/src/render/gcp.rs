//! Writes a role for Google Cloud: files for `gcloud`, or Terraform.
//!
//! - `gcloud iam roles create ID --project P --file F`: <https://cloud.google.com/iam/docs/creating-custom-roles>
//! - `gcloud iam policies create ID --kind denypolicies`: <https://cloud.google.com/iam/docs/deny-access>
//! - Allow policies: <https://cloud.google.com/iam/docs/reference/rest/v1/Policy>
//! - Terraform: <https://registry.terraform.io/providers/hashicorp/google/latest/docs>

mod terraform;

use serde_json::{Value, json};

use super::terraform::hcl;
use super::{File, Names, yaml};
use crate::lower::gcp::{Binding, Compiled, CustomRole, Deny, Grants, NUMBER, Provider};

/// The formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GcpFormat {
    /// One file for each custom role, one for the bindings, one for each deny policy, one for the identity.
    #[default]
    Yaml,
    /// The same in JSON.
    Json,
    /// Resources of the `hashicorp/google` provider.
    Terraform,
}

/// What may be done with a service account by who acts as it.
const USER: &str = "roles/iam.workloadIdentityUser";

/// Writes a role, with names that are unique among everything that `names` has given out.
pub fn render_gcp(names: &mut Names, role: &Compiled, format: GcpFormat) -> Vec<File> {
    let stem = names.stem(&role.role, "role");
    if format == GcpFormat::Terraform {
        return vec![File {
            name: format!("{stem}.tf"),
            text: terraform::terraform(names, role),
            notes: Vec::new(),
        }];
    }
    let file = |(part, value): (String, Value)| {
        // `gcloud iam policies` reads JSON only.
        let (extension, text) = match format {
            GcpFormat::Yaml if !part.starts_with("deny") => ("yaml", yaml::print(&value)),
            _ => ("json", format!("{value:#}\n")),
        };
        File { name: format!("{stem}-{part}.{extension}"), text, notes: Vec::new() }
    };
    documents(role).into_iter().map(file).collect()
}

/// All documents of a role as one JSON value.
pub fn gcp_value(role: &Compiled) -> Value {
    Value::Object(documents(role).into_iter().collect())
}

/// The documents by what they are.
fn documents(role: &Compiled) -> Vec<(String, Value)> {
    let mut documents = Vec::new();
    for (index, custom) in role.roles.iter().enumerate() {
        let key = if index == 0 { "role".to_owned() } else { format!("role-{}", index + 1) };
        documents.push((key, custom_role(role, custom)));
    }
    let policies: Vec<Value> = role.bindings.iter().map(|binding| policy(role, binding)).collect();
    documents.push(("bindings".to_owned(), Value::from(policies)));
    for (index, deny) in role.denies.iter().enumerate() {
        let key = if index == 0 { "deny".to_owned() } else { format!("deny-{}", index + 1) };
        documents.push((key, deny_policy(role, deny)));
    }
    documents.push(("identity".to_owned(), identity(role)));
    documents
}

/// `google.iam.admin.v1.Role`; gcloud takes the id from its own arguments and passes over the name.
fn custom_role(role: &Compiled, custom: &CustomRole) -> Value {
    json!({
        "name": format!("projects/{}/roles/{}", custom.project, custom.id),
        "title": custom.title,
        "description": description(role),
        "stage": "GA",
        "includedPermissions": custom.permissions,
    })
}

/// What is added to the allow policy of a resource: the rest of that policy stays as it is.
fn policy(role: &Compiled, binding: &Binding) -> Value {
    let mut added = json!({"role": role_name(role, &binding.grants), "members": [role.account.member()]});
    if let (Some(condition), Some(added)) = (&binding.condition, added.as_object_mut()) {
        let condition = json!({"title": condition.title, "expression": condition.expression});
        added.insert("condition".to_owned(), condition);
    }
    json!({"resource": binding.resource, "policy": {"version": 3, "bindings": [added]}})
}

fn role_name(role: &Compiled, grants: &Grants) -> String {
    match grants {
        Grants::Custom(index) => role
            .roles
            .get(*index)
            .map_or_else(String::new, |custom| format!("projects/{}/roles/{}", custom.project, custom.id)),
        Grants::Predefined(name) => name.clone(),
    }
}

/// `google.iam.v2.Policy`.
fn deny_policy(role: &Compiled, deny: &Deny) -> Value {
    json!({
        "displayName": format!("What {} must never do", plain(&role.role)),
        "rules": [{"denyRule": {
            "deniedPrincipals": [denied(role)],
            "deniedPermissions": deny.permissions,
        }}],
    })
}

fn denied(role: &Compiled) -> String {
    format!("principal://iam.googleapis.com/projects/-/serviceAccounts/{}", role.account.email())
}

fn identity(role: &Compiled) -> Value {
    let account = json!({
        "accountId": role.account.id,
        "project": role.account.project,
        "email": role.account.email(),
        "displayName": plain(&role.role),
        "description": description(role),
        "new": role.account.new,
    });
    let mut members: Vec<Value> = role.federation.members.iter().map(|member| json!(member)).collect();
    let pool = format!("projects/{NUMBER}/locations/global/workloadIdentityPools/{}", role.account.id);
    let mut providers = Vec::new();
    for provider in &role.federation.providers {
        members.extend(provider.holders.iter().map(|holder| json!(holder.member(&pool))));
        providers.push(json!({
            "id": provider.id,
            "attributeMapping": mapping(provider),
            "attributeCondition": provider.condition,
            "oidc": {
                "issuerUri": provider.issuer,
                "allowedAudiences": provider.audience.iter().collect::<Vec<_>>(),
            },
        }));
    }
    let bindings = match members.is_empty() {
        true => json!([]),
        false => json!([{"role": USER, "members": members}]),
    };
    let mut identity = json!({"serviceAccount": account, "policy": {"bindings": bindings}});
    if let (false, Some(identity)) = (providers.is_empty(), identity.as_object_mut()) {
        identity.insert("workloadIdentityPool".to_owned(), json!({"name": pool, "providers": providers}));
    }
    identity
}

fn mapping(provider: &Provider) -> Value {
    Value::Object(provider.mapping.iter().map(|(key, claim)| (key.clone(), json!(claim))).collect())
}

/// At most 256 characters, as a service account takes them; a custom role takes 300.
fn description(role: &Compiled) -> String {
    let owner = role.owner.as_ref().map(|owner| format!("; owner: {}", plain(owner))).unwrap_or_default();
    let text = format!("Least privilege for the role {}, generated by leastwise{owner}", plain(&role.role));
    text.chars().take(256).collect()
}

/// Text without what nobody sees.
fn plain(text: &str) -> String {
    text.chars().map(|c| if hcl::invisible(c) { ' ' } else { c }).collect()
}
