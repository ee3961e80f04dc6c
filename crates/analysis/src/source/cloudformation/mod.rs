//! CloudFormation templates with their functions worked out, as far as the text says:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.
//!
//! Parameters have their defaults. A condition may come out either way, whatever the defaults say, so a resource is
//! worked out several times ([`Template::variants`]): once as the defaults have it, and once more for each condition on
//! which something in it hangs, the other way round.

mod conditions;
mod facts;
mod functions;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

pub use facts::arn_template;

use super::{Node, Value, hole};

/// The most steps that working out one template may take.
const MOST_STEPS: usize = 2_000_000;
/// How deep functions may lie in each other.
const DEEPEST: usize = 80;
/// The most conditions that are tried the other way round for one resource.
const MOST_CONDITIONS: usize = 12;

/// A template.
#[derive(Debug)]
pub struct Template<'n> {
    root: &'n Node,
    account: String,
    steps: Cell<usize>,
    /// Conditions that were asked for.
    asked: RefCell<BTreeSet<String>>,
    /// The condition that comes out the other way.
    flipped: RefCell<Option<String>>,
    depth: Cell<usize>,
}

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'n> {
    /// The logical id.
    pub id: &'n str,
    /// `AWS::IAM::Role`
    pub kind: &'n str,
    /// The whole of it.
    pub node: &'n Node,
}

/// Whether a text is a template: its resources have types of AWS.
pub fn is_template(root: &Node) -> bool {
    let resources = root.get("Resources").map(Node::entries).unwrap_or_default();
    resources.iter().any(|entry| {
        let kind = entry.value.get("Type").and_then(Node::text).unwrap_or_default();
        ["AWS::", "Custom::", "Alexa::"].iter().any(|known| kind.starts_with(known))
            || kind.matches("::").count() == 2
    })
}

impl<'n> Template<'n> {
    /// As if deployed to this account.
    pub fn new(root: &'n Node, account: &str) -> Template<'n> {
        Template {
            root,
            account: account.to_owned(),
            steps: Cell::new(0),
            asked: RefCell::default(),
            flipped: RefCell::default(),
            depth: Cell::new(0),
        }
    }

    /// The resources.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'n>> + use<'n> {
        let entries = self.root.get("Resources").map(Node::entries).unwrap_or_default();
        entries.iter().filter_map(|entry| {
            let kind = entry.value.get("Type").and_then(Node::text)?;
            Some(Resource { id: &entry.key, kind, node: &entry.value })
        })
    }

    /// Whether it asks for more work than is done.
    pub fn is_exhausted(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }

    /// What a value comes to, as the defaults have it; none for `AWS::NoValue`.
    pub fn value(&self, node: &Node) -> Option<Node> {
        self.resolve(node)
    }

    /// What a value can come to, the likeliest first. Each is different.
    pub fn variants(&self, node: &Node) -> Vec<Node> {
        self.asked.borrow_mut().clear();
        let first = self.resolve(node);
        let asked: Vec<String> = self.asked.borrow().iter().take(MOST_CONDITIONS).cloned().collect();
        let mut found: Vec<Node> = first.into_iter().collect();
        for condition in asked {
            *self.flipped.borrow_mut() = Some(condition);
            if let Some(other) = self.resolve(node)
                && !found.iter().any(|known| known.value == other.value)
            {
                found.push(other);
            }
            *self.flipped.borrow_mut() = None;
        }
        found
    }

    /// The text at a property, worked out.
    pub fn text(&self, properties: &Node, key: &str) -> Option<String> {
        as_text(&self.resolve(properties.get(key)?)?)
    }

    /// The properties of a resource that is declared.
    fn properties(&self, id: &str) -> Option<(&'n str, Option<&'n Node>)> {
        let resource = self.root.get("Resources")?.get(id)?;
        Some((resource.get("Type").and_then(Node::text)?, resource.get("Properties")))
    }

    fn resolve(&self, node: &Node) -> Option<Node> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > MOST_STEPS || self.depth.get() >= DEEPEST {
            return Some(unknown(node, "what is too deep or too large to be worked out"));
        }
        self.depth.set(self.depth.get() + 1);
        let resolved = self.resolve_value(node);
        self.depth.set(self.depth.get() - 1);
        resolved
    }

    fn resolve_value(&self, node: &Node) -> Option<Node> {
        match &node.value {
            Value::Map(entries) => {
                if let [only] = &entries[..]
                    && (only.key == "Ref"
                        || only.key == "Condition" && only.value.text().is_some()
                        || only.key.starts_with("Fn::"))
                {
                    return self.function(&only.key, &only.value, node);
                }
                let resolved = entries.iter().filter_map(|entry| {
                    let value = self.resolve(&entry.value)?;
                    Some(super::Entry { key: entry.key.clone(), at: entry.at, value })
                });
                Some(Node::new(node.at, Value::Map(resolved.collect())))
            }
            Value::List(items) => {
                let resolved = items.iter().filter_map(|item| self.resolve(item)).collect();
                Some(Node::new(node.at, Value::List(resolved)))
            }
            _ => Some(node.clone()),
        }
    }
}

fn unknown(node: &Node, what: impl Into<String>) -> Node {
    Node::new(node.at, Value::Unknown(what.into()))
}

fn text(node: &Node, text: impl Into<String>) -> Node {
    Node::new(node.at, Value::Text(text.into()))
}

/// A value as a part of a text.
pub fn as_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Unknown(what) => Some(hole(what)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
