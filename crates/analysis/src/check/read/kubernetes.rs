//! Kubernetes RBAC: roles, bindings and service accounts, several documents in a file or items of a `List`.
//!
//! Other objects in the same file are none of our business. What `kubectl get -o json` prints is read too.

use super::Gathered;
use super::shape::{Row, Takes, wrong};
use super::text::Text;
use crate::check::{Binding, Home, Role, ServiceAccount, Thing};
use crate::paths::{SERVICE_ACCOUNT, Workload};
use crate::source::Node;

/// The kinds that say who may do what.
const KINDS: [&str; 5] = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount"];

/// What the keys of an object take, of its rules, of its subjects and of the role that it binds.
const OBJECT: &[Row] = &[("rules", Takes::Maps), ("subjects", Takes::Maps), ("roleRef", Takes::Map)];
const RULE: &[Row] = &[
    ("verbs", Takes::Texts),
    ("apiGroups", Takes::Texts),
    ("resources", Takes::Texts),
    ("resourceNames", Takes::Texts),
    ("nonResourceURLs", Takes::Texts),
];
const NAMED: &[Row] = &[("kind", Takes::Text), ("name", Takes::Text), ("namespace", Takes::Text)];

/// The annotation that gives an AWS role to the pods of a service account.
const ROLE_ARN: &str = "eks.amazonaws.com/role-arn";

pub(super) fn takes(text: &Text<'_>) -> bool {
    text.as_yaml()
        .iter()
        .any(|root| objects(root, String::new()).iter().any(|(node, _)| kind(node).is_some()))
}

/// The objects with their pointers: the document, or the items of a list.
fn objects(root: &Node, pointer: String) -> Vec<(&Node, String)> {
    let is_list = root.get("kind").and_then(Node::text).is_some_and(|kind| kind.ends_with("List"));
    match root.get("items").filter(|_| is_list) {
        Some(items) => {
            let items = items.items().iter().enumerate();
            items.map(|(index, item)| (item, format!("{pointer}/items/{index}"))).collect()
        }
        None => vec![(root, pointer)],
    }
}

fn kind(node: &Node) -> Option<&'static str> {
    let version = node.get("apiVersion").and_then(Node::text)?;
    let kind = node.get("kind").and_then(Node::text)?;
    let known = *KINDS.iter().find(|known| **known == kind)?;
    let ours = match known {
        "ServiceAccount" => version == "v1",
        _ => version.starts_with("rbac.authorization.k8s.io/"),
    };
    ours.then_some(known)
}

pub(super) fn read(texts: &[&Text<'_>], gathered: &mut Gathered) {
    for text in texts {
        gathered.refused(text);
        for root in text.as_yaml() {
            for (node, pointer) in objects(root, String::new()) {
                if let Some(kind) = kind(node) {
                    object(text, kind, node, pointer, gathered);
                }
            }
        }
    }
}

/// The first value of an object that is of another type than its key takes.
fn wrong_in(node: &Node) -> Option<(&Node, String)> {
    let each = |key: &str| node.get(key).map(Node::items).unwrap_or_default().iter();
    wrong(node, OBJECT)
        .or_else(|| each("rules").find_map(|rule| wrong(rule, RULE)))
        .or_else(|| each("subjects").find_map(|subject| wrong(subject, NAMED)))
        .or_else(|| wrong(node.get("roleRef")?, NAMED))
}

fn object(text: &Text<'_>, kind: &str, node: &Node, pointer: String, gathered: &mut Gathered) {
    let metadata = |key: &str| node.path(&["metadata", key]).and_then(Node::text).map(str::to_owned);
    let name = metadata("name").or_else(|| metadata("generateName")).unwrap_or_default();
    let namespace = metadata("namespace");
    if let Some((wrong, reason)) = wrong_in(node) {
        let within = node.pointer_of(wrong).unwrap_or_default();
        let reason = format!("{kind} `{name}`: {reason}");
        gathered.unreadable(&text.file.name, wrong.at, format!("{pointer}{within}"), reason);
    }
    let shown = match &namespace {
        Some(namespace) => format!("{kind} `{namespace}/{name}`"),
        None => format!("{kind} `{name}`"),
    };
    let thing = Thing { file: text.file.name.clone(), pointer, name: shown, root: node.clone() };
    let cluster = &mut gathered.estate.kubernetes;
    match kind {
        "Role" | "ClusterRole" => {
            cluster.roles.push(Role { thing, name, namespace, is_cluster: kind == "ClusterRole" });
        }
        "ServiceAccount" => {
            let role_arn = node.path(&["metadata", "annotations", ROLE_ARN]).and_then(Node::text);
            let role_arn = role_arn.map(str::to_owned);
            if let Some(role) = &role_arn {
                let subject =
                    format!("system:serviceaccount:{}:{name}", namespace.as_deref().unwrap_or("default"));
                let home = Home { file: text.file.name.clone(), at: node.at, pointer: thing.pointer.clone() };
                let (service, role) = (SERVICE_ACCOUNT.to_owned(), role.clone());
                gathered.estate.workloads.push(Workload { arn: subject.clone(), service, role });
                gathered.estate.homes.insert(subject, home);
            }
            let cluster = &mut gathered.estate.kubernetes;
            cluster.accounts.push(ServiceAccount { thing, name, namespace, role_arn });
        }
        _ => cluster.bindings.push(Binding { thing, namespace, is_cluster: kind == "ClusterRoleBinding" }),
    }
}
