//! The actions that statements name without wildcards, each with a number.

use crate::aws::Statement;
use smallvec::SmallVec;
use std::collections::HashMap;

/// Actions by their names in lower case.
#[derive(Debug, Default)]
pub(super) struct Actions {
    numbers: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
}

impl Actions {
    /// Those that `statements` name.
    pub(super) fn of<'s>(statements: impl Iterator<Item = &'s Statement>) -> Actions {
        let mut actions = Actions::default();
        for pattern in statements.flat_map(|statement| statement.action.patterns()) {
            if let Some(name) = pattern.as_literal() {
                let number = actions.numbers.len() as u32;
                actions.numbers.entry(name.into()).or_insert(number);
            }
        }
        actions
    }

    /// The number of an action in any case, and its name in lower case.
    #[inline]
    pub(super) fn find(&self, action: &str) -> Option<(u32, &str)> {
        let folded: SmallVec<[u8; 96]> = action.bytes().map(|byte| byte.to_ascii_lowercase()).collect();
        let (name, number) = self.numbers.get_key_value(std::str::from_utf8(&folded).ok()?)?;
        Some((*number, name))
    }

    /// The number of a name in lower case.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// All, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.numbers.iter().map(|(name, number)| (&**name, *number))
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }
}
