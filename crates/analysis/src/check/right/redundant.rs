//! What could be left out: resources and statements that others cover, and statements that a `Deny` undoes.
//!
//! A statement is covered when each of its actions, on each of its resources, is covered by another statement under no
//! more conditions. That is told by patterns alone, so nothing is reported that a comparison would not confirm; what
//! only several patterns together cover is not found.

use std::borrow::Cow;

use leastwise_policy::arn::ArnPattern;
use leastwise_policy::aws::{ActionBlock, Effect, PrincipalBlock, PrincipalSet, ResourceBlock, Statement};
use leastwise_policy::glob::Glob;

use super::arns::open;
use super::notes::Notes;
use crate::check::row::{allows, statements, suggestion, warning};
use crate::check::{Check, Example, Facts, Severity, Subject};
use crate::source::has_hole;

const GOOD: Example = Example::identity(statements!(
    r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#,
    r#""Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/secret/*""#
));

pub(super) static CHECKS: &[Check] = &[
    suggestion(
        "REDUNDANT_RESOURCE",
        "A resource that another covers",
        "All that the ARN stands for is covered by another one of the same statement. Whoever takes the narrower one out \
         to take access away takes nothing away.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": ["arn:aws:s3:::reports/*", "arn:aws:s3:::reports/2026/*"]"#
    )))
    .good(GOOD)
    .noted(),
    suggestion(
        "REDUNDANT_STATEMENT",
        "A statement that others cover",
        "All that the statement allows or denies is allowed or denied by other statements of the document. Whoever takes \
         it out to take access away takes nothing away.",
    )
    .severity(Severity::Low)
    .bad(Example::identity(statements!(
        r#""Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*""#,
        r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/2026/*""#
    )))
    .good(GOOD)
    .noted(),
    warning(
        "SHADOWED_STATEMENT",
        "An Allow that a Deny undoes",
        "All that the statement allows is denied by other statements of the document, so it allows nothing. Either the \
         `Deny` is wider than meant or the `Allow` can go. IAM Access Analyzer does not report this.",
    )
    .severity(Severity::Medium)
    .bad(Example::identity(statements!(
        r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/2026/*""#,
        r#""Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*""#
    )))
    .good(GOOD)
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    resources(subject, notes);
    if subject.statements.len() < 2 {
        return;
    }
    let read: Vec<(usize, Read<'_>)> =
        subject.understood().filter_map(|(view, typed)| Some((view.index, Read::new(typed)?))).collect();
    let mut gone = vec![false; read.len()];
    // From the end, so that of two that are the same the first one stays.
    for at in (0..read.len()).rev() {
        let (index, own) = &read[at];
        let others = |effect: Effect| {
            let rest = read.iter().enumerate().filter(|(other, _)| *other != at && !gone[*other]);
            rest.map(|(_, (index, other))| (*index, other))
                .filter(|(_, other)| other.typed.effect == effect)
                .collect::<Vec<_>>()
        };
        let Some(view) = subject.statements.iter().find(|view| view.index == *index) else { continue };
        if let Some(by) = own.covered(&others(own.typed.effect)) {
            let message = format!("other statements say all of it already: {}", numbers(&by));
            notes.at("REDUNDANT_STATEMENT", view.node, message);
            gone[at] = true;
        } else if own.typed.effect == Effect::Allow
            && let Some(by) = own.covered(&others(Effect::Deny))
        {
            let message = format!("it allows nothing, since all of it is denied: {}", numbers(&by));
            notes.at("SHADOWED_STATEMENT", view.node, message);
        }
    }
}

/// The statements by number from 1, as people count.
fn numbers(by: &[usize]) -> String {
    let names: Vec<String> = by.iter().map(|index| format!("statement {}", index + 1)).collect();
    names.join(", ")
}

/// An ARN pattern with the text that it was read from.
struct Arn<'t> {
    text: &'t str,
    /// With variables as wildcards: what it can stand for at most.
    most: ArnPattern,
    has_variables: bool,
}

impl<'t> Arn<'t> {
    fn new(text: &'t str) -> Arn<'t> {
        let opened = open(text);
        Arn { text, most: ArnPattern::new(&opened), has_variables: matches!(opened, Cow::Owned(_)) }
    }

    fn covers(&self, inner: &Arn<'_>) -> bool {
        self.text == inner.text
            || !self.has_variables && !has_hole(self.text) && self.most.subsumes(&inner.most)
    }
}

fn resources<'a>(subject: &Subject<'a>, notes: &mut Notes<'a>) {
    for statement in &subject.statements {
        let all: Vec<_> = statement.resource_texts().filter(|(_, text)| !has_hole(text)).collect();
        if all.len() < 2 {
            continue;
        }
        let arns: Vec<Arn<'_>> = all.iter().map(|(_, text)| Arn::new(text)).collect();
        for (index, (node, text)) in all.iter().enumerate() {
            let by = arns.iter().enumerate().find(|(other, arn)| {
                *other != index && arn.covers(&arns[index]) && !(arns[index].covers(arn) && *other > index)
            });
            if let Some((_, by)) = by {
                let message = format!("`{text}` is covered by `{}` of the same statement", by.text);
                notes.at("REDUNDANT_RESOURCE", node, message).fix("leave one of the two out");
            }
        }
    }
}

/// A statement as far as it can be compared: with `Action`, and with `Resource` or neither.
struct Read<'t> {
    typed: &'t Statement,
    /// In lower case, with what they begin with before a wildcard.
    actions: Vec<(String, usize)>,
    resources: Vec<Arn<'t>>,
}

impl<'t> Read<'t> {
    fn new(typed: &'t Statement) -> Option<Read<'t>> {
        let ActionBlock::Action(actions) = &typed.action else { return None };
        let resources = match &typed.resource {
            Some(ResourceBlock::Resource(resources)) => {
                resources.iter().map(|own| Arn::new(own.as_str())).collect()
            }
            Some(ResourceBlock::NotResource(_)) => return None,
            None => vec![Arn::new("*")],
        };
        let lower = |text: &str| {
            let text = text.to_ascii_lowercase();
            let head = text.find(['*', '?']).unwrap_or(text.len());
            (text, head)
        };
        let mut actions: Vec<_> = actions.iter().map(|own| lower(own.as_str())).collect();
        actions.sort_unstable();
        Some(Read { typed, actions, resources })
    }

    /// Whether the other one applies whenever this one does, as far as principals and conditions go.
    fn is_under(&self, other: &Read<'_>) -> bool {
        let everybody =
            matches!(&other.typed.principal, Some(PrincipalBlock::Principal(PrincipalSet::Everyone)));
        let principals = everybody || self.typed.principal == other.typed.principal;
        principals
            && other.typed.condition.iter().all(|theirs| self.typed.condition.iter().any(|own| own == theirs))
    }

    fn names(&self, action: &(String, usize)) -> bool {
        if self.actions.binary_search(action).is_ok() {
            return true;
        }
        let mut own = None;
        self.actions.iter().filter(|(text, head)| *head < text.len()).any(|(text, head)| {
            action.0.as_bytes().starts_with(&text.as_bytes()[..*head])
                && (text == "*" || Glob::new(text).subsumes(own.get_or_insert_with(|| Glob::new(&action.0))))
        })
    }

    /// Those of the others that together cover all of it, each action on each resource by one of them.
    fn covered(&self, others: &[(usize, &Read<'_>)]) -> Option<Vec<usize>> {
        let others: Vec<_> = others.iter().filter(|(_, other)| self.is_under(other)).collect();
        if others.is_empty() || self.actions.is_empty() || self.resources.is_empty() {
            return None;
        }
        // Which of the others cover which resource, before the actions, of which there are more.
        let on: Vec<Vec<bool>> = others
            .iter()
            .map(|(_, other)| {
                let covers = |own: &Arn<'_>| other.resources.iter().any(|theirs| theirs.covers(own));
                self.resources.iter().map(covers).collect()
            })
            .collect();
        if (0..self.resources.len()).any(|resource| on.iter().all(|covers| !covers[resource])) {
            return None;
        }
        let mut by = Vec::new();
        for action in &self.actions {
            let naming: Vec<usize> =
                (0..others.len()).filter(|index| others[*index].1.names(action)).collect();
            let on_resource = |resource: usize| naming.iter().find(|index| on[**index][resource]);
            let ones: Option<Vec<usize>> =
                (0..self.resources.len()).map(|resource| Some(others[*on_resource(resource)?].0)).collect();
            by.extend(ones?);
        }
        by.sort_unstable();
        by.dedup();
        Some(by)
    }
}
