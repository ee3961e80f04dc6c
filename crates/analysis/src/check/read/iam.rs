//! IAM policy documents that are a file of their own, and what AWS's command line prints around them.
//!
//! Where a document is used, its content mostly tells: `Principal` with `sts:AssumeRole…` and no `Resource` is a trust
//! policy, `Principal` otherwise a resource policy. Of a service control policy only the name of the file or folder
//! tells (`scp`, `service-control…`), of a resource control policy and a boundary likewise.
//! `aws organizations describe-policy`, `aws iam get-policy-version`, `aws iam get-role` and the like are read as well.

use std::sync::Arc;

use leastwise_policy::aws::DocumentKind;

use super::Gathered;
use super::text::{Content, Text};
use crate::check::Document;
use crate::source::{Node, Value};

/// Whether it is a document, or something that AWS's command line prints with one in it.
pub(super) fn takes(text: &Text<'_>) -> bool {
    text.as_json().is_some_and(|node| is_document(node) || is_misspelt(node) || wrapped(node).is_some())
}

pub(super) fn read(text: Text<'_>, gathered: &mut Gathered) {
    let name = &text.file.name;
    let Content::Json(node) = text.content else { return };
    // A configuration has read it, and knows better what it is for.
    if gathered.used.contains(name) {
        return;
    }
    if is_document(&node) || is_misspelt(&node) {
        let kind = kind_of(name, &node);
        return add(gathered, name, "", node, kind);
    }
    let Some(found) = wrapped(&node) else { return };
    match as_document(found.node) {
        Ok(document) => {
            let kind = found.kind.unwrap_or_else(|| kind_of(name, &document));
            add(gathered, name, found.pointer, document, kind);
        }
        Err(reason) => gathered.unreadable(name, found.node.at, found.pointer, reason),
    }
}

fn add(gathered: &mut Gathered, file: &Arc<str>, pointer: &str, root: Node, kind: DocumentKind) {
    if let Some(node) = root.get("Statement")
        && !matches!(node.value, Value::Map(_) | Value::List(_) | Value::Unknown(_))
    {
        let reason = format!("`Statement` is {}, not an object or a list of them", node.describe());
        return gathered.unreadable(file, node.at, format!("{pointer}/Statement"), reason);
    }
    gathered.document(Document::new(file.clone(), file.to_string(), kind, root).under(pointer));
}

/// Whether an object looks like a policy document.
pub(super) fn is_document(node: &Node) -> bool {
    let dated = node.get("Version").and_then(Node::text).is_some_and(|version| version.starts_with("20"));
    let about = |statement: &Node| statement.get("Effect").is_some() || statement.get("Action").is_some();
    node.get("Statement").is_some_and(|statement| dated || statement.one_or_many().iter().any(about))
}

/// Whether it has the version of a policy document, and no `Statement` that is spelled so.
fn is_misspelt(node: &Node) -> bool {
    let version = node.get("Version").and_then(Node::text);
    matches!(version, Some("2012-10-17" | "2008-10-17")) && node.get("Statement").is_none()
}

struct Wrapped<'a> {
    pointer: &'static str,
    node: &'a Node,
    kind: Option<DocumentKind>,
}

/// Where AWS's command line puts documents, and what kind they then are.
const WRAPPINGS: &[(&str, &[&str], Option<DocumentKind>)] = &[
    ("/PolicyVersion/Document", &["PolicyVersion", "Document"], Some(DocumentKind::Identity)),
    ("/PolicyDocument", &["PolicyDocument"], Some(DocumentKind::Identity)),
    ("/Role/AssumeRolePolicyDocument", &["Role", "AssumeRolePolicyDocument"], Some(DocumentKind::Trust)),
    ("/Policy/Content", &["Policy", "Content"], None),
    ("/Policy", &["Policy"], Some(DocumentKind::Resource)),
    ("/policy", &["policy"], Some(DocumentKind::Resource)),
    ("/ResourcePolicy", &["ResourcePolicy"], Some(DocumentKind::Resource)),
    ("/policyText", &["policyText"], Some(DocumentKind::Resource)),
    ("/Attributes/Policy", &["Attributes", "Policy"], Some(DocumentKind::Resource)),
];

fn wrapped(node: &Node) -> Option<Wrapped<'_>> {
    let found = WRAPPINGS.iter().find_map(|(pointer, path, kind)| {
        let inner = node.path(path)?;
        let fits = match &inner.value {
            Value::Map(_) => is_document(inner),
            Value::Text(text) => text.contains("Statement"),
            _ => false,
        };
        fits.then_some(Wrapped { pointer, node: inner, kind: *kind })
    })?;
    // An organisation says of each policy what type it has.
    let kind = match node.path(&["Policy", "PolicySummary", "Type"]).and_then(Node::text) {
        Some("SERVICE_CONTROL_POLICY") => Some(DocumentKind::ServiceControl),
        Some("RESOURCE_CONTROL_POLICY") => Some(DocumentKind::ResourceControl),
        _ => found.kind,
    };
    Some(Wrapped { kind, ..found })
}

/// A document that may be a text, URL-encoded or not. Everything in such a text stands where the text stands.
pub(super) fn as_document(node: &Node) -> Result<Node, String> {
    let Value::Text(text) = &node.value else { return Ok(node.clone()) };
    let decoded = match text.trim_start().starts_with('{') {
        true => text.clone(),
        false => crate::granted::percent_decoded(text).ok_or("the document is not valid URL encoding")?,
    };
    match Node::json(&decoded) {
        Ok(mut document) => {
            document.move_to(node.at);
            Ok(document)
        }
        Err(refusal) => Err(format!("the text is not JSON: {}", refusal.reason)),
    }
}

/// What kind of policy it is, by its content and then by the name of its file.
pub(super) fn kind_of(file: &str, node: &Node) -> DocumentKind {
    let statements = node.get("Statement").map(Node::one_or_many).unwrap_or_default();
    let has = |key: &str| statements.iter().any(|one| one.get(key).is_some());
    let file = file.to_ascii_lowercase();
    let words: Vec<&str> = file.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let says = |word: &str| words.contains(&word);
    if has("Principal") || has("NotPrincipal") {
        let assumes = |statement: &Node| {
            let actions = statement.get("Action").map(Node::one_or_many).unwrap_or_default();
            let mut texts = actions.iter().filter_map(Node::text);
            !actions.is_empty() && texts.all(|action| action.to_ascii_lowercase().starts_with("sts:"))
        };
        let no_resource = !has("Resource") && !has("NotResource");
        return match statements.iter().all(assumes) && no_resource {
            true => DocumentKind::Trust,
            false if says("rcp") || says("rcps") || file.contains("resource-control") => {
                DocumentKind::ResourceControl
            }
            false => DocumentKind::Resource,
        };
    }
    if says("scp") || says("scps") || file.contains("service-control") || file.contains("service_control") {
        DocumentKind::ServiceControl
    } else if says("boundary") || says("boundaries") {
        DocumentKind::Boundary
    } else {
        DocumentKind::Identity
    }
}
