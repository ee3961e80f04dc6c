//! Remembers which events were counted, since CloudTrail delivers each at least once.
//!
//! What is remembered is a 64-bit fingerprint of (event id, row), by the day of the event: two copies of an
//! event have the same time. When there are more than [`Duplicates::LIMIT`], the oldest day is forgotten, so
//! that memory does not grow with the log; logs are read in the order of their days, so a copy that comes
//! later than that is not to be expected, and what could not be checked is counted.

mod days;

use days::Days;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

pub(super) const SHARDS: usize = 16;

/// The shard that a fingerprint belongs to.
#[inline]
pub(super) fn shard_of((_, fingerprint): (i32, u64)) -> usize {
    (fingerprint >> 59) as usize % SHARDS
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
    pub(super) fn is_new(&self, day: i32, fingerprint: u64) -> bool {
        let print = (day, fingerprint);
        self.are_new(shard_of(print), &[print]) != 0
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
    use super::*;

    #[test]
    fn a_fingerprint_is_new_once() {
        let seen = Duplicates::default();
        assert!(seen.is_new(1, 7));
        assert!(!seen.is_new(1, 7));
        assert!(seen.is_new(1, 8));
    }

    #[test]
    fn beyond_the_bound_the_oldest_day_is_forgotten_and_counted() {
        let seen = Duplicates::with_limit(10);
        for fingerprint in 0..8 {
            assert!(seen.is_new(1, fingerprint << 56));
            assert!(seen.is_new(2, fingerprint << 56 | 1));
        }
        assert!(!seen.is_new(2, 1));
        assert!(seen.is_new(1, 0), "day 1 was forgotten");
        assert!(seen.unchecked() > 0);
    }
}
