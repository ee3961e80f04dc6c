//! Which statements a request can concern: by its action, and where that leaves many, by its resource.

use super::Rule;
use super::actions::Actions;
use super::prefixes::Prefixes;
use crate::aws::{ActionBlock, Effect};
use std::collections::HashMap;

/// More statements than this are told apart by the resource too.
const FEW: usize = 8;

/// The statements of one effect, by action.
#[derive(Debug)]
pub(super) struct Index {
    /// One list behind the other, by the action's number; behind them the list for actions that no statement names.
    numbers: Box<[u32]>,
    /// Where each begins, and where the last ends.
    starts: Box<[u32]>,
    /// By list: how to tell its statements apart.
    prefixes: HashMap<u32, Prefixes, foldhash::fast::RandomState>,
}

/// The statements that may apply to a request with some action. For an action with a number they are about it.
pub(super) enum Candidates<'i> {
    Few(&'i [u32]),
    Many(&'i [u32], &'i Prefixes),
}

impl Index {
    /// An index of those of `rules` that have this effect.
    pub(super) fn new(rules: &[Rule], effect: Effect, actions: &Actions) -> Index {
        let others = actions.len();
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); others + 1];
        let of_effect = rules.iter().enumerate().filter(|(_, rule)| rule.statement.effect == effect);
        for (number, rule) in of_effect {
            let mut add = |list: usize| {
                // A statement names an action once or more.
                if lists[list].last() != Some(&(number as u32)) {
                    lists[list].push(number as u32);
                }
            };
            let block = &rule.statement.action;
            let named = block.patterns().iter().map(|pattern| pattern.as_literal());
            if matches!(block, ActionBlock::Action(_)) && named.clone().all(|name| name.is_some()) {
                named.flatten().filter_map(|name| actions.number(name)).for_each(|list| add(list as usize));
                continue;
            }
            actions
                .iter()
                .filter(|(name, _)| block.applies_to_folded(name))
                .for_each(|(_, list)| add(list as usize));
            add(others);
        }
        Index::of_lists(&lists, rules)
    }

    fn of_lists(lists: &[Vec<u32>], rules: &[Rule]) -> Index {
        let (mut numbers, mut starts) = (Vec::new(), vec![0]);
        let mut prefixes = HashMap::default();
        for (at, list) in lists.iter().enumerate() {
            numbers.extend_from_slice(list);
            starts.push(numbers.len() as u32);
            if list.len() > FEW {
                prefixes.insert(at as u32, Prefixes::new(list, rules));
            }
        }
        Index { numbers: numbers.into(), starts: starts.into(), prefixes }
    }

    /// The statements for the action with this number, or for one that no statement names.
    #[inline]
    pub(super) fn candidates(&self, action: Option<u32>) -> Candidates<'_> {
        let list = action.map_or(self.starts.len() - 2, |action| action as usize);
        let numbers = &self.numbers[self.starts[list] as usize..self.starts[list + 1] as usize];
        if numbers.len() <= FEW {
            return Candidates::Few(numbers);
        }
        match self.prefixes.get(&(list as u32)) {
            Some(prefixes) => Candidates::Many(numbers, prefixes),
            None => Candidates::Few(numbers),
        }
    }
}
