//! Statements: as few as say exactly the pairs of actions and resources, with names that people can read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Comparison, Condition, Effect, Operator, Policy, ResourceBlock,
    ResourcePattern, Statement,
};
use leastwise_policy::time::Timestamp;

use super::grant::Reason;
use crate::intent::Said;

/// The tag that a session carries when a human said yes; who hands out sessions sets it.
pub(super) const APPROVED: &str = "aws:PrincipalTag/leastwise-approved";
/// The longest Sid that reads well.
const LONGEST_SID: usize = 64;

/// Statements that allow exactly the pairs of the reasons.
pub(super) fn statements(reasons: &[Reason], conditions: &[Condition]) -> Vec<Statement> {
    grouped(reasons, Effect::Allow, conditions)
}

/// What is allowed in a session that a human approved; whatever else allows it, it is denied in any other.
pub(super) fn after_approval(reasons: &[Reason], conditions: &[Condition]) -> Vec<Statement> {
    let mut statements = grouped(reasons, Effect::Allow, conditions);
    let missing = condition(Comparison::StringNotEquals, APPROVED, vec!["true".to_owned()]);
    let mut guards = grouped(reasons, Effect::Deny, &[missing]);
    for guard in &mut guards {
        guard.sid = guard.sid.take().map(|sid| format!("Unapproved{sid}"));
    }
    statements.extend(guards);
    statements
}

/// Explicit denies, which hold whatever the conditions of the role are.
pub(super) fn denials(reasons: &[Reason]) -> Vec<Statement> {
    let mut statements = grouped(reasons, Effect::Deny, &[]);
    for statement in &mut statements {
        statement.sid = statement.sid.take().map(|sid| format!("Never{sid}"));
    }
    statements
}

/// After its end, the role may do nothing.
pub(super) fn expiry(end: &Said<Timestamp>) -> Statement {
    Statement::deny(["*"], ["*"]).with_sid("Expired").with_condition(condition(
        Comparison::DateGreaterThanEquals,
        "aws:CurrentTime",
        vec![end.value.to_string()],
    ))
}

/// One operator on one key.
pub(super) fn condition(base: Comparison, key: &str, values: Vec<String>) -> Condition {
    Condition { operator: Operator { set: None, base, if_exists: false }, key: key.to_owned(), values }
}

/// The statement, in as many parts as its length wants: each fits a managed policy of its own.
pub(super) fn fitting(statement: Statement) -> Vec<Statement> {
    if Quota::ManagedPolicy.holds(&[Policy::new(vec![statement.clone()])]) {
        return vec![statement];
    }
    let (ActionBlock::Action(actions), Some(ResourceBlock::Resource(resources))) =
        (&statement.action, &statement.resource)
    else {
        return vec![statement];
    };
    let with = |action: &[ActionPattern], resource: &[ResourcePattern]| Statement {
        action: ActionBlock::Action(action.to_vec()),
        resource: Some(ResourceBlock::Resource(resource.to_vec())),
        ..statement.clone()
    };
    let halves = if resources.len() > 1 {
        let (a, b) = resources.split_at(resources.len() / 2);
        [with(actions, a), with(actions, b)]
    } else if actions.len() > 1 {
        let (a, b) = actions.split_at(actions.len() / 2);
        [with(a, resources), with(b, resources)]
    } else {
        return vec![statement];
    };
    halves.into_iter().flat_map(fitting).collect()
}

/// What stands behind a statement's name.
#[derive(Default)]
struct Named<'r> {
    verbs: Vec<&'r str>,
    names: Vec<&'r str>,
}

fn grouped(reasons: &[Reason], effect: Effect, conditions: &[Condition]) -> Vec<Statement> {
    let mut actions_on: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for reason in reasons {
        for resource in &reason.resources {
            if !actions_on.contains_key(resource.as_str()) {
                order.push(resource);
            }
            actions_on.entry(resource).or_default().insert(&reason.action);
        }
    }
    // Resources on which the same is done share a statement; `*` never shares with anything.
    let mut groups: Vec<(BTreeSet<&str>, Vec<&str>)> = Vec::new();
    for resource in order {
        let actions = &actions_on[resource];
        let fits = |(known, with): &&mut (BTreeSet<&str>, Vec<&str>)| {
            known == actions && resource != "*" && !with.contains(&"*")
        };
        match groups.iter_mut().find(fits) {
            Some((_, resources)) => resources.push(resource),
            None => groups.push((actions.clone(), vec![resource])),
        }
    }
    groups
        .into_iter()
        .map(|(actions, resources)| statement(reasons, effect, actions, resources, conditions))
        .collect()
}

fn statement(
    reasons: &[Reason],
    effect: Effect,
    actions: BTreeSet<&str>,
    mut resources: Vec<&str>,
    conditions: &[Condition],
) -> Statement {
    resources.sort_unstable();
    let mut named = Named::default();
    for reason in reasons {
        let here = reason.resources.iter().any(|resource| resources.contains(&resource.as_str()));
        if here && actions.contains(&*reason.action) {
            push(&mut named.verbs, &reason.verb);
            push(&mut named.names, &reason.name);
        }
    }
    let mut statement =
        Statement::new(effect, actions.iter().copied(), resources.iter().copied()).with_sid(sid(&named));
    for condition in conditions {
        statement = statement.with_condition(condition.clone());
    }
    statement
}

fn push<'r>(list: &mut Vec<&'r str>, text: &'r str) {
    if !list.contains(&text) {
        list.push(text);
    }
}

/// `ReadCustomerOrders`; as many names as fit.
fn sid(named: &Named<'_>) -> String {
    let verbs = named.verbs.iter().map(|verb| pascal(verb.rsplit(':').next().unwrap_or(verb)));
    let verbs: Vec<String> = verbs.collect();
    // `write-logs: logs` says it once.
    let said = |name: &String| verbs.iter().any(|verb| verb.ends_with(name.as_str()));
    let names = named.names.iter().map(|name| pascal(last_part(name))).filter(|name| !said(name));
    let mut sid = String::new();
    for word in verbs.iter().cloned().chain(names) {
        if sid.len() + word.len() <= LONGEST_SID {
            sid.push_str(&word);
        }
    }
    sid
}

/// The name within a whole or partial ARN; a name of the intent as it is.
fn last_part(name: &str) -> &str {
    let own = name.rsplit(['/', ':', ' ']).find(|part| part.bytes().any(|b| b.is_ascii_alphanumeric()));
    own.unwrap_or(name)
}

/// Letters and digits, each word with a capital: `customer_orders` → `CustomerOrders`.
fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..])).collect()
}

/// Sids must be unique within a document: what comes later gets a number.
pub(super) fn make_unique(statements: &mut [Statement]) {
    let mut taken: HashSet<String> = HashSet::new();
    for statement in statements {
        let Some(sid) = &mut statement.sid else { continue };
        let stem = if sid.is_empty() { "Statement".to_owned() } else { sid.clone() };
        let mut tried = stem.clone();
        let mut number = 1;
        while !taken.insert(tried.clone()) {
            number += 1;
            tried = format!("{stem}{number}");
        }
        *sid = tried;
    }
}
