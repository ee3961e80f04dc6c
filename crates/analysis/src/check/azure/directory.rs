//! Role definitions and assignments of Azure, as they were written.
//!
//! Keys are written in several ways: by PowerShell and the command line with capitals, by the REST interface below
//! `properties`, by Terraform with underscores.

use leastwise_policy::glob;

use crate::check::Thing;
use crate::source::Node;

/// What the files say of Azure.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Role definitions.
    pub roles: Vec<Definition>,
    /// Roles that somebody is assigned.
    pub assignments: Vec<Assignment>,
}

/// A role definition.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Where and what.
    pub thing: Thing,
    /// Made by Microsoft.
    pub is_built_in: bool,
}

/// A role assignment.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Where and what.
    pub thing: Thing,
    /// The scope that a template is deployed to, as its schema says, where the assignment does not say one.
    pub deployed_to: Option<String>,
}

/// A part of a role: what it allows but for what it takes away.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// `actions`
    pub actions: &'a [Node],
    /// `notActions`
    pub not_actions: &'a [Node],
    /// `dataActions`
    pub data_actions: &'a [Node],
    /// `notDataActions`
    pub not_data_actions: &'a [Node],
}

impl Definition {
    /// Its parts.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let properties = properties(&self.thing.root);
        let parts = match get(properties, &["permissions", "Permissions"]) {
            Some(parts) => parts.one_or_many(),
            None => std::slice::from_ref(properties),
        };
        parts
            .iter()
            .map(|part| Part {
                actions: list(part, &["actions", "Actions"]),
                not_actions: list(part, &["notActions", "NotActions", "not_actions"]),
                data_actions: list(part, &["dataActions", "DataActions", "data_actions"]),
                not_data_actions: list(part, &["notDataActions", "NotDataActions", "not_data_actions"]),
            })
            .collect()
    }

    /// Where it may be assigned.
    pub fn scopes(&self) -> &[Node] {
        list(properties(&self.thing.root), &["assignableScopes", "AssignableScopes", "assignable_scopes"])
    }
}

impl Assignment {
    /// The role, by name or id.
    pub fn role(&self) -> Option<(&Node, &str)> {
        let node = get(
            properties(&self.thing.root),
            &[
                "roleDefinitionName",
                "RoleDefinitionName",
                "role_definition_name",
                "roleDefinitionId",
                "RoleDefinitionId",
                "role_definition_id",
            ],
        )?;
        Some((node, node.text()?))
    }

    /// Where it holds.
    pub fn scope(&self) -> Option<(&Node, &str)> {
        let node = get(properties(&self.thing.root), &["scope", "Scope"])?;
        Some((node, node.text()?))
    }
}

impl<'a> Part<'a> {
    /// The pattern that allows an operation of the control plane, when nothing takes it away.
    pub(super) fn allows(&self, operation: &str) -> Option<&'a Node> {
        allows(self.actions, self.not_actions, operation)
    }

    /// The pattern that allows an operation on data, when nothing takes it away.
    pub(super) fn allows_data(&self, operation: &str) -> Option<&'a Node> {
        allows(self.data_actions, self.not_data_actions, operation)
    }
}

fn allows<'a>(patterns: &'a [Node], without: &[Node], operation: &str) -> Option<&'a Node> {
    let matches = |node: &&Node| {
        let pattern = node.text().unwrap_or_default().to_ascii_lowercase();
        glob::matches(&pattern, &operation.to_ascii_lowercase())
    };
    let found = patterns.iter().find(matches)?;
    (!without.iter().any(|node| matches(&node))).then_some(found)
}

/// Where the interesting keys are.
pub(crate) fn properties(root: &Node) -> &Node {
    root.get("properties").or_else(|| root.get("Properties")).unwrap_or(root)
}

fn get<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a Node> {
    keys.iter().find_map(|key| node.get(key)).filter(|node| node.value != crate::source::Value::Null)
}

fn list<'a>(node: &'a Node, keys: &[&str]) -> &'a [Node] {
    get(node, keys).map(Node::one_or_many).unwrap_or_default()
}
