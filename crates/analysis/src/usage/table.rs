//! The rows, as numbers: what the collectors fill and merge.

use super::fold::{MAX_LEVEL, fold};
use super::intern::Interner;
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// How much is known of a row's resource, or of its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    /// An ARN.
    Exact,
    /// A pattern that the call itself stands for.
    Pattern,
    /// The log does not say.
    Nothing,
    /// A pattern that too many resources were folded into.
    Folded,
    /// The event's action is not known: `action` holds the event source and name.
    Unmapped,
}

impl Kind {
    pub(super) fn from_byte(byte: u8) -> Option<Kind> {
        [Kind::Exact, Kind::Pattern, Kind::Nothing, Kind::Folded, Kind::Unmapped]
            .get(usize::from(byte))
            .copied()
    }
}

/// What makes a row a row of its own, but for the resource's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub principal: u32,
    pub action: u32,
    pub context: u32,
    pub outcome: u8,
    pub kind: Kind,
}

/// An event's id as far as it is kept: 36 bytes, the length of a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct EventId {
    bytes: [u8; 32],
    rest: [u8; 4],
}

impl EventId {
    /// Ids are UUIDs; whatever is no printable ASCII in one is kept as `?`, so that none can break a line.
    pub(super) fn new(text: &[u8]) -> Self {
        let mut id = EventId::default();
        for (to, from) in id.bytes.iter_mut().chain(&mut id.rest).zip(text) {
            *to = if from.is_ascii_graphic() { *from } else { b'?' };
        }
        id
    }

    pub(super) fn text(&self) -> String {
        let bytes: Vec<u8> =
            self.bytes.iter().chain(&self.rest).copied().take_while(|byte| *byte != 0).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// How often and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub count: u64,
    pub first: i64,
    pub last: i64,
    pub example: EventId,
}

/// The fingerprint of a counted event: its day, and a hash of its id and row.
pub(super) type Fingerprint = (i32, u64);

/// The events of a sighting, as far as they are remembered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prints<'a> {
    /// They are not.
    None,
    /// One that is known to be new.
    New(Fingerprint),
    /// Some that the row may have already.
    Some(&'a [Fingerprint]),
}

impl Prints<'_> {
    fn to_vec(self) -> Vec<Fingerprint> {
        match self {
            Prints::None => Vec::new(),
            Prints::New(print) => vec![print],
            Prints::Some(prints) => prints.to_vec(),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub key: Key,
    pub seen: Seen,
    /// Kept only for usages that will be saved.
    pub fingerprints: Vec<Fingerprint>,
    hash: u64,
    start: usize,
    end: usize,
    live: bool,
}

/// The rows of one principal, action, context and outcome that are folded together.
#[derive(Debug, Clone)]
struct Group {
    key: Key,
    hash: u64,
    level: u8,
    rows: Vec<u32>,
}

/// All rows.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub principals: Interner,
    pub actions: Interner,
    pub contexts: Interner,
    fold_at: usize,
    rows: Vec<Row>,
    index: HashTable<u32>,
    groups: Vec<Group>,
    group_index: HashTable<u32>,
    text: Vec<u8>,
}

impl Table {
    pub(super) fn new(fold_at: usize) -> Self {
        Table {
            principals: Interner::default(),
            actions: Interner::default(),
            contexts: Interner::default(),
            fold_at: fold_at.max(1),
            rows: Vec::new(),
            index: HashTable::new(),
            groups: Vec::new(),
            group_index: HashTable::new(),
            text: Vec::new(),
        }
    }

    pub(super) fn fold_at(&self) -> usize {
        self.fold_at
    }

    /// A hash of a row which is the same in every run, on every machine and in every worker.
    #[inline]
    pub(super) fn hash(&self, key: &Key, resource: &str) -> u64 {
        xxh3_64_with_seed(resource.as_bytes(), self.seed(key, key.kind))
    }

    #[inline]
    fn seed(&self, key: &Key, kind: Kind) -> u64 {
        self.principals.hash(key.principal)
            ^ self.actions.hash(key.action).rotate_left(21)
            ^ self.contexts.hash(key.context).rotate_left(42)
            ^ (u64::from(key.outcome) << 8 | kind as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Adds what was seen to the row of `key` and `resource`, whose hash the caller knows.
    pub(super) fn add(&mut self, key: Key, resource: &str, hash: u64, seen: Seen, prints: Prints<'_>) {
        if let Some(row) = self.find(hash, &key, resource) {
            return self.rows[row as usize].add(seen, prints);
        }
        if !matches!(key.kind, Kind::Exact | Kind::Folded) {
            self.insert(key, resource, hash, seen, prints);
            return;
        }
        let group = self.group(&key);
        let level = self.groups[group].level;
        match fold(resource, level, key.kind == Kind::Folded) {
            Some(folded) if folded != resource => {
                let key = Key { kind: Kind::Folded, ..key };
                self.add_to_group(group, key, &folded, seen, prints);
            }
            _ => self.add_to_group(group, key, resource, seen, prints),
        }
    }

    fn add_to_group(&mut self, group: usize, key: Key, resource: &str, seen: Seen, prints: Prints<'_>) {
        let hash = self.hash(&key, resource);
        if let Some(row) = self.find(hash, &key, resource) {
            return self.rows[row as usize].add(seen, prints);
        }
        let row = self.insert(key, resource, hash, seen, prints);
        self.groups[group].rows.push(row);
        while self.groups[group].rows.len() > self.fold_at && self.groups[group].level < MAX_LEVEL {
            self.raise(group, self.groups[group].level + 1);
        }
    }

    /// Folds a group further.
    fn raise(&mut self, group: usize, level: u8) {
        self.groups[group].level = level;
        let rows = std::mem::take(&mut self.groups[group].rows);
        for id in rows {
            let row = &self.rows[id as usize];
            let text = std::str::from_utf8(&self.text[row.start..row.end]).unwrap_or_default().to_owned();
            match fold(&text, level, row.key.kind == Kind::Folded) {
                Some(folded) if folded != text => {
                    let (key, seen) = (Key { kind: Kind::Folded, ..row.key }, row.seen);
                    let prints = std::mem::take(&mut self.rows[id as usize].fingerprints);
                    self.remove(id);
                    let hash = self.hash(&key, &folded);
                    match self.find(hash, &key, &folded) {
                        Some(known) => self.rows[known as usize].add(seen, Prints::Some(&prints)),
                        None => {
                            let row = self.insert(key, &folded, hash, seen, Prints::Some(&prints));
                            self.groups[group].rows.push(row);
                        }
                    }
                }
                _ => self.groups[group].rows.push(id),
            }
        }
    }

    #[inline]
    fn find(&self, hash: u64, key: &Key, resource: &str) -> Option<u32> {
        let found = self.index.find(hash, |&id| {
            let row = &self.rows[id as usize];
            row.hash == hash && row.key == *key && &self.text[row.start..row.end] == resource.as_bytes()
        });
        found.copied()
    }

    fn insert(&mut self, key: Key, resource: &str, hash: u64, seen: Seen, prints: Prints<'_>) -> u32 {
        let id = u32::try_from(self.rows.len()).expect("fewer than four billion rows fit in memory");
        let start = self.text.len();
        self.text.extend_from_slice(resource.as_bytes());
        let fingerprints = prints.to_vec();
        self.rows.push(Row { key, seen, fingerprints, hash, start, end: self.text.len(), live: true });
        let rows = &self.rows;
        self.index.insert_unique(hash, id, |&id| rows[id as usize].hash);
        id
    }

    fn remove(&mut self, id: u32) {
        let hash = self.rows[id as usize].hash;
        if let Ok(entry) = self.index.find_entry(hash, |&known| known == id) {
            entry.remove();
        }
        self.rows[id as usize].live = false;
    }

    fn group(&mut self, key: &Key) -> usize {
        let same = |group: &Group| {
            (group.key.principal, group.key.action, group.key.context, group.key.outcome)
                == (key.principal, key.action, key.context, key.outcome)
        };
        let hash = self.seed(key, Kind::Folded);
        let groups = &self.groups;
        if let Some(&id) = self.group_index.find(hash, |&id| same(&groups[id as usize])) {
            return id as usize;
        }
        let id = self.groups.len();
        self.groups.push(Group { key: *key, hash, level: 0, rows: Vec::new() });
        let groups = &self.groups;
        self.group_index.insert_unique(hash, id as u32, |&id| groups[id as usize].hash);
        id
    }

    /// The rows with their resources, in no particular order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Row, &str)> {
        self.rows
            .iter()
            .filter(|row| row.live)
            .map(|row| (row, std::str::from_utf8(&self.text[row.start..row.end]).unwrap_or_default()))
    }

    /// The folded groups: a key whose `kind` means nothing, and the level.
    pub(super) fn levels(&self) -> impl Iterator<Item = (Key, u8)> {
        self.groups.iter().filter(|group| group.level > 0).map(|group| (group.key, group.level))
    }

    /// Folds the group of `key` to at least `level`.
    pub(super) fn raise_to(&mut self, key: &Key, level: u8) {
        let group = self.group(key);
        if self.groups[group].level < level {
            self.raise(group, level.min(MAX_LEVEL));
        }
    }

    /// Takes in another table. What comes out does not depend on the order.
    pub(super) fn merge(&mut self, other: &Table) {
        let translate = |own: &mut Table, key: &Key| Key {
            principal: own.principals.intern(other.principals.bytes(key.principal)),
            action: own.actions.intern(other.actions.bytes(key.action)),
            context: own.contexts.intern(other.contexts.bytes(key.context)),
            ..*key
        };
        for (key, level) in other.levels() {
            let key = translate(self, &key);
            self.raise_to(&key, level);
        }
        for (row, resource) in other.rows() {
            let key = translate(self, &row.key);
            let hash = self.hash(&key, resource);
            self.add(key, resource, hash, row.seen, Prints::Some(&row.fingerprints));
        }
    }
}

impl Row {
    /// Adds another sighting; events whose fingerprints both have are counted once.
    fn add(&mut self, other: Seen, prints: Prints<'_>) {
        let mut count = other.count;
        match prints {
            Prints::None => {}
            Prints::New(print) => self.fingerprints.push(print),
            Prints::Some(prints) => {
                let both = self.fingerprints.len() + prints.len();
                self.fingerprints.extend_from_slice(prints);
                self.fingerprints.sort_unstable();
                self.fingerprints.dedup();
                count = count.saturating_sub((both - self.fingerprints.len()) as u64);
            }
        }
        self.seen.count += count;
        self.seen.last = self.seen.last.max(other.last);
        if (other.first, other.example) < (self.seen.first, self.seen.example) {
            (self.seen.first, self.seen.example) = (other.first, other.example);
        }
    }
}
