//! Reading a YAML tree as something expected: each reader notes what is wrong and goes on, so that all faults of a
//! file are told at once.

use super::error::nearest;
use super::yaml::{Key, Node, Value};
use super::{Fault, Said};

/// Faults so far.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    pub(super) fn note(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    fn expected(&mut self, what: &str, wanted: &str, node: &Node) {
        self.note(Fault::new(&node.place, format!("`{what}` is {wanted}, and this is {}", node.kind())));
    }

    /// The entries of a mapping; nothing written is an empty one.
    pub(super) fn map<'n>(&mut self, what: &str, node: &'n Node) -> &'n [(Key, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Nothing => &[],
            _ => {
                self.expected(what, "a mapping", node);
                &[]
            }
        }
    }

    /// The items of a list; nothing written is an empty one.
    pub(super) fn list<'n>(&mut self, what: &str, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Nothing => &[],
            _ => {
                self.expected(what, "a list", node);
                &[]
            }
        }
    }

    /// The items of a list, or the one thing that stands in its place.
    pub(super) fn some<'n>(&mut self, node: &'n Node) -> Vec<&'n Node> {
        match &node.value {
            Value::List(items) => items.iter().collect(),
            Value::Nothing => Vec::new(),
            _ => vec![node],
        }
    }

    pub(super) fn text(&mut self, what: &str, node: &Node) -> Option<Said<String>> {
        match &node.value {
            Value::Text(text) if !text.trim().is_empty() => {
                Some(Said::new(text.trim().to_owned(), node.place.clone()))
            }
            _ => {
                self.expected(what, "a text", node);
                None
            }
        }
    }

    /// One text or several.
    pub(super) fn texts(&mut self, what: &str, node: &Node) -> Vec<Said<String>> {
        let nodes = self.some(node);
        nodes.into_iter().filter_map(|node| self.text(what, node)).collect()
    }

    pub(super) fn flag(&mut self, what: &str, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Text(text) if text == "true" => Some(true),
            Value::Text(text) if text == "false" => Some(false),
            _ => {
                self.note(Fault::new(&node.place, format!("`{what}` is `true` or `false`")));
                None
            }
        }
    }

    /// Says that a key is not one of those that may stand there.
    pub(super) fn unknown(&mut self, key: &Key, known: &[&str]) {
        let fault = Fault::new(&key.place, format!("unknown key `{}`", key.name));
        self.note(match nearest(&key.name, known.iter().copied()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("known here: {}", known.join(", "))),
        });
    }
}
