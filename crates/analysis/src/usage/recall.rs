//! Remembers what calls came to, so that a call like an earlier one is only counted.
//!
//! Workloads repeat themselves: the same role polls the same queue and decrypts with the same key, thousands of
//! times an hour. Two calls of one kind, by one caller, from one place, whose parameters agree as far as the plan
//! looks at them need the same permissions, so the second leads to the rows of the first.
//!
//! INVARIANT: the key of a call holds everything that its rows depend on. A test compares usages that were
//! collected with and without this memory.

use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

/// How many calls are remembered; one that falls on another's place takes it.
const SLOTS: usize = 1 << 14;

/// A row that a call led to: its number, and the hash that goes into its events' fingerprints.
pub(super) type Target = (u32, u64);

/// What was remembered of the calls of lately, found by their keys.
#[derive(Debug)]
pub(super) struct Recall<T> {
    slots: Vec<Slot<T>>,
}

/// A place for what was remembered. Keys are short and stand in it, so that one look at memory finds all of it.
#[derive(Debug, Default, Clone)]
struct Slot<T> {
    hash: u64,
    key: SmallVec<[u8; 96]>,
    what: T,
}

/// The rows of whole calls.
#[derive(Debug, Default, Clone)]
pub(super) struct Rows {
    pub targets: SmallVec<[Target; 2]>,
    /// The record's `resources`, when they were looked at.
    pub resources: Option<Box<[u8]>>,
}

impl<T> Default for Recall<T> {
    fn default() -> Self {
        Recall { slots: Vec::new() }
    }
}

impl<T: Default + Clone> Recall<T> {
    /// What was learnt for a key with this hash.
    #[inline]
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&T> {
        let slot = self.slots.get(hash as usize % SLOTS)?;
        (slot.hash == hash && *slot.key == *key).then_some(&slot.what)
    }

    /// Remembers something for a key with this hash.
    pub(super) fn learn(&mut self, hash: u64, key: &[u8], what: T) {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, Slot::default());
        }
        let slot = &mut self.slots[hash as usize % SLOTS];
        (slot.hash, slot.what) = (hash, what);
        slot.key.clear();
        slot.key.extend_from_slice(key);
    }
}

/// The hash of a key.
#[inline]
pub(super) fn hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}
