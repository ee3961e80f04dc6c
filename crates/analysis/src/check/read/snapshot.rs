//! Account snapshots: what `aws iam get-account-authorization-details` prints, as [`crate::granted`] reads it.
//!
//! The same text is read twice: as a snapshot, which says what each principal is granted, and as a tree, which says
//! where each document stands. They meet in the documents' names.

use std::collections::BTreeSet;

use leastwise_policy::aws::DocumentKind;

use super::Gathered;
use super::iam::as_document;
use super::text::Text;
use crate::check::{Document, Home};
use crate::granted::{Problem, Snapshot};
use crate::source::{Node, Value};

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
    let (mut whole, mut is_all_read) = (Vec::new(), true);
    for text in texts {
        // One at a time, so that a broken file does not take the others with it.
        match Snapshot::parse_readable([(&*text.file.name, text.file.text.as_str())]) {
            Ok((_, refused)) => {
                is_all_read &= refused.is_empty();
                refused.iter().for_each(|problem| tell_refused(text, problem, gathered));
                whole.push(*text);
            }
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
    note_unattached(&whole, is_all_read, gathered);
    let listings = whole.iter().map(|text| (text.file.name.to_string(), text.file.text.clone()));
    gathered.listings.extend(listings);
}

/// Keeps the policies that nobody has: AWS counts who has one, and where that was left out, who is listed tells it of an account
/// that is listed whole.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html>
fn note_unattached(texts: &[&Text<'_>], is_all_read: bool, gathered: &mut Gathered) {
    let pages: Vec<&Node> = texts
        .iter()
        .filter_map(|text| text.as_json().and_then(pages))
        .flatten()
        .map(|(_, page)| page)
        .collect();
    let account = |node: &Node| Some(node.get("Arn")?.text()?.split(':').nth(4)?.to_owned());
    let roles = pages.iter().flat_map(|page| page.get("RoleDetailList").map(Node::items).unwrap_or_default());
    let whole: BTreeSet<String> = roles.filter_map(account).collect();
    let is_last = |page: &&Node| page.get("IsTruncated").is_none_or(|more| more.value == Value::Bool(false));
    let is_all = is_all_read && pages.iter().any(is_last);
    let mut attached: Vec<&str> = Vec::new();
    for policy in pages.iter().flat_map(|page| page.get("Policies").map(Node::items).unwrap_or_default()) {
        let is_unattached = match policy.get("AttachmentCount").map(|count| &count.value) {
            Some(Value::Number(count)) => count == "0",
            _ => is_all && account(policy).is_some_and(|account| whole.contains(&account)),
        };
        match policy.get("Arn").and_then(Node::text) {
            Some(arn) if is_unattached => drop(gathered.estate.unattached.insert(arn.to_owned())),
            Some(arn) => attached.push(arn),
            None => {}
        }
    }
    for arn in attached {
        gathered.estate.unattached.remove(arn);
    }
    // Where no user is listed, users may have been left out.
    let users = pages.iter().flat_map(|page| page.get("UserDetailList").map(Node::items).unwrap_or_default());
    let with_users = users.filter_map(account).filter(|account| is_all && whole.contains(account));
    gathered.estate.users_of.extend(with_users);
}

/// What a listing has that is no principal, group or policy. What documents stand in it are looked at as if nobody held
/// them.
fn tell_refused(text: &Text<'_>, problem: &Problem, gathered: &mut Gathered) {
    let at = text
        .as_json()
        .and_then(|root| root.pointer(&problem.pointer))
        .map_or(super::text::BEGIN, |node| node.at);
    let of = if problem.subject.is_empty() { String::new() } else { format!("`{}` ", problem.subject) };
    let reason = format!("{of}cannot be read, so nothing is known of what it grants: {}", problem.reason);
    gathered.unreadable(&text.file.name, at, problem.pointer.clone(), reason);
}

/// What an entry of a list is called: by its ARN, as all that can be read are.
fn named(entry: &Node) -> Option<&str> {
    let mut keys = ["Arn", "RoleName", "UserName", "GroupName", "PolicyName"].iter();
    keys.find_map(|key| entry.get(key)?.text())
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
        let arn = named(entity).unwrap_or(at);
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
        let arn = named(policy).unwrap_or(at);
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
