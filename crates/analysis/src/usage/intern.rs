//! Gives every distinct byte string a small number, so that the hot path compares numbers.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

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
        let (entries, bytes) = (&self.entries, &self.bytes);
        let found = self.table.find(hash, |&id| {
            let entry = entries[id as usize];
            entry.hash == hash && &bytes[entry.start..entry.end] == text
        });
        if let Some(&id) = found {
            return id;
        }
        let id =
            u32::try_from(self.entries.len()).expect("fewer than four billion distinct names fit in memory");
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
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

    /// A hash of the bytes which is the same in every run and on every machine.
    pub(super) fn hash(&self, id: u32) -> u64 {
        self.entries[id as usize].hash
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
