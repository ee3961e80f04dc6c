//! Remembers which events were counted, since CloudTrail delivers each at least once.
//!
//! What is remembered is a 64-bit fingerprint of (event id, row), by the day of the event: two copies of an
//! event have the same time. When there are more than [`Duplicates::LIMIT`], the oldest day is forgotten, so
//! that memory does not grow with the log; the logs of an account and region are read in the order of their days, so a
//! copy that comes later than that is seldom, and what could not be checked is counted.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use xxhash_rust::xxh3::xxh3_64;

/// What is remembered is kept in as many homes as this: one worker reads the logs of an account for a while, and
/// what it asks for meanwhile lies close together, apart from what others ask for.
const HOMES: usize = 16;

/// The fingerprints of one home, by so many: several workers may read from it.
const PARTS: usize = 4;

pub(super) const SHARDS: usize = HOMES * PARTS;

/// Where the rows of a principal are remembered: by its account.
///
/// INVARIANT: it depends on the row alone, so that copies of an event are found wherever they come from, saved usage
/// included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home(u8);

impl Home {
    /// Of a principal by its ARN.
    pub(super) fn of(principal: &[u8]) -> Home {
        let account = principal.split(|byte| *byte == b':').nth(4).unwrap_or_default();
        Home((xxh3_64(account) % HOMES as u64) as u8)
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
    /// A power of two of them, or none; 0 is a free one.
    slots: Vec<u64>,
    taken: usize,
    zero: bool,
}

impl Fingerprints {
    /// Puts one in, and says whether it is new.
    fn insert(&mut self, fingerprint: u64) -> bool {
        if fingerprint == 0 {
            return !std::mem::replace(&mut self.zero, true);
        }
        if self.taken * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let new = place(&mut self.slots, fingerprint);
        self.taken += usize::from(new);
        new
    }

    /// None yet, with room for half as many: a day is mostly like the one before.
    fn half_of_it(&self) -> Fingerprints {
        Fingerprints { slots: vec![0; self.slots.len() / 2], ..Fingerprints::default() }
    }

    #[cold]
    fn grow(&mut self) {
        let mut slots = vec![0; (self.slots.len() * 2).max(16)];
        for fingerprint in self.slots.iter().filter(|slot| **slot != 0) {
            place(&mut slots, *fingerprint);
        }
        self.slots = slots;
    }

    fn len(&self) -> usize {
        self.taken + usize::from(self.zero)
    }
}

/// Puts a fingerprint into slots of which one at least is free, and says whether it was not there yet.
#[inline]
fn place(slots: &mut [u64], fingerprint: u64) -> bool {
    let mask = slots.len() - 1;
    let mut at = fingerprint as usize & mask;
    loop {
        match &mut slots[at] {
            free @ 0 => {
                *free = fingerprint;
                return true;
            }
            known if *known == fingerprint => return false,
            _ => at = (at + 1) & mask,
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
            // A day is mostly like the one that was met before it. None is a measure twice, so room that nobody fills
            // becomes less each time.
            let like = self.seen.last().map_or_else(Fingerprints::default, Fingerprints::half_of_it);
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
