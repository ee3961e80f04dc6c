//! Gives every distinct byte string a small number, so that the hot path compares numbers.

use hashbrown::HashTable;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A set of byte strings; the first one put in is number 0.
#[derive(Debug, Default, Clone)]
pub(super) struct Interner {
    table: HashTable<u32>,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: usize,
    end: usize,
    hash: u64,
}

impl Interner {
    /// The number of `text`, a new one when it was not seen before.
    pub(super) fn intern(&mut self, text: &[u8]) -> u32 {
        let hash = xxh3_64(text);
        match self.find(hash, text.len(), |known| known == text) {
            Some(id) => id,
            None => self.push(hash, &[text]),
        }
    }

    /// The same for two names that go together; an interner holds either names or pairs.
    #[inline]
    pub(super) fn intern_pair(&mut self, first: &[u8], second: &[u8]) -> u32 {
        let hash = xxh3_64_with_seed(first, xxh3_64(second));
        let same = |known: &[u8]| {
            let (one, other) = known.split_at(first.len());
            one == first && other.split_first() == Some((&0, second))
        };
        match self.find(hash, first.len() + 1 + second.len(), same) {
            Some(id) => id,
            None => self.push(hash, &[first, &[0], second]),
        }
    }

    #[inline]
    fn find(&self, hash: u64, len: usize, same: impl Fn(&[u8]) -> bool) -> Option<u32> {
        let found = self.table.find(hash, |&id| {
            let entry = self.entries[id as usize];
            entry.hash == hash && entry.end - entry.start == len && same(&self.bytes[entry.start..entry.end])
        });
        found.copied()
    }

    #[cold]
    fn push(&mut self, hash: u64, parts: &[&[u8]]) -> u32 {
        let id =
            u32::try_from(self.entries.len()).expect("fewer than four billion distinct names fit in memory");
        let start = self.bytes.len();
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.entries.push(Entry { start, end: self.bytes.len(), hash });
        let entries = &self.entries;
        self.table.insert_unique(hash, id, |&id| entries[id as usize].hash);
        id
    }

    /// The bytes of a number that [`Interner::intern`] gave.
    pub(super) fn bytes(&self, id: u32) -> &[u8] {
        let entry = self.entries[id as usize];
        &self.bytes[entry.start..entry.end]
    }

    /// The same as text; everything that is interned as text went in as text.
    pub(super) fn text(&self, id: u32) -> &str {
        std::str::from_utf8(self.bytes(id)).unwrap_or_default()
    }

    /// All of them as text, by number.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|id| self.text(id))
    }

    /// For each number, which place its bytes have among all in order.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.entries.len() as u32).collect();
        order.sort_unstable_by_key(|id| self.bytes(*id));
        let mut ranks = vec![0; order.len()];
        for (rank, id) in order.into_iter().enumerate() {
            ranks[id as usize] = rank as u32;
        }
        ranks
    }

    /// A hash of the bytes which is the same in every run and on every machine.
    pub(super) fn hash(&self, id: u32) -> u64 {
        self.entries[id as usize].hash
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
