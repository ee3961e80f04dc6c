//! A holder: somebody with policies, as far as they really let do what is dangerous.
//!
//! A holder is a principal of the [`Estate`], with all its policies, its boundary and what the organisation allows; or a
//! policy that nobody of the estate holds, as if somebody held it alone. What counts is what is *effective*: a
//! permission that a `Deny`, a boundary or a service control policy takes away is none, and what nearly took it away is
//! told.

mod breadth;
mod dangers;
mod effective;
mod guard;
mod hits;

use leastwise_catalog::{Action, Catalog};
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{ActionBlock, DocumentKind, Effect, Named, Statement};

pub(super) use dangers::Dangers;
pub use dangers::{Use, Uses};
pub use effective::Power;
pub use hits::{Hits, Said};

use super::{Agent, Estate, Facts, Finding, Rule};
use crate::granted::GrantedPrincipal;

/// Somebody with policies.
#[derive(Debug)]
pub struct Holder<'a> {
    /// The ARN of the principal, or the name of the document.
    pub name: &'a str,
    /// The principal; none for a policy that nobody holds.
    pub principal: Option<&'a GrantedPrincipal>,
    /// What decides for it.
    pub set: &'a PolicySet,
    /// The statements that allow, with those of their actions that can be put to some use.
    pub allows: Vec<Allowed<'a>>,
    catalog: &'a Catalog,
}

/// A statement that allows, with its actions.
#[derive(Debug)]
pub struct Allowed<'a> {
    /// The name of its document.
    pub document: &'a str,
    /// Its number among the statements that can be understood, from 0.
    pub index: usize,
    /// The statement.
    pub statement: &'a Statement,
    /// Its actions with their uses; those without any use are left out.
    pub actions: Vec<(Action<'a>, Uses)>,
}

impl<'a> Holder<'a> {
    fn new<'c: 'a>(
        name: &'a str,
        principal: Option<&'a GrantedPrincipal>,
        set: &'a PolicySet,
        facts: &Facts<'c>,
    ) -> Holder<'a> {
        let mut allows = Vec::new();
        for named in &set.identity {
            for (index, statement) in named.policy.statements.iter().enumerate() {
                if statement.effect == Effect::Allow {
                    let actions = useful(statement, facts);
                    allows.push(Allowed { document: &named.name, index, statement, actions });
                }
            }
        }
        Holder { name, principal, set, allows, catalog: facts.catalog }
    }

    /// Whether something besides the allowing statements has a say.
    fn is_limited(&self) -> bool {
        let set = self.set;
        let denies = |named: &Named<_>| policy_denies(&named.policy);
        set.boundary.is_some()
            || set.service_control.is_some()
            || set.session.is_some()
            || set.identity.iter().any(denies)
    }
}

fn policy_denies(policy: &leastwise_policy::aws::Policy) -> bool {
    policy.statements.iter().any(|statement| statement.effect == Effect::Deny)
}

/// The actions of a statement that can be put to some use.
fn useful<'a>(statement: &Statement, facts: &Facts<'a>) -> Vec<(Action<'a>, Uses)> {
    let mut actions: Vec<(Action<'a>, Uses)> = Vec::new();
    let mut take = |action: Action<'a>| {
        let uses = facts.dangers.uses(action);
        if !uses.is_empty() {
            actions.push((action, uses));
        }
    };
    match &statement.action {
        ActionBlock::Action(patterns) => {
            for pattern in patterns {
                facts.expand(pattern.as_str()).as_slice().iter().copied().for_each(&mut take);
            }
        }
        ActionBlock::NotAction(_) => {
            let all = facts.expand("*");
            let others =
                all.as_slice().iter().filter(|action| statement.action.applies_to(&action.full_name()));
            others.copied().for_each(&mut take);
        }
    }
    actions
}

/// What the rules about holders find.
pub(super) fn run(estate: &Estate, facts: &Facts<'_>) -> Vec<Finding> {
    let mut hits = hits::Collected::default();
    let alone: Vec<(&str, PolicySet)> = loose(estate);
    let principals = estate.snapshot.principals().filter(|one| !one.service_linked);
    let principals = principals.map(|one| (one.arn.as_str(), Some(one), &one.policies));
    for (name, principal, set) in principals.chain(alone.iter().map(|(name, set)| (*name, None, set))) {
        let holder = Holder::new(name, principal, set, facts);
        let agent = principal.and_then(|principal| {
            let tags = principal.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let mark = facts.marks.of(&principal.name, tags)?;
            Some(Agent { holder: &holder, principal, mark, now: facts.now })
        });
        for check in super::all() {
            let mut report = Hits::new(check, estate, &holder, &mut hits);
            match (check.rule, &agent) {
                (Rule::Holder(rule), _) => rule(&holder, &mut report),
                (Rule::Agent(rule), Some(agent)) => rule(agent, &mut report),
                _ => {}
            }
        }
    }
    hits.into_findings()
}

/// The identity policies that nobody holds.
fn loose(estate: &Estate) -> Vec<(&str, PolicySet)> {
    let held: std::collections::HashSet<&str> = estate
        .snapshot
        .principals()
        .flat_map(|one| one.policies.identity.iter().chain(one.policies.boundary.iter().flatten()))
        .map(|named| named.name.as_str())
        .collect();
    let free = |kind| kind == DocumentKind::Identity;
    let documents = estate.documents.iter().filter(|one| free(one.kind) && !held.contains(one.name.as_str()));
    documents
        .map(|one| {
            let named = Named::new(one.name.clone(), one.policy.clone());
            (one.name.as_str(), PolicySet::of_identity(vec![named]))
        })
        .collect()
}

#[cfg(test)]
mod tests;
