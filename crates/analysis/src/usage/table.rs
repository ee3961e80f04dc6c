//! The rows, as numbers: what the collectors fill and merge.

use super::fold::{MAX_LEVEL, fold, fold_into, next_level, separators};
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

    /// Where rows of this kind stand among others: in the order of [`Resource`](super::Resource)'s variants.
    pub(super) fn rank(self) -> u8 {
        match self {
            Kind::Exact => 0,
            Kind::Pattern => 1,
            Kind::Folded => 2,
            Kind::Nothing | Kind::Unmapped => 3,
        }
    }

    /// Whether rows of this kind are folded together when there are too many.
    fn is_folded_at_some_point(self) -> bool {
        matches!(self, Kind::Exact | Kind::Folded)
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EventId {
    bytes: [u8; 36],
}

impl EventId {
    /// Ids are UUIDs; whatever is no printable ASCII in one is kept as `?`, so that none can break a line.
    pub(super) fn new(text: &[u8]) -> Self {
        let text = &text[..text.len().min(36)];
        let mut bytes = [0; 36];
        bytes[..text.len()].copy_from_slice(text);
        for byte in &mut bytes[..text.len()] {
            *byte = if byte.is_ascii_graphic() { *byte } else { b'?' };
        }
        EventId { bytes }
    }

    pub(super) fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes.iter().copied().take_while(|byte| *byte != 0).collect();
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

/// The rest of a row.
#[derive(Debug, Clone)]
struct Detail {
    example: EventId,
    /// Kept only for usages that will be saved.
    fingerprints: Vec<Fingerprint>,
}

/// A whole row, for those who read it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowView<'a> {
    pub key: Key,
    pub seen: Seen,
    pub fingerprints: &'a [Fingerprint],
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
    details: Vec<Detail>,
    index: HashTable<u32>,
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
            details: Vec::new(),
            index: HashTable::new(),
            groups: Vec::new(),
            group_index: HashTable::new(),
            text: String::new(),
            folded: String::new(),
        }
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

    /// Counts one event, of which the caller knows that it is new, for the row of `key` and `resource`, whose hash
    /// it knows too. Returns the row's number.
    #[inline]
    pub(super) fn count(&mut self, key: Key, resource: &str, hash: u64, seen: (i64, &[u8])) -> u32 {
        if key.kind.is_folded_at_some_point() {
            let group = self.group(&key);
            return self.count_in_group(group, key, resource, hash, seen);
        }
        match self.find(hash, &key, resource) {
            Some(row) => {
                self.count_row(row, seen);
                row
            }
            None => self.insert(key, resource, hash, seen_once(seen), Prints::None),
        }
    }

    /// The same for a row of which the caller knows the group too.
    #[inline]
    pub(super) fn count_in_group(
        &mut self,
        group: usize,
        key: Key,
        resource: &str,
        hash: u64,
        seen: (i64, &[u8]),
    ) -> u32 {
        let mut folded = std::mem::take(&mut self.folded);
        let (key, resource, hash) = self.as_folded(group, key, resource, hash, &mut folded);
        let row = match self.find(hash, &key, resource) {
            Some(row) => {
                self.count_row(row, seen);
                row
            }
            None => self.add_to_group(group, key, resource, hash, seen_once(seen), Prints::None),
        };
        self.folded = folded;
        row
    }

    /// Counts one event, of which the caller knows that it is new, for a row that is [live](Table::is_live).
    #[inline]
    pub(super) fn count_row(&mut self, id: u32, (time, event): (i64, &[u8])) {
        let row = &mut self.rows[id as usize];
        if time > row.first {
            row.count += 1;
            row.last = row.last.max(time);
        } else {
            self.add_to_row(id, seen_once((time, event)), Prints::None);
        }
    }

    /// Whether the row still is one: it may have been folded.
    #[inline]
    pub(super) fn is_live(&self, id: u32) -> bool {
        self.rows[id as usize].live
    }

    /// Adds what was seen to the row of `key` and `resource`, whose hash the caller knows. Returns the row's number.
    pub(super) fn add(&mut self, key: Key, resource: &str, hash: u64, seen: Seen, prints: Prints<'_>) -> u32 {
        let group = key.kind.is_folded_at_some_point().then(|| self.group(&key));
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

    /// A resource as its group folds it now: the row's key, text and hash.
    #[inline]
    fn as_folded<'t>(
        &self,
        group: usize,
        key: Key,
        resource: &'t str,
        hash: u64,
        folded: &'t mut String,
    ) -> (Key, &'t str, u64) {
        let level = self.groups[group].level;
        if level == 0 || !fold_into(resource, level, key.kind == Kind::Folded, folded) || *folded == resource
        {
            return (key, resource, hash);
        }
        let key = Key { kind: Kind::Folded, ..key };
        let hash = self.hash(&key, folded);
        (key, folded, hash)
    }

    /// Adds another sighting of a row that is live; events whose fingerprints both have are counted once.
    pub(super) fn add_to_row(&mut self, row: u32, other: Seen, prints: Prints<'_>) {
        let detail = &mut self.details[row as usize];
        let row = &mut self.rows[row as usize];
        let mut count = other.count;
        match prints {
            Prints::None => {}
            Prints::New(print) => detail.fingerprints.push(print),
            Prints::Some(prints) => {
                let both = detail.fingerprints.len() + prints.len();
                detail.fingerprints.extend_from_slice(prints);
                detail.fingerprints.sort_unstable();
                detail.fingerprints.dedup();
                count = count.saturating_sub((both - detail.fingerprints.len()) as u64);
            }
        }
        row.count += count;
        row.last = row.last.max(other.last);
        if (other.first, other.example) < (row.first, detail.example) {
            (row.first, detail.example) = (other.first, other.example);
        }
    }

    /// Adds a row that is new to its group. It may be folded at once, and is then not live.
    fn add_to_group(
        &mut self,
        group: usize,
        key: Key,
        resource: &str,
        hash: u64,
        seen: Seen,
        prints: Prints<'_>,
    ) -> u32 {
        let row = self.insert(key, resource, hash, seen, prints);
        self.groups[group].rows.push(row);
        while self.groups[group].rows.len() > self.fold_at && self.groups[group].level < MAX_LEVEL {
            let rows = self.groups[group].rows.iter().map(|id| &self.rows[*id as usize]);
            let deepest = rows.map(|row| separators(text_of(&self.text, row))).max();
            let level = next_level(self.groups[group].level, deepest.unwrap_or_default());
            self.raise(group, level);
        }
        row
    }

    /// Folds a group further.
    fn raise(&mut self, group: usize, level: u8) {
        self.groups[group].level = level;
        let rows = std::mem::take(&mut self.groups[group].rows);
        for id in rows {
            let row = &self.rows[id as usize];
            let text = text_of(&self.text, row);
            match fold(text, level, row.key.kind == Kind::Folded) {
                Some(folded) if folded != text => {
                    let key = Key { kind: Kind::Folded, ..row.key };
                    let seen = self.view(id).seen;
                    let prints = std::mem::take(&mut self.details[id as usize].fingerprints);
                    self.remove(id);
                    let hash = self.hash(&key, &folded);
                    match self.find(hash, &key, &folded) {
                        Some(known) => self.add_to_row(known, seen, Prints::Some(&prints)),
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
            row.hash == hash
                && row.key == *key
                && row.len as usize == resource.len()
                && self.text.as_bytes()[row.start..].starts_with(resource.as_bytes())
        });
        found.copied()
    }

    fn insert(&mut self, key: Key, resource: &str, hash: u64, seen: Seen, prints: Prints<'_>) -> u32 {
        let id = u32::try_from(self.rows.len()).expect("fewer than four billion rows fit in memory");
        let start = self.text.len();
        self.text.push_str(resource);
        let len = u32::try_from(resource.len()).expect("a resource fits in a record");
        let Seen { count, first, last, example } = seen;
        self.rows.push(Row { hash, key, start, len, live: true, count, first, last });
        self.details.push(Detail { example, fingerprints: prints.to_vec() });
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

    /// The group that a key's rows belong to.
    pub(super) fn group(&mut self, key: &Key) -> usize {
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

    fn view(&self, id: u32) -> RowView<'_> {
        let (row, detail) = (&self.rows[id as usize], &self.details[id as usize]);
        let Row { key, count, first, last, .. } = *row;
        let seen = Seen { count, first, last, example: detail.example };
        RowView { key, seen, fingerprints: &detail.fingerprints }
    }

    /// The rows with their resources, in no particular order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (RowView<'_>, &str)> {
        let live = self.rows.iter().enumerate().filter(|(_, row)| row.live);
        live.map(|(id, row)| (self.view(id as u32), text_of(&self.text, row)))
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
            self.add(key, resource, hash, row.seen, Prints::Some(row.fingerprints));
        }
    }
}

/// The hash of a row from what it starts from and the resource.
#[inline]
pub(super) fn hash_from(seed: u64, resource: &str) -> u64 {
    xxh3_64_with_seed(resource.as_bytes(), seed)
}

fn seen_once((time, event): (i64, &[u8])) -> Seen {
    Seen { count: 1, first: time, last: time, example: EventId::new(event) }
}

fn text_of<'a>(text: &'a str, row: &Row) -> &'a str {
    &text[row.start..][..row.len as usize]
}
