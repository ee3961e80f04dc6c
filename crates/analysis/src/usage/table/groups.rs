//! The rows of a table that are folded together when there are too many.

use super::{AHEAD, Table, text_of};
use crate::usage::fold::{MAX_LEVEL, fold_into, next_level, separators};
use crate::usage::sighting::{Fingerprint, Key, Kind, Prints, Seen};

/// The rows of one principal, action, context and outcome that are folded together.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub key: Key,
    hash: u64,
    pub level: u8,
    pub rows: Vec<u32>,
}

impl Table {
    /// A resource as its group folds it now: the row's key, text and hash.
    #[inline]
    pub(in crate::usage) fn as_folded<'t>(
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

    /// Adds a row that is new to its group. It may be folded at once, and is then not live.
    pub(super) fn add_to_group(
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
        self.fold(group);
        row
    }

    /// Folds a group as far as it must be.
    #[inline]
    pub(super) fn fold(&mut self, group: usize) {
        while self.groups[group].rows.len() > self.fold_at && self.groups[group].level < MAX_LEVEL {
            let deepest = self.deepest(group);
            self.raise(group, next_level(self.groups[group].level, deepest));
        }
    }

    /// The most separators that a resource of a group's rows has.
    fn deepest(&self, group: usize) -> usize {
        let mut deepest = 0;
        for rows in self.groups[group].rows.chunks(AHEAD) {
            self.touch(rows.iter().copied());
            let of = |id: &u32| separators(text_of(&self.text, &self.rows[*id as usize]));
            deepest = rows.iter().map(of).fold(deepest, usize::max);
        }
        deepest
    }

    /// Folds a group further.
    fn raise(&mut self, group: usize, level: u8) {
        self.groups[group].level = level;
        let rows = std::mem::take(&mut self.groups[group].rows);
        let mut folded = String::new();
        // Neighbours mostly fold to the same.
        let mut last: Option<u32> = None;
        for (i, &id) in rows.iter().enumerate() {
            if i % AHEAD == 0 {
                self.touch(rows[i..rows.len().min(i + AHEAD)].iter().copied());
            }
            let row = &self.rows[id as usize];
            let text = text_of(&self.text, row);
            if !fold_into(text, level, row.key.kind == Kind::Folded, &mut folded) || folded == text {
                self.groups[group].rows.push(id);
                continue;
            }
            let key = Key { kind: Kind::Folded, ..row.key };
            let prints = self.fingerprints.get_mut(id as usize).map(std::mem::take).unwrap_or_default();
            // The index keeps it: nobody looks for what is folded by now.
            self.rows[id as usize].live = false;
            let same = |last: &u32| {
                let row = &self.rows[*last as usize];
                row.key == key && text_of(&self.text, row) == folded
            };
            let known = last.filter(same).or_else(|| self.find(self.hash(&key, &folded), &key, &folded));
            match known {
                Some(known) => self.take_in(known, id, &prints),
                None => {
                    let (hash, seen) = (self.hash(&key, &folded), self.view(id).seen);
                    let row = self.insert(key, &folded, hash, seen, Prints::Some(&prints));
                    self.groups[group].rows.push(row);
                }
            }
            last = known;
        }
    }

    /// Adds what a row saw to another.
    fn take_in(&mut self, into: u32, id: u32, prints: &[Fingerprint]) {
        let (row, other) = (&self.rows[into as usize], &self.rows[id as usize]);
        if row.first < other.first && prints.is_empty() {
            let (last, count) = (row.last.max(other.last), row.count + other.count);
            let row = &mut self.rows[into as usize];
            (row.last, row.count) = (last, count);
        } else {
            self.add_to_row(into, self.view(id).seen, Prints::Some(prints));
        }
    }

    /// The group that a key's rows belong to; `None` when they are never folded.
    pub(in crate::usage) fn group_of(&mut self, key: &Key) -> Option<usize> {
        key.kind.is_folded_at_some_point().then(|| self.group(key))
    }

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

    /// The folded groups: a key whose `kind` means nothing, and the level.
    pub(in crate::usage) fn levels(&self) -> impl Iterator<Item = (Key, u8)> {
        self.groups.iter().filter(|group| group.level > 0).map(|group| (group.key, group.level))
    }

    /// Folds the group of `key` to at least `level`.
    pub(in crate::usage) fn raise_to(&mut self, key: &Key, level: u8) {
        let group = self.group(key);
        if self.groups[group].level < level {
            self.raise(group, level.min(MAX_LEVEL));
        }
    }
}
