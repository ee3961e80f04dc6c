//! The rows of a table that are folded together when there are too many.

use super::{Table, text_of};
use crate::usage::fold::{MAX_LEVEL, fold, fold_into, next_level, separators};
use crate::usage::sighting::{Key, Kind, Prints, Seen};

/// The rows of one principal, action, context and outcome that are folded together.
#[derive(Debug, Clone)]
pub(super) struct Group {
    key: Key,
    hash: u64,
    level: u8,
    rows: Vec<u32>,
}

impl Table {
    /// A resource as its group folds it now: the row's key, text and hash.
    #[inline]
    pub(super) fn as_folded<'t>(
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

    /// The group that a key's rows belong to; `None` when they are never folded.
    pub(in crate::usage) fn group_of(&mut self, key: &Key) -> Option<usize> {
        key.kind.is_folded_at_some_point().then(|| self.group(key))
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
