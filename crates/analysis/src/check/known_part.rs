//! What of a statement is known before it is deployed, so that one value that is not hides none of the others.
//!
//! Only the reading that allows more is taken: an action that is not known is left out of what is allowed and of what is
//! denied, and a resource stands for some ARN that nobody can name. In a policy on a resource that is the resource itself.

use leastwise_policy::aws::{DocumentKind, Policy, ResourceBlock, ResourcePattern};

use crate::source::{Node, Value, has_hole, hole};

/// What is known of a statement.
pub(super) struct KnownPart {
    /// The statement without the rest.
    pub(super) statement: Node,
    /// Whether it may allow more than that.
    pub(super) is_partial: bool,
}

/// The service of an ARN of which nothing is known.
const SERVICE: &str = "service";

/// The known part; none when all of it is known, or too little to say what it means.
pub(super) fn known_part(statement: &Node) -> Option<KnownPart> {
    let allows = statement.get("Effect").and_then(Node::text) == Some("Allow");
    let mut known = KnownPart { statement: statement.clone(), is_partial: false };
    let Value::Map(elements) = &mut known.statement.value else { return None };
    let mut is_changed = false;
    for element in elements {
        match element.key.as_str() {
            "NotAction" | "NotResource" if !allows => {}
            "Action" | "NotAction" => {
                let Value::List(items) = &mut element.value.value else { continue };
                let before = items.len();
                items.retain(|item| !is_unknown(item));
                if items.is_empty() {
                    return None;
                }
                is_changed |= items.len() < before;
                known.is_partial |= items.len() < before;
            }
            "Resource" | "NotResource" => {
                known.is_partial |= matches!(element.value.value, Value::Unknown(_));
                let items = match &mut element.value.value {
                    Value::List(items) => items.as_mut_slice(),
                    _ => std::slice::from_mut(&mut element.value),
                };
                for item in items {
                    if let Some(arn) = some_arn(item) {
                        item.value = Value::Text(arn);
                        is_changed = true;
                    }
                }
            }
            _ => {}
        }
    }
    is_changed.then_some(known)
}

/// Whether the value, or a part of the text, is not known.
pub(super) fn is_unknown(node: &Node) -> bool {
    matches!(node.value, Value::Unknown(_)) || node.text().is_some_and(has_hole)
}

/// Whether there is a value in it that is not known at all.
pub(super) fn holds_unknown(node: &Node) -> bool {
    match &node.value {
        Value::Unknown(_) => true,
        Value::List(items) => items.iter().any(holds_unknown),
        Value::Map(entries) => entries.iter().any(|entry| holds_unknown(&entry.value)),
        _ => false,
    }
}

/// An ARN for a resource that is not known to begin as one.
fn some_arn(node: &Node) -> Option<String> {
    let text = match &node.value {
        Value::Unknown(name) => hole(name),
        Value::Text(text) if has_hole(text) => text.clone(),
        _ => return None,
    };
    let Some(rest) = text.strip_prefix("arn:") else {
        return Some(format!("arn:*:{}:*:*:*{text}", hole(SERVICE)));
    };
    let (partition, rest) = rest.split_once(':')?;
    has_hole(partition).then(|| format!("arn:*:{rest}"))
}

/// In a policy on a resource such an ARN is that of the resource, whatever service it is of.
pub(super) fn about_the_resource(policy: &mut Policy, kind: DocumentKind) {
    if kind != DocumentKind::Resource {
        return;
    }
    let begin = format!("arn:*:{}:", hole(SERVICE));
    for statement in &mut policy.statements {
        let (Some(ResourceBlock::Resource(patterns)) | Some(ResourceBlock::NotResource(patterns))) =
            &mut statement.resource
        else {
            continue;
        };
        for pattern in patterns {
            if let Some(rest) = pattern.as_str().strip_prefix(&begin) {
                *pattern = ResourcePattern::new(format!("arn:*:*:{rest}"));
            }
        }
    }
}
