//! A document as it can be compared, with what only the deployment knows in it.
//!
//! `aws_sqs_queue.orders.arn` is one thing on both sides, whatever it will be. So a resource that is not known is `*` under
//! a condition that no request has by itself, on the text that stands there: the same text means the same, `${x}/*` covers
//! `${x}/a`, and everything covers it. A principal that is not known is a principal of its own. What remains is
//! [`Comparable::unclear`].

use leastwise_policy::aws::{
    Comparison, Condition, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, Statement,
};

use super::told::statements;
use crate::check::Document;
use crate::source::{Entry, Node, Value, has_hole, hole};

/// The condition key that stands for a resource that is not known.
pub(super) const RESOURCE: &str = "leastwise:resource";

/// Principals that are not known are roles of this account, which nobody has.
pub(super) const PRINCIPAL: &str = "arn:aws:iam::000000000000:role/not-known/";

/// A document, ready to be compared.
#[derive(Debug, Default)]
pub(super) struct Comparable {
    /// Its statements, as far as they can be understood.
    pub(super) policy: Policy,
    /// For each statement of `policy`, its number in the document.
    pub(super) numbers: Vec<usize>,
    /// Numbers of the statements that cannot be understood.
    pub(super) unclear: Vec<usize>,
}

impl Comparable {
    /// Understands what can be understood.
    pub(super) fn of(document: &Document) -> Comparable {
        let mut comparable = Comparable::default();
        comparable.policy.version = document.policy.version;
        let mut typed = document.policy.statements.iter();
        for (number, node) in statements(document).iter().enumerate() {
            let understood = document.understood.contains(&number).then(|| typed.next()).flatten();
            let these = with_unknown_resources(document, node)
                .or_else(|| understood.map(|statement| vec![statement.clone()]));
            let Some(these) = these.and_then(with_known_principals) else {
                comparable.unclear.push(number);
                continue;
            };
            comparable.numbers.extend(these.iter().map(|_| number));
            comparable.policy.statements.extend(these);
        }
        comparable
    }
}

/// A statement whose resources are not all known, as two: one on what is known, one on the rest.
fn with_unknown_resources(document: &Document, node: &Node) -> Option<Vec<Statement>> {
    let resource = node.entry("Resource")?;
    let values = resource.value.one_or_many();
    let (unknown, known): (Vec<&Node>, Vec<&Node>) =
        values.iter().partition(|value| unknown_text(value).is_some());
    let texts: Vec<String> = unknown.iter().filter_map(|value| unknown_text(value)).collect();
    if texts.is_empty() {
        return None;
    }
    let on_these = Condition::new(Comparison::StringLike, RESOURCE, texts);
    let star = Node::new(resource.value.at, Value::Text("*".to_owned()));
    let mut these = vec![parsed(document, node, star)?.with_condition(on_these)];
    if !known.is_empty() {
        let list = Node::new(resource.value.at, Value::List(known.into_iter().cloned().collect()));
        these.push(parsed(document, node, list)?);
    }
    Some(these)
}

/// The text of a resource of which it is not known what ARN it is.
fn unknown_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Unknown(name) => Some(hole(name)),
        Value::Text(text) if has_hole(text) && !text.starts_with("arn:") => Some(text.clone()),
        _ => None,
    }
}

/// The statement with these resources, as IAM would read it.
fn parsed(document: &Document, node: &Node, resources: Node) -> Option<Statement> {
    let entries = node.entries().iter().map(|entry| match entry.key == "Resource" {
        true => Entry { value: resources.clone(), ..entry.clone() },
        false => entry.clone(),
    });
    let node = Node::new(node.at, Value::Map(entries.collect()));
    let version = document.policy.version.as_str();
    let text = format!(r#"{{"Version":"{version}","Statement":{}}}"#, node.to_json());
    let policy = Policy::parse_kind(&text, document.kind).ok()?;
    policy.statements.into_iter().next()
}

/// The same with a stand-in for each principal that is not known; none when it is a service, or an account, of which
/// nothing is known.
fn with_known_principals(mut these: Vec<Statement>) -> Option<Vec<Statement>> {
    for statement in &mut these {
        let (Some(PrincipalBlock::Principal(set)) | Some(PrincipalBlock::NotPrincipal(set))) =
            &mut statement.principal
        else {
            continue;
        };
        let PrincipalSet::ByKind(kinds) = set else { continue };
        for (kind, texts) in kinds {
            for text in texts.iter_mut().filter(|text| has_hole(text)) {
                match kind {
                    PrincipalKind::Aws if !text.starts_with("arn:") => *text = format!("{PRINCIPAL}{text}"),
                    PrincipalKind::Aws if !has_hole(text.split(":role/").next().unwrap_or_default()) => {}
                    _ => return None,
                }
            }
        }
    }
    Some(these)
}
