//! A statement as it was written: its elements found, nothing refused.

use leastwise_policy::aws::{Effect, Operator, Statement};

use super::{ActionUse, Facts};
use crate::source::{Entry, Node};

/// A statement with its elements at hand.
#[derive(Debug)]
pub struct StatementView<'a> {
    /// Its number in the document, from 0.
    pub index: usize,
    /// The whole of it.
    pub node: &'a Node,
    /// What it means, when IAM would read it.
    pub typed: Option<&'a Statement>,
    /// The effect, when it is `Allow` or `Deny`.
    pub effect: Option<Effect>,
    /// What stands behind `Sid`.
    pub sid: Option<&'a Node>,
    /// `Action`
    pub action: Option<&'a Entry>,
    /// `NotAction`
    pub not_action: Option<&'a Entry>,
    /// The action patterns that are texts, of `Action` or `NotAction`, with the actions that they cover.
    pub actions: Vec<ActionUse<'a>>,
    /// `Resource`
    pub resource: Option<&'a Entry>,
    /// `NotResource`
    pub not_resource: Option<&'a Entry>,
    /// `Principal`
    pub principal: Option<&'a Entry>,
    /// `NotPrincipal`
    pub not_principal: Option<&'a Entry>,
    /// `Condition`
    pub condition: Option<&'a Entry>,
    /// The conditions in it, one for each operator and key.
    pub conditions: Vec<ConditionView<'a>>,
}

/// One operator on one key.
#[derive(Debug)]
pub struct ConditionView<'a> {
    /// The operator with all its keys.
    pub operator_entry: &'a Entry,
    /// The operator, when there is such a one.
    pub operator: Option<Operator>,
    /// The key with its values.
    pub key: &'a Entry,
}

impl<'a> StatementView<'a> {
    pub(super) fn new<'f: 'a>(index: usize, node: &'a Node, facts: &Facts<'f>) -> StatementView<'a> {
        let (action, not_action) = (node.entry("Action"), node.entry("NotAction"));
        let named = |(node, text)| ActionUse { node, text, found: facts.expand(text) };
        let effect = match node.get("Effect").and_then(Node::text) {
            Some("Allow") => Some(Effect::Allow),
            Some("Deny") => Some(Effect::Deny),
            _ => None,
        };
        let element = action.or(not_action);
        let mut actions = Vec::with_capacity(element.map_or(0, |entry| entry.value.one_or_many().len()));
        actions.extend(texts(element).map(named));
        let condition = node.entry("Condition");
        let conditions = condition
            .iter()
            .flat_map(|condition| condition.value.entries())
            .flat_map(|operator| {
                let parsed = Operator::parse(&operator.key).ok();
                let keys = operator.value.entries().iter();
                keys.map(move |key| ConditionView { operator_entry: operator, operator: parsed, key })
            })
            .collect();
        StatementView {
            index,
            node,
            typed: None,
            effect,
            sid: node.get("Sid"),
            action,
            not_action,
            actions,
            resource: node.entry("Resource"),
            not_resource: node.entry("NotResource"),
            principal: node.entry("Principal"),
            not_principal: node.entry("NotPrincipal"),
            condition,
            conditions,
        }
    }

    /// Whether it allows.
    pub fn allows(&self) -> bool {
        self.effect == Some(Effect::Allow)
    }

    /// Whether it denies.
    pub fn denies(&self) -> bool {
        self.effect == Some(Effect::Deny)
    }

    /// The resource patterns that are texts, of `Resource` or `NotResource`, with their places.
    pub fn resource_texts(&self) -> impl Iterator<Item = (&'a Node, &'a str)> {
        texts(self.resource.or(self.not_resource))
    }

    /// The principals of `Principal` or `NotPrincipal` that are texts: kind (`AWS`, `Service`, …; `*` when the whole
    /// element is `"*"`), place and text.
    pub fn principal_texts(&self) -> Vec<(&'a str, &'a Node, &'a str)> {
        let Some(entry) = self.principal.or(self.not_principal) else { return Vec::new() };
        if let Some(text) = entry.value.text() {
            return vec![("*", &entry.value, text)];
        }
        let kinds = entry.value.entries().iter();
        kinds
            .flat_map(|kind| {
                let values = kind.value.one_or_many().iter();
                values.filter_map(|node| Some((kind.key.as_str(), node, node.text()?)))
            })
            .collect()
    }
}

impl<'a> ConditionView<'a> {
    /// The values that are texts, with their places. Numbers and booleans are not among them.
    pub fn texts(&self) -> impl Iterator<Item = (&'a Node, &'a str)> {
        texts(Some(self.key))
    }
}

fn texts(entry: Option<&Entry>) -> impl Iterator<Item = (&Node, &str)> {
    let values = entry.map(|entry| entry.value.one_or_many()).unwrap_or_default();
    values.iter().filter_map(|node| Some((node, node.text()?)))
}
