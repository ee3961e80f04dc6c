//! Of much that is new, the worst is told, with how many actions are: the comparison finds the first in the alphabet.

use leastwise_catalog::Action;
use leastwise_policy::aws::compare::{Answer, Kind, Witness};
use leastwise_policy::aws::{ActionBlock, ActionPattern, Effect, Policy, ResourceBlock, Statement};

use super::everything;
use crate::check::Facts;
use crate::check::suited::Suited;

/// So many actions are asked about at once, the worst first, and so often.
const AT_ONCE: usize = 24;
const TIMES: usize = 4;

/// Something that is new.
#[derive(Debug, Clone)]
pub(super) struct New {
    /// A request for the worst of it.
    pub(super) witness: Witness,
    /// How many more actions are allowed of which nothing was before.
    pub(super) more: usize,
}

/// What is compared, and how it is asked.
pub(super) struct Change<'a, 'c> {
    pub(super) facts: &'a Facts<'c>,
    pub(super) kind: Kind,
    pub(super) old: &'a [&'a Policy],
    pub(super) new: &'a [&'a Policy],
    /// The boundary under which the new policies are.
    pub(super) within: Option<&'a [&'a Policy]>,
    pub(super) ask: &'a dyn Fn(&[&Policy], &[&Policy]) -> Answer,
}

impl Change<'_, '_> {
    /// The worst that is new, when something is found that is worse than `found`, and how many actions are.
    pub(super) fn worst(&self, found: Witness) -> New {
        if self.kind == Kind::Trust {
            return New { witness: found, more: 0 };
        }
        let catalog = self.facts.catalog;
        let mut actions = self.allowed();
        let more = actions.iter().filter(|action| self.is_first(action)).count();
        let is_found = catalog.action(&found.action).is_some_and(|action| self.is_first(&action));
        let more = more.saturating_sub(usize::from(is_found));
        actions.retain(|action| !self.was_all(action));
        actions.sort_by_cached_key(|action| (self.facts.dangers.rank(*action), action.full_name()));
        if let Some(at) = actions.iter().position(|action| action.full_name() == found.action) {
            actions.truncate(at);
        }
        let told = |witness| New { witness, more };
        let (mut best, mut rest) = (found, actions.as_slice());
        for _ in 0..TIMES {
            let (now, later) = rest.split_at(rest.len().min(AT_ONCE));
            if now.is_empty() {
                break;
            }
            rest = match self.among(now) {
                None => later,
                Some(witness) => {
                    let at = now.iter().position(|action| action.full_name() == witness.action);
                    best = witness;
                    &now[..at.unwrap_or_default()]
                }
            };
        }
        told(best)
    }

    /// A request for one of these actions that is new.
    fn among(&self, actions: &[Action<'_>]) -> Option<Witness> {
        let names: Vec<String> = actions.iter().map(Action::full_name).collect();
        // As if all else had been allowed before.
        let mut others = everything(self.kind);
        for statement in &mut others.statements {
            statement.action = ActionBlock::NotAction(names.iter().map(ActionPattern::new).collect());
        }
        let before: Vec<&Policy> = self.old.iter().copied().chain([&others]).collect();
        match (self.ask)(&before, self.new) {
            Answer::Some(witness) if names.contains(&witness.action) => Some(*witness),
            _ => None,
        }
    }

    /// The actions that the new policies allow on something, as far as their statements tell.
    fn allowed(&self) -> Vec<Action<'_>> {
        let mut actions: Vec<Action<'_>> = Vec::new();
        for statement in statements(self.new, Effect::Allow) {
            let found: Vec<_> = match &statement.action {
                ActionBlock::Action(patterns) => {
                    patterns.iter().map(|one| self.facts.expand(one.as_str())).collect()
                }
                ActionBlock::NotAction(_) => vec![self.facts.expand("*")],
            };
            let all = found.iter().flat_map(|found| found.as_slice()).copied();
            let all = all.filter(|action| statement.action.applies_to(&action.full_name()));
            match &statement.resource {
                Some(ResourceBlock::Resource(resources)) => {
                    let suited = Suited::of(resources);
                    actions.extend(all.filter(|action| suited.by(action, self.facts.formats())));
                }
                _ => actions.extend(all),
            }
        }
        actions.sort_by_cached_key(Action::full_name);
        actions.dedup_by_key(|action| std::ptr::from_ref(action.facts).addr());
        actions
    }

    /// Whether nothing allowed the action before, and nothing takes any of it away now.
    fn is_first(&self, action: &Action<'_>) -> bool {
        let name = action.full_name();
        let applies = |policies: &[&Policy], effect| {
            statements(policies, effect).any(|statement| statement.action.applies_to(&name))
        };
        let is_within = self
            .within
            .is_none_or(|boundary| applies(boundary, Effect::Allow) && !applies(boundary, Effect::Deny));
        is_within && !applies(self.old, Effect::Allow) && !applies(self.new, Effect::Deny)
    }

    /// Whether all of the action was allowed before.
    fn was_all(&self, action: &Action<'_>) -> bool {
        let name = action.full_name();
        let on_all = |statement: &Statement| match &statement.resource {
            Some(ResourceBlock::Resource(patterns)) => patterns.iter().any(|one| one.as_str() == "*"),
            _ => false,
        };
        let is_all = |statement: &Statement| {
            on_all(statement) && statement.condition.is_empty() && statement.action.applies_to(&name)
        };
        let mut denied = statements(self.old, Effect::Deny);
        self.kind == Kind::Identity
            && statements(self.old, Effect::Allow).any(is_all)
            && !denied.any(|statement| statement.action.applies_to(&name))
    }
}

fn statements<'p>(policies: &'p [&'p Policy], effect: Effect) -> impl Iterator<Item = &'p Statement> {
    let all = policies.iter().flat_map(|policy| &policy.statements);
    all.filter(move |statement| statement.effect == effect)
}
