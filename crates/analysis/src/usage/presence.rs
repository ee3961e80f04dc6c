//! Who called without leaving a row: calls that need no permission, and events that are no call of a principal. Whoever
//! made only such ones was there all the same, and is not dormant.
//!
//! When that was is kept, and how often is not: such events have no row that could remember them, and what two usages both
//! saw must be the same as what one saw.

use std::collections::BTreeMap;

use super::intern::Interner;

/// The first and the last time, where that is known.
pub(super) type Times = Option<(i64, i64)>;

/// By the principal's number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Presence(BTreeMap<u32, Times>);

impl Presence {
    /// Such an event of a principal.
    pub(super) fn saw(&mut self, principal: u32, time: i64) {
        self.add(principal, Some((time, time)));
    }

    /// Such events of a principal.
    pub(super) fn add(&mut self, principal: u32, times: Times) {
        let known = self.0.entry(principal).or_default();
        *known = match (*known, times) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
    }

    /// Takes in another, whose numbers are those of `names`.
    pub(super) fn merge(&mut self, other: &Presence, names: &Interner, into: &mut Interner) {
        for (principal, times) in other.all() {
            self.add(into.intern(names.bytes(principal)), times);
        }
    }

    /// All of them, by number.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = (u32, Times)> + '_ {
        self.0.iter().map(|(principal, times)| (*principal, *times))
    }
}
