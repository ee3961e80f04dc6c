//! Custom roles and grants of Google Cloud, as they were written.

use crate::check::Thing;
use crate::source::{Node, Value};

/// What the files say of Google Cloud.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Custom roles.
    pub roles: Vec<CustomRole>,
    /// Roles that somebody is given.
    pub grants: Vec<Grant>,
}

/// A custom role: what `gcloud iam roles describe` prints, or a resource of Terraform.
#[derive(Debug, Clone)]
pub struct CustomRole {
    /// Where and what.
    pub thing: Thing,
}

/// A binding of a policy, or a member of one.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Where and what.
    pub thing: Thing,
    /// On what it is, in words: `project`, `storage bucket`; empty when nobody says.
    pub on: String,
}

impl CustomRole {
    /// Its permissions.
    pub fn permissions(&self) -> impl Iterator<Item = (&Node, &str)> {
        let root = &self.thing.root;
        let list = root.get("includedPermissions").or_else(|| root.get("permissions"));
        let nodes = list.map(Node::one_or_many).unwrap_or_default().iter();
        nodes.filter_map(|node| Some((node, node.text()?)))
    }
}

impl Grant {
    /// The role.
    pub fn role(&self) -> Option<(&Node, &str)> {
        let node = self.thing.root.get("role")?;
        Some((node, node.text()?))
    }

    /// Who is given it.
    pub fn members(&self) -> impl Iterator<Item = (&Node, &str)> {
        let root = &self.thing.root;
        let list = root.get("members").or_else(|| root.get("member"));
        let nodes = list.map(Node::one_or_many).unwrap_or_default().iter();
        nodes.filter_map(|node| Some((node, node.text()?)))
    }

    /// Whether nobody has it any more, or only those to whom Google gives it on every new bucket.
    /// <https://docs.cloud.google.com/iam/docs/principal-identifiers>,
    /// <https://docs.cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-modifiable>
    pub(super) fn is_of_no_account(&self) -> bool {
        let of_bucket = self.role().is_some_and(|(_, role)| role.starts_with("roles/storage.legacy"));
        let is_of_project = |member: &str| {
            ["projectOwner:", "projectEditor:", "projectViewer:"].iter().any(|of| member.starts_with(of))
        };
        let mut members = self.members().peekable();
        members.peek().is_some()
            && !self.has_unknown_members()
            && members.all(|(_, who)| who.starts_with("deleted:") || of_bucket && is_of_project(who))
    }

    fn has_unknown_members(&self) -> bool {
        let lists = ["members", "member"].iter().filter_map(|key| self.thing.root.get(key));
        lists.flat_map(Node::one_or_many).any(|node| matches!(node.value, Value::Unknown(_)))
    }

    /// Whether it holds only under a condition.
    pub fn is_conditional(&self) -> bool {
        let condition = self.thing.root.get("condition").map(|node| &node.value);
        match condition {
            None | Some(Value::Null) => false,
            Some(Value::List(items)) => !items.is_empty(),
            Some(_) => true,
        }
    }

    /// On a project or above, where it holds for everything below.
    pub(super) fn is_wide(&self) -> bool {
        ["", "project", "folder", "organization"].contains(&self.on.as_str())
    }

    /// Who is given it, in words.
    pub(super) fn whom(&self) -> String {
        let members: Vec<&str> = self.members().map(|(_, member)| member).collect();
        match &members[..] {
            [] if self.has_unknown_members() => "somebody who is not known yet".to_owned(),
            [] => "nobody".to_owned(),
            [first] => format!("`{first}`"),
            [first, more @ ..] => format!("`{first}` and {} more", more.len()),
        }
    }
}
