//! The rows, as numbers: what the collectors fill and merge.

mod groups;
mod merge;

use super::duplicates::Home;
use super::intern::Interner;
use super::sighting::{EventId, Fingerprint, Key, Kind, Prints, Seen};
use groups::Group;
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A row as far as every event asks for it: one line of the processor's cache.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Row {
    hash: u64,
    key: Key,
    start: usize,
    len: u32,
    live: bool,
    count: u64,
    first: i64,
    last: i64,
}

/// A whole row, for those who read it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowView<'a> {
    pub key: Key,
    pub seen: Seen,
    /// The id of one of the events.
    pub example: &'a str,
    pub fingerprints: &'a [Fingerprint],
}

/// Where a row is found: as much of its hash as the index needs, so that it grows without a look at the rows.
#[derive(Debug, Clone, Copy)]
struct Place {
    tag: u32,
    id: u32,
}

impl Place {
    fn new(hash: u64, id: u32) -> Place {
        Place { tag: (hash >> 32) as u32 ^ hash as u32, id }
    }

    /// The hash by which the index finds it.
    #[inline]
    fn hash(self) -> u64 {
        u64::from(self.tag).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// For so many rows there is room from the first on, so that they are not moved while they become many. Memory that was
/// not written yet is none.
const ROOM: usize = 1 << 17;

/// How many rows are looked at ahead by those who look at many.
pub(super) const AHEAD: usize = 16;

/// All rows.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub principals: Interner,
    pub actions: Interner,
    pub contexts: Interner,
    fold_at: usize,
    rows: Vec<Row>,
    /// By row: one of its events.
    examples: Vec<EventId>,
    /// By row, as far as rows have some: they are kept only for usages that will be saved.
    fingerprints: Vec<Vec<Fingerprint>>,
    index: HashTable<Place>,
    groups: Vec<Group>,
    group_index: HashTable<u32>,
    text: String,
    /// A buffer that is used again and again.
    folded: String,
}

impl Table {
    pub(super) fn new(fold_at: usize) -> Self {
        Table {
            principals: Interner::default(),
            actions: Interner::default(),
            contexts: Interner::default(),
            fold_at: fold_at.max(1),
            rows: Vec::new(),
            examples: Vec::new(),
            fingerprints: Vec::new(),
            index: HashTable::new(),
            groups: Vec::new(),
            group_index: HashTable::new(),
            text: String::new(),
            folded: String::new(),
        }
    }

    /// Makes room for so many rows with so many bytes of text, and no more than that.
    pub(super) fn make_room(&mut self, rows: usize, text: usize) {
        self.rows.reserve_exact(rows);
        self.examples.reserve_exact(rows);
        self.fingerprints.reserve_exact(rows);
        self.index.reserve(rows, |place| place.hash());
        self.text.reserve_exact(text);
    }

    /// How many rows there are, those that were folded away included.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn fold_at(&self) -> usize {
        self.fold_at
    }

    /// A hash of a row which is the same in every run, on every machine and in every worker.
    #[inline]
    pub(super) fn hash(&self, key: &Key, resource: &str) -> u64 {
        hash_from(self.seed_of(key), resource)
    }

    /// What the hash of a row starts from; see [`hash_from`].
    #[inline]
    pub(super) fn seed_of(&self, key: &Key) -> u64 {
        self.seed(key, key.kind)
    }

    #[inline]
    fn seed(&self, key: &Key, kind: Kind) -> u64 {
        self.principals.hash(key.principal)
            ^ self.actions.hash(key.action).rotate_left(21)
            ^ self.contexts.hash(key.context).rotate_left(42)
            ^ (u64::from(key.outcome) << 8 | kind as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Where the events of the rows with this key are remembered.
    pub(super) fn home_of(&self, key: &Key) -> Home {
        Home::of(self.principals.bytes(key.principal), self.contexts.bytes(key.context))
    }

    /// Adds what was seen to the row of `key` and `resource`, whose hash the caller knows. Returns the row's number.
    pub(super) fn add(&mut self, key: Key, resource: &str, hash: u64, seen: Seen, prints: Prints<'_>) -> u32 {
        let group = self.group_of(&key);
        self.add_in_group(group, key, resource, hash, seen, prints)
    }

    /// The same when the caller knows the [group](Table::group_of) too.
    #[inline]
    pub(super) fn add_in_group(
        &mut self,
        group: Option<usize>,
        key: Key,
        resource: &str,
        hash: u64,
        seen: Seen,
        prints: Prints<'_>,
    ) -> u32 {
        let mut folded = std::mem::take(&mut self.folded);
        let (key, resource, hash) = match group {
            Some(group) => self.as_folded(group, key, resource, hash, &mut folded),
            None => (key, resource, hash),
        };
        let row = match (self.find(hash, &key, resource), group) {
            (Some(row), _) => {
                self.add_to_row(row, seen, prints);
                row
            }
            (None, Some(group)) => self.add_to_group(group, key, resource, hash, seen, prints),
            (None, None) => self.insert(key, resource, hash, seen, prints),
        };
        self.folded = folded;
        row
    }

    /// Adds what was seen to what a row that is no longer [live](Table::is_live) was folded into.
    #[cold]
    pub(super) fn add_folded(&mut self, id: u32, seen: Seen, prints: Prints<'_>) {
        let row = &self.rows[id as usize];
        let (key, hash, resource) = (row.key, row.hash, text_of(&self.text, row).to_owned());
        self.add(key, &resource, hash, seen, prints);
    }

    /// Whether the row still is one: it may have been folded.
    #[inline]
    pub(super) fn is_live(&self, id: u32) -> bool {
        self.rows[id as usize].live
    }

    /// Adds another sighting of a row that is live; events whose fingerprints both have are counted once.
    #[inline]
    pub(super) fn add_to_row(&mut self, id: u32, other: Seen, prints: Prints<'_>) {
        let row = &mut self.rows[id as usize];
        if other.first > row.first && matches!(prints, Prints::None | Prints::Some([])) {
            row.count += other.count;
            row.last = row.last.max(other.last);
        } else {
            self.add_to_whole_row(id, other, prints);
        }
    }

    #[inline(never)]
    fn add_to_whole_row(&mut self, id: u32, other: Seen, prints: Prints<'_>) {
        let mut count = other.count;
        match prints {
            Prints::None | Prints::Some([]) => {}
            Prints::New(print) => self.fingerprints_mut(id).push(print),
            Prints::Some(prints) => {
                let held = self.fingerprints_mut(id);
                let both = held.len() + prints.len();
                held.extend_from_slice(prints);
                held.sort_unstable();
                held.dedup();
                count = count.saturating_sub((both - held.len()) as u64);
            }
        }
        let (row, example) = (&mut self.rows[id as usize], &mut self.examples[id as usize]);
        row.count += count;
        row.last = row.last.max(other.last);
        if (other.first, other.example) < (row.first, *example) {
            (row.first, *example) = (other.first, other.example);
        }
    }

    fn fingerprints(&self, id: u32) -> &[Fingerprint] {
        self.fingerprints.get(id as usize).map_or(&[], Vec::as_slice)
    }

    fn fingerprints_mut(&mut self, id: u32) -> &mut Vec<Fingerprint> {
        if self.fingerprints.len() <= id as usize {
            self.fingerprints.resize_with(self.rows.len(), Vec::new);
        }
        &mut self.fingerprints[id as usize]
    }

    #[inline]
    fn find(&self, hash: u64, key: &Key, resource: &str) -> Option<u32> {
        let wanted = Place::new(hash, 0);
        let is_it = |place: &Place| place.tag == wanted.tag && self.is_row(place.id, hash, key, resource);
        self.index.find(wanted.hash(), is_it).map(|place| place.id)
    }

    /// The row that has this hash, if there is one; whether it is the right one is still to be looked at.
    #[inline]
    pub(super) fn likely(&self, hash: u64) -> Option<u32> {
        let wanted = Place::new(hash, 0);
        let is_it = |place: &Place| place.tag == wanted.tag && self.rows[place.id as usize].hash == hash;
        self.index.find(wanted.hash(), is_it).map(|place| place.id)
    }

    /// Whether the row is live and that of `key` and `resource`.
    #[inline]
    pub(super) fn is_row(&self, id: u32, hash: u64, key: &Key, resource: &str) -> bool {
        let row = &self.rows[id as usize];
        row.hash == hash
            && row.live
            && row.key == *key
            && row.len as usize == resource.len()
            && self.text.as_bytes()[row.start..].starts_with(resource.as_bytes())
    }

    fn insert(&mut self, key: Key, resource: &str, hash: u64, seen: Seen, prints: Prints<'_>) -> u32 {
        let id = u32::try_from(self.rows.len()).expect("fewer than four billion rows fit in memory");
        if id == 0 && self.rows.capacity() == 0 {
            self.rows.reserve(ROOM);
            self.examples.reserve(ROOM);
            self.text.reserve(ROOM * 96);
        }
        let start = self.text.len();
        self.text.push_str(resource);
        let len = u32::try_from(resource.len()).expect("a resource fits in a record");
        let Seen { count, first, last, example } = seen;
        self.rows.push(Row { hash, key, start, len, live: true, count, first, last });
        self.examples.push(example);
        let prints = prints.to_vec();
        if !prints.is_empty() {
            *self.fingerprints_mut(id) = prints;
        }
        let place = Place::new(hash, id);
        self.index.insert_unique(place.hash(), place, |place| place.hash());
        id
    }

    pub(super) fn view(&self, id: u32) -> RowView<'_> {
        let (key, example) = (self.rows[id as usize].key, &self.examples[id as usize]);
        RowView { key, seen: self.seen(id), example: example.text(), fingerprints: self.fingerprints(id) }
    }

    fn seen(&self, id: u32) -> Seen {
        let Row { count, first, last, .. } = self.rows[id as usize];
        Seen { count, first, last, example: self.examples[id as usize] }
    }

    /// The rows with their resources, in no particular order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (RowView<'_>, &str)> {
        self.live().map(|(id, row)| (self.view(id), text_of(&self.text, row)))
    }

    /// The rows' numbers, keys and resources, in no particular order.
    pub(super) fn keys(&self) -> impl Iterator<Item = (u32, Key, &str)> {
        self.live().map(|(id, row)| (id, row.key, text_of(&self.text, row)))
    }

    /// Looks at rows that are needed soon: their places in memory, one as far from the other as can be, are waited for
    /// together.
    pub(super) fn touch(&self, rows: impl Iterator<Item = u32>) {
        let bytes = rows.map(|id| {
            let (row, example) = (&self.rows[id as usize], &self.examples[id as usize]);
            let text = text_of(&self.text, row).as_bytes();
            let [first, last] = example.ends();
            first
                ^ last
                ^ text.first().copied().unwrap_or_default()
                ^ text.last().copied().unwrap_or_default()
        });
        std::hint::black_box(bytes.fold(0, |all, byte| all ^ byte));
    }

    fn live(&self) -> impl Iterator<Item = (u32, &Row)> {
        (0..).zip(&self.rows).filter(|(_, row)| row.live)
    }
}

/// The hash of a row from what it starts from and the resource.
#[inline]
pub(super) fn hash_from(seed: u64, resource: &str) -> u64 {
    xxh3_64_with_seed(resource.as_bytes(), seed)
}

fn text_of<'a>(text: &'a str, row: &Row) -> &'a str {
    &text[row.start..][..row.len as usize]
}
