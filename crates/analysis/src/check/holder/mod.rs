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

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use leastwise_catalog::{Action, Catalog};
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{ActionBlock, DocumentKind, Effect, Named, Statement};

pub(super) use dangers::Dangers;
pub use dangers::{Use, Uses};
pub use effective::Power;
pub(super) use guard::limits_caller;
pub use hits::{Hits, Said};

use breadth::Breadth;

use leastwise_policy::time::Timestamp;

use super::formats::Formats;
use super::{Agent, Document, Estate, Facts, Finding, Rule};
use crate::granted::GrantedPrincipal;
use crate::granted::reach::Reach;

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
    /// Whether there is a boundary, a session policy or an organisation above.
    fenced: bool,
    formats: &'a Formats<'a>,
    denies: Vec<&'a Statement>,
    /// What AWS offers.
    pub(super) catalog: &'a Catalog,
    /// The time by which conditions on it are judged, when it is known.
    pub(super) now: Option<Timestamp>,
    /// What the policies come to, by the address of an action's facts: several rules ask about the same.
    reaches: RefCell<HashMap<usize, Option<Rc<Reach>>>>,
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
    pub actions: Vec<Useful<'a>>,
    /// What any of them can be used for.
    pub uses: Uses,
    /// The services all of whose actions a pattern of it covers: `s3` of `s3:*`.
    pub services: Vec<String>,
}

/// An action that a statement allows.
#[derive(Debug, Clone, Copy)]
pub struct Useful<'a> {
    /// The action.
    pub action: Action<'a>,
    /// What it can be used for.
    pub uses: Uses,
    /// Whether the statement's resources are all that there are for it.
    pub everywhere: bool,
}

impl<'a> Holder<'a> {
    fn new<'c: 'a>(
        name: &'a str,
        principal: Option<&'a GrantedPrincipal>,
        set: &'a PolicySet,
        facts: &'a Facts<'c>,
    ) -> Holder<'a> {
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for named in &set.identity {
            for (index, statement) in named.policy.statements.iter().enumerate() {
                if statement.effect == Effect::Deny {
                    denies.push(statement);
                } else {
                    let actions = useful(statement, facts);
                    let patterns = statement.action.patterns().iter();
                    let services = patterns.filter_map(|pattern| whole_service(pattern.as_str())).collect();
                    let uses = actions.iter().fold(Uses::default(), |all, one| all.with(one.uses));
                    allows.push(Allowed { document: &named.name, index, statement, actions, uses, services });
                }
            }
        }
        Holder {
            name,
            principal,
            set,
            allows,
            fenced: set.boundary.is_some() || set.session.is_some() || set.service_control.is_some(),
            denies,
            formats: facts.formats(),
            catalog: facts.catalog,
            now: facts.now,
            reaches: RefCell::default(),
        }
    }

    /// Whether something may take this action, spelled with its prefix, away.
    pub(super) fn is_denied(&self, action: &str) -> bool {
        self.fenced || self.denies.iter().any(|deny| deny.action.applies_to(action))
    }

    /// Whether something besides the allowing statements has a say in an action.
    fn is_limited(&self, action: Action<'_>) -> bool {
        self.fenced || {
            !self.denies.is_empty() && {
                let name = action.full_name();
                self.denies.iter().any(|deny| deny.action.applies_to(&name))
            }
        }
    }
}

/// The service all of whose actions the pattern covers: `s3:*`.
pub(super) fn whole_service(pattern: &str) -> Option<String> {
    let (service, name) = pattern.split_once(':')?;
    let whole = !name.is_empty() && name.bytes().all(|byte| byte == b'*');
    (whole && !service.contains(['*', '?'])).then(|| service.to_ascii_lowercase())
}

/// The actions of a statement that can be put to some use.
fn useful<'a, 'c: 'a>(statement: &'a Statement, facts: &'a Facts<'c>) -> Vec<Useful<'a>> {
    let mut actions: Vec<Useful<'a>> = Vec::new();
    let mut breadth = Breadth::of(statement.resource.as_ref(), facts.formats());
    let mut take = |action: Action<'a>| {
        let uses = facts.dangers.uses(action);
        if !uses.is_empty() {
            actions.push(Useful { action, uses, everywhere: breadth.is_everything(action) });
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
    let alone: Vec<(&str, PolicySet)> = loose(estate)
        .map(|one| {
            let named = Named::new(one.name.clone(), one.policy.clone());
            (one.name.as_str(), PolicySet::of_identity(vec![named]))
        })
        .collect();
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
pub(super) fn loose(estate: &Estate) -> impl Iterator<Item = &Document> {
    let held: HashSet<&str> = estate
        .snapshot
        .principals()
        .flat_map(|one| one.policies.identity.iter().chain(one.policies.boundary.iter().flatten()))
        .map(|named| named.name.as_str())
        .collect();
    let documents = estate.documents.iter().filter(|one| one.kind == DocumentKind::Identity);
    documents.filter(move |one| !held.contains(one.name.as_str()))
}

#[cfg(test)]
mod tests;
