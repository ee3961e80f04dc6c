//! What stands between braces, as one value: attributes, and blocks as lists of what they hold.

use super::{Machine, map};
use crate::source::hcl::either::Wanted;
use crate::source::hcl::eval::{Scope, by_value, pairs, same, unknown};
use crate::source::hcl::syntax::{Block, Body, Expr, Kind};
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
        let was_denial = self.is_denial;
        if let Some(effect) = body.attribute("effect") {
            self.is_denial = self.eval_for(Wanted::Effect, &effect.value, scope).text() == Some("Deny");
        }
        for attribute in body.attributes.iter().filter(|attribute| !META.contains(&&*attribute.key)) {
            let wanted = match self.is_denial {
                true => Wanted::of_denied(&attribute.key),
                false => Wanted::of_attribute(&attribute.key),
            };
            let mut value = self.eval_for(wanted, &attribute.value, scope);
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
        self.is_denial = was_denial;
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
        // What limits a denial makes less of it, and there may be more of what it is about.
        let limits = match (self.is_denial, kind.as_str()) {
            (true, kind) => kind == "principals",
            (false, kind) => kind == "condition",
        };
        let wanted = if limits { Wanted::Limit } else { Wanted::One };
        let collection = self.eval_for(wanted, &each.value, scope);
        let is_set = self.is_set(&each.value, 0);
        let rounds = match pairs(&collection) {
            Ok(pairs) if is_set => by_value(pairs),
            Ok(pairs) => pairs,
            // Perhaps there is none, and nothing is taken away.
            Err(_) if limits => return,
            Err(what) => {
                let hangs_on = self.conditions_of_some(&each.value, scope);
                self.modules.library.hang_on(content.at, content.at, &hangs_on);
                vec![(unknown(collection.at, format!("{what} key")), unknown(collection.at, what))]
            }
        };
        let surely = match content.body.attribute("effect") {
            Some(_) => {
                let surely = self.eval_for(Wanted::Limit, &each.value, scope);
                let may_be_less = !self.deciding(&each.value).is_empty();
                let known = pairs(&surely).unwrap_or_default();
                Some((known, may_be_less && !matches!(each.value.kind, Kind::Conditional(_))))
            }
            None => None,
        };
        for (key, value) in rounds {
            if !self.spend(1) {
                return;
            }
            let hangs_on = self.conditions_of_round(&each.value, (&key, &value)).all;
            self.modules.library.hang_on(content.at, content.at, &hangs_on);
            let is_sure = surely.as_ref().is_none_or(|(known, may_be_less)| {
                !may_be_less && known.iter().any(|(_, one)| same(one, &value))
            });
            let each = map(collection.at, [("key", key), ("value", value)]);
            let inner = Scope::within(scope, vec![(name.clone(), each)]);
            let value = self.body(&content.body, &inner, content.at);
            // A denial that may not be there takes nothing away.
            if is_sure || value.get("effect").is_none_or(|effect| effect.text() == Some("Allow")) {
                add(entries, kind, content.at, value);
            }
        }
    }
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
