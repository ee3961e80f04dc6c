//! The actions that statements name without wildcards, and the services of the others, each with a number.

use crate::aws::Statement;
use std::collections::HashMap;

/// Numbers by names in lower case.
type Numbers = HashMap<Box<str>, u32, foldhash::fast::RandomState>;

/// Actions and services.
#[derive(Debug, Default)]
pub(super) struct Actions {
    named: Numbers,
    services: Numbers,
}

/// What is known of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// Some statement names it.
    Named(u32),
    /// None does, but some name others of its service with wildcards.
    OfService(u32),
    /// It is none of these.
    Other,
}

impl Actions {
    /// Those that `statements` name.
    pub(super) fn of<'s>(statements: impl Iterator<Item = &'s Statement>) -> Actions {
        let mut actions = Actions::default();
        for pattern in statements.flat_map(|statement| statement.action.patterns()) {
            let (numbers, name) = match (pattern.as_literal(), pattern.service()) {
                (Some(name), _) => (&mut actions.named, name),
                (None, Some(service)) => (&mut actions.services, service),
                (None, None) => continue,
            };
            let number = numbers.len() as u32;
            numbers.entry(name.into()).or_insert(number);
        }
        actions
    }

    /// What is known of an action in lower case.
    #[inline]
    pub(super) fn find(&self, action: &str) -> Number {
        if let Some(number) = self.named.get(action) {
            return Number::Named(*number);
        }
        let service = action.split_once(':').and_then(|(service, _)| self.services.get(service));
        service.map_or(Number::Other, |number| Number::OfService(*number))
    }

    /// The number of a name in lower case.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.named.get(name).copied()
    }

    /// The number of a service in lower case.
    pub(super) fn service(&self, name: &str) -> Option<u32> {
        self.services.get(name).copied()
    }

    /// All that are named, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.named.iter().map(|(name, number)| (&**name, *number))
    }

    /// How many are named, and how many services there are.
    pub(super) fn len(&self) -> (usize, usize) {
        (self.named.len(), self.services.len())
    }
}
