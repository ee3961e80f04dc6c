//! From [`Policy`] to JSON, always in the same form: keys in AWS's order, a list of one as its element.

use super::principal::{PrincipalBlock, PrincipalSet};
use super::{ActionBlock, Conditions, Policy, ResourceBlock, Statement};
use crate::json::write_string;
use std::borrow::Cow;

impl Policy {
    /// The document with two spaces to a level, without a line break at the end.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.tree().write(&mut out, Some(0));
        out
    }

    /// The document without white space.
    pub fn to_compact_json(&self) -> String {
        let mut out = String::new();
        self.tree().write(&mut out, None);
        out
    }

    fn tree(&self) -> Node<'_> {
        let mut members = vec![("Version", Node::Text(self.version.as_str()))];
        if let Some(id) = &self.id {
            members.push(("Id", Node::Text(id)));
        }
        members.push(("Statement", Node::List(self.statements.iter().map(statement).collect())));
        Node::object(members)
    }
}

/// JSON as far as policies need it.
enum Node<'a> {
    Text(&'a str),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    fn object(members: Vec<(&'a str, Node<'a>)>) -> Node<'a> {
        Node::Object(members.into_iter().map(|(key, node)| (key.into(), node)).collect())
    }

    /// A list of one prints as its element.
    fn texts(texts: impl ExactSizeIterator<Item = &'a str>) -> Node<'a> {
        let mut nodes: Vec<Node<'a>> = texts.map(Node::Text).collect();
        match nodes.pop() {
            Some(only) if nodes.is_empty() => only,
            last => {
                nodes.extend(last);
                Node::List(nodes)
            }
        }
    }

    /// Writes compactly, or indented from this level.
    fn write(&self, out: &mut String, level: Option<usize>) {
        let inner = level.map(|level| level + 1);
        match self {
            Node::Text(text) => write_string(out, text),
            Node::List(nodes) if nodes.is_empty() => out.push_str("[]"),
            Node::Object(members) if members.is_empty() => out.push_str("{}"),
            Node::List(nodes) => {
                out.push('[');
                for (index, node) in nodes.iter().enumerate() {
                    separate(out, index, inner);
                    node.write(out, inner);
                }
                break_line(out, level);
                out.push(']');
            }
            Node::Object(members) => {
                out.push('{');
                for (index, (key, node)) in members.iter().enumerate() {
                    separate(out, index, inner);
                    write_string(out, key);
                    out.push_str(if level.is_some() { ": " } else { ":" });
                    node.write(out, inner);
                }
                break_line(out, level);
                out.push('}');
            }
        }
    }
}

fn separate(out: &mut String, index: usize, level: Option<usize>) {
    if index > 0 {
        out.push(',');
    }
    break_line(out, level);
}

fn break_line(out: &mut String, level: Option<usize>) {
    if let Some(level) = level {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    }
}

fn statement(statement: &Statement) -> Node<'_> {
    let mut members = Vec::new();
    if let Some(sid) = &statement.sid {
        members.push(("Sid", Node::Text(sid)));
    }
    members.push(("Effect", Node::Text(statement.effect.as_str())));
    match &statement.principal {
        Some(PrincipalBlock::Principal(set)) => members.push(("Principal", principals(set))),
        Some(PrincipalBlock::NotPrincipal(set)) => members.push(("NotPrincipal", principals(set))),
        None => {}
    }
    let actions = Node::texts(statement.action.patterns().iter().map(|pattern| pattern.as_str()));
    members.push(match statement.action {
        ActionBlock::Action(_) => ("Action", actions),
        ActionBlock::NotAction(_) => ("NotAction", actions),
    });
    if let Some(block) = &statement.resource {
        let resources = Node::texts(block.patterns().iter().map(|pattern| pattern.as_str()));
        members.push(match block {
            ResourceBlock::Resource(_) => ("Resource", resources),
            ResourceBlock::NotResource(_) => ("NotResource", resources),
        });
    }
    if !statement.condition.is_empty() {
        members.push(("Condition", conditions(&statement.condition)));
    }
    Node::object(members)
}

fn principals(set: &PrincipalSet) -> Node<'_> {
    match set {
        PrincipalSet::Everyone => Node::Text("*"),
        PrincipalSet::ByKind(kinds) => {
            let mut members = Vec::with_capacity(kinds.len());
            for (kind, ids) in kinds {
                members.push((kind.as_str(), Node::texts(ids.iter().map(String::as_str))));
            }
            Node::object(members)
        }
    }
}

/// Conditions of one operator stand together, so each operator is opened once.
fn conditions(conditions: &Conditions) -> Node<'_> {
    let mut operators: Vec<(Cow<'_, str>, Node<'_>)> = Vec::new();
    let groups = conditions.as_slice().chunk_by(|a, b| a.operator == b.operator);
    for group in groups {
        let mut keys: Vec<(Cow<'_, str>, Node<'_>)> = Vec::with_capacity(group.len());
        for condition in group {
            let values = Node::texts(condition.values.iter().map(String::as_str));
            keys.push((condition.key.as_str().into(), values));
        }
        operators.push((group[0].operator.to_string().into(), Node::Object(keys)));
    }
    Node::Object(operators)
}
