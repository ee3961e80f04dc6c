//! What a new state allows that an old one did not: the question of a pull request, decided by
//! `leastwise_policy::aws::compare` over every request that there is; for Kubernetes and the other clouds by what roles
//! come to (`clouds`).
//!
//! Principals are matched by ARN and compared with all that they are granted, under their boundary; documents that no
//! principal of the snapshots holds are matched by name or place and compared for themselves. A document with a text
//! that stood elsewhere before was only moved. What could not be decided is a finding too.

mod clouds;
mod comparable;
mod pairs;
mod principals;
mod told;
mod worst;

use std::collections::BTreeSet;

use leastwise_policy::aws::compare::{Answer, Kind, Question, Witness};
use leastwise_policy::aws::{DocumentKind, Effect, Policy, PrincipalBlock, PrincipalSet, Statement};

use crate::check::{Document, Estate, Facts, Finding};
use comparable::Comparable;
use pairs::Pairs;
use worst::{Change, New};

/// What the new state allows beyond the old one.
#[derive(Debug, Default)]
pub struct Widened {
    /// One for each statement, or document, that allows more; and for what could not be decided.
    pub findings: Vec<Finding>,
    /// Principals and documents that were compared.
    pub compared: usize,
}

/// Compares the states.
pub fn widened(old: &Estate, new: &Estate, facts: &Facts<'_>) -> Widened {
    let mut widened = Widened::default();
    principals::compare(old, new, facts, &mut widened);
    let (held_before, held) = (held(old), held(new));
    let pairs = Pairs::new(old, new);
    for document in &new.documents {
        let before = pairs.before(document);
        let comparable = Comparable::of(document);
        if let Some(statement) = not_understood(before, document, &comparable) {
            widened.findings.push(told::not_understood(document, statement));
        }
        if !held.contains(document.name.as_str()) {
            widened.compared += 1;
            compare_document(before, document, &comparable, facts, &mut widened);
        }
    }
    let gone = pairs.gone().filter(|document| !held_before.contains(document.name.as_str()));
    for document in gone {
        widened.compared += 1;
        compare_gone(document, facts, &mut widened);
    }
    clouds::compare(old, new, &mut widened);
    widened.findings = widened.findings.into_iter().map(Finding::for_people).collect();
    widened.findings.sort();
    widened.findings.dedup();
    widened
}

/// The documents that principals hold: what they allow is told with the principals.
fn held(estate: &Estate) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for principal in estate.snapshot.principals() {
        let boundary = principal.policies.boundary.iter().flatten();
        names.extend(principal.policies.identity.iter().chain(boundary).map(|named| named.name.as_str()));
    }
    let of_groups = estate.snapshot.empty_groups().flat_map(|group| &group.policies);
    names.extend(of_groups.map(|named| named.name.as_str()));
    names
}

fn compare_document(
    before: Option<&Document>,
    document: &Document,
    comparable: &Comparable,
    facts: &Facts<'_>,
    widened: &mut Widened,
) {
    let kind = kind(document.kind);
    let old = &before.map(Comparable::of).unwrap_or_default().policy;
    let new = &comparable.policy;
    if before.is_some() && old == new {
        return;
    }
    let ask = |old: &[&Policy], new: &[&Policy]| Question::new(kind, old, new).answer(facts.terms());
    match ask(&[old], &[new]) {
        Answer::None => {}
        Answer::Unknown(reason) => widened.findings.push(told::undecided(document, reason)),
        Answer::Some(witness) => {
            let change = Change { facts, kind, old: &[old], new: &[new], within: None, ask: &ask };
            let mut each = before.map(|_| each_statement(&change, new)).unwrap_or_default();
            if each.is_empty() {
                let what = change.worst(*witness);
                each.push((place(&what.witness), what));
            }
            for (statement, what) in each {
                let number = comparable.numbers.get(statement).copied();
                widened.findings.push(told::document(document, before.is_none(), number, &what));
            }
            return;
        }
    }
    if before.is_some() && has_lost_deny(&[old], &[new]) {
        let all = everything(kind);
        match ask(&[&all, old], &[&all, new]) {
            Answer::None => {}
            Answer::Unknown(reason) => widened.findings.push(told::undecided(document, reason)),
            Answer::Some(witness) => widened.findings.push(told::no_more_denied(document, &witness)),
        }
    }
}

/// A document that is gone, and with it what it denied.
fn compare_gone(document: &Document, facts: &Facts<'_>, widened: &mut Widened) {
    let policy = &Comparable::of(document).policy;
    if !has_lost_deny(&[policy], &[]) {
        return;
    }
    let kind = kind(document.kind);
    let all = everything(kind);
    match Question::new(kind, &[&all, policy], &[&all]).answer(facts.terms()) {
        Answer::None => {}
        Answer::Unknown(reason) => widened.findings.push(told::undecided(document, reason)),
        Answer::Some(witness) => widened.findings.push(told::gone(document, &witness)),
    }
}

/// The statements of the new document that allow more, each with a request of its own. Together they are all that is
/// new, since a request is allowed when one statement allows it and none denies it.
fn each_statement(change: &Change<'_, '_>, new: &Policy) -> Vec<(usize, New)> {
    let denies = Policy { statements: only(new, Effect::Deny), ..new.clone() };
    let mut each = Vec::new();
    for (index, statement) in new.statements.iter().enumerate() {
        let stood_there = change.old.iter().any(|old| old.statements.contains(statement));
        if statement.effect == Effect::Deny || stood_there {
            continue;
        }
        let alone = Policy { statements: vec![statement.clone()], ..new.clone() };
        let new = [&alone, &denies];
        if let Answer::Some(witness) = (change.ask)(change.old, &new) {
            each.push((index, Change { new: &new, ..*change }.worst(*witness)));
        }
    }
    each
}

fn only(policy: &Policy, effect: Effect) -> Vec<Statement> {
    policy.statements.iter().filter(|statement| statement.effect == effect).cloned().collect()
}

/// The statement that allows the request, among those that are understood.
fn place(witness: &Witness) -> usize {
    witness.allowed_by.as_ref().map_or(0, |place| place.index)
}

/// Whether the old policies have a `Deny` that the new ones do not have.
fn has_lost_deny(old: &[&Policy], new: &[&Policy]) -> bool {
    let mut denies = old.iter().flat_map(|policy| &policy.statements);
    denies.any(|statement| {
        statement.effect == Effect::Deny && !new.iter().any(|policy| policy.statements.contains(statement))
    })
}

/// The number of a statement that cannot be understood and that did not stand there before.
fn not_understood(before: Option<&Document>, document: &Document, comparable: &Comparable) -> Option<usize> {
    let statements = told::statements(document);
    comparable.unclear.iter().copied().find(|number| {
        let text = statements[*number].to_json();
        !before.is_some_and(|before| told::statements(before).iter().any(|node| node.to_json() == text))
    })
}

/// Allows everything, and to everybody where a document says to whom.
fn everything(kind: Kind) -> Policy {
    let mut statement = Statement::allow(["*"], ["*"]);
    if matches!(kind, Kind::Resource | Kind::Trust | Kind::ResourceControl) {
        statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
    }
    if kind == Kind::Trust {
        statement.resource = None;
    }
    Policy::new(vec![statement])
}

const fn kind(kind: DocumentKind) -> Kind {
    match kind {
        DocumentKind::Identity | DocumentKind::Boundary | DocumentKind::Session => Kind::Identity,
        DocumentKind::Resource => Kind::Resource,
        DocumentKind::Trust => Kind::Trust,
        DocumentKind::ServiceControl => Kind::ServiceControl,
        DocumentKind::ResourceControl => Kind::ResourceControl,
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
