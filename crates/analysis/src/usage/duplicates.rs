//! Remembers which events were counted, since CloudTrail delivers each at least once.
//!
//! What is remembered is a 64-bit fingerprint of (event id, row), by the day of the event: two copies of an
//! event have the same time. When there are more than [`Duplicates::LIMIT`], the oldest day is forgotten, so
//! that memory does not grow with the log; the logs of an account and region are read in the order of their days, so a
//! copy that comes later than that is seldom, and what could not be checked is counted.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::context;

/// What is remembered is kept in as many homes as this: one worker reads the logs of an account and region for a while,
/// and what it asks for meanwhile lies close together, apart from what others ask for.
const HOMES: usize = 32;

/// The fingerprints of one home, by so many: several workers may read from it.
const PARTS: usize = 4;

pub(super) const SHARDS: usize = HOMES * PARTS;

/// Where the events of a row are remembered: by its principal's account, and by its region as far as its context has one.
///
/// INVARIANT: it depends on the row alone, so that copies of an event are found wherever they come from, saved usage
/// included.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Home(u8);

impl Home {
    /// Of a row whose principal has this ARN, and whose context is this one as it is encoded.
    pub(super) fn of(principal: &[u8], context: &[u8]) -> Home {
        let account = principal.split(|byte| *byte == b':').nth(4).unwrap_or_default();
        let region = context::requested_region(context);
        Home((xxh3_64_with_seed(account, xxh3_64(region)) % HOMES as u64) as u8)
    }
}

/// The shard that a fingerprint belongs to.
#[inline]
pub(super) fn shard_of(Home(home): Home, (_, fingerprint): (i32, u64)) -> usize {
    usize::from(home) * PARTS + (fingerprint >> 60) as usize % PARTS
}

/// A set of fingerprints, which are hashes already: each stands at the place that its low bits say or, when others
/// stand there, behind them, so that one look at memory finds it.
#[derive(Debug, Default)]
struct Fingerprints {
    /// [`FREE`] or a fingerprint.
    slots: Vec<u64>,
    taken: usize,
    /// Whether the fingerprint is in that would be taken for a free slot.
    free: bool,
}

/// A slot that holds nothing. It is not 0, since slots of zeros would be memory that was never written: the system gives
/// such a page twice, when it is read and when it is written, and stops all threads for the second.
const FREE: u64 = u64::MAX;

impl Fingerprints {
    /// Puts one in, and says whether it is new.
    #[inline]
    fn insert(&mut self, fingerprint: u64) -> bool {
        if fingerprint == FREE {
            return !std::mem::replace(&mut self.free, true);
        }
        if self.taken * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let new = place(&mut self.slots, fingerprint);
        self.taken += usize::from(new);
        new
    }

    /// None yet, with room for as many and some more.
    fn room_for_as_many(&self) -> Fingerprints {
        Fingerprints { slots: vec![FREE; self.taken + self.taken / 2], ..Fingerprints::default() }
    }

    #[cold]
    fn grow(&mut self) {
        let mut slots = vec![FREE; (self.slots.len() * 2).max(16)];
        for fingerprint in self.slots.iter().filter(|slot| **slot != FREE) {
            place(&mut slots, *fingerprint);
        }
        self.slots = slots;
    }

    fn len(&self) -> usize {
        self.taken + usize::from(self.free)
    }
}

/// Puts a fingerprint into slots of which one at least is free, and says whether it was not there yet.
#[inline]
fn place(slots: &mut [u64], fingerprint: u64) -> bool {
    // The low half of its bits, as a fraction of all slots.
    let mut at = (((fingerprint & 0xFFFF_FFFF) * slots.len() as u64) >> 32) as usize;
    loop {
        match &mut slots[at] {
            free @ &mut FREE => {
                *free = fingerprint;
                return true;
            }
            known if *known == fingerprint => return false,
            _ => at = if at + 1 == slots.len() { 0 } else { at + 1 },
        }
    }
}

/// The fingerprints of each day. The day that was asked for last is at hand: logs come in the order of days.
#[derive(Debug, Default)]
struct Days {
    days: BTreeMap<i32, usize>,
    seen: Vec<Fingerprints>,
    /// The day at hand, and where it is.
    at_hand: Option<(i32, usize)>,
}

impl Days {
    /// Those of a day.
    #[inline]
    fn of(&mut self, day: i32) -> &mut Fingerprints {
        let place = match self.at_hand {
            Some((at_hand, place)) if at_hand == day => place,
            _ => self.turn_to(day),
        };
        &mut self.seen[place]
    }

    fn turn_to(&mut self, day: i32) -> usize {
        let place = *self.days.entry(day).or_insert_with(|| {
            // A day is mostly like the one that was met before it. Each is a measure once, by what it holds, so room that
            // nobody fills is never more than what is filled.
            let like = self.seen.last().map_or_else(Fingerprints::default, Fingerprints::room_for_as_many);
            self.seen.push(like);
            self.seen.len() - 1
        });
        self.at_hand = Some((day, place));
        place
    }

    fn oldest(&self) -> Option<i32> {
        self.days.first_key_value().map(|(day, _)| *day)
    }

    /// Forgets a day, and says how many fingerprints it had.
    fn forget(&mut self, day: i32) -> usize {
        self.at_hand = None;
        self.days.remove(&day).map_or(0, |place| std::mem::take(&mut self.seen[place]).len())
    }
}

/// The fingerprints of the events that were counted, shared by all workers.
#[derive(Debug)]
pub struct Duplicates {
    shards: Box<[Mutex<Days>]>,
    held: AtomicUsize,
    limit: usize,
    /// Days up to this one are forgotten.
    forgotten: AtomicI64,
    unchecked: AtomicU64,
}

impl Default for Duplicates {
    fn default() -> Self {
        Duplicates::with_limit(Self::LIMIT)
    }
}

impl Duplicates {
    /// How many fingerprints are held at most: 4 million, some 80 MB.
    pub const LIMIT: usize = 4_000_000;

    /// The same with another bound.
    pub fn with_limit(limit: usize) -> Self {
        Duplicates {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            held: AtomicUsize::new(0),
            limit,
            forgotten: AtomicI64::new(i64::MIN),
            unchecked: AtomicU64::new(0),
        }
    }

    /// Whether the fingerprint is new; from now on it is not.
    pub(super) fn is_new(&self, home: Home, print: (i32, u64)) -> bool {
        self.are_new(shard_of(home, print), &[print]) != 0
    }

    /// The same for up to 32 fingerprints of one shard: a bit for each, the first the lowest, that says whether it is
    /// new.
    pub(super) fn are_new(&self, shard: usize, prints: &[(i32, u64)]) -> u32 {
        let forgotten = self.forgotten.load(Ordering::Relaxed);
        let (mut new, mut unchecked) = (0u32, 0u32);
        let mut days = self.shards[shard].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (i, &(day, fingerprint)) in prints.iter().enumerate() {
            if i64::from(day) <= forgotten {
                unchecked |= 1 << i;
            } else if days.of(day).insert(fingerprint) {
                new |= 1 << i;
            }
        }
        drop(days);
        if unchecked != 0 {
            self.unchecked.fetch_add(u64::from(unchecked.count_ones()), Ordering::Relaxed);
        }
        let more = new.count_ones() as usize;
        if more != 0 && self.held.fetch_add(more, Ordering::Relaxed) + more > self.limit {
            self.forget_oldest();
        }
        new | unchecked
    }

    /// How many events could not be checked because their day was forgotten.
    pub fn unchecked(&self) -> u64 {
        self.unchecked.load(Ordering::Relaxed)
    }

    #[cold]
    fn forget_oldest(&self) {
        let lock =
            |shard: &'_ Mutex<Days>| shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner).oldest();
        let Some(oldest) = self.shards.iter().filter_map(lock).min() else { return };
        self.forgotten.fetch_max(i64::from(oldest), Ordering::Relaxed);
        for shard in &self.shards {
            let gone = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner).forget(oldest);
            self.held.fetch_sub(gone, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn days_in_any_order_are_sets(asked in prop::collection::vec((0..6i32, 0..40u64), 0..400)) {
            let (mut days, mut sets) = (Days::default(), BTreeSet::new());
            for (day, number) in asked {
                let fingerprint = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                prop_assert_eq!(days.of(day).insert(fingerprint), sets.insert((day, fingerprint)));
            }
            prop_assert_eq!(days.oldest(), sets.first().map(|(day, _)| *day));
            for day in 0..6 {
                let count = sets.iter().filter(|one| one.0 == day).count();
                prop_assert_eq!(days.forget(day), count);
                prop_assert_eq!(days.of(day).len(), 0);
            }
        }
    }

    #[test]
    fn rows_of_one_account_and_region_have_one_home() {
        let context = |pairs: &[(&str, &str)]| {
            let mut bytes = Vec::new();
            for (key, value) in pairs {
                context::push(&mut bytes, key, &[value.as_bytes()]);
            }
            bytes
        };
        let home = |account: u32, pairs: &[(&str, &str)]| {
            Home::of(format!("arn:aws:iam::{account:012}:role/r").as_bytes(), &context(pairs)).0
        };
        let region = ("aws:RequestedRegion", "eu-west-1");
        let tag = ("aws:PrincipalTag/x", "eu-west-1");
        assert_eq!(home(1, &[region]), home(1, &[tag, region]));
        assert_eq!(home(1, &[]), home(1, &[tag]));
        let homes: BTreeSet<u8> = (0..99).map(|account| home(account, &[region])).collect();
        assert!(homes.len() > HOMES / 2, "accounts lie apart");
        let regions = ["eu-west-1", "eu-west-2", "us-east-1", "us-east-2", "sa-east-1", "ap-east-1"];
        let homes: BTreeSet<u8> =
            regions.map(|region| home(1, &[("aws:RequestedRegion", region)])).into_iter().collect();
        assert!(homes.len() > 3, "regions lie apart");
    }

    #[test]
    fn the_fingerprint_of_a_free_slot_is_one_too() {
        let mut prints = Fingerprints::default();
        assert!(prints.insert(FREE) && prints.insert(0) && prints.insert(FREE - 1));
        assert!(!prints.insert(FREE) && !prints.insert(0) && !prints.insert(FREE - 1));
        assert_eq!(prints.len(), 3);
    }

    #[test]
    fn a_fingerprint_is_new_once() {
        let seen = Duplicates::default();
        let here = Home(1);
        assert!(seen.is_new(here, (1, 7)));
        assert!(!seen.is_new(here, (1, 7)));
        assert!(seen.is_new(here, (1, 8)));
    }

    #[test]
    fn beyond_the_bound_the_oldest_day_is_forgotten_and_counted() {
        let seen = Duplicates::with_limit(10);
        let here = |place: u64| Home(place as u8);
        for number in 0..8 {
            assert!(seen.is_new(here(number), (1, number << 56)));
            assert!(seen.is_new(here(number), (2, number << 56 | 1)));
        }
        assert!(!seen.is_new(here(0), (2, 1)));
        assert!(seen.is_new(here(0), (1, 0)), "day 1 was forgotten");
        assert!(seen.unchecked() > 0);
    }
}
