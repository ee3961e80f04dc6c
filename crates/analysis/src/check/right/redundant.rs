//! What could be left out: resources and statements that others cover, and statements that a `Deny` undoes.
//!
//! A statement is covered when each of its actions, on each of its resources, is covered by another statement under no
//! more conditions. That is told by patterns alone, so nothing is reported that a comparison would not confirm. What only
//! several together cover is found by comparing (`union.rs`), where a look at keys and examples does not say no.

use std::cell::OnceCell;

use leastwise_policy::arn::ArnPattern;
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Effect, PrincipalBlock, PrincipalSet, ResourceBlock, Statement,
};
use leastwise_policy::glob::{self, Glob};

use super::arns::open;
use super::notes::Notes;
use super::union::{self, Written};
use crate::check::formats::Parts;
use crate::check::row::{allows, statements, suggestion, warning};
use crate::check::{ActionUse, Check, Example, Facts, Found, Severity, Subject};
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

/// Lists longer than this fit into no policy, which is said elsewhere; each of their members would be held against each.
const MOST: usize = 1_000;

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    resources(subject, notes);
    if subject.statements.len() < 2 || subject.statements.len() > MOST {
        return;
    }
    let views: Vec<Written<'_, 'a>> = subject.understood().collect();
    let mut read: Reads<'_> = views.iter().map(|_| None).collect();
    let mut gone = vec![false; views.len()];
    let mut questions = union::QUESTIONS;
    let names = Names::of(&views);
    // From the end, so that of two that are the same the first one stays.
    for at in (0..views.len()).rev() {
        let (view, own) = views[at];
        let effects: &[Effect] = match own.effect {
            Effect::Allow => &[Effect::Allow, Effect::Deny],
            Effect::Deny => &[Effect::Deny],
        };
        for effect in effects {
            let is_other = |other: usize| {
                let (theirs, typed) = views[other];
                let judged = other != at && !gone[other] && theirs.not_action.is_none();
                // Of statements at one place one will be there.
                let is_beside = own.effect != *effect || theirs.node.at != view.node.at;
                judged && is_beside && typed.effect == *effect
            };
            // Most statements are told apart by their first or their last action already.
            let is_named = |action: Option<&ActionUse<'_>>| {
                action.is_some_and(|action| names.statements(action).any(is_other))
            };
            if !is_named(view.actions.first()) || !is_named(view.actions.last()) {
                continue;
            }
            let others: Vec<usize> = (0..views.len()).filter(|other| is_other(*other)).collect();
            // Those of them that may name the first action, of which there must be one.
            let of_first = view.actions.first().map(|action| names.statements(action));
            let mut first: Vec<usize> = of_first.into_iter().flatten().filter(|at| is_other(*at)).collect();
            first.sort_unstable();
            first.dedup();
            let is_alone = first.iter().any(|other| is_under(own, views[*other].1));
            let alone = is_alone.then(|| alone(&views, at, &others, &mut read)).flatten();
            let mut together =
                || union::covered(&views, at, (&first, &others), &mut read, (subject, facts), &mut questions);
            let Some(by) = alone.or_else(&mut together) else { continue };
            if *effect == own.effect {
                let message = format!("other statements say all of it already: {}", numbers(&by));
                notes.at("REDUNDANT_STATEMENT", view.node, message);
                gone[at] = true;
            } else {
                let message = format!("it allows nothing, since all of it is denied: {}", numbers(&by));
                notes.at("SHADOWED_STATEMENT", view.node, message);
            }
            break;
        }
    }
}

/// Those of the others that cover the statement by patterns, each action on each resource by one of them.
fn alone<'a>(
    views: &[Written<'_, 'a>],
    at: usize,
    others: &[usize],
    read: &mut Reads<'a>,
) -> Option<Vec<usize>> {
    let others: Vec<usize> =
        others.iter().copied().filter(|other| is_under(views[at].1, views[*other].1)).collect();
    if others.is_empty() {
        return None;
    }
    for index in others.iter().chain([&at]) {
        read[*index].get_or_insert_with(|| Read::new(views[*index].1));
    }
    let get = |index: usize| read[index].as_ref().and_then(Option::as_ref);
    let those: Vec<_> =
        others.iter().filter_map(|index| Some((views[*index].0.index, get(*index)?))).collect();
    get(at)?.covered(&those)
}

/// Which statements name which action.
struct Names<'v> {
    /// Those that name one, by the address of the action's facts.
    ones: Vec<(usize, usize)>,
    /// What is known of other patterns before a wildcard.
    heads: Vec<(&'v str, usize)>,
}

impl<'v> Names<'v> {
    fn of(views: &[Written<'_, 'v>]) -> Names<'v> {
        let mut names = Names { ones: Vec::new(), heads: Vec::new() };
        for (at, (view, _)) in views.iter().enumerate() {
            for used in &view.actions {
                match &used.found {
                    Found::One(action) => names.ones.push((std::ptr::from_ref(action.facts).addr(), at)),
                    _ => {
                        let head = used.text.find(['*', '?']).unwrap_or(used.text.len());
                        names.heads.push((&used.text[..head], at));
                    }
                }
            }
        }
        names.ones.sort_unstable();
        names
    }

    /// The statements that may name the action or pattern.
    fn statements(&self, used: &ActionUse<'_>) -> impl Iterator<Item = usize> {
        let address = match &used.found {
            Found::One(action) => Some(std::ptr::from_ref(action.facts).addr()),
            _ => None,
        };
        // A pattern is named by patterns, and by its own text.
        let from = address.map_or(self.ones.len(), |own| self.ones.partition_point(|(one, _)| *one < own));
        let ones = self.ones[from..].iter().take_while(move |(one, _)| Some(*one) == address);
        let text = used.text;
        let begins =
            move |head: &str| text.get(..head.len()).is_some_and(|own| own.eq_ignore_ascii_case(head));
        let heads = self.heads.iter().filter(move |(head, _)| begins(head));
        ones.map(|(_, at)| *at).chain(heads.map(|(_, at)| *at))
    }
}

/// Whether the other one applies whenever this one does, as far as principals and conditions go.
pub(super) fn is_under(own: &Statement, other: &Statement) -> bool {
    let everybody = matches!(&other.principal, Some(PrincipalBlock::Principal(PrincipalSet::Everyone)));
    let principals = everybody || own.principal == other.principal;
    principals
        && other.condition.iter().all(|theirs| own.condition.iter().any(|condition| condition == theirs))
}

/// The statements by number, as JSON pointers count.
fn numbers(by: &[usize]) -> String {
    let names: Vec<String> = by.iter().map(|index| format!("`/Statement/{index}`")).collect();
    names.join(", ")
}

/// An ARN pattern with the text that it was read from.
struct Arn<'t> {
    text: &'t str,
    /// Whether there is a wildcard in it, without which it covers nothing but itself.
    is_wild: bool,
    /// The service and the resource, where all six parts are there: patterns are compared part by part.
    parts: Option<(&'t str, &'t str)>,
    has_variables: bool,
    /// With variables as wildcards: what it can stand for at most.
    most: OnceCell<ArnPattern>,
}

impl<'t> Arn<'t> {
    fn new(text: &'t str) -> Arn<'t> {
        let is_wild = memchr::memchr2(b'*', b'?', text.as_bytes()).is_some();
        let has_variables = text.contains("${");
        // A variable may have a colon of its own.
        let parts = Parts::of(text).filter(|_| text.starts_with("arn:") && !has_variables);
        let parts = parts.map(|parts| (parts.service, parts.resource));
        Arn { text, is_wild, parts, has_variables, most: OnceCell::new() }
    }

    /// Whether a glance at the service and at how the resources begin tells that this one does not cover the other.
    fn is_apart(&self, inner: &Arn<'_>) -> bool {
        let (Some((service, resource)), Some((theirs, within))) = (self.parts, inner.parts) else {
            return false;
        };
        let head = memchr::memchr2(b'*', b'?', resource.as_bytes()).unwrap_or(resource.len());
        !within.as_bytes().starts_with(&resource.as_bytes()[..head])
            || service != theirs && !service.contains(['*', '?'])
    }

    fn most(&self) -> &ArnPattern {
        self.most.get_or_init(|| ArnPattern::new(&open(self.text)))
    }

    fn covers(&self, inner: &Arn<'_>) -> bool {
        // A pattern that covers another one matches its text as well, which is asked sooner.
        self.text == inner.text
            || self.is_wild
                && !self.has_variables
                && !self.is_apart(inner)
                && glob::matches(self.text, inner.text)
                && !has_hole(self.text)
                && self.most().subsumes(inner.most())
    }
}

fn resources<'a>(subject: &Subject<'a>, notes: &mut Notes<'a>) {
    for statement in &subject.statements {
        let all: Vec<_> = statement.resource_texts().filter(|(_, text)| !has_hole(text)).collect();
        if all.len() < 2 || all.len() > MOST {
            continue;
        }
        let arns: Vec<Arn<'_>> = all.iter().map(|(_, text)| Arn::new(text)).collect();
        for (index, (node, text)) in all.iter().enumerate() {
            let own = &arns[index];
            let by = (0..arns.len()).find(|other| {
                let outer = &arns[*other];
                *other != index && outer.covers(own) && !(own.covers(outer) && *other > index)
            });
            if let Some(by) = by {
                let message = format!("`{text}` is covered by `{}` of the same statement", all[by].1);
                notes.at("REDUNDANT_RESOURCE", node, message).fix("leave one of the two out");
            }
        }
    }
}

/// Statements by number, once they were read.
pub(super) type Reads<'t> = Vec<Option<Option<Read<'t>>>>;

/// A statement as far as it can be compared: with `Action`, and with `Resource` or neither.
pub(super) struct Read<'t> {
    patterns: &'t [ActionPattern],
    /// In lower case, with what they begin with before a wildcard.
    actions: OnceCell<Vec<(String, usize)>>,
    resources: Vec<Arn<'t>>,
}

impl<'t> Read<'t> {
    pub(super) fn new(typed: &'t Statement) -> Option<Read<'t>> {
        let ActionBlock::Action(patterns) = &typed.action else { return None };
        let resources = match &typed.resource {
            Some(ResourceBlock::Resource(resources)) => {
                resources.iter().map(|own| Arn::new(own.as_str())).collect()
            }
            Some(ResourceBlock::NotResource(_)) => return None,
            None => vec![Arn::new("*")],
        };
        Some(Read { patterns, actions: OnceCell::new(), resources })
    }

    pub(super) fn actions(&self) -> &[(String, usize)] {
        let lower = |pattern: &ActionPattern| {
            let text = pattern.as_str().to_ascii_lowercase();
            let head = text.find(['*', '?']).unwrap_or(text.len());
            (text, head)
        };
        self.actions.get_or_init(|| {
            let mut actions: Vec<_> = self.patterns.iter().map(lower).collect();
            actions.sort_unstable();
            actions
        })
    }

    pub(super) fn names(&self, action: &(String, usize)) -> bool {
        if self.actions().binary_search(action).is_ok() {
            return true;
        }
        let mut own = None;
        self.actions().iter().filter(|(text, head)| *head < text.len()).any(|(text, head)| {
            action.0.as_bytes().starts_with(&text.as_bytes()[..*head])
                && (text == "*" || Glob::new(text).subsumes(own.get_or_insert_with(|| Glob::new(&action.0))))
        })
    }

    /// Those of the others that together cover all of it, each action on each resource by one of them.
    fn covered(&self, others: &[(usize, &Read<'_>)]) -> Option<Vec<usize>> {
        if others.is_empty() || self.patterns.is_empty() || self.resources.is_empty() {
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
        for action in self.actions() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_with_a_colon_moves_no_part() {
        let covers = |outer: &str, inner: &str| Arn::new(outer).covers(&Arn::new(inner));
        let queue = "arn:aws:sqs:${aws:RequestedRegion}:111122223333:orders-1";
        assert!(covers("arn:aws:sqs:*:111122223333:orders-*", queue));
        assert!(!covers("arn:aws:sqs:*:111122223333:other-*", queue));
        assert!(!covers("arn:aws:sns:*:111122223333:orders-*", queue));
        assert!(!covers(queue, "arn:aws:sqs:eu-west-1:111122223333:orders-1"));
    }
}
