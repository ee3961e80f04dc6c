//! Google Cloud: permissions, predefined roles, API methods.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{json, texts};

/// Permissions by `service.resource`: the verbs.
type Verbs<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

pub(super) fn files(folder: &Path) -> Result<Vec<(&'static str, String)>> {
    let roles = json(folder, "roles.json.gz")?;
    let roles = roles.as_object().context("roles.json is no object")?;
    let methods = json(folder, "method_permissions.json.gz")?;
    let methods = needs(&methods["api"]);
    let mut permissions: BTreeSet<&str> = BTreeSet::new();
    for role in roles.values() {
        permissions.extend(texts(&role["permissions"]).filter(|name| name.contains('.')));
    }
    let all = by_resource(permissions.iter().copied());
    let mut text = String::new();
    let sorted: BTreeMap<&String, &Value> = roles.iter().collect();
    for (name, role) in sorted {
        let stage = role["stage"].as_str().unwrap_or("-");
        text.push_str(&format!("role {} {stage}\n", name.trim_start_matches("roles/")));
        text.push_str(&members(&by_resource(texts(&role["permissions"])), &all));
    }
    let lines = |texts: &BTreeSet<&str>| texts.iter().map(|text| format!("{text}\n")).collect::<String>();
    Ok(vec![
        ("permissions.txt", lines(&permissions)),
        ("roles.txt", text),
        ("methods.txt", methods.iter().map(|(name, needs)| format!("{name}{needs}\n")).collect()),
    ])
}

/// What the methods need: each permission after a space, with `?` when it depends on the request or is a guess.
fn needs(apis: &Value) -> BTreeMap<String, String> {
    let mut methods = BTreeMap::new();
    for api in apis.as_object().into_iter().flat_map(|apis| apis.values()) {
        for (name, method) in api["methods"].as_object().into_iter().flatten() {
            let mut needs: BTreeMap<&str, bool> = BTreeMap::new();
            for permission in method["permissions"].as_array().into_iter().flatten() {
                let Some(needed) = permission["name"].as_str().filter(|name| name.contains('.')) else {
                    continue;
                };
                let sure = permission.get("lowConfidence").is_none() && permission.get("condition").is_none();
                *needs.entry(needed).or_default() |= sure;
            }
            let text: String =
                needs.iter().map(|(name, sure)| format!(" {name}{}", if *sure { "" } else { "?" })).collect();
            if !text.is_empty() {
                methods.insert(name.clone(), text);
            }
        }
    }
    methods
}

fn by_resource<'a>(permissions: impl Iterator<Item = &'a str>) -> Verbs<'a> {
    let mut verbs: Verbs<'a> = BTreeMap::new();
    for permission in permissions {
        if let Some((resource, verb)) = permission.rsplit_once('.') {
            verbs.entry(resource).or_default().insert(verb);
        }
    }
    verbs
}

/// A role's permissions, a line for each `service.resource`: its verbs, or `*` for all that there are.
fn members(role: &Verbs<'_>, all: &Verbs<'_>) -> String {
    let mut text = String::new();
    for (resource, verbs) in role {
        if all.get(resource) == Some(verbs) {
            text.push_str(&format!(" {resource} *\n"));
        } else {
            let verbs: Vec<&str> = verbs.iter().copied().collect();
            text.push_str(&format!(" {resource} {}\n", verbs.join(" ")));
        }
    }
    text
}
