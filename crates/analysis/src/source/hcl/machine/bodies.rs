//! What stands between braces, as one value: attributes, and blocks as lists of what they hold.

use super::{Machine, map};
use crate::source::hcl::either::Wanted;
use crate::source::hcl::eval::{Scope, by_value, pairs, unknown};
use crate::source::hcl::syntax::{Block, Body, Expr, Kind, Part};
use crate::source::{Entry, Node, Place, Value};

/// What says how a block is treated and not what it is; some of it would make a circle.
pub(super) const META: [&str; 9] = [
    "count",
    "for_each",
    "depends_on",
    "lifecycle",
    "provider",
    "providers",
    "provisioner",
    "connection",
    "timeouts",
];

impl Machine<'_> {
    /// A body with all that is in it: blocks are lists of what they hold.
    pub(in crate::source::hcl) fn body(&mut self, body: &Body, scope: &Scope<'_>, at: Place) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for attribute in body.attributes.iter().filter(|attribute| !META.contains(&&*attribute.key)) {
            let mut value = self.eval_for(Wanted::of_attribute(&attribute.key), &attribute.value, scope);
            if let (Value::Null, Kind::Reference { written, .. }, "policy" | "assume_role_policy") =
                (&value.value, &attribute.value.kind, attribute.key.as_str())
            {
                // Somebody has to give it.
                value = unknown(attribute.value.at, written.clone());
            }
            entries.push(Entry { key: attribute.key.clone(), at: attribute.at, value });
        }
        for block in &body.blocks {
            if META.contains(&&*block.kind) || !self.spend(1) {
                continue;
            }
            if block.kind == "dynamic" {
                self.dynamic(block, scope, &mut entries);
                continue;
            }
            let value = self.body(&block.body, scope, block.at);
            add(&mut entries, &block.kind, block.at, value);
        }
        Node::new(at, Value::Map(entries))
    }

    /// `dynamic "statement" { for_each = …, content { … } }`
    fn dynamic(&mut self, block: &Block, scope: &Scope<'_>, entries: &mut Vec<Entry>) {
        let Some(kind) = block.labels.first() else { return };
        let Some(content) = block.body.blocks.iter().find(|inner| inner.kind == "content") else { return };
        let iterator = block.body.attribute("iterator").map(|attribute| &attribute.value);
        let name = match iterator.map(|expr: &Expr| &expr.kind) {
            Some(Kind::Reference { root, .. }) => root.clone(),
            _ => kind.clone(),
        };
        let Some(each) = block.body.attribute("for_each") else { return };
        let wanted = if limits(kind, &content.body) { Wanted::Limit } else { Wanted::One };
        let collection = self.eval_for(wanted, &each.value, scope);
        let is_set = self.is_set(&each.value, 0);
        let rounds = match pairs(&collection) {
            Ok(pairs) if is_set => by_value(pairs),
            Ok(pairs) => pairs,
            // Perhaps there is none, and nothing is taken away.
            Err(_) if wanted == Wanted::Limit => return,
            Err(what) => {
                let hangs_on = self.conditions_of_some(&each.value, scope);
                self.modules.library.hang_on(content.at, &hangs_on);
                vec![(unknown(collection.at, format!("{what} key")), unknown(collection.at, what))]
            }
        };
        for (key, value) in rounds {
            if !self.spend(1) {
                return;
            }
            let hangs_on = self.conditions_of_round((&key, &value));
            self.modules.library.hang_on(content.at, &hangs_on);
            let each = map(collection.at, [("key", key), ("value", value)]);
            let inner = Scope::within(scope, vec![(name.clone(), each)]);
            let value = self.body(&content.body, &inner, content.at);
            add(entries, kind, content.at, value);
        }
    }
}

/// Whether a block is one that takes away: a condition, or a statement that denies.
fn limits(kind: &str, body: &Body) -> bool {
    let denies = |value: &Expr| {
        matches!(&value.kind, Kind::Literal(Value::Text(text)) if text == "Deny")
            || matches!(&value.kind, Kind::Template(parts) if matches!(&parts[..], [Part::Text(only)] if only.text == "Deny"))
    };
    kind == "condition" || body.attribute("effect").is_some_and(|effect| denies(&effect.value))
}

/// Adds a block to the others of its kind.
fn add(entries: &mut Vec<Entry>, kind: &str, at: Place, value: Node) {
    if let Some(earlier) = entries.iter_mut().find(|entry| entry.key == kind)
        && let Value::List(items) = &mut earlier.value.value
    {
        items.push(value);
        return;
    }
    let value = Node::new(at, Value::List(vec![value]));
    entries.push(Entry { key: kind.to_owned(), at, value });
}
