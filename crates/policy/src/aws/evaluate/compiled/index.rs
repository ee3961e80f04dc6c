//! Which statements a request can concern: by its action, and where that leaves many, by its resource.

use super::Rule;
use super::actions::{Actions, Number};
use super::prefixes::Prefixes;
use crate::aws::{ActionBlock, Effect};
use std::collections::HashMap;

/// More statements than this are told apart by the resource too.
const FEW: usize = 8;

/// The statements of one effect, by action.
#[derive(Debug)]
pub(super) struct Index {
    /// One list behind the other: by the action's number, then for the other actions of services by the service's
    /// number, then for all others.
    numbers: Box<[u32]>,
    /// Where each begins, and where the last ends.
    starts: Box<[u32]>,
    /// How many actions have a number, and how many lists there are before that for all others.
    named: u32,
    others: u32,
    /// By list: how to tell its statements apart.
    prefixes: HashMap<u32, Prefixes, foldhash::fast::RandomState>,
}

/// The statements that may apply to a request with some action. For an action that is named they are about it.
pub(super) enum Candidates<'i> {
    Few(&'i [u32]),
    Many(&'i [u32], &'i Prefixes),
}

impl Index {
    /// An index of those of `rules` that have this effect.
    pub(super) fn new(rules: &[Rule], effect: Effect, actions: &Actions) -> Index {
        let (named, services) = actions.len();
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); named + services + 1];
        let of_effect = rules.iter().enumerate().filter(|(_, rule)| rule.statement.effect == effect);
        for (number, rule) in of_effect {
            let mut add = |list: usize| {
                // A statement names an action once or more.
                if lists[list].last() != Some(&(number as u32)) {
                    lists[list].push(number as u32);
                }
            };
            let block = &rule.statement.action;
            let literals = block.patterns().iter().map(|pattern| pattern.as_literal());
            if matches!(block, ActionBlock::Action(_)) && literals.clone().all(|name| name.is_some()) {
                literals
                    .flatten()
                    .filter_map(|name| actions.number(name))
                    .for_each(|list| add(list as usize));
                continue;
            }
            let about = actions.iter().filter(|(name, _)| block.applies_to_folded(name));
            about.for_each(|(_, list)| add(list as usize));
            // Of the other actions it may be about those of the services that it names, or about any.
            let wild = block.patterns().iter().filter(|pattern| pattern.as_literal().is_none());
            let of_service: Option<Vec<u32>> = match block {
                ActionBlock::Action(_) => wild.map(|pattern| actions.service(pattern.service()?)).collect(),
                ActionBlock::NotAction(_) => None,
            };
            match of_service {
                Some(of_service) => of_service.iter().for_each(|service| add(named + *service as usize)),
                None => (named..=named + services).for_each(add),
            }
        }
        Index::of_lists(&lists, rules, (named as u32, (named + services) as u32))
    }

    fn of_lists(lists: &[Vec<u32>], rules: &[Rule], (named, others): (u32, u32)) -> Index {
        let (mut numbers, mut starts) = (Vec::new(), vec![0]);
        let mut prefixes = HashMap::default();
        for (at, list) in lists.iter().enumerate() {
            numbers.extend_from_slice(list);
            starts.push(numbers.len() as u32);
            if list.len() > FEW {
                prefixes.insert(at as u32, Prefixes::new(list, rules));
            }
        }
        Index { numbers: numbers.into(), starts: starts.into(), named, others, prefixes }
    }

    /// The statements for an action.
    #[inline]
    pub(super) fn candidates(&self, action: Number) -> Candidates<'_> {
        let list = match action {
            Number::Named(number) => number,
            Number::OfService(number) => self.named + number,
            Number::Other => self.others,
        } as usize;
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
