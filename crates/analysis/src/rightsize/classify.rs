//! Used against granted, action by action, and how much went.
//!
//! An action that was granted and not seen is *unused* only when the logs could have shown it; otherwise it is
//! *unknown*, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::{Action, Catalog, Level};
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{ActionBlock, Effect, Named, Policy, ResourceBlock, Statement};
use leastwise_policy::time::Timestamp;

use super::coverage::Evidence;
use super::outcome::{ActionStatus, Cut, GrantedKept, Status, Unseen};
use crate::usage::{Outcome, UsageRow};

#[derive(Default)]
struct Seen {
    authorised: u64,
    denied: u64,
    throttled: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// The status of every action that was granted or, beyond doubt, seen.
pub(super) fn classify(
    rows: &[&UsageRow],
    granted: Option<&BTreeSet<String>>,
    not_granted: &BTreeSet<String>,
    evidence: &Evidence<'_>,
    catalog: &Catalog,
) -> Vec<ActionStatus> {
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for row in rows {
        let name =
            catalog.action(&row.action).map_or_else(|| row.action.clone(), |action| action.full_name());
        seen.entry(name).or_default().add(row);
    }
    // What is not granted, and no call shows that it was needed, is neither left out nor can it be kept.
    let is_nothing = |name: &str, seen: &Seen| {
        granted.is_some_and(|granted| !granted.contains(name)) && seen.authorised == 0 && seen.denied == 0
    };
    seen.retain(|name, seen| !is_nothing(name, seen));
    let mut names: BTreeSet<String> = seen.keys().cloned().collect();
    names.extend(granted.into_iter().flatten().cloned());
    let status = |action: String| {
        let facts = catalog.action(&action);
        let events = seen.remove(&action).unwrap_or_default();
        let status = match &events {
            Seen { authorised: 1.., .. } if not_granted.contains(&action) => Status::NotGrantedYetUsed,
            Seen { authorised: 1.., .. } => Status::Used,
            Seen { denied: 1.., .. } => Status::Denied,
            Seen { throttled: 1.., .. } => Status::Unknown(Unseen::Throttled),
            _ => facts.map_or(Status::Unused, |facts| evidence.unseen(&facts)),
        };
        let destructive = facts.is_some_and(|facts| facts.destructive);
        let Seen { authorised: count, denied, first, last, .. } = events;
        ActionStatus { action, status, destructive, count, denied, first, last }
    };
    names.into_iter().map(status).collect()
}

impl Seen {
    fn add(&mut self, row: &UsageRow) {
        match row.outcome {
            Outcome::Used | Outcome::Failed => self.authorised += row.count,
            Outcome::Denied => self.denied += row.count,
            Outcome::Unknown => self.throttled += row.count,
        }
        self.first = Some(self.first.map_or(row.first, |first| first.min(row.first)));
        self.last = Some(self.last.map_or(row.last, |last| last.max(row.last)));
    }
}

/// The actions that these documents allow somewhere, wildcards expanded; what a `Deny` takes away everywhere and
/// under all circumstances is not among them.
pub(super) fn allowed_actions(documents: &[Named<Policy>], catalog: &Catalog) -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    let statements = || documents.iter().flat_map(|document| &document.policy.statements);
    for statement in statements().filter(|statement| statement.effect == Effect::Allow) {
        match &statement.action {
            ActionBlock::Action(patterns) => {
                for pattern in patterns {
                    allowed.extend(catalog.expand(pattern.as_str()).iter().map(Action::full_name));
                }
            }
            block @ ActionBlock::NotAction(_) => {
                allowed.extend(
                    catalog.expand("*").iter().map(Action::full_name).filter(|name| block.applies_to(name)),
                );
            }
        }
    }
    let taken = |statement: &&Statement| {
        statement.effect == Effect::Deny && statement.condition.is_empty() && is_on_any(statement)
    };
    for statement in statements().filter(taken) {
        allowed.retain(|action| !statement.action.applies_to(action));
    }
    allowed
}

/// How much went, with nothing at hand but the policies: for whoever checks it.
pub(crate) fn cut_of(granted: Option<&PolicySet>, documents: &[Named<Policy>], catalog: &Catalog) -> Cut {
    let before = granted.map(|granted| allowed_actions(&granted.identity, catalog));
    cut(granted, before.as_ref(), documents, catalog)
}

/// How much went from `granted` to `documents`.
pub(super) fn cut(
    granted: Option<&PolicySet>,
    before: Option<&BTreeSet<String>>,
    documents: &[Named<Policy>],
    catalog: &Catalog,
) -> Cut {
    let after = allowed_actions(documents, catalog);
    let mut cut =
        Cut { granted_actions: before.map(BTreeSet::len), kept_actions: after.len(), ..Cut::default() };
    for level in Level::ALL {
        cut.by_level.insert(level.as_str().to_owned(), GrantedKept::default());
    }
    let nothing = BTreeSet::new();
    for (names, is_after) in [(before.unwrap_or(&nothing), false), (&after, true)] {
        for facts in names.iter().filter_map(|name| catalog.action(name)) {
            for level in facts.levels.iter() {
                cut.by_level.entry(level.as_str().to_owned()).or_default().count(is_after);
            }
            if facts.destructive {
                cut.destructive.count(is_after);
            }
        }
    }
    let identity = granted.map_or(&[][..], |granted| &granted.identity);
    for (documents, is_after) in [(identity, false), (documents, true)] {
        let statements = documents.iter().flat_map(|document| &document.policy.statements);
        for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
            if has_action_wildcard(statement) {
                cut.wildcard_action_statements.count(is_after);
            }
            if is_on_any(statement) || matches!(statement.resource, Some(ResourceBlock::NotResource(_))) {
                cut.any_resource_statements.count(is_after);
            }
        }
    }
    cut
}

impl GrantedKept {
    fn count(&mut self, after: bool) {
        if after { self.kept += 1 } else { self.granted += 1 }
    }
}

fn has_action_wildcard(statement: &Statement) -> bool {
    match &statement.action {
        ActionBlock::Action(patterns) => patterns.iter().any(|pattern| pattern.as_str().contains(['*', '?'])),
        ActionBlock::NotAction(_) => true,
    }
}

pub(super) fn is_on_any(statement: &Statement) -> bool {
    match &statement.resource {
        Some(ResourceBlock::Resource(patterns)) => patterns.iter().any(|pattern| pattern.as_str() == "*"),
        _ => false,
    }
}
