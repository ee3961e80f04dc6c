//! Documents that Terraform reads while it applies, because a part of them is not known before: the plan lists them under
//! `resource_changes` with all that is known.

use super::plan::{Plan, Planned, without_indices};
use crate::source::hcl::policy_document;
use crate::source::{Entry, Node, Value};

const DOCUMENT: &str = "data.aws_iam_policy_document.";

/// Attributes that hold other documents.
const SOURCES: [&str; 4] =
    ["source_policy_documents", "source_json", "override_policy_documents", "override_json"];

/// How deep documents may lie in each other.
const DEEPEST: usize = 16;

/// Such a document.
pub(super) struct Later<'n> {
    /// `module.x.data.aws_iam_policy_document.d[0]`
    pub(super) address: &'n str,
    /// What is known.
    pub(super) after: &'n Node,
    unknown: &'n Node,
}

impl<'n> Later<'n> {
    /// A change, if it is that.
    pub(super) fn of(change: &'n Node) -> Option<Later<'n>> {
        let address = change.get("address").and_then(Node::text)?;
        let (after, unknown) =
            (change.path(&["change", "after"])?, change.path(&["change", "after_unknown"])?);
        (address.contains(DOCUMENT) && !after.entries().is_empty()).then_some(Later {
            address,
            after,
            unknown,
        })
    }

    fn prefix(&self) -> String {
        let address = without_indices(self.address);
        address.split_once(DOCUMENT).map(|(prefix, _)| prefix.to_owned()).unwrap_or_default()
    }
}

impl<'n> Plan<'n> {
    /// The document that `data.aws_iam_policy_document.d.json` refers to; of several the one with the same index.
    pub(super) fn later(&self, reference: &str, by: &Planned<'_>) -> Option<&Later<'n>> {
        let mut found = self.referred(reference, &by.prefix);
        let index = |address: &str| address.rfind('[').map(|at| address[at..].to_owned());
        let same = found.iter().position(|later| index(later.address) == index(by.address));
        match found.is_empty() {
            true => None,
            false => Some(found.swap_remove(same.unwrap_or(0))),
        }
    }

    fn referred(&self, reference: &str, prefix: &str) -> Vec<&Later<'n>> {
        let reference = without_indices(reference);
        let Some((address, "json" | "minified_json")) = reference.rsplit_once('.') else { return Vec::new() };
        let wanted = format!("{prefix}{address}");
        self.later.iter().filter(|later| without_indices(later.address) == wanted).collect()
    }

    /// The document, as far as it is known.
    pub(super) fn read_later(&self, later: &Later<'n>, depth: usize) -> Node {
        let mut body = known(later.after, Some(later.unknown), later.address);
        if let Value::Map(entries) = &mut body.value {
            for key in SOURCES {
                let Some(entry) = entries.iter_mut().find(|entry| entry.key == key) else { continue };
                let others = self.references(later.address, &later.prefix(), key);
                let others: Vec<Node> = others
                    .iter()
                    .flat_map(|reference| self.referred(reference, &later.prefix()))
                    .filter(|other| other.address != later.address && depth < DEEPEST)
                    .map(|other| {
                        let document = self.read_later(other, depth + 1);
                        Node::new(document.at, Value::Text(document.to_json()))
                    })
                    .collect();
                if !others.is_empty() {
                    // What is known and what is read later; no more is left that nobody knows.
                    let is_known = |node: &&Node| !matches!(node.value, Value::Unknown(_));
                    let known = entry.value.one_or_many().iter().filter(is_known).cloned();
                    entry.value.value = Value::List(known.chain(others).collect());
                }
            }
        }
        policy_document(&body)
    }
}

/// A value without what is null, and with what is not known.
fn known(after: &Node, unknown: Option<&Node>, name: &str) -> Node {
    if unknown.is_some_and(|unknown| unknown.value == Value::Bool(true)) {
        return Node::new(after.at, Value::Unknown(name.to_owned()));
    }
    let value = match &after.value {
        Value::List(items) => {
            let of = |index: usize| unknown.and_then(|unknown| unknown.items().get(index));
            let items = items.iter().enumerate();
            Value::List(items.map(|(index, item)| known(item, of(index), name)).collect())
        }
        Value::Map(entries) => {
            let of = |key: &str| unknown.and_then(|unknown| unknown.get(key));
            let mut all: Vec<Entry> = entries
                .iter()
                .map(|entry| Entry { value: known(&entry.value, of(&entry.key), name), ..entry.clone() })
                .filter(|entry| entry.value.value != Value::Null)
                .collect();
            let rest = unknown.map(Node::entries).unwrap_or_default().iter();
            let rest = rest
                .filter(|entry| entry.value.value == Value::Bool(true) && after.get(&entry.key).is_none());
            all.extend(rest.map(|entry| Entry {
                key: entry.key.clone(),
                at: after.at,
                value: Node::new(after.at, Value::Unknown(format!("{name}.{}", entry.key))),
            }));
            Value::Map(all)
        }
        other => other.clone(),
    };
    Node::new(after.at, value)
}
