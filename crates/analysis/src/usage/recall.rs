//! Remembers what calls came to, so that a call like an earlier one is only counted.
//!
//! Workloads repeat themselves: the same role polls the same queue and decrypts with the same key, thousands of
//! times an hour. Two calls of one kind, by one caller, from one place, whose parameters agree as far as the plan
//! looks at them need the same permissions, so the second leads to the rows of the first.
//!
//! INVARIANT: the key of a call holds everything that its rows depend on. A test compares usages that were
//! collected with and without this memory.

use super::duplicates::Home;
use super::shape::Shape;
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

/// How many calls are remembered: two in each place. Of three that fall on one place, the one that was learnt first is
/// forgotten.
const PLACES: usize = 1 << 12;

/// How many shapes are.
const SHAPES: usize = 1 << 12;

/// A call that leads to more rows than this is not remembered, so that the memory is bounded whatever the log holds.
pub(super) const MOST_ROWS: usize = 16;

/// A row that a call led to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Target {
    pub row: u32,
    /// Where its events are remembered.
    pub home: Home,
    /// What goes into its events' fingerprints.
    pub hash: u64,
}

/// The calls of lately, found by their keys.
///
/// What is needed of each event is in [`Head`]s, which a cache holds; the keys are only compared with, and the processor
/// goes on meanwhile as if they were the same.
#[derive(Debug, Default)]
pub(super) struct Calls {
    heads: Vec<[Head; 2]>,
    keys: Vec<[Key; 2]>,
    /// By place: what does not fit there.
    long: Vec<[Option<Box<Long>>; 2]>,
}

/// A place for a call, but for its key. Most keys are short and most calls lead to one row; those stand in their places.
/// A key is long when the record itself says which resource is meant.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
struct Head {
    hash: u64,
    target: Target,
    /// How much of the key it is; [`LONG`]: the call is among the long ones.
    len: u16,
}

#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Key([u8; SHORT]);

const SHORT: usize = 256;
const LONG: u16 = u16::MAX;

/// A call that there is no place for.
#[derive(Debug, Clone)]
struct Long {
    key: Box<[u8]>,
    targets: SmallVec<[Target; 2]>,
}

impl Calls {
    /// The rows of the call with this key, whose hash the caller knows.
    #[inline]
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&[Target]> {
        let index = hash as usize % PLACES;
        let [first, second] = self.heads.get(index)?;
        let (head, way) = match hash {
            _ if first.hash == hash => (first, 0),
            _ if second.hash == hash => (second, 1),
            _ => return None,
        };
        if let Some(known) = self.keys.get(index)?[way].0.get(..usize::from(head.len)) {
            return (known == key).then_some(std::slice::from_ref(&head.target));
        }
        let long = self.long.get(index)?[way].as_deref().filter(|long| *long.key == *key)?;
        Some(&long.targets)
    }

    /// Forgets the call that has this hash.
    pub(super) fn forget(&mut self, hash: u64) {
        for head in self.heads.get_mut(hash as usize % PLACES).into_iter().flatten() {
            if head.hash == hash {
                head.hash = !hash;
            }
        }
    }

    /// Remembers the rows of a call.
    pub(super) fn learn(&mut self, hash: u64, key: &[u8], targets: &[Target]) {
        if self.heads.is_empty() {
            self.heads.resize(PLACES, [Head { hash: 0, target: Target::default(), len: LONG }; 2]);
            self.keys.resize(PLACES, [Key([0; SHORT]); 2]);
            self.long.resize(PLACES, [None, None]);
        }
        let index = hash as usize % PLACES;
        let (heads, keys, long) = (&mut self.heads[index], &mut self.keys[index], &mut self.long[index]);
        // INVARIANT: no two of a place have the same hash. The one that was learnt last is first.
        if heads[0].hash != hash {
            heads.swap(0, 1);
            keys.swap(0, 1);
            long.swap(0, 1);
        }
        let (head, long) = (&mut heads[0], &mut long[0]);
        head.hash = hash;
        match (targets, keys[0].0.get_mut(..key.len())) {
            ([target], Some(place)) => {
                place.copy_from_slice(key);
                (head.target, head.len) = (*target, key.len() as u16);
                *long = None;
            }
            _ => {
                head.len = LONG;
                *long = Some(Box::new(Long { key: key.into(), targets: targets.into() }));
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
