//! What a conditional comes to when it is not known which side it has.
//!
//! Whoever asks says what for ([`Wanted`]): of what allows both sides count, and what limits counts only where both sides
//! have it. So nothing passes for limited that a variable may leave without a limit.

use super::eval::{same, unknown};
use super::place::chosen;
use super::template::{encode, encoded};
use crate::source::{Entry, Node, Value};

/// What a value is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Wanted {
    /// For what there is one of.
    #[default]
    One,
    /// For what allows: each of several counts.
    Each,
    /// For what limits: it counts when it is sure to be there.
    Limit,
    /// The same, one step further in: of a condition its keys.
    LimitWithin,
    /// For what a denial is about: what is on both sides.
    Shared,
    /// For the conditions of a denial: what is the same on both sides.
    Same,
    /// For an `Effect`.
    Effect,
}

/// Elements of which a denial is not about what they name.
const SPARED: [&str; 3] = ["NotAction", "NotResource", "NotPrincipal"];

/// Elements of a statement, and of a principal in it, of which each value counts.
const EACH: [&str; 7] = ["Statement", "Action", "Resource", "Principal", "AWS", "Service", "Federated"];

/// Attributes that limit.
const LIMITS: [&str; 6] = [
    "permissions_boundary",
    "source_arn",
    "source_account",
    "principal_org_id",
    "organization_id",
    "function_url_auth_type",
];

/// Attributes that name policies and who has them.
const NAMES: [&str; 8] = [
    "policy_arn",
    "managed_policy_arn",
    "managed_policy_arns",
    "policy_arns",
    "role",
    "member",
    "role_definition_name",
    "role_definition_id",
];

impl Wanted {
    /// What the value of a key of an object is for, when the object is for `self`.
    pub(super) fn of_key(self, key: &str) -> Wanted {
        match (self, key) {
            (Wanted::Limit, _) => Wanted::LimitWithin,
            (Wanted::Shared | Wanted::Same, _) => self,
            (_, "Condition") => Wanted::Limit,
            (_, "Effect") => Wanted::Effect,
            (_, key) if EACH.contains(&key) => Wanted::Each,
            _ => Wanted::One,
        }
    }

    /// The same in a statement that denies: it is sure to deny what is there either way, but for what may be spared.
    pub(super) fn of_denied(key: &str) -> Wanted {
        match key {
            "Effect" | "effect" => Wanted::Effect,
            "Action" | "Resource" | "Principal" | "actions" | "resources" | "identifiers" => Wanted::Shared,
            "Condition" | "test" | "variable" | "values" => Wanted::Same,
            key if SPARED.contains(&key) => Wanted::Each,
            _ => Wanted::One,
        }
    }

    /// What the value of an attribute of a resource is for.
    pub(super) fn of_attribute(key: &str) -> Wanted {
        match key {
            "effect" => Wanted::Effect,
            key if LIMITS.contains(&key) => Wanted::Limit,
            key if NAMES.contains(&key) => Wanted::Each,
            _ => Wanted::One,
        }
    }

    fn limits(self) -> bool {
        matches!(self, Wanted::Limit | Wanted::LimitWithin)
    }
}

/// A value that may be one or the other; `hangs_on` is what decides.
pub(super) fn either(then: Node, otherwise: Node, hangs_on: String, wanted: Wanted) -> Node {
    if same(&then, &otherwise) {
        return then;
    }
    if wanted == Wanted::Same {
        return unknown(then.at, hangs_on);
    }
    if wanted == Wanted::Shared {
        return shared(then, otherwise, hangs_on);
    }
    if wanted.limits() && (is_nothing(&then) || is_nothing(&otherwise)) {
        return if is_nothing(&then) { then } else { otherwise };
    }
    if wanted == Wanted::Effect && [&then, &otherwise].iter().any(|side| side.text() == Some("Allow")) {
        return if then.text() == Some("Allow") { then } else { otherwise };
    }
    match (is_nothing(&then), is_nothing(&otherwise)) {
        (false, true) => return alone(then),
        (true, false) => return alone(otherwise),
        _ => {}
    }
    match (encoded(&then), &otherwise.value, encoded(&otherwise), &then.value) {
        (Some(tree), Value::Unknown(what), ..) | (_, _, Some(tree), Value::Unknown(what)) => {
            let unknown = unknown(tree.at, what.clone());
            return both_statements(tree, vec![unknown]).map_or_else(|| then.clone(), encode);
        }
        _ => {}
    }
    if let (Some(one), Some(other)) = (encoded(&then), encoded(&otherwise)) {
        return both_documents(one, other).map_or_else(|| unknown(then.at, hangs_on), encode);
    }
    let at = then.at;
    match (then.value, otherwise.value) {
        (Value::List(one), Value::List(other)) => Node::new(at, Value::List(both(one, other, wanted))),
        (Value::Text(text), _) | (_, Value::Text(text)) if wanted == Wanted::Each && text == "*" => {
            Node::new(at, Value::Text(text))
        }
        (one, other) if wanted == Wanted::Each && is_several(&one) && is_several(&other) => {
            let (one, other) = (items(Node::new(at, one)), items(Node::new(otherwise.at, other)));
            Node::new(at, Value::List(both(one, other, wanted)))
        }
        _ => unknown(at, hangs_on),
    }
}

/// What is on both sides.
fn shared(then: Node, otherwise: Node, hangs_on: String) -> Node {
    let at = then.at;
    let others = items(otherwise);
    let shared: Vec<Node> =
        items(then).into_iter().filter(|item| others.iter().any(|other| same(item, other))).collect();
    if shared.is_empty() { unknown(at, hangs_on) } else { Node::new(at, Value::List(shared)) }
}

fn items(node: Node) -> Vec<Node> {
    match node.value {
        Value::List(items) => items,
        value => vec![Node::new(node.at, value)],
    }
}

/// Texts, and statements.
fn is_several(value: &Value) -> bool {
    match value {
        Value::Text(_) | Value::List(_) | Value::Unknown(_) => true,
        Value::Map(entries) => entries.iter().any(|entry| entry.key == "Effect"),
        _ => false,
    }
}

fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

fn denies(node: &Node) -> bool {
    node.get("Effect").and_then(Node::text) == Some("Deny")
}

/// What is there on one side only: no denial, and no condition.
fn alone(node: Node) -> Node {
    let node = without_denials(node);
    let at = chosen(node.at);
    match node.value {
        Value::List(items) => {
            let items = items.into_iter().map(|item| Node::new(chosen(item.at), item.value));
            Node::new(node.at, Value::List(items.collect()))
        }
        Value::Map(entries) if encoded_of(&entries).is_none() => {
            Node::new(at, Value::Map(entries.into_iter().filter(|entry| entry.key != "Condition").collect()))
        }
        value => Node::new(at, value),
    }
}

/// Whether it denies something, or documents in it do.
pub(super) fn has_denials(node: &Node) -> bool {
    let of_document = || encoded(node).is_some_and(|tree| statements(tree).any(denies));
    denies(node)
        || of_document()
        || matches!(&node.value, Value::List(items) if items.iter().any(has_denials))
}

/// What is left of what may not be there, or of documents with it: a denial is null.
pub(super) fn without_denials(node: Node) -> Node {
    let at = node.at;
    if denies(&node) {
        return Node::new(at, Value::Null);
    }
    if let Some(tree) = encoded(&node) {
        let is_sure = |statement: &Node| !denies(statement);
        return if statements(tree).all(is_sure) { node } else { encode(keeping(tree, is_sure)) };
    }
    match node.value {
        Value::List(items) => {
            let kept = items.into_iter().filter(|item| !denies(item)).map(without_denials);
            Node::new(at, Value::List(kept.collect()))
        }
        value => Node::new(at, value),
    }
}

fn statements(document: &Node) -> impl Iterator<Item = &Node> {
    document.get("Statement").map(Node::one_or_many).unwrap_or_default().iter()
}

/// A document with these of its statements.
fn keeping(document: &Node, is_kept: impl Fn(&Node) -> bool) -> Node {
    let mut made = document.clone();
    if let Value::Map(entries) = &mut made.value
        && let Some(entry) = entries.iter_mut().find(|entry| entry.key == "Statement")
    {
        entry.value.value = Value::List(statements(document).filter(|one| is_kept(one)).cloned().collect());
    }
    made
}

/// A document with those of its denials that are in another way in which it can be, too.
pub(super) fn with_shared_denials(document: &Node, other: Option<&Node>) -> Node {
    let is_there = |one: &Node| other.is_some_and(|other| statements(other).any(|known| same(known, one)));
    keeping(document, |one| !denies(one) || is_there(one))
}

fn encoded_of(entries: &[Entry]) -> Option<&Entry> {
    entries.first().filter(|entry| entry.key.starts_with('\u{e002}'))
}

/// What is on either side; of denials, and of what limits, what is on both.
fn both(one: Vec<Node>, other: Vec<Node>, wanted: Wanted) -> Vec<Node> {
    let is_on = |side: &[Node], item: &Node| side.iter().any(|known| same(known, item));
    if wanted == Wanted::Limit {
        return one.into_iter().filter(|item| is_on(&other, item)).collect();
    }
    let on_one = |item: &Node| {
        let left = without_denials(item.clone());
        Node::new(chosen(item.at), left.value)
    };
    let mark = |item: &Node| if is_on(&other, item) { item.clone() } else { on_one(item) };
    let mut items: Vec<Node> =
        one.iter().filter(|item| !denies(item) || is_on(&other, item)).map(mark).collect();
    let Some(at) = one.iter().find(|item| !is_on(&other, item)).map(|item| item.at) else {
        let more = other.iter().filter(|item| !denies(item) && !is_on(&one, item));
        items.extend(more.map(on_one));
        return items;
    };
    for item in other.iter().filter(|item| !denies(item) && !is_on(&one, item)) {
        // Where one of two statements will be, neither stands beside the other.
        let is_statement = item.get("Effect").is_some();
        items.push(if is_statement { item.alternative(chosen(at), true) } else { on_one(item) });
    }
    items
}

/// A document with the statements of both.
fn both_documents(one: &Node, other: &Node) -> Option<Node> {
    both_statements(one, other.get("Statement")?.one_or_many().to_vec())
}

/// A document with these statements as well.
fn both_statements(one: &Node, others: Vec<Node>) -> Option<Node> {
    let statements = one.get("Statement")?.one_or_many().to_vec();
    let statements = both(statements, others, Wanted::Each);
    let mut document = one.clone();
    let Value::Map(entries) = &mut document.value else { return None };
    let entry = entries.iter_mut().find(|entry| entry.key == "Statement")?;
    entry.value.value = Value::List(statements);
    Some(document)
}
