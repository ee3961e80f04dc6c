//! What is granted for an action wherever it is, for calls that the log shows otherwise than they are granted: on
//! another resource, or under a condition that does not hold by what the log tells. AWS allowed them, so the log, or
//! what is made of it, may be wrong about what AWS judged by.

use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Effect, Named, Policy, ResourceBlock, ResourcePattern, Statement};

use super::Grants;
use crate::rightsize::classify::is_on_any;
use crate::rightsize::condition::Conds;
use crate::rightsize::scope::Scope;

/// What becomes of an action's grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was not granted anywhere.
    NotGranted,
    /// It is granted wherever it was.
    Kept,
    /// It is not granted everywhere where it was.
    Lost,
}

impl Standing {
    /// What becomes of `action` where `new` takes the place of `granted`.
    pub fn of(action: &str, granted: &PolicySet, new: &PolicySet) -> Standing {
        let before = Grants::new(granted, "");
        if !before.somewhere(action) {
            return Standing::NotGranted;
        }
        let after = Grants::new(new, "");
        let is_kept = |(conds, scope): &(Conds, Scope)| {
            let naming = after.allows.iter().filter(|allow| allow.statement.action.applies_to(action));
            naming.filter(|allow| allow.covers(scope)).any(|allow| {
                let own = Conds::of(&allow.statement.condition);
                own.is_empty() || own == *conds
            })
        };
        if before.as_granted(action).iter().all(is_kept) { Standing::Kept } else { Standing::Lost }
    }
}

impl Grants<'_> {
    /// Whether the action is granted somewhere under some circumstances: named by the boundary too where there is one,
    /// and not denied everywhere.
    pub(in crate::rightsize) fn somewhere(&self, action: &str) -> bool {
        let about = |one: &&Statement| one.action.applies_to(action);
        let boundary = self.set.boundary.as_deref();
        let limits = || boundary.into_iter().flat_map(statements).filter(about);
        let denied_everywhere =
            |one: &Statement| one.effect == Effect::Deny && one.condition.is_empty() && is_on_any(one);
        self.names(action)
            && (boundary.is_none() || limits().any(|one| one.effect == Effect::Allow))
            && !statements(&self.set.identity).filter(about).chain(limits()).any(denied_everywhere)
    }

    /// What the statements that allow the action say, word for word.
    pub(in crate::rightsize) fn as_granted(&self, action: &str) -> Vec<(Conds, Scope)> {
        let mut granted = Vec::new();
        for allow in self.allows.iter().filter(|allow| allow.statement.action.applies_to(action)) {
            let texts = |patterns: &[ResourcePattern]| -> Vec<String> {
                patterns.iter().map(|one| one.as_str().to_owned()).collect()
            };
            let scopes = match &allow.statement.resource {
                Some(ResourceBlock::Resource(patterns)) => {
                    texts(patterns).into_iter().map(Scope::Resource).collect()
                }
                Some(ResourceBlock::NotResource(patterns)) => vec![Scope::NotResource(texts(patterns))],
                None => Vec::new(),
            };
            let conds = Conds::of(&allow.statement.condition);
            granted.extend(scopes.into_iter().map(|scope| (conds.clone(), scope)));
        }
        granted
    }
}

fn statements(documents: &[Named<Policy>]) -> impl Iterator<Item = &Statement> {
    documents.iter().flat_map(|document| &document.policy.statements)
}
