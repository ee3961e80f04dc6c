//! What the type of a variable adds to its value: `optional(list(string), ["*"])`
//! (<https://developer.hashicorp.com/terraform/language/expressions/type-constraints#optional-object-type-attributes>).

use super::Machine;
use crate::source::hcl::eval::{Scope, as_text};
use crate::source::hcl::syntax::{Expr, Kind};
use crate::source::{Entry, Node, Value};

/// How deep types may lie in each other.
const DEEPEST: usize = 16;

impl Machine<'_> {
    /// The value with what its type says of attributes that are not given.
    pub(super) fn with_optional(&mut self, mut node: Node, kind: &Expr, depth: usize) -> Node {
        let Kind::Call { name, arguments, .. } = &kind.kind else { return node };
        let Some(inner) = arguments.first().filter(|_| depth < DEEPEST) else { return node };
        match (name.as_str(), &mut node.value, &inner.kind) {
            ("object", Value::Map(entries), Kind::Object(attributes)) => {
                for (key, kind) in attributes {
                    let Some(key) = as_text(&self.eval(key, &Scope::default())) else { continue };
                    self.fill(entries, key, kind, depth);
                }
            }
            ("list" | "set", Value::List(items), _) => {
                for item in items {
                    *item = self.with_optional(item.clone(), inner, depth + 1);
                }
            }
            ("map", Value::Map(entries), _) => {
                for entry in entries {
                    entry.value = self.with_optional(entry.value.clone(), inner, depth + 1);
                }
            }
            _ => {}
        }
        node
    }

    fn fill(&mut self, entries: &mut Vec<Entry>, key: String, kind: &Expr, depth: usize) {
        let (kind, default) = match &kind.kind {
            Kind::Call { name, arguments, .. } if name == "optional" => match &arguments[..] {
                [kind, default, ..] => (kind, Some(self.eval(default, &Scope::default()))),
                [kind] => (kind, Some(Node::new(kind.at, Value::Null))),
                [] => return,
            },
            _ => (kind, None),
        };
        let position = entries.iter().position(|entry| entry.key == key);
        let given = position.map(|position| &entries[position].value);
        let Some(value) = given.filter(|node| node.value != Value::Null).cloned().or(default) else { return };
        let value = self.with_optional(value, kind, depth + 1);
        match position {
            Some(position) => entries[position].value = value,
            None => entries.push(Entry { key, at: value.at, value }),
        }
    }
}
