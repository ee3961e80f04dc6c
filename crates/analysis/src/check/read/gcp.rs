//! Google Cloud: custom roles as `gcloud iam roles describe` and `list` print them, and policies as
//! `gcloud projects get-iam-policy` prints them, in YAML or JSON.

use super::Gathered;
use super::shape::{Row, Takes, wrong};
use super::text::Text;
use crate::check::{CustomRole, Grant, Thing};
use crate::source::Node;

/// What the keys of a role take, and of a binding.
const ROLE: &[Row] = &[("includedPermissions", Takes::Texts), ("name", Takes::Text), ("title", Takes::Text)];
const BINDING: &[Row] = &[("members", Takes::Texts), ("condition", Takes::Map)];

pub(super) fn takes(text: &Text<'_>) -> bool {
    text.as_yaml().iter().any(|root| is_role(root) || is_policy(root) || is_list(root))
}

fn is_list(root: &Node) -> bool {
    !root.items().is_empty() && root.items().iter().all(is_role)
}

fn is_role(node: &Node) -> bool {
    let named = |key: &str| node.get(key).is_some_and(|value| value.text().is_some());
    node.get("includedPermissions").is_some() && (named("name") || named("title") || named("stage"))
        || node.get("kind").is_none() && node.get("includedPermissions").is_some()
}

fn is_policy(node: &Node) -> bool {
    let bindings = node.get("bindings").map(Node::items).unwrap_or_default();
    let role = |binding: &Node| binding.get("role").and_then(Node::text).map(str::to_owned);
    !bindings.is_empty()
        && bindings.iter().all(|binding| {
            role(binding).is_some_and(|role| {
                ["roles/", "projects/", "organizations/"].iter().any(|begin| role.starts_with(begin))
            })
        })
}

pub(super) fn read(texts: &[&Text<'_>], gathered: &mut Gathered) {
    for text in texts {
        gathered.refused(text);
        for root in text.as_yaml() {
            if is_role(root) {
                role(text, root, String::new(), gathered);
            }
            for (index, item) in root.items().iter().enumerate().filter(|(_, item)| is_role(item)) {
                role(text, item, format!("/{index}"), gathered);
            }
            if is_policy(root) {
                policy(text, root, gathered);
            }
        }
    }
}

fn role(text: &Text<'_>, node: &Node, pointer: String, gathered: &mut Gathered) {
    if let Some((wrong, reason)) = wrong(node, ROLE) {
        let within = node.pointer_of(wrong).unwrap_or_default();
        return gathered.unreadable(&text.file.name, wrong.at, format!("{pointer}{within}"), reason);
    }
    let name = ["name", "title"].iter().find_map(|key| node.get(key).and_then(Node::text));
    let name = format!("role `{}`", name.unwrap_or(&text.file.name));
    let thing = Thing { file: text.file.name.clone(), pointer, name, root: node.clone() };
    gathered.estate.gcp.roles.push(CustomRole { thing });
}

fn policy(text: &Text<'_>, root: &Node, gathered: &mut Gathered) {
    let bindings = root.get("bindings").map(Node::items).unwrap_or_default();
    for (index, binding) in bindings.iter().enumerate() {
        if let Some((wrong, reason)) = wrong(binding, BINDING) {
            let within = root.pointer_of(wrong).unwrap_or_default();
            gathered.unreadable(&text.file.name, wrong.at, within, reason);
        }
        let role = binding.get("role").and_then(Node::text).unwrap_or_default();
        let thing = Thing {
            file: text.file.name.clone(),
            pointer: format!("/bindings/{index}"),
            name: format!("binding of `{role}`"),
            root: binding.clone(),
        };
        gathered.estate.gcp.grants.push(Grant { thing, on: String::new() });
    }
}
