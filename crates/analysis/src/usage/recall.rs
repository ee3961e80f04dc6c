//! Remembers what calls came to, so that a call like an earlier one is only counted.
//!
//! Workloads repeat themselves: the same role polls the same queue and decrypts with the same key, thousands of
//! times an hour. Two calls of one kind, by one caller, from one place, whose parameters agree as far as the plan
//! looks at them need the same permissions, so the second leads to the rows of the first.
//!
//! INVARIANT: the key of a call holds everything that its rows depend on. A test compares usages that were
//! collected with and without this memory.

use super::shape::Shape;
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

/// How many calls are remembered; one that falls on another's place takes it.
const SLOTS: usize = 1 << 13;

/// How many shapes are.
const SHAPES: usize = 1 << 12;

/// A call that leads to more rows than this is not remembered, so that the memory is bounded whatever the log holds.
pub(super) const MOST_ROWS: usize = 16;

/// A row that a call led to: its number, and the hash that goes into its events' fingerprints.
pub(super) type Target = (u32, u64);

/// The calls of lately, found by their keys.
#[derive(Debug, Default)]
pub(super) struct Calls {
    slots: Vec<Slot>,
    /// By slot: what does not fit into one.
    long: Vec<Option<Box<Long>>>,
}

/// A place for a call. Most keys are short and most calls lead to one row; those stand in it, so that one look at memory
/// finds all there is. A key is long when the record itself says which resource is meant.
#[derive(Debug, Clone)]
#[repr(align(256))]
struct Slot {
    hash: u64,
    target: Target,
    /// How much of `key` it is; [`LONG`]: the call is among the long ones.
    len: u16,
    key: [u8; SHORT],
}

const SHORT: usize = 230;
const LONG: u16 = u16::MAX;

/// A call that a slot has no place for.
#[derive(Debug, Clone)]
struct Long {
    key: Box<[u8]>,
    targets: SmallVec<[Target; 2]>,
}

impl Calls {
    /// The rows of the call with this key, whose hash the caller knows.
    #[inline]
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&[Target]> {
        let index = hash as usize % SLOTS;
        let slot = self.slots.get(index).filter(|slot| slot.hash == hash)?;
        if let Some(known) = slot.key.get(..usize::from(slot.len)) {
            return (known == key).then_some(std::slice::from_ref(&slot.target));
        }
        let long = self.long.get(index)?.as_deref().filter(|long| *long.key == *key)?;
        Some(&long.targets)
    }

    /// Forgets the call that has this hash.
    pub(super) fn forget(&mut self, hash: u64) {
        if let Some(slot) = self.slots.get_mut(hash as usize % SLOTS).filter(|slot| slot.hash == hash) {
            slot.hash = !hash;
        }
    }

    /// Remembers the rows of a call.
    pub(super) fn learn(&mut self, hash: u64, key: &[u8], targets: &[Target]) {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, Slot { hash: 0, target: (0, 0), len: LONG, key: [0; SHORT] });
            self.long.resize(SLOTS, None);
        }
        let index = hash as usize % SLOTS;
        let slot = &mut self.slots[index];
        slot.hash = hash;
        match (targets, slot.key.get_mut(..key.len())) {
            ([target], Some(place)) => {
                place.copy_from_slice(key);
                (slot.target, slot.len) = (*target, key.len() as u16);
                self.long[index] = None;
            }
            _ => {
                slot.len = LONG;
                self.long[index] = Some(Box::new(Long { key: key.into(), targets: targets.into() }));
            }
        }
    }
}

/// The shapes of lately: few are met again and again.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    slots: Vec<Option<(Box<[u8]>, Shape)>>,
}

impl Shapes {
    /// The shape with this key, whose hash the caller knows.
    #[inline]
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&Shape> {
        let (known, shape) = self.slots.get(hash as usize % SHAPES)?.as_ref()?;
        (**known == *key).then_some(shape)
    }

    /// Remembers a shape.
    pub(super) fn learn(&mut self, hash: u64, key: &[u8], shape: Shape) {
        if self.slots.is_empty() {
            self.slots.resize(SHAPES, None);
        }
        self.slots[hash as usize % SHAPES] = Some((key.into(), shape));
    }
}

/// The hash of a key.
#[inline]
pub(super) fn hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}
