//! Roles, bindings and service accounts of Kubernetes, as they were written.

use crate::check::{Severity, Thing};
use crate::source::{Node, Value};

/// What the files say of a cluster.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// `Role` and `ClusterRole`
    pub roles: Vec<Role>,
    /// `RoleBinding` and `ClusterRoleBinding`
    pub bindings: Vec<Binding>,
    /// `ServiceAccount`
    pub accounts: Vec<ServiceAccount>,
}

/// A `Role` or `ClusterRole`.
#[derive(Debug, Clone)]
pub struct Role {
    /// Where and what.
    pub thing: Thing,
    /// Its name.
    pub name: String,
    /// Its namespace; none for a `ClusterRole`, and for a `Role` that does not say.
    pub namespace: Option<String>,
    /// Whether it is a `ClusterRole`.
    pub is_cluster: bool,
}

/// A `RoleBinding` or `ClusterRoleBinding`.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Where and what.
    pub thing: Thing,
    /// The namespace in which it holds.
    pub namespace: Option<String>,
    /// Whether it holds in the whole cluster.
    pub is_cluster: bool,
}

/// A `ServiceAccount`.
#[derive(Debug, Clone)]
pub struct ServiceAccount {
    /// Where and what.
    pub thing: Thing,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// The AWS role that its pods may assume, by the annotation of EKS.
    pub role_arn: Option<String>,
}

/// A rule of a role.
#[derive(Debug, Clone, Copy)]
pub struct RuleView<'a> {
    /// The whole of it.
    pub node: &'a Node,
    /// `verbs`
    pub verbs: &'a [Node],
    /// `apiGroups`
    pub groups: &'a [Node],
    /// `resources`
    pub resources: &'a [Node],
    /// `resourceNames`
    pub names: &'a [Node],
    /// `nonResourceURLs`
    pub urls: &'a [Node],
}

/// Somebody who is bound.
#[derive(Debug, Clone, Copy)]
pub struct SubjectView<'a> {
    /// The whole of it.
    pub node: &'a Node,
    /// `User`, `Group` or `ServiceAccount`
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its namespace, for a service account.
    pub namespace: Option<&'a str>,
}

/// Permissions: an API group (empty for the core), a resource, verbs of which each will do.
pub(super) type Reach = (&'static str, &'static str, &'static [&'static str]);

impl Role {
    /// Its rules.
    pub fn rules(&self) -> impl Iterator<Item = RuleView<'_>> {
        let rules = self.thing.root.get("rules").map(Node::items).unwrap_or_default();
        rules.iter().map(|node| {
            let list = |key: &str| node.get(key).map(Node::one_or_many).unwrap_or_default();
            RuleView {
                node,
                verbs: list("verbs"),
                groups: list("apiGroups"),
                resources: list("resources"),
                names: list("resourceNames"),
                urls: list("nonResourceURLs"),
            }
        })
    }

    /// The severity for a role: what holds in one namespace is a step less bad.
    pub(super) fn severity(&self, severity: Severity) -> Severity {
        match severity {
            _ if self.is_cluster => severity,
            Severity::Critical => Severity::High,
            Severity::High => Severity::Medium,
            _ => Severity::Low,
        }
    }
}

impl Binding {
    /// The kind and name of the role.
    pub fn role(&self) -> Option<(&Node, &str)> {
        let reference = self.thing.root.get("roleRef")?;
        let name = reference.get("name")?;
        Some((name, name.text()?))
    }

    /// Whether it binds a `ClusterRole`.
    pub fn binds_cluster_role(&self) -> bool {
        self.thing.root.path(&["roleRef", "kind"]).and_then(Node::text) == Some("ClusterRole")
    }

    /// Whether it says that it binds nobody.
    pub(super) fn is_for_nobody(&self) -> bool {
        match self.thing.root.get("subjects").map(|node| &node.value) {
            None | Some(Value::Null) => true,
            Some(Value::List(items)) => items.is_empty(),
            Some(_) => false,
        }
    }

    /// Who is bound.
    pub fn subjects(&self) -> impl Iterator<Item = SubjectView<'_>> {
        let subjects = self.thing.root.get("subjects").map(Node::items).unwrap_or_default();
        subjects.iter().filter_map(|node| {
            let text = |key: &str| node.get(key).and_then(Node::text);
            Some(SubjectView { node, kind: text("kind")?, name: text("name")?, namespace: text("namespace") })
        })
    }
}

impl<'a> RuleView<'a> {
    /// Whether it allows everything.
    pub fn is_everything(&self) -> bool {
        [self.groups, self.resources, self.verbs].into_iter().all(|list| has(list, "*"))
    }

    /// The name of an object, where it reaches one of these permissions on that object alone.
    pub(super) fn reaches_named(&self, reach: Reach, name: &str) -> Option<&'a Node> {
        let names = self.names.iter().find(|node| node.text() == Some(name))?;
        RuleView { names: &[], ..*self }.reaches(reach).and(Some(names))
    }

    /// The resource that makes it reach one of these permissions, on objects of any name.
    pub(super) fn reaches(&self, (group, resource, verbs): Reach) -> Option<&'a Node> {
        if !self.names.is_empty() {
            return None;
        }
        if !has(self.groups, group) && !has(self.groups, "*") {
            return None;
        }
        let verb = verbs.iter().any(|verb| has(self.verbs, verb)) || has(self.verbs, "*");
        let below = resource.split_once('/').map(|(_, below)| format!("*/{below}"));
        let matches = |node: &&Node| {
            let text = node.text();
            text == Some(resource) || text == Some("*") || text.is_some() && text == below.as_deref()
        };
        self.resources.iter().find(matches).filter(|_| verb)
    }
}

impl Cluster {
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.bindings.is_empty() && self.accounts.is_empty()
    }

    /// Who holds a role, in words.
    pub(in crate::check) fn holders(&self, role: &Role) -> Vec<String> {
        let bound = self.bindings.iter().filter(|binding| {
            let fits = role.is_cluster || binding.namespace == role.namespace;
            binding.binds_cluster_role() == role.is_cluster
                && binding.role().is_some_and(|(_, name)| name == role.name)
                && fits
        });
        bound
            .flat_map(|binding| {
                let name = &binding.thing.name;
                binding.subjects().map(move |subject| format!("{subject} holds it by {name}"))
            })
            .collect()
    }
}

impl std::fmt::Display for SubjectView<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace {
            Some(namespace) => write!(out, "{} `{namespace}/{}`", self.kind, self.name),
            None => write!(out, "{} `{}`", self.kind, self.name),
        }
    }
}

pub(in crate::check) fn has(list: &[Node], wanted: &str) -> bool {
    list.iter().any(|node| node.text() == Some(wanted))
}
