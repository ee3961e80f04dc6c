//! Which kinds of events the logs of each account hold. A trail can be set to record the management events that only read,
//! or those that write, alone, or data events without any (CloudTrail User Guide, "Logging management events"): what its
//! logs could not show is unknown, and not unused.
//!
//! A record counts for the account that received it, by its `readOnly`, whoever called and whether or not it was
//! authorised. Records that are no call, or do not say whether they are read-only, tell nothing. Once an account has
//! management events of both kinds, nothing more is remembered of it; else some of the events are, by a hash of their id, so
//! that copies and usages that overlap count once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::caller::account;
use crate::audit_log::Event;

/// So many write events of an account, and none that only reads, come of a trail for write events. Somebody who writes reads
/// first: assuming a role is a read-only event itself.
pub const WRITES_ALONE: usize = 100;

/// So many read-only events of an account, and none that writes, come of a trail for read-only events. They are more than of
/// the others since there are accounts in which scanners read and nobody writes.
pub const READS_ALONE: usize = 1_000;

/// So many data events of an account, and no management event, come of a trail for data events.
pub const DATA_ALONE: usize = 1_000;

/// Which kinds of events there are, by account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded(BTreeMap<u64, Held>);

/// What there is of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    /// Management events that only read, and such that write.
    Both,
    /// Events of this kind alone, and the least of the hashes of their ids: as many as it takes to tell. Data events are
    /// only of interest where there are no others.
    Only(Side, BTreeSet<u64>),
}

/// A kind of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Data,
    Reads,
    Writes,
}

/// The management events that the logs of an account lack, by all that they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Those that only read.
    Reads,
    /// Those that write.
    Writes,
    /// All: there are only data events.
    Management,
}

impl Side {
    /// How many events of this kind alone tell that there are no others.
    pub(super) const fn enough(self) -> usize {
        match self {
            Side::Data => DATA_ALONE,
            Side::Reads => READS_ALONE,
            Side::Writes => WRITES_ALONE,
        }
    }
}

impl Held {
    /// Takes in an event, by the hash of its id.
    pub(super) fn add(&mut self, side: Side, event: u64) {
        match self {
            Held::Only(own, events) if *own == side => {
                if events.len() < side.enough() || events.last().is_some_and(|last| event < *last) {
                    events.insert(event);
                }
                if events.len() > side.enough() {
                    events.pop_last();
                }
            }
            Held::Only(Side::Data, _) => *self = Held::Only(side, BTreeSet::from([event])),
            Held::Only(..) if side != Side::Data => *self = Held::Both,
            Held::Both | Held::Only(..) => {}
        }
    }

    fn merge(&mut self, other: &Held) {
        match other {
            Held::Both => *self = Held::Both,
            Held::Only(side, events) => events.iter().for_each(|event| self.add(*side, *event)),
        }
    }

    fn missing(&self) -> Option<Missing> {
        match self {
            Held::Only(side, events) if events.len() >= side.enough() => Some(match side {
                Side::Data => Missing::Management,
                Side::Reads => Missing::Writes,
                Side::Writes => Missing::Reads,
            }),
            _ => None,
        }
    }
}

impl Recorded {
    /// Takes in a record that is a call. `true` when its account needs no further look.
    #[inline(never)]
    pub(super) fn saw(&mut self, event: &Event<'_>) -> bool {
        let side = match (event.category, event.read_only) {
            (b"Management", b"true") => Side::Reads,
            (b"Management", b"false") => Side::Writes,
            (b"Data", _) => Side::Data,
            _ => return false,
        };
        let Some(account) = number(account(event)) else { return false };
        let held = self.0.entry(account).or_insert_with(|| Held::Only(side, BTreeSet::new()));
        held.add(side, xxh3_64(event.id));
        matches!(held, Held::Both)
    }

    /// That of an account nothing can be told: older usages do not say which events they were made from.
    pub(super) fn not_told(&mut self, account: &str) {
        if let Some(account) = number(account.as_bytes()) {
            self.0.insert(account, Held::Both);
        }
    }

    /// Takes in what is known of one account.
    pub(super) fn add(&mut self, account: u64, held: Held) {
        match self.0.get_mut(&account) {
            Some(known) => known.merge(&held),
            None => drop(self.0.insert(account, held)),
        }
    }

    pub(super) fn merge(&mut self, other: &Recorded) {
        for (account, held) in &other.0 {
            self.add(*account, held.clone());
        }
    }

    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = (u64, &Held)> {
        self.0.iter().map(|(account, held)| (*account, held))
    }

    /// What the logs of an account lack, if what there is tells.
    pub fn missing(&self, account: &str) -> Option<Missing> {
        self.0.get(&number(account.as_bytes())?)?.missing()
    }

    /// The accounts whose logs lack something, and what.
    pub fn one_sided(&self) -> impl Iterator<Item = (String, Missing)> {
        self.all().filter_map(|(account, held)| Some((format!("{account:012}"), held.missing()?)))
    }
}

/// The number of an account: twelve digits.
fn number(account: &[u8]) -> Option<u64> {
    let digits = account.len() == 12 && account.iter().all(u8::is_ascii_digit);
    digits.then(|| account.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ACCOUNT: &str = "111122223333";

    fn of(events: impl IntoIterator<Item = (Side, u64)>) -> Recorded {
        let mut recorded = Recorded::default();
        for (side, event) in events {
            recorded.add(number(ACCOUNT.as_bytes()).expect("an account"), Held::Only(side, [event].into()));
        }
        recorded
    }

    fn many(side: Side, count: usize) -> Vec<(Side, u64)> {
        (0..count as u64).map(|event| (side, event.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect()
    }

    #[test]
    fn many_events_of_one_kind_alone_tell_that_the_others_are_missing() {
        let kinds = [
            (Side::Writes, Missing::Reads),
            (Side::Reads, Missing::Writes),
            (Side::Data, Missing::Management),
        ];
        for (side, missing) in kinds {
            assert_eq!(of(many(side, side.enough())).missing(ACCOUNT), Some(missing));
            assert_eq!(of(many(side, side.enough() - 1)).missing(ACCOUNT), None, "a few tell nothing");
            let twice = [many(side, side.enough() - 1), many(side, side.enough() - 1)].concat();
            assert_eq!(of(twice).missing(ACCOUNT), None, "copies count once");
        }
        assert_eq!(of([]).missing(ACCOUNT), None);
        assert_eq!(of(many(Side::Writes, 500)).missing("444455556666"), None, "of another account");
    }

    #[test]
    fn one_event_of_the_other_kind_tells_that_it_is_recorded() {
        let both = |one, other| [many(one, 2_000), vec![(other, 7)]].concat();
        assert_eq!(of(both(Side::Writes, Side::Reads)).missing(ACCOUNT), None);
        assert_eq!(of(both(Side::Reads, Side::Writes)).missing(ACCOUNT), None);
        assert_eq!(of(both(Side::Data, Side::Reads)).missing(ACCOUNT), None);
        let data_too = of(both(Side::Writes, Side::Data));
        assert_eq!(data_too.missing(ACCOUNT), Some(Missing::Reads), "data events say nothing of the others");
    }

    fn sides() -> impl Strategy<Value = Vec<(Side, u64)>> {
        let side = prop_oneof![3 => Just(Side::Data), 3 => Just(Side::Writes), 1 => Just(Side::Reads)];
        let hash = (0..300u64).prop_map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        (side, prop::collection::vec(hash, 0..250))
            .prop_map(|(side, events)| events.into_iter().map(|event| (side, event)).collect())
    }

    proptest! {
        #[test]
        fn parts_come_to_the_same_in_whatever_order_and_overlap(
            parts in prop::collection::vec(sides(), 1..5),
            twice in any::<prop::sample::Index>(),
        ) {
            let whole = of(parts.concat());
            let parts: Vec<Recorded> = parts.into_iter().map(of).collect();
            let joined = |parts: &mut dyn Iterator<Item = &Recorded>| {
                parts.fold(Recorded::default(), |mut sum, part| { sum.merge(part); sum })
            };
            prop_assert_eq!(&joined(&mut parts.iter()), &whole);
            prop_assert_eq!(&joined(&mut parts.iter().rev()), &whole);
            prop_assert_eq!(&joined(&mut parts.iter().chain([twice.get(&parts)])), &whole);
            let mut right = parts.last().cloned().unwrap_or_default();
            for part in parts.iter().rev().skip(1) {
                let mut left = part.clone();
                left.merge(&right);
                right = left;
            }
            prop_assert_eq!(&right, &whole);
        }
    }
}
