//! What keys of a format take: a value of another type is told once, with its place, and what is left of the object is
//! read all the same.

use crate::source::{Node, Value};

/// What stands behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of mappings.
    Maps,
    /// A mapping.
    Map,
}

/// A key with what it takes.
pub(super) type Row = (&'static str, Takes);

impl Takes {
    const fn words(self) -> &'static str {
        match self {
            Takes::Text => "a text",
            Takes::Texts => "a list of texts",
            Takes::Maps => "a list of mappings",
            Takes::Map => "a mapping",
        }
    }

    /// What is not what it takes; nothing and what is not known are.
    fn wrong(self, node: &Node) -> Option<&Node> {
        if matches!(node.value, Value::Null | Value::Unknown(_)) {
            return None;
        }
        let is_text = |node: &Node| matches!(node.value, Value::Text(_) | Value::Unknown(_));
        let is_map = |node: &Node| matches!(node.value, Value::Map(_) | Value::Unknown(_));
        match self {
            Takes::Text => (!is_text(node)).then_some(node),
            Takes::Map => (!is_map(node)).then_some(node),
            Takes::Texts | Takes::Maps => match &node.value {
                Value::List(items) if self == Takes::Texts => items.iter().find(|item| !is_text(item)),
                Value::List(items) => items.iter().find(|item| !is_map(item)),
                _ => Some(node),
            },
        }
    }
}

/// The first value of an object that is of another type than its key takes, and why that cannot be read.
pub(super) fn wrong<'n>(object: &'n Node, rows: &[Row]) -> Option<(&'n Node, String)> {
    rows.iter().find_map(|(key, takes)| {
        let found = takes.wrong(object.get(key)?)?;
        Some((found, format!("`{key}` takes {}, and this is {}", takes.words(), found.describe())))
    })
}
