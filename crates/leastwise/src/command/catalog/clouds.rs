//! Looking up Google Cloud and Azure: `gcp:storage.objects.get`, `azure:Storage Blob Data Reader`.

use std::fmt::Write as _;

use leastwise_catalog::azure::{Azure, Plane};
use leastwise_catalog::gcp::Gcp;
use serde_json::{Value, json};

use crate::error::{Error, Result};

/// What a name with the prefix of a cloud stands for, as text and as JSON; none for any other name.
pub fn found(name: &str) -> Option<Result<(String, Value)>> {
    if let Some(name) = name.strip_prefix("gcp:") {
        return Some(gcp(name).ok_or_else(|| unknown("gcp", name, &Gcp::embedded().suggest(name))));
    }
    let name = name.strip_prefix("azure:")?;
    Some(azure(name).ok_or_else(|| unknown("azure", name, &Azure::embedded().suggest(name))))
}

fn unknown(cloud: &str, name: &str, near: &[String]) -> Error {
    let error = Error::usage(format!("the catalogue of {cloud} has no `{name}`"));
    match near.is_empty() {
        true => error.hint(match cloud {
            "gcp" => "name a permission (`gcp:storage.objects.get`), a service (`gcp:storage`) or a role (`gcp:roles/storage.admin`)",
            _ => "name an operation (`azure:Microsoft.Storage/storageAccounts/read`), what it begins with, or a role (`azure:Reader`)",
        }),
        false => error.hint(format!("did you mean `{cloud}:{}`?", near.join(&format!("`, `{cloud}:")))),
    }
}

fn gcp(name: &str) -> Option<(String, Value)> {
    let gcp = Gcp::embedded();
    if gcp.has(name) {
        let holds =
            |permissions: &[String]| permissions.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
        let mut roles: Vec<_> = gcp.roles().values().filter(|role| holds(&role.permissions)).collect();
        roles.sort_by_key(|role| (role.permissions.len(), &role.name));
        let roles: Vec<String> = roles.iter().map(|role| format!("roles/{}", role.name)).collect();
        let needs = |needs: &[leastwise_catalog::gcp::Need]| needs.iter().any(|need| need.permission == name);
        let methods = gcp.methods().iter().filter(|(_, all)| needs(all));
        let methods: Vec<String> = methods.map(|(method, _)| method.clone()).collect();
        let text =
            sections(name, &[("roles, the smallest first", &roles), ("methods that need it", &methods)]);
        return Some((text, json!({"permission": name, "roles": roles, "methods": methods})));
    }
    if let Some(role) = gcp.role(name) {
        let title = format!("roles/{}  ({})", role.name, role.stage);
        let text = sections(&title, &[("permissions", &role.permissions)]);
        let value = json!({"role": format!("roles/{}", role.name), "stage": role.stage, "permissions": role.permissions});
        return Some((text, value));
    }
    let below = gcp.below(name);
    let text = sections(name, &[("permissions", below)]);
    (!below.is_empty()).then(|| (text, json!({"service": name, "permissions": below})))
}

fn azure(name: &str) -> Option<(String, Value)> {
    let azure = Azure::embedded();
    if let Some((name, planes)) = azure.operation(name) {
        let allows =
            |role: &leastwise_catalog::azure::Role| planes.iter().any(|plane| role.allows(*plane, name));
        let roles: Vec<String> =
            azure.roles().values().filter(|role| allows(role)).map(|role| role.name.clone()).collect();
        let planes: Vec<&str> = planes.iter().map(|plane| word(*plane)).collect();
        let text = sections(&format!("{name}  ({})", planes.join(", ")), &[("roles", &roles)]);
        return Some((text, json!({"operation": name, "planes": planes, "roles": roles})));
    }
    if let Some(role) = azure.role(name) {
        let mut text = format!("{}  ({})\n", role.name, role.id);
        let parts = role.permissions.iter().map(|part| {
            json!({
                "actions": part.actions,
                "notActions": part.not_actions,
                "dataActions": part.data_actions,
                "notDataActions": part.not_data_actions,
                "condition": part.condition,
            })
        });
        let parts: Vec<Value> = parts.collect();
        for part in &role.permissions {
            let lists = [
                ("actions", &part.actions),
                ("not actions", &part.not_actions),
                ("data actions", &part.data_actions),
                ("not data actions", &part.not_data_actions),
            ];
            for (title, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                let _ = writeln!(text, "  {title}");
                list.iter().for_each(|name| {
                    let _ = writeln!(text, "    {name}");
                });
            }
            if let Some(condition) = &part.condition {
                let _ = writeln!(text, "  only if {condition}");
            }
        }
        return Some((text, json!({"role": role.name, "id": role.id, "permissions": parts})));
    }
    let head = format!("{}/", name.to_ascii_lowercase().trim_end_matches('/'));
    let below = |plane| -> Vec<String> {
        let all = azure.operations(plane).filter(|known| known.to_ascii_lowercase().starts_with(&head));
        all.map(str::to_owned).collect()
    };
    let (actions, data) = (below(Plane::Control), below(Plane::Data));
    let text = sections(name, &[("actions", &actions), ("data actions", &data)]);
    let any = !(actions.is_empty() && data.is_empty());
    any.then(|| (text, json!({"below": name, "actions": actions, "dataActions": data})))
}

fn word(plane: Plane) -> &'static str {
    match plane {
        Plane::Control => "action",
        Plane::Data => "data action",
    }
}

fn sections(title: &str, lists: &[(&str, &[String])]) -> String {
    let mut text = format!("{title}\n");
    for (title, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
        let _ = writeln!(text, "  {title}");
        for name in *list {
            let _ = writeln!(text, "    {name}");
        }
    }
    text
}
