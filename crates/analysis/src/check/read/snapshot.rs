//! Account snapshots: what `aws iam get-account-authorization-details` prints, as [`crate::granted`] reads it.
//!
//! The same text is read twice: as a snapshot, which says what each principal is granted, and as a tree, which says
//! where each document stands. They meet in the documents' names.

use leastwise_policy::aws::DocumentKind;

use super::Gathered;
use super::iam::as_document;
use super::text::Text;
use crate::check::{Document, Home};
use crate::granted::Snapshot;
use crate::source::Node;

const LISTS: [(&str, &str); 3] = [
    ("UserDetailList", "UserPolicyList"),
    ("GroupDetailList", "GroupPolicyList"),
    ("RoleDetailList", "RolePolicyList"),
];

pub(super) fn takes(text: &Text<'_>) -> bool {
    text.as_json().is_some_and(|node| pages(node).is_some())
}

/// The pages with their pointers: one, or several that `jq -s` put into a list.
fn pages(node: &Node) -> Option<Vec<(String, &Node)>> {
    let is_page = |node: &Node| {
        node.get("Policies").is_some() && node.get("Policies").is_some_and(|list| !list.items().is_empty())
            || LISTS.iter().any(|(list, _)| node.get(list).is_some())
    };
    let items = node.items();
    if !items.is_empty() && items.iter().all(is_page) {
        return Some(items.iter().enumerate().map(|(index, page)| (format!("/{index}"), page)).collect());
    }
    is_page(node).then(|| vec![(String::new(), node)])
}

pub(super) fn read(texts: &[&Text<'_>], gathered: &mut Gathered) {
    let mut whole = Vec::new();
    for text in texts {
        // One at a time, so that a broken file does not take the others with it.
        match Snapshot::parse(&text.file.name, &text.file.text) {
            Ok(_) => whole.push(*text),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                let reason = format!("{error}{}", cause.unwrap_or_default());
                gathered.unreadable(&text.file.name, super::text::BEGIN, "", reason);
            }
        }
    }
    for text in &whole {
        for (pointer, page) in text.as_json().and_then(pages).unwrap_or_default() {
            Reading { text, gathered }.page(&pointer, page);
        }
    }
    let listings = whole.iter().map(|text| (text.file.name.to_string(), text.file.text.clone()));
    gathered.listings.extend(listings);
}

struct Reading<'a, 't> {
    text: &'a Text<'t>,
    gathered: &'a mut Gathered,
}

impl Reading<'_, '_> {
    fn page(&mut self, at: &str, page: &Node) {
        for (list, inline) in LISTS {
            for (number, entity) in page.get(list).map(Node::items).unwrap_or_default().iter().enumerate() {
                self.entity(&format!("{at}/{list}/{number}"), entity, inline);
            }
        }
        for (number, policy) in page.get("Policies").map(Node::items).unwrap_or_default().iter().enumerate() {
            self.managed(&format!("{at}/Policies/{number}"), policy);
        }
    }

    fn entity(&mut self, at: &str, entity: &Node, inline: &str) {
        let Some(arn) = entity.get("Arn").and_then(Node::text) else { return };
        let home = Home { file: self.text.file.name.clone(), at: entity.at, pointer: at.to_owned() };
        self.gathered.estate.homes.insert(arn.to_owned(), home);
        for (number, policy) in entity.get(inline).map(Node::items).unwrap_or_default().iter().enumerate() {
            let name = policy.get("PolicyName").and_then(Node::text).unwrap_or_default();
            let pointer = format!("{at}/{inline}/{number}/PolicyDocument");
            self.document(
                &format!("{arn}#{name}"),
                pointer,
                policy.get("PolicyDocument"),
                DocumentKind::Identity,
            );
        }
        let pointer = format!("{at}/AssumeRolePolicyDocument");
        let trust = entity.get("AssumeRolePolicyDocument");
        self.document(&format!("{arn} (trust policy)"), pointer, trust, DocumentKind::Trust);
    }

    fn managed(&mut self, at: &str, policy: &Node) {
        let Some(arn) = policy.get("Arn").and_then(Node::text) else { return };
        let versions = policy.get("PolicyVersionList").map(Node::items).unwrap_or_default();
        let default = policy.get("DefaultVersionId").and_then(Node::text);
        let is_default = |version: &Node| match version.get("IsDefaultVersion") {
            Some(mark) => mark.value == crate::source::Value::Bool(true),
            None => version.get("VersionId").and_then(Node::text) == default,
        };
        let Some(number) = versions.iter().position(is_default) else { return };
        let pointer = format!("{at}/PolicyVersionList/{number}/Document");
        self.document(arn, pointer, versions[number].get("Document"), DocumentKind::Identity);
    }

    fn document(&mut self, name: &str, pointer: String, node: Option<&Node>, kind: DocumentKind) {
        let Some(node) = node else { return };
        let file = &self.text.file.name;
        let pointer = if node.text().is_some() { format!("{pointer}#") } else { pointer };
        match as_document(node) {
            Ok(root) => self.gathered.document(Document::new(file.clone(), name, kind, root).under(pointer)),
            Err(reason) => self.gathered.unreadable(file, node.at, pointer, format!("{name}: {reason}")),
        }
    }
}
