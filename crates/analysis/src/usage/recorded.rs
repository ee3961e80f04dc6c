//! Which kinds of events the logs of each account hold. What a trail is not set to record (CloudTrail User Guide, "Logging
//! management events", "Filtering data events", "Global service events") its logs could not show: that is unknown, and not
//! unused.
//!
//! A record counts for the account that received it, by its `readOnly`, whoever called and whether or not it was
//! authorised. Records that are no call, or do not say whether they are read-only, tell nothing.
//!
//! Of management events it takes many of one kind and none of the other to tell that the others are not recorded. Once an
//! account has both, no more of them is remembered; else some are, by a hash of their id, so that copies and usages that
//! overlap count once. All else is told by what is there: data events of a type, events of KMS, a Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::caller::account;
use super::words::Words;
use crate::audit_log::{Event, Raw};

/// So many write events of an account, and none that only reads, come of a trail for write events. Somebody who writes reads
/// first: assuming a role is a read-only event itself.
pub const WRITES_ALONE: usize = 100;

/// So many read-only events of an account, and none that writes, come of a trail for read-only events. They are more than of
/// the others since there are accounts in which scanners read and nobody writes.
pub const READS_ALONE: usize = 1_000;

/// So many data events of an account, and no management event, come of a trail for data events.
pub const DATA_ALONE: usize = 1_000;

/// So many Regions of an account are remembered, the first by their names: AWS has fewer.
const MOST_REGIONS: usize = 64;
/// The longest name of a Region that is remembered.
pub(super) const LONGEST_REGION: usize = 32;

/// The service whose management events a trail can leave out, as `ExcludeManagementEventSources` says it.
const KMS: Raw<'_> = b"kms.amazonaws.com";

/// Which kinds of events there are, by account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded(BTreeMap<u64, Account>);

/// What there is of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) held: Held,
    /// The rest.
    pub(super) shown: Shown,
}

/// What events that are there show to be recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The actions that calls needed which were data events, with what those said in `readOnly`.
    pub data: BTreeSet<(String, bool)>,
    /// The Regions of management events.
    pub regions: BTreeSet<String>,
    /// Whether there is a management event of KMS.
    pub kms: bool,
}

/// The kinds of management events that there are.
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

impl Account {
    fn new(held: Held) -> Self {
        Account { held, shown: Shown::default() }
    }

    fn merge(&mut self, other: &Account) {
        self.held.merge(&other.held);
        self.shown.merge(&other.shown);
    }
}

impl Shown {
    fn region(&mut self, region: Raw<'_>) {
        let Ok(region) = std::str::from_utf8(region) else { return };
        if (1..=LONGEST_REGION).contains(&region.len()) && !self.regions.contains(region) {
            self.add_region(region.to_owned());
        }
    }

    /// Takes in a Region.
    pub(super) fn add_region(&mut self, region: String) {
        self.regions.insert(region);
        if self.regions.len() > MOST_REGIONS {
            self.regions.pop_last();
        }
    }

    fn merge(&mut self, other: &Shown) {
        self.data.extend(other.data.iter().cloned());
        other.regions.iter().for_each(|region| self.add_region(region.clone()));
        self.kms |= other.kms;
    }
}

impl Recorded {
    /// Takes in a record that is a call. Returns what there is of its account when that needs no further look, but for
    /// events of other Regions and of KMS.
    #[inline(never)]
    pub(super) fn saw(&mut self, event: &Event<'_>) -> Option<&Shown> {
        let side = side(event)?;
        let account = number(account(event))?;
        let held = || Account::new(Held::Only(side, BTreeSet::new()));
        let known = self.0.entry(account).or_insert_with(held);
        known.held.add(side, xxh3_64(event.id));
        if side != Side::Data {
            known.shown.region(event.region);
            known.shown.kms |= event.source == KMS;
        }
        matches!(known.held, Held::Both).then_some(&known.shown)
    }

    /// Takes in that a call which was a data event needed these actions.
    #[cold]
    pub(super) fn saw_data<'a>(&mut self, event: &Event<'_>, actions: impl Iterator<Item = &'a str>) {
        let known = number(account(event)).and_then(|account| self.0.get_mut(&account));
        let (Some(known), Some(read_only)) = (known, reads(event)) else { return };
        known.shown.data.extend(actions.map(|action| (action.to_owned(), read_only)));
    }

    /// That of an account nothing can be told: older usages do not say which events they were made from. So nothing of
    /// it is called missing for being one-sided, and nothing is shown to be recorded.
    pub(super) fn not_told(&mut self, account: &str) {
        if let Some(account) = number(account.as_bytes()) {
            self.add(account, Account::new(Held::Both));
        }
    }

    /// Takes in what is known of one account.
    pub(super) fn add(&mut self, account: u64, other: Account) {
        match self.0.get_mut(&account) {
            Some(known) => known.merge(&other),
            None => drop(self.0.insert(account, other)),
        }
    }

    pub(super) fn merge(&mut self, other: &Recorded) {
        for (account, known) in &other.0 {
            self.add(*account, known.clone());
        }
    }

    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = (u64, &Account)> {
        self.0.iter().map(|(account, known)| (*account, known))
    }

    fn of(&self, account: &str) -> Option<&Account> {
        self.0.get(&number(account.as_bytes())?)
    }

    /// What the logs of an account lack, if what there is tells.
    pub fn missing(&self, account: &str) -> Option<Missing> {
        self.of(account)?.held.missing()
    }

    /// What the logs of an account show to be recorded.
    pub fn shown(&self, account: &str) -> Shown {
        self.of(account).map(|known| known.shown.clone()).unwrap_or_default()
    }

    /// Whether there is a data event of an account that needed this action.
    pub(crate) fn shows_data(&self, account: &str, action: &str) -> bool {
        let data = self.of(account).map(|known| &known.shown.data);
        data.is_some_and(|data| {
            [false, true].iter().any(|read_only| data.contains(&(action.to_owned(), *read_only)))
        })
    }

    /// The accounts of which there are management events of both kinds, and those of one Region.
    pub fn one_region(&self) -> impl Iterator<Item = (String, &str)> {
        self.all().filter(|(_, known)| known.held == Held::Both).filter_map(|(account, known)| {
            let mut regions = known.shown.regions.iter();
            let first = regions.next().filter(|_| regions.next().is_none())?;
            Some((format!("{account:012}"), first.as_str()))
        })
    }

    /// The accounts whose logs lack something, and what.
    pub fn one_sided(&self) -> impl Iterator<Item = (String, Missing)> {
        self.all().filter_map(|(account, known)| Some((format!("{account:012}"), known.held.missing()?)))
    }
}

/// The account of which events were met last that needs no further look, but for what is not known of it yet.
#[derive(Debug, Default)]
pub(super) struct Settled {
    account: [u8; 12],
    /// The Region of which a management event was seen last. Of none at first.
    region: Words,
    kms: bool,
}

impl Settled {
    /// Whether a record tells nothing new.
    #[inline]
    pub(super) fn knows(&self, event: &Event<'_>) -> bool {
        event.account.first_chunk() == Some(&self.account)
            && (event.category == b"Data"
                || (Words::of(event.region) == Some(self.region) && (self.kms || event.source != KMS)))
    }

    /// Takes in what is known of the account of a record.
    pub(super) fn learn(&mut self, event: &Event<'_>, shown: &Shown) {
        let Ok(account) = event.account.try_into() else { return };
        if self.account != account {
            (self.account, self.region) = (account, Words::default());
        }
        if event.category != b"Data" {
            self.region = Words::of(event.region).unwrap_or_default();
        }
        self.kms = shown.kms;
    }
}

/// What a record says in `readOnly`.
pub(super) fn reads(event: &Event<'_>) -> Option<bool> {
    match event.read_only {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// Which kind of event a record is, if it says so.
fn side(event: &Event<'_>) -> Option<Side> {
    match (event.category, event.read_only) {
        (b"Management", b"true") => Some(Side::Reads),
        (b"Management", b"false") => Some(Side::Writes),
        (b"Data", _) => Some(Side::Data),
        _ => None,
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
            let account = number(ACCOUNT.as_bytes()).expect("an account");
            let mut seen = Account::new(Held::Only(side, [event].into()));
            // Whatever else an event shows.
            match side {
                Side::Data => drop(seen.shown.data.insert((format!("s3:{}", event % 5), event % 2 == 0))),
                _ => seen.shown.region(format!("r-{}", event % 100).as_bytes()),
            }
            seen.shown.kms = event % 7 == 0;
            recorded.add(account, seen);
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
